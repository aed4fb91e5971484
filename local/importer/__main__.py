"""``make import FILE=skus.csv KIND=sku``: bring a file of records into the catalogue of a running shop.

    python -m local.importer FILE --kind sku --url http://127.0.0.1:8787 --token-file token.txt
        --dry-run            check everything, here and in the shop, and publish nothing
        --mode all           one bad row, and nothing is published (the default)
        --mode resume        publish the good rows, write the bad ones down; run again to go on
        --currency CNY       for rows that do not say theirs

The token is an operator's. Bad rows are told by their line, the first of them here and all of them in FILE.rejected.
Ends with 1 when anything was not imported. docs/examples/catalogue holds a file of every kind.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from local.importer.cells import columns_of
from local.importer.client import Client, NotSent
from local.importer.journal import Journal, Rejected, WrongJournal
from local.importer.rows import FORMATS
from local.importer.run import Counts, Job, Overtaken, Told, import_all, import_resumable
from shared.catalogue.records import KINDS

REJECTED_SHOWN = 20
TOKEN_BYTES_MAX = 16 * 1024


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    console = Console(stderr=True)
    try:
        rejected = Rejected(options.file)
        counts = _run(options, rejected, console)
    except (NotSent, WrongJournal, Overtaken, OSError) as stopped:
        _say(f"stopped: {stopped}. Run it again: what was published is left alone.")
        return 1
    _show_rejected(rejected)
    print(_summary(counts, options))
    return 1 if counts.rejected else 0


def _run(options: argparse.Namespace, rejected: Rejected, console: Console) -> Counts:
    with options.token_file.open(encoding="utf-8") as stream:
        client = Client(options.url, stream.read(TOKEN_BYTES_MAX).strip())
    defaults = {"currency": options.currency} if options.currency else {}
    with _progress(console) as told:
        job = Job(options.file, options.kind, defaults, client, told)
        if options.mode == "all" or options.dry_run:
            return import_all(job, rejected, dry_run=options.dry_run)
        return import_resumable(job, Journal(options.file, kind=options.kind, url=options.url), rejected)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.importer", description="Import a file of records.")
    parser.add_argument("file", type=Path, help="CSV or JSONL, by its name's end")
    parser.add_argument("--kind", required=True, choices=sorted(KINDS))
    parser.add_argument("--url", required=True, help="the shop, like http://127.0.0.1:8787")
    parser.add_argument("--token-file", required=True, type=Path, help="a file with an operator's token")
    parser.add_argument("--dry-run", action="store_true", help="publish nothing")
    parser.add_argument("--mode", choices=("all", "resume"), default="all")
    parser.add_argument("--currency", help="for rows that do not say theirs")
    options = parser.parse_args(arguments)
    if options.file.suffix not in FORMATS:
        parser.error(f"{options.file.name} is neither CSV nor JSONL by its name")
    if options.currency and "currency" not in columns_of(options.kind):
        parser.error(f"a {options.kind} has no currency")
    return options


@contextmanager
def _progress(console: Console) -> Iterator[Told]:
    """A bar for each thing that is done, one after the other."""
    columns = (TextColumn("{task.description:12}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        tasks = {}

        def told(doing: str, done: int, whole: int) -> None:
            if doing not in tasks:
                tasks[doing] = progress.add_task(doing, total=whole)
            progress.update(tasks[doing], completed=done)

        yield told


def _show_rejected(rejected: Rejected) -> None:
    if not rejected.count:
        return
    with rejected.path.open(encoding="utf-8") as stream:
        for _, line in zip(range(REJECTED_SHOWN), stream, strict=False):
            row = json.loads(line)
            reasons = "; ".join(f"{reason['at']} {reason['reason']}".strip() for reason in row["reasons"])
            _say(f"line {row['line']}: {reasons}")
    if rejected.count > REJECTED_SHOWN:
        _say(f"... and {rejected.count - REJECTED_SHOWN} more")
    _say(f"all of them: {rejected.path}")


def _summary(counts: Counts, options: argparse.Namespace) -> str:
    told = f"{counts.rows} rows, {counts.rejected} rejected: "
    if counts.rejected and (options.mode == "all" or options.dry_run):
        return told + "nothing was published"
    verb = "would be published" if options.dry_run else "published"
    told += f"{counts.changed} {verb}, {counts.unchanged} unchanged"
    return told + (f", {counts.skipped} imported before" if counts.skipped else "")


def _say(line: str) -> None:
    """Whatever a file named: a terminal shows it and is not moved by it."""
    print("".join(c if c.isprintable() else ascii(c)[1:-1] for c in line), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
