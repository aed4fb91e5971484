"""Read, decide, write; and what happens when somebody else was faster."""

import pytest

from shared.changes import Draft
from shared.commands import RACES_MAX, carry_out
from shared.errors import Conflict, KeyReused, NotFound, TransitionRefused
from shared.lifecycle import Event
from shared.payment.attempts import decide_start
from shared.payment.receiving import decide_payment
from tests.builders import BUYER, ORDER_ID, T0, Caller, a_request, a_shop_order, an_order_being_paid
from tests.memory import MemoryShop


class BusyShop(MemoryShop):
    """A shop in which others act between our read and our write."""

    def __init__(self, world, *others):
        super().__init__(world)
        self.others = list(others)

    def write(self, change):
        if self.others:
            self.others.pop(0)()
        super().write(change)


def start(request=None):
    def decision(whole):
        return decide_start(whole, "sandbox", caller=BUYER, now=T0, request=request)

    return decision


def test_whoever_loses_a_race_reads_again_and_decides_again():
    trade = a_shop_order()
    shop = BusyShop(trade.world, trade.start_payment)

    outcome = carry_out(shop, ORDER_ID, start(a_request()), a_request())

    assert outcome.about == "PAY#02"
    assert [p.number for p in trade.whole.payments] == [1, 2]


def test_the_loser_of_a_race_who_may_no_more_is_told():
    trade = a_shop_order()
    shop = BusyShop(trade.world, trade.cancel_unpaid)

    with pytest.raises(TransitionRefused):
        carry_out(shop, ORDER_ID, start(a_request()), a_request())

    assert trade.whole.payments == ()


def test_whoever_keeps_losing_is_told_to_repeat():
    trade = a_shop_order()
    shop = BusyShop(trade.world, *[trade.start_payment] * 9)

    with pytest.raises(Conflict, match="repeat with the same key"):
        carry_out(shop, ORDER_ID, start(a_request()), a_request())

    assert (RACES_MAX, len(shop.others)) == (4, 5)


def test_two_equal_requests_at_once_are_one():
    trade = a_shop_order()
    request = a_request()
    shop = BusyShop(trade.world)
    shop.others = [lambda: MemoryShop.write(shop, start(request)(trade.whole))]

    outcome = carry_out(shop, ORDER_ID, start(request), request)

    assert (outcome.is_repeat, outcome.about) == (True, "PAY#01")
    assert len(trade.whole.payments) == 1


def test_two_equal_webhooks_at_once_are_one():
    trade = an_order_being_paid()
    notice = trade.notice()

    def decision(whole):
        return decide_payment(whole, notice, now=T0)

    shop = BusyShop(trade.world)
    shop.others = [lambda: MemoryShop.write(shop, decision(trade.whole))]

    outcome = carry_out(shop, ORDER_ID, decision)

    assert outcome.is_repeat
    assert trade.world.held("clearing:sandbox") == 17_100


def test_a_refusal_is_believed_only_after_the_key_was_looked_up():
    trade = a_shop_order()
    shop, request = MemoryShop(trade.world), a_request()
    carry_out(shop, ORDER_ID, start(request), request)
    trade.cancel_unpaid()

    again = carry_out(shop, ORDER_ID, start(request), request)

    assert (again.is_repeat, again.about, again.whole.order.state) == (True, "PAY#01", "closing")


def test_a_used_key_does_not_tell_a_missing_order_from_a_foreign_one():
    trade = a_shop_order()
    shop, request = MemoryShop(trade.world), a_request()
    carry_out(shop, ORDER_ID, start(request), request)
    other = request._replace(fingerprint="another path")

    with pytest.raises(KeyReused):
        carry_out(shop, "01MCC5RM000000000000000000", start(other), other)


def test_a_key_of_somebody_else_means_nothing():
    trade = a_shop_order()
    shop, request = MemoryShop(trade.world), a_request()
    carry_out(shop, ORDER_ID, start(request), request)
    stranger = a_request(caller=Caller(BUYER.actor, "buyer-2"))

    with pytest.raises(NotFound):
        carry_out(shop, "01MCC5RM000000000000000000", start(stranger), stranger)


def test_where_there_is_nothing_to_do_nothing_is_written():
    trade = a_shop_order()

    outcome = carry_out(MemoryShop(trade.world), ORDER_ID, lambda whole: None)

    assert (outcome.change, outcome.is_repeat, outcome.whole.order.version) == (None, False, 1)


def test_the_answer_is_the_order_as_it_was_written():
    trade = a_shop_order()

    def decision(whole):
        draft = Draft(whole, event=Event.CANCEL_REQUESTED, caller=BUYER, now=T0)
        draft.change(whole.order, country="GB")
        return draft.finish()

    outcome = carry_out(MemoryShop(trade.world), ORDER_ID, decision)

    assert outcome.whole == trade.whole
    assert (outcome.whole.order.country, outcome.whole.order.version) == ("GB", 2)
