"""Money for no goods: who bears it, that it is never given twice, and that a favour can be taken back."""

from threading import Barrier, Thread

import pytest

from shared.errors import Conflict, Forbidden, NotFound
from shared.payment.refunds import RefundTooLarge, refund_amount
from tests.builders import (
    BUYER,
    ORDER_ID,
    SUPPORT,
    TEA_MERCHANT,
    a_cancelled_order,
    a_completed_order,
    a_line,
    a_request,
    a_split_order,
    an_order_being_paid,
    an_order_of,
)
from tests.memory import MemoryShop
from tests.storybook import entries


def given(trade, amount, *, key="give-1", caller=SUPPORT, shop=None, sub_order=None, reason="goodwill"):
    return refund_amount(
        shop or MemoryShop(trade.world),
        ORDER_ID,
        amount_minor=amount,
        sub_order=sub_order,
        reason=reason,
        caller=caller,
        now=trade.now,
        request=a_request(key, caller),
    )


def test_a_favour_is_borne_in_proportion_to_what_is_kept():
    trade = a_split_order()

    outcome = given(trade, 1_000)

    assert entries(outcome.change) == {"escrow 01": 368, "escrow 02": 632, "refund R01": -1_000}
    assert (outcome.about, trade.whole.order.refund_reserved_minor) == ("REFUND#01", 1_000)
    assert outcome.change.note == {"amount": 1_000, "currency": "CNY", "reason": "goodwill"}
    assert not trade.row("REFUND#01").is_owed


def test_all_that_is_kept_can_be_given_in_one_favour_or_in_two_and_not_a_cent_more():
    for amounts in ([17_100], [17_000, 100], [8_551, 8_549]):
        trade = a_split_order()
        for key, amount in enumerate(amounts):
            given(trade, amount, key=f"k{key}")
        assert trade.whole.order.refund_reserved_minor == 17_100
        with pytest.raises(RefundTooLarge) as refused:
            given(trade, 1, key="one more")
        assert refused.value.details == {"refundable": 0}


def test_a_favour_of_one_merchant_is_borne_by_that_merchant():
    trade = a_split_order()

    given(trade, 6_300, sub_order=1)

    assert [s.kept_minor for s in trade.whole.sub_orders] == [0, 10_800]
    with pytest.raises(RefundTooLarge):
        given(trade, 1, sub_order=1, key="one more")


def test_the_same_key_is_the_same_favour():
    trade = a_split_order()
    shop = MemoryShop(trade.world)

    first, again = given(trade, 6_000, shop=shop), given(trade, 6_000, shop=shop)

    assert (first.is_repeat, again.is_repeat, len(trade.whole.refunds)) == (False, True, 1)


@pytest.mark.parametrize("turn", [(6_000, 6_001), (6_001, 6_000)])
def test_two_refunds_of_60_at_once_on_100_are_one_refund_whoever_is_first(turn):
    trade = an_order_of([a_line(1, 1, 10_000)], [0])
    shops = [MemoryShop(trade.world) for _ in turn]

    given(trade, turn[0], shop=shops[0], key="a")
    with pytest.raises(RefundTooLarge) as refused:
        given(trade, turn[1], shop=shops[1], key="b")

    assert refused.value.details == {"refundable": 10_000 - turn[0]}
    assert [refund.amount_minor for refund in trade.whole.refunds] == [turn[0]]


