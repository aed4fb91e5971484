"""WeChat Pay's side, for tests: it signs, seals and answers as API v3 says, with keys made on the spot.

Written apart from the adapter, on ``cryptography`` alone; the community kit checks both (test_wechatpay.py).
"""

import json
from base64 import b64encode
from datetime import UTC, datetime
from types import SimpleNamespace

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from shared.outside import Answer, Outside
from shared.payment.keys import WechatPayKeys
from shared.payment.providers.wechatpay import WechatPay

NOW = 1_800_000_000
MCHID, APP_ID = "1900000109", "wxd678efh567hg6787"
API_V3_KEY, OLD_API_V3_KEY, STRANGERS_API_V3_KEY = "0123456789abcdefghijklmnopqrstuv", "o" * 32, "s" * 32
OUR_SERIAL = "3775B6A45ACD588826D15E583A95F5DD12345678"
CERTIFICATE_SERIAL = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"
PUBLIC_KEY_ID = "PUB_KEY_ID_0119000001092024"
HOST, NOTIFY_URL = "https://wechat.invalid", "https://shop.invalid/webhooks/payments/wechatpay"


def new_key():
    return rsa.generate_private_key(public_exponent=65_537, key_size=2048)


def private_pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(key):
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def certificate_pem(key, serial=CERTIFICATE_SERIAL):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tenpay.com")])
    return (
        x509.CertificateBuilder(name, name, key.public_key(), int(serial, 16))
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2090, 1, 1, tzinfo=UTC))
        .sign(key, SHA256())
        .public_bytes(Encoding.PEM)
        .decode()
    )


OURS, CERTIFIED, PLATFORM, STRANGER = new_key(), new_key(), new_key(), new_key()
CERTIFICATE = certificate_pem(CERTIFIED)
SIGNS = {CERTIFICATE_SERIAL: CERTIFIED, PUBLIC_KEY_ID: PLATFORM}
KEYS = WechatPayKeys(
    mchid=MCHID,
    app_id=APP_ID,
    serial=OUR_SERIAL,
    private_key=private_pem(OURS),
    api_v3_keys=(API_V3_KEY, OLD_API_V3_KEY),
    platform_keys=((CERTIFICATE_SERIAL, CERTIFICATE), (PUBLIC_KEY_ID, public_pem(PLATFORM))),
    public_key_id=PUBLIC_KEY_ID,
)


def an_adapter(keys=KEYS):
    return WechatPay(keys, HOST, NOTIFY_URL)


def sign(key, message, *, how=None, digest=None):
    return b64encode(key.sign(message, how or padding.PKCS1v15(), digest or SHA256())).decode()


def signed(body, *, at=NOW, nonce="5K8264ILTKCH16CQ2502SI8ZNMTM67VS", serial=PUBLIC_KEY_ID, key=None, **how):
    """The five headers of a message with *body*."""
    message = f"{at}\n{nonce}\n".encode() + body + b"\n"
    return [
        ("Wechatpay-Serial", serial),
        ("Wechatpay-Timestamp", str(at)),
        ("Wechatpay-Nonce", nonce),
        ("Wechatpay-Signature", sign(key or SIGNS[serial], message, **how)),
        ("Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048"),
    ]


def sealed(plaintext, *, key=API_V3_KEY, nonce="fdasflkja484", associated_data="transaction"):
    """A resource: *plaintext* encrypted, as its envelope carries it."""
    ciphertext = AESGCM(key.encode()).encrypt(nonce.encode(), plaintext, associated_data.encode())
    return {
        "original_type": "transaction",
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": b64encode(ciphertext).decode(),
        "associated_data": associated_data,
        "nonce": nonce,
    }


TRADE = {
    "mchid": MCHID,
    "appid": APP_ID,
    "out_trade_no": "01HF7YAT00000000000000000001",
    "transaction_id": "1217752501201407033233368018",
    "trade_type": "NATIVE",
    "trade_state": "SUCCESS",
    "trade_state_desc": "支付成功",
    "bank_type": "CMC",
    "attach": "",
    "success_time": "2027-01-15T15:59:30+08:00",  # Thirty seconds before NOW.
    "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
    "amount": {"total": 17_100, "payer_total": 17_100, "currency": "CNY", "payer_currency": "CNY"},
}
REFUND = {
    "mchid": MCHID,
    "transaction_id": "1217752501201407033233368018",
    "out_trade_no": "01HF7YAT00000000000000000001",
    "refund_id": "50200207182018070300011301001",
    "out_refund_no": "01HF7YAT000000000000000000R01",
    "refund_status": "SUCCESS",
    "success_time": "2027-01-15T15:59:30+08:00",
    "user_received_account": "招商银行信用卡0403",
    "amount": {"total": 17_100, "refund": 3_500, "payer_total": 17_100, "payer_refund": 3_500},
}


def envelope(resource=TRADE, event_type="TRANSACTION.SUCCESS", *, plaintext=None, seal=None, **members):
    """What is posted: *resource* sealed, in its envelope, as bytes."""
    plain = json.dumps(resource, ensure_ascii=False).encode() if plaintext is None else plaintext
    whole = {
        "id": "EV-2018022511223320873",
        "create_time": "2027-01-15T15:59:31+08:00",
        "resource_type": "encrypt-resource",
        "event_type": event_type,
        "summary": "支付成功",
        "resource": sealed(plain, **(seal or {})),
    }
    return json.dumps(whole | members, ensure_ascii=False).encode()


def facts_of(resource, event_type="TRANSACTION.SUCCESS", *, adapter=None, **members):
    """What the adapter makes of a genuine message."""
    adapter, body = adapter or an_adapter(), envelope(resource, event_type, **members)
    return adapter.interpret(adapter.verify(signed(body), body, NOW))


class Wechat(Outside):
    """Answers what it is told to, one answer a request, and remembers what it was asked.

    An answer is ``(status, body)``, which it signs, or an ``Answer``, which goes as it is, or an error.
    """

    def __init__(self, *answers):
        super().__init__()
        self.answers, self.asked = list(answers), []
        self.send = self._send

    def _send(self, method, request):
        body = request["body"]
        path = request["url"].removeprefix(HOST)
        self.asked.append(SimpleNamespace(method=method, path=path, raw=body, **request))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Answer) else answered(*answer)

    @property
    def calls(self):
        return [(one.method, one.path, json.loads(one.raw) if one.raw else None) for one in self.asked]


def answered(status, said, **how):
    """A signed answer. *said* is an object, or bytes."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return Answer(status, body, {name.lower(): value for name, value in signed(body, **how)})
