"""How a function starts here: what it must have comes first, and a changed configuration is another start."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from functions.wiring import cold_starts
from local.template import REGION, TemplateError
from shared.outside import aws_client
from tests.local import stand_ins

HERE = "tests.local.stand_ins"


@pytest.fixture
def begun(cloud):
    """What happened, in order; the stand-ins' module must have "keys" before its first event."""
    happened = []
    cold_starts[HERE].append(lambda: happened.append("keys"))
    stand_ins.ACT["clock"] = stand_ins.ACT["sweep"] = lambda _event: happened.append("event")
    client().update_function_configuration(FunctionName="Clock", Description="as new")
    yield happened
    del cold_starts[HERE]


def client():
    return boto3.client("lambda", region_name=REGION)


def test_what_a_module_must_have_is_there_before_the_first_event_and_loaded_once(cloud, begun):
    for _ in range(2):
        cloud.runtime.invoke("Clock", b"{}")

    assert begun == ["keys", "event", "event"]


def test_a_changed_configuration_starts_everything_afresh(cloud, begun):
    clients_kept = []

    def use_a_client(_event):
        clients_kept.append(aws_client.cache_info().currsize)
        aws_client("dynamodb")

    stand_ins.ACT["sweep"] = use_a_client
    for _ in range(2):
        cloud.runtime.invoke("Sweep", b"{}")
    client().update_function_configuration(FunctionName="Clock", Description="other keys")
    cloud.runtime.invoke("Sweep", b"{}")

    assert begun == ["keys", "keys"]
    assert clients_kept == [0, 1, 0]


def test_what_cannot_be_loaded_is_the_function_s_error_and_is_tried_again(cloud, begun):
    def is_busy():
        raise ConnectionError("busy")

    cold_starts[HERE].insert(0, is_busy)
    first = cloud.runtime.invoke("Clock", b"{}")
    cold_starts[HERE].remove(is_busy)
    second = cloud.runtime.invoke("Clock", b"{}")

    assert (first.error_type, second.error_type) == ("ConnectionError", None)
    assert begun == ["keys", "event"]


def test_a_function_s_description_is_what_was_last_said(cloud):
    before = client().get_function_configuration(FunctionName="Clock")
    client().update_function_configuration(FunctionName="Clock", Description="first")
    said = client().update_function_configuration(FunctionName=before["FunctionArn"], Description="second")
    after = client().get_function_configuration(FunctionName="Clock")
    other = client().get_function_configuration(FunctionName="Sweep")

    assert (before["FunctionName"], before["Handler"]) == ("Clock", "tests.local.stand_ins.clock")
    assert (said["Description"], after["Description"]) == ("second", "second")
    assert other.get("Description", "") == ""


def test_a_function_that_is_not_in_the_template_does_not_exist(cloud):
    with pytest.raises(ClientError) as refused:
        client().get_function_configuration(FunctionName="Nobody")

    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_nothing_else_of_a_configuration_can_be_changed(cloud):
    with pytest.raises(TemplateError, match="only the description"):
        client().update_function_configuration(FunctionName="Clock", Timeout=7)

    assert cloud.runtime.function("Clock").timeout_seconds == 3
    assert json.loads(cloud.runtime.invoke("Clock", b"{}").payload) is None
