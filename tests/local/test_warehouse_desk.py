"""The desk of the simulated warehouses: its forms, what goes wrong on the way, and worlds put back."""

import json

import pytest

from tests.local.partner_clients import DAY, HOUR, ID, START, World, cancel, is_signed, push, query


@pytest.fixture
def world():
    return World()


def mode(world, about="", **form):
    return world.desk(f"/_warehouses/W1/mode{'/' if about else ''}{about}", form)


def fault(world, name, on="any", calls=1):
    return world.desk("/_warehouses/W1/faults", {"next": calls, "fault": name, "on": on})


# --- forms ---


@pytest.mark.parametrize(
    "form",
    [
        {"puhs": "accept"},
        {"push": "perhaps"},
        {"times": {"picked": 1}},
        {"times": {"picking": -1}},
        {"times": {"picking": 1.5}},
        {"times": 600},
        {"packages": "in_threes"},
        {"apart_seconds": None},
        {"short": {"line": 1}},
        {"short": [{"line": 1}]},
        {"short": [{"line": 0, "units": 1}]},
        {"short": [{"line": 1, "units": 1, "sku": "TEA"}]},
        {"final_after": -1},
        {"weight_grams": 0},
        {"cancel": "maybe"},
        {"pending_seconds": "soon"},
        {"reports": 1},
        {"deliver": "soon"},
        {"deliver": {"fulfillment.lost": "now"}},
        {"return_after": True},
        {"return_grade": "fine"},
        {"return_missing": [{"line": 1}]},
        {"return_rate_pct": 101},
        {"inspect_after": "soon"},
    ],
    ids=str,
)
def test_a_mode_that_says_something_impossible_is_refused_and_the_old_one_stays(world, form):
    mode(world, push="closed")

    status, answer = mode(world, **form)

    assert (status, answer["error"]) == (400, "malformed")
    assert push(world)[0] == 409


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/_warehouses/W1/nothing", {}),
        ("/_warehouses/W1/nothing", None),
        ("/_warehouses/W1/mode/a/b", {}),
        ("/_warehouses/W1/step/unknown", {}),
        ("/_warehouses/W1/resend", {"about": "unknown"}),
        ("/_warehouses/", None),
        ("/_warehouses/books", {}),
    ],
)
def test_what_there_is_not_is_not_found(world, path, form):
    assert world.desk(path, form)[0] == 404


def test_what_is_done_cannot_be_worked_on(world):
    push(world)
    world.advance(HOUR)

    status, answer = world.desk(f"/_warehouses/W1/step/{ID}", {})

    assert (status, answer["error"]) == (409, "done")
    assert len(world.box) == 4


def test_a_parcel_s_own_mode_wins_and_another_warehouse_has_another(world):
    mode(world, push="closed")
    mode(world, ID, push="accept")

    assert push(world)[0] == 201
    assert push(world, fulfillment_id=f"{ID}2")[0] == 409
    assert push(world, warehouse="W2", fulfillment_id=f"{ID}3")[0] == 201


# --- faults ---


@pytest.mark.parametrize(
    ("name", "status", "is_done"),
    [
        ("timeout", 0, False),
        ("slow", 0, True),
        ("503", 503, False),
        ("answer_lost", 504, True),
        ("notice_first", 201, True),
    ],
)
def test_a_fault_happens_to_the_next_push_alone(world, name, status, is_done):
    fault(world, name, "push")

    first = push(world)
    known = query(world)[0]
    again = push(world)

    assert first[0] == status
    assert known == (200 if is_done else 404)
    assert again == ((200 if is_done else 201), {"status": "accepted"})
    world.advance(HOUR)
    assert [message["type"] for _, message in world.told()].count("fulfillment.confirmed") == 1


def test_a_garbled_answer_breaks_off_in_the_middle(world):
    fault(world, "garbled", "query")
    push(world)

    with pytest.raises(json.JSONDecodeError):
        query(world)
    assert query(world)[0] == 200


def test_a_warehouse_may_be_down_for_several_calls(world):
    fault(world, "503", calls=3)

    assert [push(world)[0], query(world)[0], cancel(world)[0], push(world)[0]] == [503, 503, 503, 201]


def test_faults_wait_for_their_operation_and_can_be_taken_back(world):
    fault(world, "timeout", "cancel", calls=2)
    push(world)
    assert cancel(world)[0] == 0

    left = world.desk("/_warehouses/W1/faults")[1]["faults"]
    fault(world, "timeout", calls=0)

    assert left == [{"fault": "timeout", "on": "cancel", "next": 1}]
    assert cancel(world)[0] == 200


