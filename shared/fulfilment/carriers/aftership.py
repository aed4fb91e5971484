"""AfterShip. Its webhooks are signed with a MAC: what they say is proven.

The header ``aftership-hmac-sha256`` is the HMAC-SHA256 of the raw body with the webhook secret, in base64. Anything but
a 2xx is sent again, up to 14 times. A subtag (``Exception_003``) is finer than its tag (``Exception``); a checkpoint
has both. Times are the carrier's: those without a zone are read as UTC, and may be some hours wrong.
(aftership.com/docs/tracking: Webhook Signature, Webhook Specifications, Delivery Statuses, Delivery Sub-statuses)
"""

import hmac
import json
import re
from base64 import b64encode
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from shared.errors import SignatureInvalid, TooLarge, Unavailable
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
from shared.fulfilment.partner_keys import AfterShipKeys
from shared.outside import Answer, Outside
from shared.strict_json import read_object

NAME = "aftership"
HEADER = "aftership-hmac-sha256"
VERSION = "2025-07"
UPDATED = "tracking_update"
TAGS = {
    "Pending": Status.UNKNOWN,
    "InfoReceived": Status.INFO_RECEIVED,
    "InTransit": Status.IN_TRANSIT,
    "OutForDelivery": Status.OUT_FOR_DELIVERY,
    "AvailableForPickup": Status.AVAILABLE_FOR_PICKUP,
    "AttemptFail": Status.ATTEMPT_FAILED,
    "Delivered": Status.DELIVERED,
    "Exception": Status.EXCEPTION,
    "Expired": Status.EXPIRED,
}
SUBTAGS = {
    "Exception_003": Status.REFUSED,
    "Exception_004": Status.CUSTOMS,
    "Exception_011": Status.RETURNED,
    "Exception_013": Status.LOST,
}
EXISTS = "4003"
REFUSALS = (
    "4005",
    "4008",
    "4010",
    "4011",
    "4012",
    "4017",
)  # Number, field, slug, a field more, courier, format.
_SIGNATURE = re.compile(r"[A-Za-z0-9+/]{43}=", re.ASCII)
_ACCEPTED = Reply(200, "application/json", '{"received":true}')
_NOT_ACCEPTED = '{"title":"not accepted"}'


class AfterShip:
    """*host*: the address before ``/tracking``, such as ``https://api.aftership.com``."""

    name = NAME

    def __init__(self, keys: AfterShipKeys, host: str) -> None:
        self.keys = keys
        self.url = f"{host}/tracking/{VERSION}/trackings"

    def verify(self, headers: Headers, raw_body: bytes, now: int) -> Notice:
        if len(raw_body) > BODY_BYTES_MAX:
            raise TooLarge
        signature = only_header(headers, HEADER)
        if not _SIGNATURE.fullmatch(signature):
            raise SignatureInvalid
        expected = [
            b64encode(hmac.digest(secret.encode(), raw_body, "sha256")).decode()
            for secret in self.keys.webhook_secrets
            if secret.strip()
        ]
        if not any([hmac.compare_digest(signature, one) for one in expected]):
            raise SignatureInvalid
        return Notice(NAME, read_object(raw_body, depth_max=DEPTH_MAX), now)

    def interpret(self, notice: Notice) -> tuple[Tracking, ...]:
        """Nothing for events of other kinds: a new estimate is not a new place."""
        message = notice.message
        if message.get("event") != UPDATED:
            return ()
        return (_tracking(member(message, "msg"), notice.verified_at, told_at=message.get("ts")),)

    def acknowledge(self, told: Told) -> Reply:
        if told in IS_SUCCESS:
            return _ACCEPTED
        return Reply(STATUS[told], "application/problem+json", _NOT_ACCEPTED)

    def subscribe(
        self, outside: Outside, carrier: str, waybill: str, *, callback_url: str, phone_tail: str = ""
    ) -> None:
        """*callback_url* is set in AfterShip's console, once for all."""
        slug = names.theirs(NAME, carrier)
        if not slug:
            raise TrackingRefused("AfterShip does not know this carrier")
        body = json.dumps({"tracking_number": waybill, "slug": slug}).encode()
        answer = self._ask(outside, "POST", self.url, body)
        is_refused = answer.status == HTTPStatus.BAD_REQUEST
        said = _code(answered(answer, HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.BAD_REQUEST))
        if is_refused and said in REFUSALS:
            raise TrackingRefused("AfterShip will not follow this parcel", returned=said)
        if said not in ((EXISTS,) if is_refused else ("200", "201")):
            raise Unavailable("the tracker did not take the subscription")

    def query(
        self, outside: Outside, carrier: str, waybill: str, *, now: int, phone_tail: str = ""
    ) -> Tracking | None:
        slug = names.theirs(NAME, carrier)
        if not slug:
            return None
        asked = urlencode({"tracking_numbers": waybill, "slug": slug})
        told = answered(self._ask(outside, "GET", f"{self.url}?{asked}", b""), HTTPStatus.OK)
        with understood():
            if _code(told) != "200" or not isinstance(member(told, "data").get("trackings"), list):
                raise Unavailable("the tracker did not answer the question")
            listed = [_tracking(one, now) for one in members(member(told, "data"), "trackings")]
        found = [one for one in listed if (one.carrier, one.waybill) == (carrier, waybill)]
        if listed and not found:
            raise Unavailable("the tracker answered about something else")
        return found[0] if found else None

    def _ask(self, outside: Outside, method: str, url: str, body: bytes) -> Answer:
        headers = {"as-api-key": self.keys.api_key, "content-type": "application/json"}
        return outside.http(method, url, headers=headers, body=body, seconds=SECONDS)


def _code(told: dict[str, Any]) -> str:
    with understood():
        return code(member(told, "meta").get("code"))


def _tracking(told: Object, now: int, *, told_at: object = None) -> Tracking:
    """What a Tracking object says. That AfterShip gives a parcel up has a time of its own: that of the event."""
    entries = [_checkpoint(entry, now) for entry in members(told, "checkpoints")]
    whole = _read(told, 0)
    if whole.status is Status.EXPIRED and type(told_at) is int and 0 < told_at <= now:
        entries.append(whole._replace(at=told_at))
    return Tracking(
        carrier=names.ours(NAME, code(told.get("slug"))),
        waybill=waybill(told.get("tracking_number")),
        checkpoints=history(entries, whole),
        source=NAME,
        is_proven=True,
    )


def _checkpoint(entry: Object, now: int) -> Checkpoint | None:
    at = instant(entry.get("checkpoint_time"), now=now)
    if at is None:
        return None
    where = place(entry.get("city"), entry.get("state"), entry.get("country_region_name"))
    return _read(entry, at)._replace(place=where)


def _read(told: Object, at: int) -> Checkpoint:
    subtag, tag = code(told.get("subtag")), code(told.get("tag"))
    status = SUBTAGS.get(subtag) or TAGS.get(tag, Status.UNKNOWN)
    return Checkpoint(at, status, subtag or tag)
