"""What WeChat Pay's bill of trades says, and what is said of every line that cannot be trusted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.payment.bills.rows import BadRow, BillRow, RowKind
from shared.payment.bills.wechatpay import read
from tests.payment.bills.writers import (
    AT,
    REFERENCE,
    REQUEST,
    TRANSACTION,
    WECHAT_HEADINGS,
    WECHAT_PAYMENT,
    WECHAT_REFUND,
    WECHAT_REFUNDED,
    WECHAT_TOTALS,
    Move,
    wechat_csv,
    wechat_row,
    wechat_text,
    wechat_totals,
)

PAID = BillRow("wechatpay", 2, RowKind.PAYMENT, f"payment:{REFERENCE}", TRANSACTION, 8_800, 53, "CNY", AT)
REFUNDED = BillRow(
    "wechatpay", 3, RowKind.REFUND, f"refund:{REQUEST}", WECHAT_REFUND, -3_000, -18, "CNY", AT + 60
)
BOTH = (WECHAT_PAYMENT, WECHAT_REFUNDED)


def with_row(row):
    """A good payment, *row*, and a good refund; the totals are those of the good ones."""
    return [wechat_text([wechat_row(), row, wechat_row(WECHAT_REFUNDED)], wechat_totals(BOTH)).encode()]


def test_a_payment_and_a_refund_are_told_with_amount_fee_number_and_time():
    assert list(read([wechat_csv(*BOTH)])) == [PAID, REFUNDED]


def test_a_mark_at_the_beginning_and_other_line_ends_change_nothing():
    text = wechat_csv(*BOTH).decode()

    assert list(read([text.encode("utf-8-sig")])) == [PAID, REFUNDED]
    assert list(read([text.replace("\r\n", "\n").rstrip("\n").encode()])) == [PAID, REFUNDED]
    assert list(read([text.replace("`", "").encode()])) == [PAID, REFUNDED]


def test_a_day_without_a_movement_is_an_empty_bill():
    assert list(read([wechat_csv()])) == []


def test_columns_are_found_by_their_names_also_those_of_before_2018():
    headings = WECHAT_HEADINGS.replace("应结订单金额", "总金额").replace("特约商户号", "子商户号").split(",")
    row, order = wechat_row().split(","), [*reversed(range(len(headings)))]
    text = wechat_text(
        [",".join([*(row[i] for i in order), "`x"])],
        "`1.0,`88.00,`0.00,`0.00,`0.53000",
        ",".join([*(headings[i] for i in order), "新的"]),
    ).replace(WECHAT_TOTALS, "总交易单数,总交易额,总退款金额,总企业红包退款金额,手续费总金额")

    assert list(read([text.encode()])) == [PAID]


def test_a_refund_that_is_under_way_has_left_our_account():
    row = wechat_row(WECHAT_REFUNDED, refund_state="PROCESSING")

    text = wechat_text([wechat_row(), row], wechat_totals(BOTH))

    assert list(read([text.encode()])) == [PAID, REFUNDED]


@pytest.mark.parametrize("told", [BOTH[:1], BOTH])
def test_a_refund_that_failed_is_no_movement_whether_the_totals_count_it_or_not(told):
    row = wechat_row(WECHAT_REFUNDED, refund_state="FAIL")

    text = wechat_text([wechat_row(), row], wechat_totals(told))

    assert list(read([text.encode()])) == [PAID]


def test_a_payment_that_a_till_revoked_goes_back_like_a_refund():
    row = wechat_row(WECHAT_REFUNDED, state="REVOKED", refund_state="")

    text = wechat_text([wechat_row(), row], wechat_totals(BOTH))

    assert list(read([text.encode()])) == [PAID, REFUNDED]


@pytest.mark.parametrize(
    ("changed", "why", "shown"),
    [
        ({"amount": "1e5"}, "amount_wrong", "1e5"),
        ({"amount": "１２"}, "amount_wrong", "１２"),
        ({"amount": "1.234"}, "amount_wrong", "1.234"),
        ({"amount": "1.00 "}, None, ""),  # A blank at the end says nothing.
        ({"amount": "1 000.00"}, "amount_wrong", "1 000.00"),
        ({"amount": "Infinity"}, "amount_wrong", "Infinity"),
        ({"amount": "10000000000.01"}, "amount_wrong", "10000000000.01"),
        ({"fee": "0.53100"}, "amount_wrong", "0.53100"),
        ({"fee": "0.5300000"}, "amount_wrong", "0.5300000"),
        ({"fee": "-0.53000"}, "sign_wrong", "-0.53000"),
        ({"amount": "-1.00"}, "sign_wrong", "-1.00"),
        ({"state": "CLOSED"}, "kind_unknown", "CLOSED"),
        ({"state": "REFUND", "refund_state": "LOST"}, "kind_unknown", "LOST"),
        ({"currency": "cny"}, "currency_wrong", "cny"),
        ({"currency": ""}, "currency_wrong", ""),
        ({"at": "2027-01-15 24:00:00"}, "time_wrong", "2027-01-15 24:00:00"),
        ({"at": "2027-01-15 16：00：00"}, "time_wrong", "2027-01-15 16：00：00"),
        ({"transaction": "4.2E+27"}, "number_wrong", "4.2E+27"),
        ({"reference": ""}, "number_wrong", ""),
        ({"reference": "单号"}, "number_wrong", "单号"),
    ],
)
def test_a_field_that_is_wrong_is_shown_with_its_line_and_the_rest_is_read(changed, why, shown):
    rows = list(read(with_row(wechat_row(**changed))))

    assert (rows[0], rows[2]) == (PAID, REFUNDED._replace(line=4))
    if why is None:
        assert rows[1] == PAID._replace(line=3, amount_minor=100)
        assert rows[3:] == [BadRow(6, "totals_differ")]
    else:
        assert rows[1:] == [BadRow(3, why, shown), REFUNDED._replace(line=4)]


@pytest.mark.parametrize(
    ("changed", "why", "shown"),
    [
        ({"refunded": "-30.00"}, "sign_wrong", "-30.00"),
        ({"fee": "0.18000"}, "sign_wrong", "0.18000"),
        ({"refund": "0"}, "number_wrong", "0"),
        ({"number": ""}, "number_wrong", ""),
    ],
)
def test_a_refund_is_looked_at_as_closely(changed, why, shown):
    rows = list(read(with_row(wechat_row(WECHAT_REFUNDED, **changed))))

    assert rows == [PAID, BadRow(3, why, shown), REFUNDED._replace(line=4)]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (wechat_row() + ",`", "fields_differ"),
        (wechat_row(amount="1,000.00"), "fields_differ"),
        ('"' * 101, "fields_differ"),
        (wechat_row(reference="a\x00b"), "unreadable"),
        (wechat_row(reference="a" * 70_000), "line_too_long"),
    ],
)
def test_a_line_that_is_out_of_shape_costs_that_line_alone(row, why):
    rows = list(read(with_row(row)))

    assert (rows[0], rows[2:]) == (PAID, [REFUNDED._replace(line=4)])
    assert (rows[1].line, rows[1].why) == (3, why)


@pytest.mark.parametrize(
    "content",
    [
        b"<html>",
        b'{"code":"NO_STATEMENT_EXIST","message":"..."}',
        "记账时间,微信支付业务单号\r\n".encode(),
        "#支付宝业务明细查询\r\n".encode("gbk"),
    ],
)
def test_another_file_is_not_a_bill(content):
    assert list(read([content])) == [BadRow(1, "not_a_bill")]


def test_without_its_totals_a_bill_is_cut():
    whole = wechat_csv(*BOTH)

    assert list(read([whole[: whole.index("总交易单数".encode())]])) == [
        PAID,
        REFUNDED,
        BadRow(3, "totals_missing"),
    ]
    assert list(read([whole.replace(wechat_totals(BOTH).encode(), b"")]))[2:] == [BadRow(5, "totals_missing")]


@pytest.mark.parametrize(
    "told",
    [
        (*BOTH, WECHAT_PAYMENT._replace(amount=0, fee=0)),
        (WECHAT_PAYMENT._replace(amount=8_801), WECHAT_REFUNDED),
        (WECHAT_PAYMENT._replace(fee=54), WECHAT_REFUNDED),
        (WECHAT_PAYMENT, WECHAT_REFUNDED._replace(amount=-3_001)),
    ],
)
def test_totals_that_are_not_the_sums_of_the_rows_are_told_at_the_end(told):
    text = wechat_text([wechat_row(), wechat_row(WECHAT_REFUNDED)], wechat_totals(told))

    assert list(read([text.encode()])) == [PAID, REFUNDED, BadRow(5, "totals_differ")]


def test_totals_that_cannot_be_read_and_lines_after_them_are_told():
    good, bad = wechat_totals(BOTH), wechat_totals(BOTH).replace("`2", "`two")
    rows = [wechat_row(), wechat_row(WECHAT_REFUNDED)]

    assert list(read([wechat_text(rows, bad).encode()]))[2:] == [
        BadRow(5, "amount_wrong", "two"),
        BadRow(5, "totals_missing"),
    ]
    assert list(read([wechat_text(rows, good).encode(), f"{good}\r\n".encode()]))[2:] == [
        BadRow(6, "fields_differ")
    ]


@pytest.mark.parametrize(
    "headings",
    [WECHAT_HEADINGS.replace("手续费", "费"), WECHAT_HEADINGS.replace("费率备注", "手续费")],
)
def test_a_needed_column_that_is_missing_or_there_twice_is_said_once(headings):
    text = wechat_text([wechat_row(), wechat_row()], wechat_totals(BOTH), headings)

    assert list(read([text.encode()])) == [BadRow(1, "columns_missing", "手续费")]


numbers = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=1, max_size=32)
moves = st.builds(
    Move,
    amount=st.integers(0, 10**12),
    fee=st.integers(0, 10**9),
    at=st.integers(946_700_000, 4_102_400_000),
    reference=numbers,
    number=st.just("") | numbers,
    provider_number=st.text("0123456789", min_size=28, max_size=32),
).map(lambda move: move._replace(amount=-move.amount, fee=-move.fee) if move.number else move)


@given(st.lists(moves, max_size=9), st.integers(1, 5_000))
def test_what_is_written_is_read_in_whatever_pieces_it_comes(written, size):
    content = wechat_csv(*written)

    rows = list(read(content[i : i + size] for i in range(0, len(content), size)))

    assert [(row.amount_minor, row.fee_minor, row.at, row.document, row.provider_id) for row in rows] == [
        (
            move.amount,
            move.fee,
            move.at,
            f"refund:{move.number}" if move.number else f"payment:{move.reference}",
            move.provider_number,
        )
        for move in written
    ]
