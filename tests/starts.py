"""How far an order has come when a test begins. Each returns the order's number."""

from tests.http_world import World


def placed(world: World) -> str:
    return world.place()


def paid(world: World) -> str:
    return world.placed_and_paid()


def shipped(world: World) -> str:
    order_id = world.placed_and_paid()
    world.ship_all(order_id)
    return order_id


def under_review(world: World) -> str:
    """Paid, with something made to order in it: people look at all of it first."""
    world.sells("BOW", "m-toys", 4_500, {"W1": 9}, flags=["made_to_order"])
    return world.placed_and_paid({"TEA": 3, "BOW": 2})


def refused_refund(world: World) -> str:
    """Everything was cancelled, the provider refused to send the money back, and would send it now."""
    order_id = world.place()
    payment = world.start(order_id)
    world.refund_mode(payment, "fail_for_good")
    world.pay(payment)
    world.cancel(order_id)
    world.refund_mode(payment, "succeed")
    return order_id
