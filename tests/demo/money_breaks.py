"""Money, broken on purpose. ``test_invariants`` lets each of them be found."""

from tests.demo.breaking import breaks
from tests.demo.conftest import (
    BOTH_PAID,
    BY_HAND,
    CHARGEBACK_LOST,
    CHARGEBACK_WON,
    COVERED,
    FAVOUR,
    FAVOUR_REFUSED,
    HALF,
    LOST_LATE,
    NEVER,
    OTHER_ACCOUNT,
    PAID_BY_BANK,
    RETRIED,
    TWO_MERCHANTS,
    WRONG_CURRENCY,
)


@breaks("statements are what accounts did")
def a_line_says_a_fen_more(world, order_of):
    _stated(world)["lines"][0][1] += 1


@breaks("statements are what accounts did")
def a_statement_is_missing(world, order_of):
    world.statements.remove(next(row for row in world.statements if row["sk"].startswith("STATEMENT#")))


@breaks("statements are what accounts did")
def a_statement_moved_money_of_its_own(world, order_of):
    made_up = {"pk": _stated(world)["pk"], "sk": "VOUCHER#S00000099"}
    merchant = made_up["pk"].split("#")[1]
    world.statements.append(made_up | {"entries": [[f"merchant:{merchant}", 1], ["bank", -1]]})


@breaks("every voucher is stated once")
def a_settlement_is_on_no_statement(world, order_of):
    del _stated(world)["lines"][0]


@breaks("every voucher is stated once")
def a_settlement_is_on_two_statements(world, order_of):
    found = _stated(world)
    world.statements.append(found | {"sk": "LINES#00000099#0001"})


def _stated(world):
    """Lines of some statement."""
    return next(row for row in world.statements if row["sk"].startswith("LINES#") and row["lines"])


@breaks("captured is payable, once")
def two_payments_paid_one_order(world, order_of):
    order_of(BOTH_PAID).rows["PAY#01"]["state"] = "succeeded"


@breaks("cancelled means refunded")
def the_second_payment_is_kept(world, order_of):
    del order_of(BOTH_PAID).rows["REFUND#01"]


@breaks("cancelled means refunded")
def what_came_in_part_is_neither_held_nor_sent_back(world, order_of):
    order_of(HALF).rows["PAY#01"]["captured_minor"] += 1


@breaks("what the provider captured is booked")
def a_coupon_was_taken_for_less_money(world, order_of):
    order_of(TWO_MERCHANTS).rows["PAY#01"]["captured_minor"] -= 1


@breaks("what the provider captured is booked")
def euros_are_booked_as_yuan(world, order_of):
    world.books[order_of(WRONG_CURRENCY).rows["PAY#01"]["reference"]]["currency"] = "CNY"


@breaks("refunds stay within captures")
def a_favour_is_not_noted_on_its_part(world, order_of):
    order_of(FAVOUR).rows["SUB#01"]["given_back_minor"] -= 1


@breaks("refunds stay within captures")
def a_favour_that_failed_is_still_taken_off(world, order_of):
    order_of(FAVOUR_REFUSED).order["refund_reserved_minor"] += 1


@breaks("refunds stay within captures")
def nobody_bears_a_lost_chargeback(world, order_of):
    whole = order_of(CHARGEBACK_LOST)
    whole.order["refund_reserved_minor"] -= whole.rows["DISPUTE#01"]["borne_minor"]


@breaks("refunds stay within captures")
def a_part_bears_a_fen_of_another_s_chargeback(world, order_of):
    order_of(CHARGEBACK_LOST).rows["SUB#01"]["given_back_minor"] -= 1


@breaks("refunds stay within captures")
def a_payment_may_be_refunded_twice(world, order_of):
    order_of(RETRIED).rows["PAY#01"]["refund_reserved_minor"] = 0


@breaks("refunds stay within captures")
def a_refund_by_hand_can_be_asked_back_once_more(world, order_of):
    order_of(BY_HAND).rows["PAY#01"]["refund_reserved_minor"] -= 1


@breaks("refunds stay within captures")
def a_refund_that_the_bank_covered_goes_out_as_well(world, order_of):
    order_of(COVERED).rows["REFUND#01"]["state"] = "succeeded"


@breaks("what is open is asked about")
def an_open_page_is_never_asked_about(world, order_of):
    payment = order_of(NEVER).rows["PAY#01"]
    payment["state"] = "open"
    payment.pop("ask_at", None)


@breaks("what is open is asked about")
def a_question_is_overdue(world, order_of):
    order_of(NEVER).rows["PAY#01"]["ask_at"] = world.now - 901


@breaks("what is open is asked about")
def a_message_is_parked_for_ever(world, order_of):
    row = world.parked[0]
    del row["state"]


