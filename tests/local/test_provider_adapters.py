"""The product's adapters and the simulated providers, written apart, understand each other.

Every call goes through ``outside.http`` into the cloud, every webhook into the adapter's own verification.
"""

from dataclasses import replace

import pytest

from local.providers import secret_json
from shared.errors import SignatureInvalid, Unavailable
from shared.lifecycle import PaymentState, RefundState
from shared.model import Payment, Refund, RefundPart
from shared.money import Money
from shared.outside import outside
from shared.payment.facts import PaymentFact, PaymentKind, RefundFact, RefundOutcome
from shared.payment.keys import read_keyring
from shared.payment.port import Told
from shared.payment.providers.alipay import Alipay
from shared.payment.providers.stripe import Stripe
from shared.payment.providers.wechatpay import WechatPay
from tests.local import small
from tests.local.provider_clients import body_of, books, desk
from tests.local.stand_ins import ACT, CALLS

PROVIDERS = ("alipay", "wechatpay", "stripe")
REF = "01J0000000000000000000000P01"
NUMBER = "01J00000000000000000000000R01"
CNY_88 = Money(8_800, "CNY")


@pytest.fixture
def adapters(cloud):
    """The three adapters, and webhooks answered as each of them answers what is verified."""
    cloud.sweeper = False
    ring, url = read_keyring([secret_json()]), cloud.url
    assert ring.alipay
    assert ring.wechatpay
    assert ring.stripe
    found = {
        "alipay": Alipay(ring.alipay, f"{url}/_alipay/gateway.do", f"{url}/webhooks/payments/alipay"),
        "wechatpay": WechatPay(ring.wechatpay, f"{url}/_wechatpay", f"{url}/webhooks/payments/wechatpay"),
        "stripe": Stripe(ring.stripe, f"{url}/_stripe"),
    }

    def answer(event):
        adapter = found[event["rawPath"].rpartition("/")[2]]
        adapter.interpret(verified(adapter, event, cloud))
        reply = adapter.acknowledge(Told.APPLIED)
        return {"statusCode": reply.status, "body": reply.body}

    ACT["api"] = answer
    return found


def verified(adapter, event, cloud):
    return adapter.verify(list(event["headers"].items()), body_of(event), int(cloud.clock.now()))


def told_facts(adapter, cloud):
    """What the webhooks said, each once more verified at the moment of the last."""
    return [fact for event in CALLS["api"] for fact in adapter.interpret(verified(adapter, event, cloud))]


def opened(cloud, adapter):
    payment = Payment(
        number=1,
        provider=adapter.name,
        reference=REF,
        amount_minor=8_800,
        currency="CNY",
        state=PaymentState.OPEN,
        started_at=small.START,
        expires_at=small.START + 1_800,
    )
    pay_with = adapter.create(outside, payment, now=small.START)
    if adapter.name == "alipay":
        assert cloud.http("GET", pay_with.value.removeprefix(cloud.url)).status == 200
    return replace(payment, transaction_id=pay_with.transaction_id or None)


def paid(cloud, adapter):
    payment = opened(cloud, adapter)
    told = desk(cloud, f"/{adapter.name}/payments/{REF}/pay", {}).json()
    return replace(payment, transaction_id=told["transaction_id"], captured_minor=8_800, paid_at=small.START)


def refund_of(payment, amount=3_000):
    return Refund(
        number=1,
        refund_id=NUMBER,
        payment=1,
        transaction_id=payment.transaction_id,
        amount_minor=amount,
        currency="CNY",
        reason="changed_mind",
        state=RefundState.REQUESTED,
        requested_at=small.START,
        parts=(RefundPart(sub_order=1, goods_minor=amount, freight_minor=0),),
    )


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_payment_is_understood_when_it_is_told_asked_for_and_closed(cloud, adapters, name):
    adapter = adapters[name]
    payment = opened(cloud, adapter)
    assert adapter.query(outside, payment, now=small.START) is None

    payment = paid(cloud, adapter)
    asked = adapter.query(outside, payment, now=small.START)
    closed = adapter.close(outside, payment, now=small.START)

    [told] = told_facts(adapter, cloud)
    for fact in (told, asked, closed):
        assert isinstance(fact, PaymentFact)
        assert (fact.kind, fact.money, fact.reference) == (PaymentKind.PAID, CNY_88, REF)
        assert (fact.transaction_id, fact.is_our_account) == (payment.transaction_id, True)


