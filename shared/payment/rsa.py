"""RSA signatures as Alipay and WeChat Pay make them: PKCS#1 v1.5 over SHA-256, and nothing else.

The hash is ours to choose, never the message's: a verifier that reads it from the signature, or from an unsigned
``sign_type``, also accepts MD5 and SHA-1, as some vendors' own kits do. Keys are parsed once per process.
"""

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

from shared.payment.keys import KeysUnusable

KEY_BITS_MIN = 2048
_KEYS_MAX = 32  # Two versions of the secret hold fewer.


def verify(pem: str, message: bytes, signature: bytes) -> bool:
    """Whether the key in *pem*, a public key or a certificate, signed *message*. Raises ``KeysUnusable``."""
    try:
        _public_key(pem).verify(signature, message, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def sign(pem: str, message: bytes) -> bytes:
    """The signature of *message*, 0.4 ms with 2048 bits. Raises ``KeysUnusable``."""
    return _private_key(pem).sign(message, PKCS1v15(), SHA256())


def require(pem: str, member: str) -> None:
    """Raise ``KeysUnusable`` unless *pem* is a key of the kind that *member* is named for."""
    try:
        (_private_key if member.endswith("/private_key") else _public_key)(pem)
    except KeysUnusable as wrong:
        raise KeysUnusable(f"{member}: {wrong}") from None


@lru_cache(maxsize=_KEYS_MAX)
def _public_key(pem: str) -> RSAPublicKey:
    try:
        is_certificate = "-----BEGIN CERTIFICATE-----" in pem
        key: object = (
            load_pem_x509_certificate(pem.encode()).public_key()
            if is_certificate
            else load_pem_public_key(pem.encode())
        )
    except ValueError:
        raise KeysUnusable("a public key cannot be read") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < KEY_BITS_MIN:
        raise KeysUnusable(f"a public key is not RSA of {KEY_BITS_MIN} bits")
    return key


@lru_cache(maxsize=_KEYS_MAX)
def _private_key(pem: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):  # The latter: it wants a password.
        raise KeysUnusable("a private key cannot be read") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < KEY_BITS_MIN:
        raise KeysUnusable(f"a private key is not RSA of {KEY_BITS_MIN} bits")
    return key
