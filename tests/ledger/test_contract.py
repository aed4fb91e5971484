"""When a merchant's contract pays, whose contract holds, and what an order keeps of it."""

from datetime import datetime

import pytest

from shared.ledger.contract import BUILT_IN, Contract, agreed_with, contract_for, pinned

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


def at(text):
    return int(datetime.fromisoformat(text).timestamp())


@pytest.mark.parametrize(
    ("received", "days", "working", "payable"),
    [
        ("2026-11-20T23:59:59+08:00", 0, False, "2026-11-20T00:00:00+08:00"),
        ("2026-11-20T23:59:59+08:00", 1, False, "2026-11-21T00:00:00+08:00"),
        ("2026-11-21T00:00:00+08:00", 1, False, "2026-11-22T00:00:00+08:00"),
        ("2026-11-20T12:00:00+08:00", 1, True, "2026-11-23T00:00:00+08:00"),  # Friday, then Monday.
        ("2026-11-21T12:00:00+08:00", 1, True, "2026-11-23T00:00:00+08:00"),  # Saturday,
        ("2026-11-22T12:00:00+08:00", 1, True, "2026-11-23T00:00:00+08:00"),  # Sunday,
        ("2026-11-23T12:00:00+08:00", 1, True, "2026-11-24T00:00:00+08:00"),  # Monday, then Tuesday.
        (
            "2026-11-19T12:00:00+08:00",
            7,
            True,
            "2026-11-30T00:00:00+08:00",
        ),  # Seven working days hold one week-end.
        ("2026-11-19T12:00:00+08:00", 7, False, "2026-11-26T00:00:00+08:00"),
        (
            "2026-02-27T16:00:00+00:00",
            2,
            False,
            "2026-03-02T00:00:00+08:00",
        ),  # Saturday there, over a month's end.
        ("1970-01-01T00:00:00+08:00", 1, True, "1970-01-02T00:00:00+08:00"),  # A Thursday.
    ],
)
def test_t_plus_n_is_the_beginning_of_a_day_in_china(received, days, working, payable):
    contract = Contract("c", delay_days=days, counts_working_days=working)

    assert contract.payable_from(at(received)) == at(payable)


def test_a_merchants_own_contract_comes_before_everybody_elses():
    own, others = Contract("own", merchant_id="m1"), Contract("others")

    assert contract_for((others, own), "m1") is own
    assert contract_for((others, own), "m2") is others
    assert contract_for((own,), "m2") is BUILT_IN
    assert contract_for((), "m1") is BUILT_IN


def test_an_order_keeps_each_merchants_contract_and_of_the_built_in_one_nothing():
    kept = pinned((TEA,), ["m-tea", "m-pot", "m-tea"])

    assert list(kept) == ["m-tea"]
    assert agreed_with(kept, "m-tea") == TEA
    assert agreed_with(kept, "m-pot") is BUILT_IN


def test_what_is_as_usual_is_not_stored_and_read_back_all_the_same():
    assert Contract("plain", delay_days=1).stored() == {"contract_id": "plain"}
    assert Contract.of(TEA.stored()) == TEA
    assert Contract.of({"contract_id": "new", "of_a_later_release": 7}) == Contract("new")


@pytest.mark.parametrize(("model", "pct"), [("before", 100), ("after", 0), ("mixed", 60)])
def test_the_model_says_how_much_of_the_commission_is_taken_at_settlement(model, pct):
    assert Contract("c", model=model, withheld_pct=60).withheld_at_settlement_pct == pct


def test_a_category_without_a_rate_of_its_own_goes_by_the_usual_one():
    assert [TEA.rate_of(category) for category in ("tea", "food", "cups", "")] == [250, 0, 500, 500]
