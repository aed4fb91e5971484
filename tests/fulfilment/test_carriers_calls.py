"""What trackers are asked: to follow a parcel, and where it is. Each question is one call."""

import json
from base64 import b64encode
from hashlib import md5

import pytest

from shared.errors import Unavailable
from shared.fulfilment.carriers.port import Checkpoint, Status, Tracking, TrackingRefused
from shared.outside import Answer
from tests.fulfilment.tracker_script import (
    EIGHT_BEIJING,
    FORM,
    NOT_UNDERSTOOD,
    NOW,
    SILENCE,
    Script,
    a_checkpoint,
    a_detail,
    a_kuaidi100,
    a_parcel,
    a_result,
    a_scan,
    a_seventeentrack,
    a_tracker,
    a_tracking,
    an_aftership,
    an_easypost,
    an_entry,
)

URL = "https://shop.example/webhooks/tracking/kuaidi100"
USPS = "9400110898825022579493"
AFTERSHIP = "9405511202575421535949"


def follow(tracker, *answers, carrier="usps", waybill=USPS, **more):
    outside = Script(*answers)
    tracker.subscribe(outside, carrier, waybill, callback_url=URL, **more)
    return outside.asked


def error(status, body):
    return Answer(status, json.dumps(body).encode())


def meta(code, status=400):
    return error(status, {"meta": {"code": code, "message": "no", "type": "X"}, "data": {}})


def easypost_error(code, status=422):
    return error(status, {"error": {"code": code, "message": "no", "errors": []}})


def rejected(code):
    told = {"number": USPS, "error": {"code": code, "message": "no"}}
    return {"code": 0, "data": {"accepted": [], "rejected": [told]}}


# ------------------------------------------------------------------ subscribe


@pytest.mark.parametrize("return_code", ["200", 200, "501"])
def test_kuaidi100_is_given_the_salt_the_address_and_the_wish_for_finer_states(return_code):
    answer = {"result": return_code != "501", "returnCode": return_code, "message": "POLL:重复订阅"}

    ((call, sent, headers),) = follow(
        a_kuaidi100("salt-of-today", "old"), answer, carrier="sf", waybill="SF1000001", phone_tail="0001"
    )

    assert call == ("POST", "https://kuaidi100.invalid/poll")
    assert headers == {"content-type": FORM}
    assert sent["schema"] == "json"
    assert json.loads(sent["param"]) == {
        "company": "shunfeng",
        "number": "SF1000001",
        "key": "kuaidi-key",
        "parameters": {"callbackurl": URL, "salt": "salt-of-today", "resultv2": "4", "phone": "0001"},
    }


def test_a_telephone_number_is_only_sent_where_there_is_one():
    ((_, sent, _),) = follow(a_kuaidi100(), {"returnCode": "200"}, carrier="yto", waybill="YT1")
    ((_, other, _),) = follow(a_seventeentrack(), {"code": 0, "data": {"accepted": [{}], "rejected": []}})

    assert "phone" not in json.loads(sent["param"])["parameters"]
    assert other == [{"number": USPS, "carrier": 21051}]


@pytest.mark.parametrize("answer", [meta(201, 201), meta(200, 200), meta(4003)], ids=["new", "ok", "there"])
def test_aftership_is_told_the_number_and_the_slug(answer):
    ((call, sent, headers),) = follow(an_aftership(), answer, carrier="royal_mail", phone_tail="0001")

    assert call == ("POST", "https://aftership.invalid/tracking/2025-07/trackings")
    assert headers == {"as-api-key": "asat_1", "content-type": "application/json"}
    assert sent == {"tracking_number": USPS, "slug": "royal-mail"}


@pytest.mark.parametrize("status", [200, 201])
def test_easypost_is_told_the_code_and_the_carrier(status):
    ((call, sent, headers),) = follow(
        an_easypost(), error(status, a_tracker()), carrier="dhl", phone_tail="0001"
    )

    assert call == ("POST", "https://easypost.invalid/v2/trackers")
    assert headers == {
        "authorization": f"Basic {b64encode(b'EZAK1:').decode()}",
        "content-type": "application/json",
    }
    assert sent == {"tracker": {"tracking_code": USPS, "carrier": "DHLExpress"}}


