"""Bodies from strangers: every bad one is refused with a problem that people understand, and does nothing."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.http import guard
from shared.errors import Malformed
from tests.functions.asking import EVERY_ROUTE
from tests.functions.routes import PAY, PLACE, QUOTE, send
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import ADDRESS, World

KIB = 1024


UNREADABLE: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 400, "malformed_body"),
    "spaces": (b"   \n", 400, "malformed_body"),
    "words": (b"hello", 400, "malformed_body"),
    "half an object": (b'{"lines": [', 400, "malformed_body"),
    "two objects": (b"{}{}", 400, "malformed_body"),
    "single quotes": (b"{'lines': []}", 400, "malformed_body"),
    "a trailing comma": (b'{"lines": [],}', 400, "malformed_body"),
    "an array": (b"[{}]", 400, "malformed_body"),
    "a text": (b'"lines"', 400, "malformed_body"),
    "a number": (b"1", 400, "malformed_body"),
    "null": (b"null", 400, "malformed_body"),
    "NaN": (b'{"quantity": NaN}', 400, "malformed_body"),
    "Infinity": (b'{"quantity": Infinity}', 400, "malformed_body"),
    "minus Infinity": (b'{"quantity": [-Infinity]}', 400, "malformed_body"),
    "a key twice": (b'{"reason": "other", "reason": "other"}', 400, "malformed_body"),
    "an escaped key twice": (b'{"reason": "other", "re\\u0061son": "other"}', 400, "malformed_body"),
    "a nested key twice": (b'{"lines": [{"quantity": 1, "quantity": 2}]}', 400, "malformed_body"),
    "a key twice, eight deep": (b'{"a":{"a":{"a":{"a":{"a":{"a":{"b":1,"b":1}}}}}}}', 400, "malformed_body"),
    "nine deep": (b'{"a":[[[[[[[[]]]]]]]]}', 400, "malformed_body"),
    "thirty thousand deep": (b"[" * 30_000 + b"]" * 30_000, 400, "malformed_body"),
    "thirty thousand objects deep": (b'{"":' * 15_000, 400, "malformed_body"),
    "a hundred thousand deep": (b"[" * 100_000, 413, "body_too_large"),
    "1e400": (b'{"quantity": 1e400}', 400, "malformed_body"),
    "minus 1e400": (b'{"quantity": -1E400}', 400, "malformed_body"),
    "a number of 31 digits": (b'{"quantity": 1' + b"0" * 30 + b"}", 400, "malformed_body"),
    "a number of 60,000 digits": (b'{"quantity": ' + b"9" * 60_000 + b"}", 400, "malformed_body"),
    "a fraction of 60,000 digits": (b'{"quantity": 0.' + b"9" * 60_000 + b"}", 400, "malformed_body"),
    "Latin-1": ('{"reason": "é"}'.encode("latin-1"), 400, "malformed_body"),
    "UTF-16": ('{"reason": "other"}'.encode("utf-16"), 400, "malformed_body"),
    "a byte order mark": (b'\xef\xbb\xbf{"reason": "other"}', 400, "malformed_body"),
    "an overlong slash": (b'{"reason": "\xc0\xaf"}', 400, "malformed_body"),
    "a raw surrogate": (b'{"reason": "\xed\xa0\x80"}', 400, "malformed_body"),
    "a raw NUL": (b'{"reason": "\x00"}', 400, "malformed_body"),
    "a raw line break": (b'{"reason": "a\nb"}', 400, "malformed_body"),
    "65,537 bytes": (b'{"reason": "' + b"x" * (64 * KIB - 13) + b'"}', 413, "body_too_large"),
    "a mebibyte": (b" " * KIB * KIB, 413, "body_too_large"),
}
WRONG_MEDIA = {
    "no type": {"content-type": ""},
    "text": {"content-type": "text/plain"},
    "a form": {"content-type": "application/x-www-form-urlencoded"},
    "a multipart form": {"content-type": "multipart/form-data; boundary=x"},
    "another JSON": {"content-type": "application/vnd.api+json"},
    "two types": {"content-type": "application/json,text/plain"},
    "gzip": {"content-encoding": "gzip"},
    "deflate": {"content-encoding": "deflate"},
    "brotli": {"content-encoding": "br"},
    "identity and gzip": {"content-encoding": "identity, gzip"},
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_refused_on_every_route_without_a_single_call(world: World, name: str) -> None:
    raw, status, code = UNREADABLE[name]
    order = world.placed_and_paid()

    for route in EVERY_ROUTE:
        with nothing_happens(world) as calls:
            answer = send(world, route, order, raw=raw)
        problem_of(answer, status, code, about=route.path)
        assert calls == []


@pytest.mark.parametrize("name", WRONG_MEDIA)
def test_only_plain_json_is_read_on_every_route(world: World, name: str) -> None:
    order = world.placed_and_paid()

    for route in EVERY_ROUTE:
        with nothing_happens(world) as calls:
            answer = send(world, route, order, raw=json.dumps(route.body).encode(), headers=WRONG_MEDIA[name])
        problem_of(answer, 415, "unsupported_media_type", about=route.path)
        assert calls == []


@pytest.mark.parametrize(
    "media", ["Application/JSON", "APPLICATION/JSON; charset=utf-8", " application/json ;charset=UTF-8"]
)
def test_a_media_type_is_read_in_any_case(world: World, media: str) -> None:
    answer = world.send("POST", "/quotes", QUOTE.body, headers={"content-type": media})

    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")


def test_a_body_that_says_it_is_not_encoded_is_read_though_the_gateway_hands_it_on_in_base64(
    world: World,
) -> None:
    answer = world.send("POST", "/orders", PLACE.body, headers={"content-encoding": "identity"})

    assert answer.status == 201
    assert answer.json()["payable"] == {"amount": 1999 + 800, "currency": "CNY"}


def test_a_body_that_claims_to_be_base64_and_is_not_is_malformed() -> None:
    event = {
        "body": "e30=!",
        "isBase64Encoded": True,
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": {"method": "POST"}},
    }

    with pytest.raises(Malformed, match="the body cannot be read"):
        guard(event)


def test_a_bad_body_in_base64_is_as_bad() -> None:
    event = {
        "body": base64.b64encode(b'{"a": 1, "a": 2}').decode(),
        "isBase64Encoded": True,
        "headers": {"Content-Type": "application/json"},
        "requestContext": {"http": {"method": "POST"}},
    }

    with pytest.raises(Malformed, match="a key stands twice in one object"):
        guard(event)


def test_sixty_four_kibibytes_are_read(world: World) -> None:
    body = json.dumps(QUOTE.body).encode()

    answer = world.send("POST", "/quotes", raw=body + b" " * (64 * KIB - len(body)))

    assert answer.status == 200


def test_brackets_inside_a_text_are_no_depth(world: World) -> None:
    body = PLACE.body | {"address": ADDRESS | {"street": '{[{[{[{[{["\\[[['}}

    assert world.send("POST", "/orders", body).status == 201


IN_CHINESE: dict[str, tuple[Callable[[World], Any], str, str]] = {
    "malformed_body": (lambda w: w.send("POST", "/quotes", raw=b"{", headers=ZH), "无法读取请求内容", ""),
    "body_too_large": (
        lambda w: w.send("POST", "/quotes", raw=b" " * 70_000, headers=ZH),
        "请求内容过大",
        "最大 64 KB。",
    ),
    "unsupported_media_type": (
        lambda w: w.send("POST", "/quotes", QUOTE.body, headers={**ZH, "content-encoding": "gzip"}),
        "仅支持 application/json",
        "请发送未压缩的 JSON。",
    ),
    "invalid_request": (lambda w: w.send("POST", "/quotes", {}, headers=ZH), "部分字段有误", ""),
    "order_refused": (
        lambda w: w.send("POST", "/quotes", {"lines": [{"sku": "GHOST", "quantity": 1}]}, headers=ZH),
        "订单无法提交",
        "请按各问题的提示处理。",
    ),
    "forbidden": (
        lambda w: w.send("POST", "/quotes", QUOTE.body, role="support", headers=ZH),
        "您的角色无权执行此操作",
        "请使用其他角色登录。",
    ),
    "not_found": (
        lambda w: w.send("POST", f"/orders/{'0' * 26}/payments", PAY.body, headers=ZH),
        "未找到",
        "请核对编号。",
    ),
}
ZH = {"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"}


@pytest.mark.parametrize("code", IN_CHINESE)
def test_a_refusal_is_told_in_the_callers_language(world: World, code: str) -> None:
    ask, title, next_step = IN_CHINESE[code]

    with nothing_happens(world):
        answer = ask(world)

    problem = problem_of(answer, answer.status, code, language="zh-CN")
    assert 400 <= answer.status < 500
    assert problem["title"] == title
    assert next_step in ("", problem["next_steps"][0])
