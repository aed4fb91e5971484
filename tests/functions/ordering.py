"""Orders that are refused, and what stands in their way."""

from typing import Any

from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import World


def refused(world: World, body: dict[str, Any], who: str = "b-1", path: str = "/orders") -> Any:
    """The problems of an order that is refused: nothing happens, and no table changes."""
    with nothing_happens(world):
        answer = world.send("POST", path, body, who=who)
    return problem_of(answer, 422, "order_refused")["problems"]


def codes(problems: Any) -> list[tuple[str, str]]:
    return [(problem["code"], problem["at"]) for problem in problems]


def problems_in(answer: Any) -> Any:
    return problem_of(answer, 422, "order_refused")["problems"]


def happened(world: World, event: str) -> int:
    return sum(row.get("event") == event for row in world.rows())
