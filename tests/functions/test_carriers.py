"""What the four trackers push over HTTP: what is seen is shown, what it means happens once, and only forward."""

import pytest

from shared.outside import Answer, Call, outside
from tests.functions.parcels import (
    Message,
    Partners,
    lines_of,
    parcels,
    partners,
    post,
    report,
    states,
)
from tests.functions.trackers import ACCEPTED, CARRIER, PROVEN, TRACKERS, Seen, push
from tests.functions.watching import nothing_happens
from tests.http_world import DAY, World

HOUR = 3600
WAYBILL = "9400110898825022579493"


@pytest.fixture(autouse=True)
def nobody_is_subscribed(world: World) -> None:
    world.cloud.agree_with_partners(warehouses=(), tracker="")


def shipped(world: World, tracker: str, waybill: str = WAYBILL) -> str:
    """Three units of tea, sent by their merchant in one parcel."""
    order = world.placed_and_paid({"TEA": 3})
    body = {"parcels": [{"parcel": 1, "carrier": CARRIER[tracker], "waybill": waybill}]}
    world.command(f"/merchant/sub-orders/{order}-01/shipment", body, role="merchant", who="m-tea")
    return order


def told(world: World, sent: Message) -> tuple[int, bytes, str]:
    """The answer, and what became of the message."""
    with lines_of("tracking") as lines:
        answer = post(world, sent)
    [line] = lines
    return answer.status, answer.body, str(line["outcome"])


@pytest.mark.parametrize("tracker", TRACKERS)
def test_a_parcel_that_moves_is_shown_and_no_event(world: World, tracker: str) -> None:
    order = shipped(world, tracker)
    before = world.order(order)["version"]
    world.cloud.advance(HOUR)

    outcome = told(world, push(world, tracker, WAYBILL, Seen(-60, "in_transit")))

    [parcel] = world.order(order)["sub_orders"][0]["parcels"]
    assert outcome == (200, ACCEPTED[tracker], "no_effect")
    assert (parcel["state"], parcel["tracking"], parcel["tracking_text"]) == (
        "in_transit",
        "in_transit",
        "on its way",
    )
    [seen] = parcel["track"]
    assert (seen["at"], seen["status"], seen["text"]) == ("2026-11-21T23:25:40Z", "in_transit", "on its way")
    assert world.order(order)["version"] == before


@pytest.mark.parametrize("tracker", PROVEN)
def test_what_is_signed_as_delivered_is_delivered(world: World, tracker: str) -> None:
    order = shipped(world, tracker)
    world.cloud.advance(HOUR)

    outcome = told(world, push(world, tracker, WAYBILL, Seen(-90, "in_transit"), Seen(-60, "delivered")))

    view = world.order(order)["sub_orders"][0]
    assert outcome == (200, ACCEPTED[tracker], "applied")
    assert (view["state"], view["parcels"][0]["state"]) == ("delivered", "delivered")
    assert view["parcels"][0]["delivered_at"] == "2026-11-21T23:25:40Z"
    assert [seen["status"] for seen in view["parcels"][0]["track"]] == ["in_transit", "delivered"]


@pytest.mark.parametrize("tracker", [t for t in TRACKERS if t not in PROVEN])
def test_what_anybody_could_have_signed_is_asked_about_before_money_hangs_on_it(
    world: World, tracker: str
) -> None:
    order = shipped(world, tracker)
    world.cloud.advance(HOUR)
    asked = []

    def silent(call: Call, act: object) -> object:
        if call.service == "http" and "_sandbox" not in call.request["url"]:
            asked.append(call.request["url"])
            return Answer(200, b"{}")
        return act()  # type: ignore[operator]

    outside.around.append(silent)
    outcome = told(world, push(world, tracker, WAYBILL, Seen(-60, "delivered")))

    [parcel] = world.order(order)["sub_orders"][0]["parcels"]
    assert outcome == (200, ACCEPTED[tracker], "applied")
    assert parcel["state"] == "in_transit"
    assert parcel["tracking_notes"] == ["It is said to be delivered: the carrier is being asked."]
    assert len(asked) >= 1
    assert all(tracker in url for url in asked)


@pytest.mark.parametrize("tracker", TRACKERS)
def test_fifty_replays_have_one_effect(world: World, tracker: str) -> None:
    shipped(world, tracker)
    world.cloud.advance(HOUR)
    message = push(world, tracker, WAYBILL, Seen(-90, "in_transit"), Seen(-60, "exception"))

    first = told(world, message)
    with nothing_happens(world):
        again = {told(world, message) for _ in range(50)}

    assert first == (200, ACCEPTED[tracker], "applied")
    assert again == {(200, ACCEPTED[tracker], "duplicate")}


@pytest.mark.parametrize("tracker", PROVEN)
def test_what_happened_before_moves_nothing_when_it_is_told_later(world: World, tracker: str) -> None:
    order = shipped(world, tracker)
    world.cloud.advance(HOUR)
    late = push(world, tracker, WAYBILL, Seen(-600, "exception"))
    told(world, push(world, tracker, WAYBILL, Seen(-60, "delivered")))
    version = world.order(order)["version"]

    outcome = told(world, late)

    view = world.order(order)
    assert outcome == (200, ACCEPTED[tracker], "no_effect")
    assert (view["version"], states(world, order)) == (version, ["delivered"])
    track = view["sub_orders"][0]["parcels"][0]["track"]
    assert [seen["status"] for seen in track] == ["exception", "delivered"]


