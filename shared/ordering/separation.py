"""Paying, or cancelling, one merchant's part of an unpaid order alone: the part becomes an order of its own.

An order is one payment group for ever, so nobody pays half of one. What shall be paid or cancelled without the rest
moves to a new order first, in one transaction over both (RULES 6, payment group):

    old order  sub-orders 1, 2, 3    1 and 3: separated, their amounts 0; totals shrink by what left; lines stay
    new order  sub-orders 1, 2       the same goods at the same prices, with the same time to pay as before

Reserved goods stay reserved: they are for the one order or for the other. A shop's coupon goes with its goods; what
reduced several merchants' goods, and points, hold an order together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from shared.changes import Caller, Change, Draft, Request
from shared.commands import Outcome, Shop, carry_out
from shared.context import Context, new_order_id
from shared.engine import decide, may
from shared.errors import Invalid, NotFound, OrderError, TransitionRefused
from shared.lifecycle import Actor, Event, OrderState
from shared.model import Line, Order, Snapshot, SubOrder, WholeOrder
from shared.ordering import points, wallet
from shared.ordering.confirmation import announced
from shared.ordering.own import own_coupons, own_lines, own_sub_orders, reduced_by
from shared.payment.living import payment_facts
from shared.policy import Action, require_order

EVENT = Event.SUB_ORDERS_SEPARATED
PROMOTION, PLATFORM_COUPON = "promotion:", "platform_coupon:"  # How the steps of a price begin.


class PaidTogether(OrderError):
    """Something was granted for all of the order: its parts are paid together, or cancelled together."""

    status, code = 409, "paid_together"


class NotSplitYet(OrderError):
    """By its policy, this order is cut only when it is paid."""

    status, code = 409, "not_split_yet"


class PaymentOpen(OrderError):
    """A try to pay the whole order may still succeed."""

    status, code = 409, "payment_open"


class NothingToSeparate(OrderError):
    """The parts that were named are all that the order has."""

    status, code = 409, "nothing_to_separate"


def separate(
    shop: Shop, context: Context, order_id: str, named: Sequence[str], *, caller: Caller, request: Request
) -> Outcome:
    """Move the sub-orders that are *named* to an order of their own, once per *request*; the outcome is that order.

    Raises ``NotFound``, ``TransitionRefused``, ``NothingToSeparate``, ``NotSplitYet``, ``PaidTogether``,
    ``PaymentOpen``.
    """
    numbers = _numbers(order_id, named)
    new_id = new_order_id(context)

    def decision(whole: WholeOrder) -> Change:
        require_order(caller, Action.SEPARATE_ORDER, whole)
        refuse_to_separate(whole, numbers, actor=caller.actor, now=context.now)
        personal = shop.orders.personal(order_id)
        return decide_separation(
            whole, numbers, new_id, personal, caller=caller, now=context.now, request=request
        )

    outcome = carry_out(shop, order_id, decision, request)
    return outcome._replace(whole=shop.orders.read(outcome.about))


def refuse_to_separate(whole: WholeOrder, numbers: frozenset[int], *, actor: Actor, now: int) -> None:
    """Say why *numbers* cannot leave this order, if they cannot."""
    order, own = whole.order, own_sub_orders(whole)
    if numbers - {sub_order.number for sub_order in whole.sub_orders}:
        raise NotFound("no such sub-order")
    if numbers == {sub_order.number for sub_order in own}:
        raise NothingToSeparate("the order has no other parts")
    decide("order", order.state, EVENT, actor)
    for number in sorted(numbers):
        decide("sub_order", whole.sub_orders[number - 1].state, EVENT, actor)
    if order.due_at is not None and order.due_at <= now:
        raise TransitionRefused("order", order.state, EVENT, "its time to pay is over")
    if not whole.snapshot.policy["split_before_payment"]:
        raise NotSplitYet("it is cut into its merchants' parts when it is paid")
    because = bonds(whole)
    payable = sum(sub_order.payable_minor for sub_order in own if sub_order.number in numbers)
    if payable in (0, order.payable_minor):
        because += ("nothing_to_pay",)
    if because:
        raise PaidTogether("its parts are paid, or cancelled, together", because=list(because))
    if payment_facts(whole):
        raise PaymentOpen("a try to pay all of it is open")


def bonds(whole: WholeOrder) -> tuple[str, ...]:
    """What holds the parts of an unpaid order together; empty: each can be paid, or cancelled, on its own.

    It is read from the frozen prices: terms may have changed since.
    """
    merchants: dict[str, set[str]] = {}
    for line in own_lines(whole):
        for name, _ in line.steps:
            merchants.setdefault(name, set()).add(line.merchant_id)
    found = {
        "platform_coupon": any(name.startswith(PLATFORM_COUPON) for name in merchants),
        "platform_promotion": any(n.startswith(PROMOTION) and len(m) > 1 for n, m in merchants.items()),
        "points": points.STEP in merchants or whole.snapshot.points > 0,
        "long_order": bool(whole.transfers),  # Its stock moves in chunks, and each of them is this order's.
    }
    return tuple(name for name, holds in found.items() if holds)


def is_separable(whole: WholeOrder, now: int) -> bool:
    """Whether its buyer could have some part of it alone. The same limits, for what is offered."""
    due_at = whole.order.due_at
    is_open = may("order", whole.order.state, EVENT, Actor.BUYER) and due_at is not None and now < due_at
    with_a_price = [s for s in own_sub_orders(whole) if s.payable_minor]
    is_loose = whole.snapshot.policy["split_before_payment"] and not bonds(whole) and not payment_facts(whole)
    return bool(is_open and len(with_a_price) > 1 and is_loose)


def decide_separation(
    whole: WholeOrder,
    numbers: frozenset[int],
    new_id: str,
    personal: Mapping[str, str],
    *,
    caller: Caller,
    now: int,
    request: Request | None = None,
) -> Change:
    """Both orders as they shall be: the change of this one, with the new one's ``beside`` it.

    ``refuse_to_separate`` found nothing against it.
    """
    leaving = tuple(s for s in whole.sub_orders if s.number in numbers)
    made = _made(whole, leaving, new_id, personal, caller=caller, now=now)
    assert made.order.due_at == whole.order.due_at, "nobody wins time to pay"
    assert made.snapshot is not None, "a new order comes with what was agreed"
    draft = Draft(whole, event=EVENT, caller=caller, now=now)
    order = whole.order
    draft.move(
        order,
        EVENT,
        goods_minor=order.goods_minor - made.order.goods_minor,
        freight_minor=order.freight_minor - made.order.freight_minor,
        payable_minor=order.payable_minor - made.order.payable_minor,
    )
    for sub_order in leaving:
        draft.move(sub_order, EVENT, goods_minor=0, freight_minor=0, payable_minor=0, freight_steps=())
    wallet.hand_over(draft, made.snapshot.coupons, new_id)
    note = {"separated_to": new_id, "sub_orders": " ".join(f"{s.number:02}" for s in leaving)}
    return draft.finish(request=request, about=new_id, note=note)._replace(beside=made)


def _made(
    whole: WholeOrder,
    leaving: tuple[SubOrder, ...],
    new_id: str,
    personal: Mapping[str, str],
    *,
    caller: Caller,
    now: int,
) -> Change:
    """The new order: what *leaving* was promised, for the same price, until the same hour."""
    old = whole.order
    order = Order(
        order_id=new_id,
        buyer_id=old.buyer_id,
        state=OrderState.PENDING_PAYMENT,
        version=0,
        stage=OrderState.PENDING_PAYMENT,
        currency=old.currency,
        goods_minor=sum(sub_order.goods_minor for sub_order in leaving),
        freight_minor=sum(sub_order.freight_minor for sub_order in leaving),
        payable_minor=sum(sub_order.payable_minor for sub_order in leaving),
        country=old.country,
        placed_at=old.placed_at,
        separated_from=old.order_id,
    )
    lines = _renumbered(whole, leaving)
    draft = Draft(WholeOrder.of([order], lines, _agreed(whole, lines)), event=EVENT, caller=caller, now=now)
    draft.create(order, EVENT)
    for number, sub_order in enumerate(leaving, 1):
        draft.create(replace(sub_order, number=number), EVENT)
    told = announced(draft.whole, personal)
    note = {"separated_from": old.order_id}
    return draft.finish(personal=personal or None, confirmation=told, note=note)


def _renumbered(whole: WholeOrder, leaving: tuple[SubOrder, ...]) -> tuple[Line, ...]:
    numbers = {sub_order.number: number for number, sub_order in enumerate(leaving, 1)}
    own = (line for line in whole.lines if line.sub_order in numbers)
    return tuple(
        line._replace(number=number, sub_order=numbers[line.sub_order]) for number, line in enumerate(own, 1)
    )


def _agreed(whole: WholeOrder, lines: tuple[Line, ...]) -> Snapshot:
    """What was agreed for all of the order holds for *lines*, but for coupons, return policies and contracts of
    none of them.

    Also why people must look at it first: nobody gets past them by making a large order small.
    """
    coupons = tuple(coupon for coupon in own_coupons(whole) if reduced_by(lines, coupon))
    held = {line.return_policy for line in lines}
    returns = {name: policy for name, policy in whole.snapshot.returns.items() if name in held}
    own = {line.merchant_id for line in lines}
    contracts = {merchant: held for merchant, held in whole.snapshot.contracts.items() if merchant in own}
    return whole.snapshot._replace(coupons=coupons, returns=returns, contracts=contracts)


def _numbers(order_id: str, named: Sequence[str]) -> frozenset[int]:
    """The sub-orders' numbers in *order_id*. Raises ``NotFound`` for one of another order."""
    parts = [name.partition("-") for name in named]
    if any(owner != order_id for owner, _, _ in parts):
        raise NotFound("no such sub-order")
    numbers = frozenset(int(number) for _, _, number in parts)
    if len(numbers) < len(named):
        raise Invalid("a sub-order is named twice", at="/sub_orders")
    return numbers
