"""How one order lives, from quote to settlement: everything its people do, over HTTP.

A life is a coroutine. Whenever it has to wait it yields the moment at which it goes on; meanwhile other orders live.
What it does not do itself happens by the clock: time-outs, escalation, receipt, settlement.

    the invoice's day    quote, order (``buying``); payment within half an hour, or not (``paying``)
    within two days      if people must look at it, they do (``reviewing``)
    hours later          warehouses with a system pack what they were pushed (``warehousing``)
    a day or two later   the other merchants read the work list and ship, all at once or parcel by parcel
    then                 parcels travel; whatever goes wrong with them is seen to (``travelling``)
    some days later      four in ten buyers say that it came, for the others the clock does; favours and
                         chargebacks (``afterwards``)
    ``C`` invoices       at their own time, when the goods have come: they are asked back, and inspected
                         (``returning``); of other orders some come back, too, or are made good
"""

from collections.abc import Generator, Sequence
from typing import Any, NamedTuple

from local.demo import (
    claims,
    denied,
    made_good,
    made_up,
    plays,
    returning,
    reviewing,
    tariffs,
    travelling,
    warehousing,
)
from local.demo.afterwards import BEFORE_RECEIPT, live_on
from local.demo.buying import buyer, placed
from local.demo.claims import Claim, Opens
from local.demo.client import Person
from local.demo.handing_over import extend, read, receive, ship
from local.demo.happened import Kind
from local.demo.invoices import Sale
from local.demo.made_up import DAY, HOUR, Afterwards, Paying, Refunding, Verdict
from local.demo.paying import pay
from local.demo.plays import Stopping, Way, Work
from local.demo.refunding import newest, see_it_through, set_mode, winner
from local.demo.stage import Life, Record, Stage, list_price_of
from local.demo.takebacks import TakeBack
from local.demo.till import Till

LOST_AFTER = 5 * DAY
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
    cancels: int = 0  # So many units of the first line, before they leave.
    claim: Claim | None = None  # What of it comes back, or is made good.
    takes_back: tuple[TakeBack, ...] = ()
    denied: str = ""  # What is asked for, and must be refused: see ``_ask_in_vain``.


def plan_of(sale: Sale, taken: tuple[TakeBack, ...]) -> Plan:
    """The plan by the draw. Whoever gave goods back had paid for them, and nothing else befalls their money."""
    if taken:
        return Plan(Paying.AT_ONCE, Verdict.APPROVED, way=Way.DELIVERED, takes_back=taken)
    how = made_up.paying(sale)
    if how is not Paying.AT_ONCE:
        return Plan(how, made_up.verdict(sale), stopping=plays.stopping_of(sale.number))
    then = made_up.afterwards(sale.number, made_up.provider_of(sale.number, how))
    work = plays.work_of(sale.number)
    is_calm = then is Afterwards.NOTHING and work is Work.USUAL
    return Plan(
        how,
        made_up.verdict(sale),
        afterwards=then,
        work=work,
        stopping=plays.stopping_of(sale.number),
        claim=claims.claim_of(sale.number) if is_calm else None,
    )


def life_of(stage: Stage, sale: Sale, taken: Sequence[TakeBack] = (), plan: Plan | None = None) -> Life:
    """Everything that happens to one invoice."""
    record = stage.records[sale.number] = Record(sale)
    plan = plan or plan_of(sale, tuple(taken))
    order, basket = placed(stage, sale)
    record.is_cut, record.is_less = basket.is_cut, not basket.is_whole(sale)
    if order is None:
        return
    record.order_id, record.ordered_goods_minor = order["order_id"], list_price_of(order)
    yield stage.now() + made_up.seconds_to_pay(sale.number)
    if read(stage, sale, order)["state"] != "pending_payment":
        return  # A long order whose goods could not be held.
    warehousing.get_ready(stage, order, plan.work)
    provider = plan.provider or made_up.provider_of(sale.number, plan.paying)
    yield from pay(Till(stage, sale, order, provider), plan.paying)
    yield from _be_looked_at(stage, record, order, plan)
    seen = read(stage, sale, order)
    warehousing.at_work(stage, seen, plan.work)
    if seen["state"] != "awaiting_shipment":
        return
    if plan.paying is Paying.REGRETS and (yield from _cancel_everything(stage, sale, order, plan)):
        return
    shipped_from = stage.now() + made_up.seconds_to_ship(sale.number)
    left = stage.now() + warehousing.LEFT_AFTER
    if plan.cancels:
        yield from _cancel(stage, record, plan)
    yield max(shipped_from, stage.now() + HOUR, plan.ships_not_before)
    yield from ship(stage, sale, order)
    yield max(left, stage.now() + HOUR)
    yield from _travel(stage, sale, order, plan)


def _travel(stage: Stage, sale: Sale, order: dict[str, Any], plan: Plan) -> Life:
    """Parcels travel. What befalls them is over before their buyer says anything."""
    if plan.work is Work.BIT_BY_BIT:
        yield stage.now() + warehousing.LEFT_BIT_BY_BIT_AFTER
    is_odd = plan.afterwards is Afterwards.NOTHING and not plan.takes_back
    odd = travelling.sent_on(stage, sale, read(stage, sale, order), plan.way, is_odd=is_odd)
    stage.declare(sale, order["order_id"])
    begun = stage.now()
    if plan.claim and plan.claim.opens is Opens.ON_ITS_WAY:  # Whoever waits for it does not wait for others.
        yield begun + LOST_AFTER
        yield from returning.walk(stage, sale, order["order_id"], plan.claim)
        return
    yield from travelling.seen_to(stage, sale, order["order_id"], odd)
    yield max(stage.now(), begun + made_up.seconds_on_the_way(sale.number))
    yield from _come_to_rest(stage, sale, order, plan)


