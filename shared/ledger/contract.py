"""What a merchant agreed with the platform: when it is paid, and what the platform keeps (RULES 11.1).

A contract is data. A merchant's own one holds for it, else the platform's standard one, else the built-in one, which
keeps nothing. What held when the order was placed is pinned on it (``shared.model.Snapshot.contracts``), so that a
later version changes the share of no order that was placed before.

    model     commission is taken                               known in China as
    before    out of what the merchant is paid, at settlement   先扣 (the platform collects first)
    after     from the merchant, with its next statement        后结
    mixed     ``withheld_pct`` of it at settlement, the rest with the next statement
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum, auto
from typing import Any, NamedTuple, Self

from shared.aftersale.return_policy import CHINA_SECONDS, DAY

BPS = 10_000  # Basis points: a hundredth of one per cent.
WORKING_DAYS = range(5)  # Monday to Friday.
THURSDAY = 3  # 1 January 1970, counted from Monday.


class Model(StrEnum):
    BEFORE = auto()
    AFTER = auto()
    MIXED = auto()


class Contract(NamedTuple):
    """One published version. Rates are basis points, times are days."""

    contract_id: str
    version: int = 0
    merchant_id: str = ""  # Empty: whoever has no contract of its own.
    model: str = Model.BEFORE
    withheld_pct: int = 100  # Of a mixed one: how much of the commission is taken at settlement.
    delay_days: int = 1  # T+n: payable on the n-th day after completion, not before.
    counts_working_days: bool = False  # Of the n days, only Monday to Friday count.
    commission_bps: int = (
        0  # Of what the goods brought in, coupons and points that the platform pays included;
    )
    commission_by_category: Mapping[str, int] = {}  # and of these categories.
    reserve_bps: int = 0  # So much of what is payable is kept back,
    reserve_days: int = 0  # and released so long after.

    def rate_of(self, category: str) -> int:
        """The commission on goods of *category*, in basis points."""
        return self.commission_by_category.get(category, self.commission_bps)

    @property
    def withheld_at_settlement_pct(self) -> int:
        return {Model.BEFORE: 100, Model.AFTER: 0, Model.MIXED: self.withheld_pct}[Model(self.model)]

    def payable_from(self, completed_at: int) -> int:
        """The first moment of the day on which goods that were received at *completed_at* may be paid for.

        >>> friday = 1_795_188_600  # 2026-11-20T15:30:00Z, 23:30 in China
        >>> Contract("t1").payable_from(friday), Contract("t1", counts_working_days=True).payable_from(friday)
        (1795190400, 1795363200)
        """
        day, left = (completed_at + CHINA_SECONDS) // DAY, self.delay_days
        while left:
            day += 1
            if not self.counts_working_days or (day + THURSDAY) % 7 in WORKING_DAYS:
                left -= 1
        return day * DAY - CHINA_SECONDS

    def stored(self) -> dict[str, Any]:
        """Without what is as usual: how an order keeps it."""
        usual = self._field_defaults
        return {name: value for name, value in self._asdict().items() if value != usual.get(name)}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """What a later release stored beside it is passed over."""
        return cls(**{name: value for name, value in stored.items() if name in cls._fields})


BUILT_IN = Contract("standard")


def contract_for(contracts: Iterable[Contract], merchant_id: str) -> Contract:
    """The merchant's own contract, or the one for everybody else.

    >>> own, others = Contract("a", merchant_id="m1"), Contract("b")
    >>> contract_for((others, own), "m1").contract_id, contract_for((others, own), "m2").contract_id
    ('a', 'b')
    """
    by_merchant = {contract.merchant_id: contract for contract in contracts}
    return by_merchant.get(merchant_id) or by_merchant.get("") or BUILT_IN


def pinned(contracts: Iterable[Contract], merchants: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What an order keeps: each merchant's contract. The built-in one is not kept: it is what no contract means."""
    known = tuple(contracts)
    held = {merchant: contract_for(known, merchant) for merchant in dict.fromkeys(merchants)}
    return {merchant: contract.stored() for merchant, contract in held.items() if contract is not BUILT_IN}


def agreed_with(pinned_contracts: Mapping[str, Mapping[str, Any]], merchant_id: str) -> Contract:
    """The contract of *merchant_id* that an order keeps (``shared.model.Snapshot.contracts``)."""
    stored = pinned_contracts.get(merchant_id)
    return Contract.of(stored) if stored is not None else BUILT_IN
