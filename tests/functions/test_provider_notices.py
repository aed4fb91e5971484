"""Authentic notices of Alipay, WeChat Pay and Stripe: what fits pays; what does not is booked, and pays for nothing."""

import json
from typing import Any

import pytest

from tests.functions.books import happened, refunds, states, the_books_agree
from tests.functions.notices import FAILURE, PROVIDERS, SUCCESS, notice_of, told
from tests.functions.provider import Message, what_is_told
from tests.functions.vendors import NOTICES
from tests.functions.watching import nothing_happens
from tests.http_world import World

TEA, PAYABLE = {"TEA": 1}, 1999 + 800
UNPAID = {"ORDER": "pending_payment", "SUB#01": "awaiting_payment", "PAY#01": "open"}


def post(world: World, message: Message) -> tuple[tuple[int, str, bytes], str]:
    """The answer to a message, and what became of it."""
    with what_is_told() as outcomes:
        answer = told(world.cloud.http("POST", message.path, message.headers, message.body))
    return answer, outcomes[0]  # Others are of what followed from it.


def opened_at(world: World, provider: str) -> tuple[str, dict[str, Any]]:
    order = world.place(TEA)
    return order, world.opens(order, provider)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_the_vendors_own_library_signs_pays(world: World, provider: str) -> None:
    order, payment = opened_at(world, provider)

    answer, outcome = post(world, NOTICES[provider](world, payment))

    assert (answer, outcome) == (SUCCESS[provider], "applied")
    assert world.order(order)["state"] == "awaiting_shipment"
    assert world.order(order)["paid"]["amount"] == PAYABLE
    assert world.accounts() == {f"clearing:{provider}": PAYABLE, "escrow:<order>-01": -PAYABLE}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_the_provider_sends_pays(world: World, provider: str) -> None:
    order, payment = opened_at(world, provider)

    world.at_provider(payment, "pay")

    [paid] = world.order(order)["payments"]
    assert (paid["state"], paid["provider"], paid["reference"]) == ("succeeded", provider, f"{order}01")
    assert (
        paid["transaction_id"]
        == world.cloud.providers.books(provider)["references"][f"{order}01"]["transactions"][0]
    )
    the_books_agree(world)


