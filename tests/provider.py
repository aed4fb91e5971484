"""The outside of a test: a provider that gives the answers it was given, and remembers what it was asked."""

import json
from collections.abc import Mapping
from typing import Any

from shared.outside import Answer


class Provider:
    """Stands where ``Outside`` stands. The last answer repeats; without one, nothing may be asked."""

    def __init__(self, *answers: Mapping[str, Any] | Answer | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def http(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, seconds: int) -> Answer:
        assert (method, headers, seconds) == ("POST", {"content-type": "application/json"}, 4)
        self.asked.append((url, json.loads(body)))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Answer) else Answer(200, json.dumps(answer).encode())
