"""Cases from request to answer: what is refused, and that nothing happened then; what several of them come to."""

import pytest

from shared.aftersale.cases import Decision
from shared.aftersale.lateness import decide_lateness
from shared.clockwork import decide_expiry
from shared.errors import Invalid, TransitionRefused
from shared.fulfilment.receipt import CaseStillOpen, confirm_receipt
from tests.builders import (
    BUYER,
    ORDER_ID,
    SKUS,
    a_completed_order,
    a_delivered_order,
    a_line,
    a_request,
    a_shipped_order,
    an_order_of,
)
from tests.memory import MemoryShop
from tests.special_orders import a_paid_rich_order
from tests.storybook import entries, moves, rows

DAY = 86_400


def refused(trade, error, act):
    before = trade.whole
    with pytest.raises(error) as told:
        act()
    assert trade.whole is before
    return told.value


def test_goods_of_several_warehouses_come_back_to_each_in_a_case_of_its_own():
    trade = a_completed_order()

    change = trade.ask("return_refund", {1: 3, 2: 1})

    assert change.about == "CASE#01,CASE#02"
    assert [(dict(c.units), sorted(c.sources)) for c in trade.whole.cases] == [
        ({"1": 2, "2": 1}, ["1"]),
        ({"1": 1}, ["2"]),
    ]
    for number in (2, 1):
        trade.approve(number)
        trade.inspect(number)
    assert [dict(refund.parts[0]._asdict())["goods_minor"] for refund in trade.whole.refunds] == [
        1_000,
        4_500,
    ]
    assert trade.whole.refunds[1].parts[0].freight_minor == 800
    assert (trade.state("SUB#01"), trade.row("SUB#01").kept_minor) == ("closed", 0)
    assert [trade.world.units("TEA", w) for w in ("W1", "W2")] == [(5, 0, 0), (5, 0, 0)]


def test_what_stays_away_is_one_case_wherever_it_left():
    trade = a_completed_order()

    trade.ask("refund_only", {1: 3})

    [case] = trade.whole.cases
    assert {parcel: dict(units) for parcel, units in case.sources.items()} == {"1": {"1": 2}, "2": {"1": 1}}


def test_units_of_a_hot_sku_go_back_to_the_shards_that_they_left():
    lies = [("W1", 2, 1), ("W1", 3, 2)]
    trade = an_order_of([a_line(1, 5, 500, lies=lies)], [0])
    trade.split()
    trade.ship(1, 1)
    trade.receive(1)
    trade.ask("return_refund", {1: 2})
    trade.ask("return_refund", {1: 2})
    trade.approve(1)
    trade.approve(2)

    trade.inspect(2, {1: {"good": 1, "defect": 1}})
    trade.inspect(1)

    assert {shard: dict(trade.world.stock["SKU-1", "W1", shard]) for shard in (1, 2)} == {
        1: {"available": 1, "reserved": 0, "sold": 1},
        2: {"available": 2, "reserved": 0, "sold": 0, "defect": 1},
    }


@pytest.mark.parametrize(
    ("decision", "at"),
    [
        (Decision(False, "", {"repair": 0}), "/reason"),
        (Decision(False, "worn"), "/alternatives"),
        (Decision(False, "worn", {"compensation": 0}), "/alternatives"),
        (Decision(False, "worn", {"return_refund": 0}), "/alternatives"),  # It is what was asked for.
        (Decision(False, "worn", {"price_reduction": 0}), "/alternatives"),
        (Decision(False, "worn", {"repair": 5}), "/alternatives"),
        (Decision(False, "worn", {"price_reduction": -5}), "/alternatives"),
    ],
)
def test_a_no_has_a_reason_and_something_instead(decision, at):
    trade = a_completed_order()
    trade.ask("return_refund", {1: 1})

    told = refused(trade, Invalid, lambda: trade.decide(1, decision))

    assert told.details["at"] == at


def test_what_never_came_is_not_offered_a_return_but_may_be_sent_again():
    trade = a_shipped_order()
    trade.ask("refund_only", {3: 1}, sub_order=2, reason="not_received")

    refused(trade, Invalid, lambda: trade.refuse_case(1, exchange=0))
    trade.refuse_case(1, reship=0)
    trade.accept(1, "reship", trade.on_the_shelves(SKUS))

    assert trade.state("CASE#01") == "replacing"


def test_only_what_was_offered_is_accepted():
    trade = a_completed_order()
    trade.ask("refund_only", {1: 1})
    trade.refuse_case(1, repair=0)

    told = refused(trade, Invalid, lambda: trade.accept(1, "exchange"))

    assert told.details["offered"] == ["repair"]


@pytest.mark.parametrize(
    "act", ["approve", "refuse_case", "send_back", "inspect", "withdraw", "show_evidence"]
)
def test_a_case_that_is_over_is_over(act):
    trade = a_completed_order()
    trade.ask("refund_only", {1: 1})
    trade.approve(1)

    refused(trade, TransitionRefused, lambda: getattr(trade, act)(1))


def test_no_merchant_decides_what_another_sold_and_no_buyer_decides_at_all():
    trade = a_completed_order()
    trade.ask("refund_only", {1: 1})

    refused(trade, TransitionRefused, lambda: trade.call_platform(1, trade.warehouse(1)))
    assert trade.seller(1) == trade.merchant(1)


