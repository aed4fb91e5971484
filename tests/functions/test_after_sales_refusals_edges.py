"""Requests that must be refused, at their edges: the last second, nobody at all, no body, a warehouse's word.

As ``test_after_sales_refusals``: nothing is moved by any of them.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.functions.claims import Claim, claim, on_its_way, request
from tests.functions.parcels import Partners, message, partners, post
from tests.functions.refusals import (
    PROBLEM_CODE,
    SELLER,
    TO_THE_END,
    Scene,
    excluded,
    gold,
)
from tests.functions.showing import received
from tests.functions.test_after_sales_warehouses import expected, inspected
from tests.functions.unmoved import nothing_moves
from tests.functions.watching import PROBLEM, problem_of
from tests.http_world import DAY, World

# --- the same second, on the other side ---

WINDOWS = [
    (received, 7, {}),
    (gold, 10, {}),
    (received, 15, {"reason": "quality"}),
    (received, 15, {"reason": "wrong_goods"}),
    (received, 7, {"reason": "other"}),
]


@pytest.mark.parametrize(("scene", "days", "more"), WINDOWS, ids=["7", "10", "15", "15, wrong", "7, other"])
@pytest.mark.parametrize("hours", [0, 17], ids=["early on the day", "shortly before midnight in China"])
def test_until_the_last_second_of_the_last_day_in_china_it_may_be_asked_for(
    world: World, scene: Scene, days: int, more: dict[str, str], hours: int
) -> None:
    """Whenever on its day it was received: the next day is day 1, and the last one counts whole."""
    world.cloud.advance(hours * 3600)
    order = scene(world)
    body = request(world, order, "return_refund", **more)
    world.cloud.advance(days * DAY + TO_THE_END - hours * 3600 - 1)

    in_time = world.send("POST", f"/orders/{order}/after-sales", body)
    world.cloud.advance(1)
    with nothing_moves(world):
        late = world.send("POST", f"/orders/{order}/after-sales", body)

    assert in_time.status == 201, in_time.body
    [problem] = problem_of(late, 422, PROBLEM_CODE)["problems"]
    assert (problem["code"], problem["days"]) == ("window_over", days)


@pytest.mark.parametrize("hours", [17, 18], ids=["the 22nd in China", "the 23rd in China"])
def test_the_day_is_the_one_in_china_and_no_other(world: World, hours: int) -> None:
    """An hour later it is another day there, although it is the same one in Greenwich."""
    world.cloud.advance(hours * 3600)
    order = received(world)

    world.cloud.advance(7 * DAY + TO_THE_END - hours * 3600)
    late = world.send("POST", f"/orders/{order}/after-sales", request(world, order, "return_refund"))

    assert late.status == (422 if hours == 17 else 201)


# --- nobody, and whoever is nobody here ---


def claims_of(world: World) -> dict[str, dict[str, str]]:
    token = world.cloud.token("b-1", "buyer", None)
    head, body, seal = token.split(".")
    return {
        "no token": {},
        "an empty one": {"authorization": "Bearer "},
        "a broken one": {"authorization": f"Bearer {head}.{body}.{seal[:-4]}AAAA"},
        "one without a seal": {"authorization": f"Bearer {head}.{body}."},
        "another scheme": {"authorization": f"Basic {token}"},
    }


@pytest.mark.parametrize(
    "name", ["no token", "an empty one", "a broken one", "one without a seal", "another scheme"]
)
def test_nobody_is_let_in(world: World, name: str) -> None:
    asked = claim(world, on_its_way(world), "refund_only")
    doors = [
        f"/orders/{asked.order}/after-sales",
        *(
            f"/after-sales/{asked.case_id}/{what}"
            for what in ("withdrawal", "waybill", "escalation", "acceptance")
        ),
        *(f"/merchant/after-sales/{asked.case_id}/{what}" for what in ("decision", "receipt", "inspection")),
        *(f"/support/disputes/{asked.case_id}/{what}" for what in ("ruling", "advance")),
        f"/orders/{asked.order}/cancellation/conversion",
    ]
    told = claims_of(world)[name] | {"content-type": "application/json", "idempotency-key": "k"}

    with nothing_moves(world):
        answers = [world.cloud.http("POST", door, told, b"{}").status for door in doors]

    assert set(answers) == {401}


# --- bodies that are none ---

BODIES: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "no JSON": (b"{", 400),
    "a list": (b"[]", 400),
    "a name twice": (b'{"kind": "exchange", "kind": "repair"}', 400),
    "not a number": (b'{"sub_order": NaN}', 400),
    "a number without an end": (b'{"amount": 1e400}', 400),
    "other letters": (b'{"kind": "\xff"}', 400),
    "a hundred thousand levels": (b"[" * 50_000, 400),
    "a megabyte": (b'{"reason": "' + b"x" * 1_000_000 + b'"}', 413),
    "a thousand lines": (
        b'{"sub_order":1,"kind":"return_refund","reason":"no_reason","lines":['
        + b",".join(b'{"line":1,"quantity":1}' for _ in range(1000))
        + b"]}",
        422,
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_none_moves_nothing(world: World, name: str) -> None:
    raw, status = BODIES[name]
    asked = claim(world, received(world), "return_refund")

    with nothing_moves(world):
        answers = [
            world.send("POST", f"/orders/{asked.order}/after-sales", raw=raw),
            world.send("POST", f"/merchant/after-sales/{asked.case_id}/decision", raw=raw, **SELLER),
        ]

    assert [(answer.status, answer.headers["content-type"]) for answer in answers] == [(status, PROBLEM)] * 2


# --- a warehouse's word ---


@pytest.fixture
def wms(world: World) -> Iterator[Partners]:
    with partners(world) as stand_in:
        yield stand_in


FULL = {"line": 1, "good": 1, "defect": 0, "scrap": 0}
WORDS: dict[str, tuple[dict[str, Any], str, int, str]] = {
    "more than was sent": ({"lines": [FULL | {"defect": 1}]}, "W1", 422, "invalid_request"),
    "a line that was not sent": ({"lines": [FULL | {"line": 2}]}, "W1", 404, "not_found"),
    "a grade that there is not": ({"lines": [{"line": 1, "fine": 1}]}, "W1", 422, "invalid_request"),
    "a grade that is missing": ({"lines": [{"line": 1, "good": 1}]}, "W1", 422, "invalid_request"),
    "half a unit": ({"lines": [FULL | {"good": 0.5}]}, "W1", 422, "invalid_request"),
    "less than nothing": ({"lines": [FULL | {"scrap": -1}]}, "W1", 422, "invalid_request"),
    "a rate of 101": ({"lines": [FULL | {"rate_pct": 101}]}, "W1", 422, "invalid_request"),
    "a line twice": ({"lines": [FULL, FULL]}, "W1", 422, "invalid_request"),
    "another warehouse": ({}, "W2", 404, "not_found"),
    "a case that there is not": ({"case": "-C09", "return_id": "-C09"}, "W1", 404, "not_found"),
    "another case's number": ({"return_id": "-C02"}, "W1", 422, "invalid_request"),
}


@pytest.mark.parametrize("name", WORDS)
def test_a_warehouse_that_cannot_be_right_is_told_so_and_moves_nothing(
    world: World, wms: Partners, name: str
) -> None:
    changed, warehouse, status, code = WORDS[name]
    asked = expected(world)
    named = {k: f"{asked.order}{v}" if str(v).startswith("-") else v for k, v in changed.items()}
    told = message(world, inspected(asked, {"good": 1}) | named, warehouse=warehouse)

    with nothing_moves(world):
        answer = post(world, told)

    problem_of(answer, status, code)


def test_a_warehouse_without_the_key_is_nobody(world: World, wms: Partners) -> None:
    asked = expected(world)

    with nothing_moves(world):
        answers = [
            post(world, message(world, inspected(asked, {"good": 1}), secret="guessed")),
            post(world, message(world, inspected(asked, {"good": 1}), late=3600)),
        ]

    for answer in answers:
        problem_of(answer, 401, "signature_invalid")
    assert asked.state == "returning"


def test_what_was_refused_may_be_asked_for_rightly_under_the_same_key(world: World) -> None:
    """A refusal is no command: it uses up neither the key nor the right."""
    order = received(world)
    path, wrong = f"/orders/{order}/after-sales", request(world, order, "return_refund", 4)
    with nothing_moves(world):
        told = world.send("POST", path, wrong, key="k")

    right = world.send("POST", path, request(world, order, "return_refund", 3), key="k")

    problem_of(told, 422, PROBLEM_CODE)
    assert right.status == 201
    assert Claim(world, f"{order}-C01").state == "requested"


def test_what_may_not_come_back_comes_back_if_it_is_bad_and_is_made_cheaper_for_any_reason(
    world: World,
) -> None:
    order = excluded(world)

    assert claim(world, order, "return_refund", reason="quality").state == "requested"
    assert claim(world, order, "price_reduction", amount=100).state == "requested"
