"""What may happen to an order, and to everything that belongs to it: nine tables.

A row says: in this state, on this event, go there; who may do it; and then which effects follow.
Everything that must agree about states comes from these rows: the run-time guard and the write
condition (``shared.engine``), the Step Functions machine and its schedules (``infra/lifecycle.py``),
the allowed actions of every answer, the diagrams in ``docs/lifecycle.md`` and the property tests.
To change a rule, change its row; then write its story and balance it (tests/test_stories.py and
tests/test_conservation.py, which state the same independently).

One accepted event may step several rows at once, in one transaction: a payment steps the attempt, the
order and each sub-order. Every such step is a row of a table.

    order        the payment group: what is paid or cancelled together
    sub_order    one merchant's part: ships, is received and is settled on its own
    payment      one try to pay, through one provider; many tries, one winner
    refund       money on its way back
    dispute      money that the payer's bank takes back, or threatens to (chargeback)
    parcel       goods of one sub-order that leave one warehouse together
    settlement   what the merchant is owed for one sub-order
    after_sale   what a buyer asks for after shipment: money, a return, an exchange, a repair (售后单)
    transfer     stock that moves in chunks, because one transaction cannot hold a very long order
"""

from enum import StrEnum, auto
from typing import NamedTuple

START = "start"  # Where every row begins: it does not exist yet.


class OrderState(StrEnum):
    PLACING = auto()  # A very long order: its goods are being held, chunk by chunk.
    PENDING_PAYMENT = auto()
    CLOSING = auto()  # Providers are being asked to close what may still be paid.
    PAID = auto()
    CANCELLED = auto()


class SubOrderState(StrEnum):
    AWAITING_PAYMENT = auto()
    UNDER_REVIEW = auto()  # Paid; people look at it before anything is sent.
    ESCALATED = auto()  # Nobody decided in time: an operator must.
    AWAITING_SHIPMENT = auto()
    INTERCEPTING = auto()  # A warehouse is being asked to stop (拦截); it may say that it is too late.
    AWAITING_RECEIPT = auto()
    DELIVERED = auto()  # The carriers say that all of it has arrived; the buyer has not said so.
    COMPLETED = auto()
    CANCELLED = auto()
    CLOSED = auto()  # It left, and all of it came back.
    SEPARATED = auto()  # Unpaid, and moved to an order of its own.


class PaymentState(StrEnum):
    OPEN = auto()
    SUCCEEDED = auto()
    FAILED = auto()  # The provider refused this try; it may still be repaired there, so it is closed too.
    CLOSED = auto()


class RefundState(StrEnum):
    REQUESTED = auto()
    SUBMITTED = auto()
    SUCCEEDED = auto()
    NEEDS_ACTION = auto()  # The provider refused for good, and the buyer is still owed it: people decide.
    FAILED = auto()  # It was not owed, and it could not be given, or came back: nothing is promised.
    COVERED = auto()  # The payer has this money back another way: by the bank, or by the provider's people.


class DisputeState(StrEnum):
    PENDING = auto()  # The bank has not decided yet.
    WON = auto()
    LOST = auto()


class ParcelState(StrEnum):
    AWAITING_SHIPMENT = auto()  # On its merchant's own list.
    PUSHING = auto()  # On its way to a warehouse's system, which has not said yet that it has it.
    AT_WAREHOUSE = auto()
    INTERCEPTING = auto()
    IN_TRANSIT = auto()
    TROUBLED = auto()  # Damaged, held, lost, ... says the carrier: people look.
    DELIVERED = auto()
    RETURNING = auto()  # Refused, or sent back for another reason.
    RETURNED = auto()  # Back at its sender, says the carrier; the goods are not counted yet.
    RECEIVED = auto()
    CAME_BACK = auto()  # Counted, and what the buyer paid for it is on its way back.
    INCOMPLETE = auto()  # Counted, and some of it was missing: people look for that.
    WRITTEN_OFF = auto()  # What was left of it is lost, say people: refunded, and nobody's goods any more.
    CANCELLED = auto()


class SettlementState(StrEnum):
    WAITING = auto()
    SETTLED = auto()


class TransferState(StrEnum):
    WAITING = auto()
    DONE = auto()
    DROPPED = auto()  # What it had not moved yet shall not be moved any more.


class CaseState(StrEnum):
    REQUESTED = auto()  # The merchant decides; silence approves.
    REFUSED = (
        auto()
    )  # With a reason and alternatives: the buyer accepts one, calls the platform, or lets it be.
    AWAITING_RETURN = auto()  # Approved: the buyer sends the goods back.
    RETURNING = auto()
    INSPECTING = auto()  # They are there, and not judged yet.
    ASSESSED = auto()  # Judged to be worth less: the buyer agrees, or calls the platform; silence agrees.
    DISPUTED = auto()  # The platform decides.
    REPLACING = auto()  # Other goods, or the repaired ones, are on their way: a sub-order of their own.
    COMPLETED = auto()
    CLOSED = auto()  # Withdrawn, refused for good, or not followed up.


class Event(StrEnum):
    ORDER_RECEIVED = auto()  # A very long order, whose goods must still be held.
    ORDER_PLACED = auto()
    GOODS_SHORT = auto()
    PLACING_TIMED_OUT = auto()
    TRANSFER_PLANNED = auto()
    STOCK_MOVED = auto()
    TRANSFER_DROPPED = auto()
    TRANSFER_OVERDUE = auto()
    PAYMENT_STARTED = auto()
    PAYMENT_PREPARED = auto()  # The provider has numbered it, before anybody paid.
    PAYMENT_PART_CAPTURED = auto()  # Some of it has come; more may.
    PAYMENT_REVERSED = auto()  # What had come in part went back, without a refund.
    FRAUD_WARNED = auto()  # The card's issuer suspects fraud; nobody has disputed anything yet.
    PAYMENT_SUCCEEDED = auto()
    PAYMENT_FAILED = auto()
    PAYMENT_CLOSED = auto()
    PAYMENT_UNCLAIMED = auto()  # Money without a claim: late, doubled or of the wrong amount.
    PAYMENT_QUARANTINED = auto()  # Money that is not ours to judge: wrong currency or account.
    PAYMENT_UNFILLED = auto()  # Paid, and the goods that are taken at payment were gone.
    PAYMENT_TIMED_OUT = auto()
    PAYMENTS_CLOSED = auto()
    CLOSING_TIMED_OUT = auto()
    CANCEL_REQUESTED = auto()
    ORDER_CANCELLED = auto()
    REVIEW_APPROVED = auto()
    REVIEW_REJECTED = auto()
    REVIEW_OVERDUE = auto()
    REVIEW_TIMED_OUT = auto()
    GOODS_ALLOCATED = auto()
    GOODS_CANCELLED = auto()
    SPLIT_REFUSED = auto()  # Something of it cannot be sent as it is: people decide.
    PARCEL_PLANNED = auto()
    PARCEL_PROGRESSED = auto()  # Accepted, being picked, packed.
    PUSH_REFUSED = auto()
    PUSH_OVERDUE = auto()
    WAREHOUSE_SILENT = auto()  # It has the parcel, and has not said for long that it sent it: it is asked.
    PARCEL_RECALLED = auto()  # Its warehouse will not send it, people found: its merchant shall.
    PARCELS_SHIPPED = auto()
    SHIPMENT_OVERDUE = auto()
    GOODS_MISSING = auto()  # The warehouse did not find them (short pick): they are cancelled.
    INTERCEPT_REQUESTED = auto()
    INTERCEPT_ACCEPTED = auto()
    INTERCEPT_REJECTED = auto()
    INTERCEPT_OVERDUE = auto()
    DELIVERY_CLAIMED = auto()  # By a message that anybody could have written: the carrier is asked itself.
    PARCEL_DELIVERED = auto()
    PARCEL_TROUBLED = auto()
    PARCEL_MOVED = auto()  # It goes on, after trouble.
    PARCEL_RETURNING = auto()
    PARCEL_RETURNED = auto()
    PARCEL_SILENT = auto()
    RETURN_RECEIVED = auto()
    PARCEL_LOST = auto()  # For good, people found: whoever sent it bears that, and not the buyer.
    RECEIPT_CONFIRMED = auto()
    RECEIPT_EXTENDED = auto()
    RECEIPT_TIMED_OUT = auto()
    SUB_ORDERS_SEPARATED = auto()
    REFUND_REQUESTED = auto()
    REFUND_ACCEPTED = auto()
    REFUND_SUCCEEDED = auto()
    REFUND_FAILED = auto()
    REFUND_OVERDUE = auto()
    REFUND_RETRIED = auto()
    REFUND_FOUND = auto()  # Made at the provider by hand: booked, and not to be given twice.
    REFUND_QUARANTINED = auto()  # Done, says the provider, with an amount that we did not ask for.
    REFUND_PAID_OTHERWISE = auto()
    DISPUTE_OPENED = auto()
    DISPUTE_WITHDRAWN = auto()
    DISPUTE_REINSTATED = auto()
    DISPUTE_WON = auto()
    DISPUTE_LOST = auto()
    ATTENTION_OVERDUE = auto()
    ADDRESS_CORRECTED = auto()  # While nothing has been handed to anybody.
    SETTLEMENT_OPENED = auto()
    SETTLEMENT_DUE = auto()
    CASE_REQUESTED = auto()
    CASE_APPROVED = auto()
    CASE_UNANSWERED = auto()  # The merchant did not decide: that is a yes.
    CASE_REFUSED = auto()
    CASE_WITHDRAWN = auto()
    CASE_ESCALATED = auto()  # One side calls the platform.
    CASE_EXPIRED = auto()  # The buyer did not go on with it.
    CASE_RULED = auto()
    CASE_REFUNDED = auto()  # What a case does to its sub-order: units or money of it went back.
    ALTERNATIVE_ACCEPTED = auto()
    RETURN_SENT = auto()
    GOODS_ARRIVED = auto()
    GOODS_INSPECTED = auto()
    INSPECTION_OVERDUE = auto()
    ASSESSMENT_ACCEPTED = auto()
    ASSESSMENT_UNANSWERED = auto()
    RULING_OVERDUE = auto()
    ADVANCE_PAID = auto()  # The platform pays the buyer at once, and sees to its money itself (先行赔付).
    COMPENSATION_GIVEN = auto()
    REPLACEMENT_ORDERED = auto()  # A sub-order at no price, linked to the one it makes good.
    REPLACEMENT_RECEIVED = auto()
    REPLACEMENT_FAILED = auto()  # It could not be sent, or came back: the money goes back instead.


