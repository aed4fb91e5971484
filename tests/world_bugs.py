"""For each promise of ``tests.promises`` a change that breaks it: a real one, and what is wrong about it."""

from dataclasses import replace

from shared.aftersale.advance import decide_advance
from shared.aftersale.cancellation import Cancellation, decide_paid
from shared.aftersale.cases import Decision, decide_decision
from shared.aftersale.inspection import Inspection, decide_inspection
from shared.changes import Change, Entry
from shared.clockwork import decide_expiry
from shared.fulfilment.carriers.port import Status
from shared.fulfilment.returning import Counted, decide_return
from shared.fulfilment.shipping import Shipment, Waybill, decide_shipment
from shared.fulfilment.tracking import decide_tracking
from shared.goods import Held
from shared.lifecycle import Event
from shared.ordering.giving_up import decide_unpaid
from shared.ordering.review import CHECKLIST, Verdict, decide_review
from shared.payment.disputes import decide_dispute
from shared.payment.receiving import decide_payment
from shared.splitting.parcels import decide_split
from tests.builders import (
    BUYER,
    ORDER_ID,
    POT_MERCHANT,
    SUPPORT,
    TEA_MERCHANT,
    Trade,
    a_completed_order,
    a_paid_order,
    a_request,
    a_shipped_order,
    a_split_order,
    an_order_being_paid,
)
from tests.special_orders import a_limited_order, a_rich_order, an_order_under_review


def paid() -> tuple[Trade, Change]:
    trade = an_order_being_paid()
    return trade, decide_payment(trade.whole, trade.notice(), now=trade.now)


def split() -> tuple[Trade, Change]:
    trade = a_paid_order()
    return trade, decide_split(trade.whole, now=trade.now)


def cancelled() -> tuple[Trade, Change]:
    trade = a_split_order()
    request = a_request()
    wanted = Cancellation("other", {2: 1})
    return trade, decide_paid(trade.whole, wanted, caller=BUYER, now=trade.now, request=request)


def rich() -> tuple[Trade, Change]:
    """The money that uses up two coupons and 1,500 points."""
    trade = a_rich_order()
    trade.start_payment()
    return trade, decide_payment(trade.whole, trade.notice(), now=trade.now)


def limited() -> tuple[Trade, Change]:
    """A limited product is cancelled unpaid: its units count no more."""
    trade = a_limited_order()
    event = Event.CANCEL_REQUESTED
    return trade, decide_unpaid(trade.whole, event, caller=BUYER, now=trade.now)


def approved() -> tuple[Trade, Change]:
    trade = an_order_under_review()
    verdict = Verdict(True, frozenset(CHECKLIST))
    return trade, decide_review(trade.whole, verdict, caller=SUPPORT, now=trade.now)


def held() -> tuple[Trade, Change]:
    """Some of the money comes, and is held."""
    trade = an_order_being_paid()
    return trade, decide_payment(trade.whole, trade.so_far("part", 6_000), now=trade.now)


def taken() -> tuple[Trade, Change]:
    """A bank asks for all of the money, and the provider takes it."""
    trade = a_split_order()
    trade.hear_dispute(trade.dispute("opened"))
    return trade, decide_dispute(trade.whole, trade.dispute("withdrawn"), now=trade.now)


def shipped() -> tuple[Trade, Change]:
    trade = a_split_order()
    shipment = Shipment(2, (Waybill(3, "sf", "SF3"),))
    request = a_request("ship", POT_MERCHANT)
    return trade, decide_shipment(trade.whole, shipment, caller=POT_MERCHANT, now=trade.now, request=request)


def delivered() -> tuple[Trade, Change]:
    trade = a_shipped_order()
    tracking = trade.tracking(3, trade.seen(Status.DELIVERED))
    return trade, decide_tracking(trade.whole, 3, tracking=tracking, now=trade.now)


def counted_back() -> tuple[Trade, Change]:
    trade = a_shipped_order()
    counted = Counted(3, {3: {"good": 2}})
    return trade, decide_return(trade.whole, counted, caller=POT_MERCHANT, now=trade.now)


def advanced() -> tuple[Trade, Change]:
    """The platform pays 6.00 of its own before anybody has decided a case."""
    trade = a_completed_order()
    trade.ask("refund_only", {1: 1})
    trade.call_platform(1)
    return trade, decide_advance(trade.whole, trade.case(1), 600, caller=SUPPORT, now=trade.now)


def reduced() -> tuple[Trade, Change]:
    """All tea becomes 1.00 cheaper."""
    trade = a_completed_order()
    trade.ask("price_reduction", {1: 3}, asked_minor=100)
    return trade, decide_decision(
        trade.whole, trade.case(1), Decision(True), caller=TEA_MERCHANT, now=trade.now
    )


def inspected() -> tuple[Trade, Change]:
    """A cup came back broken; to send it cost its buyer 5.00."""
    trade = a_completed_order()
    trade.ask("return_refund", {2: 1})
    trade.approve(1)
    trade.send_back(1, freight_minor=500)
    trade.world.told["CASE#01"] = broken = {2: {"defect": 1}}
    found = Inspection(broken)
    return trade, decide_inspection(
        trade.whole, trade.case(1), found, None, caller=TEA_MERCHANT, now=trade.now
    )


def with_wallet(change: Change, **fields: object) -> Change:
    return change._replace(wallet=change.wallet._replace(**fields))


def elsewhere(change: Change, *held: Held) -> Change:
    """The same change, in which the goods of the first line suddenly lie there."""
    lines = a_paid_order().whole.lines
    return change._replace(lines=(lines[0]._replace(allocation=held), *lines[1:]))


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


