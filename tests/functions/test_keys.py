"""Keys are there before the first message, and new ones within five minutes, without a webhook waiting for them."""

import hashlib
import hmac
import importlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

import functions.payment_callback
from functions import wiring
from functions.wiring import at_cold_start, cold_starts, keyring, partners
from local.clock import StandingClock
from local.cloud import Cloud
from local.lambdas import Answer, forget_what_is_warm
from local.synthesis import fresh_template
from shared.outside import Call, outside

HOLDERS = (
    "fulfilment",
    "carrier_callback",
    "warehouse_callback",
    "order_api",
    "payments",
    "poll",
    "reconcile",
    "payment_callback",
)
NOTHING_OF_MONEY = json.dumps({"id": "evt_1", "type": "hello", "created": 1, "data": {}}).encode()
STRIPE = {"secret_key": "sk_test_1", "webhook_secrets": ["whsec_1"], "livemode": False}


class Shop:
    """A cloud, and what an operator and a provider do with keys."""

    def __init__(self) -> None:
        self.cloud = Cloud(fresh_template(), clock=StandingClock(1_795_300_000))
        told = next(iter(self.cloud.runtime.functions.values())).environment
        self._sandbox, self._keys = told["SANDBOX_SECRET_ARN"], told["PAYMENT_KEYS_ARN"]
        self._partners = told["PARTNER_KEYS_ARN"]
        self.tick()  # The first check finds functions that were never told anything.

    def put(self, text: str, *, is_sandbox: bool = False) -> None:
        client = boto3.client("secretsmanager", region_name="eu-west-1")
        client.put_secret_value(SecretId=self._sandbox if is_sandbox else self._keys, SecretString=text)

    def put_partners(self, keys: object) -> None:
        client = boto3.client("secretsmanager", region_name="eu-west-1")
        client.put_secret_value(SecretId=self._partners, SecretString=json.dumps(keys))

    def tick(self) -> None:
        """Five minutes pass, in which everything that comes every five minutes has come."""
        self.cloud.advance(300)

    def check(self) -> Answer:
        """The check alone, as its schedule calls it."""
        schedules = [r for r in self.cloud.resources if r.type == "AWS::Scheduler::Schedule"]
        [schedule] = [r for r in schedules if r.logical_id.startswith("SchedulesKeys")]
        target = schedule.properties["Target"]
        return self.cloud.runtime.invoke(target["Arn"], target["Input"].encode())

    def hears(self, key: str) -> int:
        """What a message that says nothing of money, signed with *key*, is answered."""
        moment = int(self.cloud.clock.now())
        mac = hmac.new(key.encode(), f"{moment}.".encode() + NOTHING_OF_MONEY, hashlib.sha256).hexdigest()
        headers = {"content-type": "application/json", "ordercycle-signature": f"t={moment},v1={mac}"}
        return self.cloud.http("POST", "/webhooks/payments/sandbox", headers, NOTHING_OF_MONEY).status

    def descriptions(self) -> dict[str, str]:
        described = self.cloud.runtime.functions.values()
        return {f.handler.split(".")[1]: f.description for f in described}


@pytest.fixture(scope="module")
def opened() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.cloud.close()


@pytest.fixture
def shop(opened: Shop) -> Iterator[Shop]:
    opened.put("{}")
    opened.put("{}")
    opened.tick()
    yield opened
    outside.around.clear()


@pytest.fixture
def calls() -> Iterator[list[Call]]:
    """The outside calls of the test, as they are made."""
    made: list[Call] = []

    def watch(call: Call, act: Callable[[], Any]) -> Any:
        made.append(call)
        return act()

    outside.around.append(watch)
    yield made
    outside.around.clear()


def services(calls: list[Call]) -> list[str]:
    return [call.service for call in calls]


def restarted(calls: list[Call]) -> list[str]:
    return [
        call.request["FunctionName"] for call in calls if call.operation == "update_function_configuration"
    ]


def test_a_function_that_starts_has_its_keys_before_its_first_message(shop, calls, monkeypatch):
    shop.put("one", is_sandbox=True)
    shop.tick()
    calls.clear()
    asked_before: list[str] = []
    handler = functions.payment_callback.handler

    def first(event: Any, context: Any) -> Any:
        asked_before.extend(services(calls))
        calls.clear()
        return handler(event, context)

    monkeypatch.setattr(functions.payment_callback, "handler", first)

    assert shop.hears("one") == 200

    assert (
        asked_before == ["secretsmanager"] * 4
    )  # Two secrets, the present and the previous version of each.
    assert "secretsmanager" not in services(calls)


