"""Everything that the tables, the queues, the payment providers, the warehouses and the trackers say, at one moment, as
plain values.

Read past the product's own stores and models, so that what checks it does not believe it.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from local import queues
from local.cloud import Cloud

Row = dict[str, Any]
OF_ORDERS = ("ORDER#", "PARKED#")
PROVIDERS = ("alipay", "wechatpay", "stripe")
BUYERS_WISHES = ("no_reason", "other")  # Reasons of a case that are nobody's fault.
ENDED = ("completed", "replacing")
BACK = ("came_back", "incomplete", "written_off")
BUYERS_OWN = ("changed_mind", "late", "other")  # Reasons to refuse a parcel that are not its seller's fault.
NOT_STORED: dict[str, Row] = {  # When it is empty.
    "SUB": {
        "cancelled": {},
        "returned": {},
        "waived": {},
        "reduced": {},
        "withheld_minor": 0,
        "replaces": 0,
        "boost_seconds": 0,
        "freight_steps": [],
        "given_back_minor": 0,
        "extended": 0,
        "obstacle": "",
    },
    "PARCEL": {
        "service": "",
        "cost_minor": 0,
        "grams": 0,
        "cm3": 0,
        "transit_seconds": 0,
        "progress": "",
        "trouble": "",
        "refused": "",
        "reason": "",
    },
    "PAY": {"captured_minor": 0, "held_minor": 0, "refund_reserved_minor": 0},
    "REFUND": {"found": "", "is_owed": True, "paid_otherwise": ""},
    "CASE": {
        "units": {},
        "sources": {},
        "asked_minor": 0,
        "counted": {},
        "rates": {},
        "advance_minor": 0,
        "advance_refund": 0,
        "refund": 0,
        "replacement": 0,
        "postage_minor": 0,
        "points": 0,
        "evidence": [],
        "ruling": "",
    },
}


SEPARATED = "separated"


@dataclass(frozen=True)
class Whole:
    """One order's partition of the Orders table."""

    order_id: str
    rows: Mapping[str, Row]  # by sort key

    @property
    def order(self) -> Row:
        return self.rows["ORDER"]

    @property
    def lines(self) -> list[Row]:
        """The lines, as a buyer would count them: without those of parts that became an order of their own."""
        stored, elsewhere = (line for row in self.of("LINES") for line in row["lines"]), self.separated
        return [line for line in map(_line, stored) if line["sub_order"] not in elsewhere]

    @property
    def bought(self) -> list[Row]:
        """The lines that somebody paid for: without those that make good others, at no price."""
        return [line for line in self.lines if not line["replaces"]]

    @property
    def separated(self) -> set[int]:
        """Sub-orders that became an order of their own, by number."""
        subs = [row for sk, row in self.rows.items() if sk.startswith("SUB#")]
        return {int(row["number"]) for row in subs if row["state"] == SEPARATED}

    @property
    def snapshot(self) -> Row:
        """What was agreed when the order was placed; what is as usual is not stored."""
        found: Row = self.rows["LINES#01"].get("snapshot", {})
        return found

    def of(self, kind: str) -> list[Row]:
        """Rows of one kind: ``SUB``, ``PAY``, ``REFUND``, ``DISPUTE``, ``PARCEL``, ``SETTLE``, ``MOVE``,
        ``CASE``, ``LINES``, ``#EVENT``, ``#SEEN``, ``#TRACK``."""
        start = f"{kind}#"
        own = (self.rows[sk] for sk in sorted(sk for sk in self.rows if sk.startswith(start)))
        return [row for row in own if row.get("state") != SEPARATED]

    def lines_of(self, sub_order: Row) -> list[Row]:
        return [line for line in self.lines if line["sub_order"] == sub_order["number"]]

    def parcels_of(self, sub_order: Row) -> list[Row]:
        return [parcel for parcel in self.of("PARCEL") if parcel["sub_order"] == sub_order["number"]]

    def gone(self, line: Row) -> int:
        """Units of a line that its buyer pays no more: cancelled, come back, or paid back without that."""
        [sub_order] = [s for s in self.of("SUB") if s["number"] == line["sub_order"]]
        number = str(line["number"])
        return sum(int(sub_order[how].get(number, 0)) for how in ("cancelled", "returned", "waived"))

    def standing_in(self, line: Row) -> int:
        """Units of a line in whose place others were sent, and have not come to nothing."""
        roots = {one["number"]: one["replaces"] or one["number"] for one in self.lines}
        number, sent = line["number"], 0
        for case in self.of("CASE"):
            if case["replacement"] and str(number) in case["units"]:
                sent += sum(
                    one["quantity"]
                    for one in self.lines
                    if one["sub_order"] == case["replacement"] and one["replaces"] == roots[number]
                )
        return sent - sum(self.gone(one) for one in self.lines if one["replaces"] == number)

    def keeps_freight(self, sub_order: Row) -> bool:
        """Whether its freight stays paid although all its goods are gone: everything that came back, or was paid back,
        was not wanted any more by its buyer."""
        family = {s["number"] for s in self.of("SUB") if sub_order["number"] in (s["number"], s["replaces"])}
        cases = [case for case in self.of("CASE") if case["sub_order"] in family and case["state"] in ENDED]
        wishes = [case["reason"] in BUYERS_WISHES for case in cases if case["kind"] != "compensation"]
        for parcel in self.of("PARCEL"):
            by_case = parcel.get("is_given_up")
            if parcel["sub_order"] in family and parcel["state"] in BACK and not by_case:
                wishes.append(parcel["refused"] in BUYERS_OWN)
        return bool(wishes) and all(wishes)

    def states(self) -> Iterator[tuple[str, Row]]:
        """Every row of a lifecycle, with its sort key."""
        own = ((sk, row) for sk, row in sorted(self.rows.items()) if not sk.startswith("#"))
        return ((sk, row) for sk, row in own if "state" in row)


