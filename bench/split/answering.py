"""Lines in, lines out: each instance is answered in its turn, whatever it is. Only one is in memory at a time."""

import json
import traceback
from collections.abc import Iterator
from time import process_time
from typing import Any, BinaryIO, NamedTuple, TextIO

from bench.split.reading import LINE_BYTES_MAX, Instance, Unreadable, read
from shared.splitting.optimiser import cheapest_parcels
from shared.splitting.problem import Impossible, Obstacle, Packed, Plan

WORDS = {
    Obstacle.NO_WEIGHT: "these have no weight",
    Obstacle.NO_STOCK: "all warehouses together hold too few of these",
    Obstacle.OVER_CUSTOMS_CAP: "a single unit of these is worth more than a cross-border parcel may be",
    Obstacle.NO_SERVICE: "no service of a warehouse that holds them takes a unit of these",
    Obstacle.NOT_ENOUGH_CARRIED: "too few of these lie where a service takes them",
}
# Up to so many lines, so many milliseconds. Small orders end long before, when their answer is proven.
LIMITS = ((8, 2000), (20, 80), (100, 400))
LIMIT_OF_LARGE = 600  # Reading takes its part, and work is turned into time with some error.


class Told(NamedTuple):
    """One answer, and what is to be reported of it."""

    answer: dict[str, Any]
    name: str = "unreadable"  # Of the instance's class.
    plan: Plan | None = None
    cpu_seconds: float = 0.0


def answers(stream: BinaryIO, *, time_limit_ms: int | None = None) -> Iterator[Told]:
    """An answer for each line that is not blank."""
    for raw in lines(stream):
        if raw.strip():
            yield answered(raw, time_limit_ms=time_limit_ms)


def lines(stream: BinaryIO) -> Iterator[bytes]:
    """Lines one by one; of one that is too long, only so much that it is seen to be."""
    while raw := stream.readline(LINE_BYTES_MAX + 1):
        yield raw
        while len(raw) > LINE_BYTES_MAX and not raw.endswith(b"\n"):
            raw = stream.readline(LINE_BYTES_MAX + 1)


def answered(raw: bytes, *, time_limit_ms: int | None = None) -> Told:
    began = process_time()
    try:
        instance = read(raw)
    except Unreadable as refusal:
        return Told(_refused(refusal.instance_id, str(refusal)))
    try:
        found = cheapest_parcels(instance.problem, time_limit_ms=time_limit_ms or limit_ms(instance))
    except Exception as bug:  # The edge of the loop: one order must not take the others with it.
        traceback.print_exc()
        return Told(
            _refused(instance.instance_id, f"internal_error: {type(bug).__name__}"),
            instance.name,
        )
    cpu_seconds = process_time() - began
    if isinstance(found, Impossible):
        reason = f"{found.obstacle}: {WORDS[found.obstacle]}: {', '.join(found.skus)}"
        return Told(_refused(instance.instance_id, reason), instance.name, None, cpu_seconds)
    answer = {"id": instance.instance_id, "parcels": [_parcel(packed) for packed in found.parcels]}
    return Told(answer, instance.name, found, cpu_seconds)


def limit_ms(instance: Instance) -> int:
    size = len(instance.problem.goods)
    return next((limit for lines_max, limit in LIMITS if size <= lines_max), LIMIT_OF_LARGE)


def write(told: Told, stream: TextIO) -> None:
    stream.write(json.dumps(told.answer, separators=(",", ":")) + "\n")
    stream.flush()


def _refused(instance_id: str | None, reason: str) -> dict[str, Any]:
    return {"id": instance_id, "parcels": None, "reason": reason}


def _parcel(packed: Packed) -> dict[str, Any]:
    return {
        "merchant": packed.merchant,
        "warehouse": packed.warehouse_id,
        "carrier": packed.service_id,
        "lines": [{"sku": sku, "qty": units} for sku, units in packed.contents],
    }
