"""Stock that is taken when the order is paid (付款减库存): who pays first gets it, who pays too late gets it back."""

from typing import Any

from local.demo.invariants import violations
from tests.functions.ordering import happened, refused
from tests.functions.racing import struck_before
from tests.http_world import DAY, World, order_of

FREIGHT = 800


def sells_one(world: World, levels: dict[str, int] | None = None) -> None:
    world.sells("LAMP", "m-toys", 9_900, levels or {"W1": 1}, flags=["deferred"])


def comes_to_rest(world: World) -> None:
    world.cloud.settle()
    assert violations(world.cloud) == []
    for seconds in (60, 3600, 2 * DAY, 12 * DAY, 10 * DAY):
        world.cloud.advance(seconds)
    assert violations(world.cloud) == []


def test_an_order_takes_nothing_off_the_shelf_before_it_is_paid(world: World) -> None:
    sells_one(world)
    order = world.place({"LAMP": 1, "TEA": 1})
    unpaid = world.stock("LAMP"), world.stock("TEA")["W1"]["reserved"]

    world.pay(world.start(order))
    world.ship_all(order)

    assert unpaid == ({"W1": {"available": 1, "reserved": 0, "sold": 0}}, 1)
    assert world.stock("LAMP") == {"W1": {"available": 0, "reserved": 0, "sold": 1}}
    comes_to_rest(world)


def test_an_order_that_dies_unpaid_gives_nothing_back_that_it_never_took(world: World) -> None:
    sells_one(world)
    world.place({"LAMP": 1, "TEA": 1})

    world.cloud.advance(1800)

    assert world.stock("LAMP") == {"W1": {"available": 1, "reserved": 0, "sold": 0}}
    assert world.stock("TEA")["W1"] == {"available": 20, "reserved": 0, "sold": 0}
    comes_to_rest(world)


def test_of_two_who_pay_for_the_last_one_the_second_is_refunded_in_full_by_itself_and_told(
    world: World,
) -> None:
    sells_one(world)
    coupon = world.gives_coupon("GIFT", "b-2")
    world.gives_points(1_000, "b-2")
    first = world.place({"LAMP": 1}, who="b-1")
    second = world.place({"LAMP": 1, "TEA": 2}, who="b-2", coupons=[coupon], points=600)
    payments = world.start(first, "b-1"), world.start(second, "b-2")

    for payment in payments:
        world.pay(payment)

    paid = 9_900 + 2 * 1_999 - 500 - 600 + 2 * FREIGHT
    told = world.order(second, "b-2")
    assert world.order(first)["state"] == "awaiting_shipment"
    assert (told["state"], told["paid"]["amount"]) == ("cancelled", 0)
    assert [(r["amount"]["amount"], r["state"], r["reason"]) for r in told["refunds"]] == [
        (paid, "succeeded", "sold_out")
    ]
    events = world.send("GET", f"/orders/{second}/timeline", who="b-2").json()["events"]
    assert [e["event"] for e in events] == [
        "order_placed",
        "payment_started",
        "payment_unfilled",
        "refund_succeeded",
    ]
    assert world.wallet("b-2")["points"] == (1_000, 0, 0)
    assert world.wallet("b-2")["coupons"] == {"GIFT": "available"}
    assert world.cloud.sandbox.books()["totals"]["CNY"]["refunded"] == paid
    assert world.stock("TEA")["W1"] == {"available": 20, "reserved": 0, "sold": 0}
    comes_to_rest(world)


def test_two_payments_at_once_for_the_last_one_are_one_sale_and_one_refund(world: World) -> None:
    sells_one(world)
    slow, fast = world.place({"LAMP": 1}, who="b-1"), world.place({"LAMP": 1}, who="b-2")
    slow_payment, fast_payment = world.start(slow, "b-1"), world.start(fast, "b-2")

    with struck_before("payment_succeeded", lambda: world.pay(fast_payment)):
        world.pay(slow_payment)

    states = world.order(fast, "b-2")["state"], world.order(slow, "b-1")["state"]
    assert states == ("awaiting_shipment", "cancelled")
    assert (happened(world, "payment_succeeded"), happened(world, "payment_unfilled")) == (1, 1)
    assert world.cloud.sandbox.books()["totals"]["CNY"] == {
        "captured": 2 * (9_900 + FREIGHT),
        "refunded": 9_900 + FREIGHT,
    }
    comes_to_rest(world)


def test_a_payment_told_twice_takes_the_goods_once(world: World) -> None:
    world.sends_twice = True
    sells_one(world, {"W1": 5})
    order = world.place({"LAMP": 2})

    world.pay(world.start(order))

    assert world.stock("LAMP") == {"W1": {"available": 3, "reserved": 2, "sold": 0}}
    comes_to_rest(world)


def test_goods_that_are_gone_from_one_warehouse_are_taken_from_another(world: World) -> None:
    sells_one(world, {"W1": 2, "W2": 2})
    first, second = world.place({"LAMP": 2}, who="b-1"), world.place({"LAMP": 2}, who="b-2")

    for order, who in ((first, "b-1"), (second, "b-2")):
        world.pay(world.start(order, who))

    warehouses = [world.order(o, w)["sub_orders"][0]["parcels"] for o, w in ((first, "b-1"), (second, "b-2"))]
    assert [[parcel["warehouse"] for parcel in parcels] for parcels in warehouses] == [["W1"], ["W2"]]
    assert world.stock("LAMP") == {
        "W1": {"available": 0, "reserved": 2, "sold": 0},
        "W2": {"available": 0, "reserved": 2, "sold": 0},
    }
    comes_to_rest(world)


def test_who_would_order_what_is_sold_out_is_told_before_paying(world: World) -> None:
    sells_one(world)
    world.placed_and_paid({"LAMP": 1}, who="b-2")

    problems = refused(world, order_of({"LAMP": 1}))

    assert [problem["code"] for problem in problems] == ["sold_out"]


def test_a_refund_that_fails_at_first_goes_out_in_the_end(world: World) -> None:
    sells_one(world)
    first, second = world.place({"LAMP": 1}), world.place({"LAMP": 1}, who="b-2")
    payment: Any = world.start(second, "b-2")
    world.refund_mode(payment, "answer_lost")
    world.pay(world.start(first))

    world.pay(payment)
    world.cloud.advance(DAY)

    assert [refund["state"] for refund in world.order(second, "b-2")["refunds"]] == ["succeeded"]
    comes_to_rest(world)


def test_the_time_runs_out_while_what_is_sold_out_is_paid(world: World) -> None:
    sells_one(world)
    world.placed_and_paid({"TEA": 1}, who="b-2")
    order = world.place({"LAMP": 1})
    payment = world.start(order)
    world.placed_and_paid({"LAMP": 1}, who="b-2")

    with struck_before("payment_unfilled", lambda: world.cloud.advance(1801)):
        world.pay(payment)

    shown = world.order(order)
    assert (shown["state"], [refund["state"] for refund in shown["refunds"]]) == ("cancelled", ["succeeded"])
    comes_to_rest(world)
