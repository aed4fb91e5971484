"""How a buyer pays, and whatever may go wrong with it: one small story for each way.

Each is told to its end as far as money is concerned: whoever pays has paid when it is over, or never will.
"""

from collections.abc import Callable

from local.demo.happened import Kind
from local.demo.made_up import HOUR, MINUTE, Paying
from local.demo.stage import Life
from local.demo.till import Till
from local.providers.faults import CALLS_MAX

FOUND_SECONDS = 5 * MINUTE  # A lost message is found by asking, within so long.
SILENT_SECONDS = 150  # So long a provider does not close pages: the shop asks a few times in vain.
OVER_SECONDS = 2 * HOUR  # By then the time to pay has run out, and the pages are closed.
LATE_SECONDS = 6 * HOUR
OTHERS = {  # What an authentic message says of an account that is not ours.
    "alipay": {"app_id": "2021000000000000"},
    "wechatpay": {"mchid": "1999999999"},
}


def pay(till: Till, how: Paying) -> Life:
    yield from WAYS[how](till)


def _at_once(till: Till) -> Life:
    till.pays(till.opens())
    till.must_be_paid()
    yield from ()


def _told_twice(till: Till) -> Life:
    till.pays(till.opens(), deliver="twice")
    till.must_be_paid()
    till.notes(Kind.TWICE)
    yield from ()


def _message_lost(till: Till) -> Life:
    till.pays(till.opens(), deliver="never")
    yield till.now() + FOUND_SECONDS
    till.must_be_paid()
    till.notes(Kind.LOST)


def _message_late(till: Till) -> Life:
    till.pays(till.opens(), deliver=LATE_SECONDS)
    yield till.now() + FOUND_SECONDS
    till.must_be_paid()
    yield till.now() + LATE_SECONDS
    till.notes(Kind.SIX_HOURS)


