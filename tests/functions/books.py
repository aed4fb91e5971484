"""Do the providers' own books agree with our ledger? And what became of the money of an order."""

from collections import Counter
from typing import Any

from local.demo.invariants import violations
from tests.functions.notices import PROVIDERS
from tests.http_world import World


def the_books_agree(world: World) -> None:
    """What each provider holds of ours, in its own books, is what our ledger says that it holds; and all else fits."""
    clearing_agrees(world)
    assert violations(world.cloud) == []


def clearing_agrees(world: World) -> None:
    for provider in PROVIDERS:
        assert ours(world, provider) == theirs(world, provider), provider


def theirs(world: World, provider: str) -> dict[str, int]:
    """Captured, less what was refunded or withdrawn, as the provider's books have it; by currency."""
    totals = world.cloud.providers.books(provider)["totals"]
    held = {
        currency: t["captured"] - t["refunded"] - t["withdrawn"] + t["reinstated"]
        for currency, t in totals.items()
    }
    return {currency: amount for currency, amount in held.items() if amount}


def ours(world: World, provider: str) -> dict[str, int]:
    """The balance of the provider's clearing account, by currency, before the fees that its bills tell of."""
    sums: Counter[str] = Counter()
    for voucher in (each for each in world.vouchers() if not each["pk"].startswith("BILL#")):
        for account, amount in voucher["entries"]:
            if account == f"clearing:{provider}":
                sums[voucher["currency"]] += int(amount)
    return {currency: amount for currency, amount in sums.items() if amount}


def at_the_provider(world: World, payment: dict[str, Any]) -> dict[str, Any]:
    """What the provider's books say of one try to pay."""
    entry: dict[str, Any] = world.cloud.providers.books(payment["provider"])["references"][
        payment["reference"]
    ]
    return entry


def refunds(world: World, order: str) -> list[tuple[str, int]]:
    """States and amounts of the order's refunds."""
    return [(refund["state"], refund["amount"]["amount"]) for refund in world.order(order)["refunds"]]


def states(world: World, order: str) -> dict[str, str]:
    """Of the order, its parts, its tries to pay and its refunds."""
    kinds = ("ORDER", "SUB#", "PAY#", "REFUND#", "DISPUTE#")
    return {
        row["sk"]: row["state"]
        for row in world.rows()
        if row["pk"] == f"ORDER#{order}" and row["sk"].startswith(kinds)
    }


def happened(world: World, event: str) -> int:
    """How often *event* stands in the histories."""
    return sum(row.get("event") == event for row in world.rows())
