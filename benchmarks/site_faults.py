"""What office sites fail with, as answers: a fault's name goes in, what stands at its address comes out.

Every way of failing that was met on real sites has a row here, with the code by which a run should call it.
"""

from __future__ import annotations

import gzip
import os
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler

Send = Callable[[BaseHTTPRequestHandler], None]
BOMB_BYTES = 60_000_000
CLOSED_PORT = 1
SCRIPT = "<script>var a=1;</script>"
HIJACKED = "澳门百家乐 真人娱乐 在线赌场 " * 30


@dataclass(frozen=True, slots=True)
class Body:
    """What stands at a path.

    Attributes:
        data: The content, as it is sent.
        media: The `Content-Type` sent.
        status: The answer's status.
        headers: Further headers, as sent.
        validators: `etag`, `date`, or empty for none.
        changing: Whether every copy differs in a key and a counter.
        busy: A status with which the first request is answered, asking to come again in a second; 0 for none.
        send: What answers where no plain answer does.
    """

    data: bytes = b""
    media: str = "text/html; charset=utf-8"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    validators: str = "etag"
    changing: bool = False
    busy: int = 0
    send: Send | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One way of failing.

    Attributes:
        code: What the run should call it, in `failures`.
        body: What stands at the address; None where nobody listens there.
        stage: The stage of the row in `failures`; what fails in `read` is the first half of a good file, with a
            length that is told too short.
    """

    code: str
    body: Callable[[], Body] | None
    stage: str = "fetch"


def _page(words: str, more: str = "", status: int = 200, *headers: tuple[str, str]) -> Callable[[], Body]:
    data = f"<html><body><p>{words}</p>{more}</body></html>".encode()
    return lambda: Body(data, status=status, headers=headers, validators="")


def _begin(handler: BaseHTTPRequestHandler) -> None:
    """Announces far more than the little that it sends."""
    handler.send_response_only(200)
    handler.send_header("Content-Type", "text/html")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b"<html>")


def _cut_short(handler: BaseHTTPRequestHandler) -> None:
    """Says that more comes than does."""
    _begin(handler)
    handler.close_connection = True


def _cut_in_gzip(handler: BaseHTTPRequestHandler) -> None:
    """Sends the first half of a compressed page as if it were all of it."""
    half = gzip.compress(os.urandom(4_000))[:2_000]
    handler.send_response_only(200)
    for name, value in (("Content-Type", "text/html"), ("Content-Encoding", "gzip")):
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(half)))
    handler.end_headers()
    handler.wfile.write(half)
    handler.close_connection = True


def _reset(handler: BaseHTTPRequestHandler) -> None:
    """Tears the connection down without a word."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(handler.connection.detach())
    handler.close_connection = True


def _stall(handler: BaseHTTPRequestHandler) -> None:
    """Begins, and says nothing more until whoever asked goes away."""
    _begin(handler)
    handler.wfile.flush()
    handler.rfile.read(1)
    handler.close_connection = True


@cache
def _bomb() -> Body:
    data = gzip.compress(b" " * BOMB_BYTES, 9)
    return Body(data, headers=(("Content-Encoding", "gzip"),), validators="")


LATER = ("Retry-After", "3600")
FAULTS: dict[str, Fault] = {
    "soft_404": Fault("soft_404", _page("您访问的页面不存在")),
    "challenge_412": Fault("challenge_page", _page("", SCRIPT, 412)),
    "empty_shell": Fault("empty_shell", _page("", SCRIPT)),
    "hijacked": Fault("foreign_page", _page(HIJACKED)),
    "challenge_202": Fault("challenge_page", _page("", SCRIPT, 202)),
    "challenge_521": Fault("challenge_page", _page("", SCRIPT, 521)),
    "unavailable": Fault("server_error", _page("503", "", 503)),
    "unavailable_for_an_hour": Fault("server_error", _page("503", "", 503, LATER)),
    "too_many": Fault("rate_limited", _page("429", "", 429)),
    "too_many_for_an_hour": Fault("rate_limited", _page("429", "", 429, LATER)),
    "cut_short": Fault("incomplete_body", lambda: Body(send=_cut_short)),
    "cut_in_gzip": Fault("incomplete_body", lambda: Body(send=_cut_in_gzip)),
    "reset": Fault("incomplete_body", lambda: Body(send=_reset)),
    "stalled": Fault("timeout", lambda: Body(send=_stall)),
    "refused": Fault("connection_error", None),
    "redirect_loop": Fault("redirect_loop", _page("", "", 302, ("Location", "?again"))),
    "gzip_bomb": Fault("too_large", _bomb),
    "half_a_file": Fault("damaged", None, "read"),
}
"""Faults of one page, by name."""
SITE_FAULT = "robots_denied"
"""The fault of a whole site: it asks not to be read."""
