"""Chargebacks at Stripe: what they freeze, what thaws when they are won, and who bears them when they are lost."""

from typing import Any

import pytest

from tests.functions.books import at_the_provider, happened, refunds, states, the_books_agree
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import DAY, World

TEA, PAYABLE = {"TEA": 1}, 1999 + 800


def paid(world: World) -> tuple[str, dict[str, Any]]:
    order = world.place(TEA)
    payment = world.opens(order, "stripe")
    world.at_provider(payment, "pay")
    return order, payment


def passes(world: World, *seconds: int) -> None:
    for step in seconds:
        world.cloud.advance(step)


def favour(world: World, order: str, amount: int = 100) -> Any:
    body = {"amount": amount, "reason": "goodwill"}
    return world.send("POST", f"/orders/{order}/refunds", body, role="support", who="s-1")


def charged_back(world: World, payment: dict[str, Any], end: str = "open", **how: Any) -> None:
    world.at_provider(payment, "chargeback", **{"end": end, "after": DAY} | how)


def test_while_a_chargeback_is_open_no_command_gives_anything_back(world: World) -> None:
    order, payment = paid(world)
    charged_back(world, payment)

    with nothing_happens(world):
        cancelled = world.send("POST", f"/orders/{order}/cancellation", {"reason": "other"})
        by_merchant = world.send(
            "POST",
            f"/merchant/sub-orders/{order}-01/cancellation",
            {"reason": "out_of_stock"},
            role="merchant",
            who="m-tea",
        )
        given = favour(world, order)

    for answer in (cancelled, by_merchant, given):
        problem_of(answer, 409, "payment_disputed")
    [dispute] = world.order(order)["disputes"]
    assert (dispute["state"], dispute["amount"]["amount"]) == ("pending", PAYABLE)
    assert world.accounts() == {"chargeback:<order>": PAYABLE, "escrow:<order>-01": -PAYABLE}
    the_books_agree(world)


def test_a_refund_that_waits_for_people_waits_for_the_bank_too(world: World) -> None:
    order, payment = paid(world)
    world.at_provider(payment, "refund-mode", mode="fail_for_good")
    world.cancel(order)
    charged_back(world, payment)
    path = f"/orders/{order}/refunds/{order}R01"

    with nothing_happens(world):
        retried = world.send("POST", f"{path}/retry", {}, role="operator", who="op-1")
        paid_out = world.send("POST", f"{path}/payout", {"transfer": "TR-1"}, role="operator", who="op-1")

    problem_of(retried, 409, "payment_disputed")
    problem_of(paid_out, 409, "payment_disputed")


def test_a_refund_that_was_promised_and_not_sent_is_not_sent_while_the_bank_decides(world: World) -> None:
    order, payment = paid(world)
    world.desk("stripe/faults", {"next": 1000, "fault": "timeout", "on": "refund"})
    world.cancel(order)
    charged_back(world, payment)
    world.desk("stripe/faults", {"next": 0})

    passes(world, 600, DAY)

    assert refunds(world, order) == [("requested", PAYABLE)]
    assert at_the_provider(world, payment)["refunded"] == 0
    the_books_agree(world)


def test_while_a_chargeback_is_open_nothing_is_confirmed_or_settled_by_time(world: World) -> None:
    order, payment = paid(world)
    world.ship(order, 1)
    charged_back(world, payment)

    passes(world, 11 * DAY, DAY)
    frozen = states(world, order)["SUB#01"]
    world.receive(order)  # The buyer may say so all the same.
    passes(world, 16 * DAY, DAY)

    assert frozen == "delivered"
    assert states(world, order)["SUB#01"] == "completed"
    assert world.accounts() == {"chargeback:<order>": PAYABLE, "escrow:<order>-01": -PAYABLE}
    the_books_agree(world)


def test_a_chargeback_that_is_won_thaws_everything(world: World) -> None:
    order, payment = paid(world)
    world.ship(order, 1)
    charged_back(world, payment, "won")

    passes(world, DAY, 60)
    won = world.order(order)["disputes"][0]["state"]
    given = favour(world, order, 300)
    passes(world, 60, 11 * DAY, 16 * DAY)

    assert won == "won"
    assert given.status == 201
    assert states(world, order)["SUB#01"] == "completed"
    assert world.accounts() == {"clearing:stripe": PAYABLE - 300, "merchant:m-tea": -(PAYABLE - 300)}
    the_books_agree(world)


