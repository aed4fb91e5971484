"""The desk of the simulated providers: its forms, what goes wrong on the way, deliveries, and worlds put back."""

import ast
import http.client
import json
from pathlib import Path

import pytest

import shared.outside
from local.http import Server
from shared.errors import Unavailable
from tests.local import small
from tests.local.provider_clients import (
    accept_webhooks,
    alipay_call,
    alipay_page,
    alipay_post,
    books,
    desk,
    is_signed_by_wechatpay,
    secret,
    stripe_create,
    stripe_refund,
    stripe_send,
    webhooks,
    wechatpay_close,
    wechatpay_create,
    wechatpay_query,
    wechatpay_send,
)
from tests.local.stand_ins import ACT, CALLS

PROVIDERS_SOURCE = Path(__file__).resolve().parents[2] / "local" / "providers"
PROVIDERS = ("alipay", "wechatpay", "stripe")
DAY = 86_400
REF = "PAYMENT01"
INTENT = "pi_300000000000000000000001"
QUERY = f"/v3/pay/transactions/out-trade-no/{REF}?mchid=1600000001"


@pytest.fixture(autouse=True)
def answering(cloud):
    cloud.sweeper = False
    accept_webhooks()


def pay(cloud, provider, **form):
    return desk(cloud, f"/{provider}/payments/{REF}/pay", form)


# --- forms ---


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    "form",
    [
        {"amuont": 1},
        {"amount": 0},
        {"amount": 1.0},
        {"amount": True},
        {"amount": 10**12 + 1},
        {"amount": 1, "outcome": "perhaps"},
        {"amount": 1, "currency": "cny"},
        {"amount": 1, "deliver": "soon"},
        {"amount": 1, "deliver": -1},
        {"amount": 1, "deliver": [0] * 21},
        {"amount": 1, "deliver": [1.5]},
        {"amount": 1, "again": "yes"},
        {"amount": 1, "payer_total": -1},
        {"amount": 1, "reason": "Not A Code"},
    ],
)
def test_a_form_that_says_something_impossible_is_refused(cloud, provider, form):
    answer = pay(cloud, provider, **form)

    assert (answer.status, answer.json()["error"]) == (400, "malformed")
    assert books(cloud, provider)["totals"] == {}
    assert webhooks() == []


@pytest.mark.parametrize(
    ("provider", "form"),
    [
        ("alipay", {"livemode": False}),
        ("alipay", {"mchid": "1"}),
        ("wechatpay", {"seller_id": "1"}),
        ("stripe", {"app_id": "1"}),
        ("stripe", {"livemode": 0}),
        ("alipay", {"outcome": "partly"}),
        ("wechatpay", {"outcome": "partly"}),
    ],
)
def test_each_provider_knows_its_own_forms_alone(cloud, provider, form):
    assert pay(cloud, provider, amount=100, **form).status == 400
    assert webhooks() == []


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/paypal/books", None),
        ("/alipay/payments/P/chargeback", {}),
        ("/wechatpay/payments/P/fraud-warning", {}),
        ("/stripe/payments/P/finish", {}),
        ("/stripe/signs-with", {"key": "certificate"}),
        ("/alipay/resend", {"reference": "P"}),
        ("/alipay/payments/P/refund", {"amount": 1}),
        ("/alipay/payments/P/refund-mode", {"mode": "succeed"}),
        ("/deliveries", {}),
    ],
)
def test_what_there_is_not_is_not_found(cloud, path, form):
    assert desk(cloud, path, form).status == 404


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_reference_that_nobody_opened_is_paid_when_an_amount_is_given(cloud, provider):
    assert pay(cloud, provider).json()["error"] == "unknown_reference"

    paid = pay(cloud, provider, amount=500, currency="EUR")

    assert paid.status == 200
    assert books(cloud, provider)["totals"]["EUR"]["captured"] == 500
    assert len(webhooks()) == 1


# --- deliveries ---


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("deliver", "moments"),
    [("now", [0]), ("twice", [0, 0]), ("never", []), (600, [600]), ([0, 10, DAY], [0, 10, DAY])],
)
def test_a_webhook_comes_when_it_was_ordered(cloud, provider, deliver, moments):
    seen = []
    cloud.before.append(lambda kind, _: kind == "invoke" and seen.append(cloud.clock.now() - small.START))

    pay(cloud, provider, amount=500, deliver=deliver)
    cloud.advance(2 * DAY)

    assert seen == moments


