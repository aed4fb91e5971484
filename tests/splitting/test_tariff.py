import pytest

from shared.splitting.problem import Band, Kind, Service, Warehouse
from shared.splitting.tariff import chargeable_grams, faults, freight, parcel_price

FIRST_KILOGRAM = Band(over=0, upto=1_000, base=800, step=1_000, step_price=0)
TO_FIVE = Band(over=1_000, upto=5_000, base=800, step=1_000, step_price=180)
TO_THIRTY = Band(over=5_000, upto=30_000, base=1_520, step=1_000, step_price=460)


def a_service(*bands, **changes):
    service = Service("land", max_grams=30_000, max_cm3=180_000, bands=bands)
    return service._replace(**changes)


ECONOMY = a_service(FIRST_KILOGRAM, TO_FIVE, TO_THIRTY)


@pytest.mark.parametrize(
    ("grams", "price"),
    [
        (0, 800),
        (1, 800),
        (1_000, 800),
        (1_001, 980),
        (2_000, 980),
        (2_001, 1_160),
        (5_000, 1_520),
        (5_001, 1_980),
        (10_000, 3_820),
        (30_000, 13_020),
    ],
)
def test_a_further_kilogram_is_charged_when_it_is_begun(grams, price):
    assert freight(ECONOMY, grams, 0) == price


def test_small_packets_are_charged_by_the_gram():
    packet = a_service(Band(0, 50, 300, 50, 0), Band(50, 2_000, 300, 1, 2), max_grams=2_000)

    assert [freight(packet, grams, 0) for grams in (49, 50, 51, 2_000)] == [300, 300, 302, 4_200]


@pytest.mark.parametrize(
    ("divisor", "grams", "cm3", "counted"),
    [
        (None, 700, 99_999, 700),
        (8_000, 700, 5_600, 700),
        (8_000, 700, 5_601, 701),
        (6_000, 1_000, 6_840, 1_140),
        (5_000, 1, 1, 1),
        (5_000, 0, 1, 1),
        (5_000, 0, 0, 0),
    ],
)
def test_volume_counts_where_it_weighs_more_and_is_rounded_up(divisor, grams, cm3, counted):
    assert chargeable_grams(a_service(volumetric_divisor=divisor), grams, cm3) == counted


def test_no_price_beyond_the_last_band():
    with pytest.raises(ValueError, match="land has no price for 30001 grams"):
        freight(ECONOMY, 30_001, 0)


def test_a_parcel_costs_freight_and_each_surcharge_once_and_handling():
    service = ECONOMY._replace(surcharges={Kind.HAZARD: 500, Kind.BULKY: 1_100})
    warehouse = Warehouse("W1", handling=150, services=(service,), stock={})

    assert parcel_price(warehouse, service, 1_001, 0, ()) == 980 + 150
    assert parcel_price(warehouse, service, 1_001, 0, {Kind.HAZARD}) == 980 + 500 + 150
    assert parcel_price(warehouse, service, 1_001, 0, [Kind.BULKY, Kind.HAZARD]) == 980 + 1_600 + 150
    assert parcel_price(warehouse, service, 1_001, 0, {Kind.CROSS_BORDER}) == 980 + 150


def test_a_sound_tariff_has_no_faults():
    assert list(faults(ECONOMY)) == []
    assert list(faults(ECONOMY._replace(surcharges={Kind.BULKY: 0, Kind.HAZARD: 1}))) == []


def test_prices_may_stay_level_over_an_edge():
    flat = a_service(Band(0, 1_000, 800, 1_000, 0), Band(1_000, 30_000, 800, 29_000, 0))

    assert list(faults(flat)) == []


@pytest.mark.parametrize(
    ("service", "found"),
    [
        (a_service(), ("bands", "a tariff needs at least one band")),
        (
            a_service(FIRST_KILOGRAM, Band(1_500, 30_000, 800, 1_000, 180)),
            ("bands[1].over", "the band begins over 1500 g, but 1000 g is where it must begin"),
        ),
        (
            a_service(FIRST_KILOGRAM, Band(900, 30_000, 800, 1_000, 180)),
            ("bands[1].over", "the band begins over 900 g, but 1000 g is where it must begin"),
        ),
        (
            a_service(Band(1, 30_000, 800, 1_000, 180)),
            ("bands[0].over", "the band begins over 1 g, but 0 g is where it must begin"),
        ),
        (
            a_service(Band(0, 0, 800, 1_000, 180)),
            ("bands[0].upto", "the band ends at 0 g, before it begins"),
        ),
        (a_service(Band(0, 30_000, 800, 0, 180)), ("bands[0].step", "a step must be at least 1 g")),
        (a_service(Band(0, 30_000, -1, 1_000, 180)), ("bands[0].base", "a price cannot be negative")),
        (
            a_service(Band(0, 30_000, 800, 1_000, -1)),
            ("bands[0].step_price", "the price falls as the weight rises: a step cannot be negative"),
        ),
        (
            a_service(Band(0, 1_000, 800, 1_000, 50), Band(1_000, 30_000, 800, 29_000, 49)),
            ("bands[1]", "the price falls from 850 at 1000 g to 849 at 1001 g"),
        ),
        (
            a_service(Band(0, 29_999, 800, 1_000, 180)),
            ("bands", "the last band ends at 29999 g, but the limits allow 30000 g to be charged"),
        ),
        (
            a_service(Band(0, 30_000, 800, 1_000, 180), volumetric_divisor=5_000),
            ("bands", "the last band ends at 30000 g, but the limits allow 36000 g to be charged"),
        ),
        (
            ECONOMY._replace(volumetric_divisor=0),
            ("volumetric_divisor", "the cubic centimetres of a kilogram must be at least 1"),
        ),
        (ECONOMY._replace(max_grams=0), ("max_grams", "the limit of weight must be at least 1 g")),
        (ECONOMY._replace(max_cm3=0), ("max_cm3", "the limit of volume must be at least 1 cm3")),
        (
            ECONOMY._replace(surcharges={Kind.HAZARD: -1}),
            ("surcharges.hazard", "a surcharge cannot be negative"),
        ),
        (
            ECONOMY._replace(surcharges={Kind.DOMESTIC: 5}),
            ("surcharges.domestic", "there are surcharges for bulky and hazard only"),
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) and len(value) == 2 else "a service",
)
def test_a_table_that_is_no_tariff_says_where_and_why(service, found):
    assert list(faults(service)) == [found]


def test_all_faults_are_told_at_once():
    broken = ECONOMY._replace(max_grams=0, surcharges={Kind.BULKY: -5})

    assert [place for place, _ in faults(broken)] == ["max_grams", "surcharges.bulky"]
