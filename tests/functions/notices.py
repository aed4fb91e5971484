"""Genuine notices of Alipay, WeChat Pay and Stripe, as the simulated providers sign them, before they are sent."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl

from local.providers.deliveries import Deliveries, Letter
from tests.functions.provider import Message
from tests.http_world import World

PROVIDERS = ("alipay", "wechatpay", "stripe")
SUCCESS = {  # What each of them takes for "received", byte for byte.
    "alipay": (200, "text/plain", b"success"),
    "wechatpay": (200, "application/json", b'{"code":"SUCCESS","message":"OK"}'),
    "stripe": (200, "application/json", b'{"received":true}'),
}
FAILURE = {  # And what for "not received". None of it says why.
    "alipay": ("text/plain", b"failure"),
    "wechatpay": ("application/json", b'{"code":"FAIL","message":"FAIL"}'),
    "stripe": ("application/problem+json", b'{"title":"not accepted"}'),
}


def notice_of(world: World, payment: dict[str, Any], what: str = "pay", **form: Any) -> Message:
    """*what* happens at the provider, which keeps what it would tell us of it. Sealed now."""
    world.at_provider(payment, what, **{"deliver": "never"} | form)
    return last_notice(world, payment)


def last_notice(world: World, payment: dict[str, Any]) -> Message:
    """The last notice about this try to pay, sealed now."""
    return sealed(world, world.cloud.providers.deliveries.last[payment["provider"], payment["reference"]])


def sealed(world: World, letter: Letter) -> Message:
    """A notice as the provider would send it now: the same event, signed at this moment."""
    headers, body = world.cloud.providers.providers[letter.provider].seal(letter)
    return Message(body, headers, path=letter.path)


@contextmanager
def held_back() -> Iterator[list[Letter]]:
    """What providers want to tell inside the block lies in the list, and is not sent."""
    kept: list[Letter] = []
    usual = Deliveries.announce
    Deliveries.announce = lambda _self, letter, _delays: kept.append(letter)  # type: ignore[method-assign]
    try:
        yield kept
    finally:
        Deliveries.announce = usual  # type: ignore[method-assign]


def fields_of(message: Message) -> dict[str, str]:
    """Alipay's form."""
    return dict(parse_qsl(message.body.decode(), keep_blank_values=True, strict_parsing=True))


def document_of(message: Message) -> dict[str, Any]:
    """WeChat Pay's or Stripe's JSON."""
    document: dict[str, Any] = json.loads(message.body)
    return document


def told(answer: Any) -> tuple[int, str, bytes]:
    """An answer, as a provider reads it."""
    return answer.status, answer.headers.get("content-type", ""), answer.body
