"""Each invariant is broken on purpose, and says so. An invariant that nothing breaks proves nothing."""

import pytest

from local.demo.invariants import INVARIANTS, violations_in
from tests.demo.conftest import (
    CUSTOMS_AGAIN,
    GOLD,
    LATE,
    LIMITED,
    NEVER,
    PARTLY_CANCELLED,
    RECEIPT_BY_CLOCK,
    REJECTED,
    TWO_MERCHANTS,
    WRONG_CURRENCY,
)

BREAKS = []


def breaks(says):
    """The function breaks the invariant that says this."""

    def noted(function):
        BREAKS.append(pytest.param(says, function, id=function.__name__))
        return function

    return noted


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
    _line(order_of(NEVER))[10][0][1] += 1


@breaks("amounts add up")
def a_parcel_is_worth_a_penny_more(world, order_of):
    order_of(TWO_MERCHANTS).rows["PARCEL#01"]["goods_minor"] += 1


@breaks("amounts add up")
def a_line_costs_a_penny_more(world, order_of):
    _line(order_of(TWO_MERCHANTS))[8] += 1


@breaks("amounts add up")
def the_order_costs_a_penny_more(world, order_of):
    order_of(NEVER).order["payable_minor"] += 1


@breaks("amounts add up")
def freight_is_forgotten(world, order_of):
    order_of(NEVER).rows["SUB#01"]["payable_minor"] -= 800


@breaks("price steps add up")
def a_line_begins_at_another_price(world, order_of):
    _line(order_of(GOLD))[6] += 1


@breaks("price steps add up")
def a_step_takes_off_a_penny_more(world, order_of):
    _line(order_of(GOLD))[7][-1][1] -= 1


@breaks("price steps add up")
def a_step_has_no_name_that_there_is(world, order_of):
    _line(order_of(GOLD))[7].append(["kindness", 0])


@breaks("price steps add up")
def steps_stand_in_another_order(world, order_of):
    _line(order_of(GOLD))[7].insert(1, ["points", 0])


@breaks("price steps add up")
def a_line_is_below_nothing_on_its_way(world, order_of):
    line = _line(order_of(GOLD))
    line[7][1][1] -= 10**6
    line[7].append(["points", 10**6])


@breaks("children carry what the order used")
def a_coupon_takes_off_more_than_its_lines_say(world, order_of):
    order_of(GOLD).snapshot["coupons"][0][3] += 1


@breaks("children carry what the order used")
def a_point_is_on_no_line(world, order_of):
    order_of(GOLD).snapshot["points"] += 1


@breaks("children carry what the order used")
def freight_is_not_what_its_steps_say(world, order_of):
    order_of(GOLD).rows["SUB#01"]["freight_minor"] += 1


@breaks("somebody else comes to the same price")
def a_penny_of_a_discount_moved_to_another_line(world, order_of):
    one, other = order_of(GOLD).rows["LINES#01"]["lines"][:2]
    one[7][1][1] -= 1
    one[8] -= 1
    other[7][1][1] += 1
    other[8] += 1


@breaks("somebody else comes to the same price")
def a_promotion_was_published_otherwise(world, order_of):
    for row in world.catalogue:
        if row["pk"] == "PROMOTION#kitchen-tiers" and row["sk"].startswith("V#"):
            row["record"]["tiers"][0] |= {"threshold_minor": 1, "off_minor": 1}
            row["record"]["categories"] = []


@breaks("somebody else comes to the same price")
def the_buyer_is_of_another_level(world, order_of):
    order_of(GOLD).snapshot["level"] = "vip"


@breaks("somebody else comes to the same price")
def an_order_goes_by_terms_that_never_were(world, order_of):
    order_of(GOLD).snapshot["terms_version"] = 10**6


@breaks("what was bought was published")
def goods_are_heavier_than_published(world, order_of):
    _line(order_of(NEVER))[9] += 1


@breaks("what was bought was published")
def the_policy_is_not_the_published_one(world, order_of):
    policy = order_of(NEVER).snapshot["policy"]
    policy[:] = [number + 1 for number in policy]


