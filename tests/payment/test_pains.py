"""What users of other systems reported about payments (the pains of the trade), as named regression tests."""

from itertools import permutations
from threading import Thread

import pytest

from shared.clockwork import expire
from shared.errors import Conflict, OrderError, Unavailable
from shared.lifecycle import Event
from shared.money import Money
from shared.payment.attempts import start_payment
from shared.payment.closing import close_payments
from shared.payment.inbox import receive
from shared.payment.port import IS_SUCCESS, Told
from shared.payment.receiving import record_payment
from shared.payment.refunds import RefundTooLarge, refund_amount
from shared.payment.requests import PaymentDisputed
from tests.builders import (
    BUYER,
    ORDER_ID,
    SUPPORT,
    a_cancelled_order,
    a_closing_order,
    a_completed_order,
    a_line,
    a_paid_order,
    a_request,
    a_shipped_order,
    a_split_order,
    an_order_being_paid,
    an_order_of,
    an_order_with_a_refund,
)
from tests.memory import MemoryShop
from tests.provider import paid
from tests.special_orders import a_deferred_order, sold_out

PAYABLE = 17_100


def give(trade, amount, key="k"):
    return refund_amount(
        MemoryShop(trade.world),
        ORDER_ID,
        amount_minor=amount,
        sub_order=None,
        reason="other",
        caller=SUPPORT,
        now=trade.now,
        request=a_request(key, SUPPORT),
    )


