"""Which function may do what, and to what. One row each; what is not here is not allowed.

No row has a wildcard. ``Orders/due`` is an index of the table Orders. Writing its own log and sending what
it gave up on to its own dead-letter queue are every function's business and stand in ``infra.function``.
"""

from collections.abc import Mapping

from aws_cdk import aws_iam as iam

# Reading an order is one Query of its rows; a step of it is one transaction of Puts. GetItem finds a caller's key.
STEP_AN_ORDER = "dynamodb:Query dynamodb:PutItem"
READ_A_STREAM = "dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator dynamodb:ListStreams"

# fmt: off
MAY: dict[str, dict[str, str]] = {
    "order_api": {
        "Orders":            f"{STEP_AN_ORDER} dynamodb:GetItem dynamodb:BatchGetItem",
        "Orders/buyer":      "dynamodb:Query",
        "Stock":             "dynamodb:BatchGetItem dynamodb:UpdateItem",
        "Catalogue":         "dynamodb:BatchGetItem",
    },
    "refunds": {
        "Orders":            f"{STEP_AN_ORDER} dynamodb:GetItem",
        "Stock":             "dynamodb:UpdateItem",
        "Ledger":            "dynamodb:PutItem",
    },
    "returns": {
        "Orders":            "dynamodb:Query",
    },
    "merchant_api": {
        "Orders":            f"{STEP_AN_ORDER} dynamodb:GetItem",
        "Orders/queue":      "dynamodb:Query",
        "Stock":             "dynamodb:UpdateItem",
    },
    "payment_callback": {
        "Orders":            STEP_AN_ORDER,
        "Ledger":            "dynamodb:PutItem",
        "Sandbox secret":    "secretsmanager:GetSecretValue",
    },
    "payments": {
        "Orders":            STEP_AN_ORDER,
        "Stock":             "dynamodb:UpdateItem",
        "Ledger":            "dynamodb:PutItem",
    },
    "splitting": {
        "Orders":            STEP_AN_ORDER,
    },
    "relay": {
        "Orders stream":     READ_A_STREAM,
        "Bus":               "events:PutEvents",
        "Lost events":       "sqs:SendMessage",
    },
    "clock": {
        "Orders":            STEP_AN_ORDER,
        "Stock":             "dynamodb:UpdateItem",
        "Ledger":            "dynamodb:PutItem",
    },
    "sweep": {
        "Orders":            f"{STEP_AN_ORDER} dynamodb:GetItem",
        "Orders/due":        "dynamodb:Query",
        "Orders/unfinished": "dynamodb:Query",
        "Stock":             "dynamodb:UpdateItem",
        "Ledger":            "dynamodb:PutItem",
        "Bus":               "events:PutEvents",
    },
}
# fmt: on


def statements_for(name: str, arns: Mapping[str, str]) -> list[iam.PolicyStatement]:
    """Return what *name* may do; *arns* says where each thing is, "" that this stage has no such thing."""
    return [
        iam.PolicyStatement(actions=actions.split(), resources=[arns[thing]])
        for thing, actions in MAY[name].items()
        if arns[thing]
    ]
