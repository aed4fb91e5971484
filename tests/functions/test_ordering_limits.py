"""What is limited for each buyer, for each sales channel, and in time: purchase limits, quotas, presales."""

from typing import Any

import pytest

from local.demo.invariants import violations
from shared.instants import rfc3339
from tests.functions.ordering import codes, happened, problems_in, refused
from tests.functions.racing import struck_before
from tests.http_world import DAY, OPENED_AT, SWEPT, World, order_of

LIMITED: dict[str, Any] = {"flags": ["limited"], "limit_per_buyer": 2}


def test_a_buyer_gets_as_many_as_the_limit_over_all_orders_and_the_next_buyer_too(world: World) -> None:
    world.sells("RARE", "m-toys", 1_000, {"W1": 9}, **LIMITED)
    world.placed_and_paid({"RARE": 1})

    problems = refused(world, order_of({"RARE": 2}))
    last = world.send("POST", "/orders", order_of({"RARE": 1}))
    other = world.send("POST", "/orders", order_of({"RARE": 2}), who="b-2")

    assert codes(problems) == [("purchase_limit", "/lines/0/quantity")]
    assert {name: problems[0][name] for name in ("wanted", "limit", "bought", "left")} == {
        "wanted": 2,
        "limit": 2,
        "bought": 1,
        "left": 1,
    }
    assert (last.status, other.status) == (201, 201)
    assert violations(world.cloud) == []


def test_of_two_orders_of_one_buyer_for_the_last_unit_allowed_one_is_placed(world: World) -> None:
    world.sells("RARE", "m-toys", 1_000, {"W1": 9}, **LIMITED)
    world.place({"RARE": 1})
    faster: list[Any] = []

    def rival() -> None:
        faster.append(world.send("POST", "/orders", order_of({"RARE": 1})))

    with struck_before("order_placed", rival):
        slower = world.send("POST", "/orders", order_of({"RARE": 1, "TEA": 1}))

    [problem] = problems_in(slower)
    assert (faster[0].status, problem["code"], problem["left"]) == (201, "purchase_limit", 0)
    assert happened(world, "order_placed") == 2
    assert world.wallet()["counts"] == {"sku:RARE": 2}
    assert violations(world.cloud) == []


def test_cancelled_units_may_be_bought_again(world: World) -> None:
    world.sells("RARE", "m-toys", 1_000, {"W1": 9}, **LIMITED)
    order = world.placed_and_paid({"RARE": 2})

    world.cancel(order, {1: 1})

    assert world.wallet()["counts"] == {"sku:RARE": 1}
    assert world.send("POST", "/orders", order_of({"RARE": 2})).status == 422
    assert world.send("POST", "/orders", order_of({"RARE": 1})).status == 201
    assert violations(world.cloud) == []


def test_goods_from_abroad_are_limited_for_each_buyer_and_year(world: World) -> None:
    world.sells("PERFUME", "m-far", 1_300_000, {"W1": 9}, flags=["cross_border"])
    world.place({"PERFUME": 1})

    problems = refused(world, order_of({"PERFUME": 2}))
    second = world.send("POST", "/orders", order_of({"PERFUME": 1}))
    third = refused(world, order_of({"PERFUME": 1}))
    world.cloud.advance(40 * DAY)  # Into the next year; the unpaid ones have died long since.

    assert codes(problems) == [("cross_border_quota", "/lines")]
    assert (problems[0]["limit"], problems[0]["bought"], problems[0]["left"]) == (
        2_600_000,
        1_300_000,
        1_300_000,
    )
    assert (second.status, third[0]["left"]) == (201, 0)
    assert world.send("POST", "/orders", order_of({"PERFUME": 2})).status == 201
    assert world.wallet()["counts"]["cross_border:2027"] == 2_600_000


def quota(world: World, sku: str, channel: str, units: int | None) -> None:
    body = {"sku": sku, "warehouse": "W1", "channel": channel, "units": units}
    world.command("/operator/stock/quotas", body, role="operator", who="op-1")


def test_a_channel_sells_its_quota_and_the_others_what_is_there(world: World) -> None:
    quota(world, "KITE", "live", 3)

    too_many = refused(world, order_of({"KITE": 4}, channel="live"))
    order = world.place({"KITE": 2}, channel="live")
    fewer = refused(world, order_of({"KITE": 2}, channel="live"))
    elsewhere = world.send("POST", "/orders", order_of({"KITE": 8}))

    assert codes(too_many) == [("stock_short", "/lines/0/quantity")]
    assert (too_many[0]["available"], fewer[0]["available"]) == (3, 1)
    assert elsewhere.status == 201
    assert world.order(order)["channel"] == "live"
    assert world.stock("KITE")["W1"] == {
        "available": 0,
        "reserved": 10,
        "sold": 0,
        "channels": {"live": 1},
    }
    assert violations(world.cloud) == []


