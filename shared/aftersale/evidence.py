"""Photos, videos and papers that either side shows of an order: uploaded, checked, read (凭证, RULES 9.3 and 10.2).

offer      a buyer, or a merchant of the order, says what a file is, and gets a form that takes that file and no other
upload     straight into a private bucket: nothing of it comes through us, and no address of a user's is ever fetched
verified   whoever names files in a case: each lies in the bucket, as it was offered, by that party of that order
kept       a case names them: nobody asks the bucket again
shown      either side of the case, and the platform: an address for five minutes, to be saved and never displayed

The same file offered again is the same piece of evidence with a fresh form: what failed is simply tried again.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple

from shared.changes import Caller, Request
from shared.commands import Shop
from shared.context import id_of
from shared.errors import NotFound, OrderError
from shared.lifecycle import Actor
from shared.model import WholeOrder
from shared.policy import Action, require_case, require_order, require_sub_order
from shared.store.evidence import KEPT, Evidence, EvidenceStore, Full, Limits
from shared.store.presigning import Form, presigned_address, presigned_form
from shared.store.writing import AlreadyDone

MEGABYTE = 1024 * 1024
PHOTO, VIDEO = 10 * MEGABYTE, 200 * MEGABYTE
LIMITS = Limits(files=50, size_bytes=1024 * MEGABYTE)  # For each party of an order.
UPLOAD_SECONDS, READING_SECONDS = 15 * 60, 5 * 60
NAMED_MAX = 50  # In one command.


class Kind(NamedTuple):
    suffix: str
    size_max: int


KINDS: Mapping[str, Kind] = {  # What a browser would run, or draw with a script inside, is not among them.
    "image/jpeg": Kind("jpg", PHOTO),
    "image/png": Kind("png", PHOTO),
    "image/webp": Kind("webp", PHOTO),
    "application/pdf": Kind("pdf", PHOTO),
    "video/mp4": Kind("mp4", VIDEO),
    "video/quicktime": Kind("mov", VIDEO),
}


class EvidenceRefused(OrderError):
    """A file of this type or size is not taken, or nothing of this order needs to be shown."""

    status, code = 422, "evidence_refused"


class TooMuchEvidence(OrderError):
    """This party has shown as much of this order as is taken."""

    status, code = 409, "too_much_evidence"


class EvidenceUnknown(OrderError):
    """Some of what is named was never offered by this party for this order."""

    status, code = 422, "evidence_unknown"


class EvidenceNotUploaded(OrderError):
    """Some of what is named was offered and never arrived."""

    status, code = 422, "evidence_not_uploaded"


class EvidenceDiffers(OrderError):
    """Some of what arrived is not what was offered."""

    status, code = 422, "evidence_differs"


class File(NamedTuple):
    """What a file is, as who has it says."""

    content_type: str
    size_bytes: int
    sha256: str  # base64


class Offered(NamedTuple):
    evidence: Evidence
    form: Form | None  # None: it is here already.
    expires_at: int
    is_repeat: bool = False


class Shown(NamedTuple):
    evidence: Evidence
    url: str
    expires_at: int


def offer(
    shop: Shop,
    order_id: str,
    file: File,
    *,
    sub_order: int | None = None,
    caller: Caller,
    now: int,
    request: Request,
) -> Offered:
    """Let *caller* upload *file*: the buyer of the order, or the merchant of *sub_order*.

    Raises ``NotFound``, ``EvidenceRefused``, ``TooMuchEvidence``, ``KeyReused``, ``Conflict``.
    """
    store = EvidenceStore(shop.outside, shop.settings)
    try:
        evidence = _evidence(shop.orders.read(order_id), file, sub_order, caller, now)
    except OrderError:
        seen = shop.orders.seen(request)  # It may be the second delivery of what was let in.
        if seen is None:
            raise
        return _repeated(shop, store, seen.order_id, seen.about, now)
    try:
        store.offer(evidence, request, LIMITS)
    except AlreadyDone as done:
        return _repeated(shop, store, done.seen.order_id, done.seen.about, now)
    except Full as full:
        raise TooMuchEvidence("so much of one order is enough", **LIMITS._asdict()) from full
    known = store.read(order_id, (evidence.evidence_id,))[evidence.evidence_id]
    return _offered(shop, known, now)


def _evidence(whole: WholeOrder, file: File, sub_order: int | None, caller: Caller, now: int) -> Evidence:
    if sub_order is None:
        require_order(caller, Action.OFFER_EVIDENCE, whole)
    else:
        require_sub_order(caller, Action.OFFER_EVIDENCE_OF_SUB_ORDER, whole, sub_order)
    if whole.order.paid_at is None:
        raise EvidenceRefused("this order was never paid: there is nothing to show", because="not_paid")
    kind = KINDS.get(file.content_type)
    if kind is None:
        raise EvidenceRefused("this type is not taken", at="/content_type", allowed=list(KINDS))
    if not 0 < file.size_bytes <= kind.size_max:
        raise EvidenceRefused("a file of this size is not taken", at="/bytes", maximum=kind.size_max)
    party = party_of(caller)
    told = f"{whole.order.order_id}\n{party}\n{file.content_type}\n{file.size_bytes}\n{file.sha256}"
    return Evidence(
        evidence_id=id_of(sha256(told.encode()).digest()),
        order_id=whole.order.order_id,
        party=party,
        actor_id=caller.id,
        content_type=file.content_type,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        offered_at=now,
    )


def party_of(caller: Caller) -> str:
    """Whose evidence *caller* brings: a merchant's people bring their merchant's."""
    if caller.actor is Actor.MERCHANT:
        return f"merchant:{caller.merchant_id}"
    return f"{caller.actor}:{caller.id}"


def _repeated(shop: Shop, store: EvidenceStore, order_id: str, evidence_id: str, now: int) -> Offered:
    evidence = store.read(order_id, (evidence_id,))[evidence_id]
    return _offered(shop, evidence, now)._replace(is_repeat=True)


def _offered(shop: Shop, evidence: Evidence, now: int) -> Offered:
    form = None if evidence.state == KEPT else _form(shop, evidence, now)
    return Offered(evidence, form, now + UPLOAD_SECONDS)


def _form(shop: Shop, evidence: Evidence, now: int) -> Form:
    """A form that takes this file under its key, and no other file and no other key."""
    return presigned_form(
        shop.outside.identity(),
        f"{shop.settings.evidence_url}/",
        shop.settings.evidence_bucket,
        {
            "key": evidence.key,
            "Content-Type": evidence.content_type,
            "x-amz-checksum-algorithm": "SHA256",
            "x-amz-checksum-sha256": evidence.sha256,
        },
        size_bytes=evidence.size_bytes,
        now=now,
        seconds=UPLOAD_SECONDS,
    )


def verified(shop: Shop, order_id: str, evidence_ids: tuple[str, ...], *, caller: Caller) -> tuple[str, ...]:
    """Return *evidence_ids*, each once, when *caller* may name them all: they are here, and as they were offered.

    A party names its own, the platform's people anybody's. Call it after whoever may do a thing is known, and before
    anything is written: it writes nothing. Raises ``EvidenceUnknown``, ``EvidenceNotUploaded``, ``EvidenceDiffers``,
    each with every number that it is about.
    """
    named = tuple(dict.fromkeys(evidence_ids))
    if len(named) > NAMED_MAX:
        raise EvidenceRefused("fewer files say it as well", at="/evidence", maximum=NAMED_MAX)
    store = EvidenceStore(shop.outside, shop.settings)
    found = store.read(order_id, named)
    unknown = [id for id in named if id not in found or not _may_name(caller, found[id])]
    if unknown:
        raise EvidenceUnknown("this was never offered", evidence=unknown)
    offered = [found[id] for id in named if found[id].state != KEPT]
    arrived = {evidence: store.uploaded(evidence) for evidence in offered}
    if missing := [evidence.evidence_id for evidence, seen in arrived.items() if seen is None]:
        raise EvidenceNotUploaded("this has not arrived", evidence=missing)
    if others := [
        evidence.evidence_id for evidence, seen in arrived.items() if seen != _as_offered(evidence)
    ]:
        raise EvidenceDiffers("this is not what was offered", evidence=others)
    return named


def keep(shop: Shop, order_id: str, evidence_ids: tuple[str, ...], *, now: int) -> None:
    """A case names them now: what was seen once is not looked for again. A command that is refused keeps nothing."""
    store = EvidenceStore(shop.outside, shop.settings)
    for evidence in store.read(order_id, evidence_ids).values():
        if evidence.state != KEPT:
            store.keep(evidence, now)


def _may_name(caller: Caller, evidence: Evidence) -> bool:
    return caller.actor in (Actor.SUPPORT, Actor.OPERATOR) or evidence.party == party_of(caller)


def _as_offered(evidence: Evidence) -> tuple[str, int, str]:
    return evidence.content_type, evidence.size_bytes, evidence.sha256


def show(shop: Shop, order_id: str, number: int, evidence_id: str, *, caller: Caller, now: int) -> Shown:
    """Where *caller* may read one file of a case, for five minutes. Raises ``NotFound``, ``Forbidden``.

    It is saved under its number, as the type it was offered as, and never displayed: a file is what its owner made.
    """
    case = require_case(caller, Action.READ_EVIDENCE, shop.orders.read(order_id), number)
    if evidence_id not in case.evidence:
        raise NotFound("no such evidence")
    store = EvidenceStore(shop.outside, shop.settings)
    evidence = store.read(order_id, (evidence_id,)).get(evidence_id)
    if evidence is None:
        raise NotFound("no such evidence")
    name = f"{evidence_id}.{KINDS[evidence.content_type].suffix}"
    url = presigned_address(
        shop.outside.identity(),
        f"{shop.settings.evidence_url}/{evidence.key}",
        {
            "response-content-disposition": f'attachment; filename="{name}"',
            "response-content-type": evidence.content_type,
        },
        now=now,
        seconds=READING_SECONDS,
    )
    return Shown(evidence, url, now + READING_SECONDS)
