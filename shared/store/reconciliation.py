"""What comparing bills with the ledger keeps: in the Ledger, where nothing is edited, and in the bucket of the books.

Ledger   ACCOUNT#clearing:<provider>#<day>   <voucher id>                 postings; the bookkeeper writes them
         BILL#<provider>#<day>               VOUCHER#<n>                  fees and payouts that a bill told of
         BILLS#<provider>                    <day>#<n>                    a raw bill: its digest, where it came from
         DIFFERENCE#<provider>               <day>#<name>#<key>#<n>       seen, explained, resolved, seen again ...
         MATCHED#<provider>                  <voucher id>                 the far day whose bill has it
         RECONCILIATION#<provider>           <day>#<n>                    each comparison, and how it ended
         WATCHED#<provider>                  <day>                        payments that thaw soon were looked at
Bucket   bills/<provider>/<day>/<sha256>.csv                              as it came, packed or not
         reconciliation/<day>/<provider>.json, .html                      the latest report

Every row is put if it is not there: two runs at once write the same rows, or the slower one finds that it is too late.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple

from shared.changes import Voucher
from shared.errors import Conflict, OrderError, Unavailable
from shared.outside import Outside
from shared.reconciliation.differences import Difference
from shared.reconciliation.matching import Late
from shared.reconciliation.report import BillFile, Seen, id_of
from shared.reconciliation.said import Posting, posting_of
from shared.settings import Settings
from shared.store.items import Item, from_item, to_item

SEEN, EXPLAINED, RESOLVED = "seen", "explained", "resolved"
CHUNK_BYTES = 256 * 1024
BILL = "bill"  # The kind of a bill's own vouchers: no bill has them.
FACTS = {"document": "", "amount_minor": 0, "currency": "", "bill_minor": 0}
MISSING = ("404", "NoSuchKey", "NotFound")


class BillMissing(OrderError):
    """There is no bill of that day yet: fetch or upload one first."""

    status, code = 409, "bill_missing"


class Remembered(NamedTuple):
    """One difference, as its rows tell it."""

    day: str
    id: str  # <name>#<key>
    number: int  # Of its last row.
    last: str  # SEEN, EXPLAINED or RESOLVED
    seen: Seen
    document: str = ""
    amount_minor: int = 0
    currency: str = ""
    bill_minor: int = 0

    @property
    def is_open(self) -> bool:
        return self.last != RESOLVED

    @property
    def is_unexplained(self) -> bool:
        return self.last == SEEN


class Run(NamedTuple):
    """One comparison."""

    provider: str
    day: str
    number: int
    at: int
    by: str
    state: str
    sha256: str
    file: int  # Which of the bill's FILE rows was compared; 0: none.
    postings: int  # Of the day, in the books.
    agreed: int
    differences: int
    overdue: int


class ReconciliationStore:
    def __init__(self, outside: Outside, settings: Settings) -> None:
        self._outside, self._settings = outside, settings

    # --- the ledger's side ---

    def postings(self, provider: str, day: str) -> Iterator[Posting]:
        """What moved on *day*, as the books have it; bills' own vouchers are not in it."""
        for item in self._query(f"ACCOUNT#clearing:{provider}#{day}"):
            posting = posting_of(provider, from_item(item))
            if posting is not None and posting.kind != BILL:
                yield posting

    def count_postings(self, provider: str, day: str) -> int:
        """How many ``postings`` there are."""
        query = {
            "KeyConditionExpression": "pk = :pk",
            "FilterExpression": "#kind <> :bill",
            "ExpressionAttributeNames": {"#kind": "kind"},
            "ExpressionAttributeValues": to_item(
                {":pk": f"ACCOUNT#clearing:{provider}#{day}", ":bill": BILL}
            ),
            "Select": "COUNT",
        }
        return sum(answer["Count"] for answer in self._answers(query))

    def posted(self, provider: str, day: str) -> tuple[Mapping[str, Any], ...]:
        """The vouchers of this bill so far."""
        return tuple(map(from_item, self._query(f"BILL#{provider}#{day}", "VOUCHER#")))

    def post(
        self, provider: str, day: str, vouchers: Iterable[Voucher], *, after: int, now: int
    ) -> tuple[Mapping[str, Any], ...]:
        """Add *vouchers* behind revision *after*. Raises ``Conflict``: somebody posted meanwhile."""
        written = []
        for revision, voucher in enumerate(vouchers, after + 1):
            values = {
                "voucher_id": f"bill-{provider}-{day}-{revision}",
                "kind": voucher.kind,
                "currency": voucher.currency,
                "at": now,
                "happened_at": voucher.happened_at,
                "document": f"bill:{day}",
                "entries": voucher.entries,
            }
            if not self._put(f"BILL#{provider}#{day}", f"VOUCHER#{revision:08}", values):
                raise Conflict("another run posted this bill meanwhile")
            written.append(values)
        return tuple(written)

    # --- bills ---

    def files(self, provider: str, since: str, until: str) -> dict[str, tuple[BillFile, ...]]:
        """The raw bills of the days from *since* to *until* that have one, as they came: a day's last one counts."""
        found: dict[str, tuple[BillFile, ...]] = {}
        for item in self._query(f"BILLS#{provider}", since, f"{until}$"):  # "$" comes after "#".
            values = from_item(item)
            day = values["sk"].partition("#")[0]
            found[day] = (*found.get(day, ()), BillFile(**{name: values[name] for name in BillFile._fields}))
        return found

    def files_of(self, provider: str, day: str) -> tuple[BillFile, ...]:
        return self.files(provider, day, day).get(day, ())

    def add_file(self, provider: str, day: str, file: BillFile) -> None:
        """Note a bill; one that was noted before stays where it is. Raises ``Conflict``."""
        known = self.files_of(provider, day)
        if any((one.sha256, one.source == "none") == (file.sha256, file.source == "none") for one in known):
            return
        if not self._put(f"BILLS#{provider}", f"{day}#{len(known) + 1:04}", file._asdict()):
            raise Conflict("another bill of this day came at the same moment")

    def keep_bill(self, provider: str, day: str, sha256: str, content: BinaryIO) -> None:
        """Put the raw bill into the bucket, under its digest."""
        self._outside.aws(
            "s3",
            "put_object",
            Bucket=self._settings.books_bucket,
            Key=bill_key(provider, day, sha256),
            Body=content,
            ContentType="application/octet-stream",
        )

    def size_of_bill(self, provider: str, day: str, sha256: str) -> int | None:
        """How large it is; None: it is not there."""
        from botocore.exceptions import ClientError

        place = {"Bucket": self._settings.books_bucket, "Key": bill_key(provider, day, sha256)}
        try:
            return int(self._outside.aws("s3", "head_object", **place)["ContentLength"])
        except ClientError as refused:
            if refused.response["Error"]["Code"] not in MISSING:
                raise
            return None

    def read_bill(self, provider: str, day: str, sha256: str) -> Iterator[bytes]:
        """The raw bill in chunks. Raises ``Unavailable`` when it breaks off."""
        from botocore.exceptions import BotoCoreError

        place = {"Bucket": self._settings.books_bucket, "Key": bill_key(provider, day, sha256)}
        body = self._outside.aws("s3", "get_object", **place)["Body"]
        try:
            yield from body.iter_chunks(CHUNK_BYTES)
        except BotoCoreError as broken:
            raise Unavailable("s3 broke off") from broken

    # --- what is remembered ---

    def remembered(self, provider: str, since: str, until: str) -> tuple[Remembered, ...]:
        """Every difference of the days from *since* to *until*, resolved ones too."""
        found: dict[tuple[str, str], Remembered] = {}
        for item in self._query(f"DIFFERENCE#{provider}", since, f"{until}$"):
            one = _remembered(from_item(item), found)
            found[one.day, one.id] = one
        return tuple(found.values())

    def remember(
        self,
        provider: str,
        day: str,
        found: Sequence[Difference],
        known: Sequence[Remembered],
        *,
        is_all: bool,
        now: int,
    ) -> None:
        """Note what is new, or of another amount; and, if *found* is all, what was open and is there no more."""
        before = {one.id: one for one in known}
        present = {id_of(difference): difference for difference in found}
        for name, difference in present.items():
            one = before.get(name)
            if one is None or not one.is_open or one.amount_minor != difference.amount_minor:
                self._note(provider, day, name, one, {"what": SEEN, "at": now} | _facts(difference))
        for name, one in before.items():
            if is_all and one.is_open and name not in present:
                self._note(provider, day, name, one, {"what": RESOLVED, "at": now})

    def explain(self, provider: str, one: Remembered, *, by: str, reason: str, now: int) -> None:
        """A person says why it is no trouble. Raises ``Conflict`` when it changed meanwhile."""
        told = {"what": EXPLAINED, "at": now, "by": by, "reason": reason}
        if not self._note(provider, one.day, one.id, one, told):
            raise Conflict("the difference changed meanwhile")

    def _note(
        self, provider: str, day: str, name: str, before: Remembered | None, values: Mapping[str, Any]
    ) -> bool:
        number = before.number + 1 if before else 1
        return self._put(f"DIFFERENCE#{provider}", f"{day}#{name}#{number:04}", values)

    def note_late(self, provider: str, day: str, late: Iterable[Late]) -> None:
        """That the bill of *day* has postings of far days."""
        for one in late:
            values = {"bill_day": day, "line": one.line}
            self._put(f"MATCHED#{provider}", one.posting.voucher_id, values)

    def far_day_of(self, provider: str, voucher_id: str) -> str:
        """The far day whose bill has it; "": none."""
        key = {"pk": {"S": f"MATCHED#{provider}"}, "sk": {"S": voucher_id}}
        item = self._outside.aws(
            "dynamodb", "get_item", TableName=self._settings.ledger_table, Key=key, ConsistentRead=True
        ).get("Item")
        return "" if item is None else str(item["bill_day"]["S"])

    # --- runs and reports ---

    def runs(self, provider: str, since: str, until: str) -> dict[str, Run]:
        """The last run of each day from *since* to *until* that has one."""
        items = self._query(f"RECONCILIATION#{provider}", since, f"{until}$")
        runs = (Run(**{name: from_item(item)[name] for name in Run._fields}) for item in items)
        return {run.day: run for run in runs}

    def add_run(self, run: Run) -> None:
        """Note it. Another one of the same moment has the same number, and was there first."""
        self._put(f"RECONCILIATION#{run.provider}", f"{run.day}#{run.number:06}", run._asdict())

    def keep_report(self, provider: str, day: str, name: str, content: bytes, media: str) -> None:
        self._outside.aws(
            "s3",
            "put_object",
            Bucket=self._settings.books_bucket,
            Key=f"reconciliation/{day}/{provider}.{name}",
            Body=content,
            ContentType=media,
        )

    def read_report(self, provider: str, day: str, name: str) -> bytes | None:
        """None: there is none."""
        from botocore.exceptions import ClientError

        key = f"reconciliation/{day}/{provider}.{name}"
        try:
            found = self._outside.aws("s3", "get_object", Bucket=self._settings.books_bucket, Key=key)
        except ClientError as refused:
            if refused.response["Error"]["Code"] not in MISSING:
                raise
            return None
        return bytes(found["Body"].read())

    def was_watched(self, provider: str, today: str) -> bool:
        """Whether payments that thaw soon were looked at today."""
        return any(True for _ in self._query(f"WATCHED#{provider}", today))

    def note_watched(self, provider: str, today: str, now: int) -> None:
        self._put(f"WATCHED#{provider}", today, {"at": now})

    # --- the table ---

    def _put(self, pk: str, sk: str, values: Mapping[str, Any]) -> bool:
        """Put a row that is not there. False: it is."""
        from botocore.exceptions import ClientError

        try:
            self._outside.aws(
                "dynamodb",
                "put_item",
                TableName=self._settings.ledger_table,
                Item={"pk": {"S": pk}, "sk": {"S": sk}} | to_item(values),
                ConditionExpression="attribute_not_exists(pk)",
            )
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def _query(self, pk: str, begins: str = "", until: str = "") -> Iterator[Item]:
        """The rows of a partition: all, those whose sort keys begin so, or those from *begins* to *until*."""
        condition, values = "pk = :pk", {":pk": {"S": pk}}
        if until:
            condition += " AND sk BETWEEN :begins AND :until"
            values |= {":until": {"S": until}}
        elif begins:
            condition += " AND begins_with(sk, :begins)"
        if begins:
            values |= {":begins": {"S": begins}}
        query = {"KeyConditionExpression": condition, "ExpressionAttributeValues": values}
        for answer in self._answers(query):
            yield from answer["Items"]

    def _answers(self, query: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Page after page."""
        query = dict(query)
        while True:
            answer = self._outside.aws(
                "dynamodb", "query", TableName=self._settings.ledger_table, ConsistentRead=True, **query
            )
            yield answer
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def bill_key(provider: str, day: str, sha256: str) -> str:
    """Where a raw bill lies. *sha256*: in hexadecimal digits."""
    return f"bills/{provider}/{day}/{sha256}.csv"


def _facts(difference: Difference) -> dict[str, Any]:
    """What is kept of it, so that the rows alone tell the story."""
    kept = {
        "document": difference.document,
        "amount_minor": difference.amount_minor,
        "currency": difference.currency,
        "bill_minor": difference.bill_minor,
        "ledger_minor": difference.ledger_minor,
        "line": difference.line,
        "voucher_id": difference.voucher_id,
        "why": difference.why,
    }
    return {name: value for name, value in kept.items() if value not in ("", None)}


def _remembered(values: Mapping[str, Any], before: Mapping[tuple[str, str], Remembered]) -> Remembered:
    day, told = values["sk"].split("#", 1)
    name, _, number = told.rpartition("#")
    known = before.get((day, name))
    match values["what"]:
        case "seen":
            seen = Seen(values["at"])
            facts = (values.get(name, plain) for name, plain in FACTS.items())
            return Remembered(day, name, int(number), SEEN, seen, *facts)
        case "explained":
            assert known is not None, "what is explained was seen"
            seen = Seen(known.seen.since, values["by"], values["reason"], values["at"])
            return known._replace(number=int(number), last=EXPLAINED, seen=seen)
    assert known is not None, "what is resolved was seen"
    return known._replace(number=int(number), last=RESOLVED)
