"""A thousand buyers for a hundred units, sixteen at a time, on a real engine: how many a second, by number of shards?

python -m bench.hot_sku                                    one table
python -m bench.hot_sku --json FILE                        and the same as data
ORDERCYCLE_DYNAMODB_URL=http://127.0.0.1:8000 python -m bench.hot_sku

The tables are those of the synthesised template, under names of this run, and are deleted afterwards. What a rush is,
and what must hold after it, is in ``bench.rush``; conflicts and lost answers come from ``bench.contention``.
"""

import argparse
import json
import os
import secrets
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from unittest.mock import patch

from rich.console import Console
from rich.table import Table

from bench import engine, workers
from bench.rush import Rush, Serve, Size, play
from local import resources
from local.lambdas import functions_of, shared_environment
from local.synthesis import fresh_template
from local.template import REGION
from shared.commands import Shop
from shared.outside import Outside, aws_client
from shared.settings import Settings

SHARD_COUNTS = (0, 2, 4, 8)
ROUNDS = 3
QUIET = {"refused_pct": 0, "lost_pct": 0}
# PLATFORM section 12: what AWS itself does, at 3,000 requests a second for one SKU. A model, not measured by us.
AWS_MODEL = "one item in a transaction 105/s, plain conditional update 1,000/s, four shards of it 3,018/s"
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
TABLES = ("AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table")


class Figures(NamedTuple):
    """Medians over the rushes for a SKU of so many shards."""

    shards: int
    orders_per_second: float
    ratio: float  # to no shards
    seconds: float  # until the last of all buyers has an answer
    conflicts: float
    attempts_per_order: float  # transactions sent, those refused for a conflict included
    answers_lost: float
    repeats: float  # requests sent again by a buyer, under the same key
    short: float  # transactions that found their shard empty, and read again
    calls_per_order: float


class HotSku(NamedTuple):
    engine: str
    size: Size
    figures: tuple[Figures, ...]
    undisturbed: float  # orders per second without shards, and without any conflict
    told_sold_out: int
    broken: tuple[str, ...]


def measure(size: Size | None = None, *, rounds: int = ROUNDS) -> HotSku:
    """Start an engine, or take the one that is named, and let the crowd rush for SKUs of different shards."""
    size = size or Size()
    with (
        engine.running() as running,
        tables_on(running.url) as environment,
        patch.dict(os.environ, environment),
    ):
        aws_client.cache_clear()  # Whatever it was made for, it is not this endpoint.
        shop = Shop.open(Outside(), Settings.read(os.environ))
        try:
            with workers.started(size.workers, environment) as crowd:
                return _measured(shop, crowd.serve, running.name, size, rounds)
        finally:
            aws_client.cache_clear()


def _measured(shop: Shop, serve: Serve, name: str, size: Size, rounds: int) -> HotSku:
    quiet = play(shop, serve, name="QUIET", shards=0, size=size._replace(**QUIET))
    rushes: list[Rush] = []
    with tempfile.TemporaryDirectory() as locks:
        for number in range(rounds):
            for shards in SHARD_COUNTS:
                rush = play(shop, serve, name=f"HOT-{number}-{shards}", shards=shards, size=size, locks=locks)
                rushes.append(rush)
    base = median(rush.orders_per_second for rush in rushes if not rush.shards)
    return HotSku(
        engine=name,
        size=size,
        figures=tuple(_figures([r for r in rushes if r.shards == shards], base) for shards in SHARD_COUNTS),
        undisturbed=quiet.orders_per_second,
        told_sold_out=min(rush.told_sold_out for rush in rushes),
        broken=tuple(f"{rush.shards} shards: {what}" for rush in (quiet, *rushes) for what in rush.broken),
    )


def _figures(rushes: Sequence[Rush], base: float) -> Figures:
    def middle(*names: str) -> float:
        return median(sum(rush.counts.get(name, 0) for name in names) for rush in rushes)

    rate = median(rush.orders_per_second for rush in rushes)
    conflicts = middle("conflicts met", "conflicts by lot")
    units = rushes[0].sold or 1
    return Figures(
        shards=rushes[0].shards,
        orders_per_second=rate,
        ratio=rate / base,
        seconds=median(rush.seconds for rush in rushes),
        conflicts=conflicts,
        attempts_per_order=(conflicts + middle("transact_write_items")) / units,
        answers_lost=middle("answers lost"),
        repeats=median(rush.repeats for rush in rushes),
        short=middle("short"),
        calls_per_order=(conflicts + middle("calls")) / units,
    )


