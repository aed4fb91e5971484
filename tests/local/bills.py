"""What the tests of bills have in common: payers at the desk, and the product that fetches and reads."""

import io

from local.providers import secret_json
from shared.outside import outside
from shared.payment.bills import read_bill
from shared.payment.bills.days import day_of, ready_at
from shared.payment.bills.fetching import Fetched, fetch_bill
from shared.payment.bills.rows import BillRow, RowKind
from shared.payment.keys import read_keyring
from shared.payment.providers.alipay import Alipay
from shared.payment.providers.stripe import Stripe
from shared.payment.providers.wechatpay import WechatPay
from tests.local import small
from tests.local.provider_clients import desk

REF, OTHER = "01J0000000000000000000000P01", "01J0000000000000000000000P02"
NUMBER = "01J00000000000000000000000R01"
PAID, REFUNDED, DISPUTED = RowKind.PAYMENT, RowKind.REFUND, RowKind.DISPUTE


def adapters_at(url):
    ring = read_keyring([secret_json()])
    return {
        "alipay": Alipay(ring.alipay, f"{url}/_alipay/gateway.do", f"{url}/webhooks/payments/alipay"),
        "wechatpay": WechatPay(ring.wechatpay, f"{url}/_wechatpay", f"{url}/webhooks/payments/wechatpay"),
        "stripe": Stripe(ring.stripe, f"{url}/_stripe"),
    }


def pay(cloud, provider, reference=REF, **form):
    told = desk(cloud, f"/{provider}/payments/{reference}/pay", {"amount": 8_800, **form})
    assert told.status == 200
    return told.json()["transaction_id"]


def refund(cloud, provider, amount=3_000, reference=REF):
    told = desk(cloud, f"/{provider}/payments/{reference}/refund", {"amount": amount}).json()
    cloud.advance(5)
    return told["number"]


def today(provider):
    return day_of(provider, small.START)


def fetched(cloud, adapters, provider, *, day="", at=None):
    sink, day = io.BytesIO(), day or today(provider)
    due = ready_at(provider, day) if at is None else at
    cloud.clock.set_to(max(cloud.clock.now(), due))
    now = int(cloud.clock.now())
    return fetch_bill(outside, adapters[provider], day, sink, now=now), sink.getvalue()


def bill(cloud, adapters, provider, **how):
    answer, content = fetched(cloud, adapters, provider, **how)
    assert answer is Fetched.READY
    rows = list(read_bill(provider, [content]))
    assert all(isinstance(row, BillRow) for row in rows), rows
    return sorted(rows, key=lambda row: (row.at, row.kind, row.document))


def facts(rows):
    return [(row.kind, row.document, row.amount_minor, row.fee_minor) for row in rows]