def test_a_chargeback_that_is_lost_leaves_nothing_to_refund_or_to_settle(world: World) -> None:
    order, payment = paid(world)
    charged_back(world, payment, "lost")
    passes(world, DAY, 60)

    with nothing_happens(world):
        given = favour(world, order)
    world.ship(order, 1)
    passes(world, 11 * DAY, 16 * DAY)

    assert world.order(order)["disputes"][0]["state"] == "lost"
    assert problem_of(given, 422, "refund_too_large")["refundable"] == 0
    assert world.accounts() == {}
    assert world.order(order)["refunded"]["amount"] == PAYABLE
    the_books_agree(world)


def test_a_chargeback_that_is_lost_covers_the_refund_that_was_promised(world: World) -> None:
    """The payer has her money from her bank: nobody pays her twice."""
    order, payment = paid(world)
    world.at_provider(payment, "refund-mode", mode="fail_for_good")
    world.cancel(order)
    world.at_provider(payment, "refund-mode", mode="succeed")
    charged_back(world, payment, "lost")

    passes(world, DAY, 60, 600, DAY)

    assert refunds(world, order) == [("covered", PAYABLE)]
    assert at_the_provider(world, payment)["refunded"] == 0
    assert world.accounts() == {}
    the_books_agree(world)


def test_what_is_lost_after_the_merchant_was_paid_is_a_claim_on_the_merchant(world: World) -> None:
    order, payment = paid(world)
    world.ship(order, 1)
    world.receive(order)
    passes(world, 16 * DAY)

    charged_back(world, payment, "lost")
    passes(world, DAY, 60)

    assert world.accounts() == {"claim:<order>-01": PAYABLE, "merchant:m-tea": -PAYABLE}
    the_books_agree(world)


def test_a_chargeback_of_a_part_takes_that_part_and_stripe_refunds_nothing_of_the_rest(
    world: World,
) -> None:
    order, payment = paid(world)
    charged_back(world, payment, "lost", amount=999)
    passes(world, DAY, 60)

    with nothing_happens(world):
        too_much = favour(world, order, PAYABLE - 998)
    rest = favour(world, order, PAYABLE - 999)
    passes(world, 60)

    assert problem_of(too_much, 422, "refund_too_large")["refundable"] == PAYABLE - 999
    assert rest.status == 201
    assert refunds(world, order) == [("failed", PAYABLE - 999)]  # What has been charged back stays so.
    assert world.order(order)["refunded"]["amount"] == 999
    assert world.accounts() == {"clearing:stripe": PAYABLE - 999, "escrow:<order>-01": -(PAYABLE - 999)}
    the_books_agree(world)


@pytest.mark.parametrize("end", ["won", "lost"])
def test_of_two_chargebacks_each_is_booked(world: World, end: str) -> None:
    order, payment = paid(world)

    charged_back(world, payment, end, amount=1000)
    charged_back(world, payment, "won", amount=500)
    passes(world, DAY, 60)

    assert [d["state"] for d in world.order(order)["disputes"]] == [end, "won"]
    lost = 1000 if end == "lost" else 0
    assert world.order(order)["refunded"]["amount"] == lost
    assert world.accounts() == {"clearing:stripe": PAYABLE - lost, "escrow:<order>-01": -(PAYABLE - lost)}
    the_books_agree(world)


def test_a_warning_of_fraud_takes_nothing_and_freezes_nothing(world: World) -> None:
    order, payment = paid(world)
    before = world.accounts()

    world.at_provider(payment, "fraud-warning")
    given = favour(world, order)
    passes(world, 60)

    assert happened(world, "fraud_warned") == 1
    assert before == {"clearing:stripe": PAYABLE, "escrow:<order>-01": -PAYABLE}
    assert given.status == 201
    the_books_agree(world)


def test_chargebacks_are_told_to_the_buyer_in_words(world: World) -> None:
    order, payment = paid(world)
    charged_back(world, payment)

    [dispute] = world.order(order)["disputes"]

    assert set(dispute) == {"dispute", "state", "state_text", "amount", "opened_at"}
    assert dispute["state_text"].strip()
