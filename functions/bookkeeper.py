"""Ledger stream to books: every voucher is entered into its books and named in the chain, at least once.

First the postings, each put if it is not there; then one link for each chain that the batch has vouchers of. Whatever
stops it in between is met again when the stream repeats the batch: what is there stays, what is missing is added. The
stream's filter (INSERT of ``VOUCHER#`` rows) saves money; the check here is what makes the function right.
"""

from collections.abc import Iterator
from typing import Any

from functions.wiring import logger, metrics, now, shop
from shared.errors import Unavailable
from shared.ledger.chain import name_of
from shared.ledger.postings import NotAVoucher
from shared.store.books import VOUCHER, BookStore

Image = dict[str, Any]


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    opened = shop()
    store = BookStore(opened.outside, opened.settings.ledger_table)
    done: list[Image] = []
    failed: str | None = None
    posted = 0
    for number, image in _vouchers(event["Records"]):
        try:
            posted += _post(store, image)
        except Unavailable:  # What came before it is entered; the stream brings it again.
            failed = number
            break
        done.append(image)
    links, lost = store.chain(map(name_of, done), now=now())
    logger.info(
        "kept", vouchers=len(done), postings=posted, links=links, again=lost, failed=failed is not None
    )
    return {"batchItemFailures": [{"itemIdentifier": failed}] if failed else []}


def _vouchers(records: list[dict[str, Any]]) -> Iterator[tuple[str, Image]]:
    for record in records:
        change = record["dynamodb"]
        if change["Keys"]["sk"]["S"].startswith(VOUCHER) and record["eventName"] == "INSERT":
            yield change["SequenceNumber"], change["NewImage"]


def _post(store: BookStore, image: Image) -> int:
    """How many postings it made. A row that is no voucher is chained all the same: that it was there, must show."""
    key = f"{image['pk']['S']} {image['sk']['S']}"
    try:
        new, unowned = store.post(image)
    except NotAVoucher as wrong:
        logger.error("not a voucher", key=key, reason=str(wrong))
        return 0
    if unowned:
        logger.error("a claim of nobody's", key=key, sub_orders=unowned)
    return new
