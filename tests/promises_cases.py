"""What after-sale cases do to goods, told from the world's own record. Part of ``tests.promises``."""

from collections import Counter
from typing import TYPE_CHECKING

from shared.model import Line, Parcel, WholeOrder
from tests.promises_money import gone_units

if TYPE_CHECKING:
    from tests.world import World

TOOK = ("completed", "replacing")  # Cases that took their units from the buyer.
COUNTED_BACK = ("restock", "restock_defect", "scrap")


def made_good(whole: WholeOrder, line: Line) -> int:
    """Units of *line* that others stand in for: sent out again, less those that were given up in their turn."""
    root = line.replaces or line.number
    moved = [
        other.quantity
        for case in whole.cases
        if case.replacement and str(line.number) in case.units
        for other in whole.lines
        if (other.sub_order, other.replaces) == (case.replacement, root)
    ]
    given_up = [gone_units(whole, other) for other in whole.lines if other.replaces == line.number]
    return sum(moved) - sum(given_up)


def never_came_back(world: "World") -> Counter[tuple[str, str]]:
    """(SKU, warehouse) -> units that a case took out of their parcels, and that were not counted back either:
    refunded, or sent again, without a return.
    """
    contents: dict[str, dict[str, int]] = {}
    found: Counter[tuple[str, str]] = Counter()
    for change in world.changes:
        parcels = [write.row for write in change.writes if isinstance(write.row, Parcel)]
        cases = [step.rule for step in change.steps if step.rule.machine == "after_sale"]
        if any(rule.target in TOOK and rule.source != "replacing" for rule in cases):
            for move in change.stock:
                found[move.sku, move.warehouse] -= move.quantity * (move.kind in (*COUNTED_BACK, "rework"))
            for parcel in parcels:
                for number, units in contents[parcel.subject].items():
                    sku = line_of(world.whole, int(number)).sku
                    found[sku, parcel.warehouse] += units - parcel.contents.get(number, 0)
        contents |= {parcel.subject: dict(parcel.contents) for parcel in parcels}
    return found


def line_of(whole: WholeOrder, number: int) -> Line:
    return next(line for line in whole.lines if line.number == number)
