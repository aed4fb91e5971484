"""``make drift``: do all counters of stock say what their movements add up to?

    python -m local.drift                                  the shop of ``make run`` on this machine
    python -m local.drift --url URL --token-file FILE      any shop; the token is an operator's
    python -m local.drift --tables ORDERS STOCK            the tables themselves, however large, with AWS credentials
        --repair                                           and write what the movements add up to, noting it

Ends with 1 when a counter was wrong, repaired or not, and when orders kept moving a row whenever it was looked at.
"""

import argparse
import http.client
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table

from functions.stock_views import SHOWN_MAX, drift_view
from shared.context import Context, context
from shared.errors import OrderError
from shared.outside import Outside
from shared.store.audit import Repairer, StockAudit

URL = "http://127.0.0.1:8787"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
SECONDS = 60
ANSWER_BYTES_MAX = 4 * 1024 * 1024
TOKEN_BYTES_MAX = 16 * 1024


class NotChecked(Exception):
    """The check did not come about. The words are for people."""


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    console = Console()
    try:
        if options.tables:
            found = _checked_here(*options.tables, repair=options.repair)
        else:
            found = _checked_there(options.url, options.token_file, repair=options.repair)
    except (NotChecked, OrderError, OSError, http.client.HTTPException) as stopped:
        print(f"not checked: {stopped}", file=sys.stderr)
        return 1
    show(console, found)
    return 0 if found["is_clean"] and not found["unsettled"] else 1


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.drift", description="Check the counters of stock.")
    parser.add_argument("--url", default=URL, help=f"the shop (default: {URL})")
    parser.add_argument("--token-file", type=Path, help="a file with an operator's token")
    parser.add_argument("--tables", nargs=2, metavar=("ORDERS", "STOCK"), help="read these tables directly")
    parser.add_argument("--repair", action="store_true", help="write what the movements add up to")
    return parser.parse_args(arguments)


def _checked_here(orders: str, stock: str, *, repair: bool) -> Mapping[str, Any]:
    audit = StockAudit(Outside(), orders_table=orders, stock_table=stock)
    report = audit.check(Repairer("local.drift", context().now) if repair else None)
    return drift_view(report).model_dump()


def _checked_there(url: str, token_file: Path | None, *, repair: bool) -> Mapping[str, Any]:
    body = json.dumps({"repair": repair}).encode()
    headers = operator_headers(url, token_file, "drift")
    found: Mapping[str, Any] = ask(url, "POST", "/operator/stock/drift-check", headers, body)
    return found


def operator_headers(url: str, token_file: Path | None, name: str) -> dict[str, str]:
    """Of an operator's command, its key begins with *name*. Without a file, a laptop's shop hands a token out."""
    if token_file is not None:
        with token_file.open(encoding="utf-8") as stream:
            token = stream.read(TOKEN_BYTES_MAX).strip()
    else:
        token = ask(url, "GET", "/_local/tokens", {})["operator"]["token"]
    return {
        "authorization": f"Bearer {token}",
        "content-type": "application/json",
        "idempotency-key": f"{name}-{_lot(context())}",
    }


def _lot(moment: Context) -> str:
    return moment.random_bytes(16).hex()


def ask(url: str, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Any:
    """The answer as JSON. Raises ``NotChecked`` for a refusal, or an address that a token must not go to."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotChecked(f"{url} is no address like https://shop.example")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise NotChecked("a token goes over https, or to this machine itself")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=SECONDS)
    try:
        connection.request(method, parts.path.rstrip("/") + path, body, dict(headers))
        answer = connection.getresponse()
        status, raw = answer.status, answer.read(ANSWER_BYTES_MAX)
    finally:
        connection.close()
    try:
        value = json.loads(raw)
    except ValueError:
        value = {}
    if status not in (http.HTTPStatus.OK, http.HTTPStatus.CREATED, http.HTTPStatus.ACCEPTED):
        raise NotChecked(f"{status} {value.get('reason') or value.get('detail') or 'the shop refused'}")
    return value


def show(console: Console, found: Mapping[str, Any]) -> None:
    """The report for people: what is wrong as a table, everything else in a sentence."""
    if found["differences"]:
        table = Table(title="Counters that are not what their movements add up to", title_justify="left")
        for column in ("SKU", "shard", "warehouse", "counter"):
            table.add_column(column)
        for column in ("movements say", "found"):
            table.add_column(column, justify="right")
        for one in found["differences"]:
            told = (one["sku"], str(one["shard"]), one["warehouse"] or "-", one["counter"])
            table.add_row(*told, str(one["expected"]), "-" if one["found"] is None else str(one["found"]))
        console.print(table)
    if found["differing"] > SHOWN_MAX:
        console.print(f"... and {found['differing'] - SHOWN_MAX} more")
    for one in found["negative"]:
        console.print(f"below zero: {one['sku']} shard {one['shard']} {one['warehouse']} {one['counter']}")
    for one in found["unsettled"]:
        console.print(f"orders kept moving {one['sku']} shard {one['shard']}: run it again")
    console.print(
        f"{found['rows']} rows checked against {found['entries']} movements and events: "
        f"{found['differing']} counters differ, {found['repaired']} rows repaired."
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
