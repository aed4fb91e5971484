"""Publishing: up to forty records of one kind, all or nothing, each as its next version.

A record that is published again as it stands is left alone. Prices, promises and members change at once for whoever
checks out next; orders that were placed keep what they were shown.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from shared.catalogue.contract_records import ContractRecord
from shared.catalogue.fields import Fault
from shared.catalogue.live import (
    contract_of,
    freight_of,
    levels_of,
    member_values,
    pairs_of,
    payment_methods_of,
    promotion_of,
    return_policy_of,
    service_of,
    sku_of,
    template_of,
    warehouse_values,
)
from shared.catalogue.misfits import misfits, more_left
from shared.catalogue.reading import as_published, read_record
from shared.catalogue.records import (
    CouponRecord,
    FreightTemplateRecord,
    MemberRecord,
    PolicyRecord,
    PromotionRecord,
    Record,
    SkuRecord,
)
from shared.catalogue.return_records import ReturnPolicyRecord
from shared.catalogue.shipping_records import CarrierServiceRecord, SeparationRecord, WarehouseRecord
from shared.changes import Caller, Request
from shared.commands import RACES_MAX, Shop
from shared.errors import Conflict, OrderError
from shared.policy import Action, require_role
from shared.store.catalogue import (
    IN_SHIPPING,
    PLATFORM_WIDE,
    AlreadyPublished,
    CatalogueStore,
    Publication,
    Release,
    Released,
    Standing,
)
from shared.store.items import from_item, to_item
from shared.store.shipping_items import service_entry
from shared.store.terms_items import named

RECORDS_MAX = 40  # A version and a live place each, and the key: within one transaction.
TERMS_BYTES_MAX = 100 * 1024  # Every checkout reads them.
SHIPPING_BYTES_MAX = 300 * 1024  # Every split reads them, and an item holds no more than 400 KB.
SECTIONS = {
    "promotion": "promotions",
    "freight_template": "freight",
    "return_policy": "returns",
    "contract": "contracts",
    "warehouse": "warehouses",
    "carrier_service": "services",
}


class CatalogueRefused(OrderError):
    """*rows* says of each bad record its index, the place in it and the reason."""

    status, code = 422, "catalogue_refused"


class TermsTooLarge(OrderError):
    status, code = 422, "terms_too_large"


class Published(NamedTuple):
    results: tuple[Released, ...]  # In the order of the request.
    is_repeat: bool = False


def publish(
    shop: Shop,
    kind: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    caller: Caller,
    now: int,
    request: Request,
    dry_run: bool = False,
) -> Published:
    """Publish *rows*, once per *request*; with *dry_run* say what would become of them, and write nothing.

    Raises ``CatalogueRefused`` with every bad row, ``TermsTooLarge``, ``KeyReused``, ``Conflict``.
    """
    require_role(caller, Action.PUBLISH_CATALOGUE)
    assert 0 < len(rows) <= RECORDS_MAX, "the door lets no more in"
    store = CatalogueStore(shop.outside, shop.settings)
    read = tuple(read_record(kind, row) for row in rows)
    ids = tuple(dict.fromkeys(record.id for record in read if not isinstance(record, tuple)))
    for _ in range(RACES_MAX):
        try:
            publication = planned(kind, read, store.read(kind, ids), now=now, request=request)
        except (CatalogueRefused, TermsTooLarge):
            before = None if dry_run else store.published(request)
            if before is None:
                raise
            return Published(before, is_repeat=True)
        if dry_run:
            return Published(publication.results)
        try:
            store.write(publication)
        except AlreadyPublished as done:
            return Published(done.results, is_repeat=True)
        except Conflict:
            continue
        return Published(publication.results)
    raise Conflict("others keep publishing: repeat with the same key")


def planned(
    kind: str,
    read: Sequence[Record | tuple[Fault, ...]],
    standing: Standing,
    *,
    now: int,
    request: Request,
) -> Publication:
    """What publishing these records writes, as things stand. *read* holds records, or what is wrong with them."""
    faults = [
        {"index": index, "at": fault.at, "reason": fault.reason}
        for index, record in enumerate(read)
        for fault in (record if isinstance(record, tuple) else misfits(kind, index, read, standing))
    ]
    if faults:
        raise CatalogueRefused("some records cannot be published", rows=faults)
    records = [record for record in read if not isinstance(record, tuple)]
    releases, results = [], []
    for record in records:
        release = _release(record, standing)
        before = standing.newest.get(record.id)
        is_changed = before is None or before.record != release.record
        results.append(
            Released(record.id, release.version if is_changed else release.version - 1, is_changed)
        )
        releases += [release] if is_changed else []
    changed = {release.id: release.version for release in releases}
    terms = None
    if kind in PLATFORM_WIDE and changed:
        terms = _terms_with([record for record in records if record.id in changed], changed, standing.terms)
        _require_room(terms, SHIPPING_BYTES_MAX if kind in IN_SHIPPING else TERMS_BYTES_MAX)
    return Publication(kind, now, request, tuple(results), tuple(releases), terms)


def _release(record: Record, standing: Standing) -> Release:
    before = standing.newest.get(record.id)
    version = before.number + 1 if before else 1
    kept = from_item(to_item(as_published(record)))  # As it will be read again: tuples, no absent fields.
    match record:
        case SkuRecord():
            return Release(record.id, version, kept, sku_of(record)._asdict())
        case MemberRecord():
            return Release(record.id, version, kept, member_values(record))
        case CouponRecord():
            live = template_of(record, version)._asdict() | {
                "terms": named(template_of(record, version).terms)
            }
            del live["left"]
            more = more_left(record, standing)
            return Release(record.id, version, kept, live, more, is_endless=record.total is None)
    return Release(record.id, version, kept)


def _terms_with(
    records: Sequence[Record], versions: Mapping[str, int], terms: Mapping[str, Any]
) -> dict[str, Any]:
    """The terms with these records in them, one version further. What is retired leaves them."""
    after = dict(terms) | {"version": terms.get("version", 0) + 1}
    for record in records:
        if isinstance(record, PolicyRecord | SeparationRecord):
            after |= _platform(record)
            continue
        section = SECTIONS[record.KIND]
        entries = {id: entry for id, entry in after.get(section, {}).items() if id != record.id}
        if (entry := _entry(record)) is not None:
            entries[record.id] = entry | {"version": versions[record.id]}
        after[section] = entries
    return {name: value for name, value in after.items() if value is not None}


def _require_room(terms: Mapping[str, Any], maximum: int) -> None:
    size = len(json.dumps(terms, ensure_ascii=False).encode())
    if size > maximum:
        raise TermsTooLarge("retire what no longer runs", bytes=size, maximum=maximum)


ENTRIES: Mapping[type[Any], Callable[[Any], dict[str, Any]]] = {
    PromotionRecord: lambda record: named(promotion_of(record)),
    FreightTemplateRecord: lambda record: named(freight_of(record)),
    ReturnPolicyRecord: lambda record: return_policy_of(record).stored(),
    ContractRecord: lambda record: contract_of(record).stored(),
    WarehouseRecord: lambda record: dict(warehouse_values(record)),
    CarrierServiceRecord: lambda record: service_entry(service_of(record)),
}


def _entry(record: Record) -> dict[str, Any] | None:
    """The record as the platform-wide item holds it; None: it does not, for it is retired."""
    return None if getattr(record, "is_retired", False) else ENTRIES[type(record)](record)


def _platform(record: PolicyRecord | SeparationRecord) -> dict[str, Any]:
    """What there is one of says everything anew: a number that it does not name is as the settings say."""
    if isinstance(record, SeparationRecord):
        return {"apart": pairs_of(record)}
    return {
        "policy": record.numbers,
        "countries": record.countries,
        "levels": {name: named(level) for name, level in levels_of(record).items()},
        "payment_methods": {name: named(method) for name, method in payment_methods_of(record).items()},
    }
