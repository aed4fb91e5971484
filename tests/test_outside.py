"""The one door: hooks in order, time limits, and what an answer or none at all means."""

import pytest
import urllib3
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError

from shared import outside as door
from shared.errors import Unavailable
from shared.outside import ATTEMPTS, Answer, Call, Identity, Outside


def failing(error):
    def hook(call, act):
        raise error

    return hook


def refused(code):
    return ClientError({"Error": {"Code": code, "Message": ""}}, "PutItem")


def test_hooks_stand_around_the_call_the_first_outermost():
    outside, seen = Outside(), []

    def hook(name):
        def around(call, act):
            seen.append((name, call.service, call.operation, dict(call.request)))
            answer = act()
            seen.append(name)
            return answer

        return around

    outside.around = [hook("outer"), hook("inner"), lambda call, act: {"Item": 1}]

    assert outside.aws("dynamodb", "get_item", Key="k") == {"Item": 1}
    facts = ("dynamodb", "get_item", {"Key": "k"})
    assert seen == [("outer", *facts), ("inner", *facts), "inner", "outer"]


def test_a_hook_may_act_again():
    outside, count = Outside(), []
    outside.around = [lambda call, act: [act(), act()], lambda call, act: count.append(1)]

    outside.aws("events", "put_events")

    assert len(count) == 2


@pytest.mark.parametrize(
    "code",
    [
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "TransactionInProgressException",
        "InternalServerError",
        "ServiceUnavailable",
        "SlowDown",
        "500",
        "503",
    ],
)
def test_a_busy_service_is_to_be_asked_again(code):
    outside = Outside()
    outside.around.append(failing(refused(code)))

    with pytest.raises(Unavailable, match="dynamodb is busy"):
        outside.aws("dynamodb", "put_item")


@pytest.mark.parametrize(
    "silence",
    [EndpointConnectionError(endpoint_url="x"), ConnectTimeoutError(endpoint_url="x")],
)
def test_a_silent_service_is_to_be_asked_again(silence):
    outside = Outside()
    outside.around.append(failing(silence))

    with pytest.raises(Unavailable, match="dynamodb did not answer"):
        outside.aws("dynamodb", "put_item")


@pytest.mark.parametrize(
    "code", ["ValidationException", "AccessDeniedException", "TransactionCanceledException"]
)
def test_a_refusal_of_aws_is_not_hidden(code):
    outside = Outside()
    outside.around.append(failing(refused(code)))

    with pytest.raises(ClientError):
        outside.aws("dynamodb", "put_item")


def test_http_goes_through_the_hooks_with_its_time_limit():
    outside, seen = Outside(), []
    outside.around.append(lambda call, act: seen.append(call) or Answer(200, b"{}"))

    answer = outside.http("POST", "http://x", headers={"a": "b"}, body=b"1", seconds=4)

    assert answer == (200, b"{}", {})
    assert seen == [
        Call("http", "POST", {"url": "http://x", "headers": {"a": "b"}, "body": b"1", "seconds": 4})
    ]


class Pool:
    """What urllib3 is asked for, and what it answers."""

    def __init__(self, answer):
        self.answer, self.asked = answer, None
        self.status, self.released = 302, False
        self.headers = {"Wechatpay-Serial": "7132", "CONTENT-TYPE": "Text/HTML"}

    def request(self, *args, **how):
        self.asked = (args, how)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self

    def read(self, count):
        return self.answer[:count]

    def release_conn(self):
        self.released = True


def test_a_request_is_sent_once_follows_nothing_and_reads_no_more_than_it_should(monkeypatch):
    pool = Pool(b"x" * 300_000)
    monkeypatch.setattr(door, "_pool", lambda: pool)

    answer = Outside().http("POST", "http://x", headers={}, body=b"1", seconds=4)

    assert (answer.status, len(answer.body), pool.released) == (302, 256 * 1024, True)
    assert answer.headers == {"wechatpay-serial": "7132", "content-type": "Text/HTML"}
    _, how = pool.asked
    assert (how["retries"], how["redirect"], how["timeout"].total) == (False, False, 4)


@pytest.mark.parametrize(
    "silence",
    [urllib3.exceptions.ReadTimeoutError(None, "x", ""), urllib3.exceptions.ProtocolError("reset")],
)
def test_no_answer_is_said_to_be_none(monkeypatch, silence):
    monkeypatch.setattr(door, "_pool", lambda: Pool(silence))

    with pytest.raises(Unavailable, match="did not answer"):
        Outside().http("POST", "http://x", headers={}, body=b"", seconds=4)


def a_client(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")

    return door.aws_client.__wrapped__("dynamodb").meta.config


def test_every_client_has_time_limits(monkeypatch):
    config = a_client(monkeypatch)

    assert (config.connect_timeout, config.read_timeout, config.retries["mode"]) == (2, 5, "standard")


def test_every_client_tries_three_times_in_all(monkeypatch):
    assert (ATTEMPTS, a_client(monkeypatch).retries["total_max_attempts"]) == (3, 3)


@pytest.mark.parametrize("token", ["", "token-of-a-role"])
def test_we_know_who_we_are_for_what_we_sign_ourselves(monkeypatch, token):
    for name, value in {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "AKIA1",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": token,
    }.items():
        monkeypatch.setenv(name, value)
    door._session.cache_clear()

    found = Outside().identity()

    door._session.cache_clear()
    assert found == Identity("AKIA1", "secret", token, "eu-west-1")


def test_without_credentials_nothing_is_signed(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    door._session.cache_clear()

    with pytest.raises(Unavailable):
        Outside().identity()
    door._session.cache_clear()


def test_waiting_grows_and_is_never_certain(monkeypatch):
    slept = []
    monkeypatch.setattr(door.time, "sleep", slept.append)
    monkeypatch.setattr(door.secrets, "randbelow", lambda limit: limit - 1)

    for attempt in range(5):
        Outside().wait_before_attempt(attempt)

    assert slept == [0.019, 0.039, 0.079, 0.159, 0.319]
