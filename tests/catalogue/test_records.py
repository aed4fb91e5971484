"""What a record must be: every fault has its place and its words, and a good one is taken as it stands."""

from dataclasses import fields
from typing import Any

import pytest

from shared.catalogue.fields import Fault, epoch
from shared.catalogue.reading import FAULTS_MAX, as_published, read_record
from shared.catalogue.records import BOUNDS, ID_FIELDS, KINDS, Step
from shared.goods import Flag
from shared.lifecycle import MACHINES
from shared.ordering.terms import CouponKind, PromotionKind
from shared.settings import Policy
from tests.catalogue.bad_records import BAD, TIER, TIME_RULE, ZONE
from tests.catalogue.samples import COUPON, FREIGHT, GOOD, N_FOR_M, PERCENTAGE, PROMOTION


@pytest.mark.parametrize("name", BAD)
def test_a_bad_record_is_told_everything_that_is_wrong_with_it(name: str) -> None:
    kind, values, faults = BAD[name]

    assert read_record(kind, values) == tuple(Fault(*fault) for fault in faults)


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_record_is_taken_and_written_again_as_it_came(kind: str) -> None:
    record = read_record(kind, GOOD[kind])

    assert not isinstance(record, tuple)
    assert (record.KIND, record.id) == (kind, GOOD[kind].get(ID_FIELDS[kind], "platform"))
    assert read_record(kind, as_published(record)) == record


@pytest.mark.parametrize("values", [N_FOR_M, PERCENTAGE, PROMOTION | {"tiers": [TIER], "repeat": True}])
def test_every_kind_of_promotion_can_be_written(values: dict[str, Any]) -> None:
    assert not isinstance(read_record("promotion", values), tuple)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "platform", "merchant_id": ""},
        {"kind": "category", "categories": ["tea"]},
        {"kind": "category", "categories": ["tea"], "merchant_id": ""},
        {"kind": "item", "skus": ["TEA"]},
        {"off_minor": 0, "rate_pct": 90, "max_off_minor": 500},
        {"threshold_minor": 0, "off_minor": 10**6},
        {"is_claimable": False, "claim_until": None, "total": None},
    ],
)
def test_every_kind_of_coupon_can_be_written(change: dict[str, Any]) -> None:
    assert not isinstance(read_record("coupon", COUPON | change), tuple)


def test_a_record_is_published_in_full_with_its_times_as_people_write_them() -> None:
    record = read_record("promotion", N_FOR_M)

    assert not isinstance(record, tuple)
    assert as_published(record) == {
        "promotion_id": "three-for-two",
        "kind": "n_for_m",
        "currency": "CNY",
        "starts_at": "2026-01-01T00:00:00Z",
        "ends_at": "2027-01-01T00:00:00Z",
        "merchant_id": "",
        "categories": [],
        "skus": ["TEA", "POT"],
        "priority": 0,
        "tiers": [],
        "repeat": False,
        "n": 3,
        "m": 2,
        "rate_pct": 100,
        "threshold_minor": 0,
        "max_off_minor": 0,
        "merchant_share_pct": 100,
        "is_retired": False,
    }


def test_not_more_than_twenty_faults_are_told_each_at_a_place_of_bounded_length() -> None:
    faults = read_record("sku", {f"{'x' * 200}{number}": 1 for number in range(50)})

    assert isinstance(faults, tuple)
    assert len(faults) == FAULTS_MAX == 20
    assert max(len(fault.at) for fault in faults) == 100


def test_a_record_of_more_than_32_kib_is_too_large() -> None:
    zones = [ZONE | {"to": [f"CN/{'x' * 60}{zone:02}{n:02}" for n in range(100)]} for zone in range(8)]

    assert read_record("freight_template", FREIGHT | {"zones": zones}) == (
        Fault("", "is larger than 32768 bytes"),
    )


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-11-11T00:00:00Z", 1_794_355_200),
        ("2026-11-11T00:00:00+08:00", 1_794_326_400),
        ("2026-11-10T11:30:00-04:30", 1_794_326_400),
    ],
)
def test_a_time_is_read_in_its_zone(text: str, seconds: int) -> None:
    assert epoch(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "", "now", "2026-11-11", "2026-11-11T00:00:00", "2026-11-11 00:00:00Z", "2026-11-11T00:00Z",
        "2026-11-11T00:00:00.5Z", "2026-11-11T24:00:00Z", "2026-11-11T00:00:60Z", "2026-02-29T00:00:00Z",
        "2026-W11-1T00:00:00Z", "20261111T000000Z", "2026-11-11T00:00:00+25:00", "２０26-11-11T00:00:00Z",
        "1999-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "2026-11-11T00:00:00Z\n", 1_794_355_200, None, 1.5,
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: object) -> None:
    values = N_FOR_M | {"starts_at": text}

    assert read_record("promotion", values) == (Fault("starts_at", TIME_RULE),)


def test_what_may_be_published_and_what_a_checkout_knows_are_the_same() -> None:
    flags = KINDS["sku"].model_json_schema()["properties"]["flags"]["items"]["enum"]
    promotions = KINDS["promotion"].model_json_schema()["properties"]["kind"]["enum"]
    coupons = KINDS["coupon"].model_json_schema()["properties"]["kind"]["enum"]

    assert set(flags) == set(Flag)
    assert set(promotions) == set(PromotionKind)
    assert set(coupons) == set(CouponKind)
    assert set(Step.__args__) == {"promotion", "shop", "platform", "points"}
    assert set(BOUNDS) == {field.name for field in fields(Policy)}


def test_every_deadline_of_the_lifecycle_can_be_published() -> None:
    named = {deadline.policy for machine in MACHINES.values() for deadline in machine.deadlines}

    assert named <= set(BOUNDS)
