"""What can go wrong with money, and did: one line of the report for each kind."""

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """In the order in which the report tells of them."""

    TWICE = "the payment's message came twice"
    LOST = "it was lost, and asking found the payment within five minutes"
    SIX_HOURS = "it came six hours late, and asking had found the payment"
    OUT_OF_ORDER = "it was overtaken by a later one"
    PAGE_FAILED = "the provider did not answer when the page was opened"
    ASKING_FAILED = "it did not answer when it was asked, either"
    CLOSING_FAILED = "it did not answer when the page was closed"
    SECOND_TRY = "a second try, at another provider"
    BOTH_PAID = "both tries were paid"
    WRONG_AMOUNT = "a fen less was paid than asked for"
    WRONG_CURRENCY = "paid in another currency"
    OTHER_ACCOUNT = "paid into an account that is not ours"
    COUPON = "the provider's own coupon paid a part"
    IN_PARTS = "paid in two parts"
    HALF = "only half of it was paid"
    LATE = "paid after it was cancelled"
    TOO_LATE = "paid after the time had run out"
    NOBODY_KNOWS = "paid under a number that nobody knows"
    REFUND_PENDING = "refund: accepted, done later"
    REFUND_ONCE_REFUSED = "refund: the provider was broken at first"
    REFUND_ANSWER_LOST = "refund: its answer was lost"
    REFUND_FAILED_LATER = "refund: accepted, then failed"
    REFUND_BOUNCED = "refund: the bank sent it back"
    REFUND_REFUSED = "refund: refused for good"
    RETRIED = "an operator tried it again"
    PAID_BY_BANK = "an operator paid it by bank"
    FAVOUR = "support gave something back"
    BY_HAND = "refunded at the provider, by hand"
    WARNED = "the payer's bank suspects fraud"
    CHARGEBACK_WON = "chargeback, won"
    CHARGEBACK_LOST = "chargeback, lost"
    CHARGEBACK_LOST_LATE = "chargeback, lost after the merchant was paid"
    CHARGEBACK_COVERED = "chargeback, lost while a refund was promised"


class Happened(NamedTuple):
    kind: Kind
    order_id: str  # Empty: it belongs to no order.
    amount_minor: int
    subject: str  # The row that says how it ended.
