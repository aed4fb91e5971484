"""Shelves for tests: what stands on them, who buys from them, and whether counters and movements agree.

Whether they agree is added up by the demo's own check, which shares no code with the product's.
"""

from types import SimpleNamespace
from zlib import crc32

from local.demo import stock_checks
from local.demo.world import Whole, plain
from shared.aftersale.cancellation import Cancellation, cancel
from shared.changes import Caller, Draft
from shared.errors import OrderRefused
from shared.lifecycle import Actor, Event
from shared.ordering.checkout import Checkout, place_order
from shared.ordering.quote import Wanted
from shared.ordering.stock import held_moves
from shared.outside import aws_client
from shared.store.audit import StockAudit
from shared.store.items import to_item
from shared.store.shelves import Reason, ShelfStore
from tests.builders import ADDRESS, SETTINGS, T0, a_context, a_request
from tests.ordering.baskets import a_sku
from tests.store.tables import items

HOT = "HOT"
FIRST = "SKU#HOT"


def a_hot_shop(shop, *, shards=0, **units):
    """HOT is on sale, *units* of it by warehouse, in so many shards."""
    shop.goods.put_sku(a_sku(HOT, "m-tea", 100))
    store = shelves(shop)
    for warehouse, quantity in units.items():
        store.receive(sku=HOT, warehouse=warehouse, quantity=quantity, movement_id=f"in-{warehouse}", at=1)
    if shards:
        store.spread(sku=HOT, shards=shards, why=why("first-spread"))
    return store


def shelves(shop):
    return ShelfStore(shop.outside, SETTINGS)


def why(movement_id, at=5):
    return Reason(movement_id, at, "op-1")


def row(shard=0, sku=HOT):
    """A stock row as it is stored, without its keys."""
    found = plain(items(SETTINGS.stock_table)[f"SKU#{sku}#{shard}" if shard else f"SKU#{sku}", "STOCK"])
    return {name: value for name, value in found.items() if name not in ("pk", "sk", "sku", "offer")}


def available(sku=HOT, warehouse="W1"):
    """By shard, those that exist."""
    rows = {key: plain(item) for key, item in items(SETTINGS.stock_table).items() if key[1] == "STOCK"}
    own = {r.get("shard", 0): r["warehouses"] for r in rows.values() if r["sku"] == sku}
    return {k: own[k][warehouse]["available"] for k in sorted(own) if warehouse in own[k]}


def movement(movement_id, sku=HOT):
    return plain(items(SETTINGS.stock_table)[f"SKU#{sku}", f"MOVE#{movement_id}"])


def buys(shop, units, who="buyer-1", channel="web"):
    """Place an order of HOT, one for each buyer. Returns it, or the problem that stands in its way."""
    caller, seed = Caller(Actor.BUYER, who), crc32(who.encode()) % 256
    checkout = Checkout((Wanted(HOT, units),), ADDRESS, channel=channel)
    try:
        return place_order(
            shop, a_context(seed=seed), caller, checkout, a_request(f"buy-{who}", caller)
        ).whole
    except OrderRefused as refused:
        [problem] = refused.details["problems"]
        return problem


def cancels(shop, whole):
    caller = Caller(Actor.BUYER, whole.order.buyer_id)
    request = a_request(f"cancel-{whole.order.order_id}", caller)
    return cancel(shop, whole.order.order_id, Cancellation("other"), caller=caller, now=T0, request=request)


def ships(shop, whole):
    """Everything of the order leaves, whatever state it is in: only what that does to the shelves matters here."""
    now = shop.orders.read(whole.order.order_id)
    draft = Draft(now, event=Event.PARCELS_SHIPPED, caller=Caller(Actor.MERCHANT, "m"), now=T0)
    draft.take(*held_moves("ship", now.lines))
    shop.write(draft.finish())


def disagreement():
    """What the counters say and the movements do not. Nothing, when all is well."""
    stock = [plain(item) for item in items(SETTINGS.stock_table).values()]
    orders = {}
    for (pk, sk), item in items(SETTINGS.orders_table).items():
        orders.setdefault(pk, {})[sk] = plain(item)
    world = SimpleNamespace(
        stock=[item for item in stock if item["sk"] == "STOCK"],
        moves=[item for item in stock if item["sk"].startswith("MOVE#")],
        orders={pk: Whole(pk, rows) for pk, rows in orders.items() if pk.startswith("ORDER#")},
    )
    return [
        *stock_checks.counters_follow_the_movements(world),
        *stock_checks.no_counter_is_negative(world),
    ]


def audit(shop, **more):
    names = {"orders_table": SETTINGS.orders_table, "stock_table": SETTINGS.stock_table}
    return StockAudit(shop.outside, **names, **more)


def damage(pk, expression, **values):
    """Change a stock row as no code of ours does."""
    values = {"ExpressionAttributeValues": to_item({f":{n}": v for n, v in values.items()})} if values else {}
    aws_client("dynamodb").update_item(
        TableName=SETTINGS.stock_table,
        Key={"pk": {"S": pk}, "sk": {"S": "STOCK"}},
        UpdateExpression=expression,
        **values,
    )


def counters():
    """Every stock row without its count of moves: to see that a repair restores what was there."""
    rows = {pk: dict(item) for (pk, sk), item in items(SETTINGS.stock_table).items() if sk == "STOCK"}
    for one in rows.values():
        one.pop("moves", None)
    return rows
