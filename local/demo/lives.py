"""How one order lives, from quote to settlement: everything its people do, over HTTP.

A life is a coroutine. Whenever it has to wait it yields the moment at which it goes on; meanwhile other orders live.
What it does not do itself happens by the clock: time-outs, escalation, receipt, settlement.

    the invoice's day    quote, order (``buying``); payment within half an hour, or not (``paying``)
    within two days      if people must look at it, they do (``reviewing``)
    hours later          warehouses with a system pack what they were pushed (``warehousing``)
    a day or two later   the other merchants read the work list and ship, all at once or parcel by parcel
    then                 parcels travel; whatever goes wrong with them is seen to (``travelling``)
    ``C`` invoices       at their own time: the buyer cancels those units. The merchant waits with shipping for
                         those of the first two weeks; later ones are returns, which the shop cannot do yet
    some days later      four in ten buyers say that it came, for the others the clock does; favours and
                         chargebacks (``afterwards``)
"""

from collections.abc import Generator, Iterable, Mapping
from typing import Any, NamedTuple

from local.demo import made_up, plays, reviewing, tariffs, travelling, warehousing
from local.demo.afterwards import BEFORE_RECEIPT, live_on
from local.demo.buying import buyer, placed
from local.demo.client import Person
from local.demo.happened import Kind
from local.demo.invoices import Cancellation, Sale
from local.demo.made_up import DAY, HOUR, Afterwards, Paying, Refunding, Verdict
from local.demo.paying import pay
from local.demo.plays import Stopping, Way, Work
from local.demo.refunding import newest, see_it_through, set_mode, winner
from local.demo.stage import Life, Record, Stage, list_price_of
from local.demo.till import Till

PARCEL_BY_PARCEL = 4  # One in four sub-orders of several parcels.
WAITS_SECONDS = 14 * DAY
STOPPING_TAKES = 9 * HOUR  # Until even a warehouse that ships meanwhile has shipped.
STOPPING = {
    Stopping.BY_STATE: Kind.STOPPED,
    Stopping.REJECT: Kind.NOT_STOPPED,
    Stopping.PENDING_THEN_ACCEPT: Kind.STOPPED_LATER,
    Stopping.PENDING_THEN_REJECT: Kind.NOT_STOPPED_LATER,
    Stopping.PENDING_THEN_SHIP: Kind.SHIPPED_MEANWHILE,
    Stopping.LOST_ACCEPT: Kind.STOPPED_UNHEARD,
    Stopping.LOST_REJECT: Kind.NOT_STOPPED_UNHEARD,
}


class Plan(NamedTuple):
    """What the people of one order will do."""

    paying: Paying
    verdict: Verdict
    ships_not_before: int = 0  # Presale.
    provider: str = ""  # Empty: by the draw.
    refunding: Refunding | None = None  # None: by the draw.
    afterwards: Afterwards = Afterwards.NOTHING
    work: Work = Work.USUAL
    stopping: Stopping = Stopping.BY_STATE
    way: Way | None = None  # Of the first parcel; None: by the draw, as for all others.
    is_mended: bool = False  # What nobody could send somebody can, before people look again.


def plan_of(sale: Sale, cancellations: tuple[Cancellation, ...]) -> Plan:
    """The plan by the draw. Whoever gave goods back had paid for them, and nothing else befalls their money."""
    if cancellations:
        return Plan(Paying.AT_ONCE, Verdict.APPROVED)
    how = made_up.paying(sale)
    then = made_up.afterwards(sale.number, made_up.provider_of(sale.number, how))
    return Plan(
        how,
        made_up.verdict(sale),
        afterwards=then if how is Paying.AT_ONCE else Afterwards.NOTHING,
        work=plays.work_of(sale.number) if how is Paying.AT_ONCE else Work.USUAL,
        stopping=plays.stopping_of(sale.number),
    )


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
    warehousing.get_ready(stage, order, plan.work)
    provider = plan.provider or made_up.provider_of(sale.number, plan.paying)
    yield from pay(Till(stage, sale, order, provider), plan.paying)
    yield from _be_looked_at(stage, record, order, plan)
    seen = _read(stage, sale, order)
    warehousing.at_work(stage, seen, plan.work)
    if seen["state"] != "awaiting_shipment":
        return
    if plan.paying is Paying.REGRETS and (yield from _cancel_everything(stage, sale, order, plan)):
        return
    shipped_from = stage.now() + made_up.seconds_to_ship(sale.number)
    left = stage.now() + warehousing.LEFT_AFTER
    yield from _cancel_all(stage, record, (c for c in cancellations if c.at - sale.at <= WAITS_SECONDS))
    yield max(shipped_from, stage.now() + HOUR, plan.ships_not_before)
    yield from _ship(stage, sale, order)
    yield max(left, stage.now() + HOUR)
    yield from _travel(stage, sale, order, plan)
    yield from _cancel_all(stage, record, (c for c in cancellations if c.at - sale.at > WAITS_SECONDS))


