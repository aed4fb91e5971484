"""Orders whose stock rows no transaction holds: received at once, held in chunks, from then on like any other."""

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any

import pytest

from local.demo.invariants import violations
from local.worlds import World as Snapshot
from shared.commands import Shop
from shared.ordering.placing import move_stock
from shared.outside import outside
from shared.settings import Settings
from tests.functions.ordering import codes, happened, problems_in, refused
from tests.functions.racing import struck_before
from tests.functions.watching import nothing_happens, problem_of, recording
from tests.http_world import DAY, SWEPT, World, order_of

MINUTES = 60


SHELVES = {
    "m-many": (500, {"W1": 5}),
    "m-few": (170, {"W1": 1, "W2": 1}),
}  # So many products, each lying there.


@pytest.fixture(scope="module")
def stocked(opened: World) -> Snapshot:
    opened.reset()
    for merchant, (size, levels) in SHELVES.items():
        opened.sells_many(size, levels, merchant)
    return opened.snapshot()


@pytest.fixture
def world(opened: World, stocked: Snapshot) -> Iterator[World]:
    """A shop that has just opened, with hundreds of products."""
    opened.cloud.settles = True
    opened.cloud.before.clear()
    opened.begin_again(stocked)
    yield opened
    outside.around.clear()


def many(count: int, merchant: str = "m-many", units: int = 1) -> dict[str, int]:
    """An order of so many products: SKU to units."""
    return {f"{merchant}-{number:03}": units for number in range(1, count + 1)}


def held(world: World, wanted: Iterable[str]) -> dict[str, int]:
    """The sum of every counter over all products of an order."""
    keys = {f"SKU#{sku}" for sku in wanted}
    rows = [row for row in world.rows("STOCK_TABLE") if row["sk"] == "STOCK" and row["pk"] in keys]
    levels = [level for row in rows for level in row["warehouses"].values()]
    return {name: sum(int(level[name]) for level in levels) for name in ("available", "reserved", "sold")}


def transfers(world: World) -> list[tuple[str, str]]:
    rows = [row for row in world.rows() if row["sk"].startswith("MOVE#")]
    return sorted((row["kind"], row["state"]) for row in rows)


def received_only(world: World, wanted: dict[str, int], **more: Any) -> str:
    """An order that was received, and nothing of what follows from it has happened yet."""
    world.cloud.settles = False
    answer = world.send("POST", "/orders", order_of(wanted, **more))
    assert answer.status == 201, answer.body
    return str(answer.json()["order_id"])


def goes_on(world: World) -> None:
    world.cloud.settles = True
    world.cloud.settle()


def comes_to_rest(world: World) -> None:
    world.cloud.settle()
    assert violations(world.cloud) == []
    for seconds in (60, 3600, 2 * DAY, 12 * DAY, 10 * DAY):
        world.cloud.advance(seconds)
    assert violations(world.cloud) == []


def test_ninety_products_are_held_at_once_and_as_many_as_do_not_fit_in_chunks(world: World) -> None:
    ninety, more = many(90), many(93)

    at_once = world.send("POST", "/orders", order_of(ninety))
    in_chunks = world.send("POST", "/orders", order_of(more))

    assert (at_once.status, at_once.json()["state"]) == (201, "pending_payment")
    assert (in_chunks.status, in_chunks.json()["state"]) == (201, "placing")
    assert world.order(in_chunks.json()["order_id"])["state"] == "pending_payment"
    assert held(world, more) == {"available": 93 * 5 - 90 - 93, "reserved": 90 + 93, "sold": 0}
    comes_to_rest(world)


