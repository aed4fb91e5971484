"""Counters that do not hold what an order holds, or had: whoever meets them is told so, and nothing is changed.

Nobody else may have taken what is reserved, sold or locked for an order: then our own books are wrong, and people look
(``make drift``). Units that are free others may buy meanwhile: whoever reserves looks elsewhere.
"""

from collections import Counter
from functools import partial

import pytest

from shared.aftersale.cancellation import Cancellation, cancel
from shared.clockwork import expire
from shared.commands import carry_out
from shared.errors import Conflict, CountersDiffer, StockDiffers, WalletDiffers
from shared.fulfilment.inbox import receive as hear_warehouse
from shared.fulfilment.lost import write_off_parcel
from shared.fulfilment.messages import Message, Place
from shared.fulfilment.reports import Confirmation, decide_confirmation, decide_intercepted
from shared.fulfilment.returning import Counted, receive_return
from shared.fulfilment.shipping import Shipment, Waybill, ship
from shared.ordering.placing import move_stock
from shared.ordering.review import Verdict, review
from shared.payment.closing import decide_closed
from shared.payment.inbox import receive as hear_provider
from tests.builders import (
    BUYER,
    OPERATOR,
    ORDER_ID,
    a_closing_order,
    a_paid_order,
    a_request,
    a_shipped_order,
    a_shop_order,
    a_split_order,
    an_order_at_its_warehouses,
)
from tests.memory import MemoryShop
from tests.purse import Purse
from tests.special_orders import (
    a_deferred_order,
    a_limited_order,
    a_long_paid_order,
    a_paid_rich_order,
    a_rich_order,
    an_order_under_review,
    sold_out,
)

WHY = "changed_mind"


def known(trade, caller=BUYER):
    return {"caller": caller, "now": trade.now, "request": a_request("differs", caller)}


def cancels(trade, shop, **what):
    return cancel(shop, ORDER_ID, Cancellation(WHY, **what), **known(trade))


def merchant_cancels(trade, shop):
    return cancel(shop, ORDER_ID, Cancellation(WHY, sub_order=1), **known(trade, trade.merchant(1)))


def time_is_up(trade, shop):
    return expire(shop, ORDER_ID, "ORDER", trade.row("ORDER").due_at)


def closes(trade, shop):
    return carry_out(shop, ORDER_ID, partial(decide_closed, number=1, now=trade.now))


def is_rejected(trade, shop):
    return review(
        shop,
        ORDER_ID,
        Verdict(is_approved=False, checked=frozenset(), reason="risk"),
        **known(trade, OPERATOR),
    )


def ships(trade, shop):
    return ship(shop, ORDER_ID, Shipment(2, (Waybill(3, "sf", "SF1"),)), **known(trade, trade.merchant(2)))


def comes_back(trade, shop):
    counted = Counted(3, {3: {"good": 2}})
    return receive_return(shop, ORDER_ID, 2, counted, **known(trade, trade.merchant(2)))


def is_lost(trade, shop):
    return write_off_parcel(shop, ORDER_ID, 3, reason="called_carrier", **known(trade, OPERATOR))


def said(trade, shop, what, number):
    parcel = trade.whole.parcels[number - 1]
    message = Message("evt-1", Place(ORDER_ID, parcel.sub_order, number), what)
    return hear_warehouse(shop, parcel.warehouse, message, now=trade.now)


def is_sent(trade, shop):
    return said(trade, shop, Confirmation(3, trade.packages(3), is_final=True), 3)


def is_not_found(trade, shop):
    confirmation = Confirmation(3, (), is_final=True)
    decision = partial(decide_confirmation, confirmation=confirmation, now=trade.now)
    return carry_out(shop, ORDER_ID, decision)


def is_stopped(trade, shop):
    decision = partial(decide_intercepted, number=3, is_stopped=True, reason="", now=trade.now)
    return carry_out(shop, ORDER_ID, decision)


def is_paid(trade, shop):
    return hear_provider(shop, [trade.notice(1)], now=trade.now)


def more_is_moved(trade, shop):
    return move_stock(shop, ORDER_ID, trade.now)


def a_long_cancelled_order():
    trade = a_long_paid_order()
    trade.cancel()
    return trade


def a_parcel_asked_back():
    trade = an_order_at_its_warehouses()
    trade.cancel()
    return trade


def a_refused_parcel():
    trade = a_shipped_order()
    trade.refuse(3)
    return trade


def a_deferred_order_sold_out():
    return sold_out(a_deferred_order())


def a_paid_limited_order():
    trade = a_limited_order()
    trade.start_payment()
    trade.pay()
    return trade


def a_rich_order_being_paid():
    trade = a_rich_order()
    trade.start_payment()
    return trade


STOCK = [
    (a_shop_order, cancels),
    (a_shop_order, time_is_up),
    (a_closing_order, closes),
    (a_paid_order, cancels),
    (an_order_under_review, is_rejected),
    (a_split_order, cancels),
    (a_split_order, merchant_cancels),
    (a_split_order, ships),
    (an_order_at_its_warehouses, is_sent),
    (an_order_at_its_warehouses, is_not_found),
    (a_parcel_asked_back, is_stopped),
    (a_refused_parcel, comes_back),
    (a_refused_parcel, is_lost),
    (a_long_cancelled_order, more_is_moved),
    (a_deferred_order_sold_out, is_paid),
]
WALLET = [
    (a_rich_order, cancels),
    (a_rich_order, time_is_up),
    (a_paid_rich_order, cancels),
    (a_rich_order_being_paid, is_paid),
    (a_limited_order, cancels),
    (a_paid_limited_order, cancels),
]


def named(pair):
    return "-".join(one.__name__ for one in pair)


def unchanged(trade, act, error):
    before, count, shop = trade.whole, len(trade.world.changes), MemoryShop(trade.world)
    with pytest.raises(error) as caught:
        act(trade, shop)
    assert trade.whole is before
    assert (len(trade.world.changes), shop.keys) == (count, {})
    return caught.value


def emptied(trade):
    for levels in trade.world.stock.values():
        levels["reserved"] = levels["sold"] = 0


@pytest.mark.parametrize("pair", STOCK, ids=named)
def test_whoever_moves_units_that_the_order_has_no_more_is_told_that_the_books_differ(pair):
    begun, act = pair
    trade = begun()
    emptied(trade)

    refused = unchanged(trade, act, StockDiffers)

    skus = {line.sku for line in trade.whole.lines}
    assert (refused.status, refused.code) == (409, "stock_differs")
    assert refused.details["skus"]
    assert set(refused.details["skus"]) <= skus


@pytest.mark.parametrize("pair", WALLET, ids=named)
def test_whoever_moves_what_the_wallet_has_no_more_is_told_that_the_books_differ(pair):
    begun, act = pair
    trade = begun()
    trade.world.purse = Purse()

    refused = unchanged(trade, act, WalletDiffers)

    assert (refused.status, refused.code, refused.details) == (409, "wallet_differs", {})


def test_what_was_told_of_differing_books_can_be_asked_again_under_the_same_key_once_they_are_right():
    trade = a_split_order()
    levels = {at: Counter(counters) for at, counters in trade.world.stock.items()}
    emptied(trade)
    unchanged(trade, cancels, StockDiffers)
    trade.world.stock = levels

    assert not cancels(trade, MemoryShop(trade.world)).is_repeat


def test_differing_books_are_told_again_by_whoever_tells_us_again():
    # A provider and a warehouse are answered as when we are busy: no money and no parcel is ever dropped.
    assert issubclass(CountersDiffer, Conflict)
