"""EventBridge Scheduler on the virtual clock.

One-time schedules fire in the order of their times, each at its very second (AWS: within the minute after).
Rate schedules fire once at the end of a jump, however many periods it spans: a sweeper that ran every
minute of ten days would find nothing new 14,399 times.
"""

import heapq
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.scheduler.models import scheduler_backends

from local.targets import Target, Targets
from local.template import ACCOUNT, REGION, TemplateError

UNIT_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


def at_epoch(expression: str) -> int | None:
    """Return the moment of an ``at(...)`` expression in UTC, or None for another kind.

    >>> at_epoch("at(2026-11-21T22:30:00)")
    1795300200
    """
    found = re.fullmatch(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)", expression)
    return int(datetime.fromisoformat(found[1]).replace(tzinfo=UTC).timestamp()) if found else None


def rate_seconds(expression: str) -> int:
    """Return the period of a ``rate(...)`` expression.

    >>> rate_seconds("rate(5 minutes)")
    300
    """
    found = re.fullmatch(r"rate\(([1-9]\d*) (minute|hour|day)s?\)", expression)
    if not found:
        raise TemplateError(f"{expression} is neither at(...) nor rate(...)")
    return int(found[1]) * UNIT_SECONDS[found[2]]


class Armed(dict[str, Any]):
    """The schedules of one group by name, as moto keeps them, and which of them fires first."""

    def __init__(self, group: Any) -> None:
        super().__init__()
        self._queue: list[tuple[int, str]] = []
        self.update(group.schedules)

    def __setitem__(self, name: str, schedule: Any) -> None:
        super().__setitem__(name, schedule)
        when = at_epoch(schedule.schedule_expression)
        if when is not None and schedule.state == "ENABLED":
            heapq.heappush(self._queue, (when, name))

    def clear(self) -> None:
        """Forget every schedule."""
        super().clear()
        self._queue.clear()

    def first(self) -> tuple[int, str] | None:
        """Return time and name of the schedule that fires first."""
        while self._queue and not self._still_stands(*self._queue[0]):
            heapq.heappop(self._queue)  # Deleted or changed since.
        return self._queue[0] if self._queue else None

    def _still_stands(self, when: int, name: str) -> bool:
        if (schedule := self.get(name)) is None or schedule.state != "ENABLED":
            return False
        return at_epoch(schedule.schedule_expression) == when


@dataclass
class Rate:
    """A schedule that comes again."""

    name: str
    period_seconds: int
    target: Target
    payload: Any
    due_at: float


class Schedules:
    """The schedules of one cloud: those moto holds, and the template's rates."""

    def __init__(self, targets: Targets, told: Callable[[str, str], None], now: Callable[[], float]) -> None:
        self._targets = targets
        self._told = told
        self._now = now
        self._groups: list[Any] = []
        self.rates: list[Rate] = []

    def add_rate(self, name: str, expression: str, target: dict[str, Any]) -> None:
        """Add a rate schedule; its first firing is one period from now."""
        period = rate_seconds(expression)
        payload = json.loads(target.get("Input", "{}"))
        self.rates.append(Rate(name, period, Target.of(target), payload, self._now() + period))

    def watch_groups(self) -> None:
        """From now on know the firing order of what is armed in moto's groups."""
        self._groups = list(scheduler_backends[ACCOUNT][REGION].schedule_groups.values())
        for group in self._groups:
            group.schedules = Armed(group)

    def clear(self) -> None:
        """Forget every one-time schedule and start the periods of the others now."""
        for group in self._groups:
            group.schedules.clear()
        self.restart_periods()

    def restart_periods(self) -> None:
        """Let every rate schedule fire one period from now."""
        for rate in self.rates:
            rate.due_at = self._now() + rate.period_seconds

    def next_due(self) -> float | None:
        """Return when the next one-time schedule fires."""
        first = self._first()
        return first[0] if first else None

    def fire_due(self) -> bool:
        """Fire the one-time schedule that is due first. Say whether there was one."""
        first = self._first()
        if first is None or first[0] > self._now():
            return False
        self._fire(*first[1:])
        return True

    def fire_rates(self) -> bool:
        """Fire each rate schedule whose period is over, once. Say whether there was one."""
        due = [rate for rate in self.rates if rate.due_at <= self._now()]
        for rate in due:
            rate.due_at = self._now() + rate.period_seconds
            self._told("fire_schedule", rate.name)
            self._targets.send(rate.target, rate.payload)
        return bool(due)

    def _first(self) -> tuple[int, str, Any] | None:
        firsts = [(*first, group) for group in self._groups if (first := group.schedules.first())]
        return min(firsts, key=lambda entry: entry[:2], default=None)

    def _fire(self, name: str, group: Any) -> None:
        schedule = group.schedules.pop(name)  # First, so that firing may arm the same name again.
        self._told("fire_schedule", name)
        self._targets.send(Target.of(schedule.target), json.loads(schedule.target.get("Input", "{}")))
        if schedule.action_after_completion != "DELETE":
            schedule.state = "DISABLED"  # AWS keeps a completed entry, and it counts against the quota.
            group.schedules.setdefault(name, schedule)
