"""What stands in an order's way? Everything at once, each with a reason and a way out (RULES 2.2).

    before there is a price     size, address, goods, stock, purchase limits, coupons
    once there is one           what coupons and points came to, payment method, customs, the price that was shown

A quote and an order are asked the same; what one of them does not say (an address, a price seen) is not checked.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from shared.changes import ACTIONS_MAX
from shared.goods import Flag, Sku
from shared.money import AMOUNT_MAX, Money
from shared.ordering.coupons import clashes
from shared.ordering.quote import Basket, Quote, Wanted
from shared.ordering.reductions import is_covered
from shared.ordering.terms import Coupon, CouponState, Member, PaymentMethod, Terms
from shared.ordering.wallet import cross_border_year

LINES_MAX = 500
ACTIONS_BESIDE_PARTS = 9  # order, event, lines, personal data, key, voucher, refund, wallet, transfer
ADDRESS_FIELDS = ("name", "phone", "country", "city", "street")


class Problem(NamedTuple):
    code: str
    at: str  # JSON pointer into the request
    details: Mapping[str, Any]


class Expected(NamedTuple):
    """The price that the buyer saw: all of it, and as much of how it came about as was sent back."""

    payable: Money
    lines: tuple[int, ...] | None = None  # payable of each, in the order of the request
    freight_minor: int | None = None


def size_problems(wanted: Sequence[Wanted]) -> Iterator[Problem]:
    """What is told before anything is read."""
    if len(wanted) > LINES_MAX:
        yield Problem("too_many_lines", "/lines", {"maximum": LINES_MAX, "wanted": len(wanted)})


def problems_of(
    wanted: Sequence[Wanted],
    address: Mapping[str, str | None] | None,
    skus: Mapping[str, Sku],
    countries: frozenset[str],
) -> Iterator[Problem]:
    """Everything about address and SKUs that can be told before anything is priced."""
    if address is not None:
        yield from address_problems(address, countries)
    seen: set[str] = set()
    for index, want in enumerate(wanted):
        at = f"/lines/{index}/sku"
        sku = skus.get(want.sku)
        if want.sku in seen:
            yield Problem("sku_repeated", at, {"sku": want.sku})
        elif sku is None:
            yield Problem("sku_unknown", at, {"sku": want.sku})
        elif not sku.is_on_sale:
            yield Problem("sku_not_on_sale", at, {"sku": want.sku})
        seen.add(want.sku)
    currencies = {skus[want.sku].currency for want in wanted if want.sku in skus}
    if len(currencies) > 1:
        yield Problem("currencies_mixed", "/lines", {"currencies": sorted(currencies)})


def stock_problems(wanted: Sequence[Wanted], short: Mapping[str, int]) -> Iterator[Problem]:
    """A line that wants more than is left is told how many are left."""
    for index, want in enumerate(wanted):
        if want.sku in short:
            details = {"sku": want.sku, "wanted": want.quantity, "available": short[want.sku]}
            code = "stock_short" if short[want.sku] else "sold_out"
            yield Problem(code, f"/lines/{index}/quantity", details)


def limit_problems(wanted: Sequence[Wanted], skus: Mapping[str, Sku], member: Member) -> Iterator[Problem]:
    """So many for each buyer, over all of their orders, and no more."""
    for index, want in enumerate(wanted):
        sku = skus.get(want.sku)
        if sku is None or Flag.LIMITED not in sku.flags:
            continue
        limit, bought = sku.limit_per_buyer, member.counts.get(f"sku:{want.sku}", 0)
        left = max(0, limit - bought)
        if want.quantity > left:
            details = {"wanted": want.quantity, "limit": limit, "bought": bought, "left": left}
            yield Problem("purchase_limit", f"/lines/{index}/quantity", {"sku": want.sku, **details})


def coupon_problems(
    asked: Sequence[str],
    found: Mapping[str, Coupon],
    *,
    wanted_skus: Sequence[Sku],
    points: int,
    now: int,
    currency: str,
) -> Iterator[Problem]:
    """Whether each coupon is the buyer's, valid now, for such goods, and goes together with the others.

    *found* are the buyer's own: somebody else's coupon is unknown here. *wanted_skus* are those that are known, and
    *currency* theirs; ``""`` while there is not one for all.
    """
    for index, coupon_id in enumerate(asked):
        at, details = f"/coupons/{index}", {"coupon": coupon_id}
        coupon = found.get(coupon_id)
        if coupon_id in asked[:index]:
            yield Problem("coupon_repeated", at, details)
        elif coupon is None:
            yield Problem("coupon_unknown", at, details)
        else:
            yield from _coupon_problems(coupon, at, now, currency)
            if wanted_skus and not any(is_covered(sku, coupon.scope) for sku in wanted_skus):
                yield Problem("coupon_not_applicable", at, details)
    yield from _stacking_problems(asked, found, points)


def payment_method_problems(method: str, quote: Quote, terms: Terms) -> Iterator[Problem]:
    """Whether the platform takes *method* for this amount and these goods, and which it would take."""
    if not method or not terms.payment_methods:
        return
    obstacles = {name: _obstacles(terms.payment_methods[name], quote) for name in terms.payment_methods}
    if obstacles.get(method, {"unknown": True}):
        available = sorted(name for name, why in obstacles.items() if not why)
        details = {"method": method, **obstacles.get(method, {}), "available": available}
        yield Problem("payment_method_unavailable", "/payment_method", details)


def quote_problems(
    quote: Quote, expected: Expected | None, basket: Basket, *, asked: Sequence[str]
) -> Iterator[Problem]:
    """What the price of *basket* brings to light: beyond a limit, of no use, or not the price that was shown.

    *asked* are the coupons of the request, of which the basket may hold only those that are valid.
    """
    if quote.payable_minor > AMOUNT_MAX:
        yield Problem("amount_too_large", "/lines", {"maximum": AMOUNT_MAX})
    if quote.payable_minor == 0:  # No provider takes a payment of nothing.
        yield Problem("nothing_to_pay", "/coupons" if basket.coupons else "/points", {"minimum": 1})
    parts, room = _parts(quote), ACTIONS_MAX - ACTIONS_BESIDE_PARTS
    if parts > room:
        yield Problem("too_many_parts", "/lines", {"maximum": room, "wanted": parts})
    if quote.unreachable:
        country, region = basket.destination
        where = {"country": country, "region": region, "merchants": list(quote.unreachable)}
        yield Problem("address_not_deliverable", "/address", where)
    yield from _useless_coupons(quote, basket.coupons, asked)
    yield from _points_problems(quote, basket)
    yield from _customs_problems(quote, basket)
    yield from _price_problems(quote, expected)


def shown(money: Money) -> dict[str, Any]:
    return {"amount": money.amount_minor, "currency": money.currency}


def address_problems(address: Mapping[str, str | None], countries: frozenset[str]) -> Iterator[Problem]:
    missing = [name for name in ADDRESS_FIELDS if not (address.get(name) or "").strip()]
    if missing:
        yield Problem("address_incomplete", "/address", {"missing": missing})
    country = address.get("country")
    if country and country not in countries:
        yield Problem("address_not_deliverable", "/address/country", {"country": country})


def _coupon_problems(coupon: Coupon, at: str, now: int, currency: str) -> Iterator[Problem]:
    details = {"coupon": coupon.coupon_id}
    if now >= coupon.ends_at:
        yield Problem("coupon_expired", at, {**details, "ended_at": coupon.ends_at})
    if now < coupon.starts_at:
        yield Problem("coupon_not_yet_valid", at, {**details, "starts_at": coupon.starts_at})
    if coupon.state is not CouponState.AVAILABLE:
        yield Problem("coupon_not_available", at, {**details, "state": str(coupon.state)})
    if currency and coupon.currency != currency:
        yield Problem("coupon_other_currency", at, {**details, "currency": coupon.currency})


def _stacking_problems(asked: Sequence[str], found: Mapping[str, Coupon], points: int) -> Iterator[Problem]:
    """Each coupon is told what it does not go with: coupons before it, or points."""
    coupons = [found[coupon_id] for coupon_id in dict.fromkeys(asked) if coupon_id in found]
    others: dict[str, list[str]] = {coupon.coupon_id: [] for coupon in coupons}
    for one, other in clashes(coupons):
        others[other.coupon_id].append(one.coupon_id)
    for coupon in coupons:
        if points and "points" not in coupon.stackable_with:
            others[coupon.coupon_id].append("points")
    for coupon_id, clashing in others.items():
        if clashing:
            at = f"/coupons/{asked.index(coupon_id)}"
            yield Problem("coupons_do_not_stack", at, {"coupon": coupon_id, "with": clashing})


def _obstacles(method: PaymentMethod, quote: Quote) -> dict[str, Any]:
    obstacles: dict[str, Any] = {}
    if method.max_minor and quote.payable_minor > method.max_minor:
        obstacles["maximum"] = method.max_minor
    if refused := {line.category for line in quote.lines} & set(method.not_for):
        obstacles["categories"] = sorted(refused)
    return obstacles


def _parts(quote: Quote) -> int:
    """What one transaction changes beside stock when all of the order is cancelled at once, after it was split."""
    parcels = {(line.sub_order, held.warehouse) for line in quote.lines for held in line.allocation}
    return len(quote.sub_orders) + len(parcels) + len(quote.coupons)


def _useless_coupons(quote: Quote, coupons: Sequence[Coupon], asked: Sequence[str]) -> Iterator[Problem]:
    """A coupon that takes nothing off would be used up for nothing."""
    for coupon, used, base in zip(coupons, quote.coupons, quote.coupon_bases, strict=True):
        at, details = f"/coupons/{asked.index(coupon.coupon_id)}", {"coupon": coupon.coupon_id}
        threshold = coupon.threshold_minor
        if 0 < base < threshold:
            short = {"threshold": threshold, "base": base, "missing": threshold - base}
            yield Problem("coupon_threshold_not_reached", at, {**details, **short})
        elif not used.off_minor:
            yield Problem("coupon_not_applicable", at, details)


def _points_problems(quote: Quote, basket: Basket) -> Iterator[Problem]:
    if basket.points > basket.member.points:
        yield Problem("points_short", "/points", {"wanted": basket.points, "available": basket.member.points})
    if basket.points > quote.points_max:
        yield Problem("points_over_cap", "/points", {"wanted": basket.points, "maximum": quote.points_max})


def _customs_problems(quote: Quote, basket: Basket) -> Iterator[Problem]:
    """One person may bring in so much a year, over all of their orders and all of their parts."""
    wanted = sum(line.payable_minor for line in quote.lines if Flag.CROSS_BORDER in line.flags)
    brought_in = basket.member.counts.get(cross_border_year(basket.now), 0)
    limit = basket.terms.policy["cross_border_year_minor"]
    if wanted and brought_in + wanted > limit:
        left = max(0, limit - brought_in)
        details = {"wanted": wanted, "limit": limit, "bought": brought_in, "left": left}
        yield Problem("cross_border_quota", "/lines", details)


def _price_problems(quote: Quote, expected: Expected | None) -> Iterator[Problem]:
    """Another price than the buyer saw: both, and where they differ."""
    if expected is None:
        return
    payable = Money(quote.payable_minor, quote.currency)
    why = list(_differences(quote, expected))
    if expected.payable != payable or why:
        details = {"old": shown(expected.payable), "new": shown(payable), "why": why}
        yield Problem("price_changed", "/expected_payable", details)


def _differences(quote: Quote, expected: Expected) -> Iterator[dict[str, Any]]:
    """Only of what the client sent back. A line that one side does not have is None there."""
    sent = expected.lines if expected.lines is not None else tuple(line.payable_minor for line in quote.lines)
    for number, (line, old) in enumerate(zip_longest(quote.lines, sent), 1):
        sku, new = (line.sku, line.payable_minor) if line else (None, None)
        if old != new:
            yield {"what": "line", "line": number, "sku": sku, "old": old, "new": new}
    if expected.freight_minor not in (None, quote.freight_minor):
        yield {"what": "freight", "old": expected.freight_minor, "new": quote.freight_minor}
