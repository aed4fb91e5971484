"""After-sale cases over HTTP: one story for each way that a request can go (RULES 8 and 9), to the fen and the unit."""

import pytest

from tests.functions.claims import (
    FREIGHT,
    TEA,
    Claim,
    claim,
    on_its_way,
    parts,
    refunded,
    returning,
    shelf,
)
from tests.functions.showing import received
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import DAY, SWEPT, World

pytestmark = pytest.mark.usefixtures("promised")

HOUR = 3600


def close_to(amount: int) -> list[tuple[str, int, str]]:
    return [("succeeded", amount, "no_reason")]


# --- money, and goods that come back ---


def test_a_refund_only_gives_the_money_and_leaves_the_goods(world: World) -> None:
    order = on_its_way(world)
    asked = claim(world, order, "refund_only", reason="damaged")
    waiting = asked.read()

    asked.approve()

    assert (waiting["state"], waiting["refundable"]["amount"]) == ("requested", TEA)
    assert [one["event"] for one in waiting["countdowns"]] == ["case_unanswered"]
    ended = asked.read()
    assert (ended["state"], ended["refund"]["amount"], ended["refund_state"]) == (
        "completed",
        TEA,
        "succeeded",
    )
    assert refunded(world, order) == [("succeeded", TEA, "damaged")]
    assert shelf(world) == {"available": 17, "sold": 3}


def test_a_return_is_counted_graded_restocked_and_refunded(world: World) -> None:
    asked = claim(world, received(world), "return_refund", 2)
    approved = asked.approve()
    sent = asked.send_back()
    there = asked.merchant("receipt")
    before = refunded(world, asked.order)

    ended = asked.inspect(good=1, defect=1)

    assert (approved["state"], approved["send_back"]["warehouse"]) == ("awaiting_return", "W1")
    assert approved["send_back"]["who_pays"] == "buyer"
    assert (sent["state"], sent["send_back"]["waybill"]) == ("returning", "SF-BACK-0001")
    assert (there["state"], before, ended["state"]) == ("inspecting", [], "completed")
    assert refunded(world, asked.order) == close_to(2 * TEA)
    assert shelf(world) == {"available": 18, "defect": 1, "sold": 1}
    assert parts(world, asked.order) == ["completed"]


def test_all_of_it_sent_back_without_a_reason_leaves_the_freight_with_the_merchant(world: World) -> None:
    asked = returning(world, 3)

    asked.inspect(good=3)

    assert refunded(world, asked.order) == close_to(3 * TEA)
    assert parts(world, asked.order) == ["closed"]
    assert shelf(world) == {"available": 20}


def test_all_of_it_sent_back_because_it_was_bad_gives_the_freight_back_too(world: World) -> None:
    asked = returning(world, 3, reason="quality")

    asked.inspect(scrap=3)

    assert refunded(world, asked.order) == [("succeeded", 3 * TEA + FREIGHT, "quality")]
    assert shelf(world) == {"available": 17, "scrapped": 3}


def test_the_same_inspection_sent_twice_counts_once(world: World) -> None:
    asked = returning(world, 1)
    body = {"lines": [{"line": 1, "good": 1}]}
    seller = {"role": "merchant", "who": "m-tea"}

    first = asked.tries("/merchant/after-sales", "inspection", body, key="k", **seller)
    again = asked.tries("/merchant/after-sales", "inspection", body, key="k", **seller)
    with nothing_happens(world):
        other = asked.tries("/merchant/after-sales", "inspection", body, **seller)

    assert (first.status, again.status, again.headers["idempotency-replayed"]) == (200, 200, "true")
    problem_of(other, 409, "transition_refused")
    assert refunded(world, asked.order) == close_to(TEA)


# --- goods that go out ---


def replacement_of(asked: Claim) -> int:
    return int(str(asked.read()["replacement"]).rpartition("-")[2])


def test_an_exchange_sends_the_same_again_at_no_price(world: World) -> None:
    asked = returning(world, 1, "exchange", reason="quality")
    ended = asked.inspect(defect=1)
    reserved = shelf(world)
    number = replacement_of(asked)
    world.ship(asked.order, number)
    world.arrive(asked.order)

    world.receive(asked.order)

    assert (ended["state"], ended["replacement"]) == ("replacing", f"{asked.order}-02")
    assert reserved == {"available": 16, "reserved": 1, "defect": 1, "sold": 2}
    sent = world.order(asked.order)["sub_orders"][1]
    assert (sent["payable"]["amount"], sent["lines"][0]["sku"], sent["state"]) == (0, "TEA", "completed")
    assert (asked.state, refunded(world, asked.order)) == ("completed", [])
    assert shelf(world) == {"available": 16, "defect": 1, "sold": 3}


