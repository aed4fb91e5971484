"""Which purchase does a ``C`` invoice take back? The data does not say; here it is found, always the same way.

In the order of their dates, each invoice of the same customer and of an earlier date:

    one purchase    the latest one that had all of it, and enough of it that is not taken back yet
    several         else article by article: the latest one that has enough of it left
    too many        else the latest one with that article at all: the shop must refuse what is too much
    none            an order is MADE UP for it, some days before: a customer may have bought before the data begins
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from local.demo.invoices import Article, Book, Cancellation, Sale

DAY = 86_400
BOUGHT_BEFORE = 9 * DAY  # What is made up was bought so long before it came back.


class Match(StrEnum):
    ONE = "of one purchase"
    SEVERAL = "of several purchases"
    TOO_MANY = "of a purchase, and more than it had"
    MADE_UP = "of no purchase: on an order made up for it"


class TakeBack(NamedTuple):
    """What of a ``C`` invoice takes back units of one purchase."""

    number: str  # The invoice's; of its second purchase "C543757-2".
    at: int
    sale: str
    articles: tuple[Article, ...]
    match: Match

    @property
    def invoice(self) -> str:
        return self.number.partition("-")[0]


Left = Counter[tuple[str, str]]  # (sale, SKU) -> units that nobody has given back yet


def taken_back(book: Book) -> tuple[TakeBack, ...]:
    """What every ``C`` invoice of *book* takes back, from which sale."""
    left: Left = Counter({(sale.number, a.sku): a.quantity for sale in book.sales for a in sale.articles})
    found: list[TakeBack] = []
    of_customer: dict[str, list[Sale]] = {}
    for sale in book.sales:
        of_customer.setdefault(sale.customer, []).append(sale)
    for cancellation in book.cancellations:
        earlier = [s for s in of_customer.get(cancellation.customer, ()) if s.at <= cancellation.at]
        found += _parts(cancellation, earlier if cancellation.customer else [], left)
    return tuple(found)


def sales_for(book: Book, taken: Sequence[TakeBack]) -> Iterator[Sale]:
    """The orders that are made up for what nobody bought."""
    customers = {one.number: one.customer for one in book.cancellations}
    opened = min((sale.at for sale in book.sales), default=0)
    for one in taken:
        if one.match is Match.MADE_UP:
            at = max(opened, one.at - BOUGHT_BEFORE)
            yield Sale(one.sale, at, customers[one.invoice], "GB", one.articles)


def _parts(cancellation: Cancellation, earlier: Sequence[Sale], left: Left) -> Iterator[TakeBack]:
    wanted = [article for article in cancellation.articles if article.quantity > 0]
    whole = _latest(earlier, wanted, left)
    by_sale: dict[str, list[Article]] = {whole: wanted} if whole else {}
    too_many: set[str] = set()
    for article in () if whole else wanted:
        sale = _latest(earlier, [article], left)
        if not sale and (sale := _latest_with(earlier, article.sku)):
            too_many.add(sale)
        by_sale.setdefault(sale, []).append(article)
    for turn, (sale, articles) in enumerate(by_sale.items(), 1):
        number = cancellation.number if turn == 1 else f"{cancellation.number}-{turn}"
        left.subtract({(sale, article.sku): article.quantity for article in articles})
        match = _match(sale, is_too_many=sale in too_many, is_one=bool(whole) or len(by_sale) == 1)
        yield TakeBack(number, cancellation.at, sale or f"X-for-{number}", tuple(articles), match)


def _match(sale: str, *, is_too_many: bool, is_one: bool) -> Match:
    if not sale:
        return Match.MADE_UP
    if is_too_many:
        return Match.TOO_MANY
    return Match.ONE if is_one else Match.SEVERAL


def _latest(earlier: Sequence[Sale], wanted: Sequence[Article], left: Left) -> str:
    """The latest sale that has enough left of everything; or ``""``."""
    fitting = (
        sale.number
        for sale in reversed(earlier)
        if wanted and all(left[sale.number, article.sku] >= article.quantity for article in wanted)
    )
    return next(fitting, "")


def _latest_with(earlier: Sequence[Sale], sku: str) -> str:
    fitting = (sale.number for sale in reversed(earlier) if sku in {article.sku for article in sale.articles})
    return next(fitting, "")
