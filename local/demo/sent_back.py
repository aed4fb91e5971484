"""Goods on their way back: the buyer hands them to a carrier, a warehouse takes them in, and somebody looks at each.

a warehouse with a system    tells that they are there and what they are, as bad luck will have it
a merchant without one       sees in the tracking that they came, or says so, and counts them by hand
"""

from collections.abc import Mapping
from typing import Any

from local.demo import claims, denied, made_up
from local.demo.claims import Claim, Found, Sends, Telling
from local.demo.made_up import DAY, HOUR, Refunding
from local.demo.stage import Stage
from local.demo.tariffs import SYSTEMS
from local.demo.walked import Walk

RATE_PCT = 60  # Of what is worn.
LOOKS_UNTIL_LOST = 5
LOOKS_UNTIL_FETCHED = 3
DELIVER: Mapping[Telling, Any] = {
    Telling.TWICE: "twice",
    Telling.LATE: 3 * HOUR,
    Telling.BACKWARDS: {"return.arrived": 9 * HOUR},
}
JOURNEYS: Mapping[Telling, Any] = {
    Telling.TWICE: {"journey": "direct", "deliver": "twice"},
    Telling.LATE: {"journey": "direct", "deliver": 30 * HOUR},
    Telling.BACKWARDS: {"deliver": "reversed"},
}


def refunding_of(name: str, provider: str, claim: Claim) -> Refunding:
    """How the provider handles the refunds of this request. With a chargeback there is enough of that."""
    if claim.chargeback:
        return Refunding.SUCCEED
    return claim.refunding or made_up.refunding(name, provider)


def sent(way: Walk, case: Mapping[str, Any]) -> int:
    """The buyer hands it over, and enters its number."""
    turn = way.times("sent")
    if case["send_back"]["warehouse"] in SYSTEMS and not turn:
        _prepare(way, case)
    is_lost = way.claim.is_lost and not turn
    is_mistyped = way.claim.sends is Sends.ANOTHER_NUMBER and not turn
    _enter(way, turn, "lost" if is_lost else "silent" if is_mistyped else "")
    return 20 * HOUR


def _enter(way: Walk, turn: int, journey: str) -> None:
    """*journey*: what becomes of the parcel; "": it arrives."""
    stage = way.stage
    waybill = made_up.waybill(f"back {way.name}", turn, stage.season.large)
    body = {**waybill, "freight": claims.postage_of(way.name)}
    way.must(way.buyer("waybill", body, f"sends-{turn}"))
    if stage.is_followed(waybill["waybill"]):
        form = {"journey": journey} if journey else JOURNEYS.get(way.claim.telling, {"journey": "direct"})
        stage.client.neighbour(f"/_trackers/{waybill['waybill']}/journey", form)


def _prepare(way: Walk, case: Mapping[str, Any]) -> None:
    """What the warehouse's system will find, and how it tells of it."""
    mode: dict[str, Any] = {"deliver": DELIVER.get(way.claim.telling, "now")}
    lines = {line["line"]: line["quantity"] for line in case["lines"]}
    match way.claim.found:
        case Found.WORN:
            mode |= {"return_rate_pct": RATE_PCT, "return_grade": "defect"}
        case Found.SHORT:
            mode["return_missing"] = [{"line": max(lines), "units": 1}]
        case Found.EMPTY:
            mode["return_missing"] = [{"line": line, "units": units} for line, units in lines.items()]
        case Found.DRAWN if way.claim.telling is Telling.BACKWARDS:
            mode["return_grade"] = claims.condition_of(way.name, 0, 0)
        case _:  # Somebody opens it, or nobody does.
            mode["inspect_after"] = None
    if way.claim.is_lost:
        mode["return_after"] = None
    _mode(way.stage, case, mode)


def _mode(stage: Stage, case: Mapping[str, Any], mode: dict[str, Any]) -> None:
    warehouse = case["send_back"]["warehouse"]
    stage.client.neighbour(f"/_warehouses/{warehouse}/mode/{case['case_id']}", mode)


def on_its_way(way: Walk, case: Mapping[str, Any]) -> int:
    """It travels. A mistyped number is corrected; what does not come the buyer tells the platform; where no tracker
    says that it has come, the merchant does."""
    looks = way.times("looks")
    if way.claim.sends is Sends.ANOTHER_NUMBER and not looks:
        _enter(way, 1, "")
    elif way.claim.is_lost and looks >= LOOKS_UNTIL_LOST and way.first("told that it is lost"):
        way.must(way.buyer("escalation", {"reason": "lost_on_its_way_back"}, "calls-for-it"))
        return 3 * HOUR
    elif not _is_at_system(case) and looks >= LOOKS_UNTIL_FETCHED and not way.claim.is_lost:
        way.must(way.merchant("receipt", {}, "has-it"))
        return way.takes("opening it", 20)
    return DAY


def inspected(way: Walk, case: Mapping[str, Any]) -> int:
    """It is there, and somebody looks at it; or nobody does."""
    if way.claim.found is Found.NOBODY_LOOKS:
        return 2 * DAY + 2 * HOUR
    if _is_at_system(case):
        if way.claim.found is Found.DRAWN and way.claim.telling is not Telling.BACKWARDS:
            if way.first("opened"):
                _open_at_system(way, case)
            return 5 * HOUR
        return 12 * HOUR  # It does so by itself.
    if denied.is_asked(way.name):
        denied.wrong_inspections(way, case)
    lines = [{"line": line, **counts} for line, counts in _counted(way, case).items()]
    body: dict[str, Any] = {"lines": lines}
    if way.claim.found is Found.WORN:
        body = {"lines": [one | {"rate_pct": RATE_PCT} for one in lines], "reason": "worn"}
    way.must(way.merchant("inspection", body, "inspects"))
    return way.takes("hearing of it", 12)


def _open_at_system(way: Walk, case: Mapping[str, Any]) -> None:
    """The warehouse's people count, each unit by itself."""
    warehouse = case["send_back"]["warehouse"]
    lines = [{"line": line, **counts} for line, counts in _counted(way, case).items()]
    deliver = "twice" if way.claim.telling is Telling.TWICE else "now"
    form = {"lines": lines, "deliver": deliver}
    way.stage.client.neighbour(f"/_warehouses/{warehouse}/arrivals/{case['case_id']}", form)


def _counted(way: Walk, case: Mapping[str, Any]) -> dict[int, dict[str, int]]:
    """Line -> grade -> units: what is in the parcel."""
    found: dict[int, dict[str, int]] = {}
    for line in case["lines"]:
        number, units = line["line"], line["quantity"]
        counts = found[number] = {"good": 0, "defect": 0, "scrap": 0}
        match way.claim.found:
            case Found.EMPTY:
                continue
            case Found.WORN:
                counts["defect"] = units
            case Found.SHORT:
                is_last = number == max(one["line"] for one in case["lines"])
                counts["good"] = units - is_last
            case _:
                for unit in range(units):
                    counts[claims.condition_of(way.name, number, min(unit, 9))] += 1
    return found


def _is_at_system(case: Mapping[str, Any]) -> bool:
    return case["send_back"]["warehouse"] in SYSTEMS
