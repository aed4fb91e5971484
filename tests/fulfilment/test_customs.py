"""One declaration for each cross-border parcel; order, payment and waybill are put side by side before customs does."""

from dataclasses import replace

import pytest

from shared.fulfilment.customs import declarations, is_undeclarable
from tests.builders import ADDRESS, ORDER_ID, Trade, a_line, a_shipped_order, an_order_of

ABROAD = {"flags": ("cross_border",), "hs_code": "0902", "origin": "JP"}


def an_order_through_customs(units=3, payable_minor=600_001, unit_price_minor=200_000) -> Trade:
    """Two parcels through customs (2 and 1 of SKU-1, before any coupon 2,000.00 each), one domestic; all shipped."""
    lines = [
        a_line(1, units, payable_minor, unit_price_minor=unit_price_minor, **ABROAD),
        a_line(2, 1, 3_000),
    ]
    trade = an_order_of(lines, [801])
    trade.review()
    trade.split()
    trade.ship(1, 1, 2, 3)
    return trade


def found(trade, personal=ADDRESS):
    return declarations(trade.whole, personal)


def changed(trade, subject, **fields):
    """What would be declared if a row were so."""
    whole = trade.whole.with_rows([replace(trade.row(subject), **fields)])
    return [one.mismatches for one in declarations(whole, ADDRESS)]


def test_every_parcel_through_customs_is_an_order_of_its_own_and_all_agrees():
    trade = an_order_through_customs()

    one, two = found(trade)

    assert [d.number for d in (one, two)] == [f"{ORDER_ID}-01-P01", f"{ORDER_ID}-01-P02"]
    assert sorted(d.value_minor for d in (one, two)) == [200_000, 400_000]
    assert (one.mismatches, two.mismatches) == ((), ())
    for declared in (one, two):
        (line,) = declared.lines
        assert (line.sku, line.hs_code, line.origin, line.unit_value_minor) == (
            "SKU-1",
            "0902",
            "JP",
            200_000,
        )
        assert line.paid_minor == declared.parcel.goods_minor
        assert declared.freight_minor == declared.parcel.freight_minor
        assert declared.payment.number == 1
    assert sum(d.lines[0].paid_minor for d in (one, two)) == 600_001


def test_domestic_goods_are_not_declared():
    assert found(a_shipped_order()) == ()


@pytest.mark.parametrize(
    ("subject", "fields", "mismatches"),
    [
        ("PAY#01", {"amount_minor": 1}, [("paid_amount_differs",)] * 2),
        ("PAY#01", {"currency": "USD"}, [("paid_amount_differs",)] * 2),
        ("PAY#01", {"transaction_id": None}, [("payment_number_missing",)] * 2),
        ("PAY#01", {"state": "closed"}, [("not_paid",)] * 2),
        ("PARCEL#01", {"waybill": None}, [("waybill_missing",), ()]),
        ("PARCEL#01", {"goods_minor": 1}, [("order_amount_differs",)] * 2),
    ],
)
def test_whatever_does_not_agree_is_named(subject, fields, mismatches):
    assert changed(an_order_through_customs(), subject, **fields) == mismatches


def test_nobody_to_receive_it_is_named():
    assert [one.mismatches for one in found(an_order_through_customs(), {})] == [("consignee_missing",)] * 2


def test_a_parcel_that_is_worth_too_much_is_named():
    trade = an_order_through_customs()
    cap = {**trade.whole.snapshot.policy, "cross_border_parcel_minor": 399_999}
    whole = replace(trade.whole, snapshot=trade.whole.snapshot._replace(policy=cap))

    assert sorted(one.mismatches for one in declarations(whole, ADDRESS)) == [(), ("over_customs_cap",)]


@pytest.mark.parametrize("lacking", [{"hs_code": ""}, {"origin": ""}])
def test_goods_that_customs_cannot_be_told_of_are_named(lacking):
    trade = an_order_through_customs()
    lines = (trade.whole.lines[0]._replace(**lacking), trade.whole.lines[1])

    assert [one.mismatches for one in declarations(replace(trade.whole, lines=lines), ADDRESS)] == [
        ("goods_not_declarable",)
    ] * 2
    assert is_undeclarable(lines[0])
    assert not is_undeclarable(lines[1])  # Domestic.


def test_what_came_back_is_not_declared_and_the_rest_still_agrees():
    trade = an_order_through_customs()
    trade.refuse(1)
    trade.count(1, {1: {"good": 1}})

    (one,) = found(trade)

    assert (one.parcel.number, one.mismatches) == (2, ())
