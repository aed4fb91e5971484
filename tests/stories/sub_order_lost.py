"""A part of which something got lost: it goes on without that, or is closed."""

from shared.changes import Change
from shared.fulfilment.carriers.port import Status
from tests.builders import T0, a_shipped_order
from tests.stories.parcel_tracking import DAY, a_returning_parcel
from tests.storybook import entries, story


@story("sub_order.awaiting_receipt.parcel_lost.nothing_left", to="closed", only="support operator")
def all_of_it_is_lost_and_the_freight_of_a_buyer_who_changed_her_mind_is_earned() -> Change:
    trade = a_returning_parcel()

    change = trade.lose(3)

    assert entries(change) == {"escrow 02": 10_000, "refund R01": -10_000}
    assert (trade.state("SUB#02"), trade.row("SETTLE#02").amount_minor) == ("closed", 800)
    return change


@story(
    "sub_order.awaiting_receipt.parcel_lost.everything_delivered",
    to="delivered",
    only="support operator",
    clock=T0 + 1_100 + 864_000 - (T0 + 1_101 + DAY),
)
def the_last_of_it_is_lost_and_the_rest_has_arrived() -> Change:
    trade = a_shipped_order()
    trade.after(DAY).deliver(1)
    trade.track(2, Status.LOST)

    change = trade.lose(2)

    assert entries(change) == {"escrow 01": 1_000, "refund R01": -1_000}
    assert [(p.goods_minor, p.freight_minor) for p in trade.whole.parcels[:2]] == [(4_500, 800), (0, 0)]
    return change


@story("sub_order.awaiting_receipt.parcel_lost", to="awaiting_receipt", only="support operator")
def some_of_it_is_lost_and_the_rest_is_on_its_way() -> Change:
    trade = a_shipped_order().after(DAY)
    trade.track(2, Status.LOST)

    change = trade.lose(2)

    assert (trade.row("SUB#01").due_at, dict(trade.row("SUB#01").returned)) == (None, {"1": 1})
    return change
