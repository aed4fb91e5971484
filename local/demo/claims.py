"""MADE UP: what buyers ask for after shipment, and what everybody else makes of it.

All of it comes from the hash of an order's, or a ``C`` invoice's, number, like everything in ``made_up``.
"""

from collections.abc import Mapping
from enum import StrEnum, auto
from typing import NamedTuple

from local.demo.made_up import Refunding, draw, pick

Reason = str
QUALITY = ("quality", "wrong_goods", "not_as_described", "damaged")  # Reasons that are shown with a photo,
MISSING = "missing_goods"  # and so is this one; but nothing of it can come back.


class Decides(StrEnum):
    """What the merchant says."""

    YES = auto()
    NOTHING = auto()  # For two days: that is a yes.
    NO = auto()  # With an alternative.


class Answers(StrEnum):
    """What the buyer makes of a no."""

    ACCEPTS = auto()  # The alternative.
    WITHDRAWS = auto()
    CALLS = auto()  # The platform.
    NOTHING = auto()  # For three days: it is over.


class Sends(StrEnum):
    """Whether the buyer sends it back."""

    AT_ONCE = auto()
    ANOTHER_NUMBER = auto()  # Mistyped at first.
    NEVER = auto()
    WITHDRAWS = auto()


class Found(StrEnum):
    """What whoever has it back finds in the parcel."""

    DRAWN = auto()  # Each line in its own condition.
    WORN = auto()  # All of it, and worth less.
    SHORT = auto()  # A unit is not in it.
    EMPTY = auto()
    NOBODY_LOOKS = auto()  # For two days: the platform decides.


class Says(StrEnum):
    """What the buyer makes of a deduction."""

    AGREES = auto()
    CALLS = auto()
    NOTHING = auto()  # For three days: that is agreement.


class Rules(StrEnum):
    """What the platform decides, once it was called."""

    ALL = auto()
    PART = auto()
    NOTHING = auto()
    GOODS_FIRST = auto()  # All of it, when the goods are back.
    AS_ASKED = auto()  # An exchange, or a repair.
    LATE = auto()  # All of it, two days later.
    GIVEN_IN = auto()  # Meanwhile the merchant says yes.


class Telling(StrEnum):
    """How a warehouse's system, or a carrier, tells of what came back."""

    USUAL = auto()
    TWICE = auto()
    LATE = auto()
    BACKWARDS = auto()  # That it was inspected before that it is there.


class Opens(StrEnum):
    """When the buyer asks."""

    HAVING_IT = auto()  # Delivered, and perhaps received.
    UNRECEIVED = auto()  # Delivered, before the buyer says so; the receipt waits.
    ON_ITS_WAY = auto()
    CONVERTED = auto()  # It was to be cancelled, and too late for that.


class Claim(NamedTuple):
    """What becomes of one request."""

    kind: str = "return_refund"
    reason: Reason = "no_reason"
    opens: Opens = Opens.HAVING_IT
    decides: Decides = Decides.YES
    offers: str = "price_reduction"
    answers: Answers = Answers.CALLS
    sends: Sends = Sends.AT_ONCE
    found: Found = Found.DRAWN
    says: Says = Says.AGREES
    rules: Rules = Rules.ALL
    advance: bool = False  # The platform pays at once, before it decides.
    telling: Telling = Telling.USUAL
    all_units: bool = False  # Of every line; else some units of one or two.
    is_lost: bool = False  # On its way back.
    fails: bool = False  # What is sent instead is not to be had: the merchant cancels it.
    chargeback: str = ""  # "won" or "lost": while the case is open, the payer's bank takes the money.
    swap: str = ""  # An exchange for this.
    refunding: Refunding | None = None  # How the provider handles its refund; None: by the draw.


