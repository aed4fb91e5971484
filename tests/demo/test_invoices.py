import gzip

import pytest

from local.demo.invoices import Article, Cancellation, book_of, excerpt, pence, read_book

HEADER = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)


def a_row(number="536365", code="85123A", quantity="6", price="2.55", at="2010-12-01T08:26:00Z", **other):
    values = (number, code, "WHITE  HEART ", quantity, at, price, "17850", "United Kingdom")
    return dict(zip(HEADER, values, strict=True)) | other


def a_book(*rows):
    invoices = {}
    for row in rows:
        invoices.setdefault(row["InvoiceNo"], []).append(row)
    return book_of(invoices)


def test_an_invoice_becomes_a_sale_in_pence():
    [sale] = a_book(a_row()).sales

    assert sale.articles == (Article("85123A", "WHITE HEART", 6, 255),)
    assert (sale.at, sale.customer, sale.country, sale.goods_minor) == (1291191960, "17850", "GB", 1530)


def test_an_article_that_stands_twice_at_one_price_becomes_one_line():
    [sale] = a_book(a_row(quantity="6"), a_row(quantity="2")).sales

    assert sale.articles == (Article("85123A", "WHITE HEART", 8, 255),)
    assert sale.repriced_minor == 0


def test_an_article_at_two_prices_counts_at_the_first_and_the_difference_is_kept():
    [sale] = a_book(a_row(quantity="6", price="2.55"), a_row(quantity="2", price="2.05")).sales

    assert sale.articles == (Article("85123A", "WHITE HEART", 8, 255),)
    assert sale.repriced_minor == 100


def test_small_letters_name_the_same_article():
    [sale] = a_book(a_row(code="85123a"), a_row(code="85123A")).sales

    assert [article.sku for article in sale.articles] == ["85123A"]


@pytest.mark.parametrize(
    "code", ["POST", "DOT", "C2", "D", "M", "m", "S", "BANK CHARGES", "AMAZONFEE", "PADS"]
)
def test_what_is_not_goods_is_left_out_and_counted(code):
    book = a_book(a_row(), a_row(code=code))

    assert [article.sku for article in book.sales[0].articles] == ["85123A"]
    assert book.left_out == {f"not goods: {code.upper()}": 1}


@pytest.mark.parametrize("price", ["0.00", "-11.50"])
def test_a_row_without_a_price_is_no_sale(price):
    book = a_book(a_row(price=price))

    assert book.sales == ()
    assert book.left_out == {"price not above zero": 1}


def test_an_invoice_without_goods_and_an_adjustment_are_no_sales():
    assert a_book(a_row(code="POST"), a_row(number="A563185", code="85123A")).sales == ()


def test_a_fraction_of_a_penny_is_refused():
    with pytest.raises(ValueError, match="no whole number of pence"):
        pence("0.001")


def test_an_unspecified_country_is_none():
    assert a_book(a_row(Country="Unspecified")).sales[0].country is None


def test_a_cancellation_knows_the_latest_earlier_sale_of_its_customer_with_all_its_articles():
    book = a_book(
        a_row("536365", "85123A", at="2010-12-01T08:00:00Z"),
        a_row("536366", "85123A", at="2010-12-02T08:00:00Z"),
        a_row("536367", "71053", at="2010-12-03T08:00:00Z"),
        a_row("536369", "85123A", at="2010-12-09T08:00:00Z"),
        a_row("C536368", "85123A", "-2", at="2010-12-04T08:00:00Z"),
    )

    [cancellation] = book.cancellations
    given_back = (Article("85123A", "WHITE HEART", 2, 255),)
    assert cancellation == Cancellation("C536368", 1291449600, "17850", given_back, "536366")
    assert cancellation.units == (("85123A", 2),)


@pytest.mark.parametrize("other", [{"CustomerID": "12345"}, {"StockCode": "71053"}])
def test_a_cancellation_of_what_the_customer_never_bought_has_no_sale(other):
    [cancellation] = a_book(a_row(), a_row("C536368", quantity="-1") | other).cancellations

    assert cancellation.sale is None


def test_a_cancellation_without_a_customer_matches_nobody_elses_sale():
    [cancellation] = a_book(
        a_row(CustomerID=""), a_row("C536368", quantity="-1", CustomerID="")
    ).cancellations

    assert cancellation.sale is None


def test_an_excerpt_is_spread_over_time_and_keeps_the_cancellations_of_its_sales():
    sales = [
        a_row(str(536360 + day), at=f"2010-12-0{day + 1}T08:00:00Z", CustomerID=str(day)) for day in range(4)
    ]
    book = a_book(*sales, a_row("C536399", quantity="-1", at="2010-12-09T08:00:00Z", CustomerID="2"))

    half = excerpt(book, 2)

    assert [sale.number for sale in half.sales] == ["536360", "536362"]
    assert [cancellation.number for cancellation in half.cancellations] == ["C536399"]
    assert excerpt(book, 1).cancellations == ()


def test_a_file_is_read(tmp_path):
    path = tmp_path / "sales.csv.gz"
    path.write_bytes(gzip.compress((",".join(HEADER) + "\n" + ",".join(a_row().values()) + "\n").encode()))

    assert [sale.number for sale in read_book(path).sales] == ["536365"]
