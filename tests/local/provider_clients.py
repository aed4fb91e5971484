"""How a merchant talks to the three providers, written apart from the product: on the vendors' kits where they help.

Each client calls over the laptop cloud's HTTP, as curl would, with the keys that the secret hands out.
"""

import base64
import json
from datetime import datetime, timedelta, timezone
from functools import cache
from urllib.parse import parse_qsl, urlencode

import stripe
from alipay import AliPay
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate
from wechatpayv3 import utils as wechatpay_kit

from local.providers import secret_json
from tests.local.stand_ins import ACT, CALLS

NOTIFY = "http://shop.invalid/webhooks/payments"
BEIJING = timezone(timedelta(hours=8))
ACCEPTING = {  # What each provider takes for "we have it".
    "alipay": {"statusCode": 200, "body": "success"},
    "wechatpay": {"statusCode": 200},
    "stripe": {"statusCode": 204},
}


@cache
def secret():
    return json.loads(secret_json())


@cache
def alipay_kit():
    own = secret()["alipay"]
    return AliPay(
        appid=own["app_id"],
        app_notify_url=None,
        app_private_key_string=own["private_key"],
        alipay_public_key_string=own["public_keys"][0],
        sign_type="RSA2",
    )


def accept_webhooks():
    ACT["api"] = lambda event: ACCEPTING[event["rawPath"].rpartition("/")[2]]


def refuse_webhooks():
    ACT["api"] = lambda _: {"statusCode": 500, "body": "no"}


def webhooks():
    """Every webhook that came: (event, body)."""
    return [(event, body_of(event)) for event in CALLS.get("api", [])]


def body_of(event):
    body = event.get("body", "")
    return base64.b64decode(body) if event["isBase64Encoded"] else body.encode()


def desk(cloud, path, form=None):
    method, body = ("GET", b"") if form is None else ("POST", json.dumps(form).encode())
    return cloud.http(method, f"/_providers{path}", {}, body)


def books(cloud, provider):
    return desk(cloud, f"/{provider}/books").json()


# --- Alipay ---


