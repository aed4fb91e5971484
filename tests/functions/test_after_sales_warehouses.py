"""What comes back for a case, told by warehouses' systems: expected, taken in, inspected once, or refused."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.functions.claims import TEA, Claim, claim, refunded, shelf
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
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import World

pytestmark = pytest.mark.usefixtures("promised")


@pytest.fixture
def wms(world: World) -> Iterator[Partners]:
    with partners(world) as stand_in:
        yield stand_in


def shipped_by_w1(world: World, units: int = 3) -> str:
    order = world.placed_and_paid({"TEA": units})
    assert (
        tell(world, confirmed(fulfilment(order), package("SF0000000001", {1: units}), number=900))
        == "applied"
    )
    report(world, order, 1, "delivered")
    return order


def expected(world: World, kind: str = "return_refund", units: int = 1, **more: Any) -> Claim:
    """Approved: W1's system has been told what comes back, and under which number."""
    asked = claim(world, shipped_by_w1(world), kind, units, **more)
    asked.approve()
    asked.send_back()
    return asked


def arrived(asked: Claim, number: int = 1, **more: Any) -> dict[str, Any]:
    return _event("return.arrived", asked, number, **more)


def inspected(asked: Claim, *lines: dict[str, Any], number: int = 2, **more: Any) -> dict[str, Any]:
    told_of = [{"line": 1, "good": 0, "defect": 0, "scrap": 0} | line for line in lines]
    return _event("return.received", asked, number, lines=told_of, **more)


def _event(kind: str, asked: Claim, number: int, **more: Any) -> dict[str, Any]:
    about = {"fulfillment_id": fulfilment(asked.order), "return_id": asked.case_id, "case": asked.case_id}
    return {"event_id": f"case-{number}", "type": kind, "created": 1} | about | more


def test_a_warehouses_system_is_told_what_comes_back_and_again_with_its_number(
    world: World, wms: Partners
) -> None:
    asked = claim(world, shipped_by_w1(world), "return_refund", 2)
    asked.approve()
    first = [told_of for method, place, told_of in wms.asked if place == "W1/returns"]

    asked.send_back()

    both = [told_of for method, place, told_of in wms.asked if place == "W1/returns"]
    lines = [{"line": 1, "sku": "TEA", "name": "A tea", "quantity": 2}]
    about = {"return_id": asked.case_id, "case": asked.case_id, "fulfillment_id": fulfilment(asked.order)}
    assert first == [about | {"lines": lines, "carrier": None, "waybill": None}]
    assert both == [*first, about | {"lines": lines, "carrier": "sf", "waybill": "SF-BACK-0001"}]


def test_a_warehouse_takes_it_in_and_inspects_it_each_told_twice_and_booked_once(
    world: World, wms: Partners
) -> None:
    asked = expected(world, units=2)

    here = [tell(world, arrived(asked)) for _ in range(2)]
    there = asked.state
    counted = [tell(world, inspected(asked, {"good": 1, "defect": 1})) for _ in range(2)]
    late = tell(world, arrived(asked, 3))

    assert (here, there) == (["applied", "duplicate"], "inspecting")
    assert (counted, late) == (["applied", "duplicate"], "no_effect")
    assert asked.state == "completed"
    assert [amount for _, amount, _ in refunded(world, asked.order)] == [2 * TEA]
    assert shelf(world) == {"available": 18, "defect": 1, "sold": 1}