@pytest.mark.parametrize("name", PROVIDERS)
def test_what_is_closed_cannot_be_paid_and_closing_again_changes_nothing(cloud, adapters, name):
    adapter = adapters[name]
    payment = opened(cloud, adapter)

    answers = [adapter.close(outside, payment, now=small.START) for _ in range(2)]

    assert answers == [None, None]
    assert desk(cloud, f"/{name}/payments/{REF}/pay", {}).json()["error"] == "closed"
    asked = adapter.query(outside, payment, now=small.START)
    assert asked is not None
    assert asked.kind is PaymentKind.CLOSED


@pytest.mark.parametrize(
    ("name", "mode", "first", "in_the_end"),
    [
        ("alipay", "succeed", "succeeded", "succeeded"),
        ("alipay", "pending", "pending", "succeeded"),
        ("alipay", "pending_then_failed", "pending", "failed not_allowed"),
        ("alipay", "fail_for_good", "failed not_allowed", "failed not_allowed"),
        ("alipay", "answer_lost", "unavailable", "succeeded"),
        ("alipay", "fail_once", "unavailable", "succeeded"),
        ("wechatpay", "succeed", "pending", "succeeded"),
        ("wechatpay", "pending", "pending", "succeeded"),
        ("wechatpay", "pending_then_failed", "pending", "failed not_allowed"),
        ("wechatpay", "answer_lost", "unavailable", "succeeded"),
        ("wechatpay", "fail_once", "unavailable", "pending"),
        ("stripe", "succeed", "succeeded", "succeeded"),
        ("stripe", "pending", "pending", "succeeded"),
        ("stripe", "fail_for_good", "failed not_allowed", "failed not_allowed"),
        ("stripe", "pending_then_failed", "pending", "failed not_allowed"),
        ("stripe", "answer_lost", "succeeded", "succeeded"),  # It looks into the list at once.
        ("stripe", "fail_once", "unavailable", "unavailable"),  # For a day, under the same key.
    ],
)
def test_a_refund_is_understood_however_it_goes(cloud, adapters, name, mode, first, in_the_end):
    adapter = adapters[name]
    payment = paid(cloud, adapter)
    desk(cloud, f"/{name}/payments/{REF}/refund-mode", {"mode": mode, "reason": "not_allowed"})
    refund = refund_of(payment)

    at_once = outcome(lambda: adapter.refund(outside, payment, refund, now=small.START))
    cloud.advance(90)
    later = int(cloud.clock.now())
    known = adapter.query_refund(outside, payment, refund, now=later)
    at_last = outcome(lambda: known or adapter.refund(outside, payment, refund, now=later))

    assert (at_once, at_last) == (first, in_the_end)
    refunded = books(cloud, name)["totals"]["CNY"]["refunded"]
    assert refunded == (3_000 if in_the_end == "succeeded" else 0)


@pytest.mark.parametrize(
    ("name", "reason", "told"),
    [
        ("alipay", "account_closed", "failed account_closed"),
        ("alipay", "balance_short", "failed balance_short"),
        ("wechatpay", "account_closed", "failed account_closed"),
        ("wechatpay", "balance_short", "failed balance_short"),
        ("wechatpay", "not_allowed", "failed amount_refused"),  # INVALID_REQUEST: one code for both.
        ("stripe", "account_closed", "failed not_allowed"),  # It says charge_disputed.
        ("stripe", "balance_short", "failed balance_short"),
    ],
)
def test_why_a_refund_fails_is_understood(cloud, adapters, name, reason, told):
    adapter = adapters[name]
    payment = paid(cloud, adapter)
    desk(cloud, f"/{name}/payments/{REF}/refund-mode", {"mode": "fail_for_good", "reason": reason})

    assert outcome(lambda: adapter.refund(outside, payment, refund_of(payment), now=small.START)) == told
    assert books(cloud, name)["totals"]["CNY"]["refunded"] == 0


