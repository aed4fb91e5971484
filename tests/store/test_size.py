"""The largest orders can be written at every moment of their lives: ninety lines at once, longer ones in chunks."""

from shared.changes import ACTIONS_MAX
from shared.ordering.checkout import Checkout, place_order
from shared.ordering.placing import move_stock
from shared.ordering.quote import Wanted
from shared.outside import aws_client
from shared.store.writing import actions_of
from tests.builders import ADDRESS, BUYER, ORDER_ID, SETTINGS, T0, Trade, a_context, a_request
from tests.store.shards import a_row, level
from tests.store.tables import items
from tests.world import World

COUNT, PARCELS = 90, 3
LONG = 101  # More than one transaction holds, and two items of lines. Moto takes its time for nested items.


def put_many(count, *warehouses):
    """So many products of one merchant, five of each: every warehouse has only its share of them."""
    rows = [a_row(f"S{i:03}", warehouses={warehouses[i % len(warehouses)]: level(5)}) for i in range(count)]
    for start in range(0, count, 25):
        puts = [{"PutRequest": {"Item": row}} for row in rows[start : start + 25]]
        aws_client("dynamodb").batch_write_item(RequestItems={SETTINGS.stock_table: puts})


def placed(shop, count):
    wanted = tuple(Wanted(f"S{i:03}", 2) for i in range(count))
    return place_order(shop, a_context(), BUYER, Checkout(wanted, ADDRESS), a_request("k"))


def followed(outcome):
    """The placed order in memory too, to go on from there."""
    stock = {(line.sku, held.warehouse): 5 for line in outcome.whole.lines for held in line.allocation}
    world = World(outcome.whole, stock)
    world.apply(outcome.change)
    return Trade(world)


def reserved():
    rows = [
        row for (_, sk), row in items(SETTINGS.stock_table).items() if sk == "STOCK" and "warehouses" in row
    ]
    return sum(int(one["reserved"]) for row in rows for one in row["warehouses"].values())


def test_ninety_products_in_three_parcels_are_placed_paid_cut_and_cancelled_at_once(shop):
    put_many(COUNT, *(f"W{i}" for i in range(PARCELS)))
    outcome = placed(shop, COUNT)
    trade = followed(outcome)

    sizes = [len(tuple(actions_of(SETTINGS, outcome.change)))]
    for act in (trade.start_payment, trade.pay, trade.split, trade.cancel):
        change = act()
        sizes.append(len(tuple(actions_of(SETTINGS, change))))
        shop.write(change)

    assert sizes == [96, 3, 7, 6, 100]
    assert max(sizes) <= ACTIONS_MAX == 100
    assert shop.orders.read(ORDER_ID) == trade.whole
    assert trade.whole.order.refund_reserved_minor == trade.whole.order.payable_minor == COUNT * 200 + 800


def watched(outside):
    """The number of actions of every transaction from now on."""
    sizes = []

    def count(call, act):
        if call.operation == "transact_write_items":
            sizes.append(len(call.request["TransactItems"]))
        return act()

    outside.around.append(count)
    return sizes


def test_a_long_order_is_placed_paid_and_cancelled_in_chunks(shop, outside):
    put_many(LONG, "W1", "W2")
    sizes = watched(outside)

    assert placed(shop, LONG).whole.order.stage == "placing"
    move_stock(shop, ORDER_ID, T0)
    trade = hands_on_what_is_stored(shop)
    assert (trade.whole.order.stage, len(trade.whole.lines), reserved()) == (
        "pending_payment",
        LONG,
        2 * LONG,
    )

    trade.start_payment()
    trade.pay()
    trade.cancel()
    move_stock(shop, ORDER_ID, T0)

    whole = shop.orders.read(ORDER_ID)
    assert [(transfer.kind, transfer.state) for transfer in whole.transfers] == [
        ("reserve", "done"),
        ("release", "done"),
    ]
    assert (whole.order.stage, reserved()) == ("cancelled", 0)
    assert whole.order.refund_reserved_minor == whole.order.payable_minor == LONG * 200 + 800
    assert sizes == [8, 83, 24, 3, 7, 8, 83, 24]


def hands_on_what_is_stored(shop):
    """Everybody's hands; what they do is written into the tables, and no promise of a world is asked."""
    trade = Trade(World(shop.orders.read(ORDER_ID), {}))

    def write(change):
        shop.write(change)
        trade.world.whole = change.applied_to(trade.world.whole)
        return change

    trade.world.apply = write
    return trade
