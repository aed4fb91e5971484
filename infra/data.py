"""The five tables. Their keys are drawn in ``shared.store``; here is what guards them."""

from typing import cast

from aws_cdk import Aws
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk.aws_dynamodb import CfnGlobalTable
from constructs import Construct

from infra.stage import Config

STRING, NUMBER = dynamodb.AttributeType.STRING, dynamodb.AttributeType.NUMBER

# A voucher is never edited: a correction is another voucher. BatchWriteItem can delete, and PartiQL both.
EDITS = ("UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLUpdate", "PartiQLDelete")


class Data(Construct):
    """Orders, Stock, Ledger, Catalogue and Members, each with pk and sk, under one key of our own: ``key``."""

    def __init__(self, scope: Construct, id: str, *, config: Config) -> None:
        super().__init__(scope, id)
        self._config = config
        self.key = _our_key(self, config)
        self.orders = self._table(
            "Orders",
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
            expires="expires_at",  # Callers' idempotency keys only; late by up to two days, so never a timer.
            indexes=[
                # One buyer's orders; what a merchant has to do; what is late; what was never finished; what a
                # provider is to be asked about. Sparse, all but the first: a row is in it while that is so.
                _index("buyer", "buyer", ("order_id", STRING)),
                _index("queue", "queue", ("priority", STRING)),
                _index("due", "shard", ("due_at", NUMBER)),
                _index("unfinished", "shard", ("unfinished_since", NUMBER)),
                _index("asking", "ask_shard", ("ask_at", NUMBER)),
            ],
        )
        self.stock = self._table("Stock", expires="expires_at")  # Keys; no counter and no movement.
        self.catalogue = self._table("Catalogue", expires="expires_at")  # Keys; no version of anything.
        self.members = self._table("Members", expires="expires_at")
        self.ledger = self._table("Ledger", stream=dynamodb.StreamViewType.NEW_IMAGE)
        self.ledger.add_to_resource_policy(
            iam.PolicyStatement(
                sid="VouchersAreNeverEdited",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],  # Every function, and every person with a console.
                actions=[f"dynamodb:{edit}" for edit in EDITS],
                resources=["*"],  # This table: its own ARN would make it depend on itself.
            )
        )

    @property
    def names(self) -> dict[str, str]:
        """The tables' names, by the variable that tells a function."""
        return {
            "ORDERS_TABLE": self.orders.table_name,
            "STOCK_TABLE": self.stock.table_name,
            "LEDGER_TABLE": self.ledger.table_name,
            "CATALOGUE_TABLE": self.catalogue.table_name,
            "MEMBERS_TABLE": self.members.table_name,
        }

    def _table(
        self,
        name: str,
        *,
        stream: dynamodb.StreamViewType | None = None,
        expires: str | None = None,
        indexes: list[dynamodb.GlobalSecondaryIndexPropsV2] | None = None,
    ) -> dynamodb.TableV2:
        table = dynamodb.TableV2(
            self,
            name,
            partition_key=dynamodb.Attribute(name="pk", type=STRING),
            sort_key=dynamodb.Attribute(name="sk", type=STRING),
            billing=dynamodb.Billing.on_demand(
                max_read_request_units=self._config.request_units_max,
                max_write_request_units=self._config.request_units_max,
            ),
            encryption=dynamodb.TableEncryptionV2.aws_managed_key(),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=self._config.keeps_its_data,
            removal_policy=self._config.removal_policy,
            dynamo_stream=stream,
            time_to_live_attribute=expires,
            global_secondary_indexes=indexes,
        )
        # TableV2 takes a key of ours only in a stack whose region is written down; ours goes anywhere.
        cast(CfnGlobalTable, table.node.default_child).add_property_override(
            "Replicas.0.SSESpecification.KMSMasterKeyId", self.key.key_arn
        )
        return table


def _index(
    name: str, partition: str, sort: tuple[str, dynamodb.AttributeType]
) -> dynamodb.GlobalSecondaryIndexPropsV2:
    """Keys only: a list is read from the index, what is decided on is read from the table."""
    return dynamodb.GlobalSecondaryIndexPropsV2(
        index_name=name,
        partition_key=dynamodb.Attribute(name=partition, type=STRING),
        sort_key=dynamodb.Attribute(name=sort[0], type=sort[1]),
        projection_type=dynamodb.ProjectionType.KEYS_ONLY,
    )


def _our_key(scope: Construct, config: Config) -> kms.Key:
    """A key that whoever may use the tables, or the evidence, uses through them, and nobody uses directly.

    This is how DynamoDB's own key is guarded, too. The permissions on tables and objects then decide alone, and no
    role needs a KMS action of its own.
    """
    key = kms.Key(scope, "Key", enable_key_rotation=True, removal_policy=config.removal_policy)
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="ThroughTheirServicesOnly",
            principals=[iam.AnyPrincipal()],
            actions=[
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:Encrypt",
                "kms:GenerateDataKey",
                "kms:GenerateDataKeyWithoutPlaintext",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
                "kms:CreateGrant",
            ],
            resources=["*"],  # In a key's policy: this key.
            conditions={
                "StringEquals": {
                    "kms:CallerAccount": Aws.ACCOUNT_ID,
                    "kms:ViaService": [
                        f"{service}.{Aws.REGION}.{Aws.URL_SUFFIX}" for service in ("dynamodb", "s3")
                    ],
                }
            },
        )
    )
    return key
