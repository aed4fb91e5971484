"""Evidence over HTTP: offered, posted to the bucket, named in a case, read by those it concerns, and by nobody else."""

import base64
import json

import pytest

from tests.functions.showing import bucket_of, merchants, offered, opened, received, uploaded
from tests.functions.watching import nothing_happens, problem_of, recording
from tests.http_world import World
from tests.uploads import PHOTO, digest, get, post, told_of

MINUTE = 60
MISSING = "0" * 26


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
    assert fixed["bucket"] == bucket_of(world)
    assert set(fixed) == set(form["fields"]) - {"policy", "x-amz-signature"} | {"bucket"}


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


def test_an_escalation_a_refusal_and_a_ruling_show_evidence_each_its_own_and_the_platform_anybody_s(
    world: World,
) -> None:
    order = received(world)
    torn, worn, label, scale = (b"torn", b"worn", b"a label", b"on a scale")
    case = opened(world, order, mine := uploaded(world, order, torn))
    theirs, more = merchants(world, order, worn), uploaded(world, order, label)
    unnamed = merchants(world, order, scale)
    as_merchant, as_support = {"role": "merchant", "who": "m-tea"}, {"role": "support", "who": "s-1"}
    no = {"approve": False, "reason": "worn", "alternatives": [{"kind": "repair"}]}

    world.command(f"/merchant/after-sales/{case}/decision", no | {"evidence": [theirs]}, **as_merchant)
    refused = world.read(f"/after-sales/{case}")["evidence"]
    world.command(f"/after-sales/{case}/escalation", {"reason": "see_photo", "evidence": [more, mine]})
    escalated = world.read(f"/after-sales/{case}")["evidence"]
    ruling = {"rate_pct": 0, "goods_back": False, "freight_payer": "buyer", "reason": "worn"}
    world.command(f"/support/disputes/{case}/ruling", ruling | {"evidence": [unnamed, mine]}, **as_support)

    assert refused == [mine, theirs]
    assert escalated == [mine, theirs, more]
    assert world.read(f"/after-sales/{case}")["evidence"] == [mine, theirs, more, unnamed]
    view = world.read(f"/after-sales/{case}/evidence/{theirs}")
    assert (view["party"], get(world.cloud, view["url"]).body) == ("merchant", worn)


def test_whoever_names_what_is_not_theirs_changes_nothing_of_a_case(world: World) -> None:
    order = received(world)
    case = opened(world, order, mine := uploaded(world, order))
    theirs = merchants(world, order, b"worn")
    as_merchant = {"role": "merchant", "who": "m-tea"}
    no = {"approve": False, "reason": "worn", "alternatives": [{"kind": "repair"}]}

    with nothing_happens(world):
        decided = world.send(
            "POST", f"/merchant/after-sales/{case}/decision", no | {"evidence": [mine]}, **as_merchant
        )
    world.command(f"/merchant/after-sales/{case}/decision", no, **as_merchant)
    with nothing_happens(world):
        escalated = world.send(
            "POST", f"/after-sales/{case}/escalation", {"reason": "x", "evidence": [theirs]}
        )

    assert problem_of(decided, 422, "evidence_unknown")["evidence"] == [mine]
    assert problem_of(escalated, 422, "evidence_unknown")["evidence"] == [theirs]


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
