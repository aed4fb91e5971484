"""What an order moved of stock, added up, is what its events say one by one."""

import pytest

from shared.archive.moved import Moved, added_up
from shared.goods import StockMove
from shared.ordering.drift import Tally
from shared.store.items import from_attribute, to_attribute
from tests.archive.orders import a_settled_order, seen
from tests.builders import a_cancelled_order
from tests.special_orders import a_hot_order
from tests.store.test_items import an_order_with_cases

SOLD = (("W1", "available", -2), ("W1", "sold", 2), ("W2", "available", -1), ("W2", "sold", 1))


def test_one_entry_for_each_row_of_stock():
    assert added_up(seen(a_settled_order()).events) == (
        Moved("CUP", 0, 2, (("W1", "available", -1), ("W1", "sold", 1))),
        Moved("POT", 0, 2, (("W3", "available", -2), ("W3", "sold", 2))),
        Moved("TEA", 0, 2, SOLD),
    )


def test_what_was_given_back_moved_nothing_but_was_counted():
    assert {(moved.times, moved.counters) for moved in added_up(seen(a_cancelled_order()).events)} == {
        (2, ())
    }


def test_a_channels_quota_is_added_up_too():
    events = [
        {"stock": (("reserve", "HOT", "W1", 3, 2, "tmall"),)},
        {"stock": (("ship", "HOT", "W1", 3, 2, "tmall"),)},
    ]

    assert added_up(events) == (
        Moved("HOT", 2, 2, (("W1", "available", -3), ("W1", "channel:tmall", -3), ("W1", "sold", 3))),
    )


@pytest.mark.parametrize(
    "make",
    [
        a_settled_order,
        a_cancelled_order,
        an_order_with_cases,
        lambda: a_hot_order(lies=[("W1", 3, 2), ("W1", 1, 1)]),
    ],
)
def test_the_drift_check_comes_to_the_same_by_either_way(make):
    events = seen(make()).events
    one_by_one, together = Tally(), Tally()
    for event in events:
        one_by_one.add_event(StockMove(*move) for move in event.get("stock", ()))

    for moved in from_attribute(to_attribute(added_up(events))):  # As a stub keeps it.
        together.add_archived(*moved)

    assert set(one_by_one.rows) == set(together.rows) != set()
    for name in one_by_one.rows:
        first, second = one_by_one.row(name), together.row(name)
        assert first.moves == second.moves
        assert {k: v for k, v in first.counters.items() if v} == {
            k: v for k, v in second.counters.items() if v
        }


def test_what_nobody_watches_is_not_added():
    tally = Tally({"CUP"})

    for moved in added_up(seen(a_settled_order()).events):
        tally.add_archived(*moved)

    assert list(tally.rows) == [("CUP", 0)]
    assert tally.entries == 1
