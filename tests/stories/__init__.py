"""One story per row of every table. Importing this package registers them all in ``tests.storybook.STORIES``."""

from tests.stories import order, parcel, payment, refund, settlement, sub_order

__all__ = ["order", "parcel", "payment", "refund", "settlement", "sub_order"]
