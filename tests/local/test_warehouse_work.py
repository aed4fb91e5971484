"""Warehouses on the laptop: what they accept, how their work goes, and what they tell."""

import ast
from pathlib import Path

import pytest

from local.partners import WAREHOUSES
from tests.local.partner_clients import (
    DAY,
    HOUR,
    ID,
    MINUTE,
    START,
    World,
    push,
    query,
)

SOURCES = Path(__file__).resolve().parents[2] / "local"


@pytest.fixture
def world():
    return World()


# --- a usual day ---


def test_a_parcel_is_accepted_picked_packed_and_shipped_in_half_an_hour(world):
    assert push(world) == (201, {"status": "accepted"})

    world.advance(HOUR)

    assert world.told_briefly() == [
        (0, "accepted"),
        (600, "picking"),
        (1200, "packed"),
        (1800, ("final", [[(1, 3), (2, 1)]])),
    ]
    assert world.units("TEA") == {"asked": 3, "shipped": 3}
    assert world.units("CUP") == {"asked": 1, "shipped": 1}


def test_its_messages_say_what_was_agreed_and_nothing_else(world):
    push(world)
    world.advance(HOUR)

    (_, first), *_, (_, last) = world.told()
    waybill = world.held()[ID]["packages"][0]["waybill"]

    assert first == {
        "event_id": "W1-00000001",
        "type": "process.reported",
        "created": START,
        "fulfillment_id": ID,
        "progress": "accepted",
        "at": START,
    }
    assert last == {
        "event_id": "W1-00000004",
        "type": "fulfillment.confirmed",
        "created": START + 1800,
        "fulfillment_id": ID,
        "final": True,
        "packages": [
            {
                "carrier": "sf",
                "waybill": waybill,
                "lines": [{"line": 1, "quantity": 3}, {"line": 2, "quantity": 1}],
            }
        ],
    }
    assert {path for _, path, _, _ in world.box} == {"/webhooks/warehouses/W1"}
    assert {headers["content-type"] for _, _, headers, _ in world.box} == {"application/json"}


def test_a_question_is_answered_at_every_stage(world):
    push(world)
    seen = []
    for _ in range(4):
        status, told_now = query(world)
        seen.append((status, told_now["status"], len(told_now["packages"])))
        world.advance(10 * MINUTE)

    assert seen == [(200, "accepted", 0), (200, "picking", 0), (200, "packed", 0), (200, "shipped", 1)]


def test_the_same_parcel_pushed_again_is_one_parcel(world):
    push(world)
    world.advance(15 * MINUTE)

    again = push(world)
    world.advance(HOUR)

    assert again == (200, {"status": "accepted"})
    assert world.units("TEA") == {"asked": 3, "shipped": 3}
    assert len(world.told("process.reported")) == 3


def test_another_parcel_under_the_same_id_is_refused(world):
    push(world)
    before = world.known("/_warehouses/W1")

    status, answer = push(world, lines=[{"line": 1, "sku": "TEA", "name": "Tea", "quantity": 9}])

    assert (status, answer["error"]) == (422, "another_content")
    assert world.known("/_warehouses/W1") == before


def test_a_package_tells_its_weight_when_it_is_to(world):
    world.mode(weight_grams=750)
    push(world)
    world.advance(HOUR)

    [(_, confirmed)] = world.told("fulfillment.confirmed")
    assert confirmed["packages"][0]["weight_grams"] == 750


def test_no_two_packages_share_a_waybill_number(world):
    for warehouse in WAREHOUSES:
        for number in range(3):
            push(world, warehouse=warehouse, fulfillment_id=f"{ID}{number}", carrier="yto")
    world.advance(HOUR)

    books = world.desk("/_warehouses/books")[1]
    waybills = [waybill for own in books.values() for waybill in own["waybills"]]
    assert len(set(waybills)) == len(waybills) == 18
    assert all(waybill.startswith("YTO") and waybill[3:].isdigit() for waybill in waybills)


def test_without_a_carrier_it_takes_its_own(world):
    push(world, carrier=None, service=None, promised_ship_by=None)
    world.advance(HOUR)

    assert world.held()[ID]["packages"][0]["carrier"] == "sf"


# --- short, in parts, late ---


