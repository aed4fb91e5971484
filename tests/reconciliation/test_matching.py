"""What is called a difference, by which name, and what is none: each by a small exact case."""

import random
import tracemalloc
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.payment.bills.rows import BadRow, RowKind
from shared.reconciliation.differences import KINDS
from shared.reconciliation.matching import LISTED_MAX, Match
from shared.reconciliation.said import Posting
from shared.reconciliation.sheet import Sheet, Sums
from tests.reconciliation.accounts import (
    AFTER,
    BEFORE,
    DAY,
    HOUR,
    MIDNIGHT,
    NOW,
    ONE_DAY,
    ROWS,
    A,
    Account,
    B,
    C,
    D,
    a_posting,
    a_row,
)

ROW_3 = ROWS[2]


def told(account, **how):
    """(name, document, bill, ledger, orders) of each difference."""
    found = account.match(**how)
    assert found.counts == dict(Counter(one.name for one in found.differences))
    return [(d.name, d.document, d.bill_minor, d.ledger_minor, d.orders_minor) for d in found.differences]


def test_a_day_that_agrees_has_no_difference_and_three_equal_sums():
    found = Account().match()

    assert (found.differences, found.on_its_way, found.late, found.agreed) == ((), (), (), 5)
    assert found.bill == (Sums("payment", "CNY", 3, 30_900, 186), Sums("refund", "CNY", 2, -7_000, -42))
    assert found.ledger == (Sums("payment", "CNY", 3, 30_900), Sums("refund", "CNY", 2, -7_000))
    assert [(one.kind, one.amount_minor) for one in found.orders] == [("payment", 30_900), ("refund", -7_000)]


def test_what_agrees_is_asked_of_the_orders_at_once_and_no_order_is_read_whole():
    account = Account()

    account.match()

    assert account.asked == 0


def test_what_we_booked_and_the_bill_lacks():
    account = Account(rows=[*ROWS[:1], *ROWS[2:]])

    assert told(account) == [("missing_in_bill", f"payment:{B}01", None, 5_000, 5_000)]


def test_what_the_bill_has_and_we_did_not_book_although_the_order_knows_the_payment():
    account = Account()
    account.drop_posting(f"payment:{B}01")
    account.orders[f"payment:{B}01", "CNY"] = 0

    assert told(account) == [("missing_in_ledger", f"payment:{B}01", 5_000, None, 0)]


@pytest.mark.parametrize(
    ("document", "amount", "kind", "name"),
    [
        ("payment:SOMEBODY-ELSES-1", 900, RowKind.PAYMENT, "unknown_payment"),
        ("", 900, RowKind.PAYMENT, "unknown_payment"),
        ("refund:re_9", -900, RowKind.REFUND, "refund_unknown"),
        (f"refund:{A}R07", -900, RowKind.REFUND, "refund_unknown"),
        ("dispute:dp_9", -900, RowKind.DISPUTE, "dispute_unknown"),
        ("dispute:dp_9", 900, RowKind.DISPUTE_REVERSAL, "dispute_unknown"),
    ],
)
def test_what_is_nobodys_is_named_by_what_it_is(document, amount, kind, name):
    account = Account()
    account.rows.append(a_row(6, document, amount, kind=kind))

    found = account.match()

    assert [(one.name, one.document, one.bill_minor, one.line) for one in found.differences] == [
        (name, document, amount, 6)
    ]


def test_another_amount_is_told_with_all_three():
    account = Account()
    account.change_row(1, amount_minor=17_000)

    assert told(account) == [("amount_differs", f"payment:{A}01", 17_000, 17_100, 17_100)]
    assert account.match().differences[0].amount_minor == 100
    assert [one.amount_minor for one in account.match().orders] == [30_900, -7_000]


def test_another_currency_is_no_other_amount():
    account = Account()
    account.change_row(1, currency="USD")

    [found] = account.match().differences

    assert (found.name, found.bill_minor, found.ledger_minor, found.currency, found.why) == (
        "currency_differs",
        17_100,
        17_100,
        "USD",
        "ledger_CNY",
    )


def test_the_same_movement_on_two_lines_counts_once():
    account = Account()
    account.rows.append(a_row(6, f"payment:{A}01", 17_100, fee=103, provider_id="T1"))

    found = account.match()

    assert [(one.name, one.line, one.bill_minor) for one in found.differences] == [
        ("doubled_in_bill", 6, 17_100)
    ]
    assert (
        found.agreed,
        sum(one.amount_minor for one in found.to_post),
        sum(one.fee_minor for one in found.to_post),
    ) == (5, 23_900, 144)


