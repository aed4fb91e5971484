"""Hot goods: whatever is cancelled and shipped in whatever order, every shard gives up exactly what it reserved."""

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.aftersale.cancellation import cancellable_units
from shared.changes import Caller
from shared.lifecycle import Actor
from tests.builders import a_line, an_order_of
from tests.special_orders import a_hot_order
from tests.storybook import moves

PLACES = [(warehouse, shard) for warehouse in ("W1", "W2") for shard in range(4)]
MERCHANT = Caller(Actor.MERCHANT, "user-1", "m-1")


@st.composite
def orders(draw):
    """One to three hot lines, each spread over any shards of two warehouses, some of it under a channel's quota."""
    made, quotas = [], {}
    for number in range(1, draw(st.integers(1, 3)) + 1):
        chosen = draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=6, unique=True))
        lies = []
        for warehouse, shard in chosen:
            channel, units = draw(st.sampled_from(["", "tmall"])), draw(st.integers(1, 4))
            lies.append((warehouse, units, shard, channel))
            if channel:
                quotas[f"SKU-{number}", warehouse, shard, channel] = units
        made.append(a_line(number, sum(place[1] for place in lies), draw(st.integers(1, 9_999)), lies=lies))
    return an_order_of(made, [draw(st.integers(0, 900))], quotas=quotas, channel="tmall")


def cancel_some(trade, data):
    free = {ln.number: units for ln in trade.whole.lines if (units := cancellable_units(trade.whole, ln))}
    if free:
        chosen = data.draw(st.lists(st.sampled_from(sorted(free)), min_size=1, unique=True))
        trade.cancel({number: data.draw(st.integers(1, free[number])) for number in chosen})


def ship_some(trade, data):
    waiting = [parcel.number for parcel in trade.whole.parcels if parcel.state == "awaiting_shipment"]
    if waiting:
        chosen = data.draw(st.lists(st.sampled_from(waiting), min_size=1, unique=True))
        trade.ship(1, *chosen, caller=MERCHANT)


def unfinished(trade):
    return any(cancellable_units(trade.whole, line) for line in trade.whole.lines)


@given(orders(), st.integers(0, 3), st.data())
@settings(max_examples=150, deadline=None)
def test_every_shard_ends_with_nothing_reserved_and_what_was_shipped_sold(trade, before_cut, data):
    for _ in range(before_cut):
        cancel_some(trade, data)
    if unfinished(trade):
        trade.split()
    while unfinished(trade):
        data.draw(st.sampled_from([cancel_some, ship_some]))(trade, data)

    cancelled = sum(trade.row("SUB#01").cancelled.values())
    bought = sum(line.quantity for line in trade.whole.lines)
    assert all(levels["reserved"] == 0 for levels in trade.world.stock.values())
    assert trade.world.total("sold") == bought - cancelled
    assert trade.world.total("available") == cancelled
    assert sum(trade.world.quotas.values()) + sum(trade.world.counted.values()) == sum(
        trade.world.given_quotas.values()
    )


@given(st.permutations([1, 1, 2, 3]), st.booleans())
@settings(max_examples=48, deadline=None)
def test_a_line_in_three_shards_is_cancelled_in_any_steps_and_gives_each_shard_its_own(steps, is_cut):
    trade = a_hot_order(lies=[("W1", 3, 1), ("W1", 2, 2), ("W1", 2, 3)])
    if is_cut:
        trade.split()

    for units in steps:
        trade.cancel({1: units})

    assert [trade.world.units("SKU-1", "W1", shard) for shard in (1, 2, 3)] == [
        (3, 0, 0),
        (2, 0, 0),
        (2, 0, 0),
    ]


def test_what_leaves_comes_off_the_place_that_was_allocated_first_whoever_takes_it():
    trade = a_hot_order(lies=[("W1", 2, 3), ("W1", 2, 1)])
    trade.split()

    cancelling = trade.cancel({1: 3})
    shipping = trade.ship(1, 1, caller=MERCHANT)

    assert [(move.kind, move.shard, move.quantity) for move in cancelling.stock] == [
        ("release", 1, 1),
        ("release", 3, 2),
    ]
    assert [(move.kind, move.shard, move.quantity) for move in shipping.stock] == [("ship", 1, 1)]


def test_what_was_released_of_a_quota_may_be_sold_under_it_again_and_what_was_shipped_may_not():
    quota = ("SKU-1", "W1", 0, "tmall")
    trade = a_hot_order(lies=[("W1", 5, 0, "tmall")], quotas={quota: 8}, channel="tmall")
    trade.split()
    assert trade.world.quotas[quota] == 3

    trade.cancel({1: 2})
    change = trade.ship(1, 1, caller=MERCHANT)

    assert (trade.world.quotas[quota], trade.world.counted[quota]) == (5, 3)
    assert moves(change) == {"ship SKU-1 W1": 3}
