"""A DynamoDB of dicts, just enough for one order's life at no cost of its own.

A hook of ``shared.outside`` that answers instead of AWS. It checks no conditions, because nobody races here; that the
product's writes are right is what the tests show. Whatever it does not understand raises.
"""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from shared.outside import Call

Item = dict[str, Any]
MOVED = re.compile(r"(warehouses\.#w\d+\.\w+) = warehouses\.#w\d+\.\w+ ([+-]) (:q\d+)")


class MemoryTables:
    def __init__(self) -> None:
        self._tables: dict[str, dict[tuple[str, str], Item]] = {}
        self.calls: list[tuple[str, str]] = []
        self.announced: Counter[str] = Counter()

    def around(self, call: Call, _act: Callable[[], Any]) -> Any:
        """Answer *call*."""
        self.calls.append((call.service, call.operation))
        answers: dict[tuple[str, str], Callable[..., Any]] = {
            ("dynamodb", "transact_write_items"): self._transact,
            ("dynamodb", "put_item"): self._put,
            ("dynamodb", "get_item"): self._get,
            ("dynamodb", "query"): self._query,
            ("dynamodb", "batch_get_item"): self._batch,
            ("events", "put_events"): self._announce,
            ("secretsmanager", "get_secret_value"): self._secret,
        }
        return answers[call.service, call.operation](**call.request)

    def event_rows(self, order_id: str) -> list[Item]:
        """Return the EVENT rows of an order, as its stream would carry them."""
        rows = self._tables["orders"].items()
        return [row for (pk, sk), row in rows if pk == f"ORDER#{order_id}" and sk.startswith("#EVENT#")]

    def _table(self, name: str) -> dict[tuple[str, str], Item]:
        return self._tables.setdefault(name, {})

    def _put(self, TableName: str, Item: Item, **_: Any) -> Any:  # noqa: N803
        self._table(TableName)[Item["pk"]["S"], Item["sk"]["S"]] = Item
        return {}

    def _get(self, TableName: str, Key: Item, **_: Any) -> Any:  # noqa: N803
        found = self._table(TableName).get((Key["pk"]["S"], Key["sk"]["S"]))
        return {} if found is None else {"Item": found}

    def _transact(self, TransactItems: list[Any]) -> Any:  # noqa: N803
        for action in TransactItems:
            ((kind, write),) = action.items()
            if kind == "Put":
                self._put(**write)
            else:
                self._move(**write)
        return {}

    def _move(self, TableName: str, Key: Item, UpdateExpression: str, **update: Any) -> None:  # noqa: N803
        stock = self._table(TableName)[Key["pk"]["S"], Key["sk"]["S"]]
        moves = MOVED.findall(UpdateExpression)
        assert moves, f"not understood: {UpdateExpression}"
        for path, sign, value in moves:
            _, place, counter = path.split(".")
            level = stock["warehouses"]["M"][update["ExpressionAttributeNames"][place]]["M"][counter]
            units = int(update["ExpressionAttributeValues"][value]["N"])
            level["N"] = str(int(level["N"]) + (units if sign == "+" else -units))

    def _query(self, TableName: str, ExpressionAttributeValues: Item, **_: Any) -> Any:  # noqa: N803
        pk, first = ExpressionAttributeValues[":pk"]["S"], ExpressionAttributeValues[":first"]["S"]
        rows = self._table(TableName).items()
        return {"Items": [row for (own, sk), row in sorted(rows) if own == pk and sk >= first]}

    def _batch(self, RequestItems: dict[str, Any]) -> Any:  # noqa: N803
        responses = {
            table: [self._get(table, key)["Item"] for key in wanted["Keys"]]
            for table, wanted in RequestItems.items()
        }
        return {"Responses": responses}

    def _announce(self, Entries: list[Any]) -> Any:  # noqa: N803
        self.announced.update(entry["DetailType"] for entry in Entries)
        return {"Entries": [{"EventId": "1"} for _ in Entries]}

    def _secret(self, VersionStage: str, **_: Any) -> Any:  # noqa: N803
        return {"SecretString": SECRETS[VersionStage]}


SECRETS = {"AWSCURRENT": "bench", "AWSPREVIOUS": "bench before"}
