"""What was not said by a warehouse, or cannot be true, over HTTP: refused by name, and nothing is written."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, NamedTuple

import pytest

from local.partners import warehouse_secrets
from tests.functions.parcels import (
    Message,
    at_warehouse,
    confirmed,
    counted,
    fulfilment,
    lines_of,
    message,
    package,
    partners,
    post,
    progressed,
    sign,
    stopped,
    tell,
)
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import World

WAYBILL = "SF0000000001"
MISSING = f"{'0' * 26}-01-P01"


class Scene(NamedTuple):
    world: World
    order: str
    genuine: Message  # Of W1: all three units have left.


@pytest.fixture(scope="module")
def scene(opened: World) -> Iterator[Scene]:
    """One parcel at W1 that nothing below moves."""
    opened.reset()
    with partners(opened):
        order = at_warehouse(opened)
        yield Scene(opened, order, message(opened, leaving(order)))


def leaving(order: str, units: int = 3) -> dict[str, Any]:
    return confirmed(fulfilment(order), package(WAYBILL, {1: units}))


Forge = Callable[[Message], Message]


def body(change: Callable[[bytes], bytes]) -> Forge:
    return lambda sent: sent._replace(body=change(sent.body))


def header(change: Callable[[str, str], str | None]) -> Forge:
    """*change* is given the stamp and the MAC; None: there is no header."""

    def forge(sent: Message) -> Message:
        stamp, _, mac = sent.headers["ordercycle-signature"].removeprefix("t=").partition(",v1=")
        value = change(stamp, mac)
        rest = {name: text for name, text in sent.headers.items() if name != "ordercycle-signature"}
        return sent._replace(headers=rest if value is None else rest | {"ordercycle-signature": value})

    return forge


def anew(secret: str, seconds: int = 0) -> Forge:
    """Signed by somebody else, or at another time."""

    def forge(sent: Message) -> Message:
        stamp = int(sent.headers["ordercycle-signature"].removeprefix("t=").partition(",")[0]) + seconds
        return sent._replace(headers=sent.headers | {"ordercycle-signature": sign(secret, stamp, sent.body)})

    return forge


OWN, FOREIGN = warehouse_secrets("W1")[0], warehouse_secrets("W2")[0]
FORGED: dict[str, Forge] = {
    "more units": body(lambda raw: raw.replace(b'"quantity": 3', b'"quantity": 2')),
    "another number": body(lambda raw: raw.replace(b"SF0000000001", b"SF0000000002")),
    "a line end behind the body": body(lambda raw: raw + b"\n"),
    "cut short": body(lambda raw: raw[:-1]),
    "an empty body": body(lambda _: b""),
    "the same JSON written anew": body(lambda raw: json.dumps(json.loads(raw), indent=1).encode()),
    "in UTF-16": body(lambda raw: raw.decode().encode("utf-16")),
    "no header": header(lambda _, __: None),
    "an empty header": header(lambda _, __: ""),
    "only a stamp": header(lambda t, _: f"t={t}"),
    "only a signature": header(lambda _, mac: f"v1={mac}"),
    "a signature cut short": header(lambda t, mac: f"t={t},v1={mac[:-1]}"),
    "one digit of the signature": header(
        lambda t, mac: f"t={t},v1={mac[:-1]}{'0' if mac[-1] != '0' else '1'}"
    ),
    "a signature in capitals": header(lambda t, mac: f"t={t},v1={'A' + mac.upper()[1:]}"),
    "a scheme of tomorrow": header(lambda t, mac: f"t={t},v2={mac}"),
    "a blank between": header(lambda t, mac: f"t={t}, v1={mac}"),
    "the header twice": header(lambda t, mac: f"t={t},v1={mac},t={t},v1={mac}"),
    "a later stamp": header(lambda t, mac: f"t={int(t) + 1},v1={mac}"),
    "a stamp in milliseconds": header(lambda t, mac: f"t={t}000,v1={mac}"),
    "nine signatures": header(lambda t, mac: f"t={t},v1={mac}" + f",v1={'0' * 64}" * 8),
    "301 seconds old": anew(OWN, -301),
    "301 seconds ahead": anew(OWN, 301),
    "another warehouse's secret": anew(FOREIGN),
    "no secret": anew(""),
    "a guess": anew("secret" * 8),
    "another warehouse's door": lambda sent: sent._replace(path="/webhooks/warehouses/W2"),
    "the door of nobody": lambda sent: sent._replace(path="/webhooks/warehouses/W9"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forgery_is_refused_without_a_reason_and_nothing_is_read_or_written(
    scene: Scene, name: str
) -> None:
    forged = FORGED[name](scene.genuine)
    assert forged != scene.genuine

    with nothing_happens(scene.world) as calls:
        answer = post(scene.world, forged)

    problem = problem_of(answer, 401, "signature_invalid")
    assert problem["reason"] == "The signature is not valid"
    assert calls == []


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"", 400, "malformed_body"),
        (b"{", 400, "malformed_body"),
        (b"[]", 400, "malformed_body"),
        (b'{"event_id": "a", "event_id": "b"}', 400, "malformed_body"),
        (b'{"created": NaN}', 400, "malformed_body"),
        (b'{"a": ' + b"[" * 99 + b"]" * 99 + b"}", 400, "malformed_body"),
        (b'{"a": "' + b"x" * (64 * 1024) + b'"}', 413, "body_too_large"),
    ],
    ids=["empty", "half", "a list", "a key twice", "not a number", "too deep", "too large"],
)
def test_what_cannot_be_read_is_refused(scene: Scene, raw: bytes, status: int, code: str) -> None:
    with nothing_happens(scene.world) as calls:
        answer = post(scene.world, message(scene.world, raw))

    problem_of(answer, status, code)
    assert calls == []


PROGRESS, LEFT, STOP, BACK = "progress", "left", "stop", "back"
ONE_OF = "process.reported, fulfillment.confirmed, fulfillment.cancelled, return.received, return.arrived"
EVENT_ID = "must be a text of the form [0-9A-Za-z._:-]{1,80}"
TIME, UNITS = "must be a whole number from 0 to 1000000000000", "must be a whole number from 1 to 9999"
FLAG, MISSES = "must be true or false", "is missing"
CARRIER, NUMBER = (
    "must be a text of the form [0-9a-z_-]{1,30}",
    "must be a text of the form [0-9A-Za-z-]{4,40}",
)
TWENTY, LINES = "must be a list of 0 to 20 objects", "must be a list of 1 to 500 objects"
LINE = "must be a whole number from 1 to 999"
REPEATED = "is named before: put its units together"
TWICE = [{"line": 1, "quantity": 1}] * 2
NOT_THERE = object()
BAD: dict[
    str, tuple[str, str, object, str]
] = {  # Which message, where, what stands there, and what is said of it.
    "no event_id": (LEFT, "/event_id", NOT_THERE, MISSES),
    "an event_id with a blank": (LEFT, "/event_id", "a b", EVENT_ID),
    "an event_id that is a number": (LEFT, "/event_id", 7, EVENT_ID),
    "no time": (LEFT, "/created", NOT_THERE, MISSES),
    "a time that is a text": (LEFT, "/created", "now", TIME),
    "a time that is true": (LEFT, "/created", True, TIME),
    "no fulfilment": (LEFT, "/fulfillment_id", NOT_THERE, MISSES),
    "no type": (LEFT, "/type", NOT_THERE, MISSES),
    "a type of tomorrow": (LEFT, "/type", "stock.counted", f"must be one of {ONE_OF}"),
    "progress of no kind": (PROGRESS, "/progress", "shipped", "must be one of accepted, picking, packed"),
    "progress without a time": (PROGRESS, "/at", NOT_THERE, MISSES),
    "neither final nor not": (LEFT, "/final", NOT_THERE, MISSES),
    "final in words": (LEFT, "/final", "yes", FLAG),
    "final as a number": (LEFT, "/final", 1, FLAG),
    "no packages": (LEFT, "/packages", NOT_THERE, MISSES),
    "packages that are none": (LEFT, "/packages", {}, TWENTY),
    "too many packages": (LEFT, "/packages", [package(WAYBILL, {1: 1})] * 21, TWENTY),
    "a package that is a text": (LEFT, "/packages/0", WAYBILL, "must be an object"),
    "no carrier": (LEFT, "/packages/0/carrier", NOT_THERE, MISSES),
    "a carrier in capitals": (LEFT, "/packages/0/carrier", "SF", CARRIER),
    "a short number": (LEFT, "/packages/0/waybill", "SF1", NUMBER),
    "a number with a slash": (LEFT, "/packages/0/waybill", "SF/00001", NUMBER),
    "a negative weight": (LEFT, "/packages/0/weight_grams", -1, "must be a whole number from 0 to 100000000"),
    "an empty package": (LEFT, "/packages/0/lines", [], LINES),
    "no line's number": (LEFT, "/packages/0/lines/0/line", NOT_THERE, MISSES),
    "a line 0": (LEFT, "/packages/0/lines/0/line", 0, LINE),
    "no units": (LEFT, "/packages/0/lines/0/quantity", 0, UNITS),
    "half a unit": (LEFT, "/packages/0/lines/0/quantity", 1.5, UNITS),
    "stopped or not": (STOP, "/accepted", NOT_THERE, MISSES),
    "a reason in words": (STOP, "/reason", "It left!", "must be a text of the form [a-z0-9_]{1,60}"),
    "another return": (BACK, "/return_id", "R-1", "must be the fulfillment_id and -R"),
    "no defects": (BACK, "/lines/0/defect", NOT_THERE, MISSES),
    "fewer than none": (BACK, "/lines/0/good", -1, "must be a whole number from 0 to 9999"),
    "nothing counted": (BACK, "/lines", [], LINES),
}


def changed(told: dict[str, Any], at: str, value: object) -> dict[str, Any]:
    """*told* with *value* where the JSON pointer *at* leads."""
    copy = deepcopy(told)
    *parents, last = at.removeprefix("/").split("/")
    place: Any = copy
    for part in parents:
        place = place[int(part) if part.isdigit() else part]
    if value is NOT_THERE:
        del place[last]
    else:
        place[int(last) if last.isdigit() else last] = value
    return copy


def good(order: str) -> dict[str, dict[str, Any]]:
    about = fulfilment(order)
    return {
        PROGRESS: progressed(about, "packed"),
        LEFT: leaving(order),
        STOP: stopped(about, accepted=True),
        BACK: counted(about, (1, 3, 0, 0)),
    }


@pytest.mark.parametrize("name", BAD)
def test_a_wrong_field_is_named_by_its_place(scene: Scene, name: str) -> None:
    kind, at, value, reason = BAD[name]
    told = changed(good(scene.order)[kind], at, value)

    with nothing_happens(scene.world) as calls:
        answer = post(scene.world, message(scene.world, told))

    problem = problem_of(answer, 422, "invalid_request")
    assert problem["fields"] == [{"at": at, "in": "body", "reason": reason}]
    assert calls == []


def test_a_line_that_is_named_twice_is_named_once_more(scene: Scene) -> None:
    told = changed(leaving(scene.order), "/packages/0/lines", TWICE)

    with nothing_happens(scene.world):
        answer = post(scene.world, message(scene.world, told))

    assert problem_of(answer, 422, "invalid_request")["fields"] == [
        {"at": "/packages/0/lines/1/line", "in": "body", "reason": REPEATED}
    ]


def test_all_that_is_wrong_is_said_at_once(scene: Scene) -> None:
    told = leaving(scene.order) | {"event_id": "", "final": None}

    with nothing_happens(scene.world):
        answer = post(scene.world, message(scene.world, told))

    assert [field["at"] for field in problem_of(answer, 422, "invalid_request")["fields"]] == [
        "/event_id",
        "/final",
    ]


@pytest.mark.parametrize("kind", [PROGRESS, LEFT, STOP, BACK])
def test_another_warehouse_s_parcel_is_answered_byte_for_byte_like_a_missing_one(
    scene: Scene, kind: str
) -> None:
    told = good(scene.order)[kind]
    missing = json.loads(json.dumps(told).replace(fulfilment(scene.order), MISSING))

    with nothing_happens(scene.world):
        foreign, unknown = (
            post(scene.world, message(scene.world, one, warehouse="W2")) for one in (told, missing)
        )

    problem_of(foreign, 404, "not_found")
    assert foreign == unknown


@pytest.mark.parametrize(
    "about", ["{order}-01-P02", "{order}-02-P01", "{order}-99-P99", "{order}-01-P00", "x", "{order}"]
)
def test_a_parcel_that_there_is_not_is_not_found(scene: Scene, about: str) -> None:
    told = leaving(scene.order) | {"fulfillment_id": about.format(order=scene.order)}

    with nothing_happens(scene.world):
        problem_of(post(scene.world, message(scene.world, told)), 404, "not_found")


def test_units_that_are_not_in_the_parcel_do_not_leave(scene: Scene) -> None:
    about = fulfilment(scene.order)
    misfits = [
        confirmed(about, package(WAYBILL, {1: 4}), final=False),
        confirmed(about, package(WAYBILL, {2: 1}), final=False),
        confirmed(about, package(WAYBILL, {1: 2}), package("SF0000000002", {1: 2}), final=False),
        confirmed(about, package(WAYBILL, {1: 1}), package(WAYBILL, {1: 1}), final=False),
    ]

    with nothing_happens(scene.world):
        answers = [post(scene.world, message(scene.world, told)) for told in misfits]

    for answer in answers:
        problem_of(answer, 422, "invalid_request")


def test_what_never_left_cannot_come_back(scene: Scene) -> None:
    with nothing_happens(scene.world):
        answer = post(scene.world, message(scene.world, good(scene.order)[BACK]))

    problem_of(answer, 409, "transition_refused")


def test_after_all_of_them_the_genuine_message_counts(scene: Scene) -> None:
    """It stood behind every forgery: so it was what was forged that was refused."""
    answer = post(scene.world, scene.genuine)

    assert (answer.status, answer.json()) == (200, {"status": "applied"})
    assert scene.world.order(scene.order)["sub_orders"][0]["state"] == "awaiting_receipt"


def test_a_number_that_is_another_order_s_parcel_s_is_refused(world: World) -> None:
    with partners(world):
        first, second = at_warehouse(world), at_warehouse(world)
        tell(world, leaving(first))
        again = confirmed(fulfilment(second), package(WAYBILL, {1: 3}), number=2)

        with nothing_happens(world):
            answer = post(world, message(world, again))

    assert problem_of(answer, 422, "invalid_request")["fields"] == [
        {"at": "/packages", "in": "body", "reason": "names a waybill number that is another parcel's"}
    ]


def test_an_event_id_stands_for_one_message(world: World) -> None:
    with partners(world):
        first, second = at_warehouse(world), at_warehouse(world)
        tell(world, leaving(first))
        other = confirmed(fulfilment(second), package("SF0000000002", {1: 3}))

        with nothing_happens(world):
            answer = post(world, message(world, other))

    assert problem_of(answer, 422, "invalid_request")["fields"] == [
        {"at": "/event_id", "in": "body", "reason": "stood for a message about another order"}
    ]


def test_either_of_two_secrets_may_sign_while_one_is_exchanged(world: World) -> None:
    with partners(world):
        order = at_warehouse(world)
        signed = message(world, leaving(order), secret=warehouse_secrets("W1")[1])

        assert post(world, signed).json() == {"status": "applied"}


def test_what_is_told_of_a_message_is_no_secret_and_no_person(world: World) -> None:
    """A log line has the fulfilment; of a stranger's message it has nothing."""
    with partners(world), lines_of("warehouse") as told:
        order = at_warehouse(world)
        genuine = message(world, leaving(order))
        post(world, FORGED["a guess"](genuine))
        post(world, message(world, leaving(order, 4)))
        post(world, genuine)

    about = ["W1", fulfilment(order), "confirmation"]
    assert told == [
        {"outcome": "refused", "about": [], "code": "signature_invalid"},
        {"outcome": "misfit", "about": about, "code": "invalid_request"},
        {"outcome": "applied", "about": about},
    ]