def test_an_exchange_that_cannot_be_had_ends_with_the_money(world: World) -> None:
    order = received(world, {"POT": 5})  # All that there are: two of them in W1.
    asked = claim(world, order, "exchange", reason="quality")
    asked.approve()
    asked.send_back()

    ended = asked.inspect(scrap=1)

    assert (ended["state"], ended["replacement"]) == ("completed", None)
    assert refunded(world, order) == [("succeeded", 12901, "quality")]


def test_a_repair_sends_the_very_unit_back(world: World) -> None:
    asked = returning(world, 1, "repair", reason="quality")

    ended = asked.inspect(defect=1)
    world.ship(asked.order, replacement_of(asked))
    world.arrive(asked.order)
    world.receive(asked.order)

    assert ended["state"] == "replacing"
    assert (asked.state, refunded(world, asked.order)) == ("completed", [])
    assert shelf(world) == {"available": 17, "sold": 3}


def test_what_was_missing_is_sent_again_and_nothing_comes_back(world: World) -> None:
    asked = claim(world, received(world), "reship", reason="missing_goods")

    ended = asked.approve()

    assert (ended["state"], ended["send_back"]) == ("replacing", None)
    assert parts(world, asked.order) == ["completed", "awaiting_shipment"]
    assert shelf(world) == {"available": 16, "reserved": 1, "sold": 3}


def test_a_replacement_that_its_merchant_cannot_send_ends_with_the_money(world: World) -> None:
    asked = claim(world, received(world), "reship", reason="missing_goods")
    asked.approve()
    path = f"/merchant/sub-orders/{asked.order}-02/cancellation"

    world.command(path, {"reason": "out_of_stock"}, role="merchant", who="m-tea")

    assert asked.state == "completed"
    assert refunded(world, asked.order) == [("succeeded", TEA, "out_of_stock")]
    assert parts(world, asked.order) == ["completed", "cancelled"]


# --- money for goods that are kept ---


def test_a_price_reduction_is_borne_by_the_units_and_counts_when_they_come_back(world: World) -> None:
    order = received(world)
    claim(world, order, "price_reduction", 3, reason="quality", amount=300).approve()
    asked = claim(world, order, "return_refund")
    asked.approve()
    asked.send_back()

    asked.inspect(good=1)

    assert [amount for _, amount, _ in refunded(world, order)] == [300, TEA - 100]


# --- no, and what then ---


def test_a_refusal_names_its_reason_and_an_alternative_that_the_buyer_accepts(world: World) -> None:
    asked = claim(world, received(world), "return_refund")
    offered = asked.refuse("price_reduction", 400)

    ended = asked.buyer("acceptance", {"kind": "price_reduction"})

    assert (offered["state"], offered["refusal"]) == ("refused", "worn")
    assert [(one["kind"], one["amount"]["amount"]) for one in offered["alternatives"]] == [
        ("price_reduction", 400)
    ]
    assert (ended["state"], ended["kind"]) == ("completed", "price_reduction")
    assert refunded(world, asked.order) == close_to(400)


def test_what_is_sent_again_instead_is_read_as_what_the_case_becomes(world: World) -> None:
    asked = claim(world, received(world), "refund_only")
    asked.refuse("reship")

    ended = asked.buyer("acceptance", {"kind": "reship"})

    assert (ended["state"], ended["replacement"]) == ("replacing", f"{asked.order}-02")
    assert refunded(world, asked.order) == []


def test_a_refusal_without_a_reason_or_an_alternative_is_none(world: World) -> None:
    asked = claim(world, received(world), "return_refund")
    seller = {"role": "merchant", "who": "m-tea"}

    with nothing_happens(world):
        bare = asked.tries(
            "/merchant/after-sales", "decision", {"approve": False, "reason": "worn"}, **seller
        )
        mute = {"approve": False, "alternatives": [{"kind": "repair"}]}
        silent = asked.tries("/merchant/after-sales", "decision", mute, **seller)

    assert problem_of(bare, 422, "invalid_request")["at"] == "/alternatives"
    assert problem_of(silent, 422, "invalid_request")["at"] == "/reason"


def test_a_withdrawn_case_lets_the_receipt_go_on(world: World) -> None:
    order = on_its_way(world)
    world.arrive(order)
    asked = claim(world, order, "return_refund")
    with nothing_happens(world):
        early = world.send("POST", f"/orders/{order}/receipt", {})

    ended = asked.buyer("withdrawal")
    world.receive(order)

    problem_of(early, 409, "case_open")
    assert ended["state"] == "closed"
    assert (parts(world, order), refunded(world, order)) == (["completed"], [])


