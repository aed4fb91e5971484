"""Refused deliveries over HTTP: what comes back is counted by its merchant, and refunded to the unit."""

import pytest

from tests.functions.parcels import parcels, refunds, states
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import World

TEA, FREIGHT = 1999, 800
MERCHANT = {"role": "merchant", "who": "m-tea"}


def shipped(world: World, lines: dict[str, int] | None = None) -> str:
    order = world.placed_and_paid(lines or {"TEA": 3})
    world.ship_all(order)
    return order


def refuse(world: World, order: str, reason: str = "late", *numbers: int) -> None:
    world.command(f"/orders/{order}/refusal", {"parcels": list(numbers or (1,)), "reason": reason})


def counted(world: World, order: str, *, parcel: int = 1, **units: int) -> None:
    body = {"parcel": parcel, "lines": [{"line": 1, "good": 0, **units}]}
    world.command(f"/merchant/sub-orders/{order}-01/returns", body, **MERCHANT)


def tea(world: World) -> dict[str, int]:
    levels: dict[str, int] = world.stock("TEA")["W1"]
    return {name: units for name, units in levels.items() if units}


def test_what_nobody_has_counted_is_not_refunded(world: World) -> None:
    order = shipped(world)

    refuse(world, order)

    assert parcels(world, order)[0][0] == "returning"
    assert (states(world, order), refunds(world, order)) == (["awaiting_receipt"], [])
    assert tea(world) == {"available": 17, "sold": 3}


@pytest.mark.parametrize(
    ("reason", "amount", "state"),
    [
        ("changed_mind", 3 * TEA, "closed"),
        ("late", 3 * TEA, "closed"),
        ("damaged", 3 * TEA + FREIGHT, "closed"),
        ("wrong_goods", 3 * TEA + FREIGHT, "closed"),
    ],
)
def test_goods_are_refunded_when_they_are_back_and_the_freight_by_whose_fault_it_is(
    world: World, reason: str, amount: int, state: str
) -> None:
    order = shipped(world)
    refuse(world, order, reason)

    counted(world, order, good=3)

    assert refunds(world, order) == [("succeeded", amount, reason)]
    assert (states(world, order), parcels(world, order)[0][0]) == ([state], "came_back")
    assert tea(world) == {"available": 20}


def test_what_is_missing_of_it_is_not_refunded(world: World) -> None:
    order = shipped(world)
    refuse(world, order, "damaged")

    counted(world, order, good=1, scrap=1)

    assert refunds(world, order) == [("succeeded", 2 * TEA, "damaged")]
    assert tea(world) == {"available": 18, "sold": 1, "scrapped": 1}


def test_more_than_was_sent_cannot_come_back(world: World) -> None:
    order = shipped(world)
    refuse(world, order)
    path = f"/merchant/sub-orders/{order}-01/returns"
    bad = [
        ({"parcel": 1, "lines": [{"line": 1, "good": 3, "defect": 1}]}, 422, "invalid_request"),
        ({"parcel": 1, "lines": [{"line": 2, "good": 1}]}, 404, "not_found"),
        ({"parcel": 2, "lines": [{"line": 1, "good": 1}]}, 404, "not_found"),
        ({"parcel": 1, "lines": [{"line": 1, "good": 1}] * 2}, 422, "invalid_request"),
        ({"parcel": 1, "lines": [{"line": 1, "good": -1}]}, 422, "invalid_request"),
        ({"parcel": 1, "lines": []}, 422, "invalid_request"),
    ]

    with nothing_happens(world):
        answers = [world.send("POST", path, body, **MERCHANT) for body, _, _ in bad]

    for answer, (_, status, code) in zip(answers, bad, strict=True):
        problem_of(answer, status, code)


def test_another_merchant_counts_nothing(world: World) -> None:
    order = shipped(world)
    refuse(world, order)
    body = {"parcel": 1, "lines": [{"line": 1, "good": 3}]}

    with nothing_happens(world):
        answer = world.send(
            "POST", f"/merchant/sub-orders/{order}-01/returns", body, role="merchant", who="m-toys"
        )

    problem_of(answer, 404, "not_found")


def test_a_count_repeated_is_one_refund(world: World) -> None:
    order = shipped(world)
    refuse(world, order)
    path = f"/merchant/sub-orders/{order}-01/returns"
    body = {"parcel": 1, "lines": [{"line": 1, "good": 3}]}
    first = world.send("POST", path, body, key="one", **MERCHANT)

    with nothing_happens(world):
        again = world.send("POST", path, body, key="one", **MERCHANT)

    assert (first.status, again.status) == (200, 200)
    assert again.headers["idempotency-replayed"] == "true"


def test_what_cannot_be_refused_changes_nothing(world: World) -> None:
    waiting = world.placed_and_paid({"TEA": 3})
    order = shipped(world)

    with nothing_happens(world):
        not_sent = world.send("POST", f"/orders/{waiting}/refusal", {"parcels": [1], "reason": "late"})
        unknown = world.send("POST", f"/orders/{order}/refusal", {"parcels": [1, 2], "reason": "late"})
        twice = world.send("POST", f"/orders/{order}/refusal", {"parcels": [1, 1], "reason": "late"})
        in_words = world.send("POST", f"/orders/{order}/refusal", {"parcels": [1], "reason": "I hate it"})

    problem_of(not_sent, 409, "transition_refused")
    assert problem_of(unknown, 404, "not_found")["parcels"] == [2]
    problem_of(twice, 422, "invalid_request")
    problem_of(in_words, 422, "invalid_request")


def test_the_merchant_sees_what_comes_back_and_may_count_it(world: World) -> None:
    order = shipped(world)
    refuse(world, order, "damaged")

    view = world.read(f"/merchant/sub-orders/{order}-01", **MERCHANT)

    assert {action["action"]: action["allowed"] for action in view["allowed_actions"]} == {
        "ship": False,
        "cancel": False,
        "receive_return": True,
    }
    [parcel] = view["parcels"]
    assert (parcel["state"], parcel["refused"]) == ("returning", "damaged")
    counted(world, order, good=3)
    assert world.order(order)["sub_orders"][0]["lines"][0]["returned"] == 3
