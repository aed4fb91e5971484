"""Webhooks of payment providers: verify the bytes, book the facts, answer. No framework, nothing else.

applied, duplicate, nothing new, misfit (booked)   success   sending it again cannot help
not signed, not now, unreadable                    4xx       nothing was written
reference unknown (kept), table busy               503       please send it again

Each provider is answered in its own words (``Provider.acknowledge``), and never told why. The keys are there before
the first message comes: nothing is fetched in here.
"""

from typing import Any

from functions.webhooks import answer, headers_of, raw_bytes
from functions.wiring import at_cold_start, keyring, logger, metrics, now, shop, tell_difference
from shared.errors import Conflict, Invalid, Malformed, NotFound, SignatureInvalid, TooLarge, Unavailable
from shared.payment.inbox import receive
from shared.payment.port import BODY_BYTES_MAX, Provider, Reply, Told
from shared.payment.providers import available
from shared.settings import settings


@at_cold_start
def ready() -> None:
    """Keys, and the libraries that read them: a provider waits five seconds for an answer, and not for a start."""
    available(settings(), keyring())


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    name = event.get("pathParameters", {}).get("provider", "")
    try:
        provider = shop().provider(name)
    except Invalid:
        unknown = NotFound("no such provider")
        return answer(Reply(unknown.status, "application/problem+json", '{"status": 404}'))
    about: list[str] = []
    told = received(provider, event, about)
    metrics.add_metric(name=f"Webhook{told.title().replace('_', '')}", unit="Count", value=1)
    logger.info("webhook", provider=name, outcome=told, about=about)
    return answer(provider.acknowledge(told))


def received(provider: Provider, event: dict[str, Any], about: list[str]) -> Told:
    """Verify and book one message. Nothing that a stranger sends raises anything.

    *about* is filled with the numbers that an authentic message names: our own, or the provider's; no person's.
    """
    moment = now()
    try:
        raw = raw_bytes(event)
        if len(raw) > BODY_BYTES_MAX:
            return Told.TOO_LARGE
        notice = provider.verify(headers_of(event), raw, moment)
        facts = provider.interpret(notice)
        about += sorted({fact.reference or fact.transaction_id for fact in facts})
        return receive(shop(), facts, now=moment)
    except TooLarge:
        return Told.TOO_LARGE
    except (SignatureInvalid, Malformed):
        return Told.REFUSED
    except (Unavailable, Conflict) as refused:
        tell_difference(refused)
        return Told.BUSY
