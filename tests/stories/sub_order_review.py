"""Manual review: what people must see first waits, for a reviewer, then for an operator, then for its policy."""

from shared.changes import Change
from shared.engine import may
from shared.lifecycle import Actor, Event
from tests.builders import BUYER, OPERATOR, ORDER_ID, SUPPORT, T0, Caller, Trade
from tests.special_orders import an_escalated_order, an_order_under_review
from tests.storybook import effects, entries, moves, rows, story

MERCHANT = Caller(Actor.MERCHANT, "user-1", "m-1")


def both_go_on(trade: Trade, change: Change) -> None:
    """Both parts stand in their merchants' lists by the time they were paid, and are to be cut."""
    assert [s.state for s in trade.whole.sub_orders] == ["awaiting_shipment", "awaiting_shipment"]
    assert [s.queue for s in trade.whole.sub_orders] == [f"merchant:m-{n}:awaiting_shipment" for n in (1, 2)]
    assert [s.priority for s in trade.whole.sub_orders] == [f"001800000100#{ORDER_ID}-0{n}" for n in (1, 2)]
    assert effects(change) == ["SUB#01 split_order", "SUB#02 split_order"]
    assert (entries(change), moves(change)) == ({}, {})
    trade.split()
    assert len(trade.whole.parcels) == 2


def everything_is_given_back(trade: Trade, change: Change, reason: str) -> None:
    assert [s.state for s in trade.whole.sub_orders] == ["cancelled", "cancelled"]
    assert [s.queue for s in trade.whole.sub_orders] == [None, None]
    assert moves(change) == {"release SKU-1 W1": 2, "release SKU-2 W1": 3, "release SKU-3 W1": 1}
    assert entries(change) == {"escrow 01": 6_800, "escrow 02": 9_500, "refund R01": -16_300}
    assert (trade.row("REFUND#01").reason, trade.row("REFUND#01").amount_minor) == (reason, 16_300)
    assert effects(change) == ["REFUND#01 submit_refund"]
    assert (trade.whole.order.stage, trade.whole.order.state) == ("cancelled", "paid")


@story(
    "sub_order.awaiting_payment.payment_succeeded.review_needed",
    to="under_review",
    only="provider",
    clock=80_000,
)
def what_people_must_see_first_waits_in_the_reviewers_list() -> Change:
    trade = an_order_under_review()

    change = trade.world.last
    first, second = trade.whole.sub_orders
    assert trade.whole.snapshot.review == ("made_to_order",)
    assert (first.queue, second.queue) == ("review:under_review", "review:under_review")
    assert first.priority == f"001800000100#{ORDER_ID}-01"
    assert (first.due_at, second.due_at) == (T0 + 100 + 80_000, T0 + 100 + 80_000)
    assert trade.whole.order.stage == "under_review"
    assert entries(change) == {"clearing:sandbox": 16_300, "escrow 01": -6_800, "escrow 02": -9_500}
    return change


@story(
    "sub_order.under_review.review_approved",
    to="awaiting_shipment",
    only="support operator",
    then="split_order",
    clock=172_800,
)
def a_reviewer_lets_the_whole_order_go() -> Change:
    trade = an_order_under_review().after(500)

    change = trade.review()

    assert change.note == {"reviewer": "support-1", "checked": "buyer payment_genuine special_needs"}
    assert trade.row("SUB#02").due_at == T0 + 600 + 172_800  # The merchant's time begins now.
    both_go_on(trade, change)
    return change


@story("sub_order.under_review.review_rejected", to="cancelled", only="support operator")
def a_reviewer_rejects_and_everything_goes_back() -> Change:
    trade = an_order_under_review()

    change = trade.review(is_approved=False)

    assert change.note == {"reviewer": "support-1", "reason": "risky"}
    assert change.about == "REFUND#01"
    everything_is_given_back(trade, change, "risky")
    return change


