"""What Alipay posts becomes facts, whoever made the signature: our signer, the community SDK, the openssl command."""

import shutil
import subprocess
from base64 import b64decode, b64encode
from time import perf_counter

import pytest

from shared.errors import Malformed
from shared.money import Money
from shared.payment.facts import PaymentFact, PaymentKind, RefundFact, RefundOutcome, booking_names
from shared.payment.port import Reply, Told
from tests.payment.alipay_signer import (
    APP_ID,
    HEADERS,
    REFERENCE,
    TRADE_NO,
    a_notice,
    form,
    private_pem,
    public_pem,
    signed,
    text_of,
)
from tests.payment.alipay_world import the_adapter

T0 = 1_800_000_000  # 2027-01-15 16:00:00 in Beijing
EVENT = "2027011500222160021000000000000001"
PAID = PaymentFact(
    provider="alipay",
    event_id=EVENT,
    reference=REFERENCE,
    kind=PaymentKind.PAID,
    transaction_id=TRADE_NO,
    money=Money(8888, "CNY"),
    is_our_account=True,
    occurred_at=T0 + 20,
)
REFUNDED = RefundFact(
    provider="alipay",
    event_id=f"{EVENT}.refund",
    number="R1",
    outcome=RefundOutcome.SUCCEEDED,
    money=Money(3000, "CNY"),
    reference=REFERENCE,
    transaction_id=TRADE_NO,
    occurred_at=T0 + 3600,
    is_total=True,
)
REFUND_FIELDS = {"out_biz_no": "R1", "refund_fee": "30.00", "gmt_refund": "2027-01-15 17:00:00.320"}


@pytest.fixture
def alipay():
    return the_adapter()


def told(alipay, **changes):
    """The facts of a genuine notice with some of its fields changed before it was signed."""
    return alipay.interpret(alipay.verify(HEADERS, form(signed(a_notice(**changes))), T0))


def test_a_payment_is_read_with_its_total_and_not_with_what_is_left_of_it_after_coupons(alipay):
    assert told(alipay) == (PAID,)


def test_what_was_signed_is_handed_on_with_the_time_of_its_verification(alipay):
    notice = alipay.verify(HEADERS, form(signed(a_notice())), T0 + 7)

    assert notice.provider == "alipay"
    assert notice.verified_at == T0 + 7
    assert notice.message == a_notice()


@pytest.mark.parametrize("signer", ["alipay", "alipay-before"])
def test_both_keys_are_good_while_one_is_exchanged(alipay, signer):
    notice = alipay.verify(HEADERS, form(signed(a_notice(), by=signer)), T0)

    assert alipay.interpret(notice) == (PAID,)


def test_a_trade_that_can_no_longer_be_refunded_was_paid(alipay):
    assert told(alipay, trade_status="TRADE_FINISHED") == (PAID,)


@pytest.mark.parametrize("status", ["WAIT_BUYER_PAY", "TRADE_PENDING", "", "trade_success", None])
def test_a_status_that_says_nothing_of_money_is_no_fact(alipay, status):
    assert told(alipay, trade_status=status) == ()


def test_a_trade_closed_unpaid_is_closed(alipay):
    facts = told(alipay, trade_status="TRADE_CLOSED", gmt_payment=None, gmt_close="2027-01-15 16:30:00")

    assert facts == (PAID._replace(kind=PaymentKind.CLOSED, occurred_at=None),)


def test_a_partial_refund_brings_its_payment_along_and_says_how_much_went_back_in_all(alipay):
    assert told(alipay, **REFUND_FIELDS) == (PAID, REFUNDED)


def test_the_facts_of_one_notice_are_booked_under_different_names(alipay):
    payment, refund = told(alipay, **REFUND_FIELDS)

    assert not set(booking_names(payment)) & set(booking_names(refund))


def test_a_finished_trade_still_tells_of_its_refunds(alipay):
    assert told(alipay, trade_status="TRADE_FINISHED", **REFUND_FIELDS) == (PAID, REFUNDED)


def test_a_trade_closed_after_a_full_refund_was_paid_and_has_gone_back(alipay):
    full = REFUND_FIELDS | {"refund_fee": "88.88"}

    assert told(alipay, trade_status="TRADE_CLOSED", **full) == (
        PAID,
        REFUNDED._replace(money=Money(8888, "CNY")),
    )


def test_a_trade_closed_at_a_time_of_refund_has_gone_back_in_full_though_no_sum_is_told(alipay):
    facts = told(alipay, trade_status="TRADE_CLOSED", **(REFUND_FIELDS | {"refund_fee": None}))

    assert facts == (PAID, REFUNDED._replace(money=Money(8888, "CNY")))


@pytest.mark.parametrize("number", [None, "", "r 1", "退", "x" * 65])
def test_a_refund_without_a_usable_number_is_named_by_its_trade_and_sum(alipay, number):
    facts = told(alipay, **(REFUND_FIELDS | {"out_biz_no": number}))

    assert facts == (PAID, REFUNDED._replace(number=f"{TRADE_NO}-3000"))


@pytest.mark.parametrize("told_sum", ["0.00", "", None])
def test_a_refund_number_without_a_sum_is_no_refund(alipay, told_sum):
    assert told(alipay, **(REFUND_FIELDS | {"refund_fee": told_sum})) == (PAID,)


@pytest.mark.parametrize(
    "changes",
    [
        {"app_id": "2021000000000002"},
        {"seller_id": "2088000000000002"},
        {"app_id": None},
        {"seller_id": None},
    ],
)
def test_money_of_another_app_or_seller_is_told_as_not_ours(alipay, changes):
    assert told(alipay, **changes) == (PAID._replace(is_our_account=False),)


