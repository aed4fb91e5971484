import pytest

from shared.settings import Policy, Settings, is_lambda

ENV = {
    "ORDERS_TABLE": "orders",
    "STOCK_TABLE": "stock",
    "LEDGER_TABLE": "ledger",
    "CATALOGUE_TABLE": "catalogue",
    "MEMBERS_TABLE": "members",
    "BUS_NAME": "bus",
    "STAGE": "dev",
    "SANDBOX_URL": "https://sandbox.example",
    "SANDBOX_SECRET_ARN": "arn:secret",
    "DELIVERABLE_COUNTRIES": "CN,HK,GB",
    "PLACING_TIMEOUT_SECONDS": "600",
    "TRANSFER_RETRY_SECONDS": "240",
    "PAYMENT_TIMEOUT_SECONDS": "1800",
    "PRESALE_PAYMENT_TIMEOUT_SECONDS": "86400",
    "CLOSING_RETRY_SECONDS": "60",
    "REVIEW_TIMEOUT_SECONDS": "80000",
    "ESCALATION_TIMEOUT_SECONDS": "90000",
    "SHIPMENT_PROMISE_SECONDS": "172800",
    "DELIVERY_PROMISE_SECONDS": "432000",
    "RECEIPT_TIMEOUT_SECONDS": "864000",
    "REFUND_RETRY_SECONDS": "300",
    "REFUND_ATTENTION_SECONDS": "86401",
    "SETTLEMENT_DELAY_SECONDS": "604800",
    "FLAT_FREIGHT_MINOR": "800",
    "POINTS_PER_YUAN": "100",
    "POINTS_MAX_PCT": "50",
    "PERISHABLE_BOOST_SECONDS": "7200",
    "REVIEW_AMOUNT_MINOR": "500000",
    "REVIEW_RISK_SCORE": "80",
    "REVIEW_DEFAULT_APPROVES": "0",
    "COUPON_COMES_BACK": "1",
    "CROSS_BORDER_PARCEL_MINOR": "500001",
    "CROSS_BORDER_YEAR_MINOR": "2600000",
    "PAYMENT_QUERY_SECONDS": "240",
    "PAYMENT_REQUERY_SECONDS": "86401",
    "REFUND_ANSWER_SECONDS": "86402",
    "DISPUTE_RECHECK_SECONDS": "86403",
    "PARKED_SECONDS": "86404",
    "DISPUTE_ATTENTION_SECONDS": "1209605",
    "RECEIPT_AFTER_DELIVERY_SECONDS": "86405",
    "RECEIPT_EXTENSION_SECONDS": "259200",
    "SILENCE_SECONDS": "172801",
    "PARCEL_ATTENTION_SECONDS": "86406",
    "PUSH_RETRY_SECONDS": "301",
    "INTERCEPT_RETRY_SECONDS": "61",
    "SPLIT_BEFORE_PAYMENT": "1",
    "WAREHOUSE_SILENCE_SECONDS": "21601",
    "CASE_DECISION_SECONDS": "172802",
    "CASE_ANSWER_SECONDS": "259201",
    "CASE_WAYBILL_SECONDS": "604801",
    "CASE_INSPECTION_SECONDS": "172803",
    "CASE_RULING_SECONDS": "86407",
    "CASE_ATTENTION_SECONDS": "864001",
    "SECOND_PERSON_MINOR": "50000",
    "ARCHIVE_AFTER_DAYS": "180",
    "WECHATPAY_FREEZE_DAYS": "31",
    "ALIPAY_FREEZE_DAYS": "32",
    "FREEZE_WARNING_DAYS": "8",
    "PARTNER_KEYS_ARN": "arn:partners",
    "KUAIDI100_URL": "https://kuaidi100.example",
    "AFTERSHIP_URL": "https://aftership.example",
    "EASYPOST_URL": "https://easypost.example",
    "SEVENTEENTRACK_URL": "https://seventeentrack.example",
    "EVIDENCE_BUCKET": "evidence",
    "BOOKS_BUCKET": "books",
    "BOOKS_URL": "https://books.example/",
    "ROOT_DAYS": "3653",
    "EVIDENCE_URL": "https://evidence.example/",
    "PAYMENT_KEYS_ARN": "arn:keys",
    "PUBLIC_URL": "https://shop.example/",
    "ALIPAY_URL": "https://alipay.example/gateway.do",
    "WECHATPAY_URL": "https://wechatpay.example",
    "STRIPE_URL": "https://stripe.example",
}
MAY_BE_EMPTY = {"SANDBOX_URL", "SANDBOX_SECRET_ARN", "PAYMENT_KEYS_ARN", "PARTNER_KEYS_ARN", "PUBLIC_URL"}
NUMBERS = [name for name, value in ENV.items() if value.isdecimal()]


