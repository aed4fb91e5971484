"""Counters against movements, without any table: the sum is right in any order, and every difference is told."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.goods import StockMove
from shared.ordering.drift import (
    Difference,
    DriftReport,
    Expected,
    Found,
    Tally,
    below_zero,
    compared,
    falsely_sold_out,
    repairable,
)
from shared.ordering.movements import Part

TEA, ROW = "TEA", ("TEA", 0)
NOTHING = Expected({}, 0)


def a_level(available=0, reserved=0, sold=0, **more):
    return {"available": available, "reserved": reserved, "sold": sold, **more}


def received(units, *, warehouse="W1", shard=0):
    return {"rows": (shard,), "parts": (Part(warehouse, shard, "available", units),)}


def test_units_that_came_were_reserved_sold_and_released_stand_where_they_ended():
    tally = Tally()

    tally.add_movement(TEA, **received(10))
    tally.add_event([StockMove("reserve", TEA, "W1", 6)])
    tally.add_event([StockMove("release", TEA, "W1", 1)])
    tally.add_event([StockMove("ship", TEA, "W1", 3)])

    expected = tally.row(ROW)
    assert expected.counters == {("W1", "available"): 5, ("W1", "reserved"): 2, ("W1", "sold"): 3}
    assert (expected.moves, tally.entries) == (4, 4)


def test_a_quota_shrinks_with_what_its_channel_holds_and_not_with_what_leaves():
    tally = Tally()

    tally.add_movement(TEA, rows=(0,), parts=(Part("W1", 0, "channel:tmall", 9),))
    tally.add_event([StockMove("reserve", TEA, "W1", 4, 0, "tmall")])
    tally.add_event([StockMove("release", TEA, "W1", 1, 0, "tmall")])
    tally.add_event([StockMove("ship", TEA, "W1", 3, 0, "tmall")])

    assert tally.row(ROW).counters["W1", "channel:tmall"] == 6


def test_an_event_counts_once_for_every_row_that_it_moves():
    tally = Tally()

    tally.add_event(
        [
            StockMove("reserve", TEA, "W1", 1, 2),
            StockMove("reserve", TEA, "W2", 1, 2),
            StockMove("reserve", TEA, "W1", 1, 3),
            StockMove("reserve", "CUP", "W1", 1),
        ]
    )

    assert [tally.row((TEA, shard)).moves for shard in (0, 2, 3)] == [0, 1, 1]
    assert tally.row(("CUP", 0)).moves == 1
    assert tally.entries == 1


def test_a_repair_counts_as_a_move_and_moves_nothing():
    tally = Tally()

    tally.add_movement(TEA, rows=(0,), parts=())

    assert tally.row(ROW) == Expected({}, 1)


def test_only_what_is_watched_is_added_up():
    tally = Tally({"CUP"})

    tally.add_movement(TEA, **received(10))
    tally.add_event([StockMove("reserve", TEA, "W1", 6), StockMove("reserve", "CUP", "W1", 2)])

    assert tally.row(ROW) == NOTHING
    assert tally.row(("CUP", 0)).moves == tally.entries == 1


def test_a_row_that_says_what_its_movements_say_does_not_differ():
    expected = Expected({("W1", "available"): 2, ("W1", "reserved"): 0, ("W1", "sold"): 0}, 3)

    assert compared(ROW, Found({"W1": a_level(2)}, 3), expected) == ()
    assert compared(ROW, None, NOTHING) == ()
    assert compared(ROW, Found({}, None), NOTHING) == ()


@pytest.mark.parametrize(
    ("found", "differences"),
    [
        (Found({"W1": a_level(3)}, 3), [("W1", "available", 2, 3)]),
        (Found({"W1": a_level(2, sold=1)}, 3), [("W1", "sold", 0, 1)]),
        (Found({"W1": a_level(2, defect=0)}, 3), []),
        (Found({"W1": a_level(2), "W2": a_level(1)}, 3), [("W2", "available", 0, 1)]),
        (Found({"W1": {"available": 2, "reserved": 0}}, 3), [("W1", "sold", 0, None)]),
        (Found({"W1": a_level(2)}, 4), [("", "moves", 3, 4)]),
        (Found({"W1": a_level(2)}, None), [("", "moves", 3, None)]),
        (
            None,
            [
                ("W1", "available", 2, None),
                ("W1", "reserved", 0, None),
                ("W1", "sold", 0, None),
                ("", "moves", 3, None),
            ],
        ),
    ],
)
def test_every_counter_that_differs_is_told(found, differences):
    expected = Expected({("W1", "available"): 2, ("W1", "reserved"): 0, ("W1", "sold"): 0}, 3)

    told = compared(ROW, found, expected)

    assert [(d.warehouse, d.counter, d.expected, d.found) for d in told] == differences
    assert {d.row for d in told} <= {ROW}


def test_units_below_zero_are_told_wherever_they_stand():
    expected = Expected({("W1", "available"): -1, ("W1", "reserved"): 1}, 1)

    told = below_zero(ROW, Found({"W1": a_level(5, reserved=-2, sold=1)}, 1), expected)

    assert [(d.counter, d.expected, d.found) for d in told] == [("available", -1, 5), ("reserved", 1, -2)]


def test_what_would_put_a_counter_below_zero_is_not_repaired():
    good, bad = Difference(TEA, "W1", 0, "sold", 1, 2), Difference("CUP", "W1", 0, "sold", -1, 2)
    beside = bad._replace(counter="available", expected=4)

    assert repairable([good, bad, beside]) == {ROW: (good,)}


@pytest.mark.parametrize(
    ("first", "shard", "is_false"),
    [
        (Found({"W1": a_level()}, 1, True, 1), Found({"W1": a_level()}, 1), False),
        (Found({"W1": a_level()}, 1, True, 1), Found({"W1": a_level(1)}, 1), True),
        (Found({"W1": a_level(1)}, 1, True, 1), Found({"W1": a_level()}, 1), True),
        (Found({"W1": a_level(1)}, 1, False, 1), Found({"W1": a_level(1)}, 1), False),
        (
            Found({"W1": a_level()}, 1, True, 0),
            Found({"W1": a_level(1)}, 1),
            False,
        ),  # Not for sale from there.
        (Found({"W1": a_level()}, 1, True, 1), None, False),
    ],
)
def test_sold_out_is_false_while_a_unit_is_for_sale_in_any_row(first, shard, is_false):
    rows = {ROW: first} | ({(TEA, 1): shard} if shard else {})

    told = list(falsely_sold_out(rows))

    assert told == ([Difference(TEA, "", 0, "sold_out", 0, 1)] if is_false else [])


def test_a_report_is_clean_when_nothing_differs_and_nothing_is_below_zero():
    one = Difference(TEA, "W1", 0, "sold", 1, 2)

    assert DriftReport(3, 4, unsettled=(ROW,)).is_clean
    assert not DriftReport(3, 4, differences=(one,)).is_clean
    assert not DriftReport(3, 4, negative=(one,)).is_clean


moves = st.builds(
    StockMove,
    st.sampled_from(("reserve", "release", "ship")),
    st.sampled_from(("TEA", "CUP")),
    st.sampled_from(("W1", "W2")),
    st.integers(1, 9),
    st.integers(0, 2),
    st.sampled_from(("", "tmall")),
)
entries = st.lists(st.one_of(st.lists(moves, min_size=1, max_size=4), st.integers(0, 50)), max_size=20)
FLOW = {
    "reserve": ("available", "reserved"),
    "release": ("reserved", "available"),
    "ship": ("reserved", "sold"),
}


def added(history):
    tally = Tally()
    for entry in history:
        if isinstance(entry, int):
            tally.add_movement(TEA, **received(entry))
        else:
            tally.add_event(entry)
    return tally


@given(entries, st.integers())
def test_the_order_of_movements_does_not_matter(history, seed):
    shuffled = list(history)
    Random(seed).shuffle(shuffled)
    first, second = added(history), added(shuffled)

    assert {row: first.row(row) for row in first.rows} == {row: second.row(row) for row in second.rows}


@given(entries)
def test_units_are_moved_and_never_made(history):
    tally, came = added(history), sum(entry for entry in history if isinstance(entry, int))
    total = Counter()
    for row in tally.rows:
        for (_, counter), units in tally.row(row).counters.items():
            total["units"] += 0 if counter.startswith("channel:") else units

    assert total["units"] == came


@given(entries)
def test_the_sum_is_that_of_adding_every_move_by_hand(history):
    by_hand = Counter()
    for entry in history:
        for move in entry if isinstance(entry, list) else ():
            source, target = FLOW[move.kind]
            by_hand[move.sku, move.shard, move.warehouse, source] -= move.quantity
            by_hand[move.sku, move.shard, move.warehouse, target] += move.quantity
        if isinstance(entry, int):
            by_hand[TEA, 0, "W1", "available"] += entry

    tally = added(history)
    sums = {(*row, *counter): n for row in tally.rows for counter, n in tally.row(row).counters.items()}
    assert Counter({name: n for name, n in sums.items() if not name[3].startswith("channel:")}) == by_hand


@given(entries, st.integers(0, 40), st.integers(1, 9))
def test_one_wrong_counter_is_one_difference(history, which, by):
    tally = added([5, *history])
    counters = {row: dict(tally.row(row).counters) for row in tally.rows}
    places = sorted((row, counter) for row, own in counters.items() for counter in own)
    row, counter = places[which % len(places)]
    counters[row][counter] += by

    told = []
    for name, own in counters.items():
        levels = {}
        for (warehouse, label), units in own.items():
            levels.setdefault(warehouse, {})[label] = units
        told += compared(name, Found(levels, tally.row(name).moves), tally.row(name))

    assert [(d.row, (d.warehouse, d.counter), d.found - d.expected) for d in told] == [(row, counter, by)]
