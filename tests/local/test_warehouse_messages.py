"""Warehouses on the laptop: the way their messages come, or do not."""

import pytest

from tests.local.partner_clients import DAY, HOUR, SHARED, START, World, own_mac, push, query


@pytest.fixture
def world():
    return World()


@pytest.mark.parametrize(
    ("deliver", "moments"),
    [
        ("now", [0, 600, 1200, 1800]),
        ("twice", [0, 0, 600, 600, 1200, 1200, 1800, 1800]),
        ("never", []),
        (DAY, [DAY, DAY + 600, DAY + 1200, DAY + 1800]),
        ({"fulfillment.confirmed": "never"}, [0, 600, 1200]),
        ({"process.reported": 2 * HOUR}, [1800, 2 * HOUR, 2 * HOUR + 600, 2 * HOUR + 1200]),
    ],
    ids=["now", "twice", "never", "late", "by_type_never", "overtaken"],
)
def test_messages_come_as_ordered(world, deliver, moments):
    world.mode(deliver=deliver)
    push(world)
    world.advance(3 * DAY)

    assert [after for after, _ in world.told_briefly()] == moments


def test_messages_can_come_in_reverse(world):
    world.mode(deliver="reversed")
    push(world)
    world.advance(HOUR)

    assert world.told_briefly() == [
        (1800, ("final", [[(1, 3), (2, 1)]])),
        (1800, "packed"),
        (1800, "picking"),
        (1800, "accepted"),
    ]
    assert [message["created"] - START for _, message in world.told()] == [1800, 1200, 600, 0]


def test_a_doubled_message_is_the_same_message(world):
    world.mode(deliver="twice")
    push(world)

    (_, first), (_, second) = world.told()
    assert first == second


def test_it_may_work_and_tell_nobody(world):
    world.mode(reports=False)
    push(world)
    world.advance(HOUR)

    assert world.box == []
    assert query(world)[1]["status"] == "shipped"
    assert world.units("TEA") == {"asked": 3, "shipped": 3}


def test_a_message_that_is_not_received_comes_again_for_a_day_signed_afresh(world):
    world.answers = lambda *_: (500, b"")
    world.mode(times={"picking": None})
    push(world)
    world.advance(3 * DAY)

    waits = [10, 60, 300, 900, 3600, 7200, 14_400, 28_800, 28_800]
    moments = [sum(waits[:number]) for number in range(10)]
    assert [after for after, _ in world.told_briefly()] == moments
    assert moments[-1] <= DAY
    assert len({headers["ordercycle-signature"] for _, _, headers, _ in world.box}) == 10
    assert len({body for *_, body in world.box}) == 1
    listed = world.desk("/_warehouses/deliveries")[1]
    assert listed["queued"] == []
    assert [(one["kind"], one["event_id"]) for one in listed["given_up"]] == [
        ("process.reported", "W1-00000001")
    ]


@pytest.mark.parametrize("status", [400, 401, 404, 409, 500, 503, 301, 0])
def test_whatever_is_not_2xx_is_tried_again(world, status):
    statuses = [status, 204]
    world.answers = lambda *_: (statuses.pop(0), b"")
    world.mode(times={"picking": None})
    push(world)
    world.advance(DAY)

    assert [after for after, _ in world.told_briefly()] == [0, 10]


@pytest.mark.parametrize(("key", "count"), [("today", 1), ("next", 1), ("both", 2)])
def test_it_signs_with_today_s_secret_the_next_or_both(world, key, count):
    world.desk("/_warehouses/W1/signs-with", {"key": key})
    push(world)

    [(_, _, headers, body)] = world.box
    expected = [own_mac(secret, START, body) for secret in SHARED["warehouses"]["W1"]["secrets"]]
    wanted = {"today": expected[:1], "next": expected[1:], "both": expected}[key]
    assert headers["ordercycle-signature"].split(",v1=")[1:] == wanted
    assert len(wanted) == count
