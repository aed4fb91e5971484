"""A thousand buyers for a hundred units, sixteen at a time, on a real engine: how many a second, by number of shards?

python -m bench.hot_sku                                    one table
python -m bench.hot_sku --json FILE                        and the same as data
ORDERCYCLE_DYNAMODB_URL=http://127.0.0.1:8000 python -m bench.hot_sku

The tables are those of the synthesised template, under names of this run, and are deleted afterwards. What a rush is,
and what must hold after it, is in ``bench.rush``; conflicts and lost answers come from ``bench.contention``. The exit
code is 1 when something did not hold.
"""

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from unittest.mock import patch

from rich.console import Console, Group
from rich.table import Table

from bench import engine, workers
from bench.contention import Trouble
from bench.crowd import BOUGHT, SOLD_OUT
from bench.rush import Rush, Serve, Size, play
from local import resources
from local.lambdas import functions_of, shared_environment
from local.synthesis import fresh_template
from local.template import REGION
from shared.commands import Shop
from shared.outside import Outside, aws_client
from shared.settings import Settings

USUAL = Size()
SHARD_COUNTS = (0, 2, 4, 8)
ROUNDS = 3
TROUBLE = Trouble(refused_pct=3, lost_pct=2)
HOLD_MILLISECONDS = (
    30  # Three times as long as in the model of AWS: waiting decides, and not the CPU of this machine.
)
HELD_PART = 3  # The crowd is smaller by so much then: who is told that it is sold out waits for nobody.
# PLATFORM section 12: one SKU at 3,000 requests a second.
AWS_MODEL = "one item in a transaction 105/s, a plain conditional update 1,000/s, four shards of it 3,018/s"
TABLES = ("AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table")
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


class Figures(NamedTuple):
    """Medians over the rushes for a SKU of so many shards."""

    shards: int
    orders_per_second: float
    ratio: float  # to no shards
    held_orders_per_second: float  # The same while every transaction keeps its items for a while.
    held_ratio: float
    seconds: float  # until the last of all buyers has an answer
    conflicts: float  # orders refused because another one was writing their row; each was tried again
    conflicts_of_the_flag: float
    answers_lost: float
    repeats: float  # requests that a buyer sent again, under the same key
    short: float  # orders that found their row empty, and looked again
    calls_per_order: float
    calls_per_refusal: float


class HotSku(NamedTuple):
    engine: str
    size: Size
    figures: tuple[Figures, ...]
    undisturbed: float  # orders per second without shards, and without any conflict
    told_sold_out: int
    broken: tuple[str, ...]


ROWS = (
    ("rows held 30 ms: orders per second", "held_orders_per_second", "{:.0f}"),
    ("  against no shards", "held_ratio", "{:.2f} x"),
    ("not held: orders per second", "orders_per_second", "{:.0f}"),
    ("  against no shards", "ratio", "{:.2f} x"),
    ("seconds until all have an answer", "seconds", "{:.1f}"),
    ("conflicts of orders, tried again", "conflicts", "{:.0f}"),
    ("conflicts of the sold-out flag", "conflicts_of_the_flag", "{:.0f}"),
    ("orders that found their row empty", "short", "{:.0f}"),
    ("answers lost", "answers_lost", "{:.0f}"),
    ("requests repeated under their key", "repeats", "{:.0f}"),
    ("calls for an order", "calls_per_order", "{:.1f}"),
    ("calls for a refusal", "calls_per_refusal", "{:.1f}"),
)


