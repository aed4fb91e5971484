"""Return policies as they are published: what a checkout reads of them, what must fit together, and who is faster."""

from typing import Any, get_args

import pytest

from shared.aftersale.return_policy import BUILT_IN, CaseKind, Payer, Reason, ReturnPolicy
from shared.catalogue.publish import CatalogueRefused, TermsTooLarge
from shared.catalogue.reading import as_published, read_record
from shared.catalogue.return_records import AnyPayer, AnyReason, Kind
from shared.commands import Shop
from shared.outside import Outside, aws_client
from shared.store.terms_items import TERMS_KEY, terms_of
from tests.catalogue.conftest import SETTINGS
from tests.catalogue.samples import POLICY, RETURN_POLICY
from tests.catalogue.tables import everything, items, published, rows_of

TEA = ReturnPolicy(
    policy_id="tea",
    version=1,
    merchant_id="m-tea",
    categories=("tea", "food"),
    is_returnable=False,
    exclusion="food",
    window_days=3,
    quality_window_days=20,
    kinds=("refund_only", "price_reduction", "reship"),
    evidence_for=("quality", "damaged"),
    freight_payer={"no_reason": "platform", "quality": "buyer"},
    freight_max_minor=900,
    decision_seconds=86_400,
    waybill_seconds=259_200,
    inspection_seconds=3_600,
    answer_seconds=7_776_000,
    refund_promise_seconds=86_400,
    auto_approve_minor=5_000,
)


def returns_now() -> dict[str, ReturnPolicy]:
    item = aws_client("dynamodb").get_item(TableName="catalogue", Key=TERMS_KEY).get("Item")
    return {policy.policy_id: policy for policy in terms_of(item, SETTINGS).returns}


def a_policy(policy_id: str, **fields: Any) -> dict[str, Any]:
    return {"policy_id": policy_id} | fields


def test_a_checkout_reads_what_was_published_with_its_version(shop: Shop) -> None:
    published(shop, "return_policy", RETURN_POLICY)
    assert returns_now() == {"tea": TEA}

    published(shop, "return_policy", RETURN_POLICY | {"window_days": 9})

    assert returns_now() == {"tea": TEA._replace(version=2, window_days=9)}


def test_a_policy_that_says_nothing_is_the_built_in_one_under_its_own_name(shop: Shop) -> None:
    published(shop, "return_policy", a_policy("plain"))

    assert returns_now() == {"plain": BUILT_IN._replace(policy_id="plain", version=1)}
    assert items("catalogue")["TERMS", "CURRENT"]["returns"] == {
        "plain": {"policy_id": "plain", "version": 1}
    }


def test_a_record_is_written_in_full_with_the_usual_numbers() -> None:
    record = read_record("return_policy", a_policy("plain"))

    assert not isinstance(record, tuple)
    assert as_published(record) == {
        "policy_id": "plain",
        "merchant_id": "",
        "categories": [],
        "levels": [],
        "is_returnable": True,
        "exclusion": "",
        "window_days": 7,
        "quality_window_days": 15,
        "kinds": ["refund_only", "return_refund", "exchange", "repair", "price_reduction", "reship"],
        "evidence_for": ["damaged", "missing_goods", "not_as_described", "quality", "wrong_goods"],
        "freight_payer": {},
        "freight_max_minor": 2_000,
        "decision_seconds": 172_800,
        "waybill_seconds": 604_800,
        "inspection_seconds": 172_800,
        "answer_seconds": 259_200,
        "refund_promise_seconds": 259_200,
        "auto_approve_minor": 0,
        "is_retired": False,
    }


def test_what_may_be_written_is_what_cases_know() -> None:
    assert set(get_args(Kind)) == set(CaseKind) - {"compensation"}
    assert set(get_args(AnyReason)) == set(Reason)
    assert set(get_args(AnyPayer)) == set(Payer)


@pytest.mark.parametrize(
    "change",
    [
        {"window_days": 0, "quality_window_days": 0},
        {"window_days": 365, "quality_window_days": 365},
        {"evidence_for": [], "levels": ["gold"]},
        {"freight_payer": dict.fromkeys(Reason, "platform")},
        {"decision_seconds": 3600, "waybill_seconds": 7_776_000},
        {"is_returnable": True, "exclusion": ""},
        {"is_retired": True},
    ],
)
def test_every_policy_within_the_bounds_can_be_written(change: dict[str, Any]) -> None:
    record = read_record("return_policy", RETURN_POLICY | change)

    assert not isinstance(record, tuple), record
    assert read_record("return_policy", as_published(record)) == record


