"""The same facts in every order of arrival, each told twice, lead to the same books at the end.

What cannot be understood yet is parked, and tried again when everything has been told, as the poller does it.
"""

from itertools import permutations

import pytest

from shared.payment.inbox import receive, try_again
from tests.builders import ORDER_ID, a_cancelled_order, an_order_being_paid, an_order_with_a_refund
from tests.memory import MemoryShop

REF = f"{ORDER_ID}01"


def books(trade):
    """What must not depend on the order of arrival."""
    payments = [
        (str(p.state), p.captured_minor, p.refund_reserved_minor, p.held_minor) for p in trade.whole.payments
    ]
    order = trade.whole.order
    rest = (str(order.state), order.captured_minor, order.refund_reserved_minor)
    accounts = {name: amount for name, amount in sorted(trade.world.accounts.items()) if amount}
    return payments, rest, {name.replace(ORDER_ID, ""): amount for (name, _), amount in accounts.items()}


def after_hearing(world, facts_of, arrival):
    trade = world()
    facts, shop = facts_of(trade), MemoryShop(trade.world)
    for index in arrival:
        for _ in range(2):
            receive(shop, [facts[index]], now=trade.now)
    for _ in range(len(facts)):
        trade.after(600)
        for due in [due for due in shop.asking.due(trade.now) if due.is_parked]:
            try_again(shop, due, now=trade.now)
    assert shop.asking.kept == {}, "everything has found its order"
    return trade


def paid_in_parts(t):
    """Paid, told under another event, too; in parts before; refused once."""
    tx = {"transaction_id": "tx_of_1"}
    whole = t.notice(1, **tx)
    return [
        whole,
        whole._replace(event_id="evt_other"),
        t.so_far("part", 6_000),
        t.so_far("part", 17_100),
        t.notice(1, is_success=False),
    ]


def part_and_back(t):
    return [t.so_far("part", 6_000), t.so_far("part", 10_000), t.so_far("reversed", 4_000)]


def part_and_all_back(t):
    return [*part_and_back(t), t.so_far("reversed", 10_000)]


def late_and_doubled(t):
    return [
        t.notice(1),
        t.notice(1, transaction_id="tx_second"),
        t.notice(1, is_success=False),
        t.notice(1, is_our_account=False, transaction_id="tx_foreign"),
    ]


def disputed_and_lost(t):
    """Paid, 10.00 refunded by hand, and then a bank takes all of it."""
    kinds = ("opened", "withdrawn", "lost")
    return [t.notice(1), t.found_refund(1_000), *(t.dispute(kind) for kind in kinds)]


def disputed_and_won(t):
    kinds = ("opened", "withdrawn", "reinstated", "won")
    return [t.notice(1), *(t.dispute(kind) for kind in kinds)]


def two_by_hand(t):
    return [t.notice(1), t.found_refund(1_000, "by_hand_1"), t.found_refund(2_000, "by_hand_2")]


def sent_and_come_back(t):
    """Our refund of 25.00 was sent, told twice; 10.00 went by hand; a bank asked for 50.00 and lost."""
    sent = t.refund_notice("succeeded")
    return [
        sent,
        sent._replace(event_id="evt_other"),
        t.found_refund(1_000),
        t.dispute("opened", 5_000),
        t.dispute("won", 5_000),
    ]


PAID = [("succeeded", 17_100, 0, 0)]
PAID_REST = ("paid", 17_100, 0)
ESCROW = {"escrow:-01": -6_300, "escrow:-02": -10_800}


@pytest.mark.parametrize(
    ("world", "facts_of", "expected"),
    [
        (
            an_order_being_paid,
            paid_in_parts,
            (PAID, PAID_REST, {"clearing:sandbox": 17_100, **ESCROW}),
        ),
        (
            an_order_being_paid,
            part_and_back,
            (
                [("open", 6_000, 0, 6_000)],
                ("pending_payment", 0, 0),
                {"clearing:sandbox": 6_000, "held:01": -6_000},
            ),
        ),
        (
            an_order_being_paid,
            part_and_all_back,
            ([("open", 0, 0, 0)], ("pending_payment", 0, 0), {}),
        ),
        (
            a_cancelled_order,
            late_and_doubled,
            (
                [("closed", 34_200, 34_200, 0)],
                ("cancelled", 0, 0),
                {
                    "clearing:sandbox": 34_200,
                    "elsewhere:sandbox": 17_100,
                    "quarantine:": -17_100,
                    "refund:R01": -17_100,
                    "refund:R02": -17_100,
                },
            ),
        ),
        (
            an_order_being_paid,
            disputed_and_lost,
            (
                [("succeeded", 17_100, 18_100, 0)],
                ("paid", 17_100, 17_100),
                {"claim:": 1_000, "clearing:sandbox": -1_000},
            ),
        ),
        (
            an_order_being_paid,
            disputed_and_won,
            (PAID, PAID_REST, {"clearing:sandbox": 17_100, **ESCROW}),
        ),
        (
            an_order_being_paid,
            two_by_hand,
            (
                [("succeeded", 17_100, 3_000, 0)],
                ("paid", 17_100, 3_000),
                {"clearing:sandbox": 14_100, "escrow:-01": -5_195, "escrow:-02": -8_905},
            ),
        ),
        (
            an_order_with_a_refund,
            sent_and_come_back,
            (
                [("succeeded", 17_100, 3_500, 0)],
                ("paid", 17_100, 3_500),
                {"clearing:sandbox": 13_600, "escrow:-01": -3_540, "escrow:-02": -10_060},
            ),
        ),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_whatever_comes_first_the_books_are_the_same(world, facts_of, expected):
    count = len(facts_of(world()))
    for arrival in permutations(range(count)):
        assert books(after_hearing(world, facts_of, arrival)) == expected, arrival


def test_a_bounce_is_the_end_whether_its_success_is_told_before_or_was_known_already():
    # The success that we had heard as the answer to our question comes once more, late, as a message.
    for arrival in permutations(range(2)):
        trade = an_order_with_a_refund()
        trade.refund_says("succeeded")
        facts = [trade.refund_notice("failed"), trade.refund_notice("succeeded")]

        for index in arrival:
            receive(MemoryShop(trade.world), [facts[index]], now=trade.now)

        assert (trade.state("REFUND#01"), trade.world.held("clearing:sandbox")) == ("needs_action", 17_100)
