"""Named worlds for tests: ``a_placed_order()``, ``a_paid_order()``, ``a_split_order()``, ...

Every one is made by the real pure decisions, one after the other, and checked after each (``tests.world``).
The shop: buyer-1 wants tea and a cup of merchant m-tea, and a pot of merchant m-pot.

    line  sku   merchant  units  each   lies
    1     TEA   m-tea     3      10.00  W1: 2, W2: 1 (so two parcels)
    2     CUP   m-tea     1      25.00  W1
    3     POT   m-pot     2      50.00  W3
                                 goods 55.00 + 100.00, freight 8.00 each, payable 63.00 + 108.00 = 171.00
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from shared.aftersale.cancellation import Cancellation, decide_paid
from shared.changes import Caller, Change, Request
from shared.clockwork import decide_expiry
from shared.commands import Shop
from shared.context import Context
from shared.goods import Held, Sku
from shared.lifecycle import Actor, Event, SubOrderState
from shared.model import Line, SubOrder, UsedCoupon
from shared.ordering.checkout import Checkout, Priced, new_order
from shared.ordering.giving_up import decide_unpaid
from shared.ordering.placing import decide_chunk
from shared.ordering.quote import Basket, Quote, Wanted, price
from shared.ordering.review import CHECKLIST, Verdict, decide_review
from shared.ordering.stock import Shelves
from shared.ordering.terms import Member, Terms
from shared.outside import Outside
from shared.payment.attempts import decide_prepared, decide_start
from shared.payment.closing import decide_closed
from shared.payment.disputes import decide_dispute
from shared.payment.facts import DisputeFact, PaymentFact, RefundFact
from shared.payment.receiving import decide_payment
from shared.payment.refunds import decide_amount, decide_refund
from shared.settings import Policy, Settings
from shared.store.goods import Market
from tests.case_hands import CaseHands
from tests.hands import Hands, pushed_to
from tests.messages import Messages
from tests.purse import Purse
from tests.world import World

T0 = 1_800_000_000  # 2027-01-15T08:00:00Z
POLICY = Policy(
    placing_timeout_seconds=600,
    transfer_retry_seconds=240,
    payment_timeout_seconds=1800,
    presale_payment_timeout_seconds=100_000,
    closing_retry_seconds=60,
    review_timeout_seconds=80_000,
    escalation_timeout_seconds=90_000,
    shipment_promise_seconds=172_800,
    delivery_promise_seconds=432_000,
    receipt_timeout_seconds=864_000,
    refund_retry_seconds=300,
    refund_attention_seconds=86_400,
    settlement_delay_seconds=604_800,
    flat_freight_minor=800,
    points_per_yuan=100,
    points_max_pct=50,
    perishable_boost_seconds=7_200,
    review_amount_minor=500_000,
    review_risk_score=80,
    review_default_approves=0,
    coupon_comes_back=1,
    cross_border_parcel_minor=500_000,
    cross_border_year_minor=2_600_000,
    payment_query_seconds=240,
    payment_requery_seconds=86_400,
    refund_answer_seconds=86_400,
    dispute_recheck_seconds=86_400,
    parked_seconds=86_400,
    dispute_attention_seconds=1_209_600,
    receipt_after_delivery_seconds=86_400,
    receipt_extension_seconds=259_200,
    silence_seconds=172_800,
    parcel_attention_seconds=86_400,
    push_retry_seconds=300,
    intercept_retry_seconds=60,
    split_before_payment=1,
    warehouse_silence_seconds=21_600,
    case_decision_seconds=172_800,
    case_answer_seconds=259_200,
    case_waybill_seconds=604_800,
    case_inspection_seconds=172_800,
    case_ruling_seconds=86_400,
    case_attention_seconds=864_000,
    second_person_minor=50_000,
    archive_after_days=180,
    wechatpay_freeze_days=30,
    alipay_freeze_days=30,
    freeze_warning_days=7,
)
NUMBERS = asdict(POLICY)
SETTINGS = Settings(
    orders_table="orders",
    stock_table="stock",
    ledger_table="ledger",
    catalogue_table="catalogue",
    members_table="members",
    bus_name="bus",
    stage="test",
    sandbox_url="http://sandbox.invalid",
    sandbox_secret_arn="arn:aws:secretsmanager:eu-west-1:123456789012:secret:sandbox",
    deliverable_countries=frozenset({"CN", "GB"}),
    policy=POLICY,
)
ORDER_ID = "01MCC5RM000W3GE1R70W3GE1R7"  # What a_context() makes of T0.
BUYER = Caller(Actor.BUYER, "buyer-1")
TEA_MERCHANT = Caller(Actor.MERCHANT, "user-tea", "m-tea")
POT_MERCHANT = Caller(Actor.MERCHANT, "user-pot", "m-pot")
OPERATOR = Caller(Actor.OPERATOR, "operator-1")
SUPPORT = Caller(Actor.SUPPORT, "support-1")
PROVIDER = Caller(Actor.PROVIDER, "sandbox")
ADDRESS = {"name": "Li Lei", "phone": "+8613800000000", "country": "CN", "city": "杭州", "street": "文三路 1"}

SKUS = {
    "TEA": Sku("TEA", "green tea", "m-tea", 1000, "CNY", True, 100, 500, "food"),
    "CUP": Sku("CUP", "cup", "m-tea", 2500, "CNY", True, 300, 900, "fragile"),
    "POT": Sku("POT", "pot", "m-pot", 5000, "CNY", True, 900, 3000, "fragile"),
}
SHELVES = {("TEA", "W1"): 5, ("TEA", "W2"): 5, ("CUP", "W1"): 4, ("POT", "W3"): 6}
WANTED = (Wanted("TEA", 3), Wanted("CUP", 1), Wanted("POT", 2))
ALLOCATION = {"TEA": (Held("W1", 2), Held("W2", 1)), "CUP": (Held("W1", 1),), "POT": (Held("W3", 2),)}
TERMS = Terms(version=4, policy=NUMBERS, countries=SETTINGS.deliverable_countries)
MEMBER = Member("buyer-1")


def a_request(key: str = "key-1", caller: Caller = BUYER, fingerprint: str = "f") -> Request:
    return Request(caller, key, fingerprint)


def a_context(now: int = T0, seed: int = 7) -> Context:
    return Context(now, lambda count: bytes([seed]) * count)


def a_shop(outside: Outside | None = None) -> Shop:
    return Shop.open(outside or Outside(), SETTINGS)


def a_quote() -> Quote:
    return price(Basket(WANTED, SKUS, ALLOCATION, TERMS, MEMBER, T0))


def placed(
    quoted: Quote,
    stock: dict[Any, int],
    *,
    country: str = "CN",
    skus: Mapping[str, Sku] = SKUS,
    member: Member = MEMBER,
    purse: Purse | None = None,
    quotas: dict[Any, int] | None = None,
    channel: str = "web",
    **numbers: int,
) -> "Trade":
    """*quoted* is ordered, under the policy of the builders with these *numbers* in it."""
    checkout = Checkout((), ADDRESS | {"country": country}, channel=channel, payment_method="sandbox")
    market = Market(skus, Shelves({}), TERMS._replace(policy=NUMBERS | numbers), member, {})
    change, whole = new_order(a_context(), BUYER, Priced(quoted, market), checkout, a_request("place"))
    trade = Trade(World(whole, stock, purse=purse, quotas=quotas))
    trade.world.apply(change)
    return trade


class Trade(Hands, Messages, CaseHands):
    """A world with everybody's hands: each method runs one real decision and applies it."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.now = T0

    def row(self, subject: str) -> Any:
        return self.world.whole.rows[subject]

    def state(self, subject: str) -> str:
        return str(self.row(subject).state)

    def after(self, seconds: int) -> "Trade":
        self.now += seconds
        return self

    def start_payment(self) -> Change:
        return self.world.apply(decide_start(self.whole, "sandbox", caller=BUYER, now=self.now))

    def hear(self, notice: PaymentFact) -> Change:
        return self.world.apply(decide_payment(self.whole, notice, now=self.now))

    def pay(self, number: int = 1, **fields: Any) -> Change:
        return self.hear(self.notice(number, **fields))

    def prepare(self, number: int, transaction_id: str) -> Change:
        """The provider has numbered the payment beforehand."""
        prepared = decide_prepared(self.whole, number=number, prepared=transaction_id, now=self.now)
        return self.world.apply(prepared)

    def tell(self, kind: str, amount_minor: int, number: int = 1) -> Change:
        """So much of try *number* was captured (``part``) or ``reversed`` so far."""
        return self.hear(self.so_far(kind, amount_minor, number))

    def fail(self, number: int = 1) -> Change:
        return self.hear(self.notice(number, is_success=False))

    def close(self, number: int = 1) -> Change:
        return self.world.apply(decide_closed(self.whole, number=number, now=self.now))

    def cancel_unpaid(self, caller: Caller = BUYER) -> Change:
        event = Event.CANCEL_REQUESTED
        return self.world.apply(decide_unpaid(self.whole, event, caller=caller, now=self.now))

    def move_chunk(self) -> Change:
        """The next chunk of what is still to be moved for a very long order."""
        return self.world.apply(decide_chunk(self.whole, now=self.now, address={"country": "CN"}))

    def review(
        self, *, is_approved: bool = True, caller: Caller = SUPPORT, checked: Sequence[str] = CHECKLIST
    ) -> Change:
        verdict = Verdict(
            is_approved, frozenset(checked if is_approved else ()), "" if is_approved else "risky"
        )
        return self.world.apply(decide_review(self.whole, verdict, caller=caller, now=self.now))

    def cancel(
        self, units: dict[int, int] | None = None, *, sub_order: int | None = None, caller: Caller = BUYER
    ) -> Change:
        change = decide_paid(
            self.whole,
            Cancellation("changed_mind", units, sub_order),
            caller=caller,
            now=self.now,
            request=a_request(f"cancel-{self.new_number()}", caller),
        )
        return self.world.apply(change)

    def ring(self, subject: str) -> Change:
        """Let the clock of *subject* act: at the very second it is due, and not one second before."""
        due_at = self.row(subject).due_at
        assert due_at is not None, f"no clock runs for {subject}"
        assert decide_expiry(self.whole, subject, now=due_at - 1) is None
        self.now = due_at
        return self.world.apply(decide_expiry(self.whole, subject, now=due_at))

    def hear_refund(self, fact: RefundFact) -> Change:
        return self.world.apply(decide_refund(self.whole, fact, now=self.now))

    def give(self, amount_minor: int, sub_order: int | None = None, caller: Caller = SUPPORT) -> Change:
        """A favour: so much goes back for no goods."""
        change = decide_amount(
            self.whole, amount_minor, sub_order=sub_order, reason="goodwill", caller=caller, now=self.now
        )
        return self.world.apply(change)

    def hear_dispute(self, fact: DisputeFact) -> Change:
        return self.world.apply(decide_dispute(self.whole, fact, now=self.now))

    def refund_says(self, outcome: str, number: int = 1) -> Change:
        return self.hear_refund(self.refund_notice(outcome, number))


