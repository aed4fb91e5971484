"""The one door: hooks in order, time limits, and what an answer or none at all means."""

import io

import pytest
import urllib3
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError

from shared import outside as door
from shared.errors import TooLarge, Unavailable
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

    def close(self):
        self.closed = True


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


class Stream(Pool):
    """An answer that comes in pieces; *waits* so many seconds before each."""

    def __init__(self, pieces, *, status=200, watch=None, waits=0):
        super().__init__(b"".join(piece for piece in pieces if isinstance(piece, bytes)))
        self.pieces, self.status, self.watch, self.waits = pieces, status, watch, waits

    def stream(self, count):
        for piece in self.pieces:
            if self.watch is not None:
                self.watch.append(self.waits)
            if isinstance(piece, Exception):
                raise piece
            yield piece


def downloaded(monkeypatch, pool, bytes_max=100):
    monkeypatch.setattr(door, "_pool", lambda: pool)
    sink = io.BytesIO()
    how = {"headers": {"a": "b"}, "seconds": 9, "bytes_max": bytes_max, "sink": sink}
    return Outside().download("https://x", **how), sink.getvalue()


def test_a_large_answer_goes_into_a_file_piece_by_piece(monkeypatch):
    pool = Stream([b"one ", b"two"])

    answer, content = downloaded(monkeypatch, pool)

    assert (answer.status, answer.body, content, pool.released) == (200, b"", b"one two", True)
    args, how = pool.asked
    assert args == ("GET", "https://x")
    assert (how["retries"], how["redirect"], how["timeout"].total, how["headers"]) == (
        False,
        False,
        9,
        {"a": "b"},
    )


@pytest.mark.parametrize("status", [302, 404, 500])
def test_of_an_answer_that_is_no_file_nothing_goes_into_it(monkeypatch, status):
    answer, content = downloaded(monkeypatch, Stream([b"x" * 300_000], status=status))

    assert (answer.status, len(answer.body), content) == (status, 256 * 1024, b"")


def test_a_file_that_is_larger_than_we_read_is_cut_off(monkeypatch):
    pool = Stream([b"x" * 60, b"x" * 60, b"never asked for"])

    with pytest.raises(TooLarge):
        downloaded(monkeypatch, pool)

    assert pool.closed
    assert downloaded(monkeypatch, Stream([b"x" * 100]))[1] == b"x" * 100


def test_a_file_that_comes_too_slowly_or_breaks_off_is_no_file(monkeypatch):
    clock = [0]
    monkeypatch.setattr(door.time, "monotonic", lambda: sum(clock))

    with pytest.raises(Unavailable, match="too slow"):
        downloaded(monkeypatch, Stream([b"a"] * 50, watch=clock, waits=4))
    assert len(clock) == 1 + 3  # Four, eight and twelve seconds.
    with pytest.raises(Unavailable, match="did not answer"):
        downloaded(monkeypatch, Stream([b"a", urllib3.exceptions.IncompleteRead(1, 2)]))


def test_who_answers_locally_hands_a_file_over_in_one_piece():
    outside, sink, calls = Outside(), io.BytesIO(), []
    outside.send = lambda method, request: Answer(200, b"whole", {"a": "b"})
    outside.around.append(lambda call, act: calls.append((call.service, call.operation)) or act())

    answer = outside.download("https://x", headers={}, seconds=9, bytes_max=5, sink=sink)

    assert (answer, sink.getvalue()) == (Answer(200, b"", {"a": "b"}), b"whole")
    assert calls == [("http", "GET")]
    with pytest.raises(TooLarge):
        outside.download("https://x", headers={}, seconds=9, bytes_max=4, sink=sink)
