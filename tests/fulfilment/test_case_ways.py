"""What comes back for a case, and what is sent for one: followed, expected, counted; lost, short, refused, stopped."""

from typing import NamedTuple

import pytest

from shared.aftersale.sending_back import Waybill, decide_sending, send_back
from shared.changes import Caller
from shared.errors import Invalid, NotFound, TransitionRefused, Unavailable
from shared.fulfilment.carriers.port import Checkpoint, Status, Told, Tracking
from shared.fulfilment.case_ways import ask_about_return, expect_case, follow_return
from shared.fulfilment.inbox import receive as hear_warehouse
from shared.fulfilment.messages import Arrived, Inspected, Inspection, Message
from shared.fulfilment.messages import Told as Heard
from shared.fulfilment.tracking import receive
from shared.fulfilment.warehouse import Place as Where
from shared.goods import Place, Sku
from shared.lifecycle import Actor, Event
from shared.ordering.stock import Shelves
from tests.builders import (
    BUYER,
    ORDER_ID,
    SKUS,
    a_delivered_order,
    a_request,
    an_order_at_its_warehouses,
)
from tests.memory import MemoryShop
from tests.partners import ScriptedTracker, ScriptedWms

CASE, NUMBER, POT = "CASE#01", "SF-BACK-1", 5000
HOUR, DAY = 3600, 86_400


def a_return(units=2, kind="return_refund", **more):
    """So many pots (line 3, parcel 3, W3, sub-order 2) are on their way back under NUMBER."""
    trade = a_delivered_order().after(DAY)
    trade.ask(kind, {3: units}, sub_order=2, **more)
    trade.approve(1)
    trade.send_back(1, NUMBER)
    return trade.after(HOUR)


def a_shop(trade, *answers):
    shop = MemoryShop(trade.world)
    shop.followers["kuaidi100"] = ScriptedTracker(*answers)
    return shop


def seen(trade, *statuses, number=NUMBER, proven=True, ago=0):
    """The carrier saw it so many seconds *ago*, in each of *statuses*, a second after the other."""
    points = tuple(Checkpoint(trade.now - ago + n, one, f"code-{one}") for n, one in enumerate(statuses))
    return Tracking("sf", number, points, "kuaidi100", proven)


# --- followed, and asked for ---


def test_a_return_is_followed_under_its_number_with_the_end_of_the_senders_telephone():
    trade = a_return()
    shop = a_shop(trade)

    assert follow_return(shop, ORDER_ID, CASE)

    assert shop.tracker().subscribed == [("sf", NUMBER, "/webhooks/carriers/kuaidi100", "0000")]


def test_what_is_not_on_its_way_back_is_neither_followed_nor_asked_for():
    trade = a_return()
    trade.arrive(1)
    shop = a_shop(trade)

    assert not follow_return(shop, ORDER_ID, CASE)
    assert not follow_return(MemoryShop(trade.world), ORDER_ID, CASE)
    assert ask_about_return(shop, ORDER_ID, CASE, now=trade.now) is Told.NO_EFFECT
    assert (shop.tracker().subscribed, shop.tracker().asked) == ([], [])


def test_a_tracker_that_will_not_follow_a_return_is_noted_on_the_cases_own_track():
    trade = a_return()
    shop = a_shop(trade)
    shop.tracker().refuses = "unknown carrier"

    assert not follow_return(shop, ORDER_ID, CASE)

    assert shop.tracks.kept["C01"].note == "not followed: unknown carrier"
    assert shop.tracks.kept["C01"].waybill == NUMBER
    assert 1 not in shop.tracks.kept


def test_an_arrival_that_is_not_proven_is_asked_about_and_then_believed():
    trade = a_return()
    claimed = seen(trade, Status.DELIVERED, proven=False)
    shop = a_shop(trade, claimed)

    first = receive(shop, [claimed], now=trade.now)
    event, effects = trade.world.last.event, trade.world.last.steps[0].rule.effects
    again = receive(shop, [claimed], now=trade.now)
    answer = ask_about_return(shop, ORDER_ID, CASE, now=trade.now)

    assert (first, again, answer) == (Told.APPLIED, Told.DUPLICATE, Told.APPLIED)
    assert (event, effects) == (Event.DELIVERY_CLAIMED, ("ask_carrier",))
    assert trade.state(CASE) == "inspecting"
    assert trade.world.last.caller == Caller(Actor.CARRIER, "kuaidi100")


