"""Alipay on the laptop: what it accepts, how its trades live, and what it tells. Checked with the community kit."""

from itertools import pairwise
from urllib.parse import urlencode

import pytest

from tests.local import small
from tests.local.provider_clients import (
    accept_webhooks,
    alipay_asked,
    alipay_call,
    alipay_notices,
    alipay_page,
    alipay_post,
    books,
    desk,
    refuse_webhooks,
    webhooks,
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


# --- its gateway ---


def test_a_trade_begins_when_the_payer_opens_the_page(cloud):
    assert query(cloud)["sub_code"] == "ACQ.TRADE_NOT_EXIST"

    page = alipay_page(cloud, REF)

    assert page.status == 200
    assert "88.00 yuan" in page.body.decode()
    node = query(cloud)
    assert (node["code"], node["trade_status"], node["total_amount"]) == ("10000", "WAIT_BUYER_PAY", "88.00")


def test_the_page_opened_twice_is_one_trade(cloud):
    alipay_page(cloud, REF)
    alipay_page(cloud, REF)

    assert query(cloud)["trade_no"] == TRADE_NO
    assert list(books(cloud, "alipay")["references"]) == [REF]


@pytest.mark.parametrize(
    ("changed", "code", "sub_code"),
    [
        ({"biz_content_then": '{"out_trade_no":"P02"}'}, "40002", "isv.invalid-signature"),
        ({"notify_url_then": "http://other.invalid/"}, "40002", "isv.invalid-signature"),
        ({"sign_then": "c2hvcnQ="}, "40002", "isv.invalid-signature"),
        ({"sign_then": ""}, "40001", "isv.missing-signature"),
        ({"sign_type": "RSA"}, "40002", "isv.invalid-signature-type"),
        ({"app_id": "2021000000000000"}, "40002", "isv.invalid-app-id"),
        ({"charset": "gbk"}, "40002", "isv.invalid-charset"),
        ({"timestamp": "2027-01-15 08:00:00"}, "40002", "isv.invalid-timestamp"),  # UTC, not Beijing.
        ({"timestamp": "yesterday"}, "40002", "isv.invalid-timestamp"),
        ({"method": "alipay.trade.pay"}, "40002", "isv.invalid-method"),
        ({"biz_content": "[]"}, "40002", "isv.invalid-parameter"),
    ],
)
def test_a_call_that_is_not_as_it_must_be_is_refused_in_alipays_words(cloud, changed, code, sub_code):
    alipay_page(cloud, REF)

    answer = alipay_post(cloud, "alipay.trade.query", {"out_trade_no": REF}, **changed)

    [(name, node), *_] = answer.json().items()
    assert name == f"{changed.get('method', 'alipay.trade.query').replace('.', '_')}_response"
    assert (answer.status, node["code"], node["sub_code"]) == (200, code, sub_code)


def test_a_parameter_given_twice_is_refused(cloud):
    asked = alipay_asked(cloud, "alipay.trade.query", {"out_trade_no": REF})
    body = "&".join([f"{name}=x" for name in asked] + ["app_id=y"]).encode()

    answer = cloud.http("POST", "/_alipay/gateway.do", {}, body)

    assert answer.json()["error_response"]["sub_code"] == "isv.repeated-parameter"


@pytest.mark.parametrize("amount", ["0.00", "1.001", "-1.00", "1e2", "", "٣.00"])
def test_an_amount_that_is_none_opens_nothing(cloud, amount):
    assert alipay_page(cloud, REF, amount).status == 400
    assert books(cloud, "alipay")["references"] == {}


def test_another_amount_under_the_same_number_is_refused(cloud):
    alipay_page(cloud, REF)

    again = alipay_page(cloud, REF, "88.01")

    assert (again.status, "ACQ.CONTEXT_INCONSISTENT" in again.body.decode()) == (400, True)
    assert query(cloud)["total_amount"] == "88.00"


def test_a_page_whose_time_is_over_cannot_be_opened(cloud):
    late = {"time_expire": "2027-01-15 15:59:59"}

    assert alipay_page(cloud, REF, content=late).status == 400
    assert books(cloud, "alipay")["references"] == {}


def test_a_page_may_be_opened_later_than_it_was_signed(cloud):
    content = {"out_trade_no": REF, "total_amount": "1.00", "subject": "x"}
    content["product_code"] = "FAST_INSTANT_TRADE_PAY"
    target = urlencode(alipay_asked(cloud, "alipay.trade.page.pay", content))
    cloud.advance(1_200)

    assert cloud.http("GET", f"/_alipay/gateway.do?{target}").status == 200
    assert cloud.clock.now() == small.START + 1_200


def test_closing_ends_an_unpaid_trade_and_refuses_a_paid_one(cloud, paid):
    alipay_page(cloud, "P02")

    closed = alipay_call(cloud, "alipay.trade.close", {"out_trade_no": "P02"}, notify_url="")
    refused = alipay_call(cloud, "alipay.trade.close", {"out_trade_no": REF})
    unknown = alipay_call(cloud, "alipay.trade.close", {"out_trade_no": "P03"})

    assert (closed["code"], query(cloud, "P02")["trade_status"]) == ("10000", "TRADE_CLOSED")
    assert (refused["sub_code"], query(cloud)["trade_status"]) == ("ACQ.TRADE_STATUS_ERROR", "TRADE_SUCCESS")
    assert unknown["sub_code"] == "ACQ.TRADE_NOT_EXIST"
    assert pay(cloud, "P02").json()["error"] == "closed"


# --- payments and their notices ---


def test_a_payment_is_told_with_everything_that_the_notice_must_name(cloud, paid):
    [notice] = alipay_notices()

    expected = {
        "trade_status": "TRADE_SUCCESS",
        "out_trade_no": REF,
        "trade_no": TRADE_NO,
        "total_amount": "88.00",
        "app_id": "2021000100000001",
        "seller_id": "2088000100000001",
        "notify_id": "2027011500222000000000000000000001",
        "gmt_payment": "2027-01-15 16:00:00",
        "subject": "茶 250g",
        "sign_type": "RSA2",
    }
    assert expected.items() <= notice.items()
    assert books(cloud, "alipay")["totals"]["CNY"]["captured"] == 8_800


def test_a_notice_comes_as_a_form_as_api_gateway_hands_it_on(cloud, paid):
    [(event, _)] = webhooks()

    assert event["isBase64Encoded"] is True
    assert event["headers"]["content-type"] == "application/x-www-form-urlencoded; charset=utf-8"


def test_a_notice_comes_again_until_the_answer_is_the_word_success(cloud):
    seen = []
    refuse_webhooks()
    cloud.before.append(lambda kind, _: kind == "invoke" and seen.append(cloud.clock.now()))
    alipay_page(cloud, REF)
    pay(cloud)

    cloud.advance(2 * DAY)

    assert [later - earlier for earlier, later in pairwise(seen)] == [
        240,
        600,
        600,
        3_600,
        7_200,
        21_600,
        54_000,
    ]
    sent = alipay_notices()
    assert {notice["notify_id"] for notice in sent} == {sent[0]["notify_id"]}
    assert [sent[0]["notify_time"], sent[1]["notify_time"]] == ["2027-01-15 16:00:00", "2027-01-15 16:04:00"]
    assert len(desk(cloud, "/deliveries").json()["given_up"]) == 1


@pytest.mark.parametrize("answer", [b"Success", b'"success"', b"success\n", b""])
def test_only_the_bare_word_counts_as_success(cloud, answer):
    from tests.local.stand_ins import ACT

    ACT["api"] = lambda _: {"statusCode": 200, "body": answer.decode()}
    alipay_page(cloud, REF)
    pay(cloud)

    assert len(desk(cloud, "/deliveries").json()["queued"]) == 1


def test_a_payment_that_failed_is_told_to_nobody_and_may_be_repeated(cloud):
    alipay_page(cloud, REF)

    assert pay(cloud, outcome="failed").json()["events"] == []
    assert pay(cloud).json()["status"] == "succeeded"
    assert len(alipay_notices()) == 1


def test_a_trade_that_nobody_pays_in_time_is_closed_and_told(cloud):
    alipay_page(cloud, REF, content={"time_expire": "2027-01-15 16:30:00"})

    cloud.advance(1_799)
    before = alipay_notices()
    cloud.advance(1)

    [notice] = alipay_notices()
    assert before == []
    assert (notice["trade_status"], notice["gmt_close"]) == ("TRADE_CLOSED", "2027-01-15 16:30:00")
    assert "refund_fee" not in notice


def test_a_late_payment_slips_through_when_asked_to(cloud):
    alipay_page(cloud, REF)
    alipay_call(cloud, "alipay.trade.close", {"out_trade_no": REF}, notify_url="")

    assert pay(cloud).json()["error"] == "closed"
    assert pay(cloud, even_if_closed=True).status == 200
    assert books(cloud, "alipay")["references"][REF]["captured"] == 8_800


def test_a_second_payment_is_another_trade_under_the_same_reference(cloud, paid):
    assert pay(cloud).json()["error"] == "paid"

    second = pay(cloud, again=True).json()

    assert second["transaction_id"] != TRADE_NO
    assert books(cloud, "alipay")["references"][REF]["captured"] == 17_600
    assert [notice["out_trade_no"] for notice in alipay_notices()] == [REF, REF]
    assert query(cloud)["trade_no"] == TRADE_NO


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"amount": 8_799}, {"total_amount": "87.99"}),
        ({"payer_total": 8_000}, {"total_amount": "88.00", "buyer_pay_amount": "80.00"}),
        ({"finished": True}, {"trade_status": "TRADE_FINISHED"}),
    ],
)
def test_what_the_payer_did_otherwise_is_told(cloud, form, told):
    alipay_page(cloud, REF)

    pay(cloud, **form)

    [notice] = alipay_notices()
    assert told.items() <= notice.items()


@pytest.mark.parametrize("wrong", [{"seller_id": "2088000000000000"}, {"app_id": "2021000000000000"}])
def test_money_for_another_merchant_is_told_authentically_and_is_not_ours(cloud, wrong):
    alipay_page(cloud, REF)

    pay(cloud, **wrong)

    [notice] = alipay_notices()
    assert wrong.items() <= notice.items()
    told = books(cloud, "alipay")
    assert (told["elsewhere"], told["totals"]) == ({REF: 8_800}, {})
    assert query(cloud)["trade_status"] == "WAIT_BUYER_PAY"


def test_the_time_for_refunds_ends_with_another_event_for_the_same_payment(cloud, paid):
    cloud.advance(365 * DAY)

    first, second = alipay_notices()
    assert (second["trade_status"], second["trade_no"]) == ("TRADE_FINISHED", first["trade_no"])
    assert second["notify_id"] != first["notify_id"]
    assert refund(cloud)["sub_code"] == "ACQ.TRADE_HAS_FINISHED"
