"""``make reconcile``: compare a provider's bill with the ledger and the orders.

    python -m local.reconcile --provider alipay --day 2026-11-21 --file bill.zip     the shop of ``make run`` here
        --url URL --token-file FILE                              any shop; the token is an operator's
        --tables ORDERS LEDGER --bucket BOOKS                    the tables themselves, however large the bill
        (no --file)                                              the newest bill that the shop has
        --out NAME                                               NAME.json and NAME.html; if not said, beside the bill

The file is read here first: its bad lines are told with their numbers, whatever the shop says. Then the shop compares
it. Ends with 1 when something does not agree, or a bill cannot be compared.
"""

import argparse
import http.client
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from infra.environment import POLICY
from local.drift import LOOPBACK, URL, NotChecked, ask, operator_headers
from shared.commands import Shop
from shared.context import context
from shared.errors import OrderError
from shared.outside import Outside
from shared.payment.bills import NAMES, read_bill
from shared.payment.bills.rows import BAD_ROWS, BadRow
from shared.reconciliation.differences import KINDS
from shared.reconciliation.page import money, page
from shared.reconciliation.running import as_json, keep, reconcile
from shared.settings import Policy, Settings

CHUNK_BYTES = 1024 * 1024
SHOWN_MAX = 50
UPLOAD_SECONDS = 900
BOUNDARY = "ordercycle-bill-9d6f2c"
BAD_NEWS = ("differences", "no_bill")


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    console = Console()
    try:
        digest = _read_here(options, console) if options.file else ""
        report = _compared_here(options) if options.tables else _compared_there(options, digest, console)
    except (NotChecked, OrderError, OSError, http.client.HTTPException) as stopped:
        print(f"not compared: {stopped}", file=sys.stderr)
        return 1
    written = _write(report, options)
    show(console, report)
    console.print(f"{written}.json, {written}.html", style="dim", markup=False)
    return 1 if report["state"] in BAD_NEWS else 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.reconcile", description="Compare a bill with the books."
    )
    parser.add_argument("--provider", required=True, choices=NAMES)
    parser.add_argument("--day", required=True, help="of the provider's own zone, 2026-11-21")
    parser.add_argument("--file", type=Path, help="the bill, packed or not")
    parser.add_argument("--url", default=URL, help=f"the shop (default: {URL})")
    parser.add_argument("--token-file", type=Path, help="a file with an operator's token")
    parser.add_argument("--tables", nargs=2, metavar=("ORDERS", "LEDGER"), help="use these tables directly")
    parser.add_argument("--bucket", help="with --tables: the bucket of the books")
    parser.add_argument("--out", type=Path, help="the reports' name, without its ending")
    options = parser.parse_args(arguments)
    if bool(options.tables) != bool(options.bucket):
        parser.error("--tables and --bucket go together")
    return options


# --- the file ---


def _read_here(options: argparse.Namespace, console: Console) -> str:
    """Read the whole bill, tell of its bad lines, and return its digest."""
    digest, rows, bad = sha256(), 0, list[BadRow]()

    def told() -> Iterator[bytes]:
        for chunk in chunks:
            digest.update(chunk)
            yield chunk

    with _chunks(options.file, "reading", console) as chunks:
        for row in read_bill(options.provider, told()):
            if not isinstance(row, BadRow):
                rows += 1
            elif len(bad) < SHOWN_MAX:
                bad.append(row)
        for chunk in chunks:  # What a reader gave up on is part of the file all the same.
            digest.update(chunk)
    for row in bad:
        _say(f"line {row.line}: {BAD_ROWS.get(row.why, row.why)}: {row.shown}")
    _say(f"{rows} rows, {len(bad)}{'+' if len(bad) == SHOWN_MAX else ''} bad lines")
    return digest.hexdigest()


