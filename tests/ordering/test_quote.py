import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model import Sku
from shared.ordering.quote import Wanted, price
from tests.builders import SKUS, WANTED, a_quote


def a_sku(sku, merchant="m-1", unit_price_minor=100, currency="CNY"):
    return Sku(sku, sku.lower(), merchant, unit_price_minor, currency, True, 1, 1, "general")


def test_each_line_says_how_its_price_came_about():
    tea, cup, pot = a_quote().lines

    assert tea.steps == (("list_price", 3_000),)
    assert (tea.number, tea.sub_order, tea.quantity, tea.unit_price_minor, tea.payable_minor) == (
        1,
        1,
        3,
        1_000,
        3_000,
    )
    assert (cup.payable_minor, pot.payable_minor, pot.sub_order) == (2_500, 10_000, 2)
    assert (tea.name, tea.merchant_id, tea.weight_grams) == ("green tea", "m-tea", 100)
    assert tea.allocation == (("W1", 2), ("W2", 1))


def test_freight_is_charged_once_for_each_merchant_and_added_last():
    quoted = a_quote()

    assert [(s.goods_minor, s.freight_minor, s.payable_minor) for s in quoted.sub_orders] == [
        (5_500, 800, 6_300),
        (10_000, 800, 10_800),
    ]
    assert (quoted.goods_minor, quoted.freight_minor, quoted.payable_minor) == (15_500, 1_600, 17_100)


def test_merchants_are_numbered_as_the_buyer_named_them():
    wanted = [Wanted("POT", 1), Wanted("TEA", 1), Wanted("POT2", 1)]
    skus = SKUS | {"POT2": a_sku("POT2", "m-pot")}

    quoted = price(wanted, skus, {}, flat_freight_minor=0)

    assert [s.merchant_id for s in quoted.sub_orders] == ["m-pot", "m-tea"]
    assert [line.sub_order for line in quoted.lines] == [1, 2, 1]


def test_the_same_input_costs_the_same():
    assert a_quote() == a_quote()
    assert price(WANTED, SKUS, {}, flat_freight_minor=800).payable_minor == 17_100


def test_two_currencies_are_never_added_up():
    skus = {"A": a_sku("A"), "B": a_sku("B", currency="USD")}

    with pytest.raises(ValueError, match="too many values"):
        price([Wanted("A", 1), Wanted("B", 1)], skus, {}, flat_freight_minor=0)


merchants = st.sampled_from(["m-1", "m-2", "m-3"])


@given(
    st.lists(st.tuples(merchants, st.integers(0, 10**6), st.integers(1, 9_999)), min_size=1, max_size=20),
    st.integers(0, 10_000),
)
def test_lines_parts_and_order_add_up(goods, freight):
    skus = {f"S{i}": a_sku(f"S{i}", merchant, cost) for i, (merchant, cost, _) in enumerate(goods)}
    wanted = [Wanted(f"S{i}", quantity) for i, (_, _, quantity) in enumerate(goods)]

    quoted = price(wanted, skus, {}, flat_freight_minor=freight)

    total = sum(cost * quantity for _, cost, quantity in goods)
    assert quoted.goods_minor == sum(line.payable_minor for line in quoted.lines) == total
    assert quoted.freight_minor == freight * len({merchant for merchant, _, _ in goods})
    for sub_order in quoted.sub_orders:
        own = [line for line in quoted.lines if line.sub_order == sub_order.number]
        assert {line.merchant_id for line in own} == {sub_order.merchant_id}
        assert sum(line.payable_minor for line in own) == sub_order.goods_minor
