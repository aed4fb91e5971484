"""Which event of an order says that something is wrong: a table, read from above, the first row that fits a step.

A step is a row of ``shared.lifecycle`` that one row of the order took. What the event's note says (a reason, a code)
may decide what kind of trouble it is; personal data is never in it.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from shared.lifecycle import MACHINES, CaseState, Event, Fact, ParcelState, RefundState, Rule
from shared.register.kinds import KINDS

ADDRESS = r"addr|consignee|recipient|receiver_unknown"  # What carriers and warehouses call it.
CASES_OF_WRONG = r"^(wrong_goods|not_as_described)$"  # Of shared.aftersale.return_policy.Reason.
CASES_OF_MISSING = r"^(missing_goods|not_received)$"
SAID_IN = ("reason", "code", "failure")  # Members of a note that hold a code.


class Detector(NamedTuple):
    machine: str
    event: Event
    kind: str
    targets: tuple[str, ...] = ()  # Only where the row leads there; empty: wherever it leads.
    facts: tuple[Fact | None, ...] = ()  # Only rows with one of these facts.
    said: str = ""  # Only if a code of the note matches.
    about_order: bool = False  # It is the whole order's trouble, however many of its rows had it.

    def fits(self, rule: Rule, note: Mapping[str, Any]) -> bool:
        if (rule.machine, rule.event) != (self.machine, self.event):
            return False
        if (self.targets and rule.target not in self.targets) or (self.facts and rule.when not in self.facts):
            return False
        codes = [str(note[name]) for name in SAID_IN if name in note]
        return not self.said or any(re.search(self.said, code, re.IGNORECASE) for code in codes)


E, D = Event, Detector
BLOCKED = (Fact.DISPUTED, Fact.CASE_OPEN)
ASKED_LONG = (Fact.LATE,)  # Until then it is merely asked again.
# fmt: off
DETECTORS: tuple[Detector, ...] = (
    D("payment",    E.PAYMENT_FAILED,      "payment_failed", about_order=True),
    D("order",      E.CLOSING_TIMED_OUT,   "payment_not_closed"),
    D("payment",    E.PAYMENT_QUARANTINED, "money_quarantined"),
    D("refund",     E.REFUND_QUARANTINED,  "money_quarantined"),
    D("payment",    E.FRAUD_WARNED,        "fraud_warned"),
    D("dispute",    E.DISPUTE_OPENED,      "chargeback"),
    D("dispute",    E.ATTENTION_OVERDUE,   "chargeback"),
    D("refund",     E.REFUND_OVERDUE,      "refund_unknown", facts=(None,)),  # A dispute is why nobody asks.
    D("refund",     E.REFUND_FAILED,       "refund_refused", targets=(RefundState.NEEDS_ACTION,)),
    D("refund",     E.ATTENTION_OVERDUE,   "refund_refused"),
    D("sub_order",  E.REVIEW_OVERDUE,      "review_overdue"),
    D("sub_order",  E.SPLIT_REFUSED,       "split_refused"),
    D("sub_order",  E.SHIPMENT_OVERDUE,    "shipment_late"),
    D("parcel",     E.PUSH_OVERDUE,        "push_late", facts=ASKED_LONG),
    D("parcel",     E.WAREHOUSE_SILENT,    "warehouse_silent", facts=ASKED_LONG),
    D("parcel",     E.PUSH_REFUSED,        "address_unclear", said=ADDRESS),
    D("parcel",     E.PUSH_REFUSED,        "push_refused"),
    D("parcel",     E.INTERCEPT_OVERDUE,   "intercept_late", facts=ASKED_LONG),
    D("parcel",     E.GOODS_MISSING,       "goods_not_found"),
    D("transfer",   E.TRANSFER_OVERDUE,    "stock_move_late"),
    D("parcel",     E.PARCEL_SILENT,       "tracking_silent"),
    D("parcel",     E.PARCEL_TROUBLED,     "address_unclear", said=ADDRESS),
    D("parcel",     E.PARCEL_TROUBLED,     "parcel_troubled"),
    D("parcel",     E.ATTENTION_OVERDUE,   "parcel_troubled", targets=(ParcelState.TROUBLED,)),
    D("parcel",     E.ATTENTION_OVERDUE,   "return_short", targets=(ParcelState.INCOMPLETE,)),
    D("parcel",     E.ATTENTION_OVERDUE,   "return_late"),
    D("parcel",     E.PARCEL_RETURNING,    "refused_delivery"),
    D("parcel",     E.PARCEL_RETURNED,     "refused_delivery"),
    D("parcel",     E.RETURN_RECEIVED,     "return_short", targets=(ParcelState.INCOMPLETE,)),
    D("after_sale", E.CASE_REQUESTED,      "wrong_goods", said=CASES_OF_WRONG),
    D("after_sale", E.CASE_REQUESTED,      "missing_goods", said=CASES_OF_MISSING),
    D("after_sale", E.INSPECTION_OVERDUE,  "inspection_late", targets=(CaseState.DISPUTED,)),
    D("after_sale", E.RULING_OVERDUE,      "dispute_late"),
    D("after_sale", E.ATTENTION_OVERDUE,   "case_late"),
    D("after_sale", E.GOODS_ARRIVED,       "goods_unawaited",
      targets=(CaseState.REPLACING, CaseState.COMPLETED, CaseState.CLOSED)),
    D("settlement", E.SETTLEMENT_DUE,      "settlement_blocked", facts=BLOCKED),
)
# fmt: on

# Deadlines whose passing is how things are meant to end: nothing is wrong, so nobody is to look.
MEANT_TO_PASS = frozenset(
    {
        ("order", E.PLACING_TIMED_OUT),
        ("order", E.PAYMENT_TIMED_OUT),
        ("sub_order", E.REVIEW_TIMED_OUT),  # The review's own default; that it was overdue is known.
        ("sub_order", E.RECEIPT_TIMED_OUT),
        ("after_sale", E.CASE_UNANSWERED),  # Silence is a yes,
        ("after_sale", E.CASE_EXPIRED),  # or the end of it,
        ("after_sale", E.ASSESSMENT_UNANSWERED),  # or agreement.
    }
)
RULES: Mapping[str, Rule] = {rule.name: rule for machine in MACHINES.values() for rule in machine.rules}


def detected(rule: Rule, note: Mapping[str, Any]) -> Detector | None:
    """What is wrong, if this step says that something is."""
    return next((detector for detector in DETECTORS if detector.fits(rule, note)), None)


def _machine_of(detector: Detector) -> str:
    return "order" if detector.about_order else detector.machine


def _may_end(rule: Rule) -> bool:
    """Whether this step takes a row out of the states in which some trouble of it lasts."""
    kinds = {d.kind for d in DETECTORS if _machine_of(d) == rule.machine}
    return any(rule.source in KINDS[kind].lasts and rule.target not in KINDS[kind].lasts for kind in kinds)


OPENING = frozenset(detector.event for detector in DETECTORS)
ENDING = frozenset(rule.event for rule in RULES.values() if _may_end(rule))
LISTENED = OPENING | ENDING  # What the register must hear of; the rule on the bus lets nothing else through.
