"""Manual review over HTTP: why, by whom, in which order, and what happens when nobody decides."""

from collections.abc import Callable
from typing import Any

import pytest

from local.demo.invariants import violations
from shared.instants import rfc3339
from tests.functions.ordering import happened
from tests.functions.racing import struck_before
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import DAY, OPENED_AT, SWEPT, World
from tests.starts import under_review

HOUR = 3600
PAYABLE = 3 * 1999 + 2 * 4_500 + 2 * 800
ALL_CHECKED = {"decision": "approved", "checked": ["special_needs", "buyer", "payment_genuine"]}
REJECTED = {"decision": "rejected", "reason": "payment_not_genuine"}


def decides(world: World, order: str, body: dict[str, Any], role: str = "support") -> Any:
    return world.send("POST", f"/reviews/{order}", body, role=role, who="r-1")


def queue(world: World, name: str = "under_review", role: str = "support", query: str = "") -> Any:
    return world.send("GET", f"/reviews?queue={name}{query}", role=role, who="r-1", key=None).json()


def waiting(world: World, name: str = "under_review") -> list[str]:
    return [order["order_id"] for order in queue(world, name)["orders"]]


def comes_to_rest(world: World) -> None:
    for seconds in (60, 3600, 2 * DAY, 12 * DAY, 10 * DAY):
        world.cloud.advance(seconds)
    assert violations(world.cloud) == []


def a_risky_buyer(world: World) -> str:
    world.publish("member", {"member_id": "b-1", "risk_score": 81})
    return world.placed_and_paid({"TEA": 1})


def a_buyer_at_the_limit_of_risk(world: World) -> str:
    world.publish("member", {"member_id": "b-1", "risk_score": 80})
    return world.placed_and_paid({"TEA": 1})


def a_large_amount(world: World) -> str:
    world.sells("RING", "m-toys", 499_200, {"W1": 1})
    return world.placed_and_paid({"RING": 1})  # 5 000.00 with freight


def one_fen_less(world: World) -> str:
    world.sells("RING", "m-toys", 499_199, {"W1": 1})
    return world.placed_and_paid({"RING": 1})


def from_abroad_and_made_to_order(world: World) -> str:
    world.sells("SUIT", "m-toys", 9_900, {"W1": 1}, flags=["made_to_order", "cross_border"])
    return world.placed_and_paid({"SUIT": 1, "TEA": 1})


REASONS: dict[Callable[[World], str], list[str]] = {
    a_risky_buyer: ["risk_score"],
    a_buyer_at_the_limit_of_risk: [],
    a_large_amount: ["large_amount"],
    one_fen_less: [],
    from_abroad_and_made_to_order: ["made_to_order", "cross_border"],
}


@pytest.mark.parametrize("arrange", REASONS, ids=lambda arrange: arrange.__name__)
def test_people_look_at_what_the_policy_names_and_at_nothing_else(
    world: World, arrange: Callable[[World], str]
) -> None:
    order = arrange(world)

    shown = world.order(order)

    assert shown["review"] == REASONS[arrange]
    assert shown["state"] == ("under_review" if REASONS[arrange] else "awaiting_shipment")
    assert waiting(world) == ([order] if REASONS[arrange] else [])


def test_a_reviewer_reads_why_what_and_for_how_much_and_not_where_it_goes(world: World) -> None:
    order = under_review(world)

    [shown] = queue(world)["orders"]

    assert shown["order_id"] == order
    assert shown["reasons"] == ["made_to_order"]
    assert shown["checklist"] == ["buyer", "payment_genuine", "special_needs"]
    assert (shown["buyer_id"], shown["country"], shown["paid"]["amount"]) == ("b-1", "CN", PAYABLE)
    assert [(c["about"], c["event"], c["seconds"]) for c in shown["countdowns"]] == [
        ("SUB#01", "review_overdue", DAY),
        ("SUB#02", "review_overdue", DAY),
    ]
    assert [(a["action"], a["allowed"]) for a in shown["allowed_actions"]] == [
        ("approve", True),
        ("reject", True),
    ]
    assert "address" not in str(shown)


