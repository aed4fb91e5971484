"""A DynamoDB-compatible engine in a process of its own. Moto lives inside ours, and shows no races.

    with running() as engine:
        engine.url                      # http://127.0.0.1:49152

MiniStack (MIT, from PyPI) is installed at first use into an environment of its own below ``.build``, because it pins
its own botocore. It listens on a free port of this machine alone, keeps everything in memory, and ends with the block.

``ORDERCYCLE_DYNAMODB_URL`` names any other endpoint instead; nothing is installed or started then.
"""

import contextlib
import hashlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parent.parent
REQUIREMENTS = PROJECT / "requirements-ministack.txt"
BUILD = PROJECT / ".build" / "ministack"
URL_VARIABLE = "ORDERCYCLE_DYNAMODB_URL"
HEALTH = "/_ministack/health"
STARTS_MAX = 3  # A free port may be taken before the engine takes it.
INSTALL_SECONDS_MAX, START_SECONDS_MAX, HEALTH_SECONDS_MAX, STOP_SECONDS_MAX = 300, 60, 2, 10
LOG_TAIL = 2000  # characters
NO_DOCKER = "unix:///nowhere"  # At its start and end MiniStack removes containers; not on this machine.


class EngineError(Exception):
    """The engine could not be installed or started; the message holds the end of its log."""


class Engine(NamedTuple):
    name: str
    url: str


@contextlib.contextmanager
def running(environment: Mapping[str, str] = os.environ) -> Iterator[Engine]:
    """The endpoint that *environment* names, or MiniStack for as long as the block lasts."""
    if named := environment.get(URL_VARIABLE):
        yield Engine("the endpoint of " + URL_VARIABLE, named)
        return
    python = installed()
    process, port = _started(python)
    try:
        yield Engine(f"MiniStack {pinned()}", f"http://127.0.0.1:{port}")
    finally:
        stop(process)


def pinned() -> str:
    """The version that ``requirements-ministack.txt`` pins."""
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    [version] = [line.split("==")[1].rstrip(" \\") for line in lines if line.startswith("ministack==")]
    return version


def installed() -> Path:
    """The Python of MiniStack's environment, made when it is missing or its requirements changed."""
    python, stamp = BUILD / "venv" / "bin" / "python", BUILD / "venv" / ".ready"
    wanted = f"{sys.version_info[:2]} {hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()}"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    BUILD.mkdir(parents=True, exist_ok=True)
    _run(sys.executable, "-m", "venv", "--clear", str(BUILD / "venv"))
    _run(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes",
         "--requirement", str(REQUIREMENTS))  # fmt: skip
    stamp.write_text(wanted, encoding="utf-8")
    return python


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=INSTALL_SECONDS_MAX)
    if done.returncode:
        raise EngineError(f"{' '.join(command[:4])} ... failed:\n{done.stderr[-LOG_TAIL:]}")


def _started(python: Path) -> tuple[subprocess.Popen[bytes], int]:
    for _ in range(STARTS_MAX):
        port = _free_port()
        process = _start(python, port)
        try:
            if _is_healthy(process, port):
                return process, port
        except BaseException:
            stop(process)
            raise
        stop(process)
    log = (BUILD / "engine.log").read_text(encoding="utf-8", errors="replace")
    raise EngineError(f"MiniStack did not start:\n{log[-LOG_TAIL:]}")


def _start(python: Path, port: int) -> subprocess.Popen[bytes]:
    """In a process group of its own, with nothing of our environment, so that no variable of ours changes it."""
    scratch = BUILD / "tmp"
    scratch.mkdir(exist_ok=True)
    environment = {
        "PATH": os.defpath,
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "SERVICES": "dynamodb",
        "DOCKER_HOST": NO_DOCKER,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "0",
        "LOG_LEVEL": "WARNING",
    }
    with (BUILD / "engine.log").open("wb") as log:
        return subprocess.Popen(
            [str(python), "-m", "ministack"],
            env=environment,
            cwd=scratch,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _is_healthy(process: subprocess.Popen[bytes], port: int) -> bool:
    """Wait for its first answer. False: it ended, or never answered."""
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline and process.poll() is None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=HEALTH_SECONDS_MAX)
        with contextlib.closing(line), contextlib.suppress(OSError, http.client.HTTPException):
            line.request("GET", HEALTH)
            if line.getresponse().status == http.client.OK:
                return process.poll() is None
        time.sleep(0.1)
    return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """End it and everything it started, by its own id: politely, then not."""
    for ending in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, ending)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS_MAX)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
