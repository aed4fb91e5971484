"""What is wrong with a record only beside others: in the same request, or published before."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeGuard

from shared.aftersale.return_policy import ReturnPolicy
from shared.catalogue.contract_records import ContractRecord
from shared.catalogue.fields import Fault
from shared.catalogue.live import return_policy_of
from shared.catalogue.records import (
    ID_FIELDS,
    CouponRecord,
    FreightTemplateRecord,
    MemberRecord,
    Record,
)
from shared.catalogue.return_records import ReturnPolicyRecord
from shared.catalogue.shipping_records import CarrierServiceRecord, WarehouseRecord
from shared.store.catalogue import Standing


def misfits(
    kind: str, index: int, read: Sequence[Record | tuple[Fault, ...]], standing: Standing
) -> Iterator[Fault]:
    """Every fault that the record at *index* has beside the others."""
    record = read[index]
    assert not isinstance(record, tuple)
    if any(not isinstance(other, tuple) and other.id == record.id for other in read[:index]):
        yield Fault(ID_FIELDS[kind], "is named twice")
    match record:
        case MemberRecord(level=level) if level and level not in standing.terms.get("levels", {}):
            yield Fault("level", "is no level of the policy")
        case CouponRecord(total=int()):
            yield from _too_few(record, standing)
        case FreightTemplateRecord(is_retired=False):
            yield from _rivals(record, read[:index], standing)
        case CarrierServiceRecord(is_retired=False):
            yield from _strange_warehouses(record, standing.terms)
        case ContractRecord(is_retired=False):
            yield from _other_contracts(record, read[:index], standing)
        case ReturnPolicyRecord(is_retired=False):
            yield from _strange_levels(record, standing.terms)
            yield from _ties(record, index, read, standing)
        case WarehouseRecord():
            yield from _left_behind(record, standing.terms)


def more_left(record: CouponRecord, standing: Standing) -> int | None:
    """By how much its budget grows. The first one counts from when it is set."""
    if record.total is None:
        return None
    before = standing.newest.get(record.id)
    return record.total - (before.record.get("total", 0) if before else 0)


def _too_few(record: CouponRecord, standing: Standing) -> Iterator[Fault]:
    if standing.left.get(record.id, 0) + (more_left(record, standing) or 0) < 0:
        yield Fault("total", "must not be less than were issued")


def _rivals(
    record: FreightTemplateRecord, earlier: Sequence[Record | tuple[Fault, ...]], standing: Standing
) -> Iterator[Fault]:
    """Templates that serve the same merchant in the same currency: a checkout would not know which to take."""
    published = standing.terms.get("freight", {})
    served = {id: (entry["merchant_id"], entry["currency"]) for id, entry in published.items()}
    for other in earlier:
        if isinstance(other, FreightTemplateRecord):
            served[other.id] = (other.merchant_id, other.currency)
            if other.is_retired:
                del served[other.id]
    mine = (record.merchant_id, record.currency)
    rivals = sorted(id for id, served_by in served.items() if served_by == mine and id != record.id)
    if rivals:
        yield Fault("merchant_id", f"has another template in this currency: {', '.join(rivals)}")


def _other_contracts(
    record: ContractRecord, earlier: Sequence[Record | tuple[Fault, ...]], standing: Standing
) -> Iterator[Fault]:
    """Contracts of the same merchant: nobody could say which of them holds."""
    bound = {id: entry.get("merchant_id", "") for id, entry in standing.terms.get("contracts", {}).items()}
    for other in earlier:
        if isinstance(other, ContractRecord):
            bound[other.id] = other.merchant_id
            if other.is_retired:
                del bound[other.id]
    others = sorted(
        id for id, merchant in bound.items() if merchant == record.merchant_id and id != record.id
    )
    if others:
        yield Fault("merchant_id", f"has another contract: {', '.join(others)}")


def _strange_levels(record: ReturnPolicyRecord, terms: Mapping[str, Any]) -> Iterator[Fault]:
    """A policy for a level that nobody can have would never hold."""
    for number, level in enumerate(record.levels):
        if level not in terms.get("levels", {}):
            yield Fault(f"levels/{number}", "is no level of the policy")


def _ties(
    record: ReturnPolicyRecord,
    index: int,
    read: Sequence[Record | tuple[Fault, ...]],
    standing: Standing,
) -> Iterator[Fault]:
    """Policies as specific as this one, for some of the same goods: nobody could say which of them holds."""
    others = [return_policy_of(other) for other in read[:index] if _is_policy(other)]
    meant = {other.id for other in read if isinstance(other, ReturnPolicyRecord)}
    published = standing.terms.get("returns", {}).values()
    others += [ReturnPolicy.of(entry) for entry in published if entry["policy_id"] not in meant]
    mine = return_policy_of(record)
    for other in sorted(others, key=lambda policy: policy.policy_id):
        if (at := _tie(mine, other)) is not None:
            yield Fault(at, f"holds for the same goods in the same way as {other.policy_id}")


def _is_policy(record: Record | tuple[Fault, ...]) -> TypeGuard[ReturnPolicyRecord]:
    return isinstance(record, ReturnPolicyRecord) and not record.is_retired


def _tie(one: ReturnPolicy, other: ReturnPolicy) -> str | None:
    """Where *one* says what *other* says too, if nothing tells them apart.

    >>> food, gold = ReturnPolicy("a", categories=("tea", "food")), ReturnPolicy("b", levels=("gold",))
    >>> _tie(food, ReturnPolicy("c", categories=("food",))), _tie(food, gold)
    ('categories/1', None)
    """
    if one.policy_id == other.policy_id or one.merchant_id != other.merchant_id:
        return None
    at = "merchant_id"
    for name in ("levels", "categories"):
        mine, theirs = getattr(one, name), getattr(other, name)
        if bool(mine) != bool(theirs):
            return None
        both = [number for number, value in enumerate(mine) if value in theirs]
        if mine and not both:
            return None
        at = f"{name}/{both[0]}" if both else at
    return at


def _strange_warehouses(record: CarrierServiceRecord, terms: Mapping[str, Any]) -> Iterator[Fault]:
    """A parcel's price is freight and handling together, so both are in one currency."""
    published = terms.get("warehouses", {})
    for number, warehouse_id in enumerate(record.warehouses):
        at = f"warehouses/{number}"
        if warehouse_id not in published:
            yield Fault(at, "is no warehouse that is published")
        elif (currency := published[warehouse_id]["currency"]) != record.currency:
            yield Fault(at, f"charges for handling in {currency}, not in {record.currency}")


def _left_behind(record: WarehouseRecord, terms: Mapping[str, Any]) -> Iterator[Fault]:
    """A service never goes from a warehouse that is not there, or that reckons otherwise."""
    served = {
        id: service["currency"]
        for id, service in terms.get("services", {}).items()
        if record.id in service["warehouses"]
    }
    if record.is_retired and served:
        yield Fault("is_retired", f"carrier services go from it still: {', '.join(sorted(served))}")
    elif strange := sorted(id for id, currency in served.items() if currency != record.currency):
        yield Fault("currency", f"carrier services that go from it charge in another: {', '.join(strange)}")
