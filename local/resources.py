"""Which resources of the template are created in moto, how, and which are not, for which reason."""

import json
import os
import secrets
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import boto3
from moto.secretsmanager.models import secretsmanager_backends

from local.template import ACCOUNT, REGION, Resource, TemplateError

# Types that the cloud itself plays (local.lambdas, streams, schedules, gateway): nothing to create in moto.
PLAYED = {
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Scheduler::Schedule",
}
# Types that change nothing a handler or a caller could see on a laptop, each with the reason.
LEFT_OUT = {
    "AWS::ApiGatewayV2::Stage": "access logs and throttling; the only stage is served at the root",
    "AWS::CDK::Metadata": "says which constructs were used",
    "AWS::CloudWatch::Alarm": "nobody is on call for a laptop",
    "AWS::CloudWatch::CompositeAlarm": "nobody is on call for a laptop",
    "AWS::CloudWatch::Dashboard": "there are no metrics to show",
    "AWS::Cognito::UserPool": "local.tokens issues the tokens",
    "AWS::Cognito::UserPoolClient": "local.tokens issues the tokens",
    "AWS::Cognito::UserPoolDomain": "local.tokens issues the tokens",
    "AWS::Cognito::UserPoolGroup": "local.tokens issues the tokens",
    "AWS::Cognito::UserPoolResourceServer": "local.tokens issues the tokens",
    "AWS::IAM::ManagedPolicy": "grants are asserted on the template; moto does not enforce them",
    "AWS::IAM::Policy": "grants are asserted on the template; moto does not enforce them",
    "AWS::IAM::Role": "grants are asserted on the template; moto does not enforce them",
    "AWS::KMS::Alias": "nothing is encrypted in memory",
    "AWS::KMS::Key": "nothing is encrypted in memory",
    "AWS::Lambda::Alias": "there is one version: the code of this checkout",
    "AWS::Lambda::LayerVersion": "the libraries are those of this environment",
    "AWS::Lambda::Permission": "the cloud calls what the template names",
    "AWS::Lambda::Version": "there is one version: the code of this checkout",
    "AWS::Logs::LogGroup": "handlers log to this terminal",
    "AWS::Logs::MetricFilter": "there are no metrics to show",
    "AWS::Logs::ResourcePolicy": "handlers log to this terminal",
    "AWS::S3::BucketPolicy": "grants are asserted on the template; moto does not enforce them",
    "AWS::SNS::Subscription": "nobody is on call for a laptop",
    "AWS::SNS::Topic": "nobody is on call for a laptop",
    "AWS::SNS::TopicPolicy": "nobody is on call for a laptop",
    "AWS::SQS::QueuePolicy": "grants are asserted on the template; moto does not enforce them",
}

TABLE_PROPERTIES = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "LocalSecondaryIndexes")
INDEX_PROPERTIES = ("IndexName", "KeySchema", "Projection")


def client(service: str) -> Any:
    """The client of a service, where the environment says that it is: elsewhere, for ``bench.engine``."""
    return _client(service, os.environ.get(f"AWS_ENDPOINT_URL_{service.upper()}"))


@cache
def _client(service: str, _address: str | None) -> Any:
    """Once: making one takes as long as a hundred calls."""
    return boto3.client(service, region_name=REGION)


def check(resources: tuple[Resource, ...]) -> None:
    """Raise ``TemplateError`` when there is a resource of an unknown type."""
    for resource in resources:
        if not any(resource.type in known for known in (PLAYED, LEFT_OUT, CREATED)):
            raise TemplateError(
                f"{resource.logical_id} is of the unknown type {resource.type}: teach local/resources.py to "
                "create it, or write there why it may be left out"
            )


def create(resources: tuple[Resource, ...]) -> None:
    """Create in moto what is neither played by the cloud nor left out."""
    for resource in resources:
        if resource.type in CREATED:
            CREATED[resource.type](resource)


def _table(resource: Resource) -> None:
    properties = dict(resource.properties)
    given = {name: properties[name] for name in TABLE_PROPERTIES if properties.get(name)}
    for index in given.get("GlobalSecondaryIndexes", []):
        for name in set(index) - set(INDEX_PROPERTIES):
            del index[name]  # Limits of throughput and the like.
    stream = properties.get("StreamSpecification")
    if stream:
        given["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": stream["StreamViewType"]}
    client("dynamodb").create_table(TableName=resource.name, BillingMode="PAY_PER_REQUEST", **given)
    if expiry := properties.get("TimeToLiveSpecification"):
        client("dynamodb").update_time_to_live(TableName=resource.name, TimeToLiveSpecification=expiry)


def _bus(resource: Resource) -> None:
    client("events").create_event_bus(Name=resource.name)


def _rule(resource: Resource) -> None:
    properties = resource.properties
    if "ScheduleExpression" in properties:
        raise TemplateError(f"{resource.logical_id}: use AWS::Scheduler::Schedule for schedules")
    bus = {"EventBusName": properties["EventBusName"]} if "EventBusName" in properties else {}
    pattern, state = json.dumps(properties["EventPattern"]), properties.get("State", "ENABLED")
    client("events").put_rule(Name=resource.name, EventPattern=pattern, State=state, **bus)
    client("events").put_targets(Rule=resource.name, Targets=properties["Targets"], **bus)


def _machine(resource: Resource) -> None:
    properties = resource.properties
    definition = properties.get("DefinitionString")
    client("stepfunctions").create_state_machine(
        name=resource.name,
        type=properties.get("StateMachineType", "STANDARD"),
        definition=definition if isinstance(definition, str) else json.dumps(properties["Definition"]),
        roleArn=properties["RoleArn"],
    )


def _schedule_group(resource: Resource) -> None:
    client("scheduler").create_schedule_group(Name=resource.name)


def _queue(resource: Resource) -> None:
    fifo = {"FifoQueue": "true"} if resource.properties.get("FifoQueue") else {}
    client("sqs").create_queue(QueueName=resource.name, Attributes=fifo)


def _bucket(resource: Resource) -> None:
    place = {"LocationConstraint": REGION}
    locks = bool(resource.properties.get("ObjectLockEnabled"))
    client("s3").create_bucket(
        Bucket=resource.name, CreateBucketConfiguration=place, ObjectLockEnabledForBucket=locks
    )


def _secret(resource: Resource) -> None:
    text = resource.properties.get("SecretString") or _generated(
        resource.properties.get("GenerateSecretString", {})
    )
    client("secretsmanager").create_secret(Name=resource.name, SecretString=text)
    # Moto draws the end of an ARN by lot; the environment of the functions already names ours.
    secretsmanager_backends[ACCOUNT][REGION].secrets[resource.name].arn = resource.arn


def _generated(asked: Mapping[str, Any]) -> str:
    value = secrets.token_hex(int(asked.get("PasswordLength", 32)))[: int(asked.get("PasswordLength", 32))]
    if "GenerateStringKey" not in asked:
        return value
    return json.dumps(
        {**json.loads(asked.get("SecretStringTemplate", "{}")), asked["GenerateStringKey"]: value}
    )


CREATED: dict[str, Callable[[Resource], None]] = {
    "AWS::DynamoDB::GlobalTable": _table,
    "AWS::DynamoDB::Table": _table,
    "AWS::Events::EventBus": _bus,
    "AWS::Events::Rule": _rule,
    "AWS::S3::Bucket": _bucket,
    "AWS::Scheduler::ScheduleGroup": _schedule_group,
    "AWS::SecretsManager::Secret": _secret,
    "AWS::SQS::Queue": _queue,
    "AWS::StepFunctions::StateMachine": _machine,
}
