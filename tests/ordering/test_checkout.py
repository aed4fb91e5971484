"""Quote and order: the same input, the same price, the same problems; and the promise of the goods."""

import pytest

from shared.context import Context
from shared.errors import Conflict, Forbidden, KeyReused, OrderRefused
from shared.model import Goods
from shared.money import Money
from shared.ordering import checkout
from shared.ordering.checkout import Checkout, place_order, quote
from shared.ordering.quote import Wanted
from shared.store.orders import Seen
from shared.store.writing import AlreadyDone, StockShort
from tests.builders import ADDRESS, BUYER, SETTINGS, SKUS, T0, TEA_MERCHANT, Caller, a_request
from tests.world import World

TEN_LEFT = {"TEA": {"W1": 6, "W2": 4}, "CUP": {"W1": 4}, "POT": {"W3": 6}}
ORDER = Checkout((Wanted("TEA", 3), Wanted("POT", 2)), ADDRESS)


class Store:
    """Goods and orders of many worlds, one for each order: what ``place_order`` needs of a shop."""

    settings = SETTINGS

    def __init__(self, available, skus=SKUS):
        self.available, self.skus = {sku: dict(levels) for sku, levels in available.items()}, skus
        self.worlds, self.keys = {}, {}
        self.faster = []  # What others do between our read and our write.

    goods = orders = property(lambda self: self)

    def read(self, what):
        if isinstance(what, str):
            return self.worlds[what].whole
        return Goods(
            {sku: self.skus[sku] for sku in what if sku in self.skus},
            {sku: dict(self.available[sku]) for sku in what if sku in self.available},
        )

    def seen(self, request):
        fingerprint, seen = self.keys.get((request.caller, request.key), (request.fingerprint, None))
        if fingerprint != request.fingerprint:
            raise KeyReused
        return seen

    def write(self, change):
        if self.faster:
            self.faster.pop(0)(self)
        if (seen := self.seen(change.request)) is not None:
            raise AlreadyDone(seen)
        short = [m.sku for m in change.stock if self.available[m.sku][m.warehouse] < m.quantity]
        if short:
            raise StockShort(tuple(short))
        for move in change.stock:
            self.available[move.sku][move.warehouse] -= move.quantity
        stock = {(move.sku, move.warehouse): move.quantity for move in change.stock}
        world = World(change.applied_to(_empty(change)), stock)
        world.apply(change)
        self.worlds[change.order.order_id] = world
        self.keys[change.request.caller, change.request.key] = (
            change.request.fingerprint,
            Seen(change.order.order_id, ""),
        )


def _empty(change):
    from shared.model import WholeOrder

    return WholeOrder.of([change.order], change.lines)


def placed(store, order=ORDER, *, key="k-1", caller=BUYER, fingerprint="f", seed=1):
    context = Context(T0, lambda count: bytes([seed]) * count)
    return place_order(store, context, caller, order, a_request(key, caller, fingerprint))


def codes(error):
    return [problem.code for problem in error.value.details["problems"]]


def test_quote_and_order_say_the_same_price():
    store = Store(TEN_LEFT)

    quoted = quote(store, BUYER, Checkout(ORDER.wanted, None))
    order = placed(store).whole.order

    assert (quoted.goods_minor, quoted.freight_minor, quoted.payable_minor) == (13_000, 1_600, 14_600)
    assert (order.goods_minor, order.freight_minor, order.payable_minor) == (13_000, 1_600, 14_600)


@pytest.mark.parametrize(
    "wanted", [(Wanted("TEA", 11),), (Wanted("NONE", 1),), (Wanted("TEA", 1), Wanted("TEA", 1))]
)
def test_quote_and_order_say_the_same_problems(wanted):
    with pytest.raises(OrderRefused) as quoted:
        quote(Store(TEN_LEFT), BUYER, Checkout(wanted, ADDRESS))
    with pytest.raises(OrderRefused) as ordered:
        placed(Store(TEN_LEFT), Checkout(wanted, ADDRESS))

    assert quoted.value.details == ordered.value.details


