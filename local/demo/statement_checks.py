"""Merchants' statements against the vouchers that they tell of, said without the code that draws them up.

A voucher of an order does so much to a merchant: what it credits to the account, less what it claims, less commission
that it bills. Its lines say the same, on one statement; the account is what all statements have added up.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from local.demo.world import Row, World

CHINA = timezone(timedelta(hours=8))


def statements_are_what_accounts_did(world: World) -> Iterator[str]:
    """Heads follow each other, lines add up to them, and the vouchers of the account to its closing."""
    for account in sorted({row["pk"] for row in world.statements if row["pk"].startswith("MERCHANT#")}):
        rows = sorted(
            (row for row in world.statements if row["pk"] == account), key=lambda row: str(row["sk"])
        )
        closing = 0
        for number, head in enumerate((r for r in rows if r["sk"].startswith("STATEMENT#")), 1):
            lines = [line for row in rows if _is_of(row, number) for line in row["lines"]]
            if (head["number"], head["opening_minor"]) != (number, closing):
                yield f"{account} statement {number} does not go on from the one before"
            closing += sum(line[1] for line in lines)
            if closing != head["closing_minor"]:
                yield f"{account} statement {number} closes at {head['closing_minor']}, its lines at {closing}"
        booked = _booked(world, account, rows)
        if booked != closing:
            yield f"{account} was stated as {closing}, its vouchers say {booked}"


def every_voucher_is_stated_once(world: World) -> Iterator[str]:
    """What was booked before the end of the last day that is closed is on one statement, for what it did."""
    stated, statements = Counter[str](), defaultdict[str, set[tuple[str, str]]](set)
    for row in world.statements:
        if row["sk"].startswith("LINES#"):
            for line in row["lines"]:
                stated[_voucher_of(line)] += line[1]
                statements[_voucher_of(line)].add((row["pk"], row["sk"].split("#")[1]))
    until = max((_end_of(row["day"]) for row in world.statements if row["pk"] == "CLOSING"), default=0)
    for voucher in world.vouchers:
        number, did = voucher["voucher_id"], _did(voucher)
        found = statements.get(number, set())
        if len(found) > len({account for account, _ in found}):
            yield f"{number} is on two statements"
        elif found and stated[number] != sum(did.values()):
            yield f"{number} is stated as {stated[number]}, it did {sum(did.values())}"
        elif did and not found and voucher["at"] < until:
            yield f"{number} is on no statement"


def _voucher_of(line: list[Any]) -> str:
    """Its fourth field, where it is of a voucher."""
    return str(line[3]) if len(line) > 3 else ""


def _did(voucher: Row) -> dict[str, int]:
    """What it did to merchants, by account, where it did anything."""
    kinds = ("merchant:", "commission_due:", "claim:")
    entries = [(account, amount) for account, amount in voucher["entries"] if account.startswith(kinds)]
    # A claim on an order, without the number of a part, is nobody's.
    return {a: -n for a, n in entries if not a.startswith("claim:") or "-" in a}


def _booked(world: World, account: str, rows: list[Row]) -> int:
    """What the vouchers of *account* say that it is owed: those that it lists, and its own."""
    owed = f"merchant:{account.split('#')[1]}"
    lines = [line for row in rows if row["sk"].startswith("LINES#") for line in row["lines"]]
    listed = {_voucher_of(line) for line in lines}
    own = [row for row in rows if row["sk"].startswith("VOUCHER#S")]
    vouchers = [*(v for v in world.vouchers if v["voucher_id"] in listed), *own]
    paid_out = sum(line[1] for line in lines if line[0].startswith("payout_"))
    moved = sum(amount for voucher in vouchers for name, amount in voucher["entries"] if name == owed)
    return int(paid_out - moved)


def _is_of(row: Row, number: int) -> bool:
    return bool(row["sk"].startswith(f"LINES#{number:08}#"))


def _end_of(day: str) -> int:
    midnight = datetime.fromisoformat(day).replace(tzinfo=CHINA) + timedelta(days=1)
    return int(midnight.timestamp())
