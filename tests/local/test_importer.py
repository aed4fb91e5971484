"""The importer as people use it: a command, a file, a shop behind a socket."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from local.http import Server
from local.importer import client
from local.importer.__main__ import main
from local.importer.client import Client, NotSent
from local.importer.rows import rows_of
from shared.catalogue.records import KINDS
from tests.catalogue.samples import SKU
from tests.http_world import World

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples" / "catalogue"
ORDER = (
    "policy",
    "warehouse",
    "carrier_service",
    "separation",
    "freight_template",
    "return_policy",
    "contract",
    "promotion",
    "coupon",
    "sku",
    "member",
)
ROWS = {
    "policy": 1,
    "warehouse": 3,
    "carrier_service": 6,
    "separation": 1,
    "freight_template": 2,
    "return_policy": 8,
    "contract": 4,
    "promotion": 3,
    "coupon": 2,
    "sku": 7,
    "member": 2,
}
Importer = Callable[..., int]


@pytest.fixture(scope="module")
def opened() -> Iterator[tuple[World, str]]:
    world = World()
    server = Server(world.cloud).start()
    yield world, server.url
    server.stop()
    world.close()


@pytest.fixture
def world(opened: tuple[World, str]) -> World:
    opened[0].reset()
    return opened[0]


@pytest.fixture
def importer(world: World, opened: tuple[World, str], tmp_path: Path) -> Importer:
    """Run the command as an operator, and return how it ends."""
    token = tmp_path / "token.txt"
    token.write_text(world.cloud.token("op-1", "operator") + "\n", encoding="utf-8")

    def run(file: Path, kind: str, *more: str, url: str = opened[1], token_file: Path = token) -> int:
        return main([str(file), "--kind", kind, "--url", url, "--token-file", str(token_file), *more])

    return run


def a_file(folder: Path, *rows: Any, name: str = "skus.jsonl") -> Path:
    file = folder / name
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def copied(example: Path, folder: Path) -> Path:
    file = folder / example.name
    file.write_bytes(example.read_bytes())
    return file


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
@pytest.mark.parametrize("mode", ["all", "resume"])
def test_the_examples_are_imported(
    world: World,
    importer: Importer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    suffix: str,
    mode: str,
) -> None:
    for kind in ORDER:
        assert importer(copied(EXAMPLES / f"{kind}.{suffix}", tmp_path), kind, "--mode", mode) == 0
        told = capsys.readouterr().out
        assert told == f"{ROWS[kind]} rows, 0 rejected: {ROWS[kind]} published, 0 unchanged\n"

    [tea] = [row for row in world.rows("STOCK_TABLE") if row["pk"] == "SKU#TEA-SPRING-100"]
    assert tea["offer"]["name"] == "Spring tea, first pick 明前"
    assert (tea["offer"]["flags"], int(tea["offer"]["ships_at"])) == (["presale", "limited"], 1_806_508_800)


@pytest.mark.parametrize("kind", ORDER)
def test_both_examples_of_a_kind_say_the_same(kind: str) -> None:
    of_csv, of_jsonl = (list(rows_of(EXAMPLES / f"{kind}.{suffix}", kind, {})) for suffix in ("csv", "jsonl"))

    assert [row.record for row in of_csv] == [row.record for row in of_jsonl]
    assert len(of_csv) == ROWS[kind]
    assert all(row.faults == () for row in of_csv)


def test_there_is_an_example_of_every_kind() -> None:
    assert set(ORDER) == set(KINDS)
    assert {path.name for path in EXAMPLES.iterdir()} == {
        f"{k}.{s}" for k in KINDS for s in ("csv", "jsonl")
    } | {"README.md"}


def test_bad_rows_are_told_by_their_lines_and_all_of_them_stand_in_a_file(
    world: World, importer: Importer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = a_file(tmp_path, SKU, *(SKU | {"sku": f"S{n}", "unit_price_minor": 0} for n in range(30)))
    before = world.everything()

    assert importer(file, "sku") == 1

    told = capsys.readouterr()
    assert told.out == "31 rows, 30 rejected: nothing was published\n"
    assert "line 2: unit_price_minor must be at least 1\n" in told.err
    assert "line 21: unit_price_minor" in told.err
    assert "line 22: unit_price_minor" not in told.err
    assert "... and 10 more\n" in told.err
    rejected = [json.loads(line) for line in Path(f"{file}.rejected").read_text("utf-8").splitlines()]
    assert rejected[-1] == {
        "line": 31,
        "reasons": [{"at": "unit_price_minor", "reason": "must be at least 1"}],
    }
    assert len(rejected) == 30
    assert world.everything() == before


def test_a_name_in_the_file_cannot_move_the_terminal(
    importer: Importer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert importer(a_file(tmp_path, SKU | {"\x1b[2J\u202ename": 1}), "sku") == 1

    assert "line 1: \\x1b[2J\\u202ename is not known\n" in capsys.readouterr().err


def test_good_rows_are_published_and_the_run_still_ends_badly(
    world: World, importer: Importer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = a_file(tmp_path, SKU, {"sku": "POT"})

    assert importer(file, "sku", "--mode", "resume") == 1
    assert capsys.readouterr().out == "2 rows, 1 rejected: 1 published, 0 unchanged\n"
    assert importer(a_file(tmp_path, SKU), "sku", "--mode", "resume") == 0
    assert capsys.readouterr().out == "1 rows, 0 rejected: 0 published, 0 unchanged, 1 imported before\n"


def test_a_dry_run_publishes_nothing_whatever_the_mode(
    world: World, importer: Importer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = world.everything()

    for mode in ("all", "resume"):
        assert importer(a_file(tmp_path, SKU), "sku", "--dry-run", "--mode", mode) == 0
        assert capsys.readouterr().out == "1 rows, 0 rejected: 1 would be published, 0 unchanged\n"

    assert world.everything() == before
    assert sorted(os.listdir(tmp_path)) == ["skus.jsonl", "token.txt"]


def test_progress_goes_to_the_error_stream(
    importer: Importer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    importer(a_file(tmp_path, SKU), "sku")

    told = capsys.readouterr()
    for doing in ("reading", "checking", "publishing"):
        assert doing in told.err
        assert doing not in told.out


def test_a_currency_is_filled_in(world: World, importer: Importer, tmp_path: Path) -> None:
    without = {name: value for name, value in SKU.items() if name != "currency"}

    assert importer(a_file(tmp_path, without), "sku") == 1
    assert importer(a_file(tmp_path, without), "sku", "--currency", "EUR") == 0

    [tea] = [row for row in world.rows("STOCK_TABLE") if (row["pk"], row["sk"]) == ("SKU#TEA", "STOCK")]
    assert tea["offer"]["currency"] == "EUR"


def test_who_is_no_operator_imports_nothing(
    world: World, importer: Importer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    buyer = tmp_path / "buyer.txt"
    buyer.write_text(world.cloud.token("b-1", "buyer"), encoding="utf-8")
    before = world.everything()

    assert importer(a_file(tmp_path, SKU), "sku", token_file=buyer) == 1

    told = capsys.readouterr()
    assert told.err.endswith(
        "stopped: 403 your role may not do this. Run it again: what was published is left alone.\n"
    )
    assert world.cloud.token("b-1", "buyer") not in told.err + told.out
    assert world.everything() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["x.txt", "--kind", "sku"], "x.txt is neither CSV nor JSONL by its name"),
        (["x.csv", "--kind", "price"], "invalid choice: 'price'"),
        (["x.csv", "--kind", "member", "--currency", "CNY"], "a member has no currency"),
        (["x.csv", "--kind", "sku", "--mode", "half"], "invalid choice: 'half'"),
        (["--kind", "sku"], "required: file"),
    ],
)
def test_what_cannot_be_meant_is_told_before_anything_is_read(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--url", "http://127.0.0.1", "--token-file", "t"])

    assert ended.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["file", "token"])
def test_a_file_that_is_not_there_is_told(
    importer: Importer, tmp_path: Path, missing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "none.csv" if missing == "file" else a_file(tmp_path, SKU)
    more = {"token_file": tmp_path / "none.txt"} if missing == "token" else {}

    assert importer(file, "sku", **more) == 1
    assert "stopped: [Errno 2] No such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("url", "token", "words"),
    [
        ("ftp://shop.example", "t", "is no address"),
        ("shop.example", "t", "is no address"),
        ("http://", "t", "is no address"),
        ("http://shop.example", "t", "over https"),
        ("http://127.0.0.1.shop.example", "t", "over https"),
        ("https://shop.example", "", "holds no token"),
        ("https://shop.example", "two words", "holds no token"),
        ("https://shop.example", "a\r\nb: c", "holds no token"),
    ],
)
def test_a_token_is_never_sent_where_others_may_read_it(url: str, token: str, words: str) -> None:
    with pytest.raises(NotSent, match=words):
        Client(url, token)


class Scripted:
    """A shop that answers as it is told to, and remembers the keys it saw."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes]] = []
        self.keys: list[str] = []
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                scripted.keys.append(self.headers["idempotency-key"])
                self.rfile.read(int(self.headers["content-length"]))
                status, body = scripted.answers.pop(0)
                if status == 0:
                    return  # It hangs up without a word.
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                if 300 <= status < 400:
                    self.send_header("location", "http://shop.example/")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    monkeypatch.setattr(client, "WAIT_SECONDS", 0.0)
    shop = Scripted()
    yield shop
    shop.server.shutdown()
    shop.thread.join()
    shop.server.server_close()


