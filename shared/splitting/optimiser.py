"""PLACEHOLDER by the lead, first fit only, so that others can import it: O1 overwrites this file whole."""

from shared.splitting.problem import Impossible, Kind, Obstacle, Packed, Plan, Problem
from shared.splitting.tariff import parcel_price


def cheapest_parcels(problem: Problem, *, time_limit_ms: int = 100, parcels_max: int | None = None) -> Plan | Impossible:
    bins = []
    for g in problem.goods:
        left = g.quantity
        own = g.kinds if Kind.CROSS_BORDER in g.kinds else g.kinds | {Kind.DOMESTIC}
        for w in problem.warehouses:
            stock = w.stock.get(g.sku, 0)
            services = [
                s
                for s in w.services
                if not own & s.refuses and g.unit_grams <= s.max_grams and g.unit_cm3 <= s.max_cm3
            ]
            if Kind.CROSS_BORDER in g.kinds and problem.customs_cap and g.unit_price_minor > problem.customs_cap:
                return Impossible(Obstacle.OVER_CUSTOMS_CAP, (g.sku,))
            while left and stock and services:
                for b in bins:
                    if b["w"] is w and b["m"] == g.merchant and b["k"] == g.kinds:
                        cats = {c for c in b["c"] if frozenset({c, g.category}) in problem.apart and c != g.category}
                        fits = [
                            s
                            for s in services
                            if s in b["s"] and b["g"] + g.unit_grams <= s.max_grams and b["v"] + g.unit_cm3 <= s.max_cm3
                        ]
                        over = (
                            Kind.CROSS_BORDER in g.kinds
                            and problem.customs_cap
                            and b["p"] + g.unit_price_minor > problem.customs_cap
                        )
                        if not cats and fits and not over:
                            break
                else:
                    b = {"w": w, "m": g.merchant, "k": g.kinds, "c": set(), "s": services, "g": 0, "v": 0, "p": 0, "u": {}}
                    bins.append(b)
                    fits = services
                b["c"].add(g.category)
                b["s"] = fits
                b["g"] += g.unit_grams
                b["v"] += g.unit_cm3
                b["p"] += g.unit_price_minor
                b["u"][g.sku] = b["u"].get(g.sku, 0) + 1
                left -= 1
                stock -= 1
        if left:
            return Impossible(Obstacle.NO_SERVICE, (g.sku,))
    parcels = []
    for b in bins:
        price, service = min((parcel_price(b["w"], s, b["g"], b["v"], b["k"]), s.service_id) for s in b["s"])
        parcels.append(Packed(b["m"], b["w"].warehouse_id, service, tuple(b["u"].items()), price))
    return Plan(tuple(parcels), sum(p.price for p in parcels), False, 0)
