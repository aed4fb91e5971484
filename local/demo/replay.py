"""Does everything twice come to the same as once?

Every command is sent twice under its key, every webhook posted twice, every event delivered twice and out of order.
The same invoices must end in the same states, with the same prices, money, stock and wallets, and whatever happened to
an order must have happened to it as often. Versions, waybills and numbers of coupons may differ, and which of two
parcels that arrive at one moment is booked first.

So nothing that befalls an order may be drawn from a number that the shop made up, nor hang on how often somebody calls
or on who calls first: a partner's bad luck is meant for one order or one parcel, or it lasts for a time.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from local.demo.invariants import violations_in
from local.demo.invoices import Book
from local.demo.ledger_checks import balances
from local.demo.run import Play, played
from local.demo.scene import Scenes
from local.demo.stage import Told
from local.demo.stock_checks import counted
from local.demo.world import Row, Whole, World, world_of
from local.template import Template

ACCOUNTS = (
    "clearing:alipay",
    "clearing:wechatpay",
    "clearing:stripe",
    "escrow:",
    "refund:",
    "held:",
    "merchant:",
    "quarantine:",
    "elsewhere:",
    "chargeback:",
    "claim:",
    "pool:",
    "points",
    "bank",
)
Outcome = dict[str, Any]


def differences(book: Book, template: Template, scenes: Scenes, *, once: Told, twice: Told) -> list[str]:
    """Play *book* and *scenes* once and twice, and return what is not the same, and what either run broke."""
    with played(book, template, told=once, real_socket=False, scenes=scenes) as play:
        expected, broken = _seen(play)
    with played(book, template, told=twice, real_socket=False, twice=True, scenes=scenes) as play:
        found, broken_too = _seen(play)
    return [*broken, *broken_too, *_compared(expected, found)]


def _seen(play: Play) -> tuple[Outcome, list[str]]:
    world = world_of(play.cloud)
    return outcome(play, world), violations_in(world)


def outcome(play: Play, world: World) -> Outcome:
    """What came of it: each invoice's order, the accounts, the shelves, the wallets."""
    orders = {
        number: _shape(world.orders[record.order_id]) if record.order_id else "refused"
        for number, record in play.stage.records.items()
    }
    accounts = {prefix: dict(balances(world, prefix)) for prefix in ACCOUNTS}
    shelves = {shelf: dict(level) for shelf, level in counted(world).items()}
    wallets = {f"wallet {member}": _holds(rows) for member, rows in world.wallets.items()}
    return {
        **orders,
        **accounts,
        **wallets,
        **{f"shelf {sku} {place}": level for (sku, place), level in shelves.items()},
    }


def _shape(whole: Whole) -> Outcome:
    order = whole.order
    return {
        "state": order["stage"],
        "paid": order["captured_minor"],
        "points": whole.snapshot.get("points", 0),
        "price": [(line["sku"], line["payable_minor"], line["points"]) for line in whole.lines],
        "promised back": order["refund_reserved_minor"],
        "rows": {sk: row["state"] for sk, row in whole.states()},
        "refunds": [(refund["amount_minor"], refund["round"]) for refund in whole.of("REFUND")],
        "events": Counter(event["event"] for event in whole.of("#EVENT")),
    }


def _holds(rows: Mapping[str, Row]) -> Outcome:
    """A wallet's counters, and its coupons by template and state: their numbers may differ."""
    coupons = Counter((row["template_id"], row["state"]) for row in rows.values() if "coupon_id" in row)
    own = rows.get("MEMBER", {})
    return {"coupons": coupons, **{name: own[name] for name in own if name not in ("pk", "sk")}}


def _compared(expected: Outcome, found: Outcome) -> Iterator[str]:
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            yield f"{name}: once {expected.get(name)}, twice {found.get(name)}"
