"""What did people really buy? Invoices and cancellations of the Online Retail data, as orders need them.

    invoice              a sale: an order that was paid
    invoice "C..."       a cancellation of goods, most of an earlier sale to the same customer
    invoice "A..."       an adjustment of bad debt: not trade, left out

Rows that are not goods are left out and counted: postage and carriage (POST, DOT, C2), discounts (D), manual
corrections (M), bank and marketplace charges, samples, vouchers; and rows whose price is not above zero. What is left
has a stock code of five digits and up to two letters; the same code in small letters is the same article.

An article may stand on an invoice twice. At one price its rows become one line. At two prices the first one counts
for all units, because a shop has one price at a time; by how much that changes an invoice is kept
(``repriced_minor``).

The data is in pounds, and a pound of it is sold as a yuan, because Alipay and WeChat Pay take nothing else: its pence
are our fen, exactly; a price with a fraction of a penny is an error, not rounded. Nothing else here is made up; that is
in ``local.demo.made_up``.
"""

import csv
import gzip
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

CURRENCY = "CNY"
NOT_GOODS = "not goods: "
GOODS = re.compile(r"[0-9]{5}[A-Z]{0,2}", re.ASCII)

COUNTRIES = {  # "Unspecified" and "European Community" are no countries: such an order names none.
    "Australia": "AU",
    "Austria": "AT",
    "Bahrain": "BH",
    "Belgium": "BE",
    "Brazil": "BR",
    "Canada": "CA",
    "Channel Islands": "JE",  # Jersey stands for both bailiwicks.
    "Cyprus": "CY",
    "Czech Republic": "CZ",
    "Denmark": "DK",
    "EIRE": "IE",
    "Finland": "FI",
    "France": "FR",
    "Germany": "DE",
    "Greece": "GR",
    "Hong Kong": "HK",
    "Iceland": "IS",
    "Israel": "IL",
    "Italy": "IT",
    "Japan": "JP",
    "Lebanon": "LB",
    "Lithuania": "LT",
    "Malta": "MT",
    "Netherlands": "NL",
    "Norway": "NO",
    "Poland": "PL",
    "Portugal": "PT",
    "Saudi Arabia": "SA",
    "Singapore": "SG",
    "Spain": "ES",
    "Sweden": "SE",
    "Switzerland": "CH",
    "USA": "US",
    "United Arab Emirates": "AE",
    "United Kingdom": "GB",
}


class Article(NamedTuple):
    """One line of an invoice."""

    sku: str
    name: str
    quantity: int
    unit_price_minor: int


class Sale(NamedTuple):
    """An invoice of goods, each article once."""

    number: str
    at: int  # epoch seconds, UTC
    customer: str  # Empty: the shop did not know.
    country: str | None  # ISO 3166-1 alpha-2
    articles: tuple[Article, ...]
    repriced_minor: int = 0  # What the first price of an article changes, where the invoice had two.

    @property
    def goods_minor(self) -> int:
        return sum(article.quantity * article.unit_price_minor for article in self.articles)


class Cancellation(NamedTuple):
    """A ``C`` invoice: units of articles that a customer gave back."""

    number: str
    at: int
    customer: str
    articles: tuple[Article, ...]  # Each once, at its first price.
    sale: str | None  # The customer's latest earlier sale with all these articles.

    @property
    def units(self) -> tuple[tuple[str, int], ...]:
        """SKU and units of each article."""
        return tuple((article.sku, article.quantity) for article in self.articles)


class Book(NamedTuple):
    sales: tuple[Sale, ...]  # By time, then number.
    cancellations: tuple[Cancellation, ...]
    left_out: Mapping[str, int]  # Why -> rows.


Row = dict[str, str]


def read_rows(path: Path) -> dict[str, list[Row]]:
    """Return the rows of each invoice, as they stand in the file."""
    invoices: dict[str, list[Row]] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            invoices.setdefault(row["InvoiceNo"], []).append(row)
    return invoices


def read_book(path: Path) -> Book:
    """Read a gzipped CSV of the data's columns."""
    return book_of(read_rows(path))


