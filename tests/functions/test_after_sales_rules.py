"""What the rules promise of every way back, and the story that shows it, each end to end over HTTP with time travel.

cancel, and refund before delivery
    unpaid: by the buyer, or by time
      ordering_coupons: an_order_that_dies_unpaid_gives_coupon_points_and_limits_back_once
    paid, nothing pushed
      here: paid_and_not_pushed_all_of_it_goes_back_at_once_and_nobody_is_asked
    paid, pushed: it was stopped
      warehouses: a_warehouse_that_could_stop_has_the_buyer_refunded
    paid, pushed: it was too late
      after_sales_simulated: a_cancellation_that_its_warehouse_rejects_is_converted_when_it_has_left
    paid, pushed: no answer
      here: a_warehouse_that_does_not_answer_is_asked_again_and_nothing_is_assumed
    shipped: goods back first
      after_sales: a_return_is_counted_graded_restocked_and_refunded
    shipped: money only, if both agree
      after_sales: a_refund_only_gives_the_money_and_leaves_the_goods
    shipped: one click instead of cancelling
      after_sales: too_late_to_cancel_is_turned_into_a_refusal_at_the_door
    in part: the frozen spread, to the fen
      here: cancelled_piece_by_piece_it_gives_back_what_was_agreed_and_closes_with_the_last
    every step: voucher, log entry, prompt
      here: every_step_of_the_way_back_is_logged_booked_and_told
after-sale
    policy: as published, told and pinned
      return_policies: an_order_keeps_the_policy_it_was_placed_under
    policy: for each product, in the quote
      return_policies: a_quote_says_of_each_line_what_may_come_back_and_what_must_be_confirmed
    policy: by member level
      return_policies: the_policy_of_a_product_is_that_of_the_callers_own_level
    policy: not these goods, if told so
      return_policies: an_order_of_excluded_goods_is_refused_until_that_is_confirmed
    policy: windows, from the receipt
      after_sales_refusals_edges: until_the_last_second_of_the_last_day_in_china_it_may_be_asked_for
    who pays the way back: the shop
      after_sales_arrivals: of_what_is_the_shops_fault_the_shop_pays_the_way_back_up_to_the_policys_most
    who pays the way back: the buyer
      after_sales_arrivals: of_what_the_buyer_did_not_want_the_buyer_pays_it
    who pays the way back: the platform
      here: a_platform_that_pays_the_way_back_does_up_to_its_most_out_of_its_pool
    request, checked, all problems at once
      after_sales_refusals: what_must_be_refused_is_told_why_and_moves_nothing
    evidence
      evidence: a_photo_is_offered_posted_named_in_a_case_and_read_by_both_sides_and_the_platform
    48 hours, then yes
      after_sales: a_merchant_that_is_silent_has_said_yes
    24 hours, by policy
      here: by_policy_a_merchant_has_a_day_to_decide
    no: a reason, and something instead
      after_sales: a_refusal_names_its_reason_and_an_alternative_that_the_buyer_accepts
    no: withdrawn, or the platform is called
      after_sales_disputes: a_dispute_stands_in_supports_list_until_it_is_ruled
    yes: where to, how, until when
      after_sales_arrivals: whoever_sends_it_back_is_told_where_to
    no waybill in 7 days
      after_sales: without_a_waybill_in_seven_days_the_case_closes
    inspected by grade, never more than sent
      after_sales_warehouses: a_warehouse_takes_it_in_and_inspects_it_each_told_twice_and_booked_once
    inspected: the sides disagree
      after_sales_disputes: a_deduction_that_the_buyer_contests_is_ruled_and_the_goods_are_restocked_as_counted
    refund, restock, close; coupons, points
      here: coupon_and_points_come_back_with_what_is_sent_back_and_once
    exchange
      after_sales: an_exchange_sends_the_same_again_at_no_price
    sent again
      after_sales: what_was_missing_is_sent_again_and_nothing_comes_back
    compensation
      here: a_compensation_is_a_voucher_without_goods
    while a case is open
      after_sales: while_a_case_is_open_nobody_is_paid_and_nothing_is_received_by_itself
disputes and escrow
    held until the receipt
      here: nothing_is_the_merchant_s_before_it_is_received_and_nothing_can_come_back_any_more
    both sides show what they have
      after_sales_arrivals: both_sides_show_more_while_the_platform_decides_and_each_reads_it
    plain: the tracking says lost
      after_sales_disputes: a_parcel_that_its_carrier_lost_is_ruled_by_the_pattern
    plain: it was never handed over
      here: what_no_carrier_has_ever_seen_is_ruled_at_once_and_not_a_minute_too_early
    plain: the seller admits
      after_sales_disputes: a_merchant_may_give_in_while_the_platform_looks
    support rules: all, part, nothing
      after_sales_disputes: a_ruling_gives_all_of_it_part_of_it_or_nothing
    support rules: goods back, and who pays
      here: a_ruling_says_who_pays_the_way_back
    support is late
      after_sales_disputes: a_ruling_that_is_late_is_seen_and_still_made
    paid in advance, and recovered
      after_sales_disputes: what_was_paid_in_advance_is_made_whole_by_the_merchant_who_lost
    the payer's bank
      after_sales_disputes: while_the_bank_may_take_the_money_nothing_is_decided_by_anybody_or_by_silence
abnormal orders
    each kind: seen, owned, due, and its end
      register_rules: whatever_is_wrong_is_seen_owned_due_and_never_closed_silently
"""

