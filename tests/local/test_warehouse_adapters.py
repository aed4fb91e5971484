"""The product and the simulated warehouses, written apart, understand each other.

Every call goes through the product's own ``Wms``, every message through its own verification and reading.
"""

from types import SimpleNamespace

import pytest

from local.partners import secret_json
from shared import signatures
from shared.errors import Unavailable
from shared.fulfilment.messages import Stopped, read_message
from shared.fulfilment.partner_keys import read_partner_keys
from shared.fulfilment.reports import Confirmation, Progress
from shared.fulfilment.returning import Counted
from shared.fulfilment.warehouse import Answered, Wms
from shared.lifecycle import ParcelState
from shared.model import Parcel
from shared.outside import Answer, Outside
from tests.local.partner_clients import DAY, HOUR, START, URL, World

SECRET_URL = "http://127.0.0.1:8787"
ORDER_ID = "01MCC5RM000W3GE1R70W3GE1R7"
ADDRESS = {"name": "Li Lei", "phone": "+8613800000000", "country": "CN", "city": "杭州", "street": "文三路 1"}
WHOLE = SimpleNamespace(  # As much of an order as a warehouse is told.
    order=SimpleNamespace(order_id=ORDER_ID, paid_at=1_800_000_000),
    sub_orders=(SimpleNamespace(number=1, priority="1800000000", ships_at=None),),
    snapshot=SimpleNamespace(
        policy={"shipment_promise_seconds": 172_800, "delivery_promise_seconds": 432_000}
    ),
    lines=(
        SimpleNamespace(number=1, sku="TEA", name="green tea"),
        SimpleNamespace(number=2, sku="CUP", name="cup"),
    ),
)
PARCEL = Parcel(
    number=1,
    sub_order=1,
    warehouse="W1",
    state=ParcelState.PUSHING,
    contents={"1": 2, "2": 1},
    goods_minor=4_500,
    freight_minor=800,
    cuts=(),
    service="sf-economy",
    reason="changed_mind",
)


class Link:
    """The product's side: ``Wms`` for W1, connected with the simulators."""

    def __init__(self):
        self.world = World()
        self.keys = read_partner_keys([partner_secret()]).warehouses["W1"]
        self.wms, self.outside = Wms("W1", self.keys), Outside()
        self.outside.send = self._send
        self.whole, self.parcel = WHOLE, PARCEL

    def _send(self, method, request):
        headers = {name.lower(): value for name, value in request["headers"].items()}
        target = request["url"].removeprefix(SECRET_URL)
        reply = self.world.warehouses.answer(method, target, headers, request["body"])
        if not reply.status:
            raise Unavailable("nobody answered")
        self.world.settle()
        return Answer(reply.status, reply.body, reply.headers)

    def mode(self, **form):
        assert self.world.desk("/_warehouses/W1/mode", form)[0] == 200

    def push(self):
        return self.wms.push(self.outside, self.whole, self.parcel, ADDRESS, now=int(self.world.time))

    def intercept(self):
        return self.wms.intercept(self.outside, self.whole, self.parcel, now=int(self.world.time))

    def query(self):
        return self.wms.query(self.outside, self.whole, self.parcel, now=int(self.world.time)).status

    def expect(self):
        self.wms.expect(self.outside, self.whole, self.parcel, now=int(self.world.time))

    def said(self):
        """What came, as the product reads it: each verified at the moment when it came."""
        found = []
        for after, path, headers, body in self.world.box:
            assert path == "/webhooks/warehouses/W1"
            header = headers["ordercycle-signature"]
            signatures.verify(header, body, now=START + int(after), secrets=self.keys.secrets)
            message = read_message(body)
            assert (message.place.order_id, message.place.sub_order) == (ORDER_ID, 1)
            found.append(message.said)
        return found


def partner_secret():
    return secret_json(SECRET_URL)


@pytest.fixture
def link():
    return Link()


def test_the_keys_are_the_product_s_in_the_form_that_it_reads():
    keys = read_partner_keys([partner_secret()])

    assert set(keys.warehouses) == {"W1", "W2", "W3", "W4", "hangzhou", "chengdu"}
    assert keys.warehouses["chengdu"].url == f"{SECRET_URL}/_warehouses/chengdu"
    assert keys.tracker == "kuaidi100"
    assert all((keys.kuaidi100, keys.aftership, keys.easypost, keys.seventeentrack))
    assert URL not in partner_secret()


