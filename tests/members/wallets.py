"""Coupon templates and wallets for tests, and what stands in the tables, read past the product's own code."""

from boto3.dynamodb.types import TypeDeserializer

from infra.environment import POLICY, PROVIDERS, TRACKERS
from shared.changes import Caller, Request
from shared.lifecycle import Actor
from shared.ordering.terms import Coupon, CouponKind, CouponState, Scope
from shared.outside import aws_client
from shared.settings import Settings
from shared.store.terms_items import CouponTemplate, coupon_template_item

DAY = 86_400
T0 = 1_800_000_000  # 2027-01-15T08:00:00Z
SETTINGS = Settings.read(
    {
        **{name: str(number) for name, number in POLICY.items()},
        **{f"{name}_TABLE": name.lower() for name in ("ORDERS", "STOCK", "LEDGER", "CATALOGUE", "MEMBERS")},
        "BUS_NAME": "bus",
        "STAGE": "test",
        "DELIVERABLE_COUNTRIES": "CN",
        "SANDBOX_URL": "",
        "SANDBOX_SECRET_ARN": "",
        "EVIDENCE_BUCKET": "evidence",
        "BOOKS_BUCKET": "books",
        "ROOT_DAYS": "1",
        "EVIDENCE_URL": "https://evidence.invalid",
        "BOOKS_URL": "https://books.invalid",
        **PROVIDERS,
        **TRACKERS,
    }
)
LI, WANG = Caller(Actor.BUYER, "li"), Caller(Actor.BUYER, "wang")
OPERATOR = Caller(Actor.OPERATOR, "op-1")
READ = TypeDeserializer().deserialize


def a_request(key="key-1", caller=LI, fingerprint="f"):
    return Request(caller, key, fingerprint)


def a_template(**fields):
    """20 off from 100 on, in January 2027; members may claim two, in the first week."""
    terms = Coupon(
        coupon_id="",
        template_id="NEW-YEAR",
        kind=CouponKind.SHOP,
        state=CouponState.AVAILABLE,
        currency="CNY",
        starts_at=T0,
        ends_at=T0 + 30 * DAY,
        scope=Scope(merchant_id="m-tea"),
        threshold_minor=10_000,
        off_minor=2_000,
        stackable_with=("promotion", "points"),
    )
    values = {
        "template_id": "NEW-YEAR",
        "version": 1,
        "terms": terms,
        "per_member_limit": 2,
        "is_claimable": True,
        "claim_from": T0,
        "claim_until": T0 + 7 * DAY,
    }
    return CouponTemplate(**{**values, **fields})


def publish(template):
    aws_client("dynamodb").put_item(TableName=SETTINGS.catalogue_table, Item=coupon_template_item(template))
    return template


def items(table=SETTINGS.members_table):
    """Every item of a table, by its keys."""
    found = aws_client("dynamodb").scan(TableName=table)
    assert "LastEvaluatedKey" not in found
    plain = [{name: READ(value) for name, value in item.items()} for item in found["Items"]]
    return {(item["pk"], item["sk"]): item for item in plain}


def everything():
    """All that these use cases can write: to see that a refusal changed nothing."""
    return items(SETTINGS.members_table), items(SETTINGS.catalogue_table)


def wallet_items(member_id="li"):
    return [item for (pk, _), item in items().items() if pk == f"MEMBER#{member_id}"]


def coupons_in(member_id="li"):
    return sorted(sk for pk, sk in items() if pk == f"MEMBER#{member_id}" and sk.startswith("COUPON#"))


def counters(member_id="li"):
    """The member's own item, without its keys."""
    found = items().get((f"MEMBER#{member_id}", "MEMBER"), {})
    return {name: value for name, value in found.items() if name not in ("pk", "sk")}


def left():
    return items(SETTINGS.catalogue_table)["COUPON#NEW-YEAR", "CURRENT"]["left"]