def a_shop_order() -> Trade:
    """Placed, unpaid; no try to pay yet."""
    return placed(a_quote(), SHELVES)


def an_order_being_paid(tries: int = 1) -> Trade:
    trade = a_shop_order()
    for _ in range(tries):
        trade.start_payment()
    return trade


def a_closing_order(tries: int = 1) -> Trade:
    """Its time to pay is over; its provider is being asked to close."""
    trade = an_order_being_paid(tries)
    trade.ring("ORDER")
    return trade


def a_cancelled_order() -> Trade:
    """Paid by nobody: its one try was closed, its goods are back on the shelf."""
    trade = a_closing_order()
    trade.close(1)
    return trade


def a_paid_order() -> Trade:
    """Paid 100 s after it was placed; not cut yet."""
    trade = an_order_being_paid().after(100)
    trade.pay()
    return trade


def a_split_order() -> Trade:
    """Parcels 1 (W1: 2 tea, 1 cup), 2 (W2: 1 tea) of sub-order 1; parcel 3 (W3: 2 pots) of sub-order 2."""
    (trade := a_paid_order()).split()
    return trade


def a_pushed_order(*systems: str) -> Trade:
    """The same parcels, being pushed to their warehouses' systems: to all, or to *systems* alone."""
    trade = a_paid_order()
    trade.split(pushed_to(*(systems or ("W1", "W2", "W3"))))
    return trade


