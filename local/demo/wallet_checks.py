"""Invariants of members' wallets (RULES 3.2, RELIABILITY 16): coupons, points and limits, against every living order.

an order that waits for its payment    holds its coupons and points locked
a paid one                             has used them, but for what was given back with cancelled units
a dead one                             holds nothing
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from local.demo.naive_price import part_of
from local.demo.price_checks import policy_of
from local.demo.published import History
from local.demo.world import Row, Whole, World

UNPAID = ("placing", "pending_payment", "closing")
COUPON_STEPS = {  # What may happen to a coupon, and where that leaves it.
    ("lock", "available"): "locked",
    ("use", "locked"): "used",
    ("unlock", "locked"): "available",
    ("give_back", "used"): "available",
    ("hand_over", "locked"): "locked",  # To the order that its part has become.
}
CHINA = timedelta(hours=8)
Held = dict[tuple[str, str], list[tuple[str, str]]]  # (member, coupon) -> [(state, order)]


def points_add_up(world: World) -> Iterator[str]:
    """Granted, also for cases, = free + locked + spent, and none of them is negative."""
    for_cases = Counter[str]()
    for whole in world.orders.values():
        for_cases[whole.order["buyer_id"]] += sum(case["points"] for case in whole.of("CASE"))
    for member, rows in world.wallets.items():
        free, locked, spent = _points(rows)
        granted = sum(row["points"] for sk, row in rows.items() if sk.startswith("POINTS#"))
        granted += for_cases[member]
        if free + locked + spent != granted:
            yield f"{member} was granted {granted} points and has {free}, {locked} locked, {spent} spent"
        if min(free, locked, spent) < 0:
            yield f"{member} has {free} points, {locked} locked, {spent} spent"


def points_are_where_orders_hold_them(world: World) -> Iterator[str]:
    """Locked: those of orders that wait for payment. Spent: those of paid orders, less what came back."""
    locked, spent = Counter[str](), Counter[str]()
    for whole in world.orders.values():
        points, buyer = whole.snapshot.get("points", 0), whole.order["buyer_id"]
        if whole.order["state"] in UNPAID:
            locked[buyer] += points
        elif whole.order["state"] == "paid":
            back = (part_of(line["points"], whole.gone(line), line["quantity"]) for line in whole.lines)
            spent[buyer] += points - sum(back)
    for member in sorted({*world.wallets, *locked, *spent}):
        _, is_locked, is_spent = _points(world.wallets.get(member, {}))
        if (is_locked, is_spent) != (locked[member], spent[member]):
            yield (
                f"{member} has {is_locked} points locked and {is_spent} spent, "
                f"the orders say {locked[member]} and {spent[member]}"
            )


def coupons_are_where_orders_hold_them(world: World) -> Iterator[str]:
    """Locked by the one order that waits for payment, used by the one that was paid, free otherwise."""
    held = _held(world)
    for (member, coupon), holders in held.items():
        if len(holders) > 1:
            yield f"coupon {coupon} of {member} is held by {len(holders)} orders"
        if coupon not in _coupons(world, member):
            yield f"coupon {coupon} is not in the wallet of {member}"
    for member in world.wallets:
        for coupon, row in _coupons(world, member).items():
            state, order = next(iter(held.get((member, coupon), [])), ("available", ""))
            if (row["state"], row.get("order_id", "")) != (state, order):
                whose = row.get("order_id") or "no order"
                yield f"coupon {coupon} of {member} is {row['state']} by {whose}, and should be {state} by {order}"


def wallets_follow_their_journal(world: World) -> Iterator[str]:
    """What the events of all orders did to each coupon, in its order, is what may happen to it, and where it is."""
    at: dict[tuple[str, str], str] = {}
    moves = sorted(
        (
            event["at"],
            "separated_from" in whole.order,
            whole.order_id,
            event["version"],
            whole.order["buyer_id"],
            move,
        )
        for whole in world.orders.values()
        for event in whole.of("#EVENT")
        for move in map(tuple, event.get("wallet", {}).get("coupons", ()))
    )
    for *_, order_id, version, buyer, (kind, coupon, *_) in moves:
        was = at.get((buyer, coupon), "available")
        if (kind, was) not in COUPON_STEPS:
            yield f"{order_id} v{version}: {kind} of coupon {coupon}, which was {was}"
        at[buyer, coupon] = COUPON_STEPS.get((kind, was), was)
    for member in world.wallets:
        for coupon, row in _coupons(world, member).items():
            expected = at.get((member, coupon), "available")
            if row["state"] != expected:
                yield f"coupon {coupon} of {member} is {row['state']}, its journal ends in {expected}"


def limits_count_living_units(world: World) -> Iterator[str]:
    """So many of what is limited for each buyer: units that are neither cancelled nor of a dead order."""
    living: dict[str, Counter[str]] = {}
    for whole in world.orders.values():
        counts = living.setdefault(whole.order["buyer_id"], Counter())
        if whole.order["state"] != "cancelled":
            for line in whole.lines:
                counts.update(_counted(whole, line))
    for member in sorted({*world.wallets, *living}):
        rows = world.wallets.get(member, {}).get("MEMBER", {})
        found = {n.removeprefix("count:"): k for n, k in rows.items() if n.startswith("count:") and k}
        expected = {name: number for name, number in living.get(member, Counter()).items() if number}
        if found != expected:
            yield f"{member} counts {found}, the living orders {expected}"


def coupons_are_counted_when_issued(world: World) -> Iterator[str]:
    """``issued:<template>`` is how many there are, and a budget shrinks with each of them."""
    given: Counter[str] = Counter()
    for member, rows in world.wallets.items():
        own = Counter(row["template_id"] for row in _coupons(world, member).values())
        given.update(own)
        issued = {
            n.removeprefix("issued:"): k for n, k in rows.get("MEMBER", {}).items() if n.startswith("issued:")
        }
        if issued != dict(own):
            yield f"{member} was issued {issued}, and holds {dict(own)}"
    live = {
        row["template_id"]: row for row in world.catalogue if row["sk"] == "CURRENT" and "template_id" in row
    }
    for name, version in History(world).newest("coupon").items():
        total = version["record"].get("total")
        if total is not None and live[name]["left"] + given[name] != total:
            yield f"of {total} coupons {name}, {given[name]} are given out and {live[name]['left']} left"


def _points(rows: Mapping[str, Row]) -> tuple[int, int, int]:
    member = rows.get("MEMBER", {})
    free, locked, spent = (member.get(name, 0) for name in ("points", "points_locked", "points_spent"))
    return free, locked, spent


def _coupons(world: World, member: str) -> dict[str, Row]:
    rows = world.wallets.get(member, {})
    return {row["coupon_id"]: row for sk, row in rows.items() if sk.startswith("COUPON#")}


def _held(world: World) -> Held:
    held: Held = {}
    for whole in world.orders.values():
        state = "locked" if whole.order["state"] in UNPAID else "used"
        for coupon_id, _, _, _, _, ends_at in whole.snapshot.get("coupons", ()):
            if whole.order["state"] != "cancelled" and not _came_back(whole, coupon_id, ends_at):
                holders = held.setdefault((whole.order["buyer_id"], coupon_id), [])
                holders.append((state, whole.order_id))
    return held


def _came_back(whole: Whole, coupon_id: str, ends_at: int) -> bool:
    """Whether every line that it reduced is cancelled whole, the last of them before the coupon ended.

    Which lines a refund was for is not stored, so the latest refund of their parts stands for the last of them;
    where more was cancelled later, the journal may say that the coupon came back before.
    """
    lines = [line for line in whole.lines if any(name.endswith(f":{coupon_id}") for name, _ in line["steps"])]
    if whole.order["state"] != "paid" or not policy_of(whole)["coupon_comes_back"]:
        return False
    if not lines or any(whole.gone(line) < line["quantity"] for line in lines):
        return False
    parts = {line["sub_order"] for line in lines}
    refunds = [r for r in whole.of("REFUND") if any(part[0] in parts for part in r["parts"])]
    returned = [
        e for e in whole.of("#EVENT") if ["give_back", coupon_id] in e.get("wallet", {}).get("coupons", ())
    ]
    return min(_latest(refunds), *(int(event["at"]) for event in returned), ends_at) < ends_at


def _latest(refunds: list[Row]) -> int:
    return max((int(refund["requested_at"]) for refund in refunds), default=0)


def _counted(whole: Whole, line: Row) -> Counter[str]:
    """What living units of the line count against its buyer's limits."""
    cancelled, counted = whole.gone(line), Counter[str]()
    if "limited" in line["flags"]:
        counted[f"sku:{line['sku']}"] += line["quantity"] - cancelled
    if "cross_border" in line["flags"]:
        worth = line["payable_minor"] - part_of(line["payable_minor"], cancelled, line["quantity"])
        year = (datetime.fromtimestamp(whole.order["placed_at"], UTC) + CHINA).year
        counted[f"cross_border:{year}"] += worth
    return counted
