"""What a refund after settlement takes back from everybody who had a share of it, to the fen (RULES 11.2)."""

from dataclasses import replace

from shared.payment.refunds import decide_refund
from tests.builders import ORDER_ID, a_completed_order

TEN_PER_CENT = {"contract_id": "c", "commission_bps": 1_000, "reserve_bps": 1_000, "reserve_days": 30}


def agreed(trade, **contracts):
    """The same order, whose merchants agreed on this before it was placed."""
    world = trade.world
    named = {f"m-{name}": contract for name, contract in contracts.items()}
    whole = replace(world.whole, snapshot=world.whole.snapshot._replace(contracts=named))
    placed = replace(world.placed, snapshot=whole.snapshot)
    world.whole, world.before, world.placed = whole, whole, placed
    return trade


def entries(change):
    return {entry.account.replace(ORDER_ID, "O"): entry.amount_minor for entry in change.voucher.entries}


def by_hand(trade, amount_minor, number="by_hand_1"):
    """The provider's people refund so much, and nobody of ours had promised it."""
    notice = trade.found_refund(amount_minor, number)
    return trade.world.apply(decide_refund(trade.whole, notice, now=trade.now))


def test_a_settlement_shares_what_was_paid_between_merchant_and_platform():
    trade = agreed(a_completed_order(), tea=TEN_PER_CENT)

    settled = trade.ring("SETTLE#01")

    assert entries(settled) == {  # 55.00 of goods, 8.00 of freight.
        "escrow:O-01": 6_300,
        "commission": -550,
        "reserve:m-tea": -575,
        "merchant:m-tea": -5_175,
    }
    assert settled.voucher.breakdown == {
        "gross": 5_500,
        "goods": 5_500,
        "freight": 800,
        "kept": 6_300,
        "commission": 550,
        "commission_withheld": 550,
        "reserve": 575,
        "reserve_days": 30,
        "payable": 5_175,
    }
    assert (settled.voucher.sub_order, settled.voucher.merchant_id) == (1, "m-tea")


def test_what_goes_back_after_settlement_is_a_claim_and_its_commission_is_given_back():
    trade = agreed(a_completed_order(), tea=TEN_PER_CENT)
    trade.ring("SETTLE#01")
    trade.ring("SETTLE#02")

    back = by_hand(trade, 1_000)

    assert entries(back) == {  # 63.00 and 108.00 are kept: 3.68 and 6.32.
        "claim:O-01": 368,
        "claim:O-02": 632,
        "clearing:sandbox": -1_000,
        "commission": 38,  # 10 % of 27.99 and 23.33 is left of 3.00 and 2.50: 2.79 and 2.33.
        "merchant:m-tea": -38,
    }


def test_commission_that_was_billed_is_not_billed_for_what_went_back():
    trade = agreed(a_completed_order(), tea=TEN_PER_CENT | {"model": "after", "reserve_bps": 0})
    settled = trade.ring("SETTLE#01")
    trade.ring("SETTLE#02")

    back = by_hand(trade, 1_000)

    assert entries(settled)["commission_due:m-tea"] == 550
    assert entries(settled)["merchant:m-tea"] == -6_300
    assert (entries(back)["commission"], entries(back)["commission_due:m-tea"]) == (38, -38)
    assert "merchant:m-tea" not in entries(back)


def test_when_everything_went_back_the_platform_has_earned_nothing():
    trade = agreed(
        a_completed_order(), tea=TEN_PER_CENT, pot=TEN_PER_CENT | {"model": "mixed", "withheld_pct": 33}
    )
    trade.ring("SETTLE#01")
    trade.ring("SETTLE#02")

    for part, amount in enumerate((1, 999, 6_000, 10_100), 1):
        by_hand(trade, amount, f"by_hand_{part}")

    held = trade.world.held
    assert held("commission") == held("commission_due:m-pot") == held("clearing:sandbox") == 0
    owed = {name: held(f"merchant:m-{name}") + held(f"reserve:m-{name}") for name in ("tea", "pot")}
    assert owed == {"tea": -6_300, "pot": -10_800}  # Which is what is claimed of them:
    assert [held(f"claim:{ORDER_ID}-{number:02}") for number in (1, 2)] == [6_300, 10_800]
