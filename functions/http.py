"""What every API function shares: strict bodies, proven callers, problems that people understand.

API Gateway event --> guarded (size, media type, strict JSON) --> Powertools (route, role, validation)
                  --> handler --> answer, or problem+json (RFC 9457)
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Header, Path
from pydantic import BaseModel, ConfigDict, Field

from functions.problems import PROBLEM_JSON, language_of, problem_of
from functions.webhooks import raw_bytes
from functions.wiring import logger, metrics, tell_difference
from shared.changes import Caller, Request
from shared.context import ID_PATTERN
from shared.errors import (
    Forbidden,
    Invalid,
    KeyMissing,
    Malformed,
    NotFound,
    OrderError,
    TooLarge,
    UnsupportedMedia,
)
from shared.lifecycle import Actor
from shared.policy import Action, require_role
from shared.strict_json import read_object

BODY_BYTES_MAX = 64 * 1024
POINTER_CHARACTERS_MAX = 100  # Of a field's place in a refusal: an unknown field has whatever name it likes.
JSON = "application/json"
ROLES = {
    actor.value: actor
    for actor in (Actor.BUYER, Actor.MERCHANT, Actor.WAREHOUSE, Actor.SUPPORT, Actor.OPERATOR)
}

OrderId = Annotated[str, Path(pattern=rf"^{ID_PATTERN}$")]
SUB_ORDER_PATTERN = rf"^{ID_PATTERN}-[0-9]{{2}}$"
SubOrderId = Annotated[str, Path(pattern=SUB_ORDER_PATTERN)]
CaseId = Annotated[str, Path(pattern=rf"^{ID_PATTERN}-C[0-9]{{2}}$")]
SubOrders = Annotated[
    list[Annotated[str, Field(pattern=SUB_ORDER_PATTERN)]],
    Field(min_length=1, max_length=99, description="While nothing is paid: these parts, and no others."),
]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{1,128}$",
        description="Chosen by the caller, new for each command. The same key and request: the same answer.",
    ),
]

Event = dict[str, Any]


class Strict(BaseModel):
    """A request's body: whole numbers are numbers, nothing is converted, nothing unknown is let in."""

    model_config = ConfigDict(strict=True, extra="forbid")


def api() -> APIGatewayHttpResolver:
    """A resolver that answers every refusal as a problem."""
    app = APIGatewayHttpResolver(enable_validation=True)

    @app.exception_handler(OrderError)  # type: ignore[misc]
    def refuse(error: OrderError) -> Response[str]:
        return refusal(error, app.current_event.headers)

    @app.exception_handler(RequestValidationError)  # type: ignore[misc]
    def invalid(error: RequestValidationError) -> Response[str]:
        try:
            _require_role_of_route(
                app
            )  # The framework validates first; who may not come in is told that alone.
        except Forbidden as denied:
            return refusal(denied, app.current_event.headers)
        return refusal(_translated(error), app.current_event.headers)

    @app.not_found
    def unknown_route(_error: Exception) -> Response[str]:
        return refusal(NotFound("no such route"), app.current_event.headers)

    return app


def allow(app: APIGatewayHttpResolver, action: Action) -> list[Callable[..., Any]]:
    """The route's middleware: only roles that the policy table names get past it."""

    def checked(app: APIGatewayHttpResolver, next_middleware: Callable[..., Any]) -> Any:
        require_role(caller_of(app), action)
        return next_middleware(app)

    checked.action = action  # type: ignore[attr-defined]  # Read by the test that no route lacks one.
    return [checked]


def _require_role_of_route(app: APIGatewayHttpResolver) -> None:
    for middleware in app.context["_route"].middlewares:
        require_role(caller_of(app), middleware.action)


