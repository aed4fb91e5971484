"""How we talk to warehouses and trackers, written apart from the product and from the simulators: by the documents."""

import base64
import hashlib
import hmac
import json
import re
import unicodedata
from urllib.parse import parse_qsl, urlencode

from local.partners import secret
from local.trackers import Trackers
from local.warehouses import Warehouses

START = 1_800_000_000  # 2027-01-15T08:00:00Z
URL = "http://shop.invalid"
MINUTE, HOUR, DAY = 60, 3_600, 86_400
SHARED = secret(URL)


class World:
    """A standing clock, the partners, and our letter box. ``answers`` says how the next messages are answered."""

    def __init__(self):
        self.time = START
        self.box = []
        self.answers = lambda _path, _body: (200, b"")
        self.warehouses = Warehouses(now=lambda: self.time, post=self._take)
        self.trackers = Trackers(now=lambda: self.time, post=self._take)

    def _take(self, path, headers, body):
        self.box.append((self.time - START, path, headers, body))
        return self.answers(path, body)

    def settle(self):
        while any([self.warehouses.deliver_due(), self.trackers.deliver_due()]):
            pass

    def advance(self, seconds):
        end = self.time + seconds
        self.settle()
        while (due := self.next_due()) is not None and due <= end:
            self.time = max(self.time, due)
            self.settle()
        self.time = end

    def next_due(self):
        due = (self.warehouses.next_due(), self.trackers.next_due())
        return min((each for each in due if each is not None), default=None)

    def http(self, method, path, headers=None, body=b""):
        door = self.warehouses if self.warehouses.is_here(path) else self.trackers
        assert door.is_here(path)
        reply = door.answer(method, path, headers or {}, body)
        self.settle()
        return reply

    def desk(self, path, form=None):
        method, body = ("GET", b"") if form is None else ("POST", json.dumps(form).encode())
        reply = self.http(method, path, {}, body)
        return reply.status, json.loads(reply.body)

    def mode(self, about="", **form):
        """Have W1 work like this: from now on, or only with what *about* names."""
        status, answer = self.desk(f"/_warehouses/W1/mode{'/' if about else ''}{about}", form)
        assert status == 200, answer

    def units(self, sku="TEA"):
        """What W1's books say of a SKU, without the zeros."""
        found = self.desk("/_warehouses/books")[1]["W1"]["units"][sku]
        return {name: count for name, count in found.items() if count}

    def held(self):
        """The parcels that W1 knows."""
        return self.desk("/_warehouses/W1")[1]["fulfillments"]

    def known(self, *lists):
        """All that the partners show, to compare."""
        shown = ["/_warehouses/books", "/_warehouses/deliveries", "/_trackers/books", "/_trackers/deliveries"]
        return [self.desk(path) for path in (*shown, *lists)], self.next_due(), len(self.box)

    # --- what came ---

    def told(self, kind=None):
        """Every message of a warehouse: (seconds since the start, message); its signature verified."""
        found = []
        for after, path, headers, body in self.box:
            warehouse = path.removeprefix("/webhooks/warehouses/")
            assert warehouse != path
            assert is_signed(headers["ordercycle-signature"], body, warehouse, START + after)
            message = json.loads(body)
            if kind is None or message["type"] == kind:
                found.append((after, message))
        return found

    def told_briefly(self):
        """When a warehouse told something, and what, in short."""
        return [(after, _brief(message)) for after, message in self.told()]


def _brief(message):
    match message["type"]:
        case "process.reported":
            return message["progress"]
        case "fulfillment.confirmed":
            parts = [[(line["line"], line["quantity"]) for line in p["lines"]] for p in message["packages"]]
            return ("final" if message["final"] else "partial", parts)
        case "fulfillment.cancelled":
            return ("cancelled", message["accepted"], message.get("reason"))
    return message["type"]


def is_signed(header, body, warehouse, moment):
    found = re.fullmatch(r"t=(\d+)((?:,v1=[0-9a-f]{64})+)", header)
    if not found or int(found[1]) != int(moment):
        return False
    macs = {own_mac(key, int(found[1]), body) for key in SHARED["warehouses"][warehouse]["secrets"]}
    return bool(macs & set(found[2].split(",v1=")[1:]))


