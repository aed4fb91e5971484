"""Two commands at once: exactly one wins, the other is told, and stock and money balance.

The rival acts at the worst moment there is: when the first command has read and decided, and before it writes.
"""

from typing import Any

import pytest

from local.demo.invariants import violations
from tests.functions.racing import struck_before
from tests.functions.watching import problem_of
from tests.http_world import ADDRESS, DAY, World

PAYABLE = 3 * 1999 + 4 * 12_901 + 333 + 2 * 800
PARCEL = {"parcels": [{"parcel": 3, "carrier": "sf", "waybill": "SF-0003"}]}


def comes_to_rest(world: World) -> None:
    """Everything is delivered and every clock runs out; then nothing may be wrong."""
    world.cloud.settle()
    assert violations(world.cloud) == []
    for seconds in (60, 3600, 2 * DAY, 12 * DAY, 10 * DAY):
        world.cloud.advance(seconds)
    assert violations(world.cloud) == []


def happened(world: World, event: str) -> int:
    return sum(row.get("event") == event for row in world.rows())


def waiting(world: World) -> str:
    order = world.place()
    world.start(order)
    return order


def pays(world: World, order: str, number: int = 1, **how: Any) -> None:
    world.pay({"reference": f"{order}{number:02}", "amount": {"amount": PAYABLE, "currency": "CNY"}}, **how)


def cancels(world: World, order: str, lines: list[dict[str, int]] | None = None) -> Any:
    body: dict[str, Any] = {"reason": "changed_mind"} | ({"lines": lines} if lines else {})
    return world.send("POST", f"/orders/{order}/cancellation", body)


def ships(world: World, order: str, body: dict[str, Any] = PARCEL) -> Any:
    path = f"/merchant/sub-orders/{order}-02/shipment"
    return world.send("POST", path, body, role="merchant", who="m-toys")


def test_the_time_runs_out_while_the_payment_is_being_booked(world: World) -> None:
    order = waiting(world)

    with struck_before("payment_succeeded", lambda: world.cloud.advance(1801)):
        pays(world, order)

    assert world.order(order)["state"] == "awaiting_shipment"
    assert world.order(order)["paid"]["amount"] == PAYABLE
    assert (happened(world, "payment_timed_out"), happened(world, "payment_succeeded")) == (1, 1)
    assert world.order(order)["refunds"] == []
    comes_to_rest(world)


def test_the_payment_comes_while_the_time_runs_out(world: World) -> None:
    order = waiting(world)

    with struck_before("payment_timed_out", lambda: pays(world, order)):
        world.cloud.advance(1800)

    assert world.order(order)["state"] == "awaiting_shipment"
    assert (happened(world, "payment_timed_out"), happened(world, "payment_succeeded")) == (0, 1)
    comes_to_rest(world)


def test_the_payment_comes_while_the_last_try_is_being_closed(world: World) -> None:
    order = waiting(world)

    with struck_before(
        "payments_closed",
        lambda: world.pay(
            {"reference": f"{order}01", "amount": {"amount": PAYABLE, "currency": "CNY"}}, even_if_closed=True
        ),
    ):
        world.cloud.advance(1800)

    assert world.order(order)["paid"]["amount"] == PAYABLE
    assert world.order(order)["state"] == "awaiting_shipment"
    assert happened(world, "payments_closed") == 0
    comes_to_rest(world)


def test_the_buyer_cancels_while_the_payment_is_being_booked(world: World) -> None:
    order = waiting(world)
    told: list[Any] = []

    with struck_before("payment_succeeded", lambda: told.append(cancels(world, order))):
        pays(world, order)

    assert [answer.status for answer in told] == [200]
    assert (
        world.order(order)["state"] == "awaiting_shipment"
    )  # The provider had the money before it was asked.
    assert happened(world, "payment_succeeded") == 1
    comes_to_rest(world)


def test_the_payment_is_booked_while_the_buyer_cancels(world: World) -> None:
    order = waiting(world)

    with struck_before("cancel_requested", lambda: pays(world, order)):
        answer = cancels(world, order)

    assert (answer.status, answer.json()["state"]) == (200, "cancelled")
    assert [refund["amount"]["amount"] for refund in world.order(order)["refunds"]] == [PAYABLE]
    assert world.accounts() == {}
    comes_to_rest(world)


