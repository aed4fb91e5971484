"""Whatever a warehouse's message holds, it is read or refused in one of three ways; what is read is what was said."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Invalid, Malformed, NotFound
from shared.fulfilment.messages import Message, Stopped, read_message, read_packages
from shared.fulfilment.reports import Confirmation, Package, Progress
from shared.fulfilment.returning import Counted
from shared.fulfilment.warehouse import Place

ORDER = "01HF7YAT000000000000000000"
ABOUT = f"{ORDER}-02-P03"
COMMON = {"event_id": "ev-1", "created": 1_800_000_000, "fulfillment_id": ABOUT}
PACKAGE = {"carrier": "sf", "waybill": "sf1234567890", "lines": [{"line": 1, "quantity": 2}]}
GOOD: dict[str, tuple[dict[str, Any], object]] = {
    "progress": (
        {"type": "process.reported", "progress": "picking", "at": 1_800_000_000},
        Progress(3, "picking"),
    ),
    "packages": (
        {"type": "fulfillment.confirmed", "final": False, "packages": [PACKAGE | {"weight_grams": 700}]},
        Confirmation(3, (Package("sf", "SF1234567890", {"1": 2}),), False),
    ),
    "nothing was found": (
        {"type": "fulfillment.confirmed", "final": True, "packages": []},
        Confirmation(3, (), True),
    ),
    "stopped": ({"type": "fulfillment.cancelled", "accepted": True}, Stopped(3, True, "")),
    "not stopped": (
        {"type": "fulfillment.cancelled", "accepted": False, "reason": "already_shipped"},
        Stopped(3, False, "already_shipped"),
    ),
    "came back": (
        {
            "type": "return.received",
            "return_id": f"{ABOUT}-R",
            "lines": [{"line": 1, "good": 1, "defect": 2, "scrap": 0}],
        },
        Counted(3, {1: {"good": 1, "defect": 2, "scrap": 0}}),
    ),
}


def raw(*parts: dict[str, Any]) -> bytes:
    return json.dumps({name: value for part in parts for name, value in part.items()}).encode()


@pytest.mark.parametrize("name", GOOD)
def test_what_is_read_is_what_was_said(name: str) -> None:
    told, said = GOOD[name]

    assert read_message(raw(COMMON, told)) == Message("ev-1", Place(ORDER, 2, 3), said)


def test_what_a_warehouse_tells_others_is_passed_over() -> None:
    told, said = GOOD["packages"]
    package = PACKAGE | {"weight_grams": 700, "box": "M", "seal": {"number": 7}}

    assert read_message(raw(COMMON, told, {"packages": [package], "operator": "Li Lei"})).said == said


def test_a_number_that_cannot_be_ours_is_the_number_of_nothing() -> None:
    with pytest.raises(NotFound):
        read_message(raw(COMMON, GOOD["stopped"][0], {"fulfillment_id": "R-1"}))


FIELDS = (
    *("event_id", "type", "created", "fulfillment_id", "progress", "at", "final", "packages", "lines"),
    *("accepted", "reason", "return_id"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(
    name=st.sampled_from(sorted(GOOD)),
    field=st.sampled_from(FIELDS),
    value=JSON,
)
def test_whatever_stands_in_a_field_it_is_read_or_refused_in_one_of_three_ways(
    name: str, field: str, value: object
) -> None:
    try:
        read_message(raw(COMMON, GOOD[name][0], {field: value}))
    except (Malformed, Invalid, NotFound):
        return


@given(JSON)
def test_whatever_an_answer_calls_packages_it_is_read_or_refused(value: object) -> None:
    try:
        read_packages(value)
    except Invalid:
        return


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(body: bytes) -> None:
    with pytest.raises((Malformed, Invalid)):
        read_message(body)


def test_of_a_hundred_wrong_fields_twenty_are_told() -> None:
    told = {"type": "fulfillment.confirmed", "final": True, "packages": [PACKAGE | {"lines": [{}] * 100}]}

    with pytest.raises(Invalid) as refused:
        read_message(raw(COMMON, told))

    assert len(refused.value.details["fields"]) == 20
