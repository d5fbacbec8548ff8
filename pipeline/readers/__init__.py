"""One module a format, each turning bytes into a `Document` and nothing else.

A new format is a new module here that declares `MEDIA_TYPES` and `read(data, sha256)`; it is found by itself.
"""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Protocol, cast

from pipeline.document import (
    EMBEDDED_FILES,
    RECOGNISED_PAGES,
    UNREAD_PICTURES,
    Block,
    Cell,
    Document,
    Paragraph,
    UnreadableDocumentError,
)
from pipeline.readers.ideographs import IN_UTF_8, with_ideographs
from pipeline.readers.sniff import ENCRYPTED, sniff
from pipeline.running.fence import fenced

FIRST_VERSION = "1"
CELLS_LIMIT = 50_000
"""Cells of all tables of a document: a report has 200, a county's reports bound together some ten thousand."""
PARAGRAPHS_LIMIT = 50_000
CHARACTERS_LIMIT = 3_000_000
"""The same of a document's text: a report has some hundred paragraphs and twenty thousand characters."""
PLAIN_BYTES = 1_000_000
"""Up to which a file cannot take much more time or memory than its size, as long as its reader knows no better."""
SECONDS_AGAIN = 7
"""Of processor time for a second reading, which only has to better the first; thirty pages take about three."""
FREED_BYTES = 16 << 20
"""Of memory that readers free at most before some goes back to the system."""

_KEPT = (RECOGNISED_PAGES, UNREAD_PICTURES, EMBEDDED_FILES)
"""What is known of a file however its text is read."""
_SURROGATE = re.compile("[\ud800-\udfff]")

# The C library (glibc) gives back what one document frees and asks for it again for the next, which takes a twentieth
# of the time of a PDF. Once it has freed a block as large as this, it keeps as much (mallopt(3), M_MMAP_THRESHOLD).
bytearray(FREED_BYTES)


class Reader(Protocol):
    """A module that reads a format.

    It may state its `VERSION`, raised whenever it reads differently, and have a function `is_plain(data)`, by
    default whether a file is small: one that is not is read in a process of its own, which may die of it. Its
    `other_readings(document)`, if it has any, are functions like `read` to try where that leaves numbers over, the
    cheapest first; each has a process of its own.
    """

    MEDIA_TYPES: tuple[str, ...]

    def read(self, data: bytes, sha256: str) -> Document:
        """Reads a file of one of its media types."""


def read_document(data: bytes, name: str = "") -> Document:
    """Reads a file with the reader that its content asks for.

    Args:
        data: The whole file.
        name: Its name; it does not decide how the file is read.

    Raises:
        UnreadableDocumentError: `empty_file`, `picture`, `encrypted`, `unsupported_type`, `limit_exceeded` for
            more text or cells than any report has, or what the format's reader says.
    """
    return _read(data, sniff(data, name))


def other_readings(data: bytes, document: Document) -> Iterator[Document]:
    """Other readings of a file, each made when it is asked for; one that fails is left out.

    Args:
        data: The whole file.
        document: What `read_document` made of it; where pictures had a part in that, there is no other reading.
    """
    reader = readers().get(document.media_type)
    ways = getattr(reader, "other_readings", None)
    if reader is None or ways is None or document.reader.endswith("scan"):
        return
    kept = {name: document.properties[name] for name in _KEPT if name in document.properties}
    for read in ways(document):
        # The first reading stands, whatever a second one trips over.
        with suppress(Exception):
            other = fenced(_read_bounded, read, data, document.sha256, seconds=SECONDS_AGAIN)
            yield replace(other, properties={**other.properties, **kept})


def _bounded(document: Document) -> Document:
    grids, paragraphs = document.grids, document.paragraphs
    texts = list(document.texts())
    for count, limit, what in (
        (sum(len(row) for grid in grids for row in grid.rows), CELLS_LIMIT, "cells in its tables"),
        (len(paragraphs), PARAGRAPHS_LIMIT, "paragraphs"),
        (sum(map(len, texts)), CHARACTERS_LIMIT, "characters"),
    ):
        if count > limit:
            raise UnreadableDocumentError("limit_exceeded", what=f"{count} > {limit} {what}")
    return _writable(document, texts)


def _writable(document: Document, texts: Sequence[str]) -> Document:
    """The document with U+FFFD for halves of surrogate pairs, which damaged fonts give and no file can hold.

    And with ideographs for their radicals, which copies of PDFs hold.
    """
    if _is_writable("".join([*texts, *document.properties.values()])):
        return document
    properties = {name: _written(text) for name, text in document.properties.items()}
    return replace(document, blocks=tuple(map(_writable_block, document.blocks)), properties=properties)


def _is_writable(text: str) -> bool:
    try:
        return not IN_UTF_8.search(text.encode())
    except UnicodeEncodeError:
        return False


def _written(text: str) -> str:
    return with_ideographs(_SURROGATE.sub("\ufffd", text))


def _writable_block(block: Block) -> Block:
    if isinstance(block, Paragraph):
        return replace(block, text=_written(block.text))
    return replace(block, rows=tuple(tuple(map(_writable_cell, row)) for row in block.rows))


def _writable_cell(cell: Cell) -> Cell:
    return cell._replace(text=_written(cell.text))


def _read(data: bytes, media_type: str) -> Document:
    is_plain = getattr(reader_of(media_type), "is_plain", _is_small)
    if is_plain(data):
        return _read_bounded(_read_here, data, media_type)
    return fenced(_read_bounded, _read_here, data, media_type)


def _is_small(data: bytes) -> bool:
    return len(data) <= PLAIN_BYTES


def _read_bounded(read: Callable[[bytes, str], Document], data: bytes, told: str) -> Document:
    """What a function reads from a file, held to the limits before it crosses to another process."""
    return _bounded(read(data, told))


def _read_here(data: bytes, media_type: str) -> Document:
    from pipeline.readers.pictures import completed

    sha256 = hashlib.sha256(data).hexdigest()
    reader = reader_of(media_type)
    try:
        return completed(data, media_type, sha256, found := reader.read(data, sha256)) or found
    except UnreadableDocumentError as error:
        document = completed(data, media_type, sha256, None) if error.code == "no_text" else None
        if document is None:
            raise
        return document


def reader_of(media_type: str) -> Reader:
    """The reader of a media type.

    Raises:
        UnreadableDocumentError: `encrypted`, `picture` or `unsupported_type` where there is none.
    """
    reader = readers().get(media_type)
    if reader is not None:
        return reader
    if media_type == ENCRYPTED:
        raise UnreadableDocumentError("encrypted")
    code = "picture" if media_type.startswith("image/") else "unsupported_type"
    raise UnreadableDocumentError(code, media_type=media_type)


def reader_version(media_type: str) -> str:
    """The version of a media type's reader, which tells work done by an older one; `1` if unstated."""
    return str(getattr(readers().get(media_type), "VERSION", FIRST_VERSION))


@cache
def readers() -> Mapping[str, Reader]:
    """Every reader by media type.

    Raises:
        ValueError: Two modules claim the same media type.
    """
    found: dict[str, Reader] = {}
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        for media_type in getattr(module, "MEDIA_TYPES", ()):
            if media_type in found:
                raise ValueError(f"{media_type} is read by both {found[media_type]} and {module}")
            found[media_type] = cast(Reader, module)
    return found
