"""A statement tells a merchant what happened to the account, in figures that add up."""

from datetime import UTC, date, datetime

import pytest

from shared.changes import Entry
from shared.ledger.accounts import Account
from shared.ledger.payouts import Payout, PayoutState
from shared.ledger.statements import (
    Posting,
    Statement,
    books_between,
    day_of,
    draw_up,
    end_of,
    last_day_over,
    lines_of,
)

TEA = Account("m-tea", "CNY")
ORDER = "01MCC5RM000W3GE1R70W3GE1R7"
DAY = date(2026, 11, 22)
NOON = int(datetime(2026, 11, 22, 4, tzinfo=UTC).timestamp())  # In China.
NEXT_DAY = NOON + 86_400


def a_sale(*, number=1, owed=900, reserve=0, due=0, reserve_days=0, at=NOON, **breakdown):
    """A sub-order was settled: escrow and commission are in other books."""
    entries = [Entry("merchant:m-tea", -owed), Entry("reserve:m-tea", -reserve)]
    entries.append(Entry("commission_due:m-tea", due))
    days = {"reserve_days": reserve_days} if reserve else {}
    return Posting(
        voucher_id=f"{ORDER}-v{number}",
        kind="settled",
        at=at,
        entries=tuple(entry for entry in entries if entry.amount_minor),
        order_id=ORDER,
        sub_order=number,
        breakdown={"payable": owed, **breakdown, **days},
    )


def a_claim(amount=300, *, number=1, kind="refund_requested", version=9, at=NOON + 60):
    entries = (Entry(f"claim:{ORDER}-{number:02}", amount),)
    return Posting(f"{ORDER}-v{version}", kind, at, entries, ORDER)


def drawn(*postings, last=None, payouts=(), day=DAY, now=NEXT_DAY):
    found = draw_up(TEA, last, postings, payouts, day=day, now=now)
    assert found is not None
    return found


def told(found):
    return [(line.kind, line.amount_minor) for line in found.lines]


def test_a_sale_is_a_line_and_moves_nothing_again():
    found = drawn(a_sale(owed=900, gross=1000, commission=100))

    [line] = found.lines
    assert (line.kind, line.amount_minor, line.sub_order_id) == ("settled", 900, f"{ORDER}-01")
    assert line.breakdown == {"payable": 900, "gross": 1000, "commission": 100}
    assert (found.head.number, found.head.opening_minor, found.head.closing_minor) == (1, 0, 900)
    assert found.head.sums == {"settled": 900}
    assert found.voucher is None


def test_figures_of_sales_are_added_up_by_name_and_days_are_no_figure():
    found = drawn(
        a_sale(gross=1000, freight=10, reserve=5, reserve_days=30), a_sale(number=2, gross=1, points=7)
    )

    assert found.head.breakdown == {"payable": 1800, "gross": 1001, "freight": 10, "points": 7}


def test_a_claim_is_netted_and_what_is_missing_is_carried():
    first = drawn(a_sale(owed=200), a_claim(300))
    second = drawn(a_sale(number=2, owed=450), last=first.head, day=date(2026, 11, 23))

    assert told(first) == [("settled", 200), ("refund_requested", -300)]
    assert first.voucher.entries == ((f"claim:{ORDER}-01", -300), ("merchant:m-tea", 300))
    assert (first.head.closing_minor, second.head.opening_minor) == (-100, -100)
    assert second.head.closing_minor == 350
    assert second.voucher is None


def test_commission_that_is_billed_afterwards_is_taken_by_the_statement():
    found = drawn(a_sale(owed=1000, due=80))

    assert told(found) == [("commission_billed", -80), ("settled", 1000)]
    assert found.head.closing_minor == 920
    assert found.voucher.entries == (("commission_due:m-tea", -80), ("merchant:m-tea", 80))


def test_commission_that_is_not_billed_any_more_is_given_back():
    back = Posting(f"{ORDER}-v9", "refund_requested", NOON, (Entry("commission_due:m-tea", -80),), ORDER)
    found = drawn(back)

    assert told(found) == [("commission_billed", 80)]
    assert found.voucher.entries == (("commission_due:m-tea", 80), ("merchant:m-tea", -80))


def test_reserve_is_kept_beside_the_account_until_its_day():
    kept = drawn(a_sale(owed=900, reserve=100, reserve_days=30))
    early = draw_up(TEA, kept.head, (), (), day=date(2026, 12, 21), now=NEXT_DAY)
    late = drawn(last=kept.head, day=date(2026, 12, 22))

    assert kept.lines[0].reserve_minor == 100
    assert kept.head.closing_minor == 900
    assert kept.head.reserves == {"2026-12-22": 100}
    assert early is None
    assert told(late) == [("reserve_released", 100)]
    assert late.voucher.entries == (("reserve:m-tea", 100), ("merchant:m-tea", -100))
    assert (late.head.closing_minor, late.head.reserves) == (1000, {})


def test_reserves_of_one_day_are_released_together_and_others_stay():
    kept = drawn(
        a_sale(reserve=100, reserve_days=3),
        a_sale(number=2, reserve=20, reserve_days=3),
        a_sale(number=3, reserve=7, reserve_days=4),
    )
    released = drawn(last=kept.head, day=date(2026, 11, 25))

    assert kept.head.reserves == {"2026-11-25": 120, "2026-11-26": 7}
    assert told(released) == [("reserve_released", 120)]
    assert released.head.reserves == {"2026-11-26": 7}


def test_reserve_that_is_told_of_after_its_day_is_released_at_once():
    found = drawn(a_sale(owed=900, reserve=100, reserve_days=2, at=NOON - 5 * 86_400))

    assert told(found) == [("settled", 900), ("reserve_released", 100)]
    assert (found.head.closing_minor, found.head.reserves) == (1000, {})


