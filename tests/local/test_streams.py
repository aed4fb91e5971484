"""The stream pump: what reaches the relay, how often, and what ends in the failure queue."""

import boto3
import pytest

from local.cloud import Cloud
from local.lambdas import Crash
from local.template import REGION, Template, TemplateError
from tests.local import small
from tests.local.stand_ins import ACT, CALLS


def put(*names, prefix="#EVENT#"):
    client = boto3.client("dynamodb", REGION)
    for name in names:
        item = {"pk": {"S": "THING#1"}, "sk": {"S": f"{prefix}{name}"}, "n": {"N": "7"}}
        client.put_item(TableName="Things", Item=item)


def batches():
    return [[name(record) for record in event["Records"]] for event in CALLS.get("relay", [])]


def name(record):
    return record["dynamodb"]["Keys"]["sk"]["S"].removeprefix("#EVENT#")


def poison(*names):
    def act(event):
        if any(name(record) in names for record in event["Records"]):
            raise ValueError("poison")

    return act


def reporting(*names):
    def act(event):
        bad = [r["dynamodb"]["SequenceNumber"] for r in event["Records"] if name(r) in names]
        return {"batchItemFailures": [{"itemIdentifier": number} for number in bad]}

    return act


def test_matching_records_arrive_in_order_in_batches(cloud):
    put(*"abcdef")

    cloud.settle()

    assert batches() == [["a", "b", "c", "d"], ["e", "f"]]


def test_a_record_says_what_was_written_where_and_when(cloud):
    put("a")

    cloud.settle()

    [record] = CALLS["relay"][0]["Records"]
    assert record["eventName"] == "INSERT"
    assert record["eventSourceARN"].startswith("arn:aws:dynamodb:eu-west-1:123456789012:table/Things/stream/")
    assert record["dynamodb"]["NewImage"]["n"] == {"N": "7"}
    assert record["dynamodb"]["ApproximateCreationDateTime"] == small.START


def test_the_filter_keeps_other_rows_and_other_changes_away(cloud):
    put("a", prefix="SUB#")
    put("b")
    put("b")

    cloud.settle()

    assert batches() == [["b"]]


def test_nothing_is_delivered_twice(cloud):
    put("a")
    cloud.settle()

    cloud.settle()

    assert batches() == [["a"]]


def test_a_poison_record_is_cornered_by_halving_and_the_others_get_through(cloud):
    ACT["relay"] = poison("c")
    put(*"abcd")

    cloud.settle()

    assert batches() == [
        ["a", "b", "c", "d"],
        ["a", "b"],
        ["c", "d"],
        ["c"],
        ["c"],
        ["c"],
        ["d"],
    ]
    [failure] = cloud.queue("LostRecords")
    assert failure["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert failure["requestContext"]["approximateInvokeCount"] == 3
    assert failure["DDBStreamBatchInfo"]["batchSize"] == 1


def test_what_stands_before_a_reported_record_is_done(cloud):
    ACT["relay"] = reporting("c")
    put(*"abcd")

    cloud.settle()

    assert batches()[:2] == [["a", "b", "c", "d"], ["c", "d"]]
    assert [name for batch in batches() for name in batch].count("a") == 1
    assert batches()[-1] == ["d"]
    assert len(cloud.queue("LostRecords")) == 1


def test_a_record_that_recovers_is_not_lost(cloud):
    answers = iter([ValueError("throttled"), ValueError("throttled")])

    def act(_):
        if error := next(answers, None):
            raise error

    ACT["relay"] = act
    put("a")

    cloud.settle()

    assert batches() == [["a"], ["a"], ["a"]]
    assert cloud.queue("LostRecords") == ()


@pytest.mark.parametrize(
    "answer", [{"batchItemFailures": [{"itemIdentifier": "unknown"}]}, {"batchItemFailures": [{}]}]
)
def test_an_answer_that_names_no_record_fails_the_whole_batch(cloud, answer):
    ACT["relay"] = lambda _: answer
    put("a")

    cloud.settle()

    assert batches() == [["a"], ["a"], ["a"]]
    assert len(cloud.queue("LostRecords")) == 1


def test_the_death_of_the_process_is_a_failed_batch(cloud):
    deaths = iter([Crash()])

    def act(_):
        if death := next(deaths, None):
            raise death

    ACT["relay"] = act
    put("a")

    cloud.settle()

    assert batches() == [["a"], ["a"]]


def test_a_throttled_invocation_is_tried_again(cloud):
    once = iter([True])

    def throttled(kind, name):
        if kind == "invoke" and name == "Relay" and next(once, False):
            raise RuntimeError("throttled")

    cloud.before.append(throttled)
    put("a")

    cloud.settle()

    assert batches() == [["a"]]


def test_what_a_reset_threw_away_is_not_delivered(cloud):
    put("a")

    cloud.reset()
    cloud.settle()

    assert batches() == []


def test_records_of_the_next_world_are_delivered(cloud):
    put(*"abc")
    cloud.settle()
    cloud.reset()
    CALLS.clear()

    put("z")
    cloud.settle()

    assert batches() == [["z"]]


def test_a_mapping_that_would_block_its_stream_is_refused():
    document = small.document()
    del document["Resources"]["Mapping"]["Properties"]["MaximumRetryAttempts"]

    with pytest.raises(TemplateError, match="one bad record blocks the stream"):
        Cloud(Template(document))
