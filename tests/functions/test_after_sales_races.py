"""Two at once at one case: both interleavings of each. Whoever writes first wins, and the other is told."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.gateway import Response
from tests.functions.claims import TEA, Claim, claim, refunded, returning, shelf
from tests.functions.parcels import (
    Partners,
    confirmed,
    fulfilment,
    message,
    package,
    partners,
    post,
    report,
    tell,
)
from tests.functions.racing import struck_before
from tests.functions.showing import received
from tests.functions.watching import problem_of
from tests.http_world import World

SELLER = {"role": "merchant", "who": "m-tea"}
NUMBER = {"carrier": "sf", "waybill": "SF-BACK-0001"}
COUNTED = {"lines": [{"line": 1, "good": 1}]}
Deed = Callable[[Claim], Response]


def withdraws(asked: Claim) -> Response:
    return asked.tries("/after-sales", "withdrawal")


def approves(asked: Claim) -> Response:
    return asked.tries("/merchant/after-sales", "decision", {"approve": True}, **SELLER)


def refuses(asked: Claim) -> Response:
    no = {"approve": False, "reason": "worn", "alternatives": [{"kind": "repair"}]}
    return asked.tries("/merchant/after-sales", "decision", no, **SELLER)


def calls(asked: Claim) -> Response:
    return asked.tries("/after-sales", "escalation", {"reason": "no_agreement"})


TWO = [
    (withdraws, "case_withdrawn", approves),
    (approves, "case_approved", withdraws),
    (refuses, "case_refused", approves),
    (approves, "case_approved", approves),
    (withdraws, "case_withdrawn", calls),
]


@pytest.mark.parametrize(("first", "writes", "rival"), TWO)
def test_of_two_who_decide_at_once_one_is_told_that_it_is_over(
    world: World, first: Deed, writes: str, rival: Deed
) -> None:
    asked = claim(world, received(world), "refund_only")
    told: list[Response] = []

    with struck_before(writes, lambda: told.append(rival(asked))):
        late = first(asked)

    assert told[0].status == 200
    if late.status != 200:  # A buyer may withdraw from a dispute, too.
        problem_of(late, 409, "transition_refused")
    assert len(refunded(world, asked.order)) == (asked.state == "completed")
    assert len(refunded(world, asked.order)) <= 1


def test_two_buyers_who_enter_one_number_at_once_do_not_both_have_it(world: World) -> None:
    mine, theirs = (claim(world, received(world, {"TEA": 1}), "return_refund") for _ in range(2))
    for asked in (mine, theirs):
        asked.approve()

    with struck_before("return_sent", lambda: theirs.send_back()):
        late = mine.tries("/after-sales", "waybill", NUMBER)

    assert problem_of(late, 422, "invalid_request")["waybill"] == "SF-BACK-0001"
    assert (mine.state, theirs.state) == ("awaiting_return", "returning")


def test_two_inspections_at_once_count_and_refund_once(world: World) -> None:
    asked = returning(world)

    with struck_before("goods_inspected", lambda: asked.inspect(defect=1)):
        late = asked.tries("/merchant/after-sales", "inspection", COUNTED, **SELLER)

    problem_of(late, 409, "transition_refused")
    assert [amount for _, amount, _ in refunded(world, asked.order)] == [TEA]
    assert shelf(world) == {"available": 17, "defect": 1, "sold": 2}


def test_two_requests_for_the_same_units_at_once_are_one(world: World) -> None:
    order = received(world)
    body = {
        "sub_order": 1,
        "kind": "return_refund",
        "reason": "no_reason",
        "lines": [{"line": 1, "quantity": 2}],
    }

    with struck_before("case_requested", lambda: world.command(f"/orders/{order}/after-sales", body)):
        late = world.send("POST", f"/orders/{order}/after-sales", body)

    [problem] = problem_of(late, 422, "after_sale_refused")["problems"]
    assert (problem["code"], problem["left"]) == ("more_than_bought", 1)


def test_a_receipt_and_a_request_at_once_leave_an_open_case_or_a_received_order(world: World) -> None:
    order = world.placed_and_paid({"TEA": 3})
    world.ship_all(order)
    world.arrive(order)
    confirm = world.send("POST", f"/orders/{order}/receipt", {}).json()["confirm"]

    with struck_before("receipt_confirmed", lambda: claim(world, order, "return_refund")):
        late = world.send("POST", f"/orders/{order}/receipt", {"confirm": confirm})

    problem_of(late, 409, "case_open")
    assert world.order(order)["sub_orders"][0]["state"] == "delivered"


@pytest.fixture
def wms(world: World) -> Iterator[Partners]:
    with partners(world) as stand_in:
        yield stand_in


def test_a_warehouse_that_counts_while_its_merchant_does_is_told_and_counts_nothing(
    world: World, wms: Partners
) -> None:
    order = world.placed_and_paid({"TEA": 3})
    assert tell(world, confirmed(fulfilment(order), package("SF0000000001", {1: 3}), number=9)) == "applied"
    report(world, order, 1, "delivered")
    asked = claim(world, order, "return_refund")
    asked.approve()
    about: dict[str, Any] = {
        "event_id": "c-1",
        "type": "return.received",
        "created": 1,
        "case": asked.case_id,
    }
    about |= {"fulfillment_id": fulfilment(order), "return_id": asked.case_id}
    about |= {"lines": [{"line": 1, "good": 1, "defect": 0, "scrap": 0}]}

    with struck_before("goods_inspected", lambda: asked.inspect(scrap=1)):
        late = post(world, message(world, about))

    problem_of(late, 409, "transition_refused")
    assert len(refunded(world, order)) == 1
    assert shelf(world) == {"available": 17, "scrapped": 1, "sold": 2}
