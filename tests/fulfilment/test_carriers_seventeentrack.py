"""What 17TRACK's pushes say of parcels, and how they are answered."""

import pytest

from shared.errors import Malformed
from shared.fulfilment.carriers.port import Checkpoint, Reply, Status, Told, Tracking
from tests.fulfilment.tracker_script import (
    NOW,
    a_parcel,
    a_push,
    a_scan,
    a_seventeentrack,
    seventeentrack_headers,
    written,
)


def told(message):
    tracker, body = a_seventeentrack(), written(message)
    return tracker.interpret(tracker.verify(seventeentrack_headers(body), body, NOW))


def of(*newest_first, **more):
    """The checkpoints of one push."""
    (tracking,) = told(a_push(a_parcel(*newest_first, **more)))
    return tracking.checkpoints


def test_a_push_is_read_as_the_history_of_one_parcel_and_proves_nothing():
    newest = a_scan(sub_status="OutForDelivery_Other")
    oldest = a_scan("2027-01-15T07:00:00Z", "InTransit_PickedUp", address=None)

    assert told(
        a_push(a_parcel(newest, oldest, status="OutForDelivery", sub_status="OutForDelivery_Other"))
    ) == (
        Tracking(
            carrier="usps",
            waybill="9400110898825022579493",
            checkpoints=(
                Checkpoint(NOW - 3_600, Status.PICKED_UP, "InTransit_PickedUp", "Austin, TX"),
                Checkpoint(NOW, Status.OUT_FOR_DELIVERY, "OutForDelivery_Other", "Austin, US"),
            ),
            source="seventeentrack",
            is_proven=False,
        ),
    )


def test_neither_the_address_of_the_receiver_nor_what_the_carrier_wrote_is_kept():
    (tracking,) = told(a_push())

    assert "Long Street" not in repr(tracking)
    assert "Li Lei" not in repr(tracking)


@pytest.mark.parametrize(
    ("status", "sub_status", "ours"),
    [
        ("NotFound", "NotFound_Other", "unknown"),
        ("NotFound", "NotFound_InvalidCode", "unknown"),
        ("InfoReceived", "InfoReceived", "info_received"),
        ("InTransit", "InTransit_PickedUp", "picked_up"),
        ("InTransit", "InTransit_Other", "in_transit"),
        ("InTransit", "InTransit_Departure", "in_transit"),
        ("InTransit", "InTransit_Arrival", "in_transit"),
        ("InTransit", "InTransit_CustomsProcessing", "customs"),
        ("InTransit", "InTransit_CustomsReleased", "customs"),
        ("InTransit", "InTransit_CustomsRequiringInformation", "customs"),
        ("OutForDelivery", "OutForDelivery_Other", "out_for_delivery"),
        ("AvailableForPickup", "AvailableForPickup_Other", "available_for_pickup"),
        ("DeliveryFailure", "DeliveryFailure_Other", "attempt_failed"),
        ("DeliveryFailure", "DeliveryFailure_NoBody", "attempt_failed"),
        ("DeliveryFailure", "DeliveryFailure_Security", "attempt_failed"),
        ("DeliveryFailure", "DeliveryFailure_InvalidAddress", "attempt_failed"),
        ("DeliveryFailure", "DeliveryFailure_Rejected", "refused"),
        ("Delivered", "Delivered_Other", "delivered"),
        ("Exception", "Exception_Other", "exception"),
        ("Exception", "Exception_NoBody", "exception"),
        ("Exception", "Exception_Security", "exception"),
        ("Exception", "Exception_Damage", "exception"),
        ("Exception", "Exception_Delayed", "exception"),
        ("Exception", "Exception_Destroyed", "exception"),
        ("Exception", "Exception_Rejected", "refused"),
        ("Exception", "Exception_Returning", "returning"),
        ("Exception", "Exception_Returned", "returned"),
        ("Exception", "Exception_Lost", "lost"),
        ("Exception", "Exception_Cancel", "cancelled"),
        ("Expired", "Expired_Other", "expired"),
    ],
)
def test_each_status_and_sub_status_has_its_row(status, sub_status, ours):
    seen = of(a_scan(sub_status=sub_status), status=status, sub_status=sub_status)

    assert [(one.status, one.code) for one in seen] == [(ours, sub_status)]


@pytest.mark.parametrize("status", ["Delivered", "Exception", "Expired", "InTransit"])
def test_a_status_without_its_sub_status_is_enough(status):
    seen = of(a_scan(sub_status=None), status=status, sub_status=None)

    expected = {
        "Delivered": "delivered",
        "Exception": "exception",
        "Expired": "expired",
        "InTransit": "in_transit",
    }
    assert [(one.status, one.code) for one in seen] == [(expected[status], status)]


@pytest.mark.parametrize("status", ["delivered", "DELIVERED", "Levitating", "Transit", "40"])
def test_an_unknown_status_is_kept_and_moves_nothing(status):
    seen = of(a_scan(sub_status=status), status=status, sub_status=status)

    assert [(one.status, one.code) for one in seen] == [("unknown", status)]


def test_the_stage_of_an_event_alone_moves_nothing():
    seen = of(a_scan(sub_status=None, stage="Delivered"), status="NotFound", sub_status="NotFound_Other")

    assert [(one.status, one.code) for one in seen] == [("unknown", "")]


