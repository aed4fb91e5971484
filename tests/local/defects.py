"""Which defects the installed moto shows, without our fixes. Prints {name: is it there} as JSON.

``test_moto_fixes.py`` runs this once as it is, in a process of its own, and once in its own process, where
the fixes are in place.
"""

import json
import sys
import threading
import time
from contextlib import suppress
from types import SimpleNamespace
from unittest.mock import patch

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

from tests.local.things import REGION, at, count, stream, table, values
from tests.local.wastes import WASTES

ROLE = "arn:aws:iam::123456789012:role/r"


def two_calls_run_at_once():
    import moto.dynamodb.models as dynamodb

    inside, most = [], [0]
    original = dynamodb.DynamoDBBackend.get_item

    def slow(self, *arguments, **more):
        inside.append(1)
        most[0] = max(most[0], len(inside))
        time.sleep(0.05)
        inside.pop()
        return original(self, *arguments, **more)

    dynamodb.DynamoDBBackend.get_item = slow
    readers = [threading.Thread(target=lambda: table().get_item(**at("a"))) for _ in range(2)]
    [reader.start() for reader in readers]
    [reader.join() for reader in readers]
    dynamodb.DynamoDBBackend.get_item = original
    return most[0] > 1


def a_transaction_copies_the_table():
    import moto.dynamodb.models as dynamodb

    client, copied = table(), []
    client.put_item(TableName="things", Item={"pk": {"S": "bystander"}, "sk": {"S": "1"}})
    original = dynamodb.Item.__deepcopy__

    def counted(self, memo):
        copied.append(self.hash_key.value)
        return original(self, memo)

    dynamodb.Item.__deepcopy__ = counted
    client.transact_write_items(TransactItems=[{"Update": count()}])
    dynamodb.Item.__deepcopy__ = original
    return "bystander" in copied


def a_request_token_is_ignored():
    client = table()
    for _ in range(2):
        client.transact_write_items(TransactItems=[{"Update": count()}], ClientRequestToken="token-1")
    return client.get_item(**at("a"))["Item"]["n"]["N"] == "2"


def a_query_looks_at_other_partitions():
    return _looked_at({"KeyConditionExpression": "pk = :v", **values("a")})


def a_query_of_an_index_looks_at_other_partitions():
    return _looked_at({"IndexName": "by_colour", "KeyConditionExpression": "colour = :v", **values("red")})


def _looked_at(query):
    from moto.dynamodb.models.table import Table

    client, seen = table(), []
    for pk, colour in (("a", "red"), ("b", "blue")):
        client.put_item(TableName="things", Item={"pk": {"S": pk}, "sk": {"S": "1"}, "colour": {"S": colour}})
    original = Table.all_items

    def noted(self):
        rows = original(self)
        seen.extend(row.hash_key.value for row in rows)
        return rows

    Table.all_items = noted
    client.query(TableName="things", **query)
    Table.all_items = original
    return "b" in seen


def a_key_condition_may_use_a_reserved_word():
    client = boto3.client("dynamodb", REGION)
    with suppress(client.exceptions.ResourceInUseException):
        client.create_table(
            TableName="sharded",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "shard", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "shard", "AttributeType": "S"}],
        )
    try:
        client.query(TableName="sharded", KeyConditionExpression="shard = :v", **values("1"))
    except ClientError as refused:
        return "reserved keyword: shard" not in str(refused)
    return True


def an_upsert_shows_twice_in_the_stream():
    table().update_item(**count())
    return len(stream()) == 2


def an_event_cannot_reach_a_machine():
    client = boto3.client("events", REGION)
    client.put_rule(Name="r", EventPattern='{"source": ["shop"]}')
    client.put_targets(Rule="r", Targets=[{"Id": "m", "Arn": machine(PASS)}])
    try:
        client.put_events(Entries=[{"Source": "shop", "DetailType": "d", "Detail": "{}"}])
    except NotImplementedError:
        return True
    return False


def express_refuses_a_used_name():
    arn = machine(PASS, type="EXPRESS")
    return start(arn, "n") is None or start(arn, "n") is None


def each_execution_parses_its_definition():
    from moto.stepfunctions.parser.asl.parse import asl_parser

    parsed, original = [], asl_parser.ASLLexer
    asl_parser.ASLLexer = lambda *arguments: (parsed.append(1), original(*arguments))[1]
    arn = machine(PASS, name="parsed_often")
    parsed.clear()
    start(arn, "n")
    asl_parser.ASLLexer = original
    return bool(parsed)


