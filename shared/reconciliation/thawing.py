"""Once a day: whose held money will its provider let go by itself before we have settled it? People hear of it in time.

    paid ───────────────────────────── freeze ends
                            └ warning ┘  every payment of these days is looked at, once each day

Told once per order, in the register of abnormal orders (``escrow_thawing``); over by itself when nothing is held any
more. A day's look that broke off is done again: an entry that is there stays as it is.
"""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, timedelta

from shared.commands import Shop
from shared.errors import Conflict, NotFound
from shared.ledger.thaw import DAY, freeze_days, held, thawing
from shared.payment.bills.days import day_of
from shared.reconciliation.agenda import is_active
from shared.reconciliation.running import store_of
from shared.reconciliation.said import Posting
from shared.register.acting import register_of
from shared.register.rows import Entry, opened
from shared.store.catalogue import CatalogueStore

KIND, RELEASED = "escrow_thawing", "escrow_released"
HOLDERS = ("alipay", "wechatpay")


def watch(shop: Shop, *, now: int) -> int:
    """Look at every payment that thaws soon. Returns how many orders are new in the register."""
    published = CatalogueStore(shop.outside, shop.settings).terms("policy").get("policy", {})
    policy = asdict(shop.settings.policy) | published
    store, found = store_of(shop), 0
    for provider in HOLDERS:
        freeze = freeze_days(provider, policy)
        today = day_of(provider, now)
        if not freeze or not is_active(shop, provider, now=now, days=freeze + 1):
            continue
        if store.was_watched(provider, today):
            continue
        for day in _days(today, freeze, policy["freeze_warning_days"]):
            for posting in _payments(shop, provider, day):
                found += _look_at(shop, posting, posting.at + freeze * DAY, now)
        store.note_watched(provider, today, now)
    return found


def _days(today: str, freeze: int, warning: int) -> list[str]:
    """The days of payments whose freeze ends within the warning: the first to thaw first."""
    return [
        (date.fromisoformat(today) - timedelta(days=back)).isoformat()
        for back in range(freeze, max(freeze - warning, 0) - 1, -1)
    ]


def _payments(shop: Shop, provider: str, day: str) -> Iterator[Posting]:
    for posting in store_of(shop).postings(provider, day):
        if posting.kind == "captured" and posting.order_id:
            yield posting


def _look_at(shop: Shop, posting: Posting, thaws_at: int, now: int) -> int:
    """1: its order is new in the register."""
    try:
        whole = shop.orders.read(posting.order_id)
    except NotFound:  # It is in the archive: nothing of it is held.
        return 0
    parts = thawing(whole, thaws_at)
    register = register_of(shop)
    known = next((one for one in register.of(posting.order_id) if one.kind == KIND), None)
    if known is None and parts:
        return int(_write(shop, _opened(posting, parts, thaws_at, now)))
    if known is not None and known.is_open and not held(whole):
        _write(shop, known.closed(now, resolved_by=RELEASED))
    return 0


def _opened(posting: Posting, parts: tuple[int, ...], thaws_at: int, now: int) -> Entry:
    return opened(
        kind=KIND,
        scope=posting.order_id,
        order_id=posting.order_id,
        subject="ORDER",
        version=1,
        at=now,
        wanted={"thaws_at": thaws_at, "sub_orders": parts},
    )


def _write(shop: Shop, entry: Entry) -> bool:
    """False: somebody was faster, and the next look finds what he wrote."""
    try:
        register_of(shop).write(entry)
    except Conflict:
        return False
    return True
