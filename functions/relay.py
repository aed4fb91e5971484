"""Table stream to event bus: every accepted event is announced, at least once.

The stream's filter (INSERT of ``#EVENT#`` rows) saves money; the check here is what makes the function right.
"""

from typing import Any

from functions.announcements import announce
from functions.wiring import logger


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    accepted = [record["dynamodb"] for record in event["Records"] if _is_accepted_event(record)]
    failed = announce([change["NewImage"] for change in accepted])
    logger.info("relayed", events=len(accepted), failed=failed is not None)
    if failed is None:
        return {"batchItemFailures": []}
    return {"batchItemFailures": [{"itemIdentifier": accepted[failed]["SequenceNumber"]}]}


def _is_accepted_event(record: dict[str, Any]) -> bool:
    key: str = record["dynamodb"]["Keys"]["sk"]["S"]
    return key.startswith("#EVENT#") and record["eventName"] == "INSERT"