def each_use_parses_its_path():
    from jsonpath_ng.ext.parser import ExtendedJsonPathParser
    from moto.stepfunctions.parser.asl.utils.json_path import extract_json

    parsed, original = [], ExtendedJsonPathParser.parse
    extract_json("$.a", {"a": 1})
    ExtendedJsonPathParser.parse = lambda *arguments: (parsed.append(1), original(*arguments))[1]
    extract_json("$.a", {"a": 1})
    ExtendedJsonPathParser.parse = original
    return bool(parsed)


def an_answer_is_walked_along_the_service_model():
    from moto.core.serialize import ResponseSerializer

    client, walked = table(), []
    client.update_item(**count())
    original = ResponseSerializer._serialize
    ResponseSerializer._serialize = lambda *arguments: (walked.append(1), original(*arguments))[1]
    client.get_item(**at("a"))
    ResponseSerializer._serialize = original
    return bool(walked)


def an_execution_goes_on_after_its_start():
    client = boto3.client("stepfunctions", REGION)
    arn = client.start_execution(stateMachineArn=machine(PASS), name="n", input="{}")["executionArn"]
    # Threads are what makes it so; that it may be over by now is luck.
    from moto.stepfunctions.parser.asl.component.program import program

    waited_for(client, arn)
    return len(program.TMP_THREADS) > 0


def a_scheduler_error_has_the_wrong_name():
    delete = task("arn:aws:states:::aws-sdk:scheduler:deleteSchedule", {"Name": "none"})
    catch = [{"ErrorEquals": ["Scheduler.ResourceNotFoundException"], "Next": "Caught"}]
    return start(machine(delete | {"Catch": catch}), "n") != "SUCCEEDED"


def every_task_builds_a_client():
    from botocore.client import ClientCreator

    built, original = [], ClientCreator.create_client

    def create_client(self, **parameters):
        built.append(parameters["service_name"])
        return original(self, **parameters)

    arn = machine(task("arn:aws:states:::aws-sdk:dynamodb:listTables", {}))
    start(arn, "warm")
    ClientCreator.create_client = create_client
    start(arn, "n")
    ClientCreator.create_client = original
    return "dynamodb" in built


def a_retry_sleeps_in_real_time():
    doomed = task("arn:aws:states:::aws-sdk:dynamodb:deleteTable", {"TableName": "none"})
    retry = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}
    really = time.sleep
    with patch.object(time, "sleep", side_effect=lambda seconds: really(min(seconds, 0.01))) as slept:
        start(machine(doomed | {"Retry": [retry]}), "n")
    return any(call.args[0] > 0.5 for call in slept.call_args_list)


# --- what they are built from ---

PASS = {"Type": "Pass", "End": True}


def machine(state, name="m", type="STANDARD"):
    states = {"Start": state, "Caught": {"Type": "Pass", "End": True}}
    definition = json.dumps({"StartAt": "Start", "States": states})
    client = boto3.client("stepfunctions", REGION)
    return client.create_state_machine(name=name, type=type, roleArn=ROLE, definition=definition)[
        "stateMachineArn"
    ]


def task(resource, parameters):
    return {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}


def start(arn, name):
    """Return how an execution ended, or None when its name was refused."""
    client = boto3.client("stepfunctions", REGION)
    try:
        execution = client.start_execution(stateMachineArn=arn, name=name, input="{}")["executionArn"]
    except client.exceptions.ExecutionAlreadyExists:
        return None
    return waited_for(client, execution)


def waited_for(client, execution):
    for _ in range(500):
        status = client.describe_execution(executionArn=execution)["status"]
        if status != "RUNNING":
            return status
        time.sleep(0.01)
    return "RUNNING"


DEFECTS = (
    two_calls_run_at_once,
    a_transaction_copies_the_table,
    a_request_token_is_ignored,
    a_key_condition_may_use_a_reserved_word,
    a_query_looks_at_other_partitions,
    a_query_of_an_index_looks_at_other_partitions,
    an_upsert_shows_twice_in_the_stream,
    an_event_cannot_reach_a_machine,
    express_refuses_a_used_name,
    each_execution_parses_its_definition,
    each_use_parses_its_path,
    an_answer_is_walked_along_the_service_model,
    an_execution_goes_on_after_its_start,
    a_scheduler_error_has_the_wrong_name,
    every_task_builds_a_client,
    a_retry_sleeps_in_real_time,
    *WASTES,
)


def found():
    """Return which defects are there."""
    answers = {}
    for defect in DEFECTS:
        with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
            answers[defect.__name__] = bool(defect())
    return answers


STAND_IN = SimpleNamespace(  # For the process with the fixes: a cloud that drops events and never waits.
    deliver=lambda rule, event: None,
    client=__import__("functools").cache(lambda service: boto3.client(service, REGION)),
    sleep=lambda seconds: None,
)

if __name__ == "__main__":
    import logging

    import moto.stepfunctions.parser.models  # noqa: F401

    logging.disable()
    json.dump(found(), sys.stdout)
