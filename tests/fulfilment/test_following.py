"""Effects towards trackers: have a parcel followed, and ask where it is."""

import pytest

from shared.clockwork import expire
from shared.errors import Unavailable
from shared.fulfilment.carriers.port import Status, Told
from shared.fulfilment.following import ask_carrier, follow_parcel
from tests.builders import ORDER_ID, T0, a_delivered_order, a_shipped_order, a_split_order
from tests.memory import MemoryShop
from tests.partners import ScriptedTracker

SHIPPED_AT, SILENCE = T0 + 1_100, 172_800


def a_shop(trade, *answers):
    shop = MemoryShop(trade.world)
    shop.followers["kuaidi100"] = ScriptedTracker(*answers)
    return shop, shop.followers["kuaidi100"]


def test_a_parcel_is_followed_under_its_waybill_with_the_end_of_a_telephone_number():
    trade = a_shipped_order()
    shop, tracker = a_shop(trade)

    assert follow_parcel(shop, ORDER_ID, "PARCEL#03")

    assert tracker.subscribed == [("sf", "SF000003", "/webhooks/carriers/kuaidi100", "0000")]


def test_without_a_tracker_nobody_follows():
    trade = a_shipped_order()

    assert not follow_parcel(MemoryShop(trade.world), ORDER_ID, "PARCEL#03")


@pytest.mark.parametrize("world", [a_split_order, a_delivered_order])
def test_what_has_not_left_or_has_arrived_is_not_followed(world):
    trade = world()
    shop, tracker = a_shop(trade)

    assert not follow_parcel(shop, ORDER_ID, "PARCEL#03")
    assert ask_carrier(shop, ORDER_ID, "PARCEL#03", now=trade.now) is Told.NO_EFFECT
    assert (tracker.subscribed, tracker.asked) == ([], [])


def test_a_tracker_that_will_not_follow_is_noted():
    trade = a_shipped_order()
    shop, tracker = a_shop(trade)
    tracker.refuses = "unknown carrier"

    assert not follow_parcel(shop, ORDER_ID, "PARCEL#03")

    assert shop.tracks.kept[3].note == "not followed: unknown carrier"


def test_what_we_are_told_on_our_own_question_is_proven():
    trade = a_shipped_order().after(60)
    answer = trade.tracking(3, trade.seen(Status.DELIVERED), is_proven=False)
    shop, tracker = a_shop(trade, answer)

    assert ask_carrier(shop, ORDER_ID, "PARCEL#03", now=trade.now) is Told.APPLIED

    assert (trade.state("PARCEL#03"), tracker.asked) == ("delivered", ["query sf SF000003"])


def test_a_tracker_that_never_heard_of_it_says_nothing():
    trade = a_shipped_order()
    before = trade.whole

    assert ask_carrier(a_shop(trade, None)[0], ORDER_ID, "PARCEL#03", now=trade.now) is Told.NO_EFFECT
    assert ask_carrier(MemoryShop(trade.world), ORDER_ID, "PARCEL#03", now=trade.now) is Told.NO_EFFECT
    assert trade.whole is before


def test_a_silent_tracker_is_asked_again_by_whoever_asked():
    trade = a_shipped_order()

    with pytest.raises(Unavailable):
        ask_carrier(a_shop(trade)[0], ORDER_ID, "PARCEL#03", now=trade.now)


def test_who_spoke_last_is_asked_before_the_one_that_follows():
    trade = a_shipped_order().after(60)
    shop, first = a_shop(trade)
    other = shop.followers["aftership"] = ScriptedTracker(None)
    track = shop.tracks.read(ORDER_ID, 3).joined([trade.seen(Status.IN_TRANSIT)], "aftership")
    shop.tracks.write(ORDER_ID, 3, track)

    ask_carrier(shop, ORDER_ID, "PARCEL#03", now=trade.now)

    assert (first.asked, other.asked) == ([], ["query sf SF000003"])


# --- silence ---


def test_a_parcel_that_was_seen_is_looked_at_again_so_long_after_it_was_seen():
    trade = a_shipped_order()
    shop = MemoryShop(trade.world)
    seen = trade.seen(Status.IN_TRANSIT, SHIPPED_AT + 5_000)
    shop.tracks.write(ORDER_ID, 3, shop.tracks.read(ORDER_ID, 3).joined([seen], "kuaidi100"))
    count = len(trade.world.changes)

    outcome = expire(shop, ORDER_ID, "PARCEL#03", SHIPPED_AT + SILENCE)

    assert (outcome.change, len(trade.world.changes)) == (None, count)  # No event: nothing happened.
    assert trade.row("PARCEL#03").due_at == SHIPPED_AT + 5_000 + SILENCE
    again = expire(shop, ORDER_ID, "PARCEL#03", SHIPPED_AT + 5_000 + SILENCE)
    assert [str(e) for s in again.change.steps for e in s.rule.effects] == ["ask_carrier"]


def test_a_parcel_that_nobody_ever_saw_is_silent_since_it_was_shipped():
    trade = a_shipped_order()
    shop = MemoryShop(trade.world)

    assert expire(shop, ORDER_ID, "PARCEL#03", SHIPPED_AT + SILENCE - 1).change is None
    change = expire(shop, ORDER_ID, "PARCEL#03", SHIPPED_AT + SILENCE).change

    assert change.event == "parcel_silent"
    assert trade.row("PARCEL#03").due_at == SHIPPED_AT + 2 * SILENCE
