"""Money on its way back, under a number that never changes, until the provider says how it ended."""

from shared.changes import Change
from shared.payment.refunds import retry_refund
from tests.builders import OPERATOR, ORDER_ID, T0, Trade, a_request, a_split_order, an_order_with_a_refund
from tests.memory import MemoryShop
from tests.storybook import effects, entries, moves, rows, story

R01 = f"{ORDER_ID}R01"
SENT = {"clearing:sandbox": -2_500, "refund R01": 2_500}
BACK = {"clearing:sandbox": 2_500, "refund R01": -2_500}


def a_submitted_refund() -> Trade:
    trade = an_order_with_a_refund()
    trade.refund_says("pending")
    return trade


def a_refused_refund() -> Trade:
    trade = an_order_with_a_refund()
    trade.refund_says("failed")
    return trade


def a_sent_refund() -> Trade:
    trade = an_order_with_a_refund()
    trade.refund_says("succeeded")
    return trade


def retry(trade: Trade) -> Change:
    request = a_request("retry-1", OPERATOR)
    outcome = retry_refund(
        MemoryShop(trade.world), ORDER_ID, R01, caller=OPERATOR, now=trade.now, request=request
    )
    return outcome.change


def only_the_refund_moved(change: Change) -> None:
    """No other row takes a step; what is asked back of the payment is the world's business."""
    assert [row.split(" ")[0] for row in rows(change)] == ["REFUND#01"]
    assert moves(change) == {}
    assert change.order.refund_reserved_minor == 2_500  # Promised, whatever the provider says of it.


@story(
    "refund.start.refund_requested",
    to="requested",
    only="buyer merchant warehouse provider clock system support operator",
    then="submit_refund",
    clock=300,
)
def a_refund_exists_with_its_number_before_the_provider_hears_of_it() -> Change:
    trade = a_split_order()

    change = trade.cancel({2: 1})

    refund = trade.row("REFUND#01")
    assert (refund.refund_id, refund.provider_refund_id, refund.amount_minor) == (R01, R01, 2_500)
    assert (refund.transaction_id, refund.reason) == ("tx_1", "changed_mind")
    assert refund.parts == ((1, 2_500, 0, 0),)
    assert (refund.due_at, change.about) == (T0 + 400, "REFUND#01")
    assert entries(change) == {"escrow 01": 2_500, "refund R01": -2_500}
    assert effects(change) == ["REFUND#01 submit_refund"]
    return change


@story("refund.requested.refund_accepted", to="submitted", only="provider", clock=86_400)
def the_provider_takes_a_refund_on() -> Change:
    trade = an_order_with_a_refund()

    change = trade.refund_says("pending")

    only_the_refund_moved(change)
    refund = trade.row("REFUND#01")
    assert (entries(change), refund.finished_at) == ({}, None)
    assert (refund.submitted_at, refund.ask_at) == (T0 + 100, T0 + 100 + 600)  # We ask after ten minutes.
    return change


@story("refund.requested.refund_succeeded", to="succeeded", only="provider")
def the_provider_sends_the_money_at_once() -> Change:
    trade = an_order_with_a_refund().after(5)

    change = trade.refund_says("succeeded")

    only_the_refund_moved(change)
    assert entries(change) == SENT
    assert trade.row("REFUND#01").finished_at == T0 + 105
    return change


@story("refund.submitted.refund_succeeded", to="succeeded", only="provider")
def a_pending_refund_succeeds() -> Change:
    trade = a_submitted_refund()

    change = trade.refund_says("succeeded")

    only_the_refund_moved(change)
    assert entries(change) == SENT
    assert (trade.row("REFUND#01").due_at, trade.row("REFUND#01").ask_at) == (None, None)
    return change


@story("refund.needs_action.refund_succeeded", to="succeeded", only="provider")
def a_refused_refund_is_repaired_at_the_provider() -> Change:
    trade = a_refused_refund()

    change = trade.refund_says("succeeded")

    only_the_refund_moved(change)
    assert entries(change) == SENT
    return change


