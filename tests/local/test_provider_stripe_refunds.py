"""Stripe on the laptop: refunds, their lists and failures, and disputes."""

import pytest

from tests.local.provider_clients import (
    accept_webhooks,
    books,
    desk,
    stripe_create,
    stripe_events,
    stripe_refund,
    stripe_send,
)

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


def test_a_refund_succeeds_at_once_and_is_told(cloud, paid):
    made = stripe_refund(cloud, INTENT, 3_000, key="R-1").json()

    expected = {"object": "refund", "amount": 3_000, "status": "succeeded", "payment_intent": INTENT}
    assert expected.items() <= made.items()
    assert kinds()[1:] == ["refund.created", "charge.refunded"]
    assert stripe_events()[2][1]["amount_refunded"] == 3_000
    assert books(cloud, "stripe")["totals"]["CNY"]["refunded"] == 3_000


def test_refunds_are_listed_page_by_page_newest_first(cloud, paid):
    made = [stripe_refund(cloud, INTENT, 100, f"R-{n}").json()["id"] for n in range(5)]

    first = read(cloud, f"/refunds?payment_intent={INTENT}&limit=3")
    rest = read(cloud, f"/refunds?payment_intent={INTENT}&limit=3&starting_after={made[2]}")

    assert ([r["id"] for r in first["data"]], first["has_more"]) == (made[:1:-1], True)
    assert ([r["id"] for r in rest["data"]], rest["has_more"]) == (made[1::-1], False)
    assert read(cloud, f"/refunds/{made[0]}")["metadata"] == {"refund_id": "R-0"}


def test_more_than_was_paid_is_never_refunded(cloud, paid):
    stripe_refund(cloud, INTENT, 8_000)

    too_much = stripe_refund(cloud, INTENT, 801, "R-2")
    stripe_refund(cloud, INTENT, 800, "R-3")
    nothing_left = stripe_refund(cloud, INTENT, 1, "R-4")

    assert (too_much.status, too_much.json()["error"]["param"]) == (400, "amount")
    assert nothing_left.json()["error"]["code"] == "charge_already_refunded"
    assert books(cloud, "stripe")["totals"]["CNY"]["refunded"] == 8_800


def test_what_is_not_paid_is_not_refunded(cloud):
    stripe_create(cloud, REF)

    assert stripe_refund(cloud, INTENT, 100).status == 400
    assert stripe_refund(cloud, "pi_9", 100).json()["error"]["code"] == "resource_missing"


@pytest.mark.parametrize(
    ("mode", "status", "told"),
    [
        ("pending", "succeeded", ["refund.updated"]),
        ("pending_then_failed", "failed", ["refund.failed", "refund.updated"]),
    ],
)
def test_a_slow_refund_ends_after_half_a_minute(cloud, paid, mode, status, told):
    desk(cloud, f"/stripe/payments/{REF}/refund-mode", {"mode": mode})
    made = stripe_refund(cloud, INTENT, 1_000).json()

    cloud.advance(30)

    assert made["status"] == "pending"
    assert kinds()[3:] == told
    now = read(cloud, f"/refunds/{made['id']}")
    assert now["status"] == status
    assert now.get("failure_reason") == (None if status == "succeeded" else "expired_or_canceled_card")


def test_a_refund_that_bounces_was_done_and_is_undone(cloud, paid):
    desk(cloud, f"/stripe/payments/{REF}/refund-mode", {"mode": "bounce"})
    stripe_refund(cloud, INTENT, 1_000)

    before = books(cloud, "stripe")["totals"]["CNY"]["refunded"]
    cloud.advance(DAY)

    assert (before, books(cloud, "stripe")["totals"]["CNY"]["refunded"]) == (1_000, 0)
    assert kinds()[-2:] == ["refund.failed", "refund.updated"]


def test_a_refund_that_fails_once_fails_for_a_day_under_its_key(cloud, paid):
    desk(cloud, f"/stripe/payments/{REF}/refund-mode", {"mode": "fail_once"})

    statuses = [stripe_refund(cloud, INTENT, 100, key="R-1").status for _ in range(2)]
    cloud.advance(DAY)

    assert statuses == [500, 500]
    assert stripe_refund(cloud, INTENT, 100, key="R-1").status == 200


def test_a_lost_answer_is_of_a_refund_that_was_made(cloud, paid):
    desk(cloud, f"/stripe/payments/{REF}/refund-mode", {"mode": "answer_lost"})

    assert stripe_refund(cloud, INTENT, 100, key="R-1").status == 504
    assert stripe_refund(cloud, INTENT, 100, key="R-1").json()["status"] == "succeeded"
    assert books(cloud, "stripe")["totals"]["CNY"]["refunded"] == 100


@pytest.mark.parametrize(
    ("reason", "code"), [("not_allowed", "charge_disputed"), ("balance_short", "balance_insufficient")]
)
def test_a_refund_fails_for_good_by_the_reason(cloud, paid, reason, code):
    desk(cloud, f"/stripe/payments/{REF}/refund-mode", {"mode": "fail_for_good", "reason": reason})

    assert stripe_refund(cloud, INTENT, 100).json()["error"]["code"] == code
    assert books(cloud, "stripe")["totals"]["CNY"]["refunded"] == 0


def test_a_refund_by_hand_bears_no_number_of_ours(cloud, paid):
    desk(cloud, f"/stripe/payments/{REF}/refund", {"amount": 500})

    assert kinds()[1:] == ["refund.created", "charge.refunded"]
    assert stripe_events()[1][1]["metadata"] == {}


# --- disputes ---


@pytest.mark.parametrize(
    ("end", "told", "reinstated"),
    [
        ("won", ["charge.dispute.closed", "charge.dispute.funds_reinstated"], 8_800),
        ("lost", ["charge.dispute.closed"], 0),
    ],
)
def test_a_chargeback_takes_the_money_and_ends(cloud, paid, end, told, reinstated):
    form = {"end": end, "after": 5 * DAY}
    made = desk(cloud, f"/stripe/payments/{REF}/chargeback", form).json()

    assert kinds()[1:] == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    assert stripe_refund(cloud, INTENT, 100).json()["error"]["code"] == "charge_disputed"
    cloud.advance(5 * DAY)

    assert made == {"dispute_id": "du_100000000000000000000001", "withdrawn": 8_800}
    assert kinds()[3:] == told
    assert stripe_events()[-1][1]["status"] == end
    sums = books(cloud, "stripe")["references"][REF]
    assert (sums["withdrawn"], sums["reinstated"]) == (8_800, reinstated)
    assert stripe_refund(cloud, INTENT, 100).status == (200 if end == "won" else 400)


def test_an_open_chargeback_of_a_part_stays_open(cloud, paid):
    desk(cloud, f"/stripe/payments/{REF}/chargeback", {"amount": 500, "end": "open"})
    cloud.advance(60 * DAY)

    assert stripe_events()[-1][1]["status"] == "needs_response"
    assert books(cloud, "stripe")["totals"]["CNY"]["withdrawn"] == 500
    assert desk(cloud, f"/stripe/payments/{REF}/chargeback", {"amount": 8_801}).status == 409


def test_a_fraud_warning_moves_no_money(cloud, paid):
    desk(cloud, f"/stripe/payments/{REF}/fraud-warning", {})

    kind, told = stripe_events()[-1]
    assert (kind, told["payment_intent"]) == ("radar.early_fraud_warning.created", INTENT)
    assert books(cloud, "stripe")["totals"]["CNY"]["withdrawn"] == 0
