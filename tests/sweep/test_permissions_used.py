"""What each function is allowed is what it does: granted minus used is nothing, and nothing is used ungranted."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from functions.wiring import keyring, partners
from infra.permissions import MAY
from shared.outside import Call, aws_client, outside
from tests.catalogue.samples import GOOD
from tests.functions import settling
from tests.functions.archiving import leaves, settled, time_passes
from tests.functions.claims import claim
from tests.functions.registering import spoil
from tests.http_world import ADDRESS, DAY, SWEPT, World
from tests.starts import shipped
from tests.sweep.faults import crash_before, striking
from tests.sweep.scenarios import SCENARIOS, pays, started
from tests.sweep.shipping import HOUR, SHIPPING, loses, opened, refuses, takes_back, works
from tests.sweep.shopping import deferred
from tests.uploads import post, told_of

BY_OTHERS = {
    ("relay", "Orders stream"),  # Lambda itself polls,
    ("relay", "Lost events"),  # and gives up.
    ("bookkeeper", "Ledger stream"),
    ("bookkeeper", "Lost postings"),
    ("evidence_api", "Evidence"),  # Who was given leave puts and reads: tests/functions/test_evidence.py.
    ("returns", "Evidence bucket"),  # What makes a missing file a missing one.
}
WRITES = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
    "Delete": "dynamodb:DeleteItem",
}
NAMES = {
    "query": "dynamodb:Query",
    "get_item": "dynamodb:GetItem",
    "batch_get_item": "dynamodb:BatchGetItem",
    "scan": "dynamodb:Scan",
    "put_item": "dynamodb:PutItem",
    "update_item": "dynamodb:UpdateItem",
    "put_events": "events:PutEvents",
    "get_secret_value": "secretsmanager:GetSecretValue",
    "describe_secret": "secretsmanager:DescribeSecret",
    "get_function_configuration": "lambda:GetFunctionConfiguration",
    "update_function_configuration": "lambda:UpdateFunctionConfiguration",
    "head_object": "s3:GetObject",
    "get_object": "s3:GetObject",
    "put_object": "s3:PutObject",
    "list_objects_v2": "s3:ListBucket",
    "list_object_versions": "s3:ListBucketVersions",
    "delete_item": "dynamodb:DeleteItem",
    "batch_write_item": "dynamodb:BatchWriteItem",
}
BOOKS = {"roots": "Roots", "bills": "Bills", "reconciliation": "Reports", "archive": "Archive"}


class Watched:
    """Writes down what each function does to what."""

    def __init__(self, world: World) -> None:
        self.used: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._function = ""
        self._functions = world.cloud.runtime.functions
        tables = next(iter(self._functions.values())).environment
        self._things = {
            tables[f"{name.upper()}_TABLE"]: name
            for name in ("Orders", "Stock", "Ledger", "Catalogue", "Members")
        }
        self._things |= {
            tables["SANDBOX_SECRET_ARN"]: "Sandbox secret",
            tables["PAYMENT_KEYS_ARN"]: "Payment keys",
            tables["PARTNER_KEYS_ARN"]: "Partner keys",
        }

    def inside(self, invoke: Callable[[str, bytes], Any]) -> Callable[[str, bytes], Any]:
        """The runtime's *invoke*, and while it runs we know who calls."""

        def watched(name_or_arn: str, payload: bytes) -> Any:
            before, self._function = self._function, self._name(name_or_arn)
            keyring.cache_clear()  # On AWS each function has its own, and needs its own permission to read it.
            partners.cache_clear()
            try:
                return invoke(name_or_arn, payload)
            finally:
                self._function = before

        return watched

    def _name(self, name_or_arn: str) -> str:
        [function] = [f for f in self._functions.values() if name_or_arn in (f.name, f.arn)]
        return function.handler.split(".")[1]

    def __call__(self, call: Call, act: Callable[[], Any]) -> Any:
        if self._function and call.service != "http":
            self.used[self._function] |= set(self._actions(call))
        return act()

    def _actions(self, call: Call) -> Iterator[tuple[str, str]]:
        if call.operation == "transact_write_items":
            for item in call.request["TransactItems"]:
                ((kind, write),) = item.items()
                if kind == "Delete" and write["Key"]["pk"]["S"].startswith("PARKED#"):
                    yield "Parked facts", "dynamodb:DeleteItem"
                else:
                    yield self._things[write["TableName"]], WRITES[kind]
        elif call.operation in ("batch_get_item", "batch_write_item"):
            for table in call.request["RequestItems"]:
                yield self._things[table], NAMES[call.operation]
        elif self._function == "relay" and call.operation == "put_item":
            assert call.request["Item"]["pk"]["S"].startswith("PLACED#")
            yield "Placed orders", NAMES[call.operation]
        elif call.service == "dynamodb":
            table = self._things[call.request["TableName"]]
            index = call.request.get("IndexName")
            yield f"{table}/{index}" if index else table, NAMES[call.operation]
        elif call.service == "secretsmanager":
            yield self._things[call.request["SecretId"]], NAMES[call.operation]
        elif call.service == "s3":
            yield from _with_objects(call)
        else:
            things = {"events": "Bus", "lambda": "Key holders"}
            yield things[call.service], NAMES[call.operation]


