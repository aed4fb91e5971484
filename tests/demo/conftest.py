import pickle
import warnings

import pytest

from local.demo.books_checks import look_into_the_books
from local.demo.fee_checks import fees_are_what_providers_kept
from local.demo.invariants import violations
from local.demo.invoices import Book, read_book
from local.demo.run import played
from local.demo.sample import SAMPLE
from local.demo.world import world_of
from local.synthesis import fresh_template

# What each of them goes through is made up in local/demo/made_up.py, and said again in tests/demo/test_run.py.
TWO_MERCHANTS, RECEIPT_BY_CLOCK, TAKEN_BACK = "548359", "539989", "549107"
LATE, NEVER, WRONG_AMOUNT = "552035", "555016", "566870"
GOLD = "540829"  # With coupons and points.
STRAY = "C560608"
NUMBERS = {TWO_MERCHANTS, RECEIPT_BY_CLOCK, TAKEN_BACK, LATE, NEVER, WRONG_AMOUNT, GOLD}
# Made up in local/demo/extras.py.
PRESALE, REJECTED, FORGOTTEN, CUSTOMS_AGAIN = (
    "X-presale",
    "X-presale-rejected",
    "X-sign-forgotten",
    "X-customs-again",
)
# Made up in local/demo/money_scenes.py.
WRONG_CURRENCY, OTHER_ACCOUNT = "X-money-wrong-currency-wechatpay", "X-money-other-account-alipay"
CHARGEBACK_WON, CHARGEBACK_LOST = "X-money-chargeback-won", "X-money-chargeback-lost"
LOST_LATE, COVERED = "X-money-chargeback-lost-late", "X-money-chargeback-covered"
PAID_BY_BANK, RETRIED = "X-money-refund-bounce-wechatpay", "X-money-refund-fail-for-good-stripe"
BOTH_PAID, BY_HAND, FAVOUR = "X-money-both-paid-alipay", "X-money-by-hand-wechatpay", "X-money-favour-alipay"
FAVOUR_REFUSED, IN_PARTS, HALF = "X-money-favour-refused", "X-money-in-parts-stripe", "X-money-half-stripe"
# Made up in local/demo/shipping_scenes.py.
MIXED, CUSTOMS, HEAVY, MENDED = "X-ship-mixed", "X-ship-customs", "X-ship-heavy", "X-ship-anvil"
SILENT, UNPROVEN, CAME_BACK = (
    "X-ship-01-refuses-silent",
    "X-ship-00-usual-delivered",
    "X-ship-by-hand-returned",
)
# Made up in local/demo/return_scenes.py.
PARTLY_CANCELLED, COMPENSATED, CLAWED_BACK = "X-back-cancels", "X-back-wrong", "X-back-late"
ALL_OF_IT, WORN, SILENT_MERCHANT, BAD = (
    "X-back-all-of-it",
    "X-back-worn",
    "X-back-silent-merchant",
    "X-back-all-of-it-bad",
)
LESS, EXCHANGED, REPAIRED = "X-back-less-of-all", "X-back-exchange", "X-back-repair"
ADVANCED_WRONG, ADVANCED_RIGHT, ADVANCED_IN_PART = (
    "X-back-advanced-and-wrong",
    "X-back-advanced-and-right",
    "X-back-advanced-and-in-part",
)
VANISHED, UNSEEN, MONEY, REJECTED_GOODS = (
    "X-back-vanished",
    "X-back-lost",
    "X-back-money",
    "X-back-worn-rejected",
)
UNRECEIVED, CONVERTED = "X-back-unreceived", "X-back-converted"
LAST, LAST_TOO, LIMITED, LIMITED_AGAIN = "X-last-1", "X-last-2", "X-limit", "X-limit-again"


@pytest.fixture(autouse=True)
def _powertools_may_warn():
    """It warns of invocations without metrics, and so it does on AWS."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="aws_lambda_powertools")
        yield


@pytest.fixture(scope="session")
def small_book():
    book = read_book(SAMPLE)
    strays = [c for c in book.cancellations if c.sale is None]
    return Book(
        tuple(sale for sale in book.sales if sale.number in NUMBERS),
        (*(c for c in book.cancellations if c.sale in NUMBERS), *(s for s in strays if s.number == STRAY)),
        {},
    )


@pytest.fixture(scope="session")
def template():
    return fresh_template()


@pytest.fixture(scope="session")
def small_play(small_book, template):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="aws_lambda_powertools")
        with played(small_book, template) as play:  # Closed before the tests: one cloud at a time.
            world, found = pickle.dumps(world_of(play.cloud)), violations(play.cloud)
            books = look_into_the_books(play.cloud, play.stage.lies)  # Last: it posts what bills tell of.
            fees = tuple(fees_are_what_providers_kept(play.cloud, play.stage.lies))
            return play, world, found, books, fees


@pytest.fixture
def found(small_play):
    """What the invariants said when the small run was over."""
    return small_play[2]


@pytest.fixture
def books(small_play):
    """What the check of the books found in it, and every bill."""
    return small_play[3]


@pytest.fixture
def fees(small_play):
    """Fees that providers kept and nobody booked, or the other way about."""
    return small_play[4]


@pytest.fixture
def play(small_play):
    return small_play[0]


@pytest.fixture
def world(small_play):
    """What the small run left, to look at and to break: a copy, made as fast as one can."""
    return pickle.loads(small_play[1])


@pytest.fixture
def order_of(play, world):
    """Return the order of an invoice in *world*."""
    return lambda number: world.orders[play.stage.records[number].order_id]
