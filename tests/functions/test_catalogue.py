"""Operators publish over HTTP: what they are answered, what a checkout makes of it, and what is refused."""

from typing import Any

import pytest

from local.gateway import Response
from tests.catalogue.samples import (
    COUPON,
    FREIGHT,
    GOOD,
    MEMBER,
    N_FOR_M,
    POLICY,
    PROMOTION,
    SERVICE,
    SKU,
    WAREHOUSE,
)
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import ADDRESS, OPENED_AT, World

ORDER = (
    "policy",
    "warehouse",
    "carrier_service",
    "separation",
    "freight_template",
    "promotion",
    "coupon",
    "sku",
    "member",
    "return_policy",
    "contract",
)


def publish(world: World, kind: str, *records: Any, dry_run: bool | None = None, **how: Any) -> Response:
    body: dict[str, Any] = {"records": list(records)}
    if dry_run is not None:
        body["dry_run"] = dry_run
    return world.send("POST", f"/operator/catalogue/{kind}", body, role="operator", who="op-1", **how)


def read(world: World, path: str) -> Response:
    return world.send("GET", f"/operator/catalogue/{path}", role="operator", who="op-1", key=None)


def rows(problem: Any) -> list[tuple[int, str, str]]:
    return [(row["index"], row["at"], row["reason"]) for row in problem["rows"]]


def test_every_kind_is_published_and_found_again(world: World) -> None:
    for kind in ORDER:
        answer = publish(world, kind, GOOD[kind])
        assert answer.status == 200, answer.body
        [result] = answer.json()["results"]
        assert (result["version"], result["is_changed"]) == (1, True)

        page = read(world, f"{kind}/{result['id']}").json()
        assert (page["kind"], page["id"], page["next_cursor"]) == (kind, result["id"], None)
        [version] = page["versions"]
        assert (version["version"], version["at"], version["by"]) == (1, "2026-11-21T22:26:40Z", "op-1")
        assert GOOD[kind].items() <= version["record"].items() or kind in ("promotion", "policy")


def test_a_published_price_is_the_next_buyers_price(world: World) -> None:
    publish(world, "sku", SKU | {"unit_price_minor": 2500})

    quote = world.send("POST", "/quotes", {"lines": [{"sku": "TEA", "quantity": 2}]})

    assert quote.json()["goods"] == {"amount": 5000, "currency": "CNY"}


def test_what_is_taken_off_sale_is_not_sold(world: World) -> None:
    publish(world, "sku", SKU | {"is_on_sale": False})

    quote = world.send("POST", "/quotes", {"lines": [{"sku": "TEA", "quantity": 2}]})

    assert problem_of(quote, 422, "order_refused")["problems"][0]["code"] == "sku_not_on_sale"


def test_a_promotion_holds_from_when_it_is_published_until_it_is_retired(world: World) -> None:
    lines = {"lines": [{"sku": "TEA", "quantity": 3}]}
    before = world.send("POST", "/quotes", lines).json()["goods"]["amount"]

    publish(world, "promotion", N_FOR_M)
    during = world.send("POST", "/quotes", lines).json()["goods"]["amount"]
    publish(world, "promotion", N_FOR_M | {"is_retired": True})
    after = world.send("POST", "/quotes", lines).json()["goods"]["amount"]

    assert (before, during, after) == (3 * 1999, 2 * 1999, 3 * 1999)


def test_countries_and_freight_of_the_terms_hold_at_checkout(world: World) -> None:
    publish(world, "policy", {"countries": ["GB"], "numbers": {"flat_freight_minor": 123}})
    order = {"lines": [{"sku": "TEA", "quantity": 1}], "address": ADDRESS}

    refused = problem_of(world.send("POST", "/orders", order), 422, "order_refused")
    assert [problem["code"] for problem in refused["problems"]] == ["address_not_deliverable"]
    quote = world.send("POST", "/quotes", {"lines": [{"sku": "TEA", "quantity": 1}]})
    assert quote.json()["freight"]["amount"] == 123


def test_what_runs_now_is_listed_with_its_version(world: World) -> None:
    publish(world, "promotion", PROMOTION, N_FOR_M)
    publish(world, "promotion", N_FOR_M | {"n": 4})

    page = read(world, "promotion").json()

    assert (page["kind"], page["terms_version"]) == ("promotion", 2)
    assert [(record["id"], record["version"]) for record in page["records"]] == [
        ("eleven", 1),
        ("three-for-two", 2),
    ]
    assert page["records"][1]["terms"] == {
        "promotion_id": "three-for-two",
        "kind": "n_for_m",
        "currency": "CNY",
        "starts_at": "2026-01-01T00:00:00Z",
        "ends_at": "2027-01-01T00:00:00Z",
        "scope": {"skus": ["TEA", "POT"]},
        "n": 4,
        "m": 2,
    }