def test_a_movement_of_the_day_before_told_again_is_doubled():
    account = Account(beside={BEFORE: [a_row(1, f"payment:{D}01", 100, at=-HOUR, provider_id="T9")]})
    account.rows.append(a_row(6, f"payment:{D}01", 100, provider_id="T9"))

    assert [(one.name, one.line) for one in account.match().differences] == [("doubled_in_bill", 6)]


def test_booked_twice_is_told_with_the_voucher_that_is_one_too_many():
    account = Account()
    again = a_posting(f"payment:{A}01", 17_100, at=11 * HOUR, voucher_id="again")
    account.postings.append(again)

    [found] = account.match().differences

    assert (found.name, found.voucher_id, found.ledger_minor, found.orders_minor) == (
        "doubled_in_ledger",
        "again",
        17_100,
        17_100,
    )


def test_an_order_that_says_otherwise_when_bill_and_ledger_agree():
    account = Account()
    account.orders[f"payment:{A}01", "CNY"] = 16_000

    assert told(account) == [("order_disagrees", f"payment:{A}01", 17_100, 17_100, 16_000)]


def test_what_people_judge_anyway_is_not_held_against_the_order():
    account = Account()
    account.postings[0] = account.postings[0]._replace(kind="quarantined")
    account.orders[f"payment:{A}01", "CNY"] = 0

    assert told(account) == []


@pytest.mark.parametrize("amount", [1, 17_099])
def test_a_payment_that_the_bill_calls_a_refund_is_one_difference(amount):
    account = Account()
    account.change_row(1, kind=RowKind.REFUND, document=f"refund:{A}R09", amount_minor=-17_100)

    [found] = account.match().differences

    assert (found.name, found.bill_minor, found.ledger_minor, found.why) == (
        "wrong_kind",
        -17_100,
        17_100,
        "payment",
    )


def test_a_kind_that_we_book_nothing_for_is_told_and_never_posted():
    account = Account()
    account.rows.append(a_row(6, "", -700, kind=RowKind.OTHER))

    found = account.match()

    assert [(one.name, one.line, one.bill_minor) for one in found.differences] == [("wrong_kind", 6, -700)]
    assert {one.kind for one in found.to_post} == {"payment", "refund"}


# --- what is none ---


def test_one_payment_in_parts_agrees_with_one_line():
    account = Account()
    account.drop_posting(f"payment:{A}01")
    account.postings += [
        a_posting(f"payment:{A}01", 7_100, voucher_id="part-1"),
        a_posting(f"payment:{A}01", 10_000, voucher_id="part-2"),
    ]

    assert told(account) == []


def test_a_refund_that_came_back_agrees_with_its_two_lines():
    account = Account()
    account.rows.append(a_row(6, f"refund:{B}R01", 5_000, kind=RowKind.REFUND))
    account.postings.append(a_posting(f"refund:{B}R01", 5_000, voucher_id="bounced"))
    account.orders[f"refund:{B}R01", "CNY"] = 0

    assert told(account) == []


@pytest.mark.parametrize(("booked", "day"), [(24 * HOUR + 5, AFTER), (-5, BEFORE)])
def test_midnight_between_bill_and_ledger_is_no_difference_on_either_day(booked, day):
    account = Account()
    account.drop_posting(f"payment:{C}01")
    account.postings.append(a_posting(f"payment:{C}01", 8_800, at=booked))

    assert told(account) == []
    account.rows.remove(ROW_3)
    account.beside = {day: [ROW_3]}
    account.postings[-1] = account.postings[-1]._replace(at=MIDNIGHT + 12 * HOUR)
    assert told(account) == []


def test_a_movement_just_before_midnight_waits_for_the_next_bill_and_not_longer():
    account = Account()
    account.rows.remove(ROW_3)

    found = account.match(has_next=False)

    assert found.differences == ()
    assert [one.document for one in found.on_its_way] == [f"payment:{C}01"]
    assert told(account, has_next=True) == [("missing_in_bill", f"payment:{C}01", None, 8_800, 8_800)]


