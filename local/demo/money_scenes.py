"""MADE UP: each thing that can go wrong with money, at least once, at each provider where it can.

They play at night, when nobody else buys: a provider that is out of order is so for this scene alone.
"""

from collections.abc import Iterator

from local.demo.happened import Kind
from local.demo.lives import Plan
from local.demo.made_up import DAY, HOUR, MINUTE, WHERE, Afterwards, Paying, Refunding
from local.demo.scene import PAID, Extra, Happening, a_sale
from local.demo.stage import Life, Stage

EVERYWHERE = ("alipay", "wechatpay", "stripe")
TOLD = (  # Every misfortune of a payment, and where it is played.
    (Paying.CALLBACK_TWICE, EVERYWHERE),
    (Paying.CALLBACK_LOST, EVERYWHERE),
    (Paying.CALLBACK_LATE, EVERYWHERE),
    (Paying.OUT_OF_ORDER, EVERYWHERE),
    (Paying.PAGE_FAILS, EVERYWHERE),
    (Paying.ASKING_FAILS, EVERYWHERE),
    (Paying.CLOSING_FAILS, EVERYWHERE),
    (Paying.SECOND_TRY, EVERYWHERE),
    (Paying.BOTH_PAID, EVERYWHERE),
    (Paying.WRONG_AMOUNT_FIRST, EVERYWHERE),
    (Paying.WRONG_CURRENCY, WHERE[Paying.WRONG_CURRENCY]),
    (Paying.OTHER_ACCOUNT, WHERE[Paying.OTHER_ACCOUNT]),
    (Paying.COUPON, WHERE[Paying.COUPON]),
    (Paying.IN_PARTS, WHERE[Paying.IN_PARTS]),
    (Paying.HALF, WHERE[Paying.HALF]),
    (Paying.AFTER_CANCELLING, EVERYWHERE),
    (Paying.AFTER_TIMEOUT, EVERYWHERE),
)
UNHAPPY = tuple(mode for mode in Refunding if mode is not Refunding.SUCCEED)
NOT_STRIPE = ("alipay", "wechatpay")  # See made_up.refunding.
QUIET = (Paying.ASKING_FAILS, Paying.CLOSING_FAILS)  # A night to themselves: what fails is not asked at once.
APART = 10 * MINUTE
A_NIGHT = 24  # So many others in one night.


def orders(at: int) -> Iterator[Extra]:
    """All of them, from the night after *at* on."""
    plans = list(_plans())
    quiet = [(name, plan) for name, plan in plans if plan.paying in QUIET]
    others = [(name, plan) for name, plan in plans if plan.paying not in QUIET]
    nights = [others[n : n + A_NIGHT] for n in range(0, len(others), A_NIGHT)] + [[one] for one in quiet]
    for night, played in enumerate(nights, 1):
        for turn, (name, plan) in enumerate(played):
            begins = (at // DAY + night) * DAY + 2 * HOUR + turn * APART
            yield Extra(a_sale(f"money-{name}", begins, "", teapot=1 + turn % 3), plan)


def _plans() -> Iterator[tuple[str, Plan]]:
    for how, providers in TOLD:
        for provider in providers:
            yield f"{how.replace('_', '-')}-{provider}", PAID._replace(paying=how, provider=provider)
    for mode in UNHAPPY:
        for provider in EVERYWHERE if mode is not Refunding.FAIL_ONCE else NOT_STRIPE:
            regrets = PAID._replace(paying=Paying.REGRETS, provider=provider, refunding=mode)
            yield f"refund-{mode.replace('_', '-')}-{provider}", regrets
    for what in (Afterwards.FAVOUR, Afterwards.BY_HAND):
        for provider in EVERYWHERE:
            plan = PAID._replace(provider=provider, afterwards=what, refunding=Refunding.SUCCEED)
            yield f"{what.replace('_', '-')}-{provider}", plan
    refused = PAID._replace(afterwards=Afterwards.FAVOUR, refunding=Refunding.FAIL_FOR_GOOD)
    yield "favour-refused", refused._replace(provider="wechatpay")
    for what in Afterwards:
        if what not in (Afterwards.NOTHING, Afterwards.FAVOUR, Afterwards.BY_HAND):
            yield what.replace("_", "-"), PAID._replace(provider="stripe", afterwards=what)


def happenings(at: int) -> Iterator[Happening]:
    """Money under numbers that we never gave: it is kept, tried for a day, and then people look."""
    for turn, provider in enumerate(EVERYWHERE):
        yield Happening(f"X-stray-{provider}", at + turn * HOUR, Stray(provider).life)


class Stray:
    """A payment that no order of ours has asked for."""

    def __init__(self, provider: str) -> None:
        self._provider, self._reference = provider, f"NOBODYKNOWS{provider.upper()}"
        self._amount_minor = 100 * len(provider)

    def life(self, stage: Stage) -> Life:
        form = {"amount": self._amount_minor}
        stage.client.desk(f"{self._provider}/payments/{self._reference}/pay", form)
        stage.note(Kind.NOBODY_KNOWS, "", self._amount_minor, "quarantined")
        yield from ()
