"""What is kept of an order is exact, and nobody is in it."""

import json
import re
from pathlib import Path

import pytest

from shared.archive import flat
from shared.archive.flat import flattened
from shared.archive.tables import TABLES, create_table, path_of, require_fit
from shared.model import sub_order_id
from shared.store import parquet
from tests.archive.orders import a_settled_order, seen, stored
from tests.builders import ADDRESS, BUYER, ORDER_ID, T0, a_cancelled_order
from tests.special_orders import a_paid_rich_order
from tests.store.test_items import an_order_with_cases

PAGE = Path(__file__).resolve().parents[2] / "docs" / "athena.md"
COLUMNS = {table: [column[:2] for column in columns] for table, columns in TABLES.items()}


def vouchers(trade):
    return stored(trade, "VOUCHER#")


def tables(trade):
    found = {}
    for table, row in flattened(trade.whole, seen(trade).events, vouchers(trade)):
        found.setdefault(table, []).append(row)
    return found


def only(row, *names):
    return tuple(row[name] for name in names)


def test_an_order_is_one_row_with_its_money():
    [row] = tables(a_settled_order())["orders"]

    assert row == {
        "order_id": ORDER_ID,
        "placed_at": T0,
        "paid_at": T0 + 100,
        "state": "paid",
        "stage": "completed",
        "version": row["version"],
        "currency": "CNY",
        "country": "CN",
        "channel": "web",
        "level": None,
        "payment_method": "sandbox",
        "provider": "sandbox",
        "goods_minor": 15_500,
        "freight_minor": 1_600,
        "payable_minor": 17_100,
        "captured_minor": 17_100,
        "refunded_minor": 0,
        "points": 0,
        "coupons": 0,
        "coupon_minor": 0,
        "sub_orders": 2,
        "parcels": 3,
        "lines": 3,
        "units": 6,
        "separated_from": None,
    }
    assert row["version"] == len(seen(a_settled_order()).events)


def test_each_part_says_whose_it_is_when_it_was_promised_and_when_it_left():
    first, second = tables(a_settled_order())["sub_orders"]

    names = ("merchant_id", "state", "payable_minor", "paid_at", "ship_by", "shipped_at", "parcels")
    paid, left = T0 + 100, T0 + 1_100
    assert only(first, *names) == ("m-tea", "completed", 6_300, paid, paid + 172_800, left, 2)
    assert only(second, *names) == ("m-pot", "completed", 10_800, paid, paid + 172_800, left, 1)
    assert (first["settled_minor"], second["settled_minor"]) == (6_300, 10_800)
    assert first["completed_at"] == T0 + 2_100 < first["settled_at"]


def test_lines_parcels_and_payments_are_as_they_were():
    found = tables(a_settled_order())

    assert [only(row, "line", "sku", "category", "quantity", "payable_minor") for row in found["lines"]] == [
        (1, "TEA", "food", 3, 3_000),
        (2, "CUP", "fragile", 1, 2_500),
        (3, "POT", "fragile", 2, 10_000),
    ]
    assert [only(row, "parcel", "sub_order", "warehouse", "units", "state") for row in found["parcels"]] == [
        (1, 1, "W1", 3, "received"),
        (2, 1, "W2", 1, "received"),
        (3, 2, "W3", 2, "received"),
    ]
    [payment] = found["payments"]
    assert only(payment, "provider", "state", "amount_minor", "captured_minor", "paid_at") == (
        "sandbox",
        "succeeded",
        17_100,
        17_100,
        T0 + 100,
    )


def test_every_step_names_where_it_came_from_and_where_it_went():
    steps = [row for row in tables(a_settled_order())["steps"] if row["subject"] == "SUB#02"]

    assert [only(row, "noted_at", "source", "target") for row in steps if row["source"] != row["target"]] == [
        (T0, "start", "awaiting_payment"),
        (T0 + 100, "awaiting_payment", "awaiting_shipment"),
        (T0 + 1_100, "awaiting_shipment", "awaiting_receipt"),
        (T0 + 2_100, "awaiting_receipt", "completed"),
    ]


def test_a_step_of_a_row_that_this_release_does_not_have_is_kept_without_its_end():
    trade = a_settled_order()
    step = {"row": "sub_order.awaiting_tea.tea_drunk", "subject": "SUB#01"}
    event = {"version": 9, "event": "tea_drunk", "actor": "buyer", "at": T0, "steps": (step,)}

    rows = [row for table, row in flattened(trade.whole, (event,), ()) if table == "steps"]

    assert [only(row, "machine", "source", "target") for row in rows] == [("sub_order", "awaiting_tea", None)]


def test_money_and_stock_moved_as_their_journals_say():
    found = tables(a_settled_order())
    captured = [row for row in found["movements"] if row["kind"] == "captured"]

    assert [only(row, "account", "amount_minor", "currency") for row in captured] == [
        ("clearing:sandbox", 17_100, "CNY"),
        (f"escrow:{sub_order_id(ORDER_ID, 1)}", -6_300, "CNY"),
        (f"escrow:{sub_order_id(ORDER_ID, 2)}", -10_800, "CNY"),
    ]
    for voucher in {row["voucher_id"] for row in found["movements"]}:
        assert sum(row["amount_minor"] for row in found["movements"] if row["voucher_id"] == voucher) == 0
    moved = sorted(only(row, "kind", "sku", "warehouse", "shard", "quantity") for row in found["stock_moves"])
    assert moved == [
        ("reserve", "CUP", "W1", 0, 1),
        ("reserve", "POT", "W3", 0, 2),
        ("reserve", "TEA", "W1", 0, 2),
        ("reserve", "TEA", "W2", 0, 1),
        ("ship", "CUP", "W1", 0, 1),
        ("ship", "POT", "W3", 0, 2),
        ("ship", "TEA", "W1", 0, 2),
        ("ship", "TEA", "W2", 0, 1),
    ]


