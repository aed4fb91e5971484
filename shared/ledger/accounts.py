"""A merchant's account with the platform: one for each currency, and the names that the ledger has for its parts."""

from typing import NamedTuple, Self

BOOK = "merchant:"


class Account(NamedTuple):
    """
    >>> Account.of_book("merchant:m-tea#CNY").book
    'merchant:m-tea#CNY'
    """

    merchant_id: str
    currency: str  # ISO 4217

    @classmethod
    def of_book(cls, book: str) -> Self:
        merchant_id, _, currency = book.removeprefix(BOOK).rpartition("#")
        return cls(merchant_id, currency)

    @property
    def book(self) -> str:
        """What the bookkeeper calls it: ``shared.ledger.postings``."""
        return f"{BOOK}{self.merchant_id}#{self.currency}"

    @property
    def owed(self) -> str:
        """A credit: what we owe the merchant."""
        return f"merchant:{self.merchant_id}"

    @property
    def reserve(self) -> str:
        return f"reserve:{self.merchant_id}"

    @property
    def commission_due(self) -> str:
        return f"commission_due:{self.merchant_id}"

    @property
    def payout(self) -> str:
        return f"payout:{self.merchant_id}"
