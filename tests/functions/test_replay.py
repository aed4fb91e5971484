"""Everything happens at least twice: a life in which all of it does ends like the plain one.

Twice: every command and webhook; every batch of the stream; every event on the bus, in reverse order; every firing of
a clock, and that too early; every effect.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

from functions.announcements import announce
from local.demo.invariants import violations
from local.lambdas import Answer
from shared.lifecycle import Effect
from shared.store.items import to_item
from tests.http_world import DAY, World, whole_numbers
from tests.sweep.shopping import (
    deferred,
    hot_and_paid,
    long_and_placed,
    placed_with_everything,
    reviewable_and_unpaid,
)

PAYABLE = 3 * 1999 + 4 * 12_901 + 333 + 2 * 800
FUNCTION_OF = {
    Effect.CLOSE_PAYMENTS: "functions.payments.handler",
    Effect.SUBMIT_REFUND: "functions.payments.handler",
    Effect.SPLIT_ORDER: "functions.splitting.handler",
    Effect.MOVE_STOCK: "functions.stock.handler",
}
TWICE = ("functions.relay.handler", "functions.clock.handler", *FUNCTION_OF.values())


class Act(NamedTuple):
    """One thing that somebody does, and what is said of it when it fails."""

    says: str
    do: Callable[[World, str], object]


def pays(world: World, order: str, number: int = 1, *, amount: int | None = None, **how: Any) -> None:
    payable = world.order(order)["payable"]["amount"] if amount is None else amount
    world.pay({"reference": f"{order}{number:02}", "amount": {"amount": payable, "currency": "CNY"}}, **how)


def merchant_cancels(world: World, order: str) -> None:
    path = f"/merchant/sub-orders/{order}-02/cancellation"
    world.command(path, {"reason": "out_of_stock"}, role="merchant", who="m-toys")


def retries(world: World, order: str) -> None:
    world.refund_mode({"reference": f"{order}01"}, "succeed")
    world.command(f"/orders/{order}/refunds/{order}R01/retry", {}, role="operator", who="op-1")


START = Act("starts a payment", lambda w, o: w.start(o))
PAY = Act("pays", pays)
CANCEL = Act("cancels", lambda w, o: w.cancel(o))
SHIP = Act("ships", lambda w, o: w.ship_all(o))
RECEIVE = Act("receives", lambda w, o: w.receive(o))
APPROVE = Act("a reviewer approves", lambda w, o: w.review(o))
REJECT = Act("a reviewer rejects", lambda w, o: w.review(o, "rejected"))


def refunds_go(mode: str) -> Act:
    return Act(f"refunds: {mode}", lambda w, o: w.refund_mode({"reference": f"{o}01"}, mode))


def pays_as(says: str, **how: Any) -> Act:
    return Act(says, lambda w, o: pays(w, o, **how))


def cancels(lines: dict[int, int]) -> Act:
    return Act(f"cancels {lines}", lambda w, o: w.cancel(o, lines))


def days(count: float) -> Act:
    return Act(f"{count} days pass", lambda w, _: w.cloud.advance(count * DAY))


LIVES: dict[str, tuple[Act, ...]] = {
    "from the order to the settlement": (START, PAY, SHIP, RECEIVE),
    "the clock confirms": (START, PAY, days(3), SHIP, days(11)),
    "parts cancelled, the rest shipped": (START, PAY, cancels({1: 1, 2: 3}), cancels({1: 1}), SHIP, RECEIVE),
    "one parcel leaves, the rest is cancelled": (
        START,
        PAY,
        Act("ships one parcel", lambda w, o: w.ship(o, 1, parcels=1)),
        cancels({3: 1}),
        days(3),
        SHIP,
        RECEIVE,
    ),
    "all of it cancelled": (START, PAY, CANCEL),
    "the merchant cannot deliver": (
        START,
        PAY,
        Act("the merchant cancels", merchant_cancels),
        SHIP,
        days(11),
    ),
    "never tried to pay": (days(1),),
    "never paid": (START, days(1)),
    "cancelled unpaid": (START, CANCEL),
    "tried in vain, then paid": (
        START,
        pays_as("is refused", outcome="failed"),
        START,
        pays_as("pays", number=2),
        SHIP,
    ),
    "paid unnoticed": (START, pays_as("pays, and nobody tells", deliver="never"), days(1), SHIP, days(11)),
    "told of the payment a day later": (START, pays_as("pays", deliver=DAY), days(2), SHIP, days(11)),
    "money after the cancellation": (START, CANCEL, pays_as("pays", even_if_closed=True)),
    "one fen too little": (
        START,
        pays_as("pays too little", amount=PAYABLE - 1),
        START,
        pays_as("pays", number=2),
        SHIP,
    ),
    "paid on the page that was closed, too": (
        START,
        START,
        pays_as("pays, told late", deliver=60, even_if_closed=True),
        pays_as("pays", number=2),
        SHIP,
    ),
    "the refund comes later": (START, refunds_go("pending"), PAY, cancels({1: 2}), days(1), SHIP, RECEIVE),
    "the refund's answer is lost": (START, refunds_go("answer_lost"), PAY, CANCEL, days(1)),
    "the refund fails and is tried again": (
        START,
        refunds_go("fail_for_good"),
        PAY,
        CANCEL,
        days(2),
        Act("the operator tries again", retries),
    ),
    "the refund comes back": (
        START,
        refunds_go("pending_then_failed"),
        PAY,
        CANCEL,
        days(1),
        Act("the operator tries again", retries),
    ),
}


# Lives that do not begin with the usual order: name, how the order comes to be, and what happens then.
SHOPPING: dict[str, tuple[Callable[[World], str], tuple[Act, ...]]] = {
    "coupon, points and a limit": (placed_with_everything, (START, PAY, cancels({1: 1}), SHIP, RECEIVE)),
    "coupon and points, all of it cancelled": (placed_with_everything, (START, PAY, cancels({1: 2}), CANCEL)),
    "coupon and points, cancelled unpaid": (placed_with_everything, (START, CANCEL)),
    "coupon and points, never paid": (placed_with_everything, (START, days(1))),
    "looked at and approved": (reviewable_and_unpaid, (PAY, cancels({1: 1}), APPROVE, SHIP, RECEIVE)),
    "looked at and rejected": (reviewable_and_unpaid, (PAY, REJECT)),
    "never looked at": (reviewable_and_unpaid, (PAY, days(3))),
    "goods taken at payment": (lambda w: deferred(w, {"W1": 5}), (PAY, SHIP, RECEIVE)),
    "goods found elsewhere at payment": (lambda w: deferred(w, {"W1": 2, "W2": 2}, others=1), (PAY, SHIP)),
    "goods gone at payment": (lambda w: deferred(w, {"W1": 3}, others=2), (PAY,)),
    "a hot product": (hot_and_paid, (cancels({1: 3}), SHIP, RECEIVE)),
    "a very long order": (long_and_placed, (START, PAY, cancels({1: 1}), SHIP, RECEIVE)),
    "a very long order, never paid": (long_and_placed, (days(1),)),
}


def live(world: World, life: "Life", between: Callable[[], object] = lambda: None) -> dict[str, Any]:
    """Live through a life, and then long enough for every clock to run out. Returns how it ended."""
    order = life.begin(world)
    for one in life.acts:
        between()
        one.do(world, order)
    for count in (0.1, 3, 12, 10):
        between()
        world.cloud.advance(count * DAY)
    between()
    assert violations(world.cloud) == []
    return world.ending()


class Life(NamedTuple):
    begin: Callable[[World], str]  # returns the order's number
    acts: tuple[Act, ...]
    ending: dict[str, Any] | None = None  # of the plain one
    history: tuple[str, ...] = ()


@pytest.fixture(scope="module", params=[*LIVES, *SHOPPING])
def life(opened: World, request: pytest.FixtureRequest) -> Life:
    """A life, lived once as it should be."""
    opened.reset()
    name = request.param
    plain = Life(*SHOPPING[name]) if name in SHOPPING else Life(World.place, LIVES[name])
    ending = live(opened, plain)
    return plain._replace(ending=ending, history=tuple(sorted(row["event"] for row in events(opened))))


@contextmanager
def every_invocation_twice(world: World) -> Iterator[list[tuple[str, bytes]]]:
    """Invoke the relay, the clock and the effects twice. Yields what they were told, for later."""
    runtime, told = world.cloud.runtime, list[tuple[str, bytes]]()
    once = runtime.invoke

    def twice(name_or_arn: str, payload: bytes) -> Answer:
        handler = runtime.function(name_or_arn).handler
        if handler in TWICE:
            told.append((name_or_arn, payload))
            once(name_or_arn, payload)
        return once(name_or_arn, payload)

    runtime.invoke = twice  # type: ignore[method-assign]
    try:
        yield told
    finally:
        del runtime.invoke


def events(world: World) -> list[dict[str, Any]]:
    return [row for row in world.rows() if row["sk"].startswith("#EVENT#")]


def announce_everything_backwards(world: World) -> None:
    """Every event of the history is on the bus again, the newest first; then all that follows from it."""
    newest_first = sorted(events(world), key=lambda row: row["sk"], reverse=True)
    assert announce([to_item(whole_numbers(row)) for row in newest_first]) is None
    world.cloud.settle()


def ring_every_clock(world: World) -> None:
    """Fire at every row of every order, due or not: whoever rings, the row's own deadline decides."""
    [clock] = [
        name for name, f in world.cloud.runtime.functions.items() if f.handler == "functions.clock.handler"
    ]
    for row in world.rows():
        if row["pk"].startswith("ORDER#") and not row["sk"].startswith(("#", "LINES")):
            told = {"order_id": row["pk"].removeprefix("ORDER#"), "subject": row["sk"]}
            assert world.cloud.runtime.invoke(clock, json.dumps(told).encode()).error_type is None
    world.cloud.settle()


