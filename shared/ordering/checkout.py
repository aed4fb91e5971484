"""Quote and order: the same input, the same price, the same problems. Ordering also promises the goods.

The happy path of ``place_order`` is one read batch and one transaction: order, lines, sub-orders, event, key, the
buyer's wallet and stock rows together. Losing the last unit, or a coupon, to somebody faster means reading again, not
failing. An order whose stock rows do not fit is received first, and its goods are held in chunks (``placing``).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from shared.changes import Caller, Change, Draft, Request
from shared.commands import RACES_MAX, Outcome, Shop
from shared.context import Context, new_order_id
from shared.errors import Conflict, OrderRefused
from shared.goods import Flag, Sku
from shared.ledger.contract import pinned as pinned_contracts
from shared.lifecycle import Event, OrderState
from shared.model import Order, Snapshot, WholeOrder
from shared.ordering import checks, wallet
from shared.ordering.checks import Expected, Problem
from shared.ordering.confirmation import announced
from shared.ordering.quote import Basket, Quote, Wanted, price
from shared.ordering.returns import exclusion_problems, pinned, with_returns
from shared.ordering.review import reasons_to_look
from shared.ordering.stock import Allocation, Shelves, believed, fit_one_transaction, held_moves, source
from shared.policy import Action, require_role
from shared.store.goods import Buying, Market
from shared.store.writing import AlreadyDone, StockShort, WalletShort


class Checkout(NamedTuple):
    """What a buyer submits."""

    wanted: tuple[Wanted, ...]
    address: Mapping[str, str | None] | None  # None: not asked for, in a quote.
    expected: Expected | None = None  # What the buyer saw.
    coupons: tuple[str, ...] = ()
    points: int = 0
    channel: str = "web"
    payment_method: str = ""
    confirmed_exclusions: tuple[str, ...] | None = ()  # SKUs; None: not asked for, in a quote.

    @property
    def destination(self) -> tuple[str, str]:
        address = self.address or {}
        return address.get("country") or "", address.get("region") or ""


class Priced(NamedTuple):
    quote: Quote
    market: Market


def quote(shop: Shop, context: Context, caller: Caller, checkout: Checkout) -> Quote:
    """Price *checkout* as ``place_order`` would. Raises ``OrderRefused`` with every problem.

    What its buyer must confirm is told, and not asked for yet.
    """
    require_role(caller, Action.QUOTE)
    told = checkout._replace(confirmed_exclusions=None)
    return _priced(shop, context, caller, told, frozenset(sku for sku, _ in checkout.wanted)).quote


def place_order(
    shop: Shop, context: Context, caller: Caller, checkout: Checkout, request: Request
) -> Outcome:
    """Place the order and reserve its stock, once per *request*. Raises ``OrderRefused``, ``KeyReused``."""
    require_role(caller, Action.PLACE_ORDER)
    exactly: frozenset[str] = frozenset()  # Hot SKUs whose first shard was short.
    for _ in range(RACES_MAX):
        try:
            priced = _priced(shop, context, caller, checkout, exactly)
            change, whole = new_order(context, caller, priced, checkout, request)
            shop.write(change)
        except (OrderRefused, Conflict):
            seen = shop.orders.seen(request)
            if seen is None:
                raise
            return Outcome(shop.orders.read(seen.order_id), is_repeat=True)
        except AlreadyDone as done:
            return Outcome(shop.orders.read(done.seen.order_id), is_repeat=True)
        except StockShort as short:
            exactly |= frozenset(short.skus)
            continue
        except WalletShort:
            continue
        return Outcome(change.applied_to(whole), change=change)
    raise Conflict("others keep buying the same goods: repeat with the same key")


def new_order(
    context: Context, caller: Caller, priced: Priced, checkout: Checkout, request: Request
) -> tuple[Change, WholeOrder]:
    """Draft the order: its group, its merchants' parts, the promise of its goods, what it takes of the wallet."""
    assert checkout.address is not None
    address = {name: value for name, value in checkout.address.items() if value}
    quoted, skus = priced.quote, priced.market.skus
    is_long = needs_chunks(quoted)
    state = OrderState.PLACING if is_long else OrderState.PENDING_PAYMENT
    event = Event.ORDER_RECEIVED if is_long else Event.ORDER_PLACED
    order = Order(
        order_id=new_order_id(context),
        buyer_id=caller.id,
        state=state,
        version=0,
        stage=state,
        currency=quoted.currency,
        goods_minor=quoted.goods_minor,
        freight_minor=quoted.freight_minor,
        payable_minor=quoted.payable_minor,
        country=address["country"],
        placed_at=context.now,
    )
    whole = WholeOrder.of([order], quoted.lines, agreed(priced, checkout))
    draft = Draft(whole, event=event, caller=caller, now=context.now)
    draft.create(order, event)
    for sub_order in quoted.sub_orders:
        draft.create(sub_order, Event.ORDER_PLACED)
    wallet.lock(draft, skus)
    if is_long:
        draft.transfer(tuple(sorted(held_moves("reserve", quoted.lines))))
        return draft.finish(request=request, personal=address), whole
    draft.take(*held_moves("reserve", (line for line in quoted.lines if not line.is_deferred)))
    told = announced(draft.whole, address)
    return draft.finish(request=request, personal=address, confirmation=told), whole


