"""Customs: one declaration for each cross-border parcel, and whether order, payment and waybill agree (三单对碰).

Customs takes every cross-border parcel as an order of its own: its own number, its own waybill. It is told the same
parcel three times, by the shop (what was ordered), by the payment provider (what was paid) and by the carrier (what is
sent), and lets it pass only where the three agree. Here they are put side by side before customs does.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from shared.goods import Flag
from shared.lifecycle import ParcelState, PaymentState
from shared.model import Line, Parcel, Payment, WholeOrder, sub_order_id
from shared.money import running_shares
from shared.splitting.shares import has_share

OVER = (ParcelState.CANCELLED, ParcelState.CAME_BACK)


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
    lines = tuple(_declared_line(whole, parcel, line) for line in _lines(whole, parcel))
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


def _declared_line(whole: WholeOrder, parcel: Parcel, line: Line) -> DeclaredLine:
    """The line's units in this parcel, with their share of what is paid for it, as its parcels add up to it."""
    number = str(line.number)
    sub_order = whole.sub_orders[parcel.sub_order - 1]
    kept = line.payable_minor - line.payable_minor * sub_order.gone(line) // line.quantity
    living = [p for p in whole.parcels_of(sub_order) if has_share(p)]
    shares = running_shares(kept, [p.contents.get(number, 0) for p in living])
    paid = next(share for p, share in zip(living, shares, strict=True) if p.number == parcel.number)
    units = parcel.contents[number]
    return DeclaredLine(line.sku, line.name, line.hs_code, line.origin, units, line.unit_price_minor, paid)


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
    if sum(line.paid_minor for line in lines) != parcel.goods_minor:
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
