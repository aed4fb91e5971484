"""Invariants of orders, their parts and their clocks (RELIABILITY section 3), each stated without the product's code.

What is legal comes from the lifecycle tables, because they are the rule; that the rows followed it is found out here.
"""

from collections.abc import Iterator

from local.demo.world import Row, Whole, World
from shared.lifecycle import MACHINES, START

UNSENT = ("awaiting_shipment", "pushing", "at_warehouse", "intercepting", "cancelled")
SWEEP_SECONDS = 60
GRACE_SECONDS = 60  # The sweeper leaves alone what is younger.
UNFINISHED_SECONDS_MAX = 300
MACHINE_OF = {
    "ORDER": "order",
    "SUB": "sub_order",
    "PAY": "payment",
    "REFUND": "refund",
    "DISPUTE": "dispute",
    "PARCEL": "parcel",
    "SETTLE": "settlement",
    "MOVE": "transfer",
    "CASE": "after_sale",
}
RULES = {rule.name: rule for machine in MACHINES.values() for rule in machine.rules}
CLOCKED = {(machine.name, deadline.state) for machine in MACHINES.values() for deadline in machine.deadlines}
SLOWEST_FIRST = (
    "escalated",
    "under_review",
    "intercepting",
    "awaiting_shipment",
    "awaiting_receipt",
    "delivered",
    "completed",
    "closed",
    "cancelled",
)


def states_are_legal(world: World) -> Iterator[str]:
    for whole in world.orders.values():
        for sk, row in whole.states():
            if row["state"] not in list(MACHINES[machine_of(sk)].states):
                yield f"{whole.order_id} {sk} is in no state of its table: {row['state']}"


def history_is_complete(world: World) -> Iterator[str]:
    """Version = number of EVENT rows, without a gap, and no row without its order."""
    for number in world.headless:
        yield f"{number} has rows and no order"
    for whole in world.orders.values():
        versions = [event["version"] for event in whole.of("#EVENT")]
        if versions != list(range(1, whole.order["version"] + 1)):
            yield f"{whole.order_id} has version {whole.order['version']} and events {versions}"


def steps_follow_the_tables(world: World) -> Iterator[str]:
    """Every step is a row of a table, begins where the last one ended, and the last ones end where the rows are."""
    for whole in world.orders.values():
        at: dict[str, str] = {}
        for event in whole.of("#EVENT"):
            for step in event["steps"]:
                yield from _step_problems(whole, event, step, at)
        for sk, row in whole.states():
            if at.get(sk, START) != row["state"]:
                yield f"{whole.order_id} {sk} is {row['state']}, its history ends in {at.get(sk, START)}"


def _step_problems(whole: Whole, event: Row, step: Row, at: dict[str, str]) -> Iterator[str]:
    rule, subject = RULES.get(step["row"]), step["subject"]
    where = f"{whole.order_id} v{event['version']} {subject}"
    if rule is None or rule.machine != machine_of(subject):
        yield f"{where}: {step['row']} is no row of its table"
        return
    if rule.source != at.get(subject, START):
        yield f"{where}: {step['row']} taken in {at.get(subject, START)}"
    if event["actor"] not in rule.actors:
        yield f"{where}: {step['row']} taken by {event['actor']}"
    at[subject] = rule.target


def parents_fold_their_children(world: World) -> Iterator[str]:
    for whole in world.orders.values():
        states = {sub_order["state"] for sub_order in whole.of("SUB")}
        folded = next((state for state in SLOWEST_FIRST if state in states), "nothing")
        expected = folded if whole.order["state"] == "paid" else whole.order["state"]
        if whole.order["stage"] != expected:
            yield f"{whole.order_id} says {whole.order['stage']}, its parts say {expected}"


def siblings_share_one_fate(world: World) -> Iterator[str]:
    """Siblings of one payment are all paid or all cancelled."""
    unpaid = {"awaiting_payment"}
    for whole in world.orders.values():
        states = {sub_order["state"] for sub_order in whole.of("SUB")}
        match whole.order["state"]:
            case "paid":
                is_whole = not states & unpaid
            case "cancelled":
                is_whole = states == {"cancelled"}
            case _:
                is_whole = states == unpaid
        if not is_whole:
            yield f"{whole.order_id} is {whole.order['state']} with parts {sorted(states)}"


def nothing_ships_unpaid(world: World) -> Iterator[str]:
    for whole in world.orders.values():
        paid_at: int | None = None
        for event in whole.of("#EVENT"):
            if event["event"] == "payment_succeeded":
                paid_at = event["version"]
            if event["event"] == "parcels_shipped" and paid_at is None:
                yield f"{whole.order_id} v{event['version']} shipped before it was paid"
        gone = [p["number"] for p in whole.of("PARCEL") if p["state"] not in UNSENT]
        if gone and whole.order["state"] != "paid":
            yield f"{whole.order_id} is {whole.order['state']}, its parcels {gone} have left"


