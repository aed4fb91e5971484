"""What a made-up scene consists of: goods of its own, orders and what their people will do, what else happens."""

from collections.abc import Callable
from typing import NamedTuple

from local.demo.invoices import CURRENCY, Article, Sale
from local.demo.lives import Plan, life_of
from local.demo.made_up import Paying, Verdict
from local.demo.stage import Goods, Life, Stage
from shared.goods import Flag, Sku

PAID = Plan(Paying.AT_ONCE, Verdict.APPROVED)
UNPAID = Plan(Paying.NEVER_TRIED, Verdict.APPROVED)
PRICES = {
    "LANTERN": 4_999,
    "NAME-SIGN": 7_250,
    "TEA-CHEST": 120_000,
    "LAST-ONE": 3_300,
    "FEW-EACH": 2_150,
    "MUG": 1_995,
    "TEAPOT": 6_450,
    "KETTLE": 8_900,
    "COASTER": 350,
    "BENCH": 19_900,
    "FLINT": 700,
    "FUDGE": 450,
    "PERFUME": 5_600,
    "DUMBBELL": 4_400,
    "ANVIL": 66_000,
    "CLOCK": 3_150,
    "CLOCK-BLUE": 3_150,
    "RADIO": 4_725,
    "SWEETS": 850,
    "WATCH": 249_900,
    "CAMERA": 510_000,
}


class Extra(NamedTuple):
    """One made-up order, and what its people will do."""

    sale: Sale
    plan: Plan

    def life(self, stage: Stage) -> Life:
        return life_of(stage, self.sale, (), self.plan)


class Happening(NamedTuple):
    """Something that belongs to no order of ours."""

    number: str
    at: int
    life: Callable[[Stage], Life]


class Scenes(NamedTuple):
    goods: tuple[Goods, ...] = ()
    extras: tuple[Extra, ...] = ()
    happenings: tuple[Happening, ...] = ()


def a_sku(sku: str, *flags: Flag) -> Sku:
    return Sku(
        sku=sku,
        name=sku.replace("-", " ").capitalize(),
        merchant_id="m-homeware",
        unit_price_minor=PRICES[sku],
        currency=CURRENCY,
        is_on_sale=True,
        weight_grams=640,
        volume_cm3=3_000,
        category="toys",
        flags=tuple(map(str, flags)),
    )


def a_sale(number: str, at: int, customer: str, **units: int) -> Sale:
    wanted = {name.upper().replace("_", "-"): quantity for name, quantity in units.items()}
    articles = tuple(Article(sku, sku, quantity, PRICES[sku]) for sku, quantity in wanted.items())
    return Sale(f"X-{number}", at, customer, "GB", articles)
