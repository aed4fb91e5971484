"""Which function may do what, and to what. One row each; what is not here is not allowed.

No row has a wildcard. ``Orders/due`` is an index of the table Orders. Writing its own log and sending what
it gave up on to its own dead-letter queue are every function's business and stand in ``infra.function``.
"""

from collections.abc import Mapping

from aws_cdk import aws_iam as iam

# Reading an order is one Query of its rows; a step of it is one transaction of Puts. GetItem finds a caller's key.
STEP_AN_ORDER = "dynamodb:Query dynamodb:PutItem"
# Rows and lists of them are read and written, one transaction at a time; nothing is ever deleted.
KEEP_RECORDS = "dynamodb:GetItem dynamodb:BatchGetItem dynamodb:Query dynamodb:PutItem dynamodb:UpdateItem"
READ_KEYS = "secretsmanager:GetSecretValue"
READ_A_STREAM = "dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator dynamodb:ListStreams"

# fmt: off
MAY: dict[str, dict[str, str]] = {
    "order_api": {
        "Orders":            f"{STEP_AN_ORDER} dynamodb:GetItem dynamodb:BatchGetItem",
        "Orders/buyer":      "dynamodb:Query",
        "Stock":             "dynamodb:BatchGetItem dynamodb:UpdateItem dynamodb:ConditionCheckItem",
        "Catalogue":         "dynamodb:BatchGetItem",
        "Members":           "dynamodb:BatchGetItem dynamodb:UpdateItem",
        "Ledger":            "dynamodb:PutItem",  # A try to pay that is closed may turn out to be paid.
        "Payment keys":      READ_KEYS,  # Opens payments at providers.
        "Sandbox secret":    READ_KEYS,
    },
    "review_api": {
        "Orders":            f"{STEP_AN_ORDER} dynamodb:GetItem",
        "Orders/queue":      "dynamodb:Query",
        "Stock":             "dynamodb:UpdateItem",
        "Members":           "dynamodb:UpdateItem",
        "Ledger":            "dynamodb:PutItem",
    },
    "refunds": {
        "Orders":            f"{STEP_AN_ORDER} dynamodb:GetItem",
        "Stock":             "dynamodb:UpdateItem",
        "Members":           "dynamodb:UpdateItem",
        "Ledger":            "dynamodb:PutItem",
    },
    "returns": {
        "Orders":            "dynamodb:Query",
    },
    "merchant_api": {
        "Orders":            f"{STEP_AN_ORDER} dynamodb:GetItem",
        "Orders/queue":      "dynamodb:Query",
        "Stock":             "dynamodb:UpdateItem",
        "Members":           "dynamodb:UpdateItem",  # What came back is refunded.
        "Ledger":            "dynamodb:PutItem",
    },
    "support_api": {
        "Orders":            f"{STEP_AN_ORDER} dynamodb:GetItem",
        "Stock":             "dynamodb:UpdateItem",  # What is lost is written off, and refunded.
        "Members":           "dynamodb:UpdateItem",
        "Ledger":            "dynamodb:PutItem",
    },
    "member_api": {
        "Members":           KEEP_RECORDS,
        "Catalogue":         "dynamodb:GetItem dynamodb:UpdateItem",
    },
    "catalogue_api": {
        "Catalogue":         KEEP_RECORDS,
        "Stock":             "dynamodb:UpdateItem",
        "Members":           "dynamodb:UpdateItem",
    },
    "stock_api": {
        "Stock":             f"{KEEP_RECORDS} dynamodb:Scan",
        "Orders":            "dynamodb:Scan",  # The drift check adds up what every order moved.
    },
    "payment_callback": {
        "Orders":            f"{STEP_AN_ORDER} dynamodb:GetItem",
        "Stock":             "dynamodb:BatchGetItem dynamodb:UpdateItem",  # Of goods that are taken at payment.
        "Members":           "dynamodb:UpdateItem",
        "Ledger":            "dynamodb:PutItem",
        "Payment keys":      READ_KEYS,  # While it starts, never with a message in its hand.
        "Sandbox secret":    READ_KEYS,
    },
    "payments": {
        "Orders":            STEP_AN_ORDER,
        "Stock":             "dynamodb:BatchGetItem dynamodb:UpdateItem",
        "Members":           "dynamodb:UpdateItem",
        "Ledger":            "dynamodb:PutItem",
        "Payment keys":      READ_KEYS,
        "Sandbox secret":    READ_KEYS,
    },
    "carrier_callback": {
        "Orders":            f"{STEP_AN_ORDER} dynamodb:GetItem",
        "Partner keys":      READ_KEYS,  # While it starts.
    },
    "warehouse_callback": {
        "Orders":            f"{STEP_AN_ORDER} dynamodb:GetItem",
        "Stock":             "dynamodb:UpdateItem",
        "Members":           "dynamodb:UpdateItem",  # What was not found, or came back, is refunded.
        "Ledger":            "dynamodb:PutItem",
        "Partner keys":      READ_KEYS,  # While it starts.
    },
    "fulfilment": {
        "Orders":            f"{STEP_AN_ORDER} dynamodb:GetItem",
        "Stock":             "dynamodb:UpdateItem",  # What a warehouse could stop is free again, and refunded.
        "Members":           "dynamodb:UpdateItem",
        "Ledger":            "dynamodb:PutItem",
        "Partner keys":      READ_KEYS,
    },
    "splitting": {
        "Orders":            f"{STEP_AN_ORDER} dynamodb:GetItem",  # In which region the buyer lives.
        "Catalogue":         "dynamodb:BatchGetItem",  # Tariffs.
        "Stock":             "dynamodb:BatchGetItem dynamodb:UpdateItem",  # Units that leave from elsewhere.
    },
    "stock": {
        "Orders":            f"{STEP_AN_ORDER} dynamodb:GetItem",
        "Stock":             "dynamodb:BatchGetItem dynamodb:UpdateItem",
        "Members":           "dynamodb:UpdateItem",
    },
    "relay": {
        "Orders stream":     READ_A_STREAM,
        "Bus":               "events:PutEvents",
        "Lost events":       "sqs:SendMessage",
    },
    "clock": {
        "Orders":            STEP_AN_ORDER,
        "Stock":             "dynamodb:UpdateItem",
        "Members":           "dynamodb:UpdateItem",
    },
    "sweep": {
        "Orders":            f"{STEP_AN_ORDER} dynamodb:GetItem dynamodb:UpdateItem",  # When a parcel was seen last.
        "Orders/due":        "dynamodb:Query",
        "Orders/unfinished": "dynamodb:Query",
        "Stock":             "dynamodb:UpdateItem",
        "Members":           "dynamodb:UpdateItem",
        "Ledger":            "dynamodb:PutItem",
        "Bus":               "events:PutEvents",
    },
    "poll": {
        "Orders":            f"{STEP_AN_ORDER} dynamodb:GetItem dynamodb:UpdateItem",  # When to ask again.
        "Parked facts":      "dynamodb:DeleteItem",  # Once their order has booked them.
        "Orders/asking":     "dynamodb:Query",
        "Stock":             "dynamodb:BatchGetItem dynamodb:UpdateItem",
        "Members":           "dynamodb:UpdateItem",
        "Ledger":            "dynamodb:PutItem",
        "Payment keys":      READ_KEYS,
        "Sandbox secret":    READ_KEYS,
    },
    "keys": {
        "Partner keys":      "secretsmanager:DescribeSecret",
        "Payment keys":      "secretsmanager:DescribeSecret",  # Which versions are live, never what they say.
        "Sandbox secret":    "secretsmanager:DescribeSecret",
        "Key holders":       "lambda:GetFunctionConfiguration lambda:UpdateFunctionConfiguration",
    },
}
# fmt: on

# Of a table, only the rows of these partitions: nothing of an order can be deleted by anybody.
PARTITIONS = {"Parked facts": "PARKED#*"}


def statements_for(name: str, arns: Mapping[str, str | list[str]]) -> list[iam.PolicyStatement]:
    """Return what *name* may do; *arns* says where each thing is, "" that this stage has no such thing."""
    return [
        iam.PolicyStatement(
            actions=actions.split(),
            resources=[where] if isinstance(where, str) else where,
            conditions=_only(PARTITIONS[thing]) if thing in PARTITIONS else None,
        )
        for thing, actions in MAY[name].items()
        if (where := arns[thing])
    ]


def _only(partitions: str) -> dict[str, dict[str, list[str]]]:
    return {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [partitions]}}
