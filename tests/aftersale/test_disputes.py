"""The platform decides: by people or by plain patterns, in advance or not, and whose money it is in the end."""

import pytest

from shared.aftersale.advance import AdvanceTooLarge
from shared.aftersale.cases import Decision, decide_case
from shared.aftersale.conversion import NothingToConvert, decide_conversion
from shared.aftersale.disputes import Ruling, decide_ruling, rule
from shared.errors import Invalid, TransitionRefused
from shared.fulfilment.carriers.port import Checkpoint, Status
from shared.payment.requests import PaymentDisputed
from shared.store.tracks import Track
from tests.builders import (
    BUYER,
    ORDER_ID,
    SKUS,
    SUPPORT,
    a_completed_order,
    a_delivered_order,
    a_request,
    a_shipped_order,
    a_split_order,
)
from tests.memory import MemoryShop
from tests.storybook import entries, moves, rows

POOL = "pool:compensation"


def a_dispute(kind="refund_only", units=None, **how):
    """About one tea of 10.00, unless said otherwise; received, not settled."""
    trade = a_completed_order()
    trade.ask(kind, units or {1: 1}, **how)
    trade.call_platform(1)
    return trade


@pytest.mark.parametrize("rate", [-1, 101, 1000])
def test_a_rate_is_a_percentage(rate):
    trade = a_dispute()
    before = trade.whole

    with pytest.raises(Invalid):
        trade.rule(1, rate)
    assert trade.whole is before


@pytest.mark.parametrize(("rate", "asked", "back"), [(100, 300, 300), (50, 300, 150), (1, 50, 1)])
def test_a_reduction_that_is_ruled_stays_one(rate, asked, back):
    trade = a_dispute("price_reduction", {1: 3}, asked_minor=asked)

    assert entries(trade.rule(1, rate)) == {"escrow 01": back, "refund R01": -back}
    assert (sum(trade.row("SUB#01").reduced.values()), trade.case(1).kind) == (back, "price_reduction")


def test_an_exchange_that_is_not_ruled_as_asked_becomes_money():
    trade = a_dispute("exchange")

    assert entries(trade.rule(1, 100)) == {"escrow 01": 1_000, "refund R01": -1_000}
    assert trade.case(1).kind == "refund_only"


def test_nothing_is_repaired_that_stays_away():
    trade = a_dispute("repair")

    trade.rule(1, 100, goods=trade.on_the_shelves(SKUS))

    assert (trade.state("CASE#01"), trade.case(1).kind) == ("awaiting_return", "repair")


def test_nobody_rules_or_decides_while_a_bank_has_not_decided():
    trade = a_dispute()
    trade.hear_dispute(trade.dispute("opened"))
    shop, before = MemoryShop(trade.world), trade.whole
    ruling = Ruling(100, goods_back=False, payer="merchant", reason="fair")
    asked = {"now": trade.now, "request": a_request("x", SUPPORT)}

    with pytest.raises(PaymentDisputed):
        rule(shop, ORDER_ID, 1, ruling, caller=SUPPORT, **asked)
    with pytest.raises(PaymentDisputed):
        decide_case(shop, ORDER_ID, 1, Decision(True), caller=trade.seller(1), **asked)
    assert trade.whole is before
    assert trade.judge(1) is None

    trade.hear_dispute(trade.dispute("won"))
    rule(shop, ORDER_ID, 1, ruling, caller=SUPPORT, **asked)
    assert trade.state("CASE#01") == "completed"


def test_what_nobody_called_the_platform_for_nobody_rules():
    trade = a_completed_order()
    trade.ask("refund_only", {1: 1})

    with pytest.raises(TransitionRefused):
        trade.rule(1)


# --- paid in advance ---


