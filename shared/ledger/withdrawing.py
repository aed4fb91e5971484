"""Withdraw what was stated, and see each payout to its end: read, decide, write; once per request."""

from collections.abc import Callable
from typing import NamedTuple

from shared.changes import Caller, Request
from shared.commands import RACES_MAX, Shop
from shared.errors import Conflict, NotFound, OrderError
from shared.ledger.accounts import Account
from shared.ledger.payouts import Ending, Payout, PayoutState, ask_for, ended, moved_since
from shared.ledger.statements import Statement
from shared.ledger.stating import statements_of
from shared.store.payouts import PayoutStore
from shared.store.writing import AlreadyDone


class Standing(NamedTuple):
    """How an account stands, as far as it was stated."""

    account: Account
    last: Statement | None
    payouts: tuple[Payout, ...]  # Not counted by *last*, or left waiting by it.

    @property
    def balance_minor(self) -> int:
        """What may be asked for; below zero: what the merchant owes."""
        closing, counted = (self.last.closing_minor, self.last.payouts_counted) if self.last else (0, 0)
        return closing + moved_since(self.payouts, counted=counted)

    @property
    def waiting(self) -> tuple[Payout, ...]:
        return tuple(payout for payout in self.payouts if payout.state is PayoutState.ASKED)

    @property
    def reserve_minor(self) -> int:
        return sum(self.last.reserves.values()) if self.last else 0

    @property
    def next_number(self) -> int:
        return max([self.last.payouts_counted if self.last else 0, *(p.number for p in self.payouts)]) + 1


class Paying(NamedTuple):
    account: Account
    payout: Payout
    is_repeat: bool = False


def standing(shop: Shop, account: Account) -> Standing:
    """Raises ``NotFound`` for an account that never had anything."""
    store = statements_of(shop)
    if not store.is_known(account):
        raise NotFound("no such account")
    last = store.latest(account)
    return Standing(account, last, payouts_of(shop).since(account, last))


def standings(shop: Shop, merchant_id: str) -> tuple[Standing, ...]:
    """Every account of a merchant, by currency."""
    return tuple(standing(shop, account) for account in statements_of(shop).accounts_of(merchant_id))


def withdraw(
    shop: Shop, account: Account, wanted_minor: int | None, *, caller: Caller, now: int, request: Request
) -> Paying:
    """Ask for *wanted_minor*, or for all there is. Raises what ``ask_for`` raises, and ``NotFound``."""

    def decision() -> Payout:
        stands = standing(shop, account)
        waiting = len(stands.waiting)
        amount = ask_for(wanted_minor, available_minor=stands.balance_minor, waiting=waiting)
        return Payout(
            number=stands.next_number,
            amount_minor=amount,
            asked_by=caller.id,
            asked_at=now,
            statement=stands.last.number if stands.last else 0,
        )

    return _carry_out(shop, account, decision, payouts_of(shop).ask, request)


def end(
    shop: Shop,
    account: Account,
    number: int,
    ending: Ending,
    *,
    caller: Caller,
    now: int,
    request: Request,
) -> Paying:
    """Note what became of a payout. Raises ``NotFound``, ``PayoutEnded``, ``SecondPersonNeeded``."""

    def decision() -> Payout:
        return ended(payouts_of(shop).read(account, number), ending, caller=caller, now=now)

    return _carry_out(shop, account, decision, payouts_of(shop).end, request)


def _carry_out(
    shop: Shop,
    account: Account,
    decision: Callable[[], Payout],
    write: Callable[[Account, Payout, Request], None],
    request: Request,
) -> Paying:
    """A refused command may be the second delivery of one that was done: then it answers with the present truth."""
    for _ in range(RACES_MAX):
        try:
            payout = decision()
        except OrderError:
            seen = shop.orders.seen(request)
            if seen is None:
                raise
            return Paying(account, payouts_of(shop).read(account, int(seen.about)), is_repeat=True)
        try:
            write(account, payout, request)
        except AlreadyDone as done:
            return Paying(account, payouts_of(shop).read(account, int(done.seen.about)), is_repeat=True)
        except Conflict:
            continue
        return Paying(account, payout)
    raise Conflict("others keep changing this account: repeat with the same key")


def payouts_of(shop: Shop) -> PayoutStore:
    return PayoutStore(shop.outside, shop.settings)
