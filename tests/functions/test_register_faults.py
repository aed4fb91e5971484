"""The register is told late, twice, backwards, by two at once, or not at all: it comes to the same in the end."""

from tests.functions.provider import event, tell
from tests.functions.registering import (
    HOUR,
    OPERATOR,
    SUPPORT,
    before_the_entry,
    deaf,
    events_of,
    hears,
    open_entries,
    problem,
    registered,
    report,
    resolution,
    troubled,
)
from tests.http_world import DAY, SWEPT, World


def test_told_late_twice_and_backwards_it_comes_to_the_same(world: World) -> None:
    """Every event of the bus once more, the last one first: nothing is written."""
    order_id = troubled(world)
    report(world, order_id, "in_transit")
    report(world, order_id, "lost")
    before = registered(world)

    for row in sorted(events_of(world, order_id), key=lambda row: -row["version"]):
        for _ in range(2):
            hears(world, order_id, row["event"])

    assert registered(world) == before
    assert sorted(entry["state"] for entry in before) == ["closed", "open"]


def test_what_the_bus_lost_is_caught_up_with_by_the_order_s_next_news(world: World) -> None:
    with deaf(world):
        order_id = troubled(world)
        report(world, order_id, "in_transit")
    assert registered(world) == []

    report(world, order_id, "lost")

    assert sorted((e["state"], e.get("resolved_by")) for e in registered(world)) == [
        ("closed", "parcel_moved"),
        ("open", None),
    ]


def test_an_end_that_was_not_heard_of_is_found_before_the_entry_is_late(world: World) -> None:
    order_id = world.placed_and_paid({"TEA": 1})
    world.cloud.advance(2 * DAY + SWEPT)
    with deaf(world):
        world.ship_all(order_id)
    [entry] = open_entries(world, "merchant", "m-tea")

    world.cloud.advance(24 * HOUR + SWEPT)

    closed = world.read(f"/register/{entry['entry_id']}", **SUPPORT)
    assert (closed["resolved_by"], closed["late"]) == ("parcels_shipped", 0)


def test_an_end_that_comes_while_the_entry_is_being_made_is_not_missed(world: World) -> None:
    """Whoever heard of the end found no entry yet: whoever makes it looks once more."""
    order_id = world.placed_and_paid({"TEA": 1})
    world.ship_all(order_id)
    with deaf(world):
        report(world, order_id, "exception")

        with before_the_entry(lambda: report(world, order_id, "in_transit")):
            hears(world, order_id, "parcel_troubled")

    assert [(e["state"], e["resolved_by"]) for e in registered(world)] == [("closed", "parcel_moved")]


def test_two_who_hear_of_it_at_once_make_one_entry(world: World) -> None:
    order_id = world.placed_and_paid({"TEA": 1})
    world.ship_all(order_id)
    with deaf(world):
        report(world, order_id, "exception")

    with before_the_entry(lambda: hears(world, order_id, "parcel_troubled")):
        hears(world, order_id, "parcel_troubled")

    assert [e["state"] for e in registered(world)] == ["open"]


def test_somebody_closes_it_while_it_is_told_of_again(world: World) -> None:
    troubled(world)
    [entry] = open_entries(world)
    path, body = resolution(entry, "no_action_needed")

    with before_the_entry(lambda: world.command(path, body, **OPERATOR)):
        late = world.send("POST", f"/register/{entry['entry_id']}/assignment", {"assignee": "s-2"}, **SUPPORT)

    problem(late, 409, "entry_closed")


def test_money_that_nobody_knows_stands_in_the_register_with_its_quarantine(world: World) -> None:
    """Kept for a day, then booked for people, in one transaction with its entry."""
    assert tell(world, event("payment.succeeded", reference="0" * 28))[0] == 503
    world.cloud.advance(DAY + HOUR)

    [entry] = open_entries(world, "operator")

    assert (entry["kind"], entry["order_id"]) == ("webhook_quarantined", None)
    assert [a["action"] for a in entry["actions"]] == ["refund_at_provider", "no_action_needed"]
    path, body = resolution(entry, "refund_at_provider", "sent_back")
    assert world.command(path, body, **OPERATOR)["state"] == "closed"
