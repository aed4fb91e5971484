"""How one order lives, from quote to settlement: everything its people do, over HTTP.

A life is a coroutine. Whenever it has to wait it yields the moment at which it goes on; meanwhile other orders live.
What it does not do itself happens by the clock: time-outs, escalation, receipt, settlement.

    the invoice's day    quote, order (``buying``); payment within half an hour, or not
    within two days      if people must look at it, they do (``reviewing``)
    a day or two later   the merchant reads the work list and ships, all at once or parcel by parcel
    ``C`` invoices       at their own time: the buyer cancels those units. The merchant waits with shipping for
                         those of the first two weeks; later ones are returns, which the shop cannot do yet
    some days later      four in ten buyers say that it came, for the others the clock does
"""

from collections.abc import Generator, Iterable, Mapping
from typing import Any, NamedTuple

from local.demo import made_up, reviewing
from local.demo.buying import buyer, placed
from local.demo.client import Person
from local.demo.invoices import Cancellation, Sale
from local.demo.made_up import DAY, HOUR, MINUTE, Paying, Refunding, Verdict
from local.demo.stage import OPERATOR, Record, Stage, list_price_of

Life = Generator[int, None, None]
PARCEL_BY_PARCEL = 4  # One in four sub-orders of several parcels.
WAITS_SECONDS = 14 * DAY
LETS_TIME_RUN_OUT = (Paying.NEVER_TRIED, Paying.NEVER, Paying.CALLBACK_LOST, Paying.WRONG_CURRENCY)
ON_THE_FIRST_PAGE: dict[Paying, dict[str, Any]] = {  # What the provider is told there, besides the money.
    Paying.AT_ONCE: {},
    Paying.REGRETS: {},
    Paying.CALLBACK_TWICE: {"deliver": "twice"},
    Paying.CALLBACK_LOST: {"deliver": "never"},
    Paying.SECOND_TRY: {"outcome": "failed"},
    Paying.WRONG_CURRENCY: {"currency": "EUR"},
    Paying.AFTER_CANCELLING: {"even_if_closed": True},
}


class Plan(NamedTuple):
    """What the people of one order will do."""

    paying: Paying
    verdict: Verdict
    ships_not_before: int = 0  # Presale.


def plan_of(sale: Sale, cancellations: tuple[Cancellation, ...]) -> Plan:
    """The plan by the draw. Whoever gave goods back had paid for them."""
    how = Paying.AT_ONCE if cancellations else made_up.paying(sale)
    return Plan(how, Verdict.APPROVED if cancellations else made_up.verdict(sale))


def life_of(
    stage: Stage, sale: Sale, cancellations: Iterable[Cancellation] = (), plan: Plan | None = None
) -> Life:
    """Everything that happens to one invoice."""
    record = stage.records[sale.number] = Record(sale)
    cancellations = tuple(cancellations)
    plan = plan or plan_of(sale, cancellations)
    order, basket = placed(stage, sale)
    record.is_cut = basket.is_cut
    if order is None:
        return
    record.order_id, record.ordered_goods_minor = order["order_id"], list_price_of(order)
    yield stage.now() + made_up.seconds_to_pay(sale.number)
    if _read(stage, sale, order)["state"] != "pending_payment":
        return  # A long order whose goods could not be held.
    yield from _pay(stage, sale, order, plan.paying)
    if _read(stage, sale, order)["state"] == "under_review":
        yield from _let_people_look(stage, record, plan.verdict)
    if _read(stage, sale, order)["state"] != "awaiting_shipment":
        return
    if plan.paying is Paying.REGRETS:
        _cancel_everything(stage, sale, order)
        return
    shipped_from = stage.now() + made_up.seconds_to_ship(sale.number)
    yield from _cancel_all(stage, record, (c for c in cancellations if c.at - sale.at <= WAITS_SECONDS))
    yield max(shipped_from, stage.now() + HOUR, plan.ships_not_before)
    yield from _ship(stage, sale, order)
    yield stage.now() + made_up.seconds_on_the_way(sale.number)
    _receive(stage, sale, order)
    yield from _cancel_all(stage, record, (c for c in cancellations if c.at - sale.at > WAITS_SECONDS))


def _let_people_look(stage: Stage, record: Record, verdict: Verdict) -> Life:
    record.verdict = verdict
    yield stage.now() + reviewing.seconds_until(verdict)
    reviewing.review(stage, record.order_id, verdict)