def quantities_add_up(world: World) -> Iterator[str]:
    """Per line: promised = bought; once split, in parcels + gone + replaced = bought."""
    for whole in world.orders.values():
        for sub_order in whole.of("SUB"):
            for line in whole.lines_of(sub_order):
                yield from _quantity_problems(whole, sub_order, line)


def _quantity_problems(whole: Whole, sub_order: Row, line: Row) -> Iterator[str]:
    name, where = str(line["number"]), f"{whole.order_id} line {line['number']}"
    promised = sum(held[1] for held in line["allocation"])
    if promised != line["quantity"]:
        yield f"{where}: {line['quantity']} bought, {promised} promised"
    if "split_at" not in sub_order:
        return
    living = [parcel for parcel in whole.parcels_of(sub_order) if parcel["state"] != "cancelled"]
    packed = sum(parcel["contents"].get(name, 0) for parcel in living)
    gone, replaced = whole.gone(line), whole.standing_in(line)
    if packed + gone + replaced != line["quantity"]:
        yield f"{where}: {line['quantity']} bought, {packed} in parcels, {gone} gone, {replaced} replaced"


def amounts_add_up(world: World) -> Iterator[str]:
    """Lines to sub-orders, sub-orders to the order, parcels to what their goods cost: to the fen."""
    for whole in world.orders.values():
        for sub_order in whole.of("SUB"):
            where = f"{whole.order_id} sub-order {sub_order['number']}"
            goods = sum(line["payable_minor"] for line in whole.lines_of(sub_order))
            if goods != sub_order["goods_minor"]:
                yield f"{where}: lines cost {goods}, goods {sub_order['goods_minor']}"
            if sub_order["goods_minor"] + sub_order["freight_minor"] != sub_order["payable_minor"]:
                yield f"{where}: goods and freight are not the payable amount"
            live = [p for p in whole.parcels_of(sub_order) if p["state"] != "cancelled" and p["contents"]]
            packed = sum(p["goods_minor"] + p["freight_minor"] for p in live)
            borne = goods_kept_minor(sub_order) - sub_order["withheld_minor"]
            if live and packed != borne:
                yield f"{where}: parcels are worth {packed}, the goods in them {borne}"
        parts = sum(sub_order["payable_minor"] for sub_order in whole.of("SUB"))
        if parts != whole.order["payable_minor"]:
            yield f"{whole.order_id}: parts cost {parts}, the order {whole.order['payable_minor']}"


def waiting_states_have_a_clock(world: World) -> Iterator[str]:
    for whole in world.orders.values():
        for sk, row in whole.states():
            needs = (machine_of(sk), row["state"]) in CLOCKED
            if needs != ("due_at" in row):
                yield f"{whole.order_id} {sk} is {row['state']} {'without' if needs else 'with'} a deadline"


def no_deadline_is_missed(world: World) -> Iterator[str]:
    latest = world.now - GRACE_SECONDS - SWEEP_SECONDS
    for whole in world.orders.values():
        for sk, row in whole.states():
            if row.get("due_at", latest) < latest:
                yield f"{whole.order_id} {sk} is {row['state']}, due {world.now - row['due_at']} s ago"


def events_are_finished(world: World) -> Iterator[str]:
    """No EVENT row is unfinished for longer than five minutes."""
    for whole in world.orders.values():
        for event in whole.of("#EVENT"):
            age = world.now - event.get("unfinished_since", world.now)
            if age > UNFINISHED_SECONDS_MAX:
                yield f"{whole.order_id} v{event['version']} {event['event']} is unfinished for {age} s"


def nothing_is_dead_or_lost(world: World) -> Iterator[str]:
    for queue, messages in world.queued.items():
        if messages:
            yield f"{queue} holds {messages} messages"
    if world.lost:
        yield f"{world.lost} messages were given up, and no queue took them"


def machine_of(subject: str) -> str:
    return MACHINE_OF[subject.split("#")[0]]


def goods_kept_minor(sub_order: Row) -> int:
    """What the goods and the freight cost that were not cancelled."""
    kept: int = sub_order["payable_minor"]
    return kept - int(sub_order["refunded_goods_minor"]) - int(sub_order["refunded_freight_minor"])


def kept_minor(sub_order: Row) -> int:
    """What of the payable amount has not been promised back, for goods or for none."""
    return goods_kept_minor(sub_order) - int(sub_order["given_back_minor"])
