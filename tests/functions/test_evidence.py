"""Evidence over HTTP: offered, posted to the bucket, named in a case, read by those it concerns, and by nobody else."""

import base64
import json
from typing import Any

import pytest

from shared.outside import outside
from tests.functions.watching import nothing_happens, problem_of, recording
from tests.http_world import World
from tests.uploads import PHOTO, digest, get, post, told_of

MEGABYTE = 1024 * 1024
MINUTE = 60
MISSING = "0" * 26


def offered(world: World, order: str, file: bytes = PHOTO, kind: str = "image/jpeg", **who: Any) -> Any:
    return world.command(f"/orders/{order}/evidence", told_of(file, kind), **who)


def uploaded(world: World, order: str, file: bytes = PHOTO) -> str:
    offer = offered(world, order, file)
    assert post(world.cloud, offer["upload"], file).status == 204
    return str(offer["evidence_id"])


def received(world: World, lines: dict[str, int] | None = None) -> str:
    order = world.placed_and_paid(lines or {"TEA": 3})
    world.ship_all(order)
    world.arrive(order)
    world.receive(order)
    return order


def asking(*evidence: str, line: int = 1) -> dict[str, Any]:
    lines = [{"line": line, "quantity": 1}]
    return {
        "sub_order": 1,
        "kind": "return_refund",
        "reason": "quality",
        "lines": lines,
        "evidence": list(evidence),
    }


def opened(world: World, order: str, *evidence: str) -> str:
    made = world.command(f"/orders/{order}/after-sales", asking(*evidence))
    return str(made["cases"][0]["case_id"])


def refused_request(world: World, order: str, *evidence: str, code: str, **who: Any) -> Any:
    path = f"/orders/{order}/after-sales"
    with nothing_happens(world):
        answer = world.send("POST", path, asking(*evidence), **who)
    return problem_of(answer, 422, code)


# --- the way of a photo ---


def test_a_photo_is_offered_posted_named_in_a_case_and_read_by_both_sides_and_the_platform(
    world: World,
) -> None:
    order = received(world)
    offer = offered(world, order)
    posted = post(world.cloud, offer["upload"])
    case = opened(world, order, offer["evidence_id"])
    path = f"/after-sales/{case}/evidence/{offer['evidence_id']}"

    readers = [("buyer", "b-1"), ("merchant", "m-tea"), ("support", "s-1"), ("operator", "op-1")]
    views = [world.read(path, role=role, who=who) for role, who in readers]

    assert (offer["order_id"], offer["state"]) == (order, "offered")
    assert posted.status == 204
    for view in views:
        assert (view["evidence_id"], view["party"]) == (offer["evidence_id"], "buyer")
        assert (view["content_type"], view["bytes"], view["sha256"]) == ("image/jpeg", 38, digest(PHOTO))
        file = get(world.cloud, view["url"])
        assert (file.status, file.body) == (200, PHOTO)
        assert file.headers["content-type"] == "image/jpeg"
        name = f"{offer['evidence_id']}.jpg"
        assert file.headers["content-disposition"] == f'attachment; filename="{name}"'


def test_an_offer_takes_one_key_one_type_one_length_and_one_digest_for_fifteen_minutes(world: World) -> None:
    order = world.placed_and_paid()

    form = offered(world, order)["upload"]

    policy = json.loads(base64.b64decode(form["fields"]["policy"]))
    conditions = [c if isinstance(c, list) else next(iter(c.items())) for c in policy["conditions"]]
    assert (
        policy["expiration"] == form["expires_at"] == "2026-11-21T22:41:40Z"
    )  # The shop opened at 22:26:40.
    assert ["content-length-range", 38, 38] in conditions
    fixed = dict(c for c in conditions if isinstance(c, tuple))
    assert fixed["key"] == form["fields"]["key"]
    assert form["fields"]["key"].startswith(f"orders/{order}/")
    assert fixed["Content-Type"] == "image/jpeg"
    assert (fixed["x-amz-checksum-algorithm"], fixed["x-amz-checksum-sha256"]) == ("SHA256", digest(PHOTO))
    assert fixed["bucket"] == world.cloud.runtime.function(_any(world)).environment["EVIDENCE_BUCKET"]
    assert set(fixed) == set(form["fields"]) - {"policy", "x-amz-signature"} | {"bucket"}


def _any(world: World) -> str:
    return next(iter(world.cloud.runtime.functions))


def test_a_merchant_shows_what_left_its_house(world: World) -> None:
    order = received(world)
    path = f"/merchant/sub-orders/{order}-01/evidence"
    offer = world.command(path, told_of(PHOTO, "video/mp4"), role="merchant", who="m-tea")

    assert post(world.cloud, offer["upload"]).status == 204
    stored = {row["evidence_id"]: row for row in world.rows() if row["sk"].startswith("#EVIDENCE#")}

    row = stored[offer["evidence_id"]]
    assert (row["party"], row["content_type"], row["state"]) == ("merchant:m-tea", "video/mp4", "offered")


def test_what_a_case_names_is_kept_and_asked_of_the_bucket_once(world: World) -> None:
    order = received(world)
    photo = uploaded(world, order)
    with recording() as first:
        case = opened(world, order, photo)
    world.command(f"/after-sales/{case}/withdrawal", {})

    with recording() as second:
        again = opened(world, order, photo)

    assert [call.operation for call in first].count("head_object") == 1
    assert [call.operation for call in second].count("head_object") == 0
    assert again == f"{order}-C02"  # The same photo in two cases of one order is fine.
    [row] = [row for row in world.rows() if row["sk"].startswith("#EVIDENCE#")]
    assert row["state"] == "kept"


