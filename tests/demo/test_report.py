"""The tables that the demo ends with, of the small run."""

from io import StringIO

import pytest
from rich.console import Console

from local.demo import report, return_report
from local.demo.takebacks import taken_back


def printed(*tables):
    console = Console(file=StringIO(), width=200)
    console.print(*tables)
    return console.file.getvalue()


def row_of(text, label):
    """The cells of the row that begins like this."""
    [line] = [line for line in text.splitlines() if line.startswith(f"│ {label}")]
    return [cell.strip() for cell in line.strip("│").split("│")][1:]


def test_every_table_is_told(play, world, small_book):
    console = Console(file=StringIO(), width=200)

    report.show(console, book=small_book, stage=play.stage, world=world, meter=play.meter)

    told = console.file.getvalue()
    for title in (
        "Where the orders ended",
        "Money",
        "Shipping: parcels",
        "The way back: what buyers asked for",
    ):
        assert title in told


def test_the_c_invoices_are_told_by_the_purchase_that_they_take_back(play, world, small_book):
    told = printed(return_report.invoices(small_book, play.stage, world))

    assert [one.match.name for one in taken_back(small_book)] == ["ONE", "MADE_UP"]
    assert row_of(told, "of one purchase")[0] == "1"
    assert row_of(told, "of no purchase: on an order made up for it")[:2] == ["1", "1"]
    assert row_of(told, "asked of another's order first, and refused (1)")[0] == "1"


def test_each_case_is_counted_once_by_how_it_ended(world):
    cases = [case for whole in world.orders.values() for case in whole.of("CASE")]

    told = printed(return_report.cases(world))

    *kinds, asked = map(int, row_of(told, "asked for"))
    assert asked == sum(kinds) == len(cases)
    assert row_of(told, "compensated") == ["0", "0", "0", "0", "0", "0", "1", "1"]


@pytest.mark.parametrize(
    ("grade", "of_counted"), [("good", True), ("scrap", True), ("not in the parcel", False)]
)
def test_units_are_told_by_the_condition_in_which_they_came_back(world, grade, of_counted):
    counted = [case for whole in world.orders.values() for case in whole.of("CASE") if case["counted"]]
    graded = sum(by.get(grade, 0) for case in counted for by in case["counted"].values())
    missing = sum(sum(case["units"].values()) for case in counted) - sum(
        sum(by.values()) for case in counted for by in case["counted"].values()
    )

    told = printed(return_report.grades(world))

    assert row_of(told, grade) == [f"{graded if of_counted else missing:,}"]


def test_what_went_back_is_what_somebody_paid(world):
    told = printed(return_report.money(world))

    def amount(label):
        return float(row_of(told, label)[0].replace(",", ""))

    paid = amount("out of escrow") + amount("claimed of merchants") + amount("by the platform's pool")
    assert paid == pytest.approx(amount("refunded to buyers") + amount("given to them in points"), abs=0.001)
    assert paid > 0
