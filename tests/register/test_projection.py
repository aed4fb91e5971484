"""The register is what the history says and people did: however often, late or mixed up it is told."""

from itertools import pairwise, permutations

from hypothesis import given
from hypothesis import strategies as st

from shared.register.projection import Happened, folded, is_shown, merged
from shared.register.rows import Entry, entry_id, opened

ORDER = "01MCC5RM000W3GE1R70W3GE1R7"
PARCEL = "PARCEL#01"
SHIPPED = ("parcel.awaiting_shipment.parcels_shipped", PARCEL)
SILENT = ("parcel.in_transit.parcel_silent", PARCEL)
TROUBLED = ("parcel.in_transit.parcel_troubled", PARCEL)
MOVED = ("parcel.troubled.parcel_moved", PARCEL)
DELIVERED = ("parcel.in_transit.parcel_delivered", PARCEL)


def history(*steps: tuple[str, str], note: dict | None = None) -> list[Happened]:
    """One event for each step, an hour apart."""
    return [
        Happened(n, row.split(".")[2], n * 3600, ((row, subject),), note or {})
        for n, (row, subject) in enumerate(steps, 1)
    ]


def stored(entries) -> tuple[Entry, ...]:
    return tuple(entry.__class__(**{**vars(entry), "revision": entry.revision + 1}) for entry in entries)


def told(entries) -> list[tuple[str, str, int, str]]:
    return [(e.kind, str(e.state), e.times, e.resolved_by) for e in entries]


def test_trouble_opens_an_entry_and_its_end_closes_it():
    silent = folded(ORDER, history(SHIPPED, SILENT), ())
    [over] = folded(ORDER, history(SHIPPED, SILENT, DELIVERED), stored(silent))

    assert told(silent) == [("tracking_silent", "open", 1, "")]
    assert (over.entry_id, over.resolved_by, over.closed_at) == (
        silent[0].entry_id,
        "parcel_delivered",
        3 * 3600,
    )
    assert silent[0].due_at == 2 * 3600 + 48 * 3600


def test_told_again_it_is_the_same_entry_and_counts():
    [once] = folded(ORDER, history(SHIPPED, SILENT), ())
    [thrice] = folded(ORDER, history(SHIPPED, SILENT, SILENT, SILENT), stored([once]))

    assert (thrice.entry_id, thrice.times, thrice.last_version) == (once.entry_id, 3, 4)
    assert thrice.due_at == once.due_at


def test_trouble_after_its_end_is_another_entry():
    found = folded(ORDER, history(SHIPPED, TROUBLED, MOVED, TROUBLED), ())

    assert told(found) == [
        ("parcel_troubled", "closed", 1, "parcel_moved"),
        ("parcel_troubled", "open", 1, ""),
    ]
    assert len({entry.entry_id for entry in found}) == 2


def test_what_people_closed_stays_closed_and_what_they_had_seen_belongs_to_it():
    [before] = stored(folded(ORDER, history(SHIPPED, SILENT, SILENT), ()))
    closed = before.closed(20_000, by="s-1", action="no_action_needed", note="found")

    assert folded(ORDER, history(SHIPPED, SILENT, SILENT), [closed]) == (closed,)
    assert folded(ORDER, history(SHIPPED, SILENT, SILENT, DELIVERED), [closed]) == (closed,)


def test_what_happens_after_people_closed_it_opens_another():
    [before] = stored(folded(ORDER, history(SHIPPED, SILENT), ()))
    closed = before.closed(20_000, by="s-1", action="no_action_needed", note="found")

    found = folded(ORDER, history(SHIPPED, SILENT, SILENT), [closed])

    assert [(e.version, str(e.state)) for e in found] == [(2, "closed"), (3, "open")]


def test_silence_that_a_checkpoint_ended_without_an_event_is_over_and_may_begin_again():
    [before] = stored(folded(ORDER, history(SHIPPED, SILENT), ()))
    seen = before.closed(20_000, resolved_by="parcel_seen")

    assert folded(ORDER, history(SHIPPED, SILENT), [seen]) == (seen,)
    again = folded(ORDER, history(SHIPPED, SILENT, SILENT), [seen])
    assert [(e.version, str(e.state)) for e in again] == [(2, "closed"), (3, "open")]


def test_the_history_s_own_order_counts_and_not_the_order_in_which_it_is_read():
    steps = history(SHIPPED, TROUBLED, MOVED, SILENT)
    right = folded(ORDER, steps, ())

    assert all(folded(ORDER, mixed, ()) == right for mixed in permutations(steps))


def test_trouble_that_its_own_event_ends_is_none():
    """A payment fails when its order is long cancelled: nobody needs to look."""
    cancelled = history(
        ("order.start.order_placed", "ORDER"),
        ("order.pending_payment.payment_timed_out", "ORDER"),
        ("payment.open.payment_failed", "PAY#01"),
    )

    assert folded(ORDER, cancelled, ()) == ()


def test_failing_tries_of_one_order_are_one_entry_until_it_is_paid():
    steps = [
        ("order.start.order_placed", "ORDER"),
        ("payment.open.payment_failed", "PAY#01"),
        ("payment.open.payment_failed", "PAY#02"),
    ]
    [failing] = folded(ORDER, history(*steps), ())
    [paid] = folded(ORDER, history(*steps, ("order.pending_payment.payment_succeeded", "ORDER")), ())

    assert (failing.subject, failing.times) == ("ORDER", 2)
    assert paid.resolved_by == "payment_succeeded"


