"""Whatever happens to stock, in any order, twice: counters and movements agree, and any damage is put right."""

from contextlib import suppress
from random import Random

import pytest

from shared.ordering.movements import UNITS, Movement, UnitsShort
from shared.outside import Outside
from shared.store.audit import Repairer
from tests.builders import SETTINGS
from tests.store.shelving import (
    FIRST,
    HOT,
    a_hot_shop,
    audit,
    buys,
    cancels,
    counters,
    damage,
    disagreement,
    ships,
    why,
)
from tests.store.tables import items

REPAIRER = Repairer("op-1", 9)


@pytest.mark.parametrize("seed", range(8))
def test_whatever_happened_counters_and_movements_agree_and_any_damage_is_repaired(shop, seed, monkeypatch):
    monkeypatch.setattr(Outside, "wait_before_attempt", lambda self, number: None)
    random = Random(seed)
    store, held = a_hot_shop(shop, W1=30, W2=5), []
    for number in range(30):
        _one_more_thing(shop, store, held, random, number)
    assert disagreement() == []
    assert audit(shop).check().is_clean
    before = counters()

    for name in sorted(random.sample(list(DAMAGED), 3), key=list(DAMAGED).index):
        DAMAGED[name](random)
    report = audit(shop).check(REPAIRER)

    assert report.repaired == len({difference.row for difference in report.differences}) > 0
    assert report.unsettled == ()
    assert without_flags(counters()) == without_flags(before)
    assert audit(shop).check().is_clean
    assert disagreement() == []


def without_flags(rows):
    """A flag may come off with any repair: whoever finds nothing sets it again."""
    return {
        pk: {name: value for name, value in one.items() if name != "sold_out"} for pk, one in rows.items()
    }


def _one_more_thing(shop, store, held, random, number):
    match random.choice(("buy", "buy", "buy", "cancel", "ship", "move", "move", "quota", "spread")):
        case "buy":
            bought = buys(shop, random.randint(1, 4), f"b-{number}", channel=random.choice(("web", "tmall")))
            held += [bought] if hasattr(bought, "order") else []
        case "cancel" if held:
            cancels(shop, held.pop(random.randrange(len(held))))
        case "ship" if held:
            ships(shop, held.pop(random.randrange(len(held))))
        case "move":
            where, units = random.choice(("W1", "W2", "W3")), random.randint(1, 5)
            _tried(store, Movement(random.choice(sorted(UNITS)), HOT, where, units), number)
        case "quota":
            left = random.choice((None, 0, 3, 9))
            _tried(store, Movement("quota", HOT, random.choice(("W1", "W2")), left, "tmall"), number)
        case "spread":
            _tried(store, Movement("spread", HOT, quantity=random.choice((0, 0, 1, 2, 3, 5))), number)


def _tried(store, movement, number):
    """Twice, as everything happens; what is refused is refused twice."""
    for _ in range(2):
        with suppress(UnitsShort):
            store.move(movement, why(f"r-{number}"))


def _some_row(random):
    return (
        FIRST + random.choice(("", "#1")) if (FIRST + "#1", "STOCK") in items(SETTINGS.stock_table) else FIRST
    )


DAMAGED = {
    "units": lambda random: damage(
        _some_row(random), "SET warehouses.W1.available = :n", n=random.randint(40, 50)
    ),
    "sold": lambda random: damage(FIRST, "SET warehouses.W2.sold = :n", n=-random.randint(1, 9)),
    "moves": lambda random: damage(_some_row(random), "SET moves = :n", n=random.randint(500, 600)),
    "a flag": lambda random: damage(FIRST, "SET sold_out = :yes", yes=True),
    "a warehouse": lambda random: damage(FIRST, "REMOVE warehouses.W2"),
}
