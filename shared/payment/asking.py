"""Ask the provider, in case its message got lost: open pages, closed pages once more, refunds without an end.

an open page        every few minutes, so that a lost message costs minutes and not the half hour of the deadline
                    (at the deadline the closing handshake asks, ``shared.payment.closing``)
a closed page       once more a day later: money may have come when nobody listened any more
an accepted refund  after ten minutes, and then ever less often
"""

from collections.abc import Collection

from shared.commands import Shop
from shared.errors import Unavailable
from shared.lifecycle import RefundState
from shared.model import Payment, Refund, WholeOrder
from shared.payment.facts import Fact
from shared.payment.inbox import receive
from shared.payment.living import LIVING
from shared.payment.port import Told
from shared.payment.refunds import FIRST_ASK_SECONDS
from shared.store.asking import Ask

REFUND_ASK_SECONDS_MAX = 6 * 3600


class Silent(Exception):
    """A provider did not answer. The row is asked about again, later."""

    def __init__(self, provider: str) -> None:
        super().__init__("the provider did not answer")
        self.provider = provider


def ask(shop: Shop, due: Ask, now: int, silent: Collection[str] = ()) -> Told:
    """Ask about the row that *due* names, if its hour has come. Returns what became of the answer.

    Not a provider that is *silent*: its rows wait. Raises ``Silent``.
    """
    whole = shop.orders.read(due.order_id)
    row = whole.rows.get(due.sk)
    if not isinstance(row, Payment | Refund) or row.ask_at is None or row.ask_at > now:
        return Told.NO_EFFECT
    due = due._replace(since=row.ask_at)
    provider = whole.payments[row.payment - 1 if isinstance(row, Refund) else row.number - 1].provider
    if provider in silent:
        return Told.BUSY
    try:
        fact = _answer(shop, whole, row, now)
    except Unavailable as unknown:
        shop.asking.ask_again(due, now + whole.snapshot.policy["payment_query_seconds"])
        raise Silent(provider) from unknown
    told = Told.NO_EFFECT if fact is None else receive(shop, [fact], now=now)
    shop.asking.ask_again(due, _next(whole, row, now))  # Unless what it said has moved the hour already.
    return told


def _answer(shop: Shop, whole: WholeOrder, row: Payment | Refund, now: int) -> Fact | None:
    if isinstance(row, Payment):
        return shop.provider(row.provider).query(shop.outside, row, now=now)
    payment = whole.payments[row.payment - 1]
    provider = shop.provider(payment.provider)
    known = provider.query_refund(shop.outside, payment, row, now=now)
    if known is None and row.state is RefundState.SUBMITTED and not whole.is_disputed:
        # It was accepted, and nobody knows it any more: under the same number it moves no money twice.
        return provider.refund(shop.outside, payment, row, now=now)
    return known


def _next(whole: WholeOrder, row: Payment | Refund, now: int) -> int | None:
    """When to ask again, if the answer brought nothing new."""
    if isinstance(row, Payment):
        return now + whole.snapshot.policy["payment_query_seconds"] if row.state in LIVING else None
    if row.state is not RefundState.SUBMITTED:
        return None
    asked_for = now - (row.submitted_at or row.requested_at)
    return now + min(REFUND_ASK_SECONDS_MAX, max(FIRST_ASK_SECONDS, asked_for))
