"""Prices and wallets, broken on purpose. ``test_invariants`` lets each of them be found."""

from tests.demo.breaking import breaks, first_line
from tests.demo.conftest import CUSTOMS_AGAIN, GOLD, LIMITED, NEVER, REJECTED, TWO_MERCHANTS


@breaks("price steps add up")
def a_line_begins_at_another_price(world, order_of):
    first_line(order_of(GOLD))[6] += 1


@breaks("price steps add up")
def a_step_takes_off_a_penny_more(world, order_of):
    first_line(order_of(GOLD))[7][-1][1] -= 1


@breaks("price steps add up")
def a_step_has_no_name_that_there_is(world, order_of):
    first_line(order_of(GOLD))[7].append(["kindness", 0])


@breaks("price steps add up")
def steps_stand_in_another_order(world, order_of):
    first_line(order_of(GOLD))[7].insert(1, ["points", 0])


@breaks("price steps add up")
def a_line_is_below_nothing_on_its_way(world, order_of):
    line = first_line(order_of(GOLD))
    line[7][1][1] -= 10**6
    line[7].append(["points", 10**6])


@breaks("children carry what the order used")
def a_coupon_takes_off_more_than_its_lines_say(world, order_of):
    order_of(GOLD).snapshot["coupons"][0][3] += 1


@breaks("children carry what the order used")
def a_point_is_on_nofirst_line(world, order_of):
    order_of(GOLD).snapshot["points"] += 1


@breaks("children carry what the order used")
def freight_is_not_what_its_steps_say(world, order_of):
    order_of(GOLD).rows["SUB#01"]["freight_minor"] += 1


@breaks("somebody else comes to the same price")
def a_penny_of_a_discount_moved_to_anotherfirst_line(world, order_of):
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
    first_line(order_of(NEVER))[9] += 1


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


def _wallet(world, whole):
    return world.wallets[whole.order["buyer_id"]]


def _coupon(world, whole):
    [coupon_id, *_] = whole.snapshot["coupons"][0]
    return _wallet(world, whole)[f"COUPON#{coupon_id}"]
