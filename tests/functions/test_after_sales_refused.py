"""Who may do nothing to a case, and what cannot be done to it now: each is told why, and nothing changes (RULES 9).

What cannot be asked for, and what cannot have been counted: ``test_after_sales_refusals``.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.functions.claims import Claim, claim, on_its_way
from tests.functions.showing import received
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import SWEPT, World

MISSING = "0" * 26
SELLER = {"role": "merchant", "who": "m-tea"}


# --- who ---

STRANGERS = [
    {"who": "b-2"},
    {"role": "merchant", "who": "m-toys"},
    {"role": "merchant", "who": "b-1"},
]


@pytest.mark.parametrize("who", STRANGERS, ids=lambda who: who["who"])
def test_a_stranger_finds_neither_the_order_nor_the_case(world: World, who: dict[str, str]) -> None:
    asked = claim(world, on_its_way(world), "refund_only")
    is_merchant = who.get("role") == "merchant"
    door = "/merchant/after-sales" if is_merchant else "/after-sales"
    what, body = ("decision", {"approve": True}) if is_merchant else ("withdrawal", {})

    with nothing_happens(world):
        told = [
            (
                world.send("GET", f"/after-sales/{number}", **who),
                Claim(world, number).tries(door, what, body, **who),
            )
            for number in (asked.case_id, f"{asked.order}-C09", f"{MISSING}-C01")
        ]

    for answer in told[0]:
        problem_of(answer, 404, "not_found")
    assert told[0] == told[1] == told[2]


Turn = Callable[[Claim], Any]
NOT_NOW: dict[str, tuple[str, str, dict[str, Any], dict[str, str]]] = {
    "sent before it is approved": (
        "/after-sales",
        "waybill",
        {"carrier": "sf", "waybill": "SF-0009999"},
        {"who": "b-1"},
    ),
    "accepted, although nothing was offered": (
        "/after-sales",
        "acceptance",
        {"kind": "repair"},
        {"who": "b-1"},
    ),
    "there before it was to come": ("/merchant/after-sales", "receipt", {}, SELLER),
    "inspected before it was to come": (
        "/merchant/after-sales",
        "inspection",
        {"lines": [{"line": 1, "good": 1}]},
        SELLER,
    ),
    "ruled without a dispute": (
        "/support/disputes",
        "ruling",
        {"rate_pct": 0, "goods_back": False, "freight_payer": "buyer", "reason": "worn"},
        {"role": "support", "who": "s-1"},
    ),
}


@pytest.mark.parametrize("name", NOT_NOW)
def test_a_turn_that_is_not_now_is_refused_in_words(world: World, name: str) -> None:
    door, what, body, who = NOT_NOW[name]
    asked = claim(world, received(world), "return_refund")

    with nothing_happens(world):
        answer = asked.tries(door, what, body, **who)

    problem_of(answer, 409, "transition_refused")


def test_what_was_not_offered_cannot_be_accepted(world: World) -> None:
    asked = claim(world, received(world), "return_refund")
    asked.refuse("price_reduction", 100)

    with nothing_happens(world):
        answer = asked.tries("/after-sales", "acceptance", {"kind": "exchange"})
        silent = asked.tries("/after-sales", "acceptance", {})

    assert problem_of(answer, 422, "invalid_request")["offered"] == ["price_reduction"]
    problem_of(silent, 422, "invalid_request")


def test_once_it_is_over_nobody_can_do_anything_to_it(world: World) -> None:
    asked = claim(world, received(world), "refund_only")
    asked.buyer("withdrawal")
    world.cloud.advance(SWEPT)

    with nothing_happens(world):
        answers = [
            asked.tries("/after-sales", "withdrawal"),
            asked.tries("/after-sales", "escalation", {"reason": "no_agreement"}),
            asked.tries("/merchant/after-sales", "decision", {"approve": True}, **SELLER),
        ]

    for answer in answers:
        problem_of(answer, 409, "transition_refused")
    assert not any(action["allowed"] for action in asked.read()["allowed_actions"])
