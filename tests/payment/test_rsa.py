"""Signatures of Alipay and WeChat Pay: one padding, one hash, keys of a decent size."""

import datetime
import re
from base64 import b64decode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.hashes import MD5, SHA1, SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from shared.payment.keys import KeysUnusable
from shared.payment.rsa import sign, verify
from tests.payment.alipay_signer import key, private_pem, public_pem, sign_text


def test_what_one_key_signs_its_other_half_verifies_and_no_other():
    signature = sign(private_pem("us"), b"88.88")

    assert verify(public_pem("us"), b"88.88", signature)
    assert not verify(public_pem("us"), b"88.89", signature)
    assert not verify(public_pem("stranger"), b"88.88", signature)


def test_a_certificate_verifies_like_the_key_in_it():
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pay.test")])
    certificate = (
        x509.CertificateBuilder(name, name, key("us").public_key(), 7)
        .not_valid_before(datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(datetime.datetime(2028, 1, 1, tzinfo=datetime.UTC))
        .sign(key("us"), SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM).decode()

    assert verify(pem, b"88.88", sign(private_pem("us"), b"88.88"))


@pytest.mark.parametrize("hashed", [MD5, SHA1, SHA384, SHA512])
def test_a_genuine_key_with_another_hash_is_refused(hashed):
    assert not verify(public_pem("us"), b"88.88", b64decode(sign_text("88.88", by="us", hashed=hashed)))


def test_a_genuine_key_with_another_padding_is_refused():
    assert not verify(
        public_pem("us"), b"88.88", b64decode(sign_text("88.88", by="us", padding=PSS(MGF1(SHA256()), 32)))
    )


@pytest.mark.parametrize("signature", [b"", b"\0", b"\0" * 256, b"\xff" * 256, b"\xff" * 10_000])
def test_bytes_that_are_no_signature_are_refused(signature):
    assert not verify(public_pem("us"), b"88.88", signature)


def test_a_key_that_cannot_be_read_is_our_fault_and_named_without_the_key():
    weak = "-----BEGIN PUBLIC KEY-----\nMFww\n-----END PUBLIC KEY-----\n"
    for act in (
        lambda: verify(weak, b"", b""),
        lambda: verify("", b"", b""),
        lambda: verify("-----BEGIN CERTIFICATE-----\nMFww\n-----END CERTIFICATE-----\n", b"", b""),
        lambda: sign(public_pem("us"), b""),
        lambda: sign("", b""),
    ):
        with pytest.raises(KeysUnusable) as unusable:
            act()
        assert re.fullmatch(r"a (public|private) key cannot be read", str(unusable.value))


def test_a_key_that_is_too_short_or_not_rsa_is_unusable():
    for made in (rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP256R1())):
        public = made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        private = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        with pytest.raises(KeysUnusable, match="RSA of 2048 bits"):
            verify(public, b"", b"")
        with pytest.raises(KeysUnusable, match="RSA of 2048 bits"):
            sign(private, b"")
