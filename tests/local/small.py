"""A small template with one of everything: what the product's template has, without the product."""

import json
from typing import Any

from local.template import Template

ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Users"
START = 1_800_000_000  # 2027-01-15T08:00:00Z


def at(logical_id: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [logical_id, "Arn"]}


def ref(logical_id: str) -> dict[str, Any]:
    return {"Ref": logical_id}


def function(handler: str, **more: Any) -> dict[str, Any]:
    variables = {"THINGS_TABLE": ref("Things"), "SANDBOX_SECRET_ARN": ref("Secret")}
    properties = {"Handler": f"tests.local.stand_ins.{handler}", "Environment": {"Variables": variables}}
    return {"Type": "AWS::Lambda::Function", "Properties": {**properties, **more}}


def queue() -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": {}}


DEFINITION = {
    "StartAt": "Each",
    "States": {
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.detail.steps",
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": "Effect",
                "States": {
                    "Effect": {
                        "Type": "Task",
                        "Resource": "arn:aws:states:::lambda:invoke",
                        "Parameters": {"FunctionName": "@Effect@", "Payload.$": "$"},
                        "Retry": [
                            {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 30, "MaxAttempts": 2}
                        ],
                        "ResultPath": None,
                        "End": True,
                    }
                },
            },
            "ResultPath": None,
            "End": True,
        }
    },
}


def _definition() -> dict[str, Any]:
    before, after = json.dumps(DEFINITION).split("@Effect@")
    return {"Fn::Join": ["", [before, at("Effect"), after]]}


def _table() -> dict[str, Any]:
    return {
        "Things": {
            "Type": "AWS::DynamoDB::GlobalTable",
            "Properties": {
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                "AttributeDefinitions": [
                    {"AttributeName": "pk", "AttributeType": "S"},
                    {"AttributeName": "sk", "AttributeType": "S"},
                ],
                "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
                "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
                "Replicas": [{"Region": "eu-west-1"}],
            },
        },
        "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"GenerateSecretString": {}}},
    }


def _edge() -> dict[str, Any]:
    return {
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"ProtocolType": "HTTP"}},
        "Users": {"Type": "AWS::Cognito::UserPool", "Properties": {}},
        "Shop": {"Type": "AWS::Cognito::UserPoolClient", "Properties": {}},
        "Authorizer": {
            "Type": "AWS::ApiGatewayV2::Authorizer",
            "Properties": {
                "JwtConfiguration": {
                    "Issuer": {"Fn::GetAtt": ["Users", "ProviderURL"]},
                    "Audience": [ref("Shop")],
                }
            },
        },
        "Integration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {"IntegrationUri": at("ApiFunction"), "PayloadFormatVersion": "2.0"},
        },
    }


def _functions() -> dict[str, Any]:
    return {
        "ApiFunction": function("api"),
        "Relay": function("relay"),
        "Effect": function("effect"),
        "Clock": function("clock", DeadLetterConfig={"TargetArn": at("LostClocks")}),
        "Sweep": function("sweep"),
    }


def _events() -> dict[str, Any]:
    return {
        "Mapping": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": {"Fn::GetAtt": ["Things", "StreamArn"]},
                "FunctionName": ref("Relay"),
                "BatchSize": 4,
                "BisectBatchOnFunctionError": True,
                "MaximumRetryAttempts": 2,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "DestinationConfig": {"OnFailure": {"Destination": at("LostRecords")}},
                "FilterCriteria": {"Filters": [{"Pattern": FILTER}]},
            },
        },
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "shop"}},
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventBusName": ref("Bus"),
                "EventPattern": {"source": ["shop"]},
                "Targets": [
                    {
                        "Id": "m",
                        "Arn": ref("Machine"),
                        "RetryPolicy": {"MaximumRetryAttempts": 3},
                        "DeadLetterConfig": {"Arn": at("LostStarts")},
                    }
                ],
            },
        },
    }


def _effects() -> dict[str, Any]:
    return {
        "Machine": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "StateMachineType": "EXPRESS",
                "RoleArn": at("Role"),
                "DefinitionString": _definition(),
            },
        },
        "Role": {"Type": "AWS::IAM::Role", "Properties": {}},
        "Deadlines": {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": {}},
        "Minutely": {
            "Type": "AWS::Scheduler::Schedule",
            "Properties": {"ScheduleExpression": "rate(1 minute)", "Target": {"Arn": at("Sweep")}},
        },
        "LostRecords": queue(),
        "LostStarts": queue(),
        "LostClocks": queue(),
        "LostSchedules": queue(),
    }


def document() -> dict[str, Any]:
    """Return the template's document, free to be changed."""
    parts = (_table(), _edge(), _routes(), _functions(), _events(), _effects())
    return {"Resources": {name: resource for part in parts for name, resource in part.items()}}


FILTER = json.dumps({"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "#EVENT#"}]}}}})


def _routes() -> dict[str, Any]:
    token = {"AuthorizationType": "JWT", "AuthorizerId": ref("Authorizer")}
    keys = {
        "GET /things/{thing_id}": token,
        "GET /things/latest": token,
        "POST /things": token,
        "POST /webhooks/payments/{provider}": {"AuthorizationType": "NONE"},
    }
    target = {"Target": {"Fn::Join": ["/", ["integrations", ref("Integration")]]}}
    return {
        f"Route{number}": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {"RouteKey": key, **kind, **target},
        }
        for number, (key, kind) in enumerate(keys.items())
    }


def template() -> Template:
    return Template(document())
