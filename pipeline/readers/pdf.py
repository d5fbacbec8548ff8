"""PDF → a `Document`, through PDFium; pdfplumber is the second engine, to fall back on and to check against.

Each engine gives characters and what is painted; `ruling` finds the tables and `pages` the reading order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.document import Document, UnreadableDocumentError
from pipeline.readers.lines import print_lines, set_runs
from pipeline.readers.pages import Page, blocks_of
from pipeline.readers.ruling import find_grids

if TYPE_CHECKING:
    from pipeline.readers.pdfium import PaintedPage

MEDIA_TYPES = ("application/pdf",)
VERSION = "1"
MAX_PAGES = 500
_TRAILER = b"startxref"
_END = b"%%EOF"


def read(data: bytes, sha256: str) -> Document:
    """Reads a PDF with PDFium, which takes about a twelfth of the time that pdfplumber does.

    Raises:
        UnreadableDocumentError: `encrypted`, `damaged`, `limit_exceeded`, or `no_text` where no page has a
            text layer.
    """
    from pipeline.readers import pdfium

    with pdfium.open_document(data) as document:
        _check(data, pdfium.page_count(document))
        pages = [_page(pdfium.paint_page(document, i), i + 1) for i in range(pdfium.page_count(document))]
    return _document(pages, sha256, "pdf/pdfium")


def read_with_pdfplumber(data: bytes, sha256: str) -> Document:
    """Reads a PDF with pdfplumber: slower, and by other code from the first byte to the tables.

    Raises:
        UnreadableDocumentError: As `read`.
    """
    from pipeline.readers import plumber

    with plumber.open_document(data) as document:
        _check(data, len(document.pages))
        pages = [plumber.read_page(page) for page in document.pages]
    return _document(pages, sha256, "pdf/pdfplumber")


def _document(pages: Sequence[Page], sha256: str, reader: str) -> Document:
    if not any(page.lines or page.grids for page in pages):
        raise UnreadableDocumentError("no_text")
    return Document(blocks_of(pages), MEDIA_TYPES[0], sha256, reader, _properties(pages))


def _properties(pages: Sequence[Page]) -> dict[str, str]:
    """Names the pages without text where others have some: pictures, which nobody would miss otherwise."""
    empty = [str(page.number) for page in pages if not page.lines and not page.grids]
    return {"pages_without_text": ",".join(empty)} if empty else {}


def _page(painted: PaintedPage, number: int) -> Page:
    grids, rest = find_grids(painted.marks, set_runs(painted.characters))
    return Page(number, painted.width, painted.height, tuple(print_lines(rest)), tuple(grids), painted.turns)


def _check(data: bytes, pages: int) -> None:
    if pages > MAX_PAGES:
        raise UnreadableDocumentError("limit_exceeded", what=f"{pages} > {MAX_PAGES} pages")
    if pages == 0:
        raise UnreadableDocumentError("damaged", reason="0 pages")
    if _is_cut_short(data):
        raise UnreadableDocumentError("damaged", reason="cut short")


def _is_cut_short(data: bytes) -> bool:
    """Whether the file's end is missing: both engines mend such files in silence and lose what was there."""
    after = data[data.rfind(_END) + len(_END) :] if _END in data else data
    return _TRAILER not in data or b" obj" in after
