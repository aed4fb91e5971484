"""EventBridge: an event that a rule matched goes to the rule's targets, later and at least once."""

import json
import re
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from local.targets import Target, Targets
from local.template import TemplateError

PLACEHOLDER = re.compile(r"<([A-Za-z0-9_.-]+)>")


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
        return transformed(transformer["InputTemplate"], transformer.get("InputPathsMap", {}), event)
    if "Input" in target:
        raise TemplateError("a rule's target with a constant Input is not supported here")
    if "InputPath" in target:
        return _at(target["InputPath"], event)
    return event


def transformed(template: str, paths: Mapping[str, str], event: Mapping[str, Any]) -> Any:
    """Fill a JSON template as EventBridge does: ``<name>`` becomes the value at its path, whatever its type.

    Moto turns what is inside a list into text. A placeholder inside a text, and one without a path, raise.

    >>> transformed('{"a": <x>}', {"x": "$.detail.steps"}, {"detail": {"steps": [{"row": "r"}]}})
    {'a': [{'row': 'r'}]}
    """
    values = {name: json.dumps(_at(path, event)) for name, path in paths.items()}

    def filled(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise TemplateError(f"<{match[1]}> of an input template has no path")
        return values[match[1]]

    try:
        return json.loads(PLACEHOLDER.sub(filled, template))
    except ValueError as cause:
        raise TemplateError(
            "an input template whose placeholders stand inside a text is not supported"
        ) from cause


def _at(path: str, event: Mapping[str, Any]) -> Any:
    part: Any = event
    for name in filter(None, path.removeprefix("$").split(".")):
        part = part[name]
    return part
