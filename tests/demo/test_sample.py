from collections import Counter
from pathlib import Path

import pytest

from local.demo import made_up, money_scenes
from local.demo.invoices import Article, read_book, read_rows
from local.demo.sample import SAMPLE, packed

BOOK = read_book(SAMPLE)


def test_the_sample_is_small_and_credited():
    assert SAMPLE.stat().st_size < 300_000
    assert "10.24432/C5BW33" in Path(SAMPLE).with_name("CREDIT.md").read_text(encoding="utf-8")


def test_the_sample_holds_262_sales_and_40_cancellations():
    assert (len(BOOK.sales), len(BOOK.cancellations)) == (262, 40)
    assert sum(cancellation.sale is None for cancellation in BOOK.cancellations) == 7


def test_the_sample_holds_a_sale_that_is_too_long_and_many_that_are_long():
    lengths = [len(sale.articles) for sale in BOOK.sales]

    assert sum(length > 500 for length in lengths) == 1
    assert sum(350 <= length <= 500 for length in lengths) == 1
    assert sum(90 < length < 350 for length in lengths) == 3
    assert sum(60 <= length <= 90 for length in lengths) == 8


def test_packing_the_same_rows_gives_the_same_bytes():
    rows = [row for rows in list(read_rows(SAMPLE).values())[:3] for row in rows]

    assert packed(rows) == packed([dict(row) for row in rows])


def test_about_a_quarter_of_the_orders_have_several_merchants():
    several = sum(
        len({made_up.merchant_of(article.sku) for article in sale.articles}) > 1 for sale in BOOK.sales
    )

    assert several == 62


def test_every_way_to_pay_is_met():
    scenes = {extra.plan.paying for extra in money_scenes.orders(0)}

    assert {made_up.paying(sale) for sale in BOOK.sales} | scenes == set(made_up.Paying)


def test_buyers_pay_at_all_providers_as_people_in_china_do():
    at = Counter(made_up.provider_of(sale.number) for sale in BOOK.sales)

    assert at == {"alipay": 107, "wechatpay": 90, "stripe": 65}


def test_every_verdict_is_met():
    assert {made_up.verdict(sale) for sale in BOOK.sales} == set(made_up.Verdict)


def test_members_of_every_level_have_points_and_coupons():
    customers = {sale.customer for sale in BOOK.sales if sale.customer}
    have = {made_up.level_of(c) for c in customers if made_up.points_of(c) and made_up.claimed_by(c)}

    assert have == {"", "gold", "vip"}


def test_a_guest_has_nothing():
    assert (made_up.level_of(""), made_up.points_of(""), made_up.claimed_by("")) == ("", 0, ())


def test_articles_are_special_in_every_way_that_the_data_can_show():
    articles = {article.sku: article for sale in BOOK.sales for article in sale.articles}
    flags = {flag for article in articles.values() for flag in made_up.sku_of(article).flags}

    assert flags == {"deferred", "perishable", "full_price", "limited", "hazard"}


def test_every_way_of_refunding_is_met():
    ways = {made_up.refunding(c.number, "alipay") for c in BOOK.cancellations if c.sale}

    assert ways == set(made_up.Refunding)


def test_every_fate_of_the_money_is_met():
    scenes = {extra.plan.afterwards for extra in money_scenes.orders(0)}

    assert scenes == set(made_up.Afterwards)


def test_the_shelves_hold_what_all_orders_want_but_for_scarce_articles():
    wanted = {}
    for sale in BOOK.sales:
        for article in sale.articles:
            wanted[article.sku] = wanted.get(article.sku, 0) + article.quantity
    held = {sku: sum(shelf.values()) for sku, shelf in made_up.shelves(BOOK.sales).items()}

    assert {sku for sku in wanted if held[sku] < wanted[sku]} == {
        "22196", "22258", "22865", "37446", "84596F", "85099C",
    }  # fmt: skip
    assert held["85099C"] == 191


@pytest.mark.parametrize("sku", ["85123A", "71053", "84406B"])
def test_made_up_weights_are_what_the_description_says_give_or_take_a_fifth(sku):
    thing = made_up.sku_of(Article(sku, "A thing", 1, 255))
    mug = made_up.sku_of(Article(sku, "RED MUG", 1, 255))

    assert (48 <= thing.weight_grams <= 72, 192 <= thing.volume_cm3 <= 288) == (True, True)
    assert (264 <= mug.weight_grams <= 396, 720 <= mug.volume_cm3 <= 1_080) == (True, True)
    assert (thing.unit_price_minor, thing.currency) == (255, "CNY")
