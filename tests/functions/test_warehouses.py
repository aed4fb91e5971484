"""What warehouses' systems tell over HTTP: a whole life by their messages, each booked once, in whatever order."""

from collections.abc import Iterator

import pytest

from shared.errors import Unavailable
from shared.outside import Call, outside
from tests.functions.parcels import (
    Partners,
    at_warehouse,
    confirmed,
    counted,
    fulfilment,
    message,
    package,
    parcels,
    partners,
    post,
    progressed,
    refunds,
    report,
    sent,
    states,
    stopped,
    tell,
    wrong,
)
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import DAY, World

TEA, FREIGHT = 1999, 800


@pytest.fixture
def wms(world: World) -> Iterator[Partners]:
    with partners(world) as stand_in:
        yield stand_in


def tea(world: World) -> dict[str, int]:
    levels: dict[str, int] = world.stock("TEA")["W1"]
    return {name: units for name, units in levels.items() if units}


# --- a life ---


def test_a_parcel_s_life_by_its_warehouse_s_messages(world: World, wms: Partners) -> None:
    order = at_warehouse(world)
    about = fulfilment(order)
    accepted = parcels(world, order), states(world, order)

    told = [tell(world, progressed(about, said, n)) for n, said in enumerate(("picking", "packed"), 1)]
    packed = world.order(order)["sub_orders"][0]["parcels"][0]
    told.append(tell(world, confirmed(about, package("SF0000000001", {1: 3}), number=3)))
    left = world.order(order)["sub_orders"][0]["parcels"][0]
    report(world, order, 1, "delivered")
    arrived = states(world, order)
    world.cloud.advance(11 * DAY)

    [(method, place, document)] = wms.asked
    assert (method, place) == ("POST", "W1/fulfillments")
    assert (document["fulfillment_id"], document["kind"], document["warehouse"]) == (about, "normal", "W1")
    assert document["lines"] == [{"line": 1, "sku": "TEA", "name": "A tea", "quantity": 3}]
    assert document["consignee"]["street"] == "Lane 1"
    assert accepted == ([("at_warehouse", {"1": 3})], ["awaiting_shipment"])
    assert (packed["progress"], packed["progress_text"]) == ("packed", "packed, waiting for the carrier")
    assert told == ["applied"] * 3
    assert (left["state"], left["carrier"], left["waybill"]) == ("in_transit", "sf", "SF0000000001")
    assert (left["shipped_at"], left["deliver_by"]) == ("2026-11-21T22:26:40Z", "2026-11-26T22:26:40Z")
    assert left["progress"] is None
    assert arrived == ["delivered"]
    assert states(world, order) == ["completed"]
    assert tea(world) == {"available": 17, "sold": 3}
    assert wrong(world) == []


def test_a_parcel_may_leave_in_several_packages_and_each_is_a_parcel(world: World, wms: Partners) -> None:
    order = at_warehouse(world)
    about = fulfilment(order)

    first = tell(world, confirmed(about, package("SF0000000001", {1: 1}), final=False, number=1))
    between = parcels(world, order), states(world, order)
    rest = tell(world, confirmed(about, package("SF0000000002", {1: 2}), number=2))

    assert (first, rest) == ("applied", "applied")
    assert between == ([("at_warehouse", {"1": 2}), ("in_transit", {"1": 1})], ["awaiting_shipment"])
    assert parcels(world, order) == [("in_transit", {"1": 2}), ("in_transit", {"1": 1})]
    assert states(world, order) == ["awaiting_receipt"]
    [one, ahead] = world.order(order)["sub_orders"][0]["parcels"]
    assert one["goods"]["amount"] + ahead["goods"]["amount"] == 3 * TEA
    assert one["freight"]["amount"] + ahead["freight"]["amount"] == FREIGHT
    assert ahead["reasons"][-1] == "warehouse:partial"
    assert ahead["why"][-1] == "The warehouse sent it ahead of the rest."
    assert wrong(world) == []


