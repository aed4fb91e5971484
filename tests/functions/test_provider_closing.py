"""Pages that are closed, or forgotten; money that comes late; tries that take each other's place.

Stock goes back only when the provider has said that nothing more can be paid. No money is ever dropped or kept.
"""

from itertools import permutations
from typing import Any

import pytest

from shared.outside import Call, outside
from tests.functions.books import at_the_provider, happened, refunds, states, the_books_agree
from tests.functions.notices import PROVIDERS
from tests.http_world import DAY, World
from tests.sweep.faults import answer_lost, crash_after, crash_before

TEA, PAYABLE = {"TEA": 1}, 1999 + 800
MINUTES = 30 * 60
LATE = {"even_if_closed": True}


def opened_at(world: World, provider: str) -> tuple[str, dict[str, Any]]:
    order = world.place(TEA)
    return order, world.opens(order, provider)


def reserved(world: World) -> int:
    return sum(level["reserved"] for level in world.stock("TEA").values())


def passes(world: World, *seconds: int) -> None:
    """Time passes, in steps: providers are asked at the end of each."""
    for step in seconds:
        world.cloud.advance(step)


# --- lost messages ---


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_payment_whose_notice_got_lost_is_found_within_five_minutes(world: World, provider: str) -> None:
    order, payment = opened_at(world, provider)
    world.at_provider(payment, "pay", deliver="never")

    before = states(world, order)["ORDER"]
    world.cloud.advance(300)

    assert before == "pending_payment"
    assert states(world, order)["ORDER"] == "paid"
    assert world.order(order)["payments"][0]["state"] == "succeeded"
    the_books_agree(world)


@pytest.mark.parametrize("fault", ["timeout", "slow", "500", "garbled", "unsigned"])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_question_that_is_not_answered_is_asked_again(world: World, provider: str, fault: str) -> None:
    if (provider, fault) == ("stripe", "unsigned"):
        pytest.skip("Stripe signs no answers")
    order, payment = opened_at(world, provider)
    world.at_provider(payment, "pay", deliver="never")
    world.desk(f"{provider}/faults", {"next": 1, "fault": fault, "on": "query"})

    world.cloud.advance(300)
    between = states(world, order)["ORDER"]
    world.cloud.advance(300)

    assert between == "pending_payment"
    assert states(world, order)["ORDER"] == "paid"
    the_books_agree(world)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_page_that_nobody_pays_is_asked_about_and_nothing_happens(world: World, provider: str) -> None:
    order, _ = opened_at(world, provider)
    before = states(world, order)

    passes(world, *[300] * 5)

    assert states(world, order) == before
    assert reserved(world) == 1


# --- money that comes too late ---


@pytest.mark.parametrize("provider", PROVIDERS)
def test_money_after_the_time_ran_out_goes_back_by_itself(world: World, provider: str) -> None:
    order, payment = opened_at(world, provider)
    world.cloud.advance(MINUTES + 1)
    closed = states(world, order)

    world.at_provider(payment, "pay", deliver="twice", **LATE)
    passes(world, *[400] * 2)

    assert closed == {"ORDER": "cancelled", "SUB#01": "cancelled", "PAY#01": "closed"}
    assert states(world, order)["ORDER"] == "cancelled"
    assert refunds(world, order) == [("succeeded", PAYABLE)]
    assert at_the_provider(world, payment)["refunded"] == PAYABLE
    assert world.accounts() == {}
    assert reserved(world) == 0
    the_books_agree(world)


def test_each_payment_after_the_time_ran_out_goes_back_the_way_it_came(world: World) -> None:
    """Alipay and WeChat Pay take one payment under a number; Stripe may have two PaymentIntents."""
    order, payment = opened_at(world, "stripe")
    world.cloud.advance(MINUTES + 1)

    world.at_provider(payment, "pay", **LATE)
    world.at_provider(payment, "pay", again=True)
    passes(world, *[400] * 2)

    assert refunds(world, order) == [("succeeded", PAYABLE)] * 2
    assert at_the_provider(world, payment)["refunded"] == 2 * PAYABLE
    assert states(world, order)["ORDER"] == "cancelled"
    the_books_agree(world)


