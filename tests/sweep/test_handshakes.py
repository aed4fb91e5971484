"""The closing handshake: every answer of each provider's close, before, in the middle of, and after the payment.

``make sweep`` plays all of them; ``make test`` every eleventh, so that each answer and each moment is met.
"""

from itertools import product

import pytest

from tests.functions.books import refunds, states, the_books_agree
from tests.functions.notices import PROVIDERS, notice_of
from tests.http_world import DAY, World
from tests.sweep.sweeping import IN_FULL

TEA, PAYABLE = {"TEA": 1}, 1999 + 800
FAULTS = ("", "timeout", "slow", "500", "500_done", "garbled", "unsigned")
WHEN = ("never", "before", "at it just now", "after")
WHO = ("time", "buyer")
STEP = 1 if IN_FULL else 11  # Prime to how many there are of each.
HANDSHAKES = [h for h in product(PROVIDERS, FAULTS, WHEN, WHO) if h[:2] != ("stripe", "unsigned")][::STEP]


@pytest.fixture
def shop(world: World) -> World:
    """A shop of its own for each."""
    world.reset()
    return world


def reserved(world: World) -> int:
    return sum(level["reserved"] for level in world.stock("TEA").values())


@pytest.mark.parametrize(
    ("provider", "fault", "when", "who"), HANDSHAKES, ids=[" ".join(filter(None, h)) for h in HANDSHAKES]
)
def test_whatever_the_provider_answers_money_and_goods_end_where_they_belong(
    shop: World, provider: str, fault: str, when: str, who: str
) -> None:
    order = shop.place(TEA)
    payment = shop.opens(order, provider)
    if fault:
        shop.desk(f"{provider}/faults", {"next": 2, "fault": fault, "on": "close"})
    if when == "before":
        notice_of(shop, payment)  # Paid, and nobody tells.
    if when == "at it just now":
        shop.at_provider(payment, "pay", outcome="paying")

    if who == "buyer":
        shop.cancel(order)
    else:
        shop.cloud.advance(1800)
    between = (states(shop, order)["ORDER"], reserved(shop))
    for seconds in (90, 90):
        shop.cloud.advance(seconds)
    if when == "at it just now":
        shop.at_provider(payment, "pay", deliver="never", even_if_closed=True)
    if when == "after":
        shop.cloud.advance(600)
        shop.at_provider(payment, "pay", even_if_closed=True)
    for seconds in (400, 3600, DAY + 400, 400):
        shop.cloud.advance(seconds)

    is_paid = when in ("before", "at it just now")
    if when == "at it just now" and provider == "alipay":  # Which does not tell that somebody is at it.
        is_paid = states(shop, order)["ORDER"] == "paid"
    assert between[0] != "cancelled" or between[1] == 0
    assert between[0] != "closing" or between[1] == 1  # Not released before it is closed.
    assert states(shop, order)["ORDER"] == ("paid" if is_paid else "cancelled")
    assert shop.order(order)["paid"]["amount"] == (PAYABLE if is_paid else 0)
    assert refunds(shop, order) == ([("succeeded", PAYABLE)] if when != "never" and not is_paid else [])
    assert reserved(shop) == (1 if is_paid else 0)
    the_books_agree(shop)
