"""The keys that we sign with, and the keys that may have signed what we are sent.

They lie in one secret, as JSON; two versions of it are live at once, so that no message is refused while a key is
being exchanged::

    {"alipay":    {"app_id": "2021...", "seller_id": "2088...", "private_key": "<PEM>", "public_keys": ["<PEM>"]},
     "wechatpay": {"mchid": "16...", "app_id": "wx...", "serial": "<of our certificate>", "private_key": "<PEM>",
                   "api_v3_keys": ["<32 characters>"], "public_key_id": "PUB_KEY_ID_...",
                   "platform_keys": {"<certificate serial or PUB_KEY_ID_...>": "<PEM: certificate or public key>"}},
     "stripe":    {"secret_key": "sk_...", "webhook_secrets": ["whsec_..."], "livemode": true}}

A provider that is missing is off. We sign with the present version alone; what is signed for us is verified with both.
Read once by each process (functions/wiring.py), away from the path of a webhook.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from shared.errors import Malformed
from shared.strict_json import read_object

AES_256_BYTES = 32
NAME_SHOWN_MAX = 20


class KeysUnusable(Exception):
    """The secret cannot be what it must be. Its text names the member, never a key."""


@dataclass(frozen=True, kw_only=True)
class AlipayKeys:
    app_id: str
    seller_id: str
    private_key: str  # PEM, PKCS#8: ours.
    public_keys: tuple[str, ...]  # PEM, SubjectPublicKeyInfo: Alipay's, for our app.


@dataclass(frozen=True, kw_only=True)
class WechatPayKeys:
    mchid: str
    app_id: str
    serial: str  # Of our own certificate, which the private key belongs to.
    private_key: str  # PEM, PKCS#8
    api_v3_keys: tuple[str, ...]  # 32 bytes each: resources are encrypted with one of them.
    platform_keys: tuple[tuple[str, str], ...]  # (serial or PUB_KEY_ID_..., PEM: certificate or public key)
    public_key_id: str = ""  # Sent with every request in public-key mode; empty: certificate mode.


@dataclass(frozen=True, kw_only=True)
class StripeKeys:
    secret_key: str
    webhook_secrets: tuple[str, ...]  # whsec_...
    livemode: bool


@dataclass(frozen=True, kw_only=True)
class Keyring:
    alipay: AlipayKeys | None = None
    wechatpay: WechatPayKeys | None = None
    stripe: StripeKeys | None = None
    sandbox: tuple[bytes, ...] = ()  # What the sandbox provider signs with; empty: it is off.


def read_keyring(versions: Sequence[str], sandbox: tuple[bytes, ...] = ()) -> Keyring:
    """The keys of the secret's *versions*, the present one first. Raises ``KeysUnusable`` for the present one.

    An older one that cannot be used is what somebody has just mended.
    """
    ring = _one(versions[0]) if versions else Keyring()
    for version in versions[1:]:
        with suppress(KeysUnusable):
            ring = _with_older(ring, _one(version))
    return replace(ring, sandbox=sandbox)


def _one(text: str) -> Keyring:
    try:
        secret = read_object(text.encode())
    except Malformed as wrong:
        raise KeysUnusable(f"the payment keys are no JSON that can be trusted: {wrong.reason}") from None
    own = {name: _provider(secret, name) for name in secret}
    return Keyring(
        alipay=AlipayKeys(**own["alipay"]) if "alipay" in own else None,
        wechatpay=WechatPayKeys(**own["wechatpay"]) if "wechatpay" in own else None,
        stripe=StripeKeys(**own["stripe"]) if "stripe" in own else None,
    )


def _provider(secret: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The members of one provider, each as its class wants it. What is not known is a slip of the pen."""
    members, own = MEMBERS.get(name), secret[name]
    if members is None:
        raise KeysUnusable(f"there is no provider {_shown(name)}")
    if not isinstance(own, dict):
        raise KeysUnusable(f"{name} is not an object")
    for member in (*(set(own) - set(members)), *(set(members) - OPTIONAL - set(own))):
        raise KeysUnusable(
            f"{name} has no {member}" if member in members else f"{name} knows no {_shown(member)}"
        )
    return {member: members[member](f"{name}/{member}", value) for member, value in own.items()}


def _shown(name: str) -> str:
    """A name that nobody expected: who pastes a key in the wrong place must not find it in a log."""
    return name if len(name) <= NAME_SHOWN_MAX and name.isidentifier() else "member of that name"


def _text(member: str, value: Any) -> str:
    if not isinstance(value, str) or not value or not value.isascii():
        raise KeysUnusable(f"{member} is not a text")
    return value


def _texts(member: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise KeysUnusable(f"{member} is not a list with something in it")
    return tuple(_text(member, text) for text in value)


def _pem(member: str, value: Any) -> str:
    text = _text(member, value).strip()
    if not (text.startswith("-----BEGIN ") and text.endswith("-----")):
        raise KeysUnusable(f"{member} is not PEM")
    from shared.payment import rsa  # Whose libraries only those need who have such keys.

    rsa.require(f"{text}\n", member)
    return f"{text}\n"


def _pems(member: str, value: Any) -> tuple[str, ...]:
    return tuple(_pem(member, text) for text in _texts(member, value))


def _platform_keys(member: str, value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict) or not value:
        raise KeysUnusable(f"{member} is not an object with something in it")
    return tuple((serial, _pem(member, pem)) for serial, pem in value.items())


def _aes_keys(member: str, value: Any) -> tuple[str, ...]:
    keys = _texts(member, value)
    if any(len(key) != AES_256_BYTES for key in keys):
        raise KeysUnusable(f"{member}: an APIv3 key has 32 bytes")
    return keys


def _is_true(member: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise KeysUnusable(f"{member} is true or false")
    return value


MEMBERS: dict[str, dict[str, Callable[[str, Any], Any]]] = {
    "alipay": {"app_id": _text, "seller_id": _text, "private_key": _pem, "public_keys": _pems},
    "wechatpay": {
        "mchid": _text,
        "app_id": _text,
        "serial": _text,
        "private_key": _pem,
        "api_v3_keys": _aes_keys,
        "platform_keys": _platform_keys,
        "public_key_id": _text,
    },
    "stripe": {"secret_key": _text, "webhook_secrets": _texts, "livemode": _is_true},
}
OPTIONAL = {"public_key_id"}


def _with_older(ring: Keyring, older: Keyring) -> Keyring:
    """Verify with the keys of both; be, and sign as, who the present version says."""
    if ring.alipay and older.alipay:
        keys = _union(ring.alipay.public_keys, older.alipay.public_keys)
        ring = replace(ring, alipay=replace(ring.alipay, public_keys=keys))
    if ring.wechatpay and older.wechatpay:
        known = dict(older.wechatpay.platform_keys) | dict(ring.wechatpay.platform_keys)
        secrets = _union(ring.wechatpay.api_v3_keys, older.wechatpay.api_v3_keys)
        both = replace(ring.wechatpay, api_v3_keys=secrets, platform_keys=tuple(known.items()))
        ring = replace(ring, wechatpay=both)
    if ring.stripe and older.stripe and ring.stripe.livemode is older.stripe.livemode:
        secrets = _union(ring.stripe.webhook_secrets, older.stripe.webhook_secrets)
        ring = replace(ring, stripe=replace(ring.stripe, webhook_secrets=secrets))
    return ring


def _union(present: tuple[str, ...], older: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*present, *older)))
