"""Money on its way back through Alipay, WeChat Pay and Stripe: slow, refused, bounced, lost, at once, and by hand."""

from typing import Any

import pytest

from tests.functions.books import at_the_provider, refunds, the_books_agree
from tests.functions.notices import PROVIDERS
from tests.functions.racing import struck_before
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


# --- every way a refund can go ---


@pytest.mark.parametrize("mode", ["succeed", "pending", "answer_lost", "fail_once"])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_whatever_happens_on_the_way_the_money_goes_back_once(world: World, provider: str, mode: str) -> None:
    order, payment = paid_at(world, provider)
    world.at_provider(payment, "refund-mode", mode=mode)

    world.cancel(order)
    passes(world, *TEN_MINUTES, 3600, DAY, DAY)

    assert refunds(world, order) == [("succeeded", PAYABLE)]
    assert at_the_provider(world, payment)["refunded"] == PAYABLE
    assert world.order(order)["refunded"]["amount"] == PAYABLE
    assert world.order(order)["refunding"]["amount"] == 0
    assert world.accounts() == {}
    the_books_agree(world)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_refund_that_is_slow_is_not_called_refunded_before_it_is(world: World, provider: str) -> None:
    order, payment = paid_at(world, provider)
    world.at_provider(payment, "refund-mode", mode="pending")
    world.cancel(order)

    seen = world.order(order)
    world.cloud.advance(31)

    assert (seen["refunded"]["amount"], seen["refunding"]["amount"]) == (0, PAYABLE)
    assert seen["refunds"][0]["state"] in ("requested", "submitted")
    assert seen["refunds"][0]["expected_by"] is not None
    passes(world, *TEN_MINUTES, 600)
    assert world.order(order)["refunded"]["amount"] == PAYABLE
    the_books_agree(world)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_refund_whose_notice_got_lost_is_asked_about(world: World, provider: str) -> None:
    order, payment = paid_at(world, provider)
    world.at_provider(payment, "refund-mode", mode="pending")
    world.cancel(order)
    lost: list[str] = []

    def deaf(kind: str, name: str) -> None:
        if kind == "invoke" and "PaymentCallback" in name:
            lost.append(name)
            raise ConnectionError("nobody answers the provider")

    world.cloud.before.append(deaf)
    passes(world, 31, 600, 300)

    assert lost != []
    assert refunds(world, order) == [("succeeded", PAYABLE)]
    the_books_agree(world)


FAILURES = {("wechatpay", "pending_then_failed"): "account_closed"}  # ABNORMAL is all that it says.


@pytest.mark.parametrize("mode", ["fail_for_good", "pending_then_failed"])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_refund_that_fails_waits_for_people_and_goes_under_a_new_number(
    world: World, provider: str, mode: str
) -> None:
    order, payment = paid_at(world, provider)
    world.at_provider(payment, "refund-mode", mode=mode, reason="balance_short")
    world.cancel(order)
    passes(world, 31, *TEN_MINUTES, 600, DAY)  # Of a refund that fails later, Alipay says nothing for a day.
    [failed] = world.order(order)["refunds"]
    owed = world.accounts()
    world.at_provider(payment, "refund-mode", mode="succeed")

    retry(world, order)
    passes(world, *TEN_MINUTES)

    assert failed["state"] == "needs_action"
    assert failed["failure"]["code"] == FAILURES.get((provider, mode), "balance_short")
    assert failed["failure"]["next_steps"]
    assert owed == {f"clearing:{provider}": PAYABLE, "refund:<order>R01": -PAYABLE}
    assert refunds(world, order) == [("succeeded", PAYABLE)]
    assert at_the_provider(world, payment)["refunded"] == PAYABLE
    assert world.accounts() == {}
    the_books_agree(world)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_favour_that_cannot_be_given_stays_where_it_was(world: World, provider: str) -> None:
    order, payment = paid_at(world, provider)
    world.at_provider(payment, "refund-mode", mode="fail_for_good", reason="not_allowed")

    favour(world, order, 1000)
    passes(world, *TEN_MINUTES)
    world.at_provider(payment, "refund-mode", mode="succeed")
    again = favour(world, order, PAYABLE)
    passes(world, 400, 60)

    assert refunds(world, order)[0] == ("failed", 1000)
    assert again.status == 201  # Nothing of it is reserved any more.
    assert refunds(world, order)[1] == ("succeeded", PAYABLE)
    assert world.order(order)["refunded"]["amount"] == PAYABLE
    the_books_agree(world)


def test_a_refund_that_stripe_sends_back_a_day_later_is_owed_again(world: World) -> None:
    order, payment = paid_at(world, "stripe")
    world.at_provider(payment, "refund-mode", mode="bounce")
    world.cancel(order)
    passes(world, 60)
    first = refunds(world, order)

    passes(world, DAY, 60)

    assert first == [("succeeded", PAYABLE)]
    assert refunds(world, order) == [("needs_action", PAYABLE)]
    assert world.accounts() == {"clearing:stripe": PAYABLE, "refund:<order>R01": -PAYABLE}
    the_books_agree(world)


def test_a_refund_that_a_card_did_not_take_is_in_the_payers_balance_at_alipay(world: World) -> None:
    """Alipay sends it there by itself (deposit_back_info F): it stays refunded, and nobody is paid twice."""
    order, payment = paid_at(world, "alipay")
    world.at_provider(payment, "refund-mode", mode="bounce")
    world.cancel(order)

    passes(world, 600, DAY, DAY)

    assert refunds(world, order) == [("succeeded", PAYABLE)]
    assert at_the_provider(world, payment)["refunded"] == PAYABLE
    the_books_agree(world)