@pytest.mark.parametrize(
    ("name", "first", "a_day_later"),
    [
        ("alipay", "succeeded", "succeeded"),  # The payer's balance at Alipay has what the card did not take.
        ("wechatpay", "pending", "failed account_closed"),
        ("stripe", "succeeded", "failed account_closed"),
    ],
)
def test_a_refund_that_the_payer_s_bank_sends_back_is_understood(cloud, adapters, name, first, a_day_later):
    adapter = adapters[name]
    payment = paid(cloud, adapter)
    desk(cloud, f"/{name}/payments/{REF}/refund-mode", {"mode": "bounce"})
    refund = refund_of(payment)

    at_once = outcome(lambda: adapter.refund(outside, payment, refund, now=small.START))
    cloud.advance(86_400 + 60)
    later = int(cloud.clock.now())
    known = [outcome(lambda: adapter.query_refund(outside, payment, refund, now=later)) for _ in range(2)]

    assert (at_once, known) == (first, [a_day_later, a_day_later])
    assert books(cloud, name)["totals"]["CNY"]["refunded"] == (3_000 if a_day_later == "succeeded" else 0)


@pytest.mark.parametrize("name", PROVIDERS)
def test_money_that_paid_for_nothing_goes_back_whole(cloud, adapters, name):
    adapter = adapters[name]
    payment = paid(cloud, adapter)
    refund = replace(refund_of(payment, 8_800), parts=())

    adapter.refund(outside, payment, refund, now=small.START)
    cloud.advance(30)
    fact = adapter.query_refund(outside, payment, refund, now=int(cloud.clock.now()))

    assert (fact.outcome, fact.money) == (RefundOutcome.SUCCEEDED, CNY_88)
    assert books(cloud, name)["totals"]["CNY"]["refunded"] == 8_800


def outcome(ask):
    try:
        fact = ask()
    except Unavailable:
        return "unavailable"
    assert (fact.number, fact.money) == (NUMBER, Money(3_000, "CNY"))
    return f"{fact.outcome} {fact.failure}".strip()


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_refund_is_told_under_our_number(cloud, adapters, name):
    adapter = adapters[name]
    payment = paid(cloud, adapter)
    adapter.refund(outside, payment, refund_of(payment), now=small.START)
    cloud.advance(5)

    told = [fact for fact in told_facts(adapter, cloud) if isinstance(fact, RefundFact)]

    assert {(fact.number, fact.outcome, fact.money) for fact in told} == {
        (NUMBER, RefundOutcome.SUCCEEDED, Money(3_000, "CNY"))
    }


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        (name, fault)
        for name in PROVIDERS
        for fault in ("timeout", "slow", "500", "500_done", "garbled", "unsigned")
        if (name, fault) != ("stripe", "unsigned")  # Stripe signs no answers.
    ],
)
def test_an_answer_that_cannot_be_believed_is_no_answer(cloud, adapters, name, fault):
    adapter = adapters[name]
    payment = opened(cloud, adapter)
    desk(cloud, f"/{name}/faults", {"next": 9, "fault": fault})

    with pytest.raises(Unavailable):
        adapter.query(outside, payment, now=small.START)
    with pytest.raises(Unavailable):
        adapter.close(outside, payment, now=small.START)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("alipay", {"app_id": "2021000000000000"}),
        ("alipay", {"seller_id": "2088000000000000"}),
        ("wechatpay", {"mchid": "1600000000"}),
        ("wechatpay", {"app_id": "wx9999999999999999"}),
        ("stripe", {"account": "acct_1"}),
    ],
)
def test_money_of_another_merchant_is_believed_and_not_ours(cloud, adapters, name, wrong):
    adapter = adapters[name]
    opened(cloud, adapter)

    desk(cloud, f"/{name}/payments/{REF}/pay", wrong)

    [fact] = told_facts(adapter, cloud)
    assert (fact.kind, fact.is_our_account) == (PaymentKind.PAID, False)


def test_test_money_is_no_money(cloud, adapters):
    opened(cloud, adapters["stripe"])
    ACT["api"] = lambda _: {"statusCode": 401}
    desk(cloud, f"/stripe/payments/{REF}/pay", {"livemode": False})

    [event] = CALLS["api"]
    with pytest.raises(SignatureInvalid):
        verified(adapters["stripe"], event, cloud)


def test_a_probe_is_refused_as_any_forgery(cloud, adapters):
    ACT["api"] = lambda _: {"statusCode": 401}
    desk(cloud, "/wechatpay/probe", {})

    [event] = CALLS["api"]
    with pytest.raises(SignatureInvalid):
        verified(adapters["wechatpay"], event, cloud)
