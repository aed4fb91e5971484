"""One accepted event, one transaction: what is written, and what a cancelled one means."""

import pytest
from botocore.exceptions import ClientError

from shared.changes import StockMove
from shared.errors import Conflict, KeyReused, Unavailable
from shared.ordering.checkout import Checkout, place_order
from shared.payment.receiving import decide_payment
from shared.store.orders import Seen
from shared.store.shelves import ShelfStore
from shared.store.writing import AlreadyBooked, AlreadyDone, StockShort, actions_of, apply
from tests.builders import (
    ADDRESS,
    BUYER,
    ORDER_ID,
    SETTINGS,
    SHELVES,
    T0,
    WANTED,
    a_context,
    a_paid_order,
    a_request,
    a_shop_order,
    a_split_order,
    an_order_being_paid,
)
from tests.ordering.test_quote import a_sku
from tests.store.tables import everything, for_another_order, items, sort_keys, units


def written(shop, trade):
    """Write the whole life of a world into the tables, event by event, and return the order as it is read."""
    for change in trade.world.changes:
        shop.write(change)
    return shop.orders.read(ORDER_ID)


def refused(shop, change, error):
    before = everything()
    with pytest.raises(error) as caught:
        shop.write(change)
    assert everything() == before
    return caught.value


def next_change(trade, act):
    """What *act* would change, without letting it."""
    act()
    return trade.world.changes.pop()


def test_an_order_is_placed_in_one_transaction(shop, outside):
    calls = []
    outside.around.append(lambda call, act: calls.append(call) or act())
    checkout = Checkout(WANTED, ADDRESS)

    placed = place_order(shop, a_context(), BUYER, checkout, a_request("k"))

    assert [call.operation for call in calls] == ["batch_get_item", "transact_write_items"]
    assert sort_keys(ORDER_ID) == ["#EVENT#00000001", "#PII", "LINES#01", "ORDER", "SUB#01", "SUB#02"]
    assert (units("TEA", "W1"), units("TEA", "W2"), units("POT", "W3")) == ((2, 3, 0), (5, 0, 0), (4, 2, 0))
    assert shop.orders.read(ORDER_ID) == placed.whole


@pytest.mark.parametrize("world", [a_shop_order, an_order_being_paid, a_paid_order, a_split_order])
def test_what_is_read_is_what_was_decided(shop, world):
    trade = world()

    assert written(shop, trade) == trade.whole


def test_a_whole_life_in_the_tables_is_the_life_in_memory(shop):
    trade = a_split_order()
    trade.cancel({1: 2})
    trade.refund_says("succeeded")
    trade.ship(1, 1)
    trade.ship(2, 3)
    trade.receive(1, 2)
    trade.ring("SETTLE#01")

    assert written(shop, trade) == trade.whole

    for sku, warehouse, _ in trade.world.received:
        assert units(sku, warehouse) == trade.world.units(sku, warehouse)
    vouchers = items(SETTINGS.ledger_table)
    assert [sk for _, sk in sorted(vouchers)] == [f"VOUCHER#{version:08}" for version in (3, 5, 6, 10)]
    assert [voucher["kind"] for _, voucher in sorted(vouchers.items())] == [
        "captured",
        "refund_requested",
        "refunded",
        "settled",
    ]
    assert all(sum(entry[1] for entry in voucher["entries"]) == 0 for voucher in vouchers.values())


def test_pain_09_counters_can_be_recomputed_from_the_journal_after_any_event(shop):
    trade = a_split_order()
    trade.cancel({1: 2})
    trade.ship(1, 1)
    trade.cancel({3: 1})
    for change in trade.world.changes:
        shop.write(change)

        assert counters() == recomputed()


FLOWS = {
    "reserve": ("available", "reserved"),
    "release": ("reserved", "available"),
    "ship": ("reserved", "sold"),
}


def counters():
    rows = [row for (_, sk), row in items(SETTINGS.stock_table).items() if sk == "STOCK"]
    return {
        (row["sku"], warehouse, name): int(level[name])
        for row in rows
        for warehouse, level in row["warehouses"].items()
        for name in ("available", "reserved", "sold")
    }


def recomputed():
    """What was received, and what the events of orders say they moved since."""
    total = dict.fromkeys(counters(), 0)
    for (sku, warehouse), units_received in SHELVES.items():
        total[sku, warehouse, "available"] = units_received
    for (_, sk), row in items(SETTINGS.orders_table).items():
        for kind, sku, warehouse, quantity in row.get("stock", ()) if sk.startswith("#EVENT#") else ():
            source, target = FLOWS[kind]
            total[sku, warehouse, source] -= int(quantity)
            total[sku, warehouse, target] += int(quantity)
    return total


def test_every_version_has_its_event_row(shop):
    trade = a_split_order()
    written(shop, trade)

    events = [sk for sk in sort_keys(ORDER_ID) if sk.startswith("#EVENT#")]

    assert events == [f"#EVENT#{version:08}" for version in range(1, trade.whole.order.version + 1)]


