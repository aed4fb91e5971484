"""Goods come back for a case: sent, there, counted and judged; and what the buyer thinks of that."""

from shared.changes import Change
from shared.fulfilment.carriers.port import Status
from tests.builders import SKUS, T0, Trade
from tests.stories.after_sale import DAY, a_case, a_disputed_payment, nothing_moves
from tests.storybook import entries, moves, rows, story


def a_case_to_send_back(kind: str = "return_refund", units: dict[int, int] | None = None) -> Trade:
    trade = a_case(kind, units)
    trade.approve(1)
    return trade.after(DAY)


def a_case_on_its_way_back(kind: str = "return_refund") -> Trade:
    trade = a_case_to_send_back(kind)
    trade.send_back(1)
    return trade.after(DAY)


def a_case_at_the_warehouse(kind: str = "return_refund", units: dict[int, int] | None = None) -> Trade:
    trade = a_case_to_send_back(kind, units)
    trade.arrive(1)
    return trade


def an_assessed_case(units: dict[int, int] | None = None) -> Trade:
    """The cup is worn: seven tenths of its price would go back."""
    trade = a_case_at_the_warehouse("exchange", {2: 1})
    trade.inspect(1, {2: {"defect": 1}}, rates={2: 70})
    return trade.after(100)


# --- nobody has sent it yet ---


@story(
    "after_sale.awaiting_return.return_sent",
    to="returning",
    only="buyer",
    then="follow_parcel expect_return",
    clock=10 * DAY,
)
def a_buyer_hands_it_to_a_carrier_and_enters_the_number() -> Change:
    trade = a_case_to_send_back()

    change = trade.send_back(1, "sf-back-1")

    nothing_moves(change, trade)
    case = trade.case(1)
    assert (case.carrier, case.waybill, case.sent_at) == ("sf", "SF-BACK-1", trade.now)
    assert change.note == {"case": 1, "carrier": "sf", "warehouse": "W1"}
    return change


@story(
    "after_sale.awaiting_return.goods_arrived",
    to="inspecting",
    only="merchant warehouse",
    clock=2 * DAY,
)
def it_is_there_and_nobody_had_entered_a_number() -> Change:
    trade = a_case_to_send_back()

    change = trade.arrive(1)

    nothing_moves(change, trade)
    return change


@story("after_sale.awaiting_return.case_withdrawn", to="closed", only="buyer")
def a_buyer_keeps_what_could_have_gone_back() -> Change:
    trade = a_case_to_send_back()

    change = trade.withdraw(1)

    nothing_moves(change, trade)
    return change


@story(
    "after_sale.awaiting_return.case_escalated",
    to="disputed",
    only="buyer merchant",
    then="judge_case",
    clock=DAY,
)
def a_buyer_finds_no_way_to_send_it() -> Change:
    trade = a_case_to_send_back()

    change = trade.call_platform(1)

    nothing_moves(change, trade)
    return change


@story("after_sale.awaiting_return.case_expired", to="closed", only="clock")
def seven_days_without_a_number_end_it() -> Change:
    trade = a_case_to_send_back()

    change = trade.ring_case(1)

    nothing_moves(change, trade)
    assert (trade.now, trade.case(1).finished_at) == (T0 + 2_100 + 8 * DAY, T0 + 2_100 + 8 * DAY)
    return change


# --- on its way ---


@story(
    "after_sale.returning.return_sent",
    to="returning",
    only="buyer support operator",
    then="follow_parcel expect_return",
)
def a_buyer_had_mistyped_the_number() -> Change:
    trade = a_case_on_its_way_back()
    due_at = trade.case(1).due_at

    change = trade.send_back(1, "SF-BACK-2")

    nothing_moves(change, trade)
    assert (trade.case(1).waybill, trade.case(1).due_at) == ("SF-BACK-2", due_at)
    return change


@story(
    "after_sale.returning.goods_arrived",
    to="inspecting",
    only="merchant warehouse carrier support operator",
    clock=2 * DAY,
)
def its_carrier_says_that_it_is_there() -> Change:
    trade = a_case_on_its_way_back()

    change = trade.sight(1, Status.IN_TRANSIT, Status.DELIVERED)

    nothing_moves(change, trade)
    assert change.note == {"case": 1, "tracker": "kuaidi100", "code": "code-delivered"}
    return change


@story("after_sale.returning.delivery_claimed", to="returning", only="carrier", then="ask_carrier")
def anybody_could_have_told_that_it_is_there_and_the_carrier_is_asked() -> Change:
    trade = a_case_on_its_way_back()
    due_at = trade.case(1).due_at

    change = trade.sight(1, Status.DELIVERED, is_proven=False)

    nothing_moves(change, trade)
    assert trade.case(1).due_at == due_at
    trade.sight(1, Status.DELIVERED)  # The carrier says the same to us.
    assert trade.state("CASE#01") == "inspecting"
    return change


@story(
    "after_sale.returning.case_escalated",
    to="disputed",
    only="buyer merchant",
    then="judge_case",
    clock=DAY,
)
def a_merchant_says_that_nothing_comes() -> Change:
    trade = a_case_on_its_way_back()

    change = trade.call_platform(1, trade.seller(1))

    nothing_moves(change, trade)
    return change


