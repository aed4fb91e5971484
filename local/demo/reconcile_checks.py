"""After everything else: every day of every provider's own bill, against our books. Only what was injected differs.

``compared`` runs what functions/reconcile.py runs, for each day on which anything moved and the day after it, and says
what is wrong with the outcome; an empty list is the invariant.
"""

from collections.abc import Iterator

from local.cloud import Cloud
from shared.payment.bills import NAMES
from shared.payment.bills.days import day_of, ready_at
from shared.reconciliation.matching import around
from shared.reconciliation.running import fetch, reconcile

Injected = frozenset[tuple[str, str]]  # (name of the difference, its document)


def compared(cloud: Cloud, injected: Injected = frozenset()) -> list[str]:
    """What differs and was not injected, and what was injected and is not found. A bill that is not due is left out."""
    from functions.wiring import shop

    found, wrong, now = set[tuple[str, str]](), list[str](), int(cloud.clock.now())
    due = [(provider, day) for provider, day in days_of(cloud) if now >= ready_at(provider, day)]
    for provider, day in due:
        fetch(shop(), provider, day, now=now)
    for provider, day in due:
        report = reconcile(shop(), provider, day, by="demo", now=now).report
        told = {(one["name"], one["document"]) for one in report["differences"]}
        found |= told  # Those that finance has explained, too.
        wrong += [f"{provider} {day}: {name} {document}" for name, document in sorted(told - injected)]
    return [*wrong, *(f"not found: {name} {document}" for name, document in sorted(injected - found))]


def days_of(cloud: Cloud) -> Iterator[tuple[str, str]]:
    """Each provider and day on which our ledger says that something moved, or a bill was kept."""
    days = set[tuple[str, str]]()
    for row in cloud.items("LEDGER_TABLE"):
        for provider in NAMES:
            if any(entry[0] == f"clearing:{provider}" for entry in row.get("entries", ())):
                _, day, after = around(day_of(provider, int(row.get("happened_at") or row["at"])))
                days |= {(provider, day), (provider, after)}
            if row["pk"] == f"BILLS#{provider}":
                days.add((provider, str(row["sk"]).partition("#")[0]))
    yield from sorted(days)
