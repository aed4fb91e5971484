"""Goods of a case come when the platform was called meanwhile, or when nobody waits for them any more."""

from shared.changes import Change
from tests.builders import SKUS, Trade
from tests.stories.after_sale import a_case, nothing_moves
from tests.stories.after_sale_return import DAY, a_case_on_its_way_back, a_case_to_send_back
from tests.storybook import entries, moves, story


def called_while_it_comes_back(kind: str = "return_refund") -> Trade:
    """The merchant says that it takes too long; the platform has not ruled."""
    trade = a_case_on_its_way_back(kind)
    trade.call_platform(1, trade.seller(1))
    return trade.after(100)


@story("after_sale.requested.evidence_shown", to="requested", only="buyer")
def a_buyer_has_one_more_photo() -> Change:
    trade = a_case("refund_only")
    due_at = trade.case(1).due_at

    change = trade.after(100).show_evidence(1, "photo", "a second one")

    nothing_moves(change, trade)
    assert (trade.case(1).evidence, trade.case(1).due_at) == (("photo", "a second one"), due_at)
    assert change.note == {"case": 1, "files": 1}
    return change


@story("after_sale.disputed.evidence_shown", to="disputed", only="buyer merchant")
def a_merchant_has_a_film_of_how_it_was_packed() -> Change:
    trade = called_while_it_comes_back()
    due_at = trade.case(1).due_at

    change = trade.show_evidence(1, "packing", caller=trade.seller(1))

    nothing_moves(change, trade)
    assert (trade.case(1).evidence, trade.case(1).due_at) == (("photo", "packing"), due_at)
    return change


@story(
    "after_sale.disputed.case_ruled.sent_back", to="returning", only="system support operator", clock=10 * DAY
)
def the_platform_waits_for_what_is_on_its_way() -> Change:
    trade = called_while_it_comes_back()

    change = trade.rule(1, goods_back=True)

    nothing_moves(change, trade)
    assert trade.case(1).waybill == "SF-BACK-1"
    trade.inspect(1)
    assert entries(trade.world.last) == {"escrow 01": 1_000, "refund R01": -1_000}
    return change


@story("after_sale.disputed.case_approved.sent_back", to="returning", only="merchant", clock=10 * DAY)
def a_merchant_waits_after_all() -> Change:
    trade = called_while_it_comes_back()

    change = trade.approve(1)

    nothing_moves(change, trade)
    assert trade.case(1).waybill == "SF-BACK-1"
    return change


@story("after_sale.disputed.goods_arrived", to="disputed", only="merchant warehouse")
def it_arrives_while_the_platform_decides() -> Change:
    trade = called_while_it_comes_back()
    due_at = trade.case(1).due_at

    change = trade.arrive(1)

    nothing_moves(change, trade)
    assert (trade.case(1).goes_back, trade.case(1).due_at) == (False, due_at)
    assert change.note == {"case": 1}
    trade.rule(1, goods_back=True)  # It is there: nobody has to send it.
    assert trade.state("CASE#01") == "completed"
    return change


@story("after_sale.disputed.goods_inspected.deducted", to="disputed", only="merchant warehouse")
def it_is_worn_and_the_platform_weighs_that() -> Change:
    trade = called_while_it_comes_back()
    due_at = trade.case(1).due_at

    change = trade.inspect(1, {1: {"defect": 1}}, rates={1: 40})

    nothing_moves(change, trade)
    case = trade.case(1)
    assert ({"1": {"defect": 1}}, {"1": 40}, due_at) == (case.counted, case.rates, case.due_at)
    trade.rule(1, 70)
    assert moves(trade.world.last) == {"restock_defect TEA W1": 1}
    assert entries(trade.world.last) == {"escrow 01": 700, "refund R01": -700}
    return change


@story(
    "after_sale.disputed.goods_inspected.sends_goods",
    to="replacing",
    only="merchant warehouse",
    clock=10 * DAY,
)
def it_is_as_it_was_and_the_other_one_goes_out() -> Change:
    trade = called_while_it_comes_back("exchange")

    change = trade.inspect(1, goods=trade.on_the_shelves(SKUS))

    assert moves(change) == {"restock TEA W1": 1, "reserve TEA W1": 1}
    assert (entries(change), trade.case(1).replacement) == ({}, 3)
    return change


@story("after_sale.disputed.goods_inspected", to="completed", only="merchant warehouse")
def it_is_as_it_was_and_nobody_has_to_rule() -> Change:
    trade = called_while_it_comes_back()

    change = trade.inspect(1)

    assert moves(change) == {"restock TEA W1": 1}
    assert entries(change) == {"escrow 01": 1_000, "refund R01": -1_000}
    return change


@story("after_sale.closed.goods_arrived", to="closed", only="merchant warehouse")
def it_comes_after_the_week_was_over() -> Change:
    trade = a_case_to_send_back()
    trade.ring_case(1)

    change = trade.arrive(1)

    nothing_moves(change, trade)
    assert change.note == {"case": 1, "code": "closed"}
    return change


@story("after_sale.completed.goods_arrived", to="completed", only="merchant warehouse")
def the_money_went_back_before_it_came() -> Change:
    trade = called_while_it_comes_back()
    trade.rule(1)

    change = trade.arrive(1)

    assert (moves(change), entries(change)) == ({}, {})
    assert change.note == {"case": 1, "code": "completed"}
    return change


@story("after_sale.replacing.goods_arrived", to="replacing", only="merchant warehouse")
def another_one_was_sent_before_it_came() -> Change:
    trade = called_while_it_comes_back("exchange")
    trade.rule(1, goods=trade.on_the_shelves(SKUS))
    due_at = trade.case(1).due_at

    change = trade.arrive(1)

    assert (moves(change), entries(change), trade.case(1).due_at) == ({}, {}, due_at)
    assert change.note == {"case": 1, "code": "replacing"}
    return change