def test_a_silent_tracker_is_asked_again_by_whoever_asked():
    with pytest.raises(Unavailable):
        ask_about_return(a_shop(trade := a_return()), ORDER_ID, CASE, now=trade.now)


@pytest.mark.parametrize(
    "status", [Status.EXCEPTION, Status.LOST, Status.CANCELLED, Status.REFUSED, Status.RETURNED]
)
def test_trouble_calls_people_once_and_has_the_carrier_asked(status):
    trade = a_return()
    shop = a_shop(trade)
    told = seen(trade, Status.IN_TRANSIT, status, ago=60)

    first = receive(shop, [told], now=trade.now)
    change = trade.world.last
    again = receive(shop, [told], now=trade.now + 5)

    assert (first, again) == (Told.APPLIED, Told.DUPLICATE)
    assert (change.event, change.steps[0].rule.effects) == (Event.ATTENTION_OVERDUE, ("ask_carrier",))
    assert (trade.state(CASE), trade.world.last is change) == ("returning", True)


def test_trouble_that_is_over_calls_nobody():
    trade = a_return()
    before = trade.whole

    told = receive(a_shop(trade), [seen(trade, Status.EXCEPTION, Status.IN_TRANSIT)], now=trade.now)

    assert (told, trade.whole is before) == (Told.NO_EFFECT, True)


@pytest.mark.parametrize("status", [Status.DELIVERED, Status.LOST])
def test_what_happened_before_it_was_asked_for_or_has_not_happened_yet_is_not_believed(status):
    trade = a_return()
    shop = a_shop(trade)
    before = trade.whole

    early = receive(shop, [seen(trade, status, ago=3 * HOUR)], now=trade.now)
    never = receive(shop, [seen(trade, status, ago=-2 * DAY)], now=trade.now)

    assert (early, never) == (Told.DUPLICATE, Told.DUPLICATE)
    assert (trade.whole is before, shop.tracks.kept) == (True, {})


def test_a_number_of_nobodys_is_unknown_and_comes_again():
    trade = a_return()

    assert receive(a_shop(trade), [seen(trade, Status.DELIVERED, number="SF9")], now=trade.now) is (
        Told.UNKNOWN_WAYBILL
    )


def test_two_cases_in_one_parcel_arrive_together():
    trade = a_return(1)
    trade.ask("return_refund", {3: 1}, sub_order=2)
    trade.approve(2)
    trade.send_back(2, NUMBER)
    before = set(trade.world.booked)

    receive(a_shop(trade.after(HOUR)), [seen(trade, Status.DELIVERED)], now=trade.now)

    assert (trade.state(CASE), trade.state("CASE#02")) == ("inspecting", "inspecting")
    assert sorted(name for name in before if name.startswith("waybill:sf:SF-BACK")) == [
        "waybill:sf:SF-BACK-1"
    ]


# --- its number ---


def test_the_number_is_booked_once_and_the_same_again_is_nothing_new():
    trade = a_return()

    assert trade.world.changes[-1].once == ("waybill:sf:SF-BACK-1",)
    same = Waybill("sf", NUMBER.lower())
    assert decide_sending(trade.whole, trade.case(1), same, caller=BUYER, now=trade.now) is None


def test_another_number_takes_its_place_and_what_was_told_of_the_first_is_forgotten():
    trade = a_return()
    shop = a_shop(trade)
    receive(shop, [seen(trade, Status.LOST)], now=trade.now)

    trade.send_back(1, "SF-BACK-2")
    old = receive(shop, [seen(trade, Status.DELIVERED)], now=trade.now)
    new = receive(shop, [seen(trade, Status.DELIVERED, number="SF-BACK-2")], now=trade.now)

    assert (old, new, trade.state(CASE)) == (Told.UNKNOWN_WAYBILL, Told.APPLIED, "inspecting")
    assert [one.status for one in shop.tracks.kept["C01"].checkpoints] == [Status.DELIVERED]


