"""Where authentic facts go: booked once, kept while their order is not known, and then kept for people."""

import pytest

from shared.errors import SignatureInvalid
from shared.money import Money
from shared.payment.facts import (
    DisputeFact,
    DisputeKind,
    PaymentFact,
    PaymentKind,
    RefundFact,
    RefundOutcome,
)
from shared.payment.inbox import from_values, name_of, receive, to_values, try_again
from shared.payment.port import Told
from tests.builders import ORDER_ID, a_paid_order, a_split_order, an_order_being_paid, an_order_with_a_refund
from tests.memory import MemoryShop

DAY = 86_400
OTHER_ID = "01MCC5RM000000000000000000"


def heard(trade, *facts, shop=None):
    return receive(shop or MemoryShop(trade.world), facts, now=trade.now)


def of_another_order(trade, **fields):
    return trade.notice(1, reference=f"{OTHER_ID}01", transaction_id="tx_lost", **fields)


def tried(trade, shop):
    """Every parked fact whose hour has come is tried again."""
    return [try_again(shop, due, now=trade.now) for due in list(shop.asking.due(trade.now)) if due.is_parked]


def waited(trade, shop):
    """As long as it takes: every fact is tried whenever its hour comes. Returns when, and what came of it."""
    begun, ends = trade.now, []
    while shop.asking.hours:
        trade.now = min(shop.asking.hours.values())
        ends += [(trade.now - begun, told) for told in tried(trade, shop)]
    return ends


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, Told.APPLIED),
        ({"is_success": False}, Told.APPLIED),
        ({"money": Money(1, "CNY")}, Told.APPLIED),
        ({"money": Money(17_100, "USD")}, Told.QUARANTINED),
        ({"is_our_account": False}, Told.QUARANTINED),
    ],
)
def test_what_is_told_of_an_order_is_booked_and_need_not_be_sent_again(fields, told):
    trade = an_order_being_paid()

    assert heard(trade, trade.notice(1, **fields)) is told


def test_what_was_booked_before_is_a_duplicate_and_what_says_nothing_new_has_no_effect():
    trade = an_order_being_paid()
    paid = trade.notice(1)

    assert [heard(trade, paid), heard(trade, paid)] == [Told.APPLIED, Told.DUPLICATE]
    assert heard(trade, trade.notice(1, is_success=False)) is Told.NO_EFFECT
    assert heard(trade) is Told.NO_EFFECT  # A message that says nothing of money.


def test_a_message_of_several_facts_is_answered_by_what_is_still_to_be_told():
    trade = a_paid_order()
    shop = MemoryShop(trade.world)
    old, found = trade.notice(1, is_success=False), trade.found_refund(1_000)

    assert heard(trade, old, found, shop=shop) is Told.APPLIED
    assert heard(trade, found, of_another_order(trade), shop=shop) is Told.PARKED


def test_another_amount_of_a_refund_is_kept_for_people_and_need_not_be_sent_again():
    trade = an_order_with_a_refund()

    assert heard(trade, trade.refund_notice("succeeded", money=Money(2_501, "CNY"))) is Told.QUARANTINED


def test_money_of_an_order_that_is_not_known_is_kept_and_shall_be_sent_again():
    trade = an_order_being_paid()
    shop, fact, before = MemoryShop(trade.world), of_another_order(trade), trade.whole

    assert [heard(trade, fact, shop=shop) for _ in range(3)] == [Told.PARKED] * 3

    assert (list(shop.asking.kept), trade.whole is before) == (["sandbox#paid#tx_lost"], True)
    assert shop.asking.hours == {"sandbox#paid#tx_lost": trade.now + 60}


def test_a_message_of_another_account_about_an_order_that_is_not_ours_is_refused_and_not_kept():
    trade = an_order_being_paid()
    shop = MemoryShop(trade.world)
    with pytest.raises(SignatureInvalid):
        heard(trade, of_another_order(trade, is_our_account=False), shop=shop)

    assert shop.asking.kept == {}


def test_a_reference_that_is_none_of_ours_is_kept_too():
    trade = an_order_being_paid()
    shop = MemoryShop(trade.world)

    for reference in ("", "somebody-elses", f"{ORDER_ID}09"):
        fact = trade.notice(1, reference=reference, transaction_id=f"tx_of_{reference}")
        assert heard(trade, fact, shop=shop) is Told.PARKED

    assert len(shop.asking.kept) == 3


def test_what_was_parked_is_found_later_and_booked_once():
    trade = an_order_being_paid()
    shop, found = MemoryShop(trade.world), trade.found_refund(1_000)
    assert heard(trade, found, shop=shop) is Told.PARKED  # Its payment has not been told.
    trade.pay(1)

    assert tried(trade.after(59), shop) == []
    assert tried(trade.after(1), shop) == [Told.APPLIED]

    assert (shop.asking.kept, trade.row("REFUND#01").amount_minor) == ({}, 1_000)
    assert heard(trade, found, shop=shop) is Told.NO_EFFECT


def test_what_was_parked_and_then_told_again_is_booked_once_and_forgotten():
    trade = an_order_being_paid()
    shop, found = MemoryShop(trade.world), trade.found_refund(1_000)
    heard(trade, found, shop=shop)
    trade.pay(1)
    assert heard(trade, found, shop=shop) is Told.APPLIED

    assert tried(trade.after(60), shop) == [Told.NO_EFFECT]

    assert (shop.asking.kept, len(trade.whole.refunds)) == ({}, 1)


