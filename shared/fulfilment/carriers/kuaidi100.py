"""kuaidi100 (快递100), for carriers in China. Subscribed parcels are pushed to us until they are signed for.

A push is a form with ``param``, a JSON text, and ``sign``: the MD5 of ``param`` + salt in hexadecimal, of either case.
The salt is what we sent with the subscription; without one nothing is signed. Two texts of one MD5 can be made by
anybody who may choose both, and a salt behind them does not help: a push is not proven. Its query is signed the same
way, ``param`` + key + customer in upper case, and answers over TLS.

The list is told as a whole each time, newest first, in Beijing time. We ask for the finer states (``resultv2`` 4): a
parcel in a locker is "signed for" among the ten coarse ones. (api.kuaidi100.com, 快递信息推送服务, 实时快递查询)
"""

import hmac
import json
import re
from collections.abc import Mapping
from hashlib import md5
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode

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
    place,
    understood,
    waybill,
)
from shared.fulfilment.partner_keys import Kuaidi100Keys
from shared.outside import Outside
from shared.strict_json import read_object

NAME = "kuaidi100"
MEDIA_TYPE = "application/x-www-form-urlencoded"
BEIJING = 8  # Hours east of UTC, the whole year.
FIELDS_MAX = 20
STATES = {
    "0": Status.IN_TRANSIT,
    "1": Status.PICKED_UP,
    "2": Status.EXCEPTION,
    "3": Status.DELIVERED,
    "4": Status.RETURNED,
    "5": Status.OUT_FOR_DELIVERY,
    "6": Status.RETURNING,
    "7": Status.IN_TRANSIT,  # Handed to another carrier.
    "8": Status.CUSTOMS,
    "10": Status.CUSTOMS,
    "11": Status.CUSTOMS,
    "12": Status.CUSTOMS,
    "13": Status.EXCEPTION,  # Customs found something.
    "14": Status.REFUSED,
}
FINER_STATES = {
    "101": Status.INFO_RECEIVED,  # Ordered,
    "102": Status.INFO_RECEIVED,  # waiting to be fetched.
    "103": Status.PICKED_UP,
    "1001": Status.IN_TRANSIT,
    "1002": Status.IN_TRANSIT,
    "1003": Status.IN_TRANSIT,
    "201": Status.EXCEPTION,
    "202": Status.EXCEPTION,
    "203": Status.REFUSED,
    "204": Status.EXCEPTION,
    "205": Status.EXCEPTION,
    "206": Status.EXCEPTION,
    "207": Status.EXCEPTION,
    "208": Status.EXCEPTION,
    "209": Status.EXCEPTION,
    "210": Status.CANCELLED,
    "301": Status.DELIVERED,
    "302": Status.DELIVERED,
    "303": Status.DELIVERED,  # By somebody on the receiver's behalf.
    "304": Status.AVAILABLE_FOR_PICKUP,  # The locker or the shop signed for it, not the receiver.
    "401": Status.CANCELLED,
    "501": Status.AVAILABLE_FOR_PICKUP,
}
SUBSCRIBED = ("200", "501")  # 501: subscribed before.
REFUSALS = ("700", "701", "702")  # Its data are wrong, or its carrier is not known, or not served.
NO_RESULT = "500"
_SIGN = re.compile(r"[0-9A-Fa-f]{32}", re.ASCII)
_FIELD_NAME = re.compile(r"[0-9A-Za-z_]{1,64}", re.ASCII)
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_ACCEPTED = '{"result":true,"returnCode":"200","message":"成功"}'
_NOT_ACCEPTED = '{"result":false,"returnCode":"500","message":"失败"}'


