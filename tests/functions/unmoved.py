"""Was anything moved at all? Every row of every table, every object, every message, every clock: before and after.

Stricter than ``watching.nothing_happens``: nothing is left out, and nothing is asked that is not a reading.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import s3_backends
from moto.sqs.models import sqs_backends

from local.template import ACCOUNT, REGION
from local.worlds import schedules_now
from shared.outside import Call, outside
from tests.http_world import World

READS = {"get_item", "batch_get_item", "query", "transact_get_items", "head_object", "get_secret_value"}


def image(world: World) -> dict[str, bytes]:
    """Everything that the product keeps anywhere, byte by byte."""
    found: dict[str, bytes] = {}
    for name, table in dynamodb_backends[ACCOUNT][REGION].tables.items():
        for item in table.all_items():
            content = {key: value.to_regular_json() for key, value in item.attrs.items()}
            found[f"{name} {content['pk']['S']} {content['sk']['S']}"] = json.dumps(
                content, sort_keys=True
            ).encode()
    for backend in s3_backends[ACCOUNT].values():
        for bucket in backend.buckets.values():
            for key, value in bucket.keys.items():
                found[f"{bucket.name} {key}"] = value.value
    for name, queue in sqs_backends[ACCOUNT][REGION].queues.items():
        found[f"{name} messages"] = str(len(queue._messages)).encode()
    for group, schedules in schedules_now().items():
        found[f"{group} clocks"] = "\n".join(sorted(schedules)).encode()
    return found


@contextmanager
def nothing_moves(world: World) -> Iterator[None]:
    """Whatever is asked inside the block reads, and does nothing else: no write is even tried, nobody is called."""
    tried: list[str] = []

    def watch(call: Call, act: Any) -> Any:
        tried.append(call.operation if call.service != "http" else f"http {call.operation}")
        return act()

    before = image(world)
    outside.around.append(watch)
    try:
        yield
    finally:
        outside.around.remove(watch)
    wrote, after = set(tried) - READS, image(world)
    assert not wrote, wrote
    moved = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    assert not moved, moved
