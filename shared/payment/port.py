"""What every payment provider is to us. One class per provider, in ``shared.payment.providers``.

    webhooks, pure, no network, under a millisecond        questions, each one HTTP call with its time limit
    verify(headers, body, now) -> Notice | refusal          create  -> PayWith
    interpret(notice)          -> facts                     query   -> PaymentFact | None
    acknowledge(outcome)       -> Reply                     close   -> PaymentFact | None
                                                            refund, query_refund -> RefundFact

A question that is not answered, or not understood, raises ``Unavailable``: then nothing is assumed, and it is asked
again under the same number.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum, auto
from typing import Any, NamedTuple, Protocol

from shared.errors import OrderError
from shared.model import Payment, Refund
from shared.outside import Outside
from shared.payment.facts import Fact, PaymentFact, RefundFact

BODY_BYTES_MAX = 256 * 1024
SECONDS = 4  # For one answer. WeChat Pay gives a webhook five.
Headers = Sequence[tuple[str, str]]  # As they came: names in any case, repeated ones repeated.


class Notice(NamedTuple):
    """An authentic message: its signature and, where it is signed, its age were right at *verified_at*.

    *message* is what was signed, read strictly; of WeChat Pay, with its resource decrypted.
    """

    provider: str
    message: Mapping[str, Any]
    verified_at: int


class Told(StrEnum):
    """What became of a message. All but the last four are success: to send it again cannot help."""

    APPLIED = auto()
    DUPLICATE = auto()
    NO_EFFECT = auto()
    QUARANTINED = auto()
    PARKED = auto()  # Its reference is not known yet.
    REFUSED = auto()  # Not signed, not now, or not readable.
    TOO_LARGE = auto()
    BUSY = auto()  # We could not store it.


IS_SUCCESS = frozenset({Told.APPLIED, Told.DUPLICATE, Told.NO_EFFECT, Told.QUARANTINED})
STATUS = {Told.PARKED: 503, Told.REFUSED: 401, Told.TOO_LARGE: 413, Told.BUSY: 503}


class Reply(NamedTuple):
    """The answer to a webhook. It never says why."""

    status: int
    content_type: str
    body: str


class PayKind(StrEnum):
    REDIRECT = auto()  # Send the buyer's browser to this address.
    QR_CODE = auto()  # Show this text as a QR code.
    CLIENT_SECRET = auto()  # Hand this to the provider's own script in the browser.


class PayWith(NamedTuple):
    """How the buyer goes on."""

    kind: PayKind
    value: str
    transaction_id: str = ""  # Where the provider numbers the payment before it is made.


class PaymentRefused(OrderError):
    """The provider will not even open this try to pay. *failure* is one of ``facts.FAILURES``."""

    status, code = 409, "payment_refused"

    def __init__(self, failure: str) -> None:
        super().__init__("the provider refused this payment", failure=failure)
        self.failure = failure


class Manners(NamedTuple):
    """What a provider lets us do with the money of one payment."""

    refunds_max: int | None = None  # Of one payment.
    refund_gap_seconds: int = 0  # Between two of one payment; then also never two at once.
    refund_days_max: int | None = None  # After the payment.


class Provider(Protocol):
    name: str
    manners: Manners

    def verify(self, headers: Headers, raw_body: bytes, now: int) -> Notice:
        """Raises ``SignatureInvalid``, ``Malformed`` or ``TooLarge``; for every reason the same answer follows."""

    def interpret(self, notice: Notice) -> tuple[Fact, ...]:
        """What an authentic message says of money, oldest fact first; nothing, when it says nothing of it.

        Raises ``Malformed`` when it cannot be what the protocol says.
        """

    def acknowledge(self, outcome: Told) -> Reply:
        """The answer that this provider understands."""

    def create(self, outside: Outside, payment: Payment, *, now: int) -> PayWith:
        """Open *payment* at the provider, under our reference; repeated, it is the same payment.

        Raises ``PaymentRefused``, ``Unavailable``.
        """

    def query(self, outside: Outside, payment: Payment, *, now: int) -> PaymentFact | None:
        """How *payment* stands; None: nothing was paid, and something may still be. Raises ``Unavailable``."""

    def close(self, outside: Outside, payment: Payment, *, now: int) -> PaymentFact | None:
        """Ask that *payment* can no longer be made. None: it is closed, or never reached the provider.
        A fact (paid, or in part): it was made. Raises ``Unavailable`` when the answer is unknown.
        """

    def refund(self, outside: Outside, payment: Payment, refund: Refund, *, now: int) -> RefundFact:
        """Send money back under ``refund.provider_refund_id``, the same for every attempt; a repeat moves nothing
        twice. Raises ``Unavailable``: then it may have been done, or not.
        """

    def query_refund(
        self, outside: Outside, payment: Payment, refund: Refund, *, now: int
    ) -> RefundFact | None:
        """How *refund* stands; None: the provider has never heard of it. Raises ``Unavailable``."""