class Still(Whole):
    """An order that nobody changes while it is looked at: what every invariant asks for is put together once."""

    @cached_property
    def lines(self) -> list[Row]:
        return super().lines

    @cached_property
    def separated(self) -> set[int]:
        return super().separated

    @cached_property
    def _kinds(self) -> Mapping[str, list[Row]]:
        found = defaultdict[str, list[Row]](list)
        for sk, row in sorted(self.rows.items()):
            if row.get("state") != SEPARATED:
                found[sk[:1] + sk[1:].partition("#")[0]].append(row)
        return found

    def of(self, kind: str) -> list[Row]:
        return list(self._kinds.get(kind, ()))


@dataclass(frozen=True)
class World:
    now: int
    orders: Mapping[str, Whole]
    headless: list[str]  # Partitions without an order.
    stock: list[Row]
    moves: list[Row]  # What came onto the shelves without an order.
    vouchers: list[Row]  # Of orders, and of money that no order knows.
    statements: list[Row]  # Rows of merchants' accounts, and how far they were closed.
    catalogue: list[Row]  # Every version of everything published, and what is live.
    wallets: Mapping[str, Mapping[str, Row]]  # By member, by sort key.
    books: Mapping[str, Row]  # The providers', by reference; "provider" says whose.
    elsewhere: Mapping[
        str, int
    ]  # Provider -> what it says was paid into other accounts under our references.
    sent_back: list[Row]  # Refunds as the providers wrote them down: provider, reference, number, amount, at.
    parked: list[Row]  # What a provider told of orders that nobody knows.
    register: list[Row]  # What went wrong, open or closed.
    at_systems: Mapping[str, Row]  # Warehouse -> its own books: units by SKU, fulfilments, waybills.
    packages: Mapping[
        str, list[Row]
    ]  # Fulfilment -> what its warehouse says it sent: carrier, waybill, lines.
    sightings: Mapping[str, Mapping[str, list[Row]]]  # Tracker -> waybill -> what it saw: at, what.
    queued: Mapping[str, int]  # Dead-letter queue -> messages.
    lost: int  # What not even a dead-letter queue took.

    def still(self) -> "World":
        """The same, for whoever only looks at it."""
        return replace(
            self, orders={name: Still(whole.order_id, whole.rows) for name, whole in self.orders.items()}
        )


def world_of(cloud: Cloud) -> World:
    """Look at everything."""
    partitions, parked, register = _orders_table(cloud)
    wallets: dict[str, dict[str, Row]] = {}
    for item in cloud.items("MEMBERS_TABLE"):
        if item["pk"].startswith("MEMBER#"):
            wallets.setdefault(item["pk"].removeprefix("MEMBER#"), {})[item["sk"]] = plain(item)
    stock = [plain(item) for item in cloud.items("STOCK_TABLE")]
    ledger = [plain(item) for item in cloud.items("LEDGER_TABLE")]
    queued = {
        resource.name: len(queues.messages(resource.name))
        for resource in cloud.resources
        if resource.type == "AWS::SQS::Queue"
    }
    lost = len(cloud.targets.lost) + sum(len(pump.lost) for pump in cloud.pumps)
    orders = {number: Whole(number, rows) for number, rows in partitions.items() if "ORDER" in rows}
    return World(
        now=int(cloud.clock.now()),
        orders=orders,
        headless=sorted(number for number, rows in partitions.items() if "ORDER" not in rows),
        stock=[row for row in stock if row["sk"] == "STOCK"],
        moves=[row for row in stock if row["sk"].startswith("MOVE#")],
        vouchers=[
            row for row in ledger if row["sk"].startswith("VOUCHER#") and row["pk"].startswith(OF_ORDERS)
        ],
        statements=[row for row in ledger if row["pk"].startswith(("MERCHANT#", "CLOSING"))],
        catalogue=[plain(item) for item in cloud.items("CATALOGUE_TABLE")],
        wallets=wallets,
        books=_books(cloud),
        elsewhere={name: sum(cloud.providers.books(name)["elsewhere"].values()) for name in PROVIDERS},
        sent_back=[refund for name in PROVIDERS for refund in _sent_back(cloud, name)],
        parked=parked,
        register=register,
        queued=queued,
        at_systems=cloud.neighbours.warehouses.books(),
        packages=_packages(cloud),
        sightings={
            tracker: {waybill: parcel["events"] for waybill, parcel in parcels.items()}
            for tracker, parcels in cloud.neighbours.trackers.books().items()
        },
        lost=lost + len(cloud.sandbox.given_up) + _given_up(cloud, orders) + _undelivered(cloud),
    )


