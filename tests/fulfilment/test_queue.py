from shared.fulfilment.queue import NO_QUEUE, merchant_queue, place_in_queue


def test_first_paid_first_served_and_text_sorts_as_time_does():
    times = (0, 9, 1_799_999_999, 1_800_000_000, 20_000_000_000)
    places = [place_in_queue("m", "O", 1, paid_at)["priority"] for paid_at in times]

    assert places == sorted(places)
    assert places[3] == "001800000000#O-01"


def test_two_parts_paid_together_have_places_of_their_own():
    assert place_in_queue("m", "O", 1, 5) != place_in_queue("m", "O", 2, 5)


def test_a_merchants_list_is_its_own():
    assert merchant_queue("m-1") == "merchant:m-1:awaiting_shipment"
    assert place_in_queue("m-1", "O", 1, 5)["queue"] == "merchant:m-1:awaiting_shipment"


def test_who_leaves_the_list_leaves_no_trace_in_the_index():
    assert NO_QUEUE == {"queue": None, "priority": None}
