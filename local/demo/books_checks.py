"""After everything else: are the books what they were, does everything follow from the vouchers, and do bills agree?

Invariants 19, 21 and 29 in the tables themselves: the check of the books over the demo's whole world, and every
provider's own bills against our ledger, in which nothing may differ but what somebody changed (``local.demo.closing``).
"""

from collections.abc import Sequence
from typing import NamedTuple

from functions.books_views import BooksCheckView, books_check_view
from local.cloud import Cloud
from local.demo.closing import Lie
from local.demo.reconcile_checks import Injected, compared
from shared.outside import outside
from shared.store.books_audit import BooksAudit, BooksReport

DIFFERENCES = {  # What each change of a bill's line is called, when it is found.
    "missing": "missing_in_bill",
    "doubled": "doubled_in_bill",
    "altered": "amount_differs",
    "foreign": "unknown_payment",
}


class Books(NamedTuple):
    check: BooksCheckView
    wrong: list[str]  # A sentence each; none when all is well.


def look_into_the_books(cloud: Cloud, lies: Sequence[Lie]) -> Books:
    """Check the books as they stand, then against every bill: that posts fees and payouts, so it comes last."""
    report = _checked(cloud)
    wrong = [f"21 {one.flaw}: {one.what} {one.detail}".rstrip() for one in report.findings]
    wrong += [f"19 bills: {one}" for one in compared(cloud, injected_by(lies))]
    return Books(books_check_view(report), wrong)


def injected_by(lies: Sequence[Lie]) -> Injected:
    """The differences that *lies* must lead to."""
    return frozenset((DIFFERENCES[lie.change], lie.document) for lie in lies)


def _checked(cloud: Cloud) -> BooksReport:
    told = next(iter(cloud.runtime.functions.values())).environment
    audit = BooksAudit(
        outside,
        ledger_table=told["LEDGER_TABLE"],
        orders_table=told["ORDERS_TABLE"],
        bucket=told["BOOKS_BUCKET"],
    )
    return audit.check(now=int(cloud.clock.now()))