def test_a_try_to_pay_begins_while_the_buyer_cancels(world: World) -> None:
    order = world.place()
    started: list[Any] = []

    with struck_before("cancel_requested", lambda: started.append(world.start(order))):
        answer = cancels(world, order)

    assert (answer.status, answer.json()["state"]) == (200, "closing")
    assert world.order(order)["state"] == "cancelled"
    assert world.order(order)["payments"][0]["state"] == "closed"
    assert world.cloud.sandbox.books()["references"][started[0]["reference"]]["closed"] is True
    comes_to_rest(world)


def test_the_buyer_cancels_while_a_try_to_pay_begins(world: World) -> None:
    order = world.place()

    with struck_before("payment_started", lambda: cancels(world, order)):
        answer = world.send("POST", f"/orders/{order}/payments", {"provider": "sandbox"})

    problem_of(answer, 409, "transition_refused")
    assert (world.order(order)["state"], world.order(order)["payments"]) == ("cancelled", [])
    comes_to_rest(world)


def test_the_time_runs_out_while_a_try_to_pay_begins(world: World) -> None:
    order = world.place()

    with struck_before("payment_started", lambda: world.cloud.advance(1801)):
        answer = world.send("POST", f"/orders/{order}/payments", {"provider": "sandbox"})

    problem_of(answer, 409, "transition_refused")
    assert world.order(order)["state"] == "cancelled"
    comes_to_rest(world)


def test_two_tries_succeed_at_once_and_one_of_them_goes_back(world: World) -> None:
    """The first page was closed for the second; the provider took money on it nevertheless."""
    order = waiting(world)
    world.start(order)

    with struck_before("payment_succeeded", lambda: pays(world, order, 1, even_if_closed=True)):
        pays(world, order, 2)

    payments = [payment["state"] for payment in world.order(order)["payments"]]
    assert payments == ["succeeded", "closed"]
    assert [refund["amount"]["amount"] for refund in world.order(order)["refunds"]] == [PAYABLE]
    assert world.cloud.sandbox.books()["totals"]["CNY"] == {"captured": 2 * PAYABLE, "refunded": PAYABLE}
    comes_to_rest(world)


def test_the_goods_leave_while_the_buyer_cancels(world: World) -> None:
    order = world.placed_and_paid()

    with struck_before("goods_cancelled", lambda: ships(world, order)):
        answer = cancels(world, order, [{"line": 3, "quantity": 1}])

    problem = problem_of(answer, 409, "already_shipped")
    assert 3 not in [line["line"] for line in problem["cancellable"]]
    assert world.order(order)["refunds"] == []
    assert world.stock("KITE") == {"W1": {"available": 9, "reserved": 0, "sold": 1}}
    comes_to_rest(world)


def test_the_buyer_cancels_while_the_goods_leave(world: World) -> None:
    order = world.placed_and_paid()

    with struck_before("parcels_shipped", lambda: cancels(world, order, [{"line": 3, "quantity": 1}])):
        answer = ships(world, order)

    problem_of(answer, 409, "transition_refused")
    assert world.order(order)["sub_orders"][1]["state"] == "cancelled"
    assert world.stock("KITE") == {"W1": {"available": 10, "reserved": 0, "sold": 0}}
    comes_to_rest(world)


def test_a_parcel_leaves_once_under_one_waybill(world: World) -> None:
    order = world.placed_and_paid()
    other = {"parcels": [PARCEL["parcels"][0] | {"waybill": "YT-0001"}]}

    with struck_before("parcels_shipped", lambda: ships(world, order, other)):
        answer = ships(world, order)

    problem_of(answer, 409, "transition_refused")
    assert world.order(order)["sub_orders"][1]["parcels"][0]["waybill"] == "YT-0001"
    assert world.stock("KITE") == {"W1": {"available": 9, "reserved": 0, "sold": 1}}
    comes_to_rest(world)


