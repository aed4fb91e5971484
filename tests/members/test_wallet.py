"""Coupons and points in the tables: what is written, once, and what a refusal leaves as it was."""

import pytest

from shared.errors import Conflict, KeyReused, Unavailable
from shared.members.check import wrong_in_wallet
from shared.members.wallet import (
    ClaimClosed,
    CouponLimitReached,
    CouponsGone,
    CouponUnknown,
    GrantReason,
    PointsShort,
    claim_coupon,
    grant_points,
    issue_coupons,
)
from shared.ordering.terms import CouponState
from shared.outside import aws_client
from tests.members.wallets import (
    DAY,
    LI,
    OPERATOR,
    SETTINGS,
    T0,
    WANG,
    a_request,
    a_template,
    counters,
    coupons_in,
    everything,
    items,
    left,
    publish,
    wallet_items,
)

GOODWILL = GrantReason.GOODWILL


def claims(store, key="key-1", caller=LI, now=T0, template="NEW-YEAR", **request):
    return claim_coupon(store, template, now=now, request=a_request(key, caller, **request))


def issues(store, count=1, key="key-1", member="li", now=T0):
    return issue_coupons(store, member, "NEW-YEAR", count=count, now=now, request=a_request(key, OPERATOR))


def grants(store, points, key="key-1", now=T0, **request):
    request = a_request(key, OPERATOR, **request)
    return grant_points(store, "li", points, GOODWILL, now=now, request=request)


def test_a_claimed_coupon_is_a_copy_of_the_template_s_terms(store):
    template = publish(a_template())

    [coupon] = claims(store).coupons

    assert coupon == template.terms._replace(coupon_id=coupon.coupon_id)
    assert coupon.state is CouponState.AVAILABLE
    stored = items()["MEMBER#li", f"COUPON#{coupon.coupon_id}"]
    assert (stored["off_minor"], stored["threshold_minor"], stored["ends_at"]) == (
        2_000,
        10_000,
        T0 + 30 * DAY,
    )
    assert (stored["issued_at"], stored["issued_by"]) == (T0, "li")


def test_a_coupon_s_terms_stay_when_the_template_s_change(store):
    publish(a_template())
    [before] = claims(store).coupons
    publish(a_template(version=2, terms=a_template().terms._replace(off_minor=1)))

    [after] = store.coupons("li", (before.coupon_id,))

    assert after == before
    assert after.off_minor == 2_000


def test_a_coupon_s_number_looks_like_an_order_s_and_sorts_by_time(store):
    publish(a_template())

    numbers = [claims(store, key, now=T0 + second).coupons[0].coupon_id for second, key in enumerate("ba")]

    assert numbers == sorted(numbers)
    assert all(len(number) == 26 and number.startswith("C1MCC5RM") for number in numbers)


def test_a_claim_writes_the_coupon_the_count_and_the_key_and_nothing_else(store):
    publish(a_template(left=10))

    [coupon] = claims(store).coupons

    assert set(items()) == {
        ("MEMBER#li", "MEMBER"),
        ("MEMBER#li", f"COUPON#{coupon.coupon_id}"),
        ("KEY#buyer#li", "KEY#key-1"),
    }
    assert counters() == {"issued:NEW-YEAR": 1}
    assert items()["KEY#buyer#li", "KEY#key-1"]["expires_at"] == T0 + 35 * DAY
    assert left() == 9


def test_a_template_without_a_budget_is_only_read(store):
    publish(a_template())
    before = items(SETTINGS.catalogue_table)

    claims(store)

    assert items(SETTINGS.catalogue_table) == before


def test_a_claim_leaves_the_member_s_points_and_level_alone(store):
    publish(a_template())
    key = {"pk": {"S": "MEMBER#li"}, "sk": {"S": "MEMBER"}}
    known = key | {"level": {"S": "gold"}, "points": {"N": "70"}, "points_spent": {"N": "30"}}
    aws_client("dynamodb").put_item(TableName=SETTINGS.members_table, Item=known)

    claims(store)

    assert counters() == {"level": "gold", "points": 70, "points_spent": 30, "issued:NEW-YEAR": 1}


