"""When both sides do not agree, and when something is sent again: rulings, advances, replacements, conversions."""

from typing import Any

from tests.functions.showing import merchants
from tests.http_world import DAY, SWEPT, World
from tests.sweep.paying import at
from tests.sweep.returning import (
    BAD,
    IN_W1,
    accepts,
    after,
    approved,
    approves,
    asked,
    asks,
    assessed,
    coming,
    inspects,
    offers_again,
    received_by_hand,
    received_from_w1,
    refuses,
    sends_back,
    turn,
    turned_down,
    withdraws,
    works_so,
)
from tests.sweep.scenario import Scenario
from tests.sweep.shipping import HOUR, Act, Before, by_hand, on_its_way, reports, waits

SUPPORT = {"role": "support", "who": "s-1"}
calls = turn(lambda case: case.call_platform())


# --- the platform ---


def called(
    kind: str = "refund_only", units: int = 1, *, before: Before = received_by_hand, **more: Any
) -> Before:
    """Asked for, refused, and the platform was called."""
    return after(asked(kind, units, before=before, **more), refuses, calls)


def merchant_calls(world: World, order_id: str) -> None:
    path, body = f"/after-sales/{order_id}-C01/escalation", {"reason": "no_agreement"}
    world.command(path, body, role="merchant", who="m-tea")


def rules(rate_pct: int, **more: Any) -> Act:
    return turn(lambda case: case.rule(rate_pct, **more))


def advances(amount: int) -> Act:
    return turn(lambda case: case.support("advance", {"amount": amount}))


def compensates(world: World, order_id: str) -> None:
    body = {"order_id": order_id, "sub_order": 1, "amount": 1_234, "reason": "goodwill"}
    world.command("/support/after-sales", body, **SUPPORT)


def paid_at_stripe(world: World) -> str:
    """Received, and paid with a card whose bank may take the money back."""
    order_id = world.place({"TEA": 3})
    world.opens(order_id, "stripe")
    at("stripe", world, order_id, "pay")
    world.ship_all(order_id)
    world.arrive(order_id)
    world.receive(order_id)
    return order_id


def shows_more(world: World, order_id: str) -> None:
    shown = merchants(world, order_id, b"a photo of a seal")
    path = f"/after-sales/{order_id}-C01/evidence"
    world.command(path, {"evidence": [shown]}, role="merchant", who="m-tea")


def bank_takes_it(amount: int) -> Act:
    def act(world: World, order_id: str) -> None:
        at("stripe", world, order_id, "chargeback", amount=amount, end="lost", after=100)

    return act


def lost_and_asked_for(world: World) -> str:
    """Lost says its carrier; the merchant offers to send it again."""
    order_id = on_its_way()(world)
    reports("lost")(world, order_id)
    asks("refund_only", 3, reason="not_received")(world, order_id)
    return order_id


# --- what is sent again ---


def replaced(before: Before = received_by_hand) -> Before:
    """A broken unit came back, and another one is to be sent."""
    return after(coming(1, before=before, kind="exchange"), inspects(scrap=1))


def sent_again(before: Before = received_by_hand) -> Before:
    return after(replaced(before), lambda world, order_id: world.ship(order_id, 2))


def merchant_gives_up(world: World, order_id: str) -> None:
    path = f"/merchant/sub-orders/{order_id}-02/cancellation"
    world.command(path, {"reason": "out_of_stock"}, role="merchant", who="m-tea")


def refuses_the_new_one(world: World, order_id: str) -> None:
    world.command(f"/orders/{order_id}/refusal", {"parcels": [2], "reason": "damaged"})


def counts_the_new_one(world: World, order_id: str) -> None:
    body = {"parcel": 2, "lines": [{"line": 2, "good": 0, "defect": 1}]}
    world.command(f"/merchant/sub-orders/{order_id}-02/returns", body, role="merchant", who="m-tea")


def loses_the_new_one(world: World, order_id: str) -> None:
    path = f"/orders/{order_id}/parcels/2"
    world.command(f"{path}/report", {"said": "lost", "reason": "telephone"}, **SUPPORT)
    world.command(f"{path}/loss", {"reason": "telephone"}, **SUPPORT)


def receives(world: World, order_id: str) -> None:
    world.receive(order_id)


