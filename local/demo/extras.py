"""MADE UP orders, because the real ones lack the case: presale, customs, the last unit, limits, five hundred lines.
Those that are about money alone are in ``money_scenes``, those about parcels in ``shipping_scenes``, those about the
way back in ``return_scenes``.

Each is a scene: what its people do and when, with goods of its own, so that no real order is in its way. All of them
play around the middle of the data's time, when the shop has been open for a while.
"""

from collections.abc import Callable, Iterator
from itertools import count

from local.demo import made_up, money_scenes, return_scenes, shipping_scenes
from local.demo.invoices import Book, Sale
from local.demo.made_up import DAY, HOUR, MINUTE, Paying, Verdict
from local.demo.offers import Season
from local.demo.plays import Way
from local.demo.scene import PAID, UNPAID, Extra, Scenes, a_sale, a_sku
from local.demo.stage import Goods
from local.demo.takebacks import sales_for, taken_back
from shared.goods import Flag

LONGEST, LONG = 500, 200  # Lines.
PRESALE_SECONDS = 30 * DAY


def scenes_of(book: Book, season: Season) -> Scenes:
    """Everything made up that is played beside *book*."""
    at = season.part(5)
    scenes = (_looked_at, _last_unit, _limited, _second_thoughts, money_scenes.orders)
    extras = [extra for scene in scenes for extra in scene(at)]
    extras += [*_late_with_a_coupon(season), *_long(book, at), *shipping_scenes.orders(season)]
    extras += [*return_scenes.orders(season.part(3)), *_taken_back(book)]
    goods = (*_goods(at), *shipping_scenes.goods(), *return_scenes.goods())
    return Scenes(goods, tuple(extras), tuple(money_scenes.happenings(at)))


def _taken_back(book: Book) -> Iterator[Extra]:
    """What was bought before the data begins, it seems, and taken back in it."""
    taken = taken_back(book)
    by_sale = {one.sale: one for one in taken}
    for sale in sales_for(book, taken):
        yield Extra(sale, PAID._replace(way=Way.DELIVERED, takes_back=(by_sale[sale.number],)))


def _goods(at: int) -> tuple[Goods, ...]:
    presale = a_sku("LANTERN", Flag.PRESALE)._replace(ships_at=at + PRESALE_SECONDS)
    chest = a_sku("TEA-CHEST", Flag.CROSS_BORDER)
    return (
        Goods(presale, {"coventry": 9}),
        Goods(a_sku("NAME-SIGN", Flag.MADE_TO_ORDER), {"perth": 6}),
        Goods(chest._replace(hs_code="4420909090", origin="LK"), {"dover": 60}),
        Goods(a_sku("LAST-ONE", Flag.DEFERRED), {"coventry": 1}),
        Goods(a_sku("FEW-EACH", Flag.LIMITED)._replace(limit_per_buyer=3), {"coventry": 20}),
        Goods(a_sku("MUG"), {"coventry": 80}),
        Goods(a_sku("TEAPOT"), {"coventry": 200}),
    )


# --- scenes ---


def _looked_at(at: int) -> Iterator[Extra]:
    """Every reason to look but size and risk, which real orders have; every way in which it ends."""
    presale = PAID._replace(ships_not_before=at + PRESALE_SECONDS + HOUR)
    yield Extra(a_sale("presale", at, "", lantern=2, mug=1), presale)
    yield Extra(a_sale("presale-rejected", at + HOUR, "", lantern=1), PAID._replace(verdict=Verdict.REJECTED))
    yield Extra(a_sale("sign", at, "", name_sign=1), PAID._replace(verdict=Verdict.APPROVED_LATE))
    yield Extra(a_sale("sign-forgotten", at + HOUR, "", name_sign=2), PAID._replace(verdict=Verdict.NONE))
    # One person brings in so much a year: the second order is too much, until the first one comes back.
    collector = "x-collector"
    returned = PAID._replace(verdict=Verdict.REJECTED)
    yield Extra(a_sale("customs", at, collector, tea_chest=15), returned)
    yield Extra(a_sale("customs-too-much", at + MINUTE, collector, tea_chest=10), PAID)
    yield Extra(a_sale("customs-again", at + DAY, collector, tea_chest=10), PAID)


def _last_unit(at: int) -> Iterator[Extra]:
    """Stock is taken at payment: two buyers pay for the last unit, and one of them has the money back at once."""
    for number in (1, 2):
        yield Extra(a_sale(f"last-{number}", at, "", last_one=1), PAID)


def _limited(at: int) -> Iterator[Extra]:
    """Three for each buyer: five are too many, a fourth too; units of a dead order do not count."""
    yield Extra(a_sale("limit", at, "x-greedy", few_each=5), PAID)
    yield Extra(a_sale("limit-again", at + DAY, "x-greedy", few_each=1), PAID)
    yield Extra(a_sale("limit-unpaid", at, "x-hesitant", few_each=2), UNPAID)
    yield Extra(a_sale("limit-after-all", at + DAY, "x-hesitant", few_each=3), PAID)


def _second_thoughts(at: int) -> Iterator[Extra]:
    """Coupon and points are locked by an order that nobody pays, then used by the next one, which is regretted; and
    then by a third."""
    member = _named("x-member-", lambda name: "welcome" in _claims(name) and made_up.points_of(name) > LONG)
    number = iter(_numbers("again-", lambda order: made_up.points_wanted(f"X-{order}", LONG) == LONG))
    yield Extra(a_sale(next(number), at, member, mug=3), UNPAID)
    yield Extra(a_sale(next(number), at + DAY, member, mug=4), PAID._replace(paying=Paying.REGRETS))
    yield Extra(a_sale(next(number), at + 2 * DAY, member, mug=5), PAID)


def _late_with_a_coupon(season: Season) -> Iterator[Extra]:
    """A coupon comes back from an order that nobody paid, and is over when it is shown again."""
    member = _named("x-early-", lambda name: "early-bird" in _claims(name) and "alone" not in _claims(name))
    number = iter(_numbers("early-", lambda order: made_up.uses_everything(f"X-{order}")))
    yield Extra(a_sale(next(number), season.part(1), member, mug=4), UNPAID)
    yield Extra(a_sale(next(number), season.part(5), member, mug=4), PAID)


def _long(book: Book, at: int) -> Iterator[Extra]:
    """As many lines as an order may have, unless a real invoice has them; and a long one that is regretted."""
    articles = {article.sku: article for sale in book.sales for article in sale.articles}
    if len(articles) < LONGEST:
        return
    each_once = tuple(article._replace(quantity=1) for article in articles.values())
    if max(len(sale.articles) for sale in book.sales) < LONGEST:
        yield Extra(Sale("X-longest", at, "", "GB", each_once[:LONGEST]), PAID)
    regretted = PAID._replace(paying=Paying.REGRETS)
    yield Extra(Sale("X-long-regretted", at + HOUR, "", "GB", each_once[-LONG:]), regretted)


def _claims(customer: str) -> tuple[str, ...]:
    return (*made_up.claimed_by(customer), *made_up.issued_to(customer))


def _named(prefix: str, is_right: Callable[[str], bool]) -> str:
    """The first such name that the draws suit."""
    return next(_numbers(prefix, is_right))


def _numbers(prefix: str, is_right: Callable[[str], bool]) -> Iterator[str]:
    return (name for number in count(1) if is_right(name := f"{prefix}{number}"))
