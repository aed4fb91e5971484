"""The sandbox provider: its books are right, its webhooks are signed, late, doubled and sent again."""

import hashlib
import hmac
import json
from itertools import pairwise

import boto3
import pytest

import shared.outside
from local.template import REGION
from shared.errors import Unavailable
from tests.local import small
from tests.local.stand_ins import ACT, CALLS

OK = {"statusCode": 200}
PAY = {"amount": 13_500, "currency": "CNY"}
DAY = 86_400


@pytest.fixture(autouse=True)
def answering(cloud):
    cloud.sweeper = False
    ACT["api"] = lambda _: OK


def post(cloud, path, form):
    body = form if isinstance(form, bytes) else json.dumps(form).encode()
    return cloud.http("POST", f"/_sandbox{path}", {}, body)


def refund(cloud, refund_id="r-1", amount=1_000, **changed):
    form = {
        "refund_id": refund_id,
        "reference": "ref-1",
        "transaction_id": "txn_00000001",
        "amount": {"amount": amount, "currency": changed.pop("currency", "CNY")},
    }
    return post(cloud, "/refunds", {**form, **changed})


def books(cloud):
    return cloud.http("GET", "/_sandbox/books").json()


def notices():
    return [json.loads(event["body"]) for event in CALLS.get("api", [])]


def test_a_payment_is_announced_signed(cloud):
    paid = post(cloud, "/payments/ref-1", PAY)

    assert paid.json() == {"status": "succeeded", "transaction_id": "txn_00000001"}
    [event] = CALLS["api"]
    assert event["rawPath"] == "/webhooks/payments/sandbox"
    assert json.loads(event["body"]) == {
        "id": "evt_00000001",
        "type": "payment.succeeded",
        "created": small.START,
        "data": {
            "reference": "ref-1",
            "transaction_id": "txn_00000001",
            "account": "sandbox-ordercycle",
            "amount": {"amount": 13_500, "currency": "CNY"},
        },
    }
    arn = cloud.runtime.function("ApiFunction").environment["SANDBOX_SECRET_ARN"]
    secret = boto3.client("secretsmanager", REGION).get_secret_value(SecretId=arn)["SecretString"]
    content = f"{small.START}.{event['body']}".encode()
    expected = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    assert event["headers"]["ordercycle-signature"] == f"t={small.START},v1={expected}"


def test_a_failed_payment_says_why_and_moves_nothing(cloud):
    post(cloud, "/payments/ref-1", {**PAY, "outcome": "failed"})

    [notice] = notices()
    assert (notice["type"], notice["data"]["reason"]) == ("payment.failed", "card_declined")
    assert books(cloud)["totals"] == {}


@pytest.mark.parametrize(
    ("deliver", "moments"),
    [("now", [0]), ("twice", [0, 0]), ("never", []), (600, [600]), (3 * DAY, [3 * DAY])],
)
def test_a_webhook_comes_when_it_was_ordered(cloud, deliver, moments):
    seen = []
    ACT["api"] = lambda _: (seen.append(cloud.clock.now() - small.START), OK)[1]
    post(cloud, "/payments/ref-1", {**PAY, "deliver": deliver})

    cloud.advance(4 * DAY)

    assert seen == moments


def test_both_copies_of_a_doubled_webhook_are_the_same_event(cloud):
    post(cloud, "/payments/ref-1", {**PAY, "deliver": "twice"})

    first, second = notices()
    assert first == second


def test_a_webhook_that_is_not_answered_well_comes_again_later_and_later(cloud):
    seen = []
    ACT["api"] = lambda _: (seen.append(cloud.clock.now() - small.START), {"statusCode": 503})[1]
    post(cloud, "/payments/ref-1", PAY)

    cloud.advance(10 * DAY)

    gaps = [later - earlier for earlier, later in pairwise(seen)]
    assert gaps == [10, 60, 300, 3_600, 10_800, 21_600, 43_200, DAY, DAY]
    assert seen[-1] < 3 * DAY
    assert len(cloud.sandbox.given_up) == 1


def test_a_webhook_sent_again_is_signed_afresh(cloud):
    answers = iter([{"statusCode": 500}])
    ACT["api"] = lambda _: next(answers, OK)
    post(cloud, "/payments/ref-1", PAY)

    cloud.advance(DAY)

    first, second = (event["headers"]["ordercycle-signature"] for event in CALLS["api"])
    assert first.startswith(f"t={small.START},")
    assert second.startswith(f"t={small.START + 10},")


def test_a_closed_page_takes_no_money(cloud):
    assert post(cloud, "/payments/ref-1/close", {}).json() == {"status": "closed"}

    refused = post(cloud, "/payments/ref-1", PAY)

    assert (refused.status, refused.json()["error"]) == (409, "closed")
    assert notices() == []
    assert books(cloud)["totals"] == {}


def test_a_payment_may_slip_through_a_closed_page_when_asked_to(cloud):
    post(cloud, "/payments/ref-1/close", {})

    assert post(cloud, "/payments/ref-1", {**PAY, "even_if_closed": True}).status == 200
    assert books(cloud)["totals"] == {"CNY": {"captured": 13_500, "refunded": 0}}


