"""The books of the demo: bills that lie, merchants who take out what they earned, and a bank that sends it.

On some evenings somebody changes one line of a provider's bill of that day: leaves it out, writes it twice, gives it
another amount, or writes a stranger's payment beside it. The reconciliation must find each of these, and nothing else;
three days later finance explains it.
In the end every merchant withdraws what was stated; one payout bounces, and is asked for again.
"""

from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from local.demo.client import Person
from local.demo.offers import Season
from local.demo.stage import OPERATOR, Life, Stage
from local.demo.world import PROVIDERS

DAY, HOUR = 86_400, 3600
FOUND_AFTER = 3 * DAY  # By then the bill is there, and was compared.
BEIJING = timezone(timedelta(hours=8))
UTC = timezone(timedelta(0))
EVENING_HOUR = 23  # Of the bill's own day: whoever pays later is left alone.
CHANGES = ("missing", "doubled", "altered", "foreign")
MERCHANTS = ("m-homeware", "m-garden", "m-paper", "m-toys")
SEARCHED_DAYS = 45  # In a short sample a provider may have a payment once a month.


class Lie(NamedTuple):
    """One change to one bill. *document* is what our ledger calls the line; of a stranger's payment it is not ours."""

    provider: str
    day: str
    change: str
    document: str
    amount_minor: int  # What truly moved; of a stranger's payment, what did not.
    fee_minor: int


def liars(stage: Stage, season: Season) -> list[tuple[int, str, Life]]:
    """For the agenda: each change of each provider, spread over the season."""
    lies = [(provider, change) for change in CHANGES for provider in PROVIDERS]
    width = (season.closing - season.opening) // (len(lies) + 1)
    return [
        (_evening(provider, season.opening + width * place), "", _lies(stage, provider, change))
        for place, (provider, change) in enumerate(lies)
    ]


def take_out(stage: Stage) -> None:
    """Every merchant withdraws all; the first payout of all bounces and is asked for again."""
    for place, merchant in enumerate(MERCHANTS):
        clerk = Person(f"{merchant}-clerk", "merchant", merchant)
        for turn in ("first", "again"):
            asked = stage.client.command(clerk, "/merchant/withdrawals", {}, key=f"out-{merchant}-{turn}")
            if asked.is_refusal:
                break
            is_bounced = place == 0 and turn == "first"
            _end(stage, merchant, asked.value, is_bounced=is_bounced)
            if not is_bounced:
                break


def _end(stage: Stage, merchant: str, payout: dict[str, Any], *, is_bounced: bool) -> None:
    number, currency = payout["withdrawal"], payout["amount"]["currency"]
    paid = {"outcome": "paid", "bank_reference": f"BANK-{merchant}-{number}"}
    body = {"outcome": "failed", "reason": "account_closed"} if is_bounced else paid
    target = f"/operator/payouts/{merchant}/{currency}/{number}/outcome"
    ended = stage.client.command(OPERATOR, target, body, key=f"end-{merchant}-{number}")
    assert not ended.is_refusal, f"no end of a payout: {ended}"


def _lies(stage: Stage, provider: str, change: str) -> Life:
    for _ in range(SEARCHED_DAYS):
        day = _day(provider, stage.now())
        told = stage.client.neighbour(f"/_providers/{provider}/bills/{day}")
        if lines := [line for line in told["lines"] if line["kind"] == "payment"]:
            stage.lies.append(_tampered(stage, provider, day, change, lines[0]))
            yield stage.now() + FOUND_AFTER
            _explain(stage, provider, day)
            return
        yield stage.now() + DAY


def _explain(stage: Stage, provider: str, day: str) -> None:
    """Finance looks into each difference of that day and says what it is: it stays in the report, and rings no more."""
    runs = stage.client.get(OPERATOR, f"/operator/reconciliations?provider={provider}&days=60")["runs"]
    if day not in {run["day"] for run in runs}:
        return
    at = f"/operator/reconciliations/{day}/{provider}"
    for difference in stage.client.get(OPERATOR, at)["differences"]:
        body = {"difference": difference["id"], "reason": "bill_was_changed"}
        key = f"{provider}-{day}-{difference['id']}"[:64]
        stage.client.command(OPERATOR, f"{at}/explanations", body, key=key)


def _tampered(stage: Stage, provider: str, day: str, change: str, line: dict[str, Any]) -> Lie:
    body = {"change": change} | ({} if change == "foreign" else {"reference": line["reference"]})
    changed = stage.client.desk(f"{provider}/bills/{day}/tamper", body)
    return Lie(provider, day, change, f"payment:{changed['reference']}", line["amount"], line["fee"])


def _zone(provider: str) -> timezone:
    return UTC if provider == "stripe" else BEIJING


def _day(provider: str, moment: int) -> str:
    return datetime.fromtimestamp(moment, _zone(provider)).date().isoformat()


def _evening(provider: str, moment: int) -> int:
    at = datetime.fromtimestamp(moment, _zone(provider))
    return int(at.replace(hour=EVENING_HOUR, minute=0, second=0).timestamp())
