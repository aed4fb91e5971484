"""Parcels on their way: each is sent on its journey (``local.trackers`` plays the carriers), and what comes of the odd
ones is seen to by people.

    silent, or followed by nobody    the product finds it; support asks on the telephone: it has arrived
    held, damaged                    it is let go, and arrives
    refused, sent back               whoever sent it counts it: refunded
    lost                             support gives back what it cost, and the buyer agrees
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from local.demo import made_up, plays, warehousing
from local.demo.client import Person
from local.demo.happened import Kind
from local.demo.invoices import Sale
from local.demo.made_up import DAY, HOUR
from local.demo.plays import Way
from local.demo.refunding import give
from local.demo.stage import SUPPORT, Life, Stage
from local.demo.tariffs import SYSTEMS

SEEN_TO_AFTER = 8 * DAY  # By then every journey has ended, and what came back is there.
BUYER_REFUSES_AFTER = 20 * HOUR
UNAUTHORIZED = 401
PROBLEMS = (
    Way.SILENT,
    Way.EXCEPTION,
    Way.REFUSED,
    Way.RETURNED,
    Way.LOST,
    Way.DELIVERED_THEN_EXCEPTION,
    Way.BUYER_REFUSES,
    Way.CONVERTED,
)
COMING_BACK = (Way.REFUSED, Way.RETURNED, Way.BUYER_REFUSES, Way.CONVERTED)
DELIVER: Mapping[Way, Any] = {
    Way.TOLD_TWICE: "twice",
    Way.TOLD_BACKWARDS: "reversed",
    Way.TOLD_LATE: 30 * HOUR,
}
KINDS = {
    Way.SILENT: Kind.SILENT,
    Way.EXCEPTION: Kind.EXCEPTION,
    Way.REFUSED: Kind.REFUSED_AT_DOOR,
    Way.RETURNED: Kind.SENT_BACK,
    Way.LOST: Kind.LOST_ON_THE_WAY,
    Way.DELIVERED_THEN_EXCEPTION: Kind.TROUBLE_AFTERWARDS,
    Way.BUYER_REFUSES: Kind.BUYER_REFUSED,
    Way.CONVERTED: Kind.CONVERTED,
    Way.TOLD_TWICE: Kind.CARRIER_TWICE,
    Way.TOLD_BACKWARDS: Kind.CARRIER_BACKWARDS,
    Way.TOLD_LATE: Kind.CARRIER_LATE,
    Way.FORGED: Kind.CARRIER_FORGED,
    Way.NO_ANSWER: Kind.CARRIER_UNANSWERED,
}


class Odd(NamedTuple):
    """A parcel that somebody must see to."""

    sub_order: Mapping[str, Any]
    parcel: Mapping[str, Any]
    way: Way


def under_way(order: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    for sub_order in order["sub_orders"]:
        for parcel in sub_order["parcels"]:
            if parcel["state"] == "in_transit":
                yield sub_order, parcel


def sent_on(
    stage: Stage, sale: Sale, order: Mapping[str, Any], first: Way | None, *, is_odd: bool
) -> list[Odd]:
    """Send every parcel on its journey: the first on *first*, if one is given. Returns those to be seen to.

    Unless *is_odd*, nothing befalls them: the order's money has enough of its own.
    """
    odd = []
    for sub_order, parcel in under_way(order):
        way = first or (plays.way_of(sale.number, parcel["parcel"]) if is_odd else Way.DELIVERED)
        first = None
        if not depart(stage, parcel, way):
            way = Way.SILENT  # No tracker knows it.
        _note(stage, order, parcel, way)
        if way in PROBLEMS:
            odd.append(Odd(sub_order, parcel, way))
        if way in COMING_BACK and parcel["warehouse"] in SYSTEMS:
            warehousing.grade(stage, sub_order, parcel, plays.grade_of(sale.number, parcel["parcel"]))
    return odd


def _note(stage: Stage, order: Mapping[str, Any], parcel: Mapping[str, Any], way: Way) -> None:
    if way in KINDS:
        subject = f"PARCEL#{parcel['parcel']:02}"
        stage.note(KINDS[way], order["order_id"], parcel["goods"]["amount"], subject)


def depart(stage: Stage, parcel: Mapping[str, Any], way: Way) -> bool:
    """Say whether a tracker follows the parcel. The usual journey is on already, and would go by more stations."""
    waybill, form = parcel["waybill"], {}
    match way:
        case Way.BUYER_REFUSES | Way.CONVERTED | Way.FORGED | Way.NO_ANSWER:
            pass
        case Way.DELIVERED:
            form = {"journey": "direct"}
        case Way.TOLD_TWICE | Way.TOLD_BACKWARDS | Way.TOLD_LATE:
            form = {"deliver": DELIVER[way]}
        case _:
            form = {"journey": str(way)}
    if not stage.is_followed(waybill):
        return False
    if form:
        stage.client.neighbour(f"/_trackers/{waybill}/journey", form)
    if way is Way.FORGED:
        forgery = {"tracker": stage.season.tracker, "what": "delivered"}
        said = stage.client.neighbour(f"/_trackers/{waybill}/forgery", forgery)
        assert said["answered"] == UNAUTHORIZED, f"a forged push was answered {said}"
    if way is Way.NO_ANSWER:
        fault = {"next": 1, "fault": "timeout", "on": "query", "about": waybill}
        stage.client.neighbour(f"/_trackers/{stage.season.tracker}/faults", fault)
    return True


# --- the odd ones ---


def seen_to(stage: Stage, sale: Sale, order_id: str, odd: list[Odd]) -> Life:
    """Whatever people do until every odd parcel has come to rest."""
    begun = stage.now()
    refused = [one for one in odd if one.way in (Way.BUYER_REFUSES, Way.CONVERTED)]
    if refused:
        yield begun + BUYER_REFUSES_AFTER
        _refuse(stage, sale, order_id, refused)
    yield begun + SEEN_TO_AFTER
    for one in odd:
        _see_to(stage, sale, order_id, one)
    held = [one for one in odd if one.way in (Way.EXCEPTION, Way.DELIVERED_THEN_EXCEPTION)]
    if held:
        yield stage.now() + DAY
        for one in held:
            _seen(stage, one.parcel, "delivered")


def _refuse(stage: Stage, sale: Sale, order_id: str, refused: list[Odd]) -> None:
    """The buyer does not want them any more; their carrier turns round."""
    reason = made_up.pick(
        (("changed_mind", 50), ("damaged", 50)), made_up.draw(f"refuses {sale.number}", 100)
    )
    body: dict[str, Any] = {"parcels": [one.parcel["parcel"] for one in refused], "reason": reason}
    key, target = f"{sale.number}-refusal", f"/orders/{order_id}/refusal"
    person = Person(made_up.buyer_of(sale), "buyer")
    if refused[0].way is Way.CONVERTED:
        target, body = f"/orders/{order_id}/cancellation", {"reason": "changed_mind"}
        answer = stage.client.command(person, target, body, key=f"{key}-cancels")
        assert answer.value["code"] == "already_shipped", f"cancelled on its way: {answer}"
        stage.denied["cancelled when it was shipped"] += 1
        target, body = f"{target}/conversion", {}
    answer = stage.client.command(person, target, body, key=key)
    assert not answer.is_refusal, f"not refused: {answer}"
    for one in refused:
        form = {"journey": "returned"}
        stage.client.neighbour(f"/_trackers/{one.parcel['waybill']}/journey", form)


def _see_to(stage: Stage, sale: Sale, order_id: str, one: Odd) -> None:
    match one.way:
        case Way.SILENT:
            report(stage, order_id, one, "delivered", "found_at_neighbours")
        case Way.EXCEPTION | Way.DELIVERED_THEN_EXCEPTION:
            _seen(stage, one.parcel, "in_transit")
        case Way.LOST:
            _make_good(stage, sale, order_id, one)
        case _ if one.parcel["warehouse"] not in SYSTEMS:
            condition = plays.grade_of(sale.number, one.parcel["parcel"])
            warehousing.count_by_hand(stage, one.sub_order, one.parcel, condition)


def report(stage: Stage, order_id: str, one: Odd, said: str, reason: str) -> None:
    target = f"/orders/{order_id}/parcels/{one.parcel['parcel']}/report"
    key = f"{order_id}-{one.parcel['parcel']}-{said}"
    answer = stage.client.command(SUPPORT, target, {"said": said, "reason": reason}, key=key)
    assert not answer.is_refusal, f"not reported: {answer}"


def _seen(stage: Stage, parcel: Mapping[str, Any], what: str) -> None:
    stage.client.neighbour(f"/_trackers/{parcel['waybill']}/event", {"what": what})


def _make_good(stage: Stage, sale: Sale, order_id: str, one: Odd) -> None:
    """What is lost is given back. The buyer agrees, and with that the part is complete."""
    lost = one.parcel["goods"]["amount"] + one.parcel["freight"]["amount"]
    if lost:
        answer = give(stage, order_id, lost, "damaged", key=f"{order_id}-{one.parcel['parcel']}-lost")
        assert not answer.is_refusal, f"not made good: {answer}"
    report(stage, order_id, one, "delivered", "settled_as_lost")