def _travel(stage: Stage, sale: Sale, order: dict[str, Any], plan: Plan) -> Life:
    """Parcels travel. What befalls them is over before their buyer says anything."""
    if plan.work is Work.BIT_BY_BIT:
        yield stage.now() + warehousing.LEFT_BIT_BY_BIT_AFTER
    is_odd = plan.afterwards is Afterwards.NOTHING
    odd = travelling.sent_on(stage, sale, _read(stage, sale, order), plan.way, is_odd=is_odd)
    stage.declare(sale, order["order_id"])
    begun = stage.now()
    yield from travelling.seen_to(stage, sale, order["order_id"], odd)
    yield max(stage.now(), begun + made_up.seconds_on_the_way(sale.number))
    yield from _come_to_rest(stage, sale, order, plan)


def _come_to_rest(stage: Stage, sale: Sale, order: dict[str, Any], plan: Plan) -> Life:
    """The goods have come. Some payers' banks do not wait for their buyers to say so."""
    if plays.wants_more_time(sale.number):
        _extend(stage, sale, order)
    is_early = plan.afterwards in BEFORE_RECEIPT
    then = live_on(stage, sale, order["order_id"], plan.afterwards, plan.refunding)
    if is_early:
        yield from then
    _receive(stage, sale, order)
    if not is_early:
        yield from then


def _be_looked_at(stage: Stage, record: Record, order: dict[str, Any], plan: Plan) -> Life:
    """Where people must look at the order, they do: before anything is sent, and where it cannot be sent."""
    seen = _read(stage, record.sale, order)
    if obstacles := [s["obstacle"] for s in seen["sub_orders"] if s.get("obstacle")]:
        stage.note(Kind.OBSTACLE, order["order_id"], seen["payable"]["amount"])
        assert all(obstacle["reason"] for obstacle in obstacles), "people read what stands in the way"
        if plan.is_mended:
            stage.publish("carrier_service", tariffs.crane(stage.season))
    if seen["state"] == "under_review":
        yield from _let_people_look(stage, record, plan.verdict)
        again = _read(stage, record.sale, order)
        if not obstacles and any(s.get("obstacle") for s in again["sub_orders"]):
            stage.note(Kind.OBSTACLE, order["order_id"], again["payable"]["amount"])


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


# --- cancelling what is paid ---


def _cancel_everything(
    stage: Stage, sale: Sale, order: dict[str, Any], plan: Plan
) -> Generator[int, None, bool]:
    """The buyer changes their mind before anything has left. What a warehouse has is asked back, and its answer
    decides. Says whether all of it comes back."""
    seen = _read(stage, sale, order)
    payment, asked = winner(seen), list(warehousing.at_systems(seen))
    mode = plan.refunding or made_up.refunding(sale.number, payment["provider"])
    set_mode(stage, payment, mode)
    warehousing.let_stop(stage, seen, plan.stopping)
    target, key = f"/orders/{order['order_id']}/cancellation", f"{sale.number}-regret"
    answer = stage.client.command(buyer(sale), target, {"reason": "changed_mind"}, key=key)
    assert not answer.is_refusal, f"not cancelled: {answer}"
    if asked:
        for _, parcel in asked:
            subject = f"PARCEL#{parcel['parcel']:02}"
            stage.note(STOPPING[plan.stopping], order["order_id"], parcel["goods"]["amount"], subject)
        yield stage.now() + STOPPING_TAKES
    left = _read(stage, sale, order)
    for refund in (refund for refund in left["refunds"] if refund["reason"] == "changed_mind"):
        yield from see_it_through(stage, order, refund, mode)
    return bool(left["state"] == "cancelled")


def _cancel_all(stage: Stage, record: Record, cancellations: Iterable[Cancellation]) -> Life:
    for cancellation in cancellations:
        yield max(stage.now(), cancellation.at)
        yield from _cancel(stage, record, cancellation)


def _cancel(stage: Stage, record: Record, cancellation: Cancellation) -> Life:
    """Cancel the units of a ``C`` invoice, and see its refund through."""
    sale = record.sale
    order = _read(stage, sale, {"order_id": record.order_id})
    mode = made_up.refunding(cancellation.number, winner(order)["provider"])
    set_mode(stage, winner(order), mode)
    body = {"reason": "other", "lines": _cancelled_lines(order, cancellation)}
    target = f"/orders/{record.order_id}/cancellation"
    answer = stage.client.command(buyer(sale), target, body, key=f"{cancellation.number}-cancel")
    if answer.is_refusal:
        record.cancellations_refused += 1
        return
    record.cancellations_accepted += 1
    for refund in newest(_read(stage, sale, order), "other"):
        yield from see_it_through(stage, order, refund, mode)


