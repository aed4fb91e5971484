"""An after-sale case is opened; its merchant says yes, or no, or nothing; its buyer answers."""

from shared.changes import Change
from tests.builders import SKUS, T0, Trade, a_completed_order
from tests.storybook import effects, entries, moves, rows, story

DAY = 86_400


def a_case(kind: str, units: dict[int, int] | None = None, **how: object) -> Trade:
    """A day after everything was received: the buyer asks for *kind*, of one tea unless *units* says otherwise."""
    trade = a_completed_order().after(DAY)
    trade.ask(kind, units or {1: 1}, **how)
    return trade


def a_disputed_payment(trade: Trade) -> Trade:
    trade.hear_dispute(trade.dispute("opened"))
    return trade


def a_refused_case(kind: str = "refund_only", **offers: int) -> Trade:
    trade = a_case(kind)
    trade.refuse_case(1, **offers)
    return trade


def nothing_moves(change: Change, trade: Trade) -> None:
    assert (moves(change), entries(change), change.lines) == ({}, {}, ())
    assert {write.row.subject for write in change.writes} == {"CASE#01"}
    assert (trade.state("SUB#01"), trade.whole.refunds) == ("completed", ())


@story(
    "after_sale.start.case_requested",
    to="requested",
    only="buyer",
    then="judge_case",
    clock=2 * DAY,
)
def a_buyer_shows_a_photo_and_asks_for_one_tea_to_be_taken_back() -> Change:
    trade = a_completed_order().after(DAY)

    change = trade.ask("return_refund", {1: 1})

    nothing_moves(change, trade)
    case = trade.case(1)
    assert (dict(case.units), {p: dict(u) for p, u in case.sources.items()}) == ({"1": 1}, {"1": {"1": 1}})
    assert (case.merchant_id, case.payer, case.evidence) == ("m-tea", "merchant", ("photo",))
    assert (change.about, case.opened_at) == ("CASE#01", T0 + 2_100 + DAY)
    return change


@story(
    "after_sale.requested.case_approved.goods_back",
    to="awaiting_return",
    only="merchant system",
    then="expect_return",
    clock=7 * DAY,
)
def a_merchant_agrees_and_the_goods_come_back_first() -> Change:
    trade = a_case("return_refund")

    change = trade.approve(1)

    nothing_moves(change, trade)
    assert effects(change) == ["CASE#01 expect_return"]
    return change


@story(
    "after_sale.requested.case_approved.sends_goods",
    to="replacing",
    only="merchant system",
    clock=10 * DAY,
)
def a_merchant_sends_again_what_was_missing() -> Change:
    trade = a_case("reship", reason="missing_goods")

    change = trade.approve(1, trade.on_the_shelves(SKUS))

    assert rows(change) == [
        "SUB#03 sub_order.start.replacement_ordered",
        "CASE#01 after_sale.requested.case_approved.sends_goods",
    ]
    assert (moves(change), entries(change)) == ({"reserve TEA W1": 1}, {})
    assert (trade.case(1).replacement, trade.row("SUB#03").case) == (3, 1)
    assert dict(trade.row("PARCEL#01").contents) == {"1": 1, "2": 1}
    return change


@story("after_sale.requested.case_approved", to="completed", only="merchant system")
def a_merchant_lets_the_buyer_keep_it_and_pays_for_one() -> Change:
    trade = a_case("refund_only")

    change = trade.approve(1)

    assert rows(change) == [
        "SUB#01 sub_order.completed.case_refunded",
        "REFUND#01 refund.start.refund_requested",
        "CASE#01 after_sale.requested.case_approved",
    ]
    assert (moves(change), entries(change)) == ({}, {"escrow 01": 1_000, "refund R01": -1_000})
    case, own = trade.case(1), trade.row("SUB#01")
    assert (case.refund, case.finished_at, case.due_at) == (1, trade.now, None)
    assert (dict(own.waived), dict(own.returned), own.refunded_freight_minor) == ({"1": 1}, {}, 0)
    assert trade.row("SETTLE#01").amount_minor == 5_300
    return change


@story("after_sale.requested.case_unanswered.disputed", to="requested", only="clock", clock=DAY)
def silence_is_no_yes_while_a_bank_may_take_the_money() -> Change:
    trade = a_disputed_payment(a_case("refund_only"))

    change = trade.ring_case(1)

    nothing_moves(change, trade)
    trade.hear_dispute(trade.dispute("won"))
    assert rows(trade.ring_case(1))[-1:] == ["CASE#01 after_sale.requested.case_unanswered"]
    assert trade.now == T0 + 2_100 + DAY + 3 * DAY
    return change


