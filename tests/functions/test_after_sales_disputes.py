"""Disputes over HTTP (RULES 10): who calls the platform, what it rules, what it pays before, what the bank stops."""

from typing import Any

import pytest

from tests.functions.claims import (
    FREIGHT,
    TEA,
    Claim,
    claim,
    on_its_way,
    parts,
    refunded,
    request,
    returning,
    shelf,
)
from tests.functions.showing import received
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import DAY, SWEPT, World

pytestmark = pytest.mark.usefixtures("promised")

POOL, CLAIM, ESCROW = "pool:compensation", "claim:<order>-01", "escrow:<order>-01"


def disputed(world: World, kind: str = "refund_only", units: int = 1, **more: Any) -> Claim:
    """Asked for, refused, and the platform called."""
    asked = claim(world, received(world), kind, units, **more)
    asked.refuse()
    asked.call_platform()
    return asked


def listed(world: World) -> list[str]:
    page = world.read("/support/disputes", role="support", who="s-1")
    return [case["case_id"] for case in page["cases"]]


def test_a_dispute_stands_in_supports_list_until_it_is_ruled(world: World) -> None:
    asked = disputed(world)
    sellers = world.read("/merchant/after-sales", role="merchant", who="m-tea")["cases"]
    before = listed(world)

    asked.rule(100)

    assert (sellers, before, listed(world)) == ([], [asked.case_id], [])


@pytest.mark.parametrize(
    ("rate", "state", "amount"), [(100, "completed", TEA), (40, "completed", 799), (0, "closed", 0)]
)
def test_a_ruling_gives_all_of_it_part_of_it_or_nothing(
    world: World, rate: int, state: str, amount: int
) -> None:
    asked = disputed(world)

    ruled = asked.rule(rate)

    assert (ruled["state"], ruled["ruling"]) == (state, "photos_show_it")
    assert [given for _, given, _ in refunded(world, asked.order)] == ([amount] if amount else [])
    assert shelf(world) == {"available": 17, "sold": 3}


