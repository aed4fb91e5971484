"""``make books``: is the history of the vouchers what it was, and does everything follow from it that should?

    python -m local.books                                         the shop of ``make run`` on this machine
    python -m local.books --url URL --token-file FILE             any shop; the token is an operator's
    python -m local.books --tables LEDGER ORDERS --bucket BOOKS   the tables themselves, however large
        --repair                                                  and enter once more what a stream has lost

Verifies the chain of vouchers against its roots, folds all accounts from vouchers alone, compares postings, statements
and events with them, and shows where every fen is. Ends with 1 when anything was found, repaired or not.
"""

import argparse
import http.client
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from functions.books_views import SHOWN_MAX, books_check_view
from local.drift import URL, NotChecked, ask, operator_headers
from shared.context import context
from shared.errors import OrderError
from shared.ledger.balances import DEBIT
from shared.outside import Outside
from shared.store.books_audit import BooksAudit


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    console = Console()
    try:
        if options.tables:
            found = _checked_here(console, *options.tables, bucket=options.bucket, repair=options.repair)
        else:
            found = _checked_there(options.url, options.token_file, repair=options.repair)
    except (NotChecked, OrderError, OSError, http.client.HTTPException) as stopped:
        print(f"not checked: {stopped}", file=sys.stderr)
        return 1
    show(console, found)
    return 0 if found["is_clean"] else 1


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.books", description="Check the books.")
    parser.add_argument("--url", default=URL, help=f"the shop (default: {URL})")
    parser.add_argument("--token-file", type=Path, help="a file with an operator's token")
    parser.add_argument("--tables", nargs=2, metavar=("LEDGER", "ORDERS"), help="read these tables directly")
    parser.add_argument("--bucket", help="with --tables: the bucket of the books")
    parser.add_argument("--repair", action="store_true", help="enter once more what a stream has lost")
    options = parser.parse_args(arguments)
    if bool(options.tables) != bool(options.bucket):
        parser.error("--tables and --bucket go together")
    return options


def _checked_here(
    console: Console, ledger: str, orders: str, *, bucket: str, repair: bool
) -> Mapping[str, Any]:
    columns = (SpinnerColumn(), TextColumn("{task.completed:,} rows read"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("reading", total=None)
        audit = BooksAudit(
            Outside(),
            ledger_table=ledger,
            orders_table=orders,
            bucket=bucket,
            told=lambda rows: progress.advance(task, rows),
        )
        report = audit.check(now=context().now, repair=repair)
    return books_check_view(report).model_dump()


def _checked_there(url: str, token_file: Path | None, *, repair: bool) -> Mapping[str, Any]:
    body = json.dumps({"repair": repair}).encode()
    headers = operator_headers(url, token_file, "books")
    found: Mapping[str, Any] = ask(url, "POST", "/operator/books/check", headers, body)
    return found


def show(console: Console, found: Mapping[str, Any]) -> None:
    """The report for people: where the money is, what is wrong, and how much was looked at."""
    if found["balances"]:
        console.print(_accounts(found))
    for one in found["currencies"]:
        have, owe = (_money(one[side], one["currency"]) for side in ("debits", "credits"))
        rest = _money(one["unexplained"], one["currency"])
        told = "every fen is explained" if not one["unexplained"] else f"{rest} is NOT explained"
        console.print(f"{have} is there, {owe} is somebody's: {told}.")
    for one in found["findings"]:
        told = f"{one['flaw']}: {one['what']}" + (f" ({one['detail']})" if one["detail"] else "")
        console.print(told, soft_wrap=True, markup=False, highlight=False)
    if found["found"] > len(found["findings"]):
        console.print(
            f"... and {found['found'] - len(found['findings'])} more (at most {SHOWN_MAX} are shown)"
        )
    console.print(
        f"{found['vouchers']} vouchers, {found['chained']} chained in {found['links']} links under "
        f"{found['roots']} roots, {found['postings']} postings: {found['found']} findings, "
        f"{found['repaired']} vouchers repaired."
    )


def _accounts(found: Mapping[str, Any]) -> Table:
    table = Table(title="Where the money is, and whose it is, in minor units", title_justify="left")
    table.add_column("account")
    for column in ("there is", "somebody's"):
        table.add_column(column, justify="right")
    table.add_column("")
    for one in found["balances"]:
        money = _money(one["amount"], one["currency"])
        there, whose = (money, "") if one["side"] == DEBIT else ("", money)
        table.add_row(one["account"], there, whose, one["says"])
    return table


def _money(minor: int, currency: str) -> str:
    """
    >>> _money(-123456, "CNY")
    'CNY -123,456'
    """
    return f"{currency} {minor:,}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
