"""Each invariant is broken on purpose, and says so. An invariant that nothing breaks proves nothing."""

import pytest

from local.demo.invariants import INVARIANTS, violations_in
from tests.demo import (  # noqa: F401  # Their ways to break are noted when they are read.
    money_breaks,
    price_breaks,
    return_breaks,
    share_breaks,
    shipping_breaks,
)
from tests.demo.breaking import BREAKS, breaks, first_line
from tests.demo.conftest import LATE, NEVER, PARTLY_CANCELLED, RECEIPT_BY_CLOCK, TWO_MERCHANTS, WRONG_CURRENCY


@breaks("every state is legal")
def a_parcel_is_lost_in_no_state(world, order_of):
    order_of(TWO_MERCHANTS).rows["PARCEL#01"]["state"] = "lost"


@breaks("the version counts the events")
def an_event_is_missing(world, order_of):
    del order_of(TWO_MERCHANTS).rows["#EVENT#00000002"]


@breaks("the version counts the events")
def the_version_ran_ahead(world, order_of):
    order_of(NEVER).order["version"] += 1


@breaks("the version counts the events")
def rows_have_no_order(world, order_of):
    world.headless.append("01HF7YAT000000000000000000")


@breaks("every step is a row of its table")
def a_step_is_no_row(world, order_of):
    order_of(TWO_MERCHANTS).rows["#EVENT#00000001"]["steps"][0]["row"] = "order.start.order_found"


@breaks("every step is a row of its table")
def a_step_was_taken_twice(world, order_of):
    event = order_of(TWO_MERCHANTS).rows["#EVENT#00000003"]
    event["steps"].append(event["steps"][0])


@breaks("every step is a row of its table")
def somebody_else_took_a_step(world, order_of):
    order_of(TWO_MERCHANTS).rows["#EVENT#00000001"]["actor"] = "support"


@breaks("every step is a row of its table")
def a_state_was_assigned(world, order_of):
    order_of(TWO_MERCHANTS).rows["SUB#01"]["state"] = "awaiting_receipt"


@breaks("the order's state folds its parts'")
def the_order_says_what_its_parts_do_not(world, order_of):
    order_of(TWO_MERCHANTS).order["stage"] = "awaiting_receipt"


@breaks("quantities add up")
def a_unit_is_in_no_parcel(world, order_of):
    contents = order_of(TWO_MERCHANTS).rows["PARCEL#01"]["contents"]
    contents[next(iter(contents))] -= 1


@breaks("quantities add up")
def more_was_promised_than_bought(world, order_of):
    first_line(order_of(NEVER))[10][0][1] += 1


@breaks("amounts add up")
def a_parcel_is_worth_a_penny_more(world, order_of):
    order_of(TWO_MERCHANTS).rows["PARCEL#01"]["goods_minor"] += 1


@breaks("amounts add up")
def a_line_costs_a_penny_more(world, order_of):
    first_line(order_of(TWO_MERCHANTS))[8] += 1


@breaks("amounts add up")
def the_order_costs_a_penny_more(world, order_of):
    order_of(NEVER).order["payable_minor"] += 1


@breaks("amounts add up")
def freight_is_forgotten(world, order_of):
    order_of(NEVER).rows["SUB#01"]["payable_minor"] -= 800


@breaks("siblings share one fate")
def one_sibling_is_still_unpaid(world, order_of):
    order_of(TWO_MERCHANTS).rows["SUB#02"]["state"] = "awaiting_payment"


@breaks("siblings share one fate")
def a_part_survives_its_cancelled_order(world, order_of):
    order_of(NEVER).rows["SUB#01"]["state"] = "awaiting_payment"


@breaks("siblings share one fate")
def a_part_of_an_unpaid_order_is_paid(world, order_of):
    order_of(RECEIPT_BY_CLOCK).order["state"] = "pending_payment"