@pytest.mark.parametrize("tracker", PROVEN)
def test_trouble_after_delivery_stops_the_clock_and_is_said(world: World, tracker: str) -> None:
    order = shipped(world, tracker)
    world.cloud.advance(HOUR)
    told(world, push(world, tracker, WAYBILL, Seen(-60, "delivered")))
    told(world, push(world, tracker, WAYBILL, Seen(-60, "delivered"), Seen(-30, "exception")))
    world.cloud.advance(30 * DAY)

    view = world.order(order)["sub_orders"][0]

    assert (view["state"], view["parcels"][0]["state"]) == ("awaiting_receipt", "troubled")
    assert view["parcels"][0]["tracking_notes"] == [
        "The carrier reports trouble: people look for it, and the time to receive it stands still."
    ]


@pytest.mark.parametrize("tracker", TRACKERS)
def test_a_number_that_we_do_not_know_yet_is_sent_again(world: World, tracker: str) -> None:
    """A tracker may be faster than the warehouse that stuck the label on."""
    message = push(world, tracker, WAYBILL, Seen(-60, "in_transit"))

    with nothing_happens(world):
        status, _, outcome = told(world, message)
    order = shipped(world, tracker)
    later = told(world, message)

    assert (status, outcome) == (503, "unknown_waybill")
    assert later == (200, ACCEPTED[tracker], "no_effect")
    assert world.order(order)["sub_orders"][0]["parcels"][0]["tracking"] == "in_transit"


def test_a_number_is_one_number_however_a_merchant_writes_it(world: World) -> None:
    order = shipped(world, "kuaidi100", "sf1000001x")

    told(world, push(world, "kuaidi100", "SF1000001X", Seen(-60, "in_transit")))

    [parcel] = world.order(order)["sub_orders"][0]["parcels"]
    assert (parcel["waybill"], parcel["tracking"]) == ("SF1000001X", "in_transit")


def test_nobody_has_seen_it_for_two_days_and_the_buyer_is_told(world: World) -> None:
    order = shipped(world, "aftership")
    world.cloud.advance(2 * DAY)

    [parcel] = world.order(order)["sub_orders"][0]["parcels"]

    assert parcel["tracking_notes"] == ["Nobody has seen it for 48 hours: the carrier is being asked."]


def test_where_parcels_were_seen_is_read_once_and_only_where_one_has_left(world: World) -> None:
    from tests.functions.watching import recording

    waiting = world.placed_and_paid({"TEA": 1})
    with recording() as before:
        world.order(waiting)
    order = shipped(world, "aftership")
    with recording() as after:
        world.order(order)

    assert [call.operation for call in before] == ["query"]
    assert [call.operation for call in after] == ["query", "query"]


def test_a_log_line_finds_a_parcel_and_does_not_follow_it(world: World) -> None:
    shipped(world, "aftership")

    with lines_of("tracking") as lines:
        post(world, push(world, "aftership", WAYBILL, Seen(-60, "in_transit")))

    assert lines == [{"tracker": "aftership", "outcome": "no_effect", "about": ["usps:9493"]}]


# --- parcels are followed ---


def test_a_parcel_is_subscribed_when_it_leaves_and_a_refusal_is_told(world: World) -> None:
    world.cloud.agree_with_partners(warehouses=(), tracker="aftership")
    asked = []

    def refuses(call: Call, act: object) -> object:
        if call.service == "http" and "_sandbox" not in call.request["url"]:
            asked.append((call.operation, call.request["url"]))
            return Answer(400, b'{"meta": {"code": 4005, "message": "no such number"}}')
        return act()  # type: ignore[operator]

    outside.around.append(refuses)
    with lines_of("not followed") as lines:
        order = shipped(world, "aftership")
    [parcel] = world.order(order)["sub_orders"][0]["parcels"]

    assert [operation for operation, _ in asked] == ["POST"]
    assert lines == [{"order_id": order, "subject": "PARCEL#01"}]
    assert parcel["tracking_notes"] == [
        "Its way is not shown here: look it up at the carrier by its waybill number."
    ]


def test_support_may_say_where_it_is(world: World) -> None:
    order = shipped(world, "aftership")

    report(world, order, 1, "lost")
    lost = parcels(world, order)
    world.cloud.advance(60)
    report(world, order, 1, "delivered")

    assert lost == [("troubled", {"1": 3})]
    assert parcels(world, order) == [("delivered", {"1": 3})]
    track = world.order(order)["sub_orders"][0]["parcels"][0]["track"]
    assert [seen["status"] for seen in track] == ["lost", "delivered"]


def test_a_report_repeated_is_one_report(world: World) -> None:
    order = shipped(world, "aftership")
    body = {"said": "lost", "reason": "telephone"}
    path = f"/orders/{order}/parcels/1/report"
    first = world.send("POST", path, body, role="support", who="s-1", key="one")

    with nothing_happens(world):
        again = world.send("POST", path, body, role="support", who="s-1", key="one")

    assert (first.status, again.status) == (200, 200)
    assert again.headers["idempotency-replayed"] == "true"


def test_a_whole_life_with_a_warehouse_and_a_tracker_that_both_speak(world: World) -> None:
    from tests.functions.parcels import at_warehouse, confirmed, fulfilment, package, tell

    with partners(world) as stand_in:
        assert isinstance(stand_in, Partners)
        order = at_warehouse(world)
        tell(world, confirmed(fulfilment(order), package(WAYBILL, {1: 3}, carrier="usps")))
        world.cloud.advance(HOUR)
        told(world, push(world, "easypost", WAYBILL, Seen(-60, "delivered")))
        delivered = states(world, order)
        world.cloud.advance(11 * DAY)

    assert (delivered, states(world, order)) == (["delivered"], ["completed"])