def test_two_refunds_of_60_that_both_have_read_100_end_as_one():
    # Both read before either writes: the second write is refused, and its second look refuses the refund.
    trade = an_order_of([a_line(1, 1, 10_000)], [0])
    both_have_read, ends = Barrier(2, timeout=10), []

    def gives(key):
        shop = MemoryShop(trade.world)
        read, waited = shop.read, []

        def read_together(order_id):
            whole = read(order_id)
            if not waited:
                waited.append(True)
                both_have_read.wait()
            return whole

        shop.read = read_together
        try:
            given(trade, 6_000, shop=shop, key=key)
            ends.append("given")
        except (RefundTooLarge, Conflict) as refused:
            ends.append(type(refused).__name__)

    threads = [Thread(target=gives, args=(key,)) for key in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(ends) == ["RefundTooLarge", "given"]
    assert trade.row("PAY#01").refund_reserved_minor == 6_000


@pytest.mark.parametrize("world", [an_order_being_paid, a_cancelled_order])
def test_of_what_was_not_paid_nothing_is_given_back(world):
    trade = world()
    before = trade.whole
    with pytest.raises(RefundTooLarge) as refused:
        given(trade, 1)

    assert (refused.value.details, trade.whole is before) == ({"refundable": 0}, True)


@pytest.mark.parametrize("caller", [BUYER, TEA_MERCHANT])
def test_only_the_platforms_people_do_favours(caller):
    trade = a_split_order()
    before = trade.whole
    with pytest.raises(Forbidden):
        given(trade, 1, caller=caller)

    assert trade.whole is before


def test_a_part_that_does_not_exist_bears_nothing():
    with pytest.raises(NotFound):
        given(a_split_order(), 1, sub_order=3)


def test_after_its_settlement_a_favour_is_a_claim_on_the_merchant():
    trade = a_completed_order()
    trade.ring("SETTLE#01")

    change = given(trade, 1_000, sub_order=1).change

    assert entries(change) == {"claim 01": 1_000, "refund R01": -1_000}


def test_what_a_merchant_waits_for_becomes_less_by_what_was_given_back():
    trade = a_completed_order()
    given(trade, 1_000, sub_order=1)

    assert trade.row("SETTLE#01").amount_minor == 5_300
    assert entries(trade.ring("SETTLE#01")) == {"escrow 01": 5_300, "merchant:m-tea": -5_300}


def test_goods_that_are_cancelled_later_do_not_give_back_what_was_given_before():
    trade = a_split_order()
    given(trade, 6_000, sub_order=1)  # 3.00 of 63.00 are kept.

    change = trade.cancel(sub_order=1)

    assert entries(change) == {"escrow 01": 300, "refund R02": -300}
    assert trade.row("REFUND#02").parts == ((1, 5_500, 800, -6_000),)
    assert trade.whole.order.refund_reserved_minor == 6_300


def test_goods_that_were_given_back_whole_are_cancelled_without_a_refund():
    trade = a_split_order()
    given(trade, 6_300, sub_order=1)

    change = trade.cancel(sub_order=1)

    assert (change.about, len(trade.whole.refunds), change.voucher) == ("", 1, None)
    assert trade.state("SUB#01") == "cancelled"


def test_a_favour_that_fails_after_its_goods_were_cancelled_is_owed():
    # The buyer cancelled all of it and was promised 3.00, because 60.00 had been promised before.
    trade = a_split_order()
    given(trade, 6_000, sub_order=1)
    trade.cancel(sub_order=1)

    change = trade.refund_says("failed", 1)

    assert (trade.state("REFUND#01"), entries(change)) == ("needs_action", {})
    assert trade.row("SUB#01").kept_minor == 0


def test_a_favour_that_fails_after_its_settlement_is_owed():
    trade = a_completed_order()
    given(trade, 1_000, sub_order=1)
    trade.ring("SETTLE#01")

    trade.refund_says("failed")

    assert trade.state("REFUND#01") == "needs_action"


def test_a_favour_that_the_payers_bank_sends_back_is_owed():
    trade = a_split_order()
    given(trade, 1_000)
    trade.refund_says("succeeded")

    change = trade.refund_says("failed")

    assert trade.state("REFUND#01") == "needs_action"
    assert entries(change) == {"refund R01": -1_000, "clearing:sandbox": 1_000}


def test_after_a_favour_failed_as_much_can_be_given_again():
    trade = a_split_order()
    given(trade, 17_100)
    trade.refund_says("failed")

    given(trade, 17_100, key="again")

    assert [(r.state, r.amount_minor) for r in trade.whole.refunds] == [
        ("failed", 17_100),
        ("requested", 17_100),
    ]


def test_a_favour_that_was_taken_back_and_went_after_all_is_booked():
    trade = a_split_order()
    given(trade, 1_000)
    late = trade.refund_notice("succeeded")
    trade.refund_says("failed")

    change = trade.hear_refund(late)

    assert entries(change) == {"escrow 01": 368, "escrow 02": 632, "clearing:sandbox": -1_000}
    assert [refund.state for refund in trade.whole.refunds] == ["failed", "succeeded"]
