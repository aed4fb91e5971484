"""How else a refund may end, or begin: found at the provider, taken back, covered by a bank, paid by our own."""

from shared.changes import Change
from shared.money import Money
from shared.payment.refunds import pay_otherwise
from tests.builders import OPERATOR, ORDER_ID, T0, Trade, a_request, a_split_order, an_order_with_a_refund
from tests.memory import MemoryShop
from tests.storybook import effects, entries, moves, rows, story

R01 = f"{ORDER_ID}R01"


def a_favour() -> Trade:
    """10.00 are given back for no goods, out of both parts: 3.68 and 6.32."""
    trade = a_split_order()
    trade.give(1_000)
    return trade


def a_refused_refund() -> Trade:
    trade = an_order_with_a_refund()
    trade.refund_says("failed")
    return trade


def the_promise_is_taken_back(trade: Trade, change: Change) -> None:
    assert rows(change)[0].split(" ")[0] == "REFUND#01"
    assert len(rows(change)) == 1
    assert entries(change) == {"refund R01": 1_000, "escrow 01": -368, "escrow 02": -632}
    assert (change.order.refund_reserved_minor, trade.row("PAY#01").refund_reserved_minor) == (0, 0)
    assert [s.given_back_minor for s in trade.whole.sub_orders] == [0, 0]
    assert trade.row("REFUND#01").failure == "unknown"


def kept_for_people(trade: Trade, change: Change, told: int) -> None:
    """The refund is owed as before; what went instead stands in quarantine, and counts against the payment."""
    assert entries(change) == {"quarantine ": told, "clearing:sandbox": -told}
    refund = trade.row("REFUND#01")
    assert (refund.failure, refund.ask_at, change.note["amount"]) == ("amount_refused", None, told)
    assert trade.world.held(f"refund:{R01}") == -2_500
    assert trade.row("PAY#01").refund_reserved_minor == told


def another_amount(trade: Trade, told: int) -> Change:
    return trade.hear_refund(trade.refund_notice("succeeded", money=Money(told, "CNY")))


@story("refund.start.refund_found", to="succeeded", only="provider")
def a_refund_that_was_made_at_the_provider_is_booked_and_cannot_be_given_again() -> Change:
    trade = a_split_order().after(50)

    change = trade.hear_refund(trade.found_refund(1_000, "by_hand_1"))

    assert rows(change) == ["REFUND#01 refund.start.refund_found"]
    assert entries(change) == {"escrow 01": 368, "escrow 02": 632, "clearing:sandbox": -1_000}
    assert (effects(change), moves(change)) == ([], {})
    refund = trade.row("REFUND#01")
    assert (refund.found, refund.reason, refund.finished_at) == ("by_hand_1", "made_at_provider", T0 + 150)
    assert change.once == ("sandbox#event#evt_2", "sandbox#refunded#by_hand_1")
    assert (change.order.refund_reserved_minor, trade.row("PAY#01").refund_reserved_minor) == (1_000, 1_000)
    return change


@story("refund.requested.refund_failed.not_owed", to="failed", only="provider")
def a_favour_that_the_provider_refuses_is_taken_back() -> Change:
    trade = a_favour()

    change = trade.refund_says("failed")

    the_promise_is_taken_back(trade, change)
    return change


@story("refund.submitted.refund_failed.not_owed", to="failed", only="provider")
def a_favour_that_the_provider_took_on_and_could_not_do_is_taken_back() -> Change:
    trade = a_favour()
    trade.refund_says("pending")

    change = trade.refund_says("failed")

    the_promise_is_taken_back(trade, change)
    return change


@story("refund.requested.refund_quarantined", to="needs_action", only="provider", clock=86_400)
def the_provider_sends_another_amount_than_it_was_asked_for() -> Change:
    trade = an_order_with_a_refund()

    change = another_amount(trade, 2_000)

    kept_for_people(trade, change, 2_000)
    return change


@story("refund.submitted.refund_quarantined", to="needs_action", only="provider", clock=86_400)
def the_provider_sends_more_than_it_had_taken_on() -> Change:
    trade = an_order_with_a_refund()
    trade.refund_says("pending")

    change = another_amount(trade, 2_600)

    kept_for_people(trade, change, 2_600)
    return change


@story("refund.needs_action.refund_quarantined", to="needs_action", only="provider")
def the_provider_sends_another_amount_after_it_had_refused() -> Change:
    trade = a_refused_refund().after(60)

    change = another_amount(trade, 2_000)

    kept_for_people(trade, change, 2_000)
    assert trade.row("REFUND#01").due_at == T0 + 100 + 86_400  # People are called when they would have been.
    return change


