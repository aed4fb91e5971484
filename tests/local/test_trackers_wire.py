"""Trackers on the laptop: what each takes, answers and pushes, in its vendor's words."""

import base64

import pytest

from tests.local.partner_clients import (
    DAY,
    HOUR,
    KEYS,
    START,
    TRACKERS,
    WAYBILL,
    World,
    accept_pushes,
    aftership,
    ask,
    easypost,
    pushed_words,
    pushes,
    seventeentrack,
    subscribe,
)


@pytest.fixture
def world():
    world = World()
    accept_pushes(world)
    return world


USUAL = {
    "kuaidi100": [
        ("polling", "1", "103"),
        ("polling", "0", "1002"),
        ("polling", "5", "5"),
        ("shutdown", "3", "301"),
    ],
    "aftership": [
        ("InTransit", "InTransit_002"),
        ("InTransit", "InTransit_001"),
        ("OutForDelivery", "OutForDelivery_001"),
        ("Delivered", "Delivered_001"),
    ],
    "easypost": ["in_transit", "in_transit", "out_for_delivery", "delivered"],
    "seventeentrack": [
        ("InTransit", "InTransit_PickedUp"),
        ("InTransit", "InTransit_Other"),
        ("OutForDelivery", "OutForDelivery_Other"),
        ("Delivered", "Delivered_Other"),
    ],
}


@pytest.mark.parametrize("tracker", TRACKERS)
def test_a_parcel_travels_by_itself_and_each_step_is_pushed(world, tracker):
    subscribe(world, tracker)
    world.advance(7 * DAY)

    moments = [2 * HOUR, 10 * HOUR, 46 * HOUR, 50 * HOUR]
    assert pushed_words(world, tracker) == list(zip(moments, USUAL[tracker], strict=True))


WORDS = {  # journey: what each says last
    "exception": [("polling", "2", "209"), ("Exception", "Exception_001"), "failure", "Exception_Damage"],
    "refused": [
        ("shutdown", "4", "4"),
        ("Exception", "Exception_011"),
        "return_to_sender",
        "Exception_Returned",
    ],
    "lost": [("polling", "2", "202"), ("Exception", "Exception_013"), "failure", "Exception_Lost"],
    "silent": [("polling", "0", "1002"), ("InTransit", "InTransit_001"), "in_transit", "InTransit_Other"],
}


@pytest.mark.parametrize("tracker", TRACKERS)
@pytest.mark.parametrize("journey", WORDS)
def test_a_journey_ends_in_each_tracker_s_own_word(world, tracker, journey):
    subscribe(world, tracker)
    world.desk(f"/_trackers/{WAYBILL}/journey", {"journey": journey})
    world.advance(30 * DAY)

    last = pushed_words(world, tracker)[-1][1]
    told = last[1] if tracker == "seventeentrack" else last
    assert told == WORDS[journey][TRACKERS.index(tracker)]


@pytest.mark.parametrize(
    ("journey", "words"),
    [
        ("refused", ["DeliveryFailure_Rejected", "Exception_Returning", "Exception_Returned"]),
        ("pickup", ["AvailableForPickup_Other", "Delivered_Other"]),
        ("attempted", ["DeliveryFailure_NoBody", "OutForDelivery_Other", "Delivered_Other"]),
        ("customs", ["InTransit_Other", "OutForDelivery_Other", "Delivered_Other"]),
        ("expired", ["InTransit_PickedUp", "InTransit_Other", "Expired_Other"]),
    ],
)
def test_17track_says_each_sub_status(world, journey, words):
    subscribe(world, "seventeentrack")
    world.desk(f"/_trackers/{WAYBILL}/journey", {"journey": journey})
    world.advance(40 * DAY)

    assert [word[1] for _, word in pushed_words(world, "seventeentrack")][-len(words) :] == words


# --- AfterShip ---


def test_aftership_creates_a_tracking_once(world):
    status, answer = subscribe(world, "aftership")
    again_status, again = subscribe(world, "aftership")

    assert (status, answer["meta"], answer["data"]["tag"]) == (201, {"code": 201}, "Pending")
    assert (again_status, again["meta"]["code"]) == (400, 4003)
    assert again["data"]["id"] == answer["data"]["id"]


