"""A real web server on 127.0.0.1 whose answers, and whose faults, a test names."""

from __future__ import annotations

import socket
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

Send = Callable[["Request"], None]


@dataclass
class Request:
    """One request to the test server, and the ways to answer it."""

    path: str
    headers: dict[str, str]
    handler: BaseHTTPRequestHandler
    number: int

    def reply(self, body: bytes | str = b"", status: int = 200, **headers: str) -> None:
        data = body.encode() if isinstance(body, str) else body
        sent = {"content-type": "text/html; charset=utf-8", "content-length": str(len(data))}
        sent |= {name.replace("_", "-").lower(): value for name, value in headers.items()}
        self.handler.send_response_only(status)
        for name, value in sent.items():
            self.handler.send_header(name, value)
        self.handler.end_headers()
        self.write(data)

    def write(self, data: bytes) -> bool:
        """Bytes as they are; False when nobody listens any more."""
        try:
            self.handler.wfile.write(data)
            self.handler.wfile.flush()
        except OSError:
            self.handler.close_connection = True
            return False
        return True


@dataclass
class Web:
    """Routes by path (without query), and a record of what was asked."""

    port: int = 0
    routes: dict[str, Send] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    connections: set[tuple[str, int]] = field(default_factory=set)
    stopping: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def page(self, path: str, body: bytes | str, status: int = 200, **headers: str) -> str:
        """Serves one answer at a path; returns the address."""
        self.routes[path.partition("?")[0]] = lambda request: request.reply(body, status, **headers)
        return self.url(path)

    def on(self, path: str, send: Send) -> str:
        """Serves a path by a function; returns the address."""
        self.routes[path] = send
        return self.url(path)

    def paths(self) -> list[str]:
        """What was asked, in order, without robots.txt."""
        return [request.path for request in self.asked if request.path != "/robots.txt"]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        path = handler.path.partition("?")[0]
        self.counts[path] += 1
        self.connections.add(handler.client_address)
        headers = {name.lower(): value for name, value in handler.headers.items()}
        request = Request(handler.path, headers, handler, self.counts[path])
        self.asked.append(request)
        send = self.routes.get(handler.path) or self.routes.get(path)
        if send is None:
            request.reply("<h1>404</h1>", 404)
        else:
            send(request)


@pytest.fixture
def web() -> Iterator[Web]:
    served = Web()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            served.answer(self)

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64
        block_on_close = False

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    served.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield served
    served.stopping.set()
    server.shutdown()
    server.server_close()
    thread.join(timeout=2)


def free_port() -> int:
    """A port on 127.0.0.1 where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def closed_port() -> int:
    """A port on 127.0.0.1 where nothing listens."""
    return free_port()
