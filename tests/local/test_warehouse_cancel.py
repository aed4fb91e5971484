"""Warehouses on the laptop: how they stop a parcel, or do not, and how goods come back."""

import pytest

from tests.local.partner_clients import DAY, HOUR, ID, MINUTE, World, call, cancel, push, query, read

ACCEPTED = (200, {"status": "accepted"})
PENDING = (200, {"status": "pending"})
REJECTED = (200, {"status": "rejected", "reason": "already_shipped"})
RETURN = f"{ID}-R"


@pytest.fixture
def world():
    return World()


def kinds(world):
    return [message["type"].partition(".")[2] for _, message in world.told()]


def decided(world):
    """What was told of cancellations: when, and whether it was accepted, and why not."""
    messages = world.told("fulfillment.cancelled")
    return [(after, message["accepted"], message.get("reason")) for after, message in messages]


# --- stopping it ---


@pytest.mark.parametrize("minutes", [0, 9, 19, 29])
def test_before_it_ships_it_can_be_stopped(world, minutes):
    push(world)
    world.advance(minutes * MINUTE)

    first = cancel(world)
    told_before = len(world.box)
    world.advance(DAY)

    assert (first, cancel(world)) == (ACCEPTED, ACCEPTED)
    assert query(world)[1] == {"status": "cancelled", "packages": []}
    assert world.units() == {"asked": 3, "cancelled": 3}
    assert len(world.box) == told_before


def test_once_it_shipped_it_cannot_be_stopped(world):
    push(world)
    world.advance(HOUR)

    assert [cancel(world), cancel(world)] == [REJECTED, REJECTED]
    assert query(world)[1]["status"] == "shipped"
    assert world.units() == {"asked": 3, "shipped": 3}


def test_once_its_first_package_left_it_cannot_be_stopped(world):
    world.mode(packages="by_unit", apart_seconds=600)
    push(world)
    world.advance(31 * MINUTE)

    assert cancel(world) == REJECTED
    world.advance(HOUR)
    assert world.units() == {"asked": 3, "shipped": 3}


def test_what_it_never_had_it_cannot_stop(world):
    assert cancel(world) == (404, {"status": "unknown"})
    assert query(world) == (404, {"status": "unknown"})


def test_it_may_refuse_to_stop_although_it_could(world):
    world.mode(cancel="reject")
    push(world)

    assert [cancel(world), cancel(world)] == [REJECTED, REJECTED]
    between = query(world)[1]["status"]
    world.advance(HOUR)

    assert (between, query(world)[1]["status"]) == ("cancellation_rejected", "shipped")
    assert world.units() == {"asked": 3, "shipped": 3}


@pytest.mark.parametrize(
    ("how", "told", "status", "counted"),
    [
        ("pending_then_accept", (300, True, None), "cancelled", {"asked": 3, "cancelled": 3}),
        ("pending_then_reject", (300, False, "already_shipped"), "shipped", {"asked": 3, "shipped": 3}),
    ],
)
def test_a_pending_cancellation_is_decided_later(world, how, told, status, counted):
    world.mode(cancel=how)
    push(world)

    assert [cancel(world), cancel(world)] == [PENDING, PENDING]
    between = query(world)[1]["status"]
    world.advance(HOUR)

    assert between == "cancellation_requested"
    assert decided(world) == [told]
    assert query(world)[1]["status"] == status
    assert world.units() == counted


def test_while_a_cancellation_is_pending_nobody_works_on_it(world):
    world.mode(cancel="pending_then_reject", pending_seconds=DAY)
    push(world)
    cancel(world)

    world.advance(DAY - 1)
    before = query(world)[1]["status"]
    world.advance(1)

    assert (before, query(world)[1]["status"]) == ("cancellation_requested", "shipped")
    assert kinds(world) == ["reported", "cancelled", "reported", "reported", "confirmed"]


def test_it_may_ship_while_its_cancellation_is_pending(world):
    world.mode(cancel="pending_then_ship")
    push(world)
    world.advance(20 * MINUTE)

    first = cancel(world)
    between = query(world)[1]["status"]
    world.advance(DAY)

    assert (first, between) == (PENDING, "cancellation_requested")
    assert decided(world) == []
    assert kinds(world)[-1] == "confirmed"
    assert query(world)[1]["status"] == "shipped"
    assert cancel(world) == REJECTED
    assert world.units() == {"asked": 3, "shipped": 3}


@pytest.mark.parametrize(
    ("how", "between", "counted"),
    [
        ("lost_accept", "cancelled", {"asked": 3, "cancelled": 3}),
        ("lost_reject", "cancellation_rejected", {"asked": 3, "shipped": 3}),
    ],
)
def test_an_answer_that_got_lost_is_found_by_asking(world, how, between, counted):
    world.mode(cancel=how)
    push(world)

    assert cancel(world)[0] == 504
    assert query(world)[1]["status"] == between
    assert cancel(world) == (ACCEPTED if how == "lost_accept" else REJECTED)
    world.advance(HOUR)
    assert decided(world) == []
    assert world.units() == counted


