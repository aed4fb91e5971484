"""Fields that are wrong, one at a time, on every route; and everything that stands in an order's way, at once."""

from typing import Any

import pytest

from tests.functions.asking import EVERY_ROUTE, WRONG_CASES
from tests.functions.routes import (
    CANCEL,
    CHECK,
    CLAIM,
    COUNT,
    EXTEND,
    GIVE,
    GRANT,
    ISSUE,
    LIMIT,
    LINES,
    LOSE,
    MERCHANT_CANCEL,
    MERCHANT_SHOW,
    MOVE,
    PAY,
    PAYOUT,
    PLACE,
    PUBLISH,
    QUOTE,
    RECALL,
    RECEIVE,
    REFUSE,
    REPORT,
    RETRY,
    REVIEW,
    SEPARATE,
    SHIP,
    SHOW,
    SPREAD,
    Route,
    send,
)
from tests.functions.watching import nothing_happens, problem_of
from tests.functions.wrong_books import WRONG_BOOKS
from tests.functions.wrong_entries import WRONG as WRONG_ENTRIES
from tests.http_world import ADDRESS, World


def of_line(quantity: object = 1, sku: object = "TEA", **more: object) -> dict[str, Any]:
    return {"lines": [{"sku": sku, "quantity": quantity, **more}]}


def with_address(**fields: object) -> dict[str, Any]:
    return PLACE.body | {"address": ADDRESS | fields}


def expecting(amount: object, currency: object = "CNY") -> dict[str, Any]:
    return PLACE.body | {"expected_payable": {"amount": amount, "currency": currency}}


def parcel(**fields: object) -> dict[str, Any]:
    return {"parcels": [SHIP.body["parcels"][0] | fields]}


def counting(**fields: object) -> dict[str, Any]:
    return COUNT.body | {"lines": [COUNT.body["lines"][0] | fields]}


