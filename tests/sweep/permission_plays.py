"""What people do so that every function does everything that it may do: plays for test_permissions_used.py."""

from collections.abc import Callable
from typing import Any

from shared.outside import aws_client
from tests.catalogue.samples import GOOD
from tests.functions import bills, settling
from tests.functions.archiving import leaves, settled, time_passes
from tests.functions.claims import claim
from tests.functions.registering import spoil
from tests.functions.test_reconcile import PROVIDERS, compare, report, tamper, the_bill_comes, traded
from tests.http_world import ADDRESS, DAY, SWEPT, World
from tests.starts import shipped
from tests.sweep.scenarios import pays, started
from tests.sweep.shipping import HOUR, loses, opened, refuses, takes_back, works
from tests.sweep.shopping import deferred
from tests.uploads import post, told_of


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
    """A photo by each side; one of them in a case, where it is read; one that was never uploaded proves nothing."""
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
    path = f"/orders/{order_id}/after-sales"
    promised = world.command(f"/orders/{order_id}/evidence", told_of(b"\xff\xd8\xff never uploaded"))
    assert world.send("POST", path, body | {"evidence": [promised["evidence_id"]]}).status == 422
    asked = world.command(path, body | {"evidence": [offer["evidence_id"]]})
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


def everything_that_is_reconciled(world: World) -> None:
    """Bills come every hour that one is due, or are brought; what differs is found, explained or booked late.

    An order of each provider is missing in its bill, one row is nobody's, and a refund is told of three days late;
    what nobody ships for three weeks is about to thaw.
    """
    for provider in PROVIDERS:
        done = traded(world, provider)
        tamper(world, provider, "missing", reference=done["payments"][0]["reference"])
        tamper(world, provider, "foreign", reference="FOREIGN1", amount=777)
    by_hand = world.opens(world.place({"KITE": 1}), "stripe")
    world.at_provider(by_hand, "pay")
    world.at_provider(by_hand, "refund", amount=500, deliver=3 * DAY)
    the_bill_comes(world)
    assert [one["name"] for one in report(world, "stripe")["differences"]].count("refund_unknown") == 1
    for provider in PROVIDERS:
        assert compare(world, provider)["run"]["state"] == "differences"
    the_bill_comes(world)
    assert [one["name"] for one in report(world, "stripe")["differences"]].count("refund_unknown") == 0
    someone_brings_a_bill(world)
    the_bill_comes(world, 30 - 7)
    path = "/register?owner=operator&kind=escrow_thawing"
    assert len(world.read(path, **bills.OPERATOR, key=None)["entries"]) == 2


def someone_brings_a_bill(world: World) -> None:
    """An operator does: offered and compared, listed, read both ways, explained, and never to be uploaded again."""
    missing = bills.COMPARED | {"bill": "0" * 64}
    assert world.send("POST", "/operator/reconciliations", missing, **bills.OPERATOR).status == 409
    path = f"/operator/reconciliations/{bills.compared(world)}/stripe"
    assert world.command("/operator/bills", bills.TOLD, **bills.OPERATOR)["upload"] is None
    assert world.send("GET", "/operator/reconciliations", **bills.OPERATOR, key=None).status == 200
    for accepted in ("application/json", "text/html"):
        told = world.send("GET", path, **bills.OPERATOR, key=None, headers={"accept": accepted})
        assert (told.status, told.headers["content-type"].partition(";")[0]) == (200, accepted)
    world.command(f"{path}/explanations", bills.FOREIGN, **bills.OPERATOR)


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


PLAYS: tuple[Callable[[World], None], ...] = (
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
    everything_that_is_reconciled,
    everything_that_is_archived,
    everything_that_is_withdrawn,
)