def test_what_the_warehouse_does_not_find_is_refunded_to_the_cent(world: World, wms: Partners) -> None:
    order = at_warehouse(world)
    wms.answers["query"] = 200, {"status": "shipped", "packages": [package("SF0000000001", {1: 2})]}

    told = tell(world, confirmed(fulfilment(order), package("SF0000000001", {1: 2})))

    assert told == "applied"
    assert parcels(world, order) == [("in_transit", {"1": 2})]
    assert refunds(world, order) == [("succeeded", TEA, "goods_missing")]
    assert tea(world) == {"available": 17, "sold": 2, "missing": 1}
    assert wrong(world) == []


def test_nothing_found_at_all_is_cancelled_and_refunded_with_its_freight(world: World, wms: Partners) -> None:
    order = at_warehouse(world)
    wms.answers["query"] = 200, {"status": "closed", "packages": []}

    told = tell(world, confirmed(fulfilment(order)))

    assert told == "applied"
    assert (parcels(world, order)[0][0], states(world, order)) == ("cancelled", ["cancelled"])
    assert refunds(world, order) == [("succeeded", 3 * TEA + FREIGHT, "goods_missing")]
    assert tea(world) == {"available": 17, "missing": 3}
    assert wrong(world) == []


def test_a_refused_parcel_is_counted_and_refunded_exactly(world: World, wms: Partners) -> None:
    order = sent(world)
    refused = {"parcels": [1], "reason": "damaged"}
    view = world.command(f"/orders/{order}/refusal", refused)
    before = refunds(world, order)

    told = tell(world, counted(fulfilment(order), (1, 1, 1, 0), number=5))

    assert view["sub_orders"][0]["parcels"][0]["state"] == "returning"
    assert view["sub_orders"][0]["parcels"][0]["refused"] == "damaged"
    assert wms.asked[-1][:2] == ("POST", "W1/returns")
    assert wms.asked[-1][2]["return_id"] == f"{fulfilment(order)}-R"
    assert before == []
    assert told == "applied"
    assert refunds(world, order) == [("succeeded", 2 * TEA, "damaged")]
    assert tea(world) == {"available": 18, "sold": 1, "defect": 1}
    assert wrong(world) == []


# --- interception ---


def asked_back(world: World) -> str:
    order = at_warehouse(world)
    view = world.cancel(order)
    assert view["state"] == "intercepting"
    return order


def test_an_intercepted_order_says_what_happens_next(world: World, wms: Partners) -> None:
    order = at_warehouse(world)

    view = world.cancel(order)

    part = view["sub_orders"][0]
    assert (view["state"], part["state"], part["parcels"][0]["state"]) == ("intercepting",) * 3
    assert part["state_text"] == "being stopped: the warehouse is asked whether it still can"
    assert part["next"] == (
        "If the warehouse can stop it, it is cancelled and refunded; if it has left, refuse it at the door."
    )
    assert refunds(world, order) == []
    assert [asked[:2] for asked in wms.asked[1:]] == [
        ("GET", f"W1/fulfillments/{fulfilment(order)}"),
        ("POST", f"W1/fulfillments/{fulfilment(order)}/cancellation"),
    ]


def test_a_warehouse_that_could_stop_has_the_buyer_refunded(world: World, wms: Partners) -> None:
    order = asked_back(world)

    told = tell(world, stopped(fulfilment(order), accepted=True))

    assert told == "applied"
    assert states(world, order) == ["cancelled"]
    assert refunds(world, order) == [("succeeded", 3 * TEA + FREIGHT, "changed_mind")]
    assert tea(world) == {"available": 20}
    assert wrong(world) == []


def test_a_warehouse_that_could_not_stop_sends_it(world: World, wms: Partners) -> None:
    order = asked_back(world)

    told = tell(world, stopped(fulfilment(order), accepted=False))
    left = tell(world, confirmed(fulfilment(order), package("SF0000000001", {1: 3}), number=2))

    assert (told, left) == ("applied", "applied")
    assert states(world, order) == ["awaiting_receipt"]
    assert refunds(world, order) == []


