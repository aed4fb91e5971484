"""Whose keys are whose: one pair for us as the merchant, and each platform's own. Made anew in every process.

Nothing here is known to the product but what ``secret_json`` tells it, in the form that its keys module describes:
private keys of ours, public keys of theirs.
"""

import base64
import binascii
import datetime
import json
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

APP_ID, SELLER_ID = "2021000100000001", "2088000100000001"
MCHID, WECHAT_APP_ID = "1600000001", "wx0000000000000001"
MERCHANT_SERIAL = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"  # Of our own certificate at WeChat Pay.
PLATFORM_SERIAL = "7132D72A03E93CDDF8C03BBD1F37EEDF6A5D2E0C"  # Of WeChat Pay's certificate.
PUBLIC_KEY_ID = "PUB_KEY_ID_0116000000012027011500000000000001"
API_V3_KEY = "0123456789abcdefghijklmnopqrstuv"  # 32 bytes: AES-256.
STRIPE_SECRET_KEY = "sk_live_ordercycle_on_a_laptop"  # noqa: S105  # Opens this simulator alone.
STRIPE_WEBHOOK_SECRET = "whsec_ordercycle_on_a_laptop"  # noqa: S105
OWNERS = ("merchant", "alipay", "wechatpay_certificate", "wechatpay_public_key")
BITS = 2048
VALID_FROM, VALID_TO = datetime.datetime(2020, 1, 1), datetime.datetime(2049, 1, 1)  # noqa: DTZ001  # As X.509 has it.


@lru_cache(maxsize=len(OWNERS))
def pair(owner: str) -> rsa.RSAPrivateKey:
    """Return the private key of one of OWNERS: the same one as long as the process lives."""
    if owner not in OWNERS:
        raise ValueError(f"nobody is called {owner}")
    return rsa.generate_private_key(public_exponent=65_537, key_size=BITS)


def sign(owner: str, message: bytes) -> str:
    """Return the base64 of an RSA PKCS#1 v1.5 SHA-256 signature: Alipay's RSA2, WeChat Pay's only one."""
    signature = pair(owner).sign(message, padding.PKCS1v15(), hashes.SHA256())
    return base64.b64encode(signature).decode()


def is_signed_by(owner: str, message: bytes, signature: str) -> bool:
    """Say whether *owner* signed exactly *message*."""
    try:
        raw = base64.b64decode(signature, validate=True)
        pair(owner).public_key().verify(raw, message, padding.PKCS1v15(), hashes.SHA256())
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True


def private_pem(owner: str) -> str:
    """Return a private key as PKCS#8."""
    form = serialization.PrivateFormat.PKCS8
    return pair(owner).private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def public_pem(owner: str) -> str:
    """Return a public key as SubjectPublicKeyInfo."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return pair(owner).public_key().public_bytes(serialization.Encoding.PEM, form).decode()


@lru_cache(maxsize=1)
def platform_certificate_pem() -> str:
    """Return WeChat Pay's platform certificate. It signs itself: who trusts it has it from the secret."""
    own = pair("wechatpay_certificate")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "WeChat Pay simulated on a laptop")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(own.public_key())
        .serial_number(int(PLATFORM_SERIAL, 16))
        .not_valid_before(VALID_FROM)
        .not_valid_after(VALID_TO)
        .sign(own, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def secret() -> dict[str, Any]:
    """Return what the product must know to talk to the three simulators."""
    return {
        "alipay": {
            "app_id": APP_ID,
            "seller_id": SELLER_ID,
            "private_key": private_pem("merchant"),
            "public_keys": [public_pem("alipay")],
        },
        "wechatpay": {
            "mchid": MCHID,
            "app_id": WECHAT_APP_ID,
            "serial": MERCHANT_SERIAL,
            "private_key": private_pem("merchant"),
            "api_v3_keys": [API_V3_KEY],
            "public_key_id": PUBLIC_KEY_ID,
            "platform_keys": {
                PLATFORM_SERIAL: platform_certificate_pem(),
                PUBLIC_KEY_ID: public_pem("wechatpay_public_key"),
            },
        },
        "stripe": {
            "secret_key": STRIPE_SECRET_KEY,
            "webhook_secrets": [STRIPE_WEBHOOK_SECRET],
            "livemode": True,
        },
    }


def secret_json() -> str:
    """Return the text of the secret that PAYMENT_KEYS_ARN names."""
    return json.dumps(secret())