@pytest.mark.parametrize(("now", "name"), [(ONE_DAY, "missing_in_ledger"), (ONE_DAY - 1, None)])
def test_a_refund_that_is_not_final_is_on_its_way_for_a_day(now, name):
    account = Account()
    refund = account.drop_posting(f"refund:{A}R01")
    account.orders.pop((f"refund:{A}R01", "CNY"))
    account.under_way = {f"refund:{A}R01"}

    found = account.match(now=refund.at + now)

    assert [one.name for one in found.differences] == ([name] if name else [])
    assert len(found.on_its_way) == (0 if name else 1)


def test_what_was_booked_days_later_without_a_time_of_the_providers_agrees_and_is_noted():
    account = Account()
    gone = account.drop_posting(f"payment:{A}01")
    late = gone._replace(at=gone.at + 5 * ONE_DAY, is_dated=False)
    account.far = [late]

    found = account.match()

    assert (found.differences, [(one.line, one.posting) for one in found.late]) == ((), [(1, late)])
    assert sum(one.amount_minor for one in found.orders) == 23_900


def test_what_the_provider_dated_on_a_far_day_is_not_this_row():
    """Else a second payment under the same number would hide behind the first."""
    account = Account()
    gone = account.drop_posting(f"payment:{A}01")
    account.far = [gone._replace(at=gone.at + 5 * ONE_DAY)]

    assert [name for name, *_ in told(account)] == ["missing_in_ledger"]


def test_a_posting_that_another_days_bill_has_is_not_missing_in_this_one():
    account = Account(rows=[*ROWS[1:]])
    account.elsewhere = {account.postings[0].voucher_id}

    assert told(account) == []


def test_what_the_bookkeeper_has_not_entered_yet_is_found_in_the_vouchers():
    account = Account()
    account.far = [account.drop_posting(f"payment:{A}01")]

    assert told(account) == []
    assert account.match().agreed == 5


# --- the file ---


def test_a_bad_line_is_told_with_its_number_and_the_rest_is_compared():
    account = Account()
    account.rows[1] = BadRow(2, "amount_wrong", "5e3")

    found = account.match()

    assert [(one.name, one.line, one.why) for one in found.differences] == [
        ("bill_row_bad", 2, "amount_wrong"),
        ("missing_in_bill", 0, ""),
    ]
    assert found.agreed == 4


@pytest.mark.parametrize("why", ["totals_differ", "totals_missing"])
def test_totals_that_are_not_the_rows_sums(why):
    account = Account()
    account.rows.append(BadRow(7, why))

    assert [name for name, *_ in told(account)] == ["bill_totals_differ"]


@pytest.mark.parametrize("why", ["not_a_bill", "truncated", "archive_wrong", "columns_missing"])
def test_of_a_file_that_breaks_off_nothing_can_be_called_missing(why):
    account = Account(rows=[ROWS[0], BadRow(2, why)])

    assert [name for name, *_ in told(account)] == ["bill_row_bad"]


def test_a_line_of_another_day_is_told_although_it_agrees():
    account = Account()
    account.change_row(1, at=MIDNIGHT - 2 * ONE_DAY)

    assert [(name, document) for name, document, *_ in told(account)] == [("misdated", f"payment:{A}01")]


@pytest.mark.parametrize(("fee", "is_odd"), [(103, False), (1_226, False), (1_227, True), (-1, True)])
def test_a_fee_outside_of_anything_agreed(fee, is_odd):
    account = Account()
    account.change_row(1, fee_minor=fee)

    assert [(one.name, one.bill_minor) for one in account.match().differences] == (
        [("fee_odd", fee)] if is_odd else []
    )


def test_a_payout_that_came_back_is_for_people_and_one_that_went_is_not():
    account = Account()
    account.rows += [
        a_row(6, "", -20_000, kind=RowKind.PAYOUT),
        a_row(7, "", 20_000, kind=RowKind.PAYOUT),
    ]

    assert [(one.name, one.line) for one in account.match().differences] == [("payout_unmatched", 7)]


def test_another_merchants_bill_is_counted_whole_and_listed_in_part():
    account = Account(rows=[a_row(line, f"payment:X{line}", 100) for line in range(1, LISTED_MAX + 501)])
    account.postings = []

    found = account.match()

    assert (len(found.differences), found.counts) == (LISTED_MAX, {"unknown_payment": LISTED_MAX + 500})


ELSEWHERE = {"bill_late"}  # tests.functions.test_reconcile


