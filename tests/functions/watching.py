"""What a refusal must look like, and how to see that it did nothing at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.gateway import Response
from shared.outside import Call, outside
from tests.http_world import World

PROBLEM = "application/problem+json"
WRITES = {"transact_write_items", "put_item", "update_item", "put_events", "POST"}  # POST: to a provider


@contextmanager
def recording() -> Iterator[list[Call]]:
    """The outside calls that are carried out inside the block. A transaction that was refused is none."""
    done: list[Call] = []

    def watch(call: Call, act: Any) -> Any:
        answer = act()
        done.append(call)
        return answer

    outside.around.append(watch)
    try:
        yield done
    finally:
        outside.around.remove(watch)


@contextmanager
def nothing_happens(world: World) -> Iterator[list[Call]]:
    """Whatever is asked inside the block writes nothing, tells nobody and asks no provider for anything."""
    before = world.everything()
    with recording() as calls:
        yield calls
    assert [call.operation for call in calls if call.operation in WRITES] == []
    assert world.everything() == before


def problem_of(answer: Response, status: int, code: str, *, language: str = "en", about: object = "") -> Any:
    """Return the refusal, which must be a whole one: a status, a code, words and a way out."""
    told = (answer.status, answer.headers.get("content-type"), answer.body)
    assert told[:2] == (status, PROBLEM), (about, told)
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (status, code), (about, problem)
    assert problem["type"] == f"urn:ordercycle:problem:{code}"
    assert problem["title"].strip()
    assert problem["reason"].strip()
    assert [step.strip() for step in problem["next_steps"]] == problem["next_steps"] != []
    assert answer.headers["content-language"] == language
    return problem