def test_a_warm_function_never_asks_for_keys_whatever_comes(shop, calls):
    shop.put("one", is_sandbox=True)
    shop.tick()
    shop.hears("one")
    calls.clear()

    answers = [shop.hears("one"), shop.hears("guess"), shop.hears("one")]

    assert answers == [200, 401, 200]
    assert "secretsmanager" not in services(calls)


def test_new_keys_hold_within_five_minutes_beside_those_before_and_push_out_those_before_them(shop):
    shop.put("one", is_sandbox=True)
    shop.tick()
    shop.hears("one")  # From now on it is warm.
    shop.put("two", is_sandbox=True)
    unheard = shop.hears("two")
    shop.tick()
    after_one = {key: shop.hears(key) for key in ("one", "two", "three")}
    shop.put("three", is_sandbox=True)
    shop.tick()
    after_two = {key: shop.hears(key) for key in ("one", "two", "three")}

    assert unheard == 401
    assert after_one == {"one": 200, "two": 200, "three": 401}
    assert after_two == {"one": 401, "two": 200, "three": 200}


def test_the_keys_of_real_providers_are_exchanged_in_the_same_way(shop):
    shop.put(json.dumps({"stripe": STRIPE}))
    shop.put(json.dumps({"stripe": STRIPE | {"webhook_secrets": ["whsec_2"], "secret_key": "sk_test_2"}}))
    shop.tick()
    shop.hears("anything")  # A process starts.

    assert keyring().stripe is not None
    assert keyring().stripe.webhook_secrets == ("whsec_2", "whsec_1")
    assert keyring().stripe.secret_key == "sk_test_2"


def test_everybody_who_holds_keys_is_started_afresh_once_and_nobody_else(shop, calls):
    others = {name: text for name, text in shop.descriptions().items() if name not in HOLDERS}
    shop.put(json.dumps({"stripe": STRIPE}))

    shop.tick()
    once = restarted(calls)
    shop.tick()

    assert len(set(once)) == 8
    assert restarted(calls) == once
    described = shop.descriptions()
    assert {name: described[name] for name in others} == others
    marks = {described[name].removeprefix(f"Ordercycle: functions/{name}.py; keys ") for name in HOLDERS}
    assert len(marks) == 1
    assert all(len(mark) == 16 for mark in marks)


def test_taking_the_version_before_out_is_an_exchange_too(shop, calls):
    shop.put(json.dumps({"stripe": STRIPE | {"webhook_secrets": ["whsec_leaked"]}}))
    shop.tick()
    for _ in range(2):
        shop.put(json.dumps({"stripe": STRIPE}))
    shop.tick()
    shop.hears("anything")

    assert len(restarted(calls)) == 16
    assert keyring().stripe.webhook_secrets == ("whsec_1",)


def test_a_check_that_dies_half_way_is_made_good_by_the_next(shop, calls):
    before = shop.descriptions()
    shop.put(json.dumps({"stripe": STRIPE}))

    def die_at_the_sixth(call: Call, act: Callable[[], Any]) -> Any:
        if len(restarted(calls)) == 6 and call.operation == "update_function_configuration":
            raise ConnectionError
        return act()

    outside.around.append(die_at_the_sixth)
    died = shop.check()
    half = shop.descriptions()
    outside.around.remove(die_at_the_sixth)
    shop.tick()

    assert died.error_type == "ConnectionError"
    assert half["payment_callback"] == before["payment_callback"]
    whole = {text.partition("; keys ")[2] for name, text in shop.descriptions().items() if name in HOLDERS}
    assert len(whole) == 1
    assert before["payment_callback"].partition("; keys ")[2] not in whole


def test_who_checks_reads_which_versions_there_are_and_no_key(shop, calls):
    shop.check()

    assert [call.operation for call in calls] == [
        "describe_secret",
        "describe_secret",
        "describe_secret",
        "get_function_configuration",
    ]


def test_a_broken_version_leaves_the_one_before_in_force_and_people_are_told(shop, monkeypatch):
    told: list[str] = []
    monkeypatch.setattr(wiring.logger, "out", told.append)
    monkeypatch.setattr(wiring.metrics, "out", told.append)
    shop.put(json.dumps({"stripe": STRIPE}))
    shop.put(json.dumps({"stripe": STRIPE | {"webhook_secrets": ["hunter2"], "livemode": "no"}}))
    forget_what_is_warm()

    ring = keyring()

    line, figure = (json.loads(text) for text in told)
    assert ring.stripe.webhook_secrets == ("whsec_1",)
    assert (line["level"], line["message"]) == ("ERROR", "payment keys unusable")
    assert line["reason"] == "stripe/livemode is true or false"
    assert (figure["service"], figure["PaymentKeysUnusable"]) == ("ordercycle", [1])
    assert "hunter2" not in str(told)