def test_every_name_has_been_seen_in_these_tests():
    with open(__file__, encoding="utf-8") as own:
        text = own.read()

    assert {name for name in KINDS if text.count(f'"{name}"') <= (name in ELSEWHERE)} == ELSEWHERE


# --- whatever moves ---

ORDERS = [f"01MCC5RM000W3GE1R70W3G{number:04}" for number in range(40)]
INJURIES = ("missing", "doubled", "altered", "foreign", "lost")


@given(seed=st.integers(0, 2**32), injuries=st.lists(st.sampled_from(INJURIES), max_size=12))
@settings(max_examples=40)
def test_exactly_what_was_injured_is_told_by_row_and_amount(seed, injuries):
    """Random movements that agree; then some rows are lost, told twice, altered or made up, and bookings lost."""
    lot = random.Random(seed)
    account, expected = _random_day(lot), Counter()
    untouched = [row.line for row in account.rows]
    lot.shuffle(untouched)
    for number, injury in enumerate(injuries):
        row = next(one for one in account.rows if one.line == untouched[number])
        expected[_injure(account, injury, row, number)] += 1

    found = account.match()

    got = Counter((d.name, d.document, d.line, d.amount_minor) for d in found.differences)
    assert got == expected
    assert sum(found.counts.values()) == len(injuries)


def _random_day(lot):
    rows, postings = [], []
    for line, order_id in enumerate(ORDERS, 1):
        at = lot.randrange(0, ONE_DAY)
        document, sign = (f"payment:{order_id}01", 1) if line % 3 else (f"refund:{order_id}R01", -1)
        rows.append(a_row(line, document, sign * lot.randint(1, 10**6), at=at))
        booked = min(at + lot.choice((0, 1, 40, 900)), ONE_DAY + 900)
        postings.append(
            Posting(
                f"v{line}", "captured", document, rows[-1].amount_minor, "CNY", MIDNIGHT + booked, order_id
            )
        )
    lot.shuffle(rows)
    return Account(rows=rows, postings=postings)


def _injure(account, injury, row, number):
    """Do it, and return what must be told: (name, document, line, amount)."""
    amount = abs(row.amount_minor)
    if injury == "missing":
        account.rows.remove(row)
        # A booking behind midnight belongs to the next day, whose run tells of it: book it on this one.
        place = next(i for i, p in enumerate(account.postings) if p.document == row.document)
        account.postings[place] = account.postings[place]._replace(at=row.at)
        return "missing_in_bill", row.document, 0, amount
    if injury == "doubled":
        account.rows.append(row._replace(line=1_000 + number))
        return "doubled_in_bill", row.document, 1_000 + number, amount
    if injury == "altered":
        more = 1 if row.amount_minor > 0 else -1
        account.rows[account.rows.index(row)] = row._replace(amount_minor=row.amount_minor + more)
        return "amount_differs", row.document, row.line, 1
    if injury == "foreign":
        made_up = a_row(1_000 + number, f"payment:FOREIGN{number}", 77 + number)
        account.rows.append(made_up)
        return "unknown_payment", made_up.document, made_up.line, 77 + number
    account.drop_posting(row.document)
    account.orders[row.document, "CNY"] = 0
    account.documents.add(row.document)
    return "missing_in_ledger", row.document, row.line, amount


def test_now_is_days_after_the_day_in_all_of_this():
    assert NOW - MIDNIGHT == 3 * ONE_DAY


def test_a_day_of_any_size_takes_little_memory():
    """Twenty thousand movements on both sides: what is equal is paired in a file, and only leftovers are values."""
    many = 20_000
    numbers = [f"payment:01MCC5RM000W3GE1R{number:09}01" for number in range(many)]
    account = Account(rows=[], postings=[])
    tracemalloc.start()
    try:
        with Sheet("alipay", DAY) as sheet:
            sheet.add_bill(
                (a_row(n + 1, name, 100 + n % 7, at=n % ONE_DAY) for n, name in enumerate(numbers)), DAY
            )
            sheet.add_ledger(
                a_posting(name, 100 + n % 7, at=n % ONE_DAY) for n, name in enumerate(numbers[1:], 1)
            )
            account.orders = {(name, "CNY"): 100 + n % 7 for n, name in enumerate(numbers)}
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            found = Match(sheet, account, NOW).run()
            peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()

    assert (found.agreed, found.counts) == (many - 1, {"missing_in_ledger": 1})
    assert peak < 6_000_000
