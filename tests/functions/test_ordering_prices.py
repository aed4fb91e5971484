"""Prices over HTTP: quote and order agree, a price that changed is told with its why, and no price is nothing."""

from typing import Any

import pytest

from local.demo.invariants import violations
from shared.instants import rfc3339
from tests.functions.ordering import codes, refused
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import DAY, OPENED_AT, World, offer, order_of


def seen(quote: Any) -> dict[str, Any]:
    """What a client sends back of the quote that its buyer saw."""
    return {
        "expected_payable": quote["payable"],
        "expected_lines": [line["payable"]["amount"] for line in quote["lines"]],
        "expected_freight": quote["freight"]["amount"],
    }


def quoted(world: World, lines: dict[str, int], **more: Any) -> Any:
    return world.send("POST", "/quotes", order_of(lines, **more)).json()


def runs(promotion: str, **terms: Any) -> dict[str, Any]:
    validity = {"starts_at": rfc3339(OPENED_AT), "ends_at": rfc3339(OPENED_AT + DAY)}
    usual = {"promotion_id": promotion, "kind": "percentage", "currency": "CNY"}
    return {**usual, **validity, **terms}


def test_a_hundred_twice_less_fifty_less_ten_less_points_worth_five_is_a_hundred_and_thirty_five(
    world: World,
) -> None:
    world.sells("CASE", "m-tea", 10_000, {"W1": 9})
    tiers = [{"threshold_minor": 20_000, "off_minor": 5_000}]
    world.publish("promotion", runs("minus-50", kind="full_reduction", tiers=tiers))
    coupon = world.gives_coupon("TEN", off_minor=1_000)
    world.gives_points(500)
    with_all = {"coupons": [coupon], "points": 500}

    quote = quoted(world, {"CASE": 2}, **with_all)
    order = world.place({"CASE": 2}, **with_all, **seen(quote))

    [line] = world.order(order)["sub_orders"][0]["lines"]
    assert quote["goods"] == {"amount": 13_500, "currency": "CNY"}
    assert world.order(order)["goods"] == quote["goods"]
    assert [(step["name"], step["amount"]["amount"]) for step in line["price_steps"]] == [
        ("list_price", 20_000),
        ("promotion:minus-50", -5_000),
        (f"platform_coupon:{coupon}", -1_000),
        ("points", -500),
    ]
    assert violations(world.cloud) == []


def test_every_kind_of_discount_at_once_gives_quote_and_order_the_same_price(world: World) -> None:
    world.publish("policy", {"levels": {"gold": {"rate_pct": 95, "is_freight_free": True}}})
    world.publish("member", {"member_id": "b-1", "level": "gold"})
    world.publish("promotion", runs("three-for-two", kind="n_for_m", n=3, m=2, merchant_id="m-tea"))
    zones = [{"to": ["*"], "first": 1000, "first_fee_minor": 700, "step": 500, "step_fee_minor": 300}]
    world.publish(
        "freight_template", {"template_id": "std", "currency": "CNY", "by": "weight", "zones": zones}
    )
    shop = world.gives_coupon("SHOP", kind="shop", merchant_id="m-tea", off_minor=100)
    platform = world.gives_coupon("PLATFORM", rate_pct=90, max_off_minor=5_000)
    world.gives_points(400)
    with_all = {"coupons": [platform, shop], "points": 400}

    quote = quoted(world, {"TEA": 3, "KITE": 4}, **with_all)
    order = world.order(world.place({"TEA": 3, "KITE": 4}, **with_all, **seen(quote)))

    # TEA: 3 x 18.99 (95 %), one of three free, less 1.00; KITE: 4 x 3.16; together 49.62, less 10 %: 44.66; less 4.00.
    assert quote["goods"]["amount"] == order["goods"]["amount"] == 4_066
    assert (quote["freight"]["amount"], order["payable"]["amount"]) == (0, 4_066)
    tea, kite = order["sub_orders"]
    assert [(s["name"], s["amount"]["amount"]) for s in tea["freight_steps"]] == [
        ("freight", 1_600),  # 2100 g: 7.00, and three times 3.00.
        ("free_for_members", -1_600),
    ]
    assert [step["name"] for step in tea["lines"][0]["price_steps"]] == [
        "list_price",
        "member_price",
        "promotion:three-for-two",
        f"shop_coupon:{shop}",
        f"platform_coupon:{platform}",
        "points",
    ]
    assert tea["lines"][0]["payable"]["amount"] + kite["lines"][0]["payable"]["amount"] == 4_066
    assert {c["coupon"]: c["off"]["amount"] for c in order["coupons"]} == {platform: 496, shop: 100}
    assert order["payment_method"] == ""
    assert violations(world.cloud) == []


