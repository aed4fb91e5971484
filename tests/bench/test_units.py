from decimal import Decimal

import pytest

from bench.units import (
    Index,
    attribute_bytes,
    chunks,
    index_units,
    item_bytes,
    query_units,
    read_units,
    write_units,
)

DUE = Index("due", ("shard", "due_at"))


def an_item_of(size):
    """An item of exactly this many bytes."""
    return {"pk": {"S": "x" * (size - 2)}}


@pytest.mark.parametrize(
    ("attribute", "size"),
    [
        ({"S": "abc"}, 3),
        ({"S": "订单"}, 6),
        ({"N": "1"}, 2),
        ({"N": "1795300200"}, 6),
        ({"N": "-12"}, 2),
        ({"BOOL": True}, 1),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"N": "7"}]}, 9),
        ({"M": {"a": {"S": "b"}}}, 6),
    ],
)
def test_the_size_of_an_attribute(attribute, size):
    assert attribute_bytes(attribute) == size


def test_the_size_of_an_item_counts_its_names():
    assert item_bytes({"pk": {"S": "ORDER#1"}, "version": {"N": "3"}}) == 2 + 7 + 7 + 2


def test_an_unknown_kind_of_attribute_is_an_error():
    with pytest.raises(TypeError, match="SS"):
        attribute_bytes({"SS": ["a"]})


@pytest.mark.parametrize(("size", "units"), [(10, 1), (1024, 1), (1025, 2), (2048, 2), (2049, 3)])
def test_a_write_is_billed_by_the_kilobyte_begun(size, units):
    assert write_units(None, an_item_of(size), in_transaction=False) == units
    assert write_units(None, an_item_of(size), in_transaction=True) == 2 * units


def test_a_write_is_billed_by_what_was_there_when_that_was_larger():
    assert write_units(an_item_of(3000), an_item_of(10), in_transaction=False) == 3


def test_a_write_that_found_nothing_still_costs():
    assert write_units(None, None, in_transaction=True) == 2


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        (None, {"shard": {"S": "1"}, "due_at": {"N": "5"}}, 1),
        ({"shard": {"S": "1"}, "due_at": {"N": "5"}}, {"shard": {"S": "1"}}, 1),
        ({"shard": {"S": "1"}, "due_at": {"N": "5"}}, {"shard": {"S": "1"}, "due_at": {"N": "6"}}, 2),
        (
            {"shard": {"S": "1"}, "due_at": {"N": "5"}},
            {"shard": {"S": "1"}, "due_at": {"N": "5"}, "x": {"N": "1"}},
            0,
        ),
        (None, {"shard": {"S": "1"}}, 0),
    ],
)
def test_an_index_is_written_only_when_its_keys_change(before, after, units):
    assert index_units(DUE, before, after) == units


@pytest.mark.parametrize(
    ("sizes", "consistent", "units"),
    [
        ([4096], True, "1"),
        ([4097], True, "2"),
        ([10, 10], True, "2"),
        ([10], False, "0.5"),
        ([], False, "0.5"),
    ],
)
def test_items_read_one_by_one_are_billed_by_four_kilobytes_each(sizes, consistent, units):
    assert read_units(sizes, is_consistent=consistent) == Decimal(units)


@pytest.mark.parametrize(("sizes", "units"), [([10, 10], "1"), ([4000, 97], "2"), ([], "1")])
def test_items_of_a_query_count_together(sizes, units):
    assert query_units(sizes, is_consistent=True) == Decimal(units)


@pytest.mark.parametrize(("size", "begun"), [(1, 1), (65536, 1), (65537, 2)])
def test_events_are_billed_by_64_kilobytes(size, begun):
    assert chunks(size) == begun
