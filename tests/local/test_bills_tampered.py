"""The desk tampers with a bill and with nothing else; what it did is remembered and listed."""

import pytest

from shared.payment.bills import NAMES
from tests.local import small
from tests.local.bills import (
    OTHER,
    PAID,
    REF,
    REFUNDED,
    adapters_at,
    bill,
    facts,
    pay,
    refund,
    today,
)
from tests.local.provider_clients import (
    accept_webhooks,
    books,
    desk,
)


@pytest.fixture
def adapters(cloud):
    accept_webhooks()
    return adapters_at(cloud.url)


def tamper(cloud, provider, **form):
    told = desk(cloud, f"/{provider}/bills/{today(provider)}/tamper", form)
    assert told.status == 200, told.json()
    return told.json()


@pytest.mark.parametrize("provider", NAMES)
def test_a_tampered_bill_differs_in_that_line_alone_and_still_adds_up(cloud, adapters, provider):
    pay(cloud, provider)
    pay(cloud, provider, OTHER)
    number = refund(cloud, provider)
    true = facts(bill(cloud, adapters, provider))
    before = books(cloud, provider)
    back = next(fact for fact in true if fact[0] is REFUNDED)
    paid = next(fact for fact in true if fact[1] == f"payment:{REF}")
    other = next(fact for fact in true if fact[1] == f"payment:{OTHER}")

    tamper(cloud, provider, change="missing", reference=OTHER)
    tamper(cloud, provider, change="doubled", reference=REF)
    tamper(cloud, provider, change="altered", reference=number, amount=2_999)
    tamper(cloud, provider, change="foreign", reference="STRANGER1", amount=77)

    rows = bill(cloud, adapters, provider)
    assert sorted(facts(rows)) == sorted(
        [paid, paid, (*back[:2], -2_999, back[3]), (PAID, "payment:STRANGER1", 77, 0)]
    )
    assert other not in facts(rows)
    [one, two] = [row for row in rows if row.document == f"payment:{REF}"]
    assert one._replace(line=two.line) == two
    assert books(cloud, provider) == before


@pytest.mark.parametrize("provider", NAMES)
def test_without_a_name_the_first_line_is_meant_and_one_more_is_asked(cloud, adapters, provider):
    pay(cloud, provider)

    assert tamper(cloud, provider, change="altered") == {
        "change": "altered",
        "kind": "payment",
        "reference": REF,
        "amount": 8_801,
    }
    told = tamper(cloud, provider, change="foreign")
    assert (told["reference"], told["amount"]) == ("FOREIGN00000001", 10_000)
    rows = bill(cloud, adapters, provider)
    assert sorted(row.amount_minor for row in rows) == [8_801, 10_000]
    assert len({row.provider_id for row in rows}) == 2


def test_what_was_done_to_a_bill_is_listed_and_the_next_day_is_as_it_was(cloud):
    pay(cloud, "alipay")
    tamper(cloud, "alipay", change="missing")
    day = today("alipay")

    assert desk(cloud, f"/alipay/bills/{day}/tamper").json() == {
        "tampered": [{"change": "missing", "kind": "payment", "reference": REF, "amount": 8_800}]
    }
    assert desk(cloud, f"/alipay/bills/{day}").json() == {"lines": []}
    assert desk(cloud, "/alipay/bills/2027-01-16/tamper").json() == {"tampered": []}
    memory = cloud.providers.snapshot()
    cloud.reset()
    assert desk(cloud, f"/alipay/bills/{day}/tamper").json() == {"tampered": []}
    cloud.providers.put_back(memory)
    assert len(desk(cloud, f"/alipay/bills/{day}/tamper").json()["tampered"]) == 1


def test_the_lines_of_a_bill_are_shown_before_it_is_ready(cloud):
    pay(cloud, "wechatpay")

    assert desk(cloud, f"/wechatpay/bills/{today('wechatpay')}").json() == {
        "lines": [
            {
                "kind": "payment",
                "reference": REF,
                "number": "",
                "amount": 8_800,
                "fee": 53,
                "currency": "CNY",
                "at": small.START,
            }
        ]
    }


@pytest.mark.parametrize(
    ("path", "form", "status", "error"),
    [
        ("bills/2027-01-15/tamper", {}, 400, "malformed"),
        ("bills/2027-01-15/tamper", {"change": "burnt"}, 400, "malformed"),
        ("bills/2027-01-15/tamper", {"change": "missing", "amount": 5}, 400, "malformed"),
        ("bills/2027-01-15/tamper", {"change": "altered", "amount": 0}, 400, "malformed"),
        ("bills/2027-01-15/tamper", {"change": "altered", "line": 5}, 400, "malformed"),
        ("bills/2027-01-15/tamper", {"change": "missing", "reference": "nobody"}, 404, "no_line"),
        ("bills/2027-01-16/tamper", {"change": "doubled"}, 404, "no_line"),
        ("bills/yesterday/tamper", {"change": "doubled"}, 400, "malformed"),
        ("bills/yesterday", None, 400, "malformed"),
        ("bills/2027-01-15/mend", {}, 404, "unknown_route"),
        ("payouts", {"amount": 5}, 404, "unknown_route"),
    ],
)
def test_the_desk_says_what_it_does_not_understand_and_changes_nothing(cloud, path, form, status, error):
    pay(cloud, "alipay")

    told = desk(cloud, f"/alipay/{path}", form)

    assert (told.status, told.json()["error"]) == (status, error)
    assert desk(cloud, "/alipay/bills/2027-01-15/tamper").json() == {"tampered": []}
    assert len(desk(cloud, "/alipay/bills/2027-01-15").json()["lines"]) == 1
