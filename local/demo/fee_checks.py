"""What providers keep for their work: as our ledger booked it from their bills, and as their own books say it."""

from collections import Counter
from collections.abc import Iterator, Sequence

from local.cloud import Cloud
from local.demo.closing import Lie
from local.demo.world import PROVIDERS

UNTOLD = ("missing", "altered")  # Of such a line nothing is booked before people have looked at it.


def fees_are_what_providers_kept(cloud: Cloud, lies: Sequence[Lie]) -> Iterator[str]:
    """But for the lines that somebody took out of a bill, or changed. All currencies together."""
    untold: Counter[str] = Counter()
    for lie in lies:
        if lie.change in UNTOLD:
            untold[lie.provider] += lie.fee_minor
    booked: Counter[str] = Counter()
    for row in cloud.items("LEDGER_TABLE"):
        for account, amount in row.get("entries", ()) if row["pk"].startswith("BILL#") else ():
            kind, _, provider = str(account).partition(":")
            if kind == "fees":
                booked[provider] += int(amount)
    for name in PROVIDERS:
        kept = sum(page["fees"] for page in cloud.providers.books(name)["references"].values())
        if kept - untold[name] != booked[name]:
            yield f"{name} kept {kept}, {untold[name]} of it untold; {booked[name]} is booked"
