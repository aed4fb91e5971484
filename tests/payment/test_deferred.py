"""Goods that are taken at payment (付款减库存): taken, found elsewhere, or gone, and then everything goes back."""

from itertools import permutations

import pytest

from shared.goods import Place
from shared.lifecycle import Event
from shared.money import Money
from shared.ordering.stock import Shelves
from shared.payment.facts import PaymentKind
from shared.payment.receiving import Goods, decide_payment, judge, record_payment
from tests.builders import ORDER_ID, a_line, an_unpaid_order_of
from tests.memory import MemoryShop
from tests.special_orders import (
    a_deferred_order,
    a_used_coupon,
    others_bring,
    others_take,
    sold_out,
    told_paid,
)
from tests.storybook import effects, entries, moves, rows

PAYABLE = 8_800


def test_nothing_of_them_is_held_while_the_order_waits_for_its_payment():
    trade = a_deferred_order()

    assert moves(trade.world.changes[0]) == {"reserve SKU-2 W1": 1}
    assert trade.world.units("SKU-1", "W1") == (3, 0, 0)


def test_they_are_taken_with_the_money_where_they_were_sourced():
    trade = a_deferred_order()

    change = told_paid(trade)

    assert moves(change) == {"reserve SKU-1 W1": 2}
    assert (trade.whole.order.stage, change.lines) == ("awaiting_shipment", ())
    assert trade.world.units("SKU-1", "W1") == (1, 2, 0)


def test_goods_that_are_gone_from_there_are_taken_elsewhere_and_the_line_says_so():
    trade = a_deferred_order()
    others_take(trade, "SKU-1", "W1", 2)

    change = told_paid(trade)

    assert moves(change) == {"reserve SKU-1 W2": 2}
    assert trade.whole.lines[0].allocation == (("W2", 2, 0, ""),)
    assert change.lines == trade.whole.lines
    trade.split()
    assert {p.warehouse: dict(p.contents) for p in trade.whole.parcels} == {"W1": {"2": 1}, "W2": {"1": 2}}


def test_goods_that_no_warehouse_has_enough_of_are_taken_from_two():
    trade = a_deferred_order()
    others_take(trade, "SKU-1", "W1", 2)
    others_take(trade, "SKU-1", "W2", 4)

    change = told_paid(trade)

    assert moves(change) == {"reserve SKU-1 W1": 1, "reserve SKU-1 W2": 1}
    assert trade.whole.order.captured_minor == PAYABLE


def test_pain_08_a_payment_that_finds_no_stock_is_refunded_in_full_by_itself():
    trade = sold_out(a_deferred_order())

    change = told_paid(trade)

    assert entries(change) == {"clearing:sandbox": PAYABLE, "refund R01": -PAYABLE}
    assert moves(change) == {"release SKU-2 W1": 1}
    assert effects(change) == ["REFUND#01 submit_refund"]
    trade.refund_says("succeeded")
    assert trade.world.held("clearing:sandbox") == 0
    assert (trade.whole.order.stage, trade.whole.order.captured_minor) == ("cancelled", 0)


def test_the_same_money_told_a_hundred_times_is_sent_back_once():
    trade = sold_out(a_deferred_order())
    shop, notice = MemoryShop(trade.world), trade.notice(1)

    outcomes = [record_payment(shop, notice, now=trade.now) for _ in range(100)]

    assert [outcome.is_repeat for outcome in outcomes] == [False] + [True] * 99
    assert [refund.amount_minor for refund in trade.whole.refunds] == [PAYABLE]


def test_money_told_again_after_goods_came_back_revives_nothing():
    trade = sold_out(a_deferred_order())
    shop, notice = MemoryShop(trade.world), trade.notice(1)
    record_payment(shop, notice, now=trade.now)
    others_bring(trade, "SKU-1", "W1", 9)

    assert record_payment(shop, notice, now=trade.now).is_repeat
    assert trade.world.units("SKU-1", "W1") == (9, 0, 0)


def test_coupons_and_points_of_an_order_that_could_not_be_filled_are_the_buyers_again():
    lines = (
        a_line(
            1,
            2,
            4_000,
            flags=("deferred",),
            points=500,
            steps=(("list_price", 5_000), ("platform_coupon:C-1", -500), ("points", -500)),
        ),
        a_line(2, 1, 3_000),
    )
    trade = an_unpaid_order_of(lines, [800], coupons=[a_used_coupon("C-1", 500)])
    trade.start_payment()
    others_take(trade, "SKU-1", "W1", 2)
    assert (trade.world.purse.coupons, trade.world.purse.points["locked"]) == ({"C-1": "locked"}, 500)

    told_paid(trade)

    assert (trade.world.purse.coupons, trade.world.purse.points["available"]) == ({"C-1": "available"}, 500)


