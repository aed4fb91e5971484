"""Alipay tells of each refund only the sum of all refunds of its payment so far. What was this one, then?"""

from shared.errors import NotYetClear
from shared.lifecycle import RefundState
from shared.model import Payment, Refund, WholeOrder
from shared.money import Money
from shared.payment.facts import RefundFact

TOLD_IN_TOTAL = frozenset({"alipay"})


def number_at(provider: str, number: str) -> str:
    """What *provider* calls a refund of its people's making that ``told_in_total`` gave a number.

    >>> number_at("alipay", "HAND1-136"), number_at("stripe", "re_1-2")
    ('HAND1', 're_1-2')
    """
    return number.rpartition("-")[0] if provider in TOLD_IN_TOTAL and "-" in number else number


def told_in_total(whole: WholeOrder, payment: Payment, refund: Refund | None, fact: RefundFact) -> RefundFact:
    """The same fact with the amount of this refund alone; of 0, when it says nothing new.

    One of ours went with the amount that we asked for. What else is in the sum was made at the provider by hand.
    Raises ``NotYetClear`` while one of ours is under way and may be in the sum, or not: tell it again.
    """
    if refund is not None:
        return fact._replace(money=Money(refund.amount_minor, refund.currency), is_total=False)
    own = [r for r in whole.refunds if r.payment == payment.number]
    if any(r.state in (RefundState.REQUESTED, RefundState.SUBMITTED) for r in own):
        raise NotYetClear("one of our refunds is under way: tell it again")
    known = sum(r.sent_minor for r in own)  # One that the payer's bank sent back was in the sum, too.
    rest = max(0, fact.money.amount_minor - known)
    number = f"{fact.number}-{fact.money.amount_minor}"  # The same sum is the same news.
    return fact._replace(money=Money(rest, fact.money.currency), is_total=False, number=number)
