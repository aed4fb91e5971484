"""Every hour: orders that are at rest for good leave for the archive (shared/archive/moving.py).

First what earlier runs began: parts are written, and what was written an hour ago is deleted from the table. Then new
parts, while there is time. One bad order, or part, must not stop the others: each is tried by itself, counted and
alarmed on, and met again by the next run.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from functions.wiring import logger, metrics, now, shop
from shared.archive import moving
from shared.archive.moving import Candidate
from shared.store.archive import Part

ORDERS_PER_PART_MAX = 500
MILLISECONDS_LEFT = 120_000  # What a part takes at most.


@dataclass
class Round:
    """One hour's work."""

    moment: int
    context: Any
    looked: int = 0
    left: int = 0
    emptied: int = 0
    failed: int = 0

    @property
    def has_time(self) -> bool:
        remaining: int = self.context.get_remaining_time_in_millis()
        return remaining > MILLISECONDS_LEFT

    def failure(self, **about: Any) -> None:
        self.failed += 1
        logger.exception("not archived", **about)
        metrics.add_metric(name="ArchiveFailed", unit="Count", value=1)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
    round_ = Round(now(), context)
    begun = moving.archive_of(shop()).open_parts()
    for part in begun:
        if round_.has_time:
            _go_on(round_, part)
    taken = {member.order_id for part in begun for member in part.members}
    candidates = _candidates(round_, taken)
    while batch := tuple(islice(candidates, ORDERS_PER_PART_MAX)):
        for part in _planned(batch, round_.moment):
            _go_on(round_, part)
    told = {"looked": round_.looked, "left": round_.left, "emptied": round_.emptied, "failed": round_.failed}
    logger.info("archived", **told)
    return told


def _go_on(round_: Round, part: Part) -> None:
    """The next step of a part."""
    try:
        if part.written_at is None:
            round_.left += moving.write(shop(), part, round_.moment)
        elif moving.may_be_emptied(part, round_.moment):
            round_.emptied += moving.empty(shop(), part)
    except Exception:  # The edge of a queue loop: the next part has its own right to be tried.
        round_.failure(placed_on=part.placed_on, part=part.number)


def _candidates(round_: Round, taken: set[str]) -> Iterator[Candidate]:
    """Every order whose time has come and that is at rest, while there is time; those that are *taken* left out."""
    for listed in moving.archive_of(shop()).listed(moving.due_until(shop(), round_.moment)):
        if not round_.has_time:
            return
        if listed.order_id in taken:
            continue
        taken.add(listed.order_id)
        round_.looked += 1
        try:
            found = moving.look(shop(), listed, round_.moment)
        except Exception:  # The edge of a queue loop: the next order has its own right to be tried.
            round_.failure(order_id=listed.order_id)
            continue
        if found is not None:
            yield found


def _planned(batch: tuple[Candidate, ...], moment: int) -> Iterator[Part]:
    """A part for each day on which some of them were placed."""
    for day in sorted({candidate.placed_on for candidate in batch}):
        members = [candidate.member for candidate in batch if candidate.placed_on == day]
        part = moving.archive_of(shop()).plan(day, members, moment)
        if part is not None:
            yield part
