"""Manual review: a use case with its roles, its checklist, its repeats; and what people may do meanwhile."""

from dataclasses import replace

import pytest

from shared.clockwork import decide_expiry
from shared.errors import Forbidden, Invalid, KeyReused, NotFound, TransitionRefused
from shared.ordering.review import CHECKLIST, Verdict, review
from shared.splitting.parcels import decide_split
from tests.builders import (
    BUYER,
    OPERATOR,
    ORDER_ID,
    SUPPORT,
    T0,
    TEA_MERCHANT,
    Caller,
    a_line,
    a_paid_order,
    a_request,
    a_shop_order,
    a_split_order,
    an_order_of,
)
from tests.memory import MemoryShop
from tests.special_orders import an_escalated_order, an_order_under_review
from tests.storybook import entries, moves

YES = Verdict(True, frozenset(CHECKLIST))
NO = Verdict(False, frozenset(), "risky")
MERCHANT = Caller(TEA_MERCHANT.actor, "user-1", "m-1")


def reviewed(trade, verdict=YES, *, caller=SUPPORT, key="r-1", fingerprint="f", shop=None):
    request = a_request(key, caller, fingerprint)
    shop = shop or MemoryShop(trade.world)
    return review(shop, ORDER_ID, verdict, caller=caller, now=trade.now, request=request)


def refused(trade, error, verdict=YES, **how):
    before, count = trade.whole, len(trade.world.changes)
    with pytest.raises(error) as caught:
        reviewed(trade, verdict, **how)
    assert trade.whole is before
    assert len(trade.world.changes) == count
    return caught.value


def states(trade):
    return [str(sub_order.state) for sub_order in trade.whole.sub_orders]


@pytest.mark.parametrize("caller", [SUPPORT, OPERATOR])
def test_support_and_operators_decide_what_is_under_review(caller):
    trade = an_order_under_review()

    outcome = reviewed(trade, caller=caller)

    assert states(trade) == ["awaiting_shipment", "awaiting_shipment"]
    assert (outcome.change.caller, outcome.change.note["reviewer"]) == (caller, caller.id)


@pytest.mark.parametrize("caller", [BUYER, TEA_MERCHANT])
def test_nobody_else_decides(caller):
    refused(an_order_under_review(), Forbidden, caller=caller)


@pytest.mark.parametrize("verdict", [YES, NO])
def test_support_may_not_decide_what_was_escalated(verdict):
    refused(an_escalated_order(), TransitionRefused, verdict)


@pytest.mark.parametrize(("verdict", "state"), [(YES, "awaiting_shipment"), (NO, "cancelled")])
def test_an_operator_decides_what_was_escalated(verdict, state):
    trade = an_escalated_order()

    reviewed(trade, verdict, caller=OPERATOR)

    assert states(trade) == [state, state]


@pytest.mark.parametrize("missing", CHECKLIST)
def test_an_approval_has_looked_at_everything(missing):
    checked = frozenset(CHECKLIST) - {missing}

    error = refused(an_order_under_review(), Invalid, Verdict(True, checked))

    assert error.details == {"at": "/checked", "missing": [missing]}


def test_a_rejection_needs_no_checklist_and_says_why():
    trade = an_order_under_review()

    outcome = reviewed(trade, NO)

    assert outcome.about == "REFUND#01"
    assert outcome.change.note == {"reviewer": "support-1", "reason": "risky"}
    assert trade.row("REFUND#01").reason == "risky"


def test_a_rejection_without_a_reason_is_one_all_the_same():
    trade = an_order_under_review()

    reviewed(trade, Verdict(False, frozenset()))

    assert trade.row("REFUND#01").reason == "review_rejected"


@pytest.mark.parametrize("world", [a_shop_order, a_paid_order, a_split_order])
def test_what_waits_for_no_review_is_not_reviewed(world):
    refused(world(), TransitionRefused)


def test_what_was_decided_is_not_decided_again():
    trade = an_order_under_review()
    reviewed(trade)

    refused(trade, TransitionRefused, NO, key="r-2")


def test_who_may_not_decide_is_told_that_before_the_checklist_is_looked_at():
    refused(an_escalated_order(), TransitionRefused, Verdict(True, frozenset()))