def test_with_every_command_and_webhook_sent_twice_it_ends_the_same(life: Life, world: World) -> None:
    world.sends_twice = True

    assert live(world, life) == life.ending


def test_with_every_batch_firing_and_effect_repeated_it_ends_the_same(life: Life, world: World) -> None:
    with every_invocation_twice(world) as told:
        twice = live(world, life)
    before = world.everything()

    for name_or_arn, payload in reversed(told):  # And all of them once more, long after.
        world.cloud.runtime.invoke(name_or_arn, payload)
    world.cloud.settle()

    assert twice == life.ending
    assert len(told) > len(life.acts)
    assert world.everything() == before


def test_with_every_clock_rung_too_early_it_ends_the_same_and_rings_once(life: Life, world: World) -> None:
    ending = live(world, life, lambda: ring_every_clock(world))

    assert ending == life.ending
    assert tuple(sorted(row["event"] for row in events(world))) == life.history


def test_when_all_of_it_happens_and_the_history_is_announced_backwards_it_ends_the_same(
    life: Life, world: World
) -> None:
    world.sends_twice = True

    def everything_again() -> None:
        announce_everything_backwards(world)
        ring_every_clock(world)

    with every_invocation_twice(world):
        assert live(world, life, everything_again) == life.ending


def test_a_clock_that_rings_a_second_too_early_is_not_believed(world: World) -> None:
    order = world.place()
    world.cloud.advance(1799)
    before = world.everything()

    ring_every_clock(world)

    assert world.everything() == before
    assert world.order(order)["state"] == "pending_payment"