@pytest.mark.parametrize("role", ["support", "operator"])
def test_what_is_approved_goes_to_its_merchants_where_it_would_have_stood(world: World, role: str) -> None:
    order = under_review(world)
    world.cloud.advance(60)
    later = world.placed_and_paid({"TEA": 1}, who="b-2")

    answer = decides(world, order, ALL_CHECKED, role)

    assert (answer.status, answer.json()["state"]) == (200, "awaiting_shipment")
    listed = world.send("GET", "/merchant/orders", role="merchant", who="m-tea").json()["sub_orders"]
    assert [part["sub_order_id"] for part in listed] == [f"{order}-01", f"{later}-01"]
    assert waiting(world) == []
    world.ship_all(order)
    comes_to_rest(world)


def test_what_is_rejected_is_refunded_in_full_and_everything_goes_back(world: World) -> None:
    world.sells("BOW", "m-toys", 4_500, {"W1": 9}, flags=["made_to_order"])
    coupon = world.gives_coupon("GIFT")
    world.gives_points(1_000)
    order = world.placed_and_paid({"TEA": 3, "BOW": 2}, coupons=[coupon], points=700)

    answer = decides(world, order, REJECTED)

    assert (answer.status, answer.json()["state"]) == (200, "cancelled")
    shown = world.order(order)
    assert shown["refunded"]["amount"] == PAYABLE - 500 - 700
    assert [refund["reason"] for refund in shown["refunds"]] == ["payment_not_genuine"]
    assert world.wallet()["points"] == (1_000, 0, 0)
    assert world.wallet()["coupons"] == {"GIFT": "available"}
    assert world.stock("BOW") == {"W1": {"available": 9, "reserved": 0, "sold": 0}}
    assert world.accounts() == {}
    comes_to_rest(world)


@pytest.mark.parametrize("missing", ["buyer", "payment_genuine", "special_needs"])
def test_an_approval_that_skipped_a_check_is_refused(world: World, missing: str) -> None:
    order = under_review(world)
    checked = [name for name in ALL_CHECKED["checked"] if name != missing]

    with nothing_happens(world):
        answer = decides(world, order, ALL_CHECKED | {"checked": checked})

    problem = problem_of(answer, 422, "invalid_request")
    assert (problem["at"], problem["missing"]) == ("/checked", [missing])


def test_the_time_line_names_reviewer_checks_and_reason(world: World) -> None:
    order = under_review(world)
    decides(world, order, ALL_CHECKED | {"reason": "known_customer"})

    events = world.send("GET", f"/orders/{order}/timeline").json()["events"]

    [entry] = [event for event in events if event["event"] == "review_approved"]
    assert (entry["actor"], entry["note"]) == (
        "support",
        {"reviewer": "r-1", "checked": "buyer payment_genuine special_needs", "reason": "known_customer"},
    )


def test_a_merchant_neither_sees_nor_ships_what_people_still_look_at(world: World) -> None:
    order = under_review(world)
    parcels = {"parcels": [{"parcel": 1, "carrier": "sf", "waybill": "SF-0001"}]}

    with nothing_happens(world):
        listed = world.send("GET", "/merchant/orders", role="merchant", who="m-tea").json()["sub_orders"]
        path = f"/merchant/sub-orders/{order}-01/shipment"
        shipped = world.send("POST", path, parcels, role="merchant", who="m-tea")
        part = world.send("GET", f"/merchant/sub-orders/{order}-01", role="merchant", who="m-tea").json()

    assert listed == []
    assert shipped.status in (404, 409)  # There is no parcel yet.
    problem_of(shipped, shipped.status, shipped.json()["code"])
    offered = {action["action"]: action["allowed"] for action in part["allowed_actions"]}
    assert offered == {"ship": False, "cancel": True, "receive_return": False}


