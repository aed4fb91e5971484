"""AfterShip, as its Tracking API (2024-04 and later) and its webhook specification describe it.

A push bears ``aftership-hmac-sha256``, the base64 HMAC-SHA256 of the raw body. Without a 2xx it comes again, up to 14
times, after 30 seconds times a power of two. Checkpoints are told oldest first.
"""

import base64
import hashlib
import hmac
import json
import re
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from local import partners
from local.providers.deliveries import Letter
from local.providers.wire import Reply, Request, as_json, compact
from local.trackers.parcels import Event, Follow, Parcel, Register

PATH = re.compile(r"/tracking/[0-9]{4}-[0-9]{2}/trackings(/[0-9a-f]{32})?")
NOTIFY_PATH = "/webhooks/carriers/aftership"
TAGS = {  # Tag and subtag.
    "picked_up": ("InTransit", "InTransit_002"),
    "in_transit": ("InTransit", "InTransit_001"),
    "customs": ("Exception", "Exception_004"),
    "out_for_delivery": ("OutForDelivery", "OutForDelivery_001"),
    "available_for_pickup": ("AvailableForPickup", "AvailableForPickup_001"),
    "attempt_failed": ("AttemptFail", "AttemptFail_001"),
    "delivered": ("Delivered", "Delivered_001"),
    "exception": ("Exception", "Exception_001"),
    "refused": ("Exception", "Exception_003"),
    "returning": ("Exception", "Exception_010"),
    "returned": ("Exception", "Exception_011"),
    "lost": ("Exception", "Exception_013"),
    "expired": ("Expired", "Expired_001"),
    "unknown": ("Teleported", "Teleported_001"),
}
PENDING = ("Pending", "Pending_001")


class AfterShip:
    """The tracker."""

    name = "aftership"
    send_again_after = tuple(30 * 2**attempt for attempt in range(14))

    def __init__(self, register: Register) -> None:
        self.register = register

    def operation(self, request: Request) -> str:
        """Return subscribe, query, or an empty text."""
        if not PATH.fullmatch(request.path):
            return ""
        return {"POST": "subscribe", "GET": "query"}.get(request.method, "")

    def serve(self, request: Request, *, now: float, follow: Follow, is_refused: bool) -> Reply:
        """Answer a call; ``meta.code`` says more than the status."""
        if request.headers.get("as-api-key") != partners.AFTERSHIP_API_KEY:
            return self.unauthorized()
        if request.method == "POST":
            return self._create(request, now, follow, is_refused=is_refused)
        asked = parse_qs(request.query)
        named = request.path.rpartition("/trackings/")[2] if "/trackings/" in request.path else ""
        if named:
            found = [each for each in self._all() if tracking_id(each) == named]
            if not found:
                return _refusal(404, 4004, "Tracking does not exist.")
            return as_json(200, {"meta": {"code": 200}, "data": _tracking(found[0])})
        return self._listed(asked)

    def _listed(self, asked: dict[str, list[str]]) -> Reply:
        numbers = {number for each in asked.get("tracking_numbers", []) for number in each.split(",")}
        slugs = {slug for each in asked.get("slug", []) for slug in each.split(",")}
        found = [
            each
            for each in self._all()
            if (not numbers or each.waybill in numbers) and (not slugs or each.carrier in slugs)
        ]
        page = {"total": len(found), "next_cursor": "", "has_next_page": False}
        data = {"pagination": page, "trackings": [_tracking(each) for each in found]}
        return as_json(200, {"meta": {"code": 200}, "data": data})

    def _all(self) -> list[Parcel]:
        return [each for each in self.register.parcels.values() if each.is_subscribed]

    def _create(self, request: Request, now: float, follow: Follow, *, is_refused: bool) -> Reply:
        try:
            form = json.loads(request.body)
        except (ValueError, RecursionError):
            form = None
        if not isinstance(form, dict):
            return _refusal(400, 4001, "Invalid JSON data.")
        number, slug = form.get("tracking_number"), form.get("slug")
        if not isinstance(number, str) or not re.fullmatch(r"[0-9A-Za-z-]{4,40}", number):
            return _refusal(400, 4005, "The value of tracking_number is invalid.")
        if is_refused:
            return _refusal(400, 4012, "We don't recognize the carrier from this tracking number.")
        if not isinstance(slug, str) or not re.fullmatch(r"[a-z0-9-]{2,40}", slug):
            return _refusal(400, 4010, "The value of slug is invalid.")
        parcel = self.register.parcel(number)
        if parcel.is_subscribed:
            brief = {"id": tracking_id(parcel), "tracking_number": number, "slug": parcel.carrier}
            return _refusal(400, 4003, "Tracking already exists.", brief)
        parcel.is_subscribed, parcel.subscribed_at, parcel.carrier = True, now, slug
        parcel.path = NOTIFY_PATH
        follow(parcel)
        return as_json(201, {"meta": {"code": 201}, "data": _tracking(parcel)})

    def unauthorized(self) -> Reply:
        """Return how a wrong key is answered."""
        return _refusal(401, 401, "The API key is invalid.")

    def broken(self) -> Reply:
        """Return how its own failure looks."""
        return _refusal(500, 500, "Something went wrong on AfterShip's end.")

    def notice(self, parcel: Parcel, now: float) -> dict[str, Any] | None:
        """Return what it pushes: the tracking with all its checkpoints."""
        number = self.register.next_number("event")
        mark = hashlib.sha256(f"aftership event {number}".encode()).digest()[:16]
        tags = [TAGS[event.what][0] for event in parcel.events]
        return {
            "event": "tracking_update",
            "event_id": str(uuid.UUID(bytes=mark, version=4)),
            "is_tracking_first_tag": bool(tags) and tags[-1] not in tags[:-1],
            "msg": _tracking(parcel),
            "ts": int(now),
        }

    def seal(self, letter: Letter) -> tuple[dict[str, str], bytes]:
        """Return the message, signed."""
        return _signed(letter.content, partners.AFTERSHIP_WEBHOOK_SECRET)

    def forged(self, letter: Letter) -> tuple[dict[str, str], bytes]:
        """Return the message, signed with another secret."""
        return _signed(letter.content, "another-secret")

    def is_received(self, status: int, body: bytes) -> bool:
        """Any 2xx ends the sending."""
        return 200 <= status < 300


