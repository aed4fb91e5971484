"""Invariants of stock (RELIABILITY section 3): the counters against every movement, and against open orders.

Added up here once more, from the rows themselves, and not by the drift check that the product comes with.
"""

from collections import Counter
from collections.abc import Iterator

from local.demo.case_checks import kept_away
from local.demo.world import Row, Whole, World

COUNTERS = ("available", "reserved", "sold", "defect", "missing", "scrapped")
FLOWS = {
    "reserve": ("available", "reserved"),
    "release": ("reserved", "available"),
    "ship": ("reserved", "sold"),
    "miss": ("reserved", "missing"),
    "restock": ("sold", "available"),
    "restock_defect": ("sold", "defect"),
    "scrap": ("sold", "scrapped"),
    "rework": ("sold", "reserved"),
}
OF_A_QUOTA = {"reserve": -1, "release": 1}
CAME_IN = ("received", "found")
HELD = ("awaiting_shipment", "pushing", "at_warehouse", "intercepting")
GONE = (  # What came back and was counted is no parcel's any more; what was not counted still is.
    "in_transit",
    "troubled",
    "delivered",
    "returning",
    "returned",
    "received",
    "incomplete",
)
Shelf = tuple[str, str]  # SKU, warehouse
Place = tuple[str, int, str]  # SKU, shard, warehouse; no warehouse: the row as a whole
Levels = dict[Place, Counter[str]]


def counted(world: World) -> dict[Shelf, Counter[str]]:
    """What the counters say, all shards together."""
    levels: dict[Shelf, Counter[str]] = {}
    for row in world.stock:
        for warehouse, level in row["warehouses"].items():
            total = levels.setdefault((row["sku"], warehouse), Counter(dict.fromkeys(COUNTERS[:3], 0)))
            for name in COUNTERS:
                if name in level:
                    total[name] += level[name]
    return levels


def received(world: World) -> int:
    """Units that came in without an order."""
    return sum(move["quantity"] for move in world.moves if move["kind"] in CAME_IN)


def found(world: World) -> Levels:
    """What each row says, with its quotas and with how often it was moved."""
    levels: Levels = {}
    for row in world.stock:
        name = row["sku"], row.get("shard", 0)
        levels[*name, ""] = Counter({"moves": row.get("moves", 0)})
        for warehouse, level in row["warehouses"].items():
            quotas = {f"channel:{channel}": left for channel, left in level.get("channels", {}).items()}
            levels[*name, warehouse] = Counter({n: level[n] for n in COUNTERS if n in level} | quotas)
    return levels


def recomputed(world: World) -> Levels:
    """What the movements add up to: what came and went without an order, and everything that an event moved."""
    levels: Levels = {}

    def add(sku: str, shard: int, warehouse: str, counter: str, units: int) -> None:
        levels.setdefault((sku, shard, warehouse), Counter())[counter] += units

    for move in world.moves:
        for shard in move["rows"]:
            add(move["sku"], shard, "", "moves", 1)
        for warehouse, shard, counter, units in move["parts"]:
            add(move["sku"], shard, warehouse, counter, units)
    for whole in world.orders.values():
        for event in whole.of("#EVENT"):
            moves = [_named(move) for move in event.get("stock", ())]
            for sku, shard in {(move["sku"], move["shard"]) for move in moves}:
                add(sku, shard, "", "moves", 1)
            for move in moves:
                place, units = (move["sku"], move["shard"], move["warehouse"]), move["quantity"]
                source, target = FLOWS[move["kind"]]
                add(*place, source, -units)
                add(*place, target, units)
                if move["channel"]:
                    add(*place, f"channel:{move['channel']}", OF_A_QUOTA.get(move["kind"], 0) * units)
    return levels


def drifted(world: World) -> list[tuple[Place, Counter[str], Counter[str]]]:
    """Places whose counters are not what their movements add up to: place, counters, movements."""
    counters, movements = found(world), recomputed(world)
    pairs = (
        (place, counters.get(place, Counter()), movements.get(place, Counter()))
        for place in sorted(counters.keys() | movements.keys())
    )
    return [pair for pair in pairs if pair[1] != pair[2]]


