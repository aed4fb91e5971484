"""What the verdict on a rush notices, written out by hand: two units, four buyers."""

from bench.contention import Reading, Trouble
from bench.crowd import Report, Task, Told, saw_nothing_left
from bench.promises import Found, broken_promises, told_too_early, unsold

ANN = Told("ann", "bought", "O1", began=5, answered=30)
BOB = Told("bob", "bought", "O2", repeats=1, began=6, answered=60)
CYD = Told("cyd", "sold out", is_proven=True, began=35, answered=70)
DAN = Told("dan", "sold out", is_proven=True, began=36, answered=80)
SENT = ((10, 20), (40, 50))
TABLES = Found({"O1": "ann", "O2": "bob"}, ({"available": 0, "reserved": 2, "sold": 0},))


def a_report(*told, reserved=SENT, released=()):
    return Report(told, reserved, released, {}, 0)


def verdict(*told, reserved=SENT, released=(), tables=TABLES):
    return broken_promises([a_report(*told, reserved=reserved, released=released)], tables, units=2)


def test_a_rush_in_which_all_went_well_breaks_no_promise():
    assert verdict(ANN, BOB, CYD, DAN) == []
    assert list(unsold([a_report(ANN, BOB, CYD, DAN)], 2)) == []


def test_a_unit_that_nobody_got_is_noticed():
    left = Found({"O1": "ann"}, ({"available": 1, "reserved": 1, "sold": 0},))

    assert verdict(ANN, CYD, DAN, reserved=SENT[:1], tables=left) == [
        "nobody is told that it is sold out while a unit is left"
    ]
    assert list(unsold([a_report(ANN, CYD, DAN)], 2)) == ["exactly 2 are sold, not 1"]


def test_a_unit_that_was_sold_twice_is_noticed():
    oversold = Found({"O1": "ann", "O2": "bob", "O3": "cyd"}, ({"available": -1, "reserved": 3, "sold": 0},))
    told = CYD._replace(answer="bought", order_id="O3")

    assert verdict(ANN, BOB, told, DAN, reserved=(*SENT, (55, 65)), tables=oversold) == [
        "no counter is below zero"
    ]
    assert list(unsold([a_report(ANN, BOB, told, DAN)], 2)) == ["exactly 2 are sold, not 3"]


def test_a_unit_that_vanished_is_noticed():
    lost = Found(TABLES.orders, ({"available": 0, "reserved": 1, "sold": 0},))

    assert verdict(ANN, BOB, CYD, DAN, tables=lost) == [
        "of 2, 2 are reserved and the others available: {'available': 0, 'reserved': 1, 'sold': 0}"
    ]


def test_a_buyer_whose_repeated_request_became_a_second_order_is_noticed():
    twice = Found({"O1": "ann", "O2": "ann"}, TABLES.levels)

    assert verdict(ANN, CYD, DAN, tables=twice) == [
        "whoever was told that he bought one has that order, and no other",
        "nobody has two orders",
        "of 2, 1 are reserved and the others available: {'available': 0, 'reserved': 2, 'sold': 0}",
        "no unit is taken twice for a repeated request",
    ]


def test_a_unit_that_was_put_back_twice_is_noticed():
    gone = BOB._replace(answer="cancelled")
    tables = Found({"O1": "ann"}, ({"available": 1, "reserved": 1, "sold": 0},))

    assert verdict(ANN, gone, released=((70, 80),), tables=tables) == []
    assert verdict(ANN, gone, released=((70, 80), (90, 95)), tables=tables) == [
        "no unit is put back twice for a repeated request"
    ]


def test_a_buyer_who_got_another_answer_is_noticed():
    assert verdict(ANN, BOB, CYD, DAN._replace(answer="gave up")) == [
        "everybody buys, or is told that it is sold out: {'bought': 2, 'sold out': 1, 'gave up': 1}"
    ]


def too_early(*told, released=()):
    return [one.buyer for one in told_too_early([a_report(*told, released=released)], 2)]


def test_who_is_told_before_the_last_unit_was_asked_for_is_told_too_early():
    assert too_early(ANN, BOB, CYD, DAN._replace(answered=39)) == ["dan"]
    assert too_early(ANN, BOB, CYD, DAN._replace(answered=40)) == []


def test_who_is_told_although_nothing_that_was_read_says_so_is_told_too_early():
    assert too_early(ANN, BOB, CYD, DAN._replace(is_proven=False)) == ["dan"]


def test_who_asks_after_a_unit_was_put_back_must_not_be_told_that_none_is_left():
    back = ((60, 75),)

    assert too_early(ANN, BOB, DAN._replace(began=76, answered=80), released=back) == ["dan"]
    assert too_early(ANN, BOB, DAN._replace(began=74, answered=80), released=back) == []


def test_nothing_is_left_when_the_flag_says_so_or_every_shard_was_seen_empty():
    task = Task("HOT", 2, (), 0, Trouble())
    first, second = "SKU#HOT#1", "SKU#HOT#2"

    assert saw_nothing_left([Reading(0, ("SKU#HOT",), is_flagged=True)], task)
    assert saw_nothing_left([Reading(0, (first, second), is_flagged=False)], task)
    assert not saw_nothing_left([Reading(0, ("SKU#HOT", first), is_flagged=False)], task)
    assert not saw_nothing_left([Reading(1, (first, second), is_flagged=False)], task)
    assert not saw_nothing_left([], task)
