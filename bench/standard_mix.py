"""What do a million orders of the standard mix cost? (DESIGN section 7.) Counted on real runs, then multiplied.

    of 100 orders                                                          pays   parts
    10     nobody opens a pay page; time runs out                          no     1
    10     a pay page is opened; time runs out, it is closed               no     1
    63.2   paid, shipped, received (4 of 10 say so), settled               yes    1
    12     the same, of two merchants                                      yes    2      15 % of those who pay
     4.8   received, one line of it sent back, counted, refunded           yes    1       6 % of those who pay

Every order has three lines. A buyer asks for one quote and
reads the order twice and the list once; a merchant reads the work list once for each part it ships. AfterShip follows
every parcel, and is told to send what means something: one push, "delivered". A push that moves nothing is counted
apart (``counted_push``).
"""

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from bench.cost_meter import Bill, Line, add_logs
from bench.log_tap import tapped
from bench.metering import metered
from bench.units import item_bytes
from local.clock import StandingClock
from local.demo.client import Client, Person, ProcessDoor
from local.demo.watched import Watched
from local.demo.world import plain
from local.partners import AFTERSHIP_WEBHOOK_SECRET
from local.schedules import Rate
from local.seed import seed
from local.template import Template
from shared.store.items import to_item

MILLION = 1_000_000
SWEEPS_PER_MONTH = 30 * 24 * 60
HOURS_PER_MONTH = 30 * 24
START = 1_795_300_200
MINUTE, HOUR, DAY = 60, 3600, 86_400
TRACKER = "aftership"
OK = 200
BUYER = Person("buyer-1", "buyer")
ONE_MERCHANT = ("TEA-LONGJING-250", "TEA-PUER-357", "CUP-CELADON-4")
TWO_MERCHANTS = ("TEA-LONGJING-250", "TEA-PUER-357", "LAMP-DESK-01")
ADDRESS = {
    "name": "A Buyer",
    "phone": "+44 20 0000 0000",
    "country": "GB",
    "city": "Anytown",
    "street": "1 Example Street",
}


class Counted(NamedTuple):
    """One run of one kind of order."""

    name: str
    per_hundred: Decimal
    bill: Bill
    stored_bytes: int


