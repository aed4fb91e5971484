"""Which days are to be compared now, and how long differences have been open.

    a day whose bill is due         until it was compared, and agrees; a week back
    a day that does not agree       again every three hours, until it does or somebody explains it; two months back
    a day that agreed               again when another bill came; of the last three days, when something was booked

A provider's first day is the first one on which our books have something of it, or for which somebody brought a bill.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from shared.commands import Shop
from shared.payment.bills.days import day_of, ready_at
from shared.reconciliation.matching import DAY
from shared.reconciliation.running import store_of
from shared.store.reconciliation import ReconciliationStore, Run

LOOKS_BACK_DAYS = 60
NEW_DAYS = 7  # So far back a day that was never compared is compared,
CHANGING_DAYS = 3  # and one that agreed is looked at again.
AGAIN_SECONDS = 3 * 3600


class Due(NamedTuple):
    provider: str
    day: str
    wants_bill: bool  # Where there is one, a corrected one may be there meanwhile.

    def may_compare(self, shop: Shop, now: int) -> bool:
        """There is a bill, or it is so late that this is what is to be told."""
        if now >= ready_at(self.provider, self.day) + DAY:
            return True
        return bool(store_of(shop).files_of(self.provider, self.day))


def days_due(shop: Shop, provider: str, *, now: int) -> Iterator[Due]:
    """The newest day first: what is fresh is easiest to put right."""
    store = store_of(shop)
    days = days_back(provider, now, LOOKS_BACK_DAYS)
    runs = store.runs(provider, days[-1], days[0])
    brought = {day: len(files) for day, files in store.files(provider, days[-1], days[0]).items()}
    begins = min(runs, default="") or _first_day(store, provider, days)
    for place, day in enumerate(days):
        if now < ready_at(provider, day):
            continue
        run, files = runs.get(day), brought.get(day, 0)
        if run is None:
            is_new = bool(begins) and day >= begins and place < NEW_DAYS
            if is_new or files:
                yield Due(provider, day, wants_bill=is_new)
        elif run.state != "clean":
            if now - run.at >= AGAIN_SECONDS or files > run.file:
                yield Due(provider, day, wants_bill=True)
        elif files > run.file or (place < CHANGING_DAYS and _has_changed(store, run)):
            yield Due(provider, day, wants_bill=False)


def days_back(provider: str, now: int, count: int) -> list[str]:
    """The last *count* days of the provider that are over, the newest first."""
    today = date.fromisoformat(day_of(provider, now))
    return [(today - timedelta(days=back)).isoformat() for back in range(1, count + 1)]


def ages_of_open(shop: Shop, provider: str, *, now: int) -> list[int]:
    """The ages, in seconds, of everything that is open and unexplained."""
    days = days_back(provider, now, LOOKS_BACK_DAYS)
    known = store_of(shop).remembered(provider, days[-1], days[0])
    return [now - one.seen.since for one in known if one.is_unexplained]


def is_active(shop: Shop, provider: str, *, now: int, days: int) -> bool:
    """Whether a day of the last *days* was ever compared: else nothing of ours moved there."""
    back = days_back(provider, now, days)
    runs: Mapping[str, Run] = store_of(shop).runs(provider, back[-1], back[0])
    return bool(runs)


def _first_day(store: ReconciliationStore, provider: str, days: list[str]) -> str:
    """Of a provider that was never compared: the first of the last days that has anything; "": none has."""
    return min((day for day in days[:CHANGING_DAYS] if store.count_postings(provider, day)), default="")


def _has_changed(store: ReconciliationStore, run: Run) -> bool:
    return store.count_postings(run.provider, run.day) != run.postings
