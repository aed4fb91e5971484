"""Where a service goes, and what it is on the way there."""

import pytest

from shared.splitting.problem import Band, Kind, Service
from shared.splitting.terms import CarrierService, Lane, lane_of

BANDS = (Band(0, 2_000, 800, 1_000, 100),)
HOME, CHINA, ELSEWHERE = (
    Lane(("CN/Zhejiang", "CN/Shanghai"), BANDS, 86_400),
    Lane(("CN", "HK"), (Band(0, 2_000, 900, 1_000, 100),), 259_200),
    Lane(("*",), (Band(0, 2_000, 9_000, 1, 1),), 864_000),
)
SERVICE = CarrierService(
    service_id="ems",
    name="EMS",
    carrier="ems",
    warehouses=("W1",),
    currency="CNY",
    max_grams=2_000,
    max_cm3=60_000,
    volumetric_divisor=None,
    refuses=frozenset({Kind.HAZARD}),
    surcharges={Kind.BULKY: 300},
    lanes=(CHINA, ELSEWHERE, HOME),
)


@pytest.mark.parametrize(
    ("country", "region", "lane"),
    [
        ("CN", "Zhejiang", HOME),
        ("CN", "Shanghai", HOME),
        ("CN", "Hubei", CHINA),
        ("CN", "", CHINA),
        ("HK", "Zhejiang", CHINA),
        ("US", "Zhejiang", ELSEWHERE),
        ("CN", "zhejiang", CHINA),
        ("", "", ELSEWHERE),
    ],
)
def test_a_region_has_its_lane_or_else_its_country_or_else_everywhere(
    country: str, region: str, lane: Lane
) -> None:
    assert lane_of(SERVICE, (country, region)) == lane
    assert lane_of(SERVICE._replace(lanes=(HOME, CHINA, ELSEWHERE)), (country, region)) == lane


@pytest.mark.parametrize("destination", [("US", ""), ("CN", "Hubei"), ("", "Zhejiang")])
def test_where_no_lane_goes_the_service_does_not_go(destination: tuple[str, str]) -> None:
    assert lane_of(SERVICE._replace(lanes=(HOME,)), destination) is None


def test_on_a_lane_a_service_has_that_lanes_prices_and_its_own_limits() -> None:
    assert SERVICE.on(HOME) == Service(
        service_id="ems",
        max_grams=2_000,
        max_cm3=60_000,
        bands=BANDS,
        volumetric_divisor=None,
        refuses=frozenset({Kind.HAZARD}),
        surcharges={Kind.BULKY: 300},
    )
