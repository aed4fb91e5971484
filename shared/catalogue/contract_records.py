"""What may be published about merchants' contracts: when they are paid, and what the platform keeps (RULES 11.1).

``shared.catalogue.records`` holds the list of all kinds; what a contract means is said in ``shared.ledger.contract``.
A merchant has one, or goes by the one that names no merchant.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.catalogue.fields import Category, Fault, Id, Merchant, Part
from shared.ledger.contract import BPS, Contract

USUAL = Contract._field_defaults
DELAY_DAYS_MAX = 90
RESERVE_DAYS_MAX = 365
RESERVE_BPS_MAX = 5_000
CATEGORIES_MAX = 50

Rate = Annotated[int, Field(ge=0, le=BPS, description="Basis points: 250 is 2.5 %.")]


class ContractRecord(Part):
    KIND: ClassVar[str] = "contract"
    contract_id: Id
    merchant_id: Merchant = ""
    model: Annotated[
        Literal["before", "after", "mixed"],
        Field(
            description="When commission is taken: at settlement, with the next statement, or partly each."
        ),
    ] = "before"
    withheld_pct: Annotated[
        int, Field(ge=0, le=100, description="mixed: so much of the commission is taken at settlement.")
    ] = USUAL["withheld_pct"]
    delay_days: Annotated[
        int, Field(ge=0, le=DELAY_DAYS_MAX, description="T+n: not paid before the n-th day after receipt.")
    ] = USUAL["delay_days"]
    counts_working_days: Annotated[bool, Field(description="Of the n days, Monday to Friday count.")] = False
    commission_bps: Rate = USUAL["commission_bps"]
    commission_by_category: Annotated[
        dict[Category, Rate], Field(max_length=CATEGORIES_MAX, description="In place of commission_bps.")
    ] = Field(default_factory=dict)
    reserve_bps: Annotated[
        int, Field(ge=0, le=RESERVE_BPS_MAX, description="Of what is payable, kept back for reserve_days.")
    ] = USUAL["reserve_bps"]
    reserve_days: Annotated[int, Field(ge=0, le=RESERVE_DAYS_MAX)] = USUAL["reserve_days"]
    is_retired: bool = False

    @property
    def id(self) -> str:
        return self.contract_id

    def faults(self) -> Iterator[Fault]:
        if self.withheld_pct != USUAL["withheld_pct"] and self.model != "mixed":
            yield Fault("withheld_pct", "belongs to the model mixed")
        if bool(self.reserve_bps) != bool(self.reserve_days):
            yield Fault("reserve_days", "and reserve_bps go together: both are set, or neither")
