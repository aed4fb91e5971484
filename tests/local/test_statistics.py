"""The usual questions, answered for a small archive whose answers were reckoned by hand.

order  placed       paid  merchants       payable     what became of it
A      2027-01-15   yes   m-tea, m-pot    63 + 108    received after 2 100 s; 3 parcels; nothing came back
B      2027-01-15   no    m-tea, m-pot    63 + 108    timed out after 1 800 s
C      2027-01-18   yes   m-tea           40          one of two cups came back: 20.00; one parcel, sent late
"""

import csv
import re
from pathlib import Path

import pytest

from local.statistics.__main__ import main, report
from local.statistics.answers import Answer, shown
from local.statistics.reading import NoArchive, opened
from shared.archive.flat import flattened
from shared.archive.tables import TABLES, path_of
from shared.store import parquet
from tests.archive.orders import a_settled_order, seen, stored
from tests.builders import T0, a_cancelled_order

DAY, MONDAY = "2027-01-15", "2027-01-18"
COLUMNS = {table: [column[:2] for column in columns] for table, columns in TABLES.items()}
PAID = T0 + 3 * 86_400
TRY = {"order_id": "C", "currency": "CNY", "amount_minor": 4_000}
ORDER_C = [
    (
        "orders",
        {
            "order_id": "C",
            "placed_at": PAID,
            "paid_at": PAID,
            "state": "paid",
            "stage": "completed",
            "currency": "CNY",
        }
        | {
            "payable_minor": 4_000,
            "captured_minor": 4_000,
            "refunded_minor": 2_000,
            "parcels": 1,
            "sub_orders": 1,
        },
    ),
    (
        "sub_orders",
        {"order_id": "C", "sub_order": 1, "merchant_id": "m-tea", "state": "completed", "currency": "CNY"}
        | {"payable_minor": 4_000, "refunded_minor": 2_000, "paid_at": PAID}
        | {"ship_by": PAID + 172_800, "shipped_at": PAID + 172_801},
    ),
    (
        "lines",
        {
            "order_id": "C",
            "line": 1,
            "sub_order": 1,
            "category": "fragile",
            "quantity": 2,
            "cancelled": 0,
            "returned": 1,
        },
    ),
    (
        "cases",
        {
            "order_id": "C",
            "case_number": 1,
            "kind": "return_refund",
            "reason": "quality",
            "state": "completed",
            "units": 1,
        },
    ),
    (
        "refunds",
        {
            "order_id": "C",
            "refund": 1,
            "state": "succeeded",
            "reason": "quality",
            "currency": "CNY",
            "amount_minor": 2_000,
        },
    ),
    (
        "payments",
        {"order_id": "C", "provider": "alipay", "state": "closed", "currency": "CNY", "amount_minor": 4_000},
    ),
    (
        "payments",
        {
            "order_id": "C",
            "provider": "stripe",
            "state": "succeeded",
            "currency": "CNY",
            "amount_minor": 4_000,
        },
    ),
]


def put(folder: Path, rows, day: str, part: int = 1, columns=COLUMNS) -> None:
    """As the archive lays it out: one file for each table."""
    (work := folder / "work").mkdir(parents=True, exist_ok=True)
    for table, path in parquet.write(work, rows, columns).items():
        target = folder / path_of(table, day, part)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    work.rmdir()


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    unpaid = a_cancelled_order()
    for part, trade in enumerate((a_settled_order(), unpaid), 1):
        whole = trade.whole
        events, vouchers = seen(trade).events, stored(trade, "VOUCHER#")
        rows = [
            (table, row | {"order_id": "B"} if trade is unpaid else row)
            for table, row in flattened(whole, events, vouchers)
        ]
        put(folder, rows, DAY, part)
    put(folder, ORDER_C, MONDAY)
    return folder


@pytest.fixture(scope="module")
def answers(archive, tmp_path_factory) -> dict[str, Answer]:
    return {a.question.name: a for a in report(archive, tmp_path_factory.mktemp("out") / "new")}


def test_sales_baskets_cancellations_and_refunds(answers):
    [row] = answers["totals"].rows

    # GMV 171.00 + 40.00; by two paid orders; one of three was cancelled; one of two refunded, 20.00 of 211.00.
    assert row[:6] == ("CNY", 3, 2, 21_100, 10_550, 1)
    assert row[6:] == (pytest.approx(1 / 3), 1, 0.5, 2_000, pytest.approx(2_000 / 21_100))


def test_by_day_by_week_and_by_merchant(answers):
    assert answers["by_day"].rows == (
        (DAY, "CNY", 2, 1, 17_100, 0),
        (MONDAY, "CNY", 1, 1, 4_000, 2_000),
    )
    assert answers["by_week"].rows == (
        ("2027-01-11", "CNY", 2, 1, 17_100, 0),
        (MONDAY, "CNY", 1, 1, 4_000, 2_000),
    )
    assert answers["by_merchant"].rows == (
        ("m-pot", "CNY", 1, 10_800, 0, 0.0),
        ("m-tea", "CNY", 2, 10_300, 2_000, pytest.approx(2_000 / 10_300)),
    )


