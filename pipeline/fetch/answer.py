"""What a site says to one request: an `Answer` with its bytes, or a `FetchError` with its code."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath
from quopri import decodestring
from urllib.parse import parse_qsl, unquote, unquote_to_bytes, urlsplit

from pipeline.faults import CodedError

TRANSIENT = frozenset(
    ("timeout", "connection_error", "dns_error", "rate_limited", "server_error", "incomplete_body")
)
UNREACHABLE = frozenset(
    ("timeout", "deadline_exceeded", "connection_error", "dns_error", "tls_error", "robots_unavailable")
)
FILE_SUFFIXES = (
    ".doc", ".docx", ".pdf", ".wps", ".rtf", ".mht", ".mhtml", ".xls", ".xlsx", ".zip", ".rar", ".ofd", ".et",
)  # fmt: skip


class FetchError(CodedError):
    """An address that gave no content, with why.

    Attributes:
        http_status: Of the answer, None where there was none.
        final_url: The address that failed after redirects, None if that is not known.
        after: Seconds the site asks to wait before the next request, None where it does not say.
        gone: Whether the site says that there is nothing at this address.
        settled: True where asking again within this run cannot help.
    """

    http_status: int | None = None
    final_url: str | None = None
    after: float | None = None
    gone: bool = False
    settled: bool = False

    @property
    def is_transient(self) -> bool:
        """Whether the failure may pass, so that asking again is worth it."""
        return self.code in TRANSIENT and not self.settled


@dataclass(frozen=True, slots=True)
class Validators:
    """What lets a site answer “unchanged”: sent only to the very address that gave them."""

    url: str = ""
    etag: str | None = None
    last_modified: str | None = None

    def headers(self, url: str) -> dict[str, str]:
        """The conditional headers for a request to `url`; none for any other address."""
        if url != self.url:
            return {}
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in headers.items() if value}


@dataclass(frozen=True, slots=True)
class Answer:
    """One complete answer after redirects.

    Attributes:
        url: The address asked for.
        final_url: The address that answered.
        status: The HTTP status.
        headers: As received: names in lower case, values as raw bytes.
        data: The content, decompressed.
    """

    url: str
    final_url: str
    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    data: bytes

    def header(self, name: str) -> str | None:
        """A header's first value as text; None where it is not sent."""
        raw = header_bytes(self.headers, name)
        return None if raw is None else header_text(raw)

    @property
    def not_modified(self) -> bool:
        """Whether the site says that the content held is the current one."""
        return self.status == 304

    @property
    def file_name(self) -> str | None:
        """The name the site gives the file: by header, else by its address; None where neither does."""
        return named_by_header(header_bytes(self.headers, "content-disposition")) or named_by_url(
            self.final_url
        )


def header_bytes(headers: tuple[tuple[bytes, bytes], ...], name: str) -> bytes | None:
    """A header's first value as raw bytes; None where it is not sent."""
    key = name.encode()
    return next((value for sent, value in headers if sent.lower() == key), None)


def header_text(raw: bytes) -> str:
    """A header's value as text: Chinese sites send UTF-8 or GBK bytes where only ASCII is allowed."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def seconds_to_wait(value: str | None, now: float) -> float | None:
    """What a Retry-After header asks for, in seconds from `now` (a Unix time); None if it cannot be read."""
    if not value:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (TypeError, ValueError, OverflowError):
        return None


def named_by_header(disposition: bytes | None) -> str | None:
    """The file name in a Content-Disposition header, in any way that sites write Chinese into it.

    Met on real sites: RFC 6266 `filename*=UTF-8''%E5…`, a percent-encoded `filename`, raw UTF-8 or GBK
    bytes, and the encoded words of mail (`=?UTF-8?B?…?=`).
    """
    if disposition is None:
        return None
    extended = re.search(rb"filename\*\s*=\s*([\w.-]*)'[^']*'([^;\s]+)", disposition, re.IGNORECASE)
    if extended:
        return _base_name(_decode_as(unquote_to_bytes(extended[2].strip(b'"')), extended[1].decode()))
    plain = re.search(rb'filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]+))', disposition, re.IGNORECASE)
    if plain is None:
        return None
    text = _mail_words(header_text(plain[1] if plain[1] is not None else plain[2]).strip())
    if "%" in text:
        text = header_text(unquote_to_bytes(text))
    return _base_name(text)


def named_by_url(url: str) -> str | None:
    """The file name in an address: its path's last part, or a query value that ends like a document."""
    parts = urlsplit(url)
    for _, value in parse_qsl(parts.query, errors="replace"):
        if value.lower().endswith(FILE_SUFFIXES):
            return _base_name(value)
    return _base_name(unquote(parts.path))


def _base_name(text: str) -> str | None:
    clean = "".join(c for c in text.replace("\\", "/") if c.isprintable()).strip()
    return PurePosixPath(clean).name or None


def _decode_as(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding or "utf-8")
    except (LookupError, UnicodeDecodeError):
        return header_text(raw)


def _mail_words(text: str) -> str:
    def decoded(match: re.Match[str]) -> str:
        charset, kind, body = match.groups()
        try:
            raw = b64decode(body) if kind in "bB" else decodestring(body.encode(), header=True)
        except (Base64Error, ValueError):
            return match[0]
        return _decode_as(raw, charset)

    return re.sub(r"=\?([\w-]+)\?([bBqQ])\?([^?]*)\?=", decoded, text)
