"""Whatever a bill is packed in, however large, and wherever it breaks."""

import gzip
import io
import re
import sys
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import NotFound
from shared.payment.bills import NAMES, read_bill, reading
from shared.payment.bills.rows import BAD_ROWS, BadRow, BillRow
from tests.payment.bills.writers import (
    PAYMENT,
    REFUND,
    WECHAT_PAYMENT,
    alipay_csv,
    stripe_csv,
    wechat_csv,
    wechat_row,
    wechat_text,
    wechat_totals,
    zipped,
)

BILLS = {"alipay": alipay_csv(PAYMENT), "wechatpay": wechat_csv(WECHAT_PAYMENT), "stripe": stripe_csv({})}


def in_pieces(content, size=10):
    return [content[i : i + size] for i in range(0, len(content), size)]


@pytest.mark.parametrize("provider", NAMES)
@pytest.mark.parametrize("packed", [bytes, gzip.compress, lambda content: zipped(**{"bill.csv": content})])
def test_a_bill_reads_the_same_plain_gzipped_and_zipped(provider, packed):
    plain = list(read_bill(provider, [BILLS[provider]]))

    rows = list(read_bill(provider, in_pieces(packed(BILLS[provider]))))

    assert rows == plain
    assert [type(row) for row in rows] == [BillRow]


def test_a_gzip_of_two_parts_is_one_bill():
    half = len(BILLS["stripe"]) // 2
    parts = [gzip.compress(BILLS["stripe"][:half]), gzip.compress(BILLS["stripe"][half:])]

    assert list(read_bill("stripe", parts)) == list(read_bill("stripe", [BILLS["stripe"]]))


def locked():
    """As a tool writes it that locks: the flag stands in both headers."""
    whole = bytearray(zipped(**{"bill.csv": BILLS["alipay"]}))
    whole[6] |= 1
    whole[whole.index(b"PK\x01\x02") + 8] |= 1
    return bytes(whole)


def changed(content, place):
    return content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]


BROKEN = {
    "a zip that breaks off": (zipped(**{"a.csv": BILLS["alipay"]})[:-30], "archive_wrong"),
    "a zip with a changed byte": (changed(zipped(**{"a.csv": BILLS["alipay"]}), 60), "archive_wrong"),
    "a locked zip": (locked(), "archive_wrong"),
    "an empty zip": (zipped(), "archive_wrong"),
    "a zip of sums alone": (zipped(**{"a(汇总).csv": b"x"}), "archive_wrong"),
    "a zip of many files": (zipped(**{f"{i}.csv": b"x" for i in range(101)}), "archive_wrong"),
    "a zip of nothing": (zipped(**{"a.csv": b""}), "not_a_bill"),
    "a zip of a zip": (zipped(**{"a.csv": zipped(**{"a.csv": BILLS["alipay"]})}), "not_a_bill"),
    "a gzip that breaks off": (gzip.compress(BILLS["alipay"])[:-20], "truncated"),
    "a gzip with a changed sum": (changed(gzip.compress(BILLS["alipay"]), -6), "archive_wrong"),
    "no gzip": (b"\x1f\x8b" + b"x" * 100, "archive_wrong"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_archive_is_told_and_is_no_crash(name):
    content, why = BROKEN[name]

    rows = list(read_bill("alipay", in_pieces(content, 7)))

    assert rows[-1].why == why
    assert all(row.why in BAD_ROWS for row in rows if isinstance(row, BadRow))


def test_a_method_that_nobody_unpacks_is_told():
    whole = bytearray(zipped(**{"a.csv": BILLS["alipay"]}))
    whole[8] = whole[whole.index(b"PK\x01\x02") + 10] = 99

    assert [row.why for row in read_bill("alipay", [bytes(whole)])] == ["archive_wrong"]


@pytest.mark.parametrize("packed", [gzip.compress, lambda content: zipped(**{"bill.csv": content})])
def test_what_unpacks_to_too_much_is_read_to_the_limit(packed, monkeypatch):
    monkeypatch.setattr(reading, "UNPACKED_BYTES_MAX", 1_000_000)
    rows = [wechat_row()] * 100_000
    bomb = packed(wechat_text(rows, wechat_totals([])).encode())
    assert len(bomb) < 1_000_000 // 5

    found = list(read_bill("wechatpay", [bomb]))

    assert found[-1].why == "archive_wrong"
    assert 0 < len(found) < 5_000


def test_a_name_in_another_alphabet_is_no_crash():
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("a_b.csv", BILLS["alipay"])
    content = whole.getvalue().replace(b"a_b.csv", b"a\xff\xff.csv")

    assert [row.why for row in read_bill("alipay", [content])] == ["archive_wrong"]


def test_every_reason_is_written_down():
    assert {why for _, why in BROKEN.values()} < set(BAD_ROWS)


def test_the_page_for_people_explains_every_reason_in_the_same_words():
    page = (Path(__file__).parents[3] / "docs" / "bills.md").read_text(encoding="utf-8")

    assert re.findall(r"^\| `(\w+)` \| (.+) \|$", page, re.MULTILINE) == list(BAD_ROWS.items())


def test_a_provider_without_bills_has_no_reader():
    with pytest.raises(NotFound):
        read_bill("sandbox", [])


@given(st.sampled_from(NAMES), st.binary(max_size=400), st.data())
def test_no_bytes_are_a_crash_and_every_bad_line_has_a_reason_and_little_to_show(provider, junk, data):
    whole = BILLS[provider]
    begin = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(begin, min(len(whole), begin + 40)))

    for content in (junk, whole[:begin] + junk + whole[end:], gzip.compress(whole)[:begin] + junk):
        rows = list(read_bill(provider, in_pieces(content, 64)))
        for row in rows:
            if isinstance(row, BadRow):
                assert row.why in BAD_ROWS
                assert len(row.shown) <= 80
                assert row.shown.isprintable()
                assert 0 <= row.line <= content.count(b"\n") + 2
            else:
                assert abs(row.amount_minor) <= 10**12
                assert row.document == "" or row.document.partition(":")[2]
                assert row.provider_id


def many(count):
    head, tail = (
        part.encode() for part in wechat_text(["|"], wechat_totals([WECHAT_PAYMENT] * count)).split("|\r\n")
    )
    yield head
    row = f"{wechat_row()}\r\n".encode()
    for _ in range(count // 100):
        yield row * 100
    yield tail


def test_two_hundred_thousand_rows_are_read_in_the_memory_of_a_few():
    blocks, count = [], 0

    for row in read_bill("wechatpay", many(200_000)):
        assert isinstance(row, BillRow)
        count += 1
        if count % 20_000 == 0:
            blocks.append(sys.getallocatedblocks())

    assert count == 200_000
    assert max(blocks) - blocks[0] < 2_000  # Of one more number kept per row there were 180,000.


@pytest.mark.parametrize("packed", [False, True])
def test_a_line_without_an_end_takes_no_memory(packed):
    def endless():
        yield BILLS["stripe"]
        for _ in range(200):
            yield b"x" * 1_000_000

    chunks = in_pieces(gzip.compress(b"".join(endless())), 65_536) if packed else endless()
    tracemalloc.start()

    rows = list(read_bill("stripe", chunks))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [type(row) for row in rows] == [BillRow, BadRow]
    assert rows[1] == BadRow(3, "line_too_long")
    assert peak < 8_000_000


def test_the_refund_of_another_day_is_read_like_any():
    assert [row.amount_minor for row in read_bill("alipay", [alipay_csv(REFUND)])] == [-3_000]