@pytest.mark.parametrize(("size", "begins"), [(90, "pending_payment"), (93, "placing"), (500, "placing")])
def test_an_order_of_so_many_products_lives_to_its_settlement(world: World, size: int, begins: str) -> None:
    wanted = many(size)
    payable = size * 100 + 800

    order = received_only(world, wanted)
    placing = world.order(order)
    goes_on(world)
    placed = world.order(order)
    world.pay(world.start(order))
    paid = world.order(order)
    world.ship_all(order)
    shipped = world.order(order)["state"], held(world, wanted)
    world.receive(order)
    world.cloud.advance(16 * DAY + SWEPT)  # Nobody may ask for anything any more.

    assert (placing["state"], placed["state"], paid["state"]) == (
        begins,
        "pending_payment",
        "awaiting_shipment",
    )
    assert placed["payable"]["amount"] == paid["paid"]["amount"] == payable
    assert shipped == ("awaiting_receipt", {"available": 4 * size, "reserved": 0, "sold": size})
    assert world.order(order)["state"] == "completed"
    assert world.accounts() == {"clearing:sandbox": payable, "merchant:m-many": -payable}
    comes_to_rest(world)


def test_placing_five_hundred_products_is_six_read_batches_and_one_transaction(world: World) -> None:
    world.cloud.settles = False

    with recording() as calls:
        world.send("POST", "/orders", order_of(many(500)))

    assert [call.operation for call in calls] == ["batch_get_item"] * 6 + ["transact_write_items"]


def test_five_hundred_and_one_lines_are_too_many(world: World) -> None:
    problems = refused(world, order_of(many(501)))

    assert codes(problems) == [("too_many_lines", "/lines")]
    assert (problems[0]["maximum"], problems[0]["wanted"]) == (500, 501)


def test_while_its_goods_are_being_held_an_order_can_be_read_and_cancelled_and_not_paid(world: World) -> None:
    wanted = many(120)
    order = received_only(world, wanted)

    shown = world.order(order)
    with nothing_happens(world):
        paying = world.send("POST", f"/orders/{order}/payments", {"provider": "sandbox"})

    offered = {action["action"]: action["allowed"] for action in shown["allowed_actions"]}
    assert [action for action, is_allowed in offered.items() if is_allowed] == ["cancel"]
    assert [(c["about"], c["event"], c["seconds"]) for c in shown["countdowns"]] == [
        ("MOVE#01", "transfer_overdue", 5 * MINUTES),
        ("ORDER", "placing_timed_out", 5 * MINUTES),
    ]
    problem_of(paying, 409, "transition_refused")
    assert held(world, wanted)["reserved"] == 0


def test_coupons_points_and_limits_are_locked_when_a_long_order_is_received(world: World) -> None:
    coupon = world.gives_coupon("GIFT")
    world.gives_points(1_000)

    order = received_only(world, many(120), coupons=[coupon], points=1_000)
    locked = world.wallet()
    goes_on(world)
    world.pay(world.start(order))
    used = world.wallet()
    world.cancel(order)

    assert (locked["points"], locked["coupons"]) == ((0, 1_000, 0), {"GIFT": "locked"})
    assert (used["points"], used["coupons"]) == ((0, 0, 1_000), {"GIFT": "used"})
    assert (world.wallet()["points"], world.wallet()["coupons"]) == ((1_000, 0, 0), {"GIFT": "available"})
    comes_to_rest(world)


def test_a_long_order_cancelled_before_anything_was_held_gives_nothing_back_that_it_never_had(
    world: World,
) -> None:
    wanted = many(120)
    order = received_only(world, wanted)

    world.cancel(order)
    goes_on(world)

    assert world.order(order)["state"] == "cancelled"
    assert held(world, wanted) == {"available": 600, "reserved": 0, "sold": 0}
    assert transfers(world) == [("reserve", "dropped")]
    comes_to_rest(world)


def on_the(number: int, act: Callable[[], object]) -> Callable[[], object]:
    """*act*, when this is called for the *number*th time."""
    calls = count(1)
    return lambda: act() if next(calls) == number else None


