"""An order leaves when nothing of it waits for anybody, and not a second before its time."""

from dataclasses import replace

import pytest

from shared.archive.rest import UNREST, unrest
from shared.lifecycle import (
    CaseState,
    DisputeState,
    OrderState,
    ParcelState,
    PaymentState,
    RefundState,
    SettlementState,
    SubOrderState,
    TransferState,
)
from shared.model import Dispute
from tests.archive.orders import DAY, LATER, a_settled_order, seen, why_not, with_row
from tests.builders import (
    T0,
    a_cancelled_order,
    a_closing_order,
    a_completed_order,
    a_delivered_order,
    a_shipped_order,
    a_shop_order,
    an_order_with_a_refund,
)
from tests.special_orders import a_long_order, a_long_placed_order, an_order_under_review

ALL_OF = {
    "ORDER": (OrderState, {"paid", "cancelled"}),
    "SUB#01": (SubOrderState, {"completed", "cancelled", "closed", "separated"}),
    "PARCEL#01": (ParcelState, {"delivered", "received", "came_back", "written_off", "cancelled"}),
    "PAY#01": (PaymentState, {"succeeded", "failed", "closed"}),
    "SETTLE#01": (SettlementState, {"settled"}),
}


def test_a_settled_order_rests_once_its_days_are_over():
    trade = a_settled_order()

    assert why_not(trade, T0 + 180 * DAY - 1) == ("young",)
    assert why_not(trade, T0 + 180 * DAY) == ()


def test_an_order_that_was_never_paid_rests_once_its_closed_page_was_asked_about_for_the_last_time():
    trade = a_cancelled_order()

    assert why_not(trade) == ("payment_open",)
    assert unrest(with_row(trade, "PAY#01", ask_at=None), now=LATER) == ()


def test_its_own_policy_says_when_and_not_todays():
    trade = a_settled_order()
    longer = trade.whole.snapshot._replace(policy={**trade.whole.snapshot.policy, "archive_after_days": 365})
    placed_under_another = seen(trade)._replace(whole=_with_snapshot(trade, longer))

    assert unrest(placed_under_another, now=T0 + 365 * DAY - 1) == ("young",)
    assert unrest(placed_under_another, now=T0 + 365 * DAY) == ()


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (a_shop_order, {"order_open", "sub_order_open", "clock_running"}),
        (a_closing_order, {"order_open", "sub_order_open", "payment_open", "clock_running"}),
        (a_shipped_order, {"sub_order_open", "parcel_open", "clock_running"}),
        (a_delivered_order, {"sub_order_open", "clock_running"}),
        (a_completed_order, {"settlement_waiting", "unsettled", "clock_running"}),
        (an_order_with_a_refund, {"sub_order_open", "parcel_open", "refund_open", "clock_running"}),
        (an_order_under_review, {"sub_order_open", "clock_running"}),
        (a_long_order, {"order_open", "sub_order_open", "stock_moving", "clock_running"}),
    ],
)
def test_who_waits_for_something_stays_and_says_for_what(make, why):
    assert set(why_not(make())) - {"payment_open"} == why - {"payment_open"}


def test_while_any_case_is_open_the_archive_waits():
    trade = a_completed_order()
    trade.ask("refund_only", {1: 1})

    assert "case_open" in why_not(trade)
    for state in CaseState:
        is_over = state in ("completed", "closed")
        case = with_row(trade, "CASE#01", state=state, due_at=None)
        assert ("case_open" not in unrest(case, now=LATER)) == is_over, state


@pytest.mark.parametrize("subject", sorted(ALL_OF))
def test_every_state_of_a_row_is_either_over_or_keeps_its_order_here(subject):
    states, over = ALL_OF[subject]
    trade = a_settled_order()

    resting = {s for s in states if not unrest(with_row(trade, subject, state=s, due_at=None), now=LATER)}

    assert resting == over


def test_a_refund_on_its_way_keeps_its_order_here_and_one_that_arrived_does_not():
    trade = a_settled_order()
    trade.give(500, 1)
    subject = "REFUND#01"

    over = {
        s
        for s in RefundState
        if "refund_open" not in unrest(with_row(trade, subject, state=s, due_at=None, ask_at=None), now=LATER)
    }

    assert over == {"succeeded", "failed", "covered"}
    asked = with_row(trade, subject, state=RefundState.SUCCEEDED, due_at=None, ask_at=LATER)
    assert unrest(asked, now=LATER) == ("refund_open",)


def test_a_dispute_without_a_verdict_keeps_its_order_here():
    trade = a_settled_order()
    for state in DisputeState:
        dispute = Dispute(
            number=1,
            dispute_id="dp_1",
            payment=1,
            amount_minor=100,
            currency="CNY",
            state=state,
            opened_at=T0,
        )
        told = seen(trade)._replace(whole=trade.whole.with_rows([dispute]))
        assert unrest(told, now=LATER) == (("dispute_open",) if state == "pending" else ())


@pytest.mark.parametrize("field", [{"held_minor": 1}, {"ask_at": LATER}])
def test_money_that_is_held_or_asked_about_keeps_its_order_here(field):
    assert unrest(with_row(a_settled_order(), "PAY#01", **field), now=LATER) == ("payment_open",)


def test_a_clock_that_runs_keeps_its_order_here_whatever_it_is_for():
    assert unrest(with_row(a_settled_order(), "SUB#01", due_at=LATER), now=LATER) == ("clock_running",)


def test_what_is_kept_and_was_never_settled_keeps_its_order_here():
    trade = a_settled_order()
    rows = {subject: row for subject, row in trade.whole.rows.items() if subject != "SETTLE#02"}

    assert unrest(seen(trade, whole=replace(trade.whole, rows=rows)), now=LATER) == ("unsettled",)


def test_an_event_whose_effects_are_not_done_keeps_its_order_here():
    trade = a_settled_order()
    events = (*seen(trade).events[:-1], {**seen(trade).events[-1], "unfinished_since": T0})

    assert why_not(trade, events=events) == ("effects_unfinished",)


def test_an_open_entry_of_the_register_keeps_its_order_here():
    assert why_not(a_settled_order(), has_open_entry=True) == ("register_entry_open",)


def test_stock_that_still_moves_keeps_its_order_here():
    trade = a_long_placed_order()
    for state in TransferState:
        moved = with_row(trade, "MOVE#01", state=state, due_at=None)
        assert ("stock_moving" in unrest(moved, now=LATER)) == (state == "waiting")


def test_every_reason_is_met_by_one_of_these_tests():
    assert set(UNREST) == {
        "order_open",
        "sub_order_open",
        "case_open",
        "dispute_open",
        "payment_open",
        "refund_open",
        "parcel_open",
        "settlement_waiting",
        "unsettled",
        "stock_moving",
        "clock_running",
        "effects_unfinished",
        "register_entry_open",
    }


def _with_snapshot(trade, snapshot):
    return replace(trade.whole, snapshot=snapshot)
