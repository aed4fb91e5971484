"""Two at once in one wallet, or at one template: somebody wins, everybody is told, and nothing is given twice.

The rivals act at the worst moment there is: the first has read and decided, and has not written yet.
"""

from contextlib import contextmanager

import pytest

from shared.changes import Caller
from shared.errors import OrderError
from shared.lifecycle import Actor
from shared.members.check import wrong_in_wallet
from shared.members.wallet import (
    ClaimClosed,
    CouponLimitReached,
    CouponsGone,
    GrantReason,
    PointsLimitReached,
    PointsShort,
    claim_coupon,
    grant_points,
    issue_coupons,
)
from tests.members.wallets import (
    LI,
    OPERATOR,
    T0,
    WANG,
    a_request,
    a_template,
    counters,
    coupons_in,
    items,
    left,
    publish,
    wallet_items,
)


@contextmanager
def struck_before_writing(outside, *rivals):
    """Each of *rivals* acts right before a write: the first before ours, the second before the first's, ..."""
    waiting = list(rivals)

    def strike(call, act):
        if call.operation == "transact_write_items" and waiting:
            waiting.pop(0)()
        return act()

    outside.around.append(strike)
    yield
    outside.around.remove(strike)
    assert waiting == [], "not every rival came to act"


def claims(store, key="key-1", caller=LI):
    return claim_coupon(store, "NEW-YEAR", now=T0, request=a_request(key, caller))


def grants(store, points, key):
    return grant_points(store, "li", points, GrantReason.CORRECTION, now=T0, request=a_request(key, OPERATOR))


def test_of_two_claims_at_once_with_one_left_one_is_refused(store, outside):
    publish(a_template(left=1))

    with struck_before_writing(outside, lambda: claims(store, caller=WANG)), pytest.raises(CouponsGone):
        claims(store)

    assert (coupons_in("li"), len(coupons_in("wang")), left()) == ([], 1, 0)
    assert ("KEY#buyer#li", "KEY#key-1") not in items()


def test_of_two_claims_at_once_with_two_left_both_are_served(store, outside):
    publish(a_template(left=2))

    with struck_before_writing(outside, lambda: claims(store, caller=WANG)):
        claims(store)

    assert (len(coupons_in("li")), len(coupons_in("wang")), left()) == (1, 1, 0)


@pytest.mark.parametrize("budget", [None, 5])
def test_the_same_key_twice_at_once_is_one_coupon_and_one_answer(store, outside, budget):
    publish(a_template(left=budget))
    answers = []

    with struck_before_writing(outside, lambda: answers.append(claims(store))):
        answers.append(claims(store))

    assert [answer.is_repeat for answer in answers] == [False, True]
    assert answers[0].coupons == answers[1].coupons
    assert len(coupons_in()) == counters()["issued:NEW-YEAR"] == 1
    assert budget is None or left() == 4


def test_one_member_at_the_limit_claims_twice_at_once_and_gets_one(store, outside):
    publish(a_template(per_member_limit=1))

    with struck_before_writing(outside, lambda: claims(store, "a")), pytest.raises(CouponLimitReached):
        claims(store, "b")

    assert (len(coupons_in()), counters()) == (1, {"issued:NEW-YEAR": 1})


def test_an_operator_and_the_member_at_once_stay_within_the_limit(store, outside):
    publish(a_template(per_member_limit=2))

    def operator_issues():
        request = a_request("key-1", OPERATOR)
        issue_coupons(store, "li", "NEW-YEAR", count=2, now=T0, request=request)

    with struck_before_writing(outside, operator_issues), pytest.raises(CouponLimitReached):
        claims(store)

    assert len(coupons_in()) == 2


def test_eight_members_claim_the_last_coupon_and_one_gets_it(store, outside):
    publish(a_template(left=1))
    told = {}

    def member_claims(number):
        try:
            told[number] = claims(store, "key", Caller(Actor.BUYER, f"member-{number}")).coupons
        except OrderError as refused:
            told[number] = refused.code

    rivals = [lambda number=number: member_claims(number) for number in range(2, 9)]
    with struck_before_writing(outside, *rivals):  # All eight have read that one is left.
        member_claims(1)

    winners = [number for number, answer in told.items() if answer != "coupons_gone"]
    assert (len(told), len(winners), left()) == (8, 1, 0)
    assert [sk.partition("#")[0] for _, sk in items()].count("COUPON") == 1
    assert all(wrong_in_wallet(wallet_items(f"member-{number}")) == () for number in range(1, 9))


def test_a_template_that_is_retired_meanwhile_gives_out_no_more_of_its_budget(store, outside):
    publish(a_template(left=5))

    def retires():
        publish(a_template(version=2, left=5, is_retired=True))

    with struck_before_writing(outside, retires), pytest.raises(ClaimClosed):
        claims(store)

    assert (coupons_in(), left()) == ([], 5)


def test_a_claim_gets_the_terms_that_were_published_meanwhile(store, outside):
    publish(a_template(left=5))
    terms = a_template().terms._replace(off_minor=1_000)

    with struck_before_writing(outside, lambda: publish(a_template(version=2, left=5, terms=terms))):
        [coupon] = claims(store).coupons

    assert (coupon.off_minor, left()) == (1_000, 4)


def test_the_same_grant_twice_at_once_is_one_grant(store, outside):
    answers = []

    with struck_before_writing(outside, lambda: answers.append(grants(store, 500, "a"))):
        answers.append(grants(store, 500, "a"))

    assert [answer.is_repeat for answer in answers] == [False, True]
    assert answers[0].grant == answers[1].grant
    assert counters() == {"points": 500}


def test_two_grants_at_once_both_count(store, outside):
    with struck_before_writing(outside, lambda: grants(store, 500, "a")):
        grants(store, 70, "b")

    assert counters() == {"points": 570}
    assert wrong_in_wallet(wallet_items()) == ()


def test_what_a_rival_leaves_is_one_point_short_and_so_nothing_is_taken(store, outside):
    grants(store, 500, "a")

    with struck_before_writing(outside, lambda: grants(store, -251, "b")), pytest.raises(PointsShort):
        grants(store, -250, "c")

    assert counters() == {"points": 249}


def test_two_grants_at_once_stay_below_what_one_may_hold(store, outside):
    grants(store, 10**12 - 10, "a")

    with struck_before_writing(outside, lambda: grants(store, 5, "b")), pytest.raises(PointsLimitReached):
        grants(store, 6, "c")

    assert counters() == {"points": 10**12 - 5}


def test_two_operators_taking_the_last_points_at_once_take_them_once(store, outside):
    grants(store, 500, "a")

    with struck_before_writing(outside, lambda: grants(store, -500, "b")), pytest.raises(PointsShort):
        grants(store, -500, "c")

    assert counters() == {"points": 0}
    assert wrong_in_wallet(wallet_items()) == ()
