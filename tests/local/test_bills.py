"""The simulated providers send bills of what moved there; the product fetches and reads them. They share no code."""

import io
import json

import pytest

from local.http import Server
from local.providers.movements import RULES, Movement, fees_of
from shared.errors import Unavailable
from shared.outside import Outside, outside
from shared.payment.bills import NAMES, read_bill
from shared.payment.bills.days import day_of, ready_at
from shared.payment.bills.fetching import Fetched, fetch_bill
from shared.payment.bills.rows import RowKind
from tests.local import small
from tests.local.bills import (
    DISPUTED,
    NUMBER,
    OTHER,
    PAID,
    REF,
    REFUNDED,
    adapters_at,
    bill,
    facts,
    fetched,
    pay,
    refund,
    today,
)
from tests.local.provider_clients import (
    accept_webhooks,
    alipay_call,
    books,
    desk,
    stripe_create,
    stripe_refund,
    stripe_send,
    wechatpay_call,
    wechatpay_refund,
)


@pytest.fixture
def adapters(cloud):
    accept_webhooks()
    return adapters_at(cloud.url)


@pytest.mark.parametrize("provider", NAMES)
def test_a_bill_tells_payments_refunds_and_fees_as_the_books_do(cloud, adapters, provider):
    transaction = pay(cloud, provider)
    pay(cloud, provider, OTHER, amount=100)
    number = refund(cloud, provider)

    rows = bill(cloud, adapters, provider)

    fees = {"alipay": (53, 1, -18), "wechatpay": (53, 1, -18), "stripe": (285, 33, 0)}[provider]
    assert sorted(facts(rows)) == sorted(
        [
            (PAID, f"payment:{REF}", 8_800, fees[0]),
            (PAID, f"payment:{OTHER}", 100, fees[1]),
            (REFUNDED, f"refund:{number}", -3_000, fees[2]),
        ]
    )
    [paid] = [row for row in rows if row.document == f"payment:{REF}"]
    assert (paid.provider_id, paid.currency, paid.at) == (transaction, "CNY", small.START)
    totals = books(cloud, provider)["totals"]["CNY"]
    assert (totals["captured"], totals["refunded"], totals["fees"]) == (8_900, 3_000, sum(fees))


@pytest.mark.parametrize("provider", NAMES)
def test_what_came_to_another_account_or_never_came_stands_in_no_bill(cloud, adapters, provider):
    pay(cloud, provider, OTHER)
    wrong = {"stripe": {"livemode": False}}.get(provider, {"app_id": "x"})
    pay(cloud, provider, **wrong)
    desk(cloud, f"/{provider}/payments/{OTHER}/refund-mode", {"mode": "pending_then_failed"})

    assert [row.document for row in bill(cloud, adapters, provider)] == [f"payment:{OTHER}"]


@pytest.mark.parametrize("provider", NAMES)
def test_a_second_payment_of_one_try_is_a_second_row(cloud, adapters, provider):
    first, second = pay(cloud, provider), pay(cloud, provider, again=True)

    rows = bill(cloud, adapters, provider)

    assert [row.document for row in rows] == [f"payment:{REF}"] * 2
    assert {row.provider_id for row in rows} == {first, second}


def test_our_own_numbers_come_back_in_the_bills(cloud, adapters):
    alipay_page = {"out_trade_no": REF, "out_request_no": NUMBER, "refund_amount": "30.00"}
    for provider in ("alipay", "wechatpay"):
        pay(cloud, provider)
    assert alipay_call(cloud, "alipay.trade.refund", alipay_page)["fund_change"] == "Y"
    assert wechatpay_refund(cloud, REF, NUMBER, 3_000)[0] == 200
    intent = stripe_create(cloud, REF).json()["id"]
    desk(cloud, f"/stripe/payments/{REF}/pay", {})
    assert stripe_refund(cloud, intent, 3_000, NUMBER).status == 200
    cloud.advance(5)

    for provider in NAMES:
        documents = [row.document for row in bill(cloud, adapters, provider)]
        assert sorted(documents) == [f"payment:{REF}", f"refund:{NUMBER}"]


def test_a_refund_stands_in_the_bill_of_the_day_on_which_its_money_moved(cloud, adapters):
    pay(cloud, "wechatpay")
    cloud.clock.set_to(
        ready_at("wechatpay", today("wechatpay")) - 10 * 3_600 - 2
    )  # Two seconds before midnight.
    assert wechatpay_refund(cloud, REF, NUMBER, 3_000)[0] == 200
    cloud.advance(5)
    tomorrow = day_of("wechatpay", int(cloud.clock.now()))

    assert facts(bill(cloud, adapters, "wechatpay")) == [(PAID, f"payment:{REF}", 8_800, 53)]
    assert facts(bill(cloud, adapters, "wechatpay", day=tomorrow)) == [
        (REFUNDED, f"refund:{NUMBER}", -3_000, -18)
    ]


