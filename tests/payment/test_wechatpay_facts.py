"""What WeChat Pay's authentic messages say of money."""

import json

import pytest

from shared.errors import Malformed
from shared.money import Money
from shared.payment.facts import PaymentFact, PaymentKind, RefundFact, RefundOutcome
from tests.payment.wechatpay_signer import NOW, REFUND, TRADE, an_adapter, envelope, facts_of, signed

REFERENCE, TRANSACTION = "01HF7YAT00000000000000000001", "1217752501201407033233368018"


def test_a_payment_is_read():
    assert facts_of(TRADE) == (
        PaymentFact(
            provider="wechatpay",
            event_id="EV-2018022511223320873",
            reference=REFERENCE,
            kind=PaymentKind.PAID,
            transaction_id=TRANSACTION,
            money=Money(17_100, "CNY"),
            is_our_account=True,
            failure="",
            occurred_at=1_799_999_970,
        ),
    )


def test_a_payment_of_which_wechats_coupon_paid_a_part_is_whole():
    amount = {"total": 17_100, "payer_total": 16_000, "currency": "CNY"}

    assert facts_of(TRADE | {"amount": amount})[0].money == Money(17_100, "CNY")


def test_the_largest_amount_is_read():
    assert facts_of(TRADE | {"amount": {"total": 10**12}})[0].money == Money(10**12, "CNY")


def test_a_payment_in_another_currency_keeps_it_and_one_without_is_in_yuan():
    assert facts_of(TRADE | {"amount": {"total": 5, "currency": "HKD"}})[0].money == Money(5, "HKD")
    assert facts_of(TRADE | {"amount": {"total": 5}})[0].money == Money(5, "CNY")


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("SUCCESS", PaymentKind.PAID),
        ("REFUND", PaymentKind.PAID),
        ("CLOSED", PaymentKind.CLOSED),
        ("REVOKED", PaymentKind.CLOSED),
        ("PAYERROR", PaymentKind.FAILED),
    ],
)
def test_a_final_state_is_a_fact_whatever_the_event_is_called(state, kind):
    (fact,) = facts_of(TRADE | {"trade_state": state}, "TRANSACTION.ANYTHING")

    assert fact.kind is kind
    assert fact.failure == ("unknown" if kind is PaymentKind.FAILED else "")


def test_what_was_not_paid_has_neither_an_amount_nor_a_transaction():
    unpaid = {name: TRADE[name] for name in ("mchid", "appid", "out_trade_no")} | {"trade_state": "CLOSED"}

    assert facts_of(unpaid) == (
        PaymentFact(
            "wechatpay",
            "EV-2018022511223320873",
            REFERENCE,
            PaymentKind.CLOSED,
            "",
            Money(0, "CNY"),
            is_our_account=True,
        ),
    )


@pytest.mark.parametrize("state", ["NOTPAY", "USERPAYING", "ACCEPT"])
def test_a_state_that_is_not_final_says_nothing(state):
    assert facts_of(TRADE | {"trade_state": state}) == ()


@pytest.mark.parametrize(
    "event_type", ["PAYSCORE.USER_PAID", "COUPON.USE", "", "TRANSACTION", "MCHTRANSFER.X"]
)
def test_an_event_that_is_not_about_payments_says_nothing(event_type):
    assert facts_of({"anything": 1}, event_type) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"mchid": "1900000110"},
        {"appid": "wx0000000000000000"},
        {"mchid": None},
        {"appid": None},
        {"mchid": 1900000109},
    ],
)
def test_a_payment_of_another_merchant_or_app_is_told_as_such(changes):
    (fact,) = facts_of(TRADE | changes)

    assert (fact.is_our_account, fact.kind, fact.money) == (False, PaymentKind.PAID, Money(17_100, "CNY"))


@pytest.mark.parametrize(
    "when",
    [
        None,
        1,
        "",
        "yesterday",
        "2027-13-15T15:59:30+08:00",
        "2027-01-15T15:59:30",
        "２027-01-15T15:59:30+08:00",
    ],
)
def test_a_time_that_cannot_be_read_does_not_turn_money_away(when):
    (fact,) = facts_of(TRADE | {"success_time": when})

    assert (fact.occurred_at, fact.kind) == (None, PaymentKind.PAID)


