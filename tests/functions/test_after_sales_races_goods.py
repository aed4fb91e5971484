"""Two at once at the goods of a case: both interleavings of each. A unit is in one place, and is paid back once.

Warehouses and merchants who count, carriers who deliver, buyers who refuse or convert, others who buy the last one.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from local.gateway import Response
from tests.functions.at_once import WAYBILL, carrier_says
from tests.functions.claims import FREIGHT, TEA, Claim, claim, on_its_way, parts, refunded, request, shelf
from tests.functions.contests import (
    SUPPORT,
    Contest,
    End,
    Side,
    buyer,
    clock,
    comes_to_rest,
    merchant,
    run,
    said,
    sides_of,
)
from tests.functions.parcels import Partners, message, partners, post, sent
from tests.functions.racing import struck_before
from tests.functions.showing import received
from tests.functions.test_after_sales_warehouses import arrived as arrives
from tests.functions.test_after_sales_warehouses import inspected as counts
from tests.functions.test_after_sales_warehouses import shipped_by_w1
from tests.http_world import ADDRESS, DAY, World

pytestmark = pytest.mark.usefixtures("promised")
OVER, POT = "transition_refused", 12_901
ALL = 3 * TEA + FREIGHT


@pytest.fixture
def wms(world: World) -> Iterator[Partners]:
    with partners(world, tracker="aftership") as stand_in:
        yield stand_in


# --- scenes ---


def nothing_asked(world: World) -> Claim:
    """All of it on its way."""
    return Claim(world, f"{on_its_way(world)}-C01")


def nothing_asked_of_w1(world: World) -> Claim:
    return Claim(world, f"{sent(world, WAYBILL)}-C01")


def at_the_door(world: World) -> Claim:
    order = on_its_way(world)
    world.arrive(order)
    return Claim(world, f"{order}-C01")


def all_of_it(world: World) -> Claim:
    return claim(world, on_its_way(world), "refund_only", 3, reason="damaged")


def one_of_a_lost_parcel(world: World) -> Claim:
    order = on_its_way(world)
    body = {"said": "lost", "reason": "asked_the_carrier"}
    world.command(f"/orders/{order}/parcels/1/report", body, **SUPPORT)
    return claim(world, order, "refund_only", 1, reason="not_received")


def two_returns(world: World) -> Claim:
    """One unit, and the other two, in one parcel back; this is the second."""
    order = received(world)
    for units in (1, 2):
        asked = claim(world, order, "return_refund", units)
        asked.approve()
        asked.send_back()
    return asked


def one_of_four_pots(world: World, kind: str = "exchange") -> Claim:
    """Five there were, four were bought, one of them comes back: one is left to be had instead."""
    asked = claim(world, received(world, {"POT": 4}), kind, reason="quality")
    asked.approve()
    asked.send_back()
    return asked


def sent_again(world: World) -> Claim:
    asked = claim(world, received(world), "reship", reason="missing_goods")
    asked.approve()
    return asked


def expected_by_w1(world: World) -> Claim:
    asked = claim(world, shipped_by_w1(world), "return_refund")
    asked.approve()
    return asked


def unsent_to_w1(world: World) -> Claim:
    asked = expected_by_w1(world)
    world.cloud.advance(7 * DAY - 1)
    return asked


def sent_to_w1(world: World) -> Claim:
    asked = expected_by_w1(world)
    asked.send_back()
    return asked


# --- sides ---


def converts(asked: Claim) -> Response:
    return asked.world.send("POST", f"/orders/{asked.order}/cancellation/conversion", {})


def refuses(asked: Claim) -> Response:
    body = {"parcels": [1], "reason": "damaged"}
    return asked.world.send("POST", f"/orders/{asked.order}/refusal", body)


def delivers(asked: Claim) -> None:
    carrier_says(asked.world, "delivered")


def asks(kind: str, units: int = 3, **more: Any) -> Any:
    def act(asked: Claim) -> Response:
        body = request(asked.world, asked.order, kind, units, **{"reason": "damaged", **more})
        return asked.world.send("POST", f"/orders/{asked.order}/after-sales", body)

    return act


def is_written_off(asked: Claim) -> Response:
    path = f"/orders/{asked.order}/parcels/1/loss"
    return asked.world.send("POST", path, {"reason": "lost"}, **SUPPORT)


def first_is_counted(asked: Claim) -> Response:
    first = Claim(asked.world, f"{asked.order}-C01")
    return merchant("inspection", lines=[{"line": 1, "good": 1}])(first)  # type: ignore[return-value]


def somebody_buys(asked: Claim, units: int = 1, who: str = "b-2") -> Response:
    body = {"lines": [{"sku": "POT", "quantity": units}], "address": ADDRESS}
    return asked.world.send("POST", "/orders", body, who=who)


def leaves(asked: Claim) -> Response:
    waiting = asked.world.order(asked.order)["sub_orders"][1]["parcels"][0]["parcel"]
    body = {"parcels": [{"parcel": waiting, "carrier": "sf", "waybill": "SF-AGAIN-0001"}]}
    path = f"/merchant/sub-orders/{asked.order}-02/shipment"
    return asked.world.send("POST", path, body, role="merchant", who="m-tea")


def cannot_be_sent(asked: Claim) -> Response:
    path = f"/merchant/sub-orders/{asked.order}-02/cancellation"
    return asked.world.send("POST", path, {"reason": "out_of_stock"}, role="merchant", who="m-tea")


def w1_has_it(asked: Claim) -> Response:
    return post(asked.world, message(asked.world, arrives(asked)))


def w1_counts(asked: Claim) -> Response:
    return post(asked.world, message(asked.world, counts(asked, {"defect": 1})))


CONVERSION = Side("conversion", "parcel_returning", converts)
CONVERSION_TO_RETURN = Side("conversion", "case_requested", converts)
REFUSAL = Side("refusal", "parcel_returning", refuses)
DELIVERY = Side("carrier", "parcel_delivered", delivers)
REQUEST = Side("request", "case_requested", asks("refund_only"))
RETURN = Side("return", "case_requested", asks("return_refund", 2))
REDUCTION = Side("reduction", "case_requested", asks("price_reduction", 2, amount=300))
YES = Side("case", "case_approved", merchant("decision", approve=True))
LOSS = Side("loss", "parcel_lost", is_written_off)
BOTH = Side("second count", "goods_inspected", merchant("inspection", lines=[{"line": 1, "scrap": 2}]))
ONE = Side("first count", "goods_inspected", first_is_counted)
NO_POT = Side("exchange", "goods_inspected", merchant("inspection", lines=[{"line": 1, "scrap": 1}]))
PURCHASE = Side("buyer", "order_placed", somebody_buys)
SHIPMENT = Side("shipment", "parcels_shipped", leaves)
NO_SHIPMENT = Side("cancellation", "goods_cancelled", cannot_be_sent)
GOOD = Side("merchant", "goods_inspected", merchant("inspection", lines=[{"line": 1, "good": 1}]))
WAYBILL_SIDE = Side("waybill", "return_sent", buyer("waybill", carrier="sf", waybill="SF-BACK-0001"))
W1_HAS_IT = Side("warehouse", "goods_arrived", w1_has_it)
W1_COUNTS = Side("warehouse", "goods_inspected", w1_counts)
EXPIRY = Side("clock", "case_expired", clock())

UNTOUCHED = {"available": 17, "sold": 3}
CONTESTS = {
    "conversion / request": Contest(
        nothing_asked, CONVERSION, REQUEST, End("", "requested"), End("after_sale_refused", "")
    ),
    "two conversions": Contest(
        nothing_asked, CONVERSION, CONVERSION, End("nothing_to_convert", ""), End("nothing_to_convert", "")
    ),
    "two conversions to a return": Contest(
        at_the_door,
        CONVERSION_TO_RETURN,
        CONVERSION_TO_RETURN,
        End("nothing_to_convert", "requested"),
        End("nothing_to_convert", "requested"),
    ),
    "conversion / refusal": Contest(
        nothing_asked, CONVERSION, REFUSAL, End("nothing_to_convert", ""), End(OVER, "")
    ),
    "return / reduction of the same units": Contest(
        at_the_door,
        RETURN,
        REDUCTION,
        End("after_sale_refused", "requested"),
        End("after_sale_refused", "requested"),
    ),
    "case / refusal at the door": Contest(
        all_of_it,
        YES,
        REFUSAL,
        End("", "completed", (), UNTOUCHED, ("awaiting_receipt",)),
        End(OVER, "completed", (ALL,), UNTOUCHED, ("closed",)),
    ),
    "case / loss": Contest(
        one_of_a_lost_parcel,
        YES,
        LOSS,
        End("", "completed", (ALL,), {"available": 17, "scrapped": 3}, ("closed",)),
        End(
            "",
            "completed",
            (TEA, 2 * TEA + FREIGHT),
            {"available": 17, "scrapped": 2, "sold": 1},
            ("closed",),
        ),
    ),
    "two returns in one parcel": Contest(
        two_returns,
        BOTH,
        ONE,
        End("", "completed", (TEA, 2 * TEA), {"available": 18, "scrapped": 2}, ("closed",)),
        End("", "completed", (2 * TEA, TEA), {"available": 18, "scrapped": 2}, ("closed",)),
    ),
    "exchange / the last one is bought": Contest(
        one_of_four_pots,
        NO_POT,
        PURCHASE,
        End("", "completed", (POT,)),
        End("order_refused", "replacing"),
    ),
    "what is sent again leaves / cannot": Contest(
        sent_again,
        SHIPMENT,
        NO_SHIPMENT,
        End(OVER, "completed", (TEA,), UNTOUCHED, ("completed", "cancelled")),
        End("already_shipped", "replacing", (), {"available": 16, "sold": 4}),
    ),
}
AT_WAREHOUSES = {
    "conversion / delivery": Contest(
        nothing_asked_of_w1,
        CONVERSION,
        DELIVERY,
        End("", "requested", parts=("delivered",)),
        End("", "", parts=("awaiting_receipt",)),
    ),
    "waybill / it is here": Contest(
        expected_by_w1, WAYBILL_SIDE, W1_HAS_IT, End(OVER, "inspecting"), End("", "inspecting")
    ),
    "it is here / 7 days": Contest(unsent_to_w1, W1_HAS_IT, EXPIRY, End("", "closed"), End("", "inspecting")),
    "merchant / warehouse": Contest(
        sent_to_w1,
        GOOD,
        W1_COUNTS,
        End(OVER, "completed", (TEA,), {"available": 17, "defect": 1, "sold": 2}),
        End(OVER, "completed", (TEA,), {"available": 18, "sold": 2}),
    ),
}


@pytest.mark.parametrize(
    ("name", "is_one_late"), sides_of(CONTESTS), ids=[said(CONTESTS, *sides) for sides in sides_of(CONTESTS)]
)
def test_of_two_who_want_the_same_goods_at_once_the_slower_is_told_or_looks_again(
    world: World, name: str, is_one_late: bool
) -> None:
    run(world, CONTESTS[name], is_one_late)


@pytest.mark.parametrize(
    ("name", "is_one_late"),
    sides_of(AT_WAREHOUSES),
    ids=[said(AT_WAREHOUSES, *sides) for sides in sides_of(AT_WAREHOUSES)],
)
def test_where_a_warehouse_has_a_system_too(
    world: World, wms: Partners, name: str, is_one_late: bool
) -> None:
    run(world, AT_WAREHOUSES[name], is_one_late)


def test_what_was_refused_at_the_door_while_its_case_was_approved_is_refunded_when_it_is_counted(
    world: World,
) -> None:
    asked = all_of_it(world)
    with struck_before("case_approved", lambda: refuses(asked)):
        asked.approve()
    before = refunded(world, asked.order)

    body = {"parcel": 1, "lines": [{"line": 1, "good": 3}]}
    path = f"/merchant/sub-orders/{asked.order}-01/returns"
    world.command(path, body, role="merchant", who="m-tea")

    assert before == []
    assert refunded(world, asked.order) == [("succeeded", ALL, "damaged")]
    assert (parts(world, asked.order), shelf(world)) == (["closed"], {"available": 20})
    comes_to_rest(world)