def _with_objects(call: Call) -> Iterator[tuple[str, str]]:
    if call.operation.startswith("list_"):
        yield "Books bucket", NAMES[call.operation]
        return
    thing = BOOKS.get(call.request["Key"].partition("/")[0], "Evidence")
    yield thing, NAMES[call.operation] + ("Version" if "VersionId" in call.request else "")
    if "ObjectLockMode" in call.request:
        yield thing, "s3:PutObjectRetention"


def everything_that_is_read(world: World) -> None:
    order_id = shipped(world)
    number = f"{order_id}-01"
    for path in ("/orders", f"/orders/{order_id}/timeline", f"/orders/{order_id}/confirmation"):
        assert world.send("GET", path).status == 200
    assert world.send("GET", "/reviews", role="support", who="s-1").status == 200
    waiting = world.placed_and_paid({"TEA": 1})
    for path in ("/merchant/orders", f"/merchant/sub-orders/{number}", f"/merchant/sub-orders/{waiting}-01"):
        assert world.send("GET", path, role="merchant", who="m-tea").status == 200
    for path, role, who in (
        ("/merchant/after-sales", "merchant", "m-tea"),
        ("/support/disputes", "support", "s-1"),
    ):
        assert world.send("GET", path, role=role, who=who).status == 200


def everything_that_is_refused(world: World) -> None:
    """Refusals look their key up first; repeats read what it stood for."""
    order_id = shipped(world)
    for path in (f"/orders/{order_id}/cancellation", f"/merchant/sub-orders/{order_id}-01/cancellation"):
        role, who = ("merchant", "m-tea") if "merchant" in path else ("buyer", "b-1")
        assert world.send("POST", path, {"reason": "other"}, role=role, who=who).status == 409
    body = {"parcels": [{"parcel": 1, "carrier": "sf", "waybill": "SF-1"}]}
    path = f"/merchant/sub-orders/{order_id}-01/shipment"
    assert world.send("POST", path, body, role="merchant", who="m-tea").status in (409, 422)
    assert world.send("POST", f"/orders/{order_id}/payments", {"provider": "sandbox"}).status == 409
    rejected = {"decision": "rejected"}
    assert world.send("POST", f"/reviews/{order_id}", rejected, role="support", who="s-1").status == 409


def everything_that_is_swept(world: World) -> None:
    """No schedule fires and an execution never starts: the sweeper does all of it."""

    def lose(kind: str, _name: str) -> None:
        if kind == "start_execution":
            raise ConnectionError(kind)

    order_id = shipped(world)
    started(world, {"KITE": 1})
    world.gives_points(100)
    world.place({"KITE": 1}, points=100)
    unheard = started(world, {"TEA": 1})
    world.cloud.before.append(lose)
    pays(world, unheard)
    world.cloud.before.remove(lose)
    for _ in range(3):
        for group in world.cloud.schedules._groups:
            group.schedules.clear()
        world.cloud.advance(11 * 86_400)
    assert {s["state"] for s in world.order(order_id)["sub_orders"]} == {"completed"}
    assert world.order(unheard)["sub_orders"][0]["parcels"] != []


