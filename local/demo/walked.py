"""One after-sale case, while its people walk it: who they are, and what was done already."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from local.demo import claims
from local.demo.buying import buyer
from local.demo.claims import Claim
from local.demo.client import Answer, Person
from local.demo.invoices import Sale
from local.demo.made_up import Refunding
from local.demo.stage import SUPPORT, Stage

STEPS_MAX = 60


@dataclass
class Walk:
    """*name*: by what everything about it is drawn. *mode*: how the provider handles its refunds."""

    stage: Stage
    sale: Sale
    order_id: str
    case_id: str
    claim: Claim
    name: str
    mode: Refunding
    done: Counter[str] = field(default_factory=Counter)

    def looked_at(self) -> Any:
        return self.stage.client.get(buyer(self.sale), f"/after-sales/{self.case_id}")

    def buyer(self, what: str, body: dict[str, Any], key: str) -> Answer:
        return self._command(buyer(self.sale), f"/after-sales/{self.case_id}/{what}", body, key)

    def merchant(self, what: str, body: dict[str, Any], key: str) -> Answer:
        return self._command(self.seller(), f"/merchant/after-sales/{self.case_id}/{what}", body, key)

    def support(self, what: str, body: dict[str, Any], key: str) -> Answer:
        return self._command(SUPPORT, f"/support/disputes/{self.case_id}/{what}", body, key)

    def seller(self) -> Person:
        merchant = self.looked_at()["merchant_id"]
        return Person(f"{merchant}-clerk", "merchant", merchant)

    def _command(self, who: Person, target: str, body: dict[str, Any], key: str) -> Answer:
        return self.stage.client.command(who, target, body, key=f"{self.name}-{key}")

    def must(self, answer: Answer) -> None:
        assert not answer.is_refusal, f"{self.name}: {answer}"

    def takes(self, who: str, most: int) -> int:
        """Seconds until somebody gets round to it: up to so many hours."""
        return claims.hours(self.name, who, most)

    def times(self, what: str) -> int:
        """How often it was done before; now it is once more."""
        self.done[what] += 1
        return self.done[what] - 1

    def first(self, what: str) -> bool:
        return self.times(what) == 0
