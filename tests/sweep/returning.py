"""What a buyer asks for after shipment, until the goods are back and counted: requests, answers, the way, inspections.

W1 has a system, its parcels are followed by kuaidi100; at W2, and where a scene says "by hand", people pack and look.
"""

import json
from collections.abc import Callable
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from local.worlds import World as Snapshot
from tests.functions.claims import NO, Claim, claim
from tests.functions.parcels import fulfilment
from tests.functions.showing import merchants, received
from tests.http_world import DAY, SWEPT, World
from tests.sweep.scenario import Scenario
from tests.sweep.shipping import HOUR, MINUTE, Act, Before, on_its_way, opened, travels, waits, works

WAYBILL = "SF-BACK-0001"


# --- how far it has come ---


class Kept(NamedTuple):
    """A scene that was played."""

    order_id: str
    scene: Snapshot
    keys: int  # So many were used.


def kept(partners: Callable[[World], None], before: Before) -> Before:
    """The same scene, played once for each world; after that it begins where it had ended, *partners* known anew."""
    played: WeakKeyDictionary[World, Kept] = WeakKeyDictionary()

    def scene(world: World) -> str:
        partners(world)
        if world not in played:
            order_id = before(world)
            played[world] = Kept(order_id, world.snapshot(), int(world.new_key().partition("-")[2]))
        known = played[world]
        world.begin_again(known.scene, sweeper=world.cloud.sweeper)
        for _ in range(known.keys):
            world.new_key()
        return known.order_id

    return scene


def by_w1(world: World) -> str:
    """Three units of tea: packed and sent by W1's system, delivered by its carrier, received by its buyer."""
    order_id = world.placed_and_paid({"TEA": 3})
    world.cloud.advance(4 * DAY)
    world.receive(order_id)
    return order_id


def from_two(world: World) -> str:
    """Five pots: W1 had two of them, W2 three."""
    order_id = world.placed_and_paid({"POT": 5})
    world.cloud.advance(HOUR)
    world.ship_all(order_id)
    world.arrive(order_id)
    world.receive(order_id)
    return order_id


def followed(world: World) -> None:
    """No warehouse has a system."""
    world.cloud.agree_with_partners(warehouses=(), tracker="kuaidi100")


received_by_hand = kept(followed, received)  # Sent by its merchant, delivered says support.
received_from_w1 = kept(opened, by_w1)
received_from_two = kept(opened, from_two)


def trusting(partners: Callable[[World], None], before: Before) -> Before:
    """Its merchant says yes to little returns without looking."""

    def scene(world: World) -> str:
        partners(world)
        world.publish(
            "return_policy", {"policy_id": "tea", "merchant_id": "m-tea", "auto_approve_minor": 5_000}
        )
        return before(world)

    return scene


def after(before: Before, *acts: Act) -> Before:
    """The scene in which these happened, too."""

    def scene(world: World) -> str:
        order_id = before(world)
        for act in acts:
            act(world, order_id)
        return order_id

    return scene


# --- what the parties do ---


def the(world: World, order_id: str, number: int = 1) -> Claim:
    return Claim(world, f"{order_id}-C{number:02}")


def asks(kind: str, units: int = 1, **more: Any) -> Act:
    return lambda world, order_id: claim(world, order_id, kind, units, **more)


def asks_for_five(world: World, order_id: str) -> None:
    lines = [{"line": 1, "quantity": 5}]
    body = {"sub_order": 1, "kind": "return_refund", "reason": "no_reason", "lines": lines}
    made = world.command(f"/orders/{order_id}/after-sales", body)
    assert len(made["cases"]) == 2


def turn(act: Callable[[Claim], object]) -> Act:
    """Somebody's turn in the order's first case."""
    return lambda world, order_id: act(the(world, order_id))


def approves_both(world: World, order_id: str) -> None:
    for number in (1, 2):
        the(world, order_id, number).approve()


