"""What comes while the platform decides, or when nobody waits for it any more; who pays the way back; goods that nobody
has to take back.
"""

from typing import Any

import pytest

from tests.functions.claims import TEA, Claim, claim, photo, refunded, returning, shelf
from tests.functions.showing import received
from tests.functions.watching import nothing_happens, problem_of
from tests.http_world import DAY, SWEPT, World
from tests.uploads import post, told_of

pytestmark = pytest.mark.usefixtures("promised")

CLAIM = "claim:<order>-01"
AT_HANGZHOU = "Returns, 8 Wenyi Road, Hangzhou 310012, +86 571 1234567"


def called_meanwhile(world: World, kind: str = "return_refund") -> Claim:
    """On its way back, and the merchant has called the platform."""
    asked = returning(world, kind=kind)
    path = f"/after-sales/{asked.case_id}/escalation"
    world.command(path, {"reason": "not_ours"}, role="merchant", who="m-tea")
    return asked


def in_the_register(world: World, asked: Claim, kind: str) -> list[Any]:
    found = world.read("/register", role="support", who="s-1")["entries"]
    return [entry for entry in found if (entry["order_id"], entry["kind"]) == (asked.order, kind)]


# --- evidence while somebody decides ---


def test_both_sides_show_more_while_the_platform_decides_and_each_reads_it(world: World) -> None:
    asked = called_meanwhile(world)
    mine, path = photo(world, asked.order), f"/merchant/sub-orders/{asked.order}-01/evidence"
    theirs = world.command(path, told_of(), role="merchant", who="m-tea")
    assert post(world.cloud, theirs["upload"]).status == 204
    due = asked.read()["countdowns"]

    asked.buyer("evidence", {"evidence": [mine]})
    shown = {"evidence": [theirs["evidence_id"]]}
    told = world.command(f"/after-sales/{asked.case_id}/evidence", shown, role="merchant", who="m-tea")

    assert told["evidence"] == [mine, theirs["evidence_id"]]
    assert (told["state"], asked.read()["countdowns"]) == ("disputed", due)
    read = world.read(f"/after-sales/{asked.case_id}/evidence/{theirs['evidence_id']}")
    assert read["party"] == "merchant"


def test_nobody_shows_what_another_uploaded_nor_anything_once_it_is_decided(world: World) -> None:
    asked = called_meanwhile(world)
    mine = {"evidence": [photo(world, asked.order)]}
    path = f"/after-sales/{asked.case_id}/evidence"

    with nothing_happens(world):
        theirs = world.send("POST", path, mine, role="merchant", who="m-tea")
        strangers = world.send("POST", path, mine, who="b-9")
    asked.rule(100)
    with nothing_happens(world):
        late = asked.tries("/after-sales", "evidence", mine)

    problem_of(theirs, 422, "evidence_unknown")
    problem_of(strangers, 404, "not_found")
    problem_of(late, 409, "transition_refused")


# --- goods that come while the platform decides ---


def test_the_platform_wants_the_goods_back_and_they_are_on_their_way_already(world: World) -> None:
    asked = called_meanwhile(world)

    ruled = asked.rule(100, goods_back=True)
    asked.inspect(good=1)

    assert (ruled["state"], ruled["send_back"]["waybill"]) == ("returning", "SF-BACK-0001")
    assert [amount for _, amount, _ in refunded(world, asked.order)] == [TEA]
    assert shelf(world) == {"available": 18, "sold": 2}


def test_what_is_counted_whole_while_the_platform_decides_needs_no_ruling(world: World) -> None:
    asked = called_meanwhile(world)

    ended = asked.inspect(good=1)

    assert (ended["state"], refunded(world, asked.order)[0][1]) == ("completed", TEA)
    assert world.read("/support/disputes", role="support", who="s-1")["cases"] == []


