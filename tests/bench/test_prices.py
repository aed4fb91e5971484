import json
from datetime import date
from decimal import Decimal

import pytest

from bench.prices import LIST_PRICES, read_prices


def test_the_list_prices_are_those_of_the_platform_notes():
    prices = read_prices()

    assert prices.cost("dynamodb.write_unit", Decimal(1_000_000)) == Decimal("0.625")
    assert prices.cost("lambda.gb_second_arm64", Decimal(1)) == Decimal("0.0000133334")
    assert prices.cost("states.express_request", Decimal(2_000_000)) == Decimal(2)
    assert set(prices.usd) == {
        "lambda.request", "lambda.gb_second_arm64", "dynamodb.write_unit", "dynamodb.read_unit",
        "dynamodb.storage_gb_month", "events.custom", "scheduler.invocation", "states.express_request",
        "states.express_gb_second", "http_api.request", "sqs.request", "logs.ingest_gb", "logs.storage_gb_month",
    }  # fmt: skip


def test_prices_know_their_age():
    assert read_prices().age_days(date(2026, 11, 21)) == 20


def test_another_list_takes_the_place_of_ours(tmp_path):
    document = json.loads(LIST_PRICES.read_text(encoding="utf-8"))
    document["prices"]["events.custom"]["usd"] = "3"
    path = tmp_path / "prices.json"
    path.write_text(json.dumps(document), encoding="utf-8")

    assert read_prices(path).cost("events.custom", Decimal(1_000_000)) == Decimal(3)


def test_prices_in_another_currency_are_refused(tmp_path):
    path = tmp_path / "prices.json"
    path.write_text(
        json.dumps({"source": "", "date": "2026-11-01", "currency": "CNY", "prices": {}}), encoding="utf-8"
    )

    with pytest.raises(ValueError, match="CNY"):
        read_prices(path)
