"""What was taken off, by whom it is paid, and what became of coupons, points, freight, reviews and long orders."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from rich.table import Table

from local.demo.client import Client
from local.demo.published import History
from local.demo.stage import Record
from local.demo.tables import table, yuan
from local.demo.world import Row, Whole, World

PERCENT = 100
STEPS = ("member", "promotion", "shop", "platform", "points")  # In this order a price comes about.
SLOW_SHOWN = 8
HOUR = 3600
CAME_BACK = ("unlock", "give_back")


def discounts(world: World) -> Table:
    """From list price to what was paid, for all paid orders, step by step and by who pays for it."""
    history, paid = History(world), [w for w in world.orders.values() if w.order["state"] == "paid"]
    listed = sum(line["steps"][0][1] for whole in paid for line in whole.bought)
    off, merchants, orders = Counter[str](), Counter[str](), Counter[str]()
    for whole in paid:
        for name, (amount, pct) in _taken_off(whole, history).items():
            off[name] += amount
            merchants[name] += amount * pct // PERCENT
            orders[name] += 1
    shown = table(
        "From list price to payable (CNY, paid orders)",
        "",
        "orders",
        "amount",
        "of merchants",
        "of the platform",
    )
    shown.add_row("list price", str(len(paid)), yuan(listed), "", "", end_section=True)
    for name in sorted(off, key=lambda name: (STEPS.index(name.split(" ")[0]), name)):
        platform = off[name] - merchants[name]
        shown.add_row(name, str(orders[name]), yuan(-off[name]), yuan(-merchants[name]), yuan(-platform))
    both = off.total() - merchants.total()
    shown.add_section()
    shown.add_row("all of it", "", yuan(-off.total()), yuan(-merchants.total()), yuan(-both))
    goods = listed - off.total()
    freight = sum(sub["freight_minor"] for whole in paid for sub in whole.of("SUB"))
    payable = sum(whole.order["payable_minor"] for whole in paid)
    shown.add_row("= goods payable", "", yuan(goods), "", "")
    shown.add_row("+ freight = captured", "", yuan(goods + freight), "", "")
    shown.add_row("  difference from the orders", "", yuan(goods + freight - payable), "", "", style="bold")
    return shown


def _taken_off(whole: Whole, history: History) -> dict[str, tuple[int, int]]:
    """Each reduction of one order: name -> (amount, what the merchants pay of it in per cent)."""
    coupons = {coupon[0]: coupon for coupon in whole.snapshot.get("coupons", ())}
    running = history.terms(whole.snapshot.get("terms_version", 0))["promotion"]
    found: dict[str, tuple[int, int]] = {}
    for line in whole.bought:
        for step, amount in line["steps"][1:]:
            kind, _, name = step.partition(":")
            pct = 0
            if kind == "promotion":
                pct = running[name].get("merchant_share_pct", PERCENT)
            elif name:
                _, name, _, _, pct, _ = coupons[name]
            label = f"{kind.replace('_', ' ')} {name}".strip()
            found[label] = (found.get(label, (0, 0))[0] - amount, pct)
    return found


def wallets(world: World) -> Table:
    """Coupons by template, and points."""
    shown = table("Coupons and points", "", "given out", "free", "locked", "used", "came back")
    states: dict[str, Counter[str]] = {}
    template: dict[str, str] = {}
    for rows in world.wallets.values():
        for row in rows.values():
            if "coupon_id" in row:
                states.setdefault(row["template_id"], Counter())[row["state"]] += 1
                template[row["coupon_id"]] = row["template_id"]
    back = Counter(template[coupon] for kind, coupon in _moves(world, "coupons") if kind in CAME_BACK)
    for name, counts in sorted(states.items()):
        cells = (counts.total(), *(counts[state] for state in ("available", "locked", "used")), back[name])
        shown.add_row(f"coupon {name}", *(f"{n:,}" for n in cells))
    members = [rows.get("MEMBER", {}) for rows in world.wallets.values()]
    granted = sum(
        row.get("points", 0) for rows in world.wallets.values() for sk, row in rows.items() if sk[0] == "P"
    )
    granted += sum(case["points"] for whole in world.orders.values() for case in whole.of("CASE"))
    kept = (sum(m.get(name, 0) for m in members) for name in ("points", "points_locked", "points_spent"))
    returned = sum(n for kind, n in _moves(world, "points") if kind in CAME_BACK)
    shown.add_section()
    shown.add_row("points", *(f"{n:,}" for n in (granted, *kept, returned)))
    return shown


def _moves(world: World, what: str) -> Iterator[tuple[str, Any]]:
    """Everything that orders did to coupons, (kind, coupon), or to points, (kind, points)."""
    for whole in world.orders.values():
        for event in whole.of("#EVENT"):
            found = event.get("wallet", {}).get(what) or []
            moves = [found] if found and what == "points" else found
            yield from (
                (move[0], move[1]) for move in moves
            )  # Points may have a third: those that were given.


def freight(world: World) -> Table:
    """What sending costs, and who is free of it; by part of a paid order."""
    shown = table("Freight (CNY, paid orders)", "", "parts", "amount")
    amounts, parts = Counter[str](), Counter[str]()
    for whole in world.orders.values():
        for sub_order in whole.of("SUB") if whole.order["state"] == "paid" else ():
            for name, amount in sub_order["freight_steps"]:
                amounts[name] += amount
                parts[name] += 1
    labels = {
        "freight": "by the templates",
        "free_over": "waived: enough goods",
        "free_for_members": "waived: VIP",
    }
    for name, label in labels.items():
        shown.add_row(label, str(parts[name]), yuan(amounts[name]))
    shown.add_section()
    shown.add_row("charged", "", yuan(amounts.total()))
    return shown


def reviews(world: World) -> Table:
    """Why people had to look, and how it ended."""
    shown = table("Reviewed before anything was sent", "", "orders", "hours waited (mean)")
    reasons = Counter(
        reason for whole in world.orders.values() for reason in whole.snapshot.get("review", ())
    )
    for reason, orders in sorted(reasons.items()):
        shown.add_row(f"because: {reason.replace('_', ' ')}", str(orders), "")
    shown.add_section()
    waited: dict[str, list[int]] = {}
    for whole in world.orders.values():
        for event in whole.of("#EVENT"):
            if event["event"] in ("review_approved", "review_rejected", "review_timed_out"):
                how = f"{event['event'].replace('_', ' ')}, by {event['actor']}"
                waited.setdefault(how, []).append(event["at"] - whole.order["paid_at"])
    for how, seconds in sorted(waited.items()):
        shown.add_row(how, str(len(seconds)), f"{sum(seconds) / len(seconds) / HOUR:.1f}")
    return shown


def long_orders(world: World, records: Iterable[Record]) -> Table:
    """Orders whose stock does not fit into one transaction."""
    shown = table("Long orders, moved in chunks", "order", "lines", "hold", "give back", "ship", "state")
    numbers = {record.order_id: record.sale.number for record in records}
    cut = {record.order_id: len(record.sale.articles) for record in records if record.is_cut}
    for whole in sorted(world.orders.values(), key=lambda whole: -len(whole.lines)):
        transfers = whole.of("MOVE")
        if not transfers:
            continue
        chunks = {kind: _chunks(whole, transfers, kind) for kind in ("reserve", "release", "ship")}
        name = numbers[whole.order_id]
        name += f" (of {cut[whole.order_id]})" if whole.order_id in cut else ""
        cells = (f"{n or ''}" for n in (len(whole.lines), *chunks.values()))
        shown.add_row(name, *cells, whole.order["stage"])
    return shown


def _chunks(whole: Whole, transfers: list[Row], kind: str) -> int:
    """How many events moved stock of this kind."""
    own = {f"MOVE#{transfer['number']:02}" for transfer in transfers if transfer["kind"] == kind}
    events = (event for event in whole.of("#EVENT") if event.get("stock"))
    return sum(any(step["subject"] in own for step in event["steps"]) for event in events)


def seconds(client: Client) -> Table:
    """What took how long on this machine, slowest in all first."""
    shown = table("Requests on this machine", "", "times", "mean ms", "longest ms")
    spent = sorted(client.seconds.items(), key=lambda entry: -sum(entry[1]))
    for route, each in spent[:SLOW_SHOWN]:
        mean = sum(each) / len(each)
        shown.add_row(route, f"{len(each):,}", f"{mean * 1000:.0f}", f"{max(each) * 1000:.0f}")
    return shown
