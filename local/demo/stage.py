"""Where the lives of the demo's orders take place: the shop's people, its catalogue, its shelves, its clock."""

import os
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

from local.demo import made_up, tariffs
from local.demo.client import Client, Person
from local.demo.happened import Happened, Kind
from local.demo.invoices import Sale
from local.demo.made_up import Verdict
from local.demo.offers import Season, platform
from local.demo.tariffs import Tracked
from local.demo.watched import Watched
from shared.catalogue.publish import RECORDS_MAX, publish
from shared.changes import Caller, Request
from shared.commands import Shop
from shared.goods import Flag, Sku
from shared.instants import rfc3339
from shared.lifecycle import Actor
from shared.outside import Outside
from shared.settings import Settings
from shared.store.shelves import Reason, ShelfStore

WEEK = 7 * 86_400
Told = Callable[[str], None]  # Hears of what is done.
Life = Generator[int, None, None]  # Whenever it has to wait it yields the moment at which it goes on.
SHARDS = 4
QUOTA_PCT = 5
OPERATOR = Person("operator-1", "operator")
SUPPORT = Person("support-1", "support")
USUAL_WORK = {  # What a warehouse's system needs for a parcel, and what it tells of it.
    "times": {"accepted": 0, "picking": 4 * 3600, "packed": 6 * 3600, "shipped": 8 * 3600},
    "deliver": {"process.reported": "never"},
}


class Goods(NamedTuple):
    """An article of which no invoice speaks, and where it lies."""

    sku: Sku
    shelf: Mapping[str, int]  # warehouse -> units


@dataclass
class Record:
    """What became of one invoice."""

    sale: Sale
    order_id: str = ""  # Empty: the shop refused it.
    ordered_goods_minor: int = 0  # At list prices, like the invoice.
    is_cut: bool = False  # More lines than an order may have: the rest was left out.
    verdict: Verdict | None = None
    is_less: bool = False  # Than the invoice wanted: made do with less, or not all of it was found.


