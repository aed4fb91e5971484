"""Nobody takes a root of the chain of vouchers away, or lays another over it; and every voucher reaches the books."""

import json

import pytest

from tests.infra.test_events import mapping_of
from tests.infra.test_permissions import as_list, granted_to, statements, text

BUCKET = "AWS::S3::Bucket"


def bucket_of(stack):
    return stack.named(BUCKET, "BooksBucket")["Properties"]


def test_versions_can_be_locked_and_no_default_locks_bills_or_reports(stack):
    bucket = bucket_of(stack)

    assert bucket["ObjectLockEnabled"] is True
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "ObjectLockConfiguration" not in bucket


def test_the_public_is_kept_out_in_every_way_there_is(stack):
    bucket = bucket_of(stack)

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert "CorsConfiguration" not in bucket


def test_everything_in_it_is_encrypted_with_our_key(stack):
    [key] = stack.resources("AWS::KMS::Key")

    [rule] = bucket_of(stack)["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert rule["ServerSideEncryptionByDefault"] == {
        "KMSMasterKeyID": {"Fn::GetAtt": [key, "Arn"]},
        "SSEAlgorithm": "aws:kms",
    }


def test_the_policy_only_forbids_and_a_root_is_written_only_where_there_is_none(stack):
    policy = stack.named("AWS::S3::BucketPolicy", "BooksBucket")["Properties"]
    denied = policy["PolicyDocument"]["Statement"]

    [once] = [s for s in denied if s.get("Sid") == "RootsAreWrittenOnce"]

    assert {s["Effect"] for s in denied} == {"Deny"}
    assert {"Bool": {"aws:SecureTransport": "false"}} in [s["Condition"] for s in denied]
    assert (once["Principal"], once["Action"]) == ({"AWS": "*"}, "s3:PutObject")
    assert once["Condition"] == {"Null": {"s3:if-none-match": "true"}}
    assert text(once["Resource"]).endswith("/roots/*")


def test_what_is_written_over_goes_after_a_month_but_no_root_and_no_bill(stack):
    rules = bucket_of(stack)["LifecycleConfiguration"]["Rules"]

    replaced = {r["Prefix"]: r for r in rules if "NoncurrentVersionExpiration" in r}

    assert set(replaced) == {"reconciliation/", "archive/"}
    assert {r["NoncurrentVersionExpiration"]["NoncurrentDays"] for r in replaced.values()} == {30}
    assert [r["Id"] for r in rules if "ExpirationInDays" in r] == []
    assert {r["Id"] for r in rules if "AbortIncompleteMultipartUpload" in r} == {"Abandoned"}


@pytest.mark.parametrize(("stage", "days"), [("dev", "1"), ("prod", "3653")])
def test_a_root_is_locked_for_a_day_in_dev_and_for_ten_years_in_production(stacks, stage, days):
    told = stacks[stage].functions()["closing"]["Environment"]["Variables"]

    assert told["ROOT_DAYS"] == days
    assert told["BOOKS_BUCKET"]["Ref"].startswith("BooksBucket")


def test_the_bookkeeper_sees_every_new_voucher_and_nothing_that_it_wrote_itself(stack):
    mapping = mapping_of(stack, "BookkeeperFunction")

    [pattern] = [json.loads(entry["Pattern"]) for entry in mapping["FilterCriteria"]["Filters"]]

    assert pattern == {
        "eventName": ["INSERT"],
        "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "VOUCHER#"}]}}},
    }
    assert mapping["EventSourceArn"]["Fn::GetAtt"][0].startswith("DataLedger")
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert (mapping["MaximumRetryAttempts"], mapping["BatchSize"]) == (10, 100)
    assert mapping["MaximumRecordAgeInSeconds"] == 21_600
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    [queue] = mapping["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][:1]
    assert queue.startswith("BooksLostPostings")


def test_the_ledger_streams_what_was_added(stack):
    ledger = stack.named("AWS::DynamoDB::GlobalTable", "DataLedger")["Properties"]

    assert ledger["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}


def test_only_closing_writes_roots_and_locks_them(stack):
    writing = {
        (role[:-8], action)
        for role, s in statements(stack)
        if "/roots/*" in str(s["Resource"])
        for action in as_list(s["Action"])
        if not action.startswith("s3:Get")
    }

    assert writing == {("ClosingRole", "s3:PutObject"), ("ClosingRole", "s3:PutObjectRetention")}


def test_nobody_deletes_from_the_books_goes_round_a_lock_or_takes_it_off(stack):
    near = [s for _, s in statements(stack) if "BooksBucket" in str(s["Resource"])]
    actions = {action for s in near for action in as_list(s["Action"])}

    assert actions <= {
        "s3:PutObject",
        "s3:PutObjectRetention",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:ListBucket",
        "s3:ListBucketVersions",
    }


def test_the_bookkeeper_adds_to_the_ledger_and_touches_nothing_else(stack):
    granted = granted_to(stack, "BookkeeperRole")

    assert granted["dynamodb:PutItem"] == {"DataLedger"}
    assert granted["dynamodb:GetItem"] == {"DataLedger"}
    assert granted["dynamodb:Query"] == {"DataLedger"}
    assert granted["sqs:SendMessage"] == {"BooksLostPostings"}
