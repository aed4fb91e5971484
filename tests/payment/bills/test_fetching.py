"""A bill is fetched from the provider's own address, whole, or not at all."""

import hashlib
import io
import json

import pytest

from shared.errors import Malformed, NotFound, TooLarge, Unavailable
from shared.outside import Answer, Outside
from shared.payment.bills import fetching, read_bill, stripe_fetching, wechatpay_fetching
from shared.payment.bills.alipay_fetching import METHOD
from shared.payment.bills.days import ready_at, span_of
from shared.payment.bills.fetching import Fetched, fetch_bill, own_address
from shared.payment.keys import StripeKeys
from shared.payment.providers.alipay import Alipay
from shared.payment.providers.stripe import Stripe
from tests.payment.alipay_signer import answer as alipay_answer
from tests.payment.alipay_signer import our_keys
from tests.payment.bills.writers import PAYMENT, WECHAT_PAYMENT, alipay_csv, wechat_csv, zipped
from tests.payment.wechatpay_signer import HOST, NOW, an_adapter, answered

DAY = "2027-01-14"
GATEWAY = "https://openapi.alipay.com/gateway.do"
AT = "http://dwbillcenter.alipay.com/downloadBillFile.resource?bizType=trade&fileId=1"
ZIP = zipped(**{"a.csv": alipay_csv(PAYMENT)})
CSV = wechat_csv(WECHAT_PAYMENT)
SILENCE = Unavailable("the provider did not answer")


class Provider(Outside):
    """Answers in turn, and remembers what it was asked."""

    def __init__(self, *answers):
        super().__init__()
        self.answers, self.asked = list(answers), []
        self.send = self._send

    def _send(self, method, request):
        self.asked.append((method, request["url"]))
        self.headers = request["headers"]
        given = self.answers.pop(0)
        if isinstance(given, Exception):
            raise given
        return given


def fetched(provider, outside, *, day=DAY, now=NOW):
    sink = io.BytesIO()
    return fetch_bill(outside, provider, day, sink, now=now), sink.getvalue()


# --- whoever sends it ---


@pytest.mark.parametrize("name", ["alipay", "wechatpay", "stripe"])
def test_before_a_bill_can_be_there_nobody_is_asked(name):
    outside, provider = Provider(), {"alipay": alipay, "wechatpay": an_adapter, "stripe": stripe}[name]()

    assert fetched(provider, outside, now=ready_at(name, DAY) - 1) == (Fetched.NOT_YET, b"")
    assert outside.asked == []


def test_a_provider_without_bills_is_refused_and_so_is_what_is_no_day():
    outside = Provider()

    with pytest.raises(NotFound):
        fetched(object(), outside)
    with pytest.raises(Malformed):
        fetched(alipay(), outside, day="yesterday")
    assert outside.asked == []


@pytest.mark.parametrize(
    ("url", "base", "further", "found"),
    [
        (AT, GATEWAY, "alipay.com", AT.replace("http:", "https:")),
        ("https://x.alipay.com/b?c=d", GATEWAY, "alipay.com", "https://x.alipay.com/b?c=d"),
        ("https://openapi.alipay.com/b", GATEWAY, "alipay.com", "https://openapi.alipay.com/b"),
        ("http://127.0.0.1:4000/b?c", "http://127.0.0.1:4000/g", "alipay.com", "http://127.0.0.1:4000/b?c"),
        (f"{HOST}/v3/billdownload/file?token=x", HOST, "", f"{HOST}/v3/billdownload/file?token=x"),
    ],
)
def test_the_providers_own_address_is_taken(url, base, further, found):
    assert own_address(url, base, further) == found


@pytest.mark.parametrize(
    "url",
    [
        None,
        7,
        "",
        "x",
        "http://169.254.169.254/latest/meta-data",
        "https://alipay.com.evil.test/b",
        "https://evilalipay.com/b",
        "https://x.alipay.com@evil.test/b",
        "https://evil.test:443/x.alipay.com",
        "https://user:secret@x.alipay.com/b",
        "https://x.alipay.com:8443/b",
        "https://X.ALIPAY.COM.evil.test/b",
        "ftp://x.alipay.com/b",
        "file:///etc/passwd",
        "//x.alipay.com/b",
        "https://x.alipay.com/b#c",
        "https://x.alipay.com/b\r\nhost: y",
        "https://x.alipay.com/b\tc",
        "https://\u212alipay.alipay.com/b",
        "http://openapi.alipay.com:80/b",
        "https://[x.alipay.com/b",
    ],
)
def test_any_other_address_is_never_called(url):
    with pytest.raises(Unavailable, match="not its own"):
        own_address(url, "https://api.alipay.com/gateway.do", "alipay.com")
    with pytest.raises(Unavailable, match="not its own"):
        own_address(url, "https://api.mch.weixin.qq.com")


def test_a_provider_without_tls_of_its_own_is_not_followed_to_another_host():
    with pytest.raises(Unavailable):
        own_address("http://x.alipay.com/b", "http://y.alipay.com/g", "alipay.com")


# --- Alipay ---


def alipay():
    return Alipay(our_keys(), GATEWAY, "https://shop.test/n")


