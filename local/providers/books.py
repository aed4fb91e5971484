"""What a provider knows: trades, refunds, disputes, and whether a refund can be. One currency's unit: the smallest.

    trade    open -> paying -> paid        open, paying -> closed         paid in part: open, captured > 0
    refund   pending -> succeeded | failed           succeeded -> failed: the bank sent it back
    dispute  open -> won | lost

These books are what a reconciliation compares the product's with. They share nothing with it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from local.providers.movements import FeeRule, Movement, fees_of

SECOND, MINUTE, HOUR, DAY = 1, 60, 3600, 86_400
PENDING_SECONDS, BOUNCE_SECONDS = 30, DAY
REFUND_MODES = (
    "succeed",
    "pending",
    "pending_then_failed",
    "fail_for_good",
    "answer_lost",
    "bounce",
    "fail_once",
)
REFUND_REASONS = ("account_closed", "balance_short", "not_allowed")


class Later(NamedTuple):
    """What becomes of a refund, and when."""

    seconds: int
    status: str


class Plan(NamedTuple):
    """How a refund begins, and what becomes of it."""

    status: str
    later: Later | None = None


AT_ONCE = Plan("succeeded")
PLANS: dict[str, Plan] = {
    "succeed": AT_ONCE,
    "answer_lost": AT_ONCE,
    "fail_once": AT_ONCE,  # The second time.
    "pending": Plan("pending", Later(PENDING_SECONDS, "succeeded")),
    "pending_then_failed": Plan("pending", Later(PENDING_SECONDS, "failed")),
    "bounce": Plan("succeeded", Later(BOUNCE_SECONDS, "failed")),
}


@dataclass
class Refund:
    """Money on its way back. Only a succeeded one has moved it."""

    number: str  # The merchant's; of one made by hand, the provider's.
    provider_number: str
    amount: int
    status: str
    requested_at: float
    settled_at: float | None = None
    reason: str = ""  # One of REFUND_REASONS, when it failed.
    has_bounced: bool = False  # Alipay alone: the card refused it, the payer's balance has it.
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass
class Dispute:
    """The payer's bank takes money back."""

    dispute_id: str
    amount: int
    opened_at: float
    status: str = "open"  # open, won, lost
    withdrawn: int = 0
    reinstated: int = 0


@dataclass
class Trade:
    """One try to pay, as the provider sees it."""

    reference: str
    transaction_id: str
    amount: int
    currency: str
    created_at: float
    notify_path: str
    expires_at: float | None = None
    state: str = "open"
    captured: int = 0
    payer_total: int | None = None
    paid_at: float | None = None
    closed_at: float | None = None
    is_finished: bool = False
    failure: str = ""
    refund_mode: str = "succeed"
    refund_reason: str = "account_closed"
    refunds: dict[str, Refund] = field(default_factory=dict)
    refused_once: set[str] = field(default_factory=set)
    disputes: list[Dispute] = field(default_factory=list)
    movements: list[Movement] = field(
        default_factory=list
    )  # What moved money, the first first; never changed.
    attributes: dict[str, Any] = field(default_factory=dict)

    def refunded(self, *statuses: str) -> int:
        """Return the sum of the refunds in these states; of the succeeded ones, when none is named."""
        return sum(r.amount for r in self.refunds.values() if r.status in (statuses or ("succeeded",)))

    def refundable(self) -> int:
        """Return what is neither refunded nor promised."""
        return self.captured - self.refunded("succeeded", "pending")

    def capture(self, amount: int, now: float) -> None:
        """Take money; it is paid when nothing is left to take."""
        self.captured += amount
        self.movements.append(Movement("payment", amount, now))
        self.state = "paid" if self.captured >= self.amount else "open"
        self.paid_at = now if self.state == "paid" else None

    def close(self, now: float) -> None:
        """Let nobody pay it any more. What came in part goes back to the payer."""
        if self.captured:
            self.movements.append(Movement("payment_back", -self.captured, now))
        self.state, self.closed_at, self.captured = "closed", now, 0

    def give_back(self, refund: Refund, now: float) -> None:
        """Let the money of a refund leave."""
        self.movements.append(Movement("refund", -refund.amount, now, refund.number, refund.provider_number))

    def take_back(self, refund: Refund, now: float) -> None:
        """Let the money of a refund that had left come back."""
        failed = Movement("refund_failure", refund.amount, now, refund.number, refund.provider_number)
        self.movements.append(failed)

    def move_disputed(self, dispute: Dispute, amount: int, now: float) -> None:
        """Let the payer's bank take money, below nothing, or give it again."""
        kind = "dispute" if amount < 0 else "dispute_reversal"
        self.movements.append(Movement(kind, amount, now, dispute.dispute_id))


