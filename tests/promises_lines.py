"""Line by line, to the fen: what went back for its units, and where they went. Part of ``tests.promises``.

The product keeps its sums by sub-order. ``Lines`` does the arithmetic a second time, for each line alone, from nothing
but the units that went, and what was inspected:

    worth of units      floor(paid * gone / bought), later less earlier, less what they bear of earlier reductions
    what they bear      of r units kept, k take  reduced - floor(reduced * (r - k) / r)  with them, at most their worth
    inspected at p %    floor(worth * p / 100) goes back; the rest is the merchant's
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from shared.changes import Change
from shared.model import AfterSale, Line, Parcel, SubOrder, WholeOrder

if TYPE_CHECKING:
    from tests.world import World

WAYS = ("cancelled", "returned", "waived")  # How units go; of one change in this order.
COUNTERS = {"good": "restock", "defect": "restock_defect", "scrap": "scrap"}  # Grade -> movement.
DECIDED = ("replacing", "completed", "closed")
Movement = tuple[str, str, str]  # SKU, warehouse, kind


class Lines:
    """By line number, minor units: what went ``back``, what inspections took off (``short``), what reductions of units
    that are still kept come to (``bears``); what was ``reduced`` just now, of what worth (``worth``).
    """

    def __init__(self) -> None:
        self.back: Counter[int] = Counter()
        self.short: Counter[int] = Counter()
        self.bears: Counter[int] = Counter()
        self.reduced: dict[int, int] = {}
        self.worth: dict[int, int] = {}

    def note(
        self, before: WholeOrder, after: WholeOrder, change: Change, said: Mapping[str, Mapping[int, int]]
    ) -> None:
        written = {write.row.number for write in change.writes if isinstance(write.row, SubOrder)}
        ended = list(_ended(after, change))
        self._reduce(before, after, ended)
        rates = {root: rate for case in ended for root, rate in _rates(after, case, said).items()}
        lines = [line for line in before.lines if line.sub_order in written and change.read_version]
        refused = set(_refused_again(before, after, lines))
        for line in lines:
            by_way = dict.fromkeys(WAYS, rates.get(line.number, 100))
            if line.number in refused:
                by_way["returned"] = 0
            self._give_up(line, part_of(before, line), part_of(after, line), by_way)

    def _reduce(self, before: WholeOrder, after: WholeOrder, ended: list[AfterSale]) -> None:
        """Of one case: each line by as much as is noted on it, which is asked about below."""
        self.reduced, self.worth = {}, {}
        for case in (one for one in ended if one.kind == "price_reduction"):
            lines = {line.number: line for line in before.lines}
            for number, units in case.units.items():
                line = lines[lines[int(number)].replaces or int(number)]
                kept = line.quantity - gone_of(part_of(before, line), line)
                self.worth[line.number] = self._worth(line, kept, min(units, kept))[0]
                more = part_of(after, line).reduced.get(str(line.number), 0) - self.bears[line.number]
                self.reduced[line.number] = more
                self.bears[line.number] += more
                self.back[line.number] += more

    def _worth(self, line: Line, kept: int, units: int) -> tuple[int, int]:
        """Of the next *units* of *kept* ones: what is still paid for them, and what they bear."""
        gone, bears = line.quantity - kept, self.bears[line.number]
        paid = line.payable_minor * (gone + units) // line.quantity
        paid -= line.payable_minor * gone // line.quantity
        share = min(bears - bears * (kept - units) // kept, paid) if kept else 0
        return paid - share, share

    def _give_up(self, line: Line, own: SubOrder, now: SubOrder, rates: Mapping[str, int]) -> None:
        number, key, kept = line.number, str(line.number), line.quantity - gone_of(own, line)
        for way in WAYS:
            if units := getattr(now, way).get(key, 0) - getattr(own, way).get(key, 0):
                rate = rates[way]
                worth, share = self._worth(line, kept, units)
                self.back[number] += worth * rate // 100
                self.short[number] += worth - worth * rate // 100
                self.bears[number] -= share
                kept -= units


def _ended(whole: WholeOrder, change: Change) -> Iterator[AfterSale]:
    """Cases that took units or money with *change*. What came of those that had sent goods, those goods tell."""
    for step in change.steps:
        rule = step.rule
        if rule.machine == "after_sale" and rule.target == "completed" and rule.source not in DECIDED:
            case = whole.rows[step.subject]
            assert isinstance(case, AfterSale)
            yield case


def _refused_again(before: WholeOrder, after: WholeOrder, lines: list[Line]) -> Iterator[int]:
    """Lines whose units a ruling left to the buyer, who would not have them: they come back, and no money for them."""
    handed_back = {case.replacement for case in after.cases if case.is_handed_back}
    for line in lines:
        key, was, now = str(line.number), part_of(before, line), part_of(after, line)
        if now.number in handed_back and now.returned.get(key, 0) > was.returned.get(key, 0):
            yield line.replaces


def part_of(whole: WholeOrder, line: Line) -> SubOrder:
    part = whole.rows[f"SUB#{line.sub_order:02}"]
    assert isinstance(part, SubOrder)
    return part


def gone_of(part: SubOrder, line: Line) -> int:
    return sum(getattr(part, way).get(str(line.number), 0) for way in WAYS)


def _rates(whole: WholeOrder, case: AfterSale, said: Mapping[str, Mapping[int, int]]) -> dict[int, int]:
    """Of its lines, and of those that they stand in for: as somebody said, or else as the case has it."""
    roots = {line.number: line.replaces for line in whole.lines}
    noted = {int(number): rate for number, rate in case.rates.items()}
    found = dict(said.get(case.subject, noted))
    return found | {roots[number]: rate for number, rate in found.items() if roots[number]}


def each_line_gives_back_what_its_units_are_worth(world: "World") -> bool:
    """What a sub-order has refunded for goods, withheld, and bears of reductions, is what its lines say, one by one."""
    lines = world.lines
    for part in world.whole.sub_orders:
        own = [line.number for line in world.whole.lines if line.sub_order == part.number]
        sums = [sum(book[number] for number in own) for book in (lines.back, lines.short)]
        bears = {str(number): lines.bears[number] for number in own if lines.bears[number]}
        noted = {number: amount for number, amount in part.reduced.items() if amount}
        if sums != [part.refunded_goods_minor, part.withheld_minor] or bears != noted:
            return False
    return True


def no_line_gives_back_more_than_was_paid_for_it(world: "World") -> bool:
    """Nor less, once nothing of it is left: but for what an inspection took off, all of it."""
    lines = world.lines
    for line in world.whole.lines:
        back, short, bears = (book[line.number] for book in (lines.back, lines.short, lines.bears))
        gone = gone_of(part_of(world.whole, line), line)
        kept = line.payable_minor - line.payable_minor * gone // line.quantity
        if not (0 <= back <= line.payable_minor and min(short, bears) >= 0 and bears <= kept):
            return False
        if gone > line.quantity or back + short + kept - bears != line.payable_minor:
            return False
    return True


def a_reduction_is_what_was_asked_for_in_proportion(world: "World") -> bool:
    """At most what the units are worth; of several lines, each its share of it to within one fen."""
    given, worth = world.lines.reduced, world.lines.worth
    whole, total = sum(worth.values()), sum(given.values())
    for case in _ended(world.whole, world.last):
        if case.kind == "price_reduction":
            is_there = sum(_still_there(world.before, case).values()) == sum(case.units.values())
            if not 0 <= total <= case.asked_minor or (is_there and total != min(case.asked_minor, whole)):
                return False
            uneven = (abs(given[n] * whole - total * worth[n]) >= whole for n in given)
            if any(not 0 <= given[n] <= worth[n] for n in given) or (is_there and whole and any(uneven)):
                return False
    return True


def _still_there(whole: WholeOrder, case: AfterSale) -> Counter[int]:
    """By line: what of the case's units lies in parcels that the buyer has, or is to get."""
    found: Counter[int] = Counter()
    for parcel in whole.parcels:
        if parcel.state in ("in_transit", "troubled", "delivered", "received"):
            for number, units in case.sources.get(str(parcel.number), {}).items():
                found[int(number)] += min(units, parcel.contents.get(number, 0))
    return found


