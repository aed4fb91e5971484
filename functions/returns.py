"""HTTP for after-sale cases: the buyer asks and answers, the merchant decides and inspects, the platform rules."""

from typing import Annotated, Any, NamedTuple

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.case_answers import CasePage, CasesView, CaseView
from functions.case_bodies import (
    AcceptanceBody,
    AdvanceBody,
    DecisionBody,
    EscalationBody,
    EvidenceBody,
    InspectionBody,
    NothingBody,
    RequestBody,
    RulingBody,
    WaybillBody,
)
from functions.case_views import case_view, cases_view
from functions.http import (
    CaseId,
    IdempotencyKey,
    OrderId,
    allow,
    answer,
    api,
    caller_of,
    request_of,
    serve,
)
from functions.problems import language_of
from functions.wiring import logger, metrics, now, shop
from shared.aftersale import advance, cases, disputes, inspection, sending_back
from shared.aftersale.cases import Decision
from shared.aftersale.coming_back import warehouse_of
from shared.aftersale.disputes import Ruling
from shared.aftersale.eligibility import Asked
from shared.aftersale.evidence import keep, verified
from shared.aftersale.inspection import Inspection
from shared.aftersale.return_policy import CaseKind, Reason
from shared.case_rows import DISPUTED_QUEUE, SENDING_BACK, merchant_cases
from shared.changes import Caller, Request
from shared.commands import Outcome, Shop
from shared.context import ID_PATTERN
from shared.errors import Invalid
from shared.fulfilment.case_ways import way_of
from shared.fulfilment.sightings import seen
from shared.model import AfterSale, WholeOrder
from shared.policy import Action, require_case, require_order
from shared.splitting.terms import Site

app = api()

Cursor = Annotated[str, Query(pattern=rf"^([0-9]{{12}}#{ID_PATTERN}-C[0-9]{{2}})?$")]
Limit = Annotated[int, Query(ge=1, le=50)]


@app.post(
    "/orders/<order_id>/after-sales",
    middlewares=allow(app, Action.REQUEST_AFTER_SALE),
    summary="Ask for a refund, a return, an exchange, a repair, ...",
)
def request_after_sale(
    order_id: OrderId, body: RequestBody, idempotency_key: IdempotencyKey
) -> Response[CasesView]:
    caller = caller_of(app)
    units = {line.line: line.quantity for line in body.lines}
    if len(units) < len(body.lines):
        raise Invalid("a line is named twice", at="/lines")
    asked = Asked(
        sub_order=body.sub_order,
        kind=CaseKind(body.kind),
        reason=Reason(body.reason),
        units=units,
        asked_minor=body.amount,
        swap=body.swap,
        evidence=_of_order(order_id, body.evidence, caller),
    )
    request = request_of(app, caller, idempotency_key)
    outcome = cases.request_case(shop(), order_id, asked, caller=caller, now=now(), request=request)
    keep(shop(), order_id, asked.evidence, now=now())
    made = [
        row for name in outcome.about.split(",") if isinstance(row := outcome.whole.rows[name], AfterSale)
    ]
    view = cases_view(outcome.whole, made, caller.actor, now=now(), language=_language())
    return answer(view, status=201, is_repeat=outcome.is_repeat)


@app.get(
    "/after-sales/<case_id>",
    middlewares=allow(app, Action.READ_AFTER_SALE),
    summary="One case, for either side and the platform",
)
def read_case(case_id: CaseId) -> CaseView:
    order_id, number = _named(case_id)
    whole, caller = shop().orders.read(order_id), caller_of(app)
    case = require_case(caller, Action.READ_AFTER_SALE, whole, number)
    track = seen(shop(), order_id, way_of(case), case.waybill) if case.waybill else None
    site = _site_of(whole, case)
    return case_view(whole, case, caller.actor, now=now(), language=_language(), track=track, site=site)


@app.post(
    "/after-sales/<case_id>/withdrawal",
    middlewares=allow(app, Action.ANSWER_AFTER_SALE),
    summary="I do not want it any more",
)
def withdraw(case_id: CaseId, body: NothingBody, idempotency_key: IdempotencyKey) -> Response[CaseView]:
    turn = _turn(case_id, idempotency_key)
    return _told(turn, cases.withdraw(*turn.case, **turn.by))