GOOD = (200, b'{"results": [{"id": "TEA", "version": 1, "is_changed": true}]}')


@pytest.mark.parametrize(
    "first",
    [
        [(503, b'{"code": "unavailable", "reason": "busy"}')],
        [(409, b'{"code": "conflict", "reason": "others"}')],
        [(429, b"{}")],
        [(500, b'{"message": "Internal Server Error"}')],
        [(502, b"<html>")],
        [(0, b"")],
        [(200, b"not JSON")],
        [(500, b"[]")] * 5,
    ],
)
def test_what_may_pass_is_tried_again_under_the_same_key(
    scripted: Scripted, first: list[tuple[int, bytes]]
) -> None:
    scripted.answers = [*first, GOOD]

    answer = Client(scripted.url, "t").publish("sku", [SKU], key="k", dry_run=False)

    assert [result["id"] for result in answer.results] == ["TEA"]
    assert scripted.keys == ["k"] * (len(first) + 1)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, b'{"message": "Unauthorized"}', "401 Unauthorized"),
        (
            403,
            b'{"code": "forbidden", "reason": "your role may not do this"}',
            "403 your role may not do this",
        ),
        (422, b'{"code": "terms_too_large", "reason": "retire"}', "422 retire"),
        (302, b"{}", "302 the shop refused"),
        (404, b"[]", "404 the shop refused"),
        (400, b'{"reason": "\\u001b[2J"}', r"400 \\x1b\[2J"),
    ],
)
def test_what_will_not_pass_is_told_at_once(scripted: Scripted, status: int, body: bytes, words: str) -> None:
    scripted.answers = [(status, body)]

    with pytest.raises(NotSent, match=words):
        Client(scripted.url, "t").publish("sku", [SKU], key="k", dry_run=False)

    assert scripted.keys == ["k"]


def test_a_shop_that_stays_silent_is_given_up_on(scripted: Scripted) -> None:
    scripted.answers = [(0, b"")] * 6

    with pytest.raises(NotSent, match="the shop did not answer"):
        Client(scripted.url, "t").publish("sku", [SKU], key="k", dry_run=False)

    assert len(scripted.keys) == 6
