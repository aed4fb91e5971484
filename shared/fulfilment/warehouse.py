"""Warehouses' systems (WMS): parcels are pushed to them, asked back from them, and reported by them.

    we, effects                                    they, signed messages (``shared.signatures``)
    push       POST /fulfillments                  process.reported        accepted, picking, packed
    intercept  POST /fulfillments/<id>/cancellation  fulfillment.confirmed   packages with their waybills; final or not
    query      GET  /fulfillments/<id>             fulfillment.cancelled   whether it could stop
    expect     POST /returns                       return.arrived, return.received   there; counted by grade

The documents are those of Qimen (deliveryorder, order.cancel, returnorder; 奇门), the states of a request those of
Shopify's fulfilment orders. A question without an answer is unknown: it is asked again, and nothing is assumed. A
parcel that ships while it is asked back was not stopped.
"""

import hmac
import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from shared.case_rows import case_id
from shared.changes import Caller
from shared.errors import Malformed, NotFound, Unavailable
from shared.fulfilment.customs import declaration_number
from shared.fulfilment.partner_keys import WarehouseKeys
from shared.instants import rfc3339
from shared.lifecycle import Actor
from shared.model import AfterSale, Parcel, WholeOrder
from shared.ordering.confirmation import promise
from shared.outside import Outside
from shared.strict_json import read_object

SECONDS = 4  # For one answer.
OK, CREATED, NOT_FOUND, CONFLICT = 200, 201, 404, 409
FULFILMENT_ID = re.compile(r"([0-9A-HJKMNP-TV-Z]{26})-([0-9]{2})-P([0-9]{2,3})", re.ASCII)
REASON_LENGTH_MAX = 60
PROGRESS = ("accepted", "picking", "packed")
SHIPPED = ("shipped", "closed")


class Answered(NamedTuple):
    """What a warehouse's system says of one fulfilment: ``accepted``, ``rejected``, ``pending`` or ``unknown``."""

    status: str
    reason: str = ""
    sent: Any = ()  # The packages that its books name, as they were told.


class Place(NamedTuple):
    """Which parcel a fulfilment number means."""

    order_id: str
    sub_order: int
    parcel: int


def fulfilment_id(order_id: str, parcel: Parcel) -> str:
    """The number under which a warehouse knows a parcel, for every attempt: the parcel's own order number."""
    return declaration_number(order_id, parcel)


def return_id(order_id: str, parcel: Parcel) -> str:
    return f"{fulfilment_id(order_id, parcel)}-R"


def place_of(fulfilment: str) -> Place:
    """Raises ``NotFound`` for what cannot be a number of ours."""
    shape = FULFILMENT_ID.fullmatch(fulfilment)
    if shape is None:
        raise NotFound("no such fulfilment")
    return Place(shape[1], int(shape[2]), int(shape[3]))


def caller_of(warehouse: str) -> Caller:
    return Caller(Actor.WAREHOUSE, warehouse)


