"""The whole template: names, stages, and what other tools say about it."""

import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

import app
from infra.acknowledgements import finding
from infra.stage import UnknownStage, config_for

# isort: split
import aws_cdk

PROJECT = Path(__file__).resolve().parents[2]

# A name that we give stands in the way of a replacement and of a second stack. Those that CloudFormation
# demands are made by the CDK from the stack's own name.
NAMES = {
    "AWS::ApiGatewayV2::Stage": "StageName",
    "AWS::Cognito::UserPool": "UserPoolName",
    "AWS::DynamoDB::GlobalTable": "TableName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Lambda::LayerVersion": "LayerName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::Events::EventBus": "Name",
    "AWS::Events::Rule": "Name",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::Scheduler::ScheduleGroup": "Name",
}


def test_nothing_has_a_name_of_our_making(stack):
    named = {
        (entry["Type"], entry["Properties"][NAMES[entry["Type"]]].split("-")[0][: len("Ordercycleprod")])
        for entry in stack.template["Resources"].values()
        if NAMES.get(entry["Type"], "") in entry.get("Properties", {})
    }

    made_by_the_cdk = f"Ordercycle{stack.stage}"
    assert {(type, name[: len(made_by_the_cdk)]) for type, name in named} == {
        ("AWS::ApiGatewayV2::Stage", "$default"),
        ("AWS::Events::EventBus", made_by_the_cdk),
        ("AWS::Scheduler::ScheduleGroup", made_by_the_cdk),
    }


def test_the_template_belongs_to_no_account_and_no_region(stack):
    text = json.dumps(stack.template)

    assert "us-east-1" not in text
    assert '{"Ref": "AWS::Region"}' in text


@pytest.mark.parametrize(("stage", "is_protected"), [("dev", False), ("prod", True)])
def test_production_cannot_be_deleted_by_one_command(stacks, stage, is_protected):
    manifest = json.loads(Path(stacks[stage].path).with_name("manifest.json").read_text(encoding="utf-8"))

    settings = manifest["artifacts"][f"Ordercycle-{stage}"]["properties"]

    assert settings.get("terminationProtection", False) is is_protected


def test_a_stage_that_does_not_exist_is_refused_by_name():
    with pytest.raises(UnknownStage, match="no 'production'"):
        config_for("production")


def test_play_money_never_pays_a_real_order():
    with pytest.raises(UnknownStage, match="prod takes no sandbox_url"):
        config_for("prod", sandbox_url="http://127.0.0.1:8000/_sandbox")


def test_the_sandbox_s_address_reaches_the_functions_of_dev():
    config = config_for("dev", sandbox_url="http://127.0.0.1:8000/_sandbox")

    assert config.sandbox_url == "http://127.0.0.1:8000/_sandbox"


def test_the_flags_are_those_that_the_installed_cdk_recommends():
    [packed] = (Path(aws_cdk.__file__).parent / "_jsii").glob("aws-cdk-lib@*.tgz")
    with tarfile.open(packed) as package:
        [member] = (entry for entry in package if entry.name == "package/recommended-feature-flags.json")
        recommended = json.load(package.extractfile(member))

    ours = json.loads((PROJECT / "cdk.json").read_text(encoding="utf-8"))["context"]

    assert ours == recommended


def test_an_acknowledged_finding_is_named_as_cdk_nag_names_it():
    assert finding("SQS3") == "AwsSolutions-SQS3"
    assert finding("IAM5", "Resource::*") == "AwsSolutions-IAM5[Resource::*]"


def test_cdk_nag_is_at_work_and_finds_what_is_not_acknowledged(monkeypatch, tmp_path, capfd):
    monkeypatch.setattr(app, "acknowledge", lambda stack: None)

    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.build({"aws:cdk:bundling-stacks": []}, outdir=str(tmp_path)).synth()

    assert "AwsSolutions-APIG4" in (tmp_path / "validation-report.json").read_text(encoding="utf-8")


def test_cfn_lint_has_nothing_to_say(stack):
    # W3005: the CDK writes a DependsOn that a reference already implies. It is noise, and not ours.
    cfn_lint = Path(sys.executable).with_name("cfn-lint")
    command = [str(cfn_lint), "--ignore-checks", "W3005", "--", stack.path]

    answer = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (answer.returncode, answer.stdout + answer.stderr) == (0, "")
