"""What differs between a stage for trying things and the one that holds people's orders."""

import re
from dataclasses import dataclass

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs


class UnknownStage(ValueError):
    """Refused before anything is built: a typing error must not become a stage."""


class UnsafeOrigin(ValueError):
    """Refused before anything is built: an origin that anybody could have would let everybody in."""


@dataclass(frozen=True, kw_only=True)
class Config:
    stage: str
    keeps_its_data: bool  # Deletion, termination and loss of history are all guarded against, or none is.
    request_units_max: (
        int  # Per table and second, reads and writes each: a runaway loop meets it, not the bill.
    )
    log_retention: logs.RetentionDays
    requests_per_second_max: int
    callback_concurrency: int | None  # Reserved, so that a rush of buyers cannot starve payments.
    sandbox_url: str  # Where play money is; empty: the sandbox provider is off.
    evidence_days: int  # So long photos and videos of cases are kept.
    root_days: int  # So long nobody can delete a daily root of the chain of vouchers.
    shop_origin: str  # Whose pages upload them from a browser, https://shop.example; empty: nobody's.

    @property
    def removal_policy(self) -> RemovalPolicy:
        return RemovalPolicy.RETAIN if self.keeps_its_data else RemovalPolicy.DESTROY


def config_for(stage: str, *, sandbox_url: str = "", shop_origin: str = "") -> Config:
    """Return the settings of ``dev`` or ``prod``; raise ``UnknownStage`` for any other, ``UnsafeOrigin``."""
    if shop_origin and not re.fullmatch(r"https://[0-9a-z.-]+(:[0-9]+)?", shop_origin):
        raise UnsafeOrigin(f"shop_origin is one like https://shop.example, and not {shop_origin!r}")
    match stage:
        case "dev":
            return Config(
                stage="dev",
                keeps_its_data=False,
                request_units_max=1_000,
                log_retention=logs.RetentionDays.ONE_WEEK,
                requests_per_second_max=100,
                callback_concurrency=None,  # A new account may have no more than it must leave unreserved.
                sandbox_url=sandbox_url,
                evidence_days=30,
                root_days=1,  # A lock in compliance mode outlives the stage: nobody can take it off.
                shop_origin=shop_origin,
            )
        case "prod":
            if sandbox_url:
                raise UnknownStage("prod takes no sandbox_url: play money must not pay real orders")
            return Config(
                stage="prod",
                keeps_its_data=True,
                request_units_max=10_000,
                log_retention=logs.RetentionDays.THREE_MONTHS,
                requests_per_second_max=1_000,
                callback_concurrency=20,
                sandbox_url="",
                evidence_days=3 * 366,  # Three years after the trade: E-Commerce Law of the PRC, article 31.
                root_days=3653,  # Ten years.
                shop_origin=shop_origin,
            )
        case _:
            raise UnknownStage(f"there is a stage dev and a stage prod, but no {stage!r}")