def an_order_at_its_warehouses(*systems: str) -> Trade:
    """100 s later all of these parcels are at their warehouses; what was not pushed waits for its merchant."""
    trade = a_pushed_order(*systems).after(100)
    for parcel in [one.number for one in trade.whole.parcels if one.state == "pushing"]:
        trade.progress(parcel)
    return trade


def a_shipped_order() -> Trade:
    """Both sub-orders are on their way."""
    trade = a_split_order().after(1000)
    trade.ship(1, 1, 2)
    trade.ship(2, 3)
    return trade


def a_delivered_order() -> Trade:
    """Delivered, parcel by parcel, a second after the other, a day after they left."""
    (trade := a_shipped_order().after(86_400)).deliver(1, 2, 3)
    return trade


def a_completed_order() -> Trade:
    trade = a_shipped_order().after(1000)
    trade.receive(1, 2)
    return trade


def an_order_with_a_refund() -> Trade:
    """One cup was cancelled: 25.00 are on their way back as refund 1."""
    trade = a_split_order()
    trade.cancel({2: 1})
    return trade


def an_order_of(
    lines: Sequence[Line], freight_minor: Sequence[int], currency: str = "CNY", **how: Any
) -> Trade:
    """Paid, not cut: any lines with any frozen spread. Lines of sub-order n belong to merchant m-n."""
    trade = an_unpaid_order_of(lines, freight_minor, currency, **how)
    trade.start_payment()
    trade.pay()
    return trade


