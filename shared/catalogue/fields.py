"""How a record's fields may be written: patterns, bounds and times, each with the words of its refusal.

Everything is bounded, nothing is converted, and nothing invisible gets in: what an operator publishes is shown to
buyers and becomes part of keys.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from shared.instants import rfc3339
from shared.money import AMOUNT_MAX

NAME = r"^[0-9A-Za-z._-]{1,40}$"
SKU = r"^[0-9A-Za-z._-]([0-9A-Za-z._ -]{0,38}[0-9A-Za-z._-])?$"
MEMBER_ID = r"^[0-9A-Za-z._@:-]{1,128}$"
CATEGORY = r"^[0-9a-z_-]{1,40}$"
TEXT = r"^[^\p{C}\p{Z}]([^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*[^\p{C}\p{Z}])?$"
OPTIONAL_NAME = r"^[0-9A-Za-z._-]{0,40}$"
OPTIONAL_TEXT = rf"^({TEXT[1:-1]})?$"
CURRENCY = r"^[A-Z]{3}$"
COUNTRY = r"^[A-Z]{2}$"
DESTINATION = rf"^(\*|[A-Z]{{2}}(/{TEXT[1:-1]})?)$"
CARRIER = r"^[0-9a-z_-]{1,30}$"
OPTIONAL_COUNTRY = r"^([A-Z]{2})?$"
OPTIONAL_HS_CODE = r"^([0-9]{8,10})?$"
OPTIONAL_CODE = r"^[0-9a-z_-]{0,40}$"
RULES = {
    NAME: "must be 1 to 40 letters, digits, '.', '_' or '-'",
    SKU: "must be 1 to 40 letters, digits, '.', '_', '-' or inner blanks",
    MEMBER_ID: "must be 1 to 128 letters, digits, '.', '_', '-', '@' or ':'",
    CATEGORY: "must be 1 to 40 small letters, digits, '_' or '-'",
    TEXT: "must be text without control characters or blanks at its ends",
    OPTIONAL_NAME: "must be empty, or letters, digits, '.', '_' or '-', at most 40",
    OPTIONAL_TEXT: "must be text without control characters or blanks at its ends",
    CURRENCY: "must be a currency of three capitals, like CNY",
    COUNTRY: "must be a country of two capitals, like CN",
    DESTINATION: "must be a country like CN, a region of one like CN/Zhejiang, or * for everywhere else",
    CARRIER: "must be our code of a carrier: 1 to 30 small letters, digits, '_' or '-'",
    OPTIONAL_COUNTRY: "must be empty, or a country of two capitals, like CN",
    OPTIONAL_HS_CODE: "must be empty, or the 8 to 10 digits of the customs tariff, without dots",
    OPTIONAL_CODE: "must be empty, or small letters, digits, '_' or '-', at most 40",
}
SECONDS_MAX = 10 * 366 * 86_400
WHOLE_MAX = 1_000_000
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})")
YEAR_FIRST, YEAR_LAST = 2000, 2199


class Fault(NamedTuple):
    """What is wrong with a record, and where: ``tiers/0/off_minor``, or "" for the record as a whole."""

    at: str
    reason: str


class Part(BaseModel):
    """Whole numbers are numbers, nothing is converted, nothing unknown is let in."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def epoch(text: Any) -> int:
    """The second that *text* names, as RFC 3339 writes it.

    >>> epoch("2026-11-11T00:00:00+08:00")
    1794326400
    """
    try:
        if not isinstance(text, str) or not TIME.fullmatch(text):
            raise ValueError
        moment = datetime.fromisoformat(text)
        if not YEAR_FIRST <= moment.year <= YEAR_LAST:
            raise ValueError
    except ValueError as cause:
        raise PydanticCustomError(
            "time", "must be a time with its zone, like 2026-11-11T00:00:00+08:00"
        ) from cause
    return int(moment.timestamp())


def weighed(grams: int) -> int:
    """Goods without a weight cannot be sent: a service's limit would let through any number of them, for nothing."""
    if grams < 1:
        raise PydanticCustomError(
            "weightless", "must be at least 1: carriers' limits and tariffs mean nothing without a weight"
        )
    return grams


def repeated(at: str, names: Sequence[Any]) -> Iterator[Fault]:
    """The fault of naming something twice, if *names* do."""
    if len(set(names)) < len(names):
        yield Fault(at, "must not name anything twice")


Time = Annotated[
    int,
    BeforeValidator(epoch),
    PlainSerializer(rfc3339, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Id = Annotated[str, Field(pattern=NAME)]
Text = Annotated[str, Field(pattern=TEXT, max_length=200)]
Country = Annotated[str, Field(pattern=COUNTRY)]
Destination = Annotated[str, Field(pattern=DESTINATION, max_length=70)]
Currency = Annotated[str, Field(pattern=CURRENCY)]
Merchant = Annotated[str, Field(pattern=OPTIONAL_NAME, description="Empty: every merchant.")]
Amount = Annotated[int, Field(ge=0, le=AMOUNT_MAX, description="minor units")]
Grams = Annotated[
    int,
    Field(le=WHOLE_MAX, json_schema_extra={"minimum": 1}, description="of one unit, packed"),
    AfterValidator(weighed),
]
Share = Annotated[int, Field(ge=0, le=100, description="per cent")]
Rate = Annotated[int, Field(ge=1, le=100, description="per cent that is paid")]
Skus = Annotated[list[Annotated[str, Field(pattern=SKU)]], Field(max_length=200)]
Category = Annotated[str, Field(pattern=CATEGORY)]
Categories = Annotated[list[Category], Field(max_length=50)]