def test_the_same_request_under_the_same_key_is_one_coupon_and_the_same_answer(store):
    publish(a_template(left=10))
    first = claims(store)
    before = everything()

    again = claims(store, now=T0 + 8 * DAY)  # Even when the window has closed.

    assert (first.is_repeat, again.is_repeat) == (False, True)
    assert again.coupons == first.coupons
    assert everything() == before


def test_a_key_never_stands_for_two_requests(store):
    publish(a_template())
    claims(store)
    before = everything()

    with pytest.raises(KeyReused):
        claims(store, fingerprint="another")
    with pytest.raises(KeyReused):
        claims(store, fingerprint="another", template="MISSING")

    assert everything() == before


def test_two_members_may_choose_the_same_key(store):
    publish(a_template())

    [mine], [theirs] = claims(store).coupons, claims(store, caller=WANG).coupons

    assert mine.coupon_id != theirs.coupon_id
    assert (len(coupons_in("li")), len(coupons_in("wang"))) == (1, 1)


def test_a_refused_claim_writes_nothing_and_leaves_its_key_free(store):
    publish(a_template(left=0))
    before = everything()

    with pytest.raises(CouponsGone):
        claims(store)
    assert everything() == before

    publish(a_template(version=2, left=1))
    assert len(claims(store).coupons) == 1


@pytest.mark.parametrize(
    ("template", "refusal"),
    [
        (a_template(template_id="OTHER"), CouponUnknown),
        (a_template(is_claimable=False), CouponUnknown),
        (a_template(is_retired=True), ClaimClosed),
        (a_template(claim_from=T0 + 1), ClaimClosed),
        (a_template(claim_until=T0), ClaimClosed),
        (a_template(left=0), CouponsGone),
    ],
    ids=["unknown", "not claimable", "retired", "too early", "too late", "gone"],
)
def test_what_may_not_be_claimed_is_refused_and_nothing_changes(store, template, refusal):
    publish(template)
    before = everything()

    with pytest.raises(refusal):
        claims(store)

    assert everything() == before


def test_the_limit_counts_what_was_claimed_and_what_was_issued(store):
    publish(a_template(per_member_limit=3))
    claims(store, "a")
    issues(store, 2, "b")
    before = everything()

    with pytest.raises(CouponLimitReached) as refused:
        claims(store, "c")

    assert refused.value.details == {"limit": 3, "had": 3, "wanted": 1}
    assert everything() == before
    assert len(claims(store, "c", WANG).coupons) == 1


def test_an_operator_issues_ten_at_once_or_none(store):
    publish(a_template(per_member_limit=0, left=15))

    issued = issues(store, 10, "a")
    with pytest.raises(CouponsGone) as refused:
        issues(store, 10, "b", member="wang")

    assert len({coupon.coupon_id for coupon in issued.coupons}) == 10
    assert [f"COUPON#{c.coupon_id}" for c in sorted(issued.coupons)] == coupons_in("li")
    assert refused.value.details == {"left": 5, "wanted": 10}
    assert (coupons_in("wang"), left()) == ([], 5)


def test_coupons_issued_twice_under_one_key_are_issued_once_in_the_same_order(store):
    publish(a_template(per_member_limit=0, left=15))

    first, again = issues(store, 10), issues(store, 10, now=T0 + DAY)

    assert again.coupons == first.coupons
    assert (again.is_repeat, len(coupons_in()), left()) == (True, 10, 5)


def test_a_repeated_answer_tells_what_became_of_the_coupon(store):
    publish(a_template())
    [coupon] = claims(store).coupons
    aws_client("dynamodb").update_item(
        TableName=SETTINGS.members_table,
        Key={"pk": {"S": "MEMBER#li"}, "sk": {"S": f"COUPON#{coupon.coupon_id}"}},
        UpdateExpression="SET #state = :locked, order_id = :order",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":locked": {"S": "locked"}, ":order": {"S": "ORDER-1"}},
    )

    [again] = claims(store).coupons

    assert (again.coupon_id, again.state, again.order_id) == (coupon.coupon_id, "locked", "ORDER-1")


def test_points_are_granted_with_a_row_that_says_why(store):
    granted = grants(store, 500)

    assert (granted.wallet.member.points, granted.is_repeat) == (500, False)
    assert counters() == {"points": 500}
    assert items()["MEMBER#li", f"POINTS#{granted.grant.movement_id}"] == {
        "pk": "MEMBER#li",
        "sk": f"POINTS#{granted.grant.movement_id}",
        "member_id": "li",
        "movement_id": granted.grant.movement_id,
        "points": 500,
        "reason": "goodwill",
        "at": T0,
        "by": "op-1",
    }


