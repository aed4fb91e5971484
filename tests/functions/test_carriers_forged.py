"""Forged pushes of the four trackers over HTTP: refused in the tracker's own words, with nothing read or written."""

import gzip
import hashlib
import json
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode

import pytest

from tests.functions.parcels import Message, lines_of, post
from tests.functions.test_carriers import HOUR, WAYBILL, shipped
from tests.functions.trackers import ACCEPTED, HEADER, SECRET, TRACKERS, Seen, push, signed
from tests.functions.watching import nothing_happens
from tests.http_world import World

IN_A_HEADER = tuple(tracker for tracker in TRACKERS if tracker in HEADER)
NOT_ACCEPTED = {
    "kuaidi100": '{"result":false,"returnCode":"500","message":"失败"}'.encode(),
    "aftership": b'{"title":"not accepted"}',
    "easypost": b'{"title":"not accepted"}',
    "seventeentrack": b'{"title":"not accepted"}',
}
NUMBER = {tracker: "SF1000001" if tracker == "kuaidi100" else WAYBILL for tracker in TRACKERS}


class Scene(NamedTuple):
    """One parcel on its way for each tracker, and what that would push when it is delivered."""

    world: World
    orders: dict[str, str]
    genuine: dict[str, Message]


@pytest.fixture(scope="module")
def scene(opened: World) -> Scene:
    opened.reset()
    opened.cloud.agree_with_partners(warehouses=(), tracker="")
    numbers = {tracker: f"{NUMBER[tracker]}{last}" for last, tracker in enumerate(TRACKERS)}
    orders = {tracker: shipped(opened, tracker, number) for tracker, number in numbers.items()}
    opened.cloud.advance(HOUR)
    seen = Seen(-90, "in_transit"), Seen(-60, "exception")
    genuine = {tracker: push(opened, tracker, number, *seen) for tracker, number in numbers.items()}
    post(opened, genuine["aftership"]._replace(path="/webhooks/carriers/nobody"))  # From now on it is warm.
    return Scene(opened, orders, genuine)


Forge = Callable[[Message], Message]


def body(change: Callable[[bytes], bytes]) -> Forge:
    return lambda sent: sent._replace(body=change(sent.body))


def header(tracker: str, change: Callable[[str], str | None]) -> Forge:
    def forge(sent: Message) -> Message:
        value = change(sent.headers[HEADER[tracker]])
        rest = {name: text for name, text in sent.headers.items() if name != HEADER[tracker]}
        return sent._replace(headers=rest if value is None else rest | {HEADER[tracker]: value})

    return forge


def forgeries(tracker: str) -> dict[str, Forge]:
    """Of a tracker that signs in a header."""

    def anew(secret: str) -> Forge:
        return lambda sent: signed(tracker, sent.body, secret)

    return {
        "delivered instead": body(
            lambda raw: raw.replace(b"Exception", b"Delivered").replace(b"failure", b"delivered")
        ),
        "another parcel": body(lambda raw: raw.replace(WAYBILL.encode(), b"9400110898825022579499")),
        "another time": body(lambda raw: raw.replace(b"T23:", b"T22:")),
        "the same JSON written anew": body(lambda raw: json.dumps(json.loads(raw), indent=1).encode()),
        "a line end behind the body": body(lambda raw: raw + b"\n"),
        "cut short": body(lambda raw: raw[:-1]),
        "an empty body": body(lambda _: b""),
        "a byte order mark": body(lambda raw: b"\xef\xbb\xbf" + raw),
        "compressed": body(lambda raw: gzip.compress(raw, mtime=0)),
        "no header": header(tracker, lambda _: None),
        "an empty header": header(tracker, lambda _: ""),
        "a signature cut short": header(tracker, lambda mac: mac[:-1]),
        "the other case": header(tracker, str.swapcase),
        "twice in one header": header(tracker, lambda mac: f"{mac},{mac}"),
        "zeros": header(tracker, lambda mac: "0" * len(mac)),
        "another secret": anew("guess"),
        "no secret": anew(""),
        "signed without a secret": header(tracker, lambda _: hashlib.sha256(b"").hexdigest()),
    }


def anew_for_kuaidi100(salt: str) -> Forge:
    """The same form, its MD5 made with another salt."""

    def forge(sent: Message) -> Message:
        [param] = parse_qs(sent.body.decode())["param"]
        sign = hashlib.md5((param + salt).encode()).hexdigest()
        return sent._replace(body=urlencode({"sign": sign, "param": param}).encode())

    return forge


def sign_of(change: Callable[[bytes], bytes]) -> Forge:
    def forge(sent: Message) -> Message:
        head, _, rest = sent.body.partition(b"sign=")
        sign, separator, more = rest.partition(b"&")
        return sent._replace(body=head + b"sign=" + change(sign) + separator + more)

    return forge


