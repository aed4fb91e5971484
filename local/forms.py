"""Strict reading of the small JSON forms that the laptop's own routes take."""

import json
from collections.abc import Iterable, Mapping
from typing import Any


class Malformed(Exception):
    """The form says something impossible. The text tells the caller what to write instead."""


def document(body: bytes) -> dict[str, Any]:
    """Return the JSON object in *body*."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as malformed:
        raise Malformed("the body is no JSON") from malformed
    if not isinstance(value, dict):
        raise Malformed("the body must be a JSON object")
    return value


def only(form: Mapping[str, Any], *known: str) -> None:
    """Refuse members that nobody reads: they are typing errors."""
    if unknown := set(form) - set(known):
        raise Malformed(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(known)}")


def whole(form: Mapping[str, Any], name: str, *, least: int, most: int) -> int:
    """Return a whole number within limits. 1.0, "1" and true are none."""
    value = form.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Malformed(f"{name} must be a whole number from {least} to {most}")
    return value


def text(form: Mapping[str, Any], name: str) -> str:
    """Return a short text that is not empty."""
    value = form.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= 128 or not value.isprintable():
        raise Malformed(f"{name} must be a text of 1 to 128 characters")
    return value


def choice(form: Mapping[str, Any], name: str, options: Iterable[str], default: str | None = None) -> str:
    """Return one of the options."""
    value = form.get(name, default)
    if value not in (known := tuple(options)):
        raise Malformed(f"{name} must be one of {', '.join(known)}")
    return str(value)


def flag(form: Mapping[str, Any], name: str) -> bool:
    """Return true or false; false when nothing is said."""
    value = form.get(name, False)
    if not isinstance(value, bool):
        raise Malformed(f"{name} must be true or false")
    return value
