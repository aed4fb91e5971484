"""The desk of the simulated trackers: journeys, what goes wrong on the way, and worlds put back."""

import json

import pytest

from tests.local.partner_clients import (
    DAY,
    HOUR,
    START,
    TRACKERS,
    WAYBILL,
    World,
    accept_pushes,
    ask,
    is_signed_by_tracker,
    pushes,
    subscribe,
)


@pytest.fixture
def world():
    world = World()
    accept_pushes(world)
    return world


def journey(world, waybill=WAYBILL, **form):
    return world.desk(f"/_trackers/{waybill}/journey", form)


def moments(world):
    return [after for after, *_ in pushes(world)]


def seen(world, tracker, waybill=WAYBILL):
    events = world.desk("/_trackers/books")[1][tracker][waybill]["events"]
    return [(event["at"] - START, event["what"]) for event in events]


def fault(world, tracker, name, on="any", calls=1):
    return world.desk(f"/_trackers/{tracker}/faults", {"next": calls, "fault": name, "on": on})


# --- journeys ---


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("delivered", [(2, "picked_up"), (10, "in_transit"), (46, "out_for_delivery"), (50, "delivered")]),
        ("silent", [(2, "picked_up"), (10, "in_transit")]),
        ("exception", [(2, "picked_up"), (10, "in_transit"), (34, "exception")]),
        (
            "refused",
            [
                (2, "picked_up"),
                (10, "in_transit"),
                (46, "out_for_delivery"),
                (50, "refused"),
                (58, "returning"),
                (98, "returned"),
            ],
        ),
        ("returned", [(2, "picked_up"), (10, "in_transit"), (34, "returning"), (74, "returned")]),
        ("lost", [(2, "picked_up"), (10, "in_transit"), (82, "lost")]),
        (
            "pickup",
            [
                (2, "picked_up"),
                (10, "in_transit"),
                (46, "out_for_delivery"),
                (50, "available_for_pickup"),
                (74, "delivered"),
            ],
        ),
        (
            "delivered_then_exception",
            [
                (2, "picked_up"),
                (10, "in_transit"),
                (46, "out_for_delivery"),
                (50, "delivered"),
                (74, "exception"),
            ],
        ),
    ],
)
def test_a_journey_goes_its_way_in_its_own_hours(world, name, steps):
    subscribe(world, "aftership")
    journey(world, journey=name)
    world.advance(30 * DAY)

    assert seen(world, "aftership") == [(hours * HOUR, what) for hours, what in steps]
    assert moments(world) == [hours * HOUR for hours, _ in steps]


@pytest.mark.parametrize(("speed", "expected"), [(0, [0, 0, 0, 0]), (60, [60, 120, 180, 240])])
def test_a_journey_can_be_quick(world, speed, expected):
    subscribe(world, "seventeentrack")
    journey(world, speed=speed)
    world.advance(HOUR)

    assert moments(world) == expected


def test_a_new_journey_replaces_the_rest_of_the_old_one(world):
    subscribe(world, "easypost")
    world.advance(11 * HOUR)
    journey(world, journey="lost", speed=HOUR)
    world.advance(7 * DAY)

    assert seen(world, "easypost") == [
        (2 * HOUR, "picked_up"),
        (10 * HOUR, "in_transit"),
        (12 * HOUR, "picked_up"),
        (13 * HOUR, "in_transit"),
        (14 * HOUR, "lost"),
    ]


def test_a_parcel_that_nobody_subscribed_travels_and_nobody_is_told(world):
    journey(world, tracker="kuaidi100", carrier="ems", speed=60)
    world.advance(150)

    assert world.box == []
    assert ask(world, "kuaidi100")[1]["returnCode"] == "500"

    subscribe(world, "kuaidi100")
    world.advance(HOUR)

    assert moments(world) == [150, 180, 240]
    assert len(pushes(world)[0][2]["lastResult"]["data"]) == 2


def test_each_tracker_follows_on_its_own(world):
    for tracker in TRACKERS:
        subscribe(world, tracker)
    status, answer = journey(world, tracker="easypost", journey="silent", speed=0)
    world.advance(60 * HOUR)

    assert (status, answer["trackers"]) == (200, ["easypost"])
    assert len(seen(world, "easypost")) == 2
    assert [len(seen(world, name)) for name in TRACKERS if name != "easypost"] == [4, 4, 4]
    assert journey(world, speed=0)[1]["trackers"] == list(TRACKERS)