def counters_follow_the_movements(world: World) -> Iterator[str]:
    """available + reserved + sold = received, and each by itself what was moved; nothing hides behind a flag."""
    for place, counters, movements in drifted(world):
        yield f"{place} counts {dict(counters)}, its movements say {dict(movements)}"
    levels = counted(world)
    for row in world.stock:
        if not row.get("sold_out"):
            continue
        if left := sum(level["available"] for (sku, _), level in levels.items() if sku == row["sku"]):
            yield f"{row['sku']} says that it is sold out, and {left} units are left"


def no_counter_is_negative(world: World) -> Iterator[str]:
    for place, level in found(world).items():
        if min(level.values()) < 0:
            yield f"{place} counts {dict(level)}"


def reserved_is_what_orders_wait_for(world: World) -> Iterator[str]:
    waiting: Counter[Shelf] = Counter()
    for whole in world.orders.values():
        waiting.update(_waiting_in_transfers(whole))
        for sub_order in whole.of("SUB"):
            waiting.update(_promised(whole, sub_order))
    for shelf, level in counted(world).items():
        if level["reserved"] != waiting[shelf]:
            yield f"{shelf} reserves {level['reserved']}, orders wait for {waiting[shelf]}"


def sold_is_what_left(world: World) -> Iterator[str]:
    """In parcels, or out of them for a case and not back on a shelf: buyers keep what is paid back without a return."""
    gone: Counter[Shelf] = Counter()
    for whole in world.orders.values():
        gone.subtract(_waiting_in_transfers(whole, "ship"))
        for parcel in whole.of("PARCEL"):
            if parcel["state"] in GONE:
                gone.update(_contents(whole, parcel))
        for case in whole.of("CASE"):
            gone.update(kept_away(whole, case))
    for shelf, level in counted(world).items():
        if level["sold"] != gone[shelf]:
            yield f"{shelf} sold {level['sold']}, parcels carried {gone[shelf]}"


def _promised(whole: Whole, sub_order: Row) -> Counter[Shelf]:
    """Which units of a sub-order lie on a shelf and are its own."""
    promised: Counter[Shelf] = Counter()
    states = ("awaiting_payment", "under_review", "escalated", "awaiting_shipment", "intercepting")
    if sub_order["state"] not in states or whole.order["state"] == "placing":
        return promised
    if "split_at" in sub_order:
        for parcel in whole.parcels_of(sub_order):
            if parcel["state"] in HELD:
                promised.update(_contents(whole, parcel))
        return promised
    is_long = any(transfer["kind"] == "reserve" for transfer in whole.of("MOVE"))
    for line in whole.lines_of(sub_order):
        is_taken_later = sub_order["state"] == "awaiting_payment" and "deferred" in line.get("flags", ())
        if not is_taken_later or is_long:  # A long order holds everything when it is placed.
            promised.update(_kept(line, sub_order["cancelled"].get(str(line["number"]), 0)))
    return promised


def _kept(line: Row, cancelled: int) -> Counter[Shelf]:
    """The units of a line that are not cancelled, by shelf: those come off the warehouse that was named last."""
    kept: Counter[Shelf] = Counter()
    for warehouse, units, *_ in line["allocation"]:
        kept[line["sku"], warehouse] += units
    for shelf in reversed(list(kept)):
        gone = min(kept[shelf], cancelled)
        kept[shelf] -= gone
        cancelled -= gone
    return kept


def _waiting_in_transfers(whole: Whole, *kinds: str) -> Counter[Shelf]:
    """Units that a long order holds only because its transfer is not done: held so far, or to be given up still."""
    waiting: Counter[Shelf] = Counter()
    for transfer in whole.of("MOVE"):
        if transfer["state"] != "waiting" or (kinds and transfer["kind"] not in kinds):
            continue
        done, left = transfer["moves"][: transfer["moved"]], transfer["moves"][transfer["moved"] :]
        for move in map(_named, done if transfer["kind"] == "reserve" else left):
            waiting[move["sku"], move["warehouse"]] += move["quantity"]
    return waiting


def _contents(whole: Whole, parcel: Row) -> Counter[Shelf]:
    skus = {str(line["number"]): line["sku"] for line in whole.lines}
    return Counter(
        {(skus[number], parcel["warehouse"]): units for number, units in parcel["contents"].items()}
    )


def _named(move: list[str | int]) -> Row:
    """A move as it is stored: what is as usual is left out at its end."""
    usual: Row = {"shard": 0, "channel": ""}
    return usual | dict(zip(("kind", "sku", "warehouse", "quantity", "shard", "channel"), move, strict=False))
