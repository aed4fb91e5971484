"""Stripe on the laptop: idempotency, PaymentIntents, refunds, disputes, signed events. Checked with its own kit."""

import json
from itertools import pairwise

import pytest

from tests.local import small
from tests.local.provider_clients import (
    accept_webhooks,
    books,
    desk,
    refuse_webhooks,
    stripe_create,
    stripe_events,
    stripe_refund,
    stripe_send,
    webhooks,
)
from tests.local.stand_ins import ACT

DAY = 86_400
REF = "P01"
INTENT, CHARGE = "pi_300000000000000000000001", "ch_300000000000000000000001"


@pytest.fixture(autouse=True)
def answering(cloud):
    cloud.sweeper = False
    accept_webhooks()


def kinds():
    return [kind for kind, _ in stripe_events()]


def pay(cloud, reference=REF, **form):
    return desk(cloud, f"/stripe/payments/{reference}/pay", form)


def read(cloud, path):
    return stripe_send(cloud, "GET", path).json()


@pytest.fixture
def paid(cloud):
    assert stripe_create(cloud, REF).status == 200
    pay(cloud)


# --- its API ---


def test_a_payment_intent_begins_without_a_payment_method(cloud):
    made = stripe_create(cloud, REF).json()

    expected = {
        "id": INTENT,
        "object": "payment_intent",
        "amount": 8_800,
        "amount_received": 0,
        "currency": "cny",
        "status": "requires_payment_method",
        "metadata": {"reference": REF},
        "livemode": True,
    }
    assert expected.items() <= made.items()
    assert made["client_secret"].startswith(f"{INTENT}_secret_")
    assert read(cloud, f"/payment_intents/{INTENT}") == made


def test_nobody_comes_in_without_the_secret_key(cloud):
    answer = stripe_send(cloud, "GET", "/refunds", token="sk_live_wrong")

    assert (answer.status, answer.json()["error"]["type"]) == (401, "invalid_request_error")


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ({"amount": "1.5", "currency": "cny"}, "amount"),
        ({"amount": "0", "currency": "cny"}, "amount"),
        ({"amount": "-1", "currency": "cny"}, "amount"),
        ({"amount": "100000000", "currency": "cny"}, "amount"),
        ({"amount": "1", "currency": "CNY"}, "currency"),
        ({"amount": "1", "currency": "cny", "reference": REF}, "reference"),
    ],
)
def test_a_payment_intent_that_cannot_be_is_refused(cloud, form, param):
    answer = stripe_send(cloud, "POST", "/payment_intents", form)

    assert (answer.status, answer.json()["error"]["param"]) == (400, param)
    assert books(cloud, "stripe")["references"] == {}