def an_unpaid_order_of(
    lines: Sequence[Line],
    freight_minor: Sequence[int],
    currency: str = "CNY",
    *,
    stock: dict[Any, int] | None = None,
    coupons: Sequence[UsedCoupon] = (),
    **how: Any,
) -> Trade:
    """Placed, with exactly its units received, unless *stock* says otherwise."""
    subs = []
    for number, freight in enumerate(freight_minor, 1):
        goods = sum(line.payable_minor for line in lines if line.sub_order == number)
        subs.append(
            SubOrder(
                number=number,
                merchant_id=f"m-{number}",
                state=SubOrderState.AWAITING_PAYMENT,
                goods_minor=goods,
                freight_minor=freight,
                payable_minor=goods + freight,
            )
        )
    points = sum(line.points for line in lines)
    quoted = Quote(currency, tuple(lines), tuple(subs), coupons=tuple(coupons), points=points)
    lies = {(ln.sku, held.warehouse, held.shard): held.units for ln in lines for held in ln.allocation}
    how.setdefault("purse", Purse(coupons=[coupon.coupon_id for coupon in coupons], points=points))
    return placed(quoted, lies if stock is None else stock, **how)


def a_line(
    number: int,
    quantity: int,
    payable_minor: int,
    *,
    sub_order: int = 1,
    lies: Sequence[tuple[Any, ...]] | None = None,
    **fields: Any,
) -> Line:
    """A line as it was frozen: *payable_minor* for all of it, whatever the discounts were.

    *lies*: (warehouse, units) or (warehouse, units, shard, channel), place by place.
    """
    line = Line(
        number=number,
        sub_order=sub_order,
        sku=f"SKU-{number}",
        name=f"thing {number}",
        merchant_id=f"m-{sub_order}",
        quantity=quantity,
        unit_price_minor=payable_minor,
        steps=(("list_price", payable_minor),),
        payable_minor=payable_minor,
        weight_grams=100,
        allocation=tuple(Held(*place) for place in lies or (("W1", quantity),)),
    )
    return line._replace(**fields)
