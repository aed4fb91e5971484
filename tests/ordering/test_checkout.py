"""Quote and order: the same input, the same price, the same problems; and the promise of the goods."""

import pytest

from shared.context import Context
from shared.errors import Conflict, Forbidden, KeyReused, OrderRefused
from shared.goods import Place
from shared.money import Money
from shared.ordering import checkout
from shared.ordering.checkout import Checkout, place_order, quote
from shared.ordering.checks import Expected
from shared.ordering.quote import Wanted
from tests.builders import ADDRESS, BUYER, T0, TEA_MERCHANT, Caller, a_context, a_request
from tests.market import MemoryMarket

TEN_LEFT = {"TEA": {"W1": 6, "W2": 4}, "CUP": {"W1": 4}, "POT": {"W3": 6}}
ORDER = Checkout((Wanted("TEA", 3), Wanted("POT", 2)), ADDRESS)
W1, W2, W3 = Place("W1"), Place("W2"), Place("W3")


def placed(market, order=ORDER, *, key="k-1", caller=BUYER, fingerprint="f", seed=1):
    context = Context(T0, lambda count: bytes([seed]) * count)
    return place_order(market, context, caller, order, a_request(key, caller, fingerprint))


def codes(error):
    return [problem.code for problem in error.value.details["problems"]]


def test_quote_and_order_say_the_same_price():
    market = MemoryMarket(TEN_LEFT)

    quoted = quote(market, a_context(), BUYER, Checkout(ORDER.wanted, None))
    order = placed(market).whole.order

    assert (quoted.goods_minor, quoted.freight_minor, quoted.payable_minor) == (13_000, 1_600, 14_600)
    assert (order.goods_minor, order.freight_minor, order.payable_minor) == (13_000, 1_600, 14_600)


@pytest.mark.parametrize(
    "wanted", [(Wanted("TEA", 11),), (Wanted("NONE", 1),), (Wanted("TEA", 1), Wanted("TEA", 1))]
)
def test_quote_and_order_say_the_same_problems(wanted):
    with pytest.raises(OrderRefused) as quoted:
        quote(MemoryMarket(TEN_LEFT), a_context(), BUYER, Checkout(wanted, ADDRESS))
    with pytest.raises(OrderRefused) as ordered:
        placed(MemoryMarket(TEN_LEFT), Checkout(wanted, ADDRESS))

    assert quoted.value.details == ordered.value.details


def test_ten_left_and_five_held_unpaid_means_everyone_else_sees_five():
    market = MemoryMarket(TEN_LEFT)
    placed(market, Checkout((Wanted("TEA", 5),), ADDRESS))

    with pytest.raises(OrderRefused) as refused:
        placed(
            market,
            Checkout((Wanted("TEA", 6),), ADDRESS),
            key="k-2",
            caller=Caller(BUYER.actor, "buyer-2"),
            seed=2,
        )

    [problem] = refused.value.details["problems"]
    assert (problem.code, problem.details) == ("stock_short", {"sku": "TEA", "wanted": 6, "available": 5})
    assert market.left("TEA") == 5


def test_a_changed_price_is_refused_with_both_and_nothing_is_reserved():
    market = MemoryMarket(TEN_LEFT)
    with pytest.raises(OrderRefused) as refused:
        placed(market, ORDER._replace(expected=Expected(Money(14_000, "CNY"))))

    [problem] = refused.value.details["problems"]
    assert problem.code == "price_changed"
    assert (problem.details["old"]["amount"], problem.details["new"]["amount"]) == (14_000, 14_600)
    assert (market.left("TEA"), market.left("POT"), market.worlds) == (10, 6, {})


def test_too_many_products_are_refused_before_anything_is_read():
    market = MemoryMarket({})
    with pytest.raises(OrderRefused) as refused:
        placed(market, Checkout(tuple(Wanted(f"S{i}", 1) for i in range(501)), ADDRESS))

    assert codes(refused) == ["too_many_lines"]
    assert market.reads == []


