"""Two who publish at once, answers that are lost, and coupons that are issued while their template changes."""

from typing import Any

import pytest

from shared.catalogue.publish import CatalogueRefused
from shared.commands import Shop
from shared.errors import Conflict, Unavailable
from shared.outside import Outside, aws_client
from shared.store.catalogue import Released
from tests.catalogue.samples import (
    CONTRACT,
    COUPON,
    FREIGHT,
    GOOD,
    MEMBER,
    N_FOR_M,
    POLICY,
    PROMOTION,
    RETURN_POLICY,
    SEPARATION,
    SERVICE,
    SKU,
    WAREHOUSE,
)
from tests.catalogue.tables import (
    EARLIER,
    NOW,
    ORDER,
    everything,
    items,
    published,
    published_earlier,
    rows_of,
)


@pytest.mark.parametrize("kind", ORDER)
def test_who_is_slower_reads_again_and_becomes_the_version_after(
    shop: Shop, outside: Outside, kind: str
) -> None:
    """Somebody publishes the same record between our reading and our writing."""
    published_earlier(shop)
    theirs: dict[str, dict[str, Any]] = {
        "sku": SKU | {"unit_price_minor": 5},
        "warehouse": WAREHOUSE | {"handling_minor": 5},
        "freight_template": FREIGHT | {"free_over_minor": 5},
        "promotion": PROMOTION | {"priority": 5},
        "coupon": COUPON | {"per_member_limit": 5},
        "member": MEMBER | {"risk_score": 5},
        "policy": POLICY | {"countries": ["FR"]},
        "carrier_service": SERVICE | {"max_volume_cm3": 5},
        "separation": SEPARATION | {"apart": []},
        "return_policy": RETURN_POLICY | {"window_days": 5},
        "contract": CONTRACT | {"delay_days": 5},
    }
    interrupted = []

    def interrupt(call: Any, act: Any) -> Any:
        if call.operation == "transact_write_items" and not interrupted:
            interrupted.append(True)
            published(shop, kind, theirs[kind])
        return act()

    outside.around.append(interrupt)
    [ours] = published(shop, kind, GOOD[kind]).results

    assert (ours.version, ours.is_changed) == (3 if kind in EARLIER else 2, True)
    assert published(shop, kind, GOOD[kind], now=NOW + 1).results[0].is_changed is False


def test_two_who_publish_different_things_platform_wide_both_stand(shop: Shop, outside: Outside) -> None:
    interrupted = []

    def interrupt(call: Any, act: Any) -> Any:
        if call.operation == "transact_write_items" and not interrupted:
            interrupted.append(True)
            published(shop, "promotion", PROMOTION)
        return act()

    outside.around.append(interrupt)
    published(shop, "promotion", N_FOR_M)

    terms = items("catalogue")["TERMS", "CURRENT"]
    assert (set(terms["promotions"]), terms["version"]) == ({"eleven", "three-for-two"}, 2)


def test_who_is_always_slower_is_told(shop: Shop, outside: Outside) -> None:
    prices = iter(range(1, 100))
    nested = []

    def interrupt(call: Any, act: Any) -> Any:
        if call.operation == "transact_write_items" and not nested:
            nested.append(True)
            published(shop, "sku", SKU | {"unit_price_minor": next(prices)})
            nested.clear()
        return act()

    outside.around.append(interrupt)

    with pytest.raises(Conflict):
        published(shop, "sku", SKU)


def test_a_lost_answer_is_found_again_under_its_key(shop: Shop, outside: Outside) -> None:
    def lose(call: Any, act: Any) -> Any:
        answer = act()
        if call.operation == "transact_write_items":
            outside.around.remove(lose)
            raise Unavailable("silent")
        return answer

    outside.around.append(lose)
    with pytest.raises(Unavailable):
        published(shop, "sku", SKU, key="k")

    again = published(shop, "sku", SKU, key="k")
    assert (again.results, again.is_repeat) == ((Released("TEA", 1, True),), True)


@pytest.mark.parametrize("operation", ["query", "get_item", "batch_get_item", "transact_write_items"])
def test_what_fails_on_the_way_leaves_nothing_behind(shop: Shop, outside: Outside, operation: str) -> None:
    published(shop, "coupon", COUPON)
    before = everything()

    def fail(call: Any, act: Any) -> Any:
        if call.operation == operation:
            raise Unavailable("silent")
        return act()

    outside.around.append(fail)
    kind = "warehouse" if operation == "get_item" else "coupon"
    with pytest.raises(Unavailable):
        published(shop, kind, GOOD[kind] | ({"is_retired": True}))

    assert everything() == before


def test_a_template_grows_and_shrinks_by_its_difference_and_not_below_what_was_issued(shop: Shop) -> None:
    published(shop, "coupon", COUPON | {"total": 100})
    take(30)

    published(shop, "coupon", COUPON | {"total": 110})
    assert items("catalogue")["COUPON#tea-10", "CURRENT"]["left"] == 80
    published(shop, "coupon", COUPON | {"total": 30})
    assert items("catalogue")["COUPON#tea-10", "CURRENT"]["left"] == 0
    with pytest.raises(CatalogueRefused) as refused:
        published(shop, "coupon", COUPON | {"total": 29})

    assert rows_of(refused) == [{"index": 0, "at": "total", "reason": "must not be less than were issued"}]
    assert items("catalogue")["COUPON#tea-10", "CURRENT"]["version"] == 3


def test_a_template_loses_its_end_and_gets_a_new_one(shop: Shop) -> None:
    published(shop, "coupon", COUPON | {"total": 100})
    take(30)

    published(shop, "coupon", COUPON | {"total": None})
    assert "left" not in items("catalogue")["COUPON#tea-10", "CURRENT"]
    published(shop, "coupon", COUPON | {"total": 10})

    assert items("catalogue")["COUPON#tea-10", "CURRENT"]["left"] == 10


def test_coupons_issued_meanwhile_are_counted_when_a_template_shrinks(shop: Shop, outside: Outside) -> None:
    published(shop, "coupon", COUPON | {"total": 100})
    taken = []

    def interrupt(call: Any, act: Any) -> Any:
        if call.operation == "transact_write_items" and not taken:
            taken.append(True)
            take(60)
        return act()

    outside.around.append(interrupt)
    with pytest.raises(CatalogueRefused) as refused:
        published(shop, "coupon", COUPON | {"total": 50})

    assert rows_of(refused) == [{"index": 0, "at": "total", "reason": "must not be less than were issued"}]
    assert items("catalogue")["COUPON#tea-10", "CURRENT"]["left"] == 40


def take(count: int) -> None:
    """Coupons are issued past us."""
    aws_client("dynamodb").update_item(
        TableName="catalogue",
        Key={"pk": {"S": "COUPON#tea-10"}, "sk": {"S": "CURRENT"}},
        UpdateExpression="SET #l = #l - :n",
        ExpressionAttributeNames={"#l": "left"},
        ExpressionAttributeValues={":n": {"N": str(count)}},
    )
