"""What a hostile reader found: each of these lost units, money or a parcel, or had no way out."""

import pytest

from shared.clockwork import expire
from shared.errors import Invalid, Unavailable
from shared.fulfilment.carriers.port import Status
from shared.fulfilment.pushing import intercept_parcel
from shared.fulfilment.receipt import confirm_receipt
from shared.store.items import to_item
from shared.store.tracks import TrackStore
from shared.store.writing import actions_of
from tests.builders import (
    BUYER,
    ORDER_ID,
    SETTINGS,
    a_line,
    a_pushed_order,
    a_request,
    a_shipped_order,
    an_order_at_its_warehouses,
    an_order_of,
)
from tests.memory import MemoryShop
from tests.partners import ScriptedWms
from tests.special_orders import a_hot_order
from tests.tariffs import a_service, sending


def in_parcels_of(grams, trade, *systems):
    """Cut so that no parcel weighs more."""
    trade.split(sending(a_service("SMALL", warehouses=("W1",), max_grams=grams), systems=systems))
    return trade


def sixty_parcels(*systems):
    """600 units of 100 g, ten in each parcel."""
    return in_parcels_of(1_000, an_order_of([a_line(1, 600, 100_003)], [1_001]), *systems)


# --- what nobody has is nobody's to be paid for ---


def test_a_merchant_that_counts_nothing_of_what_never_arrived_is_not_paid_by_a_clock():
    trade = a_shipped_order()

    trade.count(3, {3: {"good": 0}})

    assert (trade.state("SUB#02"), trade.row("SUB#02").due_at) == ("awaiting_receipt", None)
    assert (trade.row("SUB#02").kept_minor, trade.whole.settlements) == (10_800, ())


def test_a_cancellation_of_the_rest_does_not_deliver_what_got_lost():
    trade = in_parcels_of(200, an_order_of([a_line(1, 4, 8_000)], [0]))
    trade.ship(1, 1)
    trade.count(1, {1: {"good": 1}}, caller=trade.merchant(1))

    trade.cancel({1: 2})

    assert (trade.state("SUB#01"), trade.row("SUB#01").due_at) == ("awaiting_receipt", None)
    assert [r.amount_minor for r in trade.whole.refunds] == [2_000, 4_000]


# --- a hot SKU's shards ---


def a_hot_order_in_two_parcels():
    """Two units in shard 1 and two in shard 2: parcel 1 takes those, parcel 2 these."""
    return in_parcels_of(200, a_hot_order(lies=[("W1", 2, 1), ("W1", 2, 2)]))


def shards(change):
    return [(move.kind, move.shard, move.quantity) for move in change.stock]


def test_a_parcel_comes_back_to_its_shard_while_the_other_one_still_waits():
    trade = a_hot_order_in_two_parcels()
    trade.ship(1, 1)

    assert shards(trade.count(1)) == [("restock", 1, 2)]
    assert shards(trade.ship(1, 2)) == [("ship", 2, 2)]
    assert shards(trade.count(2)) == [("restock", 2, 2)]


def test_a_parcel_comes_back_to_its_shard_after_the_other_one_was_cancelled():
    trade = a_hot_order_in_two_parcels()
    trade.ship(1, 1)

    assert shards(trade.cancel({1: 2})) == [("release", 2, 2)]
    assert shards(trade.count(1)) == [("restock", 1, 2)]


def test_packages_of_one_parcel_come_back_each_to_its_shards():
    trade = a_hot_order(lies=[("W1", 2, 1), ("W1", 3, 2)])
    trade.split(sending(systems=("W1",)))
    trade.progress(1)
    trade.confirm(1, {1: 1}, {1: 3}, is_final=False)

    assert [(dict(p.contents), dict(p.after)) for p in trade.whole.parcels] == [
        ({"1": 1}, {}),  # Still at the warehouse.
        ({"1": 1}, {"1": 0}),
        ({"1": 3}, {"1": 1}),
    ]
    assert shards(trade.count(3, {1: {"good": 2, "defect": 1}})) == [
        ("restock", 1, 1),
        ("restock", 2, 1),
        ("restock_defect", 2, 1),
    ]
    assert shards(trade.confirm(1)) == [("ship", 2, 1)]
    assert dict(trade.row("PARCEL#01").after) == {"1": 4}


