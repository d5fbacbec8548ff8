"""PDF → a `Document`, through PDFium; pdfplumber is the second engine, to fall back on and to check against.

Each engine gives characters and what is painted; `ruling` finds the tables and `pages` the reading order.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from pipeline.document import (
    EMBEDDED_FILES,
    INKED_BLANKS,
    UNSEEN_TEXT,
    UNTOLD_TEXT,
    WITHOUT_TEXT,
    Block,
    Document,
    Paragraph,
    UnreadableDocumentError,
)
from pipeline.readers.layout.aligned import find_aligned, has_rows_in_a_cell, side_of
from pipeline.readers.layout.cells import AlignedTable
from pipeline.readers.layout.lines import Run, print_lines, set_runs, stack_lines
from pipeline.readers.layout.pages import Page, blocks_of, in_margins
from pipeline.readers.layout.ruling import RuledGrid, find_grids
from pipeline.readers.layout.spreads import single_pages
from pipeline.readers.painting import streams
from pipeline.readers.painting.inked import note_cut, note_ink
from pipeline.readers.printed import UNKNOWN
from pipeline.running.allowance import is_scarce

if TYPE_CHECKING:
    from pipeline.readers.painting.pdfium import PaintedPage

MEDIA_TYPES = ("application/pdf",)
VERSION = "2"
MAX_PAGES = 500
MAX_PAGES_AGAIN = 30
"""Pages up to which pdfplumber reads a file that PDFium left numbers over of: at a tenth of a second each."""
_Read = TypeVar("_Read")
_ATTACHED = re.compile(rb"/Type\s*/EmbeddedFile\b")
_TRAILER = b"startxref"
_END = b"%%EOF"


@contextmanager
def _uncollected() -> Iterator[None]:
    """Lets the collector of cycles rest: thousands of characters, all held to the end, make it walk in vain."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def is_plain(data: bytes) -> bool:
    """Whether a file may be read in the process that reads others; see `streams`.

    Raises:
        UnreadableDocumentError: `limit_exceeded`.
    """
    return streams.is_plain(data)


@_uncollected()
def read(data: bytes, sha256: str) -> Document:
    """Reads a PDF with PDFium, which takes less than a tenth of the time that pdfplumber does.

    Raises:
        UnreadableDocumentError: `encrypted`, `damaged`, `limit_exceeded`, or `no_text` where no page has a
            text layer.
    """
    document = _document(_read_pages(data, _page), sha256, "pdf/pdfium")
    attached = sum(1 for _ in _ATTACHED.finditer(data))
    if not attached:
        return document
    return replace(document, properties={**document.properties, EMBEDDED_FILES: str(attached)})


def read_with_pdfplumber(data: bytes, sha256: str) -> Document:
    """Reads a PDF with pdfplumber: slower, and by other code from the first byte to the tables.

    Raises:
        UnreadableDocumentError: As `read`.
    """
    from pipeline.readers.painting import plumber

    with plumber.open_document(data) as document:
        _check(data, len(document.pages))
        pages = [plumber.read_page(page) for page in document.pages]
    return _document(pages, sha256, "pdf/pdfplumber")


@_uncollected()
def read_aligned(data: bytes, sha256: str) -> Document:
    """Reads a PDF with PDFium, and takes numbers that stand over one another for tables where no rules do.

    Raises:
        UnreadableDocumentError: As `read`.
    """
    return _document(list(_aligned_pages(_read_pages(data, _painted))), sha256, "pdf/pdfium-aligned")


def _read_pages(data: bytes, read_page: Callable[[PaintedPage, int], _Read]) -> list[_Read]:
    from pipeline.readers.painting import pdfium
    from pipeline.readers.painting.layers import has_layers

    with pdfium.open_document(data) as document:
        _check(data, count := pdfium.page_count(document))
        layered = has_layers(data)
        sheets = (pdfium.paint_page(document, index, layered=layered) for index in range(count))
        return [read_page(page, number) for page, number in single_pages(sheets)]


def other_readings(document: Document) -> Sequence[Callable[[bytes, str], Document]]:
    """Further ways to read a file, the cheapest first.

    pdfplumber is none for a book, which would take it minutes, and where it would read what nobody sees or take
    print that tells nothing for blanks.
    """
    last = max((block.locator.page or 0 for block in document.blocks), default=0)
    is_plain = {UNSEEN_TEXT, INKED_BLANKS}.isdisjoint(document.properties)
    return [read_aligned, read_with_pdfplumber] if last <= MAX_PAGES_AGAIN and is_plain else [read_aligned]


