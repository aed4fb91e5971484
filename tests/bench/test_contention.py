"""The hooks of the rush: what conflicts, what is lost, and what is kept of what went through."""

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from bench.contention import Contention, Journal, Reading, Trouble
from shared.outside import Call

STOCK = "stock"


def a_transaction(*keys, state="pending_payment"):
    """An order in this state, and rows of stock; without a state there is no order in it."""
    stock = [
        {"Update": {"TableName": STOCK, "Key": {"pk": {"S": key}, "sk": {"S": "STOCK"}}}} for key in keys
    ]
    order = {"pk": {"S": "ORDER#1"}, "sk": {"S": "ORDER"}, "state": {"S": state}}
    puts = [{"Put": {"TableName": "orders", "Item": order}}] if state else []
    return Call("dynamodb", "transact_write_items", {"TransactItems": [*puts, *stock]})


def a_contention(**trouble):
    return Contention(Trouble(**trouble), seed=1, stock_table=STOCK)


def codes(refused):
    return [reason["Code"] for reason in refused.value.response["CancellationReasons"]]


def test_the_second_of_two_transactions_on_one_row_is_refused_and_told_which_row(tmp_path):
    one, other = (a_contention(locks=str(tmp_path)) for _ in range(2))

    def meanwhile():
        with pytest.raises(ClientError, match="TransactionConflict") as refused:
            other.around(a_transaction("SKU#A", "SKU#B"), lambda: pytest.fail("it was refused"))
        return codes(refused)

    assert one.around(a_transaction("SKU#B"), meanwhile) == ["None", "None", "TransactionConflict"]
    assert other.counts == {"conflicts of orders": 1, "calls": 1}
    assert other.around(a_transaction("SKU#B"), lambda: "done") == "done"


def test_transactions_on_different_rows_do_not_meet(tmp_path):
    one, other = (a_contention(locks=str(tmp_path)) for _ in range(2))

    answer = one.around(
        a_transaction("SKU#A#1"), lambda: other.around(a_transaction("SKU#A#2"), lambda: "done")
    )

    assert answer == "done"


def test_a_lost_answer_was_carried_out():
    contention, carried_out = a_contention(lost_pct=100), []

    with pytest.raises(ReadTimeoutError):
        contention.around(a_transaction("SKU#A"), lambda: carried_out.append(1))

    assert carried_out == [1]
    assert contention.counts == {"answers lost": 1}


def test_a_conflict_by_lot_was_not_carried_out():
    contention = a_contention(refused_pct=100)

    with pytest.raises(ClientError) as refused:
        contention.around(a_transaction("SKU#A", state=""), lambda: pytest.fail("it was refused"))

    assert codes(refused) == ["TransactionConflict"]
    assert contention.counts == {"conflicts of the flag": 1, "calls": 1}


def test_reads_meet_no_trouble():
    contention = a_contention(refused_pct=100, lost_pct=100)

    assert contention.around(Call("dynamodb", "batch_get_item", {}), lambda: "items") == "items"


def test_the_journal_keeps_what_was_carried_out_and_what_was_read():
    journal = Journal(STOCK, "HOT")
    level = {"M": {"available": {"N": "4"}, "reserved": {"N": "1"}, "sold": {"N": "0"}}}
    shard = {"pk": {"S": "SKU#HOT#2"}, "sk": {"S": "STOCK"}, "warehouses": {"M": {"W1": level, "W2": level}}}
    other = {**shard, "pk": {"S": "SKU#HOTTER"}}

    journal.around(a_transaction("SKU#HOT"), dict)
    journal.around(a_transaction("SKU#HOT", state=""), dict)
    journal.around(a_transaction("SKU#HOT", state="cancelled"), dict)
    answer = {"Responses": {STOCK: [shard, other]}}
    journal.around(Call("dynamodb", "batch_get_item", {}), lambda: answer)

    assert (len(journal.reserved), len(journal.released)) == (1, 1)
    assert journal.readings == [Reading(8, ("SKU#HOT#2",), is_flagged=False)]
    assert journal.counts == {"calls": 4, "transact_write_items": 3, "batch_get_item": 1}


def test_the_journal_counts_orders_that_found_their_row_empty():
    journal = Journal(STOCK, "HOT")
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed"}]
    error = {"Code": "TransactionCanceledException", "Message": ""}

    def short():
        raise ClientError({"Error": error, "CancellationReasons": reasons}, "TransactWriteItems")

    with pytest.raises(ClientError):
        journal.around(a_transaction("SKU#HOT"), short)

    assert journal.counts["short"] == 1
    assert journal.reserved == []
