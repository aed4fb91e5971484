"""JSON from strangers, read strictly: one object, no key twice, no NaN, no floats by accident, not too deep.

``json.loads`` alone takes NaN and Infinity, lets the last of two equal keys win, and recurses until it dies.
"""

import json
from math import isfinite
from typing import Any, NoReturn

from shared.errors import Malformed

DEPTH_MAX = 8
NUMBER_DIGITS_MAX = 20


def read_object(raw: bytes, *, depth_max: int = DEPTH_MAX) -> dict[str, Any]:
    """Return the one JSON object in *raw*. Raises ``Malformed``, which says what is wrong and never quotes it."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as cause:
        raise Malformed("the body is not UTF-8") from cause
    if _depth(text) > depth_max:
        raise Malformed("the body is nested too deeply")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_without_repeats,
            parse_constant=_refuse_constant,
            parse_int=_number(int),
            parse_float=_number(float),
        )
    except json.JSONDecodeError as cause:
        raise Malformed(f"the body is not JSON (line {cause.lineno}, column {cause.colno})") from cause
    if not isinstance(value, dict):
        raise Malformed("the body is not a JSON object")
    return value


def _depth(text: str) -> int:
    """The deepest nesting, ignoring brackets inside strings. Linear, without recursion."""
    depth = deepest = 0
    in_string = escaped = False
    for character in text:
        if in_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise Malformed("a key stands twice in one object")
    return members


def _refuse_constant(_: str) -> NoReturn:
    raise Malformed("NaN and Infinity are not JSON")


def _number(kind: type[int] | type[float]) -> Any:
    def read(text: str) -> int | float:
        if len(text) > NUMBER_DIGITS_MAX:
            raise Malformed("a number is too long")
        number = kind(text)
        if not isfinite(number):
            raise Malformed("a number is too large")
        return number

    return read
