"""WeChat Pay on the laptop: refunds, which always take their time, and their limits."""

import pytest

from tests.local.provider_clients import (
    accept_webhooks,
    books,
    desk,
    wechatpay_create,
    wechatpay_notices,
    wechatpay_query,
    wechatpay_refund,
    wechatpay_send,
)

DAY = 86_400
REF = "PAYMENT01"
NUMBER = "4200202701150000000000000001"
CERTIFICATE = "7132D72A03E93CDDF8C03BBD1F37EEDF6A5D2E0C"
PUBLIC_KEY = "PUB_KEY_ID_0116000000012027011500000000000001"


@pytest.fixture(autouse=True)
def answering(cloud):
    cloud.sweeper = False
    accept_webhooks()


def pay(cloud, reference=REF, **form):
    return desk(cloud, f"/wechatpay/payments/{reference}/pay", form)


@pytest.fixture
def paid(cloud):
    assert wechatpay_create(cloud, REF)[0] == 200
    pay(cloud)


def test_a_refund_is_accepted_first_and_told_when_it_is_done(cloud, paid):
    status, accepted = wechatpay_refund(cloud, REF, "R-1", 3_000)
    cloud.advance(5)

    assert (status, accepted["status"], accepted["amount"]["refund"]) == (200, "PROCESSING", 3_000)
    kind, plain = wechatpay_notices()[-1]
    assert (kind, plain["refund_status"], plain["out_refund_no"]) == ("REFUND.SUCCESS", "SUCCESS", "R-1")
    assert plain["amount"] == {"total": 8_800, "refund": 3_000, "payer_total": 8_800, "payer_refund": 3_000}
    assert "currency" not in plain["amount"]
    assert wechatpay_query(cloud, REF)[1]["trade_state"] == "REFUND"
    assert books(cloud, "wechatpay")["totals"]["CNY"]["refunded"] == 3_000


def test_one_number_refunds_once(cloud, paid):
    first = wechatpay_refund(cloud, REF, "R-1", 3_000)[1]
    again = wechatpay_refund(cloud, REF, "R-1", 3_000)[1]
    other = wechatpay_refund(cloud, REF, "R-1", 3_001)

    assert again == first
    assert (other[0], other[1]["code"]) == (400, "INVALID_REQUEST")
    assert books(cloud, "wechatpay")["references"][REF]["pending"] == 3_000


def test_two_refunds_of_one_payment_are_a_minute_apart(cloud, paid):
    wechatpay_refund(cloud, REF, "R-1", 1_000)
    cloud.advance(59)

    status, refusal = wechatpay_refund(cloud, REF, "R-2", 1_000)
    cloud.advance(1)

    assert (status, refusal["code"]) == (429, "FREQUENCY_LIMITED")
    assert wechatpay_refund(cloud, REF, "R-2", 1_000)[0] == 200


def test_fifty_refunds_of_one_payment_and_no_more(cloud, paid):
    for n in range(50):
        assert wechatpay_refund(cloud, REF, f"R-{n}", 1)[0] == 200
        cloud.advance(60)

    status, refusal = wechatpay_refund(cloud, REF, "R-50", 1)

    assert (status, refusal["code"]) == (400, "INVALID_REQUEST")
    assert books(cloud, "wechatpay")["totals"]["CNY"]["refunded"] == 50


def test_a_year_after_the_payment_nothing_is_refunded(cloud, paid):
    cloud.advance(365 * DAY)
    assert wechatpay_refund(cloud, REF, "R-1", 1)[0] == 200
    cloud.advance(60)

    assert wechatpay_refund(cloud, REF, "R-2", 1)[1]["code"] == "INVALID_REQUEST"


