"""Notices made with the vendors' own libraries (requirements-dev.txt), which share no code with us or the simulator.

stripe             signs an event as Stripe's own tests do
python-alipay-sdk  signs a form with RSA2 (its test signs with our Alipay stand-in's key)
wechatpayv3        signs requests as a merchant does: the same RSA over lines of text; and seals nothing, so
                   the resource is sealed by the cipher that it opens resources with
"""

import base64
import json
from typing import Any
from urllib.parse import urlencode

import stripe
from alipay import AliPay
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from wechatpayv3.utils import aes_decrypt, load_private_key, rsa_sign

from local.providers import keys
from tests.functions.provider import Message, at
from tests.http_world import World


def stripe_event(world: World, payment: dict[str, Any]) -> Message:
    intent = {
        "id": "pi_3000000000000000000000SDK",
        "object": "payment_intent",
        "amount": payment["amount"]["amount"],
        "amount_received": payment["amount"]["amount"],
        "currency": payment["amount"]["currency"].lower(),
        "livemode": True,
        "metadata": {"reference": payment["reference"]},
        "status": "succeeded",
    }
    event = {
        "id": "evt_3000000000000000000000SDK",
        "object": "event",
        "type": "payment_intent.succeeded",
        "created": at(world),
        "livemode": True,
        "data": {"object": intent},
    }
    body = json.dumps(event, indent=2)
    secret = keys.STRIPE_WEBHOOK_SECRET
    signature = stripe.WebhookSignature.generate_signature_header(body, secret, timestamp=at(world))
    stripe.WebhookSignature.verify_header(body, signature, secret)  # Stripe's library takes it.
    headers = {"content-type": "application/json; charset=utf-8", "stripe-signature": signature}
    return Message(body.encode(), headers, path="/webhooks/payments/stripe")


def alipay_form(world: World, payment: dict[str, Any]) -> Message:
    client = AliPay(
        appid=keys.APP_ID,
        app_notify_url=None,
        app_private_key_string=keys.private_pem("alipay"),  # Alipay signs: so it is the app here.
        alipay_public_key_string=keys.public_pem("alipay"),
        sign_type="RSA2",
    )
    amount = payment["amount"]["amount"]
    fields = {
        "notify_type": "trade_status_sync",
        "notify_id": "2026112200222000000000000000000sdk",
        "notify_time": "2026-11-22 12:00:00",
        "app_id": keys.APP_ID,
        "seller_id": keys.SELLER_ID,
        "charset": "utf-8",
        "version": "1.0",
        "trade_no": "2026112222001000000000000sdk",
        "out_trade_no": payment["reference"],
        "trade_status": "TRADE_SUCCESS",
        "total_amount": f"{amount // 100}.{amount % 100:02}",
        "subject": "订单 & 订单 + 100%",
        "passback_params": "",
    }
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
    sign = client._sign(text)
    assert client.verify({**fields}, sign)  # The library takes it.
    body = urlencode({**fields, "sign": sign, "sign_type": "RSA2"}).encode()
    return Message(
        body,
        {"content-type": "application/x-www-form-urlencoded; charset=utf-8"},
        path="/webhooks/payments/alipay",
    )


def wechatpay_notice(world: World, payment: dict[str, Any]) -> Message:
    told = {
        "id": "EV-2026112200000000sdk",
        "create_time": "2026-11-22T12:00:00+08:00",
        "event_type": "TRANSACTION.SUCCESS",
        "resource_type": "encrypt-resource",
        "summary": "支付成功",
        "resource": _sealed(json.dumps(_trade(payment))),
    }
    body = json.dumps(told, ensure_ascii=False)
    stamp, nonce = str(at(world)), "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"
    key = load_private_key(keys.private_pem("wechatpay_public_key"))
    headers = {
        "Content-Type": "application/json",
        "Wechatpay-Serial": keys.PUBLIC_KEY_ID,
        "Wechatpay-Timestamp": stamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Signature": rsa_sign(key, f"{stamp}\n{nonce}\n{body}\n"),
    }
    return Message(body.encode(), headers, path="/webhooks/payments/wechatpay")


def _trade(payment: dict[str, Any]) -> dict[str, Any]:
    total, currency = payment["amount"]["amount"], payment["amount"]["currency"]
    return {
        "mchid": keys.MCHID,
        "appid": keys.WECHAT_APP_ID,
        "out_trade_no": payment["reference"],
        "transaction_id": "4200000000202611220000000999",
        "trade_type": "NATIVE",
        "trade_state": "SUCCESS",
        "success_time": "2026-11-22T12:00:00+08:00",
        "payer": {"openid": "o"},
        "amount": {"total": total, "payer_total": total, "currency": currency, "payer_currency": currency},
    }


def _sealed(plain: str) -> dict[str, str]:
    nonce, about = "nonce-of-sdk", "transaction"
    octets = AESGCM(keys.API_V3_KEY.encode()).encrypt(nonce.encode(), plain.encode(), about.encode())
    ciphertext = base64.b64encode(octets).decode()
    assert aes_decrypt(nonce, ciphertext, about, keys.API_V3_KEY) == plain  # The library opens it.
    return {
        "original_type": about,
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": ciphertext,
        "associated_data": about,
        "nonce": nonce,
    }


NOTICES = {"alipay": alipay_form, "wechatpay": wechatpay_notice, "stripe": stripe_event}
