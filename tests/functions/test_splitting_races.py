"""Two at once while parcels are planned: others buy, buyers cancel, and it is planned twice. Both interleavings."""

from collections.abc import Iterator

import pytest

from functions.wiring import now, shop
from shared.splitting.parcels import split_order
from tests.functions.at_once import TEA, asked, cancels, happened, pays, tea, the_world_makes_sense, unpaid
from tests.functions.parcels import SITE, Partners, parcels, partners, refunds
from tests.functions.racing import struck_before
from tests.http_world import DAY, World


@pytest.fixture
def wms(world: World) -> Iterator[Partners]:
    with partners(world) as stand_in:
        yield stand_in


def cheaper_from(world: World, warehouse: str) -> None:
    """Everything leaves from *warehouse*, if it can."""
    lane = {
        "to": ["CN"],
        "transit_seconds": DAY,
        "bands": [{"over_g": 0, "upto_g": 30_000, "base_minor": 800, "step_g": 1_000, "step_minor": 0}],
    }
    limits = {"max_weight_grams": 30_000, "max_volume_cm3": 200_000}
    for name in ("W1", "W2"):
        dear = {} if name == warehouse else {"handling_minor": 5_000}
        world.publish("warehouse", {"warehouse_id": name, **dear, **SITE})
        service = {"service_id": f"sf-{name.lower()}", "name": "SF", "carrier": "sf", "currency": "CNY"}
        world.publish("carrier_service", {**service, **limits, "warehouses": [name], "lanes": [lane]})


def last_ones(world: World) -> str:
    """One lamp in each warehouse; one of them is ordered, from W1. Parcels are cheaper from W2."""
    cheaper_from(world, "W2")
    world.sells("LAMP", "m-toys", 9_900, {"W1": 1, "W2": 1})
    order = world.place({"LAMP": 1})
    world.start(order)
    assert lamps(world) == {"W1": (0, 1), "W2": (1, 0)}
    return order


def lamps(world: World) -> dict[str, tuple[int, int]]:
    """(available, reserved) by warehouse."""
    return {w: (level["available"], level["reserved"]) for w, level in world.stock("LAMP").items()}


def leaves_from(world: World, order: str, who: str = "b-1") -> list[str]:
    return [p["warehouse"] for s in world.order(order, who)["sub_orders"] for p in s["parcels"]]


def test_with_nobody_else_there_it_leaves_from_where_it_is_cheaper(world: World) -> None:
    order = last_ones(world)

    pays(world, order)

    assert leaves_from(world, order) == ["W2"]
    assert lamps(world) == {"W1": (1, 0), "W2": (0, 1)}
    the_world_makes_sense(world)


def test_the_last_one_elsewhere_is_bought_while_the_split_takes_it(world: World) -> None:
    order = last_ones(world)
    bought: list[str] = []

    with struck_before("goods_allocated", lambda: bought.append(world.place({"LAMP": 1}, who="b-2"))):
        pays(world, order)

    assert leaves_from(world, order) == ["W1"]
    assert lamps(world) == {"W1": (0, 1), "W2": (0, 1)}
    assert world.order(bought[0], "b-2")["state"] == "pending_payment"
    the_world_makes_sense(world)


def test_the_split_takes_the_last_one_while_it_is_bought(world: World) -> None:
    order = last_ones(world)

    with struck_before("order_placed", lambda: pays(world, order)):
        other = world.place({"LAMP": 1}, who="b-2")

    assert leaves_from(world, order) == ["W2"]
    assert lamps(world) == {"W1": (0, 1), "W2": (0, 1)}
    assert world.order(other, "b-2")["state"] == "pending_payment"
    the_world_makes_sense(world)


def test_two_splits_at_once_make_one_set_of_parcels(world: World, wms: Partners) -> None:
    order = unpaid(world)

    with struck_before("goods_allocated", lambda: split_order(shop(), order, now())):
        pays(world, order)

    assert parcels(world, order) == [("at_warehouse", {"1": 3})]
    assert happened(world, "goods_allocated") == 1
    assert asked(wms) == ["POST fulfillments"]
    the_world_makes_sense(world)


def test_the_buyer_cancels_some_while_it_is_split(world: World) -> None:
    order = unpaid(world)

    with struck_before("goods_allocated", lambda: cancels(world, order, 1)):
        pays(world, order)

    assert parcels(world, order) == [("awaiting_shipment", {"1": 2})]
    assert refunds(world, order) == [("succeeded", TEA, "changed_mind")]
    assert tea(world) == {"available": 18, "reserved": 2}
    the_world_makes_sense(world)


def test_it_is_split_while_the_buyer_cancels_some(world: World) -> None:
    order = unpaid(world)
    world.cloud.settles = False
    pays(world, order)
    while world.order(order)["state"] != "awaiting_shipment":
        assert world.cloud.sandbox.deliver_due()

    with struck_before("goods_cancelled", lambda: split_order(shop(), order, now())):
        answer = cancels(world, order, 1)
    world.cloud.settles = True
    world.cloud.settle()

    assert answer.status == 200
    assert parcels(world, order) == [("awaiting_shipment", {"1": 2})]
    assert refunds(world, order) == [("succeeded", TEA, "changed_mind")]
    assert tea(world) == {"available": 18, "reserved": 2}
    the_world_makes_sense(world)