# --- what one transaction holds ---


def test_a_merchant_ships_as_many_parcels_at_once_as_one_transaction_holds():
    trade = sixty_parcels()

    change = trade.ship(1, *range(1, 46))

    assert (
        len(tuple(actions_of(SETTINGS, change))) == 95
    )  # Order, event, key, part and stock; two for each parcel.
    trade.ship(1, *range(46, 61))
    assert trade.state("SUB#01") == "awaiting_receipt"


def test_more_parcels_than_that_are_refused_in_words():
    trade = sixty_parcels()
    before = trade.whole

    with pytest.raises(Invalid) as refused:
        trade.ship(1, *range(1, 47))

    assert (trade.whole, refused.value.details) == (before, {"maximum": 45})


def actions(change):
    return len(tuple(actions_of(SETTINGS, change)))


def in_five_pieces_each(trade):
    """Each of the sixty parcels of ten units leaves in five packages, told one after the other."""
    for parcel in range(1, 61):
        for piece in range(5):
            change = trade.confirm(parcel, {1: 2}, is_final=piece == 4)
            assert actions(change) <= 7  # Order, event, part, two parcels, waybill, stock.
    return trade


def test_a_warehouse_sends_every_parcel_of_a_large_order_in_pieces():
    trade = in_five_pieces_each(sixty_parcels("W1"))

    assert len(trade.whole.parcels) == 300
    assert {parcel.state for parcel in trade.whole.parcels} == {"in_transit"}
    assert trade.state("SUB#01") == "awaiting_receipt"


def test_three_hundred_parcels_are_received_in_steps_that_each_fit_a_transaction():
    trade = in_five_pieces_each(sixty_parcels("W1"))
    trade.deliver(300)
    before, shop = len(trade.world.changes), MemoryShop(trade.world)

    how = {"sub_order": None, "caller": BUYER, "now": trade.now, "request": a_request("r")}
    outcome = confirm_receipt(shop, ORDER_ID, confirm=f"v{trade.whole.order.version}", **how)

    steps = trade.world.changes[before:]
    assert [(change.event, len(change.steps)) for change in steps] == [
        *[("receipt_confirmed", 90)] * 3,
        ("receipt_confirmed", 32),  # The last parcels, their part, and what its merchant is owed.
    ]
    assert max(map(actions, steps)) <= 100
    assert (outcome.change, trade.state("SUB#01")) == (steps[-1], "completed")
    assert confirm_receipt(shop, ORDER_ID, confirm="v1", **how).is_repeat


def test_a_receipt_that_was_begun_and_not_finished_is_finished_by_the_buyer_or_the_carriers():
    trade = in_five_pieces_each(sixty_parcels("W1"))
    trade.deliver(300, 299)
    trade.receive(1)  # The first step, and then its process dies.

    left = [parcel.state for parcel in trade.whole.parcels]
    assert (left[298:], left.count("received")) == (["received", "received"], 90)
    trade.deliver(*[n for n, state in enumerate(left, 1) if state == "in_transit"])
    assert trade.state("SUB#01") == "delivered"
    shop = MemoryShop(trade.world)
    expire(shop, ORDER_ID, "SUB#01", trade.row("SUB#01").due_at)
    assert trade.state("SUB#01") == "completed"


def test_of_three_hundred_parcels_one_comes_back_and_one_is_lost():
    trade = in_five_pieces_each(sixty_parcels("W1"))
    trade.refuse(7)

    assert actions(trade.count(7)) <= 10
    trade.track(8, Status.LOST)
    assert actions(trade.lose(8)) <= 10
    assert sum(p.goods_minor for p in trade.whole.parcels) == trade.row("SUB#01").kept_minor - 1_001


