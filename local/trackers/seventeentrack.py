"""17TRACK, as the documents of its Tracking API (v2.2 and later) describe it.

A push bears ``sign``, the hexadecimal SHA-256 of the raw body + "/" + key. Only the answer 200 ends it; otherwise it
comes again, three times. Every call names up to 40 numbers; each is accepted or rejected on its own. Events are told
newest first.
"""

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from local import partners
from local.providers.deliveries import Letter
from local.providers.wire import Reply, Request, as_json, compact
from local.trackers.parcels import Event, Follow, Parcel, Register

NOTIFY_PATH = "/webhooks/carriers/seventeentrack"
BEIJING = timezone(timedelta(hours=8))
PATH = re.compile(r"/track/v2(?:\.[0-9])?/(register|gettrackinfo)")
NUMBERS_MAX, DETECTED = 40, 3013
STATUSES = {  # Status and sub-status.
    "picked_up": ("InTransit", "InTransit_PickedUp"),
    "in_transit": ("InTransit", "InTransit_Other"),
    "customs": ("InTransit", "InTransit_CustomsProcessing"),
    "out_for_delivery": ("OutForDelivery", "OutForDelivery_Other"),
    "available_for_pickup": ("AvailableForPickup", "AvailableForPickup_Other"),
    "attempt_failed": ("DeliveryFailure", "DeliveryFailure_NoBody"),
    "delivered": ("Delivered", "Delivered_Other"),
    "exception": ("Exception", "Exception_Damage"),
    "refused": ("DeliveryFailure", "DeliveryFailure_Rejected"),
    "returning": ("Exception", "Exception_Returning"),
    "returned": ("Exception", "Exception_Returned"),
    "lost": ("Exception", "Exception_Lost"),
    "expired": ("Expired", "Expired_Other"),
    "unknown": ("Teleported", "Teleported_Other"),
}


class SeventeenTrack:
    """The tracker."""

    name = "seventeentrack"
    send_again_after = (600, 1800, 3600)

    def __init__(self, register: Register) -> None:
        self.register = register

    def operation(self, request: Request) -> str:
        """Return subscribe, query, or an empty text."""
        found = PATH.fullmatch(request.path)
        if found is None or request.method != "POST":
            return ""
        return {"register": "subscribe", "gettrackinfo": "query"}[found[1]]

    def serve(self, request: Request, *, now: float, follow: Follow, is_refused: bool) -> Reply:
        """Answer a call: for each number it names, on its own."""
        if request.headers.get("17token") != partners.SEVENTEENTRACK_KEY:
            return self.unauthorized()
        try:
            asked = json.loads(request.body)
        except (ValueError, RecursionError):
            asked = None
        if not isinstance(asked, list) or not all(isinstance(each, dict) for each in asked):
            return _failure(200, -18010013, "Invalid submitted data.")
        if not 1 <= len(asked) <= NUMBERS_MAX:
            return _failure(200, -18010014, "Tracking numbers exceed the 40 limit.")
        accepted: list[dict[str, Any]] = []
        rejected: list[dict[str, Any]] = []
        for each in asked:
            if request.path.endswith("/register"):
                told = self._register(each, now, follow, is_refused=is_refused)
            else:
                told = self._info(each)
            (rejected if "error" in told else accepted).append(told)
        return as_json(200, {"code": 0, "data": {"accepted": accepted, "rejected": rejected}})

    def _register(
        self, asked: dict[str, Any], now: float, follow: Follow, *, is_refused: bool
    ) -> dict[str, Any]:
        number, carrier = str(asked.get("number", "")), asked.get("carrier", DETECTED)
        if not re.fullmatch(r"[0-9A-Za-z-]{5,50}", number):
            return _rejected(number, -18010012, "The format of data number is invalid.")
        if is_refused or type(carrier) is not int or carrier <= 0:
            return _rejected(number, -18019903, "Carrier cannot be detected.")
        parcel = self.register.parcel(number)
        if parcel.is_subscribed:
            return _rejected(number, -18019901, f"The tracking number '{number}' has been registered.")
        parcel.is_subscribed, parcel.subscribed_at, parcel.carrier = True, now, str(carrier)
        parcel.path = NOTIFY_PATH
        follow(parcel)
        return {"origin": 1, **_named(parcel), "email": None, "lang": None}

    def _info(self, asked: dict[str, Any]) -> dict[str, Any]:
        number = str(asked.get("number", ""))
        parcel = self.register.followed(number)
        if parcel is None or asked.get("carrier", _key(parcel)) != _key(parcel):
            return _rejected(number, -18019902, f"The tracking number '{number}' is not registered.")
        if not parcel.events:
            return _rejected(number, -18019909, "No tracking information at this time.")
        return {**_named(parcel), "track_info": _info(parcel)}

    def unauthorized(self) -> Reply:
        """Return how a wrong key is answered."""
        return _failure(401, -18010002, "Invalid security key.")

    def broken(self) -> Reply:
        """Return how its own failure looks."""
        return _failure(500, -18010003, "Internal service error. Please retry later.")

    def notice(self, parcel: Parcel, now: float) -> dict[str, Any] | None:
        """Return what it pushes: the parcel with all its events."""
        return {"event": "TRACKING_UPDATED", "data": {**_named(parcel), "track_info": _info(parcel)}}

    def seal(self, letter: Letter) -> tuple[dict[str, str], bytes]:
        """Return the message with its sign."""
        return _signed(letter.content, partners.SEVENTEENTRACK_KEY)

    def forged(self, letter: Letter) -> tuple[dict[str, str], bytes]:
        """Return the message with the sign of another key."""
        return _signed(letter.content, "another-key")

    def is_received(self, status: int, body: bytes) -> bool:
        """Only 200 ends the sending."""
        return status == 200


