"""Customs: one declaration for each cross-border parcel, and whether order, payment and waybill agree (三单对碰).

Customs takes every cross-border parcel as an order of its own: its own number, its own waybill. It is told the same
parcel three times, by the shop (what was ordered), by the payment provider (what was paid) and by the carrier (what is
sent), and lets it pass only where the three agree. Here they are put side by side before customs does.
"""

from collections.abc import Iterator, Mapping
from math import lcm
from typing import NamedTuple

from shared.goods import Flag
from shared.lifecycle import ParcelState, PaymentState
from shared.model import Line, Parcel, Payment, WholeOrder, sub_order_id
from shared.money import allocate
from shared.splitting.shares import kept_minor

OVER = (ParcelState.CANCELLED, ParcelState.CAME_BACK, ParcelState.INCOMPLETE, ParcelState.WRITTEN_OFF)


class DeclaredLine(NamedTuple):
    sku: str
    name: str
    hs_code: str
    origin: str
    quantity: int
    unit_value_minor: int  # What one is offered for, before any coupon: that is what the cap counts.
    paid_minor: int  # What the buyer pays for these units.


class Declaration(NamedTuple):
    """One cross-border parcel as customs shall see it."""

    number: str  # The order number of this parcel alone.
    parcel: Parcel
    lines: tuple[DeclaredLine, ...]
    value_minor: int
    freight_minor: int
    payment: Payment | None
    mismatches: tuple[str, ...]


def declaration_number(order_id: str, parcel: Parcel) -> str:
    """A parcel's own order number.

    >>> from shared.lifecycle import ParcelState
    >>> parcel = Parcel(number=3, sub_order=2, warehouse="W1", state=ParcelState.IN_TRANSIT, contents={},
    ...                 goods_minor=0, freight_minor=0, cuts=())
    >>> declaration_number("01HF7YAT000000000000000000", parcel)
    '01HF7YAT000000000000000000-02-P03'
    """
    return f"{sub_order_id(order_id, parcel.sub_order)}-P{parcel.number:02}"


def declarations(whole: WholeOrder, personal: Mapping[str, str]) -> tuple[Declaration, ...]:
    """One for each living cross-border parcel, with everything that does not agree."""
    return tuple(
        _declared(whole, parcel, personal)
        for parcel in whole.parcels
        if parcel.state not in OVER and is_cross_border(whole, parcel)
    )


def is_cross_border(whole: WholeOrder, parcel: Parcel) -> bool:
    return any(Flag.CROSS_BORDER in line.flags for line in _lines(whole, parcel))


def is_undeclarable(line: Line) -> bool:
    """Whether customs could not be told what it is."""
    return Flag.CROSS_BORDER in line.flags and not (line.hs_code and line.origin)


def _lines(whole: WholeOrder, parcel: Parcel) -> Iterator[Line]:
    return (line for line in whole.lines if str(line.number) in parcel.contents)


def _declared(whole: WholeOrder, parcel: Parcel, personal: Mapping[str, str]) -> Declaration:
    lines = _declared_lines(whole, parcel)
    value = sum(line.unit_value_minor * line.quantity for line in lines)
    payment = whole.winning_payment()
    return Declaration(
        number=declaration_number(whole.order.order_id, parcel),
        parcel=parcel,
        lines=lines,
        value_minor=value,
        freight_minor=parcel.freight_minor,
        payment=payment,
        mismatches=tuple(_mismatches(whole, parcel, lines, value, payment, personal)),
    )


def _declared_lines(whole: WholeOrder, parcel: Parcel) -> tuple[DeclaredLine, ...]:
    """The units in this parcel; its share of what is paid is theirs, in proportion to what one of each cost."""
    units = [(line, parcel.contents[str(line.number)]) for line in _lines(whole, parcel)]
    each = lcm(*(line.quantity for line, _ in units))
    worth = [line.payable_minor * count * (each // line.quantity) for line, count in units]
    return tuple(
        DeclaredLine(line.sku, line.name, line.hs_code, line.origin, count, line.unit_price_minor, paid)
        for (line, count), paid in zip(units, allocate(parcel.goods_minor, worth), strict=True)
    )


def _adds_up(whole: WholeOrder, parcel: Parcel) -> bool:
    """Whether the parcels of its sub-order are, together, what the buyer still pays for the goods."""
    sub_order = whole.sub_orders[parcel.sub_order - 1]
    kept = sum(kept_minor(line, sub_order) for line in whole.lines_of(sub_order))
    return sum(one.goods_minor for one in whole.parcels_of(sub_order)) == kept


def _mismatches(
    whole: WholeOrder,
    parcel: Parcel,
    lines: tuple[DeclaredLine, ...],
    value: int,
    payment: Payment | None,
    personal: Mapping[str, str],
) -> Iterator[str]:
    """Order against rules, order against payment, order against waybill."""
    if value > whole.snapshot.policy["cross_border_parcel_minor"]:
        yield "over_customs_cap"
    if any(not (line.hs_code and line.origin) for line in lines):
        yield "goods_not_declarable"
    if not _adds_up(whole, parcel):
        yield "order_amount_differs"
    if payment is None or payment.state is not PaymentState.SUCCEEDED:
        yield "not_paid"
    elif payment.amount_minor != whole.order.payable_minor or payment.currency != whole.order.currency:
        yield "paid_amount_differs"
    elif not payment.transaction_id:
        yield "payment_number_missing"
    if not parcel.waybill:
        yield "waybill_missing"
    if not personal.get("name"):
        yield "consignee_missing"
