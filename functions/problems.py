"""A refusal as people and programs read it: problem+json (RFC 9457), in the caller's language, without a framework."""

from collections.abc import Mapping
from typing import Any

from shared.errors import OrderError
from shared.ordering.checks import Problem
from shared.refusals import REFUSALS
from shared.words import preferred_language

PROBLEM_JSON = "application/problem+json"


def problem_of(error: OrderError, language: str) -> dict[str, Any]:
    """The problem for *error*. Its code is the contract; its words may change."""
    words = REFUSALS[error.code]
    problem: dict[str, Any] = {
        "type": f"urn:ordercycle:problem:{error.code}",
        "title": words.title.spoken(language),
        "status": error.status,
        "code": error.code,
        "reason": error.reason or words.title.spoken(language),
        "next_steps": [words.next_steps.spoken(language)],
    }
    details = dict(error.details)
    if "problems" in details:
        details["problems"] = [_shown(listed, language) for listed in details["problems"]]
    return problem | details


def language_of(headers: Mapping[str, str]) -> str:
    lower = {name.lower(): value for name, value in headers.items()}
    return preferred_language(lower.get("accept-language"))


def _shown(problem: Problem, language: str) -> dict[str, Any]:
    words = REFUSALS[problem.code]
    told = {
        "code": problem.code,
        "at": problem.at,
        "reason": words.title.spoken(language),
        "next_steps": [words.next_steps.spoken(language)],
    }
    return told | dict(problem.details)
