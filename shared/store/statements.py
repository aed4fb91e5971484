"""Statements of merchants' accounts, and what they are made of: rows of the Ledger table, which are only ever put.

    BOOKS                              merchant:<m>#<CUR>   the accounts there are            (the bookkeeper's)
    ACCOUNT#merchant:<m>#<CUR>#<day>   <voucher id>         postings of one day, UTC          (the bookkeeper's)
    MERCHANT#<m>#<CUR>                 STATEMENT#<n>        a statement's head
                                       LINES#<n>#<k>        its lines, a hundred at a time
                                       VOUCHER#S<n>         what it moved by itself
                                       PAYOUT#<k> ...       ``shared.store.payouts``
    CLOSING                            <day>#<at>           how far the statements of a day have come

A statement is one transaction, which succeeds if there is none of its number: of two that are drawn up at once, from
the same postings, one is written.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from shared.changes import Entry, Voucher
from shared.errors import Conflict, NotFound
from shared.ledger.accounts import BOOK, Account
from shared.ledger.statements import Drawn, Line, Posting, Statement
from shared.outside import Outside
from shared.settings import Settings
from shared.store.items import Item, from_item, to_item, trimmed
from shared.store.transactions import transact

LINES_PER_ITEM = 100
STATEMENT, LINES, VOUCHER = "STATEMENT#", "LINES#", "VOUCHER#"
LAST = "99999999"


class Known(NamedTuple):
    """An account, and the first day of its first posting, as the bookkeeper counts days; "": it does not say."""

    account: Account
    since: str


class Progress(NamedTuple):
    """How far the statements of *day* have come by *at*: *after* is the last account that was looked at."""

    day: date
    at: int
    after: str
    is_done: bool
    failed: int = 0

    @property
    def is_whole(self) -> bool:
        """Every account was looked at, and none stood in the way."""
        return self.is_done and not self.failed


class StatementStore:
    def __init__(self, outside: Outside, settings: Settings) -> None:
        self._outside, self._table = outside, settings.ledger_table

    def accounts(self, *, after: str = "") -> Iterator[Known]:
        """Every account that ever had a posting, behind the book *after*."""
        start = {":pk": "BOOKS", ":first": after or BOOK, ":last": f"{BOOK}~"}
        for values in self._query("pk = :pk AND sk BETWEEN :first AND :last", start):
            if values["sk"] != after:
                yield Known(Account.of_book(values["sk"]), values.get("since", ""))

    def accounts_of(self, merchant_id: str) -> tuple[Account, ...]:
        """The accounts of one merchant, by currency."""
        own = {":pk": "BOOKS", ":own": f"{BOOK}{merchant_id}#"}
        found = self._query("pk = :pk AND begins_with(sk, :own)", own)
        return tuple(Account.of_book(values["sk"]) for values in found)

    def is_known(self, account: Account) -> bool:
        return self._get("BOOKS", account.book) is not None

    def postings(self, account: Account, day: str) -> Iterator[Posting]:
        """What was booked on one day, as the bookkeeper counts days."""
        for values in self._query("pk = :pk", {":pk": f"ACCOUNT#{account.book}#{day}"}):
            yield _posting(values)

    def latest(self, account: Account) -> Statement | None:
        """The newest statement; None: there is none yet."""
        page = self.page(account, before=0, limit=1)
        return page[0] if page else None

    def page(self, account: Account, *, before: int, limit: int) -> tuple[Statement, ...]:
        """Statements with smaller numbers than *before*, newest first; 0: from the newest."""
        last = f"{before - 1:08}" if before else LAST
        if before == 1:
            return ()
        bounds = {":pk": partition(account), ":first": STATEMENT, ":last": STATEMENT + last}
        found = self._query(
            "pk = :pk AND sk BETWEEN :first AND :last", bounds, limit=limit, ScanIndexForward=False
        )
        return tuple(map(_statement, found))

    def read(self, account: Account, number: int) -> Statement:
        """Raises ``NotFound``."""
        found = self._get(partition(account), f"{STATEMENT}{number:08}")
        if found is None:
            raise NotFound("no such statement")
        return _statement(found)

    def lines(self, account: Account, number: int, chunk: int) -> tuple[Line, ...]:
        """The *chunk*-th hundred of its lines, from 1 on."""
        found = self._get(partition(account), f"{LINES}{number:08}#{chunk:04}")
        return tuple(Line(*line) for line in found["lines"]) if found else ()

    def all_lines(self, account: Account, number: int) -> Iterator[Line]:
        own = {":pk": partition(account), ":own": f"{LINES}{number:08}#"}
        for chunk in self._query("pk = :pk AND begins_with(sk, :own)", own):
            yield from (Line(*line) for line in chunk["lines"])

    def listed(self, account: Account, *, since: int) -> frozenset[str]:
        """The vouchers that are on statements drawn up at *since* or later."""
        found = set[str]()
        bounds = {":pk": partition(account), ":first": LINES, ":last": f"{LINES}{LAST}~"}
        chunks = self._query("pk = :pk AND sk BETWEEN :first AND :last", bounds, ScanIndexForward=False)
        for chunk in chunks:
            if chunk["at"] < since:
                break
            found |= {Line(*line).voucher_id for line in chunk["lines"]}
        return frozenset(found)

    def write(self, account: Account, drawn: Drawn) -> None:
        """Write it whole, or not at all. Raises ``Conflict`` when there is one of its number."""
        head, pk = drawn.head, partition(account)
        puts = [put_new(self._table, key(pk, f"{STATEMENT}{head.number:08}") | to_item(head._asdict()))]
        for chunk, start in enumerate(range(0, len(drawn.lines), LINES_PER_ITEM), 1):
            lines = [trimmed(line) for line in drawn.lines[start : start + LINES_PER_ITEM]]
            item = {"at": head.at, "lines": lines}
            puts.append(put_new(self._table, key(pk, f"{LINES}{head.number:08}#{chunk:04}") | to_item(item)))
        if drawn.voucher is not None:
            puts.append(
                put_new(self._table, voucher_item(account, f"S{head.number:08}", drawn.voucher, head.at))
            )
        if transact(self._outside, puts):
            raise Conflict("another statement was faster")

    def progress(self) -> Iterator[Progress]:
        """How far statements have come, newest first."""
        for values in self._query("pk = :pk", {":pk": "CLOSING"}, ScanIndexForward=False):
            yield Progress(
                date.fromisoformat(values["day"]),
                values["at"],
                values["after"],
                values["is_done"],
                values["failed"],
            )

    def keep(self, progress: Progress) -> None:
        """Two that ran in the same second have come to the same, or one starts again where the other did."""
        values = progress._asdict() | {"day": progress.day.isoformat()}
        item = key("CLOSING", f"{progress.day.isoformat()}#{progress.at:012}") | to_item(values)
        transact(self._outside, [put_new(self._table, item)])

    def _query(
        self, condition: str, values: Mapping[str, str], *, limit: int = 0, **more: Any
    ) -> Iterator[dict[str, Any]]:
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": to_item(values),
            "ConsistentRead": True,
            **more,
            **({"Limit": limit} if limit else {}),
        }
        while True:
            answer = self._outside.aws("dynamodb", "query", **query)
            yield from map(from_item, answer["Items"])
            if limit or "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _get(self, pk: str, sk: str) -> dict[str, Any] | None:
        found = self._outside.aws(
            "dynamodb", "get_item", TableName=self._table, Key=key(pk, sk), ConsistentRead=True
        ).get("Item")
        return None if found is None else from_item(found)


def partition(account: Account) -> str:
    return f"MERCHANT#{account.merchant_id}#{account.currency}"


def key(pk: str, sk: str) -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def put_new(table: str, item: Item) -> dict[str, Any]:
    return {"Put": {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}


def voucher_item(account: Account, name: str, voucher: Voucher, at: int) -> Item:
    """A voucher of the account itself. *name*: S of a statement, P of a payout, E of its end, and the number."""
    values = {
        "voucher_id": f"{account.merchant_id}#{account.currency}#{name}",
        "kind": voucher.kind,
        "currency": voucher.currency,
        "at": at,
        "entries": voucher.entries,
        "merchant_id": voucher.merchant_id,
    }
    return key(partition(account), f"{VOUCHER}{name}") | to_item(values)


def _posting(values: Mapping[str, Any]) -> Posting:
    return Posting(
        voucher_id=values["voucher_id"],
        kind=values["kind"],
        at=values["at"],
        entries=tuple(Entry(*entry) for entry in values["entries"]),
        order_id=values.get("order_id", ""),
        sub_order=values.get("sub_order", 0),
        breakdown=values.get("breakdown", {}),
    )


def _statement(values: Mapping[str, Any]) -> Statement:
    return Statement(**{name: values[name] for name in Statement._fields})
