import re

import pytest

from shared.context import ID_PATTERN, Context, context, new_order_id
from shared.instants import rfc3339, schedule_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1970-01-01T00:00:00"),
        (951_782_400, "2000-02-29T00:00:00"),
        (1_795_300_200, "2026-11-21T22:30:00"),
        (4_107_542_399, "2100-02-28T23:59:59"),
    ],
)
def test_times_are_utc_in_both_texts(seconds, text, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Shanghai")

    assert schedule_text(seconds) == text
    assert rfc3339(seconds) == f"{text}Z"


def made(now, random):
    return new_order_id(Context(now, lambda count: random[:count]))


def test_numbers_of_orders_sort_by_time_and_cannot_be_guessed():
    low, high = bytes(10), b"\xff" * 10
    later = made(1_700_000_001, low)

    assert made(1_700_000_000, low) == "01HF7YAT000000000000000000"
    assert made(1_700_000_000, high) == "01HF7YAT00ZZZZZZZZZZZZZZZZ"
    assert made(1_700_000_000, high) < later


def test_a_number_is_26_characters_that_nobody_misreads():
    numbers = {new_order_id(context(lambda: 1_800_000_000.9)) for _ in range(1000)}

    assert len(numbers) == 1000
    assert all(re.fullmatch(ID_PATTERN, number) for number in numbers)
    assert {number[:10] for number in numbers} == {"01MCC5RM00"}


def test_now_is_a_whole_second_of_the_clock_that_was_handed_in():
    assert context(lambda: 1_800_000_000.999).now == 1_800_000_000