def test_goods_that_lie_in_more_warehouses_than_one_transaction_has_parcels_for_go_to_people():
    places = [(f"W{number:02}", 1) for number in range(1, 99)]
    trade = an_order_of([a_line(1, 98, 9_800, lies=places)], [0])

    change = trade.split()

    assert (trade.state("SUB#01"), trade.row("SUB#01").obstacle) == ("under_review", "too_many_parcels:")
    assert len(tuple(actions_of(SETTINGS, change))) == 3


# --- a warehouse that forgets ---


@pytest.mark.parametrize("is_said", [True, False], ids=["it said so", "it sent some of it"])
def test_a_system_that_had_the_parcel_and_does_not_know_it_now_has_not_stopped_it(is_said):
    trade = an_order_at_its_warehouses() if is_said else a_pushed_order()
    if not is_said:
        trade.confirm(3, {3: 1}, is_final=False)
    trade.cancel({3: trade.row("PARCEL#03").contents["3"]})
    trade.after(100_000)
    shop = MemoryShop(trade.world)
    shop.systems["W3"] = ScriptedWms("unknown", "unknown")
    before = trade.whole

    intercept_parcel(shop, ORDER_ID, "PARCEL#03", now=trade.now)

    assert trade.whole is before
    assert trade.state("PARCEL#03") == "intercepting"


def in_the_books(waybill, units):
    return [{"carrier": "sf", "waybill": waybill, "lines": [{"line": 3, "quantity": units}]}]


def test_what_left_before_a_parcel_was_stopped_is_sold_and_not_refunded():
    trade = an_order_at_its_warehouses()
    trade.cancel({3: 2})
    shop = MemoryShop(trade.world)
    shop.systems["W3"] = wms = ScriptedWms("cancelled", "cancelled")
    wms.sent = in_the_books("WB-000001", 1)  # The message of it is still on its way.

    intercept_parcel(shop, ORDER_ID, "PARCEL#03", now=trade.now)

    found = [
        (p.number, p.state, p.waybill, dict(p.contents)) for p in trade.whole.parcels_of(trade.row("SUB#02"))
    ]
    assert found == [(3, "cancelled", None, {"3": 1}), (4, "in_transit", "WB-000001", {"3": 1})]
    assert [r.amount_minor for r in trade.whole.refunds] == [5_000]
    assert (trade.world.units("POT", "W3"), trade.state("SUB#02")) == ((5, 0, 1), "awaiting_receipt")


def test_what_left_whole_before_it_was_stopped_was_not_stopped():
    trade = an_order_at_its_warehouses()
    trade.cancel({3: 2})
    shop = MemoryShop(trade.world)
    shop.systems["W3"] = wms = ScriptedWms("accepted", "accepted")
    wms.sent = in_the_books("WB-000001", 2)

    intercept_parcel(shop, ORDER_ID, "PARCEL#03", now=trade.now)

    assert (trade.state("PARCEL#03"), trade.state("SUB#02")) == ("in_transit", "awaiting_receipt")
    assert trade.whole.refunds == ()


@pytest.mark.parametrize("garbled", [7, [7], [{"carrier": "sf"}]])
def test_books_that_nobody_understands_stop_nothing(garbled):
    trade = an_order_at_its_warehouses()
    trade.cancel({3: 2})
    shop = MemoryShop(trade.world)
    shop.systems["W3"] = wms = ScriptedWms("cancelled")
    wms.sent = garbled
    before = trade.whole

    with pytest.raises(Unavailable):
        intercept_parcel(shop, ORDER_ID, "PARCEL#03", now=trade.now)

    assert trade.whole is before


# --- what a buyer sees ---


class TwoPages:
    """A table whose answers hold one item each."""

    def aws(self, service, operation, **query):
        is_last = "ExclusiveStartKey" in query
        item = to_item({"sk": f"#TRACK#{1 + is_last:02}", "revision": 1, "source": "dhl", "checkpoints": []})
        return {"Items": [item]} | ({} if is_last else {"LastEvaluatedKey": {"sk": item["sk"]}})


def test_the_ways_of_many_parcels_are_read_to_the_last():
    assert sorted(TrackStore(TwoPages(), SETTINGS).of_order(ORDER_ID)) == [1, 2]
