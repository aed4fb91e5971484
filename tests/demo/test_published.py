"""What was published when, told by the history alone."""

from types import SimpleNamespace

import pytest

from local.demo.published import History


def a_version(kind, name, number, record, *, at=0, terms=None):
    row = {
        "pk": f"{kind.upper()}#{name}",
        "sk": f"V#{number:08}",
        "version": number,
        "record": record,
        "at": at,
    }
    return row if terms is None else row | {"terms_version": terms}


@pytest.fixture
def history():
    rows = [
        a_version("promotion", "p", 1, {"off": 1}, terms=1),
        a_version("promotion", "p", 2, {"off": 2}, terms=3),
        a_version("promotion", "gone", 1, {"off": 9}, terms=2),
        a_version("promotion", "gone", 2, {"off": 9, "is_retired": True}, terms=4),
        a_version("sku", "A", 1, {"price": 1}, at=100),
        a_version("sku", "A", 2, {"price": 2}, at=200),
        a_version("sku", "A", 3, {"price": 3}, at=200),
        {"pk": "TERMS", "sk": "CURRENT", "version": 4},
    ]
    return History(SimpleNamespace(catalogue=rows))


def test_terms_are_as_they_were_in_their_version(history):
    assert history.terms(1)["promotion"] == {"p": {"off": 1}}
    assert history.terms(2)["promotion"] == {"p": {"off": 1}, "gone": {"off": 9}}
    assert history.terms(3)["promotion"] == {"p": {"off": 2}, "gone": {"off": 9}}


def test_what_is_retired_is_in_no_later_version(history):
    assert history.terms(4)["promotion"] == {"p": {"off": 2}}


def test_a_second_may_have_seen_several_prices(history):
    prices = [
        [record["price"] for record in history.records_at("sku", "A", at)] for at in (99, 100, 150, 200, 201)
    ]

    assert prices == [[], [1], [1], [1, 2, 3], [3]]
