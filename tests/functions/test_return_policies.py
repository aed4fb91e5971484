"""Return policies over HTTP: beside what is bought, for a product, and what a buyer must confirm."""

from typing import Any

import pytest

from tests.functions.ordering import codes, problems_in, refused
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import ADDRESS, World

STANDARD: dict[str, Any] = {
    "policy": "standard",
    "version": 0,
    "returnable": True,
    "window_days": 7,
    "quality_window_days": 15,
    "kinds": ["refund_only", "return_refund", "exchange", "repair", "price_reduction", "reship"],
    "evidence_for": ["damaged", "missing_goods", "not_as_described", "quality", "wrong_goods"],
    "freight_payer": {
        "no_reason": "buyer",
        "quality": "merchant",
        "wrong_goods": "merchant",
        "missing_goods": "merchant",
        "not_as_described": "merchant",
        "damaged": "merchant",
        "not_received": "merchant",
        "other": "buyer",
    },
    "freight_max": {"amount": 2_000, "currency": "CNY"},
    "decision_seconds": 172_800,
    "waybill_seconds": 604_800,
    "inspection_seconds": 172_800,
    "answer_seconds": 259_200,
    "refund_promise_seconds": 259_200,
}
NO_TEA_BACK = {
    "policy_id": "tea",
    "merchant_id": "m-tea",
    "is_returnable": False,
    "exclusion": "food",
    "kinds": ["refund_only", "reship"],
    "freight_payer": {"no_reason": "platform"},
}
TEA_IS_OUT = STANDARD | {
    "policy": "tea",
    "version": 1,
    "returnable": False,
    "exclusion": "food",
    "kinds": ["refund_only", "reship"],
    "freight_payer": STANDARD["freight_payer"] | {"no_reason": "platform"},
}
LINES = [{"sku": "TEA", "quantity": 1}, {"sku": "KITE", "quantity": 2}]


def told(view: dict[str, Any]) -> dict[str, Any]:
    """What is said; what is null is not."""
    return {name: value for name, value in view.items() if value is not None}


def policy_of(world: World, path: str, **who: Any) -> Any:
    answer = world.send("GET", f"/skus/{path}", key=None, **who)
    assert answer.status == 200, answer.body
    return answer.json()


def test_a_quote_says_of_each_line_what_may_come_back_and_what_must_be_confirmed(world: World) -> None:
    world.publish("return_policy", NO_TEA_BACK)

    with nothing_happens(world):
        quote = world.send("POST", "/quotes", {"lines": LINES}).json()

    assert [told(line["returns"]) for line in quote["lines"]] == [TEA_IS_OUT, STANDARD]
    assert quote["to_confirm"] == [{"sku": "TEA", "exclusion": "food"}]


def test_without_policies_there_is_nothing_to_confirm(world: World) -> None:
    quote = world.send("POST", "/quotes", {"lines": LINES, "confirmed_exclusions": ["TEA"]}).json()

    assert quote["to_confirm"] == []
    assert [line["returns"]["policy"] for line in quote["lines"]] == ["standard", "standard"]


def test_an_order_of_excluded_goods_is_refused_until_that_is_confirmed(world: World) -> None:
    world.publish("return_policy", NO_TEA_BACK)
    body = {"lines": LINES, "address": ADDRESS | {"city": ""}}

    problems = refused(world, body)
    order = world.place({"TEA": 1, "KITE": 2}, confirmed_exclusions=["TEA"])

    assert codes(problems) == [
        ("address_incomplete", "/address"),
        ("exclusion_unconfirmed", "/lines/0/sku"),
    ]
    assert (problems[1]["sku"], problems[1]["exclusion"]) == ("TEA", "food")
    lines = [line for part in world.order(order)["sub_orders"] for line in part["lines"]]
    assert [told(line["returns"]) for line in lines] == [TEA_IS_OUT, STANDARD]
    confirmation = world.read(f"/orders/{order}/confirmation")
    assert confirmation["confirmed_exclusions"] == [{"sku": "TEA", "exclusion": "food"}]


def test_an_order_keeps_the_policy_it_was_placed_under(world: World) -> None:
    world.publish("return_policy", {"policy_id": "all", "window_days": 10})
    order = world.place({"TEA": 1})
    world.publish("return_policy", {"policy_id": "all", "window_days": 0})

    [line] = world.order(order)["sub_orders"][0]["lines"]

    assert (line["returns"]["version"], line["returns"]["window_days"]) == (1, 10)
    assert policy_of(world, "TEA/return-policy")["returns"]["window_days"] == 0