@pytest.mark.parametrize(("event", "time"), [("stock_moved", 1), ("stock_moved", 2), ("order_placed", 1)])
def test_a_buyer_who_cancels_while_a_chunk_is_being_held_leaves_nothing_held(
    world: World, event: str, time: int
) -> None:
    wanted = many(170)  # 80, 80 and 10
    order = received_only(world, wanted)
    world.cloud.settles = True

    with struck_before(event, on_the(time, lambda: world.cancel(order)), times=time):
        world.cloud.settle()

    assert world.order(order)["state"] == "cancelled"
    assert held(world, wanted) == {"available": 850, "reserved": 0, "sold": 0}
    assert ("reserve", "dropped") in transfers(world)
    comes_to_rest(world)


def test_a_long_order_cancelled_unpaid_gives_everything_back_in_chunks(world: World) -> None:
    wanted = many(170)
    order = world.place(wanted)
    before = held(world, wanted)["reserved"]

    world.cancel(order)

    assert (before, world.order(order)["state"]) == (170, "cancelled")
    assert held(world, wanted) == {"available": 850, "reserved": 0, "sold": 0}
    assert transfers(world) == [("release", "done"), ("reserve", "done")]
    comes_to_rest(world)


def test_a_long_order_cancelled_paid_is_refunded_in_full_and_given_back_in_chunks(world: World) -> None:
    wanted = many(170)
    order = world.placed_and_paid(wanted)

    world.cancel(order)

    assert world.order(order)["refunded"]["amount"] == 170 * 100 + 800
    assert held(world, wanted) == {"available": 850, "reserved": 0, "sold": 0}
    assert world.accounts() == {}
    comes_to_rest(world)


def test_units_of_a_long_order_are_cancelled_and_the_rest_is_shipped(world: World) -> None:
    wanted = many(130, units=3)
    order = world.placed_and_paid(wanted)

    world.cancel(order, {number: 2 for number in range(1, 111)})
    world.cancel(order, {1: 1})
    world.ship_all(order)

    assert held(world, wanted) == {"available": 130 * 5 - 169, "reserved": 0, "sold": 169}
    assert world.order(order)["refunded"]["amount"] == 221 * 100
    comes_to_rest(world)


def test_a_long_order_that_nobody_pays_dies_and_gives_everything_back(world: World) -> None:
    wanted = many(170)
    order = world.place(wanted)

    world.cloud.advance(30 * MINUTES)

    assert world.order(order)["state"] == "cancelled"
    assert held(world, wanted) == {"available": 850, "reserved": 0, "sold": 0}
    comes_to_rest(world)


@pytest.mark.parametrize("sweeper", [True, False], ids=["swept", "not swept"])
def test_a_long_order_that_comes_no_further_dies_in_time(world: World, sweeper: bool) -> None:
    world.cloud.sweeper = sweeper
    wanted = many(170)

    def lose(kind: str, name: str) -> None:
        if kind == "invoke" and name.startswith("StockFunction"):
            raise ConnectionError("the function cannot be started")

    world.cloud.before.append(lose)
    order = world.place(wanted)
    placing = world.order(order)["state"]
    world.cloud.advance(5 * MINUTES)
    world.cloud.before.remove(lose)

    assert (placing, world.order(order)["state"]) == ("placing", "cancelled")
    assert held(world, wanted) == {"available": 850, "reserved": 0, "sold": 0}


def buys(world: World, lines: dict[str, int], who: str = "b-2") -> None:
    assert world.send("POST", "/orders", order_of(lines), who=who).status == 201


def test_goods_that_are_gone_when_their_chunk_comes_cancel_the_order_and_what_was_held_goes_back(
    world: World,
) -> None:
    wanted = many(170, units=3)
    coupon = world.gives_coupon("GIFT")
    order = received_only(world, wanted, coupons=[coupon])
    last = list(wanted)[-1]
    buys(world, {last: 4})

    goes_on(world)

    assert world.order(order)["state"] == "cancelled"
    assert held(world, wanted) == {"available": 850 - 4, "reserved": 4, "sold": 0}
    assert world.wallet()["coupons"] == {"GIFT": "available"}
    events = world.send("GET", f"/orders/{order}/timeline").json()["events"]
    [short] = [event for event in events if event["event"] == "goods_short"]
    assert short["note"] == {f"left of {last}": 1}
    comes_to_rest(world)