CLAIMED_PCT = 16  # Of the orders that nothing else befalls.
KINDS = (
    ("return_refund", 40),
    ("refund_only", 20),
    ("exchange", 13),
    ("repair", 7),
    ("price_reduction", 12),
    ("reship", 8),
)
REASONS: Mapping[str, tuple[tuple[Reason, int], ...]] = {
    "return_refund": (("no_reason", 55), ("quality", 20), ("damaged", 10), ("not_as_described", 15)),
    "refund_only": (("missing_goods", 50), ("damaged", 50)),
    "exchange": (("no_reason", 30), ("quality", 40), ("wrong_goods", 30)),
    "repair": (("quality", 100),),
    "price_reduction": (("damaged", 50), ("not_as_described", 50)),
    "reship": (("missing_goods", 60), ("damaged", 40)),
}
OPENS = ((Opens.HAVING_IT, 70), (Opens.UNRECEIVED, 30))
DECIDES = ((Decides.YES, 60), (Decides.NOTHING, 20), (Decides.NO, 20))
ANSWERS = ((Answers.ACCEPTS, 30), (Answers.WITHDRAWS, 15), (Answers.CALLS, 40), (Answers.NOTHING, 15))
SENDS = ((Sends.AT_ONCE, 84), (Sends.ANOTHER_NUMBER, 6), (Sends.NEVER, 6), (Sends.WITHDRAWS, 4))
FOUND = (
    (Found.DRAWN, 66),
    (Found.WORN, 12),
    (Found.SHORT, 10),
    (Found.EMPTY, 5),
    (Found.NOBODY_LOOKS, 7),
)
SAYS = ((Says.AGREES, 40), (Says.CALLS, 35), (Says.NOTHING, 25))
RULES = (
    (Rules.ALL, 30),
    (Rules.PART, 25),
    (Rules.NOTHING, 20),
    (Rules.GOODS_FIRST, 10),
    (Rules.LATE, 8),
    (Rules.GIVEN_IN, 7),
)
TELLING = ((Telling.USUAL, 70), (Telling.TWICE, 10), (Telling.LATE, 10), (Telling.BACKWARDS, 10))
CONDITIONS = (("good", 66), ("defect", 22), ("scrap", 12))
ADVANCED_PCT, LOST_PCT = 30, 3


def claim_of(number: str) -> Claim | None:
    """What the buyer of an order asks for, if anything."""
    return drawn(number) if draw(f"claims {number}", 100) < CLAIMED_PCT else None


def drawn(number: str) -> Claim:
    """A request of any kind."""
    kind = pick(KINDS, draw(f"claimed kind {number}", 100))
    return _played(number, kind, pick(REASONS[kind], draw(f"claimed reason {number}", 100)))


def taking_back(number: str) -> Claim:
    """What becomes of a ``C`` invoice: its goods come back and are inspected, for money. Most merchants agree."""
    reason = pick(REASONS["return_refund"], draw(f"claimed reason {number}", 100))
    claim = _played(number, "return_refund", reason)
    if (
        claim.decides is Decides.NO
    ):  # It was credited in the end: the platform is called, and has it sent back.
        claim = claim._replace(answers=Answers.CALLS, rules=Rules.GOODS_FIRST)
    sends = claim.sends if claim.sends is Sends.ANOTHER_NUMBER else Sends.AT_ONCE
    return claim._replace(sends=sends, is_lost=False)


def _played(number: str, kind: str, reason: Reason) -> Claim:
    def one(about: str) -> int:
        return draw(f"{about} {number}", 100)

    return Claim(
        kind=kind,
        reason=reason,
        opens=pick(OPENS, one("opens")),
        decides=pick(DECIDES, one("decides")),
        offers="reship" if kind == "price_reduction" else "price_reduction",
        answers=pick(ANSWERS, one("answers")),
        sends=pick(SENDS, one("sends")),
        found=pick(FOUND, one("found")),
        says=pick(SAYS, one("says")),
        rules=pick(RULES, one("rules")),
        advance=one("advance") < ADVANCED_PCT,
        telling=pick(TELLING, one("telling")),
        is_lost=one("lost on its way back") < LOST_PCT,
    )


def condition_of(number: str, line: int, unit: int) -> str:
    """In which condition a unit is found."""
    return pick(CONDITIONS, draw(f"condition {number} {line} {unit}", 100))


def units_wanted(number: str, line: int, bought: int) -> int:
    """So many units of a line are asked for."""
    return 1 + draw(f"claimed units {number} {line}", bought)


def postage_of(number: str) -> int:
    """What sending it back cost, says its buyer: minor units. Some ask for more than any policy pays."""
    return 300 + 100 * draw(f"postage {number}", 25)


def hours(number: str, about: str, most: int) -> int:
    """Seconds that somebody takes: up to so many hours."""
    return 3600 * (1 + draw(f"{about} takes {number}", most))
