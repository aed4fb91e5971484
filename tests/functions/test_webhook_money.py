"""Webhooks that are genuine, and do not fit: too early, too late, twice, in another order, of other money.

No money is dropped, none pays for what it was not meant for.
"""

import json
from itertools import permutations
from typing import Any

import pytest

from tests.functions.provider import (
    ACCOUNT,
    PAYABLE,
    deliver,
    event,
    genuine,
    tell,
    waiting,
    what_is_told,
)
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import SHELF, World


@pytest.fixture
def order(world: World) -> str:
    return waiting(world)


def states(world: World, order: str) -> dict[str, str]:
    kinds = ("ORDER", "SUB#", "PAY#", "REFUND#")
    return {
        row["sk"]: row["state"]
        for row in world.rows()
        if row["pk"] == f"ORDER#{order}" and row["sk"].startswith(kinds)
    }


def refunds(world: World, order: str) -> list[tuple[str, int]]:
    return [(refund["state"], refund["amount"]["amount"]) for refund in world.order(order)["refunds"]]


@pytest.mark.parametrize("amount", [PAYABLE - 1, PAYABLE + 1, 1])
def test_another_amount_never_pays_the_order_and_goes_back(world: World, order: str, amount: int) -> None:
    answer = tell(world, event(reference=f"{order}01", amount=amount))

    assert answer == (200, "applied")
    assert states(world, order) == {
        "ORDER": "pending_payment",
        "SUB#01": "awaiting_payment",
        "SUB#02": "awaiting_payment",
        "PAY#01": "open",
        "REFUND#01": "needs_action",  # The sandbox never captured it; a real provider would send it.
    }
    assert refunds(world, order) == [("needs_action", amount)]
    assert world.accounts() == {"clearing:sandbox": amount, "refund:<order>R01": -amount}
    assert world.order(order)["paid"]["amount"] == 0


def test_money_of_another_amount_that_the_provider_holds_is_back_with_the_buyer(world: World) -> None:
    order = world.place()
    payment = world.start(order)

    world.pay({"reference": payment["reference"], "amount": {"amount": PAYABLE - 1, "currency": "CNY"}})

    assert refunds(world, order) == [("succeeded", PAYABLE - 1)]
    assert world.accounts() == {}
    assert world.cloud.sandbox.books()["totals"] == {
        "CNY": {"captured": PAYABLE - 1, "refunded": PAYABLE - 1}
    }
    assert world.order(order)["state"] == "pending_payment"


@pytest.mark.parametrize(
    ("wrong", "currency", "source"),
    [
        ({"currency": "USD"}, "USD", "clearing:sandbox"),
        ({"account": "somebody-else"}, "CNY", "elsewhere:sandbox"),  # It is not even with us.
        ({"account": None}, "CNY", "elsewhere:sandbox"),
        ({"account": [ACCOUNT]}, "CNY", "elsewhere:sandbox"),
        ({"account": f"{ACCOUNT} "}, "CNY", "elsewhere:sandbox"),
    ],
)
def test_money_in_another_currency_or_to_another_account_is_booked_and_kept_for_people(
    world: World, order: str, wrong: dict[str, Any], currency: str, source: str
) -> None:
    answer = tell(world, event(reference=f"{order}01", **wrong))

    assert answer == (200, "quarantined")
    assert states(world, order)["ORDER"] == "pending_payment"
    assert refunds(world, order) == []
    assert world.accounts() == {source: PAYABLE, "quarantine:<order>": -PAYABLE}
    assert [voucher["currency"] for voucher in world.vouchers()] == [currency]
    assert tell(world, event("payment.succeeded", 2, reference=f"{order}01")) == (200, "applied")
    assert states(world, order)["ORDER"] == "paid"


@pytest.mark.parametrize(
    "reference", ["0" * 28, "x", "{order}", "{order}02", "{order}1", "{order}011", "{order}00"]
)
@pytest.mark.parametrize(
    ("kind", "name"),
    [("payment.succeeded", "sandbox#paid#txn_1"), ("payment.failed", "sandbox#event#evt_1")],
)
def test_what_is_said_of_a_number_that_we_do_not_know_is_kept_and_asked_for_again(
    world: World, order: str, reference: str, kind: str, name: str
) -> None:
    before = set(world.everything())
    message = genuine(world, event(kind, reference=reference.format(order=order)))

    statuses = {deliver(world, message).status for _ in range(3)}

    [kept] = set(world.everything()) - before
    assert statuses == {503}
    assert f"PARKED#{name}" in kept
    assert len(world.everything()) == len(before) + 1


