"""Stock that no order moves: what each command does to counters and journal, exactly."""

import pytest

from shared.changes import Caller
from shared.errors import KeyReused
from shared.lifecycle import Actor
from shared.ordering.movements import (
    CHANNELS_MAX,
    UNITS_MAX,
    WAREHOUSES_MAX,
    Movement,
    StockLimitReached,
    StockUnknown,
    UnitsShort,
    movement_id,
)
from shared.store.goods import Buying
from shared.store.shelves import Reason
from tests.builders import SETTINGS, a_request
from tests.store.shelving import (
    HOT,
    a_hot_shop,
    available,
    buys,
    disagreement,
    movement,
    row,
    shelves,
    why,
)
from tests.store.tables import everything, items

OPERATOR = Caller(Actor.OPERATOR, "op-1")


def level(available, reserved=0, sold=0, **more):
    return {"available": available, "reserved": reserved, "sold": sold, **more}


def test_received_goods_stand_on_the_shelf_with_a_record(shop):
    shelves(shop).receive(sku="TEA", warehouse="W7", quantity=9, movement_id="m-1", at=5)

    assert row(sku="TEA")["warehouses"]["W7"] == level(9)
    noted = movement("m-1", "TEA")
    assert {name: noted[name] for name in ("kind", "warehouse", "quantity", "at", "parts", "rows")} == {
        "kind": "received",
        "warehouse": "W7",
        "quantity": 9,
        "at": 5,
        "parts": [["W7", 0, "available", 9]],
        "rows": [0],
    }


def test_goods_are_received_any_number_of_times_and_before_the_product_is_published(dynamodb, shop):
    store = shelves(shop)

    for number, quantity in enumerate((5, 1, 9)):
        store.receive(sku="NEW", warehouse="W1", quantity=quantity, movement_id=f"m-{number}", at=5)

    assert row(sku="NEW") == {"warehouses": {"W1": level(15)}, "moves": 3}
    assert shop.goods.read(Buying(("NEW",), "b")).skus == {}
    assert disagreement() == []


def test_the_same_movement_again_is_answered_like_the_first_and_moves_nothing(shop):
    store = shelves(shop)
    first = store.receive(sku="TEA", warehouse="W1", quantity=9, movement_id="m-1", at=5)
    before = everything()

    again = store.receive(sku="TEA", warehouse="W1", quantity=9, movement_id="m-1", at=99)

    assert again == first._replace(is_repeat=True)
    assert everything() == before


@pytest.mark.parametrize("other", [{"quantity": 8}, {"warehouse": "W2"}])
def test_a_number_never_stands_for_two_movements(shop, other):
    store, usual = shelves(shop), {"sku": "TEA", "warehouse": "W1", "quantity": 9}
    store.receive(**usual, movement_id="m-1", at=5)
    before = everything()

    with pytest.raises(KeyReused):
        store.receive(**usual | other, movement_id="m-1", at=5)

    assert everything() == before


def test_a_key_never_stands_for_two_products(shop):
    store, request = shelves(shop), a_request("key-1", OPERATOR)
    move = Movement("found", "TEA", "W1", 1)
    store.move(move, Reason(movement_id(5, request), 5, "op-1", request))
    before = everything()

    other = request._replace(fingerprint="another")
    with pytest.raises(KeyReused):
        store.move(move._replace(sku="CUP"), Reason(movement_id(6, other), 6, "op-1", other))
    again = store.move(move, Reason(movement_id(7, request), 7, "op-1", request))

    assert (again.at, again.is_repeat) == (5, True)
    assert everything() == before


def test_a_key_expires_but_a_movement_stays(shop):
    request = a_request("key-1", OPERATOR)

    noted = shelves(shop).move(
        Movement("found", "TEA", "W1", 1), Reason(movement_id(5, request), 5, "op-1", request)
    )

    stored = items(SETTINGS.stock_table)
    assert stored["KEY#operator#op-1", "KEY#key-1"]["expires_at"] == 5 + 35 * 86_400
    assert "expires_at" not in stored["SKU#TEA", f"MOVE#{noted.movement_id}"]


