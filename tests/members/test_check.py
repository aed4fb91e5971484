"""The wallet's invariants find what is wrong, each thing by itself."""

import pytest

from shared.members.check import wrong_in_wallet


def a_wallet():
    """300 points granted and 50 taken: 100 free, 40 locked, 110 spent; one coupon in each state."""
    return {
        "MEMBER": {
            "points": 100,
            "points_locked": 40,
            "points_spent": 110,
            "issued:NEW-YEAR": 2,
            "issued:OLD": 1,
        },
        "POINTS#P1": {"points": 300},
        "POINTS#P2": {"points": -50},
        "COUPON#C1": {"coupon_id": "C1", "template_id": "NEW-YEAR", "state": "available"},
        "COUPON#C2": {"coupon_id": "C2", "template_id": "NEW-YEAR", "state": "locked", "order_id": "O1"},
        "COUPON#C3": {"coupon_id": "C3", "template_id": "OLD", "state": "used", "order_id": "O2"},
    }


def items_of(wallet):
    return [{"pk": "MEMBER#li", "sk": sk, **values} for sk, values in wallet.items()]


def wrong(**changes):
    """What is wrong with the wallet when the item ``MEMBER`` or ``C1`` has these values too."""
    wallet = a_wallet()
    for name, values in changes.items():
        sk = f"COUPON#{name}" if name.startswith("C") else name
        wallet[sk] = wallet[sk] | values
    return wrong_in_wallet(items_of(wallet))


def test_a_wallet_that_adds_up_has_nothing_wrong():
    assert wrong_in_wallet(items_of(a_wallet())) == ()


def test_no_wallet_at_all_has_nothing_wrong():
    assert wrong_in_wallet([]) == ()


@pytest.mark.parametrize("name", ["points", "points_locked", "points_spent"])
def test_points_that_nobody_granted_are_found(name):
    one_more = a_wallet()["MEMBER"][name] + 1

    assert wrong(MEMBER={name: one_more}) == ("250 points were granted, and 251 are accounted for",)


def test_points_below_zero_are_found_even_when_the_sum_is_right():
    assert wrong(MEMBER={"points": -1, "points_locked": 141}) == ("points is -1",)


def test_grants_without_a_member_are_found():
    grants_only = [item for item in items_of(a_wallet()) if item["sk"].startswith("POINTS#")]

    assert wrong_in_wallet(grants_only) == ("250 points were granted, and 0 are accounted for",)


def test_a_state_that_does_not_exist_is_found():
    assert wrong(C1={"state": "lost"}) == ("coupon C1 is lost, which is no state",)


def test_an_order_that_should_not_or_should_be_named_is_found():
    assert wrong(C1={"order_id": "O9"}) == ("coupon C1 is available and names O9",)
    assert wrong(C2={"order_id": ""}) == ("coupon C2 is locked and names no order",)
    assert wrong(C3={"order_id": ""}) == ("coupon C3 is used and names no order",)


def test_coupons_that_were_not_counted_or_are_not_there_are_found():
    assert wrong(MEMBER={"issued:OLD": 0}) == ("0 of OLD were counted, and 1 are there",)
    assert wrong(MEMBER={"issued:LOST": 4}) == ("4 of LOST were counted, and 0 are there",)
