"""MADE UP: what happens to parcels: how warehouses' systems work, what they say to "stop", how carriers fare.

All of it comes from the hash of an order's number, like everything in ``made_up``.
"""

from enum import StrEnum, auto

from local.demo.made_up import draw, pick


class Work(StrEnum):
    """How a warehouse's system deals with the parcels of an order."""

    USUAL = auto()
    REFUSES = auto()  # It will not have it: the merchant packs it by hand.
    ANSWER_LOST = auto()  # It has the parcel, and we do not hear so.
    DOWN = auto()
    OVERTAKEN = auto()  # Its message is here before its answer.
    BY_LINE = auto()  # Each line in a package of its own.
    BIT_BY_BIT = auto()  # The same, six hours apart: parts of it are on their way, others are not.
    SHORT = auto()  # One unit is not on the shelf.
    NOTHING_FOUND = auto()
    TOLD_TWICE = auto()
    TOLD_LATE = auto()
    TOLD_BACKWARDS = auto()
    FORGED = auto()  # Somebody else says that it left.


class Stopping(StrEnum):
    """What a warehouse makes of the question to stop (the words of ``local.warehouses``)."""

    BY_STATE = auto()
    REJECT = auto()
    PENDING_THEN_ACCEPT = auto()
    PENDING_THEN_REJECT = auto()
    PENDING_THEN_SHIP = auto()  # It ships while it is asked.
    LOST_ACCEPT = auto()  # Nobody hears its answer: found by asking how the parcel stands.
    LOST_REJECT = auto()


class Way(StrEnum):
    """How a parcel fares. Most are delivered after two days."""

    DELIVERED = auto()
    SILENT = auto()  # Nobody sees it any more: it stood at the neighbour's.
    EXCEPTION = auto()  # Held, and let go.
    REFUSED = auto()  # At the door, says the carrier.
    RETURNED = auto()
    LOST = auto()
    PICKUP = auto()
    ATTEMPTED = auto()
    CUSTOMS = auto()
    DELIVERED_THEN_EXCEPTION = auto()
    BUYER_REFUSES = auto()  # While it is on its way.
    CONVERTED = auto()  # The same, after it was to be cancelled and had left. Never drawn.
    TOLD_TWICE = auto()
    TOLD_BACKWARDS = auto()
    TOLD_LATE = auto()
    FORGED = auto()
    NO_ANSWER = auto()  # The tracker does not answer when it is asked whether it is true.


WORK = (
    (Work.USUAL, 70),
    (Work.REFUSES, 4),
    (Work.ANSWER_LOST, 3),
    (Work.DOWN, 2),
    (Work.OVERTAKEN, 2),
    (Work.BY_LINE, 2),
    (Work.BIT_BY_BIT, 2),
    (Work.SHORT, 6),
    (Work.NOTHING_FOUND, 1),
    (Work.TOLD_TWICE, 3),
    (Work.TOLD_LATE, 2),
    (Work.TOLD_BACKWARDS, 2),
    (Work.FORGED, 1),
)
STOPPING = (
    (Stopping.BY_STATE, 50),
    (Stopping.REJECT, 10),
    (Stopping.PENDING_THEN_ACCEPT, 10),
    (Stopping.PENDING_THEN_REJECT, 8),
    (Stopping.PENDING_THEN_SHIP, 7),
    (Stopping.LOST_ACCEPT, 8),
    (Stopping.LOST_REJECT, 7),
)
WAYS = (
    (Way.DELIVERED, 792),
    (Way.SILENT, 24),
    (Way.EXCEPTION, 24),
    (Way.REFUSED, 16),
    (Way.RETURNED, 10),
    (Way.LOST, 8),
    (Way.PICKUP, 20),
    (Way.ATTEMPTED, 20),
    (Way.CUSTOMS, 10),
    (Way.DELIVERED_THEN_EXCEPTION, 8),
    (Way.BUYER_REFUSES, 16),
    (Way.TOLD_TWICE, 16),
    (Way.TOLD_BACKWARDS, 12),
    (Way.TOLD_LATE, 12),
    (Way.FORGED, 6),
    (Way.NO_ANSWER, 6),
)
GRADES = (("good", 70), ("defect", 20), ("scrap", 10))
EXTENDS_PCT = 8


def work_of(order: str) -> Work:
    return pick(WORK, draw(f"work {order}", 100))


def stopping_of(order: str) -> Stopping:
    return pick(STOPPING, draw(f"stopping {order}", 100))


def way_of(order: str, parcel: int) -> Way:
    return pick(WAYS, draw(f"way {order} {parcel}", 1000))


def grade_of(order: str, parcel: int) -> str:
    """In which condition what came back is found."""
    return pick(GRADES, draw(f"grade {order} {parcel}", 100))


def wants_more_time(order: str) -> bool:
    return draw(f"extends {order}", 100) < EXTENDS_PCT
