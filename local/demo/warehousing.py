"""Warehouses' systems at work on an order's parcels, and what goes wrong there (``local.warehouses`` plays them)."""

from collections.abc import Iterator, Mapping
from typing import Any

from local.demo.client import Person
from local.demo.happened import Kind
from local.demo.made_up import DAY, HOUR
from local.demo.plays import Stopping, Work
from local.demo.stage import Stage
from local.demo.tariffs import SYSTEMS

LEFT_AFTER = 10 * HOUR  # All that a system has was packed by then,
LEFT_BIT_BY_BIT_AFTER = 5 * DAY  # even where it goes bit by bit.
PARCELS = range(1, 5)  # Of an order that is not yet cut: so many may come of it.
FAULTS = {Work.ANSWER_LOST: "answer_lost", Work.DOWN: "503", Work.OVERTAKEN: "notice_first"}
UNAUTHORIZED = 401
MODES: Mapping[Work, Mapping[str, Any]] = {
    Work.BY_LINE: {"packages": "by_line"},
    Work.BIT_BY_BIT: {"packages": "by_line", "apart_seconds": 6 * HOUR},
    Work.TOLD_TWICE: {"deliver": "twice"},
    Work.TOLD_LATE: {"deliver": 3 * HOUR},
    Work.TOLD_BACKWARDS: {"deliver": "reversed"},
}
KINDS = {
    Work.REFUSES: Kind.PUSH_REFUSED,
    Work.ANSWER_LOST: Kind.PUSH_UNANSWERED,
    Work.DOWN: Kind.WAREHOUSE_DOWN,
    Work.OVERTAKEN: Kind.WAREHOUSE_OVERTAKEN,
    Work.BY_LINE: Kind.PACKAGES,
    Work.BIT_BY_BIT: Kind.BIT_BY_BIT,
    Work.SHORT: Kind.SHORT_PICK,
    Work.NOTHING_FOUND: Kind.NOTHING_FOUND,
    Work.TOLD_TWICE: Kind.WAREHOUSE_TWICE,
    Work.TOLD_LATE: Kind.WAREHOUSE_LATE,
    Work.TOLD_BACKWARDS: Kind.WAREHOUSE_BACKWARDS,
    Work.FORGED: Kind.WAREHOUSE_FORGED,
}


def fulfilment_of(sub_order: Mapping[str, Any], parcel: Mapping[str, Any]) -> str:
    """Under which number a warehouse knows a parcel."""
    return f"{sub_order['sub_order_id']}-P{parcel['parcel']:02}"


def at_systems(order: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Parcels that a warehouse's system has, or shall have: sub-order and parcel."""
    for sub_order in order["sub_orders"]:
        for parcel in sub_order["parcels"]:
            if parcel["state"] in ("pushing", "at_warehouse"):
                yield sub_order, parcel


def get_ready(stage: Stage, order: Mapping[str, Any], work: Work) -> None:
    """Before the order is paid: what shall go wrong when its parcels are pushed."""
    if work is Work.REFUSES:
        for sub_order in order["sub_orders"]:
            for number in PARCELS:
                fulfilment = f"{sub_order['sub_order_id']}-P{number:02}"
                for warehouse in SYSTEMS:
                    _mode(stage, warehouse, fulfilment, {"push": "address"})
    if work in FAULTS:
        _faults(stage, {"next": 1, "fault": FAULTS[work], "on": "push", "about": order["order_id"]})


def at_work(stage: Stage, order: Mapping[str, Any], work: Work) -> None:
    """After the split: what shall go wrong while its parcels are packed."""
    if work in FAULTS:
        _faults(stage, {"next": 0, "about": order["order_id"]})
    pushed = list(at_systems(order))
    if work is Work.REFUSES:
        pushed = list(_refused(order))
    for sub_order, parcel in pushed:
        fulfilment, warehouse = fulfilment_of(sub_order, parcel), parcel["warehouse"]
        if mode := _mode_of(work, parcel):
            _mode(stage, warehouse, fulfilment, mode)
        if work is Work.FORGED:
            event = {"event_id": f"forged-{fulfilment}", "type": "fulfillment.confirmed", "final": True}
            body = {"event": event | {"fulfillment_id": fulfilment, "packages": []}}
            said = stage.client.neighbour(f"/_warehouses/{warehouse}/forgery", body)
            assert said["answered"] == UNAUTHORIZED, f"a forged message was answered {said}"
    if pushed and work in KINDS:
        [parcel, *_] = [parcel for _, parcel in pushed]
        stage.note(KINDS[work], order["order_id"], parcel["goods"]["amount"], f"PARCEL#{parcel['parcel']:02}")


def _refused(order: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    for sub_order in order["sub_orders"]:
        for parcel in sub_order["parcels"]:
            if parcel["progress"] == "refused":
                yield sub_order, parcel


def _mode_of(work: Work, parcel: Mapping[str, Any]) -> Mapping[str, Any]:
    contents = {int(line): units for line, units in parcel["contents"].items()}
    match work:
        case Work.SHORT:
            return {"short": [{"line": max(contents), "units": 1}]}
        case Work.NOTHING_FOUND:
            return {"short": [{"line": line, "units": units} for line, units in contents.items()]}
    return MODES.get(work, {})


def let_stop(stage: Stage, order: Mapping[str, Any], stopping: Stopping) -> None:
    """What the warehouses shall say to "stop"."""
    for sub_order, parcel in at_systems(order):
        _mode(stage, parcel["warehouse"], fulfilment_of(sub_order, parcel), {"cancel": str(stopping)})


def grade(stage: Stage, sub_order: Mapping[str, Any], parcel: Mapping[str, Any], condition: str) -> None:
    """In which condition the warehouse will find what comes back."""
    name = f"{fulfilment_of(sub_order, parcel)}-R"
    _mode(stage, parcel["warehouse"], name, {"return_grade": condition})


def count_by_hand(
    stage: Stage, sub_order: Mapping[str, Any], parcel: Mapping[str, Any], condition: str
) -> None:
    """A merchant without a system counts what came back."""
    merchant = sub_order["merchant_id"]
    counts = {"good": 0, "defect": 0, "scrap": 0}
    lines = [
        {"line": int(line), **counts, condition: units} for line, units in sorted(parcel["contents"].items())
    ]
    answer = stage.client.command(
        Person(f"{merchant}-clerk", "merchant", merchant),
        f"/merchant/sub-orders/{sub_order['sub_order_id']}/returns",
        {"parcel": parcel["parcel"], "lines": lines},
        key=f"return-{fulfilment_of(sub_order, parcel)}",
    )
    assert not answer.is_refusal, f"not counted: {answer}"


def _mode(stage: Stage, warehouse: str, about: str, form: Mapping[str, Any]) -> None:
    stage.client.neighbour(f"/_warehouses/{warehouse}/mode/{about}", dict(form))


def _faults(stage: Stage, form: dict[str, Any]) -> None:
    for warehouse in SYSTEMS:
        stage.client.neighbour(f"/_warehouses/{warehouse}/faults", form)
