"""HTTP for those who work on what went wrong: their list, who works on an entry, and how it ended."""

from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import Field

from functions.http import IdempotencyKey, Strict, allow, answer, api, caller_of, request_of, serve
from functions.problems import language_of
from functions.register_views import EntryView, RegisterPage, entry_view
from functions.wiring import logger, metrics, now, shop
from shared.policy import Action
from shared.register import entries
from shared.register.acting import Acted
from shared.register.kinds import DEEDS, KINDS, NO_ACTION
from shared.register.rows import ENTRY_ID_PATTERN, Entry, queue_of

app = api()

PAGE_MAX = 50
CURSOR = rf"^([0-9]{{12}}#{ENTRY_ID_PATTERN})?$"
EntryId = Annotated[str, Path(pattern=rf"^{ENTRY_ID_PATTERN}$")]
KindName = Annotated[str, Query(pattern=rf"^({'|'.join(KINDS)})?$")]
Cursor = Annotated[str, Query(pattern=CURSOR)]
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX)]


class AssignmentBody(Strict):
    """Who works on it: the subject of their token, no name; null: nobody any more."""

    assignee: Annotated[str | None, Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")]


class ResolutionBody(Strict):
    """What was done, one of the entry's actions; and a code that says why."""

    action: Annotated[str, Field(pattern=rf"^({'|'.join((*DEEDS, NO_ACTION))})$")]
    note: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$", description="A code, never free text.")]


@app.get(
    "/register",
    middlewares=allow(app, Action.READ_REGISTER),
    summary="What went wrong and is open, first due first",
)
def read_register(
    owner: Annotated[Literal["support", "operator", "merchant", "warehouse"], Query()] = "support",
    merchant: Annotated[str, Query(pattern=r"^[0-9A-Za-z._-]{0,40}$")] = "",
    kind: KindName = "",
    cursor: Cursor = "",
    limit: Limit = 20,
) -> RegisterPage:
    return _page(entries.list_of(owner, merchant), kind, cursor, limit)


@app.get(
    "/register/<entry_id>",
    middlewares=allow(app, Action.READ_REGISTER_ENTRY),
    summary="One entry, also when it is closed",
)
def read_entry(entry_id: EntryId) -> EntryView:
    caller = caller_of(app)
    return _shown(entries.read(shop(), entry_id, caller=caller, action=Action.READ_REGISTER_ENTRY))


@app.post(
    "/register/<entry_id>/assignment",
    middlewares=allow(app, Action.ASSIGN_REGISTER_ENTRY),
    summary="Say who works on it",
)
def assign_entry(
    entry_id: EntryId, body: AssignmentBody, idempotency_key: IdempotencyKey
) -> Response[EntryView]:
    caller = caller_of(app)
    request = request_of(app, caller, idempotency_key)
    acted = entries.assign(shop(), entry_id, body.assignee or "", caller=caller, now=now(), request=request)
    return _answered(acted)


@app.post(
    "/register/<entry_id>/resolution",
    middlewares=allow(app, Action.RESOLVE_REGISTER_ENTRY),
    summary="Close it, never silently; or decide on a favour",
)
def resolve_entry(
    entry_id: EntryId, body: ResolutionBody, idempotency_key: IdempotencyKey
) -> Response[EntryView]:
    return _answered(_closed(entry_id, body, idempotency_key, Action.RESOLVE_REGISTER_ENTRY))


@app.get(
    "/merchant/register",
    middlewares=allow(app, Action.READ_OWN_REGISTER),
    summary="What went wrong with your parts and is yours to see to",
)
def read_own_register(kind: KindName = "", cursor: Cursor = "", limit: Limit = 20) -> RegisterPage:
    own = queue_of("merchant", caller_of(app).merchant_id)
    return _page(own, kind, cursor, limit, of_merchant=True)


@app.post(
    "/merchant/register/<entry_id>/resolution",
    middlewares=allow(app, Action.RESOLVE_OWN_REGISTER_ENTRY),
    summary="Close an entry of your own, never silently",
)
def resolve_own_entry(
    entry_id: EntryId, body: ResolutionBody, idempotency_key: IdempotencyKey
) -> Response[EntryView]:
    acted = _closed(entry_id, body, idempotency_key, Action.RESOLVE_OWN_REGISTER_ENTRY)
    return _answered(acted, of_merchant=True)


def _closed(entry_id: str, body: ResolutionBody, key: str, action: Action) -> Acted:
    caller = caller_of(app)
    return entries.close(
        shop(),
        entry_id,
        body.action,
        body.note,
        caller=caller,
        action=action,
        now=now(),
        request=request_of(app, caller, key),
    )


def _page(queue: str, kind: str, cursor: str, limit: int, *, of_merchant: bool = False) -> RegisterPage:
    page = entries.work_list(shop(), queue, kind=kind, after=cursor, limit=limit)
    language = language_of(app.current_event.headers)
    views = [entry_view(entry, language, of_merchant=of_merchant) for entry in page.entries]
    return RegisterPage(entries=views, next_cursor=page.cursor)


def _answered(acted: Acted, *, of_merchant: bool = False) -> Response[EntryView]:
    language = language_of(app.current_event.headers)
    view = entry_view(acted.entry, language, of_merchant=of_merchant)
    return answer(view, is_repeat=acted.is_repeat)


def _shown(entry: Entry) -> EntryView:
    return entry_view(entry, language_of(app.current_event.headers))


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(app, event, context)
