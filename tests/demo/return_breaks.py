"""The way back, broken on purpose. ``test_invariants`` lets each of them be found."""

from tests.demo.breaking import breaks
from tests.demo.conftest import (
    ADVANCED_RIGHT,
    ADVANCED_WRONG,
    ALL_OF_IT,
    BAD,
    COMPENSATED,
    EXCHANGED,
    LESS,
    PAID_BY_BANK,
    REPAIRED,
    SILENT_MERCHANT,
    UNRECEIVED,
    WORN,
)


@breaks("cases are about what was bought")
def more_is_asked_back_than_was_bought(world, order_of):
    case = order_of(ALL_OF_IT).rows["CASE#01"]
    case["units"]["1"] += 1
    case["sources"]["1"]["1"] += 1


@breaks("cases are about what was bought")
def a_case_is_about_units_that_no_parcel_held(world, order_of):
    order_of(WORN).rows["CASE#01"]["units"]["1"] += 1


@breaks("cases are about what was bought")
def a_case_is_about_another_part(world, order_of):
    case = order_of(EXCHANGED).rows["CASE#01"]
    case["sub_order"] = 2


@breaks("inspections count what was sent")
def more_was_counted_than_was_sent(world, order_of):
    order_of(ALL_OF_IT).rows["CASE#01"]["counted"]["1"]["good"] += 1


@breaks("inspections count what was sent")
def a_grade_is_made_up(world, order_of):
    order_of(ALL_OF_IT).rows["CASE#01"]["counted"]["1"] = {"fine": 1}


@breaks("inspections count what was sent")
def goods_are_worth_more_than_they_cost(world, order_of):
    order_of(WORN).rows["CASE#01"]["rates"]["1"] = 101


@breaks("requests are in their window")
def a_request_came_at_the_midnight_after_the_seventh_day(world, order_of):
    whole = order_of(ALL_OF_IT)
    received = whole.rows["SUB#01"].setdefault("completed_at", whole.rows["CASE#01"]["opened_at"])
    eight_days_in_china = (received + 8 * 3600) // 86_400 + 8
    whole.rows["CASE#01"]["opened_at"] = eight_days_in_china * 86_400 - 8 * 3600


@breaks("requests are in their window")
def excluded_goods_came_back_without_a_reason(world, order_of):
    whole = order_of(ALL_OF_IT)
    whole.snapshot["returns"] = {"": {"is_returnable": False}}


@breaks("what is wrong was shown")
def nobody_has_seen_what_is_bad(world, order_of):
    order_of(BAD).rows["CASE#01"]["evidence"] = []


@breaks("what is wrong was shown")
def a_photo_was_never_uploaded(world, order_of):
    whole = order_of(BAD)
    [photo] = [row for sk, row in whole.rows.items() if sk.startswith("#EVIDENCE#")]
    photo["state"] = "offered"


@breaks("goods come before money")
def money_went_back_before_the_goods_did(world, order_of):
    for event in order_of(ALL_OF_IT).of("#EVENT"):
        if event["event"] == "goods_inspected":
            event["event"] = "case_approved"


@breaks("goods come before money")
def nothing_was_counted_and_all_of_it_paid(world, order_of):
    order_of(ALL_OF_IT).rows["CASE#01"]["counted"] = {}


@breaks("silence takes its time")
def silence_was_a_yes_too_soon(world, order_of):
    [event] = [e for e in order_of(SILENT_MERCHANT).of("#EVENT") if e["event"] == "case_unanswered"]
    event["at"] -= 3_700


@breaks("nothing ends while a case is open")
def a_part_was_settled_before_its_case_was_over(world, order_of):
    events = order_of(WORN).of("#EVENT")
    [settled] = [e for e in events if _has(e, "settlement.waiting.settlement_due")]
    [asked] = [e for e in events if e["event"] == "case_approved"]
    asked["steps"] += settled["steps"]


@breaks("nothing ends while a case is open")
def a_part_was_received_by_the_clock_before_its_case_was_over(world, order_of):
    [asked] = [e for e in order_of(UNRECEIVED).of("#EVENT") if e["event"] == "case_approved"]
    asked["steps"].append({"row": "sub_order.delivered.receipt_timed_out", "subject": "SUB#01"})


def _has(event, row):
    return any(step["row"] == row for step in event["steps"])


@breaks("cases end once")
def a_case_is_over_and_nobody_knows_when(world, order_of):
    del order_of(WORN).rows["CASE#01"]["finished_at"]


@breaks("cases end once")
def a_case_ended_with_a_refund_that_there_is_not(world, order_of):
    order_of(WORN).rows["CASE#01"]["refund"] = 7


@breaks("cases end once")
def a_case_waits_for_what_has_come_long_ago(world, order_of):
    case = order_of(EXCHANGED).rows["CASE#01"]
    case["state"] = "replacing"
    del case["finished_at"]


