"""The secret that we share with warehouses and trackers: what is read, what two versions come to, what is refused."""

import json

import pytest

from shared.fulfilment.partner_keys import (
    AfterShipKeys,
    EasyPostKeys,
    Kuaidi100Keys,
    PartnerKeys,
    SeventeenTrackKeys,
    WarehouseKeys,
    read_partner_keys,
)
from shared.payment.keys import KeysUnusable

ONE, TWO, THREE = "1" * 32, "2" * 32, "3" * 32
WAREHOUSE = {"url": "https://wms.example/in", "secrets": [ONE]}
KUAIDI100 = {"customer": "CUSTOMER", "key": "key", "salt": "salt"}
AFTERSHIP = {"api_key": "asat_1", "webhook_secrets": ["hook-1"]}
EASYPOST = {"api_key": "EZAK1", "webhook_secrets": ["sécret"]}
SEVENTEENTRACK = {"key": "17"}
TRACKERS = {
    "kuaidi100": KUAIDI100,
    "aftership": AFTERSHIP,
    "easypost": EASYPOST,
    "seventeentrack": SEVENTEENTRACK,
}


def secret(warehouses=None, trackers=None, **more):
    told = {"warehouses": warehouses, "trackers": trackers}
    return json.dumps({name: value for name, value in told.items() if value is not None} | more)


def all_of_it(**changes):
    return secret({"W1": WAREHOUSE}, TRACKERS | changes)


def refusal(text):
    with pytest.raises(KeysUnusable) as refused:
        read_partner_keys([text])
    return str(refused.value)


def test_everybody_s_keys_are_read_under_their_names():
    keys = read_partner_keys([secret({"W1": WAREHOUSE, "W-2": WAREHOUSE}, TRACKERS, tracker="aftership")])

    one = WarehouseKeys(url="https://wms.example/in", secrets=(ONE.encode(),))
    assert keys == PartnerKeys(
        by_warehouse=(("W1", one), ("W-2", one)),
        kuaidi100=Kuaidi100Keys(customer="CUSTOMER", key="key", salts=("salt",)),
        aftership=AfterShipKeys(api_key="asat_1", webhook_secrets=("hook-1",)),
        easypost=EasyPostKeys(api_key="EZAK1", webhook_secrets=("sécret",)),
        seventeentrack=SeventeenTrackKeys(key="17", push_keys=("17",)),
        tracker="aftership",
    )
    assert keys.warehouses == {"W1": one, "W-2": one}
    assert hash(keys) == hash(
        read_partner_keys([secret({"W1": WAREHOUSE, "W-2": WAREHOUSE}, TRACKERS, tracker="aftership")])
    )


@pytest.mark.parametrize(
    "versions",
    [(), ("{}",), ("{}", "{}"), (secret({}, {}),), (secret(tracker=""),)],
    ids=["none", "empty", "twice", "nobody", "no tracker"],
)
def test_without_keys_every_partner_is_off(versions):
    keys = read_partner_keys(versions)

    assert keys == PartnerKeys()
    assert (keys.warehouses, keys.tracker) == ({}, "")
    assert (keys.kuaidi100, keys.aftership, keys.easypost, keys.seventeentrack) == (None, None, None, None)


def test_a_partner_that_is_left_out_is_off_even_if_the_version_before_had_it():
    keys = read_partner_keys([secret({"W2": WAREHOUSE}, {"aftership": AFTERSHIP}), all_of_it()])

    assert list(keys.warehouses) == ["W2"]
    assert (keys.kuaidi100, keys.easypost, keys.seventeentrack, keys.tracker) == (None, None, None, "")


def test_what_is_signed_for_us_is_verified_with_the_keys_of_both_versions_the_present_first():
    present = secret(
        {"W1": WAREHOUSE | {"secrets": [TWO, THREE]}},
        {
            "kuaidi100": KUAIDI100 | {"salt": "salt-2"},
            "aftership": AFTERSHIP | {"webhook_secrets": ["hook-2", "hook-1"]},
            "easypost": EASYPOST | {"webhook_secrets": ["hook-3"]},
            "seventeentrack": {"key": "18"},
        },
    )

    keys = read_partner_keys([present, all_of_it()])

    assert keys.warehouses["W1"].secrets == (TWO.encode(), THREE.encode(), ONE.encode())
    assert keys.kuaidi100.salts == ("salt-2", "salt")
    assert keys.aftership.webhook_secrets == ("hook-2", "hook-1")
    assert keys.easypost.webhook_secrets == ("hook-3", "sécret")
    assert keys.seventeentrack.push_keys == ("18", "17")


