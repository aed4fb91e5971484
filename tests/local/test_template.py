import pytest

from local.cloud import Cloud
from local.template import Template, TemplateError
from tests.local import small


def resolved(node, **document):
    return Template({"Resources": {}, **document}).value(node)


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"Fn::Join": ["-", ["a", {"Ref": "AWS::Region"}]]}, "a-eu-west-1"),
        ({"Fn::Sub": "arn:${AWS::Partition}:x"}, "arn:aws:x"),
        (
            {"Fn::Sub": ["${who} at ${AWS::AccountId}", {"who": {"Ref": "AWS::Region"}}]},
            "eu-west-1 at 123456789012",
        ),
        ({"Fn::Sub": "${!Literal}"}, "${Literal}"),
        ({"Fn::Select": [1, ["a", "b"]]}, "b"),
        ({"Fn::Select": ["0", {"Fn::Split": ["/", "x/y"]}]}, "x"),
        ({"Fn::Base64": "hi"}, "aGk="),
        ({"deep": [{"Ref": "AWS::Partition"}, 7, True]}, {"deep": ["aws", 7, True]}),
        ({"keep": 1, "drop": {"Ref": "AWS::NoValue"}}, {"keep": 1}),
        ([1, {"Ref": "AWS::NoValue"}], [1]),
    ],
)
def test_functions_are_resolved(node, value):
    assert resolved(node) == value


def test_conditions_choose_between_two_values():
    conditions = {
        "IsDev": {"Fn::Equals": [{"Ref": "Stage"}, "dev"]},
        "IsIreland": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]},
        "Both": {"Fn::And": [{"Condition": "IsDev"}, {"Condition": "IsIreland"}]},
        "Neither": {"Fn::Not": [{"Fn::Or": [{"Condition": "IsDev"}, {"Condition": "IsIreland"}]}]},
    }
    document = {"Conditions": conditions, "Parameters": {"Stage": {"Type": "String", "Default": "dev"}}}

    assert resolved({"Fn::If": ["Both", "yes", "no"]}, **document) == "yes"
    assert resolved({"Fn::If": ["Neither", "yes", "no"]}, **document) == "no"


def test_a_policy_condition_is_no_function():
    statement = {"Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}}

    assert resolved(statement) == {"Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}


def test_a_resource_whose_condition_fails_is_not_there():
    document = {
        "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
        "Resources": {
            "Gone": {"Type": "AWS::SQS::Queue", "Condition": "Never"},
            "Here": {"Type": "AWS::SQS::Queue"},
        },
    }

    assert [resource.logical_id for resource in Template(document).resources()] == ["Here"]


def test_a_version_of_a_function_is_the_function():
    document = {
        "F": {"Type": "AWS::Lambda::Function", "Properties": {}},
        "V": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "F"}}},
    }

    assert resolved({"Ref": "V"}, Resources=document) == "arn:aws:lambda:eu-west-1:123456789012:function:F"


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ({"Fn::ImportValue": "x"}, "Fn::ImportValue is not understood"),
        ({"Ref": "Nobody"}, "no such parameter or resource"),
        ({"Ref": "Needed"}, "neither a value nor a default"),
        ({"Fn::GetAtt": ["Queue", "Colour"]}, "unknown attribute"),
        ({"Ref": "Odd"}, "it is not known what AWS::Odd::Thing refers to"),
    ],
)
def test_what_is_not_understood_is_refused(node, message):
    document = {
        "Parameters": {"Needed": {"Type": "String"}},
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}, "Odd": {"Type": "AWS::Odd::Thing"}},
    }

    with pytest.raises(TemplateError, match=message):
        resolved(node, **document)


def test_a_bucket_s_name_can_be_part_of_an_address():
    document = {"FilesABC1": {"Type": "AWS::S3::Bucket"}}

    assert resolved({"Ref": "FilesABC1"}, Resources=document) == "filesabc1"
    assert resolved({"Fn::GetAtt": ["FilesABC1", "Arn"]}, Resources=document) == "arn:aws:s3:::filesabc1"
    domain = resolved({"Fn::GetAtt": ["FilesABC1", "RegionalDomainName"]}, Resources=document)
    assert domain == "filesabc1.s3.eu-west-1.amazonaws.com"


def test_an_unknown_type_of_resource_is_refused():
    document = small.document()
    document["Resources"]["Cache"] = {"Type": "AWS::ElastiCache::CacheCluster", "Properties": {}}

    with pytest.raises(TemplateError, match="Cache is of the unknown type AWS::ElastiCache::CacheCluster"):
        Cloud(Template(document))


def test_functions_that_disagree_on_a_variable_are_refused():
    document = small.document()
    document["Resources"]["Sweep"]["Properties"]["Environment"]["Variables"]["THINGS_TABLE"] = "other"

    with pytest.raises(TemplateError, match="disagree on the variable THINGS_TABLE"):
        Cloud(Template(document))
