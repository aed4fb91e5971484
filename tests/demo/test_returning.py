"""What comes back in the small run, each told by its history: a real ``C`` invoice, and some that are made up."""

import pytest

from local.demo.ledger_checks import balances
from tests.demo.conftest import (
    ADVANCED_IN_PART,
    ADVANCED_RIGHT,
    ADVANCED_WRONG,
    ALL_OF_IT,
    BAD,
    CLAWED_BACK,
    COMPENSATED,
    CONVERTED,
    EXCHANGED,
    MONEY,
    REJECTED_GOODS,
    REPAIRED,
    SILENT_MERCHANT,
    STRAY,
    TAKEN_BACK,
    UNRECEIVED,
    UNSEEN,
    VANISHED,
    WORN,
)


def history(whole):
    return [event["event"] for event in whole.of("#EVENT")]


def of_case(whole):
    """What happened to its first case."""
    return [
        step["row"].split(".")[2]
        for event in whole.of("#EVENT")
        for step in event["steps"]
        if step["subject"] == "CASE#01"
    ]


def refunded(whole):
    return [(refund["state"], refund["reason"]) for refund in whole.of("REFUND")]


def test_a_real_c_invoice_comes_back_on_the_purchase_that_it_takes_back(order_of, play, small_book):
    [invoice] = [c for c in small_book.cancellations if c.sale == TAKEN_BACK]
    whole = order_of(TAKEN_BACK)
    skus = {str(line["number"]): line["sku"] for line in whole.lines}

    asked = {skus[number]: units for case in whole.of("CASE") for number, units in case["units"].items()}

    assert asked == dict(invoice.units)
    assert play.stage.taken_back[invoice.number] == [
        f"{whole.order_id}-C{case['number']:02}" for case in whole.of("CASE")
    ]
    assert all(case["counted"] and case["state"] == "completed" for case in whole.of("CASE"))


def test_what_nobody_bought_comes_back_on_an_order_made_up_for_it(order_of, play, small_book):
    [stray] = [c for c in small_book.cancellations if c.number == STRAY]
    whole = order_of(f"X-for-{STRAY}")

    assert {line["sku"]: line["quantity"] for line in whole.bought} == dict(stray.units)
    assert play.stage.taken_back[STRAY] == [f"{whole.order_id}-C{c['number']:02}" for c in whole.of("CASE")]
    assert play.stage.strays_refused == 1
    assert [case["kind"] for case in whole.of("CASE")] == ["return_refund"] * len(whole.of("CASE"))


def test_goods_are_asked_back_sent_inspected_and_then_paid_for(order_of):
    whole = order_of(ALL_OF_IT)

    told = [e for e in of_case(whole) if e not in ("delivery_claimed", "attention_overdue")]
    assert told == ["case_requested", "case_approved", "return_sent", "goods_arrived", "goods_inspected"]
    assert (whole.order["stage"], whole.rows["CASE#01"]["state"]) == ("closed", "completed")
    assert refunded(whole) == [("succeeded", "no_reason")]
    assert sum(sum(graded.values()) for graded in whole.rows["CASE#01"]["counted"].values()) == 4


@pytest.mark.parametrize(("number", "keeps"), [(ALL_OF_IT, True), (BAD, False), (UNRECEIVED, True)])
def test_its_merchant_keeps_the_freight_of_what_its_buyer_merely_did_not_want(order_of, number, keeps):
    [sub_order] = order_of(number).of("SUB")

    assert sub_order["refunded_freight_minor"] == (0 if keeps else sub_order["freight_minor"])
    assert sub_order["freight_minor"] > 0


def test_a_merchant_who_says_nothing_has_said_yes(order_of):
    assert of_case(order_of(SILENT_MERCHANT))[:2] == ["case_requested", "case_unanswered"]


def test_worn_goods_bring_back_sixty_per_cent_and_the_rest_stays_with_their_merchant(order_of):
    whole = order_of(WORN)
    [case], [sub_order] = whole.of("CASE"), whole.of("SUB")
    units = sum(case["units"].values())
    worth = whole.lines[0]["payable_minor"] * units // whole.lines[0]["quantity"]

    assert "assessment_accepted" in of_case(whole)
    assert sub_order["refunded_goods_minor"] == worth * 60 // 100
    assert sub_order["withheld_minor"] == worth - worth * 60 // 100