arrived_again = after(sent_again(), lambda world, order_id: world.arrive(order_id))


def converts(world: World, order_id: str) -> None:
    world.command(f"/orders/{order_id}/cancellation/conversion", {})


AGAIN: dict[str, Any] = {"reason": "missing_goods"}
RULING = (
    Scenario("the buyer calls the platform", turned_down("return_refund"), calls),
    Scenario("its merchant calls it", asked("return_refund"), merchant_calls),
    Scenario("a plain pattern is ruled at once", lost_and_asked_for, calls),
    Scenario("ruled for the buyer", called(units=3, **BAD), rules(100)),
    Scenario("ruled in part", called(units=2), rules(33)),
    Scenario("ruled for the merchant", called(), rules(0)),
    Scenario(
        "ruled that it comes back",
        called("return_refund", before=received_from_w1),
        rules(80, goods_back=True),
    ),
    Scenario(
        "ruled that it is sent again", after(asked("reship", **AGAIN), calls), rules(100, as_asked=True)
    ),
    Scenario("ruled after it was counted", after(assessed(), calls), rules(100)),
    Scenario("ruled for the merchant, who has them", after(assessed(), calls), rules(0)),
    Scenario("ruled while it is on its way", after(coming(), calls), rules(70, goods_back=True)),
    Scenario("counted while the platform looks", after(coming(2), calls), inspects(good=1, scrap=1)),
    Scenario("less was counted while the platform looks", after(coming(2), calls), inspects(good=1)),
    Scenario("a merchant shows more", called(), shows_more),
    Scenario("the merchant gives in", called("refund_only", 2), approves),
    Scenario("no ruling in time", called(), waits(DAY + SWEPT), is_polled=True),
    Scenario("what nobody needs to rule any more", called(), withdraws),
)
ADVANCING = (
    Scenario("paid in advance", called(units=2), advances(1_500)),
    Scenario("an advance that was due", after(called(units=2), advances(1_500)), rules(100)),
    Scenario("an advance that was too much", after(called(units=2), advances(1_500)), rules(20)),
    Scenario("an advance that was not due", after(called(units=2), advances(1_500)), rules(0)),
    Scenario(
        "a chargeback of what was paid in advance",
        after(called(before=paid_at_stripe), advances(900), bank_takes_it(3_000)),
        waits(120),
    ),
    Scenario("compensated", received_by_hand, compensates),
)
REPLACING = (
    Scenario("sent again", asked("reship", before=received_from_w1, **AGAIN), approves),
    Scenario("no answer sends it again", asked("reship", **AGAIN), waits(2 * DAY + SWEPT), is_polled=True),
    Scenario("sent again instead", turned_down("refund_only", offers_again), accepts("reship")),
    Scenario("exchanged for what a merchant counted", coming(kind="exchange"), inspects(good=1)),
    Scenario(
        "exchanged by a warehouse",
        after(
            approved("exchange", before=received_from_w1),
            works_so(return_after=HOUR, times={"picking": None}),
            sends_back,
        ),
        waits(3 * HOUR),
    ),
    Scenario("repaired", coming(kind="repair"), inspects(defect=1)),
    Scenario("the new one is received", arrived_again, receives),
    Scenario("the new one is received by time", arrived_again, waits(7 * DAY + SWEPT)),
    Scenario("the new one cannot be sent", replaced(), merchant_gives_up),
    Scenario("the new one is not wanted any more", replaced(), lambda w, o: w.cancel(o, {2: 1})),
    Scenario(
        "the new one is not found",
        after(coming(before=received_from_w1, kind="exchange"), works_so(short=[{"line": 2, "units": 1}])),
        waits(IN_W1 + HOUR),
    ),
    Scenario("the new one is lost", sent_again(), loses_the_new_one),
    Scenario("the new one is refused", after(sent_again(), refuses_the_new_one), counts_the_new_one),
    Scenario("the new one takes too long", replaced(), waits(10 * DAY + SWEPT), is_polled=True),
)
CONVERTING = (
    Scenario("too late to cancel, on its way", by_hand("refused", 12 * HOUR), converts),
    Scenario("too late to cancel, delivered", by_hand("delivered", 3 * DAY), converts),
)
DISPUTING = (*RULING, *ADVANCING, *REPLACING, *CONVERTING)
