"""Alipay on the laptop: refunds, at once, slow, failed, bounced, and made by hand."""

import pytest

from tests.local.provider_clients import (
    accept_webhooks,
    alipay_call,
    alipay_notices,
    alipay_page,
    alipay_post,
    books,
    desk,
)

DAY = 86_400
REF = "P01"
TRADE_NO = "2027011522001000000000000001"


@pytest.fixture(autouse=True)
def answering(cloud):
    cloud.sweeper = False
    accept_webhooks()


def pay(cloud, reference=REF, **form):
    return desk(cloud, f"/alipay/payments/{reference}/pay", form)


def query(cloud, reference=REF):
    return alipay_call(cloud, "alipay.trade.query", {"out_trade_no": reference})


def refund(cloud, number="R-1", amount="10.00", reference=REF):
    content = {"out_trade_no": reference, "refund_amount": amount, "out_request_no": number}
    return alipay_call(cloud, "alipay.trade.refund", content)


def query_refund(cloud, number="R-1"):
    content = {"out_trade_no": REF, "out_request_no": number, "query_options": ["deposit_back_info"]}
    return alipay_call(cloud, "alipay.trade.fastpay.refund.query", content)


@pytest.fixture
def paid(cloud):
    assert alipay_page(cloud, REF).status == 200
    pay(cloud)


def test_a_refund_moves_money_once_however_often_it_is_asked_for(cloud, paid):
    first, again = refund(cloud), refund(cloud)

    assert (first["code"], first["fund_change"], first["refund_fee"]) == ("10000", "Y", "10.00")
    assert (again["code"], again["fund_change"], again["refund_fee"]) == ("10000", "N", "10.00")
    assert books(cloud, "alipay")["totals"]["CNY"]["refunded"] == 1_000


def test_the_told_refund_fee_is_of_the_whole_trade(cloud, paid):
    refund(cloud, "R-1", "10.00")
    refund(cloud, "R-2", "20.00")
    refund(cloud, "R-3", "58.00")

    told = [(n["trade_status"], n["out_biz_no"], n["refund_fee"]) for n in alipay_notices()[1:]]
    assert told == [
        ("TRADE_SUCCESS", "R-1", "10.00"),
        ("TRADE_SUCCESS", "R-2", "30.00"),
        ("TRADE_CLOSED", "R-3", "88.00"),
    ]


@pytest.mark.parametrize(
    ("number", "amount", "sub_code"),
    [
        ("R-1", "20.00", "ACQ.DISCORDANT_REPEAT_REQUEST"),
        ("R-2", "78.01", "ACQ.REASON_TRADE_REFUND_FEE_ERR"),
        ("R 2", "1.00", "ACQ.INVALID_PARAMETER"),
    ],
)
def test_a_refund_that_cannot_be_is_refused_and_moves_nothing(cloud, paid, number, amount, sub_code):
    refund(cloud)

    assert refund(cloud, number, amount)["sub_code"] == sub_code
    assert books(cloud, "alipay")["totals"]["CNY"]["refunded"] == 1_000
    assert len(alipay_notices()) == 2


def test_a_part_without_a_number_of_its_own_is_refused(cloud, paid):
    content = {"out_trade_no": REF, "refund_amount": "10.00"}

    assert alipay_call(cloud, "alipay.trade.refund", content)["sub_code"] == "ACQ.INVALID_PARAMETER"
    assert books(cloud, "alipay")["totals"]["CNY"]["refunded"] == 0


def test_a_refund_is_found_ten_seconds_later(cloud, paid):
    refund(cloud)

    early = query_refund(cloud)
    cloud.advance(10)

    assert "refund_status" not in early
    late = query_refund(cloud)
    assert (late["refund_status"], late["refund_amount"]) == ("REFUND_SUCCESS", "10.00")
    assert set(query_refund(cloud, "R-2")) == {"code", "msg"}


@pytest.mark.parametrize(
    ("mode", "answer"),
    [
        ({"mode": "fail_for_good"}, "ACQ.BUYER_NOT_EXIST"),
        ({"mode": "fail_for_good", "reason": "balance_short"}, "ACQ.SELLER_BALANCE_NOT_ENOUGH"),
        ({"mode": "fail_for_good", "reason": "not_allowed"}, "ACQ.TRADE_NOT_ALLOW_REFUND"),
        ({"mode": "fail_once"}, "ACQ.SYSTEM_ERROR"),
    ],
)
def test_a_refund_fails_as_it_was_told_to(cloud, paid, mode, answer):
    desk(cloud, f"/alipay/payments/{REF}/refund-mode", mode)

    assert refund(cloud)["sub_code"] == answer
    assert books(cloud, "alipay")["totals"]["CNY"]["refunded"] == 0


def test_a_refund_that_failed_once_succeeds_under_the_same_number(cloud, paid):
    desk(cloud, f"/alipay/payments/{REF}/refund-mode", {"mode": "fail_once"})
    refund(cloud)

    assert refund(cloud)["fund_change"] == "Y"


def test_a_slow_refund_is_neither_done_nor_refused_at_first(cloud, paid):
    desk(cloud, f"/alipay/payments/{REF}/refund-mode", {"mode": "pending"})

    assert refund(cloud)["fund_change"] == "N"
    assert books(cloud, "alipay")["references"][REF]["pending"] == 1_000
    cloud.advance(40)
    assert query_refund(cloud)["refund_status"] == "REFUND_SUCCESS"
    assert alipay_notices()[-1]["refund_fee"] == "10.00"


def test_a_refund_that_fails_later_is_refused_when_it_is_repeated(cloud, paid):
    desk(cloud, f"/alipay/payments/{REF}/refund-mode", {"mode": "pending_then_failed"})
    refund(cloud)
    cloud.advance(60)

    assert refund(cloud)["sub_code"] == "ACQ.BUYER_NOT_EXIST"
    assert "refund_status" not in query_refund(cloud)
    assert len(alipay_notices()) == 1


def test_a_lost_answer_is_of_a_refund_that_was_made(cloud, paid):
    desk(cloud, f"/alipay/payments/{REF}/refund-mode", {"mode": "answer_lost"})
    content = {"out_trade_no": REF, "refund_amount": "10.00", "out_request_no": "R-1"}

    assert alipay_post(cloud, "alipay.trade.refund", content).status == 504
    assert books(cloud, "alipay")["totals"]["CNY"]["refunded"] == 1_000
    assert refund(cloud)["fund_change"] == "N"


def test_a_card_that_refuses_a_refund_leaves_it_in_the_payers_balance(cloud, paid):
    desk(cloud, f"/alipay/payments/{REF}/refund-mode", {"mode": "bounce"})
    refund(cloud)
    cloud.advance(DAY + 10)

    answer = query_refund(cloud)

    assert (answer["refund_status"], answer["deposit_back_info"]["dback_status"]) == ("REFUND_SUCCESS", "F")
    assert books(cloud, "alipay")["totals"]["CNY"]["refunded"] == 1_000


def test_a_refund_by_hand_bears_a_number_that_is_not_ours(cloud, paid):
    made = desk(cloud, f"/alipay/payments/{REF}/refund", {"amount": 500}).json()

    assert made == {"number": "HAND000000000001", "status": "succeeded"}
    assert (alipay_notices()[-1]["out_biz_no"], alipay_notices()[-1]["refund_fee"]) == (
        "HAND000000000001",
        "5.00",
    )
    assert desk(cloud, f"/alipay/payments/{REF}/refund", {"amount": 8_301}).status == 409
