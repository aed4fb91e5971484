"""Invariants of prices (RULES 3, MONEY 3): what is stored adds up, and somebody else comes to the same.

Every order is priced again, by ``naive_price``, from what the operator had published in the version of the terms that
the order is pinned to, and from the coupons in its buyer's wallet.
"""

from collections.abc import Iterator
from dataclasses import fields

from local.demo.naive_price import Order, part_of, priced
from local.demo.published import History
from local.demo.world import Row, Whole, World
from shared.settings import Policy

STEPS = ("list_price", "member_price", "promotion", "shop_coupon", "platform_coupon", "points")
PUBLISHED = ("name", "merchant_id", "unit_price_minor", "weight_grams", "category", "spec", "flags")
POLICY = tuple(field.name for field in fields(Policy))  # The order in which an order stores them.


def steps_add_up(world: World) -> Iterator[str]:
    """Per line: named steps, in their order, that leave something at every moment and end in what is payable."""
    for whole in world.orders.values():
        for line in whole.bought:
            where = f"{whole.order_id} line {line['number']}"
            names, amounts = zip(*line["steps"], strict=True)
            if amounts[0] != line["unit_price_minor"] * line["quantity"]:
                yield f"{where}: {line['quantity']} units do not begin at {amounts[0]}"
            kinds = [name.partition(":")[0] for name in names]
            ranks = [STEPS.index(kind) if kind in STEPS else -1 for kind in kinds]
            if ranks[0] != 0 or ranks != sorted(ranks) or len(set(names)) < len(names):
                yield f"{where}: its steps are {names}"
            left = [sum(amounts[:n]) for n in range(1, len(amounts) + 1)]
            if left[-1] != line["payable_minor"]:
                yield f"{where}: its steps come to {left[-1]}, it costs {line['payable_minor']}"
            if min(left) < 0 or any(amount >= 0 for amount in amounts[1:]):
                yield f"{where}: its steps are {amounts}"


def children_carry_what_the_order_used(world: World) -> Iterator[str]:
    """What coupons, points and freight come to on the lines and parts is what the order says of them."""
    for whole in world.orders.values():
        taken = [(name, -amount) for line in whole.bought for name, amount in line["steps"]]
        for coupon_id, _, _, off, *_ in whole.snapshot.get("coupons", ()):
            found = sum(off for name, off in taken if name.endswith(f"_coupon:{coupon_id}"))
            if found != off or not off:
                yield f"{whole.order_id}: coupon {coupon_id} takes off {off}, its lines {found}"
        points, on_lines = whole.snapshot.get("points", 0), sum(line["points"] for line in whole.lines)
        if points != on_lines or any(line["points"] < 0 for line in whole.lines):
            yield f"{whole.order_id}: {points} points are used, {on_lines} on its lines"
        for sub_order in whole.of("SUB"):
            freight = sum(amount for _, amount in sub_order["freight_steps"])
            if freight != sub_order["freight_minor"] or freight < 0:
                yield f"{whole.order_id} sub-order {sub_order['number']}: its freight steps come to {freight}"
        for name in ("goods_minor", "freight_minor"):
            parts = sum(sub_order[name] for sub_order in whole.of("SUB"))
            if parts != whole.order[name]:
                yield f"{whole.order_id}: its parts' {name} come to {parts}, its own is {whole.order[name]}"


def somebody_else_comes_to_the_same(world: World) -> Iterator[str]:
    history = History(world)
    for whole in world.orders.values():
        version = whole.snapshot.get("terms_version", 0)
        if version not in history.terms_versions and version:
            if history.terms_versions:
                yield f"{whole.order_id} is pinned to terms {version}, which never were"
            continue  # A world in which somebody wrote the terms without publishing them.
        order = _as_ordered(world, whole, history)
        lines, freight = priced(order)
        for line, again in zip(whole.bought, lines, strict=True):
            found = [tuple(step) for step in line["steps"]], line["points"]
            if found != (again.steps, again.points):
                yield f"{whole.order_id} line {line['number']}: {found}, not {again.steps}, {again.points} points"
        for sub_order in (sub_order for sub_order in whole.of("SUB") if not sub_order["replaces"]):
            expected = freight[sub_order["merchant_id"]]
            if [tuple(step) for step in sub_order["freight_steps"]] != expected:
                yield f"{whole.order_id} sub-order {sub_order['number']}: freight is not {expected}"