def test_a_fault_that_is_about_one_order_meets_no_other(world):
    fault(world, "timeout", "cancel")
    for order in ("ORDER-A", "ORDER-B"):
        form = {"next": 1, "fault": "503", "on": "push", "about": order}
        world.desk("/_warehouses/W1/faults", form)

    world.desk("/_warehouses/W1/faults", {"next": 0, "about": "ORDER-A"})

    told = [push(world, fulfillment_id=f"ORDER-{order}-01-P01")[0] for order in "ABB"]
    assert told == [201, 503, 201]
    assert world.desk("/_warehouses/W1/faults")[1]["faults"] == [
        {"fault": "timeout", "on": "cancel", "next": 1}
    ]


def test_a_webhook_can_overtake_the_answer(world):
    seen = []
    world.answers = lambda *_: (seen.append("webhook"), (200, b""))[1]
    fault(world, "notice_first", "push")

    push(world)
    overtaken = len(seen)
    push(world, fulfillment_id=f"{ID}2")

    assert (overtaken, len(seen)) == (1, 2)


# --- messages by hand ---


def test_the_last_message_can_be_sent_again_by_hand(world):
    push(world)

    status, answer = world.desk("/_warehouses/W1/resend", {"about": ID})

    assert (status, answer) == (200, {"event_id": "W1-00000001", "type": "process.reported"})
    assert [message["event_id"] for _, message in world.told()] == ["W1-00000001"] * 2


def test_an_authentic_message_can_say_whatever_is_wanted(world):
    event = {"event_id": "E1", "type": "fulfillment.confirmed", "fulfillment_id": "another", "packages": "x"}

    world.desk("/_warehouses/W1/say", {"event": event})

    [(_, message)] = world.told()
    assert {name: message[name] for name in event} == event


def test_a_forged_message_is_signed_by_nobody_we_know(world):
    world.answers = lambda *_: (401, b"")

    answer = world.desk("/_warehouses/W1/forgery", {"event": {"type": "process.reported"}})

    assert answer == (200, {"answered": 401})
    [(_, path, headers, body)] = world.box
    assert path == "/webhooks/warehouses/W1"
    assert not is_signed(headers["ordercycle-signature"], body, "W1", START)
    assert world.next_due() is None


def test_what_is_queued_is_listed_the_next_first(world):
    mode(world, deliver={"process.reported": [600, 60]})
    push(world)

    queued = world.desk("/_warehouses/deliveries")[1]["queued"]

    assert [(one["due_at"] - START, one["kind"], one["attempt"]) for one in queued] == [
        (60, "process.reported", 1),
        (600, "process.reported", 1),
    ]


# --- books and worlds ---


def test_the_books_balance_whatever_happens(world):
    cases = [
        {},
        {"short": [{"line": 1, "units": 2}]},
        {"push": "address"},
        {"packages": "by_unit", "apart_seconds": DAY},
        {"cancel": "pending_then_ship"},
        {"cancel": "pending_then_accept"},
        {"times": {"packed": None}},
        {"final_after": None},
    ]
    for number, form in enumerate(cases):
        mode(world, f"{ID}{number}", **form)
        push(world, fulfillment_id=f"{ID}{number}")
        if "cancel" in form:
            cancel(world, f"{ID}{number}")
    world.advance(2 * HOUR)

    books = world.desk("/_warehouses/books")[1]["W1"]
    tea = books["units"]["TEA"]
    assert tea == {
        "asked": 21,
        "shipped": 3 + 1 + 0 + 1 + 3 + 0 + 0 + 3,
        "cancelled": 3,
        "missing": 2,
        "open": 2 + 3,
        "good": 0,
        "defect": 0,
        "scrap": 0,
    }
    assert list(books["fulfillments"].values()) == [
        "shipped",
        "shipped",
        "packed",
        "shipped",
        "cancelled",
        "picking",
        "packed",
    ]


def test_a_world_put_back_knows_what_it_knew_and_goes_on_alike(world):
    mode(world, packages="by_line", apart_seconds=600)
    fault(world, "503", "cancel", calls=2)
    push(world)
    world.advance(1900)
    memory, then = world.warehouses.snapshot(), world.time
    told = []

    for _ in range(2):
        world.warehouses.put_back(memory)
        world.time = then
        world.box.clear()
        assert world.desk("/_warehouses/W1/faults")[1]["faults"][0]["next"] == 2
        assert cancel(world)[0] == 503
        push(world, warehouse="W2", fulfillment_id=f"{ID}2")
        world.advance(DAY)
        told.append([(after, headers, body) for after, _, headers, body in world.box])

    assert told[0] == told[1]
    assert len(told[0]) == 5


def test_what_is_cleared_is_forgotten(world):
    mode(world, push="closed")
    push(world)
    push(world, warehouse="W2")

    world.warehouses.clear()

    assert world.desk("/_warehouses/books") == (200, {})
    assert world.desk("/_warehouses/deliveries") == (200, {"queued": [], "given_up": []})
    assert world.desk("/_warehouses/W2/resend", {"about": ID})[0] == 404
    assert world.next_due() is None
    assert push(world)[0] == 201
