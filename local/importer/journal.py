"""What was imported, kept beside the file, so that a run that was broken off goes on where it was.

FILE.imported   one line for the run, then one for each batch that the shop took, by the hash of its content
FILE.rejected   one line for each row that was not taken: {"line": 7, "reasons": [{"at": .., "reason": ..}]}
"""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.importer.rows import Row


class WrongJournal(Exception):
    """The journal beside the file is about something else."""


class Journal:
    def __init__(self, file: Path, *, kind: str, url: str) -> None:
        """Open the journal of *file*, or begin one. Raises ``WrongJournal``."""
        self._path = Path(f"{file}.imported")
        about = {"kind": kind, "url": url}
        if not self._path.exists():
            self._begin({"run": secrets.token_hex(8), **about})
        lines = self._lines()
        if not lines or "run" not in lines[0] or {name: lines[0].get(name) for name in about} != about:
            raise WrongJournal(f"{self._path.name} is about another import: move it away to begin anew")
        self.run = str(lines[0]["run"])
        self._done = {str(line.get("batch")) for line in lines[1:]}

    def has(self, batch: str) -> bool:
        return batch in self._done

    def note(self, batch: str, records: int) -> None:
        """The shop has taken the batch; from now on no run sends it again."""
        with self._path.open("ab") as stream:
            stream.write(json.dumps({"batch": batch, "records": records}).encode() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        self._done.add(batch)

    def _begin(self, header: Mapping[str, Any]) -> None:
        whole = Path(f"{self._path}.new")
        whole.write_text(json.dumps(header) + "\n", encoding="utf-8")
        whole.replace(self._path)

    def _lines(self) -> list[dict[str, Any]]:
        """The journal's lines. What a crash left half written is passed over: that batch is sent again."""
        content = self._path.read_bytes()
        if not content.endswith(b"\n"):
            with self._path.open("ab") as stream:
                stream.write(b"\n")
        return [line for line in map(_line, content.splitlines()) if line]


def _line(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


class Rejected:
    """The rows that were not taken, written down as they are found. A file without any leaves none."""

    def __init__(self, file: Path) -> None:
        self.path = Path(f"{file}.rejected")
        self.path.unlink(missing_ok=True)
        self.count = 0

    def note(self, row: Row) -> None:
        reasons = [{"at": fault.at, "reason": fault.reason} for fault in row.faults]
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"line": row.line, "reasons": reasons}) + "\n")
        self.count += 1
