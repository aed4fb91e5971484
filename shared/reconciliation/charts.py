"""Bars for a page, as SVG inside it: no script, no network, no library in the function that draws them.

A chart is a list of bars on one scale; below zero to the left of the axis. Whatever text is handed in is escaped.
"""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDTH, LABEL, VALUE = 760, 210, 140  # Of the whole, of the words on the left, of the figures on the right.
HEIGHT, GAP = 18, 8


class Bar(NamedTuple):
    label: str
    amount: int
    shown: str  # The amount as people read it.
    colour: str
    begins: int = 0  # Of a waterfall: where the bar before it ended.


def bars(title: str, told: Sequence[Bar]) -> str:
    """A chart; "" when there is nothing to show.

    >>> "<rect" in bars("Fees", [Bar("alipay", 60, "0.60", "fee")]), bars("Fees", [])
    (True, '')
    """
    if not told:
        return ""
    low = min(0, *(min(bar.begins, bar.begins + bar.amount) for bar in told))
    high = max(1, *(max(bar.begins, bar.begins + bar.amount) for bar in told))
    room, height = WIDTH - LABEL - VALUE, len(told) * (HEIGHT + GAP) + GAP
    axis = LABEL + _scaled(0, low, high, room)
    drawn = "".join(_drawn(place, bar, low, high, room) for place, bar in enumerate(told))
    line = f'<line x1="{axis}" y1="0" x2="{axis}" y2="{height}" class="axis"/>'
    name = escape(title)
    return (
        f'<figure><figcaption>{name}</figcaption><svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{name}">'
        f"{drawn}{line}</svg></figure>"
    )


def waterfall(title: str, steps: Sequence[Bar], total: Bar) -> str:
    """Each bar begins where the one before it ended; the last one is what they come to."""
    placed, end = list[Bar](), 0
    for step in steps:
        placed.append(step._replace(begins=end))
        end += step.amount
    return bars(title, [*placed, total]) if steps else ""


def _drawn(place: int, bar: Bar, low: int, high: int, room: int) -> str:
    top, middle = GAP + place * (HEIGHT + GAP), GAP + place * (HEIGHT + GAP) + HEIGHT * 3 // 4
    ends = sorted((bar.begins, bar.begins + bar.amount))
    left, right = (_scaled(end, low, high, room) for end in ends)
    width = max(right - left, 1)
    return (
        f'<text x="{LABEL - 8}" y="{middle}" text-anchor="end">{escape(bar.label)}</text>'
        f'<rect x="{LABEL + left}" y="{top}" width="{width}" height="{HEIGHT}" rx="2" class="{escape(bar.colour)}"/>'
        f'<text x="{WIDTH - 4}" y="{middle}" text-anchor="end" class="figure">{escape(bar.shown)}</text>'
    )


def _scaled(amount: int, low: int, high: int, room: int) -> int:
    return (amount - low) * room // (high - low)