@breaks("cases end once")
def a_case_was_made_good_by_what_is_another_s(world, order_of):
    order_of(REPAIRED).rows["SUB#02"]["case"] = 9


@breaks("cases give what goods are worth")
def a_fen_too_much_went_back_for_goods(world, order_of):
    order_of(WORN).rows["REFUND#01"]["parts"][0][1] += 1


@breaks("cases give what goods are worth")
def worn_goods_were_paid_back_whole(world, order_of):
    order_of(WORN).rows["CASE#01"]["rates"] = {}


@breaks("cases give what goods are worth")
def a_price_was_reduced_by_more_than_was_agreed(world, order_of):
    order_of(LESS).rows["CASE#01"]["asked_minor"] -= 1


@breaks("cases give what goods are worth")
def goods_came_back_for_nothing(world, order_of):
    order_of(WORN).rows["CASE#01"]["refund"] = 0


@breaks("what is all gone is closed")
def a_part_of_which_nothing_is_left_goes_on(world, order_of):
    order_of(ALL_OF_IT).rows["SUB#01"]["state"] = "completed"


@breaks("what is all gone is closed")
def a_fen_is_kept_of_what_is_all_gone(world, order_of):
    order_of(ALL_OF_IT).rows["SUB#01"]["refunded_goods_minor"] -= 1


@breaks("the pool bears what nobody owed")
def an_advance_was_never_booked(world, order_of):
    case = order_of(ADVANCED_WRONG)
    world.vouchers[:] = [v for v in world.vouchers if not _is_advance(v, case.order_id)]


@breaks("the pool bears what nobody owed")
def what_a_merchant_owed_the_pool_was_not_recovered(world, order_of):
    order_id = order_of(ADVANCED_RIGHT).order_id
    for voucher in world.vouchers:
        if voucher.get("order_id") == order_id and not _is_advance(voucher, order_id):
            for entry in voucher["entries"]:
                entry[0] = entry[0].replace("pool:compensation", "merchant:m-homeware")


def _is_advance(voucher, order_id):
    paid = [amount for account, amount in voucher["entries"] if account == "pool:compensation"]
    return voucher.get("order_id") == order_id and bool(paid) and min(paid) > 0


@breaks("compensation is given in points")
def a_compensation_is_a_point_short(world, order_of):
    order_of(COMPENSATED).rows["CASE#01"]["points"] -= 1


@breaks("compensation is given in points")
def points_were_given_that_nobody_booked(world, order_of):
    [voucher] = [v for v in world.vouchers if v["kind"] == "compensated"]
    world.vouchers.remove(voucher)


@breaks("points add up")
def a_member_has_points_that_nobody_gave(world, order_of):
    member = order_of(COMPENSATED).order["buyer_id"]
    world.wallets[member]["MEMBER"]["points"] += 1


@breaks("returns are counted")
def an_exchanged_unit_is_on_no_shelf(world, order_of):
    counted = order_of(EXCHANGED).rows["CASE#01"]["counted"]["1"]
    counted["good"] = counted.get("good", 0) + 1


@breaks("sold is what left")
def a_returned_unit_is_with_its_buyer_all_the_same(world, order_of):
    parcel = order_of(WORN).rows["PARCEL#01"]
    parcel["contents"]["1"] = parcel["contents"].get("1", 0) + 1


@breaks("quantities add up")
def a_replacement_stands_in_for_nobody(world, order_of):
    order_of(EXCHANGED).rows["CASE#01"]["replacement"] = 0


@breaks("amounts add up")
def what_was_taken_off_is_paid_for_twice(world, order_of):
    order_of(WORN).rows["SUB#01"]["withheld_minor"] = 0


@breaks("entries are somebody's")
def an_entry_belongs_to_nobody(world, order_of):
    world.register[0]["owner"] = "nobody"


@breaks("entries are somebody's")
def an_entry_has_no_playbook(world, order_of):
    world.register[0]["kind"] = "bad_luck"


@breaks("entries are somebody's")
def an_entry_is_closed_and_nobody_says_why(world, order_of):
    closed = next(entry for entry in world.register if entry["state"] == "closed")
    closed["resolved_by"] = closed["closed_by"] = ""


@breaks("entries are somebody's")
def an_entry_is_late_and_nobody_noticed(world, order_of):
    entry = world.register[0]
    entry["state"], entry["due_at"] = "open", world.now - 9 * 86_400


@breaks("what lasts is registered")
def a_refund_that_failed_is_on_nobody_s_list(world, order_of):
    order_of(PAID_BY_BANK).rows["REFUND#01"]["state"] = "needs_action"
    world.register[:] = [e for e in world.register if e.get("order_id") != order_of(PAID_BY_BANK).order_id]


@breaks("every state is legal")
def a_case_is_in_no_state(world, order_of):
    order_of(WORN).rows["CASE#01"]["state"] = "lost"


@breaks("what waits has a deadline")
def an_open_case_has_no_clock(world, order_of):
    order_of(WORN).rows["CASE#01"]["state"] = "assessed"