@pytest.mark.parametrize(
    "answer",
    [{"code": 0, "data": {"accepted": [{"number": USPS}], "rejected": []}}, rejected(-18019901)],
    ids=["new", "there"],
)
def test_17track_is_told_the_number_the_key_of_the_carrier_and_the_end_of_a_telephone_number(answer):
    ((call, sent, headers),) = follow(a_seventeentrack(), answer, carrier="ems", phone_tail="0001")

    assert call == ("POST", "https://seventeentrack.invalid/track/v2.2/register")
    assert headers == {"17token": "17track-key", "content-type": "application/json"}
    assert sent == [{"number": USPS, "carrier": 3013, "phone_number_last_4": "0001"}]


MAKERS = {
    "kuaidi100": a_kuaidi100,
    "aftership": an_aftership,
    "easypost": an_easypost,
    "seventeentrack": a_seventeentrack,
}
OURS = {"kuaidi100": "sf", "aftership": "usps", "easypost": "usps", "seventeentrack": "usps"}
REFUSALS = [
    *(
        ("kuaidi100", code, {"result": False, "returnCode": code, "message": "no"})
        for code in ("700", "701", "702")
    ),
    *(("aftership", str(code), meta(code)) for code in (4005, 4008, 4010, 4011, 4012, 4017)),
    *(
        ("easypost", code, easypost_error(code))
        for code in (
            "TRACKER.CARRIER_CODE_MISMATCH",
            "TRACKER.INVALID_PARAMS",
            "TRACKER.INVALID_TEST_CODE",
            "TRACKER.MULTIPLE_CARRIERS_FOR_CODE",
            "TRACKER.NO_CARRIER_FOR_CODE",
            "TRACKER.UNSUPPORTED_CARRIER",
        )
    ),
    *(("seventeentrack", str(code), rejected(code)) for code in (-18019903, -18019910, -18010012, -18010013)),
]


@pytest.mark.parametrize(
    ("name", "code", "answer"), REFUSALS, ids=[f"{name} {code}" for name, code, _ in REFUSALS]
)
def test_a_refusal_that_stays_is_told_with_its_code(name, code, answer):
    with pytest.raises(TrackingRefused) as refused:
        follow(MAKERS[name](), answer, carrier=OURS[name])

    assert (refused.value.status, refused.value.code) == (409, "tracking_refused")
    assert refused.value.details == {"returned": code}


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("carrier", ["pigeon", "", "SF", "shunfeng"])
def test_a_carrier_that_a_tracker_does_not_know_is_not_told_to_it(name, carrier):
    outside = Script()

    with pytest.raises(TrackingRefused):
        MAKERS[name]().subscribe(outside, carrier, USPS, callback_url=URL)
    assert MAKERS[name]().query(outside, carrier, USPS, now=NOW) is None
    assert outside.asked == []


NOT_TAKEN = [
    *((name, what, answer) for name in MAKERS for what, answer in NOT_UNDERSTOOD.items()),
    *(
        ("kuaidi100", code, {"result": False, "returnCode": code})
        for code in ("500", "503", "600", "601", "", None)
    ),
    ("aftership", "4001", meta(4001)),
    ("aftership", "a refusal that is none", meta(4005, 201)),
    ("aftership", "a refusal that is a success", meta(4003, 201)),
    ("aftership", "a success that is a refusal", meta(201, 400)),
    ("easypost", "another thing", error(201, a_tracker(object="Batch"))),
    ("easypost", "a refusal that is none", easypost_error("TRACKER.INVALID_PARAMS", 201)),
    ("aftership", "no meta", error(400, {"code": 4003})),
    ("easypost", "in flight", easypost_error("TRACKER.CREATE.ERROR")),
    ("easypost", "a conflict", easypost_error("TRACKER.UNSUPPORTED_CARRIER", 409)),
    ("seventeentrack", "quota", rejected(-18019908)),
    ("seventeentrack", "the key", {"code": -18010002, "data": {"errors": []}}),
    ("seventeentrack", "neither", {"code": 0, "data": {"accepted": [], "rejected": []}}),
    ("seventeentrack", "no data", {"code": 0}),
    ("seventeentrack", "no code", {"data": {"accepted": [{}], "rejected": []}}),
]


