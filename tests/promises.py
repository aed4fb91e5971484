"""Every promise that must hold after each change of ``tests.world.World``, from its own record.

Goods, money, the books, the wallet, the people: a promise is a function of the world that says whether it holds. None
of them asks the code under test; where a number must be computed, it is computed here a second time.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import TYPE_CHECKING

from shared.changes import Change
from shared.goods import StockMove
from shared.model import Line, SubOrder, Transfer, WholeOrder
from tests.promises_cases import (
    COUNTED_BACK,
    line_of,
    made_good,
    never_came_back,
    postage_is_made_good_once_and_no_more_than_was_published,
    standing_in_for,
    what_the_pool_has_paid_and_not_got_back_is_its_own,
)
from tests.promises_lines import LINE_PROMISES
from tests.promises_money import MONEY_PROMISES, gone_units, parcels_of_part

if TYPE_CHECKING:
    from tests.world import World

COUNTERS = ("available", "reserved", "sold", "missing", "defect", "scrapped")
STILL_THERE = ("awaiting_shipment", "pushing", "at_warehouse", "intercepting")
HAS_LEFT = ("in_transit", "troubled", "delivered", "returning", "returned", "incomplete", "received")
ALIVE_UNPAID = ("placing", "pending_payment", "closing")
SEEN = ("review_approved", "review_timed_out")
WENT_ON = ("awaiting_shipment", "intercepting", "awaiting_receipt", "delivered", "completed", "closed")
SHANGHAI = timezone(timedelta(hours=8))


# --- goods ---


def no_unit_is_lost_or_invented(world: "World") -> bool:
    return all(sum(levels.values()) == world.received[at] for at, levels in world.stock.items())


def no_counter_is_negative(world: "World") -> bool:
    return all(levels[counter] >= 0 for levels in world.stock.values() for counter in COUNTERS)


def reserved_is_what_waits(world: "World") -> bool:
    """Every reserved unit waits for this order, or for a transfer to take it away; and nothing else is reserved.

    Units of one warehouse are alike; of its shards each holds no more than was allocated there.
    """
    waiting, limit = _expected_reserved(world.whole)
    reserved: Counter[tuple[str, str]] = Counter()
    for (sku, warehouse, shard), levels in world.stock.items():
        reserved[sku, warehouse] += levels["reserved"]
        if levels["reserved"] > limit[sku, warehouse, shard]:
            return False
    return +reserved == +waiting


def every_unit_is_somewhere(world: "World") -> bool:
    """Per line: what waits, what has left, what came back, what was cancelled, and what others stand in for, add up to
    what was bought. Of a parcel that came back incomplete, what was not counted is lost, and still in it.
    """
    for line in world.whole.lines:
        sub_order = _sub_order(world.whole, line.sub_order)
        key = str(line.number)
        left = sum(
            p.contents.get(key, 0) for p in parcels_of_part(world.whole, sub_order) if p.state in HAS_LEFT
        )
        waits = sum(_waiting(world.whole, sub_order, line).values())
        died_unpaid = sub_order.state == "cancelled" and world.whole.order.captured_minor == 0
        elsewhere = gone_units(world.whole, line) + made_good(world.whole, line)
        if not died_unpaid and left + waits + elsewhere != line.quantity:
            return False
    return True


def what_has_left_is_sold_until_it_is_counted_back(world: "World") -> bool:
    """Sold is what parcels took away from each warehouse, lost or not, less what a transfer still moves."""
    gone: Counter[tuple[str, str]] = Counter()
    for line in world.whole.lines:
        for parcel in parcels_of_part(world.whole, _sub_order(world.whole, line.sub_order)):
            if parcel.state in HAS_LEFT:
                gone[line.sku, parcel.warehouse] += parcel.contents.get(str(line.number), 0)
    for at, units in never_came_back(world).items():
        gone[at] += units
    for transfer in world.whole.transfers:
        for move in transfer.moves[transfer.moved :] if transfer.state == "waiting" else ():
            gone[move.sku, move.warehouse] += COUNTED_BACK.count(move.kind) * move.quantity
            gone[move.sku, move.warehouse] -= (move.kind == "ship") * move.quantity
    sold: Counter[tuple[str, str]] = Counter()
    for (sku, warehouse, _), levels in world.stock.items():
        sold[sku, warehouse] += levels["sold"]
    return +gone + world.sold_before == +sold


def what_is_counted_back_was_counted_once(world: "World") -> bool:
    """By SKU: every unit that is not the buyer's any more, because it came back, went to one counter.

    Of units that stood in for others, all these lines say that they came back; it is one unit. What came back for an
    exchange is the buyer's no more, and paid for.
    """
    planned = (move for transfer in world.whole.transfers for move in transfer.moves)
    moves = [*(move for c in world.changes if not is_chunk(c) for move in c.stock), *planned]
    back, returned = Counter[str](), Counter[str]()
    for move in moves:
        back[move.sku] += move.quantity if move.kind in COUNTED_BACK else 0
    for line in world.whole.lines:
        for one, sign in ((line, 1), *((other, -1) for other in standing_in_for(world.whole, line))):
            own = _sub_order(world.whole, one.sub_order).returned.get(str(one.number), 0)
            returned[line.sku] += sign * own
    for case in world.whole.cases:
        if case.replacement and case.kind == "exchange" and not case.is_handed_back:
            for number, graded in case.counted.items():
                returned[line_of(world.whole, int(number)).sku] += sum(graded.values())
    return +back == +returned


def a_quota_counts_what_is_reserved_and_sold_under_it(world: "World") -> bool:
    return all(
        left >= 0 and left + world.counted[quota] == world.given_quotas[quota]
        for quota, left in world.quotas.items()
    )


# --- the buyer's wallet ---


def points_are_moved_and_never_made(world: "World") -> bool:
    points = world.purse.points
    return sum(points.values()) == world.purse.granted and min(points.values()) >= 0


def points_follow_the_order(world: "World") -> bool:
    """Locked while it can be paid, spent when it is; back for every unit that is gone, and whole if it dies."""
    whole, points = world.whole, world.purse.points
    kept = sum(line.points - line.points * gone_units(whole, line) // line.quantity for line in whole.lines)
    locked = whole.snapshot.points if whole.order.state in ALIVE_UNPAID else 0
    spent = kept if whole.order.state == "paid" else 0
    return (points["locked"], points["spent"]) == (locked, spent)


def a_coupon_follows_the_order(world: "World") -> bool:
    """Locked while it can be paid; spent when it is, until all that it reduced is gone while it is valid."""
    whole = world.whole
    for coupon in whole.snapshot.coupons:
        reduced = [
            line
            for line in whole.lines
            if any(name.split(":")[-1] == coupon.coupon_id for name, _ in line.steps)
        ]
        ends = [world.gone_whole_at.get(line.number) for line in reduced]
        comes_back = (
            whole.snapshot.policy["coupon_comes_back"] == 1
            and None not in ends
            and max(ends, default=0) < coupon.ends_at
        )
        paid_state = "available" if comes_back else "spent"
        of_the_dead = paid_state if whole.order.state == "paid" else "available"
        expected = "locked" if whole.order.state in ALIVE_UNPAID else of_the_dead
        if world.purse.coupons.get(coupon.coupon_id) != expected:
            return False
    return True


def what_is_limited_counts_what_is_kept(world: "World") -> bool:
    whole, kept = world.whole, Counter(world.purse.counted_before)
    year = datetime.fromtimestamp(whole.order.placed_at, SHANGHAI).year
    for line in whole.lines if whole.order.state in (*ALIVE_UNPAID, "paid") else ():
        gone = gone_units(whole, line)
        if "limited" in line.flags:
            kept[f"sku:{line.sku}"] += line.quantity - gone
        if "cross_border" in line.flags:
            worth = line.payable_minor - line.payable_minor * gone // line.quantity
            kept[f"cross_border:{year}"] += worth
    return +kept == +world.purse.counts and min(world.purse.counts.values(), default=0) >= 0


# --- people, states and history ---


def what_was_agreed_never_changes(world: "World") -> bool:
    """Prices, terms and quantities stay as they were placed; only where the goods lie may become another place."""

    def agreed(whole: WholeOrder) -> tuple[object, ...]:
        bought = [line for line in whole.lines if not line.replaces]
        return whole.snapshot, tuple(line._replace(allocation=()) for line in bought)

    lies = all(sum(held.units for held in ln.allocation) == ln.quantity for ln in world.whole.lines)
    return agreed(world.whole) == agreed(world.placed) and lies


def nothing_is_sent_before_people_have_looked(world: "World") -> bool:
    """Of an order that people must see first, a part goes on only after they did, or after their time was over.

    Beside those, people see what cannot be sent as it is: it says why, and it is not cut.
    """
    seen = {s.subject for c in world.changes for s in c.steps if s.rule.event in SEEN}
    for sub_order in world.whole.sub_orders:
        is_waiting = sub_order.state in ("under_review", "escalated")
        if sub_order.replaces:  # It makes good what they have seen.
            continue
        is_meant = world.whole.snapshot.review or sub_order.obstacle
        if is_waiting and (not is_meant or parcels_of_part(world.whole, sub_order)):
            return False
        went_on = sub_order.state in WENT_ON
        if world.whole.snapshot.review and went_on and sub_order.subject not in seen:
            return False
        if went_on and sub_order.obstacle:
            return False
    return True


def who_waits_stands_in_a_list_and_nobody_else(world: "World") -> bool:
    lists = {
        "under_review": lambda s: "review:under_review",
        "escalated": lambda s: "review:escalated",
        "awaiting_shipment": lambda s: f"merchant:{s.merchant_id}:awaiting_shipment",
        "intercepting": lambda s: f"merchant:{s.merchant_id}:awaiting_shipment",
    }
    paid_at = world.whole.order.paid_at
    for sub_order in world.whole.sub_orders:
        in_list = lists.get(sub_order.state)
        if sub_order.queue != (in_list(sub_order) if in_list else None):
            return False
        place = f"{max(0, (paid_at or 0) - sub_order.boost_seconds):012}#{world.whole.order.order_id}"
        expected = f"{place}-{sub_order.number:02}" if in_list else None
        if sub_order.priority != expected:
            return False
    return True


def the_version_is_the_number_of_events(world: "World") -> bool:
    versions = [change.order.version for change in world.changes]
    return world.whole.order.version == len(world.changes) and all(b == a + 1 for a, b in pairwise(versions))


def the_stage_is_the_fold_of_the_children(world: "World") -> bool:
    order, subs = world.whole.order, {s.state for s in world.whole.sub_orders}
    if order.state != "paid":
        return order.stage == order.state
    slowest_first = (
        "escalated",
        "under_review",
        "intercepting",
        "awaiting_shipment",
        "awaiting_receipt",
        "delivered",
        "completed",
        "closed",
        "cancelled",
    )
    return order.stage == next(state for state in slowest_first if state in subs)


def siblings_are_all_paid_or_all_not(world: "World") -> bool:
    is_paid = world.whole.order.state == "paid"
    return all((s.state == "awaiting_payment") <= (not is_paid) for s in world.whole.sub_orders) and (
        is_paid == (world.whole.order.captured_minor > 0) == (world.whole.order.paid_at is not None)
    )


def every_step_of_a_row_begins_where_the_last_one_ended(world: "World") -> bool:
    at: dict[str, str] = {}
    for change in world.changes:
        for step in change.steps:
            if at.get(step.subject, "start") != step.rule.source:
                return False
            at[step.subject] = step.rule.target
    return at == world.states


def whoever_is_over_has_no_clock(world: "World") -> bool:
    final = {"paid", "completed", "cancelled", "settled", "received", "came_back", "succeeded", "closed"}
    over = final | {"written_off", "done", "dropped", "failed", "covered", "won", "lost", "separated"}
    quiet = {"awaiting_receipt"}  # Others have the word: the carriers.
    return all(row.due_at is None for row in world.whole.rows.values() if row.state in over | quiet)


def the_receipt_clock_runs_while_everything_has_arrived(world: "World") -> bool:
    """Never before a day after the last arrival was told, nor ten days after the last shipment, and what was added."""
    for sub_order in world.whole.sub_orders:
        parcels = parcels_of_part(world.whole, sub_order)
        living = {
            p.state
            for p in parcels
            if p.state not in ("cancelled", "came_back", "written_off") and p.contents
        }
        if sub_order.state == "delivered":
            left_at = max(p.shipped_at for p in parcels if p.shipped_at is not None)
            least = left_at + world.whole.snapshot.policy["receipt_timeout_seconds"] + sub_order.extended
            if (
                not living <= {"delivered", "received"}
                or sub_order.due_at is None
                or sub_order.due_at < least
            ):
                return False
        if sub_order.state == "awaiting_receipt" and living <= {"delivered"}:
            return False
    return True


def is_chunk(change: Change) -> bool:
    """Whether it only carries out what was planned before."""
    return change.event == "stock_moved" or any(s.rule.event == "stock_moved" for s in change.steps)


PROMISES: tuple[Callable[["World"], bool], ...] = (
    no_unit_is_lost_or_invented,
    no_counter_is_negative,
    reserved_is_what_waits,
    every_unit_is_somewhere,
    what_has_left_is_sold_until_it_is_counted_back,
    what_is_counted_back_was_counted_once,
    a_quota_counts_what_is_reserved_and_sold_under_it,
    *MONEY_PROMISES,
    *LINE_PROMISES,
    what_the_pool_has_paid_and_not_got_back_is_its_own,
    postage_is_made_good_once_and_no_more_than_was_published,
    points_are_moved_and_never_made,
    points_follow_the_order,
    a_coupon_follows_the_order,
    what_is_limited_counts_what_is_kept,
    what_was_agreed_never_changes,
    nothing_is_sent_before_people_have_looked,
    who_waits_stands_in_a_list_and_nobody_else,
    the_version_is_the_number_of_events,
    the_stage_is_the_fold_of_the_children,
    siblings_are_all_paid_or_all_not,
    every_step_of_a_row_begins_where_the_last_one_ended,
    whoever_is_over_has_no_clock,
    the_receipt_clock_runs_while_everything_has_arrived,
)


def _sub_order(whole: WholeOrder, number: int) -> SubOrder:
    row = whole.rows[f"SUB#{number:02}"]
    assert isinstance(row, SubOrder)
    return row


def _expected_reserved(whole: WholeOrder) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str, int]]]:
    """What must be reserved by (SKU, warehouse), and the most that may be by (SKU, warehouse, shard)."""
    waiting: Counter[tuple[str, str]] = Counter()
    limit: Counter[tuple[str, str, int]] = Counter()
    transfers = [row for row in whole.rows.values() if isinstance(row, Transfer)]
    placing = [t for t in transfers if t.kind == "reserve"]
    for transfer in transfers if whole.order.state != "placing" else ():
        for move in _still_to_leave(transfer):
            waiting[move.sku, move.warehouse] += move.quantity
            limit[move.sku, move.warehouse, move.shard] += move.quantity
    if whole.order.state == "placing":
        for move in placing[0].moves[: placing[0].moved]:
            waiting[move.sku, move.warehouse] += move.quantity
            limit[move.sku, move.warehouse, move.shard] += move.quantity
        return waiting, limit
    for line in whole.lines:
        if "deferred" in line.flags and whole.order.state != "paid" and not placing:
            continue
        for warehouse, units in _waiting(whole, _sub_order(whole, line.sub_order), line).items():
            waiting[line.sku, warehouse] += units
        for held in line.allocation:
            limit[line.sku, held.warehouse, held.shard] += held.units
    return waiting, limit


def _still_to_leave(transfer: Transfer) -> list[StockMove]:
    """What *transfer* has still to take out of what is reserved."""
    if transfer.kind == "reserve" or transfer.state != "waiting":
        return []
    return [move for move in transfer.moves[transfer.moved :] if move.kind not in COUNTED_BACK]


def _waiting(whole: WholeOrder, sub_order: SubOrder, line: Line) -> Counter[str]:
    """Warehouse -> units of *line* that still lie there for this order."""
    waiting: Counter[str] = Counter()
    if sub_order.state == "cancelled":
        return waiting
    if sub_order.split_at is not None:
        for parcel in parcels_of_part(whole, sub_order):
            if parcel.state in STILL_THERE:
                waiting[parcel.warehouse] += parcel.contents.get(str(line.number), 0)
        return waiting
    gone = gone_units(whole, line)
    for held in line.allocation:
        waiting[held.warehouse] += held.units
    for warehouse in reversed(list(waiting)):
        taken = min(gone, waiting[warehouse])
        gone -= taken
        waiting[warehouse] -= taken
    return waiting