def _come_to_rest(stage: Stage, sale: Sale, order: dict[str, Any], plan: Plan) -> Life:
    """The goods have come. Some payers' banks do not wait for their buyers to say so."""
    if plays.wants_more_time(sale.number):
        extend(stage, sale, order)
    is_early = plan.afterwards in BEFORE_RECEIPT
    then = live_on(stage, sale, order["order_id"], plan.afterwards, plan.refunding)
    asked = _come_back(stage, sale, order["order_id"], plan)
    is_asked_early = _opens(sale, plan) is Opens.UNRECEIVED
    if is_early:
        yield from then
    if is_asked_early:
        yield from asked
    receive(stage, sale, order)
    if not is_early:
        yield from then
    if not is_asked_early:
        yield from asked


def _opens(sale: Sale, plan: Plan) -> Opens:
    """Before its buyer has said that it came, or later."""
    if plan.takes_back:
        return claims.taking_back(plan.takes_back[0].number).opens
    return plan.claim.opens if plan.claim else Opens.HAVING_IT


def _come_back(stage: Stage, sale: Sale, order_id: str, plan: Plan) -> Life:
    """Whatever of it comes back, or is made good."""
    if plan.denied:
        yield from _ask_in_vain(stage, sale, order_id, plan.denied)
    if plan.claim:
        yield stage.now() + claims.hours(sale.number, "making up one's mind", 60)
        yield from returning.walk(stage, sale, order_id, plan.claim)
    lives = [returning.take_back(stage, sale, order_id, one) for one in plan.takes_back]
    yield from returning.together(stage, lives)


def _ask_in_vain(stage: Stage, sale: Sale, order_id: str, what: str) -> Life:
    match what:
        case "wrong":
            denied.every_wrong_request(stage, sale, order_id)
            made_good.compensated(stage, sale, order_id)
        case "excluded":
            denied.excluded(stage, sale, order_id)
        case "late":
            yield stage.now() + denied.LONG_AFTER
            denied.after_its_window(stage, sale, order_id)
            made_good.favoured_late(stage, sale, order_id)


def _be_looked_at(stage: Stage, record: Record, order: dict[str, Any], plan: Plan) -> Life:
    """Where people must look at the order, they do: before anything is sent, and where it cannot be sent."""
    seen = read(stage, record.sale, order)
    if obstacles := [s["obstacle"] for s in seen["sub_orders"] if s.get("obstacle")]:
        stage.note(Kind.OBSTACLE, order["order_id"], seen["payable"]["amount"])
        assert all(obstacle["reason"] for obstacle in obstacles), "people read what stands in the way"
        if plan.is_mended:
            stage.publish("carrier_service", tariffs.crane(stage.season))
    if seen["state"] == "under_review":
        yield from _let_people_look(stage, record, plan.verdict)
        again = read(stage, record.sale, order)
        if not obstacles and any(s.get("obstacle") for s in again["sub_orders"]):
            stage.note(Kind.OBSTACLE, order["order_id"], again["payable"]["amount"])


def _let_people_look(stage: Stage, record: Record, verdict: Verdict) -> Life:
    record.verdict = verdict
    yield stage.now() + reviewing.seconds_until(verdict)
    reviewing.review(stage, record.order_id, verdict)


def stray_life(stage: Stage, stray: TakeBack, customer: str) -> Life:
    """Somebody wants back what they never bought, of an order that there is: the shop must refuse it."""
    yield stray.at
    real = [r for number, r in stage.records.items() if r.order_id and not number.startswith("X-")]
    own = [record for record in real if record.sale.customer == customer]
    if not real:
        return
    record = (own or real)[-1]
    lines = [
        {"line": len(record.sale.articles) + n, "quantity": article.quantity}
        for n, article in enumerate(stray.articles, 1)
    ]
    who = Person(f"buyer-{customer}", "buyer")
    body = {"reason": "other", "lines": lines}
    answer = stage.client.command(
        who, f"/orders/{record.order_id}/cancellation", body, key=f"{stray.number}-cancel"
    )
    stage.strays_refused += answer.is_refusal


# --- cancelling what is paid ---


def _cancel_everything(
    stage: Stage, sale: Sale, order: dict[str, Any], plan: Plan
) -> Generator[int, None, bool]:
    """The buyer changes their mind before anything has left. What a warehouse has is asked back, and its answer
    decides. Says whether all of it comes back."""
    seen = read(stage, sale, order)
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
    left = read(stage, sale, order)
    for refund in (refund for refund in left["refunds"] if refund["reason"] == "changed_mind"):
        yield from see_it_through(stage, order, refund, mode)
    return bool(left["state"] == "cancelled")


def _cancel(stage: Stage, record: Record, plan: Plan) -> Life:
    """Cancel some units before they leave, and see their refund through."""
    sale = record.sale
    order = read(stage, sale, {"order_id": record.order_id})
    mode = plan.refunding or made_up.refunding(f"cancels {sale.number}", winner(order)["provider"])
    set_mode(stage, winner(order), mode)
    body = {"reason": "other", "lines": [{"line": 1, "quantity": plan.cancels}]}
    target = f"/orders/{record.order_id}/cancellation"
    answer = stage.client.command(buyer(sale), target, body, key=f"{sale.number}-cancels")
    assert not answer.is_refusal, f"not cancelled: {answer}"
    for refund in newest(read(stage, sale, order), "other"):
        yield from see_it_through(stage, order, refund, mode)
