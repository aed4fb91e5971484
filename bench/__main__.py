"""``make bench``: what it costs, how it starts, what it burns, how it sells out and splits; beside DESIGN's budgets.

python -m bench                   one table
python -m bench --json FILE       and the same as data
python -m bench --prices FILE     with another price list
"""

import argparse
import json
import sys
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from bench import books, cold_start, hot_sku, lifecycle_cpu
from bench.cost_meter import ASSUMED, Line, Totals, totals
from bench.prices import LIST_PRICES, PriceList, read_prices
from bench.split import report as splitting
from bench.standard_mix import (
    MILLION,
    Counted,
    bill_of_a_million,
    counted_hour,
    counted_mix,
    counted_push,
    counted_sweep,
)
from local.synthesis import fresh_template
from shared.context import real_clock

TOTAL_BUDGET_USD, ORCHESTRATION_BUDGET_USD = 100, 30
DEAREST = 5


class Cost(NamedTuple):
    totals: Totals
    by_label: dict[str, Decimal]
    mix: tuple[Counted, ...]
    push: Decimal = Decimal(0)  # USD for a million pushes of a tracker that move nothing.


class Finding(NamedTuple):
    """One row of the report."""

    what: str
    found: str
    budget: str
    is_over: bool


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Budgets, measured.")
    parser.add_argument(
        "--prices", type=Path, default=LIST_PRICES, help="a price list like bench/prices.json"
    )
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    options = parser.parse_args(arguments)
    warnings.filterwarnings("ignore", module="aws_lambda_powertools")
    console, prices = Console(), read_prices(options.prices)
    with console.status("counting the standard mix on the local cloud"):
        cost = standard_cost(prices)
    with console.status("a whole life, AWS stubbed"):
        life = lifecycle_cpu.measure()
    with console.status("starting every function a few times"):
        starts = cold_start.measure()
        imported = {name: cold_start.imported_for_a_webhook(name) for name in cold_start.PROVIDERS}
    with console.status("vouchers are verified"):
        verified = books.measure()
    with console.status("a thousand buyers want one of a hundred"):
        rushes = hot_sku.in_a_process_of_its_own()
    with console.status("splitting orders that are made up"):
        split = splitting.few()
    findings = [*cost_findings(cost), *life_findings(life), *start_findings(starts), rush_finding(rushes)]
    findings += books_findings(verified)
    today = datetime.fromtimestamp(real_clock(), UTC).date()
    console.print(_table(findings, prices.age_days(today), prices), _mix_table(cost.mix, prices))
    console.print(_dearest(cost), _imports(starts), _left_out(imported), hot_sku.shown(rushes))
    console.print(splitting.table(split), width=splitting.WIDTH)
    console.print("Assumed: " + ", ".join(f"{name} {value}" for name, value in ASSUMED.items()))
    if options.json:
        document = {
            "findings": [finding._asdict() for finding in findings],
            **_figures(cost, life, starts, prices),
            "vouchers_per_second": verified._asdict(),
            "imported_for_a_webhook": imported,
            "hot_sku": hot_sku.as_data(rushes),
            "splitting": splitting.as_data(split),
        }
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return 0


def standard_cost(prices: PriceList) -> Cost:
    """Run and price the standard mix."""
    template = fresh_template()
    mix = counted_mix(template)
    costs = bill_of_a_million(mix, counted_sweep(template), counted_hour(template)).cost(prices)
    push = totals(counted_push(template).cost(prices)).everything * MILLION
    return Cost(totals(costs), by_label(costs), mix, push)


def by_label(costs: dict[Line, Decimal]) -> dict[str, Decimal]:
    """Add up the lines of one label, the dearest first."""
    sums: dict[str, Decimal] = {}
    for line, usd in costs.items():
        sums[line.label] = sums.get(line.label, Decimal(0)) + usd
    return dict(sorted(sums.items(), key=lambda entry: -entry[1]))


def cost_findings(cost: Cost) -> list[Finding]:
    everything, orchestration = cost.totals
    return [
        _finding("USD per million orders", everything, TOTAL_BUDGET_USD, "USD"),
        _finding("  of it orchestration", orchestration, ORCHESTRATION_BUDGET_USD, "USD"),
        Finding("a million pushes that move nothing", f"{cost.push:.1f} USD", "", False),
    ]


def life_findings(life: lifecycle_cpu.LifecycleCpu) -> list[Finding]:
    calls = " + ".join(operation.split("_")[0] for _, operation in life.placing_calls)
    return [
        _finding("own CPU of a whole life", life.milliseconds, lifecycle_cpu.BUDGET_MILLISECONDS, "ms"),
        Finding("  calls to AWS in it", str(life.calls), "", False),
        Finding(
            "calls of POST /orders",
            calls,
            "2 calls",
            life.placing_calls != lifecycle_cpu.PLACING_BUDGET,
        ),
    ]


