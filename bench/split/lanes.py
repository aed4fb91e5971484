"""What services may a made-up warehouse offer? As many shapes of tariff as real price lists have."""

from collections.abc import Callable
from random import Random
from typing import Any

Table = dict[str, Any]
CM3_PER_GRAM = 8  # About twice as bulky as goods are on average: volume limits bind now and then.


def bands(*pieces: tuple[int, int, int, int]) -> list[Table]:
    """A tariff that never falls, from pieces (upto, rise at its beginning, step, step price).

    >>> [(band["over_g"], band["base"]) for band in bands((1000, 800, 1000, 0), (5000, 0, 1000, 180))]
    [(0, 800), (1000, 800)]
    """
    table: list[Table] = []
    over = price = 0
    for upto, rise, step, step_price in pieces:
        base = price + rise
        table.append({"over_g": over, "upto_g": upto, "base": base, "step_g": step, "step_price": step_price})
        price = base + step_price * -(-(upto - over) // step)
        over = upto
    return table


def first_and_further(chance: Random, upto: int) -> list[Table]:
    first, step = chance.choice((500, 1000, 1000, 1000, 3000)), chance.choice((500, 1000, 1000, 1000))
    return bands(
        (first, chance.randrange(500, 1600, 50), first, 0), (upto, 0, step, chance.randrange(60, 500, 20))
    )


def convex(chance: Random, upto: int) -> list[Table]:
    """Ten kilograms cost more than twice five."""
    first, middle = chance.randrange(500, 1300, 50), chance.choice((5000, 5000, 8000, 12000))
    cheap = chance.randrange(50, 200, 10)
    return bands(
        (1000, first, 1000, 0),
        (middle, 0, 1000, cheap),
        (upto, 0, 1000, 2 * cheap + chance.randrange(150, 500, 10)),
    )


def concave(chance: Random, upto: int) -> list[Table]:
    """Dear to begin with, and ever cheaper by the kilogram."""
    steep = chance.randrange(200, 500, 20)
    return bands(
        (1000, chance.randrange(900, 2500, 100), 1000, 0),
        (6000, 0, 1000, steep),
        (15000, 0, 1000, steep // 2),
        (upto, 0, 1000, steep // 5),
    )


def flat(chance: Random, upto: int) -> list[Table]:
    return bands((upto, chance.randrange(900, 4500, 100), upto, 0))


def boxes(chance: Random, upto: int) -> list[Table]:
    """One price for each size of box, with high and low steps."""
    sizes = [size for size in (500, 2000, 5000, 10000, 20000) if size < upto] + [upto]
    return bands(*((size, chance.randrange(100, 1100, 10), size, 0) for size in sizes))


def small_per_gram(chance: Random, upto: int) -> list[Table]:
    least = chance.choice((50, 100, 200))
    return bands((least, chance.randrange(250, 700, 10), least, 0), (upto, 0, 1, chance.choice((1, 1, 2, 3))))


def large_per_gram(chance: Random, upto: int) -> list[Table]:
    """Two kilograms are charged at least; then by one gram, or a few."""
    return bands(
        (2000, chance.randrange(900, 2200, 50), 2000, 0),
        (upto, 0, *chance.choice(((1, 1), (4, 1), (5, 2), (10, 1), (10, 3)))),
    )


Shape = Callable[[Random, int], list[Table]]
SHAPES: tuple[tuple[str, Shape, tuple[int, ...], int], ...] = (
    # name, shape, limits of weight to choose from, how often
    ("standard", first_and_further, (20000, 30000, 30000, 50000), 5),
    ("economy", convex, (20000, 30000, 30000), 4),
    ("express", concave, (20000, 30000, 70000), 3),
    ("flat", flat, (5000, 10000, 30000), 2),
    ("boxes", boxes, (10000, 25000, 31500), 2),
    ("small-packet", small_per_gram, (2000,), 3),
    ("large-packet", large_per_gram, (30000,), 3),
    ("freight", first_and_further, (70000, 100000), 2),
)
KINDS = ("hazard", "bulky", "cross_border", "domestic")
REFUSED_PERCENT = {"hazard": 22, "bulky": 18, "cross_border": 20, "domestic": 6}


def service(chance: Random) -> Table:
    name, shape, limits, _ = chance.choices(SHAPES, weights=[shape[3] for shape in SHAPES])[0]
    return _with_limits(chance, name, shape, chance.choice(limits))


def freight_for_anything(chance: Random) -> Table:
    """The service that a warehouse is given where its goods would otherwise stay: it takes everything."""
    whole = _with_limits(chance, "freight", first_and_further, 100_000)
    return whole | {"refuses": [], "max_volume_cm3": max(whole["max_volume_cm3"], 400_000)}


def _with_limits(chance: Random, name: str, shape: Shape, max_grams: int) -> Table:
    max_cm3 = max_grams * CM3_PER_GRAM * chance.choice((50, 75, 100, 150)) // 100
    divisor = None if name == "small-packet" else chance.choice((5000, 6000, 8000, None, None))
    heaviest = max_grams if divisor is None else max(max_grams, -(-1000 * max_cm3 // divisor))
    return {
        "name": name,
        "max_weight_g": max_grams,
        "max_volume_cm3": max_cm3,
        "volumetric_divisor": divisor,
        "refuses": [kind for kind in KINDS if chance.randrange(100) < REFUSED_PERCENT[kind]],
        "surcharges": {
            kind: chance.randrange(0, 1500, 50) for kind in ("bulky", "hazard") if chance.randrange(100) < 40
        },
        "bands": shape(chance, heaviest),
    }
