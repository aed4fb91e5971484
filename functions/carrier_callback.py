"""Webhooks of trackers: verify the bytes, keep what was seen, answer. No framework, nothing else.

applied, duplicate, nothing new                    success   sending it again cannot help
not signed, unreadable                             4xx       nothing was written
waybill number unknown (yet), table busy           503       please send it again

Each tracker is answered in its own words (``Tracker.acknowledge``), and never told why. The keys are there before the
first message comes: nothing is fetched in here.
"""

from typing import Any

from functions.webhooks import answer, headers_of, raw_bytes
from functions.wiring import at_cold_start, logger, metrics, now, partners, shop
from shared.errors import Conflict, Malformed, NotFound, SignatureInvalid, TooLarge, Unavailable
from shared.fulfilment.carriers import available
from shared.fulfilment.carriers.port import BODY_BYTES_MAX, Reply, Told, Tracker
from shared.fulfilment.tracking import receive
from shared.settings import settings

DIGITS_SHOWN = 4  # Of a waybill number: a log line finds a parcel, whoever reads the log does not follow it.


@at_cold_start
def ready() -> None:
    """Keys, and the adapters that need them."""
    available(settings(), partners())


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    name = event.get("pathParameters", {}).get("carrier", "")
    tracker = shop().tracker(name) if name else None
    if tracker is None:
        return answer(Reply(NotFound.status, "application/problem+json", '{"status": 404}'))
    about: list[str] = []
    told = received(tracker, event, about)
    metrics.add_metric(name=f"Tracking{told.title().replace('_', '')}", unit="Count", value=1)
    logger.info("tracking", tracker=name, outcome=told, about=about)
    return answer(tracker.acknowledge(told))


def received(tracker: Tracker, event: dict[str, Any], about: list[str]) -> Told:
    """Verify and book one message. Nothing that a stranger sends raises anything.

    *about* is filled with carrier and end of each waybill number that an authentic message names.
    """
    moment = now()
    try:
        raw = raw_bytes(event)
        if len(raw) > BODY_BYTES_MAX:
            return Told.TOO_LARGE
        trackings = tracker.interpret(tracker.verify(headers_of(event), raw, moment))
        about += sorted({f"{one.carrier}:{one.waybill[-DIGITS_SHOWN:]}" for one in trackings})
        return receive(shop(), trackings, now=moment)
    except TooLarge:
        return Told.TOO_LARGE
    except (SignatureInvalid, Malformed):
        return Told.REFUSED
    except (Unavailable, Conflict):
        return Told.BUSY
