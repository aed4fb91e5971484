"""A DynamoDB of dicts, just enough for one order's life at no cost of its own.

A hook of ``shared.outside`` that answers instead of AWS. It checks no conditions, because nobody races here; that the
product's writes are right is what the tests show. Whatever it does not understand raises.
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from shared.outside import Call

Item = dict[str, Any]
ASSIGNMENT = re.compile(r"([#\w.]+) = (if_not_exists\([#\w.]+, :\w+\)|[#:\w.]+)(?: ([+-]) (:\w+))?")


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
            ("dynamodb", "update_item"): self._update,
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
            acts: dict[str, Callable[..., Any]] = {
                "Put": self._put,
                "Update": self._update,
                "ConditionCheck": _unchecked,
            }
            acts[kind](**write)
        return {}

    def _update(self, TableName: str, Key: Item, UpdateExpression: str, **update: Any) -> Any:  # noqa: N803
        row = self._table(TableName).setdefault((Key["pk"]["S"], Key["sk"]["S"]), dict(Key))
        expression = Expression(
            row, update.get("ExpressionAttributeNames", {}), update.get("ExpressionAttributeValues", {})
        )
        expression.carry_out(UpdateExpression)
        return {}

    def _query(self, TableName: str, ExpressionAttributeValues: Item, **_: Any) -> Any:  # noqa: N803
        pk, first = ExpressionAttributeValues[":pk"]["S"], ExpressionAttributeValues[":first"]["S"]
        rows = self._table(TableName).items()
        return {"Items": [row for (own, sk), row in sorted(rows) if own == pk and sk >= first]}

    def _batch(self, RequestItems: dict[str, Any]) -> Any:  # noqa: N803
        responses = {
            table: [item for key in wanted["Keys"] if (item := self._get(table, key).get("Item"))]
            for table, wanted in RequestItems.items()
        }
        return {"Responses": responses}

    def _announce(self, Entries: list[Any]) -> Any:  # noqa: N803
        self.announced.update(entry["DetailType"] for entry in Entries)
        return {"Entries": [{"EventId": "1"} for _ in Entries]}

    def _secret(self, SecretId: str, VersionStage: str) -> Any:  # noqa: N803
        return {"SecretString": PARTNERS if SecretId.endswith("partners") else SECRETS[VersionStage]}


def _unchecked(**_: Any) -> None:
    """A condition, and nobody races here."""


class Expression:
    """SET and REMOVE as DynamoDB understands them, of paths, values, sums and ``if_not_exists``: no more."""

    def __init__(self, row: Item, names: dict[str, str], values: Item) -> None:
        self._row, self._names, self._values = row, names, values

    def carry_out(self, expression: str) -> None:
        """Do what *expression* says; all of it sees the row as it was before."""
        assigned, _, removed = expression.partition("REMOVE ")
        body = assigned.removeprefix("SET ").strip()
        found = list(ASSIGNMENT.finditer(body))
        assert ", ".join(match[0] for match in found) == body, f"not understood: {expression}"
        results = [(match[1], self._sum(match[2], match[3], match[4])) for match in found]
        for path, value in results:
            *way, last = self._steps(path)
            self._at(way)[last] = value
        for path in filter(None, removed.split(", ")):
            *way, last = self._steps(path.strip())
            self._at(way).pop(last, None)

    def _sum(self, first: str, sign: str | None, second: str | None) -> Item:
        value = self._value(first)
        if sign is None or second is None:
            return value
        units = int(self._values[second]["N"])
        return {"N": str(int(value["N"]) + (units if sign == "+" else -units))}

    def _value(self, operand: str) -> Item:
        if operand.startswith(":"):
            value: Item = self._values[operand]
            return value
        path, _, otherwise = operand.removeprefix("if_not_exists(").removesuffix(")").partition(", ")
        *way, last = self._steps(path)
        there = self._at(way)
        found: Item = self._values[otherwise] if otherwise and last not in there else there[last]
        return found

    def _steps(self, path: str) -> list[str]:
        return [self._names.get(step, step) for step in path.split(".")]

    def _at(self, way: list[str]) -> Item:
        """The attributes of the map at the end of *way*, of the row itself when it is empty."""
        there = self._row
        for step in way:
            there = there[step]["M"]
        return there


TRACKER_SECRET = "bench: what AfterShip signs with"  # noqa: S105
PARTNERS = json.dumps(
    {
        "trackers": {"aftership": {"api_key": "bench", "webhook_secrets": [TRACKER_SECRET]}},
        "tracker": "aftership",
    }
)
SECRETS = {"AWSCURRENT": "bench", "AWSPREVIOUS": "bench before"}
