"""Two at once while goods are on their way: carriers, people, buyers, clocks, and whoever counts what came back.

Both interleavings of each. What is written first counts; the other looks again.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.functions.at_once import ALL_OF_IT, WAYBILL, carrier_says, happened, tea, the_world_makes_sense
from tests.functions.parcels import (
    Partners,
    counted,
    fulfilment,
    message,
    parcels,
    partners,
    post,
    refunds,
    sent,
    states,
)
from tests.functions.racing import struck_before
from tests.functions.watching import problem_of
from tests.http_world import DAY, World

HOUR = 3600


@pytest.fixture
def followed(world: World) -> Iterator[Partners]:
    """Parcels are followed by a tracker that signs what it says."""
    with partners(world, tracker="aftership") as stand_in:
        yield stand_in


def delivered(world: World) -> str:
    order = sent(world, WAYBILL)
    world.cloud.advance(HOUR)
    carrier_says(world, "delivered")
    assert states(world, order) == ["delivered"]
    return order


def confirms(world: World, order: str) -> Any:
    token = world.send("POST", f"/orders/{order}/receipt", {}).json().get("confirm", "v0")
    return world.send("POST", f"/orders/{order}/receipt", {"confirm": token})


def refuses(world: World, order: str) -> Any:
    return world.send("POST", f"/orders/{order}/refusal", {"parcels": [1], "reason": "damaged"})


def extends(world: World, order: str) -> Any:
    return world.send("POST", f"/orders/{order}/receipt-extension", {"sub_order": 1})


def support_says(world: World, order: str, said: str) -> Any:
    body = {"said": said, "reason": "telephone"}
    return world.send("POST", f"/orders/{order}/parcels/1/report", body, role="support", who="s-1")


def test_trouble_is_told_of_while_the_receipt_times_out(world: World, followed: Partners) -> None:
    order = delivered(world)

    with struck_before("receipt_timed_out", lambda: carrier_says(world, "exception")):
        world.cloud.advance(10 * DAY)

    assert (states(world, order), happened(world, "receipt_timed_out")) == (["awaiting_receipt"], 0)
    assert parcels(world, order) == [("troubled", {"1": 3})]
    the_world_makes_sense(world)


def test_the_receipt_times_out_while_trouble_is_told_of(world: World, followed: Partners) -> None:
    order = delivered(world)

    with struck_before("parcel_troubled", lambda: world.cloud.advance(10 * DAY)):
        answer = support_says(world, order, "exception")

    problem_of(answer, 409, "transition_refused")
    assert states(world, order) == ["completed"]
    the_world_makes_sense(world)


@pytest.mark.parametrize("is_first", ["delivered", "exception"])
def test_people_and_the_carrier_speak_of_a_parcel_at_once(
    world: World, followed: Partners, is_first: str
) -> None:
    """What is written last counts: trouble after delivery stops the clock, delivery ends trouble."""
    order = sent(world, WAYBILL)
    world.cloud.advance(HOUR)

    if is_first == "delivered":
        with struck_before("parcel_troubled", lambda: carrier_says(world, "delivered")):
            assert support_says(world, order, "exception").status == 200
    else:
        with struck_before("parcel_delivered", lambda: carrier_says(world, "exception")):
            assert support_says(world, order, "delivered").status == 200

    assert (states(world, order), parcels(world, order)[0][0]) == (
        (["awaiting_receipt"], "troubled") if is_first == "delivered" else (["delivered"], "delivered")
    )
    the_world_makes_sense(world)


def test_the_carrier_delivers_while_the_buyer_refuses(world: World, followed: Partners) -> None:
    order = sent(world, WAYBILL)
    world.cloud.advance(HOUR)

    with struck_before("parcel_returning", lambda: carrier_says(world, "delivered")):
        answer = refuses(world, order)

    problem_of(answer, 409, "transition_refused")
    assert states(world, order) == ["delivered"]
    the_world_makes_sense(world)


def test_the_buyer_refuses_while_the_carrier_says_delivered(world: World, followed: Partners) -> None:
    """A parcel on its way back is delivered to its sender."""
    order = sent(world, WAYBILL)
    world.cloud.advance(HOUR)

    with struck_before("parcel_delivered", lambda: refuses(world, order)):
        carrier_says(world, "delivered")

    assert (states(world, order), parcels(world, order)) == (["awaiting_receipt"], [("returning", {"1": 3})])
    assert happened(world, "parcel_delivered") == 0
    the_world_makes_sense(world)


def test_the_buyer_confirms_while_somebody_refuses(world: World, followed: Partners) -> None:
    order = sent(world, WAYBILL)

    with struck_before("receipt_confirmed", lambda: refuses(world, order)):
        answer = confirms(world, order)

    problem_of(answer, 409, "parcels_returning")
    assert (states(world, order), world.accounts()["clearing:sandbox"]) == (["awaiting_receipt"], ALL_OF_IT)
    the_world_makes_sense(world)


def test_somebody_refuses_while_the_buyer_confirms(world: World, followed: Partners) -> None:
    order = sent(world, WAYBILL)

    with struck_before("parcel_returning", lambda: confirms(world, order)):
        answer = refuses(world, order)

    problem_of(answer, 409, "transition_refused")
    assert states(world, order) == ["completed"]
    assert [asked for asked in followed.asked if asked[1] == "W1/returns"] == []
    the_world_makes_sense(world)


def test_the_buyer_wants_more_time_while_it_runs_out(world: World, followed: Partners) -> None:
    order = delivered(world)

    with struck_before("receipt_timed_out", lambda: extends(world, order)):
        world.cloud.advance(10 * DAY)
    between = states(world, order)
    world.cloud.advance(3 * DAY)

    assert between == ["delivered"]
    assert (states(world, order), happened(world, "receipt_timed_out")) == (["completed"], 1)
    the_world_makes_sense(world)


def test_the_time_runs_out_while_the_buyer_wants_more_of_it(world: World, followed: Partners) -> None:
    order = delivered(world)

    with struck_before("receipt_extended", lambda: world.cloud.advance(10 * DAY)):
        answer = extends(world, order)

    problem_of(answer, 409, "transition_refused")
    assert (states(world, order), happened(world, "receipt_extended")) == (["completed"], 0)
    the_world_makes_sense(world)


def test_two_who_want_more_time_get_it_once(world: World, followed: Partners) -> None:
    order = delivered(world)

    with struck_before("receipt_extended", lambda: extends(world, order)):
        answer = extends(world, order)

    problem_of(answer, 409, "already_extended")
    assert happened(world, "receipt_extended") == 1


# --- what comes back ---


def refused(world: World) -> str:
    order = sent(world, WAYBILL)
    assert refuses(world, order).status == 200
    return order


def warehouse_counts(world: World, order: str) -> Any:
    return post(world, message(world, counted(fulfilment(order), (1, 2, 1, 0), number=60)))


def merchant_counts(world: World, order: str) -> Any:
    body = {"parcel": 1, "lines": [{"line": 1, "good": 3}]}
    return world.send("POST", f"/merchant/sub-orders/{order}-01/returns", body, role="merchant", who="m-tea")


def test_a_merchant_counts_while_the_warehouse_does(world: World, followed: Partners) -> None:
    order = refused(world)

    with struck_before("return_received", lambda: merchant_counts(world, order)):
        answer = warehouse_counts(world, order)

    problem_of(answer, 409, "transition_refused")
    assert refunds(world, order) == [("succeeded", ALL_OF_IT, "damaged")]
    assert tea(world) == {"available": 20}
    the_world_makes_sense(world)


def test_the_warehouse_counts_while_a_merchant_does(world: World, followed: Partners) -> None:
    order = refused(world)

    with struck_before("return_received", lambda: warehouse_counts(world, order)):
        answer = merchant_counts(world, order)

    problem_of(answer, 409, "transition_refused")
    assert refunds(world, order) == [("succeeded", ALL_OF_IT, "damaged")]
    assert tea(world) == {"available": 19, "defect": 1}
    the_world_makes_sense(world)


def test_the_same_count_twice_at_once_is_booked_once(world: World, followed: Partners) -> None:
    order = refused(world)
    faster: list[Any] = []

    with struck_before("return_received", lambda: faster.append(warehouse_counts(world, order))):
        slower = warehouse_counts(world, order)

    assert [answer.json()["status"] for answer in (*faster, slower)] == ["applied", "duplicate"]
    assert refunds(world, order) == [("succeeded", ALL_OF_IT, "damaged")]
    the_world_makes_sense(world)


def test_the_buyer_confirms_while_it_is_counted_by_its_sender(world: World, followed: Partners) -> None:
    """The carrier turned it round unheard: whoever has the goods in hand is right."""
    order = sent(world, WAYBILL)

    with struck_before("receipt_confirmed", lambda: warehouse_counts(world, order)):
        answer = confirms(world, order)

    assert answer.status == 409
    assert states(world, order) == ["closed"]
    assert refunds(world, order) == [("succeeded", ALL_OF_IT, "came_back")]
    the_world_makes_sense(world)


def test_its_sender_counts_it_while_the_buyer_confirms(world: World, followed: Partners) -> None:
    order = sent(world, WAYBILL)

    with struck_before("return_received", lambda: confirms(world, order)):
        answer = warehouse_counts(world, order)

    problem_of(answer, 409, "transition_refused")
    assert (states(world, order), refunds(world, order)) == (["completed"], [])
    the_world_makes_sense(world)
