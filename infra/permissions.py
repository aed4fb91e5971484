"""Which function may do what, and to what. One row each; what is not here is not allowed.

No row has a wildcard, but that Evidence, Roots, Bills, Reports and Archive are all objects below a prefix.
``Orders/due`` is an index of the table Orders. Writing its own log and sending what it gave up on to its own
dead-letter queue are every function's business and stand in ``infra.function``.
"""

from collections.abc import Mapping

from aws_cdk import aws_iam as iam

# Reading an order is one Query of its rows; a step of it is one transaction of Puts. GetItem finds a caller's key.
STEP_AN_ORDER = "dynamodb:Query dynamodb:PutItem"
# Rows and lists of them are read and written, one transaction at a time; nothing is ever deleted.
KEEP_RECORDS = "dynamodb:GetItem dynamodb:BatchGetItem dynamodb:Query dynamodb:PutItem dynamodb:UpdateItem"
DELETE_ROWS = "dynamodb:DeleteItem dynamodb:BatchWriteItem"
READ_KEYS = "secretsmanager:GetSecretValue"
READ_A_STREAM = "dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator dynamodb:ListStreams"

# Whoever may not list a bucket is not told that an object is missing, only that it may not look.
SEE_AN_OBJECT, SEE_IT_MISSING = "s3:GetObject", "s3:ListBucket"

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
    "evidence_api": {
        "Orders":            f"{STEP_AN_ORDER} dynamodb:GetItem dynamodb:BatchGetItem dynamodb:UpdateItem",
        "Evidence":          "s3:PutObject s3:GetObject",  # Signs for one object at a time, and calls for none.
    },
    "returns": {
        "Orders":            f"{STEP_AN_ORDER} dynamodb:GetItem dynamodb:BatchGetItem",
        "Evidence":          SEE_AN_OBJECT,
        "Evidence bucket":   SEE_IT_MISSING,
        "Orders/queue":      "dynamodb:Query",
        "Stock":             "dynamodb:BatchGetItem dynamodb:UpdateItem",  # What came back, and what is sent for it.
        "Catalogue":         "dynamodb:BatchGetItem",
        "Members":           "dynamodb:BatchGetItem dynamodb:UpdateItem",
        "Ledger":            "dynamodb:PutItem",
    },
    "judging": {
        "Orders":            f"{STEP_AN_ORDER} dynamodb:GetItem",
        "Stock":             "dynamodb:BatchGetItem",  # What it decides by itself sends nothing.
        "Catalogue":         "dynamodb:BatchGetItem",
        "Members":           "dynamodb:BatchGetItem dynamodb:UpdateItem",
        "Ledger":            "dynamodb:PutItem",
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
    "register": {
        "Orders":            STEP_AN_ORDER,  # An order's history, and the entries that it comes to.
    },
    "register_api": {
        "Orders":            f"{STEP_AN_ORDER} dynamodb:GetItem dynamodb:BatchGetItem",
        "Orders/queue":      "dynamodb:Query",
        "Ledger":            "dynamodb:PutItem",  # A favour that a second person approves.
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
        # The drift check adds up what every order moved, and tells the register.
        "Orders":            f"{STEP_AN_ORDER} dynamodb:Scan",
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
        "Stock":             "dynamodb:BatchGetItem dynamodb:UpdateItem",  # What is sent for what came back.
        "Catalogue":         "dynamodb:BatchGetItem",
        # What was not found, or came back, is refunded.
        "Members":           "dynamodb:BatchGetItem dynamodb:UpdateItem",
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
        "Placed orders":     "dynamodb:PutItem",  # What the archive is to look at when its time has come.
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
        "Stock":             "dynamodb:BatchGetItem dynamodb:UpdateItem",  # A merchant's silence sends goods again.
        "Catalogue":         "dynamodb:BatchGetItem",
        "Members":           "dynamodb:BatchGetItem dynamodb:UpdateItem",
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
    "bookkeeper": {
        "Ledger stream":     READ_A_STREAM,
        # Postings, which books there are, and links after the last one.
        "Ledger":            "dynamodb:GetItem dynamodb:PutItem dynamodb:Query",
        "Lost postings":     "sqs:SendMessage",
    },
    "closing": {
        # Statements, from postings and from what became of payouts; how far they came.
        "Ledger":            "dynamodb:GetItem dynamodb:Query dynamodb:BatchGetItem dynamodb:PutItem",
        "Roots":             "s3:PutObject s3:PutObjectRetention s3:GetObject",
        "Books bucket":      "s3:ListBucket",
    },
    "reconcile": {
        # Postings, all vouchers of an order that does not agree; what bills tell of, and what was found.
        "Ledger":            "dynamodb:GetItem dynamodb:Query dynamodb:PutItem",
        # The third side; who booked a number; entries of the register about money that thaws.
        "Orders":            f"{STEP_AN_ORDER} dynamodb:GetItem dynamodb:BatchGetItem",
        "Catalogue":         "dynamodb:GetItem",  # The policy, as published.
        "Bills":             "s3:PutObject s3:GetObject",
        "Reports":           "s3:PutObject",
        "Payment keys":      READ_KEYS,  # Asks providers for their bills.
        "Sandbox secret":    READ_KEYS,
    },
    "archive": {
        # The only one that deletes: rows of orders that are in its files.
        "Orders":            f"{STEP_AN_ORDER} dynamodb:GetItem dynamodb:UpdateItem {DELETE_ROWS}",
        "Ledger":            "dynamodb:Query",
        "Archive":           "s3:PutObject s3:GetObject",
    },
    "settlement_api": {
        "Ledger":            "dynamodb:GetItem dynamodb:BatchGetItem dynamodb:Query dynamodb:PutItem",
        "Orders":            "dynamodb:GetItem dynamodb:PutItem",  # A caller's key; the list of what is to be paid out.
        "Orders/queue":      "dynamodb:Query",
    },
    "books_api": {
        # Everything is added up, or verified; a bill that was uploaded is compared.
        "Ledger":            "dynamodb:GetItem dynamodb:Query dynamodb:Scan dynamodb:PutItem",
        # Which event each voucher was written with; the third side of a comparison.
        "Orders":            "dynamodb:Scan dynamodb:Query dynamodb:GetItem dynamodb:BatchGetItem",
        "Bills":             "s3:PutObject s3:GetObject",  # Signs for one bill at a time.
        "Reports":           "s3:PutObject s3:GetObject",
        "Roots":             "s3:GetObjectVersion",  # The first one of each.
        "Books bucket":      "s3:ListBucketVersions s3:ListBucket",
    },
    "keys": {
        "Partner keys":      "secretsmanager:DescribeSecret",
        "Payment keys":      "secretsmanager:DescribeSecret",  # Which versions are live, never what they say.
        "Sandbox secret":    "secretsmanager:DescribeSecret",
        "Key holders":       "lambda:GetFunctionConfiguration lambda:UpdateFunctionConfiguration",
    },
}
# fmt: on

# Of a table, only the rows of these partitions: nothing of an order can be deleted, but by the archive.
PARTITIONS = {"Parked facts": "PARKED#*", "Placed orders": "PLACED#*"}


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
