"""What only a laptop has: moving the clock, and tokens for the asking. Served below ``/_local``."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from local.forms import Malformed, choice, document, only, text, whole
from local.tokens import LIFE_SECONDS, ROLES, Issuer

ADVANCE_SECONDS_MAX = 365 * 86_400


class Person(NamedTuple):
    """Somebody to try things as."""

    subject: str
    role: str
    merchant_id: str | None = None


PEOPLE: dict[str, Person] = {
    "buyer": Person("buyer-1", "buyer"),
    "second_buyer": Person("buyer-2", "buyer"),
    "merchant_tea": Person("merchant-tea-clerk", "merchant", "m-tea"),
    "merchant_lamps": Person("merchant-lamps-clerk", "merchant", "m-lamps"),
    "merchant_toys": Person("merchant-toys-clerk", "merchant", "m-toys"),
    "warehouse": Person("warehouse-1", "warehouse"),
    "support": Person("support-1", "support"),
    "operator": Person("operator-1", "operator"),
}


class Answer(NamedTuple):
    """A status and a JSON value."""

    status: int
    value: Mapping[str, Any]


class Console:
    """The routes below ``/_local``. *advance* moves the cloud's clock; *secret* is the sandbox provider's."""

    def __init__(
        self,
        issuer: Issuer,
        now: Callable[[], float],
        advance: Callable[[int], None],
        secret: Callable[[], str],
    ) -> None:
        self._issuer, self._now, self._advance, self._secret = issuer, now, advance, secret

    def handle(self, method: str, path: str, body: bytes) -> Answer | None:  # noqa: PLR0911  # One line a route.
        """Answer a request, or return None for an unknown route. Raises ``Malformed``."""
        match method, path:
            case "GET", "/health":
                return Answer(200, {"status": "ok"})
            case "GET", "/clock":
                return Answer(200, self._clock())
            case "POST", "/clock/advance":
                form = document(body)
                only(form, "seconds")
                self._advance(whole(form, "seconds", least=1, most=ADVANCE_SECONDS_MAX))
                return Answer(200, self._clock())
            case "GET", "/webhook-secret":  # Made for this process; with it a person signs webhooks by hand.
                return Answer(200, {"secret": self._secret()})
            case "GET", "/tokens":
                return Answer(200, {name: self._described(person) for name, person in PEOPLE.items()})
            case "POST", "/tokens":
                return Answer(201, self._described(_person(document(body))))
        return None

    def _clock(self) -> dict[str, Any]:
        now = self._now()
        return {"now": int(now), "time": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}

    def _described(self, person: Person) -> dict[str, Any]:
        token = self._issuer.token(subject=person.subject, role=person.role, merchant_id=person.merchant_id)
        merchant = {"merchant_id": person.merchant_id} if person.merchant_id else {}
        seconds = {"expires_in": LIFE_SECONDS}
        return {"sub": person.subject, "role": person.role, **merchant, "token": token, **seconds}


def _person(form: Mapping[str, Any]) -> Person:
    only(form, "sub", "role", "merchant_id")
    role = choice(form, "role", ROLES)
    if (role == "merchant") != ("merchant_id" in form):
        raise Malformed("a merchant, and nobody else, has a merchant_id")
    return Person(text(form, "sub"), role, text(form, "merchant_id") if role == "merchant" else None)