def settled() -> tuple[Trade, Change]:
    """A part without a contract: all of it is its merchant's."""
    trade = a_completed_order()
    due_at = trade.row("SETTLE#01").due_at
    change = decide_expiry(trade.whole, "SETTLE#01", now=due_at)
    assert change is not None
    return trade, change


BUGS = {
    "what_is_settled_is_shared_as_contracts_and_coupons_say": (
        settled,
        lambda c: with_entries(c, Entry("escrow:" + ORDER_ID + "-01", 6_300), Entry("bank", -6_300)),
    ),
    "reserved_is_what_waits": (cancelled, lambda change: change._replace(stock=())),
    "every_unit_is_somewhere": (cancelled, lambda c: with_row(c, "SUB#01", cancelled={})),
    "parcels_add_up_to_what_the_sub_order_keeps": (
        split,
        lambda c: with_row(c, "PARCEL#01", goods_minor=4_499),
    ),
    "children_add_up_to_the_order": (paid, lambda c: with_order(c, goods_minor=15_499)),
    "never_more_back_than_was_paid": (cancelled, lambda c: with_order(c, refund_reserved_minor=0)),
    "what_is_asked_back_of_a_payment_came_in_under_it": (
        cancelled,
        lambda c: with_row(c, "PAY#01", refund_reserved_minor=0),
    ),
    "what_the_provider_holds_for_us_is_what_came_and_has_not_gone": (
        paid,
        lambda c: with_entries(c, *c.voucher.entries, Entry("clearing:sandbox", -1), Entry("bank", 1)),
    ),
    "what_came_in_part_is_held_until_it_pays_or_goes_back": (
        held,
        lambda c: with_row(c, "PAY#01", held_minor=0),
    ),
    "what_a_bank_took_waits_for_its_verdict": (
        taken,
        lambda c: with_entries(c, Entry("clearing:sandbox", -17_100), Entry("bank", 17_100)),
    ),
    "what_is_given_back_while_a_bank_has_not_decided_is_not_sent": (
        taken,
        lambda c: c._replace(event=Event.GOODS_CANCELLED),
    ),
    "what_nobody_bears_is_a_claim_of_ours": (
        paid,
        lambda c: with_entries(c, *c.voucher.entries, Entry(f"claim:{ORDER_ID}", 1), Entry("bank", -1)),
    ),
    "escrow_is_what_is_paid_and_neither_given_back_nor_settled": (
        paid,
        lambda c: with_entries(c, Entry("clearing:sandbox", 17_100), Entry("escrow:somewhere", -17_100)),
    ),
    "what_we_owe_the_buyer_is_what_has_not_been_sent": (
        cancelled,
        lambda change: change._replace(voucher=None),
    ),
    "what_the_pool_has_paid_and_not_got_back_is_its_own": (
        advanced,
        lambda c: with_entries(c, Entry("bank", 600), Entry(f"refund:{ORDER_ID}R01", -600)),
    ),
    "each_line_gives_back_what_its_units_are_worth": (
        inspected,
        lambda c: with_row(c, "SUB#01", refunded_goods_minor=2_499, withheld_minor=1),
    ),
    "no_line_gives_back_more_than_was_paid_for_it": (
        inspected,
        lambda c: with_row(c, "SUB#01", returned={"2": 2}),
    ),
    "a_reduction_is_what_was_asked_for_in_proportion": (
        reduced,
        lambda c: with_row(c, "SUB#01", reduced={"1": 101}),
    ),
    "what_comes_back_goes_where_its_grade_belongs": (
        inspected,
        lambda c: c._replace(stock=tuple(move._replace(kind="restock") for move in c.stock)),
    ),
    "postage_is_made_good_once_and_no_more_than_was_published": (
        inspected,
        lambda c: with_row(c, "CASE#01", postage_minor=501),
    ),
    "the_books_balance": (paid, lambda c: with_entries(c, *c.voucher.entries, Entry("clearing:sandbox", 1))),
    "points_follow_the_order": (rich, lambda c: with_wallet(c, points=None)),
    "a_coupon_follows_the_order": (rich, lambda c: with_wallet(c, coupons=c.wallet.coupons[:1])),
    "what_is_limited_counts_what_is_kept": (limited, lambda c: with_wallet(c, counts=c.wallet.counts[1:])),
    "what_was_agreed_never_changes": (split, lambda c: elsewhere(c, Held("W1", 2))),
    "nothing_is_sent_before_people_have_looked": (
        approved,
        lambda c: c._replace(steps=tuple(s for s in c.steps if s.subject != "SUB#02")),
    ),
    "who_waits_stands_in_a_list_and_nobody_else": (paid, lambda c: with_row(c, "SUB#02", queue=None)),
    "the_version_is_the_number_of_events": (paid, lambda c: with_order(c, version=7)),
    "the_stage_is_the_fold_of_the_children": (paid, lambda c: with_order(c, stage="completed")),
    "siblings_are_all_paid_or_all_not": (paid, lambda c: with_row(c, "SUB#02", state="awaiting_payment")),
    "every_step_of_a_row_begins_where_the_last_one_ended": (paid, lambda c: c._replace(steps=c.steps[1:])),
    "what_has_left_is_sold_until_it_is_counted_back": (shipped, lambda c: c._replace(stock=())),
    "what_is_counted_back_was_counted_once": (counted_back, lambda c: c._replace(stock=())),
    "the_receipt_clock_runs_while_everything_has_arrived": (
        delivered,
        lambda c: with_row(c, "SUB#02", due_at=1_800_000_000 + 1100 + 864_000 - 1),
    ),
    "whoever_is_over_has_no_clock": (paid, lambda c: with_order(c, due_at=1)),
}
