"""What stands on the accounts, folded from nothing but vouchers: every fen that came, and where it is now.

Balances are views. They are kept nowhere, so they cannot be wrong for longer than it takes to add them up again.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

DEBIT, CREDIT = "debit", "credit"
# What an account holds, and on which side it stands. The names are those of shared.ledger.vouchers.
KINDS = {
    "clearing": (DEBIT, "at providers, or paid out by them"),
    "elsewhere": (DEBIT, "in accounts that are not ours, as providers say"),
    "bank": (DEBIT, "in our bank account"),
    "fees": (DEBIT, "providers' fees"),
    "chargeback": (DEBIT, "taken by banks, until disputes end"),
    "claim": (DEBIT, "owed by merchants after refunds"),
    "commission_due": (DEBIT, "commission to be billed"),
    "coupon": (DEBIT, "coupons that the platform pays"),
    "pool": (DEBIT, "compensation paid in advance"),
    "escrow": (CREDIT, "buyers' money, kept until settlement"),
    "refund": (CREDIT, "promised to buyers, not yet sent"),
    "held": (CREDIT, "came in part"),
    "quarantine": (CREDIT, "to be judged by people"),
    "merchant": (CREDIT, "owed to merchants"),
    "reserve": (CREDIT, "kept back of settlements"),
    "payout": (CREDIT, "payouts asked for, not yet sent"),
    "commission": (CREDIT, "the platform's earnings"),
    "points": (CREDIT, "points given, less points that paid"),
}
ONE_BY_ONE = {"clearing", "elsewhere", "fees", "bank"}  # A line for each; the others are too many.
NEVER_OVERDRAWN = ("escrow", "refund", "held")  # Of an order: more cannot leave than came.


class Line(NamedTuple):
    """So much stands on accounts of one kind. *minor* > 0: on the side where they belong."""

    currency: str
    account: str  # A kind; an account's name, where there are few.
    side: str
    minor: int
    says: str


class Balances:
    """Adds vouchers up, in any order. It keeps one number for each kind, currency and provider, no more."""

    def __init__(self) -> None:
        self._sums: Counter[tuple[str, str]] = Counter()
        self.vouchers = 0

    def add(self, values: Mapping[str, Any]) -> None:
        self.vouchers += 1
        for account, amount in values["entries"]:
            kind = account.partition(":")[0]
            name = account if kind in ONE_BY_ONE else kind
            self._sums[values["currency"], name] += amount

    def lines(self) -> tuple[Line, ...]:
        """By currency; what we have first, then whose it is."""
        return tuple(
            sorted(self._lines(), key=lambda line: (line.currency, line.side != DEBIT, line.account))
        )

    def _lines(self) -> Iterator[Line]:
        for (currency, name), amount in self._sums.items():
            if amount:
                side, says = KINDS.get(name.partition(":")[0], (DEBIT, "an account that nobody knows"))
                yield Line(currency, name, side, amount if side == DEBIT else -amount, says)

    def unexplained(self) -> dict[str, int]:
        """By currency, what we have less whose it is: nothing, or a voucher does not balance."""
        rest: Counter[str] = Counter()
        for (currency, _), amount in self._sums.items():
            rest[currency] += amount
        return {currency: amount for currency, amount in sorted(rest.items()) if amount}


class OrderFold:
    """The accounts of one order. When all its vouchers were added, they must make sense."""

    def __init__(self) -> None:
        self._sums: Counter[tuple[str, str]] = Counter()

    def add(self, values: Mapping[str, Any]) -> None:
        for account, amount in values["entries"]:
            if account.partition(":")[0] in NEVER_OVERDRAWN:
                self._sums[account, values["currency"]] += amount

    def end(self) -> tuple[str, ...]:
        """The accounts that more was taken from than came, with currency and amount; and begin the next order."""
        over = [f"{name} {currency} {minor}" for (name, currency), minor in self._sums.items() if minor > 0]
        self._sums.clear()
        return tuple(over)
