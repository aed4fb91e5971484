"""Is what we answer cheap enough, and fast enough? Beside the least that is known, the budgets and the peers' way.

python -m bench.split.report                         every class, a few orders of each
python -m bench.split.report --class n20 --count 50 --seconds 60 --seed 7
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from bench.split.answering import answered
from bench.split.checking import Object, checked
from bench.split.figures import percentile
from bench.split.generating import CLASSES, IMPOSSIBLE, SEED, instances
from bench.split.peers import first_fit
from bench.split.reference import least

# Orders of each class in `make bench`: about a minute. The reference looks at these few seconds for each.
FEW = {
    "n1": 20,
    "n2": 20,
    "n3": 20,
    "n5": 12,
    "n8": 8,
    "n12": 4,
    "n20": 2,
    "n200": 2,
    "n500": 1,
    IMPOSSIBLE: 20,
}
FEW_SECONDS = 3.0
MANY = {
    **dict.fromkeys(("n1", "n2", "n3", "n5", "n8"), 100),
    "n12": 30,
    "n20": 20,
    "n200": 5,
    "n500": 3,
    IMPOSSIBLE: 100,
}
MANY_SECONDS = 20.0
WIDTH = 130
REFERENCE_LINES_MAX = 20  # Of larger orders nobody knows the least in a reasonable time.


class Budget(NamedTuple):
    """DESIGN section 7. None: nothing is promised."""

    is_optimal: bool = False
    mean_gap_percent: float | None = None
    max_gap_percent: float | None = None
    cpu_ms: float | None = None


BUDGETS: Mapping[str, Budget] = {
    **dict.fromkeys(("n1", "n2", "n3", "n5"), Budget(is_optimal=True, cpu_ms=5)),
    "n8": Budget(is_optimal=True),
    **dict.fromkeys(("n12", "n20"), Budget(mean_gap_percent=0.5, max_gap_percent=2, cpu_ms=100)),
    **dict.fromkeys(("n200", "n500"), Budget(cpu_ms=1000)),
    IMPOSSIBLE: Budget(),
}


class One(NamedTuple):
    """One order."""

    price: int  # Nought of what cannot be shipped.
    least_known: int | None  # None: the reference was not asked.
    at_least: int | None
    peers: int
    cpu_ms: float
    broken: tuple[str, ...]


class Measured(NamedTuple):
    """One class of orders."""

    name: str
    orders: tuple[One, ...]

    @property
    def optimal(self) -> int:
        """How many are proven by the reference to be the least."""
        return sum(one.price == one.at_least for one in self.orders)

    @property
    def unproven(self) -> int:
        """Of how many the reference does not know the least."""
        return sum(one.least_known != one.at_least for one in self.orders)

    @property
    def gaps(self) -> list[float]:
        """How much dearer than the least known, in percent."""
        return [_percent_over(one.price, one.least_known) for one in self.orders if one.least_known]

    @property
    def gaps_to_bound(self) -> list[float]:
        return [_percent_over(one.price, one.at_least) for one in self.orders if one.at_least]

    @property
    def peers_extra_percent(self) -> float:
        """How much dearer the peers' way is, for the median order."""
        return percentile([_percent_over(one.peers, one.price) for one in self.orders], 50)

    def cpu_ms(self, percent: int) -> float:
        return percentile([one.cpu_ms for one in self.orders], percent)

    def missed(self) -> list[str]:
        """The budgets that are not met."""
        budget = BUDGETS[self.name]
        found = list(dict.fromkeys(rule for one in self.orders for rule in one.broken))
        if budget.is_optimal and any(one.price != one.least_known for one in self.orders):
            found.append("not all optimal")
        if budget.mean_gap_percent is not None and _mean(self.gaps) > budget.mean_gap_percent:
            found.append(f"mean gap over {budget.mean_gap_percent} %")
        if budget.max_gap_percent is not None and max(self.gaps, default=0) > budget.max_gap_percent:
            found.append(f"a gap over {budget.max_gap_percent} %")
        if budget.cpu_ms is not None and self.cpu_ms(99) > budget.cpu_ms:
            found.append(f"CPU over {budget.cpu_ms:g} ms")
        return found


def measured(name: str, count: int, *, seconds: float, seed: int = SEED) -> Measured:
    """Answer, check and compare *count* orders of class *name*."""
    return Measured(name, tuple(_one(instance, seconds) for instance in instances(name, count, seed)))