class Actor(StrEnum):
    BUYER = auto()
    MERCHANT = auto()
    WAREHOUSE = auto()
    SUPPORT = auto()
    OPERATOR = auto()
    PROVIDER = auto()  # A payment provider: its signed webhook, or its answer to our question.
    CARRIER = auto()  # Whoever tells where parcels are: its webhook, or its answer to our question.
    CLOCK = auto()  # A deadline that is due, whoever noticed it: a schedule or the sweeper.
    SYSTEM = auto()  # Our own effects.


class Effect(StrEnum):
    CLOSE_PAYMENTS = auto()
    SPLIT_ORDER = auto()
    SUBMIT_REFUND = auto()
    MOVE_STOCK = auto()
    PUSH_PARCEL = auto()  # Give it to its warehouse's system, or ask that how it stands.
    ASK_WAREHOUSE = auto()  # How does it stand, and what of it has left?
    INTERCEPT_PARCEL = auto()
    FOLLOW_PARCEL = auto()  # Have its carrier tell us where it is.
    ASK_CARRIER = auto()
    EXPECT_RETURN = auto()  # Tell the warehouse's system what comes back.
    JUDGE_CASE = auto()  # What the policy, or a simple pattern, decides without people.


class Fact(StrEnum):
    """What else is true of the order, where state and event alone do not decide."""

    PAYMENT_OPEN = auto()  # A try to pay, other than the one at hand, may still succeed at its provider.
    NOTHING_LEFT = auto()  # Every unit of it is cancelled.
    EVERYTHING_SHIPPED = auto()  # Whatever is not cancelled is on its way.
    REVIEW_NEEDED = auto()  # People must look at it first: presale, made to order, large, risky, ...
    DEFAULT_APPROVES = auto()  # By its policy, a review that nobody decides ends well.
    EVERYTHING_MOVED = auto()  # No chunk of the transfer is left.
    DISPUTED = auto()  # A dispute is open at the provider: what it may concern waits for its end.
    NOT_OWED = auto()  # A refund that nobody had a right to: it can be taken back.
    ALREADY_BACK = auto()  # The payer has this money back another way.
    AT_WMS = auto()  # The parcel's warehouse has a system that parcels are pushed to.
    MORE_TO_COME = auto()  # Part of the parcel has left; the rest is still at the warehouse.
    LATE = auto()  # Its warehouse should have answered, or sent it, long ago: people look.
    UNITS_MISSING = auto()  # Less was in the parcel that came back than was sent.
    STILL_ASKING = auto()  # Another parcel of the sub-order is being intercepted.
    EVERYTHING_DELIVERED = auto()  # Whatever is not cancelled, or back, has arrived.
    CASE_OPEN = auto()  # An after-sale case of the sub-order is not over.
    GOODS_BACK = auto()  # The goods must come back before anything else.
    SENDS_GOODS = auto()  # Goods go out for it, and they are there.
    DEDUCTED = auto()  # The inspection takes something off.
    REJECTED = auto()  # Ruled against the buyer.


class Rule(NamedTuple):
    source: str
    event: Event
    target: str
    actors: frozenset[Actor]
    effects: tuple[Effect, ...] = ()
    when: Fact | None = None  # Rows are tried in order: one with a fact stands before the one without.
    machine: str = ""
    wait: str = ""  # The clock that this row starts runs so long, and not as long as its deadline says.

    @property
    def name(self) -> str:
        """The row's name on the bus, in the history and in the state machine."""
        fact = f".{self.when}" if self.when else ""
        return f"{self.machine}.{self.source}.{self.event}{fact}"


class Deadline(NamedTuple):
    state: str
    policy: str  # The number of seconds: a field of shared.settings.Policy.
    event: Event
    is_swept: bool = (
        False  # Rare, and no matter of seconds: found by the sweep, without a schedule that mostly is idle.
    )


class Machine(NamedTuple):
    name: str
    states: type[StrEnum]
    rules: tuple[Rule, ...]
    deadlines: tuple[Deadline, ...] = ()


def by(*actors: Actor) -> frozenset[Actor]:
    return frozenset(actors)


def machine(
    name: str, states: type[StrEnum], rules: tuple[Rule, ...], deadlines: tuple[Deadline, ...] = ()
) -> Machine:
    return Machine(name, states, tuple(rule._replace(machine=name) for rule in rules), deadlines)