@pytest.mark.parametrize(
    ("kind", "left"),
    [
        ("found", level(13, defect=2)),
        ("lost", level(7, defect=2)),
        ("damaged", level(7, defect=5)),
        ("mended", level(12, defect=0)),
        ("scrapped", level(10, defect=0)),
    ],
)
def test_what_is_counted_anew_moves_between_its_counters(shop, kind, left):
    store = a_hot_shop(shop, W1=12)
    store.adjust(sku=HOT, warehouse="W1", quantity=2, kind="damaged", why=why("m-1"))

    units = 2 if kind in ("mended", "scrapped") else 3
    store.adjust(sku=HOT, warehouse="W1", quantity=units, kind=kind, why=why("m-2"))

    assert row()["warehouses"]["W1"] == left
    assert row()["moves"] == 3
    assert disagreement() == []


@pytest.mark.parametrize(
    ("kind", "warehouse", "there"),
    [("lost", "W1", 5), ("damaged", "W1", 5), ("mended", "W1", 1), ("scrapped", "W1", 1), ("lost", "W9", 0)],
)
def test_more_than_there_is_cannot_be_taken_away(shop, kind, warehouse, there):
    store = a_hot_shop(shop, W1=8)
    buys(shop, 2)
    store.adjust(sku=HOT, warehouse="W1", quantity=1, kind="damaged", why=why("m-1"))
    before = everything()

    with pytest.raises(UnitsShort) as refused:
        store.adjust(sku=HOT, warehouse=warehouse, quantity=6, kind=kind, why=why("m-2"))

    assert refused.value.details == {"available": there, "wanted": 6}
    assert everything() == before


@pytest.mark.parametrize(
    "move",
    [
        Movement("lost", "NEVER", "W1", 1),
        Movement("quota", "NEVER", "W1", 1, "web"),
        Movement("spread", "NEVER", quantity=2),
    ],
)
def test_what_was_never_received_cannot_be_moved(shop, move):
    before = everything()

    with pytest.raises(StockUnknown):
        shelves(shop).move(move, why("m-1"))

    assert everything() == before


def test_every_row_of_a_hot_product_knows_a_new_warehouse_before_anything_lies_there(shop):
    store = a_hot_shop(shop, shards=3, W1=3)

    store.receive(sku=HOT, warehouse="W2", quantity=1, movement_id="m-1", at=5)

    assert available(warehouse="W2") == {0: 0, 1: 1, 2: 0, 3: 0}
    assert disagreement() == []


def test_there_is_an_end_to_warehouses_channels_and_units(shop):
    store = a_hot_shop(shop, **{f"W{number}": 1 for number in range(WAREHOUSES_MAX)})
    for number in range(CHANNELS_MAX):
        store.set_quota(sku=HOT, warehouse="W1", channel=f"c{number}", units=1, why=why(f"q-{number}"))
    before = everything()

    for move, limit in (
        (Movement("received", HOT, "W99", 1), WAREHOUSES_MAX),
        (Movement("quota", HOT, "W1", 1, "c99"), CHANNELS_MAX),
        (Movement("quota", HOT, "W99", 1, "c0"), WAREHOUSES_MAX),
        (Movement("received", HOT, "W1", UNITS_MAX), UNITS_MAX),
    ):
        with pytest.raises(StockLimitReached) as refused:
            store.move(move, why("m-9"))
        assert refused.value.details == {"limit": limit}

    assert everything() == before


def test_movements_are_listed_by_number_page_by_page(shop):
    store = a_hot_shop(shop, W1=9)
    for number in (1, 2, 3):
        store.adjust(sku=HOT, warehouse="W1", quantity=1, kind="lost", why=why(f"m-{number}"))

    first = store.movements(HOT, before="", limit=2)
    rest = store.movements(HOT, before=first[-1].movement_id, limit=9)

    assert [noted.movement_id for noted in (*first, *rest)] == ["m-3", "m-2", "m-1", "in-W1"]
    assert first[0].movement == Movement("lost", HOT, "W1", 1)
    assert (first[0].at, first[0].by) == (5, "op-1")
