"""What does a synthesised CloudFormation template say, once its functions are resolved?

Physical names and ARNs are decided here, from the logical ids, before anything is created. So nothing
needs an order of creation, and two clouds of one template are alike to the last name.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ACCOUNT, REGION, PARTITION = "123456789012", "eu-west-1", "aws"
NAME_MAX = 64  # The shortest limit of the services we use.

PSEUDO_PARAMETERS = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": PARTITION,
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "ordercycle-local",
    "AWS::StackId": f"arn:{PARTITION}:cloudformation:{REGION}:{ACCOUNT}:stack/ordercycle-local/1",
    "AWS::NotificationARNs": [],
}
NO_VALUE = object()


class TemplateError(Exception):
    """The template says something that this loader does not understand, or must not guess."""


@dataclass(frozen=True)
class Resource:
    """One resource with resolved properties, under the name and ARN that it will have."""

    logical_id: str
    type: str
    name: str
    arn: str
    properties: Mapping[str, Any]


def _arn(service: str, rest: str) -> str:
    return f"arn:{PARTITION}:{service}:{REGION}:{ACCOUNT}:{rest}"


# Type -> (ARN of a resource with this name, which of the two a Ref means). Only types that something in a
# template may point at; a reference to any other type is an error.
IDENTITIES: dict[str, tuple[Callable[[str], str], str]] = {
    "AWS::ApiGatewayV2::Api": (lambda name: f"arn:{PARTITION}:apigateway:{REGION}::/apis/{name}", "name"),
    "AWS::ApiGatewayV2::Authorizer": (lambda name: name, "name"),
    "AWS::ApiGatewayV2::Integration": (lambda name: name, "name"),
    "AWS::ApiGatewayV2::Route": (lambda name: name, "name"),
    "AWS::ApiGatewayV2::Stage": (lambda name: name, "name"),
    "AWS::CloudWatch::Alarm": (lambda name: _arn("cloudwatch", f"alarm:{name}"), "name"),
    "AWS::CloudWatch::CompositeAlarm": (lambda name: _arn("cloudwatch", f"alarm:{name}"), "name"),
    "AWS::CloudWatch::Dashboard": (lambda name: name, "name"),
    "AWS::Cognito::UserPool": (lambda name: _arn("cognito-idp", f"userpool/{REGION}_{name}"), "pool"),
    "AWS::Cognito::UserPoolClient": (lambda name: name, "name"),
    "AWS::Cognito::UserPoolGroup": (lambda name: name, "name"),
    "AWS::DynamoDB::GlobalTable": (lambda name: _arn("dynamodb", f"table/{name}"), "name"),
    "AWS::DynamoDB::Table": (lambda name: _arn("dynamodb", f"table/{name}"), "name"),
    "AWS::Events::EventBus": (lambda name: _arn("events", f"event-bus/{name}"), "name"),
    "AWS::Events::Rule": (lambda name: _arn("events", f"rule/{name}"), "name"),
    "AWS::IAM::ManagedPolicy": (lambda name: f"arn:{PARTITION}:iam::{ACCOUNT}:policy/{name}", "arn"),
    "AWS::IAM::Policy": (lambda name: name, "name"),
    "AWS::IAM::Role": (lambda name: f"arn:{PARTITION}:iam::{ACCOUNT}:role/{name}", "name"),
    "AWS::KMS::Alias": (lambda name: _arn("kms", name), "name"),
    "AWS::KMS::Key": (lambda name: _arn("kms", f"key/{name}"), "name"),
    "AWS::Lambda::Alias": (lambda name: _arn("lambda", f"function:{name}"), "arn"),
    "AWS::Lambda::EventSourceMapping": (lambda name: _arn("lambda", f"event-source-mapping:{name}"), "name"),
    "AWS::Lambda::Function": (lambda name: _arn("lambda", f"function:{name}"), "name"),
    "AWS::Lambda::LayerVersion": (lambda name: _arn("lambda", f"layer:{name}:1"), "arn"),
    "AWS::Lambda::Version": (lambda name: _arn("lambda", f"function:{name}"), "arn"),
    "AWS::Logs::LogGroup": (lambda name: _arn("logs", f"log-group:{name}:*"), "name"),
    "AWS::S3::Bucket": (lambda name: f"arn:{PARTITION}:s3:::{name}", "name"),
    "AWS::Scheduler::Schedule": (lambda name: _arn("scheduler", f"schedule/default/{name}"), "name"),
    "AWS::Scheduler::ScheduleGroup": (lambda name: _arn("scheduler", f"schedule-group/{name}"), "name"),
    "AWS::SecretsManager::Secret": (lambda name: _arn("secretsmanager", f"secret:{name}-local1"), "arn"),
    "AWS::SNS::Topic": (lambda name: _arn("sns", name), "arn"),
    "AWS::SQS::Queue": (lambda name: _arn("sqs", name), "url"),
    "AWS::StepFunctions::StateMachine": (lambda name: _arn("states", f"stateMachine:{name}"), "arn"),
}
# The property that holds a name which the template itself gives.
GIVEN_NAMES = {
    "AWS::ApiGatewayV2::Stage": "StageName",
    "AWS::Events::EventBus": "Name",
    "AWS::Scheduler::ScheduleGroup": "Name",
    "AWS::Cognito::UserPoolGroup": "GroupName",
    "AWS::KMS::Alias": "AliasName",
}


class Template:
    """A template whose values can be asked for. Give parameters only where there is no default."""

    def __init__(self, document: Mapping[str, Any], parameters: Mapping[str, Any] | None = None) -> None:
        self._document = document
        self._parameters = dict(parameters or {})
        self._bodies: Mapping[str, Any] = document.get("Resources", {})

    @classmethod
    def read(cls, path: Path) -> "Template":
        """Read ``*.template.json``."""
        return cls(json.loads(path.read_text(encoding="utf-8")))

    def resources(self) -> tuple[Resource, ...]:
        """Return every resource whose condition holds, resolved."""
        return tuple(
            self._resource(logical_id, body)
            for logical_id, body in self._bodies.items()
            if "Condition" not in body or self._condition(body["Condition"])
        )

    def value(self, node: Any) -> Any:
        """Resolve *node*: a literal, or any nesting of intrinsic functions."""
        if isinstance(node, list):
            return [value for value in map(self.value, node) if value is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            [(name, argument)] = node.items()
            if name in FUNCTIONS and (name != "Condition" or isinstance(argument, str)):
                return FUNCTIONS[name](self, argument)
            if name.startswith("Fn::"):
                raise TemplateError(f"{name} is not understood")
        resolved = {name: self.value(value) for name, value in node.items()}
        return {name: value for name, value in resolved.items() if value is not NO_VALUE}

    def _resource(self, logical_id: str, body: Mapping[str, Any]) -> Resource:
        if body["Type"] not in IDENTITIES:
            return Resource(logical_id, body["Type"], logical_id, "", self.value(body.get("Properties", {})))
        name, arn = self._identity(logical_id)
        return Resource(logical_id, body["Type"], name, arn, self.value(body.get("Properties", {})))

    def _identity(self, logical_id: str) -> tuple[str, str]:
        """Return the name and the ARN of a resource."""
        body = self._bodies[logical_id]
        properties = body.get("Properties", {})
        if body["Type"] in ("AWS::Lambda::Version", "AWS::Lambda::Alias"):
            # There is one version here: whoever calls a version or an alias calls the function.
            name = str(self.value(properties["FunctionName"])).rpartition(":")[2]
        else:
            name = str(self.value(properties.get(GIVEN_NAMES.get(body["Type"], ""), logical_id)))
        if body["Type"] == "AWS::S3::Bucket":
            name = name.lower()  # A bucket's name is part of an address.
        make_arn, _ = IDENTITIES[body["Type"]]
        return name[-NAME_MAX:], make_arn(name[-NAME_MAX:])

    def _condition(self, name: str) -> bool:
        return bool(self.value(self._document["Conditions"][name]))

    # --- the functions of a template ---

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in PSEUDO_PARAMETERS:
            return PSEUDO_PARAMETERS[name]
        if name in self._bodies:
            return self._reference(name)
        declared = self._document.get("Parameters", {}).get(name)
        if declared is None:
            raise TemplateError(f"Ref {name}: no such parameter or resource")
        if name not in self._parameters and "Default" not in declared:
            raise TemplateError(f"the parameter {name} has neither a value nor a default")
        return self._parameters.get(name, declared.get("Default"))

    def _reference(self, logical_id: str) -> str:
        kind = self._bodies[logical_id]["Type"]
        if kind not in IDENTITIES:
            raise TemplateError(f"Ref {logical_id}: it is not known what {kind} refers to")
        name, arn = self._identity(logical_id)
        return {
            "name": name,
            "arn": arn,
            "url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}",
            "pool": f"{REGION}_{name}",
        }[IDENTITIES[kind][1]]

    def _attribute(self, argument: Any) -> Any:
        logical_id, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        if logical_id not in self._bodies:
            raise TemplateError(f"GetAtt {logical_id}.{attribute}: no such resource")
        kind = self._bodies[logical_id]["Type"]
        if kind not in IDENTITIES:
            raise TemplateError(f"GetAtt {logical_id}.{attribute}: it is not known what {kind} has")
        name, arn = self._identity(logical_id)
        known = {
            "Arn": arn,
            "Name": name,
            "QueueName": name,
            "QueueUrl": self._reference(logical_id),
            "TopicName": name,
            "TopicArn": arn,
            "KeyId": name,
            "RoleId": f"AROA{name.upper()}",
            "StateMachineRevisionId": "INITIAL",
            "StreamArn": f"{arn}/stream/local",
            "ApiId": name,
            "ApiEndpoint": f"https://{name}.execute-api.{REGION}.amazonaws.com",
            "AuthorizerId": name,
            "RegionalDomainName": f"{name}.s3.{REGION}.amazonaws.com",
            "ProviderName": f"cognito-idp.{REGION}.amazonaws.com/{REGION}_{name}",
            "ProviderURL": f"https://cognito-idp.{REGION}.amazonaws.com/{REGION}_{name}",
            "UserPoolId": f"{REGION}_{name}",
            "ClientId": name,
            "Id": name,
        }
        if attribute not in known:
            raise TemplateError(f"GetAtt {logical_id}.{attribute}: unknown attribute of {kind}")
        return known[attribute]

    def _sub(self, argument: Any) -> str:
        text, given = (argument, {}) if isinstance(argument, str) else argument
        own = {name: self.value(value) for name, value in given.items()}

        def replaced(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in own:
                return str(own[name])
            return str(self._attribute(name) if "." in name else self._ref(name))

        return re.sub(r"\$\{([^}]+)\}", replaced, text)

    def _join(self, argument: Any) -> str:
        delimiter, parts = argument
        return str(delimiter).join(str(part) for part in self.value(parts))

    def _select(self, argument: Any) -> Any:
        index, values = argument
        return self.value(values)[int(self.value(index))]

    def _split(self, argument: Any) -> list[str]:
        delimiter, text = argument
        return str(self.value(text)).split(delimiter)

    def _if(self, argument: Any) -> Any:
        condition, then, otherwise = argument
        return self.value(then if self._condition(condition) else otherwise)

    def _find_in_map(self, argument: Any) -> Any:
        outer, first, second = self.value(argument)
        return self._document["Mappings"][outer][first][second]

    def _base64(self, argument: Any) -> str:
        return base64.b64encode(str(self.value(argument)).encode()).decode()


FUNCTIONS: dict[str, Callable[[Template, Any], Any]] = {
    "Ref": Template._ref,
    "Fn::GetAtt": Template._attribute,
    "Fn::Sub": Template._sub,
    "Fn::Join": Template._join,
    "Fn::Select": Template._select,
    "Fn::Split": Template._split,
    "Fn::If": Template._if,
    "Fn::FindInMap": Template._find_in_map,
    "Fn::Base64": Template._base64,
    "Condition": Template._condition,
    "Fn::Equals": lambda template, pair: len({str(value) for value in template.value(pair)}) == 1,
    "Fn::And": lambda template, all_of: all(template.value(all_of)),
    "Fn::Or": lambda template, any_of: any(template.value(any_of)),
    "Fn::Not": lambda template, one: not template.value(one)[0],
}
