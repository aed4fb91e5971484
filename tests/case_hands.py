"""Hands on after-sale cases: the buyer's, the merchant's, the platform's. Part of ``tests.builders.Trade``."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.aftersale.advance import decide_advance
from shared.aftersale.cases import (
    Decision,
    decide_agreed,
    decide_alternative,
    decide_decision,
    decide_request,
    decide_withdrawal,
)
from shared.aftersale.disputes import (
    Ruling,
    decide_escalation,
    decide_judgement,
    decide_ruling,
    decide_showing,
)
from shared.aftersale.eligibility import Asked
from shared.aftersale.inspection import Inspection, decide_arrival, decide_inspection
from shared.aftersale.lateness import decide_lateness
from shared.aftersale.replacing import Stocked
from shared.aftersale.return_policy import CaseKind, Reason
from shared.aftersale.sending_back import Waybill, decide_sending
from shared.changes import Caller, Change, Request
from shared.fulfilment.carriers.port import Checkpoint, Status, Tracking
from shared.fulfilment.case_ways import decide_sighting
from shared.goods import Place, Sku
from shared.lifecycle import Actor, Event
from shared.ordering.stock import Shelves
from shared.store.tracks import Track

if TYPE_CHECKING:
    from tests.world import World

BUYS = Caller(Actor.BUYER, "buyer-1")
HELPS = Caller(Actor.SUPPORT, "support-1")


class CaseHands:
    world: "World"
    now: int

    def case(self, number: int) -> Any:
        return self.world.whole.rows[f"CASE#{number:02}"]

    def seller(self, number: int) -> Caller:
        merchant = self.case(number).merchant_id
        return Caller(Actor.MERCHANT, f"user-{merchant.removeprefix('m-')}", merchant)

    def ask(
        self,
        kind: str,
        units: Mapping[int, int],
        *,
        sub_order: int = 1,
        reason: str = "quality",
        caller: Caller = BUYS,
        offered: Sku | None = None,
        **more: Any,
    ) -> Change:
        """The buyer asks for *kind*, with a photo. *offered*: what is for sale, of another SKU."""
        asked = Asked(sub_order, CaseKind(kind), Reason(reason), units, evidence=("photo",), **more)
        request = Request(caller, f"ask-{len(self.world.changes)}", "f")
        return self.world.apply(
            decide_request(
                self.world.whole, asked, caller=caller, now=self.now, request=request, swap=offered
            )
        )

    def decide(self, number: int, decision: Decision, goods: Stocked | None = None) -> Change:
        case, seller = self.case(number), self.seller(number)
        change = decide_decision(self.world.whole, case, decision, goods, caller=seller, now=self.now)
        if case.state == "disputed":  # It gives in: nothing is taken off.
            self.world.rates[case.subject] = {}
        return self.world.apply(change)

    def approve(self, number: int, goods: Stocked | None = None) -> Change:
        return self.decide(number, Decision(True), goods)

    def refuse_case(self, number: int, **offers: int) -> Change:
        return self.decide(number, Decision(False, "worn", offers or {"repair": 0}))

    def accept(self, number: int, kind: str = "", goods: Stocked | None = None) -> Change:
        """An alternative; of nothing said, what the inspection says."""
        whole, case = self.world.whole, self.case(number)
        if not kind:
            return self.world.apply(decide_agreed(whole, case, Event.ASSESSMENT_ACCEPTED, BUYS, self.now))
        return self.world.apply(decide_alternative(whole, case, kind, goods, caller=BUYS, now=self.now))

    def withdraw(self, number: int) -> Change:
        change = decide_withdrawal(self.world.whole, self.case(number), caller=BUYS, now=self.now)
        return self.world.apply(change)

    def send_back(self, number: int, waybill: str = "SF-BACK-1", freight_minor: int = 0) -> Change:
        sent = Waybill("sf", waybill, freight_minor)
        change = decide_sending(self.world.whole, self.case(number), sent, caller=BUYS, now=self.now)
        return self.world.apply(change)

    def sight(self, number: int, *statuses: Status, is_proven: bool = True) -> Change:
        """The carrier saw what comes back, now, in each of *statuses* in turn."""
        case = self.case(number)
        seen = tuple(Checkpoint(self.now, status, f"code-{status}", "Hangzhou") for status in statuses)
        tracking = Tracking(case.carrier, case.waybill, seen, "kuaidi100", is_proven)
        return self.world.apply(decide_sighting(self.world.whole, number, tracking=tracking, now=self.now))

    def arrive(self, number: int, caller: Caller | None = None) -> Change:
        who = caller or self.seller(number)
        return self.world.apply(decide_arrival(self.world.whole, self.case(number), caller=who, now=self.now))

    def inspect(
        self,
        number: int,
        counted: Mapping[int, Mapping[str, int]] | None = None,
        *,
        rates: Mapping[int, int] | None = None,
        goods: Stocked | None = None,
    ) -> Change:
        """Of nothing said, all of it is there and good."""
        case = self.case(number)
        all_good = {int(line): {"good": units} for line, units in case.units.items()}
        found = Inspection(all_good if counted is None else counted, rates or {}, "worn" if rates else "")
        change = decide_inspection(
            self.world.whole, case, found, goods, caller=self.seller(number), now=self.now
        )
        known = self.world.rates.get(case.subject, {})
        harsher = {line: min(rate, known.get(line, 100)) for line, rate in found.rates.items()}
        self.world.told[case.subject], self.world.rates[case.subject] = found.counted, known | harsher
        return self.world.apply(change)

    def call_platform(self, number: int, caller: Caller = BUYS) -> Change:
        change = decide_escalation(
            self.world.whole, self.case(number), "no_agreement", caller=caller, now=self.now
        )
        return self.world.apply(change)

    def show_evidence(self, number: int, *evidence: str, caller: Caller = BUYS) -> Change:
        whole, case = self.world.whole, self.case(number)
        return self.world.apply(decide_showing(whole, case, evidence, caller=caller, now=self.now))

    def rule(
        self, number: int, rate_pct: int = 100, *, goods_back: bool = False, goods: Stocked | None = None
    ) -> Change:
        ruling = Ruling(rate_pct, goods_back, "merchant", "photos_show_it", as_asked=goods is not None)
        case = self.case(number)
        change = decide_ruling(self.world.whole, case, ruling, goods, caller=HELPS, now=self.now)
        self.world.rates[case.subject] = {int(line): rate_pct for line in case.units}
        return self.world.apply(change)

    def advance(self, number: int, amount_minor: int) -> Change:
        """The platform pays so much before anybody has decided."""
        change = decide_advance(self.world.whole, self.case(number), amount_minor, caller=HELPS, now=self.now)
        return self.world.apply(change)

    def judge(self, number: int, tracks: Mapping[int, Track] | None = None) -> Change | None:
        """The system's own judgement; None: people decide."""
        change = decide_judgement(self.world.whole, self.case(number), dict(tracks or {}), None, now=self.now)
        if change is None:
            return None
        self.world.rates[self.case(number).subject] = {}
        return self.world.apply(change)

    def ring_case(self, number: int, goods: Stocked | None = None) -> Change:
        """Its clock, when it is due."""
        case = self.case(number)
        self.now = max(self.now, case.due_at)
        return self.world.apply(decide_lateness(self.world.whole, case, goods, now=self.now))

    def on_the_shelves(self, skus: Mapping[str, Any]) -> Stocked:
        """What could be sent, as the world's own shelves stand."""
        available: dict[str, dict[Place, int]] = {sku: {} for sku in skus}
        for (sku, warehouse, shard), levels in self.world.stock.items():
            if sku in available:
                available[sku][Place(warehouse, shard)] = levels["available"]
        return Stocked(Shelves(available), skus)