def test_the_whole_holds_from_the_newest_event_on():
    seen = of(
        a_scan(sub_status="OutForDelivery_Other"),
        a_scan("2027-01-15T07:00:00Z"),
        status="Delivered",
        sub_status="Delivered_Other",
    )

    assert [(one.at - NOW, one.status, one.code) for one in seen] == [
        (-3_600, "in_transit", "InTransit_Other"),
        (0, "out_for_delivery", "OutForDelivery_Other"),
        (0, "delivered", "Delivered_Other"),
    ]


def test_the_histories_of_several_carriers_become_one():
    push = a_push(a_parcel())
    push["data"]["track_info"]["tracking"]["providers"] = [
        {
            "provider": {"key": 3011},
            "events": [
                a_scan("2027-01-15T06:00:00Z", "InTransit_Departure"),
                a_scan("2027-01-15T04:00:00Z", "InTransit_PickedUp"),
            ],
        },
        {
            "provider": {"key": 21051},
            "events": [a_scan("2027-01-15T07:00:00Z"), a_scan("2027-01-15T05:00:00Z", "InfoReceived")],
        },
    ]

    (tracking,) = told(push)

    assert [(one.at - NOW, one.code) for one in tracking.checkpoints] == [
        (-14_400, "InTransit_PickedUp"),
        (-10_800, "InfoReceived"),
        (-7_200, "InTransit_Departure"),
        (-3_600, "InTransit_Other"),
    ]


def test_events_out_of_order_are_put_in_order_and_repeated_ones_stand_once():
    early, late = a_scan("2027-01-15T06:00:00Z", "InTransit_PickedUp"), a_scan("2027-01-15T07:00:00Z")

    assert [one.code for one in of(early, late, early, late)] == ["InTransit_PickedUp", "InTransit_Other"]


def test_a_latest_event_alone_is_enough():
    push = a_push(a_parcel(a_scan()))
    push["data"]["track_info"]["tracking"] = None

    (tracking,) = told(push)

    assert [one.at for one in tracking.checkpoints] == [NOW]


def test_a_parcel_that_nobody_has_seen_has_no_history():
    assert of(status="NotFound", sub_status="NotFound_Other") == ()


@pytest.mark.parametrize(
    ("utc", "iso", "at"),
    [
        ("2027-01-15T08:00:00Z", "2027-01-15T09:00:00+08:00", NOW),
        (None, "2027-01-15T16:00:00+08:00", NOW),
        ("", "2027-01-15T03:00:00-05:00", NOW),
        (None, "2027-01-15T08:00:00", NOW),  # No zone: as UTC, and perhaps some hours wrong.
    ],
)
def test_times_are_read_in_utc_first_and_with_their_zone_else(utc, iso, at):
    assert [one.at for one in of(a_scan(time_utc=utc, time_iso=iso))] == [at]


@pytest.mark.parametrize(
    "text", [None, "", "2027-01-15", "2027-01-16T08:00:01Z", "1999-12-31T23:59:59Z", 5, {}]
)
def test_an_event_without_a_usable_time_is_skipped_and_a_push_of_nothing_else_is_malformed(text):
    assert [one.at for one in of(a_scan(), a_scan(text))] == [NOW]
    with pytest.raises(Malformed):
        of(a_scan(text))


@pytest.mark.parametrize(
    ("key", "carrier"),
    [
        (3013, "ems"),
        (21051, "usps"),
        (100002, "ups"),
        (100003, "fedex"),
        (100001, "dhl"),
        (11031, "royal_mail"),
        ("21051", "usps"),
        (3011, ""),
        (0, ""),
        (None, ""),
    ],
)
def test_carriers_have_our_names(key, carrier):
    (tracking,) = told(a_push(a_parcel(a_scan(), carrier=key)))

    assert tracking.carrier == carrier


def test_that_tracking_ends_says_nothing_of_the_parcel():
    data = {"number": "9400110898825022579493", "carrier": 21051, "param": None, "tag": ""}

    assert told(a_push(data, event="TRACKING_STOPPED")) == ()


@pytest.mark.parametrize(
    "message",
    [
        a_push(event="tracking_updated"),
        a_push(event=None),
        a_push([a_parcel()]),
        a_push("ok"),
        a_push(a_parcel(a_scan(), number=None)),
        a_push(a_parcel(a_scan(), number="94 00")),
        a_push(a_parcel(track_info="none")),
        a_push(a_parcel(track_info={"tracking": []})),
        a_push(a_parcel(track_info={"tracking": {"providers": {}}})),
        a_push(a_parcel(track_info={"tracking": {"providers": [{"events": "none"}]}})),
        a_push(a_parcel(track_info={"latest_status": "Delivered"})),
        a_push(a_parcel(a_scan(address="Austin"))),
    ],
    ids=[
        "small",
        "no event",
        "a list",
        "a text",
        "no number",
        "a blank",
        "info",
        "tracking",
        "providers",
        "events",
        "status",
        "address",
    ],
)
def test_a_push_of_another_shape_is_malformed(message):
    with pytest.raises(Malformed):
        told(message)


@pytest.mark.parametrize("outcome", [Told.APPLIED, Told.DUPLICATE, Told.NO_EFFECT])
def test_success_is_a_200(outcome):
    assert a_seventeentrack().acknowledge(outcome) == Reply(200, "application/json", '{"received":true}')


@pytest.mark.parametrize(
    ("outcome", "status"),
    [(Told.UNKNOWN_WAYBILL, 503), (Told.REFUSED, 401), (Told.TOO_LARGE, 413), (Told.BUSY, 503)],
)
def test_everything_else_is_sent_again(outcome, status):
    reply = Reply(status, "application/problem+json", '{"title":"not accepted"}')

    assert a_seventeentrack().acknowledge(outcome) == reply
