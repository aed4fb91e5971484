from hypothesis import given
from hypothesis import strategies as st

from shared.ordering.quote import Wanted
from shared.ordering.stock import source

warehouses = st.sampled_from(["W1", "W2", "W3", "W4"])
levels = st.dictionaries(warehouses, st.integers(0, 9), max_size=4)


def test_one_warehouse_that_has_everything_serves_everything():
    available = {"A": {"W1": 9, "W2": 9}, "B": {"W2": 9}, "C": {"W2": 1, "W3": 9}}

    sourcing = source([Wanted("A", 3), Wanted("B", 1), Wanted("C", 1)], available)

    assert sourcing.allocation == {"A": (("W2", 3),), "B": (("W2", 1),), "C": (("W2", 1),)}
    assert sourcing.short == {}


def test_a_line_is_spread_only_when_no_warehouse_has_enough():
    sourcing = source([Wanted("A", 7)], {"A": {"W1": 3, "W2": 5, "W3": 2}})

    assert sourcing.allocation == {"A": (("W1", 3), ("W2", 4))}


def test_a_line_that_fits_whole_goes_whole_even_to_a_less_favoured_warehouse():
    available = {"A": {"W1": 5}, "B": {"W1": 1, "W2": 4}}

    sourcing = source([Wanted("A", 5), Wanted("B", 4)], available)

    assert sourcing.allocation == {"A": (("W1", 5),), "B": (("W2", 4),)}


def test_a_line_is_never_spread_to_a_warehouse_that_has_none_of_it():
    available = {"A": {"W2": 3, "W3": 3}, "B": {"W1": 9}, "C": {"W1": 9}}

    sourcing = source([Wanted("A", 5), Wanted("B", 1), Wanted("C", 1)], available)

    assert sourcing.allocation["A"] == (("W2", 3), ("W3", 2))  # Though W1 serves most lines.


def test_ties_go_to_the_smaller_name_whatever_the_order_of_the_table():
    one = source([Wanted("A", 1)], {"A": {"W2": 5, "W1": 5}})
    other = source([Wanted("A", 1)], {"A": {"W1": 5, "W2": 5}})

    assert one == other
    assert one.allocation == {"A": (("W1", 1),)}


def test_an_empty_shelf_and_no_shelf_are_the_same():
    assert source([Wanted("A", 1)], {"A": {"W1": 0}}).short == {"A": 0}
    assert source([Wanted("A", 1)], {}).short == {"A": 0}


def test_what_is_short_does_not_stop_the_rest():
    sourcing = source([Wanted("A", 9), Wanted("B", 1)], {"A": {"W1": 5}, "B": {"W1": 5}})

    assert sourcing.short == {"A": 5}
    assert sourcing.allocation == {"B": (("W1", 1),)}


@given(
    st.dictionaries(st.sampled_from("ABCDE"), st.integers(1, 12), min_size=1),
    st.dictionaries(st.sampled_from("ABCDE"), levels),
)
def test_exactly_what_is_wanted_is_taken_from_where_it_lies_or_it_is_short(quantities, available):
    sourcing = source([Wanted(sku, units) for sku, units in quantities.items()], available)

    assert set(sourcing.allocation) | set(sourcing.short) == set(quantities)
    assert not set(sourcing.allocation) & set(sourcing.short)
    for sku, left in sourcing.short.items():
        assert left == sum(available.get(sku, {}).values()) < quantities[sku]
    for sku, taken in sourcing.allocation.items():
        assert sum(units for _, units in taken) == quantities[sku]
        assert len({warehouse for warehouse, _ in taken}) == len(taken)
        assert all(0 < units <= available[sku][warehouse] for warehouse, units in taken)
        if max(available[sku].values()) >= quantities[sku]:
            assert len(taken) == 1
