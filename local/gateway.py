"""The HTTP API: which function answers a request, and what it is told of it (payload format 2.0).

Everything comes from the template: routes, integrations, authorizers. Refusals carry what API Gateway
says, ``message`` and ``www-authenticate``, and on top of it the members of a problem (RFC 9457).
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from local import tokens
from local.lambdas import Crash, Runtime
from local.template import ACCOUNT, REGION, Resource, TemplateError

BODY_BYTES_MAX = 10 * 1024 * 1024
TEXT_TYPES = re.compile(r"text/.*|application/([\w.-]+\+)?(json|xml)|application/javascript")
Headers = Mapping[str, str] | list[tuple[str, str]]


@dataclass(frozen=True)
class Response:
    """An HTTP answer. Header names are in lower case; cookies stand apart because they repeat."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cookies: tuple[str, ...] = ()

    def json(self) -> Any:
        """Return the body as a value."""
        return json.loads(self.body)


class Request(NamedTuple):
    """An HTTP request: the raw path and query, the body byte for byte."""

    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """Return a header, its repetitions joined by commas, or an empty text."""
        return ",".join(value for key, value in self.headers if key.lower() == name)


def problem(status: int, message: str, *, code: str, detail: str, headers: Headers = ()) -> Response:  # type: ignore[assignment]
    """Return a refusal: API Gateway's ``message`` and a problem's members in one."""
    body = {
        "message": message,
        "type": f"urn:ordercycle:problem:{code}",  # As the product says it (functions/http.py).
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    own = {"content-type": "application/problem+json"}
    return Response(status, own | dict(headers), json.dumps(body).encode())


class Route(NamedTuple):
    """One route of the template. ``issuer`` is None where anybody may come."""

    key: str
    method: str
    pattern: re.Pattern[str]
    variables: int
    function: str
    issuer: str | None
    audience: tuple[str, ...]


def routes_of(resources: tuple[Resource, ...]) -> tuple[Route, ...]:
    """Return the routes of the template's HTTP API, the more exact before the less."""
    by_id = {resource.name: resource for resource in resources}
    routes = [_route(r.properties, by_id) for r in resources if r.type == "AWS::ApiGatewayV2::Route"]
    return tuple(sorted(routes, key=lambda route: (route.variables, route.method == "ANY")))


def _route(properties: Mapping[str, Any], by_id: Mapping[str, Resource]) -> Route:
    key = properties["RouteKey"]
    method, _, path = key.partition(" ")
    if not path:
        raise TemplateError(f"the route {key} has no path: name every route")
    integration = by_id[properties["Target"].removeprefix("integrations/")].properties
    if integration.get("PayloadFormatVersion") != "2.0":
        raise TemplateError(f"{key}: payload format 2.0 is the one spoken here")
    kind = properties.get("AuthorizationType", "NONE")
    if kind not in ("NONE", "JWT"):
        raise TemplateError(f"{key}: authorization by {kind} is not known here")
    jwt = by_id[properties["AuthorizerId"]].properties["JwtConfiguration"] if kind == "JWT" else {}
    parts = [
        f"(?P<{name}>[^/]+)" if (name := part.strip("{}")) != part else re.escape(part)
        for part in path.split("/")
    ]
    pattern = re.compile("/".join(parts))
    audience = tuple(jwt.get("Audience", ()))
    function = integration["IntegrationUri"]
    return Route(key, method, pattern, path.count("{"), function, jwt.get("Issuer"), audience)


def _segment(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    if part.endswith("+}"):
        raise TemplateError(f"{part}: a greedy path variable is not known here")
    return f"(?P<{part.strip('{}')}>[^/]+)"


class Gateway:
    """Answers requests with the template's functions."""

    def __init__(self, routes: tuple[Route, ...], runtime: Runtime, now: Callable[[], float]) -> None:
        self.routes = routes
        self._runtime = runtime
        self._now = now
        self._requests = 0

    def answer(self, request: Request) -> Response:
        """Return the answer to *request*, whatever happens."""
        found = self._find(request.method, request.path)
        if found is None:
            detail = f"There is no route {request.method} {request.path}."
            return problem(404, "Not Found", code="route_unknown", detail=detail)
        route, variables = found
        if len(request.body) > BODY_BYTES_MAX:
            detail = f"A body may have {BODY_BYTES_MAX} bytes."
            return problem(413, "Request Entity Too Large", code="body_too_large", detail=detail)
        try:
            claims = self._claims(route, request)
        except tokens.TokenRefused as refused:
            return _unauthorized(refused)
        event = self._event(route, variables, request, claims)
        try:
            answer = self._runtime.invoke(route.function, json.dumps(event).encode())
        except (Exception, Crash):  # Throttled, or so a fault hook says: no handler was reached.
            detail = "The function cannot be called now. Try again."
            return problem(503, "Service Unavailable", code="unavailable", detail=detail)
        response = None if answer.error_type else _response(answer.json())
        return response or problem(
            500, "Internal Server Error", code="internal_error", detail="The function failed. Try again."
        )

    def _find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        for route in self.routes:
            if route.method in (method, "ANY") and (match := route.pattern.fullmatch(path)):
                return route, {name: unquote(value) for name, value in match.groupdict().items()}
        return None

    def _claims(self, route: Route, request: Request) -> dict[str, Any] | None:
        if route.issuer is None:
            return None
        header = request.header("authorization")
        return tokens.check(header, issuer=route.issuer, audience=route.audience, now=self._now())

    def _event(
        self, route: Route, variables: dict[str, str], request: Request, claims: dict[str, Any] | None
    ) -> dict[str, Any]:
        headers = {name: request.header(name) for name in {key.lower() for key, _ in request.headers}}
        cookies = [cookie.strip() for cookie in headers.pop("cookie", "").split(";") if cookie.strip()]
        text = _as_text(request)
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": route.key,
            "rawPath": unquote(request.path),
            "rawQueryString": request.query,
            "headers": headers,
            "requestContext": self._context(route, request, claims),
            "isBase64Encoded": text is None,
        }
        optional = {
            "cookies": cookies,
            "queryStringParameters": _query(request.query),
            "pathParameters": variables,
            "body": base64.b64encode(request.body).decode() if text is None else text,
        }
        return event | {name: value for name, value in optional.items() if value}

    def _context(self, route: Route, request: Request, claims: dict[str, Any] | None) -> dict[str, Any]:
        self._requests += 1
        now = self._now()
        domain = f"local.execute-api.{REGION}.amazonaws.com"
        context = {
            "accountId": ACCOUNT,
            "apiId": "local",
            "domainName": domain,
            "domainPrefix": "local",
            "http": {
                "method": request.method,
                "path": unquote(request.path),
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": request.header("user-agent"),
            },
            "requestId": f"local-{self._requests:08}",
            "routeKey": route.key,
            "stage": "$default",
            "time": datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now * 1000),
        }
        if claims is not None:
            texts = {name: _claim(value) for name, value in claims.items()}
            context["authorizer"] = {"jwt": {"claims": texts, "scopes": None}}
        return context