def own_mac(key, moment, body):
    return hmac.new(key.encode(), str(moment).encode() + b"." + body, hashlib.sha256).hexdigest()


# --- calling a warehouse ---

ID = "01J00000000000000000000ORD-01-P01"


def parcel(**changed):
    return {
        "fulfillment_id": ID,
        "warehouse": "W1",
        "kind": "normal",
        "service": "sf-economy",
        "carrier": "sf",
        "promised_ship_by": "2027-01-17T08:00:00Z",
        "priority": "1800000000",
        "lines": [
            {"line": 1, "sku": "TEA", "name": "茶 250g", "quantity": 3},
            {"line": 2, "sku": "CUP", "name": "Cup", "quantity": 1},
        ],
        "consignee": {
            "name": "李雷",
            "phone": "13800000000",
            "country": "CN",
            "region": "Zhejiang",
            "city": "Hangzhou",
            "street": "West Lake 1",
        },
        **changed,
    }


def call(world, method, path, form=None, *, warehouse="W1", key=None, **headers):
    body = b"" if form is None else json.dumps(form, ensure_ascii=False).encode()
    secret_key = key or SHARED["warehouses"][warehouse]["secrets"][0]
    moment = int(world.time)
    signed = {
        "ordercycle-signature": f"t={moment},v1={own_mac(secret_key, moment, body)}",
        "content-type": "application/json",
    }
    target = SHARED["warehouses"][warehouse]["url"].removeprefix(URL) + path
    return world.http(method, target, {**signed, **headers}, body)


def push(world, **changed):
    form = parcel(**changed)
    headers = {"idempotency-key": form["fulfillment_id"]}
    return read(call(world, "POST", "/fulfillments", form, warehouse=form["warehouse"], **headers))


def cancel(world, name=ID, **how):
    path = f"/fulfillments/{name}/cancellation"
    return read(call(world, "POST", path, {"reason": "buyer_changed_mind"}, **how))


def query(world, name=ID, **how):
    return read(call(world, "GET", f"/fulfillments/{name}", **how))


def read(reply):
    return reply.status, json.loads(reply.body) if reply.body else None


# --- calling a tracker ---

TRACKERS = ("kuaidi100", "aftership", "easypost", "seventeentrack")
CARRIERS = {"kuaidi100": "ems", "aftership": "china-ems", "easypost": "USPS", "seventeentrack": 3013}
WAYBILL = "EA123456789CN"
RECEIVED = {"kuaidi100": (200, b'{"result":true,"returnCode":"200","message":"ok"}')}
KEYS = SHARED["trackers"]


def accept_pushes(world):
    """Answer every push as its tracker wants it."""
    world.answers = lambda path, _body: RECEIVED.get(path.rpartition("/")[2], (200, b""))


def md5(text):
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def form_call(world, path, fields):
    kind = {"content-type": "application/x-www-form-urlencoded"}
    return read(world.http("POST", f"/_trackers/kuaidi100{path}", kind, urlencode(fields).encode()))


def json_call(world, method, path, headers, value=None):
    body = b"" if value is None else json.dumps(value).encode()
    headers = {"content-type": "application/json", **headers}
    return read(world.http(method, f"/_trackers{path}", headers, body))


def aftership(world, method, path, value=None, *, key=None):
    headers = {"as-api-key": key or KEYS["aftership"]["api_key"]}
    return json_call(world, method, f"/aftership/tracking/2025-07{path}", headers, value)


def easypost(world, method, path, value=None, *, key=None):
    token = base64.b64encode(f"{key or KEYS['easypost']['api_key']}:".encode()).decode()
    return json_call(world, method, f"/easypost/v2{path}", {"authorization": f"Basic {token}"}, value)


def seventeentrack(world, path, value, *, key=None):
    headers = {"17token": key or KEYS["seventeentrack"]["key"]}
    return json_call(world, "POST", f"/seventeentrack/track/v2.2{path}", headers, value)


