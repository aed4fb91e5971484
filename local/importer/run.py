"""The two ways to import a file.

all       every row is checked here, then by the shop without writing; one bad row, and nothing is published at all.
          What is published is what was checked, though the file change meanwhile.
resume    good rows are published as they are read; bad ones are written down. A run that was broken off, or whose
          bad rows were corrected, is run again and goes on.

Published is batch by batch, each all or nothing under a key of its own. A run of mode *all* that breaks off while it
publishes is run again: what stands already is left alone.
"""

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple

from local.importer.client import Client
from local.importer.journal import Journal, Rejected
from local.importer.rows import Row, rows_of
from shared.catalogue.fields import Fault
from shared.catalogue.publish import RECORDS_MAX

BATCH_BYTES_MAX = 48 * 1024  # The shop reads 64 KiB.

Told = Callable[[str, int, int], None]  # (what is being done, so far, in all)


class Job(NamedTuple):
    """What is to be imported, and where to."""

    file: Path
    kind: str
    defaults: Mapping[str, str]
    client: Client
    told: Told


class Sent(NamedTuple):
    """A row that goes into a batch."""

    line: int
    record: Mapping[str, Any]


Batch = tuple[Sent, ...]


class Counts(NamedTuple):
    rows: int = 0
    rejected: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: int = 0  # Taken by a run before.

    def plus(self, **more: int) -> "Counts":
        return self._replace(**{name: getattr(self, name) + number for name, number in more.items()})


def import_all(job: Job, rejected: Rejected, *, dry_run: bool) -> Counts:
    """Publish the file if every row of it is good; with *dry_run* only say what would become of it."""
    with TemporaryFile("w+", encoding="utf-8") as checked:
        rows = batches = 0
        for batch in _batches(_good(job, rejected)):
            checked.write(json.dumps(batch) + "\n")
            rows, batches = rows + len(batch), batches + 1
        if rejected.count:
            return Counts(rows + rejected.count, rejected.count)
        would_be = _asked(job, checked, batches, rejected)
        if rejected.count or dry_run:
            return would_be._replace(rows=rows, rejected=rejected.count)
        return _published(job, checked, batches)._replace(rows=rows)


def import_resumable(job: Job, journal: Journal, rejected: Rejected) -> Counts:
    """Publish the good rows that no run before has published."""
    counts = Counts()
    for batch in _batches(_good(job, rejected)):
        content = _hash([sent.record for sent in batch])
        if journal.has(content):
            counts = counts.plus(rows=len(batch), skipped=len(batch))
            continue
        results, refused = _taken(job, batch, journal.run, rejected)
        if not refused:
            journal.note(content, len(batch))
        counts = counts.plus(rows=len(results), **_told_of(results))
    return counts.plus(rows=rejected.count, rejected=rejected.count)


def _good(job: Job, rejected: Rejected) -> Iterator[Sent]:
    """The good rows, as they are read; the others are written down."""
    size = job.file.stat().st_size
    for row in rows_of(job.file, job.kind, job.defaults):
        job.told("reading", row.bytes_read, size)
        if row.record is None:
            rejected.note(row)
        else:
            yield Sent(row.line, row.record)


def _batches(rows: Iterable[Sent]) -> Iterator[Batch]:
    """As many rows as one request may hold."""
    batch: list[Sent] = []
    size = 0
    for row in rows:
        length = len(json.dumps(row.record, ensure_ascii=False).encode())
        if batch and (len(batch) == RECORDS_MAX or size + length > BATCH_BYTES_MAX):
            yield tuple(batch)
            batch, size = [], 0
        batch.append(row)
        size += length
    if batch:
        yield tuple(batch)


def _asked(job: Job, checked: IO[str], batches: int, rejected: Rejected) -> Counts:
    """Let the shop check everything, writing nothing."""
    counts = Counts()
    for number, batch in enumerate(_read_again(checked), 1):
        answer = job.client.publish(
            job.kind, [s.record for s in batch], key=secrets.token_hex(16), dry_run=True
        )
        for row in _refused_rows(batch, answer.refused):
            rejected.note(row)
        counts = counts.plus(**_told_of(answer.results))
        job.told("checking", number, batches)
    return counts


def _published(job: Job, checked: IO[str], batches: int) -> Counts:
    counts, run = Counts(), secrets.token_hex(8)
    for number, batch in enumerate(_read_again(checked), 1):
        records = [sent.record for sent in batch]
        answer = job.client.publish(job.kind, records, key=_hash([run, records]), dry_run=False)
        if answer.refused:
            raise Overtaken(f"somebody else published meanwhile: {answer.refused[0]['reason']}")
        counts = counts.plus(**_told_of(answer.results))
        job.told("publishing", number, batches)
    return counts


class Overtaken(Exception):
    """What the shop had checked it refuses now."""


def _read_again(checked: IO[str]) -> Iterator[Batch]:
    checked.seek(0)
    for line in checked:
        yield tuple(Sent(*row) for row in json.loads(line))


def _taken(job: Job, batch: Batch, run: str, rejected: Rejected) -> tuple[list[Mapping[str, Any]], bool]:
    """Publish the batch, and when the shop refuses some of its rows, the rest of it: (results, was any refused)."""
    was_refused = False
    while batch:
        records = [sent.record for sent in batch]
        answer = job.client.publish(job.kind, records, key=_hash([run, records]), dry_run=False)
        if not answer.refused:
            return list(answer.results), was_refused
        was_refused = True
        for row in _refused_rows(batch, answer.refused):
            rejected.note(row)
        bad = {refused["index"] for refused in answer.refused}
        batch = tuple(sent for index, sent in enumerate(batch) if index not in bad)
    return [], was_refused


def _refused_rows(batch: Batch, refused: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    by_index: dict[int, list[Fault]] = {}
    for fault in refused:
        by_index.setdefault(fault["index"], []).append(Fault(fault["at"], fault["reason"]))
    for index, faults in sorted(by_index.items()):
        yield Row(batch[index].line, None, tuple(faults))


def _told_of(results: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    changed = [bool(result["is_changed"]) for result in results]
    return {"changed": sum(changed), "unchanged": len(changed) - sum(changed)}


def _hash(content: Any) -> str:
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
