"""Posts that are not what Alipay signed, one by one, and a flood of made-up ones. None is read, whatever it says."""

import gzip
import json
import re
from urllib.parse import quote, quote_from_bytes

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.hashes import MD5, SHA1, SHA256, SHA512
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.errors import Malformed, SignatureInvalid, TooLarge
from shared.payment.facts import PaymentFact, RefundFact
from shared.payment.port import Notice
from tests.payment.alipay_signer import HEADERS, a_notice, form, sign_text, signed, text_of
from tests.payment.alipay_world import the_adapter

T0 = 1_800_000_000
ADAPTER = the_adapter()
GENUINE = signed(a_notice())
BODY = form(GENUINE)
SIGN = GENUINE["sign"]


def with_sign(sign):
    return form({**GENUINE, "sign": sign})


def changed(**fields):
    """The genuine form and its genuine signature, with other fields."""
    return form({name: value for name, value in {**GENUINE, **fields}.items() if value is not None})


def raw_pairs(*pairs):
    return b"&".join((*pairs, BODY))


def flipped(sign):
    """One bit of the signature is another."""
    return ("B" if sign[0] == "A" else "A") + sign[1:]


def respelled(sign):
    """Other base64 for the same bytes: the last character before the padding has bits that do not count."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    body = sign.rstrip("=")
    return body[:-1] + alphabet[alphabet.index(body[-1]) ^ 1] + sign[len(body) :]


MOVED_AMOUNT = {  # Signed as two fields; posted as one that hides the other.
    "subject": f"{a_notice()['subject']}&total_amount=88.88",
    "total_amount": None,
}

NOT_SIGNED = {
    "a smaller amount": changed(total_amount="0.01"),
    "a larger amount": changed(total_amount="8888.00"),
    "the amount written otherwise": changed(total_amount="88.880"),
    "unicode digits in the amount": changed(total_amount="８８.88"),
    "a field more": changed(refund_fee="88.88"),
    "an empty field more": changed(body=""),
    "a field less": changed(fund_bill_list=None),
    "two values swapped": changed(out_trade_no=GENUINE["trade_no"], trade_no=GENUINE["out_trade_no"]),
    "another order": changed(out_trade_no="01HF7YAT00000000000000000002"),
    "another merchant's app under our signature": changed(app_id="2021000000000002"),
    "another seller under our signature": changed(seller_id="2088000000000002"),
    "another status": changed(trade_status="TRADE_FINISHED"),
    "another event": changed(notify_id="2027011500222160021000000000000002"),
    "another case of one letter": changed(trade_status="TRADE_SUCCESs"),
    "a space at the end": changed(total_amount="88.88 "),
    "NUL after a value": changed(total_amount="88.88\0"),
    "semicolons between the fields": BODY.replace(b"&", b";", 3),
    "a signature cut short": with_sign(SIGN[:-4]),
    "a signature of one byte": with_sign("AA=="),
    "half of the signature": with_sign(SIGN[: len(SIGN) // 2]),
    "a signature with one bit flipped": with_sign(flipped(SIGN)),
    "a signature twice as long": with_sign(SIGN[:-2] + SIGN),
    "a signature that is no base64": with_sign("not base64!"),
    "a signature with a space": with_sign(SIGN[:10] + " " + SIGN[10:]),
    "a signature with a line break": with_sign(SIGN + "\n"),
    "a signature whose plus signs became spaces": with_sign(SIGN.replace("+", " ") + " "),
    "base64 for addresses": with_sign("-_" + SIGN[2:]),
    "base64 without its padding": with_sign(SIGN.rstrip("=")),
    "base64 spelled otherwise": with_sign(respelled(SIGN)),
    "base64 in letters of full width": with_sign("Ａ" + SIGN[1:]),
    "a hexadecimal signature": with_sign("ab" * 256),
    "zeros for a signature": with_sign("A" * 342 + "=="),
    "a stranger's key": form(signed(a_notice(), by="stranger")),
    "our own key": form(signed(a_notice(), by="us")),
    "SHA-1 by the genuine key": form(signed(a_notice(), hashed=SHA1)),
    "MD5 by the genuine key": form(signed(a_notice(), hashed=MD5)),
    "SHA-512 by the genuine key": form(signed(a_notice(), hashed=SHA512)),
    "PSS padding by the genuine key": form(signed(a_notice(), padding=PSS(MGF1(SHA256()), 32))),
    "SHA-1 by the genuine key, and called so": form(signed(a_notice(), hashed=SHA1) | {"sign_type": "RSA"}),
    "sign_type RSA": changed(sign_type="RSA"),
    "sign_type in lower case": changed(sign_type="rsa2"),
    "sign_type empty": changed(sign_type=""),
    "sign_type none": changed(sign_type="none"),
    "no sign_type": changed(sign_type=None),
    "sign_type signed along, as in requests": form(
        {**GENUINE, "sign": sign_text(text_of({**a_notice(), "sign_type": "RSA2"}))}
    ),
    "signed in the order of the form": with_sign(
        sign_text("&".join(f"{name}={value}" for name, value in a_notice().items()))
    ),
    "signed as it travels": with_sign(sign_text(form(a_notice()).decode())),
}

NOT_READABLE = {
    "nothing": b"",
    "no signature": changed(sign=None),
    "an empty signature": with_sign(""),
    "two signatures, the genuine one last": raw_pairs(b"sign=" + quote(flipped(SIGN), safe="").encode()),
    "two signatures, the genuine one first": BODY + b"&sign=" + quote(flipped(SIGN), safe="").encode(),
    "the same signature twice": BODY + b"&sign=" + quote(SIGN, safe="").encode(),
    "an amount before the genuine one": raw_pairs(b"total_amount=0.01"),
    "an amount after the genuine one": BODY + b"&total_amount=0.01",
    "an amount twice, one name escaped": raw_pairs(b"total%5Famount=0.01"),
    "sign_type twice": BODY + b"&sign_type=RSA",
    "an amount hidden in a genuine text": changed(**MOVED_AMOUNT),
    "the same, escaped": changed(**MOVED_AMOUNT).replace(b"%26total_amount", b"%26%74otal_amount"),
    "a field without a value": BODY + b"&paid",
    "a field without a name": BODY + b"&=1",
    "an ampersand at the end": BODY + b"&",
    "an ampersand at the start": b"&" + BODY,
    "two ampersands": BODY.replace(b"&", b"&&", 1),
    "a name with a space": BODY + b"&total%20amount=1",
    "a name with an equals sign": BODY + b"&total%3Damount=1",
    "a name in brackets": BODY + b"&total_amount[]=0.01",
    "a name that is too long": BODY + b"&" + b"x" * 65 + b"=1",
    "a byte order mark": b"\xef\xbb\xbf" + BODY,
    "an escaped byte order mark": b"%EF%BB%BF" + BODY,
    "NUL in a name": BODY + b"&paid%00=1",
    "a percent sign that escapes nothing": BODY + b"&paid=%",
    "half an escape": BODY + b"&paid=%4",
    "an escape that is not hexadecimal": BODY + b"&paid=%u8336",
    "bytes that are not UTF-8": BODY + b"&paid=%ff%fe",
    "overlong UTF-8": BODY + b"&paid=%c0%af",
    "half a surrogate pair": BODY + b"&paid=%ed%a0%80",
    "a bare byte above ASCII": BODY + b"&paid=\xe8\x8c\xb6",
    "a form in GBK": form({**GENUINE, "subject": ""}).replace(
        b"subject=", b"subject=" + quote_from_bytes("茶".encode("gbk")).encode()
    ),
    "a form that says GBK": form(signed(a_notice(charset="GBK"))),
    "a form that says UTF-16": form(signed(a_notice(charset="utf-16"))),
    "101 fields": BODY + b"".join(b"&f%d=1" % n for n in range(101 - len(GENUINE))),
    "10,000 fields": BODY + b"".join(b"&f%d=1" % n for n in range(10_000)),
    "JSON": json.dumps(GENUINE).encode(),
    "the form, compressed": gzip.compress(BODY),
    "XML": b"<?xml version='1.0'?><alipay><total_amount>88.88</total_amount></alipay>",
}

FORM = "application/x-www-form-urlencoded"
WRONG_HEADERS = {
    "no headers": (),
    "no content type": (("Accept", "*/*"),),
    "an empty content type": (("Content-Type", ""),),
    "JSON": (("Content-Type", "application/json"),),
    "multipart": (("Content-Type", "multipart/form-data; boundary=x"),),
    "text, then a form": (("Content-Type", f"text/html; {FORM}"),),
    "two types in one": (("Content-Type", f"{FORM}, application/json"),),
    "two content types": (("Content-Type", FORM), ("content-type", FORM)),
    "GBK": (("Content-Type", f"{FORM}; charset=GBK"),),
    "GBK in upper case": (("Content-Type", f"{FORM}; CHARSET=GBK"),),
    "UTF-8 and GBK": (("Content-Type", f"{FORM}; charset=utf-8; charset=gbk"),),
    "UTF-8 twice": (("Content-Type", f"{FORM}; charset=utf-8; charset=utf-8"),),
    "a charset with a space": (("Content-Type", f"{FORM}; charset =gbk"),),
    "gzip": (*HEADERS, ("Content-Encoding", "gzip")),
    "two encodings": (*HEADERS, ("content-encoding", "identity"), ("Content-Encoding", "br")),
}
GOOD_HEADERS = {
    "as Alipay writes it": HEADERS,
    "by the book": (("content-type", f"{FORM}; charset=utf-8"),),
    "without a charset": (("CONTENT-TYPE", FORM),),
    "quoted": (("Content-Type", f'{FORM};charset="UTF-8"'),),
    "among others": (("Host", "x"), *HEADERS, ("Content-Encoding", "identity"), ("X-A", "1"), ("X-A", "2")),
}


@pytest.fixture
def alipay():
    return ADAPTER


def test_the_form_that_all_of_them_were_made_from_is_genuine(alipay):
    assert alipay.verify(HEADERS, BODY, T0).message == a_notice()


@pytest.mark.parametrize("name", NOT_SIGNED)
def test_what_alipay_did_not_sign_is_refused(alipay, name):
    with pytest.raises(SignatureInvalid):
        alipay.verify(HEADERS, NOT_SIGNED[name], T0)


@pytest.mark.parametrize("name", NOT_READABLE)
def test_what_is_no_form_of_alipay_is_refused(alipay, name):
    with pytest.raises(Malformed):
        alipay.verify(HEADERS, NOT_READABLE[name], T0)


def test_every_forgery_differs_from_the_genuine_form_and_from_the_others():
    bodies = [BODY, *NOT_SIGNED.values(), *NOT_READABLE.values()]

    assert len(set(bodies)) == len(bodies) == 1 + 47 + 39


@pytest.mark.parametrize("name", WRONG_HEADERS)
def test_a_genuine_form_that_is_called_something_else_is_refused(alipay, name):
    with pytest.raises(Malformed):
        alipay.verify(WRONG_HEADERS[name], BODY, T0)


@pytest.mark.parametrize("name", GOOD_HEADERS)
def test_a_genuine_form_is_read_under_every_right_name_of_a_form(alipay, name):
    assert alipay.verify(GOOD_HEADERS[name], BODY, T0).message == a_notice()


@pytest.mark.parametrize(
    "body",
    [
        b"&".join(reversed(BODY.split(b"&"))),
        BODY.replace(b"+", b"%20"),
        re.sub(rb"%[0-9A-F]{2}", lambda escape: escape[0].lower(), BODY),
        form(signed(a_notice(charset="UTF-8"))),
        form(signed(a_notice(charset=None))),
    ],
    ids=["in another order", "with %20 for spaces", "with small escapes", "UTF-8", "no charset field"],
)
def test_how_a_genuine_form_is_spelled_does_not_matter(alipay, body):
    assert alipay.verify(HEADERS, body, T0).message["total_amount"] == "88.88"


def test_the_largest_body_is_read_and_one_byte_more_is_too_large(alipay):
    room = 256 * 1024 - len(form(signed(a_notice(passback_params=""))))
    body = form(signed(a_notice(passback_params="x" * (room - 60))))
    fitting = body.replace(b"x", b"%78", (256 * 1024 - len(body)) // 2)

    assert len(fitting) == 256 * 1024
    assert alipay.verify(HEADERS, fitting, T0).message["total_amount"] == "88.88"
    with pytest.raises(TooLarge):
        alipay.verify(HEADERS, fitting + b"x", T0)


def test_a_hundred_fields_are_read(alipay):
    fields = {f"f{n}": "1" for n in range(98 - len(a_notice()))}

    assert len(alipay.verify(HEADERS, form(signed(a_notice(**fields))), T0).message) == 98


def test_a_text_that_could_be_read_as_two_fields_is_refused_though_alipay_signed_it(alipay):
    """Whoever may choose a subject could otherwise choose the amount: both forms have one signed text."""
    subject = "x&total_amount=9999.00&total_b=y"
    paid = signed(a_notice(subject=subject, total_amount="0.01"))
    claimed = a_notice(subject="x", total_amount="9999.00", total_b="y&total_amount=0.01")
    forged = {**claimed, "sign_type": "RSA2", "sign": paid["sign"]}

    assert text_of(claimed) == text_of(a_notice(subject=subject, total_amount="0.01"))
    for fields in (paid, forged):
        with pytest.raises(Malformed):
            alipay.verify(HEADERS, form(fields), T0)


def test_age_is_not_judged_since_resends_may_carry_their_first_time(alipay):
    assert alipay.verify(HEADERS, BODY, T0 + 90_000).message == a_notice()


def test_refusals_carry_nothing_of_what_was_sent(alipay):
    for body in (*NOT_SIGNED.values(), *NOT_READABLE.values()):
        with pytest.raises((SignatureInvalid, Malformed)) as refused:
            alipay.verify(HEADERS, body, T0)
        assert not re.search(r"[0-9%\x80-]|88|茶", refused.value.reason.replace("UTF-8", ""))
        assert refused.value.details == {}


headers = st.lists(
    st.tuples(
        st.one_of(st.sampled_from(["Content-Type", "content-encoding", "X"]), st.text(max_size=9)),
        st.one_of(st.sampled_from([HEADERS[0][1], FORM, "gzip", "charset"]), st.text(max_size=60)),
    ),
    max_size=3,
)
bodies = st.one_of(
    st.binary(max_size=300),
    st.lists(st.text(max_size=20), max_size=30).map(lambda parts: "&".join(parts).encode()),
    st.dictionaries(
        st.sampled_from([*GENUINE, "x"]),
        st.one_of(st.text(max_size=30), st.sampled_from([*GENUINE.values()])),
    ).map(lambda some: form({**GENUINE, **some})),
    st.tuples(st.integers(0, len(BODY) - 1), st.integers(0, 255)).map(
        lambda at: BODY[: at[0]] + bytes([at[1]]) + BODY[at[0] + 1 :]
    ),
)


@settings(max_examples=400, deadline=None)
@given(headers=st.one_of(st.just(HEADERS), headers), body=bodies)
@example(headers=HEADERS, body=b"sign=%F0%9F%92%A9")
def test_nothing_made_up_ends_in_anything_but_a_refusal(headers, body):
    """Any bytes under any headers. What is read after all, is what was signed."""
    try:
        notice = ADAPTER.verify(headers, body, T0)
    except (SignatureInvalid, Malformed, TooLarge):
        return
    assert notice.message == a_notice()


values = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["0.01", "88.88", "TRADE_SUCCESS", "TRADE_CLOSED", "2027-01-15 16:00:00"]),
)


@given(
    message=st.dictionaries(st.sampled_from([*a_notice(), "refund_fee", "out_biz_no", "gmt_refund"]), values)
)
def test_whatever_alipay_signs_is_facts_or_a_refusal(message):
    try:
        facts = ADAPTER.interpret(Notice("alipay", {**a_notice(), **message}, T0))
    except Malformed:
        return
    assert all(isinstance(fact, PaymentFact | RefundFact) and fact.money.amount_minor > 0 for fact in facts)
