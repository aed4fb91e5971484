"""May the buyer ask for this? Every refusal, all of them at once, and the windows to the second."""

from datetime import datetime, timedelta, timezone

import pytest

from shared.aftersale.cases import CaseRefused
from shared.aftersale.eligibility import available
from shared.errors import TransitionRefused
from shared.goods import Sku
from shared.payment.requests import PaymentDisputed
from tests.builders import (
    SKUS,
    a_completed_order,
    a_delivered_order,
    a_line,
    a_shipped_order,
    a_split_order,
    an_order_of,
)
from tests.world import World

CHINA = timezone(timedelta(hours=8))
DAY = 86_400


def problems(trade, kind, units, **how):
    """The codes for which it is refused; nothing has changed."""
    before = trade.whole
    with pytest.raises(CaseRefused) as refused:
        trade.ask(kind, units, **how)
    assert trade.whole is before
    return [(problem.code, problem.at) for problem in refused.value.details["problems"]]


def with_policy(trade, **policy):
    """All goods under a policy of their own, as if it had been pinned when they were bought."""
    whole = trade.whole
    lines = tuple(line._replace(return_policy="own") for line in whole.lines)
    snapshot = whole.snapshot._replace(returns={"own": {"policy_id": "own", **policy}})
    world = trade.world
    world.whole = type(whole)(whole.order, lines, whole.rows, snapshot)
    world.placed = type(whole)(world.placed.order, lines, world.placed.rows, snapshot)
    assert isinstance(world, World)
    return trade


def test_what_has_not_left_is_cancelled_and_not_sent_back():
    trade = a_split_order()

    assert problems(trade, "refund_only", {1: 1}) == [("case_too_early", "/sub_order")]


def test_goods_of_another_part_and_of_nobody_are_named_each():
    trade = a_completed_order()

    assert problems(trade, "refund_only", {3: 1, 9: 1}) == [
        ("line_not_bought", "/lines/0/line"),
        ("line_not_bought", "/lines/1/line"),
    ]


def test_more_than_was_bought_of_each_line_is_told_with_what_is_left():
    trade = a_completed_order()

    assert problems(trade, "return_refund", {1: 4, 2: 2}) == [
        ("more_than_bought", "/lines/0/quantity"),
        ("more_than_bought", "/lines/1/quantity"),
    ]


def test_units_of_an_open_case_are_not_asked_for_twice_and_those_that_are_gone_neither():
    trade = a_completed_order()
    trade.ask("return_refund", {1: 2})
    assert problems(trade, "refund_only", {1: 2}) == [("more_than_bought", "/lines/0/quantity")]
    trade.approve(1)
    trade.inspect(1)

    assert problems(trade, "refund_only", {1: 2}) == [("more_than_bought", "/lines/0/quantity")]
    trade.ask("refund_only", {1: 1})  # The third is still there, and nobody's.


def test_what_came_back_is_not_counted_twice_against_what_is_left():
    # Its parcel holds two of these; one went back, so one is left to ask for, whatever case it was.
    trade = a_completed_order()
    trade.ask("return_refund", {1: 1})
    trade.approve(1)
    trade.inspect(1)

    line = trade.whole.lines[0]
    assert sum(s.units for s in available(trade.whole, line, kind="return_refund")) == 2


@pytest.mark.parametrize("end", ["withdraw", "refused", "expired", "ruled"])
def test_units_of_a_case_that_came_to_nothing_may_be_asked_for_again(end):
    trade = a_completed_order()
    trade.ask("return_refund", {1: 3})
    for number in [case.number for case in trade.whole.cases]:
        if end == "refused":
            trade.refuse_case(number)
        elif end == "expired":
            trade.approve(number)
        elif end == "ruled":
            trade.call_platform(number)
            trade.rule(number, 0)
        if end in ("refused", "expired"):
            trade.ring_case(number)
        elif end == "withdraw":
            trade.withdraw(number)

    assert {case.state for case in trade.whole.cases} == {"closed"}
    trade.ask("return_refund", {1: 3})


def test_what_is_on_its_way_cannot_be_sent_back_but_can_be_missed():
    trade = a_shipped_order()

    assert problems(trade, "return_refund", {3: 1}, sub_order=2) == [
        ("more_than_bought", "/lines/0/quantity")
    ]
    trade.ask("refund_only", {3: 1}, sub_order=2, reason="not_received")


@pytest.mark.parametrize(
    ("kind", "reason", "found"),
    [
        ("return_refund", "not_received", [("reason_does_not_fit", "/reason")] * 2),
        ("exchange", "missing_goods", [("reason_does_not_fit", "/reason")]),
        ("refund_only", "not_received", [("reason_does_not_fit", "/reason")]),  # It was confirmed.
    ],
)
def test_a_reason_that_does_not_fit_is_told(kind, reason, found):
    assert problems(a_completed_order(), kind, {1: 1}, reason=reason) == found


