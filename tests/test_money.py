import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import CurrencyMismatch
from shared.money import AMOUNT_MAX, Money, allocate, running_shares, worth_of_units

amounts = st.integers(0, AMOUNT_MAX)
weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=50)
some_weight = weights.filter(any)
EIGHT = (10, 20, 10, 30, 50, 20, 10, 40)


@pytest.mark.parametrize(
    ("given_weights", "total", "parts"),
    [  # PEERS section 5: cases that other commerce platforms publish in their own tests.
        ((4000, 2000, 2000), 300, (150, 75, 75)),
        ((4000, 2000, 2000), -300, (-150, -75, -75)),
        ((4300, 1400, 2300), 299, (161, 52, 86)),
        ((1000, 1000, 1000), 299, (100, 100, 99)),
        (EIGHT, 95, (5, 10, 5, 15, 25, 10, 5, 20)),
        (EIGHT, 93, (5, 10, 5, 15, 24, 10, 5, 19)),
        ((10, 0), 40, (40, 0)),
        ((0, 0), 10, (5, 5)),
        ((0, 0), 0, (0, 0)),
        ((50, 50), 1003, (502, 501)),
        ((1, 3), 100, (25, 75)),
        ((1011, 12134, 3767), 5734, (343, 4114, 1277)),
        ((1, 1, 1), 100, (34, 33, 33)),
        ((1, 1, 1), -100, (-34, -33, -33)),
        ((5000, 1000), 1000, (833, 167)),
        ((10000, 10000), 6500, (3250, 3250)),
        # Where peers disagree on the odd cent, these are ours.
        ((2, 1), 10000, (6667, 3333)),
        ((4, 1, 1, 4, 1, 1), 1000, (334, 84, 83, 333, 83, 83)),
        ((0, 0, 0), 100, (34, 33, 33)),
        ((7,), 3, (3,)),
        ((), 0, ()),
    ],
)
def test_amounts_are_split_as_published(given_weights, total, parts):
    assert allocate(total, given_weights) == parts


@given(amounts, some_weight)
def test_parts_add_up_and_none_is_off_by_a_whole_cent(total, given_weights):
    parts, whole = allocate(total, given_weights), sum(given_weights)

    assert sum(parts) == total
    for part, weight in zip(parts, given_weights, strict=True):
        assert abs(part * whole - total * weight) < whole


@given(amounts, weights)
def test_a_reversal_mirrors_the_original_part_by_part(total, given_weights):
    assert allocate(-total, given_weights) == tuple(-part for part in allocate(total, given_weights))


@given(some_weight, st.data())
def test_a_discount_is_never_larger_than_the_line_it_is_taken_from(given_weights, data):
    total = data.draw(st.integers(0, sum(given_weights)))

    parts = allocate(total, given_weights)

    assert all(0 <= part <= weight for part, weight in zip(parts, given_weights, strict=True))


@given(amounts, some_weight)
def test_equal_weights_differ_by_a_cent_at_most_and_the_earlier_has_it(total, given_weights):
    parts = allocate(total, given_weights)
    for i, one in enumerate(given_weights):
        for j in range(i + 1, len(given_weights)):
            if given_weights[j] == one:
                assert 0 <= parts[i] - parts[j] <= 1


@pytest.mark.parametrize(("total", "given_weights"), [(1, ()), (-1, ()), (10, (1, -1)), (0, (-1,))])
def test_what_cannot_be_split_is_an_error(total, given_weights):
    with pytest.raises(ValueError, match=r"nothing to split over|a weight is negative"):
        allocate(total, given_weights)


@pytest.mark.parametrize(
    ("total", "quantity", "steps"),
    [  # PEERS section 5: cumulative refunds, unit by unit.
        (100, 7, [14, 14, 14, 15, 14, 14, 15]),
        (1000, 3, [333, 333, 334]),
        (13500, 2, [6750, 6750]),
        (17925, 10, [1792, 1793, 1792, 1793, 1792, 1793, 1792, 1793, 1792, 1793]),
        (0, 3, [0, 0, 0]),
        (1, 3, [0, 0, 1]),
    ],
)
def test_units_are_given_back_one_by_one(total, quantity, steps):
    assert [worth_of_units(total, quantity, before=k, after=k + 1) for k in range(quantity)] == steps
    assert sum(steps) == total


@given(amounts, st.integers(1, 200), st.data())
def test_any_sequence_of_partial_refunds_gives_back_exactly_what_was_paid(total, quantity, data):
    before = given_back = 0
    while before < quantity:
        after = data.draw(st.integers(before + 1, quantity))
        part = worth_of_units(total, quantity, before=before, after=after)
        assert 0 <= part <= total - given_back
        given_back += part
        before = after

    assert given_back == total


@pytest.mark.parametrize(("before", "after"), [(-1, 1), (2, 1), (0, 4), (4, 4)])
def test_nobody_gives_back_more_units_than_were_bought(before, after):
    with pytest.raises(AssertionError, match="more units back"):
        worth_of_units(100, 3, before=before, after=after)


@given(amounts, st.lists(st.integers(0, 50), min_size=1, max_size=20))
def test_groups_of_units_share_what_is_kept_and_add_up(total, units):
    shares = running_shares(total, units)

    assert sum(shares) == (total if any(units) else 0)
    assert all(share >= 0 for share in shares)
    assert all(share == 0 for share, count in zip(shares, units, strict=True) if count == 0)


def test_units_that_are_all_gone_share_nothing():
    assert running_shares(100, (0, 0)) == (0, 0)
    assert running_shares(100, ()) == ()


def test_money_adds_up_in_its_own_currency():
    assert Money(1250, "CNY").plus(Money(-50, "CNY")) == Money(1200, "CNY")


def test_two_currencies_never_meet_in_one_sum():
    with pytest.raises(CurrencyMismatch, match="CNY and USD"):
        Money(1, "CNY").plus(Money(1, "USD"))


def test_large_amounts_lose_nothing():
    assert allocate(AMOUNT_MAX, (1, 2)) == (333_333_333_333, 666_666_666_667)
    assert (
        worth_of_units(AMOUNT_MAX, 9_999, before=9_998, after=9_999)
        == AMOUNT_MAX - AMOUNT_MAX * 9_998 // 9_999
    )