def test_aftership_lists_what_is_asked_for(world):
    subscribe(world, "aftership")
    subscribe(world, "aftership", "EA000000002CN")
    world.advance(3 * HOUR)

    status, answer = ask(world, "aftership")

    [tracking] = answer["data"]["trackings"]
    assert (status, answer["meta"]["code"], answer["data"]["pagination"]["total"]) == (200, 200, 1)
    assert (tracking["tracking_number"], tracking["slug"]) == (WAYBILL, "china-ems")
    assert [point["checkpoint_time"] for point in tracking["checkpoints"]] == ["2027-01-15T10:00:00+00:00"]
    assert aftership(world, "GET", f"/trackings/{tracking['id']}")[1]["data"] == tracking
    assert aftership(world, "GET", f"/trackings/{'0' * 32}")[1]["meta"]["code"] == 4004
    assert ask(world, "aftership", "EA999999999CN")[1]["data"]["trackings"] == []


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"tracking_number": "", "slug": "dhl"}, 4005),
        ({"tracking_number": "A B C D", "slug": "dhl"}, 4005),
        ({"tracking_number": WAYBILL, "slug": "DHL!"}, 4010),
        ({"tracking_number": WAYBILL}, 4010),
    ],
    ids=["no_number", "blanks", "slug", "no_slug"],
)
def test_aftership_refuses_what_it_cannot_follow(world, form, code):
    status, answer = aftership(world, "POST", "/trackings", form)

    assert (status, answer["meta"]["code"]) == (400, code)
    assert world.next_due() is None


def test_aftership_pushes_its_checkpoints_oldest_first(world):
    subscribe(world, "aftership")
    world.advance(10 * HOUR)

    _, _, message = pushes(world)[-1]
    assert (message["event"], message["ts"]) == ("tracking_update", START + 10 * HOUR)
    assert [point["subtag"] for point in message["msg"]["checkpoints"]] == ["InTransit_002", "InTransit_001"]
    first_tags = [m["is_tracking_first_tag"] for _, _, m in pushes(world)]
    assert first_tags == [True, False]
    assert len({m["event_id"] for _, _, m in pushes(world)}) == 2


def test_aftership_tries_again_fourteen_times_each_wait_twice_as_long(world):
    world.answers = lambda *_: (503, b"")
    subscribe(world, "aftership")
    world.desk(f"/_trackers/{WAYBILL}/journey", {"speed": 30 * DAY})
    world.desk(f"/_trackers/{WAYBILL}/event", {"what": "picked_up"})
    world.advance(10 * DAY)

    assert [after for after, *_ in pushes(world)] == [30 * (2**attempt - 1) for attempt in range(15)]
    assert len(world.desk("/_trackers/deliveries")[1]["given_up"]) == 1


# --- EasyPost ---


def test_easypost_makes_one_tracker_of_one_parcel(world):
    first, second = subscribe(world, "easypost"), subscribe(world, "easypost")

    assert first == second
    assert (first[0], first[1]["object"], first[1]["status"]) == (201, "Tracker", "unknown")
    assert easypost(world, "GET", f"/trackers/{first[1]['id']}") == (200, first[1])
    assert easypost(world, "GET", "/trackers/trk_0")[0] == 404


def test_easypost_pushes_an_event_with_the_tracker_in_it(world):
    subscribe(world, "easypost")
    world.advance(46 * HOUR)

    _, _, event = pushes(world)[-1]
    assert (event["object"], event["description"]) == ("Event", "tracker.updated")
    assert event["previous_attributes"] == {"status": "in_transit"}
    tracker = event["result"]
    assert (tracker["tracking_code"], tracker["carrier"]) == (WAYBILL, "USPS")
    assert [detail["datetime"] for detail in tracker["tracking_details"]] == [
        "2027-01-15T10:00:00Z",
        "2027-01-15T18:00:00Z",
        "2027-01-17T06:00:00Z",
    ]
    assert ask(world, "easypost") == (200, {"trackers": [tracker], "has_more": False})


@pytest.mark.parametrize(
    "form",
    [{}, {"tracker": {}}, {"tracker": {"tracking_code": WAYBILL, "carrier": "U-S"}}, {"tracker": 1}],
    ids=["nothing", "empty", "carrier", "number"],
)
def test_easypost_refuses_what_it_cannot_follow(world, form):
    status, answer = easypost(world, "POST", "/trackers", form)

    assert (status, "code" in answer["error"]) == (422, True)
    assert world.next_due() is None


def test_easypost_says_nothing_of_a_parcel_of_which_nothing_is_heard(world):
    subscribe(world, "easypost")
    world.desk(f"/_trackers/{WAYBILL}/journey", {"journey": "expired"})
    world.advance(40 * DAY)

    assert [word for _, word in pushed_words(world, "easypost")] == ["in_transit", "in_transit"]


def test_easypost_tries_again_six_times(world):
    world.answers = lambda *_: (500, b"")
    subscribe(world, "easypost")
    world.advance(2 * DAY)

    first = [
        after - 2 * HOUR for after, _, event in pushes(world) if event["id"] == pushes(world)[0][2]["id"]
    ]
    assert first == [0, 60, 360, 2160, 5760, 16_560, 38_160]


# --- 17TRACK ---


