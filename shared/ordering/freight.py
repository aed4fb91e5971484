"""What does sending one merchant's goods cost? By its template: where to, how heavy or how many (MONEY 3, step 6).

Freight is computed once, before payment, for each merchant's part. A split after payment never charges it again.
"""

from shared.ordering.reductions import Lines
from shared.ordering.terms import EVERYWHERE, FreightTemplate, Member, Terms, Zone

Steps = tuple[tuple[str, int], ...]


def freight_steps(
    lines: Lines, terms: Terms, member: Member, *, currency: str, destination: tuple[str, str]
) -> Steps | None:
    """The fee for one merchant's *lines*, and what frees the buyer from it. None: nobody takes them there.

    *lines* are priced up to and including coupons: points do not cost the buyer the free freight.
    """
    template = terms.freight_of(lines[0].sku.merchant_id, currency)
    if template is None:
        fee: int | None = terms.policy["flat_freight_minor"]
    else:
        zone = zone_for(template, destination)
        fee = fee_of(zone, _amount(lines, template.by)) if zone else None
    if fee is None:
        return None
    freed_by = _freed_by(lines, template, is_member_free=terms.level_of(member).is_freight_free)
    steps = (("freight", fee), (freed_by, -fee)) if freed_by else (("freight", fee),)
    return steps if fee else ()


def zone_for(template: FreightTemplate, destination: tuple[str, str]) -> Zone | None:
    """The tariff that names this region, or else its country, or else everywhere; None: it does not go there.

    While nobody has said where to, it is the tariff for everywhere, or else the first one.
    """
    country, region = destination
    # Reversed, so that the first zone that names a place counts.
    by_name = {name: zone for zone in reversed(template.zones) for name in zone.to}
    if not country:
        return by_name.get(EVERYWHERE) or next(iter(template.zones), None)
    names = (f"{country}/{region}", country, EVERYWHERE)
    return next((by_name[name] for name in names if name in by_name), None)


def fee_of(zone: Zone, amount: int) -> int:
    """*amount* is grams or pieces; a further step counts as soon as it is begun.

    >>> zone = Zone(("*",), first=1_000, first_fee_minor=800, step=500, step_fee_minor=200)
    >>> fee_of(zone, 1_000), fee_of(zone, 1_001), fee_of(zone, 1_500), fee_of(zone, 1_501)
    (800, 1000, 1000, 1200)
    """
    further = max(0, amount - zone.first)
    steps_begun = -(-further // zone.step)
    return zone.first_fee_minor + steps_begun * zone.step_fee_minor


def _amount(lines: Lines, by: str) -> int:
    return sum(line.quantity * (line.sku.weight_grams if by == "weight" else 1) for line in lines)


def _freed_by(lines: Lines, template: FreightTemplate | None, *, is_member_free: bool) -> str:
    goods = sum(line.left_minor for line in lines)
    free_over = template.free_over_minor if template else None
    if free_over is not None and goods >= free_over:
        return "free_over"
    return "free_for_members" if is_member_free else ""
