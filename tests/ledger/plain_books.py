"""A ledger with its bookkeeper, whose statements and payouts are the product's own."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from shared.changes import Caller, Entry, Request
from shared.commands import Shop
from shared.ledger import withdrawing
from shared.ledger.accounts import Account
from shared.ledger.payouts import Ending, PayoutState
from shared.ledger.statements import Posting, Statement
from shared.ledger.stating import close, state, statements_of, to_close
from shared.lifecycle import Actor
from shared.store.items import from_item, to_item
from shared.store.statements import Known
from tests.builders import SETTINGS, a_shop
from tests.ledger.plain_table import PlainTables

DAY = 86_400
MIDNIGHT = int(datetime(2026, 11, 1, 16, tzinfo=UTC).timestamp())  # 2 November begins in China.
TEA, TOYS = Account("m-tea", "CNY"), Account("m-toys", "CNY")
MERCHANT, OPERATOR = Caller(Actor.MERCHANT, "staff-1", "m-tea"), Caller(Actor.OPERATOR, "op-1")


class Books:
    """A ledger and its bookkeeper: what was booked when, and when the bookkeeper brought it."""

    def __init__(self) -> None:
        self.tables = PlainTables()
        self.shop: Shop = a_shop(self.tables)  # type: ignore[arg-type]
        self.vouchers: list[tuple[Entry, ...]] = []

    def book(self, posting: Posting, account: Account = TEA) -> None:
        day = datetime.fromtimestamp(posting.at, UTC).date().isoformat()
        keys = {"pk": f"ACCOUNT#{account.book}#{day}", "sk": posting.voucher_id}
        self.tables.put(SETTINGS.ledger_table, to_item(keys | posting._asdict()))
        known = {"pk": "BOOKS", "sk": account.book, "since": day}
        if (known["pk"], known["sk"]) not in self.tables.rows[SETTINGS.ledger_table]:
            self.tables.put(SETTINGS.ledger_table, to_item(known))
        self.vouchers.append(posting.entries)

    def close(self, now: int, **how: Any) -> list[Statement]:
        """One hour's run, to its end."""
        closing, written = to_close(self.shop, now, **how), list[Statement]()
        if closing is None:
            return []

        def attempt(known: Known) -> bool:
            written.extend(state(self.shop, known, closing, now=now))
            return True

        close(self.shop, closing, attempt, now=now, may_go_on=lambda: True)
        return written

    def heads(self, account: Account = TEA) -> list[Statement]:
        return list(statements_of(self.shop).page(account, before=0, limit=1000))[::-1]

    def listed(self, account: Account = TEA) -> Counter[str]:
        store = statements_of(self.shop)
        lines = [line for head in self.heads(account) for line in store.all_lines(account, head.number)]
        return Counter(line.voucher_id for line in lines if line.voucher_id)

    def balances(self) -> Counter[str]:
        """Every account, from all vouchers: those that were booked here, and those in the table."""
        sums = Counter[str]()
        rows = self.tables.rows[SETTINGS.ledger_table]
        own = [from_item(row)["entries"] for (_, sk), row in rows.items() if sk.startswith("VOUCHER#")]
        for entries in (*self.vouchers, *own):
            for account, amount in entries:
                sums[account] += amount
        return sums

    def withdraw(self, now: int, amount: int | None = None, key: str = "") -> Any:
        request = Request(MERCHANT, key or f"w-{now}", f"withdraw {amount}")
        return withdrawing.withdraw(self.shop, TEA, amount, caller=MERCHANT, now=now, request=request)

    def end(self, number: int, state: PayoutState, now: int, key: str = "") -> Any:
        detail = "TR-1" if state is PayoutState.PAID else "other"
        request = Request(OPERATOR, key or f"e-{now}", f"{number} {state}")
        ending = Ending(state, detail)
        return withdrawing.end(self.shop, TEA, number, ending, caller=OPERATOR, now=now, request=request)


def a_sale(number: int, at: int, owed: int = 1000) -> Posting:
    entries = (Entry("merchant:m-tea", -owed),)
    return Posting(f"O-v{number}", "settled", at, entries, "O", number, {"payable": owed})


def with_a_thousand(books: Books) -> int:
    """A thousand may be withdrawn; returns the time."""
    books.book(a_sale(1, MIDNIGHT))
    books.close(MIDNIGHT + DAY)
    return MIDNIGHT + DAY + 60
