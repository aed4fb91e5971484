"""Trackers as a test lets them speak: what they push, signed by ourselves with hashlib alone, and scripted answers.

The signatures are held against OpenSSL in ``test_carriers_signatures``, and EasyPost's against its own vector.
"""

import hmac
import json
from base64 import b64encode
from hashlib import md5, sha256
from unicodedata import normalize
from urllib.parse import parse_qsl, urlencode, urlsplit

from shared.errors import Unavailable
from shared.fulfilment.carriers.aftership import AfterShip
from shared.fulfilment.carriers.easypost import EasyPost
from shared.fulfilment.carriers.kuaidi100 import Kuaidi100
from shared.fulfilment.carriers.seventeentrack import SeventeenTrack
from shared.fulfilment.partner_keys import AfterShipKeys, EasyPostKeys, Kuaidi100Keys, SeventeenTrackKeys
from shared.outside import Answer, Outside

NOW = 1_800_000_000  # 2027-01-15T08:00:00Z
EIGHT_BEIJING = NOW - 8 * 3_600  # 2027-01-15 08:00:00 there.
SALT, SECRET, ACCENTED, KEY = "salt-of-kuaidi100", "aftership-webhook-secret", "sécret", "17track-key"
FORM = "application/x-www-form-urlencoded"
SILENCE = Unavailable("the tracker did not answer")


def a_kuaidi100(*salts):
    return Kuaidi100(
        Kuaidi100Keys(customer="CUSTOMER1", key="kuaidi-key", salts=salts or (SALT,)),
        "https://kuaidi100.invalid",
    )


def an_aftership(*secrets):
    keys = AfterShipKeys(api_key="asat_1", webhook_secrets=secrets or (SECRET,))
    return AfterShip(keys, "https://aftership.invalid")


def an_easypost(*secrets):
    keys = EasyPostKeys(api_key="EZAK1", webhook_secrets=secrets or (ACCENTED,))
    return EasyPost(keys, "https://easypost.invalid")


def a_seventeentrack(*keys):
    held = SeventeenTrackKeys(key=KEY, push_keys=keys or (KEY,))
    return SeventeenTrack(held, "https://seventeentrack.invalid")


# ------------------------------------------------------------------ kuaidi100


def an_entry(clock="08:00:00", code="0", **more):
    at = f"2027-01-15 {clock}"
    entry = {"time": at, "ftime": at, "context": "【深圳市】王师傅 13800000000", "areaName": "广东,深圳市"}
    return entry | ({"statusCode": code} if code else {}) | more


def a_result(*newest_first, state="0", **more):
    known = {"message": "ok", "nu": "SF1000001", "com": "shunfeng", "ischeck": "0", "status": "200"}
    return known | {"state": state, "data": list(newest_first)} | more


def a_param(result=None, status="polling", **more):
    known = {"status": status, "billstatus": "got", "message": "", "autoCheck": "0"}
    return known | {"lastResult": a_result(an_entry()) if result is None else result} | more


def kuaidi100_sign(text, salt=SALT):
    return md5(text.encode() + salt.encode()).hexdigest()


def kuaidi100_body(param, *, salt=SALT, sign=None):
    text = param if isinstance(param, str) else json.dumps(param, ensure_ascii=False)
    return urlencode({"sign": sign or kuaidi100_sign(text, salt), "param": text}).encode()


def form_headers(*more):
    return [("Content-Type", f"{FORM}; charset=UTF-8"), *more]


# ------------------------------------------------------------------ AfterShip


def a_checkpoint(at="2027-01-15T08:00:00Z", tag="InTransit", subtag="InTransit_001", **more):
    known = {
        "slug": "usps",
        "message": "with Li Lei",
        "city": "Austin",
        "state": "TX",
        "country_region": "USA",
    }
    return known | {"country_region_name": "USA", "checkpoint_time": at, "tag": tag, "subtag": subtag} | more


def a_tracking(*checkpoints, tag="InTransit", subtag="InTransit_001", **more):
    known = {"id": "5b7658cec7c33c0e007de3c5", "slug": "usps", "tracking_number": "9405511202575421535949"}
    return known | {"tag": tag, "subtag": subtag, "checkpoints": list(checkpoints)} | more


def an_update(msg=None, **more):
    known = {"event": "tracking_update", "event_id": "fa9d2a07-35a0-4c8b-9d5a-5a3e9a5b4d1b", "ts": NOW - 60}
    return known | {"msg": a_tracking(a_checkpoint()) if msg is None else msg} | more


def aftership_sign(body, secret=SECRET):
    return b64encode(hmac.new(secret.encode(), body, sha256).digest()).decode()


