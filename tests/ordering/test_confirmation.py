"""The buyer's evidence: exactly those facts, in the event that says the order is placed, and no person in it."""

from dataclasses import replace

import pytest

from shared.ordering.confirmation import confirmation, masked, promise
from tests.builders import ADDRESS, ORDER_ID, T0, a_paid_order, a_shop_order, an_order_being_paid
from tests.special_orders import a_long_order, a_rich_order, move_all

DAY = 86_400


def test_every_fact_of_the_confirmation_of_a_plain_order():
    told = a_shop_order().world.last.confirmation

    assert told == {
        "order_id": ORDER_ID,
        "placed_at": "2027-01-15T08:00:00Z",
        "currency": "CNY",
        "lines": [
            {
                "line": 1,
                "sku": "TEA",
                "name": "green tea",
                "spec": "",
                "quantity": 3,
                "unit_price": 1_000,
                "payable": 3_000,
            },
            {
                "line": 2,
                "sku": "CUP",
                "name": "cup",
                "spec": "",
                "quantity": 1,
                "unit_price": 2_500,
                "payable": 2_500,
            },
            {
                "line": 3,
                "sku": "POT",
                "name": "pot",
                "spec": "",
                "quantity": 2,
                "unit_price": 5_000,
                "payable": 10_000,
            },
        ],
        "goods": 15_500,
        "freight": 1_600,
        "total": 17_100,
        "points": 0,
        "payment_method": "sandbox",
        "confirmed_exclusions": [],
        "address": {"name": "L***", "phone": "+***", "country": "CN", "city": "杭***", "street": "文***"},
        "promised": [
            {
                "sub_order_id": f"{ORDER_ID}-01",
                "ship_by": "2027-01-17T08:00:00Z",
                "deliver_by": "2027-01-22T08:00:00Z",
            },
            {
                "sub_order_id": f"{ORDER_ID}-02",
                "ship_by": "2027-01-17T08:00:00Z",
                "deliver_by": "2027-01-22T08:00:00Z",
            },
        ],
    }


def test_what_was_paid_beside_money_is_in_it_and_the_total_is_what_is_to_be_paid():
    told = a_rich_order().world.last.confirmation

    assert (told["goods"], told["freight"], told["total"], told["points"]) == (10_400, 1_600, 12_000, 1_500)
    assert [line["payable"] for line in told["lines"]] == [1_866, 1_555, 6_979]
    assert [line["unit_price"] for line in told["lines"]] == [1_000, 2_500, 5_000]


def test_it_is_told_once_with_the_event_that_places_the_order():
    trade = an_order_being_paid()
    trade.pay()
    trade.split()

    assert [change.confirmation is not None for change in trade.world.changes] == [True, False, False, False]


def test_of_a_long_order_it_is_told_when_all_of_it_is_held():
    trade = a_long_order(120)
    move_all(trade)

    assert [change.confirmation is not None for change in trade.world.changes] == [False, False, True]


@pytest.mark.parametrize(("lines", "facts"), [(100, {"name", "spec"}), (101, set())])
def test_of_more_than_a_hundred_lines_the_event_leaves_names_to_the_order_itself(lines, facts):
    trade = a_long_order(lines)
    move_all(trade)

    told = trade.world.last.confirmation["lines"]

    assert len(told) == lines
    assert set(told[-1]) == {"line", "sku", "quantity", "unit_price", "payable"} | facts
    assert {"name", "spec"} <= set(confirmation(trade.whole, ADDRESS)["lines"][-1])


def test_events_carry_no_person():
    for trade in (a_shop_order(), a_rich_order()):
        told = repr(trade.world.last.confirmation)
        assert not [text for name, text in ADDRESS.items() if name != "country" and text in told]


def test_the_buyer_reads_the_same_words_with_the_address_in_full():
    trade = a_shop_order()

    read = confirmation(trade.whole, ADDRESS)

    assert read == trade.world.last.confirmation | {"address": ADDRESS}


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ({}, {}),
        ({"name": ""}, {"name": "***"}),
        ({"name": "王"}, {"name": "王***"}),  # How long a name is, is nobody's business.
        ({"name": "Wang Xiaoming", "country": "CN"}, {"name": "W***", "country": "CN"}),
    ],
)
def test_a_masked_address_shows_the_first_character_and_not_the_length(address, shown):
    assert masked(address) == shown


def test_promises_are_counted_anew_from_when_it_was_paid():
    trade = a_paid_order()

    assert promise(trade.whole, trade.row("SUB#01")) == (T0 + 100 + 2 * DAY, T0 + 100 + 7 * DAY)


def test_goods_of_a_presale_are_promised_from_their_date_and_late_money_does_not_hurry_them():
    whole = a_paid_order().whole
    early, late = (
        replace(whole.sub_orders[0], ships_at=T0 + 50),
        replace(whole.sub_orders[0], ships_at=T0 + 9 * DAY),
    )

    assert promise(whole, early).ship_by == T0 + 100 + 2 * DAY
    assert promise(whole, late) == (T0 + 11 * DAY, T0 + 16 * DAY)
