"""What Stripe's itemised report says, and what is said of every line that cannot be trusted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.payment.bills.rows import BadRow, BillRow, BillTotals, RowKind
from shared.payment.bills.stripe import read
from tests.payment.bills.writers import (
    AT,
    REFERENCE,
    REQUEST,
    STRIPE_HEADINGS,
    decimal,
    stripe_csv,
    stripe_utc,
)

PAID = BillRow("stripe", 2, RowKind.PAYMENT, f"payment:{REFERENCE}", "pi_1", 8_800, 285, "EUR", AT)
NO_FEE = {"fee": "0.00", "payment_metadata[reference]": "", "balance_transaction_id": "txn_2"}


def moved(category, amount, source, **changed):
    gross = decimal(amount)
    return NO_FEE | {
        "reporting_category": category,
        "gross": gross,
        "net": gross,
        "source_id": source,
        "payment_intent_id": "",
        **changed,
    }


def test_a_charge_is_told_with_amount_fee_number_and_time():
    assert list(read([stripe_csv({})])) == [PAID]


@pytest.mark.parametrize(
    ("changed", "row"),
    [
        (
            moved("refund", -3_000, "re_1", **{"refund_metadata[refund_id]": REQUEST}),
            PAID._replace(
                kind=RowKind.REFUND, document=f"refund:{REQUEST}", provider_id="re_1", amount_minor=-3_000
            ),
        ),
        (
            moved("refund", -3_000, "re_1"),  # By hand.
            PAID._replace(
                kind=RowKind.REFUND, document="refund:re_1", provider_id="re_1", amount_minor=-3_000
            ),
        ),
        (
            moved("refund_failure", 3_000, "re_1", **{"refund_metadata[refund_id]": REQUEST}),
            PAID._replace(
                kind=RowKind.REFUND, document=f"refund:{REQUEST}", provider_id="txn_2", amount_minor=3_000
            ),
        ),
        (
            moved("charge_failure", -8_800, "py_1", **{"payment_metadata[reference]": REFERENCE}),
            PAID._replace(provider_id="txn_2", amount_minor=-8_800),
        ),
        (
            moved("charge", 100, "ch_9"),  # Somebody else's use of the account: no number of ours.
            PAID._replace(document="", provider_id="ch_9", amount_minor=100),
        ),
        (
            moved("dispute", -500, "du_1", fee="15.00", net="-20.00"),
            PAID._replace(
                kind=RowKind.DISPUTE,
                document="dispute:du_1",
                provider_id="txn_2",
                amount_minor=-500,
                fee_minor=1_500,
            ),
        ),
        (
            moved("dispute_reversal", 500, "du_1"),
            PAID._replace(
                kind=RowKind.DISPUTE_REVERSAL, document="dispute:du_1", provider_id="txn_2", amount_minor=500
            ),
        ),
        (
            moved("fee", -200, ""),
            PAID._replace(kind=RowKind.FEE, document="", provider_id="txn_2", amount_minor=-200),
        ),
        (
            moved("payout", -5_000, "po_1"),
            PAID._replace(kind=RowKind.PAYOUT, document="", provider_id="txn_2", amount_minor=-5_000),
        ),
        (
            moved("payout_reversal", 5_000, "po_1"),
            PAID._replace(kind=RowKind.PAYOUT, document="", provider_id="txn_2", amount_minor=5_000),
        ),
        (
            moved("topup", 7, "tu_1"),
            PAID._replace(kind=RowKind.OTHER, document="", provider_id="txn_2", amount_minor=7),
        ),
    ],
)
def test_every_category_has_its_kind_its_sign_and_its_numbers(changed, row):
    fee = 1_500 if row.kind is RowKind.DISPUTE else 0

    assert list(read([stripe_csv(changed)])) == [row._replace(fee_minor=fee)]


@pytest.mark.parametrize(
    ("currency", "gross", "minor"),
    [
        ("jpy", "500", 500),
        ("jpy", "500.00", 500),
        ("kwd", "1.500", 1_500),
        ("isk", "5.00", 500),
        ("usd", "5", 500),
    ],
)
def test_an_amount_has_as_many_decimals_as_its_currency(currency, gross, minor):
    changed = moved("charge", 0, "ch_1", currency=currency, gross=gross, net=gross, fee="0")

    [row] = read([stripe_csv(changed)])

    assert (row.amount_minor, row.currency) == (minor, currency.upper())


@pytest.mark.parametrize(
    ("changed", "why", "shown"),
    [
        ({"gross": "1e5"}, "amount_wrong", "1e5"),
        ({"gross": "88,00"}, "amount_wrong", "88,00"),
        ({"gross": "1,000.00"}, "amount_wrong", "1,000.00"),
        ({"gross": "88.001"}, "amount_wrong", "88.001"),
        ({"currency": "jpy"}, "amount_wrong", "2.85"),
        ({"net": "85.16"}, "amount_wrong", "88.00 - 2.85 = 85.16"),
        ({"gross": "-88.00", "net": "-90.85"}, "sign_wrong", "-88.00"),
        ({"reporting_category": "refund"}, "sign_wrong", "88.00"),
        ({"reporting_category": ""}, "kind_unknown", ""),
        ({"reporting_category": "=cmd|' /C calc'"}, "kind_unknown", "=cmd|' /C calc'"),
        ({"currency": "EUR"}, "currency_wrong", "EUR"),
        ({"created_utc": "2027-01-15"}, "time_wrong", "2027-01-15"),
        ({"balance_transaction_id": ""}, "number_wrong", ""),
        ({"source_id": "../etc"}, "number_wrong", "../etc"),
    ],
)
def test_a_field_that_is_wrong_is_shown_with_its_line_and_the_rest_is_read(changed, why, shown):
    assert list(read([stripe_csv({}, changed, {})])) == [PAID, BadRow(3, why, shown), PAID._replace(line=4)]


def test_a_description_may_have_quotes_and_commas_but_no_line_end():
    good, broken = {"description": 'Tea, "green", 500 g'}, {"description": "Tea\n500 g"}

    assert list(read([stripe_csv(good)])) == [PAID]
    assert list(read([stripe_csv({}, broken, {})])) == [
        PAID,
        BadRow(3, "quotes_wrong"),
        BadRow(4, "fields_differ", "4 of 13"),
        PAID._replace(line=5),
    ]


def test_one_quote_does_not_swallow_the_rest():
    first, second, third = stripe_csv({}, {}).splitlines()
    content = b"\n".join([first, b'txn_0,"2027', second, third])

    assert list(read([content])) == [BadRow(2, "quotes_wrong"), PAID._replace(line=3), PAID._replace(line=4)]


def test_a_report_without_the_metadata_tells_what_it_can():
    few = [name for name in STRIPE_HEADINGS if "metadata" not in name and name != "payment_intent_id"]

    assert list(read([stripe_csv({}, headings=few)])) == [PAID._replace(document="", provider_id="ch_1")]


@pytest.mark.parametrize("name", ["net", "reporting_category", "created_utc", "source_id"])
def test_a_needed_column_that_is_missing_or_there_twice_is_said_once(name):
    without = [each for each in STRIPE_HEADINGS if each != name]

    assert list(read([stripe_csv({}, {}, headings=without)])) == [BadRow(1, "columns_missing", name)]
    assert list(read([stripe_csv({}, headings=[*STRIPE_HEADINGS, name])])) == [
        BadRow(1, "columns_missing", name)
    ]


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b'{"object": "list", "data": []}', b'"ID","Type","Source","Amount"\n"txn_1"\n'],
)
def test_another_file_is_not_a_bill(content):
    [row] = read([content])

    assert row.why == "not_a_bill"


def test_a_day_without_a_movement_is_an_empty_bill():
    assert list(read([stripe_csv()])) == []


def test_sums_over_the_rows_tell_by_how_much_the_account_grew():
    changes = [
        {},
        moved("refund", -3_000, "re_1"),
        moved("dispute", -500, "du_1", fee="15.00", net="-20.00"),
        moved("dispute_reversal", 500, "du_1"),
        moved("fee", -200, ""),
        moved("payout", -5_000, "po_1"),
        moved("topup", 7, "tu_1"),
    ]
    totals = BillTotals("EUR")

    for row in read([stripe_csv(*changes)]):
        totals = totals.plus(row)

    assert totals == BillTotals("EUR", 7, 8_800, 3_000, 0, 5_000, 7, 285 + 1_500 + 200)
    assert totals.net_minor == 8_515 - 3_000 - 2_000 + 500 - 200 - 5_000 + 7


@given(
    st.lists(
        st.tuples(st.integers(0, 10**11), st.integers(0, 10**9), st.integers(946_700_000, 4_102_400_000)),
        max_size=20,
    ),
    st.sampled_from([("eur", 2), ("jpy", 0), ("kwd", 3)]),
    st.integers(1, 3_000),
)
def test_what_is_written_is_read_in_whatever_pieces_it_comes(written, money, size):
    currency, places = money
    content = stripe_csv(
        *(
            {
                "currency": currency,
                "created_utc": stripe_utc(at),
                "gross": decimal(gross, places),
                "fee": decimal(fee, places),
                "net": decimal(gross - fee, places),
            }
            for gross, fee, at in written
        )
    )

    rows = list(read(content[i : i + size] for i in range(0, len(content), size)))

    assert [(row.amount_minor, row.fee_minor, row.at) for row in rows] == written
