"""From which warehouse, which shard, and within whose quota? Exactly what is wanted, from where it lies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Conflict
from shared.goods import Place
from shared.ordering.quote import Wanted
from shared.ordering.stock import (
    Shelves,
    believed,
    by_warehouse,
    found_elsewhere,
    held_moves,
    source,
    taken_at_payment,
)
from tests.builders import a_line, a_shop_order
from tests.special_orders import a_deferred_order, a_long_order, lying

names = st.sampled_from(["W1", "W2", "W3", "W4"])
plain_levels = st.dictionaries(names, st.integers(0, 9), max_size=4)
places = st.builds(Place, names, st.integers(0, 3))
levels = st.dictionaries(places, st.integers(0, 9), max_size=8)
quotas = st.dictionaries(st.sampled_from("ABCDE"), st.frozensets(names))


def shelves(available, **fields):
    """*available*: SKU -> warehouse, or (warehouse, shard) -> units."""
    at = {
        sku: {
            Place(*(place if isinstance(place, tuple) else (place,))): units for place, units in own.items()
        }
        for sku, own in available.items()
    }
    return Shelves(at, **fields)


def sourced(wanted, available, **fields):
    return source([Wanted(*want) for want in wanted], shelves(available, **fields))


def lies(sourcing):
    """SKU -> ((warehouse, units), ...), where nothing is special."""
    assert all((held.shard, held.channel) == (0, "") for own in sourcing.allocation.values() for held in own)
    return {sku: tuple(held[:2] for held in own) for sku, own in sourcing.allocation.items()}


def test_one_warehouse_that_has_everything_serves_everything():
    available = {"A": {"W1": 9, "W2": 9}, "B": {"W2": 9}, "C": {"W2": 1, "W3": 9}}

    sourcing = sourced([("A", 3), ("B", 1), ("C", 1)], available)

    assert lies(sourcing) == {"A": (("W2", 3),), "B": (("W2", 1),), "C": (("W2", 1),)}
    assert sourcing.short == {}


def test_a_line_is_spread_only_when_no_warehouse_has_enough():
    sourcing = sourced([("A", 7)], {"A": {"W1": 3, "W2": 5, "W3": 2}})

    assert lies(sourcing) == {"A": (("W1", 3), ("W2", 4))}


def test_a_line_that_fits_whole_goes_whole_even_to_a_less_favoured_warehouse():
    available = {"A": {"W1": 5}, "B": {"W1": 1, "W2": 4}}

    sourcing = sourced([("A", 5), ("B", 4)], available)

    assert lies(sourcing) == {"A": (("W1", 5),), "B": (("W2", 4),)}


def test_a_line_is_never_spread_to_a_warehouse_that_has_none_of_it():
    available = {"A": {"W2": 3, "W3": 3}, "B": {"W1": 9}, "C": {"W1": 9}}

    sourcing = sourced([("A", 5), ("B", 1), ("C", 1)], available)

    assert lies(sourcing)["A"] == (("W2", 3), ("W3", 2))  # Though W1 serves most lines.


def test_ties_go_to_the_smaller_name_whatever_the_order_of_the_table():
    one = sourced([("A", 1)], {"A": {"W2": 5, "W1": 5}})
    other = sourced([("A", 1)], {"A": {"W1": 5, "W2": 5}})

    assert one == other
    assert lies(one) == {"A": (("W1", 1),)}


def test_an_empty_shelf_and_no_shelf_are_the_same():
    assert sourced([("A", 1)], {"A": {"W1": 0}}).short == {"A": 0}
    assert sourced([("A", 1)], {}).short == {"A": 0}


def test_what_is_short_does_not_stop_the_rest():
    sourcing = sourced([("A", 9), ("B", 1)], {"A": {"W1": 5}, "B": {"W1": 5}})

    assert sourcing.short == {"A": 5}
    assert lies(sourcing) == {"B": (("W1", 1),)}


def test_hot_goods_come_from_one_shard_that_has_enough():
    available = {"A": {("W1", 1): 2, ("W1", 2): 5, ("W1", 3): 9}}

    sourcing = sourced([("A", 4)], available)

    assert sourcing.allocation["A"] == lying(("W1", 4, 2))


def test_hot_goods_come_from_the_fullest_shards_when_none_has_enough():
    available = {"A": {("W1", 1): 2, ("W1", 2): 4, ("W1", 3): 3}}

    sourcing = sourced([("A", 8)], available)

    assert sourcing.allocation["A"] == lying(("W1", 4, 2), ("W1", 3, 3), ("W1", 1, 1))


def test_no_sale_is_lost_because_one_shard_is_empty():
    sourcing = sourced([("A", 1)], {"A": {("W1", 1): 0, ("W1", 2): 0, ("W1", 3): 1}})

    assert sourcing.allocation["A"] == lying(("W1", 1, 3))


def test_a_warehouse_is_as_full_as_its_shards_together():
    available = {"A": {("W1", 1): 3, ("W1", 2): 3, ("W2", 1): 5}}

    sourcing = sourced([("A", 6)], available)

    assert by_warehouse(shelves(available).available["A"]) == {"W1": 6, "W2": 5}
    assert {held.warehouse for held in sourcing.allocation["A"]} == {"W1"}


def test_a_channel_counts_only_where_it_has_a_quota():
    available = {"A": {"W1": 3, "W2": 9}, "B": {"W1": 5}}

    sourcing = sourced([("A", 10), ("B", 1)], available, quotas={"A": frozenset({"W2"})}, channel="tmall")

    assert sourcing.allocation == {
        "A": lying(("W1", 3), ("W2", 7, 0, "tmall")),
        "B": lying(("W1", 1)),
    }


@given(
    st.dictionaries(st.sampled_from("ABCDE"), st.integers(1, 12), min_size=1),
    st.dictionaries(st.sampled_from("ABCDE"), plain_levels),
)
def test_exactly_what_is_wanted_is_taken_from_where_it_lies_or_it_is_short(quantities, available):
    sourcing = sourced(quantities.items(), available)

    assert set(sourcing.allocation) | set(sourcing.short) == set(quantities)
    assert not set(sourcing.allocation) & set(sourcing.short)
    for sku, left in sourcing.short.items():
        assert left == sum(available.get(sku, {}).values()) < quantities[sku]
    for sku, taken in lies(sourcing).items():
        assert sum(units for _, units in taken) == quantities[sku]
        assert len({warehouse for warehouse, _ in taken}) == len(taken)
        assert all(0 < units <= available[sku][warehouse] for warehouse, units in taken)
        if max(available[sku].values()) >= quantities[sku]:
            assert len(taken) == 1


@given(
    st.dictionaries(st.sampled_from("ABCDE"), st.integers(1, 30), min_size=1),
    st.dictionaries(st.sampled_from("ABCDE"), levels),
    quotas,
)
def test_shards_are_only_where_a_warehouse_keeps_its_units(quantities, available, limited):
    wanted = [Wanted(sku, units) for sku, units in quantities.items()]
    sourcing = source(wanted, Shelves(available, limited, "tmall"))

    for sku, quantity in quantities.items():
        everywhere = sum(available.get(sku, {}).values())
        if everywhere < quantity:
            assert sourcing.short[sku] == everywhere
            continue
        taken = sourcing.allocation[sku]
        assert sum(held.units for held in taken) == quantity
        assert len({held.place for held in taken}) == len(taken)
        assert all(0 < held.units <= available[sku][held.place] for held in taken)
        assert all((held.channel == "tmall") == (held.warehouse in limited.get(sku, ())) for held in taken)
        totals = by_warehouse(available[sku])
        if max(totals.values()) >= quantity:
            assert len({held.warehouse for held in taken}) == 1
            if any(
                units >= quantity
                for place, units in available[sku].items()
                if place.warehouse == taken[0].warehouse
            ):
                assert len(taken) == 1


def test_what_moved_while_it_was_read_is_called_short_by_nobody():
    moving = shelves({"A": {"W1": 1}, "B": {"W1": 0}}, unsettled=frozenset({"A"}))

    with pytest.raises(Conflict) as told:
        believed({"A": 1, "B": 0}, moving)
    assert told.value.details == {"skus": ["A"]}
    believed({"B": 0}, moving)


def test_goods_are_held_and_given_back_where_they_were_allocated():
    line = a_line(1, 6, 600, lies=[("W1", 1, 2), ("W1", 2, 3, "tmall"), ("W2", 3)])

    moves = list(held_moves("release", [line]))

    assert [tuple(move) for move in moves] == [
        ("release", "SKU-1", "W1", 1, 2, ""),
        ("release", "SKU-1", "W1", 2, 3, "tmall"),
        ("release", "SKU-1", "W2", 3, 0, ""),
    ]


def test_payment_takes_what_is_deferred_and_nothing_of_an_order_that_holds_everything():
    assert [line.number for line in taken_at_payment(a_deferred_order().whole)] == [1]
    assert taken_at_payment(a_shop_order().whole) == ()
    long = a_long_order(120).whole
    deferred = tuple(line._replace(flags=("deferred",)) for line in long.lines)
    assert taken_at_payment(type(long)(long.order, deferred, long.rows, long.snapshot)) == ()


def test_what_is_held_already_stays_and_only_the_rest_is_looked_for_elsewhere():
    lines = [a_line(1, 5, 500, lies=[("W1", 5)]), a_line(2, 2, 200, lies=[("W1", 2)])]
    left = shelves({"SKU-1": {"W1": 1, "W2": 3}, "SKU-2": {"W1": 0, "W3": 1}})

    found, short = found_elsewhere(lines, {"SKU-1": lying(("W1", 2))}, left)

    assert found["SKU-1"] == lying(("W1", 2), ("W2", 3))
    assert short == {"SKU-2": 1}


def test_what_is_held_whole_is_not_looked_for_again():
    line = a_line(1, 5, 500, lies=[("W1", 5)])

    found, short = found_elsewhere([line], {"SKU-1": lying(("W1", 5))}, shelves({"SKU-1": {}}))

    assert (found, short) == ({"SKU-1": lying(("W1", 5))}, {})
