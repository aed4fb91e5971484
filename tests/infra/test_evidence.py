"""Nobody reads the evidence bucket, or writes to it, but with leave; and nobody empties it."""

import pytest

from infra.stage import config_for
from tests.infra.conftest import WITHOUT_BUILDING_THE_LAYER
from tests.infra.test_permissions import as_list, granted_to, statements, text

BUCKET = "AWS::S3::Bucket"


def bucket_of(stack):
    return stack.named(BUCKET, "Evidence")["Properties"]


def test_the_public_is_kept_out_in_every_way_there_is(stack):
    bucket = bucket_of(stack)

    assert bucket["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert "AccessControl" not in bucket
    assert "WebsiteConfiguration" not in bucket


def test_nothing_travels_unencrypted_and_the_policy_only_forbids(stack):
    policy = stack.named("AWS::S3::BucketPolicy", "Evidence")["Properties"]

    denied = [s["Condition"] for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]

    assert {"Bool": {"aws:SecureTransport": "false"}} in denied
    assert len(denied) == len(policy["PolicyDocument"]["Statement"])


def test_everything_in_it_is_encrypted_with_our_key(stack):
    [key] = stack.resources("AWS::KMS::Key")

    [rule] = bucket_of(stack)["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert rule["ServerSideEncryptionByDefault"] == {
        "KMSMasterKeyID": {"Fn::GetAtt": [key, "Arn"]},
        "SSEAlgorithm": "aws:kms",
    }


@pytest.mark.parametrize(("stage", "days"), [("dev", 30), ("prod", 1_098)])
def test_files_are_kept_for_as_long_as_the_law_wants_and_then_no_longer(stacks, stage, days):
    rules = {rule["Id"]: rule for rule in bucket_of(stacks[stage])["LifecycleConfiguration"]["Rules"]}

    assert (rules["KeptForAWhile"]["Prefix"], rules["KeptForAWhile"]["ExpirationInDays"]) == ("orders/", days)
    assert rules["Abandoned"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert {rule["Status"] for rule in rules.values()} == {"Enabled"}


def test_one_function_signs_and_another_looks_and_nobody_else_comes_near(stack):
    near = {role[:-8] for role, s in statements(stack) if "EvidenceBucket" in str(s["Resource"])}
    files, bucket = {"EvidenceBucket/orders/*"}, {"EvidenceBucket"}

    signs, looks = (
        {action: places for action, places in granted_to(stack, role).items() if action.startswith("s3:")}
        for role in ("EvidenceApiRole", "ReturnsRole")
    )

    assert near == {"EvidenceApiRole", "ReturnsRole"}
    assert signs == {"s3:PutObject": files, "s3:GetObject": files}
    assert looks == {"s3:GetObject": files, "s3:ListBucket": bucket}


def test_nobody_may_delete_a_file_or_change_who_may_what(stack):
    near = [s for _, s in statements(stack) if "EvidenceBucket" in str(s["Resource"])]
    actions = {action for s in near for action in as_list(s["Action"])}

    assert {action for action in actions if action.startswith("s3:")} == {
        "s3:PutObject",
        "s3:GetObject",
        "s3:ListBucket",
    }


def test_functions_know_the_bucket_and_where_it_is_reached(stack):
    told = stack.functions()["evidence_api"]["Environment"]["Variables"]
    [bucket] = [name for name in stack.resources(BUCKET) if name.startswith("Evidence")]

    assert told["EVIDENCE_BUCKET"] == {"Ref": bucket}
    assert text(told["EVIDENCE_URL"]) == f"https://{bucket}"
    assert told["EVIDENCE_URL"]["Fn::Join"][1][-1] == {"Fn::GetAtt": [bucket, "RegionalDomainName"]}


def test_no_browser_reaches_it_unless_a_shop_names_its_origin(stack):
    assert "CorsConfiguration" not in bucket_of(stack)


def test_a_shop_that_names_its_origin_is_the_only_one_whose_pages_do(tmp_path):
    import json

    from app import build

    context = {"stage": "prod", "shop_origin": "https://shop.example", **WITHOUT_BUILDING_THE_LAYER}
    assembly = build(context, outdir=str(tmp_path)).synth()
    with open(f"{assembly.directory}/Ordercycle-prod.template.json", encoding="utf-8") as file:
        resources = json.load(file)["Resources"].values()

    buckets = [entry["Properties"] for entry in resources if entry["Type"] == BUCKET]
    [bucket] = [one for one in buckets if "CorsConfiguration" in one]
    [rule] = bucket["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedOrigins"] == ["https://shop.example"]
    assert sorted(rule["AllowedMethods"]) == ["GET", "HEAD", "POST"]


@pytest.mark.parametrize(
    "origin", ["*", "http://shop.example", "https://shop.example/", "shop.example", "https://*"]
)
def test_an_origin_is_one_shop_s_and_safe(origin):
    with pytest.raises(ValueError, match="shop_origin"):
        config_for("prod", shop_origin=origin)
