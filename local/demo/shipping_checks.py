"""Invariants of parcels (RELIABILITY section 3): what is in them, who sent them, where they were seen, what came back.

Held against the warehouses' and the trackers' own books, and against published records; never against the product's
own code.
"""

import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Any

from local.demo.naive_shipping import BORDER, Tariffs, is_taken, kinds_of, place_of, planned_at_once, price
from local.demo.published import History
from local.demo.world import Row, Whole, World

DAY = 86_400
SILENCE_SECONDS = 2 * DAY
SLACK_SECONDS = 2 * 3600  # A sweep, and a message that was on its way.
CONFIRMED_AFTER_SECONDS, SHIPPED_BEFORE_SECONDS = DAY, 10 * DAY
STUCK_SECONDS = 21 * DAY
PROVING = ("aftership", "easypost")  # Their messages are signed with a key; the others' prove nothing.
ASKED = ("delivery_claimed", "parcel_silent")  # What makes us ask the carrier itself.
CAP_MINOR = 500_000
ONLY_PART = "warehouse:partial"
AT_SYSTEMS = ("pushing", "at_warehouse", "intercepting")
RESTOCKED = {"restock": "good", "restock_defect": "defect", "scrap": "scrap"}
EMPTIED = ("came_back", "written_off")
FINAL = ("completed", "cancelled", "closed", "separated")


def units_are_in_one_parcel(world: World) -> Iterator[str]:
    """A parcel holds units of its own sub-order alone, whole and at least one, unless all of it came back."""
    for whole in world.orders.values():
        own = {str(line["number"]): line["sub_order"] for line in whole.lines}
        for parcel in whole.of("PARCEL"):
            where = f"{whole.order_id} parcel {parcel['number']}"
            foreign = [number for number in parcel["contents"] if own.get(number) != parcel["sub_order"]]
            if foreign:
                yield f"{where} holds lines {foreign} of another part"
            may_be_empty = parcel["state"] in (*EMPTIED, "cancelled") or _asked_for(whole, parcel)
            if min(parcel["contents"].values(), default=1 if may_be_empty else 0) < 1:
                yield f"{where} is {parcel['state']} and holds {parcel['contents']}"


def _asked_for(whole: Whole, parcel: Row) -> Counter[str]:
    """Units of a parcel that cases are, or were, about: by line."""
    asked: Counter[str] = Counter()
    for case in whole.of("CASE"):
        asked.update(case["sources"].get(str(parcel["number"]), {}))
    return asked


def warehouses_agree(world: World) -> Iterator[str]:
    """By warehouse and SKU: what its own books say that it shipped, did not find, stopped, and took back."""
    ours: Counter[tuple[str, str, str]] = Counter()
    for whole in world.orders.values():
        for event in whole.of("#EVENT"):
            if event["actor"] == "warehouse" and event["event"] != "goods_inspected":
                _count_moves(ours, event)
        for case in whole.of("CASE"):
            _count_case(ours, whole, case)
    theirs: Counter[tuple[str, str, str]] = Counter()
    for warehouse, book in world.at_systems.items():
        for sku, units in book["units"].items():
            for name in ("shipped", "missing", "cancelled", "good", "defect", "scrap"):
                theirs[warehouse, sku, name] += units[name]
    for place in sorted(ours.keys() | theirs.keys()):
        if ours[place] != theirs[place]:
            warehouse, sku, name = place
            yield f"{warehouse} says of {sku}: {theirs[place]} {name}, we say {ours[place]}"


def _count_moves(ours: Counter[tuple[str, str, str]], event: Row) -> None:
    names = {"ship": "shipped", "miss": "missing", "release": "cancelled", **RESTOCKED}
    for kind, sku, warehouse, units, *_ in event.get("stock", ()):
        if kind in names:
            ours[warehouse, sku, names[kind]] += units