@breaks("what goes back is cumulative")
def points_of_cancelled_goods_stay_with_the_shop(world, order_of):
    for whole in world.orders.values():
        for event in whole.of("#EVENT"):
            event["wallet"] = {
                n: m for n, m in event.get("wallet", {}).items() if n != "points" or m[0] != "give_back"
            }


@breaks("what goes back is cumulative")
def a_rejected_order_keeps_a_penny(world, order_of):
    order_of(REJECTED).order["refund_reserved_minor"] -= 1


@breaks("points add up")
def points_come_out_of_nowhere(world, order_of):
    _wallet(world, order_of(GOLD))["MEMBER"]["points"] += 1


@breaks("points add up")
def points_fall_below_nothing(world, order_of):
    member = _wallet(world, order_of(GOLD))["MEMBER"]
    member["points"], member["points_spent"] = -1, member["points"] + member["points_spent"] + 1


@breaks("points are where orders hold them")
def points_are_locked_by_no_order(world, order_of):
    member = _wallet(world, order_of(GOLD))["MEMBER"]
    member["points_locked"] = member.get("points_locked", 0) + 1
    member["points"] -= 1


@breaks("coupons are where orders hold them")
def a_used_coupon_is_free_again(world, order_of):
    whole = order_of(GOLD)
    coupon = _coupon(world, whole)
    coupon["state"] = "available"
    del coupon["order_id"]


@breaks("coupons are where orders hold them")
def two_living_orders_hold_one_coupon(world, order_of):
    one, other = order_of(GOLD), order_of(TWO_MERCHANTS)
    other.snapshot["coupons"] = one.snapshot["coupons"]
    other.order["buyer_id"] = one.order["buyer_id"]


@breaks("wallets follow their journal")
def a_coupon_is_used_twice(world, order_of):
    [paid] = [event for event in order_of(GOLD).of("#EVENT") if event["event"] == "payment_succeeded"]
    paid["wallet"]["coupons"].append(paid["wallet"]["coupons"][0])


@breaks("limits count living units")
def a_limited_unit_is_not_counted(world, order_of):
    member = _wallet(world, order_of(LIMITED))["MEMBER"]
    member["count:sku:FEW-EACH"] -= 1


@breaks("limits count living units")
def customs_forget_a_penny(world, order_of):
    member = _wallet(world, order_of(CUSTOMS_AGAIN))["MEMBER"]
    [name] = [name for name in member if name.startswith("count:cross_border:")]
    member[name] -= 1


@breaks("issued coupons are counted")
def a_coupon_was_issued_uncounted(world, order_of):
    member = _wallet(world, order_of(GOLD))["MEMBER"]
    member["issued:welcome"] -= 1


@breaks("issued coupons are counted")
def a_budget_did_not_shrink(world, order_of):
    [row] = [row for row in world.catalogue if row["pk"] == "COUPON#welcome" and row["sk"] == "CURRENT"]
    row["left"] += 1


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
    one["note"]["transaction_id"] = other["note"]["transaction_id"]


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
    world.books[reference] |= {"captured": 100, "currency": "GBP"}


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
    world.vouchers.pop()


@breaks("vouchers match the history")
def a_voucher_belongs_to_no_event(world, order_of):
    world.vouchers[0]["sk"] = "VOUCHER#00000099"


@breaks("clearing is the provider's account")
def clearing_holds_what_the_provider_does_not(world, order_of):
    world.vouchers[0]["entries"][0][1] += 1


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


def _line(whole):
    """The first line as it is stored: 6 unit price, 7 steps, 8 payable, 9 weight, 10 allocation."""
    return whole.rows["LINES#01"]["lines"][0]


def _wallet(world, whole):
    return world.wallets[whole.order["buyer_id"]]


def _coupon(world, whole):
    [coupon_id, *_] = whole.snapshot["coupons"][0]
    return _wallet(world, whole)[f"COUPON#{coupon_id}"]


def _paid_event(whole):
    [event] = [event for event in whole.of("#EVENT") if event["event"] == "payment_succeeded"]
    return event


def _vouchers(world, whole, kind):
    return [v for v in world.vouchers if v["order_id"] == whole.order_id and v["kind"] == kind]


def _first_level(world):
    return next(iter(world.stock[0]["warehouses"].values()))
