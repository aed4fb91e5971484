"""One line an invocation, and figures that CloudWatch finds."""

import json
import logging
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from functions.telling import Logger, Metrics

INVOCATION = SimpleNamespace(function_name="Callback", aws_request_id="r-1")


@pytest.fixture
def lines() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def logger(lines: list[dict[str, Any]]) -> Iterator[Logger]:
    made = Logger("of-a-test")
    made.out = lambda line: lines.append(json.loads(line))
    yield made
    logging.getLogger("of-a-test").handlers = []


@pytest.fixture
def metrics(lines: list[dict[str, Any]]) -> Metrics:
    made = Metrics("of-a-test")
    made.out = lambda line: lines.append(json.loads(line))
    return made


def test_a_line_says_what_happened_in_which_invocation_and_how_it_began(logger, lines):
    @logger.inject_lambda_context
    def handler(event, _context):
        logger.info("webhook", provider="stripe", outcome=event["outcome"], name="杭州")
        return "answer"

    answers = [handler({"outcome": outcome}, INVOCATION) for outcome in ("applied", "duplicate")]

    assert answers == ["answer", "answer"]
    stamps = [line.pop("timestamp") for line in lines]
    assert all(len(stamp) == len("2027-01-15T08:00:00.000Z") and stamp[-1] == "Z" for stamp in stamps)
    first = {
        "level": "INFO",
        "message": "webhook",
        "service": "of-a-test",
        "cold_start": True,
        "function": "Callback",
        "request_id": "r-1",
        "provider": "stripe",
        "outcome": "applied",
        "name": "杭州",
    }
    assert lines == [first, first | {"cold_start": False, "outcome": "duplicate"}]


def test_an_exception_is_told_with_where_it_came_from(logger, lines):
    try:
        raise ConnectionError("gone")
    except ConnectionError:
        logger.exception("sweep failed", order_id="1")

    [line] = lines
    assert (line["level"], line["message"], line["order_id"]) == ("ERROR", "sweep failed", "1")
    assert "test_telling.py" in line["exception"]
    assert line["exception"].endswith("ConnectionError: gone")


def test_nothing_is_written_a_second_time_by_the_handler_of_the_platform(logger, lines, caplog):
    logger.info("once")

    assert [line["message"] for line in lines] == ["once"]
    assert caplog.records == []


def test_on_a_laptop_only_errors_are_told_until_it_is_closed(logger, lines):
    everything = logger.only_errors()
    logger.info("hidden")
    logger.error("shown")
    everything()
    logger.info("shown again")

    assert [line["message"] for line in lines] == ["shown", "shown again"]


def test_the_figures_of_an_invocation_are_told_when_it_is_over_under_the_service(metrics, lines):
    @metrics.log_metrics
    def handler(_event, _context):
        metrics.add_metric(name="WebhookApplied", unit="Count", value=1)
        metrics.add_metric(name="OldestAskSeconds", unit="Seconds", value=7)
        metrics.add_metric(name="WebhookApplied", unit="Count", value=2)
        assert lines == []
        return "answer"

    assert handler({}, INVOCATION) == "answer"

    [line] = lines
    assert line["_aws"].pop("Timestamp") > 1_700_000_000_000
    assert line == {
        "_aws": {
            "CloudWatchMetrics": [
                {
                    "Namespace": "of-a-test",
                    "Dimensions": [["service"]],
                    "Metrics": [
                        {"Name": "WebhookApplied", "Unit": "Count"},
                        {"Name": "OldestAskSeconds", "Unit": "Seconds"},
                    ],
                }
            ]
        },
        "service": "of-a-test",
        "WebhookApplied": [1, 2],
        "OldestAskSeconds": [7],
    }


def test_figures_are_told_even_if_the_invocation_fails_and_do_not_leak_into_the_next(metrics, lines):
    @metrics.log_metrics
    def handler(event, _context):
        if event["fails"]:
            metrics.add_metric(name="SweepFailed", unit="Count", value=1)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        handler({"fails": True}, INVOCATION)
    handler({"fails": False}, INVOCATION)

    assert [line["SweepFailed"] for line in lines] == [[1]]


def test_no_line_holds_more_values_than_cloudwatch_takes(metrics, lines):
    for number in range(250):
        metrics.add_metric(name="SweepFailed", unit="Count", value=number)
    metrics.flush()

    assert [len(line["SweepFailed"]) for line in lines] == [100, 100, 50]
    assert [value for line in lines for value in line["SweepFailed"]] == list(range(250))
