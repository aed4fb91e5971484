"""What the four trackers push about one parcel, written as each documents it and signed here."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from local import partners as keys
from tests.fulfilment import tracker_script as script
from tests.functions.parcels import Message
from tests.http_world import World

TRACKERS = ("kuaidi100", "aftership", "easypost", "seventeentrack")
PROVEN = ("aftership", "easypost")
CARRIER = {"kuaidi100": "sf", "aftership": "usps", "easypost": "usps", "seventeentrack": "usps"}
HEADER = {"aftership": "aftership-hmac-sha256", "easypost": "X-Hmac-Signature", "seventeentrack": "sign"}
ACCEPTED = {
    "kuaidi100": '{"result":true,"returnCode":"200","message":"成功"}'.encode(),
    "aftership": b'{"received":true}',
    "easypost": b'{"received":true}',
    "seventeentrack": b'{"received":true}',
}


class Seen(NamedTuple):
    """One checkpoint: when (seconds from now), and what, in the words of ``WORDS``."""

    after: int
    what: str


WORDS = {  # in our words: kuaidi100's state, AfterShip's tag and subtag, EasyPost's status, 17TRACK's sub-status
    "in_transit": ("0", ("InTransit", "InTransit_001"), "in_transit", "InTransit_Other"),
    "delivered": ("3", ("Delivered", "Delivered_001"), "delivered", "Delivered_Other"),
    "exception": ("2", ("Exception", "Exception_001"), "failure", "Exception_Other"),
    "returned": ("4", ("Exception", "Exception_011"), "return_to_sender", "Exception_Returned"),
}


def push(world: World, tracker: str, waybill: str, *seen: Seen) -> Message:
    """The tracker's genuine message: the whole list, as each of them tells it."""
    now = int(world.cloud.clock.now())
    told = [(now + one.after, WORDS[one.what]) for one in seen]
    return {"kuaidi100": _kuaidi100, "aftership": _aftership, "easypost": _easypost}.get(
        tracker, _seventeentrack
    )(waybill, told)


Told = list[tuple[int, tuple[str, tuple[str, str], str, str]]]


def _kuaidi100(waybill: str, told: Told) -> Message:
    beijing = [datetime.fromtimestamp(at, UTC) + timedelta(hours=8) for at, _ in told]
    entries = [
        {"time": f"{at:%Y-%m-%d %H:%M:%S}", "ftime": f"{at:%Y-%m-%d %H:%M:%S}", "statusCode": words[0]}
        for at, (_, words) in zip(beijing, told, strict=True)
    ]
    result = {"message": "ok", "nu": waybill, "com": "shunfeng", "state": told[-1][1][0], "status": "200"}
    param = {"status": "polling", "message": "", "lastResult": result | {"data": entries[::-1]}}
    body = script.kuaidi100_body(param, salt=keys.KUAIDI100_SALT)
    return Message("/webhooks/carriers/kuaidi100", body, {"content-type": script.FORM})


def _aftership(waybill: str, told: Told) -> Message:
    checkpoints = [
        {"checkpoint_time": _utc(at), "tag": words[1][0], "subtag": words[1][1], "slug": "usps"}
        for at, words in told
    ]
    tag, subtag = told[-1][1][1]
    msg = {"slug": "usps", "tracking_number": waybill, "tag": tag, "subtag": subtag}
    event = {
        "event": "tracking_update",
        "event_id": "e-1",
        "ts": 1,
        "msg": msg | {"checkpoints": checkpoints},
    }
    return _signed("aftership", event)


def _easypost(waybill: str, told: Told) -> Message:
    details = [{"object": "TrackingDetail", "datetime": _utc(at), "status": words[2]} for at, words in told]
    status = told[-1][1][2]
    tracker = {"id": "trk_1", "object": "Tracker", "tracking_code": waybill, "carrier": "USPS"}
    result = tracker | {"status": status, "tracking_details": details}
    return _signed(
        "easypost", {"object": "Event", "id": "evt_1", "description": "tracker.updated", "result": result}
    )


def _seventeentrack(waybill: str, told: Told) -> Message:
    scans = [script.a_scan(_utc(at), words[3]) for at, words in reversed(told)]
    sub_status = told[-1][1][3]
    status = {"status": sub_status.partition("_")[0], "sub_status": sub_status}
    parcel = script.a_parcel(*scans, **status) | {"number": waybill}
    return _signed("seventeentrack", script.a_push(parcel))


def _utc(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _signed(tracker: str, told: object) -> Message:
    return signed(tracker, json.dumps(told).encode())


SIGN: dict[str, Callable[[bytes, str], str]] = {
    "aftership": script.aftership_sign,
    "easypost": script.easypost_sign,
    "seventeentrack": script.seventeentrack_sign,
}
SECRET = {
    "kuaidi100": keys.KUAIDI100_SALT,
    "aftership": keys.AFTERSHIP_WEBHOOK_SECRET,
    "easypost": keys.EASYPOST_WEBHOOK_SECRET,
    "seventeentrack": keys.SEVENTEENTRACK_KEY,
}


def signed(tracker: str, body: bytes, secret: str | None = None) -> Message:
    """*body* as the tracker signs it in a header."""
    headers = {"content-type": "application/json"}
    headers[HEADER[tracker]] = SIGN[tracker](body, SECRET[tracker] if secret is None else secret)
    return Message(f"/webhooks/carriers/{tracker}", body, headers)
