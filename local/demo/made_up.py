"""MADE UP: everything that an order needs and the invoices do not say.

Merchants, warehouses, stock, weight, volume, category, what is special about an article; the buyer's name, phone and
address, membership, points and coupons; how a buyer pays and what goes wrong on the way; what a reviewer decides; when
goods leave, and whether the buyer says that they came. All of it comes from the hash of an article's, a customer's or
an invoice's number: always the same, and nobody's real data.

Weights and volumes are spread around the medians of a real marketplace (700 g, 6 840 cm3).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum, auto
from hashlib import sha256
from typing import NamedTuple, TypeVar

from local.demo.invoices import CURRENCY, Article, Sale
from local.demo.offers import HIGHLANDS
from shared.goods import Flag, Sku

# How many of a thousand articles are whose. Few are not the first merchant's, because an invoice has a median of 15:
# so about three orders in ten have goods of two merchants or more.
MERCHANTS = (("m-homeware", 983), ("m-garden", 7), ("m-paper", 6), ("m-toys", 4))
WAREHOUSES = ("coventry", "leeds", "perth")
CATEGORIES = ("kitchen", "decoration", "garden", "party", "stationery", "toys")
SCARCE_PER_MILLE = 4  # Articles of which the shelf holds less than all buyers want.
CARRIERS = ("royal-mail", "dpd", "evri")
MINUTE, HOUR, DAY = 60, 3600, 86_400
T = TypeVar("T")


class Paying(StrEnum):
    """How a buyer pays."""

    AT_ONCE = auto()
    CALLBACK_TWICE = auto()  # The provider says so twice.
    CALLBACK_LOST = auto()  # The provider never says so: the closing handshake finds the money.
    SECOND_TRY = auto()  # The first card is refused.
    WRONG_AMOUNT_FIRST = auto()  # A penny too little, sent back; then the right amount.
    WRONG_CURRENCY = auto()  # Kept for people; the order is not paid by it.
    AFTER_CANCELLING = auto()  # Cancels, but the money comes all the same, late: it goes back.
    NEVER = auto()  # Lets the time run out, with a pay page open.
    NEVER_TRIED = auto()  # Lets the time run out, without ever opening one.
    CANCELS = auto()  # Opens a pay page, then cancels.
    REGRETS = auto()  # Pays, and cancels everything before it leaves.


class Refunding(StrEnum):
    """How the provider handles a refund (the sandbox's word for it)."""

    SUCCEED = auto()
    PENDING = auto()
    FAIL_ONCE = auto()
    ANSWER_LOST = auto()
    FAIL_FOR_GOOD = auto()


class Verdict(StrEnum):
    """What becomes of an order that people must look at."""

    APPROVED = auto()
    APPROVED_LATE = auto()  # By an operator, after a day without a decision.
    REJECTED = auto()
    NONE = auto()  # Two days without a decision: refunded by policy.


class Special(NamedTuple):
    """What is special about so many of a thousand articles."""

    flag: Flag
    per_mille: int


PAYING = (  # of a hundred orders of which nothing is cancelled
    (Paying.AT_ONCE, 64),
    (Paying.REGRETS, 4),
    (Paying.CALLBACK_TWICE, 6),
    (Paying.CALLBACK_LOST, 4),
    (Paying.SECOND_TRY, 4),
    (Paying.WRONG_AMOUNT_FIRST, 3),
    (Paying.WRONG_CURRENCY, 2),
    (Paying.AFTER_CANCELLING, 3),
    (Paying.NEVER, 4),
    (Paying.NEVER_TRIED, 3),
    (Paying.CANCELS, 3),
)
REFUNDING = (
    (Refunding.SUCCEED, 45),
    (Refunding.PENDING, 25),
    (Refunding.FAIL_ONCE, 12),
    (Refunding.ANSWER_LOST, 10),
    (Refunding.FAIL_FOR_GOOD, 8),
)
VERDICTS = (
    (Verdict.APPROVED, 55),
    (Verdict.APPROVED_LATE, 15),
    (Verdict.REJECTED, 20),
    (Verdict.NONE, 10),
)
SPECIALS = (
    Special(Flag.DEFERRED, 40),
    Special(Flag.PERISHABLE, 10),
    Special(Flag.FULL_PRICE, 50),
    Special(Flag.LIMITED, 5),
)
LEVELS = (("gold", 18), ("vip", 7), ("", 75))
METHODS = (("card", 60), ("balance", 15), ("instalments", 5), ("", 20))
LONGEST_PATIENCE = 500  # Who went through so many lines, and was told to leave some out, means to buy.
MARKETPLACE = "marketplace"  # The other sales channel; the shop's own is "web".


def draw(about: str, below: int) -> int:
    """Return a number from 0 to below *below*, always the same for *about*."""
    return int.from_bytes(sha256(f"ordercycle demo {about}".encode()).digest()[:8], "big") % below


def paying(sale: Sale) -> Paying:
    if len(sale.articles) > LONGEST_PATIENCE:
        return Paying.AT_ONCE
    return _pick(PAYING, draw(f"paying {sale.number}", 100))


def refunding(number: str) -> Refunding:
    return _pick(REFUNDING, draw(f"refunding {number}", 100))


def verdict(sale: Sale) -> Verdict:
    return _pick(VERDICTS, draw(f"verdict {sale.number}", 100))


def merchant_of(sku: str) -> str:
    return _pick(MERCHANTS, draw(f"merchant {sku}", 1000))


def sku_of(article: Article) -> Sku:
    """Return the article as a shop offers it."""
    sku = article.sku
    flags = tuple(one.flag for one in SPECIALS if draw(f"{one.flag} {sku}", 1000) < one.per_mille)
    return Sku(
        sku=sku,
        name=article.name,
        merchant_id=merchant_of(sku),
        unit_price_minor=article.unit_price_minor,
        currency=CURRENCY,
        is_on_sale=True,
        weight_grams=350 + draw(f"weight {sku}", 700),
        volume_cm3=3420 + draw(f"volume {sku}", 6840),
        category=CATEGORIES[draw(f"category {sku}", len(CATEGORIES))],
        flags=tuple(map(str, flags)),
        limit_per_buyer=24 + draw(f"limit {sku}", 48) if Flag.LIMITED in flags else 0,
    )


def shelves(sales: Iterable[Sale]) -> dict[str, dict[str, int]]:
    """Return how many units of each article lie where before the first order: SKU -> warehouse -> units.

    As many as all orders together want, a few less of the scarce ones. Most articles lie in one warehouse, every
    tenth in two.
    """
    wanted: Counter[str] = Counter()
    for sale in sales:
        for article in sale.articles:
            wanted[article.sku] += article.quantity
    return {sku: _shelf(sku, units) for sku, units in sorted(wanted.items())}


def most_wanted(sales: Iterable[Sale]) -> tuple[str, str]:
    """The two articles that stand in most orders."""
    orders: Counter[str] = Counter()
    for sale in sales:
        orders.update(article.sku for article in sale.articles)
    one, other = sorted(orders, key=lambda sku: (-orders[sku], sku))[:2]
    return one, other


def _shelf(sku: str, wanted: int) -> dict[str, int]:
    is_scarce = draw(f"scarce {sku}", 1000) < SCARCE_PER_MILLE
    units = wanted * 9 // 10 if is_scarce else wanted
    at = draw(f"warehouse {sku}", 100)
    first = WAREHOUSES[0 if at < 95 else 1 if at < 98 else 2]
    second = WAREHOUSES[(WAREHOUSES.index(first) + 1) % len(WAREHOUSES)]
    elsewhere = 0 if draw(f"split {sku}", 10) else units // 3
    shelf = {first: units - elsewhere, second: elsewhere}
    return {warehouse: held for warehouse, held in shelf.items() if held}


def address_of(sale: Sale) -> dict[str, str]:
    """Return where the goods go; without a country where the invoice names none."""
    person = sale.customer or sale.number
    address = {
        "name": f"Buyer {person}",
        "phone": f"+44 20 0000 {draw(person, 10_000):04}",
        "city": "Anytown",
        "street": f"{1 + draw(person, 200)} Example Street",
    }
    if sale.country == "GB" and draw(f"region {person}", 100) < 8:  # Per cent.
        address["region"] = HIGHLANDS
    return address | ({"country": sale.country} if sale.country else {})


def buyer_of(sale: Sale) -> str:
    return f"buyer-{sale.customer or sale.number}"


# --- what members have, and how they use it ---


def level_of(customer: str) -> str:
    return _pick(LEVELS, draw(f"level {customer}", 100)) if customer else ""


def risk_of(customer: str) -> int:
    """Two customers in a hundred look risky."""
    return 90 if customer and draw(f"risk {customer}", 100) < 2 else 0  # Per cent.


def points_of(customer: str) -> int:
    """What the shop gives a member to begin with."""
    if not customer or draw(f"points {customer}", 100) >= 45:  # Per cent.
        return 0
    return 300 + draw(f"how many points {customer}", 9_000)


def claimed_by(customer: str) -> tuple[str, ...]:
    """The coupons that a member claims."""
    return _drawn(customer, (("welcome", 40), ("homeware-10pct", 30), ("early-bird", 6)))


def issued_to(customer: str) -> tuple[str, ...]:
    """The coupons that the operator gives a member."""
    return _drawn(customer, (("kitchen-week", 25), ("heart-holder", 15), ("alone", 6), ("euro-welcome", 3)))


def _drawn(customer: str, shares: Sequence[tuple[str, int]]) -> tuple[str, ...]:
    return tuple(name for name, share in shares if customer and draw(f"{name} {customer}", 100) < share)


def uses_everything(order: str) -> bool:
    """Whether the buyer ticks every coupon there is, whatever goes together."""
    return draw(f"every coupon {order}", 100) < 12  # Per cent.


def points_wanted(order: str, owned: int) -> int:
    """All of the points, some of them, or none."""
    return (0, owned, owned, owned // 2)[draw(f"uses points {order}", 4)]


def method_of(order: str) -> str:
    return _pick(METHODS, draw(f"method {order}", 100))


def channel_of(order: str) -> str:
    return MARKETPLACE if draw(f"channel {order}", 100) < 10 else "web"  # Per cent.


# --- after payment ---


def says_it_came(order: str) -> bool:
    """Return whether the buyer confirms the receipt, or leaves it to the clock."""
    return draw(f"receipt {order}", 100) < 40


def seconds_to_pay(order: str) -> int:
    return MINUTE + draw(f"pays {order}", 20 * MINUTE)


def seconds_to_ship(order: str) -> int:
    """Return how long after payment goods leave; one in eight breaks the promise of two days."""
    late = 2 * DAY if draw(f"late {order}", 8) == 0 else 0
    return late + 4 * HOUR + draw(f"ships {order}", DAY)


def seconds_on_the_way(order: str) -> int:
    return 2 * DAY + draw(f"travels {order}", 4 * DAY)


def waybill(order: str, parcel: int) -> Mapping[str, str]:
    number = f"W{draw(f'waybill {order} {parcel}', 10**10):010}"
    return {"carrier": CARRIERS[draw(f"carrier {order}", len(CARRIERS))], "waybill": number}


def _pick(table: Sequence[tuple[T, int]], at: int) -> T:
    for value, share in table:
        if at < share:
            return value
        at -= share
    raise ValueError("the shares add up to less than what was drawn from")
