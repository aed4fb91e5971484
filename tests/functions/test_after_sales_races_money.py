"""Two at once at the money of an order, one of them by a case: both interleavings. Never twice, never more than paid.

Refunds of cases and of people, banks that take the money back, late captures, receipts and settlements.
"""

import pytest

from tests.functions.claims import FREIGHT, TEA, Claim, claim, on_its_way, request
from tests.functions.contests import (
    SUPPORT,
    Contest,
    End,
    Side,
    buyer,
    clock,
    comes_to_rest,
    merchant,
    platform,
    ruling,
    run,
    said,
    sides_of,
    sweep,
)
from tests.functions.racing import struck_before
from tests.functions.showing import received
from tests.functions.watching import problem_of
from tests.http_world import DAY, SWEPT, World

pytestmark = pytest.mark.usefixtures("promised")
PAID = 3 * TEA + FREIGHT
HOUR = 3600


# --- scenes ---


def whole(world: World) -> Claim:
    """All of it is asked back, freight too."""
    return claim(world, received(world), "refund_only", 3, reason="quality")


def two_cases(world: World) -> Claim:
    """One unit, and the other two: this is the second case."""
    order = received(world)
    claim(world, order, "refund_only", 1, reason="quality")
    return claim(world, order, "refund_only", 2, reason="quality")


def reduced(world: World) -> Claim:
    """3.00 less for one unit, and the other two asked back."""
    order = received(world)
    claim(world, order, "price_reduction", 1, reason="quality", amount=300)
    return claim(world, order, "refund_only", 2, reason="quality")


def beside_another_merchant(world: World) -> Claim:
    order = world.placed_and_paid({"TEA": 3, "KITE": 1})
    world.ship(order, 1)
    world.arrive(order)
    return claim(world, order, "refund_only", reason="quality")


def paid_at_the_second_try(world: World) -> Claim:
    order = world.place({"TEA": 3})
    world.start(order)
    world.pay(world.start(order))
    world.ship_all(order)
    world.arrive(order)
    return claim(world, order, "refund_only", reason="quality")


def by_card(world: World, kind: str = "refund_only") -> Claim:
    order = world.place({"TEA": 3})
    world.at_provider(world.opens(order, "stripe"), "pay")
    world.ship_all(order)
    world.arrive(order)
    return claim(world, order, kind, reason="quality")


def by_card_unanswered(world: World) -> Claim:
    asked = by_card(world)
    world.cloud.advance(2 * DAY - 1)
    return asked


def by_card_coming_back(world: World) -> Claim:
    asked = by_card(world, "return_refund")
    asked.approve()
    asked.send_back()
    return asked


def by_card_disputed(world: World) -> Claim:
    asked = by_card(world)
    asked.refuse()
    asked.call_platform()
    return asked


def nothing_asked(order: str, world: World) -> Claim:
    return Claim(world, f"{order}-C01")


def delivered(world: World) -> Claim:
    order = on_its_way(world)
    world.arrive(order)
    return nothing_asked(order, world)


def about_to_be_received(world: World) -> Claim:
    there = delivered(world)
    world.cloud.advance(10 * DAY - 1)
    assert world.order(there.order)["sub_orders"][0]["state"] == "delivered"
    return there


def settlement_due(world: World) -> int:
    [due] = [int(row["due_at"]) for row in world.rows() if row["sk"].startswith("SETTLE#")]
    return due


def about_to_be_settled(world: World) -> Claim:
    order = received(world)
    world.cloud.advance(settlement_due(world) - world.cloud.clock.now() - 1)
    return nothing_asked(order, world)


# --- sides ---


def favour(asked: Claim) -> object:
    body = {"amount": 5000, "reason": "goodwill"}
    return asked.world.send("POST", f"/orders/{asked.order}/refunds", body, **SUPPORT)


def first_is_approved(asked: Claim) -> object:
    first = Claim(asked.world, f"{asked.order}-C01")
    return merchant("decision", approve=True)(first)


def kite_is_cancelled(asked: Claim) -> object:
    path = f"/merchant/sub-orders/{asked.order}-02/cancellation"
    return asked.world.send("POST", path, {"reason": "out_of_stock"}, role="merchant", who="m-toys")


