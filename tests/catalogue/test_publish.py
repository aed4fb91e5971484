"""Publishing: versions, nothing twice, nothing by halves, and who is faster."""

from typing import Any

import pytest

from shared.catalogue.publish import CatalogueRefused, TermsTooLarge
from shared.changes import Caller
from shared.commands import Shop
from shared.errors import Forbidden, KeyReused
from shared.lifecycle import Actor
from shared.outside import Outside, aws_client
from shared.store.catalogue import CatalogueStore, Released
from shared.store.shelves import ShelfStore
from tests.catalogue.conftest import SETTINGS
from tests.catalogue.samples import FREIGHT, GOOD, MEMBER, N_FOR_M, POLICY, SKU, WAREHOUSE
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


def counted(outside: Outside) -> list[str]:
    """The operations that are asked for from now on."""
    operations: list[str] = []
    outside.around.append(lambda call, act: operations.append(call.operation) or act())
    return operations


def test_every_kind_is_published_kept_and_live(shop: Shop) -> None:
    for kind in ORDER:
        [result] = published(shop, kind, GOOD[kind]).results
        assert (result.version, result.is_changed) == (1, True)

    kept = {key for key in items("catalogue") if key[1].startswith("V#")}
    assert kept == {
        ("SKU#TEA", "V#00000001"),
        ("WAREHOUSE#W1", "V#00000001"),
        ("FREIGHT_TEMPLATE#standard", "V#00000001"),
        ("PROMOTION#eleven", "V#00000001"),
        ("COUPON#tea-10", "V#00000001"),
        ("MEMBER#buyer-1", "V#00000001"),
        ("POLICY#platform", "V#00000001"),
        ("CARRIER_SERVICE#sf-standard", "V#00000001"),
        ("SEPARATION#platform", "V#00000001"),
        ("RETURN_POLICY#tea", "V#00000001"),
        ("CONTRACT#tea-house", "V#00000001"),
    }
    assert items("stock")["SKU#TEA", "STOCK"]["offer"]["unit_price_minor"] == 1999
    assert items("catalogue")["TERMS", "CURRENT"]["version"] == 5
    assert items("catalogue")["TERMS", "SHIPPING"]["version"] == 3
    assert items("catalogue")["COUPON#tea-10", "CURRENT"]["left"] == 100
    assert items("members")["MEMBER#buyer-1", "MEMBER"]["level"] == "gold"


def test_a_version_says_what_who_and_when(shop: Shop) -> None:
    published(shop, "promotion", N_FOR_M)

    version = items("catalogue")["PROMOTION#three-for-two", "V#00000001"]
    assert (version["version"], version["at"], version["by"], version["terms_version"]) == (1, NOW, "op-1", 1)
    assert version["record"]["starts_at"] == "2026-01-01T00:00:00Z"
    assert version["record"]["skus"] == ["TEA", "POT"]


def test_what_changes_becomes_the_next_version_and_the_one_before_stays(shop: Shop) -> None:
    published(shop, "sku", SKU)

    [result] = published(shop, "sku", SKU | {"unit_price_minor": 2100}, now=NOW + 1).results

    assert result == Released("TEA", 2, True)
    assert items("catalogue")["SKU#TEA", "V#00000001"]["record"]["unit_price_minor"] == 1999
    assert items("catalogue")["SKU#TEA", "V#00000002"]["record"]["unit_price_minor"] == 2100
    live = items("stock")["SKU#TEA", "STOCK"]
    assert (live["offer"]["unit_price_minor"], live["offer_version"]) == (2100, 2)


@pytest.mark.parametrize("kind", ORDER)
def test_an_equal_record_is_left_alone(shop: Shop, kind: str) -> None:
    published_earlier(shop)
    first = published(shop, kind, GOOD[kind]).results[0].version
    before = {key: item for key, item in items("catalogue").items() if not key[0].startswith("KEY#")}

    [again] = published(shop, kind, GOOD[kind], now=NOW + 1).results

    assert (again.version, again.is_changed) == (first, False)
    after = {key: item for key, item in items("catalogue").items() if not key[0].startswith("KEY#")}
    assert after == before


def test_an_equal_record_in_other_words_is_equal(shop: Shop) -> None:
    published(shop, "promotion", N_FOR_M)

    [again] = published(
        shop, "promotion", N_FOR_M | {"starts_at": "2026-01-01T08:00:00+08:00", "priority": 0}
    ).results

    assert again == Released("three-for-two", 1, False)


def test_publishing_a_price_does_not_touch_the_units_on_the_shelves(shop: Shop) -> None:
    published(shop, "sku", SKU)
    ShelfStore(shop.outside, shop.settings).receive(
        sku="TEA", warehouse="W1", quantity=5, movement_id="m-1", at=1
    )

    published(shop, "sku", SKU | {"is_on_sale": False})

    live = items("stock")["SKU#TEA", "STOCK"]
    assert live["warehouses"] == {"W1": {"available": 5, "reserved": 0, "sold": 0}}
    assert live["offer"]["is_on_sale"] is False


