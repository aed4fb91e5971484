"""A table on a bare moto, and requests to it: what moto's defects are shown with."""

from contextlib import contextmanager, suppress

import boto3

REGION = "eu-west-1"


def table():
    client = boto3.client("dynamodb", REGION)
    names = ("pk", "sk", "colour")
    with suppress(client.exceptions.ResourceInUseException):
        client.create_table(
            TableName="things",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by_colour",
                    "KeySchema": [{"AttributeName": "colour", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            ],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
    return client


def stream():
    """Return the records of the table's stream, to look at and to clear."""
    from moto.dynamodb.models import dynamodb_backends

    return dynamodb_backends["123456789012"][REGION].tables["things"].stream_shard.items


def at(pk):
    return {"TableName": "things", "Key": {"pk": {"S": pk}, "sk": {"S": "1"}}}


def put(client, pk, **attributes):
    client.put_item(TableName="things", Item={"pk": {"S": pk}, "sk": {"S": "1"}, **attributes})


def values(text):
    return {"ExpressionAttributeValues": {":v": {"S": text}}}


def partition(pk):
    return {"TableName": "things", "KeyConditionExpression": "pk = :v", **values(pk)}


def count():
    one = {":one": {"N": "1"}}
    return at("a") | {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": one}


@contextmanager
def counted(owner, name):
    """Give a list that grows by one with each call of this function."""
    calls, original = [], getattr(owner, name)

    def noted(*arguments, **more):
        calls.append(name)
        return original(*arguments, **more)

    setattr(owner, name, noted)
    try:
        yield calls
    finally:
        setattr(owner, name, original)
