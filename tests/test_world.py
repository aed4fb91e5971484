"""The stand-in notices: each promise of ``tests.world`` is broken once, on purpose, and says so by its name."""

from dataclasses import replace

import pytest

from shared.aftersale.cancellation import Cancellation, decide_paid
from shared.changes import Change, Entry
from shared.model import StockMove
from shared.payment.attempts import decide_notice
from shared.splitting.parcels import decide_split
from tests.builders import (
    BUYER,
    Trade,
    a_completed_order,
    a_paid_order,
    a_request,
    a_split_order,
    an_order_being_paid,
    an_order_with_a_refund,
)
from tests.world import PROMISES, RefusedByWorld


def paid() -> tuple[Trade, Change]:
    trade = an_order_being_paid()
    return trade, decide_notice(trade.whole, trade.notice(), now=trade.now)


def split() -> tuple[Trade, Change]:
    trade = a_paid_order()
    return trade, decide_split(trade.whole, now=trade.now)


def cancelled() -> tuple[Trade, Change]:
    trade = a_split_order()
    request = a_request()
    wanted = Cancellation("other", {2: 1})
    return trade, decide_paid(trade.whole, wanted, caller=BUYER, now=trade.now, request=request)


def with_row(change: Change, subject: str, **fields: object) -> Change:
    writes = tuple(
        write._replace(row=replace(write.row, **fields)) if write.row.subject == subject else write
        for write in change.writes
    )
    return change._replace(writes=writes)


def with_order(change: Change, **fields: object) -> Change:
    return change._replace(order=replace(change.order, **fields))


def with_entries(change: Change, *entries: Entry) -> Change:
    return change._replace(voucher=change.voucher._replace(entries=entries))


BUGS = {
    "reserved_is_what_waits": (cancelled, lambda change: change._replace(stock=())),
    "every_unit_is_somewhere": (cancelled, lambda c: with_row(c, "SUB#01", cancelled={})),
    "parcels_add_up_to_what_the_sub_order_keeps": (
        split,
        lambda c: with_row(c, "PARCEL#01", goods_minor=4_499),
    ),
    "children_add_up_to_the_order": (paid, lambda c: with_order(c, goods_minor=15_499)),
    "never_more_back_than_was_paid": (cancelled, lambda c: with_order(c, refund_reserved_minor=0)),
    "escrow_is_what_is_paid_and_neither_refunded_nor_settled": (
        paid,
        lambda c: with_entries(c, Entry("clearing:sandbox", 17_100), Entry("escrow:somewhere", -17_100)),
    ),
    "what_we_owe_the_buyer_is_what_has_not_been_sent": (
        cancelled,
        lambda change: change._replace(voucher=None),
    ),
    "the_books_balance": (paid, lambda c: with_entries(c, *c.voucher.entries, Entry("clearing:sandbox", 1))),
    "the_version_is_the_number_of_events": (paid, lambda c: with_order(c, version=7)),
    "the_stage_is_the_fold_of_the_children": (paid, lambda c: with_order(c, stage="completed")),
    "siblings_are_all_paid_or_all_not": (paid, lambda c: with_row(c, "SUB#02", state="awaiting_payment")),
    "every_step_of_a_row_begins_where_the_last_one_ended": (paid, lambda c: c._replace(steps=c.steps[1:])),
    "whoever_is_over_has_no_clock": (paid, lambda c: with_order(c, due_at=1)),
}


@pytest.mark.parametrize("promise", BUGS)
def test_a_broken_promise_is_named(promise):
    begin, break_it = BUGS[promise]
    trade, change = begin()
    broken = break_it(change)
    assert broken != change

    with pytest.raises(AssertionError) as noticed:
        trade.world.apply(broken)

    assert promise in str(noticed.value)


def test_counters_that_do_not_add_up_or_are_negative_are_named():
    trade = a_split_order()
    trade.world.stock["TEA", "W1"].update(available=-9)

    with pytest.raises(AssertionError) as noticed:
        trade.world.check()

    assert "no_unit_is_lost_or_invented" in str(noticed.value)
    assert "no_counter_is_negative" in str(noticed.value)


def test_every_promise_has_its_bug():
    by_hand = {"no_unit_is_lost_or_invented", "no_counter_is_negative"}

    assert {promise.__name__ for promise in PROMISES} == set(BUGS) | by_hand


@pytest.mark.parametrize(
    "believing",
    [
        lambda change: change._replace(read_version=1),
        lambda change: change._replace(read_state="closing"),
        lambda change: change._replace(writes=(change.writes[0]._replace(was="closed"), *change.writes[1:])),
        lambda change: change._replace(once=("sandbox#paid#tx_1", "sandbox#paid#tx_1")),
        lambda change: change._replace(stock=(StockMove("ship", "TEA", "W1", 3),)),
        lambda change: change._replace(stock=(StockMove("reserve", "TEA", "W1", 4),)),
    ],
)
def test_a_change_that_believes_something_wrong_changes_nothing(believing):
    trade, change = paid()
    before, stock = trade.whole, dict(trade.world.stock)

    with pytest.raises(RefusedByWorld):
        trade.world.apply(believing(change))

    assert trade.whole is before
    assert trade.world.stock == stock


def test_the_same_money_is_not_booked_twice():
    trade = an_order_being_paid(tries=2)
    notice = trade.notice(1)
    trade.hear(notice)

    assert trade.world.offer(decide_notice(trade.whole, notice, now=trade.now)) is None
    with pytest.raises(RefusedByWorld, match="were booked before"):
        trade.hear(notice)


def test_the_worlds_of_the_builders_are_what_their_names_say():
    assert a_completed_order().whole.order.stage == "completed"
    assert an_order_with_a_refund().state("REFUND#01") == "requested"
    assert [p.state for p in a_split_order().whole.parcels] == ["awaiting_shipment"] * 3