def test_a_single_event_can_be_seen_late_and_stands_where_it_belongs(world):
    subscribe(world, "aftership")
    journey(world, journey="delivered", speed=60)
    world.advance(HOUR)
    world.desk(f"/_trackers/{WAYBILL}/event", {"what": "customs", "at": START + 90})

    assert [what for _, what in seen(world, "aftership")] == [
        "picked_up",
        "customs",
        "in_transit",
        "out_for_delivery",
        "delivered",
    ]
    assert [after for after, *_ in pushes(world)][-1] == HOUR


# --- the way pushes come ---


@pytest.mark.parametrize(
    ("deliver", "expected"),
    [
        ("now", [60, 120]),
        ("twice", [60, 60, 120, 120]),
        ("never", []),
        (DAY, [DAY + 60, DAY + 120]),
        ([0, 600], [60, 120, 660, 720]),
        ("reversed", [120, 120]),
    ],
    ids=["now", "twice", "never", "late", "list", "reversed"],
)
def test_pushes_come_as_ordered(world, deliver, expected):
    subscribe(world, "aftership")
    journey(world, journey="silent", speed=60, deliver=deliver)
    world.advance(3 * DAY)

    assert moments(world) == expected
    assert len(seen(world, "aftership")) == 2


def test_pushes_can_come_in_reverse(world):
    subscribe(world, "aftership")
    journey(world, speed=60, deliver="reversed")
    world.advance(HOUR)

    tags = [message["msg"]["tag"] for _, _, message in pushes(world)]
    assert tags == ["Delivered", "OutForDelivery", "InTransit", "InTransit"]


@pytest.mark.parametrize("tracker", TRACKERS)
def test_a_doubled_push_is_the_same_to_the_last_byte(world, tracker):
    subscribe(world, tracker)
    journey(world, journey="silent", speed=0, deliver="twice")
    world.settle()

    (_, _, headers, first), (_, _, other_headers, second), *_ = world.box
    assert (headers, first) == (other_headers, second)


@pytest.mark.parametrize("tracker", TRACKERS)
def test_a_forged_push_bears_a_wrong_signature(world, tracker):
    subscribe(world, tracker)
    world.answers = lambda *_: (401, b"")
    before = world.desk("/_trackers/books")

    status, answer = world.desk(f"/_trackers/{WAYBILL}/forgery", {"tracker": tracker, "what": "delivered"})

    assert (status, answer) == (200, {"answered": 401})
    [(_, path, headers, body)] = world.box
    assert path == f"/webhooks/carriers/{tracker}"
    assert not is_signed_by_tracker(tracker, headers, body)
    assert world.desk("/_trackers/books") == before
    world.box.clear()
    assert world.desk("/_trackers/deliveries")[1]["queued"] == []


@pytest.mark.parametrize("tracker", TRACKERS)
def test_the_last_push_can_be_sent_again_by_hand(world, tracker):
    subscribe(world, tracker)
    journey(world, journey="silent", speed=0, deliver="never")
    world.settle()
    assert world.box == []

    status, answer = world.desk(f"/_trackers/{WAYBILL}/resend", {})

    assert (status, answer) == (200, {"resent": [tracker]})
    assert len(pushes(world)) == 1


# --- forms ---


@pytest.mark.parametrize(
    "form",
    [
        {"jorney": "delivered"},
        {"journey": "sideways"},
        {"tracker": "ups"},
        {"speed": -1},
        {"speed": 1.5},
        {"deliver": "soon"},
        {"carrier": ""},
    ],
    ids=str,
)
def test_a_journey_that_cannot_be_is_refused(world, form):
    subscribe(world, "aftership")
    before = world.known()

    status, answer = journey(world, **form)

    assert (status, answer["error"]) == (400, "malformed")
    assert world.known() == before


@pytest.mark.parametrize(
    ("path", "form"),
    [
        (f"/_trackers/{WAYBILL}/journey", {}),
        (f"/_trackers/{WAYBILL}/event", {"what": "delivered"}),
        (f"/_trackers/{WAYBILL}/resend", {}),
        (f"/_trackers/{WAYBILL}/nothing", {}),
        ("/_trackers/aftership/nothing", {}),
        ("/_trackers/ups/faults", None),
        ("/_trackers/nothing", None),
    ],
)
def test_what_there_is_not_is_not_found(world, path, form):
    assert world.desk(path, form)[0] == 404


