"""Money in tables: what went wrong and how it ended, and our ledger beside each provider's own books."""

from collections import Counter
from collections.abc import Iterable, Mapping

from rich.table import Table

from local.demo.happened import Happened, Kind
from local.demo.ledger_checks import balances, clearing, provider_accounts
from local.demo.tables import table, yuan
from local.demo.world import PROVIDERS, World

HELD = (  # Whose money it is that the providers hold for us; below zero: what they hold no more.
    ("owed to merchants (settled)", "merchant:"),
    ("in escrow", "escrow:"),
    ("promised back, not yet sent", "refund:"),
    ("came in part", "held:"),
    ("quarantined, for people", "quarantine:"),
    ("  of it in other accounts", "elsewhere:"),
    ("taken by banks, undecided", "chargeback:"),
    ("claimed back", "claim:"),
    ("paid by the platform's pool", "pool:"),
    ("given in points", "points"),
    ("sent by our own bank", "bank"),
)


def money(world: World) -> Table:
    """Each provider's account by our ledger and by its own books; then whose money that is."""
    ours, theirs = clearing(world), provider_accounts(world)
    shown = table("Money", "", "by our ledger", "by its books", "difference")
    for provider, currency in sorted(ours.keys() | theirs.keys(), key=_place):
        held, there = ours[provider, currency], theirs[provider, currency]
        shown.add_row(f"at {provider}, {currency}", yuan(held), yuan(there), yuan(held - there))
    apart = sum(abs(ours[account] - theirs[account]) for account in ours.keys() | theirs.keys())
    shown.add_row("all of them", "", "", yuan(apart), style="bold", end_section=True)
    for label, prefix in HELD:
        for currency, amount in sorted(balances(world, prefix).items()):
            if amount:
                shown.add_row(f"{label}, {currency}", yuan(-amount), "", "")
    return shown


def _place(account: tuple[str, str]) -> tuple[int, str]:
    provider, currency = account
    return PROVIDERS.index(provider) if provider in PROVIDERS else len(PROVIDERS), currency


def moved(world: World) -> Table:
    """What the vouchers moved, by kind and provider."""
    sums: dict[str, Counter[str]] = {}
    for voucher in world.vouchers:
        for account, amount in voucher["entries"]:
            name, _, provider = account.partition(":")
            if name in ("clearing", "bank", "elsewhere"):
                sums.setdefault(voucher["kind"], Counter())[provider or name] += amount
    shown = table("What moved (all currencies)", "voucher", *PROVIDERS, "bank")
    for kind, by_provider in sorted(sums.items()):
        shown.add_row(kind.replace("_", " "), *(yuan(by_provider[name]) for name in (*PROVIDERS, "bank")))
    return shown


def misfortunes(happened: Iterable[Happened], world: World) -> Table:
    """One line for each kind of thing that went wrong."""
    shown = table("What went wrong with money, and how it ended", "", "times", "amount", "ended")
    shown.columns[0].no_wrap, shown.columns[-1].justify = True, "left"
    by_kind: dict[Kind, list[Happened]] = {kind: [] for kind in Kind}
    for one in happened:
        by_kind[one.kind].append(one)
    for kind, all_of_it in by_kind.items():
        ends = Counter(_end(one, world) for one in all_of_it)
        amount = sum(one.amount_minor for one in all_of_it)
        shown.add_row(str(kind), str(len(all_of_it)), yuan(amount), _spoken(ends))
    return shown


def _end(one: Happened, world: World) -> str:
    """How the row stands that says how it ended: of an order, what its buyer reads."""
    if not one.order_id:
        return one.subject
    row = world.orders[one.order_id].rows[one.subject]
    ended = str(row.get("stage", row["state"])).replace("_", " ")
    return f"{ended} by bank" if row.get("paid_otherwise") else ended


def _spoken(ends: Mapping[str, int]) -> str:
    return ", ".join(
        f"{times} {end}" for end, times in sorted(ends.items(), key=lambda end: (-end[1], end[0]))
    )


def answered(world: World) -> Table:
    """How buyers paid, and where."""
    shown = table("Tries to pay", "", *PROVIDERS)
    states: dict[str, Counter[str]] = {}
    for whole in world.orders.values():
        for payment in whole.of("PAY"):
            states.setdefault(payment["state"], Counter())[payment["provider"]] += 1
    for state, counts in sorted(states.items()):
        shown.add_row(state, *(str(counts[name]) for name in PROVIDERS))
    refunds: dict[str, Counter[str]] = {}
    for whole in world.orders.values():
        for refund in whole.of("REFUND"):
            provider = whole.rows[f"PAY#{refund['payment']:02}"]["provider"]
            refunds.setdefault(refund["state"].replace("_", " "), Counter())[provider] += 1
    shown.add_section()
    for state, counts in sorted(refunds.items()):
        shown.add_row(f"refunds {state}", *(str(counts[name]) for name in PROVIDERS))
    return shown