@story("refund.requested.dispute_lost", to="covered", only="provider")
def the_bank_took_what_we_had_promised_and_not_sent() -> Change:
    trade = an_order_with_a_refund()
    trade.hear_dispute(trade.dispute("withdrawn", 2_500))

    change = trade.hear_dispute(trade.dispute("lost", 2_500))

    assert rows(change) == [
        "DISPUTE#01 dispute.pending.dispute_lost",
        "REFUND#01 refund.requested.dispute_lost",
    ]
    assert entries(change) == {"refund R01": 2_500, "chargeback ": -2_500}
    assert (trade.row("REFUND#01").due_at, trade.row("PAY#01").refund_reserved_minor) == (None, 2_500)
    assert trade.row("DISPUTE#01").borne_minor == 0
    return change


@story("refund.needs_action.dispute_lost", to="covered", only="provider")
def the_bank_took_what_the_provider_had_refused_to_send_and_the_parts_bear_the_rest() -> Change:
    trade = a_refused_refund()
    trade.hear_dispute(trade.dispute("withdrawn"))

    change = trade.hear_dispute(trade.dispute("lost"))

    assert rows(change)[1] == "REFUND#01 refund.needs_action.dispute_lost"
    assert entries(change) == {
        "refund R01": 2_500,
        "escrow 01": 3_800,
        "escrow 02": 10_800,
        "chargeback ": -17_100,
    }
    assert (trade.row("DISPUTE#01").borne_minor, trade.row("REFUND#01").due_at) == (14_600, None)
    assert trade.row("PAY#01").refund_reserved_minor == 17_100
    return change


def gone_by_hand(trade: Trade, change: Change, row: str) -> None:
    """25.00 went by hand before; now nobody owes them a second time, and what others lost by that is theirs again."""
    assert rows(change) == [f"REFUND#01 {row}"]
    assert (trade.world.held(f"refund:{R01}"), trade.row("REFUND#01").due_at) == (0, None)
    assert (change.order.refund_reserved_minor, trade.row("PAY#01").refund_reserved_minor) == (2_500, 2_500)
    assert [s.kept_minor for s in trade.whole.sub_orders] == [3_800, 10_800]
    assert trade.world.held("clearing:sandbox") == 17_100 - 2_500


@story("refund.requested.refund_failed.already_back", to="covered", only="provider")
def the_provider_refuses_what_its_people_have_sent_by_hand_before() -> Change:
    trade = an_order_with_a_refund()
    trade.hear_refund(trade.found_refund(2_500))

    change = trade.refund_says("failed")

    gone_by_hand(trade, change, "refund.requested.refund_failed.already_back")
    return change


@story("refund.submitted.refund_failed.already_back", to="covered", only="provider")
def the_provider_fails_to_do_what_its_people_have_done_by_hand() -> Change:
    trade = an_order_with_a_refund()
    trade.refund_says("pending")
    trade.hear_refund(trade.found_refund(2_500))

    change = trade.refund_says("failed")

    gone_by_hand(trade, change, "refund.submitted.refund_failed.already_back")
    return change


@story("refund.requested.dispute_won", to="requested", only="provider", then="submit_refund")
def what_waited_for_the_verdict_is_asked_for_at_once() -> Change:
    trade = an_order_with_a_refund()
    trade.hear_dispute(trade.dispute("opened"))

    change = trade.hear_dispute(trade.dispute("won"))

    assert rows(change) == [
        "DISPUTE#01 dispute.pending.dispute_won",
        "REFUND#01 refund.requested.dispute_won",
    ]
    assert (effects(change), entries(change)) == (["REFUND#01 submit_refund"], {})
    assert trade.row("REFUND#01").due_at == T0 + 100 + 300
    return change


@story("refund.requested.refund_overdue.disputed", to="requested", only="clock", clock=86_400)
def while_a_bank_has_not_decided_nothing_is_asked_for() -> Change:
    trade = an_order_with_a_refund()
    trade.hear_dispute(trade.dispute("opened"))

    change = trade.ring("REFUND#01")

    assert rows(change) == ["REFUND#01 refund.requested.refund_overdue.disputed"]
    assert (effects(change), entries(change)) == ([], {})
    return change


@story("refund.needs_action.refund_paid_otherwise", to="succeeded", only="operator")
def an_operator_pays_by_bank_what_the_provider_could_not() -> Change:
    trade = a_refused_refund().after(3600)

    change = pay_otherwise(
        MemoryShop(trade.world),
        ORDER_ID,
        R01,
        transfer="TT-2027-1",
        caller=OPERATOR,
        now=trade.now,
        request=a_request("payout-1", OPERATOR),
    ).change

    assert rows(change) == ["REFUND#01 refund.needs_action.refund_paid_otherwise"]
    assert entries(change) == {"refund R01": 2_500, "bank": -2_500}
    refund = trade.row("REFUND#01")
    assert (refund.paid_otherwise, refund.finished_at) == ("TT-2027-1", T0 + 100 + 3600)
    assert (effects(change), trade.row("PAY#01").refund_reserved_minor) == ([], 0)
    assert change.note == {"transfer": "TT-2027-1", "amount": 2_500, "currency": "CNY"}
    return change
