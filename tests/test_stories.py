"""One named story for every row of every table (tests/stories/), and the proof that it took that row."""

from collections import Counter

import pytest

from shared.lifecycle import MACHINES
from tests import stories
from tests.storybook import STORIES, check_story


@pytest.mark.parametrize("told", STORIES, ids=lambda told: f"{told.row}: {told.name}")
def test_story(told):
    check_story(told)


def test_every_row_has_exactly_one_story():
    rows = [rule.name for machine in MACHINES.values() for rule in machine.rules]

    assert Counter(told.row for told in STORIES) == Counter(rows)


def test_every_story_has_a_name_of_its_own_and_stands_with_its_table():
    assert len({told.name for told in STORIES}) == len(STORIES)
    assert {told.tell.__module__ for told in STORIES} == {f"{stories.__name__}.{n}" for n in stories.__all__}
    for told in STORIES:  # A table of many rows has several modules: sub_order, sub_order_review.
        table, module = told.row.split(".")[0], told.tell.__module__.removeprefix(f"{stories.__name__}.")
        assert module == table or module.startswith(f"{table}_"), told.name
