"""What moto 5.2.5 gets wrong about DynamoDB, each with its fix. See ``local.moto_fixes``, which applies them.

One more thing that moto leaves out needs no fix but a sentence: a transaction that conflicts with another
never happens here (nor on DynamoDB Local); tests inject it.
"""

# mypy: disable-error-code="method-assign,assignment,attr-defined,no-untyped-call"
# Patching is what this file is for.

import base64
import copy
import inspect
import json
import re
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import moto.dynamodb.models as dynamodb
import moto.dynamodb.models.table as tables
from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import ERROR_TYPE_PREFIX, DynamodbException, MockValidationException
from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords
from moto.dynamodb.responses import DynamoHandler

from local import moto_calls, moto_items

ANSWERED_WITH_ITEMS = moto_calls.ON_ITEMS - {"TransactWriteItems"}
EXPRESSIONS_KEPT = 1024
TOKENS_KEPT = 10_000  # AWS forgets a request token after ten minutes.


def apply() -> None:
    """Put every fix in place. Once: ``local.moto_fixes.apply`` sees to that."""
    refuse_reserved_words()
    one_call_at_a_time()
    undo_only_touched_items()
    honour_request_tokens()
    query_one_partition()
    moto_items.apply()
    announce_an_upsert_once()
    answer_in_plain_json()
    moto_calls.take_the_short_way(on_items)


