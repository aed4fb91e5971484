"""What AfterShip's webhooks say of parcels, and how they are answered."""

import pytest

from shared.errors import Malformed
from shared.fulfilment.carriers.port import Checkpoint, Reply, Status, Told, Tracking
from tests.fulfilment.tracker_script import (
    NOW,
    a_checkpoint,
    a_tracking,
    aftership_headers,
    an_aftership,
    an_update,
    written,
)


def told(message):
    aftership, body = an_aftership(), written(message)
    return aftership.interpret(aftership.verify(aftership_headers(body), body, NOW))


def of(*checkpoints, **more):
    """The checkpoints of one webhook."""
    (tracking,) = told(an_update(a_tracking(*checkpoints, **more)))
    return tracking.checkpoints


def test_a_webhook_is_read_as_the_proven_history_of_one_parcel():
    message = an_update(
        a_tracking(
            a_checkpoint("2027-01-14T08:00:00Z", "InfoReceived", "InfoReceived_001", city=None, state=None),
            a_checkpoint("2027-01-15T02:00:00-05:00", "OutForDelivery", "OutForDelivery_001"),
            tag="OutForDelivery",
            subtag="OutForDelivery_001",
        )
    )

    assert told(message) == (
        Tracking(
            carrier="usps",
            waybill="9405511202575421535949",
            checkpoints=(
                Checkpoint(NOW - 86_400, Status.INFO_RECEIVED, "InfoReceived_001", "USA"),
                Checkpoint(NOW - 3_600, Status.OUT_FOR_DELIVERY, "OutForDelivery_001", "Austin, TX, USA"),
            ),
            source="aftership",
            is_proven=True,
        ),
    )


def test_what_the_carrier_wrote_is_not_kept():
    assert "Li Lei" not in repr(of(a_checkpoint(location="Li Lei, 1 Long Street", postal_code="78701")))


@pytest.mark.parametrize(
    ("tag", "subtag", "status"),
    [
        ("Pending", "Pending_001", "unknown"),
        ("InfoReceived", "InfoReceived_001", "info_received"),
        ("InTransit", "InTransit_001", "in_transit"),
        ("InTransit", "InTransit_013", "in_transit"),
        ("OutForDelivery", "OutForDelivery_001", "out_for_delivery"),
        ("AvailableForPickup", "AvailableForPickup_001", "available_for_pickup"),
        ("AttemptFail", "AttemptFail_001", "attempt_failed"),
        ("Delivered", "Delivered_001", "delivered"),
        ("Delivered", "Delivered_002", "delivered"),
        ("Exception", "Exception_001", "exception"),
        ("Exception", "Exception_002", "exception"),
        ("Exception", "Exception_003", "refused"),
        ("Exception", "Exception_004", "customs"),
        ("Exception", "Exception_005", "exception"),
        ("Exception", "Exception_010", "exception"),
        ("Exception", "Exception_011", "returned"),
        ("Exception", "Exception_021", "exception"),
        ("Expired", "Expired_001", "expired"),
    ],
)
def test_each_tag_and_subtag_has_its_row(tag, subtag, status):
    seen = of(a_checkpoint(tag=tag, subtag=subtag), tag=tag, subtag=subtag)

    assert (seen[0].status, seen[0].code) == (status, subtag)
    assert {one.status for one in seen} == {status}


@pytest.mark.parametrize("subtag", [None, "", 5.0, []])
def test_without_a_subtag_the_tag_is_kept(subtag):
    assert [
        (one.status, one.code) for one in of(a_checkpoint(tag="Delivered", subtag=subtag), tag="Delivered")
    ] == [("delivered", "Delivered")]


@pytest.mark.parametrize("tag", ["delivered", "DELIVERED", "Levitating", "Delivered_001", None, 3, True])
def test_an_unknown_tag_is_kept_and_moves_nothing(tag):
    seen = of(a_checkpoint(tag=tag, subtag="Levitating_001"), tag=tag, subtag="Levitating_001")

    assert [(one.status, one.code) for one in seen] == [("unknown", "Levitating_001")]


def test_the_whole_holds_from_the_newest_checkpoint_on():
    early, late = a_checkpoint("2027-01-15T07:00:00Z"), a_checkpoint("2027-01-15T07:30:00Z", city="Waco")

    assert of(late, early, tag="Delivered", subtag="Delivered_001") == (
        Checkpoint(NOW - 3_600, Status.IN_TRANSIT, "InTransit_001", "Austin, TX, USA"),
        Checkpoint(NOW - 1_800, Status.IN_TRANSIT, "InTransit_001", "Waco, TX, USA"),
        Checkpoint(NOW - 1_800, Status.DELIVERED, "Delivered_001", "Waco, TX, USA"),
    )


@pytest.mark.parametrize("tag", ["Pending", "Levitating", None])
def test_a_whole_that_moves_nothing_adds_nothing(tag):
    assert [(one.status, one.code) for one in of(a_checkpoint(), tag=tag, subtag=None)] == [
        ("in_transit", "InTransit_001")
    ]


