"""What the product asks a warehouse for, read strictly, and how the answers are worded."""

from collections.abc import Mapping
from typing import Any

from local.forms import Malformed, document, text
from local.partners import warehouse_secrets
from local.providers.wire import NO_ANSWER, Reply, Request, as_json
from local.warehouses.floor import SHIPPED_ALREADY, Floor
from local.warehouses.holdings import Fulfilment, read_lines, read_push
from local.warehouses.signing import is_signed

FAULTS = ("timeout", "answer_lost", "slow", "503", "garbled", "notice_first")
OPERATIONS = ("push", "cancel", "query", "return")
LOST = as_json(504, {"error": "timeout", "detail": "it was done; this answer got lost"})
UNKNOWN = as_json(404, {"status": "unknown"})


def operation(method: str, path: list[str]) -> str:
    """Return which of OPERATIONS this is, or an empty text: then it is the desk's business."""
    match method, path:
        case "POST", ["fulfillments"]:
            return "push"
        case "POST", ["fulfillments", _, "cancellation"]:
            return "cancel"
        case "GET", ["fulfillments", _]:
            return "query"
        case "POST", ["returns"]:
            return "return"
    return ""


def answered(floor: Floor, asked_for: str, path: list[str], request: Request, fault: str) -> Reply:
    """Answer a call of the product, with what goes wrong on the way. ``notice_first`` is the caller's to see to."""
    if fault == "timeout":
        return NO_ANSWER
    if fault == "503":
        return as_json(503, {"error": "unavailable", "detail": "nothing was done"})
    reply = _understood(floor, asked_for, path, request)
    match fault:
        case "answer_lost":
            return LOST
        case "slow":
            return NO_ANSWER
        case "garbled":
            return reply._replace(body=reply.body[: len(reply.body) // 2])
    return reply


def _understood(floor: Floor, asked_for: str, path: list[str], request: Request) -> Reply:
    told = request.headers.get("ordercycle-signature", "")
    if not is_signed(told, warehouse_secrets(floor.name), floor.now(), request.body):
        return as_json(401, {"error": "not_signed", "detail": "this is not signed by us both, just now"})
    try:
        return _done(floor, asked_for, path, request)
    except Malformed as malformed:
        return as_json(400, {"error": "malformed", "detail": str(malformed)})


def _done(floor: Floor, asked_for: str, path: list[str], request: Request) -> Reply:
    match asked_for:
        case "push":
            return _push(floor, request)
        case "return":
            return _expect(floor, document(request.body))
    known = floor.fulfilments.get(path[1])
    if known is None or known.refused:
        return UNKNOWN
    if asked_for == "cancel":
        return _cancel(floor, known, document(request.body))
    if request.body:
        raise Malformed("a question has no body")
    return as_json(200, {"status": known.status, "packages": known.packages})


def _push(floor: Floor, request: Request) -> Reply:
    form = document(request.body)
    fulfilment_id, lines = read_push(form, floor.name)
    if request.headers.get("idempotency-key") != fulfilment_id:
        raise Malformed("Idempotency-Key must be the fulfillment_id")
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise Malformed("Content-Type must be application/json")
    known = floor.fulfilments.get(fulfilment_id)
    if known is not None and not known.is_same(form):
        detail = "this id was used for another parcel"
        return as_json(422, {"error": "another_content", "detail": detail})
    fulfilment = floor.take(fulfilment_id, form, lines)
    if fulfilment.refused:
        return as_json(409, {"status": "rejected", "reason": fulfilment.refused})
    return as_json(200 if known else 201, {"status": "accepted"})


def _cancel(floor: Floor, fulfilment: Fulfilment, form: Mapping[str, Any]) -> Reply:
    if not isinstance(form.get("reason"), str):
        raise Malformed("reason must be a text")
    is_first = not fulfilment.cancellation
    answer = floor.cancel(fulfilment)
    if is_first and floor.mode(fulfilment.fulfilment_id).cancel.startswith("lost"):
        return LOST
    reason = {"reason": SHIPPED_ALREADY} if answer == "rejected" else {}
    return as_json(200, {"status": answer, **reason})


def _expect(floor: Floor, form: dict[str, Any]) -> Reply:
    return_id, lines = text(form, "return_id"), read_lines(form)
    text(form, "fulfillment_id")
    for name in ("carrier", "waybill"):
        if form.get(name) is not None:
            text(form, name)
    if "case" in form and text(form, "case") != return_id:
        raise Malformed("return_id must be the case")
    known = floor.returns.get(return_id)
    if known is not None and known.asked["lines"] != form["lines"]:
        return as_json(422, {"error": "another_content", "detail": "this id was used for other goods"})
    floor.expect(return_id, form, lines)
    return as_json(200, {"status": "accepted"})
