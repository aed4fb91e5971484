"""HTTP for operators: publish records of the catalogue, see what runs, and what was published before."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import BaseModel, Field

from functions.http import IdempotencyKey, Strict, allow, answer, api, caller_of, request_of, serve
from functions.wiring import logger, metrics, now, shop
from shared.catalogue.publish import RECORDS_MAX, SECTIONS, publish
from shared.catalogue.records import KINDS
from shared.errors import NotFound
from shared.instants import rfc3339
from shared.policy import Action
from shared.store.catalogue import CatalogueStore, Version

app = api()

TIMES = ("starts_at", "ends_at")
Kind = Annotated[str, Path(pattern=f"^({'|'.join(KINDS)})$")]
ListedKind = Annotated[str, Path(pattern=f"^({'|'.join(SECTIONS)})$")]
RecordId = Annotated[str, Path(pattern=r"^[0-9A-Za-z._@: -]{1,128}$")]


class PublicationBody(Strict):
    """Records of one kind (docs/examples/catalogue shows each), published together or not at all."""

    records: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=RECORDS_MAX)]
    dry_run: Annotated[bool, Field(description="Only say what would become of them.")] = False


class ReleasedView(BaseModel):
    id: str
    version: int
    is_changed: bool


class PublicationView(BaseModel):
    kind: str
    dry_run: bool
    results: list[ReleasedView]


class RunningView(BaseModel):
    id: str
    version: int
    terms: dict[str, Any]


class RunningPage(BaseModel):
    """What checkouts and splits go by now, of one kind; retired records are not in it."""

    kind: str
    terms_version: int
    records: list[RunningView]


class VersionView(BaseModel):
    version: int
    at: str
    by: str
    record: dict[str, Any]


class HistoryPage(BaseModel):
    """A record as it was published, newest version first."""

    kind: str
    id: str
    versions: list[VersionView]
    next_cursor: str | None = None


@app.post(
    "/operator/catalogue/<kind>",
    middlewares=allow(app, Action.PUBLISH_CATALOGUE),
    summary="Publish records, all or nothing",
)
def publish_records(
    kind: Kind, body: PublicationBody, idempotency_key: IdempotencyKey
) -> Response[PublicationView]:
    caller = caller_of(app)
    published = publish(
        shop(),
        kind,
        body.records,
        caller=caller,
        now=now(),
        request=request_of(app, caller, idempotency_key),
        dry_run=body.dry_run,
    )
    results = [ReleasedView(**result._asdict()) for result in published.results]
    view = PublicationView(kind=kind, dry_run=body.dry_run, results=results)
    return answer(view, is_repeat=published.is_repeat)


@app.get(
    "/operator/catalogue/<kind>",
    middlewares=allow(app, Action.LIST_CATALOGUE),
    summary="What runs now, of a kind that holds platform-wide",
)
def read_running(kind: ListedKind) -> RunningPage:
    terms = _store().terms(kind)
    records = [
        RunningView(id=id, version=entry["version"], terms=_shown(entry))
        for id, entry in sorted(terms.get(SECTIONS[kind], {}).items())
    ]
    return RunningPage(kind=kind, terms_version=terms.get("version", 0), records=records)


@app.get(
    "/operator/catalogue/<kind>/<id>",
    middlewares=allow(app, Action.READ_CATALOGUE),
    summary="A record and its history, newest first",
)
def read_history(
    kind: Kind,
    id: RecordId,
    cursor: Annotated[int | None, Query(ge=1, le=99_999_999)] = None,
    limit: Annotated[int, Query(ge=1, le=20)] = 10,
) -> HistoryPage:
    versions = _store().history(kind, id, before=cursor, limit=limit)
    if not versions and cursor is None:
        raise NotFound("no such record")
    following = versions[-1].number if len(versions) == limit and versions[-1].number > 1 else None
    return HistoryPage(
        kind=kind,
        id=id,
        versions=[_version(version) for version in versions],
        next_cursor=None if following is None else str(following),
    )


def _store() -> CatalogueStore:
    return CatalogueStore(shop().outside, shop().settings)


def _version(version: Version) -> VersionView:
    return VersionView(
        version=version.number, at=rfc3339(version.at), by=version.by, record=dict(version.record)
    )


def _shown(entry: dict[str, Any]) -> dict[str, Any]:
    values = {name: value for name, value in entry.items() if name != "version"}
    return {name: rfc3339(value) if name in TIMES else value for name, value in values.items()}


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(app, event, context)
