"""What may happen to the money of any order (``tests.any_life``): in parts, back again, by hand, by a bank."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random

from shared.errors import OrderError
from shared.money import Money
from shared.payment.disputes import record_dispute
from shared.payment.giving_back import kept_minor
from shared.payment.receiving import record_payment
from shared.payment.refunds import pay_otherwise, record_refund, retry_refund
from tests.builders import OPERATOR, ORDER_ID, Trade, a_request
from tests.memory import MemoryShop

Act = Callable[[Trade, Random], object]
VERDICTS = ("won", "lost")
MOVES = ("withdrawn", "reinstated")


def comes_in_part(trade: Trade, draw: Random) -> None:
    """Some more of a try is captured: too little, enough, or too much."""
    if trade.whole.payments:
        payment = draw.choice(trade.whole.payments)
        left = max(1, payment.amount_minor - payment.told_minor)
        more = draw.choice([left, left + 1, draw.randint(1, left)])
        fact = trade.so_far("part", payment.told_minor + more, payment.number)
        currency = draw.choices([payment.currency, "USD"], [9, 1])[0]
        fact = fact._replace(money=Money(fact.money.amount_minor, currency))
        record_payment(MemoryShop(trade.world), fact, now=trade.now)


def is_reversed(trade: Trade, draw: Random) -> None:
    """Some of what came goes again, also before we hear that it came."""
    if trade.whole.payments:
        payment = draw.choice(trade.whole.payments)
        left = max(1, payment.told_minor - payment.reversed_minor)
        told = payment.reversed_minor + draw.randint(1, left)
        record_payment(MemoryShop(trade.world), trade.so_far("reversed", told, payment.number), now=trade.now)


def is_refunded(trade: Trade, draw: Random) -> None:
    """The provider says something of a refund; now and then, that another amount went."""
    news = {
        "requested": ("succeeded", "failed", "pending"),
        "submitted": ("succeeded", "failed"),
        "needs_action": ("succeeded", "failed"),
        "succeeded": ("failed",),
        "failed": ("succeeded",),
        "covered": ("succeeded",),
    }
    if trade.whole.refunds:
        refund = draw.choice(trade.whole.refunds)
        if refund.state in ("requested", "submitted", "needs_action") or draw.random() < 0.2:
            told = draw.choice(news[refund.state])
            about = {"reference": trade.whole.payments[refund.payment - 1].reference}
            if draw.random() < 0.1:  # By hand, and then not by itself.
                made = trade.found_refund(refund.amount_minor, f"by_hand_{len(trade.world.changes)}", **about)
                record_refund(MemoryShop(trade.world), made, now=trade.now)
                told = "failed"
            notice = trade.refund_notice(told, refund.number, **about)
            other = draw.choices([0, 1, -1], [8, 1, 1])[0]
            amount = max(1, notice.money.amount_minor + other)
            notice = notice._replace(money=Money(amount, refund.currency))
            record_refund(MemoryShop(trade.world), notice, now=trade.now)


def is_refunded_by_hand(trade: Trade, draw: Random) -> None:
    """The provider's people send money back: of what they find there, or exactly what is promised here."""
    if trade.whole.payments:
        payment = draw.choice(trade.whole.payments)
        waiting = [r.amount_minor for r in trade.whole.refunds if r.state not in ("succeeded", "failed")]
        amount = draw.choice([*waiting, draw.randint(1, payment.amount_minor)])
        number = f"by_hand_{len(trade.world.changes)}"
        fact = trade.found_refund(amount, number, reference=payment.reference)
        record_refund(MemoryShop(trade.world), fact, now=trade.now)


def is_given_something(trade: Trade, draw: Random) -> None:
    """Support gives something back for no goods, of one part or of all."""
    part = draw.choice([None, *(s.number for s in trade.whole.sub_orders)])
    kept = kept_minor(trade.whole, part)
    if kept > 0:
        trade.give(draw.choice([kept, draw.randint(1, kept)]), part)


def is_retried(trade: Trade, draw: Random) -> None:
    """An operator tries a refused refund again, under a new number, or pays it by bank."""
    waiting = [refund for refund in trade.whole.refunds if refund.state == "needs_action"]
    if waiting:
        _see_through(trade, draw.choice(waiting).refund_id, by_bank=draw.random() < 0.3)


def _see_through(trade: Trade, refund_id: str, *, by_bank: bool) -> None:
    request = a_request(f"see-{trade.new_number()}", OPERATOR)
    shop, common = MemoryShop(trade.world), {"caller": OPERATOR, "now": trade.now, "request": request}
    if by_bank:
        pay_otherwise(shop, ORDER_ID, refund_id, transfer="TT-1", **common)
    else:
        retry_refund(shop, ORDER_ID, refund_id, **common)


def is_disputed(trade: Trade, draw: Random) -> None:
    """A bank, or the card's issuer, does or says something about a try, in whichever order."""
    if trade.whole.payments:
        payment = draw.choice(trade.whole.payments)
        name = draw.choice(["dp_1", "dp_2"])
        amount = payment.amount_minor if name == "dp_1" else max(1, payment.amount_minor // 3)
        kind = draw.choice(["opened", "opened", *MOVES, *MOVES, *VERDICTS, "warned"])
        fact = trade.dispute(kind, amount, dispute_id=f"{name}_{payment.number}", reference=payment.reference)
        record_dispute(MemoryShop(trade.world), fact, now=trade.now)


def a_bank_decides(trade: Trade, draw: Random) -> None:
    for dispute in trade.whole.disputes:
        if dispute.state == "pending":
            _decided(trade, dispute.number, draw.choice(VERDICTS))


def _decided(trade: Trade, number: int, verdict: str) -> None:
    dispute = trade.whole.disputes[number - 1]
    reference = trade.whole.payments[dispute.payment - 1].reference
    known = {"dispute_id": dispute.dispute_id, "reference": reference}
    for kind in (verdict, "reinstated") if verdict == "won" and dispute.taken_minor > 0 else (verdict,):
        fact = trade.dispute(kind, dispute.amount_minor, **known)
        record_dispute(MemoryShop(trade.world), fact, now=trade.now)


def money_comes_to_rest(trade: Trade) -> None:
    """Banks decide, providers send, and what they cannot send an operator pays by bank."""
    for dispute in trade.whole.disputes:
        if dispute.state == "pending":
            _decided(trade, dispute.number, VERDICTS[dispute.number % 2])
    for refund in trade.whole.refunds:
        if refund.state == "needs_action":
            with suppress(OrderError):  # The money may have gone another way.
                _see_through(trade, refund.refund_id, by_bank=False)
                continue
            _see_through(trade, refund.refund_id, by_bank=True)
    for refund in trade.whole.refunds:
        if refund.state in ("requested", "submitted"):
            trade.refund_says("succeeded", refund.number)


MONEY_ACTS: Sequence[tuple[int, Act]] = (
    (5, comes_in_part),
    (3, is_reversed),
    (10, is_refunded),
    (3, is_refunded_by_hand),
    (4, is_given_something),
    (4, is_retried),
    (4, is_disputed),
    (3, a_bank_decides),
)