@breaks("captured is payable, once")
def a_penny_less_was_captured(world, order_of):
    order_of(TWO_MERCHANTS).order["captured_minor"] -= 1


@breaks("captured is payable, once")
def the_winning_payment_was_another_amount(world, order_of):
    order_of(TWO_MERCHANTS).rows["PAY#01"]["amount_minor"] -= 1


@breaks("a transaction is booked once")
def two_orders_booked_one_transaction(world, order_of):
    one, other = _paid_event(order_of(TWO_MERCHANTS)), _paid_event(order_of(RECEIPT_BY_CLOCK))
    one["note"] |= {name: other["note"][name] for name in ("provider", "transaction_id")}


@breaks("cancelled means refunded")
def a_cancelled_order_keeps_money(world, order_of):
    whole = order_of(PARTLY_CANCELLED)
    for sub_order in whole.of("SUB"):
        sub_order["state"] = "cancelled"


@breaks("cancelled means refunded")
def late_money_does_not_go_back(world, order_of):
    del order_of(LATE).rows["REFUND#01"]


@breaks("nothing ships unpaid")
def goods_left_a_cancelled_order(world, order_of):
    order_of(TWO_MERCHANTS).order["state"] = "cancelled"


@breaks("nothing ships unpaid")
def goods_left_before_the_payment(world, order_of):
    _paid_event(order_of(TWO_MERCHANTS))["event"] = "payment_failed"


@breaks("what the provider captured is booked")
def the_provider_holds_money_that_we_never_booked(world, order_of):
    reference = order_of(NEVER).rows["PAY#01"]["reference"]
    world.books[reference] |= {"captured": 100, "currency": "CNY"}


@breaks("what the provider captured is booked")
def the_provider_never_had_what_we_booked(world, order_of):
    del world.books[order_of(TWO_MERCHANTS).rows["PAY#01"]["reference"]]


@breaks("refunds stay within captures")
def more_is_promised_back_than_was_reserved(world, order_of):
    order_of(PARTLY_CANCELLED).rows["REFUND#01"]["amount_minor"] += 1


@breaks("refunds stay within captures")
def a_part_notes_another_refund(world, order_of):
    order_of(PARTLY_CANCELLED).rows["SUB#01"]["refunded_goods_minor"] += 1


@breaks("refunds stay within captures")
def a_cancelled_unit_is_not_refunded(world, order_of):
    cancelled = order_of(PARTLY_CANCELLED).rows["SUB#01"]["cancelled"]
    cancelled[next(iter(cancelled))] += 1


@breaks("no refund is forgotten")
def a_refund_waits_for_nobody(world, order_of):
    order_of(PARTLY_CANCELLED).rows["REFUND#01"]["state"] = "submitted"


@breaks("refunds agree with the provider")
def the_provider_refunded_another_amount(world, order_of):
    world.books[order_of(PARTLY_CANCELLED).rows["PAY#01"]["reference"]]["refunded"] += 1


@breaks("vouchers balance")
def a_voucher_makes_a_penny(world, order_of):
    world.vouchers[0]["entries"][0][1] += 1


@breaks("vouchers match the history")
def a_voucher_exists_twice(world, order_of):
    world.vouchers.append(world.vouchers[0])


@breaks("vouchers match the history")
def a_voucher_is_missing(world, order_of):
    world.vouchers.remove(_captured(world, order_of(TWO_MERCHANTS)))


@breaks("vouchers match the history")
def a_voucher_belongs_to_no_event(world, order_of):
    _captured(world, order_of(TWO_MERCHANTS))["sk"] = "VOUCHER#00000099"


@breaks("clearing is the provider's account")
def clearing_holds_what_the_provider_does_not(world, order_of):
    _captured(world, order_of(TWO_MERCHANTS))["entries"][0][1] += 1


