"""One try to pay. Many tries, one winner; money without a claim is never dropped and never pays."""

from shared.changes import Change
from shared.money import Money
from tests.builders import (
    ORDER_ID,
    T0,
    Trade,
    a_cancelled_order,
    a_closing_order,
    a_paid_order,
    a_shop_order,
    an_order_being_paid,
)
from tests.special_orders import a_deferred_order, sold_out, told_paid
from tests.storybook import effects, entries, moves, rows, story

DOLLARS = Money(17_100, "USD")
ONE_FEN_SHORT = Money(17_099, "CNY")


def a_refused_try() -> Trade:
    trade = an_order_being_paid()
    trade.fail(1)
    return trade


def goes_back(trade: Trade, change: Change, amount: int) -> None:
    """The money pays for nothing: it is booked together with its own way back, and nothing else moves."""
    assert [row.split(" ")[0] for row in rows(change)] == ["PAY#01", "REFUND#01"]
    assert effects(change) == ["REFUND#01 submit_refund"]
    assert entries(change) == {"clearing:sandbox": amount, "refund R01": -amount}
    assert moves(change) == {}
    refund = trade.row("REFUND#01")
    assert (refund.amount_minor, refund.reason, refund.parts) == (amount, "unclaimed", ())
    assert refund.transaction_id == change.once[-1].removeprefix("sandbox#paid#")
    assert refund.refund_id == f"{ORDER_ID}R01"
    assert trade.whole.order.refund_reserved_minor == 0


def kept_for_people(trade: Trade, change: Change, currency: str, account: str = "clearing:sandbox") -> None:
    assert len(rows(change)) == 1
    assert entries(change) == {account: 17_100, "quarantine ": -17_100}
    assert change.voucher.currency == currency
    assert (effects(change), moves(change), trade.whole.refunds) == ([], {}, ())
    assert len(change.once) == 2


@story("payment.start.payment_started", to="open", only="buyer")
def a_try_exists_with_our_number_before_the_provider_hears_of_it() -> Change:
    trade = a_shop_order().after(30)

    change = trade.start_payment()

    payment = trade.row("PAY#01")
    assert (payment.reference, payment.amount_minor, payment.currency) == (f"{ORDER_ID}01", 17_100, "CNY")
    assert (payment.started_at, payment.due_at, change.about) == (T0 + 30, None, "PAY#01")
    return change


@story("payment.open.payment_succeeded", to="succeeded", only="provider")
def the_provider_says_paid() -> Change:
    trade = an_order_being_paid().after(100)

    change = trade.pay(1)

    payment = trade.row("PAY#01")
    assert (payment.transaction_id, payment.paid_at) == ("tx_1", T0 + 100)
    assert change.once == ("sandbox#event#evt_1", "sandbox#paid#tx_1")
    return change


@story("payment.failed.payment_succeeded", to="succeeded", only="provider")
def a_refused_try_is_repaired_at_the_provider() -> Change:
    trade = a_refused_try()

    change = trade.pay(1)

    assert (trade.whole.order.state, trade.whole.order.captured_minor) == ("paid", 17_100)
    return change


@story("payment.closed.payment_succeeded", to="succeeded", only="provider")
def a_closed_try_brings_money_while_the_order_can_still_be_paid() -> Change:
    trade = a_closing_order(tries=2)
    trade.close(1)

    change = trade.pay(1)

    assert rows(change)[:2] == [
        "PAY#01 payment.closed.payment_succeeded",
        "ORDER order.closing.payment_succeeded.payment_open",
    ]
    assert trade.whole.order.captured_minor == 17_100
    return change


@story("payment.open.payment_failed", to="failed", only="provider")
def a_refused_try_leaves_the_order_payable() -> Change:
    trade = an_order_being_paid()

    change = trade.fail(1)

    assert rows(change) == ["PAY#01 payment.open.payment_failed"]
    assert (trade.row("PAY#01").failure, trade.whole.order.state) == (
        "insufficient_balance",
        "pending_payment",
    )
    assert (entries(change), moves(change), effects(change)) == ({}, {}, [])
    return change


@story("payment.open.payment_closed", to="closed", only="provider")
def another_try_is_closed_after_the_order_was_paid() -> Change:
    trade = an_order_being_paid(tries=2)
    trade.pay(1)

    change = trade.close(2)

    assert rows(change) == ["PAY#02 payment.open.payment_closed"]
    assert (trade.whole.order.state, moves(change), entries(change)) == ("paid", {}, {})
    return change


@story("payment.failed.payment_closed", to="closed", only="provider")
def a_refused_try_is_closed_too_before_the_order_dies() -> Change:
    trade = a_refused_try()
    trade.ring("ORDER")

    change = trade.close(1)

    assert rows(change)[:2] == ["PAY#01 payment.failed.payment_closed", "ORDER order.closing.payments_closed"]
    return change


