"""What is sent for a case does not come to its end: the money goes back instead, once."""

import pytest

from shared.fulfilment.carriers.port import Status
from tests.builders import (
    SKUS,
    a_completed_order,
)
from tests.fulfilment.test_case_ways import CASE, POT
from tests.hands import pushed_to


def a_replacement(*systems, units=2):
    """Both pots were missing: two more are sent, as sub-order 3 in parcel 4."""
    trade = a_completed_order()
    trade.ask("reship", {3: units}, sub_order=2, reason="missing_goods")
    trade.approve(1, trade.on_the_shelves({"POT": SKUS["POT"]}))
    trade.split(pushed_to(*systems) if systems else None)
    return trade


def shipped(trade):
    trade.ship(3, 4)


def lost(trade):
    shipped(trade)
    trade.report(4, "lost")
    trade.lose(4)


def not_found(trade):
    trade.progress(4)
    trade.find_nothing_more(4)


def refused_at_the_door(trade):
    shipped(trade)
    trade.refuse(4)
    trade.count(4)


def sent_back_by_its_carrier(trade):
    shipped(trade)
    trade.track(4, Status.RETURNED)
    trade.count(4, {4: {"scrap": 2}})


def recalled_and_cancelled(trade):
    trade.progress(4)
    trade.recall(4)
    trade.cancel(sub_order=3, caller=trade.merchant(3))


def refused_by_its_warehouse(trade):
    trade.refuse_push(4)
    trade.cancel(sub_order=3, caller=trade.merchant(3))


def stopped_on_the_buyers_wish(trade):
    trade.progress(4)
    trade.cancel(sub_order=3)
    trade.answer_intercept(4, is_stopped=True)


ENDS = {
    lost: (),
    refused_at_the_door: (),
    sent_back_by_its_carrier: (),
    not_found: ("W3",),
    recalled_and_cancelled: ("W3",),
    refused_by_its_warehouse: ("W3",),
    stopped_on_the_buyers_wish: ("W3",),
}


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_a_replacement_that_never_comes_ends_its_case_with_the_money_once(end):
    trade = a_replacement(*ENDS[end])

    end(trade)

    assert trade.state(CASE) == "completed"
    assert trade.state("SUB#03") in ("closed", "cancelled")
    # The freight, too: that they were missing was not the buyer's doing.
    assert [refund.amount_minor for refund in trade.whole.refunds] == [2 * POT + 800]
    assert trade.row("SUB#02").kept_minor == 0
    assert trade.row("SUB#03").kept_minor == 0


def test_a_replacement_that_comes_in_part_is_received_and_the_rest_is_refunded():
    trade = a_replacement("W3")
    trade.progress(4)

    trade.confirm(4, {4: 1})
    halfway = trade.state(CASE)
    trade.deliver(4)
    trade.receive(3)

    assert (halfway, trade.state(CASE), trade.state("SUB#03")) == ("replacing", "completed", "completed")
    assert [refund.amount_minor for refund in trade.whole.refunds] == [POT]
    assert trade.row("SUB#02").kept_minor == POT + 800
