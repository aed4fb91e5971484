"""The rush on the real engine, small. ``ORDERCYCLE_NO_ENGINE=1`` leaves it out; ``make bench`` runs it in full."""

import json
import os
import urllib.error
import urllib.request

import pytest

from bench import engine
from bench.hot_sku import as_data, measure, of_data, shown
from bench.rush import Size

pytestmark = pytest.mark.skipif(
    bool(os.environ.get("ORDERCYCLE_NO_ENGINE")), reason="ORDERCYCLE_NO_ENGINE says that there is to be none"
)


@pytest.fixture(scope="module")
def found():
    return measure(Size(120, 24, 6, 4, 12), shard_counts=(0, 3), rounds=1)


def test_processes_buy_exactly_what_is_there(found):
    assert found.broken == ()
    assert found.told_sold_out == 96
    assert [figures.shards for figures in found.figures] == [0, 3]
    assert all(figures.orders_per_second > 0 for figures in found.figures)
    assert (found.figures[0].ratio, found.figures[0].held_ratio) == (1.0, 1.0)


def test_the_trouble_was_real(found):
    assert all(figures.conflicts > 0 for figures in found.figures)


def test_the_figures_can_be_shown_and_kept(found):
    table, verdict, *_ = shown(found).renderables

    assert [column.header for column in table.columns] == ["medians of a rush; shards:", "0", "3"]
    assert "exactly 24 orders" in verdict
    assert of_data(json.loads(json.dumps(as_data(found)))) == found


def test_what_is_broken_is_said_first(found):
    _, verdict, *_ = shown(found._replace(broken=("0 shards: nobody has two orders",))).renderables

    assert verdict == "[red]BROKEN[/red] 0 shards: nobody has two orders"


def test_the_engine_answers_while_it_is_needed_and_no_longer():
    with (
        engine.running({}) as running,
        urllib.request.urlopen(running.url + engine.HEALTH, timeout=5) as answer,
    ):
        assert answer.status == 200

    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(running.url + engine.HEALTH, timeout=5)