@story("payment.open.payment_unclaimed", to="open", only="provider")
def one_fen_too_little_does_not_pay_and_goes_back() -> Change:
    trade = an_order_being_paid()

    change = trade.pay(1, money=ONE_FEN_SHORT)

    goes_back(trade, change, 17_099)
    assert trade.whole.order.state == "pending_payment"
    return change


@story("payment.failed.payment_unclaimed", to="failed", only="provider")
def a_wrong_amount_on_a_refused_try_goes_back() -> Change:
    trade = a_refused_try()

    change = trade.pay(1, money=Money(17_101, "CNY"))

    goes_back(trade, change, 17_101)
    assert trade.whole.order.state == "pending_payment"
    return change


@story("payment.closed.payment_unclaimed", to="closed", only="provider")
def money_for_a_dead_order_goes_back_and_revives_nothing() -> Change:
    trade = a_cancelled_order()

    change = trade.pay(1)

    goes_back(trade, change, 17_100)
    assert (trade.whole.order.state, trade.whole.order.captured_minor) == ("cancelled", 0)
    assert trade.world.units("TEA", "W1") == (5, 0, 0)
    return change


@story("payment.succeeded.payment_unclaimed", to="succeeded", only="provider")
def the_same_try_paid_twice_gives_the_second_money_back() -> Change:
    trade = a_paid_order()

    change = trade.pay(1)

    goes_back(trade, change, 17_100)
    assert (trade.row("PAY#01").transaction_id, trade.row("REFUND#01").transaction_id) == ("tx_1", "tx_2")
    assert trade.whole.order.captured_minor == 17_100
    return change


@story("payment.open.payment_quarantined", to="open", only="provider")
def dollars_for_yuan_are_kept_for_people() -> Change:
    trade = an_order_being_paid()

    change = trade.pay(1, money=DOLLARS)

    kept_for_people(trade, change, "USD")
    assert trade.whole.order.state == "pending_payment"
    return change


@story("payment.failed.payment_quarantined", to="failed", only="provider")
def money_on_a_foreign_account_is_kept_for_people() -> Change:
    trade = a_refused_try()

    change = trade.pay(1, is_our_account=False)

    kept_for_people(trade, change, "CNY", account="elsewhere:sandbox")  # It is not even with us.
    assert trade.whole.order.state == "pending_payment"
    return change


@story("payment.closed.payment_quarantined", to="closed", only="provider")
def dollars_for_a_dead_order_are_kept_for_people() -> Change:
    trade = a_cancelled_order()

    change = trade.pay(1, money=DOLLARS)

    kept_for_people(trade, change, "USD")
    assert trade.whole.order.state == "cancelled"
    return change


@story("payment.succeeded.payment_quarantined", to="succeeded", only="provider")
def dollars_for_a_paid_order_are_kept_for_people() -> Change:
    trade = a_paid_order()

    change = trade.pay(1, money=DOLLARS)

    kept_for_people(trade, change, "USD")
    assert trade.whole.order.captured_minor == 17_100
    return change


def paid_for_nothing(trade: Trade, change: Change) -> None:
    """The goods were gone: the try is over, its money is on its way back, and the order is dead."""
    payment = trade.row("PAY#01")
    assert (payment.state, payment.transaction_id, payment.paid_at) == ("closed", None, None)
    assert entries(change) == {"clearing:sandbox": 8_800, "refund R01": -8_800}
    assert trade.whole.order.stage == "cancelled"
    assert change.once[-1].startswith("sandbox#paid#tx_")


@story("payment.open.payment_unfilled", to="closed", only="provider")
def a_try_that_paid_for_goods_that_were_gone_is_over() -> Change:
    trade = sold_out(a_deferred_order())

    change = told_paid(trade)

    paid_for_nothing(trade, change)
    assert change.about == "PAY#01"
    return change


@story("payment.failed.payment_unfilled", to="closed", only="provider")
def a_refused_try_is_repaired_after_the_goods_were_gone() -> Change:
    trade = sold_out(a_deferred_order())
    trade.fail(1)

    change = told_paid(trade)

    paid_for_nothing(trade, change)
    return change


@story("payment.closed.payment_unfilled", to="closed", only="provider")
def a_closed_try_brings_money_after_the_goods_were_gone() -> Change:
    trade = sold_out(a_deferred_order(tries=2))
    trade.ring("ORDER")
    trade.close(1)

    change = told_paid(trade, 1)

    paid_for_nothing(trade, change)
    assert rows(change)[:2] == [
        "PAY#01 payment.closed.payment_unfilled",
        "ORDER order.closing.payment_unfilled.payment_open",
    ]
    return change
