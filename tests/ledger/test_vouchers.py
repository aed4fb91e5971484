"""A whole life in the books: what each account holds, to the fen, when it is over."""

from dataclasses import replace

import pytest

from shared.changes import Draft, Entry, Voucher
from shared.ledger import vouchers
from shared.ledger.contract import BUILT_IN
from shared.ledger.shares import Shares
from shared.lifecycle import Event
from tests.builders import (
    BUYER,
    ORDER_ID,
    T0,
    a_cancelled_order,
    a_completed_order,
    a_paid_order,
    a_split_order,
)
from tests.special_orders import (
    a_deferred_order,
    a_paid_rich_order,
    an_order_under_review,
    sold_out,
    told_paid,
)


def balances(trade):
    return {
        account.replace(ORDER_ID, "O"): amount
        for (account, _), amount in trade.world.accounts.items()
        if amount
    }


def kinds(trade):
    return [change.voucher.kind for change in trade.world.changes if change.voucher]


def test_a_life_without_trouble_ends_with_both_merchants_owed():
    trade = a_completed_order()

    trade.ring("SETTLE#01")
    trade.ring("SETTLE#02")

    assert balances(trade) == {
        "clearing:sandbox": 17_100,
        "merchant:m-tea": -6_300,
        "merchant:m-pot": -10_800,
    }
    assert kinds(trade) == ["captured", "settled", "settled"]


def test_what_was_cancelled_goes_back_and_the_rest_is_settled():
    trade = a_split_order()
    trade.cancel({2: 1, 3: 2})
    trade.refund_says("succeeded")
    trade.ship(1, 1, 2)
    trade.receive(1)
    trade.ring("SETTLE#01")

    assert balances(trade) == {"clearing:sandbox": 3_800, "merchant:m-tea": -3_800}
    assert kinds(trade) == ["captured", "refund_requested", "refunded", "settled"]


def test_money_is_held_from_payment_to_the_end_of_the_window():
    trade = a_completed_order()

    assert balances(trade) == {"clearing:sandbox": 17_100, "escrow:O-01": -6_300, "escrow:O-02": -10_800}


def test_a_refund_that_bounces_is_owed_again_and_nothing_is_edited():
    trade = a_paid_order()
    trade.cancel()
    trade.refund_says("succeeded")
    assert balances(trade) == {}

    trade.refund_says("failed")

    assert balances(trade) == {"clearing:sandbox": 17_100, "refund:OR01": -17_100}
    assert kinds(trade) == ["captured", "refund_requested", "refunded", "refund_bounced"]


def test_money_for_goods_that_were_gone_is_booked_and_leaves_nothing_behind():
    trade = sold_out(a_deferred_order())
    told_paid(trade)
    assert balances(trade) == {"clearing:sandbox": 8_800, "refund:OR01": -8_800}

    trade.refund_says("succeeded")

    assert balances(trade) == {}
    assert kinds(trade) == ["unclaimed", "refunded"]


def test_an_order_that_people_reject_is_held_in_escrow_until_then_and_goes_back_whole():
    trade = an_order_under_review()
    assert balances(trade) == {"clearing:sandbox": 16_300, "escrow:O-01": -6_800, "escrow:O-02": -9_500}

    trade.review(is_approved=False)
    trade.refund_says("succeeded")

    assert balances(trade) == {}
    assert kinds(trade) == ["captured", "refund_requested", "refunded"]


def test_coupons_and_points_are_no_money_of_the_books():
    trade = a_paid_rich_order()

    assert balances(trade) == {"clearing:sandbox": 12_000, "escrow:O-01": -4_221, "escrow:O-02": -7_779}


def test_an_unpaid_life_leaves_no_voucher():
    assert kinds(a_cancelled_order()) == []


def test_a_part_that_was_given_back_whole_is_settled_for_nothing_and_without_a_voucher():
    trade = a_paid_order()
    settlement = a_completed_order().row("SETTLE#01")
    draft = Draft(trade.whole, event=Event.SETTLEMENT_DUE, caller=BUYER, now=T0)

    draft.post(vouchers.settled(ORDER_ID, replace(settlement, amount_minor=0), Shares(), BUILT_IN))

    assert draft.finish().voucher is None


def test_a_voucher_that_does_not_balance_is_a_bug():
    draft = Draft(a_paid_order().whole, event=Event.SETTLEMENT_DUE, caller=BUYER, now=T0)

    with pytest.raises(AssertionError, match="a voucher balances"):
        draft.post(Voucher("wrong", "CNY", (Entry("a", 1), Entry("b", -2))))


def test_one_event_has_one_voucher():
    draft = Draft(a_paid_order().whole, event=Event.SETTLEMENT_DUE, caller=BUYER, now=T0)
    draft.post(Voucher("first", "CNY", (Entry("a", 1), Entry("b", -1))))

    with pytest.raises(AssertionError, match="one event, one voucher"):
        draft.post(Voucher("second", "CNY", (Entry("a", 1), Entry("b", -1))))
