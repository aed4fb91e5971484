import json
import subprocess

import pytest
from stripe import SignatureVerificationError, Webhook, WebhookSignature

from shared.errors import Malformed, SignatureInvalid
from shared.money import Money
from shared.payment.facts import (
    FAILURES,
    PaymentKind,
)
from shared.payment.port import Notice, Provider, Told
from shared.payment.providers.stripe_failures import PAYMENT_FAILURES, REFUND_FAILURES
from tests.payment.stripe_signer import (
    DROPPED,
    INTENT,
    LIVE,
    NOW,
    OLD_SECRET,
    PAID,
    SECRET,
    TEST,
    a_stripe,
    an_event,
    an_intent,
    digest,
    header,
    one,
    signed,
    told,
    waiting,
    without,
    written,
)

# ------------------------------------------------------------------ the signature, against others' implementations


@pytest.mark.parametrize("secret", [SECRET, OLD_SECRET])
def test_what_the_sdk_signs_is_accepted_under_the_present_and_the_former_secret(secret):
    made = WebhookSignature.generate_signature_header(PAID.decode(), secret, timestamp=NOW)

    notice = a_stripe().verify([("Stripe-Signature", made)], PAID, NOW)

    assert notice == Notice("stripe", json.loads(PAID), NOW)


def test_what_we_sign_is_accepted_by_the_sdk():
    event = Webhook.construct_event(PAID, header(PAID), SECRET, tolerance=0)

    assert (event.id, event.data.object.id) == ("evt_1", INTENT)


def test_what_we_refuse_is_refused_by_the_sdk():
    with pytest.raises(SignatureVerificationError):
        Webhook.construct_event(PAID + b" ", header(PAID), SECRET, tolerance=0)
    with pytest.raises(SignatureInvalid):
        a_stripe().verify(signed(PAID), PAID + b" ", NOW)


def test_what_openssl_signs_is_accepted():
    command = ["openssl", "dgst", "-sha256", "-hmac", SECRET]
    said = subprocess.run(command, input=b"1800000000." + PAID, capture_output=True, check=True).stdout
    mac = said.decode().split()[-1]

    assert a_stripe().verify([("stripe-signature", f"t=1800000000,v1={mac}")], PAID, NOW).verified_at == NOW


def test_a_known_signature_is_accepted():
    # printf '1800000000.{"object":"event","livemode":true}' | openssl dgst -sha256 -hmac whsec_abc
    known = "82f5d7f9e5c8aaf68b893aeb965f97ddaa14bb26b4ab00efe890625ef50e8701"
    keys = type(LIVE)(secret_key="sk", webhook_secrets=("whsec_abc",), livemode=True)
    body = b'{"object":"event","livemode":true}'

    notice = a_stripe(keys).verify([("Stripe-Signature", f"t=1800000000,v1={known}")], body, NOW)

    assert notice.message == {"object": "event", "livemode": True}


def filled_up(length):
    """A genuine header of exactly that length, with signatures of a scheme of tomorrow."""
    text = header(PAID) + f",v2={'0' * 200}" * 9
    return f"{text},v2={'0' * (length - len(text) - 4)}"


GENUINE = {
    "one signature": header(PAID),
    "the fake scheme of test mode": f"{header(PAID)},v0={digest(PAID, secret='fake')}",
    "the fake scheme first": f"v0={'6' * 64},{header(PAID)}",
    "the stamp last": f"v1={digest(PAID)},t={NOW}",
    "two secrets, ours first": f"{header(PAID)},v1={digest(PAID, secret='whsec_another')}",
    "two secrets, ours second": f"t={NOW},v1={digest(PAID, secret='whsec_another')},v1={digest(PAID)}",
    "the former secret": header(PAID, secret=OLD_SECRET),
    "eight signatures": f"t={NOW}," + ",".join(f"v1={n:064x}" for n in range(7)) + f",v1={digest(PAID)}",
    "a header as long as we read": filled_up(2_048),
    "a scheme of tomorrow": f"{header(PAID)},v2=c2lnbmVkIG90aGVyd2lzZQ==",
}


@pytest.mark.parametrize("way", GENUINE)
def test_every_header_that_stripe_makes_is_accepted(way):
    assert a_stripe().verify([("Stripe-Signature", GENUINE[way])], PAID, NOW).provider == "stripe"


@pytest.mark.parametrize("late", [0, 1, -1, 300, -300])
def test_a_genuine_message_is_accepted_for_five_minutes_either_way(late):
    assert a_stripe().verify(signed(PAID), PAID, NOW + late).verified_at == NOW + late


@pytest.mark.parametrize("name", ["Stripe-Signature", "stripe-signature", "STRIPE-SIGNATURE"])
def test_the_header_is_found_in_any_case(name):
    assert a_stripe().verify([("x-other", "1"), (name, header(PAID))], PAID, NOW).verified_at == NOW


def test_events_as_deep_as_those_of_bank_transfers_are_read():
    assert told("payment_intent.requires_action", waiting(17_100)) == ()
    assert one("payment_intent.partially_funded", waiting(11_100)).money == Money(6_000, "USD")


def test_the_test_mode_has_an_account_of_its_own():
    body = written(an_event("payment_intent.succeeded", an_intent(livemode=False), livemode=False))

    assert a_stripe(TEST).verify(signed(body), body, NOW).message["livemode"] is False


def test_an_event_from_the_bus_needs_no_signature():
    event = an_event("payment_intent.succeeded", an_intent())

    notice = a_stripe().notice_from_bus(event, NOW)

    assert notice == Notice("stripe", event, NOW)
    assert a_stripe().interpret(notice)[0].kind is PaymentKind.PAID


@pytest.mark.parametrize("livemode", [False, None, "true", 1, DROPPED])
def test_an_event_of_the_other_mode_is_refused_from_the_bus_too(livemode):
    with pytest.raises(SignatureInvalid):
        a_stripe().notice_from_bus(without(an_event("charge.refunded", {}), livemode=livemode), NOW)


@pytest.mark.parametrize("kind", ["v2.core.event", "charge", None, DROPPED])
def test_what_is_no_event_is_refused_from_the_bus_too(kind):
    with pytest.raises(Malformed):
        a_stripe().notice_from_bus(without(an_event("charge.refunded", {}), object=kind), NOW)


def test_the_adapter_is_a_provider():
    provider: Provider = a_stripe()

    assert provider.name == "stripe"


# ------------------------------------------------------------------ answers


@pytest.mark.parametrize("outcome", [Told.APPLIED, Told.DUPLICATE, Told.NO_EFFECT, Told.QUARANTINED])
def test_what_need_not_come_again_is_received(outcome):
    assert a_stripe().acknowledge(outcome) == (200, "application/json", '{"received":true}')


@pytest.mark.parametrize(
    ("outcome", "status"), [(Told.PARKED, 503), (Told.REFUSED, 401), (Told.TOO_LARGE, 413), (Told.BUSY, 503)]
)
def test_what_must_come_again_is_told_without_a_reason(outcome, status):
    expected = (status, "application/problem+json", '{"title":"not accepted"}')

    assert a_stripe().acknowledge(outcome) == expected


def test_every_failure_is_one_of_our_words():
    assert {*PAYMENT_FAILURES.values(), *REFUND_FAILURES.values()} <= FAILURES
