"""17TRACK, API v2.2. Its pushes carry a hash of the body and the API key.

The header ``sign`` is the SHA-256 of the raw body + "/" + key, in hexadecimal. That is no MAC: a push is not proven.
``TRACKING_UPDATED`` carries all that is known, by carrier on the way, newest first; ``TRACKING_STOPPED`` only says that
no more will come. A sub-status (``Exception_Returned``) is finer than its status (``Exception``), and begins with it.
(api.17track.net: API v2.2, Register, GetTrackInfo, Webhook)
"""

import hmac
import json
import re
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from shared.errors import Malformed, SignatureInvalid, TooLarge, Unavailable
from shared.fulfilment.carriers import names
from shared.fulfilment.carriers.port import (
    BODY_BYTES_MAX,
    IS_SUCCESS,
    SECONDS,
    STATUS,
    Checkpoint,
    Headers,
    Notice,
    Reply,
    Status,
    Told,
    Tracking,
    TrackingRefused,
)
from shared.fulfilment.carriers.reading import (
    DEPTH_MAX,
    Object,
    answered,
    code,
    history,
    instant,
    member,
    members,
    only_header,
    place,
    understood,
    waybill,
)
from shared.fulfilment.partner_keys import SeventeenTrackKeys
from shared.outside import Outside
from shared.strict_json import read_object

NAME = "seventeentrack"
HEADER = "sign"
UPDATED, STOPPED = "TRACKING_UPDATED", "TRACKING_STOPPED"
STATUSES = {
    "NotFound": Status.UNKNOWN,
    "InfoReceived": Status.INFO_RECEIVED,
    "InTransit": Status.IN_TRANSIT,
    "OutForDelivery": Status.OUT_FOR_DELIVERY,
    "AvailableForPickup": Status.AVAILABLE_FOR_PICKUP,
    "DeliveryFailure": Status.ATTEMPT_FAILED,
    "Delivered": Status.DELIVERED,
    "Exception": Status.EXCEPTION,
    "Expired": Status.EXPIRED,
}
SUB_STATUSES = {
    "InTransit_PickedUp": Status.PICKED_UP,
    "DeliveryFailure_Rejected": Status.REFUSED,
    "Exception_Rejected": Status.REFUSED,
    "Exception_Returning": Status.RETURNING,
    "Exception_Returned": Status.RETURNED,
    "Exception_Lost": Status.LOST,
    "Exception_Cancel": Status.CANCELLED,
}
CUSTOMS = "InTransit_Customs"  # ...Processing, ...Released, ...RequiringInformation
REGISTERED = "-18019901"
REFUSALS = ("-18019903", "-18019910", "-18010012", "-18010013")  # Carrier unknown, wrong; number unusable.
NOTHING_KNOWN = ("-18019902", "-18019909")  # Not registered; no information at the moment.
_SIGN = re.compile(r"[0-9a-f]{64}", re.ASCII)
_ACCEPTED = Reply(200, "application/json", '{"received":true}')
_NOT_ACCEPTED = '{"title":"not accepted"}'