def _cancelled_lines(order: dict[str, Any], cancellation: Cancellation) -> list[dict[str, int]]:
    """Which lines of the order are meant. An article that was not ordered gets a line that does not exist."""
    numbers = {line["sku"]: line["line"] for part in order["sub_orders"] for line in part["lines"]}
    return [
        {"line": numbers.get(sku, len(numbers) + 1 + index), "quantity": units}
        for index, (sku, units) in enumerate(cancellation.units)
    ]


# --- shipping and receiving ---


def _ship(stage: Stage, sale: Sale, order: dict[str, Any]) -> Life:
    """Each merchant ships its part; some parcel by parcel, a day apart."""
    waiting = [s for s in _read(stage, sale, order)["sub_orders"] if s["state"] == "awaiting_shipment"]
    later = []
    for sub_order in waiting:
        parcels = _waiting_parcels(stage, sub_order)
        if not parcels:
            continue  # Its warehouse has a system, which needs nobody.
        one_by_one = made_up.draw(f"one by one {sale.number}", PARCEL_BY_PARCEL) == 0
        _hand_over(stage, sale, sub_order, parcels[:1] if one_by_one else parcels)
        if one_by_one and parcels[1:]:
            later.append((sub_order, parcels[1:]))
    if later:
        yield stage.now() + DAY
    for sub_order, parcels in later:
        _hand_over(stage, sale, sub_order, parcels)


def _waiting_parcels(stage: Stage, sub_order: dict[str, Any]) -> list[dict[str, Any]]:
    """Look at the head of the merchant's work list, then at the sub-order itself: its address, and what waits."""
    if not any(p["state"] == "awaiting_shipment" for p in sub_order["parcels"]):
        return []
    merchant, number = _merchant(sub_order), sub_order["sub_order_id"]
    assert stage.client.get(merchant, "/merchant/orders?limit=5")["sub_orders"], (
        "something waits, so the list shows it"
    )
    entry = stage.client.get(merchant, f"/merchant/sub-orders/{number}")
    assert entry["address"]["phone"].startswith("*"), "a merchant does not read a buyer's phone"
    return [p for p in entry["parcels"] if p["state"] == "awaiting_shipment"]


def _hand_over(stage: Stage, sale: Sale, sub_order: dict[str, Any], parcels: list[dict[str, Any]]) -> None:
    number = sub_order["sub_order_id"]
    waybills = [
        {"parcel": p["parcel"], **made_up.waybill(sale.number, p["parcel"], stage.carrier_of(p["service"]))}
        for p in parcels
    ]
    body = {"parcels": waybills}
    key = f"ship-{number}-{parcels[0]['parcel']}"
    answer = stage.client.command(
        _merchant(sub_order), f"/merchant/sub-orders/{number}/shipment", body, key=key
    )
    assert not answer.is_refusal, f"not shipped: {answer}"


def _receive(stage: Stage, sale: Sale, order: dict[str, Any]) -> None:
    """The buyer says, twice because money is released by it, that the goods came. Or says nothing."""
    if not made_up.says_it_came(sale.number):
        return
    if _read(stage, sale, order)["state"] not in ("awaiting_receipt", "delivered"):
        return
    target, key = f"/orders/{order['order_id']}/receipt", f"{sale.number}-receipt"
    asked = stage.client.command(buyer(sale), target, {}, key=key)
    assert asked.value["code"] == "confirmation_required", f"not asked to confirm: {asked}"
    answer = stage.client.command(buyer(sale), target, {"confirm": asked.value["confirm"]}, key=key)
    assert not answer.is_refusal, f"not received: {answer}"


def _extend(stage: Stage, sale: Sale, order: dict[str, Any]) -> None:
    """The buyer wants more time to look at what came: once, and not twice."""
    seen = _read(stage, sale, order)
    arrived = [n for n, sub_order in enumerate(seen["sub_orders"], 1) if sub_order["state"] == "delivered"]
    for number in arrived[:1]:
        target, key = f"/orders/{order['order_id']}/receipt-extension", f"{sale.number}-extension"
        answer = stage.client.command(buyer(sale), target, {"sub_order": number}, key=key)
        assert not answer.is_refusal, f"not extended: {answer}"
        again = stage.client.command(buyer(sale), target, {"sub_order": number}, key=f"{key}-again")
        assert again.value["code"] == "already_extended", f"extended twice: {again}"
        stage.note(Kind.EXTENDED, order["order_id"], seen["payable"]["amount"], f"SUB#{number:02}")


def _read(stage: Stage, sale: Sale, order: Mapping[str, Any]) -> Any:
    return stage.client.get(buyer(sale), f"/orders/{order['order_id']}")


def _merchant(sub_order: Mapping[str, Any]) -> Person:
    merchant = sub_order["merchant_id"]
    return Person(f"{merchant}-clerk", "merchant", merchant)