def test_an_event_row_says_everything_the_world_needs_and_nothing_of_a_person(shop):
    trade = an_order_being_paid().after(100)
    trade.pay()
    written(shop, trade)

    event = items(SETTINGS.orders_table)[f"ORDER#{ORDER_ID}", "#EVENT#00000003"]

    assert (event["order_id"], event["version"], event["event"]) == (ORDER_ID, 3, "payment_succeeded")
    assert (event["actor"], event["actor_id"], event["at"]) == ("provider", "sandbox", T0 + 100)
    assert (event["effects"], event["unfinished_since"], event["shard"] in "01234567") == (
        True,
        T0 + 100,
        True,
    )
    assert event["note"] == {
        "provider": "sandbox",
        "amount": 17_100,
        "currency": "CNY",
        "transaction_id": "tx_1",
    }
    assert event["steps"] == [
        {"row": "payment.open.payment_succeeded", "subject": "PAY#01"},
        {"row": "order.pending_payment.payment_succeeded", "subject": "ORDER"},
        # The merchants' clocks have no schedules: the sweep finds who is late.
        {"row": "sub_order.awaiting_payment.payment_succeeded", "subject": "SUB#01"},
        {"row": "sub_order.awaiting_payment.payment_succeeded", "subject": "SUB#02"},
    ]


def test_an_event_row_names_the_schedule_of_each_clock_that_is_not_swept(shop):
    written(shop, a_shop_order())

    event = items(SETTINGS.orders_table)[f"ORDER#{ORDER_ID}", "#EVENT#00000001"]

    assert event["steps"][0] == {
        "row": "order.start.order_placed",
        "subject": "ORDER",
        "clock": {"name": f"{ORDER_ID}-v1-0", "at": "2027-01-15T08:30:00", "due_at": T0 + 1_800},
    }


def test_what_has_no_effects_is_not_waited_for(shop):
    trade = an_order_being_paid()
    written(shop, trade)

    event = items(SETTINGS.orders_table)[f"ORDER#{ORDER_ID}", "#EVENT#00000002"]

    assert event["effects"] is False
    assert not {"unfinished_since", "shard"} & set(event)


def test_personal_data_stands_in_one_item_and_nowhere_else(shop):
    written(shop, a_split_order())
    told = [key for table in everything().values() for key, item in table.items() if "Li Lei" in repr(item)]

    assert told == [(f"ORDER#{ORDER_ID}", "#PII")]
    assert shop.orders.personal(ORDER_ID) == ADDRESS


def test_an_order_is_not_created_twice(shop):
    change = a_shop_order().world.last
    shop.write(change)

    refused(shop, change._replace(request=a_request("another")), Conflict)


def test_a_version_that_moved_is_a_conflict(shop):
    trade = an_order_being_paid()
    written(shop, trade)
    paid = next_change(trade, trade.pay)
    shop.write(paid)

    stale = paid._replace(once=("sandbox#paid#other",), caller=BUYER)

    refused(shop, stale, Conflict)


def test_the_same_key_is_told_what_it_stood_for(shop):
    trade = a_split_order()
    written(shop, trade)
    change = next_change(trade, lambda: trade.cancel({2: 1}))
    shop.write(change)

    done = refused(shop, change, AlreadyDone)

    assert done.seen == Seen(ORDER_ID, "REFUND#01")
    assert shop.orders.seen(change.request) == Seen(ORDER_ID, "REFUND#01")


def test_a_key_that_stood_for_another_request_is_refused(shop):
    trade = a_split_order()
    written(shop, trade)
    change = next_change(trade, lambda: trade.cancel({2: 1}))
    shop.write(change)
    other = change.request._replace(fingerprint="other")

    refused(shop, change._replace(request=other), KeyReused)
    with pytest.raises(KeyReused):
        shop.orders.seen(other)


def test_a_key_lives_for_thirty_five_days_and_belongs_to_its_caller(shop):
    trade = a_shop_order()
    written(shop, trade)

    key = items(SETTINGS.orders_table)["KEY#buyer#buyer-1", "KEY#place"]

    assert (key["fingerprint"], key["order_id"], key["expires_at"]) == ("f", ORDER_ID, T0 + 35 * 86_400)
    assert shop.orders.seen(a_request("place")._replace(caller=BUYER._replace(id="buyer-2"))) is None


def test_the_same_money_is_booked_once_even_if_the_version_moved(shop):
    trade = an_order_being_paid(tries=2)
    written(shop, trade)
    notice = trade.notice(1)
    paid = decide_payment(trade.whole, notice, now=T0)
    shop.write(paid)

    refused(shop, paid, AlreadyBooked)

    assert shop.orders.booked("sandbox#event#evt_1") == ORDER_ID
    assert shop.orders.booked("sandbox#paid#tx_1") == ORDER_ID
    assert shop.orders.booked("sandbox#paid#tx_2") is None


