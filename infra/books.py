"""The books: the bucket of roots, bills, reports and archive, and how vouchers get from their table to the bookkeeper.

    roots/            daily root of the chain of vouchers, locked: nobody deletes it, not even the account's owner
    bills/            providers' bills as they came
    reconciliation/   what comparing them with the ledger found
    archive/          completed orders, without anything personal

The stream is a hint like every other: the vouchers are the truth, and ``python -m local.books --repair`` writes what
was lost between them and the books.
"""

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.alarms import PERIOD, Alarms, told_by_us
from infra.dead_letters import DeadLetters
from infra.function import Function
from infra.stage import Config

# Each a prefix of its own, so that each may have its own readers, writers and time.
ROOTS, BILLS, REPORTS, ARCHIVE = "roots/", "bills/", "reconciliation/", "archive/"
REPLACED_DAYS = 30  # So long what was written over can be brought back.
ABANDONED_DAYS = 1
VOUCHERS_PER_CALL_MAX = 100
LAG_MAX = Duration.minutes(5)

A_VOUCHER_WAS_ADDED = {
    "eventName": ["INSERT"],
    "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "VOUCHER#"}]}}},
}


class Books(Construct):
    """``objects`` has the ARN of everything below each prefix, by the prefix."""

    def __init__(self, scope: Construct, id: str, *, key: kms.IKey, config: Config, alarms: Alarms) -> None:
        super().__init__(scope, id)
        self._alarms = alarms
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,  # One question to KMS for many objects.
            versioned=True,  # Locks hold for versions.
            object_lock_enabled=True,  # Only roots are locked, each when it is written.
            lifecycle_rules=_lifecycle(),
            removal_policy=config.removal_policy,
        )
        self.url = f"https://{self.bucket.bucket_regional_domain_name}"
        self.bucket.add_to_resource_policy(self._roots_are_written_once())
        self.objects = {
            prefix: self.bucket.arn_for_objects(f"{prefix}*") for prefix in (ROOTS, BILLS, REPORTS, ARCHIVE)
        }
        self.lost_postings = DeadLetters(self, "LostPostings", holds="A voucher's postings", alarms=alarms)

    def keep(self, ledger: dynamodb.TableV2, bookkeeper: Function) -> None:
        """Let *bookkeeper* enter each new voucher of *ledger* into the books."""
        bookkeeper.handler.add_event_source(
            sources.DynamoEventSource(
                ledger,
                starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                filters=[lambda_.FilterCriteria.filter(A_VOUCHER_WAS_ADDED)],
                batch_size=VOUCHERS_PER_CALL_MAX,
                report_batch_item_failures=True,
                bisect_batch_on_error=True,
                retry_attempts=10,
                max_record_age=Duration.hours(6),
                on_failure=sources.SqsDlq(self.lost_postings),
            )
        )
        self._alarms.watch(
            "Books lag",
            metric=bookkeeper.handler.metric("IteratorAge", period=PERIOD, statistic="Maximum"),
            threshold=LAG_MAX.to_milliseconds(),
            periods=3,
            says="Vouchers wait more than five minutes before they are entered into the books.",
            runbook="books-lag",
        )
        self._alarms.watch(
            "The chain of vouchers is broken",
            metric=told_by_us("ChainBroken", "Sum"),
            says="The chain of vouchers does not continue from its last root: history was changed.",
            runbook="chain-broken",
        )
        self._alarms.watch(
            "Statements could not be drawn up",
            metric=told_by_us("StatementFailed", "Sum"),
            says="Some merchant's account could not be stated. It is tried again every hour.",
            runbook="statements-failed",
        )

    def _roots_are_written_once(self) -> iam.PolicyStatement:
        """A lock holds for a version; without this, another version could be laid over it.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
        """
        return iam.PolicyStatement(
            sid="RootsAreWrittenOnce",
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            actions=["s3:PutObject"],
            resources=[self.bucket.arn_for_objects(f"{ROOTS}*")],
            conditions={"Null": {"s3:if-none-match": "true"}},
        )


def _lifecycle() -> list[s3.LifecycleRule]:
    """No rule for roots: what is written over one is the evidence. Bills are kept, too."""
    return [
        *(
            s3.LifecycleRule(
                id=f"Replaced-{prefix.rstrip('/')}",
                prefix=prefix,
                noncurrent_version_expiration=Duration.days(REPLACED_DAYS),
            )
            for prefix in (REPORTS, ARCHIVE)
        ),
        s3.LifecycleRule(
            id="Abandoned", abort_incomplete_multipart_upload_after=Duration.days(ABANDONED_DAYS)
        ),
    ]
