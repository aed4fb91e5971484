"""The desk at which tests, the demo and people send parcels on journeys. Its forms stand in the package's docstring."""

from collections.abc import Callable, Mapping
from typing import Any

from local.forms import Malformed, choice, document, only, text, whole
from local.partners import TRACKERS
from local.providers.desk import Refused, Said, delays_of
from local.providers.faults import CALLS_MAX
from local.trackers.parcels import HAPPENINGS, JOURNEYS, Parcel, Register

FAULTS = ("timeout", "slow", "500", "500_done", "garbled", "refused", "unauthorized")
OPERATIONS = ("subscribe", "query")
SPEED_MAX, MOMENT_MAX = 30 * 86_400, 10**11
REVERSED = "reversed"
Named = tuple[str, Parcel]


class Desk:
    """*told* is called with a tracker's name and a parcel of which something new is to be said."""

    def __init__(
        self,
        registers: Mapping[str, Register],
        *,
        depart: Callable[[str, Parcel], None],
        push: Callable[[str, Parcel], None],
        forge: Callable[[str, Parcel, str], int],
        resend: Callable[[str, str], str | None],
        now: Callable[[], float],
    ) -> None:
        self._registers = registers
        self._depart, self._push, self._forge, self._resend, self._now = depart, push, forge, resend, now

    def handle(self, method: str, path: list[str], body: bytes) -> Said:
        """Answer a request."""
        try:
            match method, path:
                case "GET", [tracker, "faults"] if tracker in TRACKERS:
                    return Said(200, {"faults": self._registers[tracker].faults.listed()})
                case "POST", [tracker, "faults"] if tracker in TRACKERS:
                    return _store_fault(self._registers[tracker], document(body))
                case "POST", [waybill, what] if waybill not in TRACKERS:
                    return self._about(waybill, what, document(body))
            raise Refused(404, "unknown_route", f"{method} /_trackers/{'/'.join(path)}")
        except Malformed as malformed:
            return Said(400, {"error": "malformed", "detail": str(malformed)})
        except Refused as refused:
            return refused.said

    def _about(self, waybill: str, what: str, form: dict[str, Any]) -> Said:
        match what:
            case "journey":
                return self._journey(waybill, form)
            case "event":
                return self._event(waybill, form)
            case "forgery":
                only(form, "tracker", "what")
                tracker = choice(form, "tracker", TRACKERS)
                happened = choice(form, "what", HAPPENINGS, default="delivered")
                parcel = self._registers[tracker].parcels.get(waybill) or Parcel(waybill)
                return Said(200, {"answered": self._forge(tracker, parcel, happened)})
            case "resend":
                only(form, "tracker")
                sent = {name: self._resend(name, waybill) for name, _ in self._meant(waybill, form)}
                if not any(sent.values()):
                    raise Refused(404, "nothing_sent", f"nothing was ever sent about {waybill}")
                return Said(200, {"resent": [name for name, kind in sent.items() if kind]})
        raise Refused(404, "unknown_route", f"there is journey, event, forgery and resend, and no {what}")

    def _meant(self, waybill: str, form: Mapping[str, Any], *, may_be_new: bool = False) -> list[Named]:
        """Return the parcel at the tracker that the form names, or at all that know it."""
        if "tracker" in form:
            tracker = choice(form, "tracker", TRACKERS)
            if may_be_new:
                return [(tracker, self._registers[tracker].parcel(waybill))]
            known = self._registers[tracker].parcels.get(waybill)
            found = [] if known is None else [(tracker, known)]
        else:
            found = [(n, r.parcels[waybill]) for n, r in self._registers.items() if waybill in r.parcels]
        if not found:
            raise Refused(404, "unknown_waybill", f"nobody has heard of {waybill}: name a tracker")
        return found

    def _journey(self, waybill: str, form: Mapping[str, Any]) -> Said:
        only(form, "tracker", "carrier", "journey", "speed", "deliver")
        journey = choice(form, "journey", JOURNEYS, default="delivered")
        speed = whole(form, "speed", least=0, most=SPEED_MAX) if "speed" in form else None
        delays = None if form.get("deliver") == REVERSED else delays_of(form)
        carrier = text(form, "carrier") if "carrier" in form else ""
        meant = self._meant(waybill, form, may_be_new=True)
        for tracker, parcel in meant:
            parcel.journey, parcel.speed, parcel.delays = journey, speed, delays
            parcel.carrier = parcel.carrier or carrier
            self._depart(tracker, parcel)
        return Said(200, {"waybill": waybill, "journey": journey, "trackers": [name for name, _ in meant]})

    def _event(self, waybill: str, form: Mapping[str, Any]) -> Said:
        only(form, "tracker", "what", "at", "deliver")
        what = choice(form, "what", HAPPENINGS)
        at = whole(form, "at", least=1, most=MOMENT_MAX) if "at" in form else int(self._now())
        meant = self._meant(waybill, form)
        for tracker, parcel in meant:
            parcel.see(at, what)
            self._push(tracker, parcel)
        return Said(200, {"waybill": waybill, "what": what, "trackers": [name for name, _ in meant]})


def _store_fault(register: Register, form: Mapping[str, Any]) -> Said:
    only(form, "next", "fault", "on", "about")
    calls = whole(form, "next", least=0, most=CALLS_MAX)
    fault = choice(form, "fault", FAULTS) if calls else ""
    on = choice(form, "on", (*OPERATIONS, "any"), default="any")
    about = text(form, "about") if "about" in form else ""
    register.faults.store(fault, on=on, calls=calls, about=about)
    return Said(200, {"faults": register.faults.listed()})