NOT_WHOLE: tuple[object, ...] = (1.0, 1.5, "1", "１２３", "١٢٣", True, False, None, [1], {"n": 1}, -1.0, "")
INVISIBLE = {
    "NUL": "\x00",
    "escape": "\x1b",
    "line break": "\n",
    "delete": "\x7f",
    "C1": "\x85",
    "right to left": "\u202e",
    "isolate": "\u2066",
    "zero width space": "\u200b",
    "zero width joiner": "\u200d",
    "soft hyphen": "\u00ad",
    "byte order mark": "\ufeff",
    "tag": "\U000e0041",
    "lone surrogate": "\ud800",
    "surrogates the wrong way round": "\udc00\ud800",
}
WRONG: list[tuple[Route, object, str]] = [
    *WRONG_ENTRIES,
    *WRONG_CASES,
    *WRONG_BOOKS,
    *((QUOTE, of_line(value), "/lines/0/quantity") for value in NOT_WHOLE),
    *((QUOTE, of_line(value), "/lines/0/quantity") for value in (0, -1, 10_000, 10**18, -(10**18))),
    *((QUOTE, of_line(sku=value), "/lines/0/sku") for value in (1, None, True, "", "x" * 41, ["TEA"])),
    *((QUOTE, of_line(sku=f"TEA{text}"), "/lines/0/sku") for text in INVISIBLE.values()),
    *((QUOTE, of_line(sku=value), "/lines/0/sku") for value in ("TEA#", "ＴＥＡ", "TEA\n", "../TEA", "茶")),
    (QUOTE, of_line(price=1), "/lines/0/price"),
    (QUOTE, of_line() | {"coupon": "x"}, "/coupon"),
    (QUOTE, of_line() | {"address": ADDRESS | {"country": "cn"}}, "/address/country"),
    *((QUOTE, of_line() | {"points": value}, "/points") for value in (*NOT_WHOLE, -1, 10**12 + 1)),
    *((QUOTE, of_line() | {"coupons": value}, "/coupons") for value in ("C1", None, ["C1"] * 9)),
    *((QUOTE, of_line() | {"coupons": [value]}, "/coupons/0") for value in (1, "", "C#1", "x" * 41, "券")),
    *(
        (QUOTE, of_line() | {"channel": value}, "/channel")
        for value in ("", "WEB", "x" * 21, "web\n", None, 1)
    ),
    *((QUOTE, of_line() | {"payment_method": value}, "/payment_method") for value in ("A", "x" * 21, None)),
    *((PLACE, PLACE.body | {"expected_lines": [v]}, "/expected_lines/0") for v in (-1, "1", 1.0, 10**12 + 1)),
    (PLACE, PLACE.body | {"expected_lines": [1] * 1001}, "/expected_lines"),
    *((PLACE, PLACE.body | {"expected_freight": value}, "/expected_freight") for value in (-1, "1", 0.5)),
    (PLACE, PLACE.body | {"coupons": ["C1"] * 9}, "/coupons"),
    (PLACE, PLACE.body | {"points": -1}, "/points"),
    (QUOTE, {"lines": [{"quantity": 1}]}, "/lines/0/sku"),
    (QUOTE, {"lines": [{"sku": "TEA"}]}, "/lines/0/quantity"),
    (QUOTE, {"lines": []}, "/lines"),
    (QUOTE, {"lines": LINES[0]}, "/lines"),
    (QUOTE, {"lines": "TEA"}, "/lines"),
    (QUOTE, {"lines": [LINES]}, "/lines/0"),
    (QUOTE, {"lines": LINES * 1001}, "/lines"),
    (QUOTE, {}, "/lines"),
    (PLACE, {"lines": LINES}, "/address"),
    (PLACE, PLACE.body | {"address": None}, "/address"),
    (PLACE, PLACE.body | {"address": "Lane 1"}, "/address"),
    (PLACE, PLACE.body | {"buyer_id": "b-2"}, "/buyer_id"),
    (PLACE, PLACE.body | {"state": "paid"}, "/state"),
    *((PLACE, with_address(name=f"Li{text}Lei"), "/address/name") for text in INVISIBLE.values()),
    *((PLACE, with_address(street=text), "/address/street") for text in INVISIBLE.values()),
    *((PLACE, with_address(city=text), "/address/city") for text in INVISIBLE.values()),
    *((PLACE, with_address(region=text), "/address/region") for text in INVISIBLE.values()),
    *(
        (PLACE, with_address(phone=text), "/address/phone")
        for text in ("١٢٣", "１２３", "call me", "1\n2", 1)
    ),
    *(
        (PLACE, with_address(country=text), "/address/country")
        for text in ("cn", "CHN", "ＣＮ", "C", 86, "CN\n")
    ),
    (PLACE, with_address(postcode="1000７8"), "/address/postcode"),
    (PLACE, with_address(name="x" * 101), "/address/name"),
    (PLACE, with_address(street="x" * 201), "/address/street"),
    (PLACE, with_address(pk="ORDER#1"), "/address/pk"),
    *((PLACE, expecting(value), "/expected_payable/amount") for value in NOT_WHOLE),
    *((PLACE, expecting(value), "/expected_payable/amount") for value in (-1, 10**12 + 1, 10**19)),
    (PLACE, expecting(2799, "cny"), "/expected_payable/currency"),
    (PLACE, expecting(2799, None), "/expected_payable/currency"),
    *((PAY, {"provider": value}, "/provider") for value in (None, 1, "", "SANDBOX", "sandbox\n", "x" * 21)),
    (PAY, PAY.body | {"amount": 1}, "/amount"),
    (PAY, {}, "/provider"),
    (CANCEL, {}, "/reason"),
    (CANCEL, {"reason": "because"}, "/reason"),
    (CANCEL, {"reason": "other\n"}, "/reason"),
    (CANCEL, {"reason": "other", "lines": []}, "/lines"),
    (CANCEL, {"reason": "other", "refund": 1}, "/refund"),
    (CANCEL, {"reason": "other", "lines": [{"line": 0, "quantity": 1}]}, "/lines/0/line"),
    (CANCEL, {"reason": "other", "lines": [{"line": 1, "quantity": 0}]}, "/lines/0/quantity"),
    (CANCEL, {"reason": "other", "lines": [{"line": 1, "quantity": -1}]}, "/lines/0/quantity"),
    (CANCEL, {"reason": "other", "lines": [{"line": 1, "quantity": 1.0}]}, "/lines/0/quantity"),
    (CANCEL, {"reason": "other", "lines": [{"line": True, "quantity": 1}]}, "/lines/0/line"),
    (CANCEL, {"reason": "other", "lines": [{"line": 1, "quantity": 1, "amount": 9}]}, "/lines/0/amount"),
    (MERCHANT_CANCEL, {"reason": "other", "lines": [{"line": "1", "quantity": 1}]}, "/lines/0/line"),
    (RECEIVE, {"sub_order": 0}, "/sub_order"),
    (RECEIVE, {"sub_order": "1"}, "/sub_order"),
    (RECEIVE, {"confirm": "yes"}, "/confirm"),
    (RECEIVE, {"confirm": True}, "/confirm"),
    (RECEIVE, {"confirm": "v１"}, "/confirm"),
    (REVIEW, {}, "/decision"),
    *((REVIEW, REVIEW.body | {"decision": value}, "/decision") for value in ("yes", "", None, True)),
    *((REVIEW, REVIEW.body | {"checked": [value]}, "/checked/0") for value in ("luck", "", None, 1)),
    (REVIEW, REVIEW.body | {"checked": ["buyer"] * 4}, "/checked"),
    *((REVIEW, REVIEW.body | {"reason": value}, "/reason") for value in ("No!", "x" * 41, None, "fraud\n")),
    (REVIEW, REVIEW.body | {"reviewer": "s-2"}, "/reviewer"),
    (RETRY, {"amount": 1}, "/amount"),
    *((GIVE, GIVE.body | {"amount": value}, "/amount") for value in NOT_WHOLE),
    *((GIVE, GIVE.body | {"amount": value}, "/amount") for value in (0, -1, -100, 10**12 + 1, 10**18)),
    *((GIVE, GIVE.body | {"reason": value}, "/reason") for value in (None, 1, "", "because", "late\n")),
    *((GIVE, GIVE.body | {"sub_order": value}, "/sub_order") for value in (0, -1, 100, "1", True, 1.0)),
    (GIVE, {"reason": "late"}, "/amount"),
    (GIVE, {"amount": 100}, "/reason"),
    (GIVE, GIVE.body | {"currency": "USD"}, "/currency"),
    (GIVE, GIVE.body | {"to": "another card"}, "/to"),
    *(
        (PAYOUT, {"transfer": value}, "/transfer")
        for value in (None, 1, "", "x" * 41, "TR 1", "TR\n", "转账")
    ),
    (PAYOUT, {}, "/transfer"),
    (PAYOUT, PAYOUT.body | {"amount": 1}, "/amount"),
    (SHIP, {"parcels": []}, "/parcels"),
    (SHIP, {"parcels": SHIP.body["parcels"] * 91}, "/parcels"),
    (SHIP, parcel(parcel=0), "/parcels/0/parcel"),
    (SHIP, parcel(parcel="1"), "/parcels/0/parcel"),
    (SHIP, parcel(carrier="S F"), "/parcels/0/carrier"),
    (SHIP, parcel(waybill="SF"), "/parcels/0/waybill"),
    (SHIP, parcel(waybill="SF 0001"), "/parcels/0/waybill"),
    (SHIP, parcel(waybill="SF\u202e0001"), "/parcels/0/waybill"),
    (SHIP, parcel(weight=1), "/parcels/0/weight"),
    *(
        (CLAIM, {"template": value}, "/template")
        for value in (None, 1, "", "x" * 41, "HELLO#1", "HELLO\n", "券")
    ),
    (CLAIM, {}, "/template"),
    (CLAIM, CLAIM.body | {"count": 1}, "/count"),
    (CLAIM, CLAIM.body | {"member_id": "b-2"}, "/member_id"),
    *((ISSUE, ISSUE.body | {"count": value}, "/count") for value in (*NOT_WHOLE, 0, -1, 11, 10**18)),
    (ISSUE, {"count": 1}, "/template"),
    *((GRANT, GRANT.body | {"points": value}, "/points") for value in NOT_WHOLE),
    *((GRANT, GRANT.body | {"points": value}, "/points") for value in (0, 10**9 + 1, -(10**9) - 1, 10**18)),
    *((GRANT, GRANT.body | {"reason": value}, "/reason") for value in (None, 1, "", "because", "goodwill\n")),
    (GRANT, {"reason": "goodwill"}, "/points"),
    (GRANT, {"points": 5}, "/reason"),
    *((PUBLISH, {"records": value}, "/records") for value in ([], None, {}, "all", [{}] * 41)),
    *((PUBLISH, {"records": [value]}, "/records/0") for value in (None, 1, "b-9", [])),
    *((PUBLISH, PUBLISH.body | {"dry_run": value}, "/dry_run") for value in (None, 1, "true")),
    (PUBLISH, PUBLISH.body | {"version": 2}, "/version"),
    (PUBLISH, {}, "/records"),
    *(
        (MOVE, MOVE.body | {"quantity": value}, "/quantity")
        for value in (*NOT_WHOLE, 0, -1, 10**6 + 1, 10**18)
    ),
    *(
        (MOVE, MOVE.body | {"kind": value}, "/kind")
        for value in (None, 1, "", "stolen", "spread", "repaired")
    ),
    *(
        (MOVE, MOVE.body | {"sku": value}, "/sku")
        for value in (None, 1, "", "x" * 41, "TEA#1", "TEA\n", "茶")
    ),
    *(
        (MOVE, MOVE.body | {"warehouse": value}, "/warehouse")
        for value in (None, 1, "", "W 1", "W#1", "x" * 41)
    ),
    (MOVE, MOVE.body | {"channel": "web"}, "/channel"),
    (MOVE, {}, "/sku"),
    *((LIMIT, LIMIT.body | {"units": value}, "/units") for value in (1.0, "1", True, -1, 10**6 + 1, 10**18)),
    *(
        (LIMIT, LIMIT.body | {"channel": value}, "/channel")
        for value in (None, 1, "", "Web", "a:b", "x" * 21)
    ),
    (LIMIT, {name: value for name, value in LIMIT.body.items() if name != "units"}, "/units"),
    *((SPREAD, SPREAD.body | {"shards": value}, "/shards") for value in (*NOT_WHOLE, -1, 17, 10**18)),
    (SPREAD, SPREAD.body | {"warehouse": "W1"}, "/warehouse"),
    *((CHECK, {"repair": value}, "/repair") for value in (None, 1, "yes", [])),
    (CHECK, {"sku": "TEA"}, "/sku"),
    *((EXTEND, {"sub_order": value}, "/sub_order") for value in (*NOT_WHOLE, 0, -1, 100)),
    (EXTEND, {}, "/sub_order"),
    *((REFUSE, REFUSE.body | {"parcels": value}, "/parcels") for value in (None, [], 1, "1", [1] * 61)),
    *((REFUSE, REFUSE.body | {"parcels": [value]}, "/parcels/0") for value in (*NOT_WHOLE, 0, 1000)),
    *((REFUSE, REFUSE.body | {"reason": value}, "/reason") for value in (None, 1, "", "Late", "late\n")),
    (REFUSE, REFUSE.body | {"sub_order": 1}, "/sub_order"),
    *((REPORT, REPORT.body | {"said": value}, "/said") for value in (None, 1, "", "found", "LOST")),
    *((REPORT, REPORT.body | {"reason": value}, "/reason") for value in (None, "", "by telephone", "x" * 41)),
    *(
        (route, {"reason": value}, "/reason")
        for route in (RECALL, LOSE)
        for value in (None, 1, "", "it is gone")
    ),
    *((COUNT, COUNT.body | {"parcel": value}, "/parcel") for value in (*NOT_WHOLE, 0, 1000)),
    *((COUNT, COUNT.body | {"lines": value}, "/lines") for value in (None, [], {}, "all")),
    *((COUNT, counting(**{field: -1}), f"/lines/0/{field}") for field in ("good", "defect", "scrap")),
    *((COUNT, counting(good=value), "/lines/0/good") for value in (*NOT_WHOLE, 10_000)),
    (COUNT, counting(lost=1), "/lines/0/lost"),
    *(
        (route, route.body | {field: 1}, f"/{field}")
        for route in (SHOW, MERCHANT_SHOW)
        for field in ("url", "key")
    ),
    *((SHOW, SHOW.body | {"bytes": value}, "/bytes") for value in (*NOT_WHOLE, 0, -1, 10**18)),
    *((SHOW, SHOW.body | {"sha256": value}, "/sha256") for value in (None, 1, "", "0" * 64, "A" * 43 + "\n")),
    *((SHOW, SHOW.body | {"content_type": value}, "/content_type") for value in (None, 1, "x" * 101)),
    (SHOW, {}, "/bytes"),
    *((SEPARATE, {"sub_orders": value}, "/sub_orders") for value in (None, [], 1, "1", {})),
    *((SEPARATE, {"sub_orders": [value]}, "/sub_orders/0") for value in (None, 1, "", "1", "x" * 29)),
]


