"""Return policies: which one holds, until when, who pays the way back, and how they are kept."""

from dataclasses import replace
from datetime import datetime
from itertools import permutations

import pytest

from shared.aftersale.eligibility import policy_of, window_of
from shared.aftersale.return_policy import (
    BUILT_IN,
    DEFAULT_PAYERS,
    QUALITY_REASONS,
    Reason,
    ReturnPolicy,
    policy_for,
    window_ends,
)
from tests.builders import T0, a_completed_order, a_shipped_order

EVERYWHERE = ReturnPolicy("everywhere")
LEVEL = ReturnPolicy("level", levels=("gold", "silver"))
CATEGORY = ReturnPolicy("category", categories=("food", "tea"))
CATEGORY_LEVEL = ReturnPolicy("category-level", categories=("food",), levels=("gold",))
SHOP = ReturnPolicy("shop", merchant_id="m-1")
SHOP_LEVEL = ReturnPolicy("shop-level", merchant_id="m-1", levels=("gold",))
SHOP_CATEGORY = ReturnPolicy("shop-category", merchant_id="m-1", categories=("food",))
SHOP_ALL = ReturnPolicy("shop-all", merchant_id="m-1", categories=("food",), levels=("gold",))
BY_RANK = (SHOP_ALL, SHOP_CATEGORY, SHOP_LEVEL, SHOP, CATEGORY_LEVEL, CATEGORY, LEVEL, EVERYWHERE)


def chosen(policies, merchant="m-1", category="food", level="gold"):
    return policy_for(policies, merchant_id=merchant, category=category, level=level)


def test_the_more_specific_policy_holds_merchant_before_category_before_level():
    for rank, policy in enumerate(BY_RANK):
        assert chosen(BY_RANK[rank:]) == policy
        assert chosen(reversed(BY_RANK[rank:])) == policy
    assert chosen(()) == BUILT_IN


@pytest.mark.parametrize(
    ("merchant", "category", "level", "policy"),
    [
        ("m-2", "food", "gold", CATEGORY_LEVEL),
        ("m-2", "food", "silver", CATEGORY),
        ("m-2", "tea", "gold", CATEGORY),
        ("m-2", "toys", "silver", LEVEL),
        ("m-2", "toys", "", EVERYWHERE),
        ("m-1", "toys", "gold", SHOP_LEVEL),
        ("m-1", "toys", "", SHOP),
        ("m-1", "food", "", SHOP_CATEGORY),
    ],
)
def test_a_policy_holds_only_for_what_it_names(merchant, category, level, policy):
    assert chosen(BY_RANK, merchant, category, level) == policy


def test_of_two_alike_the_order_in_which_they_are_read_does_not_matter():
    three = [ReturnPolicy(name, categories=("food",)) for name in ("c", "a", "b")]

    assert {chosen(order).policy_id for order in permutations(three)} == {"a"}


@pytest.mark.parametrize(
    ("received", "days", "ends"),
    [
        ("2026-11-21T00:00:00+08:00", 7, "2026-11-29T00:00:00+08:00"),
        ("2026-11-21T23:59:59+08:00", 7, "2026-11-29T00:00:00+08:00"),
        ("2026-11-22T00:00:00+08:00", 7, "2026-11-30T00:00:00+08:00"),
        ("2026-11-21T12:00:00+08:00", 0, "2026-11-22T00:00:00+08:00"),
        ("2026-12-31T23:00:00+08:00", 1, "2027-01-02T00:00:00+08:00"),
        ("2028-02-28T08:00:00+08:00", 365, "2029-02-28T00:00:00+08:00"),
    ],
)
def test_the_day_after_receipt_is_day_one_and_the_last_day_counts_whole(received, days, ends):
    begins, ended = (int(datetime.fromisoformat(text).timestamp()) for text in (received, ends))

    assert window_ends(begins, days) == ended


def test_what_is_bad_has_a_window_of_its_own_and_none_begins_before_receipt():
    policy = ReturnPolicy("p", window_days=1, quality_window_days=2)
    sub_order = a_completed_order().row("SUB#01")  # Received on 15 January, 16:35 in China.

    assert window_of(sub_order, policy, Reason.NO_REASON) == T0 + 115_200  # Midnight after the 16th
    assert {window_of(sub_order, policy, reason) for reason in QUALITY_REASONS} == {T0 + 201_600}
    assert window_of(replace(sub_order, completed_at=None), policy, Reason.QUALITY) is None
    assert window_of(a_shipped_order().row("SUB#01"), policy, Reason.QUALITY) is None


def test_who_pays_the_way_back_when_nobody_said_so():
    assert {reason: str(BUILT_IN.payer_of(reason)) for reason in Reason} == {
        "no_reason": "buyer",
        "quality": "merchant",
        "wrong_goods": "merchant",
        "missing_goods": "merchant",
        "not_as_described": "merchant",
        "damaged": "merchant",
        "not_received": "merchant",
        "other": "buyer",
    }
    assert set(DEFAULT_PAYERS) == set(Reason)


def test_a_policy_changes_the_payer_of_the_reasons_that_it_names():
    policy = ReturnPolicy("p", freight_payer={"no_reason": "platform"})

    assert (policy.payer_of("no_reason"), policy.payer_of("quality")) == ("platform", "merchant")


def test_what_is_as_usual_is_not_kept():
    assert BUILT_IN.stored() == {"policy_id": "standard"}
    strange = ReturnPolicy("p", 4, window_days=0, levels=("gold",), freight_payer={"quality": "buyer"})

    assert strange.stored() == {
        "policy_id": "p",
        "version": 4,
        "window_days": 0,
        "levels": ("gold",),
        "freight_payer": {"quality": "buyer"},
    }


@pytest.mark.parametrize("policy", [*BY_RANK, BUILT_IN, ReturnPolicy("p", kinds=(), evidence_for=())])
def test_what_is_kept_is_read_as_it_was(policy):
    assert ReturnPolicy.of(policy.stored()) == policy
    lists = {
        name: list(value) if isinstance(value, tuple) else value for name, value in policy.stored().items()
    }
    assert ReturnPolicy.of(lists) == policy


def test_the_built_in_numbers_may_never_change_for_orders_rely_on_them():
    assert BUILT_IN._asdict() == {
        "policy_id": "standard",
        "version": 0,
        "merchant_id": "",
        "categories": (),
        "levels": (),
        "is_returnable": True,
        "exclusion": "",
        "window_days": 7,
        "quality_window_days": 15,
        "kinds": ("refund_only", "return_refund", "exchange", "repair", "price_reduction", "reship"),
        "evidence_for": ("damaged", "missing_goods", "not_as_described", "quality", "wrong_goods"),
        "freight_payer": {},
        "freight_max_minor": 2_000,
        "decision_seconds": 172_800,
        "waybill_seconds": 604_800,
        "inspection_seconds": 172_800,
        "answer_seconds": 259_200,
        "refund_promise_seconds": 259_200,
        "auto_approve_minor": 0,
    }


def test_a_line_without_a_policy_goes_by_the_built_in_one_and_one_with_by_its_own():
    whole = a_completed_order().whole
    pinned = replace(whole, snapshot=whole.snapshot._replace(returns={"shop": SHOP.stored()}))

    assert policy_of(pinned, pinned.lines[0]) == BUILT_IN
    assert policy_of(pinned, pinned.lines[0]._replace(return_policy="shop")) == SHOP
