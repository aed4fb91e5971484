"""The product's adapters and the simulated trackers, written apart, understand each other.

Every call goes through ``outside.http`` into the simulators, every push into the adapter's own verification.
"""

from collections import namedtuple

import pytest

from local.partners import TRACKERS, addresses, secret_json
from shared.errors import SignatureInvalid, Unavailable
from shared.fulfilment.carriers import open_tracker
from shared.fulfilment.carriers.port import Status, Told, TrackingRefused
from shared.fulfilment.partner_keys import read_partner_keys
from shared.outside import Answer, Outside
from tests.local.partner_clients import DAY, HOUR, START, World

URL = "http://127.0.0.1:8787"
ADDRESSES = {name.lower(): value for name, value in addresses(URL).items()}
SETTINGS = namedtuple("Addresses", ADDRESSES)(**ADDRESSES)  # As far as a tracker reads them.
CARRIERS = {"kuaidi100": "sf", "aftership": "sf", "easypost": "usps", "seventeentrack": "ems"}
WAYBILL = "SF1234567890"
IS_PROVEN = {"kuaidi100": False, "aftership": True, "easypost": True, "seventeentrack": False}
WORDS = {  # What happens on each journey, in our words.
    "delivered": ("picked_up", "in_transit", "out_for_delivery", "delivered"),
    "silent": ("picked_up", "in_transit"),
    "exception": ("picked_up", "in_transit", "exception"),
    "refused": ("picked_up", "in_transit", "out_for_delivery", "refused", "returning", "returned"),
    "returned": ("picked_up", "in_transit", "returning", "returned"),
    "lost": ("picked_up", "in_transit", "lost"),
    "pickup": ("picked_up", "in_transit", "out_for_delivery", "available_for_pickup", "delivered"),
    "customs": ("picked_up", "customs", "in_transit", "out_for_delivery", "delivered"),
    "delivered_then_exception": ("picked_up", "in_transit", "out_for_delivery", "delivered", "exception"),
}
HAS_NO_WORD = {  # Then it says something else, in our words.
    "kuaidi100": {"lost": "exception", "attempt_failed": "exception"},
    "aftership": {"picked_up": "in_transit", "returning": "exception"},
    "easypost": {
        "picked_up": "in_transit",
        "customs": "in_transit",
        "refused": "returning",
        "returned": "returning",
        "lost": "exception",
    },
    "seventeentrack": {},
}

CODE_OF_UNKNOWN = {
    "kuaidi100": "99",
    "aftership": "Teleported_001",
    "easypost": "teleported",
    "seventeentrack": "Teleported_Other",
}


class Link:
    """One adapter, connected with the simulators, and the pushes that came, answered as it answers."""

    def __init__(self, name):
        keys = read_partner_keys([secret_json(URL, tracker=name)])
        self.name, self.carrier = name, CARRIERS[name]
        self.adapter = open_tracker(name, SETTINGS, keys)
        self.world, self.outside = World(), Outside()
        self.outside.send = self._send
        self.told = Told.APPLIED
        self.world.answers = lambda _path, _body: self._reply()

    def _reply(self):
        reply = self.adapter.acknowledge(self.told)
        return reply.status, reply.body.encode()

    def _send(self, method, request):
        headers = {name.lower(): value for name, value in request["headers"].items()}
        target = request["url"].removeprefix(URL)
        reply = self.world.trackers.answer(method, target, headers, request["body"])
        if not reply.status:
            raise Unavailable("nobody answered")
        self.world.settle()
        return Answer(reply.status, reply.body, reply.headers)

    def subscribe(self, waybill=WAYBILL):
        callback = f"{URL}/webhooks/carriers/{self.name}"
        self.adapter.subscribe(self.outside, self.carrier, waybill, callback_url=callback, phone_tail="0000")

    def query(self, waybill=WAYBILL):
        return self.adapter.query(self.outside, self.carrier, waybill, now=int(self.world.time))

    def journey(self, **form):
        assert self.world.desk(f"/_trackers/{WAYBILL}/journey", form)[0] == 200

    def pushed(self):
        """Every push, as the adapter reads it."""
        found = []
        for after, path, headers, body in self.world.box:
            assert path == f"/webhooks/carriers/{self.name}"
            notice = self.adapter.verify(list(headers.items()), body, START + int(after))
            found += self.adapter.interpret(notice)
        return found


