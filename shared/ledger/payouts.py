"""A merchant asks for what its statements say it is owed; an operator has the bank send it, or says why it cannot.

    asked ──► paid      the bank sent it: its reference is kept
          └─► failed    it did not: the money is the merchant's again, at once

What is there to ask for is the last statement's closing balance, less what was asked for since. What is earned after a
statement waits for the next one, so that everything that is ever paid out stands in a statement (RULES 11.2).

    voucher           merchant:<m>   payout:<m>   bank
    payout_asked      +x             -x
    payout_paid                      +x           -x
    payout_failed     -x             +x
"""

from collections.abc import Iterable
from enum import StrEnum, auto
from typing import NamedTuple

from shared.changes import Caller, Entry, Voucher
from shared.errors import OrderError
from shared.ledger.accounts import Account
from shared.payment.requests import SecondPersonNeeded

PAYOUT_MIN_MINOR = 100  # A transfer costs its fee however little it carries.
WAITING_MAX = 20  # Of one account at a time: operators see to each by hand.
REASONS = ("wrong_account", "account_closed", "name_differs", "bank_refused", "other")


class AccountNegative(OrderError):
    """More was given back than was earned: the next earnings make up for it first."""

    status, code = 409, "account_negative"


class NothingToWithdraw(OrderError):
    """All that was stated has been asked for."""

    status, code = 409, "nothing_to_withdraw"


class WithdrawalTooSmall(OrderError):
    """Less than ``minimum``."""

    status, code = 422, "withdrawal_too_small"


class WithdrawalTooLarge(OrderError):
    """More than ``withdrawable``."""

    status, code = 422, "withdrawal_too_large"


class TooManyWithdrawals(OrderError):
    """So many wait for the bank that no other one is taken."""

    status, code = 409, "too_many_withdrawals"


class PayoutEnded(OrderError):
    """It was paid, or has failed. ``state`` says which."""

    status, code = 409, "payout_ended"


class PayoutState(StrEnum):
    ASKED = auto()
    PAID = auto()
    FAILED = auto()


class Payout(NamedTuple):
    """The *number*-th of its account. Times are epoch seconds UTC."""

    number: int
    amount_minor: int
    asked_by: str  # The subject of a token, no name.
    asked_at: int
    statement: int  # The last one then.
    state: PayoutState = PayoutState.ASKED
    ended_by: str = ""
    ended_at: int = 0
    bank_reference: str = ""  # Of what was paid.
    reason: str = ""  # Of what failed, one of REASONS.


class Ending(NamedTuple):
    """What became of it, as an operator says: *detail* is the bank's reference, or the reason."""

    outcome: PayoutState
    detail: str


def moved_since(payouts: Iterable[Payout], *, counted: int) -> int:
    """What *payouts* did to the account after a statement that counted those up to number *counted* as asked for.

    Of those that it counted, only the ones that it left waiting are handed in.

    >>> asked, failed = Payout(3, 500, "u", 0, 1), Payout(2, 70, "u", 0, 1, PayoutState.FAILED)
    >>> moved_since([asked, failed], counted=2), moved_since([asked, failed], counted=0)
    (-430, -500)
    """
    moved = 0
    for payout in payouts:
        is_counted, has_failed = payout.number <= counted, payout.state is PayoutState.FAILED
        if is_counted and has_failed:
            moved += payout.amount_minor
        elif not is_counted and not has_failed:
            moved -= payout.amount_minor
    return moved


def ask_for(wanted_minor: int | None, *, available_minor: int, waiting: int) -> int:
    """The amount that is asked for: *wanted_minor*, or all there is.

    *waiting*: so many payouts of the account have no end yet. Raises the refusals above, all of which change nothing.
    """
    if available_minor < 0:
        raise AccountNegative("the account owes more than it has", owed=-available_minor)
    if available_minor == 0:
        raise NothingToWithdraw("nothing that was stated is left")
    amount = available_minor if wanted_minor is None else wanted_minor
    if amount > available_minor:
        raise WithdrawalTooLarge("so much is not there", withdrawable=available_minor)
    if amount < PAYOUT_MIN_MINOR:
        raise WithdrawalTooSmall("so little is not sent", minimum=PAYOUT_MIN_MINOR)
    if waiting >= WAITING_MAX:
        raise TooManyWithdrawals("so many wait for the bank", waiting=waiting)
    return amount


def ended(payout: Payout, ending: Ending, *, caller: Caller, now: int) -> Payout:
    """*payout* as it ends. Once, and never by who asked for it. Raises ``PayoutEnded``, ``SecondPersonNeeded``."""
    if payout.state is not PayoutState.ASKED:
        raise PayoutEnded("this payout has ended", state=str(payout.state))
    if payout.asked_by == caller.id:
        raise SecondPersonNeeded("who asked for it does not pay it out")
    is_paid = ending.outcome is PayoutState.PAID
    return payout._replace(
        state=ending.outcome,
        ended_by=caller.id,
        ended_at=now,
        bank_reference=ending.detail if is_paid else "",
        reason="" if is_paid else ending.detail,
    )


def voucher_of(account: Account, payout: Payout) -> Voucher:
    """What the step into its present state did to the money."""
    amount = payout.amount_minor
    kind, debit, credit = {
        PayoutState.ASKED: ("payout_asked", account.owed, account.payout),
        PayoutState.PAID: ("payout_paid", account.payout, "bank"),
        PayoutState.FAILED: ("payout_failed", account.payout, account.owed),
    }[payout.state]
    entries = (Entry(debit, amount), Entry(credit, -amount))
    return Voucher(kind, account.currency, entries, merchant_id=account.merchant_id)
