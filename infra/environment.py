"""What every function is told: the same for all of them, and exactly what ``shared.settings`` reads."""

from infra.stage import Config

SERVICE = "ordercycle"  # In every log line; also the namespace and the dimension of our own metrics.
MINUTE, DAY = 60, 86_400

# The default policy of the shop, in seconds and minor units. A deadline row of shared.lifecycle names one.
POLICY = {
    "PLACING_TIMEOUT_SECONDS": 5 * MINUTE,
    "TRANSFER_RETRY_SECONDS": 5 * MINUTE,
    "PAYMENT_TIMEOUT_SECONDS": 30 * MINUTE,
    "PRESALE_PAYMENT_TIMEOUT_SECONDS": DAY,
    "CLOSING_RETRY_SECONDS": MINUTE,
    "REVIEW_TIMEOUT_SECONDS": DAY,
    "ESCALATION_TIMEOUT_SECONDS": DAY,
    "SHIPMENT_PROMISE_SECONDS": 2 * DAY,
    "DELIVERY_PROMISE_SECONDS": 5 * DAY,
    "RECEIPT_TIMEOUT_SECONDS": 10 * DAY,
    "REFUND_RETRY_SECONDS": 5 * MINUTE,
    "REFUND_ATTENTION_SECONDS": DAY,
    "SETTLEMENT_DELAY_SECONDS": 7 * DAY,
    "FLAT_FREIGHT_MINOR": 800,
    "POINTS_PER_YUAN": 100,
    "POINTS_MAX_PCT": 50,
    "PERISHABLE_BOOST_SECONDS": DAY,
    "REVIEW_AMOUNT_MINOR": 500_000,
    "REVIEW_RISK_SCORE": 80,
    "REVIEW_DEFAULT_APPROVES": 0,
    "COUPON_COMES_BACK": 1,
    "CROSS_BORDER_PARCEL_MINOR": 500_000,
    "CROSS_BORDER_YEAR_MINOR": 2_600_000,
    "PAYMENT_QUERY_SECONDS": 4 * MINUTE,
    "PAYMENT_REQUERY_SECONDS": DAY,
    "REFUND_ANSWER_SECONDS": DAY,
    "DISPUTE_RECHECK_SECONDS": DAY,
    "PARKED_SECONDS": DAY,
    "DISPUTE_ATTENTION_SECONDS": 14 * DAY,
    "RECEIPT_AFTER_DELIVERY_SECONDS": DAY,
    "RECEIPT_EXTENSION_SECONDS": 3 * DAY,
    "SILENCE_SECONDS": 2 * DAY,
    "PARCEL_ATTENTION_SECONDS": DAY,
    "PUSH_RETRY_SECONDS": 5 * MINUTE,
    "INTERCEPT_RETRY_SECONDS": MINUTE,
    "SPLIT_BEFORE_PAYMENT": 1,
    "WAREHOUSE_SILENCE_SECONDS": 6 * 60 * MINUTE,
    "CASE_DECISION_SECONDS": 2 * DAY,
    "CASE_ANSWER_SECONDS": 3 * DAY,
    "CASE_WAYBILL_SECONDS": 7 * DAY,
    "CASE_INSPECTION_SECONDS": 2 * DAY,
    "CASE_RULING_SECONDS": DAY,
    "CASE_ATTENTION_SECONDS": 10 * DAY,
    "SECOND_PERSON_MINOR": 50_000,
    "ARCHIVE_AFTER_DAYS": 180,  # By then a payer's bank cannot take money back any more.
    "WECHATPAY_FREEZE_DAYS": 30,  # Profit sharing; of some products 180.
    "ALIPAY_FREEZE_DAYS": 30,
    "FREEZE_WARNING_DAYS": 7,
}

EUROPE = (
    "AD AL AT AX BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV "
    "MC MD ME MK MT NL NO PL PT RO RS RU SE SI SJ SK SM UA VA"
)
BEYOND_EUROPE = "AE AU BH BR CA CN HK IL JP LB MO SA SG TW US ZA"


# The live providers. Theirs for trying things have addresses of their own.
PROVIDERS = {
    "ALIPAY_URL": "https://openapi.alipay.com/gateway.do",
    "WECHATPAY_URL": "https://api.mch.weixin.qq.com",
    "STRIPE_URL": "https://api.stripe.com",
}
TRACKERS = {
    "KUAIDI100_URL": "https://poll.kuaidi100.com",
    "AFTERSHIP_URL": "https://api.aftership.com",
    "EASYPOST_URL": "https://api.easypost.com",
    "SEVENTEENTRACK_URL": "https://api.17track.net",
}


def environment(
    *,
    config: Config,
    tables: dict[str, str],
    bus_name: str,
    sandbox_secret_arn: str,
    payment_keys_arn: str,
    partner_keys_arn: str,
    public_url: str,
    evidence_bucket: str,
    evidence_url: str,
    books_bucket: str,
    books_url: str,
) -> dict[str, str]:
    """Return the variables. *tables* maps "ORDERS_TABLE" and the like to a table's name."""
    return {
        **tables,
        "BUS_NAME": bus_name,
        "STAGE": config.stage,
        "SANDBOX_URL": config.sandbox_url,
        "SANDBOX_SECRET_ARN": sandbox_secret_arn,
        "PAYMENT_KEYS_ARN": payment_keys_arn,
        "PARTNER_KEYS_ARN": partner_keys_arn,
        "PUBLIC_URL": public_url,
        "EVIDENCE_BUCKET": evidence_bucket,
        "EVIDENCE_URL": evidence_url,
        "BOOKS_BUCKET": books_bucket,
        "BOOKS_URL": books_url,
        "ROOT_DAYS": str(config.root_days),
        **PROVIDERS,
        **TRACKERS,
        "DELIVERABLE_COUNTRIES": ",".join(f"{EUROPE} {BEYOND_EUROPE}".split()),
        **{name: str(number) for name, number in POLICY.items()},
    }
