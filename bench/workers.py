"""Sixteen workers, each a process as every Lambda is: one slow interpreter cannot hide what the engine does."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from bench.crowd import READY, Report, Task

PROJECT = Path(__file__).resolve().parent.parent
LOG = PROJECT / ".build" / "crowd.log"
SECONDS_MAX = 300  # For one line of one worker.
LOG_TAIL = 2000  # characters

Worker = subprocess.Popen[str]


class WorkerError(Exception):
    """A worker ended, or did not answer in time; the message holds the end of their log."""


class Workers:
    """Processes that serve tasks, one each, all at once."""

    def __init__(self, processes: Sequence[Worker]) -> None:
        self._processes = processes

    def serve(self, tasks: Sequence[Task]) -> list[Report]:
        assert len(tasks) <= len(self._processes), "one task for each worker"
        working = list(zip(self._processes, tasks, strict=False))
        for process, task in working:
            _told(process, json.dumps(task))
        return [Report.of_json(_line_of(process)) for process, _ in working]


@contextmanager
def started(count: int, environment: Mapping[str, str]) -> Iterator[Workers]:
    """*count* workers, connected and waiting. They end with the block."""
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("w", encoding="utf-8") as log, ExitStack() as ending:
        processes = []
        for _ in range(count):
            process = _start(environment, log)
            ending.callback(_end, process)
            processes.append(process)
        for process in processes:
            if _line_of(process) != READY:
                raise WorkerError(_log())
        yield Workers(processes)


def _start(environment: Mapping[str, str], log: IO[str]) -> Worker:
    return subprocess.Popen(
        [sys.executable, "-m", "bench.crowd"],
        cwd=PROJECT,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        start_new_session=True,
    )


def _told(process: Worker, line: str) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(line + "\n")
        process.stdin.flush()
    except BrokenPipeError as gone:
        raise WorkerError(_log()) from gone


def _line_of(process: Worker) -> str:
    """What it says next. A worker that says nothing for too long is ended, and then there is nothing to read."""
    assert process.stdout is not None
    patience = threading.Timer(SECONDS_MAX, process.kill)
    patience.start()
    try:
        line = process.stdout.readline().rstrip("\n")
    finally:
        patience.cancel()
    if not line:
        raise WorkerError(_log())
    return line


def _end(process: Worker) -> None:
    """A worker ends by itself when nothing more can be said to it; if not, by its id."""
    with process:
        process.terminate()


def _log() -> str:
    return "a worker ended early:\n" + LOG.read_text(encoding="utf-8", errors="replace")[-LOG_TAIL:]