def test_what_is_not_on_the_shelf_is_missing_in_the_final_confirmation(world):
    world.mode(ID, short=[{"line": 1, "units": 2}])
    push(world)
    world.advance(HOUR)

    assert world.told_briefly()[-1] == (1800, ("final", [[(1, 1), (2, 1)]]))
    assert world.units("TEA") == {"asked": 3, "shipped": 1, "missing": 2}
    assert query(world)[1]["status"] == "shipped"


def test_when_nothing_is_found_it_is_closed_with_an_empty_final_confirmation(world):
    world.mode(short=[{"line": 1, "units": 9}, {"line": 2, "units": 1}])
    push(world)
    world.advance(HOUR)

    assert world.told_briefly()[-1] == (1800, ("final", []))
    assert query(world)[1] == {"status": "closed", "packages": []}
    assert world.units("TEA") == {"asked": 3, "missing": 3}


def test_packages_that_leave_together_are_told_together(world):
    world.mode(packages="by_line")
    push(world)
    world.advance(HOUR)

    assert world.told_briefly()[-1] == (1800, ("final", [[(1, 3)], [(2, 1)]]))
    waybills = [package["waybill"] for package in world.held()[ID]["packages"]]
    assert len(set(waybills)) == 2


def test_packages_that_leave_apart_are_partial_until_the_last(world):
    world.mode(packages="by_unit", apart_seconds=600)
    push(world)
    world.advance(1800 + 700)

    assert query(world)[1]["status"] == "packed"
    assert world.units("TEA") == {"asked": 3, "shipped": 2, "open": 1}

    world.advance(HOUR)

    assert world.told_briefly()[3:] == [
        (1800, ("partial", [[(1, 1)]])),
        (2400, ("partial", [[(1, 1)]])),
        (3000, ("partial", [[(1, 1)]])),
        (3600, ("final", [[(2, 1)]])),
    ]
    assert world.units("TEA") == {"asked": 3, "shipped": 3}


@pytest.mark.parametrize(
    ("final_after", "after_an_hour", "after_a_week"),
    [(0, "shipped", "shipped"), (2 * DAY, "packed", "shipped"), (None, "packed", "packed")],
)
def test_the_final_confirmation_may_be_long_in_coming(world, final_after, after_an_hour, after_a_week):
    world.mode(final_after=final_after)
    push(world)
    world.advance(HOUR)
    first = query(world)[1]["status"]
    world.advance(7 * DAY)

    assert (first, query(world)[1]["status"]) == (after_an_hour, after_a_week)
    confirmed = [what for _, what in world.told_briefly() if what[0] in ("partial", "final")]
    whole = [[(1, 3), (2, 1)]]
    assert (
        confirmed
        == {
            0: [("final", whole)],
            2 * DAY: [("partial", whole), ("final", [])],
            None: [("partial", whole)],
        }[final_after]
    )


def test_it_may_stop_halfway_and_be_set_going_again(world):
    world.mode(times={"packed": None})
    push(world)
    world.advance(7 * DAY)
    halfway = query(world)[1]["status"]

    world.mode()
    world.advance(MINUTE)

    assert (halfway, query(world)[1]["status"]) == ("picking", "shipped")


def test_an_accepted_push_may_lie_untouched_for_a_while(world):
    world.mode(times={"accepted": 300})
    push(world)

    before = query(world)[1]["status"]
    world.advance(HOUR)

    assert before == "submitted"
    assert world.told_briefly()[0] == (300, "accepted")


def test_the_desk_can_do_the_next_step_at_once(world):
    world.mode(times={"accepted": None})
    push(world)

    seen = [world.desk(f"/_warehouses/W1/step/{ID}", {})[1].get("status") for _ in range(5)]

    assert seen == ["accepted", "picking", "packed", "shipped", None]
    assert [what for _, what in world.told_briefly()][-1] == ("final", [[(1, 3), (2, 1)]])


# --- with the product's code they share nothing ---


@pytest.mark.parametrize("package", ["warehouses", "trackers"])
def test_they_share_no_code_with_the_product(package):
    sources = [*sorted((SOURCES / package).glob("*.py")), SOURCES / "partners.py"]
    imported = {
        name
        for source in sources
        for node in ast.walk(ast.parse(source.read_text()))
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }

    assert len(sources) > 5
    assert not [name for name in imported if name.partition(".")[0] in ("shared", "functions", "infra")]