def alipay_asked(cloud, method, content, /, **changed):
    """The common parameters and the content, signed; *changed* after signing where a name ends in ``_then``."""
    when = datetime.fromtimestamp(cloud.clock.now(), BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    asked = {
        "app_id": secret()["alipay"]["app_id"],
        "method": method,
        "format": "JSON",
        "charset": "utf-8",
        "sign_type": "RSA2",
        "timestamp": when,
        "version": "1.0",
        "notify_url": f"{NOTIFY}/alipay",
        "biz_content": json.dumps(content, ensure_ascii=False),
    }
    asked |= {name: value for name, value in changed.items() if not name.endswith("_then")}
    asked = {name: value for name, value in asked.items() if value}
    text = "&".join(f"{name}={value}" for name, value in sorted(asked.items()))
    asked["sign"] = alipay_kit()._sign(text)
    return asked | {name.removesuffix("_then"): v for name, v in changed.items() if name.endswith("_then")}


def alipay_page(cloud, reference, amount="88.00", **changed):
    content = {
        "out_trade_no": reference,
        "total_amount": amount,
        "subject": "茶 250g",
        "product_code": "FAST_INSTANT_TRADE_PAY",
        **changed.pop("content", {}),
    }
    query = urlencode(alipay_asked(cloud, "alipay.trade.page.pay", content, **changed))
    return cloud.http("GET", f"/_alipay/gateway.do?{query}")


def alipay_post(cloud, method, content, /, **changed):
    form = urlencode(alipay_asked(cloud, method, content, **changed)).encode()
    kind = {"content-type": "application/x-www-form-urlencoded;charset=utf-8"}
    return cloud.http("POST", "/_alipay/gateway.do", kind, form)


def alipay_call(cloud, method, content, /, **changed):
    """What the gateway says, its signature verified by the community kit over the text as it stands."""
    return alipay_read(alipay_post(cloud, method, content, **changed).body.decode(), method)


def alipay_read(text, method):
    name = f"{method.replace('.', '_')}_response"
    head, tail = f'{{"{name}":', ',"sign":"'
    node, _, sign = text.removeprefix(head).rpartition(tail)
    assert text.startswith(head)
    assert alipay_kit()._verify(node, sign.removesuffix('"}'))
    return json.loads(node)


def alipay_notices():
    """Every notice as a dictionary, its signature verified by the community kit."""
    found = []
    for event, body in webhooks():
        assert event["rawPath"] == "/webhooks/payments/alipay"
        pairs = parse_qsl(body.decode(), True, True)
        fields = dict(pairs)
        assert len(fields) == len(pairs)
        assert alipay_kit().verify({k: v for k, v in fields.items() if k != "sign"}, fields["sign"])
        found.append(fields)
    return found


# --- WeChat Pay ---


def wechatpay_headers(cloud, method, target, body, **changed):
    own = secret()["wechatpay"]
    key = load_pem_private_key(own["private_key"].encode(), None)
    stamp, nonce = str(changed.get("stamp", int(cloud.clock.now()))), "593BEC0C930BF1AFEB40B4A08C8FB242"
    signature = wechatpay_kit.rsa_sign(key, f"{method}\n{target}\n{stamp}\n{nonce}\n{body}\n")
    told = (
        f'mchid="{changed.get("mchid", own["mchid"])}",nonce_str="{nonce}",signature="{signature}",'
        f'timestamp="{stamp}",serial_no="{changed.get("serial", own["serial"])}"'
    )
    return {
        "Authorization": f"WECHATPAY2-SHA256-RSA2048 {told}",
        "Accept": "application/json",
        "Content-Type": "application/json",
    }


def wechatpay_send(cloud, method, target, form=None, *, extra=None, **changed):
    body = "" if form is None else json.dumps(form, ensure_ascii=False)
    headers = wechatpay_headers(cloud, method, target, body, **changed) | (extra or {})
    headers = {name: value for name, value in headers.items() if value is not None}
    return cloud.http(method, f"/_wechatpay{target}", headers, body.encode())


def wechatpay_call(cloud, method, target, form=None, **changed):
    """Status and JSON, the answer's signature verified by the community kit."""
    answer = wechatpay_send(cloud, method, target, form, **changed)
    assert is_signed_by_wechatpay(answer.headers, answer.body.decode())
    return answer.status, answer.json() if answer.body else None


def is_signed_by_wechatpay(headers, body):
    pem = secret()["wechatpay"]["platform_keys"][headers["wechatpay-serial"]]
    if "CERTIFICATE" in pem:
        key = load_pem_x509_certificate(pem.encode()).public_key()
    else:
        key = load_pem_public_key(pem.encode())
    stamp, nonce, signature = (headers[f"wechatpay-{n}"] for n in ("timestamp", "nonce", "signature"))
    return wechatpay_kit.rsa_verify(stamp, nonce, body, signature, key)


def wechatpay_create(cloud, reference, total=8_800, **changed):
    own = secret()["wechatpay"]
    form = {
        "appid": own["app_id"],
        "mchid": own["mchid"],
        "description": "茶 250g",
        "out_trade_no": reference,
        "notify_url": f"{NOTIFY}/wechatpay",
        "amount": {"total": total, "currency": "CNY"},
        **changed,
    }
    return wechatpay_call(cloud, "POST", "/v3/pay/transactions/native", form)


def wechatpay_query(cloud, reference):
    mchid = secret()["wechatpay"]["mchid"]
    return wechatpay_call(cloud, "GET", f"/v3/pay/transactions/out-trade-no/{reference}?mchid={mchid}")


def wechatpay_close(cloud, reference):
    form = {"mchid": secret()["wechatpay"]["mchid"]}
    return wechatpay_call(cloud, "POST", f"/v3/pay/transactions/out-trade-no/{reference}/close", form)


def wechatpay_refund(cloud, reference, number, amount, total=8_800):
    money = {"refund": amount, "total": total, "currency": "CNY"}
    form = {"out_trade_no": reference, "out_refund_no": number, "amount": money}
    return wechatpay_call(cloud, "POST", "/v3/refund/domestic/refunds", form)


def wechatpay_opened(body):
    """What a notice says, decrypted by the community kit."""
    notice = json.loads(body)
    sealed = notice["resource"]
    parts = (sealed["nonce"], sealed["ciphertext"], sealed["associated_data"])
    return notice, json.loads(wechatpay_kit.aes_decrypt(*parts, secret()["wechatpay"]["api_v3_keys"][0]))


def wechatpay_notices():
    """Every notice: (event type, what was encrypted), its signature verified by the community kit."""
    found = []
    for event, body in webhooks():
        assert event["rawPath"] == "/webhooks/payments/wechatpay"
        assert is_signed_by_wechatpay(event["headers"], body.decode())
        notice, plain = wechatpay_opened(body)
        found.append((notice["event_type"], plain))
    return found


# --- Stripe ---


def stripe_send(cloud, method, path, form=None, *, key=None, token=None):
    headers = {"Authorization": f"Bearer {token or secret()['stripe']['secret_key']}"}
    if key:
        headers["Idempotency-Key"] = key
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    body = urlencode(form).encode() if form is not None else b""
    return cloud.http(method, f"/_stripe/v1{path}", headers, body)


def stripe_create(cloud, reference, amount=8_800, currency="cny", key=None):
    form = {"amount": amount, "currency": currency, "metadata[reference]": reference}
    form["automatic_payment_methods[enabled]"] = "true"
    return stripe_send(cloud, "POST", "/payment_intents", form, key=key)


def stripe_refund(cloud, intent, amount, number="R-1", key=None):
    form = {"payment_intent": intent, "amount": amount, "metadata[refund_id]": number}
    return stripe_send(cloud, "POST", "/refunds", form, key=key)


def stripe_events():
    """Every event: (type, object), its signature verified by Stripe's kit."""
    found = []
    for event, body in webhooks():
        assert event["rawPath"] == "/webhooks/payments/stripe"
        header, key = event["headers"]["stripe-signature"], secret()["stripe"]["webhook_secrets"][0]
        assert stripe.WebhookSignature.verify_header(body.decode(), header, key)
        told = json.loads(body)
        found.append((told["type"], told["data"]["object"]))
    return found