E, A, F = Event, Actor, Effect
PAYMENT_OPEN, NOTHING_LEFT, EVERYTHING_SHIPPED = Fact.PAYMENT_OPEN, Fact.NOTHING_LEFT, Fact.EVERYTHING_SHIPPED
REVIEW_NEEDED, DEFAULT_APPROVES, EVERYTHING_MOVED = (
    Fact.REVIEW_NEEDED,
    Fact.DEFAULT_APPROVES,
    Fact.EVERYTHING_MOVED,
)
DISPUTED, NOT_OWED, ALREADY_BACK = Fact.DISPUTED, Fact.NOT_OWED, Fact.ALREADY_BACK
AT_WMS, MORE_TO_COME, STILL_ASKING = Fact.AT_WMS, Fact.MORE_TO_COME, Fact.STILL_ASKING
LATE, UNITS_MISSING = Fact.LATE, Fact.UNITS_MISSING
EVERYTHING_DELIVERED = Fact.EVERYTHING_DELIVERED
CASE_OPEN, GOODS_BACK, SENDS_GOODS = Fact.CASE_OPEN, Fact.GOODS_BACK, Fact.SENDS_GOODS
LOOK_AGAIN = "dispute_recheck_seconds"
SWEPT = True
PEOPLE = (A.SUPPORT, A.OPERATOR)
WHOEVER = (A.BUYER, A.MERCHANT, A.WAREHOUSE, A.CLOCK, A.SYSTEM, *PEOPLE)  # Whoever ends a case.
# fmt: off
O = OrderState  # noqa: E741
ORDER = machine("order", OrderState,
    rules=(
        #    in this state      on this event         go to              allowed to      and then                            when
        Rule(START,             E.ORDER_PLACED,       O.PENDING_PAYMENT, by(A.BUYER)),
        # A very long order: its goods are held in chunks, and given back when one cannot be had, or in time.
        Rule(START,             E.ORDER_RECEIVED,     O.PLACING,         by(A.BUYER)),
        Rule(O.PLACING,         E.ORDER_PLACED,       O.PENDING_PAYMENT, by(A.SYSTEM)),
        Rule(O.PLACING,         E.GOODS_SHORT,        O.CANCELLED,       by(A.SYSTEM)),
        Rule(O.PLACING,         E.CANCEL_REQUESTED,   O.CANCELLED,       by(A.BUYER)),
        Rule(O.PLACING,         E.PLACING_TIMED_OUT,  O.CANCELLED,       by(A.CLOCK)),
        Rule(O.PENDING_PAYMENT, E.PAYMENT_STARTED,    O.PENDING_PAYMENT, by(A.BUYER)),
        # While nobody was told it: the event says that it was corrected, and never what it is.
        Rule(O.PENDING_PAYMENT, E.ADDRESS_CORRECTED,  O.PENDING_PAYMENT, by(A.BUYER, *PEOPLE)),
        Rule(O.PAID,            E.ADDRESS_CORRECTED,  O.PAID,            by(A.BUYER, *PEOPLE)),
        # Some merchants' parts are to be paid, or cancelled, without the others: they become an order of their own.
        Rule(O.PENDING_PAYMENT, E.SUB_ORDERS_SEPARATED, O.PENDING_PAYMENT, by(A.BUYER)),
        Rule(START,             E.SUB_ORDERS_SEPARATED, O.PENDING_PAYMENT, by(A.BUYER)),
        Rule(O.PENDING_PAYMENT, E.PAYMENT_SUCCEEDED,  O.PAID,            by(A.PROVIDER), (F.SPLIT_ORDER, F.CLOSE_PAYMENTS),  PAYMENT_OPEN),
        Rule(O.PENDING_PAYMENT, E.PAYMENT_SUCCEEDED,  O.PAID,            by(A.PROVIDER), (F.SPLIT_ORDER,)),
        # The goods that are taken at payment were gone: what was paid goes back, whole.
        Rule(O.PENDING_PAYMENT, E.PAYMENT_UNFILLED,   O.CANCELLED,       by(A.PROVIDER), (F.CLOSE_PAYMENTS,),                PAYMENT_OPEN),
        Rule(O.PENDING_PAYMENT, E.PAYMENT_UNFILLED,   O.CANCELLED,       by(A.PROVIDER)),
        Rule(O.PENDING_PAYMENT, E.CANCEL_REQUESTED,   O.CLOSING,         by(A.BUYER),    (F.CLOSE_PAYMENTS,),                PAYMENT_OPEN),
        Rule(O.PENDING_PAYMENT, E.CANCEL_REQUESTED,   O.CANCELLED,       by(A.BUYER)),
        # Nothing is released before every provider has closed: what closes late may have been paid.
        Rule(O.PENDING_PAYMENT, E.PAYMENT_TIMED_OUT,  O.CLOSING,         by(A.CLOCK),    (F.CLOSE_PAYMENTS,),                PAYMENT_OPEN),
        Rule(O.PENDING_PAYMENT, E.PAYMENT_TIMED_OUT,  O.CANCELLED,       by(A.CLOCK)),
        Rule(O.CLOSING,         E.PAYMENT_SUCCEEDED,  O.PAID,            by(A.PROVIDER), (F.SPLIT_ORDER, F.CLOSE_PAYMENTS),  PAYMENT_OPEN),
        Rule(O.CLOSING,         E.PAYMENT_SUCCEEDED,  O.PAID,            by(A.PROVIDER), (F.SPLIT_ORDER,)),
        Rule(O.CLOSING,         E.PAYMENT_UNFILLED,   O.CANCELLED,       by(A.PROVIDER), (F.CLOSE_PAYMENTS,),                PAYMENT_OPEN),
        Rule(O.CLOSING,         E.PAYMENT_UNFILLED,   O.CANCELLED,       by(A.PROVIDER)),
        Rule(O.CLOSING,         E.PAYMENTS_CLOSED,    O.CANCELLED,       by(A.PROVIDER)),
        Rule(O.CLOSING,         E.CLOSING_TIMED_OUT,  O.CLOSING,         by(A.CLOCK),    (F.CLOSE_PAYMENTS,)),
    ),
    deadlines=(
        #        in this state      after this policy            this event happens
        Deadline(O.PLACING,         "placing_timeout_seconds",   E.PLACING_TIMED_OUT),
        Deadline(O.PENDING_PAYMENT, "payment_timeout_seconds",   E.PAYMENT_TIMED_OUT),
        Deadline(O.CLOSING,         "closing_retry_seconds",     E.CLOSING_TIMED_OUT),
    ),
)

