"""The real server around a cloud."""

import http.client
import json
import threading

import pytest

from local.http import Server
from tests.local import small
from tests.local.stand_ins import ACT, CALLS


@pytest.fixture
def server(cloud):
    running = Server(cloud).start()
    yield running
    running.stop()


def request(server, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", int(server.url.rpartition(":")[2]), timeout=10)
    connection.request(method, path, body, headers or {})
    response = connection.getresponse()
    answer = response.status, response.read(), response
    connection.close()
    return answer


def test_a_request_reaches_the_handler_byte_for_byte(server):
    ACT["api"] = lambda _: {
        "statusCode": 202,
        "headers": {"x-a": "1"},
        "cookies": ["a=1", "b=2"],
        "body": "ok",
    }

    status, body, response = request(server, "POST", "/webhooks/payments/x?q=%20", b'{"a":  1}', {"X-T": "2"})

    [event] = CALLS["api"]
    assert (event["body"], event["rawQueryString"], event["headers"]["x-t"]) == ('{"a":  1}', "q=%20", "2")
    assert (status, body, response.headers["x-a"]) == (202, b"ok", "1")
    assert response.headers.get_all("set-cookie") == ["a=1", "b=2"]


def test_what_follows_from_a_request_has_happened_when_it_is_answered(server, cloud):
    request(server, "POST", "/_sandbox/payments/ref-1", json.dumps({"amount": 1, "currency": "CNY"}))

    assert len(CALLS["api"]) == 1


def test_many_at_once_are_answered_one_after_the_other(server):
    inside, most = [], []

    def act(_):
        inside.append(1)
        most.append(len(inside))
        inside.pop()
        return {"statusCode": 200}

    ACT["api"] = act
    callers = [
        threading.Thread(target=request, args=(server, "POST", "/webhooks/payments/x", b""))
        for _ in range(16)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()

    assert most == [1] * 16


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Length": str(10**9)}, 413),
        ({"Transfer-Encoding": "chunked"}, 411),
        ({"Content-Length": "x"}, 411),
    ],
)
def test_a_body_of_unknown_or_absurd_length_is_not_read(server, headers, status):
    answered, body, _ = request(server, "POST", "/webhooks/payments/x", None, headers)

    assert answered == status
    assert json.loads(body)["status"] == status


def test_a_stopped_server_leaves_no_thread(cloud):
    before = threading.active_count()

    Server(cloud).tick_along().start().stop()

    assert threading.active_count() == before


def test_a_ticking_server_does_what_is_due(cloud, monkeypatch):
    monkeypatch.setattr("local.http.TICK_SECONDS", 0.01)
    rung = threading.Event()
    ACT["sweep"] = lambda _: rung.set()
    cloud.clock.move_to(small.START + 60)

    server = Server(cloud).tick_along().start()
    is_rung = rung.wait(5)
    server.stop()

    assert is_rung
