"""Stripe's balance transactions: every movement of the account, and every payout, as its API lists them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from local.providers import stripe_objects as objects
from local.providers.bills import Line, lines_of
from local.providers.books import DAY, Payout, Trade
from local.providers.house import House
from local.providers.stripe_wire import invalid, missing, page

URL = "/v1/balance_transactions"
FORM = ("limit", "starting_after", "created", "expand")
CATEGORIES = {  # What a movement is called: type, and reporting_category.
    "payment": ("charge", "charge"),
    "payment_back": ("payment_failure_refund", "charge_failure"),
    "refund": ("refund", "refund"),
    "refund_failure": ("refund_failure", "refund_failure"),
    "dispute": ("adjustment", "dispute"),
    "dispute_reversal": ("adjustment", "dispute_reversal"),
}
SUFFIXES = {
    "payment_back": "b",
    "refund": "r",
    "refund_failure": "f",
    "dispute": "w",
    "dispute_reversal": "v",
}
DAYS_MAX = 400


def listed(house: House, form: dict[str, Any]) -> dict[str, Any]:
    """Answer a call for one page, newest first. Raises ``StripeRefusal``."""
    created = form.get("created", {})
    since, until = (_whole(created, name) for name in ("gte", "lt"))
    if until - since > DAYS_MAX * DAY:
        raise invalid("Here created must be within a year", param="created")
    expands = form.get("expand", {})
    is_expanded = "data.source" in (expands.values() if isinstance(expands, dict) else ())
    found: list[dict[str, Any]] = []
    day = datetime.fromtimestamp(since, UTC).date()
    while datetime.combine(day, datetime.min.time(), UTC).timestamp() < until:
        lines = lines_of(house, day.isoformat())
        found += [_transaction(house, line, is_expanded=is_expanded) for line in lines]
        day += timedelta(days=1)
    found += [_payout(payout) for payout in house.books.payouts]
    found = [each for each in found if since <= each["created"] < until]
    found.sort(key=lambda each: each["created"], reverse=True)
    return _page(found, form)


def _page(found: list[dict[str, Any]], form: dict[str, Any]) -> dict[str, Any]:
    """One page. What the desk doubled has one id: both copies stand on the page of the first."""
    told = page(found, {"limit": form.get("limit", "10")}, URL)
    ids = [each["id"] for each in found]
    begin, after = 0, form.get("starting_after")
    if after is not None:
        if after not in ids:
            raise missing("balance_transaction", str(after), "starting_after")
        begin = len(ids) - ids[::-1].index(after)
    end = begin + len(told["data"])
    while 0 < end < len(ids) and ids[end] == ids[end - 1]:
        end += 1
    return {**told, "data": found[begin:end], "has_more": end < len(ids)}


def _whole(created: Any, name: str) -> int:
    text = created.get(name, "") if isinstance(created, dict) else ""
    if not re.fullmatch(r"[0-9]{1,11}", str(text)):
        raise invalid("Here created[gte] and created[lt] are needed", param="created")
    return int(text)


def _transaction(house: House, line: Line, *, is_expanded: bool) -> dict[str, Any]:
    kind, category = CATEGORIES[line.kind]
    trade = house.books.by_transaction(line.transaction_id)
    source = _source(trade, line)
    return {
        **_moved(line.amount, line.fee, line.currency, line.at),
        "id": _id(source["id"], line),
        "reporting_category": category,
        "source": source if is_expanded else source["id"],
        "type": kind,
    }


def _id(source: str, line: Line) -> str:
    return f"txn_{source.partition('_')[2]}{SUFFIXES.get(line.kind, '')}"


def _source(trade: Trade | None, line: Line) -> dict[str, Any]:
    if trade is None:  # Of somebody else.
        number, attached = f"3{line.transaction_id[-23:]}", {"reference": line.reference}
        intent = {"payment_intent": f"pi_{number}", "metadata": attached}
        return {"id": f"ch_{number}", "object": "charge", "amount": line.amount, **intent}
    if line.kind in ("refund", "refund_failure"):
        return objects.refund(trade, trade.refunds[line.number])
    if line.number:
        return objects.dispute(trade, next(each for each in trade.disputes if each.dispute_id == line.number))
    charge = objects.charge(trade)
    if (
        line.kind == "payment" and line.place
    ):  # The rest of a bank transfer: a charge of its own, of no intent.
        charge |= {"id": f"{charge['id']}p{line.place}", "payment_intent": None}
    return charge


def _payout(payout: Payout) -> dict[str, Any]:
    return {
        **_moved(-payout.amount, 0, payout.currency, payout.at),
        "id": f"txn_{payout.number[3:]}o",
        "reporting_category": "payout",
        "source": payout.number,
        "type": "payout",
    }


def _moved(amount: int, fee: int, currency: str, at: float) -> dict[str, Any]:
    told = {"amount": fee, "application": None, "currency": currency.lower(), "type": "stripe_fee"}
    return {
        "object": "balance_transaction",
        "amount": amount,
        "available_on": int(at) + 2 * DAY,
        "created": int(at),
        "currency": currency.lower(),
        "description": None,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [{**told, "description": "Stripe processing fees"}] if fee else [],
        "net": amount - fee,
        "status": "pending",
    }
