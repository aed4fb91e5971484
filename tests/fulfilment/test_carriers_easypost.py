"""What EasyPost's webhooks say of parcels, and how they are answered."""

import pytest

from shared.errors import Malformed
from shared.fulfilment.carriers.port import Checkpoint, Reply, Status, Told, Tracking
from tests.fulfilment.tracker_script import (
    NOW,
    a_detail,
    a_tracker,
    an_easypost,
    an_event,
    easypost_headers,
    written,
)


def told(message):
    easypost, body = an_easypost(), written(message)
    return easypost.interpret(easypost.verify(easypost_headers(body), body, NOW))


def of(*details, **more):
    """The checkpoints of one webhook."""
    (tracking,) = told(an_event(a_tracker(*details, **more)))
    return tracking.checkpoints


def test_a_webhook_is_read_as_the_proven_history_of_one_parcel():
    first = a_detail("2027-01-14T08:00:00Z", "pre_transit", "label_created", tracking_location=None)
    second = a_detail("2027-01-15T07:00:00Z")

    assert told(an_event(a_tracker(first, second))) == (
        Tracking(
            carrier="usps",
            waybill="9400110898825022579493",
            checkpoints=(
                Checkpoint(NOW - 86_400, Status.INFO_RECEIVED, "pre_transit/label_created"),
                Checkpoint(
                    NOW - 3_600, Status.IN_TRANSIT, "in_transit/arrived_at_facility", "ORLANDO, FL, US"
                ),
            ),
            source="easypost",
            is_proven=True,
        ),
    )


def test_neither_who_signed_nor_what_the_carrier_wrote_is_kept():
    (tracking,) = told(an_event())

    assert "LI LEI" not in repr(tracking).upper()
    assert "32809" not in repr(tracking)


@pytest.mark.parametrize(
    ("status", "ours"),
    [
        ("unknown", "unknown"),
        ("error", "unknown"),
        ("pre_transit", "info_received"),
        ("in_transit", "in_transit"),
        ("out_for_delivery", "out_for_delivery"),
        ("available_for_pickup", "available_for_pickup"),
        ("delivered", "delivered"),
        ("failure", "exception"),
        ("return_to_sender", "returning"),
        ("cancelled", "cancelled"),
    ],
)
def test_each_status_has_its_row(status, ours):
    seen = of(a_detail(status=status, status_detail=None), status=status, status_detail=None)

    assert [(one.status, one.code) for one in seen] == [(ours, status)]


@pytest.mark.parametrize("status", ["Delivered", "DELIVERED", "delivered!", "levitating", "canceled"])
def test_an_unknown_status_is_kept_and_moves_nothing(status):
    seen = of(a_detail(status=status, status_detail="a"), status=status, status_detail="a")

    assert [(one.status, one.code) for one in seen] == [("unknown", f"{status}/a")]


@pytest.mark.parametrize("status", [None, True, [], {}, ""])
def test_what_is_no_status_moves_nothing(status):
    seen = of(a_detail(status=status, status_detail="delivered"), status=status)

    assert [(one.status, one.code) for one in seen] == [("unknown", "")]


def test_the_whole_holds_from_the_newest_detail_on():
    seen = of(
        a_detail("2027-01-15T07:00:00Z"),
        a_detail("2027-01-15T06:00:00Z"),
        status="delivered",
        status_detail="arrived_at_destination",
    )

    assert [(one.at - NOW, one.status, one.code) for one in seen] == [
        (-7_200, "in_transit", "in_transit/arrived_at_facility"),
        (-3_600, "in_transit", "in_transit/arrived_at_facility"),
        (-3_600, "delivered", "delivered/arrived_at_destination"),
    ]


def test_details_out_of_order_are_put_in_order_and_repeated_ones_stand_once():
    one, two, three = (a_detail(f"2027-01-15T0{hour}:00:00Z", status_detail=f"d{hour}") for hour in (5, 6, 7))

    shuffled = of(three, one, one, two, three)

    assert [(seen.at - NOW, seen.code) for seen in shuffled] == [
        (-10_800, "in_transit/d5"),
        (-7_200, "in_transit/d6"),
        (-3_600, "in_transit/d7"),
    ]


def test_a_new_tracker_has_no_history():
    assert of(status="pre_transit") == ()
    assert of(tracking_details=None) == ()


@pytest.mark.parametrize("text", [None, "", "2027-01-15", "2027-01-16T08:00:01Z", "1999-12-31T23:59:59Z", 5])
def test_a_detail_without_a_usable_time_is_skipped_and_a_webhook_of_nothing_else_is_malformed(text):
    assert [one.at for one in of(a_detail(text), a_detail())] == [NOW]
    with pytest.raises(Malformed):
        of(a_detail(text), a_detail(text))


@pytest.mark.parametrize(
    ("name", "carrier"),
    [
        ("USPS", "usps"),
        ("UPS", "ups"),
        ("FedEx", "fedex"),
        ("FEDEX", "fedex"),
        ("DHLExpress", "dhl"),
        ("DhlExpress", "dhl"),
        ("RoyalMail", "royal_mail"),
        ("Pigeon", ""),
        (None, ""),
    ],
)
def test_carriers_have_our_names(name, carrier):
    (tracking,) = told(an_event(a_tracker(a_detail(), carrier=name)))

    assert tracking.carrier == carrier


@pytest.mark.parametrize("kind", ["Batch", "Refund", "Payment", "tracker", None])
def test_events_of_other_things_say_nothing_of_parcels(kind):
    assert told(an_event(a_tracker(a_detail(), object=kind))) == ()
    assert told({"object": "Event", "description": "batch.created", "result": None}) == ()


@pytest.mark.parametrize(
    "message",
    [
        a_tracker(a_detail()),
        an_event(object="event"),
        an_event("ok"),
        an_event([a_tracker()]),
        an_event(a_tracker(tracking_code=None)),
        an_event(a_tracker(tracking_code="9400/1")),
        an_event(a_tracker(tracking_details={})),
        an_event(a_tracker(tracking_details=[None])),
        an_event(a_tracker(a_detail(tracking_location="Orlando"))),
    ],
    ids=[
        "no event",
        "small",
        "a text",
        "a list",
        "no code",
        "a slash",
        "an object",
        "nothings",
        "a place in words",
    ],
)
def test_a_webhook_of_another_shape_is_malformed(message):
    with pytest.raises(Malformed):
        told(message)


@pytest.mark.parametrize("outcome", [Told.APPLIED, Told.DUPLICATE, Told.NO_EFFECT])
def test_success_is_a_200(outcome):
    assert an_easypost().acknowledge(outcome) == Reply(200, "application/json", '{"received":true}')


@pytest.mark.parametrize(
    ("outcome", "status"),
    [(Told.UNKNOWN_WAYBILL, 503), (Told.REFUSED, 401), (Told.TOO_LARGE, 413), (Told.BUSY, 503)],
)
def test_everything_else_is_sent_again(outcome, status):
    reply = Reply(status, "application/problem+json", '{"title":"not accepted"}')

    assert an_easypost().acknowledge(outcome) == reply