def test_17track_accepts_and_rejects_each_number_on_its_own(world):
    subscribe(world, "seventeentrack")
    numbers = [{"number": WAYBILL, "carrier": 3013}, {"number": "EA2CN", "carrier": 3013}, {"number": "x"}]

    status, answer = seventeentrack(world, "/register", numbers)

    data = answer["data"]
    assert (status, answer["code"]) == (200, 0)
    assert [one["number"] for one in data["accepted"]] == ["EA2CN"]
    assert [(one["number"], one["error"]["code"]) for one in data["rejected"]] == [
        (WAYBILL, -18019901),
        ("x", -18010012),
    ]


def test_17track_answers_what_it_knows(world):
    unknown = ask(world, "seventeentrack")[1]["data"]["rejected"][0]["error"]["code"]
    subscribe(world, "seventeentrack")
    nothing_yet = ask(world, "seventeentrack")[1]["data"]["rejected"][0]["error"]["code"]
    world.advance(10 * HOUR)

    [known] = ask(world, "seventeentrack")[1]["data"]["accepted"]

    assert (unknown, nothing_yet) == (-18019902, -18019909)
    info = known["track_info"]
    assert info["latest_status"]["sub_status"] == "InTransit_Other"
    [provider] = info["tracking"]["providers"]
    assert [(event["time_utc"], event["time_iso"]) for event in provider["events"]] == [
        ("2027-01-15T18:00:00Z", "2027-01-16T02:00:00+08:00"),
        ("2027-01-15T10:00:00Z", "2027-01-15T18:00:00+08:00"),
    ]
    assert pushes(world)[-1][2] == {"event": "TRACKING_UPDATED", "data": known}


@pytest.mark.parametrize(
    ("asked", "code"), [({}, -18010013), ([1], -18010013), ([], -18010014), ([{}] * 41, -18010014)]
)
def test_17track_refuses_a_call_as_a_whole(world, asked, code):
    assert seventeentrack(world, "/register", asked)[1]["code"] == code


@pytest.mark.parametrize("status", [201, 204, 302, 500])
def test_17track_takes_200_alone_for_success(world, status):
    world.answers = lambda *_: (status, b"")
    subscribe(world, "seventeentrack")
    world.advance(9 * HOUR)

    assert [after - 2 * HOUR for after, *_ in pushes(world)] == [0, 600, 2400, 6000]


# --- all of them ---


@pytest.mark.parametrize(
    ("tracker", "status", "code"),
    [
        ("kuaidi100", 200, lambda answer: answer["returnCode"] == "600"),
        ("aftership", 401, lambda answer: answer["meta"]["code"] == 401),
        ("easypost", 401, lambda answer: answer["error"]["code"] == "APIKEY.INACTIVE"),
        ("seventeentrack", 401, lambda answer: answer["code"] == -18010002),
    ],
    ids=TRACKERS,
)
def test_a_wrong_key_opens_nothing(world, tracker, status, code):
    told_status, answer = subscribe(world, tracker, key="another-key")

    assert told_status == status
    assert code(answer)
    assert world.desk("/_trackers/books")[1][tracker] == {}


@pytest.mark.parametrize("tracker", TRACKERS)
def test_a_code_that_nobody_documented_is_pushed_as_it_is(world, tracker):
    subscribe(world, tracker)
    world.desk(f"/_trackers/{WAYBILL}/event", {"what": "unknown"})

    [(_, word)] = pushed_words(world, tracker)
    expected = {
        "kuaidi100": ("polling", "99", "9901"),
        "aftership": ("Teleported", "Teleported_001"),
        "easypost": "teleported",
        "seventeentrack": ("Teleported", "Teleported_Other"),
    }
    assert word == expected[tracker]


NONSENSE = {
    "empty": b"",
    "no_json": b"{",
    "null": b"null",
    "list": b"[1]",
    "text": b'"x"',
    "not_utf8": b"\xff\xfe",
    "deep": b"[" * 100_000,
    "form": b"schema=json&param=[]",
    "odd_form": b'schema=json&param={"parameters":1}',
}


@pytest.mark.parametrize("body", NONSENSE.values(), ids=NONSENSE)
@pytest.mark.parametrize(
    "path",
    [
        "kuaidi100/poll",
        "kuaidi100/poll/query.do",
        "aftership/tracking/2025-07/trackings",
        "easypost/v2/trackers",
        "seventeentrack/track/v2.2/register",
        "seventeentrack/track/v2.2/gettrackinfo",
    ],
)
def test_nonsense_is_answered_and_nothing_is_followed(world, path, body):
    token = base64.b64encode(f"{KEYS['easypost']['api_key']}:".encode()).decode()
    headers = {
        "as-api-key": KEYS["aftership"]["api_key"],
        "authorization": f"Basic {token}",
        "17token": KEYS["seventeentrack"]["key"],
    }

    reply = world.http("POST", f"/_trackers/{path}", headers, body)

    assert reply.status in (200, 400, 422)
    assert world.desk("/_trackers/books") == (200, {name: {} for name in TRACKERS})
    assert world.next_due() is None
