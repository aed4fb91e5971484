"""What cannot be asked for, and who cannot: each is told why, all at once, and nothing changes (RULES 9.1 to 9.3)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.functions.claims import TEA, Claim, claim, on_its_way, refunded, request, returning
from tests.functions.showing import received
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import DAY, SWEPT, World

MISSING = "0" * 26
SELLER = {"role": "merchant", "who": "m-tea"}


def refused(world: World, order: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """Every problem of a request that changes nothing."""
    with nothing_happens(world):
        answer = world.send("POST", f"/orders/{order}/after-sales", body)
    problems: list[dict[str, Any]] = problem_of(answer, 422, "after_sale_refused")["problems"]
    for problem in problems:
        assert problem["reason"].strip()
        assert problem["next_steps"]
    return problems


def codes(problems: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(problem["code"], problem["at"]) for problem in problems]


def wanting(kind: str = "return_refund", units: int = 1, line: int = 1, **more: Any) -> dict[str, Any]:
    lines = [{"line": line, "quantity": units}]
    return {"sub_order": 1, "kind": kind, "reason": "no_reason", "lines": lines} | more


# --- what ---


def test_before_it_has_left_it_is_cancelled_and_not_asked_for(world: World) -> None:
    order = world.placed_and_paid({"TEA": 3})

    assert codes(refused(world, order, wanting("refund_only"))) == [("case_too_early", "/sub_order")]


def test_the_window_is_so_many_chinese_days_after_the_receipt_and_longer_for_bad_goods(world: World) -> None:
    order = received(world)  # 2026-11-22, 6:26 in Shanghai: the 23rd is day 1, the 29th day 7.
    to_the_end = 17 * 3600 + 33 * 60 + 20  # Of the 22nd.

    world.cloud.advance(7 * DAY + to_the_end - 1)
    last = claim(world, order, "return_refund")
    world.cloud.advance(1)

    assert last.state == "requested"
    [late] = refused(world, order, wanting())
    assert (late["code"], late["at"], late["days"]) == ("window_over", "/lines/0/line", 7)
    assert claim(world, order, "return_refund", reason="quality").state == "requested"
    world.cloud.advance(8 * DAY)
    [too_late] = refused(world, order, request(world, order, "return_refund", reason="quality"))
    assert (too_late["code"], too_late["days"]) == ("window_over", 15)


def test_goods_that_were_not_bought_or_are_another_merchants(world: World) -> None:
    order = received(world, {"TEA": 1, "KITE": 1})

    assert codes(refused(world, order, wanting(line=9))) == [("line_not_bought", "/lines/0/line")]
    assert codes(refused(world, order, wanting(line=2))) == [("line_not_bought", "/lines/0/line")]
    with nothing_happens(world):
        foreign = world.send("POST", f"/orders/{order}/after-sales", wanting() | {"sub_order": 3})
    problem_of(foreign, 404, "not_found")


def test_more_than_was_bought_or_is_asked_for_already(world: World) -> None:
    order = received(world)

    [too_many] = refused(world, order, wanting(units=4))
    claim(world, order, "return_refund", 2)
    [taken] = refused(world, order, wanting(units=2))

    assert (too_many["code"], too_many["left"]) == ("more_than_bought", 3)
    assert (taken["code"], taken["left"]) == ("more_than_bought", 1)


def test_what_was_refunded_is_not_refunded_again(world: World) -> None:
    order = received(world)
    claim(world, order, "refund_only", 3, reason="quality").approve()

    problems = refused(world, order, wanting("refund_only"))

    assert "case_too_early" in dict(codes(problems)) or problems[0]["left"] == 0
    assert len(refunded(world, order)) == 1


def test_goods_that_are_excluded_may_only_be_sent_back_if_they_are_bad(world: World) -> None:
    food = {"policy_id": "food", "merchant_id": "m-tea", "is_returnable": False, "exclusion": "food"}
    world.publish("return_policy", food)
    order = world.placed_and_paid({"TEA": 3}, confirmed_exclusions=["TEA"])
    world.ship_all(order)
    world.arrive(order)

    [problem] = refused(world, order, wanting())

    assert (problem["code"], problem["exclusion"]) == ("not_returnable", "food")
    assert claim(world, order, "return_refund", reason="quality").state == "requested"


def test_a_kind_that_the_policy_does_not_offer(world: World) -> None:
    world.publish("return_policy", {"policy_id": "plain", "kinds": ["return_refund"]})
    order = received(world)

    [problem] = refused(world, order, wanting("exchange"))

    assert (problem["code"], problem["offered"]) == ("kind_not_offered", ["return_refund"])


@pytest.mark.parametrize(
    ("body", "at"),
    [
        (wanting(reason="missing_goods"), "/reason"),  # What did not come cannot be sent back.
        (wanting("refund_only", reason="not_received"), "/reason"),  # It was received.
        (wanting("refund_only", amount=5), "/amount"),
        (wanting("refund_only", swap="POT"), "/swap"),
    ],
    ids=["missing, sent back", "not received, received", "an amount of a refund", "a swap for a refund"],
)
def test_what_does_not_fit_together(world: World, body: dict[str, Any], at: str) -> None:
    order = received(world)
    if body["reason"] == "missing_goods":
        shown = claim(world, order, "refund_only", reason="quality").read()["evidence"]
        body = body | {"evidence": shown}

    assert ("reason_does_not_fit", at) in codes(refused(world, order, body))


@pytest.mark.parametrize("amount", [0, TEA, TEA + 1, 10**9])
def test_a_reduction_is_less_than_what_was_paid(world: World, amount: int) -> None:
    order = received(world)

    [problem] = refused(world, order, wanting("price_reduction", amount=amount))

    assert (problem["code"], problem["maximum"]) == ("reduction_too_large", TEA - 1)


def test_everything_that_is_wrong_is_told_at_once(world: World) -> None:
    order = received(world)
    world.cloud.advance(30 * DAY)

    problems = refused(world, order, wanting("exchange", 9, reason="quality", amount=3))

    assert sorted(codes(problems)) == [
        ("evidence_missing", "/evidence"),
        ("more_than_bought", "/lines/0/quantity"),
        ("reason_does_not_fit", "/amount"),
        ("window_over", "/lines/0/line"),
    ]


def test_a_line_named_twice_is_one_request_that_cannot_be_read(world: World) -> None:
    order = received(world)

    with nothing_happens(world):
        answer = world.send(
            "POST", f"/orders/{order}/after-sales", wanting() | {"lines": wanting()["lines"] * 2}
        )

    assert problem_of(answer, 422, "invalid_request")["at"] == "/lines"


# --- an inspection that cannot be true ---


@pytest.mark.parametrize(
    ("lines", "status", "code"),
    [
        ([{"line": 1, "good": 2}], 422, "invalid_request"),  # More than was sent.
        ([{"line": 1, "good": 1, "scrap": 1}], 422, "invalid_request"),
        ([{"line": 2, "good": 1}], 404, "not_found"),
        ([{"line": 1, "excellent": 1}], 422, "invalid_request"),  # No such grade.
        ([{"line": 1, "good": 1}] * 2, 422, "invalid_request"),
    ],
)
def test_an_inspection_that_cannot_be_true(world: World, lines: Any, status: int, code: str) -> None:
    asked = returning(world)

    with nothing_happens(world):
        answer = asked.tries("/merchant/after-sales", "inspection", {"lines": lines}, **SELLER)

    problem_of(answer, status, code)
    assert asked.state == "returning"


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