def test_the_first_answer_under_a_key_is_given_again(cloud):
    first = stripe_create(cloud, REF, key="key-1")
    again = stripe_create(cloud, REF, key="key-1")

    assert (again.status, again.json()) == (200, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert books(cloud, "stripe")["references"][REF]["transactions"] == [INTENT]


def test_another_request_under_the_same_key_is_an_error(cloud):
    stripe_create(cloud, REF, key="key-1")

    other = stripe_create(cloud, REF, amount=8_801, key="key-1")
    elsewhere = stripe_refund(cloud, INTENT, 1, key="key-1")

    for refused in (other, elsewhere):
        assert (refused.status, refused.json()["error"]["type"]) == (400, "idempotency_error")


def test_a_key_is_forgotten_after_a_day(cloud):
    stripe_create(cloud, REF, key="key-1")
    cloud.advance(DAY - 1)
    assert stripe_create(cloud, REF, key="key-1").json()["id"] == INTENT
    cloud.advance(1)

    assert stripe_create(cloud, REF, key="key-1").json()["id"] != INTENT


def test_a_500_is_given_again_and_nothing_was_done(cloud):
    desk(cloud, "/stripe/faults", {"next": 1, "fault": "500"})

    answers = [stripe_create(cloud, REF, key="key-1").status for _ in range(3)]

    assert answers == [500, 500, 500]
    assert books(cloud, "stripe")["references"] == {}
    assert stripe_create(cloud, REF, key="key-2").status == 200


def test_a_500_is_given_again_even_where_it_was_done(cloud, paid):
    desk(cloud, "/stripe/faults", {"next": 1, "fault": "500_done", "on": "refund"})

    answers = [stripe_refund(cloud, INTENT, 100, key="R-1").status for _ in range(2)]

    assert answers == [500, 500]
    [made] = read(cloud, f"/refunds?payment_intent={INTENT}")["data"]
    assert (made["amount"], made["metadata"]) == (100, {"refund_id": "R-1"})


def test_a_refused_parameter_is_not_remembered_under_its_key(cloud):
    assert stripe_create(cloud, REF, amount=0, key="key-1").status == 400
    assert stripe_create(cloud, REF, key="key-1").status == 200


def test_a_payment_intent_is_searchable_after_a_minute(cloud):
    stripe_create(cloud, REF)
    stripe_create(cloud, "P02")
    path = f"/payment_intents/search?query=metadata%5B%27reference%27%5D%3A%27{REF}%27"

    assert read(cloud, path)["data"] == []
    cloud.advance(60)
    assert [found["id"] for found in read(cloud, path)["data"]] == [INTENT]


def test_canceling_ends_an_unpaid_one_and_refuses_a_paid_one(cloud, paid):
    stripe_create(cloud, "P02")
    stripe_create(cloud, "P03")
    pay(cloud, "P03", outcome="paying")

    canceled = stripe_send(cloud, "POST", "/payment_intents/pi_300000000000000000000002/cancel", {})
    refused = stripe_send(cloud, "POST", f"/payment_intents/{INTENT}/cancel", {})
    busy = stripe_send(cloud, "POST", "/payment_intents/pi_300000000000000000000003/cancel", {})

    assert canceled.json()["status"] == "canceled"
    assert kinds()[-1] == "payment_intent.canceled"
    error = refused.json()["error"]
    assert (refused.status, error["code"]) == (400, "payment_intent_unexpected_state")
    assert error["payment_intent"]["status"] == "succeeded"
    assert busy.json()["error"]["payment_intent"]["status"] == "processing"


# --- payments and their events ---


def test_a_payment_is_told_signed(cloud, paid):
    [(kind, told)] = stripe_events()

    assert kind == "payment_intent.succeeded"
    expected = {"id": INTENT, "status": "succeeded", "amount_received": 8_800, "latest_charge": CHARGE}
    assert expected.items() <= told.items()
    [(_, body)] = webhooks()
    outside = {name: json.loads(body)[name] for name in ("id", "object", "livemode", "created")}
    assert outside == {
        "id": "evt_300000000000000000000001",
        "object": "event",
        "livemode": True,
        "created": small.START,
    }


def test_an_event_comes_again_for_three_days_with_a_new_stamp(cloud):
    seen = []
    refuse_webhooks()
    cloud.before.append(lambda kind, _: kind == "invoke" and seen.append(int(cloud.clock.now())))
    stripe_create(cloud, REF)
    pay(cloud)

    cloud.advance(4 * DAY)

    gaps = [later - earlier for earlier, later in pairwise(seen)]
    assert gaps == [300, 1_800, 7_200, 18_000, 36_000, 36_000, 43_200, 43_200, 43_200]
    assert seen[-1] < small.START + 3 * DAY
    assert len({body for _, body in webhooks()}) == 1
    stamps = [event["headers"]["stripe-signature"].partition(",")[0] for event, _ in webhooks()]
    assert stamps == [f"t={moment}" for moment in seen]
    assert len(stripe_events()) == 10


@pytest.mark.parametrize(("status", "queued"), [(200, 0), (204, 0), (302, 1), (400, 1)])
def test_any_2xx_is_success(cloud, status, queued):
    ACT["api"] = lambda _: {"statusCode": status}
    stripe_create(cloud, REF)
    pay(cloud)

    assert len(desk(cloud, "/deliveries").json()["queued"]) == queued


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        ("insufficient_funds", {"code": "card_declined", "decline_code": "insufficient_funds"}),
        ("expired_card", {"code": "expired_card"}),
        (None, {"code": "card_declined", "decline_code": "generic_decline"}),
    ],
)
def test_a_declined_card_is_told_and_may_be_repaired(cloud, reason, error):
    stripe_create(cloud, REF)

    pay(cloud, outcome="failed", **({"reason": reason} if reason else {}))
    pay(cloud)

    (first, told), (second, _) = stripe_events()
    assert (first, second) == ("payment_intent.payment_failed", "payment_intent.succeeded")
    assert told["status"] == "requires_payment_method"
    assert error.items() <= told["last_payment_error"].items()
    assert ("decline_code" in told["last_payment_error"]) is ("decline_code" in error)
    assert books(cloud, "stripe")["totals"]["CNY"]["captured"] == 8_800


def test_a_transfer_in_parts_is_told_part_by_part(cloud):
    stripe_create(cloud, REF)

    pay(cloud, outcome="partly", amount=6_000)
    pay(cloud, outcome="partly", amount=2_800)

    (first, told), (second, whole) = stripe_events()
    assert (first, second) == ("payment_intent.partially_funded", "payment_intent.succeeded")
    assert told["next_action"]["display_bank_transfer_instructions"]["amount_remaining"] == 2_800
    assert (told["status"], told["amount_received"]) == ("requires_action", 0)
    assert whole["amount_received"] == 8_800


def test_a_part_goes_back_when_the_rest_never_comes(cloud):
    stripe_create(cloud, REF)
    pay(cloud, outcome="partly", amount=6_000)

    stripe_send(cloud, "POST", f"/payment_intents/{INTENT}/cancel", {})

    assert books(cloud, "stripe")["references"][REF]["captured"] == 0


def test_an_amount_that_was_not_asked_for_is_told_as_received(cloud):
    stripe_create(cloud, REF)

    pay(cloud, amount=8_799)

    [(_, told)] = stripe_events()
    assert (told["status"], told["amount"], told["amount_received"]) == ("succeeded", 8_800, 8_799)


@pytest.mark.parametrize("wrong", [{"livemode": False}, {"account": "acct_1"}])
def test_money_that_is_not_ours_is_told_authentically(cloud, wrong):
    stripe_create(cloud, REF)

    pay(cloud, **wrong)

    [(_, body)] = webhooks()
    told = json.loads(body)
    assert wrong.items() <= told.items()
    assert told["data"]["object"]["livemode"] is wrong.get("livemode", True)
    assert len(stripe_events()) == 1
    summary = books(cloud, "stripe")
    assert (summary["elsewhere"], summary["totals"]) == ({REF: 8_800}, {})
    assert read(cloud, f"/payment_intents/{INTENT}")["status"] == "requires_payment_method"
