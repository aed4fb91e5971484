"""Leave to put, or to read, one object of a bucket for a while: signed by us, used by whoever holds it.

AWS Signature Version 4, over the policy of a form and over the query of an address:

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html

botocore signs both, but by its own clock and with a client of S3, which is a fifth of a cold start. Here the time is
handed in, nothing is called, and the same moment gives the same signature. botocore is the oracle of the tests.
"""

import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from shared.instants import rfc3339
from shared.outside import Identity

ALGORITHM = "AWS4-HMAC-SHA256"


class Form(NamedTuple):
    """What is posted as multipart/form-data to *url*: these fields, and the file as the last one."""

    url: str
    fields: Mapping[str, str]


def presigned_form(
    who: Identity,
    url: str,
    bucket: str,
    fields: Mapping[str, str],
    *,
    size_bytes: int,
    now: int,
    seconds: int,
) -> Form:
    """Leave to post a file of exactly *size_bytes* with exactly *fields*, until *seconds* after *now*."""
    fields = {**fields, **_about(who, now, "x-amz-algorithm", "x-amz-credential", "x-amz-date")}
    if who.token:
        fields["x-amz-security-token"] = who.token
    conditions = [
        {"bucket": bucket},
        ["content-length-range", size_bytes, size_bytes],
        *({name: value} for name, value in fields.items()),
    ]
    policy = {"expiration": rfc3339(now + seconds), "conditions": conditions}
    encoded = b64encode(json.dumps(policy).encode()).decode()
    return Form(url, {**fields, "policy": encoded, "x-amz-signature": _signature(who, encoded, now)})


def presigned_address(who: Identity, url: str, query: Mapping[str, str], *, now: int, seconds: int) -> str:
    """Leave to GET *url* with *query*, until *seconds* after *now*.

    The example of the second page above:

    >>> who = Identity("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "", "us-east-1")
    >>> signed = presigned_address(
    ...     who, "https://examplebucket.s3.amazonaws.com/test.txt", {}, now=1_369_353_600, seconds=86_400
    ... )
    >>> signed.partition("X-Amz-Signature=")[2]
    'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404'
    """
    place = urlsplit(url)
    asked = {**query, **_about(who, now, "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date")}
    asked |= {"X-Amz-Expires": str(seconds), "X-Amz-SignedHeaders": "host"}
    if who.token:
        asked["X-Amz-Security-Token"] = who.token
    told = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in sorted(asked.items()))
    request = f"GET\n{place.path}\n{told}\nhost:{place.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
    text = f"{ALGORITHM}\n{_moment(now)}\n{_scope(who, now)}\n{sha256(request.encode()).hexdigest()}"
    return f"{url}?{told}&X-Amz-Signature={_signature(who, text, now)}"


def _about(who: Identity, now: int, algorithm: str, credential: str, date: str) -> dict[str, str]:
    return {
        algorithm: ALGORITHM,
        credential: f"{who.access_key}/{_scope(who, now)}",
        date: _moment(now),
    }


def _scope(who: Identity, now: int) -> str:
    return f"{_moment(now)[:8]}/{who.region}/s3/aws4_request"


def _moment(now: int) -> str:
    """As the protocol writes it: 20130524T000000Z."""
    return rfc3339(now).replace("-", "").replace(":", "")


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


def _signature(who: Identity, text: str, now: int) -> str:
    key = f"AWS4{who.secret_key}".encode()
    for part in (_moment(now)[:8], who.region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()