@pytest.mark.parametrize(
    ("rate", "refunded", "to_pool", "lost"),
    [(100, 400, -600, 0), (60, 0, -600, 0), (50, 0, -500, 100), (1, 0, -10, 590), (0, 0, 0, 600)],
)
def test_a_ruling_after_an_advance_gives_no_more_than_the_difference(rate, refunded, to_pool, lost):
    trade = a_dispute()
    trade.advance(1, 600)

    change = trade.rule(1, rate)

    expected = {"escrow 01": refunded, "refund R02": -refunded, POOL: to_pool}
    found = entries(change)
    if to_pool:
        found["escrow 01"] = refunded
    assert {account: amount for account, amount in found.items() if amount} == {
        account: amount for account, amount in expected.items() if amount
    }
    own, due = trade.row("SUB#01"), 1_000 * rate // 100
    assert trade.world.held(POOL) == lost
    assert (own.given_back_minor, own.kept_minor, trade.row("SETTLE#01").amount_minor) == (
        0,
        6_300 - due,
        6_300 - due,
    )
    assert trade.world.held(f"escrow:{ORDER_ID}-01") == due - 6_300
    trade.refund_says("succeeded", 1)


def test_an_advance_is_at_most_what_the_case_is_about_and_paid_once():
    trade = a_dispute()
    for amount in (-1, 0, 1_001):
        with pytest.raises(AdvanceTooLarge) as told:
            trade.advance(1, amount)
        assert told.value.details == {"maximum": 1_000}
    trade.advance(1, 1_000)

    with pytest.raises(AdvanceTooLarge) as told:
        trade.advance(1, 1)
    assert told.value.details == {"maximum": 0}


def test_an_advance_never_exceeds_what_is_kept():
    trade = a_dispute(units={1: 3})
    trade.give(6_000, 1)

    with pytest.raises(AdvanceTooLarge):
        trade.advance(1, 301)
    trade.advance(1, 300)
    trade.rule(1)
    assert (trade.row("SUB#01").kept_minor, trade.world.held(POOL)) == (0, 0)


def test_what_was_paid_in_advance_for_goods_that_are_sent_again_the_pool_bears():
    trade = a_dispute("reship", reason="missing_goods")
    trade.advance(1, 600)

    change = trade.rule(1, goods=trade.on_the_shelves(SKUS))

    assert (moves(change), entries(change)) == ({"reserve TEA W1": 1}, {})
    assert (trade.world.held(POOL), trade.row("SUB#01").kept_minor) == (600, 6_300)


def test_an_advance_for_a_return_that_never_comes_the_pool_bears():
    trade = a_dispute("return_refund")
    trade.advance(1, 600)
    trade.rule(1, goods_back=True)

    trade.ring_case(1)

    assert (trade.state("CASE#01"), trade.world.held(POOL), trade.row("SUB#01").kept_minor) == (
        "closed",
        600,
        6_300,
    )


def test_an_advance_on_a_reduction_is_part_of_it():
    trade = a_dispute("price_reduction", {1: 3}, asked_minor=500)
    trade.advance(1, 200)

    change = trade.rule(1)

    assert (entries(change)[POOL], entries(change)["refund R02"]) == (-200, -300)
    assert (trade.world.held(POOL), trade.row("SUB#01").kept_minor) == (0, 5_800)


def test_what_another_refund_counted_the_advance_for_the_merchant_pays_all_the_same():
    # The parcel comes back while its case is open: less is refunded, for the buyer has the advance.
    trade = a_shipped_order()
    trade.ask("refund_only", {3: 2}, sub_order=2, reason="not_received")
    trade.call_platform(1)
    trade.advance(1, 900)
    trade.refuse(3, reason="damaged")
    trade.count(3)
    assert trade.whole.refunds[-1].amount_minor == 10_800 - 900

    change = trade.rule(1, 0)

    assert entries(change) == {"escrow 02": 900, POOL: -900}
    assert (trade.world.held(POOL), trade.world.held(f"escrow:{ORDER_ID}-02")) == (0, 0)


def test_an_advance_that_the_payer_s_bank_sends_back_is_owed_again_whoever_bears_it():
    trade = a_dispute()
    trade.advance(1, 600)
    trade.rule(1, 0)
    trade.refund_says("succeeded", 1)

    change = trade.refund_says("failed", 1)

    assert entries(change) == {"clearing:sandbox": 600, "refund R01": -600}
    assert trade.world.held(POOL) == 600