def test_of_another_account_and_an_order_that_is_not_ours_nothing_is_kept(world: World, order: str) -> None:
    with nothing_happens(world):
        answer = tell(world, event(reference="0" * 28, account="somebody-else"))

    assert answer == (401, "refused")


@pytest.mark.parametrize(
    "kind", ["payment.refunded", "", "payment.succeeded ", None, 1, ["payment.succeeded"], {}]
)
def test_what_does_not_concern_us_is_taken_and_changes_nothing(
    world: World, order: str, kind: object
) -> None:
    with nothing_happens(world):
        answer = tell(world, event(reference=f"{order}01") | {"type": kind})

    assert answer == (200, "no_effect")


def test_a_failure_after_the_success_has_no_effect(world: World, order: str) -> None:
    tell(world, event(reference=f"{order}01"))

    with nothing_happens(world):
        answer = tell(world, event("payment.failed", 2, reference=f"{order}01"))

    assert answer == (200, "no_effect")


def test_a_success_after_the_failure_pays(world: World, order: str) -> None:
    tell(world, event("payment.failed", 1, reference=f"{order}01", reason="insufficient_balance"))
    failed = world.order(order)["payments"][0]
    tell(world, event("payment.succeeded", 2, reference=f"{order}01"))

    assert (failed["state"], failed["failure"]["code"]) == ("failed", "insufficient_balance")
    assert "balance" in failed["failure"]["reason"]
    assert len(failed["failure"]["next_steps"]) == 1
    assert states(world, order)["PAY#01"] == "succeeded"
    assert world.order(order)["state"] == "awaiting_shipment"


@pytest.mark.parametrize(
    "reason",
    [
        None,
        1,
        1.5,
        [],
        {"a": [1]},
        "",
        "\ud800",
        "a\x00b",
        "\u202e",
        "x" * 10_000,
        "余额不足",
        "Li Lei, Lane 1",
        "balance_too_low",
    ],
)
def test_a_reason_that_is_no_code_is_not_repeated_to_anybody(
    world: World, order: str, reason: object
) -> None:
    answer = tell(world, event("payment.failed", reference=f"{order}01", reason=reason))

    assert answer == (200, "applied")
    assert world.order(order)["payments"][0]["failure"]["code"] == "unknown"


def test_money_that_comes_after_the_cancellation_goes_back_and_revives_nothing(
    world: World, order: str
) -> None:
    world.cancel(order)

    answer = world.cloud.http(
        "POST",
        f"/_sandbox/payments/{order}01",
        {},
        json.dumps({"amount": PAYABLE, "currency": "CNY", "even_if_closed": True}).encode(),
    )

    assert answer.status == 200
    assert states(world, order) == {
        "ORDER": "cancelled",
        "SUB#01": "cancelled",
        "SUB#02": "cancelled",
        "PAY#01": "closed",
        "REFUND#01": "succeeded",
    }
    assert refunds(world, order) == [("succeeded", PAYABLE)]
    assert world.accounts() == {}
    assert all(level["reserved"] == 0 for sku in SHELF for level in world.stock(sku).values())


def test_money_on_a_page_that_was_closed_for_another_goes_back(world: World, order: str) -> None:
    second = world.start(order)
    closed = states(world, order)
    world.pay(second)
    world.pay({"reference": f"{order}01", "amount": second["amount"]}, even_if_closed=True)

    assert (closed["PAY#01"], closed["PAY#02"]) == ("closed", "open")
    assert world.cloud.sandbox.books()["references"][f"{order}01"]["closed"] is True
    assert states(world, order)["ORDER"] == "paid"
    assert refunds(world, order) == [("succeeded", PAYABLE)]
    assert world.cloud.sandbox.books()["totals"]["CNY"] == {"captured": 2 * PAYABLE, "refunded": PAYABLE}
    assert world.accounts() == {
        "clearing:sandbox": PAYABLE,
        "escrow:<order>-01": -(3 * 1999 + 4 * 12_901 + 800),
        "escrow:<order>-02": -(333 + 800),
    }


