"""A buyer at the till: opens a provider's page from the shop's answer, pays there, and looks how the order stands."""

from typing import Any

from local.demo import made_up
from local.demo.buying import buyer
from local.demo.happened import Kind
from local.demo.invoices import Sale
from local.demo.stage import Stage

TRIES = 4


class Till:
    """One buyer, one order. *provider* is the first one that the buyer chooses."""

    def __init__(self, stage: Stage, sale: Sale, order: dict[str, Any], provider: str) -> None:
        self.stage, self.sale, self.provider = stage, sale, provider
        self.order_id: str = order["order_id"]
        self.payable_minor: int = order["payable"]["amount"]
        self._order, self._pages = order, 0
        self._at: dict[str, str] = {}  # Reference -> provider.

    def now(self) -> int:
        return self.stage.now()

    def other_provider(self) -> str:
        return made_up.another_provider(self.sale.number, self.provider)

    def draw(self, about: str, below: int) -> int:
        return made_up.draw(f"{about} {self.sale.number}", below)

    def opens(self, provider: str = "") -> str:
        """Start a try to pay and go where the shop sends its buyer. Returns the reference.

        While nobody can say whether it was opened, the same is asked again, under the same key.
        """
        provider = provider or self.provider
        self._pages += 1
        key = f"{self.sale.number}-pay-{self._pages}"
        target = f"/orders/{self.order_id}/payments"
        for _ in range(TRIES):
            answer = self.stage.client.command(buyer(self.sale), target, {"provider": provider}, key=key)
            if not answer.is_unknown:
                break
        assert not answer.is_refusal, f"no payment: {answer}"
        reference = str(answer.value["reference"])
        self._at[reference] = provider
        self._visits(answer.value)
        return reference

    def _visits(self, payment: dict[str, Any]) -> None:
        """Only Alipay has a page of its own; it knows of the payment when its page is opened, not before."""
        for _ in range(TRIES if payment["pay_url"] else 0):
            answer = self.stage.client.visit(payment["pay_url"])
            if not answer.is_unknown:
                assert not answer.is_refusal, f"no page: {answer}"
                return

    def pays(self, reference: str, **form: Any) -> None:
        """Pay on the page that was opened for *reference*; *form* as the desk takes it."""
        self.at_desk(reference, "pay", form)

    def at_desk(self, reference: str, what: str, form: dict[str, Any]) -> Any:
        return self.stage.client.desk(f"{self._at[reference]}/payments/{reference}/{what}", form)

    def breaks(self, fault: str, on: str, calls: int = 1, provider: str = "") -> None:
        """Let the provider's next *calls* of one kind go wrong."""
        form = {"next": calls, "fault": fault, "on": on}
        self.stage.client.desk(f"{provider or self.provider}/faults", form)

    def mends(self) -> None:
        """Let the provider be as it should again."""
        self.stage.client.desk(f"{self.provider}/faults", {"next": 0})

    def looks(self) -> Any:
        self._order = self.stage.client.get(buyer(self.sale), f"/orders/{self.order_id}")
        return self._order

    def must_be_paid(self, is_paid: bool = True) -> None:
        """Paid, or (of the last unit, which went to another buyer) paid and on its way back."""
        order = self.looks()
        is_now = order["state"] not in ("pending_payment", "closing", "cancelled")
        is_sold_out = any(refund["reason"] == "sold_out" for refund in order["refunds"])
        assert (is_now or is_sold_out) is is_paid, f"{self.sale.number} is {order['state']}"

    def cancels(self) -> None:
        target, key = f"/orders/{self.order_id}/cancellation", f"{self.sale.number}-cancel"
        answer = self.stage.client.command(buyer(self.sale), target, {"reason": "changed_mind"}, key=key)
        assert not answer.is_refusal, f"not cancelled: {answer}"

    def notes(self, kind: Kind, amount_minor: int = 0, subject: str = "ORDER") -> None:
        self.stage.note(kind, self.order_id, amount_minor or self.payable_minor, subject)
