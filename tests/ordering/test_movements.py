"""What movements do to rows, without any table: units are moved and never made, and lie evenly afterwards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ordering.movements import (
    NO_QUOTA,
    UNITS,
    Movement,
    Part,
    Stock,
    StockRow,
    UnitsShort,
    evenly,
    homes,
    movement_id,
    planned,
)
from tests.builders import a_request

levels = st.fixed_dictionaries(
    {"available": st.integers(0, 60), "reserved": st.integers(0, 9), "sold": st.integers(0, 9)},
    optional={"channel:tmall": st.integers(0, 40)},
)
defects = st.builds(lambda level, defect: level | {"defect": defect}, levels, st.integers(0, 9))
rows = st.dictionaries(st.sampled_from(("W1", "W2", "W3")), levels, max_size=3)
first_rows = st.dictionaries(st.sampled_from(("W1", "W2", "W3")), st.one_of(levels, defects), max_size=3)


@st.composite
def stocks(draw):
    """Any rows that there can be: the shards that there are, and some that there were."""
    shards = draw(st.integers(0, 6))
    found = {0: draw(first_rows)} | {shard: draw(rows) for shard in homes(shards)}
    found |= {shard: draw(rows) for shard in draw(st.sets(st.integers(7, 9)))}
    drained = max(
        (k for k, own in found.items() if any(level["reserved"] for level in own.values())), default=0
    )
    stored = {shard: StockRow(own, 1) for shard, own in found.items()}
    return Stock("HOT", stored, shards, drained if drained > shards else 0)


def after(stock, plan):
    """The rows as the plan leaves them, by (warehouse, shard, counter)."""
    left = {
        (warehouse, shard, counter): units
        for shard, row in stock.rows.items()
        for warehouse, level in row.levels.items()
        for counter, units in level.items()
    }
    for part in plan.parts:
        place = part[:3]
        left[place] = left.get(place, 0) + part.units
    return left


def totals(counters):
    total = {}
    for (warehouse, _, counter), units in counters.items():
        total[warehouse, counter] = total.get((warehouse, counter), 0) + units
    return {place: units for place, units in total.items() if units}


def of(counters, warehouse, counter):
    return {shard: units for (w, shard, name), units in counters.items() if (w, name) == (warehouse, counter)}


@given(stocks(), st.integers(0, 9))
def test_a_spread_moves_available_units_alone_and_leaves_them_evenly(stock, shards):
    plan = planned(Movement("spread", "HOT", quantity=shards), stock)
    left = after(stock, plan)

    assert totals(left) == totals(after(stock, plan._replace(parts=())))
    assert {part.counter for part in plan.parts} <= {"available", "channel:tmall"}
    assert min(left.values(), default=0) >= 0
    for warehouse in stock.warehouses:
        for counter in ("available", "channel:tmall"):
            by_shard = of(left, warehouse, counter)
            own = [by_shard.pop(shard) for shard in homes(shards) if shard in by_shard]
            assert own == sorted(own, reverse=True)
            assert max(own, default=0) - min(own, default=0) <= 1
            assert set(by_shard.values()) <= {0}


@given(stocks(), st.integers(0, 9))
def test_after_a_spread_every_row_for_sale_knows_every_warehouse(stock, shards):
    left = after(stock, planned(Movement("spread", "HOT", quantity=shards), stock))

    for warehouse in stock.warehouses:
        assert set(of(left, warehouse, "available")) >= {0, *homes(shards)}


@given(stocks(), st.integers(0, 9))
def test_whatever_an_order_holds_is_in_a_row_that_checkouts_look_at(stock, shards):
    plan = planned(Movement("spread", "HOT", quantity=shards), stock)

    held = {
        shard for (_, shard, counter), units in after(stock, plan).items() if counter == "reserved" and units
    }
    assert max(held, default=0) <= max(plan.shards, plan.drained)


@given(stocks(), st.sampled_from(sorted(UNITS)), st.sampled_from(("W1", "W9")), st.integers(1, 80))
def test_no_correction_takes_more_than_there_is_or_makes_units_of_nothing(stock, kind, warehouse, units):
    before = totals(after(stock, planned(Movement("spread", "HOT", quantity=0), stock)))
    needed = {name: -sign * units for name, sign in UNITS[kind].items() if sign < 0}

    if any(before.get((warehouse, name), 0) < wanted for name, wanted in needed.items()):
        with pytest.raises(UnitsShort):
            planned(Movement(kind, "HOT", warehouse, units), stock)
        return
    left = after(stock, planned(Movement(kind, "HOT", warehouse, units), stock))

    assert min(left.values()) >= 0
    for name, sign in UNITS[kind].items():
        before[warehouse, name] = before.get((warehouse, name), 0) + sign * units
    assert totals(left) == {place: count for place, count in before.items() if count}


@given(stocks(), st.one_of(st.none(), st.integers(0, 99)), st.sampled_from(("W1", "W9")))
def test_a_quota_is_what_was_asked_for_and_touches_nothing_else(stock, units, warehouse):
    before = after(stock, planned(Movement("spread", "HOT", quantity=0), stock))
    is_known = any((warehouse, shard, "channel:tmall") in before for shard in stock.rows)

    plan = planned(Movement("quota", "HOT", warehouse, units, "tmall"), stock)

    assert {part.counter for part in plan.parts} <= {"channel:tmall"}
    left = of(after(stock, plan), warehouse, "channel:tmall")
    if units is None and not is_known:
        assert plan.parts == ()
        return
    assert sum(left.values()) == (NO_QUOTA if units is None else units)
    assert left[0] == (0 if stock.shards else sum(left.values()))
    assert set(left) >= {0, *stock.homes}


def test_units_that_do_not_divide_go_to_the_first():
    assert [evenly(7, 3), evenly(0, 2), evenly(2, 4)] == [(3, 2, 2), (0, 0), (1, 1, 0, 0)]


def test_what_came_in_is_laid_out_as_it_is_written_here():
    stock = Stock("HOT", {0: StockRow({}), 1: StockRow({}), 2: StockRow({})}, shards=2)

    plan = planned(Movement("received", "HOT", "W1", 3), stock)

    assert plan.parts == (
        Part("W1", 0, "available", 0),
        Part("W1", 1, "available", 2),
        Part("W1", 2, "available", 1),
    )
    assert (plan.rows, plan.is_exact) == ((0, 1, 2), False)


def test_a_request_has_one_number_in_one_second_and_numbers_sort_by_time():
    request, other = a_request("key-1"), a_request("key-2")

    assert movement_id(5, request) == movement_id(5, request)
    assert len({movement_id(5, request), movement_id(5, other), movement_id(6, request)}) == 3
    assert movement_id(5, request)[:10] == movement_id(5, other)[:10] < movement_id(6, request)[:10]