def test_a_push_is_taken_once_and_its_whole_life_is_understood(link):
    assert [link.push(), link.push()] == [Answered("accepted"), Answered("accepted")]
    link.world.advance(HOUR)

    *progress, confirmed = link.said()
    assert progress == [Progress(1, "accepted"), Progress(1, "picking"), Progress(1, "packed")]
    assert isinstance(confirmed, Confirmation)
    [package] = confirmed.packages
    assert (confirmed.parcel, confirmed.is_final, package.contents) == (1, True, {"1": 2, "2": 1})
    assert link.query() == "shipped"


@pytest.mark.parametrize("reason", ["unknown_sku", "out_of_stock", "address", "closed"])
def test_a_refusal_is_understood_with_its_reason(link, reason):
    link.mode(push=reason)

    assert link.push() == Answered("rejected", reason)
    assert link.query() == "unknown"
    assert link.intercept() == Answered("unknown")


@pytest.mark.parametrize("fault", ["timeout", "answer_lost", "slow", "503", "garbled"])
def test_whatever_is_no_answer_is_unavailable_and_the_second_try_is_the_same_parcel(link, fault):
    link.world.desk("/_warehouses/W1/faults", {"next": 1, "fault": fault})

    with pytest.raises(Unavailable):
        link.push()
    assert link.push() == Answered("accepted")
    link.world.advance(HOUR)

    assert [said.is_final for said in link.said() if isinstance(said, Confirmation)] == [True]


@pytest.mark.parametrize(
    ("how", "answer", "later", "told"),
    [
        ("by_state", Answered("accepted"), "cancelled", []),
        ("reject", Answered("rejected", "already_shipped"), "shipped", []),
        ("pending_then_accept", Answered("pending"), "cancelled", [Stopped(1, True, "")]),
        ("pending_then_reject", Answered("pending"), "shipped", [Stopped(1, False, "already_shipped")]),
        ("pending_then_ship", Answered("pending"), "shipped", []),
        ("accept_but_ship", Answered("accepted"), "shipped", []),
    ],
)
def test_every_answer_to_an_intercept_is_understood(link, how, answer, later, told):
    link.mode(cancel=how)
    link.push()

    assert link.intercept() == answer
    link.world.advance(HOUR)

    assert link.query() == later
    assert [said for said in link.said() if isinstance(said, Stopped)] == told


@pytest.mark.parametrize(
    ("how", "found"), [("lost_accept", "cancelled"), ("lost_reject", "cancellation_rejected")]
)
def test_an_intercept_whose_answer_got_lost_is_found_by_asking(link, how, found):
    link.mode(cancel=how)
    link.push()

    with pytest.raises(Unavailable):
        link.intercept()
    assert link.query() == found


def test_packages_that_leave_apart_are_understood(link):
    link.mode(packages="by_line", apart_seconds=600, final_after=DAY, short=[{"line": 1, "units": 1}])
    link.push()
    link.world.advance(3 * DAY)

    confirmed = [said for said in link.said() if isinstance(said, Confirmation)]
    assert [(one.is_final, [p.contents for p in one.packages]) for one in confirmed] == [
        (False, [{"1": 1}]),
        (False, [{"2": 1}]),
        (True, []),
    ]


def test_goods_that_come_back_are_understood(link):
    link.push()
    link.world.advance(HOUR)
    link.expect()
    link.expect()
    link.world.advance(7 * DAY)

    counted = [said for said in link.said() if isinstance(said, Counted)]
    none = {"defect": 0, "scrap": 0}
    assert counted == [Counted(1, {1: {"good": 2, **none}, 2: {"good": 1, **none}})]


def test_a_forged_message_is_refused(link):
    link.world.desk("/_warehouses/W1/forgery", {"event": {"type": "process.reported"}})

    [(_, _, headers, body)] = link.world.box
    with pytest.raises(signatures.SignatureInvalid):
        signatures.verify(
            headers["ordercycle-signature"], body, now=int(link.world.time), secrets=link.keys.secrets
        )