def stray_life(stage: Stage, stray: Cancellation) -> Life:
    """A cancellation of what this customer never bought: the shop must refuse it."""
    yield stray.at
    own = [r for r in stage.records.values() if r.order_id and r.sale.customer == stray.customer]
    others = [r for r in stage.records.values() if r.order_id]
    if not others:
        return
    record = (own or others)[-1]
    lines = [
        {"line": len(record.sale.articles) + n, "quantity": units}
        for n, (_, units) in enumerate(stray.units, 1)
    ]
    customer = Person(f"buyer-{stray.customer}", "buyer")
    body = {"reason": "other", "lines": lines}
    answer = stage.client.command(
        customer, f"/orders/{record.order_id}/cancellation", body, key=f"{stray.number}-cancel"
    )
    stage.strays_refused += answer.is_refusal


# --- paying ---


def _pay(stage: Stage, sale: Sale, order: dict[str, Any], how: Paying) -> Life:
    if how is not Paying.NEVER_TRIED:
        yield from _pay_on_a_page(stage, sale, order, how)
    if how in LETS_TIME_RUN_OUT:
        yield stage.now() + 2 * HOUR


def _pay_on_a_page(stage: Stage, sale: Sale, order: dict[str, Any], how: Paying) -> Life:
    payable = order["payable"]
    reference = _start_payment(stage, sale, order, 1)
    if how in (Paying.CANCELS, Paying.AFTER_CANCELLING):
        _cancel_unpaid(stage, sale, order)
        yield stage.now() + MINUTE
    if how is Paying.WRONG_AMOUNT_FIRST:
        _provider_pays(stage, reference, payable | {"amount": payable["amount"] - 1})
    elif how in ON_THE_FIRST_PAGE:
        _provider_pays(stage, reference, payable | ON_THE_FIRST_PAGE[how])
    if how in (Paying.SECOND_TRY, Paying.WRONG_AMOUNT_FIRST):
        yield stage.now() + MINUTE
        _provider_pays(stage, _start_payment(stage, sale, order, 2), payable)


def _start_payment(stage: Stage, sale: Sale, order: dict[str, Any], number: int) -> str:
    target = f"/orders/{order['order_id']}/payments"
    key = f"{sale.number}-pay-{number}"
    answer = stage.client.command(buyer(sale), target, {"provider": "sandbox"}, key=key)
    assert not answer.is_refusal, f"no payment: {answer}"
    return str(answer.value["reference"])


def _provider_pays(stage: Stage, reference: str, form: dict[str, Any]) -> None:
    answer = stage.client.provider(f"/payments/{reference}", form)
    assert not answer.is_refusal, f"the provider refused: {answer}"


def _cancel_unpaid(stage: Stage, sale: Sale, order: dict[str, Any]) -> None:
    target = f"/orders/{order['order_id']}/cancellation"
    key = f"{sale.number}-cancel"
    answer = stage.client.command(buyer(sale), target, {"reason": "changed_mind"}, key=key)
    assert not answer.is_refusal, f"not cancelled: {answer}"


# --- cancelling what is paid ---


def _cancel_everything(stage: Stage, sale: Sale, order: dict[str, Any]) -> None:
    """The buyer changes their mind before anything has left: all of it comes back."""
    target, key = f"/orders/{order['order_id']}/cancellation", f"{sale.number}-regret"
    answer = stage.client.command(buyer(sale), target, {"reason": "changed_mind"}, key=key)
    assert not answer.is_refusal, f"not cancelled: {answer}"


def _cancel_all(stage: Stage, record: Record, cancellations: Iterable[Cancellation]) -> Life:
    for cancellation in cancellations:
        yield max(stage.now(), cancellation.at)
        yield from _cancel(stage, record, cancellation)


def _cancel(stage: Stage, record: Record, cancellation: Cancellation) -> Life:
    """Cancel the units of a ``C`` invoice, and see its refund through."""
    sale = record.sale
    order = _read(stage, sale, {"order_id": record.order_id})
    mode = made_up.refunding(cancellation.number)
    [reference] = [p["reference"] for p in order["payments"] if p["state"] == "succeeded"]
    stage.client.provider(f"/payments/{reference}/refund-mode", {"mode": mode})
    body = {"reason": "other", "lines": _cancelled_lines(order, cancellation)}
    target = f"/orders/{record.order_id}/cancellation"
    answer = stage.client.command(buyer(sale), target, body, key=f"{cancellation.number}-cancel")
    if answer.is_refusal:
        record.cancellations_refused += 1
        return
    record.cancellations_accepted += 1
    if mode is Refunding.FAIL_FOR_GOOD:
        yield stage.now() + 2 * HOUR
        stage.client.provider(f"/payments/{reference}/refund-mode", {"mode": "succeed"})
        _retry_refunds(stage, _read(stage, sale, order), cancellation)


