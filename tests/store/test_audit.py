"""The drift check on the tables: what it finds, what it leaves alone, and what it puts right, exactly."""

import pytest

from shared.model import Order
from shared.ordering.drift import Difference
from shared.outside import aws_client
from shared.store.audit import ROUNDS_MAX, Repairer, TooMuchToCheck
from tests.builders import SETTINGS
from tests.store.shelving import (
    FIRST,
    HOT,
    a_hot_shop,
    audit,
    available,
    buys,
    cancels,
    counters,
    damage,
    disagreement,
    movement,
    ships,
    why,
)
from tests.store.tables import everything, items

REPAIRER = Repairer("op-1", 9)
SHARD = "SKU#HOT#2"


def a_busy_shop(shop):
    """HOT in three shards and two warehouses, with a quota, defects, and orders in every state.

    W1 was 20: 3 and 2 are reserved and sold from the first row, where 1 came back after the rest was spread: 5, 5, 4.
    Of the first shard 4 broke. The last order has one unit of the second shard, and with it what its quota had left.
    """
    store = a_hot_shop(shop, W1=20, W2=2)
    store.set_quota(sku=HOT, warehouse="W1", channel="tmall", units=6, why=why("q-1"))
    kept, sent, gone = buys(shop, 3, "b-1"), buys(shop, 2, "b-2", channel="tmall"), buys(shop, 1, "b-3")
    store.spread(sku=HOT, shards=3, why=why("s-1"))
    store.adjust(sku=HOT, warehouse="W1", quantity=4, kind="damaged", why=why("m-1"))
    ships(shop, sent)
    cancels(shop, gone)
    buys(shop, 2, "b-4", channel="tmall")
    assert kept.order.state == "pending_payment"
    return store


def test_all_is_well_in_a_busy_shop(shop):
    a_busy_shop(shop)

    report = audit(shop).check()

    # The shop's own: 3 rows and 4 deliveries. HOT: 4 rows, 5 movements and 6 events.
    assert (report.rows, report.entries) == (7, 15)
    assert report.is_clean
    assert (report.unsettled, report.repaired) == ((), 0)


