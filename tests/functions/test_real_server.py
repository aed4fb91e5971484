"""Many hands at the real server, in threads: whoever wins, stock and money balance, and nothing happens twice."""

import http.client
import json
import threading

from local.demo.invariants import violations
from local.http import HOST, Server
from tests.http_world import ADDRESS, World

PARCEL = {"parcels": [{"parcel": 3, "carrier": "sf", "waybill": "SF-0003"}]}


class Request:
    """One POST of one person."""

    def __init__(
        self, path: str, body: object, *, role: str = "buyer", who: str = "b-1", key: str = ""
    ) -> None:
        self.path, self.body, self.role, self.who, self.key = path, body, role, who, key

    def token(self, world: World) -> str:
        return world.cloud.token(self.who, self.role, self.who if self.role == "merchant" else None)


class Answer:
    def __init__(self, status: int, headers: http.client.HTTPMessage, body: bytes) -> None:
        self.status, self.headers, self.told = status, headers, json.loads(body)


def at_once(world: World, requests: list[Request]) -> list[Answer]:
    """Post everything at the same moment, each from a thread of its own. Answers in the order of *requests*."""
    server = Server(world.cloud).start()
    port = int(server.url.rpartition(":")[2])
    together = threading.Barrier(len(requests))
    answers: dict[int, Answer] = {}

    def post(number: int, request: Request, token: str) -> None:
        headers = {
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "idempotency-key": request.key or f"thread-{number}",
        }
        connection = http.client.HTTPConnection(HOST, port, timeout=60)
        together.wait(10)
        connection.request("POST", request.path, json.dumps(request.body), headers)
        answer = connection.getresponse()
        answers[number] = Answer(answer.status, answer.headers, answer.read())
        connection.close()

    threads = [
        threading.Thread(target=post, args=(number, request, request.token(world)))
        for number, request in enumerate(requests)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    server.stop()
    return [answers[number] for number in range(len(requests))]


def test_eight_deliveries_of_one_request_place_one_order(world: World) -> None:
    lines = [{"sku": "TEA", "quantity": 3}, {"sku": "KITE", "quantity": 2}]

    answers = at_once(world, [Request("/orders", {"lines": lines, "address": ADDRESS}, key="key")] * 8)

    [number] = {answer.told["order_id"] for answer in answers}
    assert [answer.status for answer in answers] == [201] * 8
    assert sorted(answer.headers.get("idempotency-replayed", "") for answer in answers) == ["", *["true"] * 7]
    assert [row["order_id"] for row in world.rows() if row["sk"] == "ORDER"] == [number]
    assert world.stock("KITE") == {"W1": {"available": 8, "reserved": 2, "sold": 0}}
    assert violations(world.cloud) == []


def test_eight_buyers_get_no_more_than_there_is(world: World) -> None:
    body = {"lines": [{"sku": "KITE", "quantity": 3}], "address": ADDRESS}

    answers = at_once(world, [Request("/orders", body, who=f"b-{n}") for n in range(8)])

    assert sorted(answer.status for answer in answers) == [201] * 3 + [422] * 5
    refused = [problem["code"] for a in answers if a.status == 422 for problem in a.told["problems"]]
    assert refused == ["stock_short"] * 5
    assert world.stock("KITE") == {"W1": {"available": 1, "reserved": 9, "sold": 0}}
    assert violations(world.cloud) == []


def test_of_six_hands_on_one_part_one_wins(world: World) -> None:
    order = world.placed_and_paid()
    part = f"/merchant/sub-orders/{order}-02"
    units = {"reason": "other", "lines": [{"line": 3, "quantity": 1}]}
    hands = [
        Request(f"/orders/{order}/cancellation", units),
        Request(f"{part}/cancellation", {"reason": "other"}, role="merchant", who="m-toys"),
        Request(f"{part}/shipment", PARCEL, role="merchant", who="m-toys"),
    ]

    answers = at_once(world, hands * 2)

    assert sorted(answer.status for answer in answers) == [200] + [409] * 5
    refused = {answer.told["code"] for answer in answers if answer.status == 409}
    assert refused <= {"already_shipped", "transition_refused"}
    world.cloud.advance(30 * 86_400)
    assert violations(world.cloud) == []