def test_what_was_never_paid_was_never_given_back():
    [row] = tables(a_cancelled_order())["orders"]

    assert only(row, "paid_at", "captured_minor", "refunded_minor", "state") == (None, 0, 0, "cancelled")
    assert {part["refunded_minor"] for part in tables(a_cancelled_order())["sub_orders"]} == {0}


def test_cases_say_what_was_asked_for_and_what_it_came_to():
    found = tables(an_order_with_cases())

    assert [only(row, "case_number", "kind", "reason", "state", "units") for row in found["cases"]][:3] == [
        (1, "price_reduction", "quality", "completed", 3),
        (2, "refund_only", "quality", "completed", 1),
        (3, "return_refund", "quality", "completed", 1),
    ]
    assert found["case_lines"][1] == {"order_id": ORDER_ID, "case_number": 2, "line": 1, "units": 1}
    assert {row["refund"] for row in found["refunds"]} == {1, 2, 3}


@pytest.mark.parametrize("make", [a_settled_order, a_cancelled_order, an_order_with_cases, a_paid_rich_order])
def test_every_row_fits_its_table_and_nothing_is_missing(make):
    for table, rows in tables(make()).items():
        for row in rows:
            require_fit(table, row)
            assert list(row) == [column.name for column in TABLES[table]], table


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"buyer": "b-1"}, "orders has no column buyer"),
        ({"units": "6"}, "orders.units is no bigint"),
        ({"units": True}, "orders.units is no bigint"),
        ({"units": 2**63}, "orders.units is no bigint"),
        ({"state": 1}, "orders.state is no string"),
    ],
)
def test_what_does_not_fit_is_told_before_anything_leaves(row, why):
    with pytest.raises(TypeError, match=re.escape(why)):
        require_fit("orders", row)


def test_nobody_is_in_the_archive(tmp_path):
    """A canary for everybody and everything that must not be there, in the rows and in the files' bytes."""
    trade = an_order_with_cases()
    events = [
        {**event, "actor_id": "CANARY", "note": {"reason": "CANARY"}, "confirmation": {"name": "CANARY"}}
        for event in seen(trade).events
    ]
    secret = [*(str(v) for k, v in ADDRESS.items() if k != "country"), BUYER.id, "CANARY"]
    secret += [case.waybill for case in trade.whole.cases if case.waybill]
    secret += [parcel.waybill for parcel in trade.whole.parcels if parcel.waybill]
    secret += [line.name for line in trade.whole.lines if line.name not in ("cup", "pot")]
    assert len(secret) > 8

    rows = list(flattened(trade.whole, events, vouchers(trade)))
    files = parquet.write(tmp_path, rows, COLUMNS)

    text = json.dumps(rows, ensure_ascii=False)
    for word in secret:
        assert word not in text, word
        assert not any(word.encode() in path.read_bytes() for path in files.values()), word


def test_what_is_no_code_is_left_out():
    assert [flat._code(told) for told in ("goodwill", "no_reason", "", "Li Lei called", "王")] == [
        "goodwill",
        "no_reason",
        None,
        None,
        None,
    ]


def test_the_files_hold_exactly_these_values_and_columns(tmp_path):
    import duckdb

    trade = a_settled_order()
    rows = list(flattened(trade.whole, seen(trade).events, vouchers(trade)))

    files = parquet.write(tmp_path, rows, COLUMNS)

    assert set(files) == {table for table, _ in rows}
    for table, path in files.items():
        own = [row for name, row in rows if name == table]
        found = duckdb.read_parquet(str(path))
        assert found.columns == [column.name for column in TABLES[table]]
        assert found.fetchall() == [tuple(row.values()) for row in own], table


def test_the_words_for_athena_name_the_files_columns(tmp_path):
    import duckdb

    kinds = {"VARCHAR": "string", "BIGINT": "bigint", "BOOLEAN": "boolean"}
    text = PAGE.read_text(encoding="utf-8")
    trade = an_order_with_cases()
    files = parquet.write(tmp_path, flattened(trade.whole, seen(trade).events, vouchers(trade)), COLUMNS)

    for table in TABLES:
        told = create_table(table, "s3://BOOKS_BUCKET/archive")
        assert told in text, "run: make docs"
        if table in files:
            found = duckdb.read_parquet(str(files[table]))
            columns = [
                f"`{n}` {kinds[str(kind)]}" for n, kind in zip(found.columns, found.types, strict=True)
            ]
            assert re.findall(r"^  (`\w+` \w+),?$", told, re.MULTILINE) == columns
    assert len(files) >= 10


def test_a_part_lies_where_hive_looks_for_it():
    assert path_of("lines", "2027-01-15", 12) == "archive/lines/placed_on=2027-01-15/part-00012.parquet"
