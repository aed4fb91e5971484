"""One story per row of every table. Importing this package registers them all in ``tests.storybook.STORIES``."""

from tests.stories import (
    order,
    order_placing,
    order_unfilled,
    parcel,
    payment,
    refund,
    settlement,
    sub_order,
    sub_order_review,
    transfer,
)

__all__ = [
    "order",
    "order_placing",
    "order_unfilled",
    "parcel",
    "payment",
    "refund",
    "settlement",
    "sub_order",
    "sub_order_review",
    "transfer",
]