@pytest.mark.parametrize("route", EVERY_ROUTE, ids=lambda route: route.path)
def test_a_wrong_field_is_named_and_its_content_is_not_repeated(world: World, route: Route) -> None:
    order = world.placed_and_paid()

    for _, body, at in [case for case in WRONG if case[0] is route]:
        with nothing_happens(world) as calls:
            answer = send(world, route, order, body=body)
        problem = problem_of(answer, 422, "invalid_request", about=body)
        assert at in [field["at"] for field in problem["fields"]], (body, problem)
        assert calls == []


def test_every_route_has_wrong_fields_to_refuse() -> None:
    assert {route.path for route, _, _ in WRONG} == {route.path for route in EVERY_ROUTE}


@pytest.mark.parametrize(
    "name", ["\ud800", "\x00", "\u202e", "a/b~c", "x" * 60_000, "Li Lei " * 100], ids=lambda name: name[:9]
)
def test_an_unknown_field_with_a_hostile_name_is_refused_in_few_words(world: World, name: str) -> None:
    with nothing_happens(world):
        answer = world.send("POST", "/orders", PLACE.body | {name: 1})

    problem_of(answer, 422, "invalid_request")
    assert len(answer.body) < 1000


def test_of_five_hundred_wrong_lines_twenty_are_told(world: World) -> None:
    with nothing_happens(world):
        answer = world.send("POST", "/quotes", {"lines": [{"sku": "TEA", "quantity": 0}] * 500})

    assert len(problem_of(answer, 422, "invalid_request")["fields"]) == 20