@pytest.mark.parametrize(
    ("standing", "new", "at"),
    [
        ({}, {}, "merchant_id"),
        ({"merchant_id": "m-1"}, {"merchant_id": "m-1"}, "merchant_id"),
        ({"categories": ["tea", "food"]}, {"categories": ["toys", "food"]}, "categories/1"),
        ({"levels": ["gold"]}, {"levels": ["plain", "gold"]}, "levels/1"),
        (
            {"merchant_id": "m-1", "categories": ["tea"], "levels": ["gold"]},
            {"merchant_id": "m-1", "categories": ["tea"], "levels": ["gold", "plain"]},
            "categories/0",
        ),
    ],
)
def test_policies_that_nothing_tells_apart_are_refused_where_they_meet(
    shop: Shop, standing: dict[str, Any], new: dict[str, Any], at: str
) -> None:
    published(shop, "policy", POLICY)
    published(shop, "return_policy", a_policy("old", **standing))
    before = everything()

    with pytest.raises(CatalogueRefused) as refused:
        published(shop, "return_policy", a_policy("new", **new))

    reason = "holds for the same goods in the same way as old"
    assert rows_of(refused) == [{"index": 0, "at": at, "reason": reason}]
    assert everything() == before


@pytest.mark.parametrize(
    ("standing", "new"),
    [
        ({}, {"merchant_id": "m-1"}),
        ({}, {"categories": ["tea"]}),
        ({}, {"levels": ["gold"]}),
        ({"merchant_id": "m-1"}, {"merchant_id": "m-2"}),
        ({"merchant_id": "m-1"}, {"categories": ["tea"]}),
        ({"categories": ["tea"]}, {"categories": ["food"]}),
        ({"categories": ["tea"]}, {"categories": ["tea"], "levels": ["gold"]}),
        ({"levels": ["gold"]}, {"levels": ["plain"]}),
        ({"categories": ["tea"], "levels": ["gold"]}, {"categories": ["tea"], "levels": ["plain"]}),
        ({}, {"is_retired": True}),
    ],
)
def test_policies_that_something_tells_apart_stand_beside_each_other(
    shop: Shop, standing: dict[str, Any], new: dict[str, Any]
) -> None:
    published(shop, "policy", POLICY)
    published(shop, "return_policy", a_policy("old", **standing))

    assert published(shop, "return_policy", a_policy("new", **new)).results[0].is_changed


def test_two_in_one_request_are_told_at_the_second(shop: Shop) -> None:
    with pytest.raises(CatalogueRefused) as refused:
        published(shop, "return_policy", a_policy("one"), a_policy("two"), a_policy("three"))

    told = [(row["index"], row["reason"].rpartition(" ")[2]) for row in rows_of(refused)]
    assert told == [(1, "one"), (2, "one"), (2, "two")]


def test_two_policies_exchange_their_goods_in_one_request(shop: Shop) -> None:
    tea, toys = a_policy("a", categories=["tea"]), a_policy("b", categories=["toys"])
    published(shop, "return_policy", tea, toys)

    published(shop, "return_policy", tea | {"categories": ["toys"]}, toys | {"categories": ["tea"]})

    assert {name: policy.categories for name, policy in returns_now().items()} == {
        "a": ("toys",),
        "b": ("tea",),
    }


def test_a_policy_takes_over_from_one_that_retires_in_the_same_request(shop: Shop) -> None:
    published(shop, "return_policy", a_policy("old"))

    published(shop, "return_policy", a_policy("new"), a_policy("old", is_retired=True))

    assert set(returns_now()) == {"new"}


def test_a_policy_is_for_levels_that_there_are(shop: Shop) -> None:
    published(shop, "policy", POLICY)

    with pytest.raises(CatalogueRefused) as refused:
        published(shop, "return_policy", a_policy("p", levels=["gold", "platinum"]))

    assert rows_of(refused) == [{"index": 0, "at": "levels/1", "reason": "is no level of the policy"}]


def test_of_two_who_publish_the_same_at_once_one_is_told(shop: Shop, outside: Outside) -> None:
    acted: list[bool] = []

    def interrupt(call: Any, act: Any) -> Any:
        if call.operation == "transact_write_items" and not acted:
            acted.append(True)
            published(shop, "return_policy", a_policy("theirs"))
        return act()

    outside.around.append(interrupt)
    with pytest.raises(CatalogueRefused) as refused:
        published(shop, "return_policy", a_policy("ours"))

    assert rows_of(refused)[0]["reason"] == "holds for the same goods in the same way as theirs"
    assert set(returns_now()) == {"theirs"}


def test_policies_share_the_room_of_the_terms(shop: Shop) -> None:
    large = [
        a_policy(f"p{n}", categories=[f"c{n}-{'x' * 30}-{number}" for number in range(50)]) for n in range(60)
    ]
    published(shop, "return_policy", *large[:40])
    before = everything()

    with pytest.raises(TermsTooLarge) as refused:
        published(shop, "return_policy", *large[40:])

    assert refused.value.details["maximum"] == 102_400 < refused.value.details["bytes"]
    assert everything() == before
    assert len(returns_now()) == 40