def test_what_left_while_it_was_asked_back_was_not_stopped(world: World, wms: Partners) -> None:
    order = asked_back(world)

    left = tell(world, confirmed(fulfilment(order), package("SF0000000001", {1: 3}), number=2))
    with nothing_happens(world):
        late = tell(world, stopped(fulfilment(order), accepted=True))

    assert (left, late) == ("applied", "no_effect")
    assert states(world, order) == ["awaiting_receipt"]
    assert refunds(world, order) == []


# --- twice, late, in another order ---


def test_fifty_replays_of_every_message_have_one_effect(world: World, wms: Partners) -> None:
    order = at_warehouse(world)
    about = fulfilment(order)
    messages = [
        progressed(about, "packed", 1),
        confirmed(about, package("SF0000000001", {1: 1}), final=False, number=2),
        confirmed(about, package("SF0000000002", {1: 2}), number=3),
    ]

    first = [tell(world, told) for told in messages]
    with nothing_happens(world):
        again = [tell(world, told) for told in messages * 50]

    assert first == ["applied"] * 3
    assert set(again) == {"duplicate"}


def test_a_message_that_is_signed_afresh_is_the_same_message(world: World, wms: Partners) -> None:
    order = at_warehouse(world)
    told = confirmed(fulfilment(order), package("SF0000000001", {1: 3}))
    tell(world, told)
    world.cloud.advance(3600)

    with nothing_happens(world):
        assert tell(world, told) == "duplicate"


def test_what_is_counted_twice_is_refunded_once(world: World, wms: Partners) -> None:
    order = sent(world)
    world.command(f"/orders/{order}/refusal", {"parcels": [1], "reason": "late"})
    told = counted(fulfilment(order), (1, 3, 0, 0), number=5)
    tell(world, told)

    with nothing_happens(world):
        again = tell(world, told)
        other = post(world, message(world, counted(fulfilment(order), (1, 3, 0, 0), number=6)))

    assert again == "duplicate"
    problem_of(other, 409, "transition_refused")
    assert refunds(world, order) == [
        ("succeeded", 3 * TEA, "late")
    ]  # Refused without a fault: freight stays.


def test_progress_goes_only_forward_and_ends_when_it_has_left(world: World, wms: Partners) -> None:
    order = at_warehouse(world)
    about = fulfilment(order)
    tell(world, progressed(about, "packed", 1))

    with nothing_happens(world):
        late = [tell(world, progressed(about, said, n)) for n, said in enumerate(("picking", "accepted"), 2)]
    tell(world, confirmed(about, package("SF0000000001", {1: 3}), number=4))
    with nothing_happens(world):
        late.append(tell(world, progressed(about, "picking", 2)))

    assert late == ["no_effect"] * 3


def test_a_confirmation_may_come_before_any_progress(world: World, wms: Partners) -> None:
    wms.answers["push"] = 503, {}
    order = at_warehouse(world)
    before = parcels(world, order)

    told = tell(world, confirmed(fulfilment(order), package("SF0000000001", {1: 3})))

    assert before == [("pushing", {"1": 3})]
    assert (told, parcels(world, order)) == ("applied", [("in_transit", {"1": 3})])


def test_a_final_message_that_overtakes_a_partial_one_loses_nothing(world: World, wms: Partners) -> None:
    order = at_warehouse(world)
    about = fulfilment(order)
    one, two = package("SF0000000001", {1: 1}), package("sf0000000002", {1: 2})
    wms.answers["query"] = 200, {"status": "shipped", "packages": [one, two]}

    last = tell(world, confirmed(about, two, number=2))
    whole = sorted(parcels(world, order), key=str)
    with nothing_happens(world):
        first = tell(world, confirmed(about, one, final=False, number=1))

    assert last == "applied"
    assert whole == [("in_transit", {"1": 1}), ("in_transit", {"1": 2})]
    assert first == "no_effect"
    assert (states(world, order), refunds(world, order)) == (["awaiting_receipt"], [])
    assert wrong(world) == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((200, {"status": "packed", "packages": []}), "not_yet_clear"),
        ((404, {"status": "unknown"}), "unavailable"),
        ((503, {}), "unavailable"),
        ((200, {"status": "shipped"}), "unavailable"),
        ((200, {"status": "shipped", "packages": "none"}), "unavailable"),
        ((200, {"status": "shipped", "packages": [{"carrier": "sf"}]}), "unavailable"),
    ],
    ids=["not finished", "not known", "silent", "no packages", "a text", "half a package"],
)
def test_nothing_is_written_off_before_the_warehouse_s_books_say_so(
    world: World, wms: Partners, answer: tuple[int, object], code: str
) -> None:
    order = at_warehouse(world)
    wms.answers["query"] = answer

    with nothing_happens(world):
        refused = post(world, message(world, confirmed(fulfilment(order), package("SF0000000001", {1: 2}))))

    problem = refused.json()
    assert (refused.status, problem["status"], problem["code"]) == (503, 503, code)
    assert refused.headers["retry-after"] == "1"