@story(
    "after_sale.requested.case_unanswered.goods_back",
    to="awaiting_return",
    only="clock",
    then="expect_return",
    clock=7 * DAY,
)
def after_two_days_of_silence_the_buyer_may_send_it_back() -> Change:
    trade = a_case("return_refund")

    change = trade.ring_case(1)

    nothing_moves(change, trade)
    assert trade.now == T0 + 2_100 + 3 * DAY
    return change


@story("after_sale.requested.case_unanswered.sends_goods", to="replacing", only="clock", clock=10 * DAY)
def after_two_days_of_silence_what_was_missing_is_sent_again() -> Change:
    trade = a_case("reship", reason="missing_goods")

    change = trade.ring_case(1, trade.on_the_shelves(SKUS))

    assert (moves(change), trade.state("SUB#03")) == ({"reserve TEA W1": 1}, "awaiting_shipment")
    return change


@story("after_sale.requested.case_unanswered", to="completed", only="clock")
def after_two_days_of_silence_part_of_the_price_goes_back() -> Change:
    trade = a_case("price_reduction", asked_minor=300)

    change = trade.ring_case(1)

    assert entries(change) == {"escrow 01": 300, "refund R01": -300}
    own = trade.row("SUB#01")
    assert (dict(own.reduced), dict(own.waived), own.refunded_goods_minor) == ({"1": 300}, {}, 300)
    assert dict(trade.row("PARCEL#01").contents) == {"1": 2, "2": 1}  # It is kept.
    return change


@story("after_sale.requested.case_refused", to="refused", only="merchant", clock=3 * DAY)
def a_merchant_says_why_not_and_offers_a_repair() -> Change:
    trade = a_case("return_refund")

    change = trade.refuse_case(1, repair=0)

    nothing_moves(change, trade)
    assert (trade.case(1).refusal, dict(trade.case(1).offers)) == ("worn", {"repair": 0})
    return change


@story("after_sale.requested.case_withdrawn", to="closed", only="buyer")
def a_buyer_thinks_better_of_it() -> Change:
    trade = a_case("return_refund")

    change = trade.withdraw(1)

    nothing_moves(change, trade)
    assert (trade.case(1).finished_at, trade.case(1).due_at) == (trade.now, None)
    trade.ask("return_refund", {1: 1})  # It is nobody's case any more.
    return change


@story(
    "after_sale.requested.case_escalated",
    to="disputed",
    only="buyer merchant",
    then="judge_case",
    clock=DAY,
)
def a_merchant_calls_the_platform_at_once() -> Change:
    trade = a_case("refund_only")

    change = trade.call_platform(1, trade.seller(1))

    nothing_moves(change, trade)
    assert change.note == {"case": 1, "reason": "no_agreement"}
    return change


# --- refused ---


@story(
    "after_sale.refused.alternative_accepted.goods_back",
    to="awaiting_return",
    only="buyer",
    then="expect_return",
    clock=7 * DAY,
)
def a_buyer_takes_the_repair_and_sends_it_in() -> Change:
    trade = a_refused_case()

    change = trade.accept(1, "repair")

    nothing_moves(change, trade)
    assert trade.case(1).kind == "repair"
    return change


@story("after_sale.refused.alternative_accepted.sends_goods", to="replacing", only="buyer", clock=10 * DAY)
def a_buyer_would_rather_have_another_one_sent() -> Change:
    trade = a_refused_case(reship=0)

    change = trade.accept(1, "reship", trade.on_the_shelves(SKUS))

    assert (moves(change), entries(change)) == ({"reserve TEA W1": 1}, {})
    assert (trade.case(1).kind, trade.case(1).replacement) == ("reship", 3)
    return change


@story("after_sale.refused.alternative_accepted", to="completed", only="buyer")
def a_buyer_takes_part_of_the_price_and_keeps_it() -> Change:
    trade = a_refused_case("return_refund", price_reduction=250)

    change = trade.accept(1, "price_reduction")

    assert entries(change) == {"escrow 01": 250, "refund R01": -250}
    assert (trade.case(1).kind, trade.case(1).finished_at) == ("price_reduction", trade.now)
    return change


@story("after_sale.refused.case_withdrawn", to="closed", only="buyer")
def a_buyer_gives_in_to_a_refusal() -> Change:
    trade = a_refused_case()

    change = trade.withdraw(1)

    nothing_moves(change, trade)
    return change


@story("after_sale.refused.case_escalated", to="disputed", only="buyer", then="judge_case", clock=DAY)
def a_buyer_does_not_agree_with_a_refusal() -> Change:
    trade = a_refused_case()

    change = trade.call_platform(1)

    nothing_moves(change, trade)
    return change


@story("after_sale.refused.case_expired", to="closed", only="clock")
def a_buyer_lets_a_refusal_stand_for_three_days() -> Change:
    trade = a_refused_case()

    change = trade.ring_case(1)

    nothing_moves(change, trade)
    assert trade.case(1).finished_at == T0 + 2_100 + 4 * DAY
    return change
