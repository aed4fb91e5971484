from pathlib import Path

import pytest

import local.demo.__main__ as demo
from local.demo.invariants import INVARIANTS
from local.demo.scene import Scenes

README = Path(demo.__file__).parents[2] / "README.md"


def test_the_readme_counts_the_invariants():
    words = " ".join(README.read_text(encoding="utf-8").split())

    assert f"{len(INVARIANTS)} invariants" in words


@pytest.fixture(autouse=True)
def _without_made_up_orders(monkeypatch):
    """They are played by tests/demo/test_run.py."""
    monkeypatch.setattr(demo, "scenes_of", lambda book, season: Scenes())


def test_a_demo_without_violations_ends_well():
    assert demo.main(["--orders", "2"]) == 0


def test_a_demo_with_a_violation_ends_badly(monkeypatch):
    monkeypatch.setattr(
        demo, "violations_in", lambda world: ["22 counters follow the movements: a unit appeared"]
    )

    assert demo.main(["--orders", "2"]) == 1


def test_a_replay_that_comes_to_something_else_ends_badly(monkeypatch):
    monkeypatch.setattr(demo, "differences", lambda *_, **__: ["536365: once completed, twice cancelled"])

    assert demo.main(["--orders", "2", "--replay"]) == 1