def what_comes_back_goes_where_its_grade_belongs(world: "World") -> bool:
    """What somebody counted as good is for sale again, a defect is kept apart, scrap is written off, as is what people
    say is lost; by SKU and warehouse, and nothing else of the kind moves.
    """
    if world.last.event == "stock_moved" or any(s.rule.event == "stock_moved" for s in world.last.steps):
        return True  # It carries out what was planned.
    expected: Counter[Movement] = Counter()
    for step in world.last.steps:
        was = world.before.rows.get(step.subject)
        if isinstance(was, Parcel) and step.rule.event == "parcel_lost":
            lost = {int(number): {"scrap": units} for number, units in was.contents.items()}
            expected += _movements(world, lost, was.warehouse)
        elif isinstance(was, Parcel) and step.rule.event == "return_received":
            if step.subject not in world.told:
                return True  # Whoever counted it has not told us.
            expected += _movements(world, world.told[step.subject], was.warehouse)
        elif isinstance(was, AfterSale) and _takes(was, step.rule.target):
            told, there = world.told.get(was.subject, {}), _still_there(world.before, was)
            after = world.whole.rows[step.subject]
            assert isinstance(after, AfterSale)
            if (after.counted and not told) or any(sum(told[n].values()) > there[n] for n in told):
                return True  # Or some of it got lost since.
            expected += _of_case(world, was, told)
    return _put_away(world) == +expected


def _takes(was: AfterSale, target: str) -> bool:
    return target in ("completed", "replacing") and was.state not in DECIDED


def _put_away(world: "World") -> Counter[Movement]:
    """What was counted into which place just now, or will be as soon as its turn comes."""
    planned = [row for row in world.whole.transfers if row.subject not in world.before.rows]
    found: Counter[Movement] = Counter()
    for move in (*world.last.stock, *(move for transfer in planned for move in transfer.moves)):
        if move.kind in COUNTERS.values():
            found[move.sku, move.warehouse, move.kind] += move.quantity
    return found


def _of_case(world: "World", was: AfterSale, told: Mapping[int, Mapping[str, int]]) -> Counter[Movement]:
    """What was inspected for it. What is repaired, or was ruled to be the buyer's still, goes out again."""
    after = world.whole.rows[was.subject]
    assert isinstance(after, AfterSale)
    if not told or (after.replacement and (after.kind == "repair" or after.is_handed_back)):
        return Counter()
    [place] = {row.warehouse for row in world.whole.parcels if str(row.number) in was.sources}
    return _movements(world, told, place)


def _movements(world: "World", counted: Mapping[int, Mapping[str, int]], warehouse: str) -> Counter[Movement]:
    skus = {line.number: line.sku for line in world.whole.lines}
    found: Counter[Movement] = Counter()
    for number, graded in counted.items():
        for grade, units in graded.items():
            found[skus[number], warehouse, COUNTERS[grade]] += units
    return found


LINE_PROMISES = (
    each_line_gives_back_what_its_units_are_worth,
    no_line_gives_back_more_than_was_paid_for_it,
    a_reduction_is_what_was_asked_for_in_proportion,
    what_comes_back_goes_where_its_grade_belongs,
)
