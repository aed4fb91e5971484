"""A provider's day is the day of its own clock, and its bill is ready at its own hour."""

from datetime import UTC, datetime

import pytest

from shared.errors import Malformed, NotFound
from shared.payment.bills.days import Span, day_of, ready_at, span_of


def at(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("provider", "since", "until", "ready"),
    [
        ("alipay", "2026-11-20 16:00", "2026-11-21 16:00", "2026-11-22 01:00"),
        ("wechatpay", "2026-11-20 16:00", "2026-11-21 16:00", "2026-11-22 02:00"),
        ("stripe", "2026-11-21 00:00", "2026-11-22 00:00", "2026-11-22 00:00"),
    ],
)
def test_a_day_begins_ends_and_is_ready_when_its_provider_says(provider, since, until, ready):
    assert span_of(provider, "2026-11-21") == Span(at(since), at(until))
    assert ready_at(provider, "2026-11-21") == at(ready)
    assert day_of(provider, at(since) - 1) == "2026-11-20"
    assert day_of(provider, at(since)) == day_of(provider, at(until) - 1) == "2026-11-21"
    assert day_of(provider, at(until)) == "2026-11-22"


@pytest.mark.parametrize(
    "day", ["", "2026-11", "20261121", "2026-02-30", "21.11.2026", "2026-11-21T00", "9999-12-31"]
)
def test_what_is_no_day_is_refused(day):
    with pytest.raises(Malformed):
        span_of("alipay", day)


def test_who_sends_no_bills_has_no_days():
    with pytest.raises(NotFound):
        ready_at("sandbox", "2026-11-21")
