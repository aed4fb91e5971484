"""The register of what is wrong, kind by kind: who sees it, who owns it, until when, what may be done, how it ends.

payment failed, address unclear, refused delivery, wrong or missing goods, stuck past a deadline, refund unknown, stock
drift, webhook quarantined, tracking silent.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.functions.claims import claim, on_its_way, returning
from tests.functions.provider import event, tell
from tests.functions.registering import OPERATOR, SUPPORT, problem, registered, report, resolution, spoil
from tests.functions.showing import received
from tests.functions.watching import nothing_happens
from tests.http_world import DAY, SWEPT, World
from tests.sweep.shipping import on_its_way as followed

HOUR = 3600
PLAYBOOKS = Path(__file__).parents[2]
Mend = Callable[[World, str], Any]


class Trouble(NamedTuple):
    kind: str
    owner: str
    hours: int  # From when it is seen until it is late.
    happens: Callable[[World], str]  # Returns the order's number; "": it is no order's.
    deed: str  # One of its actions that nobody has done yet; "": there is none that an order shows.
    mend: Mend | None  # What ends it; None: only people can.
    ended_by: str = ""


# --- how it comes about ---


def a_payment_fails(world: World) -> str:
    order = world.place({"TEA": 1})
    payment = world.opens(order, "stripe")
    world.at_provider(payment, "pay", outcome="failed")
    return order


def no_such_address(world: World) -> str:
    order = on_its_way(world)
    report(world, order, "exception", reason="bad_address")
    return order


def refused_at_the_door(world: World) -> str:
    order = on_its_way(world)
    world.command(f"/orders/{order}/refusal", {"parcels": [1], "reason": "damaged"})
    return order


def asked_because(reason: str) -> Callable[[World], str]:
    return lambda world: claim(world, received(world), "refund_only", reason=reason).order


def not_shipped(world: World) -> str:
    order = world.placed_and_paid({"TEA": 3})
    world.cloud.advance(2 * DAY + SWEPT)
    return order


def not_inspected(world: World) -> str:
    asked = returning(world)
    asked.merchant("receipt")
    world.cloud.advance(2 * DAY + SWEPT)
    return asked.order


def not_ruled(world: World) -> str:
    asked = claim(world, received(world), "refund_only")
    asked.call_platform()
    world.cloud.advance(DAY + SWEPT)
    return asked.order


def never_arrived_back(world: World) -> str:
    world.cloud.agree_with_partners(warehouses=(), tracker="kuaidi100")
    asked = returning(world)
    journey = {"tracker": "kuaidi100", "carrier": "shunfeng", "journey": "silent"}
    path, body = "/_trackers/SF-BACK-0001/journey", json.dumps(journey).encode()
    assert world.cloud.http("POST", path, {}, body).status == 200
    world.cloud.advance(10 * DAY + SWEPT)
    return asked.order


def not_answered(world: World) -> str:
    order = world.place({"TEA": 1})
    world.at_provider(world.opens(order, "stripe"), "pay")
    world.desk("stripe/faults", {"next": 1000, "fault": "timeout", "on": "refund"})
    world.cancel(order)
    world.cloud.advance(HOUR)
    return order


def counted_wrongly(world: World) -> str:
    spoil(world, "TEA")
    world.command("/operator/stock/drift-check", {"repair": False}, **OPERATOR)
    return ""


def money_of_nobody(world: World) -> str:
    assert tell(world, event("payment.succeeded", reference="0" * 28))[0] == 503
    world.cloud.advance(DAY + HOUR)
    return ""


def seen_by_nobody(world: World) -> str:
    order = followed(journey="silent", after=57 * HOUR)(world)
    world.cloud.advance(2 * HOUR)
    return str(order)


# --- what ends it ---


def approves(world: World, order: str) -> None:
    path = f"/merchant/after-sales/{order}-C01/decision"
    world.command(path, {"approve": True}, role="merchant", who="m-tea")


def rules(world: World, order: str) -> None:
    body = {"rate_pct": 100, "goods_back": False, "freight_payer": "merchant", "reason": "worn"}
    world.command(f"/support/disputes/{order}-C01/ruling", body, **SUPPORT)


def counts(world: World, order: str) -> None:
    body = {"parcel": 1, "lines": [{"line": 1, "good": 3}]}
    world.command(f"/merchant/sub-orders/{order}-01/returns", body, role="merchant", who="m-tea")


def arrives(world: World, order: str) -> None:
    world.command(f"/merchant/after-sales/{order}-C01/receipt", {}, role="merchant", who="m-tea")


def answers(world: World, _: str) -> None:
    world.desk("stripe/faults", {"next": 0, "fault": "timeout", "on": "refund"})
    world.cloud.advance(HOUR)


def repairs(world: World, _: str) -> None:
    world.command("/operator/stock/drift-check", {"repair": True}, **OPERATOR)


TROUBLES = {
    "payment failed": Trouble(
        "payment_failed", "support", 2, a_payment_fails, "", lambda w, o: w.cancel(o), "payments_closed"
    ),
    "address unclear": Trouble(
        "address_unclear",
        "support",
        24,
        no_such_address,
        "reship",
        lambda w, o: report(w, o, "in_transit"),
        "parcel_moved",
    ),
    "refused delivery": Trouble(
        "refused_delivery", "merchant", 96, refused_at_the_door, "receive_return", counts, "return_received"
    ),
    "wrong goods": Trouble(
        "wrong_goods", "merchant", 48, asked_because("wrong_goods"), "decide_case", approves, "case_approved"
    ),
    "missing goods": Trouble(
        "missing_goods",
        "merchant",
        48,
        asked_because("missing_goods"),
        "rule_case",
        approves,
        "case_approved",
    ),
    "stuck: not shipped": Trouble(
        "shipment_late", "merchant", 24, not_shipped, "ship", lambda w, o: w.ship_all(o), "parcels_shipped"
    ),
    "stuck: not inspected": Trouble(
        "inspection_late", "support", 24, not_inspected, "rule_case", rules, "case_ruled"
    ),
    "stuck: not ruled": Trouble("dispute_late", "operator", 24, not_ruled, "rule_case", rules, "case_ruled"),
    "stuck: on its way back": Trouble(
        "case_late", "support", 48, never_arrived_back, "receive_case", arrives, "goods_arrived"
    ),
    "refund unknown": Trouble(
        "refund_unknown", "operator", 24, not_answered, "retry_refund", answers, "refund_succeeded"
    ),
    "stock drift": Trouble("stock_drift", "operator", 24, counted_wrongly, "", repairs, "stock_repaired"),
    "webhook quarantined": Trouble("webhook_quarantined", "operator", 24, money_of_nobody, "", None),
    "tracking silent": Trouble(
        "tracking_silent",
        "support",
        48,
        seen_by_nobody,
        "refund",
        lambda w, o: w.arrive(o),
        "parcel_delivered",
    ),
}


def entries_of(world: World, trouble: Trouble) -> list[Any]:
    merchant = "&merchant=m-tea" if trouble.owner == "merchant" else ""
    found = world.read(f"/register?owner={trouble.owner}{merchant}", **OPERATOR)["entries"]
    return [entry for entry in found if entry["kind"] == trouble.kind]


@pytest.mark.parametrize("name", TROUBLES)
def test_whatever_is_wrong_is_seen_owned_due_and_never_closed_silently(world: World, name: str) -> None:
    trouble = TROUBLES[name]
    order = trouble.happens(world)

    [entry] = entries_of(world, trouble)

    assert (entry["owner"], entry["order_id"], entry["state"]) == (trouble.owner, order or None, "open")
    assert (PLAYBOOKS / entry["playbook"]).read_text(encoding="utf-8").startswith("#")
    assert entry["actions"][-1]["action"] == "no_action_needed"
    assert all(one["route"] for one in entry["actions"][:-1])
    assert entry["due_at"] > entry["opened_at"]
    _closes_only_with_a_deed(world, trouble, entry)
    if trouble.mend is None:
        path, body = resolution(entry, "no_action_needed", "seen_at_the_provider")
        closed = world.command(path, body, **OPERATOR)
        assert (closed["action"], closed["note"], closed["closed_by"]) == (
            *("no_action_needed", "seen_at_the_provider", "op-1"),
        )
    else:
        trouble.mend(world, order)
        closed = world.read(f"/register/{entry['entry_id']}", **OPERATOR)
        assert closed["resolved_by"] == trouble.ended_by
    assert (closed["state"], entries_of(world, trouble)) == ("closed", [])


def _closes_only_with_a_deed(world: World, trouble: Trouble, entry: Any) -> None:
    """Without a word, with a deed of another kind, or with one that nobody has done, it stays open."""
    path, body = resolution(entry, trouble.deed or entry["actions"][0]["action"])
    with nothing_happens(world):
        mute = world.send("POST", path, body | {"note": ""}, **OPERATOR)
        foreign = world.send("POST", path, body | {"action": "weather"}, **OPERATOR)
        early = world.send("POST", path, body, **OPERATOR) if trouble.deed else None

    assert (mute.status, foreign.status) == (422, 422)
    if early is not None:
        problem(early, 409, "action_not_seen")


@pytest.mark.parametrize("name", TROUBLES)
def test_whatever_nobody_sees_to_in_time_is_an_operator_s(world: World, name: str) -> None:
    trouble = TROUBLES[name]
    trouble.happens(world)
    [entry] = entries_of(world, trouble)
    if trouble.kind in ("payment_failed",):  # The order dies before it is late.
        assert entry["due_at"] > entry["opened_at"]
        return
    [stored] = [row for row in registered(world) if row["kind"] == trouble.kind and row.get("due_at")]
    assert int(stored["due_at"]) - int(stored["opened_at"]) == trouble.hours * HOUR

    world.cloud.advance(int(stored["due_at"]) - world.cloud.clock.now() + SWEPT)

    late = world.read(f"/register/{entry['entry_id']}", **OPERATOR)
    if late["state"] == "open":
        assert (late["owner"], late["late"] >= 1) == ("operator", True)
    else:  # Something else ended it meanwhile, and says so.
        assert late["resolved_by"] or late["action"]
