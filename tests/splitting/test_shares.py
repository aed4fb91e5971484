from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from shared.lifecycle import ParcelState, SubOrderState
from shared.model import Parcel, SubOrder
from shared.splitting.shares import kept_minor, shared_out
from tests.builders import a_line


def a_sub_order(goods=1000, freight=800, **fields):
    made = SubOrder(
        number=1,
        merchant_id="m-1",
        state=SubOrderState.AWAITING_SHIPMENT,
        goods_minor=goods,
        freight_minor=freight,
        payable_minor=goods + freight,
    )
    return replace(made, **fields)


def a_parcel(number, contents, state=ParcelState.AWAITING_SHIPMENT):
    return Parcel(
        number=number,
        sub_order=1,
        warehouse=f"W{number}",
        state=state,
        contents=contents,
        goods_minor=77,
        freight_minor=77,
        cuts=(),
    )


def shares(sub_order, lines, parcels):
    return [(p.goods_minor, p.freight_minor) for p in shared_out(sub_order, lines, parcels)]


def test_a_line_runs_over_its_parcels_and_freight_follows_the_goods():
    parcels = (a_parcel(1, {"1": 1}), a_parcel(2, {"1": 1}), a_parcel(3, {"1": 1}))

    assert shares(a_sub_order(), [a_line(1, 3, 1000)], parcels) == [(333, 267), (333, 266), (334, 267)]


def test_freight_over_free_goods_is_spread_evenly():
    parcels = (a_parcel(1, {"1": 1}), a_parcel(2, {"1": 1}))

    assert shares(a_sub_order(goods=0, freight=801), [a_line(1, 2, 0)], parcels) == [(0, 401), (0, 400)]


def test_a_cancelled_parcel_has_no_share():
    parcels = (a_parcel(1, {"1": 2}), a_parcel(2, {}, ParcelState.CANCELLED))
    sub_order = a_sub_order(cancelled={"1": 1}, refunded_goods_minor=333)

    assert shares(sub_order, [a_line(1, 3, 1000)], parcels) == [(667, 800), (0, 0)]


def test_when_nothing_is_left_nobody_has_a_share():
    parcels = (a_parcel(1, {}, ParcelState.CANCELLED),)
    sub_order = a_sub_order(cancelled={"1": 3}, refunded_goods_minor=1000, refunded_freight_minor=800)

    assert shares(sub_order, [a_line(1, 3, 1000)], parcels) == [(0, 0)]
    assert shared_out(sub_order, [a_line(1, 3, 1000)], ()) == ()


def test_what_is_kept_of_a_line_is_what_was_not_given_back():
    line = a_line(1, 10, 17_925)
    kept = [kept_minor(line, a_sub_order(cancelled={"1": units} if units else {})) for units in (0, 1, 9, 10)]

    assert kept == [17_925, 16_133, 1_793, 0]


@given(
    st.lists(
        st.tuples(st.integers(0, 5_000), st.lists(st.integers(0, 3), min_size=3, max_size=3)), max_size=4
    ),
    st.integers(0, 999),
    st.data(),
)
def test_parcels_add_up_to_the_cent_whatever_is_in_them(drawn, freight, data):
    spread = [(payable, units) for payable, units in drawn if sum(units)]
    lines = [a_line(n, sum(units), payable) for n, (payable, units) in enumerate(spread, 1)]
    cancelled, contents = {}, [{}, {}, {}]
    for line, (_, units) in zip(lines, spread, strict=True):
        left = [data.draw(st.integers(0, count)) for count in units]
        cancelled[str(line.number)] = sum(units) - sum(left)
        for parcel, count in zip(contents, left, strict=True):
            parcel.update({str(line.number): count} if count else {})
    states = [ParcelState.IN_TRANSIT if held else ParcelState.CANCELLED for held in contents]
    parcels = [
        a_parcel(n, held, state) for n, (held, state) in enumerate(zip(contents, states, strict=True), 1)
    ]
    sub_order = a_sub_order(
        goods=sum(line.payable_minor for line in lines), freight=freight, cancelled=cancelled
    )

    made = shares(sub_order, lines, parcels)

    # By hand: all of a line, less what its cancelled units were worth, rounded as they were given back.
    kept = [
        line.payable_minor - line.payable_minor * cancelled[str(line.number)] // line.quantity
        for line in lines
    ]
    assert sum(goods for goods, _ in made) == sum(kept)
    assert sum(share for _, share in made) == (freight if any(contents) else 0)
    assert all(goods >= 0 and share >= 0 for goods, share in made)
