"""Make a bill of Stripe's balance transactions of one day: its list page by page, written as Stripe's own report.

    GET /v1/balance_transactions?created[gte]=..&created[lt]=..&limit=100&expand[]=data.source[&starting_after=txn_..]

The sources (charge, refund, dispute) are asked for too, because our numbers stand in their metadata. What else they
say, names and addresses among it, is not written down. Newest first, as Stripe lists them. A page that lacks anything
makes the whole bill ``Unavailable``: half a bill would tell of payments that are missing.
"""

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlencode

from shared.errors import Malformed, Unavailable
from shared.money import AMOUNT_MAX
from shared.outside import Outside, Sink
from shared.payment.bills.days import span_of
from shared.payment.bills.fetching import Fetched
from shared.payment.bills.stripe import COLUMNS, REFERENCE, REFUND_ID, decimals_of
from shared.payment.providers.stripe_calls import VERSION, Connection
from shared.payment.providers.stripe_objects import (
    DEPTH_MAX,
    Object,
    currency,
    identity,
    payment_of,
    reference_of,
    refund_number,
)
from shared.strict_json import read_object

PAGE, PAGE_BYTES_MAX, PAGE_SECONDS = 100, 8 * 1024**2, 20
PAGES_MAX = 20_000  # Two million movements a day.


def fetch(outside: Outside, connection: Connection, day: str, sink: Sink) -> Fetched:
    """Write the CSV into *sink*, headings at least. Raises ``Unavailable``, ``TooLarge``."""
    span, after = span_of("stripe", day), ""
    sink.write(_line(COLUMNS))
    for _ in range(PAGES_MAX):
        query = {"created[gte]": str(span.since), "created[lt]": str(span.until), "limit": str(PAGE)}
        query |= {"expand[]": "data.source"} | ({"starting_after": after} if after else {})
        page = _page(outside, connection, query)
        try:
            listed, has_more = _listed(page), page["has_more"]
            sink.write(b"".join(_line(_cells(transaction)) for transaction in listed))
            after = identity(listed[-1], "id") if has_more else ""
        except (Malformed, KeyError, IndexError) as garbled:
            raise Unavailable("the provider's answer is not understood") from garbled
        if has_more is False:
            return Fetched.READY
    raise Unavailable("the provider lists more than we read")


def _page(outside: Outside, connection: Connection, query: Mapping[str, str]) -> Object:
    whole = io.BytesIO()
    answer = outside.download(
        f"{connection.host}/v1/balance_transactions?{urlencode(query)}",
        headers={"authorization": f"Bearer {connection.secret_key}", "stripe-version": VERSION},
        seconds=PAGE_SECONDS,
        bytes_max=PAGE_BYTES_MAX,
        sink=whole,
    )
    if answer.status != HTTPStatus.OK:
        raise Unavailable(f"the provider answered {answer.status}")
    try:
        return read_object(whole.getvalue(), depth_max=DEPTH_MAX)
    except Malformed as garbled:
        raise Unavailable("the provider's answer is not understood") from garbled


def _listed(page: Object) -> list[Object]:
    listed = page.get("data")
    if not isinstance(listed, list) or not all(isinstance(each, Mapping) for each in listed):
        raise Malformed("data is not a list")
    return listed


def _cells(transaction: Object) -> tuple[str, ...]:
    """One balance transaction as a line of the report. Raises ``Malformed``."""
    decimals = decimals_of(currency(transaction))
    source = transaction.get("source")
    expanded: Object = source if isinstance(source, Mapping) else {}
    told = {
        COLUMNS[0]: identity(transaction, "id"),
        "created_utc": _utc(_whole(transaction, "created")),
        "currency": currency(transaction).lower(),
        **{name: _decimal(_whole(transaction, named), decimals) for name, named in _AMOUNTS.items()},
        "reporting_category": identity(transaction, "reporting_category"),
        "source_id": _source_id(source),
        "payment_intent_id": payment_of(expanded),
        REFERENCE: reference_of(expanded) if expanded.get("object") == "charge" else "",
        REFUND_ID: refund_number(expanded) if expanded.get("object") == "refund" else "",
    }
    return tuple(told[name] for name in COLUMNS)


_AMOUNTS = {"gross": "amount", "fee": "fee", "net": "net"}


def _source_id(source: object) -> str:
    if isinstance(source, Mapping):
        return identity(source, "id")
    return "" if source is None else identity({"source": source}, "source")


def _whole(thing: Object, name: str) -> int:
    value = thing.get(name)
    if type(value) is not int or abs(value) > AMOUNT_MAX:
        raise Malformed(f"{name} is not a whole number")
    return value


def _utc(at: int) -> str:
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError) as wrong:
        raise Malformed("created is no time") from wrong


def _decimal(amount: int, decimals: int) -> str:
    """Minor units as the report writes them.

    >>> _decimal(-8805, 2), _decimal(5, 2), _decimal(500, 0), _decimal(1500, 3)
    ('-88.05', '0.05', '500', '1.500')
    """
    sign, digits = "-" if amount < 0 else "", str(abs(amount)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else f"{sign}{digits}"


def _line(cells: tuple[str, ...]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue().encode()
