"""All four trackers behind one door: whose address a request is for, what goes wrong on the way, what is due."""

import copy
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from local.providers.agenda import Agenda
from local.providers.deliveries import Deliveries, Letter, Post
from local.providers.wire import NO_ANSWER, Reply, Request, as_json
from local.trackers.aftership import AfterShip
from local.trackers.desk import Desk
from local.trackers.easypost import EasyPost
from local.trackers.kuaidi100 import Kuaidi100
from local.trackers.parcels import Parcel, Register, Vendor
from local.trackers.seventeentrack import SeventeenTrack

PREFIX = "/_trackers/"
USUAL_JOURNEY = "delivered"
NOT_DONE = ("timeout", "500", "unauthorized")


class Trackers:
    """The trackers. *post* hands a push over: path, headers, body; it returns status and body of the answer."""

    def __init__(self, *, now: Callable[[], float], post: Post) -> None:
        self._now = now
        self._agenda = Agenda()
        self.deliveries = Deliveries(self._agenda, now, post)
        kinds = (Kuaidi100, AfterShip, EasyPost, SeventeenTrack)
        self._vendors: dict[str, Vendor] = {kind.name: kind(Register(kind.name)) for kind in kinds}
        self._registers = {name: vendor.register for name, vendor in self._vendors.items()}
        self._desk = Desk(
            self._registers,
            depart=self._depart,
            push=self._push,
            forge=self._forge,
            resend=self._resend,
            now=now,
        )

    def clear(self) -> None:
        """Forget everything."""
        self._agenda.clear()
        self.deliveries.clear()
        for register in self._registers.values():
            register.clear()

    def snapshot(self) -> dict[str, Any]:
        """Return a copy of everything they know."""
        registers = {name: register.snapshot() for name, register in self._registers.items()}
        return {
            "agenda": self._agenda.snapshot(),
            "deliveries": self.deliveries.snapshot(),
            "registers": registers,
        }

    def put_back(self, memory: Mapping[str, Any]) -> None:
        """Know what they knew then. *memory* stays untouched."""
        self._agenda.put_back(memory["agenda"])
        self.deliveries.put_back(memory["deliveries"])
        for name, register in self._registers.items():
            register.put_back(memory["registers"][name])

    def is_here(self, path: str) -> bool:
        """Say whether this path is one of ours."""
        return path.startswith(PREFIX)

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer a request; status 0 where nobody answers. Header names are in lower case."""
        path, _, query = target.partition("?")
        name, *rest = path.removeprefix(PREFIX).split("/")
        match method, name, rest:
            case "GET", "books", []:
                return as_json(200, self.books())
            case "GET", "deliveries", []:
                return as_json(200, self.deliveries.listed())
        vendor = self._vendors.get(name)
        request = Request(method, f"/{'/'.join(rest)}", query, headers, body)
        asked_for = vendor.operation(request) if vendor else ""
        if vendor is None or not asked_for:
            said = self._desk.handle(method, [name, *rest], body)
            return as_json(said.status, said.value)
        return self._served(vendor, request, vendor.register.faults.take(asked_for, request.said))

    def _served(self, vendor: Vendor, request: Request, fault: str) -> Reply:
        if fault in NOT_DONE:
            return {"500": vendor.broken, "unauthorized": vendor.unauthorized}.get(fault, lambda: NO_ANSWER)()
        follow = partial(self._follow, vendor.register.name)
        reply = vendor.serve(request, now=self._now(), follow=follow, is_refused=fault == "refused")
        match fault:
            case "slow":
                return NO_ANSWER
            case "500_done":
                return vendor.broken()
            case "garbled":
                return reply._replace(body=reply.body[: len(reply.body) // 2])
        return reply

    def follows(self, waybill: str) -> bool:
        """Say whether any of them follows this parcel."""
        return any(register.followed(waybill) is not None for register in self._registers.values())

    # --- parcels travel ---

    def _follow(self, tracker: str, parcel: Parcel) -> None:
        """Begin to push: what is known already at once."""
        if not parcel.journey:
            parcel.journey = USUAL_JOURNEY
            self._depart(tracker, parcel)
        if parcel.events:
            self._push(tracker, parcel)

    def _depart(self, tracker: str, parcel: Parcel) -> None:
        """Begin its journey now, in place of the one it was on."""
        parcel.began_at, parcel.steps_done = self._now(), 0
        parcel.turn += 1
        self._plan(tracker, parcel)

    def _plan(self, tracker: str, parcel: Parcel) -> None:
        step = parcel.next_step()
        if step is not None:
            due_at = max(step[0], self._now())
            self._agenda.add(due_at, tracker, "travel", (parcel.waybill, parcel.turn))

    def _travel(self, tracker: str, waybill: str, turn: int) -> None:
        parcel = self._registers[tracker].parcels[waybill]
        step = parcel.next_step()
        if turn != parcel.turn or step is None:
            return
        parcel.see(int(self._now()), step[1])
        parcel.steps_done += 1
        self._push(tracker, parcel)
        self._plan(tracker, parcel)

    def _push(self, tracker: str, parcel: Parcel) -> None:
        if not parcel.is_subscribed:
            return
        letter = self._letter(tracker, parcel)
        if letter is not None and parcel.delays is None:
            parcel.held_back.append(letter)
        elif letter is not None:
            self.deliveries.announce(letter, parcel.delays or [])
        while parcel.held_back and (parcel.delays is not None or parcel.next_step() is None):
            self.deliveries.announce(parcel.held_back.pop(), [0])

    def _letter(self, tracker: str, parcel: Parcel) -> Letter | None:
        content = self._vendors[tracker].notice(parcel, self._now())
        if content is None or parcel.latest is None:
            return None
        path = parcel.path or f"/webhooks/carriers/{tracker}"
        number = self._registers[tracker].next_number("push")
        return Letter(tracker, f"{tracker}-{number:08}", parcel.latest.what, parcel.waybill, path, content)

    def _forge(self, tracker: str, parcel: Parcel, what: str) -> int:
        """Post a push that says *what*, signed by somebody else. Return the answer's status."""
        pretended = copy.deepcopy(parcel)
        pretended.carrier = pretended.carrier or "1"
        pretended.see(int(self._now()), what)
        letter = self._letter(tracker, pretended)
        if letter is None:
            return 0
        return self.deliveries.hand_over(letter.path, *self._vendors[tracker].forged(letter))[0]

    def _resend(self, tracker: str, waybill: str) -> str | None:
        letter = self.deliveries.resend(tracker, waybill)
        return None if letter is None else letter.kind

    # --- what is due ---

    def books(self) -> dict[str, Any]:
        """Return what each tracker follows, and what it has seen."""
        return {
            name: {
                parcel.waybill: {
                    "carrier": parcel.carrier,
                    "subscribed": parcel.is_subscribed,
                    "journey": parcel.journey,
                    "events": [{"at": event.at, "what": event.what} for event in parcel.events],
                }
                for parcel in register.parcels.values()
            }
            for name, register in self._registers.items()
        }

    def next_due(self) -> float | None:
        """Return when the next push is sent, or the next thing happens."""
        return self._agenda.next_due()

    def deliver_due(self) -> bool:
        """Send every push, and let everything happen, whose time has come. Say whether there was anything."""
        moved = False
        while entry := self._agenda.take_due(self._now()):
            moved = True
            if entry.what == "deliver":
                self.deliveries.send(entry, self._vendors[entry.provider])
            else:
                self._travel(entry.provider, *entry.about)
        return moved