S = SubOrderState
SUB_ORDER = machine("sub_order", SubOrderState,
    rules=(
        Rule(START,               E.ORDER_PLACED,      S.AWAITING_PAYMENT,  by(A.BUYER)),
        Rule(S.AWAITING_PAYMENT,  E.PAYMENT_SUCCEEDED, S.UNDER_REVIEW,      by(A.PROVIDER),          when=REVIEW_NEEDED),
        Rule(S.AWAITING_PAYMENT,  E.PAYMENT_SUCCEEDED, S.AWAITING_SHIPMENT, by(A.PROVIDER)),
        Rule(S.AWAITING_PAYMENT,  E.ORDER_CANCELLED,   S.CANCELLED,         by(A.BUYER, A.CLOCK, A.PROVIDER, A.SYSTEM)),
        Rule(S.UNDER_REVIEW,      E.REVIEW_APPROVED,   S.AWAITING_SHIPMENT, by(*PEOPLE),             (F.SPLIT_ORDER,)),
        Rule(S.UNDER_REVIEW,      E.REVIEW_REJECTED,   S.CANCELLED,         by(*PEOPLE)),
        Rule(S.UNDER_REVIEW,      E.REVIEW_OVERDUE,    S.ESCALATED,         by(A.CLOCK)),
        Rule(S.UNDER_REVIEW,      E.GOODS_CANCELLED,   S.CANCELLED,         by(A.BUYER, A.MERCHANT), when=NOTHING_LEFT),
        Rule(S.UNDER_REVIEW,      E.GOODS_CANCELLED,   S.UNDER_REVIEW,      by(A.BUYER, A.MERCHANT)),
        Rule(S.ESCALATED,         E.REVIEW_APPROVED,   S.AWAITING_SHIPMENT, by(A.OPERATOR),          (F.SPLIT_ORDER,)),
        Rule(S.ESCALATED,         E.REVIEW_REJECTED,   S.CANCELLED,         by(A.OPERATOR)),
        Rule(S.ESCALATED,         E.REVIEW_TIMED_OUT,  S.AWAITING_SHIPMENT, by(A.CLOCK),             (F.SPLIT_ORDER,), DEFAULT_APPROVES),
        Rule(S.ESCALATED,         E.REVIEW_TIMED_OUT,  S.CANCELLED,         by(A.CLOCK)),
        Rule(S.ESCALATED,         E.GOODS_CANCELLED,   S.CANCELLED,         by(A.BUYER, A.MERCHANT), when=NOTHING_LEFT),
        Rule(S.ESCALATED,         E.GOODS_CANCELLED,   S.ESCALATED,         by(A.BUYER, A.MERCHANT)),
        Rule(S.AWAITING_SHIPMENT, E.GOODS_ALLOCATED,   S.AWAITING_SHIPMENT, by(A.SYSTEM)),
        Rule(S.AWAITING_SHIPMENT, E.SPLIT_REFUSED,     S.UNDER_REVIEW,      by(A.SYSTEM)),
        Rule(S.AWAITING_SHIPMENT, E.PARCELS_SHIPPED,   S.AWAITING_RECEIPT,  by(A.MERCHANT, A.WAREHOUSE), when=EVERYTHING_SHIPPED),
        Rule(S.AWAITING_SHIPMENT, E.PARCELS_SHIPPED,   S.AWAITING_SHIPMENT, by(A.MERCHANT, A.WAREHOUSE)),
        # Nothing of these goods was pushed to a warehouse: whoever has not shipped can still stop.
        Rule(S.AWAITING_SHIPMENT, E.GOODS_CANCELLED,   S.CANCELLED,         by(A.BUYER, A.MERCHANT), when=NOTHING_LEFT),
        Rule(S.AWAITING_SHIPMENT, E.GOODS_CANCELLED,   S.DELIVERED,         by(A.BUYER, A.MERCHANT), when=EVERYTHING_DELIVERED),
        Rule(S.AWAITING_SHIPMENT, E.GOODS_CANCELLED,   S.AWAITING_RECEIPT,  by(A.BUYER, A.MERCHANT), when=EVERYTHING_SHIPPED),
        Rule(S.AWAITING_SHIPMENT, E.GOODS_CANCELLED,   S.AWAITING_SHIPMENT, by(A.BUYER, A.MERCHANT)),
        Rule(S.AWAITING_SHIPMENT, E.GOODS_MISSING,     S.CANCELLED,         by(A.WAREHOUSE),         when=NOTHING_LEFT),
        Rule(S.AWAITING_SHIPMENT, E.GOODS_MISSING,     S.DELIVERED,         by(A.WAREHOUSE),         when=EVERYTHING_DELIVERED),
        Rule(S.AWAITING_SHIPMENT, E.GOODS_MISSING,     S.AWAITING_RECEIPT,  by(A.WAREHOUSE),         when=EVERYTHING_SHIPPED),
        Rule(S.AWAITING_SHIPMENT, E.GOODS_MISSING,     S.AWAITING_SHIPMENT, by(A.WAREHOUSE)),
        # A promise is broken, not an order: merchant and buyer are told, and told again.
        Rule(S.AWAITING_SHIPMENT, E.SHIPMENT_OVERDUE,  S.AWAITING_SHIPMENT, by(A.CLOCK)),
        # What is at a warehouse is stopped by the warehouse. Its answer decides; while there is none, nothing is assumed.
        Rule(S.AWAITING_SHIPMENT, E.INTERCEPT_REQUESTED, S.INTERCEPTING,    by(A.BUYER, A.MERCHANT)),
        Rule(S.INTERCEPTING,      E.INTERCEPT_ACCEPTED, S.CANCELLED,        by(A.WAREHOUSE, *PEOPLE), when=NOTHING_LEFT),
        Rule(S.INTERCEPTING,      E.INTERCEPT_ACCEPTED, S.INTERCEPTING,     by(A.WAREHOUSE, *PEOPLE), when=STILL_ASKING),
        Rule(S.INTERCEPTING,      E.INTERCEPT_ACCEPTED, S.DELIVERED,        by(A.WAREHOUSE, *PEOPLE), when=EVERYTHING_DELIVERED),
        Rule(S.INTERCEPTING,      E.INTERCEPT_ACCEPTED, S.AWAITING_RECEIPT, by(A.WAREHOUSE, *PEOPLE), when=EVERYTHING_SHIPPED),
        Rule(S.INTERCEPTING,      E.INTERCEPT_ACCEPTED, S.AWAITING_SHIPMENT, by(A.WAREHOUSE, *PEOPLE)),
        Rule(S.INTERCEPTING,      E.INTERCEPT_REJECTED, S.INTERCEPTING,     by(A.WAREHOUSE),         when=STILL_ASKING),
        Rule(S.INTERCEPTING,      E.INTERCEPT_REJECTED, S.AWAITING_SHIPMENT, by(A.WAREHOUSE)),
        # It shipped although it was asked to stop: that is a no.
        Rule(S.INTERCEPTING,      E.PARCELS_SHIPPED,   S.INTERCEPTING,      by(A.WAREHOUSE),         when=STILL_ASKING),
        Rule(S.INTERCEPTING,      E.PARCELS_SHIPPED,   S.AWAITING_RECEIPT,  by(A.WAREHOUSE),         when=EVERYTHING_SHIPPED),
        Rule(S.INTERCEPTING,      E.PARCELS_SHIPPED,   S.AWAITING_SHIPMENT, by(A.WAREHOUSE)),
        Rule(S.INTERCEPTING,      E.GOODS_MISSING,     S.CANCELLED,         by(A.WAREHOUSE),         when=NOTHING_LEFT),
        Rule(S.INTERCEPTING,      E.GOODS_MISSING,     S.INTERCEPTING,      by(A.WAREHOUSE),         when=STILL_ASKING),
        Rule(S.INTERCEPTING,      E.GOODS_MISSING,     S.DELIVERED,         by(A.WAREHOUSE),         when=EVERYTHING_DELIVERED),
        Rule(S.INTERCEPTING,      E.GOODS_MISSING,     S.AWAITING_RECEIPT,  by(A.WAREHOUSE),         when=EVERYTHING_SHIPPED),
        Rule(S.INTERCEPTING,      E.GOODS_MISSING,     S.AWAITING_SHIPMENT, by(A.WAREHOUSE)),
        Rule(S.INTERCEPTING,      E.SHIPMENT_OVERDUE,  S.INTERCEPTING,      by(A.CLOCK)),
        Rule(S.AWAITING_RECEIPT,  E.RECEIPT_CONFIRMED, S.COMPLETED,         by(A.BUYER)),
        Rule(S.AWAITING_RECEIPT,  E.PARCEL_DELIVERED,  S.DELIVERED,         by(A.CARRIER, *PEOPLE),  when=EVERYTHING_DELIVERED),
        # The last of it came back, or all of it.
        Rule(S.AWAITING_RECEIPT,  E.RETURN_RECEIVED,   S.CLOSED,            by(A.MERCHANT, A.WAREHOUSE), when=NOTHING_LEFT),
        Rule(S.AWAITING_RECEIPT,  E.RETURN_RECEIVED,   S.DELIVERED,         by(A.MERCHANT, A.WAREHOUSE), when=EVERYTHING_DELIVERED),
        Rule(S.AWAITING_RECEIPT,  E.RETURN_RECEIVED,   S.AWAITING_RECEIPT,  by(A.MERCHANT, A.WAREHOUSE)),
        # What got lost is refunded; the last of it may have been, or all of it.
        Rule(S.AWAITING_RECEIPT,  E.PARCEL_LOST,       S.CLOSED,            by(*PEOPLE),             when=NOTHING_LEFT),
        Rule(S.AWAITING_RECEIPT,  E.PARCEL_LOST,       S.DELIVERED,         by(*PEOPLE),             when=EVERYTHING_DELIVERED),
        Rule(S.AWAITING_RECEIPT,  E.PARCEL_LOST,       S.AWAITING_RECEIPT,  by(*PEOPLE)),
        Rule(S.DELIVERED,         E.RECEIPT_CONFIRMED, S.COMPLETED,         by(A.BUYER)),
        Rule(S.DELIVERED,         E.RECEIPT_EXTENDED,  S.DELIVERED,         by(A.BUYER),             wait="receipt_extension_seconds"),
        # Trouble after delivery stops the clock again.
        Rule(S.DELIVERED,         E.PARCEL_TROUBLED,   S.AWAITING_RECEIPT,  by(A.CARRIER, *PEOPLE)),
        Rule(S.DELIVERED,         E.PARCEL_RETURNING,  S.AWAITING_RECEIPT,  by(A.CARRIER, *PEOPLE)),
        Rule(S.DELIVERED,         E.PARCEL_RETURNED,   S.AWAITING_RECEIPT,  by(A.CARRIER, *PEOPLE)),
        # Auto-confirm waits while a dispute is open.
        Rule(S.DELIVERED,         E.RECEIPT_TIMED_OUT, S.DELIVERED,         by(A.CLOCK),             when=DISPUTED, wait=LOOK_AGAIN),
        # Nor is anything taken for received while a case is open.
        Rule(S.DELIVERED,         E.RECEIPT_TIMED_OUT, S.DELIVERED,         by(A.CLOCK),             when=CASE_OPEN, wait=LOOK_AGAIN),
        Rule(S.DELIVERED,         E.RECEIPT_TIMED_OUT, S.COMPLETED,         by(A.CLOCK)),
        # What a case gives back, wholly or in part; the last unit of it closes it.
        Rule(S.AWAITING_RECEIPT,  E.CASE_REFUNDED,     S.CLOSED,            by(*WHOEVER),            when=NOTHING_LEFT),
        Rule(S.AWAITING_RECEIPT,  E.CASE_REFUNDED,     S.DELIVERED,         by(*WHOEVER),            when=EVERYTHING_DELIVERED),
        Rule(S.AWAITING_RECEIPT,  E.CASE_REFUNDED,     S.AWAITING_RECEIPT,  by(*WHOEVER)),
        Rule(S.DELIVERED,         E.CASE_REFUNDED,     S.CLOSED,            by(*WHOEVER),            when=NOTHING_LEFT),
        Rule(S.DELIVERED,         E.CASE_REFUNDED,     S.DELIVERED,         by(*WHOEVER)),
        Rule(S.COMPLETED,         E.CASE_REFUNDED,     S.CLOSED,            by(*WHOEVER),            when=NOTHING_LEFT),
        Rule(S.COMPLETED,         E.CASE_REFUNDED,     S.COMPLETED,         by(*WHOEVER)),
        # Exchanged, repaired, sent again: at no price, and the goods are reserved already.
        Rule(START,               E.REPLACEMENT_ORDERED, S.AWAITING_SHIPMENT, by(*WHOEVER),          (F.SPLIT_ORDER,)),
        # Unpaid, and paid or cancelled on its own: it goes on in an order of its own.
        Rule(S.AWAITING_PAYMENT,  E.SUB_ORDERS_SEPARATED, S.SEPARATED,      by(A.BUYER)),
        Rule(START,               E.SUB_ORDERS_SEPARATED, S.AWAITING_PAYMENT, by(A.BUYER)),
    ),
    deadlines=(
        Deadline(S.UNDER_REVIEW,      "review_timeout_seconds",     E.REVIEW_OVERDUE, SWEPT),
        Deadline(S.ESCALATED,         "escalation_timeout_seconds", E.REVIEW_TIMED_OUT, SWEPT),
        Deadline(S.AWAITING_SHIPMENT, "shipment_promise_seconds",   E.SHIPMENT_OVERDUE, SWEPT),
        Deadline(S.INTERCEPTING,      "shipment_promise_seconds",   E.SHIPMENT_OVERDUE, SWEPT),
        Deadline(S.DELIVERED,         "receipt_after_delivery_seconds", E.RECEIPT_TIMED_OUT),
    ),
)

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
        Rule(R.REQUESTED,    E.REFUND_FAILED,      R.FAILED,       by(A.PROVIDER), when=NOT_OWED),
        Rule(R.REQUESTED,    E.REFUND_FAILED,      R.COVERED,      by(A.PROVIDER), when=ALREADY_BACK),
        Rule(R.REQUESTED,    E.REFUND_FAILED,      R.NEEDS_ACTION, by(A.PROVIDER)),
        Rule(R.SUBMITTED,    E.REFUND_FAILED,      R.FAILED,       by(A.PROVIDER), when=NOT_OWED),
        Rule(R.SUBMITTED,    E.REFUND_FAILED,      R.COVERED,      by(A.PROVIDER), when=ALREADY_BACK),
        Rule(R.SUBMITTED,    E.REFUND_FAILED,      R.NEEDS_ACTION, by(A.PROVIDER)),
        # The payer's bank sent it back: owed again, unless the provider's people had sent it and nobody ever owed it.
        Rule(R.SUCCEEDED,    E.REFUND_FAILED,      R.FAILED,       by(A.PROVIDER), when=NOT_OWED),
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
        Rule(R.REQUESTED,    E.REFUND_OVERDUE,     R.REQUESTED,    by(A.CLOCK),    when=DISPUTED, wait=LOOK_AGAIN),
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

