"""Now and chance, handed in. Rules and use cases never reach for a clock or for dice.

Only this module may; ruff bans the rest. Ids are made by rules from what is handed in, so that a test, a replay
and the local cloud's virtual clock decide them.
"""

import secrets
import time
from collections.abc import Callable
from typing import NamedTuple

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U.
ID_PATTERN = r"[0-9A-HJKMNP-TV-Z]{26}"


class Context(NamedTuple):
    now: int  # epoch seconds, UTC
    random_bytes: Callable[[int], bytes]


def real_clock() -> float:
    """Return the seconds since 1970, as the machine knows them."""
    return time.time()  # noqa: TID251  # The one place.


def context(clock: Callable[[], float] = real_clock) -> Context:
    return Context(int(clock()), secrets.token_bytes)


def new_order_id(at: Context) -> str:
    """Return 26 characters: 10 of time, so that ids sort, and 16 of chance (80 bits), so that nobody guesses.

    The layout is that of a ULID (https://github.com/ulid/spec), to the second.

    >>> new_order_id(Context(1_700_000_000, lambda count: b"\\x00" * count))
    '01HF7YAT000000000000000000'
    """
    return _base32(at.now * 1000, 10) + _base32(int.from_bytes(at.random_bytes(10), "big"), 16)


def id_of(digest: bytes) -> str:
    """Return the 26 characters that the first 16 bytes of *digest* decide: for what is the same by what it is.

    >>> id_of(b"\\x00" * 15 + b"\\x21")
    '00000000000000000000000011'
    """
    return _base32(int.from_bytes(digest[:16], "big"), 26)


def _base32(number: int, length: int) -> str:
    return "".join(_ALPHABET[number >> (5 * place) & 31] for place in reversed(range(length)))