def test_the_first_number_again_is_its_own_again():
    trade = a_return()
    shop = a_shop(trade)
    trade.send_back(1, "SF-BACK-2")

    request = a_request("again")
    send_back(shop, ORDER_ID, 1, Waybill("sf", NUMBER), caller=BUYER, now=trade.now, request=request)

    assert trade.case(1).waybill == NUMBER
    assert "waybill:sf:SF-BACK-1#2" in trade.world.booked
    assert receive(shop, [seen(trade, Status.DELIVERED)], now=trade.now) is Told.APPLIED


def test_a_repeated_request_is_answered_as_then_although_the_number_is_another_by_now():
    trade = a_delivered_order().after(DAY)
    trade.ask("return_refund", {3: 1}, sub_order=2)
    trade.approve(1)
    shop = a_shop(trade)
    first = a_request("first")
    for number, request in ((NUMBER, first), ("SF-BACK-2", a_request("second"))):
        send_back(shop, ORDER_ID, 1, Waybill("sf", number), caller=BUYER, now=trade.now, request=request)
    before = trade.whole

    again = send_back(shop, ORDER_ID, 1, Waybill("sf", NUMBER), caller=BUYER, now=trade.now, request=first)

    assert (again.is_repeat, trade.whole is before) == (True, True)


def test_a_number_that_somebody_else_booked_is_refused_and_nothing_changes():
    trade = a_delivered_order().after(DAY)
    trade.ask("return_refund", {3: 1}, sub_order=2)
    trade.approve(1)
    trade.world.booked.add("waybill:sf:SF-BACK-1")  # For a parcel of another order.
    before = trade.whole

    with pytest.raises(Invalid) as refused:
        send_back(
            a_shop(trade),
            ORDER_ID,
            1,
            Waybill("sf", NUMBER),
            caller=BUYER,
            now=trade.now,
            request=a_request("s"),
        )

    assert (refused.value.details["at"], trade.whole is before) == ("/waybill", True)


# --- its warehouse ---


def a_return_to_a_system(units=1, kind="return_refund"):
    """The pots were sent by W3's system, and *units* of them are to come back to it."""
    trade = an_order_at_its_warehouses("W3")
    trade.confirm(3)
    trade.deliver(3)
    trade.after(DAY).ask(kind, {3: units}, sub_order=2)
    trade.approve(1)
    shop = MemoryShop(trade.world)
    shop.systems["W3"] = ScriptedWms("accepted", "accepted")
    return trade, shop


def told_by_warehouse(trade, shop, said, number=1, warehouse="W3", parcel=3, sub_order=2):
    message = Message(f"ev-{number}", Where(ORDER_ID, sub_order, parcel), said)
    return hear_warehouse(shop, warehouse, message, now=trade.now)


def found(units=1, **rates):
    return Inspected(3, 1, Inspection({3: {"good": units, "defect": 0, "scrap": 0}}, rates))


def test_its_warehouse_is_told_what_will_come_and_again_with_its_number():
    trade, shop = a_return_to_a_system()
    expect_case(shop, ORDER_ID, CASE, now=trade.now)
    trade.send_back(1, NUMBER)

    expect_case(shop, ORDER_ID, CASE, now=trade.now)

    assert shop.systems["W3"].asked == ["expect unknown C01", f"expect {NUMBER} C01"]
    assert trade.world.last.steps[0].rule.effects == ("follow_parcel", "expect_return")


def test_what_is_not_to_come_or_was_not_sent_by_a_system_is_not_announced():
    trade, shop = a_return_to_a_system()
    trade.withdraw(1)
    own = a_return()

    expect_case(shop, ORDER_ID, CASE, now=trade.now)
    expect_case(MemoryShop(own.world), ORDER_ID, CASE, now=own.now)

    assert shop.systems["W3"].asked == []


