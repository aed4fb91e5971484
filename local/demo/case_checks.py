"""Invariants of after-sale cases: what they may be about, what they took and gave, and how they end.

What a case gave is reckoned once more here, from its own facts and the price of the lines, never with the product's
own arithmetic.
"""

from collections import Counter

from local.demo.world import Row, Whole

OVER = ("completed", "closed")
TAKING = ("completed", "replacing")
KEEPING = ("price_reduction", "compensation")  # They leave the goods where they are.
DECIDED = ("case_ruled", "case_approved")  # Then also what was not in the parcel is paid for.
Shelf = tuple[str, str]  # SKU, warehouse


def kept_away(whole: Whole, case: Row) -> Counter[Shelf]:
    """Units that a case took out of their parcels, and that are on no shelf again: by shelf."""
    away: Counter[Shelf] = Counter()
    if case["state"] not in TAKING or case["kind"] in KEEPING:
        return away
    skus = {str(line["number"]): line["sku"] for line in whole.lines}
    places = {str(parcel["number"]): parcel["warehouse"] for parcel in whole.of("PARCEL")}
    took = taken(whole, case)
    is_repaired = bool(case["replacement"]) and (case["kind"] == "repair" or "is_handed_back" in case)
    for parcel, contents in sorted(case["sources"].items()):
        for number, units in contents.items():
            part = min(units, took[number])
            took[number] -= part
            away[skus[number], places[parcel]] += 0 if is_repaired else part
    for number, graded in case["counted"].items():
        place = places[min(case["sources"], key=int)]
        away[skus[number], place] -= 0 if is_repaired else sum(graded.values())
    return away


def taken(whole: Whole, case: Row) -> Counter[str]:
    """Line -> units that the case took from its buyer, or paid back without that. What goes back to the buyer, because
    nobody had to take it, was counted.
    """
    counted = {number: sum(graded.values()) for number, graded in case["counted"].items()}
    is_all = not case["counted"] or ended_by(whole, case) in DECIDED
    return Counter(case["units"] if is_all and "is_handed_back" not in case else counted)


def ended_by(whole: Whole, case: Row) -> str:
    """The event that gave what the case gave, or with which it was over."""
    found = ""
    for event in whole.of("#EVENT"):
        for step in event["steps"]:
            is_end = step["row"].startswith("after_sale.") and step["subject"] == case["sk"]
            if is_end and event["event"] not in ("replacement_received", "replacement_failed"):
                found = event["event"]
    return found
