"""HTTP for money of merchants: their statements and withdrawals, and for operators what is to be paid out."""

from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import Field

from functions.http import (
    JSON,
    IdempotencyKey,
    Strict,
    allow,
    answer,
    api,
    caller_of,
    request_of,
    serve,
)
from functions.problems import language_of
from functions.settlement_views import (
    BalancesView,
    PayoutPage,
    PayoutView,
    StatementDetail,
    StatementPage,
    WithdrawalPage,
    WithdrawalView,
    balance_view,
    payout_view,
    statement_csv,
    statement_detail,
    statement_view,
    withdrawal_view,
)
from functions.wiring import logger, metrics, now, shop
from shared.catalogue.fields import CURRENCY, NAME
from shared.errors import Invalid
from shared.ledger import withdrawing
from shared.ledger.accounts import Account
from shared.ledger.payouts import REASONS, Ending, PayoutState
from shared.ledger.stating import statements_of
from shared.money import AMOUNT_MAX
from shared.policy import Action
from shared.store.statements import LINES_PER_ITEM

app = api()

CSV = "text/csv"
PAGE_MAX = 50
MINE = "CNY"  # Where no currency is named.
NUMBER = r"^[1-9][0-9]{0,7}$"
Currency = Annotated[str, Query(pattern=CURRENCY)]
NumberInPath = Annotated[str, Path(pattern=NUMBER)]
Cursor = Annotated[str, Query(pattern=r"^([1-9][0-9]{0,7})?$")]
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX)]
SHOWN_AS: Any = {JSON: {"model": StatementDetail}, CSV: {"schema": {"type": "string"}}}
ASKED_CURSOR = r"^([0-9]{12}#[0-9A-Za-z._-]{1,40}#[A-Z]{3}#[0-9]{8})?$"


class AmountBody(Strict):
    amount: Annotated[int, Field(ge=1, le=AMOUNT_MAX, description="minor units")]
    currency: Annotated[str, Field(pattern=CURRENCY)]


class WithdrawalBody(Strict):
    """So much; or, without an amount, all there is of the account in *currency*."""

    amount: AmountBody | None = None
    currency: Annotated[str | None, Field(pattern=CURRENCY)] = None


class OutcomeBody(Strict):
    """Paid, with the number that the bank gave the transfer; or failed, and why. One of the two."""

    outcome: Literal["paid", "failed"]
    bank_reference: Annotated[str | None, Field(pattern=r"^[0-9A-Za-z-]{1,40}$")] = None
    reason: Annotated[str | None, Field(pattern=rf"^({'|'.join(REASONS)})$")] = None


@app.get(
    "/merchant/statements",
    middlewares=allow(app, Action.READ_STATEMENTS),
    summary="My statements, newest first",
)
def read_statements(currency: Currency = MINE, cursor: Cursor = "", limit: Limit = 20) -> StatementPage:
    account = _mine(currency)
    heads = statements_of(shop()).page(account, before=int(cursor or 0), limit=limit)
    return StatementPage(
        statements=[statement_view(account, head, _language()) for head in heads],
        next_cursor=_following([head.number for head in heads], limit),
    )


@app.get(
    "/merchant/statements/<number>",
    middlewares=allow(app, Action.READ_STATEMENTS),
    summary="One statement, line by line; for a spreadsheet with Accept: text/csv",
    responses={200: {"description": "A page of lines; as text/csv all of them", "content": SHOWN_AS}},
)
def read_statement(
    number: NumberInPath, currency: Currency = MINE, cursor: Cursor = ""
) -> Response[StatementDetail | str]:
    account, store = _mine(currency), statements_of(shop())
    head = store.read(account, int(number))
    if CSV in str(app.current_event.headers.get("accept", "")):
        text = statement_csv(account, head, store.all_lines(account, head.number))
        return Response(200, CSV, text)
    chunk = int(cursor or 1)
    following = str(chunk + 1) if chunk * LINES_PER_ITEM < head.lines else None
    lines = store.lines(account, head.number, chunk)
    return answer(statement_detail(account, head, lines, cursor=following, language=_language()))