def test_a_policy_that_changes_between_quote_and_order_is_asked_about_again(world: World) -> None:
    assert world.send("POST", "/quotes", {"lines": LINES}).json()["to_confirm"] == []
    world.publish("return_policy", NO_TEA_BACK)

    answer = world.send("POST", "/orders", {"lines": LINES, "address": ADDRESS})

    assert codes(problems_in(answer)) == [("exclusion_unconfirmed", "/lines/0/sku")]


def test_whoever_received_it_reads_until_when_it_may_come_back(world: World) -> None:
    order = world.placed_and_paid({"TEA": 1})
    world.ship_all(order)
    [before] = world.order(order)["sub_orders"][0]["lines"]

    world.receive(order)  # 2026-11-21T22:26:40Z: the 22nd in China.

    [after] = world.order(order)["sub_orders"][0]["lines"]
    assert (before["returns"]["until"], before["returns"]["quality_until"]) == (None, None)
    assert after["returns"]["until"] == "2026-11-29T16:00:00Z"
    assert after["returns"]["quality_until"] == "2026-12-07T16:00:00Z"


def test_the_merchant_is_paid_when_nothing_can_come_back_any_more(world: World) -> None:
    order = world.placed_and_paid({"TEA": 1})
    world.ship_all(order)
    world.receive(order)

    [settlement] = [row for row in world.rows() if row["sk"].startswith("SETTLE#")]

    assert int(settlement["due_at"]) == 1_796_659_200  # 2026-12-07T16:00:00Z
    assert world.cloud.clock.now() < settlement["due_at"]


def test_the_policy_of_a_product_is_that_of_the_callers_own_level(world: World) -> None:
    world.publish("policy", {"levels": {"gold": {}}})
    world.publish("member", {"member_id": "b-1", "level": "gold"})
    gold = {"policy_id": "gold", "levels": ["gold"], "window_days": 10}
    world.publish("return_policy", gold, {"policy_id": "everybody", "window_days": 8})

    with nothing_happens(world):
        own = policy_of(world, "TEA/return-policy")
        others = policy_of(world, "TEA/return-policy", who="b-2")
        asked = policy_of(world, "TEA/return-policy?level=gold", role="support", who="s-1")

    assert own == {
        "sku": "TEA",
        "merchant_id": "m-tea",
        "category": "general",
        "level": "gold",
        "returns": own["returns"],
    }
    assert told(own["returns"]) == STANDARD | {"policy": "gold", "version": 1, "window_days": 10}
    assert (others["level"], others["returns"]["policy"]) == ("", "everybody")
    assert asked == own


def test_a_product_with_a_blank_in_its_name_is_found(world: World) -> None:
    world.sells("NEW TEA", "m-tea", 500, {"W1": 1})

    assert policy_of(world, "NEW%20TEA/return-policy")["sku"] == "NEW TEA"


@pytest.mark.parametrize("sku", ["NOTHING", "x" * 41, "%2e%2e%2f", "TEA%23", "%00", "茶"])
def test_of_what_is_no_product_nothing_is_told(world: World, sku: str) -> None:
    with nothing_happens(world):
        answer = world.send("GET", f"/skus/{sku}/return-policy", key=None)

    problem_of(answer, 404, "not_found")


@pytest.mark.parametrize("level", ["x" * 41, "gold%23", "gold%20silver"])
def test_what_is_no_level_is_refused(world: World, level: str) -> None:
    with nothing_happens(world):
        answer = world.send("GET", f"/skus/TEA/return-policy?level={level}", key=None)

    problem_of(answer, 422, "invalid_request")


@pytest.mark.parametrize("confirmed", ["TEA", [1], [None], ["TEA#"], [""], ["x" * 41], ["TEA"] * 1001, None])
def test_what_cannot_be_confirmed_is_refused(world: World, confirmed: Any) -> None:
    body = {"lines": LINES, "address": ADDRESS, "confirmed_exclusions": confirmed}

    with nothing_happens(world):
        answer = world.send("POST", "/orders", body)

    problem_of(answer, 422, "invalid_request")


def test_the_same_order_with_something_else_confirmed_is_another_request(world: World) -> None:
    body: dict[str, Any] = {"lines": LINES, "address": ADDRESS}
    first = world.send("POST", "/orders", body, key="k")

    again = world.send("POST", "/orders", body | {"confirmed_exclusions": ["TEA"]}, key="k")

    assert first.status == 201
    problem_of(again, 422, "idempotency_key_reused")


def test_operators_see_what_runs(world: World) -> None:
    world.publish("return_policy", NO_TEA_BACK)
    path = "/operator/catalogue/return_policy"

    page = world.send("GET", path, role="operator", who="op-1", key=None).json()

    assert page == {"kind": "return_policy", "terms_version": 1, "records": [
        {"id": "tea", "version": 1, "terms": NO_TEA_BACK},
    ]}  # fmt: skip
