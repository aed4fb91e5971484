"""Eight real invoices, some made-up orders, and what comes of them, each told by its history."""

from bench.cost_meter import Line
from local.demo.happened import Kind
from local.demo.ledger_checks import balances
from tests.demo.conftest import (
    BOTH_PAID,
    CHARGEBACK_LOST,
    CHARGEBACK_WON,
    COVERED,
    CUSTOMS,
    CUSTOMS_AGAIN,
    FORGOTTEN,
    GOLD,
    HALF,
    HEAVY,
    IN_PARTS,
    LAST,
    LAST_TOO,
    LATE,
    LIMITED,
    LIMITED_AGAIN,
    LOST_LATE,
    MENDED,
    MIXED,
    NEVER,
    OTHER_ACCOUNT,
    PAID_BY_BANK,
    PARTLY_CANCELLED,
    PRESALE,
    RECEIPT_BY_CLOCK,
    REJECTED,
    RETRIED,
    SILENT,
    STRAY,
    TWO_MERCHANTS,
    WRONG_AMOUNT,
    WRONG_CURRENCY,
)


def history(whole):
    return [event["event"] for event in whole.of("#EVENT")]


def test_an_order_of_two_merchants_is_shipped_and_settled_in_two_parts(order_of):
    whole = order_of(TWO_MERCHANTS)

    assert whole.order["stage"] == "completed"
    assert len(whole.of("SUB")) == len({sub_order["merchant_id"] for sub_order in whole.of("SUB")}) == 2
    assert [entry["state"] for entry in whole.of("SETTLE")] == ["settled", "settled"]


def test_a_silent_buyer_s_receipt_comes_by_the_clock(order_of):
    assert history(order_of(RECEIPT_BY_CLOCK))[-2:] == ["receipt_timed_out", "settlement_due"]


def test_cancelled_units_are_refunded_and_the_rest_is_shipped(order_of):
    whole = order_of(PARTLY_CANCELLED)

    assert whole.order["stage"] == "completed"
    assert [refund["state"] for refund in whole.of("REFUND")] == ["succeeded"]
    assert sum(sum(sub["cancelled"].values()) for sub in whole.of("SUB")) == 1


def test_late_money_goes_back_and_the_order_stays_cancelled(order_of):
    whole = order_of(LATE)

    assert whole.order["stage"] == "cancelled"
    assert "payment_unclaimed" in history(whole)
    assert [refund["state"] for refund in whole.of("REFUND")] == ["succeeded"]


def test_an_order_that_nobody_pays_is_closed_and_cancelled(order_of):
    assert history(order_of(NEVER)) == [
        "order_placed",
        "payment_started",
        "payment_prepared",
        "payment_timed_out",
        "payments_closed",
    ]


def test_a_wrong_amount_goes_back_and_the_second_page_pays(order_of):
    whole = order_of(WRONG_AMOUNT)

    assert whole.order["stage"] == "completed"
    assert [payment["state"] for payment in whole.of("PAY")] == ["closed", "succeeded"]
    assert whole.of("REFUND")[0]["amount_minor"] == whole.order["payable_minor"] - 1


def test_a_wrong_currency_is_kept_for_people(order_of, world):
    whole = order_of(WRONG_CURRENCY)

    assert whole.order["stage"] == "cancelled"
    assert balances(world, f"quarantine:{whole.order_id}") == {"EUR": -whole.order["payable_minor"]}


def test_an_order_costs_at_list_prices_what_its_invoice_said(play, small_book):
    for sale in small_book.sales:
        assert play.stage.records[sale.number].ordered_goods_minor == sale.goods_minor


def test_a_gold_member_uses_a_coupon_and_points(order_of):
    whole = order_of(GOLD)
    kinds = {name.partition(":")[0] for line in whole.lines for name, _ in line["steps"]}

    assert (whole.order["stage"], whole.snapshot["level"]) == ("completed", "gold")
    assert {"list_price", "member_price", "shop_coupon", "platform_coupon", "points"} <= kinds
    assert whole.snapshot["points"] > 0


def test_a_presale_is_approved_and_leaves_after_its_date(order_of, play):
    whole = order_of(PRESALE)
    [sub_order] = whole.of("SUB")

    assert (whole.order["stage"], whole.snapshot["review"]) == ("completed", ["presale"])
    assert all(parcel["shipped_at"] > sub_order["ships_at"] for parcel in whole.of("PARCEL"))