SYNTAX = frozenset(["SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "IN", "BETWEEN", "SIZE", "EXISTS"])
RESERVED = frozenset(ReservedKeywords.get_reserved_keywords()) - SYNTAX
WORDS = re.compile(r"(?<![#:\w])[A-Za-z_]\w*")


def refuse_reserved_words() -> None:
    """Why: moto takes AWS's reserved words in the conditions of a query, and AWS does not."""
    original = DynamoHandler.call_action

    def call_action(self: DynamoHandler) -> Any:
        self.body = getattr(self, "params", {})
        _require_no_reserved_words(self.body)
        return original(self)

    DynamoHandler.call_action = call_action


def _require_no_reserved_words(request: dict[str, Any]) -> None:
    for expression in _expressions(request):
        if word := _reserved_in(expression):
            raise MockValidationException(
                f"Invalid expression: Attribute name is a reserved keyword; reserved keyword: {word}"
            )


@lru_cache(EXPRESSIONS_KEPT)
def _reserved_in(expression: str) -> str:
    return next((word for word in WORDS.findall(expression) if word.upper() in RESERVED), "")


def _expressions(value: Any) -> Iterator[str]:
    """Every expression of a request, however deep: a transaction holds many."""
    match value:
        case dict():
            for name, part in value.items():
                if name.endswith("Expression") and isinstance(part, str):
                    yield part
                elif name not in ("Item", "Key", "ExpressionAttributeValues"):
                    yield from _expressions(part)
        case list():
            for part in value:
                yield from _expressions(part)


_LOCK = threading.RLock()


def one_call_at_a_time() -> None:
    """Why: moto has no isolation; two threads oversell, or die with "dictionary changed size"."""
    original = DynamoHandler.call_action

    def call_action(self: DynamoHandler) -> Any:
        with _LOCK:
            return original(self)

    DynamoHandler.call_action = call_action


def on_items(handler: DynamoHandler) -> Any:
    """Carry out what *handler* was handed by ``local.moto_calls``. Raises whatever moto refuses with."""
    with _LOCK:
        _require_no_reserved_words(handler.body)
        return getattr(handler, handler.action)().result


def undo_only_touched_items() -> None:
    """Why: moto copies whole tables per transaction: 3.4 s at 10,000 rows, a few ms after this."""
    original = dynamodb.DynamoDBBackend.transact_write_items

    def without_tables(value: Any, memo: Any = None) -> Any:
        return value if isinstance(value, tables.Table) else copy.deepcopy(value, memo)

    def transact_write_items(self: Any, items: list[dict[str, Any]]) -> Any:
        undo = [row for row in (_remember(self, op) for item in items for op in item.values()) if row]
        streams = {
            id(table): (table.stream_shard, len(table.stream_shard.items))
            for table, *_ in undo
            if table.stream_shard
        }
        try:
            return original(self, items)
        except BaseException:
            for row in reversed(undo):
                _restore(*row)
            for shard, end in streams.values():
                del shard.items[end:]
            raise

    dynamodb.copy = SimpleNamespace(deepcopy=without_tables, copy=copy.copy)
    dynamodb.DynamoDBBackend.transact_write_items = transact_write_items


def _remember(backend: Any, operation: dict[str, Any]) -> tuple[Any, Any, Any, Any] | None:
    table = backend.tables.get(operation.get("TableName", "").split("/")[-1])
    key = operation.get("Key") or operation.get("Item") or {}
    if table is None or any(name not in key for name in table.table_key_attrs):
        return None  # Malformed: moto itself refuses it.
    hash_key = dynamodb.DynamoType(key[table.hash_key_attr])
    range_key = dynamodb.DynamoType(key[table.range_key_attr]) if table.has_range_key else None
    return table, hash_key, range_key, copy.deepcopy(table.get_item(hash_key, range_key))


def _restore(table: Any, hash_key: Any, range_key: Any, old: Any) -> None:
    rows, key = (table.items[hash_key], range_key) if table.has_range_key else (table.items, hash_key)
    if old is None:
        rows.pop(key, None)
    else:
        rows[key] = old
    shelves_of(table).file(hash_key, range_key, old)


class IdempotentParameterMismatch(DynamodbException):
    """A request token was used again for something else."""

    error_type = ERROR_TYPE_PREFIX + "IdempotentParameterMismatchException"

    def __init__(self) -> None:
        super().__init__(self.error_type, message="the token was used with other parameters")


def honour_request_tokens() -> None:
    """Why: moto ignores ClientRequestToken, so a retry after a lost answer applies twice."""
    original = DynamoHandler.transact_write_items

    def transact_write_items(self: DynamoHandler) -> ActionResult:
        if "ClientRequestToken" not in self.body:
            return original(self)
        seen: OrderedDict[str, bytes] = self.dynamodb_backend.__dict__.setdefault(
            "request_tokens", OrderedDict()
        )
        token = self.body["ClientRequestToken"]
        text = json.dumps(self.body["TransactItems"], sort_keys=True, default=str)
        items = sha256(text.encode()).digest()  # Ten thousand whole transactions would be 50 MB.
        if token in seen:
            if seen[token] != items:
                raise IdempotentParameterMismatch
            return ActionResult({})
        answer = original(self)
        seen[token] = items
        while len(seen) > TOKENS_KEPT:
            seen.popitem(last=False)
        return answer

    DynamoHandler.transact_write_items = transact_write_items


class Shelves:
    """Which items of one table lie in which partition of each secondary index.

    A place is (index name, value of each hash attribute). An item without one of the index's key
    attributes has no place there: that is what makes an index sparse.
    """

    def __init__(self, table: Any) -> None:
        self._table = table
        self._places: dict[tuple[Any, Any], tuple[tuple[Any, ...], ...]] = {}
        self._partitions: defaultdict[tuple[Any, ...], dict[tuple[Any, Any], Any]] = defaultdict(dict)

    def file(self, hash_key: Any, range_key: Any, item: Any) -> None:
        """Note that *item* (None: nothing) now stands under this key."""
        key = (hash_key.cast_value, range_key and range_key.cast_value)
        for place in self._places.pop(key, ()):
            self._partitions[place].pop(key, None)
        if item is None:
            return
        moto_items.was_written(item)
        indexes = [
            index for index in self._table.all_indexes() if item.attrs.keys() >= set(index.schema_key_attrs)
        ]
        self._places[key] = tuple(_place(index, item.attrs) for index in indexes)
        for place in self._places[key]:
            self._partitions[place][key] = item

    def partition(self, index: Any, values: dict[str, Any]) -> list[Any]:
        """Return the items under *values*, already in the index's order, which moto sorts again."""
        found = self._partitions.get(_place(index, values), {}).values()
        order = [
            name for name in (*index.schema_key_attrs, *self._table.table_key_attrs) if name not in values
        ]
        return sorted(found, key=lambda item: [item.attrs[name].cast_value for name in order])


def _place(index: Any, values: dict[str, Any]) -> tuple[Any, ...]:
    hash_names = [key["AttributeName"] for key in index.schema if key["KeyType"] == "HASH"]
    return (index.name, *(values[name].cast_value for name in hash_names))


def shelves_of(table: Any) -> Shelves:
    """Return the shelves of *table*, made at its first write."""
    shelves: Shelves = table.__dict__.get("shelves") or table.__dict__.setdefault("shelves", Shelves(table))
    return shelves


def query_one_partition() -> None:
    """Why: moto's Query walks and sorts the whole table: 230 ms at 12,500 rows."""
    _keep_shelves()
    original = tables.Table.query

    def query(self: Any, hash_key: Any, *rest: Any, **more: Any) -> Any:
        asked = signature.bind(self, hash_key, *rest, **more).arguments
        if index_name := asked.get("index_name"):
            values = dict(asked.get("hash_key_conditions") or ())
            index = {index.name: index for index in self.all_indexes()}.get(index_name)
            hash_names = (
                {key["AttributeName"] for key in index.schema if key["KeyType"] == "HASH"} if index else set()
            )
            if index is None or values.keys() != hash_names:
                return original(self, hash_key, *rest, **more)  # Moto's own refusals.
            found = shelves_of(self).partition(index, values)
        else:
            rows = self.items.get(hash_key, {})
            found = (
                sorted(rows.values(), key=lambda row: row.range_key.cast_value)
                if self.has_range_key
                else [rows]
            )
        part = copy.copy(self)
        part.all_items = lambda: [row for row in found if row]
        return original(part, hash_key, *rest, **more)

    signature = inspect.signature(original)
    tables.Table.query = query


def _keep_shelves() -> None:
    put, delete = tables.Table.put_item, tables.Table.delete_item
    update = dynamodb.DynamoDBBackend.update_item

    def put_item(self: Any, *rest: Any, **more: Any) -> Any:
        item = put(self, *rest, **more)
        shelves_of(self).file(item.hash_key, item.range_key, item)
        return item

    def delete_item(self: Any, hash_key: Any, range_key: Any) -> Any:
        item = delete(self, hash_key, range_key)
        shelves_of(self).file(hash_key, range_key, None)
        return item

    def update_item(self: Any, table_name: str, *rest: Any, **more: Any) -> Any:
        item = update(self, table_name, *rest, **more)
        shelves_of(self.get_table(table_name)).file(item.hash_key, item.range_key, item)
        return item

    tables.Table.put_item, tables.Table.delete_item = put_item, delete_item
    dynamodb.DynamoDBBackend.update_item = update_item


def announce_an_upsert_once() -> None:
    """Why: an UpdateItem that creates its item shows as INSERT of the bare key and a MODIFY."""
    original = dynamodb.DynamoDBBackend.update_item

    def update_item(self: Any, table_name: str, *rest: Any, **more: Any) -> Any:
        shard = self.get_table(table_name).stream_shard
        before = len(shard.items) if shard else 0
        item = original(self, table_name, *rest, **more)
        if shard and len(shard.items) == before + 2:
            del shard.items[before:]
            shard.add(None, item)
        return item

    dynamodb.DynamoDBBackend.update_item = update_item


def answer_in_plain_json() -> None:
    """Why: moto walks each answer member by member along the service model: 6 ms a call, most of its cost."""
    original = DynamoHandler.serialized

    def serialized(self: DynamoHandler, answer: ActionResult) -> Any:
        if self._get_action() not in ANSWERED_WITH_ITEMS or isinstance(answer.result, Exception):
            return original(self, answer)
        headers = {"Content-Type": "application/x-amz-json-1.0", **self.response_headers}
        return 200, headers, json.dumps(answer.result, default=_binary)

    DynamoHandler.serialized = serialized


def _binary(value: Any) -> str:
    assert isinstance(value, bytes), f"an item holds {type(value).__name__}"
    return base64.b64encode(value).decode()
