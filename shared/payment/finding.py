"""Whose money is this? From the numbers in a fact to the order and the try to pay that it is about.

Our own numbers carry the order's: an attempt's reference is the order's id and two digits, a refund's number the
order's id and more. A message that names only its transaction is found through the row under which that was booked.
"""

import re

from shared.context import ID_PATTERN
from shared.errors import UnknownReference
from shared.model import Payment, Refund, WholeOrder
from shared.payment.facts import Fact, RefundFact, paid_name
from shared.store.orders import OrderStore

ORDER_ID_LENGTH = 26
_REFERENCE = re.compile(rf"{ID_PATTERN}[0-9]{{2}}", re.ASCII)
_REFUND_NUMBER = re.compile(rf"{ID_PATTERN}R[0-9]{{2,4}}(x[0-9]{{1,3}})?", re.ASCII)


def order_of(orders: OrderStore, fact: Fact) -> str:
    """The order's id, as far as the fact names one. Raises ``UnknownReference``: it names nothing that we know."""
    if _REFERENCE.fullmatch(fact.reference):
        return fact.reference[:ORDER_ID_LENGTH]
    if isinstance(fact, RefundFact) and _REFUND_NUMBER.fullmatch(fact.number):
        return fact.number[:ORDER_ID_LENGTH]
    booked = orders.booked(paid_name(fact.provider, fact.transaction_id)) if fact.transaction_id else None
    if booked is None:
        raise UnknownReference("no order has this reference")
    return booked


def payment_of(whole: WholeOrder, fact: Fact) -> Payment:
    """The try to pay. Raises ``UnknownReference``."""
    found = next((p for p in whole.payments if _is_about(whole, p, fact)), None)
    if found is None or found.provider != fact.provider:
        raise UnknownReference("no payment has this reference")
    return found


def _is_about(whole: WholeOrder, payment: Payment, fact: Fact) -> bool:
    if fact.reference:
        return payment.reference == fact.reference
    own = [refund for refund in whole.refunds if refund.payment == payment.number]
    if isinstance(fact, RefundFact) and any(fact.number in refund.numbers_used for refund in own):
        return True
    kept = (money.transaction_id for money in payment.quarantined)
    numbers = {payment.transaction_id, *(refund.transaction_id for refund in own), *kept}
    return bool(fact.transaction_id) and fact.transaction_id in numbers


def refund_of(whole: WholeOrder, payment: Payment, fact: RefundFact) -> Refund | None:
    """The refund of *payment* that was asked for, or found, under this number."""
    own = (refund for refund in whole.refunds if refund.payment == payment.number)
    return next((refund for refund in own if fact.number in refund.numbers_used), None)