def _count_case(ours: Counter[tuple[str, str, str]], whole: Whole, case: Row) -> None:
    """What came back for a case, if a warehouse's system has counted it: also what is not on a shelf yet."""
    who = {
        event["actor"]
        for event in whole.of("#EVENT")
        if event["event"] == "goods_inspected" and any(s["subject"] == case["sk"] for s in event["steps"])
    }
    if who != {"warehouse"}:
        return
    skus = {str(line["number"]): line["sku"] for line in whole.lines}
    [place] = {p["warehouse"] for p in whole.of("PARCEL") if str(p["number"]) in case["sources"]}
    for number, graded in case["counted"].items():
        for grade, units in graded.items():
            ours[place, skus[number], grade] += units


def packages_are_parcels(world: World) -> Iterator[str]:
    """Every package that a warehouse's system sent is one parcel, with its waybill and what it was said to hold."""
    for fulfilment, packages in world.packages.items():
        order_id, _, _ = fulfilment.partition("-")
        whole = world.orders.get(order_id)
        parcels = {parcel.get("waybill"): parcel for parcel in whole.of("PARCEL")} if whole else {}
        asked = {parcel["sk"]: _asked_for(whole, parcel) for parcel in parcels.values()} if whole else {}
        for package in packages:
            parcel = parcels.get(package["waybill"])
            said = {str(line["line"]): line["quantity"] for line in package["lines"]}
            if parcel is None:
                yield f"{fulfilment} left as {package['waybill']}, and no parcel has that number"
            elif parcel["state"] not in (*EMPTIED, "incomplete"):
                held: Counter[str] = Counter(parcel["contents"])
                if held - Counter(said) or Counter(said) - held - asked[parcel["sk"]]:
                    yield f"{fulfilment} left with {said}, its parcel holds {parcel['contents']}"


def parcels_may_travel(world: World) -> Iterator[str]:
    """Within the limits of its service, which takes such goods; nothing in it is kept apart; worth no more than customs
    allows, and told to customs completely."""
    tariffs = Tariffs.of(History(world), CAP_MINOR)
    for whole in world.orders.values():
        lines = {str(line["number"]): line for line in whole.lines}
        for parcel in whole.of("PARCEL"):
            units = [(lines[number], count) for number, count in parcel["contents"].items()]
            for problem in _misfits(tariffs, parcel, units):
                yield f"{whole.order_id} parcel {parcel['number']}: {problem}"


def _misfits(tariffs: Tariffs, parcel: Row, units: list[tuple[Row, int]]) -> Iterator[str]:
    kinds = {kinds_of(line) for line, _ in units}
    if len(kinds) > 1:
        yield f"goods of different kinds travel together: {sorted(map(sorted, kinds))}"
    categories = {line["category"] for line, _ in units}
    if clash := [sorted(pair) for pair in tariffs.apart if pair <= categories]:
        yield f"{clash[0]} never share a parcel"
    grams = sum(line["weight_grams"] * count for line, count in units)
    cm3 = sum(line["volume_cm3"] * count for line, count in units)
    service = tariffs.services.get(parcel["service"])
    if service is not None:
        if parcel["warehouse"] not in service["warehouses"]:
            yield f"{parcel['service']} does not go from {parcel['warehouse']}"
        if grams > service["max_weight_grams"] or cm3 > service["max_volume_cm3"]:
            yield f"{grams} g and {cm3} cm3 are too much for {parcel['service']}"
        if refused := [sorted(kind) for kind in kinds if not is_taken(service, kind)]:
            yield f"{parcel['service']} does not take {refused[0]}"
    if any(BORDER in kind for kind in kinds):
        worth = sum(line["unit_price_minor"] * count for line, count in units)
        if worth > tariffs.cap_minor:
            yield f"worth {worth}, more than customs allows in one parcel"
        if silent := [line["sku"] for line, _ in units if not (line["hs_code"] and line["origin"])]:
            yield f"customs is not told what {silent} are"