def test_goods_that_nobody_must_take_go_back_to_their_buyer(order_of):
    whole = order_of(REJECTED_GOODS)

    assert whole.rows["CASE#01"]["is_handed_back"] is True
    assert refunded(whole) == []
    assert [sub_order["state"] for sub_order in whole.of("SUB")] == ["completed", "completed"]


def test_other_goods_are_a_part_of_their_own_at_no_price(order_of):
    whole = order_of(EXCHANGED)
    paid, sent = whole.of("SUB")

    assert (sent["replaces"], sent["payable_minor"], sent["state"]) == (paid["number"], 0, "completed")
    assert (of_case(whole)[-1], refunded(whole)) == ("replacement_received", [])


def test_what_is_repaired_is_the_very_same(order_of):
    whole = order_of(REPAIRED)
    kinds = [move[0] for event in whole.of("#EVENT") for move in event.get("stock", ())]

    assert ("rework" in kinds, "restock" in kinds) == (True, False)
    assert whole.of("SUB")[1]["state"] == "completed"


@pytest.mark.parametrize(
    ("number", "ruling"), [(VANISHED, "tracking_says_lost"), (UNSEEN, "never_handed_over")]
)
def test_what_never_came_is_ruled_by_its_tracking_and_nobody_waits_for_it(order_of, number, ruling):
    whole = order_of(number)

    assert whole.rows["CASE#01"]["ruling"] == ruling
    assert [parcel["state"] for parcel in whole.of("PARCEL")] == ["written_off"]
    assert whole.order["stage"] == "closed"


def test_money_alone_leaves_the_goods_where_they_are(order_of):
    whole = order_of(MONEY)

    assert whole.rows["SUB#01"]["returned"] == {}
    assert whole.rows["SUB#01"]["waived"] == whole.rows["CASE#01"]["units"]
    assert [move[0] for e in whole.of("#EVENT") for move in e.get("stock", ())].count("restock") == 0


def test_what_was_to_be_cancelled_too_late_comes_back(order_of, play):
    whole = order_of(CONVERTED)

    assert play.stage.denied["cancelled when it was shipped"] == 2
    assert (whole.rows["CASE#01"]["kind"], whole.order["stage"]) == ("return_refund", "closed")


def pool_of(world, whole):
    own = [v for v in world.vouchers if v.get("order_id") == whole.order_id]
    return sum(amount for v in own for account, amount in v["entries"] if account == "pool:compensation")


def test_the_pool_bears_an_advance_that_nobody_owed_and_no_other(order_of, world):
    right, in_part, wrong = (order_of(n) for n in (ADVANCED_RIGHT, ADVANCED_IN_PART, ADVANCED_WRONG))
    paid = {whole.order_id: whole.rows["CASE#01"]["advance_minor"] for whole in (right, in_part, wrong)}

    assert all(paid.values())
    assert pool_of(world, right) == 0
    assert 0 < pool_of(world, in_part) < paid[in_part.order_id]
    assert pool_of(world, wrong) == paid[wrong.order_id]


def test_who_was_compensated_has_points(order_of, world):
    whole = order_of(COMPENSATED)

    assert whole.rows["CASE#01"]["points"] == 1_250
    assert world.wallets[whole.order["buyer_id"]]["MEMBER"]["points"] == 1_250


def test_a_favour_after_settlement_is_a_claim_on_the_merchant(order_of, world):
    whole = order_of(CLAWED_BACK)
    claimed = balances(world, f"claim:{whole.order_id}-01")

    assert claimed == {"CNY": max(1, whole.order["payable_minor"] // 10)}


def test_everything_that_must_be_refused_was_asked_for(play):
    assert {
        "after its window",
        "of an excluded category",
        "what was not bought",
        "more than was bought",
        "asked by another buyer",
        "decided by another merchant",
        "inspected with a grade that there is not",
        "inspected, more than was sent",
        "damaged, and nothing shown",
        "received while a case is open",
        "decided while a bank disputes it",
        "with somebody else's photo",
        "withdrawn when it was inspected",
    } <= play.stage.denied.keys()
