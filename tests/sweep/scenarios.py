"""Every command, once: what stands before it, the command itself, and what still has to happen after it.

The fault strikes inside ``act``; everything that ``act`` sets off (relay, machine, effects, schedules) is inside.
"""

from collections.abc import Mapping

from tests.http_world import DAY, World
from tests.starts import paid, placed, refused_refund, shipped
from tests.sweep.paying import PAYING
from tests.sweep.scenario import Scenario
from tests.sweep.shipping import SHIPPING
from tests.sweep.shopping import SHOPPING

SWEPT_AFTER = 61  # Seconds of grace, and one.
PAYABLE = 3 * 1999 + 4 * 12_901 + 333 + 2 * 800


def nothing(_world: World) -> str:
    return ""


def started(world: World, lines: Mapping[str, int] | None = None) -> str:
    order_id = world.place(lines)
    world.start(order_id)
    return order_id


def arrived(world: World) -> str:
    order_id = shipped(world)
    world.cloud.advance(3 * DAY)
    return order_id


def completed(world: World) -> str:
    order_id = arrived(world)
    world.receive(order_id)
    return order_id


def pays(world: World, order_id: str, **how: object) -> None:
    world.pay({"reference": f"{order_id}01", "amount": world.order(order_id)["payable"]}, **how)


def pays_other_money(world: World, order_id: str, amount: int, currency: str) -> None:
    world.pay({"reference": f"{order_id}01", "amount": {"amount": amount, "currency": currency}})


def pays_too_late(world: World, order_id: str) -> None:
    pays(world, order_id, even_if_closed=True)


def paid_at_the_second_try(world: World) -> str:
    """The first page was closed for the second, which was paid."""
    order_id = started(world)
    world.pay(world.start(order_id))
    return order_id


def cancelled_while_open(world: World) -> str:
    order_id = started(world)
    world.cancel(order_id)
    return order_id


def refund_that_is_pending(world: World) -> str:
    order_id = started(world)
    world.refund_mode({"reference": f"{order_id}01"}, "pending")
    pays(world, order_id)
    return order_id


def retries_refund(world: World, order_id: str) -> None:
    world.command(f"/orders/{order_id}/refunds/{order_id}R01/retry", {}, role="operator", who="op-1")


def merchant_cancels(world: World, order_id: str) -> None:
    path = f"/merchant/sub-orders/{order_id}-02/cancellation"
    world.command(path, {"reason": "out_of_stock"}, role="merchant", who="m-toys")


def paid_unnoticed(world: World) -> str:
    order_id = started(world)
    pays(world, order_id, deliver="never")
    return order_id


LIVES = (
    Scenario("place an order", nothing, lambda w, _: w.place()),
    Scenario("start a payment", placed, lambda w, o: w.start(o)),
    Scenario("payment succeeds", started, pays),
    Scenario("payment fails", started, lambda w, o: pays(w, o, outcome="failed")),
    Scenario("one fen too little", started, lambda w, o: pays_other_money(w, o, PAYABLE - 1, "CNY")),
    Scenario("another currency", started, lambda w, o: pays_other_money(w, o, PAYABLE, "USD")),
    Scenario("payment after the cancellation", cancelled_while_open, pays_too_late),
    Scenario("money on the page that was closed for another", paid_at_the_second_try, pays_too_late),
    Scenario("cancel before any try", placed, lambda w, o: w.cancel(o)),
    Scenario("cancel with an open try", started, lambda w, o: w.cancel(o)),
    Scenario("cancel what was paid unnoticed", paid_unnoticed, lambda w, o: w.cancel(o)),
    Scenario("time runs out before any try", placed, lambda w, _: w.cloud.advance(1801)),
    Scenario("time runs out with an open try", started, lambda w, _: w.cloud.advance(1801)),
    Scenario("time runs out on what was paid unnoticed", paid_unnoticed, lambda w, _: w.cloud.advance(1801)),
    Scenario("cancel some units", paid, lambda w, o: w.cancel(o, {1: 1, 2: 3})),
    Scenario("cancel everything paid", paid, lambda w, o: w.cancel(o)),
    Scenario("the merchant cancels its part", paid, merchant_cancels),
    Scenario("refund comes later", refund_that_is_pending, lambda w, o: (w.cancel(o), w.cloud.advance(DAY))),
    Scenario("refund is tried again", refused_refund, retries_refund),
    Scenario(
        "shipment is overdue", paid, lambda w, _: w.cloud.advance(2 * DAY + SWEPT_AFTER), is_polled=True
    ),
    Scenario("one parcel ships", paid, lambda w, o: w.ship(o, 1, parcels=1)),
    Scenario("everything ships", paid, lambda w, o: w.ship_all(o)),
    Scenario("the buyer confirms", shipped, lambda w, o: w.receive(o)),
    Scenario("receipt by time", arrived, lambda w, _: w.cloud.advance(7 * DAY + 1)),
    Scenario("settlement", completed, lambda w, _: w.cloud.advance(16 * DAY + SWEPT_AFTER), is_polled=True),
)
SCENARIOS = (*LIVES, *SHOPPING, *PAYING, *SHIPPING)
