"""Two at once at the last one that there is, and at one photo: counted back, exchanged, bought again, shown twice."""

import pytest

from local.gateway import Response
from tests.functions.claims import Claim, claim, request, shelf
from tests.functions.contests import comes_to_rest
from tests.functions.racing import struck_before
from tests.functions.showing import received
from tests.functions.test_after_sales_races_goods import one_of_four_pots, somebody_buys
from tests.functions.watching import problem_of
from tests.http_world import World

pytestmark = pytest.mark.usefixtures("promised")

# --- restocked, and sold again ---


def sold_out(world: World) -> Claim:
    """All five pots were bought; one of them is back, and not counted yet."""
    asked = claim(world, received(world, {"POT": 5}), "return_refund")
    asked.approve()
    asked.send_back()
    return asked


def pots(world: World) -> dict[str, int]:
    return {
        name: sum(shelf(world, "POT", w).get(name, 0) for w in ("W1", "W2"))
        for name in ("available", "reserved")
    }


def test_somebody_buys_the_last_one_while_it_is_counted_back(world: World) -> None:
    """Before it is counted there is none; from then on one buyer has it, and the next has not."""
    asked = sold_out(world)
    told: list[Response] = []

    with struck_before("goods_inspected", lambda: told.append(somebody_buys(asked))):
        asked.inspect(good=1)
    told += [somebody_buys(asked), somebody_buys(asked, who="b-3")]

    assert [answer.status for answer in told] == [422, 201, 422]
    [problem] = problem_of(told[2], 422, "order_refused")["problems"]
    assert problem["code"] == "sold_out"
    assert pots(world) == {"available": 0, "reserved": 1}
    comes_to_rest(world)


def test_one_is_counted_back_while_two_want_the_last_one(world: World) -> None:
    """Somebody is faster, and takes the one that there was; the one that came back is there for the slower."""
    asked = one_of_four_pots(world, "return_refund")
    told: list[Response] = []

    def somebody_is_faster_and_one_is_counted() -> None:
        told.append(somebody_buys(asked, who="b-3"))
        asked.inspect(good=1)

    with struck_before("order_placed", somebody_is_faster_and_one_is_counted):
        told.append(somebody_buys(asked))

    assert [answer.status for answer in told] == [201, 201]
    assert pots(world) == {"available": 0, "reserved": 2}
    comes_to_rest(world)


def test_a_defect_is_not_sold_again_to_whoever_waits_for_it(world: World) -> None:
    asked = sold_out(world)

    with struck_before("goods_inspected", lambda: somebody_buys(asked)):
        asked.inspect(defect=1)

    assert problem_of(somebody_buys(asked), 422, "order_refused")["problems"][0]["code"] == "sold_out"
    assert pots(world) == {"available": 0, "reserved": 0}


# --- one photo ---


@pytest.mark.parametrize("faster", [1, 2])
def test_one_photo_shows_two_cases_that_are_asked_for_at_once(world: World, faster: int) -> None:
    order = received(world)
    bodies = [request(world, order, "refund_only", units, reason="quality") for units in (1, 2)]
    if faster == 2:
        bodies.reverse()
    told: list[Response] = []
    path = f"/orders/{order}/after-sales"

    with struck_before("case_requested", lambda: told.append(world.send("POST", path, bodies[0]))):
        told.append(world.send("POST", path, bodies[1]))

    assert [answer.status for answer in told] == [201, 201]
    both = [Claim(world, f"{order}-C0{number}") for number in (1, 2)]
    assert both[0].read()["evidence"] == both[1].read()["evidence"] == bodies[0]["evidence"]
    assert [one.read()["lines"][0]["quantity"] for one in both] == [faster, 3 - faster]
    kept = [row for row in world.rows() if row["sk"].startswith("#EVIDENCE#") and row.get("state") == "kept"]
    assert len(kept) == 1
    comes_to_rest(world)