def _cancelled_lines(order: dict[str, Any], cancellation: Cancellation) -> list[dict[str, int]]:
    """Which lines of the order are meant. An article that was not ordered gets a line that does not exist."""
    numbers = {line["sku"]: line["line"] for part in order["sub_orders"] for line in part["lines"]}
    return [
        {"line": numbers.get(sku, len(numbers) + 1 + index), "quantity": units}
        for index, (sku, units) in enumerate(cancellation.units)
    ]


def _retry_refunds(stage: Stage, order: dict[str, Any], cancellation: Cancellation) -> None:
    for refund in order["refunds"]:
        if refund["state"] == "needs_action":
            target = f"/orders/{order['order_id']}/refunds/{refund['refund_id']}/retry"
            answer = stage.client.command(OPERATOR, target, {}, key=f"{cancellation.number}-retry")
            assert not answer.is_refusal, f"no second try: {answer}"


# --- shipping and receiving ---


def _ship(stage: Stage, sale: Sale, order: dict[str, Any]) -> Life:
    """Each merchant ships its part; some parcel by parcel, a day apart."""
    waiting = [s for s in _read(stage, sale, order)["sub_orders"] if s["state"] == "awaiting_shipment"]
    later = []
    for sub_order in waiting:
        parcels = _waiting_parcels(stage, sub_order)
        one_by_one = made_up.draw(f"one by one {sale.number}", PARCEL_BY_PARCEL) == 0
        _hand_over(stage, sub_order, parcels[:1] if one_by_one else parcels)
        if one_by_one and parcels[1:]:
            later.append((sub_order, parcels[1:]))
    if later:
        yield stage.now() + DAY
    for sub_order, parcels in later:
        _hand_over(stage, sub_order, parcels)


def _waiting_parcels(stage: Stage, sub_order: dict[str, Any]) -> list[int]:
    """Look at the head of the merchant's work list, then at the sub-order itself: its address, and what waits."""
    merchant, number = _merchant(sub_order), sub_order["sub_order_id"]
    assert stage.client.get(merchant, "/merchant/orders?limit=5")["sub_orders"], (
        "something waits, so the list shows it"
    )
    entry = stage.client.get(merchant, f"/merchant/sub-orders/{number}")
    assert entry["address"]["phone"].startswith("*"), "a merchant does not read a buyer's phone"
    return [p["parcel"] for p in entry["parcels"] if p["state"] == "awaiting_shipment"]


def _hand_over(stage: Stage, sub_order: dict[str, Any], parcels: list[int]) -> None:
    number = sub_order["sub_order_id"]
    body = {"parcels": [{"parcel": p, **made_up.waybill(number, p)} for p in parcels]}
    key = f"ship-{number}-{parcels[0]}"
    answer = stage.client.command(
        _merchant(sub_order), f"/merchant/sub-orders/{number}/shipment", body, key=key
    )
    assert not answer.is_refusal, f"not shipped: {answer}"


def _receive(stage: Stage, sale: Sale, order: dict[str, Any]) -> None:
    """The buyer says, twice because money is released by it, that the goods came. Or says nothing."""
    if not made_up.says_it_came(sale.number):
        return
    if _read(stage, sale, order)["state"] != "awaiting_receipt":
        return
    target, key = f"/orders/{order['order_id']}/receipt", f"{sale.number}-receipt"
    asked = stage.client.command(buyer(sale), target, {}, key=key)
    assert asked.value["code"] == "confirmation_required", f"not asked to confirm: {asked}"
    answer = stage.client.command(buyer(sale), target, {"confirm": asked.value["confirm"]}, key=key)
    assert not answer.is_refusal, f"not received: {answer}"


def _read(stage: Stage, sale: Sale, order: Mapping[str, Any]) -> Any:
    return stage.client.get(buyer(sale), f"/orders/{order['order_id']}")


def _merchant(sub_order: Mapping[str, Any]) -> Person:
    merchant = sub_order["merchant_id"]
    return Person(f"{merchant}-clerk", "merchant", merchant)
