"""MONEY.md section 3 once more, by somebody who does not care how long it takes: fractions, unit by unit, gram by gram.

It was written from the document, shares no line with ``shared.ordering``, and says of a basket what the engine says.
"""

from fractions import Fraction
from math import floor


class Row:
    def __init__(self, sku, quantity):
        self.sku, self.quantity = sku, quantity
        self.steps = [("list_price", sku.unit_price_minor * quantity)]
        self.promotion = None

    @property
    def cost(self):
        return sum(amount for _, amount in self.steps)


def naive_price(basket):
    """(steps and points of each line, (goods, freight) of each merchant, what coupons took off, points, most)."""
    rows = [Row(basket.skus[sku], quantity) for sku, quantity in basket.wanted]
    level = basket.terms.levels.get(basket.member.level)
    if level is not None:
        _members_pay_less(rows, level.rate_pct)
    _promote(rows, basket)
    offs = {c.coupon_id: _redeem(rows, c, "shop_coupon") for c in basket.coupons if c.scope.merchant_id}
    offs |= {
        c.coupon_id: _redeem(rows, c, "platform_coupon") for c in basket.coupons if not c.scope.merchant_id
    }
    before_points = {id(row): row.cost for row in rows}
    points, most, shares = _pay_in_points(rows, basket)
    merchants = []
    for row in rows:
        if row.sku.merchant_id not in merchants:
            merchants.append(row.sku.merchant_id)
    parts = []
    for merchant in merchants:
        own = [row for row in rows if row.sku.merchant_id == merchant]
        goods = sum(before_points[id(row)] for row in own)
        parts.append((sum(row.cost for row in own), _freight(own, goods, merchant, basket)))
    lines = [(tuple(row.steps), share) for row, share in zip(rows, shares, strict=True)]
    return lines, parts, [offs[c.coupon_id] for c in basket.coupons], points, most


def _spread(total, weights):
    """Everybody gets the whole part of what is exactly theirs; then the largest fraction gets a fen, and so on."""
    if total == 0:
        return [0] * len(weights)
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    parts = [floor(share) for share in exact]
    waiting = list(range(len(weights)))
    while sum(parts) < total:
        chosen = max(waiting, key=lambda i: (exact[i] - floor(exact[i]), -i))
        parts[chosen] += 1
        waiting.remove(chosen)
    return parts


def _reduce(rows, name, off):
    for row, share in zip(rows, _spread(off, [row.cost for row in rows]), strict=True):
        if share:
            row.steps.append((name, -share))


def _members_pay_less(rows, rate):
    for row in rows:
        if "full_price" not in row.sku.flags:
            unit = floor(Fraction(row.sku.unit_price_minor * rate, 100) + Fraction(1, 2))
            less = (row.sku.unit_price_minor - unit) * row.quantity
            if less:
                row.steps.append(("member_price", -less))


def _in_scope(row, scope):
    if scope.merchant_id and row.sku.merchant_id != scope.merchant_id:
        return False
    if scope.categories and row.sku.category not in scope.categories:
        return False
    return not (scope.skus and row.sku.sku not in scope.skus)


def _promote(rows, basket):
    currency = rows[0].sku.currency
    waiting = [p for p in basket.terms.promotions if p.currency == currency]
    waiting = [p for p in waiting if basket.now in range(p.starts_at, p.ends_at)]
    waiting.sort(key=lambda p: p.promotion_id)
    waiting.sort(key=lambda p: p.priority)
    for promotion in waiting:
        own = [row for row in rows if row.promotion is None and _in_scope(row, promotion.scope)]
        base = sum(row.cost for row in own)
        off = min(base, _promised(promotion, own, base))
        if off > 0:
            _reduce(own, "promotion:" + promotion.promotion_id, off)
            for row in own:
                row.promotion = promotion


def _promised(promotion, own, base):
    if promotion.kind == "full_reduction":
        off = 0
        for tier in sorted(promotion.tiers, key=lambda tier: tier.threshold_minor):
            if base >= tier.threshold_minor:
                off = tier.off_minor
                if promotion.repeat:
                    off = tier.off_minor * floor(Fraction(base, tier.threshold_minor))
        return off
    if promotion.kind == "n_for_m":
        units = sorted(Fraction(row.cost, row.quantity) for row in own for _ in range(row.quantity))
        free = 0
        for complete in range(1, len(units) + 1):
            if complete % promotion.n == 0:
                free += promotion.n - promotion.m
        return int(sum(units[:free]))
    off = floor(Fraction(base * (100 - promotion.rate_pct), 100))
    if promotion.max_off_minor > 0:
        off = min(off, promotion.max_off_minor)
    return off if base >= promotion.threshold_minor else 0


def _redeem(rows, coupon, name):
    own = [row for row in rows if _in_scope(row, coupon.scope)]
    if "promotion" not in coupon.stackable_with:
        own = [row for row in own if row.promotion is None]
    base = sum(row.cost for row in own)
    if coupon.off_minor:
        off = min(coupon.off_minor, base)
    else:
        off = floor(Fraction(base * (100 - coupon.rate_pct), 100))
        if coupon.max_off_minor > 0:
            off = min(off, coupon.max_off_minor)
    if base < coupon.threshold_minor:
        off = 0
    _reduce(own, f"{name}:{coupon.coupon_id}", off)
    return off


def _pay_in_points(rows, basket):
    per_yuan, max_pct = basket.terms.policy["points_per_yuan"], basket.terms.policy["points_max_pct"]
    cap = floor(Fraction(sum(row.cost for row in rows) * max_pct, 100))
    most = floor(Fraction(cap * per_yuan, 100))
    used = min(basket.points, most)
    worth = floor(Fraction(used * 100, per_yuan))
    while used and floor(Fraction((used - 1) * 100, per_yuan)) == worth:
        used -= 1  # This point buys nothing.
    money = _spread(worth, [row.cost for row in rows])
    shares = _spread(used, money)
    for row, share in zip(rows, money, strict=True):
        if share:
            row.steps.append(("points", -share))
    return used, most, shares


def _freight(own, goods, merchant, basket):
    """What is charged, or None if nobody goes there."""
    level = basket.terms.levels.get(basket.member.level)
    templates = [t for t in basket.terms.freight if t.currency == own[0].sku.currency]
    template = next((t for t in templates if t.merchant_id == merchant), None)
    template = template or next((t for t in templates if t.merchant_id == ""), None)
    if template is None:
        fee = basket.terms.policy["flat_freight_minor"]
    else:
        zone = _zone(template.zones, *basket.destination)
        if zone is None:
            return None
        left = (
            sum(r.quantity * (r.sku.weight_grams if template.by == "weight" else 1) for r in own) - zone.first
        )
        fee = zone.first_fee_minor
        while left > 0:
            fee += zone.step_fee_minor
            left -= zone.step
        if template.free_over_minor is not None and goods >= template.free_over_minor:
            return 0
    return 0 if level is not None and level.is_freight_free else fee


def _zone(zones, country, region):
    for name in (f"{country}/{region}", country, "*"):
        for zone in zones:
            if name in zone.to:
                return zone
    return None if country else zones[0]
