"""Reads pages with pdfplumber, which finds the tables itself: an open document in, `Page`s out.

Two of its habits are mended here: it takes white backgrounds behind lines of prose for tables of one column,
and it loses cells whose outer side is not drawn, as at a page's end.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect
from pdfminer.psexceptions import PSException
from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException

from pipeline.document import UnreadableDocumentError
from pipeline.readers.ideographs import ideograph
from pipeline.readers.layout.lines import Character, print_lines, set_runs
from pipeline.readers.layout.pages import Page
from pipeline.readers.layout.rules import Mark
from pipeline.readers.layout.ruling import RuledGrid, lay_into, outer_sides, with_strikes
from pipeline.readers.printed import UNKNOWN

WHITE = 0.98
"""The least of a colour's parts, from 0 to 1, from which it is not seen on paper."""
logging.getLogger("pdfminer").setLevel(logging.CRITICAL)  # It tells of each glyph that a font lacks.
_UNMAPPED = re.compile(r"\(cid:\d+\)")


@contextmanager
def open_document(data: bytes) -> Iterator[Any]:
    """Opens a document and closes it again.

    Raises:
        UnreadableDocumentError: `encrypted` where a password is needed to read, `damaged` where it, or a page
            of it, cannot be read.
    """
    try:
        with pdfplumber.open(io.BytesIO(data)) as document:
            yield document
    except (PSException, PdfminerException, MalformedPDFException) as error:
        cause = error.args[0] if error.args else error
        if isinstance(cause, PDFPasswordIncorrect | PDFEncryptionError):
            raise UnreadableDocumentError("encrypted") from None
        raise UnreadableDocumentError("damaged", reason=str(error) or type(cause).__name__) from None


def read_page(page: Any) -> Page:
    """The lines and tables of a page."""
    marks = _marks(page)
    runs = with_strikes(marks, set_runs(_characters(page)))
    seen = page.filter(_is_seen)
    sides = [_line_of(side, page) for side in outer_sides(marks, runs)]
    tables = seen.find_tables({"explicit_horizontal_lines": sides, "explicit_vertical_lines": sides})
    grids: list[RuledGrid] = []
    for table in sorted(tables, key=lambda table: _area(table.bbox)):
        grid, runs = lay_into(table.cells, runs)
        grids += [grid] if grid else []
    grids.sort(key=lambda grid: (grid.box[1], grid.box[0]))
    return Page(page.page_number, page.width, page.height, tuple(print_lines(runs)), tuple(grids))


def _told(text: str) -> str:
    """The text of a character: the ideograph where the file tells a radical, U+FFFD where it tells nothing."""
    return ideograph(text) if len(text) == 1 else _UNMAPPED.sub(UNKNOWN, text)


def _characters(page: Any) -> list[Character]:
    left, top = page.bbox[:2]
    return [
        Character(
            _told(char["text"]),
            char["x0"] - left,
            char["top"] - top,
            char["x1"] - left,
            char["bottom"] - top,
        )
        for char in page.chars
    ]


def _marks(page: Any) -> list[Mark]:
    return [
        Mark(edge["x0"], edge["top"], edge["x1"], edge["bottom"])
        for edge in page.filter(_is_seen).edges
        if edge["object_type"] != "curve_edge"
    ]


def _is_seen(item: dict[str, Any]) -> bool:
    """Whether something painted is seen on paper; characters always."""
    if item.get("object_type") not in ("rect", "line", "curve"):
        return True
    stroked = item.get("stroke") and not _is_white(item.get("stroking_color"))
    filled = item.get("fill") and not _is_white(item.get("non_stroking_color"))
    return bool(stroked or filled)


def _is_white(colour: Sequence[float] | float | None) -> bool:
    parts = [colour] if isinstance(colour, int | float) else list(colour or ())
    if not all(isinstance(part, int | float) for part in parts):
        return False
    if len(parts) == 4:
        return all(part <= 1 - WHITE for part in parts)
    return bool(parts) and all(part >= WHITE for part in parts)


def _line_of(side: Mark, page: Any) -> dict[str, Any]:
    return {
        "object_type": "line",
        "x0": side.left,
        "x1": side.right,
        "top": side.top,
        "bottom": side.bottom,
        "y0": page.height - side.bottom,
        "y1": page.height - side.top,
        "doctop": side.top,
        "width": side.right - side.left,
        "height": side.bottom - side.top,
    }


def _area(box: tuple[float, float, float, float]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
