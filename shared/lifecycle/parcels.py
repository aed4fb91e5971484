"""A parcel, from its plan to its receipt, or back."""

from shared.lifecycle.rows import PEOPLE, SWEPT, WHOEVER, A, Deadline, E, F, Rule, by, machine
from shared.lifecycle.vocabulary import START, Fact, ParcelState

# fmt: off
C = ParcelState
PARCEL = machine("parcel", ParcelState,
    rules=(
        # Where parcels are pushed to a warehouse's system, that system says how they stand; elsewhere their merchant does.
        Rule(START,               E.PARCEL_PLANNED,    C.PUSHING,           by(A.SYSTEM),            (F.PUSH_PARCEL,), Fact.AT_WMS),
        Rule(START,               E.PARCEL_PLANNED,    C.AWAITING_SHIPMENT, by(A.SYSTEM)),
        Rule(C.AWAITING_SHIPMENT, E.PARCELS_SHIPPED,   C.IN_TRANSIT,        by(A.MERCHANT),          (F.FOLLOW_PARCEL,)),
        Rule(C.AWAITING_SHIPMENT, E.GOODS_CANCELLED,   C.CANCELLED,         by(A.BUYER, A.MERCHANT), when=Fact.NOTHING_LEFT),
        Rule(C.AWAITING_SHIPMENT, E.GOODS_CANCELLED,   C.AWAITING_SHIPMENT, by(A.BUYER, A.MERCHANT)),
        Rule(C.PUSHING,           E.PARCEL_PROGRESSED, C.AT_WAREHOUSE,      by(A.WAREHOUSE)),
        Rule(C.PUSHING,           E.PUSH_REFUSED,      C.AWAITING_SHIPMENT, by(A.WAREHOUSE)),
        # After long, people hear of it too: keys may be missing, or the warehouse gone. They can take the parcel from it.
        Rule(C.PUSHING,           E.PUSH_OVERDUE,      C.PUSHING,           by(A.CLOCK),             (F.PUSH_PARCEL,), Fact.LATE),
        Rule(C.PUSHING,           E.PUSH_OVERDUE,      C.PUSHING,           by(A.CLOCK),             (F.PUSH_PARCEL,)),
        Rule(C.PUSHING,           E.PARCEL_RECALLED,   C.AWAITING_SHIPMENT, by(*PEOPLE)),
        Rule(C.AT_WAREHOUSE,      E.PARCEL_RECALLED,   C.AWAITING_SHIPMENT, by(*PEOPLE)),
        # What a warehouse says last may get lost: it is asked what it has sent.
        Rule(C.AT_WAREHOUSE,      E.WAREHOUSE_SILENT,  C.AT_WAREHOUSE,      by(A.CLOCK),             (F.ASK_WAREHOUSE,), Fact.LATE),
        Rule(C.AT_WAREHOUSE,      E.WAREHOUSE_SILENT,  C.AT_WAREHOUSE,      by(A.CLOCK),             (F.ASK_WAREHOUSE,)),
        Rule(C.AT_WAREHOUSE,      E.PARCEL_PROGRESSED, C.AT_WAREHOUSE,      by(A.WAREHOUSE)),
        # A warehouse may send one parcel in several packages: each becomes a parcel of its own.
        Rule(START,               E.PARCELS_SHIPPED,   C.IN_TRANSIT,        by(A.WAREHOUSE),         (F.FOLLOW_PARCEL,)),
        Rule(C.PUSHING,           E.PARCELS_SHIPPED,   C.AT_WAREHOUSE,      by(A.WAREHOUSE),         when=Fact.MORE_TO_COME),
        Rule(C.PUSHING,           E.PARCELS_SHIPPED,   C.IN_TRANSIT,        by(A.WAREHOUSE),         (F.FOLLOW_PARCEL,)),
        Rule(C.AT_WAREHOUSE,      E.PARCELS_SHIPPED,   C.AT_WAREHOUSE,      by(A.WAREHOUSE),         when=Fact.MORE_TO_COME),
        Rule(C.AT_WAREHOUSE,      E.PARCELS_SHIPPED,   C.IN_TRANSIT,        by(A.WAREHOUSE),         (F.FOLLOW_PARCEL,)),
        Rule(C.INTERCEPTING,      E.PARCELS_SHIPPED,   C.INTERCEPTING,      by(A.WAREHOUSE),         when=Fact.MORE_TO_COME),
        Rule(C.INTERCEPTING,      E.PARCELS_SHIPPED,   C.IN_TRANSIT,        by(A.WAREHOUSE),         (F.FOLLOW_PARCEL,)),
        Rule(C.PUSHING,           E.GOODS_MISSING,     C.CANCELLED,         by(A.WAREHOUSE)),
        Rule(C.AT_WAREHOUSE,      E.GOODS_MISSING,     C.CANCELLED,         by(A.WAREHOUSE)),
        Rule(C.INTERCEPTING,      E.GOODS_MISSING,     C.CANCELLED,         by(A.WAREHOUSE)),
        Rule(C.PUSHING,           E.INTERCEPT_REQUESTED, C.INTERCEPTING,    by(A.BUYER, A.MERCHANT), (F.INTERCEPT_PARCEL,)),
        Rule(C.AT_WAREHOUSE,      E.INTERCEPT_REQUESTED, C.INTERCEPTING,    by(A.BUYER, A.MERCHANT), (F.INTERCEPT_PARCEL,)),
        Rule(C.INTERCEPTING,      E.INTERCEPT_ACCEPTED, C.CANCELLED,        by(A.WAREHOUSE, *PEOPLE)),
        Rule(C.INTERCEPTING,      E.INTERCEPT_REJECTED, C.AT_WAREHOUSE,     by(A.WAREHOUSE)),
        # No answer is not an answer: ask again, under the same number.
        Rule(C.INTERCEPTING,      E.INTERCEPT_OVERDUE, C.INTERCEPTING,      by(A.CLOCK),             (F.INTERCEPT_PARCEL,), Fact.LATE),
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
        Rule(C.IN_TRANSIT,        E.RETURN_RECEIVED,   C.INCOMPLETE,        by(A.MERCHANT, A.WAREHOUSE), when=Fact.UNITS_MISSING),
        Rule(C.IN_TRANSIT,        E.RETURN_RECEIVED,   C.CAME_BACK,         by(A.MERCHANT, A.WAREHOUSE)),
        Rule(C.TROUBLED,          E.RETURN_RECEIVED,   C.INCOMPLETE,        by(A.MERCHANT, A.WAREHOUSE), when=Fact.UNITS_MISSING),
        Rule(C.TROUBLED,          E.RETURN_RECEIVED,   C.CAME_BACK,         by(A.MERCHANT, A.WAREHOUSE)),
        Rule(C.RETURNING,         E.RETURN_RECEIVED,   C.INCOMPLETE,        by(A.MERCHANT, A.WAREHOUSE), when=Fact.UNITS_MISSING),
        Rule(C.RETURNING,         E.RETURN_RECEIVED,   C.CAME_BACK,         by(A.MERCHANT, A.WAREHOUSE)),
        Rule(C.RETURNED,          E.RETURN_RECEIVED,   C.INCOMPLETE,        by(A.MERCHANT, A.WAREHOUSE), when=Fact.UNITS_MISSING),
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
# fmt: on
