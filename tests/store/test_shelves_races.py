"""Operators and buyers at the same shelf at once, and commands that fail anywhere: counters and movements agree.

Rivals act at the worst moment there is: the first has read and decided, and has not written yet.
"""

from contextlib import contextmanager, suppress

import pytest
from botocore.exceptions import ClientError

from local.lambdas import Crash
from shared.errors import Conflict, Unavailable
from shared.ordering.movements import Movement, UnitsShort, movement_id
from shared.outside import Outside
from shared.store.shelves import RACES_MAX, Reason
from tests.builders import SETTINGS, a_request
from tests.store.shelving import (
    HOT,
    a_hot_shop,
    available,
    buys,
    cancels,
    disagreement,
    row,
    shelves,
    why,
)
from tests.store.tables import everything, items

pytestmark = pytest.mark.usefixtures("nobody_waits")
COMMANDS = {
    "receive": Movement("received", HOT, "W1", 7),
    "receive elsewhere": Movement("received", HOT, "W9", 7),
    "found": Movement("found", HOT, "W1", 2),
    "lost": Movement("lost", HOT, "W1", 2),
    "damaged": Movement("damaged", HOT, "W1", 2),
    "set a quota": Movement("quota", HOT, "W1", 3, "tmall"),
    "spread": Movement("spread", HOT, quantity=3),
    "spread back": Movement("spread", HOT, quantity=0),
}


@pytest.fixture
def nobody_waits(monkeypatch):
    monkeypatch.setattr(Outside, "wait_before_attempt", lambda self, number: None)


@contextmanager
def struck_before_writing(shop, *rivals):
    """Each of *rivals* acts right before a write: the first before ours, the second before our second try, ..."""
    waiting, is_acting = list(rivals), []

    def strike(call, act):
        if call.operation == "transact_write_items" and waiting and not is_acting:
            is_acting.append(True)
            waiting.pop(0)()
            is_acting.clear()
        return act()

    shop.outside.around.append(strike)
    yield
    shop.outside.around.remove(strike)
    assert waiting == [], "not every rival came to act"


def total(sku=HOT):
    return sum(available(sku).values())


def test_of_two_spreads_at_once_both_are_carried_out_one_after_the_other(shop):
    store = a_hot_shop(shop, W1=10)

    with struck_before_writing(shop, lambda: store.spread(sku=HOT, shards=8, why=why("s-2"))):
        store.spread(sku=HOT, shards=4, why=why("s-1"))

    assert available() == {0: 0, 1: 3, 2: 3, 3: 2, 4: 2, 5: 0, 6: 0, 7: 0, 8: 0}
    assert row()["shards"] == 4
    assert disagreement() == []


@pytest.mark.parametrize("before", [0, 3])
def test_the_same_spread_twice_at_once_is_one_spread(shop, before):
    store = a_hot_shop(shop, shards=before, W1=10)
    answers = []

    def spreads():
        answers.append(store.spread(sku=HOT, shards=4, why=why("s-1")))

    with struck_before_writing(shop, spreads):
        spreads()

    assert answers[1] == answers[0]._replace(is_repeat=True)
    assert disagreement() == []


@pytest.mark.parametrize("shards", [2, 0])
def test_buyers_who_buy_while_their_goods_are_spread_have_what_they_bought(shop, shards):
    store = a_hot_shop(shop, shards=3, W1=10)
    rivals = [lambda who=who: buys(shop, 1, who) for who in ("b-1", "b-2", "b-3")]

    with struck_before_writing(shop, *rivals):
        store.spread(sku=HOT, shards=shards, why=why("s-1"))

    reserved = sum(row(shard)["warehouses"]["W1"]["reserved"] for shard in range(4))
    assert (reserved, total()) == (3, 7)
    assert disagreement() == []


@pytest.mark.parametrize(("before", "after"), [(0, 4), (4, 0), (2, 8), (8, 2)])
def test_a_buyer_whose_goods_are_spread_between_reading_and_buying_still_gets_them(shop, before, after):
    store = a_hot_shop(shop, shards=before, W1=10)

    with struck_before_writing(shop, lambda: store.spread(sku=HOT, shards=after, why=why("s-1"))):
        bought = buys(shop, 10)

    assert bought.order.state == "pending_payment"
    assert total() == 0
    assert disagreement() == []


@pytest.mark.parametrize("after", [0, 2, 6])
def test_an_order_that_is_cancelled_while_its_goods_are_spread_gives_every_unit_back(shop, after):
    store = a_hot_shop(shop, shards=4, W1=10)
    bought = buys(shop, 10)

    with struck_before_writing(shop, lambda: cancels(shop, bought)):
        store.spread(sku=HOT, shards=after, why=why("s-1"))

    assert total() == 10
    assert buys(shop, 10, "b-2").order.state == "pending_payment"
    assert disagreement() == []


@pytest.mark.parametrize("after", [0, 6])
def test_goods_received_while_the_shards_change_are_for_sale(shop, after):
    store = a_hot_shop(shop, shards=3, W1=3)

    with struck_before_writing(shop, lambda: store.spread(sku=HOT, shards=after, why=why("s-1"))):
        store.receive(sku=HOT, warehouse="W1", quantity=6, movement_id="m-1", at=5)

    assert buys(shop, 9).order.state == "pending_payment"
    assert disagreement() == []


