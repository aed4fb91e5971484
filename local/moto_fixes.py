"""What moto 5.2.5 gets wrong for this product, each with its fix.

These are patches of private code, so any other version is refused. ``tests/local/test_moto_fixes.py``
shows every defect on the installed moto without the fix and its absence with it: when the first half
of that test fails, moto has been repaired and the fix is deleted here.

``apply()`` once per process; ``serve(cloud)`` whenever another cloud takes over, because moto's own
state is one per process too.
"""

# mypy: disable-error-code="method-assign,assignment,attr-defined,no-untyped-call"
# Patching is what this file is for.

import sys
import threading
from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any, Protocol

import moto.events.models as events
import moto.stepfunctions.parser.asl.component.common.retry.retrier_decl as retrier
import moto.stepfunctions.parser.models  # noqa: F401  # Loads the whole interpreter.
from moto.core.common_models import BaseModel
from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk as aws_sdk,
)
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils import json_path

from local import moto_tables

WRITTEN_FOR = "5.2.5"
DEFINITIONS_KEPT, PATHS_KEPT = 32, 4096


class Serving(Protocol):
    """What moto needs from the cloud it runs in."""

    def deliver(self, rule: Any, event: dict[str, Any]) -> None:
        """Take *event* that *rule* matched; its targets are called later, by the cloud."""

    def client(self, service: str) -> Any:
        """Return the client with which a state machine's task calls *service*."""

    def sleep(self, seconds: float) -> None:
        """Let a state machine's retry wait."""


class _State:
    applied = False
    cloud: Serving | None = None


def serve(cloud: Serving) -> None:
    """From now on moto's events, tasks and retries go to *cloud*."""
    apply()
    _State.cloud = cloud


def _cloud() -> Serving:
    assert _State.cloud is not None, "no cloud is running: call serve() first"
    return _State.cloud


def apply() -> None:
    """Put every fix in place, once per process."""
    if _State.applied:
        return
    if version("moto") != WRITTEN_FOR:
        raise RuntimeError(f"the fixes are written for moto {WRITTEN_FOR}: run the tests again and revise")
    _State.applied = True
    moto_tables.apply()
    forget_what_nobody_uses()
    hand_matched_events_to_the_cloud()
    match_events_as_they_are()
    let_express_repeat_a_name()
    parse_a_definition_once()
    parse_a_path_once()
    run_executions_in_the_calling_thread()
    spell_scheduler_errors()
    call_services_through_the_cloud()
    retry_without_waiting()


# --- everything ---------------------------------------------------------------------------------------


def forget_what_nobody_uses() -> None:
    """Why: moto lists every object of its own that it ever makes, for a page that shows them: each version of each
    item, each record of a stream, each execution stays until the mock ends. A day of the shop took gigabytes."""

    def new(cls: type[BaseModel], *_: Any, **__: Any) -> Any:
        return super(BaseModel, cls).__new__(cls)

    BaseModel.__new__ = new


# --- EventBridge ------------------------------------------------------------------------------------


def hand_matched_events_to_the_cloud() -> None:
    """Why: a Lambda or machine as target makes put_events raise, and later targets are skipped."""

    def send_to_targets(self: events.Rule, event: Any, transform_input: bool = True) -> None:
        if self.state == "ENABLED" and self.event_pattern.matches_event(event):
            _cloud().deliver(self, event)

    events.Rule.send_to_targets = send_to_targets


def match_events_as_they_are() -> None:
    """Why: each event is written as text and read again for each pattern; here all of them come out of such text."""

    def matches_event(self: events.EventPattern, event: Any) -> bool:
        pattern = self.get_pattern()
        return not pattern or self._does_event_match(self._flatten_dict(event), pattern)

    events.EventPattern.matches_event = matches_event


# --- Step Functions ---------------------------------------------------------------------------------


def let_express_repeat_a_name() -> None:
    """Why: on AWS an Express machine runs again under a used name; moto refuses, and so hides that
    Express starts at least once."""
    original = StateMachine._handle_name_input_idempotency

    def check(self: StateMachine, name: str, execution_input: str) -> Any:
        return None if self.type == "EXPRESS" else original(self, name, execution_input)

    StateMachine._handle_name_input_idempotency = check


def parse_a_definition_once() -> None:
    """Why: each execution parses its definition again; for a machine of 40 rows that takes seconds."""
    AmazonStateLanguageParser.parse = staticmethod(
        lru_cache(DEFINITIONS_KEPT)(AmazonStateLanguageParser.parse)
    )


def parse_a_path_once() -> None:
    """Why: every JSONPath is parsed, and its parser built, whenever it is used: 0.7 ms each time."""
    json_path.parse = lru_cache(PATHS_KEPT)(json_path.parse)
    result_path.parse = lru_cache(PATHS_KEPT)(result_path.parse)


class CallingThread:
    """A thread that is none: it runs its target where it is started, and is over at once."""

    def __init__(self, target: Callable[..., Any], args: tuple[Any, ...] = (), **_: Any) -> None:
        self._run = lambda: target(*args)

    def start(self) -> None:
        """Run the target to its end."""
        self._run()

    def join(self, timeout: float | None = None) -> None:
        """Return: there is nothing to wait for."""

    def is_alive(self) -> bool:
        """Say that it is over."""
        return False


def run_executions_in_the_calling_thread() -> None:
    """Why: a thread per execution, program, branch and task costs time, is kept in a list for ever and
    must be polled for. The price: time limits of states are not enforced here."""
    in_place = SimpleNamespace(**{**vars(threading), "Thread": CallingThread})
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.stepfunctions.parser.") and "TMP_THREADS" in vars(module):
            module.TMP_THREADS = _Forgetful()
            if vars(module).get("Thread") is threading.Thread:
                module.Thread = CallingThread
            if vars(module).get("threading") is threading:
                module.threading = in_place


class _Forgetful(list[Any]):
    def append(self, _: Any) -> None:
        """Keep nothing."""


def spell_scheduler_errors() -> None:
    """Why: AWS says Scheduler.ConflictException, moto scheduler.ConflictException: a Catch misses."""
    aws_sdk._SERVICE_ERROR_NAMES["scheduler"] = "Scheduler"


def call_services_through_the_cloud() -> None:
    """Why: moto builds a client per task (10 ms), and its Lambdas need Docker."""

    def boto_client_for(region: str, service: str, state_credentials: Any = None) -> Any:
        return _cloud().client(service)

    for name, module in list(sys.modules.items()):
        if name.startswith("moto.stepfunctions.") and "boto_client_for" in vars(module):
            module.boto_client_for = boto_client_for


def retry_without_waiting() -> None:
    """Why: Retry sleeps in real time."""
    retrier.time = SimpleNamespace(sleep=lambda seconds: _cloud().sleep(seconds))
