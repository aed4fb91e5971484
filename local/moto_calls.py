"""The short way to moto's tables, bus, schedules and secrets: a call without all that it goes through on its way.

Botocore builds a URL, signs it and hands it to moto, which tries the URL patterns of every service, takes the request
apart again, and answers with text that botocore reads along its model: 0.5 ms a call, ten times what reading an item
takes. The short way keeps what can tell something about the product: botocore's check of the parameters, and all that
moto decides, and the words in which it refuses. What is binary takes the long way.

``tests/local/test_moto_calls.py`` compares the two ways, answer by answer.
"""

# mypy: disable-error-code="method-assign,assignment,attr-defined,no-untyped-call"
# Patching is what this file is for.

import json
from collections.abc import Callable
from typing import Any

from botocore.client import BaseClient
from moto.core.exceptions import JsonRESTError
from moto.core.models import botocore_stubber
from moto.core.utils import camelcase_to_underscores
from moto.dynamodb.responses import DynamoHandler
from moto.events.responses import EventsHandler
from moto.scheduler.responses import EventBridgeSchedulerResponse
from moto.secretsmanager.responses import SecretsManagerResponse

from local.template import ACCOUNT

ON_ITEMS = frozenset(
    {
        "BatchGetItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "TransactGetItems",
        "TransactWriteItems",
        "UpdateItem",
    }
)
SHORT = {
    "dynamodb": (DynamoHandler, ON_ITEMS),
    "events": (EventsHandler, {"PutEvents"}),
    "scheduler": (EventBridgeSchedulerResponse, {"CreateSchedule"}),
    "secretsmanager": (SecretsManagerResponse, {"DescribeSecret", "GetSecretValue", "PutSecretValue"}),
}
BINARY = (b'"B":', b'"BS":')  # Text in a request, bytes in moto's hands.
OURS = {"HTTPStatusCode": 200, "HTTPHeaders": {}, "RetryAttempts": 0}


def take_the_short_way(on_items: Callable[[Any], dict[str, Any]]) -> None:
    """Let clients call moto itself; *on_items* does what its handler of DynamoDB was asked, and returns the answer."""
    original = BaseClient._make_api_call

    def call(self: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        service = self.meta.service_model.service_name
        if service not in SHORT or operation not in SHORT[service][1] or not _goes_to_moto(self):
            return original(self, operation, parameters)
        model = self.meta.service_model.operation_model(operation)
        request = self._serializer.serialize_to_request(parameters, model)
        if service == "dynamodb" and any(mark in request["body"] for mark in BINARY):
            return original(self, operation, parameters)
        handler = _handler(service, operation, self.meta.region_name, request)
        try:
            answer: Any = on_items(handler) if service == "dynamodb" else getattr(handler, handler.action)()
        except JsonRESTError as refused:
            raise _as_refused(self, model, refused) from None
        if service == "dynamodb":
            known = {
                name: answer[name] for name in model.output_shape.members if answer.get(name) is not None
            }
            return known | {"ResponseMetadata": dict(OURS)}
        text = {"status_code": 200, "headers": {}, "body": answer.encode()}
        return self._response_parser.parse(text, model.output_shape)

    BaseClient._make_api_call = call


def _goes_to_moto(client: BaseClient) -> bool:
    """Whether nobody else has a word in it: a resource of boto3 writes requests and reads answers in its own way."""
    is_resource = "Resource" in (client.meta.config.user_agent_extra or "")
    return botocore_stubber.enabled and not is_resource and ".amazonaws.com" in client.meta.endpoint_url


def _as_refused(client: BaseClient, model: Any, refused: JsonRESTError) -> Exception:
    """What a caller catches when moto refuses: with the members that the model gives this refusal."""
    text = {"status_code": refused.code, "headers": {}, "body": refused.description.encode()}
    parsed = client._response_parser.parse(text, model.output_shape)
    client._endpoint._add_modeled_error_fields(text, parsed, model, client._response_parser)
    error: Exception = client.exceptions.from_code(parsed["Error"]["Code"])(parsed, model.name)
    return error


def _handler(service: str, operation: str, region: str, request: dict[str, Any]) -> Any:
    """What moto makes of a request, with what its methods look at."""
    handler = SHORT[service][0]()
    handler.current_account, handler.region, handler.partition = ACCOUNT, region, "aws"
    handler.headers = {"x-amz-target": f"{service}.{operation}"}
    handler.querystring, handler.uri_match, handler.response_headers = {}, {}, {}
    handler.uri, handler.body = request["url_path"], request["body"].decode()
    handler.action = camelcase_to_underscores(operation)
    if service == "dynamodb":
        handler.params = handler.body = json.loads(handler.body)
    return handler
