import json
from contextlib import suppress
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Malformed
from shared.strict_json import DEPTH_MAX, read_object

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
objects = st.dictionaries(st.text(max_size=5), values, max_size=5)


def depth(value):
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return 1 + max(map(depth, inner), default=0)
    return 0


@given(objects.filter(lambda value: depth(value) <= DEPTH_MAX), st.booleans())
def test_ordinary_objects_are_read_as_they_are(value, is_ascii):
    assert read_object(json.dumps(value, ensure_ascii=is_ascii).encode()) == value


@given(st.binary(max_size=200))
def test_whatever_bytes_come_the_answer_is_an_object_or_a_refusal(raw):
    with suppress(Malformed):
        assert isinstance(read_object(raw), dict)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b'{"a": 1,}', "not JSON"),
        (b'{"a": 01}', "not JSON"),
        (b'{"a": +1}', "not JSON"),
        (b'{"a": 1_000}', "not JSON"),
        (b'{"a": 0x10}', "not JSON"),
        (b'{"a": "\x00"}', "not JSON"),
        (b'{"a": 1} {"b": 2}', "not JSON"),
        (b'\xef\xbb\xbf{"a": 1}', "not JSON"),  # A byte order mark.
        ('{"a": ١٢٣}'.encode(), "not JSON"),
        (b"[]", "not a JSON object"),
        (b'[{"a": 1}]', "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b"1", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b"true", "not a JSON object"),
        (b'{"a": NaN}', "NaN and Infinity"),
        (b'{"a": Infinity}', "NaN and Infinity"),
        (b'{"a": -Infinity}', "NaN and Infinity"),
        (b'{"a": 1e400}', "too large"),
        (b'{"a": -1e400}', "too large"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": 1, "\\u0061": 2}', "twice"),
        (b'{"a": {"b": 1, "b": 1}}', "twice"),
        (b'{"a": 123456789012345678901}', "number is too long"),
        (b'{"a": 0.1234567890123456789}', "number is too long"),
        (b'{"a": "\xff"}', "not UTF-8"),
        ('{"a": "é"}'.encode("utf-16"), "not UTF-8"),
        (b'{"a": "\xed\xa0\x80"}', "not UTF-8"),  # Half a surrogate pair, raw.
    ],
)
def test_what_is_not_one_plain_object_is_refused(raw, reason):
    with pytest.raises(Malformed, match=reason):
        read_object(raw)


def test_nesting_is_read_to_the_limit_and_not_beyond():
    assert read_object(b'{"a":' * 7 + b"{}" + b"}" * 7)["a"] is not None
    with pytest.raises(Malformed, match="too deeply"):
        read_object(b'{"a":' * 8 + b"{}" + b"}" * 8)


def test_brackets_in_a_text_are_no_nesting():
    assert read_object(b'{"a": "[[[[[[[[[[{{{{{{{{\\"[[[["}')["a"] == '[[[[[[[[[[{{{{{{{{"[[[['


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_a_hundred_thousand_levels_are_refused_quickly_and_without_recursion(opening):
    began = process_time()
    with pytest.raises(Malformed, match="too deeply"):
        read_object(b'{"a":' + opening * 100_000)

    assert process_time() - began < 1


def test_a_huge_number_costs_nothing():
    began = process_time()
    with pytest.raises(Malformed, match="number is too long"):
        read_object(b'{"a": ' + b"9" * 1_000_000 + b"}")

    assert process_time() - began < 1


def test_a_refusal_never_quotes_what_was_sent():
    with pytest.raises(Malformed) as refused:
        read_object(b'{"phone": 13800000000 oops}')

    assert "138" not in refused.value.reason
    assert "phone" not in refused.value.reason