def test_a_table_that_is_busy_has_the_message_sent_again(world: World, wms: Partners) -> None:
    order = at_warehouse(world)
    told = confirmed(fulfilment(order), package("SF0000000001", {1: 3}))

    def busy(call: Call, act: object) -> object:
        if call.operation == "transact_write_items":
            raise Unavailable("dynamodb is busy")
        return act()  # type: ignore[operator]

    outside.around.append(busy)
    with nothing_happens(world):
        refused = post(world, message(world, told))
    outside.around.remove(busy)

    assert (refused.status, refused.json()["code"]) == (503, "unavailable")
    assert tell(world, told) == "applied"


# --- between merchants, warehouses and parcels ---


def test_a_merchant_cannot_ship_what_is_at_a_warehouse(world: World, wms: Partners) -> None:
    order = at_warehouse(world)
    body = {"parcels": [{"parcel": 1, "carrier": "sf", "waybill": "SF0000000001"}]}

    with nothing_happens(world):
        own = world.send(
            "POST", f"/merchant/sub-orders/{order}-01/shipment", body, role="merchant", who="m-tea"
        )
        foreign = world.send(
            "POST", f"/merchant/sub-orders/{order}-01/shipment", body, role="merchant", who="m-toys"
        )

    problem_of(own, 409, "transition_refused")
    problem_of(foreign, 404, "not_found")
    actions = world.read(f"/merchant/sub-orders/{order}-01", role="merchant", who="m-tea")["allowed_actions"]
    assert {action["action"]: action["allowed"] for action in actions} == {
        "ship": False,
        "cancel": True,
        "receive_return": False,
    }


def test_part_of_a_parcel_at_a_warehouse_cannot_be_cancelled(world: World, wms: Partners) -> None:
    order = at_warehouse(world)
    body = {"reason": "changed_mind", "lines": [{"line": 1, "quantity": 1}]}

    with nothing_happens(world):
        refused = world.send("POST", f"/orders/{order}/cancellation", body)

    problem = problem_of(refused, 409, "at_warehouse")
    assert (problem["parcels"], problem["cancellable"]) == ([1], [])


def test_a_refused_push_stands_on_the_merchant_s_list(world: World, wms: Partners) -> None:
    wms.answers["push"] = 409, {"status": "rejected", "reason": "unknown_sku"}

    order = at_warehouse(world)

    [parcel] = world.order(order)["sub_orders"][0]["parcels"]
    assert (parcel["state"], parcel["progress"]) == ("awaiting_shipment", "refused")
    assert parcel["progress_text"] == "the warehouse's system refused it: its merchant sends it"
    world.ship(order, 1)
    assert states(world, order) == ["awaiting_receipt"]


def test_the_buyer_reads_it_in_chinese(world: World, wms: Partners) -> None:
    order = at_warehouse(world)
    world.cancel(order)

    view = world.send("GET", f"/orders/{order}", headers={"accept-language": "zh-CN"}).json()

    part = view["sub_orders"][0]
    assert part["state_text"] == "拦截中，正在向仓库确认"
    assert part["next"] == "若仓库拦截成功，将取消并退款；若已出库，可在派送时拒收。"
    assert part["parcels"][0]["why"] == ["同一商家的商品单独成包。", "商品存放于仓库 W1，由该仓发出。"]