def _claim(value: Any) -> str:
    """Return a claim as API Gateway hands it on: as text, lists in brackets."""
    if isinstance(value, list):
        return "[" + " ".join(_claim(item) for item in value) + "]"
    return value if isinstance(value, str) else json.dumps(value)


def _query(raw: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in parse_qsl(raw, keep_blank_values=True):
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _as_text(request: Request) -> str | None:
    """Return the body as text, or None where it must travel in base64."""
    kind = request.header("content-type").partition(";")[0].strip().lower()
    if request.header("content-encoding") or (kind and not TEXT_TYPES.fullmatch(kind)):
        return None if request.body else ""
    try:
        return request.body.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _unauthorized(refused: tokens.TokenRefused) -> Response:
    said = f'Bearer scope="" error="invalid_token" error_description="{refused}"'
    challenge = "Bearer" if isinstance(refused, tokens.TokenMissing) else said
    return problem(
        401,
        "Unauthorized",
        code=refused.code,
        detail=f"{str(refused).capitalize()}.",
        headers={"www-authenticate": challenge},
    )


def _response(result: Any) -> Response | None:
    """Return what a handler's result means, or None when it means nothing."""
    if not isinstance(result, dict) or "statusCode" not in result:
        return Response(200, {"content-type": "application/json"}, json.dumps(result).encode())
    body = result.get("body") or ""
    if not isinstance(body, str) or not isinstance(result["statusCode"], int):
        return None
    return Response(
        status=result["statusCode"],
        headers={name.lower(): str(value) for name, value in (result.get("headers") or {}).items()},
        body=base64.b64decode(body) if result.get("isBase64Encoded") else body.encode(),
        cookies=tuple(result.get("cookies") or ()),
    )