def test_points_granted_twice_under_one_key_are_granted_once(store):
    grants(store, 500)
    grants(store, 70, "key-2")

    again = grants(store, 500, now=T0 + DAY)

    assert (again.is_repeat, again.grant.points, again.grant.at) == (True, 500, T0)
    assert again.wallet.member.points == 570  # The balance is today's.
    assert counters() == {"points": 570}


def test_points_are_taken_down_to_nothing_and_not_below(store):
    grants(store, 500, "a")
    grants(store, -500, "b")
    before = everything()

    with pytest.raises(PointsShort):
        grants(store, -1, "c")

    assert counters() == {"points": 0}
    assert everything() == before


def test_points_of_somebody_unheard_of_cannot_be_taken(store):
    with pytest.raises(PointsShort):
        grants(store, -1)

    assert items() == {}


def test_a_wallet_is_read_as_it_stands(store):
    publish(a_template())
    claims(store)
    grants(store, 500)

    wallet = store.read("li")

    assert (wallet.member.points, wallet.points_locked, wallet.points_spent) == (500, 0, 0)
    assert wallet.issued == {"NEW-YEAR": 1}


def test_coupons_are_read_page_by_page_newest_first(store):
    publish(a_template(per_member_limit=0))
    made = [claims(store, f"k{day}", now=T0 + day * 3600).coupons[0].coupon_id for day in range(5)]

    pages, cursor = [], ""
    while page := store.coupons_of("li", before=cursor, limit=2):
        pages.append([coupon.coupon_id for coupon in page])
        cursor = pages[-1][-1]

    assert pages == [[made[4], made[3]], [made[2], made[1]], [made[0]]]


def test_coupons_are_answered_in_the_order_asked_for_whatever_the_table_s(store, outside):
    publish(a_template(per_member_limit=0))
    numbers = tuple(coupon.coupon_id for coupon in issues(store, 4).coupons)

    def backwards(call, act):
        answer = act()
        answer["Responses"] = {table: found[::-1] for table, found in answer["Responses"].items()}
        return answer

    outside.around.append(backwards)
    assert tuple(coupon.coupon_id for coupon in store.coupons("li", numbers)) == numbers


def test_nobody_reads_another_s_coupons(store):
    publish(a_template())
    [coupon] = claims(store).coupons

    assert store.coupons_of("wang", before="", limit=10) == ()
    assert store.coupons("wang", (coupon.coupon_id,)) == ()


def test_after_all_that_the_wallet_adds_up(store):
    publish(a_template(per_member_limit=0, left=20))
    claims(store, "a")
    issues(store, 7, "b")
    grants(store, 500, "c")
    grants(store, -200, "d")

    assert wrong_in_wallet(wallet_items()) == ()


def test_when_the_tables_do_not_answer_the_caller_is_told_to_repeat(store, outside):
    publish(a_template())

    def silent(call, act):
        raise Unavailable("nobody is there")

    outside.around.append(silent)
    with pytest.raises(Unavailable):
        claims(store)


def test_an_answer_that_was_lost_is_found_again(store, outside):
    publish(a_template(left=10))

    def loses_its_answer(call, act):
        answer = act()
        if call.operation == "transact_write_items":
            raise Unavailable("the answer got lost")
        return answer

    outside.around.append(loses_its_answer)
    with pytest.raises(Unavailable):
        claims(store)
    outside.around.clear()

    assert claims(store).is_repeat
    assert (len(coupons_in()), left()) == (1, 9)


def test_when_others_never_stop_the_caller_is_told_to_repeat(store, outside):
    publish(a_template(left=1))

    def always_faster(call, act):
        if call.operation == "transact_write_items":
            version = left_version() + 1
            publish(a_template(version=version, left=1))
        return act()

    outside.around.append(always_faster)
    with pytest.raises(Conflict):
        claims(store)

    assert coupons_in() == []


def left_version():
    return int(items(SETTINGS.catalogue_table)["COUPON#NEW-YEAR", "CURRENT"]["version"])
