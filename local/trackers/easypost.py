"""EasyPost, as its documents describe Trackers, Events and webhook authentication.

A push bears ``X-Hmac-Signature: hmac-sha256-hex=<hex>`` over the raw body; the secret is normalised (NFKD) first. The
same parcel asked for again is the same Tracker. Details are told oldest first, in UTC.
"""

import base64
import hashlib
import hmac
import json
import re
import unicodedata
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from local import partners
from local.providers.deliveries import Letter
from local.providers.wire import Reply, Request, as_json, compact
from local.trackers.parcels import Event, Follow, Parcel, Register

NOTIFY_PATH = "/webhooks/carriers/easypost"
STATUSES = {  # Status and detail.
    "picked_up": ("in_transit", "received_at_origin_facility"),
    "in_transit": ("in_transit", "in_transit"),
    "customs": ("in_transit", "customs_processing"),
    "out_for_delivery": ("out_for_delivery", "out_for_delivery"),
    "available_for_pickup": ("available_for_pickup", "arrived_at_pickup_location"),
    "attempt_failed": ("in_transit", "delayed"),
    "delivered": ("delivered", "arrived_at_destination"),
    "exception": ("failure", "damaged"),
    "refused": ("return_to_sender", "refused"),
    "returning": ("return_to_sender", "return"),
    "returned": ("return_to_sender", "returned"),
    "lost": ("failure", "missing"),
    "unknown": ("teleported", "teleported"),
}
SAYS_NOTHING = {"expired"}


class EasyPost:
    """The tracker."""

    name = "easypost"
    send_again_after = (60, 300, 1800, 3600, 10_800, 21_600)

    def __init__(self, register: Register) -> None:
        self.register = register

    def operation(self, request: Request) -> str:
        """Return subscribe, query, or an empty text."""
        if not re.fullmatch(r"/v2/trackers(/trk_[0-9a-f]+)?", request.path):
            return ""
        return {"POST": "subscribe", "GET": "query"}.get(request.method, "")

    def serve(self, request: Request, *, now: float, follow: Follow, is_refused: bool) -> Reply:
        """Answer a call."""
        scheme, _, told = request.headers.get("authorization", "").partition(" ")
        expected = base64.b64encode(f"{partners.EASYPOST_API_KEY}:".encode()).decode()
        if (scheme, told) != ("Basic", expected):
            return self.unauthorized()
        if request.method == "POST":
            return self._create(request, now, follow, is_refused=is_refused)
        named = request.path.rpartition("/trackers")[2].strip("/")
        found = [each for each in self.register.parcels.values() if each.is_subscribed]
        if named:
            called = [each for each in found if tracker_id(each) == named]
            return as_json(200, _tracker(called[0])) if called else _not_found()
        asked = parse_qs(request.query)
        for name, member in (("tracking_code", "waybill"), ("carrier", "carrier")):
            if name in asked:
                found = [each for each in found if getattr(each, member) == asked[name][0]]
        return as_json(200, {"trackers": [_tracker(each) for each in found], "has_more": False})

    def _create(self, request: Request, now: float, follow: Follow, *, is_refused: bool) -> Reply:
        try:
            form = json.loads(request.body)["tracker"]
            number, carrier = str(form["tracking_code"]), str(form.get("carrier") or "")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return _refusal(422, "PARAMETER.REQUIRED", "Missing required parameter.")
        if not re.fullmatch(r"[0-9A-Za-z-]{4,40}", number):
            return _refusal(422, "TRACKER.INVALID_PARAMS", "The tracking_code is invalid.")
        if is_refused or not carrier.isalnum():
            return _refusal(422, "TRACKER.UNSUPPORTED_CARRIER", "The carrier is not supported.")
        parcel = self.register.parcel(number)
        if not parcel.is_subscribed:
            parcel.is_subscribed, parcel.subscribed_at, parcel.carrier = True, now, carrier
            parcel.path = NOTIFY_PATH
            follow(parcel)
        return as_json(201, _tracker(parcel))

    def unauthorized(self) -> Reply:
        """Return how a wrong key is answered."""
        return _refusal(401, "APIKEY.INACTIVE", "This API key is no longer active.")

    def broken(self) -> Reply:
        """Return how its own failure looks."""
        return _refusal(500, "INTERNAL_SERVER_ERROR", "We're sorry, something went wrong.")

    def notice(self, parcel: Parcel, now: float) -> dict[str, Any] | None:
        """Return the event; of a parcel that nothing is heard of, nothing is told."""
        seen = [event for event in parcel.events if event.what not in SAYS_NOTHING]
        if not seen or (parcel.latest and parcel.latest.what in SAYS_NOTHING):
            return None
        before = STATUSES[seen[-2].what][0] if len(seen) > 1 else "unknown"
        mark = hashlib.sha256(f"easypost event {self.register.next_number('event')}".encode()).hexdigest()
        return {
            "id": f"evt_{mark[:32]}",
            "object": "Event",
            "mode": "production",
            "description": "tracker.updated",
            "previous_attributes": {"status": before},
            "created_at": _rfc3339(now),
            "updated_at": _rfc3339(now),
            "pending_urls": [NOTIFY_PATH],
            "completed_urls": [],
            "status": "pending",
            "result": _tracker(parcel),
        }

    def seal(self, letter: Letter) -> tuple[dict[str, str], bytes]:
        """Return the event, signed."""
        return _signed(letter.content, partners.EASYPOST_WEBHOOK_SECRET)

    def forged(self, letter: Letter) -> tuple[dict[str, str], bytes]:
        """Return the event, signed with another secret."""
        return _signed(letter.content, "another-secret")

    def is_received(self, status: int, body: bytes) -> bool:
        """Any 2xx ends the sending."""
        return 200 <= status < 300


