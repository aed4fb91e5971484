from hypothesis import given
from hypothesis import strategies as st

from shared.splitting.parcels import decide_split, left_by_warehouse
from tests.builders import (
    a_cancelled_order,
    a_line,
    a_paid_order,
    a_shop_order,
    a_split_order,
    an_order_of,
)


def split(trade):
    return decide_split(trade.whole, now=trade.now)


def test_goods_of_two_merchants_never_share_a_parcel_even_in_one_warehouse():
    lines = (a_line(1, 1, 100), a_line(2, 1, 200, sub_order=2))
    trade = an_order_of(lines, [0, 0])

    trade.split()

    assert [(p.sub_order, p.warehouse, dict(p.contents), p.cuts) for p in trade.whole.parcels] == [
        (1, "W1", {"1": 1}, ("merchant:m-1", "warehouse:W1")),
        (2, "W1", {"2": 1}, ("merchant:m-2", "warehouse:W1")),
    ]


def test_one_line_may_travel_in_two_parcels():
    trade = a_split_order()

    assert [dict(p.contents).get("1") for p in trade.whole.parcels] == [2, 1, None]


def test_cutting_twice_cuts_once():
    assert split(a_split_order()) is None


def test_nothing_unpaid_or_dead_is_cut():
    assert split(a_shop_order()) is None
    assert split(a_cancelled_order()) is None
    trade = a_paid_order()
    trade.cancel()
    assert split(trade) is None


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.data())
def test_cancelled_units_come_off_the_last_warehouse_and_the_rest_stays_where_it_lies(lies, data):
    allocation = tuple((f"W{i}", units) for i, units in enumerate(lies))
    line = a_line(1, sum(lies), 100, lies=allocation)
    cancelled = data.draw(st.integers(0, sum(lies)))

    left = left_by_warehouse(line, cancelled)

    assert sum(left.values()) == sum(lies) - cancelled
    assert list(left.items())[:-1] == list(allocation[: max(0, len(left) - 1)])
    assert all(0 < units <= dict(allocation)[warehouse] for warehouse, units in left.items())
