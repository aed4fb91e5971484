"""An order, each merchant's part of it, and the stock of a very long one."""

from shared.lifecycle.rows import LOOK_AGAIN, PEOPLE, SWEPT, WHOEVER, A, Deadline, E, F, Rule, by, machine
from shared.lifecycle.vocabulary import START, Fact, OrderState, SubOrderState, TransferState

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
        Rule(O.PENDING_PAYMENT, E.PAYMENT_SUCCEEDED,  O.PAID,            by(A.PROVIDER), (F.SPLIT_ORDER, F.CLOSE_PAYMENTS),  Fact.PAYMENT_OPEN),
        Rule(O.PENDING_PAYMENT, E.PAYMENT_SUCCEEDED,  O.PAID,            by(A.PROVIDER), (F.SPLIT_ORDER,)),
        # The goods that are taken at payment were gone: what was paid goes back, whole.
        Rule(O.PENDING_PAYMENT, E.PAYMENT_UNFILLED,   O.CANCELLED,       by(A.PROVIDER), (F.CLOSE_PAYMENTS,),                Fact.PAYMENT_OPEN),
        Rule(O.PENDING_PAYMENT, E.PAYMENT_UNFILLED,   O.CANCELLED,       by(A.PROVIDER)),
        Rule(O.PENDING_PAYMENT, E.CANCEL_REQUESTED,   O.CLOSING,         by(A.BUYER),    (F.CLOSE_PAYMENTS,),                Fact.PAYMENT_OPEN),
        Rule(O.PENDING_PAYMENT, E.CANCEL_REQUESTED,   O.CANCELLED,       by(A.BUYER)),
        # Nothing is released before every provider has closed: what closes late may have been paid.
        Rule(O.PENDING_PAYMENT, E.PAYMENT_TIMED_OUT,  O.CLOSING,         by(A.CLOCK),    (F.CLOSE_PAYMENTS,),                Fact.PAYMENT_OPEN),
        Rule(O.PENDING_PAYMENT, E.PAYMENT_TIMED_OUT,  O.CANCELLED,       by(A.CLOCK)),
        Rule(O.CLOSING,         E.PAYMENT_SUCCEEDED,  O.PAID,            by(A.PROVIDER), (F.SPLIT_ORDER, F.CLOSE_PAYMENTS),  Fact.PAYMENT_OPEN),
        Rule(O.CLOSING,         E.PAYMENT_SUCCEEDED,  O.PAID,            by(A.PROVIDER), (F.SPLIT_ORDER,)),
        Rule(O.CLOSING,         E.PAYMENT_UNFILLED,   O.CANCELLED,       by(A.PROVIDER), (F.CLOSE_PAYMENTS,),                Fact.PAYMENT_OPEN),
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
        Rule(S.AWAITING_PAYMENT,  E.PAYMENT_SUCCEEDED, S.UNDER_REVIEW,      by(A.PROVIDER),          when=Fact.REVIEW_NEEDED),
        Rule(S.AWAITING_PAYMENT,  E.PAYMENT_SUCCEEDED, S.AWAITING_SHIPMENT, by(A.PROVIDER)),
        Rule(S.AWAITING_PAYMENT,  E.ORDER_CANCELLED,   S.CANCELLED,         by(A.BUYER, A.CLOCK, A.PROVIDER, A.SYSTEM)),
        Rule(S.UNDER_REVIEW,      E.REVIEW_APPROVED,   S.AWAITING_SHIPMENT, by(*PEOPLE),             (F.SPLIT_ORDER,)),
        Rule(S.UNDER_REVIEW,      E.REVIEW_REJECTED,   S.CANCELLED,         by(*PEOPLE)),
        Rule(S.UNDER_REVIEW,      E.REVIEW_OVERDUE,    S.ESCALATED,         by(A.CLOCK)),
        Rule(S.UNDER_REVIEW,      E.GOODS_CANCELLED,   S.CANCELLED,         by(A.BUYER, A.MERCHANT), when=Fact.NOTHING_LEFT),
        Rule(S.UNDER_REVIEW,      E.GOODS_CANCELLED,   S.UNDER_REVIEW,      by(A.BUYER, A.MERCHANT)),
        Rule(S.ESCALATED,         E.REVIEW_APPROVED,   S.AWAITING_SHIPMENT, by(A.OPERATOR),          (F.SPLIT_ORDER,)),
        Rule(S.ESCALATED,         E.REVIEW_REJECTED,   S.CANCELLED,         by(A.OPERATOR)),
        Rule(S.ESCALATED,         E.REVIEW_TIMED_OUT,  S.AWAITING_SHIPMENT, by(A.CLOCK),             (F.SPLIT_ORDER,), Fact.DEFAULT_APPROVES),
        Rule(S.ESCALATED,         E.REVIEW_TIMED_OUT,  S.CANCELLED,         by(A.CLOCK)),
        Rule(S.ESCALATED,         E.GOODS_CANCELLED,   S.CANCELLED,         by(A.BUYER, A.MERCHANT), when=Fact.NOTHING_LEFT),
        Rule(S.ESCALATED,         E.GOODS_CANCELLED,   S.ESCALATED,         by(A.BUYER, A.MERCHANT)),
        Rule(S.AWAITING_SHIPMENT, E.GOODS_ALLOCATED,   S.AWAITING_SHIPMENT, by(A.SYSTEM)),
        Rule(S.AWAITING_SHIPMENT, E.SPLIT_REFUSED,     S.UNDER_REVIEW,      by(A.SYSTEM)),
        Rule(S.AWAITING_SHIPMENT, E.PARCELS_SHIPPED,   S.AWAITING_RECEIPT,  by(A.MERCHANT, A.WAREHOUSE), when=Fact.EVERYTHING_SHIPPED),
        Rule(S.AWAITING_SHIPMENT, E.PARCELS_SHIPPED,   S.AWAITING_SHIPMENT, by(A.MERCHANT, A.WAREHOUSE)),
        # Nothing of these goods was pushed to a warehouse: whoever has not shipped can still stop.
        Rule(S.AWAITING_SHIPMENT, E.GOODS_CANCELLED,   S.CANCELLED,         by(A.BUYER, A.MERCHANT), when=Fact.NOTHING_LEFT),
        Rule(S.AWAITING_SHIPMENT, E.GOODS_CANCELLED,   S.DELIVERED,         by(A.BUYER, A.MERCHANT), when=Fact.EVERYTHING_DELIVERED),
        Rule(S.AWAITING_SHIPMENT, E.GOODS_CANCELLED,   S.AWAITING_RECEIPT,  by(A.BUYER, A.MERCHANT), when=Fact.EVERYTHING_SHIPPED),
        Rule(S.AWAITING_SHIPMENT, E.GOODS_CANCELLED,   S.AWAITING_SHIPMENT, by(A.BUYER, A.MERCHANT)),
        Rule(S.AWAITING_SHIPMENT, E.GOODS_MISSING,     S.CANCELLED,         by(A.WAREHOUSE),         when=Fact.NOTHING_LEFT),
        Rule(S.AWAITING_SHIPMENT, E.GOODS_MISSING,     S.DELIVERED,         by(A.WAREHOUSE),         when=Fact.EVERYTHING_DELIVERED),
        Rule(S.AWAITING_SHIPMENT, E.GOODS_MISSING,     S.AWAITING_RECEIPT,  by(A.WAREHOUSE),         when=Fact.EVERYTHING_SHIPPED),
        Rule(S.AWAITING_SHIPMENT, E.GOODS_MISSING,     S.AWAITING_SHIPMENT, by(A.WAREHOUSE)),
        # A promise is broken, not an order: merchant and buyer are told, and told again.
        Rule(S.AWAITING_SHIPMENT, E.SHIPMENT_OVERDUE,  S.AWAITING_SHIPMENT, by(A.CLOCK)),
        # What is at a warehouse is stopped by the warehouse. Its answer decides; while there is none, nothing is assumed.
        Rule(S.AWAITING_SHIPMENT, E.INTERCEPT_REQUESTED, S.INTERCEPTING,    by(A.BUYER, A.MERCHANT)),
        Rule(S.INTERCEPTING,      E.INTERCEPT_ACCEPTED, S.CANCELLED,        by(A.WAREHOUSE, *PEOPLE), when=Fact.NOTHING_LEFT),
        Rule(S.INTERCEPTING,      E.INTERCEPT_ACCEPTED, S.INTERCEPTING,     by(A.WAREHOUSE, *PEOPLE), when=Fact.STILL_ASKING),
        Rule(S.INTERCEPTING,      E.INTERCEPT_ACCEPTED, S.DELIVERED,        by(A.WAREHOUSE, *PEOPLE), when=Fact.EVERYTHING_DELIVERED),
        Rule(S.INTERCEPTING,      E.INTERCEPT_ACCEPTED, S.AWAITING_RECEIPT, by(A.WAREHOUSE, *PEOPLE), when=Fact.EVERYTHING_SHIPPED),
        Rule(S.INTERCEPTING,      E.INTERCEPT_ACCEPTED, S.AWAITING_SHIPMENT, by(A.WAREHOUSE, *PEOPLE)),
        Rule(S.INTERCEPTING,      E.INTERCEPT_REJECTED, S.INTERCEPTING,     by(A.WAREHOUSE),         when=Fact.STILL_ASKING),
        Rule(S.INTERCEPTING,      E.INTERCEPT_REJECTED, S.AWAITING_SHIPMENT, by(A.WAREHOUSE)),
        # It shipped although it was asked to stop: that is a no.
        Rule(S.INTERCEPTING,      E.PARCELS_SHIPPED,   S.INTERCEPTING,      by(A.WAREHOUSE),         when=Fact.STILL_ASKING),
        Rule(S.INTERCEPTING,      E.PARCELS_SHIPPED,   S.AWAITING_RECEIPT,  by(A.WAREHOUSE),         when=Fact.EVERYTHING_SHIPPED),
        Rule(S.INTERCEPTING,      E.PARCELS_SHIPPED,   S.AWAITING_SHIPMENT, by(A.WAREHOUSE)),
        Rule(S.INTERCEPTING,      E.GOODS_MISSING,     S.CANCELLED,         by(A.WAREHOUSE),         when=Fact.NOTHING_LEFT),
        Rule(S.INTERCEPTING,      E.GOODS_MISSING,     S.INTERCEPTING,      by(A.WAREHOUSE),         when=Fact.STILL_ASKING),
        Rule(S.INTERCEPTING,      E.GOODS_MISSING,     S.DELIVERED,         by(A.WAREHOUSE),         when=Fact.EVERYTHING_DELIVERED),
        Rule(S.INTERCEPTING,      E.GOODS_MISSING,     S.AWAITING_RECEIPT,  by(A.WAREHOUSE),         when=Fact.EVERYTHING_SHIPPED),
        Rule(S.INTERCEPTING,      E.GOODS_MISSING,     S.AWAITING_SHIPMENT, by(A.WAREHOUSE)),
        Rule(S.INTERCEPTING,      E.SHIPMENT_OVERDUE,  S.INTERCEPTING,      by(A.CLOCK)),
        Rule(S.AWAITING_RECEIPT,  E.RECEIPT_CONFIRMED, S.COMPLETED,         by(A.BUYER)),
        Rule(S.AWAITING_RECEIPT,  E.PARCEL_DELIVERED,  S.DELIVERED,         by(A.CARRIER, *PEOPLE),  when=Fact.EVERYTHING_DELIVERED),
        # The last of it came back, or all of it.
        Rule(S.AWAITING_RECEIPT,  E.RETURN_RECEIVED,   S.CLOSED,            by(A.MERCHANT, A.WAREHOUSE), when=Fact.NOTHING_LEFT),
        Rule(S.AWAITING_RECEIPT,  E.RETURN_RECEIVED,   S.DELIVERED,         by(A.MERCHANT, A.WAREHOUSE), when=Fact.EVERYTHING_DELIVERED),
        Rule(S.AWAITING_RECEIPT,  E.RETURN_RECEIVED,   S.AWAITING_RECEIPT,  by(A.MERCHANT, A.WAREHOUSE)),
        # What got lost is refunded; the last of it may have been, or all of it.
        Rule(S.AWAITING_RECEIPT,  E.PARCEL_LOST,       S.CLOSED,            by(*PEOPLE),             when=Fact.NOTHING_LEFT),
        Rule(S.AWAITING_RECEIPT,  E.PARCEL_LOST,       S.DELIVERED,         by(*PEOPLE),             when=Fact.EVERYTHING_DELIVERED),
        Rule(S.AWAITING_RECEIPT,  E.PARCEL_LOST,       S.AWAITING_RECEIPT,  by(*PEOPLE)),
        Rule(S.DELIVERED,         E.RECEIPT_CONFIRMED, S.COMPLETED,         by(A.BUYER)),
        Rule(S.DELIVERED,         E.RECEIPT_EXTENDED,  S.DELIVERED,         by(A.BUYER),             wait="receipt_extension_seconds"),
        # Trouble after delivery stops the clock again.
        Rule(S.DELIVERED,         E.PARCEL_TROUBLED,   S.AWAITING_RECEIPT,  by(A.CARRIER, *PEOPLE)),
        Rule(S.DELIVERED,         E.PARCEL_RETURNING,  S.AWAITING_RECEIPT,  by(A.CARRIER, *PEOPLE)),
        Rule(S.DELIVERED,         E.PARCEL_RETURNED,   S.AWAITING_RECEIPT,  by(A.CARRIER, *PEOPLE)),
        # Auto-confirm waits while a dispute is open.
        Rule(S.DELIVERED,         E.RECEIPT_TIMED_OUT, S.DELIVERED,         by(A.CLOCK),             when=Fact.DISPUTED, wait=LOOK_AGAIN),
        # Nor is anything taken for received while a case is open.
        Rule(S.DELIVERED,         E.RECEIPT_TIMED_OUT, S.DELIVERED,         by(A.CLOCK),             when=Fact.CASE_OPEN, wait=LOOK_AGAIN),
        Rule(S.DELIVERED,         E.RECEIPT_TIMED_OUT, S.COMPLETED,         by(A.CLOCK)),
        # What a case gives back, wholly or in part; the last unit of it closes it.
        Rule(S.AWAITING_RECEIPT,  E.CASE_REFUNDED,     S.CLOSED,            by(*WHOEVER),            when=Fact.NOTHING_LEFT),
        Rule(S.AWAITING_RECEIPT,  E.CASE_REFUNDED,     S.DELIVERED,         by(*WHOEVER),            when=Fact.EVERYTHING_DELIVERED),
        Rule(S.AWAITING_RECEIPT,  E.CASE_REFUNDED,     S.AWAITING_RECEIPT,  by(*WHOEVER)),
        Rule(S.DELIVERED,         E.CASE_REFUNDED,     S.CLOSED,            by(*WHOEVER),            when=Fact.NOTHING_LEFT),
        Rule(S.DELIVERED,         E.CASE_REFUNDED,     S.DELIVERED,         by(*WHOEVER)),
        Rule(S.COMPLETED,         E.CASE_REFUNDED,     S.CLOSED,            by(*WHOEVER),            when=Fact.NOTHING_LEFT),
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

X = TransferState
TRANSFER = machine("transfer", TransferState,
    rules=(
        Rule(START,     E.TRANSFER_PLANNED, X.WAITING, by(A.BUYER, A.MERCHANT, A.WAREHOUSE, A.PROVIDER, A.CLOCK, A.SYSTEM, *PEOPLE), (F.MOVE_STOCK,)),
        Rule(X.WAITING, E.STOCK_MOVED,      X.DONE,    by(A.SYSTEM), when=Fact.EVERYTHING_MOVED),
        Rule(X.WAITING, E.STOCK_MOVED,      X.WAITING, by(A.SYSTEM)),
        Rule(X.WAITING, E.TRANSFER_DROPPED, X.DROPPED, by(A.BUYER, A.CLOCK, A.SYSTEM)),
        Rule(X.WAITING, E.TRANSFER_OVERDUE, X.WAITING, by(A.CLOCK),  (F.MOVE_STOCK,)),
    ),
    deadlines=(
        Deadline(X.WAITING, "transfer_retry_seconds", E.TRANSFER_OVERDUE),
    ),
)
# fmt: on
