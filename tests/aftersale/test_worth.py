"""What units are worth after whatever went back for them before: any steps come to what was paid, to the fen."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.aftersale.worth import Worth, paid_for, worth_of
from shared.lifecycle import SubOrderState
from shared.model import SubOrder
from tests.builders import SKUS, a_completed_order, a_line

amounts, quantities = st.integers(0, 10**6), st.integers(1, 30)


def a_part(line, **fields):
    known = {"number": 1, "merchant_id": "m-1", "state": SubOrderState.COMPLETED}
    money = {"goods_minor": line.payable_minor, "freight_minor": 0, "payable_minor": line.payable_minor}
    return SubOrder(**known, **money, **fields)


def test_units_of_one_price_are_worth_their_running_share():
    line = a_line(1, 3, 100)

    assert [worth_of(a_part(line, returned={"1": gone}), line, 1) for gone in range(3)] == [
        Worth(33, 0),
        Worth(33, 0),
        Worth(34, 0),
    ]
    assert worth_of(a_part(line, cancelled={"1": 1}, waived={"1": 1}), line, 1) == Worth(34, 0)


def test_each_unit_bears_its_part_of_a_reduction():
    line = a_line(1, 3, 100)

    assert worth_of(a_part(line, reduced={"1": 30}), line, 1) == Worth(23, 10)
    assert worth_of(a_part(line, reduced={"1": 99}), line, 1) == Worth(0, 33)
    assert worth_of(a_part(line, reduced={"1": 99}), line, 3) == Worth(1, 99)


def test_nothing_of_nothing_is_nothing():
    line = a_line(1, 2, 7)

    assert worth_of(a_part(line, returned={"1": 2}), line, 0) == Worth(0, 0)
    assert worth_of(a_part(line), line, 0) == Worth(0, 0)


@given(amounts, quantities, st.data())
@settings(deadline=None)
def test_any_steps_and_any_reductions_give_back_what_was_paid_and_never_more(payable, quantity, data):
    line = a_line(1, quantity, payable)
    gone, reduced, back = 0, 0, 0
    while gone < quantity:
        part = a_part(line, returned={"1": gone}, reduced={"1": reduced})
        left = worth_of(part, line, quantity - gone).goods_minor
        assert back + left == payable  # Whatever went before, the rest is the rest.
        if data.draw(st.booleans()) and left:
            more = data.draw(st.integers(0, left))
            reduced, back = reduced + more, back + more
            part = a_part(line, returned={"1": gone}, reduced={"1": reduced})
        units = data.draw(st.integers(1, quantity - gone))
        worth = worth_of(part, line, units)
        assert worth.goods_minor >= 0
        assert 0 <= worth.reduced_minor <= reduced
        fair = Fraction((payable - back) * units, quantity - gone)
        assert abs(worth.goods_minor - fair) <= 2  # A fen each for two roundings.
        gone, reduced, back = gone + units, reduced - worth.reduced_minor, back + worth.goods_minor

    assert (back, reduced) == (payable, 0)


def test_what_was_paid_for_a_replacement_is_what_was_paid_for_what_it_makes_good():
    trade = a_completed_order()
    trade.ask("reship", {3: 1}, sub_order=2, reason="missing_goods")
    trade.approve(1, trade.on_the_shelves(SKUS))

    assert (paid_for(trade.whole, {4: 1}), paid_for(trade.whole, {3: 1})) == (5_000, 5_000)
    assert paid_for(trade.whole, {3: 1, 4: 1}) == 10_000
    assert paid_for(trade.whole, {1: 3, 2: 1}) == 5_500
