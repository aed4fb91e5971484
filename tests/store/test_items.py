import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.goods import Flag, Held, StockMove
from shared.model import Snapshot, UsedCoupon
from shared.store.items import (
    POLICY_NUMBERS,
    SHARDS,
    from_item,
    item_to_lines,
    item_to_row,
    item_to_snapshot,
    lines_to_attribute,
    row_to_item,
    shard_of,
    snapshot_to_attribute,
    to_attribute,
    to_item,
    trimmed,
)
from tests.builders import (
    NUMBERS,
    ORDER_ID,
    SKUS,
    a_completed_order,
    a_line,
    a_split_order,
    an_order_with_a_refund,
)
from tests.special_orders import a_long_order, a_paid_rich_order, an_escalated_order


def an_order_with_cases():
    """One of each: refused, sent back, assessed, replacing, completed; and what they leave on their sub-orders."""
    trade = a_completed_order()
    trade.ask("price_reduction", {1: 3}, asked_minor=100)
    trade.approve(1)
    trade.ask("refund_only", {1: 1})
    trade.approve(2)
    trade.ask("return_refund", {2: 1})
    trade.approve(3)
    trade.inspect(3, {2: {"defect": 1}}, rates={2: 70})
    trade.accept(3)
    trade.ask("reship", {3: 1}, sub_order=2, reason="missing_goods")
    trade.approve(4, trade.on_the_shelves(SKUS))
    trade.ask("exchange", {3: 1}, sub_order=2, swap="PAN", offered=SKUS["POT"])
    trade.refuse_case(5, repair=0, price_reduction=100)
    trade.ask("return_refund", {1: 1})
    trade.approve(6)
    trade.send_back(6)
    trade.inspect(6, {1: {}})
    return trade


plain = st.recursive(
    st.text() | st.booleans() | st.integers(-(10**37), 10**37),
    lambda inner: st.lists(inner, max_size=4).map(tuple)
    | st.dictionaries(st.text(min_size=1), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(min_size=1), plain, max_size=6))
def test_what_is_stored_is_what_is_read(values):
    assert from_item(to_item(values)) == values


@pytest.mark.parametrize(
    "world",
    [
        a_split_order,
        an_order_with_a_refund,
        a_completed_order,
        a_long_order,
        an_escalated_order,
        a_paid_rich_order,
        an_order_with_cases,
    ],
)
def test_every_kind_of_row_comes_back_as_it_went(world):
    for row in world().whole.rows.values():
        back = item_to_row(row_to_item(ORDER_ID, row))

        assert back == row
        assert type(back) is type(row)
        assert type(back.state) is type(row.state)


places = st.builds(
    Held, st.text(min_size=1), st.integers(1, 10**9), st.integers(0, 16), st.sampled_from(["", "tmall"])
)
lines = st.builds(
    a_line,
    st.integers(1, 500),
    st.integers(1, 10**6),
    st.integers(0, 10**12),
    lies=st.lists(places, min_size=1, max_size=3),
    points=st.integers(0, 10**9),
    category=st.text(),
    spec=st.text(),
    flags=st.lists(st.sampled_from(list(map(str, Flag))), unique=True).map(tuple),
    return_policy=st.text(),
)


@given(st.lists(lines, max_size=4).map(tuple))
def test_lines_come_back_as_they_went(made):
    back = item_to_lines({"lines": lines_to_attribute(made)})

    assert back == made
    assert all(type(held) is Held for line in back for held in line.allocation)


@given(st.builds(StockMove, st.text(), st.text(), st.text(), st.integers(), st.integers(), st.text()))
def test_what_is_rare_is_left_out_only_at_the_end_and_comes_back(move):
    assert StockMove(*trimmed(move)) == move
    assert len(trimmed(move)) == (6 if move.channel else 5 if move.shard else 4)