@story("refund.requested.refund_failed", to="needs_action", only="provider", clock=86_400)
def the_provider_refuses_for_good_and_people_are_called() -> Change:
    trade = an_order_with_a_refund()

    change = trade.refund_says("failed")

    only_the_refund_moved(change)
    assert entries(change) == {}  # It was never sent: we owe it as before.
    assert trade.row("REFUND#01").due_at == T0 + 100 + 86_400
    return change


@story("refund.submitted.refund_failed", to="needs_action", only="provider", clock=86_400)
def a_pending_refund_fails() -> Change:
    trade = a_submitted_refund()

    change = trade.refund_says("failed")

    only_the_refund_moved(change)
    assert entries(change) == {}
    return change


@story("refund.succeeded.refund_failed", to="needs_action", only="provider", clock=86_400)
def the_payers_bank_sends_the_money_back_and_we_owe_it_again() -> Change:
    trade = a_sent_refund()

    change = trade.refund_says("failed")

    only_the_refund_moved(change)
    assert entries(change) == BACK
    assert (change.voucher.kind, trade.row("REFUND#01").finished_at) == ("refund_bounced", None)
    return change


@story("refund.succeeded.refund_failed.not_owed", to="failed", only="provider")
def what_was_sent_by_hand_beyond_all_that_was_paid_comes_back_and_nobody_is_owed_it() -> Change:
    trade = an_order_with_a_refund()
    trade.refund_says("succeeded")
    trade.hear_refund(trade.found_refund(14_600))
    trade.hear_refund(trade.found_refund(700, "by_hand_2"))

    change = trade.refund_says("failed", 3)

    assert rows(change) == ["REFUND#03 refund.succeeded.refund_failed.not_owed"]
    assert entries(change) == {"clearing:sandbox": 700, "claim ": -700}
    assert (trade.row("REFUND#03").due_at, change.order.refund_reserved_minor) == (None, 17_100)
    assert (trade.row("PAY#01").refund_reserved_minor, trade.world.held("clearing:sandbox")) == (17_100, 0)
    return change


@story("refund.requested.refund_overdue", to="requested", only="clock", then="submit_refund", clock=300)
def no_answer_is_not_a_no_so_we_ask_again_under_the_same_number() -> Change:
    trade = an_order_with_a_refund()

    trade.ring("REFUND#01")
    change = trade.ring("REFUND#01")

    only_the_refund_moved(change)
    assert trade.row("REFUND#01").provider_refund_id == R01
    assert trade.row("REFUND#01").due_at == T0 + 100 + 900
    return change


@story("refund.submitted.refund_overdue", to="submitted", only="clock", then="submit_refund", clock=86_400)
def a_refund_that_stays_pending_is_asked_about_again() -> Change:
    trade = a_submitted_refund()

    change = trade.ring("REFUND#01")

    only_the_refund_moved(change)
    assert (trade.row("REFUND#01").provider_refund_id, entries(change)) == (R01, {})
    return change


@story("refund.needs_action.refund_retried", to="requested", only="operator", then="submit_refund", clock=300)
def an_operator_tries_again_under_a_new_number() -> Change:
    trade = a_refused_refund().after(3600)

    change = retry(trade)

    only_the_refund_moved(change)
    refund = trade.row("REFUND#01")
    assert (refund.refund_id, refund.round, refund.provider_refund_id) == (R01, 2, f"{R01}x2")
    assert refund.due_at == T0 + 100 + 3600 + 300
    return change


@story("refund.needs_action.attention_overdue", to="needs_action", only="clock", clock=86_400)
def people_are_called_again_every_day() -> Change:
    trade = a_refused_refund()

    change = trade.ring("REFUND#01")

    only_the_refund_moved(change)
    assert (effects(change), entries(change)) == ([], {})
    assert trade.row("REFUND#01").due_at == T0 + 100 + 2 * 86_400
    return change
