"""Forged notices of Alipay, WeChat Pay and Stripe over HTTP: refused in the provider's own words, with zero writes.

Each is made from what the provider would really post about a real open order; the order stays unpaid by all of them.
"""

import logging
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from functions import wiring
from tests.functions import forged_alipay, forged_stripe, forged_wechatpay
from tests.functions.notices import FAILURE, PROVIDERS, SUCCESS, notice_of, told
from tests.functions.provider import Message
from tests.functions.watching import nothing_happens
from tests.http_world import World

FORGED = {
    "alipay": forged_alipay.FORGED,
    "wechatpay": forged_wechatpay.FORGED,
    "stripe": forged_stripe.FORGED,
}
UNREADABLE = {
    "alipay": forged_alipay.UNREADABLE,
    "wechatpay": forged_wechatpay.UNREADABLE,
    "stripe": forged_stripe.UNREADABLE,
}
ALL = [
    (p, kind, name) for kind, table in enumerate((FORGED, UNREADABLE)) for p in PROVIDERS for name in table[p]
]
WORD = 14  # So long a word with a digit in it is nobody's everyday word.
LONG_WORD = re.compile(rf"[0-9A-Za-z_+/]{{{WORD},}}")


class Scene(NamedTuple):
    """An open order at each provider, and what the provider would post when it is paid."""

    world: World
    orders: dict[str, str]
    genuine: dict[str, Message]


@pytest.fixture(scope="module")
def scene(opened: World) -> Scene:
    opened.reset()
    orders, genuine = {}, {}
    for provider in PROVIDERS:
        orders[provider] = opened.place({"TEA": 1})
        genuine[provider] = notice_of(opened, opened.opens(orders[provider], provider))
    return Scene(opened, orders, genuine)


class Heard(logging.Handler):
    """Every log record, with everything that hangs on it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text += f"{record.getMessage()} {record.__dict__} {record.exc_info}\n"


@pytest.fixture
def heard() -> Iterator[Heard]:
    handler, log = Heard(), logging.getLogger(wiring.logger.service)
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    yield handler
    log.removeHandler(handler)
    log.setLevel(before)


def post(scene: Scene, message: Message) -> tuple[int, str, bytes]:
    return told(scene.world.cloud.http("POST", message.path, message.headers, message.body))


def pieces(message: Message) -> list[str]:
    """What of a message must stand in no log: every number, signature and sealed text of it."""
    headers = " ".join(value for name, value in message.headers.items() if "signature" in name)
    text = message.body.decode("utf-8", "replace") + headers
    return [word[:WORD] for word in LONG_WORD.findall(text) if any(sign.isdigit() for sign in word)]


@pytest.mark.parametrize(
    ("provider", "kind", "name"), ALL, ids=[f"{p}: {'signed, ' * kind}{name}" for p, kind, name in ALL]
)
def test_a_forgery_is_refused_in_the_providers_own_words_and_writes_nothing(
    scene: Scene,
    heard: Heard,
    capsys: pytest.CaptureFixture[str],
    provider: str,
    kind: int,
    name: str,
) -> None:
    forged = (FORGED, UNREADABLE)[kind][provider][name](scene.genuine[provider])
    assert forged != scene.genuine[provider]

    with nothing_happens(scene.world) as calls:
        answer = post(scene, forged)

    printed = capsys.readouterr()
    logged = heard.text + printed.out + printed.err
    assert answer == (401, *FAILURE[provider])
    assert calls == []  # No table was read, no secret fetched, no provider asked.
    assert heard.text.count("refused") >= 1
    assert [piece for piece in pieces(forged) if piece in logged] == []


def test_there_are_enough_of_them() -> None:
    assert {provider: len(FORGED[provider]) >= 25 for provider in PROVIDERS} == dict.fromkeys(PROVIDERS, True)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_message_of_more_than_256_kib_is_not_even_read(scene: Scene, provider: str) -> None:
    message = scene.genuine[provider]
    too_much = message._replace(body=message.body + b"x" * (256 * 1024 + 1 - len(message.body)))

    with nothing_happens(scene.world) as calls:
        answer = post(scene, too_much)

    assert answer == (413, *FAILURE[provider])
    assert calls == []


@pytest.mark.parametrize("sender", PROVIDERS)
@pytest.mark.parametrize("door", PROVIDERS)
def test_what_one_provider_signed_opens_no_other_door(scene: Scene, sender: str, door: str) -> None:
    if sender == door:
        pytest.skip("its own door")
    message = scene.genuine[sender]._replace(path=f"/webhooks/payments/{door}")

    with nothing_happens(scene.world) as calls:
        answer = post(scene, message)

    assert answer == (401, *FAILURE[door])
    assert calls == []


def test_after_all_of_them_the_genuine_ones_pay(scene: Scene) -> None:
    """They stood behind every forgery: so it was what was forged that was refused."""
    for provider in PROVIDERS:
        assert post(scene, scene.genuine[provider]) == SUCCESS[provider]

    states = {provider: scene.world.order(order)["state"] for provider, order in scene.orders.items()}
    assert states == dict.fromkeys(PROVIDERS, "awaiting_shipment")
