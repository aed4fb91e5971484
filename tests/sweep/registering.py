"""What people do about abnormal orders: the register, favours that need a second person, addresses, and evidence."""

from collections.abc import Callable
from typing import Any

from tests.functions.registering import (
    LARGE,
    OPERATOR,
    SUPPORT,
    ask,
    expensive,
    open_entries,
    report,
    resolution,
    spoil,
    troubled,
)
from tests.functions.showing import merchants, uploaded
from tests.http_world import ADDRESS, ATTEMPTS_MAX, DAY, SWEPT, World
from tests.sweep.returning import after, received_by_hand
from tests.sweep.scenario import Scenario
from tests.sweep.shipping import HOUR, Act, waits

RIGHT = ADDRESS | {"street": "Lane 2"}


# --- how far it has come ---


def paid(world: World) -> str:
    return world.placed_and_paid({"TEA": 1})


def on_its_way(world: World) -> str:
    order_id = world.placed_and_paid({"TEA": 1})
    world.ship_all(order_id)
    return order_id


def not_shipped(world: World) -> str:
    """Its merchant is late, and the sweeper has found that."""
    order_id = world.placed_and_paid({"TEA": 1})
    world.cloud.sweeper = True
    world.cloud.advance(2 * DAY + SWEPT)
    return order_id


def asked_for_a_favour(world: World) -> str:
    order_id = expensive(world)
    assert ask(world, order_id).status == 202
    return order_id


def spoilt(world: World) -> str:
    spoil(world, "TEA")
    return ""


# --- what people do ---


def says(said: str, reason: str = "telephone") -> Act:
    return lambda world, order_id: report(world, order_id, said, reason)


def on_the_entry(act: Callable[[World, Any], object], owner: str = "support") -> Act:
    """Somebody acts on the one open entry that *owner* has."""

    def then(world: World, _order_id: str) -> None:
        [entry] = open_entries(world, owner)
        act(world, entry)

    return then


def taken_on(world: World, entry: Any) -> None:
    world.command(f"/register/{entry['entry_id']}/assignment", {"assignee": "s-7"}, **SUPPORT)


def closes(action: str, **who: Any) -> Callable[[World, Any], object]:
    def act(world: World, entry: Any) -> None:
        world.command(*resolution(entry, action), **(who or SUPPORT))

    return act


def refunds(world: World, order_id: str) -> None:
    world.command(f"/orders/{order_id}/refunds", {"amount": 100, "reason": "damaged"}, **SUPPORT)


def asks_for_a_favour(world: World, order_id: str) -> None:
    """Until it is heard: what is so large waits for somebody else. Under one key, which its entry is named after."""
    for _ in range(ATTEMPTS_MAX):
        answer = ask(world, order_id, LARGE, "favour-1")
        if answer.status < 500:
            break
    assert answer.status == 202, answer.body


def decides(action: str) -> Act:
    return on_the_entry(closes(action, **OPERATOR), "operator")


def checks_stock(*, repair: bool) -> Act:
    def act(world: World, _order_id: str) -> None:
        world.command("/operator/stock/drift-check", {"repair": repair}, **OPERATOR)

    return act


def corrects(world: World, order_id: str) -> None:
    world.command(f"/orders/{order_id}/address", RIGHT)


def money_for_nobody(world: World, _order_id: str) -> None:
    """A provider tells of a payment that is nobody's; after a day it is people's."""
    world.pay({"reference": "0" * 28, "amount": {"amount": 999, "currency": "CNY"}})
    world.cloud.advance(DAY + HOUR)


def shows(world: World, order_id: str) -> None:
    uploaded(world, order_id, b"a photo")


def merchant_shows(world: World, order_id: str) -> None:
    merchants(world, order_id, b"another photo")


def asks_with(*files: bytes) -> Act:
    """What was shown is named in a case."""

    def act(world: World, order_id: str) -> None:
        shown = [uploaded(world, order_id, file) for file in files]
        lines = [{"line": 1, "quantity": 1}]
        body = {"sub_order": 1, "kind": "refund_only", "reason": "damaged", "lines": lines}
        world.command(f"/orders/{order_id}/after-sales", body | {"evidence": shown})

    return act


HEARING = (
    Scenario("a parcel is in trouble", on_its_way, says("exception")),
    Scenario("its address cannot be found", on_its_way, says("exception", "bad_address")),
    Scenario("it goes on", troubled, says("in_transit")),
    Scenario("it is lost after that", after(troubled, says("in_transit")), says("lost")),
    Scenario("a merchant is late", paid, waits(2 * DAY + SWEPT), is_polled=True),
    Scenario("a merchant ships at last", not_shipped, lambda w, o: w.ship_all(o)),
    Scenario("people are late", not_shipped, waits(DAY + SWEPT), is_polled=True),
    Scenario("money for nobody", lambda _: "", money_for_nobody, is_polled=True),
)
CLOSING = (
    Scenario("somebody takes it on", troubled, on_the_entry(taken_on)),
    Scenario("nothing is to be done", troubled, on_the_entry(closes("no_action_needed"))),
    Scenario("what was done is seen", after(troubled, refunds), on_the_entry(closes("refund"))),
    Scenario(
        "an operator closes what is late",
        after(not_shipped, waits(DAY + SWEPT)),
        on_the_entry(closes("no_action_needed", **OPERATOR), "operator"),
    ),
    Scenario("stock is repaired", after(spoilt, checks_stock(repair=False)), checks_stock(repair=True)),
)
FAVOURS = (
    Scenario("a large favour waits", expensive, asks_for_a_favour),
    Scenario("a second person says yes", asked_for_a_favour, decides("approve")),
    Scenario("a second person says no", asked_for_a_favour, decides("refuse")),
    Scenario("nobody decides on it", asked_for_a_favour, waits(DAY + SWEPT), is_polled=True),
)
SHOWING = (
    Scenario("an address is corrected", paid, corrects),
    Scenario("a photo is shown", received_by_hand, shows),
    Scenario("a merchant shows one", received_by_hand, merchant_shows),
    Scenario("photos are named in a case", after(received_by_hand, shows), asks_with(b"a photo", b"a film")),
)
REGISTERING = (*HEARING, *CLOSING, *FAVOURS, *SHOWING)
