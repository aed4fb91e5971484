"""A world kept aside: tables, buckets, schedules, what those outside know, and the time, to begin again from as often
as one likes. For searches that try hundreds of endings of one story.
"""

import copy
from typing import Any, NamedTuple

from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import s3_backends
from moto.scheduler.models import scheduler_backends

from local.moto_tables import shelves_of
from local.template import ACCOUNT, PARTITION, REGION


class World(NamedTuple):
    """What a cloud at rest consists of. Streams, buses and queues are empty then, or are none of it."""

    now: float
    items: dict[str, list[Any]]  # By table.
    objects: dict[str, dict[str, list[Any]]]  # By bucket and key: its versions.
    schedules: dict[str, dict[str, Any]]  # By group.
    outside: dict[str, dict[str, Any]]  # Payment providers, warehouses, trackers.


def tables_now() -> dict[str, list[Any]]:
    """Return a copy of every item of every table."""
    return {name: copy.deepcopy(table.all_items()) for name, table in _tables().items()}


def put_back_tables(items: dict[str, list[Any]]) -> None:
    """Fill emptied tables. The items given stay untouched."""
    for name, table in _tables().items():
        for item in copy.deepcopy(items[name]):
            if table.has_range_key:
                table.items[item.hash_key][item.range_key] = item
            else:
                table.items[item.hash_key] = item
            shelves_of(table).file(item.hash_key, item.range_key, item)


def objects_now() -> dict[str, dict[str, list[Any]]]:
    """Return every version of every object of every bucket. What was written into a bucket stays as it is."""
    return {
        name: {key: list(bucket.keys.getlist(key)) for key in bucket.keys}
        for name, bucket in _buckets().items()
    }


def put_back_objects(objects: dict[str, dict[str, list[Any]]]) -> None:
    """Let the buckets hold these objects and no others."""
    for name, bucket in _buckets().items():
        bucket.keys.clear()
        for key, versions in objects.get(name, {}).items():
            bucket.keys.setlist(key, list(versions))


def schedules_now() -> dict[str, dict[str, Any]]:
    """Return a copy of every schedule of every group."""
    return {
        name: {s.name: copy.deepcopy(s) for s in group.schedules.values()}
        for name, group in _groups().items()
    }


def put_back_schedules(schedules: dict[str, dict[str, Any]]) -> None:
    """Arm what was armed. The schedules given stay untouched."""
    for name, group in _groups().items():
        for schedule in copy.deepcopy(schedules[name]).values():
            group.schedules[schedule.name] = schedule


def _tables() -> dict[str, Any]:
    tables: dict[str, Any] = dynamodb_backends[ACCOUNT][REGION].tables
    return tables


def _buckets() -> dict[str, Any]:
    buckets: dict[str, Any] = s3_backends[ACCOUNT][PARTITION].buckets
    return buckets


def _groups() -> dict[str, Any]:
    groups: dict[str, Any] = scheduler_backends[ACCOUNT][REGION].schedule_groups
    return groups