def test_what_a_newer_release_wrote_is_passed_over():
    odd = history(SHIPPED, ("parcel.in_transit.parcel_beamed", PARCEL), SILENT)

    assert told(folded(ORDER, odd, ())) == [("tracking_silent", "open", 1, "")]


def test_two_parcels_are_two_entries():
    second = ("parcel.in_transit.parcel_silent", "PARCEL#02")
    first = ("parcel.awaiting_shipment.parcels_shipped", "PARCEL#02")

    assert len(folded(ORDER, history(SHIPPED, first, SILENT, second), ())) == 2


ANY_STEP = st.sampled_from(
    [
        *(SHIPPED, SILENT, TROUBLED, MOVED, DELIVERED),
        ("parcel.troubled.attention_overdue", PARCEL),
        ("parcel.in_transit.parcel_returning", PARCEL),
        ("parcel.returning.return_received", PARCEL),
        ("refund.start.refund_requested", "REFUND#01"),
        ("refund.requested.refund_overdue", "REFUND#01"),
        ("refund.requested.refund_failed", "REFUND#01"),
        ("refund.needs_action.refund_retried", "REFUND#01"),
    ]
)


@given(st.lists(ANY_STEP, max_size=14), st.data())
def test_whatever_happens_one_entry_at_most_is_open_of_one_trouble(steps, data):
    """Told piece by piece, with people closing what they like in between, and pieces told late and twice."""
    whole = history(*steps)
    known: dict[str, Entry] = {}
    ends = [0, *sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=5))), len(whole)]
    for _, end in pairwise(ends):
        for entry in folded(ORDER, whole[:end], tuple(known.values())):
            if (wanted := merged(known.get(entry.entry_id), entry)) is not None:
                [known[entry.entry_id]] = stored([wanted])
        for name, entry in known.items():
            if entry.is_open and data.draw(st.booleans()):
                known[name] = entry.closed(end, by="s-1", action="no_action_needed", note="x")
        is_open = [(e.subject, e.kind) for e in known.values() if e.is_open]
        assert len(is_open) == len(set(is_open))
        assert all(e.closed_by or e.resolved_by for e in known.values() if not e.is_open)
        again = [merged(known.get(e.entry_id), e) for e in folded(ORDER, whole[:end], tuple(known.values()))]
        assert again == [None] * len(again)


@given(st.lists(ANY_STEP, max_size=14))
def test_told_at_once_or_one_after_the_other_it_comes_to_the_same(steps):
    whole = history(*steps)
    known: dict[str, Entry] = {}
    for end in range(len(whole) + 1):
        for entry in folded(ORDER, whole[:end], tuple(known.values())):
            wanted = merged(known.get(entry.entry_id), entry)
            known[entry.entry_id] = wanted or known[entry.entry_id]

    at_once = {entry.entry_id: entry for entry in folded(ORDER, whole, ())}

    assert known.keys() == at_once.keys()
    for name, entry in at_once.items():
        assert (known[name].state, known[name].times, known[name].resolved_by) == (
            entry.state,
            entry.times,
            entry.resolved_by,
        )


def test_what_people_and_deadlines_did_survives_what_is_told_later():
    [first] = stored(folded(ORDER, history(SHIPPED, SILENT), ()))
    taken = first.__class__(**{**vars(first), "assignee": "s-7", "owner": "operator", "late": 1})
    [again] = folded(ORDER, history(SHIPPED, SILENT, SILENT), [taken])

    kept = merged(taken, again)

    assert kept is not None
    assert (kept.assignee, kept.owner, kept.late, kept.times) == ("s-7", "operator", 1, 2)


def test_an_action_counts_only_after_the_trouble_began():
    steps = history(SHIPPED, SILENT, DELIVERED)

    assert is_shown(("parcel_delivered",), steps, 2)
    assert not is_shown(("parcel_delivered",), steps, 3)
    assert not is_shown(("parcel_troubled",), steps, 0)


def test_an_action_that_was_a_step_of_something_else_counts_too():
    """A case that is approved orders its replacement in the same event."""
    steps = (("after_sale.requested.case_approved.sends_goods", "CASE#01"),)
    replaced = (*steps, ("sub_order.start.replacement_ordered", "SUB#02"))

    assert is_shown(("replacement_ordered",), [Happened(3, "case_approved", 1, replaced)], 2)
    assert not is_shown(("replacement_ordered",), [Happened(3, "case_approved", 1, steps)], 2)


def test_an_entry_s_number_is_made_of_what_it_is_about():
    numbers = {
        entry_id(ORDER, subject, kind, version)
        for subject in ("PARCEL#01", "PARCEL#02")
        for kind in ("tracking_silent", "parcel_troubled")
        for version in (1, 2)
    }

    assert len(numbers) == 8
    assert all(number.startswith(f"{ORDER}-") for number in numbers)
    made = opened(kind="tracking_silent", scope=ORDER, subject=PARCEL, version=2, at=1)
    assert made.entry_id == entry_id(ORDER, PARCEL, "tracking_silent", 2)