def test_the_same_key_decides_once_and_answers_alike():
    trade = an_order_under_review()
    shop = MemoryShop(trade.world)
    first, again = reviewed(trade, NO, shop=shop), reviewed(trade, NO, shop=shop)

    assert (first.is_repeat, again.is_repeat, again.about) == (False, True, "REFUND#01")
    assert len(trade.whole.refunds) == 1
    with pytest.raises(KeyReused):
        reviewed(trade, YES, fingerprint="g", shop=shop)


def test_an_order_that_does_not_exist_is_not_found():
    trade = an_order_under_review()
    with pytest.raises(NotFound):
        review(
            MemoryShop(trade.world),
            "01MCC5RM000000000000000000",
            YES,
            caller=SUPPORT,
            now=T0,
            request=a_request("r", SUPPORT),
        )


def test_only_what_still_waits_is_decided():
    trade = an_order_under_review()
    trade.cancel(sub_order=1, caller=MERCHANT)

    reviewed(trade)

    assert states(trade) == ["cancelled", "awaiting_shipment"]
    trade.split()
    assert [parcel.sub_order for parcel in trade.whole.parcels] == [2]


def test_a_rejection_gives_back_what_was_not_given_back_before_to_the_fen():
    trade = an_order_under_review()
    trade.cancel({1: 1, 2: 2})

    outcome = reviewed(trade, NO)

    assert entries(outcome.change) == {
        "escrow 01": 6_800 - 2_500 - 666,
        "escrow 02": 9_500,
        "refund R02": -13_134,
    }
    assert moves(outcome.change) == {"release SKU-1 W1": 1, "release SKU-2 W1": 1, "release SKU-3 W1": 1}
    assert trade.whole.order.refund_reserved_minor == 16_300
    assert trade.row("SUB#01").refunded_freight_minor == 800


def test_what_is_left_of_a_partly_cancelled_order_is_approved_and_cut():
    trade = an_order_under_review()
    trade.cancel({1: 2})

    reviewed(trade)
    trade.split()

    assert [(dict(parcel.contents), parcel.freight_minor) for parcel in trade.whole.parcels] == [
        ({"2": 3}, 800),
        ({"3": 1}, 500),
    ]


def test_a_free_order_is_rejected_without_a_refund():
    trade = an_order_of([a_line(1, 1, 0, flags=("made_to_order",)), a_line(2, 1, 10, sub_order=2)], [0, 0])
    trade.cancel({2: 1})

    outcome = reviewed(trade, NO)

    assert (outcome.about, outcome.change.voucher, states(trade)) == ("", None, ["cancelled", "cancelled"])


def test_nothing_of_an_order_under_review_is_cut_or_shipped():
    for world in (an_order_under_review, an_escalated_order):
        trade = world()
        assert decide_split(trade.whole, now=trade.now) is None
        with pytest.raises(TransitionRefused):
            trade.ship(1, caller=MERCHANT)


def test_nobody_is_escalated_or_decided_a_second_too_early():
    trade = an_order_under_review()
    assert decide_expiry(trade.whole, "SUB#01", now=T0 + 100 + 79_999) is None
    trade.ring("SUB#01")
    assert decide_expiry(trade.whole, "SUB#02", now=T0 + 100 + 169_999) is None

    trade.ring("SUB#02")

    assert states(trade) == ["cancelled", "cancelled"]
    assert decide_expiry(trade.whole, "SUB#01", now=T0 + 10**9) is None  # Both were decided at once.


def test_of_an_escalated_order_only_parts_that_wait_are_escalated():
    trade = an_order_under_review()
    trade.cancel(sub_order=1, caller=MERCHANT)

    trade.ring("SUB#02")

    assert states(trade) == ["cancelled", "escalated"]


@pytest.mark.parametrize(("approves", "state"), [(0, "cancelled"), (1, "awaiting_shipment")])
def test_silence_is_what_the_policy_of_the_order_says_whatever_it_says_now(approves, state):
    trade = an_escalated_order(review_default_approves=approves)

    trade.ring("SUB#01")

    assert states(trade) == [state, state]


def test_a_presale_that_is_approved_ships_by_its_date_and_not_before():
    trade = an_order_under_review()
    ships_at = T0 + 40 * 86_400
    trade.world.whole = trade.world.whole.with_rows([replace(trade.row("SUB#01"), ships_at=ships_at)])

    reviewed(trade)

    assert trade.row("SUB#01").due_at == ships_at + 172_800
    assert trade.row("SUB#02").due_at == trade.now + 172_800
