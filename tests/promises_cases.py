"""What after-sale cases do to goods and to the pool, told from the world's own record. Part of ``tests.promises``."""

from collections import Counter
from typing import TYPE_CHECKING

from shared.model import AfterSale, Line, Parcel, Refund, WholeOrder
from tests.promises_money import gone_units, is_undecided

if TYPE_CHECKING:
    from tests.world import World

TOOK = ("completed", "replacing")  # Cases that took their units from the buyer.
FREIGHT_MAX = 2_000  # Minor units, where nobody has published another.
COUNTED_BACK = ("restock", "restock_defect", "scrap")


def standing_in_for(whole: WholeOrder, line: Line) -> list[Line]:
    """Lines that cases have sent out instead of units of *line*, and not instead of others that stood in for it."""
    root = line.replaces or line.number
    sent = [case.replacement for case in whole.cases if case.replacement and str(line.number) in case.units]
    return [other for other in whole.lines if other.sub_order in sent and other.replaces == root]


def made_good(whole: WholeOrder, line: Line) -> int:
    """Units of *line* that others stand in for: sent out again, less those that were given up in their turn."""
    others = standing_in_for(whole, line)
    return sum(other.quantity - gone_units(whole, other) for other in others)


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


def what_the_pool_has_paid_and_not_got_back_is_its_own(world: "World") -> bool:
    """An advance that nobody has decided yet; of one that was decided, what was not due."""
    pool = 0
    for case in world.whole.cases:
        if case.advance_refund is not None:
            pool += case.advance_minor if is_undecided(case) else _not_due(world, case)
        pool += case.asked_minor if case.kind == "compensation" else 0  # Given in points.
        pool += case.postage_minor if case.payer == "platform" else 0  # As this is.
    return world.held("pool:compensation", world.whole.order.currency) == pool


def _not_due(world: "World", case: AfterSale) -> int:
    """By so much less of its advance was the sub-order's when *case* was decided. A bank that takes some of it, before
    or after that, pays the buyer of what is the sub-order's.
    """
    subject, borne = f"REFUND#{case.advance_refund:02}", 0
    for change in world.changes:
        written = [write.row for write in change.writes if write.row.subject == subject]
        after = sum(part.amount_minor for row in written if isinstance(row, Refund) for part in row.parts)
        ends = [s.rule.target for s in change.steps if s.subject == case.subject]
        if any(target in (*TOOK, "closed") for target in ends):
            return borne - after if written else 0
        borne = after if written else borne
    raise AssertionError("whoever is decided has been decided")


def postage_is_made_good_once_and_no_more_than_was_published(world: "World") -> bool:
    """In points: of goods that came back, and were taken back, where another than the buyer pays the way."""
    whole, given = world.whole, 0
    for case in whole.cases:
        came = any(sum(graded.values()) for graded in case.counted.values())
        is_due = case.state in TOOK and came and case.payer != "buyer" and not case.is_handed_back
        published = (whole.snapshot.returns.get(line_of(whole, int(n)).return_policy, {}) for n in case.units)
        most = max((int(one.get("freight_max_minor", FREIGHT_MAX)) for one in published), default=0)
        if case.postage_minor != (min(case.freight_minor, most) if is_due else 0):
            return False
        amount = case.postage_minor + case.asked_minor * (case.kind == "compensation")
        given += -(-amount * whole.snapshot.policy["points_per_yuan"] // 100)
    moves = [change.wallet.points for change in world.changes if change.wallet.points is not None]
    return given == sum(move.granted for move in moves)


def line_of(whole: WholeOrder, number: int) -> Line:
    return next(line for line in whole.lines if line.number == number)