@pytest.mark.parametrize(
    ("amount", "total", "reference", "code"),
    [
        (8_801, 8_800, REF, "INVALID_REQUEST"),
        (100, 8_801, REF, "INVALID_REQUEST"),
        (0, 8_800, REF, "PARAM_ERROR"),
        (100, 8_800, "PAYMENT09", "RESOURCE_NOT_EXISTS"),
    ],
)
def test_a_refund_that_cannot_be_is_refused_and_moves_nothing(cloud, paid, amount, total, reference, code):
    assert wechatpay_refund(cloud, reference, "R-1", amount, total)[1]["code"] == code
    cloud.advance(60)
    assert books(cloud, "wechatpay")["totals"]["CNY"]["refunded"] == 0
    assert len(wechatpay_notices()) == 1


@pytest.mark.parametrize(
    ("mode", "reason", "told"),
    [
        ("pending", "account_closed", "REFUND.SUCCESS"),
        ("pending_then_failed", "account_closed", "REFUND.ABNORMAL"),
        ("pending_then_failed", "not_allowed", "REFUND.CLOSED"),
    ],
)
def test_a_slow_refund_ends_after_half_a_minute(cloud, paid, mode, reason, told):
    desk(cloud, f"/wechatpay/payments/{REF}/refund-mode", {"mode": mode, "reason": reason})
    wechatpay_refund(cloud, REF, "R-1", 1_000)

    cloud.advance(29)
    before = len(wechatpay_notices())
    cloud.advance(1)

    assert before == 1
    assert wechatpay_notices()[-1][0] == told
    target = "/v3/refund/domestic/refunds/R-1"
    assert wechatpay_send(cloud, "GET", target).json()["status"] == told.removeprefix("REFUND.")


@pytest.mark.parametrize(
    ("mode", "status", "code"),
    [
        ({"mode": "fail_for_good"}, 403, "USER_ACCOUNT_ABNORMAL"),
        ({"mode": "fail_for_good", "reason": "balance_short"}, 403, "NOT_ENOUGH"),
        ({"mode": "fail_for_good", "reason": "not_allowed"}, 400, "INVALID_REQUEST"),
        ({"mode": "fail_once"}, 500, "SYSTEM_ERROR"),
    ],
)
def test_a_refund_fails_as_it_was_told_to(cloud, paid, mode, status, code):
    desk(cloud, f"/wechatpay/payments/{REF}/refund-mode", mode)

    answered, refusal = wechatpay_refund(cloud, REF, "R-1", 1_000)

    assert (answered, refusal["code"]) == (status, code)
    missing = wechatpay_send(cloud, "GET", "/v3/refund/domestic/refunds/R-1")
    assert (missing.status, missing.json()["code"]) == (404, "RESOURCE_NOT_EXISTS")


def test_a_lost_answer_is_of_a_refund_that_was_accepted(cloud, paid):
    desk(cloud, f"/wechatpay/payments/{REF}/refund-mode", {"mode": "answer_lost"})
    form = {"out_trade_no": REF, "out_refund_no": "R-1", "amount": {"refund": 100, "total": 8_800}}

    assert wechatpay_send(cloud, "POST", "/v3/refund/domestic/refunds", form).status == 504
    cloud.advance(5)
    assert wechatpay_refund(cloud, REF, "R-1", 100)[1]["status"] == "SUCCESS"


def test_a_refund_that_a_card_refuses_is_abnormal_a_day_later(cloud, paid):
    desk(cloud, f"/wechatpay/payments/{REF}/refund-mode", {"mode": "bounce"})
    wechatpay_refund(cloud, REF, "R-1", 100)

    cloud.advance(DAY)

    assert wechatpay_notices()[-1][0] == "REFUND.ABNORMAL"
    assert books(cloud, "wechatpay")["totals"]["CNY"]["refunded"] == 0


def test_a_refund_by_hand_is_told_under_a_number_that_is_not_ours(cloud, paid):
    desk(cloud, f"/wechatpay/payments/{REF}/refund", {"amount": 500, "deliver": 10})
    cloud.advance(10)

    kind, plain = wechatpay_notices()[-1]
    assert (kind, plain["out_refund_no"], plain["amount"]["refund"]) == (
        "REFUND.SUCCESS",
        "HAND000000000001",
        500,
    )
