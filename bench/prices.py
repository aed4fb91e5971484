"""What does AWS ask for it? List prices as data, with their source and their age.

The prices are a file so that anybody can put their own in place (``--prices FILE``): another region, a discount, a
newer list. Whatever is billed under a name that the file does not have is an error, not free.
"""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

LIST_PRICES = Path(__file__).with_name("prices.json")


class PriceList(NamedTuple):
    """US dollars for one of each."""

    source: str
    priced_on: date
    usd: Mapping[str, Decimal]

    def age_days(self, today: date) -> int:
        return (today - self.priced_on).days

    def cost(self, price: str, quantity: Decimal) -> Decimal:
        return self.usd[price] * quantity


def read_prices(path: Path = LIST_PRICES) -> PriceList:
    """Read a price list. Raises ``ValueError`` when it is not in dollars."""
    document = json.loads(path.read_text(encoding="utf-8"))
    if document["currency"] != "USD":
        raise ValueError(f"{path.name} is in {document['currency']}, and the budgets are in USD")
    usd = {name: Decimal(entry["usd"]) / entry["per"] for name, entry in document["prices"].items()}
    return PriceList(document["source"], date.fromisoformat(document["date"]), usd)