def test_no_file_and_no_address_comes_through_us(world: World) -> None:
    order = world.placed_and_paid()

    with recording() as calls:
        uploaded(world, order)

    assert {call.service for call in calls} == {"dynamodb"}


# --- the same again ---


def test_the_same_file_is_the_same_evidence_and_counted_once(world: World) -> None:
    order = world.placed_and_paid()

    first, again = offered(world, order), offered(world, order)

    assert again == first
    [counter] = [row for row in world.rows() if row["sk"].startswith("#SHOWN#")]
    assert (counter["files"], counter["size_bytes"]) == (1, len(PHOTO))


def test_a_form_that_expired_is_had_anew_by_the_same_key_and_by_another(world: World) -> None:
    order = world.placed_and_paid()
    path = f"/orders/{order}/evidence"
    first = world.send("POST", path, told_of(), key="mine")
    world.cloud.advance(15 * MINUTE)

    late = post(world.cloud, first.json()["upload"])
    again = world.send("POST", path, told_of(), key="mine")

    assert late.status == 403
    assert b"Policy expired" in late.body
    assert (again.status, again.headers["idempotency-replayed"]) == (201, "true")
    assert again.json()["evidence_id"] == first.json()["evidence_id"]
    assert post(world.cloud, again.json()["upload"]).status == 204


def test_one_key_stands_for_one_file(world: World) -> None:
    order = world.placed_and_paid()
    path = f"/orders/{order}/evidence"
    world.send("POST", path, told_of(), key="mine")

    with nothing_happens(world):
        answer = world.send("POST", path, told_of(PHOTO + b"2"), key="mine")

    problem_of(answer, 422, "idempotency_key_reused")


def test_what_is_kept_needs_no_form_any_more(world: World) -> None:
    order = received(world)
    opened(world, order, uploaded(world, order))

    again = offered(world, order)

    assert (again["state"], again["upload"]) == ("kept", None)


def test_posted_twice_it_is_one_file(world: World) -> None:
    order = received(world)
    form = offered(world, order)["upload"]

    assert [post(world.cloud, form).status for _ in range(2)] == [204, 204]
    assert world.cloud.neighbours.snapshot()["evidence"] == {form["fields"]["key"]: (PHOTO, "image/jpeg")}


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
    path = f"/merchant/sub-orders/{order}-01/evidence"
    merchants = world.command(path, told_of(), role="merchant", who="m-tea")
    post(world.cloud, merchants["upload"])
    of_another_order = uploaded(world, other)

    for named in (theirs["evidence_id"], merchants["evidence_id"], of_another_order):
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
    problem_of(foreign, 422, "evidence_unknown")


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
    bucket = world.cloud.runtime.function(_any(world)).environment["EVIDENCE_BUCKET"]
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


# --- who reads it ---


def test_what_is_not_of_a_case_is_not_read_there(world: World) -> None:
    order = received(world)
    shown, kept_back = uploaded(world, order), uploaded(world, order, b"kept back")
    case = opened(world, order, shown)

    with nothing_happens(world):
        own, missing = (
            world.send("GET", f"/after-sales/{case}/evidence/{number}") for number in (kept_back, MISSING)
        )

    problem_of(own, 404, "not_found")
    assert own == missing


@pytest.mark.parametrize(("role", "who"), [("buyer", "b-2"), ("merchant", "m-toys"), ("merchant", "m-none")])
def test_a_stranger_is_answered_as_if_there_were_neither_case_nor_order(
    world: World, role: str, who: str
) -> None:
    order = received(world)
    photo = uploaded(world, order)
    case = opened(world, order, photo)

    with nothing_happens(world):
        foreign, no_case, no_order = (
            world.send("GET", f"/after-sales/{number}/evidence/{photo}", role=role, who=who)
            for number in (case, f"{order}-C09", f"{MISSING}-C01")
        )

    problem_of(foreign, 404, "not_found")
    assert foreign == no_case == no_order


@pytest.mark.parametrize("path", ["x", "%2e%2e%2f", "0" * 25, f"{MISSING}%00", "*"])
def test_a_path_that_is_no_number_leads_nowhere(world: World, path: str) -> None:
    order = received(world)
    case = opened(world, order, uploaded(world, order))

    with nothing_happens(world) as calls:
        answer = world.send("GET", f"/after-sales/{case}/evidence/{path}")

    problem_of(answer, 404, "not_found")
    assert calls == []


def test_an_address_is_good_for_five_minutes_and_for_that_file_alone(world: World) -> None:
    order = received(world)
    photo, other = uploaded(world, order), uploaded(world, order, b"another")
    case = opened(world, order, photo)
    answer = world.send("GET", f"/after-sales/{case}/evidence/{photo}")
    url = answer.json()["url"]

    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["expires_at"] == "2026-11-21T22:31:40Z"
    assert get(world.cloud, url.replace(photo, other)).status == 403
    assert get(world.cloud, url.replace("attachment", "inline")).status == 403
    assert get(world.cloud, url.replace("image%2Fjpeg", "text%2Fhtml")).status == 403
    assert get(world.cloud, url.replace("X-Amz-Expires=300", "X-Amz-Expires=3000")).status == 403
    assert get(world.cloud, url.partition("?")[0]).status == 403
    world.cloud.advance(299)
    assert get(world.cloud, url).status == 200
    world.cloud.advance(1)
    assert get(world.cloud, url).status == 403