def pays_at_the_first_page(asked: Claim) -> None:
    payment = {"reference": f"{asked.order}01", "amount": {"amount": PAID, "currency": "CNY"}}
    asked.world.pay(payment, even_if_closed=True)


def bank(end: str) -> Side:
    def opens(asked: Claim) -> None:
        payment = {"provider": "stripe", "reference": f"{asked.order}01"}
        asked.world.at_provider(payment, "chargeback", end=end, after=5 * DAY)

    return Side("bank", "dispute_opened", opens)


def asks(asked: Claim) -> object:
    body = request(asked.world, asked.order, "return_refund", reason="quality")
    return asked.world.send("POST", f"/orders/{asked.order}/after-sales", body)


def asks_by_a_slow_clock(asked: Claim) -> object:
    """No two machines show the same time; on this one the window is still open."""
    clock, due = asked.world.cloud.clock, settlement_due(asked.world)
    now = clock.now()
    if now < due:
        return asks(asked)
    clock.set_to(due - 1)
    answer = asks(asked)
    clock.set_to(now)
    return answer


def confirms(asked: Claim) -> object:
    path = f"/orders/{asked.order}/receipt"
    token = asked.world.send("POST", path, {}).json().get("confirm", "v0")
    return asked.world.send("POST", path, {"confirm": token})


YES = Side("case", "case_approved", merchant("decision", approve=True))
FIRST_YES = Side("first case", "case_approved", first_is_approved)
FAVOUR = Side("favour", "refund_requested", favour)
RULING = Side("ruling", "case_ruled", ruling(100))
ADVANCE = Side("advance", "advance_paid", platform("advance", amount=500))
WITHDRAWAL = Side("withdrawal", "case_withdrawn", buyer("withdrawal"))
SILENCE = Side("silence", "case_unanswered", sweep())
INSPECTION = Side("inspection", "goods_inspected", merchant("inspection", lines=[{"line": 1, "good": 1}]))
CANCELLATION = Side("cancellation", "goods_cancelled", kite_is_cancelled)
LATE_CAPTURE = Side("late capture", "payment_unclaimed", pays_at_the_first_page)
REQUEST = Side("request", "case_requested", asks)
LAST_REQUEST = Side("request", "case_requested", asks_by_a_slow_clock)
RECEIPT = Side("receipt", "receipt_confirmed", confirms)
RECEIPT_CLOCK = Side("clock", "receipt_timed_out", clock())
SETTLEMENT = Side("settlement", "settlement_due", clock())

BLOCKED = "payment_disputed"
KITE = 333 + FREIGHT


def done(*refunds: int, state: str = "completed") -> End:
    return End("", state, refunds)


CONTESTS = {
    "case / favour": Contest(
        whole, YES, FAVOUR, done(5000, PAID - 5000), End("refund_too_large", "completed", (PAID,))
    ),
    "two cases of one line": Contest(
        two_cases, YES, FIRST_YES, done(TEA, 2 * TEA + FREIGHT), done(2 * TEA, TEA + FREIGHT)
    ),
    "reduction / the others of its line": Contest(
        reduced, YES, FIRST_YES, done(300, 2 * TEA - 200), done(2 * TEA, 300)
    ),
    "case / another part is cancelled": Contest(
        beside_another_merchant, YES, CANCELLATION, done(KITE, TEA), done(TEA, KITE)
    ),
    "case / late capture": Contest(
        paid_at_the_second_try, YES, LATE_CAPTURE, done(PAID, TEA), done(TEA, PAID)
    ),
    # --- the payer's bank ---
    "case / bank, won": Contest(by_card, YES, bank("won"), End(BLOCKED, "requested"), done(TEA)),
    "case / bank, lost": Contest(by_card, YES, bank("lost"), End(BLOCKED, "requested"), done(TEA)),
    "silence / bank": Contest(by_card_unanswered, SILENCE, bank("won"), done(state="requested"), done(TEA)),
    "inspection / bank": Contest(
        by_card_coming_back, INSPECTION, bank("won"), End(BLOCKED, "returning"), done(TEA)
    ),
    "ruling / bank": Contest(by_card_disputed, RULING, bank("lost"), End(BLOCKED, "disputed"), done(TEA)),
    "advance / bank": Contest(
        by_card_disputed, ADVANCE, bank("lost"), End(BLOCKED, "disputed"), done(500, state="disputed")
    ),
    "withdrawal / bank": Contest(
        by_card, WITHDRAWAL, bank("won"), done(state="closed"), done(state="closed")
    ),
    # --- the receipt, and the settlement ---
    "request / receipt by itself": Contest(
        about_to_be_received,
        REQUEST,
        RECEIPT_CLOCK,
        End("", "requested", parts=("completed",)),
        End("", "requested", parts=("delivered",)),
    ),
    "request / receipt": Contest(
        delivered,
        REQUEST,
        RECEIPT,
        End("", "requested", parts=("completed",)),
        End("case_open", "requested", parts=("delivered",)),
    ),
    "request / settlement": Contest(
        about_to_be_settled, LAST_REQUEST, SETTLEMENT, done(state="requested"), done(state="requested")
    ),
}