import importlib
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.functions.at_once import asked as asked_of
from tests.functions.at_once import cancels
from tests.functions.claims import FREIGHT, TEA, Claim, claim, on_its_way, parts, refunded, returning, shelf
from tests.functions.parcels import Partners, at_warehouse, fulfilment, partners, stopped, tell
from tests.functions.showing import received
from tests.http_world import DAY, SWEPT, World

pytestmark = pytest.mark.usefixtures("promised")
HOUR = 3600
ALL = 3 * TEA + FREIGHT
ESCROW = "escrow:<order>-01"


def test_every_rule_has_a_story_that_there_is() -> None:
    named = re.findall(r"^ {6}(\w+): (\w+)$", str(__doc__), re.MULTILINE)
    modules = {where: __name__ if where == "here" else f"tests.functions.test_{where}" for where, _ in named}
    found = {where: vars(importlib.import_module(module)) for where, module in modules.items()}

    assert [story for where, story in named if not callable(found[where].get(f"test_{story}"))] == []
    assert len(named) > 40


# --- cancel, and refund before delivery ---


@pytest.mark.parametrize("who", ["the buyer", "the merchant"])
def test_paid_and_not_pushed_all_of_it_goes_back_at_once_and_nobody_is_asked(world: World, who: str) -> None:
    order = world.placed_and_paid({"TEA": 3})

    if who == "the buyer":
        world.cancel(order)
    else:
        path = f"/merchant/sub-orders/{order}-01/cancellation"
        world.command(path, {"reason": "out_of_stock"}, role="merchant", who="m-tea")

    [refund] = refunded(world, order)
    assert refund[:2] == ("succeeded", ALL)
    assert (parts(world, order), shelf(world)) == (["cancelled"], {"available": 20})
    assert [parcel["state"] for parcel in world.order(order)["sub_orders"][0]["parcels"]] == ["cancelled"]
    assert world.accounts() == {}


@pytest.fixture
def wms(world: World) -> Iterator[Partners]:
    with partners(world) as stand_in:
        yield stand_in


def test_a_warehouse_that_does_not_answer_is_asked_again_and_nothing_is_assumed(
    world: World, wms: Partners
) -> None:
    order = at_warehouse(world)
    wms.answers |= {
        "cancel": (200, {"status": "pending"}),
        "query": (200, {"status": "accepted", "packages": []}),
    }
    cancels(world, order)
    before = len(wms.asked)

    for _ in range(5):
        world.cloud.advance(6 * HOUR)
    waiting = parts(world, order), refunded(world, order), shelf(world)
    listed = world.read("/register?owner=warehouse", role="support", who="s-1")["entries"]
    tell(world, stopped(fulfilment(order), accepted=True, number=50))

    assert waiting == (["intercepting"], [], {"available": 17, "reserved": 3})
    assert len(wms.asked) - before > 5
    assert {"POST cancellation"} <= set(asked_of(wms))
    assert [entry["kind"] for entry in listed] == ["intercept_late"]
    assert (parts(world, order), refunded(world, order)) == (
        ["cancelled"],
        [("succeeded", ALL, "changed_mind")],
    )
    assert shelf(world) == {"available": 20}


def share(paid: int, units: int, taken: int) -> int:
    """Of what was paid for *units*, what goes back for the one after *taken*."""
    return paid * (taken + 1) // units - paid * taken // units


