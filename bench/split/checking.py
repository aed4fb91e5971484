"""What does an answer cost, and which rules does it break? Written from the format's description alone.

Instances and answers are taken as they stand on their lines, so that nothing of the product lies in between.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Object = Mapping[str, Any]
KINDS = ("cross_border", "bulky", "hazard")


class Verdict(NamedTuple):
    price: int | None  # None where something is broken, or the order was rightly not shipped.
    broken: tuple[str, ...]


def checked(instance: Object, answer: Object) -> Verdict:
    """The price of *answer*, or the rules that it breaks."""
    if answer.get("id") != instance["id"]:
        return Verdict(None, ("the answer is for another instance",))
    if answer["parcels"] is None:
        return Verdict(None, tuple(_refused_in_vain(instance, answer)))
    broken = list(_malformed(answer["parcels"]))
    if broken:
        return Verdict(None, tuple(broken))
    for number, parcel in enumerate(answer["parcels"], 1):
        broken += [f"parcel {number}: {rule}" for rule in _broken_by(instance, parcel)]
    broken += _wrong_totals(instance, answer["parcels"])
    if broken:
        return Verdict(None, tuple(broken))
    return Verdict(sum(parcel_price(instance, parcel) for parcel in answer["parcels"]), ())


def parcel_price(instance: Object, parcel: Object) -> int:
    """Freight by the chargeable weight, surcharges once each, handling."""
    carrier = instance["carriers"][parcel["carrier"]]
    units = [_line(instance, packed["sku"]) for packed in parcel["lines"]]
    surcharges: int = sum(
        carrier["surcharges"].get(kind, 0)
        for kind in ("bulky", "hazard")
        if any(unit[kind] for unit in units)
    )
    handling: int = instance["warehouses"][parcel["warehouse"]]["handling"]
    return freight(carrier, *_size(instance, parcel)) + surcharges + handling


def freight(carrier: Object, grams: int, cm3: int) -> int:
    """By the first band that reaches the chargeable weight."""
    chargeable = _chargeable(carrier, grams, cm3)
    for band in carrier["bands"]:
        if chargeable <= band["upto_g"]:
            price: int = band["base"] + band["step_price"] * _ceiling(
                chargeable - band["over_g"], band["step_g"]
            )
            return price
    raise ValueError(f"{carrier['name']} has no price for {chargeable} g")


def can_be_shipped(instance: Object) -> bool:
    """A unit alone is the easiest parcel, so an order ships when each line does, unit by unit."""
    return not unshippable(instance)


def unshippable(instance: Object) -> list[str]:
    """The SKUs of which not all units can leave."""
    return [line["sku"] for line in instance["lines"] if _leaving(instance, line) < line["qty"]]


def takes_one(instance: Object, carrier: Object, line: Object) -> bool:
    """Whether *carrier* takes a parcel of one unit."""
    over_cap = line["cross_border"] and line["unit_price"] > instance["cross_border_cap"]
    return not (
        over_cap
        or any(kind in carrier["refuses"] for kind in _kinds(line))
        or line["unit_weight_g"] > carrier["max_weight_g"]
        or line["unit_volume_cm3"] > carrier["max_volume_cm3"]
    )


def _leaving(instance: Object, line: Object) -> int:
    carriers = instance["carriers"]
    return sum(
        warehouse["stock"].get(line["sku"], 0)
        for warehouse in instance["warehouses"].values()
        if any(takes_one(instance, carriers[name], line) for name in warehouse["carriers"])
    )


def _refused_in_vain(instance: Object, answer: Object) -> Iterator[str]:
    if can_be_shipped(instance):
        yield "the order can be shipped"
    if not isinstance(answer.get("reason"), str) or not answer["reason"]:
        yield "no reason is given"


def _malformed(parcels: Any) -> Iterator[str]:
    if not isinstance(parcels, list):
        yield "parcels is not a list"
        return
    for number, parcel in enumerate(parcels, 1):
        if not isinstance(parcel, dict) or parcel.keys() != {"merchant", "warehouse", "carrier", "lines"}:
            yield f"parcel {number}: not merchant, warehouse, carrier and lines"
            continue
        for packed in parcel["lines"]:
            if packed.keys() != {"sku", "qty"} or type(packed["qty"]) is not int:
                yield f"parcel {number}: a line is not sku and a whole qty"


def _broken_by(instance: Object, parcel: Object) -> Iterator[str]:
    known = {line["sku"] for line in instance["lines"]}
    warehouse = instance["warehouses"].get(parcel["warehouse"])
    skus = [packed["sku"] for packed in parcel["lines"]]
    if not skus or any(packed["qty"] < 1 for packed in parcel["lines"]):
        yield "a quantity is not positive, or nothing is in it"
    elif len(set(skus)) < len(skus):
        yield "a SKU is named twice"
    elif not known.issuperset(skus):
        yield "a SKU is not ordered"
    elif warehouse is None:
        yield "there is no such warehouse"
    elif parcel["carrier"] not in warehouse["carriers"]:
        yield "the carrier is not this warehouse's"
    else:
        yield from _mixed(instance, parcel)
        yield from _not_carried(instance, parcel)


def _mixed(instance: Object, parcel: Object) -> Iterator[str]:
    units = [_line(instance, packed["sku"]) for packed in parcel["lines"]]
    if {unit["merchant"] for unit in units} != {parcel["merchant"]}:
        yield "goods of another merchant"
    for kind in KINDS:
        if len({unit[kind] for unit in units}) > 1:
            yield f"{kind} and other units together"
    categories = {unit["category"] for unit in units}
    for one, other in instance["incompatible"]:
        if one in categories and other in categories:
            yield f"{one} and {other} together"


def _not_carried(instance: Object, parcel: Object) -> Iterator[str]:
    carrier = instance["carriers"][parcel["carrier"]]
    units = [(_line(instance, packed["sku"]), packed["qty"]) for packed in parcel["lines"]]
    grams, cm3 = _size(instance, parcel)
    refused = {kind for unit, _ in units for kind in _kinds(unit)} & set(carrier["refuses"])
    if refused:
        yield f"the carrier refuses {', '.join(sorted(refused))}"
    if grams > carrier["max_weight_g"]:
        yield "too heavy"
    if cm3 > carrier["max_volume_cm3"]:
        yield "too large"
    worth = sum(unit["unit_price"] * quantity for unit, quantity in units)
    if any(unit["cross_border"] for unit, _ in units) and worth > instance["cross_border_cap"]:
        yield "worth more than the customs cap"


def _wrong_totals(instance: Object, parcels: list[Object]) -> Iterator[str]:
    sent, left = Counter[str](), Counter[tuple[str, str]]()
    for parcel in parcels:
        for packed in parcel["lines"]:
            sent[packed["sku"]] += packed["qty"]
            left[parcel["warehouse"], packed["sku"]] += packed["qty"]
    for line in instance["lines"]:
        if sent[line["sku"]] != line["qty"]:
            yield f"{sent[line['sku']]} of {line['sku']} instead of {line['qty']}"
    for (name, sku), quantity in left.items():
        if quantity > instance["warehouses"].get(name, {"stock": {}})["stock"].get(sku, 0):
            yield f"{name} has fewer than {quantity} of {sku}"


def _kinds(line: Object) -> list[str]:
    return [kind for kind in KINDS if line[kind]] + ([] if line["cross_border"] else ["domestic"])


def _line(instance: Object, sku: str) -> Object:
    found: Object = next(line for line in instance["lines"] if line["sku"] == sku)
    return found


def _size(instance: Object, parcel: Object) -> tuple[int, int]:
    units = [(_line(instance, packed["sku"]), packed["qty"]) for packed in parcel["lines"]]
    grams = sum(unit["unit_weight_g"] * quantity for unit, quantity in units)
    return grams, sum(unit["unit_volume_cm3"] * quantity for unit, quantity in units)


def _chargeable(carrier: Object, grams: int, cm3: int) -> int:
    divisor = carrier["volumetric_divisor"]
    return grams if divisor is None else max(grams, _ceiling(1000 * cm3, divisor))


def _ceiling(amount: int, unit: int) -> int:
    return -(-amount // unit)