def test_it_may_lie(world):
    world.mode(cancel="accept_but_ship")
    push(world)

    first = cancel(world)
    between = query(world)[1]["status"]
    world.advance(HOUR)

    assert (first, between, query(world)[1]["status"]) == (ACCEPTED, "cancelled", "shipped")
    assert world.units() == {"asked": 3, "shipped": 3}


def test_what_is_held_back_is_told_in_reverse_when_it_stops(world):
    world.mode(deliver="reversed", cancel="pending_then_accept")
    push(world)
    cancel(world)
    world.advance(HOUR)

    assert kinds(world) == ["cancelled", "reported"]


def test_a_cancellation_needs_a_reason(world):
    push(world)

    reply = call(world, "POST", f"/fulfillments/{ID}/cancellation", {})

    assert (reply.status, read(reply)[1]["error"]) == (400, "malformed")
    assert query(world)[1]["status"] == "accepted"


# --- goods that come back ---


def expect(world, **changed):
    form = {
        "return_id": RETURN,
        "fulfillment_id": ID,
        "lines": [{"line": 1, "sku": "TEA", "quantity": 2}, {"line": 2, "sku": "CUP", "quantity": 1}],
        "carrier": "sf",
        "waybill": "SF1234567890",
        **changed,
    }
    return read(call(world, "POST", "/returns", form))


def received(world):
    return [(after, m["return_id"], m["fulfillment_id"], m["lines"]) for after, m in world.told()]


def test_goods_come_back_after_three_days_all_of_them_good(world):
    assert [expect(world), expect(world)] == [ACCEPTED, ACCEPTED]
    world.advance(7 * DAY)

    assert received(world) == [
        (
            3 * DAY,
            RETURN,
            ID,
            [
                {"line": 1, "good": 2, "defect": 0, "scrap": 0},
                {"line": 2, "good": 1, "defect": 0, "scrap": 0},
            ],
        )
    ]
    assert world.units() == {"good": 2}


@pytest.mark.parametrize("grade", ["good", "defect", "scrap"])
def test_they_are_graded_as_ordered(world, grade):
    world.mode(RETURN, return_after=60, return_grade=grade)
    expect(world)
    world.advance(HOUR)

    assert received(world)[0][0] == 60
    assert world.units() == {grade: 2}


def test_they_may_never_come(world):
    world.mode(return_after=None)
    expect(world)
    world.advance(90 * DAY)

    assert world.box == []
    assert world.units() == {}


def test_the_desk_counts_what_came_and_then_nothing_comes_by_itself(world):
    expect(world)
    lines = [{"line": 1, "good": 1, "defect": 0, "scrap": 1}]

    status, _ = world.desk(f"/_warehouses/W1/arrivals/{RETURN}", {"lines": lines})
    world.advance(7 * DAY)

    assert status == 200
    assert received(world) == [(0, RETURN, ID, lines)]
    assert world.units() == {"good": 1, "scrap": 1}


def test_more_may_come_than_was_sent_and_again(world):
    expect(world)
    for good in (5, 1):
        world.desk(f"/_warehouses/W1/arrivals/{RETURN}", {"lines": [{"line": 1, "good": good}]})

    assert [lines[0]["good"] for *_, lines in received(world)] == [5, 1]
    assert world.units() == {"good": 6}


def test_other_goods_under_the_same_return_are_refused(world):
    expect(world)
    before = world.known("/_warehouses/W1")

    assert expect(world, lines=[{"line": 1, "sku": "TEA", "quantity": 9}])[0] == 422
    assert world.known("/_warehouses/W1") == before


@pytest.mark.parametrize(
    "changed",
    [{"return_id": ""}, {"fulfillment_id": None}, {"lines": []}, {"waybill": 7}],
    ids=["id", "fulfillment", "lines", "waybill"],
)
def test_what_is_no_return_is_malformed(world, changed):
    assert expect(world, **changed)[0] == 400
    assert world.next_due() is None


@pytest.mark.parametrize(
    ("about", "form", "status"),
    [
        ("another", {"lines": []}, 404),
        (RETURN, {"lines": [{"line": 3, "good": 1}]}, 400),
        (RETURN, {"lines": [{"line": 1, "good": 1}, {"line": 1, "good": 1}]}, 400),
        (RETURN, {"lines": [{"line": 1, "good": -1}]}, 400),
        (RETURN, {"lines": [{"line": 1, "lost": 1}]}, 400),
        (RETURN, {}, 400),
    ],
    ids=["unknown", "line_3", "twice", "negative", "grade", "nothing"],
)
def test_an_arrival_that_cannot_be_is_refused(world, about, form, status):
    expect(world)
    before = world.known("/_warehouses/W1")

    assert world.desk(f"/_warehouses/W1/arrivals/{about}", form)[0] == status
    assert world.known("/_warehouses/W1") == before