def test_cancelled_piece_by_piece_it_gives_back_what_was_agreed_and_closes_with_the_last(
    world: World,
) -> None:
    """A coupon is spread once, when it is ordered: it is not priced again, whatever is left."""
    coupon = world.gives_coupon("GIFT", off_minor=1001)
    order = world.placed_and_paid({"TEA": 3, "KITE": 1}, coupons=[coupon])
    told = world.order(order)
    tea, kite = (part["lines"][0]["payable"]["amount"] for part in told["sub_orders"])

    for _ in range(2):
        world.cancel(order, {1: 1})
    between = parts(world, order), world.wallet()["coupons"]
    path = f"/merchant/sub-orders/{order}-02/cancellation"
    world.command(path, {"reason": "out_of_stock"}, role="merchant", who="m-toys")
    half = parts(world, order), world.order(order)["state"]
    world.cancel(order, {1: 1})

    assert tea + kite == 3 * TEA + 333 - 1001
    assert [amount for _, amount, _ in refunded(world, order)] == [
        share(tea, 3, 0),
        share(tea, 3, 1),
        kite + FREIGHT,
        share(tea, 3, 2) + FREIGHT,
    ]
    assert between == (["awaiting_shipment"] * 2, {"GIFT": "used"})
    assert half == (["awaiting_shipment", "cancelled"], "awaiting_shipment")
    assert (world.order(order)["state"], world.wallet()["coupons"]) == ("cancelled", {"GIFT": "available"})
    assert world.order(order)["refunded"]["amount"] == told["paid"]["amount"]
    assert world.accounts() == {}


STEPS: tuple[tuple[str, str, bool], ...] = (  # what is done, the event, does money move?
    ("cancel", "goods_cancelled", True),
    ("ship", "parcels_shipped", False),
    ("ask", "case_requested", False),
    ("refuse", "case_refused", False),
    ("call", "case_escalated", False),
    ("advance", "advance_paid", True),
    ("rule", "case_ruled", False),
    ("send", "return_sent", False),
    ("arrive", "goods_arrived", False),
    ("inspect", "goods_inspected", True),
)


def arrives(world: World, order: str) -> None:
    world.ship_all(order)
    world.arrive(order)


def do(world: World, what: str, asked: Claim) -> None:
    turns: dict[str, Any] = {
        "cancel": lambda: world.cancel(asked.order, {1: 1}),
        "ship": lambda: arrives(world, asked.order),
        "ask": lambda: claim(world, asked.order, "return_refund", reason="quality"),
        "refuse": asked.refuse,
        "call": asked.call_platform,
        "advance": lambda: asked.support("advance", {"amount": 500}),
        "rule": lambda: asked.rule(100, goods_back=True),
        "send": asked.send_back,
        "arrive": lambda: asked.merchant("receipt"),
        "inspect": lambda: asked.inspect(defect=1),
    }
    turns[what]()


def timeline(world: World, order: str) -> list[Any]:
    return list(world.read(f"/orders/{order}/timeline", role="support", who="s-1")["events"])


def test_every_step_of_the_way_back_is_logged_booked_and_told(world: World) -> None:
    asked = Claim(world, f"{world.placed_and_paid({'TEA': 3})}-C01")
    seen = []

    for what, event, moves_money in STEPS:
        known = len(timeline(world, asked.order))
        booked = len(world.vouchers())
        do(world, what, asked)
        new = [entry["event"] for entry in timeline(world, asked.order)[known:]]
        seen.append((what, event in new, (len(world.vouchers()) > booked) == moves_money))
        for tongue in ("en", "zh-CN"):
            is_case = new[0] not in ("goods_cancelled", "parcels_shipped")
            path = f"/after-sales/{asked.case_id}" if is_case else f"/orders/{asked.order}"
            told = world.read(path, headers={"accept-language": tongue})
            assert told["state_text"]
            assert told["allowed_actions"]
            if is_case:
                assert told["next"]
                assert bool(told["countdowns"]) == (told["state"] != "completed")

    assert seen == [(what, True, True) for what, _, _ in STEPS]
    assert [amount for _, amount, _ in refunded(world, asked.order)] == [TEA, 500, TEA - 500]


# --- after-sale ---


def test_by_policy_a_merchant_has_a_day_to_decide(world: World) -> None:
    world.publish("return_policy", {"policy_id": "fast", "merchant_id": "m-tea", "decision_seconds": DAY})
    asked = claim(world, received(world), "return_refund")

    world.cloud.advance(DAY - 1)
    before = asked.state
    world.cloud.advance(1 + SWEPT)

    assert (before, asked.state) == ("requested", "awaiting_return")


