"""What people read of merchants' accounts: statements, balances, withdrawals and payouts. Amounts are minor units."""

import csv
from collections.abc import Iterable, Mapping
from io import StringIO

from pydantic import BaseModel

from functions.answers import AllowedAction, FailureView, MoneyView
from shared.errors import OrderError
from shared.instants import rfc3339
from shared.ledger.accounts import Account
from shared.ledger.payouts import Payout, PayoutState, ask_for
from shared.ledger.statements import Line, Statement
from shared.ledger.withdrawing import Standing
from shared.refusals import REFUSALS
from shared.settlement_words import (
    BREAKDOWN,
    DEEDS,
    LINES,
    NEXT_STATEMENT,
    PAYOUT_FAILURES,
    PAYOUT_NEXT,
    PAYOUT_STATES,
)
from shared.words import Words


class SumView(BaseModel):
    """*name* is a kind of line, or a part of what settlements are made of."""

    name: str
    text: str
    amount: MoneyView


class StatementView(BaseModel):
    """opening + all sums = closing; below zero it is what the merchant owes, and the next statement goes on with it."""

    statement: int
    day: str  # The last one that it covers, in China.
    drawn_up_at: str
    opening: MoneyView
    sums: list[SumView]
    closing: MoneyView
    reserve: MoneyView  # Kept back, beside the account.
    settled: list[SumView]  # What the settlements among the lines are made of.
    lines: int


class StatementPage(BaseModel):
    statements: list[StatementView]
    next_cursor: str | None = None


class StatementLineView(BaseModel):
    """*amount* is what it adds to the account; below zero: takes."""

    kind: str
    text: str
    amount: MoneyView
    reserve: MoneyView | None  # Kept back of it besides.
    at: str
    order_id: str | None
    sub_order_id: str | None
    voucher_id: str | None
    withdrawal: int | None
    settled: list[SumView]


class StatementDetail(StatementView):
    details: list[StatementLineView]
    next_cursor: str | None = None


class BalanceView(BaseModel):
    """How an account stands, as far as it was stated."""

    balance: MoneyView  # Below zero: what the merchant owes.
    withdrawable: MoneyView
    asked: MoneyView  # Withdrawn, and not sent yet.
    reserve: MoneyView
    statement: int | None  # The last one.
    day: str | None
    next: str
    allowed_actions: list[AllowedAction]


class BalancesView(BaseModel):
    accounts: list[BalanceView]  # One for each currency.


class WithdrawalView(BaseModel):
    withdrawal: int
    amount: MoneyView
    state: str
    state_text: str
    asked_at: str
    ended_at: str | None
    bank_reference: str | None
    failure: FailureView | None
    next: str


class WithdrawalPage(BaseModel):
    withdrawals: list[WithdrawalView]
    next_cursor: str | None = None


class PayoutView(WithdrawalView):
    """As operators see it: whose it is, and who asked."""

    merchant_id: str
    asked_by: str
    ended_by: str | None
    statement: int  # The last one when it was asked for.
    allowed_actions: list[AllowedAction]


class PayoutPage(BaseModel):
    state: str
    payouts: list[PayoutView]
    next_cursor: str | None = None


def statement_view(account: Account, head: Statement, language: str) -> StatementView:
    def money(amount_minor: int) -> MoneyView:
        return MoneyView(amount=amount_minor, currency=account.currency)

    return StatementView(
        statement=head.number,
        day=head.day,
        drawn_up_at=rfc3339(head.at),
        opening=money(head.opening_minor),
        sums=_sums(account, head.sums, LINES, language),
        closing=money(head.closing_minor),
        reserve=money(sum(head.reserves.values())),
        settled=_sums(account, head.breakdown, BREAKDOWN, language),
        lines=head.lines,
    )


def statement_detail(
    account: Account, head: Statement, lines: Iterable[Line], *, cursor: str | None, language: str
) -> StatementDetail:
    return StatementDetail(
        **dict(statement_view(account, head, language)),
        details=[_line_view(account, line, language) for line in lines],
        next_cursor=cursor,
    )


def _line_view(account: Account, line: Line, language: str) -> StatementLineView:
    reserve = MoneyView(amount=line.reserve_minor, currency=account.currency)
    amounts = {name: amount for name, amount in line.breakdown.items() if name in BREAKDOWN}
    return StatementLineView(
        kind=line.kind,
        text=_spoken(LINES, line.kind, language),
        amount=MoneyView(amount=line.amount_minor, currency=account.currency),
        reserve=reserve if line.reserve_minor else None,
        at=rfc3339(line.at),
        order_id=line.order_id or None,
        sub_order_id=line.sub_order_id or None,
        voucher_id=line.voucher_id or None,
        withdrawal=line.payout or None,
        settled=_sums(account, amounts, BREAKDOWN, language),
    )