def test_a_ruling_may_have_the_goods_sent_back_first(world: World) -> None:
    asked = disputed(world, "return_refund")

    ruled = asked.rule(60, goods_back=True)
    before = refunded(world, asked.order)
    asked.send_back()
    ended = asked.inspect(good=1)

    assert (ruled["state"], ruled["send_back"]["who_pays"], before) == ("awaiting_return", "merchant", [])
    assert ended["state"] == "completed"  # No less than was ruled: nobody is asked again.
    assert [amount for _, amount, _ in refunded(world, asked.order)] == [TEA * 60 // 100]
    assert shelf(world) == {"available": 18, "sold": 2}


def test_an_inspection_that_nobody_makes_calls_the_platform(world: World) -> None:
    asked = returning(world)
    asked.merchant("receipt")

    world.cloud.advance(2 * DAY - 1)
    before = asked.state
    world.cloud.advance(1 + SWEPT)

    assert (before, asked.state, listed(world)) == ("inspecting", "disputed", [asked.case_id])


def test_a_deduction_that_the_buyer_contests_is_ruled_and_the_goods_are_restocked_as_counted(
    world: World,
) -> None:
    asked = returning(world)
    asked.inspect(defect=1, rate_pct=10)
    asked.call_platform()
    before = refunded(world, asked.order), shelf(world)

    asked.rule(100)

    assert before == ([], {"available": 17, "sold": 3})
    assert [amount for _, amount, _ in refunded(world, asked.order)] == [TEA]
    assert shelf(world) == {"available": 17, "defect": 1, "sold": 2}


@pytest.mark.parametrize("rate", [100, 40, 0])
def test_a_ruling_on_counted_goods_told_twice_is_made_once_and_a_second_one_is_refused(
    world: World, rate: int
) -> None:
    asked = returning(world)
    asked.inspect(defect=1, rate_pct=10)
    asked.call_platform()
    ruling = {"rate_pct": rate, "goods_back": False, "freight_payer": "merchant", "reason": "worn"}
    support = {"role": "support", "who": "s-1"}

    first = asked.tries("/support/disputes", "ruling", ruling, key="k", **support)
    with nothing_happens(world):
        again = asked.tries("/support/disputes", "ruling", ruling, key="k", **support)
        late = asked.tries("/support/disputes", "ruling", ruling, **support)
        paid = asked.tries("/support/disputes", "advance", {"amount": 10**9}, **support)
        yes = asked.tries(
            "/merchant/after-sales", "decision", {"approve": True}, role="merchant", who="m-tea"
        )

    assert (first.status, again.status, again.headers["idempotency-replayed"]) == (200, 200, "true")
    for answer in (late, paid, yes):
        problem_of(answer, 409, "transition_refused")


def test_a_merchant_may_give_in_while_the_platform_looks(world: World) -> None:
    asked = disputed(world)

    given = asked.approve()

    assert (given["state"], listed(world)) == ("completed", [])
    assert [amount for _, amount, _ in refunded(world, asked.order)] == [TEA]


def test_a_parcel_that_its_carrier_lost_is_ruled_by_the_pattern(world: World) -> None:
    order = on_its_way(world)
    body = {"said": "lost", "reason": "asked_the_carrier"}
    world.command(f"/orders/{order}/parcels/1/report", body, role="support", who="s-1")
    asked = claim(world, order, "refund_only", 3, reason="not_received")
    asked.refuse("price_reduction", 100)

    asked.call_platform()

    ended = asked.read()
    assert (ended["state"], ended["ruling"]) == ("completed", "tracking_says_lost")
    assert [amount for _, amount, _ in refunded(world, order)] == [3 * TEA + FREIGHT]


def test_a_ruling_that_is_late_is_seen_and_still_made(world: World) -> None:
    asked = disputed(world)

    world.cloud.advance(DAY + SWEPT)
    late = world.read("/register?owner=operator", role="operator", who="op-1")["entries"]
    asked.rule(100)

    assert "dispute_late" in [entry["kind"] for entry in late]
    assert asked.state == "completed"


# --- money before anybody has decided ---


def test_what_was_paid_in_advance_is_made_whole_by_the_merchant_who_lost(world: World) -> None:
    asked = disputed(world)

    asked.support("advance", {"amount": 500})
    paid = refunded(world, asked.order), world.accounts()
    asked.rule(100)

    assert paid[0] == [("succeeded", 500, "advance_compensation")]
    assert paid[1][POOL] == 500  # It lacks what it has paid.
    assert [amount for _, amount, _ in refunded(world, asked.order)] == [500, TEA - 500]
    after = world.accounts()
    assert POOL not in after
    assert after[ESCROW] == -(2 * TEA + FREIGHT)


def test_what_was_paid_in_advance_for_a_buyer_who_lost_the_pool_bears(world: World) -> None:
    asked = disputed(world)
    asked.support("advance", {"amount": 500})

    asked.rule(0)
    world.cloud.advance(40 * DAY)

    assert refunded(world, asked.order) == [("succeeded", 500, "advance_compensation")]
    assert world.accounts()[POOL] == 500
    assert ESCROW not in world.accounts()  # Its merchant has all of it.
    assert (asked.state, parts(world, asked.order)) == ("closed", ["completed"])


@pytest.mark.parametrize("amount", [TEA + 1, 10**9])
def test_no_more_is_paid_in_advance_than_the_case_is_about(world: World, amount: int) -> None:
    asked = disputed(world)

    with nothing_happens(world):
        answer = asked.tries("/support/disputes", "advance", {"amount": amount}, role="support", who="s-1")

    assert problem_of(answer, 422, "advance_too_large")["maximum"] == TEA


def test_an_advance_is_paid_once_and_only_in_a_dispute(world: World) -> None:
    asked = claim(world, received(world), "refund_only")
    support = {"role": "support", "who": "s-1"}

    with nothing_happens(world):
        early = asked.tries("/support/disputes", "advance", {"amount": 100}, **support)
    asked.call_platform()
    first = asked.tries("/support/disputes", "advance", {"amount": 100}, key="k", **support)
    again = asked.tries("/support/disputes", "advance", {"amount": 100}, key="k", **support)
    with nothing_happens(world):
        second = asked.tries("/support/disputes", "advance", {"amount": 100}, **support)

    problem_of(early, 409, "transition_refused")
    assert (first.status, again.status, again.headers["idempotency-replayed"]) == (200, 200, "true")
    assert problem_of(second, 422, "advance_too_large")["maximum"] == 0
    assert [amount for _, amount, _ in refunded(world, asked.order)] == [100]


# --- the payer's bank ---


def charged_back(world: World, end: str) -> tuple[Claim, dict[str, Any]]:
    """A return that is asked for, on an order whose payer's bank takes the money, or threatens to."""
    order = world.place({"TEA": 3})
    payment = world.opens(order, "stripe")
    world.at_provider(payment, "pay")
    world.ship_all(order)
    world.arrive(order)
    asked = claim(world, order, "refund_only")
    world.at_provider(payment, "chargeback", end=end, after=5 * DAY)
    return asked, payment


def test_while_the_bank_may_take_the_money_nothing_is_decided_by_anybody_or_by_silence(world: World) -> None:
    asked, _ = charged_back(world, "won")
    seller, support = {"role": "merchant", "who": "m-tea"}, {"role": "support", "who": "s-1"}

    with nothing_happens(world):
        yes = asked.tries("/merchant/after-sales", "decision", {"approve": True}, **seller)
        new = world.send(
            "POST", f"/orders/{asked.order}/after-sales", request(world, asked.order, "refund_only")
        )
    world.cloud.advance(3 * DAY)
    waiting = asked.state
    asked.call_platform()
    ruling = {"rate_pct": 100, "goods_back": False, "freight_payer": "merchant", "reason": "worn"}
    with nothing_happens(world):
        ruled = asked.tries("/support/disputes", "ruling", ruling, **support)
        paid = asked.tries("/support/disputes", "advance", {"amount": 1}, **support)
    world.cloud.advance(3 * DAY)

    for answer in (yes, new, ruled, paid):
        problem_of(answer, 409, "payment_disputed")
    assert (waiting, refunded(world, asked.order)) == ("requested", [])
    asked.rule(100)
    assert [amount for _, amount, _ in refunded(world, asked.order)] == [TEA]


def test_silence_is_a_yes_again_when_the_bank_has_let_go(world: World) -> None:
    asked, _ = charged_back(world, "won")

    world.cloud.advance(5 * DAY + SWEPT)
    world.cloud.advance(DAY + SWEPT)

    assert asked.state == "completed"
    assert [amount for _, amount, _ in refunded(world, asked.order)] == [TEA]