@pytest.mark.parametrize("amount", [-1, 0, 2_000, 2_001])
def test_a_reduction_is_more_than_nothing_and_less_than_all(amount):
    trade = a_completed_order()

    assert problems(trade, "price_reduction", {1: 2}, asked_minor=amount) == [
        ("reduction_too_large", "/amount")
    ]
    trade.ask("price_reduction", {1: 2}, asked_minor=1_999)


def test_an_amount_and_other_goods_belong_to_their_own_kinds():
    trade = a_completed_order()

    assert problems(trade, "refund_only", {1: 1}, asked_minor=5) == [("reason_does_not_fit", "/amount")]
    assert problems(trade, "repair", {3: 1}, sub_order=2, swap="PAN", offered=SKUS["POT"]) == [
        ("reason_does_not_fit", "/swap")
    ]
    assert problems(trade, "exchange", {1: 1, 2: 1}, swap="PAN", offered=SKUS["TEA"]) == [
        ("reason_does_not_fit", "/swap"),
        ("swap_differs", "/swap"),
    ]


@pytest.mark.parametrize(
    "offered",
    [
        None,
        SKUS["POT"]._replace(is_on_sale=False),
        SKUS["POT"]._replace(unit_price_minor=5_001),
        SKUS["POT"]._replace(currency="USD"),
        SKUS["POT"]._replace(merchant_id="m-tea"),
    ],
)
def test_only_goods_of_the_same_shop_at_the_same_price_are_had_in_exchange(offered: Sku | None):
    trade = a_completed_order()

    assert problems(trade, "exchange", {3: 1}, sub_order=2, swap="PAN", offered=offered) == [
        ("swap_differs", "/swap")
    ]
    trade.ask("exchange", {3: 1}, sub_order=2, swap="PAN", offered=SKUS["POT"])


@pytest.mark.parametrize(("reason", "days"), [("no_reason", 7), ("not_received", 7), ("quality", 15)])
def test_the_window_ends_with_the_last_day_in_china(reason, days):
    trade = a_delivered_order()
    kind = "refund_only"
    if reason != "not_received":
        trade.receive(1)
    received = trade.now
    last = datetime.fromtimestamp(received, CHINA).replace(hour=23, minute=59, second=59)
    ends = int(last.timestamp()) + days * DAY

    trade.now = ends
    trade.ask(kind, {1: 1}, reason=reason)
    trade.now = ends + 1
    if reason == "not_received":  # It was not received: nothing is too late.
        trade.ask(kind, {1: 1}, reason=reason)
    else:
        assert problems(trade, kind, {1: 1}, reason=reason) == [("window_over", "/lines/0/line")]


def test_an_excluded_kind_of_goods_comes_back_only_for_a_reason():
    trade = with_policy(a_completed_order(), is_returnable=False, exclusion="food")

    assert problems(trade, "return_refund", {1: 1}, reason="no_reason") == [
        ("not_returnable", "/lines/0/line")
    ]
    trade.ask("return_refund", {1: 1}, reason="quality")
    trade.ask("price_reduction", {2: 1}, reason="no_reason", asked_minor=5)


def test_the_policy_says_which_kinds_there_are_and_which_reasons_need_a_photo():
    trade = with_policy(a_completed_order(), kinds=("return_refund",), evidence_for=("quality", "no_reason"))

    assert problems(trade, "exchange", {1: 1}) == [("kind_not_offered", "/lines/0/line")]
    trade.ask("return_refund", {1: 1}, reason="no_reason")
    trade.now += 1


def test_everything_that_is_wrong_is_told_at_once():
    trade = with_policy(a_completed_order(), kinds=("return_refund",), window_days=1)
    trade.after(3 * DAY)

    assert problems(trade, "repair", {1: 9}, reason="no_reason", asked_minor=7) == [
        ("more_than_bought", "/lines/0/quantity"),
        ("kind_not_offered", "/lines/0/line"),
        ("window_over", "/lines/0/line"),
        ("reason_does_not_fit", "/amount"),
    ]


def test_no_case_is_opened_while_a_bank_has_not_decided():
    trade = a_completed_order()
    trade.hear_dispute(trade.dispute("opened"))

    with pytest.raises(PaymentDisputed):
        trade.ask("refund_only", {1: 1})
    assert trade.whole.cases == ()


def test_an_order_has_so_many_cases_and_no_more():
    trade = an_order_of([a_line(1, 3, 900)], [0])
    trade.split()
    trade.ship(1, 1)
    trade.receive(1)
    for number in range(1, 100):
        trade.ask("refund_only", {1: 1})
        trade.withdraw(number)

    assert problems(trade, "refund_only", {1: 1}) == [("too_many_cases", "")]


def test_only_a_buyer_opens_a_case():
    trade = a_completed_order()

    with pytest.raises(TransitionRefused):
        trade.ask("refund_only", {1: 1}, caller=trade.merchant(1))
