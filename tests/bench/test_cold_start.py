"""What a webhook's function must not import, asked of fresh interpreters."""

import gc

import pytest

import functions  # noqa: F401  # Every handler's start begins with it.
from bench.cold_start import imported_for_a_webhook

FRAMEWORKS = {
    "aws_xray_sdk",
    "aws_lambda_powertools.tracing",
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.event_handler.openapi",
    "pydantic",
    "boto3",
    "requests",
}
ORACLES = {"stripe", "wechatpayv3", "alipay"}


@pytest.mark.parametrize("provider", ["alipay", "wechatpay", "stripe", "sandbox"])
def test_a_webhook_s_function_starts_without_frameworks_and_without_the_providers_packages(provider):
    imported = imported_for_a_webhook(provider)

    assert {module for module, found in imported.items() if found} <= {"cryptography"}
    assert set(imported) == FRAMEWORKS | ORACLES | {"cryptography"}


@pytest.mark.parametrize(
    ("provider", "needs_it"), [("wechatpay", True), ("stripe", False), ("sandbox", False)]
)
def test_cryptography_is_loaded_for_those_who_sign_with_rsa_only(provider, needs_it):
    assert imported_for_a_webhook(provider)["cryptography"] is needs_it


def test_a_start_is_not_searched_for_garbage_over_and_over():
    assert gc.get_threshold()[0] == 200_000
