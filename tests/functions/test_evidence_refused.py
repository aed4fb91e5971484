"""Evidence that is not taken, and evidence that a case may not name: said at once, and nothing changes."""

from typing import Any

import pytest

from shared.outside import outside
from tests.functions.showing import asking, bucket_of, merchants, offered, opened, received, uploaded
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import World
from tests.uploads import PHOTO, digest, told_of

MEGABYTE = 1024 * 1024
MISSING = "0" * 26


def refused_request(world: World, order: str, *evidence: str, code: str, **who: Any) -> Any:
    path = f"/orders/{order}/after-sales"
    with nothing_happens(world):
        answer = world.send("POST", path, asking(*evidence), **who)
    return problem_of(answer, 422, code)


# --- what is not taken ---


@pytest.mark.parametrize(
    ("kind", "size", "where"),
    [
        ("text/html", 10, "/content_type"),
        ("image/svg+xml", 10, "/content_type"),
        ("application/javascript", 10, "/content_type"),
        ("image/jpeg; charset=utf-8", 10, "/content_type"),
        ("IMAGE/JPEG", 10, "/content_type"),
        ("", 10, "/content_type"),
        ("image/jpeg", 10 * MEGABYTE + 1, "/bytes"),
        ("image/png", 10 * MEGABYTE + 1, "/bytes"),
        ("image/webp", 10 * MEGABYTE + 1, "/bytes"),
        ("application/pdf", 10 * MEGABYTE + 1, "/bytes"),
        ("video/mp4", 200 * MEGABYTE + 1, "/bytes"),
        ("video/quicktime", 200 * MEGABYTE + 1, "/bytes"),
    ],
)
def test_other_types_and_larger_files_are_not_taken(world: World, kind: str, size: int, where: str) -> None:
    order = world.placed_and_paid()
    body = told_of() | {"content_type": kind, "bytes": size}

    with nothing_happens(world):
        answer = world.send("POST", f"/orders/{order}/evidence", body)

    assert problem_of(answer, 422, "evidence_refused")["at"] == where


@pytest.mark.parametrize(
    ("kind", "size"),
    [("image/jpeg", 10 * MEGABYTE), ("application/pdf", 1), ("video/quicktime", 200 * MEGABYTE)],
)
def test_up_to_the_limit_they_are(world: World, kind: str, size: int) -> None:
    order = world.placed_and_paid()

    answer = world.send(
        "POST", f"/orders/{order}/evidence", told_of() | {"content_type": kind, "bytes": size}
    )

    assert answer.status == 201


@pytest.mark.parametrize(
    "wrong",
    [
        {"bytes": 0},
        {"bytes": -1},
        {"bytes": "38"},
        {"bytes": 38.0},
        {"bytes": True},
        {"bytes": 2**41},
        {"sha256": "abc"},
        {"sha256": "0" * 64},
        {
            "sha256": digest(PHOTO)[:-2] + "B="
        },  # Bits that mean nothing are set: S3 would never say it like that.
        {"sha256": digest(PHOTO) + "\n"},
        {"sha256": None},
        {"content_type": "image/jpeg" * 50},
        {"key": "../../secrets"},
        {"filename": "../../etc/passwd"},
        {"url": "http://169.254.169.254/latest/meta-data"},
    ],
)
def test_a_body_that_is_none_is_refused_by_its_field(world: World, wrong: dict[str, Any]) -> None:
    order = world.placed_and_paid()

    with nothing_happens(world):
        answer = world.send("POST", f"/orders/{order}/evidence", told_of() | wrong)

    problem_of(answer, 422, "invalid_request")


def test_of_an_order_that_was_never_paid_nothing_is_shown(world: World) -> None:
    order = world.place()

    with nothing_happens(world):
        answer = world.send("POST", f"/orders/{order}/evidence", told_of())

    assert problem_of(answer, 422, "evidence_refused")["because"] == "not_paid"


def test_fifty_files_of_one_order_are_enough_for_one_side_and_the_other_has_its_own_fifty(
    world: World,
) -> None:
    order = received(world)
    path = f"/orders/{order}/evidence"
    for number in range(50):
        assert world.send("POST", path, told_of(b"%d" % number)).status == 201

    with nothing_happens(world):
        more = world.send("POST", path, told_of(b"one more"))
    known = world.send("POST", path, told_of(b"7"))
    merchant = world.send(
        "POST", f"/merchant/sub-orders/{order}-01/evidence", told_of(), role="merchant", who="m-tea"
    )

    assert problem_of(more, 409, "too_much_evidence")["files"] == 50
    assert (known.status, merchant.status) == (201, 201)