class People:
    """Everybody who has to do with one order."""

    def __init__(self, cloud: Watched, number: int) -> None:
        self._cloud, self._number, self._keys = cloud, number, 0
        self._waybills: list[str] = []
        self._client = Client(cloud, ProcessDoor(cloud))

    def command(self, who: Person, target: str, body: dict[str, Any]) -> Any:
        self._keys += 1
        answer = self._client.command(who, target, body, key=f"bench-{self._number}-{self._keys}")
        assert not answer.is_refusal or answer.value["code"] == "confirmation_required", answer
        return answer.value

    def order(self, skus: tuple[str, ...]) -> Any:
        lines = [{"sku": sku, "quantity": 1} for sku in skus]
        payable = self.command(BUYER, "/quotes", {"lines": lines})["payable"]
        body = {"lines": lines, "address": ADDRESS, "expected_payable": payable}
        order = self.command(BUYER, "/orders", body)
        self._client.get(BUYER, f"/orders/{order['order_id']}")
        return order

    def open_page(self, order: Any) -> str:
        reference = self.command(BUYER, f"/orders/{order['order_id']}/payments", {"provider": "sandbox"})[
            "reference"
        ]
        return str(reference)

    def pay(self, order: Any) -> None:
        self._client.provider(f"/payments/{self.open_page(order)}", order["payable"])
        self._client.get(BUYER, f"/orders/{order['order_id']}")
        self._client.get(BUYER, "/orders")

    def ship(self, order: Any) -> None:
        for part in order["sub_orders"]:
            merchant = Person(f"{part['merchant_id']}-clerk", "merchant", part["merchant_id"])
            [waiting] = self._client.get(merchant, "/merchant/orders")["sub_orders"]
            parcels = [
                {"parcel": parcel["parcel"], "carrier": "sf", "waybill": self._waybill(parcel["parcel"])}
                for parcel in waiting["parcels"]
            ]
            for parcel in parcels:
                self._keep_quiet(parcel["waybill"])
            self._waybills += [parcel["waybill"] for parcel in parcels]
            self.command(
                merchant, f"/merchant/sub-orders/{part['sub_order_id']}/shipment", {"parcels": parcels}
            )

    def arrive(self) -> None:
        """The tracker pushes that everything has been delivered."""
        self._push("Delivered", "Delivered_001")

    def move(self) -> None:
        """The tracker pushes that the parcels are somewhere else: nothing follows from it."""
        self._push("InTransit", "InTransit_003")

    def _waybill(self, parcel: int) -> str:
        return f"SF{self._number:04}{parcel:06}"

    def _keep_quiet(self, waybill: str) -> None:
        """The simulated tracker follows the parcel, and pushes nothing: this file does (``_push``)."""
        form = {"tracker": TRACKER, "journey": "silent", "deliver": "never"}
        path, body = f"/_trackers/{waybill}/journey", json.dumps(form).encode()
        reply = self._cloud.neighbours.trackers.answer("POST", path, {}, body)
        assert reply.status == OK, reply

    def _push(self, tag: str, subtag: str) -> None:
        """One push for each parcel, as AfterShip sends and signs it."""
        for waybill in self._waybills:
            moment = datetime.fromtimestamp(self._cloud.clock.now(), UTC).isoformat()
            seen = {"tag": tag, "subtag": subtag, "checkpoint_time": moment, "city": "Anytown"}
            about = {"tracking_number": waybill, "slug": "sf-express", "tag": tag, "subtag": subtag}
            event = {
                "event": "tracking_update",
                "event_id": f"{waybill}-{tag}",
                "ts": int(self._cloud.clock.now()),
            }
            body = json.dumps(event | {"msg": about | {"checkpoints": [seen]}}).encode()
            digest = hmac.digest(AFTERSHIP_WEBHOOK_SECRET.encode(), body, "sha256")
            headers = {
                "content-type": "application/json",
                "aftership-hmac-sha256": base64.b64encode(digest).decode(),
            }
            answer = self._cloud.http("POST", "/webhooks/carriers/aftership", headers, body)
            assert answer.status == OK, answer

    def confirm(self, order: Any) -> None:
        target = f"/orders/{order['order_id']}/receipt"
        token = self.command(BUYER, target, {})["confirm"]
        self.command(BUYER, target, {"confirm": token})

    def send_back(self, order: Any) -> None:
        """One unit of the first line: asked for, approved, sent, counted two days later by its merchant."""
        asked = {"sub_order": 1, "kind": "return_refund", "reason": "no_reason"}
        lines = {"lines": [{"line": 1, "quantity": 1}]}
        [case] = self.command(BUYER, f"/orders/{order['order_id']}/after-sales", asked | lines)["cases"]
        [part] = order["sub_orders"]
        merchant = Person(f"{part['merchant_id']}-clerk", "merchant", part["merchant_id"])
        self._client.get(merchant, "/merchant/after-sales")
        self.command(merchant, f"/merchant/after-sales/{case['case_id']}/decision", {"approve": True})
        waybill = {"carrier": "sf", "waybill": self._waybill(99)}
        self._keep_quiet(waybill["waybill"])
        self.command(BUYER, f"/after-sales/{case['case_id']}/waybill", waybill)
        self.wait(2 * DAY)
        counted = {"lines": [{"line": 1, "good": 1}]}
        self.command(merchant, f"/merchant/after-sales/{case['case_id']}/inspection", counted)

    def wait(self, seconds: int) -> None:
        self._cloud.advance(seconds)


def never_tried(people: People) -> None:
    people.order(ONE_MERCHANT)
    people.wait(DAY)


def never_paid(people: People) -> None:
    people.open_page(people.order(ONE_MERCHANT))
    people.wait(DAY)


def _delivered(people: People, skus: tuple[str, ...], *, is_confirmed: bool) -> None:
    order = people.order(skus)
    people.pay(order)
    people.wait(DAY)
    people.ship(order)
    people.wait(3 * DAY)
    people.arrive()
    people.wait(DAY)
    if is_confirmed:
        people.confirm(order)
    people.wait(30 * DAY)


def confirmed(people: People) -> None:
    _delivered(people, ONE_MERCHANT, is_confirmed=True)


def received_by_time(people: People) -> None:
    _delivered(people, ONE_MERCHANT, is_confirmed=False)


def confirmed_in_two(people: People) -> None:
    _delivered(people, TWO_MERCHANTS, is_confirmed=True)


def received_in_two_by_time(people: People) -> None:
    _delivered(people, TWO_MERCHANTS, is_confirmed=False)