C = ParcelState
PARCEL = machine("parcel", ParcelState,
    rules=(
        # Where parcels are pushed to a warehouse's system, that system says how they stand; elsewhere their merchant does.
        Rule(START,               E.PARCEL_PLANNED,    C.PUSHING,           by(A.SYSTEM),            (F.PUSH_PARCEL,), AT_WMS),
        Rule(START,               E.PARCEL_PLANNED,    C.AWAITING_SHIPMENT, by(A.SYSTEM)),
        Rule(C.AWAITING_SHIPMENT, E.PARCELS_SHIPPED,   C.IN_TRANSIT,        by(A.MERCHANT),          (F.FOLLOW_PARCEL,)),
        Rule(C.AWAITING_SHIPMENT, E.GOODS_CANCELLED,   C.CANCELLED,         by(A.BUYER, A.MERCHANT), when=NOTHING_LEFT),
        Rule(C.AWAITING_SHIPMENT, E.GOODS_CANCELLED,   C.AWAITING_SHIPMENT, by(A.BUYER, A.MERCHANT)),
        Rule(C.PUSHING,           E.PARCEL_PROGRESSED, C.AT_WAREHOUSE,      by(A.WAREHOUSE)),
        Rule(C.PUSHING,           E.PUSH_REFUSED,      C.AWAITING_SHIPMENT, by(A.WAREHOUSE)),
        # After long, people hear of it too: keys may be missing, or the warehouse gone. They can take the parcel from it.
        Rule(C.PUSHING,           E.PUSH_OVERDUE,      C.PUSHING,           by(A.CLOCK),             (F.PUSH_PARCEL,), LATE),
        Rule(C.PUSHING,           E.PUSH_OVERDUE,      C.PUSHING,           by(A.CLOCK),             (F.PUSH_PARCEL,)),
        Rule(C.PUSHING,           E.PARCEL_RECALLED,   C.AWAITING_SHIPMENT, by(*PEOPLE)),
        Rule(C.AT_WAREHOUSE,      E.PARCEL_RECALLED,   C.AWAITING_SHIPMENT, by(*PEOPLE)),
        # What a warehouse says last may get lost: it is asked what it has sent.
        Rule(C.AT_WAREHOUSE,      E.WAREHOUSE_SILENT,  C.AT_WAREHOUSE,      by(A.CLOCK),             (F.ASK_WAREHOUSE,), LATE),
        Rule(C.AT_WAREHOUSE,      E.WAREHOUSE_SILENT,  C.AT_WAREHOUSE,      by(A.CLOCK),             (F.ASK_WAREHOUSE,)),
        Rule(C.AT_WAREHOUSE,      E.PARCEL_PROGRESSED, C.AT_WAREHOUSE,      by(A.WAREHOUSE)),
        # A warehouse may send one parcel in several packages: each becomes a parcel of its own.
        Rule(START,               E.PARCELS_SHIPPED,   C.IN_TRANSIT,        by(A.WAREHOUSE),         (F.FOLLOW_PARCEL,)),
        Rule(C.PUSHING,           E.PARCELS_SHIPPED,   C.AT_WAREHOUSE,      by(A.WAREHOUSE),         when=MORE_TO_COME),
        Rule(C.PUSHING,           E.PARCELS_SHIPPED,   C.IN_TRANSIT,        by(A.WAREHOUSE),         (F.FOLLOW_PARCEL,)),
        Rule(C.AT_WAREHOUSE,      E.PARCELS_SHIPPED,   C.AT_WAREHOUSE,      by(A.WAREHOUSE),         when=MORE_TO_COME),
        Rule(C.AT_WAREHOUSE,      E.PARCELS_SHIPPED,   C.IN_TRANSIT,        by(A.WAREHOUSE),         (F.FOLLOW_PARCEL,)),
        Rule(C.INTERCEPTING,      E.PARCELS_SHIPPED,   C.INTERCEPTING,      by(A.WAREHOUSE),         when=MORE_TO_COME),
        Rule(C.INTERCEPTING,      E.PARCELS_SHIPPED,   C.IN_TRANSIT,        by(A.WAREHOUSE),         (F.FOLLOW_PARCEL,)),
        Rule(C.PUSHING,           E.GOODS_MISSING,     C.CANCELLED,         by(A.WAREHOUSE)),
        Rule(C.AT_WAREHOUSE,      E.GOODS_MISSING,     C.CANCELLED,         by(A.WAREHOUSE)),
        Rule(C.INTERCEPTING,      E.GOODS_MISSING,     C.CANCELLED,         by(A.WAREHOUSE)),
        Rule(C.PUSHING,           E.INTERCEPT_REQUESTED, C.INTERCEPTING,    by(A.BUYER, A.MERCHANT), (F.INTERCEPT_PARCEL,)),
        Rule(C.AT_WAREHOUSE,      E.INTERCEPT_REQUESTED, C.INTERCEPTING,    by(A.BUYER, A.MERCHANT), (F.INTERCEPT_PARCEL,)),
        Rule(C.INTERCEPTING,      E.INTERCEPT_ACCEPTED, C.CANCELLED,        by(A.WAREHOUSE, *PEOPLE)),
        Rule(C.INTERCEPTING,      E.INTERCEPT_REJECTED, C.AT_WAREHOUSE,     by(A.WAREHOUSE)),
        # No answer is not an answer: ask again, under the same number.
        Rule(C.INTERCEPTING,      E.INTERCEPT_OVERDUE, C.INTERCEPTING,      by(A.CLOCK),             (F.INTERCEPT_PARCEL,), LATE),
        Rule(C.INTERCEPTING,      E.INTERCEPT_OVERDUE, C.INTERCEPTING,      by(A.CLOCK),             (F.INTERCEPT_PARCEL,)),
        Rule(C.IN_TRANSIT,        E.DELIVERY_CLAIMED,  C.IN_TRANSIT,        by(A.CARRIER),           (F.ASK_CARRIER,)),
        Rule(C.IN_TRANSIT,        E.PARCEL_DELIVERED,  C.DELIVERED,         by(A.CARRIER, *PEOPLE)),
        Rule(C.IN_TRANSIT,        E.PARCEL_TROUBLED,   C.TROUBLED,          by(A.CARRIER, *PEOPLE)),
        Rule(C.IN_TRANSIT,        E.PARCEL_RETURNING,  C.RETURNING,         by(A.BUYER, A.CARRIER, *PEOPLE), (F.EXPECT_RETURN,)),
        Rule(C.IN_TRANSIT,        E.PARCEL_RETURNED,   C.RETURNED,          by(A.CARRIER, *PEOPLE),  (F.EXPECT_RETURN,)),
        Rule(C.IN_TRANSIT,        E.PARCEL_SILENT,     C.IN_TRANSIT,        by(A.CLOCK),             (F.ASK_CARRIER,)),
        Rule(C.IN_TRANSIT,        E.PARCEL_MOVED,      C.IN_TRANSIT,        by(*PEOPLE),             wait="silence_seconds"),  # They know that it goes on.
        Rule(C.TROUBLED,          E.DELIVERY_CLAIMED,  C.TROUBLED,          by(A.CARRIER),           (F.ASK_CARRIER,)),
        Rule(C.TROUBLED,          E.PARCEL_MOVED,      C.IN_TRANSIT,        by(A.CARRIER, *PEOPLE)),
        Rule(C.TROUBLED,          E.PARCEL_DELIVERED,  C.DELIVERED,         by(A.CARRIER, *PEOPLE)),
        Rule(C.TROUBLED,          E.PARCEL_RETURNING,  C.RETURNING,         by(A.BUYER, A.CARRIER, *PEOPLE), (F.EXPECT_RETURN,)),
        Rule(C.TROUBLED,          E.PARCEL_RETURNED,   C.RETURNED,          by(A.CARRIER, *PEOPLE),  (F.EXPECT_RETURN,)),
        Rule(C.TROUBLED,          E.ATTENTION_OVERDUE, C.TROUBLED,          by(A.CLOCK)),
        Rule(C.DELIVERED,         E.PARCEL_TROUBLED,   C.TROUBLED,          by(A.CARRIER, *PEOPLE)),
        Rule(C.DELIVERED,         E.PARCEL_RETURNING,  C.RETURNING,         by(A.CARRIER, *PEOPLE),  (F.EXPECT_RETURN,)),
        Rule(C.DELIVERED,         E.PARCEL_RETURNED,   C.RETURNED,          by(A.CARRIER, *PEOPLE),  (F.EXPECT_RETURN,)),
        Rule(C.RETURNING,         E.PARCEL_RETURNED,   C.RETURNED,          by(A.CARRIER, *PEOPLE)),
        # Delivered to whom? A parcel on its way back has two ends: people find out.
        Rule(C.RETURNING,         E.PARCEL_DELIVERED,  C.DELIVERED,         by(*PEOPLE)),
        Rule(C.RETURNING,         E.ATTENTION_OVERDUE, C.RETURNING,         by(A.CLOCK)),
        Rule(C.RETURNED,          E.ATTENTION_OVERDUE, C.RETURNED,          by(A.CLOCK)),
        # Whoever holds the goods counts them; that alone says what came back.
        Rule(C.IN_TRANSIT,        E.RETURN_RECEIVED,   C.INCOMPLETE,        by(A.MERCHANT, A.WAREHOUSE), when=UNITS_MISSING),
        Rule(C.IN_TRANSIT,        E.RETURN_RECEIVED,   C.CAME_BACK,         by(A.MERCHANT, A.WAREHOUSE)),
        Rule(C.TROUBLED,          E.RETURN_RECEIVED,   C.INCOMPLETE,        by(A.MERCHANT, A.WAREHOUSE), when=UNITS_MISSING),
        Rule(C.TROUBLED,          E.RETURN_RECEIVED,   C.CAME_BACK,         by(A.MERCHANT, A.WAREHOUSE)),
        Rule(C.RETURNING,         E.RETURN_RECEIVED,   C.INCOMPLETE,        by(A.MERCHANT, A.WAREHOUSE), when=UNITS_MISSING),
        Rule(C.RETURNING,         E.RETURN_RECEIVED,   C.CAME_BACK,         by(A.MERCHANT, A.WAREHOUSE)),
        Rule(C.RETURNED,          E.RETURN_RECEIVED,   C.INCOMPLETE,        by(A.MERCHANT, A.WAREHOUSE), when=UNITS_MISSING),
        Rule(C.RETURNED,          E.RETURN_RECEIVED,   C.CAME_BACK,         by(A.MERCHANT, A.WAREHOUSE)),
        Rule(C.INCOMPLETE,        E.ATTENTION_OVERDUE, C.INCOMPLETE,        by(A.CLOCK)),
        Rule(C.INCOMPLETE,        E.RECEIPT_CONFIRMED, C.RECEIVED,          by(A.BUYER)),  # The buyer has what was missing.
        Rule(C.TROUBLED,          E.PARCEL_LOST,       C.WRITTEN_OFF,       by(*PEOPLE)),
        Rule(C.RETURNING,         E.PARCEL_LOST,       C.WRITTEN_OFF,       by(*PEOPLE)),
        Rule(C.RETURNED,          E.PARCEL_LOST,       C.WRITTEN_OFF,       by(*PEOPLE)),
        Rule(C.INCOMPLETE,        E.PARCEL_LOST,       C.WRITTEN_OFF,       by(*PEOPLE)),
        # An after-sale case has paid all of it back: nobody waits for it any more.
        Rule(C.IN_TRANSIT,        E.CASE_REFUNDED,     C.WRITTEN_OFF,       by(*WHOEVER)),
        Rule(C.TROUBLED,          E.CASE_REFUNDED,     C.WRITTEN_OFF,       by(*WHOEVER)),
        Rule(C.IN_TRANSIT,        E.RECEIPT_CONFIRMED, C.RECEIVED,          by(A.BUYER)),
        Rule(C.TROUBLED,          E.RECEIPT_CONFIRMED, C.RECEIVED,          by(A.BUYER)),
        Rule(C.DELIVERED,         E.RECEIPT_CONFIRMED, C.RECEIVED,          by(A.BUYER)),
        Rule(C.DELIVERED,         E.RECEIPT_TIMED_OUT, C.RECEIVED,          by(A.CLOCK)),
    ),
    deadlines=(
        Deadline(C.PUSHING,      "push_retry_seconds",       E.PUSH_OVERDUE),
        Deadline(C.AT_WAREHOUSE, "warehouse_silence_seconds", E.WAREHOUSE_SILENT, SWEPT),
        Deadline(C.INTERCEPTING, "intercept_retry_seconds",  E.INTERCEPT_OVERDUE),
        Deadline(C.IN_TRANSIT,   "silence_seconds",          E.PARCEL_SILENT, SWEPT),
        Deadline(C.TROUBLED,     "parcel_attention_seconds", E.ATTENTION_OVERDUE, SWEPT),
        Deadline(C.RETURNING,    "parcel_attention_seconds", E.ATTENTION_OVERDUE, SWEPT),
        Deadline(C.RETURNED,     "parcel_attention_seconds", E.ATTENTION_OVERDUE, SWEPT),
        Deadline(C.INCOMPLETE,   "parcel_attention_seconds", E.ATTENTION_OVERDUE, SWEPT),
    ),
)

