"""What becomes of the money of an order that was paid and sent: favours, refunds by hand, chargebacks.

sent        a chargeback is opened: refunds, auto-confirm and settlement of the order wait until it has ended
received    support gives something back; somebody refunds at the provider and tells nobody
settled     a chargeback is lost that nobody expected any more: the merchant owes it
"""

from collections.abc import Callable
from typing import Any

from local.demo import made_up
from local.demo.happened import Kind
from local.demo.invoices import Sale
from local.demo.made_up import DAY, HOUR, Afterwards, Refunding
from local.demo.refunding import give, newest, see_it_through, set_mode, subject_of, winner
from local.demo.stage import SUPPORT, Life, Stage

DECIDED_AFTER = 12 * DAY  # Longer than auto-confirm would have waited.
SETTLED_AFTER = 20 * DAY
PART = 20  # Of what was paid: a favour is a twentieth.
KINDS = {
    Afterwards.CHARGEBACK_WON: Kind.CHARGEBACK_WON,
    Afterwards.CHARGEBACK_LOST: Kind.CHARGEBACK_LOST,
    Afterwards.CHARGEBACK_LOST_LATE: Kind.CHARGEBACK_LOST_LATE,
    Afterwards.CHARGEBACK_COVERED: Kind.CHARGEBACK_COVERED,
}


def live_on(stage: Stage, sale: Sale, order_id: str, what: Afterwards, mode: Refunding | None) -> Life:
    """*mode*: how the provider handles the refund; drawn, if none is given."""
    if what in STORIES:
        provider = winner(_read(stage, order_id))["provider"]
        mode = mode or made_up.refunding(f"after {sale.number}", provider)
        yield from STORIES[what](stage, sale, order_id, mode)


def _favour(stage: Stage, sale: Sale, order_id: str, mode: Refunding) -> Life:
    yield stage.now() + DAY
    order = _read(stage, order_id)
    amount = max(1, winner(order)["amount"]["amount"] // PART)
    set_mode(stage, winner(order), mode)
    answer = _gives_back(stage, sale, order_id, amount)
    if answer.is_refusal:
        assert answer.value["code"] == "refund_too_large", f"no favour: {answer}"
        return  # Nothing is left of what was paid.
    [refund] = newest(_read(stage, order_id), "damaged")
    stage.note(Kind.FAVOUR, order_id, amount, subject_of(refund))
    yield from see_it_through(stage, order, refund, mode)


def _gives_back(stage: Stage, sale: Sale, order_id: str, amount_minor: int) -> Any:
    return give(stage, order_id, amount_minor, "damaged", key=f"{sale.number}-favour-{stage.now()}")


def _by_hand(stage: Stage, sale: Sale, order_id: str, mode: Refunding) -> Life:
    yield stage.now() + DAY
    payment = winner(_read(stage, order_id))
    amount = max(1, payment["amount"]["amount"] // PART)
    _at_desk(stage, payment, "refund", {"amount": amount})
    [refund] = newest(_read(stage, order_id), "made_at_provider")
    stage.note(Kind.BY_HAND, order_id, amount, subject_of(refund))


def _warned(stage: Stage, sale: Sale, order_id: str, mode: Refunding) -> Life:
    payment = winner(_read(stage, order_id))
    _at_desk(stage, payment, "fraud-warning", {})
    stage.note(Kind.WARNED, order_id, payment["amount"]["amount"])
    yield from ()


def _won(stage: Stage, sale: Sale, order_id: str, mode: Refunding) -> Life:
    yield from _charged_back(stage, sale, order_id, Afterwards.CHARGEBACK_WON)


def _lost(stage: Stage, sale: Sale, order_id: str, mode: Refunding) -> Life:
    yield from _charged_back(stage, sale, order_id, Afterwards.CHARGEBACK_LOST)


def _lost_late(stage: Stage, sale: Sale, order_id: str, mode: Refunding) -> Life:
    yield stage.now() + SETTLED_AFTER
    yield from _charged_back(stage, sale, order_id, Afterwards.CHARGEBACK_LOST_LATE)


def _covered(stage: Stage, sale: Sale, order_id: str, mode: Refunding) -> Life:
    """A favour is promised, the provider does not answer, and then the bank takes all of it."""
    payment = winner(_read(stage, order_id))
    form = {"next": 40, "fault": "timeout", "on": "any"}
    stage.client.desk(f"{payment['provider']}/faults", form)
    answer = _gives_back(stage, sale, order_id, payment["amount"]["amount"] // PART)
    assert not answer.is_refusal, f"no favour: {answer}"
    yield from _charged_back(stage, sale, order_id, Afterwards.CHARGEBACK_COVERED)


def _charged_back(stage: Stage, sale: Sale, order_id: str, what: Afterwards) -> Life:
    """The payer's bank takes all of it. Until it has decided, nobody gets anything of it."""
    payment = winner(_read(stage, order_id))
    end = "won" if what is Afterwards.CHARGEBACK_WON else "lost"
    _at_desk(stage, payment, "chargeback", {"end": end, "after": DECIDED_AFTER})
    if what is Afterwards.CHARGEBACK_COVERED:  # Its provider answers again.
        stage.client.desk(f"{payment['provider']}/faults", {"next": 0})
    seen = _read(stage, order_id)
    subject = f"DISPUTE#{seen['disputes'][-1]['dispute']:02}"
    stage.note(KINDS[what], order_id, payment["amount"]["amount"], subject)
    yield stage.now() + HOUR
    frozen = _gives_back(stage, sale, order_id, 1)
    assert frozen.value["code"] in ("payment_disputed", "refund_too_large"), f"not frozen: {frozen}"
    yield stage.now() + DECIDED_AFTER + DAY
    [dispute] = _read(stage, order_id)["disputes"]
    assert dispute["state"] == end, f"{sale.number}: the dispute is {dispute['state']}"


def _at_desk(stage: Stage, payment: dict[str, Any], what: str, form: dict[str, Any]) -> Any:
    return stage.client.desk(f"{payment['provider']}/payments/{payment['reference']}/{what}", form)


def _read(stage: Stage, order_id: str) -> Any:
    return stage.client.get(SUPPORT, f"/orders/{order_id}")


STORIES: dict[Afterwards, Callable[[Stage, Sale, str, Refunding], Life]] = {
    Afterwards.FAVOUR: _favour,
    Afterwards.BY_HAND: _by_hand,
    Afterwards.WARNED: _warned,
    Afterwards.CHARGEBACK_WON: _won,
    Afterwards.CHARGEBACK_LOST: _lost,
    Afterwards.CHARGEBACK_LOST_LATE: _lost_late,
    Afterwards.CHARGEBACK_COVERED: _covered,
}
BEFORE_RECEIPT = (
    Afterwards.WARNED,
    Afterwards.CHARGEBACK_WON,
    Afterwards.CHARGEBACK_LOST,
    Afterwards.CHARGEBACK_COVERED,
)
