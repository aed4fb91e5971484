import pytest

from shared.errors import ConfirmationRequired, Forbidden, NotFound, TransitionRefused
from shared.fulfilment.receipt import confirm_receipt
from tests.builders import (
    BUYER,
    ORDER_ID,
    TEA_MERCHANT,
    Caller,
    a_completed_order,
    a_request,
    a_shipped_order,
    a_shop_order,
    a_split_order,
)
from tests.memory import MemoryShop


def received(trade, *, sub_order=None, confirm=None, caller=BUYER, key="r-1", shop=None):
    return confirm_receipt(
        shop or MemoryShop(trade.world),
        ORDER_ID,
        sub_order=sub_order,
        confirm=confirm,
        caller=caller,
        now=trade.now,
        request=a_request(key, caller),
    )


def refused(trade, error, **how):
    before = trade.whole
    with pytest.raises(error) as caught:
        received(trade, **how)
    assert trade.whole is before
    return caught.value


def test_a_buyer_is_asked_twice_because_money_is_released_here():
    trade = a_shipped_order()
    asked = refused(trade, ConfirmationRequired)
    assert asked.details == {"confirm": "v6"}

    received(trade, confirm="v6")

    assert [s.state for s in trade.whole.sub_orders] == ["completed", "completed"]


@pytest.mark.parametrize("confirm", ["v5", "v7", "6", "", "yes"])
def test_what_was_confirmed_of_another_version_is_not_confirmed(confirm):
    assert refused(a_shipped_order(), ConfirmationRequired, confirm=confirm).details == {"confirm": "v6"}


def test_one_part_is_received_and_the_other_goes_on():
    trade = a_shipped_order()

    received(trade, sub_order=2, confirm="v6")

    assert [s.state for s in trade.whole.sub_orders] == ["awaiting_receipt", "completed"]


def test_all_means_all_that_are_on_their_way():
    trade = a_split_order()
    trade.ship(2, 3)

    received(trade, confirm="v5")

    assert [s.state for s in trade.whole.sub_orders] == ["awaiting_shipment", "completed"]


@pytest.mark.parametrize("world", [a_shop_order, a_split_order, a_completed_order])
def test_what_is_not_on_its_way_is_refused_before_anybody_is_asked_to_confirm(world):
    refused(world(), TransitionRefused)
    refused(world(), TransitionRefused, sub_order=1)


def test_a_part_that_does_not_exist_is_not_found():
    refused(a_shipped_order(), NotFound, sub_order=3)


def test_only_the_buyer_confirms():
    refused(a_shipped_order(), Forbidden, caller=TEA_MERCHANT)
    refused(a_shipped_order(), NotFound, caller=Caller(BUYER.actor, "buyer-2"))


def test_the_same_key_confirms_once_and_answers_alike():
    trade = a_shipped_order()
    shop = MemoryShop(trade.world)
    first = received(trade, confirm="v6", shop=shop)

    again = received(trade, confirm="v6", shop=shop)

    assert (first.is_repeat, again.is_repeat) == (False, True)
    assert len(trade.whole.settlements) == 2
