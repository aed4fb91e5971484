"""What a comparison found, as one document for machines. Pages for people are made of it (``page``).

Amounts are whole minor units beside their currency; times epoch seconds UTC. Nothing in it is about a buyer.

    state   clean         everything agrees
            on_its_way    everything agrees but what is not final yet
            differences   something does not agree
            no_bill       there is no bill yet
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from shared.reconciliation.differences import KINDS, Difference, playbook
from shared.reconciliation.matching import DAY, Matched
from shared.reconciliation.posting import told_by
from shared.reconciliation.sheet import Sums

FORMAT = 1
WHATS = ("payment", "refund", "dispute", "fee", "payout", "other")
OF_DISPUTES = "dispute_reversal"


class BillFile(NamedTuple):
    """The raw bill that was compared. *source*: ``fetched`` by us, ``uploaded`` by an operator, ``none`` to fetch."""

    sha256: str
    size_bytes: int
    source: str
    at: int = 0
    rows: int = 0


class Seen(NamedTuple):
    """What is remembered of a difference: since when it is open, and who explained it, why."""

    since: int
    explained_by: str = ""
    reason: str = ""
    explained_at: int = 0


def report_of(
    provider: str,
    day: str,
    matched: Matched | None,
    *,
    bill: BillFile | None,
    seen: Mapping[str, Seen],
    posted: Sequence[Mapping[str, Any]] = (),
    late: Difference | None = None,
    now: int,
) -> dict[str, Any]:
    """The report. *seen*: by ``name#key``; *late*: that there is no bill."""
    found = [*(matched.differences if matched else ()), *([late] if late else ())]
    told = [shown(one, seen.get(id_of(one), Seen(now)), now) for one in found]
    waiting = [shown(one, Seen(now), now) for one in matched.on_its_way] if matched else []
    counts = dict(matched.counts) if matched else {}
    if late:
        counts[late.name] = 1
    return {
        "format": FORMAT,
        "provider": provider,
        "day": day,
        "at": now,
        "state": _state(matched, told, waiting),
        "bill": bill and bill._asdict(),
        "agreed": matched.agreed if matched else 0,
        "booked_late": len(matched.late) if matched else 0,
        "totals": totals_of(matched) if matched else [],
        "counts": counts,
        "differences": told,
        "not_listed": sum(counts.values()) - len(told),
        "overdue": [one["id"] for one in told if one["is_overdue"]],
        "on_its_way": waiting,
        "posted": list(posted),
    }


def _state(
    matched: Matched | None, told: Sequence[Mapping[str, Any]], waiting: Sequence[Mapping[str, Any]]
) -> str:
    if any(not one["explained"] for one in told):
        return "differences"
    if matched is None:
        return "no_bill"
    return "on_its_way" if waiting else "clean"


def id_of(difference: Difference) -> str:
    """How one difference of a day is called.

    >>> id_of(Difference("bill_row_bad", line=7))
    'bill_row_bad#line-7'
    """
    return f"{difference.name}#{difference.key}"


def shown(difference: Difference, seen: Seen, now: int) -> dict[str, Any]:
    kind, age = KINDS[difference.name], now - seen.since
    explained = {"by": seen.explained_by, "reason": seen.reason, "at": seen.explained_at}
    return {
        "id": id_of(difference),
        "name": difference.name,
        "severity": kind.weight.value,
        "owner": kind.owner,
        "playbook": playbook(difference.name),
        "amount_minor": difference.amount_minor,
        **{name: value for name, value in difference._asdict().items() if name != "name"},
        "first_seen": seen.since,
        "age_seconds": age,
        "is_overdue": age >= DAY and not seen.explained_by,
        "explained": explained if seen.explained_by else None,
    }


def totals_of(matched: Matched) -> list[dict[str, Any]]:
    """One line for each kind of movement and currency: what each of the three sides says."""
    bill, ledger, orders = (_by_what(side) for side in (matched.bill, matched.ledger, matched.orders))
    totals = []
    for what in WHATS:
        for currency in sorted({key[1] for side in (bill, ledger, orders) for key in side if key[0] == what}):
            rows, amount = bill.get((what, currency), (0, 0))
            line: dict[str, Any] = {"what": what, "currency": currency, "rows": rows, "bill_minor": amount}
            if what in ("payment", "refund", "dispute"):
                line["ledger_minor"] = ledger.get((what, currency), (0, 0))[1]
                line["orders_minor"] = orders.get((what, currency), (0, 0))[1]
            totals.append(line)
    return [*totals, *_fees(matched)]


def _by_what(sums: Iterable[Sums]) -> dict[tuple[str, str], tuple[int, int]]:
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for one in sums:
        what = one.kind.removesuffix("_reversal") if one.kind == OF_DISPUTES else one.kind or "other"
        rows, amount = found.get((what, one.currency), (0, 0))
        found[what, one.currency] = rows + one.rows, amount + one.amount_minor
    return found


def _fees(matched: Matched) -> list[dict[str, Any]]:
    """All fees, whether kept out of a movement or a row of their own: what the bill says, and what of it is ours."""
    said, ours = told_by(matched.bill), told_by(matched.to_post)
    return [
        {
            "what": "fees_kept",
            "currency": currency,
            "rows": 0,
            "bill_minor": -told.fees_minor,
            "ledger_minor": -ours[currency].fees_minor if currency in ours else 0,
        }
        for currency, told in sorted(said.items())
        if told.fees_minor
    ]
