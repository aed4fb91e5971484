"""MADE UP: everything that an order needs and the invoices do not say.

Merchants, warehouses, stock, weight, volume, category, what is special about an article; the buyer's name, phone and
address, membership, points and coupons; how a buyer pays and what goes wrong on the way; what a reviewer decides; when
goods leave, and whether the buyer says that they came. All of it comes from the hash of an article's, a customer's or
an invoice's number: always the same, and nobody's real data.

Weights, volumes and what must travel by itself are guessed from the description (``measures``).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum, auto
from hashlib import sha256
from typing import NamedTuple, TypeVar

from local.demo.invoices import CURRENCY, Article, Sale
from local.demo.measures import measures_of
from local.demo.tariffs import HIGHLANDS, HOUSES, NORTH, UNFOLLOWED
from shared.goods import Flag, Sku

# How many of a thousand articles are whose. Few are not the first merchant's, because an invoice has a median of 15:
# so about three orders in ten have goods of two merchants or more.
MERCHANTS = (("m-homeware", 983), ("m-garden", 7), ("m-paper", 6), ("m-toys", 4))
CATEGORIES = ("kitchen", "decoration", "garden", "party", "stationery", "toys")
SCARCE_PER_MILLE = 4  # Articles of which the shelf holds less than all buyers want.
MINUTE, HOUR, DAY = 60, 3600, 86_400
T = TypeVar("T")


class Paying(StrEnum):
    """How a buyer pays, and what goes wrong with it."""

    AT_ONCE = auto()
    CALLBACK_TWICE = auto()  # The provider says so twice.
    CALLBACK_LOST = auto()  # The provider never says so: the shop asks, and finds the money.
    CALLBACK_LATE = auto()  # Six hours later: by then the shop has asked.
    OUT_OF_ORDER = auto()  # What was said first arrives last.
    PAGE_FAILS = auto()  # The provider does not answer at first: the buyer tries again.
    ASKING_FAILS = auto()  # The message is lost, and so is the answer to the first question.
    CLOSING_FAILS = auto()  # Cancels; the provider does not answer when the page is closed.
    SECOND_TRY = auto()  # The first one fails, or is given up; the second is at another provider.
    BOTH_PAID = auto()  # Two pages, and both are paid: one of them goes back.
    WRONG_AMOUNT_FIRST = auto()  # A fen too little, sent back; then the right amount.
    WRONG_CURRENCY = auto()  # Kept for people; the order is not paid by it.
    OTHER_ACCOUNT = auto()  # Authentic, but into another account: kept for people. Then the right one.
    COUPON = auto()  # The provider's own coupon pays a part: all of it comes to us.
    IN_PARTS = auto()  # Half, then the rest.
    HALF = auto()  # Half, and never the rest: it goes back when the time runs out.
    AFTER_CANCELLING = auto()  # Cancels, but the money comes all the same, late: it goes back.
    AFTER_TIMEOUT = auto()  # The same, after the time has run out.
    NEVER = auto()  # Lets the time run out, with a pay page open.
    NEVER_TRIED = auto()  # Lets the time run out, without ever opening one.
    CANCELS = auto()  # Opens a pay page, then cancels.
    REGRETS = auto()  # Pays, and cancels everything before it leaves.


class Refunding(StrEnum):
    """How a provider handles a refund (the words of ``local.providers``)."""

    SUCCEED = auto()
    PENDING = auto()
    FAIL_ONCE = auto()
    ANSWER_LOST = auto()
    PENDING_THEN_FAILED = auto()
    BOUNCE = auto()
    FAIL_FOR_GOOD = auto()


class Afterwards(StrEnum):
    """What becomes of the money of an order that has been paid and sent."""

    NOTHING = auto()
    FAVOUR = auto()  # Support gives something back, for no goods.
    BY_HAND = auto()  # Somebody refunds at the provider, and tells nobody.
    WARNED = auto()  # The payer's bank suspects fraud.
    CHARGEBACK_WON = auto()
    CHARGEBACK_LOST = auto()
    CHARGEBACK_LOST_LATE = auto()  # After the merchant was paid.
    CHARGEBACK_COVERED = auto()  # While a refund of the same money was promised, and not yet sent.


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


PROVIDERS = (("alipay", 40), ("wechatpay", 35), ("stripe", 25))
PAYING = (  # of a hundred orders of which nothing is cancelled
    (Paying.AT_ONCE, 53),
    (Paying.REGRETS, 4),
    (Paying.CALLBACK_TWICE, 5),
    (Paying.CALLBACK_LOST, 5),
    (Paying.CALLBACK_LATE, 2),
    (Paying.OUT_OF_ORDER, 3),
    (Paying.PAGE_FAILS, 3),
    (Paying.SECOND_TRY, 4),
    (Paying.BOTH_PAID, 2),
    (Paying.WRONG_AMOUNT_FIRST, 3),
    (Paying.WRONG_CURRENCY, 1),
    (Paying.OTHER_ACCOUNT, 1),
    (Paying.COUPON, 3),
    (Paying.AFTER_CANCELLING, 2),
    (Paying.AFTER_TIMEOUT, 2),
    (Paying.NEVER, 3),
    (Paying.NEVER_TRIED, 2),
    (Paying.CANCELS, 2),
)
WHERE = {  # What happens only there.
    Paying.WRONG_CURRENCY: ("wechatpay", "stripe"),
    Paying.OTHER_ACCOUNT: ("alipay", "wechatpay"),
    Paying.COUPON: ("alipay", "wechatpay"),
    Paying.IN_PARTS: ("stripe",),
    Paying.HALF: ("stripe",),
}
REFUNDING = (
    (Refunding.SUCCEED, 37),
    (Refunding.PENDING, 18),
    (Refunding.FAIL_ONCE, 10),
    (Refunding.ANSWER_LOST, 9),
    (Refunding.PENDING_THEN_FAILED, 9),
    (Refunding.BOUNCE, 8),
    (Refunding.FAIL_FOR_GOOD, 9),
)
AFTERWARDS = (
    (Afterwards.NOTHING, 89),
    (Afterwards.FAVOUR, 7),
    (Afterwards.BY_HAND, 4),
)
AFTERWARDS_AT_STRIPE = (
    (Afterwards.NOTHING, 68),
    (Afterwards.FAVOUR, 7),
    (Afterwards.BY_HAND, 4),
    (Afterwards.WARNED, 7),
    (Afterwards.CHARGEBACK_WON, 8),
    (Afterwards.CHARGEBACK_LOST, 4),
    (Afterwards.CHARGEBACK_LOST_LATE, 2),
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
SHELVES = (  # Of a hundred articles: per cent of what all orders want, in the order of HOUSES.
    ((100, 60, 0, 0, 30), 56),
    ((100, 40, 0, 0, 0), 24),
    ((100, 0, 20, 30, 0), 12),
    ((100, 0, 0, 0, 0), 4),
    ((0, 100, 0, 0, 0), 2),
    ((0, 0, 100, 0, 0), 1),
    ((0, 0, 0, 100, 0), 1),
)
REGIONS = ((HIGHLANDS, 8), (NORTH, 35), ("", 57))
UNFOLLOWED_PCT = 3
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
    return pick(PAYING, draw(f"paying {sale.number}", 100))


def provider_of(number: str, how: Paying = Paying.AT_ONCE) -> str:
    """Where the buyer pays: as likely as people in China do, unless that cannot happen there."""
    drawn = pick(PROVIDERS, draw(f"provider {number}", 100))
    possible = WHERE.get(how, (drawn,))
    return drawn if drawn in possible else possible[draw(f"instead {number}", len(possible))]


def another_provider(number: str, than: str) -> str:
    others = [name for name, _ in PROVIDERS if name != than]
    return others[draw(f"other provider {number}", len(others))]


def afterwards(number: str, provider: str) -> Afterwards:
    table = AFTERWARDS_AT_STRIPE if provider == "stripe" else AFTERWARDS
    return pick(table, draw(f"afterwards {number}", 100))


def refunding(number: str, provider: str) -> Refunding:
    """Stripe says for a day what it said once, also that it is broken: nobody needs to watch that here."""
    drawn = pick(REFUNDING, draw(f"refunding {number}", 100))
    return Refunding.PENDING if (drawn, provider) == (Refunding.FAIL_ONCE, "stripe") else drawn


def verdict(sale: Sale) -> Verdict:
    return pick(VERDICTS, draw(f"verdict {sale.number}", 100))


def merchant_of(sku: str) -> str:
    return pick(MERCHANTS, draw(f"merchant {sku}", 1000))


def sku_of(article: Article) -> Sku:
    """Return the article as a shop offers it."""
    sku = article.sku
    measures = measures_of(article, draw(f"weight {sku}", 100))
    drawn = tuple(one.flag for one in SPECIALS if draw(f"{one.flag} {sku}", 1000) < one.per_mille)
    flags = (*drawn, *measures.flags)
    return Sku(
        sku=sku,
        name=article.name,
        merchant_id=merchant_of(sku),
        unit_price_minor=article.unit_price_minor,
        currency=CURRENCY,
        is_on_sale=True,
        weight_grams=measures.grams,
        volume_cm3=measures.cm3,
        category=measures.category or CATEGORIES[draw(f"category {sku}", len(CATEGORIES))],
        size_class=measures.size_class,
        flags=tuple(map(str, flags)),
        limit_per_buyer=24 + draw(f"limit {sku}", 48) if Flag.LIMITED in flags else 0,
    )


def shelves(sales: Iterable[Sale]) -> dict[str, dict[str, int]]:
    """Return how many units of each article lie where before the first order: SKU -> warehouse -> units.

    As many as all orders together want, a few less of the scarce ones. Most articles lie in two warehouses or three,
    so that a split may choose; the others lie in one.
    """
    wanted: Counter[str] = Counter()
    for sale in sales:
        for article in sale.articles:
            wanted[article.sku] += article.quantity
    return {sku: _shelf(sku, units) for sku, units in sorted(wanted.items())}


def most_wanted(sales: Iterable[Sale]) -> tuple[str, str]:
    """The two articles that stand in most orders; of a single one, that one twice."""
    orders: Counter[str] = Counter()
    for sale in sales:
        orders.update(article.sku for article in sale.articles)
    first = sorted(orders, key=lambda sku: (-orders[sku], sku))[:2]
    return first[0], first[-1]


def _shelf(sku: str, wanted: int) -> dict[str, int]:
    """A scarce article lies in one place. Of the others each place has what all orders want, or a part of it."""
    if draw(f"scarce {sku}", 1000) < SCARCE_PER_MILLE:
        return {"coventry": wanted * 9 // 10} if wanted > 1 else {"coventry": wanted}
    shares = pick(SHELVES, draw(f"warehouse {sku}", 100))
    return {house: max(1, wanted * pct // 100) for house, pct in zip(HOUSES, shares, strict=True) if pct}


def address_of(sale: Sale) -> dict[str, str]:
    """Return where the goods go; without a country where the invoice names none."""
    person = sale.customer or sale.number
    address = {
        "name": f"Buyer {person}",
        "phone": f"+44 20 0000 {draw(person, 10_000):04}",
        "city": "Anytown",
        "street": f"{1 + draw(person, 200)} Example Street",
    }
    region = pick(REGIONS, draw(f"region {person}", 100))
    if sale.country == "GB" and region:
        address["region"] = region
    return address | ({"country": sale.country} if sale.country else {})


def buyer_of(sale: Sale) -> str:
    return f"buyer-{sale.customer or sale.number}"


# --- what members have, and how they use it ---


def level_of(customer: str) -> str:
    return pick(LEVELS, draw(f"level {customer}", 100)) if customer else ""


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
    return pick(METHODS, draw(f"method {order}", 100))


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


def waybill(order: str, parcel: int, carrier: str) -> Mapping[str, str]:
    """Under which number a parcel of the invoice *order* travels, by *carrier* or, now and then, by one that no tracker
    knows. The shop's own numbers, by which it knows the parcel, are new in every run: nothing is drawn from them."""
    number = f"W{draw(f'waybill {order} {parcel}', 10**10):010}"
    is_unfollowed = draw(f"carrier {order} {parcel}", 100) < UNFOLLOWED_PCT
    return {"carrier": UNFOLLOWED if is_unfollowed else carrier, "waybill": number}


def pick(table: Sequence[tuple[T, int]], at: int) -> T:
    for value, share in table:
        if at < share:
            return value
        at -= share
    raise ValueError("the shares add up to less than what was drawn from")
