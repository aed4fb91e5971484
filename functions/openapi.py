"""The public contract as OpenAPI 3.1, made from the code: ``docs/openapi.json``.

Each API function describes its own routes; here they become one document, with what all of them share: the
token, the problems, and the webhooks, which have no framework and are described by hand.
"""

from typing import Any

from functions import (
    books_api,
    catalogue_api,
    evidence_api,
    member_api,
    merchant_api,
    order_api,
    refunds,
    register_api,
    returns,
    review_api,
    settlement_api,
    stock_api,
    support_api,
)
from shared.errors import OrderError
from shared.fulfilment.carriers import NAMES as TRACKERS
from shared.refusals import REFUSALS

APPS = (
    order_api.app,
    refunds.app,
    returns.app,
    evidence_api.app,
    merchant_api.app,
    review_api.app,
    support_api.app,
    register_api.app,
    member_api.app,
    catalogue_api.app,
    stock_api.app,
    settlement_api.app,
    books_api.app,
)
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; the words follow Accept-Language (en, zh-CN).",
    "required": ["type", "title", "status", "code", "reason", "next_steps"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": []},
        "reason": {"type": "string"},
        "next_steps": {"type": "array", "items": {"type": "string"}},
        "problems": {
            "type": "array",
            "description": "Everything that stands in an order's way, at once.",
            "items": {"type": "object"},
        },
        "fields": {"type": "array", "items": {"type": "object"}},
    },
}


def document() -> dict[str, Any]:
    """The whole document, ready for ``json.dumps``."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for app in APPS:
        part = app.get_openapi_schema(title="Ordercycle", version="0.1.0")
        described = part.model_dump(by_alias=True, exclude_none=True, mode="json")
        for path, operations in described["paths"].items():
            paths.setdefault(path.replace("<", "{").replace(">", "}"), {}).update(operations)
        schemas |= described.get("components", {}).get("schemas", {})
    for operations in paths.values():
        for operation in operations.values():
            operation["responses"] = _answers(operation["responses"])
            operation["security"] = [{"token": []}]
    paths |= {path: {"post": webhook} for path, webhook in _webhooks().items()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Ordercycle",
            "version": "0.1.0",
            "description": "An online order's whole life. Amounts are whole minor units; times RFC 3339, UTC.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": _without_framework(schemas) | {"Problem": _problem()},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _answers(responses: dict[str, Any]) -> dict[str, Any]:
    """What the framework declares for success, and one problem for everything else."""
    success = {status: answer for status, answer in responses.items() if status.startswith("2")}
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return success | {
        "4XX": {"description": "Refused; nothing was written", "content": content},
        "5XX": {"description": "Not done, or not known: repeat with the same key", "content": content},
    }


def _problem() -> dict[str, Any]:
    codes = sorted({*REFUSALS, OrderError.code})
    properties = PROBLEM["properties"] | {"code": {"type": "string", "enum": codes}}
    return PROBLEM | {"properties": properties}


def _without_framework(schemas: dict[str, Any]) -> dict[str, Any]:
    unused = ("HTTPValidationError", "ValidationError")
    return {name: schema for name, schema in sorted(schemas.items()) if name not in unused}


OURS = "Signed: HMAC-SHA256 over t + '.' + the raw body, at most 300 seconds old or ahead."
SIGNATURE = ("Ordercycle-Signature", "header", "^t=[0-9]+(,v1=[0-9a-f]{64})+$")


def _webhooks() -> dict[str, Any]:
    """What our partners call. Where the signature is a tracker's own, its documentation says how it is made."""
    return {
        "/webhooks/payments/{provider}": _webhook(
            "A payment provider tells us something", OURS, [("provider", "path", "^sandbox$"), SIGNATURE]
        ),
        "/webhooks/carriers/{carrier}": _webhook(
            "A tracker tells where parcels are",
            "Signed as the tracker signs; answered in its own words.",
            [("carrier", "path", f"^({'|'.join(TRACKERS)})$")],
        ),
        "/webhooks/warehouses/{warehouse}": _webhook(
            "A warehouse's system tells how parcels stand",
            f"{OURS} The messages are described in docs/warehouses.md.",
            [("warehouse", "path", "^[0-9A-Za-z_-]{1,40}$"), SIGNATURE],
        ),
    }


def _webhook(summary: str, description: str, parameters: list[tuple[str, str, str]]) -> dict[str, Any]:
    return {
        "summary": summary,
        "description": description,
        "security": [],
        "parameters": [
            {"name": name, "in": place, "required": True, "schema": {"type": "string", "pattern": pattern}}
            for name, place, pattern in parameters
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
        "responses": _answers({"200": {"description": "Booked, or nothing new"}}),
    }
