"""What a handler is told of a request, and what becomes of its answer."""

import base64
import json

import pytest

from local.lambdas import Crash
from tests.local import small
from tests.local.stand_ins import ACT, CALLS

CONTEXT = {
    "accountId": "123456789012",
    "apiId": "local",
    "domainName": "local.execute-api.eu-west-1.amazonaws.com",
    "domainPrefix": "local",
    "http": {
        "method": "POST",
        "path": "/things",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "test/1",
    },
    "routeKey": "POST /things",
    "stage": "$default",
    "time": "15/Jan/2027:08:00:00 +0000",
    "timeEpoch": small.START * 1000,
}


@pytest.fixture
def signed_in(cloud):
    return [("Authorization", f"Bearer {cloud.token('b-1', 'merchant', 'm-1')}")]


def told():
    [event] = CALLS["api"]
    return event


def test_an_event_has_the_shape_of_payload_format_2(cloud, signed_in):
    headers = [
        *signed_in,
        ("Content-Type", "application/json"),
        ("X-Many", "1"),
        ("x-many", "2"),
        ("Cookie", "a=1; b=2"),
        ("User-Agent", "test/1"),
    ]

    cloud.http("POST", "/things?x=1&y=a%20b&x=2&z=", headers, b'{"n": 1}')

    event = told()
    claims = event["requestContext"].pop("authorizer")["jwt"]["claims"]
    assert event == {
        "version": "2.0",
        "routeKey": "POST /things",
        "rawPath": "/things",
        "rawQueryString": "x=1&y=a%20b&x=2&z=",
        "cookies": ["a=1", "b=2"],
        "headers": {
            "authorization": signed_in[0][1],
            "content-type": "application/json",
            "x-many": "1,2",
            "user-agent": "test/1",
        },
        "queryStringParameters": {"x": "1,2", "y": "a b", "z": ""},
        "requestContext": {**CONTEXT, "requestId": event["requestContext"]["requestId"]},
        "body": '{"n": 1}',
        "isBase64Encoded": False,
    }
    assert claims["sub"] == "b-1"
    assert claims["cognito:groups"] == "[merchant]"
    assert claims["custom:merchant_id"] == "m-1"
    assert claims["exp"] == str(small.START + 12 * 3600)


def test_the_more_exact_route_answers(cloud, signed_in):
    cloud.http("GET", "/things/latest", signed_in)

    assert told()["routeKey"] == "GET /things/latest"
    assert "pathParameters" not in told()


def test_path_variables_are_decoded(cloud, signed_in):
    cloud.http("GET", "/things/a%20b", signed_in)

    assert told()["pathParameters"] == {"thing_id": "a b"}


def test_a_route_without_authorizer_tells_of_none(cloud):
    cloud.http("POST", "/webhooks/payments/sandbox", {}, b"x")

    assert "authorizer" not in told()["requestContext"]
    assert told()["pathParameters"] == {"provider": "sandbox"}


@pytest.mark.parametrize(
    ("kind", "body", "is_encoded"),
    [
        ("application/json", b'{"a":  1}\n', False),
        ("application/problem+json; charset=utf-8", b"{}", False),
        ("text/plain", "ü".encode(), False),
        ("", b"plain", False),
        ("application/json", b"\xff\xfe", True),
        ("application/octet-stream", b"plain", True),
        ("application/x-www-form-urlencoded", b"a=1", True),
        ("image/png", b"\x89PNG\r\n", True),
    ],
)
def test_a_body_arrives_byte_for_byte(cloud, kind, body, is_encoded):
    cloud.http("POST", "/webhooks/payments/x", {"content-type": kind} if kind else {}, body)

    event = told()
    assert event["isBase64Encoded"] is is_encoded
    assert (base64.b64decode(event["body"]) if is_encoded else event["body"].encode()) == body


def test_a_compressed_body_is_not_taken_for_text(cloud):
    headers = {"content-type": "application/json", "content-encoding": "gzip"}

    cloud.http("POST", "/webhooks/payments/x", headers, b"{}")

    assert told()["isBase64Encoded"] is True


def test_no_body_is_no_member(cloud, signed_in):
    cloud.http("GET", "/things/1", signed_in)

    assert "body" not in told()
    assert told()["isBase64Encoded"] is False


@pytest.mark.parametrize("target", ["/nothing", "/things/1/2", "/things//", "//things", "/"])
def test_an_unknown_route_is_a_404_that_is_a_problem_too(cloud, target):
    response = cloud.http("GET", target)

    assert response.status == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "message": "Not Found",
        "type": "urn:ordercycle:problem:route_unknown",
        "title": "Not Found",
        "status": 404,
        "code": "route_unknown",
        "detail": f"There is no route GET {target}.",
    }
    assert CALLS == {}


def test_a_body_above_ten_megabytes_is_refused_before_anybody_reads_it(cloud):
    response = cloud.http("POST", "/webhooks/payments/x", {}, b"x" * (10 * 1024 * 1024 + 1))

    assert (response.status, response.json()["message"]) == (413, "Request Entity Too Large")
    assert CALLS == {}