def agreed(priced: Priced, checkout: Checkout) -> Snapshot:
    """What is frozen with the order. A presale gives its buyer longer to pay."""
    quoted, terms, member = priced.quote, priced.market.terms, priced.market.member
    policy = dict(terms.policy)
    if any(Flag.PRESALE in line.flags for line in quoted.lines):
        policy["payment_timeout_seconds"] = policy["presale_payment_timeout_seconds"]
    return Snapshot(
        policy=policy,
        terms_version=terms.version,
        channel=checkout.channel,
        level=member.level,
        coupons=tuple(coupon for coupon in quoted.coupons if coupon.off_minor),
        points=quoted.points,
        payment_method=checkout.payment_method,
        review=reasons_to_look(quoted, member, terms.policy),
        returns=pinned(quoted),
        contracts=pinned_contracts(terms.contracts, (sub.merchant_id for sub in quoted.sub_orders)),
    )


def needs_chunks(quoted: Quote) -> bool:
    """Whether its stock rows are more than one transaction holds, when it is placed or when it is paid."""
    return not fit_one_transaction(quoted.lines, beside=len(quoted.sub_orders) + len(quoted.coupons))


def _priced(
    shop: Shop, context: Context, caller: Caller, checkout: Checkout, exactly: frozenset[str]
) -> Priced:
    if too_large := list(checks.size_problems(checkout.wanted)):
        raise _refusal(too_large)
    buying = Buying(
        skus=tuple(dict.fromkeys(want.sku for want in checkout.wanted)),
        member_id=caller.id,
        coupon_ids=tuple(dict.fromkeys(checkout.coupons)),
        channel=checkout.channel,
        lot=int.from_bytes(context.random_bytes(2), "big"),
        exactly=exactly,
    )
    market = shop.goods.read(buying)
    allocation, short = sourced(checkout.wanted, market.skus, market.shelves)
    problems = [
        *checks.problems_of(checkout.wanted, checkout.address, market.skus, market.terms.countries),
        *checks.stock_problems(checkout.wanted, short),
        *checks.limit_problems(checkout.wanted, market.skus, market.member),
        *exclusion_problems(
            checkout.wanted,
            market.skus,
            market.terms,
            market.member,
            confirmed=checkout.confirmed_exclusions,
        ),
    ]
    for sku in market.empty:
        shop.goods.mark_sold_out(sku)
    found, quoted = _with_price(checkout, market, allocation, context.now)
    if problems or found or quoted is None:
        raise _refusal([*problems, *found])
    return Priced(quoted, market)


def _with_price(
    checkout: Checkout, market: Market, allocation: Mapping[str, Allocation], now: int
) -> tuple[list[Problem], Quote | None]:
    """Coupons, and what only a price brings to light: (problems, the quote if there can be one)."""
    known = [market.skus[want.sku] for want in checkout.wanted if want.sku in market.skus]
    currencies = {sku.currency for sku in known}
    found = list(
        checks.coupon_problems(
            checkout.coupons,
            market.coupons,
            wanted_skus=known,
            points=checkout.points,
            now=now,
            currency=currencies.pop() if len(currencies) == 1 else "",
        )
    )
    if len(known) < len(checkout.wanted) or currencies:
        return found, None
    useless = {problem.details["coupon"] for problem in found}
    basket = Basket(
        wanted=checkout.wanted,
        skus=market.skus,
        allocation=allocation,
        terms=market.terms,
        member=market.member,
        now=now,
        coupons=tuple(market.coupons[one] for one in dict.fromkeys(checkout.coupons) if one not in useless),
        points=checkout.points,
        destination=checkout.destination,
    )
    quoted = with_returns(price(basket), market.terms, market.member)
    seen = None if found else checkout.expected  # Without its coupons it is not the price that was shown.
    found += checks.quote_problems(quoted, seen, basket, asked=checkout.coupons)
    found += checks.payment_method_problems(checkout.payment_method, quoted, market.terms)
    return found, quoted


def sourced(
    wanted: Sequence[Wanted], skus: Mapping[str, Sku], shelves: Shelves
) -> tuple[dict[str, Allocation], dict[str, int]]:
    """Choose warehouses merchant by merchant: two merchants' goods never share a parcel."""
    by_merchant: dict[str, list[Wanted]] = {}
    for want in wanted:
        if want.sku in skus:
            by_merchant.setdefault(skus[want.sku].merchant_id, []).append(want)
    allocation: dict[str, Allocation] = {}
    short: dict[str, int] = {}
    for lines in by_merchant.values():
        sourcing = source(lines, shelves)
        allocation |= sourcing.allocation
        short |= sourcing.short
    believed(short, shelves)
    return allocation, short


def _refusal(problems: Sequence[Problem]) -> OrderRefused:
    return OrderRefused("the order cannot be placed as it is", problems=tuple(problems))
