"""How do the order systems that we know split? Warehouses in a fixed order, parcels by first fit.

Each line is taken from the first warehouses that have it and ship it at all. What is taken from one warehouse goes,
unit by unit, into the first open parcel with which it may go and which some service still takes. A parcel goes by the
service that is cheapest for it in the end. The rules are kept; nothing is searched for.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from bench.split.checking import KINDS, Object, freight, parcel_price, takes_one

Parcel = dict[str, Any]
NEVER = 10**9


def first_fit(instance: Object) -> dict[str, Any]:
    """An answer, to an instance that can be shipped."""
    before: list[str] = []
    parcels: list[Parcel] = []
    for name in priority(instance):
        opened: list[_Opened] = []
        for line, units in _taken(instance, name, before):
            for _ in range(units):
                if not any(parcel.took(line) for parcel in opened):
                    opened.append(_Opened(instance, name, line))
        parcels += [parcel.closed() for parcel in opened]
        before.append(name)
    return {"id": instance["id"], "parcels": parcels}


def priority(instance: Object) -> list[str]:
    """The warehouses as a sensible merchant would put them: first those that send a kilogram for less."""
    return sorted(instance["warehouses"], key=lambda name: _price_of_a_kilogram(instance, name))


def _price_of_a_kilogram(instance: Object, name: str) -> int:
    warehouse = instance["warehouses"][name]
    carriers = [instance["carriers"][carrier] for carrier in warehouse["carriers"]]
    able = [freight(carrier, 1000, 0) for carrier in carriers if carrier["max_weight_g"] >= 1000]
    return min(able, default=NEVER) + int(warehouse["handling"])


def _taken(instance: Object, name: str, before: Sequence[str]) -> Iterator[tuple[Object, int]]:
    """What the warehouse *name* sends, after those *before* it have sent what they have."""
    for line in instance["lines"]:
        left = line["qty"] - sum(_ships(instance, other, line) for other in before)
        units = min(max(left, 0), _ships(instance, name, line))
        if units:
            yield line, units


def _ships(instance: Object, name: str, line: Object) -> int:
    warehouse = instance["warehouses"][name]
    carriers = [instance["carriers"][carrier] for carrier in warehouse["carriers"]]
    held: int = warehouse["stock"].get(line["sku"], 0)
    return held if any(takes_one(instance, carrier, line) for carrier in carriers) else 0


class _Opened:
    """A parcel that is being filled."""

    def __init__(self, instance: Object, warehouse: str, line: Object) -> None:
        self.instance, self.warehouse = instance, warehouse
        self.first = line
        self.grams = self.cm3 = self.worth = 0
        self.categories: set[str] = set()
        self.units: dict[str, int] = {}
        offered = instance["warehouses"][warehouse]["carriers"]
        self.carriers = [name for name in offered if takes_one(instance, instance["carriers"][name], line)]
        self._put(line)

    def took(self, line: Object) -> bool:
        is_fit = self._may_share(line) and self._is_carried(line)
        if is_fit:
            self._put(line)
        return is_fit

    def closed(self) -> Parcel:
        contents = [{"sku": sku, "qty": units} for sku, units in self.units.items()]
        parcels = [
            {
                "merchant": self.first["merchant"],
                "warehouse": self.warehouse,
                "carrier": name,
                "lines": contents,
            }
            for name in self.carriers
            if self._holds(name, self.grams, self.cm3)
        ]
        return min(parcels, key=lambda parcel: parcel_price(self.instance, parcel))

    def _put(self, line: Object) -> None:
        self.units[line["sku"]] = self.units.get(line["sku"], 0) + 1
        self.grams += line["unit_weight_g"]
        self.cm3 += line["unit_volume_cm3"]
        self.worth += line["unit_price"]
        self.categories.add(line["category"])

    def _may_share(self, line: Object) -> bool:
        alike = all(line[field] == self.first[field] for field in ("merchant", *KINDS))
        over = line["cross_border"] and self.worth + line["unit_price"] > self.instance["cross_border_cap"]
        pairs = [pair for pair in self.instance["incompatible"] if line["category"] in pair]
        apart = {one for pair in pairs for one in pair if one != line["category"]}
        return alike and not over and not apart & self.categories

    def _is_carried(self, line: Object) -> bool:
        grams, cm3 = self.grams + line["unit_weight_g"], self.cm3 + line["unit_volume_cm3"]
        return any(self._holds(name, grams, cm3) for name in self.carriers)

    def _holds(self, name: str, grams: int, cm3: int) -> bool:
        carrier = self.instance["carriers"][name]
        return bool(grams <= carrier["max_weight_g"] and cm3 <= carrier["max_volume_cm3"])
