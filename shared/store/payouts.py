"""Payouts of merchants' accounts: what was asked for and what became of it, in the partition of the statements.

    Ledger   MERCHANT#<m>#<CUR>   PAYOUT#<k>      asked for: amount, by whom, when, after which statement
                                  VOUCHER#P<k>    out of the account, on its way
                                  PAYOUTEND#<k>   paid, with the bank's reference; or failed, and why
                                  VOUCHER#E<k>    from the bank; or back into the account
    Orders   PAYOUTS#<m>#<CUR>    ASKED#<k>       a place in the operators' work list, index ``queue``, while it waits
             KEY#<caller>         KEY#<key>       the request's key

Asking and ending are one transaction each: of two that ask at once, or end the same one, one is written, and the other
reads again. Rows of the Ledger are only ever put.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from shared.changes import Request
from shared.errors import Conflict, NotFound
from shared.ledger.accounts import Account
from shared.ledger.payouts import Payout, PayoutState, voucher_of
from shared.ledger.statements import Statement
from shared.outside import Outside
from shared.settings import Settings
from shared.store.items import Item, from_item, to_item
from shared.store.orders import request_key, seen_in
from shared.store.reading import batch_get
from shared.store.statements import LAST, key, partition, put_new, voucher_item
from shared.store.transactions import transact
from shared.store.writing import KEY_SECONDS, AlreadyDone

PAYOUT, END = "PAYOUT#", "PAYOUTEND#"
QUEUE = "payouts"


class Waiting(NamedTuple):
    """A payout that waits for an operator. *priority*: its place in the list, first asked first."""

    account: Account
    payout: Payout
    priority: str


class PayoutStore:
    def __init__(self, outside: Outside, settings: Settings) -> None:
        self._outside = outside
        self._ledger, self._orders = settings.ledger_table, settings.orders_table

    def since(self, account: Account, last: Statement | None) -> tuple[Payout, ...]:
        """All that *last* did not count, and those that it left waiting, as they stand, by number."""
        counted, waiting = (last.payouts_counted, last.payouts_waiting) if last else (0, ())
        first = min([counted + 1, *waiting])
        found = self._payouts(account, first, LAST)
        return tuple(payout for payout in found if payout.number > counted or payout.number in waiting)

    def page(self, account: Account, *, before: int, limit: int) -> tuple[Payout, ...]:
        """Payouts with smaller numbers than *before*, newest first; 0: from the newest."""
        if before == 1:
            return ()
        last = f"{before - 1:08}" if before else LAST
        return self._payouts(account, 1, last, limit=limit)[::-1]

    def read(self, account: Account, number: int) -> Payout:
        """Raises ``NotFound``."""
        found = self._payouts(account, number, f"{number:08}")
        if not found:
            raise NotFound("no such payout")
        return found[0]

    def waiting(self, *, after: str, limit: int) -> tuple[tuple[Waiting, ...], str | None]:
        """Those that wait for an operator, first asked first, behind *after*; and where the next page begins.

        The index may lag: what has ended is left out, so a page may be short.
        """
        places = self._outside.aws(
            "dynamodb",
            "query",
            TableName=self._orders,
            IndexName="queue",
            KeyConditionExpression="queue = :who AND priority > :after",
            ExpressionAttributeValues=to_item({":who": QUEUE, ":after": after or " "}),
            Limit=limit,
        )["Items"]
        found = []
        for place in places:
            _, merchant_id, currency = place["pk"]["S"].split("#")
            account = Account(merchant_id, currency)
            payout = self.read(account, int(place["sk"]["S"].rpartition("#")[2]))
            if payout.state is PayoutState.ASKED:
                found.append(Waiting(account, payout, place["priority"]["S"]))
        following = str(places[-1]["priority"]["S"]) if len(places) == limit else None
        return tuple(found), following

    def ask(self, account: Account, payout: Payout, request: Request) -> None:
        """Write that it is asked for. Raises ``AlreadyDone`` for a used key, ``Conflict`` when there is one already."""
        asked = {
            "number": payout.number,
            "amount_minor": payout.amount_minor,
            "asked_by": payout.asked_by,
            "asked_at": payout.asked_at,
            "statement": payout.statement,
        }
        line = f"{payout.asked_at:012}#{account.merchant_id}#{account.currency}#{payout.number:08}"
        place = self._place(account, payout) | to_item({"queue": QUEUE, "priority": line})
        voucher = voucher_item(account, f"P{payout.number:08}", voucher_of(account, payout), payout.asked_at)
        self._write(
            [
                self._key(account, payout, request, payout.asked_at),
                put_new(self._ledger, _row(account, PAYOUT, payout) | to_item(asked)),
                put_new(self._ledger, voucher),
                {"Put": {"TableName": self._orders, "Item": place}},
            ],
            request,
        )

    def end(self, account: Account, payout: Payout, request: Request) -> None:
        """Write how it ended, and take it off the work list. Raises the same."""
        ended = {
            "state": payout.state,
            "ended_by": payout.ended_by,
            "ended_at": payout.ended_at,
            "bank_reference": payout.bank_reference or None,
            "reason": payout.reason or None,
        }
        place = self._place(account, payout) | to_item({"ended_at": payout.ended_at})
        voucher = voucher_item(account, f"E{payout.number:08}", voucher_of(account, payout), payout.ended_at)
        self._write(
            [
                self._key(account, payout, request, payout.ended_at),
                put_new(self._ledger, _row(account, END, payout) | to_item(ended)),
                put_new(self._ledger, voucher),
                {"Put": {"TableName": self._orders, "Item": place}},
            ],
            request,
        )

    def _write(self, writes: list[dict[str, Any]], request: Request) -> None:
        reasons = transact(self._outside, writes)
        if reasons and (used := reasons[0]) is not None:
            raise AlreadyDone(seen_in(used["Item"], request))
        if reasons:
            raise Conflict("somebody else was faster")

    def _key(self, account: Account, payout: Payout, request: Request, now: int) -> dict[str, Any]:
        values = {
            "fingerprint": request.fingerprint,
            "order_id": partition(account),
            "about": f"{payout.number:08}",
            "expires_at": now + KEY_SECONDS,
        }
        write = put_new(self._orders, request_key(request.caller, request.key) | to_item(values))
        write["Put"]["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return write

    def _place(self, account: Account, payout: Payout) -> Item:
        pk = f"PAYOUTS#{account.merchant_id}#{account.currency}"
        return key(pk, f"ASKED#{payout.number:08}")

    def _payouts(self, account: Account, first: int, last: str, *, limit: int = 0) -> tuple[Payout, ...]:
        """By number; with *limit* the last so many."""
        asked = list(self._rows(account, f"{PAYOUT}{first:08}", PAYOUT + last, limit))
        if not asked:
            return ()
        numbers = sorted(values["number"] for values in asked)
        ends = {int(values["sk"].rpartition("#")[2]): values for values in self._ends(account, numbers)}
        found = (_payout(values, ends.get(values["number"], {})) for values in asked)
        return tuple(sorted(found))

    def _ends(self, account: Account, numbers: list[int]) -> Iterator[dict[str, Any]]:
        for start in range(0, len(numbers), 100):
            keys = [key(partition(account), f"{END}{n:08}") for n in numbers[start : start + 100]]
            wanted = {self._ledger: {"Keys": keys, "ConsistentRead": True}}
            yield from (from_item(item) for _, item in batch_get(self._outside, wanted))

    def _rows(self, account: Account, first: str, last: str, limit: int) -> Iterator[dict[str, Any]]:
        query: dict[str, Any] = {
            "TableName": self._ledger,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": to_item({":pk": partition(account), ":first": first, ":last": last}),
            "ConsistentRead": True,
            "ScanIndexForward": not limit,
            **({"Limit": limit} if limit else {}),
        }
        while True:
            answer = self._outside.aws("dynamodb", "query", **query)
            yield from map(from_item, answer["Items"])
            if limit or "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _row(account: Account, kind: str, payout: Payout) -> Item:
    return key(partition(account), f"{kind}{payout.number:08}")


def _payout(asked: Mapping[str, Any], end: Mapping[str, Any]) -> Payout:
    known = {name: value for name, value in {**asked, **end}.items() if name in Payout._fields}
    return Payout(**known | {"state": PayoutState(known.get("state", PayoutState.ASKED))})
