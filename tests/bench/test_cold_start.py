"""What a webhook's function must not import, asked of fresh interpreters."""

import pytest

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
