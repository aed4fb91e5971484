"""Refunds that were made at the provider by hand, and how often, how fast and how late a provider refunds."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from shared.outside import Call, outside
from tests.functions.books import at_the_provider, clearing_agrees, happened, refunds, states, the_books_agree
from tests.functions.notices import PROVIDERS
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import DAY, World

TEA, PAYABLE = {"TEA": 1}, 1999 + 800
TEN_MINUTES = (300, 300)


def paid_at(world: World, provider: str, lines: dict[str, int] | None = None) -> tuple[str, dict[str, Any]]:
    order = world.place(lines or TEA)
    payment = world.opens(order, provider)
    world.at_provider(payment, "pay")
    return order, payment


def passes(world: World, *seconds: int) -> None:
    """Time passes, in steps: providers are asked at the end of each."""
    for step in seconds:
        world.cloud.advance(step)


def favour(world: World, order: str, amount: int, **how: Any) -> Any:
    body = {"amount": amount, "reason": "goodwill"}
    return world.send("POST", f"/orders/{order}/refunds", body, role="support", who="s-1", **how)


def retry(world: World, order: str) -> Any:
    return world.command(f"/orders/{order}/refunds/{order}R01/retry", {}, role="operator", who="op-1")


def payout(world: World, order: str, **how: Any) -> Any:
    path = f"/orders/{order}/refunds/{order}R01/payout"
    return world.send("POST", path, {"transfer": "TR-2026-1"}, role="operator", who="op-1", **how)


# --- made at the provider by hand ---


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_refund_by_hand_at_the_provider_leaves_less_to_give_back(world: World, provider: str) -> None:
    order, payment = paid_at(world, provider)

    world.at_provider(payment, "refund", amount=300)
    with nothing_happens(world):
        too_much = favour(world, order, PAYABLE - 299)
    rest = favour(world, order, PAYABLE - 300)
    passes(world, *TEN_MINUTES)

    assert refunds(world, order)[0] == ("succeeded", 300)
    assert world.order(order)["refunds"][0]["reason"] == "made_at_provider"
    assert problem_of(too_much, 422, "refund_too_large")["refundable"] == PAYABLE - 300
    assert rest.status == 201
    assert at_the_provider(world, payment)["refunded"] == PAYABLE
    assert world.order(order)["refunded"]["amount"] == PAYABLE
    assert world.accounts() == {}
    the_books_agree(world)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_refund_by_hand_settles_what_was_waiting_for_people(world: World, provider: str) -> None:
    order, payment = paid_at(world, provider)
    world.at_provider(payment, "refund-mode", mode="fail_for_good")
    world.cancel(order)
    passes(world, 60)

    world.at_provider(payment, "refund", amount=PAYABLE)
    passes(world, *TEN_MINUTES)

    assert refunds(world, order) == [("succeeded", PAYABLE)]
    assert at_the_provider(world, payment)["refunded"] == PAYABLE
    assert world.accounts() == {}
    the_books_agree(world)


def test_after_a_refund_by_hand_of_everything_a_cancellation_gives_nothing_more(world: World) -> None:
    order, payment = paid_at(world, "stripe")
    world.at_provider(payment, "refund", amount=PAYABLE)

    world.cancel(order)
    passes(world, *TEN_MINUTES)

    assert states(world, order)["SUB#01"] == "cancelled"
    assert at_the_provider(world, payment)["refunded"] == PAYABLE
    assert sum(amount for _, amount in refunds(world, order)) == PAYABLE
    assert world.accounts() == {}
    clearing_agrees(world)


# --- WeChat Pay's manners ---


def test_wechat_pay_is_asked_for_one_refund_a_minute_of_a_payment(world: World) -> None:
    order, _ = paid_at(world, "wechatpay")
    moments: list[int] = []
    statuses: list[int] = []

    def watch(call: Call, act: Callable[[], Any]) -> Any:
        answer = act()
        if call.operation == "POST" and str(call.request["url"]).endswith("/v3/refund/domestic/refunds"):
            moments.append(int(world.cloud.clock.now()))
            statuses.append(answer.status)
        return answer

    outside.around.append(watch)
    for amount in (100, 200, 300):
        assert favour(world, order, amount).status == 201
    passes(world, *[60] * 15)

    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert statuses == [200, 200, 200]  # It never has to tell us to be patient.
    assert min(gaps) >= 60
    assert sorted(refunds(world, order)) == [("succeeded", 100), ("succeeded", 200), ("succeeded", 300)]
    the_books_agree(world)


@pytest.mark.parametrize("provider", ["alipay", "wechatpay"])
def test_what_the_provider_refunds_no_more_after_a_year_needs_people(world: World, provider: str) -> None:
    order, payment = paid_at(world, provider)
    world.cloud.sweeper = False
    world.cloud.advance(366 * DAY)
    world.cloud.sweeper = True

    world.cancel(order)
    passes(world, 60)

    [refund] = world.order(order)["refunds"]
    assert (refund["state"], refund["failure"]["code"]) == ("needs_action", "too_late")
    assert at_the_provider(world, payment)["refunded"] == 0
    assert happened(world, "refund_failed") == 1


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_answer_that_got_lost_after_the_money_moved_is_not_a_second_refund(
    world: World, provider: str
) -> None:
    order, payment = paid_at(world, provider)
    world.desk(f"{provider}/faults", {"next": 2, "fault": "slow", "on": "refund"})

    favour(world, order, 700)
    passes(world, *TEN_MINUTES, 600)

    assert refunds(world, order) == [("succeeded", 700)]
    books = at_the_provider(world, payment)
    assert (books["refunded"], books["pending"]) == (700, 0)
    the_books_agree(world)
