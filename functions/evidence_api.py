"""HTTP for evidence: what may be uploaded, and reading what was shown in a case."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import BaseModel, Field

from functions.http import (
    JSON,
    CaseId,
    IdempotencyKey,
    OrderId,
    Strict,
    SubOrderId,
    allow,
    answer,
    api,
    caller_of,
    request_of,
    serve,
)
from functions.wiring import logger, metrics, now, shop
from shared.aftersale import evidence
from shared.aftersale.evidence import KINDS, File, Offered
from shared.context import ID_PATTERN
from shared.instants import rfc3339
from shared.policy import Action

app = api()

EvidenceId = Annotated[str, Path(pattern=rf"^{ID_PATTERN}$")]
# The last character of 32 bytes in base64 has two bits that mean nothing, and are zero.
DIGEST = r"^[0-9A-Za-z+/]{42}[AEIMQUYcgkosw048]=$"


class FileBody(Strict):
    """What a file is. It is taken exactly so, and not otherwise."""

    content_type: Annotated[str, Field(max_length=100, description=", ".join(KINDS))]
    bytes: Annotated[int, Field(ge=1, le=2**40, description="At most 10 MB; of a video 200 MB.")]
    sha256: Annotated[str, Field(pattern=DIGEST, description="base64")]


class UploadView(BaseModel):
    """Post these fields as multipart/form-data, and the file as the last one, named ``file``."""

    url: str
    fields: dict[str, str]
    expires_at: str


class EvidenceOfferView(BaseModel):
    """One file: what to name it by, and how to upload it; null, when it is here already."""

    evidence_id: str
    order_id: str
    state: str
    content_type: str
    bytes: int
    sha256: str
    upload: UploadView | None


class EvidenceView(BaseModel):
    """One file of a case. The address answers to whoever has it until it expires: it is the file itself."""

    evidence_id: str
    party: str
    content_type: str
    bytes: int
    sha256: str
    url: str
    expires_at: str


@app.post(
    "/orders/<order_id>/evidence",
    middlewares=allow(app, Action.OFFER_EVIDENCE),
    summary="Upload a photo, a video or a paper",
)
def offer(order_id: OrderId, body: FileBody, idempotency_key: IdempotencyKey) -> Response[EvidenceOfferView]:
    return _offered(order_id, None, body, idempotency_key)


@app.post(
    "/merchant/sub-orders/<sub_order_id>/evidence",
    middlewares=allow(app, Action.OFFER_EVIDENCE_OF_SUB_ORDER),
    summary="Upload what a merchant has to show",
)
def offer_of_sub_order(
    sub_order_id: SubOrderId, body: FileBody, idempotency_key: IdempotencyKey
) -> Response[EvidenceOfferView]:
    order_id, _, number = sub_order_id.partition("-")
    return _offered(order_id, int(number), body, idempotency_key)


@app.get(
    "/after-sales/<case_id>/evidence/<evidence_id>",
    middlewares=allow(app, Action.READ_EVIDENCE),
    summary="Where to read one file of a case, for five minutes",
)
def read(case_id: CaseId, evidence_id: EvidenceId) -> Response[EvidenceView]:
    """An address in an answer, not a redirect: a client that follows one would send its token along."""
    order_id, _, number = case_id.partition("-C")
    shown = evidence.show(shop(), order_id, int(number), evidence_id, caller=caller_of(app), now=now())
    logger.info("evidence", outcome="shown", evidence_id=evidence_id, case_id=case_id)
    view = EvidenceView(
        evidence_id=evidence_id,
        party=shown.evidence.party.partition(":")[0],
        content_type=shown.evidence.content_type,
        bytes=shown.evidence.size_bytes,
        sha256=shown.evidence.sha256,
        url=shown.url,
        expires_at=rfc3339(shown.expires_at),
    )
    return Response(status_code=200, content_type=JSON, body=view, headers={"Cache-Control": "no-store"})


def _offered(
    order_id: str, sub_order: int | None, body: FileBody, idempotency_key: str
) -> Response[EvidenceOfferView]:
    caller = caller_of(app)
    offered = evidence.offer(
        shop(),
        order_id,
        File(body.content_type, body.bytes, body.sha256),
        sub_order=sub_order,
        caller=caller,
        now=now(),
        request=request_of(app, caller, idempotency_key),
    )
    logger.info("evidence", outcome="offered", evidence_id=offered.evidence.evidence_id, order_id=order_id)
    return answer(_view(offered), status=201, is_repeat=offered.is_repeat)


def _view(offered: Offered) -> EvidenceOfferView:
    one, form = offered.evidence, offered.form
    expires_at = rfc3339(offered.expires_at)
    return EvidenceOfferView(
        evidence_id=one.evidence_id,
        order_id=one.order_id,
        state=one.state,
        content_type=one.content_type,
        bytes=one.size_bytes,
        sha256=one.sha256,
        upload=UploadView(url=form.url, fields=dict(form.fields), expires_at=expires_at) if form else None,
    )


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(app, event, context)
