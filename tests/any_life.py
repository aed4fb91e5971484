"""Any order, and everything that anybody can do with it: drawn from a ``Random``, so that a seed is a whole life.

What an act offers to do is drawn from what stands there now; what is not allowed is refused, and changes nothing.
"""

from collections.abc import Sequence
from random import Random

from shared.aftersale.cancellation import cancellable_units
from shared.changes import Caller
from shared.clockwork import decide_expiry
from shared.errors import Conflict
from shared.lifecycle import Actor
from shared.model import Line
from shared.money import Money
from shared.ordering.address import decide_correction
from shared.ordering.placing import move_stock
from shared.payment.receiving import record_payment
from tests.any_cases import cases_come_to_rest, on_sale
from tests.any_contracts import agree
from tests.any_goods import GOODS_ACTS, goods_come_to_rest, is_cut
from tests.any_money import MONEY_ACTS, Act, money_comes_to_rest
from tests.builders import ADDRESS, BUYER, OPERATOR, ORDER_ID, SUPPORT, T0, Trade, a_line, an_unpaid_order_of
from tests.memory import MemoryShop
from tests.special_orders import a_long_order, a_used_coupon, others_bought, others_bring, others_take

PLACES = [("W1", 0), ("W1", 1), ("W1", 2), ("W2", 0)]
FLAGS = ["deferred", "made_to_order", "cross_border", "perishable"]


def any_order(draw: Random) -> Trade:
    """Up to three lines of up to two merchants, in any shards, with coupons, points, flags; or a long order."""
    if draw.random() < 0.1:
        return a_long_order(100)
    merchants = draw.randint(1, 2)
    lines = [_line(draw, number, merchants) for number in range(1, draw.randint(merchants, 3) + 1)]
    off = -sum(amount for line in lines for name, amount in line.steps if name.startswith("platform"))
    coupons = [a_used_coupon("C-1", off, T0 + draw.choice([50, 10**7]))] if off else []
    freight = [draw.randint(0, 900) for _ in range(merchants)]
    numbers = {name: draw.randint(0, 1) for name in ("review_default_approves", "coupon_comes_back")}
    trade = an_unpaid_order_of(lines, freight, coupons=coupons, **numbers)
    agree(trade)
    others_bought(trade, 20)  # Whose shard a unit of a hot SKU came from is not written down.
    for _ in range(draw.randint(0, 2)):
        trade.start_payment()
    if trade.whole.payments and draw.random() < 0.6:  # Most of its life comes after that.
        record_payment(MemoryShop(trade.world), trade.notice(1), now=trade.now)
        is_cut(trade, draw)
    return trade


def _line(draw: Random, number: int, merchants: int) -> Line:
    lies = [(w, draw.randint(1, 3), shard) for w, shard in draw.sample(PLACES, draw.randint(1, 3))]
    points, coupon, money = draw.randint(0, 50), draw.choice([0, draw.randint(1, 90)]), draw.randint(1, 9_999)
    steps = [("list_price", money + points + coupon), ("platform_coupon:C-1", -coupon), ("points", -points)]
    codes = (
        ("0902", "CN") if draw.random() < 0.8 else ("", "")
    )  # Without them customs cannot be told what it is.
    return a_line(
        number,
        sum(place[1] for place in lies),
        money,
        weight_grams=draw.choices([100, 450, 0], [10, 5, 1])[0],
        hs_code=codes[0],
        origin=codes[1],
        sub_order=number if number <= merchants else draw.randint(1, merchants),
        lies=lies,
        points=points,
        steps=tuple(step for step in steps if step[1]),
        flags=tuple(flag for flag in FLAGS if draw.random() < 0.2),
    )


def starts_to_pay(trade: Trade, draw: Random) -> None:
    if len(trade.whole.payments) < 3:
        trade.start_payment()
        if draw.random() < 0.2:
            trade.prepare(len(trade.whole.payments), f"pi_{len(trade.whole.payments)}")


def pays(trade: Trade, draw: Random) -> None:
    """Some try is paid: as it should be, or with the wrong amount, in another currency."""
    if trade.whole.payments:
        payment = draw.choice(trade.whole.payments)
        notice, money = trade.notice(payment.number), Money(payment.amount_minor, payment.currency)
        if payment.part_minor:  # What came in parts is the same transaction.
            notice = notice._replace(transaction_id=f"tx_of_{payment.number}")
        wrong = (Money(money.amount_minor + 1, money.currency), Money(money.amount_minor, "USD"))
        paid = draw.choices((money, *wrong), (8, 1, 1))[0]
        record_payment(MemoryShop(trade.world), notice._replace(money=paid), now=trade.now)


def fails(trade: Trade, draw: Random) -> None:
    if trade.whole.payments:
        notice = trade.notice(draw.choice(trade.whole.payments).number, is_success=False)
        record_payment(MemoryShop(trade.world), notice, now=trade.now)


