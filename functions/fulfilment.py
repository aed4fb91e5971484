"""Effects that talk to warehouses' systems and trackers: give a parcel, ask it back, have it followed, look for it.

What comes back for an after-sale case is followed, looked for and expected as well: its subject tells them apart.
"""

from typing import Any

from functions.wiring import logger, metrics, now, partners, shop
from shared.fulfilment.case_ways import ask_about_return, expect_case, follow_return, is_of_case
from shared.fulfilment.following import ask_carrier, follow_parcel
from shared.fulfilment.pushing import ask_warehouse, expect_return, intercept_parcel, push_parcel
from shared.lifecycle import Effect


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: Any) -> None:
    """Carry out one effect. What fails is repeated by the state machine, and after that by the sweeper."""
    step, order_id, subject = Effect(event["step"]), event["order_id"], event["subject"]
    match step:
        case Effect.PUSH_PARCEL:
            push_parcel(shop(), order_id, subject, now=now())
        case Effect.ASK_WAREHOUSE:
            _ask(order_id, subject)
        case Effect.INTERCEPT_PARCEL:
            intercept_parcel(shop(), order_id, subject, now=now())
        case Effect.EXPECT_RETURN:
            expect = expect_case if is_of_case(subject) else expect_return
            expect(shop(), order_id, subject, now=now())
        case Effect.FOLLOW_PARCEL:
            _follow(order_id, subject)
        case Effect.ASK_CARRIER:
            ask = ask_about_return if is_of_case(subject) else ask_carrier
            ask(shop(), order_id, subject, now=now())
        case _:
            raise ValueError(f"{step} is not an effect of this function")
    logger.info("effect", step=step, order_id=order_id, version=event["version"])


def _ask(order_id: str, subject: str) -> None:
    """Books that do not fit the parcel are no answer: after long, people hear of it."""
    if not ask_warehouse(shop(), order_id, subject, now=now()):
        logger.info("books do not fit", order_id=order_id, subject=subject)
        metrics.add_metric(name="WarehouseMisfit", unit="Count", value=1)


def _follow(order_id: str, subject: str) -> None:
    """Where no tracker was chosen, nobody is expected to follow anything."""
    follow = follow_return if is_of_case(subject) else follow_parcel
    if not follow(shop(), order_id, subject) and partners().tracker:
        logger.info("not followed", order_id=order_id, subject=subject)
        metrics.add_metric(name="ParcelNotFollowed", unit="Count", value=1)
