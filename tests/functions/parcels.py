"""Warehouses and trackers as a test has them speak: what they are asked is written down, what they say is signed here.

The simulators of the laptop cloud are not asked: whatever goes to a partner ends in ``Partners``.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from functions.wiring import logger
from local.demo.invariants import violations
from local.gateway import Response
from local.partners import warehouse_secrets
from shared.outside import Answer, Call, outside
from tests.http_world import World

SITE = {"name": "Hangzhou one", "country": "CN", "region": "Zhejiang", "currency": "CNY"}
WAREHOUSES = ("W1", "W2")


class Message(NamedTuple):
    """A webhook before it is sent."""

    path: str
    body: bytes
    headers: dict[str, str]


class Partners:
    """Stands in for every warehouse's system and every tracker; ``answers`` is what they say, by method and place."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []  # method, place behind the warehouse, document
        self.answers: dict[str, tuple[int, Any]] = {
            "push": (201, {"status": "accepted"}),
            "cancel": (200, {"status": "pending"}),
            "query": (200, {"status": "accepted", "packages": []}),
            "return": (200, {"status": "accepted"}),
        }

    def __call__(self, call: Call, act: Callable[[], Any]) -> Any:
        if call.service != "http" or "/_warehouses/" not in call.request["url"]:
            return act()
        place = call.request["url"].partition("/_warehouses/")[2]
        document = json.loads(call.request["body"] or b"null")
        self.asked.append((call.operation, place, document))
        status, told = self.answers[_operation(call.operation, place)]
        return Answer(status, json.dumps(told).encode())


def _operation(method: str, place: str) -> str:
    if method == "GET":
        return "query"
    if place.endswith("/cancellation"):
        return "cancel"
    return "return" if place.endswith("/returns") else "push"


@contextmanager
def partners(world: World, *, tracker: str = "") -> Iterator[Partners]:
    """W1 and W2 have systems, whose keys we know. *tracker*: the one that we have parcels followed by."""
    world.cloud.agree_with_partners(warehouses=WAREHOUSES, tracker=tracker)
    for warehouse in WAREHOUSES:
        world.publish("warehouse", {"warehouse_id": warehouse, "interface": "wms", **SITE})
    stand_in = Partners()
    outside.around.append(stand_in)
    try:
        yield stand_in
    finally:
        with suppress(ValueError):  # The world's own fixture may have taken all of them off.
            outside.around.remove(stand_in)


# --- what a warehouse says ---


def fulfilment(order: str, parcel: int = 1, sub_order: int = 1) -> str:
    return f"{order}-{sub_order:02}-P{parcel:02}"


def event(kind: str, about: str, number: int = 1, /, **content: Any) -> dict[str, Any]:
    return {"event_id": f"ev-{number}", "type": kind, "created": 1, "fulfillment_id": about, **content}


def progressed(about: str, said: str, number: int = 1) -> dict[str, Any]:
    return event("process.reported", about, number, progress=said, at=1)


def package(waybill: str, units: dict[int, int], carrier: str = "sf") -> dict[str, Any]:
    lines = [{"line": line, "quantity": count} for line, count in units.items()]
    return {"carrier": carrier, "waybill": waybill, "lines": lines}


def confirmed(about: str, *packages: dict[str, Any], final: bool = True, number: int = 1) -> dict[str, Any]:
    return event("fulfillment.confirmed", about, number, final=final, packages=list(packages))


def stopped(about: str, *, accepted: bool, number: int = 1) -> dict[str, Any]:
    reason = {} if accepted else {"reason": "already_shipped"}
    return event("fulfillment.cancelled", about, number, accepted=accepted, **reason)


def counted(about: str, *lines: tuple[int, int, int, int], number: int = 1) -> dict[str, Any]:
    """*lines*: number, good, defect, scrap."""
    told = [dict(zip(("line", "good", "defect", "scrap"), line, strict=True)) for line in lines]
    return event("return.received", about, number, return_id=f"{about}-R", lines=told)


def sign(secret: str, moment: int, body: bytes) -> str:
    mac = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={mac}"


def message(
    world: World,
    told: dict[str, Any] | bytes,
    *,
    warehouse: str = "W1",
    secret: str | None = None,
    late: int = 0,
) -> Message:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    moment = int(world.cloud.clock.now()) - late
    signature = sign(secret or warehouse_secrets(warehouse)[0], moment, body)
    return Message(
        f"/webhooks/warehouses/{warehouse}",
        body,
        {"content-type": "application/json", "ordercycle-signature": signature},
    )


def post(world: World, sent: Message) -> Response:
    return world.cloud.http("POST", sent.path, sent.headers, sent.body)


def tell(world: World, told: dict[str, Any] | bytes, warehouse: str = "W1") -> str:
    """A warehouse says so, signed. Returns what became of it."""
    answer = post(world, message(world, told, warehouse=warehouse))
    assert answer.status == 200, answer.body
    return str(answer.json()["status"])


class Heard(logging.Handler):
    """What is logged under one message."""

    def __init__(self, about: str) -> None:
        super().__init__()
        self.about = about
        self.lines: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.msg == self.about:
            self.lines.append(record.__dict__["told"])


@contextmanager
def lines_of(about: str) -> Iterator[list[dict[str, Any]]]:
    """The log lines inside the block whose message is *about*, in their order."""
    heard, log = Heard(about), logging.getLogger(logger.service)
    before = log.level
    log.addHandler(heard)
    log.setLevel(logging.INFO)
    try:
        yield heard.lines
    finally:
        log.removeHandler(heard)
        log.setLevel(before)


def wrong(world: World) -> list[str]:
    """What does not add up. The stand-in keeps no books, so ours are compared with nobody's."""
    return [found for found in violations(world.cloud) if "warehouses agree" not in found]


# --- how far parcels come ---


def at_warehouse(world: World, lines: dict[str, int] | None = None) -> str:
    """Paid, and pushed to W1."""
    return world.placed_and_paid({"TEA": 3} if lines is None else lines)


def sent(world: World, waybill: str = "SF0000000001", units: int = 3) -> str:
    """Three units of tea, shipped by W1 in one parcel."""
    order = at_warehouse(world, {"TEA": units})
    assert tell(world, confirmed(fulfilment(order), package(waybill, {1: units}), number=900)) == "applied"
    return order


def report(world: World, order: str, parcel: int, said: str) -> None:
    body = {"said": said, "reason": "telephone"}
    world.command(f"/orders/{order}/parcels/{parcel}/report", body, role="support", who="s-1")


def parcels(world: World, order: str) -> list[tuple[str, dict[str, int]]]:
    """States and contents."""
    found = [p for s in world.order(order)["sub_orders"] for p in s["parcels"]]
    return [(parcel["state"], parcel["contents"]) for parcel in found]


def states(world: World, order: str) -> list[str]:
    return [s["state"] for s in world.order(order)["sub_orders"]]


def refunds(world: World, order: str) -> list[tuple[str, int, str]]:
    found = world.order(order)["refunds"]
    return [(refund["state"], refund["amount"]["amount"], refund["reason"]) for refund in found]