def _orders_table(cloud: Cloud) -> tuple[dict[str, dict[str, Row]], list[Row], list[Row]]:
    """Orders by number and sort key, what is parked, and the register."""
    partitions: dict[str, dict[str, Row]] = {}
    parked: list[Row] = []
    register: list[Row] = []
    for item in cloud.items("ORDERS_TABLE"):
        if item["pk"].startswith("ORDER#"):
            row = NOT_STORED.get(item["sk"].partition("#")[0], {}) | plain(item)
            partitions.setdefault(item["pk"].removeprefix("ORDER#"), {})[item["sk"]] = row
        if item["sk"] == "PARKED":
            parked.append(plain(item))
        if item["pk"].startswith("REGISTER#"):
            register.append(plain(item))
    return partitions, parked, register


def _books(cloud: Cloud) -> dict[str, Row]:
    """What each provider knows of each number of ours."""
    none = {"pending": 0, "withdrawn": 0, "reinstated": 0, "transactions": []}
    sandbox = cloud.sandbox.books()["references"]
    found = {number: none | {"provider": "sandbox"} | page for number, page in sandbox.items()}
    for name in PROVIDERS:
        pages = cloud.providers.books(name)["references"]
        found |= {number: {"provider": name} | page for number, page in pages.items()}
    return found


def _sent_back(cloud: Cloud, provider: str) -> Iterator[Row]:
    for trade in cloud.providers.providers[provider].house.books.trades:
        for refund in trade.refunds.values():
            yield {
                "provider": provider,
                "reference": trade.reference,
                "transaction_id": trade.transaction_id,
                "number": refund.number,
                "amount": refund.amount,
                "at": int(refund.requested_at),
            }


def _packages(cloud: Cloud) -> dict[str, list[Row]]:
    """What each warehouse with a system says of each parcel that it was ever pushed."""
    found: dict[str, list[Row]] = {}
    for warehouse in cloud.neighbours.warehouses.books():
        reply = cloud.neighbours.warehouses.answer("GET", f"/_warehouses/{warehouse}", {}, b"")
        held = json.loads(reply.body)["fulfillments"]
        found |= {number: fulfilment["packages"] for number, fulfilment in held.items()}
    return found


def _undelivered(cloud: Cloud) -> int:
    """Messages of warehouses and trackers that were never received."""
    neighbours = cloud.neighbours
    return len(neighbours.warehouses.deliveries.given_up) + len(neighbours.trackers.deliveries.given_up)


def _given_up(cloud: Cloud, orders: Mapping[str, Whole]) -> int:
    """Messages that a provider no longer sends. Those of orders that nobody knows we have kept ourselves."""
    known = {payment["reference"] for whole in orders.values() for payment in whole.of("PAY")}
    return sum(letter.reference in known for letter in cloud.providers.deliveries.given_up)


def plain(value: Any) -> Any:
    """Turn DynamoDB's decimals into whole numbers."""
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return value


LINE_FIELDS = (
    "number",
    "sub_order",
    "sku",
    "name",
    "merchant_id",
    "quantity",
    "unit_price_minor",
    "steps",
    "payable_minor",
    "weight_grams",
    "allocation",  # (warehouse, units, shard?, channel?)
    "points",
    "category",
    "spec",
    "flags",
    "volume_cm3",
    "size_class",
    "hs_code",
    "origin",
    "return_policy",
    "replaces",
)
AS_USUAL: Row = {
    "points": 0,
    "category": "",
    "spec": "",
    "flags": [],
    "volume_cm3": 0,
    "size_class": "",
    "hs_code": "",
    "origin": "",
    "return_policy": "",
    "replaces": 0,
}  # Not stored with a line.


def _line(stored: list[Any]) -> Row:
    return AS_USUAL | dict(zip(LINE_FIELDS, stored, strict=False))
