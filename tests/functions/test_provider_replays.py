"""Notices that come a hundred times, under other numbers, in any order, or before anything: one effect each."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from typing import Any

import pytest

from shared.errors import Unavailable
from shared.outside import Call, outside
from tests.functions import forged_alipay, forged_stripe, forged_wechatpay
from tests.functions.books import happened, refunds, states, the_books_agree
from tests.functions.notices import (
    FAILURE,
    PROVIDERS,
    SUCCESS,
    document_of,
    held_back,
    last_notice,
    notice_of,
    sealed,
    told,
)
from tests.functions.provider import Message, what_is_told
from tests.functions.racing import taking_turns
from tests.functions.watching import nothing_happens
from tests.http_world import World

TEA, PAYABLE = {"TEA": 1}, 1999 + 800
THREADS = 10


def opened_at(world: World, provider: str) -> tuple[str, dict[str, Any]]:
    order = world.place(TEA)
    return order, world.opens(order, provider)


def post(world: World, message: Message) -> tuple[int, str, bytes]:
    return told(world.cloud.http("POST", message.path, message.headers, message.body))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_hundred_replays_have_one_effect(world: World, provider: str) -> None:
    order, payment = opened_at(world, provider)
    message = notice_of(world, payment)

    with what_is_told() as outcomes:
        first = post(world, message)
        before = world.everything()
        answers = {post(world, message) for _ in range(99)}

    assert (first, answers) == (SUCCESS[provider], {SUCCESS[provider]})
    assert outcomes == ["applied", *["duplicate"] * 99]
    assert world.everything() == before
    assert world.order(order)["paid"]["amount"] == PAYABLE
    the_books_agree(world)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_hundred_replays_in_ten_threads_have_one_effect(world: World, provider: str) -> None:
    order, payment = opened_at(world, provider)
    message = notice_of(world, payment)
    world.cloud.settles = False

    def replays(_thread: int) -> list[int]:
        answers = []
        for _ in range(100 // THREADS):
            with turn:
                answers.append(post(world, message)[0])
        return answers

    with taking_turns() as turn, ThreadPoolExecutor(THREADS) as threads:
        statuses = [status for answers in threads.map(replays, range(THREADS)) for status in answers]
    world.cloud.settles = True
    world.cloud.settle()

    assert set(statuses) <= {200, 503}  # Whoever lost a race too often is told to send it again.
    assert statuses.count(200) >= 90
    assert post(world, message) == SUCCESS[provider]
    assert happened(world, "payment_succeeded") == 1
    assert world.order(order)["paid"]["amount"] == PAYABLE
    the_books_agree(world)


UNDER_ANOTHER_NUMBER: dict[str, Callable[[Message], Message]] = {
    "alipay": forged_alipay.signed_anew(notify_id="2026112200222000000000000000000other"),
    "wechatpay": forged_wechatpay.signed_anew(
        raw=lambda m: json.dumps(document_of(m) | {"id": "EV-other"}).encode()
    ),
    "stripe": forged_stripe.event_with(id="evt_other"),
}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_same_payment_under_another_events_number_is_booked_once(world: World, provider: str) -> None:
    _, payment = opened_at(world, provider)
    message = notice_of(world, payment)
    post(world, message)
    other = UNDER_ANOTHER_NUMBER[provider](message)

    with nothing_happens(world), what_is_told() as outcomes:
        answer = post(world, other)

    assert other.body != message.body
    assert (answer, outcomes) == (SUCCESS[provider], ["duplicate"])


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_is_sent_again_an_hour_later_is_signed_afresh_and_booked_once(
    world: World, provider: str
) -> None:
    _, payment = opened_at(world, provider)
    world.at_provider(payment, "pay")
    world.cloud.advance(3600)

    with nothing_happens(world), what_is_told() as outcomes:
        world.desk(f"{provider}/resend", {"reference": payment["reference"]})

    assert outcomes == ["duplicate"]
    assert world.cloud.providers.deliveries.listed()["queued"] == []


@pytest.mark.parametrize(("provider", "status"), [("alipay", 200), ("wechatpay", 401), ("stripe", 401)])
def test_the_same_bytes_ten_minutes_later_are_refused_where_their_stamp_is_signed(
    world: World, provider: str, status: int
) -> None:
    _, payment = opened_at(world, provider)
    message = notice_of(world, payment)
    post(world, message)
    world.cloud.advance(600)

    with nothing_happens(world):
        answer = post(world, message)

    assert answer[0] == status  # Alipay signs no moment of sending: there it is a repeat like any other.


def test_a_trade_that_alipay_finishes_a_year_later_is_no_second_payment(world: World) -> None:
    order, payment = opened_at(world, "alipay")
    world.at_provider(payment, "pay")
    before = world.everything()

    with what_is_told() as outcomes:
        world.at_provider(payment, "finish")

    assert outcomes == ["duplicate"]
    assert world.everything() == before
    assert world.order(order)["paid"]["amount"] == PAYABLE


def test_an_alipay_notice_that_tells_of_a_refund_never_is_a_second_payment(world: World) -> None:
    """After a refund of a part, Alipay says TRADE_SUCCESS once more, with refund_fee."""
    order, payment = opened_at(world, "alipay")
    world.at_provider(payment, "pay")

    world.at_provider(payment, "refund", amount=500)
    world.at_provider(payment, "refund", amount=300)

    assert happened(world, "payment_succeeded") == 1
    assert refunds(world, order) == [("succeeded", 500), ("succeeded", 300)]
    assert world.order(order)["refunded"]["amount"] == 800
    the_books_agree(world)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_refund_that_is_told_before_its_payment_ends_the_same(world: World, provider: str) -> None:
    order, payment = opened_at(world, provider)
    with held_back() as letters:
        world.at_provider(payment, "pay")
        world.at_provider(payment, "refund", amount=500)
    paid, *refund = [sealed(world, letter) for letter in letters]  # Stripe tells twice of a refund.

    first = [post(world, message) for message in refund]
    post(world, paid)
    again = [post(world, message) for message in refund]
    world.cloud.advance(120)

    assert set(first) <= {SUCCESS[provider], (503, *FAILURE[provider])}
    assert set(again) == {SUCCESS[provider]}
    assert states(world, order)["ORDER"] == "paid"
    assert refunds(world, order) == [("succeeded", 500)]
    assert world.order(order)["refunded"]["amount"] == 500
    the_books_agree(world)


def favour(world: World, order: str, amount: int) -> None:
    world.command(f"/orders/{order}/refunds", {"amount": amount, "reason": "late"}, role="support", who="s-1")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_in_whatever_order_notices_come_they_end_the_same(world: World, provider: str) -> None:
    """Paid, a refund of ours that took its time, one by hand, and the payment once more."""
    order, payment = opened_at(world, provider)
    world.at_provider(payment, "pay")
    world.at_provider(payment, "refund-mode", mode="pending")
    favour(world, order, 500)
    with held_back() as letters:
        world.cloud.advance(31)
        world.at_provider(payment, "refund", amount=300)
    letters.append(world.cloud.providers.deliveries.last[provider, payment["reference"]])
    scene, endings = world.snapshot(), []

    for arrival in permutations(letters):
        world.begin_again(scene)
        untold = list(arrival)
        for letter in arrival * len(arrival):  # What is not taken is sent again.
            if letter in untold and post(world, sealed(world, letter)) == SUCCESS[provider]:
                untold.remove(letter)
        assert untold == []
        world.cloud.advance(120)
        endings.append(world.ending())

    assert [ending for ending in endings if ending != endings[0]] == []
    assert sorted(refunds(world, order)) == [("succeeded", 300), ("succeeded", 500)]
    assert [row for row in world.rows() if row["sk"] == "PARKED"] == []
    the_books_agree(world)


def acting_in(
    operation: str, url: str, act: Callable[[], object]
) -> Callable[[Call, Callable[[], Any]], Any]:
    """*act* happens when the provider has carried the call out, and before its answer arrives."""
    done: list[str] = []

    def strike(call: Call, carry_out: Callable[[], Any]) -> Any:
        answer = carry_out()
        if call.operation == operation and url in str(call.request.get("url")) and not done:
            done.append(operation)
            act()
        return answer

    return strike


@pytest.mark.parametrize(
    ("provider", "url"),
    [("wechatpay", "/v3/pay/transactions/native"), ("stripe", "/v1/payment_intents")],
)
def test_a_webhook_inside_the_call_that_opens_the_page_pays_once(
    world: World, provider: str, url: str
) -> None:
    order = world.place(TEA)
    payment = {"provider": provider, "reference": f"{order}01"}
    outside.around.append(acting_in("POST", url, lambda: world.at_provider(payment, "pay")))

    started = world.start(order, provider=provider)

    assert started["reference"] == payment["reference"]
    assert states(world, order)["PAY#01"] == "succeeded"
    assert world.order(order)["state"] == "awaiting_shipment"
    assert happened(world, "payment_succeeded") == 1
    assert started["transaction_id"] in (None, world.order(order)["payments"][0]["transaction_id"])
    the_books_agree(world)


@pytest.mark.parametrize("provider", ["wechatpay", "stripe"])
def test_a_webhook_that_overtakes_the_answer_by_the_providers_own_doing_pays_once(
    world: World, provider: str
) -> None:
    order = world.place(TEA)
    world.desk(f"{provider}/faults", {"next": 1, "fault": "notice_first", "on": "create"})
    payment = world.opens(order, provider)

    world.at_provider(payment, "pay")

    assert happened(world, "payment_succeeded") == 1
    the_books_agree(world)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_webhook_before_anything_is_kept_and_pays_once_its_try_exists(world: World, provider: str) -> None:
    order = world.place(TEA)
    payment = {"provider": provider, "reference": f"{order}01"}
    early = notice_of(world, payment, amount=PAYABLE)

    answer = post(world, early)
    world.send("POST", f"/orders/{order}/payments", {"provider": provider})
    world.cloud.advance(120)
    later = post(world, last_notice(world, payment))

    assert answer == (503, *FAILURE[provider])
    assert later == SUCCESS[provider]
    assert happened(world, "payment_succeeded") == 1
    assert world.order(order)["paid"]["amount"] == PAYABLE
    assert [row for row in world.rows() if row["sk"] == "PARKED"] == []
    the_books_agree(world)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_could_not_be_stored_is_asked_for_again_and_booked_then(world: World, provider: str) -> None:
    order, payment = opened_at(world, provider)
    message = notice_of(world, payment)

    def busy(call: Call, act: Callable[[], Any]) -> Any:
        if call.operation == "transact_write_items":
            raise Unavailable("dynamodb is busy")
        return act()

    outside.around.append(busy)
    with nothing_happens(world):
        answer = post(world, message)
    outside.around.remove(busy)

    assert answer == (503, *FAILURE[provider])
    assert post(world, message) == SUCCESS[provider]
    assert world.order(order)["state"] == "awaiting_shipment"
