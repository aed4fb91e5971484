"""What the platform's people make good where no return can: points at once, and money when all is settled."""

from typing import Any

from local.demo import denied
from local.demo.buying import buyer
from local.demo.invoices import Sale
from local.demo.refunding import give
from local.demo.stage import SUPPORT, Stage

COMPENSATION_MINOR, CREATED = 1_250, 201
TOO_MUCH_MINOR = 10**8
PART = 10  # A tenth of what was paid.


def compensated(stage: Stage, sale: Sale, order_id: str) -> None:
    """In points; so much that one person may not give it is refused."""
    target = "/support/after-sales"
    body: dict[str, Any] = {"order_id": order_id, "sub_order": 1, "reason": "waited_too_long"}
    key = f"{sale.number}-compensation"
    large = body | {"amount": TOO_MUCH_MINOR}
    what = "a compensation that needs a second person"
    denied.refused(
        stage, what, order_id, SUPPORT, target, large, "second_person_needed", key=f"{key}-too-large"
    )
    answer = stage.client.command(SUPPORT, target, body | {"amount": COMPENSATION_MINOR}, key=key)
    assert answer.status == CREATED, f"not compensated: {answer}"


def favoured_late(stage: Stage, sale: Sale, order_id: str) -> None:
    """After it was settled: its merchant owes what support gives."""
    order = stage.client.get(buyer(sale), f"/orders/{order_id}")
    amount = max(1, order["payable"]["amount"] // PART)
    answer = give(stage, order_id, amount, "damaged", key=f"{sale.number}-late-favour")
    assert not answer.is_refusal, f"no favour: {answer}"
