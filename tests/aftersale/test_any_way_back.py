"""Whatever way every unit of an order goes back, in whatever steps: in the end it is closed, to the fen.

``World`` asks every promise of ``tests.promises`` after each step. Here is what holds when nothing is left.
"""

from collections import Counter

import pytest

from tests.any_shares import shares_of
from tests.any_way_back import a_life

LIVES, PER_CENT_MIN = 300, 3


@pytest.fixture(scope="module")
def lives():
    return [a_life(seed) for seed in range(LIVES)]


def test_nothing_waits_and_nothing_is_open(lives):
    for life in lives:
        whole = life.trade.whole
        assert {part.state for part in whole.sub_orders} <= {"cancelled", "closed"}
        assert whole.order.stage in ("cancelled", "closed")
        assert not [case for case in whole.cases if case.is_open]
        assert not [row.subject for row in whole.rows.values() if row.due_at is not None]
        assert life.trade.world.total("reserved") == 0
        assert {refund.state for refund in whole.refunds if refund.is_owed} <= {"succeeded"}


def test_what_was_nobodys_whim_is_paid_back_whole_to_the_fen(lives):
    """Goods, freight, what was reduced and given before: sent by the provider, or by our bank."""
    for life in (one for one in lives if one.why.is_fault):
        trade = life.trade
        assert sent(trade) == trade.whole.order.captured_minor + from_the_pool(trade)
        assert left_in_the_books(trade) == postage(trade)


def test_on_a_whim_what_was_sent_out_is_paid_for_and_nothing_else(lives):
    """Its freight, and what inspections took off, are its merchants', and are settled."""
    for life in (one for one in lives if not one.why.is_fault):
        trade, whole = life.trade, life.trade.whole
        sent_out = {parcel.sub_order for parcel in whole.parcels if parcel.shipped_at is not None}
        earned = {
            part.merchant_id: part.freight_minor * (part.number in sent_out) + short(trade, part.number)
            for part in whole.sub_orders
            if not part.replaces
        }
        assert sent(trade) == whole.order.captured_minor - sum(earned.values()) + from_the_pool(trade)
        settled = {f"merchant:{merchant}": -amount for merchant, amount in earned.items() if amount}
        assert left_in_the_books(trade) == settled | postage(trade)


def test_every_coupon_of_whatever_funder_and_every_point_is_back_once(lives):
    for life in lives:
        world, agreed = life.trade.world, life.trade.whole.snapshot
        moved = Counter((move.kind, move.coupon_id) for c in world.changes for move in c.wallet.coupons)
        used = [coupon.coupon_id for coupon in agreed.coupons]
        assert moved == Counter((kind, name) for kind in ("lock", "use", "give_back") for name in used)
        points = [change.wallet.points for change in world.changes if change.wallet.points is not None]
        assert sum(move.points for move in points if move.kind == "give_back") == agreed.points
        assert world.purse.points["available"] - sum(move.granted for move in points) == agreed.points
        assert set(world.purse.coupons.values()) <= {"available"}


def test_these_lives_go_every_way_often_enough_to_prove_something(lives):
    shares = shares_of(life.trade for life in lives)

    assert {name: share for name, share in shares.items() if share < PER_CENT_MIN} == {}


def sent(trade):
    """Minor units that the buyer has again: of what came in, the provider and our bank do not hold it any more."""
    held = sum(trade.world.held(account) for account in ("clearing:sandbox", "bank"))
    return trade.whole.order.captured_minor - held


def from_the_pool(trade):
    return trade.world.held("pool:compensation")


def left_in_the_books(trade):
    """What is on any account but those that *sent* and *from_the_pool* look at. What is kept back is the merchant's."""
    others = Counter()
    for (account, _), amount in trade.world.accounts.items():
        others[account.replace("reserve:", "merchant:")] += amount
    others = {account: amount for account, amount in others.items() if amount}
    return {a: n for a, n in others.items() if a not in ("clearing:sandbox", "bank", "pool:compensation")}


def postage(trade):
    """What sending goods back cost their buyers: given in points, for which their merchants are liable."""
    owed = Counter()
    for case in trade.whole.cases:
        account = f"claim:{trade.whole.order.order_id}-{case.sub_order:02}"
        owed.update({account: case.postage_minor, "points": -case.postage_minor})
    return {account: amount for account, amount in owed.items() if amount}


def short(trade, part):
    return sum(trade.world.lines.short[line.number] for line in trade.whole.lines if line.sub_order == part)
