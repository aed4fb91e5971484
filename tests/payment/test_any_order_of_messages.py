"""Any provider, any order of its messages: whatever it did with the money of a payment, in the end our books say so.

The provider here keeps its own account, and shares no code with ours: it sends what we asked for or refuses it, its
people send money by hand, banks send it back. What it tells comes shuffled, doubled, and late by whole rounds; what we
cannot place yet it tells again. A failing seed is a whole life.
"""

from contextlib import suppress
from random import Random

import pytest

from shared.errors import OrderError, UnknownReference
from shared.model import Refund
from shared.money import Money
from shared.payment.facts import RefundFact, RefundOutcome
from shared.payment.refunds import decide_refund, retry_refund
from tests.builders import OPERATOR, ORDER_ID, Trade, a_request, a_split_order
from tests.memory import MemoryShop

LIVES, ROUNDS = 400, 5
SENT, REFUSED = RefundOutcome.SUCCEEDED, RefundOutcome.FAILED


class Provider:
    """What the provider really holds, and what it has to tell."""

    def __init__(self, holds: int, draw: Random) -> None:
        self.holds, self.draw, self.clock = holds, draw, 1_000
        self.sent: dict[str, int] = {}  # By number: what went, and is not back.
        self.seen: set[str] = set()
        self.untold: list[RefundFact] = []
        self.told: list[RefundFact] = []

    def asked_for(self, number: str, amount: int) -> None:
        """We asked for a refund under *number*; it is sent, refused, or nothing happens yet."""
        if number in self.seen or self.draw.random() < 0.2:
            return
        self.seen.add(number)
        can = amount <= self.holds
        self._send(number, amount) if can and self.draw.random() < 0.7 else self._tell(
            number, REFUSED, amount
        )

    def acts_by_hand(self) -> None:
        if self.holds and self.draw.random() < 0.5:
            self._send(f"by_hand_{self.clock}", self.draw.randint(1, self.holds))

    def repeats_by_hand(self, amounts: list[int]) -> None:
        """Its people send exactly what is promised."""
        fitting = [amount for amount in amounts if amount <= self.holds]
        if fitting and self.draw.random() < 0.4:
            self._send(f"by_hand_{self.clock}", self.draw.choice(fitting))

    def banks_send_back(self) -> None:
        for number, amount in list(self.sent.items()):
            if self.draw.random() < 0.4:
                del self.sent[number]
                self.holds += amount
                self._tell(number, REFUSED, amount)

    def _send(self, number: str, amount: int) -> None:
        self.holds -= amount
        self.sent[number] = amount
        self._tell(number, SENT, amount)

    def _tell(self, number: str, outcome: RefundOutcome, amount: int) -> None:
        self.clock += 10
        money, event = Money(amount, "CNY"), f"evt_p{self.clock}"
        about = {"reference": f"{ORDER_ID}01", "occurred_at": self.clock}
        self.untold.append(RefundFact("sandbox", event, number, outcome, money, **about))


def tells(provider: Provider, trade: Trade, draw: Random) -> None:
    """Everything, in any order, with some of what it told before; what is not placed comes again, until it is."""
    doubled = [fact for fact in provider.told if draw.random() < 0.3]
    again = [fact._replace(event_id=f"{fact.event_id}_again") for fact in doubled if draw.random() < 0.5]
    waiting = [*provider.untold, *doubled, *again]
    provider.told += provider.untold
    provider.untold = []
    draw.shuffle(waiting)
    for _ in range(len(waiting) + 1):
        refused = []
        for fact in waiting:
            try:
                trade.world.offer(decide_refund(trade.whole, fact, now=trade.now))
            except UnknownReference:
                refused.append(fact)
        waiting = refused
    assert waiting == []


def people_act(trade: Trade, draw: Random) -> None:
    """A favour, a cancelled unit, a second try of what failed; what is not allowed is refused."""
    acts = [
        lambda: trade.give(draw.randint(1, 5_000)),
        lambda: trade.cancel({draw.randint(1, 3): 1}),
    ]
    for refund in trade.whole.refunds:
        if refund.state == "needs_action" and draw.random() < 0.7:
            request = a_request(f"again-{trade.new_number()}", OPERATOR)
            known = {"caller": OPERATOR, "now": trade.now, "request": request}
            with suppress(OrderError):
                retry_refund(MemoryShop(trade.world), ORDER_ID, refund.refund_id, **known)
    with suppress(OrderError):
        draw.choice(acts)()


def under_way(trade: Trade) -> list[Refund]:
    return [refund for refund in trade.whole.refunds if refund.state in ("requested", "submitted")]


@pytest.mark.parametrize("first", range(0, LIVES, LIVES // 8))
def test_our_books_say_what_the_provider_did(first: int) -> None:
    for seed in range(first, first + LIVES // 8):
        draw, trade = Random(seed), a_split_order()
        provider = Provider(trade.world.held("clearing:sandbox"), draw)
        for _ in range(ROUNDS):
            people_act(trade, draw)
            for refund in under_way(trade):
                provider.asked_for(refund.provider_refund_id, refund.amount_minor)
            provider.repeats_by_hand([r.amount_minor for r in trade.whole.refunds if r.state != "succeeded"])
            provider.acts_by_hand()
            provider.banks_send_back()

            tells(provider, trade, draw)

            assert trade.world.held("clearing:sandbox") == provider.holds, seed
