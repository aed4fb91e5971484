"""Which moments a provider's bill of one day covers, and when it is ready. A day is written as 2026-11-21.

provider    its day            ready               source
alipay      Beijing's          09:00 next day      open.alipay.com: from nine o'clock on
wechatpay   Beijing's          10:00 next day      pay.weixin.qq.com: generated from nine, fetch after ten
stripe      UTC's              when it is over     a list, which is always up to date
"""

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple

from shared.errors import Malformed, NotFound

BEIJING = timezone(timedelta(hours=8))


class Habit(NamedTuple):
    zone: tzinfo
    ready_hours: int  # After the day is over.


HABITS = {"alipay": Habit(BEIJING, 9), "wechatpay": Habit(BEIJING, 10), "stripe": Habit(UTC, 0)}


class Span(NamedTuple):
    since: int  # Seconds since 1970,
    until: int  # this one no longer.


def span_of(provider: str, day: str) -> Span:
    """Return the moments of *day*. Raises ``Malformed``, ``NotFound``.

    >>> span_of("stripe", "2027-01-15"), span_of("alipay", "2027-01-15").since
    (Span(since=1799971200, until=1800057600), 1799942400)
    """
    begin = datetime.combine(_date(day), datetime.min.time(), _habit(provider).zone)
    return Span(int(begin.timestamp()), int((begin + timedelta(days=1)).timestamp()))


def day_of(provider: str, at: int) -> str:
    """Return the day in whose bill a movement of this moment stands.

    >>> day_of("wechatpay", 1_799_942_399), day_of("wechatpay", 1_799_942_400)
    ('2027-01-14', '2027-01-15')
    """
    return datetime.fromtimestamp(at, _habit(provider).zone).date().isoformat()


def zone_of(provider: str) -> tzinfo:
    """Return where the days of *provider* are counted; of one that sends no bills, UTC."""
    return HABITS[provider].zone if provider in HABITS else UTC


def ready_at(provider: str, day: str) -> int:
    """Return the moment from which on the bill of *day* can be had. Raises ``Malformed``, ``NotFound``.

    >>> ready_at("alipay", "2027-01-15") - span_of("alipay", "2027-01-15").until
    32400
    """
    return span_of(provider, day).until + _habit(provider).ready_hours * 3_600


def _habit(provider: str) -> Habit:
    if provider not in HABITS:
        raise NotFound("this provider sends no bills")
    return HABITS[provider]


def _date(day: str) -> date:
    try:
        found = date.fromisoformat(day)
    except ValueError as wrong:
        raise Malformed("a day is written as 2026-11-21") from wrong
    if found.isoformat() != day or found.year >= date.max.year:
        raise Malformed("a day is written as 2026-11-21")
    return found
