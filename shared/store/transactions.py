"""One transaction of a few writes, all or nothing; and what DynamoDB meant when it refused it.

Contention alone (``TransactionConflict``) says nothing about what was believed: it is repeated here, with jitter, a
few times and no more. A failed condition is the writer's to explain: he knows what each of his writes believed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.errors import Conflict, Unavailable
from shared.outside import Outside

ATTEMPTS_MAX = 5
CONTENTION = "TransactionConflict"
THROTTLED = {"ThrottlingError", "ProvisionedThroughputExceeded"}
Reasons = tuple[Mapping[str, Any] | None, ...]


def transact(
    outside: Outside, writes: Sequence[Mapping[str, Any]], *, attempts: int = ATTEMPTS_MAX
) -> Reasons:
    """Write all of *writes*, or say which conditions failed: one reason for each write, None where it held.

    Empty when everything was written. Raises ``Conflict`` when others keep writing the same rows,
    ``Unavailable`` when throttled, and ``ClientError`` for what only a bug can cause.
    """
    from botocore.exceptions import ClientError

    for attempt in range(attempts):
        if attempt:
            outside.wait_before_attempt(attempt)
        try:
            outside.aws("dynamodb", "transact_write_items", TransactItems=list(writes))
            return ()
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            reasons = refused.response["CancellationReasons"]
            codes = {reason["Code"] for reason in reasons} - {"None"}
            if "ConditionalCheckFailed" in codes:
                return tuple(r if r["Code"] == "ConditionalCheckFailed" else None for r in reasons)
            if codes & THROTTLED:
                raise Unavailable("the table is busy") from refused
            if codes != {CONTENTION}:
                raise
    raise Conflict("too many writers at once")
