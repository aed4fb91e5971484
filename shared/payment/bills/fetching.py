"""Ask a provider for its bill of one day, and write it into a file as it came.

    with open(path, "wb") as sink:
        fetched = fetch_bill(outside, provider, "2026-11-21", sink, now=now)

What is in *sink* counts only when the answer is READY. After any other answer, and after ``Unavailable``, throw it
away.
"""

from contextlib import suppress
from enum import StrEnum, auto
from typing import Protocol, runtime_checkable
from urllib.parse import SplitResult, urlsplit

from shared.errors import NotFound, Unavailable
from shared.outside import Outside, Sink
from shared.payment.bills.days import ready_at

SECONDS = 240  # For one bill; a function may run for fifteen minutes.
BILL_BYTES_MAX = 8 * 1024**3
NOT_ITS_OWN = "the provider names an address that is not its own"


class Fetched(StrEnum):
    READY = auto()
    NOT_YET = auto()  # Ask again later.
    NONE = auto()  # There is none: nothing moved on that day.


@runtime_checkable
class Billing(Protocol):
    """A provider that sends bills. The sandbox sends none."""

    name: str

    def fetch_bill(self, outside: Outside, day: str, sink: Sink, *, now: int) -> Fetched:
        """Write the bill of *day*, which is due, into *sink*. Raises ``Unavailable``, ``TooLarge``."""


def fetch_bill(outside: Outside, provider: object, day: str, sink: Sink, *, now: int) -> Fetched:
    """Write *provider*'s bill of *day* into *sink*, if there is one; before it can be, nobody is asked.

    Raises ``Unavailable`` (ask again), ``TooLarge``, ``Malformed`` (no day), ``NotFound`` (it sends no bills).
    """
    if not isinstance(provider, Billing):
        raise NotFound("this provider sends no bills")
    if now < ready_at(provider.name, day):
        return Fetched.NOT_YET
    return provider.fetch_bill(outside, day, sink, now=now)


def own_address(url: object, base: str, further: str = "") -> str:
    """*url*, if it is at the provider whose API is at *base*: the same scheme, host and port. Or at a host below
    *further*, if *base* is too; that one over TLS, even where the provider still writes http.

    A bill's address comes from an answer: whoever can change it must not make us call somewhere else.
    Raises ``Unavailable``.
    """
    if isinstance(url, str) and url.isascii() and url.isprintable():
        with suppress(ValueError):  # A host in half a pair of brackets.
            parts, own = urlsplit(url), urlsplit(base)
            if parts.fragment or not parts.path:
                raise Unavailable(NOT_ITS_OWN)
            if (parts.scheme, parts.netloc) == (own.scheme, own.netloc):
                return url
            if further and _is_below(parts, further) and _is_below(own, further) and own.scheme == "https":
                return parts._replace(scheme="https").geturl()
    raise Unavailable(NOT_ITS_OWN)


def _is_below(address: SplitResult, host: str) -> bool:
    """Whether it is at a host below *host*, at no odd port and under nobody's name."""
    is_plain = address.netloc.islower() and not set(address.netloc) & set("@:")
    return is_plain and address.netloc.endswith(f".{host}") and address.scheme in ("http", "https")
