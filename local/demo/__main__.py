"""``make demo``: real orders from quote to settlement, on this machine, in a few minutes.

    python -m local.demo                     the sample of about 260 invoices
    python -m local.demo --orders 50         fewer of them
    python -m local.demo --data FILE.csv.gz  other invoices of the same columns
    python -m local.demo --replay            everything twice, and events out of order: the same must come of it

Ends with 1 when anything that must hold does not.
"""

import argparse
import logging
import sys
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from contextlib import redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench.prices import LIST_PRICES, read_prices
from local.books import show as show_books
from local.demo import report
from local.demo.books_checks import look_into_the_books
from local.demo.closing import Lie
from local.demo.extras import scenes_of
from local.demo.fee_checks import fees_are_what_providers_kept
from local.demo.invariants import INVARIANTS, violations_in
from local.demo.invoices import Book, excerpt, read_book
from local.demo.replay import differences
from local.demo.run import AFTERMATH_WEEKS, played, season_of
from local.demo.sample import SAMPLE
from local.demo.scene import Scenes
from local.demo.stage import Told
from local.demo.takebacks import Match, taken_back
from local.demo.world import world_of
from local.synthesis import fresh_template
from shared.context import real_clock

REPLAYED = 40  # Orders, unless said otherwise.
VIOLATIONS_SHOWN = 50


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    console = Console(file=sys.__stdout__)
    book = read_book(options.data)
    started = time.monotonic()
    with redirect_stdout(StringIO()):  # Functions write their metrics there; here nobody collects them.
        warnings.filterwarnings("ignore", module="aws_lambda_powertools")
        logging.getLogger("moto").setLevel(logging.CRITICAL)  # It tells of each machine that a fault ended.
        if options.replay:
            return _replay(console, excerpt(book, options.orders or REPLAYED))
        book = excerpt(book, options.orders or len(book.sales))
        return _play(console, book, options.prices, started)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.demo", description="Real orders through their life."
    )
    parser.add_argument("--data", type=Path, default=SAMPLE, help="invoices, a gzipped CSV")
    parser.add_argument("--orders", type=int, help="how many of its sales")
    parser.add_argument(
        "--prices", type=Path, default=LIST_PRICES, help="a price list like bench/prices.json"
    )
    parser.add_argument("--replay", action="store_true", help="everything twice, compared with once")
    return parser.parse_args(arguments)


def _play(console: Console, book: Book, price_list: Path, started: float) -> int:
    with _progress(console) as progress:
        template_is_ready = progress.add_task("synthesising the app", total=1)
        template = fresh_template()
        progress.advance(template_is_ready)
        scenes = scenes_of(book, season_of(book))
        stocked = _bar(progress, "goods on the shelves", _articles(book, scenes))
        told = _counting(progress, "orders live", book, scenes)
        with played(book, template, told=told, stocked=stocked, scenes=scenes) as play:
            world = world_of(play.cloud)
            found = violations_in(world)
            books = look_into_the_books(play.cloud, play.stage.lies)
            found += books.wrong
            found += [f"19 fees: {one}" for one in fees_are_what_providers_kept(play.cloud, play.stage.lies)]
    seconds = time.monotonic() - started
    days = (max(sale.at for sale in book.sales) - min(sale.at for sale in book.sales)) // 86_400
    report.show(console, book=book, stage=play.stage, world=world, meter=play.meter)
    today = datetime.fromtimestamp(real_clock(), UTC).date()
    report.show_prices(console, play.meter, len(world.orders), read_prices(price_list), today)
    show_books(console, books.check.model_dump())
    _show_lies(console, play.stage.lies)
    for violation in found[:VIOLATIONS_SHOWN]:
        console.print(f"[red]broken:[/red] {violation}", highlight=False)
    console.print(
        f"{len(INVARIANTS)} invariants checked, {len(found)} violations. {len(world.orders)} orders, "
        f"{play.stage.client.requests} requests, {days} days and {AFTERMATH_WEEKS} weeks "
        f"in {seconds:.0f} seconds, {seconds / len(world.orders):.2f} for an order."
    )
    return 1 if found else 0


def _show_lies(console: Console, lies: Sequence[Lie]) -> None:
    """What somebody changed in providers' bills; had one not been found, or anything else, it would stand below."""
    by_change = Counter(lie.change for lie in lies)
    spoken = ", ".join(f"{times} {change}" for change, times in sorted(by_change.items()))
    console.print(
        f"{len(lies)} lines of providers' bills were changed ({spoken}): the reconciliation must name them all."
    )


def _replay(console: Console, book: Book) -> int:
    with _progress(console) as progress:
        template = fresh_template()
        scenes = scenes_of(book, season_of(book))
        once, twice = (_counting(progress, name, book, scenes) for name in ("once", "twice, out of order"))
        found = differences(book, template, scenes, once=once, twice=twice)
    for difference in found[:VIOLATIONS_SHOWN]:
        console.print(f"[red]different:[/red] {difference}", highlight=False)
    console.print(
        f"{len(book.sales)} invoices and {len(scenes.extras)} made-up orders, once and twice: {len(found)} differences."
    )
    return 1 if found else 0


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:24}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


def _counting(progress: Progress, description: str, book: Book, scenes: Scenes) -> Told:
    strays = sum(one.match is Match.MADE_UP for one in taken_back(book))
    lives = len(book.sales) + len(scenes.extras) + len(scenes.happenings) + strays
    return _bar(progress, description, lives + AFTERMATH_WEEKS)


def _bar(progress: Progress, description: str, total: int) -> Told:
    task = progress.add_task(description, total=total)
    return lambda _: progress.advance(task)


def _articles(book: Book, scenes: Scenes) -> int:
    return len({article.sku for sale in book.sales for article in sale.articles}) + len(scenes.goods)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