def test_a_rejected_order_is_refunded_whole(order_of):
    whole = order_of(REJECTED)

    assert whole.order["stage"] == "cancelled"
    assert [refund["amount_minor"] for refund in whole.of("REFUND")] == [whole.order["payable_minor"]]


def test_an_order_that_nobody_looks_at_is_refunded_by_policy(order_of):
    assert history(order_of(FORGOTTEN))[2:5] == ["payment_succeeded", "review_overdue", "review_timed_out"]


def test_customs_limit_frees_up_when_an_order_comes_back(order_of, play):
    assert play.stage.client.refusals["422 order_refused: cross_border_quota"] == 1
    assert order_of(CUSTOMS_AGAIN).order["stage"] == "completed"


def test_two_pay_for_the_last_unit_and_one_is_refunded_at_once(order_of):
    ends = {number: order_of(number) for number in (LAST, LAST_TOO)}

    assert sorted(whole.order["stage"] for whole in ends.values()) == ["cancelled", "completed"]
    [unlucky] = [whole for whole in ends.values() if whole.order["stage"] == "cancelled"]
    assert "payment_unfilled" in history(unlucky)
    assert [refund["state"] for refund in unlucky.of("REFUND")] == ["succeeded"]


def test_so_many_for_each_buyer_and_no_more(order_of, play):
    assert [line["quantity"] for line in order_of(LIMITED).lines] == [3]
    assert play.stage.records[LIMITED_AGAIN].order_id == ""


def test_a_locked_coupon_comes_back_and_is_used_in_the_end(play, world):
    numbers = [number for number in play.stage.records if number.startswith("X-again")]
    orders = [world.orders[play.stage.records[number].order_id] for number in numbers]

    assert [whole.order["state"] for whole in orders] == ["cancelled", "paid", "paid"]
    assert len({coupon[0] for whole in orders for coupon in whole.snapshot["coupons"]}) == 1
    kinds = [move[0] for whole in orders for event in whole.of("#EVENT") for move in _coupons(event)]
    assert kinds == ["lock", "unlock", "lock", "use", "give_back", "lock", "use"]


def _coupons(event):
    return event.get("wallet", {}).get("coupons", ())


def test_a_cancellation_of_what_was_never_bought_is_refused(play, small_book):
    assert STRAY in {cancellation.number for cancellation in small_book.cancellations}
    assert play.stage.strays_refused == 1


def test_the_meter_counts_one_start_for_each_event_with_effects_and_for_each_that_failed(play, world):
    with_effects = sum(event["effects"] for whole in world.orders.values() for event in whole.of("#EVENT"))

    failed = play.cloud.counts["execution_failed"]  # Started again by the sweeper.
    executions = play.meter.bill.quantities[Line("states.express_request", "Express executions", True)]
    assert failed > 0
    assert play.meter.calls["states", "start_execution"] == executions == with_effects + failed


def test_each_kind_of_misfortune_happened_and_each_told_of_money(play):
    amounts = {one.kind: one.amount_minor for one in play.stage.happened}

    assert amounts.keys() == set(Kind)
    assert all(amounts.values())


def test_two_paid_pages_make_one_paid_order_and_one_refund(order_of):
    whole = order_of(BOTH_PAID)

    assert whole.order["stage"] == "completed"
    assert sorted(payment["state"] for payment in whole.of("PAY")) == ["closed", "succeeded"]
    assert [(r["state"], r["amount_minor"]) for r in whole.of("REFUND")] == [
        ("succeeded", whole.order["payable_minor"])
    ]


def test_two_parts_pay_an_order_and_half_of_it_goes_back(order_of, world):
    paid, half = order_of(IN_PARTS), order_of(HALF)

    assert (paid.order["stage"], half.order["stage"]) == ("completed", "cancelled")
    assert "payment_part_captured" in history(half)
    assert balances(world, f"held:{half.order_id}") == {"CNY": 0}


def test_a_chargeback_freezes_the_order_and_the_verdict_lets_it_go_on(order_of):
    won, lost = order_of(CHARGEBACK_WON), order_of(CHARGEBACK_LOST)

    assert [dispute["state"] for whole in (won, lost) for dispute in whole.of("DISPUTE")] == ["won", "lost"]
    assert [whole.of("SETTLE")[0]["amount_minor"] for whole in (won, lost)] == [won.order["payable_minor"], 0]


def test_who_was_paid_before_the_bank_took_it_owes_it(order_of, world):
    whole = order_of(LOST_LATE)

    assert balances(world, f"claim:{whole.order_id}") == {"CNY": whole.order["payable_minor"]}