def _key(parcel: Parcel) -> int:
    return int(parcel.carrier) if parcel.carrier.isdigit() else DETECTED


def _named(parcel: Parcel) -> dict[str, Any]:
    return {"number": parcel.waybill, "carrier": _key(parcel), "param": None, "tag": ""}


def _info(parcel: Parcel) -> dict[str, Any]:
    events = [_event(event) for event in reversed(parcel.events)]
    status, sub_status = STATUSES[parcel.events[-1].what] if parcel.events else ("NotFound", "NotFound_Other")
    provider = {"key": _key(parcel), "name": "Carrier", "alias": "Carrier", "country": "CN"}
    return {
        "shipping_info": {"shipper_address": {"country": "CN"}, "recipient_address": {"country": "CN"}},
        "latest_status": {"status": status, "sub_status": sub_status, "sub_status_descr": None},
        "latest_event": events[0] if events else None,
        "time_metrics": {"days_after_order": 0, "days_of_transit": 0},
        "milestone": [],
        "misc_info": {"risk_factor": 0},
        "tracking": {
            "providers_hash": 0,
            "providers": [{"provider": provider, "latest_sync_status": "Success", "events": events}],
        },
    }


def _event(event: Event) -> dict[str, Any]:
    status, sub_status = STATUSES[event.what]
    local = datetime.fromtimestamp(event.at, BEIJING)
    return {
        "time_iso": local.isoformat(),
        "time_utc": datetime.fromtimestamp(event.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "time_raw": {"date": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M:%S}", "timezone": "+08:00"},
        "description": event.what.replace("_", " "),
        "location": "Hangzhou",
        "stage": "PickedUp" if event.what == "picked_up" else status,
        "sub_status": sub_status,
        "address": {"country": "CN", "state": "Zhejiang", "city": "Hangzhou", "street": None},
    }


def _signed(content: dict[str, Any], key: str) -> tuple[dict[str, str], bytes]:
    body = compact(content)
    kind = {"content-type": "application/json", "user-agent": "17TRACK"}
    return {**kind, "sign": hashlib.sha256(body + b"/" + key.encode()).hexdigest()}, body


def _rejected(number: str, code: int, message: str) -> dict[str, Any]:
    return {"number": number, "error": {"code": code, "message": message}}


def _failure(status: int, code: int, message: str) -> Reply:
    return as_json(status, {"code": code, "data": {"errors": [{"code": code, "message": message}]}})
