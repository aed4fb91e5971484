"""What operators published: every version of every record, and the places where the newest one is live.

Catalogue  <KIND>#<id>        V#<version>  one version, never edited: {version, record, at, by, terms_version?,
                                           shipping_version?}
           TERMS              CURRENT      what every checkout goes by (``shared.store.terms_items``), written whole
           TERMS              SHIPPING     what splits go by (``shared.store.shipping_items``), written whole
           COUPON#<template>  CURRENT      what coupons are issued from; ``left`` belongs to those who issue
           KEY#<role>#<who>   KEY#<key>    a caller's Idempotency-Key and what it was answered (expires_at)
Stock      SKU#<sku>          STOCK        ``offer`` and ``offer_version``, beside the counters
Members    MEMBER#<id>        MEMBER       ``level``, ``risk_score`` and ``record_version``, beside the wallet

One request is one transaction: the key, the new versions, and their live places. What a failed condition means:

    the key row exists     ``AlreadyPublished``  the same request was here before: answer like then
    anything else          ``Conflict``          somebody published meanwhile: read again, decide again
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from shared.changes import Request
from shared.errors import Conflict, KeyReused
from shared.outside import Outside
from shared.settings import Settings
from shared.store.counters import stock_key
from shared.store.items import Item, from_item, to_item
from shared.store.orders import request_key
from shared.store.reading import batch_get
from shared.store.shipping_items import SHIPPING_KEY
from shared.store.terms_items import TERMS_KEY, coupon_template_key, member_key
from shared.store.transactions import transact
from shared.store.writing import KEY_SECONDS

IN_TERMS = ("freight_template", "promotion", "policy", "return_policy", "contract")
IN_SHIPPING = ("warehouse", "carrier_service", "separation")
PLATFORM_WIDE = dict.fromkeys(IN_TERMS, TERMS_KEY) | dict.fromkeys(IN_SHIPPING, SHIPPING_KEY)


class Version(NamedTuple):
    """A record as it was published. Its times are RFC 3339, as operators write them."""

    number: int
    record: Mapping[str, Any]
    at: int
    by: str


class Standing(NamedTuple):
    """What a decision to publish knows: newest versions, and what they must fit together with."""

    newest: Mapping[str, Version]  # By id. What was never published is not in it.
    terms: Mapping[str, Any]  # The platform-wide item that the kind lives in or must fit, or nothing.
    left: Mapping[str, int]  # Template -> how many coupons of it may still be issued, where there is an end.


class Released(NamedTuple):
    """What became of one record."""

    id: str
    version: int
    is_changed: bool


class Release(NamedTuple):
    """A record's next version. *live* is what its own live place holds; a kind that lives in the terms has none."""

    id: str
    version: int
    record: Mapping[str, Any]
    live: Mapping[str, Any] | None = None
    more_left: int | None = None  # A coupon template's budget grows by so much, or shrinks.
    is_endless: bool = False  # A coupon template has no budget any more.


class Publication(NamedTuple):
    """Everything one transaction writes."""

    kind: str
    at: int
    request: Request
    results: tuple[Released, ...]
    releases: tuple[Release, ...]  # Of what changed.
    terms: Mapping[str, Any] | None = None  # The kind's platform-wide item, one version further.


class AlreadyPublished(Exception):
    """The request's key was used before, by the same request."""

    def __init__(self, results: tuple[Released, ...]) -> None:
        super().__init__("this request was carried out before")
        self.results = results


class CatalogueStore:
    def __init__(self, outside: Outside, settings: Settings) -> None:
        self._outside, self._settings = outside, settings

    def read(self, kind: str, ids: Sequence[str]) -> Standing:
        """What stands now, consistently: one small query for each id."""
        newest = {id: found[0] for id in ids if (found := self.history(kind, id, limit=1))}
        terms = self.terms(kind) if kind in PLATFORM_WIDE or kind == "member" else {}
        left = self._left(tuple(newest)) if kind == "coupon" and newest else {}
        return Standing(newest, terms, left)

    def history(self, kind: str, id: str, *, before: int | None = None, limit: int) -> tuple[Version, ...]:
        """Versions of a record, newest first, older than *before*."""
        answer = self._outside.aws(
            "dynamodb",
            "query",
            TableName=self._settings.catalogue_table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":pk": {"S": _history_pk(kind, id)},
                ":first": {"S": "V#"},
                ":last": {"S": "V#~" if before is None else f"V#{max(before - 1, 0):08}"},
            },
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=limit,
        )
        values = (from_item(item) for item in answer["Items"])
        return tuple(Version(v["version"], v["record"], v["at"], v["by"]) for v in values)

    def terms(self, kind: str) -> dict[str, Any]:
        """The platform-wide item that *kind* belongs to, as it is stored; nothing when nothing was published."""
        found = self._get(PLATFORM_WIDE.get(kind, TERMS_KEY))
        return {name: value for name, value in from_item(found or {}).items() if name not in ("pk", "sk")}

    def published(self, request: Request) -> tuple[Released, ...] | None:
        """What this key was answered, if it was used. Raises ``KeyReused`` when it was another request."""
        found = self._get(request_key(request.caller, request.key))
        return None if found is None else _results_in(found, request)

    def write(self, publication: Publication) -> None:
        """Write it, all of it or nothing. Raises as the module says; ``Unavailable`` when throttled."""
        reasons = transact(self._outside, tuple(writes_of(self._settings, publication)))
        if not reasons:
            return
        if reasons[0] is not None:
            raise AlreadyPublished(_results_in(reasons[0]["Item"], publication.request))
        raise Conflict("somebody else published meanwhile")

    def _left(self, template_ids: tuple[str, ...]) -> dict[str, int]:
        keys = [coupon_template_key(template_id) for template_id in template_ids]
        wanted = {self._settings.catalogue_table: {"Keys": keys, "ConsistentRead": True}}
        found = (from_item(item) for _, item in batch_get(self._outside, wanted))
        return {values["template_id"]: values["left"] for values in found if "left" in values}

    def _get(self, key: Item) -> Item | None:
        found: Item | None = self._outside.aws(
            "dynamodb", "get_item", TableName=self._settings.catalogue_table, Key=key, ConsistentRead=True
        ).get("Item")
        return found