def _one(instance: Object, seconds: float) -> One:
    told = answered(json.dumps(instance).encode())
    verdict = checked(instance, told.answer)
    cpu_ms = 1000 * told.cpu_seconds
    if instance["class"] == IMPOSSIBLE or verdict.price is None:
        return One(0, None, None, 0, cpu_ms, verdict.broken)
    peers = checked(instance, first_fit(instance)).price or 0
    if len(instance["lines"]) > REFERENCE_LINES_MAX:
        return One(verdict.price, None, told.plan.at_least if told.plan else None, peers, cpu_ms, ())
    known = least(instance, seconds=seconds, known=told.answer)
    if known.at_least > verdict.price:
        raise AssertionError(
            f"{instance['id']}: {verdict.price} is less than what was proven, {known.at_least}"
        )
    return One(verdict.price, known.price, known.at_least, peers, cpu_ms, ())


def table(rows: Sequence[Measured], *, seed: int = SEED) -> Table:
    shown = Table(
        title="Splitting: parcels of made-up orders (bench/split)",
        title_justify="left",
        caption=f"Seed {seed}. Gap: over the least that is known; to bound: over what is proven from below (for more "
        f"than {REFERENCE_LINES_MAX} lines, by the optimiser itself). Peers: how much dearer the median order is by "
        "priority and first fit. These tariffs differ more than real ones: take the direction, not the number.",
        caption_justify="left",
    )
    shown.add_column("class", no_wrap=True)
    for heading in (
        "orders",
        "optimal",
        "unproven",
        "gap %",
        "max %",
        "to bound %",
        "p50 ms",
        "p99 ms",
        "peers %",
    ):
        shown.add_column(heading, justify="right", no_wrap=True)
    shown.add_column("budget")
    for row in rows:
        shown.add_row(*_cells(row))
    return shown


def _cells(row: Measured) -> Iterator[str]:
    yield row.name
    yield str(len(row.orders))
    if row.gaps:
        yield f"{row.optimal}"
        yield f"{row.unproven}"
        yield f"{_mean(row.gaps):.2f}"
        yield f"{max(row.gaps):.2f}"
    else:
        yield from ("", "", "", "")
    yield f"{_mean(row.gaps_to_bound):.2f}" if row.gaps_to_bound else ""
    yield f"{row.cpu_ms(50):.1f}"
    yield f"{row.cpu_ms(99):.1f}"
    yield f"{row.peers_extra_percent:+.1f}" if row.name != IMPOSSIBLE else ""
    missed = row.missed()
    yield f"[red]{'; '.join(missed)}[/red]" if missed else f"[green]{_in_words(BUDGETS[row.name])}[/green]"


def _in_words(budget: Budget) -> str:
    parts = ["optimal"] if budget.is_optimal else []
    if budget.mean_gap_percent is not None:
        parts.append(f"gap {budget.mean_gap_percent} %, at most {budget.max_gap_percent} %")
    if budget.cpu_ms is not None:
        parts.append(f"{budget.cpu_ms:g} ms")
    return "met: " + ", ".join(parts or ["refused"])


def as_data(rows: Sequence[Measured], *, seed: int = SEED) -> dict[str, Any]:
    return {
        "seed": seed,
        "classes": {
            row.name: {
                "orders": len(row.orders),
                "optimal": row.optimal,
                "unproven": row.unproven,
                "mean_gap_percent": _mean(row.gaps),
                "max_gap_percent": max(row.gaps, default=None),
                "cpu_ms_p50": row.cpu_ms(50),
                "cpu_ms_p99": row.cpu_ms(99),
                "peers_extra_percent": row.peers_extra_percent,
                "missed": row.missed(),
            }
            for row in rows
        },
    }


def few() -> list[Measured]:
    """What `make bench` shows."""
    return [measured(name, count, seconds=FEW_SECONDS) for name, count in FEW.items()]


def _percent_over(amount: int, floor: int | None) -> float:
    return 100 * (amount - floor) / floor if floor else 0.0


def _mean(amounts: Sequence[float]) -> float:
    return sum(amounts) / len(amounts) if amounts else 0.0


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.split.report", description="Our splitting, judged."
    )
    parser.add_argument("--class", dest="names", choices=[*CLASSES, IMPOSSIBLE], action="append")
    parser.add_argument("--count", type=int, help="orders of each class")
    parser.add_argument(
        "--seconds", type=float, default=MANY_SECONDS, help="for the reference to choose parcels"
    )
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--json", action="store_true", help="as data")
    options = parser.parse_args(arguments)
    rows = []
    for name in options.names or MANY:
        count = options.count or MANY[name]
        rows.append(measured(name, count, seconds=options.seconds, seed=options.seed))
        print(f"{name}: {count} orders", file=sys.stderr)
    if options.json:
        print(json.dumps(as_data(rows, seed=options.seed), indent=2))
    else:
        Console(width=WIDTH).print(table(rows, seed=options.seed))
    return int(any(row.missed() for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