PAID = PaymentFact(
    provider="wechatpay",
    event_id="EV-2018022511223320873/paid",
    reference=REFERENCE,
    kind=PaymentKind.PAID,
    transaction_id=TRANSACTION,
    money=Money(17_100, "CNY"),
    is_our_account=True,
)
GONE_BACK = RefundFact(
    provider="wechatpay",
    event_id="EV-2018022511223320873",
    number="01HF7YAT000000000000000000R01",
    outcome=RefundOutcome.SUCCEEDED,
    money=Money(3_500, "CNY"),
    reference=REFERENCE,
    transaction_id=TRANSACTION,
    occurred_at=1_799_999_970,
)


def test_a_refund_says_that_there_was_a_payment_and_what_of_it_went_back():
    assert facts_of(REFUND, "REFUND.SUCCESS") == (PAID, GONE_BACK)


@pytest.mark.parametrize(
    ("state", "outcome", "failure"),
    [
        ("PROCESSING", RefundOutcome.PENDING, ""),
        ("ABNORMAL", RefundOutcome.FAILED, "account_closed"),
        ("CLOSED", RefundOutcome.FAILED, "not_allowed"),
    ],
)
def test_a_refund_that_is_not_done_says_why(state, outcome, failure):
    paid, refund = facts_of(REFUND | {"refund_status": state}, "REFUND.ABNORMAL")

    assert paid == PAID
    assert refund == GONE_BACK._replace(outcome=outcome, failure=failure)


@pytest.mark.parametrize(
    "number", ["hand-made-1", "", None, 1, "01HF7YAT000000000000000000", "01HF7YAT000000000000000000R01\n"]
)
def test_a_refund_made_by_hand_goes_by_wechats_number(number):
    _, refund = facts_of(REFUND | {"out_refund_no": number}, "REFUND.SUCCESS")

    assert refund == GONE_BACK._replace(number="50200207182018070300011301001")


def test_a_refund_of_a_second_round_goes_by_our_number():
    _, refund = facts_of(REFUND | {"out_refund_no": "01HF7YAT000000000000000000R01x2"}, "REFUND.SUCCESS")

    assert refund.number == "01HF7YAT000000000000000000R01x2"


@pytest.mark.parametrize(
    "changes", [{"mchid": "1900000110"}, {"mchid": None}, {"appid": "wx0000000000000000"}]
)
def test_a_refund_at_another_merchant_is_none_of_our_refunds_whatever_its_number(changes):
    assert facts_of(REFUND | changes, "REFUND.SUCCESS") == (PAID._replace(is_our_account=False),)


BAD_AMOUNTS = [
    None,
    17_100,
    {},
    {"total": "17100"},
    {"total": 17_100.0},
    {"total": True},
    {"total": 0},
    {"total": -1},
    {"total": 10**12 + 1},
    {"total": 5, "currency": "cny"},
    {"total": 5, "currency": None},
    {"total": 5, "currency": "CNYX"},
]
MALFORMED = [
    *({"amount": amount} for amount in BAD_AMOUNTS),
    *(
        {name: bad}
        for name in ("out_trade_no", "transaction_id")
        for bad in (None, 1, "", "x" * 65, "a#b", "a\n", "１")
    ),
    *({"trade_state": bad} for bad in (None, 1, "", "success", "SUCCESS\n", ["SUCCESS"])),
]


@pytest.mark.parametrize("changes", MALFORMED)
def test_a_signed_payment_that_cannot_be_one_is_refused(changes):
    with pytest.raises(Malformed):
        facts_of(TRADE | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": {"total": 17_100}},
        {"amount": {"refund": 3_500}},
        {"amount": {"total": 17_100, "refund": "3500"}},
        {"refund_status": "DONE"},
        {"refund_status": None},
        {"out_refund_no": "by-hand", "refund_id": None},
        {"transaction_id": None},
    ],
)
def test_a_signed_refund_that_cannot_be_one_is_refused(changes):
    with pytest.raises(Malformed):
        facts_of(REFUND | changes, "REFUND.SUCCESS")


@pytest.mark.parametrize("members", [{"id": None}, {"id": "a b"}, {"event_type": 1}])
def test_a_signed_message_without_a_number_or_a_type_is_refused(members):
    body = json.dumps(json.loads(envelope()) | members).encode()
    notice = an_adapter().verify(signed(body), body, NOW)

    with pytest.raises(Malformed):
        an_adapter().interpret(notice)