def test_stripe_tells_disputes_payouts_parts_and_what_comes_back(cloud, adapters):
    pay(cloud, "stripe")
    pay(cloud, "stripe", OTHER, outcome="failed")
    pay(cloud, "stripe", OTHER, outcome="partly", amount=3_000)
    pay(cloud, "stripe", OTHER, amount=5_800)
    charge_back = {"amount": 500, "end": "won", "after": 60}
    dispute = desk(cloud, f"/stripe/payments/{REF}/chargeback", charge_back).json()["dispute_id"]
    desk(cloud, "/stripe/payouts", {"amount": 5_000})
    cloud.advance(60)

    rows = bill(cloud, adapters, "stripe")

    assert sorted(facts(rows)) == sorted(
        [
            (PAID, f"payment:{REF}", 8_800, 285),
            (PAID, f"payment:{OTHER}", 3_000, 117),
            (PAID, f"payment:{OTHER}", 5_800, 198),
            (DISPUTED, f"dispute:{dispute}", -500, 1_500),
            (RowKind.DISPUTE_REVERSAL, f"dispute:{dispute}", 500, 0),
            (RowKind.PAYOUT, "", -5_000, 0),
        ]
    )
    assert len({(row.kind, row.provider_id) for row in rows}) == len(rows)
    told = books(cloud, "stripe")
    assert told["totals"]["CNY"]["fees"] == sum(row.fee_minor for row in rows)
    assert told["paid_out"] == {"CNY": 5_000}


def test_at_stripe_a_refund_that_bounces_is_two_rows(cloud, adapters):
    pay(cloud, "stripe")
    desk(cloud, f"/stripe/payments/{REF}/refund-mode", {"mode": "bounce"})
    assert stripe_refund(cloud, "pi_300000000000000000000001", 3_000).status == 200
    cloud.advance(86_400)
    tomorrow = day_of("stripe", int(cloud.clock.now()))

    gone = bill(cloud, adapters, "stripe")[1]
    [back] = bill(cloud, adapters, "stripe", day=tomorrow)

    assert (gone.kind, gone.amount_minor, gone.document) == (REFUNDED, -3_000, back.document)
    assert (back.kind, back.amount_minor) == (REFUNDED, 3_000)
    assert gone.provider_id != back.provider_id


def test_a_partial_payment_that_is_given_up_goes_back(cloud, adapters):
    intent = stripe_create(cloud, REF).json()["id"]
    pay(cloud, "stripe", outcome="partly", amount=3_000)
    cloud.advance(10)
    assert stripe_send(cloud, "POST", f"/payment_intents/{intent}/cancel", {}).status == 200

    rows = bill(cloud, adapters, "stripe")

    assert facts(rows) == [(PAID, f"payment:{REF}", 3_000, 117), (PAID, f"payment:{REF}", -3_000, 0)]
    assert rows[0].provider_id != rows[1].provider_id


@pytest.mark.parametrize("provider", NAMES)
def test_over_a_real_connection_it_is_the_same_bill(cloud, adapters, provider):
    pay(cloud, provider)
    day, sink = today(provider), io.BytesIO()
    inside = bill(cloud, adapters, provider)
    server = Server(cloud).start()
    try:
        adapter = adapters_at(server.url)[provider]
        answer = fetch_bill(Outside(), adapter, day, sink, now=int(cloud.clock.now()))
    finally:
        server.stop()

    assert answer is Fetched.READY
    assert list(read_bill(provider, [sink.getvalue()])) == inside


# --- when ---


@pytest.mark.parametrize("provider", NAMES)
def test_a_bill_is_there_at_its_hour_and_not_before(cloud, adapters, provider):
    pay(cloud, provider)
    due = ready_at(provider, today(provider))

    assert fetched(cloud, adapters, provider, at=due - 1) == (Fetched.NOT_YET, b"")
    assert fetched(cloud, adapters, provider, at=due)[0] is Fetched.READY


def test_asked_before_the_hour_each_provider_says_so_itself(cloud):
    pay(cloud, "alipay")
    pay(cloud, "wechatpay")
    day = today("alipay")

    def asked():
        node = alipay_call(
            cloud, "alipay.data.dataservice.bill.downloadurl.query", {"bill_type": "trade", "bill_date": day}
        )
        status, said = wechatpay_call(cloud, "GET", f"/v3/bill/tradebill?bill_date={day}&bill_type=ALL")
        return node.get("sub_code"), status, said.get("code")

    assert asked() == ("isv.invalid_arguments", 400, "INVALID_REQUEST")  # The day is not over.
    cloud.clock.set_to(ready_at("alipay", day) - 1)
    assert asked() == ("isp.bill_not_exist", 400, "STATEMENT_CREATING")
    cloud.clock.set_to(ready_at("wechatpay", day))
    assert asked() == (None, 200, None)


