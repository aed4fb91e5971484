"""Any sequence of partial cancels and shipments over any parcels. ``World`` checks every promise at every step."""

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.aftersale.cancellation import cancellable_units
from shared.changes import Caller
from shared.lifecycle import Actor
from tests.builders import a_line, an_order_of

WAREHOUSES = ("W1", "W2", "W3")
places = st.lists(st.sampled_from(WAREHOUSES), min_size=1, max_size=3, unique=True)


@st.composite
def lines(draw):
    """One to four lines of one or two merchants, with any frozen prices (not all free), spread over any warehouses."""
    merchants = draw(st.integers(1, 2))
    made = []
    for number in range(1, draw(st.integers(merchants, 4)) + 1):
        lies = tuple((warehouse, draw(st.integers(1, 4))) for warehouse in draw(places))
        quantity = sum(units for _, units in lies)
        sub_order = number if number <= merchants else draw(st.integers(1, merchants))
        made.append(
            a_line(number, quantity, draw(st.integers(number == 1, 10_000)), sub_order=sub_order, lies=lies)
        )
    return merchants, tuple(made)


@st.composite
def orders(draw):
    merchants, made = draw(lines())
    freight = [draw(st.integers(0, 2_000)) for _ in range(merchants)]
    return an_order_of(made, freight)


def cancel_some(trade, draw):
    free = {
        line.number: units for line in trade.whole.lines if (units := cancellable_units(trade.whole, line))
    }
    if not free:
        return 0
    chosen = draw(st.lists(st.sampled_from(sorted(free)), min_size=1, unique=True))
    units = {number: draw(st.integers(1, free[number])) for number in chosen}
    trade.cancel(units)
    return sum(units.values())


def ship_one(trade, draw):
    waiting = [parcel for parcel in trade.whole.parcels if parcel.state == "awaiting_shipment"]
    if waiting:
        parcel = draw(st.sampled_from(waiting))
        merchant = Caller(Actor.MERCHANT, "someone", f"m-{parcel.sub_order}")
        trade.ship(parcel.sub_order, parcel.number, caller=merchant)


@given(orders(), st.integers(0, 5), st.data())
@settings(max_examples=80, deadline=None)
def test_cancelling_everything_in_any_steps_gives_back_exactly_what_was_paid(trade, before_cut, data):
    payable = trade.whole.order.payable_minor
    steps = 0
    while any(cancellable_units(trade.whole, line) for line in trade.whole.lines):
        if steps == before_cut:
            trade.split()
        cancel_some(trade, data.draw)
        steps += 1

    assert trade.whole.order.refund_reserved_minor == payable
    assert sum(refund.amount_minor for refund in trade.whole.refunds) == payable
    assert trade.whole.order.stage == "cancelled"
    assert all(levels["available"] == trade.world.received[at] for at, levels in trade.world.stock.items())
    assert all(trade.world.held(account) == 0 for account, _ in trade.world.accounts if "escrow" in account)


@given(orders(), st.lists(st.sampled_from(["cancel", "ship", "refund"]), max_size=12), st.data())
@settings(max_examples=120, deadline=None)
def test_goods_and_money_agree_whatever_is_cancelled_and_shipped_in_whatever_order(trade, acts, data):
    trade.split()
    for act in acts:
        if act == "cancel":
            cancel_some(trade, data.draw)
        elif act == "ship":
            ship_one(trade, data.draw)
        elif pending := [r for r in trade.whole.refunds if r.state == "requested"]:
            trade.refund_says("succeeded", pending[0].number)

    for sub_order in trade.whole.sub_orders:
        sold = {
            line.number: sum(
                parcel.contents.get(str(line.number), 0)
                for parcel in trade.whole.parcels_of(sub_order)
                if parcel.state == "in_transit"
            )
            for line in trade.whole.lines_of(sub_order)
        }
        nothing_left = all(
            sub_order.cancelled.get(str(line.number), 0) == line.quantity
            for line in trade.whole.lines_of(sub_order)
        )
        assert sub_order.refunded_freight_minor == (sub_order.freight_minor if nothing_left else 0)
        assert (sub_order.state == "cancelled") == nothing_left
        for line in trade.whole.lines_of(sub_order):
            assert (
                sum(trade.world.units(line.sku, held.warehouse)[2] for held in line.allocation)
                == sold[line.number]
            )


@given(orders(), st.data())
@settings(max_examples=60, deadline=None)
def test_what_ships_is_settled_for_exactly_what_was_not_given_back(trade, data):
    trade.split()
    paid = trade.whole.order.payable_minor
    cancel_some(trade, data.draw)
    while any(parcel.state == "awaiting_shipment" for parcel in trade.whole.parcels):
        ship_one(trade, data.draw)
    for sub_order in trade.whole.sub_orders:
        if sub_order.state == "awaiting_receipt":
            trade.receive(sub_order.number)
            trade.ring(f"SETTLE#{sub_order.number:02}")

    owed = -sum(trade.world.held(account) for account, _ in trade.world.accounts if "merchant" in account)
    assert owed + trade.whole.order.refund_reserved_minor == paid
    assert all(trade.world.held(account) == 0 for account, _ in trade.world.accounts if "escrow" in account)