def test_everything_is_read_under_its_name():
    read = Settings.read(ENV)

    assert (read.orders_table, read.stock_table, read.ledger_table) == ("orders", "stock", "ledger")
    assert (read.catalogue_table, read.members_table) == ("catalogue", "members")
    assert (read.bus_name, read.stage) == ("bus", "dev")
    assert (read.sandbox_url, read.sandbox_secret_arn) == ("https://sandbox.example", "arn:secret")
    assert (read.payment_keys_arn, read.public_url) == ("arn:keys", "https://shop.example")
    assert read.alipay_url == "https://alipay.example/gateway.do"
    assert (read.wechatpay_url, read.stripe_url) == ("https://wechatpay.example", "https://stripe.example")
    assert (read.partner_keys_arn, read.kuaidi100_url) == ("arn:partners", "https://kuaidi100.example")
    assert (read.aftership_url, read.easypost_url) == (
        "https://aftership.example",
        "https://easypost.example",
    )
    assert read.seventeentrack_url == "https://seventeentrack.example"
    assert (read.evidence_bucket, read.evidence_url) == ("evidence", "https://evidence.example")
    assert (read.books_bucket, read.root_days) == ("books", 3653)
    assert read.books_url == "https://books.example"
    assert read.deliverable_countries == {"CN", "HK", "GB"}
    assert read.policy == Policy(
        placing_timeout_seconds=600,
        transfer_retry_seconds=240,
        payment_timeout_seconds=1800,
        presale_payment_timeout_seconds=86_400,
        closing_retry_seconds=60,
        review_timeout_seconds=80_000,
        escalation_timeout_seconds=90_000,
        shipment_promise_seconds=172_800,
        delivery_promise_seconds=432_000,
        receipt_timeout_seconds=864_000,
        refund_retry_seconds=300,
        refund_attention_seconds=86_401,
        settlement_delay_seconds=604_800,
        flat_freight_minor=800,
        points_per_yuan=100,
        points_max_pct=50,
        perishable_boost_seconds=7_200,
        review_amount_minor=500_000,
        review_risk_score=80,
        review_default_approves=0,
        coupon_comes_back=1,
        cross_border_parcel_minor=500_001,
        cross_border_year_minor=2_600_000,
        payment_query_seconds=240,
        payment_requery_seconds=86_401,
        refund_answer_seconds=86_402,
        dispute_recheck_seconds=86_403,
        parked_seconds=86_404,
        dispute_attention_seconds=1_209_605,
        receipt_after_delivery_seconds=86_405,
        receipt_extension_seconds=259_200,
        silence_seconds=172_801,
        parcel_attention_seconds=86_406,
        push_retry_seconds=301,
        intercept_retry_seconds=61,
        split_before_payment=1,
        warehouse_silence_seconds=21_601,
        case_decision_seconds=172_802,
        case_answer_seconds=259_201,
        case_waybill_seconds=604_801,
        case_inspection_seconds=172_803,
        case_ruling_seconds=86_407,
        case_attention_seconds=864_001,
        second_person_minor=50_000,
        archive_after_days=180,
        wechatpay_freeze_days=31,
        alipay_freeze_days=32,
        freeze_warning_days=8,
    )


@pytest.mark.parametrize("name", sorted(set(ENV) - MAY_BE_EMPTY))
@pytest.mark.parametrize("value", [None, ""])
def test_what_is_missing_is_named_at_the_start(name, value):
    env = {key: text for key, text in ENV.items() if key != name} | ({} if value is None else {name: value})

    with pytest.raises(ValueError, match=f"environment variable {name} is missing"):
        Settings.read(env)


def test_without_a_sandbox_there_is_none():
    read = Settings.read({name: text for name, text in ENV.items() if name not in MAY_BE_EMPTY})

    assert (read.sandbox_url, read.sandbox_secret_arn) == ("", "")
    assert (read.payment_keys_arn, read.partner_keys_arn, read.public_url) == ("", "", "")


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", ["-1", "1.5", "soon", "1e3"])
def test_a_number_that_is_none_is_refused(name, value):
    with pytest.raises(ValueError, match=rf"{name} must be positive|invalid literal"):
        Settings.read(ENV | {name: value})


def test_no_deadline_is_now_but_freight_may_be_free():
    assert Settings.read(ENV | {"FLAT_FREIGHT_MINOR": "0"}).policy.flat_freight_minor == 0
    with pytest.raises(ValueError, match="CLOSING_RETRY_SECONDS must be positive, not 0"):
        Settings.read(ENV | {"CLOSING_RETRY_SECONDS": "0"})
    assert Settings.read(ENV | {"ALIPAY_FREEZE_DAYS": "0"}).policy.alipay_freeze_days == 0
    with pytest.raises(ValueError, match="ARCHIVE_AFTER_DAYS must be positive, not 0"):
        Settings.read(ENV | {"ARCHIVE_AFTER_DAYS": "0"})


@pytest.mark.parametrize(
    ("variables", "runs_there"), [({}, False), ({"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001"}, True)]
)
def test_lambda_is_known_by_its_own_variable(monkeypatch, variables, runs_there):
    monkeypatch.delenv("AWS_LAMBDA_RUNTIME_API", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert is_lambda() is runs_there
