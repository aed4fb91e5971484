"""Evidence at its tables and its bucket: races, failures in between, and who may name what."""

from contextlib import contextmanager
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from local import moto_fixes
from shared.aftersale.evidence import (
    EvidenceDiffers,
    EvidenceNotUploaded,
    EvidenceRefused,
    EvidenceUnknown,
    File,
    TooMuchEvidence,
    keep,
    offer,
    verified,
)
from shared.errors import Forbidden, KeyReused, NotFound, Unavailable
from shared.outside import Outside, aws_client
from tests.builders import (
    BUYER,
    OPERATOR,
    ORDER_ID,
    POT_MERCHANT,
    SETTINGS,
    SUPPORT,
    TEA_MERCHANT,
    a_paid_order,
    a_request,
    a_shop,
    a_shop_order,
)
from tests.uploads import PHOTO, digest

BUCKET = "evidence-of-tests"
NOW = 1_800_000_000
OTHER_BUYER = BUYER._replace(id="buyer-2")
COLLEAGUE = TEA_MERCHANT._replace(id="user-tea-2")
JPEG = File("image/jpeg", len(PHOTO), digest(PHOTO))


class Orders:
    """One order; keys are looked up where they are."""

    def __init__(self, whole, store):
        self.whole, self.seen = whole, store.seen

    def read(self, order_id):
        if order_id != self.whole.order.order_id:
            raise NotFound("no such order")
        return self.whole