def returned(people: People) -> None:
    order = people.order(ONE_MERCHANT)
    people.pay(order)
    people.wait(DAY)
    people.ship(order)
    people.wait(3 * DAY)
    people.arrive()
    people.wait(DAY)
    people.confirm(order)
    people.wait(2 * DAY)
    people.send_back(order)
    people.wait(30 * DAY)


MIX: tuple[tuple[str, Callable[[People], None]], ...] = (
    ("10", never_tried),
    ("10", never_paid),
    ("25.28", confirmed),
    ("37.92", received_by_time),
    ("4.8", confirmed_in_two),
    ("7.2", received_in_two_by_time),
    ("4.8", returned),
)


@contextmanager
def _open(template: Template) -> Iterator[Watched]:
    with Watched(template, StandingClock(START)) as cloud:
        cloud.sweeper = False
        cloud.agree_with_partners(warehouses=(), tracker=TRACKER)
        seed(cloud)
        yield cloud


def _sweep(cloud: Watched) -> None:
    """One look round: what has no schedule of its own is found by it (``Deadline.is_swept``)."""
    _let(cloud, [rate for rate in cloud.schedules.rates if rate.period_seconds < HOUR])


def _let(cloud: Watched, some: list[Rate]) -> None:
    """An hour passes, in which of all schedules that come again only *some* do."""
    every, cloud.schedules.rates = cloud.schedules.rates, some
    cloud.sweeper = True
    cloud.advance(HOUR)
    cloud.sweeper, cloud.schedules.rates = False, every


def counted_mix(template: Template) -> tuple[Counted, ...]:
    """Run one order of each kind and count it.

    What has no schedule of its own is found by one look round of the sweeper, whose own calls are taken off again: of
    those there are as many as minutes, however many orders there are.
    """
    assert sum(Decimal(share) for share, _ in MIX) == 100
    found, look = [], counted_sweep(template)
    with _open(template) as cloud:
        for number, (share, life) in enumerate(MIX):
            before = _stored(cloud)
            with tapped() as logs, metered(cloud, assumes_logs=False) as meter:
                life(People(cloud, number))
                _sweep(cloud)
            add_logs(meter.bill, logs.bytes)
            meter.bill.add_bill(look, -1)
            name = life.__name__.replace("_", " ")
            found.append(Counted(name, Decimal(share), meter.bill, _stored(cloud) - before))
    return tuple(found)


def counted_push(template: Template) -> Bill:
    """Count one push of a tracker that moves nothing."""
    with _open(template) as cloud:
        people = People(cloud, 0)
        order = people.order(ONE_MERCHANT)
        people.pay(order)
        people.wait(DAY)
        people.ship(order)
        people.wait(HOUR)
        with tapped() as logs, metered(cloud, assumes_logs=False) as meter:
            people.move()
    add_logs(meter.bill, logs.bytes)
    return meter.bill


def counted_sweep(template: Template) -> Bill:
    """Count one look round of the sweeper that finds nothing."""
    with _open(template) as cloud, tapped() as logs, metered(cloud, assumes_logs=False) as meter:
        _sweep(cloud)
    add_logs(meter.bill, logs.bytes)
    return meter.bill


def counted_hour(template: Template) -> Bill:
    """Count one hour's look at statements, bills and archive that finds nothing. What they do besides is done for each
    merchant, provider and day, however many orders there are: it is not in the price of one."""
    with _open(template) as cloud, tapped() as logs, metered(cloud, assumes_logs=False) as meter:
        _let(cloud, [rate for rate in cloud.schedules.rates if rate.period_seconds >= HOUR])
    add_logs(meter.bill, logs.bytes)
    return meter.bill


def bill_of_a_million(mix: tuple[Counted, ...], sweep: Bill, hour: Bill) -> Bill:
    """A million orders in a month: their calls, a month of keeping them, and all month the sweeper and the books."""
    bill = Bill()
    for kind in mix:
        bill.add_bill(kind.bill, kind.per_hundred * MILLION / 100)
        gigabytes = Decimal(kind.stored_bytes) / 2**30
        line = Line("dynamodb.storage_gb_month", "storage, one month", False)
        bill.add(line, gigabytes * kind.per_hundred * MILLION / 100)
    bill.add_bill(sweep, SWEEPS_PER_MONTH)
    bill.add_bill(hour, HOURS_PER_MONTH)
    return bill


def _stored(cloud: Watched) -> int:
    tables = ("ORDERS_TABLE", "LEDGER_TABLE")
    return sum(item_bytes(to_item(plain(item))) for table in tables for item in cloud.items(table))
