"""Three ways to tell a provider's day: its bill, our ledger, the orders. What agrees is counted, the rest is named.

    sheet      what is equal is paired, by document, amount and currency, whichever of three days it is on
    left over  document by document: the same in parts? booked on another day? still on its way? or a difference
    orders     what bill and ledger agree on, the orders' rows must say, too

A movement just before midnight may be on the next day's side of the other book: so each day is looked at together with
the days beside it, and with the whole order, before anything is called missing.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice
from typing import NamedTuple

from shared.payment.bills.days import Span, span_of
from shared.payment.bills.rows import BadRow, BillRow, RowKind
from shared.reconciliation.differences import UNKNOWN, Difference, is_fee_odd, of_row
from shared.reconciliation.said import Known, Posting, Records, booked_under, order_in
from shared.reconciliation.sheet import Agreed, Sheet, Sums

DAY = 86_400
LISTED_MAX = 1_000  # More of one day are counted, not listed: another merchant's bill, say.
ASKED_AT_ONCE = 100
EDGE_SECONDS = 2 * 3600  # So near to midnight it may be in the next bill, while that is not there yet.
ONLY_IN_BILL = ("missing_in_ledger", *UNKNOWN.values())
TOTALS_WRONG = ("totals_differ", "totals_missing")
BROKEN = (
    "not_a_bill",
    "columns_missing",
    "truncated",
    "totals_missing",
    "archive_wrong",
)  # Part of it, at best.


def around(day: str) -> tuple[str, str, str]:
    """*day* with the days to both sides of it.

    >>> around("2026-12-01")
    ('2026-11-30', '2026-12-01', '2026-12-02')
    """
    middle, one = date.fromisoformat(day), timedelta(days=1)
    return (middle - one).isoformat(), day, (middle + one).isoformat()


class Late(NamedTuple):
    """A row of this day's bill that we booked under another day, more than one away."""

    line: int
    posting: Posting


class Matched(NamedTuple):
    differences: tuple[Difference, ...]  # At most LISTED_MAX, in the order in which they were found.
    counts: dict[str, int]  # By name, all of them.
    on_its_way: tuple[Difference, ...]  # Not final yet, and young; at most LISTED_MAX.
    late: tuple[Late, ...]
    agreed: int  # Rows of the bill.
    bill: tuple[Sums, ...]
    ledger: tuple[Sums, ...]
    orders: tuple[Sums, ...]
    to_post: tuple[Sums, ...]  # Of the rows that are ours, and of the provider's own fees and payouts.


