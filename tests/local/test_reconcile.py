"""``python -m local.reconcile``: against a running shop, and against tables directly."""

import json
import os

import pytest

from local import reconcile
from local.http import Server
from tests.functions import bills
from tests.functions.test_reconcile import DAYS, raw_bill, the_bill_comes, traded
from tests.http_world import World


@pytest.fixture(scope="module")
def opened():
    world = World()
    yield world
    world.close()


@pytest.fixture
def world(opened):
    opened.reset()
    return opened


@pytest.fixture
def server(world):
    running = Server(world.cloud).start()
    world.cloud.url, before = running.url, world.cloud.url
    yield running
    world.cloud.url = before
    running.stop()


def run(*arguments):
    return reconcile.main(["--provider", "stripe", *arguments])


def test_a_file_is_read_here_uploaded_compared_there_and_reported_beside_it(
    world, server, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("BOOKS_URL", f"{server.url}/_books")
    reset_settings()
    file = tmp_path / "bill.csv"
    file.write_bytes(bills.FILE + b"txn_10,yesterday,cny,1e5,0,0,charge,ch_10,pi_10,,\n")
    token = tmp_path / "token"
    token.write_text(world.cloud.token("op-1", "operator"))

    ended = run("--day", bills.DAY, "--file", str(file), "--url", server.url, "--token-file", str(token))

    told = capsys.readouterr()
    assert ended == 1
    assert "line 3:" in told.err
    assert "1 rows, 1 bad lines" in told.err
    report = json.loads((tmp_path / f"reconciliation-stripe-{bills.DAY}.json").read_text(encoding="utf-8"))
    assert report["counts"] == {"bill_row_bad": 1, "unknown_payment": 1}
    page = (tmp_path / f"reconciliation-stripe-{bills.DAY}.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "11.33" in told.out


def reset_settings():
    from functions import wiring
    from shared import settings

    settings.settings.cache_clear()
    wiring.shop.cache_clear()


def test_the_tables_themselves_say_the_same_without_a_shop(world, tmp_path, capsys):
    traded(world, "stripe")
    the_bill_comes(world)
    file = tmp_path / "bill.csv"
    file.write_bytes(raw_bill(world, "stripe"))
    tables = [os.environ[name] for name in ("ORDERS_TABLE", "LEDGER_TABLE")]
    books = os.environ["BOOKS_BUCKET"]

    ended = run(
        *("--day", DAYS["stripe"], "--file", str(file), "--tables", *tables, "--bucket", books),
        *("--out", str(tmp_path / "report")),
    )

    assert ended == 0
    assert "3 movements agree, 0 differences" in capsys.readouterr().out
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["state"] == "clean"


def test_what_cannot_be_compared_ends_with_one_and_a_reason(world, server, tmp_path, capsys):
    token = tmp_path / "token"
    token.write_text(world.cloud.token("op-1", "operator"))

    assert run("--day", bills.DAY, "--url", server.url, "--token-file", str(token)) == 1
    assert "not compared: 409" in capsys.readouterr().err
    assert run("--day", bills.DAY, "--url", "http://shop.example", "--token-file", str(token)) == 1
    assert "a token goes over https" in capsys.readouterr().err


def test_tables_and_bucket_go_together(capsys):
    with pytest.raises(SystemExit):
        run("--day", bills.DAY, "--tables", "orders", "ledger")

    assert "--tables and --bucket go together" in capsys.readouterr().err
