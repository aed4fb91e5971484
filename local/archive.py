"""The archive of a shop on this machine as a folder, for ``make statistics``. One in AWS is copied by its own tools:

aws s3 sync s3://$BOOKS_BUCKET/archive archive && make statistics ARCHIVE=archive
"""

from pathlib import Path

import boto3

from local.cloud import Cloud
from local.template import REGION

PREFIX = "archive/"


def archive_folder(cloud: Cloud, folder: Path) -> int:
    """Copy what the archive of *cloud* holds into *folder*, which is made. Returns how many files that is."""
    [bucket] = {f.environment["BOOKS_BUCKET"] for f in cloud.runtime.functions.values()}
    client, count = boto3.client("s3", region_name=REGION), 0
    folder.mkdir(parents=True, exist_ok=True)
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=PREFIX):
        for found in page.get("Contents", []):
            target = folder / found["Key"].removeprefix(PREFIX)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(client.get_object(Bucket=bucket, Key=found["Key"])["Body"].read())
            count += 1
    return count
