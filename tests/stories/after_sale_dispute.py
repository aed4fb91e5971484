"""The platform decides a case, or its merchant gives in, or its buyer does."""

from shared.changes import Change
from tests.builders import SKUS, T0, Trade
from tests.stories.after_sale import DAY, a_case, nothing_moves
from tests.storybook import entries, moves, story


def a_disputed_case(kind: str = "refund_only", units: dict[int, int] | None = None, **how: object) -> Trade:
    trade = a_case(kind, units, **how)
    trade.call_platform(1)
    return trade.after(100)


@story("after_sale.disputed.case_ruled.rejected", to="closed", only="system support operator")
def the_merchant_is_right_and_nothing_goes_back() -> Change:
    trade = a_disputed_case()

    change = trade.rule(1, 0)

    nothing_moves(change, trade)
    assert (trade.case(1).ruling, trade.case(1).finished_at) == ("photos_show_it", trade.now)
    assert change.note == {"case": 1, "rate": 0}
    return change


@story(
    "after_sale.disputed.case_ruled.goods_back",
    to="awaiting_return",
    only="system support operator",
    then="expect_return",
    clock=7 * DAY,
)
def half_of_it_goes_back_once_the_goods_are() -> Change:
    trade = a_disputed_case()

    change = trade.rule(1, 50, goods_back=True)

    nothing_moves(change, trade)
    assert (trade.case(1).kind, dict(trade.case(1).rates)) == ("return_refund", {"1": 50})
    trade.inspect(1)  # All of it is there: nobody takes anything off but the ruling.
    assert entries(trade.world.last) == {"escrow 01": 500, "refund R01": -500}
    return change


@story(
    "after_sale.disputed.case_ruled.sends_goods",
    to="replacing",
    only="system support operator",
    clock=10 * DAY,
)
def another_one_is_sent_and_the_broken_one_stays() -> Change:
    trade = a_disputed_case("exchange")

    change = trade.rule(1, goods=trade.on_the_shelves(SKUS))

    assert (moves(change), entries(change)) == ({"reserve TEA W1": 1}, {})
    assert (trade.case(1).kind, trade.case(1).replacement) == ("exchange", 3)
    return change


@story("after_sale.disputed.case_ruled", to="completed", only="system support operator")
def a_third_of_the_price_goes_back_and_the_goods_stay() -> Change:
    trade = a_disputed_case()

    change = trade.rule(1, 33)

    assert (moves(change), entries(change)) == ({}, {"escrow 01": 330, "refund R01": -330})
    own = trade.row("SUB#01")
    assert (dict(own.waived), own.withheld_minor, own.refunded_goods_minor) == ({"1": 1}, 670, 330)
    return change


@story(
    "after_sale.disputed.case_approved.goods_back",
    to="awaiting_return",
    only="merchant",
    then="expect_return",
    clock=7 * DAY,
)
def a_merchant_gives_in_before_the_platform_has_ruled() -> Change:
    trade = a_disputed_case("return_refund")

    change = trade.approve(1)

    nothing_moves(change, trade)
    return change


@story("after_sale.disputed.case_approved.sends_goods", to="replacing", only="merchant", clock=10 * DAY)
def a_merchant_gives_in_and_sends_it_again() -> Change:
    trade = a_disputed_case("reship", reason="missing_goods")

    change = trade.approve(1, trade.on_the_shelves(SKUS))

    assert (moves(change), trade.case(1).replacement) == ({"reserve TEA W1": 1}, 3)
    return change


@story("after_sale.disputed.case_approved", to="completed", only="merchant")
def a_merchant_gives_in_and_pays() -> Change:
    trade = a_disputed_case()

    change = trade.approve(1)

    assert entries(change) == {"escrow 01": 1_000, "refund R01": -1_000}
    return change


@story("after_sale.disputed.advance_paid", to="disputed", only="support operator")
def the_platform_pays_before_anybody_has_decided() -> Change:
    trade = a_disputed_case()
    due_at = trade.case(1).due_at

    change = trade.advance(1, 600)

    assert (moves(change), entries(change)) == ({}, {"pool:compensation": 600, "refund R01": -600})
    case, own = trade.case(1), trade.row("SUB#01")
    assert (case.advance_minor, case.advance_refund, case.due_at) == (600, 1, due_at)
    assert (own.given_back_minor, own.refunded_goods_minor, trade.row("SETTLE#01").amount_minor) == (
        600,
        0,
        5_700,
    )
    return change


@story("after_sale.disputed.case_withdrawn", to="closed", only="buyer")
def a_buyer_and_a_merchant_have_agreed_among_themselves() -> Change:
    trade = a_disputed_case()

    change = trade.withdraw(1)

    nothing_moves(change, trade)
    return change


@story("after_sale.disputed.ruling_overdue", to="disputed", only="clock", clock=DAY)
def nobody_has_ruled_for_a_day_and_people_hear_of_it() -> Change:
    trade = a_disputed_case()

    change = trade.ring_case(1)

    nothing_moves(change, trade)
    assert trade.now == T0 + 2_100 + 2 * DAY
    return change
