"""MADE UP: each way back at least once, and each of its ends; at the stalls of a merchant without a system (coventry)
and at a warehouse with one (leeds).

They play in the third tenth of the data's time and after it, ten minutes apart.
"""

from collections.abc import Iterator, Mapping

from local.demo.claims import Answers, Claim, Decides, Found, Opens, Rules, Says, Sends, Telling
from local.demo.lives import Plan
from local.demo.made_up import DAY, Refunding
from local.demo.plays import Way
from local.demo.scene import PAID, Extra, a_sale, a_sku
from local.demo.stage import Goods

APART = 600
BACK, MONEY, EXCHANGE = Claim(), Claim(kind="refund_only", reason="missing_goods"), Claim(kind="exchange")
LESS = Claim(kind="price_reduction", reason="damaged")
NO = Decides.NO
CLAIMS: tuple[tuple[str, Claim], ...] = (
    # --- goods that come back ---
    ("all-of-it", BACK._replace(all_units=True)),
    ("all-of-it-bad", BACK._replace(all_units=True, reason="quality")),
    ("silent-merchant", BACK._replace(decides=Decides.NOTHING)),
    ("unreceived", BACK._replace(opens=Opens.UNRECEIVED, all_units=True)),
    ("worn", BACK._replace(found=Found.WORN)),
    ("worn-silent-buyer", BACK._replace(found=Found.WORN, says=Says.NOTHING)),
    ("worn-contested", BACK._replace(found=Found.WORN, says=Says.CALLS, rules=Rules.ALL)),
    ("worn-rejected", BACK._replace(found=Found.WORN, says=Says.CALLS, rules=Rules.NOTHING)),
    ("short-contested", BACK._replace(found=Found.SHORT, says=Says.CALLS, rules=Rules.PART, all_units=True)),
    ("empty-box", BACK._replace(found=Found.EMPTY, says=Says.CALLS, rules=Rules.NOTHING)),
    ("nobody-looks", BACK._replace(found=Found.NOBODY_LOOKS, rules=Rules.LATE)),
    ("never-sent", BACK._replace(sends=Sends.NEVER)),
    ("withdrawn", BACK._replace(sends=Sends.WITHDRAWS)),
    ("mistyped", BACK._replace(sends=Sends.ANOTHER_NUMBER)),
    ("lost-on-its-way-back", BACK._replace(is_lost=True)),
    ("told-twice", BACK._replace(telling=Telling.TWICE)),
    ("told-late", BACK._replace(telling=Telling.LATE)),
    ("told-backwards", BACK._replace(telling=Telling.BACKWARDS)),
    # --- a no, and what then ---
    ("reduced-instead", BACK._replace(decides=NO, answers=Answers.ACCEPTS)),
    ("exchanged-instead", BACK._replace(decides=NO, offers="exchange", answers=Answers.ACCEPTS)),
    (
        "repaired-instead",
        BACK._replace(decides=NO, offers="repair", answers=Answers.ACCEPTS, reason="quality"),
    ),
    ("no-and-withdrawn", BACK._replace(decides=NO, answers=Answers.WITHDRAWS)),
    ("no-and-silence", BACK._replace(decides=NO, answers=Answers.NOTHING)),
    ("ruled-all", BACK._replace(decides=NO, rules=Rules.ALL, reason="damaged")),
    ("ruled-part", BACK._replace(decides=NO, rules=Rules.PART)),
    ("ruled-against", BACK._replace(decides=NO, rules=Rules.NOTHING)),
    ("ruled-goods-first", BACK._replace(decides=NO, rules=Rules.GOODS_FIRST)),
    ("given-in", BACK._replace(decides=NO, rules=Rules.GIVEN_IN)),
    ("advanced-and-right", BACK._replace(decides=NO, rules=Rules.ALL, advance=True)),
    ("advanced-and-in-part", BACK._replace(decides=NO, rules=Rules.PART, advance=True)),
    ("advanced-and-wrong", BACK._replace(decides=NO, rules=Rules.NOTHING, advance=True)),
    # --- money alone ---
    ("money", MONEY),
    ("money-by-silence", MONEY._replace(decides=Decides.NOTHING, reason="damaged")),
    ("money-refused", MONEY._replace(decides=NO, offers="reship", answers=Answers.ACCEPTS)),
    ("less", LESS),
    ("less-of-all", LESS._replace(all_units=True, decides=Decides.NOTHING)),
    # --- other goods ---
    ("exchange", EXCHANGE),
    ("exchange-worn", EXCHANGE._replace(found=Found.WORN, says=Says.CALLS, rules=Rules.AS_ASKED)),
    ("exchange-agreed", EXCHANGE._replace(found=Found.WORN, says=Says.AGREES)),
    ("exchange-failed", EXCHANGE._replace(fails=True, reason="quality")),
    ("repair", Claim(kind="repair", reason="quality")),
    ("reship", Claim(kind="reship", reason="missing_goods")),
    ("reship-ruled", Claim(kind="reship", reason="missing_goods", decides=NO, rules=Rules.AS_ASKED)),
    ("converted", BACK._replace(opens=Opens.CONVERTED)),
)