def test_goods_that_are_gone_from_one_warehouse_are_held_in_another(world: World) -> None:
    wanted = many(170, "m-few")
    order = received_only(world, wanted)
    buys(world, dict.fromkeys(list(wanted)[120:125], 1))

    goes_on(world)
    world.pay(world.start(order))
    parcels = world.order(order)["sub_orders"][0]["parcels"]
    world.ship_all(order)

    units = {parcel["warehouse"]: sum(parcel["contents"].values()) for parcel in parcels}
    assert units == {"W1": 165, "W2": 5}
    assert held(world, wanted) == {"available": 340 - 170 - 5, "reserved": 5, "sold": 170}
    comes_to_rest(world)


def test_goods_that_are_gone_in_the_very_moment_of_their_chunk_are_held_in_another_warehouse(
    world: World,
) -> None:
    wanted = many(170, "m-few")
    order = received_only(world, wanted)
    world.cloud.settles = True

    with struck_before("stock_moved", lambda: buys(world, {next(iter(wanted)): 1})):
        world.cloud.settle()

    assert world.order(order)["state"] == "pending_payment"
    assert held(world, wanted) == {"available": 169, "reserved": 171, "sold": 0}
    comes_to_rest(world)


def test_a_long_order_is_placed_once_however_often_its_request_and_effects_come(world: World) -> None:
    world.sends_twice = True
    wanted = many(120)

    order = world.place(wanted)
    [function] = [
        name for name, f in world.cloud.runtime.functions.items() if f.handler == "functions.stock.handler"
    ]
    told = f'{{"order_id": "{order}", "step": "move_stock", "version": 1, "subject": "MOVE#01"}}'.encode()
    before = world.everything()
    again = world.cloud.runtime.invoke(function, told)
    world.cloud.settle()

    assert again.error_type is None
    assert world.everything() == before
    assert held(world, wanted) == {"available": 480, "reserved": 120, "sold": 0}
    assert happened(world, "order_placed") == 1


def test_two_effects_at_once_hold_every_unit_once(world: World) -> None:
    wanted = many(170)
    order = received_only(world, wanted)
    world.cloud.settles = True

    with struck_before("stock_moved", lambda: move_stock(_shop(), order, int(world.cloud.clock.now()))):
        world.cloud.settle()

    assert world.order(order)["state"] == "pending_payment"
    assert held(world, wanted) == {"available": 680, "reserved": 170, "sold": 0}
    comes_to_rest(world)


def _shop() -> Shop:
    return Shop.open(outside, Settings.read(os.environ))


def test_a_long_order_with_goods_taken_at_payment_holds_all_of_them_when_it_is_placed(world: World) -> None:
    world.sells("LAMP", "m-toys", 9_900, {"W1": 1}, flags=["deferred"])

    order = world.place(many(110) | {"LAMP": 1})
    sold_out = world.send("POST", "/orders", order_of({"LAMP": 1}), who="b-2")
    world.pay(world.start(order))

    assert [problem["code"] for problem in problems_in(sold_out)] == ["sold_out"]
    assert world.stock("LAMP") == {"W1": {"available": 0, "reserved": 1, "sold": 0}}
    comes_to_rest(world)


def test_a_long_order_under_review_is_approved_or_rejected_like_any_other(world: World) -> None:
    wanted = many(110)
    world.sells("BOW", "m-toys", 4_500, {"W1": 9}, flags=["made_to_order"])
    approved, rejected = (world.placed_and_paid(wanted | {"BOW": 1}) for _ in range(2))

    world.review(approved)
    world.review(rejected, "rejected")
    world.ship_all(approved)

    assert world.order(approved)["state"] == "awaiting_receipt"
    assert world.order(rejected)["refunded"]["amount"] == 110 * 100 + 4_500 + 2 * 800
    assert held(world, wanted) == {"available": 440, "reserved": 0, "sold": 110}
    comes_to_rest(world)
