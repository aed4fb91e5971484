"""The register over HTTP: what went wrong stands in it by itself, has an owner, and is never closed silently."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from shared.outside import Call, outside
from tests.functions.registering import (
    HOUR,
    OPERATOR,
    SUPPORT,
    TEA_SHOP,
    open_entries,
    problem,
    report,
    resolution,
    spoil,
    troubled,
)
from tests.http_world import DAY, SWEPT, World
from tests.sweep.shipping import on_its_way


def test_a_troubled_parcel_stands_in_the_register_by_itself(world: World) -> None:
    order_id = troubled(world)

    [entry] = open_entries(world)

    assert (entry["kind"], entry["order_id"], entry["subject"]) == ("parcel_troubled", order_id, "PARCEL#01")
    assert entry["sub_order_id"] == f"{order_id}-01"
    assert entry["playbook"] == "docs/playbooks/parcel-troubled.md"
    assert [deed["action"] for deed in entry["actions"]] == [
        *("report_parcel", "write_off", "refund", "reship", "compensate", "no_action_needed")
    ]
    assert entry["due_at"] > entry["opened_at"]
    assert world.read(f"/register/{entry['entry_id']}", **SUPPORT) == entry


def test_whoever_opens_an_entry_looks_again_at_what_is_new_alone(world: World) -> None:
    order_id = world.placed_and_paid({"TEA": 1})
    world.ship_all(order_id)
    version = len([row for row in world.rows() if row["sk"].startswith("#EVENT#")])
    read_from: list[str] = []

    def watching(call: Call, act: Callable[[], Any]) -> Any:
        first = call.request.get("ExpressionAttributeValues", {}).get(":first", {}).get("S", "")
        if first.startswith("#EVENT#"):
            read_from.append(first)
        return act()

    outside.around.append(watching)
    report(world, order_id, "exception")
    outside.around.remove(watching)

    assert read_from == ["#EVENT#00000001", f"#EVENT#{version + 2:08}"]  # The trouble was the event between.
    assert [entry["kind"] for entry in open_entries(world)] == ["parcel_troubled"]


def test_it_is_over_when_the_parcel_goes_on_and_says_what_ended_it(world: World) -> None:
    order_id = troubled(world)
    [entry] = open_entries(world)

    report(world, order_id, "in_transit")

    assert open_entries(world) == []
    closed = world.read(f"/register/{entry['entry_id']}", **SUPPORT)
    assert (closed["state"], closed["resolved_by"], closed["closed_by"]) == ("closed", "parcel_moved", None)
    assert closed["closed_at"] is not None
    assert closed["due_at"] is None


def test_trouble_after_trouble_is_another_entry(world: World) -> None:
    order_id = troubled(world)
    [first] = open_entries(world)
    report(world, order_id, "in_transit")
    report(world, order_id, "lost")

    [second] = open_entries(world)

    assert second["entry_id"] != first["entry_id"]
    assert world.read(f"/register/{first['entry_id']}", **SUPPORT)["state"] == "closed"


def test_an_address_that_the_carrier_cannot_find_is_a_kind_of_its_own(world: World) -> None:
    order_id = world.placed_and_paid({"TEA": 1})
    world.ship_all(order_id)
    report(world, order_id, "exception", reason="bad_address")

    assert [entry["kind"] for entry in open_entries(world)] == ["address_unclear"]


def test_what_the_order_does_not_show_closes_nothing(world: World) -> None:
    order_id = troubled(world)
    [entry] = open_entries(world)
    path, body = resolution(entry, "refund")

    refused = problem(world.send("POST", path, body, **SUPPORT), 409, "action_not_seen")
    world.command(f"/orders/{order_id}/refunds", {"amount": 100, "reason": "damaged"}, **SUPPORT)
    closed = world.command(path, body, **SUPPORT)

    assert refused["route"] == "POST /orders/{order_id}/refunds"
    assert (closed["state"], closed["action"], closed["note"]) == ("closed", "refund", "as_written")
    assert closed["closed_by"] == "s-1"
    assert open_entries(world) == []


def test_what_was_done_before_the_trouble_began_is_no_answer_to_it(world: World) -> None:
    order_id = world.placed_and_paid({"TEA": 1})
    world.ship_all(order_id)
    world.command(f"/orders/{order_id}/refunds", {"amount": 100, "reason": "goodwill"}, **SUPPORT)
    report(world, order_id, "exception")
    [entry] = open_entries(world)

    path, body = resolution(entry, "refund")
    problem(world.send("POST", path, body, **SUPPORT), 409, "action_not_seen")


def test_no_action_needs_a_reason_and_an_action_must_be_one_of_its_kind(world: World) -> None:
    troubled(world)
    [entry] = open_entries(world)
    path, body = resolution(entry, "no_action_needed", "carrier_found_it")

    problem(world.send("POST", path, {"action": "no_action_needed"}, **SUPPORT), 422, "invalid_request")
    problem(world.send("POST", path, body | {"note": ""}, **SUPPORT), 422, "invalid_request")
    problem(world.send("POST", path, body | {"note": "Li Lei, Lane 1"}, **SUPPORT), 422, "invalid_request")
    problem(world.send("POST", path, body | {"action": "fly"}, **SUPPORT), 422, "invalid_request")
    wrong = problem(world.send("POST", path, body | {"action": "ship"}, **SUPPORT), 422, "invalid_request")
    assert world.command(path, body, **SUPPORT)["note"] == "carrier_found_it"
    assert "report_parcel" in wrong["allowed"]


def test_closed_once_and_the_second_delivery_answers_like_the_first(world: World) -> None:
    troubled(world)
    [entry] = open_entries(world)
    path, body = resolution(entry, "no_action_needed")

    first = world.send("POST", path, body, key="k-1", **SUPPORT)
    again = world.send("POST", path, body, key="k-1", **SUPPORT)
    other = world.send("POST", path, body | {"note": "other"}, key="k-1", **SUPPORT)
    late = world.send("POST", path, body, key="k-2", **SUPPORT)

    assert first.status == again.status == 200
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    problem(other, 422, "idempotency_key_reused")
    assert problem(late, 409, "entry_closed")["resolution"] == "no_action_needed"


def test_somebody_takes_it_on_and_gives_it_up_again(world: World) -> None:
    troubled(world)
    [entry] = open_entries(world)
    path = f"/register/{entry['entry_id']}/assignment"

    taken = world.command(path, {"assignee": "s-7"}, **SUPPORT)
    left = world.command(path, {"assignee": None}, **OPERATOR)

    assert (taken["assignee"], left["assignee"]) == ("s-7", None)
    assert [(act["what"], act["by"], act["code"]) for act in left["log"]] == [
        ("assigned", "s-1", "s-7"),
        ("assigned", "op-1", ""),
    ]
    problem(world.send("POST", path, {"assignee": "Li Lei"}, **SUPPORT), 422, "invalid_request")


def test_what_is_late_goes_to_an_operator_and_is_counted_again_and_again(world: World) -> None:
    world.placed_and_paid({"TEA": 1})
    world.cloud.advance(2 * DAY + SWEPT)
    [entry] = open_entries(world, "merchant", "m-tea")
    assert open_entries(world, "operator") == []

    world.cloud.advance(24 * HOUR + SWEPT)
    assert open_entries(world, "merchant", "m-tea") == []
    [late] = open_entries(world, "operator")
    world.cloud.advance(24 * HOUR + SWEPT)
    [later] = open_entries(world, "operator")

    assert late["entry_id"] == later["entry_id"] == entry["entry_id"]
    assert [(one["owner"], one["late"]) for one in (entry, late, later)] == [
        *(("merchant", 0), ("operator", 1), ("operator", 2))
    ]
    assert later["due_at"] > late["due_at"] > entry["due_at"]
    assert [act["what"] for act in later["log"]] == ["overdue", "overdue"]


def test_silence_on_the_way_is_support_s_and_ends_with_the_delivery(world: World) -> None:
    order_id = on_its_way(journey="silent", after=57 * HOUR)(world)
    world.cloud.advance(2 * HOUR)

    [entry] = open_entries(world, kind="tracking_silent")
    world.arrive(order_id)

    closed = world.read(f"/register/{entry['entry_id']}", **SUPPORT)
    assert (closed["state"], closed["resolved_by"]) == ("closed", "parcel_delivered")


def test_a_parcel_that_was_seen_again_is_not_late_though_nothing_moved_it(world: World) -> None:
    on_its_way(journey="silent", after=57 * HOUR)(world)
    world.cloud.advance(2 * HOUR)
    [entry] = open_entries(world, kind="tracking_silent")
    waybill = next(row["waybill"] for row in world.rows() if row["sk"] == "PARCEL#01")
    world.cloud.advance(HOUR)
    seen = json.dumps({"what": "in_transit"}).encode()
    assert world.cloud.http("POST", f"/_trackers/{waybill}/event", {}, seen).status == 200

    world.cloud.advance(47 * HOUR + 1800)

    closed = world.read(f"/register/{entry['entry_id']}", **SUPPORT)
    assert (closed["state"], closed["resolved_by"], closed["late"]) == ("closed", "parcel_seen", 0)


def test_a_merchant_sees_and_closes_its_own_and_nobody_else_s(world: World) -> None:
    order_id = world.placed_and_paid({"TEA": 1, "KITE": 1})
    world.cloud.advance(2 * DAY + SWEPT)

    lists = {
        who: world.read("/merchant/register", role="merchant", who=who)["entries"]
        for who in ("m-tea", "m-toys", "m-none")
    }
    [own], [foreign] = lists["m-tea"], lists["m-toys"]
    path, body = f"/merchant{resolution(foreign, 'no_action_needed')[0]}", {"action": "ship", "note": "done"}
    hidden = world.send("POST", path, body, **TEA_SHOP)
    early = world.send("POST", f"/merchant/register/{own['entry_id']}/resolution", body, **TEA_SHOP)
    world.ship(order_id, 1)

    assert (own["kind"], own["sub_order_id"]) == ("shipment_late", f"{order_id}-01")
    assert foreign["sub_order_id"] == f"{order_id}-02"
    assert lists["m-none"] == []
    problem(hidden, 404, "not_found")
    assert problem(early, 409, "action_not_seen")["route"].endswith("/shipment")
    assert world.read("/merchant/register", **TEA_SHOP)["entries"] == []
    assert [e["entry_id"] for e in open_entries(world, "merchant", "m-toys")] == [foreign["entry_id"]]


def test_the_lists_of_merchants_name_their_merchant(world: World) -> None:
    for query in ("owner=merchant", "owner=support&merchant=m-tea"):
        problem(world.send("GET", f"/register?{query}", **SUPPORT), 422, "invalid_request")


@pytest.mark.parametrize("query", ["owner=nobody", "kind=weather", "cursor=1", "limit=0", "limit=51"])
def test_a_list_that_is_none_is_refused(world: World, query: str) -> None:
    problem(world.send("GET", f"/register?{query}", **SUPPORT), 422, "invalid_request")


def test_pages_follow_each_other_and_nothing_is_listed_twice(world: World) -> None:
    orders = [troubled(world) for _ in range(5)]
    seen, cursor = [], ""
    for _ in range(4):
        page = world.read(f"/register?limit=2&cursor={cursor.replace('#', '%23')}", **SUPPORT)
        seen += [entry["order_id"] for entry in page["entries"]]
        cursor = page["next_cursor"] or ""
        if not cursor:
            break

    assert sorted(seen) == sorted(orders)


def test_a_refund_that_was_refused_waits_for_an_operator(world: World) -> None:
    order_id = world.place({"TEA": 1})
    payment = world.start(order_id)
    world.pay(payment)
    world.refund_mode(payment, "fail_for_good")
    world.cancel(order_id)

    [entry] = open_entries(world, "operator")
    world.refund_mode(payment, "succeed")
    world.command(f"/orders/{order_id}/refunds/{order_id}R01/retry", {}, **OPERATOR)

    assert (entry["kind"], entry["subject"]) == ("refund_refused", "REFUND#01")
    closed = world.read(f"/register/{entry['entry_id']}", **SUPPORT)
    assert (closed["state"], closed["resolved_by"]) == ("closed", "refund_retried")


def test_drift_stands_in_the_register_until_it_is_repaired(world: World) -> None:
    check = "/operator/stock/drift-check"
    spoil(world, "TEA")
    for _ in range(2):
        world.command(check, {"repair": False}, **OPERATOR)
    [entry] = open_entries(world, "operator")

    world.command(check, {"repair": True}, **OPERATOR)

    assert (entry["kind"], entry["subject"], entry["times"]) == ("stock_drift", "STOCK#TEA#0", 2)
    closed = world.read(f"/register/{entry['entry_id']}", **OPERATOR)
    assert closed["resolved_by"] == "stock_repaired"
    spoil(world, "TEA")
    world.command(check, {"repair": False}, **OPERATOR)
    [again] = open_entries(world, "operator")
    assert again["entry_id"] != entry["entry_id"]


def test_the_register_names_nobody(world: World) -> None:
    troubled(world)
    world.cloud.advance(30 * HOUR)

    rows = [row for row in world.rows() if row["pk"].startswith("REGISTER#")]

    assert rows
    text = json.dumps(rows, default=str)
    assert not any(word in text for word in ("Li Lei", "1234 5678", "Lane 1", "Beijing", "b-1"))
