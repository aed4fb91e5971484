"""Where parcels were seen: one item for each parcel, beside the order, and no part of what decisions read.

Orders   ORDER#<id>   #TRACK#<nn>    {revision, source, checkpoints: [[at, status, code, place], ...], note?}
                      #TRACK#C<nn>   the same of what comes back for a case, and ``waybill``: it may be exchanged

A checkpoint that moves nothing costs one conditional write here, and no event; what moves a parcel is an event of its
order as well (``shared.fulfilment.tracking``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.outside import Outside
from shared.settings import Settings
from shared.store.items import Item, from_item, order_key, to_item

if TYPE_CHECKING:
    from shared.fulfilment.carriers.port import Checkpoint

Way = int | str  # A parcel's number; or of what comes back for a case, "C" and its number.
UNKNOWN = "unknown"  # of shared.fulfilment.carriers.port.Status, which few who read orders need.
CHECKPOINTS_MAX = 60  # The newest are kept: a parcel that goes in circles must not fill an item.


class Track(NamedTuple):
    """What is known of one parcel's way, oldest checkpoint first."""

    checkpoints: tuple[Checkpoint, ...] = ()
    source: str = ""  # Which tracker spoke last.
    note: str = ""  # Why nobody follows it.
    revision: int = 0
    waybill: str = ""  # Of a case: whose way it is. Its buyer may have entered another number first.

    @property
    def latest(self) -> Checkpoint | None:
        """The last checkpoint that says where it is."""
        known = [one for one in self.checkpoints if one.status != UNKNOWN]
        return known[-1] if known else None

    @property
    def seen_at(self) -> int | None:
        return self.checkpoints[-1].at if self.checkpoints else None

    def joined(self, checkpoints: Sequence[Checkpoint], source: str) -> Track:
        """With *checkpoints*, none twice; itself, if it knew them all."""
        known = {(one.at, one.code) for one in self.checkpoints}
        fresh = {(one.at, one.code): one for one in checkpoints if (one.at, one.code) not in known}
        if not fresh:
            return self
        both = sorted(
            [*self.checkpoints, *fresh.values()], key=lambda one: one.at
        )  # Stable: as they were told.
        return self._replace(checkpoints=tuple(both[-CHECKPOINTS_MAX:]), source=source)


class TrackStore:
    def __init__(self, outside: Outside, settings: Settings) -> None:
        self._outside, self._table = outside, settings.orders_table

    def read(self, order_id: str, parcel: Way) -> Track:
        found = self._outside.aws(
            "dynamodb", "get_item", TableName=self._table, Key=_key(order_id, parcel), ConsistentRead=True
        ).get("Item")
        return track_of(found)

    def of_order(self, order_id: str) -> dict[int, Track]:
        """Every parcel's, by its number. Those of many parcels are more than one answer holds.

        What comes back for cases is not among them: each case shows its own.
        """
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": {
                ":pk": {"S": f"ORDER#{order_id}"},
                ":first": {"S": "#TRACK#0"},
                ":last": {"S": "#TRACK#99999"},  # Before letters.
            },
        }
        found: list[Item] = []
        while True:
            answer = self._outside.aws("dynamodb", "query", **query)
            found += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                break
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return {int(item["sk"]["S"].rpartition("#")[2]): track_of(item) for item in found}

    def write(self, order_id: str, parcel: Way, track: Track) -> bool:
        """Put *track* where its revision still stands. Says whether it did."""
        item = _key(order_id, parcel) | to_item(
            {
                "revision": track.revision + 1,
                "source": track.source,
                "note": track.note or None,
                "waybill": track.waybill or None,
                "checkpoints": [tuple(one) for one in track.checkpoints],
            }
        )
        believed: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if track.revision:
            believed = {
                "ConditionExpression": "revision = :read",
                "ExpressionAttributeValues": to_item({":read": track.revision}),
            }
        return self._tried("put_item", Item=item, **believed)

    def postpone(self, order_id: str, subject: str, *, was: int, until: int) -> None:
        """Look at a parcel again *until* then: it was seen since its silence was reckoned. That is no event."""
        self._tried(
            "update_item",
            Key=order_key(order_id, subject),
            UpdateExpression="SET due_at = :until",
            ConditionExpression="due_at = :was",
            ExpressionAttributeValues=to_item({":until": until, ":was": was}),
        )

    def _tried(self, operation: str, **request: Any) -> bool:
        from botocore.exceptions import ClientError

        try:
            self._outside.aws("dynamodb", operation, TableName=self._table, **request)
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True


def track_of(item: Mapping[str, Any] | None) -> Track:
    if item is None:
        return Track()
    from shared.fulfilment.carriers.port import Checkpoint, Status

    values = from_item(item)
    checkpoints = tuple(
        Checkpoint(at, Status(status), code, place) for at, status, code, place in values["checkpoints"]
    )
    return Track(
        checkpoints,
        values["source"],
        values.get("note", ""),
        values["revision"],
        values.get("waybill", ""),
    )


def _key(order_id: str, parcel: Way) -> Item:
    name = f"{parcel:02}" if isinstance(parcel, int) else parcel
    return order_key(order_id, f"#TRACK#{name}")
