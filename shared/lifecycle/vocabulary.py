"""The words of the tables: states, events, who acts, what follows, what else is true."""

from enum import StrEnum, auto

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
    EVIDENCE_SHOWN = auto()
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
    SENT_BACK = auto()  # And the buyer has sent them already.
    SENDS_GOODS = auto()  # Goods go out for it, and they are there.
    DEDUCTED = auto()  # The inspection takes something off.
    REJECTED = auto()  # Ruled against the buyer.