def test_a_second_try_that_pays_a_dead_order_goes_back_too():
    trade = sold_out(a_deferred_order(tries=2))
    told_paid(trade, 1)

    change = told_paid(trade, 2)

    assert change.event is Event.PAYMENT_UNCLAIMED
    assert [(r.reason, r.amount_minor) for r in trade.whole.refunds] == [
        ("sold_out", PAYABLE),
        ("unclaimed", PAYABLE),
    ]


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        ({"money": Money(PAYABLE - 1, "CNY")}, Event.PAYMENT_UNCLAIMED),
        ({"money": Money(PAYABLE, "USD")}, Event.PAYMENT_QUARANTINED),
        ({"is_our_account": False}, Event.PAYMENT_QUARANTINED),
        ({"kind": PaymentKind.FAILED}, Event.PAYMENT_FAILED),
    ],
)
def test_money_that_does_not_fit_neither_takes_goods_nor_ends_the_order(fields, event):
    trade = sold_out(a_deferred_order())

    change = trade.world.apply(decide_payment(trade.whole, trade.notice()._replace(**fields), now=trade.now))

    assert (change.event, change.stock, trade.whole.order.state) == (event, (), "pending_payment")


def test_a_shortage_is_judged_only_of_money_that_would_pay():
    trade = a_deferred_order()
    notice, payment = trade.notice(), trade.row("PAY#01")

    assert judge(trade.whole, payment, notice, Goods(trade.whole, False)) is Event.PAYMENT_SUCCEEDED
    assert judge(trade.whole, payment, notice, Goods(trade.whole, True)) is Event.PAYMENT_UNFILLED


def test_a_dead_order_lets_go_what_was_reserved_and_touches_nothing_else():
    ways = (lambda t: t.ring("ORDER"), lambda t: t.cancel_unpaid())
    for die in ways:
        trade = a_deferred_order(tries=0)
        assert moves(die(trade)) == {"release SKU-2 W1": 1}
        assert trade.world.units("SKU-1", "W1") == (3, 0, 0)


def test_what_was_taken_at_payment_goes_back_like_everything_else():
    trade = a_deferred_order()
    told_paid(trade)

    change = trade.cancel()

    assert moves(change) == {"release SKU-1 W1": 2, "release SKU-2 W1": 1}
    assert trade.world.units("SKU-1", "W1") == (3, 0, 0)


@pytest.mark.parametrize("arrival", list(permutations(range(3))), ids=str)
def test_of_three_buyers_of_the_last_two_units_the_two_who_pay_first_have_them(arrival):
    # Each sees the shelf as the ones before have left it; nobody held anything before paying.
    left, ends = 2, {}
    for buyer in arrival:
        trade = an_unpaid_order_of(
            [a_line(1, 1, 500, flags=("deferred",))], [0], stock={("SKU-1", "W1"): left}
        )
        trade.start_payment()
        told_paid(trade)
        left, ends[buyer] = trade.world.units("SKU-1", "W1")[0], trade.whole.order.stage

    assert [ends[buyer] for buyer in arrival] == ["awaiting_shipment", "awaiting_shipment", "cancelled"]
    assert left == 0


def test_hot_deferred_goods_are_taken_from_whichever_shard_has_some():
    line = a_line(1, 2, 500, lies=[("W1", 2, 1)], flags=("deferred",))
    trade = an_unpaid_order_of([line], [0], stock={("SKU-1", "W1", 1): 1, ("SKU-1", "W1", 2): 1})
    trade.start_payment()

    told_paid(trade)

    assert sorted(trade.whole.lines[0].allocation) == [("W1", 1, 1, ""), ("W1", 1, 2, "")]
    assert trade.whole.order.stage == "awaiting_shipment"


def test_goods_spread_over_more_shards_than_one_transaction_moves_are_short():
    # Ninety lines fit; found in two shards each, they are 180 rows: the money must not wait for a second chunk.
    lines = [a_line(n, 2, 100, lies=[("W1", 2, 1)], flags=("deferred",)) for n in range(1, 91)]
    stock = {(line.sku, "W1", shard): 1 for line in lines for shard in (1, 2)}
    trade = an_unpaid_order_of(lines, [0], stock=stock)
    trade.start_payment()

    change = told_paid(trade)

    assert (change.event, trade.whole.order.stage) == (Event.PAYMENT_UNFILLED, "cancelled")
    assert trade.row("REFUND#01").amount_minor == 9_000


def test_a_channel_takes_at_payment_no_more_than_its_quota_has_left():
    line = a_line(1, 2, 500, lies=[("W1", 2, 0, "tmall")], flags=("deferred",))
    for quota, stage in ((2, "awaiting_shipment"), (1, "cancelled")):
        trade = an_unpaid_order_of(
            [line],
            [0],
            stock={("SKU-1", "W1"): 9},
            quotas={("SKU-1", "W1", 0, "tmall"): quota},
            channel="tmall",
        )
        trade.start_payment()
        told_paid(trade)
        assert trade.whole.order.stage == stage


def test_shelves_that_were_not_asked_for_change_no_line():
    trade = a_deferred_order()
    shelves = Shelves({"SKU-1": {Place("W2"): 5}})

    change = decide_payment(trade.whole, trade.notice(), now=trade.now, shelves=shelves)

    assert [line.allocation for line in change.lines] == [(("W2", 2, 0, ""),), (("W1", 1, 0, ""),)]
    assert rows(change)[0] == "PAY#01 payment.open.payment_succeeded"
    assert change.order.order_id == ORDER_ID
