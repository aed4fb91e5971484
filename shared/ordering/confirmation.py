"""The buyer's evidence: what was ordered, for how much, to be paid how, sent where, by when (RULES 2.4).

It travels in the event that says the order is placed, so anybody who subscribes can send it on. There the address is
masked, because events reach many; the buyer reads it in full, with the same words, from the order itself.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from shared.instants import rfc3339
from shared.model import SubOrder, WholeOrder, sub_order_id
from shared.ordering.own import own_lines, own_sub_orders
from shared.ordering.returns import confirmed_exclusions

NAMED_LINES_MAX = 100
NAMES = ("name", "spec")
OPEN_FIELDS = ("country",)  # Where parcels go by country is no secret; who lives where is.


class Promise(NamedTuple):
    """The latest moments, if the order is paid at once; counted anew from when it was paid."""

    ship_by: int
    deliver_by: int


def promise(whole: WholeOrder, sub_order: SubOrder) -> Promise:
    """When *sub_order* shall have left, and arrived: seconds since 1970."""
    policy, order = whole.snapshot.policy, whole.order
    begins = max(order.paid_at or order.placed_at, sub_order.ships_at or 0)
    ship_by = begins + policy["shipment_promise_seconds"]
    return Promise(ship_by, ship_by + policy["delivery_promise_seconds"])


def confirmation(whole: WholeOrder, address: Mapping[str, Any]) -> dict[str, Any]:
    """Every fact of the confirmation, amounts in minor units. *address* is shown as it is given."""
    order, snapshot = whole.order, whole.snapshot
    return {
        "order_id": order.order_id,
        "placed_at": rfc3339(order.placed_at),
        "currency": order.currency,
        "lines": [
            {
                "line": line.number,
                "sku": line.sku,
                "name": line.name,
                "spec": line.spec,
                "quantity": line.quantity,
                "unit_price": line.unit_price_minor,
                "payable": line.payable_minor,
            }
            for line in own_lines(whole)
        ],
        "goods": order.goods_minor,
        "freight": order.freight_minor,
        "total": order.payable_minor,
        "points": snapshot.points,
        "payment_method": snapshot.payment_method,
        "confirmed_exclusions": [
            {"sku": sku, "exclusion": exclusion} for sku, exclusion in confirmed_exclusions(whole)
        ],
        "address": dict(address),
        "promised": [
            {
                "sub_order_id": sub_order_id(order.order_id, sub_order.number),
                "ship_by": rfc3339(promised.ship_by),
                "deliver_by": rfc3339(promised.deliver_by),
            }
            for sub_order in own_sub_orders(whole)
            for promised in [promise(whole, sub_order)]
        ],
    }


def announced(whole: WholeOrder, address: Mapping[str, str]) -> dict[str, Any]:
    """The confirmation as its event carries it: the address masked; of a very long order without names and specs,
    which could be more than an item holds. SKU, units and prices are all there, the rest is on the order.
    """
    told = confirmation(whole, masked(address))
    if len(whole.lines) > NAMED_LINES_MAX:
        unnamed = ({k: v for k, v in line.items() if k not in NAMES} for line in told["lines"])
        told["lines"] = list(unnamed)
    return told


def masked(address: Mapping[str, str]) -> dict[str, str]:
    """The address as events may carry it: the first character of each field, and the country.

    >>> masked({"name": "Li Lei", "country": "CN", "city": "杭州"})
    {'name': 'L***', 'country': 'CN', 'city': '杭***'}
    """
    return {name: text if name in OPEN_FIELDS else f"{text[:1]}***" for name, text in address.items()}