@given(
    st.builds(
        Snapshot,
        st.fixed_dictionaries({name: st.integers(0, 10**9) for name in NUMBERS}),
        terms_version=st.integers(0, 10**6),
        channel=st.text(),
        level=st.text(),
        coupons=st.lists(
            st.builds(
                UsedCoupon, st.text(), st.text(), st.text(), st.integers(), st.integers(), st.integers()
            ),
            max_size=3,
        ).map(tuple),
        points=st.integers(0, 10**9),
        payment_method=st.text(),
        review=st.lists(st.text(), max_size=3).map(tuple),
        returns=st.dictionaries(
            st.text(min_size=1), st.dictionaries(st.text(min_size=1), plain, max_size=3), max_size=3
        ),
        contracts=st.dictionaries(
            st.text(min_size=1), st.dictionaries(st.text(min_size=1), plain, max_size=3), max_size=3
        ),
    )
)
def test_what_was_agreed_comes_back_as_it_went(snapshot):
    back = item_to_snapshot({"snapshot": snapshot_to_attribute(snapshot)})

    assert back == snapshot
    assert all(type(coupon) is UsedCoupon for coupon in back.coupons)


def test_an_order_of_an_older_release_knew_fewer_numbers_and_is_read_all_the_same():
    stored = snapshot_to_attribute(Snapshot(NUMBERS))
    fewer = {"M": stored["M"] | {"policy": {"L": stored["M"]["policy"]["L"][:-1]}}}

    policy = item_to_snapshot({"snapshot": fewer}).policy

    assert NUMBERS.items() - policy.items() == {("freeze_warning_days", 7)}


def test_the_numbers_of_the_policy_stand_in_the_order_in_which_orders_have_stored_them():
    # Written out by hand: add at the end, move none, drop none, or old orders change their terms.
    assert POLICY_NUMBERS == (
        "placing_timeout_seconds",
        "transfer_retry_seconds",
        "payment_timeout_seconds",
        "presale_payment_timeout_seconds",
        "closing_retry_seconds",
        "review_timeout_seconds",
        "escalation_timeout_seconds",
        "shipment_promise_seconds",
        "delivery_promise_seconds",
        "receipt_timeout_seconds",
        "refund_retry_seconds",
        "refund_attention_seconds",
        "settlement_delay_seconds",
        "flat_freight_minor",
        "points_per_yuan",
        "points_max_pct",
        "perishable_boost_seconds",
        "review_amount_minor",
        "review_risk_score",
        "review_default_approves",
        "coupon_comes_back",
        "cross_border_parcel_minor",
        "cross_border_year_minor",
        "payment_query_seconds",
        "payment_requery_seconds",
        "refund_answer_seconds",
        "dispute_recheck_seconds",
        "parked_seconds",
        "dispute_attention_seconds",
        "receipt_after_delivery_seconds",
        "receipt_extension_seconds",
        "silence_seconds",
        "parcel_attention_seconds",
        "push_retry_seconds",
        "intercept_retry_seconds",
        "split_before_payment",
        "warehouse_silence_seconds",
        "case_decision_seconds",
        "case_answer_seconds",
        "case_waybill_seconds",
        "case_inspection_seconds",
        "case_ruling_seconds",
        "case_attention_seconds",
        "second_person_minor",
        "archive_after_days",
        "wechatpay_freeze_days",
        "alipay_freeze_days",
        "freeze_warning_days",
    )


def test_a_part_without_anything_special_stores_nothing_special():
    plain = row_to_item(ORDER_ID, a_split_order().row("SUB#01"))

    assert not {"boost_seconds", "ships_at", "cancelled"} & set(plain)


def test_a_case_and_what_it_leaves_behind_are_stored_as_they_are():
    trade = an_order_with_cases()
    part, sent = (item_to_row(row_to_item(ORDER_ID, trade.row(f"SUB#0{n}"))) for n in (1, 3))
    empty, refused = (item_to_row(row_to_item(ORDER_ID, trade.row(f"CASE#0{n}"))) for n in (6, 5))

    assert (part.waived, part.returned, part.withheld_minor) == ({"1": 1}, {"2": 1}, 750)
    assert (sum(part.reduced.values()), sent.replaces, sent.case) == (66, 2, 4)
    assert (empty.counted, empty.state, empty.waybill) == ({"1": {}}, "assessed", "SF-BACK-1")
    assert (refused.offers, refused.refusal, refused.swap) == (
        {"repair": 0, "price_reduction": 100},
        "worn",
        "PAN",
    )


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