class Payout(NamedTuple):
    """Money on its way from the provider to the merchant's bank."""

    number: str
    amount: int
    currency: str
    at: float


class Books:
    """All trades of one provider, in the order in which they came."""

    def __init__(self, rule: FeeRule) -> None:
        self.rule = rule
        self.trades: list[Trade] = []
        self.payouts: list[Payout] = []
        self.elsewhere: dict[str, int] = {}  # Paid to another merchant, or in test mode, under our reference.
        self._of: dict[str, list[Trade]] = {}
        self._called: dict[str, Trade] = {}
        self._refunds: dict[str, Trade] = {}
        self._numbers: Counter[str] = Counter()

    def next_number(self, kind: str) -> int:
        """Count things of one kind: 1, 2, 3, ..."""
        self._numbers[kind] += 1
        return self._numbers[kind]

    def add(self, trade: Trade) -> Trade:
        """Write down a trade."""
        self.trades.append(trade)
        self._of.setdefault(trade.reference, []).append(trade)
        self._called[trade.transaction_id] = trade
        return trade

    def all_of(self, reference: str) -> list[Trade]:
        """Return every trade under the merchant's number, the first first."""
        return self._of.get(reference, [])

    def by_reference(self, reference: str) -> Trade | None:
        """Return the first trade under the merchant's number."""
        return next(iter(self.all_of(reference)), None)

    def latest(self, reference: str) -> Trade | None:
        """Return the last trade under the merchant's number: of a second payment, the second."""
        return next(iter(reversed(self.all_of(reference))), None)

    def by_transaction(self, transaction_id: str) -> Trade | None:
        """Return the trade under the provider's number."""
        return self._called.get(transaction_id)

    def refund_called(self, number: str) -> tuple[Trade, Refund] | None:
        """Return the refund under this number, the merchant's own or of one by hand, and its trade."""
        trade = self._refunds.get(number)
        return None if trade is None else (trade, trade.refunds[number])

    def add_refund(self, trade: Trade, refund: Refund) -> None:
        """Write down a refund of *trade*."""
        trade.refunds[refund.number] = refund
        self._refunds[refund.number] = trade
        if refund.status == "succeeded":
            refund.settled_at = refund.requested_at
            trade.give_back(refund, refund.requested_at)

    def summary(self) -> dict[str, Any]:
        """Return captured, refunded and disputed money and fees, by reference and in total per currency."""
        references: dict[str, dict[str, Any]] = {}
        totals: dict[str, Counter[str]] = {}
        for trade in self.trades:
            sums = _sums(trade, self.rule)
            entry = references.setdefault(trade.reference, _empty(trade))
            entry["closed"] = entry["closed"] and trade.state == "closed"
            entry["transactions"].append(trade.transaction_id)
            for name, value in sums.items():
                entry[name] += value
            if trade.captured:
                totals.setdefault(trade.currency, Counter(dict.fromkeys(sums, 0))).update(sums)
        return {
            "references": references,
            "totals": {currency: dict(total) for currency, total in totals.items()},
            "elsewhere": dict(self.elsewhere),
            "paid_out": self._paid_out(),
        }

    def _paid_out(self) -> dict[str, int]:
        sums: Counter[str] = Counter()
        for payout in self.payouts:
            sums[payout.currency] += payout.amount
        return dict(sums)


def _sums(trade: Trade, rule: FeeRule) -> dict[str, int]:
    return {
        "captured": trade.captured,
        "refunded": trade.refunded(),
        "pending": trade.refunded("pending"),
        "withdrawn": sum(dispute.withdrawn for dispute in trade.disputes),
        "reinstated": sum(dispute.reinstated for dispute in trade.disputes),
        "fees": sum(fees_of(trade.movements, rule)),
    }


def _empty(trade: Trade) -> dict[str, Any]:
    sums: Mapping[str, int] = dict.fromkeys(_sums(trade, FeeRule(0)), 0)
    return {"currency": trade.currency, "closed": True, "transactions": [], **sums}