def start_findings(starts: cold_start.Measured) -> list[Finding]:
    return [
        Finding("cold start: client alone", f"{starts.baseline_milliseconds:.0f} ms", "", False),
        *(
            Finding(
                f"  {start.name}",
                f"{start.ratio:.2f} x, {start.milliseconds:.0f} ms",
                f"{start.budget} x",
                start.is_over,
            )
            for start in starts.functions
        ),
    ]


def books_findings(verified: books.Verified) -> list[Finding]:
    hashed, whole = (f"{rate:,.0f} a second" for rate in (verified.hashed, verified.whole))
    budget = f"{books.BUDGET:,} a second"
    return [
        Finding("vouchers hashed", hashed, budget, verified.hashed < books.BUDGET),
        Finding("  and held against their chain", whole, "", False),
    ]


def rush_finding(rushes: hot_sku.HotSku) -> Finding:
    size = rushes.size
    what = f"hot SKU: {size.buyers} buyers, {size.workers} at a time"
    found = "BROKEN, see below" if rushes.broken else f"{size.units} sold"
    return Finding(what, found, f"{size.units} sold", bool(rushes.broken))


def _finding(what: str, found: Decimal | float, budget: int, unit: str) -> Finding:
    return Finding(what, f"{found:.1f} {unit}", f"{budget} {unit}", found > budget)


def _table(findings: Sequence[Finding], age_days: int, prices: PriceList) -> Table:
    caption = (
        f"Prices of {prices.priced_on}, {age_days} days old. Python {sys.version.split()[0]}, this machine."
    )
    table = Table(
        title="Budgets (DESIGN section 7)", title_justify="left", caption=caption, caption_justify="left"
    )
    table.add_column("what", no_wrap=True)
    for column in ("found", "budget", ""):
        table.add_column(column, justify="right", no_wrap=True)
    for finding in findings:
        verdict = (
            "" if not finding.budget else "[red]over[/red]" if finding.is_over else "[green]within[/green]"
        )
        table.add_row(finding.what, finding.found, finding.budget, verdict)
    return table


def _mix_table(mix: Sequence[Counted], prices: PriceList) -> Table:
    caption = "Logs are measured, not assumed."
    table = Table(
        title="Standard mix, USD per million of each",
        title_justify="left",
        caption=caption,
        caption_justify="left",
    )
    table.add_column("kind of order")
    for column in ("of 100", "USD", "orchestration", "bytes kept"):
        table.add_column(column, justify="right")
    for kind in mix:
        sums = totals(kind.bill.cost(prices))
        usd, driving = (f"{amount * 1_000_000:.1f}" for amount in sums)
        table.add_row(kind.name, str(kind.per_hundred), usd, driving, str(kind.stored_bytes))
    return table


def _dearest(cost: Cost) -> Table:
    table = Table(title=f"The {DEAREST} dearest lines", title_justify="left")
    table.add_column("line")
    table.add_column("USD", justify="right")
    for label, usd in list(cost.by_label.items())[:DEAREST]:
        table.add_row(label, f"{usd:.2f}")
    return table


def _imports(starts: cold_start.Measured) -> Table:
    table = Table(title=f"What {starts.worst} imports beyond the client", title_justify="left")
    table.add_column("package")
    table.add_column("ms", justify="right")
    for package, milliseconds in starts.slowest_imports:
        table.add_row(package, f"{milliseconds:.1f}")
    return table


def _left_out(imported: dict[str, dict[str, bool]]) -> Table:
    table = Table(
        title="What payment_callback imports before a provider's first message", title_justify="left"
    )
    table.add_column("package")
    for provider in imported:
        table.add_column(provider, justify="right")
    for module in cold_start.HEAVY:
        table.add_row(module, *("yes" if found[module] else "no" for found in imported.values()))
    return table


def _figures(
    cost: Cost, life: lifecycle_cpu.LifecycleCpu, starts: cold_start.Measured, prices: PriceList
) -> dict[str, Any]:
    return {
        "prices_of": prices.priced_on.isoformat(),
        "usd_per_million": {name: float(usd) for name, usd in cost.totals._asdict().items()},
        "usd_by_line": {label: float(usd) for label, usd in cost.by_label.items()},
        "lifecycle_cpu": life._asdict(),
        "cold_start": {
            "baseline_milliseconds": starts.baseline_milliseconds,
            "functions": [start._asdict() for start in starts.functions],
            "worst": starts.worst,
            "slowest_imports": dict(starts.slowest_imports),
        },
        "assumed": ASSUMED,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