W = SettlementState
SETTLEMENT = machine("settlement", SettlementState,
    rules=(
        Rule(START,     E.SETTLEMENT_OPENED, W.WAITING, by(*WHOEVER)),
        Rule(W.WAITING, E.SETTLEMENT_DUE,    W.WAITING, by(A.CLOCK), when=DISPUTED, wait=LOOK_AGAIN),
        Rule(W.WAITING, E.SETTLEMENT_DUE,    W.WAITING, by(A.CLOCK), when=CASE_OPEN, wait=LOOK_AGAIN),
        Rule(W.WAITING, E.SETTLEMENT_DUE,    W.SETTLED, by(A.CLOCK)),
    ),
    deadlines=(
        Deadline(W.WAITING, "settlement_delay_seconds", E.SETTLEMENT_DUE, SWEPT),
    ),
)

X = TransferState
TRANSFER = machine("transfer", TransferState,
    rules=(
        Rule(START,     E.TRANSFER_PLANNED, X.WAITING, by(A.BUYER, A.MERCHANT, A.WAREHOUSE, A.PROVIDER, A.CLOCK, A.SYSTEM, *PEOPLE), (F.MOVE_STOCK,)),
        Rule(X.WAITING, E.STOCK_MOVED,      X.DONE,    by(A.SYSTEM), when=EVERYTHING_MOVED),
        Rule(X.WAITING, E.STOCK_MOVED,      X.WAITING, by(A.SYSTEM)),
        Rule(X.WAITING, E.TRANSFER_DROPPED, X.DROPPED, by(A.BUYER, A.CLOCK, A.SYSTEM)),
        Rule(X.WAITING, E.TRANSFER_OVERDUE, X.WAITING, by(A.CLOCK),  (F.MOVE_STOCK,)),
    ),
    deadlines=(
        Deadline(X.WAITING, "transfer_retry_seconds", E.TRANSFER_OVERDUE),
    ),
)

