"""kuaidi100 (快递100), as its documents describe subscription and push (订阅推送) and the query (实时查询).

A push is a form with ``param`` and ``sign`` = MD5 of param + salt; the salt is the subscription's. The list is told
whole, newest first, in Beijing time. Without ``{"result": true}`` it comes again, three times, every half hour.
"""

import hashlib
import json
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from local import partners
from local.providers.deliveries import Letter
from local.providers.wire import Reply, Request, as_json, compact
from local.trackers.parcels import Event, Follow, Parcel, Register

BEIJING = timezone(timedelta(hours=8))
STATES = {  # Its state, its finer state, and its word.
    "picked_up": ("1", "103", "揽收"),
    "in_transit": ("0", "1002", "干线"),
    "customs": ("11", "11", "清关中"),
    "out_for_delivery": ("5", "5", "派件"),
    "available_for_pickup": ("5", "501", "投柜或驿站"),
    "attempt_failed": ("2", "204", "派件异常"),
    "delivered": ("3", "301", "本人签收"),
    "exception": ("2", "209", "破损"),
    "refused": ("14", "14", "拒签"),
    "returning": ("6", "6", "退回"),
    "returned": ("4", "4", "退签"),
    "lost": ("2", "202", "超时未更新"),
    "unknown": ("99", "9901", "其他"),
}
SAYS_NOTHING = {"expired"}  # It has no state for it: the push says abort.
NUMBER_LENGTH_MAX = 32


class Kuaidi100:
    """The tracker."""

    name = "kuaidi100"
    send_again_after = (1800, 1800, 1800)

    def __init__(self, register: Register) -> None:
        self.register = register

    def operation(self, request: Request) -> str:
        """Return subscribe, query, or an empty text."""
        paths = {("POST", "/poll"): "subscribe", ("POST", "/poll/query.do"): "query"}
        return paths.get((request.method, request.path), "")

    def serve(self, request: Request, *, now: float, follow: Follow, is_refused: bool) -> Reply:
        """Answer a call. Refusals come with status 200 and a returnCode."""
        fields = dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))
        try:
            param = json.loads(fields.get("param", ""))
        except (ValueError, RecursionError):
            param = None
        if not isinstance(param, dict) or not isinstance(param.get("parameters", {}), dict):
            return _refusal("400", "param 不是对象")
        if request.path == "/poll":
            return self._subscribe(fields, param, now, follow, is_refused=is_refused)
        return self._query(fields, param)

    def _subscribe(
        self, fields: dict[str, str], param: dict[str, Any], now: float, follow: Follow, *, is_refused: bool
    ) -> Reply:
        number, company = str(param.get("number", "")), str(param.get("company", ""))
        parameters = param.get("parameters", {})
        callback = urlsplit(str(parameters.get("callbackurl", "")))
        if param.get("key") != partners.KUAIDI100_KEY:
            return self.unauthorized()
        is_usable = company.isalnum() and company == company.lower() and callback.path
        if is_refused or not is_usable or fields.get("schema") != "json":
            return _refusal("700", "订阅方的订阅数据存在错误（如不支持的快递公司）")
        if not 6 <= len(number) <= NUMBER_LENGTH_MAX:
            return _refusal("701", "单号错误")
        parcel = self.register.parcel(number)
        if parcel.is_subscribed:
            return _refusal("501", "POLL:重复订阅")
        parcel.is_subscribed, parcel.subscribed_at, parcel.carrier = True, now, company
        parcel.path = callback.path
        parcel.attributes = {name: str(parameters.get(name, "")) for name in ("salt", "resultv2")}
        follow(parcel)
        return as_json(200, {"result": True, "returnCode": "200", "message": "提交成功"})

    def _query(self, fields: dict[str, str], param: dict[str, Any]) -> Reply:
        own = f"{fields['param']}{partners.KUAIDI100_KEY}{partners.KUAIDI100_CUSTOMER}"
        if fields.get("customer") != partners.KUAIDI100_CUSTOMER or fields.get("sign") != _md5(own).upper():
            return _refusal("503", "验证签名失败")
        parcel = self.register.followed(str(param.get("num", "")))
        if parcel is None or not parcel.events or parcel.carrier != param.get("com"):
            return _refusal("500", "查询无结果，请隔段时间再查")
        return as_json(200, _result(parcel, str(param.get("resultv2", ""))))

    def unauthorized(self) -> Reply:
        """Return how a wrong key is answered."""
        return _refusal("600", "您不是合法的订阅者（即授权Key出错）")

    def broken(self) -> Reply:
        """Return how its own failure looks."""
        return Reply(500, b"<html>500</html>", {"content-type": "text/html"})

    def notice(self, parcel: Parcel, now: float) -> dict[str, Any] | None:
        """Return what it pushes: the whole list, or that it gives up."""
        latest = parcel.latest
        is_over = latest is not None and latest.what in ("delivered", "returned")
        status = "abort" if latest and latest.what in SAYS_NOTHING else "shutdown" if is_over else "polling"
        param = {
            "status": status,
            "billstatus": "check" if is_over else "got",
            "message": "3天查询无记录" if status == "abort" else "",
            "autoCheck": "0",
            "comOld": "",
            "comNew": "",
            "lastResult": _result(parcel, parcel.attributes.get("resultv2", "")),
        }
        return {"param": param, "salt": parcel.attributes.get("salt", "")}

    def seal(self, letter: Letter) -> tuple[dict[str, str], bytes]:
        """Return the form; without a salt it bears no sign."""
        return _form(letter.content["param"], letter.content["salt"])

    def forged(self, letter: Letter) -> tuple[dict[str, str], bytes]:
        """Return the form, signed with another salt."""
        return _form(letter.content["param"], "another-salt")

    def is_received(self, status: int, body: bytes) -> bool:
        """Only its own words end the sending."""
        try:
            told = json.loads(body)
        except ValueError:
            return False
        return isinstance(told, dict) and told.get("result") is True and told.get("returnCode") == "200"


def _form(param: dict[str, Any], salt: str) -> tuple[dict[str, str], bytes]:
    text = compact(param).decode()
    sign = {"sign": _md5(text + salt).upper()} if salt else {}
    kind = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8", "user-agent": "kuaidi100"}
    return kind, urlencode({**sign, "param": text}).encode()


def _result(parcel: Parcel, detail: str) -> dict[str, Any]:
    seen = [event for event in parcel.events if event.what not in SAYS_NOTHING]
    state = STATES[seen[-1].what][0] if seen else "0"
    return {
        "message": "ok",
        "state": state,
        "status": "200",
        "condition": "F00",
        "ischeck": "1" if state == "3" else "0",
        "com": parcel.carrier,
        "nu": parcel.waybill,
        "data": [_entry(event, detail) for event in reversed(seen)],
    }


def _entry(event: Event, detail: str) -> dict[str, str]:
    when = datetime.fromtimestamp(event.at, BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    _, finer, word = STATES[event.what]
    entry = {"context": f"【杭州市】{word}", "time": when, "ftime": when}
    if detail not in ("", "0"):
        entry |= {"status": word, "areaCode": "CN330100000000", "areaName": "浙江,杭州市"}
    return entry | ({"statusCode": finer} if detail not in ("", "0", "1") else {})


def _refusal(code: str, message: str) -> Reply:
    return as_json(200, {"result": False, "returnCode": code, "message": message})


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()  # What kuaidi100 has.