@dataclass
class Match:
    """One comparison. *sheet* holds both sides; *has_next*: whether the next day's bill is in it, too."""

    sheet: Sheet
    records: Records
    now: int
    has_next: bool = True
    _is_whole: bool = True  # Of a bill that breaks off nothing can be called missing.
    _found: list[Difference] = field(default_factory=list)
    _waiting: list[Difference] = field(default_factory=list)
    _late: list[Late] = field(default_factory=list)
    _counts: Counter[str] = field(default_factory=Counter)
    _orders: Counter[tuple[str, str]] = field(default_factory=Counter)
    _told_of: set[str] = field(default_factory=set)  # Documents that a difference names.
    _heard: set[tuple[str, str]] = field(
        default_factory=set
    )  # Of what the orders' part is in the sums already.

    def run(self) -> Matched:
        self.sheet.pair_equals()
        self._read_bad_rows()
        self._look_at_rows()
        for document in self.sheet.documents_left():
            self._look_at(document)
        self._ask_orders()
        self._call_by_kind()
        for late in self._late:
            self._orders[_what(late.posting.document), late.posting.currency] += late.posting.amount_minor
        return Matched(
            differences=tuple(self._found),
            counts=dict(sorted((+self._counts).items())),
            on_its_way=tuple(self._waiting),
            late=tuple(self._late),
            agreed=self.sheet.count_agreed(),
            bill=self.sheet.sums_of_bill(),
            ledger=self.sheet.sums_of_ledger(),
            orders=tuple(Sums(kind, currency, 0, n) for (kind, currency), n in sorted(self._orders.items())),
            to_post=self.sheet.sums_to_post(),
        )

    @property
    def _span(self) -> Span:
        return span_of(self.sheet.provider, self.sheet.day)

    def _tell(self, difference: Difference) -> None:
        self._counts[difference.name] += 1
        if len(self._found) < LISTED_MAX:
            self._found.append(difference)
            self._told_of.add(difference.document)

    def _wait_for(self, difference: Difference) -> None:
        if len(self._waiting) < LISTED_MAX:
            self._waiting.append(difference)

    # --- what the bill alone shows ---

    def _read_bad_rows(self) -> None:
        for row in self.sheet.bad():
            self._tell(_of_bad(row))
            self._is_whole = self._is_whole and row.why not in BROKEN

    def _look_at_rows(self) -> None:
        """Repetitions, other days, odd fees, kinds that we do not have."""
        for row in self.sheet.repeated():
            self._tell(of_row("doubled_in_bill", row))
        for row in self.sheet.odd_kinds():
            self._tell(of_row("wrong_kind", row, why="other"))
        for row in self.sheet.payouts():
            if row.amount_minor > 0:
                self._tell(of_row("payout_unmatched", row, why="came_back"))
        for row in self.sheet.outside_of(self._span.since - DAY, self._span.until + DAY):
            self._tell(of_row("misdated", row))
        for row in self.sheet.agreed():
            if is_fee_odd(row):
                self._tell(of_row("fee_odd", row, bill_minor=row.fee_minor))

    # --- what is left over ---

    def _look_at(self, document: str) -> None:
        own, beside, postings = self.sheet.left_of(document)
        if not document:
            for row in own:
                self._tell(of_row(_unknown(row), row))
            for posting in filter(self._is_own, postings):
                self._miss_in_bill(posting, Known())
            return
        for currency in {row.currency for row in own}:
            rows = [row for row in own if row.currency == currency]
            parts = [posting for posting in postings if posting.currency == currency]
            if parts and sum(r.amount_minor for r in rows) == sum(p.amount_minor for p in parts):
                self.sheet.pair(rows, parts)  # In parts on one side, in one on the other.
                own = [row for row in own if row not in rows]
                postings = [posting for posting in postings if posting not in parts]
        if own or any(map(self._is_own, postings)):
            self._look_closer(document, own, beside, postings)

    def _look_closer(
        self, document: str, own: list[BillRow], beside: list[BillRow], postings: list[Posting]
    ) -> None:
        """With the whole order in hand."""
        hint = next((posting.order_id for posting in postings if posting.order_id), order_in(document))
        names = [name for row in own for name in booked_under(row)]
        known = self.records.known(document, hint, names)
        postings = [*postings, *self._not_in_the_books_yet(document, known)]
        own = [
            row for row in own if not self._is_booked(row, postings) and not self._is_booked_late(row, known)
        ]
        postings = [p for p in postings if not self.records.is_elsewhere(p)]
        both = min(len(own), len(postings))
        for row, posting in zip(own[:both], postings[:both], strict=True):
            self._differ(row, posting, known)
        for row in own[both:]:
            self._miss_in_ledger(row, known)
        for posting in filter(
            self._is_own, postings[both + len(beside) :]
        ):  # What is beside, those days tell.
            self._miss_in_bill(posting, known)

    def _not_in_the_books_yet(self, document: str, known: Known) -> list[Posting]:
        """What the vouchers say of these days and the books do not: the bookkeeper is behind, or lost something."""
        days = around(self.sheet.day)
        late = [
            p
            for p in known.postings
            if p.document == document
            and p.day(self.sheet.provider) in days
            and not self.sheet.is_here(p.voucher_id)
        ]
        self.sheet.add_ledger(late)
        return late

    def _is_booked(self, row: BillRow, postings: list[Posting]) -> bool:
        """Exactly so: its posting is taken out of *postings*."""
        wanted = row.document, row.amount_minor, row.currency
        same = next((posting for posting in postings if posting[2:5] == wanted), None)
        if same is not None:
            postings.remove(same)
            self.sheet.pair([row], [same])
        return same is not None

    def _is_own(self, posting: Posting) -> bool:
        return posting.day(self.sheet.provider) == self.sheet.day

    def _is_booked_late(self, row: BillRow, known: Known) -> bool:
        """We booked it on a day that is not on the sheet, without knowing when it moved: noted for that day."""
        taken = {late.posting.voucher_id for late in self._late}
        for posting in known.postings:
            is_same = posting[2:5] == (row.document, row.amount_minor, row.currency)
            is_later = not posting.is_dated and posting.at >= row.at and posting.voucher_id not in taken
            if is_same and is_later and not self.sheet.is_here(posting.voucher_id):
                if self.records.is_elsewhere(posting):
                    continue
                self._late.append(Late(row.line, posting))
                self.sheet.pair([row], [])
                return True
        return False

    def _differ(self, row: BillRow, posting: Posting, known: Known) -> None:
        is_same_sign = (row.amount_minor > 0) == (posting.amount_minor > 0)
        is_same_currency = row.currency == posting.currency
        name = (
            "wrong_kind" if not is_same_sign else "amount_differs" if is_same_currency else "currency_differs"
        )
        self._tell(
            of_row(
                name,
                row,
                ledger_minor=posting.amount_minor,
                orders_minor=self._hear(row.document, posting.currency, known),
                voucher_id=posting.voucher_id,
                order_id=posting.order_id,
                why="" if is_same_currency else f"ledger_{posting.currency}",
            )
        )

    def _hear(self, document: str, currency: str, known: Known) -> int | None:
        """What the order says of *document*; the first time it goes into the sums. None: it says nothing."""
        said = known.orders.get((document, currency))
        if said is not None and (document, currency) not in self._heard:
            self._heard.add((document, currency))
            self._orders[_what(document), currency] += said
        return said

    def _miss_in_ledger(self, row: BillRow, known: Known) -> None:
        said = self._hear(row.document, row.currency, known)
        told = of_row("missing_in_ledger", row, order_id=order_in(row.document), orders_minor=said)
        if row.document in known.under_way and self.now - row.at < DAY:
            self._wait_for(told)
        elif row.document in known.documents:
            self._tell(told)
        else:
            self._tell(told._replace(name=_unknown(row)))

    def _miss_in_bill(self, posting: Posting, known: Known) -> None:
        said = self._hear(posting.document, posting.currency, known)
        told = Difference(
            "missing_in_bill",
            document=posting.document,
            currency=posting.currency,
            ledger_minor=posting.amount_minor,
            orders_minor=said,
            voucher_id=posting.voucher_id,
            order_id=posting.order_id,
            at=posting.at,
        )
        is_near_midnight = not self.has_next and posting.at >= self._span.until - EDGE_SECONDS
        same = [p for p in known.postings if (p.document, p.currency) == (posting.document, posting.currency)]
        is_twice = sum(p.amount_minor == posting.amount_minor for p in same) > 1
        if is_twice and sum(p.amount_minor for p in same) - posting.amount_minor == said:
            self._tell(told._replace(name="doubled_in_ledger"))
        elif is_near_midnight:
            self._wait_for(told)
        elif self._is_whole:
            self._tell(told)

    # --- the third way ---

    def _ask_orders(self) -> None:
        """What bill and ledger agree on: do the orders' rows say so?"""
        agreed = self.sheet.documents_agreed()
        while some := list(islice(agreed, ASKED_AT_ONCE)):
            said = self.records.said_of({one.document for one in some})
            for one in some:
                if (one.document, one.currency) in self._heard:
                    continue
                amount = said.get((one.document, one.currency))
                if amount != one.amount_minor and not one.is_judged and one.document not in self._told_of:
                    amount = self._ask_order(one)
                told = one.amount_minor if amount is None or one.is_judged else amount
                self._orders[_what(one.document), one.currency] += told

    def _ask_order(self, one: Agreed) -> int | None:
        """The whole order: of what was booked on several days, the sheet has only some. None: it does not say."""
        posting = self.sheet.posting_of(one.document)
        known = self.records.known(one.document, posting.order_id or order_in(one.document), ())
        own = [p for p in known.postings if (p.document, p.currency) == (one.document, one.currency)]
        if not known.is_order or any(p.is_judged for p in own):
            return None
        said = known.orders.get((one.document, one.currency), 0)
        booked = sum(p.amount_minor for p in own)
        if said == booked:
            return one.amount_minor
        self._tell(
            Difference(
                "order_disagrees",
                document=one.document,
                currency=one.currency,
                bill_minor=one.amount_minor,
                ledger_minor=booked,
                orders_minor=said,
                voucher_id=posting.voucher_id,
                order_id=posting.order_id,
                at=posting.at,
            )
        )
        return one.amount_minor + said - booked

    def _call_by_kind(self) -> None:
        """One movement of an order that the bill has as something else is one difference, not two."""
        for ours in [one for one in self._found if one.name == "missing_in_bill"]:
            theirs = next((one for one in self._found if _is_otherwise_called(one, ours)), None)
            if theirs is None:
                continue
            self._found[self._found.index(theirs)] = theirs._replace(
                name="wrong_kind",
                ledger_minor=ours.ledger_minor,
                voucher_id=ours.voucher_id,
                order_id=ours.order_id,
                why=_what(ours.document),
            )
            self._found.remove(ours)
            self._counts.update({"wrong_kind": 1, theirs.name: -1, ours.name: -1})


def _is_otherwise_called(theirs: Difference, ours: Difference) -> bool:
    if theirs.name not in ONLY_IN_BILL or theirs.bill_minor is None or ours.ledger_minor is None:
        return False
    is_same_order = bool(ours.order_id) and ours.order_id in theirs.document
    is_same_amount = (abs(theirs.bill_minor), theirs.currency) == (abs(ours.ledger_minor), ours.currency)
    return is_same_order and is_same_amount and _what(theirs.document) != _what(ours.document)


def _what(document: str) -> str:
    return document.partition(":")[0]


def _unknown(row: BillRow) -> str:
    is_dispute = row.kind in (RowKind.DISPUTE, RowKind.DISPUTE_REVERSAL)
    return UNKNOWN["dispute" if is_dispute else row.kind.value]


def _of_bad(row: BadRow) -> Difference:
    name = "bill_totals_differ" if row.why in TOTALS_WRONG else "bill_row_bad"
    return Difference(name, line=row.line, why=row.why)
