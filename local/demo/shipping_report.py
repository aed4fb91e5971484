"""Shipping in tables: into how many parcels orders went and why, what that cost beside what others would have paid, and
what went wrong on the way."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.table import Table

from local.demo.naive_shipping import Compared, Tariffs, compared, planned_at_once
from local.demo.published import History
from local.demo.shipping_checks import CAP_MINOR
from local.demo.tables import table, yuan
from local.demo.tariffs import HOUSES, WMS
from local.demo.world import Row, Whole, World

PERCENT = 100
WORDS = {
    "merchant": "another merchant's goods",
    "border": "customs: cross-border goods go alone",
    "size": "bulky goods go alone",
    "hazard": "hazardous goods go alone",
    "warehouse": "another warehouse",
    "category": "categories that are kept apart",
    "weight": "too heavy together",
    "volume": "too large together",
    "customs_cap": "worth too much for one parcel through customs",
    "tariff": "two parcels are cheaper than one",
}
COUNTED = (  # What happened, by the name of the event.
    ("pushes refused by a warehouse", "push_refused"),
    ("pushes asked again", "push_overdue"),
    ("asked back from a warehouse", "intercept_requested"),
    ("  it stopped", "intercept_accepted"),
    ("  it was too late", "intercept_rejected"),
    ("  asked again, no answer yet", "intercept_overdue"),
    ("deliveries claimed, then asked for", "delivery_claimed"),
    ("silent parcels found", "parcel_silent"),
    ("parcels in trouble", "parcel_troubled"),
    ("  that went on", "parcel_moved"),
    ("parcels that turned round", "parcel_returning"),
    ("parcels counted back in", "return_received"),
    ("buyers who wanted more time", "receipt_extended"),
    ("receipts by the buyer", "receipt_confirmed"),
    ("receipts by the clock, after delivery", "receipt_timed_out"),
)


def parcels(world: World) -> Table:
    """How orders were cut, from which warehouses they went, and why parcels are apart."""
    cut = {whole.order_id: planned_at_once(whole) for whole in world.orders.values()}
    cut = {number: planned for number, planned in cut.items() if planned}
    split = [number for number, planned in cut.items() if len(planned) > len(_parts(planned))]
    total = sum(map(len, cut.values()))
    shown = table(
        "Shipping: parcels",
        "",
        "number",
        caption="Made up: warehouses, carriers, tariffs, and what goods weigh and measure (guessed from their "
        "descriptions, local/demo/measures.py).",
    )
    shown.add_row("orders that were cut into parcels", str(len(cut)))
    shown.add_row(
        "  a merchant's part in more than one",
        f"{len(split)} ({PERCENT * len(split) / max(1, len(cut)):.0f} %)",
    )
    shown.add_row("parcels planned", f"{total} ({total / max(1, len(cut)):.2f} an order)")
    shown.add_row("  and packages that warehouses made of them", str(_all(world) - total), end_section=True)
    houses = Counter(parcel["warehouse"] for planned in cut.values() for parcel in planned)
    for house, count in houses.most_common():
        system = ", by its system" if HOUSES.get(house) and HOUSES[house].interface == WMS else ""
        shown.add_row(f"from {house}{system}", str(count))
    shown.add_section()
    for reason, count in _reasons(cut.values()).most_common():
        shown.add_row(f"apart: {WORDS.get(reason, reason)}", str(count))
    return shown


def _parts(planned: Iterable[Row]) -> set[int]:
    return {parcel["sub_order"] for parcel in planned}


def _all(world: World) -> int:
    return sum(len(whole.of("PARCEL")) for whole in world.orders.values())


def _reasons(cut: Iterable[list[Row]]) -> Counter[str]:
    """In how many parcels a reason stands, where it kept them from others."""
    found: Counter[str] = Counter()
    for planned in cut:
        for parcel in planned:
            found.update({name for name, _ in _apart(planned, parcel)})
    return found


def _apart(planned: list[Row], parcel: Row) -> Iterator[tuple[str, str]]:
    """What keeps *parcel* from the others of its order: a merchant or a warehouse that all have says nothing."""
    for code in parcel["cuts"]:
        name, _, value = code.partition(":")
        others = {other for p in planned for other in p["cuts"] if other.startswith(f"{name}:")}
        if name not in ("merchant", "warehouse") or len(others) > 1:
            yield name, value


def example(world: World) -> Table:
    """One order, explained: the one with the most different reasons, and the fewest parcels of those."""
    cut = [(whole, planned) for whole in world.orders.values() if (planned := planned_at_once(whole))]
    shown = table("Shipping: one order explained", "parcel", "from", "units", "kg", "cost (CNY)", "why")
    if not cut:
        return shown
    whole, planned = max(cut, key=lambda pair: (len(_reasons([pair[1]])), -len(pair[1]), pair[0].order_id))
    shown.title = f"Shipping: order {whole.order_id} explained"
    for parcel in planned:
        why = "; ".join(_said(name, value) for name, value in _apart(planned, parcel)) or "all that was left"
        units = str(sum(parcel["contents"].values()))
        kilograms = f"{parcel['grams'] / 1000:.2f}"
        shown.add_row(
            str(parcel["number"]), parcel["warehouse"], units, kilograms, yuan(parcel["cost_minor"]), why
        )
    return shown


def _said(name: str, value: str) -> str:
    match name:
        case "merchant" | "warehouse" | "category" | "border" | "size" | "hazard":
            return value.replace("|", " not with ").replace("_", "-")
        case "weight":
            return f"more than {int(value) / 1000:g} kg together"
        case "volume":
            return f"more than {int(value) / 1000:g} l together"
        case "customs_cap":
            return f"worth more than {yuan(int(value))} together"
        case "tariff":
            apart, together = value.split("<")
            return f"{yuan(int(apart))} apart, {yuan(int(together))} together"
    return f"{name} {value}"


def cost(world: World) -> Table:
    """Our parcels beside those of first fit from where goods were promised first, each priced by somebody else."""
    both = list(compared(world.orders, Tariffs.of(History(world), CAP_MINOR)))
    ours, theirs = sum(one.ours_minor for one in both), sum(one.theirs_minor for one in both)
    shown = table("Shipping: what it costs to send", "", "ours", "first fit", "difference")
    shown.add_row("freight and handling (CNY)", yuan(ours), yuan(theirs), yuan(theirs - ours))
    shown.add_row("  saved", "", "", f"{PERCENT * (theirs - ours) / max(1, theirs):.1f} %", style="bold")
    shown.add_row("parcels an order", _average(both, "our_parcels"), _average(both, "their_parcels"), "")
    cheaper = sum(one.ours_minor < one.theirs_minor for one in both)
    dearer = sum(one.ours_minor > one.theirs_minor for one in both)
    shown.add_row(f"orders compared: {len(both)}", f"{cheaper} cheaper", f"{dearer} dearer", "")
    return shown


def _average(both: list[Compared], name: str) -> str:
    return f"{sum(getattr(one, name) for one in both) / max(1, len(both)):.2f}"


def on_the_way(world: World) -> Table:
    """What warehouses, carriers and buyers did with parcels, and what people had to see to."""
    events = Counter(event["event"] for whole in world.orders.values() for event in whole.of("#EVENT"))
    shown = table("Shipping: on the way", "", "times")
    for label, event in COUNTED:
        if events[event]:
            shown.add_row(label, str(events[event]))
    missing = sum(
        move[3]
        for whole in world.orders.values()
        for event in whole.of("#EVENT")
        for move in event.get("stock", ())
        if move[0] == "miss"
    )
    shown.add_row("units that a warehouse did not find", str(missing), end_section=True)
    for tracker, followed in sorted(world.sightings.items()):
        shown.add_row(f"parcels followed by {tracker}", str(len(followed)))
    return shown


def obstacles(world: World) -> Table:
    """Parts of orders that could not be sent as they were, and what became of them."""
    ends: Counter[tuple[str, str]] = Counter()
    for whole in world.orders.values():
        for obstacle, sub_order in _refused(whole):
            ends[obstacle.partition(":")[0], sub_order["state"]] += 1
    shown = table("Shipping: what could not be sent as it was", "why", "in the end", "parts")
    for (obstacle, state), count in sorted(ends.items()):
        shown.add_row(obstacle.replace("_", " "), state, str(count))
    return shown


def _refused(whole: Whole) -> Iterator[tuple[str, Row]]:
    refused = {
        step["subject"]
        for event in whole.of("#EVENT")
        if event["event"] == "split_refused"
        for step in event["steps"]
    }
    for subject in sorted(refused):
        if subject.startswith("SUB#"):
            yield whole.rows[subject]["obstacle"] or "mended", whole.rows[subject]


def customs(declared: Iterable[Mapping[str, Any]]) -> Table:
    """What customs is told, and whether order, payment and waybill agree."""
    all_of_them = list(declared)
    clean = [one for one in all_of_them if not one["mismatches"]]
    shown = table("Shipping: customs", "", "number")
    shown.add_row("parcels declared", str(len(all_of_them)))
    shown.add_row("  order, payment and waybill agree", str(len(clean)))
    reasons = Counter(reason for one in all_of_them for reason in one["mismatches"])
    for reason, count in reasons.most_common():
        shown.add_row(f"  not: {reason}", str(count))
    return shown