def test_a_day_on_which_nothing_moved_has_no_bill(cloud, adapters):
    due = ready_at("alipay", today("alipay"))

    assert fetched(cloud, adapters, "alipay") == (Fetched.NOT_YET, b"")  # Alipay does not say which.
    assert fetched(cloud, adapters, "wechatpay") == (Fetched.NONE, b"")
    assert fetched(cloud, adapters, "alipay", at=due + 86_400) == (Fetched.NONE, b"")
    answer, content = fetched(cloud, adapters, "stripe")
    assert (answer, list(read_bill("stripe", [content]))) == (Fetched.READY, [])


@pytest.mark.parametrize("provider", NAMES)
@pytest.mark.parametrize("fault", ["timeout", "slow", "500", "500_done", "garbled"])
def test_bad_luck_on_the_way_leaves_no_bill_and_the_next_time_it_is_there(cloud, adapters, provider, fault):
    pay(cloud, provider)
    desk(cloud, f"/{provider}/faults", {"next": 1, "fault": fault, "on": "bill"})

    with pytest.raises(Unavailable):
        fetched(cloud, adapters, provider)

    assert len(bill(cloud, adapters, provider)) == 1


@pytest.mark.parametrize("provider", ["alipay", "wechatpay"])
@pytest.mark.parametrize("fault", ["timeout", "500", "garbled"])
def test_bad_luck_with_the_file_alone_is_found_out(cloud, adapters, provider, fault):
    pay(cloud, provider)
    day, send, broken = today(provider), outside.send, []

    def second_goes_wrong(method, request):
        if "sink" in request and not broken:
            broken.append(desk(cloud, f"/{provider}/faults", {"next": 1, "fault": fault, "on": "bill"}))
        return send(method, request)

    outside.send = second_goes_wrong
    try:
        with pytest.raises(Unavailable):
            fetched(cloud, adapters, provider, day=day)
    finally:
        outside.send = send
    assert len(broken) == 1


def test_an_address_is_good_for_a_while(cloud):
    pay(cloud, "alipay")
    pay(cloud, "wechatpay")
    day = today("alipay")
    cloud.clock.set_to(ready_at("wechatpay", day))
    method = "alipay.data.dataservice.bill.downloadurl.query"
    node = alipay_call(cloud, method, {"bill_type": "trade", "bill_date": day})
    _, said = wechatpay_call(cloud, "GET", f"/v3/bill/tradebill?bill_date={day}&bill_type=ALL")
    address = node["bill_download_url"].partition("laptop.invalid")[2]
    target = said["download_url"].partition("/_wechatpay")[2]

    assert cloud.http("GET", address, {}, b"").body.startswith(b"PK")
    cloud.advance(30)
    assert "失效".encode() in cloud.http("GET", address, {}, b"").body
    assert "失效".encode() in cloud.http("GET", f"{address}0", {}, b"").body
    cloud.advance(271)
    status, refused = wechatpay_call(cloud, "GET", target)
    assert (status, refused["code"]) == (400, "INVALID_REQUEST")


# --- fees ---


@pytest.mark.parametrize(
    ("provider", "amounts", "fees"),
    [
        ("alipay", [8_800], [53]),
        ("alipay", [83], [0]),  # 0.498
        ("alipay", [84], [1]),  # 0.504
        ("alipay", [250], [2]),  # 1.5: half up
        ("alipay", [250, -125, -125], [2, -1, -1]),
        ("wechatpay", [10_000, -3_333, -3_333, -3_334], [60, -20, -20, -20]),
        ("wechatpay", [100, -50, -50], [1, -1, 0]),
        ("stripe", [10_000], [320]),
        ("stripe", [10_000, -5_000], [320, 0]),
        ("stripe", [1], [30]),
    ],
)
def test_a_fee_is_rounded_half_up_and_given_back_as_its_provider_does(provider, amounts, fees):
    moves = [Movement("payment" if amount > 0 else "refund", amount, 0) for amount in amounts]

    assert fees_of(moves, RULES[provider]) == fees


def test_a_books_summary_is_json(cloud):
    assert json.loads(json.dumps(books(cloud, "stripe"))) == {
        "references": {},
        "totals": {},
        "elsewhere": {},
        "paid_out": {},
    }