def test_a_second_try_finds_that_the_first_was_paid_unnoticed(world: World, order: str) -> None:
    world.pay({"reference": f"{order}01", "amount": {"amount": PAYABLE, "currency": "CNY"}}, deliver="never")

    answer = world.send("POST", f"/orders/{order}/payments", {"provider": "sandbox"})

    problem_of(answer, 409, "transition_refused")
    assert states(world, order)["PAY#01"] == "succeeded"
    assert "PAY#02" not in states(world, order)
    assert world.order(order)["state"] == "awaiting_shipment"


def test_a_hundred_deliveries_have_one_effect(world: World, order: str) -> None:
    message = genuine(world, event(reference=f"{order}01"))
    with what_is_told() as outcomes:
        first = deliver(world, message)
        before = world.everything()
        answers = {(a.status, a.body) for a in (deliver(world, message) for _ in range(99))}

    assert outcomes == ["applied", *["duplicate"] * 99]
    assert answers == {(first.status, first.body)} == {(200, b'{"status": 200}')}
    assert world.everything() == before
    assert world.order(order)["paid"]["amount"] == PAYABLE


@pytest.mark.parametrize("number", [2, 3, 99])
def test_the_same_transaction_under_another_event_is_booked_once(
    world: World, order: str, number: int
) -> None:
    tell(world, event(reference=f"{order}01"))

    with nothing_happens(world):
        answer = tell(world, event(reference=f"{order}01") | {"id": f"evt_{number}"})

    assert answer == (200, "duplicate")


def test_the_same_wrong_money_under_another_event_goes_back_once(world: World) -> None:
    order = world.place()
    payment = world.start(order)
    world.pay({"reference": payment["reference"], "amount": {"amount": 5, "currency": "CNY"}})

    with nothing_happens(world):
        again = event(reference=f"{order}01", amount=5, transaction_id="txn_00000001")
        answer = tell(world, again | {"id": "evt_other"})

    assert answer == (200, "duplicate")


@pytest.mark.parametrize("order_of_arrival", list(permutations(("failed", "paid", "again", "refund"))))
def test_in_whatever_order_the_provider_tells_it_ends_the_same(
    world: World, order_of_arrival: tuple[str, ...]
) -> None:
    order = world.place()
    payment = world.start(order)
    world.refund_mode(payment, "pending")
    world.pay(payment, deliver="never")
    paid = {"reference": payment["reference"], "transaction_id": "txn_00000001"}
    refund = {"refund_id": f"{order}R01", "amount": 333 + 800}
    news = {
        "failed": event("payment.failed", 1, **paid),
        "paid": event("payment.succeeded", 2, **paid),
        "again": event("payment.succeeded", 3, **paid),
        "refund": event("refund.succeeded", 4, **paid, **refund),
    }
    untold = list(order_of_arrival)
    for name in order_of_arrival * len(news):  # What is not taken is sent again.
        if states(world, order)["ORDER"] == "paid" and not refunds(world, order):
            world.cancel(order, {3: 1})  # No provider refunds before it was paid, and asked.
        if name in untold and tell(world, news[name])[0] == 200:
            untold.remove(name)
    world.cloud.advance(120)  # What we kept of the early ones is tried again, by us.

    assert untold == []
    assert [row for row in world.rows() if row["sk"] == "PARKED"] == []
    assert states(world, order) == {
        "ORDER": "paid",
        "PAY#01": "succeeded",
        "REFUND#01": "succeeded",
        "SUB#01": "awaiting_shipment",
        "SUB#02": "cancelled",
    }
    assert world.accounts() == {
        "clearing:sandbox": PAYABLE - 333 - 800,
        "escrow:<order>-01": -(PAYABLE - 333 - 800),
    }


def test_one_transaction_pays_one_order_whatever_its_references_say(world: World) -> None:
    orders = [world.place({"TEA": 1}) for _ in range(2)]
    answers = []
    for number, order in enumerate(orders, 1):
        world.start(order)
        facts = {"reference": f"{order}01", "amount": 1999 + 800, "transaction_id": "txn_the_same"}
        answers.append(tell(world, event("payment.succeeded", number, **facts)))

    assert answers == [(200, "applied"), (200, "duplicate")]
    assert [world.order(order)["state"] for order in orders] == ["awaiting_shipment", "pending_payment"]
