"""Invariant 21, and that everything follows from the vouchers: the check of the books, over the demo's whole world."""

from local.cloud import Cloud
from shared.outside import outside
from shared.store.books_audit import BooksAudit


def broken_books(cloud: Cloud) -> list[str]:
    """What the check of the books finds, one sentence each. Moves nothing."""
    told = next(iter(cloud.runtime.functions.values())).environment
    audit = BooksAudit(
        outside,
        ledger_table=told["LEDGER_TABLE"],
        orders_table=told["ORDERS_TABLE"],
        bucket=told["BOOKS_BUCKET"],
    )
    report = audit.check(now=int(cloud.clock.now()))
    return [f"21 {one.flaw}: {one.what} {one.detail}".rstrip() for one in report.findings]
