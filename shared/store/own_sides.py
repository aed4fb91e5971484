"""Our own two sides of a comparison, read where they are: the orders' rows, and all vouchers of one order."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from shared.errors import NotFound
from shared.outside import Outside
from shared.reconciliation.said import Known, Posting, Sums, known_of, posting_of, said_by, subject_of
from shared.settings import Settings
from shared.store.asking import PARKED, QUARANTINED
from shared.store.items import from_item, item_to_row, order_key
from shared.store.orders import OrderStore
from shared.store.reading import batch_get
from shared.store.reconciliation import ReconciliationStore

REMEMBERED_DAYS = 60  # So far back a bill may wait for what we booked late.


class OwnSides:
    """``shared.reconciliation.said.Records`` of one provider, for the comparison of one day."""

    def __init__(
        self, outside: Outside, settings: Settings, store: ReconciliationStore, provider: str, day: str
    ) -> None:
        self._outside, self._settings, self._store = outside, settings, store
        self._orders = OrderStore(outside, settings)
        self._provider, self._day = provider, day
        self._last: tuple[str, Known] = (
            "",
            Known(),
        )  # Several documents of one order come one after the other.

    def said_of(self, documents: Iterable[str]) -> Sums:
        subjects = {subject for document in documents if (subject := subject_of(document))}
        if not subjects:
            return {}
        keys = [order_key(order_id, sk) for order_id, sk in sorted(subjects)]
        wanted = {self._settings.orders_table: {"Keys": keys, "ConsistentRead": True}}
        rows = (item_to_row(item) for _, item in batch_get(self._outside, wanted))
        return said_by(rows, self._provider)

    def known(self, document: str, order_id: str, names: Iterable[str]) -> Known:
        names = tuple(names)
        for name in names:
            order_id = order_id or self._orders.booked(name) or ""
        if order_id == QUARANTINED:
            return Known(postings=tuple(p for name in names for p in self._vouchers(f"{PARKED}#{name}")))
        if not order_id:
            return Known()
        if self._last[0] != order_id:
            self._last = order_id, self._whole(order_id)
        return self._last[1]

    def is_elsewhere(self, posting: Posting) -> bool:
        far = self._store.far_day_of(self._provider, posting.voucher_id)
        if far:
            return far != self._day
        return (posting.document, posting.amount_minor, posting.currency) in self._missed_elsewhere

    def _whole(self, order_id: str) -> Known:
        postings = self._vouchers(f"ORDER#{order_id}")
        try:
            whole = self._orders.read(order_id)
        except NotFound:  # It is in the archive, and its vouchers are not.
            return Known(postings=postings, documents=frozenset(p.document for p in postings))
        return known_of(whole, self._provider, postings)

    def _vouchers(self, pk: str) -> tuple[Posting, ...]:
        found = []
        query: dict[str, Any] = {
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :voucher)",
            "ExpressionAttributeValues": {":pk": {"S": pk}, ":voucher": {"S": "VOUCHER#"}},
        }
        while True:
            answer = self._outside.aws(
                "dynamodb", "query", TableName=self._settings.ledger_table, ConsistentRead=True, **query
            )
            found += [posting_of(self._provider, from_item(item)) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return tuple(posting for posting in found if posting is not None)
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    @cached_property
    def _missed_elsewhere(self) -> frozenset[tuple[str, int, str]]:
        """What bills of other days have and we had not booked when they were compared: they will find it."""
        middle, far = date.fromisoformat(self._day), timedelta(days=REMEMBERED_DAYS)
        since, until = (middle - far).isoformat(), (middle + far).isoformat()
        return frozenset(
            (one.document, one.bill_minor, one.currency)
            for one in self._store.remembered(self._provider, since, until)
            if one.is_open and one.day != self._day and one.id.startswith("missing_in_ledger#")
        )
