"""MONEY.md section 3 a third time: what must this order cost? From published records and fractions, and nothing else.

It shares no line, no type and no rounding with ``shared.ordering``, takes records as an operator published them and
coupons as they lie in a wallet, and does not care how long it takes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any

from local.demo.published import moment

Record = Mapping[str, Any]
PERCENT = 100


@dataclass
class Priced:
    """One line of the order, and what became of its price."""

    row: Record
    steps: list[tuple[str, int]]
    promotion: str = ""
    points: int = 0

    @property
    def cost(self) -> int:
        return sum(amount for _, amount in self.steps)


@dataclass
class Order:
    """Everything that its price depends on."""

    lines: Sequence[Record]
    terms: Mapping[str, Mapping[str, Record]]  # kind -> id -> record
    policy: Mapping[str, int]
    level: str
    currency: str
    at: int
    country: str
    region: str
    points: int
    coupons: Sequence[Record] = ()

    @property
    def levels(self) -> Mapping[str, Record]:
        return {
            n: lv for record in self.terms["policy"].values() for n, lv in record.get("levels", {}).items()
        }


def priced(order: Order) -> tuple[list[Priced], dict[str, list[tuple[str, int]]]]:
    """The steps of every line, and the steps of every merchant's freight."""
    lines = [Priced(row, [("list_price", row["unit_price_minor"] * row["quantity"])]) for row in order.lines]
    _members_pay_less(lines, order)
    _promote(lines, order)
    of_shops = [coupon for coupon in order.coupons if coupon.get("scope", {}).get("merchant_id")]
    of_platform = [coupon for coupon in order.coupons if coupon not in of_shops]
    for name, coupons in (("shop_coupon", of_shops), ("platform_coupon", of_platform)):
        for coupon in coupons:
            _redeem(lines, coupon, f"{name}:{coupon['coupon_id']}")
    freight = {row["merchant_id"]: _freight(lines, row["merchant_id"], order) for row in order.lines}
    _pay_in_points(lines, order)
    return lines, freight


def part_of(total: int, units: int, quantity: int) -> int:
    """What *units* of *quantity* are worth, rounded down, as a running total."""
    return floor(Fraction(total * units, quantity))


# --- the steps ---


def _members_pay_less(lines: list[Priced], order: Order) -> None:
    rate = order.levels.get(order.level, {}).get("rate_pct", PERCENT)
    for line in lines:
        if "full_price" not in line.row["flags"]:
            price = line.row["unit_price_minor"]
            less = price - floor(Fraction(price * rate, PERCENT) + Fraction(1, 2))
            _reduce([line], "member_price", less * line.row["quantity"])


def _promote(lines: list[Priced], order: Order) -> None:
    running = [
        record
        for record in order.terms["promotion"].values()
        if record["currency"] == order.currency
        and moment(record["starts_at"]) <= order.at < moment(record["ends_at"])
    ]
    for record in sorted(running, key=lambda r: (r.get("priority", 0), r["promotion_id"])):
        own = [line for line in lines if not line.promotion and _covers(record, line.row)]
        base = sum(line.cost for line in own)
        off = min(base, PROMISED[record["kind"]](record, own, base))
        if off > 0:
            _reduce(own, f"promotion:{record['promotion_id']}", off)
            for line in own:
                line.promotion = record["promotion_id"]


def _full_reduction(record: Record, own: list[Priced], base: int) -> int:
    off = 0
    for tier in record["tiers"]:
        if base >= tier["threshold_minor"]:
            times = floor(Fraction(base, tier["threshold_minor"])) if record.get("repeat") else 1
            off = max(off, tier["off_minor"] * times)
    return off


def _n_for_m(record: Record, own: list[Priced], base: int) -> int:
    """Lay all units in a row, the cheapest first: so many of them are free."""
    total = sum(line.row["quantity"] for line in own)
    free = floor(Fraction(total, record["n"])) * (record["n"] - record["m"])
    off = Fraction(0)
    for line in sorted(own, key=lambda line: Fraction(line.cost, line.row["quantity"])):
        units = min(free, line.row["quantity"])
        off += units * Fraction(line.cost, line.row["quantity"])
        free -= units
    return floor(off)


