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

from shared.lifecycle.cases import AFTER_SALE
from shared.lifecycle.orders import ORDER, SUB_ORDER, TRANSFER
from shared.lifecycle.parcels import PARCEL
from shared.lifecycle.payments import DISPUTE, PAYMENT, REFUND, SETTLEMENT
from shared.lifecycle.rows import Deadline, Machine, Rule
from shared.lifecycle.vocabulary import (
    START,
    Actor,
    CaseState,
    DisputeState,
    Effect,
    Event,
    Fact,
    OrderState,
    ParcelState,
    PaymentState,
    RefundState,
    SettlementState,
    SubOrderState,
    TransferState,
)

__all__ = [
    "AFTER_SALE",
    "DISPUTE",
    "MACHINES",
    "ORDER",
    "PARCEL",
    "PAYMENT",
    "REFUND",
    "SETTLEMENT",
    "START",
    "SUB_ORDER",
    "TRANSFER",
    "Actor",
    "CaseState",
    "Deadline",
    "DisputeState",
    "Effect",
    "Event",
    "Fact",
    "Machine",
    "OrderState",
    "ParcelState",
    "PaymentState",
    "RefundState",
    "Rule",
    "SettlementState",
    "SubOrderState",
    "TransferState",
    "clock_started_by",
    "deadline_in",
]


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
