import pytest

from shared.errors import NotFound
from tests.builders import (
    BUYER,
    ORDER_ID,
    T0,
    Caller,
    a_paid_order,
    a_request,
    a_shop_order,
    a_split_order,
)
from tests.store.tables import for_another_order
from tests.store.test_writing import written


def several(shop, count):
    """So many orders of buyer-1, written one after the other. Returns their numbers, oldest first."""
    change = a_shop_order().world.last._replace(stock=())
    changes = [for_another_order(change, "0123456789"[i]) for i in range(count)]
    for one in changes:
        shop.write(one)
    return [one.order.order_id for one in changes]


def test_an_order_that_does_not_exist_is_not_found(shop):
    with pytest.raises(NotFound):
        shop.orders.read(ORDER_ID)
    assert shop.orders.personal(ORDER_ID) == {}
    assert shop.orders.event_item(ORDER_ID, "#EVENT#00000001") is None


def test_the_buyers_orders_are_paged_newest_first(shop):
    numbers = several(shop, 5)

    first = shop.orders.orders_of("buyer-1", before="", limit=2)
    second = shop.orders.orders_of("buyer-1", before=first[-1].order_id, limit=2)
    third = shop.orders.orders_of("buyer-1", before=second[-1].order_id, limit=2)

    assert [[order.order_id for order in page] for page in (first, second, third)] == [
        [numbers[4], numbers[3]],
        [numbers[2], numbers[1]],
        [numbers[0]],
    ]
    assert shop.orders.orders_of("buyer-2", before="", limit=2) == ()


def test_a_merchants_list_is_first_paid_first_served_and_forgets_what_left(shop):
    trade = a_split_order()
    written(shop, trade)

    [place] = shop.orders.queue("merchant:m-tea:awaiting_shipment", after="", limit=10)
    assert place == (ORDER_ID, "SUB#01", trade.row("SUB#01").priority)
    assert shop.orders.queue("merchant:m-tea:awaiting_shipment", after=place.priority, limit=10) == ()

    shop.write(trade.ship(1, 1, 2))
    assert shop.orders.queue("merchant:m-tea:awaiting_shipment", after="", limit=10) == ()
    assert len(shop.orders.queue("merchant:m-pot:awaiting_shipment", after="", limit=10)) == 1


def test_whose_time_has_come_is_found_and_nobody_else(shop):
    written(shop, a_paid_order())

    def subjects(now):
        return sorted((ripe.sk, ripe.since) for ripe in shop.orders.due(now))

    due_at = T0 + 100 + 172_800
    assert subjects(due_at - 1) == []
    assert subjects(due_at) == [("SUB#01", due_at), ("SUB#02", due_at)]


def test_events_whose_effects_are_not_done_are_found(shop):
    written(shop, a_paid_order())

    def found(since):
        return sorted((ripe.order_id, ripe.sk, ripe.since) for ripe in shop.orders.unfinished(since))

    assert found(T0 - 1) == []
    assert found(T0) == [(ORDER_ID, "#EVENT#00000001", T0)]
    assert found(T0 + 100) == [(ORDER_ID, "#EVENT#00000001", T0), (ORDER_ID, "#EVENT#00000003", T0 + 100)]


def test_the_time_line_is_paged_in_order(shop):
    trade = a_split_order()
    written(shop, trade)

    first = shop.orders.events(ORDER_ID, after=0, limit=3)
    second = shop.orders.events(ORDER_ID, after=3, limit=3)

    assert [event["version"] for event in (*first, *second)] == [1, 2, 3, 4]
    assert [event["event"] for event in first] == ["order_placed", "payment_started", "payment_succeeded"]
    assert shop.orders.events(ORDER_ID, after=4, limit=3) == ()


def test_history_keys_and_personal_data_are_not_read_for_a_decision(shop, outside):
    written(shop, a_split_order())
    read = []
    outside.around.append(lambda call, act: read.append(act()) or read[-1])

    shop.orders.read(ORDER_ID)

    [answer] = read
    assert not [item["sk"]["S"] for item in answer["Items"] if item["sk"]["S"].startswith("#")]


def test_an_order_of_many_pages_is_read_whole(shop, outside):
    trade = a_split_order()
    written(shop, trade)

    def one_item_at_a_time(call, act):
        if call.operation == "query":
            call.request["Limit"] = 1
        return act()

    outside.around.append(one_item_at_a_time)

    assert shop.orders.read(ORDER_ID) == trade.whole


def test_items_that_a_batch_left_out_are_asked_for_again(shop, outside):
    several(shop, 3)
    asked = []

    def half(call, act):
        if call.operation != "batch_get_item":
            return act()
        [(table, wanted)] = call.request["RequestItems"].items()
        asked.append(len(wanted["Keys"]))
        rest = wanted["Keys"][1:]
        call.request["RequestItems"] = {table: {"Keys": wanted["Keys"][:1]}}
        return act() | ({"UnprocessedKeys": {table: {"Keys": rest}}} if rest else {})

    outside.around.append(half)

    assert len(shop.orders.orders_of("buyer-1", before="", limit=10)) == 3
    assert asked == [3, 2, 1]


def test_a_strangers_key_is_not_seen(shop):
    written(shop, a_shop_order())

    assert shop.orders.seen(a_request("place", BUYER)).order_id == ORDER_ID
    assert shop.orders.seen(a_request("place", Caller(BUYER.actor, "buyer-2"))) is None
    assert shop.orders.seen(a_request("other", BUYER)) is None
