"""What each function is allowed is what it does: granted minus used is nothing, and nothing is used ungranted."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.wiring import keyring, partners
from infra.permissions import MAY
from shared.outside import Call, outside
from tests.http_world import World
from tests.sweep.faults import crash_before, striking
from tests.sweep.permission_plays import PLAYS
from tests.sweep.scenarios import SCENARIOS
from tests.sweep.shipping import SHIPPING

BY_OTHERS = {
    ("relay", "Orders stream"),  # Lambda itself polls,
    ("relay", "Lost events"),  # and gives up.
    ("bookkeeper", "Ledger stream"),
    ("bookkeeper", "Lost postings"),
    ("evidence_api", "Evidence"),  # Who was given leave puts and reads: tests/functions/test_evidence.py.
}
# Who was given leave puts the bill, in the signer's name: tests/functions/test_reconcile.py.
SIGNED_FOR = {("books_api", "Bills", "s3:PutObject")}
WRITES = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
    "Delete": "dynamodb:DeleteItem",
}
NAMES = {
    "query": "dynamodb:Query",
    "get_item": "dynamodb:GetItem",
    "batch_get_item": "dynamodb:BatchGetItem",
    "scan": "dynamodb:Scan",
    "put_item": "dynamodb:PutItem",
    "update_item": "dynamodb:UpdateItem",
    "put_events": "events:PutEvents",
    "get_secret_value": "secretsmanager:GetSecretValue",
    "describe_secret": "secretsmanager:DescribeSecret",
    "get_function_configuration": "lambda:GetFunctionConfiguration",
    "update_function_configuration": "lambda:UpdateFunctionConfiguration",
    "head_object": "s3:GetObject",
    "get_object": "s3:GetObject",
    "put_object": "s3:PutObject",
    "list_objects_v2": "s3:ListBucket",
    "list_object_versions": "s3:ListBucketVersions",
    "delete_item": "dynamodb:DeleteItem",
    "batch_write_item": "dynamodb:BatchWriteItem",
}
MISSING = {"404", "NoSuchKey", "NotFound"}  # What S3 answers to those only who may list the bucket.
BOOKS = {"roots": "Roots", "bills": "Bills", "reconciliation": "Reports", "archive": "Archive"}


class Watched:
    """Writes down what each function does to what."""

    def __init__(self, world: World) -> None:
        self.used: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._function = ""
        self._functions = world.cloud.runtime.functions
        tables = next(iter(self._functions.values())).environment
        self._things = {
            tables[f"{name.upper()}_TABLE"]: name
            for name in ("Orders", "Stock", "Ledger", "Catalogue", "Members")
        }
        self._things |= {
            tables["SANDBOX_SECRET_ARN"]: "Sandbox secret",
            tables["PAYMENT_KEYS_ARN"]: "Payment keys",
            tables["PARTNER_KEYS_ARN"]: "Partner keys",
        }

    def inside(self, invoke: Callable[[str, bytes], Any]) -> Callable[[str, bytes], Any]:
        """The runtime's *invoke*, and while it runs we know who calls."""

        def watched(name_or_arn: str, payload: bytes) -> Any:
            before, self._function = self._function, self._name(name_or_arn)
            keyring.cache_clear()  # On AWS each function has its own, and needs its own permission to read it.
            partners.cache_clear()
            try:
                return invoke(name_or_arn, payload)
            finally:
                self._function = before

        return watched

    def _name(self, name_or_arn: str) -> str:
        [function] = [f for f in self._functions.values() if name_or_arn in (f.name, f.arn)]
        return function.handler.split(".")[1]

    def __call__(self, call: Call, act: Callable[[], Any]) -> Any:
        if self._function and call.service != "http":
            self.used[self._function] |= set(self._actions(call))
        try:
            return act()
        except ClientError as refused:
            if self._function and call.service == "s3" and refused.response["Error"]["Code"] in MISSING:
                bucket = "Books bucket" if _thing_of(call) in BOOKS.values() else "Evidence bucket"
                self.used[self._function].add((bucket, "s3:ListBucket"))  # Else S3 says 403 instead.
            raise

    def _actions(self, call: Call) -> Iterator[tuple[str, str]]:
        if call.operation == "transact_write_items":
            for item in call.request["TransactItems"]:
                ((kind, write),) = item.items()
                if kind == "Delete" and write["Key"]["pk"]["S"].startswith("PARKED#"):
                    yield "Parked facts", "dynamodb:DeleteItem"
                else:
                    yield self._things[write["TableName"]], WRITES[kind]
        elif call.operation in ("batch_get_item", "batch_write_item"):
            for table in call.request["RequestItems"]:
                yield self._things[table], NAMES[call.operation]
        elif self._function == "relay" and call.operation == "put_item":
            assert call.request["Item"]["pk"]["S"].startswith("PLACED#")
            yield "Placed orders", NAMES[call.operation]
        elif call.service == "dynamodb":
            table = self._things[call.request["TableName"]]
            index = call.request.get("IndexName")
            yield f"{table}/{index}" if index else table, NAMES[call.operation]
        elif call.service == "secretsmanager":
            yield self._things[call.request["SecretId"]], NAMES[call.operation]
        elif call.service == "s3":
            yield from _with_objects(call)
        else:
            things = {"events": "Bus", "lambda": "Key holders"}
            yield things[call.service], NAMES[call.operation]


def _thing_of(call: Call) -> str:
    return BOOKS.get(call.request["Key"].partition("/")[0], "Evidence")


def _with_objects(call: Call) -> Iterator[tuple[str, str]]:
    if call.operation.startswith("list_"):
        yield "Books bucket", NAMES[call.operation]
        return
    thing = _thing_of(call)
    yield thing, NAMES[call.operation] + ("Version" if "VersionId" in call.request else "")
    if "ObjectLockMode" in call.request:
        yield thing, "s3:PutObjectRetention"


@pytest.fixture(scope="module")
def used() -> Iterator[dict[str, set[tuple[str, str]]]]:
    world = World()
    watched = Watched(world)
    world.cloud.runtime.invoke = watched.inside(world.cloud.runtime.invoke)  # type: ignore[method-assign]
    outside.around.append(watched)
    try:
        for scenario in SCENARIOS:
            world.reset(sweeper=True)
            with striking(None, crash_before):
                scenario.act(world, scenario.before(world))
                if scenario not in SHIPPING:  # What comes after these comes after the others, too.
                    world.cloud.advance(20 * 86_400)
        for play in PLAYS:
            world.reset(sweeper=True)
            play(world)
        yield watched.used
    finally:
        outside.around.remove(watched)
        world.close()


@pytest.mark.parametrize("function", MAY)
def test_a_function_may_do_what_it_does_and_nothing_else(
    used: dict[str, set[tuple[str, str]]], function: str
) -> None:
    granted = {
        (thing, action)
        for thing, actions in MAY[function].items()
        for action in actions.split()
        if (function, thing) not in BY_OTHERS and (function, thing, action) not in SIGNED_FOR
    }

    assert used[function] - granted == set()
    assert granted - used[function] == set()