FORGED: dict[str, dict[str, Forge]] = {
    "kuaidi100": {
        "delivered instead": body(
            lambda raw: raw.replace(b"%22state%22%3A+%222%22", b"%22state%22%3A+%223%22")
        ),
        "another parcel": body(lambda raw: raw.replace(b"SF1000001", b"SF1000009")),
        "another field": body(lambda raw: raw.replace(b"param=", b"Param=")),
        "the parameter twice": body(lambda raw: raw + b"&param=%7B%7D"),
        "the signature twice": body(lambda raw: raw + b"&sign=" + b"0" * 32),
        "as JSON": body(lambda _: b'{"sign": "", "param": {}}'),
        "cut short": body(lambda raw: raw[:-4]),
        "an empty body": body(lambda _: b""),
        "no signature": sign_of(lambda _: b""),
        "a signature cut short": sign_of(lambda sign: sign[:-1]),
        "one digit of the signature": sign_of(lambda sign: sign[:-1] + (b"0" if sign[-1:] != b"0" else b"1")),
        "zeros": sign_of(lambda _: b"0" * 32),
        "wide digits": sign_of(lambda _: "０".encode() * 32),
        "another salt": anew_for_kuaidi100("guess"),
        "no salt": anew_for_kuaidi100(""),
        "the key for its salt": anew_for_kuaidi100("laptopKey1"),
        "another media type": lambda sent: sent._replace(headers={"content-type": "application/json"}),
    },
    **{tracker: forgeries(tracker) for tracker in IN_A_HEADER},
}
ALL = [(tracker, name) for tracker in TRACKERS for name in FORGED[tracker]]


@pytest.mark.parametrize(("tracker", "name"), ALL, ids=[f"{tracker}: {name}" for tracker, name in ALL])
def test_a_forgery_is_refused_in_the_tracker_s_own_words_and_writes_nothing(
    scene: Scene, tracker: str, name: str
) -> None:
    forged = FORGED[tracker][name](scene.genuine[tracker])
    assert forged != scene.genuine[tracker]

    with nothing_happens(scene.world) as calls, lines_of("tracking") as lines:
        answer = post(scene.world, forged)

    assert (answer.status, answer.body) == (401, NOT_ACCEPTED[tracker])
    assert calls == []
    assert lines == [{"tracker": tracker, "outcome": "refused", "about": []}]


def test_there_are_enough_of_them() -> None:
    assert {tracker: len(FORGED[tracker]) >= 10 for tracker in TRACKERS} == dict.fromkeys(TRACKERS, True)


@pytest.mark.parametrize("tracker", TRACKERS)
def test_a_message_of_more_than_256_kib_is_not_even_read(scene: Scene, tracker: str) -> None:
    message = scene.genuine[tracker]
    too_much = message._replace(body=message.body + b" " * (256 * 1024 + 1 - len(message.body)))

    with nothing_happens(scene.world) as calls:
        answer = post(scene.world, too_much)

    assert (answer.status, answer.body) == (413, NOT_ACCEPTED[tracker])
    assert calls == []


@pytest.mark.parametrize("sender", TRACKERS)
@pytest.mark.parametrize("door", TRACKERS)
def test_what_one_tracker_signed_opens_no_other_door(scene: Scene, sender: str, door: str) -> None:
    if sender == door:
        pytest.skip("its own door")
    message = scene.genuine[sender]._replace(path=f"/webhooks/carriers/{door}")

    with nothing_happens(scene.world) as calls:
        answer = post(scene.world, message)

    assert (answer.status, answer.body) == (401, NOT_ACCEPTED[door])
    assert calls == []


@pytest.mark.parametrize("name", ["sf", "AfterShip", "..", "%20", "a" * 300])
def test_a_tracker_that_there_is_not_has_no_door(scene: Scene, name: str) -> None:
    message = scene.genuine["aftership"]._replace(path=f"/webhooks/carriers/{name}")

    with nothing_happens(scene.world) as calls:
        answer = post(scene.world, message)

    assert answer.status == 404
    assert calls == []


def test_secrets_are_four_different_ones() -> None:
    assert len(set(SECRET.values())) == 4


@pytest.mark.parametrize("tracker", TRACKERS)
def test_after_all_of_them_the_genuine_push_counts(scene: Scene, tracker: str) -> None:
    """It stood behind every forgery: so it was what was forged that was refused."""
    answer = post(scene.world, scene.genuine[tracker])

    [parcel] = scene.world.order(scene.orders[tracker])["sub_orders"][0]["parcels"]
    assert (answer.status, answer.body) == (200, ACCEPTED[tracker])
    assert parcel["state"] == "troubled"