@breaks("refunds agree with the provider")
def a_bank_transfer_is_taken_for_a_refund_of_the_provider(world, order_of):
    order_of(PAID_BY_BANK).rows["REFUND#01"]["paid_otherwise"] = ""


@breaks("disputes agree with the provider")
def a_bank_took_more_than_we_booked(world, order_of):
    world.books[order_of(CHARGEBACK_WON).rows["PAY#01"]["reference"]]["withdrawn"] += 1


@breaks("disputes agree with the provider")
def what_a_bank_gave_back_is_not_booked(world, order_of):
    order_of(CHARGEBACK_WON).rows["DISPUTE#01"]["reinstated_minor"] -= 1


@breaks("WeChat Pay is asked one at a time")
def wechat_pay_is_asked_twice_in_a_minute(world, order_of):
    one = next(r for r in world.sent_back if r["provider"] == "wechatpay" and "R" in r["number"])
    world.sent_back.append(one | {"number": f"{one['number']}x2", "at": one["at"] + 59})


@breaks("what is disputed waits")
def a_disputed_order_was_settled(world, order_of):
    whole = order_of(CHARGEBACK_WON)
    [settled] = [e for e in whole.of("#EVENT") if any("settlement_due" in s["row"] for s in _moves(e))]
    settled["at"] = whole.rows["DISPUTE#01"]["opened_at"] + 1


def _moves(event):
    return [step for step in event["steps"] if not step["row"].endswith("disputed")]


@breaks("what is disputed waits")
def a_disputed_order_was_received_by_time(world, order_of):
    whole = order_of(CHARGEBACK_WON)
    received = whole.of("#EVENT")[-2]
    received |= {"event": "receipt_timed_out", "at": whole.rows["DISPUTE#01"]["opened_at"] + 1}


@breaks("vouchers match the history")
def a_chargeback_was_lost_without_a_voucher(world, order_of):
    [lost] = _vouchers(world, order_of(CHARGEBACK_LOST), "dispute_withdrawn")
    world.vouchers.remove(lost)


@breaks("money elsewhere is what was told")
def money_in_another_account_is_taken_for_ours(world, order_of):
    [voucher] = _vouchers(world, order_of(OTHER_ACCOUNT), "quarantined")
    voucher["entries"][0][0] = "clearing:alipay"


@breaks("clearing is the provider's account")
def money_elsewhere_is_booked_here(world, order_of):
    [voucher] = _vouchers(world, order_of(OTHER_ACCOUNT), "quarantined")
    voucher["entries"][0][0] = "clearing:alipay"


@breaks("quarantine is what people must judge")
def what_nobody_knows_is_spent(world, order_of):
    [voucher] = [v for v in world.vouchers if v["voucher_id"].startswith("parked-stripe")]
    voucher["entries"][1][0] = "merchant:m-toys"


@breaks("quarantine is what people must judge")
def a_foreign_currency_is_kept_twice(world, order_of):
    world.vouchers.extend(_vouchers(world, order_of(WRONG_CURRENCY), "quarantined"))


@breaks("the bank paid what people sent")
def a_bank_transfer_is_not_booked(world, order_of):
    [voucher] = _vouchers(world, order_of(PAID_BY_BANK), "refund_paid_otherwise")
    world.vouchers.remove(voucher)


@breaks("promises are held")
def a_promise_is_kept_in_no_account(world, order_of):
    order_of(RETRIED).rows["REFUND#01"]["state"] = "needs_action"


@breaks("promises are held")
def a_lost_chargeback_is_still_undecided(world, order_of):
    order_of(CHARGEBACK_LOST).rows["DISPUTE#01"]["state"] = "pending"


@breaks("promises are held")
def half_a_payment_is_held_for_ever(world, order_of):
    order_of(HALF).rows["PAY#01"]["held_minor"] = 1


@breaks("promises are held")
def nobody_is_said_to_bear_a_chargeback(world, order_of):
    [voucher] = _vouchers(world, order_of(CHARGEBACK_LOST), "dispute_lost")
    voucher["entries"][0][0] = f"claim:{order_of(CHARGEBACK_LOST).order_id}"


@breaks("escrow holds what is kept")
def escrow_keeps_what_the_bank_took(world, order_of):
    [voucher] = _vouchers(world, order_of(CHARGEBACK_LOST), "dispute_lost")
    world.vouchers.remove(voucher)


@breaks("complete means settled, once")
def a_merchant_keeps_what_the_bank_took_later(world, order_of):
    [voucher] = _vouchers(world, order_of(LOST_LATE), "dispute_lost")
    world.vouchers.remove(voucher)


@breaks("complete means settled, once")
def a_merchant_owes_what_was_never_paid_out(world, order_of):
    order_of(LOST_LATE).rows["SETTLE#01"]["state"] = "waiting"


def _vouchers(world, whole, kind):
    return [v for v in world.vouchers if v.get("order_id") == whole.order_id and v["kind"] == kind]
