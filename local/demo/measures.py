"""MADE UP: what an article weighs, how large it is, and how it must be sent. From its description and a hash.

The invoices say neither weight nor size. The first word of the description that stands here says roughly what the thing
is; the hash of its number makes it a little lighter or heavier. Nobody has weighed anything.

    per unit             grams      cm3
    cards, tissues          35       90     flat paper
    mugs, jars, bottles    330      900     what breaks
    clocks, cushions       620    3 600     what is large for its price
    everything else         60      240
    cabinets, chairs     9 500   54 000     bulky
"""

from typing import NamedTuple

from local.demo.invoices import Article
from shared.goods import Flag

CONFECTIONERY, FRAGRANCE = "confectionery", "fragrance"
BULKY = "bulky"
SPREAD_PCT = 40  # So much of the weight is the hash's.


class Measures(NamedTuple):
    grams: int
    cm3: int
    category: str = ""  # Empty: by the draw.
    size_class: str = "small"
    flags: tuple[Flag, ...] = ()


SOLID = Measures(60, 240)
BY_WORD = {  # In this order: a candle holder is a holder.
    "CABINET": Measures(9_500, 54_000, size_class=BULKY),
    "CHAIR": Measures(6_200, 60_000, size_class=BULKY),
    "STOOL": Measures(4_800, 40_000, size_class=BULKY),
    "LADDER": Measures(5_400, 48_000, size_class=BULKY),
    "MATCHES": Measures(45, 80, flags=(Flag.HAZARD,)),
    "LIGHTER": Measures(60, 70, flags=(Flag.HAZARD,)),
    "CHOCOLATE": Measures(180, 420, CONFECTIONERY),
    "LOLLY": Measures(40, 90, CONFECTIONERY),
    "INCENSE": Measures(30, 120, FRAGRANCE),
    "SOAP": Measures(120, 150, FRAGRANCE),
    "SCENTED": Measures(140, 260, FRAGRANCE),
    "CARD": Measures(25, 70),
    "TISSUES": Measures(35, 120),
    "WRAP": Measures(40, 110),
    "NAPKINS": Measures(60, 260),
    "STICKERS": Measures(20, 40),
    "PAPER": Measures(45, 150),
    "RIBBONS": Measures(40, 130),
    "BAG": Measures(70, 210),
    "CLOCK": Measures(620, 3_200),
    "CUSHION": Measures(480, 4_500),
    "DOORMAT": Measures(1_400, 7_200),
    "LANTERN": Measures(640, 3_600),
    "FRAME": Measures(420, 1_700),
    "MIRROR": Measures(560, 1_900),
    "MUG": Measures(330, 900),
    "CUP": Measures(260, 760),
    "BOWL": Measures(340, 1_100),
    "PLATE": Measures(380, 700),
    "JAR": Measures(320, 900),
    "BOTTLE": Measures(300, 900),
    "TEAPOT": Measures(640, 2_900),
    "TIN": Measures(160, 1_000),
}


def measures_of(article: Article, hash_pct: int) -> Measures:
    """Return what *article* measures; *hash_pct*, from 0 to 99, is its own place between lightest and heaviest.

    >>> measures_of(Article("1", "RED PARTY BAG", 1, 85), 50)[:2]
    (70, 210)
    >>> measures_of(Article("2", "WOODEN CABINET", 1, 9_950), 0)[:4]
    (7600, 43200, '', 'bulky')
    """
    words = article.name.upper().replace(",", " ").split()
    found = next((measures for word, measures in BY_WORD.items() if word in words), SOLID)
    pct = 100 - SPREAD_PCT // 2 + SPREAD_PCT * hash_pct // 100
    return found._replace(grams=max(1, found.grams * pct // 100), cm3=max(1, found.cm3 * pct // 100))