def test_without_any_version_that_can_be_used_the_real_providers_are_off_and_the_shop_runs(shop):
    shop.put("nonsense")
    shop.put("[]")
    forget_what_is_warm()

    ring = keyring()

    assert (ring.alipay, ring.wechatpay, ring.stripe) == (None, None, None)
    assert ring.sandbox != ()


def test_where_there_is_no_sandbox_its_secret_is_not_read(shop, calls, monkeypatch):
    monkeypatch.setenv("SANDBOX_URL", "")
    forget_what_is_warm()

    assert keyring().sandbox == ()

    assert len(calls) == 2
    assert "Sandbox" not in str(calls)
    forget_what_is_warm()


def test_what_a_function_must_have_is_loaded_at_once_where_its_import_is_its_start(monkeypatch):
    loads: list[str] = []

    def ready() -> None:
        loads.append("ready")

    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")
    assert at_cold_start(ready) is ready
    monkeypatch.delenv("AWS_LAMBDA_RUNTIME_API")
    at_cold_start(ready)

    assert loads == ["ready"]
    assert cold_starts.pop(__name__) == [ready, ready]


# --- of warehouses and trackers ---

AFTERSHIP = {"api_key": "asat_1", "webhook_secrets": ["one"]}
W1 = {"url": "https://w1.invalid", "secrets": ["1" * 32]}


def knocks(shop: Shop, secret: str) -> int:
    """What a warehouse's message that says nothing, signed with *secret*, is answered."""
    moment = int(shop.cloud.clock.now())
    mac = hmac.new(secret.encode(), f"{moment}.{{}}".encode(), hashlib.sha256).hexdigest()
    headers = {"content-type": "application/json", "ordercycle-signature": f"t={moment},v1={mac}"}
    return shop.cloud.http("POST", "/webhooks/warehouses/W1", headers, b"{}").status


@pytest.mark.parametrize("module", ["carrier_callback", "warehouse_callback"])
def test_who_hears_partners_has_their_keys_before_the_first_message(shop, calls, monkeypatch, module):
    shop.put_partners({"warehouses": {"W1": W1}, "trackers": {"aftership": AFTERSHIP}})
    shop.tick()
    calls.clear()
    handler, path = f"functions.{module}.handler", {"carrier_callback": "carriers/aftership"}
    asked_before: list[str] = []
    genuine = importlib.import_module(f"functions.{module}").handler

    def first(event: Any, context: Any) -> Any:
        asked_before.extend(services(calls))
        calls.clear()
        return genuine(event, context)

    monkeypatch.setattr(handler, first)
    answer = shop.cloud.http("POST", f"/webhooks/{path.get(module, 'warehouses/W1')}", {}, b"{}")

    assert answer.status == 401
    assert asked_before == ["secretsmanager"] * 2  # The present and the previous version.
    assert services(calls) == []


def test_a_warehouse_s_new_secret_holds_within_five_minutes_beside_the_one_before(shop):
    first, second, third = ("1" * 32, "2" * 32, "3" * 32)
    for secret in (first, second):
        shop.put_partners({"warehouses": {"W1": W1 | {"secrets": [secret]}}})
        shop.tick()
    after_one = {secret: knocks(shop, secret) for secret in (first, second, third)}
    shop.put_partners({"warehouses": {"W1": W1 | {"secrets": [third]}}})
    shop.tick()
    after_two = {secret: knocks(shop, secret) for secret in (first, second, third)}

    assert after_one == {first: 422, second: 422, third: 401}  # It was heard, and said nothing.
    assert after_two == {first: 401, second: 422, third: 422}


def test_a_broken_version_of_partner_keys_leaves_the_one_before_in_force_and_people_are_told(
    shop, monkeypatch
):
    told: list[str] = []
    monkeypatch.setattr(wiring.logger, "out", told.append)
    monkeypatch.setattr(wiring.metrics, "out", told.append)
    shop.put_partners({"warehouses": {"W1": W1}})
    shop.put_partners({"warehouses": {"W1": W1 | {"secrets": ["hunter2"]}}})
    forget_what_is_warm()

    held = partners()

    line, figure = (json.loads(text) for text in told)
    assert held.warehouses["W1"].secrets == (b"1" * 32,)
    assert (line["level"], line["message"]) == ("ERROR", "partner keys unusable")
    assert line["reason"] == "warehouses/W1/secrets: a secret has at least 32 characters"
    assert (figure["service"], figure["PartnerKeysUnusable"]) == ("ordercycle", [1])
    assert "hunter2" not in str(told)


def test_without_any_version_that_can_be_used_partners_are_off_and_the_shop_runs(shop):
    shop.put_partners("nonsense")
    shop.put_partners([])
    forget_what_is_warm()

    held = partners()

    assert (dict(held.warehouses), held.aftership, held.tracker) == ({}, None, "")