def test_a_platform_that_pays_the_way_back_does_up_to_its_most_out_of_its_pool(world: World) -> None:
    subsidy = {"freight_payer": {"no_reason": "platform"}, "freight_max_minor": 900}
    world.publish("return_policy", {"policy_id": "kind", **subsidy})
    asked = returning(world)
    asked.buyer("waybill", {"carrier": "sf", "waybill": "SF-BACK-0001", "freight": 1_500})

    ended = asked.inspect(good=1)

    assert (ended["send_back"]["who_pays"], ended["points"]) == ("platform", 900)
    assert world.accounts()["pool:compensation"] == 900
    assert world.read("/wallet")["points"]["available"] == 900


def test_coupon_and_points_come_back_with_what_is_sent_back_and_once(world: World) -> None:
    coupon = world.gives_coupon("GIFT")
    world.gives_points(1_000)
    order = world.placed_and_paid({"TEA": 3}, coupons=[coupon], points=1_000)
    world.ship_all(order)
    world.arrive(order)
    world.receive(order)
    found = []

    for number in (1, 2, 3):
        asked = claim(world, order, "return_refund")
        asked.approve()
        asked.send_back(f"SF-BACK-{number:04}")
        asked.inspect(good=1)
        wallet = world.wallet()
        found.append((wallet["points"], wallet["coupons"]["GIFT"]))
    world.cloud.advance(40 * DAY)

    assert found == [((333, 0, 667), "used"), ((666, 0, 334), "used"), ((1_000, 0, 0), "available")]
    goods = 3 * TEA - 500 - 1_000
    assert [amount for _, amount, _ in refunded(world, order)] == [share(goods, 3, n) for n in range(3)]
    assert (parts(world, order), shelf(world)) == (["closed"], {"available": 20})
    assert world.wallet()["points"] == (1_000, 0, 0)


def test_a_compensation_is_a_voucher_without_goods(world: World) -> None:
    order = received(world)
    levels = shelf(world)
    body = {"order_id": order, "sub_order": 1, "amount": 1_050, "reason": "late"}

    given = world.command("/support/after-sales", body, role="support", who="s-1")

    assert (given["kind"], given["state"], given["points"]) == ("compensation", "completed", 1_050)
    assert (shelf(world), refunded(world, order), parts(world, order)) == (levels, [], ["completed"])
    assert world.accounts()["pool:compensation"] == 1_050
    assert world.wallet()["points"] == (1_050, 0, 0)


# --- disputes and escrow ---


def test_nothing_is_the_merchant_s_before_it_is_received_and_nothing_can_come_back_any_more(
    world: World,
) -> None:
    order = world.placed_and_paid({"TEA": 3})
    held = [world.accounts()]
    world.ship_all(order)
    world.cloud.advance(DAY)
    held.append(world.accounts())
    world.arrive(order)
    world.receive(order)
    world.cloud.advance(15 * DAY)
    held.append(world.accounts())

    world.cloud.advance(2 * DAY + SWEPT)

    assert held == [{"clearing:sandbox": ALL, ESCROW: -ALL}] * 3
    assert world.accounts() == {"clearing:sandbox": ALL, "merchant:m-tea": -ALL}


@pytest.mark.parametrize("hours", [1, 49], ids=["at once", "after two days"])
def test_what_no_carrier_has_ever_seen_is_ruled_at_once_and_not_a_minute_too_early(
    world: World, hours: int
) -> None:
    world.cloud.agree_with_partners(warehouses=(), tracker="")  # Nobody follows it.
    order = on_its_way(world)
    world.cloud.advance(hours * HOUR)
    asked = claim(world, order, "refund_only", 3, reason="not_received")
    asked.refuse("price_reduction", 100)

    asked.call_platform()

    view = asked.read()
    is_plain = hours > 48
    assert (view["state"], view["ruling"]) == (
        ("completed", "never_handed_over") if is_plain else ("disputed", None)
    )
    assert [amount for _, amount, _ in refunded(world, order)] == ([ALL] if is_plain else [])


@pytest.mark.parametrize(("payer", "points"), [("buyer", 0), ("merchant", 1_200), ("platform", 1_200)])
def test_a_ruling_says_who_pays_the_way_back(world: World, payer: str, points: int) -> None:
    asked = claim(world, received(world), "return_refund")
    asked.refuse()
    asked.call_platform()

    asked.rule(100, goods_back=True, freight_payer=payer)
    asked.buyer("waybill", {"carrier": "sf", "waybill": "SF-BACK-0001", "freight": 1_200})
    ended = asked.inspect(good=1)

    assert (ended["send_back"]["who_pays"], ended["points"]) == (payer, points)
    accounts = world.accounts()
    borne = {"merchant": "claim:<order>-01", "platform": "pool:compensation"}
    found = {who: accounts.get(name, 0) for who, name in borne.items()}
    assert found == {who: points * (payer == who) for who in borne}
