"""A buyer at the checkout: sees the price, orders at exactly that price, and makes do when something stands in the way.

What the shop refuses it refuses with a way out, and the buyer takes it: fewer units, the goods that can be sent, as
many lines as an order may have, another coupon, fewer points, another way to pay, the new price.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.demo import made_up, wallets
from local.demo.client import Answer, Person
from local.demo.invoices import Sale
from local.demo.stage import Stage

TRIES = 6
HASTY = 8  # One in eight orders with the prices of yesterday.
Problem = dict[str, Any]


@dataclass
class Basket:
    wanted: dict[str, int]
    coupons: list[str] = field(default_factory=list)
    points: int = 0
    payment_method: str = ""
    channel: str = "web"
    is_cut: bool = False
    confirmed: list[str] = field(default_factory=list)  # What does not come back, and that is known.

    def is_whole(self, sale: Sale) -> bool:
        """Whether it is all that the buyer wanted at first."""
        return self.wanted == {article.sku: article.quantity for article in sale.articles}

    def body(self, sale: Sale) -> dict[str, Any]:
        return {
            "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in self.wanted.items()],
            "address": made_up.address_of(sale),
            "coupons": self.coupons,
            "points": self.points,
            "payment_method": self.payment_method,
            "channel": self.channel,
            "confirmed_exclusions": self.confirmed,
        }


def placed(stage: Stage, sale: Sale) -> tuple[dict[str, Any] | None, Basket]:
    """Quote and order. Returns the order, or None if the shop has nothing for this buyer; and what was asked for."""
    basket = _filled(stage, sale)
    is_hasty = made_up.draw(f"hasty {sale.number}", HASTY) == 0
    seen = _quoted(stage, sale, basket) if is_hasty else None
    stage.offer(sale)
    for attempt in range(TRIES):
        quoted, seen = seen or _quoted(stage, sale, basket), None
        answer = quoted if quoted.is_refusal else _ordered(stage, sale, basket, quoted, attempt)
        if not answer.is_refusal:
            order: dict[str, Any] = answer.value
            return order, basket
        if not makes_do(basket, answer.value.get("problems", ())):
            return None, basket
    return None, basket


def _filled(stage: Stage, sale: Sale) -> Basket:
    own = wallets.brought(stage, sale)
    return Basket(
        wanted={article.sku: article.quantity for article in sale.articles},
        coupons=list(own.coupons),
        points=own.points,
        payment_method=made_up.method_of(sale.number),
        channel=made_up.channel_of(sale.number),
    )


def _quoted(stage: Stage, sale: Sale, basket: Basket) -> Answer:
    return stage.client.command(buyer(sale), "/quotes", basket.body(sale), key="")


def _ordered(stage: Stage, sale: Sale, basket: Basket, quoted: Answer, attempt: int) -> Answer:
    seen = quoted.value
    body = basket.body(sale) | {
        "expected_payable": seen["payable"],
        "expected_lines": [line["payable"]["amount"] for line in seen["lines"]],
        "expected_freight": seen["freight"]["amount"],
    }
    return stage.client.command(buyer(sale), "/orders", body, key=f"{sale.number}-order-{attempt}")


def buyer(sale: Sale) -> Person:
    return Person(made_up.buyer_of(sale), "buyer")


# --- making do ---


def makes_do(basket: Basket, problems: list[Problem]) -> bool:
    """Take the way out of every problem. False: there is none, or nothing is left to buy."""
    for problem in problems:
        way_out = WAYS_OUT.get(problem["code"])
        if way_out is None or not way_out(basket, problem):
            return False
    return bool(basket.wanted and problems)


def _fewer_units(basket: Basket, problem: Problem) -> bool:
    left = problem.get("available", problem.get("left", 0))
    if left:
        basket.wanted[problem["sku"]] = min(left, basket.wanted.get(problem["sku"], left))
    else:
        basket.wanted.pop(problem["sku"], None)
    return True


def _fewer_lines(basket: Basket, problem: Problem) -> bool:
    basket.wanted = dict(list(basket.wanted.items())[: problem["maximum"]])
    basket.is_cut = True
    return True


def _only_what_can_be_sent(basket: Basket, problem: Problem) -> bool:
    """A merchant's freight template does not go there. Without such merchants it is the country: nothing goes."""
    unreachable = problem.get("merchants", ())
    kept = {sku: n for sku, n in basket.wanted.items() if made_up.merchant_of(sku) not in unreachable}
    is_better = len(kept) < len(basket.wanted)
    basket.wanted = kept
    return is_better


def _without_the_coupon(basket: Basket, problem: Problem) -> bool:
    basket.coupons = [coupon for coupon in basket.coupons if coupon != problem["coupon"]]
    return True


def _fewer_points(basket: Basket, problem: Problem) -> bool:
    basket.points = min(
        basket.points, problem.get("maximum", basket.points), problem.get("available", basket.points)
    )
    return True


def _pay_something(basket: Basket, problem: Problem) -> bool:
    """Nobody takes a payment of nothing: one coupon less, or else no points."""
    if basket.coupons:
        basket.coupons = basket.coupons[:-1]
    else:
        basket.points = 0
    return True


def _another_method(basket: Basket, problem: Problem) -> bool:
    basket.payment_method = problem["available"][0] if problem["available"] else ""
    return True


def _the_new_price(basket: Basket, problem: Problem) -> bool:
    return True  # It is asked for again before every try.


def _knows_that_it_stays(basket: Basket, problem: Problem) -> bool:
    basket.confirmed = [*basket.confirmed, problem["sku"]]
    return problem["sku"] in basket.wanted


WAYS_OUT: dict[str, Callable[[Basket, Problem], bool]] = {
    "stock_short": _fewer_units,
    "sold_out": _fewer_units,
    "purchase_limit": _fewer_units,
    "too_many_lines": _fewer_lines,
    "address_not_deliverable": _only_what_can_be_sent,
    "coupon_not_available": _without_the_coupon,
    "coupon_not_applicable": _without_the_coupon,
    "coupon_threshold_not_reached": _without_the_coupon,
    "coupon_expired": _without_the_coupon,
    "coupon_other_currency": _without_the_coupon,
    "coupons_do_not_stack": _without_the_coupon,
    "points_over_cap": _fewer_points,
    "points_short": _fewer_points,
    "nothing_to_pay": _pay_something,
    "payment_method_unavailable": _another_method,
    "price_changed": _the_new_price,
    "exclusion_unconfirmed": _knows_that_it_stays,
}