@pytest.mark.parametrize("rival", ["buyer", "merchant"])
def test_the_same_units_are_cancelled_and_paid_back_once(world: World, rival: str) -> None:
    order = world.placed_and_paid()
    units = [{"line": 3, "quantity": 1}]
    path = f"/merchant/sub-orders/{order}-02/cancellation"
    body = {"reason": "out_of_stock"}
    rivals = {
        "buyer": lambda: cancels(world, order, units),
        "merchant": lambda: world.send("POST", path, body, role="merchant", who="m-toys"),
    }

    with struck_before("goods_cancelled", rivals[rival]):
        answer = cancels(world, order, units)

    problem_of(answer, 409, "already_shipped")
    assert [refund["amount"]["amount"] for refund in world.order(order)["refunds"]] == [333 + 800]
    assert happened(world, "goods_cancelled") == 1
    comes_to_rest(world)


def test_two_cancellations_of_other_units_both_happen(world: World) -> None:
    order = world.placed_and_paid()

    with struck_before("goods_cancelled", lambda: cancels(world, order, [{"line": 1, "quantity": 2}])):
        answer = cancels(world, order, [{"line": 1, "quantity": 1}])

    assert answer.status == 200
    assert sorted(refund["amount"]["amount"] for refund in world.order(order)["refunds"]) == [1999, 2 * 1999]
    comes_to_rest(world)


def test_of_two_buyers_one_gets_the_last_units_and_the_other_is_told(world: World) -> None:
    body = {"lines": [{"sku": "POT", "quantity": 5}], "address": ADDRESS}
    faster: list[Any] = []

    with struck_before("order_placed", lambda: faster.append(world.send("POST", "/orders", body, who="b-2"))):
        answer = world.send("POST", "/orders", body, who="b-1")

    [problem] = problem_of(answer, 422, "order_refused")["problems"]
    assert (faster[0].status, problem["code"]) == (201, "sold_out")
    assert happened(world, "order_placed") == 1
    assert world.stock("POT") == {
        "W1": {"available": 0, "reserved": 2, "sold": 0},
        "W2": {"available": 0, "reserved": 3, "sold": 0},
    }
    comes_to_rest(world)


def test_a_buyer_who_loses_one_warehouse_gets_the_goods_from_the_other(world: World) -> None:
    body = {"lines": [{"sku": "POT", "quantity": 2}], "address": ADDRESS}

    with struck_before("order_placed", lambda: world.send("POST", "/orders", body, who="b-2")):
        answer = world.send("POST", "/orders", body, who="b-1")

    assert answer.status == 201
    assert sum(level["reserved"] for level in world.stock("POT").values()) == 4
    comes_to_rest(world)


def received(world: World) -> tuple[str, dict[str, str]]:
    """An order on its way, and the body with which its buyer confirms that it came."""
    order = world.placed_and_paid()
    world.ship_all(order)
    token = world.send("POST", f"/orders/{order}/receipt", {}).json()["confirm"]
    return order, {"confirm": token}


def test_the_clock_confirms_while_the_buyer_does(world: World) -> None:
    order, body = received(world)

    with struck_before("receipt_confirmed", lambda: world.cloud.advance(10 * DAY + 1)):
        answer = world.send("POST", f"/orders/{order}/receipt", body)

    problem_of(answer, 409, "transition_refused")
    assert world.order(order)["state"] == "completed"
    assert (happened(world, "receipt_confirmed"), happened(world, "receipt_timed_out")) == (0, 2)
    comes_to_rest(world)


def test_the_buyer_confirms_while_the_clock_does(world: World) -> None:
    order, body = received(world)
    path = f"/orders/{order}/receipt"

    world.arrive(order)
    body = {"confirm": world.send("POST", path, {}).json()["confirm"]}
    with struck_before("receipt_timed_out", lambda: world.send("POST", path, body)):
        world.cloud.advance(10 * DAY)

    assert world.order(order)["state"] == "completed"
    assert (happened(world, "receipt_confirmed"), happened(world, "receipt_timed_out")) == (1, 0)
    comes_to_rest(world)