def test_publishing_a_member_does_not_touch_the_wallet(shop: Shop) -> None:
    published(shop, "policy", POLICY)
    wallet = {"pk": {"S": "MEMBER#buyer-1"}, "sk": {"S": "MEMBER"}, "points": {"N": "70"}}
    aws_client("dynamodb").put_item(TableName="members", Item=wallet | {"points_locked": {"N": "5"}})

    published(shop, "member", MEMBER)
    published(shop, "member", MEMBER | {"level": "plain", "risk_score": 0})

    member = items("members")["MEMBER#buyer-1", "MEMBER"]
    assert (member["points"], member["points_locked"]) == (70, 5)
    assert (member["level"], member["risk_score"], member["record_version"]) == ("plain", 0, 2)


@pytest.mark.parametrize("kind", ORDER)
def test_a_dry_run_tells_what_would_become_and_writes_nothing(shop: Shop, kind: str) -> None:
    published_earlier(shop)
    before = everything()

    [result] = published(shop, kind, GOOD[kind], dry_run=True).results

    assert (result.version, result.is_changed) == (2 if kind in EARLIER else 1, True)
    assert everything() == before


def test_a_dry_run_does_not_use_up_its_key(shop: Shop) -> None:
    published(shop, "sku", SKU, key="k", dry_run=True)

    assert published(shop, "sku", SKU, key="k").is_repeat is False


def test_one_bad_record_keeps_all_others_out_and_every_bad_one_is_told(shop: Shop) -> None:
    rows = [SKU | {"sku": f"S{n}"} for n in range(40)]
    rows[7] = rows[7] | {"unit_price_minor": 0, "currency": "yuan"}
    rows[39] = {}

    with pytest.raises(CatalogueRefused) as refused:
        published(shop, "sku", *rows)

    assert rows_of(refused)[:2] == [
        {"index": 7, "at": "unit_price_minor", "reason": "must be at least 1"},
        {"index": 7, "at": "currency", "reason": "must be a currency of three capitals, like CNY"},
    ]
    assert {row["index"] for row in rows_of(refused)} == {7, 39}
    assert everything() == {"catalogue": {}, "stock": {}, "members": {}}


def test_forty_records_are_one_transaction(shop: Shop, outside: Outside) -> None:
    sizes: list[int] = []

    def watch(call: Any, act: Any) -> Any:
        if call.operation == "transact_write_items":
            sizes.append(len(call.request["TransactItems"]))
        return act()

    outside.around.append(watch)
    published(shop, "sku", *(SKU | {"sku": f"S{n}"} for n in range(40)))
    published(shop, "warehouse", *(WAREHOUSE | {"warehouse_id": f"W{n}"} for n in range(40)))

    assert sizes == [81, 42]
    assert items("catalogue")["TERMS", "SHIPPING"]["version"] == 1
    assert len(items("catalogue")["TERMS", "SHIPPING"]["warehouses"]) == 40
    assert ("TERMS", "CURRENT") not in items("catalogue")


def test_a_record_named_twice_is_refused(shop: Shop) -> None:
    with pytest.raises(CatalogueRefused) as refused:
        published(shop, "sku", SKU, SKU | {"unit_price_minor": 5})

    assert rows_of(refused) == [{"index": 1, "at": "sku", "reason": "is named twice"}]


def test_a_member_of_an_unknown_level_is_refused(shop: Shop) -> None:
    with pytest.raises(CatalogueRefused) as refused:
        published(shop, "member", MEMBER, {"member_id": "b-2"})

    assert rows_of(refused) == [{"index": 0, "at": "level", "reason": "is no level of the policy"}]


@pytest.mark.parametrize("together", [True, False])
def test_two_templates_for_one_merchant_and_currency_are_refused(shop: Shop, together: bool) -> None:
    rival = FREIGHT | {"template_id": "rival"}
    if not together:
        published(shop, "freight_template", FREIGHT)

    with pytest.raises(CatalogueRefused) as refused:
        published(shop, "freight_template", *([FREIGHT, rival] if together else [rival]))

    reason = "has another template in this currency: standard"
    assert rows_of(refused) == [{"index": int(together), "at": "merchant_id", "reason": reason}]


@pytest.mark.parametrize(
    "other",
    [
        {"template_id": "other", "currency": "GBP"},
        {"template_id": "other", "merchant_id": "m-tea"},
        {"template_id": "other", "is_retired": True},
    ],
)
def test_a_template_for_others_stands_beside_it(shop: Shop, other: dict[str, Any]) -> None:
    published(shop, "freight_template", FREIGHT)

    assert published(shop, "freight_template", FREIGHT | other).results[0].is_changed


def test_a_template_takes_over_from_one_that_retires_in_the_same_request(shop: Shop) -> None:
    published(shop, "freight_template", FREIGHT)

    published(shop, "freight_template", FREIGHT | {"is_retired": True}, FREIGHT | {"template_id": "next"})

    assert set(items("catalogue")["TERMS", "CURRENT"]["freight"]) == {"next"}