def test_the_buyer_cancels_what_people_still_look_at(world: World) -> None:
    order = under_review(world)

    world.cancel(order, {1: 1})
    some = world.order(order)
    world.cancel(order)

    assert (some["state"], some["refunded"]["amount"]) == ("under_review", 1999)
    assert world.order(order)["state"] == "cancelled"
    assert world.order(order)["refunded"]["amount"] == PAYABLE
    assert waiting(world) == []
    comes_to_rest(world)


def test_a_merchant_cancels_its_part_of_what_people_still_look_at(world: World) -> None:
    order = under_review(world)
    path = f"/merchant/sub-orders/{order}-02/cancellation"

    world.command(path, {"reason": "out_of_stock"}, role="merchant", who="m-toys")
    world.review(order)

    states = [part["state"] for part in world.order(order)["sub_orders"]]
    assert states == ["awaiting_shipment", "cancelled"]
    comes_to_rest(world)


def test_after_a_day_operators_alone_decide(world: World) -> None:
    order = under_review(world)

    world.cloud.advance(DAY + SWEPT)
    lists = waiting(world), waiting(world, "escalated")
    [shown] = queue(world, "escalated")["orders"]
    with nothing_happens(world):
        support = decides(world, order, ALL_CHECKED)
    operator = decides(world, order, ALL_CHECKED, "operator")

    assert lists == ([], [order])
    assert [action["allowed"] for action in shown["allowed_actions"]] == [False, False]  # to support
    problem_of(support, 409, "transition_refused")
    assert (operator.status, operator.json()["state"]) == (200, "awaiting_shipment")
    comes_to_rest(world)


def test_an_operator_rejects_what_was_escalated(world: World) -> None:
    order = under_review(world)
    world.cloud.advance(DAY + SWEPT)

    world.review(order, "rejected", role="operator", reason="forbidden_goods")

    assert world.order(order)["refunded"]["amount"] == PAYABLE
    comes_to_rest(world)


def test_after_two_days_without_a_decision_the_buyer_is_refunded(world: World) -> None:
    order = under_review(world)

    world.cloud.advance(DAY + SWEPT)
    world.cloud.advance(DAY - 1)
    before = world.order(order)["state"]
    world.cloud.advance(SWEPT)

    shown = world.order(order)
    assert (before, shown["state"], shown["refunded"]["amount"]) == ("escalated", "cancelled", PAYABLE)
    assert [refund["reason"] for refund in shown["refunds"]] == ["not_reviewed_in_time"]
    comes_to_rest(world)


def test_by_policy_what_nobody_decides_is_let_go(world: World) -> None:
    world.publish("policy", {"numbers": {"review_default_approves": 1}})
    order = under_review(world)

    world.cloud.advance(DAY + SWEPT)
    world.cloud.advance(DAY + SWEPT)

    shown = world.order(order)
    assert (shown["state"], shown["refunds"]) == ("awaiting_shipment", [])
    assert all(part["parcels"] for part in shown["sub_orders"])
    world.ship_all(order)
    comes_to_rest(world)


def test_a_repeated_verdict_is_one_verdict_and_another_one_comes_too_late(world: World) -> None:
    order = under_review(world)
    path = f"/reviews/{order}"
    first = world.send("POST", path, ALL_CHECKED, role="support", who="r-1", key="key")

    with nothing_happens(world):
        again = world.send("POST", path, ALL_CHECKED, role="support", who="r-1", key="key")
        other = decides(world, order, REJECTED)

    assert (first.status, again.status, again.headers["idempotency-replayed"]) == (200, 200, "true")
    problem_of(other, 409, "transition_refused")


def test_of_two_reviewers_at_once_one_decides(world: World) -> None:
    order = under_review(world)

    with struck_before("review_approved", lambda: decides(world, order, REJECTED)):
        slower = decides(world, order, ALL_CHECKED)

    problem_of(slower, 409, "transition_refused")
    assert world.order(order)["state"] == "cancelled"
    comes_to_rest(world)