def statement_csv(account: Account, head: Statement, lines: Iterable[Line]) -> str:
    """The lines for a spreadsheet, in codes and minor units, one column for each part of a settlement (RFC 4180)."""
    text = StringIO()
    rows = csv.writer(text)
    first = ("statement", "day", "kind", "amount_minor", "reserve_minor", "currency", "at")
    rows.writerow(
        (
            *first,
            "order_id",
            "sub_order_id",
            "voucher_id",
            "withdrawal",
            *(f"settled_{n}_minor" for n in BREAKDOWN),
        )
    )
    for line in lines:
        amounts = (line.kind, line.amount_minor, line.reserve_minor, account.currency, rfc3339(line.at))
        about = (line.order_id, line.sub_order_id, line.voucher_id, line.payout or "")
        parts = (line.breakdown.get(name, "") for name in BREAKDOWN)
        rows.writerow((head.number, head.day, *amounts, *about, *parts))
    return text.getvalue()


def balance_view(stands: Standing, language: str) -> BalanceView:
    def money(amount_minor: int) -> MoneyView:
        return MoneyView(amount=amount_minor, currency=stands.account.currency)

    refused = _refusal_to_withdraw(stands)
    words = None if refused is None else REFUSALS[refused.code]
    return BalanceView(
        balance=money(stands.balance_minor),
        withdrawable=money(max(0, stands.balance_minor)),
        asked=money(sum(payout.amount_minor for payout in stands.waiting)),
        reserve=money(stands.reserve_minor),
        statement=stands.last.number if stands.last else None,
        day=stands.last.day if stands.last else None,
        next=(words.next_steps if words else NEXT_STATEMENT).spoken(language),
        allowed_actions=[_allowed("withdraw", language, words.title if words else None)],
    )


def _refusal_to_withdraw(stands: Standing) -> OrderError | None:
    try:
        ask_for(None, available_minor=stands.balance_minor, waiting=len(stands.waiting))
    except OrderError as refused:
        return refused
    return None


def withdrawal_view(account: Account, payout: Payout, language: str) -> WithdrawalView:
    return WithdrawalView(
        withdrawal=payout.number,
        amount=MoneyView(amount=payout.amount_minor, currency=account.currency),
        state=payout.state,
        state_text=PAYOUT_STATES[payout.state].spoken(language),
        asked_at=rfc3339(payout.asked_at),
        ended_at=rfc3339(payout.ended_at) if payout.ended_at else None,
        bank_reference=payout.bank_reference or None,
        failure=_failure_view(payout.reason, language),
        next=PAYOUT_NEXT[payout.state].spoken(language),
    )


def payout_view(account: Account, payout: Payout, caller_id: str, language: str) -> PayoutView:
    why = None
    if payout.state is not PayoutState.ASKED:
        why = REFUSALS["payout_ended"].title
    elif payout.asked_by == caller_id:
        why = REFUSALS["second_person_needed"].title
    return PayoutView(
        **dict(withdrawal_view(account, payout, language)),
        merchant_id=account.merchant_id,
        asked_by=payout.asked_by,
        ended_by=payout.ended_by or None,
        statement=payout.statement,
        allowed_actions=[_allowed(name, language, why) for name in ("pay_out", "fail")],
    )


def _failure_view(reason: str, language: str) -> FailureView | None:
    if not reason:
        return None
    words = PAYOUT_FAILURES[reason]
    return FailureView(
        code=reason, reason=words.title.spoken(language), next_steps=[words.next_steps.spoken(language)]
    )


def _allowed(name: str, language: str, why: Words | None) -> AllowedAction:
    return AllowedAction(
        action=name,
        text=DEEDS[name].spoken(language),
        allowed=why is None,
        reason=None if why is None else why.spoken(language),
    )


def _sums(
    account: Account, sums: Mapping[str, int], words: Mapping[str, Words], language: str
) -> list[SumView]:
    """In the order of their *words*; names without words last."""
    order = {name: place for place, name in enumerate(words)}
    names = sorted(sums, key=lambda name: (order.get(name, len(order)), name))
    return [
        SumView(
            name=name,
            text=_spoken(words, name, language),
            amount=MoneyView(amount=sums[name], currency=account.currency),
        )
        for name in names
    ]


def _spoken(words: Mapping[str, Words], name: str, language: str) -> str:
    return words[name].spoken(language) if name in words else name