def everything_that_is_about_parcels(world: World) -> None:
    """Support looks at declarations and reports; what the sweep hears of silence, and of what is only on its way."""
    order_id = shipped(world)
    assert world.send("GET", f"/orders/{order_id}/customs", role="support", who="s-1").status == 200
    body = {"said": "exception", "reason": "telephone"}
    world.command(f"/orders/{order_id}/parcels/1/report", body, role="support", who="s-1")
    again = {"parcels": [1], "reason": "late"}
    assert world.send("POST", f"/orders/{order_id}/receipt-extension", {"sub_order": 1}).status == 409
    assert world.send("POST", f"/orders/{order_id}/refusal", again | {"parcels": [99]}).status == 404


def everything_that_gives_points_back(world: World) -> None:
    """Who stops, does not find, or takes back what was paid with points gives them back."""
    opened(world)
    world.gives_points(600)
    works(world, times={"picking": None})
    stopped = world.placed_and_paid({"TEA": 3}, points=200)
    world.cancel(stopped)
    works(world, short=[{"line": 1, "units": 3}])
    missing = world.placed_and_paid({"TEA": 3}, points=200)
    world.cloud.advance(1801)
    assert [world.order(one)["state"] for one in (stopped, missing)] == ["cancelled", "cancelled"]
    works(world, push="closed")
    refused = world.placed_and_paid({"KITE": 2}, points=100)
    world.ship(refused, 1)
    refuses(world, refused)
    takes_back(world, refused)
    lost = world.placed_and_paid({"KITE": 2}, points=100)
    world.ship(lost, 1)
    refuses(world, lost)
    loses(world, lost)
    assert world.wallet()["points"][0] == 600


def everything_that_comes_back_for_a_case(world: World) -> None:
    """Exchanged, refunded with its points, sent again because its merchant is silent, ruled by a pattern."""
    opened(world)
    world.gives_points(900)
    exchanged, _, refunded = (received_from_w1(world, points=points) for points in (0, 0, 200))
    for order_id, kind, units in ((exchanged, "exchange", 1), (refunded, "return_refund", 3)):
        asked = claim(world, order_id, kind, units)
        asked.approve()
        asked.send_back(f"SF-{order_id[-8:]}")
    world.cloud.advance(9 * DAY)
    assert world.order(exchanged)["sub_orders"][1]["state"] == "delivered"
    assert world.order(refunded)["state"] == "closed"
    by_hand = world.placed_and_paid({"POT": 1}, points=100)
    world.cloud.advance(4 * DAY)
    asked = claim(world, by_hand, "return_refund")
    asked.approve()
    asked.send_back("SF-BY-HAND")
    asked.inspect(good=1)
    assert asked.tries("/after-sales", "escalation", {"reason": "no_agreement"}).status == 409
    unanswered = claim(world, exchanged, "reship", reason="missing_goods")
    world.cloud.advance(2 * DAY + SWEPT)
    assert unanswered.state == "replacing"
    lost = world.placed_and_paid({"KITE": 1}, points=50)
    world.cloud.advance(HOUR)
    report = {"said": "lost", "reason": "telephone"}
    world.command(f"/orders/{lost}/parcels/1/report", report, role="support", who="s-1")
    pattern = claim(world, lost, "refund_only", reason="not_received")
    pattern.call_platform()
    assert pattern.state == "completed"


def received_from_w1(world: World, **more: Any) -> str:
    order_id = world.placed_and_paid({"TEA": 3}, **more)
    world.cloud.advance(4 * DAY)
    return order_id