def alipay_said(**node):
    return Answer(200, alipay_answer(METHOD, {"code": "10000", "msg": "Success", **node}))


def alipay_refused(sub_code):
    return alipay_said(code="40004", msg="Business Failed", sub_code=sub_code)


def test_alipays_archive_is_written_as_it_came_over_tls():
    outside = Provider(alipay_said(bill_download_url=AT), Answer(200, ZIP))

    assert fetched(alipay(), outside) == (Fetched.READY, ZIP)
    assert outside.asked == [("POST", GATEWAY), ("GET", AT.replace("http:", "https:"))]
    assert outside.headers == {}  # Who has the address needs no key of ours.


@pytest.mark.parametrize("code", ["isp.bill_not_exist", "BILL_NOT_EXIST"])
def test_a_bill_that_alipay_does_not_have_is_late_for_a_day_and_none_after_that(code):
    due = ready_at("alipay", DAY)

    assert fetched(alipay(), Provider(alipay_refused(code)), now=due + 86_399) == (Fetched.NOT_YET, b"")
    assert fetched(alipay(), Provider(alipay_refused(code)), now=due + 86_400) == (Fetched.NONE, b"")


@pytest.mark.parametrize(
    "answers",
    [
        (alipay_refused("isv.invalid_arguments"),),
        (alipay_said(code="20000"),),
        (Answer(200, b"<html>"),),
        (SILENCE,),
        (alipay_said(),),
        (alipay_said(bill_download_url="https://evil.test/b"),),
        (alipay_said(bill_download_url=AT), Answer(404, b"")),
        (alipay_said(bill_download_url=AT), Answer(302, b"")),
        (alipay_said(bill_download_url=AT), Answer(200, "<html>下载链接已失效".encode())),
        (alipay_said(bill_download_url=AT), Answer(200, b"")),
        (alipay_said(bill_download_url=AT), Answer(200, ZIP[:-22])),
        (alipay_said(bill_download_url=AT), Answer(200, ZIP[1:])),
        (alipay_said(bill_download_url=AT), SILENCE),
    ],
)
def test_what_alipay_does_not_answer_is_asked_another_time(answers):
    outside = Provider(*answers)

    with pytest.raises(Unavailable):
        fetched(alipay(), outside)
    assert outside.answers == []


# --- WeChat Pay ---

FILE = f"{HOST}/v3/billdownload/file?token=a%2Fb"
TOLD = {"download_url": FILE, "hash_type": "SHA1", "hash_value": hashlib.sha1(CSV).hexdigest()}


def test_wechats_file_is_asked_for_signed_and_compared_with_its_digest():
    outside = Provider(answered(200, TOLD), Answer(200, CSV))

    assert fetched(an_adapter(), outside) == (Fetched.READY, CSV)
    assert outside.asked == [
        ("GET", f"{HOST}/v3/bill/tradebill?bill_date={DAY}&bill_type=ALL"),
        ("GET", FILE),
    ]
    assert outside.headers["authorization"].startswith("WECHATPAY2-SHA256-RSA2048 mchid=")


@pytest.mark.parametrize(
    ("code", "found"), [("STATEMENT_CREATING", Fetched.NOT_YET), ("NO_STATEMENT_EXIST", Fetched.NONE)]
)
def test_wechat_says_whether_a_bill_is_late_or_nothing_moved(code, found):
    outside = Provider(answered(400, {"code": code, "message": "账单"}))

    assert fetched(an_adapter(), outside) == (found, b"")


@pytest.mark.parametrize(
    "answers",
    [
        (answered(500, {"code": "SYSTEM_ERROR"}),),
        (answered(400, {"code": "INVALID_REQUEST"}),),
        (Answer(400, b'{"code":"NO_STATEMENT_EXIST"}'),),  # Not signed: anybody could make us believe it.
        (answered(200, {}),),
        (answered(200, TOLD | {"hash_type": "MD5"}),),
        (answered(200, TOLD | {"download_url": f"{HOST}/v3/refund/domestic/refunds/1"}),),
        (answered(200, TOLD | {"download_url": "https://evil.test/v3/billdownload/file?token=x"}),),
        (answered(200, TOLD), Answer(200, CSV[:-1])),
        (answered(200, TOLD), Answer(200, b"")),
        (answered(200, TOLD), answered(400, {"code": "INVALID_REQUEST"})),
        (answered(200, TOLD | {"hash_value": None}), Answer(200, CSV)),
        (answered(200, TOLD), SILENCE),
    ],
)
def test_what_wechat_does_not_answer_or_what_comes_mangled_is_asked_another_time(answers):
    outside = Provider(*answers)

    with pytest.raises(Unavailable):
        fetched(an_adapter(), outside)
    assert outside.answers == []


def test_more_than_we_read_is_refused(monkeypatch):
    monkeypatch.setattr(wechatpay_fetching, "BILL_BYTES_MAX", len(CSV) - 1)

    with pytest.raises(TooLarge):
        fetched(an_adapter(), Provider(answered(200, TOLD), Answer(200, CSV)))


# --- Stripe ---