def test_it_is_tried_again_ever_less_often_and_after_a_day_it_is_kept_for_people():
    trade = an_order_being_paid()
    shop, fact = MemoryShop(trade.world), of_another_order(trade)
    heard(trade, fact, shop=shop)

    ends = waited(trade, shop)

    assert [seconds for seconds, _ in ends] == [60 * 2**n for n in range(11)] + [DAY]
    assert [told for _, told in ends] == [Told.PARKED] * 11 + [Told.QUARANTINED]
    (voucher,) = shop.asking.vouchers
    assert (voucher.kind, voucher.currency) == ("quarantined", "CNY")
    assert dict(voucher.entries) == {"clearing:sandbox": 17_100, "quarantine:sandbox#paid#tx_lost": -17_100}


def test_what_is_kept_for_people_is_answered_so_whenever_it_is_told_again():
    trade = an_order_being_paid()
    shop, fact = MemoryShop(trade.world), of_another_order(trade)
    heard(trade, fact, shop=shop)
    waited(trade, shop)

    assert [heard(trade, fact, shop=shop) for _ in range(3)] == [Told.QUARANTINED] * 3
    assert (len(shop.asking.vouchers), shop.asking.hours) == (1, {})


@pytest.mark.parametrize(
    ("fields", "clearing"),
    [
        ({"kind": PaymentKind.PAID}, 17_100),
        ({"kind": PaymentKind.PART}, 17_100),
        ({"kind": PaymentKind.REVERSED}, -17_100),
        ({"kind": PaymentKind.FAILED}, None),
        ({"kind": PaymentKind.CLOSED}, None),
    ],
)
def test_only_money_is_kept_for_people(fields, clearing):
    trade = an_order_being_paid()
    shop = MemoryShop(trade.world)
    heard(trade, of_another_order(trade)._replace(**fields), shop=shop)

    ends = waited(trade, shop)

    assert ends[-1][1] is (Told.NO_EFFECT if clearing is None else Told.QUARANTINED)
    booked = [voucher.entries[0].amount_minor for voucher in shop.asking.vouchers]
    assert (booked, shop.asking.kept == {}) == ([clearing] if clearing else [], clearing is None)


@pytest.mark.parametrize(
    ("kind", "clearing"), [("withdrawn", -17_100), ("reinstated", 17_100), ("opened", None), ("won", None)]
)
def test_what_a_bank_took_of_an_order_that_nobody_knows_is_kept_for_people(kind, clearing):
    trade = an_order_being_paid()
    shop = MemoryShop(trade.world)
    heard(trade, trade.dispute(kind, reference=f"{OTHER_ID}01"), shop=shop)

    waited(trade, shop)

    assert [v.entries[0].amount_minor for v in shop.asking.vouchers] == ([clearing] if clearing else [])


def test_a_sum_of_refunds_that_is_not_clear_yet_waits_until_it_is_and_is_never_given_up():
    trade = an_order_with_a_refund()
    shop = MemoryShop(trade.world)
    in_all = trade.found_refund(4_000, is_total=True)
    assert heard(trade, in_all, shop=shop) is Told.PARKED

    trade.after(3 * DAY)
    assert tried(trade, shop) == [Told.PARKED]
    assert list(shop.asking.hours.values()) == [trade.now + 600]
    trade.refund_says("succeeded")
    assert tried(trade.after(600), shop) == [Told.APPLIED]

    assert [refund.amount_minor for refund in trade.whole.refunds] == [2_500, 1_500]


def test_of_several_sums_that_wait_only_the_largest_is_kept():
    trade = an_order_with_a_refund()
    shop = MemoryShop(trade.world)
    for total in (3_000, 4_000, 3_500):
        heard(trade, trade.found_refund(total, is_total=True), shop=shop)

    (kept,) = shop.asking.kept.values()
    assert kept.values["money"] == (4_000, "CNY")


FACTS = [
    PaymentFact("sandbox", "evt_1", f"{ORDER_ID}01", PaymentKind.PART, "tx_1", Money(1, "CNY"), True),
    PaymentFact(
        "sandbox", "", "r", PaymentKind.FAILED, "", Money(1, "CNY"), False, "card_expired", occurred_at=7
    ),
    RefundFact(
        "stripe", "evt_2", "re_1", RefundOutcome.SUCCEEDED, Money(2, "JPY"), "r", "pi_1", is_total=True
    ),
    DisputeFact("stripe", "evt_3", "dp_1", DisputeKind.LOST, Money(3, "USD"), transaction_id="pi_1"),
]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_a_fact_is_read_as_it_was_kept(fact):
    assert from_values(to_values(fact)) == fact


@pytest.mark.parametrize(
    ("fact", "name"),
    [
        (FACTS[0], "sandbox#paid#tx_1"),
        (FACTS[2]._replace(is_total=False), "stripe#refunded#re_1"),
        (FACTS[2], "stripe#refunded-in-all#r"),
        (FACTS[3], "stripe#dispute#dp_1#lost"),
    ],
)
def test_a_fact_is_kept_under_the_name_of_its_money(fact, name):
    assert name_of(fact) == name


def test_a_fact_names_no_person():
    trade = a_split_order()

    assert set(to_values(trade.notice(1))) <= {
        "type",
        "provider",
        "event_id",
        "reference",
        "kind",
        "transaction_id",
        "money",
        "is_our_account",
        "failure",
    }