def test_what_a_channel_did_not_sell_in_the_end_is_its_own_again(world: World) -> None:
    quota(world, "KITE", "live", 3)
    unpaid = world.place({"KITE": 3}, channel="live")
    sold_out = refused(world, order_of({"KITE": 1}, channel="live"))
    world.cancel(unpaid)
    order = world.placed_and_paid({"KITE": 3}, channel="live")
    world.cancel(order, {1: 1})
    world.ship_all(order)

    assert codes(sold_out) == [("sold_out", "/lines/0/quantity")]
    assert world.stock("KITE")["W1"] == {"available": 8, "reserved": 0, "sold": 2, "channels": {"live": 1}}
    assert violations(world.cloud) == []


def test_of_two_orders_for_the_last_unit_of_a_quota_one_is_placed(world: World) -> None:
    quota(world, "KITE", "live", 1)
    faster: list[Any] = []

    def rival() -> None:
        faster.append(world.send("POST", "/orders", order_of({"KITE": 1}, channel="live"), who="b-2"))

    with struck_before("order_placed", rival):
        slower = world.send("POST", "/orders", order_of({"KITE": 1}, channel="live"))

    assert faster[0].status == 201
    assert codes(problems_in(slower)) == [("sold_out", "/lines/0/quantity")]
    assert world.stock("KITE")["W1"]["channels"] == {"live": 0}
    assert violations(world.cloud) == []


def test_a_quota_that_is_lifted_in_the_meantime_binds_nobody(world: World) -> None:
    quota(world, "KITE", "live", 1)

    with struck_before("order_placed", lambda: quota(world, "KITE", "live", None)):
        answer = world.send("POST", "/orders", order_of({"KITE": 1}, channel="live"))

    assert answer.status == 201
    assert world.send("POST", "/orders", order_of({"KITE": 9}, channel="live")).status == 201
    assert violations(world.cloud) == []


PRESALE: dict[str, Any] = {"flags": ["presale"], "ships_at": rfc3339(OPENED_AT + 30 * DAY)}


def test_a_presale_gives_a_day_to_pay_is_looked_at_and_ships_from_its_date(world: World) -> None:
    world.sells("NEW", "m-toys", 50_000, {"W1": 9}, **PRESALE)
    order = world.place({"NEW": 1, "TEA": 1})
    to_pay = [(c["event"], c["seconds"]) for c in world.order(order)["countdowns"]]
    world.cloud.advance(DAY - 1)

    world.pay(world.start(order))
    under_review = world.order(order)
    world.review(order)
    waiting = world.order(order)

    assert to_pay == [("payment_timed_out", DAY)]
    assert (under_review["state"], under_review["review"]) == ("under_review", ["presale"])
    assert [(c["about"], c["event"], c["at"]) for c in waiting["countdowns"]] == [
        ("SUB#01", "shipment_overdue", rfc3339(OPENED_AT + 32 * DAY)),
        ("SUB#02", "shipment_overdue", rfc3339(OPENED_AT + DAY - 1 + 2 * DAY)),
    ]
    assert [part["ship_by"] for part in waiting["sub_orders"]] == [
        rfc3339(OPENED_AT + 32 * DAY),
        rfc3339(OPENED_AT + 3 * DAY - 1),
    ]


def test_nobody_is_warned_of_a_presale_before_its_date(world: World) -> None:
    world.sells("NEW", "m-toys", 50_000, {"W1": 9}, **PRESALE)
    order = world.placed_and_paid({"NEW": 1})
    world.review(order)

    world.cloud.advance(32 * DAY - 1)
    in_time = happened(world, "shipment_overdue")
    world.cloud.advance(SWEPT)

    assert (in_time, happened(world, "shipment_overdue")) == (0, 1)


def test_a_presale_that_is_not_paid_within_its_day_dies(world: World) -> None:
    world.sells("NEW", "m-toys", 50_000, {"W1": 9}, **PRESALE)
    order = world.place({"NEW": 1})

    world.cloud.advance(DAY)

    assert world.order(order)["state"] == "cancelled"
    assert world.stock("NEW") == {"W1": {"available": 9, "reserved": 0, "sold": 0}}


@pytest.mark.parametrize(("left", "wanted", "told"), [(5, 10, 5), (20, 3, None)])
def test_five_left_and_ten_wanted_is_refused_and_twenty_left_and_three_wanted_is_not(
    world: World, left: int, wanted: int, told: int | None
) -> None:
    world.sells("PEN", "m-toys", 100, {"W1": left})

    answer = world.send("POST", "/quotes", order_of({"PEN": wanted}))

    if told is None:
        assert answer.status == 200
    else:
        assert problems_in(answer)[0]["available"] == told


def test_of_ten_left_five_are_held_by_somebody_who_has_not_paid_and_everybody_else_sees_five(
    world: World,
) -> None:
    world.place({"KITE": 5}, who="a")

    told = [refused(world, order_of({"KITE": 6}), who=who)[0]["available"] for who in ("a", "b", "c")]

    assert told == [5, 5, 5]
