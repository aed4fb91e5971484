"""What the three providers have in common behind their protocols: books, faults, and the moves of money."""

import copy
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from local.providers.agenda import Agenda
from local.providers.books import AT_ONCE, PLANS, Books, Plan, Refund, Trade
from local.providers.deliveries import Deliveries, Letter
from local.providers.faults import Faults
from local.providers.movements import RULES

MEMORY = ("books", "faults", "kept")


class Payment(NamedTuple):
    """What a payer did, as the desk understood it. *wrong*: members that an authentic notice states wrongly."""

    outcome: str  # succeeded, failed, partly, paying
    amount: int
    currency: str
    reason: str
    delays: list[int]
    payer_total: int | None
    is_finished: bool
    wrong: Mapping[str, Any]


class House:
    """One provider's own side. ``kept`` is for what its protocol alone remembers."""

    def __init__(self, name: str, now: Callable[[], float], agenda: Agenda, deliveries: Deliveries) -> None:
        self.name, self.now = name, now
        self._agenda, self._deliveries = agenda, deliveries
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.books, self.faults = Books(RULES[self.name]), Faults()
        self.kept: dict[str, Any] = {}
        self.loses_answer = False  # Of the call that is being answered.

    def snapshot(self) -> dict[str, Any]:
        """Return a copy of everything it knows."""
        return {name: copy.deepcopy(getattr(self, name)) for name in MEMORY}

    def put_back(self, memory: Mapping[str, Any]) -> None:
        """Know what it knew then. *memory* stays untouched."""
        for name in MEMORY:
            setattr(self, name, copy.deepcopy(memory[name]))

    def later(self, seconds: float, what: str, about: Any) -> None:
        """Let something happen in *seconds*."""
        self._agenda.add(self.now() + seconds, self.name, what, about)

    def announce(self, trade: Trade, event_id: str, kind: str, content: dict[str, Any], **how: Any) -> str:
        """Queue a webhook about *trade*, to be sent now unless *delays* say otherwise. Return its event id."""
        path = how.get("path") or trade.notify_path
        letter = Letter(self.name, event_id, kind, trade.reference, path, content)
        self._deliveries.announce(letter, how.get("delays", [0]))
        return event_id

    def begin_refund(
        self,
        trade: Trade,
        refund: Refund,
        plans: Mapping[str, Plan] = PLANS,
        *,
        is_by_hand: bool = False,
    ) -> Refund:
        """Write a refund down, as this payment's refunds shall go; one made by hand succeeds at once."""
        plan = AT_ONCE if is_by_hand else plans[trade.refund_mode]
        refund.status = plan.status
        self.books.add_refund(trade, refund)
        if plan.later:
            self.later(plan.later.seconds, "refund", (trade.transaction_id, refund.number, plan.later.status))
        self.loses_answer = trade.refund_mode == "answer_lost" and not is_by_hand
        return refund

    def settle_refund(self, about: tuple[str, str, str]) -> tuple[Trade, Refund] | None:
        """Let a refund come to its end. None: it was at its end before."""
        transaction_id, number, status = about
        trade = self.books.by_transaction(transaction_id)
        if trade is None or trade.refunds[number].status == status:
            return None
        refund = trade.refunds[number]
        if status == "succeeded":
            trade.give_back(refund, self.now())
        elif refund.status == "succeeded":
            trade.take_back(refund, self.now())
        refund.status, refund.settled_at = status, self.now()
        refund.reason = trade.refund_reason if status == "failed" else ""
        return trade, refund

    def refuses_once(self, trade: Trade, number: str) -> bool:
        """Say whether this refund's first call is to fail, and remember that it did."""
        if trade.refund_mode != "fail_once" or number in trade.refused_once:
            return False
        trade.refused_once.add(number)
        return True
