"""Fees and payouts of a bill: posted once, and of a corrected bill the change alone."""

import pytest

from shared.changes import Entry
from shared.reconciliation.posting import Told, posted_by, told_by, vouchers_for
from shared.reconciliation.sheet import Sums

DAY = "2026-11-21"
SUMS = (
    Sums("payment", "CNY", 3, 30_900, 186),
    Sums("refund", "CNY", 2, -7_000, -42),
    Sums("fee", "CNY", 1, -55, 0),
    Sums("payout", "CNY", 1, -20_000, 10),
    Sums("payment", "USD", 1, 500, 45),
)


def stored(vouchers):
    return [{"currency": one.currency, "entries": one.entries} for one in vouchers]


def test_fees_kept_out_of_movements_and_fees_of_their_own_are_one_sum():
    assert told_by(SUMS) == {"CNY": Told(186 - 42 + 55 + 10, 20_000), "USD": Told(45, 0)}


def test_a_bill_s_voucher_takes_out_of_the_clearing_account_what_the_provider_kept_and_paid_out():
    cny, usd = vouchers_for("stripe", DAY, told_by(SUMS), {})

    assert (cny.kind, cny.currency, cny.happened_at) == ("bill", "CNY", 1_795_219_200)
    assert cny.entries == (
        Entry("fees:stripe", 209),
        Entry("bank", 20_000),
        Entry("clearing:stripe", -20_209),
    )
    assert usd.entries == (Entry("fees:stripe", 45), Entry("clearing:stripe", -45))


def test_the_same_bill_again_posts_nothing():
    posted = posted_by("stripe", stored(vouchers_for("stripe", DAY, told_by(SUMS), {})))

    assert vouchers_for("stripe", DAY, told_by(SUMS), posted) == ()


@pytest.mark.parametrize("told", [{}, {"CNY": Told(209, 20_000)}])
def test_what_a_corrected_bill_does_not_have_any_more_is_taken_back(told):
    posted = posted_by("stripe", stored(vouchers_for("stripe", DAY, told_by(SUMS), {})))

    back = {one.currency: one.entries for one in vouchers_for("stripe", DAY, told, posted)}

    assert back["USD"] == (Entry("fees:stripe", -45), Entry("clearing:stripe", 45))
    assert ("CNY" in back) == (not told)


def test_step_by_step_or_at_once_it_is_the_same_in_the_end():
    steps, vouchers = (Told(10, 0), Told(25, 700), Told(5, 100)), []
    for step in steps:
        vouchers += vouchers_for("alipay", DAY, {"CNY": step}, posted_by("alipay", stored(vouchers)))

    assert posted_by("alipay", stored(vouchers)) == {"CNY": Told(5, 100)}
    assert all(sum(entry.amount_minor for entry in one.entries) == 0 for one in vouchers)
