"""Reads an answer's content piece by piece, never more than a limit, before and after decompression."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

import httpx

from pipeline.fetch.answer import FetchError

GZIP_MAGIC = b"\x1f\x8b"
PLAIN = ("", "identity")
GZIP = ("gzip", "x-gzip")


@dataclass(slots=True)
class Body:
    """Collects the pieces of one answer.

    Attributes:
        limit: Bytes taken in, and bytes given out, at most.
        is_gzip: Whether the pieces are gzip, which is undone a bounded step at a time.
    """

    limit: int
    is_gzip: bool
    data: bytearray = field(default_factory=bytearray)
    _taken: int = 0
    _gunzip: zlib._Decompress = field(default_factory=lambda: zlib.decompressobj(wbits=31))

    @property
    def is_over(self) -> bool:
        """Whether the answer is larger than the limit; `data` then holds its beginning."""
        return max(self._taken, len(self.data)) > self.limit

    def add(self, piece: bytes) -> None:
        """Takes the next piece as received.

        Raises:
            FetchError: `encoding_damaged`, when the piece does not decompress.
        """
        self._taken += len(piece)
        if not self.is_gzip:
            self.data += piece[: self._room]
            return
        try:
            self._inflate(piece)
        except zlib.error as error:
            raise FetchError("encoding_damaged", reason=str(error)) from error

    def finish(self) -> bytes:
        """The whole content.

        Raises:
            FetchError: `incomplete_body`, when the compressed stream stops before its end.
        """
        if self.is_gzip and self._taken and not self._gunzip.eof:
            raise FetchError("incomplete_body", reason="the compressed stream stops before its end")
        return bytes(self.data)

    @property
    def _room(self) -> int:
        return self.limit + 1 - len(self.data)

    def _inflate(self, piece: bytes) -> None:
        while piece and self._room > 0:
            if self._gunzip.eof:
                if not piece.startswith(GZIP_MAGIC):
                    return  # Padding after the stream's end, which some servers send.
                self._gunzip = zlib.decompressobj(wbits=31)
            self.data += self._gunzip.decompress(piece, self._room)
            piece = self._gunzip.unused_data if self._gunzip.eof else self._gunzip.unconsumed_tail


async def read_body(response: httpx.Response, limit: int, *, cut: bool) -> bytes:
    """The content of a streamed response.

    Args:
        response: With its stream not yet read.
        limit: The most bytes taken.
        cut: Whether to return the beginning of what is larger, rather than to raise.

    Raises:
        FetchError: `too_large`, `encoding_unsupported`, `encoding_damaged`, `incomplete_body`.
    """
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in PLAIN + GZIP:
        raise FetchError("encoding_unsupported", encoding=encoding)
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit and not cut:
        raise FetchError("too_large", size=int(declared), limit=limit)
    body = Body(limit, encoding in GZIP)
    async for piece in response.aiter_raw():
        body.add(piece)
        if body.is_over:
            if cut:
                return bytes(body.data)
            raise FetchError("too_large", size=f">{limit}", limit=limit)
    return body.finish()
