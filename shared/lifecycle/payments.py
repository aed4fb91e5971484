"""Money: a try to pay, its way back, what the payer's bank takes, what the merchant is owed."""

from shared.lifecycle.rows import LOOK_AGAIN, SWEPT, WHOEVER, A, Deadline, E, F, Rule, by, machine
from shared.lifecycle.vocabulary import START, DisputeState, Fact, PaymentState, RefundState, SettlementState

# fmt: off
P = PaymentState
PAYMENT = machine("payment", PaymentState,
    rules=(
        Rule(START,       E.PAYMENT_STARTED,     P.OPEN,      by(A.BUYER)),
        Rule(P.OPEN,      E.PAYMENT_PREPARED,    P.OPEN,      by(A.PROVIDER)),
        Rule(P.OPEN,      E.PAYMENT_SUCCEEDED,   P.SUCCEEDED, by(A.PROVIDER)),
        Rule(P.FAILED,    E.PAYMENT_SUCCEEDED,   P.SUCCEEDED, by(A.PROVIDER)),
        Rule(P.CLOSED,    E.PAYMENT_SUCCEEDED,   P.SUCCEEDED, by(A.PROVIDER)),
        Rule(P.OPEN,      E.PAYMENT_FAILED,      P.FAILED,    by(A.PROVIDER)),
        Rule(P.OPEN,      E.PAYMENT_CLOSED,      P.CLOSED,    by(A.PROVIDER)),
        Rule(P.FAILED,    E.PAYMENT_CLOSED,      P.CLOSED,    by(A.PROVIDER)),
        Rule(P.OPEN,      E.PAYMENT_UNFILLED,    P.CLOSED,    by(A.PROVIDER)),
        Rule(P.FAILED,    E.PAYMENT_UNFILLED,    P.CLOSED,    by(A.PROVIDER)),
        Rule(P.CLOSED,    E.PAYMENT_UNFILLED,    P.CLOSED,    by(A.PROVIDER)),
        # Captured in part: held for the order, until there is enough to pay it, or the page is closed.
        Rule(P.OPEN,      E.PAYMENT_PART_CAPTURED, P.OPEN,    by(A.PROVIDER)),
        Rule(P.FAILED,    E.PAYMENT_PART_CAPTURED, P.FAILED,  by(A.PROVIDER)),
        Rule(P.OPEN,      E.PAYMENT_REVERSED,    P.OPEN,      by(A.PROVIDER)),
        Rule(P.FAILED,    E.PAYMENT_REVERSED,    P.FAILED,    by(A.PROVIDER)),
        Rule(P.CLOSED,    E.PAYMENT_REVERSED,    P.CLOSED,    by(A.PROVIDER)),
        # Money we hold without a claim never pays an order: it is booked, and goes back by a refund of its own.
        Rule(P.OPEN,      E.PAYMENT_UNCLAIMED,   P.OPEN,      by(A.PROVIDER)),
        Rule(P.FAILED,    E.PAYMENT_UNCLAIMED,   P.FAILED,    by(A.PROVIDER)),
        Rule(P.CLOSED,    E.PAYMENT_UNCLAIMED,   P.CLOSED,    by(A.PROVIDER)),
        Rule(P.SUCCEEDED, E.PAYMENT_UNCLAIMED,   P.SUCCEEDED, by(A.PROVIDER)),
        # Another currency or another account: booked, and kept for people.
        Rule(P.OPEN,      E.PAYMENT_QUARANTINED, P.OPEN,      by(A.PROVIDER)),
        Rule(P.FAILED,    E.PAYMENT_QUARANTINED, P.FAILED,    by(A.PROVIDER)),
        Rule(P.CLOSED,    E.PAYMENT_QUARANTINED, P.CLOSED,    by(A.PROVIDER)),
        Rule(P.SUCCEEDED, E.PAYMENT_QUARANTINED, P.SUCCEEDED, by(A.PROVIDER)),
        Rule(P.SUCCEEDED, E.FRAUD_WARNED,        P.SUCCEEDED, by(A.PROVIDER)),
    ),
)