@pytest.fixture(params=TRACKERS)
def link(request):
    return Link(request.param)


def in_our_words(tracker, happenings):
    return [Status(HAS_NO_WORD[tracker].get(what, what)) for what in happenings]


@pytest.mark.parametrize("journey", WORDS)
def test_each_step_of_each_journey_is_understood(link, journey):
    link.subscribe()
    link.journey(journey=journey)
    link.world.advance(30 * DAY)

    expected = in_our_words(link.name, WORDS[journey])
    pushed = link.pushed()
    assert [tracking.checkpoints[-1].status for tracking in pushed] == expected
    assert [checkpoint.status for checkpoint in pushed[-1].checkpoints] == expected
    assert {(t.carrier, t.waybill, t.source) for t in pushed} == {(link.carrier, WAYBILL, link.name)}
    assert {t.is_proven for t in pushed} == {IS_PROVEN[link.name]}


def test_the_times_are_those_of_the_events(link):
    link.subscribe()
    link.world.advance(3 * DAY)

    moments = [checkpoint.at - START for checkpoint in link.pushed()[-1].checkpoints]
    assert moments == [2 * HOUR, 10 * HOUR, 46 * HOUR, 50 * HOUR]


def test_subscribing_twice_is_subscribing_once(link):
    link.subscribe()
    link.subscribe()
    link.world.advance(3 * HOUR)

    assert len(link.pushed()) == 1


def test_a_question_is_answered_like_the_push(link):
    assert link.query() is None

    link.subscribe()
    link.world.advance(3 * DAY)

    asked, told = link.query(), link.pushed()[-1]
    assert asked.checkpoints == told.checkpoints
    assert (asked.carrier, asked.waybill, asked.is_proven) == (told.carrier, told.waybill, True)
    assert asked.checkpoints[-1].status is Status.DELIVERED


@pytest.mark.parametrize("told", [Told.UNKNOWN_WAYBILL, Told.BUSY])
def test_a_push_that_is_not_taken_comes_again_until_it_is(link, told):
    link.told = told
    link.subscribe()
    link.journey(journey="silent", speed=0)
    link.world.settle()
    first = len(link.world.box)
    link.told = Told.DUPLICATE
    link.world.advance(2 * DAY)

    assert (first, len(link.world.box)) == (2, 4)


def test_a_forged_push_is_refused(link):
    link.subscribe()
    link.world.desk(f"/_trackers/{WAYBILL}/forgery", {"tracker": link.name, "what": "delivered"})

    [(_, _, headers, body)] = link.world.box
    with pytest.raises(SignatureInvalid):
        link.adapter.verify(list(headers.items()), body, START)


def test_a_refusal_for_good_is_understood(link):
    link.world.desk(f"/_trackers/{link.name}/faults", {"next": 1, "fault": "refused"})

    with pytest.raises(TrackingRefused):
        link.subscribe()
    link.subscribe()


@pytest.mark.parametrize("fault", ["timeout", "slow", "500", "500_done", "garbled", "unauthorized"])
def test_an_answer_that_cannot_be_understood_is_no_answer(link, fault):
    link.subscribe()
    link.world.advance(3 * HOUR)
    link.world.desk(f"/_trackers/{link.name}/faults", {"next": 2, "fault": fault})

    with pytest.raises(Unavailable):
        link.query()
    with pytest.raises(Unavailable):
        link.subscribe("SF0000000002")
    link.subscribe("SF0000000002")
    assert link.query().checkpoints[-1].status in (Status.PICKED_UP, Status.IN_TRANSIT)


def test_a_code_that_nobody_documented_is_unknown_and_kept(link):
    link.subscribe()
    link.world.desk(f"/_trackers/{WAYBILL}/event", {"what": "unknown"})

    [tracking] = link.pushed()
    [checkpoint] = tracking.checkpoints
    assert checkpoint.status is Status.UNKNOWN
    assert CODE_OF_UNKNOWN[link.name] in checkpoint.code