# --- faults ---


@pytest.mark.parametrize("tracker", TRACKERS)
@pytest.mark.parametrize(
    ("name", "is_done"),
    [("timeout", False), ("slow", True), ("500", False), ("500_done", True), ("unauthorized", False)],
)
def test_a_fault_happens_to_the_next_subscription_alone(world, tracker, name, is_done):
    fault(world, tracker, name, "subscribe")

    status = _status(lambda: subscribe(world, tracker))
    followed = world.desk("/_trackers/books")[1][tracker]
    subscribe(world, tracker)
    world.advance(3 * HOUR)

    refused = 200 if tracker == "kuaidi100" else 401
    assert status == {"500": 500, "500_done": 500, "unauthorized": refused}.get(name, 0)
    assert bool(followed) is is_done
    assert len(pushes(world)) == 1


@pytest.mark.parametrize(
    ("tracker", "status"),
    [("kuaidi100", 200), ("aftership", 400), ("easypost", 422), ("seventeentrack", 200)],
)
def test_a_tracker_may_refuse_a_parcel_for_good(world, tracker, status):
    fault(world, tracker, "refused")

    assert subscribe(world, tracker)[0] == status
    assert world.desk("/_trackers/books")[1][tracker] == {}
    assert world.next_due() is None


@pytest.mark.parametrize("tracker", TRACKERS)
def test_a_garbled_answer_breaks_off_in_the_middle(world, tracker):
    subscribe(world, tracker)
    fault(world, tracker, "garbled", "query")

    with pytest.raises(json.JSONDecodeError):
        ask(world, tracker)
    assert ask(world, tracker)[0] == 200


def test_faults_wait_for_their_operation_and_can_be_taken_back(world):
    fault(world, "aftership", "timeout", "query", calls=2)
    subscribe(world, "aftership")
    assert ask(world, "aftership")[0] == 0

    left = world.desk("/_trackers/aftership/faults")[1]["faults"]
    fault(world, "aftership", "timeout", calls=0)

    assert left == [{"fault": "timeout", "on": "query", "next": 1}]
    assert ask(world, "aftership")[0] == 200


@pytest.mark.parametrize("tracker", TRACKERS)
def test_a_fault_that_is_about_one_parcel_meets_no_other(world, tracker):
    another = "EA987654321CN"
    for waybill in (WAYBILL, another):
        subscribe(world, tracker, waybill)
        world.desk(f"/_trackers/{tracker}/faults", {"next": 2, "fault": "timeout", "about": waybill})
    world.advance(3 * HOUR)

    world.desk(f"/_trackers/{tracker}/faults", {"next": 0, "about": another})

    assert [ask(world, tracker, one)[0] for one in (another, WAYBILL, another, WAYBILL)] == [200, 0, 200, 0]
    assert world.desk(f"/_trackers/{tracker}/faults") == (200, {"faults": []})


def _status(act):
    try:
        return act()[0]
    except json.JSONDecodeError:
        return 500


# --- worlds ---


def test_a_world_put_back_knows_what_it_knew_and_goes_on_alike(world):
    for tracker in TRACKERS:
        subscribe(world, tracker)
    fault(world, "easypost", "500", calls=3)
    world.advance(11 * HOUR)
    memory, then = world.trackers.snapshot(), world.time
    told = []

    for _ in range(2):
        world.trackers.put_back(memory)
        world.time = then
        world.box.clear()
        assert world.desk("/_trackers/easypost/faults")[1]["faults"][0]["next"] == 3
        journey(world, tracker="aftership", journey="lost")
        assert ask(world, "easypost")[0] == 500
        world.advance(7 * DAY)
        told.append([(after, path, headers, body) for after, path, headers, body in world.box])

    assert told[0] == told[1]
    assert len(told[0]) == 3 * 2 + 3


def test_what_is_cleared_is_forgotten(world):
    subscribe(world, "aftership")
    fault(world, "easypost", "500", calls=3)

    world.trackers.clear()

    assert world.desk("/_trackers/books") == (200, {name: {} for name in TRACKERS})
    assert world.desk("/_trackers/easypost/faults") == (200, {"faults": []})
    assert world.next_due() is None
    world.advance(7 * DAY)
    assert world.box == []