SPAN = span_of("stripe", DAY)
CHARGE = {
    "id": "ch_1",
    "object": "charge",
    "payment_intent": "pi_1",
    "metadata": {"reference": "01J0000000000000000000000P01"},
    "billing_details": {"name": "Li Lei", "email": "li@example.com"},
}


def stripe():
    return Stripe(
        StripeKeys(secret_key="sk", webhook_secrets=("whsec",), livemode=True), "https://api.stripe.com"
    )


def a_movement(number, **changed):
    return {
        "id": f"txn_{number}",
        "object": "balance_transaction",
        "amount": 8_800,
        "created": SPAN.since + 60,
        "currency": "eur",
        "fee": 285,
        "net": 8_515,
        "reporting_category": "charge",
        "source": CHARGE,
        **changed,
    }


def a_page(*movements, has_more=False, **changed):
    told = {
        "object": "list",
        "data": list(movements),
        "has_more": has_more,
        "url": "/v1/balance_transactions",
    }
    return Answer(200, json.dumps(told | changed).encode())


def test_stripes_list_is_written_as_stripes_own_report_page_by_page():
    refund = {"id": "re_1", "object": "refund", "payment_intent": "pi_1", "metadata": {}}
    back = {"amount": -300, "fee": 0, "net": -300, "reporting_category": "refund", "source": refund}
    outside = Provider(a_page(a_movement(2), has_more=True), a_page(a_movement(1, **back)))

    answer, content = fetched(stripe(), outside)

    assert answer is Fetched.READY
    assert content.decode().splitlines() == [
        "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,"
        "payment_intent_id,payment_metadata[reference],refund_metadata[refund_id]",
        "txn_2,2027-01-14 00:01:00,eur,88.00,2.85,85.15,charge,ch_1,pi_1,01J0000000000000000000000P01,",
        "txn_1,2027-01-14 00:01:00,eur,-3.00,0.00,-3.00,refund,re_1,pi_1,,re_1",
    ]
    assert [row.amount_minor for row in read_bill("stripe", [content])] == [8_800, -300]
    query = f"created%5Bgte%5D={SPAN.since}&created%5Blt%5D={SPAN.until}&limit=100&expand%5B%5D=data.source"
    at = "https://api.stripe.com/v1/balance_transactions"
    assert [url for _, url in outside.asked] == [f"{at}?{query}", f"{at}?{query}&starting_after=txn_2"]


def test_what_else_a_source_says_is_not_written_down():
    _, content = fetched(stripe(), Provider(a_page(a_movement(1))))

    assert b"Li Lei" not in content
    assert b"@" not in content


def test_numbers_that_are_not_ours_are_left_out_of_the_report():
    hostile = {"metadata": {"reference": '=1+1,"\n'}}

    _, content = fetched(stripe(), Provider(a_page(a_movement(1, source=CHARGE | hostile))))

    [row] = read_bill("stripe", [content])
    assert (row.document, row.provider_id) == ("", "pi_1")


@pytest.mark.parametrize(
    ("source", "told"), [(None, ""), ("po_1", "po_1"), ({"id": "tu_1", "object": "topup"}, "tu_1")]
)
def test_a_source_may_be_missing_or_a_number_alone(source, told):
    _, content = fetched(
        stripe(), Provider(a_page(a_movement(1, reporting_category="payout", source=source)))
    )

    assert content.decode().splitlines()[1].split(",")[7] == told


def test_a_day_on_which_nothing_moved_is_a_bill_without_rows():
    answer, content = fetched(stripe(), Provider(a_page()))

    assert answer is Fetched.READY
    assert list(read_bill("stripe", [content])) == []


@pytest.mark.parametrize(
    "answers",
    [
        (SILENCE,),
        (Answer(500, b"{}"),),
        (Answer(200, b"<html>"),),
        (Answer(200, b"{}"),),
        (a_page(data=None),),
        (a_page(data=[7]),),
        (a_page(has_more="yes"),),
        (a_page(has_more=True),),
        (a_page(a_movement(1), has_more=True), SILENCE),
        (a_page(a_movement(1, amount=1.5)),),
        (a_page(a_movement(1, amount=10**13)),),
        (a_page(a_movement(1, currency="EUR")),),
        (a_page(a_movement(1, created=10**30)),),
        (a_page(a_movement(1, created=None)),),
        (a_page(a_movement(1, source=7)),),
        (a_page(a_movement(1, id="a,b")),),
    ],
)
def test_half_a_list_is_no_bill(answers):
    outside = Provider(*answers)

    with pytest.raises(Unavailable):
        fetched(stripe(), outside)
    assert outside.answers == []


def test_a_list_without_an_end_is_given_up(monkeypatch):
    monkeypatch.setattr(stripe_fetching, "PAGES_MAX", 2)
    outside = Provider(*[a_page(a_movement(i), has_more=True) for i in range(2)])

    with pytest.raises(Unavailable, match="more than we read"):
        fetched(stripe(), outside)
    assert outside.answers == []


def test_a_bill_may_take_minutes_and_a_page_seconds():
    assert (fetching.SECONDS, stripe_fetching.PAGE_SECONDS) == (240, 20)
