"""Receiving over HTTP: more time, once; not what is on its way back."""

from tests.functions.parcels import parcels, report, states
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import DAY, World

TEA_AND_POTS = {"TEA": 3, "POT": 4}  # One from W1, one from W2: two parcels.


def delivered(world: World, lines: dict[str, int] | None = None) -> str:
    order = world.placed_and_paid(lines or {"TEA": 3})
    world.ship_all(order)
    for number, _ in enumerate(parcels(world, order), 1):
        report(world, order, number, "delivered")
    assert set(states(world, order)) == {"delivered"}
    return order


def actions(world: World, order: str) -> dict[str, bool]:
    return {action["action"]: action["allowed"] for action in world.order(order)["allowed_actions"]}


def receipt_at(world: World, order: str) -> str:
    [countdown] = [c for c in world.order(order)["countdowns"] if c["event"] == "receipt_timed_out"]
    return str(countdown["at"])


def test_the_buyer_gets_three_more_days_once(world: World) -> None:
    order = delivered(world)
    before = receipt_at(world, order), actions(world, order)["extend_receipt"]

    world.command(f"/orders/{order}/receipt-extension", {"sub_order": 1})
    after = receipt_at(world, order), actions(world, order)["extend_receipt"]
    with nothing_happens(world):
        again = world.send("POST", f"/orders/{order}/receipt-extension", {"sub_order": 1})

    assert before == ("2026-12-01T22:26:40Z", True)
    assert after == ("2026-12-04T22:26:40Z", False)
    problem_of(again, 409, "already_extended")


def test_more_time_is_really_given(world: World) -> None:
    order = delivered(world)
    world.command(f"/orders/{order}/receipt-extension", {"sub_order": 1})

    world.cloud.advance(12 * DAY)
    waiting = states(world, order)
    world.cloud.advance(2 * DAY)

    assert (waiting, states(world, order)) == (["delivered"], ["completed"])


def test_an_extension_repeated_is_one_extension(world: World) -> None:
    order = delivered(world)
    path, body = f"/orders/{order}/receipt-extension", {"sub_order": 1}
    first = world.send("POST", path, body, key="one")

    with nothing_happens(world):
        again = world.send("POST", path, body, key="one")

    assert (first.status, again.status) == (200, 200)
    assert again.headers["idempotency-replayed"] == "true"


def test_what_has_not_arrived_needs_no_more_time(world: World) -> None:
    order = world.placed_and_paid({"TEA": 3})
    world.ship_all(order)

    with nothing_happens(world):
        early = world.send("POST", f"/orders/{order}/receipt-extension", {"sub_order": 1})
        missing = world.send("POST", f"/orders/{order}/receipt-extension", {"sub_order": 7})

    problem_of(early, 409, "transition_refused")
    problem_of(missing, 404, "not_found")


def test_what_is_on_its_way_back_cannot_have_been_received(world: World) -> None:
    order = world.placed_and_paid(TEA_AND_POTS)
    world.ship_all(order)
    world.command(f"/orders/{order}/refusal", {"parcels": [2], "reason": "late"})

    with nothing_happens(world):
        refused = world.send("POST", f"/orders/{order}/receipt", {})

    assert problem_of(refused, 409, "parcels_returning")["parcels"] == [2]
    assert actions(world, order)["confirm_receipt"] is False


def test_the_buyer_is_told_what_happens_next(world: World) -> None:
    order = delivered(world)

    part = world.order(order)["sub_orders"][0]

    assert part["state_text"] == "delivered"
    assert part["next"] == (
        "Confirm the receipt, or ask for more time; after the countdown it counts as received."
    )
    assert actions(world, order) == {
        "pay": False,
        "cancel": False,
        "separate": False,
        "confirm_receipt": True,
        "extend_receipt": True,
        "refuse_delivery": False,
    }