def _as_ordered(world: World, whole: Whole, history: History) -> Order:
    snapshot, order = whole.snapshot, whole.order
    wallet = world.wallets.get(order["buyer_id"], {})
    return Order(
        lines=whole.bought,
        terms=history.terms(snapshot.get("terms_version", 0)),
        policy=policy_of(whole),
        level=snapshot.get("level", ""),
        currency=order["currency"],
        at=order["placed_at"],
        country=order["country"],
        region=whole.rows.get("#PII", {}).get("region", ""),
        points=snapshot.get("points", 0),
        coupons=[wallet[f"COUPON#{coupon[0]}"] for coupon in snapshot.get("coupons", ())],
    )


def policy_of(whole: Whole) -> dict[str, int]:
    """The numbers that the order keeps."""
    return dict(zip(POLICY, whole.snapshot["policy"], strict=False))


def what_was_bought_was_published(world: World) -> Iterator[str]:
    """Price, weight, category: as the operator had published them when the order was placed; and the policy too."""
    history = History(world)
    for whole in world.orders.values():
        at = whole.order["placed_at"]
        for line in whole.bought:
            records = history.records_at("sku", line["sku"], at)
            facts = {name: line[name] for name in PUBLISHED}
            if records and facts not in [
                {name: record.get(name) for name in PUBLISHED} for record in records
            ]:
                yield f"{whole.order_id} line {line['number']} was not offered like that"
        terms, numbers = history.terms(whole.snapshot.get("terms_version", 0)), policy_of(whole)
        for record in terms["policy"].values():
            wrong = {n: numbers[n] for n, number in record["numbers"].items() if numbers[n] != number}
            if wrong.keys() - {"payment_timeout_seconds"}:  # A presale gives its buyer longer.
                yield f"{whole.order_id} goes by {wrong}, which is not what was published"


def what_goes_back_is_cumulative(world: World) -> Iterator[str]:
    """Money and points of units that are gone are running shares of their line, less what an inspection took off, and
    with what was given back for units that are kept; all units back is all of both."""
    for whole in world.orders.values():
        if whole.order["state"] != "paid":
            continue
        cash = sum(_cash_of(whole, sub_order) for sub_order in whole.of("SUB"))
        besides = sum(sub_order["given_back_minor"] for sub_order in whole.of("SUB"))  # For no goods.
        promised = whole.order["refund_reserved_minor"] - besides
        if cash != promised:
            yield f"{whole.order_id}: {promised} is promised back for goods, due is {cash}"
        points = sum(part_of(line["points"], whole.gone(line), line["quantity"]) for line in whole.lines)
        returned = sum(number for kind, number in _point_moves(whole) if kind == "give_back")
        if points != returned:
            yield f"{whole.order_id}: {returned} points came back, due are {points}"
        is_empty = all(whole.gone(line) == line["quantity"] for line in whole.lines)
        kept = _freight_kept(whole) + sum(sub_order["withheld_minor"] for sub_order in whole.of("SUB"))
        everything = (whole.order["captured_minor"] - kept, whole.snapshot.get("points", 0))
        if is_empty and (cash, points) != everything:
            yield f"{whole.order_id} is cancelled whole: {cash, points} goes back of {everything}"


def _freight_kept(whole: Whole) -> int:
    return sum(sub_order["freight_minor"] for sub_order in whole.of("SUB") if whole.keeps_freight(sub_order))


def _cash_of(whole: Whole, sub_order: Row) -> int:
    lines = whole.lines_of(sub_order)
    goods = [part_of(line["payable_minor"], whole.gone(line), line["quantity"]) for line in lines]
    is_empty = all(whole.gone(line) == line["quantity"] for line in lines)
    freight = int(sub_order["freight_minor"]) if is_empty and not whole.keeps_freight(sub_order) else 0
    besides = sum(sub_order["reduced"].values()) - sub_order["withheld_minor"]
    return int(sum(goods) + freight + besides)


def _point_moves(whole: Whole) -> Iterator[tuple[str, int]]:
    for event in whole.of("#EVENT"):
        if points := event.get("wallet", {}).get("points"):
            yield points[0], points[1]
