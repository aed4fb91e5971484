"""What happens to goods between payment and receipt: splits, warehouses, carriers, and what comes back.

Warehouses and trackers are those of the laptop cloud. Whatever they do before the command, or after it, goes on without
a fault; what is struck is the one command, or the one stretch of time, that a scenario is about.
"""

import json
from collections.abc import Callable
from typing import Any

from tests.functions.parcels import SITE, fulfilment
from tests.http_world import DAY, World
from tests.sweep.scenario import Scenario

HOUR, MINUTE = 3600, 60
TEA = {"TEA": 3}
ARRIVES = 50 * HOUR  # After it was subscribed, on an ordinary journey.
Before = Callable[[World], str]
Act = Callable[[World, str], object]


# --- shops ---


def opened(world: World, tracker: str = "kuaidi100") -> None:
    """W1 has a system, at W2 merchants pack. Parcels are followed by *tracker*."""
    world.cloud.agree_with_partners(warehouses=("W1", "W2"), tracker=tracker)
    world.publish("warehouse", {"warehouse_id": "W1", "interface": "wms", **SITE})
    world.publish("warehouse", {"warehouse_id": "W2", **SITE})


def with_tariffs(world: World) -> None:
    """To pack in W1 is dear. Six kilograms in one parcel cost more than twice three; tea and soap travel apart."""
    world.cloud.agree_with_partners(warehouses=("W1", "W2"), tracker="kuaidi100")
    world.publish("warehouse", {"warehouse_id": "W1", "handling_minor": 5_000, **SITE})
    world.publish("warehouse", {"warehouse_id": "W2", "handling_minor": 100, "interface": "wms", **SITE})
    bands = (
        {"over_g": 0, "upto_g": 3_000, "base_minor": 500, "step_g": 1_000, "step_minor": 0},
        {"over_g": 3_000, "upto_g": 30_000, "base_minor": 4_000, "step_g": 1_000, "step_minor": 900},
    )
    lane = {"to": ["CN"], "transit_seconds": 2 * DAY, "bands": list(bands)}
    limits = {"max_weight_grams": 30_000, "max_volume_cm3": 200_000}
    named = {"name": "SF", "carrier": "sf", "currency": "CNY"}
    for name in ("W1", "W2"):
        service = {"service_id": f"sf-{name.lower()}", "warehouses": [name], "lanes": [lane]}
        world.publish("carrier_service", {**named, **limits, **service})
    world.publish("separation", {"separation_id": "platform", "apart": [["general", "soap"]]})
    world.sells("SOAP", "m-tea", 700, {"W1": 4, "W2": 4}, category="soap")


def works(world: World, **mode: Any) -> None:
    """How W1 works from now on."""
    answer = world.cloud.http("POST", "/_warehouses/W1/mode", {}, _form(mode))
    assert answer.status == 200, answer.body


def travels(world: World, waybill: str, journey: str, tracker: str = "kuaidi100") -> None:
    form = {"tracker": tracker, "carrier": CARRIERS[tracker], "journey": journey}
    answer = world.cloud.http("POST", f"/_trackers/{waybill}/journey", {}, _form(form))
    assert answer.status == 200, answer.body


def _form(form: dict[str, Any]) -> bytes:
    return json.dumps(form).encode()


CARRIERS = {"kuaidi100": "shunfeng", "aftership": "sf-express"}


# --- how far it has come ---


def paid(world: World, lines: dict[str, int]) -> str:
    return world.placed_and_paid(lines)


def unpaid(world: World, lines: dict[str, int]) -> str:
    order_id = world.place(lines)
    world.start(order_id)
    return order_id


def to_be_split(world: World) -> str:
    """Nine kilograms of tea, most of it promised from W1, and some soap: from W2 it goes cheaper, in parts."""
    with_tariffs(world)
    return unpaid(world, {"TEA": 9, "SOAP": 1})


def to_be_pushed(**mode: Any) -> Before:
    def before(world: World) -> str:
        opened(world)
        works(world, **mode)
        return unpaid(world, TEA)

    return before


def at_warehouse(lines: dict[str, int] | None = None, **mode: Any) -> Before:
    """Pushed to W1, which works as *mode* says."""

    def before(world: World) -> str:
        opened(world)
        works(world, **mode)
        return paid(world, lines or TEA)

    return before


