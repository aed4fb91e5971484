"""What every function has alike."""

import re
from dataclasses import fields

import pytest

from infra.environment import POLICY
from shared.lifecycle import MACHINES
from shared.settings import Policy, Settings

NAMES = (
    "order_api",
    "refunds",
    "returns",
    "evidence_api",
    "merchant_api",
    "review_api",
    "support_api",
    "member_api",
    "catalogue_api",
    "stock_api",
    "payment_callback",
    "carrier_callback",
    "warehouse_callback",
    "payments",
    "fulfilment",
    "splitting",
    "stock",
    "relay",
    "clock",
    "sweep",
    "poll",
    "keys",
    "bookkeeper",
    "closing",
    "reconcile",
    "archive",
    "settlement_api",
    "books_api",
)


def resolved(environment):
    """The variables as a function would see them: references become some text."""
    return {name: value if isinstance(value, str) else "resolved" for name, value in environment.items()}


@pytest.mark.parametrize("name", NAMES)
def test_a_function_is_told_everything_its_settings_read(stack, name):
    environment = resolved(stack.functions()[name]["Environment"]["Variables"])

    settings = Settings.read(environment)

    asked_for = {field.name.upper() for field in fields(Settings) if field.name != "policy"}
    asked_for |= {field.name.upper() for field in fields(Policy)}
    assert set(environment) == asked_for
    assert settings.stage == stack.stage
    assert settings.policy.payment_timeout_seconds == 1_800
    assert settings.policy.receipt_timeout_seconds == 864_000
    assert settings.policy.settlement_delay_seconds == 604_800


def test_all_functions_are_told_the_same(stack):
    [told] = {str(function["Environment"]) for function in stack.functions().values()}

    assert "ORDERS_TABLE" in told


def test_functions_know_where_providers_reach_us_and_where_they_reach_providers(stack):
    told = stack.functions()["order_api"]["Environment"]["Variables"]

    [api] = stack.resources("AWS::ApiGatewayV2::Api")
    assert told["PUBLIC_URL"] == {"Fn::GetAtt": [api, "ApiEndpoint"]}
    assert told["PAYMENT_KEYS_ARN"]["Ref"].startswith("PaymentKeys")
    assert told["ALIPAY_URL"] == "https://openapi.alipay.com/gateway.do"
    assert told["WECHATPAY_URL"] == "https://api.mch.weixin.qq.com"
    assert told["STRIPE_URL"] == "https://api.stripe.com"
    assert told["PARTNER_KEYS_ARN"]["Ref"].startswith("PartnerKeys")
    assert told["KUAIDI100_URL"] == "https://poll.kuaidi100.com"
    assert told["AFTERSHIP_URL"] == "https://api.aftership.com"
    assert told["EASYPOST_URL"] == "https://api.easypost.com"
    assert told["SEVENTEENTRACK_URL"] == "https://api.17track.net"


def test_each_table_s_variable_names_that_table(stack):
    told = stack.functions()["order_api"]["Environment"]["Variables"]

    assert told["ORDERS_TABLE"]["Ref"].startswith("DataOrders")
    assert told["STOCK_TABLE"]["Ref"].startswith("DataStock")
    assert told["LEDGER_TABLE"]["Ref"].startswith("DataLedger")
    assert told["CATALOGUE_TABLE"]["Ref"].startswith("DataCatalogue")
    assert told["MEMBERS_TABLE"]["Ref"].startswith("DataMembers")
    assert told["BUS_NAME"]["Ref"].startswith("EventsBus")


def test_every_deadline_of_the_lifecycle_has_its_number():
    named = {deadline.policy.upper() for machine in MACHINES.values() for deadline in machine.deadlines}

    assert named <= set(POLICY)
    assert all(POLICY[name] > 0 for name in named)


def test_goods_are_delivered_to_europe_and_to_what_the_shop_serves_beyond(stack):
    told = stack.functions()["order_api"]["Environment"]["Variables"]["DELIVERABLE_COUNTRIES"]
    countries = told.split(",")

    assert {"CN", "HK", "MO", "TW", "GB", "IE", "FR", "DE", "CY", "IS"} <= set(countries)
    assert {"SG", "JP", "AU", "US", "CA", "AE", "BR", "IL", "LB", "SA", "ZA", "BH"} <= set(countries)
    assert len(countries) == len(set(countries))
    assert all(len(country) == 2 and country.isalpha() and country.isupper() for country in countries)


def test_the_sandbox_is_named_in_dev_only(dev, prod):
    in_dev = dev.functions()["payments"]["Environment"]["Variables"]
    in_prod = prod.functions()["payments"]["Environment"]["Variables"]

    assert in_dev["SANDBOX_SECRET_ARN"]["Ref"].startswith("SandboxSecret")
    assert (in_prod["SANDBOX_URL"], in_prod["SANDBOX_SECRET_ARN"]) == ("", "")


@pytest.mark.parametrize("name", NAMES)
def test_a_function_runs_our_code_on_our_layer_with_limits_and_a_log_that_ends(stack, name):
    function = stack.functions()[name]
    log = stack.template["Resources"][function["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]

    assert function["Handler"] == f"functions.{name}.handler"
    assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
    own = ["ArchiveLayer"] if name == "archive" else []
    assert {re.sub(r"[0-9A-F]{8}$", "", layer["Ref"]) for layer in function["Layers"]} == {"Layer", *own}
    assert 0 < function["Timeout"] <= {"archive": 600, "reconcile": 840}.get(name, 50)
    assert function["LoggingConfig"]["LogFormat"] == "JSON"
    assert log["RetentionInDays"] == {"dev": 7, "prod": 90}[stack.stage]


def test_whatever_comes_every_minute_ends_before_it_comes_again(stack):
    time_outs = {name: stack.functions()[name]["Timeout"] for name in ("sweep", "poll")}

    assert time_outs == {"sweep": 50, "poll": 50}


def test_all_functions_of_a_release_run_the_same_code(stack):
    assert len({function["Code"]["S3Key"] for function in stack.functions().values()}) == 1


@pytest.mark.parametrize(
    ("name", "queue"),
    [
        ("clock", "LostClocks"),
        ("sweep", "LostSweeps"),
        ("poll", "LostPolls"),
        ("keys", "LostKeyChecks"),
        ("closing", "LostClosings"),
        ("reconcile", "LostReconciliations"),
        ("archive", "LostArchivings"),
    ],
)
def test_what_nobody_waits_for_leaves_its_failures_somewhere(stack, name, queue):
    function = stack.functions()[name]
    [config] = [
        entry
        for entry in stack.resources("AWS::Lambda::EventInvokeConfig").values()
        if entry["FunctionName"]["Ref"].lower().startswith(name)
    ]

    assert function["DeadLetterConfig"]["TargetArn"]["Fn::GetAtt"][0].startswith(queue)
    assert config["MaximumRetryAttempts"] == 2
    assert config["MaximumEventAgeInSeconds"] == 900


def test_buyers_cannot_starve_payments_and_parcels_in_production(prod, dev):
    reserved = {name: f.get("ReservedConcurrentExecutions") for name, f in prod.functions().items()}

    assert {name: share for name, share in reserved.items() if share} == {
        "payment_callback": 20,
        "carrier_callback": 20,
        "warehouse_callback": 20,
    }
    assert not [f for f in dev.functions().values() if "ReservedConcurrentExecutions" in f]
