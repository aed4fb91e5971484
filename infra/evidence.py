"""The private bucket of photos, videos and papers that people show in a case (shared/store/evidence.py).

Nobody reads it, or writes to it, but with leave that our functions sign for one object and a few minutes; and nobody
has leave to delete. It is not versioned: leave to write fixes the object's digest, so writing again changes nothing.
"""

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.stage import Config

PREFIX = (
    "orders/"  # Everything in it; a prefix of its own, so that another kind may be kept for another time.
)
ABANDONED_DAYS = 1


class Evidence(Construct):
    """``objects`` is the ARN of everything in the bucket, ``url`` where it is reached."""

    def __init__(self, scope: Construct, id: str, *, key: kms.IKey, config: Config) -> None:
        super().__init__(scope, id)
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
            cors=_cors(config),
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="KeptForAWhile", prefix=PREFIX, expiration=Duration.days(config.evidence_days)
                ),
                s3.LifecycleRule(
                    id="Abandoned", abort_incomplete_multipart_upload_after=Duration.days(ABANDONED_DAYS)
                ),
            ],
            removal_policy=config.removal_policy,
        )
        self.objects = self.bucket.arn_for_objects(f"{PREFIX}*")
        self.url = f"https://{self.bucket.bucket_regional_domain_name}"


def _cors(config: Config) -> list[s3.CorsRule] | None:
    """A browser's shop uploads and reads from its own origin, which it names; otherwise no browser does."""
    if not config.shop_origin:
        return None
    methods = [s3.HttpMethods.GET, s3.HttpMethods.HEAD, s3.HttpMethods.POST]
    return [s3.CorsRule(allowed_methods=methods, allowed_origins=[config.shop_origin], max_age=3600)]
