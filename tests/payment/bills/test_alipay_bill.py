"""What Alipay's bill of trades says, and what is said of every line that cannot be trusted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.payment.bills.alipay import read
from shared.payment.bills.rows import BadRow, BillRow, RowKind
from tests.payment.bills.writers import (
    ALIPAY_HEADINGS,
    AT,
    PAYMENT,
    REFERENCE,
    REFUND,
    REQUEST,
    TRADE,
    Move,
    alipay_csv,
    alipay_row,
    alipay_text,
    alipay_totals,
    zipped,
)

PAID = BillRow("alipay", 6, RowKind.PAYMENT, f"payment:{REFERENCE}", TRADE, 8_800, 53, "CNY", AT)
REFUNDED = BillRow(
    "alipay", 7, RowKind.REFUND, f"refund:{REQUEST}", f"{TRADE}:{REQUEST}", -3_000, -18, "CNY", AT + 60
)


def gbk(text):
    return [text.encode("gbk")]


def with_row(row):
    """A good payment, *row*, and a good refund; the totals are those of the good ones."""
    return alipay_text([alipay_row(), row, alipay_row(REFUND)], alipay_totals((PAYMENT, REFUND)))


def test_a_payment_and_a_refund_are_told_with_amount_fee_number_and_time():
    assert list(read([alipay_csv(PAYMENT, REFUND)])) == [PAID, REFUNDED]


def test_a_bill_that_was_saved_anew_as_utf8_says_the_same():
    text = alipay_csv(PAYMENT, REFUND).decode("gbk")

    assert list(read([text.encode("utf-8-sig")])) == [PAID, REFUNDED]
    assert list(read([text.replace("（元）", "(元)").encode()])) == [PAID, REFUNDED]


def test_the_bill_is_found_in_the_archive_beside_the_sums_of_the_shops():
    archive = zipped(
        **{
            "20880001000000010156_20270115_业务明细(汇总).csv": "#支付宝业务汇总查询\r\n".encode("gbk"),
            "20880001000000010156_20270115_业务明细.csv": alipay_csv(PAYMENT, REFUND),
        }
    )

    assert list(read([archive])) == [PAID, REFUNDED]


def test_names_in_gbk_that_do_not_say_so_are_understood():
    detail, summary = ("业务明细".encode("gbk"), "业务明细(汇总)".encode("gbk"))
    archive = zipped(
        **{
            "_" * len(summary) + ".csv": "#支付宝业务汇总查询\r\n".encode("gbk"),
            "+" * len(detail) + ".csv": alipay_csv(PAYMENT, REFUND),
        }
    )

    archive = archive.replace(b"_" * len(summary), summary).replace(b"+" * len(detail), detail)

    assert list(read([archive])) == [PAID, REFUNDED]


def test_a_bill_in_two_files_is_one_bill_and_its_lines_are_counted_on():
    first, second = alipay_csv(PAYMENT), alipay_csv(REFUND)
    lines = first.count(b"\n")

    rows = list(read([zipped(**{"a_1.csv": first, "a_2.csv": second})]))

    assert rows == [PAID, REFUNDED._replace(line=lines + 1 + 6)]


def test_a_day_without_a_movement_is_an_empty_bill():
    assert list(read([alipay_csv()])) == []


def test_columns_may_come_in_another_order_and_unknown_ones_are_passed_over():
    row, headings = alipay_row().split(","), ALIPAY_HEADINGS.split(",")
    order = [*reversed(range(len(headings)))]
    turned = ",".join([*(row[i] for i in order), "new"])
    named = ",".join([*(headings[i] for i in order), "新的"])

    text = alipay_text([turned], alipay_totals((PAYMENT,)), named)

    assert list(read(gbk(text))) == [PAID]


@pytest.mark.parametrize(
    ("changed", "why", "shown"),
    [
        ({"amount": "1e5"}, "amount_wrong", "1e5"),
        ({"amount": "１２"}, "amount_wrong", "１２"),
        ({"amount": "1.234"}, "amount_wrong", "1.234"),
        ({"amount": ""}, "amount_wrong", ""),
        ({"amount": "88."}, "amount_wrong", "88."),
        ({"amount": ".88"}, "amount_wrong", ".88"),
        ({"amount": "088.00"}, "amount_wrong", "088.00"),
        ({"amount": "+88.00"}, "amount_wrong", "+88.00"),
        ({"amount": "--88.00"}, "amount_wrong", "--88.00"),
        ({"amount": "NaN"}, "amount_wrong", "NaN"),
        ({"amount": "0x10"}, "amount_wrong", "0x10"),
        ({"amount": "10000000000.01"}, "amount_wrong", "10000000000.01"),
        ({"fee": "0.001"}, "amount_wrong", "0.001"),
        ({"amount": "-88.00"}, "sign_wrong", "-88.00"),
        ({"kind": "退款", "amount": "30.00", "request": "R1"}, "sign_wrong", "30.00"),
        ({"kind": "分账"}, "kind_unknown", "分账"),
        ({"at": "2027-02-30 16:00:00"}, "time_wrong", "2027-02-30 16:00:00"),
        ({"at": "1999-12-31 16:00:00"}, "time_wrong", "1999-12-31 16:00:00"),
        ({"at": "2127-01-15 16:00:00"}, "time_wrong", "2127-01-15 16:00:00"),
        ({"at": "2027-01-15T16:00:00"}, "time_wrong", "2027-01-15T16:00:00"),
        ({"at": "2027/1/15 16:00"}, "time_wrong", "2027/1/15 16:00"),
        ({"trade": "2.02701E+27"}, "number_wrong", "2.02701E+27"),
        ({"trade": ""}, "number_wrong", ""),
        ({"reference": "x" * 65}, "number_wrong", "x" * 65),
        ({"reference": "订单"}, "number_wrong", "订单"),
        ({"kind": "退款", "amount": "-30.00"}, "number_wrong", ""),
        ({"amount": f"{'9' * 200}"}, "amount_wrong", "9" * 80),
    ],
)
def test_a_field_that_is_wrong_is_shown_with_its_line_and_the_rest_is_read(changed, why, shown):
    rows = list(read(gbk(with_row(alipay_row(**changed)))))

    assert rows == [PAID, BadRow(7, why, shown), REFUNDED._replace(line=8)]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (alipay_row() + ",1", "fields_differ"),
        (alipay_row().rpartition(",")[0], "fields_differ"),
        (alipay_row(amount="1,000.00"), "fields_differ"),
        ("x", "fields_differ"),
        ('"' + alipay_row(), "quotes_wrong"),
        (alipay_row().replace("茶", '茶"绿'), None),  # A quote inside a text is a letter.
        (alipay_row().replace(",茶,", ',"茶,绿",'), None),
        (alipay_row().replace("茶", "茶\x00"), "unreadable"),
        (alipay_row().replace("茶", "茶\x1b[2J"), "unreadable"),
        (alipay_row().replace("茶", "茶" * 40_000), "line_too_long"),
    ],
)
def test_a_line_that_is_out_of_shape_costs_that_line_alone(row, why):
    rows = list(read(gbk(with_row(row))))

    assert (rows[0], rows[2]) == (PAID, REFUNDED._replace(line=8))
    if why is None:
        assert rows[1] == PAID._replace(line=7)
        assert rows[3:] == [BadRow(12, "totals_differ")]
    else:
        assert (rows[1].line, rows[1].why) == (7, why)
        assert "茶" not in rows[1].shown
        assert len(rows) == 3


def test_a_line_in_another_encoding_costs_that_line_alone():
    text = with_row("|").encode("gbk").split(b"|")

    rows = list(read([alipay_row().replace("茶", "\U0001f375").encode().join(text)]))

    assert [type(row) for row in rows] == [BillRow, BadRow, BillRow]
    assert rows[1] == BadRow(7, "unreadable")


def test_thousands_of_commas_in_quotes_are_an_amount_that_is_wrong():
    rows = list(read(gbk(with_row(alipay_row(amount='"1,000.00"')))))

    assert rows[1] == BadRow(7, "amount_wrong", "1,000.00")


def test_what_is_shown_never_tells_who_bought_and_moves_no_cursor():
    rows = list(read(gbk(with_row(alipay_row(reference="a\u3000b c")))))

    assert rows[1] == BadRow(7, "number_wrong", "a?b c")
    assert not any("li***" in row.shown for row in rows if isinstance(row, BadRow))


@pytest.mark.parametrize(
    "content",
    [
        b"<!doctype html><html><body>404</body></html>",
        b'{"code":"40004"}',
        "#支付宝账务明细查询\r\n".encode("gbk"),
        "#支付宝业务汇总查询\r\n".encode("gbk"),
        "交易时间,公众账号ID\r\n".encode(),
        b"\xff\xfe\x00",
        b"x" * 100_000,
    ],
)
def test_another_file_is_not_a_bill(content):
    assert list(read([content])) == [BadRow(1, "not_a_bill")]


@pytest.mark.parametrize("chunks", [[], [b""], [b"\r\n\r\n \n"]])
def test_an_empty_file_is_not_a_bill(chunks):
    [row] = read(chunks)

    assert row.why == "not_a_bill"


def test_without_its_totals_a_bill_is_cut():
    whole = alipay_csv(PAYMENT, REFUND)

    assert list(read([whole[: whole.index(b"#", 300)]])) == [PAID, REFUNDED, BadRow(7, "totals_missing")]
    cut = whole[: whole.index(",退款,".encode("gbk"))]
    assert list(read([cut])) == [PAID, BadRow(7, "fields_differ", "2 of 25"), BadRow(7, "totals_missing")]


@pytest.mark.parametrize(
    "told",
    [
        (PAYMENT, PAYMENT, REFUND),
        (PAYMENT,),
        (PAYMENT._replace(amount=8_801), REFUND),
        (PAYMENT, REFUND, REFUND),
    ],
)
def test_totals_that_are_not_the_sums_of_the_rows_are_told_at_the_end(told):
    text = alipay_text([alipay_row(), alipay_row(REFUND)], alipay_totals(told))

    assert list(read(gbk(text))) == [PAID, REFUNDED, BadRow(11, "totals_differ")]


@pytest.mark.parametrize(
    "headings",
    [
        ALIPAY_HEADINGS.replace("商家实收（元）", "实收"),
        ALIPAY_HEADINGS.replace("备注", "商家实收（元）"),
        ALIPAY_HEADINGS.replace("服务费（元）", "服务费(分)"),
    ],
)
def test_a_needed_column_that_is_missing_or_there_twice_is_said_once(headings):
    text = alipay_text([alipay_row(), alipay_row()], alipay_totals((PAYMENT, PAYMENT)), headings)

    [row] = read(gbk(text))

    assert (row.line, row.why) == (5, "columns_missing")


def test_rows_without_headings_are_nothing():
    text = "#支付宝业务明细查询\r\n" + alipay_row() + "\r\n"

    assert list(read(gbk(text))) == [BadRow(2, "columns_missing", "支付宝交易号")]


def test_nothing_may_have_a_sign():
    text = alipay_text(
        [alipay_row(fee="-0.00", amount="-0.00")], alipay_totals((PAYMENT._replace(amount=0),))
    )

    assert list(read(gbk(text))) == [PAID._replace(amount_minor=0, fee_minor=0)]


numbers = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=1, max_size=32)
moves = st.builds(
    Move,
    amount=st.integers(1, 10**12),
    fee=st.integers(0, 10**9),
    at=st.integers(946_700_000, 4_102_400_000),
    reference=numbers,
    number=st.just("") | numbers,
    provider_number=st.text("0123456789", min_size=16, max_size=64),
).map(lambda move: move._replace(amount=-move.amount, fee=-move.fee) if move.number else move)


@given(st.lists(moves, max_size=20), st.integers(1, 5_000))
def test_what_is_written_is_read_in_whatever_pieces_it_comes(written, size):
    content = alipay_csv(*written)

    rows = list(read(content[i : i + size] for i in range(0, len(content), size)))

    assert [(row.amount_minor, row.fee_minor, row.at, row.document, row.provider_id) for row in rows] == [
        (
            move.amount,
            move.fee,
            move.at,
            f"refund:{move.number}" if move.number else f"payment:{move.reference}",
            f"{move.provider_number}:{move.number}" if move.number else move.provider_number,
        )
        for move in written
    ]