@pytest.mark.parametrize("route", [QUOTE, PLACE], ids=["quote", "order"])
def test_five_hundred_and_one_lines_are_too_many_and_five_hundred_are_not(world: World, route: Route) -> None:
    def wanting(count: int) -> dict[str, Any]:
        return route.body | {"lines": [{"sku": f"SKU-{n}", "quantity": 1} for n in range(count)]}

    with nothing_happens(world) as calls:
        refused = world.send("POST", route.path, wanting(501))
    with nothing_happens(world):
        unknown = world.send("POST", route.path, wanting(500))

    [problem] = problem_of(refused, 422, "order_refused")["problems"]
    assert (problem["code"], problem["at"], problem["maximum"], problem["wanted"]) == (
        "too_many_lines",
        "/lines",
        500,
        501,
    )
    assert "batch_get_item" not in {call.operation for call in calls}
    problems = problem_of(unknown, 422, "order_refused")["problems"]
    assert [p["code"] for p in problems] == ["sku_unknown"] * 500


@pytest.mark.parametrize("route", [QUOTE, PLACE], ids=["quote", "order"])
def test_the_same_product_twice_is_refused(world: World, route: Route) -> None:
    with nothing_happens(world):
        answer = world.send("POST", route.path, route.body | {"lines": LINES * 2})

    problems = problem_of(answer, 422, "order_refused")["problems"]
    assert [(p["code"], p["at"], p["sku"]) for p in problems] == [("sku_repeated", "/lines/1/sku", "TEA")]