@pytest.mark.parametrize("lines", [None, [{"line": 1, "quantity": 2}]], ids=["everything", "some units"])
def test_the_buyer_cancels_while_the_order_is_being_split(
    world: World, lines: list[dict[str, int]] | None
) -> None:
    order = waiting(world)
    told: list[Any] = []

    with struck_before("goods_allocated", lambda: told.append(cancels(world, order, lines))):
        pays(world, order)

    assert [answer.status for answer in told] == [200]
    assert world.order(order)["state"] == ("awaiting_shipment" if lines else "cancelled")
    assert world.order(order)["refunded"]["amount"] == (2 * 1999 if lines else PAYABLE)
    comes_to_rest(world)


@pytest.mark.parametrize("lines", [None, [{"line": 1, "quantity": 2}]], ids=["everything", "some units"])
def test_the_order_is_being_split_while_the_buyer_cancels(
    world: World, lines: list[dict[str, int]] | None
) -> None:
    order = waiting(world)
    world.cloud.settles = False
    pays(world, order)
    world.cloud.sandbox.deliver_due()

    with struck_before("goods_cancelled", world.cloud.settle):
        answer = cancels(world, order, lines)
    world.cloud.settles = True

    assert answer.status == 200
    assert happened(world, "goods_allocated") == 1
    assert world.order(order)["state"] == ("awaiting_shipment" if lines else "cancelled")
    comes_to_rest(world)


def test_a_refund_is_tried_again_once(world: World) -> None:
    order = waiting(world)
    payment = {"reference": f"{order}01"}
    world.refund_mode(payment, "fail_for_good")
    pays(world, order)
    cancels(world, order)
    world.refund_mode(payment, "succeed")
    path = f"/orders/{order}/refunds/{order}R01/retry"

    with struck_before("refund_retried", lambda: world.send("POST", path, {}, role="operator", who="op-2")):
        answer = world.send("POST", path, {}, role="operator", who="op-1")

    problem_of(answer, 409, "transition_refused")
    assert happened(world, "refund_retried") == 1
    assert world.cloud.sandbox.books()["totals"]["CNY"]["refunded"] == PAYABLE
    comes_to_rest(world)


def test_the_same_command_at_the_same_moment_is_one_command(world: World) -> None:
    order = world.place()
    path, body = f"/orders/{order}/payments", {"provider": "sandbox"}
    faster: list[Any] = []

    with struck_before("payment_started", lambda: faster.append(world.send("POST", path, body, key="key"))):
        answer = world.send("POST", path, body, key="key")

    assert (answer.status, answer.json()) == (201, faster[0].json())
    assert answer.headers["idempotency-replayed"] == "true"
    assert happened(world, "payment_started") == 1


def test_who_is_overtaken_by_another_try_repeats_and_takes_its_place(world: World) -> None:
    order = world.place()
    path, body = f"/orders/{order}/payments", {"provider": "sandbox"}

    with struck_before("payment_started", lambda: world.send("POST", path, body, key="other")):
        answer = world.send("POST", path, body, key="key")
    between = [payment["state"] for payment in world.order(order)["payments"]]
    again = world.send("POST", path, body, key="key")

    problem_of(answer, 409, "conflict")
    assert between == ["open"]
    assert (again.status, again.json()["reference"]) == (201, f"{order}02")
    assert [payment["state"] for payment in world.order(order)["payments"]] == ["closed", "open"]
    assert world.cloud.sandbox.books()["references"][f"{order}01"]["closed"] is True
    comes_to_rest(world)


def test_who_is_overtaken_again_and_again_is_told_to_repeat_and_then_succeeds(world: World) -> None:
    order = world.placed_and_paid()
    path, body = f"/orders/{order}/refunds", {"amount": 100, "reason": "late"}
    others = iter(range(100))

    def refund(key: str) -> Any:
        return world.send("POST", path, body, key=key, role="support", who="s-1")

    with struck_before("refund_requested", lambda: refund(f"other-{next(others)}"), times=4):
        answer = refund("key")
    again = refund("key")

    problem_of(answer, 409, "conflict")
    assert (again.status, again.json()["refund_id"]) == (201, f"{order}R05")
    comes_to_rest(world)