def test_each_merchants_goods_are_sourced_apart():
    market = MemoryMarket({"TEA": {"W1": 5, "W3": 5}, "POT": {"W3": 5}})

    lines = placed(market).whole.lines

    assert [line.allocation for line in lines] == [(("W1", 3, 0, ""),), (("W3", 2, 0, ""),)]


def test_losing_the_last_unit_to_somebody_faster_means_choosing_again():
    market = MemoryMarket(TEN_LEFT)
    market.faster = [lambda others: others.available["TEA"].update({W1: 0})]

    outcome = placed(market)

    assert outcome.whole.lines[0].allocation == (("W2", 3, 0, ""),)
    assert not outcome.is_repeat


def test_whoever_was_short_reads_those_goods_exactly_the_next_time():
    market = MemoryMarket(TEN_LEFT)
    market.faster = [lambda others: others.available["TEA"].update({W1: 0})]

    placed(market)

    assert [buying.exactly for buying in market.reads] == [frozenset(), {"TEA"}]


def test_the_very_last_unit_lost_to_somebody_faster_is_sold_out():
    market = MemoryMarket(TEN_LEFT)
    market.faster = [lambda others: others.available["TEA"].update({W1: 0, W2: 0})]

    with pytest.raises(OrderRefused) as refused:
        placed(market)

    assert codes(refused) == ["sold_out"]


def test_whoever_keeps_losing_is_told_after_four_rounds():
    market = MemoryMarket({"TEA": {"W1": 9, "W2": 8, "W3": 7, "W4": 6, "W5": 5}, "POT": {"W3": 9}})

    def take_the_fullest(others):
        levels = others.available["TEA"]
        levels[min(place for place, units in levels.items() if units)] = 0

    market.faster = [take_the_fullest] * 9
    with pytest.raises(Conflict):
        placed(market)

    assert (checkout.RACES_MAX, len(market.faster), market.worlds) == (4, 5, {})


@pytest.mark.parametrize("buyers", [2, 10, 100])
def test_pain_08_oversell(buyers):
    # So many buyers and one unit less, all of whom have seen the same shelf: exactly one goes without.
    market = MemoryMarket({"TEA": {"W1": buyers // 2, "W2": buyers - 1 - buyers // 2}})
    tea = Checkout((Wanted("TEA", 1),), ADDRESS)
    told = []
    for number in range(buyers):
        try:
            placed(market, tea, key=f"k-{number}", caller=Caller(BUYER.actor, f"b-{number}"), seed=number)
        except OrderRefused as refused:
            told += [problem.code for problem in refused.details["problems"]]

    assert (len(market.worlds), told, market.left("TEA")) == (buyers - 1, ["sold_out"], 0)


def test_the_same_key_orders_once():
    market = MemoryMarket(TEN_LEFT)
    first, again = placed(market), placed(market, seed=2)

    assert (first.is_repeat, again.is_repeat) == (False, True)
    assert first.whole.order.order_id == again.whole.order.order_id
    assert market.left("TEA") == 7


def test_the_same_key_answers_alike_even_when_all_is_sold_out_now():
    market = MemoryMarket({"TEA": {"W1": 3}, "POT": {"W3": 2}})
    first = placed(market)

    again = placed(market, seed=2)

    assert (again.is_repeat, again.whole.order.order_id) == (True, first.whole.order.order_id)


def test_a_key_stands_for_one_order_only():
    market = MemoryMarket(TEN_LEFT)
    placed(market)

    with pytest.raises(KeyReused):
        placed(market, Checkout((Wanted("CUP", 1),), ADDRESS), fingerprint="g", seed=2)

    assert market.available["CUP"] == {W1: 4}


def test_only_buyers_ask_and_order():
    market = MemoryMarket(TEN_LEFT)
    with pytest.raises(Forbidden):
        quote(market, a_context(), TEA_MERCHANT, ORDER)
    with pytest.raises(Forbidden):
        placed(market, caller=TEA_MERCHANT)

    assert market.worlds == {}


def test_an_optional_part_of_an_address_that_is_missing_is_not_kept():
    market = MemoryMarket(TEN_LEFT)

    change = placed(market, ORDER._replace(address=ADDRESS | {"state": None})).change

    assert change.personal == ADDRESS
