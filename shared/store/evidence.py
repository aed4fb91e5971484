"""What people show of an order: a row for each file beside the order, and the file itself in a bucket of its own.

Orders   ORDER#<id>   #EVIDENCE#<evidence id>   one file: whose, what it is, offered or kept. No decision reads it.
         ORDER#<id>   #SHOWN#<party>            counters: how many files, and how many bytes, that party was let in
Bucket   orders/<order id>/<evidence id>        no name of anybody's making

    offered   somebody was given a form to upload it with; whether they did, the bucket knows
    kept      it was seen in the bucket, exactly as it was offered

An offer fixes the file's digest, so whatever is uploaded under its key, and however often, is that one file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from shared.changes import Request
from shared.outside import Outside
from shared.settings import Settings
from shared.store.items import Item, from_item, order_key, to_item
from shared.store.orders import request_key, seen_in
from shared.store.reading import batch_get
from shared.store.transactions import transact
from shared.store.writing import KEY_SECONDS, AlreadyDone

OFFERED, KEPT = "offered", "kept"
MISSING = ("404", "NoSuchKey", "NotFound")


class Evidence(NamedTuple):
    """One file that somebody shows."""

    evidence_id: str
    order_id: str
    party: str  # "buyer:<id>" or "merchant:<merchant id>"
    actor_id: str  # Who of them.
    content_type: str
    size_bytes: int
    sha256: str  # base64, as S3 writes it
    offered_at: int
    state: str = OFFERED
    kept_at: int | None = None

    @property
    def key(self) -> str:
        """Where it lies in the bucket."""
        return f"orders/{self.order_id}/{self.evidence_id}"


class Limits(NamedTuple):
    """What one party may show of one order."""

    files: int
    size_bytes: int


class Full(Exception):
    """The party has been let in as much as it may. Nothing was written."""


class Uploaded(NamedTuple):
    """What lies in the bucket."""

    content_type: str
    size_bytes: int
    sha256: str  # Empty: it was put there without one.


class EvidenceStore:
    def __init__(self, outside: Outside, settings: Settings) -> None:
        self._outside, self._settings = outside, settings

    def read(self, order_id: str, evidence_ids: tuple[str, ...]) -> dict[str, Evidence]:
        """Those of the order's files, by number; who is not there is left out. At most 100."""
        if not evidence_ids:
            return {}
        keys = [_key(order_id, evidence_id) for evidence_id in evidence_ids]
        wanted = {self._settings.orders_table: {"Keys": keys, "ConsistentRead": True}}
        found = [evidence_of(item) for _, item in batch_get(self._outside, wanted)]
        return {one.evidence_id: one for one in found}

    def offer(self, evidence: Evidence, request: Request, limits: Limits) -> None:
        """Note that *evidence* may be uploaded; the same file again is noted once, and counted once.

        Raises ``AlreadyDone``, ``Full``, ``KeyReused``, ``Conflict``.
        """
        table = self._settings.orders_table
        key = _key_put(table, evidence, request)
        reasons = transact(self._outside, [key, _put_new(table, evidence), _count(table, evidence, limits)])
        if reasons and not reasons[0] and reasons[1]:
            reasons = transact(self._outside, [key])  # It was offered before: only the key is new.
        if reasons and reasons[0]:
            raise AlreadyDone(seen_in(reasons[0]["Item"], request))
        if reasons:
            raise Full

    def keep(self, evidence: Evidence, now: int) -> None:
        """Note that it was seen in the bucket as it was offered. Who noted it first stays."""
        from botocore.exceptions import ClientError

        kept = evidence._replace(state=KEPT, kept_at=now)
        try:
            self._outside.aws(
                "dynamodb",
                "put_item",
                TableName=self._settings.orders_table,
                Item=item_of(kept),
                ConditionExpression="#state = :offered",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues=to_item({":offered": OFFERED}),
            )
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise

    def uploaded(self, evidence: Evidence) -> Uploaded | None:
        """What lies in the bucket under its key; None: nothing. Raises ``Unavailable``."""
        from botocore.exceptions import ClientError

        try:
            found = self._outside.aws(
                "s3",
                "head_object",
                Bucket=self._settings.evidence_bucket,
                Key=evidence.key,
                ChecksumMode="ENABLED",
            )
        except ClientError as refused:
            if refused.response["Error"]["Code"] not in MISSING:
                raise
            return None
        return Uploaded(found["ContentType"], found["ContentLength"], found.get("ChecksumSHA256", ""))


def item_of(evidence: Evidence) -> Item:
    return _key(evidence.order_id, evidence.evidence_id) | to_item(evidence._asdict())


def evidence_of(item: Mapping[str, Any]) -> Evidence:
    values = from_item(item)
    return Evidence(**{name: values[name] for name in Evidence._fields if name in values})


def _key(order_id: str, evidence_id: str) -> Item:
    return order_key(order_id, f"#EVIDENCE#{evidence_id}")


def _put_new(table: str, evidence: Evidence) -> dict[str, Any]:
    put = {"TableName": table, "Item": item_of(evidence), "ConditionExpression": "attribute_not_exists(pk)"}
    return {"Put": put}


def _key_put(table: str, evidence: Evidence, request: Request) -> dict[str, Any]:
    values = {
        "fingerprint": request.fingerprint,
        "order_id": evidence.order_id,
        "about": evidence.evidence_id,
        "expires_at": evidence.offered_at + KEY_SECONDS,
    }
    put = {
        "TableName": table,
        "Item": request_key(request.caller, request.key) | to_item(values),
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    return {"Put": put}


def _count(table: str, evidence: Evidence, limits: Limits) -> dict[str, Any]:
    """Count it under its party's limits: how many files, and how large together."""
    values = {
        ":one": 1,
        ":size": evidence.size_bytes,
        ":none": 0,
        ":most": limits.files - 1,
        ":room": limits.size_bytes - evidence.size_bytes,
    }
    update = {
        "TableName": table,
        "Key": order_key(evidence.order_id, f"#SHOWN#{evidence.party}"),
        "UpdateExpression": (
            "SET files = if_not_exists(files, :none) + :one,"
            " size_bytes = if_not_exists(size_bytes, :none) + :size"
        ),
        "ConditionExpression": "attribute_not_exists(pk) OR (files <= :most AND size_bytes <= :room)",
        "ExpressionAttributeValues": to_item(values),
    }
    return {"Update": update}
