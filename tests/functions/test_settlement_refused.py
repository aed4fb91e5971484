"""Withdrawals and payouts that are refused: each says why, and changes nothing."""

import pytest

from tests.functions.settling import (
    FAILED,
    OPERATOR,
    PAID,
    TEA_SHOP,
    TOY_SHOP,
    balance,
    earned,
    outcome_of,
    stated,
    statements,
    waiting,
    withdrawals,
    yuan,
)
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import World


@pytest.mark.parametrize(
    ("fen", "status", "code", "detail"),
    [
        (5001, 422, "withdrawal_too_large", {"withdrawable": 5000}),
        (99, 422, "withdrawal_too_small", {"minimum": 100}),
    ],
)
def test_a_withdrawal_that_is_too_large_or_too_small_is_refused_and_nothing_changes(
    world: World, fen: int, status: int, code: str, detail: dict[str, int]
) -> None:
    stated(world)

    with nothing_happens(world):
        refused = world.send("POST", "/merchant/withdrawals", {"amount": yuan(fen)}, **TEA_SHOP)

    assert detail.items() <= problem_of(refused, status, code).items()
    assert withdrawals(world) == []


def test_what_was_asked_for_is_not_there_a_second_time(world: World) -> None:
    stated(world)
    world.command("/merchant/withdrawals", {}, **TEA_SHOP)

    with nothing_happens(world):
        refused = world.send("POST", "/merchant/withdrawals", {}, **TEA_SHOP)

    problem_of(refused, 409, "nothing_to_withdraw")
    [action] = balance(world)["allowed_actions"]
    assert (action["action"], action["allowed"]) == ("withdraw", False)
    assert action["reason"] == "There is nothing to withdraw"


def test_twenty_may_wait_and_the_next_is_refused(world: World) -> None:
    stated(world)
    for _ in range(20):
        world.command("/merchant/withdrawals", {"amount": yuan(100)}, **TEA_SHOP)

    with nothing_happens(world):
        refused = world.send("POST", "/merchant/withdrawals", {"amount": yuan(100)}, **TEA_SHOP)
    world.command(outcome_of(7), PAID, **OPERATOR)

    assert problem_of(refused, 409, "too_many_withdrawals")["waiting"] == 20
    assert world.command("/merchant/withdrawals", {"amount": yuan(100)}, **TEA_SHOP)["withdrawal"] == 21


def test_what_was_not_stated_yet_cannot_be_withdrawn(world: World) -> None:
    earned(world, "m-tea", 5000)

    with nothing_happens(world):
        refused = world.send("POST", "/merchant/withdrawals", {"amount": yuan(100)}, **TEA_SHOP)

    problem_of(refused, 409, "nothing_to_withdraw")


def test_an_account_that_never_had_anything_is_not_there(world: World) -> None:
    stated(world)

    with nothing_happens(world):
        euros = {"amount": {"amount": 100, "currency": "EUR"}}
        foreign = world.send("POST", "/merchant/withdrawals", euros, **TEA_SHOP)
        nobody = world.send("POST", "/merchant/withdrawals", {}, **TOY_SHOP)

    problem_of(foreign, 404, "not_found")
    problem_of(nobody, 404, "not_found")
    assert world.read("/merchant/balance", **TOY_SHOP)["accounts"] == []
    assert statements(world, TOY_SHOP) == withdrawals(world, TOY_SHOP) == []


@pytest.mark.parametrize("second", [PAID, FAILED], ids=["paid", "failed"])
@pytest.mark.parametrize("first", [PAID, FAILED], ids=["paid", "failed"])
def test_a_payout_ends_once(world: World, first: dict[str, str], second: dict[str, str]) -> None:
    stated(world)
    world.command("/merchant/withdrawals", {}, **TEA_SHOP)
    world.command(outcome_of(1), first, **OPERATOR)

    with nothing_happens(world):
        refused = world.send("POST", outcome_of(1), second, role="operator", who="op-2")

    assert problem_of(refused, 409, "payout_ended")["state"] == first["outcome"]


def test_who_asked_for_it_does_not_pay_it_out(world: World) -> None:
    stated(world)
    world.command("/merchant/withdrawals", {}, **TEA_SHOP)
    same = {"role": "operator", "who": "m-tea"}
    [own] = world.read("/operator/payouts", **same)["payouts"]
    [other] = waiting(world)

    with nothing_happens(world):
        refused = world.send("POST", outcome_of(1), PAID, **same)

    problem_of(refused, 409, "second_person_needed")
    assert [action["allowed"] for action in own["allowed_actions"]] == [False, False]
    assert [action["allowed"] for action in other["allowed_actions"]] == [True, True]


@pytest.mark.parametrize(
    "path", [outcome_of(2), outcome_of(1, "m-toys"), "/operator/payouts/m-tea/EUR/1/outcome"]
)
def test_a_payout_that_is_none_is_not_found(world: World, path: str) -> None:
    stated(world)
    world.command("/merchant/withdrawals", {}, **TEA_SHOP)

    with nothing_happens(world):
        refused = world.send("POST", path, PAID, **OPERATOR)

    problem_of(refused, 404, "not_found")


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({"outcome": "paid"}, "/bank_reference"),
        ({"outcome": "paid", "reason": "other"}, "/bank_reference"),
        ({"outcome": "failed", "bank_reference": "TR-1"}, "/reason"),
        ({"outcome": "failed", "reason": "other", "bank_reference": "TR-1"}, "/bank_reference"),
        ({"outcome": "paid", "reason": "other", "bank_reference": "TR-1"}, "/reason"),
    ],
)
def test_an_outcome_says_one_thing(world: World, body: dict[str, str], at: str) -> None:
    stated(world)
    world.command("/merchant/withdrawals", {}, **TEA_SHOP)

    with nothing_happens(world):
        refused = world.send("POST", outcome_of(1), body, **OPERATOR)

    assert problem_of(refused, 422, "invalid_request")["at"] == at


def test_an_amount_names_its_currency_alone(world: World) -> None:
    stated(world)

    with nothing_happens(world):
        body = {"amount": yuan(100), "currency": "CNY"}
        refused = world.send("POST", "/merchant/withdrawals", body, **TEA_SHOP)

    assert problem_of(refused, 422, "invalid_request")["at"] == "/currency"


@pytest.mark.parametrize("path", ["/merchant/statements/2", "/merchant/statements/1?currency=EUR"])
def test_a_statement_that_is_none_is_not_found(world: World, path: str) -> None:
    stated(world)

    problem_of(world.send("GET", path, **TEA_SHOP), 404, "not_found")


@pytest.mark.parametrize(
    "path",
    [
        "/merchant/statements?currency=yuan",
        "/merchant/statements?cursor=0",
        "/merchant/statements?limit=51",
        "/merchant/statements/1?cursor=x",
        "/merchant/withdrawals?limit=0",
    ],
)
def test_a_list_that_is_none_is_refused(world: World, path: str) -> None:
    problem_of(world.send("GET", path, **TEA_SHOP), 422, "invalid_request")


@pytest.mark.parametrize("query", ["state=paid", "cursor=1", "limit=51"])
def test_a_list_of_payouts_that_is_none_is_refused(world: World, query: str) -> None:
    problem_of(world.send("GET", f"/operator/payouts?{query}", **OPERATOR), 422, "invalid_request")
