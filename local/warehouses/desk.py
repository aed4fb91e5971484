"""The desk at which tests, the demo and people play a warehouse's people, its shelves, and bad luck.

Its forms stand in the package's docstring. It reads them strictly: a member that nobody reads is refused.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from local.forms import Malformed, choice, document, only, text, whole
from local.providers.deliveries import Deliveries
from local.providers.desk import Refused, Said, delays_of
from local.providers.faults import CALLS_MAX
from local.warehouses.floor import Floor, sealed
from local.warehouses.modes import GRADES
from local.warehouses.reception import FAULTS, OPERATIONS

COUNT_MAX = 10**6
FORGER = hashlib.sha256(b"nobody agreed on this").hexdigest()


class Desk:
    """The routes of the desk of one warehouse after another."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries

    def handle(self, floor: Floor, method: str, path: list[str], body: bytes) -> Said:
        """Answer a request; *path* is what follows the name of the warehouse."""
        try:
            if method == "GET":
                return _looked_up(floor, path)
            return self._routed(floor, path, document(body))
        except Malformed as malformed:
            return Said(400, {"error": "malformed", "detail": str(malformed)})
        except Refused as refused:
            return refused.said

    def _routed(self, floor: Floor, path: list[str], form: dict[str, Any]) -> Said:  # noqa: PLR0911  # One line a route.
        match path:
            case ["mode", *about] if len(about) <= 1:
                floor.set_mode("".join(about), form)
                return Said(200, {"about": "".join(about), "mode": form})
            case ["step", fulfilment_id]:
                return _work(floor, fulfilment_id, form)
            case ["arrivals", return_id]:
                return _arrive(floor, return_id, form)
            case ["faults"]:
                return _store_fault(floor, form)
            case ["resend"]:
                return self._resend(floor, form)
            case ["say"]:
                return _say(floor, form)
            case ["forgery"]:
                headers, body = sealed(_event(form), (FORGER,), floor.now())
                return Said(200, {"answered": self._deliveries.hand_over(floor.path, headers, body)[0]})
            case ["signs-with"]:
                only(form, "key")
                floor.signs_with = choice(form, "key", ("today", "next", "both"))
                return Said(200, {"key": floor.signs_with})
        raise Refused(404, "unknown_route", f"the desk of {floor.name} knows no {'/'.join(path)}")

    def _resend(self, floor: Floor, form: Mapping[str, Any]) -> Said:
        only(form, "about")
        about = text(form, "about")
        letter = self._deliveries.resend(floor.name, about)
        if letter is None:
            raise Refused(404, "nothing_sent", f"nothing was ever sent about {about}")
        return Said(200, {"event_id": letter.event_id, "type": letter.kind})


def _looked_up(floor: Floor, path: list[str]) -> Said:
    match path:
        case []:
            parcels = {
                each.fulfilment_id: {"status": each.refused or each.status, "packages": each.packages}
                for each in floor.fulfilments.values()
            }
            returns = {each.return_id: each.received for each in floor.returns.values()}
            return Said(200, {"fulfillments": parcels, "returns": returns})
        case ["faults"]:
            return Said(200, {"faults": floor.faults.listed()})
    raise Refused(404, "unknown_route", f"{floor.name} shows no {'/'.join(path)}")


def _work(floor: Floor, fulfilment_id: str, form: Mapping[str, Any]) -> Said:
    only(form)
    fulfilment = floor.fulfilments.get(fulfilment_id)
    if fulfilment is None:
        raise Refused(404, "unknown_fulfillment", f"{floor.name} has never heard of {fulfilment_id}")
    if fulfilment.is_done:
        raise Refused(409, "done", f"nothing is left to do: it is {fulfilment.refused or fulfilment.status}")
    floor.work_now(fulfilment)
    return Said(200, {"status": fulfilment.status})


def _arrive(floor: Floor, return_id: str, form: Mapping[str, Any]) -> Said:
    only(form, "lines", "deliver")
    expected = floor.returns.get(return_id)
    if expected is None:
        raise Refused(404, "unknown_return", f"{floor.name} expects no {return_id}")
    given = form.get("lines")
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise Malformed("lines must be a list of objects")
    known = {line.number for line in expected.lines}
    counts: dict[int, dict[str, int]] = {}
    for each in given:
        only(each, "line", *GRADES)
        line = whole(each, "line", least=1, most=9_999)
        if line not in known or line in counts:
            raise Malformed(f"line {line} is not expected, or named twice")
        counts[line] = {grade: whole({grade: 0, **each}, grade, least=0, most=COUNT_MAX) for grade in GRADES}
    return Said(200, {"event_id": floor.receive(expected, counts, delays_of(form))})


def _store_fault(floor: Floor, form: Mapping[str, Any]) -> Said:
    only(form, "next", "fault", "on", "about")
    calls = whole(form, "next", least=0, most=CALLS_MAX)
    fault = choice(form, "fault", FAULTS) if calls else ""
    on = choice(form, "on", (*OPERATIONS, "any"), default="any")
    about = text(form, "about") if "about" in form else ""
    floor.faults.store(fault, on=on, calls=calls, about=about)
    return Said(200, {"faults": floor.faults.listed()})


def _say(floor: Floor, form: Mapping[str, Any]) -> Said:
    event = _event(form)
    event_id = floor.say(
        str(event.get("type", "")), str(event.get("fulfillment_id", "")), event, delays_of(form)
    )
    return Said(200, {"event_id": event.get("event_id", event_id)})


def _event(form: Mapping[str, Any]) -> dict[str, Any]:
    only(form, "event", "deliver")
    event = form.get("event")
    if not isinstance(event, dict):
        raise Malformed("event must be an object")
    return event
