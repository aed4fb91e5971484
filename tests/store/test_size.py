"""The largest order that checkout accepts can be written at every moment of its life, and read back."""

from shared.ordering.checkout import Checkout, place_order
from shared.ordering.checks import TRANSACTION_ACTIONS_MAX
from shared.ordering.quote import Wanted
from shared.store.writing import actions_of
from tests.builders import ADDRESS, BUYER, ORDER_ID, SETTINGS, Trade, a_context, a_request
from tests.ordering.test_quote import a_sku
from tests.world import World

COUNT, PARCELS = 90, 3


def a_large_shop(shop):
    """Ninety products of one merchant; every warehouse has only a third of them."""
    for i in range(COUNT):
        sku = f"S{i:02}"
        shop.goods.put_sku(a_sku(sku, "m-tea"))
        shop.goods.receive(sku=sku, warehouse=f"W{i % PARCELS}", quantity=5, movement_id="first", at=1)
    return shop


def test_ninety_products_in_three_parcels_are_placed_paid_cut_and_cancelled_at_once(dynamodb, shop):
    a_large_shop(shop)
    wanted = tuple(Wanted(f"S{i:02}", 2) for i in range(COUNT))
    placed = place_order(shop, a_context(), BUYER, Checkout(wanted, ADDRESS), a_request("k"))
    trade = _followed(placed)

    sizes = []
    for act in (trade.start_payment, trade.pay, trade.split, trade.cancel):
        change = act()
        sizes.append(len(tuple(actions_of(SETTINGS, change))))
        shop.write(change)

    assert sizes == [3, 7, 6, 99]
    assert max(sizes) <= TRANSACTION_ACTIONS_MAX == 100
    assert shop.orders.read(ORDER_ID) == trade.whole
    assert trade.whole.order.refund_reserved_minor == trade.whole.order.payable_minor == COUNT * 200 + 800


def _followed(placed):
    """The placed order in memory too, to go on from there."""
    lines = placed.whole.lines
    stock = {(line.sku, warehouse): 5 for line in lines for warehouse, _ in line.allocation}
    world = World(placed.whole, stock)
    world.apply(placed.change)
    return Trade(world)