def parcels_cost_what_was_published(world: World) -> Iterator[str]:
    """What we reckon that a planned parcel costs is what somebody else makes of the tariff."""
    tariffs = Tariffs.of(History(world), CAP_MINOR)
    for whole in world.orders.values():
        lines = {str(line["number"]): line for line in whole.lines}
        for parcel in planned_at_once(whole):
            service = tariffs.services.get(parcel["service"])
            if service is None or not parcel["contents"]:
                continue
            [kinds] = {kinds_of(lines[number]) for number in parcel["contents"]} or {frozenset()}
            load = parcel["grams"], parcel["cm3"]
            sent_from = parcel["warehouse"]
            expected = price(tariffs, service, place_of(whole), load, kinds, warehouse=sent_from)
            if expected != parcel["cost_minor"]:
                where = f"{whole.order_id} parcel {parcel['number']}"
                yield f"{where} costs {parcel['cost_minor']}, its tariff says {expected}"


def freight_is_shared_once(world: World) -> Iterator[str]:
    """The parcels of a sub-order share its freight: all of it, and no more."""
    for whole in world.orders.values():
        for sub_order in whole.of("SUB"):
            parcels = [p for p in whole.parcels_of(sub_order) if p["state"] != "cancelled" and p["contents"]]
            shared = sum(parcel["freight_minor"] for parcel in parcels)
            kept = sub_order["freight_minor"] - sub_order["refunded_freight_minor"]
            if parcels and shared != kept:
                yield f"{whole.order_id} sub-order {sub_order['number']}: freight {kept}, its parcels share {shared}"


def waybills_are_unique(world: World) -> Iterator[str]:
    seen: dict[tuple[str, str], str] = {}
    for whole in world.orders.values():
        for parcel in whole.of("PARCEL"):
            if "waybill" in parcel:
                name, own = (parcel["carrier"], parcel["waybill"]), f"{whole.order_id} {parcel['sk']}"
                if name in seen:
                    yield f"{name} is both {seen[name]} and {own}"
                seen[name] = own


def delivered_is_proven(world: World) -> Iterator[str]:
    """A tracker that says so has seen it; where its word proves nothing, it was asked. Or people of ours say so."""
    for whole in world.orders.values():
        asked: set[str] = set()
        for event in whole.of("#EVENT"):
            subjects = {step["subject"] for step in event["steps"] if step["subject"].startswith("PARCEL#")}
            if event["event"] in ASKED:
                asked |= subjects
            if event["event"] != "parcel_delivered" or event["actor"] in ("support", "operator"):
                continue
            for subject in sorted(subjects):
                yield from _doubts(world, whole, event, subject, is_asked=subject in asked)


def _doubts(world: World, whole: Whole, event: Row, subject: str, *, is_asked: bool) -> Iterator[str]:
    tracker, parcel = event["actor_id"], whole.rows[subject]
    seen = world.sightings.get(tracker, {}).get(parcel.get("waybill", ""), [])
    where = f"{whole.order_id} {subject}"
    if not any(one["what"] == "delivered" and one["at"] <= event["at"] for one in seen):
        yield f"{where} counts as delivered, and {tracker} has not seen that"
    if tracker not in PROVING and not is_asked:
        yield f"{where} counts as delivered, and {tracker} was not asked whether that is true"


def receipt_waits_for_delivery(world: World) -> Iterator[str]:
    """The clock takes receipt for granted a day after the last delivery was told, and ten days after shipment."""
    for whole in world.orders.values():
        delivered: dict[str, int] = {}
        for event in whole.of("#EVENT"):
            steps = [step["subject"] for step in event["steps"]]
            if event["event"] == "parcel_delivered":
                delivered |= dict.fromkeys(steps, event["at"])
            if event["event"] == "receipt_timed_out":
                for subject in (subject for subject in steps if subject.startswith("PARCEL#")):
                    parcel, since = whole.rows[subject], delivered.get(subject)
                    where = f"{whole.order_id} v{event['version']} {subject}"
                    if since is None or event["at"] < since + CONFIRMED_AFTER_SECONDS:
                        yield f"{where} was received by the clock at {event['at']}, delivered at {since}"
                    elif event["at"] < parcel["shipped_at"] + SHIPPED_BEFORE_SECONDS:
                        yield f"{where} was received by the clock too soon after its shipment"


