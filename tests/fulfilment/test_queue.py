from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from shared.fulfilment.queue import NO_QUEUE, merchant_queue, place_in_queue, review_queue
from shared.lifecycle import SubOrderState
from shared.model import SubOrder

PART = SubOrder(
    number=1,
    merchant_id="m-1",
    state=SubOrderState.AWAITING_SHIPMENT,
    goods_minor=0,
    freight_minor=0,
    payable_minor=0,
)


def test_first_paid_first_served_and_text_sorts_as_time_does():
    times = (0, 9, 1_799_999_999, 1_800_000_000, 20_000_000_000)
    places = [place_in_queue("m", "O", PART, paid_at)["priority"] for paid_at in times]

    assert places == sorted(places)
    assert places[3] == "001800000000#O-01"


def test_two_parts_paid_together_have_places_of_their_own():
    assert place_in_queue("m", "O", PART, 5) != place_in_queue("m", "O", replace(PART, number=2), 5)


def test_a_merchants_list_is_its_own():
    assert merchant_queue("m-1") == "merchant:m-1:awaiting_shipment"
    assert place_in_queue(merchant_queue("m-1"), "O", PART, 5)["queue"] == "merchant:m-1:awaiting_shipment"


def test_reviewers_have_one_list_and_operators_another():
    assert review_queue(SubOrderState.UNDER_REVIEW) == "review:under_review"
    assert review_queue(SubOrderState.ESCALATED) == "review:escalated"


def test_a_boost_counts_as_having_paid_so_much_earlier():
    fresh = replace(PART, boost_seconds=7_200)

    assert place_in_queue("m", "O", fresh, 1_800_007_200) == {"queue": "m", "priority": "001800000000#O-01"}


def test_no_boost_reaches_before_the_beginning_of_time():
    assert place_in_queue("m", "O", replace(PART, boost_seconds=10), 9)["priority"] == "000000000000#O-01"


@given(st.lists(st.tuples(st.integers(0, 4_000_000_000), st.integers(0, 10**6)), min_size=2, max_size=6))
def test_the_list_is_sorted_by_paid_at_less_boost_and_by_nothing_else(parts):
    places = [
        (
            max(0, paid_at - boost),
            place_in_queue("m", "O", replace(PART, boost_seconds=boost), paid_at)["priority"],
        )
        for paid_at, boost in parts
    ]

    assert [moment for moment, _ in sorted(places, key=lambda pair: pair[1])] == sorted(m for m, _ in places)


def test_who_leaves_the_list_leaves_no_trace_in_the_index():
    assert NO_QUEUE == {"queue": None, "priority": None}