def _document(pages: Sequence[Page], sha256: str, reader: str) -> Document:
    has_text = [bool(page.lines or page.grids) for page in pages]
    if not all(has_text) and is_scarce():
        raise UnreadableDocumentError(
            "limit_exceeded", what="memory"
        )  # It may have text, left out for want of it.
    if not any(has_text):
        raise UnreadableDocumentError("no_text")
    blocks = blocks_of(pages)
    return Document(blocks, MEDIA_TYPES[0], sha256, reader, _properties(pages, blocks))


def _properties(pages: Sequence[Page], blocks: Sequence[Block]) -> dict[str, str]:
    """Names the pages that say less or more than they show; without text are pictures nobody would miss otherwise."""
    found = {
        WITHOUT_TEXT: [page.number for page in pages if not page.lines and not page.grids],
        UNSEEN_TEXT: [page.number for page in pages if page.has_unseen],
        INKED_BLANKS: [page.number for page in pages if page.has_inked_blanks],
        UNTOLD_TEXT: sorted({block.locator.page or 0 for block in blocks if is_untold(block)}),
    }
    return {name: ",".join(map(str, dict.fromkeys(numbers))) for name, numbers in found.items() if numbers}


def is_untold(block: Block) -> bool:
    """Whether a block has print of which nothing tells what it says."""
    if isinstance(block, Paragraph):
        return UNKNOWN in block.text
    return any(UNKNOWN in cell.text for cell in block.cells())


def _page(painted: PaintedPage, number: int) -> Page:
    return _laid_out(painted, number, *find_grids(painted.marks, set_runs(painted.characters)))


def _painted(page: PaintedPage, number: int) -> tuple[PaintedPage, int]:
    return page, number


def _aligned_pages(pages: Sequence[tuple[PaintedPage, int]]) -> Iterator[Page]:
    """The pages of a file in order: a table may go on under the columns that the page before ended with."""
    parted = [_without_rules(page) for page, _ in pages]
    margins = in_margins([_laid_out(*page, *both) for page, both in zip(pages, parted, strict=True)])
    bodies = [_without_lines(rest, marginal) for (_, rest), marginal in zip(parted, margins, strict=True)]
    side = side_of(body for body, _ in bodies)
    lowest: AlignedTable | None = None
    for (painted, number), (ruled, _), (body, margin) in zip(pages, parted, bodies, strict=True):
        found = find_aligned(painted.marks, body, lowest, side)
        lowest = found.lowest
        grids = sorted([*ruled, *found.grids], key=lambda grid: (grid.box[1], grid.box[0]))
        yield _laid_out(painted, number, grids, [*found.rest, *margin])


def _without_lines(runs: Sequence[Run], places: Container[int]) -> tuple[list[Run], list[Run]]:
    """The runs of a page's lines but for some, and the runs of these."""
    lines = list(enumerate(stack_lines(runs)))
    kept = [run for place, line in lines if place not in places for run in line]
    return kept, [run for place, line in lines if place in places for run in line]


def _without_rules(painted: PaintedPage) -> tuple[list[RuledGrid], list[Run]]:
    """The tables whose cells rules part, and the runs that stand in none of these."""
    grids, rest = find_grids(painted.marks, set_runs(painted.characters), faint=False)
    ruled = [grid for grid in grids if not has_rows_in_a_cell(grid)]
    freed = [
        run for grid in grids if has_rows_in_a_cell(grid) for row in grid.rows for c in row for run in c.runs
    ]
    return ruled, [*rest, *freed]


def _laid_out(painted: PaintedPage, number: int, grids: Sequence[RuledGrid], rest: Sequence[Run]) -> Page:
    """A page with its tables and, as lines, what stands in none."""
    has_inked_blanks = bool(painted.ink) and note_ink(grids, painted.ink)
    if painted.cut:
        note_cut(grids, painted.cut)
    size, lines = (painted.width, painted.height), tuple(print_lines(rest))
    amiss = painted.has_unseen, painted.has_inked_blanks or has_inked_blanks
    return Page(number, *size, lines, tuple(grids), painted.turns, *amiss, painted.sheet, painted.scale)


def _check(data: bytes, pages: int) -> None:
    if pages > MAX_PAGES:
        raise UnreadableDocumentError("limit_exceeded", what=f"{pages} > {MAX_PAGES} pages")
    if pages == 0:
        raise UnreadableDocumentError("damaged", reason="0 pages")
    if _is_cut_short(data):
        raise UnreadableDocumentError("damaged", reason="cut short")


def _is_cut_short(data: bytes) -> bool:
    """Whether the file's end is missing: both engines mend such files in silence and lose what was there."""
    # From the end, where both stand.
    end = data.rfind(_END)
    return data.rfind(_TRAILER) < 0 or data.find(b" obj", end + len(_END) if end >= 0 else 0) >= 0