def test_a_refund_of_another_seller_is_no_refund_of_ours(alipay):
    facts = told(alipay, seller_id="2088000000000002", **REFUND_FIELDS)

    assert facts == (PAID._replace(is_our_account=False),)


def test_a_total_in_another_currency_is_told_in_it(alipay):
    assert told(alipay, trans_currency="USD") == (PAID._replace(money=Money(8888, "USD")),)


@pytest.mark.parametrize(
    ("text", "fen"),
    [("0.01", 1), ("1", 100), ("1.5", 150), ("100000000.00", 10_000_000_000), ("10.10", 1010)],
)
def test_yuan_become_fen(alipay, text, fen):
    (fact,) = told(alipay, total_amount=text)

    assert fact.money == Money(fen, "CNY")


@pytest.mark.parametrize("time", ["", "soon", "2027-02-30 16:00:20", "2027-01-15T16:00:20Z", None])
def test_money_counts_without_a_readable_time(alipay, time):
    assert told(alipay, gmt_payment=time) == (PAID._replace(occurred_at=None),)


@pytest.mark.parametrize(
    "text",
    ["1e2", "1.001", "-1", "+1", "", "0", "0.00", "00.01", "1.", ".5", "1,00", "١.00", "１.00", " 1.00", "1.00 ",
     "1_0", "NaN", "Infinity", "0x10", "99999999999.00", "1.00\n", None],
)  # fmt: skip
def test_a_signed_amount_that_is_none_is_refused(alipay, text):
    with pytest.raises(Malformed):
        told(alipay, total_amount=text)


@pytest.mark.parametrize("text", ["-1", "88.89", "1e1", "1.001", "all", " "])
def test_a_signed_refund_sum_that_is_none_or_too_much_is_refused(alipay, text):
    with pytest.raises(Malformed):
        told(alipay, **(REFUND_FIELDS | {"refund_fee": text}))


@pytest.mark.parametrize("name", ["notify_id", "out_trade_no", "trade_no"])
@pytest.mark.parametrize("text", [None, "", "a b", "a#b", "x" * 129, "号"])
def test_a_signed_number_that_is_none_is_refused(alipay, name, text):
    with pytest.raises(Malformed):
        told(alipay, **{name: text})


@pytest.mark.parametrize("currency", ["usd", "US", "DOLLAR"])
def test_a_currency_that_is_no_code_is_refused(alipay, currency):
    with pytest.raises(Malformed):
        told(alipay, trans_currency=currency)


@pytest.mark.parametrize("outcome", [Told.APPLIED, Told.DUPLICATE, Told.NO_EFFECT, Told.QUARANTINED])
def test_success_is_the_word_that_alipay_reads(alipay, outcome):
    assert alipay.acknowledge(outcome) == Reply(200, "text/plain", "success")


@pytest.mark.parametrize(
    ("outcome", "status"), [(Told.PARKED, 503), (Told.REFUSED, 401), (Told.TOO_LARGE, 413), (Told.BUSY, 503)]
)
def test_everything_else_is_sent_again_and_told_no_reason(alipay, outcome, status):
    assert alipay.acknowledge(outcome) == Reply(status, "text/plain", "failure")


def test_a_notice_is_verified_and_read_in_less_than_a_millisecond(alipay):
    body = form(signed(a_notice()))
    alipay.verify(HEADERS, body, T0)  # Keys are parsed once.

    def one():
        begin = perf_counter()
        alipay.interpret(alipay.verify(HEADERS, body, T0))
        return perf_counter() - begin

    assert min(one() for _ in range(50)) < 0.001


def the_community_sdk(*, private, public):
    from alipay import AliPay

    return AliPay(
        appid=APP_ID,
        app_notify_url=None,
        app_private_key_string=private,
        alipay_public_key_string=public,
        sign_type="RSA2",
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_the_community_sdk_signs_is_genuine(alipay):
    sdk = the_community_sdk(private=private_pem("alipay"), public=public_pem("alipay"))
    posted = sdk.sign_data(a_notice()) + "&sign_type=RSA2"

    notice = alipay.verify(HEADERS, posted.encode(), T0)

    assert notice.message == a_notice()
    assert alipay.interpret(notice) == (PAID,)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_our_signer_signs_is_genuine_to_the_community_sdk():
    sdk = the_community_sdk(private=private_pem("alipay"), public=public_pem("alipay"))
    fields = signed(a_notice())
    sign = fields.pop("sign")

    assert sdk.verify(fields, sign)


needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl command here")


@needs_openssl
def test_what_the_openssl_command_signs_is_genuine(alipay, tmp_path):
    (tmp_path / "key.pem").write_text(private_pem("alipay"))
    command = ["openssl", "dgst", "-sha256", "-sign", str(tmp_path / "key.pem")]
    made = subprocess.run(command, input=text_of(a_notice()).encode(), capture_output=True, check=True)
    fields = {**a_notice(), "sign_type": "RSA2", "sign": b64encode(made.stdout).decode()}

    notice = alipay.verify(HEADERS, form(fields), T0)

    assert alipay.interpret(notice) == (PAID,)


@needs_openssl
def test_what_our_signer_signs_is_genuine_to_the_openssl_command(tmp_path):
    (tmp_path / "key.pem").write_text(public_pem("alipay"))
    (tmp_path / "sign").write_bytes(b64decode(signed(a_notice())["sign"]))
    command = ["openssl", "dgst", "-sha256", "-verify", str(tmp_path / "key.pem")]

    done = subprocess.run(
        [*command, "-signature", str(tmp_path / "sign")],
        input=text_of(a_notice()).encode(),
        capture_output=True,
        check=False,
    )

    assert done.stdout == b"Verified OK\n"