def test_a_quote_that_no_longer_holds_is_refused_with_old_new_and_the_line_that_changed(world: World) -> None:
    quote = quoted(world, {"TEA": 2, "KITE": 1})
    world.publish("sku", offer("TEA", "m-tea", 2_099))
    body = order_of({"TEA": 2, "KITE": 1}, **seen(quote))

    [problem] = refused(world, body)
    now = quoted(world, {"TEA": 2, "KITE": 1})
    accepted = world.send("POST", "/orders", order_of({"TEA": 2, "KITE": 1}, **seen(now)))

    assert problem["code"] == "price_changed"
    assert problem["old"] == {"amount": 2 * 1999 + 333 + 1600, "currency": "CNY"}
    assert problem["new"] == {"amount": 2 * 2099 + 333 + 1600, "currency": "CNY"}
    assert problem["why"] == [{"what": "line", "line": 1, "sku": "TEA", "old": 3998, "new": 4198}]
    assert accepted.status == 201


def test_a_cheaper_price_is_told_too_and_so_is_another_freight(world: World) -> None:
    quote = quoted(world, {"TEA": 2})
    world.publish("sku", offer("TEA", "m-tea", 1_899))
    world.publish("policy", {"numbers": {"flat_freight_minor": 900}})

    [problem] = refused(world, order_of({"TEA": 2}, **seen(quote)))

    assert problem["why"] == [
        {"what": "line", "line": 1, "sku": "TEA", "old": 3998, "new": 3798},
        {"what": "freight", "old": 800, "new": 900},
    ]


def test_changes_that_cancel_each_other_out_are_told_all_the_same(world: World) -> None:
    quote = quoted(world, {"TEA": 1, "KITE": 1})
    world.publish("sku", offer("TEA", "m-tea", 2_000), offer("KITE", "m-toys", 332))

    [problem] = refused(world, order_of({"TEA": 1, "KITE": 1}, **seen(quote)))

    assert problem["old"] == problem["new"]
    assert [why["sku"] for why in problem["why"]] == ["TEA", "KITE"]


def test_a_quote_from_before_a_promotion_ended_is_refused_after_it(world: World) -> None:
    world.publish("promotion", runs("tenth", rate_pct=90))
    quote = quoted(world, {"TEA": 10})
    world.cloud.advance(DAY - 1)
    in_time = world.send("POST", "/orders", order_of({"TEA": 10}, **seen(quote)))
    world.cloud.advance(1)

    [problem] = refused(world, order_of({"TEA": 10}, **seen(quote)))

    assert (in_time.status, in_time.json()["goods"]["amount"]) == (201, 17_991)
    assert (problem["old"]["amount"], problem["new"]["amount"]) == (17_991 + 800, 19_990 + 800)
    assert problem["why"] == [{"what": "line", "line": 1, "sku": "TEA", "old": 17_991, "new": 19_990}]


def test_an_order_of_before_answers_its_repetition_as_then(world: World) -> None:
    world.publish("promotion", runs("tenth", rate_pct=90))
    body = order_of({"TEA": 10}, **seen(quoted(world, {"TEA": 10})))
    first = world.send("POST", "/orders", body, key="key")
    world.publish("sku", offer("TEA", "m-tea", 9_999))
    world.publish("promotion", runs("tenth", rate_pct=90) | {"is_retired": True})

    with nothing_happens(world):
        again = world.send("POST", "/orders", body, key="key")

    assert (first.status, again.status) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"


