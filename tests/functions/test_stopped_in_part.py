"""A parcel is stopped after a part of it has left, and the news of the stop comes first: signed, over HTTP."""

from collections.abc import Iterator

import pytest

from tests.functions.parcels import (
    Partners,
    confirmed,
    fulfilment,
    message,
    package,
    parcels,
    partners,
    post,
    refunds,
    states,
    stopped,
    tell,
)
from tests.http_world import World

TEA = 1999


@pytest.fixture
def wms(world: World) -> Iterator[Partners]:
    with partners(world) as stand_in:
        yield stand_in


def asked_back(world: World) -> str:
    """Three units of tea at W1, which has not answered yet."""
    order = world.placed_and_paid({"TEA": 3})
    world.command(f"/orders/{order}/cancellation", {"reason": "changed_mind"})
    return order


def test_a_stop_that_overtakes_a_package_books_the_package_first(world: World, wms: Partners) -> None:
    order = asked_back(world)
    wms.answers["query"] = (200, {"status": "cancelled", "packages": [package("SF0000000007", {1: 1})]})

    assert tell(world, stopped(fulfilment(order), accepted=True, number=2)) == "applied"

    expected = [("cancelled", {"1": 2}), ("in_transit", {"1": 1})]
    assert (parcels(world, order), states(world, order)) == (expected, ["awaiting_receipt"])
    assert [amount for _, amount, _ in refunds(world, order)] == [2 * TEA]
    late = confirmed(fulfilment(order), package("SF0000000007", {1: 1}), final=False, number=1)
    assert tell(world, late) == "no_effect"
    assert tell(world, stopped(fulfilment(order), accepted=True, number=2)) == "duplicate"
    assert parcels(world, order) == expected


def test_a_stop_is_sent_again_while_the_books_cannot_be_read(world: World, wms: Partners) -> None:
    order = asked_back(world)
    wms.answers["query"] = (500, {})

    answer = post(world, message(world, stopped(fulfilment(order), accepted=True, number=2)))

    assert answer.status == 503
    assert (parcels(world, order), refunds(world, order)) == ([("intercepting", {"1": 3})], [])
