"""A provider's day for tests: three payments and two refunds that bill, ledger and orders tell alike.

line  what       document               amount  fee   at (Beijing, 2026-11-21)
1     payment    payment:<A>01          17100   103   10:00
2     payment    payment:<B>01           5000    30   12:00
3     payment    payment:<C>01           8800    53   23:59:30
4     refund     refund:<A>R01          -2000   -12   15:00
5     refund     refund:<B>R01          -5000   -30   16:00
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.payment.bills.rows import BadRow, BillRow, RowKind
from shared.reconciliation.matching import Match, Matched
from shared.reconciliation.said import Known, Posting
from shared.reconciliation.sheet import Sheet

BEFORE, DAY, AFTER = "2026-11-20", "2026-11-21", "2026-11-22"
MIDNIGHT = 1_795_190_400  # 2026-11-21T00:00:00+08:00
HOUR, ONE_DAY = 3600, 86_400
NOW = MIDNIGHT + 3 * ONE_DAY
A, B, C, D = ("01MCC5RM000W3GE1R70W3GE1R" + letter for letter in "ABCD")
KINDS = {"payment": RowKind.PAYMENT, "refund": RowKind.REFUND, "dispute": RowKind.DISPUTE}


def a_row(
    line: int, document: str, amount: int, *, fee: int = 0, at: int = 10 * HOUR, **more: object
) -> BillRow:
    """A row of Alipay's bill, *at* so many seconds after midnight."""
    kind = KINDS.get(document.partition(":")[0], RowKind.OTHER)
    own = BillRow("alipay", line, kind, document, f"T{line}", amount, fee, "CNY", MIDNIGHT + at)
    return own._replace(**more)


def a_posting(document: str, amount: int, *, at: int = 10 * HOUR, **more: object) -> Posting:
    order_id = document.partition(":")[2][:26]
    own = Posting(f"{order_id}-{document}", "captured", document, amount, "CNY", MIDNIGHT + at, order_id)
    return own._replace(**more)


ROWS = (
    a_row(1, f"payment:{A}01", 17_100, fee=103),
    a_row(2, f"payment:{B}01", 5_000, fee=30, at=12 * HOUR),
    a_row(3, f"payment:{C}01", 8_800, fee=53, at=24 * HOUR - 30),
    a_row(4, f"refund:{A}R01", -2_000, fee=-12, at=15 * HOUR),
    a_row(5, f"refund:{B}R01", -5_000, fee=-30, at=16 * HOUR),
)
POSTINGS = tuple(a_posting(row.document, row.amount_minor, at=row.at - MIDNIGHT) for row in ROWS)


@dataclass
class Account:
    """What each side says, to be changed by a test; ``match`` compares them."""

    rows: list[BillRow | BadRow] = field(default_factory=lambda: list(ROWS))
    postings: list[Posting] = field(default_factory=lambda: list(POSTINGS))
    far: list[Posting] = field(default_factory=list)  # Of days that the sheet does not hold.
    orders: Counter[tuple[str, str]] = field(default_factory=Counter)
    under_way: set[str] = field(default_factory=set)
    documents: set[str] = field(default_factory=set)  # Known besides those of the ledger.
    elsewhere: set[str] = field(default_factory=set)  # Vouchers that another day's bill has.
    beside: dict[str, list[BillRow]] = field(default_factory=dict)
    asked: int = 0

    def __post_init__(self) -> None:
        for posting in self.postings:
            self.orders[posting.document, posting.currency] += posting.amount_minor

    # --- shared.reconciliation.said.Records ---

    def said_of(self, documents: Iterable[str]) -> dict[tuple[str, str], int]:
        keys = [(document, "CNY") for document in documents]
        return {key: self.orders[key] for key in keys if key in self.orders}

    def known(self, document: str, order_id: str, names: Iterable[str]) -> Known:
        self.asked += 1
        own = [p for p in (*self.postings, *self.far) if p.order_id == order_id and order_id]
        said = {key: amount for key, amount in self.orders.items() if order_id and order_id in key[0]}
        documents = {p.document for p in own} | {d for d, _ in said} | self.documents | self.under_way
        return Known(
            postings=tuple(own),
            orders=said,
            documents=frozenset(documents),
            under_way=frozenset(self.under_way),
            is_order=bool(own or said),
        )

    def is_elsewhere(self, posting: Posting) -> bool:
        return posting.voucher_id in self.elsewhere

    # --- what a test does ---

    def match(self, *, now: int = NOW, has_next: bool = True) -> Matched:
        with Sheet("alipay", DAY) as sheet:
            sheet.add_bill(self.rows, DAY)
            for day, rows in self.beside.items():
                sheet.add_bill(rows, day)
            sheet.add_ledger(self.postings)
            return Match(sheet, self, now=now, has_next=has_next).run()

    def change_row(self, line: int, **more: object) -> None:
        place = next(i for i, row in enumerate(self.rows) if isinstance(row, BillRow) and row.line == line)
        self.rows[place] = self.rows[place]._replace(**more)  # type: ignore[union-attr]

    def drop_posting(self, document: str) -> Posting:
        gone = next(p for p in self.postings if p.document == document)
        self.postings.remove(gone)
        return gone
