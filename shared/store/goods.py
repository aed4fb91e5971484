"""What a checkout reads: goods with their stock, terms, the buyer's wallet. One batch for orders of ordinary size.

A SKU's offer lies beside its counters, so that one item tells both. A hot SKU's counters lie in shards: a checkout
does not read them, it tries one of them, and reads all only when that one was short.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.errors import Conflict, Unavailable
from shared.goods import Place, Sku
from shared.ordering.stock import Shelves
from shared.ordering.terms import Coupon, Member, Terms
from shared.outside import Outside
from shared.settings import Settings
from shared.store.counters import stock_key
from shared.store.items import Item, from_item, to_item
from shared.store.reading import batch_get
from shared.store.terms_items import TERMS_KEY, coupon_key, coupon_of, member_key, member_of, terms_of
from shared.store.transactions import transact

if TYPE_CHECKING:
    from shared.splitting.terms import ShippingTerms

KEYS_PER_CALL = 100  # BatchGetItem
READINGS_MAX = 5  # Of shards that others keep moving.
PLENTY = 10**9  # What an unread shard is taken to hold: the transaction says if it was wrong.


class Buying(NamedTuple):
    """Who wants what, where: everything that decides which items a checkout reads."""

    skus: tuple[str, ...]
    member_id: str
    coupon_ids: tuple[str, ...] = ()
    channel: str = ""
    lot: int = 0  # Drawn for this order: which shard of a hot SKU it tries first.
    exactly: frozenset[str] = frozenset()  # SKUs whose shards are all to be read.


class Market(NamedTuple):
    """What is for sale, on which terms, to whom, as one read found it."""

    skus: Mapping[str, Sku]
    shelves: Shelves
    terms: Terms
    member: Member
    coupons: Mapping[str, Coupon]  # Those of the buyer's own that were asked for and exist.
    empty: tuple[str, ...] = ()  # Hot SKUs of which nothing is left in any shard, for anybody.


class GoodsStore:
    def __init__(self, outside: Outside, settings: Settings) -> None:
        self._outside, self._settings = outside, settings

    def read(self, buying: Buying) -> Market:
        """One BatchGetItem for up to a hundred keys: a SKU is one, so are the terms, the member, each coupon.

        SKUs that are to be read *exactly* cost a second one, for their shards. So do those whose shards were given up
        while orders hold units of them: what those release is for sale, too.
        """
        who, members = buying.member_id, self._settings.members_table
        keys = [(self._settings.stock_table, stock_key(sku)) for sku in buying.skus]
        keys += [(self._settings.catalogue_table, TERMS_KEY), (members, member_key(who))]
        keys += [(members, coupon_key(who, coupon_id)) for coupon_id in buying.coupon_ids]
        found = self._items(keys)
        rows = {
            sku: from_item(found[pk, "STOCK"])
            for sku in buying.skus
            if (pk := f"SKU#{sku}", "STOCK") in found
        }
        owned = (found.get((f"MEMBER#{who}", f"COUPON#{coupon_id}")) for coupon_id in buying.coupon_ids)
        coupons = [coupon_of(item) for item in owned if item]
        drained = {sku for sku, row in rows.items() if _beside(row) > row.get("shards", 0) == 0}
        shelves, empty = self._shelves(rows, buying._replace(exactly=buying.exactly | drained))
        return Market(
            skus={sku: sku_of(row) for sku, row in rows.items() if "offer" in row},
            shelves=shelves,
            terms=terms_of(found.get(("TERMS", "CURRENT")), self._settings),
            member=member_of(found.get((f"MEMBER#{who}", "MEMBER")), who),
            coupons={coupon.coupon_id: coupon for coupon in coupons},
            empty=empty,
        )

    def shelves(self, skus: Iterable[str], channel: str) -> Shelves:
        """What lies where of *skus*, every shard read."""
        wanted = tuple(skus)
        found = self._items([(self._settings.stock_table, stock_key(sku)) for sku in wanted])
        rows = {pk.removeprefix("SKU#"): from_item(item) for (pk, _), item in found.items()}
        return self._shelves(rows, Buying(wanted, "", channel=channel, exactly=frozenset(wanted)))[0]

    def shipping_terms(self) -> ShippingTerms:
        """Tariffs, what is kept apart, and where warehouses are."""
        from shared.store.shipping_items import SHIPPING_KEY, shipping_terms_of

        found = self._items([(self._settings.catalogue_table, SHIPPING_KEY)])
        return shipping_terms_of(found.get(("TERMS", "SHIPPING")))

    def mark_sold_out(self, sku: str) -> None:
        """Let the SKU's first row say that every shard is empty, if at one moment all of them are.

        The transaction looks at every counter, so the flag is true when it is set; any release takes it off in
        its own transaction. Losing against another buyer, or a release, is no matter: somebody tries again.
        """
        table = self._settings.stock_table
        main = self._items([(table, stock_key(sku))])[f"SKU#{sku}", "STOCK"]
        rows, _ = self._shards({sku: from_item(main)}, frozenset({sku}))
        actions = [
            {"ConditionCheck": {"TableName": table, "Key": stock_key(sku, shard), **_all_empty(warehouses)}}
            for (_, shard), warehouses in rows.items()
            if shard
        ]
        flag = {"TableName": table, "Key": stock_key(sku), "UpdateExpression": "SET sold_out = :yes"}
        update = {"Update": flag | _still_laid_out(main, _all_empty(from_item(main)["warehouses"]))}
        with suppress(Conflict, Unavailable):
            transact(self._outside, [update, *actions], attempts=1)

    def _shelves(self, rows: Mapping[str, dict[str, Any]], buying: Buying) -> tuple[Shelves, tuple[str, ...]]:
        read, unsettled = self._shards(rows, buying.exactly)
        available: dict[str, dict[Place, int]] = {}
        quotas: dict[str, frozenset[str]] = {}
        for sku, row in rows.items():
            levels = _levels(sku, row, read, buying)
            available[sku] = {place: _sellable(level, buying.channel) for place, level in levels.items()}
            limited = {
                p.warehouse for p, level in levels.items() if buying.channel in level.get("channels", {})
            }
            quotas[sku] = frozenset(limited)
        empty = tuple(
            sku
            for sku in sorted(buying.exactly & rows.keys())
            if rows[sku].get("shards") and not any(available[sku].values()) and not rows[sku].get("sold_out")
        )
        return Shelves(available, quotas, buying.channel, unsettled), empty

    def _shards(
        self, rows: Mapping[str, dict[str, Any]], exactly: frozenset[str]
    ) -> tuple[dict[tuple[str, int], dict[str, Any]], frozenset[str]]:
        """(SKU, shard) -> warehouses, for the hot SKUs that are to be read exactly; and those that would not settle.

        A batch is no snapshot: a unit could move from a shard not read yet to one that was. So shards are read until
        two readings agree in how often each was moved; in between, all of it was true at once.
        """
        table = self._settings.stock_table
        hot = {sku: _beside(rows[sku]) for sku in exactly & rows.keys() if _beside(rows[sku])}
        keys = [(table, stock_key(sku, n)) for sku, shards in hot.items() for n in range(shards + 1)]
        read: dict[tuple[str, int], dict[str, Any]] = {}
        unsettled = frozenset(hot)
        for _ in range(READINGS_MAX if hot else 0):
            found = (from_item(item) for item in self._items(keys).values())
            again = {(row["sku"], row.get("shard", 0)): row for row in found}
            unsettled = frozenset(place[0] for place, row in again.items() if _moved(read.get(place), row))
            unsettled |= {sku for sku, shards in hot.items() if _beside(again[sku, 0]) != shards}
            read = again
            if not unsettled:
                break
        return {place: row["warehouses"] for place, row in read.items()}, unsettled

    def _items(self, keys: list[tuple[str, Item]]) -> dict[tuple[str, str], Item]:
        """What exists of *keys*, by pk and sk: no two tables share a pk."""
        found = {}
        for start in range(0, len(keys), KEYS_PER_CALL):
            wanted: dict[str, Any] = {}
            for table, key in keys[start : start + KEYS_PER_CALL]:
                wanted.setdefault(table, {"Keys": [], "ConsistentRead": True})["Keys"].append(key)
            for _, item in batch_get(self._outside, wanted):
                found[item["pk"]["S"], item["sk"]["S"]] = item
        return found

    def put_sku(self, sku: Sku) -> None:
        """Offer *sku*, or change how it is offered. Orders already placed keep what they were shown."""
        values = to_item({":offer": sku._asdict(), ":sku": sku.sku, ":none": {}})
        self._outside.aws(
            "dynamodb",
            "update_item",
            TableName=self._settings.stock_table,
            Key=stock_key(sku.sku),
            UpdateExpression="SET sku = :sku, offer = :offer, warehouses = if_not_exists(warehouses, :none)",
            ExpressionAttributeValues=values,
        )


def _still_laid_out(main: Item, empty: Mapping[str, Any]) -> dict[str, Any]:
    """The condition *empty*, and that the shards are those we looked at: spread anew, units may lie elsewhere."""
    conditions, values = [empty["ConditionExpression"]], empty["ExpressionAttributeValues"]
    for name in ("shards", "drained"):
        conditions.append(f"{name} = :{name}" if name in main else f"attribute_not_exists({name})")
    known = {f":{name}": main[name] for name in ("shards", "drained") if name in main}
    all_values = {**values, **known, ":yes": {"BOOL": True}}
    return {
        **empty,
        "ConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeValues": all_values,
    }


def sku_of(row: Mapping[str, Any]) -> Sku:
    """The offer of a stock row. Fields that a newer release added have their defaults."""
    offer = row["offer"]
    return Sku(**{name: offer[name] for name in Sku._fields if name in offer})


def _levels(
    sku: str, row: Mapping[str, Any], read: Mapping[tuple[str, int], Mapping[str, Any]], buying: Buying
) -> dict[Place, Mapping[str, Any]]:
    """Counters by place: the row's own, or of a hot SKU those of its shards, read or guessed."""
    shards, own = row.get("shards", 0), row.get("warehouses", {})
    if not _beside(row):
        return {Place(warehouse): level for warehouse, level in own.items()}
    if shards and row.get("sold_out"):
        return {}
    if sku in buying.exactly:
        places = ((n, read.get((sku, n), {})) for n in range(_beside(row) + 1))
        return {Place(w, n): level for n, warehouses in places for w, level in warehouses.items()}
    tried = buying.lot % shards + 1
    quotas = {w: dict.fromkeys(level.get("channels", {}), PLENTY) for w, level in own.items()}
    return {Place(w, tried): {"available": PLENTY, "channels": quotas[w]} for w in own}


def _beside(row: Mapping[str, Any]) -> int:
    """How many rows beside the first hold units of the SKU: its shards, and what was one until the last spread."""
    beside: int = max(row.get("shards", 0), row.get("drained", 0))
    return beside


def _sellable(level: Mapping[str, Any], channel: str) -> int:
    """Units that *channel* may still sell here: what is there, and no more than its quota has left."""
    return int(min(level["available"], level.get("channels", {}).get(channel, level["available"])))


def _moved(before: Mapping[str, Any] | None, row: Mapping[str, Any]) -> bool:
    return before is None or before.get("moves") != row.get("moves")


def _all_empty(warehouses: Mapping[str, Any]) -> dict[str, Any]:
    """The condition that nothing is available in any of *warehouses*, and that there are no others."""
    names = {f"#w{index}": warehouse for index, warehouse in enumerate(sorted(warehouses))}
    conditions = [f"warehouses.{name}.available = :none" for name in names]
    values = {":known": len(names)} | ({":none": 0} if names else {})
    return {
        "ConditionExpression": " AND ".join([*conditions, "size(warehouses) = :known"]),
        "ExpressionAttributeValues": to_item(values),
        **({"ExpressionAttributeNames": names} if names else {}),
    }