def test_a_gigabyte_of_one_order_is_enough(world: World) -> None:
    order = world.placed_and_paid()
    path = f"/orders/{order}/evidence"
    video = {"content_type": "video/mp4", "bytes": 200 * MEGABYTE}
    answers = [
        world.send("POST", path, video | {"sha256": digest(b"%d" % number)}).status for number in range(6)
    ]

    assert answers == [201, 201, 201, 201, 201, 409]
    assert world.send("POST", path, video | {"sha256": digest(b"0")}).status == 201  # Known already.
    assert world.send("POST", path, video | {"bytes": 24 * MEGABYTE, "sha256": digest(b"9")}).status == 201


# --- what a case may name ---


def test_all_that_was_never_offered_is_named_at_once(world: World) -> None:
    order = received(world)
    photo = uploaded(world, order)

    problem = refused_request(world, order, "1" * 26, photo, "2" * 26, code="evidence_unknown")

    assert problem["evidence"] == ["1" * 26, "2" * 26]


def test_of_another_order_of_another_buyer_or_of_the_other_side_it_is_like_a_missing_one(
    world: World,
) -> None:
    order, other = received(world), received(world, {"TEA": 1})
    foreign = received_by(world, "b-2")
    theirs = offered(world, foreign, who="b-2")
    of_the_merchant = merchants(world, order, PHOTO)
    of_another_order = uploaded(world, other)

    for named in (theirs["evidence_id"], of_the_merchant, of_another_order):
        told = refused_request(world, order, named, code="evidence_unknown")
        missing = refused_request(world, order, MISSING, code="evidence_unknown")
        assert told.pop("evidence") == [named]
        assert missing.pop("evidence") == [MISSING]
        assert told == missing


def received_by(world: World, who: str) -> str:
    return world.placed_and_paid({"TEA": 1}, who=who)


def test_a_foreign_order_has_no_evidence_whatever_is_named(world: World) -> None:
    order = received(world)
    photo = uploaded(world, order)

    with nothing_happens(world):
        foreign, missing = (
            world.send("POST", f"/orders/{number}/after-sales", asking(photo), who="b-2")
            for number in (order, MISSING)
        )

    assert foreign == missing
    problem_of(foreign, 404, "not_found")


def test_what_was_offered_and_never_posted_is_named(world: World) -> None:
    order = received(world)
    never = offered(world, order)["evidence_id"]
    here = uploaded(world, order, b"another photo")

    problem = refused_request(world, order, here, never, code="evidence_not_uploaded")

    assert problem["evidence"] == [never]


@pytest.mark.parametrize(
    ("file", "kind", "checksum"),
    [
        (b"\x00" * 38, "image/jpeg", True),  # Another file of that length
        (PHOTO + b"more", "image/jpeg", True),
        (PHOTO, "text/html", True),
        (PHOTO, "image/jpeg", False),  # The same, but nobody vouches for it
    ],
)
def test_what_came_into_the_bucket_by_another_way_is_not_what_was_offered(
    world: World, file: bytes, kind: str, checksum: bool
) -> None:
    order = received(world)
    offer = offered(world, order)
    key = offer["upload"]["fields"]["key"]
    bucket = bucket_of(world)
    more = {"ChecksumAlgorithm": "SHA256"} if checksum else {}
    outside.aws("s3", "put_object", Bucket=bucket, Key=key, Body=file, ContentType=kind, **more)

    problem = refused_request(world, order, offer["evidence_id"], code="evidence_differs")

    assert problem["evidence"] == [offer["evidence_id"]]


@pytest.mark.parametrize("named", ["../../orders", "a" * 26, "", "0" * 27, "É" * 26, "O" * 25])
def test_what_cannot_be_a_number_is_refused_before_anything_is_asked(world: World, named: str) -> None:
    order = received(world)

    with nothing_happens(world) as calls:
        answer = world.send("POST", f"/orders/{order}/after-sales", asking(named))

    problem_of(answer, 422, "invalid_request")
    assert calls == []


def test_named_twice_it_is_shown_once(world: World) -> None:
    order = received(world)
    photo = uploaded(world, order)

    case = opened(world, order, photo, photo)

    assert world.read(f"/after-sales/{case}")["evidence"] == [photo]