def test_a_merchant_that_is_silent_has_said_yes(world: World) -> None:
    asked = claim(world, received(world), "return_refund")

    world.cloud.advance(48 * HOUR - 1)
    before = asked.state
    world.cloud.advance(1 + SWEPT)

    assert (before, asked.state) == ("requested", "awaiting_return")


def test_a_refusal_that_nobody_answers_stands(world: World) -> None:
    asked = claim(world, received(world), "return_refund")
    asked.refuse()

    world.cloud.advance(3 * DAY + SWEPT)

    assert (asked.state, refunded(world, asked.order)) == ("closed", [])


def test_without_a_waybill_in_seven_days_the_case_closes(world: World) -> None:
    asked = claim(world, received(world), "return_refund")
    asked.approve()

    world.cloud.advance(7 * DAY - 1)
    before = asked.state
    world.cloud.advance(1 + SWEPT)
    with nothing_happens(world):
        late = asked.tries("/after-sales", "waybill", {"carrier": "sf", "waybill": "SF-BACK-0001"})

    assert (before, asked.state) == ("awaiting_return", "closed")
    problem_of(late, 409, "transition_refused")
    assert refunded(world, asked.order) == []


def test_what_the_inspection_takes_off_is_agreed_by_silence(world: World) -> None:
    asked = returning(world, 2)
    assessed = asked.inspect(good=2, rate_pct=50)
    before = refunded(world, asked.order), shelf(world)

    world.cloud.advance(3 * DAY + SWEPT)

    assert (assessed["state"], before) == ("assessed", ([], {"available": 17, "sold": 3}))
    assert asked.state == "completed"
    assert refunded(world, asked.order) == close_to(TEA)  # Half of two.
    assert shelf(world) == {"available": 19, "sold": 1}


def test_what_was_not_in_the_parcel_is_not_refunded_if_the_buyer_agrees(world: World) -> None:
    asked = returning(world, 2)
    assessed = asked.inspect(good=1)

    ended = asked.buyer("acceptance")

    assert (assessed["state"], ended["state"]) == ("assessed", "completed")
    assert refunded(world, asked.order) == close_to(TEA)
    assert shelf(world) == {"available": 18, "sold": 2}


# --- while it is open ---


def test_while_a_case_is_open_nobody_is_paid_and_nothing_is_received_by_itself(world: World) -> None:
    order = on_its_way(world)
    world.arrive(order)
    asked = claim(world, order, "return_refund")
    asked.refuse()
    asked.call_platform()

    world.cloud.advance(40 * DAY)
    waiting = parts(world, order), world.accounts()
    asked.rule(0)
    world.cloud.advance(40 * DAY)

    assert waiting[0] == ["delivered"]
    assert waiting[1]["escrow:<order>-01"] == -(3 * TEA + FREIGHT)
    assert (asked.state, parts(world, order)) == ("closed", ["completed"])
    assert "escrow:<order>-01" not in world.accounts()


# --- too late to cancel (RULES 8) ---


def test_too_late_to_cancel_is_turned_into_a_refusal_at_the_door(world: World) -> None:
    order = on_its_way(world)
    late = world.send("POST", f"/orders/{order}/cancellation", {"reason": "changed_mind"})

    world.command(f"/orders/{order}/cancellation/conversion", {})
    [parcel] = world.order(order)["sub_orders"][0]["parcels"]
    body = {"parcel": 1, "lines": [{"line": 1, "good": 3}]}
    world.command(f"/merchant/sub-orders/{order}-01/returns", body, role="merchant", who="m-tea")

    problem_of(late, 409, "already_shipped")
    assert (parcel["state"], parcel["refused"]) == ("returning", "changed_mind")
    assert refunded(world, order) == [("succeeded", 3 * TEA, "changed_mind")]


def test_what_has_arrived_meanwhile_is_turned_into_a_return(world: World) -> None:
    order = on_its_way(world)
    world.arrive(order)

    world.command(f"/orders/{order}/cancellation/conversion", {"sub_order": 1})
    asked = Claim(world, f"{order}-C01")

    view = asked.read()
    assert (view["state"], view["kind"], view["reason"]) == ("requested", "return_refund", "no_reason")
    assert [(line["line"], line["quantity"]) for line in view["lines"]] == [(1, 3)]


def test_what_has_not_left_is_cancelled_and_not_converted(world: World) -> None:
    order = world.placed_and_paid({"TEA": 3})

    with nothing_happens(world):
        answer = world.send("POST", f"/orders/{order}/cancellation/conversion", {})
        missing = world.send("POST", f"/orders/{order}/cancellation/conversion", {"sub_order": 2})

    assert problem_of(answer, 409, "nothing_to_convert")["parcels"] == [1]
    problem_of(missing, 404, "not_found")