class SeventeenTrack:
    """*host*: the address before ``/track``, such as ``https://api.17track.net``."""

    name = NAME

    def __init__(self, keys: SeventeenTrackKeys, host: str) -> None:
        self.keys = keys
        self.url = f"{host}/track/v2.2"

    def verify(self, headers: Headers, raw_body: bytes, now: int) -> Notice:
        if len(raw_body) > BODY_BYTES_MAX:
            raise TooLarge
        sign = only_header(headers, HEADER)
        if not _SIGN.fullmatch(sign):
            raise SignatureInvalid
        expected = [
            sha256(raw_body + b"/" + key.encode()).hexdigest() for key in self.keys.push_keys if key.strip()
        ]
        if not any([hmac.compare_digest(sign, one) for one in expected]):
            raise SignatureInvalid
        return Notice(NAME, read_object(raw_body, depth_max=DEPTH_MAX), now)

    def interpret(self, notice: Notice) -> tuple[Tracking, ...]:
        message = notice.message
        if message.get("event") not in (UPDATED, STOPPED):
            raise Malformed("this is no event that 17TRACK has")
        data = member(message, "data")
        if not member(data, "track_info"):
            return ()
        return (_tracking(data, notice.verified_at, is_proven=False),)

    def acknowledge(self, told: Told) -> Reply:
        """Whatever is not 200 is sent again."""
        if told in IS_SUCCESS:
            return _ACCEPTED
        return Reply(STATUS[told], "application/problem+json", _NOT_ACCEPTED)

    def subscribe(
        self, outside: Outside, carrier: str, waybill: str, *, callback_url: str, phone_tail: str = ""
    ) -> None:
        """*callback_url* is set in 17TRACK's console, once for all."""
        key = names.theirs(NAME, carrier)
        if not key:
            raise TrackingRefused("17TRACK does not know this carrier")
        asked: dict[str, Any] = {"number": waybill, "carrier": int(key)}
        if phone_tail:
            asked["phone_number_last_4"] = phone_tail
        accepted, refused = self._ask(outside, "register", asked)
        if refused in REFUSALS:
            raise TrackingRefused("17TRACK will not follow this parcel", returned=refused)
        if not accepted and refused != REGISTERED:
            raise Unavailable("the tracker did not take the subscription")

    def query(
        self, outside: Outside, carrier: str, waybill: str, *, now: int, phone_tail: str = ""
    ) -> Tracking | None:
        key = names.theirs(NAME, carrier)
        if not key:
            return None
        accepted, refused = self._ask(outside, "gettrackinfo", {"number": waybill, "carrier": int(key)})
        if refused in NOTHING_KNOWN:
            return None
        if len(accepted) != 1:
            raise Unavailable("the tracker did not answer the question")
        with understood():
            tracking = _tracking(accepted[0], now, is_proven=True)
        if (tracking.carrier, tracking.waybill) != (carrier, waybill):
            raise Unavailable("the tracker answered about something else")
        return tracking

    def _ask(self, outside: Outside, path: str, asked: Object) -> tuple[list[Object], str]:
        """What was accepted of one number, and with which code it was refused; empty, where it was not."""
        answer = outside.http(
            "POST",
            f"{self.url}/{path}",
            headers={"17token": self.keys.key, "content-type": "application/json"},
            body=json.dumps([asked]).encode(),
            seconds=SECONDS,
        )
        told = answered(answer, HTTPStatus.OK)
        if code(told.get("code")) != "0":
            raise Unavailable("the tracker did not take the call")
        with understood():
            data = member(told, "data")
            rejected = members(data, "rejected")
            refused = code(member(rejected[0], "error").get("code")) if rejected else ""
            return members(data, "accepted"), refused


def _tracking(data: Object, now: int, *, is_proven: bool) -> Tracking:
    info = member(data, "track_info")
    whole = member(info, "latest_status")
    entries = [
        _checkpoint(event, now)
        for provider in members(member(info, "tracking"), "providers")
        for event in reversed(members(provider, "events"))
    ]
    latest = member(info, "latest_event")
    if latest:
        entries.append(_checkpoint(latest, now))
    return Tracking(
        carrier=names.ours(NAME, code(data.get("carrier"))),
        waybill=waybill(data.get("number")),
        checkpoints=history(entries, _read(whole, 0)),
        source=NAME,
        is_proven=is_proven,
    )


def _checkpoint(event: Object, now: int) -> Checkpoint | None:
    told = (instant(event.get(name), now=now) for name in ("time_utc", "time_iso"))
    at = next((at for at in told if at is not None), None)
    if at is None:
        return None
    address = member(event, "address")
    where = place(address.get("city"), address.get("state"), address.get("country"))
    return _read(event, at)._replace(place=where or place(event.get("location")))


def _read(told: Object, at: int) -> Checkpoint:
    """By the sub-status, or else by the status, which is what stands before its underscore."""
    sub_status, status = code(told.get("sub_status")), code(told.get("status"))
    if sub_status.startswith(CUSTOMS):
        return Checkpoint(at, Status.CUSTOMS, sub_status)
    family = status or sub_status.partition("_")[0]
    known = SUB_STATUSES.get(sub_status) or STATUSES.get(family, Status.UNKNOWN)
    return Checkpoint(at, known, sub_status or status)
