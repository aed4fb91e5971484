"""WeChat Pay on the laptop: signed answers, orders, slow refunds, encrypted notices. Checked with the community kit."""

from itertools import pairwise

import pytest

from tests.local import small
from tests.local.provider_clients import (
    accept_webhooks,
    books,
    desk,
    is_signed_by_wechatpay,
    refuse_webhooks,
    secret,
    webhooks,
    wechatpay_close,
    wechatpay_create,
    wechatpay_headers,
    wechatpay_notices,
    wechatpay_query,
    wechatpay_send,
)
from tests.local.stand_ins import ACT

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


# --- its API ---


def test_an_order_is_opened_once_however_often_it_is_asked_for(cloud):
    first, second = wechatpay_create(cloud, REF), wechatpay_create(cloud, REF)

    assert first == second == (200, {"code_url": f"weixin://wxpay/bizpayurl?pr={REF}"})
    assert wechatpay_query(cloud, REF)[1]["trade_state"] == "NOTPAY"
    assert list(books(cloud, "wechatpay")["references"]) == [REF]


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": {"total": 0, "currency": "CNY"}},
        {"amount": {"total": 1.0, "currency": "CNY"}},
        {"amount": {"total": True, "currency": "CNY"}},
        {"amount": {"total": 1, "currency": "USD"}},
        {"mchid": "1600000000"},
        {"appid": "wx1"},
        {"description": ""},
        {"notify_url": "http://shop.invalid/webhooks/payments/wechatpay?x=1"},
        {"notify_url": "shop"},
        {"time_expire": "2027-01-15T16:00:00+08:00"},
        {"time_expire": "2027-01-15T18:00:00"},
        {"out_trade_no": "short"},
    ],
)
def test_an_order_that_cannot_be_is_refused_signed(cloud, changed):
    status, refusal = wechatpay_create(cloud, **{"reference": REF, **changed})

    assert (status, refusal["code"]) == (400, "PARAM_ERROR")
    assert books(cloud, "wechatpay")["references"] == {}


@pytest.mark.parametrize(
    "changed",
    [
        {"stamp": small.START - 301},
        {"stamp": small.START + 301},
        {"stamp": "now"},
        {"mchid": "1600000000"},
        {"serial": "00"},
        {"extra": {"Authorization": None}},
        {"extra": {"Authorization": "Bearer sk"}},
    ],
)
def test_a_request_that_we_did_not_sign_now_is_refused(cloud, changed):
    target = f"/v3/pay/transactions/out-trade-no/{REF}?mchid=1600000001"

    answer = wechatpay_send(cloud, "GET", target, **changed)

    assert (answer.status, answer.json()["code"]) == (401, "SIGN_ERROR")


def test_a_signature_over_another_body_or_address_is_refused(cloud):
    target = "/v3/refund/domestic/refunds"
    headers = wechatpay_headers(cloud, "POST", target, '{"amount":1}')

    assert cloud.http("POST", f"/_wechatpay{target}", headers, b'{"amount":2}').status == 401
    assert cloud.http("POST", f"/_wechatpay{target}?a=1", headers, b'{"amount":1}').status == 401
    assert cloud.http("PUT", f"/_wechatpay{target}", headers, b'{"amount":1}').status == 401


def test_the_address_may_be_signed_as_it_was_asked(cloud):
    target = f"/_wechatpay/v3/pay/transactions/out-trade-no/{REF}?mchid=1600000001"
    answer = cloud.http("GET", target, wechatpay_headers(cloud, "GET", target, ""))

    assert answer.json()["code"] == "ORDER_NOT_EXIST"


@pytest.mark.parametrize(
    ("extra", "status"),
    [({"Accept": None}, 400), ({"Accept": "text/html"}, 406), ({"Wechatpay-Serial": "PUB_KEY_ID_1"}, 400)],
)
def test_headers_that_wechat_pay_wants_are_wanted(cloud, extra, status):
    target = f"/v3/pay/transactions/out-trade-no/{REF}?mchid=1600000001"

    assert wechatpay_send(cloud, "GET", target, extra=extra).status == status


def test_an_answer_is_signed_with_the_key_that_the_request_names(cloud):
    target = f"/v3/pay/transactions/out-trade-no/{REF}?mchid=1600000001"

    for serial in (CERTIFICATE, PUBLIC_KEY):
        answer = wechatpay_send(cloud, "GET", target, extra={"Wechatpay-Serial": serial})
        assert answer.headers["wechatpay-serial"] == serial
        assert is_signed_by_wechatpay(answer.headers, answer.body.decode())


def test_closing_is_answered_by_how_the_order_stands(cloud, paid):
    wechatpay_create(cloud, "PAYMENT02")
    wechatpay_create(cloud, "PAYMENT03")
    pay(cloud, "PAYMENT03", outcome="paying")

    assert wechatpay_close(cloud, "PAYMENT02") == (204, None)
    assert wechatpay_close(cloud, REF)[1]["code"] == "ORDERPAID"
    status, refusal = wechatpay_close(cloud, "PAYMENT03")
    assert (status, refusal["code"]) == (202, "USERPAYING")
    assert wechatpay_close(cloud, "PAYMENT04")[0] == 404
    states = [wechatpay_query(cloud, f"PAYMENT0{n}")[1]["trade_state"] for n in (1, 2, 3)]
    assert states == ["SUCCESS", "CLOSED", "USERPAYING"]