def test_what_is_queued_is_listed_the_next_first(cloud):
    pay(cloud, "stripe", amount=500, deliver=600)
    desk(cloud, "/alipay/payments/P02/pay", {"amount": 500, "deliver": 60})

    queued = desk(cloud, "/deliveries").json()["queued"]

    assert [(q["provider"], q["reference"], q["due_at"] - small.START) for q in queued] == [
        ("alipay", "P02", 60),
        ("stripe", REF, 600),
    ]
    assert [(q["kind"], q["attempt"]) for q in queued] == [
        ("TRADE_SUCCESS", 1),
        ("payment_intent.succeeded", 1),
    ]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_webhook_that_was_withheld_can_be_sent_by_hand(cloud, provider):
    [event_id] = pay(cloud, provider, amount=500, deliver="never").json()["events"]

    for _ in range(2):
        assert desk(cloud, f"/{provider}/resend", {"reference": REF}).json()["event_id"] == event_id

    assert len(webhooks()) == 2


def test_a_webhook_goes_to_the_path_that_the_request_named(cloud):
    alipay_page(cloud, REF, notify_url="http://shop.invalid/webhooks/payments/other")
    ACT["api"] = lambda _: {"statusCode": 200, "body": "success"}

    pay(cloud, "alipay")

    [(event, _)] = webhooks()
    assert event["rawPath"] == "/webhooks/payments/other"


def test_a_probe_bears_a_wrong_signature_on_purpose(cloud):
    ACT["api"] = lambda _: {"statusCode": 401}

    assert desk(cloud, "/wechatpay/probe", {}).json() == {"answered": 401}

    [(event, _)] = webhooks()
    assert event["headers"]["wechatpay-signature"].startswith("WECHATPAY/SIGNTEST/")
    assert desk(cloud, "/deliveries").json()["queued"] == []


# --- faults ---


@pytest.mark.parametrize(
    ("fault", "status", "is_done"),
    [
        ("timeout", 504, False),
        ("slow", 504, True),
        ("500", 500, False),
        ("500_done", 500, True),
        ("unsigned", 200, True),
    ],
)
def test_a_fault_happens_to_the_next_call_alone(cloud, fault, status, is_done):
    desk(cloud, "/wechatpay/faults", {"next": 1, "fault": fault, "on": "close"})
    wechatpay_create(cloud, REF)
    close = f"/v3/pay/transactions/out-trade-no/{REF}/close"

    answer = wechatpay_send(cloud, "POST", close, {"mchid": "1600000001"})

    assert answer.status == (204 if fault == "unsigned" else status)
    assert ("wechatpay-signature" in answer.headers) is (status == 500)
    assert wechatpay_query(cloud, REF)[1]["trade_state"] == ("CLOSED" if is_done else "NOTPAY")
    assert desk(cloud, "/wechatpay/faults").json() == {"faults": []}


