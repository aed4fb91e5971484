"""When the small run was over: the chain, the bills, the accounts."""

from collections import Counter


def test_the_books_are_what_they_were_and_bills_differ_only_where_somebody_lied(books):
    assert books.wrong == []


def test_somebody_lied_in_every_way_to_every_provider(play):
    lies = Counter((lie.provider, lie.change) for lie in play.stage.lies)

    changes = ("missing", "doubled", "altered", "foreign")
    assert lies == Counter((p, c) for p in ("alipay", "wechatpay", "stripe") for c in changes)


def test_every_voucher_is_in_the_chain_and_every_fen_is_somebodys(books):
    check = books.check

    assert check.vouchers > 100
    assert check.chained >= check.vouchers
    assert check.roots > 200  # One a day.
    assert [one.unexplained for one in check.currencies] == [0, 0]


def test_fees_are_what_providers_kept(fees):
    assert fees == ()


def test_nothing_is_left_in_escrow_and_merchants_took_out_what_they_earned(world):
    settled = {v["merchant_id"] for v in world.vouchers if v["kind"] == "settled"}
    ends = [row for row in world.statements if row["sk"].startswith("PAYOUTEND#")]

    assert settled <= {"m-homeware", "m-garden", "m-paper", "m-toys"}
    assert len(settled) > 1
    assert {row["state"] for row in ends} == {"paid", "failed"}
