"""What comes back for a case, told by carriers: followed, shown to both sides, arrived, lost, or somebody else's."""

from typing import Any

import pytest

from tests.functions.claims import TEA, Claim, claim, refunded, returning
from tests.functions.parcels import (
    post,
    report,
)
from tests.functions.showing import received
from tests.functions.trackers import Seen, push
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import DAY, SWEPT, World

pytestmark = pytest.mark.usefixtures("promised")

HOUR = 3600


# --- carriers ---


@pytest.fixture
def followed(world: World) -> World:
    """AfterShip follows what is sent by USPS, and what it tells is proven; no warehouse has a system."""
    world.cloud.agree_with_partners(warehouses=(), tracker="aftership")
    return world


def sent(world: World, waybill: str = "USPS0000001", units: int = 1) -> Claim:
    asked = claim(world, received(world), "return_refund", units)
    asked.approve()
    asked.buyer("waybill", {"carrier": "usps", "waybill": waybill})
    return asked


def told(world: World, waybill: str, *seen: Seen, tracker: str = "aftership") -> int:
    return post(world, push(world, tracker, waybill, *seen)).status


def track(asked: Claim, **who: Any) -> list[str]:
    return [one["status"] for one in asked.read(**who)["send_back"]["track"]]


def test_a_return_is_followed_shown_to_both_sides_and_arrives_by_its_carriers_word(followed: World) -> None:
    asked = sent(followed)
    books = followed.cloud.http("GET", "/_trackers/books", {}).json()

    followed.cloud.advance(HOUR)
    moving = told(followed, "USPS0000001", Seen(-60, "in_transit"))
    under_way = asked.read()
    arrived = told(followed, "USPS0000001", Seen(-60, "in_transit"), Seen(-30, "delivered"))

    assert books["aftership"]["USPS0000001"]["subscribed"] is True
    assert (moving, arrived) == (200, 200)
    assert (under_way["state"], under_way["send_back"]["tracking"]) == ("returning", "in_transit")
    assert under_way["send_back"]["tracking_text"] == "on its way"
    assert asked.state == "inspecting"
    assert track(asked) == track(asked, role="merchant", who="m-tea") == ["in_transit", "delivered"]
    [parcel] = followed.order(asked.order)["sub_orders"][0]["parcels"]
    assert (
        "delivered" in parcel["state"] or parcel["state"] == "received"
    )  # The one that was sent is not touched.


def test_told_twice_or_late_it_changes_nothing(followed: World) -> None:
    asked = sent(followed)
    followed.cloud.advance(HOUR)
    delivered = push(followed, "aftership", "USPS0000001", Seen(-30, "delivered"))
    post(followed, delivered)

    with nothing_happens(followed):
        again = post(followed, delivered)
    late = told(followed, "USPS0000001", Seen(-900, "exception"))

    assert (again.status, late) == (200, 200)
    assert asked.state == "inspecting"
    assert track(asked) == ["exception", "delivered"]


def test_what_happened_before_it_was_asked_for_is_about_another_parcel(followed: World) -> None:
    asked = sent(followed)

    answer = told(followed, "USPS0000001", Seen(-2 * HOUR, "delivered"))

    assert (answer, asked.state, track(asked)) == (200, "returning", [])


def test_a_lost_return_is_looked_after_by_people_and_may_be_ruled(followed: World) -> None:
    asked = sent(followed)
    followed.cloud.advance(HOUR)

    told(followed, "USPS0000001", Seen(-60, "exception"))
    entries = followed.read("/register?owner=support", role="support", who="s-1")["entries"]
    asked.call_platform()
    asked.rule(100)

    assert "case_late" in [entry["kind"] for entry in entries]
    assert [amount for _, amount, _ in refunded(followed, asked.order)] == [TEA]


def test_a_return_of_which_nobody_hears_is_asked_for_and_looked_after(followed: World) -> None:
    asked = sent(followed)
    journey = {"tracker": "aftership", "journey": "silent"}
    followed.cloud.http("POST", "/_trackers/USPS0000001/journey", {}, _json(journey))

    followed.cloud.advance(10 * DAY + SWEPT)

    entries = followed.read("/register?owner=support", role="support", who="s-1")["entries"]
    assert "case_late" in [entry["kind"] for entry in entries]
    assert asked.state == "returning"


def test_an_arrival_that_anybody_could_have_told_is_asked_about_first(world: World) -> None:
    world.cloud.agree_with_partners(warehouses=(), tracker="kuaidi100")
    asked = claim(world, received(world), "return_refund")
    asked.approve()
    asked.buyer("waybill", {"carrier": "sf", "waybill": "SF1234567890"})
    fault = {"next": 1000, "fault": "timeout", "on": "query"}
    world.cloud.http("POST", "/_trackers/kuaidi100/faults", {}, _json(fault))
    world.cloud.advance(HOUR)

    answer = told(world, "SF1234567890", Seen(-30, "delivered"), tracker="kuaidi100")
    claimed = asked.state
    world.cloud.http("POST", "/_trackers/kuaidi100/faults", {}, _json({"next": 0}))
    world.cloud.advance(3 * DAY)  # It is followed, and arrives in truth after 50 hours.

    assert (answer, claimed, asked.state) == (200, "returning", "inspecting")


