"""A table that does what statements and payouts ask of DynamoDB, and refuses everything else. Pages are short."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

PAGE = 40
Key = tuple[str, str]


class PlainTables:
    """Stands where ``shared.outside.Outside`` stands."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[Key, dict[str, Any]]] = defaultdict(dict)
        self._sort_keys: dict[Key, set[str]] = defaultdict(set)  # By table and partition.
        self.before_write: Callable[[], None] | None = None  # Done once, right before the next transaction.

    def wait_before_attempt(self, number: int) -> None:
        raise AssertionError("nothing here is ever busy")

    def aws(self, service: str, operation: str, **request: Any) -> dict[str, Any]:
        assert service == "dynamodb"
        return getattr(self, f"_{operation}")(**request)

    def put(self, table: str, item: dict[str, Any]) -> None:
        pk, sk = _key(item)
        self.rows[table][pk, sk] = item
        self._sort_keys[table, pk].add(sk)

    def _get_item(self, TableName: str, Key: dict[str, Any], ConsistentRead: bool) -> dict[str, Any]:  # noqa: N803
        assert ConsistentRead
        found = self.rows[TableName].get(_key(Key))
        return {"Item": found} if found else {}

    def _batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        ((table, wanted),) = RequestItems.items()
        assert wanted["ConsistentRead"]
        found = (self.rows[table].get(_key(key)) for key in wanted["Keys"])
        return {"Responses": {table: [item for item in found if item]}}

    def _query(self, TableName: str, **query: Any) -> dict[str, Any]:  # noqa: N803
        assert query["ConsistentRead"]
        values = {name: value["S"] for name, value in query["ExpressionAttributeValues"].items()}
        is_wanted = {
            "pk = :pk": lambda sk: True,
            "pk = :pk AND sk BETWEEN :first AND :last": lambda sk: values[":first"] <= sk <= values[":last"],
            "pk = :pk AND begins_with(sk, :own)": lambda sk: sk.startswith(values[":own"]),
        }[query["KeyConditionExpression"]]
        rows, pk = self.rows[TableName], values[":pk"]
        found = sorted(sk for sk in self._sort_keys[TableName, pk] if is_wanted(sk))
        if not query.get("ScanIndexForward", True):
            found.reverse()
        if "ExclusiveStartKey" in query:
            found = found[found.index(_key(query["ExclusiveStartKey"])[1]) + 1 :]
        size = query.get("Limit", PAGE)
        answer: dict[str, Any] = {"Items": [rows[pk, sk] for sk in found[:size]]}
        if len(found) > size:
            answer["LastEvaluatedKey"] = {"pk": {"S": pk}, "sk": {"S": found[size - 1]}}
        return answer

    def _transact_write_items(self, TransactItems: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        if act := self.before_write:
            self.before_write = None
            act()
        assert len(TransactItems) <= 100
        puts = [write["Put"] for write in TransactItems]
        keys = [(put["TableName"], _key(put["Item"])) for put in puts]
        assert len(set(keys)) == len(keys), "one item, one write"
        reasons = [self._reason(put) for put in puts]
        if any(reason["Code"] != "None" for reason in reasons):
            told = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
            raise ClientError(told, "TransactWriteItems")  # type: ignore[arg-type]
        for put in puts:
            self.put(put["TableName"], put["Item"])
        return {}

    def _reason(self, put: dict[str, Any]) -> dict[str, Any]:
        condition = put.get("ConditionExpression", "")
        assert condition in ("", "attribute_not_exists(pk)")
        there = self.rows[put["TableName"]].get(_key(put["Item"]))
        if not condition or there is None:
            return {"Code": "None"}
        shows = put.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        return {"Code": "ConditionalCheckFailed"} | ({"Item": there} if shows else {})


def _key(item: dict[str, Any]) -> Key:
    return item["pk"]["S"], item["sk"]["S"]
