"""How the suite is spread over processes: a file stays together, long ones go first, those that share a world too.

A process that begins a long file last lets the other one wait for it; two files that share an expensive world would
have it built twice. Neither changes what is tested.

Nor does it depend on how fast the machine is: it is shared, so no example has a deadline, and none may be too slow.
"""

import gc
from typing import Any

from hypothesis import HealthCheck, settings

settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")

LONG_FIRST = (
    "tests/demo/",
    "tests/functions/test_ordering_long.py",
    "tests/sweep/test_permissions_used.py",
    "tests/functions/test_replay.py",
    "tests/sweep/",
    "tests/test_any_life.py",
    "tests/test_mutants.py",
    "tests/bench/",
)
ONE_WORLD = tuple(  # tests.demo.conftest.small_play
    f"tests/demo/test_{name}.py" for name in ("run", "invariants", "returning", "report", "books")
)


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Long files first; within that, as they were found."""
    items.sort(key=lambda item: _rank(item.nodeid))


def pytest_collection_finish() -> None:
    """What was imported and collected lives to the end: nobody looks through it again and again for what may go."""
    gc.collect()
    gc.freeze()


def _rank(nodeid: str) -> int:
    path = nodeid.partition("::")[0]
    return next((rank for rank, start in enumerate(LONG_FIRST) if path.startswith(start)), len(LONG_FIRST))


def pytest_xdist_make_scheduler(config: Any, log: Any) -> Any:
    """A file is one piece of work, and so are the files of ONE_WORLD together."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling  # Only the process that hands out work needs it.

    class ByFileAndWorld(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            path = nodeid.partition("::")[0]
            return ONE_WORLD[0] if path in ONE_WORLD else path

    return ByFileAndWorld(config, log)
