"""When is the merchant owed? Opened at completion, due on the day of its contract, not before the after-sale window is
over, and once (RULES 11.1)."""

from shared.aftersale.eligibility import policy_of
from shared.aftersale.return_policy import window_ends
from shared.changes import Draft
from shared.ledger import vouchers
from shared.ledger.contract import BUILT_IN, agreed_with
from shared.ledger.shares import shares_of
from shared.lifecycle import Event, SettlementState
from shared.model import Settlement, SubOrder, WholeOrder


def open_settlement(draft: Draft, sub_order: SubOrder, *, currency: str, now: int) -> None:
    """Note what the merchant will be owed for *sub_order*; its clock starts with it."""
    draft.create(
        Settlement(
            number=sub_order.number,
            merchant_id=sub_order.merchant_id,
            amount_minor=sub_order.kept_minor,
            currency=currency,
            state=SettlementState.WAITING,
            opened_at=now,
            window_ends_at=window_of_all(draft.whole, sub_order),
            payable_from=_payable_from(draft.whole, sub_order, now),
        ),
        Event.SETTLEMENT_OPENED,
    )


def window_of_all(whole: WholeOrder, sub_order: SubOrder) -> int | None:
    """When nothing of *sub_order* can be asked for any more, for whatever reason.

    None: it was not received, or its buyer has nothing left of it, so nobody can come back with it.
    """
    kept = [line for line in whole.lines_of(sub_order) if sub_order.gone(line) < line.quantity]
    if sub_order.completed_at is None or not kept:
        return None
    policies = [policy_of(whole, line) for line in kept]
    days = max(max(policy.window_days, policy.quality_window_days) for policy in policies)
    return window_ends(sub_order.completed_at, days)


def settle(draft: Draft, settlement: Settlement, *, now: int) -> None:
    """Move the money from escrow to whom it belongs: the merchant, and what the contract gives the platform."""
    whole = draft.whole
    sub_order = whole.sub_orders[settlement.number - 1]
    shares, contract = (
        shares_of(whole, sub_order),
        agreed_with(whole.snapshot.contracts, settlement.merchant_id),
    )
    assert shares.kept_minor == settlement.amount_minor, "what is kept of a part is what is settled of it"
    draft.move(settlement, Event.SETTLEMENT_DUE, settled_at=now)
    draft.post(vouchers.settled(whole.order.order_id, settlement, shares, contract))


def _payable_from(whole: WholeOrder, sub_order: SubOrder, now: int) -> int | None:
    contract = agreed_with(whole.snapshot.contracts, sub_order.merchant_id)
    return None if contract is BUILT_IN else contract.payable_from(sub_order.completed_at or now)