def goods() -> tuple[Goods, ...]:
    """What these orders want. Nobody else buys it."""
    return (
        Goods(a_sku("CLOCK"), {"coventry": 300}),
        Goods(a_sku("CLOCK-BLUE"), {"coventry": 30}),
        Goods(a_sku("RADIO"), {"leeds": 300}),
        Goods(a_sku("SWEETS")._replace(category="confectionery"), {"coventry": 30}),
    )


def orders(at: int) -> Iterator[Extra]:
    """All of them, from *at* on. Every other one is of goods that lie at a warehouse with a system."""
    for turn, (name, claim) in enumerate(CLAIMS):
        units = {"clock": 3, "mug": 2} if turn % 2 else {"radio": 4}
        yield _order(name, at + turn * APART, claim, units)
    yield from _at_the_other_place(at + DAY)
    yield from _on_their_way(at + 2 * DAY)
    yield from _with_bad_luck(at + 3 * DAY)
    yield from _in_vain(at + 4 * DAY)


def _order(name: str, at: int, claim: Claim, units: Mapping[str, int], plan: Plan = PAID) -> Extra:
    return Extra(a_sale(f"back-{name}", at, "", **units), plan._replace(way=Way.DELIVERED, claim=claim))


def _at_the_other_place(at: int) -> Iterator[Extra]:
    """What is inspected by the merchant and by the warehouse's system, each once more the other way round."""
    names = (
        "worn-contested",
        "worn-rejected",
        "short-contested",
        "empty-box",
        "nobody-looks",
        "told-backwards",
        "mistyped",
    )
    places = {name: turn for turn, (name, _) in enumerate(CLAIMS)}
    for turn, name in enumerate(names):
        units = {"radio": 4} if places[name] % 2 else {"clock": 3, "mug": 2}
        yield _order(f"{name}-too", at + turn * APART, CLAIMS[places[name]][1], units)
    swap = EXCHANGE._replace(swap="CLOCK-BLUE", all_units=True)
    yield _order("exchange-for-blue", at + DAY // 2, swap, {"clock": 2})


def _on_their_way(at: int) -> Iterator[Extra]:
    """What its tracking calls lost, and what no tracking ever saw, is ruled without people; the rest is not."""
    lost = Claim(
        kind="refund_only",
        reason="not_received",
        opens=Opens.ON_ITS_WAY,
        decides=NO,
        all_units=True,
        rules=Rules.ALL,
    )
    for turn, name in enumerate(
        ("lost", "vanished")
    ):  # The carrier of the first is one that no tracker knows.
        sale = a_sale(f"back-{name}", at + (3 + turn) * APART, "", clock=2)
        yield Extra(sale, PAID._replace(way=Way.LOST, claim=lost))
    silent = lost._replace(decides=Decides.NOTHING)
    yield Extra(a_sale("back-silent", at + APART, "", clock=2), PAID._replace(way=Way.SILENT, claim=silent))
    converted = PAID._replace(way=Way.CONVERTED)
    yield Extra(a_sale("back-converted-on-its-way", at + 2 * APART, "", clock=1), converted)


def _with_bad_luck(at: int) -> Iterator[Extra]:
    """Every way in which a provider fails to give it back, and a bank that takes it meanwhile."""
    modes = [mode for mode in Refunding if mode is not Refunding.SUCCEED]
    for turn, mode in enumerate(modes):
        plan = PAID._replace(provider="alipay" if turn % 2 else "wechatpay")
        claim = BACK._replace(refunding=mode)
        yield _order(f"refund-{mode.replace('_', '-')}", at + turn * APART, claim, {"clock": 2}, plan)
    for turn, end in enumerate(("won", "lost"), len(modes)):
        claim = BACK._replace(chargeback=end, opens=Opens.UNRECEIVED)
        yield _order(
            f"chargeback-{end}", at + turn * APART, claim, {"clock": 2}, PAID._replace(provider="stripe")
        )


def _in_vain(at: int) -> Iterator[Extra]:
    """What must be refused."""
    for turn, (what, units) in enumerate(
        (("wrong", {"mug": 2}), ("excluded", {"sweets": 2}), ("late", {"mug": 1}))
    ):
        yield Extra(
            a_sale(f"back-{what}", at + turn * APART, "", **units),
            PAID._replace(way=Way.DELIVERED, denied=what),
        )
    yield Extra(a_sale("back-cancels", at + DAY, "", teapot=3), PAID._replace(way=Way.DELIVERED, cancels=1))
