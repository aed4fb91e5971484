"""What is kept of an order that is over: rows of ``shared.archive.tables``, without anybody in them.

Everything is named here that goes to the archive, one by one: what an order may learn to hold later stays out until
somebody decides that it is not personal.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from shared.goods import StockMove
from shared.lifecycle import MACHINES, PaymentState
from shared.model import (
    AfterSale,
    Dispute,
    Line,
    Parcel,
    Payment,
    Refund,
    SubOrder,
    WholeOrder,
)
from shared.ordering.confirmation import promise

Flat = tuple[str, dict[str, Any]]  # table, row
TARGETS = {rule.name: rule.target for machine in MACHINES.values() for rule in machine.rules}
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)


def flattened(
    whole: WholeOrder, events: Sequence[Mapping[str, Any]], vouchers: Sequence[Mapping[str, Any]]
) -> Iterator[Flat]:
    """Every row of the archive that the order comes to: (table, row). *events* and *vouchers* are as stored."""
    order_id = whole.order.order_id
    for table, row in _rows(whole, events, vouchers):
        yield table, {"order_id": order_id, **row}


def _rows(
    whole: WholeOrder, events: Sequence[Mapping[str, Any]], vouchers: Sequence[Mapping[str, Any]]
) -> Iterator[Flat]:
    yield "orders", _order(whole)
    yield from (("sub_orders", _sub_order(whole, part)) for part in whole.sub_orders)
    yield from (("lines", _line(whole, line)) for line in whole.lines)
    yield from (("payments", _payment(payment)) for payment in whole.payments)
    yield from (("refunds", _refund(refund)) for refund in whole.refunds)
    yield from (("disputes", _dispute(dispute)) for dispute in whole.disputes)
    yield from (("parcels", _parcel(parcel)) for parcel in whole.parcels)
    for case in whole.cases:
        yield "cases", _case(case)
        yield from (("case_lines", row) for row in _case_lines(case))
    for event in events:
        yield from _event(event)
    for voucher in vouchers:
        yield from (("movements", row) for row in _movements(voucher))


def _order(whole: WholeOrder) -> dict[str, Any]:
    order, snapshot, winner = whole.order, whole.snapshot, whole.winning_payment()
    return {
        "placed_at": order.placed_at,
        "paid_at": order.paid_at,
        "state": order.state,
        "stage": order.stage,
        "version": order.version,
        "currency": order.currency,
        "country": order.country,
        "channel": snapshot.channel,
        "level": snapshot.level or None,
        "payment_method": snapshot.payment_method or None,
        "provider": winner.provider if winner else None,
        "goods_minor": order.goods_minor,
        "freight_minor": order.freight_minor,
        "payable_minor": order.payable_minor,
        "captured_minor": order.captured_minor,
        "refunded_minor": sum(_given_back(whole, part) for part in whole.sub_orders),
        "points": snapshot.points,
        "coupons": len(snapshot.coupons),
        "coupon_minor": sum(coupon.off_minor for coupon in snapshot.coupons),
        "sub_orders": len(whole.sub_orders),
        "parcels": _left(whole.parcels),
        "lines": len(whole.lines),
        "units": sum(line.quantity for line in whole.lines),
        "separated_from": order.separated_from,
    }


def _given_back(whole: WholeOrder, part: SubOrder) -> int:
    """Of what was paid: what was never paid for did not come back."""
    return part.payable_minor - part.kept_minor if whole.order.paid_at is not None else 0


def _left(parcels: Iterable[Parcel]) -> int:
    return sum(parcel.shipped_at is not None for parcel in parcels)


def _sub_order(whole: WholeOrder, part: SubOrder) -> dict[str, Any]:
    settled = next((row for row in whole.settlements if row.number == part.number), None)
    return {
        "sub_order": part.number,
        "merchant_id": part.merchant_id,
        "state": part.state,
        "currency": whole.order.currency,
        "goods_minor": part.goods_minor,
        "freight_minor": part.freight_minor,
        "payable_minor": part.payable_minor,
        "refunded_minor": _given_back(whole, part),
        "withheld_minor": part.withheld_minor,
        "replaces": part.replaces,
        "paid_at": whole.order.paid_at,
        "ship_by": promise(whole, part).ship_by if whole.order.paid_at is not None else None,
        "shipped_at": part.shipped_at,
        "completed_at": part.completed_at,
        "parcels": _left(whole.parcels_of(part)),
        "settled_at": settled.settled_at if settled else None,
        "settled_minor": settled.amount_minor if settled else None,
    }


def _line(whole: WholeOrder, line: Line) -> dict[str, Any]:
    part, number = whole.sub_orders[line.sub_order - 1], str(line.number)
    return {
        "line": line.number,
        "sub_order": line.sub_order,
        "merchant_id": line.merchant_id,
        "sku": line.sku,
        "category": line.category or None,
        "currency": whole.order.currency,
        "quantity": line.quantity,
        "unit_price_minor": line.unit_price_minor,
        "payable_minor": line.payable_minor,
        "points": line.points,
        "cancelled": part.cancelled.get(number, 0),
        "returned": part.returned.get(number, 0),
        "waived": part.waived.get(number, 0),
        "reduced_minor": part.reduced.get(number, 0),
        "replaces": line.replaces or None,
    }


def _payment(payment: Payment) -> dict[str, Any]:
    return {
        "payment": payment.number,
        "provider": payment.provider,
        "reference": payment.reference,
        "transaction_id": payment.transaction_id,
        "state": payment.state,
        "currency": payment.currency,
        "amount_minor": payment.amount_minor,
        "captured_minor": payment.captured_minor,
        "started_at": payment.started_at,
        "paid_at": payment.paid_at if payment.state is PaymentState.SUCCEEDED else None,
        "failure": payment.failure,
    }


def _refund(refund: Refund) -> dict[str, Any]:
    return {
        "refund": refund.number,
        "payment": refund.payment,
        "state": refund.state,
        "reason": _code(refund.reason),
        "currency": refund.currency,
        "amount_minor": refund.amount_minor,
        "goods_minor": sum(part.goods_minor for part in refund.parts),
        "freight_minor": sum(part.freight_minor for part in refund.parts),
        "other_minor": sum(part.other_minor for part in refund.parts),
        "requested_at": refund.requested_at,
        "finished_at": refund.finished_at,
    }


def _dispute(dispute: Dispute) -> dict[str, Any]:
    return {
        "dispute": dispute.number,
        "payment": dispute.payment,
        "state": dispute.state,
        "currency": dispute.currency,
        "amount_minor": dispute.amount_minor,
        "borne_minor": dispute.borne_minor,
        "opened_at": dispute.opened_at,
        "finished_at": dispute.finished_at,
    }


def _parcel(parcel: Parcel) -> dict[str, Any]:
    """Without its waybill: its carrier knows who lives behind it."""
    return {
        "parcel": parcel.number,
        "sub_order": parcel.sub_order,
        "warehouse": parcel.warehouse,
        "state": parcel.state,
        "carrier": parcel.carrier,
        "service": parcel.service or None,
        "units": sum(parcel.contents.values()),
        "goods_minor": parcel.goods_minor,
        "freight_minor": parcel.freight_minor,
        "cost_minor": parcel.cost_minor if parcel.cost_currency else None,
        "cost_currency": parcel.cost_currency or None,
        "grams": parcel.grams,
        "cm3": parcel.cm3,
        "cuts": ",".join(parcel.cuts) or None,
        "shipped_at": parcel.shipped_at,
        "delivered_at": parcel.delivered_at,
    }


def _case(case: AfterSale) -> dict[str, Any]:
    return {
        "case_number": case.number,
        "sub_order": case.sub_order,
        "merchant_id": case.merchant_id,
        "kind": case.kind,
        "reason": case.reason,
        "state": case.state,
        "opened_at": case.opened_at,
        "finished_at": case.finished_at,
        "units": sum(case.units.values()),
        "refund": case.refund,
        "points": case.points,
        "advance_minor": case.advance_minor,
        "replacement": case.replacement,
        "ruling": _code(case.ruling),
        "evidence": len(case.evidence),
    }


def _case_lines(case: AfterSale) -> Iterator[dict[str, Any]]:
    for line, units in sorted(case.units.items(), key=lambda one: int(one[0])):
        yield {"case_number": case.number, "line": int(line), "units": units}


def _event(event: Mapping[str, Any]) -> Iterator[Flat]:
    """What happened and which kind of party did it. Who, and in what words, is not kept."""
    when = {"version": event["version"], "noted_at": event["at"]}
    yield "events", {**when, "event": event["event"], "actor": event["actor"]}
    for place, step in enumerate(event["steps"]):
        machine, source, *_ = step["row"].split(".")
        moved = {
            "machine": machine,
            "subject": step["subject"],
            "source": source,
            "target": TARGETS.get(step["row"]),  # None: of a row that this release does not have any more.
        }
        yield "steps", {**when, "place": place, **moved}
    for place, move in enumerate(StockMove(*stored) for stored in event.get("stock", ())):
        yield "stock_moves", {**when, "place": place, **move._asdict(), "channel": move.channel or None}


def _movements(voucher: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for place, (account, amount_minor) in enumerate(voucher["entries"]):
        yield {
            "voucher_id": voucher["voucher_id"],
            "entry": place,
            "noted_at": voucher["at"],
            "happened_at": voucher.get("happened_at"),
            "kind": voucher["kind"],
            "account": account,
            "currency": voucher["currency"],
            "amount_minor": amount_minor,
            "document": voucher.get("document"),
        }


def _code(told: str) -> str | None:
    """*told*, if it is a code; None otherwise: words may name somebody."""
    return told if _CODE.fullmatch(told) else None
