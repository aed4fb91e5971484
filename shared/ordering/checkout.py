"""Quote and order: the same input, the same price, the same problems. Ordering also promises the goods.

The happy path of ``place_order`` is one read batch and one transaction: order, lines, sub-orders, event, key and
stock rows together. Losing the last unit to somebody faster means reading again, not failing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import NamedTuple

from shared.changes import Caller, Change, Draft, Request, StockMove
from shared.commands import RACES_MAX, Outcome, Shop
from shared.context import Context, new_order_id
from shared.errors import Conflict, OrderRefused
from shared.lifecycle import Event, OrderState
from shared.model import Goods, Order, WholeOrder
from shared.money import Money
from shared.ordering.checks import Problem, problems_of, quote_problems, size_problems, stock_problems
from shared.ordering.quote import Quote, Wanted, price
from shared.ordering.stock import Allocation, source
from shared.policy import Action, require_role
from shared.store.writing import AlreadyDone, StockShort


class Checkout(NamedTuple):
    """What a buyer submits."""

    wanted: tuple[Wanted, ...]
    address: Mapping[str, str | None] | None  # None: not asked for, in a quote.
    expected: Money | None = None  # The total that the buyer saw.


def quote(shop: Shop, caller: Caller, checkout: Checkout) -> Quote:
    """Price *checkout* as ``place_order`` would. Raises ``OrderRefused`` with every problem."""
    require_role(caller, Action.QUOTE)
    return _priced(shop, checkout)


def place_order(
    shop: Shop, context: Context, caller: Caller, checkout: Checkout, request: Request
) -> Outcome:
    """Place the order and reserve its stock, once per *request*. Raises ``OrderRefused``, ``KeyReused``."""
    require_role(caller, Action.PLACE_ORDER)
    for _ in range(RACES_MAX):
        try:
            change, whole = new_order(shop, context, caller, _priced(shop, checkout), checkout, request)
            shop.write(change)
        except OrderRefused:
            seen = shop.orders.seen(request)
            if seen is None:
                raise
            return Outcome(shop.orders.read(seen.order_id), is_repeat=True)
        except AlreadyDone as done:
            return Outcome(shop.orders.read(done.seen.order_id), is_repeat=True)
        except StockShort:
            continue
        return Outcome(change.applied_to(whole), change=change)
    raise Conflict("others keep buying the same goods: repeat with the same key")


def new_order(
    shop: Shop, context: Context, caller: Caller, quoted: Quote, checkout: Checkout, request: Request
) -> tuple[Change, WholeOrder]:
    """Draft the order: its group, its merchants' parts, and the promise of its goods."""
    assert checkout.address is not None
    address = {name: value for name, value in checkout.address.items() if value}
    order = Order(
        order_id=new_order_id(context),
        buyer_id=caller.id,
        state=OrderState.PENDING_PAYMENT,
        version=0,
        stage=OrderState.PENDING_PAYMENT,
        currency=quoted.currency,
        goods_minor=quoted.goods_minor,
        freight_minor=quoted.freight_minor,
        payable_minor=quoted.payable_minor,
        country=address["country"],
        placed_at=context.now,
    )
    whole = WholeOrder.of([order], quoted.lines)
    policy = asdict(shop.settings.policy)
    draft = Draft(whole, event=Event.ORDER_PLACED, caller=caller, now=context.now, policy=policy)
    draft.create(order, Event.ORDER_PLACED)
    for sub_order in quoted.sub_orders:
        draft.create(sub_order, Event.ORDER_PLACED)
    draft.take(
        *(StockMove("reserve", line.sku, *taken) for line in quoted.lines for taken in line.allocation)
    )
    return draft.finish(request=request, lines=quoted.lines, personal=address), whole


def _priced(shop: Shop, checkout: Checkout) -> Quote:
    if too_large := list(size_problems(checkout.wanted)):
        raise _refusal(too_large)
    goods = shop.goods.read(tuple(dict.fromkeys(want.sku for want in checkout.wanted)))
    allocation, short = _sourced(checkout.wanted, goods)
    countries = shop.settings.deliverable_countries
    problems = [
        *problems_of(checkout.wanted, checkout.address, goods, countries),
        *stock_problems(checkout.wanted, short),
    ]
    if problems:
        raise _refusal(problems)
    freight = shop.settings.policy.flat_freight_minor
    quoted = price(checkout.wanted, goods.skus, allocation, flat_freight_minor=freight)
    if problems := list(quote_problems(quoted, checkout.expected)):
        raise _refusal(problems)
    return quoted


def _sourced(wanted: Sequence[Wanted], goods: Goods) -> tuple[dict[str, Allocation], dict[str, int]]:
    """Choose warehouses merchant by merchant: two merchants' goods never share a parcel."""
    by_merchant: dict[str, list[Wanted]] = {}
    for want in wanted:
        if want.sku in goods.skus:
            by_merchant.setdefault(goods.skus[want.sku].merchant_id, []).append(want)
    allocation: dict[str, Allocation] = {}
    short: dict[str, int] = {}
    for lines in by_merchant.values():
        sourcing = source(lines, goods.available)
        allocation |= sourcing.allocation
        short |= sourcing.short
    return allocation, short


def _refusal(problems: Sequence[Problem]) -> OrderRefused:
    return OrderRefused("the order cannot be placed as it is", problems=tuple(problems))
