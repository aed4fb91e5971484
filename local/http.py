"""A real HTTP server around a cloud, on the loopback address only.

One request at a time: handlers share a process, and a world that is looked at while it moves proves
nothing. A handler that calls the sandbox does not come back through here (``Cloud`` answers in process),
so it cannot wait for its own request.
"""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from local import evidence
from local.cloud import Cloud
from local.gateway import BODY_BYTES_MAX, Response, problem

HOST = "127.0.0.1"
READ_SECONDS = 30  # A client that stops talking does not keep its thread.
TICK_SECONDS = 1.0


class Server:
    """Serves *cloud* from a thread of its own. *port* 0: any free one; ``port`` tells which."""

    def __init__(self, cloud: Cloud, port: int = 0) -> None:
        self.cloud = cloud
        self.lock = threading.RLock()
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._serve, name="http", daemon=True)]
        self._server = _Listener((HOST, port), _Handler)
        self._server.owner = self
        self.port: int = self._server.server_address[1]
        self.url = f"http://{HOST}:{self.port}"

    def start(self) -> Self:
        """Begin to answer."""
        for thread in self._threads:
            thread.start()
        return self

    def tick_along(self) -> Self:
        """Let the cloud's flowing clock ring: every second, whatever is due is done. Before ``start``."""
        self._threads.append(threading.Thread(target=self._tick, name="clock", daemon=True))
        return self

    def stop(self) -> None:
        """Stop answering, and wait until the threads are gone."""
        self._stopped.set()
        self._server.shutdown()
        for thread in self._threads:
            thread.join()
        self._server.server_close()

    def answer(self, method: str, target: str, headers: list[tuple[str, str]], body: bytes) -> Response:
        """Answer one request, when the cloud is free."""
        with self.lock:
            return self.cloud.http(method, target, headers, body)

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.1)

    def _tick(self) -> None:
        while not self._stopped.wait(TICK_SECONDS):
            with self.lock:
                self.cloud.tick()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    owner: Server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "ordercycle-local", ""
    timeout = READ_SECONDS
    wbufsize = 64 * 1024  # Headers and body in one piece: in two, each answer waits 40 ms for an ACK.
    server: _Listener

    def _answer(self) -> None:
        body = self._body()
        if isinstance(body, Response):
            self.close_connection = True
            self._send(body)
            return
        self._send(self.server.owner.answer(self.command, self.path, list(self.headers.items()), body))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _answer  # noqa: N815

    def _body(self) -> bytes | Response:
        length = self.headers.get("content-length", "0")
        if "transfer-encoding" in self.headers or not (length.isascii() and length.isdigit()):
            detail = "Send a Content-Length and no Transfer-Encoding."
            return problem(411, "Length Required", code="length_required", detail=detail)
        is_a_file = self.path.startswith((evidence.DOOR, evidence.BOOKS_DOOR))
        most = evidence.BODY_BYTES_MAX if is_a_file else BODY_BYTES_MAX
        if int(length) > most:
            detail = f"A body may have {most} bytes."
            return problem(413, "Request Entity Too Large", code="body_too_large", detail=detail)
        return self.rfile.read(int(length))

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            if name not in ("content-length", "connection"):
                self.send_header(name, value)
        for cookie in response.cookies:
            self.send_header("set-cookie", cookie)
        self.send_header("content-length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def log_message(self, *_: Any) -> None:
        """Say nothing: the handlers log one line per invocation themselves."""
