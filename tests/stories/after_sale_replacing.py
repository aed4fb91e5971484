"""What makes good is under way: received, or come to nothing; and what people give besides."""

from shared.aftersale.compensation import decide_compensation
from shared.changes import Change
from tests.builders import SKUS, SUPPORT, Trade, a_completed_order
from tests.stories.after_sale import DAY, a_case
from tests.storybook import entries, moves, rows, story


def a_case_made_good(kind: str = "reship", reason: str = "missing_goods") -> Trade:
    """One tea is to be sent again: sub-order 3, parcel 4, from W1."""
    trade = a_case(kind, reason=reason)
    trade.approve(1, trade.on_the_shelves(SKUS))
    trade.split()
    return trade.after(100)


@story("after_sale.replacing.replacement_received", to="completed", only="buyer clock")
def what_was_sent_again_has_arrived() -> Change:
    trade = a_case_made_good()
    trade.ship(3, 4)
    trade.deliver(4)

    change = trade.receive(3)

    assert rows(change) == [
        "SUB#03 sub_order.delivered.receipt_confirmed",
        "PARCEL#04 parcel.delivered.receipt_confirmed",
        "CASE#01 after_sale.replacing.replacement_received",
    ]
    assert (entries(change), trade.row("SUB#01").kept_minor) == ({}, 6_300)
    assert [settlement.number for settlement in trade.whole.settlements] == [1, 2]  # Nothing is owed for it.
    assert (trade.case(1).finished_at, trade.case(1).refund) == (trade.now, None)
    return change


@story(
    "after_sale.replacing.replacement_failed",
    to="completed",
    only="buyer merchant warehouse clock system support operator",
)
def a_buyer_cancels_what_was_to_be_sent_again_and_has_the_money() -> Change:
    trade = a_case_made_good()

    change = trade.cancel({4: 1})

    assert rows(change) == [
        "PARCEL#04 parcel.awaiting_shipment.goods_cancelled.nothing_left",
        "SUB#03 sub_order.awaiting_shipment.goods_cancelled.nothing_left",
        "CASE#01 after_sale.replacing.replacement_failed",
        "SUB#01 sub_order.completed.case_refunded",
        "REFUND#01 refund.start.refund_requested",
    ]
    assert moves(change) == {"release TEA W1": 1}
    assert entries(change) == {"escrow 01": 1_000, "refund R01": -1_000}
    assert (dict(trade.row("SUB#01").waived), trade.case(1).finished_at) == ({"1": 1}, trade.now)
    return change


@story("after_sale.replacing.attention_overdue", to="replacing", only="clock", clock=10 * DAY)
def ten_days_for_what_makes_good_are_too_many() -> Change:
    trade = a_case_made_good()

    change = trade.ring_case(1)

    assert (rows(change), moves(change)) == (["CASE#01 after_sale.replacing.attention_overdue"], {})
    return change


@story("after_sale.start.compensation_given", to="completed", only="support operator")
def support_makes_good_in_points_what_no_return_can() -> Change:
    trade = a_completed_order()
    change = decide_compensation(trade.whole, 1, 1_050, reason="late_twice", caller=SUPPORT, now=trade.now)

    trade.world.apply(change)

    case = trade.case(1)
    assert (case.kind, case.points, case.ruling, case.finished_at) == (
        "compensation",
        1_050,
        "late_twice",
        trade.now,
    )
    assert (entries(change), moves(change)) == ({"pool:compensation": 1_050, "points": -1_050}, {})
    assert (trade.whole.refunds, trade.row("SUB#01").kept_minor) == ((), 6_300)
    assert trade.world.purse.points["available"] == 1_050
    return change