@contextmanager
def _chunks(file: Path, doing: str, console: Console) -> Iterator[Iterator[bytes]]:
    """The file's bytes, and a bar that says how many of them were taken."""
    columns = (TextColumn("{task.description:10}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with file.open("rb") as stream, Progress(*columns, console=console) as progress:
        task = progress.add_task(doing, total=file.stat().st_size)

        def chunks() -> Iterator[bytes]:
            while chunk := stream.read(CHUNK_BYTES):
                progress.advance(task, len(chunk))
                yield chunk

        yield chunks()


# --- with a shop ---


def _compared_there(options: argparse.Namespace, digest: str, console: Console) -> Mapping[str, Any]:
    day = {"provider": options.provider, "day": options.day}
    if digest:
        told = {**day, "bytes": options.file.stat().st_size, "sha256": digest}
        offer = _command(options, "/operator/bills", told)
        if offer["upload"]:
            _upload(options.file, offer["upload"], console)
    done = _command(options, "/operator/reconciliations", day | ({"bill": digest} if digest else {}))
    if done["run"] is None:
        raise NotChecked("the bill is large, the shop compares it within the hour: ask again without --file")
    headers = operator_headers(options.url, options.token_file, "reconcile")
    path = f"/operator/reconciliations/{options.day}/{options.provider}"
    found: Mapping[str, Any] = ask(options.url, "GET", path, headers)
    return found


def _command(options: argparse.Namespace, path: str, body: Mapping[str, Any]) -> Any:
    headers = operator_headers(options.url, options.token_file, "reconcile")
    return ask(options.url, "POST", path, headers, json.dumps(body).encode())


def _upload(file: Path, upload: Mapping[str, Any], console: Console) -> None:
    """Post the file with its form, as S3 wants it. Raises ``NotChecked``."""
    parts = urlsplit(upload["url"])
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise NotChecked("a bill goes over https, or to this machine itself")
    head = "".join(
        f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in upload["fields"].items()
    )
    head += f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="bill"\r\n\r\n'
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()
    length = len(head.encode()) + file.stat().st_size + len(tail)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=UPLOAD_SECONDS)
    told = {"content-type": f"multipart/form-data; boundary={BOUNDARY}", "content-length": str(length)}
    try:
        with _chunks(file, "uploading", console) as chunks:
            connection.request("POST", parts.path, _one_after_the_other(head.encode(), chunks, tail), told)
            answer = connection.getresponse()
            answer.read(CHUNK_BYTES)
    finally:
        connection.close()
    if answer.status != http.HTTPStatus.NO_CONTENT:
        raise NotChecked(f"the bucket answered {answer.status}")


def _one_after_the_other(head: bytes, chunks: Iterator[bytes], tail: bytes) -> Iterator[bytes]:
    yield head
    yield from chunks
    yield tail


# --- with the tables ---


def _compared_here(options: argparse.Namespace) -> Mapping[str, Any]:
    """What functions/reconcile.py does, here: no time limit, and no bill is too large."""
    orders, ledger = options.tables
    shop = Shop.open(Outside(), _settings(orders, ledger, options.bucket))
    now = context().now
    if options.file:
        with options.file.open("rb") as content:
            keep(shop, options.provider, options.day, content, source="uploaded", now=now)
    return reconcile(shop, options.provider, options.day, by="local.reconcile", now=now).report


def _settings(orders: str, ledger: str, bucket: str) -> Settings:
    """Only tables and bucket are used; the rest is as a new stage has it."""
    return Settings(
        orders_table=orders,
        stock_table="",
        ledger_table=ledger,
        catalogue_table="",
        members_table="",
        bus_name="",
        stage="",
        sandbox_url="",
        sandbox_secret_arn="",
        deliverable_countries=frozenset(),
        policy=Policy(**{field.name: POLICY[field.name.upper()] for field in fields(Policy)}),
        books_bucket=bucket,
    )


# --- what is told ---


def _write(report: Mapping[str, Any], options: argparse.Namespace) -> Path:
    name = f"reconciliation-{options.provider}-{options.day}"
    place: Path = options.out or (options.file.parent if options.file else Path()) / name
    place.with_name(f"{place.name}.json").write_bytes(as_json(report))
    place.with_name(f"{place.name}.html").write_text(page([report]), encoding="utf-8")
    return place


def show(console: Console, report: Mapping[str, Any]) -> None:
    """The report for a terminal: sums, differences, a sentence."""
    sums = Table(title=f"{report['provider']}, {report['day']}", title_justify="left")
    for column in ("what", "currency"):
        sums.add_column(column)
    for column in ("rows", "bill", "ledger", "orders"):
        sums.add_column(column, justify="right")
    for one in report["totals"]:
        told = (money(one.get(f"{side}_minor"), one["currency"]) for side in ("bill", "ledger", "orders"))
        sums.add_row(one["what"], one["currency"], str(one["rows"] or ""), *told)
    console.print(sums)
    if report["differences"]:
        console.print(_differences(report["differences"][:SHOWN_MAX]))
    listed = min(len(report["differences"]), SHOWN_MAX)
    if (more := sum(report["counts"].values()) - listed) > 0:
        console.print(f"... and {more} more")
    console.print(
        f"{report['agreed']} movements agree, {sum(report['counts'].values())} differences, "
        f"{len(report['overdue'])} older than a day, {len(report['on_its_way'])} on their way."
    )


def _differences(told: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(title="Differences", title_justify="left")
    for column in ("what", "line", "document"):
        table.add_column(column, overflow="fold")
    for column in ("bill", "ledger", "orders"):
        table.add_column(column, justify="right")
    for one in told:
        sums = (money(one[f"{side}_minor"], one["currency"]) for side in ("bill", "ledger", "orders"))
        document = _printable(one["document"] or one["provider_id"] or one["why"])
        table.add_row(KINDS[one["name"]].words.en, str(one["line"] or ""), document, *sums)
    return table


def _printable(text: str) -> str:
    """Whatever a file named: a terminal shows it and is not moved by it, and neither is rich."""
    plain = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return plain.replace("[", "\\[")


def _say(line: str) -> None:
    print("".join(c if c.isprintable() else ascii(c)[1:-1] for c in line), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
