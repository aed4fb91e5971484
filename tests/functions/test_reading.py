"""What is read: countdowns, what may be done next, languages. Nothing is offered that would be refused."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.outside import Call, outside
from tests.functions.watching import nothing_happens
from tests.http_world import DAY, OPENED_AT, World


def placed(world: World) -> str:
    return world.place()


def started(world: World) -> str:
    order = world.place()
    world.start(order)
    return order


def closing(world: World) -> str:
    """Its provider does not answer, so it cannot be said whether it was paid."""
    order = started(world)

    def silent(call: Call, act: Callable[[], Any]) -> Any:
        if call.service == "http":
            raise TimeoutError
        return act()

    outside.around.append(silent)
    world.cancel(order)
    outside.around.clear()
    return order


def cancelled(world: World) -> str:
    order = world.place()
    world.cancel(order)
    return order


def paid(world: World) -> str:
    return world.placed_and_paid()


def paid_and_not_split(world: World) -> str:
    order = world.place()
    payment = world.start(order)
    world.cloud.settles = False
    world.pay(payment)
    world.cloud.sandbox.deliver_due()
    return order


def partly_shipped(world: World) -> str:
    order = world.placed_and_paid()
    world.ship(order, 2)
    return order


def one_parcel_shipped(world: World) -> str:
    order = world.placed_and_paid()
    world.ship(order, 1, parcels=1)
    return order


def shipped(world: World) -> str:
    order = world.placed_and_paid()
    world.ship_all(order)
    return order


def delivered(world: World) -> str:
    order = shipped(world)
    for parcel in (1, 2, 3):
        body = {"said": "delivered", "reason": "telephone"}
        world.command(f"/orders/{order}/parcels/{parcel}/report", body, role="support", who="s-1")
    return order


def extended(world: World) -> str:
    order = delivered(world)
    for sub_order in (1, 2):
        world.command(f"/orders/{order}/receipt-extension", {"sub_order": sub_order})
    return order


def refused(world: World) -> str:
    order = shipped(world)
    world.command(f"/orders/{order}/refusal", {"parcels": [1, 2, 3], "reason": "late"})
    return order


def completed(world: World) -> str:
    order = shipped(world)
    world.receive(order)
    return order


def all_refunded(world: World) -> str:
    order = world.placed_and_paid()
    world.cancel(order)
    return order


def tried_twenty_times(world: World) -> str:
    order = world.place()
    for _ in range(20):
        world.start(order)
    return order


def under_review(world: World) -> str:
    world.sells("BOW", "m-toys", 4_500, {"W1": 9}, flags=["made_to_order"])
    return world.placed_and_paid({"TEA": 3, "BOW": 2})


def escalated(world: World) -> str:
    order = under_review(world)
    world.cloud.advance(DAY + 120)  # The sweep finds it, and does not hurry.
    return order


def placing(world: World) -> str:
    """Its goods are about to be held, chunk by chunk."""
    wanted = world.sells_many(100, {"W1": 1})
    world.cloud.settles = False
    return world.place({**wanted, "KITE": 1})


STATES = {
    # state: what the buyer may do; what the merchant of the second part may do
    placed: ({"pay", "cancel", "separate"}, set()),
    started: ({"pay", "cancel"}, set()),
    closing: (set(), set()),
    cancelled: (set(), set()),
    paid: ({"cancel"}, {"ship", "cancel"}),
    paid_and_not_split: ({"cancel"}, {"cancel"}),
    partly_shipped: ({"cancel", "confirm_receipt", "refuse_delivery"}, {"receive_return"}),
    one_parcel_shipped: ({"cancel", "refuse_delivery"}, {"ship", "cancel"}),
    shipped: ({"confirm_receipt", "refuse_delivery"}, {"receive_return"}),
    delivered: ({"confirm_receipt", "extend_receipt"}, set()),
    extended: ({"confirm_receipt"}, set()),
    refused: (set(), {"receive_return"}),
    completed: (set(), set()),
    all_refunded: (set(), set()),
    tried_twenty_times: ({"cancel"}, set()),
    under_review: ({"cancel"}, {"cancel"}),
    escalated: ({"cancel"}, {"cancel"}),
    placing: ({"cancel"}, set()),
}


@pytest.fixture(params=STATES, ids=lambda arrange: arrange.__name__)
def arrange(request: pytest.FixtureRequest) -> Callable[[World], str]:
    return request.param  # type: ignore[no-any-return]


def offered(answer: Any) -> set[str]:
    return {action["action"] for action in answer["allowed_actions"] if action["allowed"]}


def buyer_does(world: World, order: str, action: str) -> Any:
    """Do it as the answers tell to: cancel what is listed as cancellable, confirm with the token."""
    if action == "pay":
        return world.send("POST", f"/orders/{order}/payments", {"provider": "sandbox"})
    if action == "confirm_receipt":
        asked = world.send("POST", f"/orders/{order}/receipt", {})
        return world.send("POST", f"/orders/{order}/receipt", {"confirm": asked.json().get("confirm", "v1")})
    if action == "extend_receipt":
        return world.send("POST", f"/orders/{order}/receipt-extension", {"sub_order": 1})
    if action == "separate":
        return world.send("POST", f"/orders/{order}/separation", {"sub_orders": [f"{order}-02"]})
    if action == "refuse_delivery":
        parcels = [p for part in world.order(order)["sub_orders"] for p in part["parcels"]]
        on_its_way = [p["parcel"] for p in parcels if p["state"] == "in_transit"]
        return world.send(
            "POST", f"/orders/{order}/refusal", {"parcels": on_its_way or [1], "reason": "late"}
        )
    lines = [
        line for part in world.order(order)["sub_orders"] for line in part["lines"] if line["cancellable"]
    ]
    body: dict[str, Any] = {"reason": "other"}
    if lines:
        body["lines"] = [{"line": line["line"], "quantity": line["cancellable"]} for line in lines]
    return world.send("POST", f"/orders/{order}/cancellation", body)


@pytest.mark.parametrize(
    "action", ["pay", "cancel", "separate", "confirm_receipt", "extend_receipt", "refuse_delivery"]
)
def test_what_is_offered_to_the_buyer_is_accepted_and_nothing_else_is(
    world: World, arrange: Callable[[World], str], action: str
) -> None:
    order = arrange(world)
    expected, _ = STATES[arrange]

    shown = world.order(order)
    before = world.everything()
    answer = buyer_does(world, order, action)

    assert offered(shown) == expected
    if action in expected:
        assert answer.status in (200, 201), answer.body
    else:
        has_parcels = any(part["parcels"] for part in shown["sub_orders"])
        nothing_to_refuse = action == "refuse_delivery" and not has_parcels
        assert answer.status == 409 or (answer.status == 404 and nothing_to_refuse), answer.body
        assert world.everything() == before


@pytest.mark.parametrize("action", ["ship", "cancel", "receive_return"])
def test_what_is_offered_to_the_merchant_is_accepted_and_nothing_else_is(
    world: World, arrange: Callable[[World], str], action: str
) -> None:
    order = arrange(world)
    _, expected = STATES[arrange]
    part = f"/merchant/sub-orders/{order}-02"
    bodies = {
        "ship": (f"{part}/shipment", {"parcels": [{"parcel": 3, "carrier": "yto", "waybill": "YT-0003"}]}),
        "cancel": (f"{part}/cancellation", {"reason": "out_of_stock"}),
        "receive_return": (f"{part}/returns", {"parcel": 3, "lines": [{"line": 3, "good": 1}]}),
    }

    shown = world.send("GET", part, role="merchant", who="m-toys").json()
    before = world.everything()
    path, body = bodies[action]
    answer = world.send("POST", path, body, role="merchant", who="m-toys")

    assert offered(shown) == expected
    if action in expected:
        assert answer.status == 200, answer.body
    else:
        assert answer.status in (404, 409), answer.body
        assert world.everything() == before or action == "cancel"  # An unpaid order dies with its part.


def test_what_is_not_offered_says_why_in_words(world: World) -> None:
    order = completed(world)

    english = world.order(order)["allowed_actions"]
    chinese = world.send("GET", f"/orders/{order}", headers={"accept-language": "zh"}).json()[
        "allowed_actions"
    ]

    assert [(a["action"], a["reason"]) for a in english] == [
        ("pay", "not possible while the order is: completed"),
        ("cancel", "not possible while the order is: completed"),
        ("separate", "not possible while the order is: completed"),
        ("confirm_receipt", "not possible while the order is: completed"),
        ("extend_receipt", "not possible while the order is: completed"),
        ("refuse_delivery", "not possible while the order is: completed"),
    ]
    assert {a["reason"] for a in chinese} == {"当前状态不可操作：已完成"}


# Received at 06:26:40 in China: quality may be claimed until the end of the fifteenth day after.
THE_LAST_WINDOW_ENDS = 16 * DAY - (6 * 3600 + 26 * 60 + 40)
COUNTDOWNS: dict[Callable[[World], str], list[tuple[str, str, int]]] = {
    placed: [("ORDER", "payment_timed_out", 1800)],
    closing: [("ORDER", "closing_timed_out", 60)],
    cancelled: [],
    paid: [("SUB#01", "shipment_overdue", 2 * DAY), ("SUB#02", "shipment_overdue", 2 * DAY)],
    shipped: [(f"PARCEL#0{n}", "parcel_silent", 2 * DAY) for n in (1, 2, 3)],
    delivered: [("SUB#01", "receipt_timed_out", 10 * DAY), ("SUB#02", "receipt_timed_out", 10 * DAY)],
    extended: [("SUB#01", "receipt_timed_out", 13 * DAY), ("SUB#02", "receipt_timed_out", 13 * DAY)],
    refused: [(f"PARCEL#0{n}", "attention_overdue", DAY) for n in (1, 2, 3)],
    completed: [(f"SETTLE#0{n}", "settlement_due", THE_LAST_WINDOW_ENDS) for n in (1, 2)],
    all_refunded: [],
    under_review: [("SUB#01", "review_overdue", DAY), ("SUB#02", "review_overdue", DAY)],
    escalated: [("SUB#01", "review_timed_out", DAY), ("SUB#02", "review_timed_out", DAY)],
    placing: [("MOVE#01", "transfer_overdue", 300), ("ORDER", "placing_timed_out", 300)],
}


@pytest.mark.parametrize("arrange", COUNTDOWNS, ids=lambda arrange: arrange.__name__)
def test_every_clock_that_runs_is_shown_with_what_it_will_do(
    world: World, arrange: Callable[[World], str]
) -> None:
    shown = world.order(arrange(world))["countdowns"]

    assert [(c["about"], c["event"], c["seconds"]) for c in shown] == COUNTDOWNS[arrange]


def test_a_countdown_counts_down_to_zero_and_not_below(world: World) -> None:
    order = placed(world)
    world.cloud.settles = False

    seconds = []
    for moment in (1, 1799, 1800, 1900):
        world.cloud.clock.move_to(OPENED_AT + moment)
        [countdown] = world.order(order)["countdowns"]
        seconds.append(countdown["seconds"])

    assert seconds == [1799, 1, 0, 0]
    assert countdown["at"] == "2026-11-21T22:56:40Z"


def test_a_merchant_sees_its_own_clock_alone(world: World) -> None:
    order = paid(world)

    shown = world.send("GET", f"/merchant/sub-orders/{order}-02", role="merchant", who="m-toys").json()

    assert [(c["about"], c["event"]) for c in shown["countdowns"]] == [("SUB#02", "shipment_overdue")]


LANGUAGES = {
    None: "waiting for payment",
    "": "waiting for payment",
    "en": "waiting for payment",
    "en-GB,en;q=0.9": "waiting for payment",
    "zh": "待付款",
    "zh-CN": "待付款",
    "zh-Hant-TW": "待付款",
    "ZH-cn": "待付款",
    "fr, zh;q=0.3, en;q=0.2": "待付款",
    "fr, zh;q=0.2, en;q=0.3": "waiting for payment",
    "zh;q=0": "waiting for payment",
    "fr": "waiting for payment",
    "*": "waiting for payment",
    "zh;q=１": "waiting for payment",
    "zh;q=NaN, ;;;,,,": "waiting for payment",
    "x," * 5000 + "zh": "waiting for payment",
}


@pytest.mark.parametrize("header", LANGUAGES, ids=lambda header: str(header)[:20])
def test_states_are_told_in_the_language_that_is_asked_for(world: World, header: str | None) -> None:
    order = placed(world)
    headers = {} if header is None else {"accept-language": header}

    one = world.send("GET", f"/orders/{order}", headers=headers).json()
    [listed] = world.send("GET", "/orders", headers=headers).json()["orders"]

    assert (one["state"], one["state_text"], listed["state_text"]) == (
        "pending_payment",
        LANGUAGES[header],
        LANGUAGES[header],
    )


def test_reading_writes_nothing(world: World) -> None:
    order = paid(world)

    with nothing_happens(world):
        for path in ("/orders", f"/orders/{order}", f"/orders/{order}/timeline"):
            assert world.send("GET", path).status == 200
        assert world.send("GET", "/merchant/orders", role="merchant", who="m-tea").status == 200
        assert world.send("POST", "/quotes", {"lines": [{"sku": "TEA", "quantity": 1}]}).status == 200