def test_an_order_keeps_the_terms_that_it_was_placed_under(world: World) -> None:
    order = world.place({"TEA": 1})
    world.publish("sku", offer("TEA", "m-tea", 9_999))
    world.publish("policy", {"numbers": {"payment_timeout_seconds": 60, "shipment_promise_seconds": 60}})
    later = world.place({"TEA": 1})

    world.cloud.advance(61)
    world.pay(world.start(order))

    assert world.order(later)["state"] == "cancelled"
    shown = world.order(order)
    assert (shown["payable"]["amount"], shown["state"]) == (1999 + 800, "awaiting_shipment")
    assert [c["seconds"] for c in shown["countdowns"]] == [2 * DAY]
    assert (shown["terms_version"], world.order(later)["terms_version"]) == (0, 1)


@pytest.mark.parametrize("price", [0, -1, -1999, 1.5, "1", None, 10**12 + 1])
def test_goods_without_a_price_or_with_one_below_nothing_are_not_published(world: World, price: Any) -> None:
    record = offer("TEA", "m-tea", 1) | {"unit_price_minor": price}

    with nothing_happens(world):
        answer = world.send(
            "POST", "/operator/catalogue/sku", {"records": [record]}, role="operator", who="op-1"
        )

    problem = problem_of(answer, 422, "catalogue_refused")
    assert [(row["index"], row["at"]) for row in problem["rows"]] == [(0, "unit_price_minor")]
    assert quoted(world, {"TEA": 1})["goods"]["amount"] == 1_999


def test_a_discount_never_makes_a_line_cheaper_than_nothing(world: World) -> None:
    coupon = world.gives_coupon("HUGE", off_minor=1_000_000)

    # 3.33 less as much as there is: then nothing would be left to pay for the kite but its freight.
    quote = quoted(world, {"KITE": 1}, coupons=[coupon])

    assert (quote["goods"]["amount"], quote["freight"]["amount"]) == (0, 800)
    assert quote["coupons"][0]["off"]["amount"] == 333


def test_a_payment_method_that_is_not_for_such_goods_is_refused_with_those_that_are(world: World) -> None:
    methods = {"sandbox": {"max_minor": 5_000}, "balance": {"not_for": ["general"]}, "card": {}}
    world.publish("policy", {"payment_methods": methods})

    dear = refused(world, order_of({"TEA": 3}, payment_method="sandbox"))
    general = refused(world, order_of({"TEA": 1}, payment_method="balance"))
    unknown = refused(world, order_of({"TEA": 1}, payment_method="cash"))
    fine = world.send("POST", "/orders", order_of({"TEA": 3}, payment_method="card"))

    assert codes([*dear, *general, *unknown]) == [("payment_method_unavailable", "/payment_method")] * 3
    assert (dear[0]["maximum"], dear[0]["available"]) == (5_000, ["card"])
    assert (general[0]["categories"], general[0]["available"]) == (["general"], ["card", "sandbox"])
    assert unknown[0]["available"] == ["card", "sandbox"]
    assert (fine.status, fine.json()["payment_method"]) == (201, "card")


def test_where_no_zone_of_the_freight_template_reaches_nothing_is_sent(world: World) -> None:
    zones = [
        {"to": ["CN/Zhejiang"], "first": 1000, "first_fee_minor": 500, "step": 500, "step_fee_minor": 100},
        {"to": ["GB"], "first": 1000, "first_fee_minor": 900, "step": 500, "step_fee_minor": 100},
    ]
    template = {"template_id": "near", "merchant_id": "m-tea", "currency": "CNY", "by": "weight"}
    world.publish("freight_template", template | {"zones": zones})
    body = order_of({"TEA": 1, "KITE": 1})
    there = body | {"address": body["address"] | {"region": "Zhejiang"}}

    problems = refused(world, body)
    accepted = world.send("POST", "/orders", there)

    assert codes(problems) == [("address_not_deliverable", "/address")]
    assert problems[0]["merchants"] == ["m-tea"]
    assert [part["freight"]["amount"] for part in accepted.json()["sub_orders"]] == [500, 800]