def _out_of_order(till: Till) -> Life:
    """Stripe tells late that the first card was refused. The others tell of a refund before its payment."""
    reference = till.opens()
    if till.provider == "stripe":
        till.pays(reference, outcome="failed", reason="insufficient_funds", deliver=2 * MINUTE)
        till.pays(reference)
    else:
        till.pays(reference, deliver=2 * MINUTE)
        till.at_desk(reference, "refund", {"amount": max(1, till.payable_minor // 50)})
    till.must_be_paid()
    yield till.now() + 3 * MINUTE
    till.must_be_paid()
    till.notes(Kind.OUT_OF_ORDER)


def _page_fails(till: Till) -> Life:
    """Not with Stripe's own 500: that is repeated for a day, and the buyer would have to pay elsewhere."""
    fault = ("timeout", "slow", "garbled")[till.draw("page fails", 3)]
    till.breaks(fault, on="create")
    till.pays(till.opens())
    till.must_be_paid()
    till.notes(Kind.PAGE_FAILED)
    yield from ()


def _asking_fails(till: Till) -> Life:
    till.breaks("500", on="query")
    till.pays(till.opens(), deliver="never")
    yield till.now() + FOUND_SECONDS
    till.must_be_paid(False)
    yield till.now() + FOUND_SECONDS
    till.must_be_paid()
    till.notes(Kind.ASKING_FAILED)


def _closing_fails(till: Till) -> Life:
    """The buyer cancels: the goods go back when the provider has said that the page is closed, not before.

    It is silent for a time, and not for a number of calls: who asks more often hears no sooner.
    """
    till.opens()
    till.breaks("timeout", on="close", calls=CALLS_MAX)
    till.cancels()
    assert till.looks()["state"] == "closing", "nobody knows yet whether it is paid"
    yield till.now() + SILENT_SECONDS
    assert till.looks()["state"] == "closing", "nobody knows yet whether it is paid"
    till.mends()
    yield till.now() + OVER_SECONDS
    assert till.looks()["state"] == "cancelled", "the provider has answered"
    till.notes(Kind.CLOSING_FAILED)


def _second_try(till: Till) -> Life:
    """Only Stripe tells that a card was refused; elsewhere the buyer turns away from the page."""
    reference = till.opens()
    if till.provider == "stripe":
        till.pays(reference, outcome="failed", reason="insufficient_funds")
    yield till.now() + MINUTE
    till.pays(till.opens(till.other_provider()))
    till.must_be_paid()
    till.notes(Kind.SECOND_TRY)


def _both_paid(till: Till) -> Life:
    """The first page was closed when the second opened; a payer who is quick pays it all the same."""
    pages = [till.opens(), till.opens(till.other_provider())]
    if till.draw("the first is paid first", 2):
        pages.reverse()
    for reference in pages:
        yield till.now() + MINUTE
        till.pays(reference, even_if_closed=True)
    till.must_be_paid()
    yield till.now() + 20 * MINUTE
    till.notes(Kind.BOTH_PAID)


def _a_fen_less(till: Till) -> Life:
    till.pays(till.opens(), amount=till.payable_minor - 1)
    till.must_be_paid(False)
    yield till.now() + MINUTE
    till.pays(till.opens())
    till.must_be_paid()
    till.notes(Kind.WRONG_AMOUNT, till.payable_minor - 1)


def _other_currency(till: Till) -> Life:
    till.pays(till.opens(), currency="EUR")
    till.notes(Kind.WRONG_CURRENCY)
    yield till.now() + OVER_SECONDS
    till.must_be_paid(False)


def _other_account(till: Till) -> Life:
    reference = till.opens()
    till.pays(reference, **OTHERS[till.provider])
    till.must_be_paid(False)
    till.notes(Kind.OTHER_ACCOUNT)
    yield till.now() + MINUTE
    till.pays(reference)
    till.must_be_paid()


def _with_coupon(till: Till) -> Life:
    till.pays(till.opens(), payer_total=till.payable_minor * 9 // 10)
    till.must_be_paid()
    till.notes(Kind.COUPON)
    yield from ()


def _in_parts(till: Till) -> Life:
    reference = till.opens()
    till.pays(reference, outcome="partly", amount=till.payable_minor // 2)
    till.must_be_paid(False)
    yield till.now() + 5 * MINUTE
    till.pays(reference)
    till.must_be_paid()
    till.notes(Kind.IN_PARTS)


def _half(till: Till) -> Life:
    till.pays(till.opens(), outcome="partly", amount=till.payable_minor // 2)
    yield till.now() + OVER_SECONDS
    till.must_be_paid(False)
    till.notes(Kind.HALF, till.payable_minor // 2)


def _after_cancelling(till: Till) -> Life:
    reference = till.opens()
    till.cancels()
    yield till.now() + MINUTE
    till.pays(reference, even_if_closed=True)
    till.must_be_paid(False)
    till.notes(Kind.LATE)


def _after_timeout(till: Till) -> Life:
    reference = till.opens()
    yield till.now() + OVER_SECONDS
    till.must_be_paid(False)
    till.pays(reference, even_if_closed=True)
    till.must_be_paid(False)
    till.notes(Kind.TOO_LATE)


def _never(till: Till) -> Life:
    till.opens()
    yield till.now() + OVER_SECONDS


def _never_tried(till: Till) -> Life:
    yield till.now() + OVER_SECONDS


def _cancels(till: Till) -> Life:
    till.opens()
    till.cancels()
    yield till.now() + MINUTE


WAYS: dict[Paying, Callable[[Till], Life]] = {
    Paying.AT_ONCE: _at_once,
    Paying.CALLBACK_TWICE: _told_twice,
    Paying.CALLBACK_LOST: _message_lost,
    Paying.CALLBACK_LATE: _message_late,
    Paying.OUT_OF_ORDER: _out_of_order,
    Paying.PAGE_FAILS: _page_fails,
    Paying.ASKING_FAILS: _asking_fails,
    Paying.CLOSING_FAILS: _closing_fails,
    Paying.SECOND_TRY: _second_try,
    Paying.BOTH_PAID: _both_paid,
    Paying.WRONG_AMOUNT_FIRST: _a_fen_less,
    Paying.WRONG_CURRENCY: _other_currency,
    Paying.OTHER_ACCOUNT: _other_account,
    Paying.COUPON: _with_coupon,
    Paying.IN_PARTS: _in_parts,
    Paying.HALF: _half,
    Paying.AFTER_CANCELLING: _after_cancelling,
    Paying.AFTER_TIMEOUT: _after_timeout,
    Paying.NEVER: _never,
    Paying.NEVER_TRIED: _never_tried,
    Paying.CANCELS: _cancels,
    Paying.REGRETS: _at_once,
}
