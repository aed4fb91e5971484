"""A laptop cloud that can be watched, and that can do everything twice.

``around_machine`` are hooks like those of ``shared.outside``, for the calls that a state machine makes by itself.
With *twice* every webhook is sent twice and every event delivered twice, the second time out of order: what AWS and a
provider promise is "at least once", and no more. ``rounds`` are the product's own poller and sweeper, made ready for a
clock that jumps.
"""

from collections.abc import Callable
from typing import Any

from local.clock import StandingClock
from local.cloud import Cloud
from local.demo.rounds import Rounds
from local.template import Template
from shared.outside import Call, Hook


class Watched(Cloud):
    def __init__(self, template: Template, clock: StandingClock, *, twice: bool = False) -> None:
        self.around_machine: list[Hook] = []
        self._twice, self._doubled = twice, 0
        super().__init__(template, clock=clock)
        self.rounds = Rounds(self)

    def close(self) -> None:
        self.rounds.close()
        super().close()

    def client(self, service: str) -> Any:
        return _Client(service, super().client(service), self.around_machine)

    def deliver(self, rule: Any, event: dict[str, Any]) -> None:
        """Take the event; with *twice* also in front of what waits, or behind it, by turns."""
        super().deliver(rule, event)
        if self._twice:
            super().deliver(rule, event)
            self._doubled += 1
            self.bus.waiting.rotate(1 if self._doubled % 2 else -1)

    def _post_webhook(self, headers: dict[str, str], body: bytes) -> int:
        status = super()._post_webhook(headers, body)
        return super()._post_webhook(headers, body) if self._twice else status

    def _post_notice(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        answer = super()._post_notice(path, headers, body)
        return super()._post_notice(path, headers, body) if self._twice else answer


class _Client:
    """A client of AWS whose every call goes through hooks."""

    def __init__(self, service: str, real: Any, hooks: list[Hook]) -> None:
        self._service, self._real, self._hooks = service, real, hooks

    def __getattr__(self, operation: str) -> Any:
        method = getattr(self._real, operation)
        if not callable(method) or operation.startswith("_"):
            return method

        def call(*rest: Any, **request: Any) -> Any:
            act: Callable[[], Any] = lambda: method(*rest, **request)  # noqa: E731
            for hook in reversed(self._hooks):
                act = _wrapped(hook, Call(self._service, operation, request), act)
            return act()

        return call


def _wrapped(hook: Hook, call: Call, act: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: hook(call, act)
