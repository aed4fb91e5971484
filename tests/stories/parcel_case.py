"""An after-sale case has paid a parcel back whole: nobody waits for it any more."""

from shared.changes import Change
from tests.builders import a_shipped_order
from tests.stories.parcel_tracking import a_troubled_parcel
from tests.storybook import entries, moves, rows, story

ANYBODY = "buyer merchant warehouse clock system support operator"


@story("parcel.in_transit.case_refunded", to="written_off", only=ANYBODY)
def a_parcel_that_never_came_is_paid_back_and_given_up() -> Change:
    trade = a_shipped_order()
    trade.ask("refund_only", {1: 1}, reason="not_received")
    trade.approve(1)
    trade.ask("refund_only", {1: 2, 2: 1}, reason="not_received")

    change = trade.approve(2)

    assert rows(change)[:2] == [f"PARCEL#0{n} parcel.in_transit.case_refunded" for n in (1, 2)]
    assert entries(change) == {"escrow 01": 5_300, "refund R02": -5_300}
    assert (trade.state("PARCEL#01"), trade.state("SUB#01")) == ("written_off", "closed")
    return change


@story("parcel.troubled.case_refunded", to="written_off", only=ANYBODY)
def a_troubled_parcel_is_sent_again() -> Change:
    trade = a_troubled_parcel()
    trade.ask("refund_only", {3: 2}, sub_order=2, reason="not_received")

    change = trade.approve(1)

    assert (moves(change), entries(change)) == ({}, {"escrow 02": 10_800, "refund R01": -10_800})
    assert (dict(trade.row("PARCEL#03").contents), trade.row("PARCEL#03").due_at) == ({}, None)
    return change
