"""What was published when? The operator's records as they stood at one version of the terms, or at one moment.

Folded from the append-only history in the Catalogue table, never from what is live: so that what an order was priced
by can be told long after it was changed.
"""

from datetime import datetime
from typing import Any

from local.demo.world import Row, World

SECTIONS = ("policy", "promotion", "freight_template")


class History:
    """Every version of every record, by kind and id, oldest first."""

    def __init__(self, world: World) -> None:
        self._versions: dict[tuple[str, str], list[Row]] = {}
        self.terms_versions: set[int] = set()
        for row in sorted(world.catalogue, key=lambda row: row["sk"]):
            if row["sk"].startswith("V#"):
                kind, _, name = row["pk"].partition("#")
                self._versions.setdefault((kind.lower(), name), []).append(row)
                if "terms_version" in row:
                    self.terms_versions.add(row["terms_version"])

    def terms(self, version: int) -> dict[str, dict[str, Any]]:
        """Kind -> id -> record, as they held in that version of the terms. What was retired is not in them."""
        found: dict[str, dict[str, Any]] = {kind: {} for kind in SECTIONS}
        for (kind, name), versions in self._versions.items():
            known = [v["record"] for v in versions if v.get("terms_version", version + 1) <= version]
            if kind in found and known and not known[-1].get("is_retired"):
                found[kind][name] = known[-1]
        return found

    def records_at(self, kind: str, name: str, at: int) -> list[Row]:
        """The records that held at some time of that second, the last one last; none if none was published yet."""
        versions = self._versions.get((kind, name), ())
        before = [v["record"] for v in versions if v["at"] < at][-1:]
        return [*before, *(v["record"] for v in versions if v["at"] == at)]

    def newest(self, kind: str) -> dict[str, Row]:
        return {name: versions[-1] for (k, name), versions in self._versions.items() if k == kind}


def moment(text: str) -> int:
    """
    >>> moment("2010-12-01T08:26:00Z")
    1291191960
    """
    return int(datetime.fromisoformat(text).timestamp())
