"""What every tracker's message is made of, read alike: one header, a form of JSON, times, codes, places, numbers.

What a member says and we cannot use is left out, or ``Malformed`` where nothing is left without it. Nothing that we
keep is longer than it may be, or holds a character that cannot be printed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from shared.errors import Malformed, SignatureInvalid, Unavailable
from shared.fulfilment.carriers.port import CODE_LENGTH_MAX, PLACE_LENGTH_MAX, Checkpoint, Headers, Status
from shared.outside import Answer
from shared.strict_json import read_object

DEPTH_MAX = 16
CHECKPOINTS_MAX = 200  # The newest of one parcel.
EARLIEST = 946_684_800  # The year 2000: before it, a time is a slip.
AHEAD_SECONDS = (
    86_400  # A time without its zone may lie so far ahead; what lies further would end all that follows.
)
ZONE_MINUTES_MAX = 14 * 60
Object = Mapping[str, Any]
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(?:Z|([+-])(\d\d):?(\d\d))?", re.ASCII
)
_WAYBILL = re.compile(r"[0-9A-Z-]{1,64}", re.ASCII)


def only_header(headers: Headers, name: str) -> str:
    """The value of a header that must come exactly once. Raises ``SignatureInvalid``."""
    values = [value for key, value in headers if key.lower() == name]
    if len(values) != 1:
        raise SignatureInvalid
    return values[0]


def member(thing: Object, name: str) -> Object:
    """An object inside *thing*; an empty one, where the tracker says null or nothing."""
    value = thing.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Malformed(f"{name} is not an object")
    return value


def members(thing: Object, name: str) -> list[Object]:
    """A list of objects inside *thing*; an empty one, where the tracker says null or nothing."""
    value = thing.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise Malformed(f"{name} is not a list of objects")
    return value


def waybill(value: object) -> str:
    """A waybill number as we write it. Only ASCII becomes upper case: ``ß`` would become two letters.

    >>> waybill(" sf1000001 ")
    'SF1000001'
    """
    text = value.strip() if isinstance(value, str) else ""
    number = text.upper() if text.isascii() else ""
    if not _WAYBILL.fullmatch(number):
        raise Malformed("there is no waybill number")
    return number


def code(*values: object) -> str:
    """The first of *values* that says something: a text, or a whole number.

    >>> code(None, "", 304), code("InTransit_007", "InTransit")
    ('304', 'InTransit_007')
    """
    texts = (str(value) if type(value) in (str, int) else "" for value in values)
    return next((text for text in (_printable(text, CODE_LENGTH_MAX) for text in texts) if text), "")


def place(*values: object) -> str:
    """A town, its region and its country, as far as they are told.

    >>> place("ORLANDO", "FL", None, "US")
    'ORLANDO, FL, US'
    """
    parts = [_printable(value, PLACE_LENGTH_MAX) for value in values if isinstance(value, str)]
    return ", ".join(part for part in parts if part)[:PLACE_LENGTH_MAX]


def _printable(text: str, length_max: int) -> str:
    """The start of *text* without what cannot be printed; looked at no further than twice *length_max*."""
    return "".join(one for one in text[: 2 * length_max].strip() if one.isprintable())[:length_max]


def instant(value: object, *, now: int, zone_hours: int = 0) -> int | None:
    """The second that *value* names; None, when it names none that may be. A text without a zone is told in the zone
    that lies *zone_hours* east of UTC.

    >>> instant("2027-01-15 16:00:00", now=1_800_000_000, zone_hours=8)
    1800000000
    >>> instant("2027-01-15T03:00:00.000-05:00", now=1_800_000_000)
    1800000000
    """
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    *clock, sign, hours, minutes = found.groups()
    has_zone = found.group().endswith("Z") or sign is not None
    offset = (int(hours or 0) * 60 + int(minutes or 0)) * (-1 if sign == "-" else 1)
    offset = offset if has_zone else zone_hours * 60
    try:
        year, month, day, hour, minute, second = (int(part or 0) for part in clock)
        local = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    at = int(local.timestamp()) - offset * 60
    is_usable = abs(offset) <= ZONE_MINUTES_MAX and EARLIEST <= at <= now + AHEAD_SECONDS
    return at if is_usable else None


def history(found: Iterable[Checkpoint | None], whole: Checkpoint | None = None) -> tuple[Checkpoint, ...]:
    """The checkpoints that have a time, oldest first, none twice, and what they come to.

    *found* stands in the order of events; None is an entry without a usable time. *whole* is how the tracker sums the
    parcel up. Of what it says only the status and the code count, and they hold from the newest checkpoint on: an
    entry without a code of its own takes them, after one that says something else they stand as another.
    Raises ``Malformed``, when there were entries and none of them has a time.
    """
    entries = list(found)
    dated = sorted((one for one in entries if one is not None), key=lambda one: one.at)
    if entries and not dated:
        raise Malformed("no checkpoint has a time")
    once = list({(one.at, one.status, one.code): one for one in reversed(dated)}.values())[::-1]
    if once and whole is not None and whole.status not in (Status.UNKNOWN, once[-1].status):
        newest = once[-1] if once[-1].code else once.pop()
        once.append(newest._replace(status=whole.status, code=whole.code))
    return tuple(once[-CHECKPOINTS_MAX:])


@contextmanager
def understood() -> Iterator[None]:
    """What an answer says and we cannot read leaves everything open."""
    try:
        yield
    except Malformed as garbled:
        raise Unavailable("the tracker's answer is not understood") from garbled


def answered(answer: Answer, *statuses: HTTPStatus) -> dict[str, Any]:
    """The object that came with one of *statuses*. Raises ``Unavailable``."""
    if answer.status not in statuses:
        raise Unavailable(f"the tracker answered {answer.status}")
    with understood():
        return read_object(answer.body, depth_max=DEPTH_MAX)
