"""The archive's hour on the laptop cloud: who leaves, when, and what of them is found in the bucket."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
import duckdb

from local.archive import archive_folder
from local.lambdas import Answer
from shared.archive.tables import TABLES
from tests.http_world import DAY, World

HALF_A_YEAR = 181 * DAY
HOUR = 3600


def invoke(world: World, payload: Any = None, *, name: str = "archive") -> Answer:
    """One run of a function, whatever time it is."""
    [function] = [
        f for f in world.cloud.runtime.functions.values() if f.handler == f"functions.{name}.handler"
    ]
    answer = world.cloud.runtime.invoke(function.name, json.dumps(payload or {}).encode())
    world.cloud.settle()
    return answer


def run(world: World) -> dict[str, int]:
    """One run that must not fail."""
    answer = invoke(world)
    assert answer.error_type is None, answer.payload
    told: dict[str, int] = answer.json()
    return told


def settled(world: World, lines: dict[str, int] | None = None, **more: Any) -> str:
    """An order that was received, and whose merchants were credited. Weeks have passed."""
    order = world.placed_and_paid(lines, **more)
    world.ship_all(order)
    world.arrive(order)
    world.receive(order)
    world.cloud.sweeper = True
    world.cloud.advance(20 * DAY)
    return order


def time_passes(world: World, seconds: int = HALF_A_YEAR) -> None:
    """So long nothing runs by itself: each test runs the archive where it wants to."""
    world.cloud.sweeper = False
    world.cloud.advance(seconds)


def leaves(world: World) -> None:
    """Two hours of the archive: what is at rest leaves, and then its rows go."""
    run(world)
    world.cloud.advance(HOUR)
    run(world)


def partition(world: World, order: str) -> list[str]:
    return sorted(row["sk"] for row in world.rows() if row["pk"] == f"ORDER#{order}")


def waiting(world: World) -> list[tuple[str, str]]:
    """(day, order) of everything that the archive is to look at."""
    places = (row["sk"].partition("#") for row in world.rows() if row["pk"].startswith("PLACED#"))
    return sorted((day, order) for day, _, order in places)


def parts(world: World) -> list[str]:
    return sorted(row["sk"] for row in world.rows() if row["pk"] == "ARCHIVE")


def bucket(world: World) -> str:
    return str(next(iter(world.cloud.runtime.functions.values())).environment["BOOKS_BUCKET"])


def keys(world: World) -> list[str]:
    found = boto3.client("s3").list_objects_v2(Bucket=bucket(world), Prefix="archive/").get("Contents", [])
    return [each["Key"] for each in found]


def contents(world: World) -> bytes:
    """Every byte of every file."""
    whole = io.BytesIO()
    for key in keys(world):
        whole.write(boto3.client("s3").get_object(Bucket=bucket(world), Key=key)["Body"].read())
    return whole.getvalue()


@contextmanager
def archived(world: World) -> Iterator[Any]:
    """``found("orders", "state", ...)``: those columns of every row of a table, sorted."""
    with TemporaryDirectory() as name, duckdb.connect() as connection:
        folder = Path(name)
        archive_folder(world.cloud, folder)

        def found(table: str, *columns: str) -> list[tuple[Any, ...]]:
            assert table in TABLES
            files = [str(path) for path in (folder / table).glob("*/*.parquet")]
            if not files:
                return []
            rows = connection.read_parquet(files, hive_partitioning=True, union_by_name=True)
            return sorted(rows.project(", ".join(f'"{column}"' for column in columns)).fetchall())

        yield found


def order_ids(world: World) -> list[str]:
    with archived(world) as found:
        return [order for (order,) in found("orders", "order_id")]
