"""What the product answers, seen from outside: lines in, lines out."""

import json
import os
import subprocess
import sys

import pytest

from bench.split.answering import answered
from bench.split.checking import checked, parcel_price, unshippable
from bench.split.generating import IMPOSSIBLE, instances
from bench.split.reference import least
from bench.split.report import Measured, One

from .split_orders import a_carrier, a_line, a_parcel, an_instance


def raw(instance):
    return json.dumps(instance).encode()


def run(lines, *arguments, hash_seed="0"):
    return subprocess.run(
        [sys.executable, "-m", "bench.split", *arguments],
        input=b"\n".join(lines) + b"\n",
        capture_output=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
    )


def test_an_order_is_answered_with_its_parcels():
    told = answered(raw(an_instance()))

    assert told.answer == {"id": "n1-01", "parcels": [a_parcel()]}


@pytest.mark.parametrize(
    ("name", "count"),
    [("n1", 20), ("n2", 20), ("n3", 20), ("n5", 20), ("n8", 10), ("n12", 4), ("n20", 2), ("n200", 1)],
)
def test_answers_break_no_rule_and_cost_what_the_plan_says(name, count):
    for order in instances(name, count):
        told = answered(raw(order))

        assert checked(order, told.answer) == (told.plan.price, ())
        assert told.plan.at_least <= told.plan.price
        assert told.plan.price == sum(parcel_price(order, parcel) for parcel in told.answer["parcels"])


@pytest.mark.parametrize("name", ["n1", "n2", "n3", "n5", "n8"])
def test_small_orders_cost_the_least(name):
    for order in instances(name, 6, seed=3):
        told = answered(raw(order))

        assert told.plan.is_optimal
        assert (told.plan.price, told.plan.price) == least(order)


def test_an_order_that_cannot_be_shipped_is_refused_for_the_goods_that_stay():
    for order in instances(IMPOSSIBLE, 40):
        told = answered(raw(order))

        assert checked(order, told.answer).broken == ()
        named = told.answer["reason"].rpartition(": ")[2].split(", ")
        assert set(named) <= set(unshippable(order))


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (an_instance(stock=1), "no_stock: "),
        (an_instance(a_line(cross_border=True, unit_price=500_001)), "over_customs_cap: "),
        (an_instance(carrier=a_carrier(refuses=["domestic"])), "no_service: "),
        (an_instance(carrier=a_carrier(max_weight_g=699)), "no_service: "),
    ],
    ids=["too few", "over the cap", "refused", "too heavy"],
)
def test_obstacles_are_told_apart(order, reason):
    told = answered(raw(order))

    assert told.answer["parcels"] is None
    assert told.answer["reason"].startswith(reason)
    assert told.answer["reason"].endswith(": S1")


def test_enough_that_lies_where_no_service_takes_it_is_not_enough():
    order = an_instance(stock=1)
    order["warehouses"]["W2"] = {"handling": 0, "carriers": ["W2.e"], "stock": {"S1": 2}}
    order["carriers"]["W2.e"] = a_carrier(refuses=["domestic"])

    assert answered(raw(order)).answer["reason"].startswith("not_enough_carried: ")


def test_answers_come_in_order_whatever_the_lines_are_and_again_the_same():
    orders = [*instances("n5", 3), *instances(IMPOSSIBLE, 2), *instances("n20", 1)]
    lines = [raw(orders[0]), b"not json", b"", *map(raw, orders[1:])]

    first, again = run(lines, hash_seed="1"), run(lines, "--report", hash_seed="2")

    answers = [json.loads(line) for line in first.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == [
        "n5-000",
        None,
        "n5-001",
        "n5-002",
        "impossible-000",
        "impossible-001",
        "n20-000",
    ]
    assert again.stdout == first.stdout
    assert first.stderr == b""
    assert [line.split()[:3] for line in again.stderr.decode().splitlines()] == [
        ["class", "orders", "shipped"],
        ["n5", "3", "3"],
        ["unreadable", "1", "0"],
        ["impossible", "2", "0"],
        ["n20", "1", "1"],
    ]


def an_order(price, least_known, at_least, cpu_ms=1.0, broken=()):
    return One(price, least_known, at_least, 2 * price, cpu_ms, broken)


def test_budgets_that_are_missed_are_named():
    assert Measured("n3", (an_order(100, 100, 100),)).missed() == []
    assert Measured("n3", (an_order(101, 100, 100, 5.1),)).missed() == ["not all optimal", "CPU over 5 ms"]
    assert Measured("n20", (an_order(1_005, 1_000, 900),)).missed() == []
    assert Measured("n20", (an_order(1_006, 1_000, 900),)).missed() == ["mean gap over 0.5 %"]
    assert Measured("n12", (*[an_order(1_000, 1_000, 1_000)] * 9, an_order(1_021, 1_000, 900))).missed() == [
        "a gap over 2 %"
    ]
    assert Measured("n1", (an_order(100, 100, 100, broken=("too heavy",)),)).missed() == ["too heavy"]
    assert Measured("n1", (an_order(100, 100, 100),)).peers_extra_percent == 100
