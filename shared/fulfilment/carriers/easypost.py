"""EasyPost. Its webhooks are signed with a MAC: what they say is proven.

The header ``X-Hmac-Signature`` is ``hmac-sha256-hex=`` and the HMAC-SHA256 of the raw body in hexadecimal; the webhook
secret is normalised to NFKD first, as EasyPost's own client libraries do. Anything but a 2xx is sent again, and an
address that keeps failing may be switched off. An event of a batch or a payment comes the same way, and is passed over.
(docs.easypost.com: Webhooks Guide, Tracker, Events, Errors)
"""

import hmac
import json
import re
from base64 import b64encode
from http import HTTPStatus
from typing import Any
from unicodedata import normalize
from urllib.parse import urlencode

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
from shared.fulfilment.partner_keys import EasyPostKeys
from shared.outside import Answer, Outside
from shared.strict_json import read_object

NAME = "easypost"
HEADER = "x-hmac-signature"
STATUSES = {
    "unknown": Status.UNKNOWN,
    "error": Status.UNKNOWN,
    "pre_transit": Status.INFO_RECEIVED,
    "in_transit": Status.IN_TRANSIT,
    "out_for_delivery": Status.OUT_FOR_DELIVERY,
    "available_for_pickup": Status.AVAILABLE_FOR_PICKUP,
    "delivered": Status.DELIVERED,
    "failure": Status.EXCEPTION,
    "return_to_sender": Status.RETURNING,
    "cancelled": Status.CANCELLED,
}
REFUSALS = (
    "TRACKER.CARRIER_CODE_MISMATCH",
    "TRACKER.INVALID_PARAMS",
    "TRACKER.INVALID_TEST_CODE",
    "TRACKER.MULTIPLE_CARRIERS_FOR_CODE",
    "TRACKER.NO_CARRIER_FOR_CODE",
    "TRACKER.UNSUPPORTED_CARRIER",
)
_YES = (HTTPStatus.OK, HTTPStatus.CREATED)
_NO = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)
_SIGNATURE = re.compile(r"hmac-sha256-hex=[0-9a-f]{64}", re.ASCII)
_ACCEPTED = Reply(200, "application/json", '{"received":true}')
_NOT_ACCEPTED = '{"title":"not accepted"}'


class EasyPost:
    """*host*: the address before ``/v2``, such as ``https://api.easypost.com``."""

    name = NAME

    def __init__(self, keys: EasyPostKeys, host: str) -> None:
        self.keys = keys
        self.url = f"{host}/v2/trackers"

    def verify(self, headers: Headers, raw_body: bytes, now: int) -> Notice:
        if len(raw_body) > BODY_BYTES_MAX:
            raise TooLarge
        signature = only_header(headers, HEADER)
        if not _SIGNATURE.fullmatch(signature):
            raise SignatureInvalid
        expected = [
            f"hmac-sha256-hex={hmac.digest(normalize('NFKD', secret).encode(), raw_body, 'sha256').hex()}"
            for secret in self.keys.webhook_secrets
            if secret.strip()
        ]
        if not any([hmac.compare_digest(signature, one) for one in expected]):
            raise SignatureInvalid
        return Notice(NAME, read_object(raw_body, depth_max=DEPTH_MAX), now)

    def interpret(self, notice: Notice) -> tuple[Tracking, ...]:
        if notice.message.get("object") != "Event":
            raise Malformed("this is no event")
        result = member(notice.message, "result")
        if result.get("object") != "Tracker":
            return ()
        return (_tracking(result, notice.verified_at),)

    def acknowledge(self, told: Told) -> Reply:
        if told in IS_SUCCESS:
            return _ACCEPTED
        return Reply(STATUS[told], "application/problem+json", _NOT_ACCEPTED)

    def subscribe(
        self, outside: Outside, carrier: str, waybill: str, *, callback_url: str, phone_tail: str = ""
    ) -> None:
        """Made again within three months, it is the Tracker that exists. *callback_url* is set once for all."""
        theirs = names.theirs(NAME, carrier)
        if not theirs:
            raise TrackingRefused("EasyPost does not know this carrier")
        body = json.dumps({"tracker": {"tracking_code": waybill, "carrier": theirs}}).encode()
        answer = self._ask(outside, "POST", self.url, body)
        told = answered(answer, *_YES, *_NO)
        error = _error(told)
        if answer.status in _NO and error in REFUSALS:
            raise TrackingRefused("EasyPost will not follow this parcel", returned=error)
        if answer.status in _NO or told.get("object") != "Tracker":
            raise Unavailable("the tracker did not take the subscription")

    def query(
        self, outside: Outside, carrier: str, waybill: str, *, now: int, phone_tail: str = ""
    ) -> Tracking | None:
        theirs = names.theirs(NAME, carrier)
        if not theirs:
            return None
        asked = urlencode({"tracking_code": waybill, "carrier": theirs})
        told = answered(self._ask(outside, "GET", f"{self.url}?{asked}", b""), HTTPStatus.OK)
        with understood():
            if not isinstance(told.get("trackers"), list):
                raise Malformed("there is no list of trackers")
            listed = [_tracking(one, now) for one in members(told, "trackers")]
        found = [one for one in listed if (one.carrier, one.waybill) == (carrier, waybill)]
        if listed and not found:
            raise Unavailable("the tracker answered about something else")
        return found[0] if found else None

    def _ask(self, outside: Outside, method: str, url: str, body: bytes) -> Answer:
        token = b64encode(f"{self.keys.api_key}:".encode()).decode()
        headers = {"authorization": f"Basic {token}", "content-type": "application/json"}
        return outside.http(method, url, headers=headers, body=body, seconds=SECONDS)


def _error(told: dict[str, Any]) -> str:
    with understood():
        return code(member(told, "error").get("code"))


def _tracking(tracker: Object, now: int) -> Tracking:
    return Tracking(
        carrier=names.ours(NAME, code(tracker.get("carrier"))),
        waybill=waybill(tracker.get("tracking_code")),
        checkpoints=history(
            [_checkpoint(entry, now) for entry in members(tracker, "tracking_details")], _read(tracker, 0)
        ),
        source=NAME,
        is_proven=True,
    )


def _checkpoint(entry: Object, now: int) -> Checkpoint | None:
    at = instant(entry.get("datetime"), now=now)
    if at is None:
        return None
    where = member(entry, "tracking_location")
    return _read(entry, at)._replace(place=place(where.get("city"), where.get("state"), where.get("country")))


def _read(told: Object, at: int) -> Checkpoint:
    """The status decides. Its detail is kept with it, and decides nothing."""
    status, detail = code(told.get("status")), code(told.get("status_detail"))
    both = f"{status}/{detail}" if status and detail else status
    return Checkpoint(at, STATUSES.get(status, Status.UNKNOWN), code(both))
