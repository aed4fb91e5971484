"""Two sides of any size: what differs, what is missing, what nobody expects, and nothing else."""

from random import Random

from shared.ledger.verifying import Different
from shared.store.comparing import ROWS_AT_ONCE, Comparison


def test_each_difference_is_told_once_with_both_sides():
    with Comparison() as compare:
        compare.expect("A", "1", "same")
        compare.found("A", "1", "same", 5)
        compare.expect("A", "2", "was", 6, "source")
        compare.found("A", "2", "is", 7)
        compare.expect("B", "1", "gone", 8)
        compare.found("C", "1", "new", 9)

        assert list(compare.differing()) == [
            Different("A", "2", "was", "is", 7, "source"),
            Different("B", "1", "gone", "", 8),
            Different("C", "1", "", "new", 9),
        ]
        assert [one.pk for one in compare.differing(unexpected=False)] == ["A", "B"]


def test_what_is_expected_twice_alike_is_no_difference_but_is_told_when_asked_for():
    with Comparison() as compare:
        for _ in range(2):
            compare.expect("A", "1", "x")
        compare.found("A", "1", "x")

        assert list(compare.differing()) == []
        assert list(compare.repeated()) == [("A", "1")]


def test_what_is_expected_in_two_ways_differs():
    with Comparison() as compare:
        compare.expect("A", "1", "x")
        compare.expect("A", "1", "y")
        compare.found("A", "1", "x")

        assert list(compare.differing()) == [Different("A", "1", "y", "x", 0)]


def test_what_is_excused_need_not_be_found_but_must_not_differ():
    with Comparison() as compare:
        compare.expect("A", "1", "x")
        compare.expect("A", "2", "x")
        compare.found("A", "2", "y")
        compare.excuse("A")
        compare.excuse("A")

        assert list(compare.differing()) == [Different("A", "2", "x", "y", 0)]


def test_far_more_rows_than_are_written_at_once_in_any_order():
    numbers = list(range(2 * ROWS_AT_ONCE + 7))
    with Comparison() as compare:
        for number in numbers:
            compare.expect(f"P{number % 97}", str(number), "x")
        Random(7).shuffle(numbers)
        for number in numbers:
            compare.found(f"P{number % 97}", str(number), "y" if number == ROWS_AT_ONCE else "x")

        [one] = compare.differing()

    assert (one.sk, one.expected, one.found) == (str(ROWS_AT_ONCE), "x", "y")