def test_the_buyer_cancels_while_a_reviewer_approves(world: World) -> None:
    order = under_review(world)

    with struck_before("review_approved", lambda: world.cancel(order)):
        slower = decides(world, order, ALL_CHECKED)

    problem_of(slower, 409, "transition_refused")
    assert (world.order(order)["state"], happened(world, "review_approved")) == ("cancelled", 0)
    comes_to_rest(world)


def test_the_time_runs_out_while_a_reviewer_approves(world: World) -> None:
    order = under_review(world)

    with struck_before(
        "review_approved", lambda: (world.cloud.advance(DAY + SWEPT), world.cloud.advance(DAY + SWEPT))
    ):
        slower = decides(world, order, ALL_CHECKED)

    problem_of(slower, 409, "transition_refused")
    assert world.order(order)["refunded"]["amount"] == PAYABLE
    comes_to_rest(world)


@pytest.mark.parametrize("body", [ALL_CHECKED, REJECTED], ids=["approved", "rejected"])
def test_what_needs_no_review_cannot_be_reviewed(world: World, body: dict[str, Any]) -> None:
    order = world.placed_and_paid()

    with nothing_happens(world):
        answer = decides(world, order, body)

    problem_of(answer, 409, "transition_refused")


def test_what_waits_is_listed_by_priority_vip_and_perishable_ahead_then_by_payment_time(
    world: World,
) -> None:
    world.publish("policy", {"levels": {"vip": {"boost_seconds": 12 * HOUR}}})
    world.publish("member", {"member_id": "vip", "level": "vip"})
    world.sells("BOW", "m-toys", 4_500, {"W1": 9}, flags=["made_to_order"])
    world.sells("CAKE", "m-toys", 4_500, {"W1": 9}, flags=["made_to_order", "perishable"])
    orders = {}
    for name, lines, who in (
        ("first", {"BOW": 1}, "b-1"),
        ("second", {"BOW": 1}, "b-2"),
        ("of a VIP", {"BOW": 1}, "vip"),
        ("perishable", {"CAKE": 1}, "b-1"),
        ("perishable, of a VIP", {"CAKE": 1}, "vip"),
        ("last", {"BOW": 1}, "b-1"),
    ):
        orders[world.placed_and_paid(lines, who=who)] = name
        world.cloud.advance(HOUR)
    expected = ["perishable, of a VIP", "perishable", "of a VIP", "first", "second", "last"]

    assert [orders[order] for order in waiting(world)] == expected
    for order in orders:
        world.review(order)
    listed = world.send("GET", "/merchant/orders", role="merchant", who="m-toys").json()["sub_orders"]
    assert [orders[part["order_id"]] for part in listed] == expected


def test_the_list_is_read_page_by_page(world: World) -> None:
    world.sells("BOW", "m-toys", 4_500, {"W1": 9}, flags=["made_to_order"])
    orders = []
    for _ in range(3):
        orders.append(world.placed_and_paid({"BOW": 1}))
        world.cloud.advance(1)

    first = queue(world, query="&limit=2")
    second = queue(world, query=f"&limit=2&cursor={first['next_cursor'].replace('#', '%23')}")

    assert [order["order_id"] for order in first["orders"]] == orders[:2]
    assert [order["order_id"] for order in second["orders"]] == orders[2:]
    assert second["next_cursor"] is None


def test_a_review_is_counted_from_the_payment(world: World) -> None:
    world.sells("BOW", "m-toys", 4_500, {"W1": 9}, flags=["made_to_order"])
    order = world.place({"BOW": 1})
    world.cloud.advance(1000)

    world.pay(world.start(order))

    [countdown] = world.order(order)["countdowns"]
    assert (countdown["event"], countdown["at"]) == ("review_overdue", rfc3339(OPENED_AT + 1000 + DAY))
