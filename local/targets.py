"""What rules and schedules call: a machine, a function or a queue, with retries and a dead-letter queue.

On AWS the tries are spread over hours; here they follow at once, because what they are good for in a
laptop cloud is to show what is left when they are used up.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from local import queues
from local.lambdas import Crash, Runtime
from local.template import ACCOUNT, REGION, TemplateError

RETRIES_MAX = 185  # What EventBridge does when nothing is said.
EXECUTIONS_KEPT = 20  # Express keeps none; a few help whoever debugs.


class Execution(NamedTuple):
    """How one run of a machine ended."""

    status: str
    error: str | None
    cause: str | None


@dataclass(frozen=True)
class Target:
    """Where something is sent, and what happens when that fails."""

    arn: str
    retries: int = RETRIES_MAX
    dead_letter_arn: str | None = None

    @classmethod
    def of(cls, properties: Mapping[str, Any]) -> "Target":
        """Read a target of a rule or of a schedule, as both APIs write it."""
        return cls(
            arn=properties["Arn"],
            retries=int(properties.get("RetryPolicy", {}).get("MaximumRetryAttempts", RETRIES_MAX)),
            dead_letter_arn=properties.get("DeadLetterConfig", {}).get("Arn"),
        )


class Targets:
    """Sends payloads to targets.

    ``lost`` holds what no queue took, ``failed_executions`` how the failed runs of machines ended.
    """

    def __init__(self, runtime: Runtime, told: Callable[[str, str], None]) -> None:
        self._runtime = runtime
        self._told = told
        self._started = 0
        self.lost: list[Any] = []
        self.failed_executions: list[Execution] = []

    def clear(self) -> None:
        """Forget what happened."""
        self.lost.clear()
        self.failed_executions.clear()
        self._started = 0

    def send(self, target: Target, payload: Any) -> None:
        """Deliver *payload*, again and again, and at last to the dead-letter queue."""
        for _ in range(target.retries + 1):
            try:
                return self._send_once(target, payload)
            except (Exception, Crash):  # noqa: S112  # The edge of a queue's loop.
                continue
        return self._give_up(target.dead_letter_arn, payload)

    def _send_once(self, target: Target, payload: Any) -> None:
        match target.arn.split(":")[2]:
            case "states":
                self._start_execution(target.arn, payload)
            case "lambda":
                self._invoke_later(target.arn, payload)
            case "sqs":
                self._told("send_message", target.arn)
                queues.send(target.arn, payload)
            case service:
                raise TemplateError(f"a target of the service {service} cannot be called here")

    def _start_execution(self, machine_arn: str, payload: Any) -> None:
        self._told("start_execution", machine_arn)
        backend = stepfunctions_parser_backends[ACCOUNT][REGION]
        self._started += 1
        run = backend.start_execution(machine_arn, f"run-{self._started}", json.dumps(payload))
        if run.status != "SUCCEEDED":
            self._told("execution_failed", machine_arn)
            self.failed_executions.append(Execution(run.status, run.error, run.cause))
        del backend.describe_state_machine(machine_arn).executions[:-EXECUTIONS_KEPT]

    def _invoke_later(self, function_arn: str, payload: Any) -> None:
        # Schedules and rules invoke asynchronously: that they could is all they ever know. What becomes of
        # the invocation is between Lambda and the function's own failure destination.
        function = self._runtime.function(function_arn)
        body = json.dumps(payload).encode()
        for _ in range(function.retries + 1):
            answer = self._runtime.invoke(function_arn, body)
            if answer.error_type is None:
                return
        if function.on_failure:
            about = {"functionArn": function.arn, "condition": "RetriesExhausted"}
            report = {"requestContext": about, "requestPayload": payload, "responsePayload": answer.json()}
            self._give_up(function.on_failure, report)
        if function.dead_letter_arn or not function.on_failure:
            self._give_up(function.dead_letter_arn, payload)

    def _give_up(self, queue_arn: str | None, payload: Any) -> None:
        self._told("given_up", queue_arn or "")
        if queue_arn is None:
            self.lost.append(payload)
        else:
            queues.send(queue_arn, payload)


class TaskClient:
    """A boto3 client as the tasks of a machine see it: every call is told of first."""

    def __init__(self, service: str, client: Any, told: Callable[[str, str], None]) -> None:
        self._service, self._client, self._told = service, client, told

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> Any:
            self._told("task", f"{self._service}:{operation}")
            return getattr(self._client, operation)(**request)

        return call