def tracking_id(parcel: Parcel) -> str:
    """Return AfterShip's own id of a parcel."""
    return hashlib.sha256(f"aftership tracking {parcel.waybill}".encode()).hexdigest()[:32]


def _tracking(parcel: Parcel) -> dict[str, Any]:
    latest = parcel.latest
    tag, subtag = TAGS[latest.what] if latest else PENDING
    return {
        "id": tracking_id(parcel),
        "legacy_id": tracking_id(parcel)[:24],
        "created_at": _rfc3339(parcel.subscribed_at),
        "updated_at": _rfc3339(latest.at if latest else parcel.subscribed_at),
        "tracking_number": parcel.waybill,
        "slug": parcel.carrier,
        "active": tag not in ("Delivered", "Expired"),
        "tag": tag,
        "subtag": subtag,
        "subtag_message": subtag,
        "title": parcel.waybill,
        "checkpoints": [_checkpoint(event, parcel) for event in parcel.events],
    }


def _checkpoint(event: Event, parcel: Parcel) -> dict[str, Any]:
    tag, subtag = TAGS[event.what]
    return {
        "created_at": _rfc3339(event.at),
        "slug": parcel.carrier,
        "checkpoint_time": _rfc3339(event.at),
        "location": "Hangzhou, Zhejiang, CHN",
        "city": "Hangzhou",
        "state": "Zhejiang",
        "postal_code": None,
        "coordinates": [],
        "country_iso3": "CHN",
        "country_region": "CHN",
        "country_name": "China",
        "message": event.what.replace("_", " "),
        "tag": tag,
        "subtag": subtag,
        "subtag_message": subtag,
        "raw_tag": event.what.upper(),
    }


def _signed(content: dict[str, Any], secret: str) -> tuple[dict[str, str], bytes]:
    body = compact(content)
    mac = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    kind = {"content-type": "application/json", "user-agent": "aftership-webhooks"}
    return {**kind, "aftership-hmac-sha256": mac}, body


def _refusal(status: int, code: int, message: str, about: dict[str, Any] | None = None) -> Reply:
    kind = {401: "Unauthorized", 404: "NotFound", 500: "InternalError"}.get(status, "BadRequest")
    return as_json(status, {"meta": {"code": code, "message": message, "type": kind}, "data": about or {}})


def _rfc3339(at: float) -> str:
    return datetime.fromtimestamp(int(at), UTC).isoformat()
