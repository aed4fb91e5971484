"""Warehouses, carrier services and the table of separation: one item, what must fit in it, and who is faster."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.catalogue.publish import CatalogueRefused, TermsTooLarge
from shared.commands import Shop
from shared.outside import Outside, aws_client
from shared.splitting.problem import Band, Kind
from shared.splitting.terms import CarrierService, Lane, ShippingTerms, Site
from shared.store.shipping_items import SHIPPING_KEY, shipping_terms_of
from tests.catalogue.samples import BAND, GOOD, LANE, PROMOTION, SEPARATION, SERVICE, WAREHOUSE
from tests.catalogue.tables import NOW, everything, items, published, rows_of

HANGZHOU = Site("W1", 150, "CNY", "CN", "Zhejiang", "merchant")
ZHEJIANG = (Band(0, 1_000, 800, 1_000, 0), Band(1_000, 30_000, 800, 1_000, 200))
SF = CarrierService(
    service_id="sf-standard",
    name="SF standard, 顺丰标快",
    carrier="sf",
    warehouses=("W1",),
    currency="CNY",
    max_grams=30_000,
    max_cm3=180_000,
    volumetric_divisor=6_000,
    refuses=frozenset({Kind.CROSS_BORDER}),
    surcharges={Kind.BULKY: 3_000, Kind.HAZARD: 500},
    lanes=(
        Lane(("CN/Zhejiang", "CN"), ZHEJIANG, 172_800),
        Lane(("*",), (Band(0, 30_000, 12_000, 1, 3),), 604_800),
    ),
)


def shipping_now() -> ShippingTerms:
    answer = aws_client("dynamodb").get_item(TableName="catalogue", Key=SHIPPING_KEY)
    return shipping_terms_of(answer.get("Item"))


def between_reading_and_writing(outside: Outside, act_of_others: Any) -> None:
    """Others act once, between what we read next and what we write."""
    acted: list[bool] = []

    def interrupt(call: Any, act: Any) -> Any:
        if call.operation == "transact_write_items" and not acted:
            acted.append(True)
            act_of_others()
        return act()

    outside.around.append(interrupt)


def test_a_split_reads_what_was_published(shop: Shop) -> None:
    assert shipping_now() == ShippingTerms(0, (), frozenset(), {})

    published(shop, "warehouse", WAREHOUSE)
    published(shop, "carrier_service", SERVICE)
    published(shop, "separation", SEPARATION)

    assert shipping_now() == ShippingTerms(
        version=3,
        services=(SF,),
        apart=frozenset({frozenset({"fragile", "hard"}), frozenset({"food", "chemical"})}),
        sites={"W1": HANGZHOU},
    )


def test_tariffs_stand_beside_what_checkouts_read_and_not_in_it(shop: Shop) -> None:
    published(shop, "promotion", PROMOTION)
    checkouts = items("catalogue")["TERMS", "CURRENT"]

    published(shop, "warehouse", WAREHOUSE)
    published(shop, "carrier_service", SERVICE)
    published(shop, "separation", SEPARATION)

    assert items("catalogue")["TERMS", "CURRENT"] == checkouts
    assert set(items("catalogue")["TERMS", "SHIPPING"]) == {
        "pk", "sk", "version", "warehouses", "services", "apart",
    }  # fmt: skip


def test_a_version_tells_with_which_shipping_terms_it_came(shop: Shop) -> None:
    published(shop, "warehouse", WAREHOUSE)
    published(shop, "carrier_service", SERVICE)

    version = items("catalogue")["CARRIER_SERVICE#sf-standard", "V#00000001"]

    assert (version["version"], version["shipping_version"], version["at"], version["by"]) == (
        1,
        2,
        NOW,
        "op-1",
    )
    assert "terms_version" not in version
    assert version["record"] == SERVICE | {"is_retired": False}


def test_a_service_that_says_little_stores_little(shop: Shop) -> None:
    published(shop, "warehouse", WAREHOUSE | {"interface": "wms"})
    band = BAND | {"upto_g": 30000}
    plain = SERVICE | {"volumetric_divisor": None, "refuses": [], "surcharges": {}}

    published(
        shop, "carrier_service", plain | {"lanes": [{"to": ["*"], "bands": [band], "transit_seconds": 1}]}
    )

    assert items("catalogue")["TERMS", "SHIPPING"]["services"]["sf-standard"] == {
        "service_id": "sf-standard",
        "name": "SF standard, 顺丰标快",
        "carrier": "sf",
        "warehouses": ["W1"],
        "currency": "CNY",
        "max_grams": 30_000,
        "max_cm3": 180_000,
        "lanes": [{"to": ["*"], "bands": [[0, 30_000, 800, 1_000, 0]], "transit_seconds": 1}],
        "version": 1,
    }
    assert shipping_now().sites == {"W1": HANGZHOU._replace(interface="wms")}
    assert shipping_now().services[0].volumetric_divisor is None
    assert shipping_now().services[0].surcharges == {}


def test_a_retired_service_is_used_no_more_and_can_return(shop: Shop) -> None:
    published(shop, "warehouse", WAREHOUSE)
    published(shop, "carrier_service", SERVICE, SERVICE | {"service_id": "ems"})

    published(shop, "carrier_service", SERVICE | {"is_retired": True})
    assert [service.service_id for service in shipping_now().services] == ["ems"]
    published(shop, "carrier_service", SERVICE)

    assert [service.service_id for service in shipping_now().services] == ["ems", "sf-standard"]


def test_a_table_of_separation_says_everything_anew(shop: Shop) -> None:
    published(shop, "separation", SEPARATION)
    published(shop, "separation", {"apart": [["liquid", "book"]]})
    assert shipping_now().apart == frozenset({frozenset({"liquid", "book"})})

    published(shop, "separation", {})

    assert shipping_now().apart == frozenset()
    assert len([sk for pk, sk in items("catalogue") if pk == "SEPARATION#platform"]) == 3


def test_a_service_from_an_unknown_warehouse_is_refused(shop: Shop) -> None:
    published(shop, "warehouse", WAREHOUSE)
    before = everything()

    with pytest.raises(CatalogueRefused) as refused:
        published(
            shop,
            "carrier_service",
            SERVICE,
            SERVICE | {"service_id": "ems", "warehouses": ["W1", "W2", "W3"]},
        )

    assert rows_of(refused) == [
        {"index": 1, "at": "warehouses/1", "reason": "is no warehouse that is published"},
        {"index": 1, "at": "warehouses/2", "reason": "is no warehouse that is published"},
    ]
    assert everything() == before


def test_a_service_from_a_warehouse_that_was_retired_is_refused(shop: Shop) -> None:
    published(shop, "warehouse", WAREHOUSE)
    published(shop, "warehouse", WAREHOUSE | {"is_retired": True})

    with pytest.raises(CatalogueRefused) as refused:
        published(shop, "carrier_service", SERVICE)

    assert rows_of(refused) == [
        {"index": 0, "at": "warehouses/0", "reason": "is no warehouse that is published"}
    ]


def test_a_retired_service_may_name_warehouses_that_are_gone(shop: Shop) -> None:
    [result] = published(shop, "carrier_service", SERVICE | {"is_retired": True}).results

    assert (result.version, result.is_changed) == (1, True)
    assert shipping_now().services == ()


def test_freight_and_handling_are_in_one_currency(shop: Shop) -> None:
    published(shop, "warehouse", WAREHOUSE | {"currency": "GBP"})

    with pytest.raises(CatalogueRefused) as refused:
        published(shop, "carrier_service", SERVICE)

    reason = "charges for handling in GBP, not in CNY"
    assert rows_of(refused) == [{"index": 0, "at": "warehouses/0", "reason": reason}]


@pytest.mark.parametrize(
    ("change", "at", "reason"),
    [
        ({"is_retired": True}, "is_retired", "carrier services go from it still: ems, sf-standard"),
        (
            {"currency": "GBP"},
            "currency",
            "carrier services that go from it charge in another: ems, sf-standard",
        ),
    ],
)
def test_a_warehouse_does_not_leave_its_services_behind(
    shop: Shop, change: dict[str, Any], at: str, reason: str
) -> None:
    published(shop, "warehouse", WAREHOUSE, WAREHOUSE | {"warehouse_id": "W2"})
    published(shop, "carrier_service", SERVICE, SERVICE | {"service_id": "ems", "warehouses": ["W2", "W1"]})
    before = everything()

    with pytest.raises(CatalogueRefused) as refused:
        published(shop, "warehouse", WAREHOUSE | change)

    assert rows_of(refused) == [{"index": 0, "at": at, "reason": reason}]
    assert everything() == before


def test_a_warehouse_may_go_when_its_services_have_gone(shop: Shop) -> None:
    published(shop, "warehouse", WAREHOUSE, WAREHOUSE | {"warehouse_id": "W2"})
    published(shop, "carrier_service", SERVICE | {"warehouses": ["W1", "W2"]})

    published(shop, "carrier_service", SERVICE | {"warehouses": ["W2"]})
    published(shop, "warehouse", WAREHOUSE | {"is_retired": True})

    assert set(shipping_now().sites) == {"W2"}


def test_a_service_does_not_get_in_while_its_warehouse_is_retired(shop: Shop, outside: Outside) -> None:
    published(shop, "warehouse", WAREHOUSE)
    retired = WAREHOUSE | {"is_retired": True}
    between_reading_and_writing(outside, lambda: published(shop, "warehouse", retired))

    with pytest.raises(CatalogueRefused) as refused:
        published(shop, "carrier_service", SERVICE)

    assert rows_of(refused) == [
        {"index": 0, "at": "warehouses/0", "reason": "is no warehouse that is published"}
    ]
    assert (shipping_now().services, shipping_now().sites) == ((), {})


def test_a_warehouse_does_not_get_out_while_a_service_gets_in(shop: Shop, outside: Outside) -> None:
    published(shop, "warehouse", WAREHOUSE)
    between_reading_and_writing(outside, lambda: published(shop, "carrier_service", SERVICE))

    with pytest.raises(CatalogueRefused) as refused:
        published(shop, "warehouse", WAREHOUSE | {"is_retired": True})

    reason = "carrier services go from it still: sf-standard"
    assert rows_of(refused) == [{"index": 0, "at": "is_retired", "reason": reason}]
    assert (shipping_now().services, shipping_now().sites) == ((SF,), {"W1": HANGZHOU})


def test_two_who_publish_different_kinds_of_shipping_both_stand(shop: Shop, outside: Outside) -> None:
    published(shop, "warehouse", WAREHOUSE)
    between_reading_and_writing(outside, lambda: published(shop, "separation", SEPARATION))

    published(shop, "carrier_service", SERVICE)

    shipping = shipping_now()
    assert (shipping.version, shipping.services, len(shipping.apart)) == (3, (SF,), 2)


def test_who_publishes_a_promotion_is_not_in_the_way_of_who_publishes_a_tariff(
    shop: Shop, outside: Outside
) -> None:
    published(shop, "warehouse", WAREHOUSE)
    between_reading_and_writing(outside, lambda: published(shop, "promotion", PROMOTION))
    asked: list[str] = []
    outside.around.append(lambda call, act: (asked.append(call.operation), act())[1])

    published(shop, "carrier_service", SERVICE)

    ours_and_theirs = [
        "query",
        "get_item",
        "query",
        "get_item",
        "transact_write_items",
        "transact_write_items",
    ]
    assert sorted(asked) == sorted(ours_and_theirs)


def large_services() -> Iterator[dict[str, Any]]:
    """Services of nearly 32 KiB each."""
    for number in range(20):
        lanes = [LANE | {"to": [f"CN/{'x' * 55}{n:02}-{place:02}" for place in range(50)]} for n in range(8)]
        yield SERVICE | {"service_id": f"s{number}", "lanes": lanes}


def test_shipping_terms_of_more_than_300_kib_are_refused(shop: Shop) -> None:
    published(shop, "warehouse", WAREHOUSE)
    services = large_services()
    for _ in range(10):
        published(shop, "carrier_service", next(services))
    before = everything()

    with pytest.raises(TermsTooLarge) as refused:
        published(shop, "carrier_service", next(services))

    assert refused.value.details["maximum"] == 307_200 < refused.value.details["bytes"]
    assert everything() == before
    assert len(shipping_now().services) == 10


def test_a_retired_service_makes_room(shop: Shop) -> None:
    published(shop, "warehouse", WAREHOUSE)
    first, *others = list(large_services())[:11]
    published(shop, "carrier_service", first)
    for service in others[:9]:
        published(shop, "carrier_service", service)

    published(shop, "carrier_service", first | {"is_retired": True})
    published(shop, "carrier_service", others[9])

    assert len(shipping_now().services) == 10


@pytest.mark.parametrize("kind", ["warehouse", "carrier_service", "separation"])
def test_the_same_request_under_the_same_key_publishes_once(shop: Shop, kind: str) -> None:
    published(shop, "warehouse", WAREHOUSE | {"region": "Jiangsu"})
    first = published(shop, kind, GOOD[kind], key="k")
    before = everything()

    again = published(shop, kind, GOOD[kind], key="k", now=NOW + 9)

    assert (again.results, again.is_repeat) == (first.results, True)
    assert everything() == before
