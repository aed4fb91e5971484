"""What warehouses report: progress, packages, what they did not find, and whether they could stop."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.aftersale.cancellation import AlreadyShipped, AtWarehouse, Cancellation, decide_paid
from shared.errors import Invalid
from shared.fulfilment.reports import (
    Confirmation,
    Package,
    Progress,
    decide_confirmation,
    decide_intercepted,
    decide_progress,
    decide_push_refused,
)
from tests.builders import (
    BUYER,
    POT_MERCHANT,
    Trade,
    a_line,
    a_pushed_order,
    a_request,
    a_shipped_order,
    an_order_at_its_warehouses,
    an_order_of,
)
from tests.hands import pushed_to
from tests.storybook import entries, moves


def a_big_parcel(units=6, payable_minor=1_000) -> Trade:
    """One line of so many units, at its warehouse; freight 7.99."""
    trade = an_order_of([a_line(1, units, payable_minor)], [799])
    trade.split(pushed_to("W1"))
    trade.progress(1)
    return trade


def refused(trade, confirmation, error=Invalid):
    before = trade.whole
    with pytest.raises(error) as caught:
        decide_confirmation(trade.whole, confirmation=confirmation, now=trade.now)
    assert trade.whole is before
    return caught.value


def package(waybill, **contents):
    return Package("sf", waybill, {name.removeprefix("line_"): units for name, units in contents.items()})


# --- progress ---


@pytest.mark.parametrize("order", list(permutations(("accepted", "picking", "packed"))))
def test_progress_only_goes_forward_in_whichever_order_it_is_told(order):
    trade = a_pushed_order()
    for said in order:
        change = decide_progress(trade.whole, progress=Progress(3, said), now=trade.now)
        if change is not None:
            trade.world.apply(change)

    assert (trade.state("PARCEL#03"), trade.row("PARCEL#03").progress) == ("at_warehouse", "packed")


def test_progress_told_twice_or_too_late_is_nothing():
    trade = an_order_at_its_warehouses()
    assert decide_progress(trade.whole, progress=Progress(3, "accepted"), now=trade.now) is None
    trade.cancel(sub_order=2, caller=POT_MERCHANT)
    assert decide_progress(trade.whole, progress=Progress(3, "packed"), now=trade.now) is None
    trade.confirm(3)
    assert decide_progress(trade.whole, progress=Progress(3, "packed"), now=trade.now) is None


def test_a_warehouse_that_has_it_cannot_refuse_it_any_more():
    trade = an_order_at_its_warehouses()

    assert decide_push_refused(trade.whole, number=3, reason="late", now=trade.now) is None


# --- packages ---


@given(st.permutations([1, 1, 2, 2]), st.integers(1, 4), st.booleans())
@settings(max_examples=40)
def test_however_it_is_packed_it_is_sent_once_and_its_money_adds_up(sizes, at_once, is_short):
    trade = a_big_parcel()
    told = list(sizes[:-1]) if is_short else list(sizes)
    while told:
        some, told = told[:at_once], told[at_once:]
        trade.confirm(1, *({1: size} for size in some), is_final=not told)

    sent = sum(sizes[:-1]) if is_short else 6
    assert sum(p.contents.get("1", 0) for p in trade.whole.parcels) == sent
    assert trade.world.units("SKU-1", "W1") == (0, 0, sent)
    kept = 1_000 - 1_000 * (6 - sent) // 6
    assert sum(p.goods_minor for p in trade.whole.parcels) == kept
    assert sum(p.freight_minor for p in trade.whole.parcels) == 799
    assert sum(r.amount_minor for r in trade.whole.refunds) == 1_000 - kept
    assert trade.state("SUB#01") == "awaiting_receipt"


def test_the_last_word_may_come_without_a_package():
    trade = a_big_parcel()
    trade.confirm(1, {1: 4}, is_final=False)

    change = trade.find_nothing_more(1)

    assert moves(change) == {"miss SKU-1 W1": 2}
    assert entries(change) == {"escrow 01": 333, "refund R01": -333}
    assert [(p.state, p.goods_minor, p.freight_minor) for p in trade.whole.parcels] == [
        ("cancelled", 0, 0),
        ("in_transit", 667, 799),
    ]
    assert trade.state("SUB#01") == "awaiting_receipt"


def test_the_last_word_after_everything_was_sent_is_nothing():
    trade = a_big_parcel()
    trade.confirm(1)

    last = Confirmation(1, (), is_final=True)
    assert decide_confirmation(trade.whole, confirmation=last, now=trade.now) is None


def test_no_word_at_all_is_nothing():
    trade = a_big_parcel()

    empty = Confirmation(1, (), is_final=False)
    assert decide_confirmation(trade.whole, confirmation=empty, now=trade.now) is None


def test_what_is_not_in_the_parcel_cannot_leave_in_it():
    trade = an_order_at_its_warehouses()

    error = refused(trade, Confirmation(1, (package("A", line_1=2), package("B", line_1=1)), False))
    assert error.details == {"line": 1, "left": 0}
    refused(trade, Confirmation(1, (package("A", line_3=1),), False))
    refused(trade, Confirmation(1, (package("A"),), False))
    refused(trade, Confirmation(1, (package("A", line_1=0),), False))


def test_a_waybill_stands_for_one_package():
    trade = an_order_at_its_warehouses()
    refused(trade, Confirmation(1, (package("A", line_1=1), package("A", line_1=1)), False))
    trade.confirm(3)

    refused(trade, Confirmation(1, (package("WB-3-3-1", line_1=1),), False))


def test_what_has_left_does_not_leave_again():
    error = refused(a_shipped_order(), Confirmation(3, (package("A", line_3=1),), True))

    assert error.details == {"state": "in_transit"}


def test_an_order_has_no_more_parcels_than_there_are_numbers_for():
    trade = a_big_parcel(units=9_999)
    many = {f"PARCEL#{n}": replace(trade.row("PARCEL#01"), number=n, contents={}) for n in range(100, 1_098)}
    whole = trade.whole.with_rows(many.values())
    told = Confirmation(1, (package("A1", line_1=1),), is_final=False)

    with pytest.raises(Invalid) as error:
        decide_confirmation(whole, confirmation=told, now=trade.now)

    assert error.value.details == {"maximum": 999}


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.integers(0, 9_999), st.booleans())
@settings(max_examples=60)
def test_packages_share_the_money_of_their_parcel_and_of_no_other(sizes, money, is_short):
    units = sum(sizes) + 1
    line = a_line(1, units + 7, money, lies=[("W1", units), ("W2", 7)])
    trade = an_order_of([line, a_line(2, 3, 1_001, lies=[("W2", 3)])], [799])
    trade.split(pushed_to("W1", "W2"))
    before = trade.whole.parcels

    for size in sizes:
        change = trade.confirm(1, {1: size}, is_final=False)
        written = {write.row.subject for write in change.writes}
        assert written == {"PARCEL#01", f"PARCEL#{len(trade.whole.parcels):02}", "SUB#01"}
    if is_short:
        trade.find_nothing_more(1)

    family = [parcel for parcel in trade.whole.parcels if parcel.number != 2]
    other = trade.row("PARCEL#02")
    if not is_short:
        assert other == before[1]
        assert sum(p.goods_minor for p in family) == before[0].goods_minor
        assert sum(p.freight_minor for p in family) == before[0].freight_minor
    assert abs(other.goods_minor - before[1].goods_minor) <= 1


# --- asked back ---


@pytest.mark.parametrize("is_stopped", [True, False])
def test_an_answer_that_comes_twice_or_after_the_end_is_nothing(is_stopped):
    trade = an_order_at_its_warehouses()
    told = {"number": 3, "is_stopped": is_stopped, "reason": "", "now": trade.now}
    assert decide_intercepted(trade.whole, **told) is None  # Nobody asked.
    trade.cancel(sub_order=2, caller=POT_MERCHANT)
    trade.answer_intercept(3, is_stopped=is_stopped)

    assert decide_intercepted(trade.whole, **told) is None


def test_who_ships_first_was_not_stopped_even_if_it_says_so_later():
    trade = an_order_at_its_warehouses()
    trade.cancel(sub_order=2, caller=POT_MERCHANT)
    trade.confirm(3)

    assert decide_intercepted(trade.whole, number=3, is_stopped=True, reason="", now=trade.now) is None
    assert (trade.state("PARCEL#03"), trade.whole.refunds) == ("in_transit", ())


def test_who_stopped_cannot_ship_any_more():
    trade = an_order_at_its_warehouses()
    trade.cancel(sub_order=2, caller=POT_MERCHANT)
    trade.answer_intercept(3, is_stopped=True)

    assert refused(trade, Confirmation(3, (package("A", line_3=2),), True)).details == {"state": "cancelled"}


def not_cancelled(trade, error, units=None):
    before, wanted = trade.whole, Cancellation("changed_mind", units)
    with pytest.raises(error) as caught:
        decide_paid(trade.whole, wanted, caller=BUYER, now=trade.now, request=a_request("c"))
    assert trade.whole is before
    return caught.value


def test_part_of_what_a_warehouse_packs_is_not_asked_back():
    error = not_cancelled(an_order_at_its_warehouses(), AtWarehouse, {1: 2})

    assert (error.status, error.code) == (409, "at_warehouse")
    assert error.details == {"parcels": [1, 2], "cancellable": []}
    trade = an_order_at_its_warehouses()
    trade.cancel({1: 1})  # Which is all that is in parcel 2.
    assert [p.state for p in trade.whole.parcels] == ["at_warehouse", "intercepting", "at_warehouse"]


def test_what_is_asked_back_is_not_asked_back_again():
    trade = an_order_at_its_warehouses()
    trade.cancel()

    assert not_cancelled(trade, AtWarehouse).details == {"parcels": [1, 2, 3], "cancellable": []}


def test_all_of_it_is_not_asked_back_when_part_has_left():
    trade = an_order_at_its_warehouses("W1", "W3")
    trade.ship(1, 2)

    error = not_cancelled(trade, AlreadyShipped)

    assert error.details == {"cancellable": []}


def test_what_nobody_packs_is_cancelled_at_once_beside_what_is_asked_back():
    trade = an_order_at_its_warehouses("W1", "W3")

    change = trade.cancel({1: 3, 2: 1})

    assert moves(change) == {"release TEA W2": 1}
    assert entries(change) == {"escrow 01": 1_000, "refund R01": -1_000}
    assert change.note == {"reason": "changed_mind", "asked_back": 1}
    assert [p.state for p in trade.whole.parcels] == ["intercepting", "cancelled", "at_warehouse"]
    # What is asked back bears all of the money that is left, also of the freight.
    assert [(p.goods_minor, p.freight_minor) for p in trade.whole.parcels[:2]] == [(4_500, 800), (0, 0)]
    trade.answer_intercept(1, is_stopped=True)
    assert trade.state("SUB#01") == "cancelled"
    assert [r.amount_minor for r in trade.whole.refunds] == [1_000, 5_300]
