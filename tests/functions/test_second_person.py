"""Money for no goods above a limit: one asks, another one decides, and whatever happens it is given once at most."""

import pytest

from tests.functions.racing import struck_before
from tests.functions.registering import (
    HOUR,
    LARGE,
    OPERATOR,
    OTHER_OPERATOR,
    SUPPORT,
    ask,
    before_the_entry,
    crash,
    expensive,
    given,
    open_entries,
    problem,
    resolution,
)
from tests.http_world import SWEPT, World


def test_a_large_favour_gives_nothing_before_another_operator_approves(world: World) -> None:
    order_id = expensive(world)

    asked = ask(world, order_id)
    before = given(world, order_id)
    entry = asked.json()
    path, body = resolution(entry, "approve")
    approved = world.command(path, body, **OPERATOR)

    assert asked.status == 202
    assert before == []
    assert (entry["kind"], entry["favour"]["amount"]["amount"]) == ("favour_waiting", LARGE)
    assert (entry["favour"]["asked_by"], entry["favour"]["reason"]) == ("s-1", "goodwill")
    assert (approved["state"], approved["action"], approved["closed_by"]) == ("closed", "approve", "op-1")
    assert given(world, order_id) == [LARGE]


def test_one_fen_below_the_limit_is_given_at_once_but_not_in_pieces(world: World) -> None:
    order_id = expensive(world)

    assert ask(world, order_id, LARGE - 1).status == 201
    assert ask(world, order_id, 1).status == 202
    assert given(world, order_id) == [LARGE - 1]


def test_who_asked_decides_nothing_and_support_neither(world: World) -> None:
    order_id = expensive(world)
    entry = ask(world, order_id, **OPERATOR).json()

    for action in ("approve", "refuse"):
        path, body = resolution(entry, action)
        problem(world.send("POST", path, body, **OPERATOR), 409, "second_person_needed")
        problem(world.send("POST", path, body, **SUPPORT), 403, "forbidden")
    path, body = resolution(entry, "no_action_needed")
    problem(world.send("POST", path, body, **OTHER_OPERATOR), 422, "invalid_request")

    assert given(world, order_id) == []


def test_what_was_refused_cannot_be_given_any_more(world: World) -> None:
    order_id = expensive(world)
    entry = ask(world, order_id).json()
    path, body = resolution(entry, "refuse")

    refused = world.command(path, body, **OPERATOR)
    path, body = resolution(entry, "approve")
    problem(world.send("POST", path, body, **OTHER_OPERATOR), 409, "entry_closed")

    assert (refused["action"], given(world, order_id)) == ("refuse", [])


def test_approved_twice_by_two_it_is_given_once(world: World) -> None:
    order_id = expensive(world)
    entry = ask(world, order_id).json()
    path, body = resolution(entry, "approve")

    first = world.send("POST", path, body, key="k-1", **OPERATOR)
    same = world.send("POST", path, body, key="k-1", **OPERATOR)
    second = world.send("POST", path, body, **OTHER_OPERATOR)

    assert (first.status, same.status) == (200, 200)
    assert first.json() == same.json()
    problem(second, 409, "entry_closed")
    assert given(world, order_id) == [LARGE]


def test_asked_twice_under_one_key_it_waits_once(world: World) -> None:
    order_id = expensive(world)
    first = ask(world, order_id, key="k-1")
    again = ask(world, order_id, key="k-1")
    other = ask(world, order_id, LARGE + 1, key="k-1")
    path, body = resolution(first.json(), "approve")
    world.command(path, body, **OPERATOR)
    after = ask(world, order_id, key="k-1")

    assert (first.status, again.status, after.status) == (202, 202, 202)
    assert first.json() == again.json()
    assert after.json()["state"] == "closed"
    problem(other, 422, "idempotency_key_reused")
    assert given(world, order_id) == [LARGE]
    assert open_entries(world, "operator") == []


def test_more_than_is_left_is_refused_when_asked_and_when_approved(world: World) -> None:
    order_id = expensive(world)
    problem(ask(world, order_id, 10_000_000), 422, "refund_too_large")
    entry = ask(world, order_id).json()
    world.cancel(order_id)

    path, body = resolution(entry, "approve")
    problem(world.send("POST", path, body, **OPERATOR), 422, "refund_too_large")
    path, body = resolution(entry, "refuse")
    assert world.command(path, body, **OPERATOR)["state"] == "closed"


def test_a_favour_that_waits_too_long_is_late_like_anything_else(world: World) -> None:
    order_id = expensive(world)
    entry = ask(world, order_id).json()

    world.cloud.advance(24 * HOUR + SWEPT)

    late = world.read(f"/register/{entry['entry_id']}", **SUPPORT)
    assert (late["state"], late["late"]) == ("open", 1)


def test_two_approve_at_the_same_moment_and_it_is_given_once(world: World) -> None:
    order_id = expensive(world)
    path, body = resolution(ask(world, order_id).json(), "approve")

    with struck_before(
        "refund_requested", lambda: world.send("POST", path, body, **OTHER_OPERATOR)
    ) as struck:
        answer = world.send("POST", path, body, **OPERATOR)

    assert struck == ["refund_requested"]
    problem(answer, 409, "entry_closed")
    assert given(world, order_id) == [LARGE]


def test_one_approves_and_one_refuses_at_the_same_moment_and_one_of_them_wins(world: World) -> None:
    order_id = expensive(world)
    entry = ask(world, order_id).json()
    path, approval = resolution(entry, "approve")
    refusal = approval | {"action": "refuse"}

    with struck_before("refund_requested", lambda: world.send("POST", path, refusal, **OTHER_OPERATOR)):
        late = world.send("POST", path, approval, **OPERATOR)

    problem(late, 409, "entry_closed")
    assert given(world, order_id) == []
    assert world.read(f"/register/{entry['entry_id']}", **SUPPORT)["action"] == "refuse"


@pytest.mark.parametrize("action", ["approve", "refuse"])
def test_given_and_then_dead_the_entry_learns_of_it_and_nothing_is_given_twice(
    world: World, action: str
) -> None:
    order_id = expensive(world)
    entry = ask(world, order_id).json()
    path, body = resolution(entry, "approve")
    with before_the_entry(crash):
        assert world.send("POST", path, body, **OPERATOR).status >= 500
    assert given(world, order_id) == [LARGE]
    assert world.read(f"/register/{entry['entry_id']}", **SUPPORT)["state"] == "open"

    again = world.send("POST", path, body | {"action": action}, **OPERATOR)

    assert again.status == (200 if action == "approve" else 409), again.body
    assert given(world, order_id) == [LARGE]
    closed = world.read(f"/register/{entry['entry_id']}", **SUPPORT)
    assert (closed["state"], closed["action"] or closed["resolved_by"]) == (
        "closed",
        "approve" if action == "approve" else "refund_requested",
    )


def test_given_and_then_dead_and_nobody_comes_back_the_deadline_finds_out(world: World) -> None:
    order_id = expensive(world)
    entry = ask(world, order_id).json()
    path, body = resolution(entry, "approve")
    with before_the_entry(crash):
        assert world.send("POST", path, body, **OPERATOR).status >= 500

    world.cloud.advance(24 * HOUR + SWEPT)

    closed = world.read(f"/register/{entry['entry_id']}", **SUPPORT)
    assert (closed["state"], closed["resolved_by"], closed["late"]) == ("closed", "refund_requested", 0)
    assert given(world, order_id) == [LARGE]