# --- plain patterns ---


def tracked(status, at):
    return Track(checkpoints=(Checkpoint(at, status, "code", "Hangzhou"),))


@pytest.mark.parametrize(
    ("status", "pattern"),
    [
        (Status.LOST, "tracking_says_lost"),
        (Status.RETURNED, "tracking_says_lost"),
        (None, "never_handed_over"),
        (Status.IN_TRANSIT, ""),
        (Status.DELIVERED, ""),
    ],
)
def test_what_the_tracking_says_plainly_is_ruled_at_once(status, pattern):
    trade = a_shipped_order().after(200_000)
    trade.ask("refund_only", {3: 2}, sub_order=2, reason="not_received")
    trade.call_platform(1)
    tracks = {3: tracked(status, trade.now)} if status else {}

    change = trade.judge(1, tracks)

    if not pattern:
        assert (change, trade.state("CASE#01")) == (None, "disputed")
        return
    assert (trade.case(1).ruling, trade.state("SUB#02")) == (pattern, "closed")
    assert entries(change) == {"escrow 02": 10_800, "refund R01": -10_800}


def test_nothing_is_plain_before_its_time_or_for_another_reason_or_of_two_parcels_that_differ():
    early = a_shipped_order().after(1_000)
    early.ask("refund_only", {3: 1}, sub_order=2, reason="not_received")
    early.call_platform(1)
    assert early.judge(1) is None

    other = a_dispute()
    assert other.judge(1) is None

    two = a_shipped_order().after(200_000)
    two.ask("refund_only", {1: 3}, reason="not_received")
    two.call_platform(1)
    assert two.judge(1, {1: tracked(Status.LOST, two.now), 2: tracked(Status.IN_TRANSIT, two.now)}) is None


def test_the_rules_are_not_asked_of_a_case_that_people_decided():
    trade = a_dispute()
    trade.rule(1, 0)

    assert trade.judge(1) is None


# --- too late to cancel ---


def converted(trade, number=None):
    return trade.world.apply(
        decide_conversion(trade.whole, number, caller=BUYER, now=trade.now, request=a_request("convert"))
    )


def test_what_is_on_its_way_is_refused_and_what_has_arrived_is_asked_back():
    trade = a_shipped_order()
    trade.deliver(1)

    change = converted(trade)

    assert rows(change) == [
        "PARCEL#02 parcel.in_transit.parcel_returning",
        "PARCEL#03 parcel.in_transit.parcel_returning",
        "CASE#01 after_sale.start.case_requested",
    ]
    assert (trade.case(1).kind, trade.case(1).reason, dict(trade.case(1).units)) == (
        "return_refund",
        "no_reason",
        {"1": 2, "2": 1},
    )
    with pytest.raises(NothingToConvert):
        converted(trade)


def test_one_part_is_converted_without_the_other():
    trade = a_delivered_order()

    converted(trade, 2)

    assert [(case.sub_order, dict(case.units)) for case in trade.whole.cases] == [(2, {"3": 2})]


def test_what_lies_at_a_warehouse_leaves_first():
    trade = a_split_order()

    with pytest.raises(NothingToConvert) as told:
        converted(trade)
    assert told.value.details == {"parcels": [1, 2, 3]}


def test_a_ruling_of_the_system_says_who_it_was():
    trade = a_shipped_order().after(200_000)
    trade.ask("refund_only", {3: 2}, sub_order=2, reason="not_received")
    trade.call_platform(1)

    change = trade.judge(1)

    assert (change.caller.actor, change.note) == ("system", {"case": 1, "rate": 100})
    with pytest.raises(TransitionRefused):
        decide_ruling(
            trade.whole,
            trade.case(1),
            Ruling(100, goods_back=False, payer="merchant", reason="again"),
            None,
            caller=SUPPORT,
            now=trade.now,
        )