@pytest.mark.parametrize(
    ("name", "is_one_late"), sides_of(CONTESTS), ids=[said(CONTESTS, *sides) for sides in sides_of(CONTESTS)]
)
def test_of_two_who_move_money_at_once_the_slower_is_told_or_looks_again(
    world: World, name: str, is_one_late: bool
) -> None:
    run(world, CONTESTS[name], is_one_late)


def test_a_bank_that_is_faster_than_the_request_has_no_case_opened(world: World) -> None:
    order = world.place({"TEA": 3})
    payment = world.opens(order, "stripe")
    world.at_provider(payment, "pay")
    world.ship_all(order)
    world.arrive(order)

    with struck_before("case_requested", lambda: bank("won").act(nothing_asked(order, world))):
        late = world.send("POST", f"/orders/{order}/after-sales", request(world, order, "refund_only"))

    problem_of(late, 409, BLOCKED)
    assert world.send("GET", f"/after-sales/{order}-C01").status == 404
    comes_to_rest(world)


def test_after_a_withdrawal_the_receipt_s_clock_runs_again(world: World) -> None:
    there = about_to_be_received(world)
    with struck_before("receipt_timed_out", lambda: asks(there)):
        world.cloud.advance(1 + SWEPT)
    there.buyer("withdrawal")
    waiting = world.order(there.order)["sub_orders"][0]["state"]

    world.cloud.advance(DAY + SWEPT)

    assert waiting == "delivered"
    assert world.order(there.order)["sub_orders"][0]["state"] == "completed"


def test_a_case_that_the_settlement_overtook_is_paid_by_a_claim_on_its_merchant(world: World) -> None:
    there = about_to_be_settled(world)
    with struck_before("case_requested", lambda: world.cloud.advance(1 + SWEPT)):
        assert REQUEST.act(there).status == 201  # type: ignore[union-attr]
    settled = world.accounts()

    there.approve()
    there.send_back()
    there.inspect(good=1)

    assert settled == {"clearing:sandbox": PAID, "merchant:m-tea": -PAID}
    assert world.accounts() == {
        "claim:<order>-01": TEA,
        "clearing:sandbox": PAID - TEA,
        "merchant:m-tea": -PAID,
    }


@pytest.mark.parametrize("is_bank_first", [True, False])
def test_a_bank_and_a_settlement_at_once_and_whoever_is_late_takes_what_is_there(
    world: World, is_bank_first: bool
) -> None:
    """Before the settlement it waits; after it, what the bank takes is a claim on the merchant, which its statement
    takes: in the end nobody is owed anything, and the merchant was stated as much as was claimed."""
    order = world.place({"TEA": 3})
    world.at_provider(world.opens(order, "stripe"), "pay")
    world.ship_all(order)
    world.receive(order)
    world.cloud.advance(settlement_due(world) - world.cloud.clock.now() - 1)
    there, opens = nothing_asked(order, world), bank("lost")

    if is_bank_first:
        with struck_before("settlement_due", lambda: opens.act(there)):
            world.cloud.advance(1 + SWEPT)
    else:
        with struck_before("dispute_opened", lambda: sweep()(there)):
            opens.act(there)
    comes_to_rest(world)

    assert world.accounts() == {}
    kept = (row for row in world.rows("LEDGER_TABLE") if row["sk"].startswith("LINES#"))
    lines = [line for row in kept for line in row["lines"]]
    stated = {line[0]: line[1] for line in lines}
    assert stated == ({} if is_bank_first else {"settled": PAID, "dispute_lost": -PAID})
