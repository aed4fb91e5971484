"""Daily roots of the chain of vouchers, in the bucket of books: written once each, locked, never written over.

    roots/<yyyy-mm-dd>.json    shared.ledger.chain.root_bytes, in compliance mode: nobody can shorten the lock

Whoever may write to the bucket might lay another version over a root. The bucket's policy refuses that (infra.books);
if it was done all the same, the first version is still there, and it is the one that is read when history is checked.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.errors import Unavailable
from shared.ledger.chain import Root, Sealed, read_root, root_bytes
from shared.outside import Outside

PREFIX, ENDING = "roots/", ".json"
LOOK_BACK = timedelta(days=40)
THERE_ALREADY, AT_ONCE = "PreconditionFailed", "ConditionalRequestConflict"


class RootStore:
    def __init__(self, outside: Outside, bucket: str) -> None:
        self._outside, self._bucket = outside, bucket

    def last(self, today: str) -> Root | None:
        """The newest root. Raises ``ValueError`` when it cannot be read."""
        after = (date.fromisoformat(today) - LOOK_BACK).isoformat()
        keys = self._keys(StartAfter=key_of(after)) or self._keys()
        if not keys:
            return None
        return read_root(self._read(keys[-1]))

    def put(self, root: Root, *, now: int, days: int) -> bool:
        """Write *root*, and lock it for so many *days*. False: its day has one."""
        from botocore.exceptions import ClientError

        until = datetime.fromtimestamp(now, UTC) + timedelta(days=days)
        try:
            self._outside.aws(
                "s3",
                "put_object",
                Bucket=self._bucket,
                Key=key_of(root.day),
                Body=root_bytes(root),
                ContentType="application/json",
                ChecksumAlgorithm="SHA256",
                IfNoneMatch="*",
                ObjectLockMode="COMPLIANCE",
                ObjectLockRetainUntilDate=until,
            )
        except ClientError as refused:
            code = refused.response["Error"]["Code"]
            if code == AT_ONCE:
                raise Unavailable("two write one root") from refused
            if code != THERE_ALREADY:
                raise
            return False
        return True

    def sealed(self, *, newest: int | None = None) -> Iterator[Sealed]:
        """The roots as they were first written, by day; *newest*: so many of the newest at most."""
        versions: dict[str, list[tuple[datetime, str]]] = {}
        for page in self._pages("list_object_versions", "KeyMarker", "NextKeyMarker"):
            for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                number = one["VersionId"] if "ETag" in one else ""  # "": it was hidden.
                versions.setdefault(one["Key"], []).append((one["LastModified"], number))
        days = sorted(versions)
        for key in days[-newest:] if newest else days:
            first = next((number for _, number in sorted(versions[key]) if number), "")
            raw = self._read(key, VersionId=first) if first else b""
            yield Sealed(key.removeprefix(PREFIX).removesuffix(ENDING), raw, len(versions[key]))

    def _keys(self, **start: str) -> list[str]:
        pages = self._pages("list_objects_v2", "ContinuationToken", "NextContinuationToken", **start)
        return sorted(one["Key"] for page in pages for one in page.get("Contents", ()))

    def _pages(self, operation: str, marker: str, following: str, **request: Any) -> Iterator[Any]:
        while True:
            page = self._outside.aws("s3", operation, Bucket=self._bucket, Prefix=PREFIX, **request)
            yield page
            if not page.get("IsTruncated"):
                return
            request[marker] = page[following]
            if "NextVersionIdMarker" in page:
                request["VersionIdMarker"] = page["NextVersionIdMarker"]

    def _read(self, key: str, **version: str) -> bytes:
        answer = self._outside.aws("s3", "get_object", Bucket=self._bucket, Key=key, **version)
        raw: bytes = answer["Body"].read()
        return raw


def key_of(day: str) -> str:
    return f"{PREFIX}{day}{ENDING}"
