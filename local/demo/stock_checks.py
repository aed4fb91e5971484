"""Invariants of stock (RELIABILITY section 3): the counters against every movement, and against open orders."""

from collections import Counter
from collections.abc import Iterator

from local.demo.world import Row, Whole, World

COUNTERS = ("available", "reserved", "sold")
FLOWS = {
    "reserve": ("available", "reserved"),
    "release": ("reserved", "available"),
    "ship": ("reserved", "sold"),
}
Shelf = tuple[str, str]  # SKU, warehouse
Levels = dict[Shelf, Counter[str]]


def counted(world: World) -> Levels:
    """What the counters say."""
    return {
        (row["sku"], warehouse): Counter({name: level[name] for name in COUNTERS})
        for row in world.stock
        for warehouse, level in row["warehouses"].items()
    }


def recomputed(world: World) -> Levels:
    """What the movements add up to: received, and then everything that an event moved."""
    levels: Levels = {}
    for move in world.moves:
        levels.setdefault((move["sku"], move["warehouse"]), Counter())["available"] += move["quantity"]
    for whole in world.orders.values():
        for event in whole.of("#EVENT"):
            for kind, sku, warehouse, quantity in event.get("stock", ()):
                source, target = FLOWS[kind]
                level = levels.setdefault((sku, warehouse), Counter())
                level[source] -= quantity
                level[target] += quantity
    return levels


def drifted(world: World) -> list[tuple[Shelf, Counter[str], Counter[str]]]:
    """Shelves whose counters are not what their movements add up to: shelf, counters, movements."""
    counters, movements = counted(world), recomputed(world)
    return [
        (shelf, counters.get(shelf, Counter()), movements.get(shelf, Counter()))
        for shelf in sorted(counters.keys() | movements.keys())
        if counters.get(shelf, Counter()) != movements.get(shelf, Counter())
    ]


def counters_follow_the_movements(world: World) -> Iterator[str]:
    """available + reserved + sold = received, and each by itself what was moved."""
    for shelf, counters, movements in drifted(world):
        yield f"{shelf} counts {dict(counters)}, its movements say {dict(movements)}"


def no_counter_is_negative(world: World) -> Iterator[str]:
    for shelf, level in counted(world).items():
        if min(level.values()) < 0:
            yield f"{shelf} counts {dict(level)}"


def reserved_is_what_orders_wait_for(world: World) -> Iterator[str]:
    waiting: Counter[Shelf] = Counter()
    for whole in world.orders.values():
        for sub_order in whole.of("SUB"):
            waiting.update(_promised(whole, sub_order))
    for shelf, level in counted(world).items():
        if level["reserved"] != waiting[shelf]:
            yield f"{shelf} reserves {level['reserved']}, orders wait for {waiting[shelf]}"


def sold_is_what_left(world: World) -> Iterator[str]:
    gone: Counter[Shelf] = Counter()
    for whole in world.orders.values():
        for parcel in whole.of("PARCEL"):
            if parcel["state"] in ("in_transit", "received"):
                gone.update(_contents(whole, parcel))
    for shelf, level in counted(world).items():
        if level["sold"] != gone[shelf]:
            yield f"{shelf} sold {level['sold']}, parcels carried {gone[shelf]}"


def _promised(whole: Whole, sub_order: Row) -> Counter[Shelf]:
    """Which units of a sub-order lie on a shelf and are its own."""
    promised: Counter[Shelf] = Counter()
    if sub_order["state"] not in ("awaiting_payment", "awaiting_shipment"):
        return promised
    if "split_at" in sub_order:
        for parcel in whole.parcels_of(sub_order):
            if parcel["state"] == "awaiting_shipment":
                promised.update(_contents(whole, parcel))
        return promised
    for line in whole.lines_of(sub_order):
        cancelled = sub_order["cancelled"].get(str(line["number"]), 0)
        for warehouse, units in reversed(line["allocation"]):  # Cancelled units come off the last one first.
            promised[line["sku"], warehouse] += max(0, units - cancelled)
            cancelled = max(0, cancelled - units)
    return promised


def _contents(whole: Whole, parcel: Row) -> Counter[Shelf]:
    skus = {str(line["number"]): line["sku"] for line in whole.lines}
    return Counter(
        {(skus[number], parcel["warehouse"]): units for number, units in parcel["contents"].items()}
    )
