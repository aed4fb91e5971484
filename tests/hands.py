"""Everybody's hands on the goods of an order: merchants, warehouses, carriers, and the buyer who gets them.

Half of ``tests.builders.Trade``: each method runs one real decision and applies it. Waybills are ``SF000001`` for what
a merchant ships as parcel 1, ``WB-<parcel>-<package>`` for what a warehouse reports.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.changes import Caller, Change, Request
from shared.fulfilment.carriers.port import Checkpoint, Status, Tracking
from shared.fulfilment.lost import decide_loss, decide_recall
from shared.fulfilment.receipt import decide_extension, decide_receipt
from shared.fulfilment.reports import (
    Confirmation,
    Package,
    Progress,
    decide_confirmation,
    decide_intercepted,
    decide_progress,
    decide_push_refused,
)
from shared.fulfilment.returning import Counted, Refusal, decide_refusal, decide_return
from shared.fulfilment.shipping import Shipment, Waybill, decide_shipment
from shared.fulfilment.tracking import decide_report, decide_tracking
from shared.lifecycle import Actor, Event
from shared.splitting.parcels import Sending, decide_split
from shared.splitting.terms import ShippingTerms, Site

if TYPE_CHECKING:
    from tests.world import World

HANGZHOU = ("CN", "浙江")
PLACED_BY = Caller(Actor.BUYER, "buyer-1")
SUPPORT = Caller(Actor.SUPPORT, "support-1")


def sites_of(*systems: str) -> dict[str, Site]:
    """Warehouses that have a system of their own, to which parcels are pushed."""
    return {name: Site(name, 0, "CNY", "CN", "浙江", "wms") for name in systems}


def pushed_to(*systems: str) -> Sending:
    """A split by no tariffs at all, where parcels from *systems* are pushed to them."""
    return Sending(ShippingTerms(1, (), frozenset(), sites_of(*systems)), HANGZHOU)


class Hands:
    world: "World"
    now: int

    @property
    def whole(self) -> Any:
        return self.world.whole

    def merchant(self, sub_order: int) -> Caller:
        merchant = self.whole.sub_orders[sub_order - 1].merchant_id
        return Caller(Actor.MERCHANT, f"user-{merchant.removeprefix('m-')}", merchant)

    def warehouse(self, parcel: int) -> Caller:
        return Caller(Actor.WAREHOUSE, self.whole.parcels[parcel - 1].warehouse)

    def split(self, sending: Sending | None = None) -> Change:
        return self.world.apply(decide_split(self.whole, now=self.now, sending=sending))

    def ship(self, sub_order: int, *parcels: int, caller: Caller | None = None) -> Change:
        waybills = tuple(Waybill(number, "sf", f"SF{number:06}") for number in parcels)
        who = caller or self.merchant(sub_order)
        request = Request(who, f"ship-{sub_order}-{parcels}", "f")
        shipment = Shipment(sub_order, waybills)
        return self.world.apply(
            decide_shipment(self.whole, shipment, caller=who, now=self.now, request=request)
        )

    # --- a warehouse's system ---

    def progress(self, parcel: int, said: str = "accepted") -> Change:
        """Accepted, being picked, packed. The first of it answers the push."""
        return self.world.apply(decide_progress(self.whole, progress=Progress(parcel, said), now=self.now))

    def refuse_push(self, parcel: int, reason: str = "out_of_space") -> Change:
        return self.world.apply(decide_push_refused(self.whole, number=parcel, reason=reason, now=self.now))

    def packages(self, parcel: int, *contents: Mapping[int, int]) -> tuple[Package, ...]:
        """Packages of *parcel* with these units by line, each under its own waybill; of nothing said: all of it."""
        known = len(self.whole.parcels)
        own = contents or ({int(n): c for n, c in self.whole.parcels[parcel - 1].contents.items()},)
        return tuple(
            Package("sf", f"WB-{parcel}-{known}-{n}", {str(line): count for line, count in one.items()})
            for n, one in enumerate(own, 1)
        )

    def confirm(self, parcel: int, *contents: Mapping[int, int], is_final: bool = True) -> Change:
        """What the warehouse sent of *parcel*, package by package; of nothing said, all of it in one."""
        confirmation = Confirmation(parcel, self.packages(parcel, *contents), is_final)
        return self.world.apply(decide_confirmation(self.whole, confirmation=confirmation, now=self.now))

    def find_nothing_more(self, parcel: int) -> Change:
        """What the warehouse has not sent of *parcel* by now, it does not find."""
        confirmation = Confirmation(parcel, (), is_final=True)
        return self.world.apply(decide_confirmation(self.whole, confirmation=confirmation, now=self.now))

    def answer_intercept(self, parcel: int, *, is_stopped: bool, reason: str = "") -> Change:
        return self.world.apply(
            decide_intercepted(self.whole, number=parcel, is_stopped=is_stopped, reason=reason, now=self.now)
        )

    # --- carriers ---

    def tracking(self, parcel: int, *checkpoints: Checkpoint, is_proven: bool = True) -> Tracking:
        row = self.whole.parcels[parcel - 1]
        return Tracking(row.carrier, row.waybill, checkpoints, "kuaidi100", is_proven)

    def seen(self, status: Status, at: int | None = None, code: str = "") -> Checkpoint:
        return Checkpoint(self.now if at is None else at, status, code or f"code-{status}", "Hangzhou")

    def track(self, parcel: int, *statuses: Status, is_proven: bool = True) -> Change:
        """The carrier saw it, now, in each of *statuses* in turn."""
        tracking = self.tracking(parcel, *map(self.seen, statuses), is_proven=is_proven)
        return self.world.apply(decide_tracking(self.whole, parcel, tracking=tracking, now=self.now))

    def deliver(self, *parcels: int) -> Change:
        """Each a second after the other."""
        for parcel in parcels:
            self.now += 1
            change = self.track(parcel, Status.DELIVERED)
        return change

    def report(
        self, parcel: int, said: str, *, reason: str = "called_carrier", caller: Caller = SUPPORT
    ) -> Change:
        change = decide_report(self.whole, parcel, said, reason=reason, caller=caller, now=self.now)
        return self.world.apply(change)

    def recall(self, parcel: int, *, reason: str = "called_warehouse", caller: Caller = SUPPORT) -> Change:
        change = decide_recall(self.whole, parcel, reason=reason, caller=caller, now=self.now)
        return self.world.apply(change)

    def lose(self, parcel: int, *, reason: str = "called_carrier", caller: Caller = SUPPORT) -> Change:
        """People are sure that what is in it is lost."""
        change = decide_loss(self.whole, parcel, reason=reason, caller=caller, now=self.now)
        return self.world.apply(change)

    # --- the buyer ---

    def receive(self, *numbers: int, caller: Caller = PLACED_BY) -> Change:
        chosen = tuple(self.world.whole.rows[f"SUB#{number:02}"] for number in numbers)
        event = Event.RECEIPT_CONFIRMED
        change = decide_receipt(self.whole, chosen, event=event, caller=caller, now=self.now)
        return self.world.apply(change)

    def extend(self, sub_order: int) -> Change:
        request = Request(PLACED_BY, f"extend-{sub_order}", "f")
        change = decide_extension(self.whole, sub_order, caller=PLACED_BY, now=self.now, request=request)
        return self.world.apply(change)

    def refuse(self, *parcels: int, reason: str = "changed_mind") -> Change:
        """The buyer does not take them."""
        request = Request(PLACED_BY, f"refuse-{parcels}", "f")
        refusal = Refusal(parcels, reason)
        return self.world.apply(
            decide_refusal(self.whole, refusal, caller=PLACED_BY, now=self.now, request=request)
        )

    def count(
        self,
        parcel: int,
        units: Mapping[int, Mapping[str, int]] | None = None,
        *,
        caller: Caller | None = None,
    ) -> Change:
        """What came back of *parcel* is counted, by line and condition; of nothing said, all of it, good."""
        row = self.whole.parcels[parcel - 1]
        counted = units or {int(line): {"good": count} for line, count in row.contents.items()}
        who = caller or self.merchant(row.sub_order)
        change = decide_return(self.whole, Counted(parcel, counted), caller=who, now=self.now)
        self.world.told[row.subject] = counted
        return self.world.apply(change)
