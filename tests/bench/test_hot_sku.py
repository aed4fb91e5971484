"""The rush for a hot SKU, small, in threads on moto: conflicts and lost answers are injected, as on the engine."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from bench.contention import Contention, Journal, Reading, Trouble
from bench.crowd import Report, Task, Told, Worker, saw_nothing_left
from bench.hot_sku import access, tables_for
from bench.rush import Found, Size, broken_promises, play, put_on_sale, told_too_early
from local import moto_fixes
from shared.commands import Shop
from shared.outside import Call, Outside, aws_client
from shared.settings import Settings

SMALL = Size(buyers=60, units=12, workers=6, cancelled=3, latecomers=10)
STOCK = "stock"


@pytest.fixture
def shop():
    """The template's tables on moto, in this process."""
    moto_fixes.apply()
    ambient = {name: value for name, value in access("").items() if name != "AWS_ENDPOINT_URL_DYNAMODB"}
    aws_client.cache_clear()
    with mock_aws(), tables_for(ambient):
        yield Shop.open(Outside(), Settings.read(os.environ))
    aws_client.cache_clear()


def in_threads(shop):
    def serve(tasks):
        aws_client("dynamodb")  # Made by one of them, for all.
        with ThreadPoolExecutor(len(tasks)) as pool:
            return list(pool.map(lambda task: Worker(shop.settings, task).serve(), tasks))

    return serve


@pytest.mark.parametrize("shards", [0, 3])
def test_exactly_what_is_there_is_sold_whatever_conflicts_and_gets_lost(shop, tmp_path, shards):
    trouble = Trouble(str(tmp_path), hold_milliseconds=1, refused_pct=10, lost_pct=20)

    rush = play(shop, in_threads(shop), name="HOT", shards=shards, size=SMALL, trouble=trouble)

    assert rush.broken == ()
    assert (rush.answered("bought"), rush.answered("sold out")) == (12, 48)
    assert rush.counts["conflicts of orders"] > 0
    assert rush.counts["answers lost"] > 0
    assert rush.repeats > 0


def test_without_trouble_nobody_meets_anybody(shop):
    rush = play(shop, in_threads(shop), name="HOT", shards=0, size=SMALL, trouble=Trouble())

    assert rush.broken == ()
    assert rush.repeats == 0
    assert not any("conflicts" in name or "lost" in name for name in rush.counts)


def test_a_crowd_that_finds_one_unit_more_than_there_is_would_be_noticed(shop):
    def serve(tasks):
        put_on_sale(shop, "HOT", shards=0, units=13)
        return in_threads(shop)(tasks)

    rush = play(shop, serve, name="HOT", shards=0, size=SMALL, trouble=Trouble())

    assert "exactly 12 are told that they bought one, not 13" in rush.broken
    assert "exactly 12 orders exist, not 13" in rush.broken


# --- what the verdict notices; written out by hand: two units, four buyers ---

ANN = Told("ann", "bought", "O1", 0, answered=30)
BOB = Told("bob", "bought", "O2", 1, answered=60)
CYD = Told("cyd", "sold out", "", 0, is_proven=True, answered=70)
DAN = Told("dan", "sold out", "", 0, is_proven=True, answered=80)
SENT = ((10, 20), (40, 50))
TABLES = Found({"O1": "ann", "O2": "bob"}, ({"available": 0, "reserved": 2, "sold": 0},))


def a_report(*told, reserved=SENT):
    return Report(told, reserved, {}, 0)


def verdict(*told, reserved=SENT, tables=TABLES):
    return broken_promises([a_report(*told, reserved=reserved)], tables, units=2)


def test_a_rush_in_which_all_went_well_breaks_no_promise():
    assert verdict(ANN, BOB, CYD, DAN) == []