def refuses_with_a_photo(world: World, order_id: str) -> None:
    """The merchant shows what it says."""
    shown = merchants(world, order_id, b"a photo of a worn box")
    body = NO | {"alternatives": [{"kind": "repair", "amount": 0}], "evidence": [shown]}
    the(world, order_id).merchant("decision", body)


def works_so(**mode: Any) -> Act:
    return lambda world, _: works(world, **mode)


def goes(journey: str) -> Act:
    """What becomes of the parcel that the buyer has sent."""
    return lambda world, _: travels(world, WAYBILL, journey)


def is_nowhere(world: World, _order_id: str) -> None:
    """The number that the buyer will enter is no parcel's: nobody tells of it."""
    form = {"tracker": "kuaidi100", "carrier": "shunfeng", "journey": "silent", "deliver": "never"}
    answer = world.cloud.http("POST", f"/_trackers/{WAYBILL}/journey", {}, json.dumps(form).encode())
    assert answer.status == 200, answer.body


def says_so_again(world: World, order_id: str) -> None:
    """W1's last message about what came back, once more."""
    form = json.dumps({"about": fulfilment(order_id)}).encode()
    assert world.cloud.http("POST", "/_warehouses/W1/resend", {}, form).status == 200


approves = turn(lambda case: case.approve())
refuses = turn(lambda case: case.refuse())
offers_less = turn(lambda case: case.refuse("price_reduction", 300))
offers_again = turn(lambda case: case.refuse("reship"))
withdraws = turn(lambda case: case.buyer("withdrawal"))
agrees = turn(lambda case: case.buyer("acceptance"))
sends_back = turn(lambda case: case.send_back(WAYBILL))
takes_in = turn(lambda case: case.merchant("receipt"))


def accepts(kind: str) -> Act:
    return turn(lambda case: case.buyer("acceptance", {"kind": kind}))


def sends_back_for(freight: int) -> Act:
    body = {"carrier": "sf", "waybill": WAYBILL, "freight": freight}
    return turn(lambda case: case.buyer("waybill", body))


def inspects(*, rate_pct: int = 100, **graded: int) -> Act:
    return turn(lambda case: case.inspect(rate_pct=rate_pct, **graded))


def asked(kind: str, units: int = 1, *, before: Before = received_by_hand, **more: Any) -> Before:
    return after(before, asks(kind, units, **more))


def approved(kind: str, units: int = 1, *, before: Before = received_by_hand, **more: Any) -> Before:
    return after(asked(kind, units, before=before, **more), approves)


def coming(units: int = 1, *, before: Before = received_by_hand, kind: str = "return_refund") -> Before:
    return after(approved(kind, units, before=before), sends_back)


def turned_down(kind: str, refusal: Act = refuses, **more: Any) -> Before:
    return after(asked(kind, **more), refusal)


def assessed(before: Before = received_by_hand) -> Before:
    return after(coming(2, before=before), inspects(good=1, defect=1, rate_pct=50))


BAD: dict[str, Any] = {"reason": "quality"}
ARRIVES = 50 * HOUR  # After it was sent, on an ordinary journey.
IN_W1 = 3 * DAY + HOUR  # When W1 has taken it in, and counted it.

