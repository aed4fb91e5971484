"""Nothing the product says lacks its words, in either language."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import shared
from shared import errors
from shared.aftersale.return_policy import CaseKind, Payer, Reason
from shared.case_words import DEMANDS, KINDS, PAYERS, REASONS
from shared.case_words import NEXT as CASE_NEXT
from shared.errors import OrderError
from shared.fulfilment.carriers.port import Status
from shared.fulfilment.warehouse import PROGRESS as WAREHOUSE_PROGRESS
from shared.ledger.payouts import REASONS as PAYOUT_REASONS
from shared.ledger.payouts import PayoutState
from shared.ledger.shares import Shares
from shared.lifecycle import MACHINES, CaseState
from shared.ordering.terms import CouponKind, CouponState
from shared.parcel_words import CUTS, NEXT, OBSTACLES, PROGRESS, TRACKED, TRACKING_NOTES
from shared.payment.facts import FAILURES
from shared.payment_words import PAYMENT_FAILURES
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
from shared.splitting.problem import Obstacle
from shared.words import (
    ACTIONS,
    COUPON_KINDS,
    COUPON_STATES,
    NOT_NOW,
    STATES,
    preferred_language,
)

SHARED = Path(shared.__file__).parent
for found in pkgutil.walk_packages(shared.__path__, "shared."):
    importlib.import_module(found.name)  # So that every refusal is defined.


def refusals(kind=OrderError):
    yield kind
    for child in kind.__subclasses__():
        if child.__module__.startswith("shared"):
            yield from refusals(child)


def problem_codes():
    """Every code that a ``Problem`` is made with, read from the sources."""
    text = "".join(path.read_text() for path in SHARED.rglob("*.py"))
    return set(re.findall(r'Problem\("([a-z_]+)"', text)) | {"stock_short", "sold_out"}


TOLD = [refusal for refusal in refusals() if refusal is not OrderError]
ALL_WORDS = [
    *STATES.values(),
    *ACTIONS.values(),
    *COUPON_STATES.values(),
    *COUPON_KINDS.values(),
    NOT_NOW,
    *CUTS.values(),
    *TRACKED.values(),
    *PROGRESS.values(),
    *TRACKING_NOTES.values(),
    *NEXT.values(),
    *(words for table in (KINDS, REASONS, PAYERS, CASE_NEXT, DEMANDS) for words in table.values()),
    *(words for table in (LINES, BREAKDOWN, PAYOUT_STATES, PAYOUT_NEXT, DEEDS) for words in table.values()),
    NEXT_STATEMENT,
    *(
        words
        for table in (REFUSALS, PAYMENT_FAILURES, OBSTACLES, PAYOUT_FAILURES)
        for refusal in table.values()
        for words in refusal
    ),
]


@pytest.mark.parametrize("refusal", TOLD, ids=lambda refusal: refusal.__name__)
def test_every_refusal_has_its_words(refusal):
    assert refusal.code in REFUSALS


@pytest.mark.parametrize("code", sorted(problem_codes()))
def test_every_problem_has_its_words(code):
    assert code in REFUSALS


@pytest.mark.parametrize(
    "state", sorted({str(state) for machine in MACHINES.values() for state in machine.states})
)
def test_every_state_has_its_words(state):
    assert state in STATES


def test_nothing_has_words_that_is_never_said():
    assert set(STATES) == {str(state) for machine in MACHINES.values() for state in machine.states}
    assert set(REFUSALS) == {refusal.code for refusal in TOLD} | problem_codes()
    of_buyers = {"pay", "cancel", "separate", "confirm_receipt", "extend_receipt", "refuse_delivery"}
    of_cases = {"withdraw", "accept_alternative", "accept_assessment", "enter_waybill", "call_platform"}
    of_cases |= {"refuse", "inspect", "rule", "pay_in_advance", "correct_waybill", "show_evidence"}
    assert set(ACTIONS) == of_buyers | of_cases | {"ship", "receive_return", "approve", "reject"}
    assert set(COUPON_STATES) == {*map(str, CouponState), "expired", "not_yet_valid"}
    assert set(COUPON_KINDS) == set(map(str, CouponKind))


def test_everything_that_is_said_of_parcels_has_its_words_and_nothing_else_has():
    assert set(PAYMENT_FAILURES) == FAILURES
    assert set(TRACKED) == set(map(str, Status))
    assert set(PROGRESS) == {*WAREHOUSE_PROGRESS, "refused"}
    assert set(OBSTACLES) == {*map(str, Obstacle), "too_many_parcels", "not_declarable"}
    assert set(TRACKING_NOTES) == {
        *("silent", "not_followed", "in_trouble", "delivery_claimed"),
        *("warehouse_late", "missing"),
    }
    assert set(NEXT) == {"intercepting", "awaiting_receipt", "delivered"}


def test_everything_that_is_said_of_cases_has_its_words_and_nothing_else_has():
    assert set(KINDS) == set(map(str, CaseKind))
    assert set(REASONS) == set(map(str, Reason))
    assert set(PAYERS) == set(map(str, Payer))
    assert set(CASE_NEXT) == set(map(str, CaseState))
    assert set(DEMANDS) == {"original_packaging", "tracked_carrier", "no_cash_on_delivery"}


def test_everything_that_is_said_of_merchants_money_has_its_words_and_nothing_else_has():
    assert set(PAYOUT_STATES) == set(PAYOUT_NEXT) == set(map(str, PayoutState))
    assert set(PAYOUT_FAILURES) == set(PAYOUT_REASONS)
    assert set(BREAKDOWN) == {name.removesuffix("_minor") for name in Shares._fields} | {"payable"}
    assert set(DEEDS) == {"withdraw", "pay_out", "fail"}


def test_every_reason_of_a_parcel_has_a_sentence():
    assert set(CUTS) == {
        *("merchant", "warehouse", "warehouse:partial", "category"),
        *("border:cross_border", "border:domestic", "size:bulky", "size:small"),
        *("hazard:hazard", "hazard:harmless"),
        *("weight", "volume", "customs_cap", "tariff"),
    }


@pytest.mark.parametrize("words", ALL_WORDS, ids=lambda words: words.en[:30])
def test_english_is_english_and_chinese_is_chinese(words):
    assert words.en.isascii()
    assert words.en.strip() == words.en != ""
    assert re.search(r"[\u4e00-\u9fff]", words.zh)
    assert re.findall(r"\{\w+\}", words.en) == re.findall(r"\{\w+\}", words.zh)
    assert (words.spoken("zh-CN"), words.spoken("en"), words.spoken("fr")) == (words.zh, words.en, words.en)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("zh-CN", "zh-CN"),
        ("zh", "zh-CN"),
        ("zh-TW", "zh-CN"),
        ("ZH-hans-cn", "zh-CN"),
        ("en-GB,zh-CN;q=0.9", "en"),
        ("zh-CN;q=0.5,en;q=0.8", "en"),
        ("zh-CN;q=0.8,en;q=0.8", "zh-CN"),
        ("fr,de;q=0.9", "en"),
        ("zh;q=0", "en"),
        ("zh;q=0,en;q=0", "en"),
        ("zh;q=nonsense", "en"),
        ("zh;q=٠.٩", "en"),
        ("zh;q=-1", "en"),
        (";;;,,,q=", "en"),
        ("fr," * 20 + "zh", "en"),  # Only the first twenty are read.
    ],
)
def test_the_language_that_a_browser_prefers(header, language):
    assert preferred_language(header) == language


def test_blanks_in_the_header_change_nothing():
    assert preferred_language("zh-CN; q=0.1, en; q=0.9") == "en"


def test_the_tree_at_the_top_of_errors_is_the_tree():
    drawn = {
        (name, int(status))
        for name, status in re.findall(r"^ +([A-Z]\w+) +(\d{3}) ", errors.__doc__, flags=re.M)
    }
    defined = {(one.__name__, one.status) for one in TOLD if one.__module__ == "shared.errors"}

    assert drawn == defined


def test_codes_are_the_contract_so_no_two_refusals_share_one():
    codes = [refusal.code for refusal in TOLD]

    assert len(codes) == len(set(codes))
    assert all(400 <= refusal.status < 600 for refusal in TOLD)
    assert {refusal.code: refusal.status for refusal in TOLD} == {
        "malformed_body": 400,
        "idempotency_key_missing": 400,
        "signature_invalid": 401,
        "forbidden": 403,
        "not_found": 404,
        "order_archived": 410,
        "transition_refused": 409,
        "already_shipped": 409,
        "at_warehouse": 409,
        "parcels_returning": 409,
        "already_extended": 409,
        "tracking_refused": 409,
        "paid_together": 409,
        "not_split_yet": 409,
        "payment_open": 409,
        "nothing_to_separate": 409,
        "too_many_attempts": 409,
        "counters_differ": 409,
        "stock_differs": 409,
        "wallet_differs": 409,
        "payment_refused": 409,
        "payment_disputed": 409,
        "refund_too_large": 422,
        "second_person_needed": 409,
        "after_sale_refused": 422,
        "advance_too_large": 422,
        "nothing_to_convert": 409,
        "case_open": 409,
        "evidence_refused": 422,
        "too_much_evidence": 409,
        "evidence_unknown": 422,
        "evidence_not_uploaded": 422,
        "evidence_differs": 422,
        "address_handed_over": 409,
        "entry_closed": 409,
        "action_not_seen": 409,
        "conflict": 409,
        "confirmation_required": 409,
        "body_too_large": 413,
        "unsupported_media_type": 415,
        "invalid_request": 422,
        "order_refused": 422,
        "idempotency_key_reused": 422,
        "catalogue_refused": 422,
        "terms_too_large": 422,
        "coupon_unknown": 404,
        "coupon_limit_reached": 409,
        "coupons_gone": 409,
        "claim_closed": 409,
        "points_short": 409,
        "points_limit_reached": 409,
        "stock_unknown": 404,
        "units_short": 409,
        "stock_limit_reached": 409,
        "too_much_to_check": 409,
        "books_too_large": 409,
        "bill_missing": 409,
        "day_not_over": 409,
        "difference_unknown": 404,
        "account_negative": 409,
        "nothing_to_withdraw": 409,
        "withdrawal_too_small": 422,
        "withdrawal_too_large": 422,
        "too_many_withdrawals": 409,
        "payout_ended": 409,
        "not_yet": 501,
        "unavailable": 503,
        "unknown_reference": 503,
        "not_yet_clear": 503,
    }