@story(
    "after_sale.returning.attention_overdue",
    to="returning",
    only="carrier clock",
    then="ask_carrier",
    clock=10 * DAY,
)
def ten_days_on_the_way_are_too_many_and_people_look() -> Change:
    trade = a_case_on_its_way_back()

    change = trade.ring_case(1)

    nothing_moves(change, trade)
    return change


# --- there ---


@story(
    "after_sale.inspecting.goods_inspected.deducted",
    to="assessed",
    only="merchant warehouse",
    clock=3 * DAY,
)
def it_is_worn_and_the_buyer_may_contest_that() -> Change:
    trade = a_case_at_the_warehouse(units={2: 1})

    change = trade.inspect(1, {2: {"defect": 1}}, rates={2: 70})

    nothing_moves(change, trade)
    case = trade.case(1)
    assert {line: dict(graded) for line, graded in case.counted.items()} == {"2": {"defect": 1}}
    assert (dict(case.rates), case.ruling, change.note) == ({"2": 70}, "worn", {"case": 1, "counted": 1})
    return change


@story(
    "after_sale.inspecting.goods_inspected.sends_goods",
    to="replacing",
    only="merchant warehouse",
    clock=10 * DAY,
)
def the_broken_tea_is_kept_apart_and_another_goes_out() -> Change:
    trade = a_case_at_the_warehouse("exchange")

    change = trade.inspect(1, {1: {"defect": 1}}, goods=trade.on_the_shelves(SKUS))

    assert rows(change)[0] == "SUB#03 sub_order.start.replacement_ordered"
    assert moves(change) == {"reserve TEA W1": 1, "restock_defect TEA W1": 1}
    assert (entries(change), trade.whole.refunds, trade.case(1).replacement) == ({}, (), 3)
    return change


@story("after_sale.inspecting.goods_inspected", to="completed", only="merchant warehouse")
def it_is_as_good_as_new_and_all_of_it_goes_back() -> Change:
    trade = a_case_at_the_warehouse()

    change = trade.inspect(1)

    assert moves(change) == {"restock TEA W1": 1}
    assert entries(change) == {"escrow 01": 1_000, "refund R01": -1_000}
    own = trade.row("SUB#01")
    assert (dict(own.returned), dict(own.waived), own.withheld_minor) == ({"1": 1}, {}, 0)
    assert (trade.case(1).refund, trade.row("REFUND#01").reason) == (1, "quality")
    return change


@story(
    "after_sale.inspecting.case_escalated",
    to="disputed",
    only="buyer merchant",
    then="judge_case",
    clock=DAY,
)
def a_merchant_got_something_else_back() -> Change:
    trade = a_case_at_the_warehouse()

    change = trade.call_platform(1, trade.seller(1))

    nothing_moves(change, trade)
    return change


@story(
    "after_sale.inspecting.inspection_overdue",
    to="disputed",
    only="clock",
    then="judge_case",
    clock=DAY,
)
def nobody_opens_the_box_for_two_days_and_the_platform_decides() -> Change:
    trade = a_case_at_the_warehouse()

    change = trade.ring_case(1)

    nothing_moves(change, trade)
    assert trade.now == T0 + 2_100 + 2 * DAY + 2 * DAY
    return change


# --- judged to be worth less ---


@story("after_sale.assessed.assessment_accepted", to="completed", only="buyer")
def a_buyer_agrees_that_the_cup_is_worn() -> Change:
    trade = an_assessed_case()

    change = trade.accept(1)

    assert moves(change) == {"restock_defect CUP W1": 1}
    assert entries(change) == {"escrow 01": 1_750, "refund R01": -1_750}
    own = trade.row("SUB#01")
    assert (dict(own.returned), own.withheld_minor, own.refunded_goods_minor) == ({"2": 1}, 750, 1_750)
    assert (trade.row("SETTLE#01").amount_minor, trade.case(1).kind) == (4_550, "return_refund")
    return change


@story("after_sale.assessed.assessment_unanswered.disputed", to="assessed", only="clock", clock=DAY)
def silence_agrees_to_nothing_while_a_bank_may_take_the_money() -> Change:
    trade = a_disputed_payment(an_assessed_case())

    change = trade.ring_case(1)

    nothing_moves(change, trade)
    return change


@story("after_sale.assessed.assessment_unanswered", to="completed", only="clock")
def after_three_days_silence_agrees_with_the_inspection() -> Change:
    trade = an_assessed_case()

    change = trade.ring_case(1)

    assert entries(change) == {"escrow 01": 1_750, "refund R01": -1_750}
    assert trade.now == T0 + 2_100 + 5 * DAY
    return change


@story("after_sale.assessed.case_escalated", to="disputed", only="buyer", then="judge_case", clock=DAY)
def a_buyer_contests_what_was_taken_off() -> Change:
    trade = an_assessed_case()

    change = trade.call_platform(1)

    nothing_moves(change, trade)
    assert dict(trade.case(1).counted) == {"2": {"defect": 1}}
    return change