def test_an_order_closes_by_itself_when_its_time_is_over(cloud):
    wechatpay_create(cloud, REF, time_expire="2027-01-15T16:30:00+08:00")

    cloud.advance(1_799)
    assert wechatpay_query(cloud, REF)[1]["trade_state"] == "NOTPAY"
    cloud.advance(1)
    assert wechatpay_query(cloud, REF)[1]["trade_state"] == "CLOSED"
    assert wechatpay_notices() == []


# --- payments and their notices ---


def test_a_payment_is_told_encrypted(cloud, paid):
    [(kind, plain)] = wechatpay_notices()

    assert kind == "TRANSACTION.SUCCESS"
    assert plain["amount"] == {
        "total": 8_800,
        "payer_total": 8_800,
        "currency": "CNY",
        "payer_currency": "CNY",
    }
    own = secret()["wechatpay"]
    expected = {
        "mchid": own["mchid"],
        "appid": own["app_id"],
        "out_trade_no": REF,
        "transaction_id": NUMBER,
        "trade_state": "SUCCESS",
        "success_time": "2027-01-15T16:00:00+08:00",
    }
    assert expected.items() <= plain.items()


def test_a_notice_comes_again_with_a_new_stamp_for_a_day(cloud):
    seen = []
    refuse_webhooks()
    cloud.before.append(lambda kind, _: kind == "invoke" and seen.append(cloud.clock.now()))
    wechatpay_create(cloud, REF)
    pay(cloud)

    cloud.advance(2 * DAY)

    gaps = [later - earlier for earlier, later in pairwise(seen)]
    assert gaps == [15, 15, 30, 180, 600, 1_200, *[1_800] * 3, 3_600, *[10_800] * 3, *[21_600] * 2]
    assert sum(gaps) == 24 * 3_600 + 4 * 60
    sent = webhooks()
    assert len({body for _, body in sent}) == 1
    assert [int(event["headers"]["wechatpay-timestamp"]) for event, _ in sent] == seen
    assert len({event["headers"]["wechatpay-nonce"] for event, _ in sent}) == 16
    assert len(wechatpay_notices()) == 16


@pytest.mark.parametrize(("status", "queued"), [(200, 0), (204, 0), (202, 1), (302, 1), (500, 1)])
def test_200_or_204_is_success(cloud, status, queued):
    ACT["api"] = lambda _: {"statusCode": status}
    wechatpay_create(cloud, REF)
    pay(cloud)

    assert len(desk(cloud, "/deliveries").json()["queued"]) == queued


def test_both_keys_sign_in_turn_unless_one_is_chosen(cloud):
    for n in range(4):
        pay(cloud, f"PAYMENT1{n}", amount=1)
    desk(cloud, "/wechatpay/signs-with", {"key": "certificate"})
    pay(cloud, "PAYMENT20", amount=1)
    pay(cloud, "PAYMENT21", amount=1)
    desk(cloud, "/wechatpay/signs-with", {"key": "public_key"})
    pay(cloud, "PAYMENT22", amount=1)

    serials = [event["headers"]["wechatpay-serial"] for event, _ in webhooks()]
    assert set(serials[:2]) == set(serials[2:4]) == {CERTIFICATE, PUBLIC_KEY}
    assert serials[4:] == [CERTIFICATE, CERTIFICATE, PUBLIC_KEY]
    assert len(wechatpay_notices()) == 7


@pytest.mark.parametrize(
    ("form", "path", "value"),
    [
        ({"amount": 8_799}, ("amount", "total"), 8_799),
        ({"payer_total": 8_000}, ("amount", "payer_total"), 8_000),
        ({"currency": "HKD"}, ("amount", "currency"), "HKD"),
    ],
)
def test_what_the_payer_did_otherwise_is_told(cloud, form, path, value):
    wechatpay_create(cloud, REF)

    pay(cloud, **form)

    [(_, plain)] = wechatpay_notices()
    assert plain[path[0]][path[1]] == value


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"mchid": "1600000000"}, {"mchid": "1600000000"}), ({"app_id": "wx9"}, {"appid": "wx9"})],
)
def test_money_for_another_merchant_is_told_authentically_and_is_not_ours(cloud, wrong, told):
    wechatpay_create(cloud, REF)

    pay(cloud, **wrong)

    [(_, plain)] = wechatpay_notices()
    assert told.items() <= plain.items()
    summary = books(cloud, "wechatpay")
    assert (summary["elsewhere"], summary["totals"]) == ({REF: 8_800}, {})
    assert wechatpay_query(cloud, REF)[1]["trade_state"] == "NOTPAY"