def everything_that_is_found_by_asking(world: World) -> None:
    """Paid, and nobody tells: the poller books it, with goods that lie elsewhere; or the next try to pay does."""
    lamps = deferred(world, {"W1": 2, "W2": 2}, others=1)
    pays(world, lamps, deliver="never")
    world.cloud.advance(300)
    assert world.order(lamps)["state"] == "awaiting_shipment"
    unheard = started(world, {"KITE": 1})
    pays(world, unheard, deliver="never")
    assert world.send("POST", f"/orders/{unheard}/payments", {"provider": "sandbox"}).status == 409
    assert world.order(unheard)["state"] == "awaiting_shipment"


def everything_that_is_in_wallets(world: World) -> None:
    body = GOOD["coupon"] | {"template_id": "few", "total": 2, "is_claimable": True}
    world.command("/operator/catalogue/coupon", {"records": [body]}, role="operator", who="op-1")
    world.command("/wallet/coupons", {"template": "few"})
    world.gives_points(5)
    assert world.send("GET", "/wallet").status == 200
    assert world.send("GET", "/operator/members/b-1", role="operator", who="op-1").status == 200


def everything_that_is_shown(world: World) -> None:
    """A photo by each side; one of them in a case, where it is read."""
    order_id = shipped(world)
    world.arrive(order_id)
    path = f"/merchant/sub-orders/{order_id}-01/evidence"
    world.command(path, told_of(), role="merchant", who="m-tea")
    page = world.send("POST", f"/orders/{order_id}/evidence", told_of(content_type="text/html"))
    assert page.status == 422
    offer = world.command(f"/orders/{order_id}/evidence", told_of())
    assert post(world.cloud, offer["upload"]).status == 204
    lines = [{"line": 1, "quantity": 1}]
    body = {"sub_order": 1, "kind": "refund_only", "reason": "damaged", "lines": lines}
    asked = world.command(f"/orders/{order_id}/after-sales", body | {"evidence": [offer["evidence_id"]]})
    [case] = asked["cases"]
    assert world.read(f"/after-sales/{case['case_id']}/evidence/{offer['evidence_id']}")["url"]


def everything_that_is_withdrawn(world: World) -> None:
    """Stated, asked for, once too often, listed and paid; the next statement asks what became of it."""
    settling.stated(world)
    for path in ("/merchant/statements/1", "/merchant/balance"):
        assert world.send("GET", path, **settling.TEA_SHOP).status == 200
    world.command("/merchant/withdrawals", {}, **settling.TEA_SHOP)
    assert world.send("POST", "/merchant/withdrawals", {}, **settling.TEA_SHOP).status == 409
    assert [payout["withdrawal"] for payout in settling.waiting(world)] == [1]
    world.command(settling.outcome_of(1), settling.PAID, **settling.OPERATOR)
    settling.a_day_passes(world)


def everything_that_is_archived(world: World) -> None:
    """An order that leaves, and one that cannot: it is looked at again in a week."""
    settled(world, {"TEA": 1})
    world.placed_and_paid({"KITE": 1})
    time_passes(world)
    leaves(world)


def everything_that_is_published(world: World) -> None:
    for kind in ("policy", "promotion", "coupon", "sku", "member"):
        for _ in range(2):  # Also where there is a version already.
            body = {"records": [GOOD[kind]]}
            world.command(f"/operator/catalogue/{kind}", body, role="operator", who="op-1")
    for path in ("promotion", "sku/TEA"):
        assert world.send("GET", f"/operator/catalogue/{path}", role="operator", who="op-1").status == 200


def everything_that_is_shelved(world: World) -> None:
    tea = {"sku": "TEA"}
    found = tea | {"warehouse": "W1", "kind": "found", "quantity": 1}
    for path, body in (
        ("movements", found),
        ("shards", tea | {"shards": 2}),
        ("drift-check", {"repair": True}),
    ):
        world.command(f"/operator/stock/{path}", body, role="operator", who="op-1")
    assert world.send("GET", "/operator/stock/TEA", role="operator", who="op-1", key=None).status == 200