def test_two_deliveries_to_a_new_warehouse_at_once_both_count(shop):
    store = a_hot_shop(shop, W1=1)

    def receives(number):
        store.receive(sku=HOT, warehouse="W2", quantity=number, movement_id=f"m-{number}", at=5)

    with struck_before_writing(shop, lambda: receives(3)):
        receives(4)

    assert available(warehouse="W2") == {0: 7}
    assert disagreement() == []


def test_two_deliveries_of_a_new_product_at_once_both_count(shop):
    store = shelves(shop)

    def receives(number):
        store.receive(sku="NEW", warehouse="W1", quantity=number, movement_id=f"m-{number}", at=5)

    with struck_before_writing(shop, lambda: receives(3)):
        receives(4)

    assert available("NEW") == {0: 7}
    assert disagreement() == []


def test_orders_do_not_hold_a_delivery_up(shop):
    store = a_hot_shop(shop, W1=9)
    writes = []
    shop.outside.around.append(lambda call, act: writes.append(call.operation) or act())

    with struck_before_writing(shop, lambda: buys(shop, 2)):
        store.receive(sku=HOT, warehouse="W1", quantity=1, movement_id="m-1", at=5)

    assert writes.count("transact_write_items") == 2  # One each: nobody had to look again.
    assert disagreement() == []


def test_units_that_are_sold_before_they_are_written_off_cannot_be_lost(shop):
    store = a_hot_shop(shop, W1=3)

    with struck_before_writing(shop, lambda: buys(shop, 2)), pytest.raises(UnitsShort):
        store.adjust(sku=HOT, warehouse="W1", quantity=2, kind="lost", why=why("m-1"))

    assert (available(), disagreement()) == ({0: 1}, [])


def test_a_quota_is_what_was_asked_for_whatever_is_sold_meanwhile(shop):
    store = a_hot_shop(shop, W1=9)
    store.set_quota(sku=HOT, warehouse="W1", channel="tmall", units=5, why=why("q-1"))

    with struck_before_writing(shop, lambda: buys(shop, 2, channel="tmall")):
        store.set_quota(sku=HOT, warehouse="W1", channel="tmall", units=4, why=why("q-2"))

    assert row()["warehouses"]["W1"]["channels"] == {"tmall": 4}
    assert disagreement() == []


def test_a_product_is_not_marked_sold_out_when_its_units_moved_to_shards_nobody_looked_at(shop):
    store = a_hot_shop(shop, shards=2, W1=2)
    buys(shop, 2)

    def restocks():
        store.receive(sku=HOT, warehouse="W1", quantity=4, movement_id="m-1", at=5)
        store.spread(sku=HOT, shards=4, why=why("s-1"))
        store.adjust(sku=HOT, warehouse="W1", quantity=2, kind="lost", why=why("m-2"))

    with struck_before_writing(shop, restocks):
        shop.goods.mark_sold_out(HOT)

    assert available() == {0: 0, 1: 0, 2: 0, 3: 1, 4: 1}
    assert "sold_out" not in row()


def refusing(call, act):
    if call.operation != "transact_write_items":
        return act()
    reasons = [
        {"Code": "TransactionConflict"},
        *({"Code": "None"} for _ in call.request["TransactItems"][1:]),
    ]
    error = {"Error": {"Code": "TransactionCanceledException", "Message": ""}, "CancellationReasons": reasons}
    raise ClientError(error, call.operation)


def test_an_operator_who_never_gets_a_turn_is_told_to_come_again(shop):
    store = a_hot_shop(shop, W1=9)
    before = everything()
    shop.outside.around.append(refusing)

    with pytest.raises(Conflict):
        store.spread(sku=HOT, shards=4, why=why("s-1"))

    assert everything() == before


def test_buyers_who_never_pause_hold_a_spread_up_and_lose_nothing(shop):
    store = a_hot_shop(shop, W1=50)
    rivals = [lambda number=number: buys(shop, 1, f"b-{number}") for number in range(RACES_MAX)]

    with struck_before_writing(shop, *rivals), pytest.raises(Conflict):
        store.spread(sku=HOT, shards=4, why=why("s-1"))

    assert available() == {0: 50 - RACES_MAX}
    assert disagreement() == []


def fails_at(number, fault):
    """A hook that fails call *number*, and only that one."""
    calls = []

    def hook(call, act):
        calls.append(call)
        return fault(act) if len(calls) == number else act()

    return hook


def crash_before(_act):
    raise Crash


def crash_after(act):
    act()
    raise Crash


def answer_lost(act):
    act()
    raise Unavailable("no answer")


@pytest.mark.parametrize("fault", [crash_before, crash_after, answer_lost], ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("shards", [0, 2])
@pytest.mark.parametrize("name", COMMANDS)
def test_pain_09_reservation_drift(shop, name, shards, fault):
    # Whatever call of a command fails, it has all of its effect or none; repeated, it has it once.
    store = a_hot_shop(shop, shards=shards, W1=8)
    buys(shop, 3)
    request = a_request("key-1")

    def command(now):
        return store.move(COMMANDS[name], Reason(movement_id(now, request), now, "op-1", request))

    for number in range(1, 6):
        shop.outside.around.append(fails_at(number, fault))
        with suppress(Crash, Unavailable):
            command(number)
        shop.outside.around.pop()
        assert disagreement() == []
    noted = command(9)

    made = [sk for pk, sk in items(SETTINGS.stock_table) if pk == "SKU#HOT" and sk.startswith("MOVE#0")]
    assert made == [f"MOVE#{noted.movement_id}"]
    assert noted.is_repeat
    assert disagreement() == []