def test_the_same_money_under_another_event_is_booked_once_too(shop):
    trade = an_order_being_paid()
    written(shop, trade)
    notice = trade.notice(1)
    shop.write(decide_payment(trade.whole, notice, now=T0))
    again = decide_payment(shop.orders.read(ORDER_ID), notice._replace(event_id="evt_9"), now=T0)

    refused(shop, again, AlreadyBooked)


def test_the_last_unit_is_sold_once_and_the_short_ones_are_named(shop):
    change = a_shop_order().world.last  # Two units of tea from W1, where five lie.
    shop.write(change)
    shop.write(for_another_order(change, "A"))

    short = refused(shop, for_another_order(change, "B"), StockShort)

    assert (short.skus, units("TEA", "W1")) == (("TEA",), (1, 4, 0))


def test_a_warehouse_we_do_not_have_is_short_and_no_new_shelf(shop):
    change = a_shop_order().world.last
    moved = tuple(move._replace(warehouse="W9") for move in change.stock[:1])

    assert refused(shop, change._replace(stock=moved), StockShort).skus == ("CUP",)


def cancelled(*codes):
    """The answer of DynamoDB that cancelled a transaction, action by action."""
    reasons = [{"Code": code} for code in codes]
    return ClientError(
        {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons},
        "TransactWriteItems",
    )


def failing(errors):
    """A hook that fails the next transactions with these, and counts them all."""
    seen = []

    def hook(call, act):
        if call.operation != "transact_write_items":
            return act()
        seen.append(call)
        if errors:
            raise errors.pop(0)
        return act()

    hook.seen = seen
    return hook


def a_transaction(shop):
    change = a_shop_order().world.last
    return change, len(tuple(actions_of(SETTINGS, change)))


@pytest.mark.parametrize("times", [1, 4])
def test_contention_alone_is_tried_again_and_never_taken_for_done(shop, outside, times):
    change, count = a_transaction(shop)
    contended = cancelled("TransactionConflict", *["None"] * (count - 1))
    hook = failing([contended] * times)
    outside.around.append(hook)

    shop.write(change)

    assert len(hook.seen) == times + 1
    assert shop.orders.read(ORDER_ID).order.version == 1


def test_endless_contention_is_a_conflict_after_five_tries(shop, outside):
    change, count = a_transaction(shop)
    hook = failing([cancelled(*["TransactionConflict"] * count)] * 9)
    outside.around.append(hook)

    refused(shop, change, Conflict)

    assert len(hook.seen) == 5


@pytest.mark.parametrize("code", ["ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_throttled_row_is_unavailable_and_not_tried_here(shop, outside, code):
    change, count = a_transaction(shop)
    hook = failing([cancelled(code, "TransactionConflict", *["None"] * (count - 2))])
    outside.around.append(hook)

    refused(shop, change, Unavailable)

    assert len(hook.seen) == 1


@pytest.mark.parametrize("code", ["ThrottlingException", "ProvisionedThroughputExceededException"])
def test_a_throttled_table_is_unavailable(shop, outside, code):
    change, _ = a_transaction(shop)
    outside.around.append(failing([ClientError({"Error": {"Code": code}}, "TransactWriteItems")]))

    refused(shop, change, Unavailable)


@pytest.mark.parametrize("code", ["ValidationError", "ItemCollectionSizeLimitExceeded"])
def test_what_nobody_foresaw_is_a_bug_and_escapes(shop, outside, code):
    change, count = a_transaction(shop)
    outside.around.append(failing([cancelled(code, *["None"] * (count - 1))]))

    refused(shop, change, ClientError)


def test_a_refusal_counts_even_where_there_is_contention_too(shop, outside):
    change, count = a_transaction(shop)
    mixed = cancelled("ConditionalCheckFailed", "TransactionConflict", *["None"] * (count - 2))
    outside.around.append(failing([mixed]))

    refused(shop, change, Conflict)


def test_a_transaction_larger_than_dynamodb_takes_is_a_bug_before_anything_is_sent(shop):
    change = a_paid_order().world.last
    too_many = change._replace(once=tuple(f"n-{i}" for i in range(99)))
    before = everything()

    with pytest.raises(AssertionError, match="checkout refuses"):
        apply(shop.outside, SETTINGS, too_many)

    assert everything() == before


def test_pain_08_oversell(shop):
    # Ten buyers read the same shelf, each decides alone, then all of them write: nine units, nine orders.
    shop.goods.put_sku(a_sku("HOT"))
    ShelfStore(shop.outside, SETTINGS).receive(
        sku="HOT", warehouse="W1", quantity=9, movement_id="first", at=1
    )
    change = a_shop_order().world.last._replace(stock=(StockMove("reserve", "HOT", "W1", 1),))
    for last in "012345678":
        shop.write(for_another_order(change, last))

    short = refused(shop, for_another_order(change, "9"), StockShort)

    assert (short.skus, units("HOT", "W1")) == (("HOT",), (0, 9, 0))