def test_a_number_told_twice_under_one_key_is_a_repeat_and_under_another_key_no_news(world: World) -> None:
    asked = claim(world, received(world), "return_refund")
    asked.approve()
    number, other = ({"carrier": "sf", "waybill": f"SF-BACK-000{n}"} for n in (1, 2))
    first = asked.tries("/after-sales", "waybill", number, key="k")

    with nothing_happens(world):
        again = asked.tries("/after-sales", "waybill", number, key="k")
        known = asked.tries("/after-sales", "waybill", number, key="l")
        reused = asked.tries("/after-sales", "waybill", other, key="k")

    assert [answer.status for answer in (first, again, known)] == [200, 200, 200]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in known.headers
    problem_of(reused, 422, "idempotency_key_reused")


def test_the_number_of_a_parcel_that_was_sent_to_the_buyer_is_not_the_returns(world: World) -> None:
    asked = claim(world, received(world), "return_refund")
    asked.approve()
    [parcel] = world.order(asked.order)["sub_orders"][0]["parcels"]

    with nothing_happens(world):
        answer = asked.tries(
            "/after-sales", "waybill", {"carrier": "sf", "waybill": parcel["waybill"].lower()}
        )

    assert problem_of(answer, 422, "invalid_request")["at"] == "/waybill"


def test_a_number_that_is_somebody_elses_is_refused_until_support_says_it_was_a_mistake(world: World) -> None:
    other = world.placed_and_paid({"KITE": 1})
    world.ship_all(other)
    [parcel] = world.order(other)["sub_orders"][0]["parcels"]
    asked = claim(world, received(world), "return_refund")
    asked.approve()
    number = {"carrier": "sf", "waybill": parcel["waybill"]}

    with nothing_happens(world):
        answer = asked.tries("/after-sales", "waybill", number)
    report(world, other, 1, "wrong_waybill")
    asked.buyer("waybill", number)

    assert problem_of(answer, 422, "invalid_request")["waybill"] == parcel["waybill"]
    assert asked.state == "returning"


def test_two_returns_cannot_bear_one_number_unless_they_share_a_parcel(world: World) -> None:
    first, order = returning(world), received(world, {"POT": 1})
    foreign = claim(world, order, "return_refund")
    foreign.approve()
    with nothing_happens(world):
        answer = foreign.tries("/after-sales", "waybill", {"carrier": "sf", "waybill": "SF-BACK-0001"})
    more = claim(world, first.order, "return_refund")
    more.approve()

    more.send_back("sf-back-0001")

    problem_of(answer, 422, "invalid_request")
    assert (foreign.state, more.state) == ("awaiting_return", "returning")


def test_a_number_that_was_entered_wrongly_is_corrected_and_free_again(followed: World) -> None:
    asked = sent(followed, "USPS0000001")
    followed.cloud.advance(HOUR)
    told(followed, "USPS0000001", Seen(-60, "in_transit"))

    asked.buyer("waybill", {"carrier": "usps", "waybill": "USPS0000002"})
    anew = track(asked)
    told(followed, "USPS0000002", Seen(-30, "delivered"))
    other = sent(followed, "USPS0000001")

    assert anew == []
    assert (asked.state, track(asked), other.state) == ("inspecting", ["delivered"], "returning")


def test_support_sets_a_number_right_that_a_buyer_took_from_somebody_else(world: World) -> None:
    asked = returning(world)
    other = world.placed_and_paid({"KITE": 1})
    ship = {"parcels": [{"parcel": 1, "carrier": "sf", "waybill": "SF-BACK-0001"}]}
    path, seller = f"/merchant/sub-orders/{other}-01/shipment", {"role": "merchant", "who": "m-toys"}
    with nothing_happens(world):
        taken = world.send("POST", path, ship, **seller)

    right = {"carrier": "sf", "waybill": "SF-BACK-0002"}
    world.command(f"/after-sales/{asked.case_id}/waybill", right, role="support", who="s-1")
    world.command(path, ship, **seller)

    problem_of(taken, 422, "invalid_request")
    assert asked.read()["send_back"]["waybill"] == "SF-BACK-0002"
    assert world.order(other)["sub_orders"][0]["parcels"][0]["waybill"] == "SF-BACK-0001"


def test_so_many_numbers_are_too_many(world: World) -> None:
    asked = returning(world)
    for number in range(2, 7):
        asked.send_back(f"SF-BACK-{number:04}")

    with nothing_happens(world):
        answer = asked.tries("/after-sales", "waybill", {"carrier": "sf", "waybill": "SF-BACK-0007"})
        same = asked.tries("/after-sales", "waybill", {"carrier": "sf", "waybill": "SF-BACK-0006"})

    assert problem_of(answer, 422, "invalid_request")["maximum"] == 5
    assert same.status == 200


def _json(form: dict[str, Any]) -> bytes:
    import json

    return json.dumps(form).encode()