@pytest.mark.parametrize(
    ("name", "what", "answer"), NOT_TAKEN, ids=[f"{name} {what}" for name, what, _ in NOT_TAKEN]
)
def test_whatever_is_no_clear_answer_leaves_the_subscription_open(name, what, answer):
    outside = Script(answer)

    with pytest.raises(Unavailable):
        MAKERS[name]().subscribe(outside, OURS[name], USPS, callback_url=URL)

    assert len(outside.asked) == 1


# ------------------------------------------------------------------ query


def listed(*trackings):
    return {
        "meta": {"code": 200},
        "data": {"pagination": {"total": len(trackings)}, "trackings": list(trackings)},
    }


def accepted(*parcels):
    return {"code": 0, "data": {"accepted": list(parcels), "rejected": []}}


def test_kuaidi100_is_asked_with_a_signature_over_the_question():
    outside = Script(a_result(an_entry(code="301"), state="301"))

    found = a_kuaidi100().query(outside, "sf", "SF1000001", now=NOW, phone_tail="0001")

    assert found == Tracking(
        "sf",
        "SF1000001",
        (Checkpoint(EIGHT_BEIJING, Status.DELIVERED, "301", "广东,深圳市"),),
        "kuaidi100",
        is_proven=True,
    )
    ((call, sent, headers),) = outside.asked
    assert call == ("POST", "https://kuaidi100.invalid/poll/query.do")
    assert headers == {"content-type": FORM}
    assert sent["customer"] == "CUSTOMER1"
    assert sent["sign"] == md5(sent["param"].encode() + b"kuaidi-keyCUSTOMER1").hexdigest().upper()
    assert json.loads(sent["param"]) == {
        "com": "shunfeng",
        "num": "SF1000001",
        "resultv2": "4",
        "show": "0",
        "order": "desc",
        "phone": "0001",
    }


def test_aftership_is_asked_for_number_and_slug():
    outside = Script(
        listed(
            a_tracking(
                a_checkpoint(tag="Delivered", subtag="Delivered_001"), tag="Delivered", subtag="Delivered_001"
            )
        )
    )

    found = an_aftership().query(outside, "usps", AFTERSHIP, now=NOW)

    delivered = Checkpoint(NOW, Status.DELIVERED, "Delivered_001", "Austin, TX, USA")
    assert found == Tracking("usps", AFTERSHIP, (delivered,), "aftership", is_proven=True)
    assert outside.asked == [
        (
            ("GET", "https://aftership.invalid/tracking/2025-07/trackings"),
            {"tracking_numbers": AFTERSHIP, "slug": "usps"},
            {"as-api-key": "asat_1", "content-type": "application/json"},
        )
    ]


def test_easypost_is_asked_for_code_and_carrier():
    outside = Script(
        {
            "trackers": [a_tracker(a_detail(status="delivered", status_detail=None), status="delivered")],
            "has_more": False,
        }
    )

    found = an_easypost().query(outside, "usps", USPS, now=NOW)

    delivered = Checkpoint(NOW, Status.DELIVERED, "delivered", "ORLANDO, FL, US")
    assert found == Tracking("usps", USPS, (delivered,), "easypost", is_proven=True)
    assert outside.asked == [
        (
            ("GET", "https://easypost.invalid/v2/trackers"),
            {"tracking_code": USPS, "carrier": "USPS"},
            {"authorization": "Basic RVpBSzE6", "content-type": "application/json"},
        )
    ]


def test_17track_is_asked_for_number_and_carrier():
    outside = Script(
        accepted(
            a_parcel(a_scan(sub_status="Delivered_Other"), status="Delivered", sub_status="Delivered_Other")
        )
    )

    found = a_seventeentrack().query(outside, "usps", USPS, now=NOW)

    delivered = Checkpoint(NOW, Status.DELIVERED, "Delivered_Other", "Austin, US")
    assert found == Tracking("usps", USPS, (delivered,), "seventeentrack", is_proven=True)
    assert outside.asked == [
        (
            ("POST", "https://seventeentrack.invalid/track/v2.2/gettrackinfo"),
            [{"number": USPS, "carrier": 21051}],
            {"17token": "17track-key", "content-type": "application/json"},
        )
    ]


UNHEARD = [
    ("kuaidi100", {"result": False, "returnCode": "500", "message": "查询无结果，请隔段时间再查"}),
    ("aftership", listed()),
    ("easypost", {"trackers": [], "has_more": False}),
    ("seventeentrack", rejected(-18019902)),
    ("seventeentrack", rejected(-18019909)),
]