def test_nobody_withdraws_once_goods_or_money_have_moved():
    trade = a_completed_order()
    trade.ask("return_refund", {2: 1})
    trade.approve(1)
    trade.inspect(1, {2: {"defect": 1}}, rates={2: 50})
    trade.call_platform(1)

    refused(trade, Invalid, lambda: trade.withdraw(1))


def test_a_clock_that_is_early_changes_nothing():
    trade = a_completed_order()
    trade.ask("refund_only", {1: 1})
    case = trade.case(1)

    assert decide_lateness(trade.whole, case, None, now=case.due_at - 1) is None
    assert decide_lateness(trade.whole, case, None, now=case.due_at) is not None


def test_the_policies_of_several_lines_give_the_buyer_the_best_of_each():
    trade = a_completed_order()
    whole = trade.whole
    own = {
        "slow": {"policy_id": "slow", "decision_seconds": 3 * DAY, "waybill_seconds": 9 * DAY},
        "fast": {"policy_id": "fast", "decision_seconds": DAY, "waybill_seconds": 2 * DAY},
    }
    lines = [
        line._replace(return_policy=policy)
        for line, policy in zip(whole.lines, ("slow", "fast", ""), strict=True)
    ]
    trade.world.whole = type(whole)(
        whole.order, tuple(lines), whole.rows, whole.snapshot._replace(returns=own)
    )
    trade.world.placed = trade.whole

    trade.ask("return_refund", {1: 1, 2: 1})
    assert trade.case(1).due_at == trade.now + DAY
    trade.approve(1)
    assert trade.case(1).due_at == trade.now + 9 * DAY


def test_the_buyer_s_own_receipt_waits_for_an_open_case_and_not_for_a_closed_one():
    trade = a_delivered_order()
    trade.ask("refund_only", {3: 1}, sub_order=2)
    shop = MemoryShop(trade.world)
    asked = {"sub_order": 2, "caller": BUYER, "now": trade.now}

    def receive(key):
        token = f"v{trade.whole.order.version}"
        return confirm_receipt(shop, ORDER_ID, confirm=token, request=a_request(key), **asked)

    assert refused(trade, CaseStillOpen, lambda: receive("one")).details == {"cases": [1]}
    trade.withdraw(1)
    receive("two")
    assert trade.state("SUB#02") == "completed"


def test_an_open_case_of_one_part_does_not_hold_up_another():
    trade = a_delivered_order()
    trade.ask("refund_only", {3: 1}, sub_order=2)

    change = trade.ring("SUB#01")

    assert rows(change)[0] == "SUB#01 sub_order.delivered.receipt_timed_out"


def test_coupons_and_points_go_back_once_with_what_a_case_takes_and_not_with_a_reduction():
    trade = a_paid_rich_order()
    trade.split()
    trade.ship(1, 1, 2)
    trade.receive(1)
    trade.ask("price_reduction", {1: 3}, asked_minor=100)
    trade.approve(1)
    assert trade.world.purse.points["available"] == 500
    trade.ask("return_refund", {1: 3, 2: 1})
    for number in (2, 3):
        trade.approve(number)
        trade.inspect(number)

    assert trade.world.purse.points["available"] == 500 + 269 + 224
    assert trade.world.purse.coupons == {"C-SHOP": "available", "C-ALL": "spent"}
    assert (trade.row("SUB#01").kept_minor, trade.state("SUB#01")) == (0, "closed")


def test_a_reduction_after_a_favour_of_all_that_is_kept_gives_nothing_more():
    trade = a_completed_order()
    trade.give(6_300, 1)
    trade.ask("price_reduction", {1: 3}, asked_minor=500)

    change = trade.approve(1)

    own = trade.row("SUB#01")
    assert (entries(change), trade.case(1).refund) == ({}, None)
    assert (own.refunded_goods_minor, own.given_back_minor, own.kept_minor) == (500, 5_800, 0)


def test_what_was_lost_meanwhile_is_refunded_once():
    trade = a_shipped_order()
    trade.ask("refund_only", {3: 2}, sub_order=2, reason="not_received")
    trade.report(3, "exception")
    trade.lose(3)

    change = trade.approve(1)

    assert rows(change) == ["CASE#01 after_sale.requested.case_approved"]
    assert (entries(change), moves(change)) == ({}, {})
    assert (len(trade.whole.refunds), trade.row("SUB#02").kept_minor) == (1, 0)


def test_a_return_of_what_its_carrier_took_back_is_approved_for_nothing():
    trade = a_delivered_order()
    trade.ask("return_refund", {3: 2}, sub_order=2)
    trade.report(3, "returning")

    change = trade.approve(1)

    assert (trade.state("CASE#01"), entries(change)) == ("completed", {})
    trade.count(3)
    assert trade.row("SUB#02").kept_minor == 0


def test_the_plain_clockwork_leaves_cases_that_are_not_due_alone():
    trade = a_completed_order()
    trade.ask("refund_only", {1: 1})

    assert decide_expiry(trade.whole, "CASE#01", now=trade.now) is None
    assert decide_expiry(trade.whole, "CASE#09", now=10**10) is None