def test_it_arrives_and_is_inspected_each_once():
    trade, shop = a_return_to_a_system()

    told = [told_by_warehouse(trade, shop, Arrived(3, 1), 1) for _ in range(2)]
    there = trade.state(CASE)
    counted = [told_by_warehouse(trade, shop, found(), 2) for _ in range(2)]
    late = told_by_warehouse(trade, shop, Arrived(3, 1), 3)

    assert (told, there) == ([Heard.APPLIED, Heard.DUPLICATE], "inspecting")
    assert (counted, late) == ([Heard.APPLIED, Heard.DUPLICATE], Heard.NO_EFFECT)
    assert (trade.state(CASE), trade.row("REFUND#01").amount_minor) == ("completed", POT)


def test_an_exchange_takes_what_is_on_the_shelf_by_the_warehouses_word():
    trade, _ = a_return_to_a_system(kind="exchange")

    told_by_warehouse(trade, Shelved(trade.world), found())

    assert (trade.state(CASE), trade.case(1).replacement) == ("replacing", 3)
    assert trade.world.units("POT", "W3") == (4, 1, 1)  # Four and the one that came back, less the one held.


def test_when_somebody_buys_the_last_one_meanwhile_it_ends_with_the_money():
    trade, _ = a_return_to_a_system(kind="exchange")
    shop = Shelved(trade.world)
    shop.sold_meanwhile = 4

    told = told_by_warehouse(trade, shop, found())

    assert (told, shop.reads, trade.state(CASE)) == (Heard.APPLIED, 2, "completed")
    assert (trade.case(1).replacement, trade.row("REFUND#01").amount_minor) == (None, POT)


class Shelved(MemoryShop):
    """A shop whose shelves can be read; others may buy pots right after they were."""

    sold_meanwhile = reads = 0

    @property
    def goods(self):
        return self._Goods(self)

    class _Goods:
        def __init__(self, shop):
            self.shop = shop

        def read(self, _buying):
            shop, shop.reads = self.shop, self.shop.reads + 1
            found = shop.world.stock["POT", "W3", 0]
            shelves = Shelves({"POT": {Place("W3"): found["available"]}})
            found["available"] -= shop.sold_meanwhile
            shop.world.received["POT", "W3", 0] -= shop.sold_meanwhile
            shop.sold_meanwhile = 0
            return Market(shelves, SKUS)


class Market(NamedTuple):
    shelves: Shelves
    skus: dict[str, Sku]


@pytest.mark.parametrize(
    ("said", "where", "refusal"),
    [
        (Arrived(3, 9), {}, NotFound),
        (Arrived(3, 1), {"warehouse": "W1"}, NotFound),
        (Arrived(3, 1), {"parcel": 1, "sub_order": 1}, NotFound),
        (Arrived(3, 1), {"sub_order": 1}, NotFound),
        (found(2), {}, Invalid),
        (Inspected(3, 1, Inspection({1: {"good": 1}})), {}, NotFound),
        (Inspected(3, 1, Inspection({3: {"good": 1}}, {3: 101})), {}, Invalid),
    ],
)
def test_what_does_not_fit_the_case_changes_nothing(said, where, refusal):
    trade, shop = a_return_to_a_system()
    before = trade.whole

    with pytest.raises(refusal):
        told_by_warehouse(trade, shop, said, **where)

    assert trade.whole is before


def test_an_event_that_stood_for_another_message_is_refused():
    trade, shop = a_return_to_a_system()
    told_by_warehouse(trade, shop, Arrived(3, 1), 1)
    before = trade.whole

    assert told_by_warehouse(trade, shop, found(), 1) is Heard.DUPLICATE

    assert trade.whole is before


def test_what_was_counted_is_not_counted_again_under_another_event():
    trade, shop = a_return_to_a_system()
    told_by_warehouse(trade, shop, found(), 1)

    with pytest.raises(TransitionRefused):
        told_by_warehouse(trade, shop, found(), 2)