K = CaseState
AFTER_SALE = machine("after_sale", CaseState,
    rules=(
        Rule(START,             E.CASE_REQUESTED,  K.REQUESTED,       by(A.BUYER), (F.JUDGE_CASE,)),
        Rule(START,             E.COMPENSATION_GIVEN, K.COMPLETED,    by(*PEOPLE)),
        # A yes means: send it back; or something is sent; or the money goes back at once.
        Rule(K.REQUESTED,       E.CASE_APPROVED,   K.AWAITING_RETURN, by(A.MERCHANT, A.SYSTEM), (F.EXPECT_RETURN,), GOODS_BACK),
        Rule(K.REQUESTED,       E.CASE_APPROVED,   K.REPLACING,       by(A.MERCHANT, A.SYSTEM), when=SENDS_GOODS),
        Rule(K.REQUESTED,       E.CASE_APPROVED,   K.COMPLETED,       by(A.MERCHANT, A.SYSTEM)),
        # Nothing is decided by silence while the payer's bank may take the money.
        Rule(K.REQUESTED,       E.CASE_UNANSWERED, K.REQUESTED,       by(A.CLOCK), when=DISPUTED, wait=LOOK_AGAIN),
        Rule(K.REQUESTED,       E.CASE_UNANSWERED, K.AWAITING_RETURN, by(A.CLOCK), (F.EXPECT_RETURN,), GOODS_BACK),
        Rule(K.REQUESTED,       E.CASE_UNANSWERED, K.REPLACING,       by(A.CLOCK), when=SENDS_GOODS),
        Rule(K.REQUESTED,       E.CASE_UNANSWERED, K.COMPLETED,       by(A.CLOCK)),
        Rule(K.REQUESTED,       E.CASE_REFUSED,    K.REFUSED,         by(A.MERCHANT)),
        Rule(K.REQUESTED,       E.CASE_WITHDRAWN,  K.CLOSED,          by(A.BUYER)),
        Rule(K.REQUESTED,       E.CASE_ESCALATED,  K.DISPUTED,        by(A.BUYER, A.MERCHANT), (F.JUDGE_CASE,)),
        Rule(K.REFUSED,         E.ALTERNATIVE_ACCEPTED, K.AWAITING_RETURN, by(A.BUYER), (F.EXPECT_RETURN,), GOODS_BACK),
        Rule(K.REFUSED,         E.ALTERNATIVE_ACCEPTED, K.REPLACING,  by(A.BUYER), when=SENDS_GOODS),
        Rule(K.REFUSED,         E.ALTERNATIVE_ACCEPTED, K.COMPLETED,  by(A.BUYER)),
        Rule(K.REFUSED,         E.CASE_WITHDRAWN,  K.CLOSED,          by(A.BUYER)),
        Rule(K.REFUSED,         E.CASE_ESCALATED,  K.DISPUTED,        by(A.BUYER), (F.JUDGE_CASE,)),
        Rule(K.REFUSED,         E.CASE_EXPIRED,    K.CLOSED,          by(A.CLOCK)),
        Rule(K.AWAITING_RETURN, E.RETURN_SENT,     K.RETURNING,       by(A.BUYER), (F.FOLLOW_PARCEL, F.EXPECT_RETURN)),
        Rule(K.AWAITING_RETURN, E.GOODS_ARRIVED,   K.INSPECTING,      by(A.MERCHANT, A.WAREHOUSE)),
        Rule(K.AWAITING_RETURN, E.CASE_WITHDRAWN,  K.CLOSED,          by(A.BUYER)),
        Rule(K.AWAITING_RETURN, E.CASE_ESCALATED,  K.DISPUTED,        by(A.BUYER, A.MERCHANT), (F.JUDGE_CASE,)),
        Rule(K.AWAITING_RETURN, E.CASE_EXPIRED,    K.CLOSED,          by(A.CLOCK)),
        Rule(K.RETURNING,       E.RETURN_SENT,     K.RETURNING,       by(A.BUYER, *PEOPLE), (F.FOLLOW_PARCEL, F.EXPECT_RETURN)),  # It was another number.
        Rule(K.RETURNING,       E.DELIVERY_CLAIMED, K.RETURNING,      by(A.CARRIER), (F.ASK_CARRIER,)),
        Rule(K.RETURNING,       E.GOODS_ARRIVED,   K.INSPECTING,      by(A.MERCHANT, A.WAREHOUSE, A.CARRIER, *PEOPLE)),
        Rule(K.RETURNING,       E.CASE_ESCALATED,  K.DISPUTED,        by(A.BUYER, A.MERCHANT), (F.JUDGE_CASE,)),
        # It takes too long, or its carrier says that it is lost, damaged, held: people look, and the carrier is asked.
        Rule(K.RETURNING,       E.ATTENTION_OVERDUE, K.RETURNING,     by(A.CLOCK, A.CARRIER), (F.ASK_CARRIER,)),
        # Whoever holds the goods says what they are worth. What is less than all of it the buyer may contest.
        Rule(K.INSPECTING,      E.GOODS_INSPECTED, K.ASSESSED,        by(A.MERCHANT, A.WAREHOUSE), when=Fact.DEDUCTED),
        Rule(K.INSPECTING,      E.GOODS_INSPECTED, K.REPLACING,       by(A.MERCHANT, A.WAREHOUSE), when=SENDS_GOODS),
        Rule(K.INSPECTING,      E.GOODS_INSPECTED, K.COMPLETED,       by(A.MERCHANT, A.WAREHOUSE)),
        Rule(K.INSPECTING,      E.CASE_ESCALATED,  K.DISPUTED,        by(A.BUYER, A.MERCHANT), (F.JUDGE_CASE,)),
        Rule(K.INSPECTING,      E.INSPECTION_OVERDUE, K.DISPUTED,     by(A.CLOCK), (F.JUDGE_CASE,)),
        Rule(K.ASSESSED,        E.ASSESSMENT_ACCEPTED, K.COMPLETED,   by(A.BUYER)),
        Rule(K.ASSESSED,        E.ASSESSMENT_UNANSWERED, K.ASSESSED,  by(A.CLOCK), when=DISPUTED, wait=LOOK_AGAIN),
        Rule(K.ASSESSED,        E.ASSESSMENT_UNANSWERED, K.COMPLETED, by(A.CLOCK)),
        Rule(K.ASSESSED,        E.CASE_ESCALATED,  K.DISPUTED,        by(A.BUYER), (F.JUDGE_CASE,)),
        Rule(K.DISPUTED,        E.CASE_RULED,      K.CLOSED,          by(A.SYSTEM, *PEOPLE), when=Fact.REJECTED),
        Rule(K.DISPUTED,        E.CASE_RULED,      K.AWAITING_RETURN, by(A.SYSTEM, *PEOPLE), (F.EXPECT_RETURN,), GOODS_BACK),
        Rule(K.DISPUTED,        E.CASE_RULED,      K.REPLACING,       by(A.SYSTEM, *PEOPLE), when=SENDS_GOODS),
        Rule(K.DISPUTED,        E.CASE_RULED,      K.COMPLETED,       by(A.SYSTEM, *PEOPLE)),
        # The merchant gives in.
        Rule(K.DISPUTED,        E.CASE_APPROVED,   K.AWAITING_RETURN, by(A.MERCHANT), (F.EXPECT_RETURN,), GOODS_BACK),
        Rule(K.DISPUTED,        E.CASE_APPROVED,   K.REPLACING,       by(A.MERCHANT), when=SENDS_GOODS),
        Rule(K.DISPUTED,        E.CASE_APPROVED,   K.COMPLETED,       by(A.MERCHANT)),
        Rule(K.DISPUTED,        E.ADVANCE_PAID,    K.DISPUTED,        by(*PEOPLE)),
        Rule(K.DISPUTED,        E.CASE_WITHDRAWN,  K.CLOSED,          by(A.BUYER)),
        Rule(K.DISPUTED,        E.RULING_OVERDUE,  K.DISPUTED,        by(A.CLOCK)),
        Rule(K.REPLACING,       E.REPLACEMENT_RECEIVED, K.COMPLETED,  by(A.BUYER, A.CLOCK)),
        Rule(K.REPLACING,       E.REPLACEMENT_FAILED, K.COMPLETED,    by(*WHOEVER)),
        Rule(K.REPLACING,       E.ATTENTION_OVERDUE, K.REPLACING,     by(A.CLOCK)),
    ),
    deadlines=(
        # How long the buyer and the merchant have, the return policy of the goods may say (AfterSale.waits).
        Deadline(K.REQUESTED,       "case_decision_seconds",   E.CASE_UNANSWERED,  SWEPT),
        Deadline(K.REFUSED,         "case_answer_seconds",     E.CASE_EXPIRED,     SWEPT),
        Deadline(K.AWAITING_RETURN, "case_waybill_seconds",    E.CASE_EXPIRED,     SWEPT),
        Deadline(K.RETURNING,       "case_attention_seconds",  E.ATTENTION_OVERDUE, SWEPT),
        Deadline(K.INSPECTING,      "case_inspection_seconds", E.INSPECTION_OVERDUE, SWEPT),
        Deadline(K.ASSESSED,        "case_answer_seconds",     E.ASSESSMENT_UNANSWERED, SWEPT),
        Deadline(K.DISPUTED,        "case_ruling_seconds",     E.RULING_OVERDUE,   SWEPT),
        Deadline(K.REPLACING,       "case_attention_seconds",  E.ATTENTION_OVERDUE, SWEPT),
    ),
)
# fmt: on

MACHINES: dict[str, Machine] = {
    table.name: table
    for table in (ORDER, SUB_ORDER, PAYMENT, REFUND, DISPUTE, PARCEL, SETTLEMENT, TRANSFER, AFTER_SALE)
}


def deadline_in(machine: Machine, state: str) -> Deadline | None:
    """Return the clock that runs in *state*, if one does."""
    return next((deadline for deadline in machine.deadlines if deadline.state == state), None)


def clock_started_by(rule: Rule) -> Deadline | None:
    """Return the clock that this row starts, if it starts one.

    Entering a state starts its clock. A row that stays where it is leaves the running clock alone, unless
    it is that clock's own event, or says itself how long the wait is: then it begins again.
    """
    deadline = deadline_in(MACHINES[rule.machine], rule.target)
    if deadline is None:
        return None
    if rule.source == rule.target and rule.event is not deadline.event and not rule.wait:
        return None
    return deadline._replace(policy=rule.wait) if rule.wait else deadline