@pytest.mark.parametrize("fault", [crash_before, crash_after, answer_lost], ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_between_the_booking_and_the_refund_a_process_may_die(
    world: World, provider: str, fault: Any
) -> None:
    order, payment = opened_at(world, provider)
    world.cloud.advance(MINUTES + 1)
    struck: list[str] = []

    def strike(call: Call, act: Any) -> Any:
        if call.service == "http" and not struck:
            struck.append(call.operation)
            return fault(call, act)
        return act()

    outside.around.append(strike)
    world.at_provider(payment, "pay", **LATE)
    passes(world, *[400] * 2)

    assert struck == ["POST"]
    assert refunds(world, order) == [("succeeded", PAYABLE)]
    assert at_the_provider(world, payment)["refunded"] == PAYABLE  # Once, under one number.
    assert states(world, order)["ORDER"] == "cancelled"
    the_books_agree(world)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_money_on_a_closed_page_of_which_nobody_tells_is_found_a_day_later(
    world: World, provider: str
) -> None:
    order, payment = opened_at(world, provider)
    world.cloud.advance(MINUTES + 1)
    world.at_provider(payment, "pay", deliver="never", **LATE)

    world.cloud.advance(3600)
    unknown = refunds(world, order)
    passes(world, DAY, 400, 400)

    assert unknown == []
    assert refunds(world, order) == [("succeeded", PAYABLE)]
    assert states(world, order)["ORDER"] == "cancelled"
    the_books_agree(world)


# --- silence ---


@pytest.mark.parametrize("provider", PROVIDERS)
def test_while_the_provider_is_silent_the_order_waits_and_its_goods_stay(world: World, provider: str) -> None:
    order, payment = opened_at(world, provider)
    world.desk(f"{provider}/faults", {"next": 1000, "fault": "timeout"})
    world.cancel(order)

    passes(world, 200, 200)
    waiting = (states(world, order)["ORDER"], reserved(world))
    world.desk(f"{provider}/faults", {"next": 0})
    passes(world, 600)

    assert waiting == ("closing", 1)
    assert (states(world, order)["ORDER"], reserved(world)) == ("cancelled", 0)
    assert at_the_provider(world, payment)["closed"] is True


# --- the second try ---


@pytest.mark.parametrize(("first", "second"), list(permutations(PROVIDERS, 2)))
def test_a_try_at_another_provider_closes_the_first_and_late_money_there_goes_back(
    world: World, first: str, second: str
) -> None:
    order, old = opened_at(world, first)

    new = world.opens(order, second)
    closed = (states(world, order)["PAY#01"], at_the_provider(world, old)["closed"])
    world.at_provider(new, "pay")
    world.at_provider(old, "pay", deliver="never", **LATE)
    passes(world, DAY, 400, 400)

    assert closed == ("closed", True)
    assert [p["state"] for p in world.order(order)["payments"]] == ["closed", "succeeded"]
    assert refunds(world, order) == [("succeeded", PAYABLE)]
    assert at_the_provider(world, old)["refunded"] == PAYABLE
    assert world.order(order)["paid"]["amount"] == PAYABLE
    assert states(world, order)["ORDER"] == "paid"
    the_books_agree(world)


@pytest.mark.parametrize(("first", "second"), list(permutations(PROVIDERS, 2)))
def test_a_try_at_another_provider_that_finds_the_first_paid_opens_nothing(
    world: World, first: str, second: str
) -> None:
    order, old = opened_at(world, first)
    world.at_provider(old, "pay", deliver="never")

    answer = world.send("POST", f"/orders/{order}/payments", {"provider": second})

    assert answer.status == 409
    assert states(world, order)["PAY#01"] == "succeeded"
    assert "PAY#02" not in states(world, order)
    assert world.cloud.providers.books(second)["references"] == {}
    the_books_agree(world)


@pytest.mark.parametrize("fault", ["timeout", "500"])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_when_the_first_page_cannot_be_closed_no_second_one_opens(
    world: World, provider: str, fault: str
) -> None:
    order, old = opened_at(world, provider)
    path, body = f"/orders/{order}/payments", {"provider": "sandbox"}
    world.desk(f"{provider}/faults", {"next": 1, "fault": fault, "on": "close"})

    refused = world.send("POST", path, body, key="second")
    between = states(world, order)
    again = world.send("POST", path, body, key="second")

    assert refused.status == 503
    assert (between["PAY#01"], "PAY#02" in between) == ("open", False)
    assert (again.status, again.json()["reference"]) == (201, f"{order}02")
    assert states(world, order)["PAY#01"] == "closed"
    assert at_the_provider(world, old)["closed"] is True


def test_a_page_of_alipay_that_is_first_looked_at_when_it_is_closed_costs_nobody_anything(
    world: World,
) -> None:
    """Until the buyer looks, Alipay knows no trade that it could close; her money comes back."""
    order = world.place(TEA)
    unseen = world.start(order, provider="alipay")
    paid = world.opens(order, "wechatpay")
    world.at_provider(paid, "pay")

    page = world.cloud.http("GET", unseen["pay_with"]["value"].removeprefix(world.cloud.url))
    world.at_provider(unseen, "pay")
    passes(world, 400)

    assert page.status == 200
    assert states(world, order)["ORDER"] == "paid"
    assert refunds(world, order) == [("succeeded", PAYABLE)]
    the_books_agree(world)


def test_a_page_of_alipay_ends_with_the_order_even_if_nobody_ever_looks(world: World) -> None:
    order = world.place(TEA)
    unseen = world.start(order, provider="alipay")
    world.cloud.advance(MINUTES + 1)

    page = world.cloud.http("GET", unseen["pay_with"]["value"].removeprefix(world.cloud.url))

    assert states(world, order) == {"ORDER": "cancelled", "SUB#01": "cancelled", "PAY#01": "closed"}
    assert page.status == 400  # Its time was told to Alipay when it was made.


@pytest.mark.parametrize("provider", ["wechatpay", "stripe"])
def test_a_provider_that_will_not_open_a_page_is_said_to_and_another_may_be_tried(
    world: World, provider: str
) -> None:
    order = world.place(TEA)
    world.desk(f"{provider}/faults", {"next": 1, "fault": "500", "on": "create"})

    first = world.send("POST", f"/orders/{order}/payments", {"provider": provider}, key="key")
    again = world.send("POST", f"/orders/{order}/payments", {"provider": provider}, key="key")

    assert first.status == 503
    assert first.json()["code"] == "unavailable"
    if again.status == 201:
        assert again.json()["reference"] == f"{order}01"
    world.opens(order, "alipay")
    assert states(world, order)["ORDER"] == "pending_payment"
    assert happened(world, "payment_started") == 2
