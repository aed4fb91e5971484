"""One warehouse at work: it takes parcels, packs and ships them, stops them, takes goods back, and reports.

It knows no HTTP: ``reception`` reads what the product asks and words the answers, ``desk`` plays its people.
"""

import copy
import json
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from local.partners import warehouse_secrets
from local.providers.agenda import Agenda
from local.providers.deliveries import Deliveries, Letter
from local.providers.faults import Faults
from local.warehouses.holdings import Fulfilment, Line, Return, packed
from local.warehouses.modes import STEPS, Mode, read
from local.warehouses.signing import signature

MEMORY = ("fulfilments", "returns", "forms", "faults", "signs_with", "_numbers")
SHIPPED_ALREADY = "already_shipped"
FULL_RATE, WORN = 100, "worn"


class Floor:
    """A warehouse. Everything it remembers is named in MEMORY."""

    send_again_after = (10, 60, 300, 900, 3600, 7200, 14_400, 28_800, 28_800)  # Within 24 hours.

    def __init__(self, name: str, now: Callable[[], float], agenda: Agenda, deliveries: Deliveries) -> None:
        self.name, self.now = name, now
        self._agenda, self._deliveries = agenda, deliveries
        self.fulfilments: dict[str, Fulfilment] = {}
        self.returns: dict[str, Return] = {}
        self.forms: dict[str, dict[str, Any]] = {}  # By the id that they are for; "": the warehouse's own.
        self.faults = Faults()
        self.signs_with = "today"
        self._numbers: Counter[str] = Counter()

    def snapshot(self) -> dict[str, Any]:
        """Return a copy of everything it knows."""
        return {name: copy.deepcopy(getattr(self, name)) for name in MEMORY}

    def put_back(self, memory: Mapping[str, Any]) -> None:
        """Know what it knew then. *memory* stays untouched."""
        for name in MEMORY:
            setattr(self, name, copy.deepcopy(memory[name]))

    # --- how it works ---

    def mode(self, about: str) -> Mode:
        """Return how this parcel or return is handled."""
        return read({**self.forms.get("", {}), **self.forms.get(about, {})})

    def set_mode(self, about: str, form: dict[str, Any]) -> None:
        """Work like this from now on; what is in hand is planned anew. Raises ``Malformed``, and changes nothing."""
        read(form)
        self.forms[about] = form
        for fulfilment in self.fulfilments.values():
            self._plan(fulfilment)

    # --- parcels ---

    def take(self, fulfilment_id: str, asked: dict[str, Any], lines: tuple[Line, ...]) -> Fulfilment:
        """Take a parcel, or refuse it for good; asked again, it is what it was."""
        known = self.fulfilments.get(fulfilment_id)
        if known is not None:
            return known
        fulfilment = Fulfilment(fulfilment_id, asked, lines, self.now())
        self.fulfilments[fulfilment_id] = fulfilment
        push = self.mode(fulfilment_id).push
        if push != "accept":
            fulfilment.refused = push
            return fulfilment
        while (due := self._due(fulfilment)) is not None and due <= self.now():
            self._work(fulfilment)
        self._plan(fulfilment)
        return fulfilment

    def _plan(self, fulfilment: Fulfilment) -> None:
        fulfilment.turn += 1
        due = self._due(fulfilment)
        if due is not None:
            about = (fulfilment.fulfilment_id, fulfilment.turn)
            self._agenda.add(max(due, self.now()), self.name, "work", about)

    def _due(self, fulfilment: Fulfilment) -> float | None:
        """Return when the next step is due; None: it is not."""
        if fulfilment.is_done or (fulfilment.cancellation == "requested" and not self._goes_on(fulfilment)):
            return None
        mode = self.mode(fulfilment.fulfilment_id)
        if fulfilment.waiting == []:
            return None if mode.final_after is None else fulfilment.left_at + mode.final_after
        if fulfilment.waiting and fulfilment.packages:
            return fulfilment.left_at + mode.apart_seconds
        seconds = mode.times[_step_after(fulfilment.progress)]
        return None if seconds is None else fulfilment.pushed_at + seconds

    def _goes_on(self, fulfilment: Fulfilment) -> bool:
        return self.mode(fulfilment.fulfilment_id).cancel == "pending_then_ship"

    def work_now(self, fulfilment: Fulfilment) -> None:
        """Do the next step before its time; what follows keeps its own."""
        self._work(fulfilment)
        self._plan(fulfilment)

    def _work(self, fulfilment: Fulfilment) -> None:
        step = _step_after(fulfilment.progress)
        if step != "shipped":
            fulfilment.progress = step
            self._report(fulfilment, "process.reported", {"progress": step, "at": int(self.now())})
        elif fulfilment.waiting == []:
            self._confirm(fulfilment, [], is_final=True)
        else:
            self._ship(fulfilment)

    def _ship(self, fulfilment: Fulfilment) -> None:
        """Let the next package leave, or all, when there is no time between them."""
        mode = self.mode(fulfilment.fulfilment_id)
        if fulfilment.waiting is None:
            fulfilment.waiting = packed(fulfilment.lines, mode.short, mode.packages)
        count = 1 if mode.apart_seconds else len(fulfilment.waiting)
        leaving, fulfilment.waiting = fulfilment.waiting[:count], fulfilment.waiting[count:]
        packages = [self._package(fulfilment, parts, mode) for parts in leaving]
        fulfilment.packages += packages
        fulfilment.left_at = self.now()
        is_final = not fulfilment.waiting and mode.final_after == 0
        if packages or is_final:
            self._confirm(fulfilment, packages, is_final=is_final)

    def _package(self, fulfilment: Fulfilment, parts: list[tuple[int, int]], mode: Mode) -> dict[str, Any]:
        carrier, weight = fulfilment.asked.get("carrier") or mode.carrier, mode.weight_grams
        prefix = "".join(letter for letter in carrier.upper() if letter.isalnum())[:4]
        return {
            "carrier": carrier,
            "waybill": f"{prefix}{_mark(self.name)}{self.next_number('waybill'):06}",
            **({} if weight is None else {"weight_grams": weight}),
            "lines": [{"line": line, "quantity": quantity} for line, quantity in parts],
        }

    def _confirm(self, fulfilment: Fulfilment, packages: list[dict[str, Any]], *, is_final: bool) -> None:
        if is_final:
            fulfilment.progress = "shipped" if fulfilment.packages else "closed"
        self._report(fulfilment, "fulfillment.confirmed", {"final": is_final, "packages": packages})

    # --- stopping them ---

    def cancel(self, fulfilment: Fulfilment) -> str:
        """Try to stop a parcel. Return accepted, rejected or pending; asked again, the answer stays."""
        if fulfilment.is_stopped or fulfilment.cancellation == "accepted":
            return "accepted"
        if fulfilment.packages or fulfilment.is_done or fulfilment.cancellation == "rejected":
            fulfilment.cancellation = "rejected"
            return "rejected"
        if fulfilment.cancellation == "requested":
            return "pending"
        how = self.mode(fulfilment.fulfilment_id).cancel
        if how.startswith("pending"):
            fulfilment.cancellation = "requested"
            if how != "pending_then_ship":
                seconds = self.mode(fulfilment.fulfilment_id).pending_seconds
                about = (fulfilment.fulfilment_id, how == "pending_then_accept")
                self._agenda.add(self.now() + seconds, self.name, "decide", about)
        elif how == "accept_but_ship":
            fulfilment.cancellation = "accepted"
        else:
            _settle(fulfilment, is_accepted="reject" not in how)
            self._tell_what_is_held_back(fulfilment)
        self._plan(fulfilment)
        return {"requested": "pending"}.get(fulfilment.cancellation, fulfilment.cancellation)

    def _decide(self, fulfilment: Fulfilment, *, is_accepted: bool) -> None:
        """Answer a cancellation that was pending; what has left meanwhile cannot be stopped."""
        if fulfilment.cancellation != "requested":
            return
        _settle(fulfilment, is_accepted=is_accepted and not fulfilment.packages)
        reason = {} if fulfilment.is_stopped else {"reason": SHIPPED_ALREADY}
        self._report(fulfilment, "fulfillment.cancelled", {"accepted": fulfilment.is_stopped, **reason})
        self._plan(fulfilment)

    # --- goods that come back ---

    def expect(self, return_id: str, asked: dict[str, Any], lines: tuple[Line, ...]) -> Return:
        """Expect goods; asked again, nothing changes but the number that they come under."""
        known = self.returns.get(return_id)
        could_come = known is not None and known.may_come
        if known is None:
            known = self.returns[return_id] = Return(return_id, asked, lines)
        known.asked = {**known.asked, "carrier": asked.get("carrier"), "waybill": asked.get("waybill")}
        after = self.mode(return_id).return_after
        if after is not None and known.may_come and not could_come:
            self._agenda.add(self.now() + after, self.name, "arrive", return_id)
        return known

    def receive(self, expected: Return, counts: Mapping[int, dict[str, int]], delays: list[int]) -> str:
        """Count and grade what came in. Return the event's id."""
        expected.has_come = True
        for line, by_grade in counts.items():
            kept = expected.received.setdefault(line, {})
            for grade, count in by_grade.items():
                kept[grade] = kept.get(grade, 0) + count
        rate = self.mode(expected.return_id).return_rate_pct
        is_less = bool(expected.case) and rate < FULL_RATE
        worth = {"rate_pct": rate} if is_less else {}
        lines = [{"line": line, **by_grade, **worth} for line, by_grade in counts.items()]
        return self._say_of(
            expected, "return.received", {"lines": lines} | ({"reason": WORN} if is_less else {}), delays
        )

    def _say_of(self, expected: Return, kind: str, content: dict[str, Any], delays: list[int]) -> str:
        about = {"return_id": expected.return_id} | ({"case": expected.case} if expected.case else {})
        fulfilment = expected.asked["fulfillment_id"]
        return self.say(kind, fulfilment, about | content, delays, expected.return_id)

    def _arrive(self, return_id: str) -> None:
        """Let goods come by themselves, unless the desk has let them come before; a case's are inspected later."""
        expected, mode = self.returns[return_id], self.mode(return_id)
        if expected.has_come:
            return
        if not expected.case:
            self._count(return_id)
            return
        self._say_of(expected, "return.arrived", {}, self._delays(mode, "return.arrived"))
        if mode.inspect_after is not None:
            self._agenda.add(self.now() + mode.inspect_after, self.name, "count", return_id)

    def _count(self, return_id: str) -> None:
        """Count all that is expected, but what is missing; all of one grade."""
        expected, mode = self.returns[return_id], self.mode(return_id)
        if expected.has_come:
            return
        none = {"good": 0, "defect": 0, "scrap": 0}
        counts = {
            line.number: {
                **none,
                mode.return_grade: max(0, line.quantity - mode.return_missing.get(line.number, 0)),
            }
            for line in expected.lines
        }
        self.receive(expected, counts, self._delays(mode, "return.received"))

    def _delays(self, mode: Mode, kind: str) -> list[int]:
        ordered = mode.delays[kind] if mode.is_reporting else []
        return [0] if ordered is None else ordered

    def happen(self, what: str, about: Any) -> None:
        """Do what the agenda says."""
        match what:
            case "work":
                fulfilment, turn = self.fulfilments[about[0]], about[1]
                if turn == fulfilment.turn:
                    self.work_now(fulfilment)
            case "decide":
                self._decide(self.fulfilments[about[0]], is_accepted=about[1])
            case "arrive":
                self._arrive(about)
            case "count":
                self._count(about)

    # --- its messages ---

    def _report(self, fulfilment: Fulfilment, kind: str, content: dict[str, Any]) -> None:
        mode = self.mode(fulfilment.fulfilment_id)
        if not mode.is_reporting:
            return
        delays = mode.delays[kind]
        if delays is not None:
            self.say(kind, fulfilment.fulfilment_id, content, delays)
        else:
            fulfilment.held_back.append(self._letter(kind, fulfilment.fulfilment_id, content))
        self._tell_what_is_held_back(fulfilment)

    def _tell_what_is_held_back(self, fulfilment: Fulfilment) -> None:
        while fulfilment.is_done and fulfilment.held_back:
            self._deliveries.announce(fulfilment.held_back.pop(), [0])

    def say(
        self, kind: str, fulfilment_id: str, content: Mapping[str, Any], delays: list[int], about: str = ""
    ) -> str:
        """Queue a message. Return its event id."""
        letter = self._letter(kind, fulfilment_id, content)
        self._deliveries.announce(letter._replace(reference=about or fulfilment_id), delays)
        return letter.event_id

    def _letter(self, kind: str, fulfilment_id: str, content: Mapping[str, Any]) -> Letter:
        event_id = f"{self.name}-{self.next_number('event'):08}"
        common = {
            "event_id": event_id,
            "type": kind,
            "created": int(self.now()),
            "fulfillment_id": fulfilment_id,
        }
        return Letter(self.name, event_id, kind, fulfilment_id, self.path, {**common, **content})

    @property
    def path(self) -> str:
        """Where the product listens to it."""
        return f"/webhooks/warehouses/{self.name}"

    def next_number(self, kind: str) -> int:
        """Count things of one kind: 1, 2, 3, ..."""
        self._numbers[kind] += 1
        return self._numbers[kind]

    def seal(self, letter: Letter) -> tuple[dict[str, str], bytes]:
        """Return headers and body of a message as it is sent now: the same body, a new signature."""
        today, following = warehouse_secrets(self.name)
        secrets = {"today": (today,), "next": (following,), "both": (today, following)}[self.signs_with]
        return sealed(letter.content, secrets, self.now())

    def is_received(self, status: int, body: bytes) -> bool:
        """Any 2xx ends the sending."""
        return 200 <= status < 300


def sealed(content: Mapping[str, Any], secrets: tuple[str, ...], now: float) -> tuple[dict[str, str], bytes]:
    """Return headers and body of a message, signed with these secrets."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    kind = {"content-type": "application/json", "user-agent": "ordercycle-warehouse"}
    return {**kind, "ordercycle-signature": signature(secrets, now, body)}, body


def _settle(fulfilment: Fulfilment, *, is_accepted: bool) -> None:
    fulfilment.cancellation = "accepted" if is_accepted else "rejected"
    fulfilment.is_stopped = is_accepted


def _step_after(progress: str) -> str:
    return STEPS[0] if progress == "submitted" else STEPS[STEPS.index(progress) + 1]


def _mark(name: str) -> str:
    """Return six digits that keep the waybill numbers of two warehouses apart."""
    return f"{zlib.crc32(name.encode()) % 10**6:06}"