class Wms:
    """One warehouse's system. Every method is one HTTP call, and raises ``Unavailable`` where the answer is unknown."""

    def __init__(self, warehouse: str, keys: WarehouseKeys) -> None:
        self.warehouse, self._keys = warehouse, keys

    def push(
        self, outside: Outside, whole: WholeOrder, parcel: Parcel, personal: Mapping[str, str], *, now: int
    ) -> Answered:
        """Have *parcel* packed and sent. Repeated, it is the same fulfilment."""
        number = fulfilment_id(whole.order.order_id, parcel)
        sub_order = whole.sub_orders[parcel.sub_order - 1]
        document = {
            "fulfillment_id": number,
            "warehouse": parcel.warehouse,
            "kind": "normal",
            "service": parcel.service or None,
            "carrier": parcel.carrier,
            "promised_ship_by": rfc3339(promise(whole, sub_order).ship_by),
            "priority": sub_order.priority or "",
            "lines": _lines(whole, parcel.contents),
            "consignee": dict(personal),
        }
        status, answer = self._call(outside, "POST", "/fulfillments", document, now=now, key=number)
        if status in (OK, CREATED) and answer.get("status") == "accepted":
            return Answered("accepted")
        if status == CONFLICT and answer.get("status") == "rejected":
            return Answered("rejected", _reason(answer))
        raise Unavailable("the warehouse's system did not say whether it has the parcel")

    def intercept(self, outside: Outside, whole: WholeOrder, parcel: Parcel, *, now: int) -> Answered:
        """Ask that *parcel* be not sent (拦截). ``pending``: the answer comes later, or is asked for."""
        number = fulfilment_id(whole.order.order_id, parcel)
        path = f"/fulfillments/{number}/cancellation"
        status, answer = self._call(outside, "POST", path, {"reason": parcel.reason}, now=now, key=number)
        said = answer.get("status")
        if status == OK and said in ("accepted", "rejected", "pending"):
            return Answered(str(said), _reason(answer))
        if status == NOT_FOUND:
            return Answered("unknown")
        raise Unavailable("the warehouse's system did not say whether it could stop")

    def query(self, outside: Outside, whole: WholeOrder, parcel: Parcel, *, now: int) -> Answered:
        """How *parcel* stands there, in the warehouse's own word; ``unknown``: it never heard of it."""
        number = fulfilment_id(whole.order.order_id, parcel)
        status, answer = self._call(outside, "GET", f"/fulfillments/{number}", None, now=now, key=number)
        if status == NOT_FOUND:
            return Answered("unknown")
        if status == OK and isinstance(answer.get("status"), str):
            return Answered(str(answer["status"]), _reason(answer), answer.get("packages", ()))
        raise Unavailable("the warehouse's system did not say how the parcel stands")

    def expect(self, outside: Outside, whole: WholeOrder, parcel: Parcel, *, now: int) -> None:
        """Say what comes back."""
        number = return_id(whole.order.order_id, parcel)
        document = {
            "return_id": number,
            "fulfillment_id": fulfilment_id(whole.order.order_id, parcel),
            "lines": _lines(whole, parcel.contents),
            "carrier": parcel.carrier,
            "waybill": parcel.waybill,
        }
        self._announce(outside, document, now=now, key=number)

    def expect_case(
        self, outside: Outside, whole: WholeOrder, case: AfterSale, parcel: Parcel, *, now: int
    ) -> None:
        """Say what comes back for *case*, of which some left in *parcel*; again, when its waybill is known."""
        number = case_id(whole.order.order_id, case.number)
        document = {
            "return_id": number,
            "case": number,
            "fulfillment_id": fulfilment_id(whole.order.order_id, parcel),
            "lines": _lines(whole, case.units),
            "carrier": case.carrier,
            "waybill": case.waybill,
        }
        key = f"{number}:{case.carrier}:{case.waybill}" if case.waybill else number
        self._announce(outside, document, now=now, key=key)

    def _announce(self, outside: Outside, document: Mapping[str, Any], *, now: int, key: str) -> None:
        status, answer = self._call(outside, "POST", "/returns", document, now=now, key=key)
        if status not in (OK, CREATED) or answer.get("status") != "accepted":
            raise Unavailable("the warehouse's system did not say whether it expects the return")

    def _call(
        self,
        outside: Outside,
        method: str,
        path: str,
        document: Mapping[str, Any] | None,
        *,
        now: int,
        key: str,
    ) -> tuple[int, dict[str, Any]]:
        body = b"" if document is None else json.dumps(document, ensure_ascii=False).encode()
        headers = {
            "content-type": "application/json",
            "idempotency-key": key,
            "ordercycle-signature": signature(self._keys.secrets[0], body, now),
        }
        url = f"{self._keys.url}{path}"
        answer = outside.http(method, url, headers=headers, body=body, seconds=SECONDS)
        try:
            return answer.status, read_object(answer.body)
        except Malformed:
            return answer.status, {}


def signature(secret: bytes, body: bytes, now: int) -> str:
    """``t=<unix>,v1=<hex>`` over ``t``, a dot and the body, as everything that we sign."""
    return f"t={now},v1={hmac.new(secret, f'{now}.'.encode() + body, sha256).hexdigest()}"


def _lines(whole: WholeOrder, contents: Mapping[str, int]) -> list[dict[str, Any]]:
    named = {str(line.number): line for line in whole.lines}
    return [
        {"line": int(number), "sku": named[number].sku, "name": named[number].name, "quantity": units}
        for number, units in contents.items()
    ]


def _reason(answer: Mapping[str, Any]) -> str:
    """A warehouse's reason as a code: whatever else it says stays outside."""
    found = answer.get("reason")
    is_code = isinstance(found, str) and re.fullmatch(r"[a-z0-9_]{1,60}", found, re.ASCII)
    return str(found) if is_code else ""