@pytest.mark.parametrize(
    ("kind", "place", "section", "terms_version"),
    [
        ("promotion", "CURRENT", "promotions", 3),
        ("freight_template", "CURRENT", "freight", 3),
        ("return_policy", "CURRENT", "returns", 3),
        ("contract", "CURRENT", "contracts", 3),
        ("warehouse", "SHIPPING", "warehouses", 3),
        ("carrier_service", "SHIPPING", "services", 4),
    ],
)
def test_what_is_retired_leaves_the_terms_and_keeps_its_history(
    shop: Shop, kind: str, place: str, section: str, terms_version: int
) -> None:
    if kind == "carrier_service":
        published(shop, "warehouse", WAREHOUSE)
    [name] = [result.id for result in published(shop, kind, GOOD[kind]).results]

    [retired] = published(shop, kind, GOOD[kind] | {"is_retired": True}).results
    assert items("catalogue")["TERMS", place][section] == {}
    [back] = published(shop, kind, GOOD[kind]).results

    assert (retired.version, back.version) == (2, 3)
    terms = items("catalogue")["TERMS", place]
    assert (set(terms[section]), terms["version"]) == ({name}, terms_version)
    assert len([sk for pk, sk in items("catalogue") if pk == f"{kind.upper()}#{name}"]) == 3


def test_terms_of_more_than_100_kib_are_refused(shop: Shop) -> None:
    zones = [
        {"to": [f"CN/{'x' * 40}{zone}-{n}" for n in range(50)], "first": 1, "first_fee_minor": 1, "step": 1,
         "step_fee_minor": 1} for zone in range(11)
    ]  # fmt: skip
    large = [FREIGHT | {"template_id": f"t{n}", "merchant_id": f"m{n}", "zones": zones} for n in range(4)]
    published(shop, "freight_template", *large[:3])
    before = everything()

    with pytest.raises(TermsTooLarge) as refused:
        published(shop, "freight_template", large[3])

    assert refused.value.details["maximum"] == 102_400 < refused.value.details["bytes"]
    assert everything() == before


def test_the_same_request_under_the_same_key_is_answered_like_the_first(shop: Shop) -> None:
    first = published(shop, "sku", SKU, key="k")
    published(shop, "sku", SKU | {"unit_price_minor": 5})
    before = everything()

    again = published(shop, "sku", SKU, key="k", now=NOW + 9)

    assert (again.results, again.is_repeat) == (first.results, True)
    assert everything() == before


def test_a_request_that_would_be_refused_now_is_answered_like_then(shop: Shop) -> None:
    published(shop, "policy", POLICY)
    published(shop, "member", MEMBER, key="k")
    published(shop, "policy", {})

    assert published(shop, "member", MEMBER, key="k").is_repeat


def test_a_key_never_stands_for_two_requests(shop: Shop) -> None:
    published(shop, "sku", SKU, key="k")
    before = everything()

    with pytest.raises(KeyReused):
        published(shop, "sku", SKU | {"unit_price_minor": 5}, key="k", fingerprint="g")
    with pytest.raises(KeyReused):
        published(shop, "member", MEMBER, key="k", fingerprint="g")

    assert everything() == before


def test_a_key_belongs_to_the_operator_who_chose_it(shop: Shop) -> None:
    published(shop, "sku", SKU, key="k")

    other = published(
        shop, "warehouse", WAREHOUSE, key="k", fingerprint="g", caller=Caller(Actor.OPERATOR, "op-2")
    )

    assert other.is_repeat is False


@pytest.mark.parametrize("actor", [actor for actor in Actor if actor is not Actor.OPERATOR])
def test_nobody_but_operators_publishes(shop: Shop, actor: Actor) -> None:
    with pytest.raises(Forbidden):
        published(shop, "sku", SKU, caller=Caller(actor, "x"))

    assert everything() == {"catalogue": {}, "stock": {}, "members": {}}


def test_history_is_read_newest_first_page_by_page(shop: Shop) -> None:
    for price in range(1, 13):
        published(shop, "sku", SKU | {"unit_price_minor": price}, now=NOW + price)
    store = CatalogueStore(shop.outside, SETTINGS)

    first = store.history("sku", "TEA", limit=5)
    second = store.history("sku", "TEA", before=first[-1].number, limit=5)
    last = store.history("sku", "TEA", before=second[-1].number, limit=5)

    assert [version.number for version in (*first, *second, *last)] == [*range(12, 0, -1)]
    assert (first[0].record["unit_price_minor"], first[0].at, first[0].by) == (12, NOW + 12, "op-1")
    assert store.history("sku", "TEA", before=1, limit=5) == ()
    assert store.history("sku", "NONE", limit=5) == ()
    assert store.history("promotion", "TEA", limit=5) == ()


def test_the_whole_of_a_request_is_read_with_a_query_a_record_and_written_at_once(
    shop: Shop, outside: Outside
) -> None:
    operations = counted(outside)

    published(shop, "sku", SKU, SKU | {"sku": "POT"})

    assert operations == ["query", "query", "transact_write_items"]
