"""MADE UP: each thing that can befall a parcel, at least once; goods that must travel apart, and goods that cannot
travel at all.

    the first tenth     whatever warehouses and carriers do, with a tracker whose messages prove nothing
    the seventh         orders that are regretted while a warehouse has them
    the ninth           bulky, hazardous, cross-border goods, heavy ones to the Highlands, and what cannot be sent
"""

from collections.abc import Iterator
from itertools import count, zip_longest

from local.demo import made_up, plays
from local.demo.lives import Plan
from local.demo.made_up import DAY, HOUR, MINUTE, Paying, Verdict
from local.demo.offers import Season
from local.demo.plays import Stopping, Way, Work
from local.demo.scene import PAID, Extra, a_sale, a_sku
from local.demo.stage import Goods
from local.demo.tariffs import HIGHLANDS
from shared.goods import Flag

APART = 10 * MINUTE
COMES_BACK = (Way.REFUSED, Way.RETURNED, Way.BUYER_REFUSES)


def goods() -> tuple[Goods, ...]:
    """What these orders want. Nobody else buys it."""
    imported = a_sku("WATCH", Flag.CROSS_BORDER)._replace(hs_code="9102110000", origin="CH")
    camera = a_sku("CAMERA", Flag.CROSS_BORDER)._replace(hs_code="8525891900", origin="JP")
    return (
        Goods(a_sku("KETTLE"), {"leeds": 300}),
        Goods(a_sku("COASTER"), {"leeds": 300}),
        Goods(
            a_sku("BENCH")._replace(weight_grams=18_500, volume_cm3=190_000, size_class="bulky"), {"leeds": 5}
        ),
        Goods(a_sku("FLINT", Flag.HAZARD)._replace(weight_grams=90, volume_cm3=60), {"leeds": 20}),
        Goods(a_sku("FUDGE")._replace(category="confectionery"), {"leeds": 20, "coventry": 20}),
        Goods(a_sku("PERFUME")._replace(category="fragrance"), {"leeds": 20, "coventry": 20}),
        Goods(a_sku("DUMBBELL")._replace(weight_grams=5_000, volume_cm3=1_400), {"perth": 20}),
        Goods(a_sku("ANVIL")._replace(weight_grams=85_000, volume_cm3=40_000), {"leeds": 4}),
        Goods(imported._replace(weight_grams=210, volume_cm3=900), {"dover": 30}),
        Goods(camera._replace(weight_grams=870, volume_cm3=4_000), {"dover": 4}),
    )


def orders(season: Season) -> Iterator[Extra]:
    """All of them."""
    yield from _befallen(season.part(1))
    yield from _regretted(season.part(7))
    yield from _apart(season.part(9))


def _befallen(at: int) -> Iterator[Extra]:
    """Each way to work with one way to travel; what comes back comes back to a merchant without a system, too."""
    for turn, (work, way) in enumerate(zip_longest(Work, Way)):
        plan = PAID._replace(work=work or Work.USUAL, way=way)
        name = f"ship-{turn:02}-{plan.work}-{way}".replace("_", "-")
        yield Extra(a_sale(name, at + turn * APART, "", kettle=2, coaster=3), plan)
    for turn, way in enumerate(COMES_BACK):
        name = f"ship-by-hand-{way}".replace("_", "-")
        yield Extra(a_sale(name, at + DAY + turn * APART, "", teapot=2), PAID._replace(way=way))
    patient = next(n for number in count() if plays.wants_more_time(f"X-{(n := f'ship-patient-{number}')}"))
    yield Extra(a_sale(patient, at + DAY + HOUR, "", teapot=1), PAID._replace(way=Way.DELIVERED))


def _regretted(at: int) -> Iterator[Extra]:
    """Each answer of a warehouse to "stop"."""
    for turn, stopping in enumerate(Stopping):
        plan = PAID._replace(paying=Paying.REGRETS, stopping=stopping, way=Way.DELIVERED)
        name = f"ship-regret-{stopping}".replace("_", "-")
        yield Extra(a_sale(name, at + turn * APART, "", kettle=1, coaster=1), plan)


def _apart(at: int) -> Iterator[Extra]:
    """Goods that share no parcel, and goods that nobody can send."""
    yield Extra(a_sale("ship-mixed", at, "", bench=1, flint=2, fudge=2, perfume=1, kettle=1), _delivered())
    yield Extra(a_sale("ship-customs", at, "x-importer", watch=5), _delivered())
    person = next(name for number in count() if _is_in_highlands(name := f"x-highlander-{number}"))
    yield Extra(a_sale("ship-heavy", at, person, dumbbell=4), _delivered())
    yield Extra(a_sale("ship-anvil", at, "", anvil=1), _delivered()._replace(is_mended=True))
    forgotten = PAID._replace(verdict=Verdict.NONE)
    yield Extra(a_sale("ship-anvil-forgotten", at - DAY, "", anvil=1), forgotten)
    yield Extra(a_sale("ship-camera", at, "x-photographer", camera=1), PAID)


def _delivered() -> Plan:
    return PAID._replace(way=Way.DELIVERED)


def _is_in_highlands(person: str) -> bool:
    return made_up.address_of(a_sale("", 0, person)).get("region") == HIGHLANDS
