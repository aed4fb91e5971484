"""Payments at Alipay, WeChat Pay and Stripe, their refunds and chargebacks, and what is found without being told."""

from collections.abc import Callable
from typing import Any

from tests.http_world import DAY, World
from tests.starts import refused_refund
from tests.sweep.scenario import Scenario

LINES, PAYABLE = {"TEA": 1, "KITE": 1}, 1999 + 333 + 2 * 800


def placed(world: World) -> str:
    return world.place(LINES)


def open_at(provider: str) -> Callable[[World], str]:
    def before(world: World) -> str:
        order_id = placed(world)
        world.opens(order_id, provider)
        return order_id

    return before


def paid_at(provider: str) -> Callable[[World], str]:
    def before(world: World) -> str:
        order_id = open_at(provider)(world)
        at(provider, world, order_id, "pay")
        return order_id

    return before


def at(provider: str, world: World, order_id: str, what: str, **form: Any) -> None:
    """*what* happens at the provider to the first try to pay."""
    world.at_provider({"provider": provider, "reference": f"{order_id}01"}, what, **form)


def opens(provider: str) -> Callable[[World, str], object]:
    return lambda world, order_id: world.start(order_id, provider=provider)


def happens(provider: str, what: str, **form: Any) -> Callable[[World, str], object]:
    return lambda world, order_id: at(provider, world, order_id, what, **form)


def paid_unnoticed(world: World) -> str:
    order_id = open_at("wechatpay")(world)
    at("wechatpay", world, order_id, "pay", deliver="never")
    return order_id


def cancelled_and_paid_unnoticed(world: World) -> str:
    order_id = open_at("stripe")(world)
    world.cancel(order_id)
    at("stripe", world, order_id, "pay", deliver="never", even_if_closed=True)
    return order_id


def charged_back(world: World) -> str:
    """Refused for good, then disputed: the promise waits for the bank."""
    order_id = paid_at("stripe")(world)
    at("stripe", world, order_id, "chargeback", amount=999, end="lost", after=100)
    return order_id


def gives(world: World, order_id: str) -> None:
    body = {"amount": 999, "reason": "late"}
    world.command(f"/orders/{order_id}/refunds", body, role="support", who="s-1")


def pays_out(world: World, order_id: str) -> None:
    path = f"/orders/{order_id}/refunds/{order_id}R01/payout"
    world.command(path, {"transfer": "TR-1"}, role="operator", who="op-1")


def cancels_and_waits(world: World, order_id: str) -> None:
    world.cancel(order_id)
    for seconds in (60, 600):
        world.cloud.advance(seconds)


def pays_before_we_know_of_the_try(world: World, order_id: str) -> None:
    amount = world.order(order_id)["payable"]
    world.pay({"reference": f"{order_id}01", "amount": amount})
    world.start(order_id)
    world.cloud.advance(120)


def waits(seconds: int) -> Callable[[World, str], object]:
    return lambda world, _: world.cloud.advance(seconds)


PAYING = (
    *(Scenario(f"start at {p}", placed, opens(p)) for p in ("alipay", "wechatpay", "stripe")),
    Scenario("start elsewhere with a page open", open_at("wechatpay"), opens("stripe")),
    *(Scenario(f"paid at {p}", open_at(p), happens(p, "pay")) for p in ("alipay", "wechatpay", "stripe")),
    Scenario("captured in part", open_at("stripe"), happens("stripe", "pay", outcome="partly", amount=999)),
    Scenario("a favour", paid_at("alipay"), gives),
    Scenario("everything back, which takes its time", paid_at("wechatpay"), cancels_and_waits),
    Scenario("paid out by bank", refused_refund, pays_out),
    Scenario("refunded by hand", paid_at("alipay"), happens("alipay", "refund", amount=999)),
    Scenario("charged back", paid_at("stripe"), happens("stripe", "chargeback", amount=999)),
    Scenario("a chargeback is lost", charged_back, waits(120)),
    Scenario("paid before we know of the try", placed, pays_before_we_know_of_the_try, is_polled=True),
    Scenario("found paid", paid_unnoticed, waits(300), is_polled=True),
    Scenario(
        "found paid a day after it was closed", cancelled_and_paid_unnoticed, waits(DAY + 60), is_polled=True
    ),
)
