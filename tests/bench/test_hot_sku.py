"""The rush for a hot SKU, small, in threads on moto: conflicts and lost answers are injected, as on the engine."""

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from moto import mock_aws

from bench import hot_sku, workers
from bench.__main__ import Finding, rush_finding
from bench.contention import Trouble
from bench.crowd import Report, Task, Told, Worker
from bench.hot_sku import Figures, HotSku, access, tables_for
from bench.rush import Size, play
from local import moto_fixes
from shared.commands import Shop
from shared.outside import Outside, aws_client
from shared.settings import Settings
from shared.store.shelves import ShelfStore

SMALL = Size(buyers=60, units=12, workers=6, cancelled=3, latecomers=10)


@pytest.fixture
def shop():
    """The template's tables on moto, in this process."""
    moto_fixes.apply()
    ambient = {name: value for name, value in access("").items() if name != "AWS_ENDPOINT_URL_DYNAMODB"}
    aws_client.cache_clear()
    with mock_aws(), tables_for(ambient):
        yield Shop.open(Outside(), Settings.read(os.environ))
    aws_client.cache_clear()


def in_threads(shop):
    def serve(tasks):
        aws_client("dynamodb")  # Made by one of them, for all.
        with ThreadPoolExecutor(len(tasks)) as pool:
            return list(pool.map(lambda task: Worker(shop.settings, task).serve(), tasks))

    return serve


@pytest.mark.parametrize("shards", [0, 3])
def test_exactly_what_is_there_is_sold_whatever_conflicts_and_gets_lost(shop, tmp_path, shards):
    trouble = Trouble(str(tmp_path), hold_milliseconds=1, refused_pct=10, lost_pct=20)

    rush = play(shop, in_threads(shop), name="HOT", shards=shards, size=SMALL, trouble=trouble)

    assert rush.broken == ()
    assert (rush.answered("bought"), rush.answered("sold out")) == (12, 48)
    assert rush.counts["conflicts of orders"] > 0
    assert rush.counts["answers lost"] > 0
    assert rush.repeats > 0


def test_without_trouble_nobody_meets_anybody(shop):
    rush = play(shop, in_threads(shop), name="HOT", shards=0, size=SMALL, trouble=Trouble())

    assert rush.broken == ()
    assert rush.repeats == 0
    assert not any("conflicts" in name or "lost" in name for name in rush.counts)


def test_a_crowd_that_finds_one_unit_more_than_there_is_would_be_noticed(shop):
    def serve(tasks):
        shelves = ShelfStore(shop.outside, shop.settings)
        shelves.receive(sku="HOT", warehouse="W1", quantity=1, movement_id="one-more", at=1)
        return in_threads(shop)(tasks)

    rush = play(shop, serve, name="HOT", shards=0, size=SMALL, trouble=Trouble())

    assert "exactly 12 are sold, not 13" in rush.broken
    assert (
        "of 12, 13 are reserved and the others available: {'available': 0, 'reserved': 13, 'sold': 0}"
        in rush.broken
    )


# --- the report ---

ROW = Figures(0, 50.0, 1.0, 30.0, 1.0, 5.5, 400, 0, 4, 60, 9, 5.7, 2.2)
FIGURES = HotSku("an engine", Size(), (ROW, ROW._replace(shards=4, ratio=1.74)), 120.0, 900, ())


def run_as(monkeypatch, found, *arguments):
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(hot_sku, "measure", lambda rounds: found)
    monkeypatch.setattr(hot_sku.signal, "signal", lambda *_: None)
    return hot_sku.main(arguments)


def test_the_bench_says_and_keeps_what_it_found(monkeypatch, tmp_path, capsys):
    assert run_as(monkeypatch, FIGURES, "--json", str(tmp_path / "found.json")) == 0

    printed = " ".join(capsys.readouterr().out.split())
    assert "1000 buyers for 100 units, 16 at a time" in printed
    assert "On an engine." in printed
    assert "1.74 x" in printed
    assert "a model and not measured here: one item in a transaction 105/s" in printed
    assert hot_sku.of_data(json.loads((tmp_path / "found.json").read_text())) == FIGURES


def test_a_broken_promise_fails_the_bench(monkeypatch, capsys):
    assert run_as(monkeypatch, FIGURES._replace(broken=("4 shards: nobody has two orders",))) == 1

    assert "BROKEN 4 shards: nobody has two orders" in capsys.readouterr().out


def test_the_bench_as_a_whole_measures_it_in_another_process_and_shows_a_verdict(monkeypatch):
    def run(command, *, check):
        Path(command[-1]).write_text(json.dumps(hot_sku.as_data(FIGURES)))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(hot_sku.subprocess, "run", run)

    found = hot_sku.in_a_process_of_its_own()

    assert found == FIGURES
    assert rush_finding(found) == Finding("hot SKU: 1000 buyers, 16 at a time", "100 sold", "100 sold", False)
    broken = rush_finding(found._replace(broken=("0 shards: nobody has two orders",)))
    assert (broken.found, broken.is_over) == ("BROKEN, see below", True)


def test_without_figures_the_bench_as_a_whole_fails(monkeypatch):
    monkeypatch.setattr(
        hot_sku.subprocess, "run", lambda command, check: subprocess.CompletedProcess(command, 3)
    )

    with pytest.raises(subprocess.CalledProcessError):
        hot_sku.in_a_process_of_its_own()


# --- the workers ---


def test_a_worker_that_ends_early_is_told_with_the_end_of_its_log(monkeypatch, tmp_path):
    monkeypatch.setattr(workers, "LOG", tmp_path / "crowd.log")

    with (
        pytest.raises(workers.WorkerError, match="ORDERS_TABLE is missing"),
        workers.started(1, {"ORDERS_TABLE": ""}),
    ):
        pass


def test_a_task_and_a_report_travel_as_a_line():
    task = Task("HOT", 4, ("ann", "bob"), 7, Trouble("locks", 10, 3, 2), cancels_pct=50)
    told = (Told("ann", "bought", "O1", answered=30), Told("cyd", "sold out", is_proven=True, answered=70))
    report = Report(told, ((10, 20), (40, 50)), ((70, 80),), {"calls": 9}, 3)

    assert Task.of_json(json.dumps(task)) == task
    assert Report.of_json(json.dumps(report)) == report
