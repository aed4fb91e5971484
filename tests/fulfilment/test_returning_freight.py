"""Two parcels of one part come back for two reasons: whose the freight is depends on both, and not on who was counted
first.
"""

from itertools import permutations, product

import pytest

from shared.aftersale.freight import NOT_THE_BUYERS
from shared.fulfilment.carriers.port import Status
from shared.fulfilment.returning import REASONS
from tests.builders import a_split_order

SENT_BACK = ""  # By its carrier: nobody refused it.
PAIRS = list(product((*REASONS, SENT_BACK), repeat=2))


def a_part_in_two_parcels():
    """The tea's part: 50.00 of goods and 8.00 of freight in two parcels, both on their way."""
    trade = a_split_order()
    for number in (1, 2):
        trade.ship(1, number)
    return trade


def come_back(trade, reasons):
    for number, reason in reasons.items():
        if reason:
            trade.refuse(number, reason=reason)
        else:
            trade.track(number, Status.RETURNED)


def counted(reasons, order):
    trade = a_part_in_two_parcels()
    come_back(trade, reasons)
    for number in order:
        trade.count(number)
    return trade


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: "-".join(name or "sent_back" for name in pair))
def test_the_freight_is_whose_the_reasons_say_in_whichever_order_they_are_counted(pair):
    reasons = dict(zip((1, 2), pair, strict=True))
    is_earned = not {SENT_BACK, *NOT_THE_BUYERS} & set(pair)

    for order in permutations(reasons):
        trade = counted(reasons, order)

        tea = trade.row("SUB#01")
        assert (tea.state, tea.refunded_goods_minor) == ("closed", tea.goods_minor)
        assert tea.refunded_freight_minor == (0 if is_earned else tea.freight_minor)
        assert [s.amount_minor for s in trade.whole.settlements] == ([tea.freight_minor] if is_earned else [])
        back = sum(refund.amount_minor for refund in trade.whole.refunds)
        assert back == tea.payable_minor - tea.kept_minor
        assert trade.world.held(f"escrow:{trade.whole.order.order_id}-01") == -tea.kept_minor


def test_one_parcel_counted_before_the_other_is_even_refused_makes_no_difference():
    trade = a_part_in_two_parcels()
    for number, reason in ((1, "damaged"), (2, "changed_mind")):
        come_back(trade, {number: reason})
        trade.count(number)

    assert trade.row("SUB#01").refunded_freight_minor == trade.row("SUB#01").freight_minor


def test_the_reasons_of_another_part_are_none_of_its_business():
    trade = a_part_in_two_parcels()
    trade.ship(2, 3)
    come_back(trade, {3: "damaged", 1: "late", 2: "changed_mind"})
    for number in (3, 1, 2):
        trade.count(number)

    assert [s.refunded_freight_minor for s in trade.whole.sub_orders] == [0, 800]
