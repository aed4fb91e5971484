"""Warehouses on the laptop: what they refuse. Only what we signed is read, only what was agreed is taken."""

import json

import pytest

from tests.local.partner_clients import (
    DAY,
    ID,
    SHARED,
    START,
    World,
    call,
    cancel,
    own_mac,
    parcel,
    push,
    query,
    read,
)


@pytest.fixture
def world():
    return World()


@pytest.mark.parametrize("reason", ["unknown_sku", "out_of_stock", "address", "closed"])
def test_a_push_is_refused_with_each_reason_and_stays_refused(world, reason):
    world.mode(push=reason)
    first = push(world)
    world.mode()

    assert [first, push(world)] == [(409, {"status": "rejected", "reason": reason})] * 2
    assert query(world) == cancel(world) == (404, {"status": "unknown"})
    world.advance(DAY)
    assert world.box == []
    assert world.desk("/_warehouses/books")[1]["W1"]["units"] == {}


@pytest.mark.parametrize(
    "changed",
    [
        {"warehouse_told": "W2"},
        {"kind": "unusual"},
        {"carrier": 7},
        {"service": ""},
        {"priority": None},
        {"lines": []},
        {"lines": "TEA"},
        {"lines": [{"line": 1, "sku": "TEA", "quantity": 0}]},
        {"lines": [{"line": 1, "sku": "TEA", "quantity": 1.0}]},
        {"lines": [{"line": 1, "sku": "TEA", "quantity": True}]},
        {"lines": [{"line": 1, "sku": "", "quantity": 1}]},
        {"lines": [{"line": 1, "sku": "TEA", "quantity": 1}, {"line": 1, "sku": "CUP", "quantity": 1}]},
        {"consignee": None},
        {"consignee": {"name": "Li"}},
        {"fulfillment_id": ""},
    ],
    ids=str,
)
def test_what_is_no_parcel_is_malformed_and_nothing_begins(world, changed):
    form = parcel(**changed)
    form["warehouse"] = changed.get("warehouse_told", "W1")

    reply = call(world, "POST", "/fulfillments", form, **{"idempotency-key": form["fulfillment_id"]})

    assert (reply.status, read(reply)[1]["error"]) == (400, "malformed")
    assert world.held() == {}
    assert world.next_due() is None


@pytest.mark.parametrize("key", [None, "", "another", ID.lower()], ids=["none", "empty", "another", "lower"])
def test_a_push_bears_its_id_as_idempotency_key(world, key):
    headers = {} if key is None else {"idempotency-key": key}

    assert call(world, "POST", "/fulfillments", parcel(), **headers).status == 400
    assert world.held() == {}


FORGED = {
    "none": lambda moment, mac: {"ordercycle-signature": ""},
    "no_time": lambda moment, mac: {"ordercycle-signature": f"v1={mac}"},
    "no_mac": lambda moment, mac: {"ordercycle-signature": f"t={moment}"},
    "upper_case": lambda moment, mac: {"ordercycle-signature": f"t={moment},v1={mac.upper()}"},
    "other_scheme": lambda moment, mac: {"ordercycle-signature": f"t={moment},v0={mac}"},
    "one_second_off": lambda moment, mac: {"ordercycle-signature": f"t={moment + 1},v1={mac}"},
    "cut_short": lambda moment, mac: {"ordercycle-signature": f"t={moment},v1={mac[:-1]}"},
    "blank": lambda moment, mac: {"ordercycle-signature": f"t={moment}, v1={mac}"},
    "trailing": lambda moment, mac: {"ordercycle-signature": f"t={moment},v1={mac},"},
    "five_macs": lambda moment, mac: {"ordercycle-signature": f"t={moment}" + f",v1={mac}" * 5},
}


@pytest.mark.parametrize("how", FORGED)
@pytest.mark.parametrize(
    ("method", "path", "form"),
    [
        ("POST", "/fulfillments", parcel()),
        ("POST", f"/fulfillments/{ID}/cancellation", {"reason": "x"}),
        ("GET", f"/fulfillments/{ID}", None),
        ("POST", "/returns", {}),
    ],
    ids=["push", "cancel", "query", "return"],
)
def test_a_call_that_we_did_not_sign_is_refused(world, method, path, form, how):
    push(world)
    before = world.known("/_warehouses/W1")
    body = b"" if form is None else json.dumps(form, ensure_ascii=False).encode()
    mac = own_mac(SHARED["warehouses"]["W1"]["secrets"][0], START, body)

    reply = call(world, method, path, form, **FORGED[how](START, mac))

    assert reply.status == 401
    assert world.known("/_warehouses/W1") == before


def test_another_warehouse_s_secret_opens_nothing(world):
    push(world)

    assert query(world, key=SHARED["warehouses"]["W2"]["secrets"][0])[0] == 401
    assert query(world, key=SHARED["warehouses"]["W1"]["secrets"][1])[0] == 200


@pytest.mark.parametrize(("late", "status"), [(-301, 401), (-300, 200), (300, 200), (301, 401)])
def test_a_signature_is_fresh_for_five_minutes_both_ways(world, late, status):
    push(world)
    mac = own_mac(SHARED["warehouses"]["W1"]["secrets"][0], START + late, b"")

    header = {"ordercycle-signature": f"t={START + late},v1={mac}"}
    reply = call(world, "GET", f"/fulfillments/{ID}", **header)

    assert reply.status == status


def test_several_macs_may_stand_in_one_header(world):
    push(world)
    macs = [own_mac(key, START, b"") for key in ("x" * 64, SHARED["warehouses"]["W1"]["secrets"][0])]

    header = {"ordercycle-signature": f"t={START},v1={macs[0]},v1={macs[1]}"}
    reply = call(world, "GET", f"/fulfillments/{ID}", **header)

    assert reply.status == 200
