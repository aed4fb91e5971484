"""Lambda, in process: the template's handlers, its environment, deadlines and typed errors.

What is like AWS: one environment per process, which does what a module registered with
``functions.wiring.at_cold_start`` before its first event; a change of a function's configuration starts it
afresh; a handler's escaping exception becomes a function error with ``errorType``; an asynchronous event is
tried again twice and then goes to the failure queue or is lost. What is not: one invocation at a time, and one
environment for all functions, a deadline is only shown (``get_remaining_time_in_millis``), and every try again
follows at once.
"""

import importlib
import io
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import lambda_backends

from local.template import ACCOUNT, REGION, Resource, TemplateError

Handler = Callable[[Any, Any], Any]
ASYNCHRONOUS_RETRIES = 2  # AWS's own number, unless an EventInvokeConfig says less.


class Crash(BaseException):
    """The process dies here. Raise it out of a handler to see what the triggers make of it.

    No ``except Exception`` of the product can catch it; the runtime answers with a function error.
    """


class Answer(NamedTuple):
    """What an invocation came to: a JSON document, and the type of the error that it describes, if any."""

    payload: bytes
    error_type: str | None = None

    def json(self) -> Any:
        """Return the answer as a value."""
        return json.loads(self.payload)


@dataclass(frozen=True)
class Function:
    """One function of the template.

    An asynchronous event that failed goes to ``on_failure`` with a report, and as it was to
    ``dead_letter_arn``.
    """

    name: str
    arn: str
    handler: str
    timeout_seconds: int
    memory_mb: int
    environment: Mapping[str, str]
    description: str = ""
    retries: int = ASYNCHRONOUS_RETRIES
    on_failure: str | None = None
    dead_letter_arn: str | None = None


class Context:
    """What a handler is told about its invocation."""

    function_version = "$LATEST"
    log_stream_name = "local"

    def __init__(self, function: Function, request_number: int) -> None:
        self.function_name = function.name
        self.invoked_function_arn = function.arn
        self.memory_limit_in_mb = function.memory_mb
        self.log_group_name = f"/aws/lambda/{function.name}"
        self.aws_request_id = f"00000000-0000-4000-8000-{request_number:012x}"
        self._deadline = time.monotonic() + function.timeout_seconds

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the invocation may still take."""
        return max(0, int(1000 * (self._deadline - time.monotonic())))


def functions_of(resources: tuple[Resource, ...]) -> dict[str, Function]:
    """Return the functions of a template by name."""
    failure = {
        configuration.properties["FunctionName"].rpartition(":")[2]: configuration.properties
        for configuration in resources
        if configuration.type == "AWS::Lambda::EventInvokeConfig"
    }
    return {
        r.name: _function(r, failure.get(r.name, {})) for r in resources if r.type == "AWS::Lambda::Function"
    }


def _function(resource: Resource, invoke: Mapping[str, Any]) -> Function:
    properties = resource.properties
    return Function(
        name=resource.name,
        arn=resource.arn,
        handler=properties["Handler"],
        timeout_seconds=int(properties.get("Timeout", 3)),
        memory_mb=int(properties.get("MemorySize", 128)),
        description=str(properties.get("Description", "")),
        environment={k: str(v) for k, v in properties.get("Environment", {}).get("Variables", {}).items()},
        retries=int(invoke.get("MaximumRetryAttempts", ASYNCHRONOUS_RETRIES)),
        on_failure=invoke.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"),
        dead_letter_arn=properties.get("DeadLetterConfig", {}).get("TargetArn"),
    )


def shared_environment(functions: Mapping[str, Function], own: Mapping[str, str]) -> dict[str, str]:
    """Return the one environment of all *functions*, with *own* in place of what they say.

    Raises ``TemplateError`` where two functions disagree: in one process there is one environment.
    """
    merged: dict[str, str] = {}
    for function in functions.values():
        for name, value in function.environment.items():
            if name not in own and merged.setdefault(name, value) != value:
                raise TemplateError(f"{function.name} and another function disagree on the variable {name}")
    return {**merged, **own}


@dataclass
class Runtime:
    """Invokes functions by name or ARN, whole and partly qualified."""

    functions: Mapping[str, Function]
    told: Callable[[str, str], None]
    _handlers: dict[str, Handler] = field(default_factory=dict)
    _requests: int = 0
    _is_stale: bool = False  # A configuration changed: the next invocation starts cold.

    def invoke(self, name_or_arn: str, payload: bytes) -> Answer:
        """Run a function on a JSON document. Whatever escapes it is its answer, as on AWS."""
        function = self.function(name_or_arn)
        self.told("invoke", function.name)
        self._requests += 1
        self._start_afresh()
        event = json.loads(payload)
        try:
            handler = self._handler(function)
            return Answer(json.dumps(handler(event, Context(function, self._requests))).encode())
        except (KeyboardInterrupt, SystemExit):
            raise
        except Exception as error:  # The edge of a Lambda.
            trace = [line.rstrip() for line in traceback.format_tb(error.__traceback__)]
            return _failed(type(error).__name__, str(error), trace)
        except BaseException as death:  # Crash, and what others injected to the same end.
            return _failed("Runtime.ExitError", f"the process died of {type(death).__name__}", [])

    def function(self, name_or_arn: str) -> Function:
        """Return a function by name, ARN, or ARN with a version or alias."""
        parts = name_or_arn.split(":")
        return self.functions[parts[6] if name_or_arn.startswith("arn:") else parts[0]]

    def describe(self, function: Function, description: str) -> None:
        """Change a configuration: on AWS its environments are replaced, here that of all functions."""
        self.functions = {**self.functions, function.name: replace(function, description=description)}
        self._is_stale = True

    def _start_afresh(self) -> None:
        if self._is_stale:
            self._is_stale = False
            self._handlers.clear()
            forget_what_is_warm()

    def _handler(self, function: Function) -> Handler:
        if function.handler not in self._handlers:
            module, _, name = function.handler.rpartition(".")
            handler = getattr(importlib.import_module(module), name)
            for load in _registered(module):
                load()
            self._handlers[function.handler] = handler
        return self._handlers[function.handler]


def _registered(module: str) -> list[Callable[[], None]]:
    """What a handler's *module* must have before its first event."""
    wiring = sys.modules.get("functions.wiring")
    return list(wiring.cold_starts.get(module, ())) if wiring else []


