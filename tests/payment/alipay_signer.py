"""Alipay as tests play it: notices and answers signed with a key of its own, by no code of ours.

Also usable for a fake provider: ``form(signed(a_notice(...)))`` is what Alipay posts, ``answer(...)`` what it answers.
"""

import json
from base64 import b64encode
from functools import cache
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from shared.payment.keys import AlipayKeys

APP_ID, SELLER_ID = "2021000000000001", "2088000000000001"
REFERENCE, TRADE_NO = "01HF7YAT00000000000000000001", "2027011522001400000000000001"
HEADERS = (("Content-Type", "application/x-www-form-urlencoded; text/html; charset=UTF-8"),)


@cache
def key(owner: str = "alipay") -> RSAPrivateKey:
    """The key of *owner*: "alipay", "alipay-before" (rotated out), "us", "stranger"."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def public_pem(owner: str = "alipay") -> str:
    encoded = key(owner).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return encoded.decode()


def private_pem(owner: str) -> str:
    return key(owner).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@cache
def our_keys() -> AlipayKeys:
    """While Alipay's key is being exchanged: messages of both are genuine."""
    return AlipayKeys(
        app_id=APP_ID,
        seller_id=SELLER_ID,
        private_key=private_pem("us"),
        public_keys=(public_pem("alipay"), public_pem("alipay-before")),
    )


def a_notice(**changes: str | None) -> dict[str, str]:
    """What Alipay tells of a payment of 88.88 yuan. A field that is changed to None is left out."""
    fields = {
        "gmt_create": "2027-01-15 16:00:00",
        "charset": "utf-8",
        "gmt_payment": "2027-01-15 16:00:20",
        "notify_time": "2027-01-15 16:00:21",
        "subject": "茶 & 杯+1 100%",
        "buyer_id": "2088000000000009",
        "invoice_amount": "80.00",
        "version": "1.0",
        "notify_id": "2027011500222160021000000000000001",
        "fund_bill_list": '[{"amount":"88.88","fundChannel":"ALIPAYACCOUNT"}]',
        "notify_type": "trade_status_sync",
        "out_trade_no": REFERENCE,
        "total_amount": "88.88",
        "trade_status": "TRADE_SUCCESS",
        "trade_no": TRADE_NO,
        "auth_app_id": APP_ID,
        "receipt_amount": "80.00",
        "point_amount": "0.00",
        "app_id": APP_ID,
        "buyer_pay_amount": "80.00",
        "seller_id": SELLER_ID,
    }
    return {name: value for name, value in {**fields, **changes}.items() if value is not None}


def sign_text(text: str, *, by: str = "alipay", hashed=SHA256, padding=None) -> str:
    signature = key(by).sign(text.encode(), padding or PKCS1v15(), hashed())
    return b64encode(signature).decode()


def text_of(fields: dict[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in sorted(fields.items()))


def signed(fields: dict[str, str], *, by: str = "alipay", hashed=SHA256, padding=None) -> dict[str, str]:
    sign = sign_text(text_of(fields), by=by, hashed=hashed, padding=padding)
    return {**fields, "sign_type": "RSA2", "sign": sign}


def form(fields: dict[str, str]) -> bytes:
    return urlencode(fields).encode()


def answer(method: str, node: dict[str, object], *, by: str = "alipay") -> bytes:
    """An answer of the gateway, with the signature over the node's own text, odd spaces and escapes and all."""
    text = json.dumps(node, separators=(", ", ":  ")).replace("/", "\\/")
    name = method.replace(".", "_") + "_response"
    return f'{{"{name}":{text},"sign":"{sign_text(text, by=by)}"}}'.encode()
