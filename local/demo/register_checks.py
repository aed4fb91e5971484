"""Invariants of the register of what went wrong (RULES 12): everybody's work has an owner, a playbook and a deadline,
what lasts is in it, and nothing is closed silently.
"""

from collections.abc import Iterator
from pathlib import Path

from local.demo.world import Row, World

PLAYBOOKS = Path(__file__).parents[2] / "docs" / "playbooks"
OWNERS = ("support", "operator", "merchant", "warehouse")
LATE_SECONDS = 8 * 86_400  # The demo's sweeper looks for what is late once a week.
LASTS = {  # What of an order must be in the register for as long as it is so: kind of row, state -> kinds of entries.
    ("REFUND", "needs_action"): ("refund_refused", "money_quarantined"),
    ("DISPUTE", "pending"): ("chargeback",),
    ("SUB", "escalated"): ("review_overdue",),
    ("PARCEL", "troubled"): ("parcel_troubled", "address_unclear"),
    ("PARCEL", "returning"): ("refused_delivery", "return_late"),
    ("PARCEL", "returned"): ("refused_delivery", "return_late"),
    ("PARCEL", "incomplete"): ("return_short",),
}


def entries_are_somebody_s(world: World) -> Iterator[str]:
    """Each has an owner, a playbook, and until when; what is closed says by whom, or by what event."""
    for entry in world.register:
        where = f"{_name(entry)} of {entry.get('order_id', 'no order')}"
        if entry["owner"] not in OWNERS:
            yield f"{where} belongs to {entry['owner']}"
        if not (PLAYBOOKS / f"{entry['kind'].replace('_', '-')}.md").is_file():
            yield f"{where} has no playbook"
        is_open = entry["state"] == "open"
        if is_open and entry.get("due_at", 0) < world.now - LATE_SECONDS:
            yield f"{where} is due at {entry.get('due_at')}, and nobody noticed"
        if not is_open and ("due_at" in entry or not (entry.get("closed_by") or entry.get("resolved_by"))):
            yield f"{where} is closed, and nobody says why"


def what_lasts_is_registered(world: World) -> Iterator[str]:
    """Whatever is wrong with an order now has an entry, open or closed by somebody who looked at it."""
    known: set[tuple[str, str, str]] = set()
    for entry in world.register:
        is_seen = entry["state"] == "open" or bool(entry.get("closed_by"))
        if is_seen:
            known.add((entry.get("order_id", ""), entry["subject"], entry["kind"]))
    for whole in world.orders.values():
        for sk, row in whole.states():
            kinds = LASTS.get((sk.partition("#")[0], row["state"]), ())
            if kinds and not any((whole.order_id, sk, kind) in known for kind in kinds):
                yield f"{whole.order_id} {sk} is {row['state']}, and nobody is to look after it"


def _name(entry: Row) -> str:
    return f"{entry['kind']} ({entry['subject']})"
