"""The engine of the hot-SKU bench: a process of its own that ends with its block."""

import shutil
import sys
from pathlib import Path

import pytest

from bench import engine


@pytest.fixture
def build(tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "BUILD", tmp_path)
    return tmp_path


def a_server(folder: Path, text: str) -> Path:
    """Something that is started like Python with MiniStack, and is not."""
    path = folder / "server"
    path.write_text(f"#!{sys.executable}\nimport http.server, os, sys, time\n{text}\n")
    path.chmod(0o700)
    return path


ANSWERING = """
class Well(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

http.server.HTTPServer((os.environ["BIND_HOST"], int(os.environ["GATEWAY_PORT"])), Well).serve_forever()
"""


def test_an_endpoint_that_is_named_is_taken_and_nothing_is_installed_or_started(monkeypatch):
    monkeypatch.setattr(engine, "installed", lambda: pytest.fail("nothing is to be installed"))

    with engine.running({"ORDERCYCLE_DYNAMODB_URL": "http://127.0.0.1:8000"}) as running:
        assert running.url == "http://127.0.0.1:8000"


def test_the_engine_listens_on_this_machine_alone_and_ends_with_its_block(build, monkeypatch):
    monkeypatch.setattr(engine, "installed", lambda: a_server(build, ANSWERING))
    started = []
    original = engine._started
    monkeypatch.setattr(engine, "_started", lambda python: started.append(original(python)) or started[0])

    with engine.running({}) as running:
        assert running.name == "MiniStack 1.5.33"
        assert running.url.startswith("http://127.0.0.1:")
        assert started[0][0].poll() is None

    assert started[0][0].poll() is not None


def test_the_engine_ends_when_the_block_fails(build, monkeypatch):
    started = []
    monkeypatch.setattr(engine, "installed", lambda: a_server(build, ANSWERING))
    original = engine._started
    monkeypatch.setattr(engine, "_started", lambda python: started.append(original(python)) or started[0])

    with pytest.raises(RuntimeError, match="in between"), engine.running({}):
        raise RuntimeError("in between")

    assert started[0][0].poll() is not None


def test_an_engine_that_does_not_want_to_end_is_ended(build, monkeypatch):
    stubborn = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + ANSWERING
    monkeypatch.setattr(engine, "STOP_SECONDS_MAX", 0.2)
    process, _ = engine._started(a_server(build, stubborn))

    engine.stop(process)

    assert process.poll() == -9


def test_an_engine_that_dies_is_tried_again_and_then_told_with_the_end_of_its_log(build, monkeypatch):
    dying = a_server(build, f"open({str(build / 'starts')!r}, 'a').write('.')\nprint('no room')\nsys.exit(1)")

    with pytest.raises(engine.EngineError, match="no room"):
        engine._started(dying)

    assert (build / "starts").read_text() == "..."


def test_nothing_of_our_environment_reaches_the_engine(build, monkeypatch):
    monkeypatch.setenv("PERSIST_STATE", "1")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "ours")
    telling = a_server(build, "print(sorted(os.environ.items()))\nsys.exit(1)")

    with pytest.raises(engine.EngineError) as told:
        engine._started(telling)

    assert "'BIND_HOST', '127.0.0.1'" in str(told.value)
    assert "'PERSIST_STATE', '0'" in str(told.value)
    assert "'DOCKER_HOST', 'unix:///nowhere'" in str(told.value)
    assert "ours" not in str(told.value)


def test_what_is_installed_is_not_installed_again_until_its_requirements_change(build, monkeypatch):
    runs = []

    def run(*command):
        runs.append(command)
        (build / "venv").mkdir(exist_ok=True)

    requirements = build / "requirements.txt"
    requirements.write_text("ministack==1.0\n")
    monkeypatch.setattr(engine, "REQUIREMENTS", requirements)
    monkeypatch.setattr(engine, "_run", run)

    engine.installed()
    engine.installed()
    assert len(runs) == 2  # The environment, and what is in it.
    assert "--require-hashes" in runs[1]

    requirements.write_text("ministack==1.1\n")
    engine.installed()
    assert len(runs) == 4


def test_an_installation_that_fails_says_why():
    with pytest.raises(engine.EngineError, match="no such package"):
        engine._run(sys.executable, "-c", "import sys; sys.exit('no such package')")


def test_a_command_that_says_nothing_fails_all_the_same():
    with pytest.raises(engine.EngineError, match="failed"):
        engine._run(str(shutil.which("false")))