ASKING = (
    Scenario("ask for a return, with a photo", received_by_hand, asks("return_refund", **BAD)),
    Scenario("ask for the money only", on_its_way(), asks("refund_only", 3, reason="not_received")),
    Scenario("ask for what left two warehouses", received_from_two, asks_for_five),
    Scenario("its policy says yes", trusting(opened, by_w1), asks("return_refund", 2)),
    Scenario(
        "its policy says yes to a reduction",
        trusting(followed, received),
        asks("price_reduction", amount=500, **BAD),
    ),
)
DECIDING = (
    Scenario("yes, and it comes back", asked("return_refund", before=received_from_w1), approves),
    Scenario("yes to two warehouses", after(received_from_two, asks_for_five), approves_both),
    Scenario("yes, and the money goes back", asked("refund_only", 3, **BAD), approves),
    Scenario("yes, and it is cheaper", asked("price_reduction", 2, amount=700, **BAD), approves),
    Scenario("no, with a photo", asked("return_refund", **BAD), refuses_with_a_photo),
    Scenario("no answer is a yes", asked("refund_only"), waits(2 * DAY + SWEPT), is_polled=True),
    Scenario(
        "no answer lets it come back",
        asked("return_refund", before=received_from_w1),
        waits(2 * DAY + SWEPT),
        is_polled=True,
    ),
)
ANSWERING = (
    Scenario("less is taken instead", turned_down("refund_only", offers_less), accepts("price_reduction")),
    Scenario("a repair is taken instead", turned_down("return_refund"), accepts("repair")),
    Scenario(
        "a no that nobody answers", turned_down("return_refund"), waits(3 * DAY + SWEPT), is_polled=True
    ),
    Scenario("it is not wanted any more", asked("return_refund"), withdraws),
    Scenario("nor after the yes", approved("return_refund", before=received_from_w1), withdraws),
    Scenario("nobody sends it", approved("return_refund"), waits(7 * DAY + SWEPT), is_polled=True),
)
COMING_BACK = (
    Scenario("sent to a warehouse", approved("return_refund", before=received_from_w1), sends_back),
    Scenario(
        "sent under another number",
        after(approved("return_refund", before=received_from_w1), is_nowhere, sends_back),
        turn(lambda case: case.send_back("SF-BACK-0002")),
    ),
    Scenario(
        "arrived, says anybody",
        after(coming(), waits(ARRIVES - MINUTE)),
        waits(2 * MINUTE),
    ),
    Scenario(
        "a warehouse has it and counts it",
        after(
            approved("return_refund", 2, before=received_from_w1),
            works_so(return_after=60 * HOUR),
            sends_back,
            waits(59 * HOUR),
        ),
        waits(3 * HOUR),
    ),
    Scenario(
        "a warehouse finds less",
        after(
            coming(2, before=received_from_w1),
            works_so(return_missing=[{"line": 1, "units": 1}], return_grade="defect", return_rate_pct=70),
            waits(IN_W1 - 2 * HOUR),
        ),
        waits(3 * HOUR),
    ),
    Scenario(
        "a warehouse says again what came back",
        after(coming(before=received_from_w1), waits(IN_W1 + MINUTE)),
        says_so_again,
    ),
    Scenario(
        "lost on its way back, says its carrier",
        after(coming(), goes("lost"), waits(82 * HOUR - MINUTE)),
        waits(2 * MINUTE),
    ),
    Scenario(
        "silent on its way back", after(coming(), goes("silent")), waits(10 * DAY + SWEPT), is_polled=True
    ),
)
INSPECTING = (
    Scenario("a merchant has it", coming(), takes_in),
    Scenario("a merchant counts it", coming(3), inspects(good=1, defect=1, scrap=1)),
    Scenario(
        "what sending it cost is made good",
        after(approved("return_refund", **BAD), sends_back_for(1_500)),
        inspects(good=1),
    ),
    Scenario("it comes for a case that is over", after(approved("return_refund"), withdraws), takes_in),
    Scenario("the box is empty", coming(2), inspects(good=0)),
    Scenario("a merchant takes something off", coming(2), inspects(good=2, rate_pct=40)),
    Scenario("what was taken off is agreed to", assessed(), agrees),
    Scenario("agreed to by silence", assessed(), waits(3 * DAY + SWEPT), is_polled=True),
    Scenario("nobody inspects it", after(coming(), takes_in), waits(2 * DAY + SWEPT), is_polled=True),
)
RETURNING = (*ASKING, *DECIDING, *ANSWERING, *COMING_BACK, *INSPECTING)