def writes_of(settings: Settings, publication: Publication) -> Iterator[dict[str, Any]]:
    """The transaction's writes, the key first."""
    table, terms = settings.catalogue_table, publication.terms
    yield _key_put(table, publication)
    for release in publication.releases:
        yield _put_new(table, _version_item(publication, release))
    for release in publication.releases:
        match publication.kind:
            case "sku":
                yield _offer_update(settings.stock_table, release)
            case "coupon":
                yield _template_update(table, release)
            case "member":
                yield _member_update(settings.members_table, release)
    if terms is not None:
        item = PLATFORM_WIDE[publication.kind] | to_item(terms)
        believed = _believed("version", terms["version"])
        yield {"Put": {"TableName": table, "Item": item, **believed.condition}}


class _Believed(NamedTuple):
    """The condition that a live place still holds the version before the one we are writing."""

    condition: dict[str, Any]

    def with_values(self, **values: Any) -> dict[str, Any]:
        read = self.condition.get("ExpressionAttributeValues", {})
        return self.condition | {
            "ExpressionAttributeValues": read | to_item({f":{n}": v for n, v in values.items()})
        }


def _believed(attribute: str, version: int) -> _Believed:
    if version == 1:
        return _Believed({"ConditionExpression": f"attribute_not_exists({attribute})"})
    read = {"ExpressionAttributeValues": to_item({":read": version - 1})}
    return _Believed({"ConditionExpression": f"{attribute} = :read"} | read)


def _offer_update(table: str, release: Release) -> dict[str, Any]:
    """The counters are not touched: a new SKU begins without any."""
    return {
        "Update": {
            "TableName": table,
            "Key": stock_key(release.id),
            "UpdateExpression": "SET sku = :sku, offer = :offer, offer_version = :version, "
            "warehouses = if_not_exists(warehouses, :nowhere)",
            **_believed("offer_version", release.version).with_values(
                sku=release.id, offer=release.live, version=release.version, nowhere={}
            ),
        }
    }


def _member_update(table: str, release: Release) -> dict[str, Any]:
    """The wallet is not touched."""
    assert release.live is not None
    return {
        "Update": {
            "TableName": table,
            "Key": member_key(release.id),
            "UpdateExpression": "SET #level = :level, risk_score = :risk_score, record_version = :version",
            "ExpressionAttributeNames": {"#level": "level"},
            **_believed("record_version", release.version).with_values(
                version=release.version, **release.live
            ),
        }
    }


def _template_update(table: str, release: Release) -> dict[str, Any]:
    """Every field but ``left`` is set anew. What may still be issued grows or shrinks, and never below nothing."""
    assert release.live is not None
    values = {**release.live, "version": release.version}
    names = {f"#{name}": name for name in values}
    sets = [f"#{name} = :{name}" for name in values]
    update = _believed("#version", release.version).with_values(**values)
    if release.more_left is not None:
        values_left, names["#left"] = to_item({":more": release.more_left, ":none": 0}), "left"
        sets.append("#left = if_not_exists(#left, :none) + :more")
        if release.more_left < 0:
            values_left |= to_item({":least": -release.more_left})
            update["ConditionExpression"] += " AND #left >= :least"
        update["ExpressionAttributeValues"] |= values_left
    expression = "SET " + ", ".join(sets)
    if release.is_endless:
        expression, names["#left"] = f"{expression} REMOVE #left", "left"
    key = {"TableName": table, "Key": coupon_template_key(release.id)}
    return {"Update": key | {"UpdateExpression": expression, "ExpressionAttributeNames": names} | update}


def _version_item(publication: Publication, release: Release) -> Item:
    version_of_terms = "shipping_version" if publication.kind in IN_SHIPPING else "terms_version"
    values = {
        "version": release.version,
        "record": release.record,
        "at": publication.at,
        "by": publication.request.caller.id,
        version_of_terms: publication.terms and publication.terms["version"],
    }
    key = {"pk": _history_pk(publication.kind, release.id), "sk": f"V#{release.version:08}"}
    return to_item(key | values)


def _key_put(table: str, publication: Publication) -> dict[str, Any]:
    request = publication.request
    values = {
        "fingerprint": request.fingerprint,
        "results": publication.results,
        "expires_at": publication.at + KEY_SECONDS,
    }
    write = _put_new(table, request_key(request.caller, request.key) | to_item(values))
    write["Put"]["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return write


def _results_in(item: Mapping[str, Any], request: Request) -> tuple[Released, ...]:
    stored = from_item(item)
    if stored["fingerprint"] != request.fingerprint:
        raise KeyReused("this Idempotency-Key already stood for another request")
    return tuple(Released(*result) for result in stored["results"])


def _history_pk(kind: str, id: str) -> str:
    return f"{kind.upper()}#{id}"


def _put_new(table: str, item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Put": {"TableName": table, "Item": dict(item), "ConditionExpression": "attribute_not_exists(pk)"}
    }
