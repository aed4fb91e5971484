"""Made-up orders to split, varied and nasty, the same for the same seed on every machine.

    python -m bench.split.generating --class n8 --count 100 --seed 7 > n8.jsonl

What the format guarantees is kept: prices never fall, every weight within the limits has a price, and outside of the
class ``impossible`` every order can be shipped and no cross-border unit is worth more than the cap.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, NamedTuple

from bench.split.checking import takes_one, unshippable
from bench.split.lanes import freight_for_anything, service

Object = dict[str, Any]
SEED = 20_261
CAP = 500_000
CLASSES = {"n1": 1, "n2": 2, "n3": 3, "n5": 5, "n8": 8, "n12": 12, "n20": 20, "n200": 200, "n500": 500}
IMPOSSIBLE = "impossible"
INCOMPATIBLE = [["fragile", "hard"], ["food", "chemical"], ["liquid", "paper"], ["liquid", "fragile"]]
CATEGORIES = ("general", "fragile", "hard", "food", "chemical", "liquid", "paper")


class World(NamedTuple):
    """What kind of orders there are."""

    often: int
    merchants_max: int
    sorts: int  # So many categories occur.
    cross_border_percent: int
    bulky_percent: int
    hazard_percent: int
    median_grams: int  # Of one unit.
    spread: float  # Of its logarithm.


WORLDS = (
    World(30, 1, 1, 0, 0, 0, 700, 1.49),  # One group, all of which may lie together: the hardest.
    World(10, 1, 1, 0, 0, 0, 250, 0.9),  # Small packets.
    World(15, 1, 1, 0, 0, 0, 4000, 0.8),  # Near the steps and limits of the tariffs.
    World(10, 1, 7, 0, 0, 0, 700, 1.49),  # Much that must not lie together.
    World(20, 4, 4, 15, 8, 10, 700, 1.49),  # A market.
    World(15, 2, 3, 85, 5, 5, 700, 1.2),  # Customs.
)


def instance(name: str, number: int, seed: int = SEED) -> Object:
    """Order *number* of class *name*. It does not depend on which others are made."""
    chance = Random(f"oms-split/{name}/{seed}/{number}")
    size = CLASSES.get(name) or chance.randint(1, 12)
    made = _order(chance, size, chance.choices(WORLDS, weights=[world.often for world in WORLDS])[0])
    made = {"format": "oms-split/1", "id": f"{name}-{number:03d}", "class": name, "currency": "CNY"} | made
    _fill_up(chance, made)
    if name == IMPOSSIBLE:
        chance.choice((_sold_out, _carried_by_nobody, _over_the_cap, _too_few_carried, _too_heavy))(
            chance, made
        )
    return made


def instances(name: str, count: int, seed: int = SEED) -> Iterator[Object]:
    return (instance(name, number, seed) for number in range(count))


def _order(chance: Random, size: int, world: World) -> Object:
    merchants = [f"M{number}" for number in range(1, chance.randint(1, world.merchants_max) + 1)]
    kinds = chance.sample(CATEGORIES[1:], world.sorts - 1)
    lines = [_line(chance, number, merchants, ["general", *kinds], world) for number in range(1, size + 1)]
    carriers: Object = {}
    warehouses: Object = {}
    for number in range(1, chance.randint(2, 8) + 1):
        warehouse = f"W{number}"
        offered = {}
        for index in range(chance.randint(2, 4)):
            one = service(chance)
            offered[f"{warehouse}.{one['name']}.{index}"] = one
        served = chance.sample(merchants, chance.randint(1, len(merchants)))
        carriers |= offered
        warehouses[warehouse] = {
            "handling": chance.randrange(0, 420, 10),
            "carriers": list(offered),
            "stock": _stock(chance, [line for line in lines if line["merchant"] in served]),
        }
    pairs = chance.sample(INCOMPATIBLE, chance.randint(2, 4)) if world.sorts > 1 else INCOMPATIBLE[:2]
    return {
        "cross_border_cap": CAP,
        "incompatible": pairs,
        "lines": lines,
        "warehouses": warehouses,
        "carriers": carriers,
    }


def _line(
    chance: Random, number: int, merchants: Sequence[str], sorts: Sequence[str], world: World
) -> Object:
    grams = _within(round(world.median_grams * chance.lognormvariate(0, world.spread)), 5, 30_000)
    bulk = 6840 / 700**0.8 * grams**0.8  # What is heavy is dense.
    cross_border = chance.randrange(100) < world.cross_border_percent
    return {
        "id": f"L{number}",
        "sku": f"S{number}",
        "merchant": chance.choice(merchants),
        "qty": _quantity(chance),
        "unit_price": _price(chance, cross_border=cross_border),
        "unit_weight_g": grams,
        "unit_volume_cm3": _within(round(bulk * chance.lognormvariate(0, 0.5)), 10, 180_000),
        "category": chance.choice(sorts),
        "hazard": chance.randrange(100) < world.hazard_percent,
        "bulky": chance.randrange(100) < world.bulky_percent,
        "cross_border": cross_border,
    }


def _quantity(chance: Random) -> int:
    among = chance.randrange(100)
    if among < 75:
        return 1 if among < 50 else 2
    return chance.randint(3, 12) if among < 98 else chance.randint(13, 60)


def _price(chance: Random, *, cross_border: bool) -> int:
    if not cross_border:
        return round(chance.lognormvariate(9.2, 1.0))
    near = CAP // chance.randint(1, 6) - chance.choice((0, 0, 1, 5000))
    return chance.choice(
        (near, near + 1 if near < CAP else near, round(chance.uniform(5_000, CAP)), CAP // 40)
    )


def _stock(chance: Random, lines: Sequence[Object]) -> dict[str, int]:
    """Six of ten SKUs are there, and of these often not all that is wanted."""
    stock = {}
    for line in lines:
        if chance.randrange(100) < 60:
            stock[line["sku"]] = (
                chance.randint(1, line["qty"]) if chance.randrange(100) < 40 else line["qty"] + 3
            )
    return stock


def _fill_up(chance: Random, made: Object) -> None:
    """Let the order be shippable: where units are missing, put them, and a service if nobody takes them."""
    wanted = {line["sku"]: line for line in made["lines"]}
    for sku in unshippable(made):
        line = wanted[sku]
        name = chance.choice(list(made["warehouses"]))
        warehouse = made["warehouses"][name]
        warehouse["stock"][sku] = line["qty"]
        if not any(takes_one(made, made["carriers"][carrier], line) for carrier in warehouse["carriers"]):
            made["carriers"][f"{name}.freight"] = freight_for_anything(chance)
            warehouse["carriers"] = list(dict.fromkeys([*warehouse["carriers"], f"{name}.freight"]))


def _sold_out(chance: Random, made: Object) -> None:
    line = chance.choice(made["lines"])
    for warehouse in made["warehouses"].values():
        warehouse["stock"].pop(line["sku"], None)
    if line["qty"] > 1:
        chance.choice(list(made["warehouses"].values()))["stock"][line["sku"]] = line["qty"] - 1


def _carried_by_nobody(chance: Random, made: Object) -> None:
    line = chance.choice(made["lines"])
    line["hazard"] = True
    for carrier in made["carriers"].values():
        carrier["refuses"] = sorted({*carrier["refuses"], "hazard"})


def _over_the_cap(chance: Random, made: Object) -> None:
    line = chance.choice(made["lines"])
    line["cross_border"], line["unit_price"] = True, CAP + chance.choice((1, 100, 250_000))


def _too_few_carried(chance: Random, made: Object) -> None:
    """There are enough, but some lie where no service takes them."""
    line = chance.choice(made["lines"])
    line |= {"bulky": True, "cross_border": False, "qty": line["qty"] + 1, "unit_weight_g": 900}
    line["unit_volume_cm3"] = 2000
    for number, warehouse in enumerate(made["warehouses"].values()):
        warehouse["stock"][line["sku"]] = line["qty"] - 1 if number == 0 else line["qty"]
        for name in warehouse["carriers"]:
            refused = set(made["carriers"][name]["refuses"]) - {"bulky", "domestic"}
            made["carriers"][name]["refuses"] = sorted(refused if number == 0 else {*refused, "bulky"})


def _too_heavy(chance: Random, made: Object) -> None:
    line = chance.choice(made["lines"])
    heaviest = max(carrier["max_weight_g"] for carrier in made["carriers"].values())
    line["unit_weight_g"] = heaviest + chance.choice((1, 1000))


def _within(amount: int, least: int, most: int) -> int:
    return max(least, min(amount, most))


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.split.generating", description="Orders to split.")
    parser.add_argument("--class", dest="name", choices=[*CLASSES, IMPOSSIBLE], required=True)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args(arguments)
    for made in instances(options.name, options.count, options.seed):
        print(json.dumps(made, separators=(",", ":")))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
