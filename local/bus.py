"""EventBridge: an event that a rule matched goes to the rule's targets, later and at least once."""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.events.utils import EventTemplateParser

from local.targets import Target, Targets
from local.template import TemplateError


class Bus:
    """Holds matched events until they are pumped. Moto matches; this delivers."""

    def __init__(self, targets: Targets, now: Callable[[], float]) -> None:
        self._targets = targets
        self._now = now
        self.waiting: deque[tuple[dict[str, Any], dict[str, Any]]] = deque()  # (rule's target, event)

    def deliver(self, rule: Any, event: dict[str, Any]) -> None:
        """Take *event* for every target of *rule*. Called inside PutEvents, so nothing runs yet."""
        seen = {name: value for name, value in event.items() if name != "ingestion-time"}
        seen["time"] = datetime.fromtimestamp(self._now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.waiting.extend((target, seen) for target in rule.targets)

    def pump(self) -> bool:
        """Deliver what waits, with what comes in meanwhile. Say whether there was anything."""
        any_waiting = bool(self.waiting)
        while self.waiting:
            target, event = self.waiting.popleft()
            self._targets.send(Target.of(target), _input(target, event))
        return any_waiting


def _input(target: dict[str, Any], event: dict[str, Any]) -> Any:
    if transformer := target.get("InputTransformer"):
        paths = transformer.get("InputPathsMap", {})
        return EventTemplateParser.parse(transformer["InputTemplate"], paths, event)  # type: ignore[arg-type]
    if "Input" in target:
        raise TemplateError("a rule's target with a constant Input is not supported here")
    if "InputPath" in target:
        part: Any = event
        for name in filter(None, target["InputPath"].removeprefix("$").split(".")):
            part = part[name]
        return part
    return event