@story("sub_order.under_review.review_overdue", to="escalated", only="clock", clock=90_000)
def a_review_that_nobody_makes_in_time_becomes_an_operators() -> Change:
    trade = an_order_under_review()

    change = trade.ring("SUB#02")

    assert rows(change) == [
        "SUB#01 sub_order.under_review.review_overdue",
        "SUB#02 sub_order.under_review.review_overdue",
    ]
    assert [s.queue for s in trade.whole.sub_orders] == ["review:escalated", "review:escalated"]
    assert trade.row("SUB#01").priority == f"001800000100#{ORDER_ID}-01"
    assert trade.row("SUB#01").due_at == T0 + 100 + 80_000 + 90_000
    assert (trade.whole.order.stage, entries(change), moves(change)) == ("escalated", {}, {})
    return change


@story("sub_order.under_review.goods_cancelled.nothing_left", to="cancelled", only="buyer merchant")
def a_merchant_cancels_its_part_while_people_still_look() -> Change:
    trade = an_order_under_review()

    change = trade.cancel(sub_order=1, caller=MERCHANT)

    assert entries(change) == {"escrow 01": 6_800, "refund R01": -6_800}
    assert (trade.state("SUB#01"), trade.row("SUB#01").queue) == ("cancelled", None)
    assert (trade.state("SUB#02"), trade.whole.order.stage) == ("under_review", "under_review")
    return change


@story("sub_order.under_review.goods_cancelled", to="under_review", only="buyer merchant")
def a_unit_is_cancelled_while_people_still_look_and_the_rest_waits_on() -> Change:
    trade = an_order_under_review().after(50)

    change = trade.cancel({2: 1})

    assert moves(change) == {"release SKU-2 W1": 1}
    assert entries(change) == {"escrow 01": 333, "refund R01": -333}
    first = trade.row("SUB#01")
    assert (first.due_at, first.queue) == (T0 + 100 + 80_000, "review:under_review")
    assert [row.split(" ")[0] for row in rows(change)] == ["SUB#01", "REFUND#01"]
    return change


@story(
    "sub_order.escalated.review_approved",
    to="awaiting_shipment",
    only="operator",
    then="split_order",
    clock=172_800,
)
def an_operator_lets_an_escalated_order_go() -> Change:
    trade = an_escalated_order()
    assert not may("sub_order", "escalated", Event.REVIEW_APPROVED, SUPPORT.actor)

    change = trade.review(caller=OPERATOR)

    both_go_on(trade, change)
    return change


@story("sub_order.escalated.review_rejected", to="cancelled", only="operator")
def an_operator_rejects_an_escalated_order() -> Change:
    trade = an_escalated_order()

    change = trade.review(is_approved=False, caller=OPERATOR)

    everything_is_given_back(trade, change, "risky")
    return change


@story(
    "sub_order.escalated.review_timed_out.default_approves",
    to="awaiting_shipment",
    only="clock",
    then="split_order",
    clock=172_800,
)
def silence_is_consent_where_the_policy_says_so() -> Change:
    trade = an_escalated_order(review_default_approves=1)

    change = trade.ring("SUB#01")

    assert trade.now == T0 + 100 + 80_000 + 90_000
    both_go_on(trade, change)
    return change


@story("sub_order.escalated.review_timed_out", to="cancelled", only="clock")
def after_all_that_time_the_money_goes_back_by_itself() -> Change:
    trade = an_escalated_order()

    change = trade.ring("SUB#02")

    assert change.caller.actor == "clock"
    everything_is_given_back(trade, change, "not_reviewed_in_time")
    return change


@story("sub_order.escalated.goods_cancelled.nothing_left", to="cancelled", only="buyer merchant")
def a_buyer_cancels_everything_while_an_operator_looks() -> Change:
    trade = an_escalated_order()

    change = trade.cancel(caller=BUYER)

    everything_is_given_back(trade, change, "changed_mind")
    return change


@story("sub_order.escalated.goods_cancelled", to="escalated", only="buyer merchant")
def a_unit_is_cancelled_while_an_operator_looks() -> Change:
    trade = an_escalated_order()

    change = trade.cancel({1: 1})

    first = trade.row("SUB#01")
    assert (entries(change), first.queue) == ({"escrow 01": 2_500, "refund R01": -2_500}, "review:escalated")
    assert first.due_at == T0 + 100 + 80_000 + 90_000
    assert trade.state("SUB#02") == "escalated"
    return change
