"""One fault at one outside call, and only once: the process dies, the table is busy, the answer is lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from local.lambdas import Crash
from shared.errors import Unavailable
from shared.outside import Call, outside


def _refused(call: Call, code: str, **more: Any) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}, **more}, call.operation)


def crash_before(_call: Call, _act: Callable[[], Any]) -> Any:
    raise Crash


def crash_after(_call: Call, act: Callable[[], Any]) -> Any:
    act()
    raise Crash


def throttled(call: Call, _act: Callable[[], Any]) -> Any:
    if call.service == "http":
        raise Unavailable("the provider did not answer")
    raise _refused(call, "ThrottlingException")


def conflict(call: Call, act: Callable[[], Any]) -> Any:
    """Contention: somebody else's transaction holds one of the rows, just now."""
    if call.operation != "transact_write_items":
        return act()
    reasons = [{"Code": "None"} for _ in call.request["TransactItems"]]
    reasons[0] = {"Code": "TransactionConflict"}
    raise _refused(call, "TransactionCanceledException", CancellationReasons=reasons)


def answer_lost(call: Call, act: Callable[[], Any]) -> Any:
    """It was done, and we do not know."""
    act()
    if call.service == "http":
        raise Unavailable("the provider did not answer")
    raise _refused(call, "InternalServerError")


def entries_refused(call: Call, act: Callable[[], Any]) -> Any:
    """PutEvents says 200, and that nothing got through."""
    if call.operation != "put_events":
        return act()
    refused = {"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"}
    return {
        "FailedEntryCount": len(call.request["Entries"]),
        "Entries": [refused] * len(call.request["Entries"]),
    }


Fault = Callable[[Call, Callable[[], Any]], Any]
FAULTS: tuple[Fault, ...] = (crash_before, crash_after, throttled, conflict, answer_lost, entries_refused)


class Struck:
    """Counts outside calls, and strikes at one of them."""

    def __init__(self, position: int | None, fault: Fault) -> None:
        self._position, self._fault = position, fault
        self.calls: list[Call] = []

    def __call__(self, call: Call, act: Callable[[], Any]) -> Any:
        self.calls.append(call)
        if len(self.calls) - 1 == self._position:
            return self._fault(call, act)
        return act()


@contextmanager
def striking(position: int | None = None, fault: Fault = crash_before) -> Iterator[Struck]:
    """Strike with *fault* at outside call number *position* inside the block; None: only count."""
    struck = Struck(position, fault)
    outside.around.append(struck)
    try:
        yield struck
    finally:
        outside.around.remove(struck)