@breaks("clearing is the provider's account")
def a_fen_lies_at_another_provider(world, order_of):
    """Both together, they are right."""
    [account, amount] = _captured(world, order_of(TWO_MERCHANTS))["entries"][0]
    assert (account, amount > 1) == ("clearing:wechatpay", True)
    _captured(world, order_of(TWO_MERCHANTS))["entries"][0][1] -= 1
    _captured(world, order_of(TWO_MERCHANTS))["entries"].append(["clearing:alipay", 1])


@breaks("escrow holds what is kept")
def escrow_keeps_what_was_settled(world, order_of):
    [settled] = _vouchers(world, order_of(RECEIPT_BY_CLOCK), "settled")
    world.vouchers.remove(settled)


@breaks("counters follow the movements")
def a_unit_appears_on_a_shelf(world, order_of):
    _first_level(world)["available"] += 1


@breaks("counters follow the movements")
def a_movement_is_not_noted(world, order_of):
    world.moves.pop()


@breaks("sold is what left")
def a_unit_is_sold_that_never_left(world, order_of):
    _first_level(world)["sold"] += 1


@breaks("no counter is negative")
def a_counter_falls_below_zero(world, order_of):
    _first_level(world)["available"] = -1


@breaks("reserved is what orders wait for")
def a_unit_is_reserved_for_nobody(world, order_of):
    _first_level(world)["reserved"] += 1


@breaks("complete means settled, once")
def a_completed_part_is_never_settled(world, order_of):
    del order_of(RECEIPT_BY_CLOCK).rows["SETTLE#01"]


@breaks("complete means settled, once")
def a_settlement_pays_a_penny_more(world, order_of):
    order_of(RECEIPT_BY_CLOCK).rows["SETTLE#01"]["amount_minor"] += 1


@breaks("complete means settled, once")
def a_settlement_is_for_no_part(world, order_of):
    rows = order_of(RECEIPT_BY_CLOCK).rows
    rows["SETTLE#07"] = rows["SETTLE#01"] | {"number": 7}


@breaks("merchants get what is settled")
def a_part_was_settled_twice(world, order_of):
    world.vouchers.extend(_vouchers(world, order_of(RECEIPT_BY_CLOCK), "settled"))


@breaks("what waits has a deadline")
def a_waiting_settlement_has_no_clock(world, order_of):
    order_of(RECEIPT_BY_CLOCK).rows["SETTLE#01"]["state"] = "waiting"


@breaks("what waits has a deadline")
def a_finished_order_has_a_clock(world, order_of):
    order_of(NEVER).order["due_at"] = world.now + 60


@breaks("no deadline is missed")
def a_deadline_passed_unnoticed(world, order_of):
    order_of(NEVER).order["due_at"] = world.now - 121


@breaks("effects are finished")
def an_effect_was_never_finished(world, order_of):
    order_of(WRONG_CURRENCY).rows["#EVENT#00000001"]["unfinished_since"] = world.now - 301


@breaks("nothing is dead or lost")
def a_letter_is_dead(world, order_of):
    world.queued[next(iter(world.queued))] = 1


@pytest.mark.parametrize(("says", "break_it"), BREAKS)
def test_the_broken_world_is_reported(says, break_it, world, order_of):
    break_it(world, order_of)

    assert any(f" {says}: " in found for found in violations_in(world))


def test_every_invariant_is_broken_by_something():
    assert {invariant.says for invariant in INVARIANTS} == {broken.values[0] for broken in BREAKS}


def test_a_world_that_makes_sense_has_no_violations(found, world):
    assert found == []
    assert violations_in(world) == []


def _paid_event(whole):
    [event] = [event for event in whole.of("#EVENT") if event["event"] == "payment_succeeded"]
    return event


def _vouchers(world, whole, kind):
    return [v for v in world.vouchers if v.get("order_id") == whole.order_id and v["kind"] == kind]


def _captured(world, whole):
    [voucher] = _vouchers(world, whole, "captured")
    return voucher


def _first_level(world):
    return next(iter(world.stock[0]["warehouses"].values()))