class Stage:
    """Everything that a life may use. *alone* keeps others out of the cloud while time passes."""

    def __init__(
        self, cloud: Watched, client: Client, alone: AbstractContextManager[Any] | None = None
    ) -> None:
        self.cloud, self.client, self._alone = cloud, client, alone or nullcontext()
        self.records: dict[str, Record] = {}
        self.happened: list[Happened] = []
        self.members: set[str] = set()  # Customers who have their wallet.
        self.strays_refused = 0
        self.taken_back: dict[str, list[str]] = {}  # What of a C invoice -> the cases that came of it.
        self.denied: Counter[str] = Counter()  # What was asked for, and must not be had -> times.
        self.seen_refunds: set[str] = set()  # Of cases, by number.
        self.price_changes = 0
        self.published: Counter[str] = Counter()
        self.hot = ("", "")  # The article in shards, and the one with a quota for the marketplace.
        self.season = tariffs.SEASONS[0]
        self.declared: list[Any] = []  # What customs was told of parcels.
        self.lies: list[Any] = []  # What somebody changed in providers' bills.
        self._cross_border: set[str] = set()
        self._prices: dict[str, int] = {}
        # The operator's own way in, so that stocking the shop is not counted as part of any order.
        outside, settings = Outside(), Settings.read(os.environ)
        self._shop, self._shelves = Shop.open(outside, settings), ShelfStore(outside, settings)

    def note(self, kind: Kind, order_id: str, amount_minor: int, subject: str = "ORDER") -> None:
        """Remember for the report what happened to an order, and which of its rows says how it ended."""
        self.happened.append(Happened(kind, order_id, amount_minor, subject))

    def took_back(self, number: str, cases: Iterable[str]) -> None:
        self.taken_back.setdefault(number, []).extend(cases)

    # --- time ---

    def now(self) -> int:
        return int(self.cloud.clock.now())

    def go_to(self, when: float) -> None:
        """Let time pass until *when*. Deadlines fire at their moments; poller and sweeper look round when there is
        something to find, and once a week in any case."""
        with self._alone:
            self.cloud.sweeper, begun = False, self.now()
            while (moment := self.cloud.rounds.next_moment()) is not None and moment <= when:
                self.cloud.advance(max(0, moment - self.now()))
                self.cloud.rounds.look_round()
            self.cloud.sweeper = begun // WEEK != when // WEEK
            self.cloud.advance(max(0, when - self.now()))

    # --- what the operator publishes ---

    def follow_by(self, season: Tracked) -> None:
        """From now on this tracker follows parcels, and its carriers take them. Everybody has the keys of all."""
        self.season = season
        with self._alone:
            self.cloud.agree_with_partners(warehouses=tariffs.SYSTEMS, tracker=season.tracker)
        for warehouse in tariffs.SYSTEMS:
            mode = USUAL_WORK | {"carrier": season.large}
            self.client.neighbour(f"/_warehouses/{warehouse}/mode", mode)
        self.publish("carrier_service", tariffs.services(season))

    def open_shop(
        self,
        season: Season,
        sales: Iterable[Sale],
        others: Sequence[Goods] = (),
        *,
        told: Told = lambda what: None,
    ) -> None:
        """Publish what holds for all; put every article on sale, at its first price, and on the shelves as many as
        all orders want. *others* bring their own shelves, and the sales of them want nothing else. *told* hears of
        each article that lies there."""
        own = {goods.sku.sku: goods for goods in others}
        sales = [sale for sale in sales if not own.keys() & {article.sku for article in sale.articles}]
        for kind, records in platform(season).items():
            self.publish(kind, records)
        self.follow_by(tariffs.SEASONS[0])
        first = {article.sku: article for sale in reversed(sales) for article in reversed(sale.articles)}
        self._offer(
            [*(made_up.sku_of(article) for article in first.values()), *(goods.sku for goods in others)]
        )
        self._prices = {article.sku: article.unit_price_minor for article in first.values()}
        self._prices |= {sku: goods.sku.unit_price_minor for sku, goods in own.items()}
        shelves = made_up.shelves(sales)
        self._fill(shelves | {sku: goods.shelf for sku, goods in own.items()}, told)
        hot, second = self.hot = made_up.most_wanted(sales)
        self.spread(hot)
        self.limit_channel(second, shelves[second])

    def offer(self, sale: Sale) -> None:
        """Let the operator put the prices of this day's invoice into the catalogue, where they changed."""
        changed = [a for a in sale.articles if self._prices[a.sku] != a.unit_price_minor]
        self.price_changes += len(changed)
        self._prices |= {article.sku: article.unit_price_minor for article in changed}
        self._offer(made_up.sku_of(article) for article in changed)

    def publish(self, kind: str, records: Iterable[Mapping[str, Any]]) -> None:
        """Publish as an operator does, forty records at a time."""
        rows = tuple(records)
        for start in range(0, len(rows), RECORDS_MAX):
            self.published[kind] += 1
            key = f"{kind}-{self.published[kind]}"
            operator = Caller(Actor.OPERATOR, OPERATOR.subject)
            request = Request(operator, key, sha256(key.encode()).hexdigest())
            chunk = rows[start : start + RECORDS_MAX]
            with self._alone:
                publish(self._shop, kind, chunk, caller=operator, now=self.now(), request=request)

    def _offer(self, skus: Iterable[Sku]) -> None:
        offered = tuple(skus)
        self._cross_border |= {sku.sku for sku in offered if Flag.CROSS_BORDER in sku.flags}
        self.publish("sku", (_record(sku) for sku in offered))

    def declare(self, sale: Sale, order_id: str) -> None:
        """Where goods cross a border, look at what customs is told."""
        if any(article.sku in self._cross_border for article in sale.articles):
            self.declared += self.client.get(SUPPORT, f"/orders/{order_id}/customs")["declarations"]

    def carrier_of(self, service: str | None) -> str:
        """Who runs this service now."""
        return self.season.small if (service or "").startswith("small-") else self.season.large

    def is_followed(self, waybill: str) -> bool:
        """Whether a tracker follows the parcel."""
        with self._alone:
            return self.cloud.neighbours.trackers.follows(waybill)

    # --- shelves ---

    def _fill(self, shelves: Mapping[str, Mapping[str, int]], told: Told) -> None:
        for sku, shelf in shelves.items():
            for warehouse, units in shelf.items():
                number = f"opening-{warehouse}"
                with self._alone:
                    self._shelves.receive(
                        sku=sku, warehouse=warehouse, quantity=units, movement_id=number, at=self.now()
                    )
            told(sku)

    def spread(self, sku: str) -> None:
        """Lay the units of a hot article into shards, so that its buyers do not queue up at one row."""
        with self._alone:
            self._shelves.spread(sku=sku, shards=SHARDS, why=Reason("opening-shards", self.now()))

    def limit_channel(self, sku: str, shelf: Mapping[str, int]) -> None:
        """Let the marketplace sell only so much of what lies there."""
        for warehouse, units in shelf.items():
            why = Reason(f"opening-quota-{warehouse}", self.now())
            quota = units * QUOTA_PCT // 100
            with self._alone:
                self._shelves.set_quota(
                    sku=sku, warehouse=warehouse, channel=made_up.MARKETPLACE, units=quota, why=why
                )


def list_price_of(order: Mapping[str, Any]) -> int:
    """What the goods of an answer cost before anything was taken off."""
    lines = [line for part in order["sub_orders"] for line in part["lines"]]
    return sum(line["quantity"] * line["unit_price"]["amount"] for line in lines)


def _record(sku: Sku) -> dict[str, Any]:
    """A SKU as it is published: a moment as text, and none where there is none."""
    values = sku._asdict() | {"flags": list(sku.flags), "ships_at": rfc3339(sku.ships_at)}
    if not sku.ships_at:
        del values["ships_at"]
    return values