R = RefundState
REFUND = machine("refund", RefundState,
    rules=(
        Rule(START,          E.REFUND_REQUESTED,   R.REQUESTED,    by(A.PROVIDER, *WHOEVER), (F.SUBMIT_REFUND,)),
        Rule(START,          E.REFUND_FOUND,       R.SUCCEEDED,    by(A.PROVIDER)),
        Rule(R.REQUESTED,    E.REFUND_ACCEPTED,    R.SUBMITTED,    by(A.PROVIDER)),
        Rule(R.REQUESTED,    E.REFUND_SUCCEEDED,   R.SUCCEEDED,    by(A.PROVIDER)),
        Rule(R.SUBMITTED,    E.REFUND_SUCCEEDED,   R.SUCCEEDED,    by(A.PROVIDER)),
        Rule(R.NEEDS_ACTION, E.REFUND_SUCCEEDED,   R.SUCCEEDED,    by(A.PROVIDER)),
        # What could not be given and was not owed stays where it was; what is owed waits for people.
        Rule(R.REQUESTED,    E.REFUND_FAILED,      R.FAILED,       by(A.PROVIDER), when=Fact.NOT_OWED),
        Rule(R.REQUESTED,    E.REFUND_FAILED,      R.COVERED,      by(A.PROVIDER), when=Fact.ALREADY_BACK),
        Rule(R.REQUESTED,    E.REFUND_FAILED,      R.NEEDS_ACTION, by(A.PROVIDER)),
        Rule(R.SUBMITTED,    E.REFUND_FAILED,      R.FAILED,       by(A.PROVIDER), when=Fact.NOT_OWED),
        Rule(R.SUBMITTED,    E.REFUND_FAILED,      R.COVERED,      by(A.PROVIDER), when=Fact.ALREADY_BACK),
        Rule(R.SUBMITTED,    E.REFUND_FAILED,      R.NEEDS_ACTION, by(A.PROVIDER)),
        # The payer's bank sent it back: owed again, unless the provider's people had sent it and nobody ever owed it.
        Rule(R.SUCCEEDED,    E.REFUND_FAILED,      R.FAILED,       by(A.PROVIDER), when=Fact.NOT_OWED),
        Rule(R.SUCCEEDED,    E.REFUND_FAILED,      R.NEEDS_ACTION, by(A.PROVIDER)),
        Rule(R.REQUESTED,    E.REFUND_QUARANTINED, R.NEEDS_ACTION, by(A.PROVIDER)),
        Rule(R.SUBMITTED,    E.REFUND_QUARANTINED, R.NEEDS_ACTION, by(A.PROVIDER)),
        Rule(R.NEEDS_ACTION, E.REFUND_QUARANTINED, R.NEEDS_ACTION, by(A.PROVIDER)),
        # The payer's bank took the money itself: it must not be given twice.
        Rule(R.REQUESTED,    E.DISPUTE_LOST,       R.COVERED,      by(A.PROVIDER)),
        Rule(R.NEEDS_ACTION, E.DISPUTE_LOST,       R.COVERED,      by(A.PROVIDER)),
        # It was waiting for the verdict, and goes on at once.
        Rule(R.REQUESTED,    E.DISPUTE_WON,        R.REQUESTED,    by(A.PROVIDER), (F.SUBMIT_REFUND,)),
        # No answer is not a no: ask again, under the same number. While a dispute is open, nothing is asked.
        Rule(R.REQUESTED,    E.REFUND_OVERDUE,     R.REQUESTED,    by(A.CLOCK),    when=Fact.DISPUTED, wait=LOOK_AGAIN),
        Rule(R.REQUESTED,    E.REFUND_OVERDUE,     R.REQUESTED,    by(A.CLOCK),    (F.SUBMIT_REFUND,)),
        Rule(R.SUBMITTED,    E.REFUND_OVERDUE,     R.SUBMITTED,    by(A.CLOCK),    (F.SUBMIT_REFUND,)),
        Rule(R.NEEDS_ACTION, E.REFUND_RETRIED,     R.REQUESTED,    by(A.OPERATOR), (F.SUBMIT_REFUND,)),
        Rule(R.NEEDS_ACTION, E.REFUND_PAID_OTHERWISE, R.SUCCEEDED, by(A.OPERATOR)),
        Rule(R.NEEDS_ACTION, E.ATTENTION_OVERDUE,  R.NEEDS_ACTION, by(A.CLOCK)),
    ),
    deadlines=(
        Deadline(R.REQUESTED,    "refund_retry_seconds",     E.REFUND_OVERDUE),
        Deadline(R.SUBMITTED,    "refund_answer_seconds",    E.REFUND_OVERDUE),
        Deadline(R.NEEDS_ACTION, "refund_attention_seconds", E.ATTENTION_OVERDUE, SWEPT),
    ),
)

D = DisputeState
DISPUTE = machine("dispute", DisputeState,
    rules=(
        Rule(START,     E.DISPUTE_OPENED,     D.PENDING, by(A.PROVIDER)),
        Rule(D.PENDING, E.DISPUTE_WITHDRAWN,  D.PENDING, by(A.PROVIDER)),
        Rule(D.PENDING, E.DISPUTE_REINSTATED, D.PENDING, by(A.PROVIDER)),
        Rule(D.PENDING, E.DISPUTE_WON,        D.WON,     by(A.PROVIDER)),
        Rule(D.PENDING, E.DISPUTE_LOST,       D.LOST,    by(A.PROVIDER)),
        Rule(D.PENDING, E.ATTENTION_OVERDUE,  D.PENDING, by(A.CLOCK)),  # A verdict may get lost: people look.
        # The money may move after the verdict.
        Rule(D.WON,     E.DISPUTE_WITHDRAWN,  D.WON,     by(A.PROVIDER)),
        Rule(D.WON,     E.DISPUTE_REINSTATED, D.WON,     by(A.PROVIDER)),
        Rule(D.LOST,    E.DISPUTE_WITHDRAWN,  D.LOST,    by(A.PROVIDER)),
        Rule(D.LOST,    E.DISPUTE_REINSTATED, D.LOST,    by(A.PROVIDER)),
    ),
    deadlines=(
        Deadline(D.PENDING, "dispute_attention_seconds", E.ATTENTION_OVERDUE, SWEPT),
    ),
)

W = SettlementState
SETTLEMENT = machine("settlement", SettlementState,
    rules=(
        Rule(START,     E.SETTLEMENT_OPENED, W.WAITING, by(*WHOEVER)),
        Rule(W.WAITING, E.SETTLEMENT_DUE,    W.WAITING, by(A.CLOCK), when=Fact.DISPUTED, wait=LOOK_AGAIN),
        Rule(W.WAITING, E.SETTLEMENT_DUE,    W.WAITING, by(A.CLOCK), when=Fact.CASE_OPEN, wait=LOOK_AGAIN),
        Rule(W.WAITING, E.SETTLEMENT_DUE,    W.SETTLED, by(A.CLOCK)),
    ),
    deadlines=(
        Deadline(W.WAITING, "settlement_delay_seconds", E.SETTLEMENT_DUE, SWEPT),
    ),
)
# fmt: on
