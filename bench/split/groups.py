"""The independent pieces of an instance: goods of one merchant whose kinds agree never share anything with others.

A SKU stands in one line, so that the stock of a group is its own, too.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.split.checking import KINDS, Object, takes_one

Whole = NDArray[np.int64]


class Lane(NamedTuple):
    """A service from one warehouse. *price* of each chargeable gram, with handling and surcharges."""

    warehouse: int
    carrier: str
    price: Whole
    max_grams: int
    max_cm3: int
    divisor: int | None
    most: Whole  # Units of each item that may lie in one parcel, as far as each alone goes.


class Group(NamedTuple):
    merchant: str
    skus: tuple[str, ...]
    quantity: Whole
    grams: Whole
    cm3: Whole
    worth: Whole
    cap: int | None
    sort: Whole  # Bit of each item's category.
    never_with: Whole  # Bits of the categories that must not lie with it.
    warehouses: tuple[str, ...]
    stock: Whole  # By warehouse and item; what no service takes is left out.
    lanes: tuple[Lane, ...]


def groups(instance: Object) -> list[Group]:
    """The groups of an instance that can be shipped."""
    together: dict[tuple[Any, ...], list[Object]] = {}
    for line in instance["lines"]:
        together.setdefault((line["merchant"], *(line[kind] for kind in KINDS)), []).append(line)
    return [_group(instance, lines) for lines in together.values()]


def chargeable(lane: Lane, grams: Whole, cm3: Whole) -> Whole:
    if lane.divisor is None:
        return grams
    return np.maximum(grams, -(-1000 * cm3 // lane.divisor))


def price_of(lane: Lane, grams: Whole, cm3: Whole) -> Whole:
    return lane.price[chargeable(lane, grams, cm3)]


def _group(instance: Object, lines: list[Object]) -> Group:
    sorts = {name: number for number, name in enumerate(dict.fromkeys(line["category"] for line in lines))}
    cap = instance["cross_border_cap"] if lines[0]["cross_border"] else None
    warehouses = tuple(instance["warehouses"])
    offered = [_lanes(instance, lines, index) for index in range(len(warehouses))]
    held = [
        [instance["warehouses"][name]["stock"].get(line["sku"], 0) for line in lines] for name in warehouses
    ]
    taken = [[any(lane.most[item] for lane in lanes) for item in range(len(lines))] for lanes in offered]
    quantity = _whole(line["qty"] for line in lines)
    return Group(
        merchant=lines[0]["merchant"],
        skus=tuple(line["sku"] for line in lines),
        quantity=quantity,
        grams=_whole(line["unit_weight_g"] for line in lines),
        cm3=_whole(line["unit_volume_cm3"] for line in lines),
        worth=_whole(line["unit_price"] for line in lines),
        cap=cap,
        sort=_whole(1 << sorts[line["category"]] for line in lines),
        never_with=_whole(_forbidden(instance, sorts, line["category"]) for line in lines),
        warehouses=warehouses,
        stock=np.minimum(np.array(held, dtype=np.int64) * np.array(taken, dtype=np.int64), quantity),
        lanes=tuple(lane for lanes in offered for lane in lanes if lane.most.any()),
    )


def _lanes(instance: Object, lines: list[Object], warehouse: int) -> list[Lane]:
    whole = list(instance["warehouses"].values())[warehouse]
    cap = instance["cross_border_cap"] if lines[0]["cross_border"] else None
    lanes = []
    for name in dict.fromkeys(whole["carriers"]):
        carrier = instance["carriers"][name]
        most = [_most(carrier, line, cap) * takes_one(instance, carrier, line) for line in lines]
        held = [whole["stock"].get(line["sku"], 0) for line in lines]
        wanted = [line["qty"] for line in lines]
        surcharges = sum(carrier["surcharges"].get(kind, 0) for kind in ("bulky", "hazard") if lines[0][kind])
        lanes.append(
            Lane(
                warehouse=warehouse,
                carrier=name,
                price=_price_by_gram(carrier) + surcharges + whole["handling"],
                max_grams=carrier["max_weight_g"],
                max_cm3=carrier["max_volume_cm3"],
                divisor=carrier["volumetric_divisor"],
                most=_whole(min(*limits) for limits in zip(most, held, wanted, strict=True)),
            )
        )
    return lanes


def _most(carrier: Object, line: Object, cap: int | None) -> int:
    limits: list[tuple[int, int]] = [
        (carrier["max_weight_g"], line["unit_weight_g"]),
        (carrier["max_volume_cm3"], line["unit_volume_cm3"]),
    ]
    if cap is not None:
        limits.append((cap, line["unit_price"]))
    wanted: int = line["qty"]
    return min((limit // each for limit, each in limits if each), default=wanted)


def _price_by_gram(carrier: Object) -> Whole:
    heaviest = carrier["max_weight_g"]
    if carrier["volumetric_divisor"] is not None:
        heaviest = max(heaviest, -(-1000 * carrier["max_volume_cm3"] // carrier["volumetric_divisor"]))
    grams = np.arange(heaviest + 1, dtype=np.int64)
    price = np.zeros_like(grams)
    for band in reversed(carrier["bands"]):
        below = grams <= band["upto_g"]
        begun = -(-(grams[below] - band["over_g"]) // band["step_g"])
        price[below] = band["base"] + band["step_price"] * begun
    return price


def _forbidden(instance: Object, sorts: dict[str, int], category: str) -> int:
    pairs = [set(pair) for pair in instance["incompatible"]]
    return sum(1 << number for name, number in sorts.items() if {name, category} in pairs)


def _whole(amounts: Any) -> Whole:
    return np.array(list(amounts), dtype=np.int64)
