"""Commands on orders with coupons, points, limits, reviews, goods taken at payment, shards, and very many products."""

import os

from shared.outside import Outside
from shared.settings import Settings
from shared.store.shelves import Reason, ShelfStore
from tests.http_world import DAY, OPENED_AT, World
from tests.starts import under_review
from tests.sweep.scenario import Scenario

LONG = 93  # Products: just more than one transaction holds, so two chunks.


def pays(world: World, order_id: str) -> None:
    world.pay({"reference": f"{order_id}01", "amount": world.order(order_id)["payable"]})


def started(world: World, order_id: str) -> str:
    world.start(order_id)
    return order_id


def paid(world: World, order_id: str) -> str:
    world.pay(world.start(order_id))
    return order_id


# --- coupons, points, limits ---


def a_full_purse(world: World) -> str:
    """A shop with something limited in it, and a buyer with a coupon and points. Returns the coupon's number."""
    world.sells("RARE", "m-toys", 1_000, {"W1": 9}, flags=["limited"], limit_per_buyer=3)
    world.gives_points(2_000)
    return world.gives_coupon("GIFT", off_minor=300)


def places_with_everything(world: World, coupon: str) -> str:
    return world.place({"TEA": 3, "RARE": 2}, coupons=[coupon], points=700)


def placed_with_everything(world: World) -> str:
    return places_with_everything(world, a_full_purse(world))


def started_with_everything(world: World) -> str:
    return started(world, placed_with_everything(world))


def paid_with_everything(world: World) -> str:
    return paid(world, placed_with_everything(world))


# --- reviews ---


def reviewable_and_unpaid(world: World) -> str:
    world.sells("BOW", "m-toys", 4_500, {"W1": 9}, flags=["made_to_order"])
    return started(world, world.place({"TEA": 3, "BOW": 2}))


def reviewed_with_points(world: World) -> str:
    world.sells("BOW", "m-toys", 4_500, {"W1": 9}, flags=["made_to_order"])
    world.gives_points(2_000)
    return paid(world, world.place({"TEA": 3, "BOW": 2}, points=700))


def escalated(world: World) -> str:
    order_id = reviewed_with_points(world)
    world.cloud.sweeper = True
    world.cloud.advance(DAY + 61)
    return order_id


# --- goods that are taken at payment ---


def deferred(world: World, levels: dict[str, int], others: int = 0) -> str:
    """An unpaid order of two lamps, to be paid in points, too; *others* were bought since."""
    world.sells("LAMP", "m-toys", 9_900, levels, flags=["deferred"])
    world.gives_points(2_000)
    order_id = started(world, world.place({"LAMP": 2, "TEA": 1}, points=700))
    if others:
        paid(world, world.place({"LAMP": others}))
    return order_id


def paid_unnoticed_and_moved(world: World) -> str:
    """Paid at the provider, who never told; the lamps that it was to take are another buyer's by now."""
    world.sells("LAMP", "m-toys", 9_900, {"W1": 2, "W2": 2}, flags=["deferred"])
    order_id = started(world, world.place({"LAMP": 2}))
    amount = world.order(order_id)["payable"]
    world.pay({"reference": f"{order_id}01", "amount": amount}, deliver="never")
    paid(world, world.place({"LAMP": 1}))
    return order_id


# --- shards ---


def a_hot_product(world: World, units: int) -> None:
    world.sells("HOT", "m-toys", 1_000, {"W1": units})
    world.command("/operator/stock/shards", {"sku": "HOT", "shards": 4}, role="operator", who="op-1")


def hot_and_paid(world: World) -> str:
    a_hot_product(world, 12)
    return paid(world, world.place({"HOT": 7}))


def sold_out_and_unpaid(world: World) -> str:
    a_hot_product(world, 4)
    order_id = world.place({"HOT": 4})
    assert world.send("POST", "/quotes", {"lines": [{"sku": "HOT", "quantity": 1}]}).status == 422
    return order_id


