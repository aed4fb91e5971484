"""Contracts as they are published: what a checkout reads of them, and whose there may be only one of."""

import pytest

from shared.catalogue.publish import CatalogueRefused
from shared.ledger.contract import Contract
from shared.outside import aws_client
from shared.store.terms_items import TERMS_KEY, terms_of
from tests.catalogue.conftest import SETTINGS
from tests.catalogue.samples import CONTRACT
from tests.catalogue.tables import everything, published, rows_of

TEA = Contract(
    "tea-house",
    version=1,
    merchant_id="m-tea",
    model="mixed",
    withheld_pct=60,
    delay_days=3,
    counts_working_days=True,
    commission_bps=500,
    commission_by_category={"tea": 250, "food": 0},
    reserve_bps=1_000,
    reserve_days=30,
)


def contracts_now():
    item = aws_client("dynamodb").get_item(TableName="catalogue", Key=TERMS_KEY).get("Item")
    return terms_of(item, SETTINGS).contracts


def test_a_checkout_reads_the_contract_that_was_published_with_its_version(shop):
    published(shop, "contract", CONTRACT)
    assert contracts_now() == (TEA,)

    published(shop, "contract", CONTRACT | {"delay_days": 4})

    assert contracts_now() == (TEA._replace(version=2, delay_days=4),)


@pytest.mark.parametrize("merchant", ["m-tea", ""])
def test_two_contracts_of_one_merchant_are_refused(shop, merchant):
    published(shop, "contract", CONTRACT | {"contract_id": "old", "merchant_id": merchant})
    before = everything()

    with pytest.raises(CatalogueRefused) as refused:
        published(shop, "contract", CONTRACT | {"contract_id": "new", "merchant_id": merchant})

    [row] = rows_of(refused)
    assert (row["at"], row["reason"]) == ("merchant_id", "has another contract: old")
    assert everything() == before


def test_a_contract_is_replaced_by_retiring_the_old_one_in_the_same_request(shop):
    published(shop, "contract", CONTRACT)

    published(shop, "contract", CONTRACT | {"is_retired": True}, CONTRACT | {"contract_id": "next"})

    assert [contract.contract_id for contract in contracts_now()] == ["next"]
