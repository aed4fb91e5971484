"""Two at once at a warehouse: buyers who cancel, pushes, packages that leave. Both interleavings of each.

The rival acts at the worst moment there is: when the first has read and decided, and before it writes. Whoever writes
first wins; the other looks again, and is told, or finds nothing to do.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from shared.outside import Call, outside
from tests.functions.at_once import (
    ALL_OF_IT,
    TEA,
    WAYBILL,
    asked,
    cancels,
    happened,
    pays,
    tea,
    the_world_makes_sense,
    unpaid,
)
from tests.functions.parcels import (
    Partners,
    at_warehouse,
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
from tests.functions.racing import struck_before
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import World

UNHEARD_OF = (404, {"status": "unknown"})


@pytest.fixture
def wms(world: World) -> Iterator[Partners]:
    with partners(world) as stand_in:
        yield stand_in


def leaves(world: World, order: str) -> str:
    return tell(world, confirmed(fulfilment(order), package(WAYBILL, {1: 3}), number=40))


def is_stopped(world: World, order: str) -> str:
    return tell(world, stopped(fulfilment(order), accepted=True, number=50))


# --- cancel against ship ---


def test_it_leaves_while_the_buyer_cancels(world: World, wms: Partners) -> None:
    order = at_warehouse(world)

    with struck_before("intercept_requested", lambda: leaves(world, order)):
        answer = cancels(world, order)

    problem_of(answer, 409, "already_shipped")
    assert parcels(world, order) == [("in_transit", {"1": 3})]
    assert refunds(world, order) == []
    assert "POST cancellation" not in asked(wms)
    assert tea(world) == {"available": 17, "sold": 3}
    the_world_makes_sense(world)


def test_the_buyer_cancels_while_it_leaves(world: World, wms: Partners) -> None:
    """It was asked back in time, and it left all the same: it was not stopped."""
    order = at_warehouse(world)

    with struck_before("parcels_shipped", lambda: cancels(world, order)):
        told = leaves(world, order)

    assert told == "applied"
    assert "POST cancellation" in asked(wms)
    assert (states(world, order), refunds(world, order)) == (["awaiting_receipt"], [])
    assert tea(world) == {"available": 17, "sold": 3}
    the_world_makes_sense(world)


def test_it_leaves_while_the_warehouse_says_that_it_stopped_it(world: World, wms: Partners) -> None:
    order = at_warehouse(world)
    cancels(world, order)

    with struck_before("intercept_accepted", lambda: leaves(world, order)):
        told = is_stopped(world, order)

    assert told == "no_effect"
    assert (states(world, order), refunds(world, order)) == (["awaiting_receipt"], [])
    assert tea(world) == {"available": 17, "sold": 3}
    the_world_makes_sense(world)


def test_the_warehouse_says_that_it_stopped_it_while_it_leaves(world: World, wms: Partners) -> None:
    order = at_warehouse(world)
    cancels(world, order)
    left = confirmed(fulfilment(order), package(WAYBILL, {1: 3}), number=40)

    with struck_before("parcels_shipped", lambda: is_stopped(world, order)):
        answer = post(world, message(world, left))

    assert (answer.status, answer.json()["code"]) == (422, "invalid_request")
    assert (states(world, order), refunds(world, order)) == (
        ["cancelled"],
        [("succeeded", ALL_OF_IT, "changed_mind")],
    )
    assert tea(world) == {"available": 20}
    the_world_makes_sense(world)


def test_a_warehouse_that_stopped_it_and_sends_it_all_the_same_is_not_believed(
    world: World, wms: Partners
) -> None:
    order = at_warehouse(world)
    wms.answers["cancel"] = 200, {"status": "accepted"}
    cancels(world, order)

    with nothing_happens(world):
        answer = post(
            world, message(world, confirmed(fulfilment(order), package(WAYBILL, {1: 3}), number=40))
        )

    assert (answer.status, answer.json()["code"]) == (422, "invalid_request")
    assert refunds(world, order) == [("succeeded", ALL_OF_IT, "changed_mind")]


# --- push against intercept ---


@contextmanager
def struck_at_the_push(rival: Callable[[], object]) -> Iterator[None]:
    """*rival* acts when a push has been decided, and before it leaves."""
    is_struck = False

    def strike(call: Call, act: Callable[[], Any]) -> Any:
        nonlocal is_struck
        if call.operation == "POST" and call.request["url"].endswith("/fulfillments") and not is_struck:
            is_struck = True
            rival()
        return act()

    outside.around.insert(0, strike)  # Before whoever stands in for the warehouses.
    try:
        yield
    finally:
        outside.around.remove(strike)
    assert is_struck, "nothing was pushed"


def test_a_push_that_was_under_way_when_it_was_cancelled_is_stopped_at_the_warehouse(
    world: World, wms: Partners
) -> None:
    order = unpaid(world)
    wms.answers |= {"query": UNHEARD_OF, "cancel": UNHEARD_OF}

    with struck_at_the_push(lambda: cancels(world, order)):
        pays(world, order)
    between = (states(world, order), refunds(world, order), tea(world))
    wms.answers |= {"query": (200, {"status": "accepted"}), "cancel": (200, {"status": "accepted"})}
    world.cloud.advance(61)

    assert between == (["intercepting"], [], {"available": 17, "reserved": 3})
    assert asked(wms).count("POST fulfillments") == 1
    assert (states(world, order), refunds(world, order)) == (
        ["cancelled"],
        [("succeeded", ALL_OF_IT, "changed_mind")],
    )
    assert tea(world) == {"available": 20}
    the_world_makes_sense(world)


def test_a_push_that_never_arrived_was_stopped_when_it_cannot_arrive_any_more(
    world: World, wms: Partners
) -> None:
    wms.answers |= {"push": (503, {}), "query": UNHEARD_OF, "cancel": UNHEARD_OF}
    order = at_warehouse(world)
    cancels(world, order)
    seen = [states(world, order)]

    for _ in range(2):
        world.cloud.advance(60)
        seen.append(states(world, order))

    assert seen == [["intercepting"], ["intercepting"], ["cancelled"]]
    assert refunds(world, order) == [("succeeded", ALL_OF_IT, "changed_mind")]
    assert tea(world) == {"available": 20}
    the_world_makes_sense(world)


def test_the_buyer_cancels_while_the_accepted_push_is_written_down(world: World, wms: Partners) -> None:
    order = unpaid(world)

    with struck_before("parcel_progressed", lambda: cancels(world, order)):
        pays(world, order)
    between = parcels(world, order)
    is_stopped(world, order)

    assert between == [("intercepting", {"1": 3})]
    assert states(world, order) == ["cancelled"]
    assert refunds(world, order) == [("succeeded", ALL_OF_IT, "changed_mind")]
    the_world_makes_sense(world)


def test_the_push_is_accepted_while_the_buyer_cancels(world: World, wms: Partners) -> None:
    wms.answers["push"] = 503, {}
    order = at_warehouse(world)
    assert parcels(world, order) == [("pushing", {"1": 3})]
    wms.answers["push"] = 201, {"status": "accepted"}

    with struck_before("intercept_requested", lambda: world.cloud.advance(301)):
        answer = cancels(world, order)
    is_stopped(world, order)

    assert (answer.status, happened(world, "parcel_progressed")) == (200, 1)
    assert states(world, order) == ["cancelled"]
    assert refunds(world, order) == [("succeeded", ALL_OF_IT, "changed_mind")]
    the_world_makes_sense(world)


# --- one parcel against another ---


def from_both(world: World) -> str:
    """Twenty units from W1, and five from W2."""
    order = at_warehouse(world, {"TEA": 25})
    assert parcels(world, order) == [("at_warehouse", {"1": 20}), ("at_warehouse", {"1": 5})]
    return order


def first_leaves(world: World, order: str) -> str:
    return tell(world, confirmed(fulfilment(order), package(WAYBILL, {1: 20}), number=40))


def second_is_stopped(world: World, order: str) -> str:
    return tell(world, stopped(fulfilment(order, 2), accepted=True), "W2")


@pytest.mark.parametrize("is_first", ["the parcel", "the buyer"])
def test_one_parcel_leaves_while_another_is_asked_back(world: World, wms: Partners, is_first: str) -> None:
    order = from_both(world)

    if is_first == "the parcel":
        with struck_before("intercept_requested", lambda: first_leaves(world, order)):
            assert cancels(world, order, 5).status == 200
    else:
        with struck_before("parcels_shipped", lambda: cancels(world, order, 5)):
            assert first_leaves(world, order) == "applied"
    between = states(world, order)
    second_is_stopped(world, order)

    assert between == ["intercepting"]
    assert [state for state, _ in parcels(world, order)] == ["in_transit", "cancelled"]
    assert states(world, order) == ["awaiting_receipt"]
    assert refunds(world, order) == [("succeeded", 5 * TEA, "changed_mind")]
    assert (tea(world), tea(world, "W2")) == ({"sold": 20}, {"available": 20})
    the_world_makes_sense(world)


@pytest.mark.parametrize("is_first", ["it leaves", "it is stopped"])
def test_one_parcel_leaves_while_another_is_stopped(world: World, wms: Partners, is_first: str) -> None:
    order = from_both(world)
    cancels(world, order, 5)

    if is_first == "it leaves":
        with struck_before("intercept_accepted", lambda: first_leaves(world, order)):
            assert second_is_stopped(world, order) == "applied"
    else:
        with struck_before("parcels_shipped", lambda: second_is_stopped(world, order)):
            assert first_leaves(world, order) == "applied"

    assert states(world, order) == ["awaiting_receipt"]
    assert refunds(world, order) == [("succeeded", 5 * TEA, "changed_mind")]
    the_world_makes_sense(world)


# --- two confirmations ---


def parts(order: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """One unit goes ahead, two follow."""
    about, one, two = fulfilment(order), package(WAYBILL, {1: 1}), package("SF0000000002", {1: 2})
    return confirmed(about, one, final=False, number=1), confirmed(about, two, number=2)


@pytest.mark.parametrize("is_first", [0, 1], ids=["the first", "the last"])
def test_two_packages_of_one_parcel_are_told_of_at_once(world: World, wms: Partners, is_first: int) -> None:
    order = at_warehouse(world)
    told = parts(order)
    wms.answers["query"] = 200, {"status": "shipped", "packages": [p for t in told for p in t["packages"]]}
    faster: list[str] = []

    with struck_before("parcels_shipped", lambda: faster.append(tell(world, told[is_first]))):
        slower = tell(world, told[1 - is_first])

    assert faster == ["applied"]
    assert slower == ("applied" if is_first == 0 else "no_effect")
    assert sorted(parcels(world, order), key=str) == [("in_transit", {"1": 1}), ("in_transit", {"1": 2})]
    assert (states(world, order), refunds(world, order)) == (["awaiting_receipt"], [])
    assert tea(world) == {"available": 17, "sold": 3}
    the_world_makes_sense(world)


def test_the_same_confirmation_twice_at_once_is_booked_once(world: World, wms: Partners) -> None:
    order = at_warehouse(world)
    faster: list[str] = []

    with struck_before("parcels_shipped", lambda: faster.append(leaves(world, order))):
        slower = leaves(world, order)

    assert (faster, slower) == (["applied"], "duplicate")
    assert parcels(world, order) == [("in_transit", {"1": 3})]
    assert happened(world, "parcels_shipped") == 1
    the_world_makes_sense(world)