@pytest.mark.parametrize(
    ("name", "answer"), UNHEARD, ids=["kuaidi100", "aftership", "easypost", "17track", "17track 2"]
)
def test_a_parcel_that_a_tracker_has_never_heard_of_is_none(name, answer):
    assert MAKERS[name]().query(Script(answer), OURS[name], USPS, now=NOW) is None


OTHERS = [
    ("kuaidi100", a_result(an_entry(), nu="SF1000002")),
    ("kuaidi100", a_result(an_entry(), nu=USPS, com="yuantong")),
    ("kuaidi100", a_result(an_entry(), nu=USPS, com="pigeon")),
    ("aftership", listed(a_tracking(a_checkpoint()))),
    ("aftership", listed(a_tracking(a_checkpoint(), tracking_number=USPS, slug="ups"))),
    ("easypost", {"trackers": [a_tracker(a_detail(), tracking_code="94")]}),
    ("easypost", {"trackers": [a_tracker(a_detail(), carrier="UPS")]}),
    ("seventeentrack", accepted(a_parcel(a_scan(), number="94"))),
    ("seventeentrack", accepted(a_parcel(a_scan(), carrier=100002))),
    ("seventeentrack", accepted(a_parcel(a_scan()), a_parcel(a_scan()))),
]


@pytest.mark.parametrize(
    ("name", "answer"), OTHERS, ids=[f"{name} {at}" for at, (name, _) in enumerate(OTHERS)]
)
def test_an_answer_about_another_parcel_proves_nothing(name, answer):
    with pytest.raises(Unavailable):
        MAKERS[name]().query(Script(answer), OURS[name], USPS, now=NOW)


@pytest.mark.parametrize("name", ["aftership", "easypost"])
def test_of_several_parcels_the_one_that_was_asked_for_is_taken(name):
    answers = {
        "aftership": listed(
            a_tracking(a_checkpoint(), slug="ups"), a_tracking(a_checkpoint(), tracking_number=USPS)
        ),
        "easypost": {"trackers": [a_tracker(a_detail(), carrier="UPS"), a_tracker(a_detail())]},
    }

    found = MAKERS[name]().query(Script(answers[name]), "usps", USPS, now=NOW)

    assert (found.carrier, found.waybill) == ("usps", USPS)


GARBLED = [
    *((name, what, answer) for name in MAKERS for what, answer in NOT_UNDERSTOOD.items()),
    ("kuaidi100", "a wrong signature", {"result": False, "returnCode": "503"}),
    ("kuaidi100", "a telephone number is missing", {"result": False, "returnCode": "408"}),
    ("kuaidi100", "no result of another kind", {"returnCode": "500"}),
    ("kuaidi100", "no number", a_result(an_entry(), nu=None)),
    ("kuaidi100", "no times", a_result(an_entry(time="", ftime=""))),
    ("aftership", "no list", {"meta": {"code": 200}, "data": {}}),
    ("aftership", "another code", {"meta": {"code": 201}, "data": {"trackings": []}}),
    ("aftership", "no number", listed(a_tracking(a_checkpoint(), tracking_number=None))),
    ("easypost", "no list", {"has_more": False}),
    ("easypost", "an error", easypost_error("TRACKER.NOT_FOUND", 404)),
    ("seventeentrack", "a limit", rejected(-18019907)),
    ("seventeentrack", "no list", {"code": 0, "data": {}}),
    ("seventeentrack", "no number", accepted(a_parcel(a_scan(), number=None))),
]


@pytest.mark.parametrize(
    ("name", "what", "answer"), GARBLED, ids=[f"{name} {what}" for name, what, _ in GARBLED]
)
def test_whatever_is_no_clear_answer_leaves_everything_open(name, what, answer):
    with pytest.raises(Unavailable):
        MAKERS[name]().query(Script(answer), OURS[name], USPS, now=NOW)


def test_a_silence_is_not_asked_again_here():
    for name, make in MAKERS.items():
        outside = Script(SILENCE)
        with pytest.raises(Unavailable):
            make().query(outside, OURS[name], USPS, now=NOW)
        assert len(outside.asked) == 1
