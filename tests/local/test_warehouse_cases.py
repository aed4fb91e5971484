"""Simulated warehouses and what comes back for after-sale cases: expected, taken in, inspected, told."""

import json

import pytest

from tests.local.partner_clients import DAY, HOUR, ID, START, World, call, push, read

CASE = f"{ID[:26]}-C01"
LINES = [{"line": 1, "sku": "TEA", "name": "tea", "quantity": 2}]


@pytest.fixture
def world():
    world = World()
    push(world)
    world.advance(HOUR)
    return world


def expect(world, waybill=None, **changed):
    form = {"return_id": CASE, "case": CASE, "fulfillment_id": ID, "lines": LINES}
    form |= {"carrier": "sf" if waybill else None, "waybill": waybill}
    return read(call(world, "POST", "/returns", form | changed))


def told(world):
    """When it told something of the case, and what: the units, or nothing."""
    return [(after - HOUR, m["type"], m.get("lines")) for after, m in world.told() if m.get("case") == CASE]


def counted(**units):
    return [{"line": 1, "good": 0, "defect": 0, "scrap": 0} | units]


def test_what_was_only_approved_does_not_come(world):
    assert expect(world) == (200, {"status": "accepted"})

    world.advance(30 * DAY)

    assert told(world) == []


def test_three_days_after_its_number_is_told_it_comes_and_is_inspected_an_hour_later(world):
    expect(world)
    world.advance(DAY)
    expect(world, "SF-1")

    world.advance(4 * DAY)

    assert told(world) == [
        (4 * DAY, "return.arrived", None),
        (4 * DAY + HOUR, "return.received", counted(good=2)),
    ]
    [arrived, received] = [m for _, m in world.told() if m.get("case")]
    assert arrived == {
        "event_id": arrived["event_id"],
        "type": "return.arrived",
        "created": START + HOUR + 4 * DAY,
        "fulfillment_id": ID,
        "return_id": CASE,
        "case": CASE,
    }
    assert received.keys() == arrived.keys() | {"lines"}
    assert world.units()["good"] == 2


def test_another_number_is_the_same_return_and_it_comes_once(world):
    expect(world, "SF-1")
    world.advance(DAY)

    assert expect(world, "SF-2") == (200, {"status": "accepted"})
    world.advance(9 * DAY)

    assert [(after, kind) for after, kind, _ in told(world)] == [
        (3 * DAY, "return.arrived"),
        (3 * DAY + HOUR, "return.received"),
    ]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ({"return_grade": "scrap"}, counted(scrap=2)),
        ({"return_missing": [{"line": 1, "units": 1}]}, counted(good=1)),
        ({"return_missing": [{"line": 1, "units": 9}]}, counted()),
        ({"return_rate_pct": 40}, counted(good=2, rate_pct=40)),
    ],
    ids=str,
)
def test_what_is_found_in_it(world, mode, expected):
    world.mode(**mode)
    expect(world, "SF-1")

    world.advance(4 * DAY)

    assert told(world)[-1][2] == expected


def test_what_is_worth_less_says_why(world):
    world.mode(CASE, return_rate_pct=40)
    expect(world, "SF-1")

    world.advance(4 * DAY)

    assert world.told("return.received")[0][1]["reason"] == "worn"


@pytest.mark.parametrize(
    ("mode", "kinds"),
    [
        ({"return_after": None}, []),
        ({"inspect_after": None}, ["return.arrived"]),
        ({"reports": False}, []),
        ({"deliver": "twice"}, ["return.arrived"] * 2 + ["return.received"] * 2),
        ({"deliver": {"return.arrived": "never"}}, ["return.received"]),
        ({"deliver": {"return.arrived": 2 * HOUR}}, ["return.received", "return.arrived"]),
    ],
    ids=str,
)
def test_silent_twice_late_or_never(world, mode, kinds):
    world.mode(**mode)
    expect(world, "SF-1")

    world.advance(5 * DAY)

    assert [kind for _, kind, _ in told(world)] == kinds


def test_what_the_desk_counts_is_not_counted_again(world):
    expect(world, "SF-1")
    world.advance(HOUR)

    world.desk(f"/_warehouses/W1/arrivals/{CASE}", {"lines": [{"line": 1, "defect": 1}]})
    world.advance(9 * DAY)

    assert [lines for _, kind, lines in told(world)] == [counted(defect=1)]
    assert world.units()["defect"] == 1


@pytest.mark.parametrize(
    "changed",
    [{"case": f"{ID[:26]}-C02"}, {"case": 1}, {"case": ""}, {"waybill": 5}, {"lines": []}],
    ids=json.dumps,
)
def test_what_cannot_be_meant_is_refused(world, changed):
    assert expect(world, **({"waybill": "SF-1"} | changed))[0] == 400


def test_other_goods_under_the_same_number_are_refused(world):
    expect(world)

    assert expect(world, "SF-1", lines=[LINES[0] | {"quantity": 1}])[0] == 422
