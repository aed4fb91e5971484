"""Small orders to split, and the answers that a pencil gives."""

from itertools import product

from bench.split.checking import checked


def a_line(sku="S1", **changes):
    return {
        "id": f"L{sku}",
        "sku": sku,
        "merchant": "M1",
        "qty": 2,
        "unit_price": 10_000,
        "unit_weight_g": 700,
        "unit_volume_cm3": 6_000,
        "category": "general",
        "hazard": False,
        "bulky": False,
        "cross_border": False,
    } | changes


def a_band(over, upto, base, step=1_000, step_price=0):
    return {"over_g": over, "upto_g": upto, "base": base, "step_g": step, "step_price": step_price}


def a_carrier(**changes):
    """800 for the first kilogram, 180 for each further one up to 5 kg, then 460."""
    return {
        "name": "economy",
        "max_weight_g": 30_000,
        "max_volume_cm3": 180_000,
        "volumetric_divisor": 8_000,
        "refuses": [],
        "surcharges": {"hazard": 500},
        "bands": [
            a_band(0, 1_000, 800),
            a_band(1_000, 5_000, 800, step_price=180),
            a_band(5_000, 30_000, 1_520, step_price=460),
        ],
    } | changes


def an_instance(*lines, carrier=None, stock=5, **changes):
    """One warehouse, W1, that has five of everything and one carrier."""
    lines = lines or (a_line(),)
    return {
        "format": "oms-split/1",
        "id": "n1-01",
        "class": "n1",
        "currency": "CNY",
        "cross_border_cap": 500_000,
        "incompatible": [["food", "chemical"]],
        "lines": list(lines),
        "warehouses": {
            "W1": {"handling": 150, "carriers": ["W1.e"], "stock": {line["sku"]: stock for line in lines}}
        },
        "carriers": {"W1.e": carrier or a_carrier()},
    } | changes


def a_parcel(warehouse="W1", carrier="W1.e", merchant="M1", **units):
    lines = [{"sku": sku, "qty": quantity} for sku, quantity in (units or {"S1": 2}).items()]
    return {"merchant": merchant, "warehouse": warehouse, "carrier": carrier, "lines": lines}


def an_answer(*parcels, instance_id="n1-01"):
    return {"id": instance_id, "parcels": list(parcels or (a_parcel(),))}


def least_by_trying_everything(instance):
    """The least price, from all ways to cut a tiny order: the first unit that is left goes with any others."""
    skus = [line["sku"] for line in instance["lines"]]
    lanes = [(name, carrier) for name, one in instance["warehouses"].items() for carrier in one["carriers"]]
    stock = {
        name: tuple(one["stock"].get(sku, 0) for sku in skus) for name, one in instance["warehouses"].items()
    }
    known, priced = {}, {}

    def price(lane, contents):
        """Of one parcel: as if nothing else were ordered."""
        if (lane, contents) not in priced:
            units = {sku: number for sku, number in zip(skus, contents, strict=True) if number}
            lines = [line | {"qty": units[line["sku"]]} for line in instance["lines"] if line["sku"] in units]
            merchant = lines[0]["merchant"]
            alone = instance | {"lines": lines}
            answer = an_answer(a_parcel(*lane, merchant, **units), instance_id=instance["id"])
            priced[lane, contents] = checked(alone, answer).price
        return priced[lane, contents]

    def least(left, held):
        if not any(left):
            return 0
        if (left, held) not in known:
            known[left, held] = min(ways(left, held), default=10**9)
        return known[left, held]

    def ways(left, held):
        first = next(index for index, number in enumerate(left) if number)
        for contents in product(
            *(range(int(index == first), number + 1) for index, number in enumerate(left))
        ):
            rest = tuple(number - taken for number, taken in zip(left, contents, strict=True))
            for name, carrier in lanes:
                remaining = dict(held)
                remaining[name] = tuple(n - taken for n, taken in zip(remaining[name], contents, strict=True))
                if min(remaining[name]) >= 0 and price((name, carrier), contents) is not None:
                    yield price((name, carrier), contents) + least(rest, tuple(remaining.items()))

    return least(tuple(line["qty"] for line in instance["lines"]), tuple(stock.items()))
