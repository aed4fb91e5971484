"""A payment provider that gives the answers it was given, and remembers what it was asked.

    provider.answers["refund"] = [Unavailable("..."), refunded("succeeded")]

One answer for each question, in turn; the last one repeats. An exception is raised, a function is called with what
was asked about, anything else is the answer. Without an answer nothing may be asked.
"""

from collections.abc import Callable
from typing import Any

from shared.model import Payment, Refund
from shared.money import Money
from shared.outside import Outside
from shared.payment.facts import PaymentFact, PaymentKind, RefundFact, RefundOutcome
from shared.payment.port import Headers, Manners, Notice, PayKind, PayWith, Reply, Told


class ScriptedProvider:
    def __init__(self, name: str = "sandbox", manners: Manners = Manners()) -> None:  # noqa: B008
        self.name, self.manners = name, manners
        self.answers: dict[str, list[Any]] = {
            "create": [PayWith(PayKind.REDIRECT, "https://pay.invalid/page")]
        }
        self.asked: list[tuple[str, str]] = []  # (question, under which of our numbers)

    def verify(self, headers: Headers, raw_body: bytes, now: int) -> Notice:
        raise AssertionError("no message comes here")

    def interpret(self, notice: Notice) -> tuple[Any, ...]:
        raise AssertionError("no message comes here")

    def acknowledge(self, outcome: Told) -> Reply:
        raise AssertionError("no message comes here")

    def create(self, outside: Outside, payment: Payment, *, now: int) -> PayWith:
        return self._answer("create", payment.reference, payment)

    def query(self, outside: Outside, payment: Payment, *, now: int) -> PaymentFact | None:
        return self._answer("query", payment.reference, payment)

    def close(self, outside: Outside, payment: Payment, *, now: int) -> PaymentFact | None:
        return self._answer("close", payment.reference, payment)

    def refund(self, outside: Outside, payment: Payment, refund: Refund, *, now: int) -> RefundFact:
        return self._answer("refund", refund.provider_refund_id, payment, refund)

    def query_refund(
        self, outside: Outside, payment: Payment, refund: Refund, *, now: int
    ) -> RefundFact | None:
        return self._answer("query_refund", refund.provider_refund_id, payment, refund)

    def _answer(self, question: str, number: str, *about: Any) -> Any:
        self.asked.append((question, number))
        answers = self.answers.get(question, [])
        assert answers, f"nobody was to ask the provider to {question}"
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer(*about) if callable(answer) else answer


def refunded(outcome: str, failure: str = "") -> Callable[[Payment, Refund], RefundFact]:
    """The provider's answer about whichever refund it is asked for."""

    def answer(payment: Payment, refund: Refund) -> RefundFact:
        return RefundFact(
            payment.provider,
            "",
            refund.provider_refund_id,
            RefundOutcome(outcome),
            Money(refund.amount_minor, refund.currency),
            payment.reference,
            failure=failure,
        )

    return answer


def paid(
    transaction_id: str, amount_minor: int | None = None, currency: str = "CNY", kind: str = "paid"
) -> Callable[[Payment], PaymentFact]:
    """The provider's answer about whichever try it is asked about: it was paid, in full if nothing else is said."""

    def answer(payment: Payment) -> PaymentFact:
        money = Money(payment.amount_minor if amount_minor is None else amount_minor, currency)
        about = PaymentKind(kind)
        return PaymentFact(payment.provider, "", payment.reference, about, transaction_id, money, True)

    return answer
