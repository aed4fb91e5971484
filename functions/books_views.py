"""What operators see of the books."""

from collections import Counter
from collections.abc import Iterable

from pydantic import BaseModel

from shared.ledger.balances import DEBIT, Line
from shared.store.books_audit import BooksReport

SHOWN_MAX = 200  # Findings; the count says how many there are.


class BalanceView(BaseModel):
    """So much stands on the accounts of one kind, or on one of a provider's. Minor units; below zero: the wrong way."""

    currency: str
    account: str
    side: str
    amount: int
    says: str


class ExplainedView(BaseModel):
    """All that there is in a currency, and whose it is. *unexplained* is nothing, or something is wrong."""

    currency: str
    debits: int
    credits: int
    unexplained: int


class BalancesView(BaseModel):
    balances: list[BalanceView]
    currencies: list[ExplainedView]


class FindingView(BaseModel):
    flaw: str
    what: str
    detail: str


class BooksCheckView(BaseModel):
    """What the check of the books found, and, if it was asked to, how many vouchers it entered once more."""

    is_clean: bool
    vouchers: int
    chained: int
    links: int
    roots: int
    postings: int
    found: int
    repaired: int
    findings: list[FindingView]
    balances: list[BalanceView]
    currencies: list[ExplainedView]


def balances_view(lines: Iterable[Line]) -> BalancesView:
    lines = tuple(lines)
    debits, credits = Counter[str](), Counter[str]()
    for line in lines:
        (debits if line.side == DEBIT else credits)[line.currency] += line.minor
    return BalancesView(
        balances=[
            BalanceView(
                currency=one.currency, account=one.account, side=one.side, amount=one.minor, says=one.says
            )
            for one in lines
        ],
        currencies=[
            ExplainedView(
                currency=currency,
                debits=debits[currency],
                credits=credits[currency],
                unexplained=debits[currency] - credits[currency],
            )
            for currency in sorted({*debits, *credits})
        ],
    )


def books_check_view(report: BooksReport) -> BooksCheckView:
    balances = balances_view(report.balances)
    shown = report.findings[:SHOWN_MAX]
    return BooksCheckView(
        is_clean=report.is_clean,
        vouchers=report.vouchers,
        chained=report.chained,
        links=report.links,
        roots=report.roots,
        postings=report.postings,
        found=report.found,
        repaired=report.repaired,
        findings=[FindingView(flaw=str(one.flaw), what=one.what, detail=one.detail) for one in shown],
        balances=balances.balances,
        currencies=balances.currencies,
    )