def is_closed(trade: Trade, draw: Random) -> None:
    """A provider closes a try: nobody asks it to while the order may still be paid."""
    living = [p.number for p in trade.whole.payments if p.state in ("open", "failed")]
    if living and trade.whole.order.state != "pending_payment":
        trade.close(draw.choice(living))


def rings(trade: Trade, draw: Random) -> None:
    waiting = sorted(subject for subject, row in trade.whole.rows.items() if row.due_at is not None)
    if waiting:
        let_ring(trade, draw.choice(waiting))


def let_ring(trade: Trade, subject: str) -> None:
    if subject.startswith("CASE#"):
        trade.ring_case(trade.row(subject).number, on_sale(trade))
        return
    trade.now = max(trade.now, trade.row(subject).due_at)
    trade.world.apply(decide_expiry(trade.whole, subject, now=trade.now))


def is_reviewed(trade: Trade, draw: Random) -> None:
    trade.review(is_approved=draw.random() < 0.6, caller=draw.choice([SUPPORT, OPERATOR]))


def ships(trade: Trade, draw: Random) -> None:
    waiting = [parcel for parcel in trade.whole.parcels if parcel.state == "awaiting_shipment"]
    if waiting:
        parcel = draw.choice(waiting)
        trade.ship(parcel.sub_order, parcel.number, caller=_merchant(parcel.sub_order))


def cancels_some(trade: Trade, draw: Random) -> None:
    free = {ln.number: units for ln in trade.whole.lines if (units := cancellable_units(trade.whole, ln))}
    if free:
        chosen = draw.sample(sorted(free), draw.randint(1, len(free)))
        trade.cancel({number: draw.randint(1, free[number]) for number in chosen})


def cancels_all(trade: Trade, draw: Random) -> None:
    if trade.whole.order.state == "paid":
        number = draw.choice(trade.whole.sub_orders).number
        caller, part = draw.choice([(BUYER, None), (_merchant(number), number)])
        trade.cancel(sub_order=part, caller=caller)
    else:
        trade.cancel_unpaid()


def others_come(trade: Trade, draw: Random) -> None:
    """Other buyers take what is free of something, on one shelf or on all of them, or bring something back."""
    sku, warehouse, shard = at = draw.choice(sorted(trade.world.stock))
    everywhere = [place for place in sorted(trade.world.stock) if place[0] == sku]
    if draw.random() < 0.2:
        others_bring(trade, sku, warehouse, 2, shard)
        return
    for _, taken_from, of_shard in everywhere if draw.random() < 0.4 else [at]:
        others_take(trade, sku, taken_from, trade.world.units(sku, taken_from, of_shard)[0], of_shard)


def is_corrected(trade: Trade, draw: Random) -> None:
    """The buyer, or somebody for them, mends the address."""
    corrected = ADDRESS | {"street": f"street {len(trade.world.changes)}"}
    who = draw.choice([BUYER, SUPPORT])
    trade.world.apply(decide_correction(trade.whole, ADDRESS, corrected, caller=who, now=trade.now))


def is_moved(trade: Trade, draw: Random) -> None:
    """The effect moves what is still to be moved, and may die after its first chunk."""
    shop = MemoryShop(trade.world)
    if draw.random() < 0.5:
        written = shop.write

        def write(change: object) -> None:
            written(change)
            raise Conflict("its process died")

        shop.write = write
    move_stock(shop, ORDER_ID, trade.now)


ACTS: Sequence[tuple[int, Act]] = (
    (10, starts_to_pay),
    (14, pays),
    (6, fails),
    (6, is_closed),
    (6, rings),
    (4, is_reviewed),
    (14, ships),
    (8, cancels_some),
    (1, cancels_all),
    *GOODS_ACTS,
    *MONEY_ACTS,
    (1, is_corrected),
    (14, others_come),
    (14, is_moved),
)


def any_act(draw: Random) -> Act:
    return draw.choices([act for _, act in ACTS], [weight for weight, _ in ACTS])[0]


def everybody_waits(trade: Trade) -> None:
    """Providers answer, merchants ship, chunks move; nobody else does anything until the next clock rings."""
    move_stock(MemoryShop(trade.world), ORDER_ID, trade.now)
    for payment in trade.whole.payments:
        if payment.state in ("open", "failed") and trade.whole.order.state != "pending_payment":
            trade.close(payment.number)
    is_cut(trade, Random(0))
    goods_come_to_rest(trade)
    money_comes_to_rest(trade)
    cases_come_to_rest(trade)
    if waiting := [row for row in trade.whole.rows.values() if row.due_at is not None]:
        let_ring(trade, min(waiting, key=lambda row: (row.due_at, row.subject)).subject)


def _merchant(number: int) -> Caller:
    return Caller(Actor.MERCHANT, "someone", f"m-{number}")
