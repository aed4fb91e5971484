"""What a refused transaction means, with DynamoDB's answers made up: no local engine raises contention."""

import pytest
from botocore.exceptions import ClientError

from shared.errors import Conflict, Unavailable
from shared.outside import Outside
from shared.store.transactions import transact

WRITES = ({"Put": {"Item": {"n": 1}}}, {"Put": {"Item": {"n": 2}}})


class Table:
    """Answers each transaction with the next of *answers*: the reasons of a refusal, or None for done."""

    def __init__(self, *answers):
        self.outside = Outside()
        self.outside.around.append(self._answer)
        self.outside.wait_before_attempt = lambda number: self.waits.append(number)
        self.answers, self.asked, self.waits = list(answers), [], []

    def _answer(self, call, act):
        self.asked.append(call.request["TransactItems"])
        codes = self.answers.pop(0)
        if codes is None:
            return {}
        raise refusal("TransactionCanceledException", [{"Code": code} for code in codes])


def refusal(code, reasons=()):
    return ClientError({"Error": {"Code": code}, "CancellationReasons": list(reasons)}, "TransactWriteItems")


def test_what_is_written_has_no_reasons():
    table = Table(None)

    assert transact(table.outside, WRITES) == ()
    assert table.asked == [list(WRITES)]


def test_contention_is_repeated_with_longer_and_longer_waits():
    table = Table(["TransactionConflict", "None"], ["None", "TransactionConflict"], None)

    assert transact(table.outside, WRITES) == ()
    assert (len(table.asked), table.waits) == (3, [1, 2])


def test_contention_that_does_not_end_is_a_conflict():
    table = Table(*[["TransactionConflict", "TransactionConflict"]] * 5)

    with pytest.raises(Conflict):
        transact(table.outside, WRITES)

    assert len(table.asked) == 5


def test_a_failed_condition_is_told_at_its_place_and_not_repeated():
    table = Table(["None", "ConditionalCheckFailed"])

    assert transact(table.outside, WRITES) == (None, {"Code": "ConditionalCheckFailed"})
    assert len(table.asked) == 1


def test_a_failed_condition_beside_contention_is_what_counts():
    table = Table(["TransactionConflict", "ConditionalCheckFailed"])

    assert transact(table.outside, WRITES) == (None, {"Code": "ConditionalCheckFailed"})


@pytest.mark.parametrize("code", ["ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_throttled_table_is_unavailable(code):
    table = Table(["None", code])

    with pytest.raises(Unavailable):
        transact(table.outside, WRITES)


@pytest.mark.parametrize("codes", [["ValidationError", "None"], ["TransactionConflict", "ValidationError"]])
def test_what_only_a_bug_can_cause_escapes(codes):
    table = Table(codes)

    with pytest.raises(ClientError):
        transact(table.outside, WRITES)


def test_another_refusal_than_of_a_transaction_escapes():
    outside = Outside()

    def denied(call, act):
        raise refusal("AccessDeniedException")

    outside.around.append(denied)
    with pytest.raises(ClientError):
        transact(outside, WRITES)