@contextmanager
def tables_on(url: str) -> Iterator[dict[str, str]]:
    """The template's tables at *url*, under names of this run: yields the environment that leads to them."""
    found = fresh_template().resources()
    run = f"bench-{secrets.token_hex(4)}-"
    ours = {r.name: replace(r, name=run + r.name) for r in found if r.type in TABLES}
    own = shared_environment(functions_of(found), {"SANDBOX_URL": ""})
    environment = {name: ours[value].name if value in ours else value for name, value in own.items()}
    environment |= _access(url)
    with patch.dict(os.environ, environment), ExitStack() as afterwards:
        for table in ours.values():
            resources.create((table,))
            afterwards.callback(Outside().aws, "dynamodb", "delete_table", TableName=table.name)
        yield environment


def _access(url: str) -> dict[str, str]:
    """Keys of our own are for an engine that checks none; whoever names an endpoint may have real ones."""
    return {name: os.environ.get(name, "bench") for name in KEYS} | {
        "AWS_ENDPOINT_URL_DYNAMODB": url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
    }


def shown(found: HotSku) -> Table:
    """The figures as a table; what was broken stands below it."""
    buyers, units, workers_, *_ = found.size
    table = Table(
        title=f"Hot SKU: {buyers} buyers for {units} units, {workers_} at a time, on {found.engine}",
        title_justify="left",
        caption=_caption(found),
        caption_justify="left",
    )
    for column in (
        "shards",
        "orders/s",
        "ratio",
        "all told, s",
        "conflicts",
        "tries/order",
        "lost",
        "asked again",
    ):
        table.add_column(column, justify="right")
    for column in ("shard short", "calls/order"):
        table.add_column(column, justify="right")
    for figures in found.figures:
        table.add_row(
            str(figures.shards),
            f"{figures.orders_per_second:.0f}",
            f"{figures.ratio:.2f} x",
            f"{figures.seconds:.1f}",
            f"{figures.conflicts:.0f}",
            f"{figures.attempts_per_order:.2f}",
            f"{figures.answers_lost:.0f}",
            f"{figures.repeats:.0f}",
            f"{figures.short:.0f}",
            f"{figures.calls_per_order:.1f}",
        )
    return table


def _caption(found: HotSku) -> str:
    size = found.size
    verdict = (
        f"In every rush exactly {size.units} were sold, once each; the other {found.told_sold_out} were told that it "
        f"is sold out, none too early; {size.cancelled} cancelled, and exactly {size.cancelled} latecomers bought."
    )
    return "\n".join(
        (
            verdict if not found.broken else "BROKEN: " + "; ".join(found.broken),
            f"Without shards and without any conflict: {found.undisturbed:.0f} orders/s. The conflicts are ours: two "
            "transactions on one stock item at a time,",
            f"as AWS refuses them, and {size.refused_pct} % by lot; {size.lost_pct} % of the answers are lost. "
            "The engine carries out one call after the other:",
            "its figures are not those of AWS; only the ratios travel.",
            f"AWS, a model and not measured here: {AWS_MODEL}.",
        )
    )


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.hot_sku", description="One SKU, everybody wants it."
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rushes for each number of shards")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # So that the engine ends with us.
    console = Console()
    with console.status("a thousand buyers want one of a hundred"):
        found = measure(rounds=options.rounds)
    console.print(shown(found))
    if options.json:
        options.json.write_text(json.dumps(as_data(found), indent=2) + "\n", encoding="utf-8")
    return 1 if found.broken else 0


def as_data(found: HotSku) -> dict[str, Any]:
    return {
        **found._asdict(),
        "size": found.size._asdict(),
        "figures": [figures._asdict() for figures in found.figures],
        "aws_model": AWS_MODEL,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