def test_everything_that_stands_in_an_orders_way_is_told_at_once(world: World) -> None:
    body = {
        "lines": [
            {"sku": "GHOST", "quantity": 1},
            {"sku": "POT", "quantity": 6},
            {"sku": "KITE", "quantity": 9999},
        ],
        "address": {"name": "  ", "phone": "1", "country": "AQ", "street": "Lane 1"},
    }

    with nothing_happens(world):
        answer = world.send("POST", "/orders", body)

    problems = problem_of(answer, 422, "order_refused")["problems"]
    assert [(p["code"], p["at"]) for p in problems] == [
        ("address_incomplete", "/address"),
        ("address_not_deliverable", "/address/country"),
        ("sku_unknown", "/lines/0/sku"),
        ("stock_short", "/lines/1/quantity"),
        ("stock_short", "/lines/2/quantity"),
    ]
    assert problems[0]["missing"] == ["name", "city"]
    assert (problems[3]["wanted"], problems[3]["available"]) == (6, 5)
    assert all(p["reason"] and p["next_steps"] for p in problems)


def test_another_price_than_the_one_that_was_shown_is_refused_with_both(world: World) -> None:
    with nothing_happens(world):
        answer = world.send("POST", "/orders", expecting(2798))

    [problem] = problem_of(answer, 422, "order_refused")["problems"]
    assert (problem["code"], problem["old"]["amount"], problem["new"]["amount"]) == (
        "price_changed",
        2798,
        2799,
    )


def test_a_line_or_a_parcel_or_a_waybill_named_twice_is_refused(world: World) -> None:
    order = world.placed_and_paid()
    first = SHIP.body["parcels"][0]

    with nothing_happens(world):
        lines = send(
            world, CANCEL, order, body={"reason": "other", "lines": [{"line": 1, "quantity": 1}] * 2}
        )
        parcels = send(world, SHIP, order, body={"parcels": [first, first | {"waybill": "SF-0002"}]})
        waybills = send(world, SHIP, order, body={"parcels": [first, first | {"parcel": 2}]})

    for answer in (lines, parcels, waybills):
        problem_of(answer, 422, "invalid_request")


@pytest.mark.parametrize("role", ["merchant", "warehouse", "support", "operator"])
def test_who_may_not_order_at_all_is_told_that_and_not_what_is_wrong_with_the_order(
    world: World, role: str
) -> None:
    with nothing_happens(world):
        answer = world.send("POST", "/orders", {"lines": "none"}, role=role, who="somebody")

    assert (answer.status, answer.json()["code"]) == (403, "forbidden")
    assert "fields" not in answer.json()