def test_an_answer_is_passed_on(cloud, signed_in):
    ACT["api"] = lambda _: {
        "statusCode": 201,
        "headers": {"Content-Type": "text/plain", "X-N": 1},
        "cookies": ["a=1", "b=2"],
        "body": "made",
    }

    response = cloud.http("POST", "/things", signed_in)

    assert (response.status, response.body, response.cookies) == (201, b"made", ("a=1", "b=2"))
    assert response.headers == {"content-type": "text/plain", "x-n": "1"}


def test_a_binary_answer_is_decoded(cloud, signed_in):
    body = base64.b64encode(b"\x00\xff").decode()
    ACT["api"] = lambda _: {"statusCode": 200, "body": body, "isBase64Encoded": True}

    assert cloud.http("POST", "/things", signed_in).body == b"\x00\xff"


def test_an_answer_without_status_is_the_body(cloud, signed_in):
    ACT["api"] = lambda _: {"n": 1}

    response = cloud.http("POST", "/things", signed_in)

    assert (response.status, response.json()) == (200, {"n": 1})


def fail(_):
    raise ValueError("a secret")


def die(_):
    raise Crash


@pytest.mark.parametrize(
    "act", [fail, die, lambda _: {"statusCode": "200"}, lambda _: {"statusCode": 200, "body": 1}]
)
def test_a_broken_handler_is_a_500_that_tells_nothing(cloud, signed_in, act):
    ACT["api"] = act

    response = cloud.http("POST", "/things", signed_in)

    assert (response.status, response.json()["message"]) == (500, "Internal Server Error")
    assert b"secret" not in response.body


def test_a_throttled_function_is_a_503(cloud, signed_in):
    def throttled(*_):
        raise RuntimeError("throttled")

    cloud.before.append(throttled)

    response = cloud.http("POST", "/things", signed_in)

    assert (response.status, response.json()["code"]) == (503, "unavailable")
    assert CALLS == {}


def test_the_handler_knows_its_deadline_and_its_name(cloud):
    from local.lambdas import Context

    context = Context(cloud.runtime.function("ApiFunction"), 1)

    assert context.function_name == "ApiFunction"
    assert context.invoked_function_arn == "arn:aws:lambda:eu-west-1:123456789012:function:ApiFunction"
    assert 2900 < context.get_remaining_time_in_millis() <= 3000


# --- the laptop's own routes ---


def post(cloud, target, value):
    return cloud.http("POST", target, {}, value if isinstance(value, bytes) else json.dumps(value).encode())


def test_the_clock_can_be_read_and_moved(cloud):
    assert cloud.http("GET", "/_local/clock").json() == {"now": small.START, "time": "2027-01-15T08:00:00Z"}

    moved = post(cloud, "/_local/clock/advance", {"seconds": 86_400})

    assert moved.json() == {"now": small.START + 86_400, "time": "2027-01-16T08:00:00Z"}


@pytest.mark.parametrize(
    "form",
    [
        {"seconds": 0},
        {"seconds": -1},
        {"seconds": 31_536_001},
        {"seconds": 1.0},
        {"seconds": "60"},
        {"seconds": True},
        {"seconds": None},
        {},
        {"seconds": 1, "minutes": 1},
        [60],
        b"",
        b"{",
        b"[" * 100_000,
    ],
)
def test_a_malformed_advance_is_refused_and_nothing_moves(cloud, form):
    response = post(cloud, "/_local/clock/advance", form)

    assert (response.status, response.json()["code"]) == (400, "malformed")
    assert cloud.clock.now() == small.START


def test_the_largest_advance_is_a_year(cloud):
    assert (
        post(cloud, "/_local/clock/advance", {"seconds": 31_536_000}).json()["now"]
        == small.START + 31_536_000
    )


def test_tokens_of_the_demo_people_let_in(cloud):
    people = cloud.http("GET", "/_local/tokens").json()

    assert {person["role"] for person in people.values()} == {
        "buyer",
        "merchant",
        "warehouse",
        "support",
        "operator",
    }
    for person in people.values():
        assert cloud.http("GET", "/things/1", {"authorization": f"Bearer {person['token']}"}).status == 200


def test_anybody_may_be_somebody(cloud):
    made = post(cloud, "/_local/tokens", {"sub": "m-9-clerk", "role": "merchant", "merchant_id": "m-9"})

    assert made.status == 201
    cloud.http("GET", "/things/1", {"authorization": f"Bearer {made.json()['token']}"})
    assert told()["requestContext"]["authorizer"]["jwt"]["claims"]["custom:merchant_id"] == "m-9"


@pytest.mark.parametrize(
    "form",
    [
        {"sub": "x", "role": "king"},
        {"sub": "", "role": "buyer"},
        {"role": "buyer"},
        {"sub": "x", "role": "merchant"},
        {"sub": "x", "role": "buyer", "merchant_id": "m"},
        {"sub": "x\n", "role": "buyer"},
    ],
)
def test_an_impossible_person_is_refused(cloud, form):
    assert post(cloud, "/_local/tokens", form).status == 400


def test_the_cloud_says_that_it_is_well(cloud):
    assert cloud.http("GET", "/_local/health").json() == {"status": "ok"}


def test_other_local_routes_do_not_exist(cloud):
    assert cloud.http("DELETE", "/_local/clock").status == 404