def test_a_garbled_answer_breaks_off_in_the_middle(cloud):
    wechatpay_create(cloud, REF)
    whole = wechatpay_send(cloud, "GET", QUERY)
    desk(cloud, "/wechatpay/faults", {"next": 1, "fault": "garbled"})

    answer = wechatpay_send(cloud, "GET", QUERY)

    assert answer.body == whole.body[: len(whole.body) // 2]
    assert not is_signed_by_wechatpay(answer.headers, answer.body.decode())


def test_an_unsigned_answer_of_alipay_has_no_sign(cloud):
    alipay_page(cloud, REF)
    desk(cloud, "/alipay/faults", {"next": 1, "fault": "unsigned", "on": "query"})

    answer = alipay_post(cloud, "alipay.trade.query", {"out_trade_no": REF})

    assert list(answer.json()) == ["alipay_trade_query_response"]
    assert desk(cloud, "/stripe/faults", {"next": 1, "fault": "unsigned"}).status == 400


def test_alipays_own_failure_is_code_20000(cloud):
    alipay_page(cloud, REF)
    desk(cloud, "/alipay/faults", {"next": 1, "fault": "500", "on": "close"})

    refused = alipay_call(cloud, "alipay.trade.close", {"out_trade_no": REF})

    assert (refused["code"], refused["sub_code"]) == ("20000", "isp.unknow-error")
    open_still = alipay_call(cloud, "alipay.trade.query", {"out_trade_no": REF})
    assert open_still["trade_status"] == "WAIT_BUYER_PAY"


def test_faults_wait_for_their_operation_and_can_be_taken_back(cloud):
    desk(cloud, "/wechatpay/faults", {"next": 2, "fault": "timeout", "on": "query"})
    wechatpay_create(cloud, REF)
    assert wechatpay_send(cloud, "GET", QUERY).status == 504

    left = desk(cloud, "/wechatpay/faults").json()["faults"]
    desk(cloud, "/wechatpay/faults", {"next": 0})

    assert left == [{"fault": "timeout", "on": "query", "next": 1}]
    assert wechatpay_send(cloud, "GET", QUERY).status == 200


def test_a_webhook_can_overtake_the_answer(cloud):
    cloud.settles = False
    stripe_create(cloud, REF)
    pay(cloud, "stripe")
    cloud.settle()
    desk(cloud, "/stripe/faults", {"next": 1, "fault": "notice_first", "on": "refund"})

    seen_before_answer = len(webhooks())
    stripe_refund(cloud, INTENT, 100)

    assert (seen_before_answer, len(webhooks())) == (1, 3)


# --- the cloud ---


def test_the_product_reaches_the_providers_without_a_network(cloud):
    send = shared.outside.outside.http
    token = {"Authorization": f"Bearer {secret()['stripe']['secret_key']}"}

    answer = send("GET", f"{cloud.url}/_stripe/v1/refunds", headers=token, body=b"", seconds=1)
    desk(cloud, "/stripe/faults", {"next": 1, "fault": "timeout", "on": "refund_query"})

    assert (answer.status, json.loads(answer.body)["data"]) == (200, [])
    assert answer.headers["request-id"] == "req_00000000000001"
    with pytest.raises(Unavailable):
        send("GET", f"{cloud.url}/_stripe/v1/refunds", headers=token, body=b"", seconds=1)
    with pytest.raises(Unavailable):
        send("GET", "https://api.stripe.com/v1/refunds", headers=token, body=b"", seconds=1)


def test_they_are_reached_over_real_http_as_well(cloud):
    server = Server(cloud).start()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("POST", f"/_providers/alipay/payments/{REF}/pay", '{"amount": 100}')
    answer = connection.getresponse()
    said = answer.status, json.loads(answer.read())
    connection.close()
    server.stop()

    assert (said[0], said[1]["status"]) == (200, "succeeded")
    assert len(webhooks()) == 1


def test_a_world_put_back_knows_what_it_knew(cloud):
    wechatpay_create(cloud, REF)
    pay(cloud, "wechatpay", deliver=600)
    stripe_create(cloud, REF, key="key-1")
    desk(cloud, "/alipay/faults", {"next": 3, "fault": "500"})
    world = cloud.world()

    for _ in range(2):
        cloud.begin_again(world)
        assert webhooks() == []
        assert books(cloud, "wechatpay")["totals"]["CNY"]["captured"] == 8_800
        assert stripe_create(cloud, REF, key="key-1").headers["idempotent-replayed"] == "true"
        assert desk(cloud, "/alipay/faults").json()["faults"][0]["next"] == 3
        wechatpay_close(cloud, REF)
        stripe_send(cloud, "POST", f"/payment_intents/{INTENT}/cancel", {})
        cloud.advance(600)
        assert len(webhooks()) == 2
        CALLS.clear()


def test_a_reset_forgets_everything(cloud):
    pay(cloud, "alipay", amount=100, deliver=60)
    desk(cloud, "/stripe/faults", {"next": 3, "fault": "500"})

    cloud.reset()

    assert books(cloud, "alipay") == {"references": {}, "totals": {}, "elsewhere": {}, "paid_out": {}}
    assert desk(cloud, "/deliveries").json() == {"queued": [], "given_up": []}
    assert desk(cloud, "/stripe/faults").json() == {"faults": []}
    assert cloud.next_due() is None


def test_the_same_story_twice_is_the_same_to_the_last_byte(cloud):
    told = []
    for _ in range(2):
        cloud.reset()
        for provider in PROVIDERS:
            pay(cloud, provider, amount=100)
        told.append([(event["headers"], body) for event, body in webhooks()])
        CALLS.clear()

    assert told[0] == told[1]
    assert len(told[0]) == 3


def test_they_share_no_code_with_the_product():
    sources = sorted(PROVIDERS_SOURCE.glob("*.py"))
    imported = {
        name
        for source in sources
        for node in ast.walk(ast.parse(source.read_text()))
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else _named(node))
    }

    assert sources
    assert not [name for name in imported if name.partition(".")[0] in ("shared", "functions", "infra")]
    assert {name for name in imported if name.startswith("local") and "providers" not in name} == {
        "local.forms"
    }


def _named(node):
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