def test_tariffs_that_run_now_are_listed_with_the_version_of_the_shipping_terms(world: World) -> None:
    publish(world, "promotion", PROMOTION)
    publish(world, "warehouse", WAREHOUSE)
    publish(world, "carrier_service", SERVICE | {"service_id": "ems"}, SERVICE)
    publish(world, "carrier_service", SERVICE | {"service_id": "ems", "is_retired": True})

    page = read(world, "carrier_service").json()

    assert (page["kind"], page["terms_version"]) == ("carrier_service", 3)
    [service] = page["records"]
    assert (service["id"], service["version"]) == ("sf-standard", 1)
    assert service["terms"]["lanes"][1] == {
        "to": ["*"],
        "bands": [[0, 30_000, 12_000, 1, 3]],
        "transit_seconds": 604_800,
    }
    assert read(world, "warehouse").json()["records"][0]["terms"]["interface"] == "merchant"


def test_a_table_of_prices_that_is_no_tariff_is_refused_where_it_stands(world: World) -> None:
    publish(world, "warehouse", WAREHOUSE)
    band = {"over_g": 0, "upto_g": 20_000, "base_minor": 800, "step_g": 1_000, "step_minor": 0}
    service = SERVICE | {"lanes": [{"to": ["CN"], "bands": [band], "transit_seconds": 1}]}

    with nothing_happens(world):
        answer = publish(world, "carrier_service", SERVICE, service | {"service_id": "ems"})

    reason = "the last band ends at 20000 g, but the limits allow 30000 g to be charged"
    assert rows(problem_of(answer, 422, "catalogue_refused")) == [(1, "lanes/0/bands", reason)]


@pytest.mark.parametrize(
    "kind", ["warehouse", "carrier_service", "freight_template", "promotion", "return_policy", "contract"]
)
def test_before_anything_is_published_the_list_is_empty(world: World, kind: str) -> None:
    assert read(world, kind).json() == {"kind": kind, "terms_version": 0, "records": []}


@pytest.mark.parametrize(
    "kind", ["sku", "coupon", "member", "policy", "separation", "unknown", "SKU", "%2e%2e"]
)
def test_only_kinds_that_hold_platform_wide_are_listed(world: World, kind: str) -> None:
    problem_of(read(world, kind), 404, "not_found")


def test_history_is_read_page_by_page(world: World) -> None:
    for price in range(1, 6):
        publish(world, "sku", SKU | {"unit_price_minor": price})

    first = read(world, "sku/TEA?limit=2").json()
    second = read(world, f"sku/TEA?limit=2&cursor={first['next_cursor']}").json()
    last = read(world, f"sku/TEA?limit=2&cursor={second['next_cursor']}").json()

    pages = [[v["record"]["unit_price_minor"] for v in page["versions"]] for page in (first, second, last)]
    assert pages == [[5, 4], [3, 2], [1]]
    assert last["next_cursor"] is None


@pytest.mark.parametrize(
    "path", ["sku/NONE", "unknown/TEA", "sku/%00", "sku/a%23b", "sku/a%2Fb", "policy/other"]
)
def test_what_was_never_published_is_not_found(world: World, path: str) -> None:
    with nothing_happens(world):
        problem_of(read(world, path), 404, "not_found")


def test_a_key_with_a_blank_is_found(world: World) -> None:
    publish(world, "sku", SKU | {"sku": "TEA 250"})

    assert read(world, "sku/TEA%20250").json()["id"] == "TEA 250"


def test_every_bad_record_is_told_at_once_and_nothing_is_published(world: World) -> None:
    with nothing_happens(world):
        answer = publish(
            world,
            "sku",
            SKU,
            SKU | {"sku": "POT", "unit_price_minor": 0, "colour": "red"},
            {},
            SKU,
        )

    told = rows(problem_of(answer, 422, "catalogue_refused"))
    assert told[:2] == [(1, "unit_price_minor", "must be at least 1"), (1, "colour", "is not known")]
    assert {index for index, _, _ in told} == {1, 2, 3}
    assert told[-1] == (3, "sku", "is named twice")


def test_a_refusal_is_told_in_chinese_too(world: World) -> None:
    answer = publish(world, "sku", {}, headers={"accept-language": "zh-CN"})

    assert problem_of(answer, 422, "catalogue_refused", language="zh-CN")["title"] == "部分记录无法发布"