@app.get("/merchant/balance", middlewares=allow(app, Action.READ_BALANCE), summary="What I may withdraw")
def read_balance() -> BalancesView:
    stand = withdrawing.standings(shop(), caller_of(app).merchant_id)
    return BalancesView(accounts=[balance_view(one, _language()) for one in stand])


@app.post("/merchant/withdrawals", middlewares=allow(app, Action.WITHDRAW), summary="Withdraw")
def withdraw(body: WithdrawalBody, idempotency_key: IdempotencyKey) -> Response[WithdrawalView]:
    if body.amount and body.currency:
        raise Invalid("the amount names its currency", at="/currency")
    caller = caller_of(app)
    asked = withdrawing.withdraw(
        shop(),
        _mine(body.amount.currency if body.amount else body.currency or MINE),
        body.amount.amount if body.amount else None,
        caller=caller,
        now=now(),
        request=request_of(app, caller, idempotency_key),
    )
    view = withdrawal_view(asked.account, asked.payout, _language())
    return answer(view, status=201, is_repeat=asked.is_repeat)


@app.get(
    "/merchant/withdrawals",
    middlewares=allow(app, Action.READ_WITHDRAWALS),
    summary="My withdrawals, newest first",
)
def read_withdrawals(currency: Currency = MINE, cursor: Cursor = "", limit: Limit = 20) -> WithdrawalPage:
    account = _mine(currency)
    found = withdrawing.payouts_of(shop()).page(account, before=int(cursor or 0), limit=limit)
    return WithdrawalPage(
        withdrawals=[withdrawal_view(account, payout, _language()) for payout in found],
        next_cursor=_following([payout.number for payout in found], limit),
    )


@app.get(
    "/operator/payouts",
    middlewares=allow(app, Action.READ_PAYOUTS),
    summary="Withdrawals that wait for the bank, first asked first",
)
def read_payouts(
    state: Annotated[str, Query(pattern=r"^asked$")] = "asked",
    cursor: Annotated[str, Query(pattern=ASKED_CURSOR)] = "",
    limit: Limit = 20,
) -> PayoutPage:
    found, following = withdrawing.payouts_of(shop()).waiting(after=cursor, limit=limit)
    caller = caller_of(app)
    views = [payout_view(one.account, one.payout, caller.id, _language()) for one in found]
    return PayoutPage(state=state, payouts=views, next_cursor=following)


@app.post(
    "/operator/payouts/<merchant_id>/<currency>/<number>/outcome",
    middlewares=allow(app, Action.END_PAYOUT),
    summary="The bank has sent it, or it could not",
)
def end_payout(
    merchant_id: Annotated[str, Path(pattern=NAME)],
    currency: Annotated[str, Path(pattern=CURRENCY)],
    number: NumberInPath,
    body: OutcomeBody,
    idempotency_key: IdempotencyKey,
) -> Response[PayoutView]:
    caller = caller_of(app)
    paid = withdrawing.end(
        shop(),
        Account(merchant_id, currency),
        int(number),
        _ending(body),
        caller=caller,
        now=now(),
        request=request_of(app, caller, idempotency_key),
    )
    view = payout_view(paid.account, paid.payout, caller.id, _language())
    return answer(view, is_repeat=paid.is_repeat)


def _ending(body: OutcomeBody) -> Ending:
    wanted, other = ("bank_reference", "reason") if body.outcome == "paid" else ("reason", "bank_reference")
    detail = getattr(body, wanted)
    if detail is None:
        raise Invalid(f"{body.outcome} comes with {wanted}", at=f"/{wanted}")
    if getattr(body, other) is not None:
        raise Invalid(f"{body.outcome} comes without {other}", at=f"/{other}")
    return Ending(PayoutState(body.outcome), detail)


def _mine(currency: str) -> Account:
    """The caller's own account, by its claim: no other can be named."""
    return Account(caller_of(app).merchant_id, currency)


def _following(numbers: list[int], limit: int) -> str | None:
    return str(numbers[-1]) if len(numbers) == limit and numbers[-1] > 1 else None


def _language() -> str:
    return language_of(app.current_event.headers)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(app, event, context)