@app.post(
    "/after-sales/<case_id>/acceptance",
    middlewares=allow(app, Action.ANSWER_AFTER_SALE),
    summary="Accept an alternative, or what the inspection says",
)
def accept(case_id: CaseId, body: AcceptanceBody, idempotency_key: IdempotencyKey) -> Response[CaseView]:
    turn = _turn(case_id, idempotency_key)
    return _told(turn, cases.accept(*turn.case, body.kind, **turn.by))


@app.post(
    "/after-sales/<case_id>/waybill",
    middlewares=allow(app, Action.SEND_GOODS_BACK),
    summary="I have sent it back; or, for the platform's people: it is another number",
)
def send_back(case_id: CaseId, body: WaybillBody, idempotency_key: IdempotencyKey) -> Response[CaseView]:
    turn = _turn(case_id, idempotency_key)
    waybill = sending_back.Waybill(body.carrier, body.waybill, body.freight)
    return _told(turn, sending_back.send_back(*turn.case, waybill, **turn.by))


@app.post(
    "/after-sales/<case_id>/escalation",
    middlewares=allow(app, Action.ESCALATE_AFTER_SALE),
    summary="Call the platform",
)
def escalate(case_id: CaseId, body: EscalationBody, idempotency_key: IdempotencyKey) -> Response[CaseView]:
    turn = _turn(case_id, idempotency_key)
    evidence = turn.verified(body.evidence, Action.ESCALATE_AFTER_SALE)
    return _told(turn, disputes.escalate(*turn.case, body.reason, evidence=evidence, **turn.by), evidence)


@app.post(
    "/after-sales/<case_id>/evidence",
    middlewares=allow(app, Action.SHOW_EVIDENCE),
    summary="Show more: while the merchant decides, or the platform",
)
def show_evidence(case_id: CaseId, body: EvidenceBody, idempotency_key: IdempotencyKey) -> Response[CaseView]:
    turn = _turn(case_id, idempotency_key)
    evidence = turn.verified(body.evidence, Action.SHOW_EVIDENCE)
    return _told(turn, disputes.show_evidence(*turn.case, evidence, **turn.by), evidence)


@app.get(
    "/merchant/after-sales",
    middlewares=allow(app, Action.DECIDE_AFTER_SALE),
    summary="My open cases, the most urgent first",
)
def list_mine(cursor: Cursor = "", limit: Limit = 20) -> CasePage:
    return _page(merchant_cases(caller_of(app).merchant_id), cursor, limit)


@app.post(
    "/merchant/after-sales/<case_id>/decision",
    middlewares=allow(app, Action.DECIDE_AFTER_SALE),
    summary="Yes; or no, with a reason and an alternative",
)
def decide(case_id: CaseId, body: DecisionBody, idempotency_key: IdempotencyKey) -> Response[CaseView]:
    turn = _turn(case_id, idempotency_key)
    offers = {offer.kind: offer.amount for offer in body.alternatives}
    evidence = turn.verified(body.evidence, Action.DECIDE_AFTER_SALE)
    decided = Decision(body.approve, body.reason, offers, evidence)
    return _told(turn, cases.decide_case(*turn.case, decided, **turn.by), evidence)


@app.post(
    "/merchant/after-sales/<case_id>/receipt",
    middlewares=allow(app, Action.DECIDE_AFTER_SALE),
    summary="The parcel is here",
)
def receive(case_id: CaseId, body: NothingBody, idempotency_key: IdempotencyKey) -> Response[CaseView]:
    turn = _turn(case_id, idempotency_key)
    return _told(turn, inspection.goods_arrived(*turn.case, **turn.by))


@app.post(
    "/merchant/after-sales/<case_id>/inspection",
    middlewares=allow(app, Action.DECIDE_AFTER_SALE),
    summary="What was in it, and what it is worth",
)
def inspect(case_id: CaseId, body: InspectionBody, idempotency_key: IdempotencyKey) -> Response[CaseView]:
    turn = _turn(case_id, idempotency_key)
    counted = {one.line: {"good": one.good, "defect": one.defect, "scrap": one.scrap} for one in body.lines}
    if len(counted) < len(body.lines):
        raise Invalid("a line is named twice", at="/lines")
    found = Inspection(counted, {one.line: one.rate_pct for one in body.lines}, body.reason)
    return _told(turn, inspection.inspect_goods(*turn.case, found, **turn.by))


