"""HTTP for operators: what comparing providers' bills with our books found, and bills that somebody brings.

A part of ``functions.books_api``.
"""

import json
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from functions.http import JSON, IdempotencyKey, Strict, allow, answer, api, caller_of
from functions.wiring import logger, now, shop
from shared.errors import NotFound
from shared.instants import rfc3339
from shared.payment.bills import NAMES
from shared.policy import Action
from shared.reconciliation.agenda import LOOKS_BACK_DAYS, days_back
from shared.reconciliation.running import store_of
from shared.reconciliation.uploading import BILL_BYTES_MAX, compare, explain, offer
from shared.store.reconciliation import Run

app = api()  # functions.books_api adds its own routes to it.

HTML = "text/html"
DAY_PATTERN = r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
ProviderName = Literal["alipay", "wechatpay", "stripe"]
Day = Annotated[str, Path(pattern=DAY_PATTERN)]
NamedProvider = Annotated[str, Path(pattern=f"^({'|'.join(NAMES)})$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256, hexadecimal digits")]


def _in_calendar(day: str) -> str:
    try:
        date.fromisoformat(day)
    except ValueError as wrong:
        raise PydanticCustomError("no_day", "must be a day of the calendar") from wrong
    return day


DayField = Annotated[
    str,
    Field(pattern=DAY_PATTERN, description="Of the provider's own zone, 2026-11-21"),
    AfterValidator(_in_calendar),
]


class BillBody(Strict):
    """A provider's bill of one day, as it came: packed or not."""

    provider: ProviderName
    day: DayField
    bytes: Annotated[int, Field(ge=1, le=BILL_BYTES_MAX)]
    sha256: Digest


class BillUploadView(BaseModel):
    """Post these fields as multipart/form-data, and the file as the last one, named ``file``."""

    url: str
    fields: dict[str, str]
    expires_at: str


class BillOfferView(BaseModel):
    provider: str
    day: str
    sha256: str
    upload: BillUploadView | None  # null: it is here already


class ReconciliationBody(Strict):
    provider: ProviderName
    day: DayField
    bill: Annotated[Digest | None, Field(description="One that was uploaded; null: the newest")] = None


class RunView(BaseModel):
    """One comparison: how it ended."""

    provider: str
    day: str
    state: str
    compared_at: str
    by: str
    bill: str | None
    agreed: int
    differences: int
    overdue: int


class RunsPage(BaseModel):
    """The last comparison of each day, the newest day first."""

    runs: list[RunView]


class StartedView(BaseModel):
    """*run* is null when the bill is large: the hourly run compares it."""

    run: RunView | None


class ReportView(BaseModel):
    """The report of one day. Amounts are whole minor units beside their currency; times epoch seconds."""

    format: int
    provider: str
    day: str
    at: int
    state: str
    bill: dict[str, Any] | None
    agreed: int
    booked_late: int
    totals: list[dict[str, Any]]
    counts: dict[str, int]
    differences: list[dict[str, Any]]
    not_listed: int
    overdue: list[str]
    on_its_way: list[dict[str, Any]]
    posted: list[dict[str, Any]]


class ExplanationBody(Strict):
    difference: Annotated[str, Field(min_length=1, max_length=200, description="Its id in the report")]
    reason: Annotated[
        str, Field(pattern=r"^[a-z0-9_]{3,60}$", description="A code, such as refunded_by_hand")
    ]


class ExplanationView(BaseModel):
    difference: str
    reason: str
    by: str


@app.get(
    "/operator/reconciliations",
    middlewares=allow(app, Action.READ_RECONCILIATIONS),
    summary="The last comparison of each day with each provider's bill",
)
def list_runs(
    provider: Annotated[ProviderName | None, Query()] = None,
    days: Annotated[int, Query(ge=1, le=LOOKS_BACK_DAYS)] = 14,
) -> RunsPage:
    found = list[Run]()
    for name in [provider] if provider else NAMES:
        back = days_back(name, now(), days)
        found += store_of(shop()).runs(name, back[-1], back[0]).values()
    found.sort(key=lambda run: (run.day, run.provider), reverse=True)
    return RunsPage(runs=[_view(run) for run in found])


@app.get(
    "/operator/reconciliations/<day>/<provider>",
    middlewares=allow(app, Action.READ_RECONCILIATION),
    summary="The report of one day: JSON, or a page, as Accept says",
)
def read_report(day: Day, provider: NamedProvider) -> Response[ReportView | str]:
    accepted = {name.lower(): value for name, value in app.current_event.headers.items()}.get("accept", "")
    wants_page = accepted.split(",")[0].partition(";")[0].strip() == HTML
    found = store_of(shop()).read_report(provider, day, "html" if wants_page else "json")
    if found is None:
        raise NotFound("this day was not compared")
    headers: dict[str, str | list[str]] = {"Cache-Control": "no-store"}
    if wants_page:
        page: Any = found.decode()
        return Response(HTTPStatus.OK, content_type=f"{HTML}; charset=utf-8", body=page, headers=headers)
    view = ReportView(**json.loads(found))
    return Response(HTTPStatus.OK, content_type=JSON, body=view, headers=headers)


@app.post(
    "/operator/bills",
    middlewares=allow(app, Action.OFFER_BILL),
    summary="Upload a provider's bill",
)
def offer_bill(body: BillBody, idempotency_key: IdempotencyKey) -> Response[BillOfferView]:
    """The same file again is the same offer, under whichever key."""
    offered = offer(shop(), body.provider, body.day, sha256=body.sha256, size_bytes=body.bytes, now=now())
    form = offered.form
    upload = form and BillUploadView(
        url=form.url, fields=dict(form.fields), expires_at=rfc3339(offered.expires_at)
    )
    view = BillOfferView(provider=body.provider, day=body.day, sha256=body.sha256, upload=upload)
    return answer(view)


@app.post(
    "/operator/reconciliations",
    middlewares=allow(app, Action.RECONCILE),
    summary="Compare a provider's day now",
)
def reconcile_day(body: ReconciliationBody, idempotency_key: IdempotencyKey) -> Response[StartedView]:
    """Repeated, it compares again: nothing is posted twice, and the answer is the truth of then."""
    caller = caller_of(app)
    done = compare(shop(), body.provider, body.day, sha256=body.bill or "", by=caller.id, now=now())
    logger.info("compared", provider=body.provider, day=body.day, outcome=done.run.state if done else "later")
    view = StartedView(run=_view(done.run) if done else None)
    return answer(view, status=HTTPStatus.OK if done else HTTPStatus.ACCEPTED)


@app.post(
    "/operator/reconciliations/<day>/<provider>/explanations",
    middlewares=allow(app, Action.EXPLAIN_DIFFERENCE),
    summary="Say why a difference is no trouble",
)
def explain_difference(
    day: Day, provider: NamedProvider, body: ExplanationBody, idempotency_key: IdempotencyKey
) -> Response[ExplanationView]:
    caller = caller_of(app)
    is_new = explain(shop(), provider, day, body.difference, reason=body.reason, by=caller.id, now=now())
    logger.info("explained", provider=provider, day=day, reason=body.reason)
    view = ExplanationView(difference=body.difference, reason=body.reason, by=caller.id)
    return answer(view, is_repeat=not is_new)


def _view(run: Run) -> RunView:
    return RunView(
        provider=run.provider,
        day=run.day,
        state=run.state,
        compared_at=rfc3339(run.at),
        by=run.by,
        bill=run.sha256 or None,
        agreed=run.agreed,
        differences=run.differences,
        overdue=run.overdue,
    )