def test_a_refund_that_wechat_pay_gives_up_a_day_later_is_owed_still(world: World) -> None:
    order, payment = paid_at(world, "wechatpay")
    world.at_provider(payment, "refund-mode", mode="bounce")
    world.cancel(order)
    passes(world, 600, DAY, 600)

    assert refunds(world, order) == [("needs_action", PAYABLE)]
    assert world.order(order)["refunded"]["amount"] == 0
    the_books_agree(world)


# --- the other route ---


@pytest.mark.parametrize("provider", PROVIDERS)
def test_where_a_card_is_dead_an_operator_pays_by_bank_once(world: World, provider: str) -> None:
    order, payment = paid_at(world, provider)
    world.at_provider(payment, "refund-mode", mode="fail_for_good")
    world.cancel(order)
    passes(world, 60)
    world.at_provider(payment, "refund-mode", mode="succeed")

    first = payout(world, order)
    with nothing_happens(world):
        again = payout(world, order)
        retried = world.send(
            "POST", f"/orders/{order}/refunds/{order}R01/retry", {}, role="operator", who="op-1"
        )
    passes(world, *TEN_MINUTES, DAY)

    assert (first.status, first.json()["state"]) == (200, "succeeded")
    problem_of(again, 409, "transition_refused")
    problem_of(retried, 409, "transition_refused")
    assert at_the_provider(world, payment)["refunded"] == 0
    assert world.accounts() == {f"clearing:{provider}": PAYABLE, "bank": -PAYABLE}
    assert world.order(order)["refunded"]["amount"] == PAYABLE
    the_books_agree(world)


def test_what_waits_for_people_can_go_one_way_only(world: World) -> None:
    """While an operator pays by bank, another one tries again: one of them wins, the other is told."""
    order, payment = paid_at(world, "stripe")
    world.at_provider(payment, "refund-mode", mode="fail_for_good")
    world.cancel(order)
    world.at_provider(payment, "refund-mode", mode="succeed")

    with struck_before("refund_paid_otherwise", lambda: retry(world, order)):
        answer = payout(world, order)
    passes(world, *TEN_MINUTES)

    problem_of(answer, 409, "transition_refused")
    assert at_the_provider(world, payment)["refunded"] == PAYABLE
    assert "bank" not in world.accounts()
    the_books_agree(world)


# --- more than was paid ---


@pytest.mark.parametrize("provider", PROVIDERS)
def test_of_two_refunds_of_sixty_at_once_on_a_hundred_one_is_told_what_is_left(
    world: World, provider: str
) -> None:
    sixty = PAYABLE * 60 // 100
    order, payment = paid_at(world, provider)
    rivals: list[Any] = []

    with struck_before("refund_requested", lambda: rivals.append(favour(world, order, sixty))):
        answer = favour(world, order, sixty)
    passes(world, *TEN_MINUTES)

    assert [rival.status for rival in rivals] == [201]
    problem = problem_of(answer, 422, "refund_too_large")
    assert problem["refundable"] == PAYABLE - sixty
    assert at_the_provider(world, payment)["refunded"] == sixty
    the_books_agree(world)


def test_of_two_refunds_of_sixty_one_after_the_other_the_second_is_refused_and_asks_nobody(
    world: World,
) -> None:
    order, _ = paid_at(world, "stripe")
    sixty = PAYABLE * 60 // 100
    first = favour(world, order, sixty)

    with nothing_happens(world):
        second = favour(world, order, sixty)

    assert first.status == 201
    problem_of(second, 422, "refund_too_large")


def test_a_favour_and_a_cancellation_never_give_back_the_same_money(world: World) -> None:
    order, payment = paid_at(world, "stripe", {"TEA": 2})
    paid = 2 * 1999 + 800
    favour(world, order, 1000)

    world.cancel(order)
    passes(world, *TEN_MINUTES)

    assert sum(amount for _, amount in refunds(world, order)) == paid
    assert at_the_provider(world, payment)["refunded"] == paid
    assert world.accounts() == {}
    the_books_agree(world)


@pytest.mark.parametrize("who", ["support", "operator"])
def test_a_refund_of_one_part_is_taken_out_of_that_part_alone(world: World, who: str) -> None:
    order, _ = paid_at(world, "stripe", {"TEA": 1, "KITE": 1})
    path, body = f"/orders/{order}/refunds", {"amount": 1134, "reason": "late", "sub_order": 2}

    with nothing_happens(world):
        too_much = world.send("POST", path, body, role=who, who="s-1")
        nobody = world.send("POST", path, body | {"sub_order": 3}, role=who, who="s-1")
    given = world.send("POST", path, body | {"amount": 1133}, role=who, who="s-1")
    passes(world, 60)

    assert problem_of(too_much, 422, "refund_too_large")["refundable"] == 333 + 800
    problem_of(nobody, 404, "not_found")
    assert given.status == 201
    assert world.accounts() == {"clearing:stripe": 1999 + 800, "escrow:<order>-01": -(1999 + 800)}
    the_books_agree(world)


def test_nothing_is_given_back_of_what_was_never_paid(world: World) -> None:
    order = world.place(TEA)
    world.opens(order, "stripe")

    with nothing_happens(world):
        answer = favour(world, order, 1)

    assert problem_of(answer, 422, "refund_too_large")["refundable"] == 0