def test_how_long_things_stay_in_a_state(answers):
    found = {row[:2]: row[2:] for row in answers["time_per_state"].rows}

    # A was paid after 100 s, left 1 000 s later and was received 1 000 s after that.
    assert found["sub_order", "awaiting_shipment"] == (2, 1_000, 1_000, 1_000)
    assert found["sub_order", "awaiting_receipt"] == (2, 1_000, 1_000, 1_000)
    # Unpaid for 100 s in A; for 1 800 s in B, which then waited for its provider.
    assert found["order", "pending_payment"] == (2, 100, 1_800, 1_800)
    assert ("sub_order", "completed") not in found
    assert ("order", "start") not in found


def test_how_orders_were_split(answers):
    assert answers["parcels_per_order"].rows == ((1, 1, 0.5), (3, 1, 0.5))
    assert answers["split"].rows == ((2, 4, 1, 0.5, 1),)


def test_what_came_back_and_why(answers):
    # Of fragile goods a cup and two pots left in A, and two cups in C, of which one came back; three teas in A.
    assert answers["returns_by_category"].rows == (("fragile", 5, 1, 0.2), ("food", 3, 0, 0.0))
    assert answers["cases_by_reason"].rows == (("return_refund", "quality", 1, 1, 1),)
    assert answers["refunds_by_reason"].rows == (("quality", "CNY", 1, 2_000),)


def test_how_it_was_paid_and_whether_it_was_sent_in_time(answers):
    assert answers["payment_mix"].rows == (
        ("sandbox", "CNY", 2, 1, 0.5, 17_100),
        ("stripe", "CNY", 1, 1, 0.5, 4_000),
        ("alipay", "CNY", 1, 0, 0.0, 0),
    )
    assert answers["on_time"].rows == (("m-pot", 1, 1, 1.0), ("m-tea", 2, 1, 0.5))


def test_a_page_that_stands_alone_and_a_table_for_each_question(archive, tmp_path, capsys):
    assert main(["--from", str(archive), "--to", str(tmp_path)]) == 0

    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert page.count("<svg") >= 7
    assert "<script" not in page
    assert {where for where in re.findall(r"https?://[\w./]+", page)} == {"http://www.w3.org/2000/svg"}
    assert "211.00" in page
    with (tmp_path / "totals.csv").open(encoding="utf-8", newline="") as stream:
        [row] = csv.DictReader(stream)
    assert (row["orders"], row["gmv_minor"], row["average_basket_minor"]) == ("3", "21100", "10550")
    assert len(list(tmp_path.glob("*.csv"))) == 12
    told = capsys.readouterr().out
    assert "All in all" in told
    assert "211.00" in told


def test_columns_that_came_later_and_columns_that_nobody_knows_are_borne(archive, tmp_path):
    older = {"orders": [c for c in COLUMNS["orders"] if c[0] != "coupon_minor"] + [("mood", "string")]}
    row = {
        "order_id": "D",
        "currency": "CNY",
        "stage": "completed",
        "paid_at": T0,
        "payable_minor": 100,
        "mood": "good",
    }
    put(tmp_path, [("orders", row | {"mood": "good"})], "2027-01-16", columns=older)

    with opened(tmp_path) as connection:
        found = connection.execute("SELECT order_id, coupon_minor, placed_on FROM orders").fetchall()
        assert connection.execute("SELECT count(*) FROM disputes").fetchall() == [(0,)]
        assert "mood" not in connection.table("orders").columns

    assert [(order, coupon, str(day)) for order, coupon, day in found] == [("D", None, "2027-01-16")]
    [totals] = [a for a in report(tmp_path, tmp_path / "out") if a.question.name == "totals"]
    assert totals.rows[0][:4] == ("CNY", 1, 1, 100)


def test_a_folder_without_an_archive_is_told_and_nothing_is_written(tmp_path, capsys):
    assert main(["--from", str(tmp_path), "--to", str(tmp_path / "out")]) == 1

    assert "no statistics" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_none_is_told(archive, tmp_path):
    broken = tmp_path / path_of("orders", DAY, 1)
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"PAR1 this is not one")

    with pytest.raises(NoArchive, match="orders cannot be read"):
        opened(tmp_path)


@pytest.mark.parametrize(
    ("value", "kind", "currency", "words"),
    [
        (-5, "amount", "CNY", "-0.05"),
        (1234, "amount", "JPY", "1,234"),
        (59, "duration", "", "59.0 s"),
        (90, "duration", "", "1.5 min"),
        (129_600, "duration", "", "1.5 d"),
        (None, "amount", "CNY", "-"),
        (12_345, "count", "", "12,345"),
    ],
)
def test_a_value_as_people_read_it(value, kind, currency, words):
    assert shown(value, kind, currency) == words