def _failed(error_type: str, message: str, trace: list[str]) -> Answer:
    body = {"errorMessage": message, "errorType": error_type, "stackTrace": trace}
    return Answer(json.dumps(body).encode(), error_type)


class LambdaClient:
    """The part of boto3's Lambda client that a state machine's task uses."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def invoke(self, *, FunctionName: str, Payload: bytes = b"{}", **_: Any) -> dict[str, Any]:  # noqa: N803
        """Invoke and wait for the answer."""
        answer = self._runtime.invoke(FunctionName, Payload)
        response = {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": io.BytesIO(answer.payload)}
        return response | ({"FunctionError": "Unhandled"} if answer.error_type else {})


class _Configured:
    """One function, as moto's Lambda wants to ask it."""

    def __init__(self, runtime: Runtime, function: Function) -> None:
        self._runtime, self._function = runtime, function

    def get_configuration(self) -> dict[str, Any]:
        function = self._runtime.functions[self._function.name]
        return {
            "FunctionName": function.name,
            "FunctionArn": function.arn,
            "Handler": function.handler,
            "Description": function.description,
            "LastUpdateStatus": "Successful",
        }

    def update_configuration(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        if set(asked) != {"Description"}:
            raise TemplateError(
                f"of a configuration only the description can be changed here, not {set(asked)}"
            )
        self._runtime.describe(self._function, asked["Description"])
        return self.get_configuration()


def serve_configurations(runtime: Runtime) -> None:
    """Let moto's Lambda, which knows no function of ours, answer for those of *runtime* until it is reset."""

    def function(name_or_arn: str, qualifier: str | None = None) -> _Configured:
        try:
            return _Configured(runtime, runtime.function(name_or_arn))
        except LookupError:
            raise UnknownFunctionException(name_or_arn) from None

    lambda_backends[ACCOUNT][REGION].get_function = function  # type: ignore[method-assign,assignment]


class Environment:
    """Puts variables into ``os.environ`` and takes them out again."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._before = {name: os.environ.get(name) for name in variables}
        os.environ.update(variables)

    def restore(self) -> None:
        """Make the environment what it was before."""
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


SESSION = (
    "_session"  # Of shared.outside: it knows nothing of a cloud, and reads what AWS looks like for 60 ms.
)


def forget_what_is_warm(*, keeping: str = SESSION) -> None:
    """Start the product's functions cold: settings, clients, secrets and shops of another cloud are not ours."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in ("functions", "shared"):
            for variable, value in vars(module).items():
                if variable != keeping and hasattr(value, "cache_clear"):
                    value.cache_clear()


AMBIENT = {  # What Lambda itself sets.
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_EC2_METADATA_DISABLED": "true",
    "TZ": "UTC",
}
