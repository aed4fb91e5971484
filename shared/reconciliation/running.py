"""Compare one day of one provider: get its bill, match it, post what only it tells, remember, report.

    fetch ─► keep ─► sheet (bill, bills beside, postings of three days) ─► match ─► post ─► remember ─► report ─► run

Each step may be repeated, and two of us may be at it at once: what is written is put if it is not there. The run's own
row comes last: a day without one is compared again.
"""

import json
import tempfile
from collections.abc import Mapping
from hashlib import file_digest
from typing import Any, BinaryIO, NamedTuple

from shared.commands import Shop
from shared.errors import Conflict
from shared.payment.bills import read_bill
from shared.payment.bills.days import ready_at
from shared.payment.bills.fetching import Fetched, fetch_bill
from shared.reconciliation.differences import Difference
from shared.reconciliation.matching import DAY, Match, Matched, around
from shared.reconciliation.page import page
from shared.reconciliation.posting import posted_by, told_by, vouchers_for
from shared.reconciliation.report import BillFile, report_of
from shared.reconciliation.sheet import Sheet
from shared.store.own_sides import OwnSides
from shared.store.reconciliation import BillMissing, ReconciliationStore, Run

RACES_MAX = 4
NONE = "none"  # The source of a bill that does not exist, because nothing moved.


class Reconciled(NamedTuple):
    run: Run
    report: Mapping[str, Any]


def store_of(shop: Shop) -> ReconciliationStore:
    return ReconciliationStore(shop.outside, shop.settings)


def fetch(shop: Shop, provider: str, day: str, *, now: int) -> bool:
    """Ask the provider for the bill of *day*, and keep it. False: there is none yet. Raises ``Unavailable``."""
    with tempfile.TemporaryFile() as content:
        told = fetch_bill(shop.outside, shop.provider(provider), day, content, now=now)
        if told is Fetched.NOT_YET:
            return False
        if told is Fetched.NONE:
            store_of(shop).add_file(provider, day, BillFile("", 0, NONE, now))
        else:
            keep(shop, provider, day, content, source="fetched", now=now)
    return True


def keep(shop: Shop, provider: str, day: str, content: BinaryIO, *, source: str, now: int) -> BillFile:
    """Keep a raw bill as the one that counts, unless it was there before. Raises ``Conflict``."""
    content.seek(0)
    sha256 = file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]
    file = BillFile(sha256, content.tell(), source, now)
    content.seek(0)
    store = store_of(shop)
    if sha256 not in {one.sha256 for one in store.files_of(provider, day)}:
        store.keep_bill(provider, day, sha256, content)
        store.add_file(provider, day, file)
    return file


def reconcile(shop: Shop, provider: str, day: str, *, by: str, now: int) -> Reconciled:
    """Compare the newest bill of *day* with our own sides. Raises ``BillMissing``, ``Conflict``."""
    for _ in range(RACES_MAX):
        try:
            return _reconcile(shop, provider, day, by=by, now=now)
        except Conflict:
            continue
    raise Conflict("another run compares this day: wait for its report")


def _reconcile(shop: Shop, provider: str, day: str, *, by: str, now: int) -> Reconciled:
    store = store_of(shop)
    before, _, after = around(day)
    bills = store.files(provider, before, after)
    files = bills.get(day, ())
    bill = files[-1] if files else None
    late = Difference("bill_late") if bill is None and now >= ready_at(provider, day) + DAY else None
    if bill is None and late is None:
        raise BillMissing("there is no bill of this day yet", day=day)
    matched, postings, posted = None, 0, list[Mapping[str, Any]]()
    if bill is not None:
        newest = {one: told[-1] for one, told in bills.items()}
        matched, rows, postings = _match(shop, provider, day, newest, now=now)
        bill = bill._replace(rows=rows)
        posted = _post(store, provider, day, matched, now=now)
        store.note_late(provider, day, matched.late)
    found = [*(matched.differences if matched else ()), *([late] if late else ())]
    is_all = matched is None or sum(matched.counts.values()) == len(matched.differences)
    known = store.remembered(provider, day, day)
    if found or known:
        store.remember(provider, day, found, known, is_all=is_all, now=now)
        known = store.remembered(provider, day, day)
    seen = {one.id: one.seen for one in known if one.is_open}
    report = report_of(provider, day, matched, bill=bill, seen=seen, posted=posted, late=late, now=now)
    return Reconciled(_conclude(store, report, file=len(files), postings=postings, by=by), report)


def _match(
    shop: Shop, provider: str, day: str, bills: Mapping[str, BillFile], *, now: int
) -> tuple[Matched, int, int]:
    """(what was found, rows of the bill, postings of the day). *bills*: of the day, and of those beside it."""
    store = store_of(shop)
    before, _, after = around(day)
    with Sheet(provider, day) as sheet:
        rows, count = 0, 0
        for one, bill in bills.items():
            added = _add_bill(store, sheet, one, bill)
            rows += added if one == day else 0
        for one in (before, day, after):
            added = sheet.add_ledger(store.postings(provider, one))
            count += added if one == day else 0
        records = OwnSides(shop.outside, shop.settings, store, provider, day)
        return Match(sheet, records, now, has_next=after in bills).run(), rows, count


def _add_bill(store: ReconciliationStore, sheet: Sheet, day: str, bill: BillFile) -> int:
    if bill.source == NONE:
        return 0
    chunks = store.read_bill(sheet.provider, day, bill.sha256)
    return sheet.add_bill(read_bill(sheet.provider, chunks), day)


def _post(
    store: ReconciliationStore, provider: str, day: str, matched: Matched, *, now: int
) -> list[Mapping[str, Any]]:
    """Post fees and payouts that are not posted yet. Returns all vouchers of this bill, as a report shows them."""
    before = store.posted(provider, day)
    due = vouchers_for(provider, day, told_by(matched.to_post), posted_by(provider, before))
    written = store.post(provider, day, due, after=len(before), now=now)
    return [
        {"voucher_id": one["voucher_id"], "currency": one["currency"], "entries": one["entries"]}
        for one in (*before, *written)
    ]


def _conclude(
    store: ReconciliationStore, report: Mapping[str, Any], *, file: int, postings: int, by: str
) -> Run:
    provider, day = report["provider"], report["day"]
    last = store.runs(provider, day, day).get(day)
    run = Run(
        provider=provider,
        day=day,
        number=last.number + 1 if last else 1,
        at=report["at"],
        by=by,
        state=report["state"],
        sha256=report["bill"]["sha256"] if report["bill"] else "",
        file=file,
        postings=postings,
        agreed=report["agreed"],
        differences=sum(report["counts"].values()),
        overdue=len(report["overdue"]),
    )
    store.keep_report(provider, day, "json", as_json(report), "application/json")
    store.keep_report(provider, day, "html", page([report]).encode(), "text/html; charset=utf-8")
    store.add_run(run)
    return run


def as_json(report: Mapping[str, Any]) -> bytes:
    return json.dumps(report, ensure_ascii=False, indent=1).encode()