def aftership_headers(body, secret=SECRET):
    return [("Content-Type", "application/json"), ("aftership-hmac-sha256", aftership_sign(body, secret))]


# ------------------------------------------------------------------ EasyPost


def a_detail(at="2027-01-15T08:00:00Z", status="in_transit", status_detail="arrived_at_facility", **more):
    where = {"object": "TrackingLocation", "city": "ORLANDO", "state": "FL", "country": "US", "zip": "32809"}
    known = {
        "object": "TrackingDetail",
        "message": "for Li Lei",
        "source": "USPS",
        "tracking_location": where,
    }
    return known | {"status": status, "status_detail": status_detail, "datetime": at} | more


def a_tracker(*details, status="in_transit", status_detail="arrived_at_facility", **more):
    known = {"id": "trk_1", "object": "Tracker", "tracking_code": "9400110898825022579493", "carrier": "USPS"}
    told = {"status": status, "status_detail": status_detail, "weight": 614.4, "signed_by": "LI LEI"}
    return known | told | {"tracking_details": list(details)} | more


def an_event(result=None, **more):
    known = {"object": "Event", "id": "evt_1", "description": "tracker.updated", "mode": "production"}
    return known | {"result": a_tracker(a_detail()) if result is None else result} | more


def easypost_sign(body, secret=ACCENTED):
    return "hmac-sha256-hex=" + hmac.new(normalize("NFKD", secret).encode(), body, sha256).hexdigest()


def easypost_headers(body, secret=ACCENTED):
    return [("Content-Type", "application/json"), ("X-Hmac-Signature", easypost_sign(body, secret))]


# ------------------------------------------------------------------ 17TRACK


def a_scan(at="2027-01-15T08:00:00Z", sub_status="InTransit_Other", **more):
    known = {"time_iso": at, "time_utc": at, "description": "for Li Lei", "location": "Austin, TX"}
    return (
        known
        | {"stage": None, "sub_status": sub_status, "address": {"city": "Austin", "country": "US"}}
        | more
    )


def a_parcel(*newest_first, status="InTransit", sub_status="InTransit_Other", **more):
    info = {
        "shipping_info": {"recipient_address": {"street": "1 Long Street"}},
        "latest_status": {"status": status, "sub_status": sub_status, "sub_status_descr": None},
        "latest_event": newest_first[0] if newest_first else None,
        "tracking": {
            "providers": [{"provider": {"key": 21051, "name": "USPS"}, "events": list(newest_first)}]
        },
    }
    return {"number": "9400110898825022579493", "carrier": 21051, "param": None, "track_info": info} | more


def a_push(data=None, event="TRACKING_UPDATED"):
    return {"event": event, "data": a_parcel(a_scan()) if data is None else data}


def seventeentrack_sign(body, key=KEY):
    return sha256(body + b"/" + key.encode()).hexdigest()


def seventeentrack_headers(body, key=KEY):
    return [("Content-Type", "application/json"), ("sign", seventeentrack_sign(body, key))]


# ------------------------------------------------------------------ questions


def written(message):
    return json.dumps(message, ensure_ascii=False).encode()


class Script(Outside):
    """An outside where a tracker gives the answers it was given, in turn, and remembers what it was asked."""

    def __init__(self, *answers):
        super().__init__()
        self.answers = list(answers)
        self.asked = []  # (method, address), what was sent, headers
        self.send = self._send

    def _send(self, method, request):
        assert self.answers, f"nobody expected {method} {request['url']}"
        assert request["seconds"] == 4
        at = urlsplit(request["url"])
        sent = at.query or request["body"].decode()
        is_form = at.query or request["headers"]["content-type"] == FORM
        told = dict(parse_qsl(sent, strict_parsing=True)) if is_form else json.loads(sent)
        self.asked.append(((method, f"{at.scheme}://{at.netloc}{at.path}"), told, dict(request["headers"])))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Answer) else Answer(200, written(answer))


NOT_UNDERSTOOD = {
    "an error of theirs": Answer(500, b'{"code": 0}'),
    "bad gateway": Answer(502, b"<html>"),
    "too many calls": Answer(429, b"{}"),
    "our key is wrong": Answer(401, b"{}"),
    "our key may not": Answer(403, b"{}"),
    "a redirect": Answer(302, b"{}"),
    "an unknown refusal": Answer(400, b'{"meta": {"code": 4999}, "error": {"code": "OF.TOMORROW"}}'),
    "not JSON": Answer(200, b"<html>"),
    "nothing": Answer(200, b""),
    "a list": Answer(200, b"[]"),
    "a key twice": Answer(200, b'{"code": 0, "code": 0}'),
    "too deep": Answer(200, b'{"a":' * 40 + b"{}" + b"}" * 40),
    "silence": SILENCE,
}
