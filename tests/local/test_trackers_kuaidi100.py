"""kuaidi100 on the laptop: what it takes, answers and pushes, in its own words."""

import json

import pytest

from tests.local.partner_clients import (
    DAY,
    HOUR,
    KEYS,
    URL,
    WAYBILL,
    World,
    accept_pushes,
    ask,
    form_call,
    pushed_words,
    pushes,
    subscribe,
)


@pytest.fixture
def world():
    world = World()
    accept_pushes(world)
    return world


@pytest.mark.parametrize(
    ("journey", "words"),
    [
        ("refused", ["1", "0", "5", "14", "6", "4"]),
        ("returned", ["1", "0", "6", "4"]),
        ("pickup", ["1", "0", "5", "5", "3"]),
        ("attempted", ["1", "0", "5", "2", "5", "3"]),
        ("customs", ["1", "11", "0", "5", "3"]),
        ("delivered_then_exception", ["1", "0", "5", "3", "2"]),
    ],
)
def test_kuaidi100_says_each_state(world, journey, words):
    subscribe(world, "kuaidi100")
    world.desk(f"/_trackers/{WAYBILL}/journey", {"journey": journey})
    world.advance(30 * DAY)

    assert [word[1] for _, word in pushed_words(world, "kuaidi100")] == words


def test_kuaidi100_pushes_the_whole_list_the_newest_first_in_beijing_time(world):
    subscribe(world, "kuaidi100")
    world.advance(10 * HOUR)

    _, _, message = pushes(world)[-1]
    result = message["lastResult"]
    assert (result["com"], result["nu"], result["ischeck"]) == ("ems", WAYBILL, "0")
    assert [(entry["ftime"], entry["status"]) for entry in result["data"]] == [
        ("2027-01-16 02:00:00", "干线"),
        ("2027-01-15 18:00:00", "揽收"),
    ]
    headers = world.box[-1][2]
    assert headers["content-type"].startswith("application/x-www-form-urlencoded")


def test_kuaidi100_subscribes_once(world):
    first, second = subscribe(world, "kuaidi100"), subscribe(world, "kuaidi100")

    assert first == (200, {"result": True, "returnCode": "200", "message": "提交成功"})
    assert (second[0], second[1]["result"], second[1]["returnCode"]) == (200, False, "501")
    world.advance(3 * HOUR)
    assert len(world.box) == 1


@pytest.mark.parametrize(
    ("param", "code"),
    [
        ({"key": "another"}, "600"),
        ({"company": "EMS"}, "700"),
        ({"company": ""}, "700"),
        ({"number": "12345"}, "701"),
        ({"number": "1" * 33}, "701"),
        ({"parameters": {}}, "700"),
    ],
    ids=["key", "upper_case", "no_company", "short", "long", "no_callback"],
)
def test_kuaidi100_refuses_what_it_cannot_follow(world, param, code):
    parameters = {"callbackurl": f"{URL}/webhooks/carriers/kuaidi100"}
    whole = {
        "company": "ems",
        "number": WAYBILL,
        "key": KEYS["kuaidi100"]["key"],
        "parameters": parameters,
        **param,
    }

    status, answer = form_call(world, "/poll", {"schema": "json", "param": json.dumps(whole)})

    assert (status, answer["result"], answer["returnCode"]) == (200, False, code)
    assert world.next_due() is None
    assert world.desk("/_trackers/books")[1]["kuaidi100"] == {}


def test_kuaidi100_answers_a_question_that_is_signed(world):
    subscribe(world, "kuaidi100")
    nothing_yet = ask(world, "kuaidi100")[1]
    world.advance(3 * HOUR)

    answer = ask(world, "kuaidi100")[1]
    forged = ask(world, "kuaidi100", key="another")[1]

    assert (nothing_yet["result"], nothing_yet["returnCode"]) == (False, "500")
    assert (answer["status"], answer["state"], answer["data"][0]["ftime"]) == (
        "200",
        "1",
        "2027-01-15 18:00:00",
    )
    assert (forged["result"], forged["returnCode"]) == (False, "503")


def test_kuaidi100_signs_nothing_for_whom_gave_no_salt(world):
    parameters = {"callbackurl": f"{URL}/webhooks/carriers/kuaidi100"}
    param = {"company": "ems", "number": WAYBILL, "key": KEYS["kuaidi100"]["key"], "parameters": parameters}
    form_call(world, "/poll", {"schema": "json", "param": json.dumps(param)})
    world.advance(3 * HOUR)

    [(_, path, _, body)] = world.box
    assert path == "/webhooks/carriers/kuaidi100"
    assert body.startswith(b"param=")
    assert b"sign=" not in body


def test_kuaidi100_gives_up_with_abort(world):
    subscribe(world, "kuaidi100")
    world.desk(f"/_trackers/{WAYBILL}/journey", {"journey": "expired"})
    world.advance(40 * DAY)

    assert [word for _, word in pushed_words(world, "kuaidi100")][-1] == ("abort", "0", "1002")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"ok"),
        (200, b'{"result":false,"returnCode":"500","message":""}'),
        (200, b'{"result":"true","returnCode":"200"}'),
        (500, b""),
    ],
    ids=["nothing", "no_json", "false", "text", "500"],
)
def test_kuaidi100_pushes_again_every_half_hour_three_times(world, status, body):
    world.answers = lambda *_: (status, body)
    subscribe(world, "kuaidi100")
    world.desk(f"/_trackers/{WAYBILL}/journey", {"journey": "silent", "speed": 0})
    world.advance(DAY)

    assert [after for after, *_ in pushes(world)] == [0, 0, 1800, 1800, 3600, 3600, 5400, 5400]
    assert len(world.desk("/_trackers/deliveries")[1]["given_up"]) == 2
