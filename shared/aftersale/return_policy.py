"""What may come back, until when, and who pays its way: as published when the goods were bought (RULES 9.1, 9.2).

A policy is data. The most specific one holds for a line: its merchant's before the platform's, then its category's,
then its member level's. Whoever published nothing has the built-in one, which says what RULES says. What held when the
order was placed is pinned on it (``shared.model.Snapshot.returns``), so a later version changes no promise.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum, auto
from typing import Any, NamedTuple, Self

DAY = 86_400
FULL_RATE = 100  # Per cent of what units are worth.
CHINA_SECONDS = (
    8 * 3600
)  # Days are counted as calendars and banks in China count them (UTC+8, no summer time).


class CaseKind(StrEnum):
    """What the buyer asks for (RULES 1, after-sale case)."""

    REFUND_ONLY = auto()  # 仅退款: the money, and the goods stay where they are
    RETURN_REFUND = auto()  # 退货退款
    EXCHANGE = auto()  # 换货
    REPAIR = auto()  # 维修
    PRICE_REDUCTION = auto()  # 降价补偿: part of the money, for goods that are kept
    RESHIP = auto()  # 补发: what was missing, or lost, is sent again
    COMPENSATION = auto()  # 补偿: a voucher without goods, given by the platform's people


GOODS_BACK = frozenset({CaseKind.RETURN_REFUND, CaseKind.EXCHANGE, CaseKind.REPAIR})
SENDS_GOODS = frozenset({CaseKind.EXCHANGE, CaseKind.REPAIR, CaseKind.RESHIP})


class Reason(StrEnum):
    NO_REASON = auto()  # 七天无理由
    QUALITY = auto()
    WRONG_GOODS = auto()
    MISSING_GOODS = auto()
    NOT_AS_DESCRIBED = auto()
    DAMAGED = auto()
    NOT_RECEIVED = auto()
    OTHER = auto()  # The sides agree on it, or do not.


QUALITY_REASONS = frozenset(
    {Reason.QUALITY, Reason.WRONG_GOODS, Reason.MISSING_GOODS, Reason.NOT_AS_DESCRIBED, Reason.DAMAGED}
)


class Payer(StrEnum):
    """Who pays the way back."""

    BUYER = auto()
    MERCHANT = auto()
    PLATFORM = auto()


class ReturnPolicy(NamedTuple):
    """One published version. Amounts are minor units of the order's currency, times are seconds, windows days."""

    policy_id: str
    version: int = 0
    merchant_id: str = ""  # Empty fields do not narrow.
    categories: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    is_returnable: bool = True  # False: only for a reason of QUALITY_REASONS, or what never came.
    exclusion: str = ""  # Why not: intimate_wear, food, custom_made, opened_digital, ...; told at checkout
    window_days: int = 7
    quality_window_days: int = 15
    kinds: tuple[str, ...] = tuple(kind for kind in CaseKind if kind is not CaseKind.COMPENSATION)
    evidence_for: tuple[str, ...] = tuple(sorted(QUALITY_REASONS))  # These reasons need a photo or a video.
    freight_payer: Mapping[str, str] = {}  # By reason; what is not in it is as DEFAULT_PAYERS says.
    freight_max_minor: int = 2_000  # Merchant and platform pay the way back up to so much.
    decision_seconds: int = 2 * DAY  # The merchant's; then it is approved.
    waybill_seconds: int = 7 * DAY  # The buyer's, to send it; then the case is over.
    inspection_seconds: int = 2 * DAY  # Of whoever received it; then the platform decides.
    answer_seconds: int = 3 * DAY  # The buyer's, after a refusal or a deduction.
    refund_promise_seconds: int = 3 * DAY  # Told to the buyer.
    auto_approve_minor: int = 0  # Up to so much of a no-reason return or a reduction needs no merchant.

    def payer_of(self, reason: str) -> Payer:
        return Payer(self.freight_payer.get(reason, DEFAULT_PAYERS[Reason(reason)]))

    def window_of(self, reason: str) -> int:
        """Days from receipt."""
        return self.quality_window_days if reason in QUALITY_REASONS else self.window_days

    def stored(self) -> dict[str, Any]:
        """Without what is as usual: how an order keeps it."""
        usual = self._field_defaults
        return {name: value for name, value in self._asdict().items() if value != usual.get(name)}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """What a later release stored beside it is passed over."""
        lists = ("categories", "levels", "kinds", "evidence_for")
        known = {name: value for name, value in stored.items() if name in cls._fields}
        values: dict[str, Any] = {n: tuple(v) if n in lists else v for n, v in known.items()}
        return cls(**values)


DEFAULT_PAYERS: Mapping[Reason, Payer] = {
    reason: Payer.BUYER if reason in (Reason.NO_REASON, Reason.OTHER) else Payer.MERCHANT for reason in Reason
}
BUILT_IN = ReturnPolicy("standard")


def policy_for(
    policies: Iterable[ReturnPolicy], *, merchant_id: str, category: str, level: str
) -> ReturnPolicy:
    """The most specific of *policies* for such goods; of two alike, the one whose id comes first.

    >>> shop, food = ReturnPolicy("a", merchant_id="m1"), ReturnPolicy("b", categories=("food",))
    >>> policy_for((shop, food), merchant_id="m1", category="food", level="").policy_id
    'a'
    >>> policy_for((shop, food), merchant_id="m2", category="toys", level="").policy_id
    'standard'
    """
    fitting = [
        policy
        for policy in policies
        if policy.merchant_id in ("", merchant_id)
        and (not policy.categories or category in policy.categories)
        and (not policy.levels or level in policy.levels)
    ]
    return min(fitting, key=_rank, default=BUILT_IN)


def _rank(policy: ReturnPolicy) -> tuple[bool, bool, bool, str]:
    return (not policy.merchant_id, not policy.categories, not policy.levels, policy.policy_id)


def window_ends(received_at: int, days: int) -> int:
    """The moment at which a window of *days* is over: the day after receipt is day 1, the last day counts whole.

    >>> received = 1_795_300_200  # 2026-11-21T22:30:00Z, the 22nd in China
    >>> window_ends(received, 7)  # 2026-11-29T16:00:00Z, midnight after the 29th in China
    1795968000
    """
    day_of_receipt = (received_at + CHINA_SECONDS) // DAY
    return (day_of_receipt + days + 1) * DAY - CHINA_SECONDS
