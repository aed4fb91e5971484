"""Who may have which coupon when, and how many points: the decisions themselves, without a table."""

import pytest

from shared.members.wallet import (
    ClaimClosed,
    CouponLimitReached,
    CouponsGone,
    CouponUnknown,
    PointsLimitReached,
    PointsShort,
    claim,
    issue,
    require_room_for,
)
from shared.ordering.terms import Member
from shared.store.members import Wallet
from tests.members.wallets import DAY, T0, a_template

EMPTY = Wallet(Member("li"))


def holding(count):
    return EMPTY._replace(issued={"NEW-YEAR": count, "OTHER": 99})


def with_points(points):
    return EMPTY._replace(member=Member("li", points=points), points_locked=500, points_spent=700)


def test_a_member_claims_within_the_window_and_the_limit():
    template = a_template()

    assert claim(template, EMPTY, now=T0) == template
    assert claim(template, holding(1), now=T0 + 7 * DAY - 1) == template


@pytest.mark.parametrize(
    "template", [None, a_template(is_claimable=False)], ids=["missing", "operators' own"]
)
def test_what_members_may_not_claim_does_not_exist_for_them(template):
    with pytest.raises(CouponUnknown) as refused:
        claim(template, EMPTY, now=T0)

    assert (refused.value.status, refused.value.code) == (404, "coupon_unknown")
    assert (refused.value.reason, refused.value.details) == ("no such coupon", {})


@pytest.mark.parametrize("now", [T0 - 1, T0 + 7 * DAY])
def test_before_and_after_the_window_a_claim_is_told_when_it_is_open(now):
    with pytest.raises(ClaimClosed) as refused:
        claim(a_template(), EMPTY, now=now)

    assert refused.value.details == {
        "claimable_from": "2027-01-15T08:00:00Z",
        "claimable_until": "2027-01-22T08:00:00Z",
    }


def test_an_operator_issues_outside_the_window_and_what_members_may_not_claim():
    template = a_template(is_claimable=False, claim_from=0, claim_until=0)

    assert issue(template, EMPTY, count=2, now=T0 - DAY) == template


@pytest.mark.parametrize("closed", [{"is_retired": True}, {"claim_until": T0 + 99 * DAY}])
def test_nobody_is_given_what_is_retired_or_worth_nothing_any_more(closed):
    now = T0 if "is_retired" in closed else T0 + 30 * DAY  # When the coupons themselves end.
    template = a_template(**closed)

    with pytest.raises(ClaimClosed):
        issue(template, EMPTY, count=1, now=now)
    with pytest.raises(ClaimClosed):
        claim(template, EMPTY, now=now)


@pytest.mark.parametrize(("had", "count"), [(2, 1), (1, 2), (0, 3)])
def test_a_member_gets_so_many_and_no_more_and_never_half_of_what_was_asked(had, count):
    with pytest.raises(CouponLimitReached) as refused:
        issue(a_template(), holding(had), count=count, now=T0)

    assert refused.value.details == {"limit": 2, "had": had, "wanted": count}


def test_a_template_without_a_limit_has_one_all_the_same():
    template = a_template(per_member_limit=0)

    assert issue(template, holding(999), count=1, now=T0) == template
    with pytest.raises(CouponLimitReached):
        issue(template, holding(1000), count=1, now=T0)


def test_when_fewer_are_left_than_are_wanted_none_is_given():
    assert issue(a_template(left=2), EMPTY, count=2, now=T0).left == 2

    with pytest.raises(CouponsGone) as refused:
        issue(a_template(left=1), EMPTY, count=2, now=T0)

    assert (refused.value.status, refused.value.code) == (409, "coupons_gone")
    assert refused.value.details == {"left": 1, "wanted": 2}


@pytest.mark.parametrize(("has", "granted"), [(0, 1), (100, -100), (100, -1), (10**12 - 1, 1), (10**12, -5)])
def test_points_are_granted_and_taken_within_their_bounds(has, granted):
    require_room_for(granted, with_points(has))


@pytest.mark.parametrize(("has", "granted"), [(0, -1), (100, -101)])
def test_nobody_is_taken_points_that_are_not_free(has, granted):
    with pytest.raises(PointsShort) as refused:
        require_room_for(granted, with_points(has))

    assert refused.value.details == {"available": has, "wanted": -granted}


def test_nobody_holds_more_points_than_can_be_counted():
    with pytest.raises(PointsLimitReached):
        require_room_for(2, with_points(10**12 - 1))
