"""What we must ask providers about, in case their messages got lost; and what they told us of orders we do not know.

    index ``asking``                       ask_shard, ask_at: open pages, accepted refunds, parked facts
    PARKED#<provider>#<name>  PARKED       an authentic fact whose order is not known yet, to be tried again

The hour at which something is asked about is no state: moving it on is one small conditional write, without an event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.changes import Voucher
from shared.outside import Outside
from shared.settings import Settings
from shared.store.items import SHARDS, Item, from_item, shard_of, to_item
from shared.store.orders import booking_key
from shared.store.transactions import transact

if TYPE_CHECKING:
    from shared.register.rows import Entry

PARKED = "PARKED"
QUARANTINED = "quarantined"


class Ask(NamedTuple):
    """A row whose hour has come, as the index told it."""

    pk: str
    sk: str
    since: int

    @property
    def is_parked(self) -> bool:
        return self.sk == PARKED

    @property
    def order_id(self) -> str:
        return self.pk.removeprefix("ORDER#")


class Parked(NamedTuple):
    name: str
    values: Mapping[str, Any]  # The fact, as ``shared.payment.inbox`` wrote it.
    parked_at: int
    is_quarantined: bool


class AskingStore:
    def __init__(self, outside: Outside, settings: Settings) -> None:
        self._outside, self._table, self._ledger = outside, settings.orders_table, settings.ledger_table

    def due(self, now: int) -> Iterator[Ask]:
        """Every row whose hour has come. May lag; the reader looks again.

        Each minute another shard comes first, so that what stands in one cannot starve the others.
        """
        first = now // 60 % SHARDS
        for shard in (*range(first, SHARDS), *range(first)):
            query: dict[str, Any] = {
                "TableName": self._table,
                "IndexName": "asking",
                "KeyConditionExpression": "ask_shard = :shard AND ask_at <= :now",
                "ExpressionAttributeValues": to_item({":shard": str(shard), ":now": now}),
            }
            while True:
                answer = self._outside.aws("dynamodb", "query", **query)
                for item in answer["Items"]:
                    yield Ask(item["pk"]["S"], item["sk"]["S"], int(item["ask_at"]["N"]))
                if "LastEvaluatedKey" not in answer:
                    break
                query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def ask_again(self, ask: Ask, at: int | None) -> None:
        """Ask at *at*, or never again. Nothing happens when the row has moved on."""
        expression, values = "REMOVE ask_at, ask_shard", {":was": ask.since}
        if at is not None:
            expression, values = "SET ask_at = :at", {**values, ":at": at}
        update = {
            "TableName": self._table,
            "Key": to_item({"pk": ask.pk, "sk": ask.sk}),
            "UpdateExpression": expression,
            "ConditionExpression": "ask_at = :was",
            "ExpressionAttributeValues": to_item(values),
        }
        transact(self._outside, [{"Update": update}])

    def park(
        self, name: str, values: Mapping[str, Any], amount_minor: int, *, now: int, ask_at: int
    ) -> Parked | None:
        """Keep an authentic fact, once; a larger sum in the place of a smaller one. Returns what is kept under this
        name by now: None, when its order has just booked it.
        """
        item = {
            "fact": values,
            "amount_minor": amount_minor,
            "parked_at": now,
            "ask_at": ask_at,
            "ask_shard": shard_of(name),
        }
        put = {
            "TableName": self._table,
            "Item": _parked_key(name) | to_item(item),
            "ConditionExpression": (
                "attribute_not_exists(pk) OR (attribute_not_exists(#state) AND amount_minor < :amount)"
            ),
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": to_item({":amount": amount_minor}),
        }
        transact(self._outside, [{"Put": put}])
        return self.parked(name)

    def parked(self, name: str) -> Parked | None:
        item = self._outside.aws(
            "dynamodb", "get_item", TableName=self._table, Key=_parked_key(name), ConsistentRead=True
        ).get("Item")
        if item is None:
            return None
        values = from_item(item)
        return Parked(name, values["fact"], values["parked_at"], values.get("state") == QUARANTINED)

    def unpark(self, name: str) -> None:
        """Its order is known, and has booked it; or there is nothing to keep."""
        delete = {
            "TableName": self._table,
            "Key": _parked_key(name),
            "ConditionExpression": "attribute_not_exists(#state)",
            "ExpressionAttributeNames": {"#state": "state"},
        }
        transact(self._outside, [{"Delete": delete}])

    def quarantine(
        self, name: str, voucher: Voucher, names: Sequence[str], entry: Entry, *, now: int
    ) -> None:
        """Nobody knows it, and we have waited long enough: booked, and kept for people, whose register has *entry*.
        Once, under *names*, so that an order that turns up later does not book it again.
        """
        key = _parked_key(name)
        document = {
            "voucher_id": f"parked-{name}",
            "kind": voucher.kind,
            "currency": voucher.currency,
            "at": now,
            "entries": voucher.entries,
            "document": voucher.document or None,
            "happened_at": voucher.happened_at or None,
        }
        put = {
            "TableName": self._ledger,
            "Item": key | {"sk": {"S": "VOUCHER#00000001"}} | to_item(document),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        update = {
            "TableName": self._table,
            "Key": key,
            "UpdateExpression": "SET #state = :quarantined REMOVE ask_at, ask_shard",
            "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(#state)",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": to_item({":quarantined": QUARANTINED}),
        }
        seen = [self._seen(booked) for booked in names]
        from shared.store.register import new_entry  # This happens once in a blue moon.

        told = new_entry(self._table, entry)
        transact(self._outside, [{"Put": put}, {"Update": update}, told, *seen])

    def _seen(self, name: str) -> dict[str, Any]:
        return {
            "Put": {
                "TableName": self._table,
                "Item": booking_key(name) | to_item({"order_id": QUARANTINED}),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }


def _parked_key(name: str) -> Item:
    return {"pk": {"S": f"{PARKED}#{name}"}, "sk": {"S": PARKED}}
