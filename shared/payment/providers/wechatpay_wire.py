"""How WeChat Pay's v3 messages are signed and sealed, in both directions. Nothing here knows of money.

Protocol: pay.weixin.qq.com, API v3. Its webhooks and its answers are signed alike, over
``timestamp\\nnonce\\nraw body\\n``, by one of several platform keys that ``Wechatpay-Serial`` names;
the resource of a webhook is encrypted besides. Both the signature and its age must be right before a byte of the
body is read. No reason leaves this module.
"""

import re
from base64 import b64decode, b64encode
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.errors import Malformed, SignatureInvalid
from shared.payment import rsa
from shared.payment.keys import WechatPayKeys
from shared.payment.port import Headers
from shared.strict_json import read_object

SCHEME = "WECHATPAY2-SHA256-RSA2048"
AGE_SECONDS = 300  # This old is too old, and so far in the future too, as WeChat's own Go kit has it.
CIPHER, NONCE_BYTES = "AEAD_AES_256_GCM", 12
PUBLIC_KEY_PREFIX = "PUB_KEY_ID_"
_STAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_NONCE = re.compile(r"[!-~]{1,128}", re.ASCII)  # Without line ends: they separate what is signed.


def check_signature(keys: WechatPayKeys, headers: Headers, raw_body: bytes, now: int) -> None:
    """Return if WeChat Pay signed exactly these bytes, now. Raises ``SignatureInvalid`` otherwise.

    Its probes, wrong signatures sent on purpose to see whether anybody looks, are refused like any other.
    """
    scheme = _only(headers, "wechatpay-signature-type", default=SCHEME)
    stamp = _only(headers, "wechatpay-timestamp")
    nonce = _only(headers, "wechatpay-nonce")
    pem = _platform_key(keys, _only(headers, "wechatpay-serial"))
    signature = _strict_base64(_only(headers, "wechatpay-signature"))
    if scheme != SCHEME or not _STAMP.fullmatch(stamp) or not _NONCE.fullmatch(nonce):
        raise SignatureInvalid
    if signature is None or abs(now - int(stamp)) >= AGE_SECONDS:
        raise SignatureInvalid
    if not rsa.verify(pem, f"{stamp}\n{nonce}\n".encode() + raw_body + b"\n", signature):
        raise SignatureInvalid


def open_resource(keys: WechatPayKeys, resource: object) -> dict[str, Any]:
    """Decrypt the resource of an authentic webhook and read it as strictly as its envelope. Raises ``Malformed``.

    Any APIv3 key of the ring may fit: a merchant changes it in one moment, while messages are under way. One that
    was encrypted with another merchant's key does not open, though the platform's signature around it is genuine.
    """
    if not isinstance(resource, dict) or resource.get("algorithm") != CIPHER:
        raise Malformed("the resource is not encrypted as agreed")
    nonce, associated = _octets(resource.get("nonce")), _octets(resource.get("associated_data") or "")
    sealed = _strict_base64(resource.get("ciphertext"))
    if len(nonce) != NONCE_BYTES or sealed is None:
        raise Malformed("the resource cannot be decrypted")
    for key in keys.api_v3_keys:
        try:
            plaintext = AESGCM(key.encode()).decrypt(nonce, sealed, associated)
        except InvalidTag:
            continue
        return read_object(plaintext)
    raise Malformed("the resource cannot be decrypted")


def authorization(keys: WechatPayKeys, method: str, path: str, body: bytes, *, nonce: str, now: int) -> str:
    """The header that proves that a request to *path*, with its query, is ours."""
    message = f"{method}\n{path}\n{now}\n{nonce}\n".encode() + body + b"\n"
    signature = b64encode(rsa.sign(keys.private_key, message)).decode()
    return (
        f'{SCHEME} mchid="{keys.mchid}",nonce_str="{nonce}",signature="{signature}",'
        f'timestamp="{now}",serial_no="{keys.serial}"'
    )


def _only(headers: Headers, name: str, *, default: str = "") -> str:
    """The value of a header that may stand once: of two, a proxy and we might believe different ones."""
    values = [value for given, value in headers if given.lower() == name]
    if len(values) > 1:
        raise SignatureInvalid
    return values[0] if values else default


def _platform_key(keys: WechatPayKeys, serial: str) -> str:
    """The key that *serial* names: a certificate's number in hex, of any case, or a public key's id, exactly.

    Several live at once: in a change-over WeChat decides which one signs. An unknown one is not fetched: anybody
    could make us call out, once for every name he invents.
    """
    for known, pem in keys.platform_keys:
        is_exact = known.startswith(PUBLIC_KEY_PREFIX)
        if known == serial if is_exact else known.lower() == serial.lower():
            return pem
    raise SignatureInvalid


def _strict_base64(text: object) -> bytes | None:
    """The bytes of *text*, if an encoder writes them so: a decoder forgives foreign letters and stray last bits."""
    if not isinstance(text, str):
        return None
    try:
        octets = b64decode(text)
    except ValueError:
        return None
    return octets if b64encode(octets).decode() == text else None


def _octets(value: object) -> bytes:
    if not isinstance(value, str):
        raise Malformed("the resource cannot be decrypted")
    try:
        return value.encode()
    except UnicodeEncodeError as half_a_character:  # JSON may write one: "\ud800".
        raise Malformed("the resource cannot be decrypted") from half_a_character
