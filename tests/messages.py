"""What the provider of a test posts: made of what the order is now, each message under an event of its own."""

from typing import Any

from shared.model import WholeOrder
from shared.money import Money
from shared.payment.facts import (
    DisputeFact,
    DisputeKind,
    PaymentFact,
    PaymentKind,
    RefundFact,
    RefundOutcome,
)


class Messages:
    """Half of ``tests.builders.Trade``: what is told, before anybody hears it. *fields* replace what is usual."""

    whole: WholeOrder

    def __init__(self) -> None:
        self._numbers = 0

    def new_number(self) -> int:
        self._numbers += 1
        return self._numbers

    def notice(self, number: int = 1, *, is_success: bool = True, **fields: Any) -> PaymentFact:
        """Try *number* was paid, in full, to us; or it failed."""
        count, order = self.new_number(), self.whole.order
        made = PaymentFact(
            provider="sandbox",
            event_id=f"evt_{count}",
            reference=f"{order.order_id}{number:02}",
            kind=PaymentKind.PAID if is_success else PaymentKind.FAILED,
            transaction_id=f"tx_{count}" if is_success else "",
            money=Money(order.payable_minor, order.currency),
            is_our_account=True,
            failure="" if is_success else "insufficient_balance",
        )
        return made._replace(**fields)

    def so_far(self, kind: str, amount_minor: int, number: int = 1, **fields: Any) -> PaymentFact:
        """Of try *number* so much was captured (``part``) or ``reversed`` so far, all as one transaction."""
        money = Money(amount_minor, self.whole.order.currency)
        about = {"kind": PaymentKind(kind), "money": money, "transaction_id": f"tx_of_{number}"}
        return self.notice(number, **about | fields)

    def refund_notice(self, outcome: str, number: int = 1, **fields: Any) -> RefundFact:
        """How refund *number* went, under the number that the provider was asked for last."""
        refund = self.whole.refunds[number - 1]
        event_id, told = f"evt_{self.new_number()}", RefundOutcome(outcome)
        money = Money(refund.amount_minor, refund.currency)
        return RefundFact("sandbox", event_id, refund.provider_refund_id, told, money)._replace(**fields)

    def found_refund(self, amount_minor: int, number: str = "by_hand_1", **fields: Any) -> RefundFact:
        """The provider's people refunded so much of the first payment by hand."""
        event_id, order = f"evt_{self.new_number()}", self.whole.order
        money, reference = Money(amount_minor, order.currency), f"{order.order_id}01"
        made = RefundFact("sandbox", event_id, number, RefundOutcome.SUCCEEDED, money, reference)
        return made._replace(**fields)

    def dispute(self, kind: str, amount_minor: int | None = None, **fields: Any) -> DisputeFact:
        """A dispute about the first payment: if nothing else is said, about all of it."""
        event_id, order = f"evt_{self.new_number()}", self.whole.order
        money = Money(order.payable_minor if amount_minor is None else amount_minor, order.currency)
        about, reference = DisputeKind(kind), f"{order.order_id}01"
        return DisputeFact("sandbox", event_id, "dp_1", about, money, reference)._replace(**fields)
