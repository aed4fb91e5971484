"""A provider's bill of one day, before it is written down in its own format; and what people have tampered with.

A movement stands in the bill of the day on which its money moved: a refund's when it succeeded, not when it was asked
for.

The desk tampers with a day's bill, and with nothing else: books, notices and answers stay true. Every change is made to
one line, found by its number (of a payment its reference, of a refund the merchant's number, of a dispute its id), and
is made again whenever the bill is written. The totals of the bill are those of its changed lines.

    missing    the line is left out
    doubled    the line stands there twice, under the same numbers
    altered    the line has another amount; its sign and its fee stay
    foreign    a payment of somebody else stands there too
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any, NamedTuple

from local.forms import Malformed, choice, only, text, whole
from local.providers.books import Trade
from local.providers.house import House
from local.providers.movements import Movement, fees_of

CHANGES = ("missing", "doubled", "altered", "foreign")
FOREIGN_AMOUNT, AMOUNT_MAX = 10_000, 10**12
BEIJING = timezone(timedelta(hours=8))
ZONES: Mapping[str, tzinfo] = {"alipay": BEIJING, "wechatpay": BEIJING, "stripe": UTC}


class Line(NamedTuple):
    """One movement as a bill tells it. *movement* has a fixed amount; the bill's may have been altered."""

    reference: str
    transaction_id: str
    currency: str
    kind: str
    amount: int
    fee: int
    at: float
    number: str = ""  # Of a refund or a dispute.
    provider_number: str = ""
    place: int = 0  # Among the movements of its trade.

    @property
    def name(self) -> str:
        """What the desk calls it by."""
        return self.number or self.reference


class NoLine(Exception):
    """There is no such line in this bill."""


def span_of(provider: str, day: str) -> tuple[float, float]:
    """Return the first moment of a day there, and the first one after it. Raises ``Malformed``."""
    try:
        begin = datetime.combine(date.fromisoformat(day), datetime.min.time(), ZONES[provider])
        return begin.timestamp(), (begin + timedelta(days=1)).timestamp()
    except (ValueError, OverflowError) as wrong:
        raise Malformed("a day is written as 2026-11-21") from wrong


def lines_of(house: House, day: str) -> list[Line]:
    """Return the lines of a day's bill in the order in which the money moved, tampered with as the desk asked."""
    lines = _true_lines(house, day)
    for change in tampered(house, day):
        lines = _changed(lines, change, span_of(house.name, day)[0])
    return lines


def tampered(house: House, day: str) -> list[dict[str, Any]]:
    """Return what was done to the bill of this day, the first first."""
    found: list[dict[str, Any]] = house.kept.get("tampered", {}).get(day, [])
    return found


def tamper(house: House, day: str, form: Mapping[str, Any]) -> dict[str, Any]:
    """Change one line of a day's bill from now on; return which, and how. Raises ``Malformed``, ``NoLine``."""
    only(form, "change", "reference", "amount")
    what = choice(form, "change", CHANGES)
    name = text(form, "reference") if "reference" in form else ""
    amount = whole(form, "amount", least=1, most=AMOUNT_MAX) if "amount" in form else 0
    if amount and what in ("missing", "doubled"):
        raise Malformed(f"a line that is {what} keeps its amount")
    if what == "foreign":
        count = house.books.next_number("foreign")
        change: dict[str, Any] = {
            "reference": name or f"FOREIGN{count:08}",
            "amount": amount or FOREIGN_AMOUNT,
            "count": count,
        }
    else:
        line = next((each for each in lines_of(house, day) if name in ("", each.name)), None)
        if line is None:
            raise NoLine
        change = {"reference": line.name, "kind": line.kind, "amount": amount or abs(line.amount)}
        if what == "altered" and not amount:
            change["amount"] += 1
    change["change"] = what
    house.kept.setdefault("tampered", {}).setdefault(day, []).append(change)
    return change


def shown(lines: list[Line]) -> list[dict[str, Any]]:
    """Return lines as the desk shows them."""
    names = ("kind", "reference", "number", "amount", "fee", "currency", "at")
    return [{name: getattr(line, name) for name in names} for line in lines]


def _true_lines(house: House, day: str) -> list[Line]:
    begin, end = span_of(house.name, day)
    found = []
    for trade in house.books.trades:
        fees = fees_of(trade.movements, house.books.rule)
        for place, (movement, fee) in enumerate(zip(trade.movements, fees, strict=True)):
            if begin <= movement.at < end:
                found.append(_line(trade, movement, fee, place))
    return sorted(found, key=lambda line: line.at)


def _line(trade: Trade, movement: Movement, fee: int, place: int) -> Line:
    return Line(
        reference=trade.reference,
        transaction_id=trade.transaction_id,
        currency=trade.currency,
        kind=movement.kind,
        amount=movement.amount,
        fee=fee,
        at=movement.at,
        number=movement.number,
        provider_number=movement.provider_number,
        place=place,
    )


def _changed(lines: list[Line], change: Mapping[str, Any], begin: float) -> list[Line]:
    if change["change"] == "foreign":
        currency = lines[0].currency if lines else "CNY"
        number = f"99999{9 * 10**22 + change['count']}"
        foreign = Line(change["reference"], number, currency, "payment", change["amount"], 0, begin)
        return [*lines, foreign]
    place = next(
        (
            i
            for i, line in enumerate(lines)
            if (line.name, line.kind) == (change["reference"], change["kind"])
        ),
        None,
    )
    if place is None:
        return lines
    line, before, after = lines[place], lines[:place], lines[place + 1 :]
    match change["change"]:
        case "missing":
            return before + after
        case "doubled":
            return [*before, line, line, *after]
    sign = -1 if line.amount < 0 else 1
    return [*before, line._replace(amount=sign * change["amount"]), *after]
