"""What must a case give back for its goods? A second time, from the price of the lines and the facts of the cases.

It shares no line with ``shared.aftersale``. Cases of one part of an order are taken in the order in which they ended;
whatever else its buyer does not pay any more went before them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from local.demo.case_checks import KEEPING, taken
from local.demo.world import Row, Whole

PERCENT = 100
COMPENSATION = "compensation"


@dataclass
class Line:
    """One paid line, and what of it is gone, or was given back for units that are kept."""

    row: Row
    gone: int
    reduced: int = 0

    def worth(self, units: int) -> tuple[int, int]:
        """What the next *units* are worth, and what they bear of what was given back before."""
        price, quantity = self.row["payable_minor"], self.row["quantity"]
        paid = floor(Fraction(price * (self.gone + units), quantity)) - floor(
            Fraction(price * self.gone, quantity)
        )
        left = quantity - self.gone
        bears = self.reduced - floor(Fraction(self.reduced * (left - units), left)) if left else 0
        return paid - min(bears, paid), min(bears, paid)


def given(whole: Whole) -> dict[str, int]:
    """Case -> what it gives back for its goods, in minor units; of those that gave money, or could have."""
    found: dict[str, int] = {}
    for sub_order in (s for s in whole.of("SUB") if not s["replaces"]):
        found |= dict(_of_part(whole, sub_order))
    return found


def _of_part(whole: Whole, sub_order: Row) -> Iterator[tuple[str, int]]:
    family = {s["number"] for s in whole.of("SUB") if sub_order["number"] in (s["number"], s["replaces"])}
    ended = [case for case in _by_end(whole) if case["sub_order"] in family]
    units = {case["sk"]: _units(whole, case) for case in ended if case["kind"] not in KEEPING}
    lines = {}
    for row in whole.lines_of(sub_order):
        of_cases = sum(sum(both) for own in units.values() for n, both in own.items() if n == row["number"])
        lines[row["number"]] = Line(row, whole.gone(row) - of_cases)
    for case in ended:
        if case["kind"] == "price_reduction":
            yield case["sk"], _reduced(whole, case, lines)
        elif case["kind"] != COMPENSATION:
            yield case["sk"], _taken(case, units[case["sk"]], lines)


def _by_end(whole: Whole) -> list[Row]:
    """Cases that ended with money, or for nothing that had a price; not those whose goods were made good."""
    ends: dict[str, int] = {}
    for event in whole.of("#EVENT"):
        for step in event["steps"]:
            if step["row"].startswith("after_sale."):
                ends[step["subject"]] = event["version"]
    done = [case for case in whole.of("CASE") if case["state"] == "completed" and not case["replacement"]]
    return sorted(done, key=lambda case: ends[case["sk"]])


def _units(whole: Whole, case: Row) -> dict[int, tuple[int, int]]:
    """Paid line -> units that came back, and units that did not."""
    roots = {str(line["number"]): line["replaces"] or line["number"] for line in whole.lines}
    found: dict[int, tuple[int, int]] = {}
    for number, count in taken(whole, case).items():
        back = min(count, sum(case["counted"].get(number, {}).values()))
        before = found.get(roots[number], (0, 0))
        found[roots[number]] = before[0] + back, before[1] + count - back
    return found


def _taken(case: Row, units: dict[int, tuple[int, int]], lines: dict[int, Line]) -> int:
    total = 0
    for turn in (0, 1):  # What came back goes before what did not.
        for number in sorted(units):
            count, line = units[number][turn], lines[number]
            worth, bears = line.worth(count)
            line.gone, line.reduced = line.gone + count, line.reduced - bears
            total += worth * case["rates"].get(str(number), PERCENT) // PERCENT
    return total


def _reduced(whole: Whole, case: Row, lines: dict[int, Line]) -> int:
    """Borne by its lines in proportion to what its units are worth."""
    roots = {str(line["number"]): line["replaces"] or line["number"] for line in whole.lines}
    own = [(lines[roots[number]], count) for number, count in sorted(case["units"].items(), key=_number)]
    worths = [line.worth(count)[0] for line, count in own]
    amount = min(case["asked_minor"], sum(worths))
    for (line, _), share in zip(own, _spread(amount, worths), strict=True):
        line.reduced += share
    return int(amount)


def _number(entry: tuple[str, int]) -> int:
    return int(entry[0])


def _spread(amount: int, weights: Sequence[int]) -> Iterable[int]:
    """Largest remainder; of two alike the earlier one."""
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    exact = [Fraction(amount * weight, total) for weight in weights]
    parts = [floor(part) for part in exact]
    by_rest = sorted(range(len(parts)), key=lambda n: (parts[n] - exact[n], n))
    for index in by_rest[: amount - sum(parts)]:
        parts[index] += 1
    return parts