@pytest.fixture
def shop(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(Outside, "wait_before_attempt", lambda self, number: None)
    aws_client.cache_clear()
    moto_fixes.apply()
    with mock_aws():
        aws_client("dynamodb").create_table(
            TableName=SETTINGS.orders_table,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        )
        aws_client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        opened = a_shop()
        told = replace(SETTINGS, evidence_bucket=BUCKET, evidence_url="https://files.example")
        yield opened._replace(settings=told, orders=Orders(a_paid_order().whole, opened.orders))
    aws_client.cache_clear()


def offers(shop, file=JPEG, caller=BUYER, *, key="k-1", fingerprint="f", sub_order=None, now=NOW):
    request = a_request(key, caller, fingerprint)
    return offer(shop, ORDER_ID, file, sub_order=sub_order, caller=caller, now=now, request=request)


def puts(evidence, file=PHOTO, **more):
    aws_client("s3").put_object(
        Bucket=BUCKET,
        Key=evidence.key,
        Body=file,
        **({"ContentType": evidence.content_type, "ChecksumAlgorithm": "SHA256"} | more),
    )


def rows():
    found = aws_client("dynamodb").scan(TableName=SETTINGS.orders_table)["Items"]
    return {f"{item['pk']['S']} {item['sk']['S']}": item for item in found}


def names(shop, *evidence, caller=BUYER, now=NOW + 60):
    """As a command that is carried out does it."""
    named = verified(shop, ORDER_ID, tuple(evidence), caller=caller)
    keep(shop, ORDER_ID, named, now=now)
    return named


@contextmanager
def struck(shop, operation, strike):
    """*strike* acts once, right before the next call of *operation*."""
    waiting = [strike]

    def around(call, act):
        if call.operation == operation and waiting:
            waiting.pop()()
        return act()

    shop.outside.around.append(around)
    yield
    shop.outside.around.remove(around)
    assert waiting == []


def failing(error):
    def strike():
        raise error

    return strike


def busy(code):
    return ClientError({"Error": {"Code": code, "Message": ""}}, "HeadObject")


# --- offering ---


def test_what_is_noted_of_a_file_is_whose_it_is_and_what_it_is(shop):
    offered = offers(shop)

    row = rows()[f"ORDER#{ORDER_ID} #EVIDENCE#{offered.evidence.evidence_id}"]
    assert {name: next(iter(value.values())) for name, value in row.items()} == {
        "pk": f"ORDER#{ORDER_ID}",
        "sk": f"#EVIDENCE#{offered.evidence.evidence_id}",
        "evidence_id": offered.evidence.evidence_id,
        "order_id": ORDER_ID,
        "party": "buyer:buyer-1",
        "actor_id": "buyer-1",
        "content_type": "image/jpeg",
        "size_bytes": "38",
        "sha256": digest(PHOTO),
        "offered_at": str(NOW),
        "state": "offered",
    }
    assert offered.evidence.key == f"orders/{ORDER_ID}/{offered.evidence.evidence_id}"
    assert offered.form.url == "https://files.example/"
    assert offered.expires_at == NOW + 900


def test_whatever_differs_of_a_file_or_of_whose_it_is_makes_it_another(shop):
    ways = [
        offers(shop, key="1"),
        offers(shop, JPEG._replace(content_type="image/png"), key="2"),
        offers(shop, JPEG._replace(size_bytes=39), key="3"),
        offers(shop, JPEG._replace(sha256=digest(b"another")), key="4"),
        offers(shop, caller=TEA_MERCHANT, sub_order=1, key="5"),
        offers(shop, caller=POT_MERCHANT, sub_order=2, key="6"),
    ]

    assert len({way.evidence.evidence_id for way in ways}) == 6


def test_a_colleague_s_same_file_is_the_merchant_s_same_file(shop):
    first = offers(shop, caller=TEA_MERCHANT, sub_order=1, key="1")

    again = offers(shop, caller=COLLEAGUE, sub_order=1, key="2")

    assert again.evidence == first.evidence


def test_the_same_file_under_two_keys_at_once_is_one_file(shop):
    with struck(shop, "transact_write_items", lambda: offers(shop, key="other")):
        mine = offers(shop, key="mine")

    found = rows()
    assert [name for name in found if "#EVIDENCE#" in name] == [
        f"ORDER#{ORDER_ID} #EVIDENCE#{mine.evidence.evidence_id}"
    ]
    assert found[f"ORDER#{ORDER_ID} #SHOWN#buyer:buyer-1"]["files"] == {"N": "1"}
    assert {name for name in found if name.startswith("KEY#")} == {
        "KEY#buyer#buyer-1 KEY#mine",
        "KEY#buyer#buyer-1 KEY#other",
    }


def test_one_key_twice_at_once_is_one_file_and_the_second_is_told_so(shop):
    with struck(shop, "transact_write_items", lambda: offers(shop)):
        mine = offers(shop)

    assert mine.is_repeat
    assert rows()[f"ORDER#{ORDER_ID} #SHOWN#buyer:buyer-1"]["files"] == {"N": "1"}


def test_one_key_for_two_files_at_once_is_refused_to_the_second(shop):
    other = JPEG._replace(sha256=digest(b"another"))
    with (
        struck(shop, "transact_write_items", lambda: offers(shop, other, fingerprint="g")),
        pytest.raises(KeyReused),
    ):
        offers(shop)

    assert rows()[f"ORDER#{ORDER_ID} #SHOWN#buyer:buyer-1"]["files"] == {"N": "1"}


def numbered(number):
    return JPEG._replace(sha256=digest(b"%d" % number))


def test_two_at_once_for_the_last_place_and_one_gets_it(shop):
    for number in range(49):
        offers(shop, numbered(number), key=f"k-{number}")

    with (
        struck(shop, "transact_write_items", lambda: offers(shop, numbered(49), key="quick")),
        pytest.raises(TooMuchEvidence) as caught,
    ):
        offers(shop, numbered(50), key="slow")

    assert caught.value.details == {"files": 50, "size_bytes": 1024 * 1024 * 1024}
    assert rows()[f"ORDER#{ORDER_ID} #SHOWN#buyer:buyer-1"]["files"] == {"N": "50"}
    assert "KEY#buyer#buyer-1 KEY#slow" not in rows()


def test_a_repeat_is_answered_also_where_nothing_new_would_be_let_in(shop):
    first = offers(shop, numbered(0), key="k-0")
    for number in range(1, 50):
        offers(shop, numbered(number), key=f"k-{number}")

    again = offers(shop, numbered(0), key="k-0", now=NOW + 3_600)

    assert (again.evidence, again.is_repeat, again.expires_at) == (first.evidence, True, NOW + 4_500)


@pytest.mark.parametrize(
    ("caller", "sub_order", "error"),
    [
        (OTHER_BUYER, None, NotFound),
        (SUPPORT, None, Forbidden),
        (TEA_MERCHANT, None, Forbidden),
        (BUYER, 1, Forbidden),
        (POT_MERCHANT, 1, NotFound),
        (TEA_MERCHANT, 3, NotFound),
        (TEA_MERCHANT._replace(merchant_id=""), 1, NotFound),
    ],
)
def test_who_has_no_part_in_an_order_shows_nothing_of_it(shop, caller, sub_order, error):
    with pytest.raises(error):
        offers(shop, caller=caller, sub_order=sub_order)

    assert rows() == {}


@pytest.mark.parametrize("size", [0, -1])
def test_a_file_of_nothing_is_none(shop, size):
    with pytest.raises(EvidenceRefused):
        offers(shop, JPEG._replace(size_bytes=size))

    assert rows() == {}


def test_an_unpaid_order_has_nothing_to_show(shop):
    shop.orders.whole = a_shop_order().whole

    with pytest.raises(EvidenceRefused) as caught:
        offers(shop)

    assert caught.value.details == {"because": "not_paid"}
    assert rows() == {}


def test_who_was_not_answered_repeats_and_has_one_file(shop):
    """The transaction was written, and its answer was lost on the way."""

    def lost(call, act):
        answer = act()
        if call.operation == "transact_write_items":
            shop.outside.around.remove(lost)
            raise EndpointConnectionError(endpoint_url="x")
        return answer

    shop.outside.around.append(lost)
    with pytest.raises(Unavailable):
        offers(shop)

    assert offers(shop).is_repeat
    assert rows()[f"ORDER#{ORDER_ID} #SHOWN#buyer:buyer-1"]["files"] == {"N": "1"}


# --- verifying ---


def test_nothing_named_asks_nobody(shop):
    shop.outside.around.append(lambda call, act: pytest.fail(f"{call.operation} was called"))

    assert names(shop) == ()


def test_what_is_named_is_returned_once_in_its_order_and_kept(shop):
    photo = offers(shop).evidence
    video = offers(shop, File("video/mp4", 3, digest(b"abc")), key="k-2").evidence
    puts(photo)
    puts(video, b"abc")

    named = names(shop, video.evidence_id, photo.evidence_id, video.evidence_id)

    assert named == (video.evidence_id, photo.evidence_id)
    for evidence in (photo, video):
        row = rows()[f"ORDER#{ORDER_ID} #EVIDENCE#{evidence.evidence_id}"]
        assert (row["state"], row["kept_at"]) == ({"S": "kept"}, {"N": str(NOW + 60)})


def test_who_saw_it_first_stays(shop):
    evidence = offers(shop).evidence
    puts(evidence)

    with struck(shop, "put_item", lambda: names(shop, evidence.evidence_id, now=NOW + 30)):
        assert names(shop, evidence.evidence_id) == (evidence.evidence_id,)

    row = rows()[f"ORDER#{ORDER_ID} #EVIDENCE#{evidence.evidence_id}"]
    assert row["kept_at"] == {"N": str(NOW + 30)}


def test_what_a_refused_command_named_is_not_kept(shop):
    evidence = offers(shop).evidence
    puts(evidence)
    before = rows()

    assert verified(shop, ORDER_ID, (evidence.evidence_id,), caller=BUYER) == (evidence.evidence_id,)

    assert rows() == before


def test_a_party_names_its_own_and_the_platform_anybody_s(shop):
    mine, theirs = offers(shop).evidence, offers(shop, caller=TEA_MERCHANT, sub_order=1, key="2").evidence
    puts(mine)
    puts(theirs)
    both = (mine.evidence_id, theirs.evidence_id)

    for caller, foreign in [
        (BUYER, both[1:]),
        (OTHER_BUYER, both),
        (TEA_MERCHANT, both[:1]),
        (COLLEAGUE, both[:1]),
        (POT_MERCHANT, both),
    ]:
        with pytest.raises(EvidenceUnknown) as caught:
            names(shop, *both, caller=caller)
        assert tuple(caught.value.details["evidence"]) == foreign
    assert {row["state"]["S"] for name, row in rows().items() if "#EVIDENCE#" in name} == {"offered"}
    assert names(shop, *both, caller=SUPPORT) == names(shop, *both, caller=OPERATOR) == both


def test_of_another_order_it_is_unknown(shop):
    evidence = offers(shop).evidence
    puts(evidence)

    with pytest.raises(EvidenceUnknown):
        verified(shop, "0" * 26, (evidence.evidence_id,), caller=BUYER)


def test_where_one_is_not_right_none_is_kept(shop):
    here, never = offers(shop).evidence, offers(shop, numbered(1), key="2").evidence
    puts(here)

    with pytest.raises(EvidenceNotUploaded) as caught:
        names(shop, here.evidence_id, never.evidence_id)

    assert caught.value.details == {"evidence": [never.evidence_id]}
    assert rows()[f"ORDER#{ORDER_ID} #EVIDENCE#{here.evidence_id}"]["state"] == {"S": "offered"}


@pytest.mark.parametrize(
    ("file", "more"),
    [
        (PHOTO[:-1] + b"x", {}),
        (PHOTO + b"x", {}),
        (PHOTO, {"ContentType": "image/svg+xml"}),
        (PHOTO, {"ChecksumAlgorithm": "CRC32"}),
    ],
)
def test_what_is_not_as_it_was_offered_is_named(shop, file, more):
    evidence = offers(shop).evidence
    puts(evidence, file, **more)

    with pytest.raises(EvidenceDiffers) as caught:
        names(shop, evidence.evidence_id)

    assert caught.value.details == {"evidence": [evidence.evidence_id]}


@pytest.mark.parametrize("code", ["503", "500", "SlowDown"])
def test_a_busy_bucket_is_asked_again_by_whoever_asked(shop, code):
    evidence = offers(shop).evidence
    puts(evidence)

    with struck(shop, "head_object", failing(busy(code))), pytest.raises(Unavailable):
        names(shop, evidence.evidence_id)

    assert names(shop, evidence.evidence_id) == (evidence.evidence_id,)


def test_a_bucket_that_we_may_not_look_into_is_a_fault_of_ours_and_no_missing_file(shop):
    evidence = offers(shop).evidence

    with struck(shop, "head_object", failing(busy("403"))), pytest.raises(ClientError):
        names(shop, evidence.evidence_id)


def test_so_many_are_not_named_at_once(shop):
    with pytest.raises(EvidenceRefused) as caught:
        names(shop, *(f"{number:026}" for number in range(51)))

    assert caught.value.details == {"at": "/evidence", "maximum": 50}