def test_what_is_worth_less_the_buyer_may_contest(world: World, wms: Partners) -> None:
    asked = expected(world)

    told_of = tell(world, inspected(asked, {"defect": 1, "rate_pct": 30}, reason="worn"))

    view = asked.read()
    assert (told_of, view["state"], view["ruling"]) == ("applied", "assessed", "worn")
    assert view["lines"][0]["rate_pct"] == 30
    asked.buyer("acceptance")
    assert [amount for _, amount, _ in refunded(world, asked.order)] == [TEA * 30 // 100]


def test_an_exchange_goes_on_by_the_warehouses_word_and_the_new_one_is_pushed(
    world: World, wms: Partners
) -> None:
    asked = expected(world, "exchange", reason="quality")

    assert tell(world, inspected(asked, {"scrap": 1})) == "applied"

    assert asked.read()["replacement"] == f"{asked.order}-02"
    pushed = [told_of for method, place, told_of in wms.asked if place.endswith("/fulfillments")]
    assert pushed[-1]["lines"][0]["quantity"] == 1
    assert shelf(world) == {"available": 16, "reserved": 1, "scrapped": 1, "sold": 2}


REFUSALS: dict[str, tuple[dict[str, Any], str, int]] = {
    "no such case": ({"case": "-C09", "return_id": "-C09"}, "W1", 404),
    "another warehouse's": ({}, "W2", 404),
    "a parcel that is none of it": ({"fulfillment_id": "-01-P02"}, "W1", 404),
    "another return's number": ({"return_id": "-C02"}, "W1", 422),
    "more than was sent": ({"lines": [{"line": 1, "good": 2, "defect": 0, "scrap": 0}]}, "W1", 422),
    "a line that was not sent": ({"lines": [{"line": 2, "good": 1, "defect": 0, "scrap": 0}]}, "W1", 404),
    "no such grade": ({"lines": [{"line": 1, "fine": 1}]}, "W1", 422),
    "a rate of 101": (
        {"lines": [{"line": 1, "good": 1, "defect": 0, "scrap": 0, "rate_pct": 101}]},
        "W1",
        422,
    ),
    "a line twice": ({"lines": [{"line": 1, "good": 1, "defect": 0, "scrap": 0}] * 2}, "W1", 422),
    "a case that is none": ({"case": "C01"}, "W1", 422),
    "a reason in words": ({"reason": "It is worn."}, "W1", 422),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_does_not_fit_is_refused_and_changes_nothing(world: World, wms: Partners, name: str) -> None:
    changed, warehouse, status = REFUSALS[name]
    asked = expected(world)
    named = {k: f"{asked.order}{v}" if str(v).startswith("-") else v for k, v in changed.items()}
    sent_wrong = message(world, inspected(asked, {"good": 1}) | named, warehouse=warehouse)

    with nothing_happens(world):
        answer = post(world, sent_wrong)

    assert answer.status == status, answer.body
    assert asked.state == "returning"


def test_a_case_of_another_order_does_not_exist_for_this_fulfilment(world: World, wms: Partners) -> None:
    asked = expected(world)
    other = "0" * 26

    with nothing_happens(world):
        foreign = post(world, message(world, arrived(asked, case=f"{other}-C01", return_id=f"{other}-C01")))
        nobodys = post(
            world,
            message(
                world,
                arrived(
                    asked, fulfillment_id=f"{other}-01-P01", case=f"{other}-C01", return_id=f"{other}-C01"
                ),
            ),
        )

    problem_of(foreign, 404, "not_found")
    problem_of(nobodys, 404, "not_found")


def test_what_nobody_has_approved_cannot_arrive_and_what_comes_after_the_end_is_people_s(
    world: World, wms: Partners
) -> None:
    asked = claim(world, shipped_by_w1(world), "return_refund")

    with nothing_happens(world):
        early = post(world, message(world, arrived(asked)))
    asked.buyer("withdrawal")
    late = tell(world, inspected(asked, {"good": 1}))

    problem_of(early, 409, "transition_refused")
    assert (late, asked.state, refunded(world, asked.order)) == ("applied", "closed", [])
    assert shelf(world) == {"available": 17, "sold": 3}
    [entry] = world.read("/register?kind=goods_unawaited", role="support", who="s-1")["entries"]
    assert entry["order_id"] == asked.order


def test_a_merchant_and_its_warehouse_count_one_return_once(world: World, wms: Partners) -> None:
    asked = expected(world)
    asked.inspect(good=1)

    with nothing_happens(world):
        answer = post(world, message(world, inspected(asked, {"good": 1})))

    problem_of(answer, 409, "transition_refused")
    assert len(refunded(world, asked.order)) == 1