def test_closing_a_paid_page_tells_of_the_payment(cloud):
    post(cloud, "/payments/ref-1", PAY)

    assert post(cloud, "/payments/ref-1/close", {}).json() == {
        "status": "paid",
        "payment": {
            "transaction_id": "txn_00000001",
            "amount": {"amount": 13_500, "currency": "CNY"},
            "paid_at": small.START,
        },
    }


def test_a_page_is_paid_once(cloud):
    post(cloud, "/payments/ref-1", PAY)

    assert post(cloud, "/payments/ref-1", PAY).status == 409
    assert books(cloud)["totals"]["CNY"]["captured"] == 13_500


def test_a_refund_repeated_moves_money_once(cloud):
    post(cloud, "/payments/ref-1", PAY)

    answers = [refund(cloud).json() for _ in range(3)]

    assert answers == [{"status": "succeeded"}] * 3
    assert books(cloud)["references"]["ref-1"]["refunded"] == 1_000


def test_a_refund_number_used_for_another_amount_is_refused(cloud):
    post(cloud, "/payments/ref-1", PAY)
    refund(cloud)

    assert refund(cloud, amount=2_000).status == 409
    assert books(cloud)["totals"]["CNY"]["refunded"] == 1_000


def test_more_than_was_paid_is_never_sent_back(cloud):
    post(cloud, "/payments/ref-1", PAY)

    assert refund(cloud, "r-1", 13_000).json() == {"status": "succeeded"}
    assert refund(cloud, "r-2", 501).json() == {"status": "failed"}
    assert refund(cloud, "r-3", 500).json() == {"status": "succeeded"}
    assert books(cloud)["totals"] == {"CNY": {"captured": 13_500, "refunded": 13_500}}


@pytest.mark.parametrize(
    "changed",
    [{"transaction_id": "txn_9"}, {"currency": "EUR"}, {"reference": "ref-2"}],
)
def test_a_refund_that_does_not_fit_its_payment_fails(cloud, changed):
    post(cloud, "/payments/ref-1", PAY)

    assert refund(cloud, **changed).json() == {"status": "failed"}
    assert books(cloud)["totals"]["CNY"]["refunded"] == 0


@pytest.mark.parametrize(
    ("mode", "end", "refunded"), [("pending", "succeeded", 1_000), ("pending_then_failed", "failed", 0)]
)
def test_a_pending_refund_is_announced_when_it_ends(cloud, mode, end, refunded):
    post(cloud, "/payments/ref-1", PAY)
    post(cloud, "/payments/ref-1/refund-mode", {"mode": mode})
    CALLS.clear()

    assert refund(cloud).json() == {"status": "pending"}
    assert books(cloud)["references"]["ref-1"]["pending"] == 1_000

    cloud.advance(30)

    [notice] = notices()
    assert notice["type"] == f"refund.{end}"
    assert (notice["data"]["refund_id"], notice["data"]["amount"]) == (
        "r-1",
        {"amount": 1_000, "currency": "CNY"},
    )
    assert refund(cloud).json() == {"status": end}
    assert books(cloud)["references"]["ref-1"]["refunded"] == refunded


def test_a_refund_may_fail_once_then_succeed(cloud):
    post(cloud, "/payments/ref-1", PAY)
    post(cloud, "/payments/ref-1/refund-mode", {"mode": "fail_once"})

    assert refund(cloud).status == 503
    assert books(cloud)["totals"]["CNY"]["refunded"] == 0
    assert refund(cloud).json() == {"status": "succeeded"}


def test_a_refund_may_fail_for_good(cloud):
    post(cloud, "/payments/ref-1", PAY)
    post(cloud, "/payments/ref-1/refund-mode", {"mode": "fail_for_good"})

    assert [refund(cloud).json() for _ in range(2)] == [{"status": "failed"}] * 2


def test_the_answer_to_a_refund_may_get_lost_after_the_money_moved(cloud):
    post(cloud, "/payments/ref-1", PAY)
    post(cloud, "/payments/ref-1/refund-mode", {"mode": "answer_lost"})

    assert refund(cloud).status == 504
    assert books(cloud)["totals"]["CNY"]["refunded"] == 1_000
    assert refund(cloud).json() == {"status": "succeeded"}


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"amount": 1.5, "currency": "CNY"},
        {"amount": 0, "currency": "CNY"},
        {**PAY, "outcome": "perhaps"},
        {**PAY, "deliver": "soon"},
        {**PAY, "deliver": -1},
        {**PAY, "deliver": True},
        {**PAY, "even_if_closed": "yes"},
        b"nonsense",
        [],
    ],
)
def test_a_malformed_payment_is_refused_and_nothing_is_booked(cloud, form):
    assert post(cloud, "/payments/ref-1", form).status == 400
    assert books(cloud)["totals"] == {}


def test_the_product_reaches_the_sandbox_without_a_network(cloud):
    send = shared.outside.outside.http
    request = {"headers": {}, "body": b"{}", "seconds": 1}

    answer = send("POST", f"{cloud.sandbox_url}/payments/ref-1/close", **request)

    assert (answer.status, json.loads(answer.body)) == (200, {"status": "closed"})
    with pytest.raises(Unavailable, match=r"example\.com cannot be reached"):
        send("POST", "https://example.com/x", **request)