def test_pain_03_same_callback_many_times_and_at_once():
    trade = an_order_being_paid()
    notice, ends = trade.notice(1), []

    def hears(number):
        shop = MemoryShop(trade.world)
        for _ in range(20):  # A conflict is answered "busy": the provider sends it again.
            try:
                ends.append(receive(shop, [notice._replace(event_id=f"evt_{number}")], now=trade.now))
                return
            except Conflict:
                continue

    threads = [Thread(target=hears, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(ends), ends.count(Told.APPLIED), set(ends) - {Told.APPLIED}) == (16, 1, {Told.DUPLICATE})
    assert trade.world.held("clearing:sandbox") == trade.whole.order.captured_minor == PAYABLE
    assert trade.whole.refunds == ()


@pytest.mark.parametrize(
    "world",
    [
        an_order_being_paid,
        a_closing_order,
        a_paid_order,
        a_cancelled_order,
        a_shipped_order,
        a_completed_order,
    ],
)
@pytest.mark.parametrize("amount", [PAYABLE, PAYABLE - 1, PAYABLE + 1])
def test_pain_04_paid_but_no_order(world, amount):
    trade = world()
    before = trade.whole.order.captured_minor

    trade.pay(1, money=Money(amount, "CNY"))

    paid_now = trade.whole.order.captured_minor - before
    back = sum(refund.amount_minor for refund in trade.whole.refunds)
    assert (paid_now, back) in ((PAYABLE, 0), (0, amount))


def test_pain_04_paid_and_the_stock_was_gone():
    trade = sold_out(a_deferred_order())

    record_payment(MemoryShop(trade.world), trade.notice(1), now=trade.now)

    assert (trade.whole.order.state, trade.row("REFUND#01").amount_minor) == ("cancelled", 8_800)


def test_pain_05_cancelled_order_gets_paid_at_the_very_moment_of_its_time_out():
    # Paid before the provider has closed: paid. Paid after it has closed: sent back. Nothing in between.
    for is_closed_first in (False, True):
        trade = a_closing_order()
        if is_closed_first:
            trade.close(1)
        trade.pay(1)
        assert trade.whole.order.state == ("cancelled" if is_closed_first else "paid")
        assert trade.whole.order.captured_minor == (0 if is_closed_first else PAYABLE)
        assert len(trade.whole.refunds) == is_closed_first
        assert trade.world.units("POT", "W3") == ((6, 0, 0) if is_closed_first else (4, 2, 0))


def test_pain_07_cancel_job_misbehaves_only_unpaid_orders_are_cancelled():
    for world in (a_paid_order, a_split_order, a_shipped_order, an_order_with_a_refund):
        trade = world()
        shop = MemoryShop(trade.world)
        before = trade.whole
        assert expire(shop, ORDER_ID, "ORDER", trade.now + 10**6).change is None
        close_payments(shop, ORDER_ID, trade.now)
        assert trade.whole is before


def test_pain_07_timer_and_sweep_together_act_once():
    trade = an_order_being_paid().after(1800)
    shop = MemoryShop(trade.world)
    shop.sandbox.answers["close"] = [None]

    changes = [expire(shop, ORDER_ID, "ORDER", trade.now).change for _ in range(5)]
    for _ in range(3):
        close_payments(shop, ORDER_ID, trade.now)

    assert [change is not None for change in changes] == [True, False, False, False, False]
    assert (trade.whole.order.state, len(shop.sandbox.asked)) == ("cancelled", 1)


def test_pain_07_one_provider_that_is_silent_does_not_stop_the_others():
    trade = a_closing_order(tries=3)
    shop = MemoryShop(trade.world)
    shop.sandbox.answers["close"] = [None, Unavailable("the provider did not answer"), None]

    with pytest.raises(Unavailable):
        close_payments(shop, ORDER_ID, trade.now)

    assert [payment.state for payment in trade.whole.payments] == ["closed", "open", "closed"]
    assert trade.whole.order.state == "closing"


@pytest.mark.parametrize("world", [a_paid_order, a_split_order, a_shipped_order, a_completed_order])
def test_pain_10_cannot_refund_what_is_needed(world):
    # Freight, shipped goods, part of a unit's price, after it was captured: all of it, up to what was paid.
    trade = world()

    for key, amount in enumerate([1, 1_599, 15_500]):
        give(trade, amount, key=str(key))

    assert trade.whole.order.refund_reserved_minor == PAYABLE
    with pytest.raises(RefundTooLarge):
        give(trade, 1, key="more")


def test_pain_10_freight_goes_back_when_nothing_is_left_to_ship():
    trade = a_split_order()
    trade.cancel({3: 2})

    assert trade.row("REFUND#01").parts == ((2, 10_000, 800, 0),)


def test_pain_11_refund_made_at_provider():
    trade = a_split_order()

    trade.hear_refund(trade.found_refund(17_000))

    with pytest.raises(RefundTooLarge) as refused:
        give(trade, 101)
    assert refused.value.details == {"refundable": 100}
    trade.cancel()
    assert sum(refund.amount_minor for refund in trade.whole.refunds) == PAYABLE


def test_pain_11_chargeback_made_at_provider():
    trade = a_split_order()
    for kind in ("opened", "withdrawn", "lost"):
        trade.hear_dispute(trade.dispute(kind, 17_000))

    with pytest.raises(RefundTooLarge) as refused:
        give(trade, 101)
    assert refused.value.details == {"refundable": 100}


# --- further threads ---


@pytest.mark.parametrize("turn", list(permutations(["a", "b"])), ids=str)
def test_two_parallel_refunds_of_60_on_100(turn):
    trade = an_order_of([a_line(1, 1, 10_000)], [0])

    give(trade, 6_000, key=turn[0])
    with pytest.raises(RefundTooLarge):
        give(trade, 6_000, key=turn[1])

    assert (len(trade.whole.refunds), trade.row("PAY#01").refund_reserved_minor) == (1, 6_000)


def test_money_of_an_unknown_order_is_never_acknowledged_before_it_is_kept_for_good():
    trade = an_order_being_paid()
    shop = MemoryShop(trade.world)
    fact = trade.notice(1, reference="01MCC5RM00000000000000000001", transaction_id="tx_lost")

    told = receive(shop, [fact], now=trade.now)

    assert told is Told.PARKED
    assert told not in IS_SUCCESS
    assert len(shop.asking.kept) == 1


def test_a_refund_on_top_of_a_chargeback():
    trade = a_split_order()
    trade.hear_dispute(trade.dispute("opened"))
    before = trade.whole
    for refund in (lambda: give(trade, 1), trade.cancel):
        with pytest.raises(PaymentDisputed):
            refund()

    assert trade.whole is before


def test_stuck_after_a_won_dispute():
    trade = a_completed_order()
    for kind in ("opened", "withdrawn"):
        trade.hear_dispute(trade.dispute(kind))
    trade.ring("SETTLE#01")
    trade.hear_dispute(trade.dispute("won"))  # And that the money came back is told late, or never.

    give(trade, 1_000)
    trade.refund_says("succeeded")
    trade.ring("SETTLE#01")
    trade.ring("SETTLE#02")

    assert [settlement.state for settlement in trade.whole.settlements] == ["settled", "settled"]


def test_two_payments_for_one_order():
    for second in (1, 2):
        trade = an_order_being_paid(tries=2)
        trade.pay(1)

        change = trade.pay(second, transaction_id="tx_again")

        assert change.event is Event.PAYMENT_UNCLAIMED
        refund = trade.row("REFUND#01")
        assert (refund.payment, refund.amount_minor, refund.transaction_id) == (second, PAYABLE, "tx_again")
        assert trade.whole.order.captured_minor == PAYABLE


def test_a_failed_refund_is_not_counted_any_more():
    trade = a_split_order()
    give(trade, PAYABLE, key="a")
    trade.refund_says("failed")

    assert (trade.whole.order.refund_reserved_minor, trade.row("PAY#01").refund_reserved_minor) == (0, 0)
    give(trade, PAYABLE, key="b")


def test_a_failed_refund_of_cancelled_goods_is_owed_until_it_is_seen_through():
    trade = an_order_with_a_refund()
    trade.refund_says("failed")

    assert trade.world.held(f"refund:{ORDER_ID}R01") == -2_500
    assert (trade.whole.order.refund_reserved_minor, trade.row("PAY#01").refund_reserved_minor) == (2_500, 0)


def test_a_payment_that_was_cancelled_too_late_at_its_provider():
    # The buyer takes another method; the first page turns out to be paid: no second page, nothing to pay twice.
    trade = an_order_being_paid()
    shop = MemoryShop(trade.world)
    shop.sandbox.answers["close"] = [paid("tx_first")]

    with pytest.raises(OrderError) as refused:
        start_payment(shop, ORDER_ID, "sandbox", caller=BUYER, now=trade.now, request=a_request("second"))

    assert refused.value.code == "transition_refused"
    assert (trade.whole.order.state, len(trade.whole.payments)) == ("paid", 1)
    assert ("create", f"{ORDER_ID}02") not in shop.sandbox.asked


WORLDS = [
    an_order_being_paid,
    a_closing_order,
    a_cancelled_order,
    a_paid_order,
    a_split_order,
    a_shipped_order,
    a_completed_order,
    an_order_with_a_refund,
]


@pytest.mark.parametrize("world", WORLDS)
def test_no_state_of_an_order_makes_a_message_an_error_that_the_provider_repeats_for_ever(world):
    def messages(trade):
        yield from (
            trade.notice(1),
            trade.notice(1, is_success=False),
            trade.notice(1, money=Money(1, "USD")),
        )
        yield from (
            trade.so_far(kind, amount) for kind in ("part", "reversed") for amount in (1, PAYABLE, 10**9)
        )
        yield from (
            trade.dispute(kind) for kind in ("warned", "opened", "withdrawn", "won", "lost", "reinstated")
        )
        yield from (trade.found_refund(amount, f"by_hand_{amount}") for amount in (1, PAYABLE, 10**9))
        if trade.whole.refunds:
            yield from (trade.refund_notice(outcome) for outcome in ("pending", "succeeded", "failed"))

    for index in range(len(list(messages(world())))):
        trade = world()
        shop = MemoryShop(trade.world)
        for message in list(messages(trade))[index:]:
            assert receive(shop, [message], now=trade.now) in {*IS_SUCCESS, Told.PARKED}