def asks_for_what_is_sold_out(world: World, _order_id: str) -> None:
    for _ in range(6):
        if world.send("POST", "/quotes", {"lines": [{"sku": "HOT", "quantity": 5}]}).status < 500:
            break


# --- very many products ---


def many(units: int = 1) -> dict[str, int]:
    return {f"m-many-{number:03}": units for number in range(1, LONG + 1)}


def stocked(world: World) -> str:
    world.sells_many(LONG, {"W1": 5})
    world.gives_points(2_000)
    return ""


def long_and_placed(world: World) -> str:
    stocked(world)
    return world.place(many())


def long_and_paid(world: World) -> str:
    return paid(world, long_and_placed(world))


def long_order_dies_before_it_is_held(world: World, _order_id: str) -> None:
    """What the second chunk would hold gets lost, before even the first one is held, and no fault hinders that."""
    world.cloud.settles = False
    world.place(many(units=2), points=700)
    world.cloud.settles = True
    shelves = ShelfStore(Outside(), Settings.read(os.environ))
    why = Reason("lost-1", OPENED_AT)
    shelves.adjust(sku=f"m-many-{LONG:03}", warehouse="W1", quantity=4, kind="lost", why=why)


SHOPPING = (
    Scenario("place with coupon, points and a limit", a_full_purse, places_with_everything),
    Scenario("pay with coupon, points and a limit", started_with_everything, pays),
    Scenario("cancel unpaid with coupon and points", started_with_everything, lambda w, o: w.cancel(o)),
    Scenario(
        "time runs out with coupon and points", placed_with_everything, lambda w, _: w.cloud.advance(1801)
    ),
    Scenario(
        "cancel some units with coupon and points", paid_with_everything, lambda w, o: w.cancel(o, {1: 2})
    ),
    Scenario("cancel everything with coupon and points", paid_with_everything, lambda w, o: w.cancel(o)),
    Scenario("pay what people look at", reviewable_and_unpaid, pays),
    Scenario("approve", under_review, lambda w, o: w.review(o)),
    Scenario("reject", reviewed_with_points, lambda w, o: w.review(o, "rejected")),
    Scenario("a review is overdue", under_review, lambda w, _: w.cloud.advance(DAY + 61), is_polled=True),
    Scenario("a review times out", escalated, lambda w, _: w.cloud.advance(DAY + 61), is_polled=True),
    Scenario("cancel what people look at", under_review, lambda w, o: w.cancel(o, {1: 1})),
    Scenario("pay for goods taken at payment", lambda w: deferred(w, {"W1": 5}), pays),
    Scenario("pay for goods found elsewhere", lambda w: deferred(w, {"W1": 2, "W2": 2}, others=1), pays),
    Scenario("pay for goods that are gone", lambda w: deferred(w, {"W1": 3}, others=2), pays),
    Scenario(
        "place an order of a hot product",
        lambda w: str(a_hot_product(w, 12)),
        lambda w, _: w.place({"HOT": 7}),
    ),
    Scenario(
        "time runs out on goods paid unnoticed", paid_unnoticed_and_moved, lambda w, _: w.cloud.advance(1801)
    ),
    Scenario("cancel a hot product", hot_and_paid, lambda w, o: w.cancel(o, {1: 5})),
    Scenario("the last one is sold", lambda w: str(a_hot_product(w, 4)), asks_for_what_is_sold_out),
    Scenario("the last one comes back", sold_out_and_unpaid, lambda w, o: w.cancel(o)),
    Scenario("place a long order", stocked, lambda w, _: w.place(many())),
    Scenario("a long order is short in the middle", stocked, long_order_dies_before_it_is_held),
    Scenario("cancel a long order unpaid", long_and_placed, lambda w, o: w.cancel(o)),
    Scenario("cancel a long order paid", long_and_paid, lambda w, o: w.cancel(o)),
    Scenario("ship a long order", long_and_paid, lambda w, o: w.ship_all(o)),
)
