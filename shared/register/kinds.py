"""What can be wrong with an order (RULES 12): whose work it is, until when, by which playbook, and by which actions.

One row each. An entry is *open* until its row leaves the states in which the trouble ``lasts``, or until somebody
closes it with one of its actions, which must be found in the order's history, or says why nothing needs to be done.
Each kind's playbook is ``docs/playbooks/<kind, with "-">.md``; each action is a route of the product.
"""

from enum import StrEnum, auto
from typing import NamedTuple

from shared.lifecycle import (
    CaseState,
    DisputeState,
    Event,
    OrderState,
    ParcelState,
    RefundState,
    SettlementState,
    SubOrderState,
    TransferState,
)

E = Event
HOUR = 3600
NO_ACTION = "no_action_needed"  # With a reason; it is open to every kind but those that a decision ends.


class Owner(StrEnum):
    """Who works on it. What is late goes to an operator."""

    SUPPORT = auto()
    OPERATOR = auto()
    MERCHANT = auto()
    WAREHOUSE = auto()


class Deed(NamedTuple):
    """An action: the route that does it, and the events that show that it was done. None: no order shows it."""

    route: str
    shown_by: tuple[E, ...] = ()


# fmt: off
DEEDS: dict[str, Deed] = {
    "refund":              Deed("POST /orders/{order_id}/refunds", (E.REFUND_REQUESTED, E.CASE_REFUNDED)),
    "reship":              Deed("POST /orders/{order_id}/after-sales", (E.REPLACEMENT_ORDERED,)),
    "compensate":          Deed("POST /support/after-sales", (E.COMPENSATION_GIVEN,)),
    "correct_address":     Deed("POST /orders/{order_id}/address", (E.ADDRESS_CORRECTED,)),
    "retry_payment":       Deed("POST /orders/{order_id}/payments", (E.PAYMENT_STARTED,)),
    "retry_refund":        Deed("POST /orders/{order_id}/refunds/{refund_id}/retry", (E.REFUND_RETRIED,)),
    "pay_refund_otherwise": Deed("POST /orders/{order_id}/refunds/{refund_id}/payout", (E.REFUND_PAID_OTHERWISE,)),
    "report_parcel":       Deed("POST /orders/{order_id}/parcels/{parcel}/report",
                                (E.PARCEL_DELIVERED, E.PARCEL_TROUBLED, E.PARCEL_MOVED, E.PARCEL_RETURNING,
                                 E.PARCEL_RETURNED)),
    "write_off":           Deed("POST /orders/{order_id}/parcels/{parcel}/loss", (E.PARCEL_LOST,)),
    "recall":              Deed("POST /orders/{order_id}/parcels/{parcel}/recall", (E.PARCEL_RECALLED,)),
    "receive_return":      Deed("POST /merchant/sub-orders/{sub_order_id}/returns", (E.RETURN_RECEIVED,)),
    "ship":                Deed("POST /merchant/sub-orders/{sub_order_id}/shipment", (E.PARCELS_SHIPPED,)),
    "cancel":              Deed("POST /merchant/sub-orders/{sub_order_id}/cancellation",
                                (E.GOODS_CANCELLED, E.INTERCEPT_REQUESTED)),
    "review":              Deed("POST /reviews/{order_id}", (E.REVIEW_APPROVED, E.REVIEW_REJECTED)),
    "decide_case":         Deed("POST /merchant/after-sales/{case_id}/decision", (E.CASE_APPROVED, E.CASE_REFUSED)),
    "receive_case":        Deed("POST /merchant/after-sales/{case_id}/receipt", (E.GOODS_ARRIVED,)),
    "inspect_case":        Deed("POST /merchant/after-sales/{case_id}/inspection", (E.GOODS_INSPECTED,)),
    "rule_case":           Deed("POST /support/disputes/{case_id}/ruling", (E.CASE_RULED,)),
    "answer_of_warehouse": Deed("POST /webhooks/warehouses/{warehouse}",
                                (E.PARCEL_PROGRESSED, E.PARCELS_SHIPPED, E.PUSH_REFUSED, E.GOODS_MISSING,
                                 E.INTERCEPT_ACCEPTED, E.INTERCEPT_REJECTED)),
    "answer_of_provider":  Deed("POST /webhooks/payments/{provider}",
                                (E.REFUND_ACCEPTED, E.REFUND_SUCCEEDED, E.REFUND_FAILED, E.REFUND_FOUND,
                                 E.DISPUTE_WON, E.DISPUTE_LOST, E.PAYMENTS_CLOSED, E.PAYMENT_SUCCEEDED)),
    "publish":             Deed("POST /operator/catalogue/{kind}"),
    "adjust_stock":        Deed("POST /operator/stock/movements"),
    "repair_stock":        Deed("POST /operator/stock/drift-check"),
    "refund_at_provider":  Deed("POST /webhooks/payments/{provider}"),
    "approve":             Deed("POST /register/{entry_id}/resolution"),
    "refuse":              Deed("POST /register/{entry_id}/resolution"),
}
# fmt: on


class Kind(NamedTuple):
    owner: Owner
    hours: int  # Until then it is worked on, or an operator has it.
    deeds: tuple[str, ...]
    lasts: tuple[str, ...] = ()  # The states of its row in which it stays; empty: only people end it.
    is_decision: bool = False  # It is ended by one of its actions alone.

    @property
    def actions(self) -> tuple[str, ...]:
        """What it may be closed with."""
        return self.deeds if self.is_decision else (*self.deeds, NO_ACTION)


