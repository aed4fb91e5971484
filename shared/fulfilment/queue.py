"""In which work list does a sub-order stand, and where? First paid, first served.

``priority = paid_at - boost`` is the one sort key of every list: a merchant's, a warehouse's, the reviewers'. The
boost (perishable goods, the buyer's level) was agreed when the order was placed. It is text, so that one index serves
every list: twelve digits of seconds, then the sub-order, to be unique.
"""

from typing import Any

from shared.lifecycle import SubOrderState
from shared.model import SubOrder, sub_order_id

NO_QUEUE: dict[str, Any] = {"queue": None, "priority": None}


def merchant_queue(merchant_id: str) -> str:
    return f"merchant:{merchant_id}:{SubOrderState.AWAITING_SHIPMENT}"


def review_queue(state: SubOrderState) -> str:
    """``under_review``: for support and operators; ``escalated``: for operators."""
    return f"review:{state}"


def priority_of(order_id: str, sub_order: SubOrder, paid_at: int) -> str:
    """First paid, first served; a boost of so many seconds counts as having paid so much earlier.

    >>> from shared.model import SubOrder
    >>> urgent = SubOrder(number=1, merchant_id="m", state=SubOrderState.AWAITING_SHIPMENT, goods_minor=0,
    ...                   freight_minor=0, payable_minor=0, boost_seconds=3600)
    >>> priority_of("01HF7YAT000000000000000000", urgent, 1_700_003_600)
    '001700000000#01HF7YAT000000000000000000-01'
    """
    return f"{max(0, paid_at - sub_order.boost_seconds):012}#{sub_order_id(order_id, sub_order.number)}"


def place_in_queue(queue: str, order_id: str, sub_order: SubOrder, paid_at: int) -> dict[str, Any]:
    return {"queue": queue, "priority": priority_of(order_id, sub_order, paid_at)}
