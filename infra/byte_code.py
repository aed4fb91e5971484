"""Byte code for Lambda's interpreter.

Neither /opt nor /var/task can be written there, so without it every cold start compiles everything. The same on every
machine, and never checked against its source. A machine without that interpreter leaves it out: slower, still right.
"""

import shutil
import subprocess
import sys
from pathlib import Path

PYTHON = "3.13"
SECONDS_MAX = 120


def write(folder: Path, *, loaded_from: str) -> bool:
    """Compile all of *folder*, which Lambda will load from *loaded_from*. Returns whether it could."""
    python = _python_of_the_runtime()
    if python is None:
        return False
    paths = ["-s", str(folder.resolve()), "-p", loaded_from, str(folder.resolve())]
    command = [python, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", *paths]
    subprocess.run(command, check=True, timeout=SECONDS_MAX)  # noqa: S603  The words are all ours.
    return True


def _python_of_the_runtime() -> str | None:
    """Return an interpreter that writes what Lambda's reads, if this machine has one that answers."""
    for candidate in (sys.executable, shutil.which(f"python{PYTHON}")):
        if candidate:
            asked = [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
            answer = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
            if answer.stdout.strip() == PYTHON:
                return candidate
    return None