def subscribe(world, tracker, waybill=WAYBILL, *, key=None):
    """Ask *tracker* to follow a parcel. Its answer: status and JSON."""
    carrier = CARRIERS[tracker]
    if tracker == "kuaidi100":
        parameters = {"callbackurl": f"{URL}/webhooks/carriers/kuaidi100", "resultv2": "4"}
        parameters["salt"] = KEYS["kuaidi100"]["salt"]
        param = {"company": carrier, "number": waybill, "key": key or KEYS["kuaidi100"]["key"]}
        fields = {"schema": "json", "param": json.dumps({**param, "parameters": parameters})}
        return form_call(world, "/poll", fields)
    if tracker == "aftership":
        form = {"tracking_number": waybill, "slug": carrier}
        return aftership(world, "POST", "/trackings", form, key=key)
    if tracker == "easypost":
        form = {"tracker": {"tracking_code": waybill, "carrier": carrier}}
        return easypost(world, "POST", "/trackers", form, key=key)
    return seventeentrack(world, "/register", [{"number": waybill, "carrier": carrier}], key=key)


def ask(world, tracker, waybill=WAYBILL, *, key=None):
    """Ask *tracker* where a parcel is. Its answer: status and JSON."""
    carrier = CARRIERS[tracker]
    if tracker == "kuaidi100":
        param = json.dumps({"com": carrier, "num": waybill, "resultv2": "4"})
        own = KEYS["kuaidi100"]
        sign = md5(param + (key or own["key"]) + own["customer"]).upper()
        return form_call(world, "/poll/query.do", {"customer": own["customer"], "sign": sign, "param": param})
    if tracker == "aftership":
        path = f"/trackings?tracking_numbers={waybill}&slug={carrier}"
        return aftership(world, "GET", path, key=key)
    if tracker == "easypost":
        return easypost(world, "GET", f"/trackers?tracking_code={waybill}&carrier={carrier}", key=key)
    return seventeentrack(world, "/gettrackinfo", [{"number": waybill, "carrier": carrier}], key=key)


def pushes(world):
    """Every push: (seconds since the start, tracker, message); its signature verified."""
    found = []
    for after, path, headers, body in world.box:
        tracker = path.removeprefix("/webhooks/carriers/")
        assert is_signed_by_tracker(tracker, headers, body)
        found.append((after, tracker, opened(tracker, body)))
    return found


def opened(tracker, body):
    if tracker != "kuaidi100":
        return json.loads(body)
    return json.loads(dict(parse_qsl(body.decode(), strict_parsing=True))["param"])


def is_signed_by_tracker(tracker, headers, body):
    own = KEYS[tracker]
    if tracker == "kuaidi100":
        fields = dict(parse_qsl(body.decode(), strict_parsing=True))
        return fields.get("sign", "").lower() == md5(fields["param"] + own["salt"])
    if tracker == "aftership":
        mac = hmac.digest(own["webhook_secrets"][0].encode(), body, "sha256")
        return base64.b64decode(headers["aftership-hmac-sha256"], validate=True) == mac
    if tracker == "easypost":
        secret_key = unicodedata.normalize("NFKD", own["webhook_secrets"][0]).encode()
        mac = hmac.digest(secret_key, body, "sha256").hex()
        return headers["x-hmac-signature"] == f"hmac-sha256-hex={mac}"
    return headers["sign"] == hashlib.sha256(body + b"/" + own["key"].encode()).hexdigest()


def told_word(tracker, message):
    """The tracker's own word for where the parcel is, as a push says it."""
    match tracker:
        case "kuaidi100":
            result = message["lastResult"]
            return (message["status"], result["state"], result["data"][0]["statusCode"])
        case "aftership":
            return (message["msg"]["tag"], message["msg"]["subtag"])
        case "easypost":
            return message["result"]["status"]
    latest = message["data"]["track_info"]["latest_status"]
    return (latest["status"], latest["sub_status"])


def pushed_words(world, tracker):
    """When a tracker pushed, and its own word."""
    return [(after, told_word(tracker, message)) for after, name, message in pushes(world) if name == tracker]
