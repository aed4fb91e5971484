"""One story per row of every table. Importing this package registers them all in ``tests.storybook.STORIES``."""

from tests.stories import (
    dispute,
    order,
    order_placing,
    order_unfilled,
    parcel,
    payment,
    payment_parts,
    refund,
    refund_ends,
    settlement,
    sub_order,
    sub_order_review,
    transfer,
)

__all__ = [
    "dispute",
    "order",
    "order_placing",
    "order_unfilled",
    "parcel",
    "payment",
    "payment_parts",
    "refund",
    "refund_ends",
    "settlement",
    "sub_order",
    "sub_order_review",
    "transfer",
]
