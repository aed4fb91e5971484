"""What stands in an order's way? Everything at once, each with a reason and a way out (RULES: submit checks)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from shared.model import Goods
from shared.money import AMOUNT_MAX, Money
from shared.ordering.quote import Quote, Wanted

STOCK_ROWS_MAX = 90
TRANSACTION_ACTIONS_MAX = 100
ACTIONS_BESIDE_GOODS = 6  # order, event, lines, personal data, key, voucher or refund: never more at once
ADDRESS_FIELDS = ("name", "phone", "country", "city", "street")


class Problem(NamedTuple):
    code: str
    at: str  # JSON pointer into the request
    details: Mapping[str, Any]


def problems_of(
    wanted: Sequence[Wanted],
    address: Mapping[str, str | None] | None,
    goods: Goods,
    countries: frozenset[str],
) -> Iterator[Problem]:
    """Everything about address and SKUs that can be told before anything is priced."""
    if address is not None:
        yield from _address_problems(address, countries)
    seen: set[str] = set()
    for index, want in enumerate(wanted):
        at = f"/lines/{index}/sku"
        sku = goods.skus.get(want.sku)
        if want.sku in seen:
            yield Problem("sku_repeated", at, {"sku": want.sku})
        elif sku is None:
            yield Problem("sku_unknown", at, {"sku": want.sku})
        elif not sku.is_on_sale:
            yield Problem("sku_not_on_sale", at, {"sku": want.sku})
        seen.add(want.sku)
    currencies = {goods.skus[want.sku].currency for want in wanted if want.sku in goods.skus}
    if len(currencies) > 1:
        yield Problem("currencies_mixed", "/lines", {"currencies": sorted(currencies)})


def stock_problems(wanted: Sequence[Wanted], short: Mapping[str, int]) -> Iterator[Problem]:
    """A line that wants more than is left is told how many are left."""
    for index, want in enumerate(wanted):
        if want.sku in short:
            details = {"sku": want.sku, "wanted": want.quantity, "available": short[want.sku]}
            code = "stock_short" if short[want.sku] else "sold_out"
            yield Problem(code, f"/lines/{index}/quantity", details)


def size_problems(wanted: Sequence[Wanted]) -> Iterator[Problem]:
    if len({want.sku for want in wanted}) > STOCK_ROWS_MAX:
        yield Problem("too_many_stock_rows", "/lines", {"maximum": STOCK_ROWS_MAX, "wanted": len(wanted)})


def quote_problems(quote: Quote, expected: Money | None) -> Iterator[Problem]:
    """What the price brings to light: too large, too widely spread, or not the price that was shown."""
    payable = Money(quote.payable_minor, quote.currency)
    if quote.payable_minor > AMOUNT_MAX:
        yield Problem("amount_too_large", "/lines", {"maximum": AMOUNT_MAX})
    if _actions_at_once(quote) > TRANSACTION_ACTIONS_MAX:
        room = TRANSACTION_ACTIONS_MAX - ACTIONS_BESIDE_GOODS
        rows = {"maximum": room, "wanted": _actions_at_once(quote) - ACTIONS_BESIDE_GOODS}
        yield Problem("too_many_stock_rows", "/lines", rows)
    if expected is not None and expected != payable:
        yield Problem("price_changed", "/expected_payable", {"old": shown(expected), "new": shown(payable)})


def shown(money: Money) -> dict[str, Any]:
    return {"amount": money.amount_minor, "currency": money.currency}


def _actions_at_once(quote: Quote) -> int:
    """The largest transaction of this order's life: all of it cancelled at once, after it was split."""
    parcels = {(line.sub_order, warehouse) for line in quote.lines for warehouse, _ in line.allocation}
    return len(quote.lines) + len(quote.sub_orders) + len(parcels) + ACTIONS_BESIDE_GOODS


def _address_problems(address: Mapping[str, str | None], countries: frozenset[str]) -> Iterator[Problem]:
    missing = [name for name in ADDRESS_FIELDS if not (address.get(name) or "").strip()]
    if missing:
        yield Problem("address_incomplete", "/address", {"missing": missing})
    country = address.get("country")
    if country and country not in countries:
        yield Problem("address_not_deliverable", "/address/country", {"country": country})
