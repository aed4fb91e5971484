"""A buyer shows what is wrong: says what a file is, and posts it straight into the private bucket, with the form that
the shop gave."""

import base64
import hashlib

from local.demo.buying import buyer
from local.demo.invoices import Sale
from local.demo.stage import Stage

PHOTO = b"\xff\xd8\xff\xe0 a made-up photo of what is wrong with an order \xff\xd9"
CREATED, TAKEN = 201, 204


def photo_of(stage: Stage, sale: Sale, order_id: str) -> str:
    """Upload a photo, and return the number under which it may be named. The same photo twice is one."""
    file = PHOTO + sale.number.encode()
    digest = base64.b64encode(hashlib.sha256(file).digest()).decode()
    told = {"content_type": "image/jpeg", "bytes": len(file), "sha256": digest}
    target, key = f"/orders/{order_id}/evidence", f"{sale.number}-photo-{stage.now()}"
    answer = stage.client.command(buyer(sale), target, told, key=key)
    assert answer.status == CREATED, f"no photo wanted: {answer}"
    upload = answer.value["upload"]
    if upload is not None:
        taken = stage.client.upload(upload["url"], upload["fields"], file)
        assert taken.status == TAKEN, f"the bucket did not take it: {taken}"
    return str(answer.value["evidence_id"])
