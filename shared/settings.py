"""Everything the environment may set. Read once, at cold start; nothing else reads ``os.environ``."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Numbers that a platform may change: version 0, until it publishes its own (``shared.catalogue``).

    An order keeps those it was placed under, stored in this order: add at the end, move none, drop none.
    A deadline row of ``shared.lifecycle`` names one of them.
    """

    placing_timeout_seconds: int
    transfer_retry_seconds: int
    payment_timeout_seconds: int
    presale_payment_timeout_seconds: int
    closing_retry_seconds: int
    review_timeout_seconds: int  # Until a review is escalated,
    escalation_timeout_seconds: int  # and from then until its default decision.
    shipment_promise_seconds: int
    delivery_promise_seconds: int  # From shipment.
    receipt_timeout_seconds: int
    refund_retry_seconds: int
    refund_attention_seconds: int
    settlement_delay_seconds: int
    flat_freight_minor: int  # Per sub-order, where no freight template says otherwise.
    points_per_yuan: int  # So many points are worth 100 minor units.
    points_max_pct: int  # Of the goods, at most so much may be paid in points.
    perishable_boost_seconds: int  # So much earlier in every work list.
    review_amount_minor: int  # From so much on, people look at the order first.
    review_risk_score: int
    review_default_approves: int  # What a review that nobody decides ends as: 1 approved, 0 refunded.
    coupon_comes_back: int  # Of a wholly refunded order, if it is still valid: 1 or 0.
    cross_border_parcel_minor: int  # One parcel through customs.
    cross_border_year_minor: int  # One person, one year.
    payment_query_seconds: int  # An open page is asked about so often,
    payment_requery_seconds: int  # and a closed one so much later, once.
    refund_answer_seconds: int  # An accepted refund has its end by then, or people hear of it.
    dispute_recheck_seconds: int  # What waits for a dispute looks again so often.
    parked_seconds: int  # Money whose order nobody knows is quarantined after this.
    dispute_attention_seconds: int  # People look at a dispute that has no verdict so often.
    receipt_after_delivery_seconds: (
        int  # Never received by itself before so long after delivery was reported.
    )
    receipt_extension_seconds: int  # What a buyer may add, once.
    silence_seconds: int  # A parcel that nobody has seen for so long is asked about.
    parcel_attention_seconds: int  # People look at a parcel in trouble, or on its way back, so often.
    push_retry_seconds: int  # A warehouse that does not say that it has a parcel is asked so often,
    intercept_retry_seconds: int  # and one that does not say whether it could stop.
    split_before_payment: (
        int  # 1: each merchant's part may be paid on its own; 0: an order is cut when it is paid.
    )
    warehouse_silence_seconds: (
        int  # A warehouse that has a parcel is asked so often what became of it, at first.
    )
    case_decision_seconds: int  # A merchant's, on an after-sale case; then it is approved.
    case_answer_seconds: int  # The buyer's, after a refusal or a deduction.
    case_waybill_seconds: int  # The buyer's, to send the goods back.
    case_inspection_seconds: int  # Of whoever received them; then the platform decides.
    case_ruling_seconds: int  # The platform's, on a dispute; then again, and again.
    case_attention_seconds: int  # People look at goods on their way back, or out again, so often.
    second_person_minor: int  # A favour or a compensation of so much, or more, needs a second person.
    archive_after_days: (
        int  # From placing; then an order that is at rest goes to the archive (shared.archive).
    )
    wechatpay_freeze_days: (
        int  # From payment; then the provider lets held money go by itself. 0: it holds none.
    )
    alipay_freeze_days: int
    freeze_warning_days: int  # So long before that people hear of it.


@dataclass(frozen=True, kw_only=True)
class Settings:
    orders_table: str
    stock_table: str
    ledger_table: str
    catalogue_table: str
    members_table: str
    bus_name: str
    stage: str
    sandbox_url: str  # Empty: the sandbox provider is off.
    sandbox_secret_arn: str
    deliverable_countries: frozenset[str]  # ISO 3166-1 alpha-2
    policy: Policy
    payment_keys_arn: str = ""  # Empty, or a secret that holds none: the real providers are off.
    public_url: str = ""  # Where providers reach us: https://..., without a slash at the end.
    alipay_url: str = ""
    wechatpay_url: str = ""
    stripe_url: str = ""
    partner_keys_arn: str = (
        ""  # Of warehouses and trackers; empty, or a secret that holds none: they are off.
    )
    kuaidi100_url: str = ""
    aftership_url: str = ""
    easypost_url: str = ""
    seventeentrack_url: str = ""
    evidence_bucket: str = ""
    books_bucket: str = ""  # Roots of the chain of vouchers, bills, reports, archive.
    books_url: str = ""  # Where it is reached from outside, without a slash at the end.
    root_days: int = 1  # So long a root is locked.
    evidence_url: str = ""  # Where that bucket is reached from outside, without a slash at the end.

    @classmethod
    def read(cls, env: Mapping[str, str]) -> Self:
        """Fail at cold start, by name, when a variable is missing or a number is not one."""
        return cls(
            orders_table=_named(env, "ORDERS_TABLE"),
            stock_table=_named(env, "STOCK_TABLE"),
            ledger_table=_named(env, "LEDGER_TABLE"),
            catalogue_table=_named(env, "CATALOGUE_TABLE"),
            members_table=_named(env, "MEMBERS_TABLE"),
            bus_name=_named(env, "BUS_NAME"),
            stage=_named(env, "STAGE"),
            sandbox_url=env.get("SANDBOX_URL", ""),
            sandbox_secret_arn=env.get("SANDBOX_SECRET_ARN", ""),
            deliverable_countries=frozenset(_named(env, "DELIVERABLE_COUNTRIES").split(",")),
            policy=Policy(**{field.name: _whole(env, field.name.upper()) for field in fields(Policy)}),
            payment_keys_arn=env.get("PAYMENT_KEYS_ARN", ""),
            public_url=env.get("PUBLIC_URL", "").rstrip("/"),
            alipay_url=_named(env, "ALIPAY_URL"),
            wechatpay_url=_named(env, "WECHATPAY_URL"),
            stripe_url=_named(env, "STRIPE_URL"),
            partner_keys_arn=env.get("PARTNER_KEYS_ARN", ""),
            kuaidi100_url=_named(env, "KUAIDI100_URL"),
            aftership_url=_named(env, "AFTERSHIP_URL"),
            easypost_url=_named(env, "EASYPOST_URL"),
            seventeentrack_url=_named(env, "SEVENTEENTRACK_URL"),
            evidence_bucket=_named(env, "EVIDENCE_BUCKET"),
            books_bucket=_named(env, "BOOKS_BUCKET"),
            books_url=_named(env, "BOOKS_URL").rstrip("/"),
            root_days=_whole(env, "ROOT_DAYS"),
            evidence_url=_named(env, "EVIDENCE_URL").rstrip("/"),
        )


def _named(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "")
    if not value:
        raise ValueError(f"the environment variable {name} is missing")
    return value


def _whole(env: Mapping[str, str], name: str) -> int:
    value = int(_named(env, name))
    if value < 0 or (value == 0 and name.endswith(("_SECONDS", "AFTER_DAYS", "WARNING_DAYS", "ROOT_DAYS"))):
        raise ValueError(f"{name} must be positive, not {value}")
    return value


@cache
def settings() -> Settings:
    return Settings.read(os.environ)


def is_lambda() -> bool:
    """Whether AWS Lambda runs this process, which reads keys before the first event comes."""
    return "AWS_LAMBDA_RUNTIME_API" in os.environ