DAMAGE = {
    "a unit appears": (
        lambda: damage(FIRST, "SET warehouses.W1.available = :n", n=7),
        [("W1", 0, "available", 1, 7)],
    ),
    "a unit of a shard is lost": (
        lambda: damage(SHARD, "SET warehouses.W2.available = :n", n=0),
        [("W2", 2, "available", 1, 0)],
    ),
    "a counter falls below zero": (
        lambda: damage(FIRST, "SET warehouses.W1.reserved = :n", n=-2),
        [("W1", 0, "reserved", 3, -2)],
    ),
    "two counters of a row are wrong": (
        lambda: damage(FIRST, "SET warehouses.W1.reserved = :n, warehouses.W1.sold = :m", n=4, m=1),
        [("W1", 0, "reserved", 3, 4), ("W1", 0, "sold", 2, 1)],
    ),
    "defects are forgotten": (
        lambda: damage(FIRST, "REMOVE warehouses.W1.defect"),
        [("W1", 0, "defect", 4, None)],
    ),
    "a quota grows": (
        lambda: damage(SHARD, "SET warehouses.W1.channels.tmall = :n", n=99),
        [("W1", 2, "channel:tmall", 0, 99)],
    ),
    "a quota is lost": (
        lambda: damage(SHARD, "REMOVE warehouses.W1.channels"),
        [("W1", 2, "channel:tmall", 0, None)],
    ),
    "a warehouse is lost": (
        lambda: damage(SHARD, "REMOVE warehouses.W2"),
        [("W2", 2, "available", 1, None), ("W2", 2, "reserved", 0, None), ("W2", 2, "sold", 0, None)],
    ),
    "a counter of no movement appears": (
        lambda: damage(FIRST, "SET warehouses.W2.defect = :n", n=1),
        [("W2", 0, "defect", 0, 1)],
    ),
    "moves are miscounted": (lambda: damage(SHARD, "SET moves = :n", n=40), [("", 2, "moves", 2, 40)]),
    "moves are forgotten": (lambda: damage(SHARD, "REMOVE moves"), [("", 2, "moves", 2, None)]),
    "a product is called sold out": (
        lambda: damage(FIRST, "SET sold_out = :yes", yes=True),
        [("", 0, "sold_out", 0, 1)],
    ),
    "a row is gone": (
        lambda: aws_client("dynamodb").delete_item(
            TableName=SETTINGS.stock_table, Key={"pk": {"S": SHARD}, "sk": {"S": "STOCK"}}
        ),
        [
            ("W1", 2, "available", 4, None),
            ("W1", 2, "channel:tmall", 0, None),
            ("W1", 2, "reserved", 1, None),
            ("W1", 2, "sold", 0, None),
            ("W2", 2, "available", 1, None),
            ("W2", 2, "reserved", 0, None),
            ("W2", 2, "sold", 0, None),
            ("", 2, "moves", 2, None),
        ],
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found_and_put_right_exactly(shop, name):
    a_busy_shop(shop)
    before = counters()
    breaks, expected = DAMAGE[name]
    breaks()

    report = audit(shop).check(REPAIRER)

    assert list(report.differences) == [Difference(HOT, *one) for one in expected]
    assert (report.unsettled, report.repaired) == ((), 1)
    restored = counters()
    if name == "a counter of no movement appears":
        assert restored["SKU#HOT"]["warehouses"]["W2"].pop("defect") == 0
    assert restored == before
    assert disagreement() == []
    assert audit(shop).check() == report._replace(
        differences=(), negative=(), repaired=0, entries=report.entries + 1
    )


def test_a_check_that_repairs_nothing_writes_nothing(shop):
    a_busy_shop(shop)
    DAMAGE["a row is gone"][0]()
    DAMAGE["a unit appears"][0]()
    before = everything()

    report = audit(shop).check()

    assert len(report.differences) == 9
    assert everything() == before


def test_a_repair_says_what_was_there_before(shop):
    a_busy_shop(shop)
    DAMAGE["two counters of a row are wrong"][0]()

    audit(shop).check(REPAIRER)

    [sk] = [sk for pk, sk in items(SETTINGS.stock_table) if pk == FIRST and sk.startswith("MOVE#0")]
    noted = movement(sk.removeprefix("MOVE#"))
    assert {name: value for name, value in noted.items() if name not in ("pk", "sk", "sku")} == {
        "kind": "repaired",
        "at": 9,
        "by": "op-1",
        "parts": [],
        "rows": [0],
        "repairs": [["W1", 0, "reserved", 4, 3], ["W1", 0, "sold", 1, 2]],
    }


def test_the_same_damage_twice_is_repaired_twice(shop):
    a_busy_shop(shop)

    for _ in range(2):
        DAMAGE["a unit appears"][0]()
        assert audit(shop).check(REPAIRER).repaired == 1

    assert disagreement() == []


def test_a_counter_below_zero_is_named_as_such(shop):
    a_busy_shop(shop)
    DAMAGE["a counter falls below zero"][0]()

    assert audit(shop).check().negative == (Difference(HOT, "W1", 0, "reserved", 3, -2),)


def test_what_no_movement_explains_is_not_repaired_into_less_than_nothing(shop):
    a_busy_shop(shop)
    key = {"pk": {"S": FIRST}, "sk": {"S": "MOVE#in-W1"}}
    aws_client("dynamodb").delete_item(TableName=SETTINGS.stock_table, Key=key)
    before = everything()

    report = audit(shop).check(REPAIRER)

    assert Difference(HOT, "W1", 0, "available", -19, 1) in report.negative
    assert report.repaired == 0
    assert everything() == before


class Rival:
    """Acts right before the outside calls of one kind, up to so many times."""

    def __init__(self, operation, act, times=1):
        self.operation, self.act, self.times = operation, act, times
        self.is_acting = False

    def __call__(self, call, act):
        if call.operation == self.operation and self.times and not self.is_acting:
            self.times -= 1
            self.is_acting = True
            self.act()
            self.is_acting = False
        return act()


@pytest.fixture
def buyer(shop):
    numbers = iter(range(1_000))
    return lambda: buys(shop, 1, f"rival-{next(numbers)}")


def before_scan(number, act):
    """*act* between two of the check's readings: 1 is before the movements, 2 before the orders."""
    seen = []

    def strike(call, done):
        if call.operation == "scan" and not call.request.get("ExclusiveStartKey"):
            seen.append(call)
            if len(seen) == number + 1:
                act()
        return done()

    return strike


@pytest.mark.parametrize("number", [1, 2])
def test_orders_that_move_while_we_look_are_no_drift(shop, buyer, number):
    a_hot_shop(shop, shards=2, W1=9)
    shop.outside.around.append(before_scan(number, buyer))

    report = audit(shop).check(REPAIRER)

    assert (report.is_clean, report.unsettled, report.repaired) == (True, (), 0)


def test_movements_between_the_rows_and_the_journal_are_no_drift(shop):
    store = a_hot_shop(shop, W1=9)
    deliveries = iter(range(9))

    def receives():
        store.receive(sku=HOT, warehouse="W1", quantity=1, movement_id=f"m-{next(deliveries)}", at=5)

    shop.outside.around.append(before_scan(1, receives))

    assert audit(shop).check().is_clean


def test_a_row_that_never_rests_is_said_to_be_unsettled_and_left_alone(shop, buyer):
    a_hot_shop(shop, W1=50)
    damage(FIRST, "SET warehouses.W1.available = :n", n=51)
    damage("SKU#TEA", "SET warehouses.W1.available = :n", n=99)
    shop.outside.around.append(Rival("scan", buyer, times=99))

    report = audit(shop).check(REPAIRER)

    assert report.unsettled == ((HOT, 0),)
    assert report.differences == (Difference("TEA", "W1", 0, "available", 5, 99),)
    assert report.repaired == 1
    shop.outside.around.pop()
    assert audit(shop).check(REPAIRER).differences == (Difference(HOT, "W1", 0, "available", 38, 39),)
    assert disagreement() == []


def test_damage_to_a_row_that_rests_only_later_is_found_then(shop, buyer):
    a_hot_shop(shop, W1=9)
    damage(FIRST, "SET warehouses.W1.available = :n", n=10)
    shop.outside.around.append(before_scan(2, buyer))

    report = audit(shop).check()

    assert report.differences == (Difference(HOT, "W1", 0, "available", 8, 9),)


def test_a_flag_that_is_true_when_it_is_read_again_is_no_drift(shop):
    store = a_hot_shop(shop, shards=2, W1=2)
    buys(shop, 2)
    damage(FIRST, "SET sold_out = :yes", yes=True)
    assert audit(shop).check().is_clean

    store.receive(sku=HOT, warehouse="W1", quantity=1, movement_id="m-1", at=5)
    damage(FIRST, "SET sold_out = :yes", yes=True)
    shop.outside.around.append(before_scan(2, lambda: buys_the_last(shop)))

    assert audit(shop).check().is_clean


def buys_the_last(shop):
    damage(FIRST, "REMOVE sold_out")
    assert isinstance(buys(shop, 1, "b-2").order, Order)
    damage(FIRST, "SET sold_out = :yes", yes=True)


def test_a_row_that_moves_before_its_repair_is_repaired_the_next_time(shop, buyer):
    a_hot_shop(shop, W1=9)
    damage(FIRST, "SET warehouses.W1.available = :n", n=10)
    shop.outside.around.append(Rival("transact_write_items", buyer))

    first = audit(shop).check(REPAIRER)
    second = audit(shop).check(REPAIRER)

    assert (first.repaired, second.repaired) == (0, 1)
    assert (available(), disagreement()) == ({0: 8}, [])


def test_a_row_that_moved_to_and_fro_before_its_repair_is_repaired_the_next_time(shop):
    a_hot_shop(shop, W1=9)
    damage(FIRST, "SET warehouses.W1.available = :n", n=10)
    shop.outside.around.append(Rival("transact_write_items", lambda: cancels(shop, buys(shop, 2))))

    first = audit(shop).check(REPAIRER)
    assert first.repaired == 0
    second = audit(shop).check(REPAIRER)

    assert second.repaired == 1
    assert (available(), disagreement()) == ({0: 9}, [])


def test_tables_are_read_page_by_page_to_their_end(shop):
    a_busy_shop(shop)
    DAMAGE["a unit of a shard is lost"][0]()
    whole = audit(shop).check()
    scans = []

    def in_pages(call, act):
        if call.operation == "scan":
            call.request["Limit"] = 2
            scans.append(call.request["TableName"])
        return act()

    shop.outside.around.append(in_pages)

    assert audit(shop).check() == whole
    assert scans.count(SETTINGS.orders_table) > 10


def test_a_request_reads_so_many_pages_and_then_names_the_command(shop):
    a_busy_shop(shop)

    assert audit(shop, pages_max=3).check().is_clean
    with pytest.raises(TooMuchToCheck) as refused:
        audit(shop, pages_max=2).check()

    assert refused.value.details == {"command": "python -m local.drift --tables ORDERS STOCK"}


def test_what_one_reading_made_certain_is_told_though_there_are_no_pages_for_another(shop, buyer):
    a_hot_shop(shop, W1=9)
    damage("SKU#TEA", "SET warehouses.W1.available = :n", n=99)
    shop.outside.around.append(before_scan(2, buyer))

    report = audit(shop, pages_max=5).check()

    assert report.differences == (Difference("TEA", "W1", 0, "available", 5, 99),)
    assert report.unsettled == ((HOT, 0),)


def test_rows_are_looked_at_so_many_times_and_no_more(shop, buyer):
    a_hot_shop(shop, W1=50)
    scans = []
    shop.outside.around.append(lambda call, act: scans.append(call.operation == "scan") or act())
    shop.outside.around.append(Rival("scan", buyer, times=99))

    audit(shop).check()

    assert sum(scans) == 3 * (ROUNDS_MAX + 1)