def test_what_is_worth_less_the_platform_weighs_with_what_was_counted(world: World) -> None:
    asked = called_meanwhile(world)

    counted = asked.inspect(defect=1, rate_pct=30)
    whole = {"lines": [{"line": 1, "good": 1}]}
    again = asked.tries("/merchant/after-sales", "inspection", whole, role="merchant", who="m-tea")
    unruled = refunded(world, asked.order)
    ended = asked.rule(80, goods_back=True)

    assert (counted["state"], counted["lines"][0]["counted"], unruled) == ("disputed", {"defect": 1}, [])
    problem_of(again, 409, "transition_refused")
    assert (ended["state"], refunded(world, asked.order)[0][1]) == ("completed", TEA * 80 // 100)
    assert shelf(world) == {"available": 17, "defect": 1, "sold": 2}


# --- goods that nobody waits for ---


def test_goods_that_come_after_the_week_was_over_are_people_s_and_never_nobody_s(world: World) -> None:
    asked = claim(world, received(world), "return_refund")
    asked.approve()
    world.cloud.advance(7 * DAY + SWEPT)
    was, levels = asked.state, shelf(world)

    told = asked.merchant("receipt")

    assert (was, told["state"], shelf(world)) == ("closed", "closed", levels)
    [entry] = in_the_register(world, asked, "goods_unawaited")
    assert entry["owner"] == "support"
    assert entry["playbook"].endswith("goods-unawaited.md")
    assert {"adjust_stock", "refund", "compensate"} <= {one["action"] for one in entry["actions"]}


# --- goods that nobody has to take back ---


def rejected(world: World) -> Claim:
    """Counted as worn, contested, and the platform agrees with the merchant."""
    asked = returning(world)
    asked.inspect(defect=1, rate_pct=0)
    asked.call_platform()
    asked.rule(0)
    return asked


def test_what_nobody_has_to_take_back_is_sent_to_its_buyer_again(world: World) -> None:
    asked = rejected(world)

    case, order = asked.read(), world.order(asked.order)

    assert (case["state"], case["replacement"], case["ruling"]) == (
        "replacing",
        f"{asked.order}-02",
        "photos_show_it",
    )
    assert refunded(world, asked.order) == []
    again = order["sub_orders"][1]
    assert (again["payable"]["amount"], [line["quantity"] for line in again["lines"]]) == (0, [1])
    world.ship_all(asked.order)
    world.receive(asked.order)
    assert asked.state == "completed"
    assert (refunded(world, asked.order), shelf(world)) == ([], {"available": 17, "sold": 3})


def test_to_refuse_ones_own_goods_wins_no_money(world: World) -> None:
    asked = rejected(world)
    world.ship_all(asked.order)
    parcel = world.order(asked.order)["sub_orders"][1]["parcels"][0]["parcel"]

    world.command(f"/orders/{asked.order}/refusal", {"parcels": [parcel], "reason": "changed_mind"})
    body = {"parcel": parcel, "lines": [{"line": 2, "good": 0, "defect": 1}]}
    world.command(f"/merchant/sub-orders/{asked.order}-02/returns", body, role="merchant", who="m-tea")

    assert refunded(world, asked.order) == []
    assert shelf(world) == {"available": 17, "defect": 1, "sold": 2}


# --- who pays the way back ---


def sent_back_at_a_price(world: World, freight: int, **more: Any) -> Claim:
    asked = returning(world, **more)
    asked.buyer("waybill", {"carrier": "sf", "waybill": "SF-BACK-0001", "freight": freight})
    return asked


@pytest.mark.parametrize(
    ("freight", "points"), [(1_200, 1_200), (2_000, 2_000), (99_999, 2_000)], ids=["all", "most", "more"]
)
def test_of_what_is_the_shops_fault_the_shop_pays_the_way_back_up_to_the_policys_most(
    world: World, freight: int, points: int
) -> None:
    asked = sent_back_at_a_price(world, freight, reason="quality")

    case = asked.inspect(good=1)

    assert (case["points"], case["send_back"]["freight"]["amount"]) == (points, freight)
    assert world.read("/wallet")["points"]["available"] == points
    assert world.accounts()[CLAIM] == points


def test_of_what_the_buyer_did_not_want_the_buyer_pays_it(world: World) -> None:
    asked = sent_back_at_a_price(world, 1_200)

    case = asked.inspect(good=1)

    assert (case["points"], CLAIM in world.accounts()) == (0, False)


def test_an_empty_box_was_no_way_back(world: World) -> None:
    asked = sent_back_at_a_price(world, 1_200, reason="quality")

    asked.inspect(good=0)
    asked.buyer("acceptance")

    assert (asked.state, asked.read()["points"], CLAIM in world.accounts()) == ("completed", 0, False)


def test_postage_is_made_good_once_however_often_the_number_is_told(world: World) -> None:
    asked = sent_back_at_a_price(world, 1_200, reason="quality")
    asked.buyer("waybill", {"carrier": "sf", "waybill": "SF-BACK-0001", "freight": 900})
    asked.buyer("waybill", {"carrier": "sf", "waybill": "SF-BACK-0001"})
    asked.inspect(good=1, rate_pct=50)
    before = asked.read()["points"]

    asked.buyer("acceptance")

    assert (before, asked.read()["points"], world.accounts()[CLAIM]) == (0, 900, 900)


# --- where to ---


def test_whoever_sends_it_back_is_told_where_to(world: World) -> None:
    site = {"warehouse_id": "W1", "name": "Hangzhou one", "country": "CN", "region": "Zhejiang"}
    world.publish("warehouse", site | {"currency": "CNY", "return_address": AT_HANGZHOU})
    asked = returning(world)

    back = asked.read()["send_back"]

    assert (back["address"], back["country"], back["region"]) == (AT_HANGZHOU, "CN", "Zhejiang")
    assert len(back["demands"]) == 3
    asked.inspect(good=1)
    assert asked.read()["send_back"]["address"] is None
