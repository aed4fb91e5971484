"""Contracts of an order's merchants, drawn from the order itself, so that its life stays what it was without them."""

from dataclasses import replace
from random import Random

from tests.builders import Trade


def agree(trade: Trade) -> None:
    """Most merchants of the order that *trade* has just placed have a contract."""
    whole = trade.world.whole
    draw = Random(repr(whole.lines))
    contracts = {
        merchant: {
            "contract_id": f"of-{merchant}",
            "model": draw.choice(["before", "after", "mixed"]),
            "withheld_pct": draw.randint(0, 100),
            "commission_bps": draw.choice([0, draw.randint(1, 2_000)]),
            "commission_by_category": {"tea": draw.randint(0, 2_000)},
            "reserve_bps": draw.choice([0, draw.randint(1, 3_000)]),
            "reserve_days": 30,
        }
        for merchant in sorted({sub_order.merchant_id for sub_order in whole.sub_orders})
        if draw.random() < 0.8
    }
    agreed = replace(whole, snapshot=whole.snapshot._replace(contracts=contracts))
    trade.world.whole = trade.world.placed = trade.world.before = agreed