def test_a_dry_run_is_answered_like_the_real_one_and_does_nothing(world: World) -> None:
    with nothing_happens(world):
        dry = publish(world, "sku", SKU, dry_run=True)
    real = publish(world, "sku", SKU, dry_run=False)

    assert dry.json() == real.json() | {"dry_run": True}


def test_the_same_request_twice_is_published_once(world: World) -> None:
    first = publish(world, "sku", SKU, key="k")
    publish(world, "sku", SKU | {"unit_price_minor": 5})
    with nothing_happens(world):
        again = publish(world, "sku", SKU, key="k")

    assert again.json() == first.json()
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")


def test_a_key_never_stands_for_two_requests(world: World) -> None:
    publish(world, "sku", SKU, key="k")

    with nothing_happens(world):
        other_body = publish(world, "sku", SKU | {"unit_price_minor": 5}, key="k")
        other_kind = publish(world, "warehouse", WAREHOUSE, key="k")

    problem_of(other_body, 422, "idempotency_key_reused")
    problem_of(other_kind, 422, "idempotency_key_reused")


def test_without_a_key_nothing_is_published(world: World) -> None:
    with nothing_happens(world):
        problem_of(publish(world, "sku", SKU, key=None), 400, "idempotency_key_missing")


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({}, "/records"),
        ({"records": []}, "/records"),
        ({"records": {}}, "/records"),
        ({"records": [SKU] * 41}, "/records"),
        ({"records": ["TEA"]}, "/records/0"),
        ({"records": [None]}, "/records/0"),
        ({"records": [SKU], "dry_run": 1}, "/dry_run"),
        ({"records": [SKU], "dry_run": "true"}, "/dry_run"),
        ({"records": [SKU], "mode": "all"}, "/mode"),
    ],
)
def test_a_body_of_another_shape_is_refused(world: World, body: Any, at: str) -> None:
    with nothing_happens(world) as calls:
        answer = world.send("POST", "/operator/catalogue/sku", body, role="operator", who="op-1")

    assert at in [field["at"] for field in problem_of(answer, 422, "invalid_request")["fields"]]
    assert calls == []


def test_an_unknown_kind_is_no_place_to_publish_to(world: World) -> None:
    with nothing_happens(world):
        problem_of(publish(world, "price", SKU), 404, "not_found")


def test_forty_records_are_published_at_once(world: World) -> None:
    answer = publish(world, "sku", *(SKU | {"sku": f"S{n:02}"} for n in range(40)))

    assert [result["id"] for result in answer.json()["results"]] == [f"S{n:02}" for n in range(40)]
    quote = world.send("POST", "/quotes", {"lines": [{"sku": "S39", "quantity": 1}]})
    assert problem_of(quote, 422, "order_refused")["problems"][0]["code"] == "sold_out"


def test_terms_that_would_grow_too_large_are_refused(world: World) -> None:
    zones = [
        {"to": [f"CN/{'x' * 40}{zone}-{n}" for n in range(50)], "first": 1, "first_fee_minor": 1, "step": 1,
         "step_fee_minor": 1} for zone in range(11)
    ]  # fmt: skip
    for number in range(3):
        template = FREIGHT | {"template_id": f"t{number}", "merchant_id": f"m{number}", "zones": zones}
        assert publish(world, "freight_template", template).status == 200

    with nothing_happens(world):
        refused = publish(world, "freight_template", FREIGHT | {"zones": zones})

    assert problem_of(refused, 422, "terms_too_large")["maximum"] == 102_400


def test_levels_and_coupons_must_fit_what_was_published_before(world: World) -> None:
    with nothing_happens(world):
        level = publish(world, "member", MEMBER)
    assert rows(problem_of(level, 422, "catalogue_refused")) == [(0, "level", "is no level of the policy")]

    assert publish(world, "policy", POLICY).status == 200
    assert publish(world, "member", MEMBER).status == 200
    assert publish(world, "coupon", COUPON).status == 200
    [template] = [
        r for r in world.rows("CATALOGUE_TABLE") if r["pk"] == "COUPON#tea-10" and r["sk"] == "CURRENT"
    ]
    assert (template["left"], template["version"]) == (100, 1)


def test_a_used_key_is_forgotten_after_a_while(world: World) -> None:
    publish(world, "sku", SKU, key="k")

    [key] = [row for row in world.rows("CATALOGUE_TABLE") if row["pk"] == "KEY#operator#op-1"]

    assert key["expires_at"] == OPENED_AT + 35 * 86_400
