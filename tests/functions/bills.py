"""A bill that an operator brings, of a day on which nothing of ours moved: one payment of somebody else is in it."""

import hashlib
from typing import Any

from tests.http_world import World
from tests.uploads import post

DAY = "2026-11-20"
FILE = (
    b"balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,payment_intent_id,"
    b"payment_metadata[reference],refund_metadata[refund_id]\n"
    b"txn_9,2026-11-20 12:00:00,cny,11.33,0.63,10.70,charge,ch_9,pi_9,,\n"
)
TOLD = {"provider": "stripe", "day": DAY, "bytes": len(FILE), "sha256": hashlib.sha256(FILE).hexdigest()}
COMPARED = {"provider": "stripe", "day": DAY, "bill": TOLD["sha256"]}
FOREIGN = {"difference": "unknown_payment#pi_9", "reason": "other_shop_same_account"}
OPERATOR = {"role": "operator", "who": "op-1"}


def brought(world: World) -> str:
    """It is in the bucket, and nobody has compared it. Returns its day."""
    offer = world.command("/operator/bills", TOLD, **OPERATOR)
    assert post(world.cloud, offer["upload"], FILE).status == 204
    return DAY


def compared(world: World) -> str:
    brought(world)
    run: Any = world.command("/operator/reconciliations", COMPARED, **OPERATOR)["run"]
    assert run["differences"] == 1
    return DAY
