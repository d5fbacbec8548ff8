"""An object store on 127.0.0.1 that speaks as much S3 as the archive asks of one."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

PAGE = 100
"""Objects a listing shows at once; real stores show a thousand."""
_names = count(1)


@dataclass
class Bucket:
    """What the store holds, what it was asked, and what is wrong with it.

    Attributes:
        name: Of the only bucket it knows; new for each store, since an opened store is kept by its address.
        objects: Bytes by key.
        asked: Method and key (or query) of every request.
        has_conditions: Whether it knows `If-None-Match`; a store that does not answers 501.
        refusal: A status with which every request is answered; 0 for none.
        lost_answers: How many writes from now on are done and end without an answer.
    """

    name: str
    port: int = 0
    objects: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    has_conditions: bool = True
    refusal: int = 0
    lost_answers: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def url(self, prefix: str = "raw/store") -> str:
        return f"s3://{self.name}/{prefix}"

    @property
    def environment(self) -> dict[str, str]:
        """The settings by which a client finds it."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    def below(self, folder: str, prefix: str = "raw/store") -> dict[str, bytes]:
        """The objects of one folder of an archive."""
        start = f"{prefix}/{folder}/"
        return {key: data for key, data in self.objects.items() if key.startswith(start)}

    def listing(self, query: dict[str, str]) -> str:
        keys = sorted(key for key in self.objects if key.startswith(query.get("prefix", "")))
        rest = [key for key in keys if key > query.get("continuation-token", "")]
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            f"<ETag>{_tag(self.objects[key])}</ETag><Size>{len(self.objects[key])}</Size></Contents>"
            for key in rest[:PAGE]
        )
        more = len(rest) > PAGE
        token = f"<NextContinuationToken>{escape(rest[PAGE - 1])}</NextContinuationToken>" if more else ""
        return f"<ListBucketResult><IsTruncated>{str(more).lower()}</IsTruncated>{token}{rows}</ListBucketResult>"

    def delete_all(self, wanted: bytes) -> str:
        keys = [e.text or "" for e in ElementTree.fromstring(wanted).iter() if e.tag.endswith("Key")]
        for key in keys:
            self.objects.pop(key, None)
        return (
            "<DeleteResult>"
            + "".join(f"<Deleted><Key>{escape(k)}</Key></Deleted>" for k in keys)
            + "</DeleteResult>"
        )


def _tag(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # an answer of two pieces would wait for the client's delayed word
    bucket: Bucket

    def do_GET(self) -> None:
        key, query = self._begin()
        if key is None:
            return
        if not key:
            self._reply(200, self.bucket.listing(query).encode())
        elif key in self.bucket.objects:
            data = self.bucket.objects[key]
            self._reply(200, data, ETag=_tag(data))
        else:
            self._refuse(404, "NoSuchKey")

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        key, _ = self._begin()
        data = self.rfile.read(int(self.headers.get("content-length", 0)))
        if key is None:
            return
        with self.bucket.lock:
            if "if-none-match" in self.headers and not self.bucket.has_conditions:
                self._refuse(501, "NotImplemented")
            elif "if-none-match" in self.headers and key in self.bucket.objects:
                self._refuse(412, "PreconditionFailed")
            else:
                self.bucket.objects[key] = data
                if self.bucket.lost_answers:
                    self.bucket.lost_answers -= 1
                    self._reply(503)
                else:
                    self._reply(200, ETag=_tag(data))

    def do_POST(self) -> None:
        key, query = self._begin()
        data = self.rfile.read(int(self.headers.get("content-length", 0)))
        if key == "" and "delete" in query:
            self._reply(200, self.bucket.delete_all(data).encode())
        elif key is not None:
            self._refuse(405, "MethodNotAllowed")

    def _begin(self) -> tuple[str | None, dict[str, str]]:
        """The key asked for, empty for the bucket itself; None where the request was refused."""
        parts = urlsplit(self.path)
        name, _, key = unquote(parts.path).lstrip("/").partition("/")
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.bucket.asked.append((self.command, key or parts.query))
        if self.bucket.refusal:
            self._refuse(self.bucket.refusal, "Refused")
        elif name != self.bucket.name:
            self._refuse(404, "NoSuchBucket")
        else:
            return key, query
        return None, query

    def _refuse(self, status: int, code: str) -> None:
        self._reply(status, f"<Error><Code>{code}</Code></Error>".encode())

    def _reply(self, status: int, data: bytes = b"", **headers: str) -> None:
        self.send_response_only(status)
        sent = {"Content-Length": str(len(data)), "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"} | headers
        for name, value in sent.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def served_bucket() -> Iterator[Bucket]:
    """A store of its own, empty, until the block ends."""
    bucket = Bucket(f"bucket-{next(_names)}")
    handler = type("Handler", (_Handler,), {"bucket": bucket})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    bucket.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield bucket
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=2)
