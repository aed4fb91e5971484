"""The payment provider's own hand: webhooks signed independently of the product and of the sandbox."""

import hashlib
import hmac
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from functions.wiring import logger
from local.gateway import Response
from tests.http_world import World

HOOK = "/webhooks/payments/sandbox"
PAYABLE = 3 * 1999 + 4 * 12_901 + 333 + 2 * 800  # What the world's usual order costs.
ACCOUNT = "sandbox-ordercycle"


class Message(NamedTuple):
    """A webhook before it is sent."""

    body: bytes
    headers: dict[str, str]
    method: str = "POST"
    path: str = HOOK


class Told(logging.Handler):
    """What the callback logs of each message: the answer to its sender says success or failure alone."""

    def __init__(self) -> None:
        super().__init__()
        self.outcomes: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.msg == "webhook":
            self.outcomes.append(str(record.__dict__["told"]["outcome"]))


@contextmanager
def what_is_told() -> Iterator[list[str]]:
    """The outcomes of the webhooks inside the block, in their order."""
    told, log = Told(), logging.getLogger(logger.service)
    before = log.level
    log.addHandler(told)
    log.setLevel(logging.INFO)
    try:
        yield told.outcomes
    finally:
        log.removeHandler(told)
        log.setLevel(before)


def secret(world: World) -> bytes:
    return world.cloud.sandbox_secret().encode()


def sign(key: bytes, moment: int, body: bytes) -> str:
    return hmac.new(key, f"{moment}.".encode() + body, hashlib.sha256).hexdigest()


def at(world: World, seconds: int = 0) -> int:
    return int(world.cloud.clock.now()) + seconds


def event(kind: str = "payment.succeeded", number: int = 1, /, **data: Any) -> dict[str, Any]:
    """An event of the provider about *data*'s reference. An amount is of minor units of CNY."""
    amount = {"amount": data.pop("amount", PAYABLE), "currency": data.pop("currency", "CNY")}
    facts = {"transaction_id": f"txn_{number}", "account": ACCOUNT, "amount": amount} | data
    return {"id": f"evt_{number}", "type": kind, "created": 1, "data": facts}


def genuine(world: World, told: dict[str, Any]) -> Message:
    return signed(json.dumps(told).encode(), secret(world), at(world))


def signed(body: bytes, key: bytes, moment: int) -> Message:
    return Message(body, {"ordercycle-signature": f"t={moment},v1={sign(key, moment, body)}"})


def deliver(world: World, message: Message) -> Response:
    headers = {"content-type": "application/json", **message.headers}
    return world.cloud.http(message.method, message.path, headers, message.body)


def tell(world: World, told: dict[str, Any]) -> tuple[int, str]:
    """Send a genuine message. Returns the answer's status, and what became of the message."""
    with what_is_told() as outcomes:
        answer = deliver(world, genuine(world, told))
    assert answer.json() == {"status": answer.status}, answer
    [outcome] = outcomes
    return answer.status, outcome


def waiting(world: World) -> str:
    """An order whose first try to pay is open. Returns its number; the try's is that and 01."""
    order = world.place()
    world.start(order)
    return order
