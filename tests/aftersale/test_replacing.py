"""What goes out for a case: reserved at once, worth what it stands in for, paid back once whatever becomes of it."""

import pytest

from shared.aftersale.replacing import Stocked
from shared.clockwork import decide_expiry
from shared.goods import Place
from shared.ordering.stock import Shelves
from shared.splitting.parcels import split_order
from tests.builders import ORDER_ID, SKUS, a_completed_order, a_line, a_shipped_order, an_order_of
from tests.hands import pushed_to
from tests.memory import MemoryShop
from tests.special_orders import others_take
from tests.storybook import entries, moves, rows

PAN = SKUS["POT"]._replace(sku="PAN", name="pan", weight_grams=700)


def an_exchange(units=1, **how):
    """Of one pot, or two: sent back, good, and another ordered as sub-order 3."""
    trade = a_completed_order()
    trade.ask("exchange", {3: units}, sub_order=2, **how)
    trade.approve(1)
    trade.inspect(1, goods=trade.on_the_shelves(SKUS))
    return trade


def money_back_once(trade, units=1):
    """Everything that was paid for *units* of the pots went back, in one refund."""
    [refund] = trade.whole.refunds
    goods = 5_000 * units
    assert refund.parts == ((2, goods, 800 if units == 2 else 0, 0),)
    assert trade.row("SUB#02").kept_minor == 10_800 - refund.amount_minor
    assert (trade.state("CASE#01"), trade.row("SUB#03").payable_minor) == ("completed", 0)


def test_what_is_short_is_paid_back_instead():
    trade = a_completed_order()
    trade.ask("exchange", {3: 2}, sub_order=2)
    trade.approve(1)
    others_take(trade, "POT", "W3", 3)  # One is left, and two are wanted.

    change = trade.inspect(1, goods=trade.on_the_shelves(SKUS))

    assert (moves(change), entries(change)) == (
        {"restock POT W3": 2},
        {"escrow 02": 10_800, "refund R01": -10_800},
    )
    assert (trade.state("CASE#01"), trade.case(1).replacement) == ("completed", None)


def test_without_knowing_the_shelves_nothing_is_promised():
    trade = a_completed_order()
    trade.ask("reship", {1: 1}, reason="missing_goods")

    change = trade.approve(1, None)

    assert entries(change) == {"escrow 01": 1_000, "refund R01": -1_000}


def test_another_sku_of_the_same_price_goes_out_as_what_it_is():
    trade = a_completed_order()
    trade.ask("exchange", {3: 1}, sub_order=2, swap="PAN", offered=PAN)
    trade.approve(1)
    trade.world.received["PAN", "W1", 0] = 1
    trade.world.stock["PAN", "W1", 0] = type(trade.world.purse.points)(available=1)

    change = trade.inspect(1, goods=trade.on_the_shelves({"PAN": PAN}))

    line = trade.whole.lines[-1]
    assert moves(change) == {"reserve PAN W1": 1, "restock POT W3": 1}
    assert (line.sku, line.name, line.weight_grams, line.replaces, line.payable_minor) == (
        "PAN",
        "pan",
        700,
        3,
        0,
    )


def test_goods_that_became_dearer_meanwhile_are_not_sent_and_the_money_goes_back():
    trade = a_completed_order()
    trade.ask("exchange", {3: 1}, sub_order=2, swap="PAN", offered=PAN)
    trade.approve(1)
    dear = Stocked(Shelves({"PAN": {Place("W1"): 9}}), {"PAN": PAN._replace(unit_price_minor=9_000)})

    change = trade.inspect(1, goods=dear)

    assert entries(change) == {"escrow 02": 5_000, "refund R01": -5_000}


def test_a_repaired_unit_is_the_same_unit():
    trade = a_completed_order()
    trade.ask("repair", {3: 1}, sub_order=2)
    trade.approve(1)

    change = trade.inspect(1, {3: {"defect": 1}})

    assert moves(change) == {"rework POT W3": 1}
    assert trade.world.units("POT", "W3") == (4, 1, 1)
    trade.split()
    trade.ship(3, 4)
    assert trade.world.units("POT", "W3") == (4, 0, 2)


def test_a_replacement_that_is_cancelled_gives_the_money_of_the_root_once():
    trade = an_exchange()
    trade.split()

    trade.cancel({4: 1})

    money_back_once(trade)
    assert trade.world.units("POT", "W3") == (5, 0, 1)


def test_a_replacement_that_is_not_found_gives_the_money_of_the_root_once():
    trade = an_exchange()
    trade.split(pushed_to("W3"))
    trade.progress(4)

    trade.find_nothing_more(4)

    money_back_once(trade)


def test_a_replacement_that_is_refused_at_the_door_gives_the_money_once_when_it_was_counted():
    trade = an_exchange()
    trade.split()
    trade.ship(3, 4)
    trade.refuse(4)
    assert trade.whole.refunds == ()

    trade.count(4)

    money_back_once(trade)


def test_a_replacement_that_gets_lost_gives_the_money_of_the_root_once():
    trade = an_exchange(units=2)
    trade.split()
    trade.ship(3, 4)
    trade.report(4, "exception")

    trade.lose(4)

    money_back_once(trade, units=2)
    assert trade.state("SUB#02") == "closed"