def test_two_things_that_cancel_each_other_out_are_both_shown_and_nothing_moves():
    found = drawn(a_claim(300), a_claim(-300, kind="refund_failed", version=10, at=NOON + 90))

    assert told(found) == [("refund_requested", -300), ("refund_failed", 300)]
    assert found.voucher is None
    assert found.head.sums == {"refund_failed": 300, "refund_requested": -300}


def test_commission_and_claim_that_cancel_each_other_out_are_netted_without_the_account():
    found = drawn(a_sale(owed=0, due=-300), a_claim(300))

    assert found.head.closing_minor == 0
    assert found.voucher.entries == ((f"claim:{ORDER}-01", -300), ("commission_due:m-tea", 300))


def test_lines_stand_in_the_order_in_which_things_were_booked():
    found = drawn(a_claim(5, at=NOON + 9), a_sale(at=NOON + 7), a_sale(number=2, at=NOON + 8))

    assert [line.at - NOON for line in found.lines] == [7, 8, 9]


def test_a_voucher_of_a_later_release_is_shown_by_its_kind_and_counts():
    odd = Posting(f"{ORDER}-v5", "bonus", NOON, (Entry("merchant:m-tea", -70),), ORDER)
    found = drawn(odd)

    assert told(found) == [("bonus", 70)]
    assert found.head.closing_minor == 70


@pytest.mark.parametrize("kind", ["statement", "payout_asked", "payout_paid", "payout_failed"])
def test_what_statements_and_payouts_post_themselves_is_not_stated_again(kind):
    own = Posting("m-tea#CNY#S00000001", kind, NOON, (Entry("merchant:m-tea", 300),))

    assert lines_of(TEA, own) == ()
    assert draw_up(TEA, None, (own,), (), day=DAY, now=NEXT_DAY) is None


def test_a_sale_of_which_nothing_is_left_is_still_told():
    [line] = lines_of(TEA, a_sale(owed=0, due=4))[:1]

    assert (line.kind, line.amount_minor) == ("settled", 0)


def test_nothing_happened_so_there_is_no_statement():
    last = drawn(a_sale()).head

    assert draw_up(TEA, None, (), (), day=DAY, now=NEXT_DAY) is None
    assert draw_up(TEA, last, (), (), day=date(2026, 11, 23), now=NEXT_DAY) is None


def a_payout(number, amount=100, state=PayoutState.ASKED):
    return Payout(number, amount, "u-1", NOON + number, 1, state, ended_at=NOON + 50 + number)


def test_a_withdrawal_is_counted_once_and_followed_until_it_has_an_end():
    first = drawn(a_sale(owed=900), payouts=[a_payout(1)])
    nothing = draw_up(TEA, first.head, (), [a_payout(1)], day=DAY, now=NEXT_DAY)
    paid = drawn(a_sale(number=2, owed=1), last=first.head, payouts=[a_payout(1, state=PayoutState.PAID)])

    assert told(first) == [("settled", 900), ("payout_asked", -100)]
    assert (first.head.closing_minor, first.head.payouts_counted) == (800, 1)
    assert first.head.payouts_waiting == (1,)
    assert nothing is None
    assert told(paid) == [("settled", 1)]
    assert (paid.head.payouts_counted, paid.head.payouts_waiting) == (1, ())


def test_a_withdrawal_that_failed_is_credited_again_whenever_it_was_counted():
    failed = a_payout(1, state=PayoutState.FAILED)
    first = drawn(a_sale(owed=900), payouts=[a_payout(1)])
    later = drawn(last=first.head, payouts=[failed])
    at_once = drawn(a_sale(owed=900), payouts=[failed])

    assert told(later) == [("payout_failed", 100)]
    assert (later.head.closing_minor, later.head.payouts_waiting) == (900, ())
    assert told(at_once) == [("settled", 900), ("payout_asked", -100), ("payout_failed", 100)]
    assert at_once.head.closing_minor == 900


def test_a_thousand_postings_are_one_statement_and_more_are_refused_here():
    sales = [a_sale(number=n, owed=1) for n in range(1, 1001)]
    found = drawn(*sales)

    assert (found.head.postings, found.head.is_full, found.head.closing_minor) == (1000, True, 1000)
    assert not drawn(*sales[:999]).head.is_full
    with pytest.raises(AssertionError):
        drawn(*sales, a_sale(number=1001))


def test_a_thousand_claims_and_their_statement_fit_one_transaction():
    found = drawn(*(a_claim(n, number=n, version=n) for n in range(1, 1001)))

    assert len(found.voucher.entries) == 1001
    assert found.head.closing_minor == -500_500


def test_days_are_days_in_china():
    midnight = int(datetime(2026, 11, 22, 16, tzinfo=UTC).timestamp())

    assert (day_of(midnight - 1), day_of(midnight)) == (DAY, date(2026, 11, 23))
    assert end_of(DAY) == midnight
    assert (last_day_over(midnight - 1), last_day_over(midnight)) == (date(2026, 11, 21), DAY)


@pytest.mark.parametrize(
    ("first", "last", "books"),
    [
        (DAY, DAY, ["2026-11-21", "2026-11-22"]),
        (date(2026, 12, 31), date(2027, 1, 1), ["2026-12-30", "2026-12-31", "2027-01-01"]),
    ],
)
def test_a_day_in_china_lies_in_two_of_the_bookkeepers_days(first, last, books):
    assert list(books_between(first, last)) == books


def test_a_head_says_what_the_next_one_needs_and_nothing_of_it_is_left_to_chance():
    again = [drawn(a_sale(reserve=3, reserve_days=9), a_claim(), payouts=[a_payout(1)]) for _ in range(2)]

    assert again[0] == again[1]
    assert isinstance(again[0].head, Statement)