class Kuaidi100:
    """*host*: the address before ``/poll``, such as ``https://poll.kuaidi100.com``."""

    name = NAME

    def __init__(self, keys: Kuaidi100Keys, host: str) -> None:
        self.keys = keys
        self.host = host

    def verify(self, headers: Headers, raw_body: bytes, now: int) -> Notice:
        if len(raw_body) > BODY_BYTES_MAX:
            raise TooLarge
        _check_media_type(headers)
        fields = _read(raw_body)
        param, sign = fields.get("param", b""), fields.get("sign", b"").decode("ascii", "replace")
        if not param or not _SIGN.fullmatch(sign):
            raise SignatureInvalid
        expected = [_md5(param + salt.encode()) for salt in self.keys.salts if salt.strip()]
        if not any([hmac.compare_digest(sign.lower(), one) for one in expected]):
            raise SignatureInvalid
        return Notice(NAME, read_object(param, depth_max=DEPTH_MAX), now)

    def interpret(self, notice: Notice) -> tuple[Tracking, ...]:
        """Nothing, when kuaidi100 gave up before it knew anything. Its ``shutdown`` only ends the subscription."""
        message = notice.message
        result = member(message, "lastResult")
        if not result:
            return ()
        is_abandoned = message.get("status") == "abort"
        return (_tracking(result, notice.verified_at, is_proven=False, is_abandoned=is_abandoned),)

    def acknowledge(self, told: Told) -> Reply:
        """Unless ``result`` is true, kuaidi100 sends again."""
        if told in IS_SUCCESS:
            return Reply(200, "application/json", _ACCEPTED)
        return Reply(STATUS[told], "application/json", _NOT_ACCEPTED)

    def subscribe(
        self, outside: Outside, carrier: str, waybill: str, *, callback_url: str, phone_tail: str = ""
    ) -> None:
        company = names.theirs(NAME, carrier)
        if not company:
            raise TrackingRefused("kuaidi100 does not know this carrier")
        parameters = {"callbackurl": callback_url, "salt": self.keys.salts[0], "resultv2": "4"}
        if phone_tail:
            parameters["phone"] = phone_tail
        param = {"company": company, "number": waybill, "key": self.keys.key, "parameters": parameters}
        told = self._post(outside, "poll", {"schema": "json", "param": json.dumps(param)})
        return_code = code(told.get("returnCode"))
        if return_code in REFUSALS:
            raise TrackingRefused("kuaidi100 will not follow this parcel", returned=return_code)
        if return_code not in SUBSCRIBED:
            raise Unavailable("the tracker did not take the subscription")

    def query(
        self, outside: Outside, carrier: str, waybill: str, *, now: int, phone_tail: str = ""
    ) -> Tracking | None:
        company = names.theirs(NAME, carrier)
        if not company:
            return None
        asked = {"com": company, "num": waybill, "resultv2": "4", "show": "0", "order": "desc"}
        if phone_tail:
            asked["phone"] = phone_tail
        param, key, customer = json.dumps(asked), self.keys.key, self.keys.customer
        sign = _md5(f"{param}{key}{customer}".encode()).upper()
        told = self._post(outside, "poll/query.do", {"customer": customer, "sign": sign, "param": param})
        if told.get("result") is False and code(told.get("returnCode")) == NO_RESULT:
            return None
        if code(told.get("status")) != "200":
            raise Unavailable("the tracker did not answer the question")
        with understood():
            tracking = _tracking(told, now, is_proven=True, is_abandoned=False)
        if (tracking.carrier, tracking.waybill) != (carrier, waybill):
            raise Unavailable("the tracker answered about something else")
        return tracking

    def _post(self, outside: Outside, path: str, fields: Mapping[str, str]) -> dict[str, Any]:
        answer = outside.http(
            "POST",
            f"{self.host}/{path}",
            headers={"content-type": MEDIA_TYPE},
            body=urlencode(fields).encode(),
            seconds=SECONDS,
        )
        return answered(answer, HTTPStatus.OK)


def _tracking(result: Object, now: int, *, is_proven: bool, is_abandoned: bool) -> Tracking:
    """What a ``lastResult``, or the answer to a query, says. Whoever is given up is EXPIRED."""
    newest_first = [_checkpoint(entry, now) for entry in members(result, "data")]
    newest = max((one for one in newest_first if one), key=lambda one: one.at, default=None)
    state = code(result.get("state"))
    if newest and newest.code[:-2] == state:  # A finer word for the same: 304 for 3.
        state = newest.code
    whole = Checkpoint(0, Status.EXPIRED, "abort") if is_abandoned else Checkpoint(0, _status(state), state)
    return Tracking(
        carrier=names.ours(NAME, code(result.get("com"))),
        waybill=waybill(result.get("nu")),
        checkpoints=history(reversed(newest_first), whole),
        source=NAME,
        is_proven=is_proven,
    )


def _checkpoint(entry: Object, now: int) -> Checkpoint | None:
    told = (instant(entry.get(name), now=now, zone_hours=BEIJING) for name in ("ftime", "time"))
    at = next((at for at in told if at is not None), None)
    if at is None:
        return None
    own = code(entry.get("statusCode"))
    return Checkpoint(at, _status(own), own, place(entry.get("areaName")))


def _status(state: str) -> Status:
    return STATES.get(state) or FINER_STATES.get(state, Status.UNKNOWN)


def _md5(message: bytes) -> str:
    return md5(message, usedforsecurity=False).hexdigest()  # What kuaidi100 has; see above what it is worth.


def _check_media_type(headers: Headers) -> None:
    """One content type, a form in UTF-8, not compressed."""
    types = [value for name, value in headers if name.lower() == "content-type"]
    encodings = [value for name, value in headers if name.lower() == "content-encoding"]
    media_type, *parameters = (part.strip().lower() for part in ";".join(types).split(";"))
    is_form = len(types) == 1 and media_type == MEDIA_TYPE
    charsets = [part for part in parameters if part.startswith("charset")]
    if not is_form or encodings or charsets not in ([], ["charset=utf-8"], ['charset="utf-8"']):
        raise Malformed("this is not a plain form in UTF-8")


def _read(raw_body: bytes) -> dict[str, bytes]:
    """The fields of a form, taken strictly: one that stands there twice would be read by two readers as two things."""
    if raw_body.count(b"&") >= FIELDS_MAX:
        raise Malformed("the form has too many fields")
    if not raw_body.isascii() or _BAD_ESCAPE.search(raw_body):
        raise Malformed("the form is not escaped as it must be")
    fields: dict[str, bytes] = {}
    for pair in raw_body.split(b"&"):
        name, equals, value = pair.decode("ascii").partition("=")
        if not equals or not _FIELD_NAME.fullmatch(name) or name in fields:
            raise Malformed("a field of the form has no name, no value, or stands there twice")
        fields[name] = unquote_to_bytes(value.replace("+", " "))
    return fields
