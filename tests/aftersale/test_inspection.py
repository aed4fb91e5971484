"""What came back: never more than was sent, each grade to its place, each rate to the fen, and what is missing."""

import pytest

from shared.errors import Invalid, NotFound
from tests.builders import SKUS, a_completed_order, a_line, an_order_of
from tests.storybook import entries, moves


def a_return(units=None, kind="return_refund"):
    trade = a_completed_order()
    trade.ask(kind, units or {3: 2}, sub_order=2 if units is None else 1)
    trade.approve(1)
    return trade


@pytest.mark.parametrize(
    ("counted", "rates", "error"),
    [
        ({3: {"good": 3}}, {}, Invalid),
        ({3: {"good": 1, "defect": 1, "scrap": 1}}, {}, Invalid),
        ({3: {"good": -1, "defect": 2}}, {}, Invalid),
        ({3: {"lovely": 1}}, {}, Invalid),
        ({1: {"good": 1}}, {}, NotFound),
        ({9: {"good": 1}}, {}, NotFound),
        ({3: {"good": 2}}, {9: 50}, NotFound),
        ({3: {"good": 2}}, {3: 101}, Invalid),
        ({3: {"good": 2}}, {3: -1}, Invalid),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(counted, rates, error):
    trade = a_return()
    before = trade.whole

    with pytest.raises(error):
        trade.inspect(1, counted, rates=rates)

    assert trade.whole is before


def test_each_grade_goes_where_it_belongs():
    trade = an_order_of([a_line(1, 3, 100)], [0])
    trade.split()
    trade.ship(1, 1)
    trade.receive(1)
    trade.ask("return_refund", {1: 3})
    trade.approve(1)

    change = trade.inspect(1, {1: {"good": 1, "defect": 1, "scrap": 1}})

    assert moves(change) == {"restock SKU-1 W1": 1, "restock_defect SKU-1 W1": 1, "scrap SKU-1 W1": 1}
    assert entries(change) == {"escrow 01": 100, "refund R01": -100}


@pytest.mark.parametrize(("rate", "back"), [(100, 10_000), (99, 9_900), (33, 3_300), (1, 100), (0, 0)])
def test_a_rate_is_of_the_worth_and_the_rest_stays_the_merchant_s(rate, back):
    trade = a_return()
    trade.inspect(1, {3: {"defect": 2}}, rates={3: rate})
    if rate < 100:
        assert trade.state("CASE#01") == "assessed"
        trade.accept(1)

    own = trade.row("SUB#02")
    freight = 800  # Nothing is left of it, and it was no wish of the buyer's.
    assert (own.refunded_goods_minor, own.withheld_minor) == (back, 10_000 - back)
    assert (own.state, own.kept_minor, trade.row("SETTLE#02").amount_minor) == (
        "closed",
        10_000 - back,
        10_000 - back,
    )
    assert trade.whole.refunds[-1].amount_minor == back + freight


def test_a_rate_rounds_down_to_the_fen():
    trade = an_order_of([a_line(1, 3, 100)], [0])
    trade.split()
    trade.ship(1, 1)
    trade.receive(1)
    for number in (1, 2, 3):
        trade.ask("return_refund", {1: 1})
        trade.approve(number)
        trade.inspect(number, rates={1: 50})
        trade.accept(number)

    assert [refund.amount_minor for refund in trade.whole.refunds] == [16, 16, 17]
    assert (trade.row("SUB#01").withheld_minor, trade.row("SUB#01").kept_minor) == (51, 51)


def test_what_is_not_in_the_parcel_is_not_refunded_until_somebody_says_so():
    trade = a_return()
    trade.inspect(1, {3: {"good": 1}})
    assert trade.state("CASE#01") == "assessed"

    change = trade.accept(1)

    assert (moves(change), entries(change)) == (
        {"restock POT W3": 1},
        {"escrow 02": 5_000, "refund R01": -5_000},
    )
    assert (dict(trade.row("SUB#02").returned), dict(trade.row("PARCEL#03").contents)) == ({"3": 1}, {"3": 1})
    trade.ask("return_refund", {3: 1}, sub_order=2)  # It was found behind the sofa.


@pytest.mark.parametrize("nothing", [{}, {3: {}}, {3: {"good": 0}}])
def test_an_empty_box_is_counted_too(nothing):
    trade = a_return()
    trade.inspect(1, nothing)
    assert (trade.state("CASE#01"), trade.case(1).counted) == ("assessed", {"3": {}})

    change = trade.accept(1)

    assert (moves(change), entries(change), trade.whole.refunds) == ({}, {}, ())
    assert (trade.state("CASE#01"), trade.case(1).finished_at) == ("completed", trade.now)
    assert dict(trade.row("PARCEL#03").contents) == {"3": 2}


def test_the_platform_may_find_that_the_missing_one_was_sent():
    trade = a_return()
    trade.inspect(1, {3: {"good": 1}})
    trade.call_platform(1)

    change = trade.rule(1)

    assert moves(change) == {"restock POT W3": 1}
    own = trade.row("SUB#02")
    assert (dict(own.returned), dict(own.waived), own.kept_minor) == ({"3": 1}, {"3": 1}, 0)
    assert trade.whole.refunds[0].amount_minor == 10_800


def test_a_merchant_that_gives_in_takes_nothing_off():
    trade = a_return()
    trade.inspect(1, {3: {"defect": 2}}, rates={3: 10})
    trade.call_platform(1)

    trade.approve(1)

    assert trade.whole.refunds[0].amount_minor == 10_800
    assert trade.row("SUB#02").withheld_minor == 0


def test_nobody_takes_more_off_than_was_ruled_without_the_buyer():
    trade = a_return()
    trade.call_platform(1)
    trade.rule(1, 60, goods_back=True)

    trade.inspect(1, rates={3: 60})
    assert trade.state("CASE#01") == "completed"
    assert (trade.row("SUB#02").refunded_goods_minor, trade.row("SUB#02").withheld_minor) == (6_000, 4_000)


def test_an_inspection_that_takes_more_off_than_was_ruled_is_contested_again():
    trade = a_return()
    trade.call_platform(1)
    trade.rule(1, 60, goods_back=True)

    trade.inspect(1, rates={3: 30})

    assert trade.state("CASE#01") == "assessed"
    trade.accept(1)
    assert trade.row("SUB#02").refunded_goods_minor == 3_000


def test_goods_that_nobody_opened_are_not_asked_for_again():
    # They lie at the warehouse: whatever is ruled, the buyer has nothing to send.
    trade = a_return()
    trade.send_back(1)
    trade.arrive(1)
    trade.ring_case(1)
    assert trade.state("CASE#01") == "disputed"

    trade.rule(1, 100, goods_back=True)

    assert (trade.state("CASE#01"), trade.whole.refunds[0].amount_minor) == ("completed", 10_800)


def test_a_part_of_an_exchange_that_is_worth_less_becomes_money():
    trade = a_return(kind="exchange", units={1: 1})
    trade.inspect(1, {1: {"scrap": 1}}, rates={1: 40}, goods=trade.on_the_shelves(SKUS))
    assert trade.state("CASE#01") == "assessed"

    change = trade.accept(1)

    assert (entries(change), moves(change)) == ({"escrow 01": 400, "refund R01": -400}, {"scrap TEA W1": 1})