def test_ten_left_and_five_held_unpaid_means_everyone_else_sees_five():
    store = Store(TEN_LEFT)
    placed(store, Checkout((Wanted("TEA", 5),), ADDRESS))

    with pytest.raises(OrderRefused) as refused:
        placed(
            store,
            Checkout((Wanted("TEA", 6),), ADDRESS),
            key="k-2",
            caller=Caller(BUYER.actor, "buyer-2"),
            seed=2,
        )

    [problem] = refused.value.details["problems"]
    assert (problem.code, problem.details) == ("stock_short", {"sku": "TEA", "wanted": 6, "available": 5})
    assert sum(store.available["TEA"].values()) == 5


def test_a_changed_price_is_refused_with_both_and_nothing_is_reserved():
    store = Store(TEN_LEFT)
    with pytest.raises(OrderRefused) as refused:
        placed(store, ORDER._replace(expected=Money(14_000, "CNY")))

    assert codes(refused) == ["price_changed"]
    assert (store.available, store.worlds) == (TEN_LEFT, {})


def test_too_many_products_are_refused_before_anything_is_read():
    wanted = tuple(Wanted(f"S{i}", 1) for i in range(91))
    with pytest.raises(OrderRefused) as refused:
        placed(Store({}), Checkout(wanted, ADDRESS))

    assert codes(refused) == ["too_many_stock_rows"]


def test_each_merchants_goods_are_sourced_apart():
    store = Store({"TEA": {"W1": 5, "W3": 5}, "POT": {"W3": 5}})

    lines = placed(store).whole.lines

    assert [line.allocation for line in lines] == [(("W1", 3),), (("W3", 2),)]


def test_losing_the_last_unit_to_somebody_faster_means_choosing_again():
    store = Store(TEN_LEFT)
    store.faster = [lambda shop: shop.available["TEA"].update(W1=0)]

    outcome = placed(store)

    assert outcome.whole.lines[0].allocation == (("W2", 3),)
    assert not outcome.is_repeat


def test_the_very_last_unit_lost_to_somebody_faster_is_sold_out():
    store = Store(TEN_LEFT)
    store.faster = [lambda shop: shop.available["TEA"].update(W1=0, W2=0)]

    with pytest.raises(OrderRefused) as refused:
        placed(store)

    assert codes(refused) == ["sold_out"]


def test_whoever_keeps_losing_is_told_after_four_rounds():
    store = Store({"TEA": {"W1": 9, "W2": 8, "W3": 7, "W4": 6, "W5": 5}, "POT": {"W3": 9}})

    def take_the_fullest(shop):
        levels = shop.available["TEA"]
        levels[min(name for name, units in levels.items() if units)] = 0

    store.faster = [take_the_fullest] * 9
    with pytest.raises(Conflict):
        placed(store)

    assert (checkout.RACES_MAX, len(store.faster), store.worlds) == (4, 5, {})


def test_the_same_key_orders_once():
    store = Store(TEN_LEFT)
    first, again = placed(store), placed(store, seed=2)

    assert (first.is_repeat, again.is_repeat) == (False, True)
    assert first.whole.order.order_id == again.whole.order.order_id
    assert sum(store.available["TEA"].values()) == 7


def test_the_same_key_answers_alike_even_when_all_is_sold_out_now():
    store = Store({"TEA": {"W1": 3}, "POT": {"W3": 2}})
    first = placed(store)

    again = placed(store, seed=2)

    assert (again.is_repeat, again.whole.order.order_id) == (True, first.whole.order.order_id)


def test_a_key_stands_for_one_order_only():
    store = Store(TEN_LEFT)
    placed(store)

    with pytest.raises(KeyReused):
        placed(store, Checkout((Wanted("CUP", 1),), ADDRESS), fingerprint="g", seed=2)

    assert store.available["CUP"] == {"W1": 4}


def test_only_buyers_ask_and_order():
    store = Store(TEN_LEFT)
    with pytest.raises(Forbidden):
        quote(store, TEA_MERCHANT, ORDER)
    with pytest.raises(Forbidden):
        placed(store, caller=TEA_MERCHANT)

    assert store.worlds == {}


def test_an_optional_part_of_an_address_that_is_missing_is_not_kept():
    store = Store(TEN_LEFT)

    change = placed(store, ORDER._replace(address=ADDRESS | {"state": None})).change

    assert change.personal == ADDRESS