def test_a_replacement_that_is_sent_back_later_is_worth_what_it_stood_in_for():
    trade = an_exchange()
    trade.split()
    trade.ship(3, 4)
    trade.receive(3)
    trade.ask("return_refund", {4: 1}, sub_order=3)
    trade.approve(2)

    change = trade.inspect(2)

    assert entries(change) == {"escrow 02": 5_000, "refund R01": -5_000}
    assert (dict(trade.row("SUB#03").returned), dict(trade.row("SUB#02").returned)) == ({"4": 1}, {"3": 1})
    assert trade.state("SUB#03") == "closed"


def test_after_the_root_is_settled_its_replacement_comes_back_as_a_claim_on_the_merchant():
    trade = an_exchange()
    trade.split()
    trade.ship(3, 4)
    trade.after(10 * 86_400).receive(3)
    trade.ring("SETTLE#02")
    assert trade.world.held("merchant:m-pot") == -10_800
    trade.ask("return_refund", {4: 1}, sub_order=3)
    trade.approve(2)

    change = trade.inspect(2)

    assert entries(change) == {"claim 02": 5_000, "refund R01": -5_000}


def test_the_root_is_not_settled_while_a_case_of_its_replacement_is_open():
    trade = an_exchange()
    trade.split()
    trade.ship(3, 4)
    trade.receive(3)
    trade.ask("return_refund", {4: 1}, sub_order=3)
    trade.now = trade.row("SETTLE#02").due_at

    change = trade.world.apply(decide_expiry(trade.whole, "SETTLE#02", now=trade.now))

    assert rows(change) == ["SETTLE#02 settlement.waiting.settlement_due.case_open"]


def test_a_replacement_of_a_replacement_stands_in_for_the_first():
    trade = an_exchange()
    trade.split()
    trade.ship(3, 4)
    trade.receive(3)
    trade.ask("exchange", {4: 1}, sub_order=3)
    trade.approve(2)
    trade.inspect(2, goods=trade.on_the_shelves(SKUS))
    assert (trade.whole.lines[-1].replaces, trade.row("SUB#04").replaces) == (3, 2)
    trade.split()

    trade.cancel({5: 1})

    [refund] = trade.whole.refunds
    assert refund.parts == ((2, 5_000, 0, 0),)


def test_freight_goes_back_with_the_last_only_where_it_was_no_wish_of_the_buyer():
    for reason, freight in (("quality", 800), ("no_reason", 0)):
        trade = an_exchange(units=2, reason=reason)
        trade.split()
        trade.ship(3, 4)
        trade.receive(3)
        trade.ask("return_refund", {4: 2}, sub_order=3, reason="no_reason")
        trade.approve(2)

        trade.inspect(2)

        assert trade.whole.refunds[0].parts == ((2, 10_000, freight, 0),)


def test_two_replacements_of_one_merchant_are_cut_each_for_itself():
    lines = [a_line(1, 2, 900, lies=[("W1", 2)]), a_line(2, 2, 500, lies=[("W1", 2)])]
    trade = an_order_of(lines, [0], stock={("SKU-1", "W1"): 9, ("SKU-2", "W1"): 9})
    trade.split()
    trade.ship(1, 1)
    trade.receive(1)
    skus = {line.sku: SKUS["TEA"]._replace(sku=line.sku) for line in lines}
    trade.ask("reship", {1: 1, 2: 1}, reason="missing_goods")
    trade.ask("reship", {1: 1}, reason="missing_goods")
    trade.approve(1, trade.on_the_shelves(skus))
    trade.approve(2, trade.on_the_shelves(skus))

    split_order(MemoryShop(trade.world), ORDER_ID, trade.now)

    assert [(p.sub_order, dict(p.contents)) for p in trade.whole.parcels[1:]] == [
        (2, {"3": 1, "4": 1}),
        (3, {"5": 1}),
    ]


def test_a_whole_parcel_that_is_sent_again_is_waited_for_no_more():
    trade = a_shipped_order()
    trade.ask("reship", {3: 2}, sub_order=2, reason="not_received")

    change = trade.approve(1, trade.on_the_shelves(SKUS))

    assert rows(change) == [
        "SUB#03 sub_order.start.replacement_ordered",
        "PARCEL#03 parcel.in_transit.case_refunded",
        "SUB#02 sub_order.awaiting_receipt.case_refunded.everything_delivered",
        "CASE#01 after_sale.requested.case_approved.sends_goods",
    ]
    assert trade.row("SUB#02").due_at is not None  # Or its merchant would never be paid.


def test_news_of_a_parcel_that_is_empty_means_nothing_to_the_rest():
    trade = a_shipped_order()
    trade.deliver(1, 2)
    trade.ask("repair", {1: 2, 2: 1})
    trade.approve(1)
    trade.inspect(1)
    assert dict(trade.row("PARCEL#01").contents) == {}

    trade.report(1, "returned")

    assert trade.state("SUB#01") == "delivered"


@pytest.mark.parametrize("kind", ["exchange", "repair", "reship"])
def test_nothing_of_the_price_changes_with_what_goes_out(kind):
    trade = a_completed_order()
    trade.ask(kind, {3: 2}, sub_order=2, reason="quality" if kind != "reship" else "missing_goods")
    goods = trade.on_the_shelves(SKUS)
    trade.approve(1, goods)
    if kind != "reship":
        trade.inspect(1, goods=goods)

    assert (trade.row("SUB#02").kept_minor, trade.row("SETTLE#02").amount_minor) == (10_800, 10_800)
    assert (trade.whole.order.payable_minor, trade.row("SUB#03").kept_minor) == (17_100, 0)
