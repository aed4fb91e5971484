"""What can go wrong with money, and did: one line of the report for each kind."""

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """In the order in which the report tells of them."""

    TWICE = "message twice"
    LOST = "message lost, found by asking"
    SIX_HOURS = "message six hours late"
    OUT_OF_ORDER = "message overtaken by another"
    PAGE_FAILED = "no answer on opening the page"
    ASKING_FAILED = "no answer on asking"
    CLOSING_FAILED = "no answer on closing the page"
    SECOND_TRY = "second try, elsewhere"
    BOTH_PAID = "both tries paid"
    WRONG_AMOUNT = "paid a fen too little"
    WRONG_CURRENCY = "paid in another currency"
    OTHER_ACCOUNT = "paid into another's account"
    COUPON = "provider's coupon paid a part"
    IN_PARTS = "paid in two parts"
    HALF = "only half was paid"
    LATE = "paid after it was cancelled"
    TOO_LATE = "paid after the time was over"
    NOBODY_KNOWS = "paid under an unknown number"
    REFUND_PENDING = "refund accepted, done later"
    REFUND_ONCE_REFUSED = "refund: broken at first"
    REFUND_ANSWER_LOST = "refund: answer lost"
    REFUND_FAILED_LATER = "refund accepted, then failed"
    REFUND_BOUNCED = "refund sent back by the bank"
    REFUND_REFUSED = "refund refused for good"
    RETRIED = "  retried by an operator"
    PAID_BY_BANK = "  paid by bank"
    FAVOUR = "favour by support"
    BY_HAND = "refund by hand, not by us"
    WARNED = "bank warned of fraud"
    CHARGEBACK_WON = "chargeback won"
    CHARGEBACK_LOST = "chargeback lost"
    CHARGEBACK_LOST_LATE = "  lost, merchant already paid"
    CHARGEBACK_COVERED = "  lost, a refund was promised"


class Happened(NamedTuple):
    kind: Kind
    order_id: str  # Empty: it belongs to no order.
    amount_minor: int
    subject: str  # The row that says how it ended.
