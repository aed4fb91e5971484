import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.store.items import (
    SHARDS,
    from_item,
    item_to_lines,
    item_to_row,
    row_to_item,
    shard_of,
    to_attribute,
    to_item,
)
from tests.builders import ORDER_ID, a_completed_order, a_split_order, an_order_with_a_refund

plain = st.recursive(
    st.text() | st.booleans() | st.integers(-(10**37), 10**37),
    lambda inner: st.lists(inner, max_size=4).map(tuple)
    | st.dictionaries(st.text(min_size=1), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(min_size=1), plain, max_size=6))
def test_what_is_stored_is_what_is_read(values):
    assert from_item(to_item(values)) == values


@pytest.mark.parametrize("world", [a_split_order, an_order_with_a_refund, a_completed_order])
def test_every_kind_of_row_comes_back_as_it_went(world):
    for row in world().whole.rows.values():
        back = item_to_row(row_to_item(ORDER_ID, row))

        assert back == row
        assert type(back) is type(row)
        assert type(back.state) is type(row.state)


def test_lines_come_back_as_they_went():
    lines = a_split_order().whole.lines

    assert item_to_lines(to_item({"lines": lines})) == lines


def test_nothing_is_left_out_so_that_sparse_indexes_stay_sparse():
    trade = a_completed_order()
    item = row_to_item(ORDER_ID, trade.row("SUB#01"))

    assert not {"queue", "priority", "due_at", "shard"} & set(item)
    assert item["pk"] == {"S": f"ORDER#{ORDER_ID}"}


def test_who_waits_stands_in_the_index_of_its_shard():
    trade = a_split_order()
    item = row_to_item(ORDER_ID, trade.row("SUB#01"))

    assert item["due_at"] == {"N": str(trade.row("SUB#01").due_at)}
    assert item["shard"] == {"S": shard_of(ORDER_ID)}
    assert row_to_item(ORDER_ID, trade.whole.order)["buyer"] == {"S": "buyer-1"}


@pytest.mark.parametrize("value", [1.5, None, {1, 2}, b"bytes", object()])
def test_what_is_no_text_number_truth_list_or_map_is_not_stored(value):
    with pytest.raises(TypeError, match="is not stored"):
        to_attribute(value)


@pytest.mark.parametrize("attribute", [{"B": b"x"}, {"NULL": True}, {"SS": ["a"]}])
def test_what_we_never_store_is_not_read(attribute):
    with pytest.raises(TypeError, match="is not read"):
        from_item({"x": attribute})


def test_truth_is_not_a_number_and_a_name_is_a_text():
    assert to_item({"yes": True, "one": 1, "state": a_split_order().row("SUB#01").state}) == {
        "yes": {"BOOL": True},
        "one": {"N": "1"},
        "state": {"S": "awaiting_shipment"},
    }


def test_orders_are_spread_over_all_shards_and_each_has_one_for_ever():
    shards = {shard_of(f"01MCC5RM00{i:016}") for i in range(500)}

    assert shards == {str(shard) for shard in range(SHARDS)}
    assert shard_of(ORDER_ID) == "2"  # printf $ORDER_ID | gzip -c | tail -c8 | od -An -tu4 -N4, modulo 8