def tracker_id(parcel: Parcel) -> str:
    """Return EasyPost's own id of a parcel."""
    return f"trk_{hashlib.sha256(f'easypost {parcel.carrier} {parcel.waybill}'.encode()).hexdigest()[:32]}"


def _tracker(parcel: Parcel) -> dict[str, Any]:
    seen = [event for event in parcel.events if event.what not in SAYS_NOTHING]
    status, detail = STATUSES[seen[-1].what] if seen else ("unknown", "unknown")
    return {
        "id": tracker_id(parcel),
        "object": "Tracker",
        "mode": "production",
        "tracking_code": parcel.waybill,
        "status": status,
        "status_detail": detail,
        "created_at": _rfc3339(parcel.subscribed_at),
        "updated_at": _rfc3339(seen[-1].at if seen else parcel.subscribed_at),
        "signed_by": None,
        "weight": None,
        "est_delivery_date": None,
        "shipment_id": None,
        "carrier": parcel.carrier,
        "tracking_details": [_detail(event, parcel) for event in seen],
        "carrier_detail": None,
        "finalized": status == "delivered",
        "is_return": False,
        "public_url": f"https://track.easypost.invalid/{tracker_id(parcel)}",
        "fees": [],
    }


def _detail(event: Event, parcel: Parcel) -> dict[str, Any]:
    status, detail = STATUSES[event.what]
    place = {"object": "TrackingLocation", "city": "HANGZHOU", "state": None, "country": "CN", "zip": None}
    return {
        "object": "TrackingDetail",
        "message": event.what.replace("_", " "),
        "description": "",
        "status": status,
        "status_detail": detail,
        "datetime": _rfc3339(event.at),
        "source": parcel.carrier,
        "carrier_code": "",
        "tracking_location": place,
    }


def _signed(content: dict[str, Any], secret: str) -> tuple[dict[str, str], bytes]:
    body = compact(content)
    key = unicodedata.normalize("NFKD", secret).encode()
    kind = {"content-type": "application/json", "user-agent": "EasyPost Web Hook Agent"}
    mac = hmac.new(key, body, hashlib.sha256).hexdigest()
    return {**kind, "x-hmac-signature": f"hmac-sha256-hex={mac}"}, body


def _refusal(status: int, code: str, message: str) -> Reply:
    return as_json(status, {"error": {"code": code, "message": message, "errors": []}})


def _not_found() -> Reply:
    return _refusal(404, "NOT_FOUND", "The requested resource could not be found.")


def _rfc3339(at: float) -> str:
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
