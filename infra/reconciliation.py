"""Who is told when bills, ledger and orders do not tell the same story, or held money is about to leave by itself."""

from infra.alarms import Alarms, told_by_us

DAY_SECONDS = 86_400


def watch_reconciliation(alarms: Alarms) -> None:
    alarms.watch(
        "Reconciliation differences",
        metric=told_by_us("ReconciliationDifferences", "Maximum"),
        says="A provider's bill, our ledger and the orders do not agree, and nobody has said why.",
        runbook="reconciliation-differences",
    )
    alarms.watch(
        "A difference is older than a day",
        metric=told_by_us("OldestDifferenceSeconds", "Maximum"),
        threshold=DAY_SECONDS,
        says="Something has not agreed for a day, and nobody has said why.",
        runbook="difference-older-than-a-day",
    )
    alarms.watch(
        "Bills could not be compared",
        metric=told_by_us("ReconciliationFailed", "Sum"),
        says="A provider's day could not be compared. It is tried again every hour.",
        runbook="reconciliation-failed",
    )
    alarms.watch(
        "Held money thaws soon",
        metric=told_by_us("EscrowThawing", "Sum"),
        says="A provider will let held money go by itself within days, and nothing is going to settle it before.",
        runbook="escrow-thawing",
    )
