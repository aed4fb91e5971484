"""HTTP for operators: balances of all accounts, whether the books are what they were, and whether bills agree."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from pydantic import Field

from functions import reconciliation_routes
from functions.books_views import BalancesView, BooksCheckView, balances_view, books_check_view
from functions.http import IdempotencyKey, Strict, allow, answer, serve
from functions.wiring import logger, metrics, now, shop
from shared.policy import Action
from shared.store.books_audit import BooksAudit

app = reconciliation_routes.app  # One function, one application: what bills say is asked here, too.
PAGES_MAX = 60  # Of a megabyte; about ten seconds.
ROOTS_MAX = 40  # Each is an object of its own.


class BooksCheckBody(Strict):
    repair: Annotated[bool, Field(description="Enter once more what a stream has lost. It only adds.")] = (
        False
    )


@app.get(
    "/operator/books/balances",
    middlewares=allow(app, Action.READ_BALANCES),
    summary="Every fen, and whose it is: all accounts, added up from vouchers",
)
def read_balances() -> BalancesView:
    return balances_view(_audit().balances())


@app.post(
    "/operator/books/check",
    middlewares=allow(app, Action.CHECK_BOOKS),
    summary="Are vouchers, chain, postings and statements what they were, and do they agree?",
)
def check_books(body: BooksCheckBody, idempotency_key: IdempotencyKey) -> Response[BooksCheckView]:
    # The key is not kept: checked again, there is nothing left to repair, and the answer is the truth of then.
    report = _audit().check(now=now(), repair=body.repair)
    logger.info("books checked", vouchers=report.vouchers, found=report.found, repaired=report.repaired)
    return answer(books_check_view(report))


def _audit() -> BooksAudit:
    opened = shop()
    return BooksAudit(
        opened.outside,
        ledger_table=opened.settings.ledger_table,
        orders_table=opened.settings.orders_table,
        bucket=opened.settings.books_bucket,
        pages_max=PAGES_MAX,
        roots_max=ROOTS_MAX,
    )


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(app, event, context)