def measure(
    size: Size = USUAL, *, shard_counts: Sequence[int] = SHARD_COUNTS, rounds: int = ROUNDS
) -> HotSku:
    """Start an engine, or take the one that is named, and let the crowd rush for SKUs of different shards.

    The first of *shard_counts* is what the others are compared with.
    """
    with engine.running() as running, tables_for(access(running.url)) as environment:
        shop = Shop.open(Outside(), Settings.read(os.environ))
        with workers.started(size.workers, environment) as crowd, tempfile.TemporaryDirectory() as locks:
            quiet = play(shop, crowd.serve, name="QUIET", shards=0, size=size, trouble=Trouble())
            usual = TROUBLE._replace(locks=locks)
            held = usual._replace(hold_milliseconds=HOLD_MILLISECONDS)
            pairs = [
                _pair(shop, crowd.serve, f"HOT{number}-{shards}", shards, size, (usual, held))
                for number in range(rounds)
                for shards in shard_counts
            ]
    return _summed_up(running.name, size, quiet, pairs)


def _pair(
    shop: Shop, serve: Serve, name: str, shards: int, size: Size, troubles: tuple[Trouble, Trouble]
) -> tuple[Rush, Rush]:
    sizes = (size, size._replace(buyers=size.buyers // HELD_PART))
    usual, held = (
        play(shop, serve, name=f"{name}-{t.hold_milliseconds}", shards=shards, size=own, trouble=t)
        for t, own in zip(troubles, sizes, strict=True)
    )
    return usual, held


def _summed_up(name: str, size: Size, quiet: Rush, pairs: Sequence[tuple[Rush, Rush]]) -> HotSku:
    every = [quiet, *(one for pair in pairs for one in pair)]
    shard_counts = tuple(dict.fromkeys(usual.shards for usual, _ in pairs))
    return HotSku(
        engine=name,
        size=size,
        figures=tuple(_figures(shards, shard_counts[0], pairs) for shards in shard_counts),
        undisturbed=quiet.orders_per_second,
        told_sold_out=min(one.answered(SOLD_OUT) for one in (quiet, *(usual for usual, _ in pairs))),
        broken=tuple(f"{one.shards} shards: {what}" for one in every for what in one.broken),
    )


def _figures(shards: int, base_shards: int, pairs: Sequence[tuple[Rush, Rush]]) -> Figures:
    rushes = [usual for usual, _ in pairs if usual.shards == shards]
    held = [held for _, held in pairs if held.shards == shards]
    base = _rate([usual for usual, _ in pairs if usual.shards == base_shards])
    held_base = _rate([held for _, held in pairs if held.shards == base_shards])

    def middle(name: str) -> float:
        return median(rush.counts.get(name, 0) for rush in rushes)

    return Figures(
        shards=shards,
        orders_per_second=_rate(rushes),
        ratio=_rate(rushes) / base,
        held_orders_per_second=_rate(held),
        held_ratio=_rate(held) / held_base,
        seconds=median(rush.seconds for rush in rushes),
        conflicts=middle("conflicts of orders"),
        conflicts_of_the_flag=middle("conflicts of the flag"),
        answers_lost=middle("answers lost"),
        repeats=median(rush.repeats for rush in rushes),
        short=middle("short"),
        calls_per_order=median(rush.calls_for(BOUGHT) for rush in rushes),
        calls_per_refusal=median(rush.calls_for(SOLD_OUT) for rush in rushes),
    )


def _rate(rushes: Sequence[Rush]) -> float:
    return median(rush.orders_per_second for rush in rushes)


@contextmanager
def tables_for(ambient: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The template's tables, under names of this run, where *ambient* leads: yields the environment of a worker."""
    found = fresh_template().resources()
    run = f"bench-{secrets.token_hex(4)}-"
    ours = {r.name: replace(r, name=run + r.name) for r in found if r.type in TABLES}
    own = shared_environment(functions_of(found), {"SANDBOX_URL": ""})
    environment = {name: ours[value].name if value in ours else value for name, value in own.items()}
    environment |= ambient
    with patch.dict(os.environ, environment), ExitStack() as afterwards:
        aws_client.cache_clear()  # A client of before this would still lead to AWS,
        afterwards.callback(aws_client.cache_clear)  # and one of now to an engine that is gone.
        for table in ours.values():
            resources.create((table,))
            afterwards.callback(Outside().aws, "dynamodb", "delete_table", TableName=table.name)
        yield environment


def access(url: str) -> dict[str, str]:
    """Keys of our own are for an engine that checks none; whoever names an endpoint may have real ones."""
    return {name: os.environ.get(name, "bench") for name in KEYS} | {
        "AWS_ENDPOINT_URL_DYNAMODB": url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
    }


def shown(found: HotSku) -> Group:
    """The figures as a table, with the verdict below it."""
    size = found.size
    table = Table(
        title=f"Hot SKU: {size.buyers} buyers for {size.units} units, {size.workers} at a time",
        title_justify="left",
    )
    table.add_column("medians of a rush; shards:", no_wrap=True)
    for figures in found.figures:
        table.add_column(str(figures.shards), justify="right", no_wrap=True)
    for what, field, form in ROWS:
        table.add_row(what, *(form.format(getattr(figures, field)) for figures in found.figures))
    return Group(table, *_explained(found))


def _explained(found: HotSku) -> Iterator[str]:
    size = found.size
    if found.broken:
        yield "[red]BROKEN[/red] " + "; ".join(found.broken)
    else:
        yield (
            f"[green]In every rush[/green] exactly {size.units} orders, {size.units} units reserved and none left; all "
            f"{found.told_sold_out} others were told that it is sold out, nobody while a unit was left; then "
            f"{size.cancelled} cancelled, and exactly {size.cancelled} of {size.latecomers} latecomers bought; and it "
            "was the same when buyers came and went at once."
        )
    yield (
        f"On {found.engine}. Conflicts are ours, because no local engine has them: two transactions on one stock row "
        f"at a time, as AWS refuses them, and {TROUBLE.refused_pct} % by lot; {TROUBLE.lost_pct} % of all answers "
        f"are lost. Without shards and without any of that: {found.undisturbed:.0f} orders/s. The engine carries out "
        "one call after the other and shares this machine with the crowd: what travels is the ratio while every "
        f"transaction holds its rows for {HOLD_MILLISECONDS} ms, where waiting decides and not the CPU."
    )
    yield f"AWS itself, a model and not measured here: {AWS_MODEL}."


def as_data(found: HotSku) -> dict[str, Any]:
    return {
        **found._asdict(),
        "size": found.size._asdict(),
        "figures": [figures._asdict() for figures in found.figures],
        "aws_model": AWS_MODEL,
    }


def of_data(data: Mapping[str, Any]) -> HotSku:
    known = {name: data[name] for name in HotSku._fields}
    figures = tuple(Figures(**one) for one in data["figures"])
    return HotSku(
        **{**known, "size": Size(**data["size"]), "figures": figures, "broken": tuple(data["broken"])}
    )


def in_a_process_of_its_own() -> HotSku:
    """Measure there: in this one live clients of another cloud. Raises ``CalledProcessError`` without figures."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "hot_sku.json")
        done = subprocess.run(
            [sys.executable, "-m", "bench.hot_sku", "--quiet", "--json", str(report)], check=False
        )
        if not report.exists():
            done.check_returncode()
        found = json.loads(report.read_text(encoding="utf-8"))
    del found["aws_model"]
    figures = tuple(Figures(**one) for one in found["figures"])
    return HotSku(
        **{**found, "size": Size(**found["size"]), "figures": figures, "broken": tuple(found["broken"])}
    )


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.hot_sku", description="Everybody wants one SKU.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rushes for each number of shards")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    parser.add_argument("--quiet", action="store_true", help="print nothing")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # So that engine and crowd end with us.
    console = Console(quiet=options.quiet)
    with console.status("a thousand buyers want one of a hundred"):
        found = measure(rounds=options.rounds)
    console.print(shown(found))
    if options.json:
        options.json.write_text(json.dumps(as_data(found), indent=2) + "\n", encoding="utf-8")
    return 1 if found.broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