def serve(app: APIGatewayHttpResolver, event: Event, context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    try:
        guard(event)
    except OrderError as error:
        answer = refusal(error, event.get("headers", {}))
        headers = {name: str(value) for name, value in answer.headers.items()} | {
            "content-type": PROBLEM_JSON
        }
        return {
            "statusCode": answer.status_code,
            "headers": headers,
            "body": answer.body,
            "isBase64Encoded": False,
        }
    return app.resolve(_with_plain_media_type(event), context)


def guard(event: Event) -> None:
    """Refuse a body that is too large, encoded, not JSON or ambiguous, before anything reads it."""
    raw = raw_bytes(event)
    headers = {name.lower(): value for name, value in event.get("headers", {}).items()}
    if len(raw) > BODY_BYTES_MAX:
        raise TooLarge(f"at most {BODY_BYTES_MAX} bytes are read")
    if not raw:
        if event["requestContext"]["http"]["method"] == "POST":
            raise Malformed("the body is missing: send a JSON object")
        return
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != JSON or headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMedia("send application/json, not encoded")
    read_object(raw)


def _with_plain_media_type(event: Event) -> Event:
    """What passed the guard is JSON, however its media type was spelled; the framework knows one spelling."""
    return event | {"headers": {**event.get("headers", {}), "content-type": JSON}}


def caller_of(app: APIGatewayHttpResolver) -> Caller:
    """Who asks, as the authorizer proved it. Exactly one role; anything else may do nothing."""
    claims = app.current_event.request_context.authorizer.jwt_claim or {}
    groups = re.findall(
        r"[^\s,\[\]]+", str(claims.get("cognito:groups", ""))
    )  # API Gateway hands "[a b]" on.
    subject = claims.get("sub", "")
    if len(groups) != 1 or groups[0] not in ROLES or not subject:
        raise Forbidden("the token names no single role")
    return Caller(ROLES[groups[0]], str(subject), str(claims.get("custom:merchant_id", "")))


def request_of(app: APIGatewayHttpResolver, caller: Caller, key: str) -> Request:
    """The command's identity: who, under which key, and exactly what."""
    event = app.current_event
    body = json.dumps(event.json_body, sort_keys=True, separators=(",", ":"))
    told = f"{event.http_method} {event.path}\n{body}"
    return Request(caller, key, sha256(told.encode()).hexdigest())


def answer(body: BaseModel, *, status: int = 200, is_repeat: bool = False) -> Response[Any]:
    headers: dict[str, str | list[str]] = {"Idempotency-Replayed": "true"} if is_repeat else {}
    return Response(status_code=status, content_type=JSON, body=body, headers=headers)


def refusal(error: OrderError, headers: Mapping[str, str]) -> Response[str]:
    """The problem for *error*, in the caller's language. Its code is the contract; its words may change."""
    language = language_of(headers)
    problem = problem_of(error, language)
    metrics.add_metric(name="Refused", unit="Count", value=1)
    logger.info("refused", code=error.code, status=error.status)
    tell_difference(error)
    extra: dict[str, str | list[str]] = {"Content-Language": language}
    if error.status == 503:  # noqa: PLR2004
        extra["Retry-After"] = "1"
    return Response(error.status, PROBLEM_JSON, json.dumps(problem, ensure_ascii=False), headers=extra)


def _translated(error: RequestValidationError) -> OrderError:
    """Say which fields are wrong and why, without quoting what was sent."""
    fields = [
        {
            "at": _pointer(found["loc"][1:]),
            "in": str(found["loc"][0]),
            "reason": found["msg"],
        }
        for found in error.errors()
    ]
    if any(f["in"] == "header" and f["at"].lower() == "/idempotency-key" for f in fields):
        missing = [
            found for found in error.errors() if found["type"] == "missing" and found["loc"][0] == "header"
        ]
        if missing:
            return KeyMissing("every command needs an Idempotency-Key header")
    if all(f["in"] == "path" for f in fields):
        return NotFound("no such order")  # What cannot be an id is the id of nothing.
    return Invalid("some fields are wrong", fields=fields[:20])


def _pointer(parts: Sequence[str | int]) -> str:
    """A place in the request as a JSON pointer (RFC 6901), of bounded length."""
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in parts)
    return "".join(f"/{part}" for part in escaped)[:POINTER_CHARACTERS_MAX]
