"""Which trackers there are, and what they call our carriers."""

import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from shared.fulfilment.carriers import NAMES, available, names, open_tracker
from shared.fulfilment.carriers.port import CODE_LENGTH_MAX, PLACE_LENGTH_MAX, STATUS, Status, Told
from shared.fulfilment.partner_keys import PartnerKeys, read_partner_keys
from shared.settings import Policy, Settings

PROJECT = Path(__file__).parents[2]
HOSTS = {
    "kuaidi100_url": "https://kuaidi100.invalid",
    "aftership_url": "https://aftership.invalid",
    "easypost_url": "https://easypost.invalid",
    "seventeentrack_url": "https://seventeentrack.invalid",
}
TABLES = (
    "orders_table",
    "stock_table",
    "ledger_table",
    "catalogue_table",
    "members_table",
    "bus_name",
    "stage",
)
SETTINGS = Settings(
    **{name: name for name in TABLES},
    sandbox_url="",
    sandbox_secret_arn="",
    deliverable_countries=frozenset({"CN"}),
    policy=Policy(**{field.name: 1 for field in fields(Policy)}),
    **HOSTS,
)
EVERYBODY = """{"trackers": {
    "kuaidi100": {"customer": "c", "key": "k", "salt": "s"},
    "aftership": {"api_key": "a", "webhook_secrets": ["w"]},
    "easypost": {"api_key": "a", "webhook_secrets": ["w"]},
    "seventeentrack": {"key": "k"}}}"""


def test_a_tracker_without_keys_is_off():
    keys = read_partner_keys(['{"trackers": {"seventeentrack": {"key": "k"}}}'])

    assert available(SETTINGS, PartnerKeys()) == ()
    assert available(SETTINGS, keys) == ("seventeentrack",)
    assert open_tracker("aftership", SETTINGS, keys) is None


def test_with_keys_each_is_opened_under_its_name_once():
    keys = read_partner_keys([EVERYBODY])

    assert available(SETTINGS, keys) == ("kuaidi100", "aftership", "easypost", "seventeentrack")
    for name in NAMES:
        assert open_tracker(name, SETTINGS, keys).name == name
        assert open_tracker(name, SETTINGS, keys) is open_tracker(name, SETTINGS, keys)
    assert open_tracker("kuaidi100", SETTINGS, keys).host == "https://kuaidi100.invalid"
    assert (
        open_tracker("aftership", SETTINGS, keys).url
        == "https://aftership.invalid/tracking/2025-07/trackings"
    )
    assert open_tracker("easypost", SETTINGS, keys).url == "https://easypost.invalid/v2/trackers"
    assert open_tracker("seventeentrack", SETTINGS, keys).url == "https://seventeentrack.invalid/track/v2.2"


@pytest.mark.parametrize("name", ["", "cainiao", "KUAIDI100", "sf"])
def test_an_unknown_tracker_is_none(name):
    assert open_tracker(name, SETTINGS, read_partner_keys([EVERYBODY])) is None


def test_only_the_tracker_that_is_opened_is_loaded():
    program = (
        "import sys\n"
        "import shared.fulfilment.carriers\n"
        "at = 'shared.fulfilment.carriers.'\n"
        "print([name for name in ('kuaidi100', 'aftership', 'easypost', 'seventeentrack') if at + name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"


@pytest.mark.parametrize("tracker", NAMES)
def test_every_name_is_read_back_as_the_carrier_it_stands_for(tracker):
    table = names.NAMES[tracker]

    assert len({theirs.lower() for theirs in table.values()}) == len(table)
    for ours, theirs in table.items():
        assert names.theirs(tracker, ours) == theirs
        assert names.ours(tracker, theirs) == ours


def test_a_carrier_has_one_code_with_all_trackers():
    assert {ours for table in names.NAMES.values() for ours in table} == {
        *("sf", "yto", "zto", "sto", "yunda", "jd", "ems", "jt", "deppon", "best"),
        *("usps", "ups", "fedex", "dhl", "royal_mail", "hermes"),
    }


def test_there_are_sixteen_places_where_a_parcel_can_be():
    assert [str(status) for status in Status] == [
        *("unknown", "info_received", "picked_up", "in_transit", "customs", "out_for_delivery"),
        *("available_for_pickup", "attempt_failed", "delivered", "exception", "refused", "returning"),
        *("returned", "lost", "cancelled", "expired"),
    ]
    assert (CODE_LENGTH_MAX, PLACE_LENGTH_MAX) == (60, 80)


def test_whatever_is_no_success_has_a_status_of_its_own():
    assert STATUS == {Told.UNKNOWN_WAYBILL: 503, Told.REFUSED: 401, Told.TOO_LARGE: 413, Told.BUSY: 503}
    assert {str(told) for told in Told} - {str(told) for told in STATUS} == {
        "applied",
        "duplicate",
        "no_effect",
    }
