"""Webhooks about refunds: of ours, of other amounts, made at the provider by hand, come back, told twice and late."""

from typing import Any

import pytest

from tests.functions.provider import PAYABLE, event, tell, waiting
from tests.functions.watching import nothing_happens
from tests.http_world import World


@pytest.fixture
def order(world: World) -> str:
    return waiting(world)


def refunds(world: World, order: str) -> list[tuple[str, int]]:
    return [(refund["state"], refund["amount"]["amount"]) for refund in world.order(order)["refunds"]]


@pytest.fixture
def pending(world: World) -> str:
    """An order all of whose money is on its way back, and has not arrived."""
    order = world.place()
    payment = world.start(order)
    world.refund_mode(payment, "pending")
    world.pay(payment)
    world.cancel(order)
    return order


def about_refund(order: str, kind: str = "refund.succeeded", **data: Any) -> dict[str, Any]:
    facts = {"reference": f"{order}01", "refund_id": f"{order}R01", "transaction_id": "txn_00000001"}
    return event(kind, 7, **(facts | data))


@pytest.mark.parametrize("number", ["{order}R02", "{order}R01x2", "0" * 29, "by-hand"])
def test_a_refund_that_we_did_not_ask_for_is_booked_as_the_providers_own(
    world: World, order: str, number: str
) -> None:
    tell(world, event(reference=f"{order}01"))
    told = about_refund(order, refund_id=number.format(order=order), amount=500, transaction_id="txn_1")

    answers = [tell(world, told), tell(world, told), tell(world, told | {"id": "evt_8"})]

    assert answers == [(200, "applied"), (200, "no_effect"), (200, "no_effect")]
    [refund] = world.order(order)["refunds"]
    assert (refund["state"], refund["amount"]["amount"]) == ("succeeded", 500)
    assert refund["reason"] == "made_at_provider"
    assert world.order(order)["refunded"]["amount"] == 500
    assert world.accounts()["clearing:sandbox"] == PAYABLE - 500


@pytest.mark.parametrize("amount", [PAYABLE - 1, PAYABLE + 1])
def test_a_refund_of_another_amount_than_we_asked_for_is_kept_for_people(
    world: World, pending: str, amount: int
) -> None:
    answer = tell(world, about_refund(pending, amount=amount))

    assert answer == (200, "quarantined")
    [refund] = world.order(pending)["refunds"]
    assert (refund["state"], refund["failure"]["code"]) == ("needs_action", "amount_refused")
    assert world.accounts() == {
        "clearing:sandbox": PAYABLE - amount,
        "quarantine:<order>": amount,
        "refund:<order>R01": -PAYABLE,
    }


def test_a_refund_of_another_account_does_not_concern_us(world: World, pending: str) -> None:
    with nothing_happens(world):
        answer = tell(world, about_refund(pending, account="somebody-else"))

    assert answer == (200, "no_effect")


def test_a_refund_is_booked_once_and_one_that_comes_back_is_owed_again(world: World, pending: str) -> None:
    told = about_refund(pending)
    codes = [tell(world, told), tell(world, told), tell(world, told | {"id": "evt_8"})]
    done = (refunds(world, pending), world.accounts())
    bounced = tell(world, about_refund(pending, "refund.failed") | {"id": "evt_9"})

    assert codes == [(200, "applied"), (200, "no_effect"), (200, "no_effect")]
    assert done == ([("succeeded", PAYABLE)], {})
    assert bounced == (200, "applied")
    assert refunds(world, pending) == [("needs_action", PAYABLE)]
    assert world.accounts() == {"clearing:sandbox": PAYABLE, "refund:<order>R01": -PAYABLE}


def test_an_old_success_does_not_cover_up_that_the_money_came_back(world: World, pending: str) -> None:
    told = about_refund(pending)
    tell(world, told)
    tell(world, about_refund(pending, "refund.failed") | {"id": "evt_9"})

    with nothing_happens(world):
        answer = tell(world, told)

    assert answer == (200, "duplicate")
