"""Which books a voucher goes into, under which day, with which entries."""

import pytest

from shared.ledger.postings import (
    NotAVoucher,
    checked,
    claimed_in,
    merchant_books,
    postings_of,
    unowned,
)

ORDER = "01HF7YAT000000000000000000"
NOON = 1_795_348_800  # 2026-11-22T12:00:00Z
LATE = 1_795_365_000  # 2026-11-22T16:30:00Z: the day after, in China


def a_voucher(*entries, **fields):
    values = {
        "voucher_id": f"{ORDER}-v7",
        "order_id": ORDER,
        "kind": "captured",
        "currency": "CNY",
        "at": NOON,
        "entries": entries,
    }
    return {**values, **fields}


def posted(voucher):
    return {one.pk: one.values["entries"] for one in postings_of(voucher)}


def test_a_payment_goes_into_its_provider_s_book_and_escrow_into_none():
    paid = a_voucher(("clearing:stripe", 900), (f"escrow:{ORDER}-01", -900), document="payment:r1")

    [one] = postings_of(paid)

    assert (one.pk, one.sk) == ("ACCOUNT#clearing:stripe#2026-11-22", f"{ORDER}-v7")
    assert one.values == {
        "voucher_id": f"{ORDER}-v7",
        "order_id": ORDER,
        "kind": "captured",
        "currency": "CNY",
        "at": NOON,
        "document": "payment:r1",
        "entries": (("clearing:stripe", 900),),
    }


@pytest.mark.parametrize(
    ("provider", "day"),
    [
        ("alipay", "2026-11-23"),
        ("wechatpay", "2026-11-23"),
        ("stripe", "2026-11-22"),
        ("sandbox", "2026-11-22"),
    ],
)
def test_a_provider_s_day_is_that_of_its_bills(provider, day):
    paid = a_voucher((f"clearing:{provider}", 5), ("quarantine:x", -5), at=NOON, happened_at=LATE)

    assert set(posted(paid)) == {f"ACCOUNT#clearing:{provider}#{day}"}


def test_where_the_provider_s_time_is_not_known_ours_counts():
    paid = a_voucher(("clearing:alipay", 5), ("quarantine:x", -5), at=LATE)

    assert set(posted(paid)) == {"ACCOUNT#clearing:alipay#2026-11-23"}


def test_a_settlement_goes_into_the_merchant_s_book_under_our_day_with_all_that_is_the_merchant_s():
    settled = a_voucher(
        (f"escrow:{ORDER}-01", 1000),
        ("merchant:m-tea", -850),
        ("reserve:m-tea", -50),
        ("commission", -120),
        ("commission_due:m-tea", 20),
        kind="settled",
        at=LATE,
        sub_order=1,
        merchant_id="m-tea",
        breakdown={"kept": 1000},
    )

    assert posted(settled) == {
        "ACCOUNT#merchant:m-tea#CNY#2026-11-22": (
            ("merchant:m-tea", -850),
            ("reserve:m-tea", -50),
            ("commission_due:m-tea", 20),
        )
    }


def test_each_currency_has_a_book_of_its_own():
    settled = a_voucher(("escrow:x", 5), ("merchant:m-tea", -5), currency="EUR")

    assert set(posted(settled)) == {"ACCOUNT#merchant:m-tea#EUR#2026-11-22"}


def test_a_refund_after_settlement_moves_the_provider_s_book_and_the_merchant_s():
    entries = ((f"claim:{ORDER}-02", 300), ("clearing:alipay", -300))

    found = posted(a_voucher(*entries, owners={f"{ORDER}-02": "m-toys"}))

    assert found == {
        "ACCOUNT#merchant:m-toys#CNY#2026-11-22": ((f"claim:{ORDER}-02", 300),),
        "ACCOUNT#clearing:alipay#2026-11-22": (("clearing:alipay", -300),),
    }


def test_a_claim_of_the_whole_order_is_nobody_s_and_one_of_an_unknown_sub_order_is_told():
    bounced = a_voucher(("clearing:alipay", 9), (f"claim:{ORDER}", -4), (f"claim:{ORDER}-03", -5))

    assert set(posted(bounced)) == {"ACCOUNT#clearing:alipay#2026-11-22"}
    assert list(claimed_in(bounced)) == [f"{ORDER}-03"]
    assert unowned(bounced) == (f"{ORDER}-03",)
    assert unowned(bounced | {"owners": {f"{ORDER}-03": "m-tea"}}) == ()


def test_whatever_a_statement_nets_is_its_merchant_s():
    netting = a_voucher((f"claim:{ORDER}-02", -300), ("merchant:m-toys", 300), kind="statement")
    del netting["order_id"]
    netting |= {"voucher_id": "m-toys#CNY#S00000001", "merchant_id": "m-toys"}

    assert posted(netting) == {
        "ACCOUNT#merchant:m-toys#CNY#2026-11-22": ((f"claim:{ORDER}-02", -300), ("merchant:m-toys", 300))
    }


def test_the_list_of_books_has_merchants_each_with_its_first_day():
    later = a_voucher(("escrow:x", 5), ("merchant:m-tea", -5), at=NOON + 86_400)
    sooner = a_voucher(("escrow:x", 5), ("merchant:m-tea", -3), ("clearing:stripe", -2))

    found = [one for voucher in (later, sooner) for one in postings_of(voucher)]

    assert merchant_books(found) == {"merchant:m-tea#CNY": "2026-11-22"}


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"entries": (("a", 1), ("b", -2))}, "balance"),
        ({"entries": ()}, "entries"),
        ({"entries": (("a", 0.5), ("b", -0.5))}, "entries"),
        ({"entries": (("a", True), ("b", -1))}, "entries"),
        ({"entries": (("a", 1, 2), ("b", -1))}, "entries"),
        ({"entries": "much"}, "entries"),
        ({"at": "now"}, "at"),
        ({"at": -1}, "at"),
        ({"at": 10**15}, "at"),
        ({"happened_at": 10**15}, "happened_at"),
        ({"currency": ""}, "currency"),
        ({"kind": None}, "kind"),
        ({"voucher_id": 7}, "voucher_id"),
        ({"owners": "m-tea"}, "owners"),
    ],
)
def test_what_is_no_voucher_is_refused(wrong, why):
    with pytest.raises(NotAVoucher, match=why):
        checked(a_voucher(("a", 1), ("b", -1), **wrong))
