"""The register's entries, beside the orders that they are about, and apart from what decisions read.

    REGISTER#<scope>   ENTRY#<10 characters>    one entry; its id is <scope>-<10 characters>
    index ``queue``    register:<owner>:open    what is open, first due first; of merchants, each one's own
    index ``due``      shard, due_at            what is late: found by the sweep

All entries of one order are one partition, so that one consistent query says what is open. Each write believes the
revision that it read. Entries are never deleted.
"""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from shared.changes import Request
from shared.errors import Conflict, NotFound
from shared.outside import Outside
from shared.register.projection import Happened
from shared.register.rows import Entry, EntryState
from shared.settings import Settings
from shared.store.items import Item, from_item, order_key, shard_of, to_item
from shared.store.orders import booking_key, request_key, seen_in
from shared.store.reading import batch_get
from shared.store.transactions import transact
from shared.store.writing import KEY_SECONDS, AlreadyBooked, AlreadyDone

REGISTER, ENTRY = "REGISTER#", "ENTRY#"

VERSION_MAX = 99_999_999  # Eight digits, so that keys are in the order of versions.
HISTORY = ("version", "event", "at", "steps", "note")


class RegisterStore:
    def __init__(self, outside: Outside, settings: Settings) -> None:
        self._outside, self._table = outside, settings.orders_table

    def read(self, entry_id: str) -> Entry:
        """Raises ``NotFound``."""
        scope, _, suffix = entry_id.partition("-")
        found = self._outside.aws(
            "dynamodb", "get_item", TableName=self._table, Key=_key(scope, suffix), ConsistentRead=True
        ).get("Item")
        if found is None:
            raise NotFound("no such entry")
        return item_to_entry(found)

    def of(self, scope: str) -> tuple[Entry, ...]:
        """Every entry of one order, or of one name, also those that are over."""
        items = self._query(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"{REGISTER}{scope}"}},
            ConsistentRead=True,
        )
        return tuple(map(item_to_entry, items))

    def history(self, order_id: str, *, after: int = 0) -> tuple[Happened, ...]:
        """What happened to the order after this version, as its EVENT rows tell it: nothing is ever added before."""
        first, last = (order_key(order_id, f"#EVENT#{version:08}") for version in (after + 1, VERSION_MAX))
        items = self._query(
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={":pk": first["pk"], ":first": first["sk"], ":last": last["sk"]},
            ProjectionExpression=", ".join(f"#{name}" for name in HISTORY),
            ExpressionAttributeNames={f"#{name}": name for name in HISTORY},
            ConsistentRead=True,
        )
        return tuple(_happened(from_item(item)) for item in items)

    def page(self, queue: str, *, after: str, limit: int) -> tuple[Entry, ...]:
        """The open entries of a work list, first due first, behind the priority *after*. May lag."""
        answer = self._outside.aws(
            "dynamodb",
            "query",
            TableName=self._table,
            IndexName="queue",
            KeyConditionExpression="queue = :who AND priority > :after",
            ExpressionAttributeValues=to_item({":who": queue, ":after": after or " "}),
            Limit=limit,
        )
        keys = [{"pk": item["pk"], "sk": item["sk"]} for item in answer["Items"]]
        if not keys:
            return ()
        found = dict(
            ((item["pk"]["S"], item["sk"]["S"]), item_to_entry(item))
            for _, item in batch_get(self._outside, {self._table: {"Keys": keys}})
        )
        return tuple(found[key["pk"]["S"], key["sk"]["S"]] for key in keys)

    def write(
        self, entry: Entry, *, request: Request | None = None, once: str = "", verdict: str = ""
    ) -> None:
        """Write *entry* as it shall be, if it is still as it was read: its ``revision`` says how.

        *once*: what may be decided only once, ever, and *verdict* how it was. Raises ``AlreadyDone`` for a used key,
        ``AlreadyBooked``, and ``Conflict`` when somebody was faster.
        """
        writes = [new_entry(self._table, entry)]
        if request is not None:
            writes.append(_put_key(self._table, entry, request))
        if once:
            seen = booking_key(once) | to_item({"order_id": verdict})
            writes.append(_put(self._table, seen, ConditionExpression="attribute_not_exists(pk)"))
        reasons = transact(self._outside, writes)
        if not reasons:
            return
        if request is not None and (used := reasons[1]) is not None:
            raise AlreadyDone(seen_in(used["Item"], request))
        if once and reasons[-1] is not None:
            raise AlreadyBooked
        raise Conflict("the entry changed meanwhile")

    def _query(self, **query: Any) -> Iterator[Item]:
        while True:
            answer = self._outside.aws("dynamodb", "query", TableName=self._table, **query)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def new_entry(table: str, entry: Entry) -> dict[str, Any]:
    """The write of *entry*, one revision further than it was read; of a new one, if there is none yet."""
    if not entry.revision:
        return _put(table, entry_to_item(entry), ConditionExpression="attribute_not_exists(pk)")
    return _put(
        table,
        entry_to_item(entry),
        ConditionExpression="revision = :read",
        ExpressionAttributeValues=to_item({":read": entry.revision}),
    )


def entry_to_item(entry: Entry) -> Item:
    values = {name.name: getattr(entry, name.name) or None for name in fields(entry)}
    values |= {"version": entry.version, "opened_at": entry.opened_at, "last_version": entry.last_version}
    values |= {"revision": entry.revision + 1, "last_at": entry.last_at}
    if entry.is_open:
        place = {"queue": entry.queue, "priority": entry.priority, "shard": shard_of(entry.scope)}
        values |= place
    _, _, suffix = entry.entry_id.partition("-")
    return _key(entry.scope, suffix) | to_item(values)


def item_to_entry(item: Item) -> Entry:
    values = from_item(item)
    known = {name.name: values[name.name] for name in fields(Entry) if name.name in values}
    known |= {"state": EntryState(known["state"]), "due_at": known.get("due_at")}
    return Entry(**known)


def key_of(pk: str, sk: str) -> tuple[str, str]:
    """Scope and number of an entry that an index told of."""
    return pk.removeprefix(REGISTER), sk.removeprefix(ENTRY)


def _happened(values: dict[str, Any]) -> Happened:
    steps = tuple((step["row"], step["subject"]) for step in values["steps"])
    return Happened(values["version"], values["event"], values["at"], steps, values.get("note", {}))


def _put_key(table: str, entry: Entry, request: Request) -> dict[str, Any]:
    latest = entry.closed_at or entry.last_at
    if entry.log:
        latest = max(latest, entry.log[-1][0])
    values = {
        "fingerprint": request.fingerprint,
        "order_id": entry.scope,
        "about": entry.entry_id,
        "expires_at": latest + KEY_SECONDS,
    }
    return _put(
        table,
        request_key(request.caller, request.key) | to_item(values),
        ConditionExpression="attribute_not_exists(pk)",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )


def _put(table: str, item: Item, **condition: Any) -> dict[str, Any]:
    return {"Put": {"TableName": table, "Item": item, **condition}}


def _key(scope: str, suffix: str) -> Item:
    return {"pk": {"S": f"{REGISTER}{scope}"}, "sk": {"S": f"{ENTRY}{suffix}"}}