def asked_back(**mode: Any) -> Before:
    def before(world: World) -> str:
        order_id = at_warehouse(**mode)(world)
        world.cancel(order_id)
        return order_id

    return before


def on_its_way(tracker: str = "kuaidi100", journey: str = "delivered", after: int = 12 * HOUR) -> Before:
    """Sent by W1, and so long on its way."""

    def before(world: World) -> str:
        opened(world, tracker)
        order_id = paid(world, TEA)
        world.cloud.advance(30 * MINUTE)
        travels(world, waybill_of(world, order_id), journey, tracker)
        world.cloud.advance(after)
        return order_id

    return before


def waybill_of(world: World, order_id: str) -> str:
    return str(world.order(order_id)["sub_orders"][0]["parcels"][0]["waybill"])


def waiting_for_its_merchant(world: World) -> str:
    world.cloud.agree_with_partners(warehouses=(), tracker="kuaidi100")
    return paid(world, {"KITE": 2})


def by_hand(journey: str, after: int) -> Before:
    """A kite, sent by its merchant."""

    def before(world: World) -> str:
        order_id = waiting_for_its_merchant(world)
        world.ship(order_id, 1)
        travels(world, "SF-0001", journey)
        world.cloud.advance(after)
        return order_id

    return before


def refused_at_the_door(before: Before) -> Before:
    def then(world: World) -> str:
        order_id = before(world)
        refuses(world, order_id)
        return order_id

    return then


# --- what happens ---


def pays(world: World, order_id: str) -> None:
    world.pay({"reference": f"{order_id}01", "amount": world.order(order_id)["payable"]})


def waits(seconds: int) -> Act:
    return lambda world, _: world.cloud.advance(seconds)


def cancels(world: World, order_id: str) -> None:
    world.cancel(order_id)


def cancels_and_waits(world: World, order_id: str) -> None:
    world.cancel(order_id)
    world.cloud.advance(6 * MINUTE)


def refuses(world: World, order_id: str) -> None:
    world.command(f"/orders/{order_id}/refusal", {"parcels": [1], "reason": "damaged"})


def takes_back(world: World, order_id: str) -> None:
    """Its merchant counts what came back."""
    body = {"parcel": 1, "lines": [{"line": 1, "good": 1, "defect": 1}]}
    path = f"/merchant/sub-orders/{order_id}-01/returns"
    world.command(path, body, role="merchant", who="m-toys")


def loses(world: World, order_id: str) -> None:
    """People are sure that parcel 1 is lost for good."""
    body = {"reason": "telephone"}
    world.command(f"/orders/{order_id}/parcels/1/loss", body, role="support", who="s-1")


def recalls(world: World, order_id: str) -> None:
    """People are sure that its warehouse will not send parcel 1."""
    body = {"reason": "telephone"}
    world.command(f"/orders/{order_id}/parcels/1/recall", body, role="support", who="s-1")


def wants_more_time(world: World, order_id: str) -> None:
    world.command(f"/orders/{order_id}/receipt-extension", {"sub_order": 1})


def reports(said: str) -> Act:
    def act(world: World, order_id: str) -> None:
        body = {"said": said, "reason": "telephone"}
        world.command(f"/orders/{order_id}/parcels/1/report", body, role="support", who="s-1")

    return act


def pays_for_a_part(world: World, order_id: str) -> None:
    body = {"sub_orders": [f"{order_id}-02"], "provider": "sandbox"}
    new = world.command(f"/orders/{order_id}/payments", body)
    world.pay(new["payments"][0])


def says_so_again(world: World, order_id: str) -> None:
    """The warehouse's last message, once more."""
    form = {"about": fulfilment(order_id)}
    assert world.cloud.http("POST", "/_warehouses/W1/resend", {}, _form(form)).status == 200


def lost_on_its_way(world: World) -> str:
    order_id = on_its_way()(world)
    reports("lost")(world, order_id)
    return order_id