@pytest.mark.parametrize(
    ("provider", "is_encoded"), [("alipay", True), ("wechatpay", False), ("stripe", False)]
)
def test_it_is_read_as_api_gateway_hands_it_on_forms_in_base64(
    world: World, provider: str, is_encoded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, payment = opened_at(world, provider)
    events: list[dict[str, Any]] = []
    invoke = world.cloud.runtime.invoke

    def seen(name_or_arn: str, payload: bytes) -> Any:
        events.append(json.loads(payload))
        return invoke(name_or_arn, payload)

    monkeypatch.setattr(world.cloud.runtime, "invoke", seen)
    world.at_provider(payment, "pay")

    [event] = [e for e in events if e.get("routeKey") == "POST /webhooks/payments/{provider}"]
    assert event["isBase64Encoded"] is is_encoded
    assert world.order(order)["state"] == "awaiting_shipment"


@pytest.mark.parametrize("key", ["certificate", "public_key"])
def test_in_the_switch_over_wechat_pay_signs_with_either_key(world: World, key: str) -> None:
    order, payment = opened_at(world, "wechatpay")
    world.desk("wechatpay/signs-with", {"key": key})

    world.at_provider(payment, "pay")

    assert world.order(order)["state"] == "awaiting_shipment"


@pytest.mark.parametrize("provider", ["alipay", "wechatpay"])
def test_a_payer_with_the_providers_own_coupon_pays_less_and_the_order_is_paid(
    world: World, provider: str
) -> None:
    order, payment = opened_at(world, provider)

    world.at_provider(payment, "pay", payer_total=PAYABLE - 500)

    assert world.order(order)["paid"]["amount"] == PAYABLE
    assert world.order(order)["state"] == "awaiting_shipment"
    the_books_agree(world)


def test_a_trade_that_alipay_finishes_at_once_is_paid(world: World) -> None:
    order, payment = opened_at(world, "alipay")

    world.at_provider(payment, "pay", finished=True)

    assert world.order(order)["state"] == "awaiting_shipment"
    the_books_agree(world)


@pytest.mark.parametrize("difference", [-1, 1])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_one_fen_less_or_more_never_pays_and_goes_back(world: World, provider: str, difference: int) -> None:
    order, payment = opened_at(world, provider)

    answer, outcome = post(world, notice_of(world, payment, amount=PAYABLE + difference))
    unmoved = {name: state for name, state in states(world, order).items() if name in UNPAID}
    world.cloud.advance(60)

    assert (answer, outcome) == (SUCCESS[provider], "applied")
    assert unmoved == UNPAID
    assert refunds(world, order) == [("succeeded", PAYABLE + difference)]
    assert world.order(order)["state"] == "pending_payment"
    assert world.accounts() == {}
    the_books_agree(world)


@pytest.mark.parametrize(("provider", "currency"), [("wechatpay", "USD"), ("stripe", "EUR")])
def test_another_currency_never_pays_and_is_kept_for_people(
    world: World, provider: str, currency: str
) -> None:
    order, payment = opened_at(world, provider)

    answer, outcome = post(world, notice_of(world, payment, currency=currency))

    assert (answer, outcome) == (SUCCESS[provider], "quarantined")
    assert states(world, order) == UNPAID
    assert world.accounts() == {f"clearing:{provider}": PAYABLE, "quarantine:<order>": -PAYABLE}
    the_books_agree(world)


ELSEWHERE = [
    ("alipay", {"app_id": "2021000100000002"}),
    ("alipay", {"seller_id": "2088000100000002"}),
    ("wechatpay", {"app_id": "wx0000000000000002"}),
    ("wechatpay", {"mchid": "1600000002"}),
    ("stripe", {"account": "acct_1StrangersAccount"}),
]


@pytest.mark.parametrize(("provider", "wrong"), ELSEWHERE, ids=[f"{p} {next(iter(w))}" for p, w in ELSEWHERE])
def test_another_account_never_pays_and_is_kept_for_people(
    world: World, provider: str, wrong: dict[str, Any]
) -> None:
    order, payment = opened_at(world, provider)

    message = notice_of(world, payment, **wrong)
    first, again = post(world, message), post(world, message)

    assert first == (SUCCESS[provider], "quarantined")
    assert again == (SUCCESS[provider], "duplicate")
    assert states(world, order) == UNPAID
    assert world.accounts() == {f"elsewhere:{provider}": PAYABLE, "quarantine:<order>": -PAYABLE}
    the_books_agree(world)  # That money is not with our account at all.


@pytest.mark.parametrize(("provider", "wrong"), ELSEWHERE, ids=[f"{p} {next(iter(w))}" for p, w in ELSEWHERE])
def test_after_money_that_went_elsewhere_the_order_can_still_be_paid(
    world: World, provider: str, wrong: dict[str, Any]
) -> None:
    order, payment = opened_at(world, provider)
    world.at_provider(payment, "pay", **wrong)

    world.at_provider(payment, "pay")

    assert world.order(order)["state"] == "awaiting_shipment"
    the_books_agree(world)


def test_test_money_is_no_money(world: World) -> None:
    order, payment = opened_at(world, "stripe")
    genuine = notice_of(world, payment, livemode=False)
    assert genuine.body.count(b'"livemode":false') == 2  # The event, and its PaymentIntent.

    with nothing_happens(world) as calls:
        answer, outcome = post(world, genuine)

    assert (answer, outcome) == ((401, *FAILURE["stripe"]), "refused")
    assert calls == []
    assert states(world, order) == UNPAID


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_number_that_we_never_gave_is_kept_and_asked_for_again(world: World, provider: str) -> None:
    opened_at(world, provider)
    stranger = {"provider": provider, "reference": f"{'0' * 26}01"}
    before = set(world.everything())

    answer, outcome = post(world, notice_of(world, stranger, amount=500))

    [kept] = set(world.everything()) - before
    assert (answer, outcome) == ((503, *FAILURE[provider]), "parked")
    assert f"PARKED#{provider}#paid#" in kept


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_nobody_knows_for_a_day_is_booked_for_people_and_then_acknowledged(
    world: World, provider: str
) -> None:
    stranger = {"provider": provider, "reference": f"{'0' * 26}01"}
    world.at_provider(stranger, "pay", amount=500)

    world.cloud.advance(86_400 - 120)
    waiting = happened_to_strangers(world)
    for seconds in (60, 60, 60, 7200):  # Each of them polls once, at its end.
        world.cloud.advance(seconds)

    assert waiting == {}
    assert happened_to_strangers(world) == {f"clearing:{provider}": 500, "quarantine": -500}
    the_books_agree(world)
    assert world.cloud.providers.deliveries.given_up == []  # It was acknowledged, at last.


def happened_to_strangers(world: World) -> dict[str, int]:
    """The accounts that hold money which nobody knows. What a bill tells of fees is another story."""
    sums: dict[str, int] = {}
    for voucher in (each for each in world.vouchers() if not each["pk"].startswith("BILL#")):
        for account, amount in voucher["entries"]:
            name = account.partition(":")[0] if account.startswith("quarantine:") else account
            sums[name] = sums.get(name, 0) + int(amount)
    return sums


@pytest.mark.parametrize("reason", ["insufficient_funds", "expired_card", "stolen_card", "no_such_code"])
def test_why_a_card_was_refused_is_told_in_our_words_and_the_order_stays_payable(
    world: World, reason: str
) -> None:
    order, payment = opened_at(world, "stripe")

    world.at_provider(payment, "pay", outcome="failed", reason=reason)
    failed = world.order(order)["payments"][0]
    world.at_provider(payment, "pay")

    assert failed["state"] == "failed"
    assert (
        failed["failure"]["code"]
        == {
            "insufficient_funds": "insufficient_balance",
            "expired_card": "card_expired",
            "stolen_card": "card_declined",
            "no_such_code": "card_declined",
        }[reason]
    )
    assert failed["failure"]["reason"].strip()
    assert failed["failure"]["next_steps"]
    assert reason not in str(failed) or reason == failed["failure"]["code"]
    assert world.order(order)["state"] == "awaiting_shipment"
    assert happened(world, "payment_failed") == 1
