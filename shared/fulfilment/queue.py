"""In which work list does a sub-order stand, and where? First paid, first served.

``priority = paid_at - boost`` is the one sort key; boosts (perishable goods, VIP buyers) come with their policy.
It is text, so that one index serves every list: twelve digits of seconds, then the sub-order, to be unique.
"""

from typing import Any

from shared.lifecycle import SubOrderState
from shared.model import sub_order_id

NO_QUEUE: dict[str, Any] = {"queue": None, "priority": None}


def merchant_queue(merchant_id: str) -> str:
    return f"merchant:{merchant_id}:{SubOrderState.AWAITING_SHIPMENT}"


def place_in_queue(merchant_id: str, order_id: str, number: int, paid_at: int) -> dict[str, Any]:
    priority = f"{paid_at:012}#{sub_order_id(order_id, number)}"
    return {"queue": merchant_queue(merchant_id), "priority": priority}
