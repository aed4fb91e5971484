"""Who gets what of a settled part, to the fen: reckoned by hand, and by a second arithmetic over random parts."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.changes import Draft
from shared.ledger.contract import Contract
from shared.ledger.shares import moved, shares_of
from shared.lifecycle import Event
from shared.model import Line, UsedCoupon, WholeOrder
from tests.builders import BUYER, T0, a_completed_order

LINE = Line(
    1, 1, "TEA", "green tea", "m-tea", 4, 2_500, (("list_price", 10_000),), 10_000, 100, (), category="tea"
)


def a_part(*lines, contract=None, coupons=(), freight=0, **fields):
    """One sub-order of *lines*, completed, under *contract*; (whole, sub-order)."""
    base = a_completed_order().whole
    goods = sum(line.payable_minor for line in lines)
    sub_order = replace(
        base.sub_orders[0], goods_minor=goods, freight_minor=freight, payable_minor=goods + freight, **fields
    )
    contracts = {"m-tea": contract.stored()} if contract else {}
    snapshot = base.snapshot._replace(contracts=contracts, coupons=tuple(coupons))
    whole = WholeOrder.of([base.order, sub_order], lines, snapshot)
    return whole, sub_order


def of(*lines, **how):
    return shares_of(*a_part(*lines, **how))


def priced(*steps, number=1, quantity=4, category="tea"):
    """A line that costs what its steps add up to."""
    cost = sum(amount for _, amount in steps)
    return LINE._replace(number=number, quantity=quantity, steps=steps, payable_minor=cost, category=category)


def test_without_a_contract_the_merchant_gets_all_that_was_paid():
    shares = of(LINE, freight=800)

    assert (shares.kept_minor, shares.payable_minor) == (10_800, 10_800)
    assert (shares.commission_minor, shares.reserve_minor, shares.billed_minor) == (0, 0, 0)


def test_the_golden_part_by_hand():
    """200.00 listed, 50.00 promotion, a coupon of 10.00 (30 % the merchant's), points for 5.00; 8.00 freight."""
    coupon = UsedCoupon("c1", "t1", "platform", 1_000, 30, 0)
    line = priced(
        ("list_price", 20_000),
        ("promotion:p", -5_000),
        ("platform_coupon:c1", -1_000),
        ("points", -500),
        quantity=2,
    )
    contract = Contract("c", commission_bps=500, reserve_bps=1_000, reserve_days=30)

    shares = of(line, contract=contract, coupons=[coupon], freight=800)

    assert shares.named() == {
        "gross": 20_000,
        "discounts": 5_000,
        "coupon_merchant": 300,
        "coupon_platform": 700,
        "points": 500,
        "goods": 13_500,
        "freight": 800,
        "kept": 14_300,
        "commission": 735,  # 5 % of 135.00 + 7.00 + 5.00.
        "commission_withheld": 735,
        "reserve": 1_476,  # 10 % of 143.00 + 7.00 + 5.00 - 7.35.
        "payable": 13_289,
    }


def test_freight_earns_no_commission_and_what_is_withheld_for_damage_neither():
    contract = Contract("c", commission_bps=1_000)

    shares = of(
        LINE,
        contract=contract,
        freight=900,
        returned={"1": 1},
        refunded_goods_minor=2_000,
        withheld_minor=500,
    )

    assert shares.goods_minor == 7_500
    assert shares.kept_minor == 7_500 + 900 + 500
    assert shares.commission_minor == 750
    assert shares.payable_minor == 8_900 - 750


@pytest.mark.parametrize(
    ("model", "withheld", "billed"), [("before", 333, 0), ("after", 0, 333), ("mixed", 199, 134)]
)
def test_a_contract_takes_its_commission_before_after_or_in_two_parts(model, withheld, billed):
    contract = Contract("c", model=model, withheld_pct=60 if model == "mixed" else 100, commission_bps=333)

    shares = of(LINE, contract=contract)

    assert (shares.commission_withheld_minor, shares.billed_minor) == (withheld, billed)
    assert shares.payable_minor == 10_000 - withheld


def test_every_line_is_rounded_down_by_itself_and_by_its_own_rate():
    contract = Contract("c", commission_bps=500, commission_by_category={"tea": 250, "gift": 0})
    lines = [
        priced(("list_price", 39), number=1, category="tea"),  # 0.975
        priced(("list_price", 59), number=2, category="cups"),  # 2.95
        priced(("list_price", 99_999), number=3, category="gift"),
    ]

    assert of(*lines, contract=contract).commission_minor == 0 + 2 + 0


def test_a_reduction_lowers_the_commission_and_so_does_what_went_back_for_no_goods():
    contract = Contract("c", commission_bps=1_000)

    reduced = of(LINE, contract=contract, reduced={"1": 1_000}, refunded_goods_minor=1_000)
    favour = of(LINE, contract=contract, given_back_minor=2_000)
    everything = of(LINE, contract=contract, freight=500, given_back_minor=10_500)

    assert (reduced.commission_minor, reduced.payable_minor) == (900, 8_100)
    assert (favour.commission_minor, favour.payable_minor) == (800, 7_200)
    assert (everything.commission_minor, everything.payable_minor) == (0, 0)


def test_a_shop_coupon_is_the_merchants_and_a_platforms_coupon_the_platforms():
    coupons = [UsedCoupon("s", "t", "shop", 400, 100, 0), UsedCoupon("p", "t", "platform", 600, 0, 0)]
    line = priced(("list_price", 10_000), ("shop_coupon:s", -400), ("platform_coupon:p", -600))

    shares = of(line, coupons=coupons)

    assert (shares.coupon_merchant_minor, shares.coupon_platform_minor) == (400, 600)
    assert shares.payable_minor == 9_600


def test_goods_that_replace_others_are_nobodys_second_sale():
    free = LINE._replace(
        number=2, steps=(("list_price", 10_000), ("replacement", -10_000)), payable_minor=0, replaces=1
    )

    assert of(LINE, free) == of(LINE)


def test_what_a_refund_changes_after_settlement_balances_and_undoes_the_settlement_in_the_end():
    coupon = UsedCoupon("p", "t", "platform", 601, 50, 0)
    line = priced(("list_price", 10_001), ("platform_coupon:p", -601), ("points", -99))
    contract = Contract("c", model="mixed", withheld_pct=33, commission_bps=777, reserve_bps=0)
    how = {"contract": contract, "coupons": [coupon]}
    states = [
        of(line, **how, returned={"1": gone}, refunded_goods_minor=9_301 * gone // 4) for gone in range(5)
    ]

    sums = {}
    for before, after in pairwise(states):
        entries = moved(before, after, "m-tea")
        assert sum(amount for _, amount in entries) == 0
        for account, amount in entries:
            sums[account] = sums.get(account, 0) + amount

    first = states[0]
    assert sums == {
        "merchant:m-tea": first.coupon_platform_minor + first.points_minor - first.commission_withheld_minor,
        "coupon:platform": -first.coupon_platform_minor,
        "points": -first.points_minor,
        "commission": first.commission_minor,
        "commission_due:m-tea": -first.billed_minor,
    }
    assert (first.coupon_platform_minor, first.points_minor, first.commission_minor) == (300, 99, 753)
    assert states[4].commission_minor == states[4].coupon_platform_minor == states[4].points_minor == 0


def test_a_part_that_is_not_settled_is_not_clawed_back():
    trade = a_completed_order()
    draft = Draft(trade.whole, event=Event.REFUND_FOUND, caller=BUYER, now=T0)

    draft.change(trade.whole.sub_orders[0], given_back_minor=100)

    assert draft.finish().voucher is None


# --- a second arithmetic: exact fractions, floored where the rule says so ---

STEP = st.integers(0, 3_000)


@st.composite
def any_line(draw, number):
    quantity = draw(st.integers(1, 7))
    listed = draw(st.integers(0, 20_000))
    left, steps = listed, [("list_price", listed)]
    for name in ("promotion:p", "shop_coupon:s", "platform_coupon:p", "points"):
        off = min(left, draw(STEP))
        left -= off
        steps += [(name, -off)] if off else []
    category = draw(st.sampled_from(["tea", "cups"]))
    line = LINE._replace(
        number=number, quantity=quantity, steps=tuple(steps), payable_minor=left, category=category
    )
    return line, draw(st.integers(0, quantity))


@st.composite
def any_part(draw):
    drawn = [draw(any_line(number)) for number in range(1, draw(st.integers(1, 4)) + 1)]
    lines = tuple(line for line, _ in drawn)
    gone = {str(line.number): units for line, units in drawn if units}
    worth = sum(line.payable_minor * units // line.quantity for line, units in drawn)
    back = draw(st.integers(0, sum(line.payable_minor for line in lines) - worth))
    contract = Contract(
        "c",
        model=draw(st.sampled_from(["before", "after", "mixed"])),
        withheld_pct=draw(st.integers(0, 100)),
        commission_bps=draw(st.integers(0, 3_000)),
        commission_by_category={"tea": draw(st.integers(0, 3_000))},
        reserve_bps=draw(st.integers(0, 5_000)),
        reserve_days=30,
    )
    coupons = [UsedCoupon(name, "t", "platform", 1, draw(st.integers(0, 100)), 0) for name in ("s", "p")]
    return lines, gone, worth, back, contract, coupons


@given(any_part())
def test_nobody_loses_a_fen(part):
    lines, gone, worth, back, contract, coupons = part
    shares = of(
        *lines,
        contract=contract,
        coupons=coupons,
        freight=800,
        cancelled=gone,
        refunded_goods_minor=worth,
        given_back_minor=back,
    )
    discount = shares.discounts_minor + shares.coupon_merchant_minor + shares.coupon_platform_minor
    brought_in = shares.goods_minor - back + shares.coupon_platform_minor + shares.points_minor

    assert shares.kept_minor == sum(line.payable_minor for line in lines) + 800 - worth - back
    assert shares.gross_minor == discount + shares.points_minor + shares.goods_minor
    assert shares.kept_minor == shares.goods_minor + shares.freight_minor - back
    came = shares.kept_minor + shares.coupon_platform_minor + shares.points_minor
    assert came == shares.payable_minor + shares.commission_withheld_minor + shares.reserve_minor
    highest = max(contract.commission_bps, contract.commission_by_category["tea"])
    assert 0 <= shares.commission_minor <= Fraction(brought_in * highest, 10_000)
    assert 0 <= shares.commission_withheld_minor <= shares.commission_minor
    assert all(amount >= 0 for amount in shares)
    assert shares.payable_minor >= 0


@given(any_part())
def test_what_is_platforms_is_told_line_by_line_by_a_second_arithmetic(part):
    lines, gone, worth, _back, contract, coupons = part
    shares = of(*lines, contract=contract, coupons=coupons, cancelled=gone, refunded_goods_minor=worth)
    pct = {coupon.coupon_id: coupon.merchant_share_pct for coupon in coupons}

    platform = points = commission = 0
    for line in lines:
        left = line.quantity - gone.get(str(line.number), 0)
        own = 0
        for name, amount in line.steps:
            kept = -(
                -abs(amount) * left // line.quantity
            )  # What is kept is rounded up: what goes back, down.
            if "coupon:" in name:
                own += kept * (100 - pct[name.partition(":")[2]]) // 100
            points += kept if name == "points" else 0
        cash = -(-line.payable_minor * left // line.quantity)
        worth_of_points = -(-abs(dict(line.steps).get("points", 0)) * left // line.quantity)
        platform += own
        rate = contract.commission_by_category.get(line.category, contract.commission_bps)
        commission += (cash + own + worth_of_points) * rate // 10_000

    assert (shares.coupon_platform_minor, shares.points_minor, shares.commission_minor) == (
        platform,
        points,
        commission,
    )
