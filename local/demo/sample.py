"""Choose the demo's sample from the full data, always the same: ``python -m local.demo.sample FILE``.

Chosen by the hash of the invoice number, so that neither the file's order nor anybody's taste decides:

    28 cancellations    of goods of one sale, not more than it had, within twelve days: with their sales
     5 cancellations    of more units than the sale had: with their sales
     7 cancellations    of goods that this customer never bought, three of customers who did buy something else
     1 sale             of more than 500 articles, which the shop must refuse
     1 sale             of 350 to 500 articles, and 3 of 91 to 140: more than one transaction holds
     8 sales            of 60 to 90 articles
     2 sales            to no country
     2 sales            with an article at two prices
    and other sales of at most 60 articles, until there are 262
"""

import csv
import gzip
import io
import sys
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from local.demo.invoices import Book, Cancellation, Row, Sale, book_of, read_rows

SALES, FITTING, EXCEEDING, STRAY_WITH_SALE, STRAY = 262, 28, 5, 3, 4
TOO_LONG, LONGEST, HUGE, LARGE, NOWHERE, TWO_PRICES = 1, 1, 3, 8, 2, 2
LINES_EVER, ORDER_LINES_MAX, LONG_LINES = 1_000, 500, 350
LINES_AT_ONCE, LINES_USUAL, HUGE_LINES_MAX = 90, 60, 140
SECONDS_TO_CANCEL = 12 * 86_400
QUANTITY_MAX = 9999
SAMPLE = Path(__file__).with_name("data") / "online_retail_sample.csv.gz"

Invoice = TypeVar("Invoice", Sale, Cancellation)


def rank(number: str) -> str:
    """Return the place of an invoice in the draw."""
    return sha256(f"ordercycle sample {number}".encode()).hexdigest()


def drawn(invoices: Iterable[Invoice], count: int) -> list[Invoice]:
    """Return *count* of the invoices."""
    return sorted(invoices, key=lambda invoice: rank(invoice.number))[:count]


def chosen(book: Book) -> frozenset[str]:
    """Return the numbers of the invoices of the sample."""
    usable = {s.number: s for s in book.sales if all(0 < a.quantity <= QUANTITY_MAX for a in s.articles)}
    cancelled = [*drawn(_fitting(book, usable), FITTING), *drawn(_exceeding(book, usable), EXCEEDING)]
    strays = [c for c in book.cancellations if c.customer and c.sale is None and _is_stray(c, book)]
    customers = {sale.customer for sale in usable.values() if len(sale.articles) <= LINES_USUAL}
    known = drawn((stray for stray in strays if stray.customer in customers), STRAY_WITH_SALE)
    unknown = drawn((stray for stray in strays if stray.customer not in customers), STRAY)
    sales = {c.sale for c in cancelled if c.sale}
    for stray in known:
        sales |= {s.number for s in drawn(_of(stray.customer, usable), 1)}
    sales |= {s.number for s in drawn(_sized(usable, ORDER_LINES_MAX + 1, LINES_EVER), TOO_LONG)}
    sales |= {s.number for s in drawn(_sized(usable, LONG_LINES, ORDER_LINES_MAX), LONGEST)}
    sales |= {s.number for s in drawn(_sized(usable, LINES_AT_ONCE + 1, HUGE_LINES_MAX), HUGE)}
    sales |= {s.number for s in drawn(_sized(usable, LINES_USUAL, LINES_AT_ONCE), LARGE)}
    sales |= {s.number for s in drawn((s for s in _sized(usable, 1, 20) if s.country is None), NOWHERE)}
    sales |= {s.number for s in drawn((s for s in _sized(usable, 1, 30) if s.repriced_minor), TWO_PRICES)}
    others = (s for s in _sized(usable, 1, LINES_USUAL) if s.number not in sales and s.country)
    sales |= {s.number for s in drawn(others, SALES - len(sales))}
    return frozenset(sales | {c.number for c in (*cancelled, *known, *unknown)})


def _sized(sales: dict[str, Sale], least: int, most: int) -> Iterator[Sale]:
    return (sale for sale in sales.values() if least <= len(sale.articles) <= most)


def _of(customer: str, sales: dict[str, Sale]) -> Iterator[Sale]:
    return (s for s in _sized(sales, 1, LINES_USUAL) if s.customer == customer)


def _fitting(book: Book, sales: dict[str, Sale]) -> Iterator[Cancellation]:
    for cancellation in _of_small_sales(book, sales):
        bought = {a.sku: a.quantity for a in sales[cancellation.sale or ""].articles}
        if all(units <= bought[sku] for sku, units in cancellation.units):
            yield cancellation


def _exceeding(book: Book, sales: dict[str, Sale]) -> Iterator[Cancellation]:
    for cancellation in _of_small_sales(book, sales):
        bought = {a.sku: a.quantity for a in sales[cancellation.sale or ""].articles}
        if any(units > bought[sku] for sku, units in cancellation.units):
            yield cancellation


def _of_small_sales(book: Book, sales: dict[str, Sale]) -> Iterator[Cancellation]:
    for cancellation in book.cancellations:
        sale = sales.get(cancellation.sale or "")
        if sale is None or len(sale.articles) > LINES_USUAL or not sale.country:
            continue
        if cancellation.at - sale.at <= SECONDS_TO_CANCEL and all(u > 0 for _, u in cancellation.units):
            yield cancellation


def _is_stray(cancellation: Cancellation, book: Book) -> bool:
    """Whether this customer never bought any of these articles before."""
    bought = {
        article.sku
        for sale in book.sales
        if sale.customer == cancellation.customer and sale.at <= cancellation.at
        for article in sale.articles
    }
    return not bought & {sku for sku, _ in cancellation.units}


def packed(rows: list[Row]) -> bytes:
    """Return a gzipped CSV, the same bytes for the same rows."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return gzip.compress(text.getvalue().encode(), compresslevel=9, mtime=0)


def main(path: Path) -> None:
    invoices = read_rows(path)
    wanted = chosen(book_of(invoices))
    rows = [row for number, rows in invoices.items() if number in wanted for row in rows]
    SAMPLE.write_bytes(packed(rows))
    print(f"{len(wanted)} invoices, {len(rows)} rows, {SAMPLE.stat().st_size} bytes: {SAMPLE.name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