def everything_that_is_abnormal(world: World) -> None:
    """What went wrong is listed, read, taken on, closed; a favour is asked for and approved; drift is told of."""
    order_id = shipped(world)
    assert world.send("POST", f"/orders/{order_id}/address", ADDRESS).status == 409
    report = {"said": "exception", "reason": "telephone"}
    support, operator = {"role": "support", "who": "s-1"}, {"role": "operator", "who": "op-1"}
    world.command(f"/orders/{order_id}/parcels/1/report", report, **support)
    [entry] = world.read("/register", **support)["entries"]
    path = f"/register/{entry['entry_id']}"
    assert world.send("GET", path, **support).status == 200
    world.command(f"{path}/assignment", {"assignee": "s-1"}, **support)
    closing = {"action": "refund", "note": "lost"}
    assert world.send("POST", f"{path}/resolution", closing, **support).status == 409
    world.sells("SAFE", "m-toys", 60_000, {"W1": 2})
    dear = world.placed_and_paid({"SAFE": 1})
    favour = world.send("POST", f"/orders/{dear}/refunds", {"amount": 50_000, "reason": "late"}, **support)
    approval = {"action": "approve", "note": "in_proportion"}
    world.command(f"/register/{favour.json()['entry_id']}/resolution", approval, **operator)
    spoil(world, "TEA")
    for repair in (False, True):
        world.command("/operator/stock/drift-check", {"repair": repair}, **operator)


def everything_that_is_in_the_books(world: World) -> None:
    """A claim after settlement finds its merchant; balances, the check, and what it repairs."""
    order_id = shipped(world)
    world.arrive(order_id)
    for _ in range(3):
        world.cloud.advance(12 * DAY)
    operator = {"role": "operator", "who": "op-1"}
    assert world.send("GET", "/operator/books/balances", **operator).status == 200
    favour = {"amount": 100, "reason": "late"}
    assert world.send("POST", f"/orders/{order_id}/refunds", favour, role="support", who="s-1").status < 300
    book = {"pk": {"S": "BOOKS"}, "sk": {"S": "merchant:m-toys#CNY"}}
    table = next(iter(world.cloud.runtime.functions.values())).environment["LEDGER_TABLE"]
    aws_client("dynamodb").delete_item(TableName=table, Key=book)
    world.cloud.advance(DAY)
    for repair in (True, False):
        world.command("/operator/books/check", {"repair": repair}, **operator)


@pytest.fixture(scope="module")
def used() -> Iterator[dict[str, set[tuple[str, str]]]]:
    world = World()
    watched = Watched(world)
    world.cloud.runtime.invoke = watched.inside(world.cloud.runtime.invoke)  # type: ignore[method-assign]
    outside.around.append(watched)
    try:
        for scenario in SCENARIOS:
            world.reset(sweeper=True)
            with striking(None, crash_before):
                scenario.act(world, scenario.before(world))
                if scenario not in SHIPPING:  # What comes after these comes after the others, too.
                    world.cloud.advance(20 * 86_400)
        for play in (
            everything_that_is_read,
            everything_that_is_refused,
            everything_that_is_swept,
            everything_that_is_about_parcels,
            everything_that_gives_points_back,
            everything_that_comes_back_for_a_case,
            everything_that_is_found_by_asking,
            everything_that_is_in_wallets,
            everything_that_is_shown,
            everything_that_is_published,
            everything_that_is_shelved,
            everything_that_is_abnormal,
            everything_that_is_in_the_books,
            everything_that_is_archived,
            everything_that_is_withdrawn,
        ):
            world.reset(sweeper=True)
            play(world)
        yield watched.used
    finally:
        outside.around.remove(watched)
        world.close()


@pytest.mark.parametrize("function", MAY)
def test_a_function_may_do_what_it_does_and_nothing_else(
    used: dict[str, set[tuple[str, str]]], function: str
) -> None:
    granted = {
        (thing, action)
        for thing, actions in MAY[function].items()
        for action in actions.split()
        if (function, thing) not in BY_OTHERS
    }

    assert used[function] - granted == set()
    assert granted - used[function] == set()
