"""When is the merchant owed? Opened at completion, due after the after-sale window, once."""

from shared.changes import Draft
from shared.ledger import vouchers
from shared.lifecycle import Event, SettlementState
from shared.model import Settlement, SubOrder


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
        ),
        Event.SETTLEMENT_OPENED,
    )


def settle(draft: Draft, settlement: Settlement, *, now: int) -> None:
    """Move the money from escrow to the merchant's account."""
    draft.move(settlement, Event.SETTLEMENT_DUE, settled_at=now)
    draft.post(vouchers.settled(draft.whole.order.order_id, settlement))
