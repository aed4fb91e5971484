"""Two who act at once, in both interleavings: a table of contests, and what runs one.

The slower has read and decided, and is about to write; then the faster runs whole. What is written first counts: the
slower looks again, and is carried out, or told in one code why not; a clock that is late finds nothing to do.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from local.gateway import Response
from tests.functions.claims import Claim, parts, refunded, shelf
from tests.functions.racing import struck_before
from tests.functions.watching import PROBLEM
from tests.http_world import DAY, SWEPT, World

Act = Callable[[Claim], Response | None]  # None: of a clock.
SELLER, SUPPORT = {"role": "merchant", "who": "m-tea"}, {"role": "support", "who": "s-1"}
ACCEPTED = (200, 201)


class Side(NamedTuple):
    who: str
    writes: str  # The event, before whose write the other acts.
    act: Act


class End(NamedTuple):
    """What became of it when one side was late."""

    told: str  # The code of its refusal; "": it was carried out all the same, or had nothing to do.
    state: str  # Of the case; "": there is none.
    refunds: tuple[int, ...] = ()
    shelf: Mapping[str, int] | None = None
    parts: tuple[str, ...] = ()  # States of sub-orders, where they matter.


class Contest(NamedTuple):
    scene: Callable[[World], Claim]
    one: Side
    other: Side
    one_late: End
    other_late: End


def sides_of(contests: Mapping[str, Contest]) -> list[tuple[str, bool]]:
    """Each contest twice: who is late?"""
    return [(name, is_one_late) for name in contests for is_one_late in (True, False)]


def said(contests: Mapping[str, Contest], name: str, is_one_late: bool) -> str:
    late = contests[name].one if is_one_late else contests[name].other
    return f"{name}, {late.who} late"


def run(world: World, contest: Contest, is_one_late: bool) -> None:
    """Let them meet, and look at all of it; then let every clock run out, and look again."""
    asked = contest.scene(world)
    late, early = (contest.one, contest.other) if is_one_late else (contest.other, contest.one)
    end = contest.one_late if is_one_late else contest.other_late
    told: list[Response | None] = []

    with struck_before(late.writes, lambda: told.append(early.act(asked))):
        slower = late.act(asked)
        world.cloud.settle()

    [faster] = told
    assert faster is None or faster.status in ACCEPTED, faster.body
    _is_told(slower, end.told)
    found = End(end.told, _state(asked), _given(asked))
    if end.shelf is not None:
        found = found._replace(shelf=shelf(world))
    if end.parts:
        found = found._replace(parts=tuple(parts(world, asked.order)))
    assert found == end, found
    comes_to_rest(world)
    assert _given(asked)[: len(end.refunds)] == end.refunds


def _is_told(answer: Response | None, code: str) -> None:
    if answer is None:
        assert code == "", "a clock is told nothing"
    elif code:
        assert answer.headers.get("content-type") == PROBLEM, answer.body
        assert (answer.status in (409, 422), answer.json()["code"]) == (True, code), answer.body
    else:
        assert answer.status in ACCEPTED, answer.body


def _state(asked: Claim) -> str:
    answer = asked.world.send("GET", f"/after-sales/{asked.case_id}")
    assert answer.status in (200, 404)
    return str(answer.json()["state"]) if answer.status == 200 else ""


def _given(asked: Claim) -> tuple[int, ...]:
    return tuple(amount for _, amount, _ in refunded(asked.world, asked.order))


def comes_to_rest(world: World) -> None:
    """Two months pass. Nothing is given up, nothing dies, and whatever is open has a clock."""
    for days in (3, 10, 50):
        world.cloud.advance(days * DAY + SWEPT)
    failed = {kind: world.cloud.counts[kind] for kind in ("execution_failed", "given_up")}
    assert not any(failed.values()), failed
    cases = [row for row in world.rows() if row["sk"].startswith("CASE#")]
    stuck = [row for row in cases if ("due_at" in row) == (row["state"] in ("completed", "closed"))]
    assert not stuck, stuck


# --- turns ---


def clock(seconds: int = 1) -> Act:
    """Time passes until a clock rings, and the sweep has found it."""

    def act(asked: Claim) -> None:
        asked.world.cloud.advance(seconds + SWEPT)

    return act


def sweep(seconds: int = 1) -> Act:
    """The same, and nothing else that is due happens before: no message of a provider is delivered."""

    def act(asked: Claim) -> None:
        cloud = asked.world.cloud
        cloud.clock.move_to(cloud.clock.now() + seconds + SWEPT)
        assert cloud.schedules.fire_rates()

    return act


def buyer(what: str, **body: object) -> Act:
    return lambda asked: asked.tries("/after-sales", what, body)


def merchant(what: str, **body: object) -> Act:
    return lambda asked: asked.tries("/merchant/after-sales", what, body, **SELLER)


def platform(what: str, **body: object) -> Act:
    return lambda asked: asked.tries("/support/disputes", what, body, **SUPPORT)


def ruling(rate_pct: int, reason: str = "photos_show_it") -> Act:
    terms = {"goods_back": False, "freight_payer": "merchant", "reason": reason}
    return platform("ruling", rate_pct=rate_pct, **terms)
