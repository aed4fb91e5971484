"""Carries one fifth of botocore: the services we call, without the manuals. 27 MB become 6.

Every cold start reads these files, so this is time, not only space.
"""

import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# What shared.outside calls, and STS for credentials that name a role.
SERVICES = frozenset({"dynamodb", "events", "lambda", "s3", "secretsmanager", "sts"})


def slim(botocore: Path) -> None:
    """Drop from an installed botocore what no function of ours reads. Doing it twice changes nothing."""
    for service in _services(botocore / "data"):
        if service.name not in SERVICES:
            shutil.rmtree(service)
    for model in sorted((botocore / "data").rglob("*.json.gz")):
        if not model.name.startswith("examples"):
            # Unpacked: the layer is a zip already, and reading is one step shorter.
            text = json.dumps(_as_read(_without_manuals(json.loads(gzip.decompress(model.read_bytes())))))
            model.with_suffix("").write_text(text)
        model.unlink()
    endpoints = botocore / "data" / "endpoints.json"
    endpoints.write_text(json.dumps(_our_endpoints(json.loads(endpoints.read_text()))))


def _services(data: Path) -> Iterator[Path]:
    return (entry for entry in sorted(data.iterdir()) if entry.is_dir())


def _without_manuals(model: Any) -> Any:
    """A shape may have a member called "documentation": that one is a dict, and stays."""
    if isinstance(model, dict):
        return {
            key: _without_manuals(value)
            for key, value in model.items()
            if not (key == "documentation" and isinstance(value, str))
        }
    if isinstance(model, list):
        return [_without_manuals(entry) for entry in model]
    return model


def _as_read(model: dict[str, Any]) -> dict[str, Any]:
    """botocore reads the manual of one thing, and fails without: what a client of S3 may be told. It finds a blank."""
    asked = model.get("clientContextParams", {})
    blank = {name: {**about, "documentation": ""} for name, about in asked.items()}
    return {**model, "clientContextParams": blank} if blank else model


def _our_endpoints(endpoints: dict[str, Any]) -> dict[str, Any]:
    """Keep every partition, China's too, and in each our services only."""
    for partition in endpoints["partitions"]:
        partition["services"] = {
            name: where for name, where in partition["services"].items() if name in SERVICES
        }
    return endpoints