def silence_is_found(world: World) -> Iterator[str]:
    """Nobody may go unseen for two days without being noticed."""
    for whole in world.orders.values():
        for parcel in whole.of("PARCEL"):
            track = whole.rows.get(f"#TRACK#{parcel['number']:02}", {"checkpoints": []})
            seen = [checkpoint[0] for checkpoint in track["checkpoints"]]
            for begun, ended in _under_way(whole, parcel["sk"], world.now):
                moments = sorted(at for at in (begun, ended, *seen) if begun <= at <= ended)
                for one, next_ in itertools.pairwise(moments):
                    if next_ - one > SILENCE_SECONDS + SLACK_SECONDS and not _noticed(
                        whole, parcel["sk"], one, next_
                    ):
                        yield f"{whole.order_id} {parcel['sk']} was not seen for {next_ - one} s, and nobody noticed"


def _under_way(whole: Whole, sk: str, now: int) -> Iterator[tuple[int, int]]:
    """From when to when the parcel was in transit."""
    begun: int | None = None
    for event in whole.of("#EVENT"):
        for step in event["steps"]:
            if step["subject"] != sk:
                continue
            leaves = step["row"].startswith("parcel.in_transit") and not step["row"].endswith(ASKED)
            if begun is not None and leaves:
                yield begun, event["at"]
                begun = None
            if (
                event["event"] in ("parcels_shipped", "parcel_moved")
                and whole.rows[sk].get("shipped_at") is not None
            ):
                begun = event["at"] if event["at"] >= whole.rows[sk]["shipped_at"] else None
    if begun is not None:
        yield begun, now


def _noticed(whole: Whole, sk: str, after: int, before: int) -> bool:
    return any(
        event["event"] == "parcel_silent" and after < event["at"] <= before
        for event in whole.of("#EVENT")
        if any(step["subject"] == sk for step in event["steps"])
    )


def returns_are_counted(world: World) -> Iterator[str]:
    """By order and SKU: what is refunded as come back, or was exchanged, is what was counted onto a shelf, or off it.

    A unit that makes good another and comes back counts for both: it is one all the same."""
    for whole in world.orders.values():
        said = _said_to_be_back(whole)
        counted: Counter[str] = Counter()
        for event in whole.of("#EVENT"):
            for kind, sku, _, units, *_ in event.get("stock", ()):
                if kind in RESTOCKED:
                    counted[sku] += units
        if +said != +counted:
            yield f"{whole.order_id}: {dict(said)} are refunded as come back, {dict(counted)} were counted"


def _said_to_be_back(whole: Whole) -> Counter[str]:
    lines = {str(line["number"]): line for line in whole.lines}
    said: Counter[str] = Counter()
    for sub_order in whole.of("SUB"):
        for number, units in sub_order["returned"].items():
            said[lines[number]["sku"]] += units
            if root := lines[number]["replaces"]:
                said[lines[str(root)]["sku"]] -= units
    for case in whole.of("CASE"):
        if case["replacement"] and case["kind"] == "exchange" and "is_handed_back" not in case:
            for number, graded in case["counted"].items():
                said[lines[number]["sku"]] += sum(graded.values())
    return said


def nothing_is_stuck(world: World) -> Iterator[str]:
    """Three weeks after the last thing that happened to it, a paid part has come to an end."""
    for whole in world.orders.values():
        events = whole.of("#EVENT")
        if not events or world.now - events[-1]["at"] < STUCK_SECONDS:
            continue
        open_parts: list[Any] = [s["number"] for s in whole.of("SUB") if s["state"] not in FINAL]
        if open_parts:
            yield f"{whole.order_id} parts {open_parts} stand still for {world.now - events[-1]['at']} s"
