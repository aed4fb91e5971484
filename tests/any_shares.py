"""Which ways back a life has gone: told from the world's record, so that nobody takes for proven what never happens."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from shared.changes import Change
from shared.model import SubOrder
from tests.builders import Trade
from tests.promises_lines import gone_of, part_of

Share = Callable[[Trade], bool]


def _events(trade: Trade) -> set[str]:
    return {str(step.rule.event) for change in trade.world.changes for step in change.steps}


def _by_cases(trade: Trade) -> Iterable[Change]:
    return (c for c in trade.world.changes if any(s.rule.machine == "after_sale" for s in c.steps))


def is_cancelled_in_part(trade: Trade) -> bool:
    """Some units of a merchant's part were cancelled, and others were not."""
    for part in trade.whole.sub_orders:
        bought = sum(line.quantity for line in trade.whole.lines if line.sub_order == part.number)
        if 0 < sum(part.cancelled.values()) < bought:
            return True
    return False


def is_returned(trade: Trade) -> bool:
    return bool({"goods_inspected", "return_received"} & _events(trade))


def is_graded(movement: str) -> Share:
    """An inspection for a case sent units there."""
    return lambda trade: any(move.kind == movement for change in _by_cases(trade) for move in change.stock)


def is_retried_and_sent(trade: Trade) -> bool:
    """A refund failed, was tried again, and arrived."""
    steps = [step for change in trade.world.changes for step in change.steps]
    retried = {step.subject for step in steps if step.rule.event == "refund_retried"}
    return any(step.rule.event == "refund_succeeded" and step.subject in retried for step in steps)


def a_coupon_is_back(trade: Trade) -> bool:
    return any(move.kind == "give_back" for change in trade.world.changes for move in change.wallet.coupons)


def points_are_back(trade: Trade) -> bool:
    moves = (change.wallet.points for change in trade.world.changes)
    return any(move is not None and move.kind == "give_back" and move.points > 0 for move in moves)


def is_paid_back_whole(trade: Trade) -> bool:
    """Every unit is gone, and nothing of what was paid is kept."""
    bought = [line for line in trade.whole.lines if not line.replaces]
    is_gone = all(gone_of(part_of(trade.whole, line), line) == line.quantity for line in bought)
    is_paid = trade.whole.order.captured_minor > 0
    return is_paid and is_gone and not sum(part.kept_minor for part in trade.whole.sub_orders)


def is_reduced_and_gone(trade: Trade) -> bool:
    """Units whose price was reduced went back later, and bore their share of that."""
    writes = (write.row for change in trade.world.changes for write in change.writes)
    reduced = {(row.number, n) for row in writes if isinstance(row, SubOrder) for n in row.reduced}
    parts = {part.number: part for part in trade.whole.sub_orders}
    return any(not parts[part].reduced.get(n) for part, n in reduced)


def is_sent_again(trade: Trade) -> bool:
    return any(case.replacement for case in trade.whole.cases)


def is_paid_in_advance(trade: Trade) -> bool:
    return any(case.advance_refund for case in trade.whole.cases)


SHARES: Mapping[str, Share] = {
    "cancelled in part": is_cancelled_in_part,
    "returned": is_returned,
    "graded good": is_graded("restock"),
    "graded defect": is_graded("restock_defect"),
    "graded scrap": is_graded("scrap"),
    "refund failed, tried again, sent": is_retried_and_sent,
    "coupon back": a_coupon_is_back,
    "points back": points_are_back,
    "paid back whole": is_paid_back_whole,
    "reduced, then gone": is_reduced_and_gone,
    "sent again": is_sent_again,
    "paid in advance": is_paid_in_advance,
}


def shares_of(trades: Iterable[Trade]) -> dict[str, float]:
    """Of all *trades* so many per cent went each way."""
    found, lives = Counter[str](), 0
    for trade in trades:
        lives += 1
        found.update(name for name, went in SHARES.items() if went(trade))
    return {name: 100 * found[name] / lives for name in SHARES}
