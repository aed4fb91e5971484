"""Which tries to pay may still bring money? Until none may, nothing that was promised goes back."""

from shared.lifecycle import Fact, PaymentState
from shared.model import Payment, WholeOrder

LIVING = (PaymentState.OPEN, PaymentState.FAILED)  # Its provider may still turn it into money.


def payment_facts(whole: WholeOrder, besides: Payment | None = None) -> frozenset[Fact]:
    living = [
        p for p in whole.payments if p.state in LIVING and (besides is None or p.number != besides.number)
    ]
    return frozenset({Fact.PAYMENT_OPEN}) if living else frozenset()