BUYERS_SIDE = ("refund", "reship", "compensate")
COMING_BACK = (ParcelState.RETURNING, ParcelState.RETURNED)
UNPAID = (OrderState.PENDING_PAYMENT, OrderState.CLOSING)
CASE_OPEN = tuple(state for state in CaseState if state not in (CaseState.COMPLETED, CaseState.CLOSED))
TO_BE_SENT = (SubOrderState.AWAITING_SHIPMENT, SubOrderState.INTERCEPTING)
REVIEWED = (SubOrderState.UNDER_REVIEW, SubOrderState.ESCALATED)
S, O, M, W = Owner.SUPPORT, Owner.OPERATOR, Owner.MERCHANT, Owner.WAREHOUSE  # noqa: E741

# fmt: off
KINDS: dict[str, Kind] = {
    "payment_failed":      Kind(S, 2,   ("retry_payment",), UNPAID),
    "payment_not_closed":  Kind(O, 4,   ("answer_of_provider",), (OrderState.CLOSING,)),
    "money_quarantined":   Kind(O, 24,  ("refund_at_provider", "refund")),
    "webhook_quarantined": Kind(O, 24,  ("refund_at_provider",)),
    "fraud_warned":        Kind(O, 24,  ("refund", "cancel", "review")),
    "chargeback":          Kind(O, 72,  ("answer_of_provider",), (DisputeState.PENDING,)),
    "refund_unknown":      Kind(O, 24,  ("answer_of_provider", "retry_refund", "pay_refund_otherwise"),
                                (RefundState.REQUESTED, RefundState.SUBMITTED)),
    "refund_refused":      Kind(O, 24,  ("retry_refund", "pay_refund_otherwise"), (RefundState.NEEDS_ACTION,)),
    "favour_waiting":      Kind(O, 24,  ("approve", "refuse"), is_decision=True),
    "review_overdue":      Kind(O, 24,  ("review",), (SubOrderState.ESCALATED,)),
    "split_refused":       Kind(S, 24,  ("publish", "adjust_stock", "review"), REVIEWED),
    "address_unclear":     Kind(S, 24,  ("correct_address", "report_parcel", *BUYERS_SIDE),
                                (ParcelState.AWAITING_SHIPMENT, ParcelState.TROUBLED)),
    "shipment_late":       Kind(M, 24,  ("ship", "cancel", "compensate"), TO_BE_SENT),
    "push_late":           Kind(W, 4,   ("answer_of_warehouse", "recall", "cancel"), (ParcelState.PUSHING,)),
    "warehouse_silent":    Kind(W, 24,  ("answer_of_warehouse", "recall", "cancel"),
                                (ParcelState.AT_WAREHOUSE,)),
    "push_refused":        Kind(M, 24,  ("ship", "cancel"), (ParcelState.AWAITING_SHIPMENT,)),
    "intercept_late":      Kind(W, 4,   ("answer_of_warehouse",), (ParcelState.INTERCEPTING,)),
    "goods_not_found":     Kind(W, 48,  ("adjust_stock", *BUYERS_SIDE)),
    "stock_move_late":     Kind(O, 4,   ("repair_stock",), (TransferState.WAITING,)),
    "stock_drift":         Kind(O, 24,  ("repair_stock",)),
    "tracking_silent":     Kind(S, 48,  ("report_parcel", *BUYERS_SIDE), (ParcelState.IN_TRANSIT,)),
    "parcel_troubled":     Kind(S, 24,  ("report_parcel", "write_off", *BUYERS_SIDE), (ParcelState.TROUBLED,)),
    "refused_delivery":    Kind(M, 96,  ("receive_return", "report_parcel"), COMING_BACK),
    "return_late":         Kind(M, 48,  ("receive_return", "report_parcel", "write_off"), COMING_BACK),
    "return_short":        Kind(S, 48,  ("write_off", "refund", "compensate", "adjust_stock"),
                                (ParcelState.INCOMPLETE,)),
    "wrong_goods":         Kind(M, 48,  ("decide_case", "rule_case", *BUYERS_SIDE), CASE_OPEN),
    "missing_goods":       Kind(M, 48,  ("decide_case", "rule_case", *BUYERS_SIDE), CASE_OPEN),
    "inspection_late":     Kind(S, 24,  ("inspect_case", "rule_case"), (CaseState.INSPECTING, CaseState.DISPUTED)),
    "dispute_late":        Kind(O, 24,  ("rule_case",), (CaseState.DISPUTED,)),
    "case_late":           Kind(S, 48,  ("receive_case", "rule_case", *BUYERS_SIDE),
                                (CaseState.RETURNING, CaseState.REPLACING)),
    "goods_unawaited":     Kind(S, 48,  ("adjust_stock", "refund", "compensate")),
    "settlement_blocked":  Kind(O, 168, ("rule_case", "answer_of_provider"), (SettlementState.WAITING,)),
    "escrow_thawing":      Kind(O, 48,  ("rule_case", "refund", "answer_of_provider")),
}
# fmt: on


def playbook(kind: str) -> str:
    """Where it is written what to do.

    >>> playbook("tracking_silent")
    'docs/playbooks/tracking-silent.md'
    """
    return f"docs/playbooks/{kind.replace('_', '-')}.md"
