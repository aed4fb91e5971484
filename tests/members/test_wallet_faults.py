"""Every call to the tables fails once, before it is carried out or after: repeated, each command takes effect once."""

import pytest

from shared.errors import Unavailable
from shared.members.check import wrong_in_wallet
from shared.members.wallet import GrantReason, claim_coupon, grant_points, issue_coupons
from tests.members.wallets import (
    OPERATOR,
    T0,
    a_request,
    a_template,
    counters,
    coupons_in,
    left,
    publish,
    wallet_items,
)


def claims(store):
    return claim_coupon(store, "NEW-YEAR", now=T0, request=a_request())


def issues(store):
    return issue_coupons(store, "li", "NEW-YEAR", count=2, now=T0, request=a_request("key-1", OPERATOR))


def grants(store):
    return grant_points(store, "li", 500, GrantReason.MIGRATION, now=T0, request=a_request("key-1", OPERATOR))


def fails_at(number, *, is_lost):
    """A hook that fails call *number*: its answer is lost, or it never arrives."""
    calls = []

    def hook(call, act):
        calls.append(call)
        if len(calls) != number:
            return act()
        if is_lost:
            act()
        raise Unavailable("no answer")

    return hook


@pytest.mark.parametrize("is_lost", [False, True], ids=["never arrives", "answer lost"])
@pytest.mark.parametrize("number", range(1, 6))
@pytest.mark.parametrize(
    ("command", "ending"),
    [
        (claims, ({"issued:NEW-YEAR": 1}, 1, 9)),
        (issues, ({"issued:NEW-YEAR": 2}, 2, 8)),
        (grants, ({"points": 500}, 0, 10)),
    ],
    ids=["claim", "issue", "grant"],
)
def test_a_command_that_fails_anywhere_is_repeated_and_has_its_effect_once(
    store, outside, command, ending, number, is_lost
):
    publish(a_template(left=10))
    outside.around.append(fails_at(number, is_lost=is_lost))

    answers = []
    for _ in range(2):
        try:
            answers.append(command(store))
        except Unavailable:
            continue

    assert len(answers) >= 1
    assert (counters(), len(coupons_in()), left()) == ending
    assert wrong_in_wallet(wallet_items()) == ()
