"""Dead-letter and failure queues: what ended there."""

import json
from typing import Any

from moto.sqs.models import sqs_backends

from local.template import ACCOUNT, REGION


def send(queue_arn: str, body: Any) -> None:
    """Put *body* as JSON into the queue, as a service of AWS does on its own account."""
    sqs_backends[ACCOUNT][REGION].send_message(queue_arn.rpartition(":")[2], json.dumps(body))


def messages(queue_name: str) -> tuple[Any, ...]:
    """Return what lies in the queue, oldest first, without taking it out."""
    queue = sqs_backends[ACCOUNT][REGION].get_queue(queue_name)
    return tuple(json.loads(message.body) for message in queue._messages)


def empty_all() -> None:
    """Throw away every message of every queue."""
    for queue in sqs_backends[ACCOUNT][REGION].queues.values():
        queue._messages.clear()