def _percentage(record: Record, own: list[Priced], base: int) -> int:
    off = floor(Fraction(base * (PERCENT - record["rate_pct"]), PERCENT))
    capped = min(off, record["max_off_minor"]) if record.get("max_off_minor") else off
    return capped if base >= record.get("threshold_minor", 0) else 0


PROMISED = {"full_reduction": _full_reduction, "n_for_m": _n_for_m, "percentage": _percentage}


def _redeem(lines: list[Priced], coupon: Record, name: str) -> None:
    """*coupon* as it lies in a wallet: what is as usual is left out there."""
    goes_with = coupon.get("stackable_with", ["promotion"])
    own = [line for line in lines if _covers(coupon.get("scope", {}), line.row)]
    own = [line for line in own if "promotion" in goes_with or not line.promotion]
    base = sum(line.cost for line in own)
    if base < coupon.get("threshold_minor", 0):
        return
    off = coupon.get("off_minor", 0)
    if not off:
        off = floor(Fraction(base * (PERCENT - coupon["rate_pct"]), PERCENT))
        off = min(off, coupon.get("max_off_minor", 0) or off)
    _reduce(own, name, min(off, base))


def _pay_in_points(lines: list[Priced], order: Order) -> None:
    rate = order.policy["points_per_yuan"]
    if not order.points or not rate:
        return
    worth = floor(Fraction(order.points * PERCENT, rate))
    before = [line.cost for line in lines]
    _reduce(lines, "points", worth)
    paid = [was - line.cost for was, line in zip(before, lines, strict=True)]
    needed = ceil(Fraction(worth * rate, PERCENT))
    for line, points in zip(lines, _spread(needed, paid), strict=True):
        line.points = points


def _freight(lines: list[Priced], merchant: str, order: Order) -> list[tuple[str, int]]:
    own = [line for line in lines if line.row["merchant_id"] == merchant]
    record = _template(order, merchant)
    if record is None:
        fee: int = order.policy["flat_freight_minor"]
    else:
        fee = _fee(record, own, order)
    if not fee:
        return []
    goods = sum(line.cost for line in own)
    free_over = record.get("free_over_minor") if record else None
    if free_over is not None and goods >= free_over:
        return [("freight", fee), ("free_over", -fee)]
    if order.levels.get(order.level, {}).get("is_freight_free"):
        return [("freight", fee), ("free_for_members", -fee)]
    return [("freight", fee)]


def _template(order: Order, merchant: str) -> Record | None:
    for whose in (merchant, ""):
        for record in order.terms["freight_template"].values():
            if record["currency"] == order.currency and record.get("merchant_id", "") == whose:
                return record
    return None


def _fee(record: Record, own: list[Priced], order: Order) -> int:
    zone = next(
        zone
        for place in (f"{order.country}/{order.region}", order.country, "*")
        for zone in record["zones"]
        if place in zone["to"]
    )
    each = (line.row["weight_grams"] if record["by"] == "weight" else 1 for line in own)
    amount = sum(one * line.row["quantity"] for one, line in zip(each, own, strict=True))
    further = ceil(Fraction(max(0, amount - zone["first"]), zone["step"]))
    fee: int = zone["first_fee_minor"] + further * zone["step_fee_minor"]
    return fee


# --- taking off ---


def _covers(scope: Record, row: Record) -> bool:
    merchant, categories, skus = (scope.get(name) for name in ("merchant_id", "categories", "skus"))
    return (
        (not merchant or row["merchant_id"] == merchant)
        and (not categories or row["category"] in categories)
        and (not skus or row["sku"] in skus)
    )


def _reduce(lines: list[Priced], name: str, off: int) -> None:
    for line, share in zip(lines, _spread(off, [line.cost for line in lines]), strict=True):
        if share:
            line.steps.append((name, -share))


def _spread(total: int, weights: Iterable[int]) -> list[int]:
    """Everybody gets the whole part of what is exactly theirs; the largest fractions get a penny more."""
    weights = list(weights)
    if not total:
        return [0] * len(weights)
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    parts = [floor(share) for share in exact]
    by_fraction = sorted(range(len(weights)), key=lambda i: (parts[i] - exact[i], i))
    for index in by_fraction[: total - sum(parts)]:
        parts[index] += 1
    return parts