NEVER = {"picking": None}  # It is accepted, and then nobody packs it.
SPLITTING = (
    Scenario("split with tariffs and from elsewhere", to_be_split, pays),
    Scenario("pay for a part alone", lambda w: w.place({"TEA": 3, "KITE": 1}), pays_for_a_part),
)
PACKING = (
    Scenario("push to a warehouse", to_be_pushed(times=NEVER), pays),
    Scenario("a warehouse refuses", to_be_pushed(push="unknown_sku"), pays),
    Scenario("a warehouse packs and ships", at_warehouse(), waits(31 * MINUTE)),
    Scenario(
        "a warehouse ships bit by bit",
        at_warehouse(packages="by_unit", apart_seconds=MINUTE),
        waits(33 * MINUTE),
    ),
    Scenario("short pick", at_warehouse(short=[{"line": 1, "units": 1}]), waits(31 * MINUTE)),
    Scenario("its last word is lost", at_warehouse(deliver="never"), waits(7 * HOUR), is_polled=True),
    Scenario(
        "its last words of many packages are lost",
        at_warehouse(packages="by_unit", deliver="never", short=[{"line": 1, "units": 1}]),
        waits(7 * HOUR),
        is_polled=True,
    ),
    Scenario("people take it from a warehouse", at_warehouse(times=NEVER), recalls),
    Scenario("nothing is found", at_warehouse(short=[{"line": 1, "units": 3}]), waits(31 * MINUTE)),
    Scenario("a warehouse says so again", at_warehouse(times={"shipped": 0}), says_so_again),
)
STOPPING = (
    Scenario("a warehouse stops it", at_warehouse(times=NEVER), cancels),
    Scenario("a warehouse does not stop it", at_warehouse(cancel="reject"), cancels),
    Scenario(
        "a warehouse stops it later",
        at_warehouse(times=NEVER, cancel="pending_then_accept"),
        cancels_and_waits,
    ),
    Scenario("a warehouse refuses later", at_warehouse(cancel="pending_then_reject"), cancels_and_waits),
    Scenario("it ships while it is asked back", asked_back(cancel="pending_then_ship"), waits(31 * MINUTE)),
    Scenario("it is stopped, and nobody says so", at_warehouse(times=NEVER, cancel="lost_accept"), cancels),
    Scenario(
        "one of two sub-orders is asked back",
        at_warehouse({"TEA": 3, "KITE": 1}, times=NEVER),
        lambda w, o: w.cancel(o, {1: 3}),
    ),
)
TRAVELLING = (
    Scenario("a merchant ships, and it is followed", waiting_for_its_merchant, lambda w, o: w.ship(o, 1)),
    Scenario("delivered, says who proves it", on_its_way("aftership", after=ARRIVES - 60), waits(120)),
    Scenario("delivered, says anybody", on_its_way(after=ARRIVES - 60), waits(120)),
    Scenario("silence", on_its_way(journey="silent", after=57 * HOUR), waits(2 * HOUR), is_polled=True),
    Scenario(
        "trouble after delivery",
        on_its_way(journey="delivered_then_exception", after=73 * HOUR),
        waits(2 * HOUR),
    ),
    Scenario("lost, says support", on_its_way(), reports("lost")),
    Scenario("more time for the buyer", on_its_way(after=ARRIVES + HOUR), wants_more_time),
    Scenario("receipt by time after all", on_its_way(after=9 * DAY), waits(2 * DAY)),
)
COMING_BACK = (
    Scenario("refused, and counted by a warehouse", on_its_way(journey="refused"), refuses),
    Scenario(
        "a warehouse takes it back",
        refused_at_the_door(on_its_way(journey="refused", after=45 * HOUR)),
        waits(3 * DAY + 60),
    ),
    Scenario("a merchant takes it back", refused_at_the_door(by_hand("refused", 45 * HOUR)), takes_back),
    Scenario("lost on its way back", refused_at_the_door(by_hand("refused", 45 * HOUR)), loses),
    Scenario("lost on its way", lost_on_its_way, loses),
    Scenario(
        "people say that it goes on", on_its_way(journey="silent", after=57 * HOUR), reports("in_transit")
    ),
    Scenario("turned round by its carrier", on_its_way(journey="returned", after=33 * HOUR), waits(2 * HOUR)),
)
SHIPPING = (*SPLITTING, *PACKING, *STOPPING, *TRAVELLING, *COMING_BACK)