def test_a_unit_that_nobody_got_is_noticed():
    left = Found({"O1": "ann"}, ({"available": 1, "reserved": 1, "sold": 0},))

    assert verdict(ANN, CYD, DAN, reserved=SENT[:1], tables=left) == [
        "exactly 2 are told that they bought one, not 1",
        "exactly 2 orders exist, not 1",
        "2 are reserved and nothing else: {'available': 1, 'reserved': 1, 'sold': 0}",
        "no unit was taken twice by a repeated request",
        "nobody is told too early that it is sold out",
    ]


def test_a_unit_that_was_sold_twice_is_noticed():
    oversold = Found({"O1": "ann", "O2": "bob", "O3": "cyd"}, ({"available": -1, "reserved": 3, "sold": 0},))
    told = CYD._replace(answer="bought", order_id="O3")

    broken = verdict(ANN, BOB, told, DAN, reserved=(*SENT, (55, 65)), tables=oversold)

    assert "exactly 2 orders exist, not 3" in broken
    assert "no counter is below zero" in broken
    assert "no unit was taken twice by a repeated request" in broken


def test_a_buyer_whose_repeated_request_became_a_second_order_is_noticed():
    twice = Found({"O1": "ann", "O2": "ann"}, TABLES.levels)

    assert verdict(ANN, CYD, DAN, tables=twice) == [
        "exactly 2 are told that they bought one, not 1",
        "whoever was told that he bought one has that order, and no other",
        "nobody has two orders",
    ]


def test_a_buyer_who_got_another_answer_than_the_two_is_noticed():
    assert verdict(ANN, BOB, CYD, DAN._replace(answer="gave up")) == [
        "all others are told that it is sold out: {'bought': 2, 'sold out': 1, 'gave up': 1}"
    ]


def test_who_is_told_before_the_last_unit_was_asked_for_is_told_too_early():
    reports = [a_report(ANN, BOB, CYD, DAN._replace(answered=39))]

    assert [told.buyer for told in told_too_early(reports, 2)] == ["dan"]


def test_who_is_told_although_nothing_that_was_read_says_so_is_told_too_early():
    reports = [a_report(ANN, BOB, CYD, DAN._replace(is_proven=False))]

    assert [told.buyer for told in told_too_early(reports, 2)] == ["dan"]


def test_nothing_is_left_when_the_flag_says_so_or_every_shard_was_seen_empty():
    task = Task("HOT", 2, (), 0, Trouble())
    first, second = "SKU#HOT#1", "SKU#HOT#2"

    assert saw_nothing_left([Reading(0, ("SKU#HOT",), is_flagged=True)], task)
    assert saw_nothing_left([Reading(0, (first, second), is_flagged=False)], task)
    assert not saw_nothing_left([Reading(0, ("SKU#HOT", first), is_flagged=False)], task)
    assert not saw_nothing_left([Reading(1, (first, second), is_flagged=False)], task)
    assert not saw_nothing_left([], task)


# --- the hooks ---


def a_transaction(*keys, order=True):
    updates = [
        {"Update": {"TableName": STOCK, "Key": {"pk": {"S": key}, "sk": {"S": "STOCK"}}}} for key in keys
    ]
    put = {"Put": {"TableName": "orders", "Item": {"pk": {"S": "ORDER#1"}, "sk": {"S": "ORDER"}}}}
    return Call("dynamodb", "transact_write_items", {"TransactItems": [*([put] if order else []), *updates]})


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
        contention.around(a_transaction("SKU#A", order=False), lambda: pytest.fail("it was refused"))

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
    journal.around(a_transaction("SKU#HOT", order=False), dict)
    answer = {"Responses": {STOCK: [shard, other]}}
    journal.around(Call("dynamodb", "batch_get_item", {}), lambda: answer)

    assert len(journal.reserved) == 1
    assert journal.readings == [Reading(8, ("SKU#HOT#2",), is_flagged=False)]
    assert journal.counts == {"calls": 3, "transact_write_items": 2, "batch_get_item": 1}


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
