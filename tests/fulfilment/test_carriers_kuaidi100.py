"""What pushes of kuaidi100 say of parcels, and how they are answered."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Malformed
from shared.fulfilment.carriers.port import Checkpoint, Notice, Reply, Status, Told, Tracking
from tests.fulfilment.tracker_script import (
    EIGHT_BEIJING,
    NOW,
    a_kuaidi100,
    a_param,
    a_result,
    an_entry,
    form_headers,
    kuaidi100_body,
)


def told(param):
    kuaidi100 = a_kuaidi100()
    return kuaidi100.interpret(kuaidi100.verify(form_headers(), kuaidi100_body(param), NOW))


def of(*newest_first, **more):
    """The checkpoints of one push."""
    (tracking,) = told(a_param(a_result(*newest_first, **more)))
    return tracking.checkpoints


def test_a_push_is_read_as_the_history_of_one_parcel():
    newest, middle, oldest = (
        an_entry("08:00:00", "5"),
        an_entry("07:00:00", "1002"),
        an_entry("06:30:00", "103"),
    )

    assert told(a_param(a_result(newest, middle, oldest, state="5"))) == (
        Tracking(
            carrier="sf",
            waybill="SF1000001",
            checkpoints=(
                Checkpoint(EIGHT_BEIJING - 5_400, Status.PICKED_UP, "103", "广东,深圳市"),
                Checkpoint(EIGHT_BEIJING - 3_600, Status.IN_TRANSIT, "1002", "广东,深圳市"),
                Checkpoint(EIGHT_BEIJING, Status.OUT_FOR_DELIVERY, "5", "广东,深圳市"),
            ),
            source="kuaidi100",
            is_proven=False,
        ),
    )


def test_no_name_and_no_telephone_number_of_a_courier_is_kept():
    assert "138" not in repr(of(an_entry()))
    assert "王" not in repr(of(an_entry()))


# ------------------------------------------------------------------ the table of states


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("0", "in_transit"),
        ("1", "picked_up"),
        ("2", "exception"),
        ("3", "delivered"),
        ("4", "returned"),
        ("5", "out_for_delivery"),
        ("6", "returning"),
        ("7", "in_transit"),
        ("8", "customs"),
        ("10", "customs"),
        ("11", "customs"),
        ("12", "customs"),
        ("13", "exception"),
        ("14", "refused"),
    ],
)
def test_each_state_has_its_row(state, status):
    assert of(an_entry(code=None), state=state) == (
        Checkpoint(EIGHT_BEIJING, Status(status), state, "广东,深圳市"),
    )


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("101", "info_received"),
        ("102", "info_received"),
        ("103", "picked_up"),
        ("1001", "in_transit"),
        ("1002", "in_transit"),
        ("1003", "in_transit"),
        ("201", "exception"),
        ("202", "exception"),
        ("203", "refused"),
        ("204", "exception"),
        ("205", "exception"),
        ("206", "exception"),
        ("207", "exception"),
        ("208", "exception"),
        ("209", "exception"),
        ("210", "cancelled"),
        ("301", "delivered"),
        ("302", "delivered"),
        ("303", "delivered"),
        ("304", "available_for_pickup"),
        ("401", "cancelled"),
        ("501", "available_for_pickup"),
    ],
)
def test_each_finer_state_has_its_row_whether_the_whole_is_told_finely_or_not(code, status):
    coarse = {"1001": "0", "1002": "0", "1003": "0"}.get(code, code[0])

    for state in (code, coarse):
        assert [(one.status, one.code) for one in of(an_entry(code=code), state=state)] == [(status, code)]


def test_a_parcel_in_a_locker_is_not_delivered():
    signed_for, brought = an_entry("08:00:00", "304"), an_entry("07:00:00", "5")

    statuses = [one.status for one in of(signed_for, brought, state="3", ischeck="1")]

    assert statuses == ["out_for_delivery", "available_for_pickup"]


@pytest.mark.parametrize("code", ["9", "15", "99", "305", "-1", "delivered", "签收", "00", "03", "0x3"])
def test_an_unknown_code_is_kept_and_moves_nothing(code):
    (one,) = of(an_entry(code=code), state=code)

    assert (one.status, one.code) == ("unknown", code)


@pytest.mark.parametrize("state", [3, "3"])
def test_a_state_may_be_a_number(state):
    assert [one.status for one in of(an_entry(code=None), state=state)] == ["delivered"]


@pytest.mark.parametrize("state", [True, 3.0, None, [], {}, ["3"]])
def test_what_is_no_state_moves_nothing(state):
    assert [one.status for one in of(an_entry(code=None), state=state)] == ["unknown"]


def test_the_whole_holds_from_the_newest_entry_on():
    newest, older = an_entry("08:00:00", "0"), an_entry("07:00:00", "5")

    assert [(one.at, one.status, one.code) for one in of(newest, older, state="3")] == [
        (EIGHT_BEIJING - 3_600, "out_for_delivery", "5"),
        (EIGHT_BEIJING, "in_transit", "0"),
        (EIGHT_BEIJING, "delivered", "3"),
    ]


def test_an_abandoned_parcel_is_expired_at_its_last_sign_of_life():
    (tracking,) = told(a_param(a_result(an_entry(code="0")), status="abort"))

    assert [(one.at, one.status, one.code) for one in tracking.checkpoints] == [
        (EIGHT_BEIJING, "in_transit", "0"),
        (EIGHT_BEIJING, "expired", "abort"),
    ]


@pytest.mark.parametrize("status", ["polling", "shutdown", "updateall", "of tomorrow"])
def test_the_state_of_the_subscription_is_not_the_state_of_the_parcel(status):
    (tracking,) = told(a_param(a_result(an_entry(code="0")), status=status))

    assert [one.status for one in tracking.checkpoints] == ["in_transit"]


def test_given_up_before_anything_was_known_it_says_nothing_of_times():
    message = a_param(a_result(state="0", data=[]), status="abort", message="3天查询无记录")
    (tracking,) = told(message)

    assert (tracking.carrier, tracking.waybill, tracking.checkpoints) == ("sf", "SF1000001", ())
    assert told(a_param({}, status="abort")) == ()
    assert told({"status": "abort", "message": "", "lastResult": None}) == ()


# ------------------------------------------------------------------ order, times, names


def test_entries_out_of_order_are_put_in_order_and_repeated_ones_stand_once():
    early, late = an_entry("06:00:00", "103"), an_entry("07:30:00", "1002")

    shuffled = of(early, late, an_entry("06:45:00", "0"), late, early)

    assert [(one.at - EIGHT_BEIJING, one.code) for one in shuffled] == [
        (-7_200, "103"),
        (-4_500, "0"),
        (-1_800, "1002"),
    ]


def test_of_one_second_what_stands_there_twice_counts_where_it_stands_last():
    there, on, back = an_entry(code="5"), an_entry(code="1001"), an_entry(code="5")

    assert [one.code for one in of(back, on, there, state="5")] == ["1001", "5"]


def test_of_one_second_the_later_in_the_list_of_events_is_the_later():
    assert [one.code for one in of(an_entry(code="5"), an_entry(code="1001"), state="5")] == ["1001", "5"]


@pytest.mark.parametrize(
    ("entry", "at"),
    [
        ({"ftime": "2027-01-15 08:00:00", "time": "2027-01-15 07:00:00"}, EIGHT_BEIJING),
        ({"ftime": None, "time": "2027-01-15 08:00:00"}, EIGHT_BEIJING),
        ({"ftime": "8 o'clock", "time": "2027-01-15 08:00"}, EIGHT_BEIJING),
        ({"ftime": "2027-01-15T00:00:00Z", "time": None}, EIGHT_BEIJING),
        ({"ftime": "2027-01-16 15:59:59", "time": None}, NOW + 86_399),
        ({"ftime": "2000-01-01 08:00:00", "time": None}, 946_684_800),
    ],
)
def test_times_are_told_in_beijing(entry, at):
    assert [one.at for one in of(an_entry(**entry))] == [at]


USELESS = [
    None,
    "",
    "0000-00-00 00:00:00",
    "2027-02-30 08:00:00",
    "2027-01-15 25:00:00",
    "2027-01-15",
    "1999-12-31 23:59:59",
    "2027-01-16 16:00:01",
    "9999-12-31 23:59:59",
    "２０２７-01-15 08:00:00",
    "2027-01-15 08:00:00+99:00",
    1_800_000_000,
    True,
    [],
]


@pytest.mark.parametrize("at", USELESS)
def test_an_entry_without_a_usable_time_is_skipped_and_a_push_of_nothing_else_is_malformed(at):
    useless = an_entry(time=at, ftime=at)

    assert [one.at for one in of(useless, an_entry())] == [EIGHT_BEIJING]
    with pytest.raises(Malformed):
        of(useless, useless)


@pytest.mark.parametrize(
    ("com", "carrier"),
    [
        ("shunfeng", "sf"),
        ("yuantong", "yto"),
        ("zhongtong", "zto"),
        ("shentong", "sto"),
        ("yunda", "yunda"),
        ("jd", "jd"),
        ("ems", "ems"),
        ("jtexpress", "jt"),
        ("debangkuaidi", "deppon"),
        ("debangwuliu", "deppon"),
        ("huitongkuaidi", "best"),
        ("pigeon", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_carriers_have_our_names(com, carrier):
    (tracking,) = told(a_param(a_result(an_entry(), com=com)))

    assert tracking.carrier == carrier


@pytest.mark.parametrize(
    ("number", "waybill"), [("sf1000001", "SF1000001"), (" YT-9 ", "YT-9"), ("1" * 64, "1" * 64)]
)
def test_waybill_numbers_are_written_in_one_way(number, waybill):
    (tracking,) = told(a_param(a_result(an_entry(), nu=number)))

    assert tracking.waybill == waybill


@pytest.mark.parametrize(
    "number", [None, "", " ", 5, "SF 1", "SF/1", "ſf1", "ß1", "顺1", "1" * 65, ["SF1"], "SF1\n2"]
)
def test_what_can_be_no_waybill_number_is_malformed(number):
    with pytest.raises(Malformed):
        told(a_param(a_result(an_entry(), nu=number)))


def test_what_is_kept_is_short_and_can_be_printed():
    entry = an_entry(code="\u202e" + "9" * 500, areaName="深圳\x00\x1b[31m" + "市" * 500)
    (one,) = of(entry, state=None)

    assert one.code == "9" * 60
    assert one.place == ("深圳[31m" + "市" * 500)[:80]


def test_of_a_very_long_history_the_newest_two_hundred_are_kept():
    newest_first = [an_entry(f"{minute // 60:02}:{minute % 60:02}:00") for minute in range(399, -1, -1)]

    midnight = EIGHT_BEIJING - 28_800
    assert [one.at for one in of(*newest_first)] == [midnight + 60 * minute for minute in range(200, 400)]


@pytest.mark.parametrize(
    "result", ["ok", ["ok"], 1, {"data": "none"}, {"data": ["none"]}, {"data": [[]]}, {"data": {"0": {}}}]
)
def test_a_result_of_another_shape_is_malformed(result):
    known = a_result(an_entry()) | result if isinstance(result, dict) else result

    with pytest.raises(Malformed):
        told(a_param(known))


# ------------------------------------------------------------------ answers


@pytest.mark.parametrize("outcome", [Told.APPLIED, Told.DUPLICATE, Told.NO_EFFECT])
def test_success_is_said_in_kuaidi100_s_words(outcome):
    assert a_kuaidi100().acknowledge(outcome) == Reply(
        200, "application/json", '{"result":true,"returnCode":"200","message":"成功"}'
    )


@pytest.mark.parametrize(
    ("outcome", "status"),
    [(Told.UNKNOWN_WAYBILL, 503), (Told.REFUSED, 401), (Told.TOO_LARGE, 413), (Told.BUSY, 503)],
)
def test_everything_else_is_not_success_in_either_language(outcome, status):
    assert a_kuaidi100().acknowledge(outcome) == Reply(
        status, "application/json", '{"result":false,"returnCode":"500","message":"失败"}'
    )


# ------------------------------------------------------------------ whatever comes


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@given(st.data())
def test_a_push_with_odd_members_is_read_or_refused_and_never_breaks_us(data):
    entry = an_entry() | data.draw(st.dictionaries(st.sampled_from(sorted(an_entry())), ODD, max_size=3))
    result = a_result(entry, an_entry("07:00:00"))
    result |= data.draw(st.dictionaries(st.sampled_from(sorted(result)), ODD, max_size=2))
    message = a_param(result) | data.draw(
        st.dictionaries(st.sampled_from(["status", "lastResult"]), ODD, max_size=1)
    )

    with suppress(Malformed):
        for tracking in a_kuaidi100().interpret(Notice("kuaidi100", message, NOW)):
            assert tracking.waybill.isascii()
            assert tracking.waybill == tracking.waybill.upper()
            assert list(tracking.checkpoints) == sorted(tracking.checkpoints, key=lambda one: one.at)
            for one in tracking.checkpoints:
                assert type(one.at) is int
                assert len(one.code) <= 60
                assert len(one.place) <= 80
                assert (one.code + one.place).isprintable()
