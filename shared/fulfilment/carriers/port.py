"""What every tracker is to us. One class per tracker, beside this module.

    messages, pure, no network                              questions, each one HTTP call with its time limit
    verify(headers, body, now) -> Notice | refusal          subscribe -> nothing | refusal
    interpret(notice)          -> what is known of parcels  query     -> Tracking | None
    acknowledge(told)          -> Reply

No tracker signs the time of sending, so a message has no age: what it says is applied by carrier, waybill number, time
of the event and code, and only forward. A tracker whose signature is no MAC is not proven: before money moves on its
word, it is asked.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum, auto
from typing import Any, NamedTuple, Protocol

from shared.errors import OrderError
from shared.outside import Outside

BODY_BYTES_MAX = 256 * 1024
SECONDS = 4  # For one answer.
CODE_LENGTH_MAX, PLACE_LENGTH_MAX = 60, 80
Headers = Sequence[tuple[str, str]]  # As they came: names in any case, repeated ones repeated.


class Status(StrEnum):
    """Where a parcel is, in our words. UNKNOWN moves nothing; its code is kept."""

    UNKNOWN = auto()
    INFO_RECEIVED = auto()  # The carrier knows of it, and does not have it yet.
    PICKED_UP = auto()
    IN_TRANSIT = auto()
    CUSTOMS = auto()
    OUT_FOR_DELIVERY = auto()
    AVAILABLE_FOR_PICKUP = auto()  # In a locker or a shop: not delivered.
    ATTEMPT_FAILED = auto()
    DELIVERED = auto()
    EXCEPTION = auto()
    REFUSED = auto()  # By its receiver.
    RETURNING = auto()
    RETURNED = auto()
    LOST = auto()
    CANCELLED = auto()
    EXPIRED = auto()  # Nothing was heard for so long that the tracker stopped to look.


class Checkpoint(NamedTuple):
    at: int  # Epoch seconds, of the event itself.
    status: Status
    code: str  # As the tracker said it, at most CODE_LENGTH_MAX printable characters.
    place: str = ""  # A town or a depot, as the tracker names it; never an address of a street.


class Tracking(NamedTuple):
    """What a tracker knows of one parcel."""

    carrier: str  # Our code (``names``); empty, where we do not know the tracker's.
    waybill: str  # Upper case letters, digits and hyphens only.
    checkpoints: tuple[Checkpoint, ...]  # Oldest first, none twice; of equal times, the later one counts.
    source: str  # The tracker's name.
    is_proven: bool  # Whether it was signed with a MAC, or is the answer to our own question.


class Notice(NamedTuple):
    """An authentic message: its signature was right at *verified_at*. *message* is what was signed, read strictly."""

    tracker: str
    message: Mapping[str, Any]
    verified_at: int


class Told(StrEnum):
    """What became of a message. The first three are success: to send it again cannot help."""

    APPLIED = auto()
    DUPLICATE = auto()
    NO_EFFECT = auto()
    UNKNOWN_WAYBILL = auto()  # Perhaps not known yet: a tracker may be faster than the warehouse.
    REFUSED = auto()  # Not signed, or not readable.
    TOO_LARGE = auto()
    BUSY = auto()  # We could not store it.


IS_SUCCESS = frozenset({Told.APPLIED, Told.DUPLICATE, Told.NO_EFFECT})
STATUS = {Told.UNKNOWN_WAYBILL: 503, Told.REFUSED: 401, Told.TOO_LARGE: 413, Told.BUSY: 503}


class Reply(NamedTuple):
    """The answer to a message. It never says why."""

    status: int
    content_type: str
    body: str


class TrackingRefused(OrderError):
    """The tracker will not follow this parcel: it does not know the carrier, or the number cannot be one."""

    status, code = 409, "tracking_refused"


class Tracker(Protocol):
    name: str

    def verify(self, headers: Headers, raw_body: bytes, now: int) -> Notice:
        """Raises ``SignatureInvalid``, ``Malformed`` or ``TooLarge``; for every reason the same answer follows."""

    def interpret(self, notice: Notice) -> tuple[Tracking, ...]:
        """What an authentic message says of parcels; nothing, when it says nothing of any.

        Raises ``Malformed`` when it cannot be what the protocol says.
        """

    def acknowledge(self, told: Told) -> Reply:
        """The answer that this tracker understands."""

    def subscribe(
        self, outside: Outside, carrier: str, waybill: str, *, callback_url: str, phone_tail: str = ""
    ) -> None:
        """Ask to be told of this parcel; asked twice, it is told once. *carrier* is our code, *phone_tail* the last
        four digits of a telephone number, which some carriers want. Raises ``TrackingRefused``, ``Unavailable``.
        """

    def query(
        self, outside: Outside, carrier: str, waybill: str, *, now: int, phone_tail: str = ""
    ) -> Tracking | None:
        """What the tracker knows of this parcel at *now*; None: it has never heard of it. The answer to our own
        question is proven. Raises ``Unavailable``.
        """