def test_we_are_and_ask_as_the_present_version_alone():
    present = secret(
        {"W1": WAREHOUSE | {"url": "https://new.example"}},
        {
            "kuaidi100": {"customer": "OTHER", "key": "other", "salt": "salt"},
            "aftership": AFTERSHIP | {"api_key": "asat_2"},
            "easypost": EASYPOST | {"api_key": "EZAK2"},
            "seventeentrack": {"key": "18"},
        },
        tracker="easypost",
    )

    keys = read_partner_keys([present, secret({"W1": WAREHOUSE}, TRACKERS, tracker="aftership")])

    assert keys.warehouses["W1"].url == "https://new.example"
    assert (keys.kuaidi100.customer, keys.kuaidi100.key) == ("OTHER", "other")
    assert (keys.aftership.api_key, keys.easypost.api_key) == ("asat_2", "EZAK2")
    assert (keys.seventeentrack.key, keys.tracker) == ("18", "easypost")


@pytest.mark.parametrize(
    "older",
    ["", "{", "[]", '{"warehouses": 5}', secret({"W1": {"url": "http://a"}})],
    ids=["empty", "cut", "a list", "a number", "half a warehouse"],
)
def test_an_older_version_that_cannot_be_used_is_what_somebody_has_mended(older):
    assert read_partner_keys([all_of_it(), older]) == read_partner_keys([all_of_it()])


BROKEN = {
    "no JSON": ("hunter2", "the partner keys are no JSON that can be trusted: the body is not JSON"),
    "a list": ("[]", "the partner keys are no JSON that can be trusted: the body is not a JSON object"),
    "a key twice": ('{"tracker": "", "tracker": ""}', "a key stands twice in one object"),
    "a strange member": (secret(trackrs={}), "the partner keys know no trackrs"),
    "warehouses in a list": (secret([WAREHOUSE]), "warehouses is not an object"),
    "a warehouse in words": (secret({"W1": "wms"}), "warehouses/W1 is not an object"),
    "a warehouse of no name": (secret({"": WAREHOUSE}), "warehouses has a name that no warehouse can have"),
    "a name with a slash": (secret({"W/1": WAREHOUSE}), "warehouses has a name that no warehouse can have"),
    "a very long name": (secret({"W" * 41: WAREHOUSE}), "warehouses has a name that no warehouse can have"),
    "no url": (secret({"W1": {"secrets": [ONE]}}), "warehouses/W1 has no url"),
    "no secrets": (secret({"W1": {"url": "https://a"}}), "warehouses/W1 has no secrets"),
    "a strange member of a warehouse": (
        secret({"W1": WAREHOUSE | {"key": "1"}}),
        "warehouses/W1 knows no key",
    ),
    "secrets of nobody": (
        secret({"W1": WAREHOUSE | {"secrets": []}}),
        "warehouses/W1/secrets is not a list with something in it",
    ),
    "one secret in no list": (
        secret({"W1": WAREHOUSE | {"secrets": ONE}}),
        "warehouses/W1/secrets is not a list with something in it",
    ),
    "a secret of 31": (
        secret({"W1": WAREHOUSE | {"secrets": [ONE, "1" * 31]}}),
        "warehouses/W1/secrets: a secret has at least 32 characters",
    ),
    "a secret of 31 that is more bytes": (
        secret({"W1": WAREHOUSE | {"secrets": ["密" * 31]}}),
        "warehouses/W1/secrets: a secret has at least 32 characters",
    ),
    "a secret of blanks": (secret({"W1": WAREHOUSE | {"secrets": [" " * 40]}}), "secrets is not a text"),
    "a secret with a line break": (
        secret({"W1": WAREHOUSE | {"secrets": [f"{ONE}\n"]}}),
        "secrets is not a text",
    ),
    "a strange tracker": (secret(trackers={"cainiao": {}}), "there is no tracker cainiao"),
    "trackers in a list": (secret(trackers=[]), "trackers is not an object"),
    "a tracker in words": (secret(trackers={"easypost": "EZAK1"}), "trackers/easypost is not an object"),
    "kuaidi100 without a salt": (
        all_of_it(kuaidi100={"customer": "c", "key": "k"}),
        "trackers/kuaidi100 has no salt",
    ),
    "an empty salt": (all_of_it(kuaidi100=KUAIDI100 | {"salt": ""}), "trackers/kuaidi100/salt is not a text"),
    "a salt of blanks": (
        all_of_it(kuaidi100=KUAIDI100 | {"salt": " "}),
        "trackers/kuaidi100/salt is not a text",
    ),
    "a salt of nothing": (
        all_of_it(kuaidi100=KUAIDI100 | {"salt": None}),
        "trackers/kuaidi100/salt is not a text",
    ),
    "no customer": (all_of_it(kuaidi100={"key": "k", "salt": "s"}), "trackers/kuaidi100 has no customer"),
    "a key that is a number": (
        all_of_it(seventeentrack={"key": 17}),
        "trackers/seventeentrack/key is not a text",
    ),
    "a key that no header can hold": (
        all_of_it(seventeentrack={"key": "é"}),
        "seventeentrack/key is not a text",
    ),
    "a key with a line break": (
        all_of_it(aftership=AFTERSHIP | {"api_key": "a\r\nb"}),
        "trackers/aftership/api_key is not a text",
    ),
    "no webhook secrets": (all_of_it(easypost={"api_key": "a"}), "trackers/easypost has no webhook_secrets"),
    "webhook secrets of nobody": (
        all_of_it(easypost=EASYPOST | {"webhook_secrets": []}),
        "trackers/easypost/webhook_secrets is not a list with something in it",
    ),
    "an empty webhook secret": (
        all_of_it(aftership=AFTERSHIP | {"webhook_secrets": ["hook", ""]}),
        "trackers/aftership/webhook_secrets is not a text",
    ),
    "a tracker that has no keys": (
        secret(trackers={"easypost": EASYPOST}, tracker="aftership"),
        "tracker is none of the trackers",
    ),
    "a tracker that is no text": (secret(trackers=TRACKERS, tracker=[]), "tracker is none of the trackers"),
    "a tracker that is nothing": (secret(trackers=TRACKERS, tracker=None), "tracker is none of the trackers"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_cannot_be_the_keys_is_refused_by_the_name_of_the_member(what):
    text, reason = BROKEN[what]

    assert reason in refusal(text)


@pytest.mark.parametrize(
    "url",
    [
        "https://wms.example",
        "https://wms.example:8443/in/",
        "https://10.0.0.7/in",
        "http://127.0.0.1:8000/in",
        "http://localhost/in",
    ],
)
def test_an_address_is_one_of_tls_or_of_this_machine(url):
    keys = read_partner_keys([secret({"W1": WAREHOUSE | {"url": url}})])

    assert keys.warehouses["W1"].url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "wms.example",
        "//wms.example",
        "https://",
        "https:///in",
        "http://wms.example",
        "http://10.0.0.7",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://localhost@evil.example",
        "https://user@wms.example",
        "https://user:word@wms.example",
        "https://wms.example?to=1",
        "https://wms.example#1",
        "https://wms.example:99999",
        "https://[::1",
        "ftp://wms.example",
        "file:///etc/hosts",
        "javascript:1",
        " https://wms.example",
        "https://wms.example\n",
        "https://wms.exämple",
        "https://" + "a" * 500,
        5,
        None,
        ["https://wms.example"],
    ],
)
def test_any_other_address_is_refused(url):
    assert refusal(secret({"W1": WAREHOUSE | {"url": url}})) == "warehouses/W1/url is not an https address"