def book_of(invoices: Mapping[str, list[Row]]) -> Book:
    """Turn raw invoices into sales, and cancellations that know their sale."""
    left_out: Counter[str] = Counter()
    goods = {number: _goods(rows, left_out) for number, rows in invoices.items()}
    sales = sorted(
        (_sale(number, rows) for number, rows in goods.items() if rows and number.isdigit()),
        key=lambda sale: (sale.at, sale.number),
    )
    by_customer: dict[str, list[Sale]] = {}
    for sale in sales:
        by_customer.setdefault(sale.customer, []).append(sale)
    cancellations = [
        _cancellation(number, rows, by_customer.get(rows[0]["CustomerID"], ()))
        for number, rows in goods.items()
        if rows and number.startswith("C")
    ]
    cancellations.sort(key=lambda cancellation: (cancellation.at, cancellation.number))
    return Book(tuple(sales), tuple(cancellations), dict(left_out))


def excerpt(book: Book, orders: int) -> Book:
    """Return *orders* of the sales, spread over the whole time, with what was cancelled of them.

    Cancellations without a sale come along in proportion.
    """
    if orders >= len(book.sales):
        return book
    chosen = {book.sales[index * len(book.sales) // orders].number for index in range(orders)}
    strays = [cancellation for cancellation in book.cancellations if cancellation.sale is None]
    kept = {stray.number for stray in strays[: len(strays) * orders // len(book.sales)]}
    return Book(
        tuple(sale for sale in book.sales if sale.number in chosen),
        tuple(c for c in book.cancellations if c.sale in chosen or c.number in kept),
        book.left_out,
    )


def pence(price: str) -> int:
    """Return a price in pence.

    >>> pence("2.55"), pence("10")
    (255, 1000)
    """
    minor = Decimal(price) * 100
    if minor != minor.to_integral_value():
        raise ValueError(f"{price} is no whole number of pence")
    return int(minor)


def epoch(moment: str) -> int:
    """Return the seconds since 1970 of a time in UTC.

    >>> epoch("2010-12-01T08:26:00Z")
    1291191960
    """
    return int(datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())


def _goods(rows: Iterable[Row], left_out: Counter[str]) -> list[Row]:
    kept = []
    for row in rows:
        code = row["StockCode"].upper()
        if not GOODS.fullmatch(code):
            left_out[NOT_GOODS + f"{code.rstrip('0123456789') if '_' in code else code}"] += 1
        elif Decimal(row["UnitPrice"]) <= 0:
            left_out["price not above zero"] += 1
        else:
            kept.append(row | {"StockCode": code})
    return kept


def _articles(rows: list[Row]) -> tuple[Article, ...]:
    """Each article once, at its first price."""
    articles: dict[str, Article] = {}
    for row in rows:
        quantity, known = int(row["Quantity"]), articles.get(row["StockCode"])
        if known is None:
            name = " ".join(row["Description"].split()) or row["StockCode"]
            known = Article(row["StockCode"], name, 0, pence(row["UnitPrice"]))
        articles[row["StockCode"]] = known._replace(quantity=known.quantity + quantity)
    return tuple(articles.values())


def _sale(number: str, rows: list[Row]) -> Sale:
    invoiced = sum(int(row["Quantity"]) * pence(row["UnitPrice"]) for row in rows)
    sale = Sale(
        number,
        epoch(rows[0]["InvoiceDate"]),
        rows[0]["CustomerID"],
        COUNTRIES.get(rows[0]["Country"]),
        _articles(rows),
    )
    return sale._replace(repriced_minor=sale.goods_minor - invoiced)


def _cancellation(number: str, rows: list[Row], sales: Iterable[Sale]) -> Cancellation:
    given_back = tuple(a._replace(quantity=-a.quantity) for a in _articles(rows))  # Negative in the file.
    at, customer = epoch(rows[0]["InvoiceDate"]), rows[0]["CustomerID"]
    skus = {article.sku for article in given_back}
    matching = [
        sale.number
        for sale in sales
        if customer and sale.at <= at and skus <= {article.sku for article in sale.articles}
    ]
    return Cancellation(number, at, customer, given_back, matching[-1] if matching else None)
