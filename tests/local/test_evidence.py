"""The bucket's door on the laptop refuses what S3 refuses."""

import base64
import hashlib
import hmac
import http.client
import json
from urllib.parse import urlsplit

import pytest
from urllib3 import encode_multipart_formdata

from local import evidence as door
from local.clock import StandingClock
from local.cloud import Cloud
from local.http import Server
from local.template import REGION, Template
from shared.outside import outside
from shared.store.presigning import presigned_address, presigned_form
from tests.local import small
from tests.uploads import PHOTO, digest, get, post

KEY = "orders/01/02"
FIELDS = {
    "key": KEY,
    "Content-Type": "image/jpeg",
    "x-amz-checksum-algorithm": "SHA256",
    "x-amz-checksum-sha256": digest(PHOTO),
}


@pytest.fixture(scope="module")
def opened():
    document = small.document()
    document["Resources"]["Files"] = {"Type": "AWS::S3::Bucket", "Properties": {}}
    with Cloud(Template(document), clock=StandingClock(small.START)) as cloud:
        yield cloud


@pytest.fixture
def cloud(opened):
    opened.reset()
    return opened


def a_form(cloud, file=PHOTO, *, bucket="files", seconds=900, **fields):
    told = FIELDS | {"x-amz-checksum-sha256": digest(file)} | fields
    at = int(cloud.clock.now())
    url = f"{cloud.url}/_evidence/"
    who = outside.identity()
    form = presigned_form(who, url, bucket, told, size_bytes=len(file), now=at, seconds=seconds)
    return {"url": form.url, "fields": dict(form.fields)}


def an_address(cloud, key=KEY, seconds=300, **query):
    at = int(cloud.clock.now())
    return presigned_address(
        outside.identity(), f"{cloud.url}/_evidence/{key}", query, now=at, seconds=seconds
    )


def code_of(answer):
    assert answer.headers["content-type"] == "application/xml"
    return answer.status, answer.body.decode().partition("<Code>")[2].partition("</Code>")[0]


def test_a_form_is_taken_and_an_address_gives_the_file_back(cloud):
    posted = post(cloud, a_form(cloud))
    read = get(cloud, an_address(cloud, **{"response-content-type": "image/png"}))
    looked = outside.aws("s3", "head_object", Bucket="files", Key=KEY, ChecksumMode="ENABLED")

    assert (posted.status, posted.body) == (204, b"")
    assert (read.status, read.body, read.headers["content-type"]) == (200, PHOTO, "image/png")
    assert (looked["ContentType"], looked["ContentLength"]) == ("image/jpeg", len(PHOTO))
    assert looked["ChecksumSHA256"] == digest(PHOTO)


def test_whatever_bytes_there_are_they_arrive_as_they_are(cloud):
    file = bytes(range(256)) * 40 + b"\r\n--boundary\r\n" + bytes(reversed(range(256)))

    assert post(cloud, a_form(cloud, file), file).status == 204
    assert get(cloud, an_address(cloud)).body == file


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"key": "orders/01/03"}, (403, "AccessDenied")),
        ({"key": "../../01/02"}, (403, "AccessDenied")),
        ({"Content_Type": "text/html"}, (403, "AccessDenied")),
        ({"Content_Type": None}, (403, "AccessDenied")),
        ({"x_amz_checksum_sha256": digest(b"another")}, (403, "AccessDenied")),
        ({"x_amz_checksum_sha256": None}, (403, "AccessDenied")),
        ({"acl": "public-read"}, (403, "AccessDenied")),
        ({"success_action_redirect": "https://elsewhere.example"}, (403, "AccessDenied")),
        ({"x_amz_meta_name": "me"}, (403, "AccessDenied")),
        ({"x_amz_signature": "0" * 64}, (403, "SignatureDoesNotMatch")),
        ({"x_amz_signature": "É"}, (403, "SignatureDoesNotMatch")),
        ({"x_amz_date": "20270115T080001Z"}, (403, "AccessDenied")),
        ({"x_amz_date": "20270116T080000Z"}, (403, "SignatureDoesNotMatch")),
        ({"x_amz_credential": "ELSE/20270115/eu-west-1/s3/aws4_request"}, (403, "SignatureDoesNotMatch")),
        ({"policy": base64.b64encode(b"{}").decode()}, (403, "SignatureDoesNotMatch")),
        ({"policy": None}, (400, "InvalidArgument")),
        ({"x_amz_signature": None}, (400, "InvalidArgument")),
        ({"x_amz_algorithm": None}, (400, "InvalidArgument")),
        ({"key": "k" * 30_000}, (400, "MaxPostPreDataLengthExceeded")),
    ],
)
def test_a_form_that_was_changed_is_refused_and_nothing_is_kept(cloud, changed, said):
    answer = post(cloud, a_form(cloud), **changed)

    assert code_of(answer) == said
    assert cloud.neighbours.snapshot()["evidence"] == {}


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (PHOTO + b"x", (400, "EntityTooLarge")),
        (PHOTO[:-1], (400, "EntityTooSmall")),
        (b"", (400, "EntityTooSmall")),
        (PHOTO[:-1] + b"x", (400, "BadDigest")),
    ],
)
def test_another_file_is_refused(cloud, file, said):
    assert code_of(post(cloud, a_form(cloud), file)) == said
    assert cloud.neighbours.snapshot()["evidence"] == {}


