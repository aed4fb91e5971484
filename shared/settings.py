"""Everything the environment may set. Read once, at cold start; nothing else reads ``os.environ``."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Numbers that a platform may change. A deadline row of ``shared.lifecycle`` names one of them."""

    payment_timeout_seconds: int
    closing_retry_seconds: int
    shipment_promise_seconds: int
    receipt_timeout_seconds: int
    refund_retry_seconds: int
    refund_attention_seconds: int
    settlement_delay_seconds: int
    flat_freight_minor: int  # Per sub-order, in minor units of the order's currency.


@dataclass(frozen=True, kw_only=True)
class Settings:
    orders_table: str
    stock_table: str
    ledger_table: str
    catalogue_table: str
    bus_name: str
    stage: str
    sandbox_url: str  # Empty: the sandbox provider is off.
    sandbox_secret_arn: str
    deliverable_countries: frozenset[str]  # ISO 3166-1 alpha-2
    policy: Policy

    @classmethod
    def read(cls, env: Mapping[str, str]) -> Self:
        """Fail at cold start, by name, when a variable is missing or a number is not one."""
        return cls(
            orders_table=_named(env, "ORDERS_TABLE"),
            stock_table=_named(env, "STOCK_TABLE"),
            ledger_table=_named(env, "LEDGER_TABLE"),
            catalogue_table=_named(env, "CATALOGUE_TABLE"),
            bus_name=_named(env, "BUS_NAME"),
            stage=_named(env, "STAGE"),
            sandbox_url=env.get("SANDBOX_URL", ""),
            sandbox_secret_arn=env.get("SANDBOX_SECRET_ARN", ""),
            deliverable_countries=frozenset(_named(env, "DELIVERABLE_COUNTRIES").split(",")),
            policy=Policy(**{field.name: _whole(env, field.name.upper()) for field in fields(Policy)}),
        )


def _named(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "")
    if not value:
        raise ValueError(f"the environment variable {name} is missing")
    return value


def _whole(env: Mapping[str, str], name: str) -> int:
    value = int(_named(env, name))
    if value < 0 or (value == 0 and name.endswith("_SECONDS")):
        raise ValueError(f"{name} must be positive, not {value}")
    return value


@cache
def settings() -> Settings:
    return Settings.read(os.environ)
