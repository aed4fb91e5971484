"""What follows from vouchers, in their own table: postings, the list of books, and links of the chain. Rows are only
ever put, each once, by its key; whoever comes second finds it there.

    VOUCHERS of one pk ──► ACCOUNT#<book>#<day>   <voucher id>    shared.ledger.postings
                      ├──► BOOKS                  <book>          merchants' books that have a posting, and since when
                      └──► CHAIN#<0..3>           LINK#<seq>      shared.ledger.chain: one for each batch

A link is put if there is none of its number. Of two writers one is told that he came second: he reads what the other
named, and names the rest in the next link.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from shared.errors import Unavailable
from shared.ledger import chain, postings
from shared.ledger.chain import NOTHING, Head, Link, Name
from shared.ledger.postings import Posting
from shared.outside import Outside
from shared.store.items import Item, from_item, to_item

RACES_MAX = 8
RECENT_LINKS = 3  # What was chained just now is not chained again: streams repeat at once, if they do.
TAKEN = "ConditionalCheckFailedException"
BOOKS, VOUCHER = "BOOKS", "VOUCHER#"


class BookStore:
    def __init__(self, outside: Outside, ledger_table: str) -> None:
        self._outside, self._table = outside, ledger_table

    # --- postings ---

    def post(self, item: Item) -> tuple[int, tuple[str, ...]]:
        """Enter a voucher, as the table has it, into its books, once.

        Returns how many postings were new, and the sub-orders of which nobody says whose they are. Raises
        ``NotAVoucher``, ``Unavailable``.
        """
        values = postings.checked(from_item(item))
        found = tuple(postings.postings_of(values))
        for book, day in postings.merchant_books(found).items():
            self.open_book(book, day)  # First: nobody looks for a posting in a book that is not in the list.
        new = [one for one in found if self._put(posting_item(one))]
        return len(new), postings.unowned(values)

    def open_book(self, book: str, day: str) -> None:
        """Have *book* in the list. Most are there: reading costs a tenth of trying to write."""
        key = {"pk": {"S": BOOKS}, "sk": {"S": book}}
        if "Item" not in self._outside.aws("dynamodb", "get_item", TableName=self._table, Key=key):
            self._put(key | {"since": {"S": day}})

    # --- links ---

    def chain(self, names: Iterable[Name], *, now: int) -> tuple[int, int]:
        """Name these vouchers, each once. Returns how many links that took, and how many places went to others.

        Raises ``Unavailable`` when others keep being faster.
        """
        own: dict[int, list[Name]] = {}
        for name in dict.fromkeys(names):
            own.setdefault(chain.chain_of(name.pk), []).append(name)
        done = [self._link(number, rest, now) for number, rest in sorted(own.items())]
        return sum(links for links, _ in done), sum(lost for _, lost in done)

    def _link(self, number: int, names: Sequence[Name], now: int) -> tuple[int, int]:
        links = lost = 0
        while lost < RACES_MAX:
            if lost:
                self._outside.wait_before_attempt(lost)
            recent = list(self._links(number, Limit=RECENT_LINKS, ScanIndexForward=False))
            known = {name for link in recent for name in chain.names_in(link)}
            names = [name for name in names if name not in known]
            if not names:
                return links, lost
            head = chain.head_at(recent[0]) if recent else NOTHING
            link = chain.link_after(head, number, names[: chain.NAMES_PER_LINK_MAX], at=now)
            if self._put(chain.item_of(link)):
                links, names = links + 1, names[chain.NAMES_PER_LINK_MAX :]
            else:
                lost += 1
        raise Unavailable("the chain of vouchers is busy")

    def head(self, number: int) -> Head:
        """How far a chain is. Raises ``ValueError`` when its last link cannot be read."""
        newest = self._links(number, Limit=1, ScanIndexForward=False)
        return next((chain.head_after(chain.link_of(item)) for item in newest), NOTHING)

    def first_link(self, number: int) -> Link | None:
        """Raises ``ValueError`` for a row that is no link."""
        return next((chain.link_of(item) for item in self._links(number, Limit=1)), None)

    def link(self, number: int, seq: int) -> Link | None:
        """Raises ``ValueError`` for a row that is no link."""
        key = {"pk": {"S": chain.pk_of(number)}, "sk": {"S": f"{chain.LINK}{seq:010}"}}
        request = {"TableName": self._table, "Key": key, "ConsistentRead": True}
        item = self._outside.aws("dynamodb", "get_item", **request).get("Item")
        return chain.link_of(item) if item else None

    def links(self, number: int) -> Iterator[Item]:
        """Every row of a chain, first to last."""
        return self._links(number)

    def _links(self, number: int, **more: Any) -> Iterator[Item]:
        values = {":pk": {"S": chain.pk_of(number)}}
        return self._query(KeyConditionExpression="pk = :pk", ExpressionAttributeValues=values, **more)

    # --- both ---

    def voucher(self, pk: str, sk: str) -> Item | None:
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        request = {"TableName": self._table, "Key": key, "ConsistentRead": True}
        item: Item | None = self._outside.aws("dynamodb", "get_item", **request).get("Item")
        return item

    def _query(self, **query: Any) -> Iterator[Item]:
        while True:
            page = self._outside.aws("dynamodb", "query", TableName=self._table, ConsistentRead=True, **query)
            yield from page["Items"]
            if "Limit" in query or "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _put(self, item: Item) -> bool:
        """False: there is one already."""
        from botocore.exceptions import ClientError

        request = {"TableName": self._table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
        try:
            self._outside.aws("dynamodb", "put_item", **request)
        except ClientError as refused:
            if refused.response["Error"]["Code"] != TAKEN:
                raise
            return False
        return True


def posting_item(posting: Posting) -> Item:
    return {"pk": {"S": posting.pk}, "sk": {"S": posting.sk}} | to_item(posting.values)