def test_a_form_for_another_bucket_is_refused(cloud):
    assert code_of(post(cloud, a_form(cloud, bucket="others"))) == (403, "AccessDenied")


def test_a_form_expires_by_the_cloud_s_own_time(cloud):
    form = a_form(cloud)
    cloud.advance(899)
    in_time = post(cloud, form)
    cloud.advance(1)

    assert (in_time.status, code_of(post(cloud, form))) == (204, (403, "AccessDenied"))


def test_a_prefix_is_a_condition_too(cloud):
    """Not one of ours; but whoever writes one learns here what S3 says of it."""
    form = a_form(cloud)
    policy = json.loads(base64.b64decode(form["fields"]["policy"]))
    policy["conditions"] = [c for c in policy["conditions"] if c != {"key": KEY}] + [
        ["starts-with", "$key", "orders/01/"]
    ]
    form["fields"]["policy"] = base64.b64encode(json.dumps(policy).encode()).decode()
    form["fields"]["x-amz-signature"] = signed(form["fields"]["policy"])

    assert post(cloud, form, key="orders/01/99").status == 204
    assert code_of(post(cloud, form, key="orders/02/99")) == (403, "AccessDenied")


def signed(text):
    """By hand, as the protocol says it."""
    key = f"AWS4{outside.identity().secret_key}".encode()
    for part in ("20270115", REGION, "s3", "aws4_request", text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (KEY, "orders/01/03"),
        ("X-Amz-Expires=300", "X-Amz-Expires=604800"),
        ("X-Amz-Signature=", "X-Amz-Signature=0"),
        ("X-Amz-Date=20270115", "X-Amz-Date=20280115"),
        ("?X-Amz", "?response-content-type=text%2Fhtml&X-Amz"),
        ("X-Amz-Signature", "X-Amz-Seal"),
    ],
)
def test_an_address_that_was_changed_leads_nowhere(cloud, old, new):
    post(cloud, a_form(cloud))
    url = an_address(cloud)

    assert old in url
    assert get(cloud, url).status == 200
    assert get(cloud, url.replace(old, new)).status == 403


def test_an_address_expires_and_does_not_begin_before_its_time(cloud):
    post(cloud, a_form(cloud))
    url = an_address(cloud)
    early = presigned_address(
        outside.identity(), f"{cloud.url}/_evidence/{KEY}", {}, now=small.START + 60, seconds=300
    )

    assert code_of(get(cloud, early)) == (403, "AccessDenied")
    cloud.advance(299)
    assert get(cloud, url).status == 200
    cloud.advance(1)
    assert code_of(get(cloud, url)) == (403, "AccessDenied")


def test_an_address_of_nothing_is_found_to_be_that_and_other_methods_are_not_known(cloud):
    assert code_of(get(cloud, an_address(cloud))) == (404, "NoSuchKey")
    assert code_of(get(cloud, an_address(cloud), "DELETE")) == (405, "MethodNotAllowed")
    assert code_of(cloud.http("GET", "/_evidence")) == (405, "MethodNotAllowed")
    assert code_of(cloud.http("GET", f"/_evidence/{KEY}")) == (403, "AccessDenied")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("", b""),
        ("application/json", b"{}"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"no parts"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n"),
    ],
)
def test_what_is_no_form_with_a_file_is_refused(cloud, kind, body):
    answer = cloud.http("POST", "/_evidence/", {"host": "127.0.0.1", "content-type": kind}, body)

    assert answer.status == 400


def test_files_are_part_of_a_world_that_is_kept_and_gone_from_one_that_is_new(cloud):
    post(cloud, a_form(cloud))
    kept = cloud.world()
    cloud.reset()
    empty = cloud.neighbours.snapshot()["evidence"]
    cloud.begin_again(kept)

    assert empty == {}
    assert cloud.neighbours.snapshot()["evidence"] == {KEY: (PHOTO, "image/jpeg")}
    assert get(cloud, an_address(cloud)).body == PHOTO


def test_a_browser_s_request_goes_through_the_real_server_and_is_larger_than_a_command(cloud):
    file = b"\xff\xd8" + bytes(11 * 1024 * 1024)
    server = Server(cloud).start()
    try:
        form = a_form(cloud, file)
        body, kind = encode_multipart_formdata({**form["fields"], "file": ("a.jpg", file, "image/jpeg")})
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(server.url).port, timeout=30)
        connection.request("POST", "/_evidence/", body, {"content-type": kind})
        posted = connection.getresponse()
        posted.read()
        connection.request("POST", "/orders", b"", {"content-length": str(len(body))})
        command = connection.getresponse()
        connection.close()
    finally:
        server.stop()

    assert (posted.status, command.status) == (204, 413)
    assert cloud.neighbours.snapshot()["evidence"] == {KEY: (file, "image/jpeg")}
    assert door.BODY_BYTES_MAX > 200 * 1024 * 1024