@app.get(
    "/support/disputes",
    middlewares=allow(app, Action.RULE_AFTER_SALE),
    summary="Cases that the platform decides, the most urgent first",
)
def list_disputes(cursor: Cursor = "", limit: Limit = 20) -> CasePage:
    return _page(DISPUTED_QUEUE, cursor, limit)


@app.post(
    "/support/disputes/<case_id>/ruling",
    middlewares=allow(app, Action.RULE_AFTER_SALE),
    summary="Decide a case",
)
def rule(case_id: CaseId, body: RulingBody, idempotency_key: IdempotencyKey) -> Response[CaseView]:
    turn = _turn(case_id, idempotency_key)
    ruling = Ruling(
        rate_pct=body.rate_pct,
        goods_back=body.goods_back,
        payer=body.freight_payer,
        reason=body.reason,
        as_asked=body.as_asked,
        evidence=turn.verified(body.evidence, Action.RULE_AFTER_SALE),
    )
    return _told(turn, disputes.rule(*turn.case, ruling, **turn.by), ruling.evidence)


@app.post(
    "/support/disputes/<case_id>/advance",
    middlewares=allow(app, Action.RULE_AFTER_SALE),
    summary="Pay the buyer at once, out of the platform's pool",
)
def pay_in_advance(case_id: CaseId, body: AdvanceBody, idempotency_key: IdempotencyKey) -> Response[CaseView]:
    turn = _turn(case_id, idempotency_key)
    return _told(turn, advance.pay_in_advance(*turn.case, body.amount, **turn.by))


class Turn(NamedTuple):
    """Somebody's command about one case: which, and who gives it."""

    order_id: str
    number: int
    caller: Caller
    request: Request

    @property
    def case(self) -> tuple[Shop, str, int]:
        return shop(), self.order_id, self.number

    @property
    def by(self) -> dict[str, Any]:
        return {"caller": self.caller, "now": now(), "request": self.request}

    def verified(self, named: list[str], action: Action) -> tuple[str, ...]:
        """What the caller names, once it is known that they may do *action*: to others it is not there at all."""
        if not named:
            return ()
        require_case(self.caller, action, shop().orders.read(self.order_id), self.number)
        return verified(shop(), self.order_id, tuple(named), caller=self.caller)


def _turn(case_id: str, idempotency_key: str) -> Turn:
    caller = caller_of(app)
    return Turn(*_named(case_id), caller, request_of(app, caller, idempotency_key))


def _of_order(order_id: str, named: list[str], caller: Caller) -> tuple[str, ...]:
    """The same, of an order that has no case yet."""
    if not named:
        return ()
    require_order(caller, Action.REQUEST_AFTER_SALE, shop().orders.read(order_id))
    return verified(shop(), order_id, tuple(named), caller=caller)


def _named(case_id: str) -> tuple[str, int]:
    order_id, _, number = case_id.partition("-C")
    return order_id, int(number)


def _told(turn: Turn, outcome: Outcome, evidence: tuple[str, ...] = ()) -> Response[CaseView]:
    """The case as it stands. What was done names *evidence*."""
    keep(shop(), turn.order_id, evidence, now=now())
    case = next(case for case in outcome.whole.cases if case.number == turn.number)
    site, actor = _site_of(outcome.whole, case), turn.caller.actor
    view = case_view(outcome.whole, case, actor, now=now(), language=_language(), site=site)
    return answer(view, is_repeat=outcome.is_repeat)


def _site_of(whole: WholeOrder, case: AfterSale) -> Site | None:
    """Where the goods are to go, while that is of use."""
    if case.state not in SENDING_BACK:
        return None
    return shop().goods.shipping_terms().sites.get(warehouse_of(whole, case))


def _page(queue: str, cursor: str, limit: int) -> CasePage:
    """A work list is an index: each case is read as it stands, and left out where it has moved on."""
    found, actor, views = shop().orders.queue(queue, after=cursor, limit=limit), caller_of(app).actor, []
    for place in found:
        whole = shop().orders.read(place.order_id)
        row = whole.rows.get(place.subject)
        if isinstance(row, AfterSale) and row.is_open:
            views.append(case_view(whole, row, actor, now=now(), language=_language()))
    return CasePage(cases=views, next_cursor=found[-1].priority if len(found) == limit else None)


def _language() -> str:
    return language_of(app.current_event.headers)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(app, event, context)