def test_a_promise_that_the_bank_covered_is_not_sent(order_of):
    assert [refund["state"] for refund in order_of(COVERED).of("REFUND")] == ["covered"]


def test_money_of_another_account_is_kept_apart_and_the_order_is_paid(order_of, world):
    whole = order_of(OTHER_ACCOUNT)

    assert whole.order["stage"] == "completed"
    assert balances(world, f"quarantine:{whole.order_id}") == {"CNY": -whole.order["payable_minor"]}


def test_people_retry_or_pay_by_bank_what_the_provider_refused(order_of):
    retried, by_bank = (order_of(number).rows["REFUND#01"] for number in (RETRIED, PAID_BY_BANK))

    assert (retried["state"], retried["round"]) == ("succeeded", 2)
    assert (by_bank["state"], by_bank["paid_otherwise"]) == ("succeeded", f"BANK-{by_bank['refund_id']}")


def test_money_that_nobody_knows_is_in_quarantine_after_a_day(world):
    assert [
        (row["fact"]["provider"], row["state"]) for row in sorted(world.parked, key=lambda row: row["pk"])
    ] == [
        ("alipay", "quarantined"),
        ("stripe", "quarantined"),
        ("wechatpay", "quarantined"),
    ]


# --- parcels ---


def cuts(whole):
    """Why each parcel is one, without what all share."""
    return [
        [code for code in parcel["cuts"] if code[:9] not in ("merchant:", "warehouse")]
        for parcel in whole.of("PARCEL")
    ]


def test_goods_that_must_not_meet_travel_apart(order_of):
    whole = order_of(MIXED)

    assert whole.order["stage"] == "completed"
    assert sorted(cuts(whole)) == [
        ["size:bulky"],
        ["size:small", "hazard:harmless", "category:confectionery|fragrance"],
        ["size:small", "hazard:harmless", "category:confectionery|fragrance"],
        ["size:small", "hazard:hazard"],
    ]


def test_customs_sees_no_parcel_that_is_worth_too_much_and_all_papers_agree(order_of, play):
    whole = order_of(CUSTOMS)

    assert sorted(sum(parcel["contents"].values()) for parcel in whole.of("PARCEL")) == [1, 2, 2]
    declared = [one for one in play.stage.declared if one["number"].startswith(whole.order_id)]
    assert sorted(one["value"]["amount"] for one in declared) == [249_900, 499_800, 499_800]
    assert [one["mismatches"] for one in declared] == [[], [], []]


def test_four_times_five_kilograms_to_the_highlands_are_four_parcels_because_two_would_be_dearer(order_of):
    whole = order_of(HEAVY)

    # 5 kg: 560 + 3 x 120 + 140 for handling; 10 kg: 920 + 5 x 310 + 140.
    assert [parcel["cost_minor"] for parcel in whole.of("PARCEL")] == [1_060] * 4
    assert cuts(whole) == [["tariff:2120<2610"]] * 4


def test_what_nobody_could_send_is_sent_when_somebody_can(order_of):
    whole = order_of(MENDED)

    assert whole.order["stage"] == "completed"
    assert [event for event in history(whole) if event in ("split_refused", "review_approved")] == [
        "split_refused",
        "review_approved",
    ]
    assert [parcel["service"] for parcel in whole.of("PARCEL")] == ["crane-leeds"]


def test_a_parcel_that_nobody_sees_is_found_and_reported_by_support(order_of):
    events = [(event["event"], event["actor"]) for event in order_of(SILENT).of("#EVENT")]

    assert ("push_refused", "warehouse") in events
    assert ("parcel_silent", "clock") in events
    assert ("parcel_delivered", "support") in events


def test_all_four_trackers_followed_parcels(world):
    assert {tracker for tracker, parcels in world.sightings.items() if parcels} == {
        "kuaidi100",
        "aftership",
        "easypost",
        "seventeentrack",
    }


def test_every_answer_of_a_warehouse_to_stop_ends_as_it_must(order_of):
    ends = {
        stopping: order_of(f"X-ship-regret-{stopping}").order["stage"]
        for stopping in (
            "by-state",
            "reject",
            "pending-then-accept",
            "pending-then-reject",
            "pending-then-ship",
            "lost-accept",
            "lost-reject",
        )
    }

    assert ends == {
        "by-state": "cancelled",
        "reject": "completed",
        "pending-then-accept": "cancelled",
        "pending-then-reject": "completed",
        "pending-then-ship": "completed",
        "lost-accept": "cancelled",
        "lost-reject": "completed",
    }