@pytest.mark.parametrize(
    "text",
    [
        '{"tracker": hunter2}',
        secret({"W1": WAREHOUSE | {"secrets": ["hunter2"]}}),
        secret({"W1": WAREHOUSE | {"hunter2hunter2hunter2hunter2": ""}}),
        secret({"W1": WAREHOUSE | {"hunter2!": ""}}),
        secret({"W1": WAREHOUSE | {"url": "https://hunter2:hunter2@wms.example"}}),
        secret({"hunter2hunter2/": WAREHOUSE}),
        secret(trackers={"hunter2hunter2hunter2": {}}),
        secret(trackers={"kuaidi100": KUAIDI100 | {"salt": ["hunter2"]}}),
        secret(trackers=TRACKERS, tracker="hunter2"),
        secret(hunter2hunter2hunter2="1"),
    ],
    ids=[
        "JSON",
        "short",
        "a member",
        "odd",
        "a password",
        "a warehouse",
        "a tracker",
        "a salt",
        "the tracker",
        "top",
    ],
)
def test_no_reason_repeats_a_key_that_was_put_in_the_wrong_place(text):
    assert "hunter2" not in refusal(text)


def test_keys_are_not_shown_when_they_are_printed():
    keys = read_partner_keys([all_of_it()])

    for one in (
        keys,
        keys.warehouses["W1"],
        keys.kuaidi100,
        keys.aftership,
        keys.easypost,
        keys.seventeentrack,
    ):
        for hidden in (ONE, "salt", "hook-1", "sécret", "asat_1", "EZAK1", "CUSTOMER"):
            assert hidden not in repr(one)
