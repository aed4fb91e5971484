"""What random lives (``tests.any_cases``, ``tests.any_way_back``) have found, each told again as a short story."""

import pytest

from tests.builders import SKUS, a_completed_order, a_delivered_order, a_shipped_order
from tests.special_orders import others_bring
from tests.storybook import entries

POOL = "pool:compensation"


def a_reduced_order():
    """Two pots are on their way; for 1.00 less, and for no fault of anybody's, their buyer takes them as they are."""
    trade = a_shipped_order()
    trade.ask("price_reduction", {3: 2}, sub_order=2, reason="other", asked_minor=100)
    trade.approve(1)
    return trade


def test_a_parcel_is_lost_also_if_a_case_was_about_what_is_in_it():
    trade = a_reduced_order()
    trade.report(3, "returning")
    trade.count(3, {3: {"good": 1}})

    change = trade.lose(3)

    assert entries(change) == {"escrow 02": 4_950 + 800, "refund R03": -5_750}
    assert (trade.row("SUB#02").state, trade.row("SUB#02").kept_minor) == ("closed", 0)


def test_what_is_left_of_a_parcel_is_lost_also_if_a_case_took_some_of_it():
    trade = a_shipped_order()
    trade.ask("refund_only", {3: 1}, sub_order=2, reason="other")
    trade.approve(1)
    trade.report(3, "exception")

    change = trade.lose(3)

    assert entries(change) == {"escrow 02": 5_800, "refund R02": -5_800}
    assert trade.row("PARCEL#03").is_given_up is False


def test_what_a_case_paid_back_on_its_way_is_not_lost():
    trade = a_shipped_order()
    trade.ask("refund_only", {3: 2}, sub_order=2, reason="other")

    change = trade.approve(1)

    assert entries(change) == {
        "escrow 02": 10_000,
        "refund R01": -10_000,
    }  # Its merchant has earned the freight.
    assert trade.state("PARCEL#03") == "written_off"
    assert trade.row("PARCEL#03").is_given_up is True


@pytest.mark.parametrize("is_ruled_first", [True, False])
def test_a_bank_that_takes_an_advance_pays_what_its_merchant_owes(is_ruled_first):
    """The advance was due: whenever the bank takes some of it, the pool has it all back, and nobody is paid twice."""
    trade = a_completed_order()
    trade.ask("refund_only", {3: 1}, sub_order=2)
    trade.call_platform(1)
    trade.advance(1, 4_000)
    if is_ruled_first:
        trade.rule(1)
    trade.hear_dispute(trade.dispute("withdrawn", 1_500))

    trade.hear_dispute(trade.dispute("lost", 1_500))
    if not is_ruled_first:
        trade.rule(1)

    assert trade.world.held(POOL) == 0
    assert [refund.amount_minor for refund in trade.whole.refunds] == [2_500, 1_000]
    assert trade.row("SUB#02").kept_minor == 10_800 - 5_000


def test_what_was_sent_again_twice_is_closed_with_what_it_stands_in_for():
    """Pots were sent again, and again; then the buyer has the money. Of what was sent first, nothing is left either."""
    trade = a_delivered_order()
    others_bring(trade, "POT", "W3", 2)
    trade.ask("reship", {3: 2}, sub_order=2, reason="damaged")
    trade.approve(1, trade.on_the_shelves(SKUS))
    ship_again(trade, 3)
    [sent] = [line.number for line in trade.whole.lines if line.sub_order == 3]
    trade.ask("reship", {sent: 2}, sub_order=3, reason="damaged")
    trade.approve(2, trade.on_the_shelves(SKUS))
    ship_again(trade, 4)
    [sent_last] = [line.number for line in trade.whole.lines if line.sub_order == 4]
    trade.ask("refund_only", {sent_last: 2}, sub_order=4)

    change = trade.approve(3)

    assert entries(change) == {"escrow 02": 10_800, "refund R01": -10_800}
    assert [trade.state(f"SUB#0{part}") for part in (2, 3, 4)] == ["closed"] * 3
    assert [case.state for case in trade.whole.cases] == ["completed"] * 3


def ship_again(trade, part):
    """What a case has ordered as sub-order *part* is cut, sent and delivered."""
    trade.split()
    parcels = [parcel.number for parcel in trade.whole.parcels if parcel.sub_order == part]
    trade.ship(part, *parcels, caller=trade.merchant(part))
    trade.deliver(*parcels)