def test_a_parcel_that_aftership_gives_up_is_expired_when_it_says_so():
    seen = of(a_checkpoint(), tag="Expired", subtag="Expired_001")

    assert [(one.at, one.status) for one in seen] == [
        (NOW - 60, "expired"),
        (NOW, "in_transit"),
        (NOW, "expired"),
    ]
    assert of(tag="Expired", subtag="Expired_001") == (Checkpoint(NOW - 60, Status.EXPIRED, "Expired_001"),)


@pytest.mark.parametrize("ts", [None, "1799999940", 0, -1, NOW + 1, 1.5, True])
def test_an_expiry_without_a_time_is_not_dated(ts):
    (tracking,) = told(an_update(a_tracking(tag="Expired", subtag="Expired_001"), ts=ts))

    assert tracking.checkpoints == ()


def test_a_new_parcel_has_no_history():
    assert of(tag="Pending", subtag="Pending_001") == ()
    assert of(tag="InTransit", checkpoints=None) == ()


@pytest.mark.parametrize("event", ["edd_revise", "tracking_pending_time", "tracking_created", None, "", 5])
def test_other_events_say_nothing_of_places(event):
    assert told(an_update(event=event)) == ()


def test_checkpoints_out_of_order_are_put_in_order_and_repeated_ones_stand_once():
    one, two, three = (
        a_checkpoint(f"2027-01-15T0{hour}:00:00Z", subtag=f"InTransit_00{hour}") for hour in (5, 6, 7)
    )

    shuffled = of(two, three, one, two, three, one)

    assert [(seen.at - NOW, seen.code) for seen in shuffled] == [
        (-10_800, "InTransit_005"),
        (-7_200, "InTransit_006"),
        (-3_600, "InTransit_007"),
    ]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2027-01-15T08:00:00Z", NOW),
        ("2027-01-15T08:00:00.000Z", NOW),
        ("2027-01-15T16:00:00+08:00", NOW),
        ("2027-01-15T16:00:00+0800", NOW),
        ("2027-01-15T04:30:00-03:30", NOW),
        ("2027-01-15T08:00:00", NOW),  # No zone: as UTC, and perhaps some hours wrong.
        ("2027-01-15T08:00", NOW),
        ("2027-01-15 08:00:00", NOW),
        ("2027-01-16T08:00:00Z", NOW + 86_400),
    ],
)
def test_times_are_read_with_their_zone(text, at):
    assert [one.at for one in of(a_checkpoint(text))] == [at]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "2027-01-15",
        "20270115T080000Z",
        "2027-W02-5T08:00:00Z",
        "2027-02-29T08:00:00Z",
        "2027-01-15T24:00:00Z",
        "2027-01-15T08:00:60Z",
        "2027-01-15T08:00:00+15:00",
        "2027-01-15T08:00:00 UTC",
        "2027-01-16T08:00:01Z",
        "1999-12-31T23:59:59Z",
        " 2027-01-15T08:00:00Z",
        "2027-01-15T08:00:00Z\n",
        1_800_000_000,
        {},
    ],
)
def test_a_checkpoint_without_a_usable_time_is_skipped_and_a_webhook_of_nothing_else_is_malformed(text):
    assert [one.at for one in of(a_checkpoint(text), a_checkpoint())] == [NOW]
    with pytest.raises(Malformed):
        of(a_checkpoint(text))


@pytest.mark.parametrize(
    ("slug", "carrier"),
    [
        ("sf-express", "sf"),
        ("sto", "sto"),
        ("yundaex", "yunda"),
        ("china-ems", "ems"),
        ("800bestex", "best"),
        ("usps", "usps"),
        ("ups", "ups"),
        ("fedex", "fedex"),
        ("dhl", "dhl"),
        ("royal-mail", "royal_mail"),
        ("myhermes-uk", "hermes"),
        ("hermes-de", ""),
        (None, ""),
    ],
)
def test_carriers_have_our_names(slug, carrier):
    (tracking,) = told(an_update(a_tracking(a_checkpoint(), slug=slug)))

    assert tracking.carrier == carrier


@pytest.mark.parametrize(
    "message",
    [
        an_update({}),
        an_update("ok"),
        an_update([a_tracking()]),
        an_update(a_tracking(tracking_number="")),
        an_update(a_tracking(tracking_number=94)),
        an_update(a_tracking(checkpoints={"0": a_checkpoint()})),
        an_update(a_tracking(checkpoints=["InTransit"])),
        {"event": "tracking_update"},
    ],
    ids=["empty", "a text", "a list", "no number", "a whole number", "an object", "texts", "no msg"],
)
def test_a_webhook_of_another_shape_is_malformed(message):
    with pytest.raises(Malformed):
        told(message)


@pytest.mark.parametrize("outcome", [Told.APPLIED, Told.DUPLICATE, Told.NO_EFFECT])
def test_success_is_a_200(outcome):
    assert an_aftership().acknowledge(outcome) == Reply(200, "application/json", '{"received":true}')


@pytest.mark.parametrize(
    ("outcome", "status"),
    [(Told.UNKNOWN_WAYBILL, 503), (Told.REFUSED, 401), (Told.TOO_LARGE, 413), (Told.BUSY, 503)],
)
def test_everything_else_is_sent_again(outcome, status):
    reply = Reply(status, "application/problem+json", '{"title":"not accepted"}')

    assert an_aftership().acknowledge(outcome) == reply
